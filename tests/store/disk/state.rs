//! What the disk holds and what is wrong with it; one rule for each kind of operation. The files under the layer are
//! real: each rule is handed what does the operation there, and returns SQLite's result code.

use std::collections::BTreeMap;
use std::ffi::c_int;
use std::path::{Path, PathBuf};

use rusqlite::ffi;

use super::chance::Chance;
use super::content::Content;
use super::names::{FileId, Names};
use super::{Failure, Unsynced};

/// What changes the disk; these are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    Create,
    Write,
    Truncate,
    Sync,
    Delete,
}

#[derive(Debug, Default)]
pub struct State {
    names: Names,
    files: Vec<Content>,
    faults: Vec<Fault>,
    /// Every operation so far, and the file's name.
    done: Vec<(Operation, PathBuf)>,
    is_dead: bool,
}

#[derive(Debug)]
struct Fault {
    /// The first operation that it may befall.
    from: usize,
    failure: Failure,
    is_once: bool,
}

/// What becomes of an operation.
enum Verdict {
    Done,
    /// It fails in this way; where the disk dies of it, it may still have got to the disk.
    Fails(Failure),
    Dead,
}

impl Failure {
    fn befalls(self, operation: Operation) -> bool {
        match self {
            Self::Dies | Self::Io | Self::ReadOnly => true,
            Self::Full => matches!(operation, Operation::Create | Operation::Write),
            Self::ShortWrite => operation == Operation::Write,
            Self::SyncFails | Self::SyncLies => operation == Operation::Sync,
            Self::ReadFails => false,
        }
    }
}

impl State {
    pub fn operations(&self) -> usize {
        self.done.len()
    }

    /// What an operation was, for messages.
    pub fn told(&self, number: usize) -> String {
        let Some((operation, path)) = self.done.get(number) else { return format!("operation {number}, not reached") };
        let name = path.file_name().unwrap_or_default().display();
        format!("operation {number}, {operation:?} of {name}")
    }

    pub fn add_fault(&mut self, from: usize, failure: Failure, is_once: bool) {
        self.faults.push(Fault { from, failure, is_once });
    }

    pub fn heal(&mut self) {
        self.faults.clear();
    }

    pub fn die(&mut self) {
        self.is_dead = true;
    }

    pub fn is_dead(&self) -> bool {
        self.is_dead
    }

    fn begin(&mut self, operation: Operation, path: &Path) -> Verdict {
        if self.is_dead {
            return Verdict::Dead;
        }
        let number = self.done.len();
        self.done.push((operation, path.to_owned()));
        let mut due = self.faults.iter().enumerate().rev();
        let Some((index, fault)) = due.find(|(_, fault)| fault.from <= number && fault.failure.befalls(operation))
        else {
            return Verdict::Done;
        };
        let failure = fault.failure;
        if fault.is_once {
            self.faults.remove(index);
        }
        self.is_dead = failure == Failure::Dies;
        Verdict::Fails(failure)
    }

    /// Whether something that is no operation fails in this way by now.
    fn suffers(&mut self, failure: Failure) -> bool {
        let now = self.done.len();
        let found = self.faults.iter().position(|fault| fault.from <= now && fault.failure == failure);
        if let Some(index) = found
            && self.faults[index].is_once
        {
            self.faults.remove(index);
        }
        found.is_some()
    }

    /// Opens a file under its full path, with SQLite's flags. `None` is a temporary one, which is nobody's business.
    /// On a disk that is read-only it opens for reading, as SQLite's own layer does it.
    pub fn open(
        &mut self,
        path: Option<&Path>,
        flags: c_int,
        real: impl FnOnce(c_int) -> c_int,
    ) -> Result<Option<FileId>, c_int> {
        let Some(path) = path.filter(|_| flags & ffi::SQLITE_OPEN_DELETEONCLOSE == 0) else {
            return if self.is_dead { Err(ffi::SQLITE_CANTOPEN) } else { opened(real(flags)).map(|()| None) };
        };
        let is_new = !path.exists();
        if is_new && flags & ffi::SQLITE_OPEN_CREATE != 0 {
            return self.create(path, || real(flags)).map(Some);
        }
        let read_only = flags & !(ffi::SQLITE_OPEN_READWRITE | ffi::SQLITE_OPEN_CREATE) | ffi::SQLITE_OPEN_READONLY;
        let is_for_writing = flags & ffi::SQLITE_OPEN_READWRITE != 0;
        if self.is_dead {
            return Err(ffi::SQLITE_CANTOPEN);
        }
        let file = self.names.file(path).map_or_else(|| self.adopt(path), Ok)?;
        let is_read_only = is_for_writing && self.suffers(Failure::ReadOnly);
        opened(real(if is_read_only { read_only } else { flags }))?;
        Ok(Some(file))
    }

    /// A file that was there before the disk saw it is on it as it is.
    fn adopt(&mut self, path: &Path) -> Result<FileId, c_int> {
        let bytes = std::fs::read(path).map_err(|_| ffi::SQLITE_CANTOPEN)?;
        let file = self.number(Content::synced(bytes));
        self.names.found(path.to_owned(), file);
        Ok(file)
    }

    fn number(&mut self, content: Content) -> FileId {
        self.files.push(content);
        self.files.len() - 1
    }

    fn create(&mut self, path: &Path, real: impl FnOnce() -> c_int) -> Result<FileId, c_int> {
        match self.begin(Operation::Create, path) {
            Verdict::Done => {
                opened(real())?;
                let file = self.number(Content::default());
                self.names.set(path.to_owned(), Some(file));
                Ok(file)
            }
            Verdict::Fails(Failure::Dies) => {
                let file = self.number(Content::default());
                self.names.announce(path.to_owned(), Some(file));
                Err(ffi::SQLITE_CANTOPEN)
            }
            Verdict::Fails(_) | Verdict::Dead => Err(ffi::SQLITE_CANTOPEN),
        }
    }

    pub fn delete(&mut self, path: &Path, syncs_folder: bool, real: impl FnOnce() -> c_int) -> c_int {
        match self.begin(Operation::Delete, path) {
            Verdict::Done => {
                let code = real();
                if code == ffi::SQLITE_OK {
                    self.names.set(path.to_owned(), None);
                    if syncs_folder {
                        self.names.sync_folder_of(path);
                    }
                }
                code
            }
            Verdict::Fails(Failure::Dies) => {
                self.names.announce(path.to_owned(), None);
                ffi::SQLITE_IOERR_DELETE
            }
            Verdict::Fails(_) | Verdict::Dead => ffi::SQLITE_IOERR_DELETE,
        }
    }

    pub fn read(&mut self, real: impl FnOnce() -> c_int) -> c_int {
        if self.is_dead {
            ffi::SQLITE_IOERR_READ
        } else if self.suffers(Failure::ReadFails) {
            // What SQLite's own layer says of EIO.
            ffi::SQLITE_IOERR_CORRUPTFS
        } else {
            real()
        }
    }

    pub fn write(
        &mut self,
        (file, path): (FileId, &Path),
        at: usize,
        bytes: &[u8],
        real: impl FnOnce(&[u8]) -> c_int,
    ) -> c_int {
        let failure = match self.begin(Operation::Write, path) {
            Verdict::Dead => return ffi::SQLITE_IOERR_WRITE,
            Verdict::Fails(Failure::Full) => return ffi::SQLITE_FULL,
            Verdict::Fails(Failure::Dies) => {
                self.files[file].write(at, bytes);
                return ffi::SQLITE_IOERR_WRITE;
            }
            // The first half; SQLite's own layer then finds the disk full.
            Verdict::Fails(Failure::ShortWrite) => Some((&bytes[..bytes.len() / 2], ffi::SQLITE_FULL)),
            Verdict::Fails(_) => return ffi::SQLITE_IOERR_WRITE,
            Verdict::Done => None,
        };
        let (written, otherwise) = failure.unwrap_or((bytes, ffi::SQLITE_OK));
        let code = real(written);
        if code != ffi::SQLITE_OK {
            return code;
        }
        self.files[file].write(at, written);
        otherwise
    }

    pub fn truncate(&mut self, (file, path): (FileId, &Path), length: usize, real: impl FnOnce() -> c_int) -> c_int {
        match self.begin(Operation::Truncate, path) {
            Verdict::Done => {
                let code = real();
                if code == ffi::SQLITE_OK {
                    self.files[file].set_length(length);
                }
                code
            }
            Verdict::Fails(Failure::Dies) => {
                self.files[file].set_length(length);
                ffi::SQLITE_IOERR_TRUNCATE
            }
            Verdict::Fails(_) | Verdict::Dead => ffi::SQLITE_IOERR_TRUNCATE,
        }
    }

    /// A sync of a file, and of its folder. None goes to the real disk: the power that fails is ours.
    pub fn sync(&mut self, (file, path): (FileId, &Path), syncs_folder: bool) -> c_int {
        match self.begin(Operation::Sync, path) {
            Verdict::Done => {
                self.files[file].sync();
                if syncs_folder {
                    self.names.sync_folder_of(path);
                }
                ffi::SQLITE_OK
            }
            Verdict::Fails(Failure::SyncLies) => ffi::SQLITE_OK,
            Verdict::Dead | Verdict::Fails(Failure::Dies) => ffi::SQLITE_IOERR_FSYNC,
            Verdict::Fails(_) => {
                self.files[file].forget();
                ffi::SQLITE_IOERR_FSYNC
            }
        }
    }

    /// Whether the disk has ever seen this file.
    pub fn is_known(&self, path: &Path) -> bool {
        self.names.is_known(path)
    }

    /// The files as they may be found after the power went.
    pub fn after_power_cut(&self, unsynced: Unsynced) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut chance = Chance::new(unsynced);
        let names = self.names.after_power_cut(&mut chance);
        names.into_iter().map(|(path, file)| (path, self.files[file].after_power_cut(&mut chance.fate()))).collect()
    }
}

fn opened(code: c_int) -> Result<(), c_int> {
    if code == ffi::SQLITE_OK { Ok(()) } else { Err(code) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CREATE: c_int = ffi::SQLITE_OPEN_READWRITE | ffi::SQLITE_OPEN_CREATE;
    /// Nowhere: the real operations are done by nobody.
    const PATH: &str = "/nowhere/file";

    /// A disk with one file, which is on it for certain.
    fn with_file() -> (State, FileId) {
        let mut state = State::default();
        let path = Path::new(PATH);
        let file = state.open(Some(path), CREATE, |_| ffi::SQLITE_OK).unwrap().unwrap();
        assert_eq!(state.write((file, path), 0, b"old", |_| ffi::SQLITE_OK), ffi::SQLITE_OK);
        assert_eq!(state.sync((file, path), true), ffi::SQLITE_OK);
        (state, file)
    }

    #[track_caller]
    fn assert_found(state: &State, unsynced: Unsynced, expected: &[(&str, &[u8])]) {
        let expected = expected.iter().map(|(path, bytes)| (PathBuf::from(path), bytes.to_vec())).collect();
        assert_eq!(state.after_power_cut(unsynced), expected, "{unsynced:?}");
    }

    #[test]
    fn the_operation_in_which_the_power_goes_may_get_to_the_disk() {
        type Last = fn(&mut State, FileId) -> bool;
        type Files = &'static [(&'static str, &'static [u8])];
        let unreal = || -> c_int { panic!("the power is gone") };
        let lasts: [(Last, Files); 4] = [
            (|state, file| state.write((file, Path::new(PATH)), 1, b"ff", |_| 0) != 0, &[(PATH, b"off")]),
            (|state, file| state.truncate((file, Path::new(PATH)), 1, || 0) != 0, &[(PATH, b"o")]),
            (|state, _| state.delete(Path::new(PATH), true, || 0) != 0, &[]),
            (
                |state, _| state.open(Some(Path::new("/nowhere/new")), CREATE, |_| 0).is_err(),
                &[(PATH, b"old"), ("/nowhere/new", b"")],
            ),
        ];
        for (last, kept) in lasts {
            let (mut state, file) = with_file();
            state.add_fault(0, Failure::Dies, true);
            assert!(last(&mut state, file));
            assert_found(&state, Unsynced::Kept, kept);
            assert_found(&state, Unsynced::Lost, &[(PATH, b"old")]);
            assert_eq!(state.delete(Path::new(PATH), true, unreal), ffi::SQLITE_IOERR_DELETE);
            assert_found(&state, Unsynced::Kept, kept);
        }
    }

    #[test]
    fn a_sync_that_fails_forgets() {
        for (failure, lost) in [
            (Failure::SyncFails, &b"old"[..]),
            (Failure::Io, b"old"),
            (Failure::ReadOnly, b"old"),
            (Failure::SyncLies, b"new"),
        ] {
            let (mut state, file) = with_file();
            let path = Path::new(PATH);
            state.write((file, path), 0, b"new", |_| ffi::SQLITE_OK);
            state.add_fault(0, failure, true);
            let is_told = state.sync((file, path), false) == ffi::SQLITE_IOERR_FSYNC;
            assert_eq!(is_told, failure != Failure::SyncLies);
            assert_found(&state, Unsynced::Lost, &[(PATH, b"old")]);
            assert_eq!(state.sync((file, path), false), ffi::SQLITE_OK);
            assert_found(&state, Unsynced::Lost, &[(PATH, lost)]);
        }
    }
}
