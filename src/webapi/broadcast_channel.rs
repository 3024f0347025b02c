//! BroadcastChannel ([HTML §9.6](https://html.spec.whatwg.org/multipage/web-messaging.html#broadcasting-to-other-browsing-contexts)).
//!
//! A message goes to the other open channels of its name in this page and its frames. Not to other pages, be they of the same plugin:
//! each is a customer's, and what one learned of another through his page would be no affair of his.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use boa_engine::{Context, JsData, JsObject, JsResult, JsValue};
use boa_gc::{Finalize, Gc, Trace};

use super::event::dispatch;
use super::exception::dom_exception;
use super::message_port::message_event;
use super::structured_clone::structured_clone;
use super::target::Listeners;
use super::window::Window;
use super::{frames, handlers};
use crate::engine::convert::{arg, require, string, text, type_error};
use crate::engine::interface::{Interface, install as install_interface, new_target_prototype, prototype};
use crate::engine::queued::Owner;

/// The native data of a channel.
#[derive(Trace, Finalize, JsData)]
pub struct ChannelObject {
    /// Its listeners.
    pub listeners: Listeners,
    #[unsafe_ignore_trace]
    name: String,
    /// Whose it is: messages are cloned into that realm, and told there.
    owner: Owner,
    #[unsafe_ignore_trace]
    is_closed: Cell<bool>,
}

/// The page's open channels, in the order they were made; an open one may have a listener, and so lives.
#[derive(Clone, Default)]
struct Open(Rc<RefCell<Vec<JsObject>>>);

impl Open {
    fn of(context: &mut Context) -> Self {
        if let Some(open) = context.get_data::<Self>() {
            return open.clone();
        }
        let open = Self::default();
        context.insert_data(open.clone());
        open
    }
}

/// The channels of a realm that has ended hear nothing more.
pub(super) fn end(owner: Owner, context: &mut Context) {
    Open::of(context).0.borrow_mut().retain(|channel| with(channel, |data| data.owner != owner).unwrap_or(false));
}

fn with<R>(channel: &JsObject, f: impl FnOnce(&ChannelObject) -> R) -> JsResult<R> {
    channel.downcast_ref::<ChannelObject>().map(|data| f(&data)).ok_or_else(|| type_error("Illegal invocation"))
}

fn this_channel(this: &JsValue) -> JsResult<JsObject> {
    this.as_object().filter(JsObject::is::<ChannelObject>).ok_or_else(|| type_error("Illegal invocation"))
}

fn construct(new_target: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let prototype = new_target_prototype(new_target, "BroadcastChannel", context)?;
    require(args, 1)?;
    let name = text(args, 0, context)?;
    let owner = Window::of(context).event_loop.owner();
    let data = ChannelObject { listeners: Listeners::default(), name, owner, is_closed: Cell::new(false) };
    let channel = JsObject::from_proto_and_data(prototype, data);
    Open::of(context).0.borrow_mut().push(channel.clone());
    Ok(channel.into())
}

fn post_message(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let channel = this_channel(this)?;
    require(args, 1)?;
    let (name, is_closed) = with(&channel, |data| (data.name.clone(), data.is_closed.get()))?;
    if is_closed {
        return Err(dom_exception("InvalidStateError", "The channel is closed.", context));
    }
    // What cannot be cloned is told even where nobody listens; a getter runs once.
    let message = structured_clone(&arg(args, 0), context)?;
    let others: Vec<JsObject> = Open::of(context).0.borrow().clone();
    let window = Window::of(context);
    for other in others {
        if JsObject::equals(&other, &channel) || with(&other, |data| data.name != name)? {
            continue;
        }
        let owner = with(&other, |data| data.owner)?;
        let Some(theirs) = frames::window_of_owner(owner, context) else { continue };
        let origin = window.origin();
        if !Gc::ptr_eq(&theirs, &window) && (theirs.is_opaque() || theirs.origin() != origin) {
            continue;
        }
        let copy = frames::in_its_realm(&theirs, context, |context| structured_clone(&message, context))?;
        theirs.event_loop.queue(Box::new(move |context| {
            if with(&other, |data| data.is_closed.get())? {
                return Ok(());
            }
            let event = message_event(copy, &origin, JsValue::null(), Vec::new(), context);
            dispatch(&event, &other, context).map(drop)
        }));
    }
    Ok(JsValue::undefined())
}

fn close(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let channel = this_channel(this)?;
    with(&channel, |data| data.is_closed.set(true))?;
    Open::of(context).0.borrow_mut().retain(|other| !JsObject::equals(other, &channel));
    Ok(JsValue::undefined())
}

const BROADCAST_CHANNEL: Interface = Interface {
    name: "BroadcastChannel",
    parent: Some("EventTarget"),
    constructor: Some((construct, 1)),
    attributes: &[("name", |this, _, _| with(&this_channel(this)?, |data| string(&data.name)), None)],
    methods: &[("postMessage", post_message, 1), ("close", close, 0)],
    ..Interface::EMPTY
};

/// Installs it.
///
/// # Errors
/// What boa says; a bug.
pub fn install(context: &mut Context) -> JsResult<()> {
    install_interface(&BROADCAST_CHANNEL, context)?;
    handlers::install(&prototype("BroadcastChannel", context), &["message", "messageerror"], context);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::event::Cause;
    use crate::webapi::testing::{check, check_caused};

    const CHANNELS: &str = "var a = new BroadcastChannel('x'), b = new BroadcastChannel('x'), c = new BroadcastChannel('x'), \
        d = new BroadcastChannel('y'); [['a', a], ['b', b], ['c', c], ['d', d]].forEach(function (p) { \
        p[1].onmessage = function (e) { log(p[0], JSON.stringify(e.data)) } });";

    #[test]
    fn to_the_others_of_its_name() {
        check(
            &format!("{CHANNELS} var o = {{k: 1}}; a.postMessage(o); o.k = 2; b.postMessage([2]); log('now')"),
            "now\nb {\"k\":1}\nc {\"k\":1}\na [2]\nc [2]",
        );
        check(
            &format!(
                "{CHANNELS} b.addEventListener('message', function (e) {{ log(e.origin, e.source, e.ports.length, \
                e.target === b, e.isTrusted, e instanceof MessageEvent, b.name) }}); c.close(); a.postMessage(1)"
            ),
            "b 1\nhttp://a.test  0 true true true x",
        );
    }

    #[test]
    fn closed_and_refused() {
        check(&format!("{CHANNELS} a.postMessage(1); c.close(); b.close(); log('end')"), "end");
        check(
            &format!("{CHANNELS} a.close(); a.close(); try {{ a.postMessage(1) }} catch (e) {{ log(e.name) }}"),
            "InvalidStateError",
        );
        check("try { new BroadcastChannel('alone').postMessage(log) } catch (e) { log(e.name) }", "DataCloneError");
        check("try { new BroadcastChannel() } catch (e) { log(e.name) }", "TypeError");
    }

    #[test]
    fn a_message_has_the_cause_of_its_post() {
        check_caused(
            Cause::new("s7", None),
            &format!(
                "{CHANNELS} b.onmessage = c.onmessage = null; \
            b.onmessage = function () {{ log(cause()) }}; a.postMessage(0)"
            ),
            "s7",
        );
    }
}
