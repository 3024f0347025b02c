//! The durable state: what was told, what came of it, what is to be sent and what became of it.
//!
//! - [`Store`] is the trait everything durable goes through; a write is answered only when it is on disk.
//! - [`SqliteStore`] keeps it in one SQLite file of a state folder ([`StateFolder`]): private, one host at a time.
//! - [`Row`] is one outgoing message under its [`Key`]; `event` has what it comes from, `delivery` how it is sent,
//!   `query` how a person looks for it, `keep` what else survives: tokens, media ids, storage and cookies of plugins.
//!
//! Figures (`base::limits`): a store holds [`STORE_BYTES_MAX`](crate::base::limits::STORE_BYTES_MAX) at most; an event
//! costs two commits (accepted; its effects, rows and end) and one more for each further task that has effects, a
//! message two (on the wire; its answer). What waits at the same time is committed together. A power cut costs nothing
//! that was accepted: a commit is answered after its sync.

mod customer;
mod delivery;
mod error;
mod event;
mod folder;
mod keep;
mod ledger;
mod query;
mod reply;
mod row;
mod sign;
mod sqlite;

pub use customer::Customer;
pub use delivery::{Attempt, AttemptEnd, Due, Interrupted, OnUnknown, Ready, Settled, Way, WayChange};
pub use error::{StoreError, StoreErrorKind};
pub use event::{
    Accepted, AccountId, Before, Commit, Committed, EffectRecord, EventId, LISTEN, NewEvent, OPERATOR, PlacedAt,
    Progress, SERVE, TurnEnd, TurnState, Unfinished,
};
pub use folder::{ControlPath, LOCK_FILE, StateFolder};
pub use keep::{Kept, KeptMedia, KeptToken, PluginState};
pub use ledger::{Acted, Known, Seen, WindowChange};
pub use query::{Change, Changed, Checked, Edited, Erased, Explained, Filter, Listed, Summary, Tidied};
pub use reply::Reply;
pub use row::{Key, Pushed, Release, Row, Scope, State};
pub use sign::{Sign, SignFilter};
pub use sqlite::{OpenOptions, Retention, SqliteStore, Statistics};

use crate::base::clock::TimestampMs;

/// Everything durable. Each call is one step, done wholly or not at all; its [`Reply`] comes when it is on disk. After
/// an error nothing further is taken (ARCHITECTURE.md, invariant 12): the host stops.
pub trait Store: std::fmt::Debug + Send + Sync {
    /// Ends in order: what was called is done, what is called later is not.
    fn close(&self);

    /// The number of an official account at a server; what belongs to it is never sent elsewhere.
    fn account(&self, app_id: &str, server: &str) -> Reply<AccountId>;

    /// The name of a plugin in keys: its own, or `name~2` and so on where another one had that first, or nobody may. `identity` is what
    /// makes it the same plugin in another run.
    fn plugin(&self, name: &str, identity: &str) -> Reply<String>;

    /// A log begins to be played; whether its last playing was cut off. `identity` is what makes it the same log.
    fn begin_log(&self, account: AccountId, identity: &str) -> Reply<bool>;

    /// A log was played to its end.
    fn end_log(&self, account: AccountId, identity: &str) -> Reply<()>;

    /// Takes an event in, with a turn to come for each plugin; an event that is there already says how far it is.
    fn accept(&self, event: NewEvent) -> Reply<Accepted>;

    /// What a task did, with the progress of its event: effects, rows, kept state. Each row in its order.
    fn commit(&self, commit: Commit) -> Reply<Committed>;

    /// Events of an account that come once and that plugins have not finished, of all customers or of one, in the order
    /// they came, the first ones behind `after`.
    fn unfinished(
        &self,
        account: AccountId,
        plugins: Vec<String>,
        openid: Option<&str>,
        after: EventId,
    ) -> Reply<Vec<Unfinished>>;

    /// What turned a plugin to the customer whom it served last, of the events that come once: the last of each type, in
    /// the order in which they came.
    fn turned_last(&self, account: AccountId, plugin: &str) -> Reply<Vec<Before>>;

    /// The last push of an account about this customer whose `Event` is one of these: its line.
    fn last_push(&self, account: AccountId, openid: &str, events: &'static [&'static str]) -> Reply<Option<String>>;

    /// Whether a plugin has been told a customer before by an event of this type, of those that come once.
    fn was_turned(&self, account: AccountId, plugin: &str, openid: &str, type_: &str) -> Reply<bool>;

    /// Events after which a page of these plugins was still busy when its host ended, by name, with the plugin: what it
    /// was yet to do is lost. Each is said once.
    fn lost(&self, account: AccountId, plugins: Vec<String>, now: TimestampMs) -> Reply<Vec<(String, String)>>;

    /// Rows whose time has come, at most one of a customer and none of those in `busy`.
    fn due(&self, account: AccountId, now: TimestampMs, busy: Vec<String>, limit: usize) -> Reply<Due>;

    /// What is due of one customer, whoever else waits: a row, or when to look again.
    fn due_of(&self, account: AccountId, openid: &str, now: TimestampMs) -> Reply<Due>;

    /// A message of a row goes on the wire; `false`: the row is no longer to be sent.
    fn on_wire(&self, row: i64, attempt: Attempt) -> Reply<bool>;

    /// What became of a try; the customer's next row, where it is due.
    fn settle(&self, settled: Settled) -> Reply<Option<Ready>>;

    /// Rows that were on the wire when whoever sent them ended: unknown now, or pending by policy.
    fn interrupted(&self, which: Interrupted, policy: OnUnknown, now: TimestampMs) -> Reply<Vec<Row>>;

    /// Makes parked rows pending; how many. A user whose rows those are has appeared (`session::window`).
    fn release(&self, account: AccountId, which: Release, now: TimestampMs) -> Reply<usize>;

    /// Rows of a host: those that changed since it opened the store, and what waits, by state.
    fn summary(&self, account: AccountId) -> Reply<Summary>;

    /// Rows that match, in the order they came; at most `limit`, from the one after `after` on.
    fn list(&self, filter: Filter, after: i64, limit: usize) -> Reply<Vec<Listed>>;

    /// The first rows that match behind the one numbered `after` change by a person's word, or would: up to
    /// [`OUTBOX_PAGE_ROWS`](crate::base::limits::OUTBOX_PAGE_ROWS).
    fn change(
        &self,
        filter: Filter,
        change: Change,
        after: i64,
        now: TimestampMs,
        dry_run: bool,
    ) -> Reply<Vec<Changed>>;

    /// A person gives a text that waits for him another wording: the row as it stands then, and why it stays as it was;
    /// `None`: there is no such key.
    fn edit(&self, key: &str, text: &str, now: TimestampMs) -> Reply<Option<Edited>>;

    /// What is known of a user, at each account that has messages for him, a sign, or knows something.
    fn window(&self, openid: &str) -> Reply<Vec<Known>>;

    /// Customers of an account of whom something is known, who did something last first; at most `limit`.
    fn customers(&self, account: AccountId, limit: usize) -> Reply<Vec<Customer>>;

    /// Signs of conversations that match, at most `limit`, from the one after `after` on.
    fn signs(&self, filter: SignFilter, after: i64, limit: usize) -> Reply<Vec<Sign>>;

    /// Keys, as printed, that begin so, in their order; at most `limit`.
    fn keys(&self, beginning: &str, limit: usize) -> Reply<Vec<String>>;

    /// A message from cause to receipt; the key as printed.
    fn explain(&self, key: &str) -> Reply<Option<Explained>>;

    /// Tokens, media ids.
    fn kept(&self, account: AccountId) -> Reply<Kept>;

    /// Keeps a token; `None`: it is given up.
    fn keep_token(&self, account: AccountId, token: Option<KeptToken>) -> Reply<()>;

    /// Keeps a media id; one without an end is forgotten.
    fn keep_media(&self, account: AccountId, media: KeptMedia) -> Reply<()>;

    /// The storage and cookies of a plugin's pages, as JSON of their owners' shapes.
    fn plugin_state(&self, plugin: &str) -> Reply<PluginState>;

    /// Deletes everything about a customer but that his events were handled.
    fn erase(&self, openid: &str, dry_run: bool) -> Reply<Erased>;

    /// Looks for damage and for what waits for a person. It reads the whole store, and nothing else is done meanwhile.
    fn check(&self, now: TimestampMs) -> Reply<Checked>;

    /// The same of what is at hand: beside others who use the store.
    fn glance(&self) -> Reply<Checked>;

    /// A step of deleting what is older than it has to be kept, and giving up what waited too long.
    fn tidy(&self, now: TimestampMs) -> Reply<Tidied>;
}
