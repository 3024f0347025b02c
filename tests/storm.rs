//! Token storms: many customers at once when the account's token is no good. One renews it, nothing is lost, nothing is
//! sent twice; and where no token is good, all of it ends soon (wechat-api.md §2, "refresh").
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops there")]

mod wechat_bench;

use std::sync::{Arc, Mutex};

use duoke::{
    outbox::{Delivery, Dispatch, Outbox, Outcome},
    store::{Commit, Filter, Key, Release, Row, SqliteStore, State, Store as _, Summary},
    wechat::{Call, Content, Courier, Message, Profile, Unwatched},
};
use serde_json::{Value, json};
use tokio::task::JoinSet;
use wechat_bench::Bench;

const CUSTOMERS: u32 = 200;
/// How long an answer is held back so that all calls are on their way before the first is answered, in ms.
const ALL_ON_THEIR_WAY_MS: u64 = 1_500;

fn customer(number: u32) -> String {
    format!("oUser{number}")
}

async fn bench() -> Bench {
    let bench = Bench::start(Profile::y2017()).await;
    for number in 0..CUSTOMERS {
        bench.speaks(&customer(number));
    }
    bench
}

/// A courier that has a token.
async fn courier(bench: &Bench) -> Courier {
    bench.speaks("oFirst");
    let courier = bench.courier();
    courier.deliver("oFirst", None, &Message::Text("first".to_owned()), &Unwatched).await.unwrap();
    courier
}

/// One message to each customer, all at once.
async fn send_to_all(courier: &Courier) {
    let mut senders = JoinSet::new();
    for number in 0..CUSTOMERS {
        let courier = courier.clone();
        senders.spawn(async move {
            let text = Message::Text(number.to_string());
            courier.deliver(&customer(number), None, &text, &Unwatched).await
        });
    }
    for sent in senders.join_all().await {
        sent.unwrap();
    }
}

/// Each customer has what was sent, once.
fn check_received(bench: &Bench) {
    let had = |number: u32| -> Vec<Value> {
        let messages = bench.running.messages(Some(&customer(number)));
        messages.into_iter().map(|message| message.body["text"]["content"].clone()).collect()
    };
    for number in 0..CUSTOMERS {
        assert_eq!(had(number), [json!(number.to_string())], "{}", customer(number));
    }
}

/// Calls of `stable_token`, and tokens it handed out new.
fn tokens(bench: &Bench) -> (u64, u64) {
    let stats = bench.running.stats();
    let calls = stats["calls"][Call::StableToken.path()].as_u64().unwrap_or(0);
    (calls, stats["tokens"]["stable_token"].as_u64().unwrap())
}

#[tokio::test]
async fn an_expired_token_is_renewed_once_for_all() {
    let bench = bench().await;
    let courier = courier(&bench).await;
    bench.post("/_sandbox/expire-token", &json!({})).await;
    send_to_all(&courier).await;
    check_received(&bench);
    assert_eq!(tokens(&bench), (2, 2));
}

#[tokio::test]
async fn a_token_that_is_refused_to_all_is_renewed_once() {
    for code in [40001, 40014, 42001] {
        let bench = bench().await;
        let courier = courier(&bench).await;
        let fault =
            json!({"path": Call::Send.path(), "count": CUSTOMERS, "errcode": code, "delay_ms": ALL_ON_THEIR_WAY_MS});
        bench.fault(fault).await;
        send_to_all(&courier).await;
        check_received(&bench);
        assert_eq!(tokens(&bench), (3, 2), "{code}: the first, the same again, a forced one");
    }
}

#[tokio::test]
async fn a_token_that_another_host_forced_out_is_fetched_once() {
    let bench = bench().await;
    let courier = courier(&bench).await;
    let ready = bench.running.ready();
    let force = json!({"grant_type": "client_credential", "appid": ready.app_id, "secret": ready.app_secret,
        "force_refresh": true});
    let (_, forced) = tokio::join!(send_to_all(&courier), bench.post("/cgi-bin/stable_token", &force));
    assert!(forced["access_token"].is_string());
    check_received(&bench);
    let (calls, issued) = tokens(&bench);
    // Ours at first and the other's; ours again unless all were sent before that.
    assert!((2..=3).contains(&calls) && issued == 2, "{calls} {issued}");
    bench.post("/_sandbox/clock", &json!({"advance_seconds": 31})).await;
    bench.post("/cgi-bin/stable_token", &force).await;
    let before = tokens(&bench).0;
    for number in 0..CUSTOMERS {
        bench.speaks(&customer(number));
    }
    let mut senders = JoinSet::new();
    for number in 0..CUSTOMERS {
        let courier = courier.clone();
        senders.spawn(async move {
            courier.deliver(&customer(number), None, &Message::Text("b".to_owned()), &Unwatched).await
        });
    }
    assert!(senders.join_all().await.iter().all(Result::is_ok));
    assert_eq!(tokens(&bench).0, before + 1);
}

/// The outbox with a message to each customer.
struct Storm {
    outbox: Outbox,
    dispatch: Dispatch,
    seen: Arc<Mutex<Vec<Delivery>>>,
}

impl Storm {
    async fn of(courier: Courier) -> Self {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let tell = seen.clone();
        let dispatch = Dispatch::new(Arc::new(courier), Arc::new(move |one| tell.lock().unwrap().push(one)));
        let store = Arc::new(SqliteStore::in_memory().unwrap());
        let account = store.account("wx", "sandbox").get().await.unwrap();
        let row = |number: u32| {
            let text = Content::Text { text: number.to_string() };
            Row::new(Key::new("s", "p", number), "wx", customer(number), text, 0)
        };
        let rows = (0..CUSTOMERS).map(row).collect();
        store.commit(Commit { account: Some(account), rows, ..Commit::default() }).get().await.unwrap();
        Self { outbox: Outbox::new(store, account), dispatch, seen }
    }

    async fn deliver(&self) -> Summary {
        self.outbox.deliver(&self.dispatch).await.unwrap()
    }
}

#[tokio::test]
async fn the_outbox_loses_nothing_and_sends_nothing_twice() {
    let bench = bench().await;
    let storm = Storm::of(courier(&bench).await).await;
    bench.post("/_sandbox/expire-token", &json!({})).await;
    let summary = storm.deliver().await;
    assert_eq!((summary.sent, summary.needs_attention()), (200, false));
    check_received(&bench);
    assert_eq!(tokens(&bench), (2, 2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_token_that_is_never_good_parks_the_account() {
    let bench = bench().await;
    let storm = Storm::of(courier(&bench).await).await;
    bench.fault(json!({"path": Call::Send.path(), "count": 1_000_000_000, "errcode": 40001})).await;
    let summary = storm.deliver().await;
    assert_eq!((summary.sent, summary.parked), (0, 200));
    let outcomes: Vec<_> = storm.seen.lock().unwrap().iter().map(|one| one.outcome).collect();
    eprintln!("{:?} tokens {:?} {} tries", bench.running.stats(), tokens(&bench), outcomes.len());
    let listed = storm.outbox.store().list(Filter::default(), 0, 1_000).get().await.unwrap();
    assert!(listed.iter().all(|listed| listed.row.state == State::Parked));
    assert!(outcomes.iter().all(|one| *one == Outcome::Parked));
    for _ in 0..3 {
        storm.outbox.release(Release::All, duoke::base::clock::system_now_ms()).await.unwrap();
        storm.deliver().await;
        eprintln!("{:?} tokens {:?}", bench.running.stats(), tokens(&bench));
    }
}
