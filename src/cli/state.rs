//! The durable state, as a command opens it.

use std::path::Path;

use super::exit::Exit;
use super::output::Output;
use super::plugins::fail;
use crate::host::Notice;
use crate::store::{OpenOptions, SqliteStore, StateFolder, StoreError};

/// Takes the state folder and opens its store; the error is said.
pub(super) fn open(path: &Path, output: &mut Output) -> Result<SqliteStore, Exit> {
    let store = StateFolder::take(path).and_then(|folder| SqliteStore::open(folder, &OpenOptions::default()));
    store.map_err(|error| fail(output, notice(&error), Exit::Environment))
}

/// What is wrong with a store.
pub(super) fn notice(error: &StoreError) -> Notice {
    Notice::error(error.to_string()).with_hint(Some(error.hint()))
}
