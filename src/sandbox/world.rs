//! The sandbox's state: one account, its users, what they received, what exists.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

use serde_json::{Map, Value, json};
use tokio::sync::oneshot;

use super::{
    answer::{Answer, Refusal, rid},
    callback::Callback,
    config::SandboxConfig,
    desk::Desk,
    fault::Faults,
    kept::{Kept, Received},
    kf::{agent, said, spoken},
    media::Shelf,
    quota::{Metered, Used},
    records::{FROM_USER, Records, TO_USER},
    shared::{Delivery, Job},
    token::Tokens,
    window::{self, deed},
};
use crate::base::clock::{TimestampMs, format_rfc3339};
use crate::session::window::{Closed, Deed, Standing, Window};

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

/// What became of pushes.
#[derive(Debug, Default, Clone, Copy)]
struct Pushed {
    begun: u64,
    delivered: u64,
    failed: u64,
    attempts: u64,
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
    pub(super) callback: Option<Arc<Callback>>,
    pub(super) used: Used,
    users: HashMap<String, User>,
    received: Kept,
    /// What is on phones only: what users sent and did, and what WeChat itself told them.
    aside: Kept,
    outgoing: Vec<Job>,
    seq: u64,
    messages: u64,
    pushed: Pushed,
    ahead_ms: i64,
    begun: TimestampMs,
    refusals: u64,
    calls: BTreeMap<String, u64>,
    errcodes: BTreeMap<i64, u64>,
}

impl World {
    pub(super) fn new(config: SandboxConfig) -> Self {
        let begun = config.clock.now_ms();
        Self {
            config,
            tokens: Tokens::default(),
            media: Shelf::default(),
            seeds: Seeds::default(),
            faults: Faults::default(),
            desk: Desk::default(),
            records: Records::default(),
            callback: None,
            used: Used::default(),
            users: HashMap::new(),
            received: Kept::default(),
            aside: Kept::default(),
            outgoing: Vec::new(),
            seq: 0,
            messages: 0,
            pushed: Pushed::default(),
            ahead_ms: 0,
            begun,
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

    /// A user does something; whoever did anything is known from then on. What comes back will say what became of its
    /// push, where there is one.
    pub(super) fn act(
        &mut self,
        openid: &str,
        push: &Map<String, Value>,
    ) -> Result<Option<oneshot::Receiver<Delivery>>, String> {
        let deed = match deed(push) {
            // Receivers are to bear types that nobody knows yet; those open no window.
            Err(_) if is_future_type(push) => None,
            deed => deed?,
        };
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
        self.show(openid, "said", Value::Object(push.clone()));
        Ok(self.push(openid, push, matches!(deed, Some(Deed::Opens(_)))))
    }

    /// Writes a push, where there is a callback and it is to hear of this.
    fn push(
        &mut self,
        openid: &str,
        fields: &Map<String, Value>,
        is_awaited: bool,
    ) -> Option<oneshot::Receiver<Delivery>> {
        let (callback, now) = (self.callback.clone()?, self.now());
        let text = |name: &str| fields.get(name).and_then(Value::as_str);
        let is_message = text("MsgType") != Some("event");
        // No push tells of a payment; and who is served talks to customer service.
        if text("Event") == Some("payment") || is_message && self.desk.is_served(openid, now) {
            return None;
        }
        self.pushed.begun += 1;
        let mut whole = Map::from_iter([
            ("ToUserName".to_owned(), json!(self.config.wechat_id)),
            ("FromUserName".to_owned(), json!(openid)),
            ("CreateTime".to_owned(), json!(now / 1000)),
        ]);
        let common = ["ToUserName", "FromUserName"];
        let own = fields.iter().filter(|(name, _)| !common.contains(&name.as_str()));
        whole.extend(own.map(|(name, value)| (name.clone(), value.clone())));
        if is_message {
            // 64 bits, as the real ones, which are too many for a JavaScript number.
            let id = u64::try_from(now / 1000).unwrap_or_default() << 30 | self.pushed.begun & ((1 << 30) - 1);
            whole.entry("MsgId").or_insert_with(|| json!(id));
        }
        let (sender, receiver) = oneshot::channel();
        let (openid, answer) = (openid.to_owned(), Some(sender));
        self.outgoing.push(Job { openid, fields: whole, is_message, is_awaited, callback, answer });
        Some(receiver)
    }

    /// The pushes that came of what happened since this was asked last, those that tell of sessions too.
    pub(super) fn outgoing(&mut self) -> Vec<Job> {
        for change in self.desk.changes() {
            if let Some(fields) = change.fields.as_object() {
                self.push(&change.openid, fields, false);
            }
        }
        std::mem::take(&mut self.outgoing)
    }

    /// How far its clock is ahead of the real one, in ms.
    pub(super) fn ahead(&self) -> i64 {
        self.ahead_ms
    }

    /// Counts what became of a push.
    pub(super) fn count_push(&mut self, delivery: Delivery) {
        self.pushed.attempts += u64::from(delivery.attempts);
        *(if delivery.delivered { &mut self.pushed.delivered } else { &mut self.pushed.failed }) += 1;
    }

    /// Counts a call against its quota: 45009 where that is used up, 45011 where a minute's is.
    pub(super) fn count_quota(&mut self, call: Metered) -> Result<(), Refusal> {
        let now = self.now();
        self.used.count(call, &self.config.quotas, now)
    }

    /// Whether a message to this user would be taken.
    pub(super) fn check_user(&self, openid: &str) -> Result<(), Refusal> {
        let user = self.users.get(openid).ok_or(Refusal(40003))?;
        window::check(&user.window, &self.config.profile, self.now())
    }

    /// Whether a user no longer follows the account: nothing reaches his phone.
    pub(super) fn has_left(&self, openid: &str) -> bool {
        let standing = |user: &User| user.window.standing(&self.config.profile.allowances(), self.now());
        matches!(self.users.get(openid).map(standing), Some(Standing::Closed(Closed::Left { .. })))
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
        self.messages += 1;
        let received = self.entry(openid, kind, body);
        self.received.add(received);
    }

    /// The answer to a push is on the user's phone now.
    pub(super) fn receive_reply(&mut self, openid: &str, body: Value) {
        self.messages += 1;
        let received = Received { is_passive: true, ..self.entry(openid, "message", body) };
        self.received.add(received);
    }

    /// Something is on the user's phone that the account did not send.
    pub(super) fn show(&mut self, openid: &str, kind: &'static str, body: Value) {
        let shown = self.entry(openid, kind, body);
        self.aside.add(shown);
    }

    fn entry(&mut self, openid: &str, kind: &'static str, body: Value) -> Received {
        self.seq += 1;
        Received { seq: self.seq, time: self.now(), openid: openid.to_owned(), kind, is_passive: false, body }
    }

    /// Tells this run from others: when it began, in ms by the sandbox's clock.
    pub(super) fn run(&self) -> TimestampMs {
        self.begun
    }

    /// The number of the last entry of any phone.
    pub(super) fn seq(&self) -> u64 {
        self.seq
    }

    /// What is on the phones behind this entry, in order, at most so many; what users said and were told, too.
    pub(super) fn feed(&self, after: u64, limit: usize) -> Vec<Arc<Received>> {
        let mut feed: Vec<_> =
            self.received.after(after).take(limit).chain(self.aside.after(after).take(limit)).cloned().collect();
        feed.sort_unstable_by_key(|entry| entry.seq);
        feed.truncate(limit);
        feed
    }

    /// What one user received, or everybody, in order.
    pub(super) fn received(&self, openid: Option<&str>) -> Vec<Arc<Received>> {
        let is_asked = |entry: &&Arc<Received>| openid.is_none_or(|openid| entry.openid == openid);
        self.received.iter().filter(is_asked).cloned().collect()
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
    pub(super) fn stats(&mut self) -> Value {
        let (plain, stable) = self.tokens.counts();
        let now = self.now();
        let Pushed { delivered, failed, attempts, .. } = self.pushed;
        json!({
            "now": format_rfc3339(self.now()),
            "calls": self.calls,
            "errcodes": self.errcodes.iter().map(|(code, count)| (code.to_string(), json!(count))).collect::<Map<_, _>>(),
            "tokens": {"token": plain, "stable_token": stable},
            "users": self.users.len(),
            "messages": self.messages,
            "pushes": {"delivered": delivered, "failed": failed, "attempts": attempts},
            "today": self.used.shown(now),
            "media": self.media.len(),
            "faults": self.faults.left(),
        })
    }
}

/// Whether a push names a type, and no event.
fn is_future_type(push: &Map<String, Value>) -> bool {
    let name = push.get("MsgType").and_then(Value::as_str).unwrap_or_default();
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    is_name && name != "event"
}
