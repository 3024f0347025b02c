//! The durable state, as commands get to it.

use std::path::Path;

use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use super::exit::Exit;
use super::output::Output;
use super::plugins::fail;
use super::signals::stop_when_interrupted;
use crate::host::control::Control;
use crate::host::desk::Desk;
use crate::host::{Notice, Watch as _};
use crate::outbox::Outbox;
use crate::store::{OpenOptions, SqliteStore, StateFolder, StoreError};

/// Takes the state folder and opens its store; the error is said.
pub(super) fn open(path: &Path, output: &mut Output) -> Result<SqliteStore, Exit> {
    let store = StateFolder::take(path).and_then(|folder| SqliteStore::open(folder, &OpenOptions::default()));
    store.map_err(|error| fail(output, notice(&error), Exit::Environment))
}

/// Hears commands and signals while a host runs. Dropped before the store is to be closed: they have it.
pub(super) struct Ears {
    control: Option<Control>,
    interrupts: JoinHandle<()>,
    runtime: Handle,
}

impl Ears {
    /// Listens in a state folder that this process has. Where commands cannot be heard the host runs without.
    pub(super) fn open(folder: &Path, outbox: &Outbox, runtime: &Handle, output: &mut Output) -> Self {
        let control = Control::open(folder, Desk::of_host(outbox), runtime);
        let control = control.map_err(|error| {
            let text = format!("{}: commands will not reach this host: {error}", folder.display());
            output.say(Notice::warning(text).with_hint(Some("put the state on a disk of this machine")));
        });
        let interrupts = stop_when_interrupted(runtime, outbox.clone());
        Self { control: control.ok(), interrupts, runtime: runtime.clone() }
    }
}

impl Drop for Ears {
    fn drop(&mut self) {
        if let Some(control) = self.control.take() {
            control.close();
        }
        self.interrupts.abort();
        // It was cut off.
        let _ = self.runtime.block_on(&mut self.interrupts);
    }
}

/// What is wrong with a store.
pub(super) fn notice(error: &StoreError) -> Notice {
    Notice::error(error.to_string()).with_hint(Some(error.hint()))
}
