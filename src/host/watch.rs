//! What a run tells whoever started it: lines of data, and notices for a person.

use serde_json::Value;

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
    /// What goes on though nothing is amiss: for a log.
    Info,
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
    /// What it is about, for a log.
    pub about: Option<Box<About>>,
}

/// What a notice is about, as a log has it in members of their own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct About {
    /// What happened, in a word: `push`, `turn`, `message.sent`, `fault.uncaught`.
    pub event: &'static str,
    /// The official account, by app id.
    pub account: Option<String>,
    /// The plugin, by its name in keys.
    pub plugin: Option<String>,
    /// The customer: what is shown of him is for whoever prints it to decide.
    pub openid: Option<String>,
    /// Id of the stimulus that led to it.
    pub cause: Option<String>,
    /// Of a message: its key.
    pub key: Option<String>,
    /// What else: numbers, places, words of a fixed set.
    pub more: Vec<(&'static str, Value)>,
    /// Words of a customer or a page; shown only to those who ask.
    pub said: Option<String>,
}

impl About {
    /// About something that happened.
    #[must_use]
    pub fn new(event: &'static str) -> Self {
        Self { event, ..Self::default() }
    }

    /// At this account.
    #[must_use]
    pub fn account(mut self, app_id: &str) -> Self {
        self.account = Some(app_id.to_owned());
        self
    }

    /// By this plugin.
    #[must_use]
    pub fn plugin(mut self, name: &str) -> Self {
        self.plugin = Some(name.to_owned());
        self
    }

    /// About this customer.
    #[must_use]
    pub fn openid(mut self, openid: &str) -> Self {
        self.openid = Some(openid.to_owned());
        self
    }

    /// Because of this stimulus.
    #[must_use]
    pub fn cause(mut self, cause: &str) -> Self {
        self.cause = Some(cause.to_owned()).filter(|cause| !cause.is_empty());
        self
    }

    /// Of the message with this key.
    #[must_use]
    pub fn key(mut self, key: &str) -> Self {
        self.key = Some(key.to_owned());
        self
    }

    /// With one more member.
    #[must_use]
    pub fn with(mut self, member: &'static str, value: impl Into<Value>) -> Self {
        self.more.push((member, value.into()));
        self
    }

    /// With words of a customer or a page.
    #[must_use]
    pub fn saying(mut self, said: Option<String>) -> Self {
        self.said = said;
        self
    }
}

impl Notice {
    /// Something failed.
    #[must_use]
    pub fn error(text: impl Into<String>) -> Self {
        Self { severity: Severity::Error, text: text.into(), frame: None, hint: None, about: None }
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

    /// What goes on.
    #[must_use]
    pub fn info(text: impl Into<String>) -> Self {
        Self { severity: Severity::Info, ..Self::error(text) }
    }

    /// With what it is about.
    #[must_use]
    pub fn about(mut self, about: About) -> Self {
        self.about = Some(Box::new(about));
        self
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
