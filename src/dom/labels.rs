//! Labels and the controls that they are for (HTML §4.10.4).

use boa_gc::{Finalize, Trace};
use rustc_hash::FxHashMap;

use super::document::mutation_count;
use super::node::{NodeRef, same};
use super::{form, tree};

/// A document's labels with `for`, by that, in tree order.
#[derive(Trace, Finalize, Default)]
pub(super) struct LabelIndex {
    /// The mutation count it holds for.
    #[unsafe_ignore_trace]
    count: u64,
    by_id: FxHashMap<String, Vec<NodeRef>>,
}

impl LabelIndex {
    fn of(document: &NodeRef) -> Self {
        let mut by_id: FxHashMap<String, Vec<NodeRef>> = FxHashMap::default();
        for label in tree::descendants(document).filter(|node| node.is_html("label")) {
            if let Some(id) = wanted(&label) {
                by_id.entry(id).or_default().push(label);
            }
        }
        Self { count: mutation_count(), by_id }
    }
}

/// The id of the control that a label names.
fn wanted(label: &NodeRef) -> Option<String> {
    label.as_element().and_then(|element| element.attr("for"))
}

/// The control that a label is for: by `for`, else the first in it.
#[must_use]
pub fn labelled_control(label: &NodeRef) -> Option<NodeRef> {
    let is_control = |n: &NodeRef| match n.html_name() {
        "input" => form::input_type(n) != "hidden",
        "button" | "select" | "textarea" | "meter" | "output" | "progress" => true,
        _ => false,
    };
    match wanted(label) {
        Some(id) => {
            let root = tree::root_in_document(label).filter(|_| label.is_connected())?;
            tree::element_by_id(&root, &id).filter(is_control)
        }
        None => tree::descendants(label).find(is_control),
    }
}

/// The labels of a control, in tree order.
#[must_use]
pub fn labels_of(control: &NodeRef) -> Vec<NodeRef> {
    let is_of = |label: &NodeRef| labelled_control(label).is_some_and(|of| same(&of, control));
    let around: Vec<NodeRef> = tree::ancestors(control).filter(|node| node.is_html("label") && is_of(node)).collect();
    let root = tree::root_of(control);
    let named = match (control.as_element().and_then(|element| element.attr("id")), root.as_document()) {
        (None, _) => Vec::new(),
        (Some(id), Some(data)) => {
            let mut index = data.labels.borrow_mut();
            if index.count != mutation_count() {
                *index = LabelIndex::of(&root);
            }
            index.by_id.get(&id).cloned().unwrap_or_default()
        }
        (Some(id), None) => tree::descendants(&root)
            .filter(|node| node.is_html("label") && wanted(node).as_ref() == Some(&id))
            .collect(),
    };
    let named: Vec<NodeRef> = named.into_iter().filter(is_of).collect();
    if around.is_empty() || named.is_empty() {
        return if named.is_empty() { around.into_iter().rev().collect() } else { named };
    }
    tree::descendants(&root).filter(|node| node.is_html("label") && is_of(node)).collect()
}
