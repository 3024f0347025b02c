//! The store in one SQLite file: one connection, one thread that writes, what waits together committed together.
//!
//! `schema` opens and migrates, `writer` commits in groups, and the statements lie by subject: `events`, `rows`,
//! `delivery`, `ledger`, `standing` (how rows stand and what persons do with them), `explain`, `keep`, `erase`, `care`.

mod care;
mod customer;
mod delivery;
mod erase;
mod events;
mod explain;
mod keep;
mod ledger;
mod rows;
mod schema;
mod sign;
mod standing;
#[cfg(test)]
mod tests;
mod writer;

use std::path::{Path, PathBuf};

use super::Store;
use super::customer::Customer;
use super::delivery::{Attempt, Due, Interrupted, OnUnknown, Ready, Settled};
use super::error::StoreError;
use super::event::{Accepted, AccountId, Before, Commit, Committed, EventId, NewEvent, Unfinished};
use super::folder::StateFolder;
use super::keep::{Kept, KeptMedia, KeptToken, PluginState};
use super::ledger::Known;
use super::query::{Change, Changed, Checked, Edited, Erased, Explained, Filter, Listed, Summary, Tidied};
use super::reply::Reply;
use super::row::{Release, Row};
use super::sign::{Sign, SignFilter};
use crate::base::clock::TimestampMs;
use crate::base::limits::{EVENT_KEPT_MS, EVENT_KNOWN_MS, PUSH_KNOWN_MS};
pub use writer::Statistics;
use writer::Writer;

/// How long events are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// What they say, in ms; `None`: until somebody says that it is not needed.
    pub event_kept_ms: Option<i64>,
    /// That they came, in ms.
    pub event_known_ms: i64,
}

impl Retention {
    /// Of pushes that are given out at once: WeChat delivers them again within seconds.
    pub const PUSHES: Self = Self { event_kept_ms: None, event_known_ms: PUSH_KNOWN_MS };
}

impl Default for Retention {
    fn default() -> Self {
        Self { event_kept_ms: Some(EVENT_KEPT_MS), event_known_ms: EVENT_KNOWN_MS }
    }
}

/// How to open a store.
#[derive(Clone, Debug, Default)]
pub struct OpenOptions {
    /// How long events are kept.
    pub retention: Retention,
    /// The SQLite file system to use in place of the system's own: for tests of what a disk may do.
    pub vfs: Option<String>,
}

/// A store in a state folder, or in memory. Dropping it closes it in order.
#[derive(Debug)]
pub struct SqliteStore {
    writer: Writer,
    /// The number of this opening.
    opened: i64,
    retention: Retention,
    folder: Option<StateFolder>,
}

impl SqliteStore {
    /// Opens the store of a folder, made or brought up to date where needed.
    ///
    /// # Errors
    /// [`StoreError`]: a later release wrote it, it is damaged, or the disk fails.
    pub fn open(folder: StateFolder, options: &OpenOptions) -> Result<Self, StoreError> {
        let path = folder.store_file()?;
        let opened = schema::open(&path, options, &folder)?;
        let writer = Writer::start(opened.connection, path)?;
        Ok(Self { writer, opened: opened.number, retention: options.retention, folder: Some(folder) })
    }

    /// A store that is gone with the process, for what needs no more.
    ///
    /// # Errors
    /// [`StoreError`]: there is no memory or thread for it.
    pub fn in_memory() -> Result<Self, StoreError> {
        let opened = schema::in_memory()?;
        let writer = Writer::start(opened.connection, PathBuf::from("memory"))?;
        Ok(Self { writer, opened: opened.number, retention: Retention::default(), folder: None })
    }

    /// The state folder; `None` in memory.
    #[must_use]
    pub fn folder(&self) -> Option<&Path> {
        self.folder.as_ref().map(StateFolder::path)
    }

    /// What it has written so far.
    #[must_use]
    pub fn statistics(&self) -> Statistics {
        self.writer.statistics()
    }
}

impl Store for SqliteStore {
    fn close(&self) {
        self.writer.close();
        self.folder.iter().for_each(StateFolder::release);
    }

    fn account(&self, app_id: &str, server: &str) -> Reply<AccountId> {
        let (app_id, server) = (app_id.to_owned(), server.to_owned());
        self.writer.call(move |tx| events::account(tx, &app_id, &server))
    }

    fn plugin(&self, name: &str, identity: &str) -> Reply<String> {
        let (name, identity) = (name.to_owned(), identity.to_owned());
        self.writer.call(move |tx| events::plugin(tx, &name, &identity))
    }

    fn begin_log(&self, account: AccountId, identity: &str) -> Reply<bool> {
        let identity = identity.to_owned();
        self.writer.call(move |tx| events::begin_log(tx, account, &identity))
    }

    fn end_log(&self, account: AccountId, identity: &str) -> Reply<()> {
        let identity = identity.to_owned();
        self.writer.call(move |tx| events::end_log(tx, account, &identity))
    }

    fn accept(&self, event: NewEvent) -> Reply<Accepted> {
        let opened = self.opened;
        self.writer.call(move |tx| events::accept(tx, &event, opened))
    }

    fn commit(&self, commit: Commit) -> Reply<Committed> {
        let opened = self.opened;
        self.writer.call(move |tx| events::commit(tx, &commit, opened))
    }

    fn unfinished(
        &self,
        account: AccountId,
        plugins: Vec<String>,
        openid: Option<&str>,
        after: EventId,
    ) -> Reply<Vec<Unfinished>> {
        let openid = openid.map(str::to_owned);
        self.writer.call(move |tx| events::unfinished(tx, account, &plugins, openid.as_deref(), after))
    }

    fn turned_last(&self, account: AccountId, plugin: &str) -> Reply<Vec<Before>> {
        let plugin = plugin.to_owned();
        self.writer.call(move |tx| events::turned_last(tx, account, &plugin))
    }

    fn last_push(&self, account: AccountId, openid: &str, events: &'static [&'static str]) -> Reply<Option<String>> {
        let openid = openid.to_owned();
        self.writer.call(move |tx| events::last_push(tx, account, &openid, events))
    }

    fn was_turned(&self, account: AccountId, plugin: &str, openid: &str, type_: &str) -> Reply<bool> {
        let names = [plugin, openid, type_].map(str::to_owned);
        self.writer.call(move |tx| events::was_turned(tx, account, names.each_ref().map(String::as_str)))
    }

    fn lost(&self, account: AccountId, plugins: Vec<String>, now: TimestampMs) -> Reply<Vec<(String, String)>> {
        self.writer.call(move |tx| events::lost(tx, account, &plugins, now))
    }

    fn due(&self, account: AccountId, now: TimestampMs, busy: Vec<String>, limit: usize) -> Reply<Due> {
        self.writer.call(move |tx| delivery::due(tx, account, now, &busy, limit))
    }

    fn due_of(&self, account: AccountId, openid: &str, now: TimestampMs) -> Reply<Due> {
        let openid = openid.to_owned();
        self.writer.call(move |tx| delivery::due_of(tx, account, &openid, now))
    }

    fn on_wire(&self, row: i64, attempt: Attempt) -> Reply<bool> {
        let opened = self.opened;
        self.writer.call(move |tx| delivery::on_wire(tx, row, &attempt, opened))
    }

    fn settle(&self, settled: Settled) -> Reply<Option<Ready>> {
        let opened = self.opened;
        self.writer.call(move |tx| delivery::settle(tx, &settled, opened))
    }

    fn interrupted(&self, which: Interrupted, policy: OnUnknown, now: TimestampMs) -> Reply<Vec<Row>> {
        let opened = self.opened;
        self.writer.call(move |tx| delivery::interrupted(tx, which, policy, now, opened))
    }

    fn release(&self, account: AccountId, which: Release, now: TimestampMs) -> Reply<usize> {
        let opened = self.opened;
        self.writer.call(move |tx| delivery::release(tx, account, &which, now, opened))
    }

    fn summary(&self, account: AccountId) -> Reply<Summary> {
        let opened = self.opened;
        self.writer.call(move |tx| standing::summary(tx, account, opened))
    }

    fn list(&self, filter: Filter, after: i64, limit: usize) -> Reply<Vec<Listed>> {
        self.writer.call(move |tx| standing::list(tx, &filter, after, limit))
    }

    fn change(
        &self,
        filter: Filter,
        change: Change,
        after: i64,
        now: TimestampMs,
        dry_run: bool,
    ) -> Reply<Vec<Changed>> {
        let opened = self.opened;
        self.writer.call(move |tx| standing::change(tx, &filter, change, after, now, (!dry_run).then_some(opened)))
    }

    fn edit(&self, key: &str, text: &str, now: TimestampMs) -> Reply<Option<Edited>> {
        let (key, text) = (key.to_owned(), text.to_owned());
        let opened = self.opened;
        self.writer.call(move |tx| standing::edit(tx, &key, &text, now, opened))
    }

    fn window(&self, openid: &str) -> Reply<Vec<Known>> {
        let openid = openid.to_owned();
        self.writer.call(move |tx| ledger::known(tx, &openid))
    }

    fn customers(&self, account: AccountId, limit: usize) -> Reply<Vec<Customer>> {
        self.writer.call(move |tx| customer::customers(tx, account.0, limit))
    }

    fn signs(&self, filter: SignFilter, after: i64, limit: usize) -> Reply<Vec<Sign>> {
        self.writer.call(move |tx| sign::signs(tx, &filter, after, limit))
    }

    fn keys(&self, beginning: &str, limit: usize) -> Reply<Vec<String>> {
        let beginning = beginning.to_owned();
        self.writer.call(move |tx| standing::keys(tx, &beginning, limit))
    }

    fn explain(&self, key: &str) -> Reply<Option<Explained>> {
        let key = key.to_owned();
        self.writer.call(move |tx| explain::explain(tx, &key))
    }

    fn kept(&self, account: AccountId) -> Reply<Kept> {
        self.writer.call(move |tx| keep::kept(tx, account))
    }

    fn keep_token(&self, account: AccountId, token: Option<KeptToken>) -> Reply<()> {
        self.writer.call(move |tx| keep::keep_token(tx, account, token.as_ref()))
    }

    fn keep_media(&self, account: AccountId, media: KeptMedia) -> Reply<()> {
        self.writer.call(move |tx| keep::keep_media(tx, account, &media))
    }

    fn plugin_state(&self, plugin: &str) -> Reply<PluginState> {
        let plugin = plugin.to_owned();
        self.writer.call(move |tx| keep::plugin_state(tx, &plugin))
    }

    fn erase(&self, openid: &str, dry_run: bool) -> Reply<Erased> {
        let openid = openid.to_owned();
        let backups = self.folder.as_ref().map(StateFolder::backups).unwrap_or_default();
        // What was overwritten must not stay in the log of changes either.
        self.writer.call_and_checkpoint(move |tx| {
            let mut erased = erase::erase(tx, &openid, dry_run)?;
            erased.backups = backups;
            Ok(erased)
        })
    }

    fn check(&self, now: TimestampMs) -> Reply<Checked> {
        self.writer.call(move |tx| care::check(tx, Some(now)))
    }

    fn glance(&self) -> Reply<Checked> {
        self.writer.call(move |tx| care::check(tx, None))
    }

    fn tidy(&self, now: TimestampMs) -> Reply<Tidied> {
        let opened = self.opened;
        let keep = self.retention;
        self.writer.call(move |tx| care::tidy(tx, now, &keep, opened))
    }
}
