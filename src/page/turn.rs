//! Turns: one stimulus run until the page is idle.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use boa_engine::Context;
use boa_gc::Gc;

use super::driver::{CutShort, Look, Looked, Moment, Pace, PageOptions, Turn, TurnInput};
use super::load::LoadError;
use super::looking::Viewers;
use super::ui;
use crate::base::clock::{Stopwatch, TimestampMs};
use crate::base::interrupt;
use crate::base::limits::{HOSTED_TIMERS_AHEAD_MS, HOSTED_WAIT_MS};
use crate::dialect::echat_address::opened_again;
use crate::dialect::{echat, mcs};
use crate::engine::builtins::math_random::Random;
use crate::engine::clock::PageClock;
use crate::engine::emitted::Outlet;
use crate::engine::event_loop::{EventLoop, Output};
use crate::engine::fault::Sources;
use crate::event::{Cause, Fault, NavigateKind, Place, Stimulus, StimulusKind, fill_visitor, mcs_event_json};
use crate::session::Told;
use crate::webapi::window::{Navigation, ReadyState, Window};
use crate::webapi::world::World;

/// Id of the cause of what a page does while it loads.
pub const LOAD_CAUSE: &str = "load";

/// A page: one document after another, in this thread.
pub struct Page {
    pub(super) options: PageOptions,
    pub(super) event_loop: Rc<EventLoop>,
    pub(super) world: Rc<World>,
    pub(super) random: Random,
    pub(super) sources: Rc<Sources>,
    pub(super) told: Rc<RefCell<Told>>,
    pub(super) window: Option<Gc<Window>>,
    pub(super) context: Option<Context>,
    /// A context in which nothing has run, for the first document.
    pub(super) blank: Option<Context>,
    pub(super) load_cause: Option<Cause>,
    navigations: u64,
    pub(super) viewers: Viewers,
}

/// Until when a page runs.
#[derive(Clone, Copy)]
struct Until {
    /// At most to this page time.
    time: TimestampMs,
    /// Timers that are due later than this wait.
    timers: TimestampMs,
    /// Only until it is idle.
    idle: bool,
    /// Whether answers are waited for; else only those that are there are taken.
    waits: bool,
}

impl Until {
    /// Idle, or at most so long: timers come as page time passes.
    fn idle(time: TimestampMs) -> Self {
        Self { time, timers: time, idle: true, waits: true }
    }
}

impl Page {
    /// Opens a page and runs it until it is idle or `settle_ms` have passed.
    ///
    /// # Errors
    /// [`LoadError`].
    pub fn open(options: PageOptions, settle_ms: i64) -> Result<Self, LoadError> {
        let resume = options.resume;
        let mut page = Self::blank(options)?;
        page.load(settle_ms)?;
        if let Some(moment) = resume {
            page.resume(moment);
        }
        Ok(page)
    }

    /// A page that is ready for its document: the engine is there with all its APIs, nothing has run.
    ///
    /// # Errors
    /// [`LoadError::Engine`]: a bug.
    pub fn blank(mut options: PageOptions) -> Result<Self, LoadError> {
        let clock = Rc::new(PageClock::new(options.start));
        let event_loop = Rc::new(EventLoop::new(clock, options.limits));
        let world = World::new(options.network.clone(), options.cookies.clone(), options.settings.clone());
        world.restore(&std::mem::take(&mut options.storage));
        let mut page = Self {
            random: Random::from_seed(options.seed),
            world: Rc::new(world),
            event_loop,
            sources: Rc::default(),
            told: Rc::default(),
            window: None,
            context: None,
            blank: None,
            load_cause: Some(Cause::new(LOAD_CAUSE, None)),
            navigations: 0,
            viewers: Viewers::default(),
            options,
        };
        page.blank = Some(page.make_context()?);
        Ok(page)
    }

    /// From now on what finished tasks did goes to `outlet` while the turn goes on; the turn has what is left.
    pub fn give_out_by_task(&self, outlet: Outlet) {
        self.event_loop.set_outlet(outlet);
    }

    /// Takes other options than those it was made with, of the same settings and doors; nothing has run yet.
    pub fn redirect(&mut self, options: PageOptions) {
        let PageOptions { source, start, seed, pace, storage, .. } = options;
        self.event_loop.clock().restart(start);
        self.random.reseed(seed);
        self.world.restore(&storage);
        self.options = PageOptions { source, start, seed, pace, ..self.options.clone() };
    }

    /// Opens the document of a blank page and runs it until it is idle or `settle_ms` have passed.
    ///
    /// # Errors
    /// [`LoadError`].
    pub fn load(&mut self, settle_ms: i64) -> Result<(), LoadError> {
        let start = self.event_loop.clock().now();
        self.begin_turn();
        self.event_loop.begin_stimulus(start);
        self.under(self.load_cause.clone(), Self::open_source)?;
        self.run(Until::idle(start + settle_ms));
        Ok(())
    }

    /// Goes on at a moment, as one of several pages that were loaded at once (session-log.md, Time). Where page time is
    /// later already it stays.
    pub fn resume(&mut self, moment: Moment) {
        self.event_loop.skip((moment.at - self.event_loop.clock().now()).max(0));
        self.random.reseed(moment.seed);
        if let Some(context) = &mut self.context {
            // The scope of `head.random` is one page (plugin-apis.md §1.2).
            mcs::forget_randoms(context);
        }
    }

    /// Runs `work` with the loop's cause set, so that what it starts inherits it.
    fn under<R>(&mut self, cause: Option<Cause>, work: impl FnOnce(&mut Self) -> R) -> R {
        let event_loop = self.event_loop.clone();
        event_loop.with_cause(cause, || work(self))
    }

    fn begin_turn(&self) {
        self.event_loop.begin_turn();
        crate::dom::node::set_bound(self.event_loop.limits().dom_nodes);
    }

    /// What the page gave out since the last call and not task by task, its time, and whether it is idle.
    #[must_use]
    pub fn take_turn(&mut self) -> Turn {
        Turn {
            emissions: self.event_loop.take_emissions(),
            now: self.event_loop.clock().now(),
            idle: self.event_loop.is_idle(),
            due: self.event_loop.next_due().map(|due| due.max(self.event_loop.clock().now())),
            waits: self.event_loop.is_waiting() || self.world.has_streams(),
            cut: (interrupt::is_raised() && self.event_loop.has_work()).then_some(CutShort::Work),
        }
    }

    /// One turn.
    pub fn turn(&mut self, input: &TurnInput) -> Turn {
        self.begin_turn();
        self.event_loop.begin_phase();
        let now = self.event_loop.clock().now();
        if input.at > now {
            let waits = self.options.pace != Pace::Hosted;
            self.run(Until { time: input.at, timers: input.at, idle: false, waits });
            if interrupt::is_raised() {
                return Turn { cut: Some(CutShort::Telling), ..self.take_turn() };
            }
            self.keep_pace(input.at - self.event_loop.clock().now());
            self.event_loop.clock().advance_to(input.at);
        }
        self.event_loop.begin_phase();
        let Some(stimulus) = &input.stimulus else {
            if input.settle_ms > 0 {
                self.run(self.settling(input.settle_ms));
            }
            return self.take_turn();
        };
        self.event_loop.begin_stimulus(input.at);
        self.navigations = 0;
        if self.told.borrow().reaches(stimulus) {
            let cause = self.told.borrow_mut().hear(stimulus);
            self.event_loop.set_user(self.told.borrow().user().cloned());
            self.tell(stimulus, cause);
        }
        self.run(self.settling(input.settle_ms));
        self.take_turn()
    }

    /// Until when a page runs that has been told something: where the host keeps the time, with the timers that are due.
    fn settling(&self, settle_ms: i64) -> Until {
        let now = self.event_loop.clock().now();
        let until = Until::idle(now + settle_ms);
        match self.options.pace {
            Pace::Hosted => Until { timers: now + HOSTED_TIMERS_AHEAD_MS.min(settle_ms), ..until },
            Pace::Virtual | Pace::Real | Pace::Recorded => until,
        }
    }

    fn tell(&mut self, stimulus: &Stimulus, cause: Cause) {
        let event_loop = self.event_loop.clone();
        match &stimulus.kind {
            StimulusKind::Mcs { event, fields } => {
                let json = mcs_event_json(event, fields);
                let Some(context) = &mut self.context else { return };
                event_loop.run(Some(cause), Box::new(move |context| mcs::notify(&json, context)), context);
            }
            StimulusKind::Echat { event, data } => {
                let (event, mut data) = (event.clone(), data.clone());
                if let (Some(members), Some(user)) = (data.as_object_mut(), &cause.user) {
                    fill_visitor(&event, members, user);
                }
                let Some(context) = &mut self.context else { return };
                event_loop.run(Some(cause), Box::new(move |context| echat::notify(&event, &data, context)), context);
            }
            StimulusKind::Ui(action) => {
                let action = action.clone();
                let Some(context) = &mut self.context else { return };
                event_loop.run(Some(cause), Box::new(move |context| ui::perform(&action, context)), context);
            }
            StimulusKind::Reload => {
                let Some(url) = self.window.as_ref().map(|window| window.url.borrow().clone()) else { return };
                let url = match &self.world.settings.echat {
                    Some(settings) => {
                        let now = event_loop.clock().now();
                        opened_again(url, settings, now, self.options.seed, cause.user.as_deref())
                    }
                    None => url,
                };
                let navigation = Navigation { url, kind: NavigateKind::Reload, body: None };
                self.under(Some(cause), |page| page.navigate(navigation));
            }
            // The tab, the composer and raw pushes are the host's business.
            _ => {}
        }
    }

    /// Runs tasks, timers, answers and navigations.
    fn run(&mut self, until: Until) {
        let event_loop = self.event_loop.clone();
        let mut waiting: Option<Stopwatch> = None;
        loop {
            if let Some(context) = &mut self.context {
                event_loop.run_tasks(context);
            }
            if interrupt::is_raised() {
                // Where nothing that ran has said so: between tasks, or while a document is parsed.
                return event_loop.report_cut(None);
            }
            if self.follow_navigation() || self.finish_loading() || event_loop.has_task() {
                continue;
            }
            if self.take_pieces() {
                continue;
            }
            if until.idle && event_loop.is_idle() && self.is_loaded() {
                return;
            }
            let now = event_loop.clock().now();
            let next = event_loop.next_due();
            let due = next.filter(|due| *due <= until.timers);
            let is_waiting = event_loop.is_waiting();
            if self.options.pace == Pace::Recorded && (is_waiting || self.world.has_streams()) {
                let timer = next.filter(|due| *due <= until.time);
                if self.world.reach(timer, until.time, &event_loop) {
                    continue;
                }
            } else if is_waiting {
                let stands = waiting.get_or_insert_with(Stopwatch::start);
                let distance = next.map_or(until.time, |due| due.min(until.time)).saturating_sub(now);
                let distance = match (until.waits, self.options.pace) {
                    (false, _) => 0,
                    // Whoever keeps its time comes back.
                    (true, Pace::Hosted) => distance.min(HOSTED_WAIT_MS),
                    (true, _) => distance,
                };
                let left = Duration::from_millis(u64::try_from(distance).unwrap_or(0)).saturating_sub(stands.elapsed());
                if self.world.wait(left, &event_loop) {
                    continue;
                }
            }
            let rests_until = due.or((!until.idle).then_some(until.time));
            if rests_until.is_some_and(|until| self.hear_at_rest(until - now)) {
                continue;
            }
            let Some(due) = due else { return };
            waiting = None;
            self.keep_pace(due - event_loop.clock().now());
            let Some(context) = &mut self.context else { return };
            event_loop.run_timer(context);
        }
    }

    /// Takes a piece of an answer that goes on, where one is there: no page waits for those.
    fn take_pieces(&self) -> bool {
        if !self.world.has_streams() {
            return false;
        }
        match self.options.pace {
            // What was taken at this time, before any timer that is due.
            Pace::Recorded => {
                let now = self.event_loop.clock().now();
                self.world.reach(Some(TimestampMs::MIN), now, &self.event_loop)
            }
            Pace::Virtual | Pace::Real | Pace::Hosted => self.world.wait(Duration::ZERO, &self.event_loop),
        }
    }

    /// In real time such pieces come while a page rests: rests so long, or until there is one.
    fn hear_at_rest(&self, distance_ms: i64) -> bool {
        if self.options.pace != Pace::Real || distance_ms <= 0 || !self.world.has_streams() {
            return false;
        }
        let (rested, now) = (Stopwatch::start(), self.event_loop.clock().now());
        let came = self.world.wait(Duration::from_millis(distance_ms.unsigned_abs()), &self.event_loop);
        let passed_ms = i64::try_from(rested.elapsed().as_millis()).unwrap_or(i64::MAX).min(distance_ms);
        self.event_loop.clock().advance_to(now + if came { passed_ms } else { distance_ms });
        came
    }

    /// In real time a timer comes when it would.
    fn keep_pace(&self, distance_ms: i64) {
        if self.options.pace == Pace::Real && distance_ms > 0 {
            self.event_loop.pass_on();
            self.world.network.rest(Duration::from_millis(u64::try_from(distance_ms).unwrap_or(0)));
        }
    }

    fn is_loaded(&self) -> bool {
        self.window.as_ref().is_none_or(|window| window.ready_state.get() == ReadyState::Complete)
    }

    fn follow_navigation(&mut self) -> bool {
        let wanted = self.window.as_ref().and_then(|window| window.navigation.borrow_mut().take());
        let Some((navigation, cause)) = wanted else { return false };
        self.navigations += 1;
        let bound = self.event_loop.limits().navigations_per_turn;
        if self.navigations > bound {
            let limit = "navigations_per_turn".to_owned();
            let place = Place { url: navigation.url.to_string(), ..Place::default() };
            let fault = Fault::Limit { limit, value: bound, place };
            self.event_loop.with_cause(cause, || self.event_loop.emit(Output::Fault(fault)));
            return true;
        }
        self.load_cause.clone_from(&cause);
        self.under(cause, |page| page.navigate(navigation));
        true
    }

    /// The document as HTML.
    #[must_use]
    pub fn document_html(&self) -> String {
        self.window.as_ref().map(|window| crate::dom::serialize::outer_html(&window.document)).unwrap_or_default()
    }

    /// What somebody who looks at the page is shown.
    #[must_use]
    pub fn look(&mut self, look: Look) -> Option<Looked> {
        let window = self.window.clone()?;
        self.viewers.look(look, &window)
    }

    /// The user the page was last told.
    #[must_use]
    pub fn current_user(&self) -> Option<Arc<str>> {
        self.told.borrow().user().cloned()
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        self.event_loop.close();
        self.world.abort_all();
        self.viewers.clear();
        self.window = None;
        self.context = None;
        self.blank = None;
    }
}
