//! From beginning to end.

use std::future::{Future, poll_fn};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::thread::{self, JoinHandle};

use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::sync::oneshot;
use tokio::task::{JoinError, JoinSet};
use tokio::time::interval;

use super::craft::{Account, Host};
use super::crew::Crew;
use super::house::House;
use super::intake::{Feed, Fired, follow, take_up};
use super::operations::{Observed, Operations};
use super::recording::Recordings;
use super::setup::{AccountSetup, Doors, Ready, Residence, ServeError, Setup};
use super::teller::Teller;
use super::traces::Traces;
use super::workbench::Workbench;
use crate::base::clock::{Clock, TimestampMs};
use crate::base::limits::{LOG_MINUTE, TOLD_WAITING_MAX};
use crate::host::desk::{Desk, Ending};
use crate::host::forward::{Delivering, Forwarder, Origins};
use crate::host::inbox::{Inbox, Use};
use crate::host::ledger::lost_notices;
use crate::host::watch::{Notice, Watch};
use crate::outbox::Outbox;
use crate::store::{AccountId, Store, StoreError};
use crate::wechat::callback::{Callback, CallbackError, CallbackSettings, Receiver as Receives, Refusal, Running};

/// An account that is served: what comes.
struct Served {
    app_id: String,
    account: AccountId,
    inbox: Arc<Inbox>,
    refusals: Receiver<Refusal>,
    callback: Option<CallbackSettings>,
}

/// What goes, of an account.
struct Going {
    app_id: String,
    outbox: Outbox,
    delivering: Delivering,
}

/// The accounts, as the host has them.
struct Opened {
    served: Vec<Served>,
    going: Vec<Going>,
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

/// What goes on beside the crew.
struct Background {
    clock: Clock,
    /// What it showed when the crew last heard of it.
    looked: TimestampMs,
    teller: Teller,
    recordings: Recordings,
    workbench: Option<Workbench>,
    feeds: JoinSet<Result<(), StoreError>>,
    deliveries: JoinSet<Result<(), ServeError>>,
    outboxes: Vec<Outbox>,
    origins: Vec<Origins>,
    refusals: JoinSet<()>,
    callbacks: Vec<Running>,
}

/// Serves until `stop`, or until a part of it ends by itself. To be called from outside of the runtime.
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
    let mut stop = std::pin::pin!(stop);
    let Setup { accounts, listeners, residence, log, threads, clock, operations, traces, workbench } = setup;
    let (hear, mut told) = channel(TOLD_WAITING_MAX);
    let traces = traces.map(|exporter| Traces::begin(exporter, &operations, hear.clone(), runtime));
    let (traces, exporting) = traces.unzip();
    let teller = Teller::new(hear.clone(), operations.clone(), (traces, accounts.len() == 1), workbench.clone());
    let room = residence.room;
    let (recordings, recording) = Recordings::begin(clock.clone(), operations.clone(), Arc::new(teller.clone()));
    let recording = Ends(recordings.clone(), Some(recording));
    let house = runtime.block_on(house(residence, store, (&clock, &recordings, &workbench)))?;
    let names: Vec<String> = house.residents.iter().map(|resident| resident.name.clone()).collect();
    house.idle().for_each(|notice| watch.say(notice));
    let ending = Arc::new(Ending::default());
    let opened = open(accounts, &house, (store, &clock, &teller), runtime, watch)?;
    let Opened { served, going, hosted, observed, desk } = opened;
    let host = Host::new(clock.clone(), house, hosted, Arc::new(teller.clone()));
    let crew = Crew::start(host, room, threads);
    let mut background = Background::new(clock, teller.clone(), recordings.clone(), workbench.clone());
    let mut guard = None;
    let ended = runtime.block_on(async {
        let first = served.first().map(|served| served.inbox.clone());
        background.attend(going, &hear);
        let ready = {
            // Pages have something to tell already while what was begun is taken up.
            let begin = background.begin((served, listeners), &names, store, &crew, &hear);
            let mut begin = std::pin::pin!(begin);
            loop {
                tokio::select! {
                    biased;
                    () = &mut stop => return Ok(()),
                    ready = &mut begin => break ready?,
                    Some(notice) = told.recv() => watch.say(notice),
                }
            }
        };
        if let (Some(log), Some(inbox)) = (log, first) {
            follow(log, background.clock.clone(), inbox, Handle::current(), hear.clone());
        }
        let kept_in = (Observed::accounts(&observed), store.clone());
        operations.serving(crew.foreman(), observed);
        let desk = desk.map(|desk| desk.ending_by(ending.clone()).recording_by(Arc::new(recordings.clone())));
        if let (Some(workbench), Some(desk)) = (&workbench, &desk) {
            workbench.serving(crew.foreman(), desk.clone(), kept_in);
        }
        guard = desk.map(|desk| (doors.begun)(&ready, desk));
        let stop = async {
            tokio::select! {
                () = &mut stop => {}
                () = ending.asked() => {}
            }
        };
        let stop = std::pin::pin!(stop);
        background.run((&crew, store, &operations), &mut told, &mut doors, stop, watch).await
    });
    operations.stopping(ended.as_ref().err().map(ServeError::to_string));
    let (stopped, delivered) = meanwhile(runtime, &mut told, watch, || {
        // What comes while this ends is on disk before it is acknowledged, and the next host's.
        let stopped = (crew.stop(), background.stop_delivery(runtime));
        drop(recording);
        // Who takes over listens from now on.
        ending.come();
        drop(guard);
        runtime.block_on(background.stop_intake());
        stopped
    });
    teller.left_out().into_iter().for_each(|notice| watch.say(notice));
    operations.ended();
    workbench.iter().for_each(Workbench::ended);
    store.close();
    // The next host has it all by now.
    if let Some(exporting) = exporting {
        runtime.block_on(exporting.end());
    }
    ended.and(stopped.map_err(ServeError::from)).and(delivered)
}

/// The thread that writes recordings ends with this, having written all.
struct Ends(Recordings, Option<JoinHandle<()>>);

impl Drop for Ends {
    fn drop(&mut self) {
        self.0.stop();
        // Its panic is on standard error.
        let _ = self.1.take().map(JoinHandle::join);
    }
}

/// Hears what is told while something is done; then nobody hears any more.
fn meanwhile<R: Send>(
    runtime: &Handle,
    told: &mut Receiver<Notice>,
    watch: &mut dyn Watch,
    work: impl FnOnce() -> R + Send,
) -> R {
    let worked = thread::scope(|scope| {
        let (done, mut is_done) = oneshot::channel::<()>();
        let working = scope.spawn(move || {
            let _done = done;
            work()
        });
        runtime.block_on(async {
            loop {
                tokio::select! {
                    biased;
                    Some(notice) = told.recv() => watch.say(notice),
                    _ = &mut is_done => break,
                }
            }
        });
        working.join()
    });
    told.close();
    while let Ok(notice) = told.try_recv() {
        watch.say(notice);
    }
    worked.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

/// The house of a residence.
async fn house(
    residence: Residence,
    store: &Arc<dyn Store>,
    (clock, recordings, workbench): (&Clock, &Recordings, &Option<Workbench>),
) -> Result<House, StoreError> {
    let mut names = Vec::new();
    for plugin in &residence.plugins {
        names.push(store.plugin(&plugin.name, &plugin.identity).get().await?);
    }
    Ok(House::new(residence, names, clock.now_ms()).recorded_by(recordings).shown_at(workbench.clone()))
}

/// Delivery begins, with what earlier hosts left.
fn open(
    accounts: Vec<AccountSetup>,
    house: &House,
    (store, clock, teller): (&Arc<dyn Store>, &Clock, &Teller),
    runtime: &Handle,
    watch: &mut dyn Watch,
) -> Result<Opened, ServeError> {
    let networks = house.networks()?;
    let (mut served, mut going, mut hosted, mut desk) = (Vec::new(), Vec::new(), Vec::new(), None::<Desk>);
    let mut observed = Vec::new();
    for AccountSetup { mut target, mut callback, sink } in accounts {
        target.client.clock = clock.clone();
        callback.iter_mut().for_each(|settings| settings.clock = clock.clone());
        let (app_id, server) = (target.client.app_id.clone(), target.client.server());
        let forwarder = Forwarder::new(target, store.clone(), runtime.clone())?.writing(sink);
        let inbox = runtime.block_on(Inbox::new((store.clone(), clock.clone()), &app_id, &server, Use::Handle));
        let (inbox, refusals) = inbox?;
        let outbox = forwarder.outbox().clone();
        inbox.set_hearer(teller.hearer(&app_id));
        let client = forwarder.client().clone();
        observed.push(Observed { app_id: app_id.clone(), inbox: inbox.clone(), outbox: outbox.clone(), client });
        desk = Some(match desk {
            None => forwarder.desk().firing(Some(Arc::new(Fired(inbox.clone())))),
            Some(desk) => forwarder.and_at(desk),
        });
        let (delivering, notices) = forwarder.begin(&networks)?;
        notices.into_iter().for_each(|notice| watch.say(notice));
        hosted.push(Account { app_id: app_id.clone(), inbox: inbox.clone(), outbox: outbox.clone() });
        served.push(Served { app_id: app_id.clone(), account: outbox.account(), inbox, refusals, callback });
        going.push(Going { app_id, outbox, delivering });
    }
    Ok(Opened { served, going, hosted, observed, desk })
}

impl Background {
    fn new(clock: Clock, teller: Teller, recordings: Recordings, workbench: Option<Workbench>) -> Self {
        Self {
            looked: clock.now_ms(),
            clock,
            teller,
            recordings,
            workbench,
            feeds: JoinSet::new(),
            deliveries: JoinSet::new(),
            outboxes: Vec::new(),
            origins: Vec::new(),
            refusals: JoinSet::new(),
            callbacks: Vec::new(),
        }
    }

    /// What becomes of messages is heard from now on.
    fn attend(&mut self, going: Vec<Going>, hear: &Sender<Notice>) {
        for Going { app_id, outbox, mut delivering } in going {
            self.outboxes.push(outbox);
            self.origins.push(delivering.origins());
            let (hear, teller) = (hear.clone(), self.teller.clone());
            self.deliveries.spawn(async move {
                while let Some((delivery, notices)) = delivering.next().await {
                    for notice in teller.delivered(&app_id, &delivery, notices) {
                        // Somebody hears it until all is over.
                        let _ = hear.send(notice).await;
                    }
                }
                match delivering.ended().await {
                    Ok(ended) => ended.map_err(ServeError::from),
                    Err(_) => Err(ServeError::Died(format!("the delivery of {app_id}"))),
                }
            });
        }
    }

    /// Everything that earlier hosts left is with the crew, then what comes.
    async fn begin(
        &mut self,
        (served, listeners): (Vec<Served>, Vec<(SocketAddr, TcpListener)>),
        plugins: &[String],
        store: &Arc<dyn Store>,
        crew: &Crew<Host>,
        hear: &Sender<Notice>,
    ) -> Result<Ready, ServeError> {
        let mut doors = Vec::new();
        for (number, one) in served.into_iter().enumerate() {
            let Served { app_id, account, inbox, mut refusals, callback } = one;
            let (teller, of) = (self.teller.clone(), app_id.clone());
            self.refusals.spawn(async move {
                while let Some(refusal) = refusals.recv().await {
                    teller.refusal(&of, &refusal).await;
                }
            });
            for notice in lost_notices(store.lost(account, plugins.to_vec(), self.clock.now_ms()).get().await?) {
                let _ = hear.send(notice).await;
            }
            take_up((number, account), store, plugins, &crew.foreman()).await?;
            let feed = Feed::new((number, account), store.clone(), inbox.clone(), crew.foreman());
            self.feeds.spawn(feed.run());
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

    /// Until it is to stop, or a part of it fails.
    async fn run(
        &mut self,
        (crew, store, operations): (&Crew<Host>, &Arc<dyn Store>, &Operations),
        told: &mut Receiver<Notice>,
        doors: &mut Doors<'_>,
        mut stop: Pin<&mut impl Future<Output = ()>>,
        watch: &mut dyn Watch,
    ) -> Result<(), ServeError> {
        let mut failed = std::pin::pin!(crew.failed());
        let mut minute = interval(LOG_MINUTE);
        loop {
            tokio::select! {
                biased;
                () = &mut stop => return Ok(()),
                end = &mut failed => return Err(end.into()),
                Some(ended) = self.feeds.join_next() => return Err(feed_ended(ended, crew)),
                Some(ended) = self.deliveries.join_next() => return Err(delivery_ended(ended)),
                () = poll_fn(|cx| any_ended(&mut self.callbacks, cx)) => {
                    return Err(ServeError::Died("a receiver of pushes".to_owned()));
                }
                Some(again) = doors.again.recv() => {
                    let read = (doors.read)();
                    self.come_again(again, read, (crew, store, operations), watch).await?;
                }
                _ = minute.tick() => self.teller.left_out().into_iter().for_each(|notice| watch.say(notice)),
                Some(notice) = told.recv() => watch.say(notice),
                () = self.clock.set_from(self.looked) => {
                    self.looked = self.clock.now_ms();
                    crew.look();
                }
            }
        }
    }

    /// Nothing comes any more: what was acknowledged is on disk.
    async fn stop_intake(&mut self) {
        // All at the same time: WeChat is not answered meanwhile.
        let stopping: JoinSet<()> = self.callbacks.drain(..).map(Running::shutdown).collect();
        stopping.join_all().await;
        self.feeds.shutdown().await;
        self.refusals.shutdown().await;
    }

    /// What is on the wire is waited for; nothing more is sent.
    fn stop_delivery(&mut self, runtime: &Handle) -> Result<(), ServeError> {
        let mut stopped = Ok(());
        runtime.block_on(async {
            Outbox::stop_all(&self.outboxes).await;
            while let Some(ended) = self.deliveries.join_next().await {
                stopped = std::mem::replace(&mut stopped, Ok(())).and(delivered(ended));
            }
        });
        stopped
    }
}

/// Why a feed has ended while it should not have.
fn feed_ended(ended: Result<Result<(), StoreError>, JoinError>, crew: &Crew<Host>) -> ServeError {
    match ended {
        Ok(Err(error)) => error.into(),
        // It does where the crew has.
        _ => crew.failure().map_or_else(|| ServeError::Died("what hands out events".to_owned()), ServeError::from),
    }
}

/// Why a delivery has ended while it should not have.
fn delivery_ended(ended: Result<Result<(), ServeError>, JoinError>) -> ServeError {
    delivered(ended).err().unwrap_or_else(|| ServeError::Died("a delivery".to_owned()))
}

/// How a delivery has ended.
fn delivered(ended: Result<Result<(), ServeError>, JoinError>) -> Result<(), ServeError> {
    ended.unwrap_or_else(|_| Err(ServeError::Died("what hears of messages".to_owned())))
}

/// Whether a callback has ended.
fn any_ended(callbacks: &mut [Running], cx: &mut Context<'_>) -> Poll<()> {
    if callbacks.iter_mut().any(|running| running.poll_ended(cx).is_ready()) { Poll::Ready(()) } else { Poll::Pending }
}

mod again;
#[cfg(test)]
mod tests;
