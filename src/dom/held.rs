//! How often options of a select and rows of a table come and go, counted for the lists of them ([`super::listing`]): they
//! are its children, or those of a group or a section among them, and what happens elsewhere is nothing to the list.

use html5ever::{local_name, ns};

use super::document::{HELD_LISTS, is_watched, watch};
use super::form::with_control;
use super::node::{Node, NodeRef};
use super::tree;

/// How many members came to a select or a table or left it, and how often all of a parent's left at once; counted from
/// the first time that somebody asks.
#[must_use]
pub fn changes(holder: &Node) -> (u64, u64) {
    watch(HELD_LISTS);
    with_control(holder, |control| control.held_changes).unwrap_or_default()
}

/// The select or table that children of `parent` may be members of, and what its members are called.
fn holder_of(parent: &NodeRef) -> Option<(NodeRef, &'static str)> {
    let name = &parent.as_element().filter(|element| element.name.ns == ns!(html))?.name.local;
    let above = |holder: &str| parent.parent().filter(|above| above.is_html(holder));
    match *name {
        local_name!("select") => Some((parent.clone(), "option")),
        local_name!("table") => Some((parent.clone(), "tr")),
        local_name!("optgroup") => above("select").map(|select| (select, "option")),
        local_name!("tbody") | local_name!("thead") | local_name!("tfoot") => above("table").map(|table| (table, "tr")),
        _ => None,
    }
}

#[inline]
fn count(parent: &NodeRef, add: impl FnOnce(&mut (u64, u64), &str)) {
    if !is_watched(HELD_LISTS) {
        return;
    }
    let Some((holder, member)) = holder_of(parent) else { return };
    let Some(element) = holder.as_element() else { return };
    if let Some(control) = element.control.borrow_mut().as_mut() {
        add(&mut control.held_changes, member);
    }
}

/// `child` has come to `parent`, or has left it.
pub(super) fn moved(parent: &NodeRef, child: &NodeRef) {
    count(parent, |changes, member| {
        let inner = || tree::element_children(child).filter(|inner| inner.is_html(member)).count();
        changes.0 += if child.is_html(member) { 1 } else { inner() as u64 };
    });
}

/// All children of `parent` have left at once.
pub(super) fn emptied(parent: &NodeRef) {
    count(parent, |changes, _| changes.1 += 1);
}
