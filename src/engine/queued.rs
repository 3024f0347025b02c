//! What an event loop holds: tasks and timers, each with the realm that it belongs to.
//!
//! A page is one realm, and each document in a frame of it another. What was queued in a frame's realm runs there, and is
//! gone when the frame's document is: the loop knows the realms that are open by number ([`Owner`]).

use std::collections::BTreeMap;
use std::ops::Deref;
use std::rc::Rc;

use boa_engine::realm::Realm;
use boa_engine::{Context, JsData, JsResult};
use boa_gc::{Finalize, Trace};

use super::event_loop::EventLoop;
use crate::base::clock::TimestampMs;
use crate::base::limits::{NESTED_TIMER_MS_MIN, TIMER_NESTING_CLAMPED};
use crate::event::Cause;

/// The number of a realm in its loop; 0 is the page's own.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Trace, Finalize, JsData)]
#[boa_gc(empty_trace)]
pub struct Owner(u64);

impl Owner {
    /// The page itself.
    pub const PAGE: Owner = Owner(0);

    /// The owner of what a realm queues.
    #[must_use]
    pub fn of_realm(realm: &Realm) -> Self {
        realm.host_defined().get::<Self>().copied().unwrap_or_default()
    }
}

/// The realms of frames that are open, by number.
#[derive(Default)]
pub(super) struct Realms {
    last: u64,
    /// How many there were, also of those that have ended.
    made: usize,
    open: BTreeMap<Owner, Realm>,
}

impl Realms {
    /// Takes in a realm under a new number, which it has from now on.
    pub(super) fn add(&mut self, realm: &Realm) -> Owner {
        self.last += 1;
        self.made += usize::from(!realm.host_defined().has::<Owner>());
        let owner = Owner(self.last);
        realm.host_defined_mut().insert(owner);
        self.open.insert(owner, realm.clone());
        owner
    }

    pub(super) fn remove(&mut self, owner: Owner) {
        self.open.remove(&owner);
    }

    pub(super) fn get(&self, owner: Owner) -> Option<Realm> {
        self.open.get(&owner).cloned()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    pub(super) fn all(&self) -> Vec<Realm> {
        self.open.values().cloned().collect()
    }

    pub(super) fn clear(&mut self) {
        self.open.clear();
        self.made = 0;
    }
}

/// A loop as one realm has it: what that queues belongs to it.
#[derive(Clone)]
pub struct Loop {
    shared: Rc<EventLoop>,
    owner: Owner,
}

impl Deref for Loop {
    type Target = EventLoop;

    fn deref(&self) -> &EventLoop {
        &self.shared
    }
}

impl Loop {
    /// The loop for a realm.
    #[must_use]
    pub fn new(shared: Rc<EventLoop>, owner: Owner) -> Self {
        Self { shared, owner }
    }

    /// The realm's number.
    #[must_use]
    pub fn owner(&self) -> Owner {
        self.owner
    }

    /// The loop that all realms share.
    #[must_use]
    pub fn shared(&self) -> &Rc<EventLoop> {
        &self.shared
    }

    /// Queues a task of the realm under the current cause.
    pub fn queue(&self, run: Work) {
        self.queue_with(self.cause(), run);
    }

    /// Queues a task of the realm under a cause of its own.
    pub fn queue_with(&self, cause: Option<Cause>, run: Work) {
        self.shared.queue_for(self.owner, cause, run);
    }

    /// Sets a timer of the realm and returns its id; `every` repeats it.
    pub fn set_timer(&self, delay_ms: i64, repeat: bool, run: TimerWork) -> u32 {
        self.shared.set_timer_for(self.owner, delay_ms, repeat, run)
    }
}

/// The realms of frames.
impl EventLoop {
    /// Opens a realm beside the page's own, under a new number.
    pub fn open_realm(&self, realm: &Realm) -> Owner {
        self.realms.borrow_mut().add(realm)
    }

    /// A realm is of no more use: what it had queued is gone.
    pub fn end_realm(&self, owner: Owner) {
        self.realms.borrow_mut().remove(owner);
        self.tasks.borrow_mut().retain(|task| task.owner != owner);
        self.timers.borrow_mut().retain(|_, timer| timer.owner != owner);
        let timers = self.timers.borrow();
        self.due.borrow_mut().retain(|_, key| timers.contains_key(key));
    }

    /// Whether there are realms beside the page's own.
    #[must_use]
    pub fn has_realms(&self) -> bool {
        !self.realms.borrow().is_empty()
    }

    /// How many realms there were beside the page's own since it was loaded.
    #[must_use]
    pub fn realms_made(&self) -> usize {
        self.realms.borrow().made
    }

    /// The realms beside the page's own, in the order in which they came.
    #[must_use]
    pub fn realms(&self) -> Vec<Realm> {
        self.realms.borrow().all()
    }

    /// The realm of a number, while it is open; none for the page's own.
    #[must_use]
    pub fn realm(&self, owner: Owner) -> Option<Realm> {
        self.realms.borrow().get(owner)
    }

    /// Whose task or script runs.
    #[must_use]
    pub fn running(&self) -> Owner {
        self.running.get()
    }

    /// Runs `work` as the doing of a realm: [`Self::running`] says so.
    pub fn as_of<R>(&self, owner: Owner, work: impl FnOnce() -> R) -> R {
        let around = self.running.replace(owner);
        let result = work();
        self.running.set(around);
        result
    }

    pub(super) fn is_open(&self, owner: Owner) -> bool {
        owner == Owner::PAGE || self.realm(owner).is_some()
    }

    /// Runs a task of a realm, in it; not one of a realm that has ended.
    pub(super) fn run_for(&self, owner: Owner, cause: Option<Cause>, work: Work, context: &mut Context) {
        if owner == Owner::PAGE {
            return self.run(cause, work, context);
        }
        let Some(realm) = self.realm(owner) else { return };
        self.running.set(owner);
        let in_realm = |context: &mut Context| {
            let around = context.enter_realm(realm);
            if let Err(error) = work(context) {
                EventLoop::of(context).report(&error, context);
            }
            context.enter_realm(around);
            Ok(())
        };
        self.run(cause, Box::new(in_realm), context);
        self.running.set(Owner::PAGE);
    }
}

/// The work of a task.
pub type Work = Box<dyn FnOnce(&mut Context) -> JsResult<()>>;
/// A timer's work: it may run many times.
pub type TimerWork = Rc<dyn Fn(&mut Context) -> JsResult<()>>;

pub(super) struct Task {
    pub(super) owner: Owner,
    pub(super) cause: Option<Cause>,
    pub(super) run: Work,
}

pub(super) struct Timer {
    pub(super) id: u32,
    pub(super) owner: Owner,
    pub(super) cause: Option<Cause>,
    pub(super) run: TimerWork,
    pub(super) every: Option<i64>,
    pub(super) nesting: u32,
    /// Page time of the stimulus under which it was set.
    pub(super) stimulus_time: TimestampMs,
}

/// How far a loop has come: of things at one page time it says what came before what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Steps {
    /// Turns that began, and that went on from time passing to what they were begun for.
    pub phases: u64,
    /// Timers that ran.
    pub timers: u64,
}

/// The delay of a timer: nested ones wait a little (HTML §8.6).
pub(super) fn clamp(delay_ms: i64, nesting: u32) -> i64 {
    let least = if nesting > TIMER_NESTING_CLAMPED { NESTED_TIMER_MS_MIN } else { 0 };
    delay_ms.max(least)
}
