//! Insertion, removal, order, traversal, cloning (DOM §4.2).

use html5ever::{LocalName, ns};

use super::attributes::Attribute;
use super::document::mutated;
use super::node::{CONNECTED, Doctype, Node, NodeKind, NodeRef, get, same};

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
    if same(node, other) {
        return 0;
    }
    let path = |from: &NodeRef| {
        let mut path: Vec<NodeRef> = std::iter::once(from.clone()).chain(ancestors(from)).collect();
        path.reverse();
        path
    };
    let (ours, theirs) = (path(node), path(other));
    if !same(&ours[0], &theirs[0]) {
        let before = (&raw const *ours[0] as usize) < (&raw const *theirs[0] as usize);
        return 1 + 32 + if before { 4 } else { 2 };
    }
    let shared = ours.iter().zip(&theirs).take_while(|(a, b)| same(a, b)).count();
    match (ours.get(shared), theirs.get(shared)) {
        (None, _) => 16 + 4,
        (_, None) => 8 + 2,
        (Some(a), Some(b)) => {
            let after = std::iter::successors(a.next_sibling(), |n| n.next_sibling()).any(|n| same(&n, b));
            if after { 4 } else { 2 }
        }
    }
}

/// Whether `child` may go into `parent` before `before` (DOM, "ensure pre-insertion validity").
///
/// # Errors
/// The DOMException's name, as [`InsertError`].
pub fn check_insert(parent: &NodeRef, child: &NodeRef, before: Option<&NodeRef>) -> Result<(), InsertError> {
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
        _ if is_document => check_document_child(parent, child, before),
        _ => Ok(()),
    }
}

fn check_document_child(parent: &NodeRef, child: &NodeRef, before: Option<&NodeRef>) -> Result<(), InsertError> {
    let is_element = |n: &NodeRef| n.as_element().is_some();
    let is_doctype = |n: &NodeRef| matches!(n.kind(), NodeKind::Doctype(_));
    let doctype_follows =
        || before.is_some_and(|b| std::iter::successors(Some(b.clone()), |n| n.next_sibling()).any(|n| is_doctype(&n)));
    let others = |test: &dyn Fn(&NodeRef) -> bool| children(parent).any(|n| !same(&n, child) && test(&n));
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
    if matches!(child.kind(), NodeKind::Fragment) {
        while let Some(first) = child.first_child() {
            insert(parent, &first, before);
        }
        return;
    }
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
}

/// Takes a node out of its parent, if it has one.
pub fn remove(node: &NodeRef) {
    if let Some(parent) = unlink(node) {
        super::options::removed(&parent, node);
    }
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
    mutated();
    Some(parent)
}

/// Takes all children out.
pub fn remove_children(node: &NodeRef) {
    while let Some(child) = node.first_child() {
        unlink(&child);
    }
    super::options::emptied(node);
}

fn connect(subtree: &NodeRef) {
    let Some(document) = document_of(subtree) else { return };
    let Some(data) = document.as_document() else { return };
    let mut at = Some(subtree.clone());
    while let Some(node) = at {
        node.set_flag(CONNECTED, true);
        super::css::note_style(&node, data);
        if let Some(element) = node.as_element() {
            element.with_attributes(|attributes| {
                for attribute in attributes.iter().filter(|a| a.name.ns == ns!()) {
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
        node.set_flag(CONNECTED, false);
        if let Some(data) = data {
            super::css::note_style(&node, data);
        }
        if let (Some(element), Some(data)) = (node.as_element(), data) {
            element.with_attributes(|attributes| {
                for attribute in attributes.iter().filter(|a| a.name.ns == ns!()) {
                    if &*attribute.name.local == "id" {
                        data.remove_id(&attribute.value, &node);
                        data.remove_name(&attribute.value, &node, true);
                    } else if &*attribute.name.local == "name" {
                        data.remove_name(&attribute.value, &node, false);
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
    if subtree.owner_document().is_some_and(|owner| same(&owner, document)) {
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
}

/// Copies a node into `document`, with its children if `deep` (DOM "clone a node"). Not recursive: a page may nest as
/// deep as it likes.
#[must_use]
pub fn clone(node: &NodeRef, document: &NodeRef, deep: bool) -> NodeRef {
    let copy = clone_shallow(node, document);
    let mut open = if deep { vec![(node.clone(), copy.clone())] } else { Vec::new() };
    while let Some((from, to)) = open.pop() {
        for child in children(&from) {
            let child_copy = clone_shallow(&child, document);
            append(&to, &child_copy);
            open.push((child, child_copy));
        }
        let contents = |node: &NodeRef| node.as_element().and_then(|e| get(&e.template));
        if let (Some(from), Some(to)) = (contents(&from), contents(&to)) {
            open.push((from, to));
        }
    }
    copy
}

fn clone_shallow(node: &NodeRef, document: &NodeRef) -> NodeRef {
    match node.kind() {
        NodeKind::Document(data) => {
            let copy = super::document::DocumentData::new(data.content_type);
            copy.quirks.set(data.quirks.get());
            Node::document(copy)
        }
        NodeKind::Element(data) => {
            let attributes = data
                .with_attributes(|list| list.iter().map(|a| Attribute::new(a.name.clone(), a.value.clone())).collect());
            let copy = Node::element(document, data.name.clone(), attributes);
            copy.set_script_started(node.script_started());
            super::form::copy_control(node, &copy);
            copy
        }
        NodeKind::Text(data) => Node::text(document, data.0.borrow().clone()),
        NodeKind::Comment(data) => Node::comment(document, data.0.borrow().clone()),
        NodeKind::CData(data) => Node::cdata(document, data.0.borrow().clone()),
        NodeKind::ProcessingInstruction(target, data) => {
            Node::processing_instruction(document, target, data.0.borrow().clone())
        }
        NodeKind::Doctype(d) => Node::doctype(
            document,
            Doctype { name: d.name.clone(), public_id: d.public_id.clone(), system_id: d.system_id.clone() },
        ),
        NodeKind::Fragment => Node::fragment(document),
        NodeKind::Attr(attr) => Node::attr(document, attr.name.clone(), super::text::attr_value(attr), None),
    }
}

/// Joins adjacent text nodes and drops empty ones (DOM §4.4, normalize).
pub fn normalize(root: &NodeRef) {
    let texts: Vec<NodeRef> = descendants(root).filter(|n| matches!(n.kind(), NodeKind::Text(_))).collect();
    for text in texts {
        let Some(data) = text.character_data() else { continue };
        if text.parent().is_none() {
            continue;
        }
        if data.borrow().is_empty() {
            remove(&text);
            continue;
        }
        while let Some(next) = text.next_sibling().filter(|n| matches!(n.kind(), NodeKind::Text(_))) {
            if let Some(more) = next.character_data() {
                data.borrow_mut().push_str(&more.borrow());
            }
            remove(&next);
        }
    }
}

/// Whether two subtrees are equal (DOM §4.4, isEqualNode).
#[must_use]
pub fn is_equal(a: &NodeRef, b: &NodeRef) -> bool {
    let mut open = vec![(a.clone(), b.clone())];
    while let Some((x, y)) = open.pop() {
        if !is_equal_alone(&x, &y) || children(&x).count() != children(&y).count() {
            return false;
        }
        open.extend(children(&x).zip(children(&y)));
    }
    true
}

/// Whether two nodes are equal but for their children.
fn is_equal_alone(a: &NodeRef, b: &NodeRef) -> bool {
    match (a.kind(), b.kind()) {
        (NodeKind::Element(x), NodeKind::Element(y)) => {
            x.name == y.name
                && x.with_attributes(|xs| {
                    y.with_attributes(|ys| {
                        xs.len() == ys.len()
                            && xs.iter().all(|p| {
                                ys.iter().any(|q| {
                                    p.name.ns == q.name.ns && p.name.local == q.name.local && p.value == q.value
                                })
                            })
                    })
                })
        }
        (NodeKind::Doctype(x), NodeKind::Doctype(y)) => {
            x.name == y.name && x.public_id == y.public_id && x.system_id == y.system_id
        }
        (NodeKind::ProcessingInstruction(x, p), NodeKind::ProcessingInstruction(y, q)) => x == y && p.0 == q.0,
        _ => a.node_type() == b.node_type() && a.character_data() == b.character_data(),
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
