//! A week of `duoke serve` in virtual time, on one clock with the sandbox: windows, tokens and media expire, a day's messages
//! are used up, WeChat is away for a day. It balances: what was accepted was delivered, or refused by a rule, each with its
//! reason, and that as a model expects it that knows WeChat's rules and nothing of the host.
//!
//! `DUOKE_TEST_WEEKS` says how many weeks, each of other customers' doings; in an ordinary run one.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops there")]

#[path = "week/expected.rs"]
mod expected;
#[path = "week/host.rs"]
mod host;
#[path = "week/plan.rs"]
mod plan;
mod wechat_bench;
#[path = "week/wire.rs"]
mod wire;

use std::collections::BTreeMap;

use duoke::host::Notice;
use duoke::sandbox::Quotas;
use expected::{Expected, State};
use host::Host;
use plan::{AWAY, BUSY, BUSY_ANSWERS, BUSY_DAY, Deed, END_MS, Plan, QUOTA, RESTART, START_MS, TOKEN_ENDS, What};
use serde_json::{Value, json};

const SEND: &str = "/cgi-bin/message/custom/send";
const MINUTE_MS: i64 = 60_000;

#[tokio::test(flavor = "multi_thread")]
async fn a_week_balances() {
    let weeks = std::env::var("DUOKE_TEST_WEEKS").ok().and_then(|weeks| weeks.parse().ok()).unwrap_or(1);
    for seed in 1..=weeks {
        week(seed).await;
    }
}

async fn week(seed: u64) {
    let (plan, mut host) = (Plan::new(seed), Host::start().await);
    let mut changes = vec![
        (BUSY, Change::WechatIsBusy),
        (TOKEN_ENDS, Change::TokenEnds),
        (RESTART, Change::HostRestarts),
        (AWAY.start, Change::WechatIsAway),
        (AWAY.end, Change::WechatIsBack),
        (BUSY_DAY.start, Change::Quota(QUOTA)),
        // The host waits for the next day by now.
        (BUSY_DAY.end - MINUTE_MS, Change::Quota(Quotas::default().send)),
    ];
    changes.sort_by_key(|(at, _)| *at);
    let mut changes = changes.into_iter().peekable();
    for deed in &plan.deeds {
        while let Some((at, change)) = changes.next_if(|(at, _)| *at < deed.at) {
            host.pass_until(at).await;
            change.happens(&mut host).await;
        }
        host.pass_until(deed.at).await;
        does(&host, deed).await;
    }
    host.pass_until(END_MS).await;
    balances(seed, &plan, &host).await;
    host.end().await;
    is_told(seed, &plan, &host);
}

/// What happens, whatever customers do.
#[derive(Clone, Copy, Debug)]
enum Change {
    /// It says so to the next messages, whichever those are.
    WechatIsBusy,
    /// Somebody else made the token useless.
    TokenEnds,
    WechatIsAway,
    WechatIsBack,
    HostRestarts,
    /// So many messages may be sent that day.
    Quota(u64),
}

impl Change {
    async fn happens(self, host: &mut Host) {
        match self {
            Self::WechatIsBusy => {
                host.sandbox.fault(json!({"path": SEND, "count": BUSY_ANSWERS, "errcode": -1})).await;
            }
            Self::TokenEnds => drop(host.sandbox.post("/_sandbox/expire-token", &json!({})).await),
            Self::WechatIsAway => host.wire.cut().await,
            Self::HostRestarts => {
                host.end().await;
                host.begin().await;
            }
            Self::WechatIsBack => host.wire.mend().await,
            Self::Quota(send) => drop(host.sandbox.post("/_sandbox/quotas", &json!({ "send": send })).await),
        }
    }
}

async fn does(host: &Host, deed: &Deed) {
    let Deed { openid, what, .. } = deed;
    let push = match what {
        What::Leaves => json!({"MsgType": "event", "Event": "unsubscribe"}),
        What::Returns => json!({"MsgType": "event", "Event": "subscribe", "EventKey": ""}),
        What::IsFired => return host.fire(openid, &deed.words()).await,
        _ => json!({"MsgType": "text", "Content": deed.words()}),
    };
    if *what == What::Doubted {
        host.sandbox.fault(json!({"path": SEND, "drop": "after"})).await;
    }
    let sent = host.sandbox.post(&format!("/_sandbox/users/{openid}/send"), &push).await;
    assert_eq!(sent["delivered"], true, "{deed:?} is acknowledged: {sent}");
}

/// Everything that was accepted is accounted for.
async fn balances(seed: u64, plan: &Plan, host: &Host) {
    let expected = Expected::of(plan);
    let rows = host.rows().await;
    let mut by_customer: BTreeMap<String, Vec<(String, State)>> = BTreeMap::new();
    for row in &rows {
        let openid = row["openid"].as_str().unwrap().to_owned();
        by_customer.entry(openid).or_default().push((said(&row["body"]), state(seed, row)));
    }
    for (openid, whole) in &expected.rows {
        let rows = by_customer.remove(openid).unwrap_or_default();
        assert_eq!(&rows, whole, "seed {seed}: what was for {openid}, and what became of it");
    }
    assert_eq!(by_customer, BTreeMap::new(), "seed {seed}: and for nobody else");
    let mut had: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for received in host.sandbox.running.messages(None) {
        had.entry(received.openid).or_default().push(said(&received.body));
    }
    assert_eq!(had, expected.had, "seed {seed}: what customers have, in order");
    for (openid, text) in had.iter().flat_map(|(openid, texts)| texts.iter().map(move |text| (openid, text))) {
        assert!(
            text == expected::PICTURE || text.starts_with(&format!("{openid} ")),
            "seed {seed}: {openid} has {text}"
        );
    }
    let count = |state| rows.iter().filter(|row| self::state(seed, row) == state).count();
    let [sent, unknown] = [State::Sent, State::Unknown].map(count);
    assert_eq!(sent + unknown, had.values().map(Vec::len).sum::<usize>(), "seed {seed}");
    assert_eq!((expected.counts(), rows.len()), (State::ALL.map(count), expected.total()), "seed {seed}");
    is_as_told(seed, plan, host, &expected).await;
}

/// The sandbox was asked for what it had to be, and refused what it had to; the host has nothing left to do.
async fn is_as_told(seed: u64, plan: &Plan, host: &Host, expected: &Expected) {
    let stats = host.sandbox.running.stats();
    assert_eq!(stats["pushes"]["delivered"], plan.pushes(), "seed {seed}: {stats}");
    let mut errcodes = stats["errcodes"].clone();
    errcodes.as_object_mut().unwrap().remove("0");
    assert_eq!(errcodes, expected.errcodes(), "seed {seed}: only these are refused");
    assert_eq!(stats["calls"]["/cgi-bin/media/upload"], expected.uploads, "seed {seed}: as pictures expire");
    let (tokens, wanted) = (stats["tokens"]["stable_token"].as_i64().unwrap(), expected.tokens);
    // When WeChat is found to be back is the host's.
    assert!((wanted - 1..=wanted + 1).contains(&tokens), "seed {seed}: {tokens} tokens of {wanted}");
    let checked = host.checked().await;
    assert_eq!((&checked["events_open"], &checked["closed"]), (&json!(0), &json!([])), "seed {seed}: {checked}");
}

/// A person hears of each message that goes no further, once.
fn is_told(seed: u64, plan: &Plan, host: &Host) {
    let about = |notice: &Notice| notice.about.as_ref().map_or("", |about| about.event);
    let told = |event| host.heard.iter().filter(|notice| about(notice) == event).count();
    let [_, unknown, stranger, no_picture, ..] = Expected::of(plan).counts();
    let events = ["message.unknown", "message.dead"].map(told);
    assert_eq!(events, [unknown, stranger + no_picture], "seed {seed}: {:?}", host.heard);
}

/// The text of a message, or that it is a picture.
fn said(body: &Value) -> String {
    let text = body["text"]["content"].as_str().or(body["text"].as_str()).or(body["content"].as_str());
    text.map_or_else(|| expected::picture(body), str::to_owned)
}

/// How a row stands; by which rule, where it was not sent.
fn state(seed: u64, row: &Value) -> State {
    let reason = row["reason"].as_str().unwrap_or_default();
    let says = |words: &str| reason.contains(words);
    match row["state"].as_str().unwrap() {
        "sent" => State::Sent,
        "unknown" if says("no answer") => State::Unknown,
        "dead" if says("40003") => State::Stranger,
        "dead" if says("404") => State::NoPicture,
        "parked" if says("the user left") => State::Left,
        "parked" if says("ended at") => State::Late,
        "parked" if says("are sent") || says("45047") => State::TooMany,
        "parked" if says("waits behind ") => State::Behind,
        _ => panic!("seed {seed}: not by any rule: {row}"),
    }
}

#[test]
fn a_plan_is_a_week_of_all_that_happens() {
    let (plan, same, other) = (Plan::new(1), Plan::new(1), Plan::new(2));
    assert_eq!(plan.deeds, same.deeds);
    assert_ne!(plan.deeds, other.deeds);
    assert!(plan.deeds.is_sorted_by_key(|deed| deed.at) && plan.deeds.len() > 300);
    assert!(plan.deeds.iter().all(|deed| (START_MS..END_MS).contains(&deed.at)));
    let expected = Expected::of(&plan);
    assert!(expected.counts().iter().all(|count| *count > 0), "each rule is met: {:?}", expected.counts());
    assert!(
        expected.uploads > 1 && expected.tokens > 20 && expected.lost > 0,
        "{} {}",
        expected.uploads,
        expected.tokens
    );
    let waited = [expected.waited_for_a_day, expected.waited_away, expected.waited_for_customer];
    assert!(waited.iter().all(|count| *count > 5), "{waited:?}");
}
