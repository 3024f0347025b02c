//! Event (DOM §2.2) and dispatch (DOM §2.9).

use std::cell::Cell;

use boa_engine::{Context, JsData, JsObject, JsResult, JsString, JsValue};
use boa_gc::{Finalize, GcRefCell, Trace};

use super::event_path::{Passing, Path, listening};
pub(super) use super::event_realms::is_a;
use super::event_realms::window_of;
use super::target::{Listener, with_listeners};
use super::wrap::{as_node, wrap, wrap_or_null};
use super::{event_types, handlers, motion};
use crate::engine::convert::{arg, member, this_object, type_error};
use crate::engine::event_loop::EventLoop;
use crate::engine::interface::{Interface, new_target_prototype, prototype};

/// The native data of an event.
#[derive(Trace, Finalize, JsData)]
pub struct Event {
    kind: GcRefCell<JsString>,
    target: GcRefCell<Option<JsObject>>,
    current_target: GcRefCell<Option<JsObject>>,
    /// Where it passes while it is dispatched, from the target up.
    path: GcRefCell<Path>,
    /// What a subclass adds, by attribute name.
    pub members: GcRefCell<Vec<(&'static str, JsValue)>>,
    #[unsafe_ignore_trace]
    phase: Cell<u8>,
    #[unsafe_ignore_trace]
    flags: Cell<u16>,
    #[unsafe_ignore_trace]
    time: f64,
}

const BUBBLES: u16 = 1;
const CANCELABLE: u16 = 2;
const STOP: u16 = 4;
const STOP_NOW: u16 = 8;
const CANCELED: u16 = 16;
const DISPATCHING: u16 = 32;
const INITIALIZED: u16 = 64;
const TRUSTED: u16 = 128;
const PASSIVE: u16 = 256;
const COMPOSED: u16 = 512;
/// It is at a node of a shadow tree: `window.event` does not tell of it.
const IN_SHADOW: u16 = 1024;

impl Event {
    fn new(kind: JsString, bubbles: bool, cancelable: bool, context: &Context) -> Self {
        let flags = if bubbles { BUBBLES } else { 0 } | if cancelable { CANCELABLE } else { 0 } | INITIALIZED;
        Self {
            kind: GcRefCell::new(kind),
            target: GcRefCell::default(),
            current_target: GcRefCell::default(),
            path: GcRefCell::default(),
            members: GcRefCell::default(),
            phase: Cell::new(0),
            flags: Cell::new(flags),
            time: time_stamp(context),
        }
    }

    fn flag(&self, flag: u16) -> bool {
        self.flags.get() & flag != 0
    }

    fn set(&self, flag: u16, on: bool) {
        let flags = self.flags.get();
        self.flags.set(if on { flags | flag } else { flags & !flag });
    }

    /// Whether it is being dispatched.
    #[must_use]
    pub fn is_dispatching(&self) -> bool {
        self.flag(DISPATCHING)
    }

    /// Whether it has a type.
    #[must_use]
    pub fn is_initialized(&self) -> bool {
        self.flag(INITIALIZED)
    }

    /// Whether a listener prevented the default action.
    #[must_use]
    pub fn is_canceled(&self) -> bool {
        self.flag(CANCELED)
    }

    /// Whether it passes from shadow trees to their hosts.
    #[must_use]
    pub fn is_composed(&self) -> bool {
        self.flag(COMPOSED)
    }

    fn set_member(&self, name: &str, value: JsValue) {
        if let Some(member) = self.members.borrow_mut().iter_mut().find(|(own, _)| *own == name) {
            member.1 = value;
        }
    }

    /// Sets `composed`.
    pub fn set_composed(&self, on: bool) {
        self.set(COMPOSED, on);
    }

    /// Sets `isTrusted`.
    pub fn set_trusted(&self, on: bool) {
        self.set(TRUSTED, on);
    }

    /// Prevents the default action, where that is allowed.
    pub fn cancel(&self) {
        if self.flag(CANCELABLE) && !self.flag(PASSIVE) {
            self.set(CANCELED, true);
        }
    }

    /// (Re)initialises it (`initEvent`).
    pub fn init(&self, kind: JsString, bubbles: bool, cancelable: bool) {
        if self.is_dispatching() {
            return;
        }
        *self.kind.borrow_mut() = kind;
        *self.target.borrow_mut() = None;
        self.set(INITIALIZED, true);
        self.set(BUBBLES, bubbles);
        self.set(CANCELABLE, cancelable);
        self.set(STOP | STOP_NOW | CANCELED | TRUSTED, false);
    }

    /// An uninitialised event (`document.createEvent`).
    #[must_use]
    pub fn uninitialized(interface: &str, context: &mut Context) -> JsObject {
        let event = Self::new(JsString::default(), false, false, context);
        event.set(INITIALIZED, false);
        JsObject::from_proto_and_data(prototype(interface, context), event)
    }

    /// A trusted event of interface Event.
    #[must_use]
    pub fn plain(kind: &str, bubbles: bool, cancelable: bool, context: &mut Context) -> JsObject {
        Self::trusted("Event", kind, bubbles, cancelable, Vec::new(), context)
    }

    /// A trusted event of any interface, with the attributes a subclass adds.
    #[must_use]
    pub fn trusted(
        interface: &str,
        kind: &str,
        bubbles: bool,
        cancelable: bool,
        members: Vec<(&'static str, JsValue)>,
        context: &mut Context,
    ) -> JsObject {
        let event = Self::new(JsString::from(kind), bubbles, cancelable, context);
        event.set(TRUSTED, true);
        event.set(COMPOSED, event_types::is_of_user(interface) || kind == "input");
        *event.members.borrow_mut() = members;
        JsObject::from_proto_and_data(prototype(interface, context), event)
    }

    /// An event from a constructor call: type and options read, subclass attributes not yet.
    ///
    /// # Errors
    /// What the page's getters throw.
    pub fn construct(
        interface: &str,
        new_target: &JsValue,
        args: &[JsValue],
        context: &mut Context,
    ) -> JsResult<JsObject> {
        crate::engine::convert::require(args, 1)?;
        let kind = arg(args, 0).to_string(context)?;
        let options = arg(args, 1);
        let bubbles = member(&options, "bubbles", context)?.to_boolean();
        let cancelable = member(&options, "cancelable", context)?.to_boolean();
        let event = Self::new(kind, bubbles, cancelable, context);
        event.set(COMPOSED, member(&options, "composed", context)?.to_boolean());
        let prototype = new_target_prototype(new_target, interface, context)?;
        Ok(JsObject::from_proto_and_data(prototype, event))
    }
}

fn time_stamp(context: &Context) -> f64 {
    let clock = EventLoop::of(context).clock().clone();
    #[expect(clippy::cast_precision_loss, reason = "page time in ms is far below 2^53")]
    let now = clock.since_start() as f64;
    now
}

/// Dispatches an event, with the activation behaviour where it is a click; false where its default action was
/// prevented. Errors of listeners are reported, not returned.
///
/// # Errors
/// Where `event` is none: a bug.
pub fn dispatch(event: &JsObject, target: &JsObject, context: &mut Context) -> JsResult<bool> {
    let is_click = with(event, |data| *data.kind.borrow() == *"click")?;
    match as_node(&target.clone().into()).filter(|_| is_click) {
        Some(node) if is_a(event, "MouseEvent", context) => super::activation::dispatch_click(event, &node, context),
        _ => dispatch_plain(event, target, context),
    }
}

/// Dispatches an event and does nothing after it.
///
/// # Errors
/// Where `event` is none: a bug.
pub fn dispatch_plain(event: &JsObject, target: &JsObject, context: &mut Context) -> JsResult<bool> {
    dispatch_as(event, target, target, context)
}

/// Dispatches at `target` an event whose `target` is another object: the window's `load` names the document (HTML
/// §13.2.7, "legacy target override").
///
/// # Errors
/// Where `event` is none: a bug.
pub fn dispatch_as(event: &JsObject, target: &JsObject, named: &JsObject, context: &mut Context) -> JsResult<bool> {
    let path = path_of(target, event, context)?;
    let kind = with(event, |data| {
        data.set(DISPATCHING, true);
        *data.target.borrow_mut() = (!path.stops.is_empty()).then(|| named.clone());
        *data.path.borrow_mut() = path.clone();
        data.kind.borrow().clone()
    })?;
    let legacy = legacy_of(event, &kind)?;
    let bubbles = bubbles(event)?;
    let down = path.stops.iter().enumerate().rev().map(|(at, stop)| (at, stop, true));
    let up = path.stops.iter().enumerate().filter(|(at, _)| bubbles || path.is_target(*at));
    let mut fired = Ok(());
    for (at, stop, capture) in down.chain(up.map(|(at, stop)| (at, stop, false))) {
        // Asked when its turn comes: a listener may have added another one further on.
        let Some(object) = listening(stop, &kind, legacy.as_ref(), capture, context) else { continue };
        let phase = match (path.is_target(at), capture) {
            (true, _) => 2,
            (false, true) => 1,
            (false, false) => 3,
        };
        with(event, |data| data.phase.set(phase))?;
        tell(event, &path, at, context)?;
        fired = fired.and_then(|()| invoke(event, &object, &kind, capture, context));
    }
    with(event, |data| {
        data.phase.set(0);
        data.set(DISPATCHING | STOP | STOP_NOW | IN_SHADOW, false);
        *data.current_target.borrow_mut() = None;
        *data.path.borrow_mut() = Path::default();
    })?;
    if path.is_composed() {
        let left = path.left();
        let target = left.as_ref().map(|(target, _)| wrap(target, context));
        let related = wrap_or_null(left.and_then(|(_, related)| related), context);
        with(event, |data| {
            *data.target.borrow_mut() = target;
            data.set_member("relatedTarget", related);
        })?;
    }
    fired?;
    with(event, |data| !data.flag(CANCELED))
}

fn path_of(target: &JsObject, event: &JsObject, context: &Context) -> JsResult<Path> {
    let passing = with(event, |data| {
        let members = data.members.borrow();
        let related = members.iter().find(|(name, _)| *name == "relatedTarget").and_then(|(_, value)| as_node(value));
        let is_load = *data.kind.borrow() == *"load";
        Passing { is_load, is_composed: data.flag(COMPOSED), related }
    })?;
    Ok(Path::of(target, &passing, context))
}

/// Tells an event what it may know at a stop.
fn tell(event: &JsObject, path: &Path, at: usize, context: &mut Context) -> JsResult<()> {
    let Some(told) = path.told(at) else { return Ok(()) };
    let target = path.target_at(at).map(|target| wrap(target, context));
    let related = wrap_or_null(told.related.clone(), context);
    with(event, |data| {
        *data.target.borrow_mut() = target;
        data.set_member("relatedTarget", related);
        data.set(IN_SHADOW, told.is_in_shadow);
    })
}

/// Whether an event bubbles.
///
/// # Errors
/// Where `event` is none: a bug.
pub(super) fn bubbles(event: &JsObject) -> JsResult<bool> {
    with(event, |data| data.flag(BUBBLES))
}

fn invoke(event: &JsObject, object: &JsObject, kind: &JsString, capture: bool, context: &mut Context) -> JsResult<()> {
    if with(event, |data| data.flag(STOP))? {
        return Ok(());
    }
    if !capture {
        handlers::adopt_attribute(object, kind, context);
    }
    let of_type = |kind: &JsString| with_listeners(object, |listeners| listeners.of_type(kind)).unwrap_or_default();
    let listeners = of_type(kind);
    if !listeners.is_empty() {
        return inner_invoke(event, object, kind, listeners, capture, context);
    }
    let Some(legacy) = legacy_of(event, kind)? else { return Ok(()) };
    let listeners = of_type(&legacy);
    if listeners.is_empty() {
        return Ok(());
    }
    with(event, |data| *data.kind.borrow_mut() = legacy.clone())?;
    let invoked = inner_invoke(event, object, &legacy, listeners, capture, context);
    with(event, |data| *data.kind.borrow_mut() = kind.clone())?;
    invoked
}

/// The name under which an event of the browser's own reaches those who know no other (DOM §2.9, "legacy event type").
fn legacy_of(event: &JsObject, kind: &JsString) -> JsResult<Option<JsString>> {
    let is_trusted = with(event, |data| data.flag(TRUSTED))?;
    let legacy = || motion::legacy_type(&kind.to_std_string_lossy());
    Ok(if is_trusted { legacy().map(JsString::from) } else { None })
}

fn inner_invoke(
    event: &JsObject,
    object: &JsObject,
    kind: &JsString,
    listeners: Vec<Listener>,
    capture: bool,
    context: &mut Context,
) -> JsResult<()> {
    with(event, |data| *data.current_target.borrow_mut() = Some(object.clone()))?;
    for listener in listeners.into_iter().filter(|l| l.capture == capture) {
        if listener.removed.get() || listener.is_aborted() {
            continue;
        }
        if listener.once {
            let callback = listener.callback.as_ref();
            with_listeners(object, |listeners| listeners.remove(kind, callback, capture));
        }
        call(event, object, &listener, kind, context)?;
        if with(event, |data| data.flag(STOP_NOW))? {
            break;
        }
    }
    Ok(())
}

fn call(
    event: &JsObject,
    object: &JsObject,
    listener: &Listener,
    kind: &JsString,
    context: &mut Context,
) -> JsResult<()> {
    let event_loop = EventLoop::of(context);
    let window = window_of(listener.callback.as_ref(), object, context);
    let is_hidden = with(event, |data| data.flag(IN_SHADOW))?;
    let current = (!is_hidden).then(|| event.clone());
    let before = std::mem::replace(&mut *window.current_event.borrow_mut(), current);
    match &listener.callback {
        None => handlers::call(event, object, kind, context)?,
        Some(callback) => {
            with(event, |data| data.set(PASSIVE, listener.passive))?;
            let (function, this) = if callback.is_callable() {
                (Some(callback.clone()), JsValue::from(object.clone()))
            } else {
                let found = callback.get(JsString::from("handleEvent"), context).and_then(|handle| {
                    let handle = handle.as_object().filter(JsObject::is_callable);
                    handle.ok_or_else(|| type_error("EventListener.handleEvent is not a function"))
                });
                (found.map_err(|error| event_loop.report(&error, context)).ok(), JsValue::from(callback.clone()))
            };
            if let Some(function) = function {
                event_loop.call(&function, &this, &[event.clone().into()], context);
            }
            with(event, |data| data.set(PASSIVE, false))?;
        }
    }
    *window.current_event.borrow_mut() = before;
    event_loop.clean_up(context);
    Ok(())
}

/// Runs `f` on an event's data.
///
/// # Errors
/// A TypeError where the object is no event.
pub fn with<R>(event: &JsObject, f: impl FnOnce(&Event) -> R) -> JsResult<R> {
    event.downcast_ref::<Event>().map(|data| f(&data)).ok_or_else(|| type_error("Illegal invocation"))
}

fn get<R>(this: &JsValue, context: &Context, f: impl FnOnce(&Event) -> R) -> JsResult<R> {
    with(&this_object(this, context), f)
}

fn object_or_null(object: Option<JsObject>) -> JsValue {
    object.map_or_else(JsValue::null, JsValue::from)
}

fn construct(new_target: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    Event::construct("Event", new_target, args, context).map(JsValue::from)
}

fn target(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    get(this, context, |e| object_or_null(e.target.borrow().clone()))
}

fn current_target(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    get(this, context, |e| object_or_null(e.current_target.borrow().clone()))
}

fn return_value(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    get(this, context, |e| (!e.flag(CANCELED)).into())
}

fn set_return_value(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    if !arg(args, 0).to_boolean() {
        get(this, context, Event::cancel)?;
    }
    Ok(JsValue::undefined())
}

fn cancel_bubble(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    get(this, context, |e| e.flag(STOP).into())
}

fn set_cancel_bubble(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    if arg(args, 0).to_boolean() {
        get(this, context, |e| e.set(STOP, true))?;
    }
    Ok(JsValue::undefined())
}

fn prevent_default(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    get(this, context, Event::cancel).map(|()| JsValue::undefined())
}

fn stop_propagation(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    get(this, context, |e| e.set(STOP, true)).map(|()| JsValue::undefined())
}

fn stop_immediate(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    get(this, context, |e| e.set(STOP | STOP_NOW, true)).map(|()| JsValue::undefined())
}

/// `composedPath()`.
pub(super) fn composed_path(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let event = this_object(this, context);
    let (path, current) = with(&event, |e| (e.path.borrow().clone(), e.current_target.borrow().clone()))?;
    let stops = current.map_or_else(Vec::new, |current| path.visible(&current));
    let path: Vec<JsValue> = stops.iter().map(|stop| stop.object(context).into()).collect();
    Ok(crate::engine::convert::array(path, context))
}

fn init_event(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    crate::engine::convert::require(args, 1)?;
    let kind = arg(args, 0).to_string(context)?;
    let (bubbles, cancelable) = (arg(args, 1).to_boolean(), arg(args, 2).to_boolean());
    get(this, context, |e| e.init(kind, bubbles, cancelable)).map(|()| JsValue::undefined())
}

/// The table of Event.
pub const EVENT: Interface = Interface {
    name: "Event",
    constructor: Some((construct, 1)),
    attributes: &[
        ("type", |this, _, context| get(this, context, |e| e.kind.borrow().clone().into()), None),
        ("target", target, None),
        ("srcElement", target, None),
        ("currentTarget", current_target, None),
        ("eventPhase", |this, _, context| get(this, context, |e| i32::from(e.phase.get()).into()), None),
        ("bubbles", |this, _, context| get(this, context, |e| e.flag(BUBBLES).into()), None),
        ("cancelable", |this, _, context| get(this, context, |e| e.flag(CANCELABLE).into()), None),
        ("composed", |this, _, context| get(this, context, |e| e.flag(COMPOSED).into()), None),
        ("defaultPrevented", |this, _, context| get(this, context, |e| e.flag(CANCELED).into()), None),
        ("isTrusted", |this, _, context| get(this, context, |e| e.flag(TRUSTED).into()), None),
        ("timeStamp", |this, _, context| get(this, context, |e| e.time.into()), None),
        ("returnValue", return_value, Some(set_return_value)),
        ("cancelBubble", cancel_bubble, Some(set_cancel_bubble)),
    ],
    methods: &[
        ("preventDefault", prevent_default, 0),
        ("stopPropagation", stop_propagation, 0),
        ("stopImmediatePropagation", stop_immediate, 0),
        ("composedPath", composed_path, 0),
        ("initEvent", init_event, 1),
    ],
    constants: &[("NONE", 0), ("CAPTURING_PHASE", 1), ("AT_TARGET", 2), ("BUBBLING_PHASE", 3)],
    ..Interface::EMPTY
};
