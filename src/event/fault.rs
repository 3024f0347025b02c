//! What went wrong in a page: the `fault.*` lines (session-log.md, "Shapes that scripts rely on").

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// In the reason of a [`Fault::Killed`]: the page is not started again.
pub const PARKED: &str = "it is parked and told nothing more";

/// One fault of a page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Fault {
    /// An exception that nobody caught.
    Uncaught {
        /// What was thrown, as text.
        message: String,
        /// Where.
        place: Place,
    },
    /// A promise's rejection that nobody handled.
    Rejection {
        /// The reason, as text.
        message: String,
        /// Where.
        place: Place,
    },
    /// A script or an inline handler that does not parse.
    Parse {
        /// What the parser says.
        message: String,
        /// Where.
        place: Place,
    },
    /// A script or page that could not be had.
    Load {
        /// Its address.
        url: String,
        /// Why.
        message: String,
        /// The real file, relative to the plugin's folder.
        file: Option<String>,
    },
    /// A refused or failed fetch of a page (cli.md, "Running several pages").
    Network {
        /// The address asked for.
        url: String,
        /// Why.
        message: String,
    },
    /// A `stimulus.ui.*` whose selector matches nothing, or is none.
    Selector {
        /// The selector.
        selector: String,
        /// Why.
        message: String,
        /// What it matched when it was recorded, as the stimulus says.
        matched: Option<Value>,
        /// The nearest elements now, each by a selector that matches it alone.
        candidates: Vec<String>,
    },
    /// A turn that ran over its deadline.
    Timeout {
        /// The deadline, in ms.
        deadline_ms: i64,
        /// The last known place.
        place: Place,
    },
    /// A page that ran into one of its bounds.
    Limit {
        /// The bound's name.
        limit: String,
        /// The bound's value.
        value: u64,
        /// The last known place.
        place: Place,
    },
    /// A page that was ended from outside.
    Killed {
        /// Why.
        reason: String,
        /// The last known place.
        place: Place,
    },
}

/// A place in a page's code. Empty members are unknown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Address of the script or document.
    pub url: String,
    /// The real file, relative to the plugin's folder, where the address is served from one.
    pub file: Option<String>,
    /// Line, from 1; 0 where unknown.
    pub line: u32,
    /// Column, from 1; 0 where unknown.
    pub column: u32,
    /// The stack, innermost first, one call a line.
    pub stack: String,
    /// The code frame: a few lines of the source with a marker.
    pub frame: String,
}

impl Fault {
    /// The log type, for instance `fault.uncaught`.
    #[must_use]
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Uncaught { .. } => "fault.uncaught",
            Self::Rejection { .. } => "fault.rejection",
            Self::Parse { .. } => "fault.parse",
            Self::Load { .. } => "fault.load",
            Self::Network { .. } => "fault.network",
            Self::Selector { .. } => "fault.selector",
            Self::Timeout { .. } => "fault.timeout",
            Self::Limit { .. } => "fault.limit",
            Self::Killed { .. } => "fault.killed",
        }
    }

    /// What went wrong, in words.
    #[must_use]
    pub fn message(&self) -> String {
        match self {
            Self::Uncaught { message, .. }
            | Self::Rejection { message, .. }
            | Self::Parse { message, .. }
            | Self::Load { message, .. }
            | Self::Network { message, .. }
            | Self::Selector { message, .. } => message.clone(),
            Self::Timeout { deadline_ms, .. } => format!("the page computed longer than {deadline_ms} ms"),
            Self::Limit { limit, value, .. } => format!("the page ran over its bound of {value} {limit}"),
            Self::Killed { reason, .. } => reason.clone(),
        }
    }

    /// The log line's data.
    #[must_use]
    pub fn data(&self) -> Value {
        let mut data = Map::new();
        let mut put = |key: &str, value: Value| data.insert(key.to_owned(), value);
        match self {
            Self::Uncaught { message, place } | Self::Rejection { message, place } | Self::Parse { message, place } => {
                put("message", Value::from(message.as_str()));
                place.add_to(&mut data);
            }
            Self::Load { url, message, file } => {
                put("url", Value::from(url.as_str()));
                put("message", Value::from(message.as_str()));
                if let Some(file) = file {
                    put("file", Value::from(file.as_str()));
                }
            }
            Self::Network { url, message } => {
                put("url", Value::from(url.as_str()));
                put("message", Value::from(message.as_str()));
            }
            Self::Selector { selector, message, matched, candidates } => {
                put("selector", Value::from(selector.as_str()));
                put("message", Value::from(message.as_str()));
                if let Some(matched) = matched {
                    put("matched", matched.clone());
                }
                if !candidates.is_empty() {
                    put("candidates", Value::from(candidates.clone()));
                }
            }
            Self::Timeout { deadline_ms, place } => {
                put("deadline_ms", Value::from(*deadline_ms));
                place.add_to(&mut data);
            }
            Self::Limit { limit, value, place } => {
                put("limit", Value::from(limit.as_str()));
                put("value", Value::from(*value));
                place.add_to(&mut data);
            }
            Self::Killed { reason, place } => {
                put("reason", Value::from(reason.as_str()));
                place.add_to(&mut data);
            }
        }
        Value::Object(data)
    }

    /// The place in the code, of the faults that have one.
    #[must_use]
    pub fn place(&self) -> Option<&Place> {
        match self {
            Self::Uncaught { place, .. }
            | Self::Rejection { place, .. }
            | Self::Parse { place, .. }
            | Self::Timeout { place, .. }
            | Self::Limit { place, .. }
            | Self::Killed { place, .. } => Some(place),
            Self::Load { .. } | Self::Network { .. } | Self::Selector { .. } => None,
        }
    }
}

impl Place {
    fn add_to(&self, data: &mut Map<String, Value>) {
        data.insert("url".to_owned(), Value::from(self.url.as_str()));
        data.insert("line".to_owned(), Value::from(self.line));
        data.insert("column".to_owned(), Value::from(self.column));
        data.insert("stack".to_owned(), Value::from(self.stack.as_str()));
        data.insert("frame".to_owned(), Value::from(self.frame.as_str()));
        if let Some(file) = &self.file {
            data.insert("file".to_owned(), Value::from(file.as_str()));
        }
    }
}
