//! How a command gets to the durable state.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;

use super::super::desk::{Answer, Desk, Request, Trouble, TroubleKind};
use super::super::watch::Notice;
use super::client;
use crate::base::clock::Stopwatch;
use crate::base::limits::{STATE_LOOK, STATE_PATIENCE};
use crate::store::{OnUnknown, OpenOptions, SqliteStore, StateFolder, StoreError, StoreErrorKind};

/// Takes a folder for a host. Where a host listens there already it is an error at once; a command is waited for.
///
/// # Errors
/// [`StoreError`].
pub fn take(folder: &Path) -> Result<StateFolder, StoreError> {
    let since = Stopwatch::start();
    loop {
        match StateFolder::take(folder) {
            Err(error) if error.kind == StoreErrorKind::InUse && !client::is_heard(folder) => {
                if since.elapsed() >= STATE_PATIENCE {
                    return Err(error);
                }
                std::thread::sleep(STATE_LOOK);
            }
            taken => return taken,
        }
    }
}

/// The way to the state of a folder, whoever has it.
#[derive(Debug)]
pub struct Door {
    folder: PathBuf,
    policy: OnUnknown,
    runtime: Handle,
    /// Whether a running host gave the last answer.
    host_runs: bool,
    /// How long a folder that somebody else has is waited for.
    pub(super) patience: Duration,
}

impl Door {
    /// The way to this folder. `policy` is for messages that a host which was killed left on the wire.
    #[must_use]
    pub fn new(folder: PathBuf, policy: OnUnknown, runtime: &Handle) -> Self {
        Self { folder, policy, runtime: runtime.clone(), host_runs: false, patience: STATE_PATIENCE }
    }

    /// Whether a running host gave the last answer.
    #[must_use]
    pub fn host_runs(&self) -> bool {
        self.host_runs
    }

    /// The way to a folder of this one.
    #[must_use]
    pub fn within(&self, name: &str) -> Self {
        Self { patience: self.patience, ..Self::new(self.folder.join(name), self.policy, &self.runtime) }
    }

    /// Asks the running host, or does it here where none runs: then the folder is free again when this returns, so that
    /// nobody is kept waiting by a command whose output is looked at. `None`: there is no state, and none is made. `tell`
    /// hears what a person should know besides. To be called from outside of the runtime.
    ///
    /// # Errors
    /// [`Trouble`]; a folder that somebody has for longer than [`STATE_PATIENCE`] without listening is one.
    pub fn ask(&mut self, request: &Request, tell: &mut dyn FnMut(Notice)) -> Result<Option<Answer>, Trouble> {
        let since = Stopwatch::start();
        loop {
            let answer = client::ask(&self.folder, request)?;
            self.host_runs = answer.is_some();
            if self.host_runs {
                return Ok(answer);
            }
            match self.open() {
                Ok(None) => return Ok(None),
                Ok(Some((desk, notices))) => {
                    notices.into_iter().for_each(tell);
                    return self.runtime.block_on(desk.answer(request.clone())).map(Some);
                }
                Err(error) if error.kind != StoreErrorKind::InUse => return Err(error.into()),
                Err(_) if since.elapsed() < self.patience => std::thread::sleep(STATE_LOOK),
                Err(error) => {
                    let text = format!("{error}, and does not listen to commands");
                    let hint = "wait until it has ended, or stop it";
                    return Err(Trouble::new(TroubleKind::Store, text).with_hint(hint));
                }
            }
        }
    }

    /// A desk of one's own; `None`: there is no store.
    fn open(&self) -> Result<Option<(Desk, Vec<Notice>)>, StoreError> {
        if !StateFolder::has_store(&self.folder)? {
            return Ok(None);
        }
        let store = SqliteStore::open(StateFolder::take(&self.folder)?, &OpenOptions::default())?;
        self.runtime.block_on(Desk::alone(Arc::new(store), self.policy)).map(Some)
    }
}
