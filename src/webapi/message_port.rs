//! MessageChannel and MessagePort ([HTML §9.4](https://html.spec.whatwg.org/multipage/web-messaging.html#channel-messaging)).
//!
//! A message is delivered in a task of its own, under the cause of the task that posted it. Schedulers of libraries use
//! a channel as a timer without a delay.

use std::cell::Cell;
use std::collections::VecDeque;

use boa_engine::{Context, JsData, JsObject, JsResult, JsValue};
use boa_gc::{Finalize, GcRefCell, Trace};

use super::event::{Event, dispatch};
use super::structured_clone::{Cloned, clone_with_transfer, transfer_list};
use super::target::{Listeners, get_handler, set_handler};
use super::window::Window;
use super::{frames, handlers};
use crate::engine::convert::{arg, array, require, string, type_error};
use crate::engine::event_loop::EventLoop;
use crate::engine::interface::{
    Interface, define_accessor, install as install_interface, new_target_prototype, prototype,
};
use crate::engine::queued::Owner;
use crate::event::Cause;

/// A message on its way.
#[derive(Trace, Finalize)]
struct Message {
    data: JsValue,
    ports: Vec<JsObject>,
    #[unsafe_ignore_trace]
    cause: Option<Cause>,
}

/// The native data of a port.
#[derive(Trace, Finalize, JsData)]
pub struct PortObject {
    /// Its listeners.
    pub listeners: Listeners,
    /// The port at the other end.
    other: GcRefCell<Option<JsObject>>,
    /// What came and was not delivered yet.
    queue: GcRefCell<VecDeque<Message>>,
    #[unsafe_ignore_trace]
    is_started: Cell<bool>,
    /// It was closed or moved away.
    #[unsafe_ignore_trace]
    is_detached: Cell<bool>,
    /// Whose it is: messages are told there.
    owner: Owner,
}

#[derive(Trace, Finalize, JsData)]
struct ChannelObject {
    ports: [JsObject; 2],
}

/// A port without another end.
#[must_use]
pub fn make(context: &mut Context) -> JsObject {
    let port = PortObject {
        listeners: Listeners::default(),
        other: GcRefCell::default(),
        queue: GcRefCell::default(),
        is_started: Cell::new(false),
        is_detached: Cell::new(false),
        owner: EventLoop::of(context).owner(),
    };
    JsObject::from_proto_and_data(prototype("MessagePort", context), port)
}

fn with<R>(port: &JsObject, f: impl FnOnce(&PortObject) -> R) -> JsResult<R> {
    port.downcast_ref::<PortObject>().map(|data| f(&data)).ok_or_else(|| type_error("Illegal invocation"))
}

fn this_port(this: &JsValue) -> JsResult<JsObject> {
    this.as_object().filter(JsObject::is::<PortObject>).ok_or_else(|| type_error("Illegal invocation"))
}

fn entangle(a: &JsObject, b: &JsObject) {
    for (port, other) in [(a, b), (b, a)] {
        // Only ports are handed in.
        let _ = with(port, |data| *data.other.borrow_mut() = Some(other.clone()));
    }
}

/// Whether an object is a port that can still be moved.
#[must_use]
pub fn is_transferable(object: &JsObject) -> bool {
    with(object, |data| !data.is_detached.get()).unwrap_or(false)
}

/// Moves one end of a channel to another port, with what waits there.
pub fn transfer(from: &JsObject, to: &JsObject) {
    let taken = with(from, |data| {
        data.is_detached.set(true);
        (data.other.borrow_mut().take(), std::mem::take(&mut *data.queue.borrow_mut()))
    });
    if let Ok((other, queue)) = taken {
        if let Some(other) = other {
            entangle(to, &other);
        }
        let _ = with(to, |data| *data.queue.borrow_mut() = queue);
    }
}

fn construct(new_target: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let prototype = new_target_prototype(new_target, "MessageChannel", context)?;
    let ports = [make(context), make(context)];
    entangle(&ports[0], &ports[1]);
    Ok(JsObject::from_proto_and_data(prototype, ChannelObject { ports }).into())
}

fn channel_port(this: &JsValue, at: usize) -> JsResult<JsValue> {
    let object = this.as_object();
    let data = object.as_ref().and_then(|object| object.downcast_ref::<ChannelObject>());
    data.map(|data| data.ports[at].clone().into()).ok_or_else(|| type_error("Illegal invocation"))
}

fn post_message(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let port = this_port(this)?;
    require(args, 1)?;
    let transfer = transfer_list(&arg(args, 1), context)?;
    if transfer.iter().any(|item| item.as_object().is_some_and(|object| JsObject::equals(&object, &port))) {
        let message = "The transfer list contains the port that the message is posted on.";
        return Err(super::exception::dom_exception("DataCloneError", message, context));
    }
    let other = with(&port, |data| data.other.borrow().clone())?;
    let window = match &other {
        Some(other) => frames::window_of_owner(with(other, |data| data.owner)?, context),
        None => Some(Window::of(context)),
    };
    let Some(window) = window else { return Ok(JsValue::undefined()) };
    let cloned = |context: &mut Context| clone_with_transfer(&arg(args, 0), &transfer, context);
    let Cloned { value, ports } = frames::in_its_realm(&window, context, cloned)?;
    let Some(other) = other else { return Ok(JsValue::undefined()) };
    let event_loop = window.event_loop.clone();
    let cause = event_loop.cause();
    let is_started = with(&other, |data| {
        data.queue.borrow_mut().push_back(Message { data: value, ports, cause: cause.clone() });
        data.is_started.get()
    })?;
    if is_started {
        event_loop.queue_with(cause, Box::new(move |context| deliver_next(&other, context)));
    }
    Ok(JsValue::undefined())
}

/// Dispatches the message that came first. Each has a task of its own from when the port is started.
fn deliver_next(port: &JsObject, context: &mut Context) -> JsResult<()> {
    let Some(mut message) = with(port, |data| data.queue.borrow_mut().pop_front())? else { return Ok(()) };
    let (data, ports) = (std::mem::take(&mut message.data), std::mem::take(&mut message.ports));
    let event = message_event(data, "", JsValue::null(), ports, context);
    dispatch(&event, port, context).map(drop)
}

/// A `message` event ([HTML §9.1](https://html.spec.whatwg.org/multipage/comms.html#messageevent)).
#[must_use]
pub(super) fn message_event(
    data: JsValue,
    origin: &str,
    source: JsValue,
    ports: Vec<JsObject>,
    context: &mut Context,
) -> JsObject {
    let ports = array(ports.into_iter().map(JsValue::from), context);
    let members = vec![("data", data), ("origin", string(origin)), ("source", source), ("ports", ports)];
    Event::trusted("MessageEvent", "message", false, false, members, context)
}

/// Starts the port's message queue: what waits is delivered, a task each.
fn start(port: &JsObject, context: &mut Context) -> JsResult<()> {
    if with(port, |data| data.is_started.replace(true))? {
        return Ok(());
    }
    let causes: Vec<_> = with(port, |data| data.queue.borrow().iter().map(|message| message.cause.clone()).collect())?;
    let event_loop = EventLoop::of(context);
    for cause in causes {
        let port = port.clone();
        event_loop.queue_with(cause, Box::new(move |context| deliver_next(&port, context)));
    }
    Ok(())
}

fn close(this: &JsValue, _: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    let port = this_port(this)?;
    let other = with(&port, |data| {
        data.is_detached.set(true);
        data.queue.borrow_mut().clear();
        data.other.borrow_mut().take()
    })?;
    if let Some(other) = other {
        with(&other, |data| data.other.borrow_mut().take())?;
    }
    Ok(JsValue::undefined())
}

const MESSAGE_PORT: Interface = Interface {
    name: "MessagePort",
    parent: Some("EventTarget"),
    methods: &[
        ("postMessage", post_message, 1),
        ("start", |this, _, context| start(&this_port(this)?, context).map(|()| JsValue::undefined()), 0),
        ("close", close, 0),
    ],
    ..Interface::EMPTY
};

const MESSAGE_CHANNEL: Interface = Interface {
    name: "MessageChannel",
    constructor: Some((construct, 0)),
    attributes: &[
        ("port1", |this, _, _| channel_port(this, 0), None),
        ("port2", |this, _, _| channel_port(this, 1), None),
    ],
    ..Interface::EMPTY
};

/// Setting `onmessage` starts the port.
fn set_on_message(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let port = this_port(this)?;
    set_handler(this, "message", &arg(args, 0), context)?;
    start(&port, context)?;
    Ok(JsValue::undefined())
}

/// Installs MessageChannel and MessagePort.
///
/// # Errors
/// What boa says; a bug.
pub fn install(context: &mut Context) -> JsResult<()> {
    install_interface(&MESSAGE_PORT, context)?;
    let port = prototype("MessagePort", context);
    let get = |this: &JsValue, _: &[JsValue], context: &mut Context| get_handler(this, "message", context);
    define_accessor(&port, "onmessage", get, Some(set_on_message), context);
    handlers::install(&port, &["messageerror", "close"], context);
    install_interface(&MESSAGE_CHANNEL, context)
}

#[cfg(test)]
mod tests {
    use crate::event::Cause;
    use crate::webapi::testing::{check, check_caused};

    const CHANNEL: &str = "var c = new MessageChannel(), a = c.port1, b = c.port2;";

    #[test]
    fn a_task_for_each_message() {
        check(
            &format!(
                "{CHANNEL} b.onmessage = function (e) {{ log(e.data, e.origin === '', e.source, e.ports.length, \
                e.target === b, e.isTrusted, e instanceof MessageEvent); Promise.resolve().then(function () {{ log('micro') }}) }};
                 a.postMessage(1); a.postMessage(2); Promise.resolve().then(function () {{ log('first') }})"
            ),
            "first\n1 true  0 true true true\nmicro\n2 true  0 true true true\nmicro",
        );
        check(
            &format!(
                "{CHANNEL} b.addEventListener('message', function (e) {{ log(e.data) }}); a.postMessage(1); \
                setTimeout(function () {{ log('timer'); a.postMessage(2); b.start() }}, 5)"
            ),
            "timer\n1\n2",
        );
        check(
            &format!(
                "{CHANNEL} var o = {{x: 1}}; b.onmessage = function (e) {{ log(e.data.x, e.data === o) }}; a.postMessage(o); o.x = 2"
            ),
            "1 false",
        );
    }

    #[test]
    fn closed_and_moved() {
        check(
            &format!(
                "{CHANNEL} b.onmessage = function (e) {{ log(e.data) }}; a.postMessage(1); b.close(); a.postMessage(2); log('end')"
            ),
            "end",
        );
        check(
            &format!("{CHANNEL} var d = new MessageChannel(); b.onmessage = function (e) {{ e.ports[0].onmessage = function (f) {{ log(f.data) }} }};
                d.port1.postMessage('early'); a.postMessage(0, [d.port2]); d.port1.postMessage('late')"),
            "early\nlate",
        );
        check(&format!("{CHANNEL} try {{ a.postMessage(0, [a]) }} catch (e) {{ log(e.name) }}"), "DataCloneError");
        check(&format!("{CHANNEL} try {{ a.postMessage(log) }} catch (e) {{ log(e.name) }}"), "DataCloneError");
    }

    #[test]
    fn a_message_has_the_cause_of_its_post() {
        let script = format!("{CHANNEL} b.onmessage = function () {{ log(cause()) }}; a.postMessage(0)");
        check_caused(Cause::new("s7", None), &script, "s7");
    }
}
