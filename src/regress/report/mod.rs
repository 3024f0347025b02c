//! What came of a run, written for people ([`human`]) and for programs ([`junit`], [`json`], [`github`]).
//!
//! No report has a time in it: the same recordings and pages make the same bytes, whatever the number of jobs.

pub mod github;
pub mod human;
pub mod json;
pub mod junit;

use std::fmt;
use std::str::FromStr;

use super::run::{Finding, Tested, Verdict};
use crate::event::Line;

/// A run, to be reported.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// What was run, in order.
    pub tested: Vec<Tested>,
    /// How many recordings were not chosen.
    pub deselected: usize,
    /// Recordings that belong to no plugin of the project, by path.
    pub strays: Vec<String>,
    /// Recordings that no run has compared yet, this one included, by path.
    pub never_run: Vec<String>,
    /// Logs among the recordings that nobody recorded: there is nothing to compare.
    pub logs: Vec<String>,
    /// The PAGE whose version of a plugin was replayed in the place of the recorded one.
    pub against: Option<String>,
}

/// How many recordings ended in each way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// All of them.
    pub run: usize,
    /// As recorded.
    pub same: usize,
    /// Not as recorded.
    pub different: usize,
    /// Taken over.
    pub updated: usize,
    /// A bug of ours.
    pub flaky: usize,
    /// Not to be read.
    pub unreadable: usize,
    /// A page does not load.
    pub not_loaded: usize,
    /// This machine.
    pub environment: usize,
}

impl Report {
    /// How many ended in each way.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let mut counts = Counts { run: self.tested.len(), ..Counts::default() };
        for tested in &self.tested {
            *match tested.verdict {
                Verdict::Same => &mut counts.same,
                Verdict::Different(_) => &mut counts.different,
                Verdict::Updated(_) => &mut counts.updated,
                Verdict::Flaky(_) => &mut counts.flaky,
                Verdict::Unreadable(_) => &mut counts.unreadable,
                Verdict::NotLoaded(_) => &mut counts.not_loaded,
                Verdict::Environment(_) => &mut counts.environment,
            } += 1;
        }
        counts
    }
}

/// `--reporter`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reporter {
    /// Text for a person.
    #[default]
    Human,
    /// JUnit's XML.
    Junit,
    /// One JSON object.
    Json,
    /// Annotations of GitHub Actions.
    Github,
}

impl Reporter {
    /// All of them, by name.
    pub const ALL: [(&'static str, Self); 4] =
        [("human", Self::Human), ("junit", Self::Junit), ("json", Self::Json), ("github", Self::Github)];
}

impl FromStr for Reporter {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let found = Self::ALL.iter().find(|(known, _)| *known == name).map(|(_, reporter)| *reporter);
        found.ok_or_else(|| format!("there is no reporter `{name}`: human, junit, json, github"))
    }
}

impl fmt::Display for Reporter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = Self::ALL.iter().find(|(_, reporter)| reporter == self).map_or("", |(name, _)| name);
        f.write_str(name)
    }
}

/// A stimulus in a few words: `ui.click {"selector":"#send"}`.
fn stimulus_words(line: &Line) -> String {
    let kind = line.type_.strip_prefix("stimulus.").unwrap_or(&line.type_);
    let data = if line.data.is_null() { String::new() } else { format!(" {}", line.data) };
    format!("{kind}{data}")
}

/// The cause of what a page does before anything is told to it.
const LOAD: &str = "load";

/// What led to a difference, in words.
fn cause_words(finding: &Finding) -> String {
    match (&finding.stimulus, finding.difference.cause()) {
        (Some((_, line)), _) => format!("{} {}", line.id, stimulus_words(line)),
        (None, None | Some("" | LOAD)) => "the load of the page".to_owned(),
        (None, Some(cause)) => format!("{cause}, which is no line of the recording"),
    }
}

/// A place of a page: its file or address, line and column.
fn place_words(finding: &Finding) -> Option<String> {
    let place = finding.place.as_ref()?;
    let file = place.file.as_deref().unwrap_or(&place.url);
    Some(if place.column == 0 {
        format!("{file}:{}", place.line)
    } else {
        format!("{file}:{}:{}", place.line, place.column)
    })
}

/// What failed, all of it as plain text: for reports that have room for a text.
fn as_plain_text(tested: &Tested) -> String {
    human::tested(tested, &|text, _| text.to_owned())
}

#[cfg(test)]
pub(super) mod testing;
