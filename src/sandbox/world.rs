//! The sandbox's state: one account, its users, what they received, what exists.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

use serde_json::{Map, Value, json};

use super::{
    answer::{Answer, Refusal, rid},
    config::SandboxConfig,
    desk::Desk,
    fault::Faults,
    kf::{agent, said, spoken},
    media::Shelf,
    records::{FROM_USER, Records, TO_USER},
    token::Tokens,
    window::{self, deed},
};
use crate::base::{
    clock::{TimestampMs, format_rfc3339},
    limits::SANDBOX_MESSAGES_MAX,
};
use crate::session::window::Window;

/// Something a user received.
#[derive(Debug, Clone, PartialEq)]
pub struct Received {
    /// Strictly increasing over all users.
    pub seq: u64,
    /// By the sandbox's clock.
    pub time: TimestampMs,
    /// Who.
    pub openid: String,
    /// `message` or `typing`.
    pub kind: &'static str,
    /// The body as it was sent.
    pub body: Value,
}

impl Received {
    /// The shape of `GET /_sandbox/messages` (cli.md).
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({
            "seq": self.seq,
            "time": format_rfc3339(self.time),
            "openid": self.openid,
            "kind": self.kind,
            "body": self.body,
        })
    }
}

/// What the sandbox knows of a user.
#[derive(Debug, Default)]
pub(super) struct User {
    pub(super) window: Window,
}

/// Ids that exist without having been uploaded (cli.md, `POST seed`).
#[derive(Debug, Default)]
pub(super) struct Seeds {
    /// With the number of their articles.
    pub(super) mpnews: HashMap<String, usize>,
    pub(super) articles: HashSet<String>,
    pub(super) cards: HashSet<String>,
}

/// All of it.
#[derive(Debug)]
pub(super) struct World {
    pub(super) config: SandboxConfig,
    pub(super) tokens: Tokens,
    pub(super) media: Shelf,
    pub(super) seeds: Seeds,
    pub(super) faults: Faults,
    pub(super) desk: Desk,
    pub(super) records: Records,
    users: HashMap<String, User>,
    received: VecDeque<Received>,
    seq: u64,
    ahead_ms: i64,
    refusals: u64,
    calls: BTreeMap<String, u64>,
    errcodes: BTreeMap<i64, u64>,
}

impl World {
    pub(super) fn new(config: SandboxConfig) -> Self {
        Self {
            config,
            tokens: Tokens::default(),
            media: Shelf::default(),
            seeds: Seeds::default(),
            faults: Faults::default(),
            desk: Desk::default(),
            records: Records::default(),
            users: HashMap::new(),
            received: VecDeque::new(),
            seq: 0,
            ahead_ms: 0,
            refusals: 0,
            calls: BTreeMap::new(),
            errcodes: BTreeMap::new(),
        }
    }

    pub(super) fn now(&self) -> TimestampMs {
        self.config.clock.now_ms().saturating_add(self.ahead_ms)
    }

    pub(super) fn advance(&mut self, ms: i64) {
        self.ahead_ms = self.ahead_ms.saturating_add(ms);
    }

    /// A user does something; whoever did anything is known from then on.
    pub(super) fn act(&mut self, openid: &str, push: &Map<String, Value>) -> Result<(), String> {
        let deed = deed(push)?;
        let now = self.now();
        let user = self.users.entry(openid.to_owned()).or_default();
        if let Some(deed) = deed {
            user.window.acts(deed, now, now);
        }
        if let Some(text) = said(push) {
            let worker = self.desk.sessions.get(openid).map_or("", |session| &session.kf_account);
            self.records.add(openid, FROM_USER, text, now, worker);
            if let Some(latest) = self.desk.waiting.get_mut(openid) {
                *latest = now;
            }
        }
        Ok(())
    }

    /// Whether a message to this user would be taken.
    pub(super) fn check_user(&self, openid: &str) -> Result<(), Refusal> {
        let user = self.users.get(openid).ok_or(Refusal(40003))?;
        window::check(&user.window, &self.config.profile, self.now())
    }

    /// A message was taken: it counts, and the user has it unless `silent`.
    pub(super) fn deliver(&mut self, openid: &str, body: Value, silent: bool) -> Result<(), Refusal> {
        let (now, profile) = (self.now(), self.config.profile);
        let user = self.user(openid)?;
        window::check(&user.window, &profile, now)?;
        user.window.sent(&profile.allowances(), now);
        if !silent {
            let kind = body.get("msgtype").and_then(Value::as_str).unwrap_or_default();
            let text = spoken(kind, body.get("text").and_then(|text| text.get("content")));
            self.records.add(openid, TO_USER, text, now, agent(&body));
            self.receive(openid, "message", body);
        }
        Ok(())
    }

    /// A user who is known: 40003 for a stranger.
    pub(super) fn user(&mut self, openid: &str) -> Result<&mut User, Refusal> {
        self.users.get_mut(openid).ok_or(Refusal(40003))
    }

    /// Something is on the user's phone now.
    pub(super) fn receive(&mut self, openid: &str, kind: &'static str, body: Value) {
        self.seq += 1;
        if self.received.len() == SANDBOX_MESSAGES_MAX {
            self.received.pop_front();
        }
        let received = Received { seq: self.seq, time: self.now(), openid: openid.to_owned(), kind, body };
        self.received.push_back(received);
    }

    /// What one user received, or everybody, in order.
    pub(super) fn received(&self, openid: Option<&str>) -> impl Iterator<Item = &Received> {
        self.received.iter().filter(move |received| openid.is_none_or(|openid| received.openid == openid))
    }

    /// The answer to a refused call.
    pub(super) fn refuse(&mut self, Refusal(code): Refusal) -> Answer {
        Answer::refusal(code, &self.rid())
    }

    /// The id of the next answer that refuses.
    pub(super) fn rid(&mut self) -> String {
        self.refusals += 1;
        rid(self.refusals)
    }

    /// Counts a call and what it was answered.
    pub(super) fn count(&mut self, path: &str, answer: &Answer) {
        *self.calls.entry(path.to_owned()).or_default() += 1;
        if let Answer::Json(value) = answer {
            let code = value.get("errcode").and_then(Value::as_i64).unwrap_or(0);
            *self.errcodes.entry(code).or_default() += 1;
        }
    }

    /// `GET /_sandbox/stats`.
    pub(super) fn stats(&self) -> Value {
        let (plain, stable) = self.tokens.counts();
        json!({
            "now": format_rfc3339(self.now()),
            "calls": self.calls,
            "errcodes": self.errcodes.iter().map(|(code, count)| (code.to_string(), json!(count))).collect::<Map<_, _>>(),
            "tokens": {"token": plain, "stable_token": stable},
            "users": self.users.len(),
            "messages": self.seq,
            "media": self.media.len(),
            "faults": self.faults.left(),
        })
    }
}
