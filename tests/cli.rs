//! The `duoke` program as a shell sees it: what it prints, and how it ends (cli.md).
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops there")]

#[path = "cli/bench.rs"]
mod bench;
#[path = "cli/bundles.rs"]
mod bundles;
#[path = "cli/config.rs"]
mod config;
#[cfg(unix)]
#[path = "cli/doctor.rs"]
mod doctor;
#[path = "cli/echat.rs"]
mod echat;
#[path = "recordings/erp.rs"]
mod erp;
#[path = "cli/har.rs"]
mod har;
#[path = "cli/help.rs"]
mod help;
#[cfg(unix)]
#[path = "cli/host.rs"]
mod host;
#[path = "cli/kf.rs"]
mod kf;
#[path = "cli/lasting.rs"]
mod lasting;
#[cfg(unix)]
#[path = "cli/listen.rs"]
mod listen;
#[path = "cli/new.rs"]
mod new;
#[cfg(unix)]
#[path = "cli/operations.rs"]
mod operations;
#[path = "recordings/origin.rs"]
#[expect(dead_code, reason = "the other program's servers end by themselves")]
mod origin;
#[cfg(unix)]
#[path = "cli/outbox.rs"]
mod outbox;
#[path = "cli/regress.rs"]
mod regress;
#[path = "cli/samples.rs"]
mod samples;
#[cfg(unix)]
#[path = "cli/seats.rs"]
mod seats;
#[path = "cli/send.rs"]
mod send;
#[path = "cli/sessions.rs"]
mod sessions;
#[path = "cli/shrink.rs"]
mod shrink;
#[path = "cli/trigger.rs"]
mod trigger;

use std::io::{BufRead as _, BufReader, Write as _};

use bench::{Bench, SandboxChild, Site};
use serde_json::{Value, json};

/// Says who was told, when, and with what.
const ECHO: &str = r#"<!DOCTYPE html><title>t</title><script>
var n = 0;
function put(text) {
  var msg = { msg: { head: { random: String(++n) }, body: [{ type: 0, content: { text: text } }] } };
  return window.external.PutMsg(JSON.stringify(msg));
}
function MCS_ClientNotify(str) { put(str + " at " + new Date().getTime() + " " + Math.random()); }
</script>"#;
const TWO_USERS: &str = r#"{"event":"OnUserChange","channeltype":"1","useraccount":"oA"}

{"event" : "OnUserChange ","userid":"oB"}
"#;

/// The texts of the messages among the lines.
fn texts(lines: &[Value]) -> Vec<&str> {
    let put = lines.iter().filter(|line| line["type"] == "effect.mcs.PutMsg");
    put.map(|line| line["data"]["msg"]["body"][0]["content"]["text"].as_str().unwrap()).collect()
}

fn types(lines: &[Value]) -> Vec<&str> {
    lines.iter().map(|line| line["type"].as_str().unwrap()).collect()
}

#[test]
fn the_demo_s_conversations() {
    let played = Bench::new().run(&["demo"]);
    assert_eq!((played.code, played.err.as_str()), (0, ""));
    assert_eq!(played.out, include_str!("cli/demo.txt"));
}

#[test]
fn a_small_page_byte_for_byte_wherever_and_whenever() {
    let bench = Bench::new();
    bench.write("echo.html", ECHO);
    bench.write("log.jsonl", TWO_USERS);
    bench.write("elsewhere/x", "");
    let (page, log) = (bench.path("echo.html"), bench.path("log.jsonl"));
    let arguments = ["run", &page, "--events", &log];
    let first = bench.run(&arguments);
    assert_eq!((first.code, first.err.as_str()), (0, ""));
    let expected = [
        r#"{"specversion":"1.0","id":"e1","source":"http://echo.plugin.invalid/","type":"effect.mcs.PutMsg","time":"2020-01-01T00:00:00.000Z","subject":"oA","seq":1,"cause":"1","plugin":"echo","data":{"msg":{"head":{"random":"1"},"body":[{"type":0,"content":{"text":"{\"event\":\"OnUserChange\",\"channeltype\":\"1\",\"useraccount\":\"oA\",\"userid\":\"oA\"} at 1577836800000 0.8116121588818848"}}]},"outcome":"accepted","returned":"{\"retCode\":0,\"errMsg\":\"\"}"}}"#,
        r#"{"specversion":"1.0","id":"e2","source":"http://echo.plugin.invalid/","type":"effect.mcs.PutMsg","time":"2020-01-01T00:00:00.001Z","subject":"oB","seq":2,"cause":"3","plugin":"echo","data":{"msg":{"head":{"random":"2"},"body":[{"type":0,"content":{"text":"{\"event\":\"OnUserChange\",\"userid\":\"oB\",\"useraccount\":\"oB\"} at 1577836800001 0.7471047161582187"}}]},"outcome":"accepted","returned":"{\"retCode\":0,\"errMsg\":\"\"}"}}"#,
    ];
    assert_eq!(first.out.lines().collect::<Vec<_>>(), expected);
    let mut elsewhere = bench.command(&arguments);
    elsewhere.current_dir(bench.path("elsewhere")).env("TZ", "America/New_York").env("LC_ALL", "de_DE.UTF-8");
    assert_eq!(Bench::finish(elsewhere).out, first.out);
    let other_seed = bench.run(&["run", "echo.html", "--events", "log.jsonl", "--seed", "7"]);
    assert_ne!(other_seed.out, first.out);
}

#[test]
fn a_log_on_standard_input_is_followed_as_it_grows() {
    let bench = Bench::new();
    bench.write("echo.html", ECHO);
    let mut child = bench.spawn(&["run", "echo.html", "--events", "-"]);
    let (mut input, mut output) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
    for user in ["oA", "oB"] {
        writeln!(input, r#"{{"event":"OnUserChange","useraccount":"{user}"}}"#).unwrap();
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        assert_eq!(serde_json::from_str::<Value>(&line).unwrap()["subject"], user);
    }
    drop(input);
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn usage_and_configuration() {
    let bench = Bench::new();
    bench.write("echo.html", ECHO);
    bench.write("bad/plugin.toml", "name = \"x\"\npgae = \"x.html\"\n");
    bench.write("odd/duoke.toml", "[wechat]\nbase_ulr = \"http://127.0.0.1:1\"\n");
    for arguments in [
        vec!["run"],
        vec!["walk"],
        vec![],
        vec!["run", "echo.html", "--settle", "long"],
        vec!["run", "echo.html", "--allow", "crm.example.com"],
        vec!["run", "echo.html", "--replace", "http://a.test/x.js=none.js"],
        vec!["sandbox", "--listen", "0.0.0.0:0"],
        vec!["sandbox", "--profile", "2019"],
    ] {
        let ended = bench.run(&arguments);
        assert_eq!((ended.code, ended.out.as_str()), (2, ""), "{arguments:?}: {}", ended.err);
    }
    let bad = bench.run(&["run", "bad"]);
    assert_eq!(bad.code, 3);
    assert!(bad.err.contains("plugin.toml:2:1") && bad.err.contains("hint: "), "{}", bad.err);
    let mut odd = bench.command(&["run", "../echo.html"]);
    odd.current_dir(bench.path("odd"));
    let odd = Bench::finish(odd);
    assert!(odd.code == 3 && odd.err.contains("duoke.toml:2:1") && odd.err.contains("base_url"), "{}", odd.err);
    let no_account = bench.run(&["run", "echo.html", "--forward"]);
    assert_eq!((no_account.code, no_account.out.as_str()), (3, ""));
    assert!(no_account.err.contains("DUOKE_APP_ID") && no_account.err.contains("hint: "), "{}", no_account.err);
    assert_eq!(bench.run(&["--help"]).code, 0);
    assert_eq!(bench.run(&["run", "--help"]).code, 0);
}

#[test]
fn pages_that_do_not_load() {
    let bench = Bench::new();
    bench.write("echo.html", ECHO);
    bench.write("log.jsonl", TWO_USERS);
    bench.write("some/readme.txt", "");
    bench.write("archive.html", b"PK\x03\x04\0\0\0\0\x08\0\0\0");
    bench.write("gone/plugin.toml", "page = \"page.html\"");
    std::fs::create_dir(bench.path("empty")).unwrap();
    let table = [
        ("Echo.html", "Echo.html: there is no such file or folder", "there is `echo.html`"),
        ("empty", "empty: the folder is empty", "plugin.toml"),
        ("some", "some: the folder has neither plugin.toml nor index.html", "plugin.toml"),
        ("archive.html", "the page archive does not load: ", "HTML file"),
        ("gone", "page.html does not exist", "the path"),
        ("http://127.0.0.1:1/x.html", "http://127.0.0.1:1/x.html?ticket=", "--replace"),
    ];
    for (page, error, hint) in table {
        let ended = bench.run(&["run", page, "echo.html", "--events", "log.jsonl"]);
        assert_eq!(ended.code, 103, "{page}: {}", ended.err);
        assert!(ended.err.contains(error), "{page}: {}", ended.err);
        let hints: Vec<&str> = ended.err.lines().filter_map(|line| line.strip_prefix("hint: ")).collect();
        assert!(hints.iter().any(|line| line.contains(hint)), "{page}: {}", ended.err);
        assert_eq!(texts(&ended.lines()).len(), 2, "{page}: the other page goes on");
    }
}

#[test]
fn logs_that_cannot_be_read() {
    let bench = Bench::new();
    bench.write("echo.html", ECHO);
    bench.write(
        "broken.jsonl",
        "{\"event\":\"OnUserChange\",\"useraccount\":\"oA\"}\n{\"event\": oops}\n{\"type\":\"stimulus.ui.click\"}\n\
         {\"event\":\"OnUserChange\",\"useraccount\":\"oB\"}\n{\"ev",
    );
    let broken = bench.run(&["run", "echo.html", "--events", "broken.jsonl"]);
    assert_eq!((broken.code, texts(&broken.lines()).len()), (102, 2));
    for part in ["broken.jsonl:2:11: ", "broken.jsonl:3:1: ", "warning: broken.jsonl:5: ", "hint: each line is one"] {
        assert!(broken.err.contains(part), "{part}: {}", broken.err);
    }
    let strict = bench.run(&["run", "echo.html", "--events", "broken.jsonl", "--strict"]);
    assert_eq!((strict.code, texts(&strict.lines()).len()), (102, 1));
    bench.write("cut.jsonl", "{\"event\":\"OnUserChange\",\"useraccount\":\"oA\"}\n{\"ev");
    assert_eq!(bench.run(&["run", "echo.html", "--events", "cut.jsonl"]).code, 0);
    bench.write("binary.jsonl", b"\0\x01\x02");
    for log in ["none.jsonl", "binary.jsonl", "."] {
        let ended = bench.run(&["run", "echo.html", "--events", log]);
        assert_eq!((ended.code, ended.out.as_str()), (102, ""), "{log}: {}", ended.err);
        assert!(ended.err.contains(&format!("error: {log}: ")), "{}", ended.err);
    }
}

#[test]
fn calls_that_are_no_message() {
    let bench = Bench::new();
    bench.write(
        "page.html",
        r#"<script>
        function MCS_ClientNotify() {
          external.PutMsg("nonsense");
          external.PutMsg('{"msg":{"head":{"random":"1"},"body":[]}}');
          external.PutMsg({ msg: { head: { random: 2 }, body: [{ type: 0, content: { text: "x" } }] } });
          external.PutMsg({ msg: { head: { random: 2 }, body: [{ type: 0, content: { text: "y" } }] } });
          nonsense();
        }
        external.PutMsg({ msg: { head: { random: 3 }, body: [{ type: 0, content: { text: "early" } }] } });
        </script>"#,
    );
    bench.write("log.jsonl", TWO_USERS.lines().next().unwrap());
    let ended = bench.run(&["run", "page.html", "--events", "log.jsonl"]);
    let lines = ended.lines();
    assert_eq!(ended.code, 0, "{}", ended.err);
    let outcomes: Value = lines.iter().map(|line| line["data"]["outcome"].clone()).collect();
    assert_eq!(outcomes, json!(["invalid", "invalid", "invalid", "accepted", "duplicate", null]));
    assert_eq!(
        (&lines[0]["cause"], &lines[0]["subject"], &lines[1]["data"]["raw"]),
        (&json!("load"), &Value::Null, &json!("nonsense"))
    );
    assert_eq!((&lines[5]["type"], &lines[5]["data"]["line"]), (&json!("fault.uncaught"), &json!(7)));
}

#[test]
fn a_fault_s_place_is_that_of_the_page_s_file() {
    let bench = Bench::new();
    bench.write(
        "page.html",
        "<title>nix</title>\n<script>\nvar a = 'nix';\n  nix(a);\n</script>\n<script src=lib.js></script>\n\
         <a id=x onclick=\"nix()\">x</a>\n<script>\nfunction f() {\n  var y;\n  y.z.w;\n}\nsetTimeout('f()', 9);\n</script>\n",
    );
    bench.write("lib.js", "function g() {\n  // nix\n  return typeof nix + nix;\n}\ng();\n");
    bench.write("log.jsonl", r##"{"type":"stimulus.ui.click","data":{"selector":"#x"}}"##);
    let lines = bench.run(&["run", "page.html", "--events", "log.jsonl"]).lines();
    let places: Vec<Value> =
        lines.iter().map(|line| json!([line["data"]["file"], line["data"]["line"], line["data"]["column"]])).collect();
    let expected = [("page.html", 4, 3), ("lib.js", 3, 23), ("page.html", 11, 5), ("page.html", 7, 18)];
    assert_eq!(places, expected.map(|(file, line, column)| json!([file, line, column])));
    assert!(lines.iter().all(|line| line["type"] == "fault.uncaught" && line["data"]["frame"] != ""));
}

#[test]
fn several_pages_in_order_of_time() {
    let bench = Bench::new();
    let page = |delay: u32| {
        format!(
            r#"<script>function MCS_ClientNotify() {{ setTimeout(function () {{
        external.PutMsg({{ msg: {{ head: {{ random: new Date() - 0 }}, body: [{{ type: 0, content: {{ text: "{delay}" }} }}] }} }});
        }}, {delay}); }}</script>"#
        )
    };
    bench.write("slow.html", page(300));
    bench.write("other/slow.html", page(100));
    bench.write("quick.js", page(100).replace("<script>", "").replace("</script>", ""));
    bench.write(
        "log.jsonl",
        concat!(
            r#"{"type":"stimulus.mcs.OnUserChange","time":"2026-11-21T16:00:00+08:00","data":{"userid":"oA"}}"#,
            "\n",
            r#"{"type":"stimulus.mcs.OnUserChange","plugin":"slow","data":{"userid":"oB"}}"#,
            "\n",
            r#"{"type":"stimulus.mcs.OnUserChange","plugin":"nobody","data":{"userid":"oC"}}"#,
            "\n",
        ),
    );
    let ended = bench.run(&["run", "slow.html", "other/slow.html", "quick.js", "--events", "log.jsonl"]);
    assert_eq!(ended.code, 0, "{}", ended.err);
    assert!(ended.err.contains("slow-2") && ended.err.contains("plugin nobody, which is not open"), "{}", ended.err);
    let lines = ended.lines();
    let shown: Vec<_> = lines
        .iter()
        .map(|line| {
            (line["plugin"].as_str().unwrap(), line["subject"].as_str().unwrap(), line["time"].as_str().unwrap())
        })
        .collect();
    let expected = [
        ("slow-2", "oA", "2026-11-21T08:00:00.100Z"),
        ("quick", "oA", "2026-11-21T08:00:00.100Z"),
        ("slow", "oA", "2026-11-21T08:00:00.300Z"),
        ("slow", "oB", "2026-11-21T08:00:00.601Z"),
    ];
    assert_eq!(shown, expected);
}

#[test]
fn all_lines_are_a_log_again() {
    let bench = Bench::new();
    bench.write("echo.html", ECHO.replace("put(str", "console.log('told'); put(str"));
    bench.write("log.jsonl", TWO_USERS);
    let all = bench.run(&["run", "echo.html", "--events", "log.jsonl", "--all"]);
    let lines = all.lines();
    assert_eq!(types(&lines)[..3], ["stimulus.mcs.OnUserChange", "console.log", "effect.mcs.PutMsg"]);
    assert_eq!(
        (&lines[0]["source"], &lines[2]["id"], &lines[5]["id"]),
        (&json!("log.jsonl"), &json!("e1"), &json!("e2"))
    );
    bench.write("again.jsonl", &all.out);
    let again = bench.run(&["run", "echo.html", "--events", "again.jsonl"]);
    let plain = bench.run(&["run", "echo.html", "--events", "log.jsonl"]);
    assert_eq!(again.out, plain.out);
}

#[test]
fn what_a_page_is_opened_from() {
    let bench = Bench::new();
    bench.write("tool.js", "external.Notice(location.href.replace(/ticket=.*/, ''));");
    bench.write("page.html", "<script>external.Notice(location.search.replace(/.ticket=.*/, ''))</script>");
    bench.write("bare/plugin.toml", "name = \"工具\"\npage = \"tool.js\"");
    bench.write("bare/tool.js", "external.Notice(document.body.children.length + location.pathname);");
    let notice = |page: &str| bench.run(&["run", page]).lines()[0]["data"]["argument"].clone();
    assert_eq!(notice("tool.js"), "http://tool.plugin.invalid/?");
    assert_eq!(notice("page.html?public_id=7"), "?public_id=7");
    assert_eq!(notice("bare"), "1/");
    let (title, _, _) = encoding_rs::GBK
        .encode("<meta charset=gbk><title>快捷回复</title><script>external.Notice(document.title)</script>");
    bench.write("gbk.html", &*title);
    assert_eq!(notice("gbk.html"), "快捷回复");
}

#[test]
fn the_ticket_is_worth_the_seat_s_account() {
    let bench = Bench::new();
    bench.write(
        "page.html",
        r#"<script>function workerAccountCallback(answer) { external.Notice(answer.workeraccount); }
        var script = document.createElement("script");
        script.src = "http://crm1.dkf.qq.com/php/index.php/thirdapp/appdemo/get_workeraccount_by_sessionkey" +
          "?callback=workerAccountCallback&" + location.search.substring(1) + "&_=1";
        document.getElementsByTagName("head")[0].appendChild(script);</script>"#,
    );
    let account = |arguments: &[&str]| bench.run(arguments).lines()[0]["data"]["argument"].clone();
    assert_eq!(account(&["run", "page.html"]), "kf0001@duoke");
    assert_eq!(account(&["run", "page.html", "--account", "kf2001@gh_x"]), "kf2001@gh_x");
}

#[test]
fn a_dead_cdn_is_answered_from_a_file() {
    let bench = Bench::new();
    bench
        .write("page.html", "<script src=http://cdn.test/lib.js></script><script>external.Notice(typeof lib)</script>");
    bench.write("lib.js", "var lib = {};");
    let without = bench.run(&["run", "page.html"]).lines();
    assert_eq!(types(&without), ["fault.load", "effect.mcs.Notice"]);
    assert!(without[0]["data"]["message"].as_str().unwrap().contains("--replace http://cdn.test/lib.js=FILE"));
    let with = bench.run(&["run", "page.html", "--replace", "http://cdn.test/lib.js=lib.js"]).lines();
    assert_eq!((types(&with), &with[0]["data"]["argument"]), (vec!["effect.mcs.Notice"], &json!("object")));
}

#[test]
fn a_page_goes_elsewhere_and_is_told_there() {
    let bench = Bench::new();
    bench.write("a.html", "<a id=go href='b.html?x=1#y'>b</a><script>function MCS_ClientNotify() {}</script>");
    bench.write("b.html", ECHO);
    bench.write(
        "log.jsonl",
        concat!(
            r#"{"event":"OnUserChange","useraccount":"oA"}"#,
            "\n",
            r##"{"type":"stimulus.ui.click","data":{"selector":"#go"}}"##,
            "\n",
            r#"{"event":"OnMapMsgClick","location":"x"}"#,
            "\n",
        ),
    );
    let ended = bench.run(&["run", "a.html", "--events", "log.jsonl", "--dom", "end.html"]);
    let lines = ended.lines();
    assert_eq!(types(&lines), ["effect.navigate", "effect.mcs.PutMsg"], "{}", ended.err);
    assert_eq!(
        (&lines[0]["data"]["url"], &lines[0]["data"]["kind"]),
        (&json!("http://a.plugin.invalid/b.html?x=1#y"), &json!("link"))
    );
    assert_eq!(lines[1]["subject"], "oA");
    assert!(bench.read("end.html").contains("<title>t</title>"));
    bench.run(&["run", "a.html", "b.html", "--dom", "both.html"]);
    assert!(bench.read("both.a.html").contains("id=\"go\"") && bench.read("both.b.html").contains("<title>t"));
}

#[test]
fn nobody_reads_any_more() {
    let bench = Bench::new();
    bench.write("echo.html", ECHO);
    bench.write("log.jsonl", TWO_USERS.repeat(2_000));
    let mut child = bench.spawn(&["run", "echo.html", "--events", "log.jsonl"]);
    let mut output = BufReader::new(child.stdout.take().unwrap());
    output.read_line(&mut String::new()).unwrap();
    drop(output);
    let ended = child.wait_with_output().unwrap();
    assert_eq!((ended.status.code(), String::from_utf8(ended.stderr).unwrap().as_str()), (Some(0), ""));
}

#[test]
fn an_address_and_what_it_may_talk_to() {
    let bench = Bench::new();
    let site = Site::start(&[
        ("/kf/page.html", "text/html", "<script src=lib.js></script><script src=http://127.0.0.1:1/x.js></script>"),
        (
            "/kf/lib.js",
            "text/javascript",
            "external.Notice(location.pathname);
            var late = document.createElement('script'); late.src = 'http://cdn.invalid/y.js'; document.head.appendChild(late);
            var asked = new XMLHttpRequest(); asked.open('GET', 'http://crm.invalid/z'); asked.send()",
        ),
    ]);
    let ended = bench.run(&["run", &site.address("/kf/page.html?key=secret")]);
    assert_eq!(ended.code, 0, "{}", ended.err);
    let lines = ended.lines();
    assert_eq!(types(&lines), ["effect.mcs.Notice", "fault.load", "fault.load", "fault.network"]);
    assert_eq!((&lines[0]["plugin"], &lines[0]["source"]), (&json!("page"), &json!(site.address("/kf/page.html"))));
    let message = lines[1]["data"]["message"].as_str().unwrap();
    assert!(message.contains("leads to 127.0.0.1") && message.contains("--allow http://127.0.0.1:1"), "{message}");
    let message = lines[2]["data"]["message"].as_str().unwrap();
    assert!(message.contains("may not talk to http://cdn.invalid") && message.contains("--allow"), "{message}");
    let refused = &lines[3]["data"];
    assert_eq!(refused["url"], "http://crm.invalid/z");
    let message = refused["message"].as_str().unwrap();
    assert!(message.contains("may not talk to http://crm.invalid; allow it with `--allow"), "{message}");
    let missing = bench.run(&["run", &site.address("/none.html")]);
    assert!(missing.code == 103 && missing.err.contains("404 Not Found"), "{}", missing.err);
}

#[test]
fn a_script_of_the_html_behind_a_proxy_says_what_to_allow() {
    let bench = Bench::new();
    bench.write("page.html", "<script src=http://cdn.invalid/x.js></script>");
    let mut command = bench.command(&["run", "page.html"]);
    command.env("HTTP_PROXY", "http://127.0.0.1:1").env_remove("NO_PROXY").env_remove("no_proxy");
    let ended = Bench::finish(command);
    let lines = ended.lines();
    assert_eq!((ended.code, types(&lines)), (0, vec!["fault.load"]), "{}", ended.err);
    let message = lines[0]["data"]["message"].as_str().unwrap();
    assert!(message.contains("without the environment's proxy"), "{message}");
    assert!(message.contains("allow it with `--allow http://cdn.invalid`"), "{message}");
}

#[test]
fn confinement_may_be_required() {
    let bench = Bench::new();
    bench.write("echo.html", ECHO);
    bench.write("duoke.toml", "[process]\nconfinement = \"require\"\n");
    let ended = bench.run(&["run", "echo.html"]);
    assert_eq!(ended.code, 0, "{}", ended.err);
    bench.write("duoke.toml", "[process]\nconfinement = \"perhaps\"\n");
    for command in [["run", "echo.html"].as_slice(), &["coverage", "echo.html"], &["demo"]] {
        let ended = bench.run(command);
        assert!(ended.code == 3 && ended.err.contains("not one of require, warn"), "{}", ended.err);
    }
}

#[test]
fn forked_and_spawned_pages_give_the_same_lines() {
    let bench = Bench::new();
    // The second page is one in place of the first, which is spawned in any case.
    let full = "if (str.indexOf('OnMap') > 0) for (var s = 'x', all = []; true; s += s) all.push(s); put(str";
    bench.write("echo.html", ECHO.replace("put(str", full));
    bench.write(
        "log.jsonl",
        format!("{TWO_USERS}{{\"event\":\"OnMapMsgClick\"}}\n{{\"event\":\"OnUserChange\",\"useraccount\":\"oC\"}}\n"),
    );
    let ended = |launch: &str| {
        bench.write("duoke.toml", format!("[process]\nlaunch = \"{launch}\"\n"));
        bench.run(&["run", "echo.html", "--events", "log.jsonl", "--all"])
    };
    let (forked, spawned) = (ended("fork"), ended("spawn"));
    assert_eq!((forked.code, forked.err.as_str()), (0, ""));
    assert_eq!(forked.out, spawned.out);
    assert_eq!(types(&forked.lines()).iter().filter(|kind| **kind == "fault.limit").count(), 1, "{}", forked.out);
    assert_eq!(texts(&forked.lines()).len(), 4, "oB is told again, then oC: {}", forked.out);
}

#[test]
fn messages_reach_wechat_and_the_rest_is_told() {
    let bench = Bench::new();
    let sandbox = SandboxChild::start(&bench);
    sandbox.user_writes("oA");
    bench.write("echo.html", ECHO);
    bench.write("shop.png", b"\x89PNG\r\n\x1a\nnot much of a picture");
    bench.write(
        "picture.html",
        r#"<a id=p href=shop.png></a><script>function MCS_ClientNotify() {
        external.PutMsg({ msg: { head: { random: 1 }, body: [{ type: 1, content: { picUrl: document.getElementById("p").href } },
          { type: 7, content: [{ title: "t", digest: "<b>d</b>", cover: "", url: "http://a.test/" }] }] } }); }</script>"#,
    );
    bench.write("a.jsonl", r#"{"event":"OnUserChange","useraccount":"oA"}"#);
    let fine = sandbox.run(&bench, &["run", "echo.html", "picture.html", "--events", "a.jsonl", "--forward", "--all"]);
    assert_eq!(fine.code, 0, "{}", fine.err);
    assert!(fine.err.contains("3 messages for http://127.0.0.1:") && fine.err.contains(": 3 sent"), "{}", fine.err);
    let sent: Vec<Value> = fine.lines().into_iter().filter(|line| line["type"] == "delivery.sent").collect();
    let keys: Vec<&str> = sent.iter().map(|line| line["data"]["key"].as_str().unwrap()).collect();
    assert_eq!(keys, ["1/echo/0", "1/picture/0", "1/picture/0.1"]);
    let kinds: Vec<Value> = sandbox.messages("oA").iter().map(|message| message["body"]["msgtype"].clone()).collect();
    assert_eq!(kinds, ["text", "image", "news"]);
    bench.write("log.jsonl", TWO_USERS);
    let stranger = sandbox.run(&bench, &["run", "echo.html", "--events", "log.jsonl", "--forward"]);
    assert_eq!(stranger.code, 120);
    assert!(
        stranger.err.contains("to oB is given up: WeChat refused") && stranger.err.contains("1 sent, 1 given up"),
        "{}",
        stranger.err
    );
    let named = sandbox.run(
        &bench,
        &["run", "echo.html", "--events", "a.jsonl", "--forward", "--account", "kf1@duoke", "--state", "s2"],
    );
    assert!(named.code == 120 && named.err.contains("hint: "), "an account nobody made: {}", named.err);
}

#[test]
fn late_messages_wait_for_a_person_and_a_repeated_line_sends_once() {
    let bench = Bench::new();
    let sandbox = SandboxChild::start(&bench);
    for user in ["oA", "oB"] {
        sandbox.user_writes(user);
    }
    bench.write("late.html", ECHO.replace("put(str", "setTimeout(function () { put('late'); }, 5000); put(str"));
    bench.write(
        "log.jsonl",
        concat!(
            r#"{"id":"x","type":"stimulus.mcs.OnUserChange","time":"2026-11-21T08:00:00Z","data":{"userid":"oA"}}"#,
            "\n",
            r#"{"id":"y","type":"stimulus.mcs.OnUserChange","time":"2026-11-21T08:00:01Z","data":{"userid":"oB"}}"#,
            "\n",
            r#"{"id":"z","type":"stimulus.tab.activate","time":"2026-11-21T08:00:09Z"}"#,
            "\n",
            r##"{"id":"w","type":"stimulus.ui.click","time":"2026-11-21T08:00:09Z","data":{"selector":"title"}}"##,
            "\n",
        ),
    );
    let late = sandbox.run(&bench, &["run", "late.html", "--events", "log.jsonl", "--forward"]);
    assert_eq!(late.code, 0, "{}", late.err);
    assert!(late.err.contains("a message to oA waits for a person"), "{}", late.err);
    assert!(late.err.contains("4 messages") && late.err.contains("3 sent, 1 held"), "{}", late.err);
    assert_eq!((sandbox.messages("oA").len(), sandbox.messages("oB").len()), (1, 2));
    bench.write("say.html", ECHO.replace("str +", "'same' || str +"));
    bench.write(
        "twice.jsonl",
        concat!(
            r#"{"id":"x","type":"stimulus.mcs.OnUserChange","data":{"userid":"oA"}}"#,
            "\n",
            r#"{"id":"x","type":"stimulus.mcs.OnUserChange","data":{"userid":"oA"}}"#,
            "\n",
        ),
    );
    let twice = sandbox.run(&bench, &["run", "say.html", "--events", "twice.jsonl", "--forward"]);
    assert!(twice.code == 0 && twice.err.contains("is the same event and is not told again"), "{}", twice.err);
    assert_eq!(sandbox.messages("oA").len(), 2);
}

#[test]
fn wechat_out_of_reach_is_told_at_once() {
    let bench = Bench::new();
    bench.write("echo.html", ECHO);
    bench.write("a.jsonl", r#"{"event":"OnUserChange","useraccount":"oA"}"#);
    let mut command =
        bench.command(&["run", "echo.html", "--events", "a.jsonl", "--forward", "--wechat-base", "http://127.0.0.1:1"]);
    command.env("DUOKE_APP_ID", "wx1").env("DUOKE_APP_SECRET", "s");
    let mut child = Bench::start(command);
    let mut line = String::new();
    BufReader::new(child.stderr.take().unwrap()).read_line(&mut line).unwrap();
    // Not awaited: it is tried again for a while.
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(line.contains("WeChat at http://127.0.0.1:1 cannot be reached") && line.contains("tried again"), "{line}");
}

#[test]
fn coverage_says_whether_a_page_will_work() {
    let bench = Bench::new();
    bench.write("echo.html", ECHO);
    bench.write("old.html", "<script>new ActiveXObject('x')</script>");
    let human = bench.run(&["coverage", "echo.html"]);
    assert_eq!((human.code, human.err.as_str()), (0, ""));
    assert!(human.out.starts_with("echo.html: runs; nothing it needs is missing; had 2 effects"), "{}", human.out);
    let json = bench.run(&["coverage", "old.html", "--format", "jsonl"]).lines();
    assert_eq!((json.len(), &json[0]["verdict"], &json[0]["summary"]["missing"]), (1, &json!("faults"), &json!(1)));
    let no_run = bench.run(&["coverage", "old.html", "--no-run", "--format", "json"]);
    assert!(no_run.code == 0 && no_run.out.contains("\"verdict\": \"not_run\""), "{}", no_run.out);
    assert_eq!(bench.run(&["coverage", "gone.html"]).code, 103);
    assert_eq!(bench.run(&["coverage", "echo.html", "--allow", "nonsense"]).code, 2);
}

#[cfg(unix)]
#[test]
fn interrupted_a_sandbox_has_done_its_work_and_a_run_has_not() {
    let bench = Bench::new();
    let sandbox = SandboxChild::start(&bench);
    assert_eq!(sandbox.ready["wechat_id"], "duoke");
    let phones = format!("note: the customers' phones: {}/\n", sandbox.ready["listening"].as_str().unwrap());
    assert_eq!(sandbox.interrupt(), (Some(0), phones));
    bench.write("say.js", "external.Notice('open')");
    let mut child = bench.spawn(&["run", "say.js", "--events", "-"]);
    let mut input = child.stdin.take().unwrap();
    writeln!(input, r#"{{"event":"OnUserChange","useraccount":"oA"}}"#).unwrap();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut String::new()).unwrap();
    bench::interrupt(&child);
    assert_eq!(child.wait().unwrap().code(), Some(130));
}

#[test]
fn what_is_sent_otherwise_than_it_came_is_told() {
    let bench = Bench::new();
    let sandbox = SandboxChild::start(&bench);
    sandbox.user_writes("oA");
    let article = r#"{ title: "t".repeat(200), digest: "d", cover: "", url: "http://a.test/" }"#;
    bench.write(
        "news.js",
        format!(
            "function MCS_ClientNotify() {{ external.PutMsg({{ msg: {{ head: {{ random: 1 }}, body: [{{ type: 7, content: [{}] }}] }} }}); }}",
            [article; 9].join(", ")
        ),
    );
    bench.write("a.jsonl", r#"{"event":"OnUserChange","useraccount":"oA"}"#);
    let run = || sandbox.run(&bench, &["run", "news.js", "--events", "a.jsonl", "--forward", "--all"]);
    bench.write("duoke.toml", "[wechat]\nnews = \"first\"\ntitle_bytes_max = 20\n");
    let cut = run();
    assert_eq!(cut.code, 0, "{}", cut.err);
    let lines = cut.lines();
    let sent: Vec<&Value> = lines.iter().filter(|line| line["type"] == "delivery.sent").collect();
    let notes = sent[0]["data"]["notes"].as_array().unwrap();
    assert_eq!((sent.len(), notes.len()), (1, 9), "{}", cut.out);
    assert_eq!(notes[0], "title of article 1 cut from 200 to 20 bytes");
    // A sandbox has the limits of 2017.
    assert_eq!(notes[8], "of 9 articles only the first 8: the account takes no more");
    let warning = "warning: news: the message 1/news/0 to oA was sent otherwise than it came: title of article 8 cut";
    assert!(cut.err.contains(warning), "{}", cut.err);
    bench.write("duoke.toml", "[wechat]\ntrim = \"refuse\"\n[store]\npath = \"other\"\n");
    let refused = run();
    assert_eq!(refused.code, 120);
    assert!(refused.err.contains("the title of article 1 has 200 bytes, WeChat takes 128"), "{}", refused.err);
}
