//! A host that ends, by itself or because it is told to.

use std::future::pending;

use tokio::runtime::Runtime;

use super::super::recording::RecordPolicy;
use super::super::scheduler::Room;
use super::super::setup::Reread;
use super::*;
use crate::event::Line;
use crate::host::forward::Target;
use crate::host::processes::Processes;
use crate::host::rights::Rights;
use crate::host::serve::Operations;
use crate::host::watch::Closed;
use crate::store::{OnUnknown, SqliteStore};
use crate::wechat::{ClientConfig, Secret};

/// Hears, and says nothing.
struct Quiet;

impl Watch for Quiet {
    fn line(&mut self, _: &Line) -> Result<(), Closed> {
        Ok(())
    }

    fn say(&mut self, _: Notice) {}
}

fn residence() -> Residence {
    Residence {
        plugins: Vec::new(),
        rights: Rights::new(Vec::new(), Vec::new()).unwrap(),
        live: None,
        seats: Vec::new(),
        kf_account: None,
        seat_account: "kf".to_owned(),
        processes: Processes::default(),
        room: Room { open_max: 9, quiet_ms_max: 1_000 },
        record: RecordPolicy::default(),
    }
}

fn target(app_id: &str) -> Target {
    let client = ClientConfig::new("http://127.0.0.1:1".parse().unwrap(), app_id, Secret::new("s"));
    Target { client, kf_account: None, on_unknown: OnUnknown::Hold }
}

fn memory() -> Arc<dyn Store> {
    Arc::new(SqliteStore::in_memory().unwrap())
}

/// Why a host ended that nobody told to, and in which `happen` happens.
fn end_of(
    runtime: &Runtime,
    store: &Arc<dyn Store>,
    happen: impl FnOnce(&mut Background, &Sender<Notice>),
) -> ServeError {
    let _inside = runtime.enter();
    let (hear, mut told) = channel(TOLD_WAITING_MAX);
    let operations = Arc::new(Operations::new(false));
    let teller = Teller::new(hear.clone(), operations.clone(), (None, true), None);
    let house = House::new(residence(), Vec::new(), 0);
    let crew =
        Crew::start(Host::new(Clock::system(), house, Vec::new(), Arc::new(teller.clone())), residence().room, 1);
    let (recordings, _) = Recordings::begin(Clock::system(), operations.clone(), Arc::new(teller.clone()));
    let mut background = Background::new(Clock::system(), teller, recordings, None);
    happen(&mut background, &hear);
    let (_again, again) = channel(1);
    let doors =
        &mut Doors { begun: &mut |_, _| Box::new(()), again, read: &mut || Ok((residence(), Reread::default())) };
    let (mut quiet, mut stop) = (Quiet, Box::pin(pending()));
    let run = background.run((&crew, store, &operations), &mut told, doors, stop.as_mut(), &mut quiet);
    runtime.block_on(run).unwrap_err()
}

#[test]
fn whatever_ends_by_itself_ends_the_host() {
    let (runtime, store) = (Runtime::new().unwrap(), memory());
    let end = |happen: fn(&mut Background)| end_of(&runtime, &store, |background, _| happen(background));
    let ends = [
        end(|background| drop(background.feeds.spawn(async { panic!("a bug") }))),
        end(|background| drop(background.feeds.spawn(async { Ok(()) }))),
        end(|background| drop(background.deliveries.spawn(async { panic!("a bug") }))),
        end(|background| drop(background.deliveries.spawn(async { Ok(()) }))),
    ];
    assert!(ends.iter().all(|end| matches!(end, ServeError::Died(_))), "{ends:?}");
    let end = end(|background| drop(background.feeds.spawn(async { Err(StoreError::closed()) })));
    assert!(matches!(end, ServeError::Store(_)), "{end:?}");
}

#[test]
fn a_store_that_fails_ends_a_host_to_which_nothing_comes() {
    let (runtime, store) = (Runtime::new().unwrap(), memory());
    let forwarder = Forwarder::new(target("wx"), store.clone(), runtime.handle().clone()).unwrap();
    let outbox = forwarder.outbox().clone();
    let (delivering, _) = forwarder.begin(&[]).unwrap();
    let end = end_of(&runtime, &store, |background, hear| {
        let going = Going { app_id: "wx".to_owned(), outbox: outbox.clone(), delivering };
        background.attend(vec![going], hear);
        store.close();
        outbox.wake();
    });
    assert!(matches!(end, ServeError::Store(_)), "{end:?}");
}

#[test]
fn who_is_told_to_end_while_it_starts_does_not_begin() {
    let (runtime, store) = (Runtime::new().unwrap(), memory());
    let operations = Arc::new(Operations::new(false));
    let accounts = vec![AccountSetup { target: target("wx"), callback: None, sink: None }];
    let setup = Setup {
        accounts,
        listeners: Vec::new(),
        residence: residence(),
        log: None,
        threads: 1,
        clock: Clock::system(),
        operations,
        traces: None,
        workbench: None,
    };
    let mut has_begun = false;
    let mut begun = |_: &Ready, _| -> Box<dyn std::any::Any + Send> {
        has_begun = true;
        Box::new(())
    };
    let (_again, again) = channel(1);
    let doors = Doors { begun: &mut begun, again, read: &mut || Ok((residence(), Reread::default())) };
    serve(setup, &store, runtime.handle(), doors, async {}, &mut Quiet).unwrap();
    assert!(!has_begun);
}
