//! What is on the users' phones, kept for those who ask: so many entries, so many bytes, the oldest makes room.

use std::{collections::VecDeque, sync::Arc};

use serde_json::{Value, json};

use crate::base::{
    clock::{TimestampMs, format_rfc3339},
    limits::{SANDBOX_MESSAGES_BYTES_MAX, SANDBOX_MESSAGES_MAX},
};

/// Something that is on a user's phone.
#[derive(Debug, Clone, PartialEq)]
pub struct Received {
    /// Strictly increasing over all users.
    pub seq: u64,
    /// By the sandbox's clock.
    pub time: TimestampMs,
    /// Who.
    pub openid: String,
    /// `message` or `typing`. Phone pages are also told of what the user `said`, and of WeChat's own `notice` that the
    /// account does not answer.
    pub kind: &'static str,
    /// Whether it answered a push instead of being sent by a call.
    pub is_passive: bool,
    /// The body as it was sent; of a passive reply, as a call would have sent it.
    pub body: Value,
}

impl Received {
    /// The shape of `GET /_sandbox/messages` (cli.md).
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({
            "seq": self.seq,
            "time": format_rfc3339(self.time),
            "openid": self.openid,
            "kind": self.kind,
            "body": self.body,
        })
    }
}

/// Entries in their order.
#[derive(Debug, Default)]
pub(super) struct Kept {
    entries: VecDeque<(Arc<Received>, usize)>,
    bytes: usize,
}

impl Kept {
    pub(super) fn add(&mut self, entry: Received) {
        let bytes = size_of::<Received>() + entry.openid.len() + bytes_of(&entry.body);
        self.bytes += bytes;
        self.entries.push_back((Arc::new(entry), bytes));
        while (self.entries.len() > SANDBOX_MESSAGES_MAX || self.bytes > SANDBOX_MESSAGES_BYTES_MAX)
            && let Some((_, bytes)) = self.entries.pop_front()
        {
            self.bytes -= bytes;
        }
    }

    /// All of them, oldest first.
    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = &Arc<Received>> {
        self.entries.iter().map(|(entry, _)| entry)
    }

    /// Those behind this number, oldest first.
    pub(super) fn after(&self, seq: u64) -> impl Iterator<Item = &Arc<Received>> {
        let first = self.entries.partition_point(|(entry, _)| entry.seq <= seq);
        self.entries.range(first..).map(|(entry, _)| entry)
    }
}

/// What a value takes in memory, roughly. As deep as a parser lets one be.
fn bytes_of(value: &Value) -> usize {
    let within = match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
        Value::String(text) => text.len(),
        Value::Array(items) => items.iter().map(bytes_of).sum(),
        // A name has a place, a hash and an index beside its text.
        Value::Object(members) => {
            members.iter().map(|(name, value)| 2 * size_of::<String>() + name.len() + bytes_of(value)).sum()
        }
    };
    size_of::<Value>() + within
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(seq: u64, body: Value) -> Received {
        Received { seq, time: 0, openid: "oA".to_owned(), kind: "message", is_passive: false, body }
    }

    fn seqs(kept: &Kept) -> Vec<u64> {
        kept.iter().map(|entry| entry.seq).collect()
    }

    #[test]
    fn the_oldest_makes_room() {
        let mut kept = Kept::default();
        let large = json!("x".repeat(SANDBOX_MESSAGES_BYTES_MAX / 3));
        for seq in 1..=3 {
            kept.add(entry(seq, large.clone()));
        }
        assert_eq!(seqs(&kept), [2, 3], "three are a little too much");
        kept.add(entry(4, json!("small")));
        assert_eq!(seqs(&kept), [2, 3, 4]);
        assert_eq!(kept.after(3).map(|entry| entry.seq).collect::<Vec<_>>(), [4]);
        kept.add(entry(5, json!("x".repeat(SANDBOX_MESSAGES_BYTES_MAX))));
        assert_eq!((seqs(&kept), kept.bytes), (vec![], 0), "what is larger than all places is not kept");
    }

    #[test]
    fn many_small_values_count_as_what_they_take() {
        let numbers = json!(vec![1; 1000]);
        assert!(bytes_of(&numbers) >= 1000 * size_of::<Value>());
        assert!(bytes_of(&json!({"name": "text"})) >= 2 * size_of::<Value>() + "nametext".len());
    }
}
