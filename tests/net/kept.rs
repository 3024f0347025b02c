//! Answers that further pages share.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::RawQuery;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::IntoResponse as _;
use axum::routing::any;
use duoke::net::{Bounds, Destination, Guard, Live, Network, PluginNetwork, Request};
use tokio::runtime::Runtime;
use url::Url;

/// A server that answers with the headers that the query names, and counts; its answer with the header `etag` is the same
/// until the query says otherwise.
struct Server {
    _runtime: Runtime,
    live: Live,
    address: Url,
    /// What it was asked: `If-None-Match` and `Cookie`.
    asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
    fn new() -> Self {
        let runtime = Runtime::new().unwrap();
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = Url::parse(&format!("http://{}/", listener.local_addr().unwrap())).unwrap();
        let asked: Arc<Mutex<Vec<String>>> = Arc::default();
        let log = asked.clone();
        let answer = move |RawQuery(query): RawQuery, headers: HeaderMap| async move {
            let value = |name| headers.get(name).map_or("-", |value: &HeaderValue| value.to_str().unwrap()).to_owned();
            let (condition, cookie) = (value(header::IF_NONE_MATCH), value(header::COOKIE));
            let number = {
                let mut log = log.lock().unwrap();
                log.push(format!("{condition} {cookie}"));
                log.len()
            };
            let mut said = HeaderMap::new();
            for (name, value) in url::form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
                said.append(name.parse::<HeaderName>().unwrap(), value.parse().unwrap());
            }
            said.insert("x-number", number.into());
            match said.get(header::ETAG).is_some_and(|etag| *etag == *condition) {
                true => (StatusCode::NOT_MODIFIED, said).into_response(),
                false => (said, number.to_string()).into_response(),
            }
        };
        runtime.spawn(async move { axum::serve(listener, Router::new().fallback(any(answer))).await });
        let live = Live::new(runtime.handle().clone(), Bounds::default());
        Self { _runtime: runtime, live, address, asked }
    }

    /// A page's network.
    fn page(&self, plugin: &str) -> PluginNetwork {
        let mut guard = Guard::new();
        guard.allow_url(&self.address);
        PluginNetwork::new(guard).with_live(self.live.clone().of_plugin(plugin))
    }

    fn ask(&self, page: &PluginNetwork, query: &str, destination: Destination) -> (u16, String) {
        let url = self.address.join(&format!("/j.js?{query}")).unwrap();
        let response = page.fetch(Request::get(url, destination, 0)).unwrap();
        (response.status, String::from_utf8(response.body).unwrap())
    }

    /// The bodies that pages one after another get as a script, and what the server was asked.
    fn scripts(&self, pages: &[&PluginNetwork], query: &str) -> (Vec<String>, Vec<String>) {
        let bodies = pages.iter().map(|page| self.ask(page, query, Destination::Script).1).collect();
        (bodies, std::mem::take(&mut *self.asked.lock().unwrap()))
    }
}

fn owned(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

#[test]
fn a_page_that_is_loaded_again_asks_whether_it_is_the_same() {
    let server = Server::new();
    let (first, second) = (server.page("shop"), server.page("shop"));
    let (bodies, asked) = server.scripts(&[&first, &second, &second], "etag=v1");
    assert_eq!((bodies, asked), (owned(&["1", "1", "1"]), owned(&["- -", "v1 -", "v1 -"])));
    let (bodies, asked) = server.scripts(&[&first, &second], "cache-control=max-age%3D1000");
    assert_eq!((bodies, asked), (owned(&["1", "1"]), owned(&["- -"])), "no question while it is good");
    // What the server says now is what the page sees of the headers.
    let url = server.address.join("/j.js?etag=v1").unwrap();
    let response = first.fetch(Request::get(url, Destination::Script, 0)).unwrap();
    assert_eq!((response.status, response.status_text.as_str(), response.header("x-number")), (200, "OK", Some("1")));
}

#[test]
fn a_document_is_always_asked_for_and_data_is_never_kept() {
    let server = Server::new();
    let page = server.page("shop");
    let good = "etag=v1&cache-control=max-age%3D1000";
    for (destination, bodies) in [(Destination::Document, ["1", "1"]), (Destination::Xhr, ["1", "2"])] {
        let found = [(); 2].map(|()| server.ask(&page, good, destination));
        assert_eq!(found, bodies.map(|body| (200, body.to_owned())), "{destination:?}");
        server.asked.lock().unwrap().clear();
    }
}

#[test]
fn an_answer_to_one_customer_reaches_no_other() {
    let server = Server::new();
    let good = "cache-control=max-age%3D1000";
    let page = |cookie: &str| {
        let page = server.page("shop");
        page.cookies().set_from_script(&server.address, cookie, 0);
        page
    };
    let (one, other, same) = (page("sid=1"), page("sid=2"), page("sid=1"));
    let (bodies, asked) = server.scripts(&[&one, &other, &same, &one, &other], good);
    assert_eq!(bodies, ["1", "2", "1", "1", "2"]);
    assert_eq!(asked, ["- sid=1", "- sid=2"]);
    let foreign = server.page("other plugin");
    let mine = server.page("shop");
    assert_eq!(server.scripts(&[&mine, &foreign, &mine], good).0, ["1", "2", "1"], "nor another plugin's page");
    for private in ["private,max-age%3D1000", "no-store", "max-age%3D1000&set-cookie=sid%3D1", "max-age%3D1000&vary=*"]
    {
        let query = format!("etag=v1&cache-control={private}");
        let (bodies, asked) = server.scripts(&[&server.page("shop"), &server.page("shop")], &query);
        assert_eq!((bodies, asked), (owned(&["1", "2"]), owned(&["- -", "- -"])), "{private}");
    }
}

#[test]
fn a_reload_asks_for_what_would_be_good_for_longer() {
    let server = Server::new();
    let good = "etag=v1&cache-control=max-age%3D1000";
    let page = server.page("shop");
    assert_eq!(server.scripts(&[&page, &page], good).1, ["- -"]);
    let reloaded = Server { live: server.live.clone().reloaded(), ..server };
    assert_eq!(reloaded.scripts(&[&reloaded.page("shop"), &page], good).1, ["v1 -"], "once");
}

#[test]
fn what_is_seen_past_the_cache_takes_its_place() {
    let server = Server::new();
    let good = "cache-control=max-age%3D1000";
    let page = server.page("shop");
    let url = server.address.join(&format!("/j.js?{good}")).unwrap();
    assert_eq!(server.scripts(&[&page, &page], good).0, ["1", "1"]);
    let mut anew = Request::get(url.clone(), Destination::Script, 0);
    anew.headers.push(("Cache-Control".to_owned(), "no-cache".to_owned()));
    assert_eq!(page.fetch(anew).unwrap().body, b"1", "it counts from one again");
    assert_eq!(server.scripts(&[&page, &page], good).1, ["- -"], "asked for past the cache, and the same");
    let post = Request { method: "POST".to_owned(), ..Request::get(url, Destination::Xhr, 0) };
    assert!(page.fetch(post).is_ok());
    assert_eq!(server.scripts(&[&page, &page], good).1, ["- -", "- -"], "after a change it is asked for again");
}
