//! The patterns of dates and times in Chinese and English (CLDR's `availableFormats`, as ICU puts them together).

use super::date::DateTimeFormat;
use super::parts::Parts;
use super::tags::Language;

const DAY_MS: i64 = 86_400_000;

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const CHINESE_MONTHS: [&str; 12] = ["一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "十一", "十二"];
const WEEKDAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const CHINESE_WEEKDAYS: [&str; 7] = ["日", "一", "二", "三", "四", "五", "六"];

/// The fields of a time on the calendar and the clock of a zone.
pub(super) struct Fields {
    year: i64,
    /// 1 to 12.
    month: i64,
    day: i64,
    /// 0 for Sunday.
    weekday: usize,
    hour: i64,
    minute: i64,
    second: i64,
    millisecond: i64,
}

impl Fields {
    /// Those of a time in ms since 1970, so many seconds east of UTC; the calendar is Gregory's for all times.
    pub(super) fn of(ms: i64, offset_s: i32) -> Self {
        let local = ms + i64::from(offset_s) * 1000;
        let (days, time) = (local.div_euclid(DAY_MS), local.rem_euclid(DAY_MS));
        // Eras of 400 years that begin on 1 March, so that leap days come last.
        let shifted = days + 719_468;
        let (era, day) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
        let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
        let day_of_year = day - (365 * year + year / 4 - year / 100);
        let month = (5 * day_of_year + 2) / 153;
        let is_next = month >= 10;
        Self {
            year: era * 400 + year + i64::from(is_next),
            month: if is_next { month - 9 } else { month + 3 },
            day: day_of_year - (153 * month + 2) / 5 + 1,
            weekday: (days + 4).rem_euclid(7).unsigned_abs() as usize,
            hour: time / 3_600_000,
            minute: time / 60_000 % 60,
            second: time / 1000 % 60,
            millisecond: time % 1000,
        }
    }
}

fn digits(style: Option<&str>, value: i64) -> String {
    if style == Some("2-digit") { format!("{:02}", value % 100) } else { value.to_string() }
}

impl DateTimeFormat {
    /// Writes a time by its fields; the zone's name needs the time itself.
    pub(super) fn write(&self, fields: &Fields, ms: i64) -> Parts {
        let is_english = self.locale.language == Language::English;
        let mut parts = if is_english { self.english_date(fields) } else { self.chinese_date(fields) };
        let time = self.time(fields, ms);
        if !parts.is_empty() && !time.is_empty() {
            let only_weekday = self.year.or(self.month).or(self.day).is_none();
            parts.literal(match (is_english, only_weekday) {
                (true, true) => " ",
                (true, false) if self.month == Some("long") && self.hour.is_some() => " at ",
                (true, false) => ", ",
                (false, true) if self.minute.is_some() && self.zone_name.is_none() => "",
                (false, _) => " ",
            });
        }
        parts.append(time);
        parts
    }

    /// Before the common era years are counted backwards, and there is no year 0.
    fn year(&self, fields: &Fields) -> String {
        digits(self.year, if fields.year > 0 { fields.year } else { 1 - fields.year })
    }

    fn is_month_number(&self) -> bool {
        matches!(self.month, Some("numeric" | "2-digit"))
    }

    /// `2014/1/2` where the month is a number, else `2014年1月2日`; then the day of the week.
    fn chinese_date(&self, fields: &Fields) -> Parts {
        let mut parts = Parts::default();
        let with_others = self.year.or(self.day).is_some();
        let is_spelt = self.weekday == Some("long") && self.year.is_some() && self.day.is_some();
        let is_slashed = match self.month {
            Some("numeric") => with_others && !is_spelt,
            Some("2-digit") => self.day.is_some() && !is_spelt,
            _ => false,
        };
        let month = match self.month {
            // CLDR has the pattern of the year and the month of two digits with one.
            Some("2-digit") if self.day.is_none() && self.year.is_some() => fields.month.to_string(),
            style => digits(style, fields.month),
        };
        if self.year.is_some() {
            parts.push("year", self.year(fields));
            parts.literal(match (is_slashed, self.month) {
                (true, _) => "/",
                (false, None) if self.day.is_some() => "年 ",
                (false, _) => "年",
            });
        }
        match self.month {
            None => {}
            Some("long") if !with_others => {
                let name = CHINESE_MONTHS.get((fields.month - 1).unsigned_abs() as usize).unwrap_or(&"");
                parts.push("month", format!("{name}月"));
            }
            Some("short") if !with_others => parts.push("month", format!("{month}月")),
            Some("narrow") if !with_others => parts.push("month", month),
            Some(_) => {
                parts.push("month", month);
                parts.literal(match (is_slashed, self.day) {
                    (true, Some(_)) => "/",
                    (true, None) => "",
                    (false, _) => "月",
                });
            }
        }
        if self.day.is_some() {
            parts.push("day", digits(self.day, fields.day));
            parts.literal(if is_slashed { "" } else { "日" });
        }
        let name = CHINESE_WEEKDAYS.get(fields.weekday).unwrap_or(&"");
        if self.weekday.is_some() && self.day.is_none() && !parts.is_empty() {
            parts.literal(" ");
        }
        match self.weekday {
            Some("long") => parts.push("weekday", format!("星期{name}")),
            Some("short") => parts.push("weekday", format!("周{name}")),
            Some(_) => parts.push("weekday", *name),
            None => {}
        }
        parts
    }

    /// `1/2/2014` where the month is a number, else `Jan 2, 2014`; before it the day of the week.
    fn english_date(&self, fields: &Fields) -> Parts {
        let mut parts = Parts::default();
        let weekday = self.weekday.map(|style| abbreviated(WEEKDAYS.get(fields.weekday).unwrap_or(&""), style));
        let leads = self.month.is_some() && self.day.is_some();
        let is_alone = self.month.or(self.day).or(self.year).is_none();
        if let Some(weekday) = weekday.filter(|_| leads || is_alone) {
            parts.push("weekday", weekday);
            parts.literal(if leads { ", " } else { "" });
        }
        let gap = if self.is_month_number() { "/" } else { " " };
        if self.month.is_some() {
            let name = MONTHS.get((fields.month - 1).unsigned_abs() as usize).unwrap_or(&"");
            parts.push(
                "month",
                match self.month {
                    Some(style @ ("long" | "short" | "narrow")) => abbreviated(name, style).to_owned(),
                    style => digits(style, fields.month),
                },
            );
        }
        if self.day.is_some() {
            parts.literal(if self.month.is_some() { gap } else { "" });
            parts.push("day", digits(self.day, fields.day));
        }
        if let Some(weekday) = weekday.filter(|_| !leads && !is_alone && self.day.is_some()) {
            parts.literal(" ");
            parts.push("weekday", weekday);
        }
        if self.year.is_some() {
            let is_text = self.month.is_some() && !self.is_month_number() && self.day.is_some();
            let gap = if is_text { ", " } else { gap };
            parts.literal(if parts.is_empty() { "" } else { gap });
            parts.push("year", self.year(fields));
        }
        if let Some(weekday) = weekday.filter(|_| !leads && !is_alone && self.day.is_none()) {
            parts.literal(" ");
            parts.push("weekday", weekday);
        }
        parts
    }

    /// `03:04:05`, `上午3:04:05` or `3:04:05 AM`, with the zone's name before it in Chinese and after it in English.
    fn time(&self, fields: &Fields, ms: i64) -> Parts {
        let is_english = self.locale.language == Language::English;
        let is_twelve = matches!(self.hour_cycle, "h11" | "h12");
        let zone = self.zone_name.map(|style| self.zone.written(style, ms, self.locale.language));
        let mut parts = Parts::default();
        if let Some(zone) = zone.clone().filter(|_| !is_english) {
            parts.push("timeZoneName", zone);
            let has_time = self.hour.or(self.minute).or(self.second).is_some();
            parts.literal(if has_time { " " } else { "" });
        }
        let half = match (is_english, fields.hour < 12) {
            _ if self.hour.is_none() || !is_twelve => "",
            (true, true) => "AM",
            (true, false) => "PM",
            (false, true) => "上午",
            (false, false) => "下午",
        };
        if !is_english {
            parts.push("dayPeriod", half);
        }
        self.clock(fields, is_twelve, &mut parts);
        if is_english && !half.is_empty() {
            parts.literal(" ");
            parts.push("dayPeriod", half);
        }
        if let Some(zone) = zone.filter(|_| is_english) {
            parts.literal(if parts.is_empty() { "" } else { " " });
            parts.push("timeZoneName", zone);
        }
        parts
    }

    /// Hour, minute, second and what is smaller.
    fn clock(&self, fields: &Fields, is_twelve: bool, parts: &mut Parts) {
        let is_english = self.locale.language == Language::English;
        let is_hour_alone = self.minute.or(self.second).is_none();
        if self.hour.is_some() {
            let hour = match self.hour_cycle {
                "h11" => fields.hour % 12,
                "h12" => (fields.hour + 11) % 12 + 1,
                "h24" if fields.hour == 0 => 24,
                _ => fields.hour,
            };
            let is_padded = self.hour == Some("2-digit") || !is_twelve && (is_english || !is_hour_alone);
            parts.push("hour", if is_padded { format!("{hour:02}") } else { hour.to_string() });
            parts.literal(if is_english || !is_hour_alone { "" } else { "时" });
        }
        if self.minute.is_some() {
            parts.literal(if self.hour.is_some() { ":" } else { "" });
            let is_padded = self.hour.or(self.second).is_some();
            parts.push("minute", if is_padded { format!("{:02}", fields.minute) } else { fields.minute.to_string() });
        }
        if self.second.is_some() {
            let is_padded = self.hour.or(self.minute).is_some();
            parts.literal(if is_padded { ":" } else { "" });
            parts.push("second", if is_padded { format!("{:02}", fields.second) } else { fields.second.to_string() });
        }
        if self.fraction > 0 {
            parts.literal(if self.second.is_some() { "." } else { "" });
            let thousandths = format!("{:03}", fields.millisecond);
            parts.push("fractionalSecond", thousandths.get(..self.fraction).unwrap_or(&thousandths));
        }
    }
}

/// A name, its first three letters or its first.
fn abbreviated<'a>(name: &'a str, style: &str) -> &'a str {
    let letters = match style {
        "long" => name.len(),
        "short" => 3,
        _ => 1,
    };
    name.get(..letters).unwrap_or(name)
}
