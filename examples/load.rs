//! What the receiver of pushes and the sandbox take, over loopback HTTP, from another process.
//!
//! `cargo run --release --example load [ROUNDS] [SECONDS]`: each line is the median of the rounds with their range. The
//! receiver is driven at a fixed rate, and a push's time runs from when it was due, so that a push that had to wait for its
//! turn counts as late; then without a pause. Pushes are encrypted and all different. `accepted on disk` commits each to a
//! store in a temporary folder before it is answered, as a host does; `in memory` is the receiver alone.

#![expect(clippy::print_stdout, reason = "it prints its figures")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use duoke::base::clock::{Clock, Stopwatch, system_now_ms};
use duoke::sandbox::{Quotas, Sandbox, SandboxConfig};
use duoke::store::{AccountId, NewEvent, OpenOptions, SqliteStore, StateFolder, Store};
use duoke::wechat::callback::{Callback, CallbackSettings, Mode, NotAccepted, Receiver, Refusal};
use duoke::wechat::crypt::{AesKey, Crypt, signature};
use duoke::wechat::push::Push;
use duoke::wechat::{BoxFuture, Profile, Secret};
use serde_json::json;

type Failed = Box<dyn std::error::Error + Send + Sync>;

const APP_ID: &str = "wxba5fad812f8e6fb9";
const TOKEN: &str = "AAAAA";
/// Connections that are kept open.
const CONNECTIONS: usize = 32;
const CUSTOMERS: usize = 1_000;
/// Pushes a second that the receiver must take.
const RATE: f64 = 2_000.0;

fn crypt() -> Result<Crypt, Failed> {
    Ok(Crypt::new(APP_ID, AesKey::parse(&Secret::new("A".repeat(43)))?, None))
}

/// One request on an open connection; whether it was answered with 200.
fn ask(connection: &mut BufReader<TcpStream>, request: &[u8]) -> Result<bool, Failed> {
    connection.get_mut().write_all(request)?;
    let (mut line, mut is_ok, mut length) = (String::new(), false, 0);
    while line != "\r\n" {
        line.clear();
        if connection.read_line(&mut line)? == 0 {
            return Err("the connection was closed".into());
        }
        let lower = line.to_ascii_lowercase();
        is_ok |= lower.starts_with("http/1.1 200");
        if let Some(value) = lower.strip_prefix("content-length:") {
            length = value.trim().parse()?;
        }
    }
    let mut body = vec![0; length];
    connection.read_exact(&mut body)?;
    // The sandbox refuses with 200 as well.
    let is_refused = body.starts_with(b"{") && !body.windows(11).any(|part| part == b"\"errcode\":0");
    Ok(is_ok && !is_refused)
}

fn post(target: &str, body: &str) -> Vec<u8> {
    format!("POST {target} HTTP/1.1\r\nHost: h\r\nContent-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

/// The `number`th push, as WeChat makes it.
fn push(crypt: &Crypt, number: usize) -> Result<Vec<u8>, Failed> {
    let now = (system_now_ms() / 1_000).to_string();
    let message = format!(
        "<xml><ToUserName><![CDATA[gh_1]]></ToUserName><FromUserName><![CDATA[oUser{}]]></FromUserName>\
         <CreateTime>{now}</CreateTime><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[您好，请问订单什么时候发货？]]>\
         </Content><MsgId>{number}</MsgId></xml>",
        number % CUSTOMERS
    );
    let encrypted = crypt.encrypt(0, message.as_bytes())?;
    let signed = signature(&Secret::new(TOKEN), &[&now, "n1", &encrypted]);
    let target = format!("/wechat?timestamp={now}&nonce=n1&openid=o&encrypt_type=aes&msg_signature={signed}");
    let body =
        format!("<xml><ToUserName><![CDATA[gh_1]]></ToUserName><Encrypt><![CDATA[{encrypted}]]></Encrypt></xml>");
    Ok(post(&target, &body))
}

/// Asks on one connection until the time is over, at a rate where one is given; the milliseconds that each took.
fn drive(address: &str, what: &str, lane: usize, rate: Option<f64>, time: Duration) -> Result<Vec<f64>, Failed> {
    let stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    let (mut connection, crypt, clock) = (BufReader::new(stream), crypt()?, Stopwatch::start());
    let (mut took, mut count) = (Vec::new(), 0_usize);
    let base = usize::try_from(system_now_ms())? * CONNECTIONS + lane;
    while clock.elapsed() < time {
        let number = base + count * CONNECTIONS;
        let request = match what.split_once(' ') {
            Some((_, token)) => {
                let body = json!({"touser": format!("oUser{}", number % CUSTOMERS), "msgtype": "text",
                    "text": {"content": "您好，您的订单今天发货"}});
                post(&format!("/cgi-bin/message/custom/send?access_token={token}"), &body.to_string())
            }
            None => push(&crypt, number)?,
        };
        let due = rate.map_or(clock.elapsed(), |rate| Duration::from_secs_f64(count as f64 / rate));
        std::thread::sleep(due.saturating_sub(clock.elapsed()));
        if !ask(&mut connection, &request)? {
            return Err("something was refused".into());
        }
        took.push((clock.elapsed() - due).as_secs_f64() * 1_000.0);
        count += 1;
    }
    Ok(took)
}

/// The other process: `load drive ADDRESS WHAT RATE SECONDS` prints requests a second, and the median, 99th percentile
/// and longest of their times, in ms.
fn driver(arguments: &[String]) -> Result<(), Failed> {
    let [address, what, rate, seconds] = arguments else { return Err("not for people".into()) };
    let (rate, seconds): (f64, f64) = (rate.parse()?, seconds.parse()?);
    let rate = (rate > 0.0).then_some(rate / CONNECTIONS as f64);
    let lanes: Vec<_> = (0..CONNECTIONS)
        .map(|lane| {
            let (address, what) = (address.clone(), what.clone());
            std::thread::spawn(move || drive(&address, &what, lane, rate, Duration::from_secs_f64(seconds)))
        })
        .collect();
    let mut took = Vec::new();
    for lane in lanes {
        took.extend(lane.join().map_err(|_| "a lane panicked")??);
    }
    took.sort_by(f64::total_cmp);
    let at = |part: f64| took[((took.len() - 1) as f64 * part) as usize];
    println!("{} {} {} {}", took.len() as f64 / seconds, at(0.5), at(0.99), at(1.0));
    Ok(())
}

/// Drives from another process, some rounds; prints the medians and their ranges.
async fn measure(name: &str, address: &str, what: &str, rate: f64, rounds: usize, seconds: &str) -> Result<(), Failed> {
    let mut columns = vec![Vec::new(); 4];
    for _ in 0..rounds {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["drive", address, what, &rate.to_string(), seconds]).stderr(Stdio::inherit());
        let output = tokio::task::spawn_blocking(move || command.output()).await??;
        let line = String::from_utf8(output.stdout)?;
        let figures: Vec<f64> = line.split_whitespace().map(str::parse).collect::<Result<_, _>>()?;
        if figures.len() != columns.len() {
            return Err(format!("{name}: the driver failed").into());
        }
        columns.iter_mut().zip(figures).for_each(|(column, figure)| column.push(figure));
    }
    let shown = columns.iter_mut().zip([0, 2, 2, 1]).map(|(column, digits)| {
        column.sort_by(f64::total_cmp);
        let (median, low, high) = (column[column.len() / 2], column[0], column[column.len() - 1]);
        format!("{median:>8.digits$} ({low:.digits$}..{high:.digits$})")
    });
    let [per_second, median, p99, longest] = &shown.collect::<Vec<_>>()[..] else { return Ok(()) };
    println!("{name:<44} {per_second} /s  p50 {median} ms  p99 {p99} ms  longest {longest} ms");
    Ok(())
}

/// Takes pushes in, on disk where there is one.
struct Desk(Option<(Arc<dyn Store>, AccountId)>);

impl Receiver for Desk {
    fn accept(&self, push: Push) -> BoxFuture<'_, Result<(), NotAccepted>> {
        Box::pin(async move {
            let Some((store, account)) = &self.0 else { return Ok(()) };
            let line = push.line();
            let event = NewEvent {
                account: *account,
                log: None,
                source: "wechat".to_owned(),
                id: push.key().as_str().to_owned(),
                digest: Vec::new(),
                line: line.to_json(),
                subject: Some(push.from.clone()),
                turns_to: Some(push.from.clone()),
                plugins: vec!["p".to_owned()],
                acted: None,
                now: system_now_ms(),
            };
            store.accept(event).get().await.map(drop).map_err(|error| NotAccepted(error.to_string()))
        })
    }

    fn refused(&self, refusal: &Refusal) {
        println!("refused: {refusal}");
    }
}

async fn receiver(name: &str, desk: Desk, rounds: usize, seconds: &str) -> Result<(), Failed> {
    let settings = CallbackSettings {
        listen: "127.0.0.1:0".parse()?,
        path: "/wechat".to_owned(),
        token: Secret::new(TOKEN),
        mode: Mode::Secure(crypt()?),
        transfer: None,
        clock: Clock::system(),
    };
    let running = Callback::start(settings, Arc::new(desk)).await?;
    let address = running.address.to_string();
    measure(&format!("pushes at {RATE} /s, {name}"), &address, "pushes", RATE, rounds, seconds).await?;
    measure(&format!("pushes without a pause, {name}"), &address, "pushes", 0.0, rounds, seconds).await?;
    running.shutdown().await;
    Ok(())
}

async fn sandbox(rounds: usize, seconds: &str) -> Result<(), Failed> {
    // A fast machine makes more calls than WeChat lets an account make in a day.
    let quotas = Quotas { send: u64::MAX, ..Quotas::default() };
    let running =
        Sandbox::start(SandboxConfig { profile: Profile::y2017(), quotas, ..SandboxConfig::default() }).await?;
    let (address, ready) = (running.address.to_string(), running.ready().clone());
    let write = json!({"MsgType": "text", "Content": "hi"});
    for customer in 0..CUSTOMERS {
        running.user_sends(&format!("oUser{customer}"), write.as_object().ok_or("no object")?)?;
    }
    let base = format!("http://{address}/").parse()?;
    let config = duoke::wechat::ClientConfig::new(base, &ready.app_id, Secret::new(&ready.app_secret));
    let token = duoke::wechat::Client::new(config)?.stable_token().await?;
    let what = format!("sends {}", token.expose());
    measure("sends without a pause, sandbox", &address, &what, 0.0, rounds, seconds).await?;
    running.shutdown().await;
    Ok(())
}

async fn all(rounds: usize, seconds: &str) -> Result<(), Failed> {
    receiver("in memory", Desk(None), rounds, seconds).await?;
    let folder = tempfile::tempdir()?;
    let store = SqliteStore::open(StateFolder::take(folder.path())?, &OpenOptions::default())?;
    let store: Arc<dyn Store> = Arc::new(store);
    let account = store.account(APP_ID, "http://a").get().await?;
    receiver("accepted on disk", Desk(Some((store.clone(), account))), rounds, seconds).await?;
    store.close();
    sandbox(rounds, seconds).await
}

fn main() -> Result<(), Failed> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.first().is_some_and(|first| first == "drive") {
        return driver(&arguments[1..]);
    }
    let rounds = arguments.first().map_or(Ok(5), |rounds| rounds.parse())?;
    let seconds = arguments.get(1).map_or("5", String::as_str);
    tokio::runtime::Runtime::new()?.block_on(all(rounds, seconds))
}
