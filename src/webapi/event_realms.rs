//! Events that pass from one realm to another: of what interface they are, and whose window tells of them.

use boa_engine::realm::Realm;
use boa_engine::{Context, JsObject};
use boa_gc::Gc;

use super::frames;
use super::window::Window;
use super::wrap::as_node;
use crate::engine::context::{function_realm, page_realm};
use crate::engine::event_loop::EventLoop;
use crate::engine::interface::{Prototypes, prototype};

/// Whether an event is of an interface or of one that inherits from it.
pub(super) fn is_a(event: &JsObject, interface: &str, context: &mut Context) -> bool {
    let is_one = |wanted: &JsObject| {
        std::iter::successors(event.prototype(), |p| p.prototype()).any(|p| JsObject::equals(&p, wanted))
    };
    if is_one(&prototype(interface, context)) {
        return true;
    }
    // It may have been made in another realm.
    let event_loop = EventLoop::of(context);
    if !event_loop.has_realms() {
        return false;
    }
    let of_realm = |realm: &Realm| Prototypes::of_realm(realm).find(interface);
    of_realm(&page_realm(context)).iter().any(is_one)
        || event_loop.realms().iter().filter_map(of_realm).any(|p| is_one(&p))
}

/// The window whose `event` an event is while it is told to a listener: that of its function, or of the target.
pub(super) fn window_of(callback: Option<&JsObject>, object: &JsObject, context: &Context) -> Gc<Window> {
    let own = Window::of(context);
    if !own.event_loop.has_realms() {
        return own;
    }
    let realm = callback.and_then(function_realm);
    realm.and_then(|realm| Window::of_realm(&realm)).unwrap_or_else(|| match as_node(&object.clone().into()) {
        Some(node) => Window::of_node(&node, context),
        None => frames::window_of_global(object, context).unwrap_or(own),
    })
}
