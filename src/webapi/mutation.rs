//! Changing the tree from script: validity, and what insertion sets off (scripts run, names appear).

use boa_engine::{Context, JsResult, JsValue};

use super::exception::{dom_exception, insert_exception};
use super::wrap::as_node;
use super::{frames, linked_sheets, named_access, scripting};
use crate::dom::{Node, NodeKind, NodeRef, parse, shadow, tree, xml};
use crate::engine::convert::value_text;

/// Inserts as script does (DOM "pre-insert"): checked, and scripts in it run.
///
/// # Errors
/// A DOMException where the node may not go there.
pub fn insert(parent: &NodeRef, child: &NodeRef, before: Option<&NodeRef>, context: &mut Context) -> JsResult<()> {
    tree::check_insert(parent, child, before).map_err(|error| insert_exception(error, context))?;
    let (scripts, links) = pending(child);
    tree::insert(parent, child, before);
    inserted(parent, scripts, &links, context)
}

/// The scripts of a subtree that have not run yet, and its links, style sheets and frames.
fn pending(subtree: &NodeRef) -> (Vec<NodeRef>, Vec<NodeRef>) {
    let (mut scripts, mut links) = (Vec::new(), Vec::new());
    if matches!(subtree.kind(), NodeKind::Text(_)) {
        return (scripts, links);
    }
    for node in shadow::composed(subtree) {
        if node.is_html("script") && !node.script_started() {
            scripts.push(node);
        } else if matches!(node.html_name(), "link" | "style" | "iframe") {
            links.push(node);
        }
    }
    (scripts, links)
}

/// Links, styles and frames are in the document now, perhaps.
fn sheets_came(owners: &[NodeRef], context: &mut Context) {
    for owner in owners {
        match owner.html_name() {
            "link" => linked_sheets::changed(owner, context),
            "style" => linked_sheets::style_changed(owner, context),
            _ => frames::inserted(owner, context),
        }
    }
}

/// What follows an insertion into `parent`.
fn inserted(parent: &NodeRef, scripts: Vec<NodeRef>, links: &[NodeRef], context: &mut Context) -> JsResult<()> {
    frames::in_window_of(parent, context, |context| inserted_here(parent, scripts, links, context))
}

/// The same, in the realm of the document.
fn inserted_here(parent: &NodeRef, scripts: Vec<NodeRef>, links: &[NodeRef], context: &mut Context) -> JsResult<()> {
    named_access::publish(context);
    sheets_came(links, context);
    if parent.is_html("style") {
        linked_sheets::style_changed(parent, context);
    }
    if parent.is_html("script") && parent.is_connected() && !parent.script_started() {
        scripting::prepare_inserted(parent, context)?;
    }
    for script in scripts {
        if script.is_connected() {
            scripting::prepare_inserted(&script, context)?;
        }
    }
    Ok(())
}

/// Replaces `old` by `new` in `parent`.
///
/// # Errors
/// A DOMException where the node may not go there.
pub fn replace(parent: &NodeRef, new: &NodeRef, old: &NodeRef, context: &mut Context) -> JsResult<()> {
    tree::check_replace(parent, new, old).map_err(|error| insert_exception(error, context))?;
    let (scripts, links) = pending(new);
    tree::replace(parent, new, old);
    inserted(parent, scripts, &links, context)
}

/// Replaces all children by one node or none.
///
/// # Errors
/// What scripts in it throw is reported, not returned; the signature is that of the others.
pub fn replace_all(parent: &NodeRef, child: Option<&NodeRef>, context: &mut Context) -> JsResult<()> {
    tree::replace_all(parent, child);
    inserted(parent, Vec::new(), &[], context)
}

/// Replaces all children as script does (DOM "replaceChildren"): checked, and scripts among the new ones run.
///
/// # Errors
/// A DOMException where the node may not go there.
pub fn replace_children(parent: &NodeRef, child: &NodeRef, context: &mut Context) -> JsResult<()> {
    tree::check_insert(parent, child, None).map_err(|error| insert_exception(error, context))?;
    let (scripts, links) = pending(child);
    tree::replace_all(parent, Some(child));
    inserted(parent, scripts, &links, context)
}

/// What markup makes as the content of an element, by the language of its document
/// ([fragment parsing algorithm steps](https://html.spec.whatwg.org/#fragment-parsing-algorithm-steps)).
///
/// # Errors
/// A SyntaxError where it is to be XML and is none.
pub fn parse_fragment(around: &NodeRef, markup: &str, context: &mut Context) -> JsResult<NodeRef> {
    let document = tree::document_of(around);
    if document.and_then(|document| document.as_document().map(|data| data.is_html)).unwrap_or(true) {
        return Ok(parse::fragment(around, markup));
    }
    xml::fragment(around, markup).map_err(|error| {
        let message = format!("The markup is not well-formed XML: {error}.");
        dom_exception("SyntaxError", &message, context)
    })
}

/// Sets `innerHTML`: scripts in it do not run (HTML §13.4).
///
/// # Errors
/// As [`replace_all`] and [`parse_fragment`].
pub fn set_inner_html(element: &NodeRef, markup: &str, context: &mut Context) -> JsResult<()> {
    let target = element.as_element().and_then(|e| crate::dom::node::get(&e.template));
    // What is in a shadow root is parsed as in its host.
    let around = shadow::host(element);
    let fragment = parse_fragment(around.as_ref().unwrap_or(element), markup, context)?;
    let has_some = ["<link", "<style", "<iframe"].iter().any(|tag| markup.contains(tag));
    let links = if has_some { pending(&fragment).1 } else { Vec::new() };
    replace_all(target.as_ref().unwrap_or(element), Some(&fragment), context)?;
    if !links.is_empty() {
        frames::in_window_of(element, context, |context| sheets_came(&links, context));
    }
    Ok(())
}

/// Nodes and strings as one node (ParentNode, "convert nodes into a node").
///
/// # Errors
/// What `toString` throws.
pub fn nodes_arg(args: &[JsValue], document: &NodeRef, context: &mut Context) -> JsResult<NodeRef> {
    let mut nodes = Vec::with_capacity(args.len());
    for value in args {
        nodes.push(match as_node(value) {
            Some(node) => node,
            None => Node::text(document, value_text(value, context)?),
        });
    }
    if let [only] = nodes.as_slice() {
        return Ok(only.clone());
    }
    let fragment = Node::fragment(document);
    for node in &nodes {
        insert(&fragment, node, None, context)?;
    }
    Ok(fragment)
}
