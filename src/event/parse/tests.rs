//! Generous where the format is, exact about what is wrong. The accepted forms are in tests/session_log.rs.

use super::*;

#[track_caller]
fn error(text: &str) -> LineError {
    parse_line(text, 12, "events.jsonl").expect_err(text)
}

#[test]
fn places_and_reasons() {
    let table = [
        // text, column, part of the reason
        ("nonsense", 2, "not JSON: expected ident"),
        (r#"{"type":"a.b","data":{},}"#, 25, "not JSON: trailing comma"),
        (r#"{"type":"客户",}"#, 14, "not JSON: trailing comma"),
        (r#"{"type":"a.b"} {"type":"a.b"}"#, 16, "not JSON: trailing characters"),
        (r#"{'type':'a.b'}"#, 2, "not JSON: key must be a string"),
        ("[]", 1, "this is an array"),
        ("7", 1, "this is a number"),
        (r#""text""#, 1, "this is a string"),
        ("{}", 1, "neither `type` nor `event`"),
        (r#"{"data":{"type":"a.b"}}"#, 1, "neither `type` nor `event`"),
        (r#"{"type":7}"#, 2, "`type` is not a name"),
        (r#"{"id":"1","type":""}"#, 11, "`type` is not a name"),
        (r#"{"event":{}}"#, 2, "`event` is not a name"),
        (r#"{" event ":"  "}"#, 2, "`event` is not a name"),
        (r#"{"data":{"time":1},"type":"a.b","time":"yesterday"}"#, 33, "`time` is not an RFC 3339 time"),
        (r#"{"type":"a.b","time":"2026-11-21T08:00:00"}"#, 15, "`time` is not an RFC 3339 time"),
        (r#"{"type":"a.b","time":1577836800000}"#, 15, "`time` is not an RFC 3339 time"),
        (r#"{"type":"a.b","seq":"1"}"#, 15, "`seq` is not a whole number"),
        (r#"{"type":"a.b","seq":-1}"#, 15, "`seq` is not a whole number"),
        (r#"{"type":"a.b","subject":{}}"#, 15, "`subject` is an object, not text"),
        (r#"{"type":"a.b","id":true}"#, 15, "`id` is a boolean, not text"),
        (r#"{"type":"stimulus.mcs.OnUserChange","data":"oA"}"#, 37, "`data` of an mcs stimulus is an object"),
        (r#"{"type":"stimulus.ui.click","data":{"value":1}}"#, 29, "stimulus.ui.click has no `selector`"),
        (r#"{"type":"stimulus.ui.key"}"#, 1, "stimulus.ui.key has no `selector`"),
    ];
    for (text, column, reason) in table {
        let error = error(text);
        assert!(error.reason.contains(reason), "{text}: {error}");
        assert_eq!(error.column, column, "{text}: {error}");
        assert!(!error.cut_off, "{text}");
        assert!(error.to_string().starts_with(&format!("events.jsonl:12:{column}: ")), "{error}");
    }
}

#[test]
fn cut_lines_say_so() {
    for text in ["{", r#"{"type""#, r#"{"type":"a"#, r#"{"type":"a.b","data":tru"#, r#"{"type":"a.b","data":{}"#] {
        let error = error(text);
        assert!(error.cut_off, "{text}");
        assert_eq!(error.column, text.chars().count() as u64 + 1, "{text}");
    }
}

#[test]
fn hints() {
    let hint = |text| error(text).hint.unwrap_or_default();
    assert!(hint("nonsense").contains("each line is one JSON object"));
    assert!(hint("{").contains("pretty-printed"));
    assert!(hint(r#"{"type":"a.b"} {}"#).contains("one object a line"));
    assert!(hint("{}").contains("each line is one JSON object"));
    assert_eq!(error(r#"{"type":"a.b","seq":-1}"#).hint, None);
}

#[test]
fn a_deep_line_is_refused_not_a_crash() {
    let deep = format!(r#"{{"type":"a.b","data":{}1{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
    assert!(error(&deep).reason.contains("recursion limit"));
}
