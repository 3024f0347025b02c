//! Streams are recorded piece by piece, and replay without a network.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};

use super::{Bench, PUT, check_replay, lines, user};

/// What a server of streams knows: who listens, by the query of `/events`, and what was asked for.
#[derive(Default)]
struct Known {
    open: HashMap<String, TcpStream>,
    asked: Vec<String>,
}

#[derive(Default)]
struct Server {
    known: Mutex<Known>,
    changed: Condvar,
}

const HEAD: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n";

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

    /// Waits until something is known.
    fn until<R>(&self, find: impl Fn(&mut Known) -> Option<R>) -> R {
        let mut known = self.known.lock().unwrap();
        loop {
            if let Some(found) = find(&mut known) {
                return found;
            }
            known = self.changed.wait(known).unwrap();
        }
    }

    /// `/events?WHO` is a stream; `/say?WHO=TEXT` sends on it, `/end?WHO` ends it; `/held?WHAT` is answered once `/WHAT` was
    /// asked for.
    fn answer(&self, mut stream: TcpStream) {
        let mut lines = BufReader::new(&stream).lines().map_while(Result::ok).take_while(|line| !line.is_empty());
        let path = lines.next().unwrap_or_default().split(' ').nth(1).unwrap_or_default().to_owned();
        let last_id = lines
            .filter_map(|line| Some(line.split_once(": ")?.1.to_owned()).filter(|_| line.starts_with("last-event-id")))
            .last();
        let (what, query) = path.split_once('?').unwrap_or((&path, ""));
        match what {
            "/events" => {
                let again = last_id.map(|id| format!("data: again after {id}\n\n")).unwrap_or_default();
                write!(stream, "{HEAD}retry: 200\n\n{again}").unwrap();
                self.known.lock().unwrap().open.insert(query.to_owned(), stream);
                self.changed.notify_all();
                return;
            }
            "/say" => {
                let (who, text) = query.split_once('=').unwrap();
                let mut to = self.until(|known| known.open.get(who).map(|stream| stream.try_clone().unwrap()));
                write!(to, "id: {text}\ndata: {text}\n\nevent: twice\ndata: {text}!\n\n").unwrap();
            }
            "/end" => drop(self.until(|known| known.open.remove(query))),
            "/held" => self.until(|known| known.asked.iter().any(|asked| asked == query).then_some(())),
            _ => {}
        }
        self.known.lock().unwrap().asked.push(what.trim_start_matches('/').to_owned());
        self.changed.notify_all();
        // A page that is gone needs no answer.
        let _ = write!(stream, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok");
    }
}

const PAGE: &str = r##"<!DOCTYPE html><title>t</title><script>PUT
function get(path) {
  var xhr = new XMLHttpRequest();
  xhr.open("GET", "SERVER" + path);
  xhr.send();
}
function listen(who) {
  var source = new EventSource("SERVER/events?" + who);
  source.onopen = function () { put(who + " open " + Date.now()); };
  source.onerror = function () { put(who + " error " + source.readyState); };
  source.onmessage = function (e) {
    put(who + " " + e.data + " " + e.lastEventId + " " + Date.now() + Math.random());
    get("/seen-" + e.data.replace(/ /g, "-"));
  };
  source.addEventListener("twice", function (e) { put(who + " twice " + e.data); });
  return source;
}
var first = listen("all"), turns = 0;
function MCS_ClientNotify(text) {
  var user = JSON.parse(text).useraccount;
  put("told " + user);
  if (++turns === 1) {
    listen(user);
    get("/say?all=a1"); get("/held?seen-a1");
  } else if (turns === 2) {
    // To the stream of the first customer, while the second one's turn it is.
    get("/say?oA=b1"); get("/say?all=b2"); get("/held?seen-b1"); get("/held?seen-b2");
  } else if (turns === 3) {
    get("/end?all"); get("/held?seen-again-after-b2");
  } else {
    first.close();
    put("closed " + first.readyState);
  }
}
</script>"##;

#[test]
fn pieces_of_streams_are_recorded() {
    let bench = Bench::new();
    let server = format!("http://{}", Server::start());
    let page = PAGE.replace("PUT", PUT).replace("SERVER", &server);
    bench.write("it/index.html", &page);
    bench.write("it/plugin.toml", format!("name = \"it\"\npage = \"index.html\"\nallow = [\"{server}\"]\n"));
    bench.write("log.jsonl", [user("oA"), user("oB"), user("oC"), user("oD")].concat());
    let run = bench.run(&["run", "it", "--events", "log.jsonl", "--record", "s.jsonl", "--no-redact"]);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    let said: Vec<String> = run
        .out
        .lines()
        .filter_map(|line| {
            let line: serde_json::Value = serde_json::from_str(line).unwrap();
            let text = line["data"]["msg"]["body"][0]["content"]["text"].as_str()?.to_owned();
            let late = if line["data"]["late"] == true { " late" } else { "" };
            Some(format!("{}: {text}{late}", line["subject"].as_str().unwrap_or_default()))
        })
        .collect();
    let has = |start: &str, end: &str| {
        assert!(said.iter().any(|line| line.starts_with(start) && line.ends_with(end)), "{start}…{end} in {said:#?}");
    };
    has("oA: all a1 a1 ", "");
    has("oA: all twice a1!", "");
    // What a stream leads to is for whom it was opened, whoever's turn it is.
    has("oA: oA twice b1!", " late");
    has("oB: all twice b2!", "");
    has("oC: all error 0", "");
    has("oC: all again after b2 b2 ", "");
    has("oD: closed 2", "");
    let asks: Vec<String> = lines(&bench, "s.jsonl")
        .iter()
        .filter_map(|line| Some(line["data"]["request"]["destination"]["Stream"][1].as_str()?.to_owned()))
        .collect();
    assert!(asks.iter().filter(|ask| *ask == "Open").count() == 3 && asks.iter().any(|ask| ask == "Next"), "{asks:?}");
    check_replay(&bench, &run, "s.jsonl");
}
