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
use tokio::sync::oneshot;
use tokio::task::AbortHandle;
use url::Url;

use super::cache::{self, Cache, Found, NOT_MODIFIED, Place};
use super::network::answer;
use super::passage::Passage;
use super::request::reason;
use super::{
    CookieJar, Credentials, Destination, Guard, NetError, Reach, Redirects, Reply, Request, Response, headers,
    refused_address,
};
use crate::base::limits::page::PageLimits;
use crate::base::limits::{CONNECT_TIMEOUT, DOCUMENT_BYTES_MAX, REDIRECTS_MAX};
use crate::base::loopback::is_loopback;

mod handshake;
mod metered;
mod socket;
mod stream;

pub(super) use socket::Socket;
pub(super) use stream::{Stream, ended};

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

/// Gives a request up that is under way: its reply says so.
pub(super) type GiveUp = oneshot::Sender<()>;

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
    /// What all pages share.
    cache: Arc<Cache>,
    /// Whose pages share it.
    plugin: Arc<str>,
}

/// An answer.
enum Arrived {
    /// All of it.
    Whole(Response),
    /// One that goes on.
    Open(reqwest::Response),
}

/// What a request came to at one address.
enum Step {
    /// Its answer.
    Arrived(Arrived),
    /// Another address, by this status, with what is said of referrers from there on.
    Turn(StatusCode, Url, Option<String>),
}

impl Live {
    /// Requests on a runtime with I/O and time enabled.
    #[must_use]
    pub fn new(handle: Handle, bounds: Bounds) -> Self {
        Self { handle, clients: Arc::default(), bounds, cache: Arc::default(), plugin: "".into() }
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

    /// The same, for the pages of this plugin: answers that are kept are shared among those only.
    #[must_use]
    pub fn of_plugin(self, identity: &str) -> Self {
        Self { plugin: identity.into(), ..self }
    }

    /// The same, after a reload: what is kept is given out only once its server has said that it is still the same.
    #[must_use]
    pub fn reloaded(self) -> Self {
        self.cache.distrust();
        self
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

    /// Starts a request on the runtime; its reply comes when it is done, or given up.
    pub(super) fn start(&self, id: u64, request: Request, rights: Rights, reply: Reply) -> (AbortHandle, GiveUp) {
        let live = self.clone();
        let (give_up, given_up) = oneshot::channel();
        let task = self.handle.spawn(async move {
            let url = request.url.to_string();
            let timeout = live.bounds.timeout;
            let followed = tokio::select! {
                biased;
                followed = tokio::time::timeout(timeout, live.follow(request, &rights)) => followed,
                Ok(()) = given_up => {
                    let reason = "the page gave it up".to_owned();
                    Ok(Err(NetError::Unreachable { url: url.clone(), reason }))
                }
            };
            let timeout_ms = u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX);
            answer(&reply, id, followed.unwrap_or(Err(NetError::TimedOut { url, timeout_ms })));
        });
        (task.abort_handle(), give_up)
    }

    /// Follows redirects ([HTTP-redirect fetch](https://fetch.spec.whatwg.org/#http-redirect-fetch)).
    async fn follow(&self, request: Request, rights: &Rights) -> Result<Response, NetError> {
        match self.lead(request, rights, false).await? {
            (_, Arrived::Whole(response)) => Ok(response),
            (request, Arrived::Open(answer)) => self.read(&request, answer).await,
        }
    }

    /// The answer behind all redirects, and the request that it is to; its body unread where it goes on.
    async fn lead(&self, mut request: Request, rights: &Rights, goes_on: bool) -> Result<(Request, Arrived), NetError> {
        let mut passage = Passage::new(&request);
        for _ in 0..=REDIRECTS_MAX {
            let reach = rights.guard.reach(&request.url, rights.is_original)?;
            if reach == Reach::Public {
                make_anonymous(&mut request);
                passage = Passage::new(&request);
            }
            passage.arrive(&request)?;
            match self.hop(&request, reach, (&rights.cookies, &passage), goes_on).await? {
                Step::Arrived(arrived) => return Ok((request, arrived)),
                Step::Turn(_, target, _) if request.redirects == Redirects::Error => {
                    return Err(NetError::Redirected { url: request.url.into(), target: target.into() });
                }
                Step::Turn(status, target, policy) => {
                    passage.turn(&request.url, &target, policy.as_deref());
                    turn(&mut request, status, target);
                }
            }
        }
        let reason = format!("more than {REDIRECTS_MAX} redirects");
        Err(NetError::Protocol { url: request.url.into(), reason })
    }

    /// Sends one request and takes the cookies of its answer; or has the answer already.
    async fn hop(
        &self,
        request: &Request,
        reach: Reach,
        (cookies, passage): (&CookieJar, &Passage),
        goes_on: bool,
    ) -> Result<Step, NetError> {
        let whole = |response: Response| Step::Arrived(Arrived::Whole(response));
        let mut map = headers::outgoing(request)?;
        passage.introduce(request, &mut map);
        if request.destination.is_socket() {
            handshake::ask_upgrade(&mut map);
        }
        let has_cookies = passage.has_cookies(request);
        if has_cookies
            && let Some(value) = cookies.header_for(&request.url, request.sites(), request.now_ms)
            && let Ok(value) = header::HeaderValue::from_bytes(value.as_bytes())
        {
            map.insert(header::COOKIE, value);
        }
        let place = Place::new(self.plugin.clone(), reach, &request.url);
        let is_cached = !goes_on && cache::is_cached(request, &map);
        let found = if is_cached { self.cache.find(&place, request, &map) } else { Found::Nothing };
        let kept = match found {
            Found::Fresh(response) => {
                return self.within(request, response.body.len()).map(|()| whole(response));
            }
            Found::Stale(kept) => Some(kept),
            Found::Nothing => None,
        };
        let mut asked = map.clone();
        kept.iter().for_each(|kept| kept.ask(&mut asked));
        let answer = self.send(request, reach, asked).await?;
        let said = headers::incoming(answer.headers());
        if has_cookies {
            cookies.store_response(&request.url, request.sites(), &said, request.now_ms);
        }
        if let Some(kept) = kept.filter(|_| answer.status().as_u16() == NOT_MODIFIED) {
            let kept = self.cache.confirm(place, &kept, &map, &said);
            let response = Response { url: request.url.clone(), ..kept };
            return self.within(request, response.body.len()).map(|()| whole(response));
        }
        if request.redirects != Redirects::Manual
            && let Some(target) = redirect_target(&request.url, &answer)?
        {
            let policy = said.into_iter().find(|(name, _)| name == "referrer-policy").map(|(_, value)| value);
            return Ok(Step::Turn(answer.status(), target, policy));
        }
        if goes_on {
            return Ok(Step::Arrived(Arrived::Open(answer)));
        }
        let response = self.read(request, answer).await?;
        if is_cached {
            self.cache.keep(place, &map, &response);
        } else if !matches!(request.method.as_str(), "GET" | "HEAD") && response.status < 400 {
            // What was kept may be of before (RFC 9111 §4.4).
            self.cache.forget(&place, None);
        } else if request.method == "GET" && response.status == 200 {
            self.cache.forget(&place, Some(&response.body));
        }
        Ok(whole(response))
    }

    /// Sends one request.
    async fn send(
        &self,
        request: &Request,
        reach: Reach,
        map: header::HeaderMap,
    ) -> Result<reqwest::Response, NetError> {
        let malformed = |reason: &str| NetError::BadUrl { url: request.url.to_string(), reason: reason.to_owned() };
        let method = Method::from_bytes(request.method.as_bytes()).map_err(|_| malformed("its method is malformed"))?;
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
        builder.send().await.map_err(|error| match refused_address(&error) {
            Some(refused) => NetError::refused_address(&request.url, reach, refused),
            None if error.is_connect() => self.unreachable(&request.url, reach, &error),
            None => broken(&request.url, &error),
        })
    }

    /// Refuses a body of so many bytes, where the page may not have it.
    fn within(&self, request: &Request, bytes: usize) -> Result<(), NetError> {
        let bytes_max = self.bounds.bytes_max(request.destination);
        let too_large = || NetError::TooLarge { url: request.url.to_string(), bytes_max };
        if bytes > bytes_max { Err(too_large()) } else { Ok(()) }
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
        let length = answer.content_length().map_or(0, |length| usize::try_from(length).unwrap_or(usize::MAX));
        self.within(request, length)?;
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(|error| broken(&request.url, &error))? {
            self.within(request, body.len() + chunk.len())?;
            body.extend_from_slice(&chunk);
        }
        Ok(response(request, &answer, body))
    }
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
    request.credentials = Credentials::Omit;
    request.client = None;
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
        let plain = Request { credentials: Credentials::Omit, ..Request::get(url, Destination::Script, 5) };
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
