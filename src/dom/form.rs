//! Form controls: values, checkedness, options, owners (HTML §4.10).

use std::cell::RefCell;

use super::attributes;
use super::document::mutated;
use super::form_values::sanitize;
use super::node::{Node, NodeRef, get, same};
use super::radios::switch_others_off;
use super::{options, text, tree};

pub use super::form_entries::{Doing, Submitted, entry_list, is_submit_button};

/// What a control remembers beside its attributes.
#[derive(Debug, Default, Clone)]
pub struct Control {
    /// The value, once it no longer follows the attribute or the text (dirty value flag).
    value: Option<String>,
    /// Checkedness, where it is not what `checked` says.
    checked: Option<bool>,
    /// Checkedness no longer follows `checked` (dirty checkedness flag).
    checked_dirty: bool,
    /// `indeterminate`
    indeterminate: bool,
    /// An option's selectedness, where it is not what `selected` says.
    pub(super) selected: Option<bool>,
    /// An option's selectedness no longer follows `selected` (dirtiness).
    pub(super) selected_dirty: bool,
    /// A select of one: one of its options is known to be selected.
    pub(super) settled: bool,
    /// Changes of a select's options or a table's rows ([`super::held`]).
    pub(super) held_changes: (u64, u64),
    /// What `setCustomValidity` was told.
    pub custom_error: String,
    /// A person typed into it, and `change` did not tell so yet.
    typed: bool,
    /// A person was the last to change its value.
    is_edited: bool,
    /// Selection in a text control, in UTF-16 code units: start, end.
    pub selection: (usize, usize),
    /// Whether that selection runs backward.
    is_selection_backward: bool,
    /// A `selectionchange` event is on its way.
    is_selection_change_queued: bool,
}

impl Control {
    pub(super) fn set_checkedness(&mut self, on: bool) {
        self.checked = Some(on);
    }
}

pub(super) fn with_control<R>(node: &Node, f: impl FnOnce(&mut Control) -> R) -> Option<R> {
    let mut control = node.as_element()?.control.borrow_mut();
    Some(f(control.get_or_insert_default()))
}

pub(super) fn peek<R>(node: &Node, f: impl FnOnce(&Control) -> Option<R>) -> Option<R> {
    let control: &RefCell<Option<Box<Control>>> = &node.as_element()?.control;
    control.borrow().as_deref().and_then(f)
}

/// What a clone of an input or textarea takes over (HTML, their cloning steps).
pub(super) fn copy_control(from: &NodeRef, to: &NodeRef) {
    if !matches!(from.html_name(), "input" | "textarea") {
        return;
    }
    if let (Some(from), Some(to)) = (from.as_element(), to.as_element()) {
        let copy = from.control.borrow().clone();
        to.control.replace(
            copy.map(|control| Box::new(Control { typed: false, is_selection_change_queued: false, ..*control })),
        );
    }
}

/// Whether a content attribute is there.
#[must_use]
pub fn has_flag(node: &Node, attribute: &str) -> bool {
    node.as_element().is_some_and(|e| e.has_attr(attribute))
}

pub(super) fn attr(node: &Node, name: &str) -> Option<String> {
    node.as_element().and_then(|e| e.attr(name))
}

/// An input's type, lower case, `text` where it is unknown.
#[must_use]
pub fn input_type(node: &Node) -> &'static str {
    type_of(node, None)
}

/// The type that `written`, else the attribute, means.
fn type_of(node: &Node, written: Option<Option<&str>>) -> &'static str {
    const KNOWN: [&str; 22] = [
        "hidden",
        "text",
        "search",
        "tel",
        "url",
        "email",
        "password",
        "date",
        "month",
        "week",
        "time",
        "datetime-local",
        "number",
        "range",
        "color",
        "checkbox",
        "radio",
        "file",
        "submit",
        "image",
        "reset",
        "button",
    ];
    let known = |written: Option<&str>| {
        written.and_then(|v| KNOWN.iter().find(|k| k.eq_ignore_ascii_case(v))).copied().unwrap_or("text")
    };
    match (written, node.as_element()) {
        (Some(written), _) => known(written),
        (None, Some(element)) => element.with_attr("type", known),
        (None, None) => "text",
    }
}

/// A button's type: `submit`, `reset` or `button`.
#[must_use]
pub fn button_type(node: &Node) -> &'static str {
    match attr(node, "type").map(|t| t.to_ascii_lowercase()).as_deref() {
        Some("reset") => "reset",
        Some("button") => "button",
        _ => "submit",
    }
}

/// Whether the element is an input, select, textarea or button.
#[must_use]
pub fn is_labelable_input(node: &Node) -> bool {
    matches!(node.html_name(), "input" | "select" | "textarea")
}

/// Elements that `:enabled` and `:disabled` speak of.
#[must_use]
pub fn can_be_disabled(node: &Node) -> bool {
    matches!(node.html_name(), "button" | "input" | "select" | "textarea" | "optgroup" | "option" | "fieldset")
}

/// Whether a control is disabled, by itself or by a fieldset or optgroup above it.
#[must_use]
pub fn is_disabled(node: &Node) -> bool {
    if !can_be_disabled(node) {
        return false;
    }
    if has_flag(node, "disabled") {
        return true;
    }
    if node.html_name() == "option" {
        return node.parent().is_some_and(|p| p.is_html("optgroup") && has_flag(&p, "disabled"));
    }
    let mut child = None;
    let mut at = node.parent();
    while let Some(parent) = at {
        if parent.is_html("fieldset") && has_flag(&parent, "disabled") {
            let legend = tree::element_children(&parent).find(|c| c.is_html("legend"));
            let in_legend = matches!((&legend, &child), (Some(l), Some(c)) if same(l, c));
            if !in_legend {
                return true;
            }
        }
        at = parent.parent();
        child = Some(parent);
    }
    false
}

/// Whether a person could type into the element.
#[must_use]
pub fn is_read_write(node: &Node) -> bool {
    let writable = !has_flag(node, "readonly") && !is_disabled(node);
    match node.html_name() {
        "textarea" => writable,
        "input" => writable && has_text_value(node),
        _ => attr(node, "contenteditable").is_some_and(|v| !v.eq_ignore_ascii_case("false")),
    }
}

/// Inputs whose value mode is "value" (HTML §4.10.5.4): they have a value of their own.
fn has_text_value(node: &Node) -> bool {
    is_text_type(input_type(node))
}

/// Types whose text has a selection (HTML §4.10.5.1, "setRangeText applies").
#[must_use]
pub fn is_selectable(kind: &str) -> bool {
    matches!(kind, "text" | "search" | "url" | "tel" | "password")
}

fn is_text_type(kind: &str) -> bool {
    !matches!(kind, "hidden" | "submit" | "image" | "reset" | "button" | "checkbox" | "radio" | "file")
}

/// The value of an input, textarea, select, option or button.
#[must_use]
pub fn value(node: &Node) -> String {
    match node.html_name() {
        "input" => match input_type(node) {
            "checkbox" | "radio" => attr(node, "value").unwrap_or_else(|| "on".to_owned()),
            "file" => String::new(),
            _ if has_text_value(node) => peek(node, |c| c.value.clone())
                .unwrap_or_else(|| sanitize(node, &attr(node, "value").unwrap_or_default())),
            _ => attr(node, "value").unwrap_or_default(),
        },
        "textarea" => line_ends(peek(node, |c| c.value.clone()).unwrap_or_else(|| raw_text(node))),
        "option" => attr(node, "value").unwrap_or_else(|| options::option_text(node)),
        "select" => options::first_selected(node).map(|option| value(&option)).unwrap_or_default(),
        _ => attr(node, "value").unwrap_or_default(),
    }
}

/// The lines of a text, each ended by `\n`.
fn line_ends(text: String) -> String {
    if text.contains('\r') { text.replace("\r\n", "\n").replace('\r', "\n") } else { text }
}

fn raw_text(node: &Node) -> String {
    let mut out = String::new();
    let mut child = node.first_child();
    while let Some(one) = child {
        if let Some(data) = one.character_data().filter(|_| one.is_text()) {
            out.push_str(&data.borrow());
        }
        child = one.next_sibling();
    }
    out
}

/// Sets the value (the IDL attribute): a select picks the option with it.
pub fn set_value(node: &NodeRef, new: &str) {
    match node.html_name() {
        "input" if has_text_value(node) => {
            let new = sanitize(node, new);
            keep(node, value(node) != new, new);
        }
        "textarea" => keep(node, value(node) != line_ends(new.to_owned()), new.to_owned()),
        "select" => options::set_value(node, new),
        "input" if input_type(node) == "file" => {}
        _ => attributes::set(node, "value", new),
    }
    mutated();
}

/// Keeps the value of a text control; the cursor goes to the end of one that is new.
fn keep(node: &Node, is_new: bool, value: String) {
    let end = text::utf16_len(&value);
    with_control(node, |c| {
        c.value = Some(value);
        (c.typed, c.is_edited) = (false, false);
        if is_new {
            c.selection = (end, end);
        }
    });
}

/// A person typed into a control.
pub fn note_typed(node: &Node) {
    with_control(node, |c| (c.typed, c.is_edited) = (true, true));
}

/// Whether a person was the last to change its value.
#[must_use]
pub fn is_edited(node: &Node) -> bool {
    peek(node, |c| Some(c.is_edited)).unwrap_or(false)
}

/// Whether a person typed into a control since the last call.
pub fn take_typed(node: &Node) -> bool {
    let is_typed = peek(node, |c| Some(c.typed)).unwrap_or(false);
    is_typed && with_control(node, |c| std::mem::take(&mut c.typed)).unwrap_or(false)
}

/// The default value of a textarea or input (`defaultValue`).
#[must_use]
pub fn default_value(node: &Node) -> String {
    if node.html_name() == "textarea" { raw_text(node) } else { attr(node, "value").unwrap_or_default() }
}

/// Runs `f` on a text control's selection.
pub fn selection<R: Default>(node: &NodeRef, f: impl FnOnce(&mut (usize, usize)) -> R) -> R {
    with_control(node, |c| f(&mut c.selection)).unwrap_or_default()
}

/// Whether a text control's selection runs backward.
#[must_use]
pub fn is_selection_backward(node: &Node) -> bool {
    peek(node, |c| Some(c.is_selection_backward)).unwrap_or(false)
}

/// Sets it, and answers with what it was.
pub fn set_selection_backward(node: &Node, on: bool) -> bool {
    with_control(node, |c| std::mem::replace(&mut c.is_selection_backward, on)).unwrap_or(false)
}

/// Whether a `selectionchange` event is on its way from now on; answers whether one was.
pub fn set_selection_change_queued(node: &Node, on: bool) -> bool {
    with_control(node, |c| std::mem::replace(&mut c.is_selection_change_queued, on)).unwrap_or(false)
}

/// An input's checkedness.
#[must_use]
pub fn checked(node: &Node) -> bool {
    peek(node, |c| c.checked).unwrap_or_else(|| has_flag(node, "checked"))
}

/// Sets checkedness; a radio button switches off the others of its group.
pub fn set_checked(node: &NodeRef, on: bool) {
    with_control(node, |c| {
        c.checked = Some(on);
        c.checked_dirty = true;
    });
    if on && input_type(node) == "radio" {
        switch_others_off(node);
    }
    mutated();
}

/// A node came into a document: of the checked buttons of a group, the one that came last stays checked.
pub(super) fn connected(node: &NodeRef) {
    if node.is_html("input") && input_type(node) == "radio" && checked(node) {
        switch_others_off(node);
    }
}

/// `indeterminate`
#[must_use]
pub fn is_indeterminate(node: &Node) -> bool {
    peek(node, |c| Some(c.indeterminate)).unwrap_or(false)
}

/// Sets `indeterminate`.
pub fn set_indeterminate(node: &NodeRef, on: bool) {
    with_control(node, |c| c.indeterminate = on);
    mutated();
}

/// What `setCustomValidity` was told.
pub fn custom_error<R: Default>(node: &NodeRef, f: impl FnOnce(&mut String) -> R) -> R {
    with_control(node, |c| f(&mut c.custom_error)).unwrap_or_default()
}

/// `:checked`: a checked box or button, a selected option.
#[must_use]
pub fn is_checked_or_selected(node: &Node) -> bool {
    match node.html_name() {
        "input" => matches!(input_type(node), "checkbox" | "radio") && checked(node),
        "option" => options::selected(node),
        _ => false,
    }
}

/// The form a control belongs to: by its `form` attribute, by the parser, or the nearest around it.
#[must_use]
pub fn owner(control: &NodeRef) -> Option<NodeRef> {
    let data = control.as_element()?;
    if let Some(id) = data.attr("form").filter(|_| control.is_connected()) {
        return tree::element_by_id(&tree::root_in_document(control)?, &id).filter(|f| f.is_html("form"));
    }
    tree::ancestors(control)
        .find(|a| a.is_html("form"))
        .or_else(|| get(&data.parser_form).filter(|form| same(&tree::root_of(form), &tree::root_of(control))))
}

/// Whether an element is of a kind that `form.elements` lists.
pub(super) fn is_listed(node: &Node) -> bool {
    match node.html_name() {
        "button" | "fieldset" | "object" | "output" | "select" | "textarea" => true,
        "input" => input_type(node) != "image",
        _ => false,
    }
}

/// Whether `form.elements` lists an element.
#[must_use]
pub fn is_control_of(node: &NodeRef, form: &NodeRef) -> bool {
    is_listed(node) && owner(node).is_some_and(|owner| same(&owner, form))
}

/// The controls of a form that `form.elements` lists, in tree order.
#[must_use]
pub fn elements(form: &NodeRef) -> Vec<NodeRef> {
    tree::descendants(&tree::root_of(form)).filter(|n| is_control_of(n, form)).collect()
}

/// Whether an element has this as its name or id.
#[must_use]
pub fn is_named(node: &Node, name: &str) -> bool {
    let has = |element: &super::node::ElementData, attribute| element.with_attr(attribute, |value| value == Some(name));
    !name.is_empty() && node.as_element().is_some_and(|element| has(element, "id") || has(element, "name"))
}

/// Puts every control back to its default (HTML §4.10.22.5).
pub fn reset(form: &NodeRef) {
    for control in elements(form) {
        if control.is_html("select") {
            options::reset(&control);
        } else {
            with_control(&control, |c| {
                *c = Control { custom_error: std::mem::take(&mut c.custom_error), ..Control::default() }
            });
            connected(&control);
        }
    }
    mutated();
}

pub(super) fn attribute_changed(element: &NodeRef, name: &str, old: Option<&str>, new: Option<&str>) {
    match element.html_name() {
        "option" | "select" => options::attribute_changed(element, name, old, new),
        "input" if name == "checked" && old.is_some() == new.is_some() => {}
        "input" if name == "checked" && !peek(element, |c| Some(c.checked_dirty)).unwrap_or(false) => {
            with_control(element, |c| c.checked = Some(new.is_some()));
            if new.is_some() && input_type(element) == "radio" {
                switch_others_off(element);
            }
        }
        "input" if name == "type" => type_changed(element, type_of(element, Some(old))),
        "input" if name == "name" => {
            if let Some(old) = old {
                super::radios::forget(element, old);
            }
            connected(element);
        }
        _ => {}
    }
}

/// The value goes over to another way of keeping it (HTML §4.10.5, "when an input element's type attribute changes").
fn type_changed(input: &NodeRef, old: &str) {
    let new = input_type(input);
    let typed = peek(input, |c| c.value.clone());
    match (is_text_type(old), is_text_type(new)) {
        (true, false) if new != "file" => {
            if let Some(typed) = typed.filter(|typed| !typed.is_empty()) {
                attributes::set(input, "value", &typed);
            }
        }
        (false, true) => {
            with_control(input, |c| c.value = None);
        }
        (true, true) => {
            if let Some(typed) = typed {
                let value = sanitize(input, &typed);
                with_control(input, |c| c.value = Some(value));
            }
        }
        _ => {}
    }
    // Where there was no selection the cursor starts at the beginning.
    if is_selectable(new) && !is_selectable(old) {
        with_control(input, |c| c.selection = (0, 0));
    }
    if new == "radio" {
        connected(input);
    }
}
