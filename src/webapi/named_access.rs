//! Named access: `window[id]` (HTML §7.2.2.3), `document.formName` (HTML §3.1.6), `form.field` (HTML §4.10.3).
//!
//! The window's names sit on a Proxy at the end of its prototype chain, reached only by what nothing else answers. A
//! form's names go before its members, so HTMLFormElement.prototype itself is a Proxy. The document's names are
//! accessors on the document, defined as they appear: the document is too hot for a Proxy in its chain. Unlike in
//! browsers a form called `title` does not hide `document.title`.

use boa_engine::object::FunctionObjectBuilder;
use boa_engine::property::PropertyDescriptor;
use boa_engine::{Context, JsObject, JsResult, JsString, JsValue, NativeFunction, js_string};

use super::collection::{Kind, live};
use super::window::Window;
use super::wrap::{as_node, wrap};
use crate::dom::{NodeRef, form, tree};
use crate::engine::convert::{Native, arg, to_utf8};
use crate::engine::interface::{Prototypes, define_value, function, prototype};

/// Puts a Proxy with these traps around `target`.
fn proxy(target: &JsObject, traps: &[(&str, Native)], context: &mut Context) -> JsResult<JsObject> {
    let handler = JsObject::with_null_proto();
    for (name, native) in traps {
        let value = function(name, *native, 0, context);
        handler.insert_property(
            JsString::from(*name),
            PropertyDescriptor::builder().value(value).writable(true).enumerable(true).configurable(true),
        );
    }
    let constructor = context.intrinsics().constructors().proxy().constructor();
    constructor.construct(&[target.clone().into(), handler.into()], None, context)
}

/// `Reflect.get(target, key, receiver)`: what a trap does with a key it does not know.
fn go_on(args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let reflect = context.intrinsics().objects().reflect();
    let get = reflect.get(js_string!("get"), context)?;
    match get.as_callable() {
        Some(get) => get.call(&JsValue::undefined(), args, context),
        None => Ok(JsValue::undefined()),
    }
}

fn form_get(_: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    if let (Some(key), Some(form)) = (arg(args, 1).as_string(), as_node(&arg(args, 2)))
        && form.is_html("form")
    {
        let name = to_utf8(&key);
        if let Ok(at) = name.parse::<usize>() {
            return Ok(form::elements(&form).get(at).map(|node| wrap(node, context).into()).unwrap_or_default());
        }
        let found = named_controls(&form, &name);
        match found.as_slice() {
            [] => {}
            [one] => return Ok(wrap(one, context).into()),
            _ => return Ok(super::collection::static_list(&found, context).into()),
        }
    }
    go_on(args, context)
}

/// The controls of a form with this name or id; images too, where there is no control.
fn named_controls(form: &NodeRef, name: &str) -> Vec<NodeRef> {
    let fits = |n: &NodeRef| {
        n.as_element()
            .is_some_and(|e| e.with_attr("name", |v| v == Some(name)) || e.with_attr("id", |v| v == Some(name)))
    };
    let controls: Vec<NodeRef> = form::elements(form).into_iter().filter(fits).collect();
    if controls.is_empty() {
        return tree::descendants(form).filter(|n| n.is_html("img") && fits(n)).take(1).collect();
    }
    controls
}

/// Makes HTMLFormElement.prototype answer for a form's controls.
///
/// # Errors
/// What boa says; a bug.
pub fn install_form_names(context: &mut Context) -> JsResult<()> {
    let target = prototype("HTMLFormElement", context);
    let proxied = proxy(&target, &[("get", form_get)], context)?;
    let constructor = context.global_object().get(js_string!("HTMLFormElement"), context)?;
    if let Some(constructor) = constructor.as_object() {
        define_value(&constructor, "prototype", proxied.clone(), boa_engine::property::Attribute::empty());
    }
    Prototypes::of(context).set("HTMLFormElement", proxied);
    Ok(())
}

fn window_get(_: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    match window_named(&arg(args, 1), context)? {
        Some(value) => Ok(value),
        None => go_on(args, context),
    }
}

fn window_has(_: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    if window_named(&arg(args, 1), context)?.is_some() {
        return Ok(true.into());
    }
    let target = arg(args, 0).as_object();
    let key = arg(args, 1).to_property_key(context)?;
    match target {
        Some(target) => target.has_property(key, context).map(JsValue::from),
        None => Ok(false.into()),
    }
}

fn window_named(key: &JsValue, context: &mut Context) -> JsResult<Option<JsValue>> {
    let Some(key) = key.as_string() else { return Ok(None) };
    if context.get_data::<std::rc::Rc<Window>>().is_none() {
        return Ok(None);
    }
    let window = Window::of(context);
    let name = to_utf8(&key);
    let Some(data) = window.document.as_document().filter(|data| data.knows_name(&name)) else { return Ok(None) };
    if let Some(by_id) = data.element_by_id(&name) {
        return Ok(Some(wrap(&by_id, context).into()));
    }
    let found = with_name(&window.document, &name, &["embed", "form", "img", "object", "iframe"]);
    Ok(found.first().map(|node| wrap(node, context).into()))
}

fn with_name(document: &NodeRef, name: &str, elements: &[&str]) -> Vec<NodeRef> {
    tree::descendants(document)
        .filter(|n| {
            elements.contains(&n.html_name())
                && n.as_element().is_some_and(|e| e.with_attr("name", |v| v == Some(name)))
        })
        .collect()
}

/// Puts the window's names at the end of the global object's prototype chain.
///
/// # Errors
/// What boa says; a bug.
pub fn install_window_names(window_prototype: &JsObject, context: &mut Context) -> JsResult<()> {
    let target = prototype("EventTarget", context);
    let proxied = proxy(&target, &[("get", window_get), ("has", window_has)], context)?;
    window_prototype.set_prototype(Some(proxied));
    Ok(())
}

/// Defines `document.name` for names that have appeared since the last call.
pub fn publish(context: &mut Context) {
    let window = Window::of(context);
    let Some(data) = window.document.as_document() else { return };
    for name in data.take_new_names() {
        let document = wrap(&window.document, context);
        let key = JsString::from(&*name);
        if document.has_property(key.clone(), context).unwrap_or(true) {
            continue;
        }
        let getter = NativeFunction::from_copy_closure_with_captures(
            |_, _, name: &JsString, context| document_named(&to_utf8(name), context),
            key.clone(),
        );
        let getter = FunctionObjectBuilder::new(context.realm(), getter).build();
        let setter = NativeFunction::from_copy_closure_with_captures(
            |this, args, name: &JsString, _| {
                if let Some(document) = this.as_object() {
                    define_value(&document, &to_utf8(name), arg(args, 0), boa_engine::property::Attribute::all());
                }
                Ok(JsValue::undefined())
            },
            key.clone(),
        );
        let setter = FunctionObjectBuilder::new(context.realm(), setter).build();
        let descriptor = PropertyDescriptor::builder().get(getter).set(setter).enumerable(false).configurable(true);
        document.insert_property(key, descriptor);
    }
}

fn document_named(name: &str, context: &mut Context) -> JsResult<JsValue> {
    let window = Window::of(context);
    let mut found = with_name(&window.document, name, &["embed", "form", "iframe", "img", "object"]);
    if found.is_empty() {
        let by_id = window.document.as_document().and_then(|data| data.element_by_id(name));
        found.extend(by_id.filter(|n| n.is_html("object") || n.is_html("img") && form::has_flag(n, "name")));
    }
    match found.as_slice() {
        [] => Ok(JsValue::undefined()),
        [one] => Ok(wrap(one, context).into()),
        _ => live(&window.document, Kind::Name(name.into()), context).map(JsValue::from),
    }
}
