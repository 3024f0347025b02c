//! NamedNodeMap (DOM §4.9.1): `element.attributes`.

use boa_engine::{Context, JsData, JsObject, JsResult, JsString, JsValue};
use boa_gc::{Finalize, Trace};
use html5ever::ns;

use super::exception::dom_exception;
use super::wrap::{node_arg, wrap, wrap_or_null};
use crate::dom::attributes::Attribute;
use crate::dom::{NodeRef, attributes, tree};
use crate::engine::convert::{index, text, this_object, to_utf8, type_error};
use crate::engine::exotic::{self, Exotic, Key};
use crate::engine::interface::{Interface, prototype};

#[derive(Trace, Finalize, JsData)]
struct Map(NodeRef);

fn len(element: &NodeRef) -> usize {
    element.as_element().map_or(0, |e| e.with_attributes(<[_]>::len))
}

fn position(element: &NodeRef, name: &str) -> Option<usize> {
    element.as_element()?.with_attributes(|list| list.iter().position(|a| a.qualified_name() == name))
}

/// The names that are properties; of an HTML element those that a script in HTML can ask for.
fn names(element: &NodeRef) -> Vec<JsString> {
    let is_upper = |name: &str| name.contains(|c: char| c.is_ascii_uppercase());
    let Some(data) = element.as_element() else { return Vec::new() };
    let of_html = data.name.ns == ns!(html) && is_in_html(element);
    data.with_attributes(|list| {
        let names = list.iter().map(Attribute::qualified_name).filter(|name| !(of_html && is_upper(name)));
        names.map(|name| JsString::from(&*name)).collect()
    })
}

fn is_in_html(element: &NodeRef) -> bool {
    tree::document_of(element).and_then(|document| document.as_document().map(|data| data.is_html)).unwrap_or(true)
}

static MAP: Exotic = Exotic {
    name: "named node map",
    get: |target, key, context| {
        let Some(element) = target.downcast_ref::<Map>().map(|map| map.0.clone()) else { return Ok(None) };
        let at = match key {
            Key::Index(at) => Some(*at as usize),
            Key::Name(name) => position(&element, &to_utf8(name)),
        };
        Ok(at.and_then(|at| attributes::attr_node(&element, at)).map(|node| wrap(&node, context).into()))
    },
    set: None,
    delete: None,
    keys: |target, _| {
        let Some(element) = target.downcast_ref::<Map>().map(|map| map.0.clone()) else { return Vec::new() };
        let indices = (0..len(&element)).map(|at| JsString::from(at.to_string()));
        indices.chain(names(&element)).collect()
    },
    is_indexed: true,
    enumerable: false,
    builtins_first: true,
};

/// Makes an element's map.
///
/// # Errors
/// What boa says; a bug.
pub fn make(element: &NodeRef, context: &mut Context) -> JsResult<JsObject> {
    let target = JsObject::from_proto_and_data(prototype("NamedNodeMap", context), Map(element.clone()));
    exotic::wrap(target, &MAP, context)
}

fn element_of(this: &JsValue, context: &mut Context) -> JsResult<NodeRef> {
    let object = this_object(this, context);
    let target = exotic::unwrap(&object, context)?;
    let found = target.downcast_ref::<Map>().map(|map| map.0.clone());
    found.ok_or_else(|| type_error("Illegal invocation"))
}

fn length(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    element_of(this, context).map(|element| len(&element).into())
}

fn item(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let (element, at) = (element_of(this, context)?, index(args, 0, context)?);
    Ok(wrap_or_null(attributes::attr_node(&element, at), context))
}

fn get_named_item(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let (element, name) = (element_of(this, context)?, text(args, 0, context)?);
    let name = super::element::folded(&element, name);
    let node = position(&element, &name).and_then(|at| attributes::attr_node(&element, at));
    Ok(wrap_or_null(node, context))
}

fn set_named_item(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let (element, attr) = (element_of(this, context)?, node_arg(args, 0)?);
    super::element::put_attribute_node(&element, &attr, context)
}

fn remove_named_item(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let (element, name) = (element_of(this, context)?, text(args, 0, context)?);
    let name = super::element::folded(&element, name);
    let Some(node) = position(&element, &name).and_then(|at| attributes::attr_node(&element, at)) else {
        let message = format!("There is no attribute '{name}'.");
        return Err(dom_exception("NotFoundError", &message, context));
    };
    super::element::remove_attribute(&element, &name, context)?;
    Ok(wrap(&node, context).into())
}

/// The table of NamedNodeMap.
pub const NAMED_NODE_MAP: Interface = Interface {
    name: "NamedNodeMap",
    attributes: &[("length", length, None)],
    methods: &[
        ("item", item, 1),
        ("getNamedItem", get_named_item, 1),
        ("setNamedItem", set_named_item, 1),
        ("removeNamedItem", remove_named_item, 1),
    ],
    ..Interface::EMPTY
};
