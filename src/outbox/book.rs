//! The rows and their order: no I/O, no waiting.

use std::collections::{HashMap, HashSet, VecDeque};

use indexmap::IndexMap;

use super::{
    delivery::{Delivery, Outcome},
    row::{Key, Row, Scope, State},
};
use crate::{
    base::clock::TimestampMs,
    wechat::{Call, Content},
};

/// One customer of one account: what is kept in order.
pub(super) type Lane = (String, String);

/// What a push did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pushed {
    /// The row is new.
    New,
    /// The key was there with the same content; nothing changed.
    Known,
    /// The key was there with another content; the first row stays (architecture.md, invariant 6).
    Differs,
}

/// Which parked rows may be tried again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Release {
    /// Those that waited for this user's next action.
    User {
        /// The official account.
        account: String,
        /// The user.
        openid: String,
    },
    /// Those whose time has come.
    Due(TimestampMs),
    /// All.
    All,
}

/// Rows by state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Summary {
    /// To be sent.
    pub pending: usize,
    /// On the wire.
    pub sending: usize,
    /// Taken by WeChat.
    pub sent: usize,
    /// Sent without an answer.
    pub unknown: usize,
    /// Waiting for something outside.
    pub parked: usize,
    /// Waiting for a person.
    pub held: usize,
    /// Given up.
    pub dead: usize,
}

impl Summary {
    /// Whether messages are parked or dead: exit code 120 (cli.md).
    #[must_use]
    pub fn needs_attention(&self) -> bool {
        self.parked + self.dead > 0
    }
}

/// Why a call, or a whole account, is not used for now.
#[derive(Debug)]
struct Closed {
    until: Option<TimestampMs>,
    reason: Option<String>,
}

/// What a lane does next.
#[derive(Debug)]
pub(super) enum Step {
    Send(Box<Row>),
    Parked(Box<Delivery>),
}

#[derive(Debug, Default)]
pub(super) struct Book {
    rows: IndexMap<Key, Row>,
    /// Per customer the rows that are not done, in order.
    queues: IndexMap<Lane, VecDeque<Key>>,
    busy: HashSet<Lane>,
    closed: HashMap<(String, Scope), Closed>,
}

impl Book {
    pub(super) fn push(&mut self, row: Row) -> Pushed {
        if let Some(first) = self.rows.get(&row.key) {
            let same = first.content == row.content && first.openid == row.openid;
            return if same { Pushed::Known } else { Pushed::Differs };
        }
        let lane = (row.account.clone(), row.openid.clone());
        self.queues.entry(lane).or_default().push_back(row.key.clone());
        self.rows.insert(row.key.clone(), row);
        Pushed::New
    }

    pub(super) fn rows(&self) -> impl Iterator<Item = &Row> {
        self.rows.values()
    }

    pub(super) fn summary(&self) -> Summary {
        let mut summary = Summary::default();
        for row in self.rows.values() {
            *match row.state {
                State::Pending => &mut summary.pending,
                State::Sending => &mut summary.sending,
                State::Sent => &mut summary.sent,
                State::Unknown => &mut summary.unknown,
                State::Parked => &mut summary.parked,
                State::Held => &mut summary.held,
                State::Dead => &mut summary.dead,
            } += 1;
        }
        summary
    }

    /// A customer with something to do whom nobody serves yet; from now on the caller does.
    pub(super) fn take_lane(&mut self) -> Option<Lane> {
        let waiting = |queue: &VecDeque<Key>| queue.iter().any(|key| self.rows[key].state == State::Pending);
        let mut lanes = self.queues.iter().filter(|(lane, _)| !self.busy.contains(*lane));
        let lane = lanes.find(|(_, queue)| waiting(queue)).map(|(lane, _)| lane.clone())?;
        self.busy.insert(lane.clone());
        Some(lane)
    }

    /// Gives a customer back. A row still on the wire was interrupted there.
    pub(super) fn leave_lane(&mut self, lane: &Lane) {
        self.busy.remove(lane);
        for key in self.queues.get(lane).into_iter().flatten() {
            if let Some(row) = self.rows.get_mut(key)
                && row.state == State::Sending
            {
                row.state = State::Unknown;
                row.reason = Some("interrupted while it was sent".to_owned());
            }
        }
        self.drop_done(lane);
    }

    /// The customer's next row: to be sent, or parked because an earlier one is or because its way is closed.
    pub(super) fn step(&mut self, lane: &Lane, now: TimestampMs) -> Option<Step> {
        self.drop_done(lane);
        let mut before: Option<Key> = None;
        let mut next = None;
        for key in self.queues.get(lane)? {
            match self.rows[key].state {
                State::Parked => before = before.or_else(|| Some(key.clone())),
                State::Pending => {
                    next = Some(key.clone());
                    break;
                }
                _ => {}
            }
        }
        let key = next?;
        if let Some(before) = before {
            let earlier = &self.rows[&before];
            let (scope, until) = (earlier.parked.unwrap_or(Scope::User), earlier.next);
            let reason = format!("waits behind {before}");
            return self.park(&key, scope, until, Some(reason)).map(|delivery| Step::Parked(Box::new(delivery)));
        }
        if let Some((scope, until, reason)) = self.closed_for(&key, now) {
            return self.park(&key, scope, until, reason).map(|delivery| Step::Parked(Box::new(delivery)));
        }
        let row = self.rows.get_mut(&key)?;
        row.state = State::Sending;
        row.next = None;
        Some(Step::Send(Box::new(row.clone())))
    }

    fn park(&mut self, key: &Key, scope: Scope, next: Option<TimestampMs>, reason: Option<String>) -> Option<Delivery> {
        self.change(key, |row| {
            row.state = State::Parked;
            row.parked = Some(scope);
            row.next = next;
            row.reason = reason;
        });
        self.rows.get(key).map(|row| Delivery::of(row, Outcome::Parked, (0, 0)))
    }

    fn closed_for(&self, key: &Key, now: TimestampMs) -> Option<(Scope, Option<TimestampMs>, Option<String>)> {
        let row = &self.rows[key];
        let needs_upload = matches!(row.content, Content::Image { .. });
        let upload = needs_upload.then_some(Scope::Api(Call::Upload));
        let ways = [Some(Scope::Account), Some(Scope::Api(Call::StableToken)), Some(Scope::Api(Call::Send)), upload];
        ways.into_iter().flatten().find_map(|scope| {
            let closed = self.closed.get(&(row.account.clone(), scope))?;
            let open_again = closed.until.is_some_and(|until| until <= now);
            (!open_again).then(|| (scope, closed.until, closed.reason.clone()))
        })
    }

    /// Changes a row; the copy is the row as it is now.
    pub(super) fn change(&mut self, key: &Key, change: impl FnOnce(&mut Row)) -> Option<Row> {
        let row = self.rows.get_mut(key)?;
        change(row);
        Some(row.clone())
    }

    /// Parks what has the scope of a row that was just parked.
    pub(super) fn close(&mut self, account: &str, scope: Scope, until: Option<TimestampMs>, reason: Option<String>) {
        if scope != Scope::User {
            self.closed.insert((account.to_owned(), scope), Closed { until, reason });
        }
    }

    /// Makes parked rows pending again; how many.
    pub(super) fn release(&mut self, which: &Release) -> usize {
        match which {
            Release::User { .. } => {}
            Release::Due(now) => self.closed.retain(|_, closed| closed.until.is_none_or(|until| *now < until)),
            Release::All => self.closed.clear(),
        }
        let mut count = 0;
        for row in self.rows.values_mut().filter(|row| row.state == State::Parked) {
            let released = match which {
                Release::User { account, openid } => {
                    row.parked == Some(Scope::User) && row.account == *account && row.openid == *openid
                }
                Release::Due(now) => row.next.is_some_and(|next| next <= *now),
                Release::All => true,
            };
            if released {
                (row.state, row.parked, row.next, row.reason) = (State::Pending, None, None, None);
                count += 1;
            }
        }
        count
    }

    fn drop_done(&mut self, lane: &Lane) {
        let Some(queue) = self.queues.get_mut(lane) else { return };
        queue.retain(|key| !matches!(self.rows[key].state, State::Sent | State::Unknown | State::Dead));
        if queue.is_empty() {
            self.queues.shift_remove(lane);
        }
    }
}
