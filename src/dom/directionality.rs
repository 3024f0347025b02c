//! The direction of an element's text ([HTML §3.2.6.4](https://html.spec.whatwg.org/#the-directionality)), and `:dir()`.

use html5ever::ns;
use icu_properties::CodePointMapData;
use icu_properties::props::BidiClass;

use super::node::{Node, NodeKind, NodeRef};
use super::{form, shadow, slots, tree};

/// A direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    /// Left to right.
    Ltr,
    /// Right to left.
    Rtl,
}

impl Direction {
    /// `ltr` or `rtl`.
    pub(super) fn name(self) -> &'static str {
        if self == Self::Ltr { "ltr" } else { "rtl" }
    }

    /// Whether an argument of `:dir()` is this one.
    pub(super) fn is_named(self, name: &str) -> bool {
        name.eq_ignore_ascii_case(self.name())
    }

    /// That of the first letter in a text that has one.
    fn of_text(text: &str) -> Option<Self> {
        let classes = CodePointMapData::<BidiClass>::new();
        text.chars().find_map(|letter| match classes.get(letter) {
            BidiClass::LeftToRight => Some(Self::Ltr),
            BidiClass::RightToLeft | BidiClass::ArabicLetter => Some(Self::Rtl),
            _ => None,
        })
    }
}

/// What an element's `dir` says.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Said {
    Nothing,
    Auto,
    This(Direction),
}

fn said(element: &Node) -> Said {
    let Some(data) = element.as_element().filter(|data| data.name.ns == ns!(html)) else { return Said::Nothing };
    data.with_attr("dir", |value| match value {
        Some(value) if value.eq_ignore_ascii_case("ltr") => Said::This(Direction::Ltr),
        Some(value) if value.eq_ignore_ascii_case("rtl") => Said::This(Direction::Rtl),
        Some(value) if value.eq_ignore_ascii_case("auto") => Said::Auto,
        _ => Said::Nothing,
    })
}

/// The direction of an element: its own, else that of what it is in.
pub(super) fn of(element: &Node) -> Direction {
    if let Some(own) = own(element) {
        return own;
    }
    let mut at = element.parent();
    while let Some(node) = at {
        if let Some(host) = shadow::host(&node) {
            match own(&host) {
                Some(own) => return own,
                None => at = host.parent(),
            }
            continue;
        }
        if let Some(own) = own(&node) {
            return own;
        }
        at = node.parent();
    }
    Direction::Ltr
}

/// The direction that an element has by itself.
fn own(element: &Node) -> Option<Direction> {
    match said(element) {
        Said::This(direction) => Some(direction),
        Said::Auto => Some(automatic(element).unwrap_or(Direction::Ltr)),
        Said::Nothing if element.is_html("bdi") => Some(automatic(element).unwrap_or(Direction::Ltr)),
        Said::Nothing if element.is_html("input") && form::input_type(element) == "tel" => Some(Direction::Ltr),
        Said::Nothing => None,
    }
}

/// Whether its value says the direction of a control.
pub(super) fn is_told_by_value(element: &Node) -> bool {
    match element.html_name() {
        "textarea" => true,
        "input" => matches!(
            form::input_type(element),
            "hidden" | "text" | "search" | "tel" | "url" | "email" | "password" | "submit" | "reset" | "button"
        ),
        _ => false,
    }
}

/// [Auto directionality](https://html.spec.whatwg.org/#auto-directionality)
fn automatic(element: &Node) -> Option<Direction> {
    if is_told_by_value(element) {
        let value = form::value(element);
        return Direction::of_text(&value).or((!value.is_empty()).then_some(Direction::Ltr));
    }
    if let Some(slot) = slot_of_shadow_tree(element) {
        let given = slots::assigned(&slot);
        if !given.is_empty() {
            return given.iter().find_map(|node| match node.kind() {
                NodeKind::Text(data) => Direction::of_text(&data.0.borrow()),
                _ => contained(node, true),
            });
        }
    }
    contained(element, false)
}

/// The element, if it is a slot in a shadow tree.
fn slot_of_shadow_tree(element: &Node) -> Option<NodeRef> {
    if !element.is_html("slot") {
        return None;
    }
    let slot = tree::children(&element.parent()?).find(|child| std::ptr::eq(&raw const **child, element))?;
    shadow::containing(&slot).map(|_| slot)
}

/// Whether what is in an element does not count for what the element is in.
fn is_apart(element: &Node) -> bool {
    matches!(element.html_name(), "bdi" | "script" | "style" | "textarea") || said(element) != Said::Nothing
}

/// [Contained text auto directionality](https://html.spec.whatwg.org/#contained-text-auto-directionality)
fn contained(root: &Node, may_leave_out: bool) -> Option<Direction> {
    if may_leave_out && is_apart(root) {
        return None;
    }
    let mut at = root.first_child();
    while let Some(node) = at {
        match node.kind() {
            NodeKind::Text(data) => {
                if let Some(found) = Direction::of_text(&data.0.borrow()) {
                    return Some(found);
                }
            }
            NodeKind::Element(_) if is_apart(&node) => {
                at = behind(&node, root);
                continue;
            }
            NodeKind::Element(_) if node.is_html("slot") => {
                if let Some(host) = shadow::containing(&node).and_then(|root| shadow::host(&root)) {
                    return Some(of(&host));
                }
            }
            _ => {}
        }
        at = node.first_child().or_else(|| behind(&node, root));
    }
    None
}

/// What comes behind a node and all in it, in tree order within `root`.
fn behind(node: &NodeRef, root: &Node) -> Option<NodeRef> {
    let mut at = node.clone();
    loop {
        if let Some(next) = at.next_sibling() {
            return Some(next);
        }
        at = at.parent().filter(|parent| !std::ptr::eq(&raw const **parent, root))?;
    }
}
