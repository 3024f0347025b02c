//! From event to row: what is told is on disk before it is, what pages do is on disk with the progress of its event.
//!
//! An event is the same one where source, id and content are; of a log file the source is the file, of standard input
//! the run. Told again, it leads to rows with the same keys, which are there already: however often a host ends in
//! between, or a log is played, a message is a row once (ARCHITECTURE.md, invariant 5).
//!
//! A log file is played from its start, whether or not a run over it was cut off: its pages come to be as they were, and
//! what was sent is not sent again. What comes once, as from standard input, is finished first by the next run, whose
//! pages are told again whom they served.

use std::collections::HashMap;
use std::sync::Arc;

use ring::digest::{SHA256, digest};

use super::keeping::Changes;
use super::messages::{Sender, Stamp, Taken, messages};
use super::stage::Ended;
use super::watch::Notice;
use crate::base::clock::{Clock, TimestampMs, format_rfc3339};
use crate::base::limits::EVENTS_REMEMBERED;
use crate::engine::event_loop::{Emission, Output};
use crate::event::echat::chat_sign;
use crate::event::{Effect, Line, Stimulus, parse_line};
use crate::page::LOAD_CAUSE;
use crate::store::{
    AccountId, Acted, Commit, EffectRecord, EventId, Key, NewEvent, Pushed, Row, Store, StoreError, TurnEnd, TurnState,
    Unfinished,
};

mod earlier;
mod ending;
mod events;
mod places;
mod steps;
#[cfg(test)]
mod tests;

pub(super) use ending::lost_notices;
use events::Events;
use places::placed;

/// A log as its events' source.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Source {
    /// What its lines that name no source have as theirs.
    pub name: String,
    /// What stands for it in the store: a file's path. `None`: every run reads another log, as from standard input.
    pub identity: Option<String>,
}

/// How a line is to be told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Accepted {
    /// The plugins that have not done with it.
    pub open: Vec<String>,
    /// The id to tell it by, where another event has the line's.
    pub renamed: Option<String>,
    /// Whether an earlier line of the log has the id.
    pub collides: bool,
    /// Whether an earlier line of the log is the same event.
    pub repeated: bool,
    /// Whether it is known only that it was handled: what it led to could not be told from new.
    pub forgotten: bool,
}

/// The durable side of a run.
#[derive(Debug)]
pub struct Ledger {
    store: Arc<dyn Store>,
    clock: Clock,
    account: AccountId,
    app_id: String,
    kf_account: Option<String>,
    /// The log, and what stands for it.
    log: (String, String),
    /// Whether the log can be played again.
    is_file: bool,
    /// Events of this run.
    events: Events,
    /// Events whose time was up while the plugin's page was busy.
    busy: HashMap<String, Vec<EventId>>,
    /// Whether the last run over this log was cut off.
    was_cut_off: bool,
    /// Rows that were there before.
    known: usize,
    failure: Option<StoreError>,
}

impl Ledger {
    /// The ledger of an account, its number and app id, for a log, which begins to be played.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn begin(
        (store, clock): (Arc<dyn Store>, Clock),
        (account, app_id): (AccountId, &str),
        kf_account: Option<String>,
        source: &Source,
    ) -> Result<Self, StoreError> {
        let each_run = || format!("{} {}", source.name, format_rfc3339(clock.now_ms()));
        let identity = source.identity.clone().unwrap_or_else(each_run);
        let was_cut_off = store.begin_log(account, source.identity.as_ref().unwrap_or(&source.name)).wait()?;
        Ok(Self {
            store,
            clock,
            account,
            app_id: app_id.to_owned(),
            kf_account,
            log: (source.name.clone(), identity),
            is_file: source.identity.is_some(),
            events: Events::default(),
            busy: HashMap::new(),
            was_cut_off,
            known: 0,
            failure: None,
        })
    }

    /// The ledger of one customer's own pages. What comes to them stands in no log: each line has a source of its own.
    #[must_use]
    pub fn of_conversation(
        (store, clock): (Arc<dyn Store>, Clock),
        (account, app_id): (AccountId, &str),
        kf_account: Option<String>,
    ) -> Self {
        Self {
            store,
            clock,
            account,
            app_id: app_id.to_owned(),
            kf_account,
            log: (String::new(), String::new()),
            is_file: false,
            events: Events::default(),
            busy: HashMap::new(),
            was_cut_off: false,
            known: 0,
            failure: None,
        }
    }

    /// The plugin's page was told somebody when a run over what comes once was cut off: the events that did it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn served(&mut self, plugin: &str) -> Result<Vec<Line>, StoreError> {
        if self.is_file || !self.was_cut_off {
            return Ok(Vec::new());
        }
        let mut lines = Vec::new();
        for before in self.store.turned_last(self.account, plugin).wait()? {
            self.events.recall(before.event, &before.name);
            if let Some(known) = self.events.get_mut(&before.name) {
                known.earlier.insert(plugin.to_owned(), before.effects);
            }
            lines.extend(read(&before.line).map(|line| Line { id: before.name, ..line }));
        }
        Ok(lines)
    }

    /// Messages so far that were there before and are not sent again.
    #[must_use]
    pub fn known(&self) -> usize {
        self.known
    }

    /// The name of a plugin in keys.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn plugin(&self, name: &str, identity: &str) -> Result<String, StoreError> {
        self.store.plugin(name, identity).wait()
    }

    /// What went wrong with the store; nothing is told or sent any more.
    #[must_use]
    pub fn failure(&self) -> Option<&StoreError> {
        self.failure.as_ref()
    }

    /// Remembers the first failure.
    pub fn fail(&mut self, error: StoreError) {
        self.failure.get_or_insert(error);
    }

    /// Takes an event in; on disk when this returns.
    ///
    /// # Errors
    /// [`StoreError`]: it is not to be told.
    pub fn accept(&mut self, line: &Line, plugins: Vec<String>) -> Result<Accepted, StoreError> {
        let accepted = self.store.accept(self.event(line, plugins, None)).wait()?;
        let (event, name) = (accepted.event, accepted.name);
        let open = accepted.progress.into_iter().filter(|progress| progress.state == TurnState::Open);
        let mut taken = Accepted { open: open.map(|progress| progress.plugin).collect(), ..Accepted::default() };
        taken.forgotten = accepted.is_forgotten;
        match self.events.get_mut(&line.id) {
            Some(earlier) if earlier.id == event => {
                (taken.repeated, taken.collides) = (earlier.is_ours, earlier.is_ours);
                if !std::mem::replace(&mut earlier.is_ours, true) {
                    // What it leads to now is counted anew, and has the same keys.
                    earlier.effects.clear();
                }
            }
            Some(earlier) => {
                taken.collides = earlier.is_ours;
                taken.renamed = Some(name.clone());
                self.events.insert(name.clone(), event, name, true);
            }
            None => self.events.insert(line.id.clone(), event, name, true),
        }
        Ok(taken)
    }

    /// Takes in what a customer did with an event: it counts once, and messages to him that wait for it may go.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn hear(&mut self, line: &Line, acted: Acted) -> Result<(), StoreError> {
        self.store.accept(self.event(line, Vec::new(), Some(acted))).wait().map(drop)
    }

    fn event(&self, line: &Line, plugins: Vec<String>, acted: Option<Acted>) -> NewEvent {
        let is_of_log = line.source == self.log.0;
        let event = new_event(self.account, line, is_of_log, (plugins, acted), self.clock.now_ms());
        let source = if is_of_log { self.log.1.clone() } else { event.source };
        NewEvent { log: self.is_file.then(|| self.log.1.clone()), source, ..event }
    }

    /// The load of the pages as an event, with an id where it is one of several: what it leads to later has a cause as
    /// well.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn accept_load(&mut self, id: Option<&str>) -> Result<(), StoreError> {
        let line = Line::new(id.unwrap_or(LOAD_CAUSE), &self.log.0, "session.load", serde_json::Value::Null);
        let accepted = self.store.accept(self.event(&line, Vec::new(), None)).wait()?;
        self.events.insert(LOAD_CAUSE.to_owned(), accepted.event, accepted.name, true);
        Ok(())
    }

    /// Events that come once and that plugins have not finished, behind `after`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn unfinished(&mut self, plugins: &[String], after: EventId) -> Result<Vec<Unfinished>, StoreError> {
        self.store.unfinished(self.account, plugins.to_vec(), None, after).wait()
    }

    /// Whether a plugin has been told a customer before by an event of this type.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn was_turned(&self, plugin: &str, openid: &str, type_: &str) -> Result<bool, StoreError> {
        self.store.was_turned(self.account, plugin, openid, type_).wait()
    }

    /// Tasks of a page have ended, and with `ended` its turn, in which it was told a stimulus or none: what they did is
    /// on disk when this returns, or there is a [`failure`](Self::failure). For each emission what became of it.
    pub(super) fn task(
        &mut self,
        sender: Sender<'_>,
        emissions: &[Emission],
        ended: Option<(Option<&str>, Ended)>,
        Changes { storage, cookies }: Changes,
    ) -> Vec<Taken> {
        let account = Some(self.account);
        let mut commit = Commit { account, now: self.clock.now_ms(), storage, cookies, ..Commit::default() };
        let mut taken: Vec<Taken> =
            emissions.iter().map(|emission| self.effect(sender, emission, &mut commit)).collect();
        if let Some((stimulus, ended)) = ended {
            self.end(sender.name, stimulus, ended, &mut commit);
        }
        if self.failure.is_some() {
            taken.iter_mut().for_each(|taken| taken.rows.clear());
            return taken;
        }
        if commit.is_empty() {
            return taken;
        }
        match self.store.commit(commit).wait() {
            Ok(committed) => {
                let mut pushed = committed.rows;
                self.append(sender.name, &mut taken, &mut pushed);
                let mut pushed = pushed.into_iter();
                self.known += taken.iter_mut().map(|taken| note_known(sender.name, taken, &mut pushed)).sum::<usize>();
            }
            Err(error) => {
                self.fail(error);
                taken.iter_mut().for_each(|taken| taken.rows.clear());
            }
        }
        taken
    }

    /// Messages of a fresh page that the one before it had not put, whose keys that one's have, come behind those.
    fn append(&mut self, plugin: &str, taken: &mut [Taken], pushed: &mut [(Pushed, i64)]) {
        let rows = taken.iter_mut().flat_map(|taken| &mut taken.rows).zip(pushed);
        let mut moved: HashMap<u32, u32> = HashMap::new();
        for (row, pushed) in rows.filter(|(_, pushed)| pushed.0 == Pushed::Differs) {
            let Some(known) = self.events.known.values_mut().find(|known| known.name == row.key.stimulus) else {
                continue;
            };
            let Some(earlier) = known.earlier.get_mut(plugin) else { continue };
            let effect = *moved.entry(row.key.effect).or_insert_with(|| {
                *earlier += 1;
                *earlier - 1
            });
            row.key.effect = effect;
            let commit = Commit { account: Some(self.account), rows: vec![row.clone()], ..Commit::default() };
            match self.store.commit(commit).wait() {
                Ok(committed) => *pushed = committed.rows[0],
                Err(error) => return self.fail(error),
            }
        }
    }

    /// An effect, and the messages it becomes.
    fn effect(&mut self, sender: Sender<'_>, emission: &Emission, commit: &mut Commit) -> Taken {
        let Output::Effect(effect) = &emission.output else { return Taken::default() };
        let stimulus = emission.cause.as_ref().map_or("", |cause| &*cause.stimulus);
        let Some(known) = self.events.get_mut(stimulus) else { return long_past(sender.name, emission, effect) };
        let is_kept = known.keeps(sender.name, effect);
        let count = known.effects.entry(sender.name.to_owned()).or_default();
        let key = Key::new(known.name.clone(), sender.name, *count);
        let record = || EffectRecord {
            event: known.id,
            plugin: sender.name.to_owned(),
            number: *count,
            time: emission.time,
            type_: effect.type_name(),
            subject: emission.subject.as_deref().map(str::to_owned),
            data: effect.data(),
            place: emission.place.as_ref().map(placed),
        };
        match effect {
            _ if is_kept => commit.effects.push(record()),
            Effect::Echat(_) => {
                commit.signs.extend(Some(record()).filter(|of| chat_sign(&of.type_, &of.data).is_some()));
            }
            _ => {}
        }
        *count += 1;
        let stamp = Stamp { app_id: self.app_id.clone(), kf_account: self.kf_account.clone(), now: commit.now };
        let taken = messages(sender, &key, emission, effect, &stamp);
        commit.rows.extend(taken.rows.iter().cloned());
        taken
    }

    /// The page of a plugin is a fresh one: what the one before it was yet to do, it will not.
    pub fn refresh(&mut self, plugin: &str) {
        for known in self.events.known.values_mut() {
            if let Some(count) = known.effects.remove(plugin) {
                let earlier = known.earlier.entry(plugin.to_owned()).or_default();
                *earlier = count.max(*earlier);
            }
        }
    }

    /// Counts effects that a page repeats: what it does later has the keys it would have had then.
    pub fn count(&mut self, plugin: &str, emissions: &[Emission]) {
        for emission in emissions.iter().filter(|emission| matches!(emission.output, Output::Effect(_))) {
            let cause = emission.cause.as_ref().map_or("", |cause| &*cause.stimulus);
            if let Some(known) = self.events.get_mut(cause) {
                *known.effects.entry(plugin.to_owned()).or_default() += 1;
            }
        }
    }

    /// The plugin has done with an event; where its page is idle, with those before as well. One that could not be
    /// restored has done with nothing: the next run tells it again.
    fn end(&mut self, plugin: &str, stimulus: Option<&str>, ended: Ended, commit: &mut Commit) {
        let event = stimulus.and_then(|stimulus| self.events.get(stimulus)).map(|known| known.id);
        let busy = self.busy.entry(plugin.to_owned()).or_default();
        let (state, events) = match ended {
            Ended::Idle => (TurnState::Done, busy.drain(..).chain(event).collect()),
            Ended::Busy => {
                busy.extend(event);
                (TurnState::Busy, Vec::from_iter(event))
            }
            Ended::Parked => return,
        };
        let turn_end = |event| TurnEnd { event, plugin: plugin.to_owned(), state };
        commit.ended.extend(events.into_iter().map(turn_end));
    }
}

/// A message of an event that is no longer remembered has no key by which it could be sent once.
fn long_past(plugin: &str, emission: &Emission, effect: &Effect) -> Taken {
    if !effect.is_message_call() {
        return Taken::default();
    }
    let cause = emission.cause.as_ref().map_or("", |cause| &*cause.stimulus);
    let text =
        format!("{plugin}: a message is not sent: its event {cause} was more than {EVENTS_REMEMBERED} events ago");
    Taken { notices: vec![Notice::warning(text)], ..Taken::default() }
}

/// Rows that were there already are not new; one whose content differs is told of. How many there were.
fn note_known(plugin: &str, taken: &mut Taken, pushed: &mut impl Iterator<Item = (Pushed, i64)>) -> usize {
    let Taken { rows, notices } = taken;
    let count = rows.len();
    let keep = |row: &mut Row| match pushed.next() {
        Some((Pushed::New, seq)) => {
            row.seq = seq;
            true
        }
        Some((Pushed::Differs, _)) => {
            let text = format!(
                "{plugin}: told the event again, the page made another message {}: the first one stays",
                row.key
            );
            let hint = "what the page does depends on something besides the log: a server's answer, or the time";
            notices.push(Notice::warning(text).with_hint(Some(hint)));
            false
        }
        Some((Pushed::Known, _)) | None => false,
    };
    rows.retain_mut(keep);
    count - rows.len()
}

/// A line that we wrote.
pub(super) fn read(text: &str) -> Option<Line> {
    parse_line(text, 1, "state").ok().flatten()
}

/// A line as an event of an account that comes once. `is_by_place`: it is known by its place in a log alone.
pub(super) fn new_event(
    account: AccountId,
    line: &Line,
    is_by_place: bool,
    (plugins, acted): (Vec<String>, Option<Acted>),
    now: TimestampMs,
) -> NewEvent {
    let stimulus = Stimulus::from_line(line);
    NewEvent {
        account,
        log: None,
        source: line.source.clone(),
        id: line.id.clone(),
        digest: content_digest(line, is_by_place),
        line: line.to_json(),
        subject: stimulus.user().map(str::to_owned),
        turns_to: stimulus.turns_to().map(str::to_owned),
        plugins,
        acted,
        now,
    }
}

/// What a line says, and of one that is known by its place in a log alone when it comes: tomorrow's log may say the same.
fn content_digest(line: &Line, is_by_place: bool) -> Vec<u8> {
    let time = line.time.filter(|_| is_by_place);
    let said = serde_json::json!([line.type_, line.subject, line.plugin, line.data, time]);
    digest(&SHA256, said.to_string().as_bytes()).as_ref().to_vec()
}
