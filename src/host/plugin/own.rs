//! What a plugin says itself: what stands in its own files is no customer's.

use std::fs;
use std::path::Path;

use super::Plugin;
use crate::base::limits::OWN_TEXTS_BYTES_MAX;

/// What pages and their scripts are written in.
const EXTENSIONS: [&str; 6] = ["html", "htm", "js", "json", "css", "txt"];
/// Recordings of customers, which are nothing of the plugin's own.
const SESSIONS: &str = "sessions";

impl Plugin {
    /// The texts of its folder, as far as they are not too large; what cannot be read is left out.
    #[must_use]
    pub fn own_texts(&self) -> Vec<Vec<u8>> {
        let (mut texts, mut left) = (Vec::new(), OWN_TEXTS_BYTES_MAX);
        if let Some(root) = self.folder.as_ref().and_then(|folder| folder.root()) {
            read(root, &mut left, &mut texts);
        }
        texts
    }
}

fn read(folder: &Path, left: &mut u64, texts: &mut Vec<Vec<u8>>) {
    let mut entries: Vec<_> = fs::read_dir(folder).into_iter().flatten().flatten().collect();
    entries.sort_by_key(fs::DirEntry::path);
    for entry in entries {
        // Links are not followed.
        let Ok(metadata) = entry.metadata() else { continue };
        let path = entry.path();
        if metadata.is_dir() && entry.file_name() != SESSIONS {
            read(&path, left, texts);
        }
        let is_text = path.extension().is_some_and(|found| EXTENSIONS.iter().any(|known| found == *known));
        if metadata.is_file() && is_text && metadata.len() <= *left {
            *left -= metadata.len();
            texts.extend(fs::read(&path));
        }
    }
}
