//! The interaction log: the last lines of what pages at seats were told and did, numbered over all of them. What is too many
//! or too large goes, the oldest first.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use crate::base::limits::{WORKBENCH_LINES_BYTES_MAX, WORKBENCH_LINES_MAX, WORKBENCH_TEXT_BYTES_MAX};
use crate::event::Line;

/// A line as it is shown.
#[derive(Clone, Debug, PartialEq)]
pub struct Shown {
    /// Its number.
    pub number: u64,
    /// The line, an object of JSON as text (`src/console/API.md`, Lines).
    pub json: Arc<str>,
}

/// What a line says of itself beyond a session log's.
#[derive(Clone, Debug, Default)]
pub struct Beside {
    /// The seat.
    pub seat: Option<Arc<str>>,
    /// How long the turn took that it began.
    pub took: Option<Duration>,
}

/// The lines that are kept.
#[derive(Debug, Default)]
pub(super) struct Log {
    lines: VecDeque<Shown>,
    bytes: usize,
    last: u64,
}

impl Log {
    /// One more; its number.
    pub(super) fn put(&mut self, line: &Line, beside: &Beside) -> u64 {
        self.last += 1;
        let json: Arc<str> = shown(line, beside, self.last).to_string().into();
        self.bytes += json.len();
        self.lines.push_back(Shown { number: self.last, json });
        while self.lines.len() > WORKBENCH_LINES_MAX || self.bytes > WORKBENCH_LINES_BYTES_MAX {
            let Some(gone) = self.lines.pop_front() else { break };
            self.bytes -= gone.json.len();
        }
        self.last
    }

    /// The number of the last one; 0: there was none.
    pub(super) fn last(&self) -> u64 {
        self.last
    }

    /// The number of the first one that is kept, or of the next one.
    pub(super) fn first(&self) -> u64 {
        self.lines.front().map_or(self.last + 1, |line| line.number)
    }

    /// Lines behind `after` and before `before`, so many at most: the first of them, or the last where `after` is not given.
    pub(super) fn lines(&self, after: Option<u64>, before: u64, limit: usize) -> Vec<Shown> {
        // They are numbered one after another.
        let place = |number: u64| {
            usize::try_from(number.saturating_sub(self.first())).map_or(self.lines.len(), |at| at.min(self.lines.len()))
        };
        let end = place(before);
        let begin = match after {
            Some(after) => place(after.saturating_add(1)).min(end),
            None => end.saturating_sub(limit),
        };
        self.lines.range(begin..end).take(limit).cloned().collect()
    }
}

fn shown(line: &Line, beside: &Beside, number: u64) -> Value {
    let mut data = line.data.clone();
    let is_cut = cut(&mut data);
    if let (true, Value::Object(members)) = (is_cut, &mut data) {
        members.insert("cut".to_owned(), true.into());
    }
    let seat = beside.seat.as_deref().or(line.seat.as_deref()).map(str::to_owned);
    let line = Line { seq: Some(number), seat, data, ..line.clone() };
    // We wrote it ourselves.
    let mut value: Value = serde_json::from_str(&line.to_json()).unwrap_or_else(|_| json!({ "seq": number }));
    if let Some(took) = beside.took {
        value["took_ms"] = u64::try_from(took.as_micros()).map_or(f64::MAX, |us| us as f64 / 1_000.0).into();
    }
    value
}

/// Cuts texts that are too long; whether there were any.
fn cut(value: &mut Value) -> bool {
    match value {
        Value::String(text) if text.len() > WORKBENCH_TEXT_BYTES_MAX => {
            let end = text.floor_char_boundary(WORKBENCH_TEXT_BYTES_MAX);
            text.truncate(end);
            true
        }
        Value::Array(items) => items.iter_mut().fold(false, |is_cut, item| cut(item) | is_cut),
        Value::Object(members) => members.values_mut().fold(false, |is_cut, member| cut(member) | is_cut),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> Line {
        Line::new("e1", "p", "effect.mcs.PutMsg", json!({ "msg": text }))
    }

    #[test]
    fn numbers_go_on_and_the_oldest_go() {
        let mut log = Log::default();
        assert_eq!((log.first(), log.last()), (1, 0));
        let text = "x".repeat(WORKBENCH_TEXT_BYTES_MAX);
        let count = u64::try_from(WORKBENCH_LINES_BYTES_MAX / text.len() + 10).unwrap();
        for number in 1..=count {
            assert_eq!(log.put(&line(&text), &Beside::default()), number);
        }
        assert_eq!(log.last(), count);
        assert!(log.first() > 10, "{}", log.first());
        assert!(log.bytes <= WORKBENCH_LINES_BYTES_MAX);
        let numbers = |lines: Vec<Shown>| lines.iter().map(|line| line.number).collect::<Vec<_>>();
        assert_eq!(numbers(log.lines(Some(count - 3), u64::MAX, 2)), [count - 2, count - 1]);
        assert_eq!(numbers(log.lines(None, u64::MAX, 2)), [count - 1, count]);
        assert_eq!(numbers(log.lines(None, count, 1)), [count - 1]);
    }

    #[test]
    fn what_is_too_long_is_cut() {
        let beside = Beside { seat: Some("kf1".into()), took: Some(Duration::from_micros(1_500)) };
        let value = shown(&line(&"客".repeat(WORKBENCH_TEXT_BYTES_MAX)), &beside, 7);
        assert_eq!((&value["seq"], &value["seat"], &value["took_ms"]), (&json!(7), &json!("kf1"), &json!(1.5)));
        assert_eq!(value["data"]["cut"], json!(true));
        let text = value["data"]["msg"].as_str().unwrap();
        assert!(text.len() <= WORKBENCH_TEXT_BYTES_MAX && text.starts_with('客'));
        assert_eq!(shown(&line("a"), &Beside::default(), 1)["data"], json!({"msg": "a"}));
    }
}
