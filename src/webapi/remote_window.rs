//! What a script sees of a window of another origin
//! ([HTML §7.2.1](https://html.spec.whatwg.org/#cross-origin-objects)): it may be told something and sent elsewhere, and
//! where it stands is known; everything else is a SecurityError. So a sandboxed frame is seen, and so it sees the page.

use boa_engine::object::FunctionObjectBuilder;
use boa_engine::property::{Attribute, PropertyDescriptor};
use boa_engine::{Context, JsObject, JsResult, JsString, JsValue, NativeFunction};
use boa_gc::Gc;

use super::exception::dom_exception;
use super::frame_places::{self, Place};
use super::frames::{self, Frame, in_its_realm, with};
use super::window::{Navigation, Window};
use super::{frame_loading, frame_window, post_message, sandbox};
use crate::engine::convert::{Native, arg, require, value_text};
use crate::engine::exotic::proxy;
use crate::engine::interface::define_value;
use crate::event::NavigateKind;

/// The place of a window: a frame, or the page where there is none.
type Of = Option<JsObject>;

/// What a member does, for the window that it is a member of.
type Member = fn(&Of, &[JsValue], &mut Context) -> JsResult<JsValue>;

/// The window of the frame that is seen as of another origin.
///
/// # Errors
/// What boa says; a bug.
pub(super) fn of_frame(frame: &JsObject, context: &mut Context) -> JsResult<JsObject> {
    if let Some(seen) = with(frame, |frame| frame.seen.borrow().clone()).flatten() {
        return Ok(seen);
    }
    let made = make(&Some(frame.clone()), context)?;
    with(frame, |frame| *frame.seen.borrow_mut() = Some(made.clone()));
    Ok(made)
}

/// The page's window as a frame sees it that is of another origin.
///
/// # Errors
/// What boa says; a bug.
pub(super) fn of_page(viewer: &JsObject, context: &mut Context) -> JsResult<JsObject> {
    if let Some(seen) = with(viewer, |frame| frame.sees.borrow().clone()).flatten() {
        return Ok(seen);
    }
    let made = make(&None, context)?;
    with(viewer, |frame| *frame.sees.borrow_mut() = Some(made.clone()));
    Ok(made)
}

fn window(of: &Of, context: &mut Context) -> JsResult<Gc<Window>> {
    match of {
        Some(frame) => frame_window::of(frame, context),
        None => Ok(Window::of_page(context)),
    }
}

fn function(member: Member, of: &Of, length: usize, context: &Context) -> JsObject {
    let native = NativeFunction::from_copy_closure_with_captures(
        move |_, args, of: &Of, context| member(of, args, context),
        of.clone(),
    );
    FunctionObjectBuilder::new(context.realm(), native).length(length).build().into()
}

fn accessor(target: &JsObject, name: &str, get: Member, set: Option<Member>, of: &Of, context: &Context) {
    let mut descriptor = PropertyDescriptor::builder().get(function(get, of, 0, context)).configurable(true);
    if let Some(set) = set {
        descriptor = descriptor.set(function(set, of, 1, context));
    }
    target.insert_property(JsString::from(name), descriptor.enumerable(false));
}

fn make(of: &Of, context: &mut Context) -> JsResult<JsObject> {
    let hidden = Attribute::WRITABLE | Attribute::CONFIGURABLE;
    let location = JsObject::with_null_proto();
    accessor(&location, "href", denied, Some(navigate), of, context);
    define_value(&location, "replace", function(navigate, of, 1, context), hidden);
    let location = proxy(&location, &TRAPS, context)?;
    let target = JsObject::with_null_proto();
    let seen = proxy(&target, &TRAPS, context)?;
    for name in ["window", "self", "frames"] {
        define_value(&target, name, seen.clone(), hidden);
    }
    for name in ["blur", "close", "focus"] {
        define_value(&target, name, function(|_, _, _| Ok(JsValue::undefined()), of, 0, context), hidden);
    }
    define_value(&target, "postMessage", function(post, of, 1, context), hidden);
    define_value(&target, "opener", JsValue::null(), hidden);
    accessor(&target, "closed", closed, None, of, context);
    accessor(&target, "length", length, None, of, context);
    accessor(&target, "parent", parent, None, of, context);
    accessor(&target, "top", |_, _, context| Ok(frames::seen(&Window::of_page(context), context)), None, of, context);
    let kept = NativeFunction::from_copy_closure_with_captures(
        |_, _, location: &JsObject, _| Ok(location.clone().into()),
        location,
    );
    let descriptor = PropertyDescriptor::builder()
        .get(FunctionObjectBuilder::new(context.realm(), kept).build())
        .set(function(navigate, of, 1, context))
        .enumerable(false)
        .configurable(true);
    target.insert_property(JsString::from("location"), descriptor);
    Ok(seen)
}

fn denied(_: &Of, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    Err(security_error(context))
}

fn security_error(context: &mut Context) -> boa_engine::JsError {
    dom_exception("SecurityError", "The window is of another origin: only postMessage reaches it.", context)
}

fn post(of: &Of, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let is_elsewhere = |frame: &Frame| frame.is_foreign.get() && frame.window.borrow().is_none();
    if of.as_ref().and_then(|frame| with(frame, is_elsewhere)) == Some(true) {
        // Its document is not there, so nobody listens.
        return require(args, 1).map(|()| JsValue::undefined());
    }
    let window = window(of, context)?;
    in_its_realm(&window, context, |context| post_message::post_message(&JsValue::undefined(), args, context))
}

fn closed(of: &Of, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let is_live = |frame: &JsObject| with(frame, |frame| frames::is_live(&frame.element, context)).unwrap_or(false);
    Ok(of.as_ref().is_some_and(|frame| !is_live(frame)).into())
}

fn length(of: &Of, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let document = match of {
        Some(frame) => with(frame, |frame| frame.document.borrow().clone()),
        None => Some(Window::of_page(context).document.clone()),
    };
    Ok(document.map_or(0, |document| frames::in_document(&document).len()).into())
}

fn parent(of: &Of, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let page = Window::of_page(context);
    let above = match of {
        Some(frame) => {
            let element = with(frame, |frame| frame.element.clone());
            element.map_or(page, |element| Window::of_node(&element, context))
        }
        None => page,
    };
    Ok(frames::seen(&above, context))
}

/// Whoever sees a window may send it elsewhere.
fn navigate(of: &Of, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let text = value_text(&arg(args, 0), context)?;
    let from = Window::of_running(context);
    let Some(url) = from.resolve(text.trim()) else {
        return Err(dom_exception("SyntaxError", &format!("'{text}' is not a valid URL."), context));
    };
    let place = of.as_ref().map_or(Place::Page, |frame| Place::Frame(frame.clone()));
    if !sandbox::may_navigate(&from, &place, context) {
        return Err(dom_exception("SecurityError", "The <iframe> is in a sandbox.", context));
    }
    let navigation = Navigation { url, kind: NavigateKind::Assign, body: None };
    match of {
        Some(frame) if navigation.url.scheme() != "javascript" => frame_loading::navigate(frame, navigation, context),
        None if navigation.url.scheme() != "javascript" => {
            frame_places::go_to(&from, &Place::Page, navigation, context)?;
        }
        _ => {}
    }
    Ok(JsValue::undefined())
}

const TRAPS: [(&str, Native); 7] = [
    ("get", get),
    ("set", set),
    ("has", has),
    ("getOwnPropertyDescriptor", descriptor),
    ("defineProperty", refused),
    ("deleteProperty", refused),
    ("getPrototypeOf", |_, _, _| Ok(JsValue::null())),
];

/// Whether a key is one of those that may be read; promises and `Object.prototype.toString` ask for some that are not there.
fn is_known(args: &[JsValue], context: &mut Context) -> JsResult<Option<JsObject>> {
    let key = arg(args, 1);
    let Some(target) = arg(args, 0).as_object() else { return Err(security_error(context)) };
    let property = key.to_property_key(context)?;
    if target.has_own_property(property, context)? {
        return Ok(Some(target));
    }
    let is_asked = key.is_symbol() || key.as_string().is_some_and(|key| key == "then");
    if is_asked { Ok(None) } else { Err(security_error(context)) }
}

fn get(_: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let Some(target) = is_known(args, context)? else { return Ok(JsValue::undefined()) };
    let key = arg(args, 1).to_property_key(context)?;
    target.get(key, context)
}

fn set(_: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let is_address = arg(args, 1).as_string().is_some_and(|key| key == "location" || key == "href");
    let target = is_known(args, context)?.filter(|_| is_address);
    let Some(target) = target else { return Err(security_error(context)) };
    let key = arg(args, 1).to_property_key(context)?;
    target.set(key, arg(args, 2), false, context).map(JsValue::from)
}

fn has(_: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    is_known(args, context).map(|known| known.is_some().into())
}

fn descriptor(_: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let Some(target) = is_known(args, context)? else { return Ok(JsValue::undefined()) };
    let object = context.intrinsics().constructors().object().constructor();
    let get = object.get(JsString::from("getOwnPropertyDescriptor"), context)?;
    match get.as_callable() {
        Some(get) => get.call(&JsValue::undefined(), &[target.into(), arg(args, 1)], context),
        None => Ok(JsValue::undefined()),
    }
}

fn refused(_: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    Err(security_error(context))
}
