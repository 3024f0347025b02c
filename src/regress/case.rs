//! One recording as it is tested.

use std::path::{Path, PathBuf};

use super::chat;
use super::compare::is_expected;
use super::filter::Facts;
use super::select::shown;
use crate::base::limits::RECORDING_BYTES_MAX;
use crate::event::stimulus::STIMULUS_PREFIX;
use crate::event::{Line, parse_line};
use crate::record::session::{START, plugin_of_start};
use crate::record::{ReadError, Reader};

/// A file, and what it is called in reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogFile {
    /// Where it lies.
    pub path: PathBuf,
    /// Its name.
    pub name: String,
}

impl LogFile {
    /// One that is called by its path.
    #[must_use]
    pub fn at(path: PathBuf) -> Self {
        Self { name: shown(&path), path }
    }
}

/// A file with the recordings of one or more pages.
#[derive(Debug, Default)]
pub struct Case {
    /// The file.
    pub path: PathBuf,
    /// Its path as it is shown.
    pub name: String,
    /// Its lines, each with its physical number.
    pub lines: Vec<(u64, Line)>,
    /// The recorded plugins in the order of their headers; none: it is a log that nobody recorded.
    pub plugins: Vec<String>,
    /// What could not be read.
    pub troubles: Vec<ReadError>,
}

impl Case {
    /// Reads a file that is called by its path. What of it cannot be read is among the troubles.
    #[must_use]
    pub fn read(path: &Path) -> Self {
        Self::of(&LogFile::at(path.to_owned()))
    }

    /// Reads a file.
    #[must_use]
    pub fn of(file: &LogFile) -> Self {
        let mut case = Self { path: file.path.clone(), name: file.name.clone(), ..Self::default() };
        match Reader::open(&file.path) {
            Ok(reader) => {
                let mut reader = reader.within(RECORDING_BYTES_MAX);
                while let Some(item) = reader.next() {
                    match item {
                        Ok(line) => case.lines.push((reader.line_number(), line)),
                        Err(error) => case.troubles.push(error),
                    }
                }
            }
            Err(error) => case.troubles.push(error),
        }
        let starts = case.lines.iter().filter(|(_, line)| line.type_ == START);
        case.plugins = starts.map(|(_, line)| plugin_of_start(line)).collect();
        case
    }

    /// Whether somebody recorded it.
    #[must_use]
    pub fn is_recording(&self) -> bool {
        !self.plugins.is_empty()
    }

    /// Whether something of it cannot be read, beyond a last line that a crash cut off.
    #[must_use]
    pub fn is_unreadable(&self) -> bool {
        self.troubles.iter().any(|trouble| !trouble.is_warning())
    }

    /// Whose its lines are that name no plugin.
    #[must_use]
    pub fn only_plugin(&self) -> Option<&str> {
        if let [only] = self.plugins.as_slice() { Some(only) } else { None }
    }

    /// What was told to the pages, in order.
    #[must_use]
    pub fn stimuli(&self) -> Vec<&Line> {
        self.lines.iter().map(|(_, line)| line).filter(|line| line.type_.starts_with(STIMULUS_PREFIX)).collect()
    }

    /// What a plugin's page did when it was recorded: effects, faults and console, with their physical numbers.
    #[must_use]
    pub fn recorded(&self, plugin: &str) -> Vec<&(u64, Line)> {
        let is_his = |line: &Line| line.plugin.as_deref().or(self.only_plugin()) == Some(plugin);
        let is_done = |line: &Line| is_expected(line) || line.type_.starts_with("console.");
        self.lines.iter().filter(|(_, line)| is_done(line) && is_his(line)).collect()
    }

    /// The stimulus of this id, and its physical number.
    #[must_use]
    pub fn stimulus(&self, id: &str) -> Option<&(u64, Line)> {
        self.lines.iter().find(|(_, line)| line.id == id && line.type_.starts_with(STIMULUS_PREFIX))
    }

    /// What a filter may ask about it; what is remembered is for others to add.
    #[must_use]
    pub fn facts(&self) -> Facts {
        let mut types: Vec<String> = self.lines.iter().map(|(_, line)| line.type_.clone()).collect();
        types.sort();
        types.dedup();
        let effects: Vec<&Line> = self.lines.iter().map(|(_, line)| line).filter(|line| is_expected(line)).collect();
        let users = chat::customers(&self.stimuli(), &effects);
        Facts { path: self.name.clone(), plugins: self.plugins.clone(), types, users, ..Facts::default() }
    }
}

/// A line that was made as it would be read from a file: numbers and empty texts are told apart less finely there.
#[must_use]
pub fn as_read(line: &Line) -> Line {
    parse_line(&line.to_json(), 0, &line.source).ok().flatten().unwrap_or_else(|| line.clone())
}
