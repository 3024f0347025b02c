//! What the tests of some Web APIs share: a page without a parser or a network, and cases written in JavaScript.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use boa_engine::{Context, JsObject, JsResult, JsString, JsValue};
use url::Url;

use super::target::EVENT_TARGET;
use super::window::{self, Navigation, ReadyState, Window, make_global};
use super::world::{Settings, World};
use super::{event, event_types, exception, html_interfaces, wrap};
use crate::base::limits::CLOCK_START_MS;
use crate::dom::document::DocumentData;
use crate::dom::parse::DocumentParser;
use crate::dom::{Node, NodeRef};
use crate::engine::builtins::math_random::Random;
use crate::engine::clock::PageClock;
use crate::engine::context::{Parts, build};
use crate::engine::convert::{text, to_utf8};
use crate::engine::event_loop::{EventLoop, Output};
use crate::engine::fault::Sources;
use crate::engine::interface::{Interface, Prototypes, define_method, install, prototype};
use crate::engine::script::{self, Code, ScriptError};
use crate::net::{CookieJar, RefuseAll};

/// The address of the page.
pub const PAGE: &str = "http://demo.test/dir/page.html?q=1";

/// A page: its context and window.
pub struct Page {
    pub context: Context,
    pub window: Rc<Window>,
}

/// What a test installs.
pub type Install = fn(&mut Context) -> JsResult<()>;

fn make_window(document: NodeRef, event_loop: Rc<EventLoop>) -> Window {
    let world = World::new(Arc::new(RefuseAll), Arc::new(CookieJar::new()), Settings::default());
    Window {
        document,
        url: RefCell::new(Url::parse(PAGE).unwrap()),
        referrer: String::new(),
        event_loop,
        world: Rc::new(world),
        ready_state: Cell::new(ReadyState::Complete),
        parser: RefCell::default(),
        scripts: super::scripting::Scripts::default(),
        active: RefCell::default(),
        current_event: RefCell::default(),
        navigation: RefCell::default(),
        history: RefCell::default(),
        encoding: "UTF-8",
        loaded_at: CLOCK_START_MS,
    }
}

/// A page of this markup; `$(id)` finds an element, `out(text)` adds to the result.
pub fn page(html: &str, installs: &[Install]) -> Page {
    let clock = Rc::new(PageClock::new(CLOCK_START_MS));
    let event_loop = Rc::new(EventLoop::new(clock));
    let parts = Parts {
        event_loop: event_loop.clone(),
        random: Random::from_seed(1),
        zone_offset_s: 8 * 3600,
        make_global,
        report_error: window::report_error,
        report_rejection: window::report_rejection,
    };
    let mut context = build(parts).unwrap();
    let document = Node::document(DocumentData::new("text/html"));
    let parser = DocumentParser::new(&document, html.to_owned());
    while parser.read(0).is_some() {}
    parser.end();
    let window = Rc::new(make_window(document.clone(), event_loop));
    context.insert_data(window.clone());
    context.insert_data(Rc::new(Sources::default()));
    Sources::of(&context).add(PAGE, html, None);
    install_base(&mut context).unwrap();
    for install in installs {
        install(&mut context).unwrap();
    }
    let wrapped = wrap::wrap(&document, &mut context);
    set_global("document", wrapped, &mut context);
    Page { context, window }
}

fn set_global(name: &str, value: impl Into<JsValue>, context: &mut Context) {
    context.global_object().set(JsString::from(name), value, true, context).unwrap();
}

fn install_base(context: &mut Context) -> JsResult<()> {
    install(&EVENT_TARGET, context)?;
    install(&event::EVENT, context)?;
    event_types::install_event_types(context)?;
    exception::install_exception(context)?;
    let global = context.global_object();
    global.set_prototype(Some(prototype("EventTarget", context)));
    for (name, parent) in
        [("Node", "EventTarget"), ("Element", "Node"), ("HTMLElement", "Element"), ("HTMLDocument", "Node")]
    {
        install(&Interface { name, parent: Some(parent), ..Interface::EMPTY }, context)?;
    }
    let element = prototype("HTMLElement", context);
    for (_, interface) in html_interfaces::BY_NAME {
        Prototypes::of(context).set(interface, element.clone());
    }
    Prototypes::of(context).set("Text", prototype("Node", context));
    define_method(&global, "$", by_id, 1, context);
    define_method(&global, "out", out, 1, context);
    define_method(&element, "getAttribute", get_attribute, 1, context);
    define_method(&element, "setAttribute", set_attribute, 2, context);
    set_global("window", global.clone(), context);
    set_global("log", crate::engine::convert::array([], context), context);
    Ok(())
}

/// The prototype that stands for every HTML element's.
pub fn element_prototype(context: &mut Context) -> JsObject {
    prototype("HTMLElement", context)
}

/// The prototype of `document`.
pub fn document_prototype(context: &mut Context) -> JsObject {
    prototype("HTMLDocument", context)
}

fn by_id(_: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let id = text(args, 0, context)?;
    let window = Window::of(context);
    let found = window.document.as_document().and_then(|data| data.element_by_id(&id));
    Ok(wrap::wrap_or_null(found, context))
}

fn out(_: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let line = JsString::from(text(args, 0, context)?);
    let log = context.global_object().get(JsString::from("log"), context)?;
    boa_engine::object::builtins::JsArray::from_object(log.to_object(context)?)?.push(line, context)
}

fn get_attribute(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let name = text(args, 0, context)?;
    let element = wrap::this_element(this)?;
    Ok(crate::engine::convert::string_or_null(element.as_element().and_then(|e| e.attr(&name))))
}

fn set_attribute(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let (name, value) = (text(args, 0, context)?, text(args, 1, context)?);
    super::element::set_attribute(&wrap::this_element(this)?, &name, &value, context)?;
    Ok(JsValue::undefined())
}

impl Page {
    /// Runs a script in the global scope; what it throws is reported as a page's is.
    pub fn run(&mut self, text: &str) {
        let code = Code { text, url: "http://demo.test/test.js", line: 1, column: 1 };
        match script::run(&code, &mut self.context) {
            Ok(()) => {}
            Err(ScriptError::Parse(fault)) => window::report_parse_fault(&fault, &mut self.context),
            Err(ScriptError::Thrown(error)) => window::report_error(&error, &mut self.context),
        }
        let event_loop = self.window.event_loop.clone();
        event_loop.checkpoint(&mut self.context);
    }

    /// Runs tasks and timers until none is due within 10 s.
    pub fn settle(&mut self) {
        let event_loop = self.window.event_loop.clone();
        let end = event_loop.clock().now() + 10_000;
        event_loop.run_tasks(&mut self.context);
        while event_loop.next_due().is_some_and(|due| due <= end) {
            event_loop.run_timer(&mut self.context);
        }
    }

    /// What was put out with `out`, and then everything the page gave out, a line each.
    pub fn result(&mut self) -> String {
        let log = self.context.eval(boa_engine::Source::from_bytes("log.splice(0).join('|')")).unwrap();
        let mut lines: Vec<String> = Vec::new();
        let said = to_utf8(&log.to_string(&mut self.context).unwrap());
        lines.extend((!said.is_empty()).then_some(said));
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

    /// Runs, settles, tells.
    pub fn show(&mut self, script: &str) -> String {
        self.run(script);
        self.settle();
        self.result()
    }

    /// Where the page wants to go.
    pub fn navigation(&self) -> Option<Navigation> {
        self.window.navigation.borrow_mut().take().map(|(navigation, _)| navigation)
    }
}

/// One page, one script, one result.
#[track_caller]
pub fn check_page(html: &str, installs: &[Install], script: &str, expected: &str) {
    assert_eq!(page(html, installs).show(script), expected, "{script}");
}
