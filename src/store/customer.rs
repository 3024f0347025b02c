//! Customers, as whoever serves them sees them.

use crate::base::clock::TimestampMs;

/// A customer of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Customer {
    /// His openid.
    pub openid: String,
    /// When he did something last, or something was sent to him, by the system's clock.
    pub at: TimestampMs,
    /// The sign that a page put on his conversation, 0 or 1.
    pub sign: Option<u8>,
    /// How many messages to him wait for a person.
    pub held: u64,
}
