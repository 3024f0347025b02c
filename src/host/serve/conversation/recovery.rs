//! Pages are opened, fall, and are opened again; what waits for one it is told first. What waits is on disk: whether an
//! earlier host left it, or this one had no page to tell it to.

use std::sync::Arc;

use super::super::house::{House, Resident};
use super::super::place::{Place, SESSION_EVENTS, agent};
use super::super::tab::{Stand, Tab, seed};
use super::super::trouble::pause_ms;
use super::super::witness::Visit;
use super::Conversation;
use crate::base::clock::{Stopwatch, TimestampMs};
use crate::base::limits::SETTLE_MS_DEFAULT;
use crate::engine::event_loop::Output;
use crate::event::{Line, Stimulus};
use crate::host::keeping::Changes;
use crate::host::ledger::read;
use crate::host::messages::Sender;
use crate::host::stage::{Ended, Step};
use crate::host::watch::{About, Notice};
use crate::page::{LoadError, Moment};
use crate::store::{AccountId, EventId, Store, StoreError, Unfinished};

impl Conversation {
    /// The customer for whom pages are to be opened at a place because something waits there.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn awaited(
        house: &House,
        kept_in: &(Arc<dyn Store>, AccountId),
        place: &Place,
    ) -> Result<Option<Arc<str>>, StoreError> {
        if let Place::Customer(openid) = place {
            return Ok(Some(openid.clone()));
        }
        for resident in house.residents.iter().filter(|resident| house.is_at(resident, place)) {
            let mut first = None;
            each_waiting(house, kept_in, (resident, place), |_, _, openid| {
                first = Some(openid);
                Ok(false)
            })?;
            if first.is_some() {
                return Ok(first);
            }
        }
        Ok(None)
    }

    /// Whether something waits for a page that is down, and its other pages rest.
    pub fn awaits_page(&self, now: TimestampMs) -> bool {
        self.rests(now) && self.tabs.iter().any(|stand| stand.again().is_some())
    }

    /// Opens the pages that are down, where it is time. Each is told first what waits for it; whether all were.
    ///
    /// # Errors
    /// [`StoreError`]: the host is to stop.
    pub fn restore(&mut self, now: &dyn Fn() -> TimestampMs) -> Result<bool, StoreError> {
        for at in 0..self.tabs.len() {
            self.raise(at, now);
            if self.tabs[at].up().is_some_and(|tab| tab.is_behind) {
                self.make_good(at, now)?;
            }
        }
        Ok(!self.up().any(|tab| tab.is_behind))
    }

    fn raise(&mut self, at: usize, now: &dyn Fn() -> TimestampMs) {
        let Stand::Down { until, tries, owes } = self.tabs[at] else { return };
        let (house, began) = (self.house.clone(), now());
        let resident = &house.residents[at];
        let may_load = if began < until { Err(until) } else { resident.may_load(began) };
        if let Err(until) = may_load {
            self.tabs[at] = Stand::Down { until, tries, owes };
            return;
        }
        let loaded = self.load(resident, began);
        let ended = now();
        resident.note_load(loaded.is_ok(), ended);
        let about = |event| About::new(event).account(&self.app_id).plugin(&resident.name).openid(&self.openid);
        let name = &resident.plugin.name;
        match loaded {
            Ok(tab) => {
                if tries > 0 {
                    self.witness.say(Notice::note(format!("the page {name} loads again")).about(about("page.loaded")));
                }
                self.ledger.refresh(&resident.name);
                self.tabs[at] = Stand::Up(Box::new(tab));
                self.arrive(at);
            }
            Err(error) => {
                self.witness.not_opened(self.visit(resident));
                let (tries, pause) = (tries.saturating_add(1), pause_ms(tries.saturating_add(1)));
                let text = format!(
                    "the page {name} does not load: {error}; what it is to be told waits, and it is tried again in {} s",
                    pause / 1_000
                );
                self.witness.say(Notice::error(text).with_hint(error.hint()).about(about("page.unloadable")));
                // Whatever it was to be opened for.
                self.tabs[at] = Stand::Down { until: ended + pause, tries, owes: true };
            }
        }
    }

    pub(super) fn load(&mut self, resident: &Resident, now: TimestampMs) -> Result<Tab, LoadError> {
        let moment = Moment { at: now, seed: seed() };
        let began = Stopwatch::start();
        let (mut driver, tape) = self.house.page(self.visit(resident), moment)?;
        let mut loading = Vec::new();
        let mut turn = driver.open(SETTLE_MS_DEFAULT, &mut |emissions, _| loading.extend(emissions))?;
        loading.append(&mut turn.emissions);
        if let Some(tape) = &tape {
            tape.did(&loading);
            tape.turned(turn.now, began.elapsed());
        }
        let mut tab = Tab::new(driver, &turn);
        tab.tape = tape;
        // What a page does while it loads is for nobody; what goes wrong is worth knowing.
        for emission in loading {
            if let Output::Fault(fault) = &emission.output {
                tab.load_faults.push(fault.clone());
                tab.loading.push(emission);
            }
        }
        Ok(tab)
    }

    /// A page that was loaded takes its place.
    pub(super) fn arrive(&mut self, at: usize) {
        let Self { app_id, place, openid, house, tabs, witness, .. } = self;
        let visit = Visit { app_id, place, openid, resident: &house.residents[at] };
        if let Some(tab) = tabs[at].up_mut() {
            tab.arrive(visit, witness);
        }
    }

    fn visit<'a>(&'a self, resident: &'a Resident) -> Visit<'a> {
        Visit { app_id: &self.app_id, place: &self.place, openid: &self.openid, resident }
    }

    /// A page died of nothing that it did: what it was being told is told to another one, once. What it had put is there, and
    /// not put again.
    pub(super) fn lose(&mut self, at: usize, now: TimestampMs) {
        let (house, Some(tab)) = (self.house.clone(), self.tabs[at].up_mut()) else { return };
        let resident = &house.residents[at];
        let sender = Sender { name: &resident.name, policy: resident.plugin.policy };
        let open = std::mem::take(&mut tab.open).into_iter();
        let (again, over): (Vec<_>, Vec<_>) = open.partition(|open| self.retold.insert(open.id.clone()));
        // One that it did die of would end pages for ever.
        for open in &over {
            let step = Step { page: at, emissions: &[], repeated: false, ended: Some(Ended::Idle) };
            self.ledger.step(sender, &step, Some(&open.id), false, Changes::default());
        }
        self.put_down(at, !again.is_empty(), now);
    }

    /// A page could not be told something, or is told nothing more: another is opened in its place, after a while, where
    /// something waits for it.
    pub(super) fn put_down(&mut self, at: usize, owes: bool, now: TimestampMs) {
        let Some(tab) = self.tabs[at].up() else { return };
        let resident = &self.house.residents[at];
        let pause = if tab.driver.is_parked() {
            i64::try_from(resident.plugin.limits.deaths_window_ms).unwrap_or(i64::MAX)
        } else {
            pause_ms(1)
        };
        let name = &resident.plugin.name;
        let text = match owes {
            true => {
                format!("{name}: what the page has not done waits; another one is opened for it in {} s", pause / 1_000)
            }
            false => format!("{name}: the page is gone; another one is opened when it is to be told something"),
        };
        let about = About::new("page.down").account(&self.app_id).plugin(&resident.name);
        self.witness.say(Notice::warning(text).about(about));
        self.tabs[at] = Stand::Down { until: now.saturating_add(pause), tries: 1, owes };
    }

    /// Tells a page what waits for it, as far as it may be turned to whom it is about.
    fn make_good(&mut self, at: usize, now: &dyn Fn() -> TimestampMs) -> Result<(), StoreError> {
        let (house, place, kept_in) = (self.house.clone(), self.place.clone(), self.ledger.kept_in());
        let mut is_held = false;
        each_waiting(&house, &kept_in, (&house.residents[at], &place), |event, line, openid| {
            is_held = !self.may_turn_to(&openid, now());
            if is_held {
                return Ok(false);
            }
            self.ledger.take_up_for_good(event);
            let line = Line { id: event.name.clone(), ..line };
            self.tell_all(&line, &[at], &openid, now())?;
            Ok(self.tabs[at].up().is_some())
        })?;
        if let Some(tab) = self.tabs[at].up_mut() {
            tab.is_behind = is_held;
        }
        Ok(())
    }
}

/// Calls `tell` for each event that waits for a plugin's page at a place, in the order in which they came, as long as it
/// says so.
fn each_waiting(
    house: &House,
    (store, account): &(Arc<dyn Store>, AccountId),
    (resident, place): (&Resident, &Place),
    mut tell: impl FnMut(&Unfinished, Line, Arc<str>) -> Result<bool, StoreError>,
) -> Result<(), StoreError> {
    let whose = if let Place::Customer(openid) = place { Some(&**openid) } else { None };
    let plugin = vec![resident.name.clone()];
    let mut after = EventId(0);
    loop {
        let waiting = store.unfinished(*account, plugin.clone(), whose, after).wait()?;
        let Some(last) = waiting.last() else { return Ok(()) };
        after = last.event;
        for event in waiting {
            // We wrote it ourselves.
            let Some(line) = read(&event.line) else { continue };
            let Some(openid) = Stimulus::from_line(&line).user().map(Arc::<str>::from) else { continue };
            let is_here = match place {
                Place::Customer(_) => true,
                Place::Seat(_) => {
                    let last = store.last_push(*account, &openid, SESSION_EVENTS).wait()?;
                    let agent = last.and_then(|line| agent(&read(&line)?));
                    house.places(&openid, agent.as_deref(), Some(&resident.plugin.name)).contains(place)
                }
            };
            if is_here && !tell(&event, line, openid)? {
                return Ok(());
            }
        }
    }
}
