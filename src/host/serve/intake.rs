//! From disk to conversations: events in the order in which they came, each to whom it is about.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::thread;

use tokio::runtime::Handle;
use tokio::sync::mpsc::Sender;

use super::craft::{Handling, Host, Work};
use super::crew::Foreman;
use super::place::{Place, SESSION_EVENTS, agent};
use crate::base::clock::{Clock, format_rfc3339};
use crate::base::limits::PLACE_WORK_READ;
use crate::event::stimulus::STIMULUS_PREFIX;
use crate::event::{Line, Stimulus, StimulusKind};
use crate::host::derived::Deriving;
use crate::host::desk::{Trouble, TroubleKind};
use crate::host::feed::{Reached, Triggers};
use crate::host::inbox::{Inbox, Pushes};
use crate::host::ledger::read;
use crate::host::watch::Notice;
use crate::record::Reader;
use crate::store::{AccountId, EventId, Store, StoreError};
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
pub(super) async fn agent_of(
    store: &Arc<dyn Store>,
    account: AccountId,
    openid: &str,
) -> Result<Option<String>, StoreError> {
    let line = store.last_push(account, openid, SESSION_EVENTS).get().await?;
    Ok(line.and_then(|line| agent(&read(&line)?)))
}

/// Hands events of an account to the crew.
pub(super) struct Feed {
    account: usize,
    id: AccountId,
    store: Arc<dyn Store>,
    inbox: Arc<Inbox>,
    crew: Foreman<Host>,
    /// Customers whose events wait on disk, until those before them are handled.
    behind: HashMap<Arc<str>, Behind>,
}

/// Where a customer's events wait on disk: behind this one, for these places.
#[derive(Clone)]
struct Behind(EventId, Vec<Place>);

/// What became of an event that was read.
enum Handed {
    Over,
    /// Not yet, for these places.
    Later(Vec<Place>),
    /// The crew has stopped.
    Nobody,
}

impl Feed {
    pub(super) fn new(
        (account, id): (usize, AccountId),
        store: Arc<dyn Store>,
        inbox: Arc<Inbox>,
        crew: Foreman<Host>,
    ) -> Self {
        Self { account, id, store, inbox, crew, behind: HashMap::new() }
    }

    /// For ever; an error of the store ends it, as does the crew's end.
    pub(super) async fn run(mut self) -> Result<(), StoreError> {
        let mut last = EventId(0);
        loop {
            let waiting = self.behind.iter().map(|(openid, Behind(_, places))| (openid, places.as_slice()));
            let events = tokio::select! {
                goes_on = self.crew.until_free(PLACE_WORK_READ, self.account, waiting), if !self.behind.is_empty() => {
                    if !goes_on {
                        return Ok(());
                    }
                    None
                }
                events = self.inbox.next(last) => Some(events?),
            };
            let goes_on = match events {
                Some(events) => {
                    let read = events.last().map_or(last, |(event, _)| *event);
                    let goes_on = self.come(events).await?;
                    last = read;
                    goes_on
                }
                None => self.catch_up(last).await?,
            };
            if !goes_on {
                return Ok(());
            }
        }
    }

    /// What has come; `false`: the crew has stopped.
    async fn come(&mut self, events: Pushes) -> Result<bool, StoreError> {
        for (event, line) in events {
            // What the customer did may let messages to him go, whether or not a page is told of it.
            if self.crew.craft(|host| host.woken(self.account)).is_none() {
                return Ok(false);
            }
            let Some(openid) = customer(&line) else {
                self.inbox.done(&[(event, line)]).await?;
                continue;
            };
            if self.behind.contains_key(&openid) {
                continue;
            }
            match self.hand_over(event, line, &openid).await? {
                Handed::Over => {}
                Handed::Later(places) => drop(self.behind.insert(openid, Behind(EventId(event.0 - 1), places))),
                Handed::Nobody => return Ok(false),
            }
        }
        Ok(true)
    }

    /// What waits on disk up to `last`, as far as its time has come; `false`: the crew has stopped.
    async fn catch_up(&mut self, last: EventId) -> Result<bool, StoreError> {
        let has_room = |(openid, behind): &(&Arc<str>, &Behind)| {
            self.crew.has_room(PLACE_WORK_READ, (self.account, openid, &behind.1))
        };
        let free: Vec<_> =
            self.behind.iter().filter(has_room).map(|(openid, behind)| (openid.clone(), behind.0)).collect();
        for (openid, after) in free {
            let mut waits = Behind(after, Vec::new());
            let waiting = self.inbox.there_of(&openid, after).await?;
            let mut waiting = waiting.into_iter().filter(|(event, _)| *event <= last).peekable();
            let is_all = waiting.peek().is_none();
            for (event, line) in waiting {
                match self.hand_over(event, line, &openid).await? {
                    Handed::Over => waits.0 = event,
                    Handed::Later(places) => {
                        waits.1 = places;
                        break;
                    }
                    Handed::Nobody => return Ok(false),
                }
            }
            // There may be more than were read at once.
            match is_all {
                true => self.behind.remove(&openid),
                false => self.behind.insert(openid, waits),
            };
        }
        Ok(true)
    }

    async fn hand_over(&self, event: EventId, line: Line, openid: &Arc<str>) -> Result<Handed, StoreError> {
        let Some(house) = self.crew.craft(Host::house) else { return Ok(Handed::Nobody) };
        let agent = if house.has_seats() { agent_of(&self.store, self.id, openid).await? } else { None };
        let places = house.places(openid, agent.as_deref(), line.plugin.as_deref());
        if places.is_empty() {
            self.inbox.done(&[(event, line)]).await?;
            return Ok(Handed::Over);
        }
        if !self.crew.is_free(self.account, openid, &places) {
            return Ok(Handed::Later(places));
        }
        let under_way = self.crew.craft(|host| host.under_way(self.account, openid, &places));
        let Some(under_way) = under_way else { return Ok(Handed::Nobody) };
        let left = AtomicUsize::new(places.len());
        let (openid, _under_way) = (openid.clone(), under_way);
        let handling = Arc::new(Handling { event, line, openid, house, left, _under_way });
        for place in places {
            if !self.crew.submit(&(self.account, place), Work::Event(handling.clone())).await {
                return Ok(Handed::Nobody);
            }
        }
        Ok(Handed::Over)
    }
}

/// Has pages opened wherever something waits that an earlier host had begun and not finished.
pub(super) async fn take_up(
    (number, account): (usize, AccountId),
    store: &Arc<dyn Store>,
    plugins: &[String],
    crew: &Foreman<Host>,
) -> Result<(), StoreError> {
    let (mut after, mut places) = (EventId(0), HashSet::new());
    loop {
        let unfinished = store.unfinished(account, plugins.to_vec(), None, after).get().await?;
        let Some(last) = unfinished.last() else { return Ok(()) };
        after = last.event;
        for event in unfinished {
            // We wrote it ourselves.
            let Some(line) = read(&event.line) else { continue };
            let Some(openid) = Stimulus::from_line(&line).user().map(Arc::<str>::from) else { continue };
            let Some(house) = crew.craft(Host::house) else { return Ok(()) };
            let agent = if house.has_seats() { agent_of(store, account, &openid).await? } else { None };
            for place in house.places(&openid, agent.as_deref(), None) {
                let is_new = places.insert(place.clone());
                if is_new && !crew.submit(&(number, place), Work::TakeUp(openid.clone(), house.clone())).await {
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
                let is_push = line.type_.ends_with(".push") && line.data.get("FromUserName").is_some();
                let (text, hint) = match is_push {
                    true => {
                        ("pages are told nothing of such a push", "fire what they are to be told: `mcs.`, `echat.`")
                    }
                    false => ("the event names no customer: nobody's pages are told", "name one by --subject"),
                };
                return Err(Trouble::new(TroubleKind::Request, text).with_hint(hint));
            }
            // Whom it reaches turns out when his pages are told.
            self.0.take(&line).await.map(|_| None).map_err(Trouble::from)
        })
    }
}
