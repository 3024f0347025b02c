//! A select's options and which of them are selected (HTML §4.10.7, §4.10.10).
//!
//! A select of one with one line always has a selected option, if it has one to select: whatever comes or goes, the
//! tree tells this module, which settles it (HTML, "selectedness setting algorithm").

use html5ever::local_name;

use super::document::mutated;
use super::form::{has_flag, is_disabled, peek, value, with_control};
use super::node::{Node, NodeRef, same};
use super::{text, tree};

/// The options of a select, those in its optgroups among them.
fn each(select: &Node) -> impl Iterator<Item = NodeRef> + use<> {
    let children = std::iter::successors(select.first_child(), |child| child.next_sibling());
    children.flat_map(|node| {
        let own = node.is_html("option").then(|| node.clone());
        let group = node.is_html("optgroup").then(|| tree::element_children(&node).filter(|o| o.is_html("option")));
        own.into_iter().chain(group.into_iter().flatten())
    })
}

/// The options of a select as a list.
#[must_use]
pub fn options(select: &Node) -> Vec<NodeRef> {
    each(select).collect()
}

/// The select an option belongs to.
#[must_use]
pub fn select_of(option: &Node) -> Option<NodeRef> {
    select_around(&option.parent()?)
}

/// The select whose options the children of `parent` may be.
fn select_around(parent: &NodeRef) -> Option<NodeRef> {
    let name = &parent.as_element()?.name.local;
    if *name == local_name!("select") {
        return parent.is_html("select").then(|| parent.clone());
    }
    let in_group = *name == local_name!("optgroup") && parent.is_html("optgroup");
    parent.parent().filter(|above| in_group && above.is_html("select"))
}

fn is_multiple(select: &Node) -> bool {
    has_flag(select, "multiple")
}

/// Whether an option is selected.
#[must_use]
pub fn selected(option: &Node) -> bool {
    peek(option, |c| c.selected).unwrap_or_else(|| has_flag(option, "selected"))
}

fn put(option: &Node, on: bool) {
    with_control(option, |c| c.selected = Some(on));
}

fn put_by_hand(option: &Node, on: bool) {
    with_control(option, |c| (c.selected, c.selected_dirty) = (Some(on), true));
}

fn set_settled(select: &Node, on: bool) {
    with_control(select, |c| c.settled = on);
}

/// The selected options, in order.
#[must_use]
pub fn selected_options(select: &Node) -> Vec<NodeRef> {
    each(select).filter(|option| selected(option)).collect()
}

/// The first selected option.
#[must_use]
pub fn first_selected(select: &Node) -> Option<NodeRef> {
    each(select).find(|option| selected(option))
}

/// In a select of one, keeps only the last selected option, or selects the first that is not disabled.
fn settle(select: &NodeRef) {
    if is_multiple(select) || peek(select, |c| Some(c.settled)).unwrap_or(false) {
        return;
    }
    match selected_options(select).pop() {
        Some(last) => {
            keep_only(select, &last);
            put(&last, true);
        }
        None => select_first(select),
    }
}

/// In a select of one with one line and nothing selected, selects the first option that is not disabled.
fn select_first(select: &NodeRef) {
    let size = select.as_element().and_then(|e| e.attr("size")).and_then(|size| size.trim().parse::<u32>().ok());
    if size.unwrap_or(1) > 1 {
        return;
    }
    if let Some(first) = each(select).find(|option| !is_disabled(option)) {
        put(&first, true);
        set_settled(select, true);
    }
}

fn keep_only(select: &NodeRef, option: &NodeRef) {
    for other in each(select).filter(|other| !same(other, option) && selected(other)) {
        put(&other, false);
    }
    set_settled(select, true);
}

fn options_in(node: &NodeRef) -> Vec<NodeRef> {
    match node.html_name() {
        "option" => vec![node.clone()],
        "optgroup" => tree::element_children(node).filter(|o| o.is_html("option")).collect(),
        _ => Vec::new(),
    }
}

/// `child` has come to `parent`: what is selected in it takes over.
pub(super) fn inserted(parent: &NodeRef, child: &NodeRef) {
    let Some(select) = select_around(parent).filter(|select| !is_multiple(select)) else { return };
    match options_in(child).into_iter().rfind(|option| selected(option)) {
        Some(option) => keep_only(&select, &option),
        None => settle(&select),
    }
}

/// `child` has gone from `parent`.
pub(super) fn removed(parent: &NodeRef, child: &NodeRef) {
    let Some(select) = select_around(parent).filter(|select| !is_multiple(select)) else { return };
    if !options_in(child).iter().any(|option| selected(option)) {
        return;
    }
    let was_settled = peek(&select, |c| Some(c.settled)).unwrap_or(false);
    set_settled(&select, false);
    if was_settled {
        // It was the only one.
        select_first(&select);
    } else {
        settle(&select);
    }
}

/// All children of `parent` have gone at once.
pub(super) fn emptied(parent: &NodeRef) {
    if let Some(select) = select_around(parent) {
        set_settled(&select, false);
        settle(&select);
    }
}

/// Selects the first option with this value, or none (`select.value`).
pub(super) fn set_value(select: &NodeRef, new: &str) {
    let index = each(select).position(|option| value(&option) == new);
    set_index(select, index);
}

/// Sets `selectedIndex`; a negative one selects nothing.
pub fn set_selected_index(select: &NodeRef, index: i32) {
    set_index(select, usize::try_from(index).ok());
    mutated();
}

fn set_index(select: &NodeRef, index: Option<usize>) {
    let mut found = false;
    for (at, option) in each(select).enumerate() {
        if index == Some(at) {
            put_by_hand(&option, true);
            found = true;
        } else {
            put(&option, false);
        }
    }
    set_settled(select, found);
}

/// Sets an option's selectedness (`option.selected`); in a select of one the others lose theirs.
pub fn set_selected(option: &NodeRef, on: bool) {
    put_by_hand(option, on);
    chosen(option, on);
    mutated();
}

/// Sets the selectedness of an option that nobody has touched (`new Option`).
pub fn set_initially_selected(option: &NodeRef, on: bool) {
    put(option, on);
}

fn chosen(option: &NodeRef, on: bool) {
    let Some(select) = select_of(option).filter(|select| !is_multiple(select)) else { return };
    if on {
        keep_only(&select, option);
    } else {
        set_settled(&select, false);
        settle(&select);
    }
}

/// Back to what the attributes say.
pub(super) fn reset(select: &NodeRef) {
    for option in each(select) {
        with_control(&option, |c| (c.selected, c.selected_dirty) = (None, false));
    }
    set_settled(select, false);
    settle(select);
}

pub(super) fn attribute_changed(element: &NodeRef, name: &str, old: Option<&str>, new: Option<&str>) {
    match name {
        "selected" if old.is_some() == new.is_some() => {}
        "selected" if element.is_html("option") && !peek(element, |c| Some(c.selected_dirty)).unwrap_or(false) => {
            put(element, new.is_some());
            chosen(element, new.is_some());
        }
        "multiple" | "size" if element.is_html("select") => {
            set_settled(element, false);
            settle(element);
        }
        _ => {}
    }
}

/// An option's label: its text without the scripts in it, white space collapsed.
#[must_use]
pub fn option_text(option: &Node) -> String {
    let mut out = String::new();
    let mut child = option.first_child();
    while let Some(one) = child {
        if !one.is_html("script") {
            out.push_str(&text::text_content(&one).unwrap_or_default());
        }
        child = one.next_sibling();
    }
    text::strip_and_collapse(&out)
}
