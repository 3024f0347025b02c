//! From disk to conversations: events in the order in which they came, each to whom it is about.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::thread;

use tokio::runtime::Handle;
use tokio::sync::mpsc::Sender;

use super::craft::{Handling, Host, Work};
use super::crew::Foreman;
use super::place::{SESSION_EVENTS, agent};
use crate::base::clock::{Clock, format_rfc3339};
use crate::event::stimulus::STIMULUS_PREFIX;
use crate::event::{Line, Stimulus, StimulusKind};
use crate::host::derived::Deriving;
use crate::host::desk::{Trouble, TroubleKind};
use crate::host::feed::{Reached, Triggers};
use crate::host::inbox::Inbox;
use crate::host::ledger::read;
use crate::host::watch::Notice;
use crate::record::Reader;
use crate::store::{AccountId, EventId, Store, StoreError, Unfinished};
use crate::wechat::BoxFuture;

/// The customer whose pages an event is told to; none: it is told to nobody.
pub(super) fn customer(line: &Line) -> Option<Arc<str>> {
    let stimulus = Stimulus::from_line(line);
    let openid = match &stimulus.kind {
        StimulusKind::WechatPush(push) => {
            let leads_to_nothing = Deriving::default().of(line, &stimulus).is_empty();
            push.get("FromUserName").and_then(|from| from.as_str()).or(stimulus.user()).filter(|_| !leads_to_nothing)
        }
        _ => stimulus.user(),
    };
    openid.map(Arc::from)
}

/// The agent whom WeChat chose for a customer, as far as it is known.
async fn agent_of(store: &Arc<dyn Store>, account: AccountId, openid: &str) -> Result<Option<String>, StoreError> {
    let line = store.last_push(account, openid, SESSION_EVENTS).get().await?;
    Ok(line.and_then(|line| agent(&read(&line)?)))
}

/// Hands events of an account to the crew, for ever; an error of the store ends it, as does the crew's end.
pub(super) async fn feed(
    (account, id): (usize, AccountId),
    store: &Arc<dyn Store>,
    inbox: &Inbox,
    crew: &Foreman<Host>,
) -> Result<(), StoreError> {
    let mut last = EventId(0);
    loop {
        for (event, line) in inbox.next(last).await? {
            last = event;
            // What the customer did may let messages to him go, whether or not a page is told of it.
            let Some(house) = crew.craft(|host| host.woken(account)) else { return Ok(()) };
            let Some(openid) = customer(&line) else {
                inbox.done(&[(event, line)]).await?;
                continue;
            };
            let agent = if house.has_seats() { agent_of(store, id, &openid).await? } else { None };
            let places = house.places(&openid, agent.as_deref(), line.plugin.as_deref());
            if places.is_empty() {
                inbox.done(&[(event, line)]).await?;
                continue;
            }
            let left = AtomicUsize::new(places.len());
            let handling = Arc::new(Handling { event, line, openid, left });
            for place in places {
                if !crew.submit(&(account, place), Work::Event(handling.clone())).await {
                    return Ok(());
                }
            }
        }
    }
}

/// Hands in what an earlier host had begun and not finished.
pub(super) async fn take_up(
    (number, account): (usize, AccountId),
    store: &Arc<dyn Store>,
    plugins: &[String],
    crew: &Foreman<Host>,
) -> Result<(), StoreError> {
    let mut after = EventId(0);
    loop {
        let unfinished = store.unfinished(account, plugins.to_vec(), after).get().await?;
        let Some(last) = unfinished.last() else { return Ok(()) };
        after = last.event;
        for event in unfinished {
            // We wrote it ourselves.
            let Some(line) = read(&event.line) else { continue };
            let Some(openid) = Stimulus::from_line(&line).user().map(Arc::<str>::from) else { continue };
            let Some(house) = crew.craft(Host::house) else { return Ok(()) };
            let agent = if house.has_seats() { agent_of(store, account, &openid).await? } else { None };
            for place in house.places(&openid, agent.as_deref(), None) {
                let is_there = |plugin: &&String| {
                    house.residents.iter().any(|one| one.name == **plugin && house.is_at(one, &place))
                };
                let plugins = event.plugins.iter().filter(is_there).cloned().collect::<Vec<_>>();
                if plugins.is_empty() {
                    continue;
                }
                let begun = Box::new((Unfinished { plugins, ..event.clone() }, line.clone()));
                let work = Work::TakeUp(begun, openid.clone());
                if !crew.submit(&(number, place), work).await {
                    return Ok(());
                }
            }
        }
    }
}

/// Takes in the lines of a log as they come, on a thread of its own: nothing wakes one that reads standard input.
pub(super) fn follow(mut log: Reader, clock: Clock, inbox: Arc<Inbox>, runtime: Handle, told: Sender<Notice>) {
    thread::spawn(move || {
        let name = log.name().to_owned();
        // A line of standard input is another one with each host.
        let source = if name == "-" { format!("- {}", format_rfc3339(clock.now_ms())) } else { name.clone() };
        let say = |notice| drop(told.blocking_send(notice));
        for item in &mut log {
            let mut line = match item {
                Ok(line) if line.type_.starts_with(STIMULUS_PREFIX) => line,
                Ok(_) => continue,
                Err(error) => {
                    say(Notice::warning(error.to_string()).with_hint(error.hint()));
                    continue;
                }
            };
            if line.source == name {
                line.source.clone_from(&source);
            }
            if customer(&line).is_none() && !line.type_.ends_with(".push") {
                say(Notice::warning(format!("{name}: line {} names no customer: nobody's pages are told", line.id)));
                continue;
            }
            if runtime.block_on(inbox.take(&line)).is_err() {
                // The host stops because of it.
                return;
            }
        }
    });
}

/// Fires events at customers' pages: done once they are on disk.
#[derive(Debug)]
pub(super) struct Fired(pub(super) Arc<Inbox>);

impl Triggers for Fired {
    fn fire(&self, line: Line) -> BoxFuture<'_, Result<Option<Reached>, Trouble>> {
        Box::pin(async move {
            if customer(&line).is_none() {
                let text = "the event names no customer: nobody's pages are told";
                return Err(Trouble::new(TroubleKind::Request, text).with_hint("name one by --subject"));
            }
            // Whom it reaches turns out when his pages are told.
            self.0.take(&line).await.map(|_| None).map_err(Trouble::from)
        })
    }
}
