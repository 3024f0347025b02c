//! The recordings of the plugins that are developed, and the session so far.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::base::limits::SESSIONS_SO_FAR_MAX;
use crate::base::redact::Redactor;
use crate::event::Line;
use crate::event::stimulus::STIMULUS_PREFIX;
use crate::host::desk::{Trouble, TroubleKind};
use crate::host::recorder::{create_private, page_from, redact_session};
use crate::host::serve::Session;
use crate::record::session::{START, end_line};
use crate::regress::select::{SESSIONS, below, shown};
use crate::regress::{Case, case::LogFile};

/// Where a plugin's recordings are.
#[derive(Clone)]
pub struct Shelf {
    /// The plugin.
    pub plugin: String,
    /// The PAGE argument that it is opened from.
    pub argument: String,
    /// The folder of its recordings, there or not.
    pub folder: PathBuf,
    /// What puts pseudonyms into those that are saved; none: everything is written as it is.
    pub redactor: Option<Redactor>,
}

impl Shelf {
    /// That of a plugin in this folder, or of a page that lies in it.
    #[must_use]
    pub fn of(plugin: &str, argument: &str, root: &Path, redactor: Option<Redactor>) -> Self {
        let folder = from_here(root).join(SESSIONS);
        Self { plugin: plugin.to_owned(), argument: argument.to_owned(), folder, redactor }
    }

    /// Its recordings.
    pub fn recordings(&self) -> Vec<LogFile> {
        let found = if self.folder.is_dir() { below(std::slice::from_ref(&self.folder)) } else { return Vec::new() };
        let logs = found.map(|found| found.logs).unwrap_or_default();
        let is_its = |case: &Case| case.plugins.contains(&self.plugin) || case.is_unreadable();
        logs.into_iter().map(LogFile::at).filter(|file| is_its(&Case::of(file))).collect()
    }

    /// The recording of this name, as it is shown.
    pub fn find(&self, name: &str) -> Option<LogFile> {
        self.recordings().into_iter().find(|file| file.name == name)
    }

    /// Recordings with what can be fired from them.
    pub fn listed(&self) -> Vec<Value> {
        let stimulus =
            |line: &&Line| json!({"id": line.id, "type": line.type_, "subject": line.subject, "data": line.data});
        let listed = |file: LogFile| {
            let case = Case::of(&file);
            json!({"name": file.name, "stimuli": case.stimuli().iter().map(stimulus).collect::<Vec<_>>()})
        };
        self.recordings().into_iter().map(listed).collect()
    }

    /// Writes a session as a recording of this name; where, and how many stimuli it has.
    ///
    /// # Errors
    /// The name is none or taken, or it cannot be written.
    pub fn save(&self, name: &str, session: &Session) -> Result<Value, Trouble> {
        let wrong = |text: String| Trouble::new(TroubleKind::Request, text);
        let is_name = !name.starts_with(['.', '-']) && name.len() <= 100 && !name.contains(['/', '\\', '\0']);
        if !is_name || name.chars().any(char::is_control) {
            return Err(wrong(format!("{name:?} is no name for a file")).with_hint("letters, digits and `-` are"));
        }
        let path = self.folder.join(format!("{name}.jsonl"));
        let failed =
            |error: &dyn std::fmt::Display| Trouble::new(TroubleKind::Store, format!("{}: {error}", path.display()));
        fs::create_dir_all(&self.folder).map_err(|error| failed(&error))?;
        if path.exists() {
            return Err(wrong(format!("{} is there already", shown(&path))).with_hint("choose another name"));
        }
        let mut lines = session.lines();
        if let Some(mut redactor) = self.redactor.clone() {
            session.plugin.own_texts().iter().for_each(|text| redactor.leave(text));
            lines = redact_session(&lines, &mut redactor);
        }
        write(&path, &self.argument, &lines).map_err(|error| failed(&error))?;
        Ok(json!({"path": shown(&path), "stimuli": stimuli(&lines), "plugin": self.plugin}))
    }
}

/// A path as it is shown: seen from here, where it is below.
#[must_use]
pub fn from_here(path: &Path) -> PathBuf {
    let here = std::env::current_dir().and_then(|here| here.canonicalize());
    let below = here.ok().and_then(|here| path.strip_prefix(here).map(Path::to_owned).ok());
    below.unwrap_or_else(|| path.to_owned())
}

/// How many stimuli a session has.
#[must_use]
pub fn stimuli(lines: &[Line]) -> usize {
    lines.iter().filter(|line| line.type_.starts_with(STIMULUS_PREFIX)).count()
}

/// A recording of these lines that finds its page from where it lies.
fn write(path: &Path, argument: &str, lines: &[Line]) -> Result<(), crate::record::WriteError> {
    let mut writer = create_private(path)?;
    let at = lines.iter().filter_map(|line| line.time).max().unwrap_or_default();
    for line in lines {
        let mut line = line.clone();
        if line.type_ == START {
            line.data["page"] = page_from(argument, path).into();
        }
        writer.write(&line)?;
    }
    writer.write(&end_line(at))?;
    writer.finish()
}

/// Sessions of plugins that have no recordings: each is what a page was told and did until another version took its place. After a
/// replay they have what the newer version does.
#[derive(Debug)]
pub struct SoFar {
    folder: PathBuf,
    files: Vec<(usize, PathBuf)>,
    next: usize,
}

impl SoFar {
    /// None yet; they lie in this folder, which is this host's alone.
    #[must_use]
    pub fn new(folder: PathBuf) -> Self {
        Self { folder, files: Vec::new(), next: 0 }
    }

    /// One more, of the plugin at this place; one to which nothing new was told is none.
    pub fn add(&mut self, plugin: usize, shelf: &Shelf, session: &Session) {
        let lines = session.lines();
        if !lines.iter().any(|line| line.type_.starts_with(STIMULUS_PREFIX) && !line.id.starts_with(AGAIN)) {
            return;
        }
        self.next += 1;
        let path = self.folder.join(format!("session-{}.jsonl", self.next));
        // Where there is no room a reload goes on without.
        let is_written = fs::create_dir_all(&self.folder).is_ok() && write(&path, &shelf.argument, &lines).is_ok();
        if is_written {
            self.files.push((plugin, path));
        }
        if self.files.len() > SESSIONS_SO_FAR_MAX {
            let (_, path) = self.files.remove(0);
            let _ = fs::remove_file(path);
        }
    }

    /// Those of the plugin at this place.
    #[must_use]
    pub fn of(&self, plugin: usize) -> Vec<LogFile> {
        self.files.iter().filter(|(of, _)| *of == plugin).map(|(_, path)| LogFile::at(path.clone())).collect()
    }

    /// None any more.
    pub fn clear(&mut self) {
        for (_, path) in self.files.drain(..) {
            // It is in a folder that is emptied at the next start.
            let _ = fs::remove_file(path);
        }
    }
}

/// How ids begin of what a page is told again because it is another version.
pub const AGAIN: &str = "reload-";
