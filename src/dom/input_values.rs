//! The value sanitization algorithms of inputs (HTML §4.10.5.1): what is left of a value in a control of some type. They
//! run when a value is set, not again when `min`, `max` or `step` change.

use super::Node;
use super::form::{attr, input_type};

/// What becomes of a value in this input.
pub fn sanitize(input: &Node, value: &str) -> String {
    let one_line = || value.chars().filter(|c| !matches!(c, '\n' | '\r')).collect::<String>();
    let when = |is_valid: bool| if is_valid { value.to_owned() } else { String::new() };
    match input_type(input) {
        "url" | "email" => one_line().trim_ascii().to_owned(),
        "number" => when(is_number(value)),
        "range" => range(input, value),
        "color" => color(value.trim_ascii()),
        "date" => when(is_date(value)),
        "month" => when(month(value).is_some()),
        "week" => when(is_week(value)),
        "time" => when(is_time(value)),
        "datetime-local" => date_and_time(value).unwrap_or_default(),
        _ => one_line(),
    }
}

/// A valid floating-point number (HTML §2.3.4.3): `-1.5e2`, `.5`, not `+1` or `1.`.
fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    digits.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        && !digits.ends_with('.')
        && !digits.contains(".e")
        && !digits.contains(".E")
        && digits.parse::<f64>().is_ok_and(f64::is_finite)
}

/// A number within its bounds and on a step (§4.10.5.1.13); the middle, where there is none.
fn range(input: &Node, value: &str) -> String {
    let number =
        |name: &str| attr(input, name).filter(|text| is_number(text)).and_then(|text| text.parse::<f64>().ok());
    let min = number("min").unwrap_or(0.0);
    let max = number("max").unwrap_or(100.0).max(min);
    let given = Some(value).filter(|text| is_number(text)).and_then(|text| text.parse::<f64>().ok());
    let within = given.unwrap_or_else(|| f64::midpoint(min, max)).clamp(min, max);
    if attr(input, "step").is_some_and(|step| step.eq_ignore_ascii_case("any")) {
        return within.to_string();
    }
    let step = number("step").filter(|step| *step > 0.0).unwrap_or(1.0);
    let base = number("min").or_else(|| number("value")).unwrap_or(0.0);
    // The nearest step, of two as near the upper one, and none outside.
    let mut steps = ((within - base) / step + 0.5).floor();
    if base + steps * step > max {
        steps -= 1.0;
    }
    if base + steps * step < min {
        return within.to_string();
    }
    // As many digits as tenths and the like have.
    format!("{:.12}", base + steps * step).parse().unwrap_or(within).to_string()
}

fn color(text: &str) -> String {
    let is_simple = text.len() == 7 && text.starts_with('#') && text[1..].bytes().all(|b| b.is_ascii_hexdigit());
    if is_simple { text.to_ascii_lowercase() } else { "#000000".to_owned() }
}

/// Digits only, so many of them.
fn digits(text: &str, count: usize) -> Option<u32> {
    (text.len() == count && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok()).flatten()
}

/// Four digits or more, not 0.
fn year(text: &str) -> Option<u32> {
    let count = text.len().max(4);
    digits(text, count).filter(|year| *year > 0)
}

fn month(text: &str) -> Option<(u32, u32)> {
    let (years, months) = text.split_once('-')?;
    Some((year(years)?, digits(months, 2).filter(|month| (1..=12).contains(month))?))
}

fn is_leap(year: u32) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

fn is_date(text: &str) -> bool {
    let Some((months, day)) = text.rsplit_once('-') else { return false };
    let Some((year, month)) = month(months) else { return false };
    let days = match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    digits(day, 2).is_some_and(|day| (1..=days).contains(&day))
}

/// A week of the year; one has 53 that begins on a Thursday, or is leap and begins on a Wednesday (§2.3.5.8).
fn is_week(text: &str) -> bool {
    let Some((years, weeks)) = text.split_once("-W") else { return false };
    let (Some(year), Some(week)) = (year(years), digits(weeks, 2)) else { return false };
    let before = u64::from(year) - 1;
    // Days from a Monday to the year's first day.
    let first = (before * 365 + before / 4 - before / 100 + before / 400) % 7;
    let last = if first == 3 || first == 2 && is_leap(year) { 53 } else { 52 };
    (1..=last).contains(&week)
}

fn is_time(text: &str) -> bool {
    let mut parts = text.split(':');
    let below = |part: Option<&str>, bound: u32| part.and_then(|part| digits(part, 2)).is_some_and(|n| n < bound);
    if !below(parts.next(), 24) || !below(parts.next(), 60) {
        return false;
    }
    let Some(seconds) = parts.next() else { return true };
    let (whole, fraction) = seconds.split_once('.').unwrap_or((seconds, "0"));
    let is_fraction = (1..=3).contains(&fraction.len()) && fraction.bytes().all(|b| b.is_ascii_digit());
    below(Some(whole), 60) && is_fraction && parts.next().is_none()
}

/// The normal form (§2.3.5.5): a `T`, and no seconds that are 0.
fn date_and_time(text: &str) -> Option<String> {
    let (date, time) = text.split_once(['T', ' '])?;
    let time = match time.split_once('.') {
        Some((whole, fraction)) if fraction.bytes().all(|b| b == b'0') && is_time(time) => whole,
        _ => time,
    };
    let short = if time.len() == 8 { time.strip_suffix(":00").unwrap_or(time) } else { time };
    (is_date(date) && is_time(time)).then(|| format!("{date}T{short}"))
}
