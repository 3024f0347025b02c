//! From beginning to end.

use std::any::Any;
use std::future::Future;
use std::sync::Arc;

use tokio::runtime::Handle;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::task::{JoinHandle, JoinSet};

use super::craft::{Account, Host};
use super::crew::Crew;
use super::house::House;
use super::intake::{Fired, feed, take_up};
use super::operations::Observed;
use super::setup::{AccountSetup, Ready, ServeError, Setup};
use super::teller::Teller;
use crate::base::clock::system_now_ms;
use crate::base::limits::TOLD_WAITING_MAX;
use crate::host::desk::Desk;
use crate::host::forward::{Delivering, Forwarder};
use crate::host::inbox::{Inbox, Use};
use crate::host::watch::{Notice, Watch};
use crate::outbox::Outbox;
use crate::store::{Store, StoreError};
use crate::wechat::callback::{Callback, CallbackSettings, Refusal, Running};

/// An account that is served.
struct Served {
    outbox: Outbox,
    app_id: String,
    inbox: Arc<Inbox>,
    refusals: Receiver<Refusal>,
    delivering: Delivering,
    callback: Option<CallbackSettings>,
}

/// A delivery that has ended, with what it could tell nobody any more.
type Delivered = (Delivering, Vec<Notice>);

/// What goes on beside the crew.
struct Background {
    feeds: JoinSet<Result<(), StoreError>>,
    deliveries: Vec<(Outbox, JoinHandle<Delivered>)>,
    refusals: JoinSet<()>,
    callbacks: Vec<Running>,
}

/// Whoever started the host hears that it answers; what it returns is kept until the host ends.
pub type Begun<'a> = dyn FnMut(&Ready, Desk) -> Box<dyn Any> + 'a;

/// Serves until `stop`, or until the store fails. To be called from outside of the runtime.
///
/// # Errors
/// [`ServeError`].
pub fn serve(
    setup: Setup,
    store: &Arc<dyn Store>,
    runtime: &Handle,
    begun: &mut Begun<'_>,
    stop: impl Future<Output = ()>,
    watch: &mut dyn Watch,
) -> Result<(), ServeError> {
    let Setup { accounts, plugins, rights, live, seat_account, processes, room, threads, operations } = setup;
    let (hear, mut told) = channel(TOLD_WAITING_MAX);
    let teller = Teller::new(hear.clone(), operations.clone());
    let mut named = Vec::new();
    for plugin in plugins {
        let name = store.plugin(&plugin.name, &plugin.identity).wait()?;
        named.push((plugin, name));
    }
    let names: Vec<String> = named.iter().map(|(_, name)| name.clone()).collect();
    let kf_account = accounts.first().and_then(|account| account.target.kf_account.clone());
    let house = House::new(named, (rights, live), (kf_account, &seat_account), processes, system_now_ms());
    let networks = house.networks()?;
    let (mut served, mut hosted, mut observed, mut desk) = (Vec::new(), Vec::new(), Vec::new(), None);
    for AccountSetup { target, callback } in accounts {
        let (app_id, server) = (target.client.app_id.clone(), target.client.server());
        let forwarder = Forwarder::new(target, store.clone(), runtime.clone())?;
        let inbox = runtime.block_on(Inbox::new(store.clone(), &app_id, &server, Use::Handle));
        let (inbox, refusals) = inbox?;
        let outbox = forwarder.outbox().clone();
        inbox.set_hearer(teller.hearer(&app_id));
        let client = forwarder.client().clone();
        observed.push(Observed { app_id: app_id.clone(), outbox: outbox.clone(), client });
        desk.get_or_insert_with(|| forwarder.desk().firing(Some(Arc::new(Fired(inbox.clone())))));
        let (delivering, notices) = forwarder.begin(&networks)?;
        notices.into_iter().for_each(|notice| watch.say(notice));
        hosted.push(Account { app_id: app_id.clone(), inbox: inbox.clone(), outbox: outbox.clone() });
        served.push(Served { outbox, app_id, inbox, refusals, delivering, callback });
    }
    let host = Host::new(house, hosted, Arc::new(teller.clone()));
    let crew = Crew::start(host, room, threads);
    let mut background = Background::new();
    let mut guard = None;
    let ended = runtime.block_on(async {
        let ready = background.begin(served, &names, store, &crew, (&teller, &hear)).await?;
        operations.serving(crew.foreman(), observed);
        guard = desk.map(|desk| begun(&ready, desk));
        background.run(&crew, &mut told, stop, watch).await
    });
    operations.stopping(ended.as_ref().err().map(ServeError::to_string));
    // Who still tells something does not wait for anybody to hear it.
    told.close();
    runtime.block_on(background.stop_intake());
    let stopped = crew.stop();
    drop(guard);
    let delivered = background.stop_delivery(runtime, watch);
    while let Ok(notice) = told.try_recv() {
        watch.say(notice);
    }
    operations.ended();
    store.close();
    ended.and(stopped.map_err(ServeError::from)).and(delivered.map_err(ServeError::from))
}

impl Background {
    fn new() -> Self {
        Self { feeds: JoinSet::new(), deliveries: Vec::new(), refusals: JoinSet::new(), callbacks: Vec::new() }
    }

    /// Everything that earlier hosts left is with the crew, then what comes.
    async fn begin(
        &mut self,
        served: Vec<Served>,
        plugins: &[String],
        store: &Arc<dyn Store>,
        crew: &Crew<Host>,
        (teller, hear): (&Teller, &Sender<Notice>),
    ) -> Result<Ready, ServeError> {
        let mut callbacks = Vec::new();
        for (number, one) in served.into_iter().enumerate() {
            let account = one.outbox.account();
            let Served { outbox, app_id, inbox, mut refusals, mut delivering, callback } = one;
            let (hear_delivery, telling, of) = (hear.clone(), teller.clone(), app_id.clone());
            let deliver = tokio::spawn(async move {
                let mut untold = Vec::new();
                while let Some((delivery, notices)) = delivering.next().await {
                    for notice in telling.delivered(&of, &delivery, notices) {
                        untold.extend(hear_delivery.send(notice).await.err().map(|unsent| unsent.0));
                    }
                }
                (delivering, untold)
            });
            self.deliveries.push((outbox, deliver));
            let (hear_refusal, of) = (hear.clone(), app_id.clone());
            self.refusals.spawn(async move {
                while let Some(refusal) = refusals.recv().await {
                    let _ = hear_refusal.send(Teller::refusal(&of, &refusal)).await;
                }
            });
            take_up((number, account), store, plugins, &crew.foreman()).await?;
            let (foreman, feeding) = (crew.foreman(), inbox.clone());
            self.feeds.spawn(async move { feed(number, &feeding, &foreman).await });
            if let Some(settings) = callback {
                let path = settings.path.clone();
                let running = Callback::start(settings, inbox).await?;
                callbacks.push((app_id, running.address, path));
                self.callbacks.push(running);
            }
        }
        Ok(Ready { callbacks })
    }

    /// Until it is to stop, or the store fails.
    async fn run(
        &mut self,
        crew: &Crew<Host>,
        told: &mut Receiver<Notice>,
        stop: impl Future<Output = ()>,
        watch: &mut dyn Watch,
    ) -> Result<(), ServeError> {
        let mut stop = std::pin::pin!(stop);
        let mut failed = std::pin::pin!(crew.failed());
        loop {
            tokio::select! {
                biased;
                () = &mut stop => return Ok(()),
                error = &mut failed => return Err(error.into()),
                Some(Ok(Err(error))) = self.feeds.join_next() => return Err(error.into()),
                Some(notice) = told.recv() => watch.say(notice),
            }
        }
    }

    /// Nothing comes any more: what was acknowledged is on disk.
    async fn stop_intake(&mut self) {
        for running in self.callbacks.drain(..) {
            running.shutdown().await;
        }
        self.feeds.shutdown().await;
        self.refusals.shutdown().await;
    }

    /// What is on the wire is waited for; nothing more is sent.
    fn stop_delivery(self, runtime: &Handle, watch: &mut dyn Watch) -> Result<(), StoreError> {
        let mut stopped = Ok(());
        for (outbox, task) in self.deliveries {
            runtime.block_on(outbox.stop());
            match runtime.block_on(task) {
                Ok((mut delivering, untold)) => {
                    untold.into_iter().for_each(|notice| watch.say(notice));
                    stopped = stopped.and(delivering.stop());
                }
                Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
                Err(_) => {}
            }
        }
        stopped
    }
}
