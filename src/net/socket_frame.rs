//! What goes over a socket, as requests and answers carry it: a recording has one line for each.
//!
//! The payload is the body. The header `opcode` says what it is by the names of
//! [RFC 6455 §11.8](https://datatracker.ietf.org/doc/html/rfc6455#section-11.8), `code` how a socket is closed.

use url::Url;

use super::Response;

/// A message, whole, or the frame that closes a socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SocketFrame {
    /// A message of text.
    Text(String),
    /// A message of bytes.
    Binary(Vec<u8>),
    /// The closing of the socket: the status code, if there is one, and the reason.
    Close(Option<u16>, String),
}

impl SocketFrame {
    /// Of the headers and the body of a request or an answer; `None` where they are no frame.
    #[must_use]
    pub fn of(headers: &[(String, String)], body: &[u8]) -> Option<Self> {
        let header = |name: &str| headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        let text = || String::from_utf8_lossy(body).into_owned();
        match header("opcode")? {
            "text" => Some(Self::Text(text())),
            "binary" => Some(Self::Binary(body.to_vec())),
            "close" => Some(Self::Close(header("code").and_then(|code| code.parse().ok()), text())),
            _ => None,
        }
    }

    /// The headers and the body that carry it.
    #[must_use]
    pub fn parts(self) -> (Vec<(String, String)>, Vec<u8>) {
        let opcode = |name: &str| ("opcode".to_owned(), name.to_owned());
        match self {
            Self::Text(text) => (vec![opcode("text")], text.into_bytes()),
            Self::Binary(bytes) => (vec![opcode("binary")], bytes),
            Self::Close(code, reason) => {
                let code = code.map(|code| ("code".to_owned(), code.to_string()));
                ([opcode("close")].into_iter().chain(code).collect(), reason.into_bytes())
            }
        }
    }

    /// Bytes of its payload.
    #[must_use]
    pub fn payload_bytes(&self) -> usize {
        match self {
            Self::Text(text) | Self::Close(_, text) => text.len(),
            Self::Binary(bytes) => bytes.len(),
        }
    }

    /// The answer that carries it to the page.
    pub(super) fn answer(self, url: &Url) -> Response {
        let (headers, body) = self.parts();
        Response { headers, live: true, ..Response::made(url.clone(), 200, "", body) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_carried_whole() {
        let frames = [
            SocketFrame::Text("您好".to_owned()),
            SocketFrame::Text(String::new()),
            SocketFrame::Binary(vec![0, 0xff]),
            SocketFrame::Close(None, String::new()),
            SocketFrame::Close(Some(4999), "why".to_owned()),
        ];
        for frame in frames {
            let answer = frame.clone().answer(&Url::parse("ws://a.test/").unwrap());
            assert_eq!(SocketFrame::of(&answer.headers, &answer.body), Some(frame));
        }
        assert_eq!(SocketFrame::of(&[], b"x"), None);
    }
}
