//! `10`, `10s`, `500ms`, `2m`, `3h`, `2d`.

/// Units in ms; the longer names first, since `ms` ends in `s`.
const UNITS: [(&str, f64); 5] = [("ms", 1.0), ("s", 1_000.0), ("m", 60_000.0), ("h", 3_600_000.0), ("d", 86_400_000.0)];
/// The longest that is taken: a hundred years, in ms.
const LONGEST_MS: f64 = 3.2e12;

/// Reads a duration; a bare number is in seconds. In whole ms.
pub(super) fn parse(text: &str) -> Result<i64, String> {
    let unit = UNITS.iter().find_map(|(name, ms)| text.strip_suffix(name).map(|number| (number, *ms)));
    let (number, ms) = unit.unwrap_or((text, 1_000.0));
    let number = number.trim_end();
    let is_plain = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    match number.parse::<f64>() {
        Ok(count) if is_plain && count * ms <= LONGEST_MS => Ok((count * ms).round() as i64),
        _ => Err("a duration is a number of seconds, or has a unit: 10, 10s, 500ms, 2m, 3h, 2d".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        let table = [
            ("10", 10_000),
            ("10s", 10_000),
            ("500ms", 500),
            ("2m", 120_000),
            ("3h", 10_800_000),
            ("2d", 172_800_000),
            ("0.5", 500),
            ("0", 0),
            ("1 s", 1_000),
        ];
        for (text, ms) in table {
            assert_eq!(parse(text), Ok(ms), "{text}");
        }
        for text in ["", "s", "-1", "1w", "ten", "1e3", "inf", "99999999999m"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
