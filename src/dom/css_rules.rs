//! The rules of a style sheet as text ([CSSOM §6.4](https://drafts.csswg.org/cssom/#css-rules)): where each stands, its
//! prelude and its block. The cascade parses for itself ([`super::css`]); this is for scripts that look at a sheet.

use std::borrow::Cow;
use std::ops::Range;

/// Blocks that rules may nest; what is deeper is not looked at.
const DEPTH_MAX: usize = 16;

/// What a rule is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RuleKind {
    /// Selectors and declarations.
    Style {
        /// The selectors.
        selectors: String,
        /// The text between the braces.
        body: String,
    },
    /// An at-rule with rules in it: `@media`, `@supports`, `@keyframes`, whose rules have selectors like `from`.
    Group {
        /// Its name without `@`, in lower case.
        name: String,
        /// What stands before the brace.
        prelude: String,
        /// The rules inside; their places count from the brace.
        rules: Vec<SheetRule>,
    },
    /// An at-rule with declarations: `@page`, `@font-face`.
    Block {
        /// Its name without `@`, in lower case.
        name: String,
        /// What stands before the brace.
        prelude: String,
        /// The text between the braces.
        body: String,
    },
    /// An at-rule without braces: `@import`, `@namespace`.
    Statement {
        /// Its name without `@`, in lower case.
        name: String,
        /// What stands before the semicolon.
        prelude: String,
    },
}

/// At-rules that hold rules.
const GROUPS: [&str; 10] = [
    "media",
    "supports",
    "layer",
    "container",
    "document",
    "-moz-document",
    "scope",
    "starting-style",
    "keyframes",
    "-webkit-keyframes",
];

impl RuleKind {
    /// Whether it is an `@import`.
    #[must_use]
    pub fn is_import(&self) -> bool {
        matches!(self, Self::Statement { name, .. } if name == "import")
    }
}

/// A rule and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SheetRule {
    /// Its place in the sheet's text, in bytes.
    pub span: Range<usize>,
    /// The text between its braces, from the start of the rule.
    pub inside: Range<usize>,
    /// What it is.
    pub kind: RuleKind,
}

/// The rules of a sheet's text.
#[must_use]
pub fn rules(text: &str) -> Vec<SheetRule> {
    rules_at_depth(text, 0)
}

fn rules_at_depth(text: &str, depth: usize) -> Vec<SheetRule> {
    let mut found = Vec::new();
    let (mut at, mut may_import) = (0, depth == 0);
    while let Some(start) = start_of_rule(text, at) {
        let (open, end) = extent(text, start);
        let kind = kind_of(text, start, open, end, depth);
        // An import after another rule is none (CSS Cascade §2).
        let is_import = kind.as_ref().is_some_and(RuleKind::is_import);
        if let Some(kind) = kind.filter(|_| may_import || !is_import) {
            let is_layer_list = matches!(&kind, RuleKind::Statement { name, .. } if name == "layer");
            may_import &= is_import || is_layer_list;
            let inside = block_of(text, open, end);
            found.push(SheetRule { span: start..end, inside: inside.start - start..inside.end - start, kind });
        }
        at = end;
    }
    found
}

/// Where the next rule starts, past blanks and comments.
fn start_of_rule(text: &str, mut at: usize) -> Option<usize> {
    loop {
        let rest = &text[at..];
        let trimmed = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == ';' || c == '}');
        at += rest.len() - trimmed.len();
        if trimmed.is_empty() {
            return None;
        }
        let skipped = ["<!--", "-->"].iter().find(|mark| trimmed.starts_with(**mark)).map(|mark| mark.len());
        let comment = trimmed.starts_with("/*").then(|| trimmed.find("*/").map_or(trimmed.len(), |end| end + 2));
        match skipped.or(comment) {
            Some(length) => at += length,
            None => return Some(at),
        }
    }
}

/// Where a rule's block opens, if it has one, and where the rule ends.
fn extent(text: &str, start: usize) -> (Option<usize>, usize) {
    let bytes = text.as_bytes();
    let (mut at, mut depth, mut open) = (start, 0_usize, None);
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 1,
            b'/' if bytes.get(at + 1) == Some(&b'*') => {
                at = text[at + 2..].find("*/").map_or(bytes.len(), |end| at + 2 + end + 1);
            }
            quote @ (b'"' | b'\'') => at = end_of_string(bytes, at, quote),
            b'{' => {
                open = open.or(Some(at));
                depth += 1;
            }
            b'}' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return (open, at + 1);
                }
            }
            b';' if depth == 0 => return (None, at + 1),
            _ => {}
        }
        at += 1;
    }
    (open, bytes.len())
}

/// The text of a rule with what it leaves out at its end, be it a brace or a semicolon: what follows is not part of it.
#[must_use]
pub fn closed(rule: &str) -> Cow<'_, str> {
    let mut text = Cow::Borrowed(rule);
    for _ in 0..=DEPTH_MAX {
        // One that has its end does not reach for another.
        let (open, end) = extent(&format!("{text}}}"), 0);
        if end <= text.len() {
            break;
        }
        // A line break ends a string.
        text.to_mut().push_str(if open.is_some() { "\n}" } else { ";" });
    }
    text
}

fn end_of_string(bytes: &[u8], start: usize, quote: u8) -> usize {
    let mut at = start + 1;
    while at < bytes.len() && bytes[at] != quote && bytes[at] != b'\n' {
        at += if bytes[at] == b'\\' { 2 } else { 1 };
    }
    at.min(bytes.len())
}

/// The text between the braces of a rule; empty at its end where it has none.
fn block_of(text: &str, open: Option<usize>, end: usize) -> Range<usize> {
    let Some(open) = open else { return end..end };
    let close = if text[..end].ends_with('}') && end > open + 1 { end - 1 } else { end };
    open + 1..close.max(open + 1)
}

fn kind_of(text: &str, start: usize, open: Option<usize>, end: usize, depth: usize) -> Option<RuleKind> {
    let block = open.map(|open| (text[start..open].trim(), &text[block_of(text, Some(open), end)]));
    if !text[start..].starts_with('@') {
        let (selectors, body) = block?;
        return Some(RuleKind::Style { selectors: selectors.to_owned(), body: body.trim().to_owned() });
    }
    let written: String = text[start + 1..].chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
    let name = written.to_ascii_lowercase();
    let Some((head, body)) = block else {
        // Of the encoding's mark nothing is left once it has been read (CSS Syntax §9.4).
        if name == "charset" {
            return None;
        }
        let prelude = text[start + 1 + written.len()..end].trim().trim_end_matches(';').trim().to_owned();
        return Some(RuleKind::Statement { name, prelude });
    };
    let prelude = head.get(1 + written.len()..).unwrap_or_default().trim().to_owned();
    if GROUPS.contains(&name.as_str()) && depth < DEPTH_MAX {
        return Some(RuleKind::Group { name, prelude, rules: rules_at_depth(body, depth + 1) });
    }
    Some(RuleKind::Block { name, prelude, body: body.trim().to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let shown = |rule: &SheetRule| match &rule.kind {
            RuleKind::Style { selectors, body } => format!("{selectors}|{body}"),
            RuleKind::Group { name, prelude, rules } => format!("@{name} {prelude}|{}", rules.len()),
            RuleKind::Block { name, .. } | RuleKind::Statement { name, .. } => format!("@{name}"),
        };
        assert_eq!(rules(text).iter().map(shown).collect::<Vec<_>>(), expected, "{text}");
    }

    #[test]
    fn rules_of_a_sheet() {
        check("a { color: red } b{}", &["a|color: red", "b|"]);
        check("/* a{} */ <!-- a::after { content: '}' } -->", &["a::after|content: '}'"]);
        check(
            "@import 'x'; @media print { a {} b {} } @font-face { x: y } c {d:e",
            &["@import", "@media print|2", "@font-face", "c|d:e"],
        );
        check("@layer x; @import 'a'; c{} @import 'b';", &["@layer", "@import", "c|"]);
        check("a{b:c}} d{}", &["a|b:c", "d|"]);
        check("@charset \"utf-8\"; a{}", &["a|"]);
        check("", &[]);
        check("zzz", &[]);
        check("a{content:\"\\\"}\"}b{", &["a|content:\"\\\"}\"", "b|"]);
        check("@keyframes k { from { a: b } 50%,to { } }", &["@keyframes k|2"]);
        let found = rules(" a{} b{c:d}");
        assert_eq!((found[1].span.clone(), found[1].inside.clone()), (5..11, 2..5));
    }
}
