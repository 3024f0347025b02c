//! Node (DOM §4.4) and CharacterData, Text, Comment, Attr, DocumentType, DocumentFragment beside it.

use boa_engine::{Context, JsObject, JsResult, JsValue};

use super::collection::{Kind, live};
use super::mutation;
use super::wrap::{as_node, node_arg, part, this_node, wrap, wrap_or_null};
use crate::dom::node::same;
use crate::dom::{NodeKind, NodeRef, names, ns, shadow, text, tree};
use crate::engine::convert::{self, arg, string, string_or_null, value_text};
use crate::engine::interface::Interface;

/// nodeName.
#[must_use]
pub fn node_name(node: &NodeRef) -> String {
    match node.kind() {
        NodeKind::Element(element) => {
            let name = crate::dom::attributes::qualified(&element.name);
            let upper = element.name.ns == ns!(html)
                && node.owner_document().and_then(|d| d.as_document().map(|d| d.is_html)).unwrap_or(true);
            if upper { name.to_ascii_uppercase() } else { name }
        }
        NodeKind::Text(_) => "#text".to_owned(),
        NodeKind::CData(_) => "#cdata-section".to_owned(),
        NodeKind::Comment(_) => "#comment".to_owned(),
        NodeKind::Document(_) => "#document".to_owned(),
        NodeKind::Fragment | NodeKind::Shadow(_) => "#document-fragment".to_owned(),
        NodeKind::Doctype(doctype) => doctype.name.clone(),
        NodeKind::ProcessingInstruction(target, _) => target.to_string(),
        NodeKind::Attr(attr) => crate::dom::attributes::qualified(&attr.name),
    }
}

/// A native that answers with the node that an expression finds, or null.
macro_rules! node_link {
    ($get:expr) => {
        |this: &boa_engine::JsValue, _: &[boa_engine::JsValue], context: &mut boa_engine::Context| {
            let node = $crate::webapi::wrap::this_node(this)?;
            let found: Option<$crate::dom::NodeRef> = $get(&node);
            Ok($crate::webapi::wrap::wrap_or_null(found, context))
        }
    };
}

pub(super) use node_link;

fn text_content(this: &JsValue, _: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    Ok(string_or_null(text::text_content(&this_node(this)?)))
}

fn set_text_content(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let value = arg(args, 0);
    let value = if value.is_null_or_undefined() { String::new() } else { value_text(&value, context)? };
    text::set_text_content(&this_node(this)?, &value);
    Ok(JsValue::undefined())
}

fn node_value(this: &JsValue, _: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    Ok(string_or_null(text::node_value(&this_node(this)?)))
}

fn set_node_value(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let value = convert::optional_text(args, 0, context)?.filter(|_| !arg(args, 0).is_null()).unwrap_or_default();
    text::set_node_value(&this_node(this)?, &value);
    Ok(JsValue::undefined())
}

fn child_nodes(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    part(&this_node(this)?, "childNodes", context, |node, context| live(node, Kind::ChildNodes, context))
}

fn append_child(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let child = node_arg(args, 0)?;
    mutation::insert(&this_node(this)?, &child, None, context)?;
    Ok(arg(args, 0))
}

fn insert_before(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    convert::require(args, 2)?;
    let child = node_arg(args, 0)?;
    let before = arg(args, 1);
    let before = if before.is_null_or_undefined() { None } else { Some(node_arg(args, 1)?) };
    mutation::insert(&this_node(this)?, &child, before.as_ref(), context)?;
    Ok(arg(args, 0))
}

fn remove_child(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let (parent, child) = (this_node(this)?, node_arg(args, 0)?);
    if !child.parent().is_some_and(|p| same(&p, &parent)) {
        let message = "The node to be removed is not a child of this node.";
        return Err(super::exception::dom_exception("NotFoundError", message, context));
    }
    tree::remove(&child);
    Ok(arg(args, 0))
}

fn replace_child(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let (new, old) = (node_arg(args, 0)?, node_arg(args, 1)?);
    mutation::replace(&this_node(this)?, &new, &old, context)?;
    Ok(arg(args, 1))
}

fn clone_node(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let node = this_node(this)?;
    if shadow::data(&node).is_some() {
        let message = "A shadow root cannot be cloned.";
        return Err(super::exception::dom_exception("NotSupportedError", message, context));
    }
    let copy = tree::clone_here(&node, arg(args, 0).to_boolean());
    Ok(wrap(&copy, context).into())
}

fn contains(this: &JsValue, args: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    let node = this_node(this)?;
    Ok(as_node(&arg(args, 0)).is_some_and(|other| tree::is_inclusive_ancestor(&node, &other)).into())
}

fn owner_document(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let owner = this_node(this)?.owner_document();
    Ok(wrap_or_null(owner, context))
}

fn base_uri(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let node = this_node(this)?;
    let document = node.owner_document().unwrap_or(node);
    Ok(string(super::document::base_address(&document, context).as_str()))
}

fn compare(this: &JsValue, args: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    Ok(i32::from(tree::compare_position(&this_node(this)?, &node_arg(args, 0)?)).into())
}

fn is_same(this: &JsValue, args: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    let node = this_node(this)?;
    Ok(as_node(&arg(args, 0)).is_some_and(|other| same(&node, &other)).into())
}

fn is_equal(this: &JsValue, args: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    let node = this_node(this)?;
    Ok(as_node(&arg(args, 0)).is_some_and(|other| tree::is_equal(&node, &other)).into())
}

/// A namespace or a prefix as these methods take one: null and the empty string are none.
fn name_or_none(args: &[JsValue], context: &mut Context) -> JsResult<Option<String>> {
    convert::require(args, 1)?;
    let value = arg(args, 0);
    if value.is_null_or_undefined() {
        return Ok(None);
    }
    value_text(&value, context).map(|name| Some(name).filter(|name| !name.is_empty()))
}

fn lookup_namespace(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let prefix = name_or_none(args, context)?;
    Ok(string_or_null(names::namespace_of(&this_node(this)?, prefix.as_deref())))
}

fn lookup_prefix(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let namespace = name_or_none(args, context)?;
    let node = this_node(this)?;
    Ok(string_or_null(namespace.and_then(|namespace| names::prefix_of(&node, &namespace))))
}

fn is_default_namespace(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let namespace = name_or_none(args, context)?;
    Ok((names::namespace_of(&this_node(this)?, None) == namespace).into())
}

/// The table of Node.
pub const NODE: Interface = Interface {
    name: "Node",
    parent: Some("EventTarget"),
    attributes: &[
        ("nodeType", |this, _, _| Ok(this_node(this)?.node_type().into()), None),
        ("nodeName", |this, _, _| Ok(string(&node_name(&this_node(this)?))), None),
        ("nodeValue", node_value, Some(set_node_value)),
        ("textContent", text_content, Some(set_text_content)),
        ("parentNode", node_link!(|n: &NodeRef| n.parent()), None),
        ("parentElement", node_link!(tree::parent_element), None),
        ("firstChild", node_link!(|n: &NodeRef| n.first_child()), None),
        ("lastChild", node_link!(|n: &NodeRef| n.last_child()), None),
        ("previousSibling", node_link!(|n: &NodeRef| n.previous_sibling()), None),
        ("nextSibling", node_link!(|n: &NodeRef| n.next_sibling()), None),
        ("childNodes", child_nodes, None),
        ("ownerDocument", owner_document, None),
        ("baseURI", base_uri, None),
        ("isConnected", |this, _, _| Ok(this_node(this)?.is_connected().into()), None),
    ],
    methods: &[
        ("appendChild", append_child, 1),
        ("insertBefore", insert_before, 2),
        ("removeChild", remove_child, 1),
        ("replaceChild", replace_child, 2),
        ("cloneNode", clone_node, 0),
        ("hasChildNodes", |this, _, _| Ok(this_node(this)?.first_child().is_some().into()), 0),
        ("contains", contains, 1),
        ("compareDocumentPosition", compare, 1),
        ("isSameNode", is_same, 1),
        ("isEqualNode", is_equal, 1),
        ("getRootNode", super::shadow_root::root_node, 0),
        (
            "normalize",
            |this, _, _| {
                tree::normalize(&this_node(this)?);
                Ok(JsValue::undefined())
            },
            0,
        ),
        ("lookupNamespaceURI", lookup_namespace, 1),
        ("isDefaultNamespace", is_default_namespace, 1),
        ("lookupPrefix", lookup_prefix, 1),
    ],
    constants: &[
        ("ELEMENT_NODE", 1),
        ("ATTRIBUTE_NODE", 2),
        ("TEXT_NODE", 3),
        ("CDATA_SECTION_NODE", 4),
        ("ENTITY_REFERENCE_NODE", 5),
        ("ENTITY_NODE", 6),
        ("PROCESSING_INSTRUCTION_NODE", 7),
        ("COMMENT_NODE", 8),
        ("DOCUMENT_NODE", 9),
        ("DOCUMENT_TYPE_NODE", 10),
        ("DOCUMENT_FRAGMENT_NODE", 11),
        ("NOTATION_NODE", 12),
        ("DOCUMENT_POSITION_DISCONNECTED", 1),
        ("DOCUMENT_POSITION_PRECEDING", 2),
        ("DOCUMENT_POSITION_FOLLOWING", 4),
        ("DOCUMENT_POSITION_CONTAINS", 8),
        ("DOCUMENT_POSITION_CONTAINED_BY", 16),
        ("DOCUMENT_POSITION_IMPLEMENTATION_SPECIFIC", 32),
    ],
    ..Interface::EMPTY
};

/// The object of a node made by a constructor: its prototype is that of `new.target`.
///
/// # Errors
/// A TypeError without `new`.
pub fn constructed(node: &NodeRef, interface: &str, new_target: &JsValue, context: &mut Context) -> JsResult<JsObject> {
    let prototype = crate::engine::interface::new_target_prototype(new_target, interface, context)?;
    let object = wrap(node, context);
    object.set_prototype(Some(prototype));
    Ok(object)
}
