//! What makes nodes: the `create…` methods of a document (DOM §4.5).

use boa_engine::{Context, JsError, JsResult, JsValue};

use super::custom_reactions;
use super::exception::dom_exception;
use super::wrap::{this_node, wrap};
use crate::dom::document::DocumentData;
use crate::dom::names::{self, NameError};
use crate::dom::{LocalName, Namespace, Node, NodeRef, QualName, custom, ns};
use crate::engine::convert::{arg, member, require, text, value_text};

/// A document that script makes: it has no window, no scripts that run, and no address of its own.
#[must_use]
pub fn blank(content_type: &'static str) -> NodeRef {
    let data = DocumentData::new(content_type);
    data.is_still.set(true);
    *data.url.borrow_mut() = Some("about:blank".to_owned());
    Node::document(data)
}

/// The argument of a namespace: null and the empty string are none.
///
/// # Errors
/// What `toString` throws.
pub fn namespace(args: &[JsValue], context: &mut Context) -> JsResult<Namespace> {
    let value = arg(args, 0);
    Ok(if value.is_null_or_undefined() { ns!() } else { Namespace::from(value_text(&value, context)?) })
}

fn bad_characters(name: &str, context: &mut Context) -> JsError {
    dom_exception("InvalidCharacterError", &format!("'{name}' is not a valid name."), context)
}

/// Fails where a text is no name.
///
/// # Errors
/// An InvalidCharacterError.
pub fn check(name: &str, context: &mut Context) -> JsResult<()> {
    if names::is_name(name) { Ok(()) } else { Err(bad_characters(name, context)) }
}

/// The name that a namespace and a qualified name make (DOM "validate and extract").
///
/// # Errors
/// An InvalidCharacterError or a NamespaceError.
pub fn extract(namespace: Namespace, name: &str, context: &mut Context) -> JsResult<QualName> {
    names::extract(namespace, name).map_err(|error| match error {
        NameError::Characters => bad_characters(name, context),
        NameError::Namespace => {
            let message = format!("The prefix of '{name}' does not go with its namespace.");
            dom_exception("NamespaceError", &message, context)
        }
    })
}

fn is_html(document: &NodeRef) -> bool {
    document.as_document().is_none_or(|data| data.is_html)
}

/// The `is` of ElementCreationOptions.
fn is_option(args: &[JsValue], at: usize, context: &mut Context) -> JsResult<Option<String>> {
    let options = arg(args, at);
    if !options.is_object() {
        // A text was the name once, and means nothing.
        return Ok(None);
    }
    let is = member(&options, "is", context)?;
    if is.is_undefined() { Ok(None) } else { value_text(&is, context).map(Some) }
}

fn made(document: &NodeRef, name: QualName, is: Option<&str>, context: &mut Context) -> NodeRef {
    if is.is_some() || custom::is_used() {
        return custom_reactions::create(document, name, is, context);
    }
    Node::element(document, name, Vec::new())
}

/// `createElement`
pub(super) fn element(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    require(args, 1)?;
    let document = this_node(this)?;
    let name = text(args, 0, context)?;
    check(&name, context)?;
    let is = is_option(args, 1, context)?;
    let name = match document.as_document().map(|data| (data.is_html, data.content_type)) {
        None | Some((true, _)) => QualName::new(None, ns!(html), LocalName::from(name.to_ascii_lowercase())),
        Some((false, "application/xhtml+xml")) => QualName::new(None, ns!(html), LocalName::from(name)),
        Some(_) => QualName::new(None, ns!(), LocalName::from(name)),
    };
    let element = made(&document, name, is.as_deref(), context);
    Ok(wrap(&element, context).into())
}

/// `createElementNS`
pub(super) fn element_ns(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    require(args, 2)?;
    let (namespace, name) = (namespace(args, context)?, text(args, 1, context)?);
    let name = extract(namespace, &name, context)?;
    let is = is_option(args, 2, context)?;
    let element = made(&this_node(this)?, name, is.as_deref(), context);
    Ok(wrap(&element, context).into())
}

/// `createTextNode`
pub(super) fn text_node(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let data = text(args, 0, context)?;
    let node = Node::text(&this_node(this)?, data);
    Ok(wrap(&node, context).into())
}

/// `createComment`
pub(super) fn comment(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let data = text(args, 0, context)?;
    let node = Node::comment(&this_node(this)?, data);
    Ok(wrap(&node, context).into())
}

/// `createCDATASection`, of XML documents.
pub(super) fn cdata(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    require(args, 1)?;
    let document = this_node(this)?;
    let data = text(args, 0, context)?;
    if is_html(&document) {
        return Err(dom_exception("NotSupportedError", "HTML documents have no CDATA sections.", context));
    }
    if data.contains("]]>") {
        return Err(dom_exception("InvalidCharacterError", "']]>' would end the section.", context));
    }
    let node = Node::cdata(&document, data);
    Ok(wrap(&node, context).into())
}

/// `createDocumentFragment`
pub(super) fn fragment(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let node = Node::fragment(&this_node(this)?);
    Ok(wrap(&node, context).into())
}

fn attribute_called(name: QualName, document: &NodeRef, context: &mut Context) -> JsValue {
    wrap(&Node::attr(document, name, String::new(), None), context).into()
}

/// `createAttribute`
pub(super) fn attribute(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    require(args, 1)?;
    let document = this_node(this)?;
    let name = text(args, 0, context)?;
    check(&name, context)?;
    let name = if is_html(&document) { name.to_ascii_lowercase() } else { name };
    Ok(attribute_called(QualName::new(None, ns!(), LocalName::from(name)), &document, context))
}

/// `createAttributeNS`
pub(super) fn attribute_ns(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    require(args, 2)?;
    let (namespace, name) = (namespace(args, context)?, text(args, 1, context)?);
    let name = extract(namespace, &name, context)?;
    Ok(attribute_called(name, &this_node(this)?, context))
}

/// `createProcessingInstruction`
pub(super) fn instruction(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    require(args, 2)?;
    let (target, data) = (text(args, 0, context)?, text(args, 1, context)?);
    check(&target, context)?;
    if data.contains("?>") {
        return Err(dom_exception("InvalidCharacterError", "'?>' would end the instruction.", context));
    }
    let node = Node::processing_instruction(&this_node(this)?, &target, data);
    Ok(wrap(&node, context).into())
}
