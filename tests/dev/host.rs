//! `duoke dev` as a process, and its console as a program uses it.
#![allow(dead_code, reason = "tests use parts of it")]

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

/// Longest that nothing happens here, on a machine with much else to do: what takes longer will not come.
const PATIENCE: Duration = Duration::from_secs(60);
/// Signs of life in which nothing happens, after which nothing will.
const QUIET_MAX: usize = 8;
/// What begins a page: puts a text into the conversation.
pub const PUT: &str = "function put(text) { window.external.PutMsg(JSON.stringify({ msg: { head: { random: String(Math.random()) }, \
    body: [{ type: 0, content: { text: text } }] } })); }\n";

/// A page that greets whoever's turn it is.
pub fn greeting(text: &str) -> String {
    format!(
        "<!doctype html><title>greeter</title><button id='again'>again</button><p id='who'></p><script>{PUT}\
         function MCS_ClientNotify(json) {{ var event = JSON.parse(json); if (event.event !== 'OnUserChange') return;\n\
         document.getElementById('who').innerText = event.useraccount; put('{text} ' + event.useraccount); }}\n\
         document.getElementById('again').onclick = function () {{ put('clicked'); }};\n</script>"
    )
}

/// A folder with a plugin, developed.
pub struct Dev {
    child: Child,
    _stdout: BufReader<ChildStdout>,
    folder: TempDir,
    console: String,
    pub sandbox: String,
}

impl Drop for Dev {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An answer over HTTP.
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Dev {
    /// Of a plugin with this page, and these arguments.
    pub fn start(page: &str, arguments: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("greeter")).unwrap();
        fs::write(folder.path().join("greeter/plugin.toml"), "name = \"greeter\"\npage = \"index.html\"\n").unwrap();
        fs::write(folder.path().join("greeter/index.html"), page).unwrap();
        Self::of(folder, &[&["greeter"], arguments].concat())
    }

    /// In this folder.
    pub fn of(folder: TempDir, arguments: &[&str]) -> Self {
        Self::by(folder, &[&["dev", "--console", "127.0.0.1:0"], arguments].concat()).0
    }

    /// By a command that says more before it says where it is.
    pub fn by(folder: TempDir, arguments: &[&str]) -> (Self, String) {
        let mut child = command(&folder).args(arguments).stdout(Stdio::piped()).spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let (mut before, mut line) = (String::new(), String::new());
        while !line.starts_with('{') {
            before += &std::mem::take(&mut line);
            assert!(stdout.read_line(&mut line).unwrap() > 0, "it says {before:?}");
        }
        let ready: Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("it says {line:?}"));
        let address = |name: &str| ready[name].as_str().unwrap().strip_prefix("http://").unwrap().to_owned();
        let (console, sandbox) = (address("console"), address("sandbox"));
        (Self { child, _stdout: stdout, folder, console, sandbox }, before)
    }

    /// Another command in the same folder: how it ended, and what it said.
    pub fn run(&self, arguments: &[&str]) -> (Option<i32>, String) {
        let ended = command(&self.folder).args(arguments).output().unwrap();
        let said = [ended.stdout, ended.stderr].concat();
        (ended.status.code(), String::from_utf8(said).unwrap())
    }

    /// What the customer's phone has.
    pub fn phone(&self, openid: &str) -> String {
        let at = &self.sandbox;
        let path = format!("/_sandbox/messages?openid={openid}");
        Self::ask(at, &format!("GET {path} HTTP/1.1\r\nHost: {at}\r\nConnection: close\r\n\r\n")).body
    }

    /// Where the console listens.
    pub fn console(&self) -> &str {
        &self.console
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    /// A request as it is, at the console or elsewhere.
    pub fn ask(at: &str, request: &str) -> Answer {
        let mut stream = TcpStream::connect(at).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).unwrap();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        Answer { status: head[9..12].parse().unwrap(), head: head.to_lowercase(), body: body.to_owned() }
    }

    /// A connection on which this was asked.
    pub fn open(&self, request: &str) -> TcpStream {
        let mut stream = TcpStream::connect(&self.console).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        stream
    }

    /// The first line of what is answered there.
    pub fn ask_head(stream: &mut TcpStream) -> String {
        let mut line = String::new();
        BufReader::new(stream).read_line(&mut line).unwrap();
        line
    }

    #[track_caller]
    pub fn get(&self, path: &str) -> Value {
        let request = format!("GET {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", self.console);
        let answer = Self::ask(&self.console, &request);
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        serde_json::from_str(&unchunked(&answer)).unwrap()
    }

    /// The status, and the answer.
    pub fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        Self::post_to(&self.console, path, body)
    }

    pub fn post_to(at: &str, path: &str, body: &Value) -> (u16, Value) {
        let body = body.to_string();
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: {at}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        );
        let answer = Self::ask(at, &request);
        (answer.status, serde_json::from_str(&unchunked(&answer)).unwrap())
    }

    /// Hears what changes.
    pub fn stream(&self) -> Stream {
        let mut stream = TcpStream::connect(&self.console).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let request = format!("GET /api/1/stream?after=0 HTTP/1.1\r\nHost: {}\r\n\r\n", self.console);
        stream.write_all(request.as_bytes()).unwrap();
        Stream(BufReader::new(stream))
    }

    /// Asks until it is so, each time that something changed.
    #[track_caller]
    pub fn until<T>(&self, stream: &mut Stream, mut is_so: impl FnMut(&Self) -> Option<T>) -> T {
        let mut quiet = 0;
        while quiet < QUIET_MAX {
            if let Some(found) = is_so(self) {
                return found;
            }
            quiet = if stream.next() { 0 } else { quiet + 1 };
        }
        panic!("nothing happens any more: {} {}", self.get("/api/1/dev"), self.get("/api/1/log?after=0"))
    }

    /// Messages that wait for somebody, as texts with their keys.
    pub fn held(&self) -> Vec<(String, String)> {
        let (status, answer) =
            self.post("/api/1/requests", &json!({"v": 1, "op": "outbox.list", "filter": {"states": ["held"]}}));
        assert_eq!(status, 200, "{answer}");
        let text = |row: &Value| {
            (row["body"]["content"].as_str().unwrap().to_owned(), row["key"].as_str().unwrap().to_owned())
        };
        answer["items"].as_array().unwrap().iter().map(text).collect()
    }

    pub fn held_texts(&self) -> Vec<String> {
        self.held().into_iter().map(|(text, _)| text).collect()
    }
}

fn command(folder: &TempDir) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_duoke"));
    command.current_dir(folder.path()).env_remove("DUOKE_STORE_PATH").env("HOME", folder.path());
    command
}

/// Of an answer that came in chunks, the whole.
fn unchunked(answer: &Answer) -> String {
    if !answer.head.contains("transfer-encoding: chunked") {
        return answer.body.clone();
    }
    let (mut rest, mut whole) = (answer.body.as_str(), String::new());
    while let Some((size, after)) = rest.split_once("\r\n") {
        let size = usize::from_str_radix(size, 16).unwrap();
        whole.push_str(&after[..size]);
        rest = after[size..].trim_start_matches("\r\n");
        if size == 0 {
            break;
        }
    }
    whole
}

/// Server-sent events.
pub struct Stream(BufReader<TcpStream>);

impl Stream {
    /// Waits for the next piece of it; `false`: it says only that it is there.
    pub fn next(&mut self) -> bool {
        let mut line = String::new();
        loop {
            line.clear();
            assert!(self.0.read_line(&mut line).expect("something happens") > 0, "the stream ended");
            if line.starts_with("data:") || line.starts_with(':') {
                return line.starts_with("data:");
            }
        }
    }
}
