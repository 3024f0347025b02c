//! Accepted events and delivered messages per second, and syncs of each: the durable core without pages.
//!
//! `cargo run --release --example throughput [FOLDER] [SECONDS]`: the store is made in FOLDER (default: a temporary one;
//! it should lie on the disk that is meant). For 1, 10 and 1,000 customers, events are accepted and each leads to one
//! message; then messages are delivered, once to nobody, which costs nothing, and once to the sandbox over HTTP.

#![expect(clippy::print_stdout, reason = "it prints its figures")]

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use duoke::base::clock::Stopwatch;
use duoke::outbox::{Carrier, Dispatch, Outbox};
use duoke::sandbox::{Running, Sandbox, SandboxConfig};
use duoke::session::window::Allowances;
use duoke::store::{
    AccountId, Commit, Key, NewEvent, OpenOptions, Row, SqliteStore, StateFolder, Statistics, Store, TurnEnd, TurnState,
};
use duoke::wechat::{
    BoxFuture, Client, ClientConfig, Content, ContentError, Courier, LivePictures, Message, Planned, Profile, Receipt,
    Secret, SendError, Wire,
};

type Failed = Box<dyn std::error::Error>;

/// Takes every message at once.
struct Nobody;

impl Carrier for Nobody {
    fn plan(&self, row: &Row) -> Result<Vec<Planned>, ContentError> {
        let Content::Text { text } = &row.content else { return Err(ContentError::EmptyText) };
        Ok(vec![Message::Text(text.clone()).into()])
    }

    fn allowances(&self) -> Allowances {
        Profile::y2025().allowances()
    }

    fn deliver<'a>(
        &'a self,
        _: &'a Row,
        _: &'a Planned,
        wire: &'a dyn Wire,
    ) -> BoxFuture<'a, Result<Receipt, SendError>> {
        Box::pin(async move {
            match wire.begins().await {
                true => Ok(Receipt { at_ms: 0, errmsg: "ok".to_owned(), media_id: None, notes: Vec::new() }),
                false => Err(SendError::Withdrawn),
            }
        })
    }
}

/// One customer's events, one after another: accepted, then done with its message.
async fn events(
    store: Arc<dyn Store>,
    account: AccountId,
    customer: usize,
    round: &str,
    time: Duration,
) -> Result<u64, String> {
    let (started, mut count) = (Stopwatch::start(), 0);
    while started.elapsed() < time {
        let event = NewEvent {
            account,
            log: None,
            source: round.to_owned(),
            id: format!("{round}-{customer}-{count}"),
            digest: Vec::new(),
            line: r#"{"type":"stimulus.mcs.OnUserChange"}"#.to_owned(),
            subject: Some(format!("oUser{customer}")),
            turns_to: None,
            plugins: vec!["p".to_owned()],
            acted: None,
            now: 0,
        };
        let accepted = store.accept(event).get().await.map_err(|error| error.to_string())?;
        let text = Content::Text { text: format!("您好 {count}") };
        let row = Row::new(Key::new(&accepted.name, "p", 0), "wx", format!("oUser{customer}"), text, 0);
        let ended = TurnEnd { event: accepted.event, plugin: "p".to_owned(), state: TurnState::Done };
        let commit = Commit { account: Some(account), rows: vec![row], ended: vec![ended], ..Commit::default() };
        store.commit(commit).get().await.map_err(|error| error.to_string())?;
        count += 1;
    }
    Ok(count)
}

/// A rate, and what each cost.
fn report(what: &str, customers: usize, count: u64, time: Duration, before: Statistics, after: Statistics) {
    let rate = count as f64 / time.as_secs_f64();
    let commits = (after.commits - before.commits) as f64 / count.max(1) as f64;
    println!("{customers:>5} customers  {what:<32} {rate:>9.0} /s  {commits:>6.3} commits each");
}

fn courier(running: &Running) -> Result<Courier, Failed> {
    let ready = running.ready();
    let base = format!("http://{}", running.address).parse()?;
    let profile = SandboxConfig::default().profile;
    let config = ClientConfig { profile, ..ClientConfig::new(base, &ready.app_id, Secret::new(&ready.app_secret)) };
    Ok(Courier::new(Client::new(config)?, Arc::new(LivePictures::new(true)?)))
}

async fn measure(folder: &Path, time: Duration) -> Result<(), Failed> {
    for customers in [1, 10, 1_000] {
        for (to, carrier) in [("nobody", None), ("the sandbox", Some(()))] {
            let path = folder.join(format!("{customers}-{}", to.len()));
            let sqlite = Arc::new(SqliteStore::open(StateFolder::take(&path)?, &OpenOptions::default())?);
            let store: Arc<dyn Store> = sqlite.clone();
            let account = store.account("wx", "http://a").get().await?;
            let running = Sandbox::start(SandboxConfig::default()).await?;
            let message = serde_json::json!({"MsgType": "text", "Content": "hi"});
            for customer in 0..customers {
                running.user_sends(&format!("oUser{customer}"), message.as_object().ok_or("no object")?)?;
            }
            let carrier: Arc<dyn Carrier> = match carrier {
                None => Arc::new(Nobody),
                Some(()) => Arc::new(courier(&running)?),
            };
            let (started, before) = (Stopwatch::start(), sqlite.statistics());
            let all: Vec<_> = (0..customers)
                .map(|customer| tokio::spawn(events(store.clone(), account, customer, to, time)))
                .collect();
            let mut accepted = 0;
            for events in all {
                accepted += events.await??;
            }
            if to == "nobody" {
                report("events accepted and done", customers, accepted, started.elapsed(), before, sqlite.statistics());
            }
            let (started, before) = (Stopwatch::start(), sqlite.statistics());
            let outbox = Outbox::new(store.clone(), account);
            let summary = outbox.deliver(&Dispatch::new(carrier, Arc::new(|_| ()))).await?;
            let what = format!("messages delivered to {to}");
            report(&what, customers, summary.sent as u64, started.elapsed(), before, sqlite.statistics());
            store.close();
        }
    }
    Ok(())
}

fn main() -> Result<(), Failed> {
    let mut arguments = std::env::args().skip(1);
    let temporary = tempfile::tempdir()?;
    let folder = arguments.next().map_or(temporary.path().to_owned(), Into::into);
    let seconds = arguments.next().map_or(Ok(2.0), |seconds| seconds.parse())?;
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(measure(&folder, Duration::from_secs_f64(seconds)))
}
