//! The event loop of a page (HTML §8.1.7): one task, then microtasks to exhaustion; timers by due time and sequence.
//!
//! Every task carries its cause (plugin-apis.md §3): what it schedules inherits it. An error in one task is reported
//! and never stops the loop. Time passes only here.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;
use std::sync::Arc;

use boa_engine::{Context, JsError, JsValue};
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use super::clock::PageClock;
use super::context::{function_realm, in_realm};
use super::emitted::{Emitted, Outlet};
use super::meter::{Meter, Verdict};
use super::queued::{Loop, Owner, Realms, Task, Timer, clamp};
pub use super::queued::{Steps, TimerWork, Work};
use crate::base::clock::TimestampMs;
use crate::base::interrupt::{self, Cut};
use crate::base::limits::IDLE_HORIZON_MS;
use crate::base::limits::page::PageLimits;
use crate::base::whereabouts;
use crate::event::{Cause, Console, Effect, Fault, Place};

/// What a page gave out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Output {
    /// Something the world can see.
    Effect(Effect),
    /// Something that went wrong.
    Fault(Fault),
    /// A console line.
    Console(Console),
}

/// An output with its page time and cause.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Emission {
    /// Page time.
    pub time: TimestampMs,
    /// The stimulus it comes from.
    pub cause: Option<Cause>,
    /// The user it is for: that of the cause, or where that has none the one the page was last told.
    pub subject: Option<Arc<str>>,
    /// Of a call that puts a message out: where the page made it, without stack and code frame. Logs do not show it.
    pub place: Option<Place>,
    /// What it is.
    pub output: Output,
}

/// How an error nobody caught is reported: the window's business.
pub type ErrorReporter = fn(&JsError, &mut Context);

/// The loop.
pub struct EventLoop {
    clock: Rc<PageClock>,
    pub(super) tasks: RefCell<VecDeque<Task>>,
    pub(super) timers: RefCell<BTreeMap<(TimestampMs, u64), Timer>>,
    pub(super) due: RefCell<FxHashMap<u32, (TimestampMs, u64)>>,
    sequence: Cell<u64>,
    steps: Cell<Steps>,
    next_timer: Cell<u32>,
    nesting: Cell<u32>,
    outstanding: Cell<usize>,
    cause: RefCell<Option<Cause>>,
    /// The realms of frames, and the one whose task runs.
    pub(super) realms: RefCell<Realms>,
    pub(super) running: Cell<Owner>,
    stimulus_time: Cell<TimestampMs>,
    emitted: Emitted,
    meter: Meter,
    /// Microtasks were left when the turn was cut short.
    left_microtasks: Cell<bool>,
    reporter: Cell<Option<ErrorReporter>>,
    after_task: Cell<Option<fn(&mut Context)>>,
    user: RefCell<Option<Arc<str>>>,
    closed: Cell<bool>,
    document_url: RefCell<String>,
}

impl EventLoop {
    /// An empty loop over `clock`, held to `limits`.
    #[must_use]
    pub fn new(clock: Rc<PageClock>, limits: PageLimits) -> Self {
        let now = clock.now();
        Self {
            clock,
            tasks: RefCell::default(),
            timers: RefCell::default(),
            due: RefCell::default(),
            sequence: Cell::new(0),
            steps: Cell::default(),
            next_timer: Cell::new(1),
            nesting: Cell::new(0),
            outstanding: Cell::new(0),
            cause: RefCell::default(),
            realms: RefCell::default(),
            running: Cell::default(),
            stimulus_time: Cell::new(now),
            emitted: Emitted::default(),
            meter: Meter::new(limits),
            left_microtasks: Cell::new(false),
            reporter: Cell::new(None),
            after_task: Cell::new(None),
            user: RefCell::default(),
            closed: Cell::new(false),
            document_url: RefCell::default(),
        }
    }

    /// The loop of this context, for the realm that it is in.
    ///
    /// # Panics
    /// Where the context was not made by [`super::context::build`].
    #[must_use]
    pub fn of(context: &Context) -> Loop {
        let shared = context.get_data::<Rc<Self>>().expect("a page's context has its event loop").clone();
        let owner = if shared.has_realms() { Owner::of_realm(context.realm()) } else { Owner::PAGE };
        Loop::new(shared, owner)
    }

    /// Page time's keeper.
    #[must_use]
    pub fn clock(&self) -> &Rc<PageClock> {
        &self.clock
    }

    /// Sets how errors are reported.
    pub fn set_reporter(&self, reporter: ErrorReporter) {
        self.reporter.set(Some(reporter));
    }

    /// Sets what follows each task and its microtasks: the rendering opportunity (HTML §8.1.7.3, step 2).
    pub fn set_after_task(&self, work: fn(&mut Context)) {
        self.after_task.set(Some(work));
    }

    /// Sets the address of the page's document, for reports.
    pub fn set_document_url(&self, url: &str) {
        url.clone_into(&mut self.document_url.borrow_mut());
    }

    /// Sets the user the page was last told.
    pub fn set_user(&self, user: Option<Arc<str>>) {
        *self.user.borrow_mut() = user;
    }

    /// The cause of what runs now.
    #[must_use]
    pub fn cause(&self) -> Option<Cause> {
        self.cause.borrow().clone()
    }

    /// Runs `work` under `cause`, which is put back after it.
    pub fn with_cause<R>(&self, cause: Option<Cause>, work: impl FnOnce() -> R) -> R {
        let before = self.cause.replace(cause);
        let result = work();
        self.cause.replace(before);
        result
    }

    /// Gives something out now, under the current cause.
    pub fn emit(&self, output: Output) {
        self.emit_at(output, None);
    }

    /// Gives out what a call did that the page made at `place`.
    pub fn emit_at(&self, output: Output, place: Option<Place>) {
        match self.meter.count(&output) {
            Verdict::Out => self.push(output, place),
            Verdict::Dropped => {}
            Verdict::Replaced(fault) => self.push(Output::Fault(fault), None),
        }
    }

    fn push(&self, output: Output, place: Option<Place>) {
        let cause = self.cause();
        let subject = cause.as_ref().and_then(|c| c.user.clone()).or_else(|| self.user.borrow().clone());
        self.emitted.push(Emission { time: self.clock.now(), cause, subject, place, output });
    }

    /// What was given out since the last call.
    #[must_use]
    pub fn take_emissions(&self) -> Vec<Emission> {
        self.emitted.take()
    }

    /// From now on what finished tasks did goes to `outlet` while the turn goes on.
    pub fn set_outlet(&self, outlet: Outlet) {
        self.emitted.set_outlet(outlet);
    }

    /// What ran so far is over, or waits for others: its effects are passed on. A turn of one task has none by then, so
    /// that it costs nothing more.
    pub fn pass_on(&self) {
        self.emitted.pass_on();
    }

    /// Queues a task for a realm under a cause of its own.
    pub(super) fn queue_for(&self, owner: Owner, cause: Option<Cause>, run: Work) {
        if self.closed.get() || !self.is_open(owner) {
            return;
        }
        let mut tasks = self.tasks.borrow_mut();
        let bound = self.limits().tasks;
        if tasks.len() as u64 >= bound {
            interrupt::raise_limit("tasks", bound);
        } else {
            tasks.push_back(Task { owner, cause, run });
        }
    }

    /// Sets a timer for a realm and returns its id; `every` repeats it.
    pub(super) fn set_timer_for(&self, owner: Owner, delay_ms: i64, repeat: bool, run: TimerWork) -> u32 {
        let id = self.next_timer.get();
        self.next_timer.set(id + 1);
        let nesting = self.nesting.get() + 1;
        let delay = clamp(delay_ms, nesting);
        let timer = Timer {
            id,
            owner,
            cause: self.cause(),
            run,
            every: repeat.then_some(delay),
            nesting,
            stimulus_time: self.stimulus_time.get(),
        };
        self.insert(self.clock.now().saturating_add(delay), timer);
        id
    }

    fn insert(&self, due: TimestampMs, timer: Timer) {
        if self.closed.get() || !self.is_open(timer.owner) {
            return;
        }
        let bound = self.limits().timers;
        if self.timers.borrow().len() as u64 >= bound {
            return interrupt::raise_limit("timers", bound);
        }
        let key = (due, self.sequence.get());
        self.sequence.set(key.1 + 1);
        self.due.borrow_mut().insert(timer.id, key);
        self.timers.borrow_mut().insert(key, timer);
    }

    /// Clears a timer; unknown ids are ignored.
    pub fn clear_timer(&self, id: u32) {
        if let Some(key) = self.due.borrow_mut().remove(&id) {
            self.timers.borrow_mut().remove(&key);
        }
    }

    /// Notes that an answer from outside is awaited, or has come.
    pub fn count_outstanding(&self, started: bool) {
        let count = self.outstanding.get();
        self.outstanding.set(if started { count + 1 } else { count.saturating_sub(1) });
    }

    /// Whether an answer from outside is awaited.
    #[must_use]
    pub fn is_waiting(&self) -> bool {
        self.outstanding.get() > 0
    }

    /// Whether a task is ready.
    #[must_use]
    pub fn has_task(&self) -> bool {
        !self.tasks.borrow().is_empty()
    }

    /// When the next timer is due.
    #[must_use]
    pub fn next_due(&self) -> Option<TimestampMs> {
        self.timers.borrow().first_key_value().map(|((due, _), _)| *due)
    }

    /// What the page is held to.
    #[must_use]
    pub fn limits(&self) -> &PageLimits {
        self.meter.limits()
    }

    /// A turn begins: what it gives out is counted anew.
    pub fn begin_turn(&self) {
        interrupt::clear_limit();
        self.meter.reset();
        self.left_microtasks.set(false);
    }

    /// Microtasks are left: the turn was cut short.
    pub(super) fn leave_microtasks(&self) {
        self.left_microtasks.set(true);
    }

    /// Whether something could run right now.
    #[must_use]
    pub fn has_work(&self) -> bool {
        self.has_task() || self.left_microtasks.get() || self.next_due().is_some_and(|due| due <= self.clock.now())
    }

    /// Says why the turn is cut short, where nothing has said so yet; without a place in the page's script, of its document.
    pub fn report_cut(&self, place: Option<Place>) {
        let Some(cut) = interrupt::take_report() else { return };
        let place = place.unwrap_or_else(|| Place { url: self.document_url.borrow().clone(), ..Place::default() });
        // Past every bound there is room for the reason.
        let fault = match cut {
            Cut::Deadline(ms) => Fault::Timeout { deadline_ms: i64::try_from(ms).unwrap_or(i64::MAX), place },
            Cut::Limit { name, value } => Fault::Limit { limit: name.to_owned(), value, place },
        };
        self.push(Output::Fault(fault), None);
    }

    /// A stimulus starts at page time `time`.
    pub fn begin_stimulus(&self, time: TimestampMs) {
        self.clock.advance_to(time);
        self.stimulus_time.set(self.clock.now());
    }

    /// Page time moves on by `ms` in which the page was not there: timers wait as long as they still had to.
    pub fn skip(&self, ms: i64) {
        self.clock.skip(ms);
        self.stimulus_time.set(self.stimulus_time.get().saturating_add(ms));
        let moved = |(due, sequence): (TimestampMs, u64)| (due.saturating_add(ms), sequence);
        self.due.borrow_mut().values_mut().for_each(|key| *key = moved(*key));
        let timers = self.timers.take().into_iter();
        *self.timers.borrow_mut() = timers
            .map(|(key, timer)| (moved(key), Timer { stimulus_time: timer.stimulus_time.saturating_add(ms), ..timer }))
            .collect();
    }

    /// How far it has come.
    #[must_use]
    pub fn steps(&self) -> Steps {
        self.steps.get()
    }

    /// A turn begins, or goes on to what it was begun for.
    pub fn begin_phase(&self) {
        let Steps { phases, timers } = self.steps.get();
        self.steps.set(Steps { phases: phases + 1, timers });
    }

    /// Idleness (session-log.md, Time): no task, no answer awaited, no timer that keeps the page busy.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        !self.has_task() && !self.is_waiting() && !self.timers_keep_busy()
    }

    fn timers_keep_busy(&self) -> bool {
        let now = self.clock.now();
        self.timers
            .borrow()
            .iter()
            .take_while(|((due, _), _)| *due <= now + IDLE_HORIZON_MS)
            .any(|((due, _), timer)| timer.every.is_none() || *due <= timer.stimulus_time + IDLE_HORIZON_MS)
    }

    /// Runs every ready task, each with its microtasks.
    pub fn run_tasks(&self, context: &mut Context) {
        while !interrupt::is_raised() {
            let Some(task) = self.tasks.borrow_mut().pop_front() else { return };
            self.nesting.set(0);
            self.run_for(task.owner, task.cause, task.run, context);
        }
    }

    /// Runs the first timer, at its due time, then the tasks it readied. False where there is none.
    pub fn run_timer(&self, context: &mut Context) -> bool {
        let Some((key, mut timer)) = self.timers.borrow_mut().pop_first() else { return false };
        self.clock.advance_to(key.0);
        let Steps { phases, timers } = self.steps.get();
        self.steps.set(Steps { phases, timers: timers + 1 });
        let work = timer.run.clone();
        let (id, every) = (timer.id, timer.every);
        self.nesting.set(timer.nesting);
        if every.is_none() {
            self.due.borrow_mut().remove(&id);
        }
        self.run_for(timer.owner, timer.cause.clone(), Box::new(move |context| work(context)), context);
        if let Some(every) = every
            && self.due.borrow().contains_key(&id)
        {
            timer.nesting += 1;
            self.insert(self.clock.now().saturating_add(clamp(every, timer.nesting)), timer);
        }
        self.nesting.set(0);
        self.run_tasks(context);
        true
    }

    /// Runs one piece of work as a task: under its cause, with its microtasks after it, its error reported.
    pub fn run(&self, cause: Option<Cause>, work: Work, context: &mut Context) {
        self.pass_on();
        let before = self.cause.replace(cause);
        whereabouts::want();
        if let Err(error) = work(context) {
            self.report(&error, context);
        }
        self.checkpoint(context);
        if let Some(work) = self.after_task.get() {
            work(context);
        }
        super::heap::collect_if_grown();
        if interrupt::is_raised() {
            // Between microtasks no script runs that could fail.
            self.report_cut(None);
        }
        self.cause.replace(before);
    }

    /// After a callback: the microtasks, unless a script is still running around it (HTML §8.1.4.4, "clean up after
    /// running script").
    pub fn clean_up(&self, context: &mut Context) {
        if context.stack_trace().next().is_none() {
            self.checkpoint(context);
        }
    }

    /// Runs the microtasks (HTML §8.1.7.3, perform a microtask checkpoint).
    pub fn checkpoint(&self, context: &mut Context) {
        // Our executor reports errors itself and never fails.
        let _ = context.run_jobs();
    }

    /// Reports an error that nobody caught.
    pub fn report(&self, error: &JsError, context: &mut Context) {
        if let Some(reporter) = self.reporter.get() {
            reporter(error, context);
        }
    }

    /// Calls a page's function and reports what it throws; `None` where it threw.
    pub fn call(
        &self,
        function: &boa_engine::JsObject,
        this: &JsValue,
        args: &[JsValue],
        context: &mut Context,
    ) -> Option<JsValue> {
        let call = |context: &mut Context| match function.call(this, args, context) {
            Ok(value) => Some(value),
            Err(error) => {
                self.report(&error, context);
                None
            }
        };
        // A function of another realm is that realm's doing, and so is what it throws.
        match self.has_realms().then(|| function_realm(function)).flatten() {
            Some(realm) => self.as_of(Owner::of_realm(&realm), || in_realm(&realm, context, call)),
            None => call(context),
        }
    }

    /// The document is gone: nothing queued runs any more.
    pub fn close(&self) {
        self.closed.set(true);
        self.tasks.take();
        self.timers.take();
        self.due.take();
        self.realms.borrow_mut().clear();
        self.running.set(Owner::PAGE);
        self.outstanding.set(0);
    }

    /// A new document takes over the loop.
    pub fn reopen(&self) {
        self.closed.set(false);
    }

    /// Whether the document is gone.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.closed.get()
    }
}
