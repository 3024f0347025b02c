//! A table's caption, head, foot and bodies, made and dropped by script (HTML §4.9.1).

use boa_engine::{Context, JsResult, JsValue};

use super::exception::dom_exception;
use super::node::node_link;
use super::wrap::{as_node, this_element, wrap};
use crate::dom::{Node, NodeRef, tree};
use crate::engine::convert::{Native, arg, type_error};
use crate::engine::interface::{define_accessor, define_method, prototype};

/// The first child of that name.
fn part(table: &NodeRef, name: &str) -> Option<NodeRef> {
    tree::element_children(table).find(|child| child.is_html(name))
}

/// Puts a new part where it belongs: a caption first, a head behind captions and column groups, a foot last.
fn place(table: &NodeRef, made: &NodeRef) {
    let before = match made.html_name() {
        "caption" => table.first_child(),
        "thead" => tree::element_children(table).find(|n| !n.is_html("caption") && !n.is_html("colgroup")),
        _ => None,
    };
    tree::insert(table, made, before.as_ref());
}

fn make(this: &JsValue, name: &str, context: &mut Context) -> JsResult<JsValue> {
    let table = this_element(this)?;
    let Some(document) = table.owner_document() else { return Ok(JsValue::null()) };
    let found = part(&table, name).unwrap_or_else(|| {
        let made = Node::html_element(&document, name);
        place(&table, &made);
        made
    });
    Ok(wrap(&found, context).into())
}

fn drop_part(this: &JsValue, name: &str) -> JsResult<JsValue> {
    if let Some(found) = part(&this_element(this)?, name) {
        tree::remove(&found);
    }
    Ok(JsValue::undefined())
}

/// `table.tHead = …`: null drops it, another part replaces it.
fn set_part(this: &JsValue, args: &[JsValue], name: &str, context: &mut Context) -> JsResult<JsValue> {
    let given = arg(args, 0);
    let made = as_node(&given);
    match &made {
        None if !given.is_null_or_undefined() => {
            return Err(type_error("The provided value is not a part of a table."));
        }
        Some(part) if !part.is_html(name) => {
            let message = format!("Not a {name} element.");
            return Err(match (name, part.html_name()) {
                ("thead" | "tfoot", "thead" | "tbody" | "tfoot") => {
                    dom_exception("HierarchyRequestError", &message, context)
                }
                _ => type_error(&message),
            });
        }
        _ => {}
    }
    drop_part(this, name)?;
    if let Some(made) = made {
        place(&this_element(this)?, &made);
    }
    Ok(JsValue::undefined())
}

/// A new body behind the last one.
fn make_body(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let table = this_element(this)?;
    let Some(document) = table.owner_document() else { return Ok(JsValue::null()) };
    let last = tree::element_children(&table).filter(|child| child.is_html("tbody")).last();
    let made = Node::html_element(&document, "tbody");
    tree::insert(&table, &made, last.and_then(|last| last.next_sibling()).as_ref());
    Ok(wrap(&made, context).into())
}

/// Puts them on the table's prototype.
pub fn install_table_parts(context: &mut Context) {
    let table = prototype("HTMLTableElement", context);
    define_accessor(
        &table,
        "caption",
        node_link!(|table: &NodeRef| part(table, "caption")),
        Some(|t, a, c| set_part(t, a, "caption", c)),
        context,
    );
    define_accessor(
        &table,
        "tHead",
        node_link!(|table: &NodeRef| part(table, "thead")),
        Some(|t, a, c| set_part(t, a, "thead", c)),
        context,
    );
    define_accessor(
        &table,
        "tFoot",
        node_link!(|table: &NodeRef| part(table, "tfoot")),
        Some(|t, a, c| set_part(t, a, "tfoot", c)),
        context,
    );
    let methods: [(&str, Native); 7] = [
        ("createCaption", |this, _, context| make(this, "caption", context)),
        ("createTHead", |this, _, context| make(this, "thead", context)),
        ("createTFoot", |this, _, context| make(this, "tfoot", context)),
        ("createTBody", make_body),
        ("deleteCaption", |this, _, _| drop_part(this, "caption")),
        ("deleteTHead", |this, _, _| drop_part(this, "thead")),
        ("deleteTFoot", |this, _, _| drop_part(this, "tfoot")),
    ];
    for (name, native) in methods {
        define_method(&table, name, native, 0, context);
    }
}
