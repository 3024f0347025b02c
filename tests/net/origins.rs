//! What goes along to which origin, hop by hop.

use duoke::net::{Bounds, PluginNetwork, Request};
use duoke::net::{Client, Credentials, Destination, Guard, Live, Mode, NetError, Network, Redirects, ReferrerPolicy};
use url::Url;

use super::{World, serve};

/// Two servers of this machine: two origins of one site, which share their cookies.
struct Two {
    first: World,
    second: Url,
    network: PluginNetwork,
}

impl Two {
    fn new() -> Self {
        let first = World::new();
        let second = Url::parse(&format!("http://{}/", serve(&first.runtime))).unwrap();
        let mut guard = Guard::new();
        guard.allow_url(&first.url("/"));
        guard.allow_url(&second);
        let live = Live::new(first.runtime.handle().clone(), Bounds::default());
        Self { network: PluginNetwork::new(guard).with_live(live), first, second }
    }

    /// A request of a document of the first.
    fn request(&self, path: &str, destination: Destination) -> Request {
        let client =
            Client { url: self.first.url("/page?q=1#f"), referrer_policy: ReferrerPolicy::default(), is_opaque: false };
        Request { client: Some(client), ..Request::get(self.first.url(path), destination, 0) }
    }

    /// An address of the first that redirects to one of the second.
    fn away(&self, path: &str) -> String {
        format!("/to?{}", self.second.join(path).unwrap())
    }

    fn text(&self, request: Request) -> String {
        String::from_utf8(self.network.fetch(request).unwrap().body).unwrap()
    }
}

#[test]
fn cookies_of_another_origin_stay_there_though_a_redirect_leads_to_it() {
    let two = Two::new();
    two.network.cookies().set_from_script(&two.second, "sid=1; path=/", 0);
    let ask = |path: &str, credentials| two.text(Request { credentials, ..two.request(path, Destination::Xhr) });
    assert_eq!(ask("/cookies", Credentials::SameOrigin), "Some(\"sid=1\")");
    assert_eq!(ask(&two.away("/cookies"), Credentials::SameOrigin), "None");
    assert_eq!(ask(&two.away("/cookies"), Credentials::Include), "Some(\"sid=1\")");
    assert_eq!(ask("/cookies", Credentials::Omit), "None");
    // Nor may the other one set any.
    assert_eq!(ask(&two.away("/login"), Credentials::SameOrigin), "None");
    assert_eq!(two.network.cookies().get_for_script(&two.second, 0), "sid=1");
    // It has been elsewhere when it comes back.
    let back = format!("{}?{}", two.second.join("/to").unwrap(), two.first.url("/cookies"));
    assert_eq!(ask(&format!("/to?{back}"), Credentials::SameOrigin), "None");
}

#[test]
fn a_site_s_cookies_are_not_for_another_site_s_requests() {
    let two = Two::new();
    two.network.cookies().set_from_script(&two.first.url("/"), "sid=1; path=/", 0);
    let elsewhere = Client {
        url: Url::parse("http://other.test/").unwrap(),
        referrer_policy: ReferrerPolicy::default(),
        is_opaque: false,
    };
    let ask = |client: Option<Client>, destination| {
        two.text(Request { client, ..Request::get(two.first.url("/cookies"), destination, 0) })
    };
    assert_eq!(ask(Some(elsewhere.clone()), Destination::Xhr), "None");
    assert_eq!(ask(Some(elsewhere), Destination::Document), "Some(\"sid=1\")");
    let folder = Client {
        url: Url::parse("http://demo.plugin.invalid/").unwrap(),
        referrer_policy: ReferrerPolicy::default(),
        is_opaque: false,
    };
    assert_eq!(ask(Some(folder), Destination::Xhr), "Some(\"sid=1\")");
}

#[test]
fn origin_and_referrer_on_every_hop() {
    let two = Two::new();
    let origin = two.first.url("/").origin().ascii_serialization();
    let page = two.first.url("/page?q=1");
    let said = |request: Request| two.text(request);
    let xhr = |path: &str| two.request(path, Destination::Xhr);
    assert_eq!(said(xhr("/said")), format!("origin= referer={page} accept=*/*"));
    assert_eq!(said(xhr(&two.away("/said"))), format!("origin={origin} referer={origin}/ accept=*/*"));
    let post = Request { method: "POST".into(), ..xhr("/said") };
    assert_eq!(said(post), format!("origin={origin} referer={page} accept=*/*"));
    let document = said(two.request("/said", Destination::Document));
    assert!(document.starts_with(&format!("origin= referer={page} accept=text/html,")), "{document}");
    let quiet = Request { client: None, ..xhr("/said") };
    assert_eq!(said(quiet), "origin= referer= accept=*/*");
    // A server on the way may have it say less.
    let less = format!("/quietly?{}", two.first.url("/said"));
    assert_eq!(said(xhr(&less)), "origin= referer= accept=*/*");
}

#[test]
fn redirects_as_the_page_wants_them() {
    let two = Two::new();
    let ask = |request: Request| two.network.fetch(request);
    let stays = Request { redirects: Redirects::Error, ..two.request("/to?/uri", Destination::Xhr) };
    assert!(matches!(ask(stays), Err(NetError::Redirected { target, .. }) if target.ends_with("/uri")));
    let manual = Request { redirects: Redirects::Manual, ..two.request("/to?/uri", Destination::Xhr) };
    let answer = ask(manual).unwrap();
    assert_eq!((answer.status, answer.header("location")), (303, Some("/uri")));
    assert_eq!(answer.url.path(), "/to");
    let home = Request { mode: Mode::SameOrigin, ..two.request(&two.away("/uri"), Destination::Xhr) };
    assert!(matches!(ask(home), Err(NetError::OtherOrigin { .. })));
}
