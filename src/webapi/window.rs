//! A document's window: the state behind the global object.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use boa_engine::context::intrinsics::Intrinsics;
use boa_engine::realm::Realm;
use boa_engine::{Context, JsData, JsError, JsObject, JsString, JsValue};
use boa_gc::{Finalize, Gc, GcRefCell, Trace};
use url::Url;

use super::event::{self, Event};
use super::form_encoding::encoder;
use super::missing;
use super::sandbox::Sandbox;
use super::target::TargetObject;
use super::world::World;
use crate::base::interrupt;
use crate::dom::parse::DocumentParser;
use crate::dom::{NodeRef, tree};
use crate::engine::context::page_realm;
use crate::engine::event_loop::{EventLoop, Output};
use crate::engine::fault::{Described, describe};
use crate::engine::queued::Loop;
use crate::engine::script;
use crate::event::{Cause, Fault, NavigateKind};
use crate::net::ReferrerPolicy;

/// `document.readyState`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadyState {
    /// While the parser runs.
    Loading,
    /// Parsed; sub-resources may be outstanding.
    Interactive,
    /// Loaded.
    Complete,
}

impl ReadyState {
    /// The name scripts see.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Loading => "loading",
            Self::Interactive => "interactive",
            Self::Complete => "complete",
        }
    }
}

/// Another document was asked for.
#[derive(Debug, Clone)]
pub struct Navigation {
    /// Its address.
    pub url: Url,
    /// How it was asked for.
    pub kind: NavigateKind,
    /// A form's body, with its content type.
    pub body: Option<(String, Vec<u8>)>,
}

/// An entry of the session history.
#[derive(Debug, Clone)]
pub struct HistoryEntry {
    /// Its address.
    pub url: Url,
    /// `history.state`, for entries of this document.
    pub state: JsValue,
}

/// The window.
#[derive(Trace, Finalize)]
pub struct Window {
    /// The document.
    pub document: NodeRef,
    /// The document's address.
    #[unsafe_ignore_trace]
    pub url: RefCell<Url>,
    /// The address this document was opened from, for `document.referrer`.
    #[unsafe_ignore_trace]
    pub referrer: String,
    /// What the document's answer said of that: `Referrer-Policy`.
    #[unsafe_ignore_trace]
    pub referrer_policy: Option<ReferrerPolicy>,
    /// The page's loop.
    #[unsafe_ignore_trace]
    pub event_loop: Loop,
    /// What is outside.
    #[unsafe_ignore_trace]
    pub world: Rc<World>,
    /// Where loading stands.
    #[unsafe_ignore_trace]
    pub ready_state: Cell<ReadyState>,
    /// The parser while it runs, and the level its running script writes to.
    #[unsafe_ignore_trace]
    pub parser: RefCell<Option<Rc<DocumentParser>>>,
    /// Scripts, their order, what they wait for.
    #[unsafe_ignore_trace]
    pub scripts: super::scripting::Scripts,
    /// The element with the focus.
    pub active: GcRefCell<Option<NodeRef>>,
    /// `window.event`
    pub current_event: GcRefCell<Option<JsObject>>,
    /// Where the page wants to go and why, until the page's owner goes there.
    #[unsafe_ignore_trace]
    pub navigation: RefCell<Option<(Navigation, Option<Cause>)>>,
    /// Session history of this document, and the place in it.
    #[unsafe_ignore_trace]
    pub history: RefCell<(Vec<HistoryEntry>, usize)>,
    /// The document's encoding, for the scripts and forms in it.
    #[unsafe_ignore_trace]
    pub encoding: &'static str,
    /// `document.lastModified`, in ms.
    #[unsafe_ignore_trace]
    pub loaded_at: i64,
    /// What makes it the window of a frame.
    pub framed: Option<Framed>,
    /// The global object, once there is one.
    pub global: GcRefCell<Option<JsObject>>,
}

/// What a window in a frame knows of where it is.
#[derive(Trace, Finalize)]
pub struct Framed {
    /// The frame.
    pub frame: JsObject,
    /// The realm of its scripts.
    pub realm: Realm,
    /// What a document without an address of its own (`about:`) has instead: whose origin it has, and its base.
    #[unsafe_ignore_trace]
    pub creator: (Url, Url),
    /// What the frame's `sandbox` takes away.
    #[unsafe_ignore_trace]
    pub sandbox: Sandbox,
    /// Whether its document has left the frame, or the frame its document.
    #[unsafe_ignore_trace]
    pub is_gone: Cell<bool>,
    /// Whether its `load` is on its way.
    #[unsafe_ignore_trace]
    pub is_loading: Cell<bool>,
    /// Whether its document was opened by script, and is read until that closes it.
    #[unsafe_ignore_trace]
    pub is_written: Cell<bool>,
}

/// Where a realm keeps its window.
#[derive(Trace, Finalize, JsData)]
struct Slot(Gc<Window>);

impl Window {
    /// The window of the realm that the context is in: in a native function, that of the function.
    ///
    /// # Panics
    /// Where the realm was not given one: a bug.
    #[must_use]
    pub fn of(context: &Context) -> Gc<Self> {
        Self::of_realm(context.realm()).expect("a realm has its window")
    }

    /// The window of a realm, once it has one.
    #[must_use]
    pub fn of_realm(realm: &Realm) -> Option<Gc<Self>> {
        realm.host_defined().get::<Slot>().map(|slot| slot.0.clone())
    }

    /// The page's own window, whichever realm the context is in.
    ///
    /// # Panics
    /// Where the page was not given one: a bug.
    #[must_use]
    pub fn of_page(context: &Context) -> Gc<Self> {
        Self::of_realm(&page_realm(context)).expect("a page has its window")
    }

    /// The window of the script or task that runs, in whatever realm a function of its own is that it called.
    #[must_use]
    pub fn of_running(context: &Context) -> Gc<Self> {
        let event_loop = EventLoop::of(context);
        if !event_loop.has_realms() {
            return Self::of(context);
        }
        let framed = event_loop.realm(event_loop.running()).and_then(|realm| Self::of_realm(&realm));
        framed.unwrap_or_else(|| Self::of_page(context))
    }

    /// The window of the document that a node is of; the context's where that document has none.
    #[must_use]
    pub fn of_node(node: &NodeRef, context: &Context) -> Gc<Self> {
        let own = Self::of(context);
        if !own.event_loop.has_realms() {
            return own;
        }
        let document = node.owner_document().unwrap_or_else(|| node.clone());
        super::frames::peek_window(&document, context).unwrap_or(own)
    }

    /// Makes it the window of the realm that the context is in.
    pub fn enter(this: &Gc<Self>, context: &Context) {
        *this.global.borrow_mut() = Some(context.global_object());
        context.realm().host_defined_mut().insert(Slot(this.clone()));
    }

    /// Whether it is a frame's and its document is no longer there.
    #[must_use]
    pub fn is_gone(&self) -> bool {
        self.framed.as_ref().is_some_and(|framed| framed.is_gone.get())
    }

    /// The address that says whose the document is: its own, or where it has none that of whoever made it.
    #[must_use]
    pub fn origin_url(&self) -> Url {
        let url = self.url.borrow();
        match &self.framed {
            Some(framed) if url.scheme() == "about" => framed.creator.0.clone(),
            _ => url.clone(),
        }
    }

    /// The base address of the document: that of `<base>`, or its own (HTML, "document base URL").
    #[must_use]
    pub fn base_url(&self) -> Url {
        let own = self.url.borrow();
        let url = match &self.framed {
            Some(framed) if own.scheme() == "about" => framed.creator.1.clone(),
            _ => own.clone(),
        };
        match tree::base_href(&self.document) {
            Some(href) => url.join(href.trim()).unwrap_or(url),
            None => url,
        }
    }

    /// Whether its origin is one that no other document has.
    #[must_use]
    pub fn is_opaque(&self) -> bool {
        self.sandbox().takes(Sandbox::ORIGIN)
    }

    /// Whether none of its scripts may run.
    #[must_use]
    pub fn is_silent(&self) -> bool {
        self.sandbox().takes(Sandbox::SCRIPTS)
    }

    /// What it may not do.
    #[must_use]
    pub fn sandbox(&self) -> Sandbox {
        self.framed.as_ref().map(|framed| framed.sandbox).unwrap_or_default()
    }

    /// An address as the document means it: its query is in the document's encoding
    /// ([encoding-parse](https://html.spec.whatwg.org/#encoding-parsing-a-url)).
    #[must_use]
    pub fn resolve(&self, address: &str) -> Option<Url> {
        let (base, encode) = (self.base_url(), encoder(self.encoding));
        Url::options().base_url(Some(&base)).encoding_override(Some(&encode)).parse(address).ok()
    }

    /// The document's origin, as scripts see it.
    #[must_use]
    pub fn origin(&self) -> String {
        if self.is_opaque() { "null".to_owned() } else { self.origin_url().origin().ascii_serialization() }
    }

    /// Wants another document; the last wish of a task counts.
    pub fn navigate(&self, navigation: Navigation) {
        *self.navigation.borrow_mut() = Some((navigation, self.event_loop.cause()));
    }
}

/// Makes the global object: an event target.
#[must_use]
pub fn make_global(intrinsics: &Intrinsics) -> JsObject {
    JsObject::from_proto_and_data(intrinsics.constructors().object().prototype(), TargetObject::default())
}

/// Reports an error that nobody caught: the window's `error` event, then a fault (HTML §8.1.4.6).
pub fn report_error(error: &JsError, context: &mut Context) {
    let url = Window::of(context).url.borrow().to_string();
    report_error_of(error, &url, context);
}

/// Reports an error of the script at `url`, which it may not name itself.
pub fn report_error_of(error: &JsError, url: &str, context: &mut Context) {
    let described = describe(error, context);
    let value = error.as_opaque().cloned().or_else(|| {
        let native = error.as_native()?.clone();
        Some(native.into_opaque(context).into())
    });
    report(&described, value, url, context);
}

/// Reports a fault of a script that does not parse.
pub fn report_parse_fault(fault: &Fault, context: &mut Context) {
    if let Fault::Parse { message, place } = fault {
        let described = Described {
            message: message.clone(),
            stack: place.stack.clone(),
            place: Some((place.url.clone(), place.line, place.column)),
            is_parse: true,
            ..Described::default()
        };
        if fire_error(&described, None, context) {
            EventLoop::of(context).emit(Output::Fault(fault.clone()));
        }
    }
}

fn report(described: &Described, value: Option<JsValue>, url: &str, context: &mut Context) {
    missing::warn(described, context);
    if !described.is_limit && !fire_error(described, value, context) {
        return;
    }
    let place = script::place(described, url, context);
    let message = described.message.clone();
    if described.is_limit && interrupt::is_raised() {
        return EventLoop::of(context).report_cut(Some(place));
    }
    let fault = if described.is_limit {
        Fault::Limit { limit: message, value: crate::base::limits::RECURSION_DEPTH_MAX as u64, place }
    } else {
        Fault::Uncaught { message, place }
    };
    EventLoop::of(context).emit(Output::Fault(fault));
}

/// Fires `error` at the window; false where a handler took care of it. An error of the handler is not fired again.
fn fire_error(described: &Described, value: Option<JsValue>, context: &mut Context) -> bool {
    thread_local!(static REPORTING: Cell<bool> = const { Cell::new(false) });
    if REPORTING.replace(true) {
        return true;
    }
    let (url, line, column) = described.place.clone().unwrap_or_default();
    let members = vec![
        ("message", JsString::from(described.message.as_str()).into()),
        ("filename", JsString::from(url.as_str()).into()),
        ("lineno", line.into()),
        ("colno", column.into()),
        ("error", value.unwrap_or_default()),
    ];
    let event = Event::trusted("ErrorEvent", "error", false, true, members, context);
    let global = context.global_object();
    let unhandled = event::dispatch(&event, &global, context).unwrap_or(true);
    REPORTING.set(false);
    unhandled
}

/// Reports a rejection that nobody handled: `unhandledrejection`, then a fault.
pub fn report_rejection(promise: &JsObject, context: &mut Context) {
    let reason = boa_engine::object::builtins::JsPromise::from_object(promise.clone())
        .map(|promise| promise.state())
        .ok()
        .and_then(|state| match state {
            boa_engine::builtins::promise::PromiseState::Rejected(reason) => Some(reason),
            _ => None,
        })
        .unwrap_or_default();
    let members = vec![("promise", promise.clone().into()), ("reason", reason.clone())];
    let event = Event::trusted("PromiseRejectionEvent", "unhandledrejection", false, true, members, context);
    let global = context.global_object();
    if !event::dispatch(&event, &global, context).unwrap_or(true) {
        return;
    }
    let described = describe(&JsError::from_opaque(reason), context);
    missing::warn(&described, context);
    let url = Window::of(context).url.borrow().to_string();
    let place = script::place(&described, &url, context);
    EventLoop::of(context).emit(Output::Fault(Fault::Rejection { message: described.message, place }));
}
