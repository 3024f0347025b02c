//! Media queries ([Media Queries 5](https://drafts.csswg.org/mediaqueries-5/)): parsed, asked, written back.
//!
//! The answers are those of the original client's tab: a coloured screen with a mouse, and nobody who prefers anything.

use super::css::{PAGE_HEIGHT_PX, PAGE_WIDTH_PX};

/// Width of the screen, in CSS pixels.
pub const SCREEN_WIDTH_PX: i32 = 1366;
/// Height of the screen, in CSS pixels.
pub const SCREEN_HEIGHT_PX: i32 = 768;

/// Parentheses that a query may nest; deeper ones are malformed.
const DEPTH_MAX: usize = 16;
/// CSS pixels of an `em`: a query knows the initial font only.
const EM_PX: f64 = 16.0;

/// A condition, and whether it holds; `None` where that cannot be known.
type Truth = Option<bool>;

#[derive(Debug)]
enum Condition {
    Not(Box<Condition>),
    All(Vec<Condition>),
    Any(Vec<Condition>),
    Group(Box<Condition>),
    /// A feature as it is written, and whether it holds.
    Feature(String, Truth),
}

impl Condition {
    fn holds(&self) -> Truth {
        match self {
            Self::Not(inner) => inner.holds().map(|holds| !holds),
            Self::Group(inner) => inner.holds(),
            Self::All(list) => fold(list, false),
            Self::Any(list) => fold(list, true),
            Self::Feature(_, truth) => *truth,
        }
    }

    fn text(&self) -> String {
        let join = |list: &[Condition], word: &str| list.iter().map(Self::text).collect::<Vec<_>>().join(word);
        match self {
            Self::Not(inner) => format!("not {}", inner.text()),
            Self::Group(inner) => format!("({})", inner.text()),
            Self::All(list) => join(list, " and "),
            Self::Any(list) => join(list, " or "),
            Self::Feature(text, _) => format!("({text})"),
        }
    }
}

/// `or` where `decisive` is true, else `and`, in Kleene's logic.
fn fold(list: &[Condition], decisive: bool) -> Truth {
    let truths: Vec<Truth> = list.iter().map(Condition::holds).collect();
    if truths.contains(&Some(decisive)) {
        return Some(decisive);
    }
    if truths.contains(&None) { None } else { Some(!decisive) }
}

/// One query of a list.
#[derive(Debug)]
struct Query {
    /// `not` or `only`, before a media type.
    modifier: Option<&'static str>,
    kind: Option<String>,
    condition: Option<Condition>,
}

impl Query {
    /// What a malformed query stands for.
    fn never() -> Self {
        Self { modifier: Some("not"), kind: Some("all".to_owned()), condition: None }
    }

    fn matches(&self) -> bool {
        let kind = self.kind.as_deref().is_none_or(|kind| matches!(kind, "all" | "screen"));
        let condition = self.condition.as_ref().map_or(Some(true), Condition::holds);
        match self.modifier {
            Some("not") => !kind || condition == Some(false),
            _ => kind && condition == Some(true),
        }
    }

    fn text(&self) -> String {
        let condition = self.condition.as_ref().map(Condition::text);
        match (&self.kind, condition) {
            (None, Some(condition)) => condition,
            (Some(kind), Some(condition)) if kind == "all" && self.modifier.is_none() => condition,
            (Some(kind), condition) => {
                let modifier = self.modifier.map(|modifier| format!("{modifier} ")).unwrap_or_default();
                let condition = condition.map(|condition| format!(" and {condition}")).unwrap_or_default();
                format!("{modifier}{kind}{condition}")
            }
            (None, None) => String::new(),
        }
    }
}

/// A list of queries.
#[derive(Debug)]
pub struct MediaList(Vec<Query>);

impl MediaList {
    /// The list that a text is; what is malformed in it never matches.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let text = text.trim().to_ascii_lowercase();
        if text.is_empty() {
            return Self(Vec::new());
        }
        let queries = split(&text, ',').into_iter();
        Self(queries.map(|one| query(one.trim()).unwrap_or_else(Query::never)).collect())
    }

    /// Whether one of them holds, or there is none.
    #[must_use]
    pub fn matches(&self) -> bool {
        self.0.is_empty() || self.0.iter().any(Query::matches)
    }

    /// The list as scripts read it
    /// ([serialize a media query list](https://drafts.csswg.org/cssom/#serialize-a-media-query-list)).
    #[must_use]
    pub fn text(&self) -> String {
        self.items().join(", ")
    }

    /// Its queries, as scripts read them.
    #[must_use]
    pub fn items(&self) -> Vec<String> {
        self.0.iter().map(Query::text).collect()
    }
}

/// Whether a list of queries holds.
#[must_use]
pub fn media_matches(text: &str) -> bool {
    MediaList::parse(text).matches()
}

/// The parts of a text between separators that stand in no parentheses.
fn split(text: &str, separator: char) -> Vec<&str> {
    let (mut depth, mut from, mut parts) = (0_usize, 0, Vec::new());
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            c if c == separator && depth == 0 => {
                parts.push(&text[from..at]);
                from = at + c.len_utf8();
            }
            _ => {}
        }
    }
    parts.push(&text[from..]);
    parts
}

fn query(text: &str) -> Option<Query> {
    if text.starts_with('(') {
        return condition(text, 0).map(|condition| Query { modifier: None, kind: None, condition: Some(condition) });
    }
    let (first, rest) = word(text);
    if first == "not" && rest.starts_with('(') {
        return condition(text, 0).map(|condition| Query { modifier: None, kind: None, condition: Some(condition) });
    }
    let (modifier, kind, rest) = match first {
        "not" => (Some("not"), word(rest).0, word(rest).1),
        "only" => (Some("only"), word(rest).0, word(rest).1),
        _ => (None, first, rest),
    };
    let is_name = |name: &str| {
        !name.is_empty()
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
            && !matches!(name, "and" | "or" | "not" | "only")
    };
    if !is_name(kind) {
        return None;
    }
    let kind = Some(kind.to_owned());
    if rest.is_empty() {
        return Some(Query { modifier, kind, condition: None });
    }
    let (and, rest) = word(rest);
    let condition = condition(rest, 0).filter(|condition| and == "and" && !matches!(condition, Condition::Any(_)))?;
    Some(Query { modifier, kind, condition: Some(condition) })
}

/// The first word of a text, up to a blank or a parenthesis, and what follows it.
fn word(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| c.is_ascii_whitespace() || c == '(').unwrap_or(text.len());
    (&text[..end], text[end..].trim_start())
}

/// A condition: `not` one, or several joined by the same word.
fn condition(text: &str, depth: usize) -> Option<Condition> {
    if depth > DEPTH_MAX {
        return None;
    }
    let text = text.trim();
    if let ("not", rest) = word(text) {
        let (inner, rest) = in_parentheses(rest, depth)?;
        return rest.is_empty().then(|| Condition::Not(Box::new(inner)));
    }
    let (first, mut rest) = in_parentheses(text, depth)?;
    if rest.is_empty() {
        return Some(first);
    }
    let joined_by = word(rest).0;
    let mut list = vec![first];
    while !rest.is_empty() {
        let (joint, after) = word(rest);
        if joint != joined_by {
            return None;
        }
        let (next, after) = in_parentheses(after, depth)?;
        list.push(next);
        rest = after;
    }
    match joined_by {
        "and" => Some(Condition::All(list)),
        "or" => Some(Condition::Any(list)),
        _ => None,
    }
}

/// What stands in the parentheses that a text starts with, and what follows them.
fn in_parentheses(text: &str, depth: usize) -> Option<(Condition, &str)> {
    if !text.starts_with('(') {
        return None;
    }
    let mut open = 0_usize;
    let end = text.char_indices().find_map(|(at, c)| {
        match c {
            '(' => open += 1,
            ')' => open -= 1,
            _ => {}
        }
        (open == 0).then_some(at)
    })?;
    let (inside, rest) = (text[1..end].trim(), text[end + 1..].trim_start());
    let is_condition = inside.starts_with('(') || matches!(word(inside), ("not", after) if after.starts_with('('));
    let condition = match is_condition {
        true => Condition::Group(Box::new(condition(inside, depth + 1)?)),
        false => feature(inside)?,
    };
    Some((condition, rest))
}

/// A feature: a name, a name with a value, or a range.
fn feature(text: &str) -> Option<Condition> {
    if text.is_empty() {
        return None;
    }
    let shown = |value: &str| {
        let value = value.split_ascii_whitespace().collect::<Vec<_>>().join(" ");
        value.split_once('/').map_or(value.clone(), |(a, b)| format!("{} / {}", a.trim(), b.trim()))
    };
    if let Some((name, value)) = text.split_once(':') {
        let (name, value) = (name.trim(), value.trim());
        return Some(Condition::Feature(format!("{name}: {}", shown(value)), with_value(name, value)));
    }
    if !text.contains(['<', '>', '=']) {
        return Some(Condition::Feature(shown(text), in_boolean_context(text)));
    }
    range(text)
}

/// `name < value`, `value < name`, `value < name < value`.
fn range(text: &str) -> Option<Condition> {
    let mut parts: Vec<(&str, &str)> = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(['<', '>', '=']) {
        let length = if rest[at..].starts_with("<=") || rest[at..].starts_with(">=") { 2 } else { 1 };
        parts.push((rest[..at].trim(), &rest[at..at + length]));
        rest = &rest[at + length..];
    }
    let last = rest.trim();
    let compare = |left: f64, operator: &str, right: f64| match operator {
        "<" => left < right,
        "<=" => left <= right,
        ">" => left > right,
        ">=" => left >= right,
        _ => (left - right).abs() < f64::EPSILON,
    };
    let (text, truth) = match parts.as_slice() {
        [(left, operator)] => {
            let truth = match (known(left), known(last)) {
                (Some(fact), _) => number(left, last).map(|value| compare(fact, operator, value)),
                (None, Some(fact)) => number(last, left).map(|value| compare(value, operator, fact)),
                (None, None) => None,
            };
            (format!("{left} {operator} {last}"), truth)
        }
        [(low, first), (name, second)] if first.starts_with(['<', '>']) && second.starts_with(&first[..1]) => {
            let truth = known(name).and_then(|fact| {
                Some(compare(number(name, low)?, first, fact) && compare(fact, second, number(name, last)?))
            });
            (format!("{low} {first} {name} {second} {last}"), truth)
        }
        _ => return None,
    };
    Some(Condition::Feature(text, truth))
}

/// Features that are numbers, and what they are.
fn known(name: &str) -> Option<f64> {
    Some(match name {
        "width" => PAGE_WIDTH_PX,
        "height" => PAGE_HEIGHT_PX,
        "device-width" => f64::from(SCREEN_WIDTH_PX),
        "device-height" => f64::from(SCREEN_HEIGHT_PX),
        "aspect-ratio" => PAGE_WIDTH_PX / PAGE_HEIGHT_PX,
        "device-aspect-ratio" => f64::from(SCREEN_WIDTH_PX) / f64::from(SCREEN_HEIGHT_PX),
        "resolution" | "-webkit-device-pixel-ratio" | "-webkit-transform-3d" => 1.0,
        "color" => 8.0,
        "color-index" | "monochrome" | "grid" | "horizontal-viewport-segments" | "vertical-viewport-segments" => 0.0,
        _ => return None,
    })
}

/// Features that are words, and what they are.
fn known_word(name: &str) -> Option<&'static str> {
    Some(match name {
        "orientation" => "portrait",
        "hover" | "any-hover" => "hover",
        "pointer" | "any-pointer" => "fine",
        "prefers-color-scheme" => "light",
        "prefers-reduced-motion" | "prefers-contrast" | "prefers-reduced-transparency" | "prefers-reduced-data" => {
            "no-preference"
        }
        "forced-colors" | "inverted-colors" => "none",
        "display-mode" => "browser",
        "scripting" => "enabled",
        "update" => "fast",
        "overflow-block" | "overflow-inline" => "scroll",
        "color-gamut" => "srgb",
        "dynamic-range" | "video-dynamic-range" => "standard",
        "scan" => "progressive",
        _ => return None,
    })
}

/// A value in the unit of a feature: CSS pixels, dots a pixel, a ratio or a number.
fn number(name: &str, value: &str) -> Option<f64> {
    if name.ends_with("aspect-ratio") {
        let (over, under) = value.split_once('/').unwrap_or((value, "1"));
        return Some(over.trim().parse::<f64>().ok()? / under.trim().parse::<f64>().ok()?);
    }
    let end = value.rfind(|c: char| c.is_ascii_digit() || c == '.').map_or(0, |at| at + 1);
    let (digits, unit) = value.split_at(end);
    let digits: f64 = digits.trim().parse().ok()?;
    let factor = match (name, unit) {
        ("width" | "height" | "device-width" | "device-height", unit) => match unit {
            "px" => 1.0,
            "em" | "rem" => EM_PX,
            "ex" | "ch" => EM_PX / 2.0,
            "in" => 96.0,
            "cm" => 96.0 / 2.54,
            "mm" => 96.0 / 25.4,
            "pt" => 96.0 / 72.0,
            "pc" => 16.0,
            "vw" => PAGE_WIDTH_PX / 100.0,
            "vh" => PAGE_HEIGHT_PX / 100.0,
            "" if digits == 0.0 => 1.0,
            _ => return None,
        },
        ("resolution", unit) => match unit {
            "dppx" | "x" => 1.0,
            "dpi" => 1.0 / 96.0,
            "dpcm" => 2.54 / 96.0,
            _ => return None,
        },
        (_, "") => 1.0,
        _ => return None,
    };
    Some(digits * factor)
}

fn with_value(name: &str, value: &str) -> Truth {
    if let Some(word) = known_word(name) {
        return Some(word == value);
    }
    // `-webkit-min-device-pixel-ratio` has its prefix inside.
    let (vendor, plain) = name.strip_prefix("-webkit-").map_or(("", name), |plain| ("-webkit-", plain));
    let (limit, base) = match (plain.strip_prefix("min-"), plain.strip_prefix("max-")) {
        (Some(base), _) => ("min", format!("{vendor}{base}")),
        (_, Some(base)) => ("max", format!("{vendor}{base}")),
        _ => ("", name.to_owned()),
    };
    let (fact, value) = (known(&base)?, number(&base, value)?);
    Some(match limit {
        "min" => fact >= value,
        "max" => fact <= value,
        _ => (fact - value).abs() < f64::EPSILON,
    })
}

/// A feature without a value: whether it is there at all.
fn in_boolean_context(name: &str) -> Truth {
    match (known(name), known_word(name)) {
        (Some(fact), _) => Some(fact != 0.0),
        (None, Some(word)) => Some(!matches!(word, "none" | "no-preference")),
        (None, None) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(query: &str, text: &str, matches: bool) {
        let list = MediaList::parse(query);
        assert_eq!((list.text().as_str(), list.matches()), (text, matches), "{query}");
    }

    #[test]
    fn written_as_browsers_do() {
        check("screen and (MIN-WIDTH:100PX)", "screen and (min-width: 100px)", true);
        check("", "", true);
        check("all and (color)", "(color)", true);
        check("only all and (max-width: 0)", "only all and (max-width: 0)", false);
        check("(min-aspect-ratio: 1/2)", "(min-aspect-ratio: 1 / 2)", true);
        check("screen , , print", "screen, not all, print", true);
        check("screen and", "not all", false);
        check("((hover) and (color))", "((hover) and (color))", true);
    }

    #[test]
    fn types_and_logic() {
        check("not print", "not print", true);
        check("print, screen", "print, screen", true);
        check("tty", "tty", false);
        check("not all", "not all", false);
        check("not screen and (color)", "not screen and (color)", false);
        check("not (hover)", "not (hover)", false);
        check("(grid) or (color)", "(grid) or (color)", true);
        check("(grid) and (color) or (hover)", "not all", false);
        check("screen and (grid) or (color)", "not all", false);
        check("not (foo)", "not (foo)", false);
        check("(foo: bar)", "(foo: bar)", false);
        check(&format!("{}color{}", "(".repeat(40), ")".repeat(40)), "not all", false);
    }

    #[test]
    fn features() {
        for query in [
            "(max-width: 500px)",
            "(min-width: 10em)",
            "(width: 420px)",
            "(orientation:portrait)",
            "(400px <= width <= 9000px)",
            "(width >= 100px)",
            "(500px > width)",
            "(min-resolution: 96dpi)",
            "(-webkit-min-device-pixel-ratio: 1)",
            "(-webkit-transform-3d)",
            "(min-device-width: 1024px)",
            "(prefers-reduced-motion: no-preference)",
            "(pointer: fine)",
            "(display-mode: browser)",
        ] {
            assert!(media_matches(query), "{query}");
        }
        for query in [
            "(min-width: 421px)",
            "(max-width: 100px)",
            "(orientation: landscape)",
            "(-webkit-min-device-pixel-ratio: 1.5)",
            "(prefers-color-scheme: dark)",
            "(prefers-reduced-motion)",
            "(transform-3d)",
            "(min-width)",
            "(monochrome)",
            "(min-width: 5)",
            "(100px >= width)",
        ] {
            assert!(!media_matches(query), "{query}");
        }
    }
}
