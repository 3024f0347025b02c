//! One customer's rows, one message after another; what WeChat would refuse is parked before it is asked.

use std::sync::{Mutex, PoisonError};

use super::{
    delivery::{Delivery, Outcome},
    dispatch::{Busy, Dispatch},
    verdict::{Verdict, after, verdict},
};
use crate::{
    base::{
        clock::TimestampMs,
        limits::{ACCOUNT_RECHECK_MS, TYPING_LIFE_MS},
    },
    session::window::{Standing, Window},
    store::{Attempt, OnUnknown, Ready, Row, Scope, Settled, State, StoreError, Way, WayChange, WindowChange},
    wechat::{BoxFuture, Content, Message, Planned, Receipt, SendError, Typing, Wire, errcode::Action},
};

/// Sends a row and those behind it that are due.
pub(super) async fn serve(busy: &Busy, ready: Ready, dispatch: &Dispatch) -> Result<(), StoreError> {
    let mut next = Some(ready);
    while let Some(ready) = next.take_if(|_| !busy.is_stopping()) {
        let Ready { row, seen } = ready;
        let lane = Lane { busy, dispatch, window: seen.window, acts: seen.acts };
        next = lane.send(row).await?;
    }
    Ok(())
}

/// One try, and what is known of the customer.
struct Lane<'a> {
    busy: &'a Busy,
    dispatch: &'a Dispatch,
    window: Window,
    acts: i64,
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

impl Lane<'_> {
    /// Tries the row's next message; the row to go on with, where there is one that is due.
    async fn send(&self, row: Row) -> Result<Option<Ready>, StoreError> {
        let started = self.dispatch.clock.now_ms();
        let not_tried = || Attempt { started, message: (0, 0) };
        let messages = match self.dispatch.carrier.plan(&row) {
            Ok(messages) => messages,
            Err(error) => return self.settle(row, not_tried(), Err(error.into()), false).await,
        };
        let of = u32::try_from(messages.len()).unwrap_or(u32::MAX);
        if row.begun() > 0 && row.messages != of {
            return self.finish(row, of).await;
        }
        let Some((number, message)) = (1..=of).zip(&messages).find(|(number, _)| row.is_wanted(*number)) else {
            return self.finish(row, of).await;
        };
        if let Err(refused) = self.may_go(&row, &message.message, started) {
            return self.settle(row, not_tried(), Err(refused), false).await;
        }
        let attempt = Attempt { started, message: (number, of) };
        let marking = Marking { busy: self.busy, row: row.seq, attempt: attempt.clone(), marked: Mutex::default() };
        let sent = self.dispatch.carrier.deliver(&row, message, &marking).await;
        match marking.marked.into_inner().unwrap_or_else(PoisonError::into_inner) {
            Marked::Failed(error) => Err(error),
            Marked::Withdrawn => Ok(None),
            Marked::Not | Marked::Yes => {
                let replanned = sent.as_ref().is_err_and(|error| self.is_replanned(&row, &messages, error));
                self.settle(row, attempt, sent, replanned).await
            }
        }
    }

    /// Whether the refusal of the first message showed limits by which the content becomes other messages: those go out
    /// at once. Not where some of the row went out: then the number of its messages tells what is left.
    fn is_replanned(&self, row: &Row, messages: &[Planned], error: &SendError) -> bool {
        let is_of_limits = error.answers_send() && matches!(error.action(), Some(Action::Shorten | Action::Split));
        is_of_limits && row.begun() == 0 && self.dispatch.carrier.plan(row).is_ok_and(|others| others != messages)
    }

    /// Whether WeChat would take it, as far as is known (wechat-api.md §1, Limits).
    fn may_go(&self, row: &Row, message: &Message, now: TimestampMs) -> Result<(), SendError> {
        if let Standing::Closed(closed) = self.window.standing(&self.dispatch.carrier.allowances(), now) {
            return Err(SendError::Window(closed));
        }
        match message {
            Message::Typing(_) if now - row.created > TYPING_LIFE_MS => Err(SendError::TypingLate),
            Message::Typing(true) => self.window.may_type(now).map_err(SendError::Typing),
            _ => Ok(()),
        }
    }

    /// Ends a row whose messages are not those any more of which some were sent: other limits are in force.
    async fn finish(&self, mut row: Row, of: u32) -> Result<Option<Ready>, StoreError> {
        let now = self.dispatch.clock.now_ms();
        let (done, were) = (row.messages_done, row.messages);
        row.next = None;
        row.state = if done >= were && row.doubtful.is_empty() { State::Sent } else { State::Unknown };
        let outcome = if row.state == State::Sent { Outcome::Sent } else { Outcome::Unknown };
        if row.state == State::Unknown {
            row.reason =
                Some(format!("{done} of its {were} messages went out; with the limits now in force it is {of}"));
        }
        let delivery = Delivery::of(&row, outcome, (0, 0));
        let attempt = Attempt { started: now, message: (0, 0) };
        self.write(row, attempt, delivery, now, WayChange::Keep, WindowChange::Keep).await
    }

    /// Writes down what became of a try, then tells.
    async fn settle(
        &self,
        mut row: Row,
        attempt: Attempt,
        sent: Result<Receipt, SendError>,
        replanned: bool,
    ) -> Result<Option<Ready>, StoreError> {
        let now = self.dispatch.clock.now_ms();
        row.attempts += u32::from(attempt.message != (0, 0));
        row.next = None;
        let (outcome, ways) = match &sent {
            Ok(_) => taken(&mut row, attempt.message),
            Err(error) if replanned => {
                // It was refused, so nothing is sent twice; no other message goes before it.
                (row.state, row.reason) = (State::Pending, Some(error.to_string()));
                (Outcome::Refused, WayChange::Open)
            }
            Err(error) => failed(&mut row, attempt.message, error, now, self.dispatch),
        };
        let window = self.window_change(&row.content, &sent);
        let shown = shown(&row, &ways);
        let delivery = Delivery::of(&shown, outcome, attempt.message).with_ways(&ways);
        let delivery = match sent {
            Ok(receipt) => delivery.with_receipt(receipt),
            Err(error) => delivery.with_error(&error),
        };
        self.write(row, attempt, delivery, now, ways, window).await
    }

    async fn write(
        &self,
        row: Row,
        attempt: Attempt,
        delivery: Delivery,
        now: TimestampMs,
        ways: WayChange,
        window: WindowChange,
    ) -> Result<Option<Ready>, StoreError> {
        let delivery = Delivery { time: (attempt.started, now), ..delivery };
        let end = delivery.end(now);
        let settled = Settled { row, attempt, end, ways, window, acts: self.acts };
        let next = self.busy.store().settle(settled).get().await?;
        (self.dispatch.observe)(delivery);
        self.busy.tell_change();
        Ok(next)
    }

    /// What an answer says about the customer's window.
    fn window_change(&self, content: &Content, sent: &Result<Receipt, SendError>) -> WindowChange {
        match (sent, content) {
            (Ok(_), Content::Typing { command }) => WindowChange::Types(*command == Typing::Typing),
            (Ok(_), _) => WindowChange::Sent(self.dispatch.carrier.allowances()),
            (Err(error), _) => match error.errcode() {
                Some(errcode @ (45015 | 45047)) if error.answers_send() => WindowChange::Refused(errcode),
                _ => WindowChange::Keep,
            },
        }
    }
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
    if matches!(row.content, Content::Typing { .. }) {
        // Best effort: later nobody wants it.
        row.state = State::Dead;
        return (Outcome::Dead, answered);
    }
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
