//! One customer's rows, one message after another.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use super::{
    delivery::{Delivery, Outcome},
    dispatch::{Busy, Dispatch},
    verdict::{Verdict, after, verdict},
};
use crate::{
    base::limits::ACCOUNT_RECHECK_MS,
    store::{Attempt, OnUnknown, Row, Scope, Settled, State, StoreError, Way, WayChange},
    wechat::{BoxFuture, Planned, Receipt, SendError, Wire, errcode::Action},
};

/// Sends a row and those behind it that are due.
pub(super) async fn serve(busy: &Busy, row: Row, dispatch: &Dispatch) -> Result<(), StoreError> {
    let mut next = Some(row);
    while let Some(row) = next.take_if(|_| !busy.is_stopping()) {
        next = send(busy, row, dispatch).await?;
    }
    Ok(())
}

/// Whether a message was marked as being on the wire.
#[derive(Default)]
enum Marked {
    #[default]
    Not,
    Yes,
    /// The row is no longer to be sent.
    Withdrawn,
    Failed(StoreError),
}

/// Marks a message before it goes on the wire.
struct Marking<'a> {
    busy: &'a Busy,
    row: i64,
    attempt: Attempt,
    marked: Mutex<Marked>,
}

impl Wire for Marking<'_> {
    fn begins(&self) -> BoxFuture<'_, bool> {
        Box::pin(async {
            // Once: a second request of the same try, with a fresh token, follows a refusal.
            if matches!(*self.lock(), Marked::Yes) {
                return true;
            }
            let marked = match self.busy.store().on_wire(self.row, self.attempt.clone()).get().await {
                Ok(true) => Marked::Yes,
                Ok(false) => Marked::Withdrawn,
                Err(error) => Marked::Failed(error),
            };
            let goes = matches!(marked, Marked::Yes);
            *self.lock() = marked;
            goes
        })
    }
}

impl Marking<'_> {
    fn lock(&self) -> std::sync::MutexGuard<'_, Marked> {
        self.marked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Tries the row's next message; the row to go on with, where there is one that is due.
async fn send(busy: &Busy, row: Row, dispatch: &Dispatch) -> Result<Option<Row>, StoreError> {
    let started = dispatch.timer.now_ms();
    let messages = match dispatch.carrier.plan(&row) {
        Ok(messages) => messages,
        Err(error) => {
            let attempt = Attempt { started, message: (0, 0) };
            return settle(busy, row, attempt, Err(error.into()), false, dispatch).await;
        }
    };
    let of = u32::try_from(messages.len()).unwrap_or(u32::MAX);
    if row.begun() > 0 && row.messages != of {
        return finish(busy, row, of, dispatch).await;
    }
    let Some((number, message)) = (1..=of).zip(&messages).find(|(number, _)| row.is_wanted(*number)) else {
        return finish(busy, row, of, dispatch).await;
    };
    let attempt = Attempt { started, message: (number, of) };
    let marking = Marking { busy, row: row.seq, attempt: attempt.clone(), marked: Mutex::default() };
    let sent = dispatch.carrier.deliver(&row, message, &marking).await;
    match marking.marked.into_inner().unwrap_or_else(PoisonError::into_inner) {
        Marked::Failed(error) => Err(error),
        Marked::Withdrawn => Ok(None),
        Marked::Not | Marked::Yes => {
            let replanned = sent.as_ref().is_err_and(|error| is_replanned(&row, &messages, error, dispatch));
            settle(busy, row, attempt, sent, replanned, dispatch).await
        }
    }
}

/// Whether the refusal of the first message showed limits by which the content becomes other messages: those go out at
/// once. Not where some of the row went out: then the number of its messages tells what is left.
fn is_replanned(row: &Row, messages: &[Planned], error: &SendError, dispatch: &Dispatch) -> bool {
    let is_of_limits = error.answers_send() && matches!(error.action(), Some(Action::Shorten | Action::Split));
    is_of_limits && row.begun() == 0 && dispatch.carrier.plan(row).is_ok_and(|others| others != messages)
}

/// Ends a row whose messages are not those any more of which some were sent: other limits are in force.
async fn finish(busy: &Busy, mut row: Row, of: u32, dispatch: &Dispatch) -> Result<Option<Row>, StoreError> {
    let now = dispatch.timer.now_ms();
    let (done, were) = (row.messages_done, row.messages);
    row.next = None;
    row.state = if done >= were && row.doubtful.is_empty() { State::Sent } else { State::Unknown };
    let outcome = if row.state == State::Sent { Outcome::Sent } else { Outcome::Unknown };
    if row.state == State::Unknown {
        row.reason = Some(format!("{done} of its {were} messages went out; with the limits now in force it is {of}"));
    }
    let delivery = Delivery::of(&row, outcome, (0, 0));
    let attempt = Attempt { started: now, message: (0, 0) };
    let next =
        busy.store().settle(Settled { row, attempt, end: delivery.end(now), ways: WayChange::Keep }).get().await?;
    (dispatch.observe)(delivery);
    Ok(next)
}

/// Writes down what became of a try, then tells.
async fn settle(
    busy: &Busy,
    mut row: Row,
    attempt: Attempt,
    sent: Result<Receipt, SendError>,
    replanned: bool,
    dispatch: &Dispatch,
) -> Result<Option<Row>, StoreError> {
    let now = dispatch.timer.now_ms();
    row.attempts += u32::from(attempt.message != (0, 0));
    row.next = None;
    let (outcome, ways) = match &sent {
        Ok(_) => taken(&mut row, attempt.message),
        Err(error) if replanned => {
            // It was refused, so nothing is sent twice; no other message goes before it.
            (row.state, row.reason) = (State::Pending, Some(error.to_string()));
            (Outcome::Refused, WayChange::Open)
        }
        Err(error) => failed(&mut row, attempt.message, error, now, dispatch),
    };
    let shown = shown(&row, &ways);
    let delivery = Delivery::of(&shown, outcome, attempt.message);
    let delivery = match sent {
        Ok(receipt) => delivery.with_receipt(receipt),
        Err(error) => delivery.with_error(&error),
    };
    let end = delivery.end(now);
    let next = busy.store().settle(Settled { row, attempt, end, ways }).get().await?;
    (dispatch.observe)(delivery);
    Ok(next)
}

fn taken(row: &mut Row, (message, of): (u32, u32)) -> (Outcome, WayChange) {
    row.message_done(message, of);
    row.failures = 0;
    if row.doubtful.is_empty() {
        row.reason = None;
    }
    (Outcome::Sent, WayChange::Open)
}

fn failed(
    row: &mut Row,
    (message, of): (u32, u32),
    error: &SendError,
    now: i64,
    dispatch: &Dispatch,
) -> (Outcome, WayChange) {
    row.failures += 1;
    row.reason = Some(error.to_string());
    let mut decided = verdict(error, row.failures, now, &dispatch.schedule);
    if let (Verdict::Unknown, OnUnknown::Retry, Some(pause)) =
        (decided, dispatch.on_unknown, dispatch.schedule.pause(row.failures))
    {
        decided = Verdict::Retry(pause);
    }
    let answered = if error.answers_send() { WayChange::Open } else { WayChange::Keep };
    match decided {
        Verdict::Retry(pause) => {
            (row.state, row.next) = (State::Pending, Some(after(now, pause)));
            (Outcome::Refused, answered)
        }
        Verdict::Pause(scope, until) => {
            row.state = State::Pending;
            let (until, reason) = (Some(until), error.to_string());
            (Outcome::Refused, WayChange::Close(Way { scope, until, reason, scheduled: true }))
        }
        Verdict::Unknown => {
            row.message_unanswered(message, of);
            row.failures = 0;
            (Outcome::Unknown, WayChange::Postpone(now + ACCOUNT_RECHECK_MS))
        }
        Verdict::Dead => {
            row.state = State::Dead;
            (Outcome::Dead, answered)
        }
        Verdict::Park(Scope::User, next) => {
            (row.state, row.parked, row.next) = (State::Parked, Some(Scope::User), next);
            (Outcome::Parked, answered)
        }
        Verdict::Park(scope, until) => {
            // The way is what is closed; with it open the row goes.
            row.state = State::Pending;
            (Outcome::Parked, WayChange::Close(Way { scope, until, reason: error.to_string(), scheduled: false }))
        }
    }
}

/// A row as it stands behind a way that was just closed.
fn shown(row: &Row, ways: &WayChange) -> Row {
    match ways {
        WayChange::Close(way) if way.scheduled => Row { next: way.until, ..row.clone() },
        WayChange::Close(way) => Row { state: State::Parked, parked: Some(way.scope), next: way.until, ..row.clone() },
        _ => row.clone(),
    }
}

/// So many milliseconds; none where they are negative.
pub(super) fn duration(ms: i64) -> Duration {
    Duration::from_millis(u64::try_from(ms).unwrap_or(0))
}
