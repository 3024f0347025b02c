//! The live network: HTTP on the host's runtime, the egress guard at every hop.
//!
//! The environment's proxies (`HTTP_PROXY` and so on) serve the origins that the operator named, except this machine's
//! own: he chose both. A script of the original HTML goes out without a proxy, which would resolve its name where the
//! address guard cannot see; on a machine whose only way out is a proxy, name such a script's origin under `allow`.

use std::ffi::OsString;
use std::sync::mpsc;
use std::sync::{Arc, Once, OnceLock};
use std::time::Duration;

use reqwest::{Client, Method, StatusCode, header, redirect};
use tokio::runtime::Handle;
use tokio::task::AbortHandle;
use url::Url;

use super::network::answer;
use super::request::reason;
use super::{CookieJar, Destination, Guard, NetError, Reach, Reply, Request, Response, headers, refused_address};
use crate::base::limits::page::PageLimits;
use crate::base::limits::{CONNECT_TIMEOUT, DOCUMENT_BYTES_MAX, REDIRECTS_MAX};
use crate::base::loopback::is_loopback;

/// The bounds of a page's requests; the defaults are `base::limits`'.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Largest script or XHR answer, in bytes, decompressed.
    pub answer_bytes_max: usize,
    /// Largest document, in bytes, decompressed.
    pub document_bytes_max: usize,
    /// Longest a request may take, redirects and body included.
    pub timeout: Duration,
    /// Longest a connection may take to open.
    pub connect_timeout: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        Self::of(&PageLimits::DEFAULT)
    }
}

impl Bounds {
    /// Those of a page that is held to `limits`.
    #[must_use]
    pub fn of(limits: &PageLimits) -> Self {
        Self {
            answer_bytes_max: usize::try_from(limits.answer_bytes).unwrap_or(usize::MAX),
            document_bytes_max: DOCUMENT_BYTES_MAX,
            timeout: Duration::from_millis(limits.request_ms),
            connect_timeout: CONNECT_TIMEOUT,
        }
    }

    /// The largest answer for a destination, in bytes.
    #[must_use]
    pub fn bytes_max(&self, destination: Destination) -> usize {
        match destination {
            Destination::Document => self.document_bytes_max,
            _ => self.answer_bytes_max,
        }
    }
}

/// What one request may do.
#[derive(Debug)]
pub(super) struct Rights {
    /// The page's allowed origins.
    pub(super) guard: Arc<Guard>,
    /// Whether it is for a script of the page's original HTML.
    pub(super) is_original: bool,
    /// The page's cookies.
    pub(super) cookies: Arc<CookieJar>,
}

/// Which client a request goes by.
#[derive(Clone, Copy, Debug)]
enum Way {
    /// To origins that the operator named.
    Named,
    /// To those of them on this machine, which a proxy of the environment would look for on its own.
    Direct,
    /// To others, which must be of the public internet.
    Public,
}

/// HTTP for any number of pages; cheap to clone.
#[derive(Clone, Debug)]
pub struct Live {
    handle: Handle,
    /// By [`Way`]. Made when they are wanted: each reads the system's certificates, and most pages want none.
    clients: Arc<[OnceLock<Result<Client, NetError>>; 3]>,
    bounds: Bounds,
}

impl Live {
    /// Requests on a runtime with I/O and time enabled.
    #[must_use]
    pub fn new(handle: Handle, bounds: Bounds) -> Self {
        Self { handle, clients: Arc::default(), bounds }
    }

    fn client(&self, way: Way) -> Result<&Client, NetError> {
        let make = || {
            install_tls_provider();
            let reach = if matches!(way, Way::Public) { Reach::Public } else { Reach::Named };
            // Redirects are ours: the guard must see every hop.
            let builder = Client::builder().redirect(redirect::Policy::none()).referer(false);
            let builder = builder.connect_timeout(self.bounds.connect_timeout).dns_resolver(reach);
            let builder = if matches!(way, Way::Named) { builder } else { builder.no_proxy() };
            builder.build().map_err(|error| NetError::NoClient { reason: root_cause(&error) })
        };
        self.clients[way as usize].get_or_init(make).as_ref().map_err(Clone::clone)
    }

    /// The same, with other bounds; connections are shared, and open within the time that they had.
    #[must_use]
    pub fn with_bounds(self, bounds: Bounds) -> Self {
        Self { bounds, ..self }
    }

    /// The bounds in force.
    #[must_use]
    pub fn bounds(&self) -> &Bounds {
        &self.bounds
    }

    /// Fetches, blocking; not to be called on the runtime's own threads.
    ///
    /// # Errors
    /// Whatever kept an answer from coming.
    pub(super) fn fetch(&self, request: Request, rights: Rights) -> Result<Response, NetError> {
        let url = request.url.to_string();
        let (reply, answers) = mpsc::channel();
        self.start(0, request, rights, reply);
        match answers.recv() {
            Ok(replied) => replied.result,
            Err(_) => Err(NetError::Unreachable { url, reason: "the host is shutting down".to_owned() }),
        }
    }

    /// Starts a request on the runtime; its reply comes when it is done.
    pub(super) fn start(&self, id: u64, request: Request, rights: Rights, reply: Reply) -> AbortHandle {
        let live = self.clone();
        let task = self.handle.spawn(async move {
            let url = request.url.to_string();
            let timeout = live.bounds.timeout;
            let followed = tokio::time::timeout(timeout, live.follow(request, &rights)).await;
            let timeout_ms = u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX);
            answer(&reply, id, followed.unwrap_or(Err(NetError::TimedOut { url, timeout_ms })));
        });
        task.abort_handle()
    }

    /// Starts an answer that goes on; the reply is its head. It may be closed meanwhile.
    pub(super) fn open(
        &self,
        id: u64,
        request: Request,
        rights: Rights,
        stream: Arc<Stream>,
        reply: Reply,
    ) -> AbortHandle {
        let live = self.clone();
        let task = self.handle.spawn(async move {
            let url = request.url.clone();
            let timeout = live.bounds.timeout;
            let opened = async {
                let (request, body) =
                    tokio::time::timeout(timeout, live.head(request, &rights)).await.unwrap_or_else(|_| {
                        let timeout_ms = u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX);
                        Err(NetError::TimedOut { url: url.to_string(), timeout_ms })
                    })?;
                let head = response(&request, &body, Vec::new());
                *stream.body.lock().await = Some((body, Vec::new()));
                Ok(head)
            };
            let result = tokio::select! {
                opened = opened => opened,
                () = stream.closed.notified() => Ok(ended(&url)),
            };
            answer(&reply, id, result);
        });
        task.abort_handle()
    }

    /// Waits for the next piece of an answer that goes on: the lines that have ended, so that nothing that is looked for in
    /// what is recorded is cut in two.
    pub(super) fn next(&self, id: u64, request: Request, stream: Arc<Stream>, reply: Reply) -> AbortHandle {
        let bytes_max = self.bounds.answer_bytes_max;
        let task = self.handle.spawn(async move {
            let url = &request.url;
            let next = async {
                let mut body = stream.body.lock().await;
                let Some((open, line)) = body.as_mut() else { return Ok(ended(url)) };
                let result = loop {
                    match open.chunk().await {
                        Ok(Some(chunk)) => line.extend_from_slice(&chunk),
                        Ok(None) => break Ok(ended(url)),
                        Err(error) => break Err(broken(url, &error)),
                    }
                    if line.len() > bytes_max {
                        break Err(NetError::TooLarge { url: url.to_string(), bytes_max });
                    }
                    if let Some(end) = line.iter().rposition(|byte| matches!(byte, b'\n' | b'\r')) {
                        let rest = line.split_off(end + 1);
                        return Ok(Response { body: std::mem::replace(line, rest), ..ended(url) });
                    }
                };
                *body = None;
                result
            };
            let result = tokio::select! {
                next = next => next,
                () = stream.closed.notified() => Ok(ended(url)),
            };
            answer(&reply, id, result);
        });
        task.abort_handle()
    }

    /// Follows redirects ([HTTP-redirect fetch](https://fetch.spec.whatwg.org/#http-redirect-fetch)).
    async fn follow(&self, request: Request, rights: &Rights) -> Result<Response, NetError> {
        let (request, answer) = self.head(request, rights).await?;
        self.read(&request, answer).await
    }

    /// The answer behind all redirects, its body unread, and the request that it is to.
    async fn head(&self, mut request: Request, rights: &Rights) -> Result<(Request, reqwest::Response), NetError> {
        for _ in 0..=REDIRECTS_MAX {
            let reach = rights.guard.reach(&request.url, rights.is_original)?;
            if reach == Reach::Public {
                make_anonymous(&mut request);
            }
            let answer = self.hop(&request, reach, &rights.cookies).await?;
            match redirect_target(&request.url, &answer)? {
                Some(target) => turn(&mut request, answer.status(), target),
                None => return Ok((request, answer)),
            }
        }
        let reason = format!("more than {REDIRECTS_MAX} redirects");
        Err(NetError::Protocol { url: request.url.into(), reason })
    }

    /// Sends one request and takes the cookies of its answer.
    async fn hop(&self, request: &Request, reach: Reach, cookies: &CookieJar) -> Result<reqwest::Response, NetError> {
        let malformed = |reason: &str| NetError::BadUrl { url: request.url.to_string(), reason: reason.to_owned() };
        let method = Method::from_bytes(request.method.as_bytes()).map_err(|_| malformed("its method is malformed"))?;
        let mut map = headers::outgoing(request)?;
        if request.credentials
            && let Some(value) = cookies.header_for(&request.url, request.now_ms)
            && let Ok(value) = header::HeaderValue::from_bytes(value.as_bytes())
        {
            map.insert(header::COOKIE, value);
        }
        let client = self.client(match reach {
            Reach::Public => Way::Public,
            Reach::Named if is_loopback(&request.url) => Way::Direct,
            Reach::Named => Way::Named,
        })?;
        let mut url = request.url.clone();
        url.set_fragment(None);
        let mut builder = client.request(method, url).headers(map);
        if !request.body.is_empty() && !matches!(request.method.as_str(), "GET" | "HEAD") {
            builder = builder.body(request.body.clone());
        }
        let response = builder.send().await.map_err(|error| match refused_address(&error) {
            Some(refused) => NetError::refused_address(&request.url, reach, refused),
            None if error.is_connect() => self.unreachable(&request.url, reach, &error),
            None => broken(&request.url, &error),
        })?;
        if request.credentials {
            cookies.store_response(&request.url, &headers::incoming(response.headers()), request.now_ms);
        }
        Ok(response)
    }

    /// Why there is no connection.
    fn unreachable(&self, url: &Url, reach: Reach, error: &reqwest::Error) -> NetError {
        let reason = if error.is_timeout() {
            format!("no connection within {} ms", self.bounds.connect_timeout.as_millis())
        } else {
            root_cause(error)
        };
        let (url, origin) = (url.to_string(), url.origin().ascii_serialization());
        if reach == Reach::Public && names_proxy(&origin, |name| std::env::var_os(name)) {
            NetError::Unproxied { url, reason, origin }
        } else {
            NetError::Unreachable { url, reason }
        }
    }

    /// Reads the body as far as the page may have it.
    async fn read(&self, request: &Request, mut answer: reqwest::Response) -> Result<Response, NetError> {
        let bytes_max = self.bounds.bytes_max(request.destination);
        let too_large = || NetError::TooLarge { url: request.url.to_string(), bytes_max };
        if answer.content_length().is_some_and(|length| usize::try_from(length).map_or(true, |bytes| bytes > bytes_max))
        {
            return Err(too_large());
        }
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(|error| broken(&request.url, &error))? {
            if body.len() + chunk.len() > bytes_max {
                return Err(too_large());
            }
            body.extend_from_slice(&chunk);
        }
        Ok(response(request, &answer, body))
    }
}

/// An answer that goes on, until it is dropped.
#[derive(Debug, Default)]
pub(super) struct Stream {
    /// Its body, once it has begun and until it ends, and what came of a line that has not ended.
    body: tokio::sync::Mutex<Option<(reqwest::Response, Vec<u8>)>>,
    /// Told once: the page wants no more of it.
    pub(super) closed: tokio::sync::Notify,
}

/// The end of an answer that goes on: a piece without bytes.
pub(super) fn ended(url: &Url) -> Response {
    let ended = Response::made(url.clone(), 200, "text/event-stream", Vec::new());
    Response { headers: Vec::new(), live: true, ..ended }
}

fn response(request: &Request, answer: &reqwest::Response, body: Vec<u8>) -> Response {
    let status = answer.status().as_u16();
    Response {
        url: request.url.clone(),
        status,
        status_text: reason(status).to_owned(),
        headers: headers::incoming(answer.headers()),
        body,
        file: None,
        live: true,
    }
}

/// Takes away what is the page's own: nothing of it goes to an origin that nobody named.
fn make_anonymous(request: &mut Request) {
    request.credentials = false;
    request.headers.clear();
    request.body.clear();
}

/// Where an answer redirects to, with the fragment of the address it came from unless it has its own.
fn redirect_target(url: &Url, answer: &reqwest::Response) -> Result<Option<Url>, NetError> {
    if !matches!(answer.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
        return Ok(None);
    }
    let Some(location) = answer.headers().get(header::LOCATION) else { return Ok(None) };
    let location = String::from_utf8_lossy(location.as_bytes()).into_owned();
    let mut target = url.join(&location).map_err(|error| NetError::Protocol {
        url: url.to_string(),
        reason: format!("it redirects to `{location}`, which is no address: {error}"),
    })?;
    if target.fragment().is_none() {
        target.set_fragment(url.fragment());
    }
    Ok(Some(target))
}

/// Points a request at its redirect's target: a form becomes a plain `GET`, a password stays with its origin.
fn turn(request: &mut Request, status: StatusCode, target: Url) {
    let becomes_get = match status.as_u16() {
        301 | 302 => request.method == "POST",
        303 => !matches!(request.method.as_str(), "GET" | "HEAD"),
        _ => false,
    };
    if becomes_get {
        "GET".clone_into(&mut request.method);
        request.body.clear();
        request.headers.retain(|(name, _)| !name.to_ascii_lowercase().starts_with("content-"));
    }
    if request.url.origin() != target.origin() {
        request.headers.retain(|(name, _)| !name.eq_ignore_ascii_case("authorization"));
    }
    request.url = target;
}

/// Whether an environment names a proxy for an origin. `NO_PROXY` is not looked at: this is for a hint.
fn names_proxy(origin: &str, environment: impl Fn(&str) -> Option<OsString>) -> bool {
    let own = if origin.starts_with("https:") { ["HTTPS_PROXY", "https_proxy"] } else { ["HTTP_PROXY", "http_proxy"] };
    own.iter().chain(&["ALL_PROXY", "all_proxy"]).any(|name| environment(name).is_some_and(|value| !value.is_empty()))
}

/// A connection that broke, in the page's terms.
fn broken(url: &Url, error: &reqwest::Error) -> NetError {
    NetError::Protocol { url: url.to_string(), reason: root_cause(error) }
}

/// The innermost cause: the operating system's words instead of each layer's.
fn root_cause(error: &reqwest::Error) -> String {
    let mut inner: &dyn std::error::Error = error;
    while let Some(source) = inner.source() {
        inner = source;
    }
    inner.to_string()
}

/// Makes ring the process's TLS provider, once; whoever came first stays.
fn install_tls_provider() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| drop(rustls::crypto::ring::default_provider().install_default()));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_anonymous_request_has_nothing_of_the_page() {
        let url = Url::parse("http://cdn.test/j.js?v=1").unwrap();
        let mut request = Request::get(url.clone(), Destination::Script, 5);
        request.headers.push(("X-Learnt".to_owned(), "1".to_owned()));
        request.body = b"learnt".to_vec();
        make_anonymous(&mut request);
        let plain = Request { credentials: false, ..Request::get(url, Destination::Script, 5) };
        assert_eq!(format!("{request:?}"), format!("{plain:?}"));
    }

    #[test]
    fn a_proxy_is_named_by_scheme_or_for_all() {
        let table = [
            ("http://a.test", "HTTP_PROXY", "p:1", true),
            ("http://a.test", "http_proxy", "p:1", true),
            ("http://a.test", "https_proxy", "p:1", false),
            ("https://a.test", "HTTPS_PROXY", "p:1", true),
            ("https://a.test", "HTTP_PROXY", "p:1", false),
            ("https://a.test", "all_proxy", "p:1", true),
            ("http://a.test", "ALL_PROXY", "", false),
        ];
        for (origin, variable, value, expected) in table {
            let found = names_proxy(origin, |name| (name == variable).then(|| value.into()));
            assert_eq!(found, expected, "{origin} with {variable}={value}");
        }
    }
}
