//! The live network against a server on the loopback interface.

#![expect(clippy::unwrap_used, reason = "a test panics where it fails")]

#[path = "net/kept.rs"]
mod kept;
#[path = "net/origins.rs"]
mod origins;
#[path = "net/sockets.rs"]
mod sockets;

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::RawQuery;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{Html, Redirect};
use axum::routing::{any, get};
use duoke::base::limits::{ORIGINAL_SCRIPT_FETCHES_MAX, STREAMS_MAX};
use duoke::net::{
    Ask, Bounds, Credentials, Destination, Folder, Guard, Live, NetError, Network, Noted, PluginNetwork, Replied,
    Request,
};
use tokio::runtime::Runtime;
use tokio::sync::{broadcast, watch};
use url::Url;

/// A server, and a page's network that may talk to it.
struct World {
    runtime: Runtime,
    address: SocketAddr,
    network: PluginNetwork,
}

impl World {
    fn new() -> Self {
        World::with_bounds(Bounds::default())
    }

    fn with_bounds(bounds: Bounds) -> Self {
        let runtime = Runtime::new().unwrap();
        let address = serve(&runtime);
        let mut guard = Guard::new();
        guard.allow(&format!("http://{address}")).unwrap();
        let live = Live::new(runtime.handle().clone(), bounds);
        World { runtime, address, network: PluginNetwork::new(guard).with_live(live) }
    }

    fn url(&self, path: &str) -> Url {
        Url::parse(&format!("http://{}{path}", self.address)).unwrap()
    }

    fn ask(&self, path: &str) -> Result<duoke::net::Response, NetError> {
        self.network.fetch(Request::get(self.url(path), Destination::Xhr, 0))
    }

    fn text(&self, path: &str) -> String {
        String::from_utf8(self.ask(path).unwrap().body).unwrap()
    }
}

/// Starts a server; returns its address.
fn serve(runtime: &Runtime) -> SocketAddr {
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
    let address = listener.local_addr().unwrap();
    runtime.spawn(async move { axum::serve(listener, routes()).await });
    address
}

/// `Origin`, `Referer` and `Accept`.
async fn said(headers: HeaderMap) -> String {
    let value = |name| headers.get(name).map_or("", |value| value.to_str().unwrap());
    format!("origin={} referer={} accept={}", value(header::ORIGIN), value(header::REFERER), value(header::ACCEPT))
}

fn routes() -> Router {
    let echo = |method: axum::http::Method, headers: HeaderMap, body: Bytes| async move {
        let value = |name| headers.get(name).map_or("", |value| value.to_str().unwrap()).to_owned();
        let body = String::from_utf8(body.to_vec()).unwrap();
        format!(
            "{method} type={} auth={} x={} body={body}",
            value("content-type"),
            value("authorization"),
            value("x-a")
        )
    };
    Router::new()
        .route("/echo", any(echo))
        .route("/uri", get(|uri: Uri| async move { uri.to_string() }))
        .route("/cookies", get(|headers: HeaderMap| async move { format!("{:?}", headers.get(header::COOKIE)) }))
        .route(
            "/login",
            get(|| async { ([(header::SET_COOKIE, "sid=1; HttpOnly; Path=/")], Redirect::to("/cookies")) }),
        )
        .route("/303", any(|| async { Redirect::to("/echo") }))
        .route("/307", any(|| async { Redirect::temporary("/echo") }))
        .route("/elsewhere", get(|| async { Redirect::to("http://forbidden.invalid/secret?x=1") }))
        .route("/file", get(|| async { Redirect::to("file:///etc/passwd") }))
        .route("/to", get(|uri: Uri| async move { Redirect::to(uri.query().unwrap()) }))
        .route("/said", any(said))
        .route(
            "/quietly",
            get(|uri: Uri| async move {
                ([(header::REFERRER_POLICY, "no-referrer")], Redirect::to(uri.query().unwrap()))
            }),
        )
        .route("/html", get(|RawQuery(query): RawQuery| async move { Html(decoded(&query.unwrap())) }))
        .route("/loop", get(|| async { Redirect::to("/loop") }))
        .route("/nothing", get(|| async { (StatusCode::NOT_FOUND, "gone") }))
        .route("/large", get(|| async { vec![b'x'; 1001] }))
        .route("/never", get(std::future::pending::<String>))
        .merge(streams())
}

/// `/stream` says one thing at once and goes on with what `/say` is asked; `/gone` waits until nobody listens.
fn streams() -> Router {
    let (say, listeners) = (broadcast::channel::<String>(8).0, Arc::new(watch::channel(0_usize).0));
    let (said, listening, left) = (say.clone(), listeners.clone(), listeners);
    Router::new()
        .route(
            "/stream",
            get(move || async move {
                listening.send_modify(|count| *count += 1);
                let first = (say.subscribe(), Listening(listening), true);
                let pieces = futures_util::stream::unfold(first, |(mut said, listening, is_first)| async move {
                    let text = if is_first { "data: 1\n\n".to_owned() } else { said.recv().await.ok()? };
                    Some((Ok::<_, std::io::Error>(text), (said, listening, false)))
                });
                ([(header::CONTENT_TYPE, "text/event-stream")], Body::from_stream(pieces))
            }),
        )
        .route(
            "/say",
            get(move |RawQuery(text): RawQuery| async move { said.send(text.unwrap() + "\n").unwrap().to_string() }),
        )
        .route(
            "/gone",
            get(move || async move {
                left.subscribe().wait_for(|count| *count == 0).await.unwrap();
                "none listens"
            }),
        )
}

/// Whoever listens, until his connection ends.
struct Listening(Arc<watch::Sender<usize>>);

impl Drop for Listening {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}

/// A query without its percent signs.
fn decoded(query: &str) -> String {
    let query = format!("q={}", query.replace('&', "%26").replace('+', "%2B"));
    url::form_urlencoded::parse(query.as_bytes()).map(|(_, value)| value.into_owned()).collect()
}

/// An answer without a length and without an end; returns its address.
fn endless_server() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        assert!(stream.read(&mut [0; 1024]).unwrap() > 0);
        stream.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n").unwrap();
        while stream.write_all(&[b'x'; 4096]).is_ok() {}
    });
    address
}

#[test]
fn what_was_asked_arrives_and_what_was_answered_comes_back() {
    let world = World::new();
    let mut request = Request::get(world.url("/echo#here"), Destination::Xhr, 0);
    request.method = "POST".into();
    request.headers = vec![("Content-Type".into(), "text/x".into()), ("Host".into(), "evil".into())];
    request.body = b"a=1".to_vec();
    let response = world.network.fetch(request).unwrap();
    assert_eq!((response.status, response.status_text.as_str()), (200, "OK"));
    assert_eq!(String::from_utf8(response.body).unwrap(), "POST type=text/x auth= x= body=a=1");
    assert_eq!(response.url, world.url("/echo#here"));
    assert!(response.headers.iter().any(|(name, value)| name == "content-type" && value.starts_with("text/plain")));
    assert_eq!(world.text("/uri?a=%E6%82%A8#x"), "/uri?a=%E6%82%A8");
}

#[test]
fn an_error_status_is_an_answer_for_an_xhr_and_no_script() {
    let world = World::new();
    let response = world.ask("/nothing").unwrap();
    assert_eq!((response.status, response.body.as_slice()), (404, b"gone".as_slice()));
    assert!(matches!(response.loaded(), Err(NetError::Status { status: 404, .. })));
}

#[test]
fn redirects_turn_forms_into_gets_as_browsers_do() {
    let world = World::new();
    let post = |path: &str| {
        let mut request = Request::get(world.url(path), Destination::Xhr, 0);
        request.method = "POST".into();
        request.headers = vec![("Content-Type".into(), "text/x".into()), ("X-A".into(), "1".into())];
        request.body = b"b".to_vec();
        let response = world.network.fetch(request).unwrap();
        assert_eq!(response.url.path(), "/echo");
        String::from_utf8(response.body).unwrap()
    };
    assert_eq!(post("/303"), "GET type= auth= x=1 body=");
    assert_eq!(post("/307"), "POST type=text/x auth= x=1 body=b");
}

#[test]
fn the_guard_sees_every_hop() {
    let world = World::new();
    match world.ask("/elsewhere") {
        Err(NetError::NotAllowed { origin, .. }) => assert_eq!(origin, "http://forbidden.invalid"),
        other => panic!("{other:?}"),
    }
    assert!(matches!(world.ask("/file"), Err(NetError::BadUrl { .. })));
    assert!(matches!(world.ask("/loop"), Err(NetError::Protocol { .. })));
}

#[test]
fn a_redirect_does_not_lead_inside() {
    let world = World::new();
    for target in ["http://127.0.0.1:1/", "http://localhost/", "http://169.254.169.254/latest", "http://[::1]/"] {
        let error = world.ask(&format!("/to?{target}")).unwrap_err();
        assert!(
            matches!(&error, NetError::NotAllowed { url, .. } if url == target || url == &format!("{target}/")),
            "{error}"
        );
    }
}

#[test]
fn an_origin_that_was_named_may_be_private_and_only_that_one() {
    let world = World::new();
    let named = format!("http://localhost:{}", world.address.port());
    let mut guard = Guard::new();
    guard.allow(&named).unwrap();
    let live = Live::new(world.runtime.handle().clone(), Bounds::default());
    let network = PluginNetwork::new(guard).with_live(live);
    let ask = |url: &str| network.fetch(Request::get(Url::parse(url).unwrap(), Destination::Xhr, 0));
    assert_eq!(ask(&format!("{named}/uri")).unwrap().body, b"/uri");
    let same_address = world.url("/uri");
    assert!(matches!(ask(same_address.as_str()), Err(NetError::NotAllowed { .. })));
}

#[test]
fn scripts_of_the_original_html_from_public_addresses_only() {
    let world = World::new();
    let mut guard = Guard::new();
    guard.allow_url(&world.url("/"));
    let live = Live::new(world.runtime.handle().clone(), Bounds::default());
    let network = PluginNetwork::new(guard).with_live(live);
    let inside = format!("http://localhost:{}/uri", world.address.port());
    let scripts = ["http://127.0.0.1:1/a.js", inside.as_str(), "http://cdn.invalid/jquery.js", "/uri"];
    let markup: String = scripts.iter().map(|script| format!("<script src={script}></script>")).collect();
    let redirected = world.url(&format!("/to?{inside}"));
    let markup = format!("{markup}<script src={redirected}></script>");
    let ask = |url: &str, destination| network.fetch(Request::get(world.url("/").join(url).unwrap(), destination, 0));
    assert!(matches!(ask("http://cdn.invalid/jquery.js", Destination::Script), Err(NetError::NotAllowed { .. })));
    let mut page = world.url("/html");
    page.set_query(Some(&markup));
    ask(page.as_str(), Destination::Document).unwrap();

    assert_eq!(ask("/uri", Destination::Script).unwrap().body, b"/uri");
    // By number, by name, by redirect.
    for script in ["http://127.0.0.1:1/a.js", inside.as_str(), redirected.as_str()] {
        let error = ask(script, Destination::Script).unwrap_err();
        assert!(matches!(&error, NetError::RefusedAddress { address, .. } if address.is_loopback()), "{error}");
        assert!(error.hint().unwrap().contains("--allow http://"), "{error}");
    }
    let dead = ask("http://cdn.invalid/jquery.js", Destination::Script).unwrap_err();
    assert!(matches!(dead, NetError::Unreachable { .. } | NetError::Unproxied { .. }), "{dead}");
    assert!(dead.hint().unwrap().contains("--replace http://cdn.invalid/jquery.js=FILE"));
    for refused in [
        ask("http://cdn.invalid/jquery.js", Destination::Xhr),
        ask("http://cdn.invalid/jquery.js?learnt=1", Destination::Script),
    ] {
        assert!(matches!(refused, Err(NetError::NotAllowed { .. })), "{refused:?}");
    }
}

#[test]
fn cookies_are_kept_over_redirects_and_sent_with_credentials_only() {
    let world = World::new();
    assert_eq!(world.text("/login"), "Some(\"sid=1\")");
    let anonymous =
        Request { credentials: Credentials::Omit, ..Request::get(world.url("/cookies"), Destination::Xhr, 0) };
    assert_eq!(world.network.fetch(anonymous).unwrap().body, b"None");
    assert_eq!(world.network.cookies().get_for_script(&world.url("/"), 0), "");
}

#[test]
fn a_large_answer_is_cut_off_with_and_without_a_length() {
    let world = World::with_bounds(Bounds { answer_bytes_max: 1000, ..Bounds::default() });
    assert!(matches!(world.ask("/large"), Err(NetError::TooLarge { bytes_max: 1000, .. })));
    let document = world.network.fetch(Request::get(world.url("/large"), Destination::Document, 0));
    assert_eq!(document.unwrap().body.len(), 1001);

    let address = endless_server();
    let mut guard = Guard::new();
    guard.allow(&format!("http://{address}")).unwrap();
    let bounds = Bounds { answer_bytes_max: 1000, ..Bounds::default() };
    let live = Live::new(world.runtime.handle().clone(), bounds);
    let url = Url::parse(&format!("http://{address}/")).unwrap();
    let endless = PluginNetwork::new(guard).with_live(live).fetch(Request::get(url, Destination::Script, 0));
    assert!(matches!(endless, Err(NetError::TooLarge { .. })));
}

#[test]
fn a_silent_server_times_out_and_holds_up_nobody() {
    let world = World::with_bounds(Bounds { timeout: Duration::from_millis(200), ..Bounds::default() });
    let (reply, answers) = mpsc::channel();
    world.network.start(1, Request::get(world.url("/never"), Destination::Xhr, 0), reply.clone());
    world.network.start(2, Request::get(world.url("/uri"), Destination::Xhr, 0), reply);
    assert!(matches!(answers.recv(), Ok(Replied { id: 2, result: Ok(_), .. })));
    assert!(matches!(
        answers.recv(),
        Ok(Replied { id: 1, result: Err(NetError::TimedOut { timeout_ms: 200, .. }), .. })
    ));
    assert!(answers.recv().is_err());
}

#[test]
fn what_a_page_gives_up_is_answered_at_once() {
    let world = World::new();
    let (reply, answers) = mpsc::channel();
    world.network.start(1, Request::get(world.url("/never"), Destination::Xhr, 0), reply);
    world.network.note(Noted::Aborted(2));
    world.network.note(Noted::Aborted(1));
    let Ok(Replied { id: 1, result: Err(error), .. }) = answers.recv() else { panic!("no answer") };
    assert!(error.to_string().contains("the page gave it up"), "{error}");
    assert!(answers.recv().is_err());
    world.network.note(Noted::Aborted(1));
}

/// A server that takes no more connections: what its one place holds is not accepted.
#[cfg(target_os = "linux")]
#[test]
fn a_connection_that_does_not_open_is_given_up_long_before_the_answer() {
    let bounds = Bounds { connect_timeout: Duration::from_millis(50), ..Bounds::default() };
    let world = World::with_bounds(bounds);
    let (_full, address) = world.runtime.block_on(async {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let listener = socket.listen(0).unwrap();
        let address = listener.local_addr().unwrap();
        ((tokio::net::TcpStream::connect(address).await.unwrap(), listener), address)
    });
    let mut guard = Guard::new();
    guard.allow(&format!("http://{address}")).unwrap();
    let live = Live::new(world.runtime.handle().clone(), bounds);
    let url = Url::parse(&format!("http://{address}/jquery.js")).unwrap();
    let error = PluginNetwork::new(guard).with_live(live).fetch(Request::get(url, Destination::Script, 0)).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("http://{address}/jquery.js could not be reached: no connection within 50 ms")
    );
}

#[test]
fn a_script_of_the_original_html_is_fetched_so_often_for_each_load() {
    let world = World::new();
    let mut guard = Guard::new();
    guard.allow_url(&world.url("/"));
    let live = Live::new(world.runtime.handle().clone(), Bounds::default());
    let network = PluginNetwork::new(guard).with_live(live);
    let inside = Url::parse(&format!("http://localhost:{}/uri", world.address.port())).unwrap();
    let mut page = world.url("/html");
    page.set_query(Some(&format!("<script src={inside}></script><script src=/uri></script>")));
    let ask = |url: &Url, destination| network.fetch(Request::get(url.clone(), destination, 0));
    for _ in 0..2 {
        ask(&page, Destination::Document).unwrap();
        for _ in 0..ORIGINAL_SCRIPT_FETCHES_MAX {
            // As far as the name's address.
            let error = ask(&inside, Destination::Script).unwrap_err();
            assert!(matches!(error, NetError::RefusedAddress { .. }), "{error}");
        }
        let error = ask(&inside, Destination::Script).unwrap_err();
        assert!(matches!(&error, NetError::FetchedTooOften { times_max: ORIGINAL_SCRIPT_FETCHES_MAX, .. }), "{error}");
        assert!(error.hint().unwrap().contains("--allow http://localhost:"), "{error}");
    }
    for _ in 0..=ORIGINAL_SCRIPT_FETCHES_MAX {
        assert!(ask(&world.url("/uri"), Destination::Script).is_ok(), "the page's own origin");
    }
}

#[test]
fn nothing_leads_to_another_plugin_s_folder() {
    let world = World::new();
    for target in ["http://other.plugin.invalid/x", "http://other.plugin.invalid:8080/x"] {
        let error = world.ask(&format!("/to?{target}")).unwrap_err();
        assert!(matches!(&error, NetError::OtherFolder { host, .. } if host == "other.plugin.invalid"), "{error}");
    }
}

#[test]
fn what_a_page_that_is_gone_has_started_ends() {
    let world = World::new();
    let (reply, answers) = mpsc::channel();
    world.network.start(1, Request::get(world.url("/uri"), Destination::Xhr, 0), reply.clone());
    assert!(matches!(answers.recv(), Ok(Replied { id: 1, result: Ok(_), .. })));
    for id in 2..4 {
        world.network.start(id, Request::get(world.url("/never"), Destination::Xhr, 0), reply.clone());
    }
    drop(reply);
    world.network.abandon();
    assert!(answers.recv().is_err());
    assert_eq!(world.text("/uri"), "/uri");
}

#[test]
fn a_closed_port_is_unreachable() {
    let world = World::new();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut guard = Guard::new();
    guard.allow(&format!("http://127.0.0.1:{port}")).unwrap();
    let live = Live::new(world.runtime.handle().clone(), Bounds::default());
    let url = Url::parse(&format!("http://127.0.0.1:{port}/jquery.js")).unwrap();
    let error = PluginNetwork::new(guard).with_live(live).fetch(Request::get(url, Destination::Script, 0)).unwrap_err();
    assert!(matches!(error, NetError::Unreachable { .. }), "{error}");
    assert!(error.hint().unwrap().contains("--replace"));
}

#[test]
fn one_network_serves_folder_and_server() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("index.html"), "<p>").unwrap();
    let world = World::new();
    let uri = world.url("/uri");
    let network = world.network.with_folder(Folder::open("demo", folder.path()).unwrap());
    let get = |url: Url| network.fetch(Request::get(url, Destination::Document, 0)).unwrap().body;
    assert_eq!(get(Url::parse("http://demo.plugin.invalid/").unwrap()), b"<p>");
    assert_eq!(get(uri), b"/uri");
}

/// What a stream's reply to a question of this kind is: its status and body, or the error.
fn ask_stream(world: &World, number: u64, ask: Ask) -> mpsc::Receiver<Replied> {
    let (reply, answers) = mpsc::channel();
    let request = Request::get(world.url("/stream"), Destination::Stream(number, ask), 0);
    world.network.start(number, request, reply);
    answers
}

fn piece(answers: &mpsc::Receiver<Replied>) -> String {
    match answers.recv().unwrap().result {
        Ok(response) => String::from_utf8(response.body).unwrap(),
        Err(error) => error.to_string(),
    }
}

#[test]
fn an_answer_that_goes_on_comes_by_pieces() {
    let world = World::new();
    let opened = ask_stream(&world, 1, Ask::Open).recv().unwrap().result.unwrap();
    assert_eq!(
        (opened.status, opened.header("content-type"), opened.body.clone()),
        (200, Some("text/event-stream"), Vec::new())
    );
    // The server says one thing at once, and the next when it is told to.
    assert_eq!(piece(&ask_stream(&world, 1, Ask::Next)), "data: 1\n\n");
    let next = ask_stream(&world, 1, Ask::Next);
    assert!(next.try_recv().is_err());
    world.text("/say?data:2");
    assert_eq!(piece(&next), "data:2\n");
    // Whoever waits is answered when it is closed, and the connection with it.
    let next = ask_stream(&world, 1, Ask::Next);
    assert_eq!(piece(&ask_stream(&world, 1, Ask::Close)), "");
    assert_eq!(piece(&next), "");
    assert_eq!(piece(&ask_stream(&world, 1, Ask::Next)), "");
    assert_eq!(world.text("/gone"), "none listens");
}

#[test]
fn a_page_has_so_many_streams() {
    let world = World::new();
    for number in 0..STREAMS_MAX as u64 {
        assert_eq!(piece(&ask_stream(&world, number, Ask::Open)), "");
    }
    let one_more = || piece(&ask_stream(&world, 99, Ask::Open));
    assert!(one_more().ends_with("/stream was not opened: a page may have 6 streams open at once"));
    assert_eq!(piece(&ask_stream(&world, 0, Ask::Close)), "");
    assert_eq!(one_more(), "");
    world.network.abandon();
    assert_eq!(world.text("/gone"), "none listens");
}
