//! DOMImplementation (DOM §4.5.1) and DOMParser, XMLSerializer (DOM Parsing).

use std::rc::Rc;

use boa_engine::{Context, JsObject, JsResult, JsValue};

use super::document::{blank_html, name_arg};
use super::wrap::{node_arg, wrap};
use crate::dom::document::DocumentData;
use crate::dom::node::Doctype;
use crate::dom::parse::DocumentParser;
use crate::dom::{Namespace, Node, NodeRef, ns, serialize, tree};
use crate::engine::convert::{arg, optional_text, string, text, value_text};
use crate::engine::interface::{Interface, install, new_target_prototype, prototype};

fn create_html_document(_: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let title = optional_text(args, 0, context)?;
    let document = blank_html(title.as_deref());
    Ok(wrap(&document, context).into())
}

fn create_document(_: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let ns = arg(args, 0);
    let ns = if ns.is_null_or_undefined() { ns!() } else { Namespace::from(value_text(&ns, context)?) };
    let name = name_arg(args, 1, context)?;
    let document = Node::document(DocumentData::new("application/xml"));
    if !name.is_empty() {
        let root = Node::element(&document, super::element::qual_name(ns, &name), Vec::new());
        tree::append(&document, &root);
    }
    Ok(wrap(&document, context).into())
}

fn create_document_type(_: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let doctype = Doctype {
        name: text(args, 0, context)?,
        public_id: text(args, 1, context)?,
        system_id: text(args, 2, context)?,
    };
    let owner = super::window::Window::of(context).document.clone();
    let node = Node::doctype(&owner, doctype);
    Ok(wrap(&node, context).into())
}

const IMPLEMENTATION: Interface = Interface {
    name: "DOMImplementation",
    methods: &[
        ("createHTMLDocument", create_html_document, 0),
        ("createDocument", create_document, 2),
        ("createDocumentType", create_document_type, 3),
        ("hasFeature", |_, _, _| Ok(true.into()), 0),
    ],
    ..Interface::EMPTY
};

/// Makes `document.implementation`.
///
/// # Errors
/// None.
pub fn make(_document: &NodeRef, context: &mut Context) -> JsResult<JsObject> {
    let prototype = prototype("DOMImplementation", context);
    Ok(JsObject::from_proto_and_data(prototype, boa_engine::builtins::object::OrdinaryObject))
}

/// Parses a whole HTML document; scripts in it never run.
#[must_use]
pub fn parse_html(markup: &str) -> NodeRef {
    let document = Node::document(DocumentData::new("text/html"));
    let parser = Rc::new(DocumentParser::new(&document, markup.to_owned()));
    while let Some(script) = parser.read(0) {
        script.element.set_script_started(true);
    }
    parser.end();
    document
}

/// `parseFromString`: HTML as such. There is no XML parser: XML is read by the HTML parser's rules for a fragment,
/// which is enough for the well-formed data that pages fetch, and keeps names in lower case.
fn parse_from_string(_: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let (markup, kind) = (text(args, 0, context)?, text(args, 1, context)?);
    let document = if kind == "text/html" { parse_html(&markup) } else { parse_xml(&markup) };
    Ok(wrap(&document, context).into())
}

/// See [`parse_from_string`].
#[must_use]
pub fn parse_xml(markup: &str) -> NodeRef {
    let document = Node::document(DocumentData::new("application/xml"));
    let holder = Node::html_element(&document, "div");
    let body = match markup.trim_start().strip_prefix("<?xml").and_then(|rest| rest.split_once("?>")) {
        Some((_, rest)) => rest,
        None => markup,
    };
    let fragment = crate::dom::parse::fragment(&holder, body.trim());
    if let Some(root) = tree::element_children(&fragment).next() {
        tree::append(&document, &root);
    }
    document
}

fn make_parser(new_target: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let prototype = new_target_prototype(new_target, "DOMParser", context)?;
    Ok(JsObject::from_proto_and_data(prototype, boa_engine::builtins::object::OrdinaryObject).into())
}

fn make_serializer(new_target: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let prototype = new_target_prototype(new_target, "XMLSerializer", context)?;
    Ok(JsObject::from_proto_and_data(prototype, boa_engine::builtins::object::OrdinaryObject).into())
}

fn serialize_to_string(_: &JsValue, args: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    Ok(string(&serialize::outer_html(&node_arg(args, 0)?)))
}

/// Installs them.
///
/// # Errors
/// What boa says; a bug.
pub fn install_implementation(context: &mut Context) -> JsResult<()> {
    install(&IMPLEMENTATION, context)?;
    let parser = Interface {
        name: "DOMParser",
        constructor: Some((make_parser, 0)),
        methods: &[("parseFromString", parse_from_string, 2)],
        ..Interface::EMPTY
    };
    install(&parser, context)?;
    let serializer = Interface {
        name: "XMLSerializer",
        constructor: Some((make_serializer, 0)),
        methods: &[("serializeToString", serialize_to_string, 1)],
        ..Interface::EMPTY
    };
    install(&serializer, context)
}
