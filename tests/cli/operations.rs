//! How a serving host is looked after: probes, metrics, its log.

use std::io::{BufRead as _, BufReader, Lines, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, ChildStderr, Command};

use serde_json::{Value, json};

use super::bench::{Bench, SandboxChild, interrupt};

const OPENID: &str = "oOperations0123456789abcdefg";

/// Answers with what it is told, then fails with words of its own.
const PAGE: &str = r#"<script>
var n = 0;
function MCS_ClientNotify() {
  var body = [{ type: 0, content: { text: "the page's answer" } }];
  window.external.PutMsg(JSON.stringify({ msg: { head: { random: String(++n) }, body: body } }));
  throw new Error("the page's\nwords");
}
</script>"#;

/// `duoke serve` as a process, beside a sandbox that pushes to it.
struct Serving {
    child: Child,
    said: Lines<BufReader<ChildStderr>>,
    console: String,
}

impl Serving {
    fn start(mut command: Command, sandbox: &SandboxChild) -> Self {
        command.env("DUOKE_CALLBACK_TOKEN", "t0ken").env("DUOKE_CALLBACK_MODE", "plain");
        let mut child = Bench::start(command);
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let ready: Value = serde_json::from_str(&line).unwrap();
        let callback = &ready["callbacks"][0]["address"];
        sandbox.post("/_sandbox/callback", &json!({"url": callback, "token": "t0ken", "mode": "plain"}));
        let console = ready["console"].as_str().unwrap().trim_start_matches("http://").to_owned();
        Self { said: BufReader::new(child.stderr.take().unwrap()).lines(), child, console }
    }

    /// The log up to a line with this event.
    fn log_until(&mut self, event: &str) -> Vec<Value> {
        let mut lines = Vec::new();
        loop {
            let line: Value = serde_json::from_str(&self.said.next().unwrap().unwrap()).unwrap();
            lines.push(line);
            if lines[lines.len() - 1]["event"] == event {
                return lines;
            }
        }
    }

    /// Status and body of an answer.
    fn get(&self, path: &str) -> (u16, String) {
        ask(&self.console, "GET", path, &self.console)
    }

    #[track_caller]
    fn assert_counts(&self, expected: &[&str]) {
        let (status, text) = self.get("/metrics");
        assert_eq!(status, 200);
        for line in expected {
            assert!(text.lines().any(|found| found == *line), "{line}\n{text}");
        }
        assert!(!text.contains(OPENID), "{text}");
    }

    /// Ctrl-C; the exit code, and the rest of what it said.
    fn end(&mut self) -> (Option<i32>, Vec<String>) {
        interrupt(&self.child);
        let rest = self.said.by_ref().map(Result::unwrap).collect();
        (self.child.wait().unwrap().code(), rest)
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn ask(address: &str, method: &str, path: &str, host: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream
        .write_all(format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").as_bytes())
        .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head[9..12].parse().unwrap(), body.to_owned())
}

fn serve(bench: &Bench, sandbox: &SandboxChild, flags: &[&str]) -> Command {
    bench.write("page.html", PAGE);
    let mut arguments = vec!["serve", "page.html", "--listen", "127.0.0.1:0", "--console", "127.0.0.1:0"];
    arguments.extend(flags);
    sandbox.command(bench, &arguments)
}

#[test]
fn probes_metrics_and_a_log_of_json() {
    let bench = Bench::new();
    let sandbox = SandboxChild::start(&bench);
    let mut serving = Serving::start(serve(&bench, &sandbox, &["--log", "json"]), &sandbox);
    sandbox.user_says(OPENID, "在吗, in private");
    let mut lines = serving.log_until("message.sent");
    let events: Vec<&str> = lines.iter().map(|line| line["event"].as_str().unwrap()).collect();
    for event in ["event.taken_in", "message.queued", "fault.uncaught", "message.sent"] {
        assert!(events.contains(&event), "{event}: {events:?}");
    }
    assert_eq!(serving.get("/healthz"), (200, "{\"alive\":true}\n".to_owned()));
    assert_eq!(serving.get("/readyz"), (200, "{\"ready\":true}\n".to_owned()));
    let app_id = sandbox.ready["app_id"].as_str().unwrap();
    let of_account =
        |metric: &str, labels: &str, count: u32| format!("{metric}{{account=\"{app_id}\"{labels}}} {count}");
    let expected = [
        of_account("duoke_events_total", ",type=\"push.text\"", 1),
        of_account("duoke_messages_sent_total", "", 1),
        of_account("duoke_delivery_seconds_count", "", 1),
        of_account("duoke_outbox_rows", ",state=\"sent\"", 1),
        of_account("duoke_token_refreshes_total", "", 1),
    ];
    serving.assert_counts(&expected.each_ref().map(String::as_str));
    serving.assert_counts(&[
        "duoke_messages_queued_total{plugin=\"page\"} 1",
        "duoke_faults_total{plugin=\"page\",type=\"fault.uncaught\"} 1",
        "duoke_pages_started_total{level=\"spawned\"} 1",
        "duoke_pages_alive 1",
        "duoke_conversations_open 1",
        "# EOF",
    ]);
    sandbox.fault(json!({"count": 1, "errcode": 45047}));
    sandbox.user_says(OPENID, "still there");
    lines.extend(serving.log_until("message.parked"));
    let parked = &lines[lines.len() - 1];
    assert_eq!(
        (&parked["level"], &parked["errcode"], &parked["plugin"]),
        (&json!("error"), &json!(45047), &json!("page"))
    );
    serving.assert_counts(&[
        &of_account("duoke_refusals_total", ",outcome=\"parked\",rule=\"45047\"", 1),
        "duoke_turn_seconds_count{plugin=\"page\"} 2",
    ]);
    let (code, rest) = serving.end();
    assert_eq!(code, Some(0));
    lines.extend(rest.iter().map(|line| serde_json::from_str::<Value>(line).unwrap()));
    for line in &lines {
        assert!(["time", "level", "message"].iter().all(|member| line[member].is_string()), "{line}");
        let text = line.to_string();
        for hidden in ["in private", "still there", "the page's", OPENID] {
            assert!(!text.contains(hidden), "{hidden}: {text}");
        }
    }
    let causes = lines.iter().filter(|line| line["event"] != "push.refused" && line["event"] != "host.stopping");
    assert!(causes.clone().all(|line| line["cause"].is_string() && line["customer"].is_string()), "{lines:?}");
}

#[test]
fn a_person_is_told_of_trouble_only_and_of_texts_if_he_asks() {
    let bench = Bench::new();
    let sandbox = SandboxChild::start(&bench);
    let mut serving = Serving::start(serve(&bench, &sandbox, &["--log-text"]), &sandbox);
    sandbox.user_says(OPENID, "在吗");
    let fault = serving.said.next().unwrap().unwrap();
    assert!(fault.starts_with("warning: page: fault.uncaught at page.html:6:"), "{fault}");
    assert!(fault.contains(OPENID) && fault.ends_with("the page's words)"), "{fault}");
    assert_eq!(serving.end(), (Some(0), Vec::new()));
}

#[test]
fn who_may_ask_and_what() {
    let bench = Bench::new();
    let sandbox = SandboxChild::start(&bench);
    let mut serving = Serving::start(serve(&bench, &sandbox, &[]), &sandbox);
    let asked = |method: &str, path: &str, host: &str| ask(&serving.console, method, path, host).0;
    let table = [
        ("GET", "/metrics", "localhost", 200),
        ("GET", "/metrics", "evil.test", 403),
        ("GET", "/readyz", "127.0.0.1.evil.test:80", 403),
        ("POST", "/metrics", "localhost", 405),
        ("HEAD", "/healthz", "localhost", 200),
        ("GET", "/", "localhost", 404),
    ];
    for (method, path, host, status) in table {
        assert_eq!(asked(method, path, host), status, "{method} {path} {host}");
    }
    assert_eq!(serving.end(), (Some(0), Vec::new()));
}

#[test]
fn an_address_that_is_taken_or_none() {
    let bench = Bench::new();
    let sandbox = SandboxChild::start(&bench);
    bench.write("page.html", PAGE);
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    for (address, code, said) in
        [(taken.local_addr().unwrap().to_string(), 96, "cannot be listened on"), ("8081".to_owned(), 3, "nor \"off\"")]
    {
        let mut command = sandbox.command(&bench, &["serve", "page.html", "--console", &address, "--log", "json"]);
        command.env("DUOKE_CALLBACK_TOKEN", "t0ken").env("DUOKE_CALLBACK_MODE", "plain");
        let ended = Bench::finish(command);
        assert_eq!((ended.code, ended.out.as_str()), (code, ""), "{}", ended.err);
        let line: Value = serde_json::from_str(&ended.err).unwrap();
        assert!(line["level"] == "error" && line["message"].as_str().unwrap().contains(said), "{line}");
    }
    let mut command = sandbox.command(&bench, &["serve", "page.html", "--listen", "127.0.0.1:0", "--console", "off"]);
    command.env("DUOKE_CALLBACK_TOKEN", "t0ken").env("DUOKE_CALLBACK_MODE", "plain");
    let mut child = Bench::start(command);
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert!(line.contains("callbacks") && !line.contains("console"), "{line}");
    interrupt(&child);
    assert_eq!(child.wait().unwrap().code(), Some(0));
}
