//! What the tests of the Web APIs share: a page over canned answers, and scripts that say what they saw.
//!
//! Scripts find `$(id)`, an element; `out(…)`, which adds to the result; `log(…)` and `failed(error)`, which add a
//! line to the log that then is the result; `parse(markup)`, `after(ms, f)` and `cause()`.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ::url::Url;
use boa_engine::{Context, JsResult, JsValue, Source};
use boa_gc::{Gc, GcRefCell};

use super::window::{Navigation, ReadyState, Window, make_global, report_error, report_parse_fault, report_rejection};
use super::world::{Settings, World};
use super::wrap::wrap_or_null;
use crate::base::limits::CLOCK_START_MS;
use crate::base::limits::page::PageLimits;
use crate::dom::document::DocumentData;
use crate::dom::parse::{self, DocumentParser};
use crate::dom::{Node, tree};
use crate::engine::builtins::math_random::Random;
use crate::engine::clock::PageClock;
use crate::engine::context::{Parts, build};
use crate::engine::convert::{text, to_utf8};
use crate::engine::event_loop::{EventLoop, Output};
use crate::engine::fault::Sources;
use crate::engine::interface::define_method;
use crate::engine::queued::{Loop, Owner};
use crate::engine::script::{self, Code, ScriptError};
use crate::event::{Cause, Fault};
use crate::net::{CookieJar, NetError, Network, Redirects, Replied, Reply, Request, Response};

/// Answers by path; whatever else is asked for cannot be reached.
#[derive(Default)]
struct Canned {
    asked: Mutex<Vec<Request>>,
}

impl Canned {
    fn answer(&self, request: Request) -> Result<Response, NetError> {
        self.asked.lock().unwrap().push(request.clone());
        let made =
            |status, kind: &str, body: &[u8]| Ok(Response::made(request.url.clone(), status, kind, body.to_vec()));
        match request.url.path() {
            "/text" => made(200, "text/plain", "您好".as_bytes()),
            "/empty" => made(204, "text/plain", b""),
            "/json" => made(200, "application/json", "\u{feff}{\"a\":[1,\"您\"]}".as_bytes()),
            "/gbk" => made(200, "text/html; charset=gb2312", b"\xc4\xfa\xba\xc3"),
            "/gbk.xml" => made(200, "text/xml", b"<?xml version=\"1.0\" encoding=\"gb2312\"?><a>\xc4\xfa</a>"),
            "/html" => made(200, "text/html", b"<p>1</p>"),
            "/missing" => made(404, "text/html", b"no"),
            "/echo" => made(200, "text/plain", echo(&request).as_bytes()),
            "/referrer" => made(200, "text/plain", referrer(&request).as_bytes()),
            "/headers" => {
                let mut response = Response::made(request.url, 200, "text/plain", b"x".to_vec());
                for (name, value) in [("set-cookie", "s=1"), ("x-b", "1"), ("x-b", "2"), ("x-a", "a")] {
                    response.headers.push((name.to_owned(), value.to_owned()));
                }
                Ok(response)
            }
            "/302" if request.redirects == Redirects::Error => {
                let target = request.url.join("/text").unwrap().into();
                Err(NetError::Redirected { url: request.url.into(), target })
            }
            "/302" => {
                let mut response = Response::made(request.url, 302, "text/plain", b"x".to_vec());
                response.headers.push(("location".to_owned(), "/text".to_owned()));
                Ok(response)
            }
            "/moved" => {
                let url = request.url.join("/text#f").unwrap();
                Ok(Response::made(url, 200, "text/plain", b"moved".to_vec()))
            }
            _ => Err(NetError::Unreachable { url: request.url.into(), reason: "refused".to_owned() }),
        }
    }
}

/// The request as text: method, address, headers without what every request has, body.
fn echo(request: &Request) -> String {
    let own = |name: &str| !matches!(name, "User-Agent" | "Accept-Language");
    let headers: Vec<String> =
        request.headers.iter().filter(|(name, _)| own(name)).map(|(name, value)| format!("{name}: {value}")).collect();
    let body = String::from_utf8_lossy(&request.body);
    let credentials = if request.has_cookies() { " with cookies" } else { "" };
    format!("{} {}{credentials}\n{}\n\n{body}", request.method, request.url, headers.join("\n"))
}

/// What the request says of where it comes from.
fn referrer(request: &Request) -> String {
    let client = request.client.as_ref();
    client.and_then(|client| client.referrer_policy.referrer(&client.url, &request.url)).unwrap_or_default()
}

impl Network for Canned {
    fn fetch(&self, request: Request) -> Result<Response, NetError> {
        self.answer(request)
    }

    /// `/never` is never answered.
    fn start(&self, id: u64, request: Request, reply: Reply) {
        if request.url.path() != "/never" {
            drop(reply.send(Replied::now(id, self.answer(request))));
        }
    }
}

/// The page that most tests open.
const PAGE: &str = "http://demo.test/dir/page.html?q=1";
/// The page of those that ask the network.
const ASKING_PAGE: &str = "http://a.test/dir/page.html";

/// The one place where tests make a window.
fn make_window(address: &str, event_loop: &Loop, encoding: &'static str) -> Window {
    let world = World::new(Arc::new(Canned::default()), Arc::new(CookieJar::new()), Settings::default());
    Window {
        document: Node::document(DocumentData::new("text/html")),
        url: RefCell::new(Url::parse(address).unwrap()),
        referrer: String::new(),
        referrer_policy: None,
        event_loop: event_loop.clone(),
        world: Rc::new(world),
        ready_state: Cell::new(ReadyState::Complete),
        parser: RefCell::default(),
        scripts: super::scripting::Scripts::default(),
        active: GcRefCell::default(),
        current_event: GcRefCell::default(),
        navigation: RefCell::default(),
        history: RefCell::default(),
        encoding,
        loaded_at: CLOCK_START_MS,
        framed: None,
        global: GcRefCell::default(),
    }
}

/// A page: its context and window.
pub(super) struct Page {
    pub(super) context: Context,
    window: Gc<Window>,
}

/// `parse(markup)`: the first element of it, in the body. `after(ms, f)`: a timer.
fn define_test_functions(context: &mut Context) {
    fn by_id(_: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
        let id = text(args, 0, context)?;
        let window = Window::of(context);
        let found = window.document.as_document().and_then(|data| data.element_by_id(&id));
        Ok(wrap_or_null(found, context))
    }
    fn parse_markup(_: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
        let document = Window::of(context).document.clone();
        let fragment = parse::fragment(&document, &text(args, 0, context)?);
        let first = tree::element_children(&fragment).next();
        let body = tree::descendants(&document).find(|node| node.is_html("body")).unwrap();
        tree::append(&body, &fragment);
        Ok(wrap_or_null(first, context))
    }
    fn after(_: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
        let (delay, callback) = (args[0].to_i32(context)?, args[1].clone());
        let work = move |context: &mut Context| {
            callback.as_callable().unwrap().call(&JsValue::undefined(), &[], context).map(|_| ())
        };
        Ok(EventLoop::of(context).set_timer(i64::from(delay), false, Rc::new(work)).into())
    }
    fn cause(_: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
        let cause = EventLoop::of(context).cause();
        Ok(crate::engine::convert::string(&cause.map_or("none".to_owned(), |cause| cause.stimulus.to_string())))
    }
    let global = context.global_object();
    define_method(&global, "$", by_id, 1, context);
    define_method(&global, "parse", parse_markup, 1, context);
    define_method(&global, "after", after, 2, context);
    define_method(&global, "cause", cause, 0, context);
    let log = "var logged = [], said = []; function out(value) { said.push(String(value)); }
        function log() { logged.push(Array.prototype.join.call(arguments, ' ')); }
        function failed(e) { log(e.name + ': ' + e.message); }";
    context.eval(Source::from_bytes(log)).unwrap();
}

impl Page {
    fn new(address: &str, html: &str, encoding: &'static str) -> Self {
        let event_loop = Rc::new(EventLoop::new(Rc::new(PageClock::new(CLOCK_START_MS)), PageLimits::default()));
        let parts = Parts {
            event_loop: event_loop.clone(),
            random: Random::from_seed(1),
            zone_offset_s: 8 * 3600,
            make_global,
            report_error,
            report_rejection,
        };
        let mut context = build(parts).unwrap();
        let event_loop = Loop::new(event_loop, Owner::PAGE);
        let window = Gc::new(make_window(address, &event_loop, encoding));
        let parser = DocumentParser::new(&window.document, html.to_owned());
        while parser.read(0).is_some() {}
        parser.end();
        Window::enter(&window, &context);
        context.insert_data(Rc::new(Sources::default()));
        Sources::of(&context).add(address, html, None);
        super::install::install_all(&mut context).unwrap();
        define_test_functions(&mut context);
        Self { context, window }
    }

    /// Runs tasks, answers and timers until nothing is left that will ever come.
    fn settle(&mut self) {
        let event_loop = self.window.event_loop.clone();
        loop {
            event_loop.run_tasks(&mut self.context);
            let waited = self.window.world.wait(Duration::ZERO, &event_loop);
            if !waited && !event_loop.run_timer(&mut self.context) {
                break;
            }
        }
    }

    /// A script's value, or the lines it logged by the time that nothing was left to do.
    fn value(&mut self, script: &str) -> String {
        let result = self.context.eval(Source::from_bytes(script));
        let result = result.or_else(|error| error.into_opaque(&mut self.context)).unwrap();
        self.window.event_loop.clone().checkpoint(&mut self.context);
        self.settle();
        let logged = self.context.eval(Source::from_bytes("logged.join('\\n')")).unwrap();
        let shown = if logged.to_boolean() { logged } else { result };
        shown.to_string(&mut self.context).map_or_else(|error| error.to_string(), |text| text.to_std_string_lossy())
    }

    /// Runs a script in the global scope; what it throws is reported as a page's is.
    pub(super) fn run(&mut self, text: &str) {
        let code = Code { text, url: "http://demo.test/test.js", line: 1, column: 1 };
        Sources::of(&self.context).add(code.url, text, None);
        match script::run(&code, &mut self.context) {
            Ok(_) => {}
            Err(ScriptError::Parse(fault)) => report_parse_fault(&fault, &mut self.context),
            Err(ScriptError::Thrown(error)) => report_error(&error, &mut self.context),
        }
        self.window.event_loop.clone().checkpoint(&mut self.context);
    }

    /// Runs a script and what follows from it: what was put `out`, then everything the page gave out, a line each.
    pub(super) fn show(&mut self, script: &str) -> String {
        self.run(script);
        self.settle();
        let said = self.context.eval(Source::from_bytes("said.splice(0).join('|')")).unwrap();
        let said = to_utf8(&said.to_string(&mut self.context).unwrap());
        let mut lines: Vec<String> = (!said.is_empty()).then_some(said).into_iter().collect();
        for emission in self.window.event_loop.take_emissions() {
            lines.push(match emission.output {
                Output::Effect(effect) => format!("{} {}", effect.type_name(), effect.data()),
                Output::Console(console) => format!("{} {}", console.type_name(), console.text),
                Output::Fault(fault) => {
                    let data = fault.data();
                    let member = |name: &str| data[name].as_str().unwrap_or_default().to_owned();
                    format!("{} {} {}:{}", fault.type_name(), member("message"), member("url"), data["line"])
                }
            });
        }
        lines.join("\n")
    }

    /// Where the page wants to go.
    pub(super) fn navigation(&self) -> Option<Navigation> {
        self.window.navigation.borrow_mut().take().map(|(navigation, _)| navigation)
    }
}

/// A page of this markup, parsed without running its scripts.
pub(super) fn page(html: &str) -> Page {
    Page::new(PAGE, html, "UTF-8")
}

/// One page, one script, and what it put out.
#[track_caller]
pub(super) fn check_page(html: &str, script: &str, expected: &str) {
    assert_eq!(page(html).show(script), expected, "{script}");
}

/// A script's value, or the lines it logged by the time that nothing was left to do.
#[track_caller]
pub(super) fn check(script: &str, expected: &str) {
    assert_eq!(Page::new(ASKING_PAGE, "", "UTF-8").value(script), expected, "{script}");
}

/// The same in a document of another encoding.
#[track_caller]
pub(super) fn check_encoded(encoding: &'static str, script: &str, expected: &str) {
    assert_eq!(Page::new(ASKING_PAGE, "", encoding).value(script), expected, "{script}");
}

/// The same under a cause, which a script reads as `cause()`.
#[track_caller]
pub(super) fn check_caused(cause: Cause, script: &str, expected: &str) {
    let mut page = Page::new(ASKING_PAGE, "", "UTF-8");
    let event_loop = page.window.event_loop.clone();
    let shown = event_loop.with_cause(Some(cause), || page.value(script));
    assert_eq!(shown, expected, "{script}");
}

/// The faults that a script leads to, as `type: message`.
#[track_caller]
pub(super) fn check_faults(script: &str, expected: &[&str]) {
    let mut page = Page::new(ASKING_PAGE, "", "UTF-8");
    page.value(script);
    let faults: Vec<String> = page
        .window
        .event_loop
        .take_emissions()
        .into_iter()
        .filter_map(|emission| match emission.output {
            Output::Fault(fault) => {
                let message = match &fault {
                    Fault::Network { message, .. }
                    | Fault::Uncaught { message, .. }
                    | Fault::Rejection { message, .. } => message.clone(),
                    other => format!("{other:?}"),
                };
                Some(format!("{}: {message}", fault.type_name()))
            }
            _ => None,
        })
        .collect();
    assert_eq!(faults, expected, "{script}");
}
