//! `data:` addresses, which are their own answer
//! ([data: URL processor](https://fetch.spec.whatwg.org/#data-url-processor)).

use url::Url;

use super::{NetError, Response};

/// Answers a `data:` address.
pub(super) fn answer(url: &Url) -> Result<Response, NetError> {
    let mut whole = url.clone();
    whole.set_fragment(None);
    let bad = |reason: &str| NetError::BadUrl { url: url.to_string(), reason: reason.to_owned() };
    let text = whole.as_str().strip_prefix("data:").ok_or_else(|| bad("it is no data address"))?;
    let (kind, data) = text.split_once(',').ok_or_else(|| bad("a data address has a comma before its data"))?;
    let mut body = percent_decode(data);
    let kind = kind.trim();
    let (kind, is_base64) = match kind.rsplit_once(';') {
        Some((before, last)) if last.trim().eq_ignore_ascii_case("base64") => (before, true),
        _ => (kind, false),
    };
    if is_base64 {
        body = base64_decode(&body).ok_or_else(|| bad("its base64 is malformed"))?;
    }
    let kind = match kind {
        "" => "text/plain;charset=US-ASCII".to_owned(),
        parameters if parameters.starts_with(';') => format!("text/plain{parameters}"),
        whole => whole.to_owned(),
    };
    Ok(Response::made(url.clone(), 200, &kind, body))
}

/// [Percent-decodes](https://url.spec.whatwg.org/#percent-decode): a `%` without two hexadecimal digits stays.
pub(crate) fn percent_decode(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let pair = bytes.get(at + 1).zip(bytes.get(at + 2));
        match pair.and_then(|(high, low)| Some((digit(*high)?, digit(*low)?))) {
            Some((high, low)) if bytes[at] == b'%' => {
                out.push(high << 4 | low);
                at += 3;
            }
            _ => {
                out.push(bytes[at]);
                at += 1;
            }
        }
    }
    out
}

/// A hexadecimal digit's value.
fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

/// [Forgiving base64](https://infra.spec.whatwg.org/#forgiving-base64-decode): blanks skipped, padding optional.
fn base64_decode(text: &[u8]) -> Option<Vec<u8>> {
    let mut text: Vec<u8> = text.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
    if text.len().is_multiple_of(4) {
        for _ in 0..2 {
            if text.last() == Some(&b'=') {
                text.pop();
            }
        }
    }
    if text.len() % 4 == 1 {
        return None;
    }
    let mut out = Vec::with_capacity(text.len() / 4 * 3 + 2);
    for group in text.chunks(4) {
        let mut bits = 0_u32;
        for byte in group {
            bits = bits << 6 | u32::from(sextet(*byte)?);
        }
        bits <<= 6 * (4 - group.len());
        out.extend_from_slice(&bits.to_be_bytes()[1..group.len()]);
    }
    Some(out)
}

/// The value of a base64 character.
fn sextet(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(url: &str, kind: &str, body: &str) {
        let response = answer(&Url::parse(url).unwrap()).unwrap();
        assert_eq!(response.header("content-type"), Some(kind));
        assert_eq!(String::from_utf8(response.body).unwrap(), body);
    }

    #[test]
    fn text_and_base64() {
        check("data:,a%20b#c", "text/plain;charset=US-ASCII", "a b");
        check("data:text/html,<p>%E6%82%A8", "text/html", "<p>您");
        check("data:;charset=utf-8,x", "text/plain;charset=utf-8", "x");
        check("data:application/json;charset=gbk;BASE64,eyJhIjoxfQ==", "application/json;charset=gbk", "{\"a\":1}");
        check("data:text/plain;base64,aGk", "text/plain", "hi");
        check("data:text/plain;base64,aGkh", "text/plain", "hi!");
        check("data:,100%", "text/plain;charset=US-ASCII", "100%");
    }

    #[test]
    fn malformed_ones_say_so() {
        for url in ["data:text/plain", "data:;base64,a", "data:;base64,a*b=", "data:;base64,aa==="] {
            assert!(matches!(answer(&Url::parse(url).unwrap()), Err(NetError::BadUrl { .. })), "{url}");
        }
    }
}
