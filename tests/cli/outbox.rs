//! `duoke outbox`, `explain` and `erase`, beside a running host and without one.

use std::io::Write as _;

use serde_json::{Value, json};

use crate::bench::{Bench, Ended, SandboxChild};
use crate::host::Host;

/// Two messages for each customer it is told of.
const GREETER: &str = r#"<!DOCTYPE html><title>t</title><script>
var n = 0;
function put(text) {
  window.external.PutMsg({ msg: { head: { random: String(++n) }, body: [{ type: 0, content: { text: text } }] } });
}
function MCS_ClientNotify(str) {
  put("您好");
  put("今天所有商品九折");
}
</script>"#;

/// A folder with the page, and a sandbox that knows `oA`.
fn bench() -> (Bench, SandboxChild) {
    let bench = Bench::new();
    bench.write("greeter.html", GREETER);
    let sandbox = SandboxChild::start(&bench);
    sandbox.user_writes("oA");
    (bench, sandbox)
}

fn told(user: &str) -> String {
    format!("{{\"event\":\"OnUserChange\",\"useraccount\":\"{user}\"}}\n")
}

/// A run over these customers that ends; its exit code.
fn run(bench: &Bench, sandbox: &SandboxChild, users: &[&str]) -> i32 {
    bench.write("log.jsonl", users.iter().map(|user| told(user)).collect::<String>());
    sandbox.run(bench, &["run", "greeter.html", "--events", "log.jsonl", "--forward"]).code
}

fn listed(bench: &Bench, arguments: &[&str]) -> Vec<Value> {
    let listed = bench.run(&[&["outbox", "list", "--format", "json"], arguments].concat());
    assert_eq!(listed.code, 0, "{}", listed.err);
    serde_json::from_str(&listed.out).unwrap()
}

/// Keys and states, as they stand.
fn standing(bench: &Bench, arguments: &[&str]) -> String {
    let member = |row: &Value, member: &str| row[member].as_str().unwrap().to_owned();
    let rows = listed(bench, arguments);
    rows.iter().map(|row| format!("{} {}", member(row, "key"), member(row, "state"))).collect::<Vec<_>>().join(", ")
}

/// Looks until they stand so: a host is at work.
fn await_standing(bench: &Bench, expected: &str) {
    while standing(bench, &[]) != expected {}
}

#[test]
fn no_state_no_messages_and_none_is_made() {
    let bench = Bench::new();
    let ended = bench.run(&["outbox", "list", "--format", "json"]);
    assert_eq!((ended.code, ended.out.as_str()), (0, "[]\n"));
    assert!(ended.err.starts_with("note: state: there is no state"), "{}", ended.err);
    for arguments in [
        ["outbox", "list", "1/p/0"].as_slice(),
        &["outbox", "show", "1"],
        &["outbox", "check", "--format", "json"],
        &["outbox", "retry", "--all"],
        &["outbox", "drop", "1/p/0"],
        &["explain", "1/p/0", "--store", "elsewhere"],
        &["erase", "oA"],
    ] {
        let ended = bench.run(arguments);
        assert_eq!((ended.code, ended.out.as_str()), (4, ""), "{arguments:?}: {}", ended.err);
        assert!(ended.err.contains("hint: "), "{}", ended.err);
    }
    assert_eq!(std::fs::read_dir(bench.path("")).unwrap().count(), 0);
}

#[test]
fn usage() {
    let bench = Bench::new();
    for arguments in [
        ["outbox"].as_slice(),
        &["outbox", "retry"],
        &["outbox", "drop", "--dry-run"],
        &["outbox", "retry", "1/p/0", "--all"],
        &["outbox", "list", "--state", "lost"],
        &["outbox", "list", "--before", "yesterday"],
        &["outbox", "show"],
        &["explain"],
        &["erase", ""],
    ] {
        let ended = bench.run(arguments);
        assert_eq!((ended.code, ended.out.as_str()), (2, ""), "{arguments:?}: {}", ended.err);
    }
    bench.write("duoke.toml", "[store]\npath = 7\n");
    assert_eq!(bench.run(&["outbox", "list"]).code, 3);
    std::fs::remove_file(bench.path("duoke.toml")).unwrap();
    bench.write("state/duoke.sqlite", "no database at all, but long enough to be looked at as one, and then some");
    let ended = bench.run(&["outbox", "check"]);
    assert!(ended.code == 96 && ended.err.contains("state/duoke.sqlite: it is damaged"), "{}", ended.err);
}

#[test]
fn the_same_words_beside_a_host_and_without_one() {
    let (bench, sandbox) = bench();
    assert_eq!(run(&bench, &sandbox, &["oA", "oB"]), 120, "nobody knows oB");
    let key = |row: &Value| row["key"].as_str().unwrap().to_owned();
    let rows = listed(&bench, &[]);
    assert_eq!(rows.iter().map(key).collect::<Vec<_>>(), ["1/greeter/0", "1/greeter/1", "2/greeter/0", "2/greeter/1"]);
    let members: Vec<&String> = rows[2].as_object().unwrap().keys().collect();
    let expected =
        ["key", "state", "account", "openid", "msgtype", "body", "cause", "attempts", "created", "next", "reason"];
    assert_eq!(members, expected);
    let row = &rows[2];
    assert_eq!(
        json!([row["state"], row["openid"], row["msgtype"], row["body"], row["cause"], row["attempts"], row["next"]]),
        json!(["dead", "oB", "text", {"content": "您好"}, "2", 1, null])
    );
    assert!(row["reason"].as_str().unwrap().contains("40003"), "{row}");
    let table: [(&[&str], i32, &str); 16] = [
        (&["outbox", "list"], 0, "dead     2/greeter/1  oB        "),
        (&["outbox", "list", "--format", "jsonl", "--limit", "1"], 0, "{\"key\":\"1/greeter/0\",\"state\":\"sent\""),
        (&["outbox", "list", "--state", "sent,dead", "--openid", "oA"], 0, "1/greeter/1"),
        (&["outbox", "list", "--state", "parked", "--state", "held", "--format", "json"], 0, "[]\n"),
        (&["outbox", "list", "--before", "1h", "--format", "json"], 0, "[]\n"),
        (&["outbox", "list", "--before", "2999-01-01T00:00:00Z", "--plugin", "greeter"], 0, "2/greeter/0"),
        (&["outbox", "list", "--account", "wxnobody", "--format", "json"], 0, "[]\n"),
        (&["outbox", "list", "2/greeter/0", "9/greeter/0"], 4, "2/greeter/0"),
        (&["outbox", "show", "2/greeter/0", "1/greeter/1"], 0, "try         "),
        (&["outbox", "show", "2/greeter/0", "9", "--format", "json"], 4, "\"tries\":[{"),
        (&["outbox", "check"], 120, "dead          2, 0 dropped by a person"),
        (&["outbox", "check", "--format", "json"], 120, "\"dropped\": 0"),
        (&["outbox", "retry", "--state", "dead", "--dry-run"], 0, "2/greeter/1  oB  dead -> pending\n"),
        (&["outbox", "retry", "1/greeter/0"], 120, "1/greeter/0  oA  sent still: WeChat has it"),
        (&["explain", "2/greeter/1"], 0, "errcode 40003"),
        (&["erase", "oB", "--dry-run", "--format", "json"], 0, "\"messages\": 2"),
    ];
    let said = |runs: bool| -> Vec<String> {
        let told = |(arguments, code, expected): &(&[&str], i32, &str)| {
            let Ended { code: found, out, err } = bench.run(arguments);
            assert_eq!(found, *code, "{arguments:?}: {err}");
            assert!(out.contains(expected), "{arguments:?}: {out}");
            // The store grows a little with each host, and beside one it is not looked at for damage.
            let varies = ["\"bytes\": ", "\"looked_at\": "];
            let is_same = |line: &&str| !line.starts_with("store ") && !varies.iter().any(|one| line.contains(one));
            let out = out.replace(&format!("\"host_runs\": {runs}"), "");
            out.lines().filter(is_same).collect::<Vec<_>>().join("\n")
        };
        table.iter().map(told).collect()
    };
    let alone = said(false);
    let host = Host::start(&bench, &sandbox, "greeter.html");
    assert_eq!(said(true), alone);
    assert_eq!(host.end(), 0);
}

#[test]
fn sent_again_by_a_host_that_runs_and_by_one_that_comes() {
    let (bench, sandbox) = bench();
    assert_eq!(run(&bench, &sandbox, &["oB", "oC"]), 120);
    for user in ["oB", "oC"] {
        sandbox.user_writes(user);
    }
    let alone = bench.run(&["outbox", "retry", "--openid", "oB", "--state", "dead", "--format", "jsonl"]);
    let lines = alone.lines();
    assert_eq!(json!([lines[0]["before"], lines[0]["state"], lines[0]["changed"]]), json!(["dead", "pending", true]));
    assert!(alone.code == 0 && alone.err.contains("no host runs here"), "{}", alone.err);
    assert_eq!(standing(&bench, &[]), "1/greeter/0 pending, 1/greeter/1 pending, 2/greeter/0 dead, 2/greeter/1 dead");
    let host = Host::start(&bench, &sandbox, "greeter.html");
    await_standing(&bench, "1/greeter/0 sent, 1/greeter/1 sent, 2/greeter/0 dead, 2/greeter/1 dead");
    let beside = bench.run(&["outbox", "retry", "2/greeter/1", "2/greeter/0"]);
    assert!(beside.code == 0 && !beside.err.contains("no host runs"), "{}", beside.err);
    await_standing(&bench, "1/greeter/0 sent, 1/greeter/1 sent, 2/greeter/0 sent, 2/greeter/1 sent");
    assert_eq!(host.end(), 0);
    let texts: Vec<Value> =
        sandbox.messages("oC").iter().map(|message| message["body"]["text"]["content"].clone()).collect();
    assert_eq!(texts, ["您好", "今天所有商品九折"], "in their order, whatever that of the keys");
}

#[test]
fn parked_messages_are_released_with_those_behind_them() {
    let (bench, sandbox) = bench();
    sandbox.fault(json!({"count": 1, "errcode": 45015}));
    assert_eq!(run(&bench, &sandbox, &["oA"]), 120);
    assert_eq!(standing(&bench, &["--state", "parked"]), "1/greeter/0 parked, 1/greeter/1 parked");
    assert_eq!(bench.run(&["outbox", "check"]).code, 120);
    let behind = bench.run(&["outbox", "retry", "1/greeter/1"]);
    assert!(behind.code == 120 && behind.out.contains("it waits behind another message"), "{}", behind.out);
    assert!(bench.run(&["explain", "1/greeter/0"]).out.contains("waits for   the customer's next action"));
    let host = Host::start(&bench, &sandbox, "greeter.html");
    let released = bench.run(&["outbox", "retry", "--all"]);
    assert_eq!(released.code, 0);
    assert!(released.err.contains("1 to be sent, 1 after others of their customers"), "{}", released.err);
    await_standing(&bench, "1/greeter/0 sent, 1/greeter/1 sent");
    assert_eq!(host.end(), 0);
    assert_eq!(bench.run(&["outbox", "check"]).code, 0);
}

#[test]
fn what_may_have_arrived_is_sent_again_only_by_name() {
    let (bench, sandbox) = bench();
    sandbox.fault(json!({"count": 1, "drop": "after"}));
    assert_eq!(run(&bench, &sandbox, &["oA"]), 120);
    assert_eq!(standing(&bench, &[]), "1/greeter/0 unknown, 1/greeter/1 sent");
    assert_eq!(bench.run(&["outbox", "retry", "--all"]).code, 4);
    assert!(bench.run(&["explain", "1/greeter/0"]).out.contains("the customer may have it"));
    let again = bench.run(&["outbox", "retry", "1/greeter/0"]);
    assert!(again.code == 0 && again.out.contains("the customer may have it already"), "{}", again.out);
    assert_eq!(run(&bench, &sandbox, &["oA"]), 0, "of the log nothing is sent twice; what waits goes");
    assert_eq!(sandbox.messages("oA").len(), 3, "the first one twice");
}

#[test]
fn dropped_messages_are_known_of() {
    let (bench, sandbox) = bench();
    assert_eq!(run(&bench, &sandbox, &["oB"]), 120);
    let host = Host::start(&bench, &sandbox, "greeter.html");
    let would = bench.run(&["outbox", "drop", "--state", "dead", "--dry-run"]);
    assert!(would.code == 0 && would.err.contains("2 would be dropped"), "{}", would.err);
    assert_eq!(bench.run(&["outbox", "check"]).code, 120, "nothing was changed");
    assert_eq!(bench.run(&["outbox", "drop", "--state", "dead"]).code, 0);
    let check = bench.run(&["outbox", "check"]);
    assert!(check.code == 0 && check.out.contains("2, 2 dropped by a person"), "{}", check.out);
    assert_eq!(bench.run(&["outbox", "drop", "1/greeter/0"]).code, 120, "it is dropped already");
    drop(host);
}

#[test]
fn one_message_from_cause_to_receipt() {
    let (bench, sandbox) = bench();
    assert_eq!(run(&bench, &sandbox, &["oA"]), 0);
    let several = bench.run(&["explain", "1/gr"]);
    assert_eq!((several.code, several.out.as_str()), (4, ""));
    assert!(several.err.contains("begin with 1/gr: 1/greeter/0, 1/greeter/1"), "{}", several.err);
    let human = bench.run(&["explain", "1/greeter/1"]).out;
    for part in [
        "event       1: stimulus.mcs.OnUserChange of log.jsonl\n            {\"useraccount\":\"oA\",\"userid\":\"oA\"}\n",
        "plugin      greeter, has done with the event\n",
        "effect      effect.mcs.PutMsg, effect 2 of the event",
        "code        greeter.html:4:",
        "\n                4 |   window.external.PutMsg(",
        "message     1/greeter/1, sent\n",
        "to          oA, from wxduokesandbox0001 by http://127.0.0.1:",
        "text        今天所有商品九折\n",
        "ms: sent, errcode 0\n",
    ] {
        assert!(human.contains(part), "{part}: {human}");
    }
    let json: Value = serde_json::from_str(&bench.run(&["explain", "1/greeter/1", "--format", "json"]).out).unwrap();
    assert_eq!(json!([json["state"], json["turn"], json["waits_for"]]), json!(["sent", "done", null]));
    assert_eq!(json["event"]["data"]["useraccount"], "oA");
    assert_eq!(json["effect"]["data"]["msg"]["body"][0]["content"]["text"], "今天所有商品九折");
    assert_eq!(json!([json["effect"]["place"]["line"], json["effect"]["place"]["file"]]), json!([4, "greeter.html"]));
    let tries = json["tries"].as_array().unwrap();
    assert_eq!((tries.len(), &tries[0]["outcome"], &tries[0]["errcode"]), (1, &json!("sent"), &json!(0)));
}

#[test]
fn everything_of_a_customer_goes() {
    let (bench, sandbox) = bench();
    assert_eq!(run(&bench, &sandbox, &["oA", "oB"]), 120);
    let alone = bench.run(&["erase", "oB"]);
    assert_eq!((alone.code, alone.out.as_str()), (0, "oB: 1 event, 2 effects, 2 messages erased\n"));
    assert!(alone.err.contains("recordings"), "{}", alone.err);
    let host = Host::start(&bench, &sandbox, "greeter.html");
    assert_eq!(bench.run(&["erase", "o"]).code, 4, "the beginning of an openid is none");
    let beside = bench.run(&["erase", "oA", "--format", "jsonl"]);
    assert_eq!(beside.lines()[0]["host_runs"], true);
    assert!(beside.err.contains("open pages"), "{}", beside.err);
    assert_eq!(bench.run(&["erase", "oA"]).code, 4);
    assert_eq!(standing(&bench, &[]), "");
    assert_eq!(host.end(), 0);
}

#[test]
fn keys_without_end() {
    let (bench, sandbox) = bench();
    assert_eq!(run(&bench, &sandbox, &["oA"]), 0);
    let keys: Vec<String> = (0..1_200).map(|number| format!("{number}/greeter/0")).collect();
    let mut arguments = vec!["outbox", "list", "--format", "jsonl"];
    arguments.extend(keys.iter().map(String::as_str));
    let ended = bench.run(&arguments);
    assert_eq!((ended.code, ended.lines().len()), (4, 1));
}

#[test]
fn nobody_reads_to_the_end() {
    let (bench, sandbox) = bench();
    assert_eq!(run(&bench, &sandbox, &["oA"]), 0);
    for format in ["human", "json", "jsonl"] {
        let mut child = bench.spawn(&["outbox", "list", "--format", format]);
        drop(child.stdout.take());
        let ended = child.wait_with_output().unwrap();
        assert_eq!((ended.status.code(), String::from_utf8(ended.stderr).unwrap().as_str()), (Some(0), ""));
    }
}

#[test]
fn a_run_that_sends_nothing_answers_too() {
    let (bench, sandbox) = bench();
    assert_eq!(run(&bench, &sandbox, &["oA"]), 0);
    let child = bench.spawn(&["run", "greeter.html", "--events", "-", "--store", "state"]);
    let host = Host::listening(&bench, child);
    assert_eq!(standing(&bench, &[]), "1/greeter/0 sent, 1/greeter/1 sent");
    let erased = bench.run(&["erase", "oA", "--format", "json"]);
    assert!(erased.out.contains("\"host_runs\": true"), "{}", erased.out);
    assert_eq!(host.end(), 0);
}

#[test]
fn a_host_that_was_killed_and_one_too_many() {
    let (bench, sandbox) = bench();
    let mut host = Host::start(&bench, &sandbox, "greeter.html");
    sandbox.fault(json!({"count": 1, "delay_ms": 60_000}));
    host.events.as_mut().unwrap().write_all(told("oA").as_bytes()).unwrap();
    while !bench.run(&["outbox", "list"]).out.contains("sending") {}
    let second = sandbox.run(&bench, &["run", "greeter.html", "--forward"]);
    assert_eq!((second.code, second.out.as_str()), (96, ""));
    assert!(
        second.err.contains(&format!("another duoke (process {}) uses this state", host.child.id())),
        "{}",
        second.err
    );
    host.child.kill().unwrap();
    host.child.wait().unwrap();
    assert!(std::fs::exists(bench.path("state/control.sock")).unwrap());
    let first = bench.run(&["outbox", "list"]);
    assert!(first.code == 0 && first.err.contains("it may not have arrived"), "{}", first.err);
    assert_eq!(standing(&bench, &[]), "1/greeter/0 unknown, 1/greeter/1 pending");
    assert_eq!(bench.run(&["outbox", "drop", "1/greeter/0"]).code, 0);
    let host = Host::start(&bench, &sandbox, "greeter.html");
    await_standing(&bench, "1/greeter/0 dead, 1/greeter/1 sent");
    assert_eq!(host.end(), 0);
    assert!(!std::fs::exists(bench.path("state/control.sock")).unwrap());
}
