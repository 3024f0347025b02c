//! A sandbox whose customers write, and `duoke serve` as a process behind it.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::process::{Child, Command};
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use duoke::sandbox::{Quotas, SandboxConfig};
use duoke::wechat::Profile;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::bench::{Bench, Ended};
use crate::wechat_bench::Bench as Sandbox;

/// Longest that nothing happens here, on a machine with much else to do: what takes longer will not come.
pub const PATIENCE: Duration = Duration::from_secs(30);
/// Bounds that no page here runs into.
pub const GENEROUS: &str = "[limits]\nturn_soft_ms = 300000\nturn_hard_ms = 300000\n[serve]\nworkers = 8\n";
/// What begins a page: puts a text into the conversation.
pub const PUT: &str = "function put(text) { window.external.PutMsg(JSON.stringify({ msg: { head: { random: String(Math.random()) }, \
    body: [{ type: 0, content: { text: text } }] } })); }\n";

/// A folder for the host, a sandbox for its account, and where it is called back.
pub struct Yard {
    pub bench: Bench,
    pub sandbox: Sandbox,
    listen: String,
}

/// A running host.
pub struct Serving {
    /// Its line of where it listens.
    pub ready: Value,
    child: Child,
    said: Arc<(Mutex<String>, Condvar)>,
}

impl Yard {
    pub async fn new() -> Self {
        let quotas = Quotas { send: u64::MAX, ..Quotas::default() };
        let config = SandboxConfig { profile: Profile::y2017(), quotas, ..SandboxConfig::default() };
        let bench = Bench::new();
        // The time of a turn is the clock's: on a machine with much else to do pages that do little take long.
        bench.write("duoke.toml", GENEROUS);
        Self { bench, sandbox: Sandbox::start_with(config).await, listen: free_address() }
    }

    /// With a plugin of this page and these lines of plugin.toml.
    pub async fn with(name: &str, toml: &str, page: &str) -> Self {
        let yard = Self::new().await;
        yard.plugin(name, toml, page);
        yard
    }

    /// A plugin whose page is a script behind [`PUT`].
    pub fn plugin(&self, name: &str, toml: &str, script: &str) {
        self.bench.write(&format!("{name}/plugin.toml"), format!("name = \"{name}\"\npage = \"page.html\"\n{toml}\n"));
        self.bench.write(&format!("{name}/page.html"), format!("<script>{PUT}{script}</script>"));
    }

    /// Where it is called back.
    pub fn listen(&self) -> &str {
        &self.listen
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let ready = self.sandbox.running.ready();
        let mut command = self.bench.command(arguments);
        command.env("DUOKE_WECHAT_BASE_URL", &ready.listening);
        command.env("DUOKE_APP_ID", &ready.app_id).env("DUOKE_APP_SECRET", &ready.app_secret);
        command.env("DUOKE_CALLBACK_TOKEN", "t0ken").env("DUOKE_CALLBACK_MODE", "plain");
        command.env("DUOKE_CALLBACK_LISTEN", &self.listen);
        command
    }

    /// Runs a command beside the host.
    pub fn run(&self, arguments: &[&str]) -> Ended {
        Bench::finish(self.command(arguments))
    }

    /// A host of these plugins, which the sandbox pushes to.
    pub async fn serve(&self, plugins: &[&str], environment: &[(&str, &str)]) -> Serving {
        self.serve_by(self.command(&[&["serve"], plugins].concat()), environment).await
    }

    /// The same with a host that is started so.
    pub async fn serve_by(&self, command: Command, environment: &[(&str, &str)]) -> Serving {
        let serving = self.start(command, environment);
        let url = format!("http://{}/wechat", self.listen);
        let settings = json!({"url": url, "token": "t0ken", "mode": "plain"});
        assert_eq!(self.sandbox.post("/_sandbox/callback", &settings).await, json!({"registered": true}));
        serving
    }

    /// The same, where the sandbox knows the address from an earlier one.
    pub fn serve_again(&self, plugins: &[&str], environment: &[(&str, &str)]) -> Serving {
        self.start(self.command(&[&["serve"], plugins].concat()), environment)
    }

    fn start(&self, mut command: Command, environment: &[(&str, &str)]) -> Serving {
        command.envs(environment.iter().copied());
        let serving = Serving::start(command);
        let expected = format!("http://{}/wechat", self.listen);
        assert_eq!(serving.ready["callbacks"][0]["address"], expected, "{}", serving.ready);
        serving
    }

    /// A customer does something, and whether that was acknowledged.
    pub async fn does(&self, openid: &str, what: &Value) -> bool {
        let sent = self.sandbox.post(&format!("/_sandbox/users/{openid}/send"), what).await;
        sent["delivered"].as_bool().unwrap()
    }

    /// A customer writes, which is acknowledged.
    pub async fn writes(&self, openid: &str, text: &str) {
        assert!(self.does(openid, &json!({"MsgType": "text", "Content": text})).await);
    }

    /// The texts that a customer has.
    pub fn had(&self, openid: &str) -> Vec<String> {
        let received = self.sandbox.running.messages(Some(openid)).into_iter();
        let text = |body: &Value| body["text"]["content"].as_str().unwrap().to_owned();
        received.map(|received| text(&received.body)).collect()
    }

    /// The texts of a customer, once there are so many.
    pub async fn has(&self, openid: &str, count: usize) -> Vec<String> {
        self.until(|| self.had(openid).len() >= count).await;
        self.had(openid)
    }

    /// Waits until something is so that changes with what happens at the sandbox only.
    pub async fn until(&self, is_so: impl Fn() -> bool) {
        let mut stream = TcpStream::connect(self.sandbox.running.address).await.unwrap();
        stream.write_all(b"GET /_sandbox/events HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
        let mut bytes = vec![0; 65_536];
        // Between what happens comes only that it is there.
        let mut news = async || {
            loop {
                let count = stream.read(&mut bytes).await.unwrap();
                assert_ne!(count, 0, "the sandbox has ended");
                if bytes[..count].windows(5).any(|five| five == b"data:") {
                    break;
                }
            }
        };
        while !is_so() {
            if timeout(PATIENCE, news()).await.is_err() {
                let (stats, outbox) = (self.sandbox.running.stats(), self.run(&["outbox", "list"]));
                panic!("nothing happens: {stats}\n{}{}", outbox.out, outbox.err);
            }
        }
    }
}

/// An address that nobody else takes while no host listens there: a loopback address of this process, where there are such,
/// and a port that the system gives nobody by itself.
fn free_address() -> String {
    static NEXT: AtomicU16 = AtomicU16::new(10_000);
    let [_, high, middle, low] = std::process::id().to_be_bytes();
    let own =
        if cfg!(target_os = "linux") { format!("127.{}.{middle}.{low}", high + 1) } else { "127.0.0.1".to_owned() };
    let mut addresses = std::iter::from_fn(|| Some(format!("{own}:{}", NEXT.fetch_add(1, Ordering::Relaxed))));
    addresses.find(|address| TcpListener::bind(address).is_ok()).unwrap()
}

impl Serving {
    fn start(command: Command) -> Self {
        let mut child = Bench::start(command);
        let said = Arc::new((Mutex::new(String::new()), Condvar::new()));
        let (mut stderr, heard) = (child.stderr.take().unwrap(), said.clone());
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(count @ 1..) = stderr.read(&mut bytes) {
                *heard.0.lock().unwrap() += &String::from_utf8_lossy(&bytes[..count]);
                heard.1.notify_all();
            }
        });
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let mut serving = Self { ready: Value::Null, child, said };
        serving.ready = serde_json::from_str(&line).unwrap_or_else(|_| panic!("it ended: {}", serving.said()));
        serving
    }

    /// What it said so far.
    pub fn said(&self) -> String {
        self.said.0.lock().unwrap().clone()
    }

    /// Waits until it has said something.
    pub fn says(&self, words: &str) {
        self.says_so_often(words, 1);
    }

    /// Waits until it has said something so often.
    pub fn says_so_often(&self, words: &str, count: usize) {
        let mut said = self.said.0.lock().unwrap();
        while said.matches(words).count() < count {
            let waited = self.said.1.wait_timeout(said, PATIENCE).unwrap();
            said = waited.0;
            assert!(!waited.1.timed_out(), "it says {words}: {said}");
        }
    }

    /// Its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits until it has ended by itself; its exit code.
    pub fn ended(mut self) -> Option<i32> {
        self.child.wait().unwrap().code()
    }

    /// SIGKILL.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        assert_eq!(self.child.wait().unwrap().code(), None, "{}", self.said());
    }

    /// It is to read its configuration again.
    pub fn reread(&self) {
        self.signal("HUP");
    }

    /// Sends it a signal.
    pub fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-s", name, &id]).status().unwrap().success());
    }

    /// SIGTERM; its exit code.
    pub fn end(self) -> Option<i32> {
        self.signal("TERM");
        self.ended()
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            let _ = writeln!(std::io::stderr(), "the host said: {}", self.said());
        }
    }
}
