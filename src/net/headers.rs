//! Headers between a page and the wire: which ones a page may set, and bytes against text.

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

use super::{NetError, Request};

/// Names that only a client may set: they frame the message or belong to the connection, and a page that set them could
/// make two requests of one. (`Cookie` comes from the jar.) The web's longer list of
/// [forbidden request-headers](https://fetch.spec.whatwg.org/#forbidden-request-header) is `XMLHttpRequest`'s matter.
const CLIENT_ONLY: &[&str] = &[
    "accept-encoding",
    "connection",
    "content-length",
    "cookie",
    "expect",
    "host",
    "keep-alive",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// A page's headers for the wire.
pub(super) fn outgoing(request: &Request) -> Result<HeaderMap, NetError> {
    let mut map = HeaderMap::new();
    for (name, value) in &request.headers {
        if CLIENT_ONLY.iter().any(|forbidden| name.eq_ignore_ascii_case(forbidden)) {
            continue;
        }
        let malformed = || NetError::Protocol {
            url: request.url.to_string(),
            reason: format!("the page's header `{name}` is malformed"),
        };
        let key = HeaderName::from_bytes(name.as_bytes()).map_err(|_| malformed())?;
        map.append(key, to_wire(value).ok_or_else(malformed)?);
    }
    Ok(map)
}

/// A header value as bytes: the web's byte strings one byte a character, anything else UTF-8.
pub(super) fn to_wire(value: &str) -> Option<HeaderValue> {
    let bytes: Result<Vec<u8>, _> = value.chars().map(|character| u8::try_from(u32::from(character))).collect();
    HeaderValue::from_bytes(&bytes.unwrap_or_else(|_| value.as_bytes().to_vec())).ok()
}

/// The headers of an answer, each byte one character
/// ([isomorphic decode](https://infra.spec.whatwg.org/#isomorphic-decode)), as `getResponseHeader` shows them.
pub(super) fn incoming(map: &HeaderMap) -> Vec<(String, String)> {
    let text = |value: &HeaderValue| value.as_bytes().iter().map(|byte| char::from(*byte)).collect();
    map.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::Destination;

    #[test]
    fn a_page_cannot_frame_the_message() {
        let mut request = Request::get(url::Url::parse("http://a.test/").unwrap(), Destination::Xhr, 0);
        for (name, value) in [("Host", "evil"), ("content-length", "3"), ("X-A", "é"), ("x-a", "2"), ("Cookie", "a=b")]
        {
            request.headers.push((name.to_owned(), value.to_owned()));
        }
        let map = outgoing(&request).unwrap();
        assert_eq!(incoming(&map), [("x-a".into(), "é".into()), ("x-a".into(), "2".into())]);
        request.headers.push(("X-B".to_owned(), "a\r\nHost: evil".to_owned()));
        assert!(outgoing(&request).is_err());
    }
}
