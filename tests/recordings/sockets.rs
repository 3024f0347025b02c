//! Sockets are recorded frame by frame, what comes and what is sent, and replay without a network.

use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};

use tokio_tungstenite::tungstenite::handshake::server::{Request as Asked, Response as Said};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};
use tokio_tungstenite::tungstenite::{Message, accept_hdr};

use super::{Bench, PUT, check_replay, lines, user};

/// A server of sockets at `/echo` and others, and of `/held?WHAT`, which is answered once `/WHAT` was asked for.
#[derive(Default)]
struct Server {
    asked: Mutex<BTreeSet<String>>,
    changed: Condvar,
}

impl Server {
    fn start() -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (address, server) = (listener.local_addr().unwrap(), Arc::new(Self::default()));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let server = server.clone();
                std::thread::spawn(move || server.answer(stream.unwrap()));
            }
        });
        address
    }

    fn answer(&self, mut stream: TcpStream) {
        let mut begun = [0; 4096];
        let length = stream.peek(&mut begun).unwrap();
        let head = String::from_utf8_lossy(&begun[..length]).into_owned();
        let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
        if path.starts_with("/echo") {
            return echo(stream);
        }
        let _ = stream.read(&mut begun);
        if path == "/vanish" {
            return;
        }
        if let Some(wanted) = path.strip_prefix("/held?") {
            let asked = self.asked.lock().unwrap();
            drop(self.changed.wait_while(asked, |asked| !asked.contains(wanted)).unwrap());
        }
        self.asked.lock().unwrap().insert(path.trim_start_matches('/').to_owned());
        self.changed.notify_all();
        // A page that is gone needs no answer.
        let _ = write!(stream, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok");
    }
}

/// Says again what it is told; `who` is the cookies it was asked with.
#[expect(clippy::result_large_err, reason = "tungstenite's own signature")]
fn echo(stream: TcpStream) {
    let mut cookies = String::new();
    let accept = |asked: &Asked, mut said: Said| {
        let header = |name| asked.headers().get(name).map_or("", |value| value.to_str().unwrap());
        header("cookie").clone_into(&mut cookies);
        if let Some(last) = header("sec-websocket-protocol").split(", ").last().filter(|last| !last.is_empty()) {
            said.headers_mut().insert("sec-websocket-protocol", last.parse().unwrap());
        }
        said.headers_mut().insert("set-cookie", "sid=s1; Path=/".parse().unwrap());
        Ok(said)
    };
    let mut socket = accept_hdr(stream, accept).unwrap();
    while let Ok(message) = socket.read() {
        let text = message.to_text().unwrap_or_default().to_owned();
        let sent = match (&message, text.as_str()) {
            (Message::Text(_), "who") => socket.send(Message::text(cookies.clone())),
            (Message::Text(_), "bye") => {
                let (code, reason) = (4001.into(), "why".into());
                socket.close(Some(CloseFrame { code, reason }))
            }
            (Message::Text(_), "vanish") => return,
            (Message::Text(_), "parts") => {
                let part = |data, text: &str, is_last| {
                    Message::Frame(Frame::message(text.as_bytes().to_vec(), OpCode::Data(data), is_last))
                };
                socket.send(part(Data::Text, "in ", false)).unwrap();
                socket.send(Message::Ping(Vec::new().into())).unwrap();
                socket.send(part(Data::Continue, "three ", false)).unwrap();
                socket.send(part(Data::Continue, "parts", true))
            }
            (Message::Text(_) | Message::Binary(_), _) => socket.send(message),
            _ => Ok(()),
        };
        if sent.is_err() {
            return;
        }
    }
}

const PAGE: &str = r##"<!DOCTYPE html><title>t</title><script>PUT
function get(path) {
  var xhr = new XMLHttpRequest();
  xhr.open("GET", "http://SERVER/" + path);
  xhr.send();
}
function connect(name, url, protocols) {
  var socket = protocols ? new WebSocket(url, protocols) : new WebSocket(url);
  socket.onopen = function () { put(name + " open " + socket.protocol + " " + socket.readyState); };
  socket.onmessage = function (e) {
    var data = e.data;
    if (data instanceof Blob) data = "blob " + data.size;
    else if (data instanceof ArrayBuffer) data = "buffer " + Array.from(new Uint8Array(data)).join("-");
    put(name + " says " + data + " at " + Date.now() + " " + Math.random());
    get("seen-" + data.split(" ").join("-"));
  };
  socket.onerror = function () { put(name + " error " + socket.readyState); };
  socket.onclose = function (e) {
    put(name + " close " + e.code + " [" + e.reason + "] " + e.wasClean + " " + socket.readyState);
    get("closed-" + name);
  };
  return socket;
}
var all, turns = 0;
function MCS_ClientNotify(text) {
  var user = JSON.parse(text).useraccount;
  if (++turns === 1) {
    all = connect("all", "ws://SERVER/echo?token=t0psecret", ["v1", "v2"]);
    all.addEventListener("open", function () {
      all.send("hello\ud800");
      all.send(new Uint8Array([0, 1, 255]));
      all.send(new Blob(["blob"]));
      put("buffered " + all.bufferedAmount);
    });
    get("held?seen-blob-4");
  } else if (turns === 2) {
    put("buffered " + all.bufferedAmount);
    all.binaryType = "arraybuffer";
    all.send("parts");
    all.send(new Uint16Array([258, 772]).subarray(1));
    all.send("who SEND");
    connect("second", "http://SERVER/echo").addEventListener("open", function (e) { e.target.send("who"); });
    get("held?seen-sid=s1"); get("held?seen-who-SEND");
  } else if (turns === 3) {
    all.send("bye");
    connect("vanish", "ws://SERVER/vanish");
    connect("refused", "ws://SERVER/page");
    connect("blocked", "ws://blocked.test/");
    connect("unanswered", "ws://SERVER/echo").addEventListener("open", function (e) { e.target.send("vanish"); });
    get("held?closed-all"); get("held?closed-unanswered");
  } else if (turns === 4) {
    var own = connect("own", "ws://SERVER/echo");
    own.addEventListener("open", function () {
      own.send("before");
      own.close(3001, "done");
      put("closing " + own.readyState + " " + own.bufferedAmount);
    });
  }
}
</script>"##;

/// A run that is recorded.
fn record(bench: &Bench, send: &str) -> super::Ended {
    let server = Server::start().to_string();
    let page = PAGE.replace("PUT", PUT).replace("SERVER", &server).replace("SEND", send);
    bench.write("it/index.html", &page);
    bench.write("it/plugin.toml", format!("name = \"it\"\npage = \"index.html\"\nallow = [\"http://{server}\"]\n"));
    bench.write("log.jsonl", [user("oA"), user("oB"), user("oC"), user("oD")].concat());
    bench.run(&["run", "it", "--events", "log.jsonl", "--record", "s.jsonl", "--no-redact"])
}

#[test]
fn frames_of_sockets_are_recorded() {
    let bench = Bench::new();
    let run = record(&bench, "there");
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    let said: Vec<String> = run
        .out
        .lines()
        .filter_map(|line| {
            let line: serde_json::Value = serde_json::from_str(line).unwrap();
            let text = line["data"]["msg"]["body"][0]["content"]["text"].as_str()?.to_owned();
            Some(format!("{}: {text}", line["subject"].as_str().unwrap_or_default()))
        })
        .collect();
    let has = |start: &str| assert!(said.iter().any(|line| line.starts_with(start)), "{start}… in {said:#?}");
    for expected in [
        "oA: all open v2 1",
        "oA: buffered 15",
        "oA: all says hello\u{fffd} at ",
        "oA: all says blob 3 at ",
        "oA: all says blob 4 at ",
        "oB: buffered 0",
        "oA: all says in three parts at ",
        "oA: all says buffer 4-3 at ",
        "oA: all says who there at ",
        "oB: second says sid=s1 at ",
        "oA: all close 4001 [why] true 3",
        "oC: vanish error 3",
        "oC: vanish close 1006 [] false 3",
        "oC: refused close 1006 [] false 3",
        "oC: blocked error 3",
        "oC: blocked close 1006 [] false 3",
        "oC: unanswered error 3",
        "oC: unanswered close 1006 [] false 3",
        "oD: closing 2 6",
        "oD: own close 3001 [done] true 3",
    ] {
        has(expected);
    }
    let is_said = |part: &str| assert!(run.out.contains(part), "{part} in {}", run.out);
    is_said(
        "ws://blocked.test/ was refused: this page may not talk to http://blocked.test; allow it with `--allow http://blocked.test`",
    );
    is_said("/page was answered with 200 OK; the server opened no socket: check the address, and what listens there");
    is_said("/echo was answered badly: ");
    check_replay(&bench, &run, "s.jsonl");

    let recorded = lines(&bench, "s.jsonl");
    let asks = |ask: &str| {
        let is_it = |line: &&serde_json::Value| line["data"]["request"]["destination"]["Socket"][1] == ask;
        recorded.iter().filter(is_it).map(|line| line["data"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(asks("Open").len(), 7);
    let sent = asks("Send");
    let first = &sent[0]["request"];
    assert_eq!((&first["headers"][0][1], &first["body"]), (&"text".into(), &"hello\u{fffd}".into()));
    assert_eq!(sent[1]["request"]["body_base64"], "AAH/");
    // What a page gave up, as "bye" when the server closed first, comes at the end of a recording.
    let own = sent.iter().find(|line| line["request"]["body"] == "done");
    assert_eq!(own.unwrap()["request"]["headers"][1][1], "3001");
    let came: Vec<_> = asks("Next").iter().map(|line| line["response"]["headers"][0][1].clone()).collect();
    assert!(["text", "binary", "close"].iter().all(|opcode| came.iter().any(|came| came == opcode)), "{came:?}");
}

#[test]
fn a_page_that_sends_something_else_is_told_of() {
    let bench = Bench::new();
    let run = record(&bench, "there");
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    let page = bench.read("it/index.html");
    bench.write("it/index.html", page.replace("who there", "who else"));
    let replay = bench.run(&["replay", "s.jsonl"]);
    let told = format!("{}{}", replay.out, replay.err);
    let expected = "a message to ws://127.0.0.1:";
    assert!(told.contains(expected) && told.contains("; now it is `who else`"), "{told}");
}
