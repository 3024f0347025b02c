//! Titles and descriptions over WeChat's limits: cut and told, or refused.

use serde_json::Value;

use super::{ContentError, TrimPolicy};
use crate::wechat::profile::Profile;

/// Stands where something was cut.
const ELLIPSIS: &str = "…";

/// The limits of what is cut, and whether it is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Trimmer {
    title_bytes_max: usize,
    description_bytes_max: usize,
    policy: TrimPolicy,
}

impl Trimmer {
    pub(super) fn new(profile: &Profile, policy: TrimPolicy) -> Self {
        let Profile { title_bytes_max, description_bytes_max, .. } = *profile;
        Self { title_bytes_max, description_bytes_max, policy }
    }

    /// A title within the limit; `of` is what it belongs to, as notes and errors say it.
    pub(super) fn title(&self, text: String, of: &str, notes: &mut Vec<String>) -> Result<String, ContentError> {
        self.trim(text, "title", of, self.title_bytes_max, notes)
    }

    /// A description within the limit.
    pub(super) fn description(&self, text: String, of: &str, notes: &mut Vec<String>) -> Result<String, ContentError> {
        self.trim(text, "description", of, self.description_bytes_max, notes)
    }

    fn trim(
        &self,
        text: String,
        member: &'static str,
        of: &str,
        limit: usize,
        notes: &mut Vec<String>,
    ) -> Result<String, ContentError> {
        let Some(shorter) = cut(&text, limit) else { return Ok(text) };
        if self.policy == TrimPolicy::Refuse {
            return Err(ContentError::TooLong { what: format!("{member} of {of}"), bytes: text.len(), limit });
        }
        notes.push(cut_note(member, of, &text, &shorter));
        Ok(shorter)
    }

    /// The section of a message with its title and description within the limits.
    pub(super) fn section(
        &self,
        mut section: Value,
        msgtype: &str,
        notes: &mut Vec<String>,
    ) -> Result<Value, ContentError> {
        let of = format!("the {msgtype} message");
        for (member, limit) in [("title", self.title_bytes_max), ("description", self.description_bytes_max)] {
            if let Some(Value::String(text)) = section.get_mut(member) {
                *text = self.trim(std::mem::take(text), member, &of, limit, notes)?;
            }
        }
        Ok(section)
    }
}

/// What is told of a cut.
pub(in super::super) fn cut_note(member: &str, of: &str, was: &str, is: &str) -> String {
    format!("{member} of {of} cut from {} to {} bytes", was.len(), is.len())
}

/// What is told of articles that are left out.
pub(in super::super) fn first_note(count: usize, taken: usize) -> String {
    format!("of {count} articles only the first {taken}: the account takes no more")
}

/// The beginning of a text, at most `limit` bytes with the ellipsis behind it; `None` where it is not longer.
pub(in super::super) fn cut(text: &str, limit: usize) -> Option<String> {
    if text.len() <= limit {
        return None;
    }
    let room = limit.saturating_sub(ELLIPSIS.len());
    let kept = text[..text.floor_char_boundary(room)].trim_end();
    Some(format!("{kept}{ELLIPSIS}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_fall_between_characters() {
        assert_eq!(cut("四个汉字", 12), None);
        assert_eq!(cut("四个汉字", 11).as_deref(), Some("四个…"));
        assert_eq!(cut("one two", 6).as_deref(), Some("one…"));
        for limit in 3..20 {
            assert!(cut("a汉字 mixed 文本 here", limit).unwrap().len() <= limit);
        }
    }
}
