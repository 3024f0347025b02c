//! What `@supports` and `CSS.supports` ask ([CSS Conditional §6](https://drafts.csswg.org/css-conditional/#at-supports)): which
//! declarations are kept here, and which selectors are understood.

use super::css::declarations;
use super::css_properties::canonical;
use super::css_values::normal;
use super::select::Selectors;
use crate::base::limits::CODE_NESTING_MAX;

/// Whether a declaration would be kept.
#[must_use]
pub fn is_supported(property: &str, value: &str) -> bool {
    let Some(name) = canonical(property.trim()) else { return false };
    let value = value.trim();
    if name.starts_with("--") {
        return true;
    }
    let parsed = declarations(&format!("{name}:{value}"));
    matches!(parsed.as_slice(), [only] if !only.important && normal(&name, &only.value, false).is_some())
}

/// Whether a condition of `@supports` holds; `None` where it is malformed.
#[must_use]
pub fn condition(text: &str) -> Option<bool> {
    condition_at(text, 0)
}

fn condition_at(text: &str, depth: usize) -> Option<bool> {
    let text = text.trim();
    if depth > CODE_NESTING_MAX {
        return None;
    }
    if let Some(rest) = keyword(text, "not") {
        let (holds, rest) = in_parentheses(rest, depth)?;
        return rest.trim().is_empty().then_some(!holds);
    }
    let (mut holds, mut rest) = in_parentheses(text, depth)?;
    let joint = if keyword(rest, "and").is_some() { "and" } else { "or" };
    while !rest.trim().is_empty() {
        let (next, after) = in_parentheses(keyword(rest, joint)?, depth)?;
        holds = if joint == "and" { holds && next } else { holds || next };
        rest = after;
    }
    Some(holds)
}

/// What follows a keyword, if a text starts with it.
fn keyword<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    let text = text.trim_start();
    let (head, rest) = text.split_at_checked(word.len())?;
    let ends = rest.starts_with(|c: char| c.is_ascii_whitespace() || c == '(');
    (head.eq_ignore_ascii_case(word) && ends).then_some(rest)
}

/// Whether what stands in the parentheses that a text starts with holds, and what follows them.
fn in_parentheses(text: &str, depth: usize) -> Option<(bool, &str)> {
    let text = text.trim_start();
    let open = text.find('(')?;
    let function = text[..open].to_ascii_lowercase();
    let mut level = 0_usize;
    let end = text.char_indices().find_map(|(at, c)| {
        match c {
            '(' => level += 1,
            ')' => level = level.checked_sub(1)?,
            _ => {}
        }
        (level == 0 && at >= open && c == ')').then_some(at)
    })?;
    let (inside, rest) = (&text[open + 1..end], &text[end + 1..]);
    let holds = match function.as_str() {
        "" if inside.trim_start().starts_with('(') || keyword(inside, "not").is_some() => {
            condition_at(inside, depth + 1)?
        }
        "" => inside.split_once(':').is_some_and(|(property, value)| is_supported(property, value)),
        "selector" => Selectors::parse(inside).is_ok(),
        _ => false,
    };
    Some((holds, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions() {
        for (text, expected) in [
            ("(display: block)", Some(true)),
            ("not (display: block)", Some(false)),
            ("(zzz: 1) or (color: red)", Some(true)),
            ("(zzz: 1) and (color: red)", Some(false)),
            ("selector(a > b)", Some(true)),
            ("display: block", None),
        ] {
            assert_eq!(condition(text), expected, "{text}");
        }
    }
}
