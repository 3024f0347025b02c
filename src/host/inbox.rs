//! Pushes and other events on disk before whoever brings them is answered, and given out in order, each once.
//!
//! A push is known again by its id, also after a restart. What was given out is done once that is said
//! ([`Inbox::done`]); what was not, when a host ended, the next one gives out again. Where they are only handed on
//! ([`Use::HandOn`]), of what is done it is known for a day that it came; what it said is no longer in the table, and gone
//! from the disk with the next pages that are written.
//!
//! A [`Hearer`] hears of each as it comes.

use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::sync::mpsc::{Receiver as Queue, Sender, channel};

use super::acted::acted;
use super::ledger::{new_event, read};
use crate::base::clock::{Clock, Stopwatch};
use crate::base::limits::REFUSALS_WAITING_MAX;
use crate::event::{Line, Stimulus};
use crate::store::{
    Accepted, AccountId, Commit, EventId, LISTEN, NewEvent, SERVE, Store, StoreError, TurnEnd, TurnState,
};
use crate::wechat::BoxFuture;
use crate::wechat::callback::{NotAccepted, Receiver, Refusal};
use crate::wechat::push::Push;

/// What becomes of what is given out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// It is handed on as it is (`duoke listen`).
    HandOn,
    /// It is handled here (`duoke serve`): what users did counts for what they may be sent.
    Handle,
}

impl Use {
    /// Who takes it out, as the store names it.
    fn reader(self) -> &'static str {
        match self {
            Self::HandOn => LISTEN,
            Self::Handle => SERVE,
        }
    }
}

/// Hears at once of what comes; to be quick.
pub trait Hearer: Send + Sync {
    /// An event is on disk that had not been there; to bring it there took so long.
    fn came(&self, line: &Line, took: Duration);
    /// A request was refused.
    fn refused(&self, refusal: &Refusal);
}

/// The pushes of an account.
pub struct Inbox {
    store: Arc<dyn Store>,
    clock: Clock,
    account: AccountId,
    purpose: Use,
    came: Notify,
    /// Something is done with.
    ended: Notify,
    refused: Sender<Refusal>,
    hearer: OnceLock<Arc<dyn Hearer>>,
}

impl fmt::Debug for Inbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inbox").field("account", &self.account).field("purpose", &self.purpose).finish_non_exhaustive()
    }
}

/// Pushes that were not done yet.
pub type Pushes = Vec<(EventId, Line)>;

impl Inbox {
    /// The inbox of an account, named by its app id and server; and what is refused, for whoever tells of it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn new(
        (store, clock): (Arc<dyn Store>, Clock),
        app_id: &str,
        server: &str,
        purpose: Use,
    ) -> Result<(Arc<Self>, Queue<Refusal>), StoreError> {
        let account = store.account(app_id, server).get().await?;
        let (refused, refusals) = channel(REFUSALS_WAITING_MAX);
        let (came, ended, hearer) = (Notify::new(), Notify::new(), OnceLock::new());
        Ok((Arc::new(Self { store, clock, account, purpose, came, ended, refused, hearer }), refusals))
    }

    /// Who hears of what comes; the first one stays.
    pub fn set_hearer(&self, hearer: Arc<dyn Hearer>) {
        let _ = self.hearer.set(hearer);
    }

    /// What is on disk has come, or there is trouble that whoever reads finds.
    fn came(&self, line: &Line, since: Stopwatch, accepted: Result<Accepted, StoreError>) -> Result<bool, StoreError> {
        if let (Some(hearer), Ok(Accepted { is_new: true, .. })) = (self.hearer.get(), &accepted) {
            hearer.came(line, since.elapsed());
        }
        self.came.notify_one();
        accepted.map(|accepted| accepted.is_new)
    }

    /// Takes in a line that is no push of WeChat's: of a log, or fired by a person. Whether it had not been there.
    ///
    /// # Errors
    /// [`StoreError`]: it is not on disk.
    pub async fn take(&self, line: &Line) -> Result<bool, StoreError> {
        let (since, acted) = (Stopwatch::start(), acted(&Stimulus::from_line(line)));
        let event =
            new_event(self.account, line, false, (vec![self.purpose.reader().to_owned()], acted), self.clock.now_ms());
        let accepted = self.store.accept(event).get().await;
        self.came(line, since, accepted)
    }

    /// The pushes behind `after` that are there and not done, in the order they came; none: there are no more.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn there(&self, after: EventId) -> Result<Pushes, StoreError> {
        self.read(None, after).await
    }

    /// The same, of one customer.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn there_of(&self, openid: &str, after: EventId) -> Result<Pushes, StoreError> {
        self.read(Some(openid), after).await
    }

    async fn read(&self, openid: Option<&str>, after: EventId) -> Result<Pushes, StoreError> {
        let reader = vec![self.purpose.reader().to_owned()];
        let unfinished = self.store.unfinished(self.account, reader, openid, after).get().await?;
        // We wrote them ourselves.
        let read = unfinished.into_iter().filter_map(|event| Some((event.event, read(&event.line)?)));
        Ok(read.collect())
    }

    /// The same, once there are some.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn next(&self, after: EventId) -> Result<Pushes, StoreError> {
        loop {
            let pushes = self.there(after).await?;
            if !pushes.is_empty() {
                return Ok(pushes);
            }
            self.came.notified().await;
        }
    }

    /// They are where they were to go, and need not be kept.
    ///
    /// # Errors
    /// [`StoreError`]: they are given out again.
    pub async fn done(&self, pushes: &[(EventId, Line)]) -> Result<(), StoreError> {
        let done = self.store.commit(self.end(pushes)).get().await.map(drop);
        self.ended.notify_waiters();
        done
    }

    /// The same, as what is to be committed.
    fn end(&self, pushes: &[(EventId, Line)]) -> Commit {
        let events = || pushes.iter().map(|(event, _)| *event);
        let end = |event| TurnEnd { event, plugin: self.purpose.reader().to_owned(), state: TurnState::Done };
        let ended = events().map(end).collect();
        let forgotten = if self.purpose == Use::HandOn { events().collect() } else { Vec::new() };
        Commit { account: Some(self.account), now: self.clock.now_ms(), ended, forgotten, ..Commit::default() }
    }

    /// An event has led to all that it was to lead to. Nobody waits until that is on disk: one of which it is not is handled
    /// again, which leads to nothing new, and a store that fails says so to whoever asks it next.
    pub fn handled(&self, event: EventId, line: &Line) {
        drop(self.store.commit(self.end(&[(event, line.clone())])));
        self.ended.notify_waiters();
    }

    /// Returns when everything that came is done with.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn emptied(&self) -> Result<(), StoreError> {
        loop {
            let mut ended = std::pin::pin!(self.ended.notified());
            ended.as_mut().enable();
            if self.there(EventId(0)).await?.is_empty() {
                return Ok(());
            }
            ended.await;
        }
    }

    /// Deletes what is old.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn tidy(&self) -> Result<(), StoreError> {
        while self.store.tidy(self.clock.now_ms()).get().await?.is_more {}
        Ok(())
    }

    /// The store is not needed any more.
    pub fn close(&self) {
        self.store.close();
    }
}

impl Receiver for Inbox {
    fn accept(&self, push: Push) -> BoxFuture<'_, Result<(), NotAccepted>> {
        Box::pin(async move {
            let (since, line) = (Stopwatch::start(), push.line());
            let acted = match self.purpose {
                Use::HandOn => None,
                Use::Handle => acted(&Stimulus::from_line(&line)),
            };
            let event = new_event(
                self.account,
                &line,
                false,
                (vec![self.purpose.reader().to_owned()], acted),
                self.clock.now_ms(),
            );
            // The id is made of all that makes it the same push.
            let event = NewEvent { digest: Vec::new(), turns_to: None, ..event };
            let accepted = self.store.accept(event).get().await;
            self.came(&line, since, accepted).map(drop).map_err(|error| NotAccepted(error.to_string()))
        })
    }

    fn refused(&self, refusal: &Refusal) {
        if let Some(hearer) = self.hearer.get() {
            hearer.refused(refusal);
        }
        // Strangers may send more than can be told; the first ones say enough.
        let _ = self.refused.try_send(refusal.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::SqliteStore;
    use crate::wechat::push::parse_json;

    fn push(id: u32) -> Push {
        let body = format!(
            r#"{{"ToUserName":"gh_1","FromUserName":"oA","CreateTime":1,"MsgType":"text","Content":"在吗","MsgId":{id}}}"#
        );
        Push::new(parse_json(body.as_bytes()).unwrap()).unwrap()
    }

    async fn inbox(store: &Arc<dyn Store>) -> Arc<Inbox> {
        Inbox::new((store.clone(), Clock::system()), "wx", "http://a", Use::HandOn).await.unwrap().0
    }

    fn ids(pushes: &Pushes) -> Vec<String> {
        pushes.iter().map(|(_, line)| line.data["MsgId"].as_str().unwrap().to_owned()).collect()
    }

    #[tokio::test]
    async fn each_push_is_given_out_once_also_after_a_restart() {
        let store: Arc<dyn Store> = Arc::new(SqliteStore::in_memory().unwrap());
        let first = inbox(&store).await;
        for id in [1, 2, 1, 3] {
            first.accept(push(id)).await.unwrap();
        }
        let pushes = first.next(EventId(0)).await.unwrap();
        assert_eq!(ids(&pushes), ["1", "2", "3"]);
        assert_eq!(pushes[0].1, push(1).line());
        first.done(&pushes[..1]).await.unwrap();
        assert!(first.there(pushes[2].0).await.unwrap().is_empty());
        // The next host: what was not said to be done comes again, what WeChat delivers again does not.
        let second = inbox(&store).await;
        for id in [1, 2, 3, 4] {
            second.accept(push(id)).await.unwrap();
        }
        let pushes = second.next(EventId(0)).await.unwrap();
        assert_eq!(ids(&pushes), ["2", "3", "4"]);
        second.done(&pushes).await.unwrap();
        assert!(second.there(EventId(0)).await.unwrap().is_empty());
        second.accept(push(2)).await.unwrap();
        assert!(second.there(EventId(0)).await.unwrap().is_empty());
        assert_eq!(store.erase("oA", true).get().await.unwrap().events, 0, "nothing is kept of what is done");
    }
}
