//! What else is kept: an account's token and media ids, a plugin's storage and cookies.

use serde_json::Value;

use crate::base::clock::TimestampMs;

/// An access token.
#[derive(Clone, PartialEq, Eq)]
pub struct KeptToken {
    /// The token: a secret.
    pub token: String,
    /// When it ends.
    pub expires: TimestampMs,
}

impl std::fmt::Debug for KeptToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeptToken").field("expires", &self.expires).finish_non_exhaustive()
    }
}

/// An uploaded media.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptMedia {
    /// SHA-256 of its content.
    pub fingerprint: Vec<u8>,
    /// WeChat's id.
    pub media_id: String,
    /// When it ends; 0: it is forgotten.
    pub expires: TimestampMs,
}

/// What is kept of an account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    /// Its token, where it had one.
    pub token: Option<KeptToken>,
    /// Its media.
    pub media: Vec<KeptMedia>,
}

/// What the pages of a plugin keep.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PluginState {
    /// The items of `localStorage`: origin, key, value, in the order of their coming.
    pub storage: Vec<(String, String, String)>,
    /// Its cookies, in the shape of their owner; `null`: none.
    pub cookies: Value,
}
