//! Who is served when: customers beside each other, up to a bound, and those whose time has come.

use std::{
    collections::HashSet,
    fmt,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::{Notify, watch},
    task::{JoinError, JoinSet},
};

use super::{carrier::Carrier, delivery::Delivery, lane, schedule::Schedule};
use crate::base::sync::lock;
use crate::{
    base::{
        clock::{Clock, TimestampMs},
        limits::{OUTBOX_LANES_MAX, STOP_TIMEOUT, TIDY_EVERY_MS, TIDY_PAUSE_MS},
    },
    store::{AccountId, Due, Interrupted, OnUnknown, Release, Store, StoreError, Summary},
};

/// Who delivers, by what clock and schedule, and who is told.
#[derive(Clone)]
pub struct Dispatch {
    /// How messages leave.
    pub carrier: Arc<dyn Carrier>,
    /// How time passes.
    pub clock: Clock,
    /// When a message is tried again.
    pub schedule: Schedule,
    /// What is done with a message without an answer.
    pub on_unknown: OnUnknown,
    /// Is told of every try, in the order of each customer's messages.
    pub observe: Arc<dyn Fn(Delivery) + Send + Sync>,
}

impl Dispatch {
    /// The system's clock, the usual schedule, and no second try without an answer.
    #[must_use]
    pub fn new(carrier: Arc<dyn Carrier>, observe: Arc<dyn Fn(Delivery) + Send + Sync>) -> Self {
        let (schedule, on_unknown) = (Schedule::default(), OnUnknown::default());
        Self { carrier, clock: Clock::system(), schedule, on_unknown, observe }
    }
}

impl fmt::Debug for Dispatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { schedule, on_unknown, .. } = self;
        f.debug_struct("Dispatch").field("schedule", schedule).field("on_unknown", on_unknown).finish_non_exhaustive()
    }
}

/// The delivery of one account's rows. Clones are the same one.
#[derive(Debug, Clone)]
pub struct Outbox {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    store: Arc<dyn Store>,
    account: AccountId,
    /// There may be something to do.
    wake: Notify,
    /// Customers who are being served.
    busy: Mutex<HashSet<String>>,
    stopping: AtomicBool,
    failure: Mutex<Option<StoreError>>,
    /// How often there was.
    woken: AtomicU64,
    /// How it stood when last nothing was left to do at that time.
    rest: watch::Sender<Option<Rest>>,
    /// Something became of a message.
    changed: watch::Sender<()>,
    /// Nobody serves, or serves any more.
    ended: watch::Sender<bool>,
}

/// Nothing is left to do before something happens, or time passes.
#[derive(Clone, Copy, Debug)]
struct Rest {
    /// How often there may have been something to do until then.
    woken: u64,
    /// When there is something to do.
    next: Option<TimestampMs>,
    /// Whether rows wait for no more than a time that is soon.
    scheduled: bool,
}

impl Outbox {
    /// The delivery of an account's rows; nothing is sent before [`serve`](Self::serve) or [`deliver`](Self::deliver).
    #[must_use]
    pub fn new(store: Arc<dyn Store>, account: AccountId) -> Self {
        let inner = Inner {
            store,
            account,
            wake: Notify::new(),
            busy: Mutex::default(),
            stopping: AtomicBool::new(false),
            failure: Mutex::default(),
            woken: AtomicU64::new(0),
            rest: watch::channel(None).0,
            changed: watch::channel(()).0,
            ended: watch::channel(true).0,
        };
        Self { inner: Arc::new(inner) }
    }

    /// Where the rows are.
    #[must_use]
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.inner.store
    }

    /// Whose rows.
    #[must_use]
    pub fn account(&self) -> AccountId {
        self.inner.account
    }

    /// There may be something to do: rows came, or a person had a say.
    pub fn wake(&self) {
        self.inner.woken.fetch_add(1, Ordering::AcqRel);
        self.inner.wake.notify_one();
    }

    /// Whether it was told to stop.
    #[must_use]
    pub fn is_stopping(&self) -> bool {
        self.inner.stopping.load(Ordering::Acquire)
    }

    /// Hears whenever something became of a message.
    #[must_use]
    pub fn changes(&self) -> watch::Receiver<()> {
        self.inner.changed.subscribe()
    }

    /// Makes parked rows pending again; how many.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn release(&self, which: Release, now: TimestampMs) -> Result<usize, StoreError> {
        let released = self.inner.store.release(self.inner.account, which, now).get().await?;
        self.wake();
        Ok(released)
    }

    /// Rows by state: those that changed in this run, and those that wait.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn summary(&self) -> Result<Summary, StoreError> {
        self.inner.store.summary(self.inner.account).get().await
    }

    /// Delivers until nothing is left that goes by itself: what remains is done, or waits for somebody.
    ///
    /// # Errors
    /// [`StoreError`]: nothing is sent any more.
    pub async fn deliver(&self, dispatch: &Dispatch) -> Result<Summary, StoreError> {
        tokio::select! {
            biased;
            () = self.quiet() => {}
            served = self.serve(dispatch) => served?,
        }
        match self.failure() {
            Some(error) => Err(error),
            None => self.summary().await,
        }
    }

    /// Returns when nothing is left that goes by itself, or delivery has failed.
    pub async fn quiet(&self) {
        self.rests(|rest| !rest.scheduled).await;
    }

    /// Returns when nothing is left to do at the time that the clock shows, or delivery has failed: when there will be.
    pub async fn settled(&self, clock: &Clock) -> Option<TimestampMs> {
        self.rests(|rest| rest.next.is_none_or(|next| next > clock.now_ms())).await.and_then(|rest| rest.next)
    }

    /// Waits for such a rest, behind everything that it was woken for.
    async fn rests(&self, is_it: impl Fn(&Rest) -> bool) -> Option<Rest> {
        let mut rest = self.inner.rest.subscribe();
        let is_now = |rest: &Rest| rest.woken == self.inner.woken.load(Ordering::Acquire);
        let is_so = |rest: &Option<Rest>| rest.as_ref().is_some_and(|rest| is_now(rest) && is_it(rest));
        // Its sender is ours.
        let rest = rest.wait_for(|rest| is_so(rest) || self.failure().is_some()).await;
        rest.ok().and_then(|rest| *rest)
    }

    /// Why delivery has failed, where it has.
    #[must_use]
    pub fn failure(&self) -> Option<StoreError> {
        lock(&self.inner.failure).clone()
    }

    /// Sends nothing new, and waits for what is on the wire: up to [`STOP_TIMEOUT`], behind which it is in doubt.
    pub async fn stop(&self) {
        self.tell_to_stop();
        let mut ended = self.inner.ended.subscribe();
        // Its sender is ours.
        let _ = ended.wait_for(|ended| *ended).await;
        self.inner.changed.send_replace(());
    }

    /// Stops several at the same time: none sends anything new while another one is waited for.
    pub async fn stop_all(outboxes: &[Self]) {
        outboxes.iter().for_each(Self::tell_to_stop);
        for outbox in outboxes {
            outbox.stop().await;
        }
    }

    fn tell_to_stop(&self) {
        self.inner.stopping.store(true, Ordering::Release);
        self.inner.wake.notify_one();
    }

    /// Delivers until it is told to [`stop`](Self::stop).
    ///
    /// # Errors
    /// [`StoreError`]: nothing is sent any more.
    pub async fn serve(&self, dispatch: &Dispatch) -> Result<(), StoreError> {
        self.inner.ended.send_replace(false);
        let _ended = Ended(self);
        let served = self.serve_lanes(dispatch).await;
        if let Err(error) = &served {
            self.fail(error);
        }
        served
    }

    async fn serve_lanes(&self, dispatch: &Dispatch) -> Result<(), StoreError> {
        let (mut lanes, mut tidy_at, mut is_untidy) = (JoinSet::new(), TimestampMs::MIN, false);
        while !self.inner.stopping.load(Ordering::Acquire) {
            if let Some(error) = self.failure() {
                return Err(error);
            }
            let now = dispatch.clock.now_ms();
            if now >= tidy_at {
                is_untidy = self.inner.store.tidy(now).get().await?.is_more;
                tidy_at = now + if is_untidy { TIDY_PAUSE_MS } else { TIDY_EVERY_MS };
            }
            let woken = self.inner.woken.load(Ordering::Acquire);
            let due = self.due(dispatch, lanes.len()).await?;
            let next = due.next.filter(|next| *next > now && lanes.len() < OUTBOX_LANES_MAX);
            let rest = Rest { woken, next: due.next, scheduled: due.scheduled };
            let rests = due.rows.is_empty() && lanes.is_empty();
            for ready in due.rows {
                let busy = Busy::new(self, &ready.row.openid);
                let dispatch = dispatch.clone();
                lanes.spawn(async move { lane::serve(&busy, ready, &dispatch).await });
            }
            if rests {
                self.inner.rest.send_replace(Some(rest));
            }
            let next = next.into_iter().chain(is_untidy.then_some(tidy_at)).min();
            let is_idle = lanes.is_empty();
            tokio::select! {
                biased;
                Some(served) = lanes.join_next() => served.unwrap_or_else(|error| Err(pass_on(error)))?,
                () = self.inner.wake.notified() => {}
                () = dispatch.clock.until(next.unwrap_or_default()), if next.is_some() && is_idle => {}
                () = dispatch.clock.reaches(next.unwrap_or_default()), if next.is_some() && !is_idle => {}
                // What is old goes also where nothing happens.
                () = tokio::time::sleep(Duration::from_millis(TIDY_EVERY_MS.unsigned_abs())) => {}
            }
        }
        self.wind_up(lanes, dispatch).await
    }

    /// Delivers to one customer alone until it is told to [`stop`](Self::stop): what waits for others stays as it is.
    ///
    /// # Errors
    /// [`StoreError`]: nothing is sent any more.
    pub async fn serve_one(&self, dispatch: &Dispatch, openid: &str) -> Result<(), StoreError> {
        self.inner.ended.send_replace(false);
        let _ended = Ended(self);
        while !self.is_stopping() {
            let now = dispatch.clock.now_ms();
            let mut due = self.inner.store.due_of(self.inner.account, openid, now).get().await?;
            if let Some(ready) = due.rows.pop() {
                lane::serve(&Busy::new(self, openid), ready, dispatch).await?;
                continue;
            }
            tokio::select! {
                biased;
                () = self.inner.wake.notified() => {}
                () = dispatch.clock.until(due.next.unwrap_or_default()), if due.next.is_some() => {}
            }
        }
        Ok(())
    }

    async fn due(&self, dispatch: &Dispatch, serving: usize) -> Result<Due, StoreError> {
        let busy: Vec<String> = lock(&self.inner.busy).iter().cloned().collect();
        let free = OUTBOX_LANES_MAX.saturating_sub(serving);
        self.inner.store.due(self.inner.account, dispatch.clock.now_ms(), busy, free).get().await
    }

    /// Waits for what is on the wire. What has no answer by then is in doubt.
    async fn wind_up(&self, mut lanes: JoinSet<Result<(), StoreError>>, dispatch: &Dispatch) -> Result<(), StoreError> {
        let finished = async {
            while let Some(served) = lanes.join_next().await {
                served.unwrap_or_else(|error| Err(pass_on(error)))?;
            }
            Ok(())
        };
        if let Ok(finished) = tokio::time::timeout(STOP_TIMEOUT, finished).await {
            return finished;
        }
        lanes.shutdown().await;
        let which = Interrupted::Now(self.inner.account);
        self.inner.store.interrupted(which, dispatch.on_unknown, dispatch.clock.now_ms()).get().await.map(drop)
    }

    fn fail(&self, error: &StoreError) {
        lock(&self.inner.failure).get_or_insert_with(|| error.clone());
        self.inner.rest.send_modify(|_| ());
    }
}

/// Says that nobody serves any more, however that comes about.
struct Ended<'a>(&'a Outbox);

impl Drop for Ended<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            // Nobody is to wait for what will not come.
            self.0.fail(&StoreError::closed());
        }
        self.0.inner.ended.send_replace(true);
    }
}

/// A customer who is being served; dropping it, however that comes about, lets him be served again.
pub(super) struct Busy {
    outbox: Outbox,
    openid: String,
}

impl Busy {
    fn new(outbox: &Outbox, openid: &str) -> Self {
        lock(&outbox.inner.busy).insert(openid.to_owned());
        Self { outbox: outbox.clone(), openid: openid.to_owned() }
    }

    pub(super) fn store(&self) -> &Arc<dyn Store> {
        &self.outbox.inner.store
    }

    /// Something became of a message.
    pub(super) fn tell_change(&self) {
        self.outbox.inner.changed.send_replace(());
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.outbox.inner.stopping.load(Ordering::Acquire) || self.outbox.failure().is_some()
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        lock(&self.outbox.inner.busy).remove(&self.openid);
        self.outbox.inner.wake.notify_one();
    }
}

/// A panic while delivering is our bug and goes on in the caller; a lane that was cancelled is none.
fn pass_on(error: JoinError) -> StoreError {
    if error.is_panic() {
        std::panic::resume_unwind(error.into_panic());
    }
    StoreError::closed()
}
