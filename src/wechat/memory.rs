//! What a client remembers from one run to the next: its token, and the media it uploaded.

use std::fmt;
use std::sync::Arc;

use super::{media::Fingerprint, secret::Secret};
use crate::base::clock::TimestampMs;

/// A change of what is remembered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remembered {
    /// A token and when it ends; `None`: the last one is no good.
    Token(Option<(Secret, TimestampMs)>),
    /// A media by the SHA-256 of its content: its id and until when that is used; `None`: it is no good.
    Media([u8; 32], Option<(String, TimestampMs)>),
}

/// What a client knows from before, and who is told when that changes.
#[derive(Clone, Default)]
pub struct Memory {
    /// The token and when it ends.
    pub token: Option<(Secret, TimestampMs)>,
    /// Media.
    pub media: Vec<(Fingerprint, String, TimestampMs)>,
    /// Is told of each change; to be quick.
    pub changed: Option<Arc<dyn Fn(Remembered) + Send + Sync>>,
}

impl Memory {
    pub(super) fn tell(&self, remembered: impl FnOnce() -> Remembered) {
        if let Some(changed) = &self.changed {
            changed(remembered());
        }
    }
}

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Memory").field("token", &self.token).field("media", &self.media.len()).finish_non_exhaustive()
    }
}
