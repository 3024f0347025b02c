//! Which recordings there are, and which of them are run.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::str::FromStr;

use ring::digest::{SHA256, digest};

/// The folder of a plugin's recordings (cli.md, plugin.toml).
pub const SESSIONS: &str = "sessions";
/// The file that makes a folder a plugin's.
const PLUGIN_FILE: &str = "plugin.toml";
/// Folders below which nobody keeps recordings, beside hidden ones.
const SKIPPED: [&str; 2] = ["node_modules", "target"];
const ENDINGS: [&str; 2] = [".jsonl", ".jsonl.zst"];

/// A part of all recordings, as a machine of several runs them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    /// Which one, from 1.
    pub index: u64,
    /// Of how many.
    pub count: u64,
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts = text.split_once('/').and_then(|(index, count)| Some((index.parse().ok()?, count.parse().ok()?)));
        match parts {
            Some((index, count)) if index >= 1 && index <= count => Ok(Self { index, count }),
            _ => Err("a shard is I/N, with I from 1 to N".to_owned()),
        }
    }
}

impl Shard {
    /// Whether a recording is of this part. Only its path decides, so that one more moves no other.
    #[must_use]
    pub fn has(self, path: &str) -> bool {
        let digest = digest(&SHA256, path.as_bytes());
        let number = digest.as_ref().iter().take(8).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
        number % self.count == self.index - 1
    }
}

/// What lies in a project.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// Logs to be looked at, each once, by their paths in order.
    pub logs: Vec<PathBuf>,
    /// Logs in folders of sessions that belong to no plugin of the project.
    pub strays: Vec<PathBuf>,
}

/// Looks for logs: `paths` are files, or folders with logs anywhere below.
///
/// # Errors
/// A path that is not there, or a folder that cannot be read; with its name.
pub fn below(paths: &[PathBuf]) -> Result<Found, (PathBuf, io::Error)> {
    let mut logs = BTreeSet::new();
    for path in paths {
        if fs::metadata(path).map_err(|error| (path.clone(), error))?.is_dir() {
            logs.extend(walk(path)?.into_iter().filter(|path| is_log(path)));
        } else {
            logs.insert(plain(path));
        }
    }
    Ok(Found { logs: in_order(logs), strays: Vec::new() })
}

/// Looks for the logs of a project: those in the `sessions` of its plugins. `plugins` are their folders; none: all
/// folders below with a `plugin.toml`.
///
/// # Errors
/// A folder that cannot be read; with its name.
pub fn of_project(project: &Path, plugins: &[PathBuf]) -> Result<Found, (PathBuf, io::Error)> {
    let files = walk(project)?;
    let mut folders: BTreeSet<PathBuf> = plugins.iter().map(|path| plain(path)).collect();
    if folders.is_empty() {
        let configured = files.iter().filter(|path| path.file_name().is_some_and(|name| name == PLUGIN_FILE));
        folders = configured.map(|path| path.parent().unwrap_or(Path::new("")).to_owned()).collect();
    }
    let mut logs = BTreeSet::new();
    for folder in &folders {
        let sessions = folder.join(SESSIONS);
        if sessions.is_dir() {
            logs.extend(walk(&sessions)?.into_iter().filter(|path| is_log(path)));
        }
    }
    let is_of_sessions = |path: &&PathBuf| path.components().any(|part| part.as_os_str() == SESSIONS);
    let strays = files.iter().filter(|path| is_log(path)).filter(is_of_sessions).filter(|path| !logs.contains(*path));
    let strays = in_order(strays.cloned().collect());
    Ok(Found { logs: in_order(logs), strays })
}

/// A path as it is shown, remembered and hashed: the same on every system.
#[must_use]
pub fn shown(path: &Path) -> String {
    let parts = path.components().map(|part| part.as_os_str().to_string_lossy().into_owned());
    let shown = parts.collect::<Vec<_>>().join("/");
    shown.strip_prefix("//").map_or(shown.clone(), |rest| format!("/{rest}"))
}

fn in_order(paths: BTreeSet<PathBuf>) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = paths.into_iter().collect();
    paths.sort_by_key(|path| shown(path));
    paths
}

/// Without `.` in it, so that each file has one name.
fn plain(path: &Path) -> PathBuf {
    path.components().filter(|part| *part != Component::CurDir).collect()
}

fn is_log(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    ENDINGS.iter().any(|ending| name.ends_with(ending)) && !name.starts_with('.')
}

/// All files below a folder. Links to folders are not followed: they may lead round.
fn walk(folder: &Path) -> Result<Vec<PathBuf>, (PathBuf, io::Error)> {
    let (mut files, mut open) = (Vec::new(), vec![plain(folder)]);
    while let Some(folder) = open.pop() {
        let here = if folder.as_os_str().is_empty() { Path::new(".") } else { &folder };
        let failed = |error| (here.to_owned(), error);
        for entry in fs::read_dir(here).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let (name, kind) = (entry.file_name(), entry.file_type().map_err(failed)?);
            let path = folder.join(&name);
            let is_skipped = name.to_string_lossy().starts_with('.') || SKIPPED.iter().any(|skipped| name == *skipped);
            if kind.is_dir() && !is_skipped {
                open.push(path);
            } else if kind.is_file() || kind.is_symlink() && path.is_file() {
                files.push(path);
            }
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards() {
        let paths: Vec<String> = (0..1000).map(|number| format!("p/sessions/{number}.jsonl")).collect();
        let shard = |index| Shard { index, count: 4 };
        let of = |index| paths.iter().filter(|path| shard(index).has(path)).count();
        let counts = [1, 2, 3, 4].map(of);
        assert_eq!(counts.iter().sum::<usize>(), 1000, "each is of one");
        assert!(counts.iter().all(|count| (200..300).contains(count)), "{counts:?}");
        // The same on every machine and in every release.
        assert_eq!((1..=4).find(|index| shard(*index).has("a/sessions/b.jsonl")), Some(3));
        assert!(Shard { index: 1, count: 1 }.has("x"));
        assert_eq!("2/3".parse(), Ok(Shard { index: 2, count: 3 }));
        for wrong in ["0/3", "4/3", "3", "a/b", "1/0", "-1/2", ""] {
            assert!(wrong.parse::<Shard>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_is_found() {
        let project = tempfile::tempdir().unwrap();
        let write = |name: &str| {
            let path = project.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        };
        [
            "a/plugin.toml",
            "a/sessions/2.jsonl",
            "a/sessions/1.jsonl.zst",
            "a/sessions/deep/er.jsonl",
            "a/sessions/1.txt",
            "a/sessions/.hidden.jsonl",
            "a/node_modules/x/sessions/no.jsonl",
            "a/other.jsonl",
            "b/plugin.toml",
            "gone/sessions/old.jsonl",
        ]
        .iter()
        .for_each(|name| write(name));
        let names = |paths: &[PathBuf]| -> Vec<String> {
            paths.iter().map(|path| shown(path.strip_prefix(project.path()).unwrap())).collect()
        };
        let of_a = ["a/sessions/1.jsonl.zst", "a/sessions/2.jsonl", "a/sessions/deep/er.jsonl"];
        let found = of_project(project.path(), &[]).unwrap();
        assert_eq!(
            (names(&found.logs), names(&found.strays)),
            (of_a.map(str::to_owned).to_vec(), vec!["gone/sessions/old.jsonl".to_owned()])
        );
        let found = of_project(project.path(), &[project.path().join("./b")]).unwrap();
        assert_eq!((found.logs.len(), found.strays.len()), (0, 4));
        let found =
            below(&[project.path().join("./gone"), project.path().join("a"), project.path().join("a/other.jsonl")]);
        let all = ["a/other.jsonl", of_a[0], of_a[1], of_a[2], "gone/sessions/old.jsonl"];
        assert_eq!(names(&found.unwrap().logs), all);
        assert_eq!(below(&[project.path().join("none")]).unwrap_err().0, project.path().join("none"));
    }

    #[test]
    fn paths_are_shown_alike() {
        assert_eq!(shown(Path::new("./a/./b.jsonl")), "./a/b.jsonl");
        assert_eq!(shown(&plain(Path::new("./a/./b.jsonl"))), "a/b.jsonl");
        assert_eq!(shown(Path::new("/a/b")), "/a/b");
    }
}
