//! The state folder: private, one host at a time.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::error::{StoreError, StoreErrorKind};

/// The store's file.
const STORE_FILE: &str = "duoke.sqlite";
/// Held by the host that has the folder; holds its process id.
pub const LOCK_FILE: &str = "lock";
/// Where the host listens to commands.
const CONTROL_FILE: &str = "control.sock";
/// Copies made before migrations.
const BACKUPS: &str = "backups";
/// Whoever may read the folder may read customers' messages and tokens.
const FOLDER_MODE: u32 = 0o700;
const FILE_MODE: u32 = 0o600;

/// A state folder that this process has, until it is let go of or dropped.
#[derive(Debug)]
pub struct StateFolder {
    path: PathBuf,
    /// Locked.
    lock: Mutex<Option<File>>,
}

/// The address of the control socket of a state folder. Socket addresses are short (108 bytes), paths need not be: where
/// it is too long the folder is opened and named by its descriptor.
#[derive(Debug)]
pub struct ControlPath {
    path: PathBuf,
    _folder: Option<File>,
}

/// Bytes of a socket's address, with its end (unix(7)).
const SOCKET_PATH_BYTES_MAX: usize = 107;

impl ControlPath {
    /// The control socket of this folder, whether or not a host has it.
    ///
    /// # Errors
    /// The folder cannot be opened.
    pub fn of(folder: &Path) -> std::io::Result<Self> {
        let path = folder.join(CONTROL_FILE);
        if path.as_os_str().len() <= SOCKET_PATH_BYTES_MAX || !cfg!(target_os = "linux") {
            return Ok(Self { path, _folder: None });
        }
        use std::os::fd::AsRawFd as _;
        let opened = File::open(folder)?;
        let path = PathBuf::from(format!("/proc/self/fd/{}/{CONTROL_FILE}", opened.as_raw_fd()));
        Ok(Self { path, _folder: Some(opened) })
    }

    /// The address.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl StateFolder {
    /// Takes the folder, made where it is not there: for this user only.
    ///
    /// # Errors
    /// Another host has it; it cannot be made or is somebody else's.
    pub fn take(path: &Path) -> Result<Self, StoreError> {
        let trouble = |doing: &str| {
            let doing = doing.to_owned();
            move |error| StoreError::folder(path, &doing, &error)
        };
        DirBuilder::new().recursive(true).mode(FOLDER_MODE).create(path).map_err(trouble("make the folder"))?;
        let metadata = fs::metadata(path).map_err(trouble("look at the folder"))?;
        if metadata.mode() & 0o077 != 0 {
            let private = fs::Permissions::from_mode(FOLDER_MODE);
            fs::set_permissions(path, private).map_err(trouble("make the folder private"))?;
        }
        let mut lock = open_private(&path.join(LOCK_FILE)).map_err(trouble("open its lock"))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut held_by = String::new();
                // Who it is helps, where it can be read.
                let _ = lock.read_to_string(&mut held_by);
                let who = held_by.trim();
                let who = if who.is_empty() { String::new() } else { format!(" (process {who})") };
                let what = format!("another duoke{who} uses this state");
                return Err(StoreError::new(StoreErrorKind::InUse, path, what));
            }
            Err(TryLockError::Error(error)) => return Err(trouble("lock it")(error)),
        }
        let written = lock.set_len(0).and_then(|()| writeln!(lock, "{}", std::process::id()));
        written.map_err(trouble("write its lock"))?;
        Ok(Self { path: path.to_owned(), lock: Mutex::new(Some(lock)) })
    }

    /// Lets go of it, for the next host.
    pub(super) fn release(&self) {
        drop(self.lock.lock().unwrap_or_else(PoisonError::into_inner).take());
    }

    /// Whether there is a store in a folder.
    ///
    /// # Errors
    /// It cannot be looked at.
    pub fn has_store(path: &Path) -> Result<bool, StoreError> {
        let found = path.join(STORE_FILE).try_exists();
        found.map_err(|error| StoreError::folder(path, "look for a store", &error))
    }

    /// The folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The store's file, made where it is not there; SQLite gives its other files the same mode.
    pub(super) fn store_file(&self) -> Result<PathBuf, StoreError> {
        let path = self.path.join(STORE_FILE);
        open_private(&path).map_err(|error| StoreError::folder(&path, "open it", &error))?;
        Ok(path)
    }

    /// The folder of backups, made where it is not there.
    pub(super) fn make_backups(&self) -> Result<PathBuf, StoreError> {
        let path = self.path.join(BACKUPS);
        let made = DirBuilder::new().recursive(true).mode(FOLDER_MODE).create(&path);
        made.map_err(|error| StoreError::folder(&path, "make the folder of backups", &error))?;
        Ok(path)
    }

    /// The backups there are.
    pub(super) fn backups(&self) -> Vec<PathBuf> {
        let Ok(entries) = fs::read_dir(self.path.join(BACKUPS)) else { return Vec::new() };
        let mut found: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
        found.sort();
        found
    }
}

fn open_private(path: &Path) -> std::io::Result<File> {
    OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(FILE_MODE).open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_and_for_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/state");
        let taken = StateFolder::take(&path).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().mode() & 0o777;
        assert_eq!(mode(&path), 0o700);
        assert_eq!(mode(&path.join(LOCK_FILE)), 0o600);
        assert_eq!(mode(&taken.store_file().unwrap()), 0o600);
        let error = StateFolder::take(&path).unwrap_err();
        assert_eq!(error.kind, StoreErrorKind::InUse);
        let who = format!("another duoke (process {}) uses this state", std::process::id());
        assert!(error.to_string().ends_with(&who), "{error}");
        drop(taken);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        StateFolder::take(&path).unwrap();
        assert_eq!(mode(&path), 0o700, "an open folder is closed");
    }

    #[test]
    fn a_long_path_has_an_address() {
        let folder = tempfile::tempdir().unwrap();
        let long = folder.path().join("x".repeat(120));
        fs::create_dir(&long).unwrap();
        let control = ControlPath::of(&long).unwrap();
        let listener = std::os::unix::net::UnixListener::bind(control.path()).unwrap();
        assert!(long.join(CONTROL_FILE).exists());
        std::os::unix::net::UnixStream::connect(ControlPath::of(&long).unwrap().path()).unwrap();
        drop(listener);
    }
}
