//! Serialising XML ([DOM Parsing §2](https://w3c.github.io/DOM-Parsing/#xml-serialization)): `XMLSerializer`, and the
//! markup of nodes of XML documents.

use html5ever::{Namespace, ns};

use super::attributes::qualified;
use super::node::{ElementData, NodeKind, NodeRef};
use super::tree;

/// The prefixes that open elements declare, innermost last; the empty prefix is the default namespace.
type Scope = Vec<(String, Namespace)>;

/// The XML of a node.
#[must_use]
pub fn outer_xml(node: &NodeRef) -> String {
    let mut out = String::new();
    one(node, &mut vec![(String::new(), ns!()), ("xml".to_owned(), ns!(xml))], &mut out);
    out
}

/// The XML of a node's children.
#[must_use]
pub fn inner_xml(node: &NodeRef) -> String {
    let namespace = node.as_element().map_or(ns!(), |element| element.name.ns.clone());
    let mut scope = vec![(String::new(), namespace), ("xml".to_owned(), ns!(xml))];
    let mut out = String::new();
    tree::children(node).for_each(|child| one(&child, &mut scope, &mut out));
    out
}

fn one(node: &NodeRef, scope: &mut Scope, out: &mut String) {
    match node.kind() {
        NodeKind::Element(data) => element(node, data, scope, out),
        NodeKind::Text(data) => escape(&data.0.borrow(), false, out),
        NodeKind::CData(data) => out.push_str(&format!("<![CDATA[{}]]>", data.0.borrow())),
        NodeKind::Comment(data) => out.push_str(&format!("<!--{}-->", data.0.borrow())),
        NodeKind::ProcessingInstruction(target, data) => out.push_str(&format!("<?{target} {}?>", data.0.borrow())),
        NodeKind::Doctype(doctype) => {
            let (public, system) = (&doctype.public_id, &doctype.system_id);
            out.push_str(&format!("<!DOCTYPE {}", doctype.name));
            match (public.is_empty(), system.is_empty()) {
                (true, true) => {}
                (true, false) => out.push_str(&format!(" SYSTEM \"{system}\"")),
                (false, true) => out.push_str(&format!(" PUBLIC \"{public}\"")),
                (false, false) => out.push_str(&format!(" PUBLIC \"{public}\" \"{system}\"")),
            }
            out.push('>');
        }
        NodeKind::Document(_) | NodeKind::Fragment | NodeKind::Shadow(_) => {
            tree::children(node).for_each(|child| one(&child, scope, out))
        }
        NodeKind::Attr(_) => {}
    }
}

fn element(node: &NodeRef, data: &ElementData, scope: &mut Scope, out: &mut String) {
    let (outer, name) = (scope.len(), qualified(&data.name));
    out.push('<');
    out.push_str(&name);
    data.with_attributes(|attributes| {
        for attribute in attributes.iter().filter(|attribute| attribute.name.ns == ns!(xmlns)) {
            let local = &*attribute.name.local;
            let prefix = if local == "xmlns" { "" } else { local };
            scope.push((prefix.to_owned(), Namespace::from(attribute.value.as_str())));
        }
        declare(data.name.prefix.as_deref().unwrap_or(""), &data.name.ns, scope, out);
        for attribute in attributes {
            if let Some(prefix) = attribute.name.prefix.as_deref().filter(|prefix| *prefix != "xmlns") {
                declare(prefix, &attribute.name.ns, scope, out);
            }
            let prefix =
                if attribute.name.ns == ns!(xmlns) && &*attribute.name.local != "xmlns" { "xmlns:" } else { "" };
            let name = if prefix.is_empty() { attribute.qualified_name() } else { attribute.name.local.to_string() };
            out.push_str(&format!(" {prefix}{name}=\""));
            escape(&attribute.value, true, out);
            out.push('"');
        }
    });
    // In HTML an empty element must not look like an open one; of the void ones a space tells them from nothing.
    let is_html = data.name.ns == ns!(html);
    let is_void = super::serialize::is_void(&data.name.local);
    if node.first_child().is_none() && (!is_html || is_void) {
        out.push_str(if is_html { " />" } else { "/>" });
    } else {
        out.push('>');
        tree::children(node).for_each(|child| one(&child, scope, out));
        out.push_str(&format!("</{name}>"));
    }
    scope.truncate(outer);
}

/// Declares a prefix where what it means is not what it means outside.
fn declare(prefix: &str, namespace: &Namespace, scope: &mut Scope, out: &mut String) {
    let known = scope.iter().rev().find(|(name, _)| name == prefix).map(|(_, namespace)| namespace);
    if known == Some(namespace) {
        return;
    }
    scope.push((prefix.to_owned(), namespace.clone()));
    out.push_str(if prefix.is_empty() { " xmlns" } else { " xmlns:" });
    out.push_str(prefix);
    out.push_str("=\"");
    escape(namespace, true, out);
    out.push('"');
}

fn escape(text: &str, in_attribute: bool, out: &mut String) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' if in_attribute => out.push_str("&quot;"),
            '\t' if in_attribute => out.push_str("&#9;"),
            '\n' if in_attribute => out.push_str("&#10;"),
            '\r' => out.push_str("&#13;"),
            _ => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dom::parse::fragment;
    use crate::dom::{Node, QualName, document::DocumentData};

    #[test]
    fn html_as_xml() {
        let document = Node::document(DocumentData::new("text/html"));
        let markup = "<p class=a>1<br>&nbsp;&lt;<b></b></p>";
        let nodes = fragment(&Node::html_element(&document, "div"), markup);
        let expected = "<p xmlns=\"http://www.w3.org/1999/xhtml\" class=\"a\">1<br />\u{a0}&lt;<b></b></p>";
        assert_eq!(outer_xml(&nodes), expected);
    }

    #[test]
    fn names_that_script_made() {
        let document = Node::document(DocumentData::new("application/xml"));
        let name = |prefix: Option<&str>, ns: &str, local: &str| {
            QualName::new(prefix.map(Into::into), Namespace::from(ns), local.into())
        };
        let root = Node::element(&document, name(None, "u:a", "a"), Vec::new());
        let child = Node::element(&document, name(Some("x"), "u:x", "b"), Vec::new());
        tree::append(&root, &child);
        tree::append(&child, &Node::element(&document, name(Some("x"), "u:x", "c"), Vec::new()));
        tree::append(&root, &Node::element(&document, name(None, "", "d"), Vec::new()));
        let expected = "<a xmlns=\"u:a\"><x:b xmlns:x=\"u:x\"><x:c/></x:b><d xmlns=\"\"/></a>";
        assert_eq!(outer_xml(&root), expected);
    }
}
