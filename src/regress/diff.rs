//! A readable difference of two lines' data.

use similar::{ChangeTag, TextDiff};

use super::compare::compared;
use crate::event::Line;

/// Lines around a change that are shown.
const CONTEXT_LINES: usize = 3;
/// Lines of a difference that are shown at most: what is longer is looked at in the files.
const LINES_MAX: usize = 80;

/// What faults are called.
const FAULT: &str = "fault.";
/// Members of a fault that say where it was.
const SHOWN_BESIDE: [&str; 6] = ["url", "file", "line", "column", "stack", "frame"];

/// One line of a difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiffLine {
    /// Where it stands.
    pub side: Side,
    /// Its text.
    pub text: String,
}

/// Where a line of a difference stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// In both.
    Both,
    /// Only in what was recorded.
    Expected,
    /// Only in what came.
    Actual,
    /// In none: lines are left out here.
    Gap,
}

impl Side {
    /// The mark in front of the line.
    #[must_use]
    pub fn mark(self) -> char {
        match self {
            Self::Both | Self::Gap => ' ',
            Self::Expected => '-',
            Self::Actual => '+',
        }
    }
}

/// What was recorded and what came, line by line; a side that is not there is empty.
#[must_use]
pub fn diff(expected: Option<&Line>, actual: Option<&Line>) -> Vec<DiffLine> {
    let (expected, actual) = (expected.map(text).unwrap_or_default(), actual.map(text).unwrap_or_default());
    diff_of(&expected, &actual)
}

/// The same as text, each line behind its mark.
#[must_use]
pub fn as_text(lines: &[DiffLine]) -> String {
    lines.iter().map(|line| format!("{} {}\n", line.side.mark(), line.text)).collect()
}

/// What of a line is compared, one member a line; of a fault what says what it is, not the code that is shown beside it.
fn text(line: &Line) -> String {
    let mut text = format!("{}\n", line.type_);
    if let Some(subject) = &line.subject {
        text.push_str(&format!("for {subject}\n"));
    }
    let mut data = compared(&line.data);
    if line.type_.starts_with(FAULT)
        && let Some(members) = data.to_mut().as_object_mut()
    {
        members.retain(|name, _| !SHOWN_BESIDE.contains(&name.as_str()));
    }
    text.push_str(&format!("{data:#}\n"));
    text
}

fn diff_of(expected: &str, actual: &str) -> Vec<DiffLine> {
    let diff = TextDiff::from_lines(expected, actual);
    let mut lines = Vec::new();
    let gap = || DiffLine { side: Side::Gap, text: "…".to_owned() };
    for (number, group) in diff.grouped_ops(CONTEXT_LINES).iter().enumerate() {
        let is_first = group.first().is_none_or(|op| op.old_range().start == 0 && op.new_range().start == 0);
        if number > 0 || !is_first {
            lines.push(gap());
        }
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            let side = match change.tag() {
                ChangeTag::Equal => Side::Both,
                ChangeTag::Delete => Side::Expected,
                ChangeTag::Insert => Side::Actual,
            };
            lines.push(DiffLine { side, text: change.value().trim_end_matches('\n').to_owned() });
        }
    }
    if lines.len() > LINES_MAX {
        lines.truncate(LINES_MAX);
        lines.push(gap());
    }
    lines
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn put(random: &str, text: &str) -> Line {
        let data = json!({"msg": {"head": {"random": random}, "body": [{"content": {"text": text}}]}});
        Line { subject: Some("oA".to_owned()), ..Line::new("e1", "log", "effect.mcs.PutMsg", data) }
    }

    #[test]
    fn a_text_changed() {
        let shown = as_text(&diff(Some(&put("1", "您好")), Some(&put("2", "你好"))));
        let lines: Vec<&str> = shown.lines().collect();
        assert!(lines.contains(&"-           \"text\": \"您好\""), "{shown}");
        assert!(lines.contains(&"+           \"text\": \"你好\""), "{shown}");
        assert_eq!(lines.iter().filter(|line| line.starts_with(['-', '+'])).count(), 2, "{shown}");
        assert!(!shown.contains("random"), "{shown}");
        assert_eq!(lines[0], "  …");
    }

    #[test]
    fn one_side_only() {
        let missing = diff(Some(&put("1", "您好")), None);
        assert!(missing.iter().all(|line| line.side == Side::Expected), "{missing:?}");
        assert_eq!(missing[1].text, "for oA");
        assert!(diff(None, Some(&put("1", "您好"))).iter().all(|line| line.side == Side::Actual));
        assert!(diff(Some(&put("1", "a")), Some(&put("2", "a"))).is_empty());
    }

    #[test]
    fn a_long_one_is_cut() {
        let list = |of: fn(usize) -> usize| {
            let data = json!((0..1000).map(of).collect::<Vec<_>>());
            Line::new("e1", "log", "effect.title", data)
        };
        let shown = diff(Some(&list(|n| n)), Some(&list(|n| n + 5000)));
        assert_eq!((shown.len(), shown.last().unwrap().side), (LINES_MAX + 1, Side::Gap));
    }
}
