//! Where a NodeIterator stands (DOM §6.1), kept right while nodes are removed.

use std::cell::Cell;

use boa_gc::{Finalize, Gc, GcRefCell, Trace, WeakGc};

use super::document::{ITERATORS, is_watched, watch};
use super::node::NodeRef;
use super::tree;

/// A place in a tree: at, before or after a node.
#[derive(Trace, Finalize)]
pub struct Cursor {
    /// Where the iteration began; it never leaves this tree.
    pub root: NodeRef,
    reference: GcRefCell<NodeRef>,
    #[unsafe_ignore_trace]
    is_before: Cell<bool>,
}

impl Cursor {
    /// A cursor before `root`, which the document keeps right as long as somebody holds it.
    #[must_use]
    pub fn new(root: &NodeRef) -> Gc<Self> {
        let reference = GcRefCell::new(root.clone());
        let cursor = Gc::new(Self { root: root.clone(), reference, is_before: Cell::new(true) });
        watch(ITERATORS);
        if let Some(document) = tree::document_of(root)
            && let Some(data) = document.as_document()
        {
            let mut list = data.iterators.borrow_mut();
            if list.len() == list.capacity() {
                list.retain(WeakGc::is_upgradable);
            }
            list.push(WeakGc::new(&cursor));
        }
        cursor
    }

    /// The reference node.
    #[must_use]
    pub fn reference(&self) -> NodeRef {
        self.reference.borrow().clone()
    }

    /// Whether the place is before the reference node, or after it.
    #[must_use]
    pub fn is_before(&self) -> bool {
        self.is_before.get()
    }

    /// Goes somewhere else.
    pub fn set(&self, reference: NodeRef, is_before: bool) {
        *self.reference.borrow_mut() = reference;
        self.is_before.set(is_before);
    }

    /// The pre-removing steps (DOM §6.1).
    fn removing(&self, node: &NodeRef) {
        if !tree::is_inclusive_ancestor(node, &self.reference()) || tree::is_inclusive_ancestor(node, &self.root) {
            return;
        }
        if self.is_before() {
            match tree::next_skipping(node, &self.root) {
                Some(next) => return self.set(next, true),
                None => self.is_before.set(false),
            }
        }
        let last_before = |sibling: NodeRef| {
            std::iter::successors(Some(sibling.clone()), |n| n.last_child()).last().unwrap_or(sibling)
        };
        if let Some(previous) = node.previous_sibling().map(last_before).or_else(|| node.parent()) {
            self.set(previous, false);
        }
    }
}

/// The node before this one in tree order, inside `root`.
#[must_use]
pub fn previous_in(node: &NodeRef, root: &NodeRef) -> Option<NodeRef> {
    if super::node::same(node, root) {
        return None;
    }
    match node.previous_sibling() {
        Some(sibling) => std::iter::successors(Some(sibling), |n| n.last_child()).last(),
        None => node.parent(),
    }
}

/// `node` is about to be removed.
pub(super) fn removing(node: &NodeRef) {
    if !is_watched(ITERATORS) {
        return;
    }
    let Some(document) = tree::document_of(node) else { return };
    let Some(data) = document.as_document() else { return };
    for cursor in data.iterators.borrow().iter().filter_map(WeakGc::upgrade) {
        cursor.removing(node);
    }
}
