//! A disk that misbehaves, under SQLite: it loses what was not synced when the power goes, is full, turns read-only,
//! fails to read, write or sync. What a store promises is proved on it.
//!
//! It is a VFS of SQLite (<https://sqlite.org/vfs.html>) over the system's own: the files are real ones, and it keeps
//! beside them what of each is surely on the disk. Each [`Disk`] has a VFS of its own, so that tests run beside each
//! other. Connections open with [`Disk::vfs`] and `locking_mode=EXCLUSIVE`: there is no shared memory (WAL works
//! without it in that mode only, <https://sqlite.org/wal.html#noshm>). Temporary files are not watched.
//!
//! | file | what |
//! |---|---|
//! | `vfs` | the functions that SQLite calls; all of the unsafe code |
//! | `state` | what each operation does, and how it fails |
//! | `content`, `names` | what is surely on the disk, of a file and of the folders, and what waits for a sync |
//! | `chance` | what of the waiting is found after a power cut |
//! | `damage` | bytes turned and cut off, in files at rest |
//!
//! The model is that of SQLite (<https://sqlite.org/atomiccommit.html>, `SQLITE_IOCAP_POWERSAFE_OVERWRITE`): a write is
//! torn at sectors of 512 bytes and leaves the bytes beside it alone; writes get to the disk in any order.

mod chance;
mod content;
mod damage;
mod names;
mod state;
mod vfs;

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub use damage::{cut_end, flip_byte};
use state::State;
use tempfile::TempDir;

/// A folder for files of a disk: in memory where the system has such, for what is real about them does not matter.
pub fn folder() -> TempDir {
    TempDir::new_in("/dev/shm").or_else(|_| TempDir::new()).unwrap()
}

/// What goes wrong, and for which operations. The codes are SQLite's, as its own layer for Unix gives them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// No space: a write fails whole with `SQLITE_FULL`, a file cannot be created (`SQLITE_CANTOPEN`). Writes over
    /// what is there fail as well, as they do where files are copied on write.
    Full,
    /// A write leaves its first half and fails with `SQLITE_FULL`.
    ShortWrite,
    /// Mounted read-only by the system, as after errors. What was open fails with `SQLITE_IOERR_*`, even to sync. What
    /// is opened from then on is open for reading: writing gives `SQLITE_READONLY`, in `locking_mode=EXCLUSIVE` the
    /// first access `SQLITE_IOERR_LOCK`. No file can be created (`SQLITE_CANTOPEN`).
    ReadOnly,
    /// Every operation fails, with `SQLITE_IOERR_*` or `SQLITE_CANTOPEN`. Reads do not.
    Io,
    /// A sync fails (`SQLITE_IOERR_FSYNC`) and forgets what it was for: no later sync brings that to the disk.
    SyncFails,
    /// A sync does nothing and says that it succeeded. No store survives that; tests are seen to fail by it.
    SyncLies,
    /// A read fails (`SQLITE_IOERR_CORRUPTFS`, which SQLite tells as `SQLITE_CORRUPT`).
    ReadFails,
    /// The power goes: this operation may have got to the disk, nothing after it, and everything fails from then on.
    Dies,
}

/// What of the unsynced is found after a power cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unsynced {
    Lost,
    /// All of it: also what is there after only the process was killed.
    Kept,
    /// Some of it, drawn from this seed: of each file nothing, everything, the first of it, or any of its sectors.
    Torn(u64),
}

/// A disk with faults. Files are changed through it alone while it lives.
pub struct Disk {
    vfs: vfs::Registered,
    state: Arc<Mutex<State>>,
}

impl Disk {
    /// A disk without faults, as a VFS of its own until it is dropped. A file that is there when it is first opened
    /// counts as synced.
    pub fn new() -> Self {
        let state = Arc::default();
        Self { vfs: vfs::Registered::new(&state), state }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The name of the VFS, for `Connection::open_with_flags_and_vfs`.
    pub fn vfs(&self) -> &str {
        self.vfs.name()
    }

    /// How many operations there were: files created and deleted, writes, truncations, syncs. Also the number of the
    /// next one, for they count from 0.
    pub fn operations(&self) -> usize {
        self.state().operations()
    }

    /// What operation this was, for messages.
    pub fn told(&self, operation: usize) -> String {
        self.state().told(operation)
    }

    /// The first operation with this number or a later one that can fail so does, once.
    pub fn fail_at(&self, operation: usize, failure: Failure) {
        self.state().add_fault(operation, failure, true);
    }

    /// All operations from this number on that can fail so do, until [`Self::heal`].
    pub fn fail_from(&self, operation: usize, failure: Failure) {
        self.state().add_fault(operation, failure, false);
    }

    /// Nothing fails any longer, nor is due to. The dead stay dead.
    pub fn heal(&self) {
        self.state().heal();
    }

    /// The power goes now, between two operations. [`Failure::Dies`] makes it go in one.
    pub fn die(&self) {
        self.state().die();
    }

    /// Whether the power went.
    pub fn is_dead(&self) -> bool {
        self.state().is_dead()
    }

    /// Copies a folder as it may be found after the power went: at the moment of death, or now where the disk lives.
    /// Files that the disk has not seen are copied as they are. A file whose creation or deletion no sync of its folder
    /// followed may be there or not.
    ///
    /// # Errors
    /// The file system's.
    pub fn power_cut(&self, from: &Path, to: &Path, unsynced: Unsynced) -> io::Result<()> {
        // SQLite gives paths without links, and so are those of the files.
        let from = from.canonicalize()?;
        let state = self.state();
        let mut files: BTreeMap<PathBuf, Vec<u8>> = state.after_power_cut(unsynced);
        files.retain(|path, _| path.starts_with(&from));
        fs::create_dir_all(to)?;
        let mut folders = vec![from.clone()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder)? {
                let path = entry?.path();
                if path.is_dir() {
                    fs::create_dir_all(to.join(path.strip_prefix(&from).map_err(io::Error::other)?))?;
                    folders.push(path);
                } else if !state.is_known(&path) {
                    files.insert(path.clone(), fs::read(&path)?);
                }
            }
        }
        for (path, bytes) in files {
            fs::write(to.join(path.strip_prefix(&from).map_err(io::Error::other)?), bytes)?;
        }
        Ok(())
    }
}
