//! Recordings: what `duoke run --record` writes, and that `duoke replay` has the same happen again, with the network gone
//! (session-log.md, Recording and Replay).
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops there")]

#[path = "cli/bench.rs"]
#[expect(dead_code, reason = "the other programs' servers")]
mod bench;
#[path = "recordings/cookies.rs"]
mod cookies;
#[path = "recordings/determinism.rs"]
mod determinism;
#[path = "recordings/erp.rs"]
mod erp;
#[path = "recordings/formats.rs"]
mod formats;
#[path = "recordings/hostile.rs"]
mod hostile;
#[path = "recordings/mutations.rs"]
mod mutations;
#[path = "recordings/origin.rs"]
mod origin;
#[path = "recordings/samples.rs"]
mod samples;
#[path = "recordings/secrets.rs"]
mod secrets;
#[path = "recordings/sockets.rs"]
mod sockets;
#[path = "recordings/streams.rs"]
mod streams;
#[path = "recordings/trouble.rs"]
mod trouble;

use std::path::Path;

use bench::{Bench, Ended};
use origin::Origin;
use serde_json::Value;

const JSON: (&str, &str) = ("Content-Type", "application/json");

/// `put(text)` sends a message.
const PUT: &str = r#"
var count = 0;
function put(text) {
  var body = [{ type: 0, content: { text: String(text) } }];
  external.PutMsg(JSON.stringify({ msg: { head: { random: String(++count) }, body: body } }));
}"#;

fn user(openid: &str) -> String {
    format!("{{\"event\":\"OnUserChange\",\"useraccount\":\"{openid}\"}}\n")
}

/// The recording replays to exactly what the run printed, twice, wherever it is done.
#[track_caller]
fn check_replay(bench: &Bench, run: &Ended, session: &str) {
    let arguments = ["replay", session];
    let first = bench.run(&arguments);
    assert_eq!((first.code, first.err.as_str()), (0, ""), "{}", first.out);
    assert_eq!(first.out, run.out);
    let session = bench.path(session);
    let mut elsewhere = bench.command(&["replay", &session]);
    elsewhere.current_dir("/").env("TZ", "America/New_York").env("LC_ALL", "de_DE.UTF-8").env("LANG", "de_DE.UTF-8");
    assert_eq!(Bench::finish(elsewhere).out, run.out);
    let mut spawned = bench.command(&arguments);
    spawned.env("DUOKE_LAUNCH", "spawn");
    assert_eq!(Bench::finish(spawned).out, run.out);
}

/// Lines of a recording.
fn lines(bench: &Bench, session: &str) -> Vec<Value> {
    bench.read(session).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// What a shop's server of the time answered: numbered, so that no two answers are the same.
fn shop() -> Origin {
    let count = std::sync::atomic::AtomicU32::new(0);
    // What is slow comes only after the page has asked for something else.
    let (go, slow) = std::sync::mpsc::channel();
    let slow = std::sync::Mutex::new(slow);
    Origin::start(move |method, path, body| {
        let number = count.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let query = |wanted: &str| {
            let pairs = path.split(['?', '&']).skip(1).filter_map(|pair| pair.split_once('='));
            pairs.filter(|(name, _)| *name == wanted).map(|(_, value)| value.to_owned()).next().unwrap_or_default()
        };
        match path.split('?').next().unwrap() {
            "/lib.js" => (200, vec![("Content-Type", "text/javascript".to_owned())], b"var LIB = 'lib';".to_vec()),
            "/jsonp" => {
                let script = format!("{}({{\"n\":{number},\"id\":\"{}\"}})", query("callback"), query("id"));
                (200, vec![("Content-Type", "text/javascript".to_owned())], script.into_bytes())
            }
            "/login" => {
                let away = vec![("Set-Cookie", "seen=yes%20it; Path=/".to_owned()), ("Location", "/home".to_owned())];
                (302, away, Vec::new())
            }
            "/gbk" => (200, vec![("Content-Type", "text/plain; charset=gbk".to_owned())], vec![0xc4, 0xfa, 0xba, 0xc3]),
            "/go" => {
                go.send(()).unwrap();
                (200, vec![], Vec::new())
            }
            "/slow" => {
                slow.lock().unwrap().recv().unwrap();
                (200, vec![(JSON.0, JSON.1.to_owned())], format!("{{\"slow\":{number}}}").into_bytes())
            }
            "/broken" => (500, vec![], b"no".to_vec()),
            _ => (200, vec![(JSON.0, JSON.1.to_owned())], format!("{{\"n\":{number},\"{method}\":\"{body}\"}}").into()),
        }
    })
}

const EVERYTHING: &str = r##"<!DOCTYPE html><title>t</title>
<script src="jquery.js"></script><script src="SHOP/lib.js"></script>
<script>PUT
var user;
put(LIB + " " + Math.random() + " " + new Date().getTimezoneOffset() + " " + new Date() + navigator.language);
function get(address, then) {
  var xhr = new XMLHttpRequest();
  xhr.onload = function () { then(xhr.status + " " + xhr.responseText + " at " + Date.now()); };
  xhr.onerror = function () { then("failed " + address.split("/").pop()); };
  xhr.open("GET", address);
  xhr.send();
  return xhr;
}
function MCS_ClientNotify(text) {
  var event = JSON.parse(text);
  if (event.event !== "OnUserChange") return;
  user = event.useraccount;
  var frame = document.createElement("iframe");
  frame.onload = function () { put("frame " + frame.contentDocument.body.textContent + frame.contentWindow.Math.random()); };
  frame.src = "own.json";
  document.body.appendChild(frame);
  $.ajax({ url: "SHOP/orders", data: { user: user }, cache: false, dataType: "json", success: function (data) {
    put("orders " + JSON.stringify(data) + new Date().getTime());
    setTimeout(function () { put("later " + Math.random()); }, 300);
  } });
  $.ajax({ url: "SHOP/jsonp", data: { id: user }, dataType: "jsonp", success: function (data) {
    put("jsonp " + JSON.stringify(data));
  } });
  $.post("SHOP/note", { text: "您好 " + user }, function (data) { put("note " + JSON.stringify(data)); }, "json");
  var sync = new XMLHttpRequest();
  sync.open("GET", "SHOP/sync?u=" + user, false);
  sync.send();
  put("sync " + sync.responseText);
  get("SHOP/slow", put);
  get("SHOP/broken", put);
  get("SHOP/gbk", put);
  get("http://127.0.0.1:1/none", put);
  get("own.json", put);
  get("SHOP/never", put).abort();
  var ticks = 0;
  var poll = setInterval(function () {
    put("tick " + ++ticks + " " + document.cookie);
    if (ticks === 2) get("SHOP/go", put);
    if (ticks === 4) clearInterval(poll);
  }, 50);
  fetch("SHOP/login", { credentials: "include" }).then(function (answer) { return answer.text(); }).then(function (text) {
    put("login " + text + document.cookie);
  });
  if (confirm("really?")) put("answered " + prompt("what?"));
  localStorage.visits = (+localStorage.visits || 0) + 1;
  console.log("visits " + localStorage.visits);
}
</script><a id="go" href="other.html?u=1">go</a>"##;

const OTHER: &str = r#"<!DOCTYPE html><title>other</title><script>PUT
put("other " + localStorage.visits + " " + Math.random() + location.search);
var xhr = new XMLHttpRequest();
xhr.onload = function () { put("other " + xhr.responseText); };
xhr.open("GET", "SHOP/other");
xhr.send();
</script>"#;

/// A folder with the page that does everything, its plugin.toml and its log.
fn everything(origin: &Origin) -> Bench {
    let bench = Bench::new();
    let filled = |page: &str| page.replace("SHOP", &origin.url()).replace("PUT\n", PUT);
    let jquery = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/libraries/node_modules/jquery-1.11/dist/jquery.js");
    bench.write("it/jquery.js", std::fs::read(jquery).expect("the libraries are installed by scripts/test"));
    bench.write("it/index.html", filled(EVERYTHING));
    bench.write("it/other.html", filled(OTHER));
    bench.write("it/own.json", "{\"own\":1}");
    let allow = format!("allow = [\"{}\", \"http://127.0.0.1:1\"]\n", origin.url());
    let dialogs = "[dialogs]\nprompt = \"this\"\n";
    bench.write("it/plugin.toml", format!("name = \"it\"\npage = \"index.html\"\n{allow}{dialogs}"));
    let clicked = "{\"type\":\"stimulus.ui.click\",\"data\":{\"selector\":\"#go\"}}\n";
    let reload = "{\"type\":\"stimulus.page.reload\"}\n";
    bench.write("log.jsonl", format!("{}{}{clicked}{reload}", user("oA"), user("oB")));
    std::fs::create_dir(bench.path("it/sessions")).unwrap();
    bench
}

#[test]
fn a_page_that_does_everything() {
    let mut shop = shop();
    let bench = everything(&shop);
    let session = "it/sessions/it.jsonl";
    let run = bench.run(&["run", "it", "--events", "log.jsonl", "--record", session, "--no-redact", "--state", "kept"]);
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    for part in [
        "orders {",
        "jsonp {",
        "note {",
        "sync {",
        "500 no",
        "您好",
        "failed none",
        "frame {",
        "{\\\"own\\\":1}",
        "login ",
        "other 2 ",
        "later 0",
        "tick 4 ",
        "answered this",
        "{\\\"slow\\\":",
    ] {
        assert!(run.out.contains(part), "{part}: {}", run.out);
    }
    // What it kept is there at the start of the next one, and that is recorded as well.
    let again =
        bench.run(&["run", "it", "--events", "log.jsonl", "--record", "b.jsonl", "--no-redact", "--state", "kept"]);
    assert_eq!((again.code, again.err.as_str()), (0, ""));
    assert_ne!(again.out, run.out);
    shop.end();
    check_replay(&bench, &run, session);
    check_replay(&bench, &again, "b.jsonl");
    // With everything else as the recording has it.
    let all = bench.run(&["replay", session, "--all"]);
    assert!(all.out.contains("\"type\":\"console.log\"") && all.out.contains("visits 2"), "{}", all.out);
    let recorded = lines(&bench, session);
    let types: std::collections::BTreeSet<_> = recorded.iter().map(|line| line["type"].as_str().unwrap()).collect();
    for type_ in [
        "session.start",
        "session.end",
        "world.http",
        "world.dialog",
        "world.element",
        "stimulus.ui.click",
        "console.log",
    ] {
        assert!(types.contains(type_), "{type_} in {types:?}");
    }
    let seq: Vec<_> = recorded.iter().map(|line| line["seq"].as_u64().unwrap()).collect();
    assert!(seq.is_sorted_by(|one, other| one < other) && !bench.read(session).contains(&bench.path("")));
    let ids: std::collections::BTreeSet<_> = recorded.iter().map(|line| line["id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), recorded.len());
}

#[test]
fn in_real_time_answers_come_between_timers() {
    let mut shop = shop();
    let bench = everything(&shop);
    bench.write("log.jsonl", user("oA"));
    let arguments = ["run", "it", "--events", "log.jsonl", "--record", "r.jsonl", "--no-redact", "--realtime"];
    let run = bench.run(&arguments);
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    shop.end();
    check_replay(&bench, &run, "r.jsonl");
}

#[test]
fn several_pages_in_one_file() {
    let mut shop = shop();
    let bench = everything(&shop);
    let page = format!(
        "<script>{PUT}\nfunction MCS_ClientNotify(text) {{ put(text); setTimeout(put, 1500, 'late'); }}</script>"
    );
    bench.write("small.html", &page);
    bench.write("crm/plugin.toml", "page = \"index.html\"\ndialects = [\"echat\"]\n");
    bench.write("crm/index.html", format!("{page}<a id=go onclick='location.reload()'>x</a>"));
    let click = "{\"type\":\"stimulus.ui.click\",\"plugin\":\"crm\",\"data\":{\"selector\":\"#go\"}}\n";
    bench.write("log.jsonl", format!("{}{click}{}", user("oA"), user("oB")));
    let pages = ["run", "it", "crm", "small.html", "--events", "log.jsonl", "--record", "m.jsonl", "--no-redact"];
    let run = bench.run(&pages);
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    shop.end();
    check_replay(&bench, &run, "m.jsonl");
    let given = bench.run(&["replay", "m.jsonl", "--page", "it", "--page", "crm", "--page", "small.html"]);
    assert_eq!((given.code, given.out), (0, run.out));
    let too_few = bench.run(&["replay", "m.jsonl", "--page", "it"]);
    assert!(too_few.code == 2 && too_few.err.contains("it, crm, small"), "{}", too_few.err);
}

#[test]
fn a_changed_page_that_asks_for_something_else_is_told() {
    let mut shop = shop();
    let bench = everything(&shop);
    let run = bench.run(&["run", "it", "--events", "log.jsonl", "--record", "it/sessions/x.jsonl", "--no-redact"]);
    shop.end();
    bench.write("it/index.html", bench.read("it/index.html").replace("/note", "/nota"));
    let replayed = bench.run(&["replay", "it/sessions/x.jsonl"]);
    assert_eq!(replayed.code, 100, "{}", replayed.err);
    let told = format!("POST {}/nota was refused: it is not recorded", shop.url());
    assert!(replayed.err.contains(&told) && replayed.err.contains("hint: "), "{}", replayed.err);
    let count = |out: &str| out.lines().filter(|line| line.contains("PutMsg")).count();
    assert!(
        replayed.out.contains("Connection refused") && count(&replayed.out) == count(&run.out) - 2,
        "{}",
        replayed.out
    );
    // What is only made up anew is no difference.
    let page = bench.read("it/index.html").replace("/nota", "/note").replace("var user;", "var user; Math.random();");
    bench.write("it/index.html", page);
    let replayed = bench.run(&["replay", "it/sessions/x.jsonl"]);
    assert_eq!((replayed.code, replayed.err.as_str()), (0, ""));
    assert!(replayed.out.contains("jsonp {"), "{}", replayed.out);
}

#[test]
fn a_plugin_is_found_beside_its_recordings() {
    let bench = Bench::new();
    bench.write("a/plugin.toml", "page = \"index.html\"\nname = \"mine\"\n");
    bench.write("a/index.html", format!("<script>{PUT}\nput(1)</script>"));
    bench.write("a/sessions/keep", "");
    let run = bench.run(&["run", "a", "--record", "a/sessions/x.jsonl.zst"]);
    assert_eq!((run.code, run.err.as_str(), run.out.lines().count()), (0, "", 1));
    std::fs::rename(bench.path("a"), bench.path("elsewhere")).unwrap();
    assert_eq!(bench.run(&["replay", "elsewhere/sessions/x.jsonl.zst"]).out, run.out);
    std::fs::rename(bench.path("elsewhere/sessions/x.jsonl.zst"), bench.path("x.jsonl.zst")).unwrap();
    let lost = bench.run(&["replay", "x.jsonl.zst"]);
    assert!(lost.code == 103 && lost.err.contains("hint: "), "{}", lost.err);
    assert_eq!(bench.run(&["replay", "x.jsonl.zst", "--page", "elsewhere"]).out, run.out);
}

#[test]
fn an_address_s_page_comes_from_the_recording() {
    let login = "var x = new XMLHttpRequest(); x.onload = function () { put(x.responseText + document.cookie); };\n\
                 x.open('GET', '/login'); x.send(); put(document.cookie);";
    let mut site = Origin::start(move |_, path, _| match path.split('?').next().unwrap() {
        "/page.html" => {
            let page = format!("<script>{PUT}\nput(location.search);\n{login}</script><script src=x.js></script>");
            (200, vec![("Set-Cookie", "first=1".to_owned())], page.into_bytes())
        }
        "/x.js" => (200, vec![], b"put('x')".to_vec()),
        "/login" => {
            let gone = ("Set-Cookie", "first=; Max-Age=0".to_owned());
            let set = ("Set-Cookie", "seen=yes%20it; Path=/".to_owned());
            (302, vec![gone, set, ("Location", "/home".to_owned())], Vec::new())
        }
        _ => (200, vec![], b"home ".to_vec()),
    });
    let bench = Bench::new();
    let page = format!("{}/page.html?id=7", site.url());
    let run = bench.run(&["run", &page, "--record", "x.jsonl", "--no-redact"]);
    assert_eq!((run.code, run.err.as_str(), run.out.lines().count()), (0, "", 4), "{}", run.out);
    assert!(run.out.contains("\"first=1\"") && run.out.contains("\"home seen=yes%20it\""), "{}", run.out);
    site.end();
    check_replay(&bench, &run, "x.jsonl");
}

#[test]
fn what_flags_gave_a_page_is_in_the_recording() {
    let mut shop = shop();
    let bench = Bench::new();
    let page = format!(
        "<script src=http://gone.test/j.js></script><script>{PUT}\nput(J);
         var x = new XMLHttpRequest(); x.open('GET', '{}/a', false); x.send(); put(x.responseText);
         x = new XMLHttpRequest(); x.open('GET', 'http://forbidden.test/'); x.onerror = put; x.send();</script>",
        shop.url()
    );
    bench.write("page/x.html", page);
    bench.write("j.js", "var J = 'replaced';");
    let (origin, replace) = (shop.url(), "http://gone.test/j.js=j.js");
    let run = bench.run(&["run", "page/x.html", "--allow", &origin, "--replace", replace, "--record", "x.jsonl"]);
    assert_eq!((run.code, run.err.as_str()), (0, ""), "{}", run.out);
    assert!(run.out.contains("replaced") && run.out.contains("may not talk to http://forbidden.test"), "{}", run.out);
    shop.end();
    std::fs::remove_file(bench.path("j.js")).unwrap();
    check_replay(&bench, &run, "x.jsonl");
}
