//! Groups of radio buttons (HTML §4.10.5.1.17): of a group one button at most is checked.
//!
//! A document knows its checked buttons by name, so that one more switches the one before off without a search. What it
//! knows is looked through when it is asked: a button may have left, be another's by now, or be checked no longer.

use super::form::{checked, has_flag, input_type, owner, with_control};
use super::node::{Node, NodeRef, same};
use super::{shadow, tree};

/// The name of a button's group, or none: it is alone.
fn group_name(button: &Node) -> Option<Box<str>> {
    let name = button.as_element()?.with_attr("name", |name| name.map(Box::<str>::from))?;
    Some(name).filter(|name| !name.is_empty())
}

fn is_radio(node: &Node) -> bool {
    node.is_html("input") && input_type(node) == "radio"
}

fn is_of_form(other: &NodeRef, button: &NodeRef, form: Option<&NodeRef>) -> bool {
    match (form, owner(other)) {
        (Some(a), Some(b)) => same(a, &b),
        (None, None) => !shadow::is_used() || same(&tree::root_of(button), &tree::root_of(other)),
        _ => false,
    }
}

/// Whether another button is checked and of the same group.
fn is_rival(other: &NodeRef, button: &NodeRef, name: &str, form: Option<&NodeRef>) -> bool {
    let is_checked = is_radio(other) && checked(other) && !same(other, button);
    is_checked && group_name(other).as_deref() == Some(name) && is_of_form(other, button, form)
}

/// The rivals of a button in a tree that is in no document, found by a search.
fn rivals_in_tree(button: &NodeRef, name: &str, form: Option<&NodeRef>) -> Vec<NodeRef> {
    let root = tree::root_of(button);
    tree::inclusive_descendants(&root).filter(|other| is_rival(other, button, name, form)).collect()
}

/// A button is checked now: the others of its group no longer are.
pub(super) fn switch_others_off(button: &NodeRef) {
    let Some(name) = group_name(button) else { return };
    let form = owner(button);
    let switch_off = |other: &NodeRef| with_control(other, |control| control.set_checkedness(false));
    if !button.is_connected() {
        for rival in rivals_in_tree(button, &name, form.as_ref()) {
            switch_off(&rival);
        }
        return;
    }
    let Some(document) = tree::document_of(button) else { return };
    let Some(data) = document.as_document() else { return };
    let mut known = data.checked_radios.borrow_mut().remove(&name).unwrap_or_default();
    known.retain(|other| {
        if is_rival(other, button, &name, form.as_ref()) {
            switch_off(other);
            return false;
        }
        is_radio(other) && checked(other) && !same(other, button)
    });
    known.push(button.clone());
    data.checked_radios.borrow_mut().insert(name, known);
}

/// A button leaves its document, or loses this name: nothing of it is kept.
pub(super) fn forget(button: &Node, name: &str) {
    let Some(document) = button.owner_document() else { return };
    let Some(data) = document.as_document() else { return };
    let mut groups = data.checked_radios.borrow_mut();
    if let Some(known) = groups.get_mut(name) {
        known.retain(|other| !std::ptr::eq(&raw const **other, button));
        if known.is_empty() {
            groups.remove(name);
        }
    }
}

/// Whether a button of the group of this one, itself too, is required.
#[must_use]
pub fn is_required(button: &NodeRef) -> bool {
    let Some(name) = group_name(button) else { return has_flag(button, "required") };
    let (root, form) = (tree::root_of(button), owner(button));
    tree::inclusive_descendants(&root)
        .filter(|other| is_radio(other) && has_flag(other, "required"))
        .any(|other| group_name(&other).as_deref() == Some(&*name) && is_of_form(&other, button, form.as_ref()))
}

/// The checked button of the group of this one.
#[must_use]
pub fn checked_of(button: &NodeRef) -> Option<NodeRef> {
    if checked(button) {
        return Some(button.clone());
    }
    let name = group_name(button)?;
    let form = owner(button);
    if !button.is_connected() {
        return rivals_in_tree(button, &name, form.as_ref()).pop();
    }
    let document = tree::document_of(button)?;
    let groups = document.as_document()?.checked_radios.borrow();
    groups
        .get(&name)?
        .iter()
        .find(|other| other.is_connected() && is_rival(other, button, &name, form.as_ref()))
        .cloned()
}
