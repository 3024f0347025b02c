//! Values of the CSS properties that scripts measure or test: which are valid, and how they are written back
//! ([CSSOM §6.7](https://drafts.csswg.org/cssom/#serializing-css-values)). A property that is not in the table takes
//! anything, and is written by its tokens ([`super::css_canonical`]).

use super::css_colors::color;
use super::{css_canonical, css_transforms};

/// What a property takes, beside the words for every property.
enum Grammar {
    /// One of these words.
    Words(&'static [&'static str]),
    /// A length or percentage; whether it may be negative; and these words.
    Length(bool, &'static [&'static str]),
    /// One to four of [`Grammar::Length`].
    Lengths(bool, &'static [&'static str]),
    /// A number in a range, or one of these words.
    Number(f64, f64, &'static [&'static str]),
    /// An integer, or one of these words.
    Integer(&'static [&'static str]),
    /// A number (kept as it is), a length, or one of these words.
    NumberOrLength(&'static [&'static str]),
    /// A colour.
    Color,
    /// A list of transform functions.
    Transform,
    /// Anything.
    Any,
}

const SIZES: &[&str] =
    &["auto", "none", "min-content", "max-content", "fit-content", "-webkit-fill-available", "intrinsic"];
const BORDER_WIDTHS: &[&str] = &["thin", "medium", "thick"];
/// `border-style` (CSS Backgrounds §3.2).
pub(super) const LINE_STYLES: &[&str] =
    &["none", "hidden", "dotted", "dashed", "solid", "double", "groove", "ridge", "inset", "outset"];
const OVERFLOWS: &[&str] = &["visible", "hidden", "scroll", "auto", "clip", "overlay"];
/// Words for every property (CSS Cascade §7.3).
const WIDE: [&str; 5] = ["inherit", "initial", "unset", "revert", "revert-layer"];
const UNITS: [&str; 17] =
    ["px", "em", "rem", "%", "pt", "vw", "vh", "ex", "ch", "vmin", "vmax", "pc", "in", "cm", "mm", "q", "lh"];
const DISPLAYS: &[&str] = &[
    "none",
    "block",
    "inline",
    "inline-block",
    "list-item",
    "flex",
    "inline-flex",
    "grid",
    "inline-grid",
    "flow-root",
    "contents",
    "run-in",
    "table",
    "inline-table",
    "table-row",
    "table-cell",
    "table-row-group",
    "table-header-group",
    "table-footer-group",
    "table-column",
    "table-column-group",
    "table-caption",
    "box",
    "inline-box",
    "-webkit-box",
    "-webkit-inline-box",
    "-webkit-flex",
    "-webkit-inline-flex",
    "-ms-flexbox",
    "ruby",
    "ruby-base",
    "ruby-text",
    "math",
];

fn grammar(property: &str) -> Grammar {
    use Grammar::{Any, Color, Integer, Length, Lengths, Number, NumberOrLength, Words};
    match property {
        "display" => Words(DISPLAYS),
        "visibility" => Words(&["visible", "hidden", "collapse"]),
        "position" => Words(&["static", "relative", "absolute", "fixed", "sticky", "-webkit-sticky"]),
        "float" => Words(&["none", "left", "right", "inline-start", "inline-end"]),
        "clear" => Words(&["none", "left", "right", "both", "inline-start", "inline-end"]),
        "box-sizing" => Words(&["content-box", "border-box"]),
        "overflow-x" | "overflow-y" => Words(OVERFLOWS),
        "white-space" => Words(&["normal", "nowrap", "pre", "pre-wrap", "pre-line", "break-spaces"]),
        "border-top-style" | "border-right-style" | "border-bottom-style" | "border-left-style" => Words(LINE_STYLES),
        "width" | "height" | "min-width" | "min-height" | "max-width" | "max-height" => Length(false, SIZES),
        "top" | "right" | "bottom" | "left" => Length(true, &["auto"]),
        "margin-top" | "margin-right" | "margin-bottom" | "margin-left" => Length(true, &["auto"]),
        "padding-top" | "padding-right" | "padding-bottom" | "padding-left" => Length(false, &[]),
        "border-top-width" | "border-right-width" | "border-bottom-width" | "border-left-width" | "outline-width" => {
            Length(false, BORDER_WIDTHS)
        }
        "text-indent" => Length(true, &[]),
        "letter-spacing" | "word-spacing" => Length(true, &["normal"]),
        "font-size" => Length(
            false,
            &[
                "xx-small",
                "x-small",
                "small",
                "medium",
                "large",
                "x-large",
                "xx-large",
                "xxx-large",
                "smaller",
                "larger",
            ],
        ),
        "margin" => Lengths(true, &["auto"]),
        "padding" => Lengths(false, &[]),
        "border-width" => Lengths(false, BORDER_WIDTHS),
        "line-height" => NumberOrLength(&["normal"]),
        "opacity" => Number(f64::MIN, f64::MAX, &[]),
        "flex-grow" | "flex-shrink" => Number(0.0, f64::MAX, &[]),
        "font-weight" => Number(1.0, 1000.0, &["normal", "bold", "bolder", "lighter"]),
        "z-index" => Integer(&["auto"]),
        "order" | "tab-size" => Integer(&[]),
        "color"
        | "background-color"
        | "border-top-color"
        | "border-right-color"
        | "border-bottom-color"
        | "border-left-color"
        | "outline-color" => Color,
        "transform" => Grammar::Transform,
        _ => Any,
    }
}

/// A value as the property keeps it; `None` where it is not valid. With `quirks` a length may lack its unit
/// (CSS Values §6.3.1 of the quirks mode standard).
#[must_use]
pub fn normal(property: &str, value: &str, quirks: bool) -> Option<String> {
    let value = value.trim();
    let lower = value.to_ascii_lowercase();
    if value.is_empty() {
        return None;
    }
    if property.starts_with("--") {
        return Some(value.to_owned());
    }
    if WIDE.contains(&lower.as_str()) {
        return Some(lower);
    }
    // What is put in later is written back as it was written.
    if lower.contains("var(") || lower.contains("env(") {
        return Some(value.to_owned());
    }
    let word = |words: &[&str]| words.contains(&lower.as_str());
    match grammar(property) {
        // What scripts hand over by mistake is no value of anything but names.
        Grammar::Any if word(&["undefined", "null", "nan"]) => None,
        Grammar::Any => css_canonical::written(property, value),
        Grammar::Words(words) => word(words).then_some(lower),
        Grammar::Length(negative, words) => length(&lower, negative, words, quirks),
        Grammar::Lengths(negative, words) => {
            let parts: Option<Vec<String>> =
                components(&lower).into_iter().map(|part| length(part, negative, words, quirks)).collect();
            parts.filter(|parts| parts.len() <= 4).map(|parts| parts.join(" "))
        }
        Grammar::Number(least, most, words) => {
            if word(words) {
                return Some(lower);
            }
            let (number, unit) = dimension(&lower)?;
            let number = if property == "opacity" && unit == "%" { number / 100.0 } else { number };
            let plain = unit.is_empty() || unit == "%" && property == "opacity";
            (plain && number >= least && number <= most).then(|| format_number(number))
        }
        Grammar::Integer(words) => {
            let is_integer = dimension(&lower).is_some_and(|(number, unit)| unit.is_empty() && number.fract() == 0.0);
            let written = || dimension(&lower).map(|(number, _)| format_number(number));
            if word(words) { Some(lower) } else { is_integer.then(written).flatten() }
        }
        Grammar::NumberOrLength(words) => match dimension(&lower) {
            Some((number, "")) if number >= 0.0 => Some(format_number(number)),
            _ => length(&lower, false, words, false),
        },
        Grammar::Color => color(&lower),
        Grammar::Transform => css_transforms::normal(&lower),
    }
}

/// Whether a declaration would be kept in some document.
#[must_use]
pub fn is_valid(property: &str, value: &str) -> bool {
    normal(property, value, true).is_some()
}

pub(super) fn length(text: &str, negative: bool, words: &[&str], quirks: bool) -> Option<String> {
    if words.contains(&text) {
        return Some(text.to_owned());
    }
    if is_math(text) {
        return css_canonical::written("", text);
    }
    let (number, unit) = dimension(text)?;
    let unit = match unit {
        "" if number == 0.0 || quirks => "px",
        "" => return None,
        unit => UNITS.iter().find(|known| **known == unit)?,
    };
    (negative || number >= 0.0).then(|| format_number(number) + unit)
}

pub(super) fn is_math(text: &str) -> bool {
    ["calc(", "-webkit-calc(", "min(", "max(", "clamp("].iter().any(|f| text.starts_with(f)) && text.ends_with(')')
}

/// A number and the unit after it, lower case; the unit may be `%` or empty (CSS Syntax §4.3.12).
#[must_use]
pub fn dimension(text: &str) -> Option<(f64, &str)> {
    let digits = |from: usize| text[from..].bytes().take_while(u8::is_ascii_digit).count();
    let sign = usize::from(text.starts_with(['+', '-']));
    let whole = digits(sign);
    let mut end = sign + whole;
    if text[end..].starts_with('.') && digits(end + 1) > 0 {
        end += 1 + digits(end + 1);
    } else if whole == 0 {
        return None;
    }
    let exponent = text[end..].strip_prefix('e').map(|rest| usize::from(rest.starts_with(['+', '-'])) + end + 1);
    if let Some(from) = exponent.filter(|from| digits(*from) > 0) {
        end = from + digits(from);
    }
    let unit = &text[end..];
    let is_unit = unit.is_empty() || unit == "%" || unit.bytes().all(|b| b.is_ascii_alphabetic());
    let number: f64 = text[..end].parse().ok()?;
    (is_unit && number.is_finite()).then_some((number, unit))
}

/// A number as CSS writes it, with at most six places.
#[must_use]
pub fn format_number(number: f64) -> String {
    let rounded = (number * 1e6).round() / 1e6;
    if rounded == 0.0 { "0".to_owned() } else { rounded.to_string() }
}

/// The parts of a value that blanks separate; those in brackets stay together.
#[must_use]
pub fn components(value: &str) -> Vec<&str> {
    let mut depth = 0usize;
    let separates = |c: char| {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0 && c.is_ascii_whitespace()
    };
    value.split(separates).filter(|part| !part.is_empty()).collect()
}

/// Whether a property is a colour.
#[must_use]
pub fn is_color(property: &str) -> bool {
    matches!(grammar(property), Grammar::Color)
}

/// What relative lengths refer to.
#[derive(Debug, Clone, Copy)]
pub struct Reference {
    /// The font size, in px.
    pub em: f64,
    /// What 100 % is, in px; `None` where that is not known.
    pub whole: Option<f64>,
}

/// A length in CSS pixels; `None` for words, for arithmetic and for a percentage of the unknown.
#[must_use]
pub fn to_px(value: &str, reference: Reference) -> Option<f64> {
    let lower = value.trim().to_ascii_lowercase();
    let (number, unit) = dimension(&lower)?;
    let (width, height) = (super::css::PAGE_WIDTH_PX, super::css::PAGE_HEIGHT_PX);
    let one = match unit {
        "px" | "" => 1.0,
        "em" => reference.em,
        "rem" => 16.0,
        "ex" | "ch" => reference.em / 2.0,
        "lh" => reference.em * 1.25,
        "%" => reference.whole? / 100.0,
        "vw" => width / 100.0,
        "vh" => height / 100.0,
        "vmin" => width.min(height) / 100.0,
        "vmax" => width.max(height) / 100.0,
        "pt" => 96.0 / 72.0,
        "pc" => 16.0,
        "in" => 96.0,
        "cm" => 96.0 / 2.54,
        "mm" => 9.6 / 2.54,
        "q" => 2.4 / 2.54,
        _ => return None,
    };
    Some(number * one)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(property: &str, rows: &[(&str, &str)]) {
        for (value, expected) in rows {
            assert_eq!(normal(property, value, false).as_deref().unwrap_or("-"), *expected, "{property}: {value}");
        }
    }

    #[test]
    fn lengths() {
        let rows = [("5px", "5px"), ("5", "-"), ("0", "0px"), ("-0", "0px"), ("-5px", "-"), (" 50% ", "50%")];
        check("width", &rows);
        check(
            "width",
            &[("NaNpx", "-"), ("nullpx", "-"), ("5 px", "-"), ("AUTO", "auto"), ("5.px", "-"), ("1e1px", "10px")],
        );
        check("width", &[("calc(100% - 5px)", "calc(100% - 5px)"), (".50em", "0.5em"), ("1.23456789px", "1.234568px")]);
        check("margin-left", &[("-5px", "-5px"), ("auto", "auto"), ("x", "-")]);
        check(
            "margin",
            &[("0 auto", "0px auto"), ("1px 2px 3px 4px", "1px 2px 3px 4px"), ("1 2", "-"), ("0 0 0 0 0", "-")],
        );
        check("line-height", &[("1.50", "1.5"), ("20px", "20px"), ("normal", "normal"), ("-1", "-")]);
        assert_eq!(normal("width", "100", true).as_deref(), Some("100px"));
    }

    #[test]
    fn words_and_numbers() {
        check("display", &[("NONE", "none"), ("inherit", "inherit"), ("junk", "-"), ("var(--x)", "var(--x)")]);
        check("opacity", &[(".5", "0.5"), ("50%", "0.5"), ("2", "2"), ("0.10", "0.1"), ("half", "-"), ("1px", "-")]);
        check("z-index", &[("10", "10"), ("auto", "auto"), ("1.5", "-"), ("-1", "-1")]);
        check("font-weight", &[("bold", "bold"), ("700", "700"), ("0", "-")]);
        check("font-family", &[("Arial,  'x y'", "Arial, \"x y\"")]);
    }

    #[test]
    fn pixels() {
        let px = |value| to_px(value, Reference { em: 20.0, whole: Some(50.0) });
        assert_eq!(
            [px("2em"), px("10%"), px("1in"), px("10vw"), px("auto")],
            [Some(40.0), Some(5.0), Some(96.0), Some(42.0), None]
        );
    }
}
