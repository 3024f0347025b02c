//! The version of the session-log format (session-log.md, Versions).

use serde_json::Value;

use crate::event::Line;

/// What this release writes into `session.start`: `major.minor`.
pub const FORMAT: &str = "1.0";
/// The newest major version this release reads; it reads every older one too.
pub const MAJOR: u64 = 1;

/// A recording that this release cannot read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FormatError {
    /// Written by a later release.
    #[error(
        "the recording has format {format}, this release reads {MAJOR}.x and older: duoke {major}.0 or later reads it"
    )]
    Newer {
        /// The recording's format.
        format: String,
        /// Its major version.
        major: u64,
    },
    /// Not `major.minor`.
    #[error("`session.start` has the format {format}, which is not `major.minor`")]
    Malformed {
        /// What stands there.
        format: String,
    },
}

/// Checks the header of a recording; other lines, and a header without a format, are fine.
///
/// # Errors
/// A newer major version, or text that is no version.
pub fn check_format(line: &Line) -> Result<(), FormatError> {
    let Some(format) = line.data.get("format").filter(|_| line.type_ == "session.start") else { return Ok(()) };
    let malformed = || FormatError::Malformed { format: format.to_string() };
    let text = match format {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => return Err(malformed()),
    };
    let major: u64 = text.split('.').next().unwrap_or_default().parse().map_err(|_| malformed())?;
    if major > MAJOR { Err(FormatError::Newer { format: text, major }) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn majors() {
        let table = [
            (json!({ "format": FORMAT }), None),
            (json!({ "format": "1.99" }), None),
            (json!({ "format": "0.3" }), None),
            (json!({}), None),
            (json!({ "format": "2.0" }), Some("duoke 2.0 or later reads it")),
            (json!({ "format": 3.1 }), Some("format 3.1")),
            (json!({ "format": "new" }), Some("not `major.minor`")),
            (json!({ "format": [] }), Some("not `major.minor`")),
        ];
        for (data, expected) in table {
            let line = Line::new("1", "log", "session.start", data);
            match (check_format(&line), expected) {
                (Ok(()), None) => {}
                (Err(error), Some(part)) => assert!(error.to_string().contains(part), "{error}"),
                (result, expected) => panic!("{line:?}: {result:?}, expected {expected:?}"),
            }
        }
    }
}
