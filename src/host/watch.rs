//! What a run tells whoever started it: lines of data, and notices for a person.

use crate::event::Line;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Severity {
    /// Something failed.
    Error,
    /// Something is not as it should be; the run goes on as if it were.
    Warning,
    /// Worth knowing.
    Note,
}

/// One thing to tell a person: what and where, and the next step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// How bad it is.
    pub severity: Severity,
    /// What, where and why.
    pub text: String,
    /// The lines of code or configuration it is about, with a marker.
    pub frame: Option<String>,
    /// The next step.
    pub hint: Option<String>,
}

impl Notice {
    /// Something failed.
    #[must_use]
    pub fn error(text: impl Into<String>) -> Self {
        Self { severity: Severity::Error, text: text.into(), frame: None, hint: None }
    }

    /// Something is not as it should be.
    #[must_use]
    pub fn warning(text: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(text) }
    }

    /// Worth knowing.
    #[must_use]
    pub fn note(text: impl Into<String>) -> Self {
        Self { severity: Severity::Note, ..Self::error(text) }
    }

    /// With the next step, where there is one.
    #[must_use]
    pub fn with_hint(mut self, hint: Option<impl Into<String>>) -> Self {
        self.hint = hint.map(Into::into);
        self
    }

    /// With a code frame, where there is one.
    #[must_use]
    pub fn with_frame(mut self, frame: Option<impl Into<String>>) -> Self {
        self.frame = frame.map(Into::into);
        self
    }
}

/// Nobody reads the lines any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Closed;

/// Whoever started a run.
pub trait Watch {
    /// Takes a line of data.
    ///
    /// # Errors
    /// [`Closed`]: further lines are for nobody.
    fn line(&mut self, line: &Line) -> Result<(), Closed>;

    /// Tells a person.
    fn say(&mut self, notice: Notice);
}
