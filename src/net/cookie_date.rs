//! Cookie dates, in the many spellings servers use ([RFC 6265 §5.1.1](https://www.rfc-editor.org/rfc/rfc6265#section-5.1.1)).

use crate::base::clock::TimestampMs;

/// The months' first three letters, in order.
const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// Reads an `Expires` value; `None` where it is no date.
pub(super) fn parse(text: &str) -> Option<TimestampMs> {
    let (mut time, mut day, mut month, mut year) = (None, None, None, None);
    for token in text.split(is_delimiter).filter(|token| !token.is_empty()) {
        if time.is_none()
            && let Some(found) = parse_time(token)
        {
            time = Some(found);
        } else if day.is_none()
            && let Some(found) = leading_number(token, 1, 2)
        {
            day = Some(found);
        } else if month.is_none()
            && let Some(found) = parse_month(token)
        {
            month = Some(found);
        } else if year.is_none()
            && let Some(found) = leading_number(token, 2, 4)
        {
            year = Some(found);
        }
    }
    let (hour, minute, second) = time?;
    let year = match year? {
        short @ 0..=69 => short + 2000,
        short @ 70..=99 => short + 1900,
        full => full,
    };
    if year < 1601 {
        return None;
    }
    let small = |number: i16| i8::try_from(number).ok();
    let date = jiff::civil::Date::new(year, small(month?)?, small(day?)?).ok()?;
    let time = jiff::civil::Time::new(small(hour)?, small(minute)?, small(second)?, 0).ok()?;
    let at = date.to_datetime(time).to_zoned(jiff::tz::TimeZone::UTC).ok()?;
    Some(at.timestamp().as_millisecond())
}

/// The characters between a date's parts: everything but letters, digits, `:` and what is not ASCII.
fn is_delimiter(character: char) -> bool {
    character.is_ascii() && !character.is_ascii_alphanumeric() && character != ':' && !character.is_ascii_control()
        || character == '\t'
}

/// `hh:mm:ss`, each of one or two digits, with anything after it.
fn parse_time(token: &str) -> Option<(i16, i16, i16)> {
    let mut parts = token.splitn(3, ':');
    let (hour, minute, second) = (parts.next()?, parts.next()?, parts.next()?);
    let whole = |part: &str| leading_number(part, 1, 2).filter(|_| part.bytes().all(|byte| byte.is_ascii_digit()));
    Some((whole(hour)?, whole(minute)?, leading_number(second, 1, 2)?))
}

/// A month's name by its first three letters.
fn parse_month(token: &str) -> Option<i16> {
    let name = token.get(..3)?.to_ascii_lowercase();
    let index = MONTHS.iter().position(|month| *month == name)?;
    i16::try_from(index + 1).ok()
}

/// The number a token starts with, where it has between `digits_min` and `digits_max` digits.
fn leading_number(token: &str, digits_min: usize, digits_max: usize) -> Option<i16> {
    let digits = token.bytes().take_while(u8::is_ascii_digit).count();
    if digits < digits_min || digits > digits_max {
        return None;
    }
    token[..digits].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::clock::parse_rfc3339;

    #[test]
    fn the_spellings_in_use() {
        for text in [
            "Wed, 09 Jun 2021 10:18:14 GMT",
            "Wednesday, 09-Jun-21 10:18:14 GMT",
            "Wed Jun  9 10:18:14 2021",
            "wed, 9 JUNE 2021 10:18:14",
            "2021 jun 09 10:18:14",
        ] {
            assert_eq!(parse(text), parse_rfc3339("2021-06-09T10:18:14Z"), "{text}");
        }
        assert_eq!(parse("Thu, 01 Jan 1970 00:00:00 GMT"), Some(0));
        assert_eq!(parse("Thu, 01-Jan-70 00:00:01 GMT"), Some(1000));
    }

    #[test]
    fn what_is_no_date() {
        for text in [
            "",
            "0",
            "tomorrow",
            "Wed, 32 Jun 2021 10:18:14",
            "Wed, 09 Jun 2021 25:18:14",
            "Wed, 09 Jun 2021",
            "09 Jun 1600 1:1:1",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
