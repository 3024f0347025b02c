//! `duoke run --forward` killed with SIGKILL again and again, under load, against the sandbox: every event of the log is
//! played, and its messages arrive once and in order for each customer, or stand in one `unknown` row.
//!
//! `DUOKE_TEST_SIGKILLS` says how often (500 for a release); in an ordinary run a few.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops there")]

#[expect(dead_code, reason = "this test needs a part of it")]
#[path = "cli/bench.rs"]
mod bench;

use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::Child;

use bench::{Bench, SandboxChild};
use duoke::store::{Filter, OpenOptions, SqliteStore, State, StateFolder, Store as _};
use duoke::wechat::Content;

const CUSTOMERS: usize = 7;
const EVENTS: usize = 60;
/// Three messages for each event: at once, after a timer, and of a promise after another one.
const PAGE: &str = r#"
function put(text) {
  window.external.PutMsg(JSON.stringify({ msg: { head: { random: String(Math.random()) }, body: [{ type: 0, content: { text: text } }] } }));
}
function MCS_ClientNotify(str) {
  var event = JSON.parse(str), n = event.note;
  put(n + '.0');
  setTimeout(function () { put(n + '.1'); }, 200);
  setTimeout(function () { Promise.resolve().then(function () { put(n + '.2'); }); }, 700);
}"#;

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

fn customer(event: usize) -> String {
    format!("oUser{}", event % CUSTOMERS)
}

fn log() -> String {
    (0..EVENTS).fold(String::new(), |mut log, event| {
        let user = customer(event);
        writeln!(log, r#"{{"event":"OnUserChange","useraccount":"{user}","note":"{event}"}}"#).unwrap();
        log
    })
}

/// Lets the run go on for so many lines of what it prints and a moment, then kills it. Whether it had ended by itself.
fn killed(mut child: Child, random: &mut Random) -> bool {
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    for _ in 0..random.below(60) {
        if lines.next().is_none() {
            break;
        }
    }
    for _ in 0..random.below(400_000) {
        std::hint::spin_loop();
    }
    child.kill().unwrap();
    let ended = child.wait().unwrap().code();
    if let Some(code) = ended {
        assert!(code == 0 || code == 120, "the run ended with {code}");
    }
    ended.is_some()
}

/// The states of the rows by their texts.
fn rows(state: &Path) -> Vec<(String, State)> {
    let store = SqliteStore::open(StateFolder::take(state).unwrap(), &OpenOptions::default()).unwrap();
    let listed = store.list(Filter::default(), 0, 10_000).wait().unwrap();
    assert_eq!(store.check(0).wait().unwrap().damage.len(), 1, "but that the messages are from the future");
    listed
        .into_iter()
        .map(|listed| {
            let Content::Text { text } = listed.row.content else { panic!("only texts are sent") };
            (text, listed.row.state)
        })
        .collect()
}

/// Every message once and in order, or in doubt once.
fn check(bench: &Bench, sandbox: &SandboxChild) {
    let rows = rows(Path::new(&bench.path("state")));
    for user in 0..CUSTOMERS {
        let had: Vec<String> = sandbox
            .messages(&customer(user))
            .iter()
            .map(|message| message["body"]["text"]["content"].as_str().unwrap().to_owned())
            .collect();
        let mut had = had.iter().peekable();
        for event in (user..EVENTS).step_by(CUSTOMERS) {
            for part in 0..3 {
                let text = format!("{event}.{part}");
                let states: Vec<State> = rows.iter().filter(|(of, _)| *of == text).map(|(_, state)| *state).collect();
                assert_eq!(states.len(), 1, "{text} is a row once: {states:?}");
                match (states[0], had.next_if(|next| **next == text)) {
                    (State::Sent, Some(_)) | (State::Unknown, _) => {}
                    other => panic!("{text}: {other:?}; then {:?}", had.collect::<Vec<_>>()),
                }
            }
        }
        assert_eq!(had.next(), None, "{} got more, or twice", customer(user));
    }
}

#[test]
fn killed_at_random_nothing_is_lost_and_nothing_sent_twice() {
    let wanted = std::env::var("DUOKE_TEST_SIGKILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(12);
    let (mut kills, mut random) = (0, Random(1));
    while kills < wanted {
        let bench = Bench::new();
        let sandbox = SandboxChild::start(&bench);
        (0..CUSTOMERS).for_each(|user| sandbox.user_writes(&customer(user)));
        bench.write("page.js", PAGE);
        bench.write("log.jsonl", log());
        let arguments = ["run", "page.js", "--events", "log.jsonl", "--forward", "--all"];
        loop {
            if kills >= wanted {
                let ended = sandbox.run(&bench, &arguments);
                assert!(ended.code == 0 || ended.code == 120, "{} {}", ended.code, ended.err);
                break;
            }
            if killed(sandbox.start_run(&bench, &arguments), &mut random) {
                break;
            }
            kills += 1;
        }
        check(&bench, &sandbox);
    }
}
