//! What a page writes to its console: `console.*` (session-log.md, Types).

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The level of a console line, the last part of its type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ConsoleLevel {
    /// `console.log`, and everything that has no level of its own.
    Log,
    /// `console.info`
    Info,
    /// `console.warn`
    Warn,
    /// `console.error`
    Error,
    /// `console.debug`
    Debug,
}

/// One line of a page's console.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Console {
    /// Its level.
    pub level: ConsoleLevel,
    /// The arguments as a browser would print them, separated by blanks.
    pub text: String,
}

impl Console {
    /// The log type, for instance `console.warn`.
    #[must_use]
    pub fn type_name(&self) -> &'static str {
        match self.level {
            ConsoleLevel::Log => "console.log",
            ConsoleLevel::Info => "console.info",
            ConsoleLevel::Warn => "console.warn",
            ConsoleLevel::Error => "console.error",
            ConsoleLevel::Debug => "console.debug",
        }
    }

    /// The log line's data: `{"text"}`.
    #[must_use]
    pub fn data(&self) -> Value {
        json!({ "text": self.text })
    }
}
