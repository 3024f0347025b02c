//! How a host is doing: what health checks and metrics are answered with, from before it serves until it has ended.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::time::timeout;

use super::craft::Host;
use super::crew::Foreman;
use super::metrics::{Look, Metrics};
use crate::base::clock::{Stopwatch, TimestampMs};
use crate::base::limits::{CONSOLE_LOOK_SHARE, CONSOLE_LOOK_TIME, CONSOLE_STORE_TIME};
use crate::base::sync::lock;
use crate::host::inbox::Inbox;
use crate::outbox::Outbox;
use crate::store::AccountId;
use crate::wechat::Client;

/// How far a host is.
#[derive(Clone)]
enum Phase {
    Starting,
    Serving,
    Stopping,
    Failed(String),
}

/// An account, as far as it is looked at.
pub(super) struct Observed {
    pub(super) app_id: String,
    pub(super) inbox: Arc<Inbox>,
    pub(super) outbox: Outbox,
    pub(super) client: Client,
}

impl Observed {
    /// Their app ids, and the accounts in the store.
    pub(super) fn accounts(all: &[Self]) -> Vec<(String, AccountId)> {
        all.iter().map(|one| (one.app_id.clone(), one.outbox.account())).collect()
    }
}

/// Whom to ask while it runs.
struct Running {
    crew: Foreman<Host>,
    accounts: Vec<Observed>,
}

/// How a host is doing.
pub struct Operations {
    pub(super) metrics: Metrics,
    /// Whether whoever hears of it wants to hear what goes on though nothing is amiss.
    pub(super) is_detailed: bool,
    phase: Mutex<Phase>,
    running: Mutex<Option<Arc<Running>>>,
    /// Plugins, and whether the last page of theirs that was to be opened did.
    opened: Mutex<BTreeMap<String, bool>>,
    /// The store is asked by one at a time, and not more often than it changes.
    last: tokio::sync::Mutex<Option<(Stopwatch, Duration, Look)>>,
}

impl fmt::Debug for Operations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Operations").field("is_detailed", &self.is_detailed).finish_non_exhaustive()
    }
}

impl Operations {
    /// A host that does not serve yet; `is_detailed`: what goes on is told though nothing is amiss.
    #[must_use]
    pub fn new(is_detailed: bool) -> Self {
        Self {
            metrics: Metrics::new(),
            is_detailed,
            phase: Mutex::new(Phase::Starting),
            running: Mutex::default(),
            opened: Mutex::default(),
            last: tokio::sync::Mutex::default(),
        }
    }

    /// It serves: these are asked from now on.
    pub(super) fn serving(&self, crew: Foreman<Host>, accounts: Vec<Observed>) {
        *lock(&self.running) = Some(Arc::new(Running { crew, accounts }));
        *lock(&self.phase) = Phase::Serving;
    }

    /// It ends, in order or because of trouble.
    pub(super) fn stopping(&self, failure: Option<String>) {
        *lock(&self.phase) = failure.map_or(Phase::Stopping, Phase::Failed);
    }

    /// It has ended: nobody is asked any more.
    pub(super) fn ended(&self) {
        *lock(&self.running) = None;
    }

    /// A page of a plugin was to be opened, and was or was not.
    pub(super) fn opened(&self, plugin: &str, is_open: bool) {
        let mut opened = lock(&self.opened);
        match opened.get_mut(plugin) {
            Some(known) => *known = is_open,
            None => drop(opened.insert(plugin.to_owned(), is_open)),
        }
    }

    /// Other plugins are in force.
    pub(super) fn moved(&self) {
        lock(&self.opened).clear();
    }

    /// Whether pages open, as far as any were to be; where all plugins' last ones did not, none does.
    fn opens_pages(&self) -> Result<(), String> {
        let opened = lock(&self.opened);
        if opened.is_empty() || opened.values().any(|is_open| *is_open) {
            return Ok(());
        }
        Err(format!("no page opens: {}", opened.keys().map(String::as_str).collect::<Vec<_>>().join(", ")))
    }

    /// Whether it serves, its store works and pages open.
    ///
    /// # Errors
    /// Why not, in words.
    pub async fn ready(&self) -> Result<(), String> {
        let phase = lock(&self.phase).clone();
        match phase {
            Phase::Starting => Err("it is starting".to_owned()),
            Phase::Stopping => Err("it is stopping".to_owned()),
            Phase::Failed(reason) => Err(reason),
            Phase::Serving => {
                self.opens_pages()?;
                self.look().await.map(drop)
            }
        }
    }

    /// The metrics, as [`METRICS_TYPE`](super::METRICS_TYPE). What cannot be asked is as it was last.
    pub async fn metrics(&self) -> String {
        let look = match self.look().await {
            Ok(look) => look,
            Err(_) => self.last.lock().await.as_ref().map(|(.., look)| look.clone()).unwrap_or_default(),
        };
        self.metrics.text(&look)
    }

    /// Returns when what came is handled, pages have nothing to do and messages wait for a time or for somebody, for whoever
    /// moves the clock by hand and lets nothing come meanwhile: when there is something to do again. At once where it does not
    /// serve. A seat that waits for its page is not settled.
    ///
    /// # Errors
    /// Of the store, in words.
    pub async fn settled(&self) -> Result<Option<TimestampMs>, String> {
        let Some(running) = lock(&self.running).clone() else { return Ok(None) };
        for Observed { inbox, .. } in &running.accounts {
            inbox.emptied().await.map_err(|error| error.to_string())?;
        }
        let mut next = running.crew.settled().await;
        for Observed { outbox, client, .. } in &running.accounts {
            let delivery = outbox.settled(&client.config().clock).await;
            if let Some(error) = outbox.failure() {
                return Err(error.to_string());
            }
            next = next.into_iter().chain(delivery).min();
        }
        Ok(next)
    }

    async fn look(&self) -> Result<Look, String> {
        let mut last = self.last.lock().await;
        let Some(running) = lock(&self.running).clone() else { return Err("it does not serve".to_owned()) };
        if let Some(error) = running.accounts.iter().find_map(|account| account.outbox.failure()) {
            return Err(error.to_string());
        }
        if let Some((at, good_for, look)) = &*last
            && at.elapsed() < *good_for
        {
            return Ok(look.clone());
        }
        let began = Stopwatch::start();
        let (conversations, served) = running.crew.counts();
        let mut look = Look { conversations, served, accounts: Vec::new() };
        for Observed { app_id, outbox, client, .. } in &running.accounts {
            let summary = timeout(CONSOLE_STORE_TIME, outbox.summary()).await;
            let summary = summary.map_err(|_| "the store does not answer".to_owned())?;
            let summary = summary.map_err(|error| error.to_string())?;
            look.accounts.push((app_id.clone(), summary, client.tokens_fetched()));
        }
        // With millions of messages counting takes long, and nobody else is served meanwhile.
        let good_for = CONSOLE_LOOK_TIME.max(began.elapsed() * CONSOLE_LOOK_SHARE);
        *last = Some((Stopwatch::start(), good_for, look.clone()));
        Ok(look)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::clock::Clock;
    use crate::host::inbox::Use;
    use crate::store::{SqliteStore, Store};
    use crate::wechat::{ClientConfig, Secret};

    /// An account whose store is still open.
    async fn observed() -> (Arc<dyn Store>, Observed) {
        let store: Arc<dyn Store> = Arc::new(SqliteStore::in_memory().unwrap());
        let account = store.account("wx", "http://a").get().await.unwrap();
        let config = ClientConfig::new("http://127.0.0.1:1".parse().unwrap(), "wx", Secret::new("s"));
        let client = Client::new(config).unwrap();
        let inbox = (store.clone(), Clock::system());
        let inbox = Inbox::new(inbox, "wx", "http://a", Use::Handle).await.unwrap().0;
        (store.clone(), Observed { app_id: "wx".to_owned(), inbox, outbox: Outbox::new(store, account), client })
    }

    async fn reason(operations: &Operations) -> String {
        operations.ready().await.unwrap_err()
    }

    #[tokio::test]
    async fn ready_while_it_serves() {
        let operations = Operations::new(false);
        assert_eq!(reason(&operations).await, "it is starting");
        assert!(operations.metrics().await.contains("duoke_pages_alive 0"), "before it serves");
        let (_store, observed) = observed().await;
        operations.serving(Foreman::nobody(), vec![observed]);
        assert_eq!(operations.ready().await, Ok(()));
        operations.opened("a", false);
        operations.opened("b", false);
        assert_eq!(reason(&operations).await, "no page opens: a, b");
        operations.opened("b", true);
        assert_eq!(operations.ready().await, Ok(()), "one does");
        operations.opened("b", false);
        operations.moved();
        assert_eq!(operations.ready().await, Ok(()), "of others nothing is known");
        operations.stopping(None);
        assert_eq!(reason(&operations).await, "it is stopping");
        operations.stopping(Some("the disk is full".to_owned()));
        assert_eq!(reason(&operations).await, "the disk is full");
        operations.ended();
        assert!(operations.metrics().await.contains("state=\"sent\"} 0"), "as it was last");
    }

    #[tokio::test]
    async fn not_ready_without_its_store() {
        let operations = Operations::new(false);
        let (store, observed) = observed().await;
        operations.serving(Foreman::nobody(), vec![observed]);
        store.close();
        assert!(!reason(&operations).await.is_empty());
    }
}
