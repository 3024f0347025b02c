//! A session as a list of what happened, and two of them beside each other.

use std::collections::BTreeSet;

use similar::{Algorithm, DiffOp, capture_diff_slices};

use super::compare::{Strictness, compared};
use super::diff::{DiffLine, Side};
use crate::base::clock::TimestampMs;
use crate::event::Line;

/// Characters of a line's data that are shown.
const DATA_CHARS_MAX: usize = 400;

/// What happened, one line each: when, what, for whom, by which plugin and because of which line.
#[must_use]
pub fn timeline(lines: &[&Line]) -> String {
    let start = lines.iter().find_map(|line| line.time);
    let names_plugins = lines.iter().filter_map(|line| line.plugin.as_deref()).collect::<BTreeSet<_>>().len() > 1;
    let mut text = String::new();
    for line in lines {
        let mut parts = vec![since(start, line.time), line.id.clone(), line.type_.clone()];
        if names_plugins {
            parts.extend(line.plugin.iter().map(|plugin| format!("({plugin})")));
        }
        parts.extend(line.subject.iter().map(|user| format!("for {user}")));
        parts.extend(line.cause.iter().map(|cause| format!("by {cause}")));
        parts.extend(data(line));
        text.push_str(&format!("{}\n", parts.join("  ")));
    }
    text
}

/// Seconds of page time since the start.
fn since(start: Option<TimestampMs>, time: Option<TimestampMs>) -> String {
    match (start, time) {
        (Some(start), Some(time)) => format!("{:>10.3}", (time - start) as f64 / 1000.0),
        _ => format!("{:>10}", "-"),
    }
}

fn data(line: &Line) -> Option<String> {
    let text = Some(&line.data).filter(|data| !data.is_null())?.to_string();
    let shown: String = text.chars().take(DATA_CHARS_MAX).collect();
    Some(if shown.len() < text.len() { shown + "…" } else { shown })
}

/// What one did and the other did not, of effects and faults; empty where they did the same.
#[must_use]
pub fn diff(one: &[Line], other: &[Line], strictness: Strictness) -> Vec<DiffLine> {
    let (one, other) = (counted(one, strictness), counted(other, strictness));
    let ops = capture_diff_slices(Algorithm::Myers, &one, &other);
    let lines = |side: Side, texts: &[String]| -> Vec<DiffLine> {
        texts.iter().map(|text| DiffLine { side, text: text.clone() }).collect()
    };
    if ops.iter().all(|op| matches!(op, DiffOp::Equal { .. })) {
        return Vec::new();
    }
    let of = |op: &DiffOp| {
        if matches!(op, DiffOp::Equal { .. }) {
            return lines(Side::Both, &one[op.old_range()]);
        }
        [lines(Side::Expected, &one[op.old_range()]), lines(Side::Actual, &other[op.new_range()])].concat()
    };
    ops.iter().flat_map(of).collect()
}

/// Each line that counts, by what of it does.
fn counted(lines: &[Line], strictness: Strictness) -> Vec<String> {
    let text = |line: &Line| {
        let subject = line.subject.as_ref().map(|user| format!("  for {user}")).unwrap_or_default();
        let data = match line.data.get("message") {
            Some(message) if line.type_.starts_with("fault.") && strictness == Strictness::Meaning => {
                return format!("{}  {message}", line.type_);
            }
            _ if strictness == Strictness::All => line.data.to_string(),
            _ => compared(&line.data).to_string(),
        };
        format!("{}{subject}  {data}", line.type_)
    };
    lines.iter().filter(|line| strictness.counts(line)).map(text).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::regress::diff::as_text;

    fn title(id: &str, text: &str) -> Line {
        let line = Line::new(id, "log", "effect.title", json!({ "title": text }));
        Line { time: Some(1000 + id.len() as i64), subject: Some("oA".into()), cause: Some("s1".into()), ..line }
    }

    #[test]
    fn what_happened_when() {
        let start = Line { time: Some(1000), ..Line::new("s1", "log", "stimulus.page.reload", json!(null)) };
        let text = timeline(&[&start, &title("e1", "a"), &Line::new("x", "log", "a.b", json!("c".repeat(500)))]);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "     0.000  s1  stimulus.page.reload");
        assert_eq!(lines[1], r#"     0.002  e1  effect.title  for oA  by s1  {"title":"a"}"#);
        assert!(lines[2].starts_with("         -  x  a.b  \"ccc") && lines[2].ends_with("c…"), "{text}");
    }

    #[test]
    fn what_one_did_and_the_other_did_not() {
        let (one, two) = ([title("e1", "a"), title("e2", "b")], [title("e9", "a"), title("e8", "c"), title("e7", "b")]);
        assert_eq!(as_text(&diff(&one, &one, Strictness::Meaning)), "");
        let shown = as_text(&diff(&one, &two, Strictness::Meaning));
        let row = |mark: char, text: &str| format!("{mark} effect.title  for oA  {{\"title\":\"{text}\"}}\n");
        assert_eq!(shown, row(' ', "a") + &row('+', "c") + &row(' ', "b"));
        let fault = |message: &str, line: u32| {
            [Line::new("e", "log", "fault.uncaught", json!({"message": message, "line": line}))]
        };
        assert!(diff(&fault("x", 1), &fault("x", 2), Strictness::Meaning).is_empty());
        assert_eq!(diff(&fault("x", 1), &fault("y", 1), Strictness::Meaning).len(), 2);
    }
}
