//! `duoke test` and `duoke sessions`, with recordings made by `duoke run --record`.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::bench::{Bench, Ended};

const PAGE: &str = r#"<!DOCTYPE html><title>t</title><script>
var n = 0;
function put(text) {
  var msg = { msg: { head: { random: String(Math.random()) }, body: [{ type: 0, content: { text: text } }] } };
  window.external.PutMsg(JSON.stringify(msg));
}
function MCS_ClientNotify(str) {
  n += 1;
  put("您好 " + n);
  setTimeout(function () { put("再见 " + n); }, 500);
}
</script><button id=send class=go onclick="put('点了')">发送</button>"#;
const LOG: &str = r##"{"type":"stimulus.wechat.push","data":{"MsgType":"text","FromUserName":"oA","Content":"在吗？","MsgId":"1","CreateTime":"1","ToUserName":"gh"}}
{"event":"OnMapMsgClick","location":"人民广场","latitude":31.2,"longitude":121.4,"scale":16}
{"event":"OnUserChange","useraccount":"oB"}
{"type":"stimulus.ui.click","data":{"selector":"#send"}}
"##;

/// A project with a plugin and so many recordings of it.
fn project(recordings: usize) -> Bench {
    let bench = Bench::new();
    bench.write("hello/plugin.toml", "name = \"hello\"\npage = \"page.html\"\n");
    bench.write("hello/page.html", PAGE);
    bench.write("hello/sessions/.keep", "");
    bench.write("log.jsonl", LOG);
    for number in 1..=recordings {
        let file = format!("hello/sessions/{number}.jsonl");
        let played = bench.run(&["run", "hello", "--events", "log.jsonl", "--record", &file, "--no-redact"]);
        assert_eq!(played.code, 0, "{}", played.err);
    }
    bench
}

fn change(bench: &Bench, from: &str, to: &str) {
    let page = bench.read("hello/page.html");
    assert!(page.contains(from));
    bench.write("hello/page.html", page.replace(from, to));
}

#[track_caller]
fn ends(ended: &Ended, code: i32, with: &[&str]) {
    assert_eq!(ended.code, code, "{}\n{}", ended.out, ended.err);
    for part in with {
        assert!(ended.out.contains(part) || ended.err.contains(part), "no {part:?} in\n{}\n{}", ended.out, ended.err);
    }
}

#[test]
fn what_changed_is_said_and_taken_over() {
    let bench = project(2);
    ends(&bench.run(&["test"]), 0, &["2 recordings: 2 as recorded\n"]);
    change(&bench, "您好 ", "你好 ");
    let told = bench.run(&["test", "hello/sessions/1.jsonl"]);
    let parts = [
        "DIFFERENT hello/sessions/1.jsonl\n",
        "effect.mcs.PutMsg is not as recorded (hello/sessions/1.jsonl:",
        "OnUserChange {",
        "page      page.html:5:25\n",
        "5 |   window.external.PutMsg(JSON.stringify(msg));\n",
        "-           \"text\": \"您好 1\"",
        "+           \"text\": \"你好 1\"",
        "  before oA\n",
        "    客服  您好 1\n    客服  再见 1\n    客户  [location] 人民广场\n    客服  您好 2\n",
        "  after oA\n",
        "    客服  你好 1\n    客服  再见 1\n    客户  [location] 人民广场\n    客服  你好 2\n",
        "1 recording: 1 different\n",
    ];
    ends(&told, 100, &parts);
    assert_eq!(told.err, "", "no progress where nobody watches");
    ends(&bench.run(&["test", "--last-failed"]), 100, &["1 recording: 1 different; 1 not chosen\n"]);
    let before = bench.read("hello/sessions/1.jsonl");
    ends(
        &bench.run(&["test", "hello/sessions/1.jsonl", "--update"]),
        0,
        &["UPDATED hello/sessions/1.jsonl", "1 updated"],
    );
    let after = bench.read("hello/sessions/1.jsonl");
    let (before, after): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    assert_eq!(before.len(), after.len());
    for (before, after) in before.iter().zip(&after).filter(|(before, after)| before != after) {
        assert!(before.contains("\"effect.mcs.PutMsg\"") && after.contains("你好"), "{before}\n{after}");
    }
    ends(&bench.run(&["test"]), 100, &["2 recordings: 1 as recorded, 1 different\n"]);
    ends(&bench.run(&["test", "--last-failed", "--filter", "path(*/1.jsonl)"]), 4, &["none of 2 recordings matches"]);
}

#[test]
fn reports_are_the_same_bytes_whatever_the_jobs() {
    let bench = project(6);
    change(&bench, "再见 ", "回头见 ");
    for name in ["human", "json", "junit", "github"] {
        let runs = ["1", "2", "5"].map(|jobs| bench.run(&["test", "--reporter", name, "--jobs", jobs]));
        assert!(runs.iter().all(|run| run.code == 100 && run.out == runs[0].out && run.err.is_empty()), "{name}");
        assert!(runs[0].out.contains("hello/sessions/6.jsonl") || name == "junit", "{name}: {}", runs[0].out);
    }
    let shards: Vec<usize> = ["1/2", "2/2"].iter().map(|shard| run_of(&bench, &["--shard", shard])).collect();
    assert_eq!(shards.iter().sum::<usize>(), 6, "{shards:?}");
    assert_eq!(run_of(&bench, &["--filter", "plugin(hello) & type(effect.mcs.*) & path(*[3-9]*)"]), 0);
    assert_eq!(run_of(&bench, &["--filter", "user(oA) & !path(*/1.*)"]), 5);
}

/// How many recordings are run.
fn run_of(bench: &Bench, arguments: &[&str]) -> usize {
    let ended = bench.run(&[&["test", "--reporter", "json"], arguments].concat());
    let read: Value = serde_json::from_str(&ended.out).unwrap_or_default();
    read["summary"]["run"].as_u64().unwrap_or_default().try_into().unwrap()
}

#[test]
fn a_reader_of_junit_finds_what_failed() {
    let bench = project(2);
    change(&bench, "put(\"再见 \" + n)", "put('<b>' + n + '\\u0001 ]]>')");
    bench.write("hello/sessions/3.jsonl", "{\"type\":\"session.start\",\"data\":{}}\nnonsense\n");
    ends(&bench.run(&["test", "--reporter", "junit=report.xml"]), 102, &["2 different, 1 unreadable"]);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients");
    let mut reader = Command::new(folder.join(".venv/bin/python"));
    let read = reader.arg(folder.join("read_junit.py")).arg(bench.path("report.xml")).output().unwrap();
    assert!(
        read.status.success(),
        "run scripts/test, which installs the reader: {}",
        String::from_utf8_lossy(&read.stderr)
    );
    let read: Value = serde_json::from_slice(&read.stdout).unwrap();
    assert_eq!((&read["name"], &read["counts"]), (&json!("duoke test"), &json!([3, 2, 1])));
    let suite = &read["suites"][0];
    assert_eq!((&suite["name"], &suite["counts"]), (&json!("hello/sessions"), &json!([3, 2, 1, 0])));
    let [kind, verdict, what, text] = [0, 1, 2, 3].map(|at| suite["cases"][0][2][0][at].as_str().unwrap());
    assert_eq!((kind, verdict, what), ("Failure", "different", "effect.mcs.PutMsg is not as recorded"));
    assert!(text.contains("<b>1") && text.contains("]]>"), "{text}");
    assert_eq!(suite["cases"][2][2][0][1], json!("unreadable"));
}

#[test]
fn exits() {
    let bench = project(1);
    bench.write("elsewhere/sessions/old.jsonl", bench.read("hello/sessions/1.jsonl"));
    bench.write("hello/sessions/log.jsonl", LOG);
    let all = bench.run(&["test"]);
    let lists = [
        "of no plugin of this project:\n  elsewhere/sessions/old.jsonl\n",
        "nothing to compare:\n  hello/sessions/log.jsonl\n",
    ];
    ends(&all, 0, &lists);
    let chosen = bench.run(&["test", "elsewhere", "hello", "--filter", "path(hello*)"]);
    ends(&chosen, 0, &["never run:\n  elsewhere/sessions/old.jsonl\n"]);
    ends(&bench.run(&["test", "none"]), 4, &["none: cannot be read"]);
    ends(&bench.run(&["test", "hello/sessions/log.jsonl"]), 4, &["1 logs here were recorded by nobody"]);
    ends(
        &bench.run(&["test", "--filter", "plugin(hello"]),
        2,
        &["at column 1: its parenthesis is not closed\n  plugin(hello\n  ^\n"],
    );
    ends(&bench.run(&["test", "--shard", "3/2"]), 2, &["a shard is I/N"]);
    ends(&bench.run(&["test", "--reporter", "json", "--reporter", "human"]), 2, &["share standard output"]);
    bench.write("hello/plugin.toml", "name = \"hello\"\npage = \"gone.html\"\n");
    ends(&bench.run(&["test"]), 103, &["NO PAGE hello/sessions/1.jsonl"]);
    ends(&bench.run(&["test", "--repeat", "2"]), 103, &[]);
}

#[test]
fn a_new_exception_and_a_selector_that_is_gone() {
    let bench = project(1);
    change(&bench, "id=send", "id=send-now");
    let parts = ["DIFFERENT", "a new fault.selector", "ui.click {\"selector\":\"#send\"}", "\"#send-now\""];
    // The message that the button sent is missing, and before that the button.
    let told = bench.run(&["test"]);
    ends(&told, 100, &parts[..1]);
    assert!(parts[2..].iter().all(|part| told.out.contains(part)), "{}", told.out);
    change(&bench, "id=send-now", "id=send");
    change(&bench, "n += 1;", "n += 1; nothing.there();");
    ends(&bench.run(&["test"]), 100, &["fault.uncaught", "page      page.html:8:", "n += 1; nothing.there();"]);
}

#[test]
fn looking_at_sessions() {
    let bench = project(2);
    let list = bench.run(&["sessions", "list", "hello", "log.jsonl"]);
    ends(
        &list,
        0,
        &[
            "hello/sessions/1.jsonl  2 customers, ",
            "log.jsonl  2 customers, 4 stimuli, 0 effects, 0 faults, not recorded\n",
        ],
    );
    let show = bench.run(&["sessions", "show", "hello/sessions/1.jsonl"]);
    ends(&show, 0, &["  客服  您好 1\n  客服  再见 1\n  客户  [location] 人民广场\n", "\noB\n  客服  您好 3\n"]);
    ends(
        &bench.run(&["sessions", "show", "hello/sessions/1.jsonl", "--timeline"]),
        0,
        &["stimulus.ui.click", "effect.mcs.PutMsg"],
    );
    let files = ["hello/sessions/1.jsonl", "hello/sessions/2.jsonl"];
    ends(&bench.run(&["sessions", "diff", files[0], files[1]]), 0, &[]);
    bench.write(files[1], bench.read(files[1]).replace("您好 3", "你好 3"));
    ends(
        &bench.run(&["sessions", "diff", files[0], files[1]]),
        100,
        &["- effect.mcs.PutMsg  for oB", "+ effect.mcs.PutMsg  for oB"],
    );
    ends(&bench.run(&["sessions", "show", "none.jsonl"]), 102, &["none.jsonl: cannot be opened"]);
    ends(&bench.run(&["sessions", "list", "hello/plugin.toml"]), 102, &[]);
}

#[test]
fn a_selector_that_no_longer_matches_names_what_it_matched_and_what_is_nearest() {
    let bench = project(1);
    change(&bench, "id=send class=go", "id=send-now class=go");
    let told = bench.run(&["test", "--reporter", "json"]);
    assert_eq!(told.code, 100, "{}", told.err);
    let report: Value = serde_json::from_str(&told.out).unwrap();
    let differences = report["recordings"][0]["differences"].as_array().unwrap();
    let fault = differences.iter().map(|difference| &difference["actual"]).find(|it| it["type"] == "fault.selector");
    let matched = json!({"tag": "button", "id": "send", "classes": ["go"], "text": "发送"});
    let data = &fault.unwrap_or_else(|| panic!("{}", told.out))["data"];
    assert_eq!((&data["matched"], &data["candidates"]), (&matched, &json!(["#send-now"])));
    ends(&bench.run(&["test"]), 100, &["#send-now", "发送"]);
}
