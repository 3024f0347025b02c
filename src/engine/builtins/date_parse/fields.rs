//! What the grammars collect of a date, and the time value it comes to.

use boa_engine::context::HostHooks;

use super::zone;

/// Milliseconds of a day.
pub(super) const DAY_MS: i64 = 86_400_000;
/// Largest time value either side of 1970 (ECMA-262 §21.4.1.1), in milliseconds.
const TIME_MAX: i64 = 8_640_000_000_000_000;
/// Years beyond this are out of that range for certain.
const YEAR_MAX: i32 = 280_000;

/// Day, time and zone as far as they are known.
#[derive(Default)]
pub(super) struct Fields {
    pub(super) day: Day,
    pub(super) time: Time,
    pub(super) zone: Zone,
}

impl Fields {
    /// The time value, in milliseconds since 1970, or `None` where a part is missing or out of range.
    pub(super) fn time_value(&self, hooks: &dyn HostHooks) -> Option<i64> {
        let (year, month, day) = self.day.date()?;
        let time = self.time.milliseconds()?;
        let local = days_from_civil(year, month)?.checked_add(i64::from(day) - 1)? * DAY_MS + time;
        let value = match self.zone.offset_ms() {
            Some(offset) => local - offset,
            None => zone::utc_of_local(local, hooks),
        };
        (value.abs() <= TIME_MAX).then_some(value)
    }
}

/// Up to three numbers and a month by name.
#[derive(Default)]
pub(super) struct Day {
    numbers: Vec<i32>,
    month: Option<i32>,
    iso: bool,
}

impl Day {
    pub(super) fn is_empty(&self) -> bool {
        self.numbers.is_empty()
    }

    /// Whether there was room.
    pub(super) fn add(&mut self, number: i32) -> bool {
        let room = self.numbers.len() < 3;
        if room {
            self.numbers.push(number);
        }
        room
    }

    pub(super) fn set_month(&mut self, month: i32) {
        self.month = Some(month);
    }

    /// The numbers are year, month, day, and the year is meant as written.
    pub(super) fn set_iso(&mut self) {
        self.iso = true;
    }

    /// Year, month 1 to 12, day 1 to 31. Without a name: year first where the first number is no day, else the
    /// American month, day, year. With one: the first number is the day if it can be. Numbers left out are 1, a
    /// year left out therefore 2001.
    fn date(&self) -> Option<(i32, i32, i32)> {
        let first = *self.numbers.first()?;
        let second = self.numbers.get(1).copied().unwrap_or(1);
        let third = self.numbers.get(2).copied().unwrap_or(1);
        let first_is_day = (1..=31).contains(&first);
        let (year, month, day) = match self.month {
            None if self.iso || (!first_is_day) => (first, second, third),
            None => (third, first, second),
            Some(month) if first_is_day => (second, month, first),
            Some(month) => (first, month, second),
        };
        let year = match year {
            _ if self.iso => year,
            0..=49 => year + 2000,
            50..=99 => year + 1900,
            _ => year,
        };
        ((1..=12).contains(&month) && (1..=31).contains(&day)).then_some((year, month, day))
    }
}

/// Hour, minute, second, millisecond, as far as given, and AM or PM.
#[derive(Default)]
pub(super) struct Time {
    numbers: Vec<i32>,
    meridiem: Option<i32>,
}

impl Time {
    pub(super) fn is_empty(&self) -> bool {
        self.numbers.is_empty()
    }

    /// Whether `number` would do as the next part of a time begun.
    pub(super) fn expects(&self, number: i32) -> bool {
        match self.numbers.len() {
            1 | 2 => (0..60).contains(&number),
            3 => (0..1000).contains(&number),
            _ => false,
        }
    }

    /// Whether there was room.
    pub(super) fn add(&mut self, number: i32) -> bool {
        let room = self.numbers.len() < 4;
        if room {
            self.numbers.push(number);
        }
        room
    }

    /// Adds the last part there is; those left out are zero.
    pub(super) fn finish(&mut self, number: i32) {
        self.add(number);
        self.numbers.resize(4, 0);
    }

    pub(super) fn set_meridiem(&mut self, hours: i32) {
        self.meridiem = Some(hours);
    }

    /// Milliseconds of the day. 24:00 is the day's end.
    fn milliseconds(&self) -> Option<i64> {
        let part = |index: usize| self.numbers.get(index).copied().unwrap_or(0);
        let (mut hour, minute, second, millisecond) = (part(0), part(1), part(2), part(3));
        if let Some(offset) = self.meridiem {
            if !(0..=12).contains(&hour) {
                return None;
            }
            hour = hour % 12 + offset;
        }
        let in_range = (0..24).contains(&hour)
            && (0..60).contains(&minute)
            && (0..60).contains(&second)
            && (0..1000).contains(&millisecond);
        let day_end = (hour, minute, second, millisecond) == (24, 0, 0, 0);
        let seconds = i64::from(hour) * 3600 + i64::from(minute) * 60 + i64::from(second);
        (in_range || day_end).then(|| seconds * 1000 + i64::from(millisecond))
    }
}

/// An offset from UTC, as far as given.
#[derive(Default)]
pub(super) struct Zone {
    sign: Option<i32>,
    hour: Option<i32>,
    minute: Option<i32>,
}

impl Zone {
    pub(super) fn is_utc(&self) -> bool {
        self.hour == Some(0) && self.minute == Some(0)
    }

    /// Whether `number` would do as the minutes of an offset begun.
    pub(super) fn expects(&self, number: i32) -> bool {
        self.hour.is_some() && self.minute.is_none() && (0..60).contains(&number)
    }

    /// A zone by name, in hours east of UTC.
    pub(super) fn set_name(&mut self, hours: i32) {
        *self = Self { sign: Some(if hours < 0 { -1 } else { 1 }), hour: Some(hours.abs()), minute: Some(0) };
    }

    pub(super) fn set_sign(&mut self, sign: i32) {
        self.sign = Some(sign);
    }

    pub(super) fn set(&mut self, hour: i32, minute: Option<i32>) {
        self.hour = Some(hour);
        self.minute = minute;
    }

    pub(super) fn set_minute(&mut self, minute: i32) {
        self.minute = Some(minute);
    }

    fn offset_ms(&self) -> Option<i64> {
        let sign = i64::from(self.sign?);
        let minutes = i64::from(self.hour.unwrap_or(0)) * 60 + i64::from(self.minute.unwrap_or(0));
        Some(sign * minutes * 60_000)
    }
}

/// Days from 1970-01-01 to the first of a month in the proleptic Gregorian calendar.
fn days_from_civil(year: i32, month: i32) -> Option<i64> {
    if year.abs() > YEAR_MAX {
        return None;
    }
    // Years that begin in March, so that the leap day is the last.
    let (year, month) = (i64::from(year) - i64::from(month < 3), (i64::from(month) + 9) % 12);
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let day_of_year = (153 * month + 2) / 5;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    Some(era * 146_097 + day_of_era - 719_468)
}
