//! Slots, and what they are given ([DOM §4.2.2](https://dom.spec.whatwg.org/#shadow-tree-slots)).
//!
//! A slot that its host gains or loses a child for is told at once that it has changed; the lists are made when they are
//! asked for, so that a host of many children is not gone through at each of them. Where slots themselves come, go or are
//! renamed, all of their tree are given theirs anew.

use boa_gc::{Finalize, Trace};
use rustc_hash::FxHashMap;

use super::document::{SHADOWS, is_watched, mutated};
use super::node::{Node, NodeRef, same};
use super::observe::ObserverQueue;
use super::shadow::{self, ShadowData};
use super::tree;

/// What a slot has.
#[derive(Trace, Finalize, Default)]
pub struct Slot {
    assigned: Vec<NodeRef>,
    /// What `assign` gave it, in a tree whose slots are filled by hand.
    by_hand: Vec<NodeRef>,
}

fn is_slot(node: &Node) -> bool {
    node.is_html("slot")
}

/// Whether a node may be given to a slot: an element or text.
#[must_use]
pub fn is_slottable(node: &Node) -> bool {
    node.as_element().is_some() || node.is_text()
}

fn with_slot<R: Default>(slot: &Node, f: impl FnOnce(&mut Slot) -> R) -> R {
    slot.as_element().map(|data| data.with_extra(|extra| f(extra.slot.get_or_insert_default()))).unwrap_or_default()
}

fn peek_slot<R: Default>(slot: &Node, f: impl FnOnce(&Slot) -> R) -> R {
    slot.as_element().and_then(|data| data.peek_extra(|extra| extra.slot.as_ref().map(f))).unwrap_or_default()
}

fn text_of(node: &Node, attribute: &str) -> Box<str> {
    node.as_element().map_or_else(Box::default, |e| e.with_attr(attribute, |value| value.unwrap_or_default().into()))
}

/// The slots of a shadow root in tree order.
fn all(root: &NodeRef, data: &ShadowData) -> Vec<NodeRef> {
    if let Some(slots) = data.slots.borrow().as_ref() {
        return slots.clone();
    }
    let slots: Vec<NodeRef> = tree::descendants(root).filter(|node| is_slot(node)).collect();
    *data.slots.borrow_mut() = Some(slots.clone());
    slots
}

/// The slot of a shadow root that a child of its host goes to ("find a slot").
fn find(root: &NodeRef, data: &ShadowData, child: &Node) -> Option<NodeRef> {
    let slots = all(root, data);
    if data.init.is_manual {
        let is_given = |slot: &&NodeRef| {
            peek_slot(slot, |slot| slot.by_hand.iter().any(|one| std::ptr::eq(&raw const **one, child)))
        };
        return slots.iter().find(is_given).cloned();
    }
    let name = text_of(child, "slot");
    slots.into_iter().find(|slot| text_of(slot, "name") == name)
}

/// The slot that a node is given to, whatever its tree's mode.
#[must_use]
pub fn assigned_slot(node: &Node) -> Option<NodeRef> {
    if !is_watched(SHADOWS) || !is_slottable(node) {
        return None;
    }
    let root = shadow::root_at(&*node.parent()?)?;
    find(&root, shadow::data(&root)?, node)
}

/// What a slot is given; nothing outside of shadow trees.
#[must_use]
pub fn assigned(slot: &NodeRef) -> Vec<NodeRef> {
    if let Some(root) = shadow::containing(slot) {
        refresh(&root);
    }
    peek_slot(slot, |slot| slot.assigned.clone())
}

/// What a slot is given, with slots among it replaced by what they are given, or by their own children where that is
/// nothing ("find flattened slottables").
#[must_use]
pub fn flattened(slot: &NodeRef) -> Vec<NodeRef> {
    let (mut found, mut left) = (Vec::new(), vec![slot.clone()]);
    let mut is_first = true;
    while let Some(node) = left.pop() {
        let is_open = is_first || is_slot(&node);
        is_first = false;
        if !is_open || shadow::containing(&node).is_none() {
            if !same(&node, slot) {
                found.push(node);
            }
            continue;
        }
        let mut given = assigned(&node);
        if given.is_empty() {
            given = tree::children(&node).filter(|child| is_slottable(child)).collect();
        }
        left.extend(given.into_iter().rev());
    }
    found
}

fn signal(slot: &NodeRef, queue: &ObserverQueue) {
    queue.signal(slot);
}

/// Gives the slots of a root theirs, if children of the host came or went.
fn refresh(root: &NodeRef) {
    if let Some(data) = shadow::data(root)
        && data.is_stale.get()
    {
        assign_all(root, data, false);
    }
}

/// Brings the slots up to date that are told of a change.
pub fn settle(slot: &NodeRef) {
    if let Some(root) = shadow::containing(slot) {
        refresh(&root);
    }
}

/// Gives all slots of a tree theirs ("assign slottables for a tree"); those that get others are told, if anybody is.
fn assign_all(root: &NodeRef, data: &ShadowData, is_told: bool) {
    data.is_stale.set(false);
    let slots = all(root, data);
    let Some(host) = shadow::host(root) else { return };
    let mut given: Vec<Vec<NodeRef>> = vec![Vec::new(); slots.len()];
    if data.init.is_manual {
        for (slot, given) in slots.iter().zip(&mut given) {
            *given = peek_slot(slot, |slot| slot.by_hand.clone());
            given.retain(|node| node.parent().is_some_and(|parent| same(&parent, &host)));
        }
    } else {
        let mut by_name = FxHashMap::default();
        for (at, slot) in slots.iter().enumerate() {
            by_name.entry(text_of(slot, "name")).or_insert(at);
        }
        for child in tree::children(&host).filter(|child| is_slottable(child)) {
            if let Some(at) = by_name.get(&text_of(&child, "slot")) {
                given[*at].push(child);
            }
        }
    }
    for (slot, given) in slots.iter().zip(given) {
        put(slot, given, is_told.then_some(&*data.queue));
    }
}

fn put(slot: &NodeRef, given: Vec<NodeRef>, told: Option<&ObserverQueue>) {
    let is_other = with_slot(slot, |slot| {
        let is_same = slot.assigned.len() == given.len() && slot.assigned.iter().zip(&given).all(|(a, b)| same(a, b));
        slot.assigned = given;
        !is_same
    });
    if let Some(queue) = told.filter(|_| is_other) {
        signal(slot, queue);
    }
}

/// A child of a host came or went, or asks for another slot: the one it is or was in has changed.
fn child_changed(root: &NodeRef, child: &NodeRef) {
    let Some(data) = shadow::data(root) else { return };
    data.is_stale.set(true);
    if let Some(slot) = find(root, data, child) {
        signal(&slot, &data.queue);
    }
}

/// What a slot shows for want of anything given has changed.
fn fallback_changed(slot: &NodeRef, root: &NodeRef) {
    if is_slot(slot)
        && assigned(slot).is_empty()
        && let Some(data) = shadow::data(root)
    {
        signal(slot, &data.queue);
    }
}

fn slots_changed(root: &NodeRef) {
    if let Some(data) = shadow::data(root) {
        *data.slots.borrow_mut() = None;
        assign_all(root, data, true);
    }
}

fn has_slots(subtree: &NodeRef) -> bool {
    tree::inclusive_descendants(subtree).any(|node| is_slot(&node))
}

/// `child` has come into `parent`.
pub(super) fn inserted(parent: &NodeRef, child: &NodeRef) {
    if let Some(root) = shadow::root_at(parent)
        && is_slottable(child)
    {
        match shadow::data(&root) {
            // Nobody gives it to a slot anew, but one that it was given to before has it again.
            Some(data) if data.init.is_manual => data.is_stale.set(true),
            _ => child_changed(&root, child),
        }
    }
    let Some(root) = shadow::containing(parent) else { return };
    fallback_changed(parent, &root);
    if has_slots(child) {
        slots_changed(&root);
    }
}

/// `child` has left `parent`.
pub(super) fn removed(parent: &NodeRef, child: &NodeRef) {
    if let Some(root) = shadow::root_at(parent)
        && is_slottable(child)
    {
        child_changed(&root, child);
    }
    let Some(root) = shadow::containing(parent) else { return };
    fallback_changed(parent, &root);
    if has_slots(child) {
        slots_changed(&root);
        let Some(data) = shadow::data(&root) else { return };
        for slot in tree::inclusive_descendants(child).filter(|node| is_slot(node)) {
            put(&slot, Vec::new(), Some(&data.queue));
        }
    }
}

/// An attribute of an element changes from one value to another; called after it has.
pub(super) fn attribute_changed(element: &NodeRef, name: &str, old: Option<&str>, new: Option<&str>) {
    if old.unwrap_or_default() == new.unwrap_or_default() {
        return;
    }
    if name == "name" && is_slot(element) {
        if let Some(root) = shadow::containing(element) {
            slots_changed(&root);
        }
        return;
    }
    let Some(root) = element.parent().and_then(|parent| shadow::root_at(&parent)) else { return };
    let Some(data) = shadow::data(&root) else { return };
    if name != "slot" || data.init.is_manual {
        return;
    }
    data.is_stale.set(true);
    let wanted = [old, new].map(Option::unwrap_or_default);
    let slots = all(&root, data);
    for name in wanted {
        if let Some(slot) = slots.iter().find(|slot| *text_of(slot, "name") == *name) {
            signal(slot, &data.queue);
        }
    }
}

/// Gives a slot these nodes (`assign`); they leave other slots that `queue` knows of.
pub fn assign(slot: &NodeRef, nodes: Vec<NodeRef>, queue: &ObserverQueue) {
    let before = with_slot(slot, |slot| std::mem::take(&mut slot.by_hand));
    for node in before {
        queue.set_slot_by_hand(&node, None);
    }
    let mut own: Vec<NodeRef> = Vec::new();
    for node in nodes {
        if own.iter().any(|one| same(one, &node)) {
            continue;
        }
        if let Some(other) = queue.set_slot_by_hand(&node, Some(slot)).filter(|other| !same(other, slot)) {
            with_slot(&other, |slot| slot.by_hand.retain(|one| !same(one, &node)));
            if let Some(root) = shadow::containing(&other)
                && !shadow::containing(slot).is_some_and(|own| same(&own, &root))
                && let Some(data) = shadow::data(&root)
            {
                assign_all(&root, data, true);
            }
        }
        own.push(node);
    }
    with_slot(slot, |slot| slot.by_hand = own);
    mutated();
    if let Some(root) = shadow::containing(slot)
        && let Some(data) = shadow::data(&root)
    {
        assign_all(&root, data, true);
    }
}
