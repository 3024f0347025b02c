//! Element (DOM §4.9, DOM Parsing §2).

use boa_engine::{Context, JsResult, JsString, JsValue};

use super::collection::{Kind, shared};
use super::exception::dom_exception;
use super::wrap::{node_arg, part, this_element, wrap_or_null};
use super::{creation, handlers, mutation, named_node_map, node, parent_node, token_list};
use crate::dom::attributes::{self, qualified};
use crate::dom::select::Selectors;
use crate::dom::{Node, NodeRef, QualName, ns, serialize, tree};
use crate::engine::convert::{self, arg, array, string, string_or_null, text, text_null_empty};
use crate::engine::interface::Interface;

/// Sets an attribute in no namespace as script does: handlers follow.
///
/// # Errors
/// None yet.
pub fn set_attribute(element: &NodeRef, name: &str, value: &str, context: &mut Context) -> JsResult<()> {
    attributes::set(element, name, value);
    attribute_set(element, name, context)
}

/// Removes an attribute in no namespace as script does: handlers follow.
///
/// # Errors
/// None yet.
pub fn remove_attribute(element: &NodeRef, name: &str, context: &mut Context) -> JsResult<()> {
    if attributes::remove_qualified(element, name) {
        attribute_set(element, name, context)?;
    }
    Ok(())
}

fn attribute_set(element: &NodeRef, name: &str, context: &mut Context) -> JsResult<()> {
    let has_steps = name.starts_with("on") || matches!(name, "id" | "name" | "type" | "src" | "srcdoc");
    if !has_steps && !element.is_html("link") {
        return Ok(());
    }
    super::frames::in_window_of(element, context, |context| attribute_set_here(element, name, context))
}

/// What follows where an attribute was set, in the realm of the element's document.
fn attribute_set_here(element: &NodeRef, name: &str, context: &mut Context) -> JsResult<()> {
    if name.starts_with("on") && name.len() > 2 {
        handlers::attribute_changed(element, name, context);
    } else if name == "id" || name == "name" {
        super::named_access::publish(context);
    } else if name == "src" && element.is_html("img") {
        return super::image::source_set(element, context);
    } else if matches!(name, "src" | "srcdoc") && element.is_html("iframe") {
        super::frames::source_set(element, context);
    } else if element.is_html("link") {
        super::linked_sheets::changed(element, context);
    } else if name == "type" && element.is_html("style") {
        super::linked_sheets::style_changed(element, context);
    }
    Ok(())
}

/// An attribute name as HTML documents fold it.
pub(super) fn folded(element: &NodeRef, name: String) -> String {
    let is_folded = || {
        element.as_element().is_some_and(|e| e.name.ns == ns!(html))
            && tree::document_of(element).is_none_or(|d| d.as_document().is_none_or(|data| data.is_html))
    };
    if name.bytes().any(|b| b.is_ascii_uppercase()) && is_folded() { name.to_ascii_lowercase() } else { name }
}

fn get_attribute(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let element = this_element(this)?;
    let name = folded(&element, text(args, 0, context)?);
    let Some(data) = element.as_element() else { return Ok(JsValue::null()) };
    Ok(data.with_qualified(&name, |a| a.map_or_else(JsValue::null, |a| string(&a.value))))
}

fn set_attribute_native(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    convert::require(args, 2)?;
    let element = this_element(this)?;
    let name = folded(&element, text(args, 0, context)?);
    let value = text(args, 1, context)?;
    creation::check(&name, context)?;
    let known = element.as_element().and_then(|e| e.with_qualified(&name, |a| a.map(|a| a.name.clone())));
    attributes::set_named(&element, known.unwrap_or_else(|| attributes::plain_name(&name)), value);
    attribute_set(&element, &name, context)?;
    Ok(JsValue::undefined())
}

fn remove_named(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let element = this_element(this)?;
    let name = folded(&element, text(args, 0, context)?);
    remove_attribute(&element, &name, context)?;
    Ok(JsValue::undefined())
}

fn has_attribute(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let element = this_element(this)?;
    let name = folded(&element, text(args, 0, context)?);
    Ok(element.as_element().is_some_and(|e| e.with_qualified(&name, |a| a.is_some())).into())
}

fn toggle_attribute(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let element = this_element(this)?;
    let name = folded(&element, text(args, 0, context)?);
    creation::check(&name, context)?;
    let there = element.as_element().is_some_and(|e| e.with_qualified(&name, |a| a.is_some()));
    let wanted = args.get(1).filter(|v| !v.is_undefined()).map_or(!there, JsValue::to_boolean);
    if wanted && !there {
        set_attribute(&element, &name, "", context)?;
    } else if !wanted && there {
        attributes::remove_qualified(&element, &name);
        attribute_set(&element, &name, context)?;
    }
    Ok(wanted.into())
}

fn get_attribute_ns(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let (ns, local) = (creation::namespace(args, context)?, text(args, 1, context)?);
    let element = this_element(this)?;
    let value = element.as_element().and_then(|e| e.with_attr_ns(&ns, &local, |a| a.map(|a| a.value.clone())));
    Ok(string_or_null(value))
}

fn has_attribute_ns(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    get_attribute_ns(this, args, context).map(|value| (!value.is_null()).into())
}

fn set_attribute_ns(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    convert::require(args, 3)?;
    let (ns, name, value) = (creation::namespace(args, context)?, text(args, 1, context)?, text(args, 2, context)?);
    let (element, name) = (this_element(this)?, creation::extract(ns, &name, context)?);
    let plain = (name.ns == ns!()).then(|| name.local.clone());
    attributes::set_named(&element, name, value);
    if let Some(plain) = plain {
        attribute_set(&element, &plain, context)?;
    }
    Ok(JsValue::undefined())
}

fn remove_attribute_ns(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let (ns, local) = (creation::namespace(args, context)?, text(args, 1, context)?);
    attributes::remove(&this_element(this)?, |a| a.name.ns == ns && *a.name.local == *local);
    Ok(JsValue::undefined())
}

fn get_attribute_names(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let element = this_element(this)?;
    let names: Vec<JsValue> = element
        .as_element()
        .map(|e| e.with_attributes(|list| list.iter().map(|a| string(&a.qualified_name())).collect()))
        .unwrap_or_default();
    Ok(array(names, context))
}

fn get_elements_by_tag_name(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let name = text(args, 0, context)?;
    let root = super::wrap::this_node(this)?;
    shared(&root, Kind::TagName(name.into()), context).map(JsValue::from)
}

fn get_elements_by_tag_name_ns(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let kind = Kind::TagNameNs(creation::namespace(args, context)?, text(args, 1, context)?.into());
    shared(&super::wrap::this_node(this)?, kind, context).map(JsValue::from)
}

fn get_elements_by_class_name(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let classes = text(args, 0, context)?.split_ascii_whitespace().map(Into::into).collect();
    shared(&super::wrap::this_node(this)?, Kind::ClassName(classes), context).map(JsValue::from)
}

/// The lookups that documents and elements share.
pub const LOOKUPS: [(&str, convert::Native, usize); 3] = [
    ("getElementsByTagName", get_elements_by_tag_name, 1),
    ("getElementsByTagNameNS", get_elements_by_tag_name_ns, 2),
    ("getElementsByClassName", get_elements_by_class_name, 1),
];

fn matches(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let element = this_element(this)?;
    Ok(parent_node::selectors(args, context)?.matches(&element, Some(&element)).into())
}

fn closest(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let element = this_element(this)?;
    let selectors: std::rc::Rc<Selectors> = parent_node::selectors(args, context)?;
    let found = std::iter::once(element.clone())
        .chain(tree::ancestors(&element))
        .find(|n| n.as_element().is_some() && selectors.matches(n, Some(&element)));
    Ok(wrap_or_null(found, context))
}

fn inner_html(this: &JsValue, _: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    Ok(string(&serialize::inner_html(&this_element(this)?)))
}

fn set_inner_html(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let markup = text_null_empty(args, 0, context)?;
    mutation::set_inner_html(&this_element(this)?, &markup, context)?;
    Ok(JsValue::undefined())
}

fn outer_html(this: &JsValue, _: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    Ok(string(&serialize::outer_html(&this_element(this)?)))
}

fn set_outer_html(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let markup = text_null_empty(args, 0, context)?;
    let element = this_element(this)?;
    let Some(parent) = element.parent() else { return Ok(JsValue::undefined()) };
    if parent.as_document().is_some() {
        let message = "The document's root element has no markup around it.";
        return Err(dom_exception("NoModificationAllowedError", message, context));
    }
    let fragment = mutation::parse_fragment(&parent, &markup, context)?;
    mutation::replace(&parent, &fragment, &element, context)?;
    Ok(JsValue::undefined())
}

/// Where `insertAdjacent…` puts something: the parent and the node before which.
fn adjacent(element: &NodeRef, place: &str, context: &mut Context) -> JsResult<Option<(NodeRef, Option<NodeRef>)>> {
    Ok(match place.to_ascii_lowercase().as_str() {
        "beforebegin" => element.parent().map(|parent| (parent, Some(element.clone()))),
        "afterbegin" => Some((element.clone(), element.first_child())),
        "beforeend" => Some((element.clone(), None)),
        "afterend" => element.parent().map(|parent| (parent, element.next_sibling())),
        _ => {
            let message = format!("'{place}' is not one of beforebegin, afterbegin, beforeend, afterend.");
            return Err(dom_exception("SyntaxError", &message, context));
        }
    })
}

fn insert_adjacent_html(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let (place, markup) = (text(args, 0, context)?, text(args, 1, context)?);
    let element = this_element(this)?;
    match adjacent(&element, &place, context)? {
        Some((parent, before)) if parent.as_document().is_none() => {
            // In `<html>` a head and a body would be made anew.
            let body = parent.owner_document().filter(|_| parent.is_html("html"));
            let body = body.map(|document| Node::html_element(&document, "body"));
            let fragment = mutation::parse_fragment(body.as_ref().unwrap_or(&parent), &markup, context)?;
            mutation::insert(&parent, &fragment, before.as_ref(), context)?;
            Ok(JsValue::undefined())
        }
        _ => Err(dom_exception("NoModificationAllowedError", "The element has no parent.", context)),
    }
}

fn insert_adjacent_element(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let (place, child) = (text(args, 0, context)?, node_arg(args, 1)?);
    if child.as_element().is_none() {
        return Err(convert::type_error("parameter 2 is not of type 'Element'"));
    }
    match adjacent(&this_element(this)?, &place, context)? {
        Some((parent, before)) => {
            mutation::insert(&parent, &child, before.as_ref(), context)?;
            Ok(arg(args, 1))
        }
        None => Ok(JsValue::null()),
    }
}

fn insert_adjacent_text(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let (place, data) = (text(args, 0, context)?, text(args, 1, context)?);
    let element = this_element(this)?;
    if let (Some((parent, before)), Some(document)) = (adjacent(&element, &place, context)?, element.owner_document()) {
        let node = Node::text(&document, data);
        mutation::insert(&parent, &node, before.as_ref(), context)?;
    }
    Ok(JsValue::undefined())
}

fn reflected_text(this: &JsValue, name: &str) -> JsResult<JsValue> {
    let element = this_element(this)?;
    Ok(element.as_element().map(|e| e.with_attr(name, |v| string(v.unwrap_or("")))).unwrap_or_default())
}

/// The setter of an attribute that reflects a content attribute as text.
///
/// # Errors
/// A TypeError where `this` is no element; what `toString` throws.
pub fn set_reflected(this: &JsValue, name: &str, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let value = text(args, 0, context)?;
    set_attribute(&this_element(this)?, name, &value, context)?;
    Ok(JsValue::undefined())
}

fn name_part(this: &JsValue, f: impl FnOnce(&QualName) -> JsValue) -> JsResult<JsValue> {
    let element = this_element(this)?;
    Ok(element.as_element().map(|e| f(&e.name)).unwrap_or_default())
}

fn attribute_node(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let element = this_element(this)?;
    let name = folded(&element, text(args, 0, context)?);
    let at = element
        .as_element()
        .and_then(|e| e.with_attributes(|list| list.iter().position(|a| qualified(&a.name) == name)));
    Ok(wrap_or_null(at.and_then(|at| attributes::attr_node(&element, at)), context))
}

fn attribute_node_ns(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let (ns, local) = (creation::namespace(args, context)?, text(args, 1, context)?);
    let element = this_element(this)?;
    let is_it = |a: &attributes::Attribute| a.name.ns == ns && *a.name.local == *local;
    let at = element.as_element().and_then(|e| e.with_attributes(|list| list.iter().position(is_it)));
    Ok(wrap_or_null(at.and_then(|at| attributes::attr_node(&element, at)), context))
}

fn set_attribute_node(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let (element, attr) = (this_element(this)?, node_arg(args, 0)?);
    put_attribute_node(&element, &attr, context)
}

/// Hands an attribute node to an element and answers with the one it replaces, or null (DOM, "set an attribute").
///
/// # Errors
/// An InUseAttributeError where it belongs to another element.
pub fn put_attribute_node(element: &NodeRef, attr: &NodeRef, context: &mut Context) -> JsResult<JsValue> {
    let crate::dom::NodeKind::Attr(data) = attr.kind() else {
        return Err(convert::type_error("parameter 1 is not of type 'Attr'"));
    };
    if let Some(owner) = crate::dom::node::get(&data.owner) {
        if !crate::dom::node::same(&owner, element) {
            return Err(dom_exception("InUseAttributeError", "The attribute belongs to another element.", context));
        }
        return Ok(super::wrap::wrap(attr, context).into());
    }
    let same_name = |a: &attributes::Attribute| a.name.ns == data.name.ns && a.name.local == data.name.local;
    let at = element.as_element().and_then(|e| e.with_attributes(|list| list.iter().position(same_name)));
    let old = at.and_then(|at| attributes::attr_node(element, at));
    attributes::adopt_node(element, attr);
    attribute_set(element, &node::node_name(attr), context)?;
    Ok(wrap_or_null(old, context))
}

fn remove_attribute_node(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let (element, attr) = (this_element(this)?, node_arg(args, 0)?);
    let is_own = match attr.kind() {
        crate::dom::NodeKind::Attr(data) => {
            crate::dom::node::get(&data.owner).is_some_and(|owner| crate::dom::node::same(&owner, &element))
        }
        _ => false,
    };
    if !is_own {
        return Err(dom_exception("NotFoundError", "The attribute does not belong to this element.", context));
    }
    remove_named(this, &[JsString::from(node::node_name(&attr)).into()], context)?;
    Ok(arg(args, 0))
}

/// The table of Element.
pub const ELEMENT: Interface = Interface {
    name: "Element",
    parent: Some("Node"),
    attributes: &[
        ("tagName", |this, _, _| Ok(string(&node::node_name(&this_element(this)?))), None),
        ("localName", |this, _, _| name_part(this, |name| string(&name.local)), None),
        (
            "prefix",
            |this, _, _| name_part(this, |name| string_or_null(name.prefix.as_ref().map(ToString::to_string))),
            None,
        ),
        (
            "namespaceURI",
            |this, _, _| name_part(this, |name| string_or_null((name.ns != ns!()).then(|| name.ns.to_string()))),
            None,
        ),
        ("id", |this, _, _| reflected_text(this, "id"), Some(|this, args, c| set_reflected(this, "id", args, c))),
        (
            "className",
            |this, _, _| reflected_text(this, "class"),
            Some(|this, args, c| set_reflected(this, "class", args, c)),
        ),
        ("slot", |this, _, _| reflected_text(this, "slot"), Some(|this, args, c| set_reflected(this, "slot", args, c))),
        (
            "classList",
            |this, _, c| part(&this_element(this)?, "classList", c, token_list::class_list),
            Some(|this, args, c| set_reflected(this, "class", args, c)),
        ),
        ("attributes", |this, _, c| part(&this_element(this)?, "attributes", c, named_node_map::make), None),
        ("innerHTML", inner_html, Some(set_inner_html)),
        ("outerHTML", outer_html, Some(set_outer_html)),
        ("shadowRoot", |_, _, _| Ok(JsValue::null()), None),
    ],
    methods: &[
        ("getAttribute", get_attribute, 1),
        ("setAttribute", set_attribute_native, 2),
        ("removeAttribute", remove_named, 1),
        ("hasAttribute", has_attribute, 1),
        ("toggleAttribute", toggle_attribute, 1),
        ("getAttributeNS", get_attribute_ns, 2),
        ("setAttributeNS", set_attribute_ns, 3),
        ("removeAttributeNS", remove_attribute_ns, 2),
        ("hasAttributeNS", has_attribute_ns, 2),
        ("getAttributeNames", get_attribute_names, 0),
        (
            "hasAttributes",
            |this, _, _| {
                Ok(this_element(this)?.as_element().is_some_and(|e| e.with_attributes(|l| !l.is_empty())).into())
            },
            0,
        ),
        ("getAttributeNode", attribute_node, 1),
        ("getAttributeNodeNS", attribute_node_ns, 2),
        ("setAttributeNode", set_attribute_node, 1),
        ("setAttributeNodeNS", set_attribute_node, 1),
        ("removeAttributeNode", remove_attribute_node, 1),
        ("matches", matches, 1),
        ("webkitMatchesSelector", matches, 1),
        ("msMatchesSelector", matches, 1),
        ("closest", closest, 1),
        ("insertAdjacentHTML", insert_adjacent_html, 2),
        ("insertAdjacentElement", insert_adjacent_element, 2),
        ("insertAdjacentText", insert_adjacent_text, 2),
    ],
    ..Interface::EMPTY
};

/// Elements with a `name`, as a NodeList (document.getElementsByName).
///
/// # Errors
/// What `toString` throws.
pub fn by_name(root: &NodeRef, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let name = text(args, 0, context)?;
    shared(root, Kind::Name(name.into()), context).map(JsValue::from)
}
