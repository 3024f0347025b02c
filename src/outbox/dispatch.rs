//! Delivery: customers beside each other, each one's messages in order.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::{
    sync::Notify,
    task::{JoinError, JoinSet},
};

use super::{
    book::{Book, Lane, Pushed, Release, Step, Summary},
    carrier::Carrier,
    delivery::{Delivery, Outcome},
    row::{Key, Row, State},
    schedule::Schedule,
    timer::{SystemTimer, Timer},
    verdict::{Verdict, verdict},
};
use crate::{
    base::limits::OUTBOX_LANES_MAX,
    wechat::{Message, Receipt, SendError},
};

/// Who delivers, by what clock and schedule, and who is told.
#[derive(Clone)]
pub struct Dispatch {
    /// How messages leave.
    pub carrier: Arc<dyn Carrier>,
    /// How time passes.
    pub timer: Arc<dyn Timer>,
    /// When a message is tried again.
    pub schedule: Schedule,
    /// Whether a message without an answer is tried again: the user may then get it twice.
    pub retry_unknown: bool,
    /// Is told of every try, in the order of each customer's messages.
    pub observe: Arc<dyn Fn(Delivery) + Send + Sync>,
}

impl Dispatch {
    /// The system's clock, the usual schedule, and no second try without an answer.
    #[must_use]
    pub fn new(carrier: Arc<dyn Carrier>, observe: Arc<dyn Fn(Delivery) + Send + Sync>) -> Self {
        Self { carrier, timer: Arc::new(SystemTimer), schedule: Schedule::default(), retry_unknown: false, observe }
    }
}

impl fmt::Debug for Dispatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dispatch").field("schedule", &self.schedule).finish_non_exhaustive()
    }
}

/// The queue of outgoing messages, in memory. Clones share the rows.
#[derive(Debug, Clone, Default)]
pub struct Outbox {
    inner: Arc<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    book: Mutex<Book>,
    pushed: Notify,
}

/// What happened to one message of a row.
enum Done {
    Next,
    Stop,
}

impl Outbox {
    /// An empty outbox.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes a row in, unless its key is there already.
    pub fn push(&self, row: Row) -> Pushed {
        let pushed = self.book().push(row);
        self.inner.pushed.notify_one();
        pushed
    }

    /// Every row, in the order they came in.
    #[must_use]
    pub fn rows(&self) -> Vec<Row> {
        self.book().rows().cloned().collect()
    }

    /// Rows by state.
    #[must_use]
    pub fn summary(&self) -> Summary {
        self.book().summary()
    }

    /// Makes parked rows pending again and returns how many; they go out with the next `deliver`.
    pub fn release(&self, which: &Release) -> usize {
        let count = self.book().release(which);
        self.inner.pushed.notify_one();
        count
    }

    /// Delivers until nothing is pending, rows that come in meanwhile included. Dropping the future stops at once;
    /// a row on the wire is then `unknown`.
    pub async fn deliver(&self, dispatch: &Dispatch) -> Summary {
        let mut lanes = JoinSet::new();
        loop {
            while lanes.len() < OUTBOX_LANES_MAX
                && let Some(lane) = self.take_lane()
            {
                let (outbox, dispatch) = (self.clone(), dispatch.clone());
                lanes.spawn(async move { outbox.serve(lane, &dispatch).await });
            }
            if lanes.is_empty() {
                return self.summary();
            }
            tokio::select! {
                Some(served) = lanes.join_next() => served.unwrap_or_else(pass_on),
                () = self.inner.pushed.notified() => {}
            }
        }
    }

    async fn serve(&self, lane: LaneGuard, dispatch: &Dispatch) {
        loop {
            let step = self.book().step(&lane.lane, dispatch.timer.now_ms());
            match step {
                Some(Step::Send(row)) => self.send(*row, dispatch).await,
                Some(Step::Parked(delivery)) => (dispatch.observe)(*delivery),
                None => return,
            }
        }
    }

    async fn send(&self, row: Row, dispatch: &Dispatch) {
        let messages = match dispatch.carrier.plan(&row.content) {
            Ok(messages) => messages,
            Err(error) => return self.give_up(&row.key, (0, 0), &error.into(), dispatch),
        };
        let of = messages.len();
        for (index, message) in messages.iter().enumerate().skip(row.messages_done) {
            match self.send_message(&row, (index + 1, of), message, dispatch).await {
                Done::Next => {}
                Done::Stop => return,
            }
        }
    }

    /// Tries one message until it is sent, doubtful, parked or dead.
    async fn send_message(&self, row: &Row, at: (usize, usize), message: &Message, dispatch: &Dispatch) -> Done {
        let mut failures = 0;
        loop {
            self.book().change(&row.key, |row| {
                row.state = State::Sending;
                row.attempts += 1;
            });
            let sent = dispatch.carrier.deliver(&row.openid, row.kf_account.as_deref(), message).await;
            let error = match sent {
                Ok(receipt) => return self.advance(&row.key, at, Ok(receipt), dispatch),
                Err(error) => error,
            };
            failures += 1;
            let now = dispatch.timer.now_ms();
            let mut decided = verdict(&error, failures, now, &dispatch.schedule);
            if let (Verdict::Unknown, true, Some(pause)) =
                (decided, dispatch.retry_unknown, dispatch.schedule.pause(failures))
            {
                decided = Verdict::Retry(pause);
            }
            match decided {
                Verdict::Retry(pause) => {
                    let next = now.saturating_add(i64::try_from(pause.as_millis()).unwrap_or(i64::MAX));
                    self.report(&row.key, Outcome::Refused, at, &error, dispatch, |row| {
                        row.state = State::Pending;
                        row.next = Some(next);
                    });
                    dispatch.timer.sleep(pause).await;
                }
                Verdict::Unknown => return self.advance(&row.key, at, Err(&error), dispatch),
                Verdict::Dead => {
                    self.give_up(&row.key, at, &error, dispatch);
                    return Done::Stop;
                }
                Verdict::Park(scope, next) => {
                    self.book().close(&row.account, scope, next, Some(error.to_string()));
                    self.report(&row.key, Outcome::Parked, at, &error, dispatch, |row| {
                        (row.state, row.parked, row.next) = (State::Parked, Some(scope), next);
                    });
                    return Done::Stop;
                }
            }
        }
    }

    /// A message is done with, taken or doubtful; with the last one the row is.
    fn advance(
        &self,
        key: &Key,
        (number, of): (usize, usize),
        sent: Result<Receipt, &SendError>,
        dispatch: &Dispatch,
    ) -> Done {
        let doubtful = sent.is_err();
        let changed = self.book().change(key, |row| {
            row.messages_done = number;
            row.doubtful |= doubtful;
            row.next = None;
            row.reason = match &sent {
                Ok(_) => row.reason.take().filter(|_| row.doubtful),
                Err(error) => Some(error.to_string()),
            };
            if number == of {
                row.state = if row.doubtful { State::Unknown } else { State::Sent };
            }
        });
        if let Some(row) = changed {
            (dispatch.observe)(match sent {
                Ok(receipt) => Delivery::of(&row, Outcome::Sent, (number, of)).with_receipt(receipt),
                Err(error) => Delivery::of(&row, Outcome::Unknown, (number, of)).with_error(error),
            });
        }
        Done::Next
    }

    fn give_up(&self, key: &Key, at: (usize, usize), error: &SendError, dispatch: &Dispatch) {
        self.report(key, Outcome::Dead, at, error, dispatch, |row| row.state = State::Dead);
    }

    fn report(
        &self,
        key: &Key,
        outcome: Outcome,
        at: (usize, usize),
        error: &SendError,
        dispatch: &Dispatch,
        change: impl FnOnce(&mut Row),
    ) {
        let changed = self.book().change(key, |row| {
            row.next = None;
            row.reason = Some(error.to_string());
            change(row);
        });
        if let Some(row) = changed {
            (dispatch.observe)(Delivery::of(&row, outcome, at).with_error(error));
        }
    }

    fn take_lane(&self) -> Option<LaneGuard> {
        let lane = self.book().take_lane()?;
        Some(LaneGuard { outbox: self.clone(), lane })
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.inner.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A customer who is being served; dropping it, however that comes about, lets others serve him.
struct LaneGuard {
    outbox: Outbox,
    lane: Lane,
}

impl Drop for LaneGuard {
    fn drop(&mut self) {
        self.outbox.book().leave_lane(&self.lane);
        self.outbox.inner.pushed.notify_one();
    }
}

/// A panic while delivering is our bug and goes on in the caller.
fn pass_on(error: JoinError) {
    if error.is_panic() {
        std::panic::resume_unwind(error.into_panic());
    }
}
