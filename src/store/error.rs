//! What can be wrong with a store.

use std::io;
use std::path::{Path, PathBuf};

/// What kind of trouble it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StoreErrorKind {
    /// Another host has it open.
    InUse,
    /// A later release wrote it.
    Newer,
    /// There is no room for more, on the disk or in the store's bound.
    Full,
    /// It cannot be written.
    ReadOnly,
    /// What is in it is damaged.
    Corrupt,
    /// The folder or file cannot be had.
    Folder,
    /// Reading, writing or syncing failed.
    Io,
    /// It was closed while it was asked.
    Closed,
}

/// Trouble with a store: what, where, why. Nothing that was answered before is lost by it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}: {what}", .path.display())]
pub struct StoreError {
    /// What kind.
    pub kind: StoreErrorKind,
    /// The folder or file.
    pub path: PathBuf,
    /// What happened and why.
    pub what: String,
}

impl StoreError {
    pub(super) fn new(kind: StoreErrorKind, path: &Path, what: impl Into<String>) -> Self {
        Self { kind, path: path.to_owned(), what: what.into() }
    }

    /// It is not there any more.
    pub(crate) fn closed() -> Self {
        Self::new(StoreErrorKind::Closed, Path::new("store"), "it was closed")
    }

    pub(super) fn folder(path: &Path, doing: &str, error: &io::Error) -> Self {
        let kind = match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => StoreErrorKind::Full,
            io::ErrorKind::ReadOnlyFilesystem => StoreErrorKind::ReadOnly,
            _ => StoreErrorKind::Folder,
        };
        Self::new(kind, path, format!("cannot {doing}: {error}"))
    }

    /// An error of SQLite.
    pub(super) fn sqlite(path: &Path, error: &rusqlite::Error) -> Self {
        use rusqlite::ErrorCode as Code;
        let kind = match error.sqlite_error_code() {
            Some(Code::DiskFull) => StoreErrorKind::Full,
            Some(Code::ReadOnly) => StoreErrorKind::ReadOnly,
            Some(Code::DatabaseCorrupt | Code::NotADatabase) => StoreErrorKind::Corrupt,
            Some(Code::DatabaseBusy | Code::DatabaseLocked) => StoreErrorKind::InUse,
            Some(Code::CannotOpen) => StoreErrorKind::Folder,
            // A row that does not decode was not written by us.
            None if !matches!(error, rusqlite::Error::SqliteFailure(..)) => StoreErrorKind::Corrupt,
            _ => StoreErrorKind::Io,
        };
        let what = match kind {
            StoreErrorKind::Full => format!("there is no room to write: {error}"),
            StoreErrorKind::ReadOnly => format!("it cannot be written: {error}"),
            StoreErrorKind::Corrupt => format!("it is damaged: {error}"),
            StoreErrorKind::InUse => format!("another program has it open: {error}"),
            StoreErrorKind::Folder => format!("it cannot be opened: {error}"),
            _ => format!("it cannot be read or written: {error}"),
        };
        Self::new(kind, path, what)
    }

    /// The next step, for a `hint:` line.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self.kind {
            StoreErrorKind::InUse => {
                "one host uses a store at a time: stop the other one, or name another folder with --store"
            }
            StoreErrorKind::Newer => "use the release that wrote it, or one of the backups beside it with this one",
            StoreErrorKind::Full => {
                "make room on the disk and start again: what was accepted is there; what is done goes by itself after 30 days"
            }
            StoreErrorKind::ReadOnly => {
                "make the folder writable for this user and start again: what was accepted is there"
            }
            StoreErrorKind::Corrupt => {
                "keep a copy of the whole folder first. A backup in its place, without the -wal beside it, is the state before \
                 an upgrade: what was to be sent then is sent again"
            }
            StoreErrorKind::Folder => {
                "name a folder that this user may write, on a disk that has room: `[store] path` in duoke.toml, or --store"
            }
            StoreErrorKind::Io | StoreErrorKind::Closed => {
                "look at the disk (dmesg, smartctl), then start again: what was accepted is there"
            }
        }
    }
}
