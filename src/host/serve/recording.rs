//! Recordings of what a host serves (session-log.md, Recording): which pages are recorded, and what a page that is hands over.
//! A page waits for nothing: what it does goes into a bounded queue, turn by turn, and where that is full its recording ends.
//!
//! `keeper` is the thread that writes, `shelf` the folder and what is kept of it, `shadow` the thread that replays, `shown` what a
//! workbench shows.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use ring::hmac;
use serde_json::{Value, json};

use super::operations::Operations;
use super::place::Place;
use super::witness::Witness;
use super::workbench::Workbench;
use crate::base::clock::{Clock, TimestampMs};
use crate::base::limits::{
    RECORD_BYTES_WAITING_MAX, RECORD_TURNS_WAITING_MAX, SETTLE_MS_DEFAULT, WORKBENCH_SESSION_BYTES_MAX,
};
use crate::base::redact::Redactor;
use crate::base::sync::lock;
use crate::engine::event_loop::Emission;
use crate::event::Line;
use crate::host::desk::{Records, Trouble, TroubleKind};
use crate::host::plugin::Plugin;
use crate::host::processes::Processes;
use crate::host::recorder::exchange::Exchange;
use crate::host::recorder::{Item, Notes, Noting, Opened};
use crate::host::replay::Replayed;
use crate::host::watch::Notice;
use crate::net::{Element, PluginNetwork};
use crate::page::PageOptions;
use crate::record::Recording;

mod keeper;
mod shadow;
mod shelf;
mod shown;

use keeper::Keeper;
pub use shadow::Told;
pub use shelf::Keep;

/// What every item of a turn counts for at least, in bytes.
const ITEM_BYTES: usize = 256;
/// A million of a million conversations: all.
const ALL_PPM: u32 = 1_000_000;

/// A share of conversations, in parts of a million.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Share(pub u32);

impl Share {
    /// Whether something of these names is among it: by a key and the names alone, so that it is or is not for good.
    #[must_use]
    pub fn has(self, key: &[u8], names: &[&str]) -> bool {
        if self.0 == 0 || self.0 >= ALL_PPM {
            return self.0 > 0;
        }
        let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, key));
        for name in names {
            context.update(&name.len().to_le_bytes());
            context.update(name.as_bytes());
        }
        let tag = context.sign();
        let number = tag.as_ref().iter().take(8).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
        number % u64::from(ALL_PPM) < u64::from(self.0)
    }
}

/// How a shadow differs from the page that it is a shadow of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// In words, without a customer's.
    pub what: String,
    /// The stimulus that led to it.
    pub cause: Option<String>,
}

/// What of a replay is not as recorded, if anything.
pub type Compare = Arc<dyn Fn(&Recording, &Replayed) -> Option<Difference> + Send + Sync>;

/// Another version of a plugin, which is told what pages were told.
pub struct Shadow {
    /// It.
    pub plugin: Plugin,
    /// How many conversations it is told.
    pub share: Share,
}

/// What is recorded of a plugin's pages.
pub struct PluginRecord {
    /// How many conversations.
    pub share: Share,
    /// The pseudonyms in them; none: everything is written as it is.
    pub redactor: Option<Redactor>,
    /// The other version.
    pub shadow: Option<Shadow>,
    /// The redactor that leaves what the plugin says itself.
    leaving: OnceLock<Option<Redactor>>,
}

impl PluginRecord {
    /// So many conversations of it, with these pseudonyms, and another version that is told others.
    #[must_use]
    pub fn new(share: Share, redactor: Option<Redactor>, shadow: Option<Shadow>) -> Self {
        Self { share, redactor, shadow, leaving: OnceLock::new() }
    }

    /// What is to be written of a plugin's pages in place of what must not be.
    fn redactor(&self, plugin: &Plugin) -> Option<Redactor> {
        let leave = || {
            let mut redactor = self.redactor.clone()?;
            plugin.own_texts().iter().for_each(|text| redactor.leave(text));
            Some(redactor)
        };
        self.leaving.get_or_init(leave).clone()
    }
}

/// What is recorded, where, and for how long; another configuration is another policy.
pub struct RecordPolicy {
    /// Where recordings lie, in a folder for each plugin.
    pub folder: PathBuf,
    /// What chooses conversations.
    pub key: Vec<u8>,
    /// The largest recording, in bytes.
    pub bytes_max: u64,
    /// What is kept.
    pub keep: Keep,
    /// By plugin, in the order of the residence's.
    pub plugins: Vec<PluginRecord>,
    /// How the pages of replays come to be.
    pub processes: Processes,
    /// How a shadow is compared.
    pub compare: Compare,
    /// What of it cannot be done.
    pub notices: Vec<Notice>,
}

impl Default for RecordPolicy {
    fn default() -> Self {
        Self {
            folder: PathBuf::new(),
            key: Vec::new(),
            bytes_max: 0,
            keep: Keep::default(),
            plugins: Vec::new(),
            processes: Processes::default(),
            compare: Arc::new(|_, _| None),
            notices: Vec::new(),
        }
    }
}

impl RecordPolicy {
    /// That recordings are written with everything in them, where they are.
    pub(super) fn writes_plainly(&self) -> Option<Notice> {
        let is_plain = self.plugins.iter().any(|record| record.redactor.is_none());
        let text = format!(
            "recordings in {} have no pseudonyms: openids and what is secret stand in them",
            self.folder.display()
        );
        let hint = "`[record] pseudonyms = \"yes\"` puts pseudonyms in their place";
        is_plain.then(|| Notice::warning(text).with_hint(Some(hint)))
    }
}

/// A page that is about to be recorded.
struct Begin {
    policy: Arc<RecordPolicy>,
    /// Which of its plugins.
    at: usize,
    opened: Opened,
    account: String,
    is_recorded: bool,
    is_shadowed: bool,
    /// The workbench that it is shown at, by this name of its seat.
    shown: Option<(Workbench, Arc<str>)>,
}

/// What a page did in a turn.
struct Handed {
    items: Vec<Item>,
    /// Page time at the end.
    at: TimestampMs,
    /// How long it took.
    took: Duration,
    /// The weight of it.
    bytes: usize,
}

impl Handed {
    /// What was left when it ended.
    fn left(items: Vec<Item>) -> Self {
        Self { items, at: TimestampMs::MIN, took: Duration::ZERO, bytes: 0 }
    }
}

enum Message {
    Begin(u64, Box<Begin>),
    /// What a page did in a turn.
    Turn(u64, Handed),
    /// A page is gone.
    End(u64),
    Stop,
}

/// The way to whoever writes recordings.
#[derive(Clone)]
pub struct Recordings(Arc<Shared>);

struct Shared {
    queue: SyncSender<Message>,
    waiting_bytes: AtomicUsize,
    next: AtomicU64,
    /// Recordings of which something found no room.
    lost: Mutex<Vec<u64>>,
    /// What somebody asked for: a plugin's pages, or those of a customer.
    wanted: Mutex<BTreeSet<(String, Option<String>)>>,
    /// The plugins in force.
    plugins: Mutex<Vec<String>>,
    /// What is in force.
    policy: Mutex<Arc<RecordPolicy>>,
    operations: Arc<Operations>,
}

impl std::fmt::Debug for Recordings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Recordings").finish_non_exhaustive()
    }
}

impl Recordings {
    /// Begins; the thread ends with [`Recordings::stop`].
    pub(super) fn begin(
        clock: Clock,
        operations: Arc<Operations>,
        witness: Arc<dyn Witness>,
    ) -> (Self, JoinHandle<()>) {
        let (queue, messages) = sync_channel(RECORD_TURNS_WAITING_MAX);
        let shared = Arc::new(Shared {
            queue,
            waiting_bytes: AtomicUsize::new(0),
            next: AtomicU64::new(0),
            lost: Mutex::default(),
            wanted: Mutex::default(),
            plugins: Mutex::default(),
            policy: Mutex::default(),
            operations,
        });
        let keeper = Keeper::new(messages, shared.clone(), clock, witness);
        (Self(shared), thread::spawn(move || keeper.run()))
    }

    /// Everything that was handed over is written; then the thread ends.
    pub(super) fn stop(&self) {
        // Where the thread has ended by itself nobody waits.
        let _ = self.0.queue.send(Message::Stop);
    }

    /// Another configuration is in force.
    pub(super) fn move_to(&self, plugins: Vec<String>, policy: Arc<RecordPolicy>) {
        *lock(&self.0.plugins) = plugins;
        *lock(&self.0.policy) = policy;
    }

    fn is_wanted(&self, plugin: &str, place: &Place) -> bool {
        let wanted = lock(&self.0.wanted);
        let is_his = match place {
            Place::Customer(openid) => wanted.contains(&(plugin.to_owned(), Some(openid.to_string()))),
            Place::Seat(_) => false,
        };
        is_his || wanted.contains(&(plugin.to_owned(), None))
    }

    /// A page of a plugin is about to be opened at a place, for a customer: where it is recorded, its network becomes one that
    /// is listened to.
    pub(super) fn tape(
        &self,
        (policy, at): (&Arc<RecordPolicy>, usize),
        (plugin, account): (&Plugin, &str),
        (place, openid, shown): (&Place, &str, Option<(Workbench, Arc<str>)>),
        network: &Arc<PluginNetwork>,
        options: &mut PageOptions,
    ) -> Option<Tape> {
        let record = policy.plugins.get(at);
        let whose = match place {
            Place::Customer(openid) => ["customer", openid],
            Place::Seat(name) => ["seat", name],
        };
        let is_chosen = |share: Share, what: &str| share.has(&policy.key, &[what, &plugin.name, whose[0], whose[1]]);
        let is_recorded =
            record.is_some_and(|record| is_chosen(record.share, "record") || self.is_wanted(&plugin.name, place));
        let shadow = record.and_then(|record| record.shadow.as_ref());
        let is_shadowed = shadow.is_some_and(|shadow| is_chosen(shadow.share, "shadow"));
        if !is_recorded && !is_shadowed && shown.is_none() {
            return None;
        }
        let id = self.0.next.fetch_add(1, Ordering::Relaxed);
        let opened = Opened {
            plugin: plugin.clone(),
            options: options.clone(),
            settle_ms: SETTLE_MS_DEFAULT,
            user: openid.to_owned(),
            cookies: network.cookies().cookies(TimestampMs::MIN),
        };
        let (account, begin_shown) = (account.to_owned(), shown.is_some());
        let begin = Begin { policy: policy.clone(), at, opened, account, is_recorded, is_shadowed, shown };
        if self.0.queue.try_send(Message::Begin(id, Box::new(begin))).is_err() {
            self.0.operations.metrics.recording_cut(&plugin.name, "behind");
            return None;
        }
        let bytes_max = if begin_shown { WORKBENCH_SESSION_BYTES_MAX.max(policy.bytes_max) } else { policy.bytes_max };
        let bytes_max = usize::try_from(bytes_max).unwrap_or(usize::MAX);
        let taken = Arc::new(Taken { id, shared: self.0.clone(), bytes_max, turn: Mutex::default() });
        let noting = Noting::of(network, taken.clone());
        (options.network, options.cookies) = noting.doors();
        Some(Tape { taken, noting })
    }
}

impl Records for Recordings {
    fn record(&self, plugin: Option<&str>, openid: Option<&str>, is_on: bool) -> Result<Value, Trouble> {
        let (plugins, policy) = (lock(&self.0.plugins).clone(), lock(&self.0.policy).clone());
        let mut wanted = lock(&self.0.wanted);
        if let Some(plugin) = plugin {
            if !plugins.iter().any(|known| known == plugin) {
                let text = format!("no plugin that is served has the name {plugin}");
                return Err(
                    Trouble::new(TroubleKind::NotFound, text).with_hint(format!("served are: {}", plugins.join(", ")))
                );
            }
            let asked = (plugin.to_owned(), openid.map(str::to_owned));
            match (is_on, openid) {
                (true, _) => drop(wanted.insert(asked)),
                (false, Some(_)) => drop(wanted.remove(&asked)),
                (false, None) => wanted.retain(|(wanted, _)| wanted != plugin),
            }
        }
        let wanted: Vec<Value> =
            wanted.iter().map(|(plugin, openid)| json!({ "plugin": plugin, "user": openid })).collect();
        Ok(json!({ "folder": policy.folder.display().to_string(), "asked_for": wanted }))
    }
}

/// A page that is recorded, until this is dropped.
pub(super) struct Tape {
    taken: Arc<Taken>,
    noting: Noting,
}

/// What it did in its turn.
struct Taken {
    id: u64,
    shared: Arc<Shared>,
    bytes_max: usize,
    turn: Mutex<TurnSoFar>,
}

#[derive(Default)]
struct TurnSoFar {
    items: Vec<Item>,
    bytes: usize,
    /// Nothing more of it is recorded.
    is_over: bool,
}

impl Taken {
    fn add(&self, bytes: usize, item: impl FnOnce() -> Item) {
        let mut turn = lock(&self.turn);
        if turn.is_over {
            return;
        }
        turn.bytes = turn.bytes.saturating_add(bytes).saturating_add(ITEM_BYTES);
        if turn.bytes > self.bytes_max.min(RECORD_BYTES_WAITING_MAX) {
            self.give_up(&mut turn);
            return;
        }
        turn.items.push(item());
    }

    fn hand_over(&self, at: TimestampMs, took: Duration) {
        let mut turn = lock(&self.turn);
        if turn.is_over {
            return;
        }
        let (items, bytes) = (std::mem::take(&mut turn.items), std::mem::take(&mut turn.bytes));
        let waiting = self.shared.waiting_bytes.fetch_add(bytes, Ordering::AcqRel);
        let has_room = waiting.saturating_add(bytes) <= RECORD_BYTES_WAITING_MAX;
        if !has_room || self.shared.queue.try_send(Message::Turn(self.id, Handed { items, at, took, bytes })).is_err() {
            self.shared.waiting_bytes.fetch_sub(bytes, Ordering::AcqRel);
            self.give_up(&mut turn);
        }
    }

    fn give_up(&self, turn: &mut TurnSoFar) {
        *turn = TurnSoFar { is_over: true, ..TurnSoFar::default() };
        lock(&self.shared.lost).push(self.id);
    }
}

impl Notes for Taken {
    fn said_itself(&self, text: &[u8]) {
        // What pages ask their own folder for is known; the rest is small.
        if text.len() <= ITEM_BYTES * ITEM_BYTES {
            self.add(text.len(), || Item::Itself(text.to_vec()));
        }
    }

    fn exchange(&self, _: usize, exchange: &Exchange) {
        let answered = exchange.result.iter().flatten().map(|response| response.body.len()).sum::<usize>();
        let bytes = answered.saturating_add(exchange.request.body.len());
        self.add(bytes, || Item::Exchange(Box::new(exchange.clone())));
    }

    fn element(&self, _: usize, stimulus: &str, element: &Element, at: TimestampMs) {
        self.add(0, || Item::Element(stimulus.to_owned(), Box::new(element.clone()), at));
    }

    fn dialog(&self, _: usize, kind: &str, answer: Option<&str>, at: TimestampMs) {
        self.add(0, || Item::Dialog(kind.to_owned(), answer.map(str::to_owned), at));
    }
}

impl Tape {
    /// A customer did this, of which the page is told something or nothing.
    pub(super) fn heard(&self, line: &Line, at: TimestampMs) {
        self.taken.add(0, || Item::Heard(Box::new(line.clone()), at));
    }

    /// The page is told this.
    pub(super) fn told(&self, line: &Line, at: TimestampMs) {
        self.taken.add(0, || Item::Told(Box::new(line.clone()), at));
    }

    /// It did this.
    pub(super) fn did(&self, emissions: &[Emission]) {
        if !emissions.is_empty() {
            self.taken.add(emissions.len() * ITEM_BYTES, || Item::Did(emissions.to_vec()));
        }
    }

    /// Its turn is over.
    pub(super) fn turned(&self, at: TimestampMs, took: Duration) {
        self.taken.hand_over(at, took);
    }
}

impl Drop for Tape {
    fn drop(&mut self) {
        self.noting.flush();
        let shared = &self.taken.shared;
        let last = std::mem::take(&mut *lock(&self.taken.turn));
        if last.is_over {
            return;
        }
        // What was asked for and not taken, as of the last turn.
        let is_gone = last.items.is_empty()
            || shared.queue.try_send(Message::Turn(self.taken.id, Handed::left(last.items))).is_ok();
        if !is_gone || shared.queue.try_send(Message::End(self.taken.id)).is_err() {
            lock(&shared.lost).push(self.taken.id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_what_it_says_and_stays() {
        let count =
            |share: Share| (0..10_000).filter(|number| share.has(b"key", &["record", &format!("o{number}")])).count();
        assert_eq!((count(Share(0)), count(Share(ALL_PPM))), (0, 10_000));
        assert!((400..600).contains(&count(Share(50_000))), "{}", count(Share(50_000)));
        let of = |key: &[u8]| -> Vec<bool> {
            (0..100).map(|number| Share(500_000).has(key, &[&format!("o{number}")])).collect()
        };
        assert_eq!(of(b"one"), of(b"one"));
        assert_ne!(of(b"one"), of(b"two"));
    }
}
