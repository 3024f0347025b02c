//! One message on its way (cli.md, "The outbox as data").

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    base::clock::{TimestampMs, format_rfc3339},
    wechat::{Call, Content},
};

/// What makes a row the same row: handling an event again makes no second one (architecture.md, invariant 6).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    /// Id of the stimulus the effect belongs to.
    pub stimulus: String,
    /// Name of the plugin.
    pub plugin: String,
    /// Which effect of that stimulus and plugin, from 0.
    pub effect: u32,
    /// Which message of that effect, from 0: one `PutMsg` may hold several.
    pub part: u32,
}

impl Key {
    /// The key of an effect's first message.
    #[must_use]
    pub fn new(stimulus: impl Into<String>, plugin: impl Into<String>, effect: u32) -> Self {
        Self { stimulus: stimulus.into(), plugin: plugin.into(), effect, part: 0 }
    }

    /// The key of another message of the same effect.
    #[must_use]
    pub fn part(mut self, part: u32) -> Self {
        self.part = part;
        self
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.stimulus, self.plugin, self.effect)?;
        if self.part > 0 { write!(f, ".{}", self.part) } else { Ok(()) }
    }
}

/// Where a row stands (cli.md).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// To be sent.
    Pending,
    /// On the wire.
    Sending,
    /// WeChat took it.
    Sent,
    /// It went out and no answer came back: the user may have it.
    Unknown,
    /// Waits for something outside: the user, the quota, the account.
    Parked,
    /// Waits for a person.
    Held,
    /// Will not be sent.
    Dead,
}

impl State {
    /// Every state, in the order of a row's life.
    pub const ALL: [Self; 7] =
        [Self::Pending, Self::Sending, Self::Sent, Self::Unknown, Self::Parked, Self::Held, Self::Dead];

    /// The state's name in output.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Sending => "sending",
            Self::Sent => "sent",
            Self::Unknown => "unknown",
            Self::Parked => "parked",
            Self::Held => "held",
            Self::Dead => "dead",
        }
    }

    /// The state of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }
}

/// What a push did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pushed {
    /// The row is new.
    New,
    /// The key was there with the same content; nothing changed.
    Known,
    /// The key was there with another content; the first row stays (ARCHITECTURE.md, invariant 5).
    Differs,
}

/// Which parked rows may be tried again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Release {
    /// Those that waited for this user's next action.
    User(String),
    /// All: every way of the account is open, and WeChat is asked whatever is known of users.
    All,
}

/// What a parked row, or a closed way, is parked with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scope {
    /// The same customer's later messages.
    User,
    /// Every message of the account that needs this call.
    Api(Call),
    /// Every message of the account.
    Account,
}

impl Scope {
    /// Every scope of a way.
    pub const WAYS: [Self; 4] =
        [Self::Account, Self::Api(Call::StableToken), Self::Api(Call::Send), Self::Api(Call::Upload)];

    /// The name in the store and in output.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Api(call) => call.path(),
            Self::Account => "account",
        }
    }

    /// The scope of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        std::iter::once(Self::User).chain(Self::WAYS).find(|scope| scope.name() == name)
    }

    /// What the rows wait for, in words.
    #[must_use]
    pub fn waits_for(self) -> &'static str {
        match self {
            Self::User => "the customer's next action",
            Self::Api(Call::StableToken) => "a token",
            Self::Api(Call::Send) => "WeChat to take messages again",
            Self::Api(Call::Upload) => "WeChat to take uploads again",
            Self::Api(_) => "WeChat to answer this call again",
            Self::Account => "the account",
        }
    }
}

/// One message with its cause and its history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its number in the store, in the order of arrival; 0 before it is there.
    pub seq: i64,
    /// What makes it the same row.
    pub key: Key,
    /// The official account, by app id.
    pub account: String,
    /// To whom.
    pub openid: String,
    /// The customer-service account in whose name it goes out.
    pub kf_account: Option<String>,
    /// What.
    pub content: Content,
    /// Id of the stimulus that led to it (session-log.md, `cause`).
    pub cause: String,
    /// Where it stands.
    pub state: State,
    /// Calls made for it.
    pub attempts: u32,
    /// Calls that failed since one succeeded or a person had a say: where the schedule stands.
    pub failures: u32,
    /// When it came in.
    pub created: TimestampMs,
    /// When it is due again.
    pub next: Option<TimestampMs>,
    /// Why it is where it is.
    pub reason: Option<String>,
    /// How many messages its content became when the first of them went out; 0 before that.
    pub messages: u32,
    /// Of the messages its content becomes, how many are done: they are not sent again.
    pub messages_done: u32,
    /// Of those, which went out without an answer, from 1.
    pub doubtful: Vec<u32>,
    /// Only these of its messages are to be sent, where a person had those sent again that were doubtful.
    pub only: Option<Vec<u32>>,
    /// What it is parked with.
    pub parked: Option<Scope>,
}

impl Row {
    /// A row to be sent.
    #[must_use]
    pub fn new(
        key: Key,
        account: impl Into<String>,
        openid: impl Into<String>,
        content: Content,
        created: TimestampMs,
    ) -> Self {
        let cause = key.stimulus.clone();
        Self {
            seq: 0,
            key,
            account: account.into(),
            openid: openid.into(),
            kf_account: None,
            content,
            cause,
            state: State::Pending,
            attempts: 0,
            failures: 0,
            created,
            next: None,
            reason: None,
            messages: 0,
            messages_done: 0,
            doubtful: Vec::new(),
            only: None,
            parked: None,
        }
    }

    /// With the id of the stimulus where the key has another name for it.
    #[must_use]
    pub fn caused_by(mut self, cause: impl Into<String>) -> Self {
        self.cause = cause.into();
        self
    }

    /// Takes note that a message, from 1, of so many went out without an answer: it is not sent again by itself. The row
    /// goes on with the next one; after the last one it is unknown.
    pub fn message_unanswered(&mut self, message: u32, messages: u32) {
        if !self.doubtful.contains(&message) {
            self.doubtful.push(message);
        }
        self.message_done(message, messages);
    }

    /// Takes note that a message, from 1, of so many is done: with the last one the row is.
    pub fn message_done(&mut self, message: u32, messages: u32) {
        self.messages_done = message;
        let goes_on = (message + 1..=messages).any(|next| self.is_wanted(next));
        self.state = match (goes_on, self.doubtful.is_empty()) {
            (true, _) => State::Pending,
            (false, true) => State::Sent,
            (false, false) => State::Unknown,
        };
    }

    /// Of a row that is unknown, what is to be sent if it is sent again: the messages without an answer.
    pub(super) fn only_the_doubtful(&mut self) {
        self.only = (!self.doubtful.is_empty()).then(|| std::mem::take(&mut self.doubtful));
        self.messages_done = 0;
    }

    /// How many messages its content became, where some of them were sent or are in doubt; 0 where all are still to be sent.
    #[must_use]
    pub fn begun(&self) -> u32 {
        if self.messages_done > 0 || self.only.is_some() { self.messages } else { 0 }
    }

    /// Whether a message, from 1, is to be sent.
    #[must_use]
    pub fn is_wanted(&self, message: u32) -> bool {
        message > self.messages_done && self.only.as_ref().is_none_or(|only| only.contains(&message))
    }

    /// A row that waits for a person.
    #[must_use]
    pub fn held(mut self, reason: impl Into<String>) -> Self {
        self.state = State::Held;
        self.reason = Some(reason.into());
        self
    }

    /// Sent in the name of a customer-service account.
    #[must_use]
    pub fn as_agent(mut self, kf_account: impl Into<String>) -> Self {
        self.kf_account = Some(kf_account.into());
        self
    }

    /// The row as `duoke outbox list --format json` prints it.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({
            "key": self.key.to_string(),
            "state": self.state.name(),
            "account": self.account,
            "openid": self.openid,
            "msgtype": self.content.msgtype(),
            "body": self.content.body(),
            "cause": self.cause,
            "attempts": self.attempts,
            "created": format_rfc3339(self.created),
            "next": self.next.map(format_rfc3339),
            "reason": self.reason,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shape_scripts_rely_on() {
        let content = Content::Text { text: "您好".into() };
        let row = Row::new(Key::new("7", "quick", 2).part(1), "wx1", "oA", content, 0);
        let members: Vec<_> = row.to_json().as_object().unwrap().keys().cloned().collect();
        let expected =
            ["key", "state", "account", "openid", "msgtype", "body", "cause", "attempts", "created", "next", "reason"];
        assert_eq!(members, expected);
        assert_eq!(row.to_json()["key"], "7/quick/2.1");
        assert_eq!(row.to_json()["state"], "pending");
    }
}
