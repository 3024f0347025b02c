//! One message on its way (cli.md, "The outbox as data").

use std::fmt;

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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
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
}

/// What is parked with a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scope {
    /// The same customer's later messages.
    User,
    /// Every message of the account that needs this call.
    Api(Call),
    /// Every message of the account.
    Account,
}

/// One message with its cause and its history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
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
    /// When it came in.
    pub created: TimestampMs,
    /// When it is due again.
    pub next: Option<TimestampMs>,
    /// Why it is where it is.
    pub reason: Option<String>,
    /// Of the messages its content becomes, how many are done: they are not sent again.
    pub messages_done: usize,
    /// Of those, whether one went out without an answer.
    pub doubtful: bool,
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
            key,
            account: account.into(),
            openid: openid.into(),
            kf_account: None,
            content,
            cause,
            state: State::Pending,
            attempts: 0,
            created,
            next: None,
            reason: None,
            messages_done: 0,
            doubtful: false,
            parked: None,
        }
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
            "body": body(&self.content),
            "cause": self.cause,
            "attempts": self.attempts,
            "created": format_rfc3339(self.created),
            "next": self.next.map(format_rfc3339),
            "reason": self.reason,
        })
    }
}

fn body(content: &Content) -> Value {
    match content {
        Content::Text { text } => json!({"content": text}),
        Content::Image { pic_url } => json!({"picUrl": pic_url}),
        Content::News { articles } => {
            let articles = articles.iter().map(|article| {
                json!({
                    "title": article.title,
                    "description": article.description,
                    "url": article.url,
                    "picurl": article.picurl,
                })
            });
            json!({"articles": articles.collect::<Vec<_>>()})
        }
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
