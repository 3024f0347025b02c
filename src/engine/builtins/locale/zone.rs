//! Time zones: the page's own, UTC, those of the IANA database, and fixed distances from UTC (ECMA-402 §11.2).

use boa_engine::{Context, JsResult};
use jiff::tz::{TimeZone, TimeZoneDatabase};

use super::options::range;
use super::tags::Language;

/// A time zone.
pub(super) struct Zone {
    /// What `resolvedOptions` calls it.
    pub(super) name: String,
    rule: Rule,
}

enum Rule {
    /// So many seconds east of UTC.
    Fixed(i32),
    Named(TimeZone),
}

impl Zone {
    /// The zone of that name, or the page's own where there is none.
    pub(super) fn of(name: Option<&str>, context: &Context) -> JsResult<Self> {
        let Some(name) = name else {
            let seconds = context.host_hooks().local_timezone_offset_seconds(0);
            let name = match seconds {
                // The zone that pages have where nothing else is configured.
                28_800 => "Asia/Shanghai".to_owned(),
                0 => "UTC".to_owned(),
                _ => offset(seconds),
            };
            return Ok(Self { name, rule: Rule::Fixed(seconds) });
        };
        if ["UTC", "GMT", "Etc/UTC", "Etc/GMT"].iter().any(|utc| utc.eq_ignore_ascii_case(name)) {
            return Ok(Self { name: "UTC".to_owned(), rule: Rule::Fixed(0) });
        }
        if let Some(seconds) = fixed(name) {
            return Ok(Self { name: offset(seconds), rule: Rule::Fixed(seconds) });
        }
        // The program's own copy, so that no machine differs from another.
        let found = TimeZoneDatabase::bundled().get(name).ok().filter(|zone| !zone.is_unknown());
        let found = found.ok_or_else(|| range(format!("Invalid time zone specified: {name}")))?;
        let name = found.iana_name().unwrap_or(name).to_owned();
        Ok(Self { name, rule: Rule::Named(found) })
    }

    /// How many seconds east of UTC it is at a time, in ms since 1970; further away than the year 9999 as in that year.
    pub(super) fn offset_s(&self, ms: i64) -> i32 {
        match &self.rule {
            Rule::Fixed(seconds) => *seconds,
            Rule::Named(zone) => {
                let (min, max) = (jiff::Timestamp::MIN, jiff::Timestamp::MAX);
                let at = jiff::Timestamp::from_millisecond(ms).unwrap_or(if ms < 0 { min } else { max });
                zone.to_offset(at).seconds()
            }
        }
    }

    /// What `timeZoneName` writes at a time. Names are those of China's time and of UTC; other zones are distances.
    pub(super) fn written(&self, style: &str, ms: i64, language: Language) -> String {
        let is_chinese = language == Language::Chinese;
        match (self.name.as_str(), style) {
            (_, "shortOffset" | "longOffset") => {}
            ("UTC", "long" | "longGeneric") => {
                return if is_chinese { "协调世界时" } else { "Coordinated Universal Time" }.to_owned();
            }
            ("UTC", _) => return "UTC".to_owned(),
            ("Asia/Shanghai", "long" | "longGeneric") if self.offset_s(ms) == 28_800 => {
                return if is_chinese { "中国标准时间" } else { "China Standard Time" }.to_owned();
            }
            _ => {}
        }
        let seconds = self.offset_s(ms);
        let sign = if seconds < 0 { '-' } else { '+' };
        let (hours, minutes) = (seconds.abs() / 3600, seconds.abs() / 60 % 60);
        match (seconds, minutes) {
            (0, _) => "GMT".to_owned(),
            _ if style.starts_with("long") => format!("GMT{sign}{hours:02}:{minutes:02}"),
            (_, 0) => format!("GMT{sign}{hours}"),
            _ => format!("GMT{sign}{hours}:{minutes:02}"),
        }
    }
}

/// `+08:00`.
fn offset(seconds: i32) -> String {
    let sign = if seconds < 0 { '-' } else { '+' };
    format!("{sign}{:02}:{:02}", seconds.abs() / 3600, seconds.abs() / 60 % 60)
}

/// Seconds of `+08:00`, `+0800` or `+08` (ECMA-262, `UTCOffset` without seconds).
fn fixed(name: &str) -> Option<i32> {
    let sign = match name.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let digits = &name[1..];
    let (hours, minutes) = match digits.len() {
        2 => (digits, "00"),
        4 => digits.split_at_checked(2)?,
        5 => digits.split_once(':')?,
        _ => return None,
    };
    let two = |text: &str, limit: i32| {
        let is_number = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse().ok().filter(|number: &i32| is_number && *number < limit)
    };
    Some(sign * (two(hours, 24)? * 3600 + two(minutes, 60)? * 60))
}
