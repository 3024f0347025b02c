//! What is saved in folders. Editors write a file, or another one that takes its name; what they write is not what they call it
//! while they do. A burst is over when nothing was saved for a moment.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;

use notify::{EventKind, RecursiveMode, Watcher};

use crate::base::clock::Stopwatch;
use crate::base::limits::{SAVES_BURST_TIME, SAVES_BURST_TIME_MAX, SAVES_FILES_MAX};

/// Folders in which nothing is the page's.
const FOREIGN: &[&str] = &["node_modules", "target", "sessions"];

/// Watches folders until it is dropped.
pub struct Files {
    _watcher: notify::RecommendedWatcher,
}

/// Folders that cannot be watched.
#[derive(Debug, thiserror::Error)]
#[error("{}: cannot be watched: {error}", folder.display())]
pub struct WatchError {
    folder: PathBuf,
    error: notify::Error,
}

impl WatchError {
    /// The next step.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self.error.kind {
            notify::ErrorKind::MaxFilesWatch => {
                "the system watches no more: raise fs.inotify.max_user_watches, or put the page into a smaller folder"
            }
            _ => "put the page on a disk of this machine; `Reload` in the workbench reloads it by hand",
        }
    }
}

impl Files {
    /// Calls `saved` with the files of each burst, as long as it returns `true`. What is in `own` is nobody's page.
    ///
    /// # Errors
    /// [`WatchError`].
    pub fn watch(
        folders: &[PathBuf],
        own: &Path,
        mut saved: impl FnMut(Vec<PathBuf>) -> bool + Send + 'static,
    ) -> Result<Self, WatchError> {
        let (sender, events) = channel();
        let failed = |folder: &Path| {
            let folder = folder.to_owned();
            move |error| WatchError { folder, error }
        };
        let first = folders.first().map(PathBuf::as_path).unwrap_or(Path::new("."));
        let hear = move |event: notify::Result<notify::Event>| {
            // Nobody hears it any more when development ends.
            let _ = sender.send(event);
        };
        let mut watcher = notify::recommended_watcher(hear).map_err(failed(first))?;
        let roots: Vec<PathBuf> =
            folders.iter().map(|folder| folder.canonicalize().unwrap_or_else(|_| folder.clone())).collect();
        for root in &roots {
            watcher.watch(root, RecursiveMode::Recursive).map_err(failed(root))?;
        }
        let watched = Watched { roots, own: own.canonicalize().unwrap_or_else(|_| own.to_owned()) };
        thread::spawn(move || {
            while let Some(files) = watched.burst(&events) {
                if !saved(files) {
                    break;
                }
            }
        });
        Ok(Self { _watcher: watcher })
    }
}

/// What is watched, and what in it is not.
struct Watched {
    roots: Vec<PathBuf>,
    own: PathBuf,
}

impl Watched {
    /// The files of the next burst; `None`: nobody watches any more.
    fn burst(&self, events: &Receiver<notify::Result<notify::Event>>) -> Option<Vec<PathBuf>> {
        let mut files = Vec::new();
        while files.is_empty() {
            self.take(events.recv().ok()?, &mut files);
        }
        let (begun, mut last) = (Stopwatch::start(), Stopwatch::start());
        loop {
            let quiet = SAVES_BURST_TIME.saturating_sub(last.elapsed());
            let left = quiet.min(SAVES_BURST_TIME_MAX.saturating_sub(begun.elapsed()));
            if left.is_zero() {
                return Some(files);
            }
            match events.recv_timeout(left) {
                Ok(event) => {
                    if self.take(event, &mut files) {
                        last = Stopwatch::start();
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return None,
            }
        }
    }

    /// Whether it is about a page's file.
    fn take(&self, event: notify::Result<notify::Event>, files: &mut Vec<PathBuf>) -> bool {
        // What was missed is made good by the next save.
        let Ok(event) = event else { return false };
        let is_change = match event.kind {
            EventKind::Create(_) | EventKind::Remove(_) => true,
            EventKind::Modify(kind) => !matches!(kind, notify::event::ModifyKind::Metadata(_)),
            EventKind::Any | EventKind::Access(_) | EventKind::Other => false,
        };
        let is_of_one =
            |path: &PathBuf| !path.starts_with(&self.own) && self.roots.iter().any(|root| is_of_page(path, root));
        let mut is_any = false;
        for path in event.paths.into_iter().filter(|path| is_change && is_of_one(path)) {
            is_any = true;
            if !files.contains(&path) && files.len() < SAVES_FILES_MAX {
                files.push(path);
            }
        }
        is_any
    }
}

/// Whether a file may be a page's: not an editor's while it writes, nor in folders that are others'.
fn is_of_page(path: &Path, root: &Path) -> bool {
    let Ok(below) = path.strip_prefix(root) else { return false };
    let is_foreign = |name: &str| name.starts_with('.') || FOREIGN.contains(&name);
    let names = below.iter().map(|name| name.to_string_lossy());
    let last = below.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let is_temporary = last.ends_with('~')
        || last.starts_with('#')
        || [".swp", ".swx", ".tmp", ".bak", ".part", "___jb_tmp___", "___jb_old___"]
            .iter()
            .any(|end| last.ends_with(end))
        || last.chars().all(|c| c.is_ascii_digit());
    !names.into_iter().any(|name| is_foreign(&name)) && !is_temporary
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::sync::mpsc::channel;

    use super::*;

    #[test]
    fn what_is_a_page_s() {
        let is = |path: &str| is_of_page(Path::new(path), Path::new("/p"));
        for path in ["/p/index.html", "/p/js/a.js", "/p/plugin.toml", "/p/a.tmpl"] {
            assert!(is(path), "{path}");
        }
        for path in [
            "/p/.git/index",
            "/p/.index.html.swp",
            "/p/index.html~",
            "/p/4913",
            "/p/#index.html#",
            "/p/sessions/a.jsonl",
            "/p/node_modules/x/y.js",
            "/q/index.html",
            "/p/a.html.tmp",
        ] {
            assert!(!is(path), "{path}");
        }
    }

    #[test]
    fn a_burst_is_told_once_however_editors_write() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::create_dir(path("js")).unwrap();
        fs::create_dir(path("state")).unwrap();
        fs::write(path("index.html"), "1").unwrap();
        let (sender, bursts) = channel();
        let _files =
            Files::watch(&[folder.path().to_owned()], &path("state"), move |files| sender.send(files).is_ok()).unwrap();
        // In place, by another file that takes its name, and one more.
        fs::write(path("js/a.js"), "1").unwrap();
        fs::write(path("index.html.tmp"), "2").unwrap();
        fs::rename(path("index.html.tmp"), path("index.html")).unwrap();
        fs::write(path("index.html~"), "1").unwrap();
        fs::write(path("state/duoke.sqlite"), "1").unwrap();
        let mut names = Vec::new();
        // A machine with much else to do may make two of one burst.
        while names.len() < 2 {
            let burst: Vec<PathBuf> = bursts.recv().unwrap();
            names.extend(burst.iter().map(|path| path.file_name().unwrap().to_string_lossy().into_owned()));
        }
        names.sort();
        names.dedup();
        assert_eq!(names, ["a.js", "index.html"]);
    }
}
