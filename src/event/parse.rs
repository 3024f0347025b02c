//! Reading a line of a session log, generously (session-log.md, Reading).

use serde_json::{Map, Value};

use super::line::{ATTRIBUTES, Line};
use super::mcs::{USER_ACCOUNT, USER_ID, fill_user};
use super::stimulus::{STIMULUS_PREFIX, check_shape};
use crate::base::clock::parse_rfc3339;

/// A line that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}:{column}: {reason}")]
pub struct LineError {
    /// The log's name.
    pub file: String,
    /// The physical line, from 1.
    pub line: u64,
    /// The column, from 1, in characters.
    pub column: u64,
    /// What is wrong.
    pub reason: String,
    /// What to do about it, where that is known.
    pub hint: Option<String>,
    /// The text ends in the middle of its JSON: a log's last line after a crash looks like this.
    pub cut_off: bool,
}

/// What is wrong, before it is known in which file.
struct Problem {
    /// Byte offset in the line's text.
    offset: usize,
    reason: String,
    hint: Option<&'static str>,
    cut_off: bool,
}

const HINT_OBJECT: &str = "each line is one JSON object: a CloudEvents line, {\"type\":…,\"data\":…}, or {\"event\":…}";
const HINT_ONE_LINE: &str = "one object a line; pretty-printed JSON has to be put on one line first";

/// Reads one line: a full CloudEvents object, a short one, or a bare MCS event. `None` where the line is blank.
///
/// `line_number` is the physical line, from 1; `source` the log's name. Both stand in for missing attributes.
///
/// # Errors
/// [`LineError`] where the text is not a JSON object, an attribute has the wrong kind of value, or a stimulus lacks what
/// its type promises.
pub fn parse_line(text: &str, line_number: u64, source: &str) -> Result<Option<Line>, LineError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.trim().is_empty() {
        return Ok(None);
    }
    read(text, line_number, source).map(Some).map_err(|problem| LineError {
        file: source.to_owned(),
        line: line_number,
        column: column_of(text, problem.offset),
        reason: problem.reason,
        hint: problem.hint.map(str::to_owned),
        cut_off: problem.cut_off,
    })
}

fn read(text: &str, line_number: u64, source: &str) -> Result<Line, Problem> {
    let object = match serde_json::from_str::<Value>(text) {
        Ok(Value::Object(object)) => object,
        Ok(other) => {
            let reason = format!("a log line is a JSON object, this is {}", kind_of(&other));
            return Err(Problem { offset: 0, reason, hint: Some(HINT_OBJECT), cut_off: false });
        }
        Err(error) => return Err(syntax_problem(text, &error)),
    };
    let line = if is_bare(&object) {
        bare_line(object, line_number, source)
    } else {
        cloud_event(object, line_number, source)
    };
    let line = line.map_err(|(reason, member)| Problem {
        offset: member_offset(text, member),
        reason,
        hint: Some(HINT_OBJECT).filter(|_| member.is_empty()),
        cut_off: false,
    })?;
    check_shape(&line).map_err(|(reason, member)| Problem {
        offset: member_offset(text, member),
        reason,
        hint: None,
        cut_off: false,
    })?;
    Ok(line)
}

fn syntax_problem(text: &str, error: &serde_json::Error) -> Problem {
    let described = error.to_string();
    let reason = described.split(" at line ").next().unwrap_or_default();
    let hint = if error.is_eof() || reason == "trailing characters" { HINT_ONE_LINE } else { HINT_OBJECT };
    let offset = if error.is_eof() { text.len() } else { error.column().saturating_sub(1) };
    Problem { offset, reason: format!("not JSON: {reason}"), hint: Some(hint), cut_off: error.is_eof() }
}

/// What the original client passed to a page has `event` and no `type`; an event may have a field called `type`, but a
/// log type has a dot in it and such a line has `data`.
fn is_bare(object: &Map<String, Value>) -> bool {
    let has_event = object.keys().any(|key| key.trim() == "event");
    let log_type = object.get("type").and_then(Value::as_str).is_some_and(|type_| type_.contains('.'));
    has_event && !log_type && !object.contains_key("specversion")
}

type MemberProblem = (String, &'static str);

fn bare_line(object: Map<String, Value>, line_number: u64, source: &str) -> Result<Line, MemberProblem> {
    let mut fields = Map::with_capacity(object.len() + 1);
    for (key, value) in object {
        let value = match value {
            Value::String(text) => Value::from(text.trim()),
            other => other,
        };
        fields.insert(key.trim().to_owned(), value);
    }
    let Some(Value::String(event)) = fields.shift_remove("event").filter(|event| *event != "") else {
        return Err(("`event` is not a name".to_owned(), "event"));
    };
    fill_user(&event, &mut fields);
    let subject = [USER_ACCOUNT, USER_ID].iter().find_map(|key| fields.get(*key)?.as_str()).map(str::to_owned);
    let mut line = Line::new(line_number.to_string(), source, format!("{STIMULUS_PREFIX}mcs.{event}"), Value::Null);
    line.subject = subject.filter(|user| !user.is_empty());
    line.data = Value::Object(fields);
    Ok(line)
}

fn cloud_event(mut object: Map<String, Value>, line_number: u64, source: &str) -> Result<Line, MemberProblem> {
    let type_ = match object.get("type") {
        Some(Value::String(type_)) if !type_.trim().is_empty() => type_.trim().to_owned(),
        Some(_) => return Err(("`type` is not a name".to_owned(), "type")),
        None => return Err(("neither `type` nor `event`".to_owned(), "")),
    };
    let time = match object.get("time") {
        None | Some(Value::Null) => None,
        Some(time) => Some(
            time.as_str()
                .and_then(parse_rfc3339)
                .ok_or_else(|| (format!("`time` is not an RFC 3339 time: {time}"), "time"))?,
        ),
    };
    let seq = match object.get("seq") {
        None | Some(Value::Null) => None,
        Some(seq) => Some(seq.as_u64().ok_or_else(|| (format!("`seq` is not a whole number: {seq}"), "seq"))?),
    };
    let line = Line {
        id: text_attribute(&object, "id")?.unwrap_or_else(|| line_number.to_string()),
        source: text_attribute(&object, "source")?.unwrap_or_else(|| source.to_owned()),
        type_,
        time,
        subject: text_attribute(&object, "subject")?,
        seq,
        cause: text_attribute(&object, "cause")?,
        plugin: text_attribute(&object, "plugin")?,
        seat: text_attribute(&object, "seat")?,
        data: object.remove("data").unwrap_or(Value::Null),
        extra: Map::new(),
    };
    object.retain(|key, _| !ATTRIBUTES.contains(&key.as_str()));
    Ok(Line { extra: object, ..line })
}

/// Text; a number counts as its digits, since hand-written logs number their lines so. Empty text counts as absent.
fn text_attribute(object: &Map<String, Value>, key: &'static str) -> Result<Option<String>, MemberProblem> {
    match object.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone()).filter(|text| !text.is_empty())),
        Some(Value::Number(number)) => Ok(Some(number.to_string())),
        Some(other) => Err((format!("`{key}` is {}, not text", kind_of(other)), key)),
    }
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

/// Offset of a member's key in the outermost object of a text that is valid JSON; 0 where it is not to be found.
fn member_offset(text: &str, member: &str) -> usize {
    let (mut depth, mut string_start, mut escaped) = (0_u32, None, false);
    for (at, byte) in text.bytes().enumerate() {
        if let Some(start) = string_start {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => {
                    string_start = None;
                    let is_key = text[at + 1..].trim_start().starts_with(':');
                    if depth == 1 && is_key && text[start + 1..at].trim() == member {
                        return start;
                    }
                }
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' => string_start = Some(at),
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    0
}

/// The column of a byte offset, in characters from 1.
pub(crate) fn column_of(text: &str, offset: usize) -> u64 {
    let before = text.char_indices().take_while(|(at, _)| *at < offset).count();
    before as u64 + 1
}

#[cfg(test)]
mod tests;
