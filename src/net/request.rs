//! What a page asks of the network, and what it is answered.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use url::Url;

use super::{NetError, ReferrerPolicy};
use crate::base::clock::TimestampMs;

/// What the answer is for (the Fetch standard's [destination](https://fetch.spec.whatwg.org/#concept-request-destination),
/// as far as a headless page tells them apart).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Destination {
    /// The page itself, at a load, a reload or a navigation.
    Document,
    /// A `<script src>`, from the parser or inserted.
    Script,
    /// A style sheet, of a `<link>` or imported.
    Style,
    /// `XMLHttpRequest` or `fetch()`.
    Xhr,
    /// An answer that goes on for as long as the server likes: what is asked of the one of this number, which is the page's.
    Stream(u64, Ask),
    /// A socket (`WebSocket`): what is asked of the one of this number, which is the page's. Its address is `ws:` or `wss:`;
    /// what is sent, and each piece that comes, is a [`SocketFrame`](super::SocketFrame).
    Socket(u64, Ask),
}

/// What is asked of an answer that goes on, or of a socket. It comes by pieces, each when it is asked for: of an answer
/// nobody keeps more than one, of a socket few.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ask {
    /// That it begins: answered with its head, and whatever there is of its body where that needs no waiting.
    Open,
    /// The next piece of its body, as long as that takes; an empty one is its end.
    Next,
    /// Of a socket: that the frame which the request carries goes out. Answered once the system has taken that over, with
    /// another status than 200 where the connection is gone; a close frame with what came of the connection.
    Send,
    /// Nothing any more: answered at once, and with it whatever was asked of it before.
    Close,
}

impl Destination {
    /// What is asked of an answer that goes on, where it is one.
    #[must_use]
    pub fn ask(self) -> Option<Ask> {
        match self {
            Self::Stream(_, ask) | Self::Socket(_, ask) => Some(ask),
            _ => None,
        }
    }

    /// The same answer or socket, asked something else; others are what they are.
    #[must_use]
    pub fn asking(self, ask: Ask) -> Self {
        match self {
            Self::Stream(number, _) => Self::Stream(number, ask),
            Self::Socket(number, _) => Self::Socket(number, ask),
            other => other,
        }
    }

    /// Whether it is a socket.
    #[must_use]
    pub fn is_socket(self) -> bool {
        matches!(self, Self::Socket(..))
    }
}

/// Whether the page's cookies go along and may be set
/// ([credentials mode](https://fetch.spec.whatwg.org/#concept-request-credentials-mode)); decided at each address that it
/// is led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Credentials {
    /// Never.
    Omit,
    /// As long as it has only been at the origin of the document that makes it.
    SameOrigin,
    /// Always: documents and scripts, an XHR `withCredentials`.
    Include,
}

/// What a request is by the standard ([mode](https://fetch.spec.whatwg.org/#concept-request-mode)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Mode {
    /// For a document.
    Navigate,
    /// For what documents may always have of others: scripts, style sheets.
    NoCors,
    /// For what a script reads.
    Cors,
    /// The same, and fails elsewhere than at the document's origin.
    SameOrigin,
}

/// What becomes of redirects ([redirect mode](https://fetch.spec.whatwg.org/#concept-request-redirect-mode)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Redirects {
    /// They are followed.
    Follow,
    /// They are errors.
    Error,
    /// They are the answer.
    Manual,
}

/// The document that makes a request. It is the page's own word: nothing that matters to others hangs on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Client {
    /// Its address.
    pub url: Url,
    /// How much of that the request says.
    pub referrer_policy: ReferrerPolicy,
    /// Whether it has an origin that no other document has, and so is another's than that of its address.
    pub is_opaque: bool,
}

/// One request of a page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// The method, upper case: `GET`, `POST` …
    pub method: String,
    /// The absolute address; a fragment is kept for the final address and never sent.
    pub url: Url,
    /// Headers in the page's order. Those that only a client may set (`Host`, `Cookie`, `Content-Length` …) are dropped.
    pub headers: Vec<(String, String)>,
    /// The body; empty for none.
    #[serde(with = "serde_bytes")]
    pub body: Vec<u8>,
    /// What the answer is for.
    pub destination: Destination,
    /// Whether cookies go along.
    pub credentials: Credentials,
    /// What it is.
    pub mode: Mode,
    /// What becomes of redirects.
    pub redirects: Redirects,
    /// The document that makes it; `None` where the operator or the host does.
    pub client: Option<Client>,
    /// Page time of the request, by which cookies expire.
    pub now_ms: TimestampMs,
}

impl Request {
    /// A `GET` of nobody's document, without headers, with credentials, at page time `now_ms`.
    #[must_use]
    pub fn get(url: Url, destination: Destination, now_ms: TimestampMs) -> Self {
        let (method, headers, body) = ("GET".to_owned(), Vec::new(), Vec::new());
        let (credentials, redirects, client) = (Credentials::Include, Redirects::Follow, None);
        let mode = match destination {
            Destination::Document => Mode::Navigate,
            Destination::Script | Destination::Style => Mode::NoCors,
            Destination::Xhr | Destination::Stream(..) | Destination::Socket(..) => Mode::Cors,
        };
        Request { method, url, headers, body, destination, credentials, mode, redirects, client, now_ms }
    }
}

/// One answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Response {
    /// The final address, after redirects, with the request's fragment.
    pub url: Url,
    /// The status code: 200, 404 …
    pub status: u16,
    /// The standard reason of the status: `OK`, `Not Found` …
    pub status_text: String,
    /// Headers in order, names in lower case. `set-cookie` is among them: scripts must not see it.
    pub headers: Vec<(String, String)>,
    /// The body, decompressed.
    #[serde(with = "serde_bytes")]
    pub body: Vec<u8>,
    /// The real file behind an answer from disk, relative to the plugin's folder where it lies in it; faults name it.
    pub file: Option<PathBuf>,
    /// Whether it came over the network: asked again, it may be another.
    pub live: bool,
}

impl Response {
    /// An answer made here, with a content type and nothing else.
    #[must_use]
    pub fn made(url: Url, status: u16, content_type: &str, body: Vec<u8>) -> Self {
        let headers = vec![
            ("content-type".to_owned(), content_type.to_owned()),
            ("content-length".to_owned(), body.len().to_string()),
        ];
        Response { url, status, status_text: reason(status).to_owned(), headers, body, file: None, live: false }
    }

    /// The first header of this name, in any case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The answer as a document or script: a status other than 2xx is an error
    /// ([fetch a classic script](https://html.spec.whatwg.org/#fetch-a-classic-script); for a document, ours: a page
    /// that is an error message of its server must not look like a plugin that does nothing).
    ///
    /// # Errors
    /// [`NetError::Status`].
    pub fn loaded(self) -> Result<Response, NetError> {
        if (200..300).contains(&self.status) {
            return Ok(self);
        }
        Err(NetError::Status { url: self.url.into(), status: self.status, status_text: self.status_text })
    }
}

/// The standard's words for a status code ([RFC 9110 §15](https://www.rfc-editor.org/rfc/rfc9110#section-15)).
pub(super) fn reason(status: u16) -> &'static str {
    reqwest::StatusCode::from_u16(status).ok().and_then(|code| code.canonical_reason()).unwrap_or("")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_page_is_no_document() {
        let url = Url::parse("http://a.test/x.js").unwrap();
        let error = Response::made(url.clone(), 404, "text/html", Vec::new()).loaded().unwrap_err();
        assert_eq!(error.to_string(), "http://a.test/x.js was answered with 404 Not Found");
        assert!(Response::made(url, 204, "text/html", Vec::new()).loaded().is_ok());
    }
}
