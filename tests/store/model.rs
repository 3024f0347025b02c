//! The outbox as a page of plain code: what the store must agree with.

use std::collections::BTreeMap;

use duoke::store::{OnUnknown, Scope, State};
use duoke::wechat::Call;

/// How a try ends, as far as rows and ways care.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Sent,
    /// Again after so many milliseconds.
    Retry(i64),
    Unanswered,
    Dead,
    ParkUser,
    /// A way is closed until then, or until somebody says so; what waits is parked, or only scheduled.
    Close(Scope, Option<i64>, bool),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    pub key: String,
    pub openid: String,
    pub is_image: bool,
    /// Messages it becomes on the wire.
    pub parts: u32,
    pub state: State,
    pub due: i64,
    /// Parts that are done, from 1 on.
    pub done: u32,
    /// Parts without an answer.
    pub doubtful: Vec<u32>,
    /// Only these parts are sent.
    pub only: Option<Vec<u32>>,
    /// A person said that it is not to be sent.
    pub dropped: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Closed {
    until: Option<i64>,
    since: i64,
    scheduled: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Model {
    pub messages: Vec<Message>,
    /// Closed ways.
    pub ways: BTreeMap<&'static str, Closed>,
    /// How often each customer did something.
    pub acts: BTreeMap<String, i64>,
}

const UPLOAD: Scope = Scope::Api(Call::Upload);

fn is_live(state: State) -> bool {
    matches!(state, State::Pending | State::Sending | State::Parked)
}

impl Message {
    pub fn new(key: &str, openid: &str, parts: u32, is_image: bool, state: State, due: i64) -> Self {
        let (key, openid) = (key.to_owned(), openid.to_owned());
        Self { key, openid, is_image, parts, state, due, done: 0, doubtful: Vec::new(), only: None, dropped: false }
    }

    /// The part that is sent next.
    pub fn next_part(&self) -> Option<u32> {
        (self.done + 1..=self.parts).find(|part| self.only.as_ref().is_none_or(|only| only.contains(part)))
    }

    /// Of one in doubt, only the parts without an answer are ever sent again.
    fn only_the_doubtful(&mut self) {
        if self.state == State::Unknown {
            self.only = Some(std::mem::take(&mut self.doubtful));
            self.done = 0;
        }
    }

    fn part_done(&mut self, part: u32) {
        self.done = part;
        self.state = match (self.next_part(), self.doubtful.is_empty()) {
            (Some(_), _) => State::Pending,
            (None, true) => State::Sent,
            (None, false) => State::Unknown,
        };
    }

    fn part_unanswered(&mut self, part: u32) {
        if !self.doubtful.contains(&part) {
            self.doubtful.push(part);
        }
        self.part_done(part);
    }
}

impl Model {
    pub fn push(&mut self, message: Message) {
        if self.messages.iter().all(|known| known.key != message.key) {
            self.messages.push(message);
        }
    }

    fn at(&mut self, key: &str) -> &mut Message {
        self.messages.iter_mut().find(|message| message.key == key).unwrap()
    }

    fn head(&self, openid: &str) -> Option<&Message> {
        self.messages.iter().find(|message| message.openid == openid && is_live(message.state))
    }

    /// Whether a closed way stands before a message.
    fn is_blocked(&self, message: &Message) -> bool {
        let parks = |(scope, way): (&&str, &Closed)| !way.scheduled && (message.is_image || *scope != UPLOAD.name());
        self.ways.iter().any(parks)
    }

    /// How a message stands.
    pub fn standing(&self, message: &Message) -> State {
        if message.state != State::Pending {
            return message.state;
        }
        let Some(head) = self.head(&message.openid) else { return message.state };
        let waits = self.is_blocked(head) && head.state == State::Pending || head.state == State::Parked;
        if waits { State::Parked } else { State::Pending }
    }

    /// The keys of what may be sent, in order.
    pub fn due(&self, now: i64, busy: &[String], limit: usize) -> Vec<String> {
        let closed = |way: &Closed| way.until.is_none_or(|until| now < until);
        let others = || self.ways.iter().filter(|(scope, _)| **scope != UPLOAD.name());
        if others().any(|(_, way)| closed(way)) {
            return Vec::new();
        }
        let limit = if others().next().is_none() { limit } else { usize::from(busy.is_empty()) };
        let no_pictures = self.ways.get(UPLOAD.name()).is_some_and(closed);
        let mut due: Vec<&Message> = self
            .messages
            .iter()
            .filter(|message| self.head(&message.openid) == Some(*message) && message.state == State::Pending)
            .filter(|message| message.due <= now && !busy.contains(&message.openid))
            .filter(|message| !(no_pictures && message.is_image))
            .collect();
        due.sort_by_key(|message| message.due);
        due.into_iter().take(limit).map(|message| message.key.clone()).collect()
    }

    /// Whether a message goes on the wire.
    pub fn on_wire(&mut self, key: &str) -> bool {
        let message = self.at(key);
        let goes = message.state == State::Pending;
        if goes {
            message.state = State::Sending;
        }
        goes
    }

    pub fn settle(&mut self, (key, acts): (&str, i64), part: u32, outcome: Outcome, started: i64, now: i64) {
        let openid = self.at(key).openid.clone();
        let has_acted = self.acts.get(&openid).copied().unwrap_or(0) != acts;
        let message = self.at(key);
        if !matches!(message.state, State::Sending | State::Pending) {
            return;
        }
        let is_image = message.is_image;
        message.due = message.due.min(now);
        match outcome {
            Outcome::Sent => message.part_done(part),
            Outcome::Retry(pause) => (message.state, message.due) = (State::Pending, now + pause),
            Outcome::Unanswered => message.part_unanswered(part),
            Outcome::Dead => message.state = State::Dead,
            Outcome::ParkUser if has_acted => message.state = State::Pending,
            Outcome::ParkUser => message.state = State::Parked,
            Outcome::Close(..) => message.state = State::Pending,
        }
        match outcome {
            Outcome::Sent | Outcome::Dead | Outcome::ParkUser => {
                self.ways.retain(|scope, way| *scope == UPLOAD.name() && !is_image || way.since >= started);
            }
            Outcome::Close(scope, until, scheduled) => {
                self.ways.insert(scope.name(), Closed { until, since: now, scheduled });
            }
            Outcome::Retry(_) | Outcome::Unanswered => {}
        }
    }

    /// The host ended and another one starts.
    pub fn interrupted(&mut self, policy: OnUnknown, now: i64) {
        for message in self.messages.iter_mut().filter(|message| message.state == State::Sending) {
            message.due = message.due.min(now);
            message.state = State::Pending;
            if let (OnUnknown::Hold, Some(part)) = (policy, message.next_part()) {
                message.part_unanswered(part);
            }
        }
        for way in self.ways.values_mut() {
            way.until.get_or_insert(now);
        }
    }

    pub fn release(&mut self, openid: Option<&str>, now: i64) {
        match openid {
            None => self.ways.clear(),
            Some(openid) => *self.acts.entry(openid.to_owned()).or_default() += 1,
        }
        let parked = self.messages.iter_mut().filter(|message| message.state == State::Parked);
        for message in parked.filter(|message| openid.is_none_or(|openid| message.openid == openid)) {
            (message.state, message.due) = (State::Pending, now);
        }
    }

    /// A person has a message sent again; whether it is.
    pub fn retry(&mut self, key: &str, now: i64) -> bool {
        let message = self.messages.iter().find(|message| message.key == key).unwrap();
        let is_head = self.head(&message.openid) == Some(message);
        let by_way = self.standing(message) == State::Parked && message.state == State::Pending;
        match message.state {
            State::Pending if !(by_way && is_head) => return false,
            State::Sending | State::Sent => return false,
            _ => {}
        }
        if by_way {
            self.ways.values_mut().for_each(|way| way.until = Some(now));
        }
        let message = self.at(key);
        message.only_the_doubtful();
        (message.state, message.due, message.dropped) = (State::Pending, message.due.min(now), false);
        true
    }

    /// A person has a message not sent, or knows that it was given up; whether that is new.
    pub fn drop(&mut self, key: &str) -> bool {
        let message = self.at(key);
        let drops = !matches!(message.state, State::Sending | State::Sent) && !message.dropped;
        if drops {
            message.only_the_doubtful();
            (message.state, message.dropped) = (State::Dead, true);
        }
        drops
    }
}
