//! The rules of a style sheet as text ([CSSOM §6.4](https://drafts.csswg.org/cssom/#css-rules)): where each stands, its
//! prelude and its block. The cascade parses for itself ([`super::css`]); this is for scripts that look at a sheet.

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
    /// `@media`
    Media {
        /// The queries.
        queries: String,
        /// The rules inside.
        rules: Vec<SheetRule>,
    },
    /// Another at-rule, by name without `@`.
    Other(String),
}

/// A rule and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SheetRule {
    /// Its place in the sheet's text, in bytes.
    pub span: Range<usize>,
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
        let is_import = matches!(&kind, Some(RuleKind::Other(name)) if name == "import");
        if let Some(kind) = kind.filter(|_| may_import || !is_import) {
            let is_layer_list = open.is_none() && matches!(&kind, RuleKind::Other(name) if name == "layer");
            may_import &= is_import || is_layer_list;
            found.push(SheetRule { span: start..end, kind });
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

fn end_of_string(bytes: &[u8], start: usize, quote: u8) -> usize {
    let mut at = start + 1;
    while at < bytes.len() && bytes[at] != quote && bytes[at] != b'\n' {
        at += if bytes[at] == b'\\' { 2 } else { 1 };
    }
    at.min(bytes.len())
}

fn kind_of(text: &str, start: usize, open: Option<usize>, end: usize, depth: usize) -> Option<RuleKind> {
    let block = open.map(|open| {
        let close = if text[..end].ends_with('}') && end > open + 1 { end - 1 } else { end };
        (text[start..open].trim(), &text[open + 1..close.max(open + 1)])
    });
    if !text[start..].starts_with('@') {
        let (selectors, body) = block?;
        return Some(RuleKind::Style { selectors: selectors.to_owned(), body: body.trim().to_owned() });
    }
    let name: String = text[start + 1..].chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
    let lower = name.to_ascii_lowercase();
    match block {
        // Of the encoding's mark nothing is left once it has been read (CSS Syntax §9.4).
        None if lower == "charset" => None,
        Some((prelude, body)) if lower == "media" && depth < DEPTH_MAX => {
            let queries = prelude[1 + name.len()..].trim().to_owned();
            Some(RuleKind::Media { queries, rules: rules_at_depth(body, depth + 1) })
        }
        _ => Some(RuleKind::Other(lower)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let shown = |rule: &SheetRule| match &rule.kind {
            RuleKind::Style { selectors, body } => format!("{selectors}|{body}"),
            RuleKind::Media { queries, rules } => format!("@media {queries}|{}", rules.len()),
            RuleKind::Other(name) => format!("@{name}"),
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
        assert_eq!(rules(" a{} b{c:d}")[1].span, 5..11);
    }
}
