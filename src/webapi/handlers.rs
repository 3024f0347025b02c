//! Event handlers: `onclick="…"` and `element.onclick = f` (HTML §8.1.8.1).

use std::rc::Rc;

use boa_engine::object::FunctionObjectBuilder;
use boa_engine::property::PropertyDescriptor;
use boa_engine::{Context, JsObject, JsResult, JsString, JsValue, NativeFunction};

use super::target::{Handler, get_handler, set_handler, with_listeners};
use super::window::Window;
use super::wrap::{as_node, wrap};
use super::{event, frames};
use crate::dom::{NodeRef, form, tree};
use crate::engine::convert::{arg, to_utf8};
use crate::engine::event_loop::{EventLoop, Output};
use crate::engine::fault::{Sources, describe};
use crate::engine::script::compile_handler;
use crate::event::Fault;

/// Handlers of every element, the document and the window (GlobalEventHandlers). jQuery 1.x looks for `onsubmit`,
/// `onchange` and `onfocusin` on the window to learn whether those events bubble. None of touches, as in browsers without
/// a touch screen (Touch Events §8): a page that finds them waits for touches, and none would come.
pub const GLOBAL: [&str; 60] = [
    "abort",
    "animationend",
    "animationiteration",
    "animationstart",
    "blur",
    "cancel",
    "canplay",
    "change",
    "click",
    "close",
    "contextmenu",
    "copy",
    "cut",
    "dblclick",
    "drag",
    "dragend",
    "dragenter",
    "dragleave",
    "dragover",
    "dragstart",
    "drop",
    "durationchange",
    "emptied",
    "ended",
    "error",
    "focus",
    "formdata",
    "input",
    "invalid",
    "keydown",
    "keypress",
    "keyup",
    "load",
    "loadeddata",
    "loadedmetadata",
    "loadstart",
    "mousedown",
    "mouseenter",
    "mouseleave",
    "mousemove",
    "mouseout",
    "mouseover",
    "mouseup",
    "mousewheel",
    "paste",
    "pause",
    "play",
    "playing",
    "progress",
    "reset",
    "resize",
    "scroll",
    "select",
    "selectionchange",
    "selectstart",
    "slotchange",
    "submit",
    "toggle",
    "transitionend",
    "wheel",
];

/// Handlers of the window that body attributes set (WindowEventHandlers).
pub const WINDOW: [&str; 15] = [
    "afterprint",
    "beforeprint",
    "beforeunload",
    "hashchange",
    "languagechange",
    "message",
    "messageerror",
    "offline",
    "online",
    "pagehide",
    "pageshow",
    "popstate",
    "rejectionhandled",
    "storage",
    "unload",
];

/// What else an attribute may be the handler of, though no accessor says so here.
const WRITTEN: [&str; 39] = [
    "auxclick",
    "beforecopy",
    "beforecut",
    "beforeinput",
    "beforematch",
    "beforepaste",
    "beforetoggle",
    "canplaythrough",
    "command",
    "contextlost",
    "contextrestored",
    "cuechange",
    "gotpointercapture",
    "lostpointercapture",
    "pointercancel",
    "pointerdown",
    "pointerenter",
    "pointerleave",
    "pointermove",
    "pointerout",
    "pointerover",
    "pointerup",
    "ratechange",
    "scrollend",
    "search",
    "securitypolicyviolation",
    "seeked",
    "seeking",
    "stalled",
    "suspend",
    "timeupdate",
    "transitioncancel",
    "transitionrun",
    "transitionstart",
    "unhandledrejection",
    "volumechange",
    "waiting",
    "webkitanimationend",
    "webkittransitionend",
];

/// Body attributes of these types belong to the window too.
const BODY_TO_WINDOW: [&str; 6] = ["blur", "error", "focus", "load", "resize", "scroll"];

fn goes_to_window(kind: &str) -> bool {
    BODY_TO_WINDOW.contains(&kind) || WINDOW.contains(&kind) || kind == "unhandledrejection"
}

/// Puts the `on…` accessors on a prototype or on the global object.
pub fn install(target: &JsObject, kinds: &[&'static str], context: &mut Context) {
    for kind in kinds.iter().copied() {
        let get = NativeFunction::from_copy_closure(move |this, _, context| get_handler(this, kind, context));
        let set = NativeFunction::from_copy_closure(move |this, args, context| {
            set_handler(this, kind, &arg(args, 0), context)
        });
        let accessor = |native, name: String, length| {
            FunctionObjectBuilder::new(context.realm(), native).name(JsString::from(name)).length(length).build()
        };
        let descriptor = PropertyDescriptor::builder()
            .get(accessor(get, format!("get on{kind}"), 0))
            .set(accessor(set, format!("set on{kind}"), 1))
            .enumerable(true)
            .configurable(true);
        target.insert_property(JsString::from(format!("on{kind}")), descriptor);
    }
}

/// The name of the content attribute for an event type, if there can be one.
#[must_use]
pub fn attribute_of(kind: &JsString) -> Option<String> {
    let kind = to_utf8(kind);
    let is_in = |list: &[&str]| list.binary_search(&&*kind).is_ok();
    (is_in(&GLOBAL) || is_in(&WINDOW) || is_in(&WRITTEN)).then(|| format!("on{kind}"))
}

/// The target whose handler an `on…` attribute of `object` means: of a body some are the window's.
pub fn handler_target(object: &JsObject, kind: &str, context: &Context) -> JsObject {
    let body = as_node(&object.clone().into()).filter(|node| matches!(node.html_name(), "body" | "frameset"));
    match body.filter(|_| goes_to_window(kind)).and_then(|body| body.owner_document()) {
        None => object.clone(),
        Some(document) => frames::global_of(&document, context).unwrap_or_else(|| object.clone()),
    }
}

/// The element whose content attribute is the handler of `object`: itself, or the body for the window.
fn attribute_owner(object: &JsObject, kind: &str, context: &Context) -> Option<NodeRef> {
    match as_node(&object.clone().into()) {
        Some(node) if matches!(node.html_name(), "body" | "frameset") && goes_to_window(kind) => None,
        Some(node) => node.as_element().is_some().then_some(node),
        None if goes_to_window(kind) => {
            let window = frames::window_of_global(object, context)?;
            tree::html_child(&window.document, &["body", "frameset"])
        }
        None => None,
    }
}

/// A listener is about to be added: a handler whose attribute was there before keeps its place ahead of it.
pub fn keep_place(object: &JsObject, kind: &JsString) {
    let Some(node) = as_node(&object.clone().into()) else { return };
    let Some(name) = attribute_of(kind) else { return };
    let is_waiting = node.as_element().is_some_and(|element| element.has_attr(&name))
        && !(matches!(node.html_name(), "body" | "frameset") && goes_to_window(&name[2..]));
    with_listeners(object, |listeners| {
        if is_waiting && listeners.handler(kind).is_none() {
            listeners.set_handler(kind, Handler::Compiled(Rc::from(""), None));
        }
    });
}

/// Takes over a content attribute that is new or has changed, so that the handler stands among the listeners.
pub fn adopt_attribute(object: &JsObject, kind: &JsString, context: &mut Context) {
    let Some(name) = attribute_of(kind) else { return };
    let Some(owner) = attribute_owner(object, &name[2..], context) else { return };
    let Some(text) = owner.as_element().and_then(|element| element.attr(&name)) else { return };
    let current = with_listeners(object, |listeners| listeners.handler(kind)).flatten();
    match &current {
        Some(Handler::Set(_)) => {}
        Some(Handler::Compiled(old, _)) if **old == *text => {}
        _ => {
            let compiled = compile(&owner, object, &name, &text, context);
            let handler = Handler::Compiled(Rc::from(text), compiled);
            with_listeners(object, |listeners| listeners.set_handler(kind, handler));
        }
    }
}

/// A content attribute was set or removed by script: it wins over what was set before.
pub fn attribute_changed(element: &NodeRef, name: &str, context: &mut Context) {
    let kind = JsString::from(&name[2..]);
    let object = handler_target(&wrap(element, context), &name[2..], context);
    let is_known = with_listeners(&object, |listeners| listeners.handler(&kind).is_some()).unwrap_or(false);
    let is_there = element.as_element().is_some_and(|e| e.has_attr(name));
    if is_known && is_there {
        with_listeners(&object, |listeners| listeners.set_handler(&kind, Handler::Compiled(Rc::from(""), None)));
        adopt_attribute(&object, &kind, context);
    } else if is_known {
        with_listeners(&object, |listeners| listeners.clear_handler(&kind));
    }
}

/// The handler of a type as a function, compiled if need be.
pub fn current(object: &JsObject, kind: &JsString, context: &mut Context) -> Option<JsObject> {
    adopt_attribute(object, kind, context);
    match &with_listeners(object, |listeners| listeners.handler(kind)).flatten() {
        Some(Handler::Compiled(_, function) | Handler::Set(function)) => function.clone(),
        None => None,
    }
}

fn compile(owner: &NodeRef, object: &JsObject, name: &str, text: &str, context: &mut Context) -> Option<JsObject> {
    frames::in_window_of(owner, context, |context| compile_here(owner, object, name, text, context))
}

/// The same, in the realm of the document.
fn compile_here(owner: &NodeRef, object: &JsObject, name: &str, text: &str, context: &mut Context) -> Option<JsObject> {
    let window = Window::of(context);
    if window.is_silent() {
        return None;
    }
    let url = window.url.borrow().to_string();
    let mut scope = vec![wrap(&window.document, context)];
    if as_node(&object.clone().into()).is_some() {
        if let Some(form) = form::owner(owner) {
            scope.push(super::named_access::form_scope(&form, context).ok()?);
        }
        scope.push(object.clone());
    }
    let is_window_error = name == "onerror" && as_node(&object.clone().into()).is_none();
    let parameters = if is_window_error { "event, source, lineno, colno, error" } else { "event" };
    let sources = Sources::of(context);
    let position = sources.find(&url, text).unwrap_or((1, 1));
    match compile_handler(name, parameters, text, &url, position, &scope, context) {
        Ok(function) => Some(function),
        Err(error) => {
            let described = describe(&error, context);
            let (line, column) = sources.find(&url, text).unwrap_or((0, 0));
            let place = sources.place(&url, line, column, described.stack);
            let fault = Fault::Parse { message: described.message, place };
            EventLoop::of(context).emit(Output::Fault(fault));
            None
        }
    }
}

/// Calls the handler of a type; what it returns may prevent the default action.
///
/// # Errors
/// Where `event` is none: a bug.
pub fn call(event: &JsObject, object: &JsObject, kind: &JsString, context: &mut Context) -> JsResult<()> {
    let Some(function) = current(object, kind, context).filter(JsObject::is_callable) else { return Ok(()) };
    let is_window_error = *kind == *"error" && frames::window_of_global(object, context).is_some();
    let is_window_error = is_window_error && event::is_a(event, "ErrorEvent", context);
    let arguments = if is_window_error { error_arguments(event, context)? } else { vec![event.clone().into()] };
    let event_loop = EventLoop::of(context);
    let Some(returned) = event_loop.call(&function, &object.clone().into(), &arguments, context) else {
        return Ok(());
    };
    let prevents =
        if is_window_error { returned.as_boolean() == Some(true) } else { returned.as_boolean() == Some(false) };
    if prevents {
        event::with(event, event::Event::cancel)?;
    }
    Ok(())
}

fn error_arguments(event: &JsObject, context: &mut Context) -> JsResult<Vec<JsValue>> {
    ["message", "filename", "lineno", "colno", "error"]
        .into_iter()
        .map(|name| event.get(JsString::from(name), context))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_can_be_searched() {
        for list in [&GLOBAL[..], &WINDOW, &WRITTEN] {
            assert!(list.is_sorted());
        }
    }
}
