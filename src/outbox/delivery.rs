//! What became of one try, ready for the session log (session-log.md, `delivery.`).

use std::borrow::Cow;

use serde_json::{Map, Value, json};

use crate::{
    base::clock::{TimestampMs, format_rfc3339},
    store::{AttemptEnd, Key, Row, Scope, State, WayChange},
    wechat::{Receipt, SendError},
};

/// How a try ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// WeChat took the message.
    Sent,
    /// It failed and will be tried again by itself.
    Refused,
    /// The row waits for something outside.
    Parked,
    /// The row is given up.
    Dead,
    /// No answer came back.
    Unknown,
}

impl Outcome {
    /// The outcome's name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Refused => "refused",
            Self::Parked => "parked",
            Self::Dead => "dead",
            Self::Unknown => "unknown",
        }
    }

    /// The log line's type.
    #[must_use]
    pub fn log_type(self) -> String {
        format!("delivery.{}", self.name())
    }
}

/// What became of one try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// The row's number in the store.
    pub seq: i64,
    /// Whose.
    pub key: Key,
    /// To whom.
    pub openid: String,
    /// The stimulus that led to it.
    pub cause: String,
    /// When it began and ended.
    pub time: (TimestampMs, TimestampMs),
    /// How it ended.
    pub outcome: Outcome,
    /// Where the row stands now.
    pub state: State,
    /// What was closed with it, where that is more than the customer's own messages.
    pub way: Option<Scope>,
    /// Which message of the row's content, from 1, and how many there are; `(0, 0)` where none was tried.
    pub message: (u32, u32),
    /// Calls made for the row.
    pub attempts: u32,
    /// WeChat's code; 0 for a message it took.
    pub errcode: Option<i64>,
    /// What a failure was by, in a word of a fixed set: WeChat's code or the kind of trouble.
    pub rule: Option<Cow<'static, str>>,
    /// What happened, in words.
    pub reason: Option<String>,
    /// What an operator does next.
    pub hint: Option<String>,
    /// When the row is due again.
    pub next: Option<TimestampMs>,
    /// WeChat's receipt.
    pub receipt: Option<Receipt>,
}

impl Delivery {
    /// What is known before the outcome is: the row's own members.
    pub(super) fn of(row: &Row, outcome: Outcome, message: (u32, u32)) -> Self {
        Self {
            seq: row.seq,
            key: row.key.clone(),
            openid: row.openid.clone(),
            cause: row.cause.clone(),
            time: (0, 0),
            outcome,
            state: row.state,
            way: None,
            message,
            attempts: row.attempts,
            errcode: None,
            rule: None,
            reason: row.reason.clone(),
            hint: None,
            next: row.next,
            receipt: None,
        }
    }

    pub(super) fn with_ways(mut self, ways: &WayChange) -> Self {
        if let WayChange::Close(way) = ways {
            self.way = Some(way.scope);
        }
        self
    }

    pub(super) fn with_receipt(mut self, receipt: Receipt) -> Self {
        self.errcode = Some(0);
        self.receipt = Some(receipt);
        self
    }

    pub(super) fn with_error(mut self, error: &SendError) -> Self {
        self.errcode = error.errcode();
        self.rule = Some(error.rule());
        self.reason = Some(error.to_string());
        self.hint = Some(error.hint());
        self
    }

    /// As its store keeps it.
    pub(super) fn end(&self, finished: TimestampMs) -> AttemptEnd {
        let receipt = self.receipt.as_ref();
        AttemptEnd {
            finished,
            outcome: self.outcome.name().to_owned(),
            errcode: self.errcode,
            reason: receipt.map_or_else(|| self.reason.clone(), |receipt| Some(told(receipt))),
            hint: self.hint.clone(),
            media_id: receipt.and_then(|receipt| receipt.media_id.clone()),
        }
    }

    /// What was changed so that WeChat takes the message, in words.
    #[must_use]
    pub fn notes(&self) -> &[String] {
        self.receipt.as_ref().map_or(&[], |receipt| &receipt.notes)
    }

    /// The log line's `data`; members without a value are left out.
    #[must_use]
    pub fn data(&self) -> Value {
        let mut data = Map::new();
        data.insert("key".to_owned(), json!(self.key.to_string()));
        data.insert("state".to_owned(), json!(self.state.name()));
        data.insert("attempts".to_owned(), json!(self.attempts));
        let (number, of) = self.message;
        let optional = [
            ("message", (of > 1).then(|| json!({"number": number, "of": of}))),
            ("errcode", self.errcode.map(Value::from)),
            ("reason", self.reason.clone().map(Value::from)),
            ("hint", self.hint.clone().map(Value::from)),
            ("next", self.next.map(|next| json!(format_rfc3339(next)))),
            ("errmsg", self.receipt.as_ref().map(|receipt| json!(receipt.errmsg))),
            ("notes", (!self.notes().is_empty()).then(|| json!(self.notes()))),
            ("media_id", self.receipt.as_ref().and_then(|receipt| receipt.media_id.clone()).map(Value::from)),
        ];
        data.extend(optional.into_iter().filter_map(|(member, value)| Some((member.to_owned(), value?))));
        Value::Object(data)
    }
}

/// WeChat's words, and what was changed: the store keeps both.
fn told(receipt: &Receipt) -> String {
    std::iter::once(&receipt.errmsg).chain(&receipt.notes).map(String::as_str).collect::<Vec<_>>().join("; ")
}
