//! What a form submits: its entry list (HTML §4.10.22.4).

use super::form::{attr, checked, input_type, is_disabled, owner, value};
use super::node::{LISTED, Node, NodeRef, same};
use super::{directionality, options, tree};

/// What a control submits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Submitted {
    /// A text.
    Text(String),
    /// The empty file of a file control: there is nobody to choose one.
    NoFile,
}

/// What happens to a form right now, which must not begin again meanwhile. A bit of the node's flags each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u16)]
pub enum Doing {
    /// Its `submit` event is fired ("firing submission events").
    Submitting = LISTED << 1,
    /// Its entry list is made ("constructing entry list").
    Listing = LISTED << 2,
    /// Its `reset` event is fired ("locked for reset").
    Resetting = LISTED << 3,
}

impl Node {
    /// Whether this is under way with the form.
    #[must_use]
    pub fn is_doing(&self, what: Doing) -> bool {
        self.flag(what as u16)
    }

    /// Says that it is, or no longer.
    pub fn set_doing(&self, what: Doing, on: bool) {
        self.set_flag(what as u16, on);
    }
}

/// Whether a control submits its form when it is pressed ("submit button").
#[must_use]
pub fn is_submit_button(control: &NodeRef) -> bool {
    match control.html_name() {
        "button" => super::form::button_type(control) == "submit",
        "input" => matches!(input_type(control), "submit" | "image"),
        _ => false,
    }
}

/// What a form submits ("constructing the entry list"): names and values in tree order. `charset` is the name of the
/// encoding that they are sent in.
#[must_use]
pub fn entry_list(form: &NodeRef, submitter: Option<&NodeRef>, charset: &str) -> Vec<(String, Submitted)> {
    let mut entries = Vec::new();
    for control in tree::descendants(&tree::root_of(form)) {
        let is_control = matches!(control.html_name(), "input" | "button" | "select" | "textarea");
        if !is_control || is_disabled(&control) || !owner(&control).is_some_and(|o| same(&o, form)) {
            continue;
        }
        if tree::ancestors(&control).any(|above| above.is_html("datalist")) {
            continue;
        }
        let is_submitter = submitter.is_some_and(|s| same(s, &control));
        let name = attr(&control, "name").filter(|name| !name.is_empty());
        add(&control, name, is_submitter, charset, &mut entries);
    }
    entries
}

fn add(
    control: &NodeRef,
    name: Option<String>,
    is_submitter: bool,
    charset: &str,
    entries: &mut Vec<(String, Submitted)>,
) {
    let kind = if control.is_html("input") { input_type(control) } else { control.html_name() };
    if kind == "image" && is_submitter {
        // Nobody points at it: where it was pressed is its corner.
        let prefix = name.map(|name| format!("{name}.")).unwrap_or_default();
        entries.extend(["x", "y"].map(|axis| (format!("{prefix}{axis}"), Submitted::Text("0".to_owned()))));
        return;
    }
    let Some(name) = name else { return };
    match kind {
        "submit" | "image" | "button" | "reset" if !is_submitter => return,
        "checkbox" | "radio" if !checked(control) => {}
        "file" => entries.push((name, Submitted::NoFile)),
        "hidden" if name.eq_ignore_ascii_case("_charset_") => {
            entries.push((name, Submitted::Text(charset.to_owned())));
        }
        "select" => {
            let chosen = options::selected_options(control);
            let chosen = chosen.iter().filter(|o| !is_disabled(o));
            entries.extend(chosen.map(|o| (name.clone(), Submitted::Text(value(o)))));
        }
        _ => entries.push((name, Submitted::Text(value(control)))),
    }
    let direction = attr(control, "dirname").filter(|name| !name.is_empty());
    if let Some(name) = direction.filter(|_| directionality::is_told_by_value(control)) {
        entries.push((name, Submitted::Text(directionality::of(control).name().to_owned())));
    }
}
