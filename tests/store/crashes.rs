//! A host over a disk that fails, and to a WeChat that keeps what it was sent: the power goes, or the disk fails, at
//! every operation of the disk and before and after every message. Whatever was accepted is sent once, in order for each
//! customer, or is in doubt once.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};

use duoke::base::clock::system_now_ms;
use duoke::outbox::{Carrier, Dispatch, Outbox};
use duoke::session::window::Allowances;
use duoke::store::{
    Commit, EffectRecord, EventId, Filter, Interrupted, Key, NewEvent, OnUnknown, OpenOptions, Row, SqliteStore, State,
    StateFolder, Store, StoreError, StoreErrorKind, TurnEnd, TurnState,
};
use duoke::wechat::{
    BoxFuture, Call, Content, ContentError, Message, Planned, Profile, Receipt, SendError, WechatError, Wire,
};

use super::disk::{self, Disk, Failure, Unsynced};

/// Customers of the events, in order.
const EVENTS: [&str; 4] = ["oA", "oB", "oA", "oA"];
const PLUGIN: &str = "p";

/// When the power goes, seen from WeChat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum At {
    /// The message is on the wire and does not arrive.
    Before(usize),
    /// It has arrived, and its answer does not.
    After(usize),
}

/// WeChat, as far as it matters: it has what it was sent, whatever becomes of the host.
struct World {
    had: Mutex<Vec<(String, String)>>,
    calls: Mutex<usize>,
    crash: Option<At>,
}

impl World {
    fn new(crash: Option<At>) -> Arc<Self> {
        Arc::new(Self { had: Mutex::default(), calls: Mutex::default(), crash })
    }
}

struct Way {
    world: Arc<World>,
    disk: Arc<Disk>,
}

impl Way {
    fn goes(&self, at: At) -> bool {
        let goes = self.world.crash == Some(at);
        if goes {
            self.disk.die();
        }
        goes
    }
}

impl Carrier for Way {
    fn plan(&self, row: &Row) -> Result<Vec<Planned>, ContentError> {
        let Content::Text { text } = &row.content else { return Err(ContentError::EmptyText) };
        Ok(vec![Message::Text(text.clone()).into()])
    }

    fn allowances(&self) -> Allowances {
        Profile::y2025().allowances()
    }

    fn deliver<'a>(
        &'a self,
        row: &'a Row,
        message: &'a Planned,
        wire: &'a dyn Wire,
    ) -> BoxFuture<'a, Result<Receipt, SendError>> {
        Box::pin(async move {
            if !wire.begins().await {
                return Err(SendError::Withdrawn);
            }
            let call = std::mem::replace(&mut *self.world.calls.lock().unwrap(), 0) + 1;
            *self.world.calls.lock().unwrap() = call;
            let lost = || WechatError::NoAnswer {
                call: Call::Send,
                base: String::new(),
                reason: String::new(),
                timed_out: true,
            };
            if self.goes(At::Before(call)) {
                return Err(lost().into());
            }
            let Message::Text(text) = &message.message else { panic!("only texts are sent") };
            self.world.had.lock().unwrap().push((row.openid.clone(), text.clone()));
            if self.goes(At::After(call)) {
                return Err(lost().into());
            }
            Ok(Receipt { at_ms: 0, errmsg: "ok".to_owned(), media_id: None, notes: Vec::new() })
        })
    }
}

fn open(path: &Path, disk: &Disk) -> Result<SqliteStore, StoreError> {
    SqliteStore::open(
        StateFolder::take(path)?,
        &OpenOptions { vfs: Some(disk.vfs().to_owned()), ..OpenOptions::default() },
    )
}

/// What an event leads to: two tasks, with a message each.
async fn handle(
    outbox: &Outbox,
    (event, name): (EventId, &str),
    openid: &str,
    number: usize,
) -> Result<(), StoreError> {
    for task in 0..2 {
        let text = Content::Text { text: format!("{number}.{task}") };
        let row = Row::new(Key::new(name, PLUGIN, task), "wx", openid, text, system_now_ms());
        let effect = EffectRecord {
            event,
            plugin: PLUGIN.to_owned(),
            number: task,
            time: 1,
            type_: "effect.mcs.PutMsg".to_owned(),
            subject: Some(openid.to_owned()),
            data: serde_json::Value::Null,
            place: None,
        };
        let ended = TurnEnd { event, plugin: PLUGIN.to_owned(), state: TurnState::Done };
        let account = Some(outbox.account());
        let ended = (task == 1).then_some(ended).into_iter().collect();
        let commit = Commit {
            account,
            now: system_now_ms(),
            effects: vec![effect],
            rows: vec![row],
            ended,
            ..Commit::default()
        };
        outbox.store().commit(commit).get().await?;
        outbox.wake();
    }
    Ok(())
}

/// One life of a host: what earlier ones left, then the log, as `duoke run` does it.
async fn live(path: &Path, disk: &Arc<Disk>, world: &Arc<World>, accepted: &mut usize) -> Result<(), StoreError> {
    let store: Arc<dyn Store> = Arc::new(open(path, disk)?);
    let account = store.account("wx", "http://a").get().await?;
    let goes_on = store.begin_log(account, "log").get().await?;
    store.interrupted(Interrupted::Earlier(Some(account)), OnUnknown::Hold, system_now_ms()).get().await?;
    let outbox = Outbox::new(store.clone(), account);
    let way = Way { world: world.clone(), disk: disk.clone() };
    let dispatch = Dispatch::new(Arc::new(way), Arc::new(|_| ()));
    let events = async {
        for event in store.unfinished(account, vec![PLUGIN.to_owned()], None, EventId(0)).get().await? {
            let number: usize = event.line.parse().unwrap();
            handle(&outbox, (event.event, &event.name), EVENTS[number], number).await?;
        }
        for (number, openid) in EVENTS.iter().enumerate() {
            let event = NewEvent {
                account,
                log: None,
                source: "log".to_owned(),
                id: number.to_string(),
                digest: Vec::new(),
                line: number.to_string(),
                subject: Some((*openid).to_owned()),
                turns_to: None,
                plugins: vec![PLUGIN.to_owned()],
                acted: None,
                now: system_now_ms(),
            };
            let taken = store.accept(event).get().await?;
            *accepted = (*accepted).max(number + 1);
            if goes_on && taken.progress[0].state != TurnState::Open {
                continue;
            }
            handle(&outbox, (taken.event, &taken.name), openid, number).await?;
        }
        outbox.quiet().await;
        outbox.failure().map_or(Ok(()), Err)?;
        store.end_log(account, "log").get().await
    };
    let lived = tokio::select! {
        lived = events => lived,
        served = outbox.serve(&dispatch) => served,
    };
    store.close();
    lived
}

/// Everything accepted was sent once and in order, or is in doubt once.
#[track_caller]
fn check(path: &Path, world: &World, accepted: usize, what: &str) {
    let store = open(path, &Disk::new()).unwrap();
    let rows = store.list(Filter::default(), 0, 100).wait().unwrap();
    let had = world.had.lock().unwrap();
    let mut expected: BTreeMap<&str, Vec<(String, bool)>> = BTreeMap::new();
    for (number, openid) in EVENTS.iter().enumerate().take(accepted) {
        for task in 0..2 {
            let text = format!("{number}.{task}");
            let of = rows.iter().filter(|row| row.row.content == Content::Text { text: text.clone() });
            let states: Vec<State> = of.map(|row| row.row.state).collect();
            let keys: Vec<String> = rows.iter().map(|row| row.row.key.to_string()).collect();
            assert_eq!(states.len(), 1, "{what}: {text} is a row once: {keys:?}");
            assert!(matches!(states[0], State::Sent | State::Unknown), "{what}: {text} is {:?}", states[0]);
            expected.entry(openid).or_default().push((text, states[0] == State::Unknown));
        }
    }
    for (openid, expected) in expected {
        let mut had = had.iter().filter(|(to, _)| to == openid).map(|(_, text)| text).peekable();
        for (text, in_doubt) in expected {
            if had.next_if(|next| **next == text).is_none() {
                assert!(in_doubt, "{what}: {openid} did not get {text}, or not in order");
            }
        }
        assert_eq!(had.next(), None, "{what}: {openid} got more, or twice");
    }
    assert_eq!(store.check(system_now_ms()).wait().unwrap().damage, Vec::<String>::new(), "{what}");
    store.close();
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

/// Operations of a life without faults, from the first accepted event on.
fn operations() -> usize {
    let (folder, disk) = (disk::folder(), Arc::new(Disk::new()));
    let path = folder.path().join("state");
    runtime().block_on(live(&path, &disk, &World::new(None), &mut 0)).unwrap();
    disk.operations()
}

/// Lives until the power goes, then again with what is found, until the log is through.
fn power_goes(what: &str, world: &Arc<World>, unsynced: Unsynced, prepare: impl FnOnce(&Disk)) {
    let (folder, disk, mut accepted) = (disk::folder(), Arc::new(Disk::new()), 0);
    let path = folder.path().join("state");
    prepare(&disk);
    let lived = runtime().block_on(live(&path, &disk, world, &mut accepted));
    // It may die while the store is closed, when all is done.
    assert!(disk.is_dead() || lived.is_ok(), "{what}: {lived:?}");
    let found = disk::folder();
    disk.power_cut(folder.path(), found.path(), unsynced).unwrap();
    let path = found.path().join("state");
    runtime().block_on(live(&path, &Arc::new(Disk::new()), world, &mut accepted)).unwrap();
    assert_eq!(accepted, EVENTS.len());
    check(&path, world, accepted, what);
}

#[test]
fn the_power_goes_at_every_operation_of_the_disk() {
    for operation in 0..operations() {
        let unsynced = [Unsynced::Lost, Unsynced::Torn(operation as u64), Unsynced::Kept];
        // As it is found after SIGKILL: for that tests/kills.rs is there as well.
        let count = if operation % 4 == 0 { 3 } else { 2 };
        for unsynced in unsynced.into_iter().take(count) {
            let what = format!("power cut at operation {operation}, {unsynced:?}");
            power_goes(&what, &World::new(None), unsynced, |disk| disk.fail_at(operation, Failure::Dies));
        }
    }
}

#[test]
fn the_power_goes_before_and_after_every_message() {
    for call in 1..=2 * EVENTS.len() {
        for at in [At::Before(call), At::After(call)] {
            for unsynced in [Unsynced::Lost, Unsynced::Kept] {
                power_goes(&format!("power cut {at:?}, {unsynced:?}"), &World::new(Some(at)), unsynced, |_| ());
            }
        }
    }
}

#[test]
fn a_disk_that_fails_stops_the_host_and_loses_nothing() {
    use Failure::{Full, Io, ReadOnly, ShortWrite, SyncFails};
    let count = operations();
    for (index, failure) in [Full, ShortWrite, ReadOnly, Io, SyncFails].into_iter().enumerate() {
        // Each failure at a fifth of the operations; all of them at some.
        for operation in (index..count).step_by(5) {
            let what = format!("{failure:?} from operation {operation} on");
            let (folder, world, mut accepted) = (disk::folder(), World::new(None), 0);
            let (path, disk) = (folder.path().join("state"), Arc::new(Disk::new()));
            disk.fail_from(operation, failure);
            if let Err(error) = runtime().block_on(live(&path, &disk, &world, &mut accepted)) {
                let is_told = matches!(
                    error.kind,
                    StoreErrorKind::Full
                        | StoreErrorKind::ReadOnly
                        | StoreErrorKind::Io
                        | StoreErrorKind::Folder
                        | StoreErrorKind::Corrupt
                );
                assert!(is_told && !error.hint().is_empty(), "{what}: {error}");
            }
            // The disk is mended; what no sync brought to it is gone.
            disk.heal();
            let found = disk::folder();
            disk.power_cut(folder.path(), found.path(), Unsynced::Lost).unwrap();
            let path = found.path().join("state");
            runtime().block_on(live(&path, &Arc::new(Disk::new()), &world, &mut accepted)).unwrap();
            check(&path, &world, EVENTS.len(), &what);
        }
    }
}
