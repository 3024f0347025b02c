//! Copies of nodes, and whether two are equal (DOM §4.4).

use super::attributes::Attribute;
use super::node::{Doctype, Node, NodeKind, NodeRef, get};
use super::{custom, shadow, tree};

/// Copies a node into `document`, with its children if `deep` (DOM "clone a node"). Not recursive: a page may nest as
/// deep as it likes.
#[must_use]
pub fn clone(node: &NodeRef, document: &NodeRef, deep: bool) -> NodeRef {
    clone_as(node, document, deep, false)
}

/// Copies a node into its own document: what is in a template's contents has a document of its own, as far as custom
/// elements go.
#[must_use]
pub fn clone_here(node: &NodeRef, deep: bool) -> NodeRef {
    let document = tree::document_of(node).unwrap_or_else(|| node.clone());
    clone_as(node, &document, deep, custom::is_used() && custom::is_inert(node))
}

fn clone_as(node: &NodeRef, document: &NodeRef, deep: bool, is_inert: bool) -> NodeRef {
    let copy = clone_shallow(node, document, is_inert);
    // The children of a document belong to it (DOM, "clone a node", step 2).
    let document = if copy.as_document().is_some() { &copy } else { document };
    // What is still to be copied and into what, last first: in tree order, for constructors of custom elements see it.
    let mut open = Vec::new();
    let open_children = |from: &NodeRef, to: &NodeRef, is_inert: bool, open: &mut Vec<(NodeRef, NodeRef, bool)>| {
        let children = std::iter::successors(from.last_child(), |child| child.previous_sibling());
        open.extend(children.map(|child| (child, to.clone(), is_inert)));
    };
    let open_more = |from: &NodeRef, to: &NodeRef, deep: bool, is_inert: bool, open: &mut Vec<_>| {
        if deep {
            open_children(from, to, is_inert, open);
            let contents = |node: &NodeRef| node.as_element().and_then(|e| get(&e.template));
            if let (Some(from), Some(to)) = (contents(from), contents(to)) {
                open_children(&from, &to, true, open);
            }
        }
        if let Some((from, to)) = shadow_copy(from, to) {
            open_children(&from, &to, is_inert, open);
        }
    };
    open_more(node, &copy, deep, is_inert, &mut open);
    while let Some((from, into, is_inert)) = open.pop() {
        let child = clone_shallow(&from, document, is_inert);
        tree::append(&into, &child);
        open_more(&from, &child, true, is_inert, &mut open);
    }
    copy
}

/// The shadow root of a host that has one to be cloned, and an empty one like it on the copy.
fn shadow_copy(host: &NodeRef, copy: &NodeRef) -> Option<(NodeRef, NodeRef)> {
    let root = shadow::root_at(host)?;
    let data = shadow::data(&root).filter(|data| data.init.is_clonable)?;
    let new = shadow::attach(copy, data.init, &data.queue)?;
    Some((root, new))
}

fn clone_shallow(node: &NodeRef, document: &NodeRef, is_inert: bool) -> NodeRef {
    match node.kind() {
        NodeKind::Document(data) => {
            let copy = super::document::DocumentData::new(data.content_type);
            copy.quirks.set(data.quirks.get());
            copy.url.borrow_mut().clone_from(&data.url.borrow());
            Node::document(copy)
        }
        NodeKind::Element(data) => {
            let attributes = data
                .with_attributes(|list| list.iter().map(|a| Attribute::new(a.name.clone(), a.value.clone())).collect());
            let copy = Node::element(document, data.name.clone(), attributes);
            copy.set_script_started(node.script_started());
            super::form::copy_control(node, &copy);
            custom::copied(node, &copy, is_inert);
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
        NodeKind::Fragment | NodeKind::Shadow(_) => Node::fragment(document),
        NodeKind::Attr(attr) => Node::attr(document, attr.name.clone(), super::text::attr_value(attr), None),
    }
}

/// Whether two subtrees are equal (DOM §4.4, isEqualNode).
#[must_use]
pub fn is_equal(a: &NodeRef, b: &NodeRef) -> bool {
    let mut open = vec![(a.clone(), b.clone())];
    while let Some((x, y)) = open.pop() {
        if !is_equal_alone(&x, &y) || tree::children(&x).count() != tree::children(&y).count() {
            return false;
        }
        open.extend(tree::children(&x).zip(tree::children(&y)));
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
