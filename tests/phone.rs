//! The page with the customers' phones: what it is made of, who may use it, and what a customer does with it in Chromium.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops there")]

mod chromium;
#[path = "phone/echat.rs"]
mod echat;
#[path = "phone/events.rs"]
mod events;
mod wechat_bench;

use std::{collections::HashMap, time::Duration};

use axum::{Router, extract::Query, routing::get};
use chromium::Chromium;
use duoke::{
    sandbox::SandboxConfig,
    wechat::{Call, Profile},
};
use events::{Events, soon};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::mpsc,
};
use wechat_bench::{Bench, PictureServer};

/// Asks as a program does that writes its own head; the whole answer.
async fn ask(bench: &Bench, head: &str) -> String {
    let mut stream = TcpStream::connect(bench.running.address).await.unwrap();
    stream.write_all(format!("{head}\r\nConnection: close\r\n\r\n").as_bytes()).await.unwrap();
    let mut answer = String::new();
    soon(stream.read_to_string(&mut answer)).await.unwrap();
    answer
}

#[track_caller]
fn status(answer: &str) -> u16 {
    answer[9..12].parse().unwrap()
}

async fn text(bench: &Bench, openid: &str, content: &str) {
    let token = bench.token().await;
    let body = json!({"touser": openid, "msgtype": "text", "text": {"content": content}});
    let answer = bench.post(&format!("/cgi-bin/message/custom/send?access_token={token}"), &body).await;
    assert_eq!(answer["errcode"], 0);
}

#[tokio::test]
async fn the_page_and_its_files() {
    let bench = Bench::start(Profile::y2017()).await;
    let (code, headers, body) = bench.raw("GET", "/", b"").await;
    let page = String::from_utf8(body).unwrap();
    assert_eq!(code, 200);
    for part in
        ["text/html", "default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "nosniff", "no-store"]
    {
        assert!(headers.contains(part), "{part}: {headers}");
    }
    let inline = ["<style", "style=", " onclick", "javascript:", "http://", "https://"];
    assert!(inline.iter().all(|mark| !page.contains(mark)), "nothing inline, nothing from elsewhere");
    let named = page.split('"').filter(|part| part.starts_with("/_sandbox/phone/")).map(str::to_owned);
    let mut named: Vec<String> = named.collect();
    named.extend(["bubbles.js", "text.js", "words.js"].map(|name| format!("/_sandbox/phone/{name}")));
    assert_eq!(named.len(), 6);
    for path in named {
        let (code, headers, body) = bench.raw("GET", &path, b"").await;
        let kind = if path.ends_with(".css") { "text/css" } else { "text/javascript" };
        assert!(code == 200 && !body.is_empty() && headers.contains(kind), "{path}: {headers}");
    }
    assert_eq!(bench.raw("GET", "/_sandbox/phone/other.js", b"").await.0, 404);
    assert_eq!(bench.raw("GET", "/_sandbox/media/gone", b"").await.0, 404);
}

#[tokio::test]
async fn what_is_on_the_phones_comes_as_events() {
    let bench = Bench::start(Profile::y2017()).await;
    bench.speaks("oA");
    text(&bench, "oA", "好").await;
    let mut events = Events::open(&bench, "").await;
    let entries = events.entries(2).await;
    assert!(events.text.contains("content-type: text/event-stream") && events.text.contains("event: hello"));
    assert_eq!((&entries[0]["kind"], &entries[0]["body"]["Content"]), (&json!("said"), &json!("hi")));
    assert_eq!((&entries[1]["kind"], &entries[1]["body"]["text"]["content"]), (&json!("message"), &json!("好")));
    text(&bench, "oA", "later").await;
    assert_eq!(events.entries(3).await[2]["body"]["text"]["content"], "later");
    // Who was cut off goes on behind what he has; a number from before a restart is none.
    let seq = entries[1]["seq"].as_u64().unwrap();
    let mut again = Events::open(&bench, &format!("Last-Event-ID: {seq}\r\n")).await;
    assert_eq!(again.entries(1).await[0]["body"]["text"]["content"], "later");
    let mut stale = Events::open(&bench, "Last-Event-ID: 999999\r\n").await;
    assert_eq!(stale.entries(3).await.len(), 3);
    assert_eq!(bench.get("/_sandbox/messages").await.as_array().unwrap().len(), 2, "not what users said");
    bench.running.shutdown().await;
    while events.more().await > 0 {}
    assert!(events.text.ends_with("0\r\n\r\n"), "the stream ends with the sandbox: {}", events.text);
}

#[tokio::test]
async fn a_page_is_told_when_the_clock_was_moved() {
    let bench = Bench::start(Profile::y2017()).await;
    let mut events = Events::open(&bench, "").await;
    bench.speaks("oA");
    events.entries(1).await;
    bench.post("/_sandbox/clock", &json!({"advance_seconds": 40 * 24 * 3600})).await;
    bench.speaks("oA");
    events.entries(2).await;
    let events: Vec<&str> = events.text.split("\n\n").filter(|event| event.contains("data: ")).collect();
    assert!(events[0].contains("hello") && events[2].contains("hello") && events.len() == 4, "{events:?}");
    let now = |event: &str| -> i64 {
        let data: Value = serde_json::from_str(event.split_once("data: ").unwrap().1).unwrap();
        data["now_ms"].as_i64().unwrap()
    };
    assert!(now(events[2]) - now(events[0]) >= 40 * 24 * 3_600_000);
}

#[tokio::test]
async fn a_user_s_picture() {
    let bench = Bench::start(Profile::y2017()).await;
    let mut events = Events::open(&bench, "").await;
    let (code, _, _) = bench.raw("POST", "/_sandbox/users/oA/picture", PictureServer::PNG).await;
    assert_eq!(code, 200);
    let entry = events.entries(1).await.remove(0);
    assert_eq!((&entry["body"]["MsgType"], &entry["media"]["content_type"]), (&json!("image"), &json!("image/png")));
    let path = format!("/_sandbox/media/{}", entry["body"]["MediaId"].as_str().unwrap());
    assert_eq!(entry["body"]["PicUrl"], format!("{}{path}", bench.running.ready().listening));
    assert_eq!(bench.raw("GET", &path, b"").await.2, PictureServer::PNG);
    assert_eq!(bench.raw("POST", "/_sandbox/users/oA/picture", b"<svg>").await.0, 400);
    let large = [PictureServer::PNG, &vec![0; 2 * 1024 * 1024]].concat();
    assert_eq!(bench.raw("POST", "/_sandbox/users/oA/picture", &large).await.0, 400);
    let long = json!({"MsgType": "text", "Content": "x".repeat(256 * 1024)}).to_string();
    assert_eq!(bench.raw("POST", "/_sandbox/users/oA/send", long.as_bytes()).await.0, 413);
}

#[tokio::test]
async fn strange_web_pages_have_no_part_in_it() {
    let bench = Bench::start(Profile::y2017()).await;
    let address = bench.running.address;
    for host in ["evil.test", "evil.test:80", "127.0.0.1.evil.test"] {
        for path in ["/", "/_sandbox/events", "/_sandbox/messages", "/_sandbox/stats"] {
            assert_eq!(
                status(&ask(&bench, &format!("GET {path} HTTP/1.1\r\nHost: {host}")).await),
                403,
                "{host} {path}"
            );
        }
    }
    let post = async |host: &str, more: &str| {
        let head = format!("POST /_sandbox/expire-token HTTP/1.1\r\nHost: {host}\r\nContent-Length: 0{more}");
        status(&ask(&bench, &head).await)
    };
    let own = address.to_string();
    assert_eq!(post(&own, "").await, 200, "a program");
    assert_eq!(post("localhost", "").await, 200);
    assert_eq!(post(&own, &format!("\r\nOrigin: http://{own}")).await, 200, "the page");
    for origin in ["http://evil.test", "null", "http://127.0.0.1:1"] {
        assert_eq!(post(&own, &format!("\r\nOrigin: {origin}")).await, 403, "{origin}");
    }
    assert_eq!(post("evil.test", "\r\nOrigin: http://evil.test").await, 403);
    // Clients that are led here say WeChat's name; browsers say where their page is from.
    let token = async |more: &str| status(&ask(&bench, &format!("GET /cgi-bin/token HTTP/1.1\r\n{more}")).await);
    assert_eq!(token("Host: api.weixin.qq.com").await, 200);
    let own = format!("Host: {own}\r\n");
    for foreign in
        ["Origin: http://evil.test", "Origin: null", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Site: same-site"]
    {
        assert_eq!(token(&format!("{own}{foreign}")).await, 403, "{foreign}");
    }
    assert_eq!(bench.calls(Call::Token).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_phone_in_a_frame() {
    let bench = Bench::start(Profile::y2017()).await;
    let policy = async |path: &str| bench.raw("GET", path, b"").await.1;
    let own = "frame-ancestors http://127.0.0.1:* http://localhost:*";
    assert!(policy("/?embed=1&lang=zh").await.contains(own));
    for other in ["/", "/?embed=0", "/_sandbox/phone/phone.js?embed=1"] {
        assert!(policy(other).await.contains("frame-ancestors 'none'"), "{other}");
    }
    bench.speaks("oA");
    let mut browser = Chromium::start();
    browser.open(&format!("{}/?embed=1&lang=zh", bench.running.ready().listening));
    browser.until("document.querySelector('#user-list button[data-openid=oA]')");
    let shown = "[document.documentElement.lang, document.getElementById('phone').hidden, \
        document.getElementById('users').checkVisibility()]";
    assert_eq!(browser.value(shown), json!(["zh", true, false]), "nobody is chosen but by the frame's address");
    for openid in ["oA", "oNew"] {
        browser.value(&format!("location.hash = '{openid}'"));
        browser.until(&format!("document.getElementById('who').textContent === '{openid}'"));
    }
    browser.value("location.hash = 'o%20x'");
    browser.value("document.getElementById('text').value = 'hi'; document.getElementById('send').click()");
    browser.until("document.querySelector('.mine .bubble')?.textContent === 'hi'");
    assert_eq!(browser.value("document.getElementById('who').textContent"), "oNew", "that is nobody's id");
}

#[tokio::test]
async fn as_many_pages_as_there_are_places() {
    let bench = Bench::start(Profile::y2017()).await;
    let mut open = Vec::new();
    for _ in 0..32 {
        let mut events = Events::open(&bench, "").await;
        while !events.text.contains("event: hello") {
            assert_ne!(events.more().await, 0);
        }
        open.push(events);
    }
    let answer = ask(&bench, "GET /_sandbox/events HTTP/1.1\r\nHost: localhost").await;
    assert_eq!(status(&answer), 503);
}

/// An address that tells when it is opened.
async fn article() -> (String, mpsc::UnboundedReceiver<()>) {
    let (sender, opened) = mpsc::unbounded_channel();
    let page = get(move || async move {
        sender.send(()).unwrap();
        "an article"
    });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/article", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, Router::new().route("/article", page)).await });
    (address, opened)
}

/// A callback that lets itself be registered and answers nothing else.
async fn register_a_silent_callback(bench: &Bench) {
    let verified = |Query(query): Query<HashMap<String, String>>| async move { query["echostr"].clone() };
    let routes = get(verified).post(|| async { std::future::pending::<()>().await });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, Router::new().route("/", routes)).await });
    bench.post("/_sandbox/callback", &json!({"url": url, "token": "t", "mode": "plain"})).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_callback_does_not_stop_the_page() {
    let config = SandboxConfig { push_time: Duration::from_secs(3600), ..SandboxConfig::default() };
    let bench = Bench::start_with(config).await;
    let text = json!({"MsgType": "text", "Content": "hi"});
    let sends = async || bench.post("/_sandbox/users/oB/send?wait=0", &text).await;
    assert_eq!(sends().await, json!({"queued": false}), "there is no callback");
    register_a_silent_callback(&bench).await;
    assert_eq!(soon(sends()).await, json!({"queued": true}));
    let mut browser = Chromium::start();
    browser.open(&format!("{}/#oA", bench.running.ready().listening));
    browser.until("document.getElementById('who')?.textContent === 'oA'");
    // More than the six connections a browser has to one host.
    for number in 0..10 {
        browser.value(&format!(
            "document.getElementById('text').value = '{number}'; document.getElementById('send').click()"
        ));
    }
    browser.until("document.querySelectorAll('.mine .bubble').length === 10");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_stays_open() {
    let bench = Bench::start(Profile::y2017()).await;
    bench.speaks("oA");
    let mut browser = Chromium::start();
    browser.open(&format!("{}/#oA", bench.running.ready().listening));
    browser.until("document.querySelector('.mine .bubble')");
    // Long timers end at once in browsers.
    browser.value(
        "window.waited = []; const timer = setTimeout;
         window.setTimeout = (act, ms) => { waited.push(ms); return timer(act, ms); }; 0",
    );
    bench.post("/_sandbox/clock", &json!({"advance_seconds": 40 * 24 * 3600})).await;
    bench.speaks("oA");
    let command = json!({"touser": "oA", "command": "Typing"});
    bench.post(&format!("/cgi-bin/message/custom/typing?access_token={}", bench.token().await), &command).await;
    browser.until("document.querySelector('#account.typing')");
    let waited = browser.value("Math.max(...waited)").as_f64().unwrap();
    assert!((1.0..=15_000.0).contains(&waited), "{waited}");
    for _ in 0..2_100 {
        bench.speaks("oA");
    }
    // The two above, the state, and these.
    browser.until("Number(document.querySelector('#talk').lastElementChild.dataset.seq) === 2103");
    assert_eq!(browser.value("document.querySelectorAll('.mine').length"), 2_000, "the oldest rows are gone");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_that_is_made_to_be_slow() {
    let bench = Bench::start(Profile::y2017()).await;
    let mut browser = Chromium::start();
    browser.open(&bench.running.ready().listening);
    browser.until("document.querySelector('[data-word]')?.textContent");
    // Steps that grow with the square of this take hours.
    for text in
        ["'<a' + ' '.repeat(n)", "'<a ' + 'x'.repeat(n) + '>y</a>'", "'<a ' + '\"'.repeat(n)", "'<a x>'.repeat(n)"]
    {
        let shown = browser.value(&format!(
            "import('/_sandbox/phone/text.js').then(({{ textNodes }}) => {{
                const n = 1_000_000, text = {text}, box = document.createElement('p');
                box.append(...textNodes(text, null));
                return box.textContent === text;
            }})"
        ));
        assert_eq!(shown, true, "{text}");
    }
    let shown = browser.value(
        "import('/_sandbox/phone/text.js').then(({ textNodes }) =>
            textNodes('<a  class=x  href = \"http://a/\">A</a><a data-href=\"http://b/\">', null)
                .map((node) => node.href ? [node.textContent, node.href] : node))",
    );
    assert_eq!(shown, json!([["A", "http://a/"], "<a data-href=\"", ["http://b/", "http://b/"], "\">"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_talks_to_the_account() {
    let bench = Bench::start(Profile::y2017()).await;
    let (address, mut opened) = article().await;
    let mut browser = Chromium::start();
    browser.open(&format!("{}/#oA", bench.running.ready().listening));
    browser.until("document.getElementById('who')?.textContent === 'oA'");
    let write = |text: &str| {
        format!("document.getElementById('text').value = '{text}'; document.getElementById('send').click()")
    };
    browser.value(&write("hello <b>"));
    browser.until("document.querySelector('.mine .bubble')?.textContent === 'hello <b>'");

    let token = bench.token().await;
    let send = async |kind: &str, content: Value| {
        let body = json!({"touser": "oA", "msgtype": kind, kind: content});
        let answer = bench.post(&format!("/cgi-bin/message/custom/send?access_token={token}"), &body).await;
        assert_eq!(answer["errcode"], 0, "{kind}");
    };
    let command = json!({"touser": "oA", "command": "Typing"});
    bench.post(&format!("/cgi-bin/message/custom/typing?access_token={token}"), &command).await;
    browser.until("document.querySelector('#account.typing')");
    let hostile = format!(
        "<img src=x onerror=\"document.title='hacked'\"> <a href=\"javascript:document.title='hacked'\">no</a> \
         <a href=\"{address}\">yes</a> <a data-miniprogram-appid=\"wx1\" data-miniprogram-path=\"p\" href=\"\">mini</a>"
    );
    send("text", json!({ "content": hostile })).await;
    browser.until("document.querySelectorAll('.theirs .bubble a').length === 2");
    assert_eq!(browser.value("document.querySelector('#account').textContent"), "duoke", "a message ends it");
    let shown = browser.value("document.querySelector('.theirs .bubble').textContent");
    assert!(shown.as_str().unwrap().starts_with("<img src=x onerror="), "{shown}");
    assert_eq!(browser.value("document.querySelectorAll('.bubble img, a[href^=\"javascript:\"]').length"), 0);
    let links = browser.value("[...document.querySelectorAll('.theirs .bubble a')].map((a) => a.textContent + a.rel)");
    assert_eq!(links, json!(["yesnoopener noreferrer", "mini"]));

    let picture = PictureServer::start().await;
    let articles = json!([{"title": "Title", "description": "d", "url": address, "picurl": picture.address("/a.png")}]);
    send("news", json!({ "articles": articles })).await;
    browser.until("document.querySelector('a.card.news .title')?.textContent === 'Title'");
    browser.value("document.querySelector('a.card.news').click()");
    soon(opened.recv()).await.unwrap();

    let menu = json!({"head_content": "Satisfied?", "list": [{"id": "101", "content": "Yes"}, {"id": "102", "content": "No"}]});
    send("msgmenu", menu).await;
    browser.until("document.querySelectorAll('.menu a').length === 2");
    browser.value("document.querySelectorAll('.menu a')[1].click()");
    browser.until("[...document.querySelectorAll('.mine .bubble')].at(-1).textContent === 'No'");

    browser.value(
        "document.querySelector('#menu [name=key]').value = 'KEY1'; document.querySelector('#menu button').click()",
    );
    browser.until("[...document.querySelectorAll('.middle')].at(-1).textContent === 'You clicked the menu KEY1'");
    browser.value("document.getElementById('unsubscribe').click()");
    browser.until("[...document.querySelectorAll('.middle')].at(-1).textContent.includes('no longer')");
    let mut events = Events::open(&bench, "").await;
    let entries = events.entries(8).await;
    let said: Vec<&Value> =
        entries.iter().filter(|entry| entry["kind"] == "said").map(|entry| &entry["body"]).collect();
    let expected = [
        json!({"MsgType": "text", "Content": "hello <b>"}),
        json!({"MsgType": "text", "Content": "No", "bizmsgmenuid": "102"}),
        json!({"MsgType": "event", "Event": "CLICK", "EventKey": "KEY1"}),
        json!({"MsgType": "event", "Event": "unsubscribe", "EventKey": ""}),
    ];
    assert_eq!(said, expected.iter().collect::<Vec<_>>());
    assert_eq!(browser.value("document.title"), "duoke · duoke sandbox", "nothing of a message ran");
}
