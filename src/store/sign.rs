//! The signs that pages put on conversations (plugin-apis.md §2, `setVisitorChatSign`).

use crate::base::clock::TimestampMs;

/// The sign of a customer's conversation with an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sign {
    /// Its number in the store, which stays.
    pub seq: i64,
    /// The account, by app id.
    pub app_id: String,
    /// Its server.
    pub server: String,
    /// The customer.
    pub openid: String,
    /// 0 or 1.
    pub sign: u8,
    /// The plugin whose page put it.
    pub plugin: String,
    /// The event that led to it, by its name in keys.
    pub cause: String,
    /// When it was put, by the system's clock.
    pub at: TimestampMs,
}

/// Which signs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SignFilter {
    /// Those of this customer only.
    pub openid: Option<String>,
    /// Only where this is the sign.
    pub sign: Option<u8>,
}
