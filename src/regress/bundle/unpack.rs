//! Reading a bundle. Whoever made it may mean harm: nothing of it lands outside of the folder, is a link, or names what
//! lies elsewhere on this machine; its size and the number of its files are bounded.

use std::collections::BTreeSet;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{BundleError, PLUGINS, SESSIONS, failed};
use crate::base::limits::{BUNDLE_BYTES_MAX, BUNDLE_FILES_MAX};
use crate::host::{Names, Plugin, is_address};
use crate::record::session::START;
use crate::regress::case::{Case, LogFile};
use crate::regress::update::ZSTD_MAGIC;

/// Where `ustar` stands in the first block (POSIX.1-1988, §10.1.1).
const MAGIC_AT: usize = 257;
const MAGIC: &[u8] = b"ustar";

/// The folders of bundles that are unpacked now: a process that is interrupted drops nothing.
static UNPACKED: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

/// A bundle in a folder of its own, which nobody else can look into and which goes with it.
#[derive(Debug)]
pub struct Unpacked {
    folder: tempfile::TempDir,
    /// Its recordings, called by the bundle's name and theirs.
    pub recordings: Vec<LogFile>,
}

impl Unpacked {
    /// Unpacks a bundle; `name` is what it is called.
    ///
    /// # Errors
    /// [`BundleError`]
    pub fn open(bundle: &Path, name: &str) -> Result<Self, BundleError> {
        let mut builder = tempfile::Builder::new();
        builder.prefix("duoke-");
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
        let folder = builder.tempdir().map_err(failed(&std::env::temp_dir()))?;
        let inside = folder.path().join("bundle");
        // Who removes it meanwhile waits until it is whole.
        let mut all = unpacked();
        let recordings = unpack(bundle, &inside)?.into_iter();
        all.insert(folder.path().to_owned());
        drop(all);
        let named = |path: PathBuf| LogFile {
            name: format!("{name}/{}", super::super::select::shown(&path)),
            path: inside.join(&path),
        };
        Ok(Self { recordings: recordings.map(named).collect(), folder })
    }

    /// Where it lies.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }
}

impl Drop for Unpacked {
    fn drop(&mut self) {
        unpacked().remove(self.folder.path());
    }
}

fn unpacked() -> MutexGuard<'static, BTreeSet<PathBuf>> {
    UNPACKED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Removes what bundles were unpacked to in this process, which is about to end. As long as what it returns is kept, nobody
/// else is done with a bundle, so that no command ends by what it no longer finds there.
#[must_use = "what reads a bundle would end in its own way"]
pub fn remove_unpacked() -> impl Sized {
    let mut unpacked = unpacked();
    for folder in std::mem::take(&mut *unpacked) {
        // One that cannot be removed stays for whoever looks after the folder for such things.
        let _ = fs::remove_dir_all(folder);
    }
    unpacked
}

/// Whether a file is a bundle, by its content; one that cannot be read is none.
#[must_use]
pub fn is_bundle(path: &Path) -> bool {
    let Ok(mut file) = File::open(path) else { return false };
    let mut magic = [0; ZSTD_MAGIC.len()];
    if !path.is_file() || file.read_exact(&mut magic).is_err() || magic != ZSTD_MAGIC {
        return false;
    }
    let start = File::open(path).and_then(zstd::stream::read::Decoder::new);
    let mut block = [0; MAGIC_AT + MAGIC.len()];
    start.is_ok_and(|mut start| start.read_exact(&mut block).is_ok()) && block.ends_with(MAGIC)
}

/// Unpacks a bundle into a folder that is not there yet; its recordings, relative to that.
///
/// # Errors
/// [`BundleError`]; nothing is left of the folder then.
pub fn unpack(bundle: &Path, to: &Path) -> Result<Vec<PathBuf>, BundleError> {
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(to).map_err(failed(to))?;
    let unpacked = write(bundle, to).and_then(|recordings| check(bundle, to, &recordings).map(|()| recordings));
    if unpacked.is_err() {
        // It was made here.
        let _ = fs::remove_dir_all(to);
    }
    unpacked
}

fn write(bundle: &Path, to: &Path) -> Result<Vec<PathBuf>, BundleError> {
    let bad = |reason: String| BundleError::NotABundle { file: bundle.to_owned(), reason };
    let broken = |error: io::Error| bad(error.to_string());
    let file = File::open(bundle).map_err(failed(bundle))?;
    let decoder = zstd::stream::read::Decoder::new(file).map_err(broken)?;
    let mut archive = tar::Archive::new(decoder.take(BUNDLE_BYTES_MAX));
    let (mut left, mut count, mut recordings) = (BUNDLE_BYTES_MAX, 0, Vec::new());
    // As they stand there: names by extension headers are none of ours.
    for entry in archive.entries().map_err(broken)?.raw(true) {
        let mut entry = entry.map_err(broken)?;
        let name =
            String::from_utf8(entry.path_bytes().into_owned()).map_err(|_| bad("a name is not UTF-8".to_owned()))?;
        if !entry.header().entry_type().is_file() {
            return Err(bad(format!("{name:?} is no file")));
        }
        let path = checked(&name).map_err(|reason| bad(format!("{name:?} {reason}")))?;
        count += 1;
        let size = entry.size();
        if count > BUNDLE_FILES_MAX || size > left {
            return Err(bad(format!("it has more than {BUNDLE_FILES_MAX} files or {BUNDLE_BYTES_MAX} bytes")));
        }
        left -= size;
        put(&mut entry, size, &to.join(&path)).map_err(|error| bad(format!("{name:?}: {error}")))?;
        if path.starts_with(SESSIONS) {
            recordings.push(path);
        }
    }
    recordings.sort();
    if recordings.is_empty() { Err(bad("there is no recording in it".to_owned())) } else { Ok(recordings) }
}

/// Writes a file that is not there yet.
fn put(entry: &mut impl Read, size: u64, path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), fs::create_dir_all)?;
    let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
    let written = io::copy(&mut entry.take(size), &mut file)?;
    if written == size { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

/// A name as a path that stays where it is put; what is wrong with it.
fn checked(name: &str) -> Result<PathBuf, &'static str> {
    let parts: Vec<&str> = name.split('/').collect();
    let is_plain = |part: &&str| !part.is_empty() && !part.starts_with('.') && !part.contains(['\\', ':']);
    if !parts.iter().all(is_plain) || name.chars().any(char::is_control) {
        return Err("is no plain name");
    }
    match parts.as_slice() {
        [SESSIONS, file] if file.ends_with(".jsonl") => Ok(parts.iter().collect()),
        [PLUGINS, _, _, ..] => Ok(parts.iter().collect()),
        _ => Err("is neither a recording nor a plugin's file"),
    }
}

/// Nothing in it names what lies outside of it.
fn check(bundle: &Path, to: &Path, recordings: &[PathBuf]) -> Result<(), BundleError> {
    let bad = |reason: String| BundleError::NotABundle { file: bundle.to_owned(), reason };
    for recording in recordings {
        let mut start = Vec::new();
        let path = to.join(recording);
        File::open(&path).and_then(|it| it.take(4).read_to_end(&mut start)).map_err(failed(&path))?;
        if start == ZSTD_MAGIC {
            return Err(bad(format!("{} is compressed once more", recording.display())));
        }
        for (_, line) in Case::read(&path).lines.iter().filter(|(_, line)| line.type_ == START) {
            let page = line.data.get("page").and_then(|page| page.as_str()).unwrap_or_default();
            if !is_inside(page) {
                return Err(bad(format!("{} is of a page outside of the bundle: {page:?}", recording.display())));
            }
        }
    }
    let plugins = to.join(PLUGINS);
    for folder in plugins.read_dir().into_iter().flatten().flatten() {
        let plugin = Plugin::resolve(&folder.path().to_string_lossy(), &mut Names::default());
        // What is no plugin is said when it is replayed.
        let outside = plugin.map(|plugin| plugin.replacement_files().1).unwrap_or_default();
        if let Some(file) = outside.first() {
            return Err(bad(format!("a plugin.toml in it names a file outside of it: {:?}", file.display())));
        }
    }
    Ok(())
}

/// Whether a recording's page is one of the bundle's, or an address, which the recording answers.
fn is_inside(page: &str) -> bool {
    let path = page.split(['?', '#']).next().unwrap_or_default();
    let inside = path.strip_prefix("../").is_some_and(|path| {
        let mut parts = path.split('/');
        parts.next() == Some(PLUGINS)
            && path.len() > PLUGINS.len()
            && parts.all(|part| !part.is_empty() && !part.starts_with('.'))
    });
    is_address(page) || inside && !page.contains('\\')
}
