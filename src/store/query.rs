//! How a person looks for messages, and what can be done with them.

use serde_json::Value;

use super::{
    delivery::{Attempt, AttemptEnd},
    event::EffectRecord,
    row::{Row, State},
};
use crate::base::clock::TimestampMs;

/// Which rows; an empty filter is all of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Filter {
    /// Those with one of these keys, as printed.
    pub keys: Vec<String>,
    /// Those in one of these states.
    pub states: Vec<State>,
    /// Those of this customer.
    pub openid: Option<String>,
    /// Those of this account, by app id.
    pub account: Option<String>,
    /// Those of this plugin.
    pub plugin: Option<String>,
    /// Those that came before, in ms since the epoch.
    pub before: Option<TimestampMs>,
}

impl Filter {
    /// The row with this key.
    #[must_use]
    pub fn key(key: &str) -> Self {
        Self { keys: vec![key.to_owned()], ..Self::default() }
    }

    /// Whether it matches everything.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// A row as it stands: `parked` also where it waits behind a parked one or its account's way is closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The row; state, reason and `next` as they stand.
    pub row: Row,
    /// The server it is for.
    pub server: String,
}

/// What a person says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Change {
    /// Send it (again).
    Retry,
    /// Do not send it.
    Drop,
}

/// What became, or would become, of a row by a person's word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    /// The row as it stood.
    pub row: Row,
    /// Its state now; `None`: it stays as it is.
    pub state: Option<State>,
    /// Why it stays, or what a person should know.
    pub note: Option<String>,
}

/// What became of a person's wording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edited {
    /// The row as it stands.
    pub listed: Listed,
    /// Why it stays as it was.
    pub refusal: Option<&'static str>,
}

/// A message from cause to receipt.
#[derive(Clone, Debug, PartialEq)]
pub struct Explained {
    /// The row as it stands.
    pub listed: Listed,
    /// The event's line; `None` where there is none or it is no longer kept.
    pub event: Option<Value>,
    /// When it was accepted.
    pub accepted: Option<TimestampMs>,
    /// How far the plugin is with it.
    pub turn: Option<String>,
    /// What the page did.
    pub effect: Option<EffectRecord>,
    /// Each try, in order; the last ones where there are many.
    pub attempts: Vec<(Attempt, Option<AttemptEnd>)>,
}

/// Rows by state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Summary {
    /// To be sent.
    pub pending: usize,
    /// On the wire.
    pub sending: usize,
    /// Taken by WeChat.
    pub sent: usize,
    /// Sent without an answer.
    pub unknown: usize,
    /// Waiting for something outside.
    pub parked: usize,
    /// Waiting for a person.
    pub held: usize,
    /// Given up.
    pub dead: usize,
}

impl Summary {
    /// Whether messages are parked or dead: exit code 120 (cli.md).
    #[must_use]
    pub fn needs_attention(&self) -> bool {
        self.parked + self.dead > 0
    }

    /// The count of a state.
    pub fn of(&mut self, state: State) -> &mut usize {
        match state {
            State::Pending => &mut self.pending,
            State::Sending => &mut self.sending,
            State::Sent => &mut self.sent,
            State::Unknown => &mut self.unknown,
            State::Parked => &mut self.parked,
            State::Held => &mut self.held,
            State::Dead => &mut self.dead,
        }
    }
}

/// What was deleted of a customer, or would be: counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Erased {
    /// Events whose content is gone; that they were handled stays.
    pub events: usize,
    /// Effects.
    pub effects: usize,
    /// Messages, with their attempts.
    pub rows: usize,
    /// Of these, messages that had not been sent.
    pub unsent: usize,
    /// Signs on his conversations.
    pub signs: usize,
    /// Accounts that knew what he may be sent.
    pub windows: usize,
    /// Plugins whose pages kept storage or cookies that name him; those are gone.
    pub plugins: Vec<String>,
    /// Files of older states that may still hold something.
    pub backups: Vec<std::path::PathBuf>,
}

/// What a look at a store found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checked {
    /// Damage, a sentence each; none where the store is whole.
    pub damage: Vec<String>,
    /// Whether all of it was looked at.
    pub is_looked_at: bool,
    /// Rows by state.
    pub rows: Summary,
    /// Of the dead ones, those that a person dropped.
    pub dropped: usize,
    /// When the oldest row that is to be sent came.
    pub oldest_waiting: Option<TimestampMs>,
    /// Closed ways: app id, what, until when, why.
    pub closed: Vec<(String, String, Option<TimestampMs>, String)>,
    /// Events that plugins have not finished.
    pub events_open: usize,
    /// Size of the store in bytes.
    pub bytes: u64,
}

/// What was deleted or given up because of its age.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tidied {
    /// Whether there is more to do.
    pub is_more: bool,
    /// Events, with their effects.
    pub events: usize,
    /// Messages that were done.
    pub rows: usize,
    /// Messages given up since they waited too long.
    pub given_up: usize,
    /// Events of which nothing is known any more.
    pub forgotten: usize,
}
