//! WeChat's own fields, as on the wire.

use serde_json::{Map, Value};

use crate::base::limits::{PUSH_DEPTH_MAX, PUSH_FIELDS_MAX};

/// Why a body is no push. Nothing of it is quoted: it may hold what a customer wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoPush {
    /// It is not UTF-8.
    #[error("the body is not UTF-8")]
    Encoding,
    /// It is no well-formed XML, or no `<xml>` element.
    #[error("the body is no XML")]
    Xml,
    /// It is no JSON object.
    #[error("the body is no JSON object")]
    Json,
    /// It declares a document type or uses an entity; WeChat does neither.
    #[error("the body declares a document type, or uses an entity that is not predefined")]
    Entity,
    /// It nests deeper than [`PUSH_DEPTH_MAX`].
    #[error("the body nests deeper than {PUSH_DEPTH_MAX} levels")]
    TooDeep,
    /// It has more fields than [`PUSH_FIELDS_MAX`].
    #[error("the body has more than {PUSH_FIELDS_MAX} fields")]
    TooMany,
    /// A field that every push has is missing or malformed.
    #[error("the field {0} is missing or malformed")]
    Field(&'static str),
}

/// The fields of a push in their order, by WeChat's names. A value is a string, as WeChat sends it; a numeral of the
/// JSON format is its digits, so that both formats read alike and no number is too large. A field with fields in it is
/// an object, one that comes several times an array.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fields(pub(super) Map<String, Value>);

impl Fields {
    /// A field's text.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.as_str()
    }

    /// A field's text, where it is not empty: WeChat sends some fields empty that it has nothing for.
    #[must_use]
    pub fn filled(&self, name: &str) -> Option<&str> {
        self.text(name).filter(|text| !text.is_empty())
    }

    /// The text of a field inside of a field.
    #[must_use]
    pub fn inner(&self, outer: &str, name: &str) -> Option<&str> {
        self.0.get(outer)?.get(name)?.as_str()
    }

    /// All of them.
    #[must_use]
    pub fn as_map(&self) -> &Map<String, Value> {
        &self.0
    }
}

/// Counts what is read, so that a small body cannot become a large tree.
#[derive(Debug, Default)]
pub(super) struct Count {
    fields: usize,
}

impl Count {
    /// One field more, at this depth (1: a field of the push itself).
    pub(super) fn field(&mut self, depth: usize) -> Result<(), NoPush> {
        self.fields += 1;
        if depth > PUSH_DEPTH_MAX {
            return Err(NoPush::TooDeep);
        }
        if self.fields > PUSH_FIELDS_MAX { Err(NoPush::TooMany) } else { Ok(()) }
    }
}

/// Adds a field; one that is there already becomes an array.
pub(super) fn add(fields: &mut Map<String, Value>, name: String, value: Value) {
    match fields.get_mut(&name) {
        None => drop(fields.insert(name, value)),
        Some(Value::Array(values)) => values.push(value),
        Some(first) => *first = Value::Array(vec![first.take(), value]),
    }
}
