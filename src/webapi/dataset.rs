//! DOMStringMap (HTML §3.2.6.6): `element.dataset`.

use boa_engine::{Context, JsData, JsObject, JsResult, JsString, JsValue};
use boa_gc::{Finalize, Trace};

use super::element::set_attribute;
use super::exception::dom_exception;
use crate::dom::{NodeRef, attributes};
use crate::engine::convert::{string, to_utf8, value_text};
use crate::engine::exotic::{self, Exotic, Key};
use crate::engine::interface::{Interface, prototype};

#[derive(Trace, Finalize, JsData)]
struct Dataset(NodeRef);

fn attribute_name(key: &Key) -> String {
    let mut name = "data-".to_owned();
    let text = match key {
        Key::Index(at) => at.to_string(),
        Key::Name(text) => to_utf8(text),
    };
    for c in text.chars() {
        if c.is_ascii_uppercase() {
            name.push('-');
        }
        name.push(c.to_ascii_lowercase());
    }
    name
}

fn property_name(attribute: &str) -> Option<String> {
    let rest = attribute.strip_prefix("data-").filter(|rest| !rest.contains(|c: char| c.is_ascii_uppercase()))?;
    let mut name = String::new();
    let mut characters = rest.chars().peekable();
    while let Some(c) = characters.next() {
        match characters.peek() {
            Some(next) if c == '-' && next.is_ascii_lowercase() => {
                name.push(next.to_ascii_uppercase());
                characters.next();
            }
            _ => name.push(c),
        }
    }
    Some(name)
}

fn element_of(target: &JsObject) -> Option<NodeRef> {
    target.downcast_ref::<Dataset>().map(|data| data.0.clone())
}

fn get(target: &JsObject, key: &Key, _: &mut Context) -> JsResult<Option<JsValue>> {
    let name = attribute_name(key);
    let has_dash = matches!(key, Key::Name(text) if text_has_dash_lower(&to_utf8(text)));
    Ok(element_of(target)
        .filter(|_| !has_dash)
        .and_then(|element| element.as_element().and_then(|e| e.attr(&name)))
        .map(|value| string(&value)))
}

fn text_has_dash_lower(text: &str) -> bool {
    text.as_bytes().windows(2).any(|pair| pair[0] == b'-' && pair[1].is_ascii_lowercase())
}

fn set(target: &JsObject, key: &Key, value: &JsValue, context: &mut Context) -> JsResult<bool> {
    if matches!(key, Key::Name(text) if text_has_dash_lower(&to_utf8(text))) {
        return Err(dom_exception("SyntaxError", "A hyphen before a lower-case letter is not allowed.", context));
    }
    let value = value_text(value, context)?;
    if let Some(element) = element_of(target) {
        set_attribute(&element, &attribute_name(key), &value, context)?;
    }
    Ok(true)
}

fn delete(target: &JsObject, key: &Key, _: &mut Context) -> JsResult<bool> {
    Ok(element_of(target).is_some_and(|element| attributes::remove_plain(&element, &attribute_name(key))))
}

fn keys(target: &JsObject, _: &mut Context) -> Vec<JsString> {
    let Some(element) = element_of(target) else { return Vec::new() };
    let names = element.as_element().map(|e| {
        e.with_attributes(|list| list.iter().filter_map(|a| property_name(&a.name.local)).collect::<Vec<_>>())
    });
    names.unwrap_or_default().into_iter().map(JsString::from).collect()
}

static DATASET: Exotic = Exotic {
    name: "dataset",
    get,
    set: Some(set),
    delete: Some(delete),
    keys,
    is_indexed: false,
    enumerable: true,
    builtins_first: false,
};

/// Makes an element's dataset.
///
/// # Errors
/// What boa says; a bug.
pub fn make(element: &NodeRef, context: &mut Context) -> JsResult<JsObject> {
    let target = JsObject::from_proto_and_data(prototype("DOMStringMap", context), Dataset(element.clone()));
    exotic::wrap(target, &DATASET, context)
}

/// The table of DOMStringMap.
pub const DOM_STRING_MAP: Interface = Interface { name: "DOMStringMap", ..Interface::EMPTY };
