//! One line of a session log: a CloudEvents 1.0 object in structured JSON mode (session-log.md).

use serde_json::{Map, Value};

use super::{Cause, Console, Effect, Fault};
use crate::base::clock::{TimestampMs, format_rfc3339};

/// The CloudEvents version written.
pub const SPEC_VERSION: &str = "1.0";
/// The attributes with a place of their own in [`Line`]; all others are extensions.
pub const ATTRIBUTES: [&str; 11] =
    ["specversion", "id", "source", "type", "time", "subject", "seq", "cause", "plugin", "seat", "data"];

/// A line, read or to be written.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Line {
    /// Unique in its log; the physical line number where the line gives none.
    pub id: String,
    /// Where it comes from; the log's name where the line gives none.
    pub source: String,
    /// The log type, for instance `stimulus.mcs.OnUserChange`.
    pub type_: String,
    /// When it happened. Written in UTC with milliseconds.
    pub time: Option<TimestampMs>,
    /// The user's openid.
    pub subject: Option<String>,
    /// Strictly increasing in a file.
    pub seq: Option<u64>,
    /// Id of the stimulus that led here.
    pub cause: Option<String>,
    /// The plugin's name.
    pub plugin: Option<String>,
    /// The seat's name.
    pub seat: Option<String>,
    /// The event itself; `null`: none.
    pub data: Value,
    /// Extension attributes that this release does not know, in their order.
    pub extra: Map<String, Value>,
}

impl Line {
    /// A line of this type and data; the other attributes are for the caller to fill in.
    #[must_use]
    pub fn new(id: impl Into<String>, source: impl Into<String>, type_: impl Into<String>, data: Value) -> Self {
        Self { id: id.into(), source: source.into(), type_: type_.into(), data, ..Self::default() }
    }

    /// The line of an effect. Its subject is the user of the cause (session-log.md, Types).
    #[must_use]
    pub fn of_effect(id: impl Into<String>, source: impl Into<String>, effect: &Effect, cause: &Cause) -> Self {
        Self::new(id, source, effect.type_name(), effect.data()).with_cause(cause)
    }

    /// The line of a fault.
    #[must_use]
    pub fn of_fault(id: impl Into<String>, source: impl Into<String>, fault: &Fault, cause: &Cause) -> Self {
        Self::new(id, source, fault.type_name(), fault.data()).with_cause(cause)
    }

    /// The line of a console message.
    #[must_use]
    pub fn of_console(id: impl Into<String>, source: impl Into<String>, console: &Console, cause: &Cause) -> Self {
        Self::new(id, source, console.type_name(), console.data()).with_cause(cause)
    }

    fn with_cause(mut self, cause: &Cause) -> Self {
        self.cause = Some(cause.stimulus.to_string());
        self.subject = cause.user.as_deref().map(str::to_owned);
        self
    }

    /// One line of JSON without its line end: the attributes in the order of [`ATTRIBUTES`], extensions before `data`.
    /// A time that RFC 3339 cannot express is left out.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut object = Map::new();
        let mut put = |key: &str, value: Option<Value>| {
            if let Some(value) = value {
                object.insert(key.to_owned(), value);
            }
        };
        let text = |text: &Option<String>| text.as_deref().map(Value::from);
        put("specversion", Some(Value::from(SPEC_VERSION)));
        put("id", Some(Value::from(self.id.as_str())));
        put("source", Some(Value::from(self.source.as_str())));
        put("type", Some(Value::from(self.type_.as_str())));
        put("time", self.time.map(format_rfc3339).filter(|time| !time.is_empty()).map(Value::from));
        put("subject", text(&self.subject));
        put("seq", self.seq.map(Value::from));
        put("cause", text(&self.cause));
        put("plugin", text(&self.plugin));
        put("seat", text(&self.seat));
        for (key, value) in &self.extra {
            put(key, Some(value.clone()).filter(|_| !ATTRIBUTES.contains(&key.as_str())));
        }
        put("data", Some(self.data.clone()).filter(|data| !data.is_null()));
        Value::Object(object).to_string()
    }
}

#[cfg(test)]
mod tests;
