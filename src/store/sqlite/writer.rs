//! Group commit: one thread has the connection; what waits when it comes round is one transaction and one sync.

use std::fmt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use rusqlite::Connection;

use super::super::error::StoreError;
use super::super::reply::Reply;
use super::schema;
use crate::base::limits::COMMIT_CALLS_MAX;

/// What a store has written since it was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Calls that were answered.
    pub calls: u64,
    /// Transactions that wrote something: each is one sync.
    pub commits: u64,
}

#[derive(Debug, Default)]
struct Counters {
    calls: AtomicU64,
    commits: AtomicU64,
}

/// One call: done inside a transaction, answered after it.
trait Call: Send {
    fn run(&mut self, connection: &Connection) -> rusqlite::Result<()>;
    fn wants_checkpoint(&self) -> bool;
    fn answer(self: Box<Self>, failure: Option<&StoreError>);
}

struct Work<T, F> {
    work: Option<F>,
    result: Option<T>,
    sender: tokio::sync::oneshot::Sender<Result<T, StoreError>>,
    checkpoint: bool,
}

impl<T: Send, F: FnOnce(&Connection) -> rusqlite::Result<T> + Send> Call for Work<T, F> {
    fn run(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        self.result = self.work.take().map(|work| work(connection)).transpose()?;
        Ok(())
    }

    fn wants_checkpoint(&self) -> bool {
        self.checkpoint
    }

    fn answer(self: Box<Self>, failure: Option<&StoreError>) {
        let answer = match (failure, self.result) {
            (Some(error), _) => Err(error.clone()),
            (None, Some(result)) => Ok(result),
            (None, None) => Err(StoreError::closed()),
        };
        // Whoever no longer waits has gone on without knowing.
        let _ = self.sender.send(answer);
    }
}

/// The thread, and the way to it.
pub(super) struct Writer {
    /// Nothing once it is closed.
    way: Mutex<Option<Way>>,
    counters: Arc<Counters>,
}

struct Way {
    calls: Sender<Box<dyn Call>>,
    thread: JoinHandle<()>,
}

impl fmt::Debug for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer").field("counters", &self.counters).finish_non_exhaustive()
    }
}

impl Writer {
    pub(super) fn start(connection: Connection, path: PathBuf) -> Result<Self, StoreError> {
        let (sender, calls) = channel();
        let counters = Arc::new(Counters::default());
        let (counted, told) = (counters.clone(), path.clone());
        let thread = std::thread::Builder::new().name("store".to_owned());
        let thread = thread.spawn(move || serve(connection, &path, &calls, &counted));
        let thread = thread.map_err(|error| StoreError::folder(&told, "start its thread", &error))?;
        Ok(Self { way: Mutex::new(Some(Way { calls: sender, thread })), counters })
    }

    /// One step, wholly or not at all; answered when it is on disk.
    pub(super) fn call<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Reply<T> {
        self.submit(work, false)
    }

    /// The same; and the file holds nothing of what was there before.
    pub(super) fn call_and_checkpoint<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Reply<T> {
        self.submit(work, true)
    }

    fn submit<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
        checkpoint: bool,
    ) -> Reply<T> {
        let (sender, reply) = Reply::new();
        if let Some(way) = &*self.way.lock().unwrap_or_else(PoisonError::into_inner) {
            // A thread that is gone drops the call, and its reply says so.
            let _ = way.calls.send(Box::new(Work { work: Some(work), result: None, sender, checkpoint }));
        }
        reply
    }

    /// Does what was called, closes the file, and takes nothing more.
    pub(super) fn close(&self) {
        if let Some(Way { calls, thread }) = self.way.lock().unwrap_or_else(PoisonError::into_inner).take() {
            drop(calls);
            // Its panic was told by the replies it owed.
            let _ = thread.join();
        }
    }

    pub(super) fn statistics(&self) -> Statistics {
        let Counters { calls, commits } = &*self.counters;
        Statistics { calls: calls.load(Ordering::Relaxed), commits: commits.load(Ordering::Relaxed) }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.close();
    }
}

fn serve(connection: Connection, path: &std::path::Path, calls: &Receiver<Box<dyn Call>>, counters: &Counters) {
    // After a failed write or sync nobody knows what the disk holds: nothing more is taken.
    let mut broken: Option<StoreError> = None;
    while let Ok(first) = calls.recv() {
        let mut group = vec![first];
        while group.len() < COMMIT_CALLS_MAX
            && let Ok(next) = calls.try_recv()
        {
            group.push(next);
        }
        if broken.is_none() {
            broken = commit(&connection, &mut group, counters).err().map(|error| StoreError::sqlite(path, &error));
        }
        counters.calls.fetch_add(group.len() as u64, Ordering::Relaxed);
        group.into_iter().for_each(|call| call.answer(broken.as_ref()));
    }
    if broken.is_none() {
        // Without it the next one only looks more closely.
        let _ = schema::close(&connection);
    }
    // Closing moves what is in the log to its place; the next opening would.
    let _ = connection.close();
}

fn commit(connection: &Connection, group: &mut [Box<dyn Call>], counters: &Counters) -> rusqlite::Result<()> {
    let before = connection.total_changes();
    connection.prepare_cached("BEGIN")?.execute([])?;
    for call in group.iter_mut() {
        if let Err(error) = call.run(connection) {
            // The first error is what counts.
            let _ = connection.execute_batch("ROLLBACK");
            return Err(error);
        }
    }
    connection.prepare_cached("COMMIT")?.execute([])?;
    if connection.total_changes() > before {
        counters.commits.fetch_add(1, Ordering::Relaxed);
    }
    if group.iter().any(|call| call.wants_checkpoint()) {
        connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    }
    Ok(())
}
