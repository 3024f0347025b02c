//! What is remembered of the last runs: which recordings failed, and which were ever run.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// The folder in the project; it ignores itself where the project is in Git.
pub const FOLDER: &str = ".duoke";
const FILE: &str = "test.json";
const VERSION: u32 = 1;

/// What is remembered, by the path of a recording as it is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Remembered {
    failed: BTreeMap<String, bool>,
}

#[derive(Serialize, Deserialize)]
struct Written {
    version: u32,
    /// Whether it failed when it was run last.
    failed: BTreeMap<String, bool>,
}

impl Remembered {
    /// What earlier runs left in a project; what cannot be read is as good as nothing.
    #[must_use]
    pub fn read(project: &Path) -> Self {
        let read = fs::read(project.join(FOLDER).join(FILE)).ok();
        let written = read.and_then(|bytes| serde_json::from_slice::<Written>(&bytes).ok());
        let failed = written.filter(|written| written.version == VERSION).map(|written| written.failed);
        Self { failed: failed.unwrap_or_default() }
    }

    /// Whether it failed when it was run last.
    #[must_use]
    pub fn failed(&self, path: &str) -> bool {
        self.failed.get(path) == Some(&true)
    }

    /// Whether it was ever run.
    #[must_use]
    pub fn was_run(&self, path: &str) -> bool {
        self.failed.contains_key(path)
    }

    /// It was run now.
    pub fn note(&mut self, path: &str, failed: bool) {
        self.failed.insert(path.to_owned(), failed);
    }

    /// Forgets what is not there any more, and writes the rest.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn write(mut self, project: &Path) -> io::Result<()> {
        self.failed.retain(|path, _| project.join(path).exists());
        let folder = project.join(FOLDER);
        fs::create_dir_all(&folder)?;
        let ignore = folder.join(".gitignore");
        if !ignore.exists() {
            fs::write(ignore, "*\n")?;
        }
        let text = serde_json::to_string_pretty(&Written { version: VERSION, failed: self.failed })?;
        // At once: another run may read it.
        let beside: PathBuf = folder.join(format!("{FILE}.{}", std::process::id()));
        fs::write(&beside, text + "\n")?;
        fs::rename(beside, folder.join(FILE))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn from_run_to_run() {
        let project = tempfile::tempdir().unwrap();
        let mut first = Remembered::read(project.path());
        assert_eq!(first, Remembered::default());
        fs::write(project.path().join("a.jsonl"), "").unwrap();
        fs::write(project.path().join("b.jsonl"), "").unwrap();
        ["a.jsonl", "gone.jsonl"].iter().for_each(|path| first.note(path, true));
        first.note("b.jsonl", false);
        first.write(project.path()).unwrap();
        let second = Remembered::read(project.path());
        assert_eq!(["a.jsonl", "b.jsonl", "gone.jsonl"].map(|path| second.failed(path)), [true, false, false]);
        assert_eq!(["a.jsonl", "b.jsonl", "gone.jsonl"].map(|path| second.was_run(path)), [true, true, false]);
        assert_eq!(fs::read_to_string(project.path().join(FOLDER).join(".gitignore")).unwrap(), "*\n");
        fs::write(project.path().join(FOLDER).join(FILE), r#"{"version":2,"failed":{"a.jsonl":true}}"#).unwrap();
        assert_eq!(Remembered::read(project.path()), Remembered::default());
    }
}
