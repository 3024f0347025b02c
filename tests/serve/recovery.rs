//! Pages that are not there for a while, pages that wait for others, and configurations that change meanwhile.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::thread;

use crate::host::{GENEROUS, PUT, Yard};

/// Says the number of the message that it is told, of those so far.
const COUNTS: &str = "var told = 0; function MCS_ClientNotify(str) { put('answer ' + ++told); }";

/// Serves a page at each address, for as long as the test runs.
fn site(listener: TcpListener, script: &str) {
    let page = format!("<script>{PUT}{script}</script>");
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let (mut reader, mut request) = (BufReader::new(stream.try_clone().unwrap()), String::new());
            while !request.ends_with("\r\n\r\n") && reader.read_line(&mut request).unwrap_or(0) > 0 {}
            let head = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: text/html\r\n";
            // Whoever asked may be gone.
            let _ = write!(stream, "{head}Content-Length: {}\r\n\r\n{page}", page.len());
        }
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_for_a_page_that_is_gone_it_is_told_first() {
    let yard = Yard::new().await;
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    yard.bench.write("far/plugin.toml", format!("name = \"far\"\npage = \"http://{address}/\"\n"));
    let serving = yard.serve(&["far"], &[]).await;
    yard.writes("oA", "1").await;
    yard.writes("oA", "2").await;
    serving.says("the page far does not load: ");
    site(TcpListener::bind(address).unwrap(), COUNTS);
    // It is tried again by itself.
    assert_eq!(yard.has("oA", 2).await, ["answer 1", "answer 2"]);
    serving.says("the page far loads again");
    yard.writes("oA", "3").await;
    assert_eq!(yard.has("oA", 3).await[2], "answer 3");
    assert_eq!((serving.end(), yard.bench.run(&["outbox", "check"]).code), (Some(0), 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_is_told_in_another_configuration_too() {
    let yard = Yard::new().await;
    // Nobody listens there.
    yard.bench.write("shop/plugin.toml", "name = \"shop\"\npage = \"http://127.0.0.1:9/\"\n");
    let serving = yard.serve(&["shop"], &[]).await;
    yard.writes("oA", "1").await;
    yard.writes("oB", "1").await;
    serving.says("the page shop does not load: ");
    yard.plugin("shop", "", COUNTS);
    serving.reread();
    serving.says("was read again");
    yard.writes("oA", "2").await;
    assert_eq!(yard.has("oA", 2).await, ["answer 1", "answer 2"]);
    // Who does not write again is answered all the same.
    assert_eq!(yard.has("oB", 1).await, ["answer 1"]);
    assert_eq!(serving.end(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_that_wait_for_others_hold_up_nobody() {
    // Takes every connection and never answers.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    const POLLS: &str = "function MCS_ClientNotify(str) { if (JSON.parse(str).useraccount === 'oA') return put('answer'); \
        var request = new XMLHttpRequest(); request.open('GET', SITE); request.send(); }";
    let script = format!("var SITE = 'http://{address}/';{POLLS}");
    let yard = Yard::with("polls", &format!("allow = [\"http://{address}\"]"), &script).await;
    let serving = yard.serve(&["polls"], &[("DUOKE_WORKERS", "1")]).await;
    for customer in 0..3 {
        yard.writes(&format!("oPolls{customer}"), "hi").await;
        let _asked = listener.accept().unwrap();
        yard.writes("oA", "hi").await;
        yard.has("oA", customer + 1).await;
    }
    assert_eq!(serving.end(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_writes_much_takes_no_room_from_others() {
    const BUSY: &str = "function MCS_ClientNotify(str) { \
        if (JSON.parse(str).useraccount === 'oBusy') for (var i = 0; i < 200000; i++) str += ''; put('answer'); }";
    let yard = Yard::with("busy", "", BUSY).await;
    let serving = yard.serve(&["busy"], &[("DUOKE_WORKERS", "2")]).await;
    for _ in 0..60 {
        yard.writes("oBusy", "hi").await;
    }
    yard.writes("oA", "hi").await;
    yard.has("oA", 1).await;
    assert!(yard.had("oBusy").len() < 60, "he waits for his own turns");
    assert_eq!(yard.has("oBusy", 60).await.len(), 60);
    assert_eq!(serving.end(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_asked_under_another_configuration_is_answered() {
    // By a timer, after the page has been replaced.
    const SLOW: &str = "function MCS_ClientNotify(str) { put('asked'); setTimeout(function () { put('old'); }, 300); }";
    let yard = Yard::with("shop", "", SLOW).await;
    yard.bench.write("duoke.toml", format!("{GENEROUS}[[plugin]]\npath = \"shop\"\n"));
    let serving = yard.serve(&[], &[]).await;
    yard.writes("oA", "1").await;
    yard.has("oA", 1).await;
    yard.plugin("shop", "send = \"review\"", "function MCS_ClientNotify(str) { put('new'); }");
    let seats = "[[seat]]\nname = \"one\"\nkf_account = \"kf1@gh\"\n[[plugin]]\npath = \"shop\"\n";
    yard.bench.write("duoke.toml", format!("{GENEROUS}{seats}"));
    serving.reread();
    serving.says("was read again");
    yard.writes("oA", "2").await;
    assert_eq!(yard.has("oA", 2).await, ["asked", "old"]);
    serving.says("waits for a person");
    assert_eq!(serving.end(), Some(0));
    assert_eq!(yard.bench.run(&["outbox", "list", "--state", "held"]).out.matches("new").count(), 1);
}
