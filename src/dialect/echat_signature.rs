//! The signature that `echatSDK.config` is given, and that a page is opened with (plugin-apis.md §2). Pure.

use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use serde_json::{Value, json};

use crate::base::clock::TimestampMs;
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
        let (errcode, errmsg) = match self {
            Self::Incomplete => (1, "timestamp, nonce or signature is missing or malformed"),
            Self::Wrong => (2, "the signature is wrong"),
            Self::Old => (3, "the signature is too old"),
        };
        json!({ "errcode": errcode, "errmsg": errmsg })
    }
}

/// The lower-case hexadecimal SHA-1 of the three, sorted and put together.
#[must_use]
pub fn signature(token: &str, timestamp: &str, nonce: &str) -> String {
    let mut parts = [token, timestamp, nonce];
    parts.sort_unstable();
    let sum = digest(&SHA1_FOR_LEGACY_USE_ONLY, parts.concat().as_bytes());
    sum.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
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
    // printf '%s' 1577808000abct0ken | sha1sum
    const SECONDS: &str = "b0bb4b8fb95ecba8d0538c558f594c6ebc1f5d7a";
    // printf '%s' 1577808000123abct0ken | sha1sum
    const MILLISECONDS: &str = "832f9d5c5ef6199337e51824754eabd492434f2d";
    // printf '%s' 1577808000zhongwen中文 | sha1sum
    const OTHER_ORDER: &str = "575898acf583e9b6bd4ced49b1cf09c8c13dac7c";

    fn settings() -> EchatSettings {
        EchatSettings { token: Some(TOKEN.to_owned()), ..EchatSettings::default() }
    }

    fn config(timestamp: impl Into<Value>, nonce: &str, signature: &str) -> Value {
        json!({ "timestamp": timestamp.into(), "nonce": nonce, "signature": signature })
    }

    #[test]
    fn vectors_of_another_tool() {
        assert_eq!(signature(TOKEN, "1577808000", "abc"), SECONDS);
        assert_eq!(signature(TOKEN, "1577808000123", "abc"), MILLISECONDS);
        assert_eq!(signature("zhongwen", "1577808000", "中文"), OTHER_ORDER);
    }

    #[test]
    fn what_passes() {
        for (argument, at) in [
            (config("1577808000", "abc", SECONDS), NOW),
            (config(1_577_808_000, "abc", SECONDS), NOW + 7_200_000),
            (config("1577808000", "abc", SECONDS), NOW - 7_200_000),
            (config("1577808000123", "abc", MILLISECONDS), NOW),
        ] {
            assert_eq!(check(&argument, &settings(), at), Ok(Passed::Signed), "{argument}");
        }
        let open = EchatSettings::default();
        assert_eq!(check(&config("1", "n", &"0".repeat(40)), &open, NOW), Ok(Passed::Unchecked));
    }

    #[test]
    fn what_does_not() {
        let good = config("1577808000", "abc", SECONDS);
        assert_eq!(check(&good, &settings(), NOW + 7_200_001), Err(Refusal::Old));
        assert_eq!(check(&good, &settings(), NOW - 7_200_001), Err(Refusal::Old));
        let short = EchatSettings { signature_ttl_s: 1, ..settings() };
        assert_eq!(check(&good, &short, NOW + 1_001), Err(Refusal::Old));
        let wrong = [config("1577808000", "abd", SECONDS), config("1577808001", "abc", SECONDS)];
        for argument in wrong {
            assert_eq!(check(&argument, &settings(), NOW), Err(Refusal::Wrong), "{argument}");
        }
        let incomplete = [
            Value::Null,
            json!({}),
            json!("1577808000"),
            config("", "abc", SECONDS),
            config("1577808000", "", SECONDS),
            config("2020-01-01", "abc", SECONDS),
            config("15778080001234", "abc", SECONDS),
            config(-5, "abc", SECONDS),
            config("1577808000", "abc", ""),
            config("1577808000", "abc", &SECONDS.to_uppercase()),
            config("1577808000", "abc", &SECONDS[1..]),
        ];
        for argument in incomplete {
            assert_eq!(check(&argument, &settings(), NOW), Err(Refusal::Incomplete), "{argument}");
            assert_eq!(check(&argument, &EchatSettings::default(), NOW), Err(Refusal::Incomplete), "{argument}");
        }
    }
}
