//! `duoke serve` between a sandbox's customers and their phones: from a push to the message that WeChat took.
//!
//!     cargo run --release --example serving -- FOLDER [RATE [PUSHES [CUSTOMERS…]]]
//!
//! FOLDER is a plugin whose page answers each message with one; `RATE` customers write in a second (default 0: as fast as the
//! sandbox lets them), `PUSHES` in all (default 5,000), by each number of customers (default 10, 100, 1,000) in turn, all of whom
//! have a page already. A push's time runs from when the customer was to write to when WeChat took the answer, so that one which
//! waits for its turn counts as late. Memory is the proportional set size of the host and all its pages (proc(5),
//! smaps_rollup). Linux only. The program is the one beside this example: build it first.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "it prints its figures")]

#[cfg(target_os = "linux")]
fn main() {
    if let Err(error) = serving::run() {
        eprintln!("error: {error}");
        std::process::exit(1);
    }
}

#[cfg(not(target_os = "linux"))]
fn main() {
    eprintln!("error: memory is measured on Linux only");
}

#[cfg(target_os = "linux")]
mod serving {
    use std::collections::HashMap;
    use std::io::{BufRead as _, BufReader};
    use std::path::Path;
    use std::process::{Child, Command, Stdio};
    use std::time::Duration;

    use duoke::base::clock::{Stopwatch, TimestampMs, system_now_ms};
    use duoke::sandbox::{Quotas, Running, Sandbox, SandboxConfig};
    use serde_json::{Value, json};
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpStream;

    type Failed = Box<dyn std::error::Error>;

    /// Ends with this.
    struct Host(Child);

    impl Drop for Host {
        fn drop(&mut self) {
            let _ = self.0.kill();
            let _ = self.0.wait();
        }
    }

    pub fn run() -> Result<(), Failed> {
        let arguments: Vec<String> = std::env::args().skip(1).collect();
        let [folder, rest @ ..] = arguments.as_slice() else {
            return Err("usage: serving FOLDER [RATE [PUSHES [CUSTOMERS…]]]".into());
        };
        let numbers: Vec<usize> = rest.iter().map(|text| text.parse()).collect::<Result<_, _>>()?;
        let rate = numbers.first().copied().unwrap_or(0);
        let pushes = numbers.get(1).copied().unwrap_or(5_000);
        let customers = numbers.get(2..).filter(|customers| !customers.is_empty()).unwrap_or(&[10, 100, 1_000]);
        let folder = std::fs::canonicalize(folder)?;
        println!("customers  pushes/s    p50 ms    p99 ms   MiB  pushed again");
        let runtime = tokio::runtime::Runtime::new()?;
        customers.iter().try_for_each(|customers| runtime.block_on(measure(&folder, (rate, pushes), *customers)))
    }

    async fn measure(folder: &Path, (rate, pushes): (usize, usize), customers: usize) -> Result<(), Failed> {
        let quotas = Quotas { send: u64::MAX, ..Quotas::default() };
        let running = Sandbox::start(SandboxConfig { quotas, ..SandboxConfig::default() }).await?;
        let state = tempfile::tempdir()?;
        let (host, callback) = start(folder, state.path(), customers, &running)?;
        let settings = json!({"url": callback, "token": "t0ken", "mode": "plain"}).to_string();
        ask(&running, "/_sandbox/callback", &settings).await?;
        // All have a page before anything is measured.
        drive(&running, (0, customers), customers).await?;
        let clock = Stopwatch::start();
        let mut took = drive(&running, (rate, pushes), customers).await?;
        let seconds = clock.elapsed().as_secs_f64();
        took.sort_unstable();
        let at = |part: f64| took[((took.len() - 1) as f64 * part) as usize];
        let (rate, mib) = (pushes as f64 / seconds, memory_kb(host.0.id())? as f64 / 1024.0);
        let tried = &running.stats()["pushes"];
        let again = tried["attempts"].as_u64().unwrap_or(0) - tried["delivered"].as_u64().unwrap_or(0);
        println!("{customers:>9}  {rate:>8.0}  {:>8}  {:>8}  {mib:>4.0}  {again:>12}", at(0.5), at(0.99));
        drop(host);
        running.shutdown().await;
        Ok(())
    }

    /// The host, and where it is called back.
    fn start(folder: &Path, state: &Path, customers: usize, running: &Running) -> Result<(Host, String), Failed> {
        let own = std::env::current_exe()?;
        let program = own.parent().and_then(Path::parent).unwrap_or(Path::new(".")).join("duoke");
        let ready = running.ready();
        let mut command = Command::new(program);
        command.arg("serve").arg(folder).current_dir(state).args(["--listen", "127.0.0.1:0"]);
        command.env("DUOKE_WECHAT_BASE_URL", &ready.listening);
        command.env("DUOKE_APP_ID", &ready.app_id).env("DUOKE_APP_SECRET", &ready.app_secret);
        command.env("DUOKE_CALLBACK_TOKEN", "t0ken").env("DUOKE_CALLBACK_MODE", "plain");
        command.env("DUOKE_CONVERSATIONS_MAX", customers.to_string());
        let mut child = command.stdout(Stdio::piped()).spawn()?;
        let mut line = String::new();
        if let Some(stdout) = child.stdout.take() {
            BufReader::new(stdout).read_line(&mut line)?;
        }
        let host = Host(child);
        let ready: Value = serde_json::from_str(&line)?;
        let address = ready["callbacks"][0]["address"].as_str().ok_or("the host names no address")?;
        Ok((host, address.to_owned()))
    }

    async fn ask(running: &Running, path: &str, body: &str) -> Result<(), Failed> {
        let mut stream = TcpStream::connect(running.address).await?;
        let length = body.len();
        let head =
            format!("POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n");
        stream.write_all(format!("{head}{body}").as_bytes()).await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        if answer.starts_with("HTTP/1.1 200") { Ok(()) } else { Err(answer.into()) }
    }

    /// Customers write in turn, so many a second or as fast as they can; the milliseconds until each push has its answer: the
    /// first one, the second and so on.
    async fn drive(
        running: &Running,
        (rate, pushes): (usize, usize),
        customers: usize,
    ) -> Result<Vec<TimestampMs>, Failed> {
        let before = running.stats()["messages"].as_u64().unwrap_or(0);
        let text = json!({"MsgType": "text", "Content": "您好，请问订单什么时候发货？"});
        let (began, clock) = (system_now_ms(), Stopwatch::start());
        let mut written = HashMap::<String, Vec<TimestampMs>>::new();
        for push in 0..pushes {
            let due = if rate == 0 { clock.elapsed() } else { Duration::from_secs_f64(push as f64 / rate as f64) };
            tokio::time::sleep(due.saturating_sub(clock.elapsed())).await;
            let openid = format!("oUser{}", push % customers);
            running.user_sends(&openid, text.as_object().ok_or("no object")?)?;
            written.entry(openid).or_default().push(began + TimestampMs::try_from(due.as_millis())?);
        }
        while running.stats()["messages"].as_u64().unwrap_or(0) < before + pushes as u64 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let mut took = Vec::new();
        for (openid, written) in written {
            let received = running.messages(Some(&openid));
            let answers = received.iter().rev().take(written.len()).rev();
            took.extend(answers.zip(written).map(|(answer, at)| answer.time - at));
        }
        Ok(took)
    }

    /// The proportional set size of a process and all below it, in kB.
    fn memory_kb(host: u32) -> Result<u64, Failed> {
        let mut parents = Vec::new();
        for entry in std::fs::read_dir("/proc")? {
            let Ok(pid) = entry?.file_name().to_string_lossy().parse::<u32>() else { continue };
            let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
            let behind = stat.rsplit_once(')').map_or("", |(_, behind)| behind);
            parents
                .extend(behind.split_whitespace().nth(1).and_then(|text| text.parse::<u32>().ok()).map(|of| (pid, of)));
        }
        let (mut family, mut at, mut sum) = (vec![host], 0, 0);
        while let Some(parent) = family.get(at).copied() {
            family.extend(parents.iter().filter(|(_, of)| *of == parent).map(|(pid, _)| *pid));
            let rollup = std::fs::read_to_string(format!("/proc/{parent}/smaps_rollup")).unwrap_or_default();
            let line = rollup.lines().find_map(|line| line.strip_prefix("Pss:"));
            sum += line.and_then(|line| line.trim().trim_end_matches("kB").trim().parse::<u64>().ok()).unwrap_or(0);
            at += 1;
        }
        Ok(sum)
    }
}
