//! How rows are sent: what is due, what goes on the wire, what became of it.

use serde_json::Value;

use super::{
    event::AccountId,
    ledger::{Seen, WindowChange},
    row::{Row, Scope},
};
use crate::base::clock::TimestampMs;

/// What is done with a message that went out without an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum OnUnknown {
    /// It waits for a person: the customer may have it.
    #[default]
    Hold,
    /// It is sent again: the customer may get it twice.
    Retry,
}

/// Whose rows were on the wire when whoever sent them ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interrupted {
    /// Hosts before this opening of the store, of one account or of all: its own rows may be on the wire.
    Earlier(Option<AccountId>),
    /// The delivery of an account that ends now.
    Now(AccountId),
}

/// A row that may be sent now, with what is known of its customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ready {
    /// The row.
    pub row: Row,
    /// What is known of its customer.
    pub seen: Seen,
}

/// What can be sent, and when to look again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Due {
    /// Rows to be sent now, in order.
    pub rows: Vec<Ready>,
    /// When the next one is due, where none is due before something happens.
    pub next: Option<TimestampMs>,
    /// Whether rows wait for nothing but their time: messages that will be sent soon without anybody's doing.
    pub scheduled: bool,
}

/// One try of one message of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// When it began.
    pub started: TimestampMs,
    /// Which message of the row, from 1, and how many there are; `(0, 0)` where none could be made.
    pub message: (u32, u32),
}

/// How a try ended.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AttemptEnd {
    /// When.
    pub finished: TimestampMs,
    /// `sent`, `refused`, `parked`, `dead` or `unknown`.
    pub outcome: String,
    /// WeChat's code; 0 for a message it took.
    pub errcode: Option<i64>,
    /// What happened, in words; WeChat's own for a message it took.
    pub reason: Option<String>,
    /// What an operator does next.
    pub hint: Option<String>,
    /// The media the message showed.
    pub media_id: Option<String>,
}

impl AttemptEnd {
    /// As `duoke explain` prints it, without its times.
    #[must_use]
    pub fn to_json(&self) -> Value {
        serde_json::json!({
            "outcome": self.outcome, "errcode": self.errcode, "reason": self.reason, "hint": self.hint,
            "media_id": self.media_id,
        })
    }
}

/// A way that is closed: a call of an account, or the account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Way {
    /// What is closed.
    pub scope: Scope,
    /// Until when; `None`: until a person or a restart.
    pub until: Option<TimestampMs>,
    /// Why.
    pub reason: String,
    /// It is tried again soon and by itself: what waits for it is `pending`, not `parked`.
    pub scheduled: bool,
}

/// What a try says about the ways of its account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum WayChange {
    /// Nothing.
    #[default]
    Keep,
    /// WeChat answers: those that it used are open.
    Open,
    /// It is closed.
    Close(Way),
    /// Those that are closed and whose time has come stay so until then.
    Postpone(TimestampMs),
}

/// What became of a try.
#[derive(Clone, Debug, PartialEq)]
pub struct Settled {
    /// The row as it is now.
    pub row: Row,
    /// The try, where it never went on the wire; else the one that did is ended.
    pub attempt: Attempt,
    /// How it ended.
    pub end: AttemptEnd,
    /// What it says about the ways.
    pub ways: WayChange,
    /// What it says about the customer's window.
    pub window: WindowChange,
    /// How often the customer had done something when the row was read: who did something since is not waited for.
    pub acts: i64,
}
