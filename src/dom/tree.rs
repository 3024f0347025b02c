//! Insertion, removal, order, traversal (DOM §4.2).

use html5ever::{local_name, ns};

use super::document::{CUSTOM, OBSERVERS, SHADOWS, WATCHERS, is_watched, mutated, mutation_count};
use super::node::{CONNECTED, FOCUSED, IN_SHADOW, LISTED, NodeKind, NodeRef, STYLED, get, same};
use super::{changes, custom, held, observe, range, shadow, slots, traversal};

pub use super::copy::{clone, clone_here, is_equal};
pub use super::insertion::{InsertError, check_insert, check_replace};
pub use super::text::normalize;

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

/// The node before in tree order, inside `root` and without it.
#[must_use]
pub fn previous_in(node: &NodeRef, root: &NodeRef) -> Option<NodeRef> {
    let Some(mut at) = node.previous_sibling() else { return node.parent().filter(|parent| !same(parent, root)) };
    while let Some(last) = at.last_child() {
        at = last;
    }
    Some(at)
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

/// Puts `child` (a fragment: its children) into `parent` before `before`, taking it from where it was.
/// The caller has checked that it may go there.
pub fn insert(parent: &NodeRef, child: &NodeRef, before: Option<&NodeRef>) {
    place(parent, child, before, true);
}

/// Inserts; `is_recorded`: observers are told (DOM "insert", without its "suppress observers flag").
fn place(parent: &NodeRef, child: &NodeRef, before: Option<&NodeRef>, is_recorded: bool) {
    if !child.is_fragment() {
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
    if parent.is_connected() {
        connect(child);
    }
    held::moved(parent, child);
    super::options::inserted(parent, child);
    if is_watched(SHADOWS) {
        slots::inserted(parent, child);
    }
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
    held::emptied(parent);
    super::options::emptied(parent);
    if let Some(new) = new {
        place(parent, new, None, false);
    }
    observe::child_list(parent, &added, &removed, None, None);
}

/// A fragment's children, or the node itself.
fn as_list(node: &NodeRef) -> Vec<NodeRef> {
    if node.is_fragment() { children(node).collect() } else { vec![node.clone()] }
}

/// Appends; see [`insert`].
pub fn append(parent: &NodeRef, child: &NodeRef) {
    insert(parent, child, None);
}

fn link(parent: &NodeRef, child: &NodeRef, before: Option<NodeRef>) {
    mutated();
    child.note_placed(mutation_count());
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

/// Takes a node out without a word to observers; [`put_back`] puts it where it was.
pub fn lift(node: &NodeRef) {
    take_out(node, false);
}

/// Puts a node back that was lifted.
pub fn put_back(parent: &NodeRef, node: &NodeRef, before: Option<&NodeRef>) {
    place_one(parent, node, before.filter(|next| next.parent().is_some_and(|p| same(&p, parent))), false);
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
        held::moved(&parent, node);
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
        disconnect(node, &parent);
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
    if is_watched(SHADOWS) {
        slots::removed(&parent, node);
    }
    Some(parent)
}

/// Takes all children out.
pub fn remove_children(node: &NodeRef) {
    replace_all(node, None);
}

fn connect(subtree: &NodeRef) {
    let Some(document) = document_of(subtree) else { return };
    let Some(data) = document.as_document() else { return };
    let is_below_shadow = subtree.parent().is_some_and(|parent| parent.flag(IN_SHADOW));
    let mut walk = shadow::composed(subtree);
    loop {
        let is_in_shadow = is_below_shadow || walk.is_within();
        let Some(node) = walk.next() else { return };
        node.set_flag(CONNECTED, true);
        node.set_flag(IN_SHADOW, is_in_shadow);
        super::css::note_style(&node, data);
        let Some(element) = node.as_element() else { continue };
        if node.flag(LISTED) {
            changes::root_moved();
        }
        if element.name.local == local_name!("iframe") {
            data.has_frames.set(true);
            data.has_new_frames.set(true);
        } else if element.name.local == local_name!("base") {
            data.has_base.set(true);
        }
        element.with_attributes(|attributes| {
            changes::element(element, attributes);
            for attribute in attributes.iter().filter(|a| a.name.ns == ns!()) {
                super::css_motion::note_attribute(&attribute.name.local, &attribute.value);
                if is_in_shadow {
                    continue;
                }
                if &*attribute.name.local == "id" {
                    data.add_id(&attribute.value, &node);
                    data.add_name(&attribute.value, &node, true);
                } else if &*attribute.name.local == "name" {
                    data.add_name(&attribute.value, &node, false);
                }
            }
        });
        super::form::connected(&node);
        if is_watched(CUSTOM) {
            custom::connected(&node);
        }
    }
}

fn disconnect(subtree: &NodeRef, parent: &NodeRef) {
    let document = document_of(subtree);
    let data = document.as_ref().and_then(|d| d.as_document());
    for node in shadow::composed(subtree) {
        let is_in_shadow = node.flag(IN_SHADOW);
        if node.flag(FOCUSED) {
            shadow::mark_hosts(&node, false);
            shadow::focus_left(parent);
        }
        node.set_flag(CONNECTED | FOCUSED | STYLED | IN_SHADOW, false);
        if let Some(data) = data {
            super::css::note_style(&node, data);
        }
        let Some(element) = node.as_element() else { continue };
        if node.flag(LISTED) {
            changes::root_moved();
        }
        if is_watched(CUSTOM) {
            custom::disconnected(&node);
        }
        if let Some(data) = data {
            element.with_attributes(|attributes| {
                changes::element(element, attributes);
                for attribute in attributes.iter().filter(|a| a.name.ns == ns!()) {
                    match &*attribute.name.local {
                        "id" if !is_in_shadow => {
                            data.remove_id(&attribute.value, &node);
                            data.remove_name(&attribute.value, &node, true);
                        }
                        "name" => {
                            if !is_in_shadow {
                                data.remove_name(&attribute.value, &node, false);
                            }
                            super::radios::forget(&node, &attribute.value);
                        }
                        _ => {}
                    }
                }
            });
            // What leaves its place is no longer the parser's business (HTML §4.10.17.3, "reset the form owner").
            element.parser_form.set(None);
        }
    }
}

/// Gives a detached subtree to another document (DOM "adopt", without the removal). Contents of templates go to the
/// document of those.
pub fn adopt(subtree: &NodeRef, document: &NodeRef) {
    let from = subtree.owner_document();
    if from.as_ref().is_some_and(|owner| same(owner, document)) {
        return;
    }
    // Templates may be nested as deep as the page likes.
    let mut open = vec![(subtree.clone(), document.clone())];
    while let Some((top, document)) = open.pop() {
        let from = top.owner_document();
        for node in shadow::composed(&top) {
            node.owner.set(Some(document.clone()));
            if let Some(contents) = node.as_element().and_then(|e| get(&e.template)) {
                open.push((contents, custom::inert_document(&document)));
            }
            if let Some(from) = from.as_ref().filter(|_| is_watched(CUSTOM)) {
                custom::adopted(&node, from, &document);
            }
        }
    }
    if let Some(from) = from {
        range::adopted(subtree, &from);
    }
}

/// The root of a connected node's tree: its document, or the shadow root that it is under.
#[must_use]
pub fn root_in_document(node: &NodeRef) -> Option<NodeRef> {
    if shadow::is_in_shadow(node) { Some(root_of(node)) } else { document_of(node) }
}

/// The first element of this id under a document or a fragment, in tree order.
#[must_use]
pub fn element_by_id(root: &NodeRef, id: &str) -> Option<NodeRef> {
    if let Some(data) = root.as_document() {
        return data.element_by_id(id);
    }
    let has =
        |node: &NodeRef| node.as_element().is_some_and(|e| !id.is_empty() && e.with_attr("id", |v| v == Some(id)));
    descendants(root).find(has)
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
    base_attr(document, "href")
}

/// An attribute of the first `<base>` that has it.
#[must_use]
pub fn base_attr(document: &NodeRef, name: &str) -> Option<String> {
    document.as_document().filter(|data| data.has_base.get())?;
    let of_base = |node: NodeRef| {
        let element = node.as_element().filter(|element| element.name.local == local_name!("base"))?;
        element.attr(name)
    };
    descendants(document).find_map(of_base)
}
