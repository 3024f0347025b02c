//! ParentNode, ChildNode, NonDocumentTypeChildNode (DOM §4.2.6 to §4.2.8): mixins of several interfaces.

use boa_engine::property::{Attribute, PropertyDescriptor};
use boa_engine::{Context, JsObject, JsResult, JsSymbol, JsValue};

use super::collection::{Kind, Shelf, live, static_list};
use super::exception::dom_exception;
use super::mutation::{self, nodes_arg};
use super::node::node_link;
use super::wrap::{part, this_node, wrap_or_null};
use crate::dom::select::Selectors;
use crate::dom::{NodeRef, tree};
use crate::engine::convert::{Native, with_text};
use crate::engine::interface::{define_accessor, define_method, define_value};

/// So many children are counted each time they are asked for; of more there is a list.
const CHILDREN_COUNTED_MAX: usize = 32;

/// Parses a selector argument.
///
/// # Errors
/// A SyntaxError DOMException.
pub fn selectors(args: &[JsValue], context: &mut Context) -> JsResult<std::rc::Rc<Selectors>> {
    crate::engine::convert::require(args, 1)?;
    let parsed = with_text(args, 0, context, |source| Selectors::cached(source).map_err(|_| source.to_owned()))?;
    parsed.map_err(|source| dom_exception("SyntaxError", &format!("'{source}' is not a valid selector."), context))
}

fn query_selector(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let root = this_node(this)?;
    let found = selectors(args, context)?.first(&root);
    Ok(wrap_or_null(found, context))
}

fn query_selector_all(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let root = this_node(this)?;
    let found = selectors(args, context)?.query(&root, usize::MAX);
    Ok(static_list(&found, context).into())
}

fn children(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    part(&this_node(this)?, "children", context, |node, context| live(node, Kind::Children, context))
}

fn child_element_count(this: &JsValue, _: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    let node = this_node(this)?;
    let few = tree::element_children(&node).take(CHILDREN_COUNTED_MAX + 1).count();
    let is_all = few <= CHILDREN_COUNTED_MAX;
    Ok(if is_all { few } else { Shelf::of(&node, Kind::Children).listing.len() }.into())
}

fn document_of(node: &NodeRef) -> NodeRef {
    tree::document_of(node).unwrap_or_else(|| node.clone())
}

fn append(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let node = this_node(this)?;
    let child = nodes_arg(args, &document_of(&node), context)?;
    mutation::insert(&node, &child, None, context).map(|()| JsValue::undefined())
}

fn prepend(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let node = this_node(this)?;
    let child = nodes_arg(args, &document_of(&node), context)?;
    let first = node.first_child();
    mutation::insert(&node, &child, first.as_ref(), context).map(|()| JsValue::undefined())
}

fn replace_children(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let node = this_node(this)?;
    let child = nodes_arg(args, &document_of(&node), context)?;
    mutation::replace_children(&node, &child, context).map(|()| JsValue::undefined())
}

const PARENT_ATTRIBUTES: [(&str, Native); 4] = [
    ("children", children),
    ("childElementCount", child_element_count),
    ("firstElementChild", node_link!(|n: &NodeRef| tree::element_children(n).next())),
    (
        "lastElementChild",
        node_link!(|n: &NodeRef| std::iter::successors(n.last_child(), |c| c.previous_sibling())
            .find(|c| c.as_element().is_some())),
    ),
];

const PARENT_METHODS: [(&str, Native, usize); 5] = [
    ("querySelector", query_selector, 1),
    ("querySelectorAll", query_selector_all, 1),
    ("append", append, 0),
    ("prepend", prepend, 0),
    ("replaceChildren", replace_children, 0),
];

/// What `with (node)` does not find on a prototype (`[Unscopable]`): inline handlers have globals of these names.
pub fn install_unscopables(prototype: &JsObject, names: &[&str]) {
    let list = JsObject::with_null_proto();
    for name in names {
        define_value(&list, name, true, Attribute::all());
    }
    let descriptor = PropertyDescriptor::builder().value(list).writable(false).enumerable(false).configurable(true);
    prototype.insert_property(JsSymbol::unscopables(), descriptor);
}

/// Puts ParentNode on a prototype.
pub fn install_parent(prototype: &JsObject, context: &mut Context) {
    for (name, getter) in PARENT_ATTRIBUTES {
        define_accessor(prototype, name, getter, None, context);
    }
    for (name, native, length) in PARENT_METHODS {
        define_method(prototype, name, native, length, context);
    }
}

fn remove(this: &JsValue, _: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    tree::remove(&this_node(this)?);
    Ok(JsValue::undefined())
}

/// The first sibling from `start` on that is none of the arguments ("viable next sibling").
fn sibling_not_given(start: Option<NodeRef>, args: &[JsValue]) -> Option<NodeRef> {
    let given: Vec<NodeRef> = args.iter().filter_map(super::wrap::as_node).collect();
    let is_given = |n: &NodeRef| given.iter().any(|g| crate::dom::node::same(g, n));
    std::iter::successors(start, |n| n.next_sibling()).find(|n| !is_given(n))
}

/// Inserts the arguments beside `this`, before what `next` finds; nothing happens without a parent.
fn beside(this: &JsValue, args: &[JsValue], after: bool, context: &mut Context) -> JsResult<JsValue> {
    let node = this_node(this)?;
    let Some(parent) = node.parent() else { return Ok(JsValue::undefined()) };
    let before = sibling_not_given(if after { node.next_sibling() } else { Some(node.clone()) }, args);
    let child = nodes_arg(args, &document_of(&node), context)?;
    mutation::insert(&parent, &child, before.as_ref(), context).map(|()| JsValue::undefined())
}

fn replace_with(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let node = this_node(this)?;
    let Some(parent) = node.parent() else { return Ok(JsValue::undefined()) };
    let next = sibling_not_given(node.next_sibling(), args);
    let child = nodes_arg(args, &document_of(&node), context)?;
    if node.parent().is_some_and(|p| crate::dom::node::same(&p, &parent)) {
        mutation::replace(&parent, &child, &node, context)?;
    } else {
        mutation::insert(&parent, &child, next.as_ref(), context)?;
    }
    Ok(JsValue::undefined())
}

const CHILD_METHODS: [(&str, Native, usize); 4] = [
    ("remove", remove, 0),
    ("before", |this, args, context| beside(this, args, false, context), 0),
    ("after", |this, args, context| beside(this, args, true, context), 0),
    ("replaceWith", replace_with, 0),
];

const SIBLING_ATTRIBUTES: [(&str, Native); 2] = [
    (
        "nextElementSibling",
        node_link!(|n: &NodeRef| std::iter::successors(n.next_sibling(), |s| s.next_sibling())
            .find(|s| s.as_element().is_some())),
    ),
    (
        "previousElementSibling",
        node_link!(|n: &NodeRef| std::iter::successors(n.previous_sibling(), |s| s.previous_sibling())
            .find(|s| s.as_element().is_some())),
    ),
];

/// Puts ChildNode, and for elements and text NonDocumentTypeChildNode, on a prototype.
pub fn install_child(prototype: &JsObject, with_siblings: bool, context: &mut Context) {
    for (name, native, length) in CHILD_METHODS {
        define_method(prototype, name, native, length, context);
    }
    if with_siblings {
        for (name, getter) in SIBLING_ATTRIBUTES {
            define_accessor(prototype, name, getter, None, context);
        }
    }
}
