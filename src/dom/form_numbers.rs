//! What the value of an input means as a number, and what steps, least and most it has (HTML
//! [§4.10.5.3.7](https://html.spec.whatwg.org/#the-min-and-max-attributes),
//! [§4.10.5.3.8](https://html.spec.whatwg.org/#the-step-attribute)): of `number` and `range` itself, of a `month` the months
//! since January 1970, of other dates and times milliseconds since 1970 or midnight.

use super::form::{attr, input_type};
use super::form_values::{is_date, is_number, is_time, is_week, year_month};
use super::node::Node;

const SECOND_MS: f64 = 1000.0;
const DAY_MS: f64 = 86_400_000.0;
const WEEK_MS: f64 = 7.0 * DAY_MS;
/// The first day of the first week of 1970 was a Monday, three days before the year.
const WEEK_BASE_MS: f64 = -3.0 * DAY_MS;
/// The last time that a Date of JavaScript can be.
const TIME_MS_MAX: f64 = 8.64e15;

/// How a type counts: the step where there is no attribute, and how much one of a step's units is.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Scale {
    step: f64,
    unit: f64,
}

fn scale_of(kind: &str) -> Option<Scale> {
    let (step, unit) = match kind {
        "number" | "range" | "month" => (1.0, 1.0),
        "date" => (1.0, DAY_MS),
        "week" => (1.0, WEEK_MS),
        "time" | "datetime-local" => (60.0, SECOND_MS),
        _ => return None,
    };
    Some(Scale { step, unit })
}

/// Whether values of this input are numbers or times.
#[must_use]
pub fn is_numeric(input: &Node) -> bool {
    input.is_html("input") && scale_of(input_type(input)).is_some()
}

/// The number that a value of this input means, if it is one.
#[must_use]
pub fn number_of(input: &Node, value: &str) -> Option<f64> {
    to_number(input_type(input), value)
}

/// The number in an attribute of the input, if it is one.
#[must_use]
pub fn number_in(input: &Node, attribute: &str) -> Option<f64> {
    number_of(input, attr(input, attribute)?.trim_ascii())
}

/// The least value of an input, if it has one.
#[must_use]
pub fn least(input: &Node) -> Option<f64> {
    number_in(input, "min").or((input_type(input) == "range").then_some(0.0))
}

/// The greatest value of an input, if it has one.
#[must_use]
pub fn most(input: &Node) -> Option<f64> {
    number_in(input, "max").or((input_type(input) == "range").then_some(100.0))
}

/// The allowed value step; none with `any`, or for a type without.
#[must_use]
pub fn step_of(input: &Node) -> Option<f64> {
    let scale = scale_of(input_type(input))?;
    let written = attr(input, "step");
    if written.as_ref().is_some_and(|step| step.eq_ignore_ascii_case("any")) {
        return None;
    }
    let step = written.and_then(|step| step.trim_ascii().parse::<f64>().ok());
    let step = step.filter(|step| step.is_finite() && *step > 0.0).unwrap_or(scale.step);
    // Days, weeks and months go by whole ones.
    let step = if matches!(input_type(input), "date" | "week" | "month") { step.round().max(1.0) } else { step };
    Some(step * scale.unit)
}

/// Where steps are counted from.
#[must_use]
pub fn step_base(input: &Node) -> f64 {
    let fallback = if input_type(input) == "week" { WEEK_BASE_MS } else { 0.0 };
    number_in(input, "min").or_else(|| number_in(input, "value")).unwrap_or(fallback)
}

/// Whether a number is no whole number of steps from the step base. What a single-precision number cannot tell apart is
/// the same here, as in browsers: 0.3 is three steps of 0.1.
#[must_use]
pub fn is_between_steps(input: &Node, number: f64) -> bool {
    let Some(step) = step_of(input) else { return false };
    let distance = (number - step_base(input)).abs();
    let remainder = (distance - step * (distance / step).round()).abs();
    distance / step < 2f64.powi(53) && remainder > step / 2f64.powi(24)
}

fn to_number(kind: &str, value: &str) -> Option<f64> {
    match kind {
        "number" | "range" => is_number(value).then(|| value.parse().ok())?,
        "date" => is_date(value).then(|| day_in(value)).flatten().map(|day| day * DAY_MS),
        "month" => year_month(value).map(|(year, month)| (f64::from(year) - 1970.0) * 12.0 + f64::from(month) - 1.0),
        "week" if is_week(value) => {
            let (year, week) = value.split_once("-W")?;
            let monday = first_monday(year.parse().ok()?);
            Some((monday + 7.0 * (week.parse::<f64>().ok()? - 1.0)) * DAY_MS)
        }
        "time" => is_time(value).then(|| time_in(value)).flatten(),
        "datetime-local" => {
            let (date, time) = value.split_once(['T', ' '])?;
            (is_date(date) && is_time(time)).then(|| Some(day_in(date)? * DAY_MS + time_in(time)?))?
        }
        _ => None,
    }
}

/// A number as a value of this input; none where it has none.
#[must_use]
pub fn value_of(input: &Node, number: f64) -> Option<String> {
    let is_in_range = number.abs() <= TIME_MS_MAX;
    match input_type(input) {
        "date" => is_in_range.then(|| date_of((number / DAY_MS).floor()))?,
        "month" => {
            let (year, month) = ((number / 12.0).floor() + 1970.0, number.rem_euclid(12.0).floor() + 1.0);
            (1.0..=275_760.0).contains(&year).then(|| format!("{year:04}-{month:02}"))
        }
        "week" => is_in_range.then(|| week_of((number / DAY_MS).floor()))?,
        "time" => Some(time_of(number.rem_euclid(DAY_MS))),
        "datetime-local" => {
            let date = is_in_range.then(|| date_of((number / DAY_MS).floor()))??;
            Some(format!("{date}T{}", time_of(number.rem_euclid(DAY_MS))))
        }
        _ => None,
    }
}

/// The day that a date is, counted from 1 January 1970 in the Gregorian calendar
/// ([`days_from_civil`](https://howardhinnant.github.io/date_algorithms.html#days_from_civil)).
fn day_number(year: f64, month: f64, day: f64) -> f64 {
    let year = if month <= 2.0 { year - 1.0 } else { year };
    let era = (year / 400.0).floor();
    let of_era = year - era * 400.0;
    let of_year = ((153.0 * (month + if month > 2.0 { -3.0 } else { 9.0 }) + 2.0) / 5.0).floor() + day - 1.0;
    era * 146_097.0 + of_era * 365.0 + (of_era / 4.0).floor() - (of_era / 100.0).floor() + of_year - 719_468.0
}

/// When a month begins, counted from January 1970; in milliseconds since then.
#[must_use]
pub fn month_start_ms(month: f64) -> f64 {
    day_number((month / 12.0).floor() + 1970.0, month.rem_euclid(12.0) + 1.0, 1.0) * DAY_MS
}

/// The month that a time is in; the other way round.
#[must_use]
pub fn month_at_ms(time: f64) -> f64 {
    let (year, month, _) = civil((time / DAY_MS).floor());
    (year - 1970.0) * 12.0 + month - 1.0
}

fn day_in(date: &str) -> Option<f64> {
    let mut parts = date.split('-').map(str::parse::<f64>);
    let mut next = || parts.next()?.ok();
    Some(day_number(next()?, next()?, next()?))
}

/// Year, month and day of a day ([`civil_from_days`](https://howardhinnant.github.io/date_algorithms.html#civil_from_days)).
fn civil(day: f64) -> (f64, f64, f64) {
    let day = day + 719_468.0;
    let era = (day / 146_097.0).floor();
    let of_era = day - era * 146_097.0;
    let leaps = (of_era / 1460.0).floor() - (of_era / 36_524.0).floor() + (of_era / 146_096.0).floor();
    let year = ((of_era - leaps) / 365.0).floor();
    let of_year = of_era - (365.0 * year + (year / 4.0).floor() - (year / 100.0).floor());
    let from_march = ((5.0 * of_year + 2.0) / 153.0).floor();
    let month = if from_march < 10.0 { from_march + 3.0 } else { from_march - 9.0 };
    let year = year + era * 400.0 + if month <= 2.0 { 1.0 } else { 0.0 };
    (year, month, of_year - ((153.0 * from_march + 2.0) / 5.0).floor() + 1.0)
}

fn date_of(day: f64) -> Option<String> {
    let (year, month, day) = civil(day);
    (year >= 1.0).then(|| format!("{year:04}-{month:02}-{day:02}"))
}

/// The Monday of the week that has the fourth of January.
fn first_monday(year: f64) -> f64 {
    let fourth = day_number(year, 1.0, 4.0);
    fourth - (fourth + 3.0).rem_euclid(7.0)
}

fn week_of(day: f64) -> Option<String> {
    // A week is of the year that its Thursday is in.
    let monday = day - (day + 3.0).rem_euclid(7.0);
    let (year, ..) = civil(monday + 3.0);
    let week = (monday - first_monday(year)) / 7.0 + 1.0;
    (year >= 1.0).then(|| format!("{year:04}-W{week:02}"))
}

/// Milliseconds since midnight.
fn time_in(time: &str) -> Option<f64> {
    let mut parts = time.split(':').map(str::parse::<f64>);
    let mut next = || parts.next().map_or(Some(0.0), Result::ok);
    let (hours, minutes, seconds) = (next()?, next()?, next()?);
    Some((hours * 3600.0 + minutes * 60.0) * SECOND_MS + (seconds * SECOND_MS).round())
}

/// As short as it can be.
fn time_of(ms: f64) -> String {
    let ms = ms.floor();
    let (hours, minutes) = ((ms / 3_600_000.0).floor(), (ms / 60_000.0).floor() % 60.0);
    let (seconds, rest) = ((ms / SECOND_MS).floor() % 60.0, ms % SECOND_MS);
    match (seconds == 0.0, rest == 0.0) {
        (true, true) => format!("{hours:02}:{minutes:02}"),
        (_, true) => format!("{hours:02}:{minutes:02}:{seconds:02}"),
        _ => format!("{hours:02}:{minutes:02}:{seconds:02}.{rest:03}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_numbers() {
        let table = [
            ("date", "1970-01-01", 0.0),
            ("date", "2019-12-10", 1_575_936_000_000.0),
            ("date", "1600-02-29", -11_670_998_400_000.0),
            ("month", "2019-12", 599.0),
            ("month", "1969-12", -1.0),
            ("week", "1970-W01", WEEK_BASE_MS),
            ("week", "2019-W50", 1_575_849_600_000.0),
            ("week", "2020-W53", 1_609_113_600_000.0),
            ("time", "00:00", 0.0),
            ("time", "20:00:30.5", 72_030_500.0),
            ("datetime-local", "2019-12-10T11:42", 1_575_978_120_000.0),
            ("number", "-1.5e2", -150.0),
        ];
        for (kind, value, number) in table {
            assert_eq!(to_number(kind, value), Some(number), "{kind} {value}");
        }
        for (kind, value) in
            [("date", "2019-02-29"), ("week", "2019-W53"), ("time", "24:00"), ("number", "+1"), ("text", "1")]
        {
            assert_eq!(to_number(kind, value), None, "{kind} {value}");
        }
    }

    #[test]
    fn every_day_is_itself_and_in_a_week() {
        for day in (-719_162..200_000).step_by(13).map(f64::from) {
            let (year, month, of_month) = civil(day);
            assert_eq!(day_number(year, month, of_month), day);
            let week = week_of(day).unwrap_or_default();
            let monday = to_number("week", &week).unwrap_or_default() / DAY_MS;
            assert!((0.0..7.0).contains(&(day - monday)), "{day} {week}");
        }
    }

    #[test]
    fn times_are_short() {
        for (ms, text) in
            [(0.0, "00:00"), (61_000.0, "00:01:01"), (86_399_999.0, "23:59:59.999"), (500.0, "00:00:00.500")]
        {
            assert_eq!(time_of(ms), text);
        }
    }
}
