//! Token storms: many customers at once when the account's token is no good. One renews it, nothing is lost, nothing is
//! sent twice; and where no token is good, all of it ends soon (wechat-api.md §2, "refresh").
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops there")]

#[expect(dead_code, reason = "this test needs a part of it")]
#[path = "cli/bench.rs"]
mod cli_bench;
mod wechat_bench;

use std::{
    fmt::Write as _,
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    body::Bytes,
    extract,
    http::{Method, Uri},
};
use cli_bench::SandboxChild;
use duoke::{
    base::{clock::system_now_ms, limits::OUTBOX_LANES_MAX},
    outbox::{Delivery, Dispatch, Outbox, Outcome},
    store::{
        Commit, Filter, Key, OpenOptions, Release, Row, Scope, SqliteStore, State, StateFolder, Store as _, Summary,
    },
    wechat::{Call, Client, Content, Courier, LivePictures, Message, Profile, Unwatched},
};
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::Barrier, task::JoinSet, time::timeout};
use url::Url;
use wechat_bench::Bench;

const CUSTOMERS: u32 = 200;
/// Longest that all of them take to be on their way, on a machine with much else to do.
const PATIENCE: Duration = Duration::from_secs(60);

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

/// Stands before the sandbox and refuses the first message of each customer with this code, when all of them are there.
#[derive(Clone)]
struct Gate {
    base: String,
    code: i64,
    all_there: Arc<Barrier>,
    came: Arc<AtomicU32>,
    http: reqwest::Client,
}

impl Gate {
    /// Its address.
    async fn start(base: Url, code: i64) -> Url {
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let all_there = Arc::new(Barrier::new(CUSTOMERS as usize));
        let gate = Self { base: base.origin().ascii_serialization(), code, all_there, came: Arc::default(), http };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}/", listener.local_addr().unwrap());
        let router = Router::new().fallback(Self::pass).with_state(gate);
        tokio::spawn(async move { axum::serve(listener, router).await });
        address.parse().unwrap()
    }

    async fn pass(extract::State(gate): extract::State<Self>, method: Method, uri: Uri, body: Bytes) -> Vec<u8> {
        if uri.path() == Call::Send.path() && gate.came.fetch_add(1, Ordering::Relaxed) < CUSTOMERS {
            timeout(PATIENCE, gate.all_there.wait()).await.expect("all calls are made");
            return json!({"errcode": gate.code, "errmsg": "refused"}).to_string().into_bytes();
        }
        let answer = gate.http.request(method, format!("{}{uri}", gate.base)).body(body).send().await.unwrap();
        answer.bytes().await.unwrap().to_vec()
    }
}

async fn refused_to_all(code: i64) {
    let bench = bench().await;
    // All of them go out with the first token.
    let mut config = bench.client_config();
    config.base_url = Gate::start(bench.base_url(), code).await;
    let courier = Courier::new(Client::new(config).unwrap(), Arc::new(LivePictures::new(true).unwrap()));
    send_to_all(&courier).await;
    check_received(&bench);
    assert_eq!(tokens(&bench), (3, 2), "{code}: the first, the same again, a forced one");
}

#[tokio::test]
async fn a_token_that_is_refused_to_all_is_renewed_once() {
    tokio::join!(refused_to_all(40001), refused_to_all(40014), refused_to_all(42001));
}

#[tokio::test]
async fn a_token_that_another_host_forces_out_meanwhile_is_fetched_once() {
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

#[tokio::test]
async fn a_token_that_another_host_forced_out_before_is_fetched_once() {
    let bench = bench().await;
    let courier = courier(&bench).await;
    let ready = bench.running.ready();
    let force = json!({"grant_type": "client_credential", "appid": ready.app_id, "secret": ready.app_secret,
        "force_refresh": true});
    bench.post("/cgi-bin/stable_token", &force).await;
    send_to_all(&courier).await;
    check_received(&bench);
    assert_eq!(tokens(&bench), (3, 2), "ours, the other's, and the other's for us");
    assert!(bench.running.stats()["errcodes"]["40001"].as_u64().unwrap() <= u64::from(CUSTOMERS));
}

/// Where no token is good, the account is parked at once, whatever a person makes of it: three calls of `stable_token`
/// in all, and of each customer who was being served two messages refused at most.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_token_that_is_never_good_parks_the_account() {
    let bench = bench().await;
    let storm = Storm::of(courier(&bench).await).await;
    let first = bench.running.stats()["messages"].as_u64().unwrap();
    bench.fault(json!({"path": Call::Send.path(), "count": u32::MAX, "errcode": 40001})).await;
    let summary = storm.deliver().await;
    assert_eq!((summary.sent, summary.parked), (0, 200));
    for released in 1..=3 {
        assert_eq!(tokens(&bench), (3, 2), "{released}");
        let refused = bench.calls(Call::Send).await - first;
        assert!(refused <= 2 * OUTBOX_LANES_MAX as u64 * released, "{refused}");
        storm.outbox.release(Release::All, system_now_ms()).await.unwrap();
        storm.deliver().await;
    }
    let listed = storm.outbox.store().list(Filter::default(), 0, 1_000).get().await.unwrap();
    assert!(listed.iter().all(|listed| listed.row.state == State::Parked && listed.row.messages_done == 0));
    let seen = storm.seen.lock().unwrap();
    let is_parked =
        |one: &Delivery| (one.outcome, one.errcode, one.way) == (Outcome::Parked, Some(40001), Some(Scope::Account));
    assert!(seen.iter().all(is_parked), "{seen:?}");
}

/// What a person sees of that: one error, once, and the sum; whether the messages come one after another or wait already.
#[test]
fn a_person_is_told_once() {
    let bench = cli_bench::Bench::new();
    let sandbox = SandboxChild::start(&bench);
    let mut log = String::new();
    for number in 0..CUSTOMERS {
        sandbox.user_writes(&customer(number));
        writeln!(log, r#"{{"event":"OnUserChange","useraccount":"{}"}}"#, customer(number)).unwrap();
    }
    bench.write("page.html", PAGE);
    bench.write("log.jsonl", log);
    bench.write("empty.jsonl", "");
    leave_rows(&bench, &sandbox);
    sandbox.fault(json!({"count": u32::MAX, "errcode": 40001}));
    for (state, log) in [("state", "log.jsonl"), ("left", "empty.jsonl")] {
        let run = sandbox.run(&bench, &["run", "page.html", "--events", log, "--forward", "--state", state]);
        let errors: Vec<&str> =
            run.err.lines().filter(|line| line.starts_with("error: ") || line.starts_with("warning: ")).collect();
        let alert = "wait: WeChat refused /cgi-bin/message/custom/send: 40001 ";
        assert!(errors.len() == 1 && errors[0].contains(alert), "{}", run.err);
        assert!(run.code == 120 && run.err.contains("200 parked"), "{}", run.err);
    }
    let listed = bench.run(&["outbox", "list", "--store", "left", "--format", "json"]);
    let listed: Vec<Value> = serde_json::from_str(&listed.out).unwrap();
    let tried = listed.iter().filter(|row| row["attempts"].as_u64().unwrap() > 0).count();
    assert!(tried > 10, "many were refused at the same time: {tried}");
}

/// A page that answers each customer.
const PAGE: &str = r#"<script>
function MCS_ClientNotify(str) {
  window.external.PutMsg(JSON.stringify({ msg: { head: { random: str }, body: [{ type: 0, content: { text: str } }] } }));
}
</script>"#;

/// A message to each customer, as a host that was killed leaves them.
fn leave_rows(bench: &cli_bench::Bench, sandbox: &SandboxChild) {
    let (folder, ready) = (StateFolder::take(Path::new(&bench.path("left"))).unwrap(), &sandbox.ready);
    let store = SqliteStore::open(folder, &OpenOptions::default()).unwrap();
    let (app_id, server) = (ready["app_id"].as_str().unwrap(), ready["listening"].as_str().unwrap());
    let account = store.account(app_id, server).wait().unwrap();
    let row = |number: u32| {
        let text = Content::Text { text: number.to_string() };
        Row::new(Key::new("s", "p", number), app_id, customer(number), text, 0)
    };
    let rows = (0..CUSTOMERS).map(row).collect();
    store.commit(Commit { account: Some(account), rows, ..Commit::default() }).wait().unwrap();
    store.close();
}
