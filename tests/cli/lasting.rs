//! What a run leaves on disk, and what the next one makes of it.

use std::io::Write as _;

use serde_json::{Value, json};

use super::bench::{Bench, SandboxChild, interrupt};

const PAGE: &str = r#"<script>
function put(text) {
  window.external.PutMsg(JSON.stringify({ msg: { head: { random: String(Math.random()) }, body: [{ type: 0, content: { text: text } }] } }));
}
function MCS_ClientNotify(str) { put('for ' + JSON.parse(str).useraccount); }
</script>"#;
const LOG: &str =
    "{\"event\":\"OnUserChange\",\"useraccount\":\"oA\"}\n{\"event\":\"OnUserChange\",\"useraccount\":\"oB\"}\n";

fn bench() -> (Bench, SandboxChild) {
    let bench = Bench::new();
    let sandbox = SandboxChild::start(&bench);
    for user in ["oA", "oB"] {
        sandbox.user_writes(user);
    }
    bench.write("page.html", PAGE);
    bench.write("log.jsonl", LOG);
    (bench, sandbox)
}

fn had(sandbox: &SandboxChild, openid: &str) -> Vec<String> {
    let text = |message: &Value| message["body"]["text"]["content"].as_str().unwrap().to_owned();
    sandbox.messages(openid).iter().map(text).collect()
}

const FORWARD: [&str; 5] = ["run", "page.html", "--events", "log.jsonl", "--forward"];

#[test]
fn a_log_played_again_sends_nothing_twice() {
    let (bench, sandbox) = bench();
    let first = sandbox.run(&bench, &FORWARD);
    assert_eq!((first.code, first.lines().len()), (0, 2), "{}", first.err);
    let again = sandbox.run(&bench, &FORWARD);
    assert_eq!((again.code, again.out == first.out), (0, true), "{}", again.err);
    assert!(again.err.contains("log.jsonl: 2 messages were there before and are not sent again"), "{}", again.err);
    assert_eq!((had(&sandbox, "oA").len(), had(&sandbox, "oB").len()), (1, 1));

    bench.write("page.html", PAGE.replace("'for '", "'now for '"));
    let other = sandbox.run(&bench, &FORWARD);
    assert!(other.err.contains("the page made another message 1/page/0: the first one stays"), "{}", other.err);
    assert_eq!(had(&sandbox, "oA"), ["for oA"]);

    bench.write("log.jsonl", LOG.replace("oB", "oA"));
    let changed = sandbox.run(&bench, &FORWARD);
    assert!(changed.err.contains("1 sent"), "another line is another event: {}", changed.err);
    assert_eq!(had(&sandbox, "oA"), ["for oA", "now for oA"]);

    let elsewhere = sandbox.run(&bench, &[&FORWARD[..], &["--state", "other"]].concat());
    assert!(elsewhere.err.contains("2 messages for") && elsewhere.err.contains("2 sent"), "{}", elsewhere.err);
}

#[test]
fn another_page_of_the_same_name_has_messages_of_its_own() {
    let (bench, sandbox) = bench();
    sandbox.run(&bench, &FORWARD);
    bench.write("elsewhere/page.html", PAGE.replace("'for '", "'again for '"));
    let other = sandbox.run(&bench, &["run", "elsewhere/page.html", "--events", "log.jsonl", "--forward"]);
    assert!(other.err.contains("2 sent"), "{}", other.err);
    assert_eq!(had(&sandbox, "oA"), ["for oA", "again for oA"]);
}

#[test]
fn lines_on_standard_input_are_new_each_time_unless_they_have_an_id_of_their_own() {
    let (bench, sandbox) = bench();
    let play = |lines: &str| {
        bench.write("lines", lines);
        let run = "cat lines | \"$0\" run page.html --events - --forward";
        let mut command = sandbox.command(&bench, &[]);
        let program = command.get_program().to_owned();
        let environment: Vec<_> =
            command.get_envs().filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned()))).collect();
        command = std::process::Command::new("sh");
        command.args(["-c", run]).arg(program).current_dir(bench.path("")).envs(environment);
        Bench::finish(command)
    };
    let bare = LOG.lines().next().unwrap();
    for times in 1..=2 {
        assert_eq!(play(bare).code, 0);
        assert_eq!(had(&sandbox, "oA").len(), times);
    }
    let named = r#"{"specversion":"1.0","id":"m1","source":"wechat","type":"stimulus.mcs.OnUserChange","data":{"useraccount":"oA"}}"#;
    for _ in 0..2 {
        assert_eq!(play(named).code, 0);
        assert_eq!(had(&sandbox, "oA").len(), 3);
    }
}

#[test]
fn storage_and_cookies_are_kept_where_asked() {
    let bench = Bench::new();
    bench.write(
        "count.html",
        PAGE.replace(
            "put('for ' + JSON.parse(str).useraccount)",
            "localStorage.n = Number(localStorage.n || 0) + 1; \
             document.cookie = 'n=' + (Number((document.cookie.match(/n=(\\d+)/) || [])[1] || 0) + 1); \
             put(localStorage.n + ' ' + document.cookie)",
        ),
    );
    bench.write("log.jsonl", LOG);
    let texts = |arguments: &[&str]| {
        let ended = bench.run(&[&["run", "count.html", "--events", "log.jsonl"], arguments].concat());
        assert_eq!(ended.code, 0, "{}", ended.err);
        let put = ended.lines().into_iter().filter(|line| line["type"] == "effect.mcs.PutMsg");
        put.map(|line| line["data"]["msg"]["body"][0]["content"]["text"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    for _ in 0..2 {
        assert_eq!(texts(&[]), ["1 n=1", "2 n=2"]);
    }
    assert_eq!(texts(&["--state", "kept"]), ["1 n=1", "2 n=2"]);
    assert_eq!(texts(&["--state", "kept"]), ["3 n=3", "4 n=4"]);
    assert_eq!(texts(&[]), ["1 n=1", "2 n=2"]);
}

#[test]
fn a_folder_that_cannot_be_had_is_told_before_anything_runs() {
    let (bench, sandbox) = bench();
    bench.write("file", "");
    let ended = sandbox.run(&bench, &[&FORWARD[..], &["--state", "file/state"]].concat());
    assert_eq!((ended.code, ended.out.as_str()), (96, ""));
    assert!(
        ended.err.starts_with("error: file/state: cannot make the folder") && ended.err.contains("hint: "),
        "{}",
        ended.err
    );
    assert!(had(&sandbox, "oA").is_empty());
}

#[test]
fn interrupted_a_run_waits_for_what_is_on_the_wire_and_goes_on_later() {
    let (bench, sandbox) = bench();
    sandbox.fault(json!({"count": 1, "delay_ms": 1_500}));
    let mut child = sandbox.start_run(&bench, &FORWARD);
    let sending = || sandbox.run(&bench, &["outbox", "list", "--state", "sending", "--format", "json"]).out;
    while !sending().contains("\"1/page/0\"") {
        std::thread::yield_now();
    }
    interrupt(&child);
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert_eq!(had(&sandbox, "oA"), ["for oA"]);
    let rest = sandbox.run(&bench, &FORWARD);
    assert_eq!(rest.code, 0, "{}", rest.err);
    assert!(!rest.err.contains("may not have arrived"), "its answer was waited for: {}", rest.err);
    assert_eq!((had(&sandbox, "oA").len(), had(&sandbox, "oB").len()), (1, 1));
}

/// Says what it is told, and "hi" 5 seconds after it was told a customer; is done for by `OnMapMsgClick`.
const HI: &str = r#"<input id=in><button id=go onclick="put('said ' + document.getElementById('in').value)">go</button><script>
function put(text) {
  window.external.PutMsg(JSON.stringify({ msg: { head: { random: String(Math.random()) }, body: [{ type: 0, content: { text: text } }] } }));
}
function MCS_ClientNotify(str) {
  var event = JSON.parse(str);
  if (event.event === 'OnMapMsgClick') for (;;);
  if (event.event === 'OnUserChange') setTimeout(function () { put('hi'); }, 5000);
  else put(event.event);
}
</script>"#;

#[test]
fn a_log_that_stopped_in_its_middle_is_played_with_the_pages_as_they_were() {
    let (bench, sandbox) = bench();
    bench.write("page.html", HI);
    let start = "{\"event\":\"OnUserChange\",\"useraccount\":\"oA\"}\n\
                 {\"type\":\"stimulus.ui.input\",\"data\":{\"selector\":\"#in\",\"value\":\"yes\"}}\n";
    bench.write("log.jsonl", format!("{start}not a line\n"));
    let strict = [&FORWARD[..], &["--strict"]].concat();
    assert_eq!(sandbox.run(&bench, &strict).code, 102);
    bench.write("log.jsonl", format!("{start}{{\"type\":\"stimulus.ui.click\",\"data\":{{\"selector\":\"#go\"}}}}\n"));
    let rest = sandbox.run(&bench, &strict);
    assert_eq!(rest.code, 0, "{}", rest.err);
    assert_eq!(had(&sandbox, "oA"), ["said yes"], "hi comes later than the log ends");
}

#[test]
fn a_fresh_page_in_place_of_a_dead_one_says_nothing_twice() {
    let (bench, sandbox) = bench();
    bench.write("page.html", HI);
    bench.write("duoke.toml", "[limits]\nturn_soft_ms = 100\nturn_hard_ms = 300\n");
    let at = |second: u32, event: &str, user: &str| {
        format!(
            "{{\"type\":\"stimulus.mcs.{event}\",\"time\":\"2026-11-21T08:00:{second:02}Z\",\"data\":{{\"useraccount\":\"{user}\"}}}}\n"
        )
    };
    let log = [at(0, "OnUserChange", "oA"), at(6, "OnMapMsgClick", "oA"), at(7, "OnTalk", "oA"), at(20, "OnBye", "oA")];
    bench.write("log.jsonl", log.concat());
    let ended = sandbox.run(&bench, &FORWARD);
    assert!(ended.out.contains("fault.timeout"), "{}", ended.out);
    assert_eq!(had(&sandbox, "oA"), ["hi", "OnTalk", "OnBye"]);
}

#[test]
fn what_came_once_is_finished_and_the_customer_is_known() {
    let (bench, sandbox) = bench();
    bench.write("page.html", HI.replace("put('hi')", "put('hi ' + JSON.parse(str).useraccount)"));
    let stream = ["run", "page.html", "--events", "-", "--forward"];
    let mut host = sandbox.start_run(&bench, &stream);
    let mut events = host.stdin.take().unwrap();
    for user in ["oA", "oB"] {
        writeln!(events, "{{\"event\":\"OnUserChange\",\"useraccount\":\"{user}\"}}").unwrap();
    }
    writeln!(events, "{{\"event\":\"OnTalk\"}}").unwrap();
    while !had(&sandbox, "oB").contains(&"OnTalk".to_owned()) {
        std::thread::yield_now();
    }
    host.kill().unwrap();
    host.wait().unwrap();
    let before = (had(&sandbox, "oA"), had(&sandbox, "oB"));
    let mut host = sandbox.start_run(&bench, &stream);
    let mut events = host.stdin.take().unwrap();
    writeln!(events, "{{\"event\":\"OnAgain\"}}").unwrap();
    drop(events);
    host.wait().unwrap();
    assert_eq!(had(&sandbox, "oA"), before.0);
    let new = &had(&sandbox, "oB")[before.1.len()..];
    assert!(new.ends_with(&["OnAgain".to_owned()]) && new.len() <= 2, "{before:?}, then {new:?}");
}

#[test]
fn a_stream_that_is_given_again_goes_to_whom_it_says() {
    let (bench, sandbox) = bench();
    bench.write("page.html", HI);
    let stream = ["run", "page.html", "--events", "-", "--forward"];
    let line = |id: &str, event: &str, data: Value| {
        let type_ = format!("stimulus.mcs.{event}");
        json!({"specversion": "1.0", "id": id, "source": "desk", "type": type_, "data": data}).to_string() + "\n"
    };
    let user = |openid: &str| json!({"useraccount": openid});
    let lines =
        [line("a", "OnUserChange", user("oA")), line("b", "OnUserChange", user("oB")), line("c", "OnTalk", json!({}))];
    let mut host = sandbox.start_run(&bench, &stream);
    let mut events = host.stdin.take().unwrap();
    events.write_all(lines.concat().as_bytes()).unwrap();
    while had(&sandbox, "oB").is_empty() {
        std::thread::yield_now();
    }
    host.kill().unwrap();
    host.wait().unwrap();
    let mut host = sandbox.start_run(&bench, &stream);
    let mut events = host.stdin.take().unwrap();
    events.write_all((lines.concat() + &line("d", "OnAgain", json!({}))).as_bytes()).unwrap();
    drop(events);
    let ended = host.wait_with_output().unwrap();
    let said = String::from_utf8(ended.stderr).unwrap();
    assert!(!said.contains("earlier line"), "{said}");
    assert!(had(&sandbox, "oA").is_empty(), "{:?}", had(&sandbox, "oA"));
    assert_eq!(had(&sandbox, "oB"), ["OnTalk", "OnAgain"]);
}
