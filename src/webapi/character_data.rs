//! CharacterData, Text, Comment, ProcessingInstruction (DOM §4.10 to §4.14), DocumentType and Attr.

use boa_engine::{Context, JsResult, JsValue};

use super::exception::dom_exception;
use super::node::constructed;
use super::window::Window;
use super::wrap::{this_node, wrap, wrap_or_null};
use crate::dom::{Node, NodeKind, NodeRef, text};
use crate::engine::convert::{self, index, optional_text, string, text_null_empty};
use crate::engine::interface::{Interface, install};

fn data(this: &JsValue, _: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    Ok(string(&text::node_value(&this_node(this)?).unwrap_or_default()))
}

fn set_data(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let value = text_null_empty(args, 0, context)?;
    text::set_node_value(&this_node(this)?, &value);
    Ok(JsValue::undefined())
}

fn length(this: &JsValue, _: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    let node = this_node(this)?;
    Ok(node.character_data().map_or(0, |data| text::utf16_len(&data.borrow())).into())
}

fn out_of_range(context: &mut Context) -> boa_engine::JsError {
    dom_exception("IndexSizeError", "The offset is greater than the node's length.", context)
}

fn replace(node: &NodeRef, at: usize, count: usize, with: &str, context: &mut Context) -> JsResult<JsValue> {
    text::replace_data(node, at, count, with).map(|()| JsValue::undefined()).ok_or_else(|| out_of_range(context))
}

fn append_data(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    convert::require(args, 1)?;
    let more = convert::text(args, 0, context)?;
    let node = this_node(this)?;
    let end = node.character_data().map_or(0, |data| text::utf16_len(&data.borrow()));
    replace(&node, end, 0, &more, context)
}

fn insert_data(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    convert::require(args, 2)?;
    let (at, more) = (index(args, 0, context)?, convert::text(args, 1, context)?);
    replace(&this_node(this)?, at, 0, &more, context)
}

fn delete_data(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    convert::require(args, 2)?;
    let (at, count) = (index(args, 0, context)?, index(args, 1, context)?);
    replace(&this_node(this)?, at, count, "", context)
}

fn replace_data(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    convert::require(args, 3)?;
    let (at, count, more) = (index(args, 0, context)?, index(args, 1, context)?, convert::text(args, 2, context)?);
    replace(&this_node(this)?, at, count, &more, context)
}

fn substring_data(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    convert::require(args, 2)?;
    let (at, count) = (index(args, 0, context)?, index(args, 1, context)?);
    match text::substring_data(&this_node(this)?, at, count) {
        Some(text) => Ok(string(&text)),
        None => Err(out_of_range(context)),
    }
}

fn split_text(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    convert::require(args, 1)?;
    let at = index(args, 0, context)?;
    match text::split_text(&this_node(this)?, at) {
        Some(node) => Ok(wrap(&node, context).into()),
        None => Err(out_of_range(context)),
    }
}

fn whole_text(this: &JsValue, _: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    let mut first = this_node(this)?;
    while let Some(previous) = first.previous_sibling().filter(|p| p.is_text()) {
        first = previous;
    }
    let mut whole = String::new();
    let mut at = Some(first);
    while let Some(node) = at.filter(|n| n.is_text()) {
        whole.push_str(&text::node_value(&node).unwrap_or_default());
        at = node.next_sibling();
    }
    Ok(string(&whole))
}

fn make_text(new_target: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let data = optional_text(args, 0, context)?.unwrap_or_default();
    let node = Node::text(&Window::of(context).document, data);
    constructed(&node, "Text", new_target, context).map(JsValue::from)
}

fn make_comment(new_target: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let data = optional_text(args, 0, context)?.unwrap_or_default();
    let node = Node::comment(&Window::of(context).document, data);
    constructed(&node, "Comment", new_target, context).map(JsValue::from)
}

const CHARACTER_DATA: Interface = Interface {
    name: "CharacterData",
    parent: Some("Node"),
    attributes: &[("data", data, Some(set_data)), ("length", length, None)],
    methods: &[
        ("appendData", append_data, 1),
        ("insertData", insert_data, 2),
        ("deleteData", delete_data, 2),
        ("replaceData", replace_data, 3),
        ("substringData", substring_data, 2),
    ],
    ..Interface::EMPTY
};

const TEXT: Interface = Interface {
    name: "Text",
    parent: Some("CharacterData"),
    constructor: Some((make_text, 0)),
    attributes: &[("wholeText", whole_text, None)],
    methods: &[("splitText", split_text, 1)],
    ..Interface::EMPTY
};

fn doctype(this: &JsValue, f: impl FnOnce(&crate::dom::node::Doctype) -> &str) -> JsResult<JsValue> {
    match this_node(this)?.kind() {
        NodeKind::Doctype(doctype) => Ok(string(f(doctype))),
        _ => Ok(JsValue::undefined()),
    }
}

const DOCTYPE: Interface = Interface {
    name: "DocumentType",
    parent: Some("Node"),
    attributes: &[
        ("name", |this, _, _| doctype(this, |d| &d.name), None),
        ("publicId", |this, _, _| doctype(this, |d| &d.public_id), None),
        ("systemId", |this, _, _| doctype(this, |d| &d.system_id), None),
    ],
    ..Interface::EMPTY
};

fn attr_name(this: &JsValue, f: impl FnOnce(&crate::dom::QualName) -> String) -> JsResult<JsValue> {
    match this_node(this)?.kind() {
        NodeKind::Attr(attr) => Ok(string(&f(&attr.name))),
        _ => Ok(JsValue::undefined()),
    }
}

fn owner_element(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let owner = match this_node(this)?.kind() {
        NodeKind::Attr(attr) => crate::dom::node::get(&attr.owner),
        _ => None,
    };
    Ok(wrap_or_null(owner, context))
}

const ATTR: Interface = Interface {
    name: "Attr",
    parent: Some("Node"),
    attributes: &[
        ("name", |this, _, _| attr_name(this, crate::dom::attributes::qualified), None),
        ("localName", |this, _, _| attr_name(this, |name| name.local.to_string()), None),
        (
            "prefix",
            |this, _, _| match this_node(this)?.kind() {
                NodeKind::Attr(attr) => Ok(convert::string_or_null(attr.name.prefix.as_ref().map(ToString::to_string))),
                _ => Ok(JsValue::undefined()),
            },
            None,
        ),
        ("value", data, Some(set_data)),
        ("ownerElement", owner_element, None),
        ("specified", |_, _, _| Ok(true.into()), None),
        (
            "namespaceURI",
            |this, _, _| {
                let ns = attr_name(this, |name| name.ns.to_string())?;
                Ok(if ns.as_string().is_some_and(|ns| ns.is_empty()) { JsValue::null() } else { ns })
            },
            None,
        ),
    ],
    ..Interface::EMPTY
};

/// Installs them.
///
/// # Errors
/// What boa says; a bug.
pub fn install_character_data(context: &mut Context) -> JsResult<()> {
    install(&CHARACTER_DATA, context)?;
    install(&TEXT, context)?;
    install(&Interface { name: "CDATASection", parent: Some("Text"), ..Interface::EMPTY }, context)?;
    let comment = Interface {
        name: "Comment",
        parent: Some("CharacterData"),
        constructor: Some((make_comment, 0)),
        ..Interface::EMPTY
    };
    install(&comment, context)?;
    let instruction = Interface {
        name: "ProcessingInstruction",
        parent: Some("CharacterData"),
        attributes: &[("target", |this, _, _| Ok(string(&super::node::node_name(&this_node(this)?))), None)],
        ..Interface::EMPTY
    };
    install(&instruction, context)?;
    install(&DOCTYPE, context)?;
    install(&ATTR, context)
}
