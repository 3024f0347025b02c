//! HTMLSlotElement ([HTML §4.12.4](https://html.spec.whatwg.org/multipage/scripting.html#the-slot-element)) and what may be in
//! slots: `slot`, `assignedSlot`.

use boa_engine::{Context, JsObject, JsResult, JsValue};

use super::mutation_observer;
use super::reflect::{self, Reflected};
use super::target::fire;
use super::wrap::{as_node, this_element, this_node, wrap, wrap_all, wrap_or_null};
use crate::dom::{NodeRef, shadow, slots};
use crate::engine::convert::{arg, array, member, type_error};
use crate::engine::interface::{define_accessor, define_method, prototype};

fn this_slot(this: &JsValue) -> JsResult<NodeRef> {
    this_element(this).ok().filter(|node| node.is_html("slot")).ok_or_else(|| type_error("Illegal invocation"))
}

fn assigned(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<Vec<NodeRef>> {
    let slot = this_slot(this)?;
    let is_flat = member(&arg(args, 0), "flatten", context)?.to_boolean();
    Ok(if is_flat { slots::flattened(&slot) } else { slots::assigned(&slot) })
}

fn assigned_nodes(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let nodes = assigned(this, args, context)?;
    let nodes = wrap_all(&nodes, context);
    Ok(array(nodes, context))
}

fn assigned_elements(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let mut nodes = assigned(this, args, context)?;
    nodes.retain(|node| node.as_element().is_some());
    let nodes = wrap_all(&nodes, context);
    Ok(array(nodes, context))
}

fn assign(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let slot = this_slot(this)?;
    let mut nodes = Vec::with_capacity(args.len());
    for value in args {
        let node = as_node(value).filter(|node| slots::is_slottable(node));
        nodes.push(node.ok_or_else(|| type_error("what a slot is given must be an element or text"))?);
    }
    let queue = mutation_observer::queue_of(context);
    slots::assign(&slot, nodes, &queue);
    Ok(JsValue::undefined())
}

/// `assignedSlot`: none of a closed tree.
fn assigned_slot(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let slot = slots::assigned_slot(&*this_node(this)?);
    let is_open = |slot: &NodeRef| {
        shadow::containing(slot).as_ref().and_then(|root| shadow::data(root)).is_some_and(|data| data.init.is_open)
    };
    Ok(wrap_or_null(slot.filter(is_open), context))
}

/// Tells slots that what they are given has changed, in the order in which it did (DOM, "notify mutation observers").
pub(super) fn tell(slot: &NodeRef, context: &mut Context) {
    slots::settle(slot);
    let target = wrap(slot, context);
    // What listeners throw is reported.
    let _ = fire(&target, "slotchange", true, false, context);
}

/// Installs it.
pub fn install_slot(context: &mut Context) {
    let slot: JsObject = prototype("HTMLSlotElement", context);
    define_method(&slot, "assignedNodes", assigned_nodes, 0, context);
    define_method(&slot, "assignedElements", assigned_elements, 0, context);
    define_method(&slot, "assign", assign, 0, context);
    let element = prototype("Element", context);
    reflect::install(&element, &[Reflected::text("slot")], context);
    for name in ["Element", "Text"] {
        let target = prototype(name, context);
        define_accessor(&target, "assignedSlot", assigned_slot, None, context);
    }
}
