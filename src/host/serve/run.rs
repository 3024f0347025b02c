//! From beginning to end.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::task::{JoinHandle, JoinSet};

use super::craft::{Account, Host};
use super::crew::Crew;
use super::house::House;
use super::intake::{Fired, feed, follow, take_up};
use super::operations::{Observed, Operations};
use super::setup::{AccountSetup, Doors, Ready, Reread, Residence, ServeError, Setup};
use super::teller::Teller;
use super::traces::Traces;
use crate::base::clock::system_now_ms;
use crate::base::limits::TOLD_WAITING_MAX;
use crate::host::desk::{Desk, Ending};
use crate::host::forward::{Delivering, Forwarder, Origins};
use crate::host::inbox::{Inbox, Use};
use crate::host::ledger::lost_notice;
use crate::host::watch::{Notice, Watch};
use crate::outbox::Outbox;
use crate::store::{Store, StoreError};
use crate::wechat::callback::{Callback, CallbackError, CallbackSettings, Receiver as Receives, Refusal, Running};

/// An account that is served.
struct Served {
    outbox: Outbox,
    app_id: String,
    inbox: Arc<Inbox>,
    refusals: Receiver<Refusal>,
    delivering: Delivering,
    callback: Option<CallbackSettings>,
}

/// The accounts, as the host has them.
struct Opened {
    served: Vec<Served>,
    hosted: Vec<Account>,
    observed: Vec<Observed>,
    desk: Option<Desk>,
}

/// Where an account's pushes come in.
struct Door {
    app_id: String,
    settings: CallbackSettings,
    inbox: Arc<Inbox>,
}

/// A delivery that has ended, with what it could tell nobody any more.
type Delivered = (Delivering, Vec<Notice>);

/// What goes on beside the crew.
struct Background {
    feeds: JoinSet<Result<(), StoreError>>,
    deliveries: Vec<(Outbox, JoinHandle<Delivered>)>,
    origins: Vec<Origins>,
    refusals: JoinSet<()>,
    callbacks: Vec<Running>,
}

/// Serves until `stop`, or until the store fails. To be called from outside of the runtime.
///
/// # Errors
/// [`ServeError`].
pub fn serve(
    setup: Setup,
    store: &Arc<dyn Store>,
    runtime: &Handle,
    mut doors: Doors<'_>,
    stop: impl Future<Output = ()>,
    watch: &mut dyn Watch,
) -> Result<(), ServeError> {
    let Setup { accounts, listeners, residence, log, threads, operations, traces } = setup;
    let (hear, mut told) = channel(TOLD_WAITING_MAX);
    let traces = traces.map(|exporter| Traces::begin(exporter, &operations, hear.clone(), runtime));
    let (traces, exporting) = traces.unzip();
    let teller = Teller::new(hear.clone(), operations.clone(), traces);
    let room = residence.room;
    let house = runtime.block_on(house(residence, store))?;
    let names: Vec<String> = house.residents.iter().map(|resident| resident.name.clone()).collect();
    house.idle().for_each(|notice| watch.say(notice));
    let ending = Arc::new(Ending::default());
    let Opened { served, hosted, observed, desk } = open(accounts, &house, (store, &teller), runtime, watch)?;
    let host = Host::new(house, hosted, Arc::new(teller.clone()));
    let crew = Crew::start(host, room, threads);
    let mut background = Background::new();
    let mut guard = None;
    let ended = runtime.block_on(async {
        let first = served.first().map(|served| served.inbox.clone());
        let ready = {
            // Pages have something to tell already while what was begun is taken up.
            let mut begin =
                std::pin::pin!(background.begin((served, listeners), &names, store, &crew, (&teller, &hear)));
            loop {
                tokio::select! {
                    biased;
                    ready = &mut begin => break ready?,
                    Some(notice) = told.recv() => watch.say(notice),
                }
            }
        };
        if let (Some(log), Some(inbox)) = (log, first) {
            follow(log, inbox, Handle::current(), hear.clone());
        }
        operations.serving(crew.foreman(), observed);
        guard = desk.map(|desk| (doors.begun)(&ready, desk.ending_by(ending.clone())));
        let stop = async {
            tokio::select! {
                () = stop => {}
                () = ending.asked() => {}
            }
        };
        background.run((&crew, store, &operations), &mut told, &mut doors, stop, watch).await
    });
    operations.stopping(ended.as_ref().err().map(ServeError::to_string));
    // Who still tells something does not wait for anybody to hear it.
    told.close();
    // What comes while this ends is on disk before it is acknowledged, and the next host's.
    let stopped = crew.stop();
    let delivered = background.stop_delivery(runtime, watch);
    // Who takes over listens from now on.
    ending.come();
    drop(guard);
    runtime.block_on(background.stop_intake());
    while let Ok(notice) = told.try_recv() {
        watch.say(notice);
    }
    operations.ended();
    store.close();
    // The next host has it all by now.
    if let Some(exporting) = exporting {
        runtime.block_on(exporting.end());
    }
    ended.and(stopped.map_err(ServeError::from)).and(delivered.map_err(ServeError::from))
}

/// The house of a residence.
async fn house(residence: Residence, store: &Arc<dyn Store>) -> Result<House, StoreError> {
    let mut names = Vec::new();
    for plugin in &residence.plugins {
        names.push(store.plugin(&plugin.name, &plugin.identity).get().await?);
    }
    Ok(House::new(residence, names, system_now_ms()))
}

/// Delivery begins, with what earlier hosts left.
fn open(
    accounts: Vec<AccountSetup>,
    house: &House,
    (store, teller): (&Arc<dyn Store>, &Teller),
    runtime: &Handle,
    watch: &mut dyn Watch,
) -> Result<Opened, ServeError> {
    let networks = house.networks()?;
    let (mut served, mut hosted, mut desk) = (Vec::new(), Vec::new(), None::<Desk>);
    let mut observed = Vec::new();
    for AccountSetup { target, callback, sink } in accounts {
        let (app_id, server) = (target.client.app_id.clone(), target.client.server());
        let forwarder = Forwarder::new(target, store.clone(), runtime.clone())?.writing(sink);
        let inbox = runtime.block_on(Inbox::new(store.clone(), &app_id, &server, Use::Handle));
        let (inbox, refusals) = inbox?;
        let outbox = forwarder.outbox().clone();
        inbox.set_hearer(teller.hearer(&app_id));
        let client = forwarder.client().clone();
        observed.push(Observed { app_id: app_id.clone(), outbox: outbox.clone(), client });
        desk = Some(match desk {
            None => forwarder.desk().firing(Some(Arc::new(Fired(inbox.clone())))),
            Some(desk) => forwarder.and_at(desk),
        });
        let (delivering, notices) = forwarder.begin(&networks)?;
        notices.into_iter().for_each(|notice| watch.say(notice));
        hosted.push(Account { app_id: app_id.clone(), inbox: inbox.clone(), outbox: outbox.clone() });
        served.push(Served { outbox, app_id, inbox, refusals, delivering, callback });
    }
    Ok(Opened { served, hosted, observed, desk })
}

impl Background {
    fn new() -> Self {
        Self {
            feeds: JoinSet::new(),
            deliveries: Vec::new(),
            origins: Vec::new(),
            refusals: JoinSet::new(),
            callbacks: Vec::new(),
        }
    }

    /// Everything that earlier hosts left is with the crew, then what comes.
    async fn begin(
        &mut self,
        (served, listeners): (Vec<Served>, Vec<(SocketAddr, TcpListener)>),
        plugins: &[String],
        store: &Arc<dyn Store>,
        crew: &Crew<Host>,
        (teller, hear): (&Teller, &Sender<Notice>),
    ) -> Result<Ready, ServeError> {
        let (mut doors, is_one) = (Vec::new(), served.len() == 1);
        for (number, one) in served.into_iter().enumerate() {
            let account = one.outbox.account();
            let Served { outbox, app_id, inbox, mut refusals, mut delivering, callback } = one;
            self.origins.push(delivering.origins());
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
                    let _ = hear_refusal.send(Teller::refusal(&of, is_one, &refusal)).await;
                }
            });
            for lost in store.lost(account, plugins.to_vec(), system_now_ms()).get().await? {
                let _ = hear.send(lost_notice(lost)).await;
            }
            take_up((number, account), store, plugins, &crew.foreman()).await?;
            let (foreman, feeding, store) = (crew.foreman(), inbox.clone(), store.clone());
            self.feeds.spawn(async move { feed((number, account), &store, &feeding, &foreman).await });
            doors.extend(callback.map(|settings| Door { app_id, settings, inbox }));
        }
        Ok(Ready { callbacks: self.open(doors, listeners)? })
    }

    /// Who is called at one address shares it, port 0 apart. Where they are called, with their paths.
    fn open(
        &mut self,
        mut doors: Vec<Door>,
        mut listeners: Vec<(SocketAddr, TcpListener)>,
    ) -> Result<Vec<(String, SocketAddr, String)>, CallbackError> {
        let mut callbacks = Vec::new();
        while !doors.is_empty() {
            let listen = doors[0].settings.listen;
            let is_here =
                |number: usize, door: &Door| number == 0 || door.settings.listen == listen && listen.port() != 0;
            let mut numbers = 0..;
            let (here, others) = doors.into_iter().partition(|door| is_here(numbers.next().unwrap_or(0), door));
            doors = others;
            let here: Vec<Door> = here;
            let names: Vec<_> = here.iter().map(|door| (door.app_id.clone(), door.settings.path.clone())).collect();
            let listener = match listeners.iter().position(|(address, _)| *address == listen) {
                Some(at) => listeners.swap_remove(at).1,
                None => Callback::listen(listen, Callback::bind(listen, false)?)?,
            };
            let receiver = |door: Door| -> (CallbackSettings, Arc<dyn Receives>) { (door.settings, door.inbox) };
            let running = Callback::start_on(listener, here.into_iter().map(receiver).collect())?;
            callbacks.extend(names.into_iter().map(|(app_id, path)| (app_id, running.address, path)));
            self.callbacks.push(running);
        }
        Ok(callbacks)
    }

    /// Until it is to stop, or the store fails.
    async fn run(
        &mut self,
        (crew, store, operations): (&Crew<Host>, &Arc<dyn Store>, &Operations),
        told: &mut Receiver<Notice>,
        doors: &mut Doors<'_>,
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
                Some(()) = doors.again.recv() => match (doors.read)() {
                    Ok(read) => self.move_to(read, (crew, store), operations, watch).await?,
                    Err(notice) => {
                        watch.say(notice);
                        watch.say(Notice::warning("the configuration in force stays"));
                    }
                },
                Some(notice) = told.recv() => watch.say(notice),
            }
        }
    }

    /// Other plugins or bounds are in force: for each customer from his next event on.
    async fn move_to(
        &self,
        (residence, Reread { changed, later }): (Residence, Reread),
        (crew, store): (&Crew<Host>, &Arc<dyn Store>),
        operations: &Operations,
        watch: &mut dyn Watch,
    ) -> Result<(), ServeError> {
        let room = residence.room;
        let house = house(residence, store).await?;
        let networks = house.networks()?;
        self.origins.iter().for_each(|origins| origins.set(&networks));
        let names: Vec<&str> = house.residents.iter().map(|resident| &*resident.plugin.name).collect();
        house.idle().for_each(|notice| watch.say(notice));
        let changed = if changed.is_empty() { String::new() } else { format!("; changed: {}", changed.join(", ")) };
        watch.say(Notice::note(format!("the configuration was read again; plugins: {}{changed}", names.join(", "))));
        if !later.is_empty() {
            let text = format!("changed as well, and in force from the next start on: {}", later.join(", "));
            watch.say(Notice::warning(text).with_hint(Some("restart the host, or start one with --takeover")));
        }
        crew.craft().move_to(house);
        operations.moved();
        crew.set_room(room);
        Ok(())
    }

    /// Nothing comes any more: what was acknowledged is on disk.
    async fn stop_intake(mut self) {
        for running in self.callbacks {
            running.shutdown().await;
        }
        self.feeds.shutdown().await;
        self.refusals.shutdown().await;
    }

    /// What is on the wire is waited for; nothing more is sent.
    fn stop_delivery(&mut self, runtime: &Handle, watch: &mut dyn Watch) -> Result<(), StoreError> {
        let mut stopped = Ok(());
        for (outbox, task) in self.deliveries.drain(..) {
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
