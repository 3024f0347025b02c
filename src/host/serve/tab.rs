//! A page of a place, and how it stands with it.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use ring::rand::{SecureRandom as _, SystemRandom};

use super::recording::Tape;
use super::witness::{Visit, Witness};
use crate::base::clock::TimestampMs;
use crate::base::limits::{ANSWERS_AWAITED_MS, HOSTED_PAUSE_MS_MAX, WAKE_MS_MIN};
use crate::config::Dialect;
use crate::engine::event_loop::Emission;
use crate::event::Fault;
use crate::host::keeping::Changes;
use crate::host::ledger::Ledger;
use crate::host::messages::{Sender, Taken};
use crate::host::stage::{Ended, Step};
use crate::page::{Driver, Turn};
use crate::store::EventId;

/// How it stands with a plugin's page at a place.
pub(super) enum Stand {
    /// It is at others.
    Elsewhere,
    /// It is open.
    Up(Box<Tab>),
    /// It does not load, or had to be ended: what it is to be told waits on disk.
    Down {
        /// When it is tried again.
        until: TimestampMs,
        /// How often it was.
        tries: u32,
        /// Whether something waits for it.
        owes: bool,
    },
}

impl Stand {
    /// It was not opened yet.
    pub(super) const CLOSED: Self = Self::Down { until: TimestampMs::MIN, tries: 0, owes: false };

    pub(super) fn up(&self) -> Option<&Tab> {
        if let Self::Up(tab) = self { Some(tab) } else { None }
    }

    pub(super) fn up_mut(&mut self) -> Option<&mut Tab> {
        if let Self::Up(tab) = self { Some(tab) } else { None }
    }

    /// When it is tried again because something waits for it.
    pub(super) fn again(&self) -> Option<TimestampMs> {
        if let Self::Down { until, owes: true, .. } = self { Some(*until) } else { None }
    }

    /// Something waits for it, if it is down.
    pub(super) fn owe(&mut self) {
        if let Self::Down { owes, .. } = self {
            *owes = true;
        }
    }
}

/// What pages are being told, over all places: a customer whom WeChat hands to another seat may be told of at two.
#[derive(Clone, Debug, Default)]
pub(super) struct InHand(Arc<Mutex<HashSet<(EventId, String)>>>);

/// A page of a plugin is being told an event, until this is dropped.
pub(super) struct Held(InHand, (EventId, String));

impl InHand {
    /// A plugin's page is to be told an event; `None`: one is being told it.
    pub(super) fn hold(&self, event: EventId, plugin: &str) -> Option<Held> {
        let key = (event, plugin.to_owned());
        let is_new = self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(key.clone());
        is_new.then(|| Held(self.clone(), key))
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let Self(in_hand, key) = self;
        in_hand.0.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
    }
}

/// What a page has not done with.
pub(super) struct Open {
    pub(super) id: String,
    /// Until when it may take its time.
    pub(super) until: TimestampMs,
    pub(super) _held: Option<Held>,
}

/// A page, and how far it is.
pub(super) struct Tab {
    /// Once it has taken its place.
    alive: Option<Alive>,
    pub(super) driver: Box<dyn Driver + Send>,
    /// Where it is recorded.
    pub(super) tape: Option<Tape>,
    pub(super) now: TimestampMs,
    due: Option<TimestampMs>,
    /// Since when it waits for an answer.
    waits_since: Option<TimestampMs>,
    /// When it was told something last.
    pub(super) told_at: TimestampMs,
    /// Whether something that came before it was opened is yet to be told it.
    pub(super) is_behind: bool,
    /// The customer whom it was told last, and the APIs by which it was.
    pub(super) turned_to: Option<Arc<str>>,
    pub(super) knows_by: Vec<Dialect>,
    /// By what it was told so again: what it does because of these it has done before.
    pub(super) repetitions: Vec<String>,
    pub(super) open: Vec<Open>,
    /// What went wrong as it was loaded.
    pub(super) load_faults: Vec<Fault>,
    /// The same, until somebody hears of it.
    pub(super) loading: Vec<Emission>,
}

impl Tab {
    /// A page that has just loaded.
    pub(super) fn new(driver: Box<dyn Driver + Send>, turn: &Turn) -> Self {
        Self {
            alive: None,
            driver,
            tape: None,
            now: turn.now,
            due: turn.due,
            waits_since: turn.waits.then_some(turn.now),
            told_at: TimestampMs::MIN,
            is_behind: true,
            turned_to: None,
            knows_by: Vec::new(),
            repetitions: Vec::new(),
            open: Vec::new(),
            load_faults: Vec::new(),
            loading: Vec::new(),
        }
    }

    /// It takes its place; what went wrong as it was loaded is worth knowing.
    pub(super) fn arrive(&mut self, visit: Visit<'_>, witness: &Arc<dyn Witness>) {
        if self.alive.is_some() {
            return;
        }
        self.alive = Some(Alive(witness.clone(), witness.opened(visit)));
        for emission in std::mem::take(&mut self.loading) {
            witness.emission(visit, &emission, &Taken::default());
        }
    }

    /// How it is after a turn.
    pub(super) fn note(&mut self, turn: &Turn) {
        (self.now, self.due) = (turn.now, turn.due);
        self.waits_since = turn.waits.then(|| self.waits_since.unwrap_or(turn.now));
    }

    /// When it has something to do by itself, is to be asked for an answer that it waits for, or has had its time for what
    /// it was told.
    pub(super) fn wake(&self) -> Option<TimestampMs> {
        let pause = |since: TimestampMs| ((self.now - since) / 4).clamp(WAKE_MS_MIN, HOSTED_PAUSE_MS_MAX);
        let asked = self.waits_since.map(|since| self.now + pause(since));
        self.due.into_iter().chain(asked).chain(self.open.iter().map(|open| open.until)).min()
    }

    /// Until when it may take its time for what it was told; none: it has done with all.
    pub(super) fn rests_at(&self) -> Option<TimestampMs> {
        self.open.iter().map(|open| open.until).max()
    }

    /// Whether it may yet do something because of what it was told: its time for that is not up, or it waits for an answer
    /// and has not for long.
    pub(super) fn is_owing(&self, now: TimestampMs) -> bool {
        let awaits = self.waits_since.is_some() && now < self.told_at.saturating_add(ANSWERS_AWAITED_MS);
        awaits || !self.open.is_empty()
    }

    /// What it has done with at the end of a turn. What it could not be told it has not done with.
    pub(super) fn end(&mut self, ledger: &mut Ledger, sender: Sender<'_>, ended: Ended) {
        if ended == Ended::Parked {
            return;
        }
        let is_over = |until: TimestampMs| ended == Ended::Idle || until <= self.now;
        let (over, open): (Vec<_>, _) =
            std::mem::take(&mut self.open).into_iter().partition(|open| is_over(open.until));
        self.open = open;
        let mut end = |id: Option<&str>| {
            let step = Step { page: 0, emissions: &[], repeated: false, ended: Some(ended) };
            ledger.step(sender, &step, id, false, Changes::default());
        };
        over.iter().for_each(|open| end(Some(&open.id)));
        if over.is_empty() && ended == Ended::Idle {
            // Those whose time was up.
            end(None);
        }
    }
}

/// A page that is open, until this is dropped.
struct Alive(Arc<dyn Witness>, u64);

impl Drop for Alive {
    fn drop(&mut self) {
        self.0.closed(self.1);
    }
}

/// Pages of different customers do not draw the same numbers.
pub(super) fn seed() -> u64 {
    let mut bytes = [0; 8];
    // Without randomness all have the same seed, which is no harm.
    let _ = SystemRandom::new().fill(&mut bytes);
    u64::from_le_bytes(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::{LoadError, Tasks, TurnInput};

    struct Nothing;

    impl Driver for Nothing {
        fn open(&mut self, _: i64, _: &mut Tasks<'_>) -> Result<Turn, LoadError> {
            Err(LoadError::Ended)
        }

        fn turn(&mut self, _: TurnInput, _: &mut Tasks<'_>) -> Turn {
            Turn::default()
        }

        fn document_html(&mut self) -> String {
            String::new()
        }

        fn is_parked(&self) -> bool {
            false
        }
    }

    #[test]
    fn an_answer_is_awaited_beyond_the_time_of_an_event_but_not_for_ever() {
        let mut tab = Tab::new(Box::new(Nothing), &Turn::default());
        assert!(!tab.is_owing(0));
        tab.told_at = 1_000;
        let until = 11_000;
        tab.open.push(Open { id: "1".to_owned(), until, _held: None });
        tab.note(&Turn { now: 1_000, waits: true, ..Turn::default() });
        assert!(tab.is_owing(until));
        tab.open.clear();
        assert!(tab.is_owing(until), "its time is up, the answer is on its way");
        assert!(!tab.is_owing(1_000 + ANSWERS_AWAITED_MS), "a page that polls makes room as well");
        tab.note(&Turn { now: until, ..Turn::default() });
        assert!(!tab.is_owing(until));
    }
}
