//! Rows become messages: delivery in the background, and what is told of it.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use tokio::runtime::Handle;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::task::{JoinError, JoinHandle};

use super::alerts::{Alerts, notes};
use super::desk::{Answer, Desk, Letter, OPERATOR, Request, Trouble, TroubleKind};
use super::ledger::{Ledger, Source};
use super::log_sink::{LogCarrier, LogSink};
use super::pictures::{PluginPictures, Whose};
use super::watch::{About, Notice};
use crate::net::PluginNetwork;
use crate::outbox::{Carrier, Delivery, Dispatch, Outbox};
use crate::session::window::Allowances;
use crate::store::{AccountId, Interrupted, KeptMedia, KeptToken, OnUnknown, Row, Store, StoreError, Summary};
use crate::wechat::{
    BoxFuture, Client, ClientConfig, ContentError, Courier, LivePictures, Memory, PictureError, Planned, Receipt,
    Remembered, Secret, SendError, WechatError, Wire,
};

/// Where messages go.
#[derive(Clone, Debug)]
pub struct Target {
    /// The account and its server.
    pub client: ClientConfig,
    /// In whose name, where the operator named somebody.
    pub kf_account: Option<String>,
    /// What is done with a message without an answer.
    pub on_unknown: OnUnknown,
}

/// Delivery that cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum ForwardError {
    /// WeChat's client.
    #[error(transparent)]
    Wechat(#[from] WechatError),
    /// The pictures' client.
    #[error(transparent)]
    Picture(#[from] PictureError),
    /// The durable state.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl ForwardError {
    /// The next step, for a `hint:` line.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Store(error) => Some(error.hint()),
            _ => None,
        }
    }
}

/// A courier for each plugin: the pictures are by way of its network.
struct Couriers {
    client: Client,
    live: Arc<LivePictures>,
    by_plugin: RwLock<HashMap<String, Courier>>,
    /// For rows of plugins that are not here.
    other: Courier,
    /// For messages of a person.
    person: Courier,
}

impl Couriers {
    fn new(client: &Client, networks: &[(String, Arc<PluginNetwork>)]) -> Result<Self, PictureError> {
        let live = Arc::new(LivePictures::new(false)?);
        let courier = |whose| Courier::new(client.clone(), Arc::new(PluginPictures::new(whose, live.clone())));
        let (other, person) = (courier(Whose::Absent), courier(Whose::Person));
        let couriers = Self { client: client.clone(), live: live.clone(), by_plugin: RwLock::default(), other, person };
        couriers.set(networks);
        Ok(couriers)
    }

    /// These are the plugins from now on.
    fn set(&self, networks: &[(String, Arc<PluginNetwork>)]) {
        let courier = |network: &Arc<PluginNetwork>| {
            let pictures = PluginPictures::new(Whose::Plugin(network.clone()), self.live.clone());
            Courier::new(self.client.clone(), Arc::new(pictures))
        };
        let by_plugin = networks.iter().map(|(name, network)| (name.clone(), courier(network))).collect();
        *self.by_plugin.write().unwrap_or_else(PoisonError::into_inner) = by_plugin;
    }

    /// Whoever brings the files of a row.
    fn of(&self, row: &Row) -> Courier {
        let other = if row.key.plugin == OPERATOR { &self.person } else { &self.other };
        let by_plugin = self.by_plugin.read().unwrap_or_else(PoisonError::into_inner);
        by_plugin.get(&row.key.plugin).unwrap_or(other).clone()
    }
}

/// Says from which plugins the files of messages come.
#[derive(Clone)]
pub(super) struct Origins(Arc<Couriers>);

impl Origins {
    /// These, with their names in keys and their networks.
    pub(super) fn set(&self, networks: &[(String, Arc<PluginNetwork>)]) {
        self.0.set(networks);
    }
}

impl Carrier for Couriers {
    fn plan(&self, row: &Row) -> Result<Vec<Planned>, ContentError> {
        Carrier::plan(&self.other, row)
    }

    fn allowances(&self) -> Allowances {
        self.other.allowances()
    }

    fn deliver<'a>(
        &'a self,
        row: &'a Row,
        message: &'a Planned,
        wire: &'a dyn Wire,
    ) -> BoxFuture<'a, Result<Receipt, SendError>> {
        let courier = self.of(row);
        Box::pin(async move { Carrier::deliver(&courier, row, message, wire).await })
    }
}

/// What a run needs to forward; set up before its pages are open.
pub struct Forwarder {
    target: Target,
    client: Client,
    server: String,
    outbox: Outbox,
    runtime: Handle,
    /// Messages go there instead.
    sink: Option<LogSink>,
}

impl Forwarder {
    /// Sets up the way; nobody is called yet. To be called from outside of `runtime`.
    ///
    /// # Errors
    /// [`ForwardError`].
    pub fn new(target: Target, store: Arc<dyn Store>, runtime: Handle) -> Result<Self, ForwardError> {
        let server = target.client.server();
        let account = store.account(&target.client.app_id, &server).wait()?;
        let client = Client::recalling(target.client.clone(), memory(&store, account)?)?;
        Ok(Self { outbox: Outbox::new(store, account), target, client, server, runtime, sink: None })
    }

    /// The same, where messages go to a log.
    #[must_use]
    pub(super) fn writing(self, sink: Option<LogSink>) -> Self {
        Self { sink, ..self }
    }

    /// The delivery, for whoever is to stop or wake it.
    #[must_use]
    pub fn outbox(&self) -> &Outbox {
        &self.outbox
    }

    /// A desk that has this delivery as well.
    pub(super) fn and_at(&self, desk: Desk) -> Desk {
        desk.and_for(&self.outbox, self.client.clone())
    }

    /// The account's client.
    pub(super) fn client(&self) -> &Client {
        &self.client
    }

    /// The desk of this delivery.
    #[must_use]
    pub fn desk(&self) -> Desk {
        Desk::of_host(&self.outbox, self.client.clone())
    }

    /// Sends one message where no host runs, and to its customer what waits before it; what waits for others waits on.
    /// `tell` hears of trouble. To be called from outside of the runtime.
    ///
    /// # Errors
    /// [`Trouble`]: whether it is in the outbox is not known.
    pub fn send(self, letter: Letter, tell: &mut dyn FnMut(Notice)) -> Result<Answer, Trouble> {
        let (runtime, desk, openid) = (self.runtime.clone(), self.desk(), letter.openid.clone());
        let (mut delivering, notices) = self.begin_with(&[], Some(openid)).map_err(|error| {
            let trouble = Trouble::new(TroubleKind::Store, error.to_string());
            error.hint().map_or(trouble.clone(), |hint| trouble.with_hint(hint))
        })?;
        notices.into_iter().for_each(&mut *tell);
        let answer = runtime.block_on(desk.answer(Request::Send { letter: Box::new(letter) }));
        let stopped = delivering.stop();
        // Of the letter itself the answer says enough.
        delivering.drain(&mut |delivery| delivery.key.plugin != OPERATOR, tell);
        delivering.close();
        stopped?;
        answer
    }

    /// The ledger of a log.
    pub(super) fn ledger(&self, source: &Source) -> Result<Ledger, StoreError> {
        let Target { client, kf_account, .. } = &self.target;
        let store = (self.outbox.store().clone(), client.clock.clone());
        Ledger::begin(store, (self.outbox.account(), &client.app_id), kf_account.clone(), source)
    }

    /// Begins to deliver: first what earlier runs left. What a person should know of that.
    ///
    /// # Errors
    /// [`ForwardError`].
    pub(super) fn begin(
        self,
        networks: &[(String, Arc<PluginNetwork>)],
    ) -> Result<(Delivering, Vec<Notice>), ForwardError> {
        self.begin_with(networks, None)
    }

    /// The same, to all or to one customer alone.
    fn begin_with(
        self,
        networks: &[(String, Arc<PluginNetwork>)],
        only: Option<String>,
    ) -> Result<(Delivering, Vec<Notice>), ForwardError> {
        let Self { target: Target { on_unknown, .. }, client, server, outbox, runtime, sink } = self;
        let (store, clock) = (outbox.store(), client.config().clock.clone());
        let which = Interrupted::Earlier(Some(outbox.account()));
        let interrupted = store.interrupted(which, on_unknown, clock.now_ms()).wait()?;
        let notices = interrupted.iter().map(|row| interruption(row, on_unknown)).collect();
        let (sender, deliveries) = unbounded_channel();
        // The receiver lives as long as the dispatch does.
        let observe = Arc::new(move |delivery| drop(sender.send(delivery)));
        let couriers = Arc::new(Couriers::new(&client, networks)?);
        let carrier: Arc<dyn Carrier> = match sink {
            None => couriers.clone(),
            Some(sink) => Arc::new(LogCarrier { planner: couriers.clone(), sink }),
        };
        let mut dispatch = Dispatch::new(carrier, observe);
        (dispatch.clock, dispatch.on_unknown) = (clock, on_unknown);
        let serving = runtime.spawn({
            let outbox = outbox.clone();
            async move {
                match only {
                    None => outbox.serve(&dispatch).await,
                    Some(openid) => outbox.serve_one(&dispatch, &openid).await,
                }
            }
        });
        let alerts = Alerts::new(server.clone());
        let origins = Origins(couriers);
        Ok((Delivering { outbox, origins, serving: Some(serving), deliveries, runtime, server, alerts }, notices))
    }
}

/// What the client knew when an earlier run ended, and where it is kept for the next.
fn memory(store: &Arc<dyn Store>, account: AccountId) -> Result<Memory, StoreError> {
    let kept = store.kept(account).wait()?;
    let token = kept.token.map(|kept| (Secret::new(kept.token), kept.expires));
    let media = kept
        .media
        .into_iter()
        .filter_map(|kept| Some((kept.fingerprint.try_into().ok()?, kept.media_id, kept.expires)));
    let store = store.clone();
    let changed = move |remembered| {
        // Nobody waits: what is lost is fetched or uploaded once more. A store that fails says so elsewhere.
        match remembered {
            Remembered::Token(token) => {
                let token = token.map(|(token, expires)| KeptToken { token: token.expose().to_owned(), expires });
                drop(store.keep_token(account, token));
            }
            Remembered::Media(fingerprint, media) => {
                let (media_id, expires) = media.unwrap_or_default();
                drop(store.keep_media(account, KeptMedia { fingerprint: fingerprint.to_vec(), media_id, expires }));
            }
        }
    };
    Ok(Memory { token, media: media.collect(), changed: Some(Arc::new(changed)) })
}

/// Messages on their way, in the background.
pub(super) struct Delivering {
    outbox: Outbox,
    origins: Origins,
    serving: Option<JoinHandle<Result<(), StoreError>>>,
    deliveries: UnboundedReceiver<Delivery>,
    runtime: Handle,
    server: String,
    alerts: Alerts,
}

impl Delivering {
    /// Where the files of messages come from, for whoever changes the plugins.
    pub(super) fn origins(&self) -> Origins {
        self.origins.clone()
    }

    /// There are new rows.
    pub(super) fn wake(&self) {
        self.outbox.wake();
    }

    /// Waits until nothing is left that goes by itself; every try since the last time, in the order of the rows. `tell`
    /// hears of trouble at once.
    pub(super) fn deliver(&mut self, tell: &mut dyn FnMut(Notice)) -> Result<Vec<Delivery>, StoreError> {
        let (mut done, alerts) = (Vec::new(), &mut self.alerts);
        let mut note = |delivery: Delivery| {
            notes(&delivery).chain(alerts.of(&delivery)).for_each(&mut *tell);
            done.push(delivery);
        };
        let (outbox, deliveries) = (&self.outbox, &mut self.deliveries);
        self.runtime.block_on(async {
            let mut quiet = std::pin::pin!(outbox.quiet());
            loop {
                tokio::select! {
                    biased;
                    Some(delivery) = deliveries.recv() => note(delivery),
                    () = &mut quiet => break,
                }
            }
        });
        done.extend(self.drain(&mut |_| true, tell));
        done.sort_by_key(|delivery| delivery.seq);
        match self.outbox.failure() {
            Some(error) => Err(error),
            None => Ok(done),
        }
    }

    /// The next try that has ended, with what a person should know of it; `None`: nothing is sent any more.
    pub(super) async fn next(&mut self) -> Option<(Delivery, Vec<Notice>)> {
        let delivery = self.deliveries.recv().await?;
        let notices = notes(&delivery).chain(self.alerts.of(&delivery)).collect();
        Some((delivery, notices))
    }

    /// Every try since the last time, as far as they have ended; of those that `is_told` says `tell` hears.
    pub(super) fn drain(
        &mut self,
        is_told: &mut dyn FnMut(&Delivery) -> bool,
        tell: &mut dyn FnMut(Notice),
    ) -> Vec<Delivery> {
        let mut done = Vec::new();
        while let Ok(delivery) = self.deliveries.try_recv() {
            if is_told(&delivery) {
                notes(&delivery).chain(self.alerts.of(&delivery)).for_each(&mut *tell);
            }
            done.push(delivery);
        }
        done
    }

    /// Sends nothing new and waits for what is on the wire.
    pub(super) fn stop(&mut self) -> Result<(), StoreError> {
        let runtime = self.runtime.clone();
        runtime.block_on(self.outbox.stop());
        match runtime.block_on(self.ended()) {
            Ok(served) => served,
            // A panic while delivering is our bug and goes on here.
            Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
            Err(_) => Ok(()),
        }
    }

    /// How sending has ended, once it has.
    ///
    /// # Errors
    /// It panicked.
    pub(super) async fn ended(&mut self) -> Result<Result<(), StoreError>, JoinError> {
        match self.serving.take() {
            Some(serving) => serving.await,
            None => Ok(Ok(())),
        }
    }

    /// The store is not needed any more.
    pub(super) fn close(&self) {
        self.outbox.store().close();
    }

    /// The rows by state, and in words.
    pub(super) fn summary(&self) -> Result<(Summary, Notice), StoreError> {
        let summary = self.runtime.block_on(self.outbox.summary())?;
        let states = [
            (summary.sent, "sent"),
            (summary.unknown, "without an answer"),
            (summary.parked, "parked"),
            (summary.dead, "given up"),
            (summary.held, "held for a person"),
            (summary.pending + summary.sending, "not sent"),
        ];
        let total: usize = states.iter().map(|(count, _)| count).sum();
        let parts: Vec<String> =
            states.iter().filter(|(count, _)| *count > 0).map(|(count, state)| format!("{count} {state}")).collect();
        let (server, parts) = (&self.server, parts.join(", "));
        let notice = match total {
            0 => Notice::note(format!("no messages for {server}")),
            1 => Notice::note(format!("1 message for {server}: {parts}")),
            _ => Notice::note(format!("{total} messages for {server}: {parts}")),
        };
        let waits = summary.parked + summary.unknown + summary.held + summary.dead > 0;
        Ok((summary, notice.with_hint(waits.then_some("`duoke outbox list` shows them"))))
    }
}

/// A message that was on the wire when an earlier run ended.
pub(super) fn interruption(row: &Row, policy: OnUnknown) -> Notice {
    let text =
        format!("{}: the message {} to {} was on the wire when the host ended", row.key.plugin, row.key, row.openid);
    let about = About::new("message.unknown").account(&row.account).plugin(&row.key.plugin);
    let about = about.openid(&row.openid).cause(&row.cause).key(&row.key.to_string());
    let notice = match policy {
        OnUnknown::Hold => {
            let hint = format!(
                "look at the conversation, then `duoke outbox retry {}` or `duoke outbox drop {}`",
                row.key, row.key
            );
            Notice::error(format!("{text}: it may not have arrived")).with_hint(Some(hint))
        }
        OnUnknown::Retry => Notice::warning(format!("{text}: it is sent again")),
    };
    notice.about(about)
}
