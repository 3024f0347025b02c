//! What is known of users, as far as it says what may be sent to them (`session::window`).

use crate::base::clock::TimestampMs;
use crate::session::window::{Allowances, Deed, Window};

/// Something a user did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acted {
    /// Who.
    pub openid: String,
    /// What.
    pub deed: Deed,
    /// When, by WeChat's clock where it says so.
    pub at: TimestampMs,
}

/// What was known of a user when a row of his was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// The facts.
    pub window: Window,
    /// How often he had done something.
    pub acts: i64,
}

/// What a try says about the user's window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WindowChange {
    /// Nothing.
    #[default]
    Keep,
    /// A message was sent; it counts by these.
    Sent(Allowances),
    /// WeChat refused it with this code.
    Refused(i64),
    /// He is shown that somebody types, or no longer.
    Types(bool),
}

/// What is known of a user at an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// The account, by app id.
    pub app_id: String,
    /// Its server.
    pub server: String,
    /// The facts.
    pub window: Window,
    /// Messages to him that are to be sent.
    pub waiting: usize,
}
