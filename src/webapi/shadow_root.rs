//! Shadow roots as script sees them ([DOM §4.8](https://dom.spec.whatwg.org/#interface-shadowroot)): `attachShadow`,
//! `shadowRoot`, ShadowRoot.
//!
//! Missing: declarative shadow roots (`<template shadowrootmode>`, `setHTMLUnsafe`), `elementFromPoint` of a shadow root, style sheets
//! that script makes, and transitions that a sheet in a shadow tree asks for.

use boa_engine::{Context, JsObject, JsResult, JsValue};

use super::exception::dom_exception;
use super::wrap::{part, this_element, this_node, wrap, wrap_or_null};
use super::{focus, handlers, iterable, mutation, mutation_observer, style_sheet};
use crate::dom::serialize::{self, ShadowChoice};
use crate::dom::shadow::{self, Init, ShadowData};
use crate::dom::{NodeRef, custom, tree};
use crate::engine::convert::{arg, array, member, require, string, text_null_empty, type_error, value_text};
use crate::engine::interface::{Interface, define_accessor, define_method, install, prototype};

/// Reads ShadowRootInit, its members in the order of their names.
fn init_of(options: &JsValue, context: &mut Context) -> JsResult<Init> {
    if !options.is_object() && !options.is_null_or_undefined() {
        return Err(type_error("parameter 1 is not of type 'ShadowRootInit'"));
    }
    let mut flag = |name: &str| -> JsResult<bool> { Ok(member(options, name, context)?.to_boolean()) };
    let (is_clonable, delegates_focus) = (flag("clonable")?, flag("delegatesFocus")?);
    let mode = member(options, "mode", context)?;
    let mode = if mode.is_undefined() { None } else { Some(value_text(&mode, context)?) };
    let is_open = match mode.as_deref() {
        Some("open") => true,
        Some("closed") => false,
        _ => return Err(type_error("member mode of ShadowRootInit is required: 'open' or 'closed'")),
    };
    let is_serializable = member(options, "serializable", context)?.to_boolean();
    let assignment = member(options, "slotAssignment", context)?;
    let assignment = if assignment.is_undefined() { None } else { Some(value_text(&assignment, context)?) };
    let is_manual = match assignment.as_deref() {
        None | Some("named") => false,
        Some("manual") => true,
        Some(other) => return Err(type_error(&format!("'{other}' is not a slotAssignment: 'named' or 'manual'"))),
    };
    Ok(Init { is_open, delegates_focus, is_manual, is_clonable, is_serializable })
}

fn attach_shadow(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    require(args, 1)?;
    let host = this_element(this)?;
    let init = init_of(&arg(args, 0), context)?;
    if !shadow::may_host(&host) {
        let message = format!("<{}> may not have a shadow root.", super::node::node_name(&host).to_lowercase());
        return Err(dom_exception("NotSupportedError", &message, context));
    }
    let is = custom::is_value(&host);
    let definition =
        host.owner_document().and_then(|document| custom::lookup(&document, host.html_name(), is.as_deref()));
    if definition.is_some_and(|definition| definition.disables_shadow) {
        let message = "The element's definition disables shadow roots.";
        return Err(dom_exception("NotSupportedError", message, context));
    }
    if shadow::root_at(&host).is_some() {
        return Err(dom_exception("NotSupportedError", "The element has a shadow root already.", context));
    }
    let queue = mutation_observer::queue_of(context);
    Ok(wrap_or_null(shadow::attach(&host, init, &queue), context))
}

fn shadow_root(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let root = shadow::root_at(&*this_element(this)?);
    let is_open = |root: &NodeRef| shadow::data(root).is_some_and(|data| data.init.is_open);
    Ok(wrap_or_null(root.filter(is_open), context))
}

fn this_root(this: &JsValue) -> JsResult<NodeRef> {
    this_node(this).ok().filter(|node| shadow::data(node).is_some()).ok_or_else(|| type_error("Illegal invocation"))
}

fn with<R>(this: &JsValue, f: impl FnOnce(&ShadowData) -> R) -> JsResult<R> {
    let root = this_root(this)?;
    shadow::data(&root).map(f).ok_or_else(|| type_error("Illegal invocation"))
}

fn mode(this: &JsValue, _: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    with(this, |data| string(if data.init.is_open { "open" } else { "closed" }))
}

fn slot_assignment(this: &JsValue, _: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    with(this, |data| string(if data.init.is_manual { "manual" } else { "named" }))
}

fn host(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    Ok(wrap_or_null(shadow::host(&*this_root(this)?), context))
}

fn inner_html(this: &JsValue, _: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    Ok(string(&serialize::inner_html(&this_root(this)?)))
}

fn set_inner_html(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let markup = text_null_empty(args, 0, context)?;
    mutation::set_inner_html(&this_root(this)?, &markup, context)?;
    Ok(JsValue::undefined())
}

/// `getHTML` of elements and of shadow roots ([HTML §8.5.3](https://html.spec.whatwg.org/multipage/dynamic-markup-insertion.html)).
fn get_html(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let node = this_node(this)?;
    let options = arg(args, 0);
    let with_serializable = member(&options, "serializableShadowRoots", context)?.to_boolean();
    let listed = member(&options, "shadowRoots", context)?;
    let mut roots = Vec::new();
    if let Some(list) = listed.as_object() {
        for value in iterable::sequence(&list, context)?.unwrap_or_default() {
            roots.push(this_root(&value)?);
        }
    }
    Ok(string(&serialize::html(&node, &ShadowChoice { with_serializable, roots })))
}

fn active_element(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let root = this_root(this)?;
    Ok(wrap_or_null(focus::active_in(&root, context), context))
}

fn style_sheets(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let root = this_root(this)?;
    style_sheet::sheets_under(&root, context)
}

/// `adoptedStyleSheets`: an array of its own. There are no sheets that script makes, so that all it can hold are those of
/// elements, which apply where their elements are.
fn adopted_style_sheets(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    part(&this_node(this)?, "adoptedStyleSheets", context, |_, context| {
        array(Vec::new(), context).as_object().ok_or_else(|| type_error("no array"))
    })
}

fn set_adopted_style_sheets(_: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let Some(given) = arg(args, 0).as_object() else {
        return Err(type_error("adoptedStyleSheets is a list of style sheets"));
    };
    let items = iterable::sequence(&given, context)?
        .ok_or_else(|| type_error("adoptedStyleSheets is a list of style sheets"))?;
    let sheet = prototype("CSSStyleSheet", context);
    let is_sheet = |value: &JsValue| {
        let object = value.as_object();
        object.is_some_and(|object| object.prototype().is_some_and(|own| JsObject::equals(&own, &sheet)))
    };
    if !items.iter().all(is_sheet) {
        return Err(type_error("adoptedStyleSheets is a list of style sheets"));
    }
    if !items.is_empty() {
        let message =
            "Only sheets that script makes can be adopted, and there are none here: put a <style> into the tree.";
        return Err(dom_exception("NotAllowedError", message, context));
    }
    Ok(JsValue::undefined())
}

/// `getRootNode`
pub(super) fn root_node(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let node = this_node(this)?;
    let is_composed = member(&arg(args, 0), "composed", context)?.to_boolean();
    let root = if is_composed { shadow::root_of(&node) } else { tree::root_of(&node) };
    Ok(wrap(&root, context).into())
}

const SHADOW_ROOT: Interface = Interface {
    name: "ShadowRoot",
    parent: Some("DocumentFragment"),
    attributes: &[
        ("mode", mode, None),
        ("delegatesFocus", |this, _, _| with(this, |data| data.init.delegates_focus.into()), None),
        ("slotAssignment", slot_assignment, None),
        ("clonable", |this, _, _| with(this, |data| data.init.is_clonable.into()), None),
        ("serializable", |this, _, _| with(this, |data| data.init.is_serializable.into()), None),
        ("host", host, None),
        ("innerHTML", inner_html, Some(set_inner_html)),
        ("activeElement", active_element, None),
        ("styleSheets", style_sheets, None),
        ("adoptedStyleSheets", adopted_style_sheets, Some(set_adopted_style_sheets)),
    ],
    methods: &[("getHTML", get_html, 0)],
    ..Interface::EMPTY
};

/// Installs ShadowRoot, and what elements have of it.
///
/// # Errors
/// What boa says; a bug.
pub fn install_shadow_root(context: &mut Context) -> JsResult<()> {
    install(&SHADOW_ROOT, context)?;
    let root = prototype("ShadowRoot", context);
    handlers::install(&root, &["slotchange"], context);
    let element = prototype("Element", context);
    define_method(&element, "attachShadow", attach_shadow, 1, context);
    define_method(&element, "getHTML", get_html, 0, context);
    define_accessor(&element, "shadowRoot", shadow_root, None, context);
    Ok(())
}
