//! What is in a range, cloned, taken out or deleted (DOM §5.5).

use boa_gc::Gc;

use super::node::{Node, NodeKind, NodeRef, same};
use super::range::{Point, Range, common_ancestor, contains, index_of, length_of, set};
use super::tree::InsertError;
use super::{text, tree};

/// A copy of a node of character data with some of the data; `is_taken`: the original loses it.
fn part_of(node: &NodeRef, from: usize, to: usize, is_taken: bool) -> Option<NodeRef> {
    let document = tree::document_of(node)?;
    let copy = tree::clone(node, &document, false);
    let count = to.saturating_sub(from);
    text::set_node_value(&copy, &text::substring_data(node, from, count)?);
    if is_taken {
        text::replace_data(node, from, count, "")?;
    }
    Some(copy)
}

/// The child of `ancestor` that `node` is or is in; none where `node` is `ancestor` itself.
fn child_towards(ancestor: &NodeRef, node: &NodeRef) -> Option<NodeRef> {
    let is_child = |n: &NodeRef| n.parent().is_some_and(|parent| same(&parent, ancestor));
    std::iter::once(node.clone()).chain(tree::ancestors(node)).find(is_child)
}

/// Where a range that loses its content collapses to.
fn boundary_after(start: &Point, end: &Point) -> Point {
    if tree::is_inclusive_ancestor(&start.node, &end.node) {
        return start.clone();
    }
    let holds_end = |n: &NodeRef| n.parent().is_none_or(|parent| tree::is_inclusive_ancestor(&parent, &end.node));
    let reference = std::iter::once(start.node.clone()).chain(tree::ancestors(&start.node)).find(holds_end);
    reference.and_then(|reference| Point::after(&reference)).unwrap_or_else(|| start.clone())
}

/// A range's content in a fragment: taken out of the tree, or else copied.
///
/// # Errors
/// Where a document type is in it.
pub fn contents(range: &Gc<Range>, is_taken: bool) -> Result<NodeRef, InsertError> {
    let (start, end) = (range.start(), range.end());
    let document = tree::document_of(&start.node).ok_or(InsertError::Hierarchy)?;
    let fragment = Node::fragment(&document);
    if start.is(&end) {
        return Ok(fragment);
    }
    let after = boundary_after(&start, &end);
    let mut open = vec![(start, end, fragment.clone())];
    while let Some((start, end, target)) = open.pop() {
        level(&start, &end, &target, is_taken, &mut open)?;
    }
    if is_taken {
        set(range, after.clone(), after);
    }
    Ok(fragment)
}

/// One level of [`contents`]: what is wholly inside goes to `target`; what is so in part is copied without its content,
/// which is left for later. Not recursive: a page may nest as deep as it likes.
fn level(
    start: &Point,
    end: &Point,
    target: &NodeRef,
    is_taken: bool,
    open: &mut Vec<(Point, Point, NodeRef)>,
) -> Result<(), InsertError> {
    if start.is(end) {
        return Ok(());
    }
    if same(&start.node, &end.node) && start.node.character_data().is_some() {
        if let Some(part) = part_of(&start.node, start.offset, end.offset, is_taken) {
            tree::append(target, &part);
        }
        return Ok(());
    }
    let common = common_ancestor(start, end);
    let is_above = tree::is_inclusive_ancestor;
    let first = if is_above(&start.node, &end.node) { None } else { child_towards(&common, &start.node) };
    let last = if is_above(&end.node, &start.node) { None } else { child_towards(&common, &end.node) };
    let inside: Vec<NodeRef> = tree::children(&common).filter(|child| contains(start, end, child)).collect();
    if inside.iter().any(|node| matches!(node.kind(), NodeKind::Doctype(_))) {
        return Err(InsertError::Hierarchy);
    }
    let mut partly = |node: &NodeRef, is_first: bool| {
        let (from, to) = if is_first {
            (start.clone(), Point::new(node, length_of(node)))
        } else {
            (Point::new(node, 0), end.clone())
        };
        if node.character_data().is_some() {
            if let Some(part) = part_of(node, from.offset, to.offset, is_taken) {
                tree::append(target, &part);
            }
        } else if let Some(document) = tree::document_of(node) {
            let copy = tree::clone(node, &document, false);
            tree::append(target, &copy);
            open.push((from, to, copy));
        }
    };
    if let Some(first) = &first {
        partly(first, true);
    }
    for node in &inside {
        match tree::document_of(node).filter(|_| !is_taken) {
            Some(document) => tree::append(target, &tree::clone(node, &document, true)),
            None => tree::append(target, node),
        }
    }
    if let Some(last) = &last {
        partly(last, false);
    }
    Ok(())
}

/// Deletes what is in a range.
pub fn delete(range: &Gc<Range>) {
    let (start, end) = (range.start(), range.end());
    if start.is(&end) {
        return;
    }
    let is_data = |point: &Point| point.node.character_data().is_some();
    if same(&start.node, &end.node) && is_data(&start) {
        text::replace_data(&start.node, start.offset, end.offset - start.offset, "");
        return;
    }
    let after = boundary_after(&start, &end);
    let root = common_ancestor(&start, &end);
    let mut inside = Vec::new();
    let mut at = root.first_child();
    while let Some(node) = at {
        let is_inside = contains(&start, &end, &node);
        at = if is_inside { tree::next_skipping(&node, &root) } else { tree::next_in(&node, &root) };
        if is_inside {
            inside.push(node);
        }
    }
    if is_data(&start) {
        text::replace_data(&start.node, start.offset, usize::MAX, "");
    }
    for node in &inside {
        tree::remove(node);
    }
    if is_data(&end) {
        text::replace_data(&end.node, 0, end.offset, "");
    }
    set(range, after.clone(), after);
}

/// Whether a node other than text is in a range only in part: then it cannot be surrounded.
#[must_use]
pub fn cuts_elements(range: &Range) -> bool {
    let common = range.common_ancestor();
    let cuts = |from: NodeRef| {
        let chain = std::iter::once(from.clone()).chain(tree::ancestors(&from));
        chain.take_while(|n| !same(n, &common)).any(|n| !n.is_text())
    };
    cuts(range.start().node.clone()) || cuts(range.end().node.clone())
}

/// The nodes that are wholly in a range, without those in another such node.
#[must_use]
pub fn nodes_inside(range: &Range) -> Vec<NodeRef> {
    let root = range.common_ancestor();
    let mut inside = Vec::new();
    let mut at = Some(root.clone());
    while let Some(node) = at {
        let is_inside = range.contains(&node);
        at = if is_inside { tree::next_skipping(&node, &root) } else { tree::next_in(&node, &root) };
        if is_inside {
            inside.push(node);
        }
    }
    inside
}

/// Where a node goes that is inserted at a point: the parent, and the child before which (DOM, Range "insert" steps 2 to
/// 5).
#[must_use]
pub fn place_at(point: &Point) -> Option<(NodeRef, Option<NodeRef>)> {
    if point.node.is_text() {
        return point.node.parent().map(|parent| (parent, Some(point.node.clone())));
    }
    let child = tree::children(&point.node).nth(point.offset);
    Some((point.node.clone(), child))
}

/// The offset in `parent` after `count` nodes that went in before `before`.
#[must_use]
pub fn offset_after(parent: &NodeRef, before: Option<&NodeRef>, count: usize) -> usize {
    before.map_or_else(|| length_of(parent), index_of) + count
}
