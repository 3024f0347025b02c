//! The folder with recordings: their names, and what is kept of them. Nothing else that lies there is touched.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use ring::rand::{SecureRandom as _, SystemRandom};

use crate::base::clock::{TimestampMs, format_rfc3339};
use crate::base::hex::hex;

/// For this user only.
const FOLDER_MODE: u32 = 0o700;
/// What follows the time in a name: so many hexadecimal digits.
const DIGITS: usize = 8;

/// What is kept; the oldest goes first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Keep {
    /// So many bytes in all.
    pub bytes_max: u64,
    /// So many files.
    pub count_max: usize,
    /// So old, in ms.
    pub age_ms_max: i64,
}

/// A folder of a plugin's, made where it is not there, for this user only.
///
/// # Errors
/// Whatever the system says.
pub(super) fn folder(root: &Path, plugin: &str, more: &str) -> io::Result<PathBuf> {
    let name: String = plugin.chars().map(|c| if c.is_control() || "/\\:".contains(c) { '-' } else { c }).collect();
    let name = if name.starts_with('.') { format!("-{name}") } else { name };
    let folder = root.join(name).join(more);
    DirBuilder::new().recursive(true).mode(FOLDER_MODE).create(&folder)?;
    Ok(folder)
}

/// A name that says when a recording began, and is nobody else's.
pub(super) fn name(at: TimestampMs) -> String {
    let time = format_rfc3339(at).replace([':', '-'], "");
    let mut bytes = [0; DIGITS / 2];
    // Without randomness a name may be taken, and the file is not written.
    let _ = SystemRandom::new().fill(&mut bytes);
    format!("{}Z-{}", time.split('.').next().unwrap_or_default().trim_end_matches('Z'), hex(&bytes))
}

/// Whether a file's name is one of ours: `20261130T040000Z-0123abcd.jsonl`, `….shadow.jsonl`.
fn is_ours(name: &str) -> bool {
    let stem = name.strip_suffix(".jsonl").unwrap_or_default();
    let stem = stem.strip_suffix(".shadow").unwrap_or(stem);
    let Some((time, digits)) = stem.split_once("Z-") else { return false };
    let is_time = time.len() == 15 && time.bytes().all(|byte| byte.is_ascii_digit() || byte == b'T');
    is_time && digits.len() == DIGITS && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Removes what is too much; `open` are being written. How many files are gone.
///
/// # Errors
/// A file that cannot be removed.
pub(super) fn tidy(root: &Path, keep: &Keep, now: TimestampMs, open: &[PathBuf]) -> io::Result<usize> {
    let mut found = Vec::new();
    find(root, 0, &mut found);
    // Their names begin with their time.
    found.sort_by(|one, other| (one.0.as_str(), &one.1).cmp(&(other.0.as_str(), &other.1)));
    let oldest = name(now.saturating_sub(keep.age_ms_max));
    let oldest = oldest.split('-').next().unwrap_or_default();
    let (mut count, mut bytes) = (found.len(), found.iter().map(|(.., bytes)| bytes).sum::<u64>());
    let mut gone = 0;
    for (name, path, size) in found {
        let is_too_much = count > keep.count_max || bytes > keep.bytes_max || name.as_str() < oldest;
        if !is_too_much || open.contains(&path) {
            continue;
        }
        fs::remove_file(&path)?;
        (count, bytes, gone) = (count - 1, bytes - size, gone + 1);
    }
    Ok(gone)
}

/// Ours below a folder: `PLUGIN/` and `PLUGIN/shadow/`.
fn find(folder: &Path, depth: usize, found: &mut Vec<(String, PathBuf, u64)>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        // Links are not followed.
        let Ok(metadata) = entry.metadata() else { continue };
        let name = entry.file_name().to_string_lossy().into_owned();
        if metadata.is_dir() && depth < 2 {
            find(&entry.path(), depth + 1, found);
        } else if metadata.is_file() && depth > 0 && is_ours(&name) {
            found.push((name, entry.path(), metadata.len()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY_MS: i64 = 86_400_000;
    const NOW: i64 = 1_800_000_000_000;

    #[test]
    fn the_oldest_go_and_nothing_that_is_not_ours() {
        let root = tempfile::tempdir().unwrap();
        let folder = folder(root.path(), "a/b", "").unwrap();
        assert!(folder.ends_with("a-b"));
        let mut paths = Vec::new();
        for age in (0..6).rev() {
            let path = folder.join(format!("{}.jsonl", name(NOW - age * DAY_MS)));
            fs::write(&path, [b'x'; 100]).unwrap();
            paths.push(path);
        }
        let other = folder.join("notes.jsonl");
        fs::write(&other, "mine").unwrap();
        let there = |paths: &[PathBuf]| paths.iter().map(|path| path.exists()).collect::<Vec<_>>();
        let keep = Keep { bytes_max: u64::MAX, count_max: 100, age_ms_max: 4 * DAY_MS + DAY_MS / 2 };
        assert_eq!(tidy(root.path(), &keep, NOW, &[]).unwrap(), 1);
        let keep = Keep { count_max: 4, ..keep };
        assert_eq!(tidy(root.path(), &keep, NOW, &paths[1..2]).unwrap(), 1, "one that is open stays");
        assert_eq!(there(&paths), [false, true, false, true, true, true]);
        let keep = Keep { bytes_max: 250, ..keep };
        assert_eq!(tidy(root.path(), &keep, NOW, &[]).unwrap(), 2);
        assert_eq!(there(&paths), [false, false, false, false, true, true]);
        assert!(other.exists());
    }

    #[test]
    fn what_is_ours() {
        for name in [format!("{}.jsonl", name(NOW)), format!("{}.shadow.jsonl", name(NOW))] {
            assert!(is_ours(&name), "{name}");
        }
        for name in ["x.jsonl", "20261130T040000Z-0123abcd.txt", "20261130T040000Z-0123abc.jsonl", "Z-0123abcd.jsonl"] {
            assert!(!is_ours(name), "{name}");
        }
    }
}
