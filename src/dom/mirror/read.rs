//! What of a node is shown.

use std::borrow::Cow;

use html5ever::ns;

use super::view::{Content, Element, Space, State};
use crate::base::limits::mirror::{
    MIRROR_BYTES_MAX, MIRROR_NAME_BYTES_MAX, MIRROR_NODE_BYTES, MIRROR_NODES_MAX, MIRROR_TEXT_BYTES_MAX,
};
use crate::dom::attributes::qualified;
use crate::dom::node::{Node, NodeRef};
use crate::dom::{NodeKind, form, options, shadow, sheets, text};

/// What is still shown of a document.
pub(super) struct Budget {
    nodes: usize,
    bytes: usize,
    /// Whether something was left out.
    pub(super) is_cut: bool,
}

impl Budget {
    pub(super) fn new() -> Self {
        Self { nodes: MIRROR_NODES_MAX, bytes: MIRROR_BYTES_MAX, is_cut: false }
    }

    /// One node more; false where there is no room.
    pub(super) fn node(&mut self) -> bool {
        let has_room = self.nodes > 0 && self.bytes >= MIRROR_NODE_BYTES;
        if has_room {
            self.nodes -= 1;
            self.bytes -= MIRROR_NODE_BYTES;
        } else {
            self.is_cut = true;
        }
        has_room
    }

    /// What of a text is shown.
    fn text<'a>(&mut self, text: &'a str) -> &'a str {
        let room = self.bytes.min(MIRROR_TEXT_BYTES_MAX);
        let shown = &text[..text.floor_char_boundary(room)];
        self.bytes -= shown.len();
        self.is_cut |= shown.len() < text.len();
        shown
    }

    /// One attribute; a value that was cut would be another one, so that it is shown whole or not at all.
    fn attribute(&mut self, name: &str, value: &str) -> bool {
        let bytes = name.len() + value.len() + MIRROR_NODE_BYTES / 2;
        let has_room =
            name.len() <= MIRROR_NAME_BYTES_MAX && value.len() <= MIRROR_TEXT_BYTES_MAX && bytes <= self.bytes;
        if has_room {
            self.bytes -= bytes;
        } else {
            self.is_cut = true;
        }
        has_room
    }
}

/// Whether a node is shown at all: not a style sheet of a shadow tree, for there are no shadow trees where it is shown.
pub(super) fn is_shown(node: &Node) -> bool {
    if shadow::is_in_shadow(node) && matches!(node.html_name(), "style" | "link") {
        return false;
    }
    matches!(node.kind(), NodeKind::Element(_)) || node.is_text()
}

/// Whether the children of a node are shown.
pub(super) fn has_shown_children(node: &Node) -> bool {
    node.as_element().is_some_and(|element| may_have_children(&element.name.local))
}

/// Whether the children of an element are shown: not where a browser with scripts shows none, nor where they are the
/// element's own text.
pub(super) fn may_have_children(tag: &str) -> bool {
    !matches!(
        tag,
        "script" | "style" | "template" | "noscript" | "iframe" | "textarea" | "noembed" | "noframes" | "link"
    )
}

fn space_of(element: &Node) -> Space {
    match element.as_element().map(|element| &element.name.ns) {
        Some(&ns!(html)) => Space::Html,
        Some(&ns!(svg)) => Space::Svg,
        Some(&ns!(mathml)) => Space::MathMl,
        _ => Space::Other,
    }
}

/// The text of an element's style sheet, where the element stands for one here.
fn sheet_text(node: &NodeRef) -> Option<String> {
    match node.as_element().map(|element| &*element.name.local) {
        Some("style") if node.is_html("style") && !sheets::is_sheet_style(node) => Some(String::new()),
        Some("style") => Some(text::child_text(node)),
        Some("link") => sheets::rewritten(node),
        _ => None,
    }
}

/// What is seen of a node now, in terms of what was shown of it.
pub(super) struct Seen {
    /// What it is, whole, where that is something else than before: another node takes its place.
    pub(super) other: bool,
    pub(super) attributes: bool,
    pub(super) text: bool,
    pub(super) state: bool,
}

impl Seen {
    pub(super) const SAME: Self = Self { other: false, attributes: false, text: false, state: false };
}

/// What a node is.
pub(super) fn content(node: &NodeRef, budget: &mut Budget) -> Content {
    let mut content = match node.as_element() {
        Some(element) => {
            let tag = &*element.name.local;
            let tag = if tag.len() <= MIRROR_NAME_BYTES_MAX { tag } else { "" };
            let tag = if tag == "link" && sheets::rewritten(node).is_some() { "style" } else { tag };
            let space = space_of(node);
            Content::Element(Box::new(Element { space, tag: tag.to_owned(), ..Element::default() }))
        }
        None => Content::Text(String::new()),
    };
    update(node, &mut content, budget);
    content
}

/// Brings what was shown of a node up to date; what of it was out of date.
pub(super) fn update(node: &NodeRef, shown: &mut Content, budget: &mut Budget) -> Seen {
    let element = match shown {
        Content::Text(shown) => {
            let Some(data) = node.character_data() else { return Seen { other: true, ..Seen::SAME } };
            let data = data.borrow();
            return Seen { text: replace(shown, budget.text(&data)), ..Seen::SAME };
        }
        Content::Element(element) => element,
    };
    let text = sheet_text(node);
    if (text.is_some() || element.text.is_some()) && node.is_html("link") && text.is_some() != (element.tag == "style")
    {
        return Seen { other: true, ..Seen::SAME };
    }
    let attributes = update_attributes(node, &mut element.attributes, budget);
    let text = text.is_some_and(|text| replace(element.text.get_or_insert_default(), budget.text(&text)));
    let state = update_state(node, &mut element.state, budget);
    Seen { other: false, attributes, text, state }
}

/// True where it was another text.
fn replace(shown: &mut String, now: &str) -> bool {
    let is_other = shown != now;
    if is_other {
        now.clone_into(shown);
    }
    is_other
}

fn update_attributes(node: &NodeRef, shown: &mut Vec<(String, String)>, budget: &mut Budget) -> bool {
    let Some(element) = node.as_element() else { return false };
    // A sheet that script has switched off applies nowhere.
    let is_off = matches!(&*element.name.local, "style" | "link") && sheets::is_disabled(node);
    element.with_attributes(|attributes| {
        let mut count = 0;
        let mut is_other = false;
        let mut next = |name: Cow<'_, str>, value: &str| {
            if !budget.attribute(&name, value) {
                return;
            }
            if shown.get(count).is_none_or(|(old, had)| *old != name || had != value) {
                is_other = true;
                shown.truncate(count);
                shown.push((name.into_owned(), value.to_owned()));
            }
            count += 1;
        };
        for attribute in attributes {
            let local = &*attribute.name.local;
            // Scripts' texts, and documents in themselves.
            if local.starts_with("on") || local == "srcdoc" || is_off && local == "media" {
                continue;
            }
            let name = match &attribute.name.prefix {
                None => Cow::Borrowed(local),
                Some(_) => Cow::Owned(qualified(&attribute.name)),
            };
            next(name, &attribute.value);
        }
        if is_off {
            next(Cow::Borrowed("media"), "not all");
        }
        is_other |= count < shown.len();
        shown.truncate(count);
        is_other
    })
}

fn update_state(node: &NodeRef, shown: &mut State, budget: &mut Budget) -> bool {
    let mut state = State::default();
    match node.html_name() {
        "input" => match form::input_type(node) {
            "checkbox" => {
                state.is_checked = Some(form::checked(node));
                state.is_indeterminate = Some(form::is_indeterminate(node));
            }
            "radio" => state.is_checked = Some(form::checked(node)),
            // Nobody sees it, or it is what the attribute says.
            "hidden" | "file" | "submit" | "reset" | "button" | "image" => {}
            _ => state.value = Some(form::value(node)),
        },
        "textarea" => state.value = Some(form::value(node)),
        "option" => state.is_selected = Some(options::selected(node)),
        _ => return false,
    }
    state.value = state.value.map(|value| budget.text(&value).to_owned());
    let is_other = *shown != state;
    *shown = state;
    is_other
}
