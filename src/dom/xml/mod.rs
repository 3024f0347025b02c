//! Parsing XML ([XML 1.0](https://www.w3.org/TR/xml/), [Namespaces](https://www.w3.org/TR/xml-names/)): what pages
//! fetch as `responseXML` or give to `DOMParser`, and pages that are XML themselves
//! ([HTML §14.2](https://html.spec.whatwg.org/#parsing-xhtml-documents)). A document type is read over, but that those of
//! XHTML bring HTML's entities: no page fetches data with its own entities, and nobody validates.
//!
//! - `reader`: from text to a tree, step by step
//! - `entities`: what `&…;` stands for
//! - [`PageReader`]: reading a page, whose scripts run

mod entities;
mod page;
mod reader;
#[cfg(test)]
mod tests;

use html5ever::{LocalName, Namespace, QualName, ns};
use thiserror::Error;

use self::reader::{Purpose, State, Stop, known_prefixes};
use super::document::DocumentData;
use super::node::{Node, NodeRef};
use super::{custom, tree};

pub use self::page::PageReader;

/// Why a text is no XML, and where.
#[derive(Debug, Clone, Error, PartialEq, Eq)]
#[error("error on line {line} at column {column}: {message}")]
pub struct XmlError {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    message: String,
}

impl XmlError {
    fn at(at: usize, text: &str, message: String) -> Self {
        let before = &text[..at];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let (line, column) = (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1);
        Self { line, column, message }
    }
}

/// A text with its lines ended by `\n`, without a byte-order mark.
fn normalized(text: &str) -> String {
    text.strip_prefix('\u{feff}').unwrap_or(text).replace("\r\n", "\n").replace('\r', "\n")
}

/// The content type of a document of XML, as a document keeps it; of those that are not told apart it is
/// `application/xml`. `None`: the type is not one of XML ([XML MIME type](https://mimesniff.spec.whatwg.org/#xml-mime-type)).
#[must_use]
pub fn xml_type(content_type: &str) -> Option<&'static str> {
    const KNOWN: [&str; 4] = ["application/xhtml+xml", "text/xml", "application/xml", "image/svg+xml"];
    let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let known = KNOWN.into_iter().find(|known| *known == essence);
    known.or_else(|| essence.ends_with("+xml").then_some("application/xml"))
}

/// Parses a whole document.
///
/// # Errors
/// Where the text is not well-formed.
pub fn parse(text: &str, content_type: &'static str) -> Result<NodeRef, XmlError> {
    let text = normalized(text);
    let document = Node::document(DocumentData::new(content_type));
    read_all(&text, State::new(&document, known_prefixes(), Purpose::Data))?;
    Ok(document)
}

fn read_all(text: &str, mut state: State) -> Result<(), XmlError> {
    loop {
        match state.read(text) {
            Ok(Stop::End | Stop::Cut) => return Ok(()),
            Ok(Stop::Script(..) | Stop::Elements(_)) => {}
            Err(message) => return Err(XmlError::at(state.at, text, message)),
        }
    }
}

/// Parses `markup` as the content of `context` into a fragment of its document
/// ([XML fragment parsing](https://html.spec.whatwg.org/#xml-fragment-parsing-algorithm)).
///
/// # Errors
/// Where it is not well-formed.
pub fn fragment(context: &NodeRef, markup: &str) -> Result<NodeRef, XmlError> {
    let owner = tree::document_of(context).unwrap_or_else(|| context.clone());
    let result = Node::fragment(&owner);
    read_all(&normalized(markup), State::new(&result, scope_at(context), Purpose::Content))?;
    if custom::is_used() && !context.is_html("template") && !custom::is_inert(context) {
        tree::descendants(&result).filter(|node| node.as_element().is_some()).for_each(|it| custom::try_upgrade(&it));
    }
    Ok(result)
}

/// The prefixes that are known inside an element.
fn scope_at(context: &NodeRef) -> reader::Scope {
    let mut above: Vec<_> = std::iter::once(context.clone()).chain(tree::ancestors(context)).collect();
    above.reverse();
    let mut scope = known_prefixes();
    for data in above.iter().filter_map(|node| node.as_element()) {
        data.with_attributes(|attributes| {
            for attribute in attributes.iter().filter(|attribute| attribute.name.ns == ns!(xmlns)) {
                let prefix = if attribute.name.prefix.is_some() { &*attribute.name.local } else { "" };
                scope.push((prefix.to_owned(), Namespace::from(attribute.value.as_str())));
            }
        });
        let prefix = data.name.prefix.as_deref().unwrap_or_default();
        scope.push((prefix.to_owned(), data.name.ns.clone()));
    }
    scope
}

/// What `DOMParser` gives for a text that is no XML: a document that says so (HTML §8.5.1).
#[must_use]
pub fn error_document(error: &XmlError, content_type: &'static str) -> NodeRef {
    let document = Node::document(DocumentData::new(content_type));
    put_error(error, &document);
    document
}

/// Puts what is wrong in the place of all that was read.
fn put_error(error: &XmlError, document: &NodeRef) {
    let namespace = Namespace::from("http://www.mozilla.org/newlayout/xml/parsererror.xml");
    let root = Node::element(document, QualName::new(None, namespace, LocalName::from("parsererror")), Vec::new());
    tree::remove_children(document);
    tree::append(document, &root);
    tree::append(&root, &Node::text(document, error.to_string()));
}
