//! WeChat away, slow, or out of its mind: nothing is lost, nothing is sent twice, and the schedule is kept.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use duoke::base::clock::Hand;
use duoke::base::limits::{ACCOUNT_RECHECK_MS, OUTBOX_LANES_MAX, RETRY_ATTEMPTS_MAX};
use duoke::outbox::{Carrier, Dispatch, Outbox};
use duoke::session::window::Allowances;
use duoke::store::{AccountId, Commit, Filter, Key, OpenOptions, Row, SqliteStore, State, StateFolder, Store};
use duoke::wechat::{
    BoxFuture, Call, Content, ContentError, Message, Planned, Profile, Receipt, SendError, WechatError, Wire,
};
use tempfile::TempDir;

use super::agreement::Random;
use super::disk;

const HOUR_MS: i64 = 3_600_000;

/// A WeChat with a will of its own: told the time, says what becomes of a call, and whether the message arrives.
type Will = dyn Fn(i64, &mut Random) -> (bool, Result<(), SendError>) + Send + Sync;

struct World {
    hand: Hand,
    will: Box<Will>,
    random: Mutex<Random>,
    had: Mutex<HashMap<String, Vec<String>>>,
    calls: Mutex<Vec<(i64, String)>>,
}

impl Carrier for World {
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
            let Message::Text(text) = &message.message else { panic!("only texts are sent") };
            let now = self.hand.now_ms();
            self.calls.lock().unwrap().push((now, text.clone()));
            let (arrives, answer) = (self.will)(now, &mut self.random.lock().unwrap());
            if arrives {
                self.had.lock().unwrap().entry(row.openid.clone()).or_default().push(text.clone());
            }
            answer.map(|()| Receipt { at_ms: now, errmsg: "ok".to_owned(), media_id: None, notes: Vec::new() })
        })
    }
}

struct Bench {
    _folder: TempDir,
    store: Arc<SqliteStore>,
    account: AccountId,
    outbox: Outbox,
    world: Arc<World>,
    dispatch: Dispatch,
}

impl Bench {
    async fn new(
        seed: u64,
        will: impl Fn(i64, &mut Random) -> (bool, Result<(), SendError>) + Send + Sync + 'static,
    ) -> Self {
        let folder = disk::folder();
        let state = StateFolder::take(&folder.path().join("state")).unwrap();
        let store = Arc::new(SqliteStore::open(state, &OpenOptions::default()).unwrap());
        let account = store.account("wx", "http://a").get().await.unwrap();
        let hand = Hand::skipping(0);
        let world = Arc::new(World {
            hand: hand.clone(),
            will: Box::new(will),
            random: Mutex::new(Random(seed)),
            had: Mutex::default(),
            calls: Mutex::default(),
        });
        let mut dispatch = Dispatch::new(world.clone(), Arc::new(|_| ()));
        dispatch.clock = hand.clock();
        let outbox = Outbox::new(store.clone(), account);
        Self { _folder: folder, store, account, outbox, world, dispatch }
    }

    /// So many messages, one after another to each of so many customers.
    async fn push(&self, count: u32, customers: u32) {
        for first in (0..count).step_by(1_000) {
            let row = |number: u32| {
                let text = Content::Text { text: number.to_string() };
                Row::new(Key::new("s", "p", number), "wx", format!("o{}", number % customers), text, 0)
            };
            let rows = (first..count.min(first + 1_000)).map(row).collect();
            self.store.commit(Commit { account: Some(self.account), rows, ..Commit::default() }).get().await.unwrap();
        }
        self.outbox.wake();
    }

    /// Serves until everything is done or in doubt.
    async fn serve(&self, count: usize) {
        let done = async {
            let mut seen = 0;
            loop {
                self.outbox.quiet().await;
                let calls = self.world.calls.lock().unwrap().len();
                if calls > seen {
                    seen = calls;
                    let summary = self.outbox.summary().await.unwrap();
                    if summary.sent + summary.unknown + summary.dead == count {
                        return;
                    }
                }
                tokio::task::yield_now().await;
            }
        };
        tokio::select! {
            served = self.outbox.serve(&self.dispatch) => served.unwrap(),
            () = done => {}
        }
    }

    /// Each message was had once and in order, or is in doubt. How many are.
    async fn check(&self, count: u32, customers: u32) -> usize {
        let mut states = HashMap::new();
        let mut after = 0;
        loop {
            let listed = self.store.list(Filter::default(), after, 1_000).get().await.unwrap();
            let Some(last) = listed.last() else { break };
            after = last.row.seq;
            states.extend(listed.iter().map(|listed| (listed.row.key.effect, listed.row.state)));
        }
        let had = self.world.had.lock().unwrap();
        let mut unknown = 0;
        for customer in 0..customers {
            let mut had = had.get(&format!("o{customer}")).into_iter().flatten().peekable();
            for number in (customer..count).step_by(customers as usize) {
                let arrived = had.next_if(|text| **text == number.to_string()).is_some();
                match states[&number] {
                    State::Sent => assert!(arrived, "{number} was sent and not had, or not in order"),
                    State::Unknown => unknown += 1,
                    state => panic!("{number} is {state:?}"),
                }
            }
            assert_eq!(had.next(), None, "o{customer} had more, or twice");
        }
        unknown
    }
}

fn unreachable() -> SendError {
    WechatError::Unreachable { call: Call::Send, base: String::new(), reason: String::new() }.into()
}

#[tokio::test]
async fn away_for_an_hour() {
    const COUNT: u32 = 5_000;
    let away = |now, _: &mut Random| if now < HOUR_MS { (false, Err(unreachable())) } else { (true, Ok(())) };
    let bench = Bench::new(1, away).await;
    bench.push(COUNT, 500).await;
    bench.serve(COUNT as usize).await;
    assert_eq!(bench.check(COUNT, 500).await, 0);
    let calls = bench.world.calls.lock().unwrap();
    let first: Vec<i64> =
        calls.iter().filter(|(now, text)| *now < HOUR_MS && text == "0").map(|(now, _)| *now / 1_000).collect();
    assert_eq!(first[..5], [0, 1, 3, 7, 15], "the schedule");
    let in_vain = calls.iter().filter(|(now, _)| *now < HOUR_MS).count();
    let rechecks = usize::try_from(HOUR_MS / ACCOUNT_RECHECK_MS).unwrap();
    let expected = OUTBOX_LANES_MAX + RETRY_ATTEMPTS_MAX as usize + rechecks;
    assert!(in_vain <= expected, "{in_vain} calls: after the first ones one finds out for all, then once a minute");
    let back = calls.iter().map(|(now, _)| *now).find(|now| *now >= HOUR_MS).unwrap();
    assert!(back - HOUR_MS <= ACCOUNT_RECHECK_MS, "it is noticed within a minute");
}

#[tokio::test]
async fn slow_garbled_and_cut_off() {
    let sick = |_, random: &mut Random| {
        let base = String::new;
        let (call, arrives) = (Call::Send, random.below(2) == 0);
        let error = match random.below(12) {
            0 => return (false, Err(unreachable())),
            1 => return (false, Err(WechatError::refused(call, -1, base()).into())),
            2 => WechatError::NoAnswer { call, base: base(), reason: base(), timed_out: true },
            3 => WechatError::NoAnswer { call, base: base(), reason: base(), timed_out: false },
            4 => WechatError::NotJson { call, base: base(), answer: "<html>".to_owned() },
            5 => WechatError::Status { call, base: base(), status: 502, answer: base() },
            _ => return (true, Ok(())),
        };
        (arrives, Err(error.into()))
    };
    for seed in 0..super::cases(3) {
        let bench = Bench::new(seed, sick).await;
        bench.push(1_000, 40).await;
        bench.serve(1_000).await;
        let unknown = bench.check(1_000, 40).await;
        assert!(unknown > 100, "seed {seed}: a third of the calls have no answer, {unknown} are in doubt");
    }
}

/// Bytes of this process that are in memory.
#[cfg(target_os = "linux")]
fn resident() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    statm.split(' ').nth(1).unwrap().parse::<u64>().unwrap() * 4096
}

/// With nextest each test has a process of its own.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn what_waits_does_not_take_memory() {
    const COUNT: u32 = 100_000;
    let bench = Bench::new(1, |now, _| if now < HOUR_MS { (false, Err(unreachable())) } else { (true, Ok(())) }).await;
    bench.push(2_000, 2_000).await;
    let before = resident();
    bench.push(COUNT, COUNT).await;
    tokio::select! {
        served = bench.outbox.serve(&bench.dispatch) => served.unwrap(),
        () = async { while bench.world.hand.now_ms() < HOUR_MS / 2 { tokio::task::yield_now().await } } => {}
    }
    let more = resident().saturating_sub(before);
    assert!(more < 32 * 1024 * 1024, "100,000 waiting messages took {more} bytes");
}
