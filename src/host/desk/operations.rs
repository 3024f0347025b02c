//! What a desk does.

use std::sync::Arc;

use serde_json::{Value, json};

use super::super::feed::Triggers;
use super::super::forward::interruption;
use super::super::watch::Notice;
use super::advice::advice;
use super::answer::{Answer, Trouble, TroubleKind};
use super::ending::{Ending, end};
use super::explained::explained;
use super::request::Request;
use super::send::send;
use super::trigger::trigger;
use super::upload::upload;
use super::window::window;
use crate::base::clock::{Clock, format_rfc3339};
use crate::base::limits::{CANDIDATES_SHOWN_MAX, OUTBOX_PAGE_ROWS};
use crate::outbox::Outbox;
use crate::store::{
    Change, Changed, Checked, Edited, Erased, Filter, Interrupted, Known, Listed, OnUnknown, Sign, SignFilter, State,
    Store, StoreError,
};
use crate::wechat::{Client, ProfileError};

/// Has pages recorded.
pub trait Records: std::fmt::Debug + Send + Sync {
    /// Pages of a plugin, or those of one customer, are recorded from their opening on, or no longer; what is asked for.
    ///
    /// # Errors
    /// [`Trouble`]: there is no such plugin.
    fn record(&self, plugin: Option<&str>, openid: Option<&str>, is_on: bool) -> Result<Value, Trouble>;
}

/// Answers requests over a store.
#[derive(Clone, Debug)]
pub struct Desk {
    store: Arc<dyn Store>,
    clock: Clock,
    /// The deliveries of the host, one for each account, with their clients: they hear of what may go.
    deliveries: Vec<(Outbox, Client)>,
    /// Where events for the pages of the host go, where it takes any.
    triggers: Option<Arc<dyn Triggers>>,
    /// Whether a host has the store, with open pages.
    host_runs: bool,
    /// The end of the host, where it can be asked for.
    ending: Option<Arc<Ending>>,
    /// What is recorded, where anything is.
    records: Option<Arc<dyn Records>>,
}

impl Desk {
    /// The desk of a running host that delivers for an account.
    #[must_use]
    pub fn of_host(outbox: &Outbox, client: Client) -> Self {
        let (clock, deliveries) = (client.config().clock.clone(), vec![(outbox.clone(), client)]);
        let store = outbox.store().clone();
        Self { store, clock, deliveries, triggers: None, host_runs: true, ending: None, records: None }
    }

    /// With the delivery of one more account.
    #[must_use]
    pub fn and_for(mut self, outbox: &Outbox, client: Client) -> Self {
        self.deliveries.push((outbox.clone(), client));
        self
    }

    /// With a way for events to the pages of the host.
    #[must_use]
    pub fn firing(mut self, triggers: Option<Arc<dyn Triggers>>) -> Self {
        self.triggers = triggers;
        self
    }

    /// With a way to have the host end in order.
    #[must_use]
    pub fn ending_by(mut self, ending: Arc<Ending>) -> Self {
        self.ending = Some(ending);
        self
    }

    /// With a way to have pages recorded.
    #[must_use]
    pub fn recording_by(mut self, records: Arc<dyn Records>) -> Self {
        self.records = Some(records);
        self
    }

    /// The desk of a host that does not deliver.
    #[must_use]
    pub fn in_host(mut self) -> Self {
        self.host_runs = true;
        self
    }

    /// The desk of who has the store and does not deliver: messages that a host left on the wire are settled first, as
    /// the next host would, and told.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn alone(store: Arc<dyn Store>, policy: OnUnknown) -> Result<(Self, Vec<Notice>), StoreError> {
        let clock = Clock::system();
        let interrupted = store.interrupted(Interrupted::Earlier(None), policy, clock.now_ms()).get().await?;
        let notices = interrupted.iter().map(|row| interruption(row, policy)).collect();
        let (deliveries, triggers) = (Vec::new(), None);
        Ok((Self { store, clock, deliveries, triggers, host_runs: false, ending: None, records: None }, notices))
    }

    /// Does what is asked.
    ///
    /// # Errors
    /// [`Trouble`]: nothing was done, or with the store in trouble, nothing is known.
    pub async fn answer(&self, request: Request) -> Result<Answer, Trouble> {
        match request {
            Request::List { filter, after, limit } => self.list(filter, after, limit).await,
            Request::Change { change, filter, after, dry_run } => self.change(change, filter, after, dry_run).await,
            Request::Edit { key, text } => self.edit(&key, &text).await,
            Request::Check { whole } => {
                let now = self.clock.now_ms();
                let checked = if whole || !self.host_runs { self.store.check(now) } else { self.store.glance() };
                let checked = checked.get().await?;
                Ok(one(checked_json(&checked)))
            }
            Request::Explain { message } => self.explain(&message).await,
            Request::Window { openid, profile } => self.window(&openid, &profile).await,
            Request::Signs { openid, sign, after } => self.signs(SignFilter { openid, sign }, after).await,
            Request::Trigger { line } => match &self.triggers {
                Some(triggers) => trigger(&**triggers, &line).await,
                None => Err(self.hears_nothing()),
            },
            Request::Upload { kind, path, account } => {
                let (_, client) = self.delivery(account.as_ref())?;
                upload(client, &kind, path).await
            }
            Request::Send { letter } => {
                let account = (letter.account.clone(), letter.server.clone());
                let (outbox, _) = self.delivery(Some(&account))?;
                send(outbox, &self.clock, *letter).await
            }
            Request::Record { plugin, openid, stop } => self.record(plugin.as_deref(), openid.as_deref(), stop),
            Request::Erase { openid, dry_run } => self.erase(&openid, dry_run).await,
            Request::End {} => end(self.ending.as_deref()).await,
        }
    }

    /// The delivery of an account, named by app id and server; the first one where none is named.
    fn delivery(&self, account: Option<&(String, String)>) -> Result<&(Outbox, Client), Trouble> {
        let Some((app_id, server)) = account else { return self.deliveries.first().ok_or_else(sends_nothing) };
        let is_it =
            |(_, client): &&(Outbox, Client)| client.config().app_id == *app_id && client.config().server() == *server;
        let found = self.deliveries.iter().find(is_it);
        found.ok_or_else(|| match self.deliveries.is_empty() {
            true => sends_nothing(),
            false => {
                let text = format!("the host that runs here does not send for {app_id} at {server}");
                let hint = "name the state of that account with --store, or its server with --wechat-base";
                Trouble::new(TroubleKind::Request, text).with_hint(hint)
            }
        })
    }

    fn hears_nothing(&self) -> Trouble {
        let (text, hint) = match self.host_runs {
            true => ("the host that has this state takes no events: it plays a file", "put the event into the log"),
            false => ("no host runs on this state", "`duoke run PAGE --events - --forward` is one that takes events"),
        };
        Trouble::new(TroubleKind::Request, text).with_hint(hint)
    }

    fn record(&self, plugin: Option<&str>, openid: Option<&str>, stop: bool) -> Result<Answer, Trouble> {
        let Some(records) = &self.records else {
            let text = "no host that serves customers runs on this state";
            return Err(Trouble::new(TroubleKind::Request, text).with_hint("start it with `duoke serve`"));
        };
        records.record(plugin, openid, !stop).map(one)
    }

    fn wake(&self) {
        self.deliveries.iter().for_each(|(outbox, _)| outbox.wake());
    }

    async fn list(&self, filter: Filter, after: i64, limit: Option<usize>) -> Result<Answer, Trouble> {
        let limit = limit.unwrap_or(usize::MAX).min(OUTBOX_PAGE_ROWS);
        let listed = self.store.list(filter, after, limit).get().await?;
        let next = listed.last().filter(|_| listed.len() == limit).map(|listed| listed.row.seq);
        let items = listed.iter().map(|Listed { row, .. }| row.to_json()).collect();
        Ok(Answer { items, next })
    }

    async fn change(&self, change: Change, filter: Filter, after: i64, dry_run: bool) -> Result<Answer, Trouble> {
        let changed = self.store.change(filter, change, after, self.clock.now_ms(), dry_run).get().await?;
        if !dry_run && changed.iter().any(|changed| changed.state.is_some()) {
            self.wake();
        }
        let next = changed.last().filter(|_| changed.len() == OUTBOX_PAGE_ROWS).map(|changed| changed.row.seq);
        Ok(Answer { items: changed.iter().map(changed_json).collect(), next })
    }

    async fn explain(&self, message: &str) -> Result<Answer, Trouble> {
        if let Some(found) = self.store.explain(message).get().await? {
            return Ok(one(explained(&found)));
        }
        let keys = self.store.keys(message, CANDIDATES_SHOWN_MAX + 1).get().await?;
        match keys.as_slice() {
            [] => {
                let text = format!("no message has the key {message}, or one that begins so");
                let hint = "`duoke outbox list` shows the keys; what was sent or given up is kept for 30 days";
                Err(Trouble::new(TroubleKind::NotFound, text).with_hint(hint))
            }
            [key] => match self.store.explain(key).get().await? {
                Some(found) => Ok(one(explained(&found))),
                None => Err(Trouble::new(TroubleKind::NotFound, format!("the message {key} was just deleted"))),
            },
            several => {
                let more = if several.len() > CANDIDATES_SHOWN_MAX { ", and more" } else { "" };
                let shown = several[..several.len().min(CANDIDATES_SHOWN_MAX)].join(", ");
                let text = format!("several messages have keys that begin with {message}: {shown}{more}");
                Err(Trouble::new(TroubleKind::NotFound, text).with_hint("name one of them"))
            }
        }
    }

    async fn window(&self, openid: &str, profile: &str) -> Result<Answer, Trouble> {
        let wrong = |error: ProfileError| Trouble::new(TroubleKind::Request, error.to_string());
        let own = self.deliveries.first().map(|(_, client)| client.config().profile);
        let profile = own.map_or_else(|| profile.parse().map_err(wrong), Ok)?;
        let (known, now) = (self.store.window(openid).get().await?, self.clock.now_ms());
        let his = SignFilter { openid: Some(openid.to_owned()), sign: None };
        let signs = self.store.signs(his, 0, OUTBOX_PAGE_ROWS).get().await?;
        let item = |known: &Known| {
            let is_here = |sign: &&Sign| sign.app_id == known.app_id && sign.server == known.server;
            window(openid, known, signs.iter().find(is_here), &profile, now)
        };
        Ok(Answer { items: known.iter().map(item).collect(), next: None })
    }

    async fn edit(&self, key: &str, text: &str) -> Result<Answer, Trouble> {
        if text.trim().is_empty() {
            return Err(Trouble::new(TroubleKind::Request, "the text is blank: WeChat takes none"));
        }
        let Some(Edited { listed, refusal }) = self.store.edit(key, text, self.clock.now_ms()).get().await? else {
            let trouble = Trouble::new(TroubleKind::NotFound, format!("no message has the key {key}"));
            return Err(trouble.with_hint("`duoke outbox list --state held` shows those that wait for a person"));
        };
        match refusal {
            None => Ok(one(listed.row.to_json())),
            Some(reason) => {
                let trouble = Trouble::new(TroubleKind::Request, format!("{key} stays as it is: {reason}"));
                Err(trouble.with_hint("`duoke outbox show` says how it stands"))
            }
        }
    }

    async fn signs(&self, filter: SignFilter, after: i64) -> Result<Answer, Trouble> {
        let signs = self.store.signs(filter, after, OUTBOX_PAGE_ROWS).get().await?;
        let next = signs.last().filter(|_| signs.len() == OUTBOX_PAGE_ROWS).map(|sign| sign.seq);
        Ok(Answer { items: signs.iter().map(sign_json).collect(), next })
    }

    async fn erase(&self, openid: &str, dry_run: bool) -> Result<Answer, Trouble> {
        let erased = self.store.erase(openid, dry_run).get().await?;
        let Erased { events, effects, rows, unsent, signs, windows, plugins, backups } = &erased;
        if events + effects + rows + signs + windows == 0 && plugins.is_empty() {
            let text = format!("nothing is known of a customer {openid}");
            return Err(Trouble::new(TroubleKind::NotFound, text).with_hint("an openid is named whole"));
        }
        if !dry_run {
            self.wake();
        }
        Ok(one(json!({
            "openid": openid,
            "erased": !dry_run,
            "events": events,
            "effects": effects,
            "messages": rows,
            "unsent": unsent,
            "signs": signs,
            "windows": windows,
            "plugins": plugins,
            "backups": backups,
            "host_runs": self.host_runs,
        })))
    }
}

fn sends_nothing() -> Trouble {
    Trouble::new(TroubleKind::Request, "the host that has this state does not send")
        .with_hint("wait until it has ended, or stop it")
}

fn one(item: Value) -> Answer {
    Answer { items: vec![item], next: None }
}

fn sign_json(sign: &Sign) -> Value {
    let Sign { seq: _, app_id, server, openid, sign, plugin, cause, at } = sign;
    json!({
        "openid": openid,
        "account": app_id,
        "server": server,
        "sign": sign,
        "plugin": plugin,
        "cause": cause,
        "at": format_rfc3339(*at),
    })
}

fn changed_json(changed: &Changed) -> Value {
    let Changed { row, state, note } = changed;
    json!({
        "key": row.key.to_string(),
        "account": row.account,
        "openid": row.openid,
        "before": row.state.name(),
        "state": state.unwrap_or(row.state).name(),
        "changed": state.is_some(),
        "note": note,
    })
}

fn checked_json(checked: &Checked) -> Value {
    let Checked { damage, is_looked_at, rows, dropped, oldest_waiting, closed, events_open, bytes } = checked;
    let mut counts = *rows;
    let counts: serde_json::Map<String, Value> =
        State::ALL.into_iter().map(|state| (state.name().to_owned(), (*counts.of(state)).into())).collect();
    let closed: Vec<Value> = closed
        .iter()
        .map(|(account, what, until, reason)| {
            json!({"account": account, "what": what, "until": until.map(format_rfc3339), "reason": reason})
        })
        .collect();
    json!({
        "damage": damage,
        "looked_at": is_looked_at,
        "messages": counts,
        "dropped": dropped,
        "oldest_waiting": oldest_waiting.map(format_rfc3339),
        "closed": closed,
        "events_open": events_open,
        "bytes": bytes,
        "advice": advice(checked),
    })
}
