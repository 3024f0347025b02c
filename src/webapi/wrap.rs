//! Nodes as the page sees them: one object per node, made when script first reaches it, alive as long as its tree.

use std::any::Any;

use boa_engine::{Context, JsData, JsObject, JsResult, JsValue};
use boa_gc::{Finalize, GcRefCell, Trace, WeakGc};
use rustc_hash::FxHashMap;

use super::collection::Shelf;
use super::target::Listeners;
use crate::dom::{Node, NodeKind, NodeRef, ScriptSlot, ns};
use crate::engine::convert::type_error;
use crate::engine::interface::Prototypes;

/// The native data of a node's object.
#[derive(Trace, Finalize, JsData)]
pub struct NodeObject(pub NodeRef);

/// What the script side keeps in a node's slot.
#[derive(Trace, Finalize, Default)]
pub struct NodeScript {
    wrapper: GcRefCell<Option<JsObject>>,
    /// The node's event listeners.
    pub listeners: Listeners,
    /// Objects that belong to the node: `childNodes`, `style` and the like, by name.
    parts: GcRefCell<Option<Box<FxHashMap<&'static str, JsObject>>>>,
    /// Collections of what is under the node that may be given out again.
    pub(super) shared: GcRefCell<Vec<WeakGc<Shelf>>>,
}

impl ScriptSlot for NodeScript {
    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// Runs `f` on the node's script side, if script has reached the node yet.
pub fn peek_script<R>(node: &Node, f: impl FnOnce(&NodeScript) -> R) -> Option<R> {
    let slot = node.slot().borrow();
    slot.as_ref().and_then(|slot| slot.as_any().downcast_ref::<NodeScript>()).map(f)
}

/// Runs `f` on the node's script side, made now if it was not there.
///
/// # Panics
/// Never: the slot holds only our type.
pub fn with_script<R>(node: &Node, f: impl FnOnce(&NodeScript) -> R) -> R {
    if node.slot().borrow().is_none() {
        *node.slot().borrow_mut() = Some(Box::new(NodeScript::default()));
    }
    let slot = node.slot().borrow();
    let script = slot.as_ref().and_then(|slot| slot.as_any().downcast_ref::<NodeScript>());
    f(script.expect("a node's slot holds its script side"))
}

/// The object of a node.
pub fn wrap(node: &NodeRef, context: &mut Context) -> JsObject {
    if let Some(Some(found)) = peek_script(node, |script| script.wrapper.borrow().clone()) {
        return found;
    }
    let prototype = prototypes_of(node, context).get(interface_of(node));
    let object = JsObject::new(context.root_shape(), prototype, NodeObject(node.clone())).upcast();
    with_script(node, |script| *script.wrapper.borrow_mut() = Some(object.clone()));
    object
}

/// The prototypes that a node's object is made with: those of its document's window, whoever reaches it first.
fn prototypes_of(node: &NodeRef, context: &mut Context) -> Prototypes {
    let own = Prototypes::of(context);
    let document = node.owner_document();
    let document = document.as_ref().unwrap_or(node);
    let is_framed = document.as_document().is_some_and(|data| data.is_framed.get());
    if is_framed || own.is_framed() { super::frames::prototypes_of(document, context).unwrap_or(own) } else { own }
}

/// The object of a node as a value, or null.
pub fn wrap_or_null(node: Option<NodeRef>, context: &mut Context) -> JsValue {
    match node {
        Some(node) => wrap(&node, context).into(),
        None => JsValue::null(),
    }
}

/// The objects of several nodes.
pub fn wrap_all(nodes: &[NodeRef], context: &mut Context) -> Vec<JsValue> {
    nodes.iter().map(|node| wrap(node, context).into()).collect()
}

/// The part of a node called `name`, if it was made.
#[must_use]
pub fn peek_part(node: &NodeRef, name: &'static str) -> Option<JsObject> {
    peek_script(node, |s| s.parts.borrow().as_ref().and_then(|parts| parts.get(name).cloned())).flatten()
}

/// Forgets the part of a node called `name`.
pub fn drop_part(node: &NodeRef, name: &'static str) {
    peek_script(node, |s| s.parts.borrow_mut().as_mut().and_then(|parts| parts.remove(name)));
}

/// The part of a node called `name`, made by `make` at first use.
///
/// # Errors
/// What `make` says.
pub fn part(
    node: &NodeRef,
    name: &'static str,
    context: &mut Context,
    make: impl FnOnce(&NodeRef, &mut Context) -> JsResult<JsObject>,
) -> JsResult<JsValue> {
    if let Some(found) = peek_part(node, name) {
        return Ok(found.into());
    }
    let made = make(node, context)?;
    with_script(node, |script| {
        script.parts.borrow_mut().get_or_insert_default().insert(name, made.clone());
    });
    Ok(made.into())
}

/// The node behind a value, if it is one.
#[must_use]
pub fn as_node(value: &JsValue) -> Option<NodeRef> {
    value.as_object().and_then(|object| object.downcast_ref::<NodeObject>().map(|data| data.0.clone()))
}

/// The node of `this`.
///
/// # Errors
/// A TypeError where `this` is none.
pub fn this_node(this: &JsValue) -> JsResult<NodeRef> {
    as_node(this).ok_or_else(|| type_error("Illegal invocation"))
}

/// The element of `this`.
///
/// # Errors
/// A TypeError where `this` is none.
pub fn this_element(this: &JsValue) -> JsResult<NodeRef> {
    as_node(this).filter(|node| node.as_element().is_some()).ok_or_else(|| type_error("Illegal invocation"))
}

/// The node that an argument must be.
///
/// # Errors
/// A TypeError where it is none.
pub fn node_arg(args: &[JsValue], at: usize) -> JsResult<NodeRef> {
    args.get(at).and_then(as_node).ok_or_else(|| type_error(&format!("parameter {} is not of type 'Node'", at + 1)))
}

/// The interface of a node.
#[must_use]
pub fn interface_of(node: &Node) -> &'static str {
    match node.kind() {
        NodeKind::Element(element) if element.name.ns == ns!(html) => html_interface(&element.name.local),
        NodeKind::Element(element) if element.name.ns == ns!(svg) => match &*element.name.local {
            "svg" => "SVGSVGElement",
            "a" => "SVGAElement",
            _ => "SVGElement",
        },
        NodeKind::Element(_) => "Element",
        NodeKind::Text(_) => "Text",
        NodeKind::CData(_) => "CDATASection",
        NodeKind::Comment(_) => "Comment",
        NodeKind::ProcessingInstruction(..) => "ProcessingInstruction",
        NodeKind::Document(data) if data.is_html => "HTMLDocument",
        NodeKind::Document(_) => "XMLDocument",
        NodeKind::Doctype(_) => "DocumentType",
        NodeKind::Fragment => "DocumentFragment",
        NodeKind::Shadow(_) => "ShadowRoot",
        NodeKind::Attr(_) => "Attr",
    }
}

/// The interface of an HTML element (HTML §4, "element interfaces").
fn html_interface(local: &str) -> &'static str {
    super::html_interfaces::BY_NAME
        .iter()
        .find(|(name, _)| *name == local)
        .map_or_else(|| plain_interface(local), |(_, interface)| interface)
}

/// The interface of what has none of its own: known elements and custom ones, or unknown ones (HTML §3.2.2).
fn plain_interface(local: &str) -> &'static str {
    let is_known = super::html_interfaces::PLAIN.contains(&local) || local.contains('-');
    if is_known { "HTMLElement" } else { "HTMLUnknownElement" }
}
