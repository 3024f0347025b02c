//! What is answered: items, a line each, then the end, or what is the trouble.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::store::StoreError;

/// What was asked for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answer {
    /// In the shapes that commands print as data.
    pub items: Vec<Value>,
    /// There may be more, behind the message of this number.
    pub next: Option<i64>,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[error("{text}")]
pub struct Trouble {
    /// What kind.
    pub kind: TroubleKind,
    /// What, where and why.
    pub text: String,
    /// The next step.
    pub hint: Option<String>,
}

/// What kind of trouble it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TroubleKind {
    /// What was asked is no request.
    Request,
    /// The host answers another version.
    Version,
    /// There is nothing like that.
    NotFound,
    /// The durable state, or the way to it.
    Store,
    /// WeChat refused, or did not answer.
    Wechat,
}

impl Trouble {
    /// Without a next step.
    pub(crate) fn new(kind: TroubleKind, text: impl Into<String>) -> Self {
        Self { kind, text: text.into(), hint: None }
    }

    /// With the next step.
    pub(crate) fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Self {
        Self::new(TroubleKind::Store, error.to_string()).with_hint(error.hint())
    }
}

/// An answer as it goes over a socket: `{"item":…}` for each, then `{"end":{"next":…}}` or `{"error":{…}}`.
#[must_use]
pub(in super::super) fn to_lines(answered: &Result<Answer, Trouble>) -> String {
    match answered {
        Ok(Answer { items, next }) => {
            let mut lines: String = items.iter().map(|item| format!("{{\"item\":{item}}}\n")).collect();
            lines.push_str(&format!("{}\n", json!({"end": {"next": next}})));
            lines
        }
        Err(trouble) => format!("{}\n", json!({ "error": trouble })),
    }
}

/// A line of an answer.
#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Line {
    Item(Value),
    End { next: Option<i64> },
    Error(Trouble),
}

/// An answer that is being read.
#[derive(Debug, Default)]
pub struct Reading {
    answer: Answer,
}

impl Reading {
    /// Takes the next line; the answer with the last one.
    ///
    /// # Errors
    /// What the line says is the trouble, or it is no line of an answer.
    pub fn line(&mut self, line: &[u8]) -> Result<Option<Answer>, Trouble> {
        match serde_json::from_slice(line) {
            Ok(Line::Item(item)) => {
                self.answer.items.push(item);
                Ok(None)
            }
            Ok(Line::End { next }) => {
                self.answer.next = next;
                Ok(Some(std::mem::take(&mut self.answer)))
            }
            Ok(Line::Error(trouble)) => Err(trouble),
            Err(error) => {
                let trouble =
                    Trouble::new(TroubleKind::Version, format!("the host's answer is not understood: {error}"));
                Err(trouble.with_hint("use the release of duoke that the host runs"))
            }
        }
    }
}
