//! A page, and its mirror in Chromium: a server with a frame in it, and what the host would do between them.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::body::Body;
use axum::extract::{Query, State};
use axum::http::{Response, header};
use axum::routing::get;
use duoke::base::limits::SETTLE_MS_DEFAULT;
use duoke::console::mirror::{Guard, POLICY, Resource, document};
use duoke::event::{Stimulus, parse_line};
use duoke::net::{Destination, Folder, Network, Request};
use duoke::page::{Driver, Look, Looked, PageOptions, PageThread, Turn, TurnInput};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use url::Url;

use crate::chromium::Chromium;
use crate::page_bench::{Whole as _, options};

const WORKBENCH: &str = "<!DOCTYPE html><title>bench</title>
    <style>body { margin: 0 } iframe { border: 0; width: 420px; height: 800px }</style>
    <iframe id=frame></iframe>
    <script type=module>
      import {mirror} from '/mirror.js';
      window.acts = [];
      window.count = 0;
      const act = (doing) => { acts.push(doing); document.body.dataset.acts = acts.length; };
      const again = () => { document.body.dataset.again = 'yes'; };
      const address = (quirks) => quirks ? '/document?quirks' : '/document';
      window.shown = mirror(document.getElementById('frame'), {act, again, address});
      document.body.dataset.ready = 'yes';
    </script>";

/// Where the browser gets what is at an address.
pub fn resource(url: &Url) -> String {
    format!(
        "/resource?{}",
        url::form_urlencoded::Serializer::new(String::new()).append_pair("url", url.as_str()).finish()
    )
}

struct Shared {
    network: std::sync::Mutex<Option<Arc<dyn Network>>>,
    resources: AtomicUsize,
}

/// The server, the browser, and what it was given.
pub struct Bench {
    pub browser: Chromium,
    pub address: SocketAddr,
    shared: Arc<Shared>,
}

fn answer(kind: &str, body: impl Into<Body>) -> Response<Body> {
    Response::builder().header(header::CONTENT_TYPE, kind).body(body.into()).unwrap()
}

async fn resources(State(shared): State<Arc<Shared>>, Query(query): Query<Vec<(String, String)>>) -> Response<Body> {
    shared.resources.fetch_add(1, Ordering::AcqRel);
    let url = Url::parse(&query[0].1).unwrap();
    let network = shared.network.lock().unwrap().clone();
    let fetched = tokio::task::spawn_blocking(move || {
        let response = network?.fetch(Request::get(url.clone(), Destination::Style, 0)).ok()?;
        let kind = response.header("content-type").unwrap_or_default().to_owned();
        Resource::of(&response.url, &kind, response.body, &resource).ok()
    });
    let Some(found) = fetched.await.unwrap() else {
        return Response::builder().status(404).body(Body::empty()).unwrap();
    };
    let response =
        found.headers().into_iter().fold(Response::builder(), |response, (name, value)| response.header(name, value));
    response.body(found.body.into()).unwrap()
}

async fn frame(request: axum::extract::Request) -> Response<Body> {
    let mut response = answer("text/html; charset=utf-8", document(request.uri().query() == Some("quirks")));
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, POLICY.parse().unwrap());
    response
}

impl Bench {
    /// The workbench is open, nothing is shown.
    pub async fn start() -> Self {
        let shared = Arc::new(Shared { network: std::sync::Mutex::default(), resources: AtomicUsize::new(0) });
        let script =
            std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/console/ui/mirror.js")).unwrap();
        let router = Router::new()
            .route("/", get(async || answer("text/html; charset=utf-8", WORKBENCH)))
            .route("/mirror.js", get(async move || answer("text/javascript", script)))
            .route("/document", get(frame))
            .route("/resource", get(resources))
            .with_state(shared.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        let mut browser = Chromium::start();
        browser.note_requests();
        browser.open(&format!("http://{address}/"));
        browser.until("document.body?.dataset.ready");
        Self { browser, address, shared }
    }

    /// How many pictures, fonts and sheets were asked for.
    pub fn resources(&self) -> usize {
        self.shared.resources.load(Ordering::Acquire)
    }

    /// Opens a page, and shows it.
    pub fn open(&mut self, folder: Folder, path: &str) -> Mirrored {
        let options = options(folder, path, Vec::new());
        *self.shared.network.lock().unwrap() = Some(options.network.clone());
        let mut mirrored = Mirrored::open(options);
        mirrored.show(self);
        mirrored
    }

    /// Applies what the host says; waits for the frame's document.
    pub fn apply(&mut self, view: &Value) {
        self.browser.value(&format!("shown.apply({view})"));
        if view["whole"] == true {
            self.browser.value(
                "new Promise((done) => {
                    const look = () => frame.contentWindow.location.pathname === '/document'
                        && frame.contentDocument.readyState === 'complete'
                        && frame.contentDocument.title !== 'mirror' ? done() : requestAnimationFrame(look);
                    look();
                })",
            );
        }
    }

    /// What the person has done so far, once it is this much.
    pub fn acts(&mut self, count: usize) -> Vec<Value> {
        self.browser.until(&format!("acts.length >= {count}"));
        self.browser.value("acts.splice(0)").as_array().unwrap().clone()
    }

    /// The value of an expression in which `page` is the frame's document.
    pub fn value(&mut self, expression: &str) -> Value {
        self.browser.value(&format!("((page) => {expression})(document.getElementById('frame').contentDocument)"))
    }

    /// Clicks in the middle of what a selector finds in the frame.
    pub fn click(&mut self, selector: &str) {
        let place = self.value(&format!(
            "(({{x, y, width, height}}) => [x + width / 2, y + height / 2])(page.querySelector({}).getBoundingClientRect())",
            json!(selector)
        ));
        let (x, y) = (place[0].as_f64().unwrap(), place[1].as_f64().unwrap());
        let frame = self.browser.value("(({x, y}) => [x, y])(frame.getBoundingClientRect())");
        self.browser.click(x + frame[0].as_f64().unwrap(), y + frame[1].as_f64().unwrap(), "left");
    }
}

/// A page that somebody looks at.
pub struct Mirrored {
    pub page: PageThread,
    guard: Guard<fn(&Url) -> String>,
    now: i64,
    lines: u64,
}

impl Mirrored {
    fn open(options: PageOptions) -> Self {
        let mut page = PageThread::new(options);
        let now = page.open_whole().unwrap().now;
        Self { page, guard: Guard::new(resource), now, lines: 0 }
    }

    /// What is new, for the browser.
    pub fn look(&mut self) -> Value {
        let Some(Looked::View(view)) = self.page.look(Look::Changes(1)) else { panic!("the page is there") };
        self.guard.admit(&view).unwrap()
    }

    /// Shows what is new.
    pub fn show(&mut self, bench: &mut Bench) {
        let view = self.look();
        bench.apply(&view);
    }

    /// Tells the page one line of a log.
    pub fn tell(&mut self, line: &str) -> Turn {
        self.lines += 1;
        let stimulus = Stimulus::from_line(&parse_line(line, self.lines, "events").unwrap().unwrap());
        let turn =
            self.page.turn_whole(TurnInput { stimulus: Some(stimulus), at: self.now, settle_ms: SETTLE_MS_DEFAULT });
        self.now = turn.now;
        turn
    }

    /// Has happen in the page what a person did in the frame.
    pub fn act(&mut self, act: &Value) -> Turn {
        let node = u32::try_from(act["node"].as_u64().unwrap()).unwrap();
        let Some(Looked::Selector(selector)) = self.page.look(Look::Selector(1, node)) else { panic!("{act}") };
        let kind = act["kind"].as_str().unwrap();
        let mut data = json!({ "selector": selector });
        if !act["value"].is_null() {
            data["value"] = act["value"].clone();
        }
        self.tell(&json!({"type": format!("stimulus.ui.{kind}"), "data": data}).to_string())
    }
}
