//! What an account's refusals have shown of its limits, where it takes less than its profile says.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use super::outgoing::{Message, Planned};

/// Known for as long as the client lives: the next one finds out by one refusal.
#[derive(Debug)]
pub(super) struct Learned {
    /// A news message holds one article only (45008).
    one_article: AtomicBool,
    /// The shortest text that was refused as too long (45002), in bytes.
    text_bytes_refused: AtomicUsize,
}

impl Default for Learned {
    fn default() -> Self {
        Self { one_article: AtomicBool::new(false), text_bytes_refused: AtomicUsize::new(usize::MAX) }
    }
}

impl Learned {
    /// Takes note of what WeChat refused a message with.
    pub(super) fn refused(&self, errcode: i64, message: &Message) {
        match (errcode, message) {
            (45008, Message::News(articles)) if articles.len() > 1 => self.takes_one_article(),
            (45002, Message::Text(text)) => {
                self.text_bytes_refused.fetch_min(text.len(), Ordering::Relaxed);
            }
            _ => {}
        }
    }

    /// Takes note of a refusal of several articles.
    pub(super) fn takes_one_article(&self) {
        self.one_article.store(true, Ordering::Relaxed);
    }

    /// Whether WeChat would refuse one of these messages, as it did others.
    pub(super) fn refuses(&self, planned: &[Planned]) -> bool {
        planned.iter().any(|planned| match &planned.message {
            Message::News(articles) => articles.len() > 1 && self.one_article.load(Ordering::Relaxed),
            Message::Text(text) => text.len() >= self.text_bytes_refused.load(Ordering::Relaxed),
            _ => false,
        })
    }
}
