//! The signature that `echatSDK.config` is given, and that a page is opened with (plugin-apis.md §2). Pure.

use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use serde_json::{Value, json};

use crate::base::clock::TimestampMs;
use crate::base::hex::hex;
use crate::event::EchatSettings;

/// Digits of a timestamp in milliseconds; one with fewer is in seconds.
const DIGITS_OF_MS: usize = 13;
/// Digits of a SHA-1 sum.
const SIGNATURE_DIGITS: usize = 40;

/// Why the check fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Something is missing, or is not what it should be.
    Incomplete,
    /// The signature is another.
    Wrong,
    /// It is signed rightly, but for another time.
    Old,
}

/// A check that succeeded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Passed {
    /// The signature is right and fresh.
    Signed,
    /// There is no token: only the form was looked at.
    Unchecked,
}

impl Refusal {
    /// What the page's `error` listeners get.
    #[must_use]
    pub fn result(self) -> Value {
        let errcode = match self {
            Self::Incomplete => 1,
            Self::Wrong => 2,
            Self::Old => 3,
        };
        json!({ "errcode": errcode, "errmsg": self.message() })
    }

    /// What is wrong.
    #[must_use]
    pub fn message(self) -> &'static str {
        match self {
            Self::Incomplete => "timestamp, nonce or signature is missing or malformed",
            Self::Wrong => "the signature is wrong",
            Self::Old => "the signature is too old",
        }
    }
}

/// The lower-case hexadecimal SHA-1 of the three, sorted and put together.
#[must_use]
pub fn signature(token: &str, timestamp: &str, nonce: &str) -> String {
    let mut parts = [token, timestamp, nonce];
    parts.sort_unstable();
    hex(digest(&SHA1_FOR_LEGACY_USE_ONLY, parts.concat().as_bytes()).as_ref())
}

/// Checks the argument of `config` at a page time. A timestamp may lie as far ahead as it may lie back.
///
/// # Errors
/// [`Refusal`].
pub fn check(argument: &Value, settings: &EchatSettings, now: TimestampMs) -> Result<Passed, Refusal> {
    let member = |name| text(argument.get(name)).ok_or(Refusal::Incomplete);
    let (timestamp, nonce, given) = (member("timestamp")?, member("nonce")?, member("signature")?);
    let time = time_of(&timestamp).ok_or(Refusal::Incomplete)?;
    let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    if given.len() != SIGNATURE_DIGITS || !given.bytes().all(is_digit) {
        return Err(Refusal::Incomplete);
    }
    let Some(token) = &settings.token else { return Ok(Passed::Unchecked) };
    if signature(token, &timestamp, &nonce) != given {
        return Err(Refusal::Wrong);
    }
    let bound = u64::from(settings.signature_ttl_s) * 1000;
    if now.abs_diff(time) > bound { Err(Refusal::Old) } else { Ok(Passed::Signed) }
}

/// Text that is not empty; a number counts as its digits.
fn text(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) if number.is_u64() => Some(number.to_string()),
        _ => None,
    }
}

/// A timestamp's time in ms.
fn time_of(timestamp: &str) -> Option<TimestampMs> {
    if timestamp.len() > DIGITS_OF_MS || !timestamp.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number: TimestampMs = timestamp.parse().ok()?;
    Some(if timestamp.len() == DIGITS_OF_MS { number } else { number * 1000 })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "t0ken";
    const NOW: TimestampMs = 1_577_808_000_000;
    const SECONDS: &str = "b0bb4b8fb95ecba8d0538c558f594c6ebc1f5d7a";
    const MILLISECONDS: &str = "832f9d5c5ef6199337e51824754eabd492434f2d";
    const NUMBER: &str = "7d12f86e56b6ace02e8748d3ababe10086651a6a";

    /// Token, timestamp, nonce, and what another tool makes of them:
    /// `printf '%s\n' TOKEN TIMESTAMP NONCE | LC_ALL=C sort | tr -d '\n' | sha1sum`.
    const VECTORS: [(&str, &str, &str, &str); 7] = [
        (TOKEN, "1577808000", "abc", SECONDS),
        (TOKEN, "1577808000123", "abc", MILLISECONDS),
        (TOKEN, "1577808000", "7", NUMBER),
        ("M", "1577808000", "Z9", "7240d0cfef26398cf7be5b7538fe2149cc1042e4"),
        ("1", "1577808000", "99", "a8b55c97cbba6d907f57b37b3edf61aa140acf58"),
        ("zhongwen", "1577808000", "中文", "575898acf583e9b6bd4ced49b1cf09c8c13dac7c"),
        ("😀", "1577808000000", "n", "22e947d5ed7c3f4c8d347dd3e285f5b99d14fd7d"),
    ];

    fn settings() -> EchatSettings {
        EchatSettings { token: Some(TOKEN.to_owned()), ..EchatSettings::default() }
    }

    fn config(timestamp: impl Into<Value>, nonce: impl Into<Value>, signature: &str) -> Value {
        json!({ "timestamp": timestamp.into(), "nonce": nonce.into(), "signature": signature })
    }

    #[test]
    fn vectors_of_another_tool() {
        for (token, timestamp, nonce, sum) in VECTORS {
            assert_eq!(signature(token, timestamp, nonce), sum);
            let settings = EchatSettings { token: Some(token.to_owned()), ..EchatSettings::default() };
            assert_eq!(check(&config(timestamp, nonce, sum), &settings, NOW), Ok(Passed::Signed), "{sum}");
            let other = EchatSettings { token: Some(format!("{token} ")), ..EchatSettings::default() };
            assert_eq!(check(&config(timestamp, nonce, sum), &other, NOW), Err(Refusal::Wrong), "{sum}");
        }
    }

    #[test]
    fn numbers_count_as_their_digits() {
        for argument in [
            config(1_577_808_000, "abc", SECONDS),
            config(1_577_808_000_123_i64, "abc", MILLISECONDS),
            config(1_577_808_000, 7, NUMBER),
            config("1577808000", 7, NUMBER),
        ] {
            assert_eq!(check(&argument, &settings(), NOW), Ok(Passed::Signed), "{argument}");
        }
    }

    #[test]
    fn a_signature_is_fresh_for_so_long_on_both_sides() {
        let ttl = 7_200_000;
        for (argument, made) in [
            (config("1577808000", "abc", SECONDS), NOW),
            (config(1_577_808_000, "abc", SECONDS), NOW),
            (config("1577808000123", "abc", MILLISECONDS), NOW + 123),
        ] {
            for (after_ms, expected) in [
                (-ttl - 1, Err(Refusal::Old)),
                (-ttl, Ok(Passed::Signed)),
                (0, Ok(Passed::Signed)),
                (ttl, Ok(Passed::Signed)),
                (ttl + 1, Err(Refusal::Old)),
            ] {
                assert_eq!(check(&argument, &settings(), made + after_ms), expected, "{argument} {after_ms}");
            }
        }
        let short = EchatSettings { signature_ttl_s: 1, ..settings() };
        let good = config("1577808000", "abc", SECONDS);
        assert_eq!(check(&good, &short, NOW + 1_000), Ok(Passed::Signed));
        assert_eq!(check(&good, &short, NOW + 1_001), Err(Refusal::Old));
        // Without a token nothing but the form is looked at.
        assert_eq!(check(&config("1", "n", &"0".repeat(40)), &EchatSettings::default(), NOW), Ok(Passed::Unchecked));
    }

    #[test]
    fn what_is_wrong_or_incomplete() {
        for argument in [
            config("1577808000", "abd", SECONDS),
            config("1577808001", "abc", SECONDS),
            config("1577808000", "abc", MILLISECONDS),
            config("01577808000", "abc", SECONDS),
            config("1577808000", "abc ", SECONDS),
        ] {
            assert_eq!(check(&argument, &settings(), NOW), Err(Refusal::Wrong), "{argument}");
        }
        let missing = ["timestamp", "nonce", "signature"].map(|name| {
            let mut argument = config("1577808000", "abc", SECONDS);
            argument.as_object_mut().unwrap().remove(name);
            argument
        });
        let incomplete = [
            Value::Null,
            json!({}),
            json!("1577808000"),
            json!(["1577808000", "abc", SECONDS]),
            config("", "abc", SECONDS),
            config("1577808000", "", SECONDS),
            config(Value::Null, "abc", SECONDS),
            config("1577808000", Value::Null, SECONDS),
            config("1577808000", true, SECONDS),
            config("2020-01-01", "abc", SECONDS),
            config("15778080001234", "abc", SECONDS),
            config("1577808000.0", "abc", SECONDS),
            config("-5", "abc", SECONDS),
            config(" 1577808000", "abc", SECONDS),
            config(-5, "abc", SECONDS),
            config(1.5, "abc", SECONDS),
            config("1577808000", "abc", ""),
            config("1577808000", "abc", &SECONDS.to_uppercase()),
            config("1577808000", "abc", &SECONDS[1..]),
            config("1577808000", "abc", &format!("{SECONDS}0")),
            config("1577808000", "abc", &SECONDS.replace('b', "g")),
        ];
        for argument in incomplete.into_iter().chain(missing) {
            assert_eq!(check(&argument, &settings(), NOW), Err(Refusal::Incomplete), "{argument}");
            assert_eq!(check(&argument, &EchatSettings::default(), NOW), Err(Refusal::Incomplete), "{argument}");
        }
    }
}
