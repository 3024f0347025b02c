//! `duoke listen`, called as WeChat calls it.

use std::io::{BufRead, BufReader, Lines, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, ChildStderr, Command};

use duoke::base::clock::system_now_ms;
use duoke::wechat::{Secret, crypt::signature};
use serde_json::Value;

use super::bench::{Bench, interrupt};

/// `duoke listen` as a process.
struct Listening {
    child: Child,
    said: Lines<BufReader<ChildStderr>>,
    address: String,
}

impl Listening {
    fn start(bench: &Bench) -> Self {
        let mut command = bench.command(&["listen", "--listen", "127.0.0.1:0", "--mode", "plain"]);
        command.env("DUOKE_CALLBACK_TOKEN", "t0ken");
        let mut child = Bench::start(command);
        let mut said = BufReader::new(child.stderr.take().unwrap()).lines();
        let note = said.next().unwrap().unwrap();
        let ready: Value = serde_json::from_str(note.strip_prefix("note: ").unwrap()).unwrap();
        assert_eq!(ready["mode"], "plain");
        let address = ready["listening"].as_str().unwrap().strip_prefix("http://").unwrap();
        Self { child, said, address: address.strip_suffix("/wechat").unwrap().to_owned() }
    }

    /// Pushes a text; status and body of the answer.
    fn push(&self, id: u64, token: &str) -> (u16, String) {
        let now = (system_now_ms() / 1_000).to_string();
        let signature = signature(&Secret::new(token), &[&now, "n"]);
        let body = format!(
            r#"{{"ToUserName":"gh_1","FromUserName":"oA","CreateTime":1714112445,"MsgType":"text","Content":"在吗","MsgId":{id}}}"#
        );
        let head = format!(
            "POST /wechat?timestamp={now}&nonce=n&signature={signature} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\
             Content-Length: {}\r\n\r\n",
            body.len()
        );
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.write_all(format!("{head}{body}").as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head[9..12].parse().unwrap(), body.to_owned())
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn each_push_is_a_line_once() {
    let bench = Bench::new();
    let mut listening = Listening::start(&bench);
    let mut lines = BufReader::new(listening.child.stdout.take().unwrap()).lines();
    assert_eq!(listening.push(1, "t0ken"), (200, "success".to_owned()));
    // It is out before WeChat is answered.
    let line: Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
    assert_eq!(line["type"], "stimulus.wechat.push");
    assert_eq!((&line["source"], &line["subject"]), (&Value::from("wechat:gh_1"), &Value::from("oA")));
    assert_eq!((&line["time"], &line["data"]["Content"]), (&"2024-04-26T06:20:45.000Z".into(), &"在吗".into()));
    assert_eq!(listening.push(1, "t0ken"), (200, "success".to_owned()));
    assert_eq!(listening.push(2, "other"), (403, String::new()));
    assert_eq!(listening.push(3, "t0ken"), (200, "success".to_owned()));
    let id = |line: &str| serde_json::from_str::<Value>(line).unwrap()["data"]["MsgId"].clone();
    assert_eq!(id(&lines.next().unwrap().unwrap()), "3");
    assert!(listening.said.next().unwrap().unwrap().starts_with("warning: a request's signature is not WeChat's"));
    assert!(listening.said.next().unwrap().unwrap().starts_with("hint: "));
    interrupt(&listening.child);
    assert_eq!(listening.child.wait().unwrap().code(), Some(130));
    assert!(lines.next().is_none() && listening.said.next().is_none());
}

#[test]
fn nobody_reading_is_fine_and_the_next_one_prints() {
    let bench = Bench::new();
    let mut listening = Listening::start(&bench);
    drop(listening.child.stdout.take());
    assert_eq!(listening.push(1, "t0ken").0, 200);
    assert_eq!(listening.child.wait().unwrap().code(), Some(0));
    let mut next = Listening::start(&bench);
    let mut lines = BufReader::new(next.child.stdout.take().unwrap()).lines();
    let line: Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
    assert_eq!(line["data"]["MsgId"], "1");
}

#[test]
fn pushes_are_printed_over_kills() {
    let bench = Bench::new();
    let mut printed = Vec::new();
    for round in 0..3 {
        let mut listening = Listening::start(&bench);
        let mut lines = BufReader::new(listening.child.stdout.take().unwrap()).lines();
        for id in 0..=round {
            // WeChat delivers again what it has delivered before.
            assert_eq!(listening.push(id, "t0ken").0, 200);
        }
        assert_eq!(listening.push(100 + round, "t0ken").0, 200);
        let last = (100 + round).to_string();
        while printed.last() != Some(&last) {
            let line: Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
            printed.push(line["data"]["MsgId"].as_str().unwrap().to_owned());
        }
        listening.child.kill().unwrap();
        assert_eq!(listening.child.wait().unwrap().code(), None);
    }
    // Those that were printed just before a kill may come again; none is lost.
    for id in ["0", "100", "1", "101", "2", "102"] {
        assert!(printed.iter().any(|printed| printed == id), "{id}: {printed:?}");
    }
    // One that ends in order has done with what it printed.
    let mut last = Listening::start(&bench);
    let mut lines = BufReader::new(last.child.stdout.take().unwrap()).lines();
    assert_eq!(last.push(3, "t0ken").0, 200);
    while !lines.next().unwrap().unwrap().contains("\"MsgId\":\"3\"") {}
    interrupt(&last.child);
    last.child.wait().unwrap();
    let mut next = Listening::start(&bench);
    let mut lines = BufReader::new(next.child.stdout.take().unwrap()).lines();
    assert_eq!((next.push(3, "t0ken").0, next.push(4, "t0ken").0), (200, 200));
    assert!(lines.next().unwrap().unwrap().contains("\"MsgId\":\"4\""));
}

#[test]
fn erasing_a_customer_reaches_pushes_that_are_not_printed() {
    let bench = Bench::new();
    let mut listening = Listening::start(&bench);
    drop(listening.child.stdout.take());
    assert_eq!(listening.push(1, "t0ken").0, 200);
    listening.child.wait().unwrap();
    let erased = bench.run(&["erase", "oA", "--format", "jsonl"]);
    assert_eq!(erased.code, 0, "{}", erased.err);
    assert_eq!(serde_json::from_str::<Value>(&erased.out).unwrap()["events"], 1);
    let again = bench.run(&["erase", "oA"]);
    assert_eq!(again.code, 4, "{}", again.err);
    let mut next = Listening::start(&bench);
    let mut lines = BufReader::new(next.child.stdout.take().unwrap()).lines();
    assert_eq!((next.push(1, "t0ken").0, next.push(2, "t0ken").0), (200, 200));
    let line: Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
    assert_eq!(line["data"]["MsgId"], "2");
}

#[test]
fn two_may_not_have_the_same_folder() {
    let bench = Bench::new();
    let _first = Listening::start(&bench);
    let mut command = bench.command(&["listen", "--listen", "127.0.0.1:0", "--mode", "plain"]);
    command.env("DUOKE_CALLBACK_TOKEN", "t0ken");
    let second = Bench::finish(command);
    assert_eq!(second.code, 96);
    assert!(second.err.contains("another duoke") && second.err.contains("state/pushes"), "{}", second.err);
}

#[test]
fn what_is_missing_is_said() {
    let key = "a".repeat(43);
    let table: [(&[(&str, &str)], &str); 5] = [
        (&[], "DUOKE_CALLBACK_TOKEN is not set"),
        (&[("DUOKE_CALLBACK_TOKEN", "t")], "DUOKE_ENCODING_AES_KEY is not set"),
        (&[("DUOKE_CALLBACK_TOKEN", "t"), ("DUOKE_ENCODING_AES_KEY", &key)], "DUOKE_APP_ID is not set"),
        (&[("DUOKE_ENCODING_AES_KEY", "short")], "DUOKE_ENCODING_AES_KEY: is not 43 letters and digits"),
        (&[("DUOKE_CALLBACK_TRANSFER", "kf1")], "DUOKE_CALLBACK_TRANSFER: is neither \"any\" nor"),
    ];
    for (variables, said) in table {
        let bench = Bench::new();
        let mut command: Command = bench.command(&["listen"]);
        command.envs(variables.iter().copied());
        let ended = Bench::finish(command);
        assert_eq!((ended.code, ended.out.as_str()), (3, ""), "{said}");
        assert!(ended.err.starts_with(&format!("error: {said}")), "{}", ended.err);
        assert_eq!(ended.err.contains("\nhint: "), said.ends_with("not set"), "{}", ended.err);
    }
}
