//! Form controls: values, checkedness, options, owners, the entry list (HTML §4.10).

use std::cell::{Cell, RefCell};

use super::attributes;
use super::document::mutated;
use super::node::{Node, NodeRef, get, same};
use super::{text, tree};

/// What a control remembers beside its attributes.
#[derive(Debug, Default, Clone)]
pub struct Control {
    /// The value, once it no longer follows the attribute or the text (dirty value flag).
    value: Option<String>,
    /// Checkedness, once it no longer follows `checked`.
    checked: Option<bool>,
    /// An option's selectedness, once it no longer follows `selected`.
    selected: Option<bool>,
    /// Selection in a text control, in UTF-16 code units: start, end.
    pub selection: (usize, usize),
}

thread_local! {
    static FOCUSED: Cell<*const Node> = const { Cell::new(std::ptr::null()) };
}

/// Tells the selector `:focus` which element has the focus.
pub fn set_focused(node: Option<&NodeRef>) {
    FOCUSED.set(node.map_or(std::ptr::null(), |node| &raw const **node));
}

/// Whether this element has the focus.
#[must_use]
pub fn is_focused(node: &Node) -> bool {
    std::ptr::eq(FOCUSED.get(), node)
}

fn with_control<R>(node: &Node, f: impl FnOnce(&mut Control) -> R) -> Option<R> {
    let mut control = node.as_element()?.control.borrow_mut();
    Some(f(control.get_or_insert_default()))
}

fn peek<R>(node: &Node, f: impl FnOnce(&Control) -> Option<R>) -> Option<R> {
    let control: &RefCell<Option<Box<Control>>> = &node.as_element()?.control;
    control.borrow().as_deref().and_then(f)
}

pub(super) fn copy_control(from: &NodeRef, to: &NodeRef) {
    if let (Some(from), Some(to)) = (from.as_element(), to.as_element()) {
        to.control.replace(from.control.borrow().clone());
    }
}

/// Whether a content attribute is there.
#[must_use]
pub fn has_flag(node: &Node, attribute: &str) -> bool {
    node.as_element().is_some_and(|e| e.has_attr(attribute))
}

fn attr(node: &Node, name: &str) -> Option<String> {
    node.as_element().and_then(|e| e.attr(name))
}

/// An input's type, lower case, `text` where it is unknown.
#[must_use]
pub fn input_type(node: &Node) -> &'static str {
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
    let Some(element) = node.as_element() else { return "text" };
    element.with_attr("type", |value| {
        value.and_then(|v| KNOWN.iter().find(|k| k.eq_ignore_ascii_case(v))).copied().unwrap_or("text")
    })
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
    !matches!(input_type(node), "hidden" | "submit" | "image" | "reset" | "button" | "checkbox" | "radio" | "file")
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
        "textarea" => peek(node, |c| c.value.clone()).unwrap_or_else(|| raw_text(node)).replace("\r\n", "\n"),
        "option" => attr(node, "value").unwrap_or_else(|| option_text(node)),
        "select" => selected_options(node).first().map(|o| value(o)).unwrap_or_default(),
        _ => attr(node, "value").unwrap_or_default(),
    }
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

fn sanitize(node: &Node, value: &str) -> String {
    let one_line: String = value.chars().filter(|c| !matches!(c, '\n' | '\r')).collect();
    match input_type(node) {
        "url" | "email" => one_line.trim_ascii().to_owned(),
        "number" if one_line.parse::<f64>().is_err() => String::new(),
        _ => one_line,
    }
}

/// Sets the value (the IDL attribute): a select picks the option with it.
pub fn set_value(node: &NodeRef, new: &str) {
    match node.html_name() {
        "input" if has_text_value(node) => {
            let new = sanitize(node, new);
            let end = text::utf16_len(&new);
            with_control(node, |c| {
                c.value = Some(new);
                c.selection = (end, end);
            });
        }
        "textarea" => {
            let end = text::utf16_len(new);
            with_control(node, |c| {
                c.value = Some(new.to_owned());
                c.selection = (end, end);
            });
        }
        "select" => {
            let mut found = false;
            for option in options(node) {
                let on = !found && value(&option) == new;
                found |= on;
                with_control(&option, |c| c.selected = Some(on));
            }
        }
        "input" if input_type(node) == "file" => {}
        _ => attributes::set(node, "value", new),
    }
    mutated();
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

/// An input's checkedness.
#[must_use]
pub fn checked(node: &Node) -> bool {
    peek(node, |c| c.checked).unwrap_or_else(|| has_flag(node, "checked"))
}

/// Sets checkedness; a radio button switches off the others of its group.
pub fn set_checked(node: &NodeRef, on: bool) {
    with_control(node, |c| c.checked = Some(on));
    if on && input_type(node) == "radio" {
        for other in radio_group(node).into_iter().filter(|other| !same(other, node)) {
            with_control(&other, |c| c.checked = Some(false));
        }
    }
    mutated();
}

/// The radio buttons of the same name and form, this one among them.
#[must_use]
pub fn radio_group(node: &NodeRef) -> Vec<NodeRef> {
    let name = attr(node, "name").unwrap_or_default();
    if name.is_empty() {
        return vec![node.clone()];
    }
    let form = owner(node);
    tree::inclusive_descendants(&tree::root_of(node))
        .filter(|n| n.is_html("input") && input_type(n) == "radio" && attr(n, "name").as_deref() == Some(&name))
        .filter(|n| match (&form, owner(n)) {
            (Some(a), Some(b)) => same(a, &b),
            (None, None) => true,
            _ => false,
        })
        .collect()
}

/// `:checked`: a checked box or button, a selected option.
#[must_use]
pub fn is_checked_or_selected(node: &Node) -> bool {
    match node.html_name() {
        "input" => matches!(input_type(node), "checkbox" | "radio") && checked(node),
        "option" => selected(node),
        _ => false,
    }
}

/// A select's options, those in its optgroups among them.
#[must_use]
pub fn options(select: &Node) -> Vec<NodeRef> {
    let mut found = Vec::new();
    let mut child = select.first_child();
    while let Some(node) = child {
        match node.html_name() {
            "option" => found.push(node.clone()),
            "optgroup" => found.extend(tree::element_children(&node).filter(|o| o.is_html("option"))),
            _ => {}
        }
        child = node.next_sibling();
    }
    found
}

/// The select an option belongs to.
#[must_use]
pub fn select_of(option: &Node) -> Option<NodeRef> {
    let parent = option.parent()?;
    if parent.is_html("select") {
        return Some(parent);
    }
    parent.parent().filter(|p| parent.is_html("optgroup") && p.is_html("select"))
}

fn own_selectedness(option: &Node) -> bool {
    peek(option, |c| c.selected).unwrap_or_else(|| has_flag(option, "selected"))
}

/// Whether an option is selected, the rule of one (HTML §4.10.7) applied.
#[must_use]
pub fn selected(option: &Node) -> bool {
    match select_of(option) {
        Some(select) if !has_flag(&select, "multiple") => {
            selected_options(&select).iter().any(|o| std::ptr::eq(&raw const **o, option))
        }
        _ => own_selectedness(option),
    }
}

/// The selected options: in a select of one the last that asks for it, else the first that is not disabled.
#[must_use]
pub fn selected_options(select: &Node) -> Vec<NodeRef> {
    let all = options(select);
    if has_flag(select, "multiple") {
        return all.into_iter().filter(|o| own_selectedness(o)).collect();
    }
    if let Some(last) = all.iter().rfind(|o| own_selectedness(o)) {
        return vec![last.clone()];
    }
    let nobody_chose = !all.iter().any(|o| peek(o, |c| c.selected).is_some());
    let one_line = attr(select, "size").and_then(|s| s.parse::<u32>().ok()).unwrap_or(1) <= 1;
    if nobody_chose && one_line {
        return all.into_iter().find(|o| !is_disabled(o)).into_iter().collect();
    }
    Vec::new()
}

/// Sets an option's selectedness; in a select of one the others lose theirs.
pub fn set_selected(option: &NodeRef, on: bool) {
    if let Some(select) = select_of(option).filter(|s| !has_flag(s, "multiple")) {
        for other in options(&select) {
            if on || same(&other, option) {
                with_control(&other, |c| c.selected = if on { Some(false) } else { None });
            }
        }
        if !on {
            attributes::remove_plain(option, "selected");
        }
    }
    if on || select_of(option).is_none_or(|s| has_flag(&s, "multiple")) {
        with_control(option, |c| c.selected = Some(on));
    }
    mutated();
}

/// Sets `selectedIndex`; a negative one selects nothing.
pub fn set_selected_index(select: &NodeRef, index: i32) {
    for (at, option) in options(select).iter().enumerate() {
        with_control(option, |c| c.selected = Some(usize::try_from(index) == Ok(at)));
    }
    mutated();
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

/// The form a control belongs to: by its `form` attribute, by the parser, or the nearest around it.
#[must_use]
pub fn owner(control: &NodeRef) -> Option<NodeRef> {
    let data = control.as_element()?;
    if let Some(id) = data.attr("form").filter(|_| control.is_connected()) {
        let document = tree::document_of(control)?;
        return document.as_document()?.element_by_id(&id).filter(|f| f.is_html("form"));
    }
    tree::ancestors(control)
        .find(|a| a.is_html("form"))
        .or_else(|| get(&data.parser_form).filter(|form| same(&tree::root_of(form), &tree::root_of(control))))
}

/// The controls of a form that `form.elements` lists, in tree order.
#[must_use]
pub fn elements(form: &NodeRef) -> Vec<NodeRef> {
    tree::descendants(&tree::root_of(form))
        .filter(|n| match n.html_name() {
            "button" | "fieldset" | "object" | "output" | "select" | "textarea" => true,
            "input" => input_type(n) != "image",
            _ => false,
        })
        .filter(|n| owner(n).is_some_and(|o| same(&o, form)))
        .collect()
}

/// What a form submits (HTML §4.10.22.4): names and values in tree order. Files are not among them: there is nobody to
/// choose one.
#[must_use]
pub fn entry_list(form: &NodeRef, submitter: Option<&NodeRef>) -> Vec<(String, String)> {
    let mut entries = Vec::new();
    for control in tree::descendants(&tree::root_of(form)) {
        let is_control = matches!(control.html_name(), "input" | "button" | "select" | "textarea");
        if !is_control || is_disabled(&control) || !owner(&control).is_some_and(|o| same(&o, form)) {
            continue;
        }
        let is_submitter = submitter.is_some_and(|s| same(s, &control));
        let kind = if control.is_html("input") { input_type(&control) } else { control.html_name() };
        let Some(name) = attr(&control, "name").filter(|n| !n.is_empty()) else { continue };
        match kind {
            "submit" | "image" | "button" | "reset" if !is_submitter => {}
            "checkbox" | "radio" if !checked(&control) => {}
            "file" => {}
            "select" => {
                let chosen = selected_options(&control);
                entries.extend(chosen.iter().filter(|o| !is_disabled(o)).map(|o| (name.clone(), value(o))));
            }
            _ => entries.push((name, value(&control))),
        }
    }
    entries
}

/// Puts every control back to its default (HTML §4.10.22.5).
pub fn reset(form: &NodeRef) {
    for control in elements(form) {
        for option in options(&control) {
            with_control(&option, |c| c.selected = None);
        }
        with_control(&control, |c| *c = Control::default());
    }
    mutated();
}

pub(super) fn attribute_changed(element: &NodeRef, name: &str, new: Option<&str>) {
    if name == "selected" && element.is_html("option") {
        with_control(element, |c| c.selected = None);
        if new.is_some()
            && let Some(select) = select_of(element).filter(|s| !has_flag(s, "multiple"))
        {
            for other in options(&select).iter().filter(|o| !same(o, element)) {
                with_control(other, |c| c.selected = Some(false));
            }
        }
    } else if name == "checked"
        && new.is_some()
        && peek(element, |c| c.checked).is_none()
        && input_type(element) == "radio"
    {
        for other in radio_group(element).iter().filter(|o| !same(o, element)) {
            with_control(other, |c| c.checked = Some(false));
        }
    }
}
