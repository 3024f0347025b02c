//! A document's window: the state behind the global object.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use boa_engine::context::intrinsics::Intrinsics;
use boa_engine::{Context, JsError, JsObject, JsString, JsValue};
use url::Url;

use super::event::{self, Event};
use super::form_encoding::encoder;
use super::missing;
use super::target::TargetObject;
use super::world::World;
use crate::base::interrupt;
use crate::dom::parse::DocumentParser;
use crate::dom::{NodeRef, tree};
use crate::engine::event_loop::{EventLoop, Output};
use crate::engine::fault::{Described, describe};
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
pub struct Window {
    /// The document.
    pub document: NodeRef,
    /// The document's address.
    pub url: RefCell<Url>,
    /// The address this document was opened from, for `document.referrer`.
    pub referrer: String,
    /// What the document's answer said of that: `Referrer-Policy`.
    pub referrer_policy: Option<ReferrerPolicy>,
    /// The page's loop.
    pub event_loop: Rc<EventLoop>,
    /// What is outside.
    pub world: Rc<World>,
    /// Where loading stands.
    pub ready_state: Cell<ReadyState>,
    /// The parser while it runs, and the level its running script writes to.
    pub parser: RefCell<Option<Rc<DocumentParser>>>,
    /// Scripts, their order, what they wait for.
    pub scripts: super::scripting::Scripts,
    /// Documents of frames that the page is writing.
    pub written: super::frame_writing::Written,
    /// The element with the focus.
    pub active: RefCell<Option<NodeRef>>,
    /// `window.event`
    pub current_event: RefCell<Option<JsObject>>,
    /// Where the page wants to go and why, until the page's owner goes there.
    pub navigation: RefCell<Option<(Navigation, Option<Cause>)>>,
    /// Session history of this document, and the place in it.
    pub history: RefCell<(Vec<HistoryEntry>, usize)>,
    /// The document's encoding, for the scripts and forms in it.
    pub encoding: &'static str,
    /// `document.lastModified`, in ms.
    pub loaded_at: i64,
}

impl Window {
    /// The window of this context.
    ///
    /// # Panics
    /// Where the page did not give the context one: a bug.
    #[must_use]
    pub fn of(context: &Context) -> Rc<Self> {
        context.get_data::<Rc<Self>>().expect("a page's context has its window").clone()
    }

    /// The base address of the document: that of `<base>`, or its own.
    #[must_use]
    pub fn base_url(&self) -> Url {
        let url = self.url.borrow();
        match tree::base_href(&self.document) {
            Some(href) => url.join(href.trim()).unwrap_or_else(|_| url.clone()),
            None => url.clone(),
        }
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
        self.url.borrow().origin().ascii_serialization()
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
