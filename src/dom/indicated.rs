//! What a document's address and the keyboard point at: `:target`, `:focus-within`.

use boa_gc::{Finalize, Trace};

use super::document::mutated;
use super::node::{Node, NodeKind, NodeRef, same};
use super::{shadow, tree};

/// What the fragment of a document's address points at
/// ([the target element](https://html.spec.whatwg.org/#target-element)).
#[derive(Trace, Finalize, Default)]
pub(super) enum Target {
    /// Nothing.
    #[default]
    None,
    /// The document is still read: what this fragment names, once it is there.
    Awaited(#[unsafe_ignore_trace] Box<str>),
    /// An element, be it in the document any more or not.
    Element(NodeRef),
}

/// The document's address has this fragment now, and is gone to; as it is written, without `#`.
pub fn set_fragment(document: &NodeRef, fragment: Option<&str>) {
    let Some(data) = document.as_document() else { return };
    let found = fragment.and_then(|fragment| named(document, fragment));
    *data.target.borrow_mut() = found.map_or(Target::None, Target::Element);
    mutated();
}

/// A document begins to be read whose address has this fragment; [`settle`] says when it was read.
pub fn await_fragment(document: &NodeRef, fragment: Option<&str>) {
    if let (Some(data), Some(fragment)) = (document.as_document(), fragment.filter(|fragment| !fragment.is_empty())) {
        *data.target.borrow_mut() = Target::Awaited(fragment.into());
    }
}

/// The document was read: what its address points at is there by now, or nowhere.
pub fn settle(document: &NodeRef) {
    let Some(data) = document.as_document() else { return };
    let awaited = match &*data.target.borrow() {
        Target::Awaited(fragment) => fragment.clone(),
        _ => return,
    };
    set_fragment(document, Some(&awaited));
}

/// What a fragment names ([the indicated part](https://html.spec.whatwg.org/#the-indicated-part-of-the-document)): as it is
/// written, then with its escapes read.
fn named(document: &NodeRef, fragment: &str) -> Option<NodeRef> {
    if fragment.is_empty() {
        return None;
    }
    let find = |name: &str| {
        let anchor = |node: &NodeRef| {
            node.is_html("a") && node.as_element().is_some_and(|a| a.with_attr("name", |known| known == Some(name)))
        };
        let by_name = || match document.as_document() {
            Some(data) if data.knows_name(name) => tree::descendants(document).find(anchor),
            _ => None,
        };
        tree::element_by_id(document, name).or_else(by_name)
    };
    find(fragment).or_else(|| find(&percent_decoded(fragment)))
}

/// A text with its `%XX` read as bytes of UTF-8.
fn percent_decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let hex = bytes.get(at + 1..at + 3).and_then(|hex| std::str::from_utf8(hex).ok());
        let is_hex = |hex: &&str| hex.bytes().all(|digit| digit.is_ascii_hexdigit());
        match hex.filter(is_hex).and_then(|hex| u8::from_str_radix(hex, 16).ok()).filter(|_| *byte == b'%') {
            Some(escaped) => {
                out.push(escaped);
                at += 3;
            }
            None => {
                out.push(*byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// `:target`
pub(super) fn is_target(element: &Node) -> bool {
    let Some(document) = element.owner_document() else { return false };
    let Some(data) = document.as_document() else { return false };
    match &*data.target.borrow() {
        Target::None => false,
        Target::Element(target) => std::ptr::eq(&raw const **target, element),
        Target::Awaited(fragment) => {
            named(&document, fragment).is_some_and(|target| std::ptr::eq(&raw const *target, element))
        }
    }
}

/// Gives an element the focus, or takes it.
pub fn set_focused(element: &NodeRef, on: bool) {
    element.flag_focused(on);
    shadow::mark_hosts(element, on);
    if let Some(document) = tree::document_of(element)
        && let Some(data) = document.as_document()
    {
        let is_last = data.focused.borrow().as_ref().is_some_and(|last| same(last, element));
        if on {
            *data.focused.borrow_mut() = Some(element.clone());
        } else if is_last {
            *data.focused.borrow_mut() = None;
        }
    }
    mutated();
}

/// `:focus-within`: whether an element has the focus, or what has it is below it in the flat tree.
pub(super) fn is_focus_within(element: &Node) -> bool {
    if !matches!(element.kind(), NodeKind::Element(_)) {
        return false;
    }
    let Some(document) = element.owner_document() else { return false };
    let focused = document.as_document().and_then(|data| data.focused.borrow().clone());
    let mut at = focused.filter(|focused| focused.is_focused());
    while let Some(node) = at {
        if std::ptr::eq(&raw const *node, element) {
            return true;
        }
        at = shadow::flat_parent(&node);
    }
    false
}
