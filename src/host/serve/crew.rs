//! Who works on conversations: threads that take what is next, one conversation each.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tokio::sync::Notify;

use super::craft::Host;
use super::place::Place;
use super::scheduler::{Job, Room, Scheduler, Task, Wake, Was};
use crate::base::clock::TimestampMs;
use crate::base::limits::{CREW_LOOK_MS_MAX, CREW_WORK_WAITING_MAX, PLACE_WORK_WAITING_MAX};
use crate::process::Served;
use crate::store::StoreError;

/// Whose conversation it is: the account's number, and where its pages are.
pub type Whose = (usize, Place);

/// What became of a job.
pub struct Outcome<O, W> {
    /// The conversation, where it is still open.
    pub open: Option<O>,
    /// The work, where it cannot be done before the conversation is woken.
    pub back: Option<W>,
    /// When it has something to do though nothing comes.
    pub wake: Wake,
}

impl<O, W> Outcome<O, W> {
    /// It is not open, and has nothing to do.
    pub const GONE: Self = Self { open: None, back: None, wake: Wake::NEVER };
}

/// What is done with conversations.
pub trait Craft: Send + Sync + 'static {
    /// A conversation.
    type Open: Send;
    /// A piece of work.
    type Work: Send;

    /// Does a piece of work, or where there is none what the conversation has to do by itself; it is opened where it is
    /// not.
    ///
    /// # Errors
    /// [`StoreError`]: the host is to stop.
    fn work(
        &self,
        whose: &Whose,
        open: Option<Self::Open>,
        work: Option<Self::Work>,
    ) -> Result<Outcome<Self::Open, Self::Work>, StoreError>;

    /// A conversation ends in order.
    ///
    /// # Errors
    /// [`StoreError`]: the host is to stop.
    fn close(&self, open: Self::Open) -> Result<(), StoreError>;

    /// The time.
    fn now(&self) -> TimestampMs;
}

/// Why a crew stops by itself.
#[derive(Clone, Debug)]
pub enum CrewEnd {
    /// The store failed.
    Store(StoreError),
    /// One of its threads panicked, by our bug: standard error has what it said.
    Panicked,
}

/// What the threads share.
struct Shared<C: Craft> {
    craft: C,
    state: Mutex<State<C>>,
    /// There may be something to do.
    changed: Condvar,
    /// There may be room for more work, or no more work at all.
    moved: Notify,
}

struct State<C: Craft> {
    scheduler: Scheduler<Whose, C::Work, C::Open>,
    is_stopping: bool,
    failure: Option<CrewEnd>,
}

/// A thread that panics takes the crew with it: nobody else has the conversation that it worked on.
struct Alarm<'a, C: Craft>(&'a Shared<C>);

impl<C: Craft> Drop for Alarm<'_, C> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.fail(CrewEnd::Panicked);
        }
    }
}

/// The threads.
pub struct Crew<C: Craft> {
    shared: Arc<Shared<C>>,
    threads: Vec<JoinHandle<()>>,
}

impl<C: Craft> Shared<C> {
    fn state(&self) -> MutexGuard<'_, State<C>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next job; `None`: the crew stops.
    fn next(&self) -> Option<Job<Whose, C::Work, C::Open>> {
        let mut state = self.state();
        loop {
            if state.is_stopping {
                return None;
            }
            let now = self.craft.now();
            if let Some(job) = state.scheduler.next(now) {
                return Some(job);
            }
            let left = state.scheduler.next_time().map_or(CREW_LOOK_MS_MAX, |at| (at - now).clamp(1, CREW_LOOK_MS_MAX));
            let wait = Duration::from_millis(left.unsigned_abs());
            state = self.changed.wait_timeout(state, wait).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// The crew stops because of this.
    fn fail(&self, end: CrewEnd) {
        let mut state = self.state();
        state.failure.get_or_insert(end);
        state.is_stopping = true;
        drop(state);
        self.changed.notify_all();
        self.moved.notify_waiters();
    }

    fn run(&self) {
        let _alarm = Alarm(self);
        while let Some(Job { key, open, task }) = self.next() {
            let was = match task {
                Task::Work(_) => Was::Work,
                Task::Wake => Was::Wake,
                Task::Close => Was::Closed,
            };
            let done = match task {
                Task::Work(work) => self.craft.work(&key, open, Some(work)),
                Task::Wake => self.craft.work(&key, open, None),
                // Its processes end with it.
                Task::Close => open.map_or(Ok(()), |open| self.craft.close(open)).map(|()| Outcome::GONE),
            };
            let Outcome { open, back, wake } = done.unwrap_or_else(|error| {
                self.fail(CrewEnd::Store(error));
                Outcome::GONE
            });
            let mut state = self.state();
            state.scheduler.done(&key, was, (open, back), wake, self.craft.now());
            drop(state);
            self.changed.notify_one();
            self.moved.notify_waiters();
        }
        self.changed.notify_all();
        self.moved.notify_waiters();
    }
}

/// The way to a crew, for those who have work for it.
pub struct Foreman<C: Craft>(Weak<Shared<C>>);

impl<C: Craft> Clone for Foreman<C> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<C: Craft> Crew<C> {
    /// So many threads begin to look for work.
    pub fn start(craft: C, room: Room, threads: usize) -> Self {
        let state = State { scheduler: Scheduler::new(room), is_stopping: false, failure: None };
        let shared =
            Arc::new(Shared { craft, state: Mutex::new(state), changed: Condvar::new(), moved: Notify::new() });
        let thread = |_| {
            let shared = shared.clone();
            thread::spawn(move || shared.run())
        };
        let threads = (0..threads).map(thread).collect();
        Self { shared, threads }
    }

    /// What they do it with.
    pub fn craft(&self) -> &C {
        &self.shared.craft
    }

    /// The way to this crew.
    pub fn foreman(&self) -> Foreman<C> {
        Foreman(Arc::downgrade(&self.shared))
    }

    /// It is another time than they had thought.
    pub fn look(&self) {
        // Nobody is between looking and waiting.
        drop(self.shared.state());
        self.shared.changed.notify_all();
    }

    /// Other bounds hold from now on.
    pub fn set_room(&self, room: Room) {
        self.shared.state().scheduler.set_room(room);
        self.shared.changed.notify_all();
    }

    /// Waits until the crew stops by itself.
    pub async fn failed(&self) -> CrewEnd {
        loop {
            self.until(|state| state.failure.is_some()).await;
            if let Some(failure) = self.failure() {
                return failure;
            }
        }
    }

    /// Why it has stopped by itself, where it has.
    pub fn failure(&self) -> Option<CrewEnd> {
        self.shared.state().failure.clone()
    }

    async fn until(&self, is_so: impl Fn(&State<C>) -> bool) {
        until(&self.shared, is_so).await;
    }

    /// Finishes what is begun, and nothing more; then conversations end.
    ///
    /// # Errors
    /// Why it had stopped already.
    pub fn stop(self) -> Result<(), CrewEnd> {
        self.shared.state().is_stopping = true;
        self.shared.changed.notify_all();
        for thread in self.threads {
            // Its panic is the failure.
            let _ = thread.join();
        }
        let mut state = self.shared.state();
        let open = state.scheduler.take_all();
        let failure = state.failure.clone();
        drop(state);
        if let Some(failure) = failure {
            return Err(failure);
        }
        open.into_iter().try_for_each(|open| self.shared.craft.close(open)).map_err(CrewEnd::Store)
    }
}

async fn until<C: Craft>(shared: &Shared<C>, is_so: impl Fn(&State<C>) -> bool) {
    loop {
        let mut moved = std::pin::pin!(shared.moved.notified());
        moved.as_mut().enable();
        let is_over = {
            let state = shared.state();
            is_so(&state) || state.is_stopping
        };
        if is_over {
            return;
        }
        moved.await;
    }
}

impl Foreman<Host> {
    /// The way to a crew that is gone.
    #[cfg(test)]
    pub fn nobody() -> Self {
        Self(Weak::new())
    }

    /// Conversations that are open and pieces of work that nobody has begun; how pages came to be. Nothing where the crew
    /// is gone.
    pub fn counts(&self) -> ((usize, usize), Served) {
        let Some(shared) = self.0.upgrade() else { return Default::default() };
        let counts = {
            let state = shared.state();
            (state.scheduler.open(), state.scheduler.waiting())
        };
        (counts, shared.craft.house().served())
    }
}

/// Whether a customer's event may be handed in for these places of an account.
fn is_free(
    shared: &Shared<Host>,
    state: &State<Host>,
    room: usize,
    (account, openid, places): (usize, &Arc<str>, &[Place]),
) -> bool {
    let has_room =
        |place: &Place| state.scheduler.waiting_of(&(account, place.clone())) + room <= PLACE_WORK_WAITING_MAX;
    places.iter().all(has_room) && shared.craft.may_handle(account, openid, places)
}

impl Foreman<Host> {
    /// Whether a customer's event may be handed in for these places of an account: they hold little work, and his earlier
    /// ones are handled there, or done with.
    pub fn is_free(&self, account: usize, openid: &Arc<str>, places: &[Place]) -> bool {
        self.has_room(1, (account, openid, places))
    }

    /// The same for so many events that each of these places holds them as well.
    pub fn has_room(&self, events: usize, whose: (usize, &Arc<str>, &[Place])) -> bool {
        let Some(shared) = self.0.upgrade() else { return true };
        let state = shared.state();
        is_free(&shared, &state, events, whose)
    }

    /// Waits until one of several has room for so many events; `false`: the crew has stopped.
    pub async fn until_free<'a, W>(&self, events: usize, account: usize, waiting: W) -> bool
    where
        W: Iterator<Item = (&'a Arc<str>, &'a [Place])> + Clone,
    {
        let Some(shared) = self.0.upgrade() else { return false };
        let is_one_free = |state: &State<Host>| {
            waiting.clone().any(|(openid, places)| is_free(&shared, state, events, (account, openid, places)))
        };
        until(&shared, is_one_free).await;
        let is_stopping = shared.state().is_stopping;
        !is_stopping
    }
}

impl<C: Craft> Foreman<C> {
    /// Asks what the crew works with; nothing where it has stopped.
    pub fn craft<R>(&self, ask: impl FnOnce(&C) -> R) -> Option<R> {
        self.0.upgrade().map(|shared| ask(&shared.craft))
    }

    /// Returns when nothing is left to do at the time that it is: when there will be.
    pub async fn settled(&self) -> Option<TimestampMs> {
        let shared = self.0.upgrade()?;
        until(&shared, |state| state.scheduler.rests_at(shared.craft.now())).await;
        let state = shared.state();
        state.scheduler.next_time()
    }

    /// Hands in what is to be done with a conversation that is open, between its pieces of work; where none is it goes.
    pub fn submit_aside(&self, whose: &Whose, work: C::Work) {
        let Some(shared) = self.0.upgrade() else { return };
        shared.state().scheduler.submit_aside(whose, work);
        shared.changed.notify_one();
    }

    /// Hands in a piece of work, once there is room for it; `false`: the crew has stopped.
    pub async fn submit(&self, whose: &Whose, work: C::Work) -> bool {
        let Some(shared) = self.0.upgrade() else { return false };
        until(&shared, |state| state.scheduler.waiting() < CREW_WORK_WAITING_MAX).await;
        let mut state = shared.state();
        if state.is_stopping {
            return false;
        }
        state.scheduler.submit(whose, work);
        drop(state);
        shared.changed.notify_one();
        true
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};

    use super::*;

    /// Works on nothing that it is given.
    struct Panics;

    impl Craft for Panics {
        type Open = ();
        type Work = ();

        fn work(&self, _: &Whose, _: Option<()>, _: Option<()>) -> Result<Outcome<(), ()>, StoreError> {
            panic!("a bug")
        }

        fn close(&self, (): ()) -> Result<(), StoreError> {
            Ok(())
        }

        fn now(&self) -> TimestampMs {
            0
        }
    }

    /// Opens a conversation for any work; counts those that were closed.
    #[derive(Default)]
    struct Counts(Arc<AtomicUsize>, AtomicI64);

    impl Craft for Counts {
        type Open = ();
        type Work = ();

        fn work(&self, _: &Whose, _: Option<()>, _: Option<()>) -> Result<Outcome<(), ()>, StoreError> {
            Ok(Outcome { open: Some(()), ..Outcome::GONE })
        }

        fn close(&self, (): ()) -> Result<(), StoreError> {
            self.0.fetch_add(1, Ordering::Relaxed);
            Ok(())
        }

        fn now(&self) -> TimestampMs {
            self.1.fetch_add(1, Ordering::Relaxed)
        }
    }

    #[tokio::test]
    async fn every_conversation_is_closed_in_order() {
        let craft = Counts::default();
        let closed = craft.0.clone();
        // One makes room for the next.
        let crew = Crew::start(craft, Room { open_max: 1, quiet_ms_max: i64::MAX }, 2);
        for openid in ["oA", "oB", "oC"] {
            assert!(crew.foreman().submit(&(0, Place::Customer(Arc::from(openid))), ()).await);
        }
        crew.until(|state| state.scheduler.waiting() == 0).await;
        crew.stop().unwrap();
        assert_eq!(closed.load(Ordering::Relaxed), 3);
    }

    #[tokio::test]
    async fn a_thread_that_panics_ends_the_crew() {
        let crew = Crew::start(Panics, Room { open_max: 9, quiet_ms_max: 100 }, 2);
        let (foreman, whose) = (crew.foreman(), (0, Place::Customer(Arc::from("oA"))));
        assert!(foreman.submit(&whose, ()).await);
        assert!(matches!(crew.failed().await, CrewEnd::Panicked));
        assert!(!foreman.submit(&whose, ()).await, "nothing more is taken");
        assert!(matches!(crew.stop(), Err(CrewEnd::Panicked)));
    }
}
