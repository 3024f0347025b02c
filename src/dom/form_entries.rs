//! What a form submits: its entry list (HTML §4.10.22.4).

use super::form::{attr, checked, input_type, is_disabled, owner, value};
use super::node::{NodeRef, same};
use super::{options, tree};

/// What a control submits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Submitted {
    /// A text.
    Text(String),
    /// The empty file of a file control: there is nobody to choose one.
    NoFile,
}

impl Submitted {
    /// The value where only texts are sent: of a file its name (HTML §4.10.22.5).
    #[must_use]
    pub fn into_text(self) -> String {
        match self {
            Self::Text(text) => text,
            Self::NoFile => String::new(),
        }
    }
}

/// What a form submits (HTML §4.10.22.4): names and values in tree order.
#[must_use]
pub fn entry_list(form: &NodeRef, submitter: Option<&NodeRef>) -> Vec<(String, Submitted)> {
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
            "file" => entries.push((name, Submitted::NoFile)),
            "select" => {
                let chosen = options::selected_options(&control);
                let chosen = chosen.iter().filter(|o| !is_disabled(o));
                entries.extend(chosen.map(|o| (name.clone(), Submitted::Text(value(o)))));
            }
            _ => entries.push((name, Submitted::Text(value(&control)))),
        }
    }
    entries
}
