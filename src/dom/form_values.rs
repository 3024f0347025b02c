//! What an input's type makes of a value (HTML
//! [§4.10.5.1](https://html.spec.whatwg.org/multipage/input.html#states-of-the-type-attribute), value sanitization): what is
//! no value of the type becomes empty, or the type's default.

use super::css_colors::computed_color;
use super::form::{has_flag, input_type};
use super::node::Node;

/// The value that an input of its type keeps.
pub(super) fn sanitize(input: &Node, value: &str) -> String {
    let one_line: String = value.chars().filter(|c| !matches!(c, '\n' | '\r')).collect();
    let valid = |is_valid: bool| if is_valid { one_line.clone() } else { String::new() };
    match input_type(input) {
        "email" if has_flag(input, "multiple") => {
            one_line.split(',').map(str::trim_ascii).collect::<Vec<_>>().join(",")
        }
        "url" | "email" => one_line.trim_ascii().to_owned(),
        "number" => valid(is_number(&one_line)),
        "date" => valid(is_date(&one_line)),
        "month" => valid(year_month(&one_line).is_some()),
        "week" => valid(is_week(&one_line)),
        "time" => valid(is_time(&one_line)),
        "datetime-local" => date_and_time(&one_line).unwrap_or_default(),
        "range" => range(input, &one_line),
        "color" => color(&one_line),
        _ => one_line,
    }
}

/// A valid floating-point number (HTML §2.3.4.3): `-1.5e2`, `.5`, not `+1` or `1.`.
pub(super) fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    digits.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        && !digits.ends_with('.')
        && !digits.contains(".e")
        && !digits.contains(".E")
        && digits.parse().is_ok_and(f64::is_finite)
}

fn number_of(input: &Node, attribute: &str) -> Option<f64> {
    let written = input.as_element()?.attr(attribute)?;
    if is_number(&written) { written.parse().ok() } else { None }
}

/// A number of so many digits.
fn digits(text: &str, count: usize) -> Option<u32> {
    (text.len() == count && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok())?
}

/// HTML §2.3.5.1: a year of four digits or more, above zero, and a month.
pub(super) fn year_month(text: &str) -> Option<(u32, u32)> {
    let (year, month) = text.split_once('-')?;
    let (year, month) = (digits(year, year.len().clamp(4, 6))?, digits(month, 2)?);
    (year > 0 && (1..=12).contains(&month)).then_some((year, month))
}

fn is_leap(year: u32) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

/// HTML §2.3.5.2.
pub(super) fn is_date(text: &str) -> bool {
    let Some((month, day)) = text.rsplit_once('-') else { return false };
    let (Some((year, month)), Some(day)) = (year_month(month), digits(day, 2)) else { return false };
    let last = match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    (1..=last).contains(&day)
}

/// HTML §2.3.5.8: years that begin on a Thursday, or on a Wednesday and are leap, have 53 weeks.
pub(super) fn is_week(text: &str) -> bool {
    let Some((year, week)) = text.split_once("-W") else { return false };
    let (Some(year), Some(week)) = (digits(year, year.len().clamp(4, 6)), digits(week, 2)) else { return false };
    let before = year.saturating_sub(1);
    let first = (1 + before + before / 4 - before / 100 + before / 400) % 7;
    let weeks = if first == 4 || first == 3 && is_leap(year) { 53 } else { 52 };
    year > 0 && (1..=weeks).contains(&week)
}

/// HTML §2.3.5.4: hours and minutes, perhaps seconds with up to three places.
pub(super) fn is_time(text: &str) -> bool {
    let mut parts = text.splitn(3, ':');
    let mut below = |limit: u32| parts.next().and_then(|part| digits(part, 2)).is_some_and(|number| number < limit);
    let is_minute = below(24) && below(60);
    let Some(seconds) = parts.next() else { return is_minute };
    let (whole, places) = seconds.split_once('.').map_or((seconds, None), |(whole, places)| (whole, Some(places)));
    let is_fraction =
        places.is_none_or(|places| (1..=3).contains(&places.len()) && digits(places, places.len()).is_some());
    is_minute && digits(whole, 2).is_some_and(|second| second < 60) && is_fraction
}

/// HTML §2.3.5.5, normalized: `T` between, the time as short as it can be.
fn date_and_time(text: &str) -> Option<String> {
    let (date, time) = text.split_once(['T', ' '])?;
    if !is_date(date) || !is_time(time) {
        return None;
    }
    let time = if time.contains('.') { time.trim_end_matches('0').trim_end_matches('.') } else { time };
    let time = if time.len() == 8 { time.strip_suffix(":00").unwrap_or(time) } else { time };
    Some(format!("{date}T{time}"))
}

/// HTML §4.10.5.1.13: between least and most, at a step; the middle where there is no number.
fn range(input: &Node, text: &str) -> String {
    let least = number_of(input, "min").unwrap_or(0.0);
    let most = number_of(input, "max").unwrap_or(100.0).max(least);
    let wanted = if is_number(text) { text.parse().ok() } else { None };
    let wanted: f64 = wanted.unwrap_or(least + (most - least) / 2.0).clamp(least, most);
    let is_any =
        input.as_element().and_then(|data| data.attr("step")).is_some_and(|step| step.eq_ignore_ascii_case("any"));
    let step = number_of(input, "step").filter(|step| *step > 0.0).unwrap_or(1.0);
    let base = number_of(input, "min").or_else(|| number_of(input, "value")).unwrap_or(0.0);
    let mut at = if is_any { wanted } else { base + ((wanted - base) / step + 0.5 + 1e-9).floor() * step };
    if !is_any && at > most + 1e-9 {
        at -= step;
    }
    // Multiples of a step as 0.1 are not exact.
    let rounded = if at.abs() < 1e6 { (at.max(least) * 1e9).round() / 1e9 } else { at.clamp(least, most) };
    if rounded == 0.0 { "0".to_owned() } else { rounded.to_string() }
}

/// HTML §4.10.5.1.14: any CSS colour, as `#rrggbb`.
fn color(text: &str) -> String {
    let computed = computed_color(text);
    let inside = computed.split_once('(').and_then(|(_, rest)| rest.strip_suffix(')'));
    let parts: Option<Vec<u8>> = inside.map(|inside| inside.split(", ").take(3).flat_map(str::parse).collect());
    match parts.as_deref() {
        Some([red, green, blue]) => format!("#{red:02x}{green:02x}{blue:02x}"),
        _ => "#000000".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dom::document::DocumentData;
    use crate::dom::{form, parse, tree};

    /// The value that an input with these attributes says.
    #[track_caller]
    fn check(attributes: &str, expected: &str) {
        let document = Node::document(DocumentData::new("text/html"));
        let fragment = parse::fragment(&document, &format!("<input {attributes}>"));
        let input = tree::element_children(&fragment).next().unwrap();
        assert_eq!(form::value(&input), expected, "{attributes}");
        let value = input.as_element().and_then(|data| data.attr("value")).unwrap_or_default();
        form::set_value(&input, &value);
        assert_eq!(form::value(&input), expected, "{attributes}, set");
    }

    #[test]
    fn dates_and_times() {
        for valid in ["2014-01-02", "2012-02-29", "12014-01-01"] {
            check(&format!("type=date value={valid}"), valid);
        }
        for not in ["2014-1-2", "2014/01/02", "2014-02-29", "0000-01-01", "2014-04-31", "x"] {
            check(&format!("type=date value={not}"), "");
        }
        for (value, expected) in
            [("09:30", "09:30"), ("09:30:15.1", "09:30:15.1"), ("9:30", ""), ("24:00", ""), ("09:30:60", "")]
        {
            check(&format!("type=time value={value}"), expected);
        }
        check("type=time value=23:59:59.1234", "");
        check("type=month value=2014-01", "2014-01");
        check("type=month value=2014-13", "");
        check("type=week value=2014-W01", "2014-W01");
        check("type=week value=2014-W53", "");
        check("type=week value=2015-W53", "2015-W53");
        check("type=datetime-local value='2014-01-02 10:00:00'", "2014-01-02T10:00");
        check("type=datetime-local value=2014-01-02T10:00:30.500", "2014-01-02T10:00:30.5");
        check("type=datetime-local value=2014-01-02", "");
    }

    #[test]
    fn ranges() {
        check("type=range", "50");
        check("type=range value=-5", "0");
        check("type=range value=500", "100");
        check("type=range min=0 value=33.5", "34");
        check("type=range value=33.5", "33.5");
        check("type=range value=1e1", "10");
        check("type=range min=10 max=20", "15");
        check("type=range min=10 max=5", "10");
        check("type=range min=0 max=1 step=0.1 value=0.55", "0.6");
        check("type=range min=-10 max=10 step=5 value=3", "5");
        check("type=range min=0 max=10 step=any value=3.3", "3.3");
        check("type=range min=3 max=10 step=4 value=10", "7");
        check("type=range min=0 max=10 step=4", "4");
    }

    #[test]
    fn others() {
        check("type=color", "#000000");
        check("type=color value=#FF0000", "#ff0000");
        check("type=color value=red", "#ff0000");
        check("type=color value='rgb(1,2,3)'", "#010203");
        check("type=color value=x", "#000000");
        check("type=email value=' a@b.c '", "a@b.c");
        check("type=email multiple value=' a@b.c , d@e.f '", "a@b.c,d@e.f");
        check("type=number value=1.", "");
        check("type=number value=.5", ".5");
        check("value='a\nb'", "ab");
    }
}
