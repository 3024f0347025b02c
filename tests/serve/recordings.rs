//! What a host records of its pages, and what another version of a plugin does of the same.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use crate::host::{GENEROUS, Serving, Yard};

pub const TOML: &str = "extra_events = true\ndialects = [\"mcs\"]";
/// Draws lots, looks at the clock, answers at once and later.
pub const ANSWERS: &str = r#"
var count = 0;
function MCS_ClientNotify(str) {
  var event = JSON.parse(str);
  if (event.event !== 'OnReceiveMsg') return;
  put(event.content + ' ' + ++count + ' ' + Math.floor(Math.random() * 1e6) + ' ' + event.useraccount);
  setTimeout(function () { put('later ' + new Date().getHours()); }, 30);
}"#;
const CUSTOMER: &str = "oABC1defGHI2jklMNO3pqrSTU4vw";

pub fn config(yard: &Yard, more: &str) {
    yard.bench.write("duoke.toml", format!("{GENEROUS}{more}"));
}

/// Recordings of the host, without those of shadows.
pub fn recordings(yard: &Yard) -> Vec<PathBuf> {
    below(Path::new(&yard.bench.path("state/recordings")), "shadow")
}

pub fn below(folder: &Path, not: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.path().is_dir() && entry.file_name() != not {
            found.extend(below(&entry.path(), not));
        } else if entry.path().is_file() {
            found.push(entry.path());
        }
    }
    found.sort();
    found
}

/// It happens again, with so many lines of effects and faults.
#[track_caller]
pub fn check_replay(yard: &Yard, path: &Path, effects: usize) {
    let path = path.to_str().unwrap();
    let (replayed, tested) = (yard.bench.run(&["replay", path]), yard.bench.run(&["test", path]));
    assert_eq!((replayed.code, replayed.lines().len()), (0, effects), "{}{}", replayed.out, replayed.err);
    assert_eq!(tested.code, 0, "{}{}", tested.out, tested.err);
}

/// Metrics of the host, once one has come so far.
pub async fn metric(serving: &Serving, line: &str) {
    let address = serving.ready["console"].as_str().unwrap().replace("http://", "");
    while !crate::accounts::get(&address, "/metrics").1.lines().any(|found| found == line) {
        tokio::task::yield_now().await;
    }
}

pub const CONSOLE: &[(&str, &str)] = &[("DUOKE_CONSOLE_LISTEN", "127.0.0.1:0")];

#[tokio::test(flavor = "multi_thread")]
async fn what_is_recorded_happens_again_and_names_nobody() {
    let yard = Yard::with("answers", TOML, ANSWERS).await;
    config(&yard, "[record]\nshare = \"100%\"\n");
    let serving = yard.serve(&["answers"], &[]).await;
    for (text, count) in [("你好 13800138000", 2), ("access_token=s3cretT0ken", 4)] {
        yard.writes(CUSTOMER, text).await;
        yard.has(CUSTOMER, count).await;
    }
    assert_eq!(serving.end(), Some(0));
    let recorded = recordings(&yard);
    assert_eq!(recorded.len(), 1, "{recorded:?}");
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&recorded[0]), mode(recorded[0].parent().unwrap())), (0o600, 0o700));
    let text = std::fs::read_to_string(&recorded[0]).unwrap();
    for secret in [CUSTOMER, "13800138000", "s3cretT0ken", "t0ken\"", &yard.sandbox.running.ready().app_secret] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
    assert!(!recorded[0].to_string_lossy().contains(CUSTOMER));
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let types: Vec<&str> = lines.iter().map(|line| line["type"].as_str().unwrap()).collect();
    assert_eq!(types[0], "session.start");
    assert_eq!(lines.last().unwrap()["data"]["reason"], json!("closed"), "{text}");
    assert_eq!(types.iter().filter(|type_| **type_ == "stimulus.wechat.push").count(), 2);
    check_replay(&yard, &recorded[0], 4);
    let shown = yard.bench.run(&["sessions", "show", recorded[0].to_str().unwrap()]);
    assert!(shown.code == 0 && shown.out.contains("你好") && shown.out.contains("later"), "{}", shown.out);
}

#[tokio::test(flavor = "multi_thread")]
async fn on_request_and_no_longer() {
    let yard = Yard::with("answers", TOML, ANSWERS).await;
    let serving = yard.serve(&["answers"], &[]).await;
    yard.writes("oNotAsked", "hi").await;
    yard.has("oNotAsked", 2).await;
    let unknown = yard.run(&["sessions", "record", "other"]);
    assert!(unknown.code == 4 && unknown.err.contains("answers"), "{}", unknown.err);
    let asked = yard.run(&["sessions", "record", "answers", "--user", "oAsked00"]);
    assert!(asked.code == 0 && asked.out.contains("pages of answers of oAsked00 are recorded"), "{}", asked.out);
    for openid in ["oAsked00", "oOther00"] {
        yard.writes(openid, "hi").await;
        yard.has(openid, 2).await;
    }
    let stopped = yard.run(&["sessions", "record", "answers", "--stop"]);
    assert!(stopped.code == 0 && !stopped.out.contains("are recorded"), "{}", stopped.out);
    assert_eq!(serving.end(), Some(0));
    let recorded = recordings(&yard);
    assert_eq!(recorded.len(), 1, "{recorded:?}");
    check_replay(&yard, &recorded[0], 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recording_is_bounded_and_the_oldest_go() {
    let yard = Yard::with("answers", TOML, ANSWERS).await;
    config(&yard, "[record]\nshare = \"100%\"\nfile_bytes_max = 8192\nfiles_max = 2\n");
    let serving = yard.serve(&["answers"], CONSOLE).await;
    for (number, openid) in ["oFirst00", "oSecond0", "oThird00"].into_iter().enumerate() {
        for count in 1..=10 {
            yard.writes(openid, "hi").await;
            yard.has(openid, 2 * count).await;
        }
        metric(&serving, &format!("duoke_recordings_cut_total{{plugin=\"answers\",reason=\"size\"}} {}", number + 1))
            .await;
    }
    assert_eq!(serving.end(), Some(0));
    let recorded = recordings(&yard);
    assert_eq!(recorded.len(), 2, "{recorded:?}");
    for path in &recorded {
        let text = std::fs::read_to_string(path).unwrap();
        assert!(text.len() <= 8192 && text.lines().last().unwrap().contains("\"size\""), "{text}");
        let tested = yard.bench.run(&["test", path.to_str().unwrap()]);
        assert_eq!(tested.code, 0, "{}{}", tested.out, tested.err);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_killed_host_recorded_can_be_read() {
    let yard = Yard::with("answers", TOML, ANSWERS).await;
    config(&yard, "[record]\nshare = \"100%\"\n");
    let serving = yard.serve(&["answers"], &[]).await;
    yard.writes("oCustomer", "hi").await;
    yard.has("oCustomer", 2).await;
    let has = |word: &str| recordings(&yard).iter().any(|path| std::fs::read_to_string(path).unwrap().contains(word));
    while !has("later") {
        tokio::task::yield_now().await;
    }
    serving.kill();
    check_replay(&yard, &recordings(&yard)[0], 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn trouble_with_recordings_stops_nobody() {
    let yard = Yard::with("answers", TOML, ANSWERS).await;
    yard.bench.write("taken", "a file");
    config(&yard, "[record]\nshare = \"100%\"\nfolder = \"taken\"\n");
    let serving = yard.serve(&["answers"], CONSOLE).await;
    yard.writes("oCustomer", "hi").await;
    assert_eq!(yard.has("oCustomer", 2).await.len(), 2);
    serving.says("warning: recordings: taken: ");
    metric(&serving, "duoke_recordings_cut_total{plugin=\"answers\",reason=\"trouble\"} 1").await;
    assert_eq!(serving.end(), Some(0));
}

/// A plugin, and other versions of it that are its shadow.
async fn shadowed(script: &str) -> (Yard, Serving) {
    let yard = Yard::with("answers", TOML, ANSWERS).await;
    yard.plugin("next", TOML, script);
    config(&yard, "quiet_s = 1\n[[plugin]]\npath = \"answers\"\nshadow = \"next\"\n");
    let serving = yard.serve(&[], CONSOLE).await;
    (yard, serving)
}

fn told(result: &str) -> String {
    format!("duoke_shadow_conversations_total{{plugin=\"answers\",result=\"{result}\"}} 1")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shadow_that_differs_is_told_of_and_says_nothing() {
    let (yard, serving) = shadowed(&ANSWERS.replace("'later '", "'sooner '")).await;
    yard.writes(CUSTOMER, "hi").await;
    yard.has(CUSTOMER, 2).await;
    metric(&serving, &told("different")).await;
    serving.says("answers: its shadow does something else: effect.mcs.PutMsg is not as recorded; both are in ");
    assert!(!serving.said().contains(CUSTOMER), "{}", serving.said());
    assert_eq!(yard.had(CUSTOMER).len(), 2);
    assert!(yard.had(CUSTOMER).iter().all(|text| !text.contains("sooner")));
    let listed = yard.run(&["outbox", "list", "--format", "jsonl"]);
    assert!(listed.lines().len() == 2 && !listed.out.contains("sooner"), "{}", listed.out);
    assert_eq!(serving.end(), Some(0));
    assert!(recordings(&yard).is_empty(), "nobody asked for those");
    let kept = below(Path::new(&yard.bench.path("state/recordings")), "");
    let [recorded, shadow] = kept.as_slice() else { panic!("{kept:?}") };
    for path in &kept {
        assert!(!std::fs::read_to_string(path).unwrap().contains(CUSTOMER));
    }
    let diff = yard.bench.run(&["sessions", "diff", recorded.to_str().unwrap(), shadow.to_str().unwrap()]);
    assert!(diff.code == 100 && diff.out.contains("sooner") && diff.out.contains("later"), "{}", diff.out);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shadow_that_does_the_same_is_counted() {
    let (yard, serving) = shadowed(&format!("/* another */ {ANSWERS}")).await;
    yard.writes(CUSTOMER, "hi").await;
    yard.has(CUSTOMER, 2).await;
    metric(&serving, &told("same")).await;
    assert_eq!((serving.said(), serving.end()), (String::new(), Some(0)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shadow_that_hangs_harms_nobody() {
    let yard = Yard::with("answers", TOML, ANSWERS).await;
    yard.plugin("next", TOML, "function MCS_ClientNotify() { for (;;); }");
    let limits = "[limits]\nturn_soft_ms = 2000\nturn_hard_ms = 3000\n[serve]\nquiet_s = 1\n";
    yard.bench.write("duoke.toml", format!("{limits}[[plugin]]\npath = \"answers\"\nshadow = \"next\"\n"));
    let serving = yard.serve(&[], CONSOLE).await;
    yard.writes(CUSTOMER, "hi").await;
    yard.has(CUSTOMER, 2).await;
    // Meanwhile others are served.
    for openid in ["oA", "oB", "oC"] {
        yard.writes(openid, "hi").await;
        assert_eq!(yard.has(openid, 2).await.len(), 2);
    }
    serving.says("its shadow does something else: it had to be ended: fault.timeout");
    assert_eq!(serving.end(), Some(0));
}

/// Answers each request with its path, a little different each time.
fn site() -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let count = Arc::new(AtomicUsize::new(0));
    let counted = count.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let stream = stream.unwrap();
            let (mut reader, mut request) = (BufReader::new(&stream), String::new());
            while !request.ends_with("\r\n\r\n") && reader.read_line(&mut request).unwrap_or(0) > 0 {}
            let body = format!("{} {}", request.split(' ').nth(1).unwrap(), counted.fetch_add(1, Ordering::AcqRel));
            let head = "HTTP/1.1 200 OK\r\nAccess-Control-Allow-Origin: *\r\nConnection: close\r\n";
            // The page may be gone.
            let _ = write!(&stream, "{head}Content-Length: {}\r\n\r\n{body}", body.len());
        }
    });
    (address, count)
}

const ASKS: &str = r#"
function ask(path, ready) {
  var request = new XMLHttpRequest();
  request.onload = function () { ready(request.responseText); };
  request.onerror = function () { ready('refused'); };
  request.open('GET', SITE + path);
  request.send();
}
function MCS_ClientNotify(str) {
  var event = JSON.parse(str), whose = event.useraccount;
  if (event.event !== 'OnUserChange') return;
  ask('/one', function (answer) { put(whose + ' ' + answer); setTimeout(function () { put('then'); }, 40); });
}"#;

#[tokio::test(flavor = "multi_thread")]
async fn at_a_seat_customers_share_a_recording_with_all_answers() {
    let (site, count) = site();
    let toml = format!("dialects = [\"mcs\"]\nsend = \"review\"\nallow = [\"{site}\"]");
    let yard = Yard::with("asks", &toml, &format!("var SITE = '{site}';{ASKS}")).await;
    config(&yard, "[record]\nshare = \"100%\"\n[[seat]]\nname = \"one\"\nkf_account = \"one@gh\"\n");
    let serving = yard.serve(&["asks"], &[]).await;
    for openid in ["oFirst00", "oSecond0", "oFirst00"] {
        yard.writes(openid, "hi").await;
    }
    let held = || yard.run(&["outbox", "list", "--state", "held", "--format", "jsonl"]).lines().len();
    while held() < 6 {
        tokio::task::yield_now().await;
    }
    assert_eq!((serving.end(), count.load(Ordering::Acquire)), (Some(0), 3));
    let recorded = recordings(&yard);
    assert_eq!(recorded.len(), 1, "{recorded:?}");
    check_replay(&yard, &recorded[0], 6);
    assert_eq!(count.load(Ordering::Acquire), 3, "nobody was asked again");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_shadow_asks_for_reaches_nobody() {
    let (site, count) = site();
    let toml = format!("dialects = [\"mcs\"]\nallow = [\"{site}\"]");
    let page = format!("var SITE = '{site}';{ASKS}");
    let yard = Yard::with("asks", &toml, &page).await;
    yard.plugin("next", &toml, &page.replace("put('then');", "put('then'); ask('/other', function () {});"));
    config(&yard, "quiet_s = 1\n[[plugin]]\npath = \"asks\"\nshadow = \"next\"\n");
    let serving = yard.serve(&[], CONSOLE).await;
    yard.writes(CUSTOMER, "hi").await;
    yard.has(CUSTOMER, 2).await;
    serving.says("it asks a server for what the page did not ask for");
    assert_eq!((serving.end(), count.load(Ordering::Acquire)), (Some(0), 1));
}
