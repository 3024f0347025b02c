//! The names in the folders: which files are there, and which are surely there.
//!
//! A name that came or went is on the disk once its folder was synced. Until then it may be found or not, each by
//! itself: simpler, and worse, than the journal of a real file system, which keeps them in order.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::chance::Chance;

/// The number of a file: a name given again is another file.
pub type FileId = usize;

#[derive(Debug, Default)]
pub struct Names {
    now: BTreeMap<PathBuf, FileId>,
    synced: BTreeMap<PathBuf, FileId>,
    /// In the order in which they were made: the name, and the file that it names from then on.
    waiting: Vec<(PathBuf, Option<FileId>)>,
}

fn apply(names: &mut BTreeMap<PathBuf, FileId>, (path, file): (PathBuf, Option<FileId>)) {
    match file {
        Some(file) => names.insert(path, file),
        None => names.remove(&path),
    };
}

impl Names {
    pub fn file(&self, path: &Path) -> Option<FileId> {
        self.now.get(path).copied()
    }

    /// A file that was there before the disk.
    pub fn found(&mut self, path: PathBuf, file: FileId) {
        self.now.insert(path.clone(), file);
        self.synced.insert(path, file);
    }

    /// A name made, or with `None` taken away.
    pub fn set(&mut self, path: PathBuf, file: Option<FileId>) {
        apply(&mut self.now, (path.clone(), file));
        self.announce(path, file);
    }

    /// The same, by an operation that never ended: it may have got to the disk.
    pub fn announce(&mut self, path: PathBuf, file: Option<FileId>) {
        self.waiting.push((path, file));
    }

    /// A sync of the folder in which this file is.
    pub fn sync_folder_of(&mut self, path: &Path) {
        let (done, waiting) = std::mem::take(&mut self.waiting)
            .into_iter()
            .partition(|(name, _): &(PathBuf, _)| name.parent() == path.parent());
        self.waiting = waiting;
        done.into_iter().for_each(|change| apply(&mut self.synced, change));
    }

    /// Whether the disk has ever seen this name.
    pub fn is_known(&self, path: &Path) -> bool {
        self.now.contains_key(path)
            || self.synced.contains_key(path)
            || self.waiting.iter().any(|(name, _)| name == path)
    }

    /// The names as they may be found after the power went.
    pub fn after_power_cut(&self, chance: &mut Chance) -> BTreeMap<PathBuf, FileId> {
        let (mut found, mut fate) = (self.synced.clone(), chance.fate());
        let count = self.waiting.len();
        self.waiting
            .iter()
            .enumerate()
            .filter(|(index, _)| fate.is_kept(*index, count))
            .for_each(|(_, change)| apply(&mut found, change.clone()));
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::Unsynced;

    fn after(names: &Names, unsynced: Unsynced) -> Vec<(String, FileId)> {
        let found = names.after_power_cut(&mut Chance::new(unsynced));
        found.into_iter().map(|(path, file)| (path.display().to_string(), file)).collect()
    }

    #[test]
    fn a_name_is_there_for_certain_once_its_folder_was_synced() {
        let mut names = Names::default();
        names.found("a/old".into(), 0);
        names.set("a/new".into(), Some(1));
        names.set("a/old".into(), None);
        names.set("b/new".into(), Some(2));
        assert_eq!(after(&names, Unsynced::Lost), [("a/old".to_owned(), 0)]);
        assert_eq!(after(&names, Unsynced::Kept), [("a/new".to_owned(), 1), ("b/new".to_owned(), 2)]);
        names.sync_folder_of(Path::new("a/any"));
        assert_eq!(after(&names, Unsynced::Lost), [("a/new".to_owned(), 1)]);
    }

    #[test]
    fn a_name_given_again_is_another_file() {
        let mut names = Names::default();
        names.found("a/log".into(), 0);
        names.set("a/log".into(), None);
        assert_eq!(names.file(Path::new("a/log")), None);
        names.set("a/log".into(), Some(1));
        let found: std::collections::BTreeSet<_> = (0..100).map(|seed| after(&names, Unsynced::Torn(seed))).collect();
        let is = |file| vec![("a/log".to_owned(), file)];
        assert_eq!(found, [Vec::new(), is(0), is(1)].into());
    }
}
