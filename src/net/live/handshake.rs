//! What makes an answer of HTTP a socket ([RFC 6455 §4](https://datatracker.ietf.org/doc/html/rfc6455#section-4)).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::{CONNECTION, HeaderMap, HeaderValue, UPGRADE};

use crate::net::{NetError, Request, Response};

/// What both sides hash with the key ([RFC 6455 §1.3](https://datatracker.ietf.org/doc/html/rfc6455#section-1.3)).
const GUID: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// What makes a request one for a socket.
pub(super) fn ask_upgrade(map: &mut HeaderMap) {
    map.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
    map.insert(UPGRADE, HeaderValue::from_static("websocket"));
}

/// A key that nobody has used: what answers it does not come out of a cache.
pub(super) fn new_key() -> String {
    let mut nonce = [0; 16];
    // Where the system gives no random numbers there is no TLS either; the key is no secret.
    let _ = ring::rand::SecureRandom::fill(&ring::rand::SystemRandom::new(), &mut nonce);
    STANDARD.encode(nonce)
}

/// What a server answers to a key.
fn accept(key: &str) -> String {
    let hashed = format!("{key}{GUID}");
    STANDARD.encode(ring::digest::digest(&ring::digest::SHA1_FOR_LEGACY_USE_ONLY, hashed.as_bytes()))
}

/// Whether the answer opens a socket, and the one that was asked for
/// ([RFC 6455 §4.1](https://datatracker.ietf.org/doc/html/rfc6455#section-4.1); of subprotocols also
/// [establish](https://websockets.spec.whatwg.org/#concept-websocket-establish)).
pub(super) fn check(head: &Response, request: &Request, key: &str) -> Result<(), NetError> {
    if head.status != 101 {
        let (url, status_text) = (head.url.to_string(), head.status_text.clone());
        return Err(NetError::Status { url, status: head.status, status_text });
    }
    let wrong = |reason: String| Err(NetError::Protocol { url: head.url.to_string(), reason });
    let tokens = |name: &str| -> Vec<String> {
        let values = head.headers.iter().filter(|(key, _)| key == name);
        let tokens = values.flat_map(|(_, value)| value.split(',')).map(|token| token.trim().to_owned());
        tokens.filter(|token| !token.is_empty()).collect()
    };
    let is_one = |name: &str, expected: &str| tokens(name).iter().any(|token| token.eq_ignore_ascii_case(expected));
    if !is_one("upgrade", "websocket") || !is_one("connection", "upgrade") {
        return wrong("its handshake does not say `Upgrade: websocket`".to_owned());
    }
    if tokens("sec-websocket-accept") != [accept(key)] {
        return wrong("the `Sec-WebSocket-Accept` of its handshake is not the answer to the key".to_owned());
    }
    if let Some(extension) = tokens("sec-websocket-extensions").first() {
        return wrong(format!("it uses the extension `{extension}`, which was not offered"));
    }
    let offered = request.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("sec-websocket-protocol"));
    let offered: Vec<&str> = offered.map(|(_, value)| value.split(", ").collect()).unwrap_or_default();
    match tokens("sec-websocket-protocol").as_slice() {
        [] if offered.is_empty() => Ok(()),
        [] => wrong("it chose none of the subprotocols that the page offers".to_owned()),
        [one] if offered.contains(&one.as_str()) => Ok(()),
        others => wrong(format!("it chose the subprotocol `{}`, which the page does not offer", others.join(", "))),
    }
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::*;
    use crate::net::sockets::told;
    use crate::net::{Ask, Destination};

    #[test]
    fn the_answer_to_a_key() {
        // RFC 6455 §1.3.
        assert_eq!(accept("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
        assert_ne!(new_key(), new_key());
    }

    #[test]
    fn handshakes() {
        let url = Url::parse("ws://a.test/").unwrap();
        let check = |offered: &str, status: u16, said: &str| {
            let mut request = Request::get(url.clone(), Destination::Socket(1, Ask::Open), 0);
            if !offered.is_empty() {
                request.headers.push(("Sec-WebSocket-Protocol".to_owned(), offered.to_owned()));
            }
            let headers = said.split('|').filter_map(|header| header.split_once(": "));
            let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
            let head = Response { headers, ..told(&url, status) };
            check(&head, &request, "k").err().map(|error| error.to_string()).unwrap_or_default()
        };
        let right = format!("upgrade: WebSocket|connection: keep-alive, Upgrade|sec-websocket-accept: {}", accept("k"));
        let with = |more: &str| format!("{right}|{more}");
        assert_eq!(check("", 101, &right), "");
        assert_eq!(check("a, b", 101, &with("sec-websocket-protocol: b")), "");
        let table = [
            ("", 200, right.clone(), "200 OK"),
            ("", 101, "upgrade: websocket".to_owned(), "Upgrade: websocket"),
            ("", 101, right.replace("accept: ", "accept: x"), "Sec-WebSocket-Accept"),
            ("", 101, with(&format!("sec-websocket-accept: {}", accept("k"))), "Sec-WebSocket-Accept"),
            ("", 101, with("sec-websocket-extensions: permessage-deflate"), "permessage-deflate"),
            ("", 101, with("sec-websocket-protocol: b"), "`b`, which the page does not offer"),
            ("a", 101, right.clone(), "none of the subprotocols"),
            ("a", 101, with("sec-websocket-protocol: A"), "`A`, which"),
            ("a, b", 101, with("sec-websocket-protocol: a, b"), "`a, b`, which"),
        ];
        for (offered, status, said, expected) in table {
            let found = check(offered, status, &said);
            assert!(found.contains(expected), "{found} for {said}");
        }
    }
}
