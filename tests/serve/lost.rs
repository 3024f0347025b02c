//! Pages that the system ends, as where it has no memory left: what they were being told another one is told, once.

use std::collections::BTreeSet;
use std::fs::DirEntry;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::host::{Serving, Yard};

/// Puts one message before it asks, and one with the answer.
const ASKS: &str = "function MCS_ClientNotify(str) { put('asks'); var request = new XMLHttpRequest(); \
    request.open('GET', SITE, false); request.send(); put(request.responseText); }";

/// The processes below it (proc(5), `/proc/pid/task/tid/children`).
fn descendants(serving: &Serving) -> BTreeSet<u32> {
    let (mut found, mut open) = (BTreeSet::new(), vec![serving.id()]);
    while let Some(parent) = open.pop() {
        // One may have ended meanwhile.
        let threads = std::fs::read_dir(format!("/proc/{parent}/task")).into_iter().flatten().flatten();
        let children = |thread: DirEntry| std::fs::read_to_string(thread.path().join("children")).unwrap_or_default();
        let below: Vec<u32> = threads
            .map(children)
            .flat_map(|pids| pids.split_whitespace().map(|pid| pid.parse().unwrap()).collect::<Vec<_>>())
            .collect();
        open.extend(&below);
        found.extend(below);
    }
    found
}

/// Ends all pages, and the templates that they were forked from.
pub fn end_pages(serving: &Serving) {
    let pages = descendants(serving);
    assert!(!pages.is_empty());
    for page in pages {
        // One may have gone with its template.
        let _ = kill(Pid::from_raw(page.cast_signed()), Signal::SIGKILL);
    }
}

pub fn answer(stream: &TcpStream, text: &str) {
    let (mut reader, mut request) = (BufReader::new(stream), String::new());
    while !request.ends_with("\r\n\r\n") && reader.read_line(&mut request).unwrap() > 0 {}
    let head = format!("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", text.len());
    write!(&mut &*stream, "{head}{text}").unwrap();
}

/// A plugin that asks a server for each message, and the server.
pub async fn asking() -> (Yard, TcpListener) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let script = format!("var SITE = 'http://{address}/';{ASKS}");
    let allowed = format!("user_change = \"message\"\nallow = [\"http://{address}\"]");
    (Yard::with("shop", &allowed, &script).await, listener)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_page_was_told_when_it_was_ended_another_one_is_told() {
    let (yard, listener) = asking().await;
    let serving = yard.serve(&["shop"], &[]).await;
    yard.writes("oA", "hi").await;
    let asked = listener.accept().unwrap();
    end_pages(&serving);
    // The host hears that the page is gone once it has what the page had asked for.
    drop(asked);
    serving.says("another one is opened for it");
    answer(&listener.accept().unwrap().0, "answer 1");
    assert_eq!(yard.has("oA", 2).await, ["asks", "answer 1"], "what was put before is not put again");
    // One that is ended while it has nothing to do.
    end_pages(&serving);
    yard.writes("oA", "hi").await;
    answer(&listener.accept().unwrap().0, "answer 2");
    assert_eq!(yard.has("oA", 4).await, ["asks", "answer 1", "asks", "answer 2"]);
    assert_eq!((serving.end(), yard.bench.run(&["outbox", "check"]).code), (Some(0), 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_ends_pages_is_told_twice_and_no_more() {
    let (yard, listener) = asking().await;
    let serving = yard.serve(&["shop"], &[]).await;
    yard.writes("oA", "hi").await;
    for _ in 0..2 {
        let asked = listener.accept().unwrap();
        end_pages(&serving);
        drop(asked);
    }
    serving.says("the page is gone");
    yard.writes("oA", "hi").await;
    answer(&listener.accept().unwrap().0, "answer");
    assert_eq!(yard.has("oA", 3).await, ["asks", "asks", "answer"]);
    assert_eq!(serving.end(), Some(0));
}
