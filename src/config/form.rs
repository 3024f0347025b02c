//! What a value may be: how one is checked, and how a JSON Schema says it. Both stand together, so that an editor refuses
//! what the program does.

use std::net::SocketAddr;

use serde_json::{Value, json};
use url::Url;

use super::duoke::{CONSOLE_OFF, TRANSFER_ANY};

/// Fewest bytes of a title: what an ellipsis and a few characters take.
const BYTES_MIN: u64 = 16;
/// Bytes of recordings: from what a header and a few turns take.
const RECORDED_BYTES: [u64; 2] = [4_096, 1_099_511_627_776];
/// How many there may be of something.
const COUNT: [u64; 2] = [1, 1_000_000];
/// Numbers in TOML go so far.
const TOML_MAX: u64 = i64::MAX as u64;

/// The form of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Anything but nothing.
    Text,
    /// Anything.
    Any,
    /// An http(s) address without a query.
    Url,
    /// The address of a proxy.
    Proxy,
    /// One of these.
    Word(&'static [&'static str]),
    /// A number of bytes, of a title or description.
    Bytes,
    /// A number of bytes, of recordings.
    RecordedBytes,
    /// A number of things.
    Count,
    /// A share as `5%`.
    Share,
    /// An address and a port.
    Listen,
    /// The same, or no console.
    Console,
    /// The path of an address.
    Path,
    /// WeChat's key (wechat-api.md): 43 characters of base64 without its padding.
    AesKey,
    /// Whoever WeChat chooses, or an agent's account (wechat-api.md §3).
    Transfer,
}

impl Form {
    /// Says what is wrong with a text.
    ///
    /// # Errors
    /// A text of another form; never what it was, which may hold a password.
    pub fn check(self, text: &str) -> Result<(), String> {
        let is_in = |[least, most]: [u64; 2]| text.parse::<u64>().is_ok_and(|number| (least..=most).contains(&number));
        let (fits, reason) = match self {
            Self::Any => (true, String::new()),
            Self::Text => (!text.trim().is_empty(), "is empty".to_owned()),
            Self::Url => (is_url(text), "is not an http(s) address".to_owned()),
            Self::Proxy => (
                is_proxy(text),
                "is not the address of a proxy, like http://user:password@host:port or socks5://host:port".to_owned(),
            ),
            Self::Word(words) => (words.contains(&text), format!("is not one of {}", words.join(", "))),
            Self::Bytes => (is_in([BYTES_MIN, TOML_MAX]), format!("is not a number of bytes from {BYTES_MIN}")),
            Self::RecordedBytes => (is_in(RECORDED_BYTES), "is not a number of bytes from 4096 to 2^40".to_owned()),
            Self::Count => (is_in(COUNT), "is not a number from 1 to 1000000".to_owned()),
            Self::Share => (share_ppm(text).is_some(), "is not a share from 0% to 100%, like 5% or 0.1%".to_owned()),
            Self::Listen => (is_listen(text), "is not an address and a port, like 127.0.0.1:8080".to_owned()),
            Self::Console => (
                text == CONSOLE_OFF || is_listen(text),
                format!("is not an address and a port, like 127.0.0.1:8080, nor \"{CONSOLE_OFF}\""),
            ),
            Self::Path => (text.starts_with('/'), "does not start with /".to_owned()),
            Self::AesKey => (is_aes_key(text), "is not 43 letters and digits".to_owned()),
            Self::Transfer => (
                text == TRANSFER_ANY || is_account(text),
                format!("is neither \"{TRANSFER_ANY}\" nor a customer-service account, like kf2001@gh_xxx"),
            ),
        };
        if fits { Ok(()) } else { Err(reason) }
    }

    /// The JSON Schema of such a text. Where it is a number, the file may have it without quotes.
    #[must_use]
    pub(super) fn schema(self) -> Value {
        let pattern = |pattern: &str| json!({"type": "string", "pattern": pattern});
        let number = |[least, most]: [u64; 2]| {
            let digits = json!({"type": "string", "pattern": "^[0-9]+$"});
            json!({"anyOf": [{"type": "integer", "minimum": least, "maximum": most}, digits]})
        };
        match self {
            Self::Any => json!({"type": "string"}),
            Self::Text => pattern(r"\S"),
            Self::Url => pattern("^[Hh][Tt][Tt][Pp][Ss]?://[^?]+$"),
            Self::Proxy => pattern("^([Hh][Tt][Tt][Pp][Ss]?|[Ss][Oo][Cc][Kk][Ss]5[Hh]?)://.+$"),
            Self::Word(words) => json!({"enum": words}),
            Self::Bytes => number([BYTES_MIN, TOML_MAX]),
            Self::RecordedBytes => number(RECORDED_BYTES),
            Self::Count => number(COUNT),
            Self::Share => pattern(r"^(100(\.0*)?|[0-9]{1,2}(\.[0-9]*)?|\.[0-9]+)\s*%$"),
            Self::Listen => pattern(r"^(\[[0-9A-Fa-f:.]+\]|[0-9.]+):[0-9]{1,5}$"),
            Self::Console => pattern(&format!(r"^({CONSOLE_OFF}|(\[[0-9A-Fa-f:.]+\]|[0-9.]+):[0-9]{{1,5}})$")),
            Self::Path => pattern("^/"),
            Self::AesKey => pattern("^[A-Za-z0-9+/]{43}$"),
            Self::Transfer => pattern(&format!("^({TRANSFER_ANY}|[^@]+@.+)$")),
        }
    }
}

fn is_url(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.query().is_none())
}

fn is_proxy(text: &str) -> bool {
    let is_known = |url: &Url| matches!(url.scheme(), "http" | "https" | "socks5" | "socks5h");
    Url::parse(text).is_ok_and(|url| is_known(&url) && url.has_host())
}

fn is_listen(text: &str) -> bool {
    text.parse::<SocketAddr>().is_ok()
}

fn is_aes_key(text: &str) -> bool {
    text.len() == 43 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/".contains(&byte))
}

fn is_account(text: &str) -> bool {
    text.split_once('@').is_some_and(|(name, account)| !name.is_empty() && !account.is_empty())
}

/// A share as `5%` in parts of a million.
#[must_use]
pub fn share_ppm(text: &str) -> Option<u32> {
    let number = text.strip_suffix('%')?.trim_end();
    let is_plain = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let percent = number.parse::<f64>().ok().filter(|percent| is_plain && *percent <= 100.0)?;
    // Within a million it is exact.
    Some((percent * 10_000.0).round() as u32)
}
