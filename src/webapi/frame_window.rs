//! The window of a frame: the global object of a realm of its own, with other built-in objects than the page's, as pages
//! know it (`frame.contentWindow.Array !== Array`). Nodes have the page's interfaces everywhere.

use boa_engine::object::FunctionObjectBuilder;
use boa_engine::property::{Attribute, PropertyDescriptor};
use boa_engine::{Context, JsObject, JsResult, JsString, JsValue, NativeFunction};

use super::document::address;
use super::frames::{document_of, frame_of, with};
use super::handlers;
use super::wrap::wrap;
use crate::dom::shadow;
use crate::engine::context::new_realm;
use crate::engine::convert::{arg, string, to_utf8};
use crate::engine::interface::{Prototypes, define_method, define_value};

/// What of the page's window a frame's has too, beside interfaces.
const SHARED: [&str; 33] = [
    "Audio",
    "Image",
    "Option",
    "alert",
    "atob",
    "btoa",
    "cancelAnimationFrame",
    "clearInterval",
    "clearTimeout",
    "confirm",
    "console",
    "crypto",
    "devicePixelRatio",
    "fetch",
    "getComputedStyle",
    "getSelection",
    "innerHeight",
    "innerWidth",
    "localStorage",
    "matchMedia",
    "navigator",
    "origin",
    "performance",
    "prompt",
    "queueMicrotask",
    "requestAnimationFrame",
    "screen",
    "scroll",
    "scrollTo",
    "sessionStorage",
    "setInterval",
    "setTimeout",
    "structuredClone",
];

/// The window of a frame, made when first asked for.
///
/// # Errors
/// What boa says; a bug.
pub(super) fn of(frame: &JsObject, context: &mut Context) -> JsResult<JsObject> {
    if let Some(global) = made(frame) {
        return Ok(global);
    }
    let (realm, global) = new_realm(context)?;
    with(frame, |frame| *frame.realm.borrow_mut() = Some((realm, global.clone())));
    install(&global, frame, context)?;
    Ok(global)
}

/// The window of a frame, if somebody has asked for it.
pub(super) fn made(frame: &JsObject) -> Option<JsObject> {
    with(frame, |frame| frame.realm.borrow().as_ref().map(|(_, global)| global.clone())).flatten()
}

/// What a member of a frame's window answers.
type Getter = fn(&JsObject, &mut Context) -> JsResult<JsValue>;
/// What setting it does.
type Setter = fn(&JsObject, &JsValue, &mut Context) -> JsResult<()>;

/// Defines a member that knows its frame.
fn member(target: &JsObject, name: &str, get: Getter, set: Option<Setter>, frame: &JsObject, context: &mut Context) {
    let getter = NativeFunction::from_copy_closure_with_captures(
        move |_, _, frame: &JsObject, context| get(frame, context),
        frame.clone(),
    );
    let mut descriptor = PropertyDescriptor::builder()
        .get(FunctionObjectBuilder::new(context.realm(), getter).build())
        .enumerable(true)
        .configurable(true);
    if let Some(set) = set {
        let setter = NativeFunction::from_copy_closure_with_captures(
            move |_, args, frame: &JsObject, context| set(frame, &arg(args, 0), context).map(|()| JsValue::undefined()),
            frame.clone(),
        );
        descriptor = descriptor.set(FunctionObjectBuilder::new(context.realm(), setter).length(1).build());
    }
    target.insert_property(JsString::from(name), descriptor);
}

fn install(global: &JsObject, frame: &JsObject, context: &mut Context) -> JsResult<()> {
    let hidden = Attribute::WRITABLE | Attribute::CONFIGURABLE;
    let page = context.global_object();
    let prototypes = Prototypes::of(context);
    global.set_prototype(Some(prototypes.get("EventTarget")));
    for (name, prototype) in prototypes.all() {
        // Some are of objects that have no name in scripts.
        let constructor = prototype.get(JsString::from("constructor"), context)?;
        if constructor.is_object() {
            define_value(global, name, constructor, hidden);
        }
    }
    for name in SHARED {
        let value = page.get(JsString::from(name), context)?;
        define_value(global, name, value, hidden);
    }
    for name in ["window", "self", "frames"] {
        define_value(global, name, global.clone(), hidden);
    }
    define_value(global, "top", page, hidden);
    define_value(global, "length", 0, hidden);
    define_value(global, "closed", false, hidden);
    // Nobody listens in a frame whose scripts the page has not written itself.
    define_method(global, "postMessage", |_, _, _| Ok(JsValue::undefined()), 1, context);
    // Called by their bare names, they mean this window.
    for name in ["addEventListener", "removeEventListener", "dispatchEvent"] {
        let native = prototypes.get("EventTarget").get(JsString::from(name), context)?;
        let own = NativeFunction::from_copy_closure_with_captures(
            |this, args, (native, global): &(JsValue, JsObject), context| {
                let this = if this.is_null_or_undefined() { JsValue::from(global.clone()) } else { this.clone() };
                native.as_object().map_or_else(|| Ok(JsValue::undefined()), |native| native.call(&this, args, context))
            },
            (native, global.clone()),
        );
        define_value(global, name, FunctionObjectBuilder::new(context.realm(), own).build(), hidden);
    }
    member(global, "parent", parent, None, frame, context);
    member(
        global,
        "document",
        |frame, context| Ok(document_of(frame).map_or_else(JsValue::null, |d| wrap(&d, context).into())),
        None,
        frame,
        context,
    );
    member(global, "frameElement", element, None, frame, context);
    member(global, "name", |frame, _| Ok(attribute(frame, "name")), Some(set_name), frame, context);
    let location = JsObject::with_object_proto(context.intrinsics());
    member(&location, "href", href, Some(set_href), frame, context);
    for name in ["assign", "replace"] {
        let go = NativeFunction::from_copy_closure_with_captures(
            |_, args, frame: &JsObject, context| set_href(frame, &arg(args, 0), context).map(|()| JsValue::undefined()),
            frame.clone(),
        );
        define_value(&location, name, FunctionObjectBuilder::new(context.realm(), go).length(1).build(), hidden);
    }
    let to_string = NativeFunction::from_copy_closure_with_captures(
        |_, _, frame: &JsObject, context| href(frame, context),
        frame.clone(),
    );
    define_value(&location, "toString", FunctionObjectBuilder::new(context.realm(), to_string).build(), hidden);
    define_value(frame, "location", location, hidden);
    let kept: Getter = |frame, context| frame.get(JsString::from("location"), context);
    member(global, "location", kept, Some(set_href), frame, context);
    handlers::install(global, &handlers::GLOBAL, context);
    handlers::install(global, &handlers::WINDOW, context);
    Ok(())
}

fn element(frame: &JsObject, context: &mut Context) -> JsResult<JsValue> {
    Ok(with(frame, |frame| frame.element.clone()).map_or_else(JsValue::null, |element| wrap(&element, context).into()))
}

fn attribute(frame: &JsObject, name: &str) -> JsValue {
    let value = with(frame, |frame| frame.element.as_element().and_then(|element| element.attr(name))).flatten();
    string(&value.unwrap_or_default())
}

fn set_attribute(frame: &JsObject, name: &str, value: &JsValue, context: &mut Context) -> JsResult<()> {
    let value = to_utf8(&value.to_string(context)?);
    match with(frame, |frame| frame.element.clone()) {
        Some(element) => super::element::set_attribute(&element, name, &value, context),
        None => Ok(()),
    }
}

fn set_name(frame: &JsObject, value: &JsValue, context: &mut Context) -> JsResult<()> {
    set_attribute(frame, "name", value, context)
}

/// The window that the frame is in.
fn parent(frame: &JsObject, context: &mut Context) -> JsResult<JsValue> {
    let root = with(frame, |frame| shadow::root_of(&frame.element));
    match root.and_then(|root| frame_of(&root, context)) {
        Some(above) => of(&above, context).map(JsValue::from),
        None => Ok(context.global_object().into()),
    }
}

fn href(frame: &JsObject, context: &mut Context) -> JsResult<JsValue> {
    Ok(document_of(frame).map_or_else(JsValue::undefined, |document| string(address(&document, context).as_str())))
}

/// A frame goes elsewhere as if its element had been told to.
fn set_href(frame: &JsObject, value: &JsValue, context: &mut Context) -> JsResult<()> {
    set_attribute(frame, "src", value, context)
}
