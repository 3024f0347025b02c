//! Named access: `window[id]` (HTML §7.2.2.3), `document.formName` (HTML §3.1.6), `form.field` (HTML §4.10.3).
//!
//! The window's names sit on a Proxy at the end of its prototype chain, reached only by what nothing else answers. A
//! form's names go before its members, so HTMLFormElement.prototype itself is a Proxy. The document's names are
//! accessors on the document, defined as they appear: the document is too hot for a Proxy in its chain. Unlike in
//! browsers a form called `title` does not hide `document.title`.

use boa_engine::object::FunctionObjectBuilder;
use boa_engine::property::{PropertyDescriptor, PropertyKey};
use boa_engine::{Context, JsData, JsObject, JsResult, JsString, JsValue, NativeFunction, js_string};
use boa_gc::{Finalize, Trace};

use super::collection::{Kind, Shelf, shared};
use super::frames;
use super::window::Window;
use super::wrap::{as_node, wrap};
use crate::dom::node::ElementData;
use crate::dom::{NodeRef, form, tree};
use crate::engine::convert::{Native, arg, to_utf8};
use crate::engine::exotic::{self, Exotic, Key, go_on, proxy};
use crate::engine::interface::{Prototypes, define_value, prototype};

fn form_get(_: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    if let (Some(key), Some(form)) = (arg(args, 1).as_string(), as_node(&arg(args, 2)))
        && form.is_html("form")
    {
        let name = to_utf8(&key);
        if let Ok(at) = name.parse::<usize>() {
            let control = Shelf::of(&form, Kind::Controls).listing.item(at);
            return Ok(control.map(|node| wrap(&node, context).into()).unwrap_or_default());
        }
        if !may_name(&form, &name) {
            return go_on(args, context);
        }
        if let Some(found) = super::collection::form_named(&form, &name, context)? {
            return Ok(found);
        }
        if let Some(image) = image_named(&form, &name) {
            return Ok(wrap(&image, context).into());
        }
    }
    go_on(args, context)
}

/// Whether there may be something of this name in a form: asked for each member of it that a page reads.
fn may_name(form: &NodeRef, name: &str) -> bool {
    let document = if form.is_connected() { tree::document_of(form) } else { None };
    document.is_none_or(|document| document.as_document().is_none_or(|data| data.knows_name(name)))
}

/// An image of a form, which answers where no control does.
fn image_named(form: &NodeRef, name: &str) -> Option<NodeRef> {
    Shelf::of(form, Kind::Html(&["img"])).listing.named(name, 1).pop()
}

/// The native data of a form as the scope of an inline handler.
#[derive(Trace, Finalize, JsData)]
struct FormScope(NodeRef);

/// A form in the scope chain of an inline handler (HTML §8.1.8.1). Name lookup asks whether there is such a property
/// without saying of which object, which a Proxy up the chain cannot answer; so the scope is a Proxy of its own, and the
/// methods it gives out are bound to the form.
static SCOPE: Exotic = Exotic {
    name: "form scope",
    get: |target, key, context| {
        let Some(form) = target.downcast_ref::<FormScope>().map(|scope| scope.0.clone()) else { return Ok(None) };
        let Key::Name(name) = key else { return Ok(None) };
        let found = to_utf8(name);
        if may_name(&form, &found)
            && let Some(found) = super::collection::form_named(&form, &found, context)?
        {
            return Ok(Some(found));
        }
        let form = wrap(&form, context);
        if !form.has_property(name.clone(), context)? {
            return Ok(None);
        }
        let value = form.get(name.clone(), context)?;
        let Some(function) = value.as_callable() else { return Ok(Some(value)) };
        let bind = function.get(js_string!("bind"), context)?;
        match bind.as_callable() {
            Some(bind) => bind.call(&value, &[form.into()], context).map(Some),
            None => Ok(Some(value)),
        }
    },
    set: Some(|target, key, value, context| {
        let Some(form) = target.downcast_ref::<FormScope>().map(|scope| scope.0.clone()) else { return Ok(false) };
        let Key::Name(name) = key else { return Ok(false) };
        let form = wrap(&form, context);
        form.set(name.clone(), value.clone(), false, context).map(|_| true)
    }),
    delete: None,
    keys: |_, _| Vec::new(),
    is_indexed: false,
    enumerable: false,
    builtins_first: false,
};

/// The scope object of a form, see `SCOPE`.
///
/// # Errors
/// What boa says; a bug.
pub fn form_scope(form: &NodeRef, context: &mut Context) -> JsResult<JsObject> {
    let target = JsObject::from_proto_and_data(None, FormScope(form.clone()));
    exotic::wrap(target, &SCOPE, context)
}

/// Makes HTMLFormElement.prototype answer for a form's controls.
///
/// # Errors
/// What boa says; a bug.
pub fn install_form_names(context: &mut Context) -> JsResult<()> {
    replace_prototype("HTMLFormElement", &[("get", form_get)], context)
}

/// `select[at]` reads an option.
fn select_get(_: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    if let Some((select, at)) = select_index(args, 2) {
        let option = Shelf::of(&select, Kind::Options).listing.item(at);
        return Ok(option.map(|option| wrap(&option, context).into()).unwrap_or_default());
    }
    go_on(args, context)
}

/// `select[at] = option` puts one in, as `select.options[at] = option` does.
fn select_set(_: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    if let Some((select, at)) = select_index(args, 3) {
        super::select::set_option(&select, at, &arg(args, 2), context)?;
        return Ok(true.into());
    }
    let set = context.intrinsics().objects().reflect().get(js_string!("set"), context)?;
    match set.as_callable() {
        Some(set) => set.call(&JsValue::undefined(), args, context),
        None => Ok(false.into()),
    }
}

/// The select that is the receiver of a trap, and the index, where the key is one.
fn select_index(args: &[JsValue], receiver: usize) -> Option<(NodeRef, usize)> {
    let key = arg(args, 1).as_string()?;
    let at = to_utf8(&key).parse::<usize>().ok()?;
    as_node(&arg(args, receiver)).filter(|node| node.is_html("select")).map(|select| (select, at))
}

/// Makes HTMLSelectElement.prototype answer for a select's options.
///
/// # Errors
/// What boa says; a bug.
pub fn install_select_indices(context: &mut Context) -> JsResult<()> {
    replace_prototype("HTMLSelectElement", &[("get", select_get), ("set", select_set)], context)
}

/// Puts a Proxy in the place of an interface's prototype.
fn replace_prototype(interface: &'static str, traps: &[(&str, Native)], context: &mut Context) -> JsResult<()> {
    let target = prototype(interface, context);
    let proxied = proxy(&target, traps, context)?;
    proxied.set_prototype(target.prototype());
    let constructor = context.global_object().get(JsString::from(interface), context)?;
    if let Some(constructor) = constructor.as_object() {
        define_value(&constructor, "prototype", proxied.clone(), boa_engine::property::Attribute::empty());
    }
    Prototypes::of(context).set(interface, proxied);
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
    if Window::of_realm(context.realm()).is_none() {
        return Ok(None);
    }
    let window = Window::of(context);
    let name = to_utf8(&key);
    if name.starts_with(|c: char| c.is_ascii_digit())
        && let Ok(at) = name.parse::<usize>()
    {
        let frame = frames::all(context).into_iter().nth(at);
        return frame.map(|frame| frames::window_of(&frame, context)).transpose();
    }
    let Some(data) = window.document.as_document().filter(|data| data.knows_name(&name)) else { return Ok(None) };
    if !data.knows_document_name(&name) && data.count_by_id(&name) < 2 {
        return Ok(data.element_by_id(&name).map(|node| wrap(&node, context).into()));
    }
    let kind = Kind::WindowNamed(name.into());
    let shelf = Shelf::of(&window.document, kind.clone());
    let is_frame = |one: &NodeRef| {
        let is_called = |e: &ElementData| e.with_attr("name", |name| name == Some(&*to_utf8(&key)));
        one.is_html("iframe") && one.as_element().is_some_and(is_called)
    };
    match (shelf.listing.item(0), shelf.listing.len()) {
        (None, _) => Ok(None),
        (Some(one), 1) if is_frame(&one) => frames::window_of(&one, context).map(Some),
        (Some(one), 1) => Ok(Some(wrap(&one, context).into())),
        _ => shared(&window.document, kind, context).map(|list| Some(list.into())),
    }
}

fn with_name(document: &NodeRef, name: &str, elements: &[&str]) -> Vec<NodeRef> {
    let mut named = Shelf::of(document, Kind::Name(name.into())).listing.items();
    named.retain(|n| elements.contains(&n.html_name()));
    named
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

/// Defines `document.name` for names that have come since the last call, and takes away those that have gone.
pub fn publish(context: &mut Context) {
    let window = Window::of(context);
    let Some(data) = window.document.as_document() else { return };
    for name in data.take_changed_names() {
        let document = wrap(&window.document, context);
        let key = JsString::from(&*name);
        if !data.knows_document_name(&name) {
            withdraw(&document, key, context);
            continue;
        }
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

/// Takes the accessor of a name away, unless the page has put something of its own in its place.
fn withdraw(document: &JsObject, key: JsString, context: &mut Context) {
    let key = PropertyKey::from(key);
    let own = document.borrow().properties().get(&key);
    if own.is_some_and(|property| property.is_accessor_descriptor()) {
        // An accessor of ours is configurable, so nothing refuses.
        let _ = document.delete_property_or_throw(key, context);
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
        _ => shared(&window.document, Kind::Name(name.into()), context).map(JsValue::from),
    }
}
