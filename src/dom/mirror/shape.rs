//! A view, where it is received: the words of a stranger, until each number in it is known and every bound is kept.

use rustc_hash::FxHashMap;

use super::read::may_have_children;
use super::view::{Change, Content, Space, State, View};
use crate::base::limits::mirror::{
    MIRROR_BYTES_MAX, MIRROR_CHANGES_MAX, MIRROR_DEPTH_MAX, MIRROR_NAME_BYTES_MAX, MIRROR_NODE_BYTES, MIRROR_NODES_MAX,
    MIRROR_TEXT_BYTES_MAX,
};

/// Which nodes a viewer has, and what kind of elements they are.
#[derive(Debug, Default)]
pub struct Shape {
    nodes: FxHashMap<u32, Node>,
    /// Whether it was shown a document.
    is_begun: bool,
}

#[derive(Debug)]
struct Node {
    parent: u32,
    /// Of an element.
    kind: Option<(Space, Box<str>)>,
}

/// Bytes that a view may have: each of its texts twice, as what a node was and what it has become since.
const VIEW_BYTES_MAX: usize = 2 * MIRROR_BYTES_MAX;

impl Shape {
    /// Takes a view over. False: no mirror makes such a view; nothing more can be said of this shape.
    #[must_use]
    pub fn admit(&mut self, view: &View) -> bool {
        if view.document.is_some() {
            *self = Self { is_begun: true, ..Self::default() };
        }
        let is_bearable = view.changes.len() <= MIRROR_CHANGES_MAX && self.is_light(view);
        let is_whole = self.is_begun && is_bearable && self.follow(&view.changes);
        is_whole && view.focus.is_none_or(|focus| self.element(focus).is_some())
    }

    /// Namespace and local name of an element.
    #[must_use]
    pub fn element(&self, id: u32) -> Option<(Space, &str)> {
        self.nodes.get(&id)?.kind.as_ref().map(|(space, tag)| (*space, &**tag))
    }

    /// Whether it has this node.
    #[must_use]
    pub fn has(&self, id: u32) -> bool {
        self.nodes.contains_key(&id)
    }

    fn is_light(&self, view: &View) -> bool {
        let mut bytes = view.document.as_ref().map_or(0, |origin| origin.base.len());
        let is_each = view.changes.iter().all(|change| {
            let (weight, is_short) = weigh(change);
            bytes += weight;
            is_short
        });
        is_each && bytes <= VIEW_BYTES_MAX && view.document.as_ref().is_none_or(|origin| is_short(&origin.base))
    }

    fn follow(&mut self, changes: &[Change]) -> bool {
        let (mut is_going, mut has_moved) = (false, false);
        for change in changes {
            let is_known = match change {
                Change::Insert { id, parent, before, content } => {
                    let kind = match content {
                        Content::Text(_) => None,
                        Content::Element(element) => Some((element.space, element.tag.as_str().into())),
                    };
                    let is_free = *id != 0 && !self.has(*id) && self.nodes.len() < MIRROR_NODES_MAX * 2;
                    let fits = is_free && is_honest(content) && self.takes(*parent, *before, None);
                    self.nodes.insert(*id, Node { parent: *parent, kind });
                    fits && self.is_shallow(*id)
                }
                Change::Move { id, parent, before } => {
                    has_moved = true;
                    let fits = self.has(*id) && self.takes(*parent, *before, Some(*id));
                    if let Some(node) = self.nodes.get_mut(id) {
                        node.parent = *parent;
                    }
                    fits
                }
                Change::Remove { id } => {
                    is_going = true;
                    self.nodes.remove(id).is_some()
                }
                Change::Attributes { id, .. } | Change::State { id, .. } => self.element(*id).is_some(),
                Change::Text { id, .. } => self.element(*id).map_or(self.has(*id), |(_, tag)| tag == "style"),
            };
            if !is_known || is_going && !matches!(change, Change::Remove { .. }) {
                return false;
            }
        }
        if is_going {
            self.drop_orphans();
        }
        self.nodes.len() <= MIRROR_NODES_MAX && (!has_moved || self.nodes.keys().all(|id| self.is_shallow(*id)))
    }

    /// Whether a node may come there.
    fn takes(&self, parent: u32, before: Option<u32>, moved: Option<u32>) -> bool {
        let is_parent = parent == 0 || self.element(parent).is_some_and(|(_, tag)| may_have_children(tag));
        let stands_there = |before: u32| self.nodes.get(&before).is_some_and(|node| node.parent == parent);
        let is_before = before.is_none_or(|before| stands_there(before) && Some(before) != moved);
        is_parent && is_before && moved.is_none_or(|moved| !self.path(parent).any(|id| id == moved))
    }

    /// A node and those that it is in, as far as they are known; no longer than trees are while nodes move about in one.
    fn path(&self, id: u32) -> impl Iterator<Item = u32> {
        let above = |id: &u32| self.nodes.get(id).map(|node| node.parent).filter(|parent| *parent != 0);
        std::iter::successors(Some(id).filter(|id| *id != 0), above).take(2 * MIRROR_DEPTH_MAX)
    }

    fn is_shallow(&self, id: u32) -> bool {
        self.path(id).count() <= MIRROR_DEPTH_MAX
    }

    /// What was in nodes that are gone is gone.
    fn drop_orphans(&mut self) {
        let is_orphan = |id: &u32| self.path(*id).any(|above| !self.has(above));
        let orphans: Vec<u32> = self.nodes.keys().copied().filter(is_orphan).collect();
        for id in orphans {
            self.nodes.remove(&id);
        }
    }
}

/// The text of a style sheet is all of it, and only style sheets have one.
fn is_honest(content: &Content) -> bool {
    match content {
        Content::Text(_) => true,
        Content::Element(element) => element.text.is_some() == (element.tag == "style"),
    }
}

fn is_short(text: &str) -> bool {
    text.len() <= MIRROR_TEXT_BYTES_MAX
}

/// What a change weighs, and whether each of its texts is short enough.
fn weigh(change: &Change) -> (usize, bool) {
    let value = |state: &State| state.value.as_ref().map_or((0, true), |value| (value.len(), is_short(value)));
    match change {
        Change::Insert { content: Content::Element(element), .. } => {
            let (bytes, are_short) = weigh_attributes(&element.attributes);
            let text = element.text.as_deref().unwrap_or_default();
            let (value, is_value) = value(&element.state);
            let is_tag = element.tag.len() <= MIRROR_NAME_BYTES_MAX;
            (bytes + text.len() + value, are_short && is_short(text) && is_value && is_tag)
        }
        Change::Insert { content: Content::Text(text), .. } | Change::Text { text, .. } => (text.len(), is_short(text)),
        Change::Attributes { attributes, .. } => weigh_attributes(attributes),
        Change::State { state, .. } => value(state),
        Change::Move { .. } | Change::Remove { .. } => (0, true),
    }
}

fn weigh_attributes(attributes: &[(String, String)]) -> (usize, bool) {
    attributes.iter().fold((0, true), |(bytes, are_short), (name, value)| {
        let is_one = name.len() <= MIRROR_NAME_BYTES_MAX && is_short(value);
        (bytes + name.len() + value.len() + MIRROR_NODE_BYTES / 2, are_short && is_one)
    })
}
