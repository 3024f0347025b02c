//! Reading a plugin's files from disk, bounded.

use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use super::NetError;
use crate::base::limits::NEIGHBOURS_MAX;

/// Reads a regular file of at most `bytes_max` bytes; `url` is for the error.
pub(super) fn read(path: &Path, url: &str, bytes_max: usize) -> Result<Vec<u8>, NetError> {
    let unreadable = |reason: String| NetError::FileUnreadable { url: url.to_owned(), path: path.to_owned(), reason };
    // A named pipe would block the page for ever: look before opening.
    let metadata = fs::metadata(path).map_err(|error| missing_or(path, url, &error))?;
    if !metadata.is_file() {
        return Err(unreadable("it is no regular file".to_owned()));
    }
    let mut body = Vec::new();
    let file = fs::File::open(path).map_err(|error| missing_or(path, url, &error))?;
    let bound = u64::try_from(bytes_max).unwrap_or(u64::MAX).saturating_add(1);
    file.take(bound).read_to_end(&mut body).map_err(|error| unreadable(error.to_string()))?;
    if body.len() > bytes_max {
        return Err(NetError::TooLarge { url: url.to_owned(), bytes_max });
    }
    Ok(body)
}

/// The error for a path that cannot be looked at.
pub(super) fn missing_or(path: &Path, url: &str, error: &io::Error) -> NetError {
    let (url, path) = (url.to_owned(), path.to_owned());
    match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => {
            NetError::FileNotFound { similar: similar(&path), url, path }
        }
        _ => NetError::FileUnreadable { url, path, reason: error.to_string() },
    }
}

/// A file beside a missing one whose name is nearly the same: other case (folders made on Windows), another extension,
/// one or two letters off.
fn similar(path: &Path) -> Option<String> {
    let wanted = path.file_name()?.to_str()?.to_lowercase();
    let stem = PathBuf::from(&wanted).with_extension("");
    let mut best: Option<(usize, String)> = None;
    for entry in fs::read_dir(path.parent()?).ok()?.take(NEIGHBOURS_MAX).flatten() {
        let Ok(name) = entry.file_name().into_string() else { continue };
        let lower = name.to_lowercase();
        let mut distance = edit_distance(&wanted, &lower);
        if distance > 2 && PathBuf::from(&lower).with_extension("") == stem {
            distance = 2;
        }
        let far = distance > 2 || distance * 2 > wanted.chars().count();
        if !far && best.as_ref().is_none_or(|(found, held)| (distance, &name) < (*found, held)) {
            best = Some((distance, name));
        }
    }
    best.map(|(_, name)| name)
}

/// Levenshtein distance in characters.
fn edit_distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (index, from) in left.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = index + 1;
        for (column, to) in right.iter().enumerate() {
            let replaced = diagonal + usize::from(from != *to);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_file_s_neighbour_is_suggested() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["Index.html", "jquery.min.js", "orders.json"] {
            fs::write(folder.path().join(name), "x").unwrap();
        }
        let suggested = |name: &str| match read(&folder.path().join(name), "http://x/", 10).unwrap_err() {
            NetError::FileNotFound { similar, .. } => similar,
            other => panic!("{other}"),
        };
        assert_eq!(suggested("index.html").as_deref(), Some("Index.html"));
        assert_eq!(suggested("index.htm").as_deref(), Some("Index.html"));
        assert_eq!(suggested("jqeury.min.js").as_deref(), Some("jquery.min.js"));
        assert_eq!(suggested("orders.xml").as_deref(), Some("orders.json"));
        assert_eq!(suggested("nothing.css"), None);
    }

    #[test]
    fn large_files_and_folders_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a"), "12345").unwrap();
        assert_eq!(read(&folder.path().join("a"), "u", 5).unwrap(), b"12345");
        assert!(matches!(read(&folder.path().join("a"), "u", 4), Err(NetError::TooLarge { bytes_max: 4, .. })));
        assert!(matches!(read(folder.path(), "u", 4), Err(NetError::FileUnreadable { .. })));
    }
}
