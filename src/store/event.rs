//! Events, what pages did because of them, and how far that is.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    ledger::Acted,
    row::{Pushed, Row},
};
use crate::base::clock::TimestampMs;
use crate::event::StorageChange;

/// An official account at a server, as its store numbers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct AccountId(pub i64);

/// An event, as its store numbers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EventId(pub i64);

/// Who takes events out to hand them on, where plugins are named.
pub const LISTEN: &str = "listen";
/// Who takes events out to tell them to pages.
pub const SERVE: &str = "serve";
/// The person who sends messages, as the plugin in their keys.
pub const OPERATOR: &str = "duoke";
/// Names that no plugin has in keys.
pub(super) const RESERVED: [&str; 3] = [LISTEN, SERVE, OPERATOR];

/// An event to be accepted.
#[derive(Clone, Debug, PartialEq)]
pub struct NewEvent {
    /// For which account it is handled.
    pub account: AccountId,
    /// The log that it stands in, where that can be played again: then it is that log's business. `None`: it comes once.
    pub log: Option<String>,
    /// Where it comes from: with `id` what makes it the same event (CloudEvents 1.0, `source` and `id`).
    pub source: String,
    /// Its id.
    pub id: String,
    /// What else makes it the same event: what it says.
    pub digest: Vec<u8>,
    /// The line, as JSON of the session log.
    pub line: String,
    /// The customer it is about.
    pub subject: Option<String>,
    /// The customer it turns pages to.
    pub turns_to: Option<String>,
    /// The plugins that are to be told.
    pub plugins: Vec<String>,
    /// What a user did with it: it counts once, and messages to him that wait for it may go.
    pub acted: Option<Acted>,
    /// When it came, by the system's clock.
    pub now: TimestampMs,
}

/// How far a plugin is with an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TurnState {
    /// It is to be told, or was and has not finished.
    Open,
    /// Its page was idle.
    Done,
    /// Its time was up and its page was busy: what it does later is committed one by one.
    Busy,
}

impl TurnState {
    /// The name in the store and in output.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Done => "done",
            Self::Busy => "busy",
        }
    }
}

/// A plugin's progress with an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The plugin.
    pub plugin: String,
    /// How far it is.
    pub state: TurnState,
}

/// An event that is on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// Its number.
    pub event: EventId,
    /// Its name, unique in the store: the first part of its messages' keys. The id, or where another event has that
    /// name `id~2` and so on.
    pub name: String,
    /// Whether it had not been there.
    pub is_new: bool,
    /// Nothing of it is kept any more but that it was handled: what it led to could not be told from new.
    pub is_forgotten: bool,
    /// How far the plugins asked for are.
    pub progress: Vec<Progress>,
}

/// Where in a page's code something happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlacedAt {
    /// The address of the script or document.
    pub url: String,
    /// The line, from 1.
    pub line: u32,
    /// The column, from 1.
    pub column: u32,
    /// The real file, where one is known.
    pub file: Option<String>,
}

/// Something a page did.
#[derive(Clone, Debug, PartialEq)]
pub struct EffectRecord {
    /// The event it belongs to.
    pub event: EventId,
    /// The plugin.
    pub plugin: String,
    /// Which effect of the event and plugin, from 0.
    pub number: u32,
    /// Page time.
    pub time: TimestampMs,
    /// The log type, for instance `effect.mcs.PutMsg`.
    pub type_: String,
    /// The user it is for.
    pub subject: Option<String>,
    /// The log line's data.
    pub data: Value,
    /// The line of the page.
    pub place: Option<PlacedAt>,
}

/// A plugin has done with an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TurnEnd {
    /// The event.
    pub event: EventId,
    /// The plugin.
    pub plugin: String,
    /// [`TurnState::Done`] or [`TurnState::Busy`].
    pub state: TurnState,
}

/// What a task did; wholly on disk or not at all.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Commit {
    /// For which account; its number.
    pub account: Option<AccountId>,
    /// The system's time.
    pub now: TimestampMs,
    /// What pages did.
    pub effects: Vec<EffectRecord>,
    /// What they did of which nothing is kept but the sign of a conversation that it puts.
    pub signs: Vec<EffectRecord>,
    /// The messages that come of it.
    pub rows: Vec<Row>,
    /// Turns that have ended with it.
    pub ended: Vec<TurnEnd>,
    /// Events of which nothing need be kept any more but that they came.
    pub forgotten: Vec<EventId>,
    /// What changed in `localStorage`: plugin, origin, and how.
    pub storage: Vec<(String, String, StorageChange)>,
    /// The cookies of plugins that changed: all that there are now.
    pub cookies: Vec<(String, Value)>,
}

impl Commit {
    /// Whether there is nothing to write.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.effects.is_empty()
            && self.signs.is_empty()
            && self.rows.is_empty()
            && self.ended.is_empty()
            && self.forgotten.is_empty()
            && self.storage.is_empty()
            && self.cookies.is_empty()
    }
}

/// What a commit did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Committed {
    /// For each row, whether it was new, and its number.
    pub rows: Vec<(Pushed, i64)>,
}

/// An event whose plugins have not finished.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfinished {
    /// Its number.
    pub event: EventId,
    /// Its name in keys.
    pub name: String,
    /// The line.
    pub line: String,
    /// The plugins that have not finished.
    pub plugins: Vec<String>,
}

/// The event that turned a plugin to its customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Before {
    /// The event's number.
    pub event: EventId,
    /// Its name in keys.
    pub name: String,
    /// Its line.
    pub line: String,
    /// How many effects the plugin had had because of it.
    pub effects: u32,
}
