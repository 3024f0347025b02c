//! DOMImplementation (DOM §4.5.1) and DOMParser, XMLSerializer (DOM Parsing).

use std::rc::Rc;

use boa_engine::{Context, JsData, JsObject, JsResult, JsValue};
use boa_gc::{Finalize, Gc, Trace};

use super::creation;
use super::document::blank_html;
use super::exception::dom_exception;
use super::frames;
use super::window::Window;
use super::wrap::{as_node, node_arg, wrap};
use crate::dom::node::Doctype;
use crate::dom::parse::DocumentParser;
use crate::dom::{Node, NodeKind, NodeRef, names, ns, tree, xml, xml_serialize};
use crate::engine::convert::{arg, optional_text, require, string, text, text_null_empty, type_error};
use crate::engine::interface::{Interface, install, new_target_prototype, prototype};

fn create_html_document(_: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let title = optional_text(args, 0, context)?;
    let document = blank_html(title.as_deref());
    Ok(wrap(&document, context).into())
}

fn create_document(_: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    require(args, 2)?;
    let (namespace, name) = (creation::namespace(args, context)?, text_null_empty(args, 1, context)?);
    let doctype = arg(args, 2);
    let doctype = match as_node(&doctype) {
        Some(node) if matches!(node.kind(), NodeKind::Doctype(_)) => Some(node),
        None if doctype.is_null_or_undefined() => None,
        _ => return Err(type_error("parameter 3 is not of type 'DocumentType'")),
    };
    let document = creation::blank(match &namespace {
        html if *html == ns!(html) => "application/xhtml+xml",
        svg if *svg == ns!(svg) => "image/svg+xml",
        _ => "application/xml",
    });
    let name = if name.is_empty() { None } else { Some(creation::extract(namespace, &name, context)?) };
    let root = name.map(|name| Node::element(&document, name, Vec::new()));
    for child in doctype.iter().chain(&root) {
        tree::append(&document, child);
    }
    Ok(wrap(&document, context).into())
}

fn create_document_type(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    require(args, 3)?;
    let doctype = Doctype {
        name: text(args, 0, context)?,
        public_id: text(args, 1, context)?,
        system_id: text(args, 2, context)?,
    };
    if !names::is_qualified(&doctype.name) {
        let message = format!("'{}' is not a valid name of a document type.", doctype.name);
        return Err(dom_exception("InvalidCharacterError", &message, context));
    }
    let object = this.as_object();
    let owner = object.as_ref().and_then(|object| object.downcast_ref::<Implementation>());
    let node = Node::doctype(&owner.ok_or_else(|| type_error("Illegal invocation"))?.0, doctype);
    Ok(wrap(&node, context).into())
}

/// The native data of `document.implementation`: its document.
#[derive(Trace, Finalize, JsData)]
struct Implementation(NodeRef);

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
pub fn make(document: &NodeRef, context: &mut Context) -> JsResult<JsObject> {
    let prototype = prototype("DOMImplementation", context);
    Ok(JsObject::from_proto_and_data(prototype, Implementation(document.clone())))
}

/// Parses a whole HTML document; scripts in it never run.
#[must_use]
pub fn parse_html(markup: &str) -> NodeRef {
    let document = creation::blank("text/html");
    let parser = Rc::new(DocumentParser::new(&document, markup.to_owned()));
    while let Some(script) = parser.read(0) {
        script.element.set_script_started(true);
    }
    parser.end();
    document
}

/// The types that `parseFromString` takes besides `text/html`.
const XML_TYPES: [&str; 4] = ["text/xml", "application/xml", "application/xhtml+xml", "image/svg+xml"];

/// The native data of a DOMParser: the window that it is of.
#[derive(Trace, Finalize, JsData)]
struct Parser(Gc<Window>);

/// `parseFromString` (HTML §8.5.1). The document has the address of the parser's.
fn parse_from_string(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let (markup, kind) = (text(args, 0, context)?, text(args, 1, context)?);
    let document = match XML_TYPES.iter().find(|known| **known == kind) {
        Some(kind) => xml::parse(&markup, kind).unwrap_or_else(|error| xml::error_document(&error, kind)),
        None if kind == "text/html" => parse_html(&markup),
        None => return Err(type_error(&format!("'{kind}' is not a type that DOMParser parses"))),
    };
    if let Some(parser) = this.as_object()
        && let Some(parser) = parser.downcast_ref::<Parser>()
    {
        frames::located(&document, parser.0.url.borrow().as_str());
    }
    Ok(wrap(&document, context).into())
}

fn make_parser(new_target: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let prototype = new_target_prototype(new_target, "DOMParser", context)?;
    let window = Window::of(context);
    Ok(JsObject::from_proto_and_data(prototype, Parser(window)).into())
}

fn make_serializer(new_target: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let prototype = new_target_prototype(new_target, "XMLSerializer", context)?;
    Ok(JsObject::from_proto_and_data(prototype, boa_engine::builtins::object::OrdinaryObject).into())
}

fn serialize_to_string(_: &JsValue, args: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    Ok(string(&xml_serialize::outer_xml(&node_arg(args, 0)?)))
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
