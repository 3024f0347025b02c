//! Names of elements, attributes and the like: what makes one valid (XML 1.0 §2.3, Namespaces in XML §4, DOM
//! "validate and extract"), and which namespace a prefix stands for.
//!
//! *Choice*: the rules of XML, as the DOM standard had them for twenty years and browsers of pages of that age have; those
//! of mid-2025 let more through.

use html5ever::{LocalName, Namespace, QualName, ns};

use super::attributes::Attribute;
use super::node::{NodeKind, NodeRef, get};
use super::tree;

/// Why a name is refused; the DOMException's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameError {
    /// `InvalidCharacterError`
    Characters,
    /// `NamespaceError`
    Namespace,
}

/// XML's NameStartChar.
#[must_use]
pub fn is_start(c: char) -> bool {
    matches!(c, ':' | '_' | 'A'..='Z' | 'a'..='z' | '\u{c0}'..='\u{d6}' | '\u{d8}'..='\u{f6}' | '\u{f8}'..='\u{2ff}'
        | '\u{370}'..='\u{37d}' | '\u{37f}'..='\u{1fff}' | '\u{200c}'..='\u{200d}' | '\u{2070}'..='\u{218f}'
        | '\u{2c00}'..='\u{2fef}' | '\u{3001}'..='\u{d7ff}' | '\u{f900}'..='\u{fdcf}' | '\u{fdf0}'..='\u{fffd}'
        | '\u{10000}'..='\u{effff}')
}

/// XML's NameChar.
#[must_use]
pub fn is_part(c: char) -> bool {
    is_start(c) || matches!(c, '-' | '.' | '0'..='9' | '\u{b7}' | '\u{300}'..='\u{36f}' | '\u{203f}'..='\u{2040}')
}

/// Whether a text is an XML Name.
#[must_use]
pub fn is_name(text: &str) -> bool {
    text.starts_with(is_start) && text.chars().all(is_part)
}

/// Whether a text is a QName: a local name, or a prefix, a colon and a local name.
#[must_use]
pub fn is_qualified(text: &str) -> bool {
    let is_local = |part: &str| is_name(part) && !part.contains(':');
    match text.split_once(':') {
        Some((prefix, local)) => is_local(prefix) && is_local(local),
        None => is_local(text),
    }
}

/// The name that a namespace and a qualified name make ("validate and extract").
///
/// # Errors
/// [`NameError`] where the name is no QName, or its prefix does not go with the namespace.
pub fn extract(namespace: Namespace, qualified: &str) -> Result<QualName, NameError> {
    if !is_qualified(qualified) {
        return Err(NameError::Characters);
    }
    let (prefix, local) = match qualified.split_once(':') {
        Some((prefix, local)) => (Some(prefix), local),
        None => (None, qualified),
    };
    let is_xmlns = prefix.unwrap_or(qualified) == "xmlns";
    let is_wrong = prefix.is_some() && namespace == ns!()
        || prefix == Some("xml") && namespace != ns!(xml)
        || is_xmlns != (namespace == ns!(xmlns));
    if is_wrong {
        return Err(NameError::Namespace);
    }
    Ok(QualName::new(prefix.map(Into::into), namespace, LocalName::from(local)))
}

/// The element whose namespaces are in scope at a node.
fn scope_of(node: &NodeRef) -> Option<NodeRef> {
    match node.kind() {
        NodeKind::Element(_) => Some(node.clone()),
        NodeKind::Document(_) => tree::document_element(node),
        NodeKind::Doctype(_) | NodeKind::Fragment | NodeKind::Shadow(_) => None,
        NodeKind::Attr(attr) => get(&attr.owner),
        _ => tree::parent_element(node),
    }
}

/// The namespace that a prefix stands for at a node, or without one the default (DOM "locate a namespace").
#[must_use]
pub fn namespace_of(node: &NodeRef, prefix: Option<&str>) -> Option<String> {
    let scope = scope_of(node)?;
    match prefix {
        Some("xml") => return Some(ns!(xml).to_string()),
        Some("xmlns") => return Some(ns!(xmlns).to_string()),
        _ => {}
    }
    for element in std::iter::once(scope.clone()).chain(tree::ancestors(&scope)) {
        let Some(data) = element.as_element() else { break };
        if data.name.ns != ns!() && data.name.prefix.as_deref() == prefix {
            return Some(data.name.ns.to_string());
        }
        let declared = data.with_attr_ns(&ns!(xmlns), prefix.unwrap_or("xmlns"), |attribute| {
            let is_prefixed = prefix.is_some();
            attribute.filter(|a| a.name.prefix.is_some() == is_prefixed).map(|a| a.value.clone())
        });
        if let Some(declared) = declared {
            return Some(declared).filter(|uri| !uri.is_empty());
        }
    }
    None
}

/// A prefix that stands for a namespace at a node (DOM "locate a namespace prefix").
#[must_use]
pub fn prefix_of(node: &NodeRef, namespace: &str) -> Option<String> {
    let scope = scope_of(node)?;
    std::iter::once(scope.clone()).chain(tree::ancestors(&scope)).find_map(|element| {
        let data = element.as_element()?;
        if &*data.name.ns == namespace && data.name.prefix.is_some() {
            return data.name.prefix.as_ref().map(ToString::to_string);
        }
        let declares = |a: &Attribute| a.name.prefix.as_deref() == Some("xmlns") && a.value == namespace;
        data.with_attributes(|list| list.iter().find(|a| declares(a)).map(|a| a.name.local.to_string()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for name in ["a", "_", ":", "a:b:c", "名", "a-1.2", "f\u{bc6}"] {
            assert!(is_name(name), "{name}");
        }
        for name in ["", "1a", "-a", "a b", "a<", "\u{300}", "a\u{d7}", "~", "a\0"] {
            assert!(!is_name(name), "{name}");
        }
    }

    #[test]
    fn qualified_names() {
        let check =
            |namespace: &str, name: &str| extract(Namespace::from(namespace), name).map(|name| name.local.to_string());
        assert_eq!(check("", "a"), Ok("a".to_owned()));
        assert_eq!(check("n", "p:a"), Ok("a".to_owned()));
        assert_eq!(check(&ns!(xmlns), "xmlns:a"), Ok("a".to_owned()));
        for name in ["", ":a", "a:", "a:b:c", "a:0", "0:a"] {
            assert_eq!(check("n", name), Err(NameError::Characters), "{name}");
        }
        for (namespace, name) in [("", "p:a"), ("n", "xml:a"), ("n", "xmlns"), ("n", "xmlns:a"), (&*ns!(xmlns), "a")] {
            assert_eq!(check(namespace, name), Err(NameError::Namespace), "{name}");
        }
    }
}
