//! Insertion, removal, order, traversal (DOM §4.2).

use html5ever::{LocalName, local_name, ns};

use super::document::{OBSERVERS, WATCHERS, is_watched, mutated};
use super::node::{CONNECTED, FOCUSED, NodeKind, NodeRef, STYLED, get, same};
use super::{changes, observe, range, traversal};

pub use super::copy::{clone, is_equal};
pub use super::text::normalize;

/// Why a node may not go where it was to go (DOM §4.2.3, the names of the DOMException).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InsertError {
    /// HierarchyRequestError
    Hierarchy,
    /// NotFoundError: the reference child is not a child of the parent.
    NotFound,
}

/// The document at the root of a connected node's tree.
#[must_use]
pub fn document_of(node: &NodeRef) -> Option<NodeRef> {
    if node.as_document().is_some() { Some(node.clone()) } else { node.owner_document() }
}

/// The topmost node of the tree.
#[must_use]
pub fn root_of(node: &NodeRef) -> NodeRef {
    let mut at = node.clone();
    while let Some(parent) = at.parent() {
        at = parent;
    }
    at
}

/// Whether `ancestor` is `node` or above it.
#[must_use]
pub fn is_inclusive_ancestor(ancestor: &NodeRef, node: &NodeRef) -> bool {
    let mut at = Some(node.clone());
    while let Some(one) = at {
        if same(&one, ancestor) {
            return true;
        }
        at = one.parent();
    }
    false
}

/// The next node in tree order, inside `root`.
#[must_use]
pub fn next_in(node: &NodeRef, root: &NodeRef) -> Option<NodeRef> {
    node.first_child().or_else(|| next_skipping(node, root))
}

/// The next node in tree order after `node`'s subtree, inside `root`.
#[must_use]
pub fn next_skipping(node: &NodeRef, root: &NodeRef) -> Option<NodeRef> {
    let mut at = node.clone();
    loop {
        if same(&at, root) {
            return None;
        }
        if let Some(next) = at.next_sibling() {
            return Some(next);
        }
        at = at.parent()?;
    }
}

/// Every descendant of `root` in tree order, without `root`.
pub fn descendants(root: &NodeRef) -> impl Iterator<Item = NodeRef> {
    let root = root.clone();
    std::iter::successors(root.first_child(), move |node| next_in(node, &root))
}

/// `root` and every descendant in tree order.
pub fn inclusive_descendants(root: &NodeRef) -> impl Iterator<Item = NodeRef> {
    std::iter::once(root.clone()).chain(descendants(root))
}

/// The children in order.
pub fn children(node: &NodeRef) -> impl Iterator<Item = NodeRef> + use<> {
    std::iter::successors(node.first_child(), |child| child.next_sibling())
}

/// The element children in order.
pub fn element_children(node: &NodeRef) -> impl Iterator<Item = NodeRef> + use<> {
    children(node).filter(|child| child.as_element().is_some())
}

/// The parent and all above it.
pub fn ancestors(node: &NodeRef) -> impl Iterator<Item = NodeRef> + use<> {
    std::iter::successors(node.parent(), |at| at.parent())
}

/// The parent, if it is an element.
#[must_use]
pub fn parent_element(node: &NodeRef) -> Option<NodeRef> {
    node.parent().filter(|parent| parent.as_element().is_some())
}

/// Whether `a` comes before `b` in tree order; false in different trees.
#[must_use]
pub fn is_before(a: &NodeRef, b: &NodeRef) -> bool {
    compare_position(a, b) & 4 != 0
}

/// compareDocumentPosition (DOM §4.4): the bits of where `other` is, seen from `node`.
#[must_use]
pub fn compare_position(node: &NodeRef, other: &NodeRef) -> u16 {
    const APART: u16 = 1 + 32;
    const PRECEDING: u16 = 2;
    const FOLLOWING: u16 = 4;
    if same(node, other) {
        return 0;
    }
    // An attribute is where its element is.
    let place = |of: &NodeRef| if let NodeKind::Attr(attr) = of.kind() { get(&attr.owner) } else { Some(of.clone()) };
    let is_attribute = |of: &NodeRef| matches!(of.kind(), NodeKind::Attr(_));
    let path = |from: Option<NodeRef>| {
        let mut path: Vec<NodeRef> =
            from.into_iter().flat_map(|from| std::iter::once(from.clone()).chain(ancestors(&from))).collect();
        path.reverse();
        path
    };
    let (ours, theirs) = (path(place(node)), path(place(other)));
    if !ours.first().zip(theirs.first()).is_some_and(|(a, b)| same(a, b)) {
        return APART + if other.serial() < node.serial() { PRECEDING } else { FOLLOWING };
    }
    let shared = ours.iter().zip(&theirs).take_while(|(a, b)| same(a, b)).count();
    match (ours.get(shared), theirs.get(shared)) {
        (None, None) if is_attribute(node) && is_attribute(other) => {
            32 + if super::attributes::is_before(other, node) { PRECEDING } else { FOLLOWING }
        }
        (None, None) if is_attribute(node) => 8 + PRECEDING,
        (None, None) => 16 + FOLLOWING,
        (None, _) if !is_attribute(node) => 16 + FOLLOWING,
        (_, None) if !is_attribute(other) => 8 + PRECEDING,
        // What is in an element comes after its attributes.
        (None, _) => FOLLOWING,
        (_, None) => PRECEDING,
        (Some(a), Some(b)) => {
            let after = std::iter::successors(a.next_sibling(), |n| n.next_sibling()).any(|n| same(&n, b));
            if after { FOLLOWING } else { PRECEDING }
        }
    }
}

/// Whether `child` may go into `parent` before `before` (DOM, "ensure pre-insertion validity").
///
/// # Errors
/// The DOMException's name, as [`InsertError`].
pub fn check_insert(parent: &NodeRef, child: &NodeRef, before: Option<&NodeRef>) -> Result<(), InsertError> {
    check(parent, child, before, false)
}

/// Whether `new` may stand in `parent` where `old` is (DOM "replace", 1 to 6).
///
/// # Errors
/// As [`check_insert`].
pub fn check_replace(parent: &NodeRef, new: &NodeRef, old: &NodeRef) -> Result<(), InsertError> {
    check(parent, new, Some(old), true)
}

/// `replaces`: what `child` is to stand before is taken out.
fn check(parent: &NodeRef, child: &NodeRef, before: Option<&NodeRef>, replaces: bool) -> Result<(), InsertError> {
    let is_document = matches!(parent.kind(), NodeKind::Document(_));
    if !is_document && !matches!(parent.kind(), NodeKind::Element(_) | NodeKind::Fragment)
        || is_inclusive_ancestor(child, parent)
    {
        return Err(InsertError::Hierarchy);
    }
    if let Some(before) = before
        && !before.parent().is_some_and(|p| same(&p, parent))
    {
        return Err(InsertError::NotFound);
    }
    match child.kind() {
        NodeKind::Document(_) | NodeKind::Attr(_) => Err(InsertError::Hierarchy),
        NodeKind::Text(_) | NodeKind::CData(_) if is_document => Err(InsertError::Hierarchy),
        NodeKind::Doctype(_) if !is_document => Err(InsertError::Hierarchy),
        _ if is_document => check_document_child(parent, child, before, replaces),
        _ => Ok(()),
    }
}

fn check_document_child(
    parent: &NodeRef,
    child: &NodeRef,
    before: Option<&NodeRef>,
    replaces: bool,
) -> Result<(), InsertError> {
    let is_element = |n: &NodeRef| n.as_element().is_some();
    let is_doctype = |n: &NodeRef| matches!(n.kind(), NodeKind::Doctype(_));
    let is_leaving = |n: &NodeRef| replaces && before.is_some_and(|old| same(n, old));
    let doctype_follows = || {
        let mut rest = std::iter::successors(before.cloned(), |n| n.next_sibling());
        rest.any(|n| is_doctype(&n) && !is_leaving(&n))
    };
    let others =
        |test: &dyn Fn(&NodeRef) -> bool| children(parent).any(|n| !same(&n, child) && !is_leaving(&n) && test(&n));
    let bad = match child.kind() {
        NodeKind::Fragment => {
            let elements = children(child).filter(|n| is_element(n)).count();
            elements > 1
                || children(child).any(|n| n.is_text())
                || elements == 1 && (others(&is_element) || doctype_follows())
        }
        NodeKind::Element(_) => others(&is_element) || doctype_follows(),
        NodeKind::Doctype(_) => {
            others(&is_doctype)
                || match before {
                    Some(before) => children(parent).take_while(|n| !same(n, before)).any(|n| is_element(&n)),
                    None => others(&is_element),
                }
        }
        _ => false,
    };
    if bad { Err(InsertError::Hierarchy) } else { Ok(()) }
}

/// Puts `child` (a fragment: its children) into `parent` before `before`, taking it from where it was.
/// The caller has checked that it may go there.
pub fn insert(parent: &NodeRef, child: &NodeRef, before: Option<&NodeRef>) {
    place(parent, child, before, true);
}

/// Inserts; `is_recorded`: observers are told (DOM "insert", without its "suppress observers flag").
fn place(parent: &NodeRef, child: &NodeRef, before: Option<&NodeRef>, is_recorded: bool) {
    if !matches!(child.kind(), NodeKind::Fragment) {
        return place_one(parent, child, before, is_recorded);
    }
    if !is_watched(WATCHERS) {
        while let Some(first) = child.first_child() {
            place_one(parent, &first, before, false);
        }
        return;
    }
    let nodes: Vec<NodeRef> = children(child).collect();
    observe::child_list(child, &[], &nodes, None, None);
    let previous = before.map_or_else(|| parent.last_child(), |before| before.previous_sibling());
    for node in &nodes {
        take_out(node, false);
        place_one(parent, node, before, false);
    }
    if is_recorded {
        observe::child_list(parent, &nodes, &[], previous, before.cloned());
    }
}

fn place_one(parent: &NodeRef, child: &NodeRef, before: Option<&NodeRef>, is_recorded: bool) {
    let before = match before {
        Some(node) if same(node, child) => child.next_sibling(),
        other => other.cloned(),
    };
    remove(child);
    if let Some(document) = document_of(parent) {
        adopt(child, &document);
    }
    link(parent, child, before);
    mutated();
    if parent.is_connected() {
        connect(child);
    }
    super::options::inserted(parent, child);
    if is_watched(WATCHERS) {
        range::inserted(parent, child);
        if is_recorded {
            observe::child_list(
                parent,
                std::slice::from_ref(child),
                &[],
                child.previous_sibling(),
                child.next_sibling(),
            );
        }
    }
}

/// Puts `new` (a fragment: its children) in the place of `old`; observers are told of both at once (DOM "replace").
pub fn replace(parent: &NodeRef, new: &NodeRef, old: &NodeRef) {
    let next = old.next_sibling();
    let next = if next.as_ref().is_some_and(|next| same(next, new)) { new.next_sibling() } else { next };
    let previous = old.previous_sibling();
    let added = if is_watched(OBSERVERS) { as_list(new) } else { Vec::new() };
    // Taken from where it was, it may have been `old` itself.
    remove(new);
    let removed: &[NodeRef] = if old.parent().is_some() { std::slice::from_ref(old) } else { &[] };
    take_out(old, false);
    place(parent, new, next.as_ref(), false);
    observe::child_list(parent, &added, removed, previous, next);
}

/// Puts `new` (a fragment: its children) or nothing in the place of all children; observers are told of all at once
/// (DOM "replace all").
pub fn replace_all(parent: &NodeRef, new: Option<&NodeRef>) {
    let (mut added, mut removed) = (Vec::new(), Vec::new());
    if is_watched(WATCHERS) {
        removed = children(parent).collect();
        added = new.map(as_list).unwrap_or_default();
    }
    while let Some(child) = parent.first_child() {
        if is_watched(WATCHERS) {
            leaving(&child, parent);
        }
        unlink(&child);
    }
    super::options::emptied(parent);
    if let Some(new) = new {
        place(parent, new, None, false);
    }
    observe::child_list(parent, &added, &removed, None, None);
}

/// A fragment's children, or the node itself.
fn as_list(node: &NodeRef) -> Vec<NodeRef> {
    if matches!(node.kind(), NodeKind::Fragment) { children(node).collect() } else { vec![node.clone()] }
}

/// Appends; see [`insert`].
pub fn append(parent: &NodeRef, child: &NodeRef) {
    insert(parent, child, None);
}

fn link(parent: &NodeRef, child: &NodeRef, before: Option<NodeRef>) {
    child.parent.set(Some(parent.clone()));
    let previous = match &before {
        Some(next) => next.previous.replace(Some(child.clone())),
        None => parent.last_child.replace(Some(child.clone())),
    };
    match &previous {
        Some(previous) => previous.next.set(Some(child.clone())),
        None => parent.first_child.set(Some(child.clone())),
    }
    child.previous.set(previous);
    child.next.set(before);
    parent.note_child(child);
}

/// Takes a node out of its parent, if it has one.
pub fn remove(node: &NodeRef) {
    take_out(node, true);
}

fn take_out(node: &NodeRef, is_recorded: bool) {
    if is_watched(WATCHERS)
        && let Some(parent) = node.parent()
    {
        leaving(node, &parent);
        if is_recorded {
            observe::child_list(&parent, &[], std::slice::from_ref(node), node.previous_sibling(), node.next_sibling());
        }
    }
    if let Some(parent) = unlink(node) {
        super::options::removed(&parent, node);
    }
}

/// Tells those who watch that `node` is about to leave `parent`.
fn leaving(node: &NodeRef, parent: &NodeRef) {
    range::removing(node, parent);
    traversal::removing(node);
    observe::removing(node, parent);
}

/// Takes a node out and answers with the parent it had.
fn unlink(node: &NodeRef) -> Option<NodeRef> {
    let parent = node.parent.take()?;
    if node.is_connected() {
        disconnect(node);
    }
    let (previous, next) = (node.previous.take(), node.next.take());
    match &previous {
        Some(previous) => previous.next.set(next.clone()),
        None => parent.first_child.set(next.clone()),
    }
    match next {
        Some(next) => next.previous.set(previous),
        None => parent.last_child.set(previous),
    }
    parent.note_child(node);
    mutated();
    Some(parent)
}

/// Takes all children out.
pub fn remove_children(node: &NodeRef) {
    replace_all(node, None);
}

fn connect(subtree: &NodeRef) {
    let Some(document) = document_of(subtree) else { return };
    let Some(data) = document.as_document() else { return };
    let mut at = Some(subtree.clone());
    while let Some(node) = at {
        node.set_flag(CONNECTED, true);
        super::css::note_style(&node, data);
        if let Some(element) = node.as_element() {
            if element.name.local == local_name!("iframe") {
                data.has_frames.set(true);
                data.has_new_frames.set(true);
            }
            element.with_attributes(|attributes| {
                changes::element(element, attributes);
                for attribute in attributes.iter().filter(|a| a.name.ns == ns!()) {
                    super::css_motion::note_attribute(&attribute.name.local, &attribute.value);
                    if &*attribute.name.local == "id" {
                        data.add_id(&attribute.value, &node);
                        data.add_name(&attribute.value, &node, true);
                    } else if &*attribute.name.local == "name" {
                        data.add_name(&attribute.value, &node, false);
                    }
                }
            });
            super::form::connected(&node);
        }
        at = next_in(&node, subtree);
    }
}

fn disconnect(subtree: &NodeRef) {
    let document = document_of(subtree);
    let data = document.as_ref().and_then(|d| d.as_document());
    let mut at = Some(subtree.clone());
    while let Some(node) = at {
        node.set_flag(CONNECTED | FOCUSED | STYLED, false);
        if let Some(data) = data {
            super::css::note_style(&node, data);
        }
        if let (Some(element), Some(data)) = (node.as_element(), data) {
            element.with_attributes(|attributes| {
                changes::element(element, attributes);
                for attribute in attributes.iter().filter(|a| a.name.ns == ns!()) {
                    if &*attribute.name.local == "id" {
                        data.remove_id(&attribute.value, &node);
                        data.remove_name(&attribute.value, &node, true);
                    } else if &*attribute.name.local == "name" {
                        data.remove_name(&attribute.value, &node, false);
                        super::radios::forget(&node, &attribute.value);
                    }
                }
            });
            // What leaves its place is no longer the parser's business (HTML §4.10.17.3, "reset the form owner").
            element.parser_form.set(None);
        }
        at = next_in(&node, subtree);
    }
}

/// Gives a detached subtree to another document (DOM "adopt", without the removal).
pub fn adopt(subtree: &NodeRef, document: &NodeRef) {
    let from = subtree.owner_document();
    if from.as_ref().is_some_and(|owner| same(owner, document)) {
        return;
    }
    let mut at = Some(subtree.clone());
    while let Some(node) = at {
        node.owner.set(Some(document.clone()));
        if let Some(contents) = node.as_element().and_then(|e| get(&e.template)) {
            adopt(&contents, document);
        }
        at = next_in(&node, subtree);
    }
    if let Some(from) = from {
        range::adopted(subtree, &from);
    }
}

/// The first child element of the document.
#[must_use]
pub fn document_element(document: &NodeRef) -> Option<NodeRef> {
    element_children(document).next()
}

/// `document.head` or `document.body`.
#[must_use]
pub fn html_child(document: &NodeRef, names: &[&str]) -> Option<NodeRef> {
    let html = document_element(document).filter(|e| e.is_html("html"))?;
    element_children(&html).find(|e| names.contains(&e.html_name()))
}

/// The base URL text of the first `<base href>`, if any.
#[must_use]
pub fn base_href(document: &NodeRef) -> Option<String> {
    let base = LocalName::from("base");
    descendants(document)
        .find(|n| n.as_element().is_some_and(|e| e.name.local == base && e.has_attr("href")))
        .and_then(|n| n.as_element().and_then(|e| e.attr("href")))
}
