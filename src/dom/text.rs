//! Text: character data in UTF-16 offsets, text content, node values.

use super::document::mutated;
use super::node::{AttrData, Node, NodeKind, NodeRef, get};
use super::{observe, range, tree};

/// The value of an attribute node: its owner's attribute, or its own.
#[must_use]
pub fn attr_value(attr: &AttrData) -> String {
    match get(&attr.owner) {
        Some(owner) => owner
            .as_element()
            .and_then(|e| e.with_attr_ns(&attr.name.ns, &attr.name.local, |a| a.map(|a| a.value.clone())))
            .unwrap_or_default(),
        None => attr.value.borrow().clone(),
    }
}

/// nodeValue: `None` where the DOM says null.
#[must_use]
pub fn node_value(node: &NodeRef) -> Option<String> {
    match node.kind() {
        NodeKind::Attr(attr) => Some(attr_value(attr)),
        _ => node.character_data().map(|data| data.borrow().clone()),
    }
}

/// Sets nodeValue; nothing happens where the DOM has none.
pub fn set_node_value(node: &NodeRef, value: &str) {
    match node.kind() {
        NodeKind::Attr(attr) => match get(&attr.owner) {
            Some(owner) => super::attributes::set_named(&owner, attr.name.clone(), value.to_owned()),
            None => value.clone_into(&mut attr.value.borrow_mut()),
        },
        _ => {
            if let Some(data) = node.character_data() {
                observe::character_data(node);
                range::replaced(node, 0, usize::MAX, 0);
                value.clone_into(&mut data.borrow_mut());
                changed(node);
            }
        }
    }
}

/// textContent: `None` for documents and document types.
#[must_use]
pub fn text_content(node: &NodeRef) -> Option<String> {
    match node.kind() {
        NodeKind::Document(_) | NodeKind::Doctype(_) => None,
        NodeKind::Element(_) | NodeKind::Fragment | NodeKind::Shadow(_) => Some(descendant_text(node)),
        _ => node_value(node),
    }
}

/// The text of all text descendants, joined.
#[must_use]
pub fn descendant_text(node: &NodeRef) -> String {
    let mut text = String::new();
    for one in tree::descendants(node).filter(|n| n.is_text()) {
        if let Some(data) = one.character_data() {
            text.push_str(&data.borrow());
        }
    }
    text
}

/// The text of the text children only (a script's source, a title).
#[must_use]
pub fn child_text(node: &NodeRef) -> String {
    let mut text = String::new();
    for one in tree::children(node).filter(|n| n.is_text()) {
        if let Some(data) = one.character_data() {
            text.push_str(&data.borrow());
        }
    }
    text
}

/// Sets textContent.
pub fn set_text_content(node: &NodeRef, text: &str) {
    match node.kind() {
        NodeKind::Document(_) | NodeKind::Doctype(_) => {}
        NodeKind::Element(_) | NodeKind::Fragment | NodeKind::Shadow(_) => {
            let document = node.owner_document().filter(|_| !text.is_empty());
            let text = document.map(|document| Node::text(&document, text.to_owned()));
            tree::replace_all(node, text.as_ref());
        }
        _ => set_node_value(node, text),
    }
}

/// Length in UTF-16 code units.
#[must_use]
pub fn utf16_len(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.encode_utf16().count() }
}

/// Replaces `count` code units from `offset` (CharacterData.replaceData); `None` where `offset` is past the end.
pub fn replace_data(node: &NodeRef, offset: usize, count: usize, with: &str) -> Option<()> {
    let data = node.character_data()?;
    let units: Vec<u16> = data.borrow().encode_utf16().collect();
    let end = offset.saturating_add(count).min(units.len());
    let (head, tail) = (units.get(..offset)?, &units[end..]);
    observe::character_data(node);
    range::replaced(node, offset, end - offset, utf16_len(with));
    *data.borrow_mut() = String::from_utf16_lossy(head) + with + &String::from_utf16_lossy(tail);
    changed(node);
    Some(())
}

/// `count` code units from `offset` (CharacterData.substringData).
#[must_use]
pub fn substring_data(node: &NodeRef, offset: usize, count: usize) -> Option<String> {
    let units: Vec<u16> = node.character_data()?.borrow().encode_utf16().collect();
    let end = offset.saturating_add(count).min(units.len());
    Some(String::from_utf16_lossy(units.get(offset..)?.get(..end - offset)?))
}

/// Splits a text node (Text.splitText) and returns the new second half.
#[must_use]
pub fn split_text(node: &NodeRef, offset: usize) -> Option<NodeRef> {
    let length = utf16_len(&node.character_data()?.borrow());
    let rest = substring_data(node, offset, length)?;
    let second = Node::text(&node.owner_document()?, rest);
    if let Some(parent) = node.parent() {
        tree::insert(&parent, &second, node.next_sibling().as_ref());
        range::split(node, offset, &second, &parent);
    }
    replace_data(node, offset, length, "")?;
    Some(second)
}

/// Joins adjacent text nodes and drops empty ones (DOM §4.4, normalize).
pub fn normalize(root: &NodeRef) {
    let is_exclusive = |n: &NodeRef| matches!(n.kind(), NodeKind::Text(_));
    let texts: Vec<NodeRef> = tree::descendants(root).filter(is_exclusive).collect();
    for text in texts {
        let Some(data) = text.character_data() else { continue };
        if text.parent().is_none() {
            continue;
        }
        if data.borrow().is_empty() {
            tree::remove(&text);
            continue;
        }
        while text.next_sibling().as_ref().is_some_and(is_exclusive) {
            join_next(&text);
        }
    }
}

/// Joins a text node with the one after it, if both are text (HTML §3.2.7, "merge with the next text node").
pub fn join_next(node: &NodeRef) {
    let Some(next) = node.next_sibling().filter(|next| next.is_text() && node.is_text()) else { return };
    let length = node.character_data().map_or(0, |data| utf16_len(&data.borrow()));
    append(node, &node_value(&next).unwrap_or_default());
    range::joined(node, length, &next);
    tree::remove(&next);
}

/// Adds to the end of the data.
pub fn append(node: &NodeRef, more: &str) {
    let Some(data) = node.character_data() else { return };
    observe::character_data(node);
    data.borrow_mut().push_str(more);
    changed(node);
}

/// Data has changed; that in a `<style>` is the text of its sheet.
fn changed(node: &NodeRef) {
    mutated();
    if let Some(style) = node.parent().filter(|parent| parent.is_html("style")) {
        super::sheets::forget(&style);
    }
}

/// Collapses ASCII whitespace and trims it (titles, option labels).
#[must_use]
pub fn strip_and_collapse(text: &str) -> String {
    text.split_ascii_whitespace().collect::<Vec<_>>().join(" ")
}
