//! Live ranges (DOM §5): boundaries that follow the changes of the tree.
//!
//! A document knows its ranges weakly; where no range was ever made, a change costs one look at a flag.

use std::cell::Cell;
use std::cmp::Ordering;

use boa_gc::{Finalize, Gc, GcRefCell, Trace, WeakGc};

use super::document::{RANGES, is_watched, watch};
use super::node::{NodeKind, NodeRef, same};
use super::{text, tree};

/// A boundary point.
#[derive(Trace, Finalize, Clone)]
pub struct Point {
    /// Its node.
    pub node: NodeRef,
    /// Its offset: children of the node, or UTF-16 code units of its data.
    #[unsafe_ignore_trace]
    pub offset: usize,
}

impl Point {
    /// A boundary point.
    #[must_use]
    pub fn new(node: &NodeRef, offset: usize) -> Self {
        Self { node: node.clone(), offset }
    }

    /// Before a node that has a parent.
    #[must_use]
    pub fn before(node: &NodeRef) -> Option<Self> {
        node.parent().map(|parent| Self::new(&parent, index_of(node)))
    }

    /// After a node that has a parent.
    #[must_use]
    pub fn after(node: &NodeRef) -> Option<Self> {
        node.parent().map(|parent| Self::new(&parent, index_of(node) + 1))
    }

    /// Whether both are the same place.
    #[must_use]
    pub fn is(&self, other: &Self) -> bool {
        same(&self.node, &other.node) && self.offset == other.offset
    }

    /// Where this one is, seen from the other; both are of one tree (DOM §5.3, "position").
    #[must_use]
    pub fn compare(&self, other: &Self) -> Ordering {
        if same(&self.node, &other.node) {
            return self.offset.cmp(&other.offset);
        }
        if tree::is_before(&other.node, &self.node) {
            return other.compare(self).reverse();
        }
        if tree::is_inclusive_ancestor(&self.node, &other.node) {
            let above = |n: &NodeRef| n.parent().is_some_and(|parent| same(&parent, &self.node));
            let child = std::iter::once(other.node.clone()).chain(tree::ancestors(&other.node)).find(above);
            if child.is_some_and(|child| index_of(&child) < self.offset) {
                return Ordering::Greater;
            }
        }
        Ordering::Less
    }
}

/// The child of a parent whose index was asked for last, by serial numbers, and how many siblings were before it while the
/// children had changed so often.
#[derive(Clone, Copy)]
struct Counted {
    parent: u64,
    changes: (u32, u32),
    child: u64,
    index: usize,
}

/// Indices from which on one is remembered.
const COUNTED_FROM: usize = 16;
/// Parents remembered, by their serial numbers: who compares places asks of several by turns.
const COUNTED_PARENTS: usize = 16;

thread_local!(static COUNTED: [Cell<Option<Counted>>; COUNTED_PARENTS] = const { [const { Cell::new(None) }; COUNTED_PARENTS] });

fn counted<R>(parent: u64, f: impl FnOnce(&Cell<Option<Counted>>) -> R) -> R {
    #[expect(clippy::cast_possible_truncation, reason = "the low bits choose")]
    COUNTED.with(|all| f(&all[parent as usize % COUNTED_PARENTS]))
}

/// How many siblings are before a node: counted from the one that was asked for last, where that stands before it or just
/// behind.
#[must_use]
pub fn index_of(node: &NodeRef) -> usize {
    let Some(parent) = node.parent() else { return 0 };
    let (owner, changes) = (parent.serial(), parent.child_changes());
    let last = counted(owner, Cell::get).filter(|last| last.parent == owner && last.changes == changes);
    let is_last = |sibling: &NodeRef| last.filter(|last| last.child == sibling.serial());
    let behind = node.next_sibling().as_ref().and_then(is_last).map(|last| last.index - 1);
    let index = behind.unwrap_or_else(|| {
        let (mut before, mut sibling) = (0, Some(node.clone()));
        while let Some(at) = sibling {
            if let Some(last) = is_last(&at) {
                return last.index + before;
            }
            sibling = at.previous_sibling();
            before += usize::from(sibling.is_some());
        }
        before
    });
    let is_far = index >= COUNTED_FROM;
    counted(owner, |cell| {
        // What is soon counted does not push out what is not.
        if is_far || cell.get().is_some_and(|last| last.parent == owner) {
            cell.set(Some(Counted { parent: owner, changes, child: node.serial(), index }));
        }
    });
    index
}

/// A node's length: children, or UTF-16 code units of its data (DOM §4.2).
#[must_use]
pub fn length_of(node: &NodeRef) -> usize {
    match (node.kind(), node.character_data()) {
        (NodeKind::Doctype(_) | NodeKind::Attr(_), _) => 0,
        (_, Some(data)) => text::utf16_len(&data.borrow()),
        _ => tree::children(node).count(),
    }
}

/// A live range.
#[derive(Trace, Finalize)]
pub struct Range {
    start: GcRefCell<Point>,
    end: GcRefCell<Point>,
}

impl Range {
    /// A range, which its document keeps right as long as somebody holds it.
    #[must_use]
    pub fn new(start: Point, end: Point) -> Gc<Self> {
        let range = Gc::new(Self { start: GcRefCell::new(start), end: GcRefCell::new(end) });
        watch(RANGES);
        register(&range, false);
        range
    }

    /// The start.
    #[must_use]
    pub fn start(&self) -> Point {
        self.start.borrow().clone()
    }

    /// The end.
    #[must_use]
    pub fn end(&self) -> Point {
        self.end.borrow().clone()
    }

    /// Whether it is empty.
    #[must_use]
    pub fn is_collapsed(&self) -> bool {
        self.start.borrow().is(&self.end.borrow())
    }

    /// The root of the tree it is in.
    #[must_use]
    pub fn root(&self) -> NodeRef {
        tree::root_of(&self.start.borrow().node)
    }

    /// The innermost node that both boundaries are in.
    #[must_use]
    pub fn common_ancestor(&self) -> NodeRef {
        common_ancestor(&self.start.borrow(), &self.end.borrow())
    }

    /// Whether a node is wholly inside.
    #[must_use]
    pub fn contains(&self, node: &NodeRef) -> bool {
        contains(&self.start.borrow(), &self.end.borrow(), node)
    }
}

/// The innermost node that both points are in; they are of one tree.
#[must_use]
pub fn common_ancestor(start: &Point, end: &Point) -> NodeRef {
    let holds = |node: &NodeRef| tree::is_inclusive_ancestor(node, &end.node);
    let mut up = std::iter::successors(Some(start.node.clone()), |n| n.parent());
    up.find(holds).unwrap_or_else(|| end.node.clone())
}

/// Whether a node is wholly between two points (DOM §5.3, "contained").
#[must_use]
pub fn contains(start: &Point, end: &Point, node: &NodeRef) -> bool {
    same(&tree::root_of(node), &tree::root_of(&start.node))
        && Point::new(node, 0).compare(start) == Ordering::Greater
        && Point::new(node, length_of(node)).compare(end) == Ordering::Less
}

/// Sets the start; the end follows where it would be before it or in another tree (DOM §5.5, "set the start").
pub fn set_start(range: &Gc<Range>, point: Point) {
    let is_apart = !same(&tree::root_of(&point.node), &range.root());
    if is_apart || point.compare(&range.end()) == Ordering::Greater {
        *range.end.borrow_mut() = point.clone();
    }
    *range.start.borrow_mut() = point;
    if is_apart {
        register(range, true);
    }
}

/// Sets the end; the start follows where it would be after it or in another tree.
pub fn set_end(range: &Gc<Range>, point: Point) {
    let is_apart = !same(&tree::root_of(&point.node), &range.root());
    if is_apart || point.compare(&range.start()) == Ordering::Less {
        *range.start.borrow_mut() = point.clone();
    }
    *range.end.borrow_mut() = point;
    if is_apart {
        register(range, true);
    }
}

/// Sets both boundaries.
pub fn set(range: &Gc<Range>, start: Point, end: Point) {
    set_start(range, start);
    set_end(range, end);
}

/// The document of the range's tree knows it from now on.
fn register(range: &Gc<Range>, may_be_known: bool) {
    let Some(document) = tree::document_of(&range.start.borrow().node) else { return };
    let Some(data) = document.as_document() else { return };
    let mut list = data.ranges.borrow_mut();
    if may_be_known && list.iter().filter_map(WeakGc::upgrade).any(|other| Gc::ptr_eq(&other, range)) {
        return;
    }
    if list.len() == list.capacity() {
        list.retain(WeakGc::is_upgradable);
    }
    list.push(WeakGc::new(range));
}

/// Changes every boundary of the ranges in the document of `node`.
fn update(node: &NodeRef, change: impl Fn(&mut Point)) {
    if !is_watched(RANGES) {
        return;
    }
    let Some(document) = tree::document_of(node) else { return };
    let Some(data) = document.as_document() else { return };
    for range in data.ranges.borrow().iter().filter_map(WeakGc::upgrade) {
        change(&mut range.start.borrow_mut());
        change(&mut range.end.borrow_mut());
    }
}

/// A subtree has gone to another document: so have the ranges in it.
pub(super) fn adopted(subtree: &NodeRef, from: &NodeRef) {
    let Some(data) = from.as_document().filter(|_| is_watched(RANGES)) else { return };
    let all: Vec<Gc<Range>> = data.ranges.borrow().iter().filter_map(WeakGc::upgrade).collect();
    for range in all.iter().filter(|range| tree::is_inclusive_ancestor(subtree, &range.start.borrow().node)) {
        register(range, true);
    }
}

/// `child` has come into `parent` (DOM "insert", step 5).
pub(super) fn inserted(parent: &NodeRef, child: &NodeRef) {
    if child.next_sibling().is_none() {
        return;
    }
    update(parent, |point| {
        if same(&point.node, parent) && point.offset > index_of(child) {
            point.offset += 1;
        }
    });
}

/// `node` is about to leave `parent` (DOM "remove", "live range pre-remove steps").
pub(super) fn removing(node: &NodeRef, parent: &NodeRef) {
    update(parent, |point| {
        if same(&point.node, parent) {
            if point.offset > 0 && point.offset > index_of(node) {
                point.offset -= 1;
            }
        } else if tree::is_inclusive_ancestor(node, &point.node) {
            *point = Point::new(parent, index_of(node));
        }
    });
}

/// `count` code units from `offset` are about to become `added` ones (DOM §4.10, "replace data").
pub(super) fn replaced(node: &NodeRef, offset: usize, count: usize, added: usize) {
    update(node, |point| {
        if !same(&point.node, node) || point.offset <= offset {
            return;
        }
        let end = offset.saturating_add(count);
        point.offset = if point.offset <= end { offset } else { point.offset + added - count };
    });
}

/// What was after `offset` in `node` is in `second` now, its new sibling (DOM §4.11, "split a Text node").
pub(super) fn split(node: &NodeRef, offset: usize, second: &NodeRef, parent: &NodeRef) {
    update(node, |point| {
        if same(&point.node, node) && point.offset > offset {
            *point = Point::new(second, point.offset - offset);
        } else if same(&point.node, parent) && point.offset == index_of(second) {
            point.offset += 1;
        }
    });
}

/// What `next` held stands at `length` of `text` now, and `next` will go (DOM §4.4, normalize).
pub(super) fn joined(text: &NodeRef, length: usize, next: &NodeRef) {
    let parent = next.parent();
    update(text, |point| {
        if same(&point.node, next) {
            *point = Point::new(text, point.offset + length);
        } else if parent.as_ref().is_some_and(|parent| same(parent, &point.node)) && point.offset == index_of(next) {
            *point = Point::new(text, length);
        }
    });
}

/// The text inside (the range's stringifier).
#[must_use]
pub fn to_text(range: &Range) -> String {
    let (start, end) = (range.start(), range.end());
    let data = |node: &NodeRef, from: usize, to: usize| {
        let is_text = node.is_text();
        is_text.then(|| text::substring_data(node, from, to.saturating_sub(from))).flatten().unwrap_or_default()
    };
    if same(&start.node, &end.node) && start.node.is_text() {
        return data(&start.node, start.offset, end.offset);
    }
    let mut out = data(&start.node, start.offset, usize::MAX);
    let root = range.common_ancestor();
    for node in tree::inclusive_descendants(&root).filter(|node| node.is_text() && range.contains(node)) {
        out.push_str(&data(&node, 0, usize::MAX));
    }
    out.push_str(&data(&end.node, 0, end.offset));
    out
}
