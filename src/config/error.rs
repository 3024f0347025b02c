//! What is wrong with a configuration, where, and what to do about it. All of it is "bad configuration" to the exit code
//! (cli.md).

use std::io;
use std::ops::Range;

/// A configuration that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A file that cannot be read.
    #[error("{file}: cannot be read: {error}")]
    Read {
        /// The file.
        file: String,
        /// The system's reason.
        error: io::Error,
    },
    /// A file that says something wrong.
    #[error(transparent)]
    Invalid(#[from] Box<Invalid>),
    /// A flag or a variable of the environment that says something wrong.
    #[error("{origin}: {reason}")]
    Setting {
        /// The flag's key or the variable's name.
        origin: String,
        /// What is wrong.
        reason: String,
    },
}

/// A place in a configuration file and what is wrong there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}:{column}: {reason}")]
pub struct Invalid {
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: u64,
    /// The column, from 1, in characters.
    pub column: u64,
    /// What is wrong.
    pub reason: String,
    /// What to do about it, where that is known.
    pub hint: Option<String>,
    /// The line with a marker under the place; `None` where a secret may stand on it.
    pub frame: Option<String>,
}

impl ConfigError {
    /// The next step, for a `hint:` line.
    #[must_use]
    pub fn hint(&self) -> Option<&str> {
        match self {
            Self::Invalid(invalid) => invalid.hint.as_deref(),
            Self::Read { .. } | Self::Setting { .. } => None,
        }
    }

    /// Line and column of what is wrong in its file, from 1; those of a file that cannot be read are 0.
    #[must_use]
    pub fn place(&self) -> (u64, u64) {
        match self {
            Self::Invalid(invalid) => (invalid.line, invalid.column),
            Self::Read { .. } | Self::Setting { .. } => (0, 0),
        }
    }

    /// The same error, which shows nothing of the file: a secret may stand there.
    pub(super) fn hiding(mut self) -> Self {
        if let Self::Invalid(invalid) = &mut self {
            invalid.frame = None;
        }
        self
    }

    /// The code frame, where the error is in a file and on a line that holds no secret.
    #[must_use]
    pub fn frame(&self) -> Option<&str> {
        match self {
            Self::Invalid(invalid) => invalid.frame.as_deref(),
            Self::Read { .. } | Self::Setting { .. } => None,
        }
    }
}

/// A file's name and text: what a byte range in it means to a person.
#[derive(Clone, Copy, Debug)]
pub(super) struct Source<'a> {
    pub(super) file: &'a str,
    pub(super) text: &'a str,
}

impl Source<'_> {
    pub(super) fn invalid(self, span: Range<usize>, reason: impl Into<String>, hint: Option<String>) -> ConfigError {
        let (line, column) = self.position(span.start);
        let invalid = Invalid {
            file: self.file.to_owned(),
            line,
            column,
            reason: reason.into(),
            hint,
            frame: Some(self.frame(span, line, column)),
        };
        ConfigError::Invalid(Box::new(invalid))
    }

    /// Line and column of a byte offset, both from 1.
    pub(super) fn position(self, offset: usize) -> (u64, u64) {
        let before = self.text.get(..offset).unwrap_or(self.text);
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        (before.matches('\n').count() as u64 + 1, before[line_start..].chars().count() as u64 + 1)
    }

    fn frame(self, span: Range<usize>, line: u64, column: u64) -> String {
        let shown = usize::try_from(line - 1).ok().and_then(|index| self.text.lines().nth(index)).unwrap_or_default();
        let covered = self.text.get(span).unwrap_or_default().lines().next().unwrap_or_default();
        let marker: String = covered.chars().map(|above| blank_of(above).replace([' ', '\t'], "^")).collect();
        let (number, marker) = (line.to_string(), if marker.is_empty() { "^".to_owned() } else { marker });
        let margin = " ".repeat(number.len());
        let blank: String = shown.chars().take(usize::try_from(column - 1).unwrap_or_default()).map(blank_of).collect();
        format!("{number} | {shown}\n{margin} | {blank}{marker}")
    }
}

/// What stands under a character so that the marker lines up: ideographs are two columns wide in a terminal.
fn blank_of(above: char) -> &'static str {
    match above {
        '\t' => "\t",
        '\u{1100}'..='\u{115f}' | '\u{2e80}'..='\u{a4cf}' | '\u{ac00}'..='\u{d7a3}' | '\u{f900}'..='\u{faff}' => "  ",
        '\u{fe30}'..='\u{fe4f}' | '\u{ff00}'..='\u{ff60}' | '\u{1f300}'..='\u{1faff}' => "  ",
        _ => " ",
    }
}
