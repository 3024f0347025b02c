//! EventTarget (DOM §2.7): listeners, and where they are kept.

use std::cell::Cell;
use std::rc::Rc;

use boa_engine::{Context, JsData, JsObject, JsResult, JsString, JsValue};
use boa_gc::{Finalize, GcRefCell, Trace};

use super::event::{self, Event};
use super::wrap::{NodeObject, with_script};
use crate::engine::convert::{arg, member, require, text, this_object, type_error};
use crate::engine::interface::{Interface, new_target_prototype};

/// One listener.
#[derive(Trace, Finalize, Clone)]
pub struct Listener {
    /// The event type.
    pub kind: JsString,
    /// The callback; none: the event handler of this type, looked up when it is called.
    pub callback: Option<JsObject>,
    /// `capture`
    pub capture: bool,
    /// `once`
    pub once: bool,
    /// `passive`
    pub passive: bool,
    /// `signal`: once it is given, the listener counts as removed.
    pub signal: Option<JsObject>,
    /// Set when it is removed, also while it is being dispatched.
    #[unsafe_ignore_trace]
    pub removed: Rc<Cell<bool>>,
}

impl Listener {
    /// Whether its signal was given.
    #[must_use]
    pub fn is_aborted(&self) -> bool {
        self.signal.as_ref().is_some_and(|signal| super::abort::reason_of(signal).is_some())
    }
}

/// An event handler (HTML §8.1.8.1).
#[derive(Trace, Finalize, Clone)]
pub enum Handler {
    /// Compiled from this text of a content attribute.
    Compiled(#[unsafe_ignore_trace] Rc<str>, Option<JsObject>),
    /// Set by script; null takes it away.
    Set(Option<JsObject>),
}

/// A target's listeners and handlers.
#[derive(Trace, Finalize, Default)]
pub struct Listeners {
    list: GcRefCell<Vec<Listener>>,
    handlers: GcRefCell<Vec<(JsString, Handler)>>,
}

impl Listeners {
    /// A copy of those for a type, to call them in order.
    #[must_use]
    pub fn of_type(&self, kind: &JsString) -> Vec<Listener> {
        self.list.borrow().iter().filter(|listener| listener.kind == *kind).cloned().collect()
    }

    /// Whether there is one for a type.
    #[must_use]
    pub fn has_type(&self, kind: &JsString) -> bool {
        self.list.borrow().iter().any(|listener| listener.kind == *kind)
    }

    /// Adds a listener unless it is there already.
    pub fn add(&self, listener: Listener) {
        let mut list = self.list.borrow_mut();
        let there = list.iter().any(|old| same(old, &listener.kind, listener.callback.as_ref(), listener.capture));
        if !there {
            list.push(listener);
        }
    }

    /// Removes a listener.
    pub fn remove(&self, kind: &JsString, callback: Option<&JsObject>, capture: bool) {
        self.list.borrow_mut().retain(|old| {
            let hit = same(old, kind, callback, capture);
            old.removed.set(old.removed.get() || hit);
            !hit
        });
    }

    /// The handler of a type.
    #[must_use]
    pub fn handler(&self, kind: &JsString) -> Option<Handler> {
        self.handlers.borrow().iter().find(|(name, _)| name == kind).map(|(_, handler)| handler.clone())
    }

    /// Sets the handler of a type; the first one takes its place among the listeners.
    pub fn set_handler(&self, kind: &JsString, handler: Handler) {
        let mut handlers = self.handlers.borrow_mut();
        match handlers.iter_mut().find(|(name, _)| name == kind) {
            Some((_, old)) => *old = handler,
            None => handlers.push((kind.clone(), handler)),
        }
        drop(handlers);
        self.add(Listener {
            kind: kind.clone(),
            callback: None,
            capture: false,
            once: false,
            passive: false,
            signal: None,
            removed: Rc::default(),
        });
    }

    /// Takes a handler away: set again, it stands last (HTML §8.1.8.1, "deactivate an event handler").
    pub fn clear_handler(&self, kind: &JsString) {
        self.set_handler(kind, Handler::Set(None));
        self.remove(kind, None, false);
    }

    /// Handlers that were taken away are as if there had never been any: another document's attributes count.
    pub fn forget_cleared(&self) {
        self.handlers.borrow_mut().retain(|(_, handler)| !matches!(handler, Handler::Set(None)));
    }

    /// All are gone (`document.open`).
    pub fn clear(&self) {
        for listener in self.list.borrow_mut().drain(..) {
            listener.removed.set(true);
        }
        self.handlers.borrow_mut().clear();
    }
}

fn same(listener: &Listener, kind: &JsString, callback: Option<&JsObject>, capture: bool) -> bool {
    let callbacks = match (&listener.callback, callback) {
        (Some(a), Some(b)) => JsObject::equals(a, b),
        (None, None) => true,
        _ => false,
    };
    callbacks && listener.capture == capture && listener.kind == *kind
}

/// The native data of an event target that is no node: the window, XHR, a page's own `new EventTarget()`.
#[derive(Trace, Finalize, JsData, Default)]
pub struct TargetObject {
    /// Its listeners.
    pub listeners: Listeners,
}

/// Runs `f` on the listeners of an event target; `None` for an object that is none.
pub fn with_listeners<R>(object: &JsObject, f: impl FnOnce(&Listeners) -> R) -> Option<R> {
    if let Some(node) = object.downcast_ref::<NodeObject>() {
        return Some(with_script(&node.0, |script| f(&script.listeners)));
    }
    if let Some(target) = object.downcast_ref::<TargetObject>() {
        return Some(f(&target.listeners));
    }
    if let Some(signal) = object.downcast_ref::<super::abort::SignalObject>() {
        return Some(f(&signal.listeners));
    }
    if let Some(port) = object.downcast_ref::<super::message_port::PortObject>() {
        return Some(f(&port.listeners));
    }
    if let Some(channel) = object.downcast_ref::<super::broadcast_channel::ChannelObject>() {
        return Some(f(&channel.listeners));
    }
    if let Some(source) = object.downcast_ref::<super::event_source::SourceObject>() {
        return Some(f(&source.listeners));
    }
    if let Some(socket) = object.downcast_ref::<super::web_socket::SocketObject>() {
        return Some(f(&socket.listeners));
    }
    if let Some(reader) = object.downcast_ref::<super::file_reader::ReaderObject>() {
        return Some(f(&reader.listeners));
    }
    if let Some(performance) = object.downcast_ref::<super::performance::PerformanceObject>() {
        return Some(f(&performance.listeners));
    }
    if let Some(list) = object.downcast_ref::<super::media_query_list::MediaQueryListObject>() {
        return Some(f(&list.listeners));
    }
    object.downcast_ref::<super::xhr::XhrObject>().map(|xhr| f(&xhr.listeners))
}

fn construct(new_target: &JsValue, _args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let prototype = new_target_prototype(new_target, "EventTarget", context)?;
    Ok(JsObject::from_proto_and_data(prototype, TargetObject::default()).into())
}

fn capture_of(options: &JsValue, context: &mut Context) -> JsResult<bool> {
    match options.is_object() {
        true => Ok(member(options, "capture", context)?.to_boolean()),
        false => Ok(options.to_boolean()),
    }
}

/// Whether listeners may not prevent what an event does unless they say so: those of touches and wheels at the window,
/// the document, its root and its body ([default passive value](https://dom.spec.whatwg.org/#default-passive-value)).
fn is_passive_by_default(target: &JsObject, kind: &JsString, context: &Context) -> bool {
    if !["touchstart", "touchmove", "wheel", "mousewheel"].iter().any(|name| *kind == *name) {
        return false;
    }
    match target.downcast_ref::<NodeObject>() {
        Some(node) => node.0.as_document().is_some() || matches!(node.0.html_name(), "html" | "body"),
        None => JsObject::equals(target, &context.global_object()),
    }
}

fn add_event_listener(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    require(args, 2)?;
    let target = this_object(this, context);
    let kind = arg(args, 0).to_string(context)?;
    let callback = arg(args, 1);
    if !callback.is_null_or_undefined() && !callback.is_object() {
        return Err(type_error("parameter 2 is not of type 'Object'"));
    }
    // Read also where there is no callback: pages learn so which options are known.
    let options = arg(args, 2);
    let capture = capture_of(&options, context)?;
    let once = member(&options, "once", context)?.to_boolean();
    let passive = member(&options, "passive", context)?;
    let signal = member(&options, "signal", context)?;
    if !signal.is_undefined() && !signal.as_object().is_some_and(|signal| signal.is::<super::abort::SignalObject>()) {
        return Err(type_error("member signal is not of type 'AbortSignal'"));
    }
    let Some(callback) = callback.as_object() else { return Ok(JsValue::undefined()) };
    let passive =
        if passive.is_undefined() { is_passive_by_default(&target, &kind, context) } else { passive.to_boolean() };
    let (callback, signal) = (Some(callback), signal.as_object());
    let listener = Listener { kind, callback, capture, once, passive, signal, removed: Rc::default() };
    if listener.is_aborted() {
        return Ok(JsValue::undefined());
    }
    super::handlers::keep_place(&target, &listener.kind);
    with_listeners(&target, |listeners| listeners.add(listener)).ok_or_else(|| type_error("Illegal invocation"))?;
    Ok(JsValue::undefined())
}

fn remove_event_listener(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let target = this_object(this, context);
    let kind = arg(args, 0).to_string(context)?;
    let capture = capture_of(&arg(args, 2), context)?;
    if let Some(callback) = arg(args, 1).as_object() {
        with_listeners(&target, |listeners| listeners.remove(&kind, Some(&callback), capture));
    }
    Ok(JsValue::undefined())
}

fn dispatch_event(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let target = this_object(this, context);
    let Some(object) = arg(args, 0).as_object().filter(|object| object.is::<Event>()) else {
        return Err(type_error("parameter 1 is not of type 'Event'"));
    };
    let state = object.downcast_ref::<Event>().map(|event| (event.is_dispatching(), event.is_initialized()));
    if state != Some((false, true)) {
        let message = "The event is already being dispatched, or was not initialized.";
        return Err(super::exception::dom_exception("InvalidStateError", message, context));
    }
    if let Some(event) = object.downcast_ref::<Event>() {
        event.set_trusted(false);
    }
    event::dispatch(&object, &target, context).map(JsValue::from)
}

/// The getter behind every `on…` attribute.
///
/// # Errors
/// A TypeError where `this` is no event target.
pub fn get_handler(this: &JsValue, kind: &str, context: &mut Context) -> JsResult<JsValue> {
    let target = super::handlers::handler_target(&this_object(this, context), kind, context);
    let handler = super::handlers::current(&target, &JsString::from(kind), context);
    Ok(handler.map_or_else(JsValue::null, JsValue::from))
}

/// The setter behind every `on…` attribute: anything that is no object counts as null.
///
/// # Errors
/// None; the signature is that of a native.
pub fn set_handler(this: &JsValue, kind: &str, value: &JsValue, context: &mut Context) -> JsResult<JsValue> {
    let target = super::handlers::handler_target(&this_object(this, context), kind, context);
    let kind = JsString::from(kind);
    with_listeners(&target, |listeners| match value.as_object() {
        Some(function) => listeners.set_handler(&kind, Handler::Set(Some(function))),
        None => listeners.clear_handler(&kind),
    });
    Ok(JsValue::undefined())
}

/// The table of EventTarget.
pub const EVENT_TARGET: Interface = Interface {
    name: "EventTarget",
    constructor: Some((construct, 0)),
    methods: &[
        ("addEventListener", add_event_listener, 2),
        ("removeEventListener", remove_event_listener, 2),
        ("dispatchEvent", dispatch_event, 1),
    ],
    ..Interface::EMPTY
};

/// Fires a plain event at a target.
///
/// # Errors
/// None that the page made: listeners' errors are reported.
pub fn fire(target: &JsObject, kind: &str, bubbles: bool, cancelable: bool, context: &mut Context) -> JsResult<bool> {
    let event = Event::plain(kind, bubbles, cancelable, context);
    event::dispatch(&event, target, context)
}

/// Reads the event type argument of `createEvent` and the like.
///
/// # Errors
/// What `toString` throws.
pub fn type_arg(args: &[JsValue], context: &mut Context) -> JsResult<String> {
    text(args, 0, context)
}
