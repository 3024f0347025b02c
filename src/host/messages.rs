//! What becomes of an effect: the messages that go to the outbox, and what a person should know.

use super::echat_messages::echat_content;
use super::watch::Notice;
use crate::engine::event_loop::Emission;
use crate::event::{self, Effect, PutMsgCall};
use crate::session::cause_rule::{Decision, PluginPolicy, Subject, Telling, decide};
use crate::store::{Key, Row};
use crate::wechat::{Article, Content};

/// Whose effect it is.
#[derive(Clone, Copy, Debug)]
pub struct Sender<'a> {
    /// The plugin's name.
    pub name: &'a str,
    /// Its policy.
    pub policy: PluginPolicy,
}

/// What became of an effect: new rows, and what a person should know.
#[derive(Clone, Debug, Default)]
pub struct Taken {
    /// The rows.
    pub rows: Vec<Row>,
    /// What to tell.
    pub notices: Vec<Notice>,
}

/// For whom and when rows are made.
#[derive(Clone, Debug)]
pub struct Stamp {
    /// The app id of the account.
    pub app_id: String,
    /// In whose name messages go out.
    pub kf_account: Option<String>,
    /// The system's time.
    pub now: i64,
}

/// A call that puts messages.
struct Said<'a> {
    contents: Vec<Content>,
    outcome: event::Outcome,
    reason: Option<&'a str>,
    late: bool,
}

impl<'a> Said<'a> {
    fn by(effect: &'a Effect) -> Option<Self> {
        match effect {
            Effect::PutMsg(PutMsgCall { messages, outcome, reason, late, .. }) => Some(Self {
                contents: messages.iter().map(content).collect(),
                outcome: *outcome,
                reason: reason.as_deref(),
                late: *late,
            }),
            Effect::Echat(call) if call.is_sender() => Some(Self {
                contents: echat_content(call).into_iter().collect(),
                outcome: call.outcome,
                reason: call.reason.as_deref(),
                late: call.late,
            }),
            _ => None,
        }
    }
}

/// Decides what becomes of an effect.
#[must_use]
pub fn messages(sender: Sender<'_>, key: &Key, emission: &Emission, effect: &Effect, stamp: &Stamp) -> Taken {
    let Some(said) = Said::by(effect) else { return Taken::default() };
    let subject = Subject { user: emission.subject.clone(), late: said.late };
    let user = subject.user.as_deref().unwrap_or_default();
    let cause = emission.cause.as_ref().map_or("", |cause| &*cause.stimulus);
    let rows = |held: Option<&str>| rows(key, user, cause, &said.contents, stamp, held);
    let refused = |reason: &str| Taken {
        notices: vec![Notice::warning(format!("{}: a message was not accepted: {reason}", sender.name))],
        ..Taken::default()
    };
    let held = |tell: fn(String) -> Notice, reason: &str, hint: &str| {
        let text = format!("{}: a message to {user} waits for a person: {reason}", sender.name);
        Taken { rows: rows(Some(reason)), notices: vec![tell(text).with_hint(Some(hint))] }
    };
    match decide(effect, &subject, sender.policy, Telling::First) {
        Decision::Send => Taken { rows: rows(None), ..Taken::default() },
        Decision::HoldLate => held(
            Notice::warning,
            "the page had been told another customer",
            "`duoke outbox retry` sends it; plugin.toml can let such messages go: `late = \"send\"`",
        ),
        Decision::HoldForReview => held(
            Notice::note,
            "the plugin is in review mode",
            "`duoke outbox retry` sends it; `send = \"auto\"` in plugin.toml lets it send by itself",
        ),
        Decision::Refuse { reason } => refused(reason),
        Decision::NotAMessage => match said.outcome {
            event::Outcome::Invalid | event::Outcome::Ignored => {
                refused(said.reason.unwrap_or("its argument is invalid"))
            }
            event::Outcome::Accepted | event::Outcome::Duplicate => Taken::default(),
        },
        Decision::RecordOnly => Taken::default(),
    }
}

fn rows(key: &Key, user: &str, cause: &str, contents: &[Content], stamp: &Stamp, held: Option<&str>) -> Vec<Row> {
    let row = |(part, content): (u32, &Content)| {
        let key = key.clone().part(part);
        let mut row = Row::new(key, &stamp.app_id, user, content.clone(), stamp.now).caused_by(cause);
        if let Some(account) = &stamp.kf_account {
            row = row.as_agent(account);
        }
        match held {
            Some(reason) => row.held(reason),
            None => row,
        }
    };
    (0_u32..).zip(contents).map(row).collect()
}

/// What a plugin said, as WeChat's client takes it.
fn content(message: &event::Message) -> Content {
    match message {
        event::Message::Text { text } => Content::Text { text: text.clone() },
        event::Message::Image { pic_url } => Content::Image { pic_url: pic_url.clone() },
        event::Message::News { articles } => Content::News {
            articles: articles
                .iter()
                .map(|article| Article {
                    title: article.title.clone(),
                    description: article.digest.clone(),
                    url: article.url.clone(),
                    picurl: article.cover.clone(),
                })
                .collect(),
        },
    }
}
