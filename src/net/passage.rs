//! What a request carries on each of its hops: decided anew wherever a redirect leads it
//! ([main fetch](https://fetch.spec.whatwg.org/#main-fetch), [HTTP-redirect fetch](https://fetch.spec.whatwg.org/#http-redirect-fetch)).
//!
//! *Choice*: a document of a plugin's folder has no place on the web. Its requests say neither `Origin` nor `Referer`,
//! so that no server refuses them for an origin that it does not know, and cookies take every origin that the operator
//! named for its own site.

use reqwest::header::{ACCEPT, HeaderMap, HeaderValue, ORIGIN, REFERER};
use url::Url;

use super::headers::to_wire;
use super::site::{is_of_the_web, is_same_site};
use super::{Client, Credentials, Destination, Mode, NetError, ReferrerPolicy, Request, Sites};

/// A request on its way.
#[derive(Debug)]
pub(super) struct Passage {
    client: Option<Client>,
    mode: Mode,
    /// Whether it has been elsewhere than at its document's origin ("response tainting").
    is_cross_origin: bool,
    /// Whether it was sent on by an origin that is neither its document's nor its target's.
    is_origin_hidden: bool,
}

impl Passage {
    pub(super) fn new(request: &Request) -> Self {
        Self { client: request.client.clone(), mode: request.mode, is_cross_origin: false, is_origin_hidden: false }
    }

    /// Comes to the request's address.
    pub(super) fn arrive(&mut self, request: &Request) -> Result<(), NetError> {
        self.is_cross_origin |= !request.is_same_origin();
        if self.is_cross_origin && self.mode == Mode::SameOrigin {
            return Err(NetError::OtherOrigin { url: request.url.to_string() });
        }
        Ok(())
    }

    /// Is sent on to another address; what the answer said of referrers holds from here on.
    pub(super) fn turn(&mut self, from: &Url, to: &Url, policy: Option<&str>) {
        let Some(client) = &mut self.client else { return };
        self.is_origin_hidden |= from.origin() != to.origin() && from.origin() != client.url.origin();
        client.referrer_policy = policy.and_then(ReferrerPolicy::of_header).unwrap_or(client.referrer_policy);
    }

    /// Whether cookies go along here, and may be set.
    pub(super) fn has_cookies(&self, request: &Request) -> bool {
        match request.credentials {
            Credentials::Omit => false,
            Credentials::SameOrigin => !self.is_cross_origin,
            Credentials::Include => true,
        }
    }

    /// Adds what a browser says of the request itself.
    pub(super) fn introduce(&self, request: &Request, map: &mut HeaderMap) {
        map.entry(ACCEPT).or_insert(HeaderValue::from_static(match request.destination {
            Destination::Document => "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
            Destination::Style => "text/css,*/*;q=0.1",
            Destination::Script | Destination::Xhr | Destination::Stream(..) | Destination::Socket(..) => "*/*",
        }));
        let Some(client) = self.client.as_ref().filter(|client| is_of_the_web(&client.url)) else { return };
        let referrer = client.referrer_policy.referrer(&client.url, &request.url);
        if let Some(value) = referrer.as_deref().and_then(to_wire).filter(|_| !request.destination.is_socket()) {
            map.insert(REFERER, value);
        }
        if let Some(value) = self.origin(client, request).as_deref().and_then(to_wire) {
            map.insert(ORIGIN, value);
        }
    }

    /// The `Origin` header ([append a request `Origin` header](https://fetch.spec.whatwg.org/#append-a-request-origin-header)).
    fn origin(&self, client: &Client, request: &Request) -> Option<String> {
        let origin = || match self.is_origin_hidden || client.is_opaque {
            true => "null".to_owned(),
            false => client.url.origin().ascii_serialization(),
        };
        let is_cors = self.mode == Mode::Cors;
        if is_cors && self.is_cross_origin || request.destination.is_socket() {
            return Some(origin());
        }
        if matches!(request.method.as_str(), "GET" | "HEAD") {
            return None;
        }
        let is_said = is_cors || client.referrer_policy.says_origin(&client.url, &request.url);
        Some(if is_said { origin() } else { "null".to_owned() })
    }
}

impl Request {
    /// Whether its address is of the origin of the document that makes it.
    #[must_use]
    pub fn is_same_origin(&self) -> bool {
        self.client.as_ref().is_none_or(|client| !client.is_opaque && client.url.origin() == self.url.origin())
    }

    /// Whether cookies go along at its first address, and may be set.
    #[must_use]
    pub fn has_cookies(&self) -> bool {
        match self.credentials {
            Credentials::Omit => false,
            Credentials::SameOrigin => self.is_same_origin(),
            Credentials::Include => true,
        }
    }

    /// How it stands to the site of its document. As in browsers, redirects on the way do not count.
    #[must_use]
    pub fn sites(&self) -> Sites {
        let asking = self.client.as_ref().filter(|client| is_of_the_web(&client.url));
        match asking {
            None => Sites::Same,
            Some(client) if !client.is_opaque && is_same_site(&client.url, &self.url) => Sites::Same,
            Some(_) if self.mode != Mode::Navigate => Sites::Cross,
            Some(_) if matches!(self.method.as_str(), "GET" | "HEAD") => Sites::Opens,
            Some(_) => Sites::Posts,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    fn client(from: &str) -> Client {
        Client { url: url(from), referrer_policy: ReferrerPolicy::default(), is_opaque: false }
    }

    fn request(from: &str, to: &str, destination: Destination) -> Request {
        Request { client: Some(client(from)), ..Request::get(url(to), destination, 0) }
    }

    /// `Origin` and `Referer` at the last of these addresses.
    fn said(mut request: Request, way: &[&str]) -> (String, String) {
        let mut passage = Passage::new(&request);
        passage.arrive(&request).unwrap();
        for next in way {
            let next = url(next);
            passage.turn(&request.url, &next, None);
            request.url = next;
            passage.arrive(&request).unwrap();
        }
        let mut map = HeaderMap::new();
        passage.introduce(&request, &mut map);
        let value = |name| map.get(name).map_or("", |value| value.to_str().unwrap()).to_owned();
        (value(ORIGIN), value(REFERER))
    }

    #[test]
    fn origin_and_referrer_as_browsers_say_them() {
        const PAGE: &str = "http://a.test/p?q";
        let post = |to, destination| Request { method: "POST".into(), ..request(PAGE, to, destination) };
        let pair = |origin: &str, referrer: &str| (origin.to_owned(), referrer.to_owned());
        let get = |to| request(PAGE, to, Destination::Xhr);
        assert_eq!(said(get("http://a.test/x"), &[]), pair("", PAGE));
        assert_eq!(said(get("http://b.test/x"), &[]), pair("http://a.test", "http://a.test/"));
        assert_eq!(said(post("http://a.test/x", Destination::Xhr), &[]), pair("http://a.test", PAGE));
        assert_eq!(said(post("http://b.test/x", Destination::Document), &[]), pair("http://a.test", "http://a.test/"));
        assert_eq!(said(request(PAGE, "http://b.test/x", Destination::Script), &[]), pair("", "http://a.test/"));
        assert_eq!(said(get("http://a.test/x"), &["http://b.test/"]), pair("http://a.test", "http://a.test/"));
        assert_eq!(said(get("http://b.test/x"), &["http://a.test/"]), pair("null", PAGE));
        let silent = Client { url: url(PAGE), referrer_policy: ReferrerPolicy::NoReferrer, is_opaque: false };
        let silent = Request { client: Some(silent), ..post("http://a.test/x", Destination::Document) };
        assert_eq!(said(silent, &[]), pair("null", ""));
    }

    #[test]
    fn a_frame_in_a_sandbox_is_of_no_origin() {
        let client = Client { is_opaque: true, ..client("http://a.test/p") };
        let request = Request {
            client: Some(client),
            mode: Mode::Cors,
            ..Request::get(url("http://a.test/x"), Destination::Xhr, 0)
        };
        let request = Request { credentials: Credentials::SameOrigin, ..request };
        assert_eq!((request.is_same_origin(), request.has_cookies(), request.sites()), (false, false, Sites::Cross));
        assert_eq!(said(request, &[]).0, "null");
    }

    #[test]
    fn a_page_of_a_folder_is_nowhere() {
        let request = request("http://demo.plugin.invalid/p?ticket=1", "http://b.test/", Destination::Xhr);
        assert_eq!(request.sites(), Sites::Same);
        assert_eq!(said(request, &[]), (String::new(), String::new()));
    }

    #[test]
    fn credentials_are_decided_on_every_hop() {
        let table = [
            (Credentials::SameOrigin, [true, false, false]),
            (Credentials::Include, [true, true, true]),
            (Credentials::Omit, [false, false, false]),
        ];
        for (credentials, expected) in table {
            let mut request = Request { credentials, ..request("http://a.test/", "http://a.test/1", Destination::Xhr) };
            let mut passage = Passage::new(&request);
            let mut found = Vec::new();
            // What has been elsewhere is not the page's own any more, though it comes back.
            for address in ["http://a.test/1", "http://b.test/2", "http://a.test/3"] {
                request.url = url(address);
                passage.arrive(&request).unwrap();
                found.push(passage.has_cookies(&request));
            }
            assert_eq!(found, expected, "{credentials:?}");
        }
    }

    #[test]
    fn some_stay_at_home() {
        let stays = Request { mode: Mode::SameOrigin, ..request("http://a.test/", "http://a.test/", Destination::Xhr) };
        let mut passage = Passage::new(&stays);
        assert!(passage.arrive(&stays).is_ok());
        let elsewhere = Request { url: url("http://b.test/"), ..stays };
        assert!(matches!(passage.arrive(&elsewhere), Err(NetError::OtherOrigin { .. })));
    }

    #[test]
    fn sites_of_a_request() {
        let of = |to, destination| request("https://a.shop.test/", to, destination);
        assert_eq!(of("https://b.shop.test/", Destination::Xhr).sites(), Sites::Same);
        assert_eq!(of("http://b.shop.test/", Destination::Xhr).sites(), Sites::Cross);
        assert_eq!(of("https://b.test/", Destination::Script).sites(), Sites::Cross);
        assert_eq!(of("https://b.test/", Destination::Document).sites(), Sites::Opens);
        let post = Request { method: "POST".into(), ..of("https://b.test/", Destination::Document) };
        assert_eq!(post.sites(), Sites::Posts);
        assert_eq!(Request::get(url("https://b.test/"), Destination::Document, 0).sites(), Sites::Same);
    }
}
