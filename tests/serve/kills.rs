//! The whole chain under SIGKILL, and under a flood: what was acknowledged is answered once and in order, or in doubt once.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use duoke::store::{Filter, OpenOptions, SqliteStore, State, StateFolder, Store as _};
use duoke::wechat::Content;
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::host::Yard;
use crate::wanted;

const CUSTOMERS: usize = 6;
/// What a customer writes to each host that is there.
const EACH: usize = 4;
/// Answers a message at once, and once more after a timer and a promise.
const PAGE: &str = r#"
function MCS_ClientNotify(str) {
  var event = JSON.parse(str);
  if (event.event !== 'OnReceiveMsg') return;
  put(event.content);
  setTimeout(function () { Promise.resolve().then(function () { put(event.content + ' late'); }); }, 60);
}"#;
const TOML: &str = "extra_events = true\ndialects = [\"mcs\"]";

/// SplitMix64 (Steele, Lea, Flood 2014).
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }
}

/// The number of the host that is there.
type Up = Option<usize>;

fn openid(customer: usize) -> String {
    format!("oUser{customer}")
}

/// A customer writes one message after another; those that were acknowledged. While no host is there he waits.
async fn customer(yard: Arc<Yard>, number: usize, mut host: watch::Receiver<Up>) -> Vec<String> {
    let mut acknowledged = Vec::new();
    for message in 0.. {
        // So many to each host, and then the customer waits for the next one.
        if host.wait_for(|host| host.is_some_and(|host| host * EACH > message)).await.is_err() {
            break;
        }
        let text = format!("{number}.{message}");
        if yard.does(&openid(number), &json!({"MsgType": "text", "Content": text})).await {
            acknowledged.push(text);
        }
    }
    acknowledged
}

/// Lets a few messages come and a moment pass.
async fn some_time(yard: &Yard, random: &mut Random) {
    let count = || yard.sandbox.running.stats()["messages"].as_u64().unwrap();
    let enough = count() + random.below(25);
    yard.until(|| count() >= enough).await;
    for _ in 0..random.below(400_000) {
        std::hint::spin_loop();
    }
}

/// The states of the rows by their texts; each text is a row once.
async fn rows(yard: &Yard) -> BTreeMap<String, State> {
    let folder = yard.bench.path("state");
    let store = SqliteStore::open(StateFolder::take(Path::new(&folder)).unwrap(), &OpenOptions::default()).unwrap();
    let mut rows = BTreeMap::new();
    for listed in store.list(Filter::default(), 0, 1_000_000).get().await.unwrap() {
        let Content::Text { text } = listed.row.content else { panic!("only texts are sent") };
        assert_eq!(rows.insert(text.clone(), listed.row.state), None, "{text} is a row twice");
    }
    rows
}

/// What is left to do, asked of the running host: events that pages have not done with, those included of which no host lived
/// to acknowledge that they came; messages that are not out; answers that are still to come.
fn left(yard: &Yard, acknowledged: &[Vec<String>]) -> [u64; 3] {
    let checked = yard.run(&["outbox", "check", "--format", "json"]);
    let checked: Value = serde_json::from_str(&checked.out).unwrap();
    let of = |state: &str| checked["messages"][state].as_u64().unwrap();
    let wanted = acknowledged.iter().map(Vec::len).sum::<usize>() as u64 * 2;
    let over = of("sent") + of("unknown");
    [checked["events_open"].as_u64().unwrap(), of("pending") + of("sending"), wanted.saturating_sub(over)]
}

/// Waits until nothing is; each look takes its time, and what has not changed after so many will not.
fn until_worked_off(yard: &Yard, acknowledged: &[Vec<String>]) {
    let (mut last, mut same) = ([u64::MAX; 3], 0);
    while last != [0; 3] {
        let now = left(yard, acknowledged);
        same = if now == last { same + 1 } else { 0 };
        assert!(same < 1_000, "{now:?} are left: {}", yard.run(&["outbox", "list"]).out);
        last = now;
    }
}

/// Every acknowledged message has its two answers, once each and in order, or in doubt once.
async fn check(yard: &Yard, acknowledged: &[Vec<String>]) {
    let rows = rows(yard).await;
    for (number, acknowledged) in acknowledged.iter().enumerate() {
        let had = yard.had(&openid(number));
        for late in [false, true] {
            let is_so = |text: &&String| text.ends_with(" late") == late;
            let texts: Vec<&String> = had.iter().filter(is_so).collect();
            let order =
                |text: &str| -> u32 { text.trim_end_matches(" late").split_once('.').unwrap().1.parse().unwrap() };
            assert!(texts.is_sorted_by(|a, b| order(a) < order(b)), "once and in order: {texts:?}");
            for text in acknowledged {
                let text = if late { format!("{text} late") } else { text.clone() };
                let state = rows.get(&text).unwrap_or_else(|| panic!("{text} is not answered"));
                match (state, texts.contains(&&text)) {
                    (State::Sent, true) | (State::Unknown, _) => {}
                    other => panic!("{text}: {other:?}"),
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_random_nothing_acknowledged_is_lost_and_nothing_answered_twice() {
    let (kills, mut random) = (wanted("DUOKE_TEST_SERVE_KILLS", 20), Random(1));
    let yard = Arc::new(Yard::with("answers", TOML, PAGE).await);
    let (up, host) = watch::channel(None);
    let customers: Vec<_> =
        (0..CUSTOMERS).map(|number| tokio::spawn(customer(yard.clone(), number, host.clone()))).collect();
    let mut serving = yard.serve(&["answers"], &[]).await;
    for number in 1..=kills {
        up.send_replace(Some(number));
        some_time(&yard, &mut random).await;
        up.send_replace(None);
        serving.kill();
        serving = yard.serve_again(&["answers"], &[]);
    }
    drop(up);
    let mut acknowledged = Vec::new();
    for customer in customers {
        acknowledged.push(customer.await.unwrap());
    }
    assert!(acknowledged.iter().map(Vec::len).sum::<usize>() >= kills, "{acknowledged:?}");
    until_worked_off(&yard, &acknowledged);
    assert_eq!(serving.end(), Some(0));
    check(&yard, &acknowledged).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_is_acknowledged_and_worked_off() {
    let (pushes, customers) = (wanted("DUOKE_TEST_SERVE_FLOOD", 200), 40);
    let yard = Yard::with("answers", TOML, PAGE).await;
    let serving = yard.serve(&["answers"], &[("DUOKE_CONVERSATIONS_MAX", "30")]).await;
    for push in 0..pushes {
        let customer = push % customers;
        let text = json!({"MsgType": "text", "Content": format!("{customer}.{}", push / customers)});
        yard.sandbox.running.user_sends(&openid(customer), text.as_object().unwrap()).unwrap();
    }
    yard.until(|| yard.sandbox.running.stats()["messages"] == 2 * pushes).await;
    // That an answer has come is counted after it has.
    while yard.sandbox.running.stats()["pushes"]["delivered"] != pushes {
        assert_eq!(yard.sandbox.running.stats()["pushes"]["failed"], 0);
        tokio::task::yield_now().await;
    }
    assert_eq!(serving.end(), Some(0));
    let number = |customer: usize| (customer..pushes).step_by(customers).len();
    let sent = |customer| (0..number(customer)).map(|message| format!("{customer}.{message}")).collect();
    check(&yard, &(0..customers).map(sent).collect::<Vec<_>>()).await;
}
