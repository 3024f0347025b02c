//! No message reaches another customer than the one that it was computed for, however late and by whatever way it comes.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use serde_json::json;

use crate::host::{GENEROUS, PATIENCE, Yard};
use crate::recordings::{CONSOLE, metric};
use crate::wanted;

/// Answers each message by a timer, XHR, a promise after fetch, and a chain of two JSONP scripts; each says whom it was
/// computed for: by the page, where every other customer is only kept in a global variable, and by the server.
const PAGE: &str = r#"
var current, calls = 0;
function ask(path, who, ready) {
  var request = new XMLHttpRequest();
  request.onload = function () { ready(request.responseText); };
  request.open('GET', SITE + path + '?for=' + who + '&ms=' + Math.floor(Math.random() * 30));
  request.send();
}
function jsonp(who, ready) {
  var script = document.createElement('script'), name = 'jsonp' + ++calls;
  window[name] = function (answer) { delete window[name]; document.body.removeChild(script); ready(answer); };
  script.src = SITE + '/jsonp?for=' + who + '&ms=' + Math.floor(Math.random() * 30) + '&callback=' + name;
  document.body.appendChild(script);
}
function MCS_ClientNotify(str) {
  var event = JSON.parse(str), mine = event.useraccount;
  if (event.event !== 'OnUserChange') return;
  current = mine;
  var isGlobal = parseInt(mine.slice(5), 10) % 2 == 0;
  function who() { return isGlobal ? current : mine; }
  function say(how, by) { put(who() + ' ' + how + ' ' + by); }
  setTimeout(function () { say('timer', mine); }, Math.random() * 60);
  ask('/xhr', who(), function (answer) { say('xhr', answer); });
  fetch(SITE + '/fetch?for=' + who() + '&ms=' + Math.floor(Math.random() * 30))
    .then(function (answer) { return answer.text(); }).then(function (text) { say('promise', text); });
  jsonp(who(), function (answer) {
    jsonp(who(), function (again) { say('jsonp', answer === again ? again : answer + '!' + again); });
  });
}"#;
const WAYS: [&str; 4] = ["timer", "xhr", "promise", "jsonp"];

/// Answers `/xhr?for=oA&ms=7` with `oA` after 7 ms, `/jsonp` with a script. What was asked is said as well.
fn site() -> (String, Receiver<()>) {
    let (asked, answered) = channel();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let asked = asked.clone();
            thread::spawn(move || {
                answer(stream.unwrap());
                // Not every test counts them.
                let _ = asked.send(());
            });
        }
    });
    (address, answered)
}

fn answer(mut stream: TcpStream) {
    let (mut reader, mut request) = (BufReader::new(stream.try_clone().unwrap()), String::new());
    while !request.ends_with("\r\n\r\n") && reader.read_line(&mut request).unwrap_or(0) > 0 {}
    let target = request.split(' ').nth(1).unwrap_or_default();
    let query = |name: &str| {
        let pairs = target.split_once('?').map_or("", |(_, query)| query).split('&');
        pairs.filter_map(|pair| pair.split_once('=')).find(|(key, _)| *key == name).map_or("", |(_, value)| value)
    };
    let body = match query("callback") {
        "" => query("for").to_owned(),
        callback => format!("{callback}('{}')", query("for")),
    };
    slowly(query("ms").parse().unwrap_or(0));
    let kind = if target.starts_with("/jsonp") { "text/javascript" } else { "text/plain" };
    let head = "HTTP/1.1 200 OK\r\nAccess-Control-Allow-Origin: *\r\nConnection: close\r\n";
    // The page may be gone.
    let _ = write!(stream, "{head}Content-Type: {kind}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
}

/// A server that has to think first: nobody ever says anything here.
fn slowly(ms: u64) {
    let (_open, nobody): (_, Receiver<()>) = channel();
    let _ = nobody.recv_timeout(Duration::from_millis(ms));
}

/// With a plugin of that page, and these lines of plugin.toml; and what is asked of its site.
async fn yard(toml: &str) -> (Yard, Receiver<()>) {
    let (site, answered) = site();
    let page = format!("var SITE = '{site}';{PAGE}");
    (Yard::with("late", &format!("allow = [\"{site}\"]\ndialects = [\"mcs\"]\n{toml}"), &page).await, answered)
}

#[tokio::test(flavor = "multi_thread")]
async fn no_message_reaches_another() {
    let customers = wanted("DUOKE_TEST_SERVE_CUSTOMERS", 40);
    let rounds = wanted("DUOKE_TEST_SERVE_EVENTS", 160).div_ceil(customers);
    let (yard, _answered) = yard("").await;
    // Half of them have room: pages are closed and opened again meanwhile.
    let room = customers.div_ceil(2).to_string();
    let serving = yard.serve(&["late"], &[("DUOKE_CONVERSATIONS_MAX", &room)]).await;
    for round in 0..rounds {
        for customer in 0..customers {
            let text = json!({"MsgType": "text", "Content": "hi"});
            yard.sandbox.running.user_sends(&format!("oUser{customer}"), text.as_object().unwrap()).unwrap();
        }
        let so_far = (round + 1) * customers * WAYS.len();
        yard.until(|| yard.sandbox.running.stats()["messages"].as_u64() >= Some(so_far as u64)).await;
        // After each: a phone shows the latest messages only.
        for customer in 0..customers {
            let openid = format!("oUser{customer}");
            let mut latest = yard.had(&openid);
            latest.drain(..latest.len().saturating_sub(WAYS.len()));
            latest.sort();
            let mut right = WAYS.map(|way| format!("{openid} {way} {openid}"));
            right.sort();
            assert_eq!(latest, right, "round {round}");
        }
    }
    let all = rounds * customers * WAYS.len();
    assert_eq!(yard.sandbox.running.stats()["messages"], all, "none came twice");
    assert_eq!(serving.end(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_message_is_held_for_another_at_a_seat() {
    let customers = wanted("DUOKE_TEST_SERVE_CUSTOMERS", 40) / 4;
    let rounds = (wanted("DUOKE_TEST_SERVE_EVENTS", 160) / 4).div_ceil(customers);
    let seats = wanted("DUOKE_TEST_SERVE_SEATS", 2);
    let (yard, answered) = yard("send = \"review\"").await;
    let seat = |number| format!("[[seat]]\nname = \"seat{number}\"\nkf_account = \"seat{number}@gh\"\n");
    yard.bench.write("duoke.toml", format!("{GENEROUS}{}", (0..seats).map(seat).collect::<String>()));
    let serving = yard.serve(&["late"], CONSOLE).await;
    for customer in (0..customers).cycle().take(rounds * customers) {
        yard.writes(&format!("oUser{customer}"), "hi").await;
    }
    let all = rounds * customers * WAYS.len();
    // As many questions as ways: one by XHR, one by fetch, two scripts.
    for so_far in 0..all {
        answered.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("{so_far} of {all}: {}", serving.said()));
    }
    let account = &yard.sandbox.running.ready().app_id;
    metric(&serving, &format!("duoke_outbox_rows{{account=\"{account}\",state=\"held\"}} {all}")).await;
    let rows = yard.run(&["outbox", "list", "--state", "held", "--format", "jsonl"]).lines();
    for row in &rows {
        let (openid, body) = (row["openid"].as_str().unwrap(), row["body"].to_string());
        assert!(WAYS.iter().any(|way| body.contains(&format!("\"{openid} {way} {openid}\""))), "{openid}: {body}");
    }
    assert_eq!((rows.len(), serving.end()), (all, Some(0)));
    assert_eq!(yard.sandbox.running.stats()["messages"], 0);
}
