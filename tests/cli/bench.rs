//! A folder of its own, the program in it, and servers for the program to talk to.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

/// A folder in which the program runs, with nothing of this machine's settings.
pub struct Bench {
    folder: tempfile::TempDir,
}

/// How the program ended and what it printed.
pub struct Ended {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Ended {
    /// Standard output as JSON Lines.
    #[track_caller]
    pub fn lines(&self) -> Vec<Value> {
        let read = |line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        let lines: Vec<Value> = self.out.lines().map(read).collect();
        assert!(self.err.is_empty() || !lines.is_empty() || self.code != 0, "{}", self.err);
        lines
    }
}

impl Bench {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().unwrap().to_owned()
    }

    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }

    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(Path::new(&self.path(name))).unwrap()
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_duoke"));
        command.args(arguments).current_dir(self.folder.path());
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("DUOKE_") || name == "XDG_CONFIG_HOME") {
            command.env_remove(name);
        }
        command.env("HOME", self.folder.path());
        // Hosts of other tests listen beside it.
        command.env("DUOKE_CONSOLE_LISTEN", "off");
        command
    }

    pub fn start(mut command: Command) -> Child {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    pub fn spawn(&self, arguments: &[&str]) -> Child {
        Self::start(self.command(arguments))
    }

    pub fn finish(command: Command) -> Ended {
        let output = Self::start(command).wait_with_output().unwrap();
        Ended {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    pub fn run(&self, arguments: &[&str]) -> Ended {
        Self::finish(self.command(arguments))
    }
}

/// One request; the body of the answer.
fn ask(address: &str, method: &str, path: &str, body: &str) -> Value {
    serde_json::from_slice(&ask_bytes(address, method, path, body)).unwrap()
}

fn ask_bytes(address: &str, method: &str, path: &str, body: &str) -> Vec<u8> {
    let mut stream = TcpStream::connect(address).unwrap();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(format!("{head}{body}").as_bytes()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let head = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&answer));
    answer.split_off(head + 4)
}

/// Ctrl-C.
pub fn interrupt(child: &Child) {
    let id = child.id().to_string();
    assert!(Command::new("sh").args(["-c", "kill -INT \"$0\"", &id]).status().unwrap().success());
}

/// `duoke sandbox` as a process.
pub struct SandboxChild {
    child: Child,
    pub ready: Value,
}

impl SandboxChild {
    pub fn start(bench: &Bench) -> Self {
        let mut child = bench.spawn(&["sandbox"]);
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Self { child, ready: serde_json::from_str(&line).unwrap() }
    }

    fn address(&self) -> &str {
        self.ready["listening"].as_str().unwrap().trim_start_matches("http://")
    }

    pub fn user_writes(&self, openid: &str) {
        self.user_says(openid, "hi");
    }

    pub fn user_says(&self, openid: &str, text: &str) {
        let message = serde_json::json!({"MsgType": "text", "Content": text});
        self.post(&format!("/_sandbox/users/{openid}/send"), &message);
    }

    /// A call of the sandbox's own.
    pub fn post(&self, path: &str, body: &Value) {
        ask(self.address(), "POST", path, &body.to_string());
    }

    /// What becomes of the next messages that are sent: `{"count", "errcode"?, "status"?, "delay_ms"?, "drop"?}`.
    pub fn fault(&self, mut fault: Value) {
        fault["path"] = "/cgi-bin/message/custom/send".into();
        ask(self.address(), "POST", "/_sandbox/faults", &fault.to_string());
    }

    /// What exists at WeChat: `POST /_sandbox/seed`.
    pub fn seed(&self, seed: &Value) {
        ask(self.address(), "POST", "/_sandbox/seed", &seed.to_string());
    }

    /// What it counted: `GET /_sandbox/stats`.
    pub fn stats(&self) -> Value {
        ask(self.address(), "GET", "/_sandbox/stats", "")
    }

    pub fn messages(&self, openid: &str) -> Vec<Value> {
        let answer = ask(self.address(), "GET", &format!("/_sandbox/messages?openid={openid}"), "");
        answer.as_array().unwrap().clone()
    }

    /// The bytes of a medium, as a phone loads them.
    pub fn media(&self, media_id: &str) -> Vec<u8> {
        ask_bytes(self.address(), "GET", &format!("/_sandbox/media/{media_id}"), "")
    }

    /// Runs the program with this account and server.
    pub fn run(&self, bench: &Bench, arguments: &[&str]) -> Ended {
        Bench::finish(self.command(bench, arguments))
    }

    /// Starts the program with this account and server.
    pub fn start_run(&self, bench: &Bench, arguments: &[&str]) -> Child {
        Bench::start(self.command(bench, arguments))
    }

    pub fn command(&self, bench: &Bench, arguments: &[&str]) -> Command {
        let mut command = bench.command(arguments);
        for (name, member) in
            [("DUOKE_WECHAT_BASE_URL", "listening"), ("DUOKE_APP_ID", "app_id"), ("DUOKE_APP_SECRET", "app_secret")]
        {
            command.env(name, self.ready[member].as_str().unwrap());
        }
        command
    }

    /// Ctrl-C; the exit code, and what was said on standard error.
    pub fn interrupt(mut self) -> (Option<i32>, String) {
        interrupt(&self.child);
        let code = self.child.wait().unwrap().code();
        (code, std::io::read_to_string(self.child.stderr.take().unwrap()).unwrap())
    }
}

impl Drop for SandboxChild {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A web server with these files: path, type, content.
pub struct Site {
    address: String,
}

impl Site {
    pub fn start(files: &'static [(&'static str, &'static str, &'static str)]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                answer(&mut stream.unwrap(), files);
            }
        });
        Self { address }
    }

    pub fn address(&self, path: &str) -> String {
        format!("{}{path}", self.address)
    }
}

fn answer(stream: &mut TcpStream, files: &[(&str, &str, &str)]) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut request = String::new();
    while !request.ends_with("\r\n\r\n") && reader.read_line(&mut request).unwrap() > 0 {}
    let path = request.split(' ').nth(1).unwrap_or_default().split('?').next().unwrap_or_default();
    let found = files.iter().find(|(name, ..)| *name == path);
    let (status, kind, body) =
        found.map_or(("404 Not Found", "text/plain", ""), |(_, kind, body)| ("200 OK", kind, body));
    let length = body.len();
    let head =
        format!("HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
    // The client may have seen enough.
    let _ = stream.write_all(format!("{head}{body}").as_bytes());
}
