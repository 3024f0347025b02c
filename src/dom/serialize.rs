//! Serialising HTML fragments (HTML §13.3).

use html5ever::{Namespace, ns};

use super::node::{ElementData, NodeKind, NodeRef, get};
use super::{tree, xml_serialize};

/// The markup inside a node (`innerHTML`): XML in an XML document.
#[must_use]
pub fn inner_html(node: &NodeRef) -> String {
    if is_xml(node) {
        return xml_serialize::inner_xml(node);
    }
    let mut steps = Vec::new();
    open_children(node, &mut steps);
    write(steps)
}

/// The markup of a node (`outerHTML`): XML in an XML document.
#[must_use]
pub fn outer_html(node: &NodeRef) -> String {
    if is_xml(node) {
        return xml_serialize::outer_xml(node);
    }
    write(vec![Step::Open(node.clone())])
}

fn is_xml(node: &NodeRef) -> bool {
    tree::document_of(node).is_some_and(|document| document.as_document().is_some_and(|data| !data.is_html))
}

/// What is still to be written, last first: a page may nest deeper than a stack of calls would bear.
enum Step {
    /// A node with all that is in it.
    Open(NodeRef),
    /// The end tag of an element.
    Close(NodeRef),
}

fn write(mut steps: Vec<Step>) -> String {
    let mut out = String::new();
    while let Some(step) = steps.pop() {
        match step {
            Step::Open(node) => one(&node, &mut steps, &mut out),
            Step::Close(node) => {
                if let Some(data) = node.as_element() {
                    out.push_str("</");
                    out.push_str(&super::attributes::qualified(&data.name));
                    out.push('>');
                }
            }
        }
    }
    out
}

fn open_children(node: &NodeRef, steps: &mut Vec<Step>) {
    let contents = node.as_element().and_then(|e| get(&e.template));
    let last = contents.as_ref().unwrap_or(node).last_child();
    steps.extend(std::iter::successors(last, |child| child.previous_sibling()).map(Step::Open));
}

fn one(node: &NodeRef, steps: &mut Vec<Step>, out: &mut String) {
    match node.kind() {
        NodeKind::Element(data) => element(node, data, steps, out),
        NodeKind::Text(data) => {
            let raw = node.parent().is_some_and(|p| is_raw_text(p.html_name()));
            if raw { out.push_str(&data.0.borrow()) } else { escape(&data.0.borrow(), false, out) }
        }
        NodeKind::CData(data) => {
            out.push_str("<![CDATA[");
            out.push_str(&data.0.borrow());
            out.push_str("]]>");
        }
        NodeKind::Comment(data) => {
            out.push_str("<!--");
            out.push_str(&data.0.borrow());
            out.push_str("-->");
        }
        NodeKind::ProcessingInstruction(target, data) => {
            out.push_str("<?");
            out.push_str(target);
            out.push(' ');
            out.push_str(&data.0.borrow());
            out.push('>');
        }
        NodeKind::Doctype(doctype) => {
            out.push_str("<!DOCTYPE ");
            out.push_str(&doctype.name);
            out.push('>');
        }
        NodeKind::Document(_) | NodeKind::Fragment => open_children(node, steps),
        NodeKind::Attr(_) => {}
    }
}

fn element(node: &NodeRef, data: &ElementData, steps: &mut Vec<Step>, out: &mut String) {
    let name = super::attributes::qualified(&data.name);
    out.push('<');
    out.push_str(&name);
    data.with_attributes(|attributes| {
        for attribute in attributes {
            out.push(' ');
            match attribute_prefix(&attribute.name.ns) {
                Some(prefix) if !(prefix == "xmlns:" && &*attribute.name.local == "xmlns") => {
                    out.push_str(prefix);
                    out.push_str(&attribute.name.local);
                }
                Some(_) => out.push_str("xmlns"),
                None => out.push_str(&attribute.qualified_name()),
            }
            out.push_str("=\"");
            escape(&attribute.value, true, out);
            out.push('"');
        }
    });
    out.push('>');
    if data.name.ns == ns!(html) && is_void(&data.name.local) {
        return;
    }
    steps.push(Step::Close(node.clone()));
    open_children(node, steps);
}

fn attribute_prefix(ns: &Namespace) -> Option<&'static str> {
    match *ns {
        ns!(xml) => Some("xml:"),
        ns!(xmlns) => Some("xmlns:"),
        ns!(xlink) => Some("xlink:"),
        _ => None,
    }
}

fn escape(text: &str, in_attribute: bool, out: &mut String) {
    let mut from = 0;
    for (at, c) in text.char_indices() {
        let replacement = match c {
            '&' => "&amp;",
            '\u{a0}' => "&nbsp;",
            '"' if in_attribute => "&quot;",
            '<' => "&lt;",
            '>' => "&gt;",
            _ => continue,
        };
        out.push_str(&text[from..at]);
        out.push_str(replacement);
        from = at + c.len_utf8();
    }
    out.push_str(&text[from..]);
}

/// Elements that have no end tag.
#[must_use]
pub fn is_void(name: &str) -> bool {
    matches!(
        name,
        "area"
            | "base"
            | "basefont"
            | "bgsound"
            | "br"
            | "col"
            | "embed"
            | "frame"
            | "hr"
            | "img"
            | "input"
            | "keygen"
            | "link"
            | "meta"
            | "param"
            | "source"
            | "track"
            | "wbr"
    )
}

fn is_raw_text(name: &str) -> bool {
    matches!(name, "style" | "script" | "xmp" | "iframe" | "noembed" | "noframes" | "plaintext" | "noscript")
}
