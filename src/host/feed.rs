//! Lines that come to a host from two sides: a log that is followed, and events that a command fires at it.

use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use tokio::sync::{mpsc, oneshot};

use super::desk::{Trouble, TroubleKind};
use crate::base::limits::FEED_LINES_MAX;
use crate::event::Line;
use crate::record::ReadError;
use crate::wechat::BoxFuture;

/// What a log gives.
type Item = Result<Line, ReadError>;

/// One thing that came.
enum Fed {
    /// The log's next line; `None`: there are no more.
    Read(Option<Box<Item>>),
    /// An event, and who waits until pages have been told.
    Fired(Box<Line>, oneshot::Sender<Reached>),
}

/// Whom a line has reached.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reached {
    /// How many pages were told.
    pub pages: usize,
    /// Why none was.
    pub why_none: Option<String>,
}

/// Where who plays a feed says whom its last line has reached.
#[derive(Clone, Debug, Default)]
pub struct Tally(Arc<Mutex<Reached>>);

impl Tally {
    /// Says it.
    pub fn set(&self, reached: Reached) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = reached;
    }

    fn take(&self) -> Reached {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Fires events at a host.
pub trait Triggers: std::fmt::Debug + Send + Sync {
    /// Fires an event, and waits until it will not be lost. Whom it has reached, where that is known by then.
    ///
    /// # Errors
    /// [`Trouble`]: the host ended, or cannot tell anybody.
    fn fire(&self, line: Line) -> BoxFuture<'_, Result<Option<Reached>, Trouble>>;
}

/// Fires events at the pages of a log that is followed: done once they have been told, and what they did is on disk.
#[derive(Debug)]
struct Between(mpsc::Sender<Fed>);

/// What comes to a host; it ends with the log that it follows.
pub struct Feed {
    sender: mpsc::Sender<Fed>,
    queue: mpsc::Receiver<Fed>,
    tally: Tally,
}

impl Triggers for Between {
    fn fire(&self, line: Line) -> BoxFuture<'_, Result<Option<Reached>, Trouble>> {
        let (told, when_told) = oneshot::channel();
        let id = line.id.clone();
        let ended = move |what: &str| {
            let hint = "start the host again, then fire it with the same --id: it is handled once";
            Trouble::new(TroubleKind::Store, format!("the host ended {what} {id}")).with_hint(hint)
        };
        Box::pin(async move {
            let fired = self.0.send(Fed::Fired(Box::new(line), told)).await;
            fired.map_err(|_| ended("before it took the event"))?;
            when_told.await.map(Some).map_err(|_| ended("before it had done with the event"))
        })
    }
}

impl Feed {
    /// A feed, and what fires at it.
    #[must_use]
    pub fn new() -> (Arc<dyn Triggers>, Self) {
        let (sender, queue) = mpsc::channel(FEED_LINES_MAX);
        (Arc::new(Between(sender.clone())), Self { sender, queue, tally: Tally::default() })
    }

    /// Where who plays it says whom its last line has reached.
    #[must_use]
    pub fn tally(&self) -> Tally {
        self.tally.clone()
    }

    /// The lines of this log as they come, with what is fired in between. To be read from outside of the runtime.
    pub fn follow(self, log: impl Iterator<Item = Item> + Send + 'static) -> impl Iterator<Item = Item> {
        let Self { sender, mut queue, tally } = self;
        // It ends with the log, or with the process: nothing wakes a thread that reads standard input.
        thread::spawn(move || {
            let items = log.map(|item| Some(Box::new(item))).chain([None]);
            let _ = items.map(Fed::Read).try_for_each(|fed| sender.blocking_send(fed));
        });
        let mut told: Option<oneshot::Sender<Reached>> = None;
        let lines = std::iter::from_fn(move || {
            // Whoever asks for the next line has done with the one before; the command may have gone.
            let reached = tally.take();
            let _ = told.take().map(|told| told.send(reached));
            match queue.blocking_recv()? {
                Fed::Read(item) => item.map(|item| *item),
                Fed::Fired(line, whom) => {
                    told = Some(whom);
                    Some(Ok(*line))
                }
            }
        });
        // What fires keeps the queue open behind the log's end.
        lines.fuse()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn line(id: &str) -> Line {
        Line::new(id, "log", "stimulus.page.reload", Value::Null)
    }

    fn next_id(lines: &mut impl Iterator<Item = Item>) -> Option<String> {
        lines.next().map(|item| item.unwrap().id)
    }

    #[test]
    fn what_is_fired_comes_between_and_is_answered_once_it_is_done_with() {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
        let (triggers, feed) = Feed::new();
        let (log, more) = std::sync::mpsc::channel();
        let tally = feed.tally();
        let mut lines = feed.follow(more.into_iter().map(Ok));
        log.send(line("1")).unwrap();
        assert_eq!(next_id(&mut lines).as_deref(), Some("1"));
        let fired = runtime.spawn({
            let triggers = triggers.clone();
            async move { triggers.fire(line("fired")).await }
        });
        assert_eq!(next_id(&mut lines).as_deref(), Some("fired"));
        assert!(!fired.is_finished(), "pages are still being told");
        let reached = Reached { pages: 2, why_none: None };
        tally.set(reached.clone());
        log.send(line("2")).unwrap();
        assert_eq!(next_id(&mut lines).as_deref(), Some("2"));
        assert_eq!(runtime.block_on(fired).unwrap(), Ok(Some(reached)));
        drop(log);
        assert_eq!((next_id(&mut lines), next_id(&mut lines)), (None, None), "also where it is asked again");
        drop(triggers);
    }

    #[test]
    fn a_host_that_ends_answers_nobody_that_it_was_told() {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
        let (triggers, feed) = Feed::new();
        let mut lines = feed.follow(std::iter::empty());
        assert_eq!(next_id(&mut lines), None);
        let fired = runtime.spawn(async move {
            let trouble = triggers.fire(line("x")).await;
            (trouble, triggers.fire(line("y")).await)
        });
        // The first one may have been taken; then it is never told.
        drop(lines);
        let (first, second) = runtime.block_on(fired).unwrap();
        assert_eq!((first.unwrap_err().kind, second.unwrap_err().kind), (TroubleKind::Store, TroubleKind::Store));
    }
}
