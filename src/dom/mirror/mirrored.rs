//! What one viewer was shown.

use rustc_hash::FxHashMap;

use super::order::rising;
use super::read::{Budget, content, has_shown_children, is_shown, update};
use super::view::{Change, Content, Origin, View};
use crate::base::limits::mirror::MIRROR_DEPTH_MAX;
use crate::dom::document::mutation_count;
use crate::dom::node::NodeRef;
use crate::dom::shadow;

/// What one viewer was shown of a document.
#[derive(Default)]
pub struct Mirror {
    /// The serial number of the document. No node is kept: what a page lets go of is not held for who looks on.
    document: Option<u64>,
    base: String,
    /// By the serial number of the node.
    shown: FxHashMap<u64, Shown>,
    by_id: FxHashMap<u32, u64>,
    last_id: u32,
    looks: u64,
    mutations: u64,
    is_cut: bool,
}

/// A node that was shown.
struct Shown {
    id: u32,
    parent: u32,
    /// Its place among its parent's shown children.
    place: u32,
    content: Content,
    /// The look at which it was seen last.
    look: u64,
}

/// A child as it is found in the walk.
struct Child {
    key: u64,
    id: u32,
    /// Where it stood before, if in the same parent.
    place: Option<u32>,
    is_new: bool,
}

/// A parent with the children that it has now.
struct Family {
    parent: u32,
    children: Vec<Child>,
}

/// What is gone: its number, and that of the parent it had.
type Gone = (u32, u32);

impl Mirror {
    /// What is new since the last look, or all of a document that was not shown yet. `base`: the address that others in it
    /// are relative to.
    pub fn look(&mut self, document: &NodeRef, base: &str, focused: Option<&NodeRef>) -> View {
        let is_known = self.document == Some(document.serial()) && self.base == base;
        let mutations = mutation_count();
        if is_known && self.mutations == mutations {
            return View { focus: self.focus(focused), is_cut: self.is_cut, ..View::default() };
        }
        if !is_known {
            let last_id = self.last_id;
            *self = Self { document: Some(document.serial()), base: base.to_owned(), last_id, ..Self::default() };
        }
        self.mutations = mutations;
        self.looks += 1;
        let (mut changes, mut gone) = (Vec::new(), Vec::new());
        let mut budget = Budget::new();
        let families = self.walk(document, &mut budget, &mut changes, &mut gone);
        for family in &families {
            self.settle(family, &mut changes);
        }
        self.forget_gone(gone, &mut changes);
        self.is_cut = budget.is_cut;
        let origin = || Origin { base: base.to_owned(), is_quirky: document.is_quirky() };
        View { document: (!is_known).then(origin), changes, focus: self.focus(focused), is_cut: self.is_cut }
    }

    /// The node of a document with a number, where it was shown and is still there.
    #[must_use]
    pub fn node(&self, document: &NodeRef, id: u32) -> Option<NodeRef> {
        let serial = *self.by_id.get(&id)?;
        shadow::composed(document).find(|node| node.serial() == serial)
    }

    fn focus(&self, focused: Option<&NodeRef>) -> Option<u32> {
        self.shown.get(&focused?.serial()).map(|shown| shown.id)
    }

    /// Goes through the document: what has changed in nodes that stay, and the families in tree order.
    fn walk(
        &mut self,
        document: &NodeRef,
        budget: &mut Budget,
        changes: &mut Vec<Change>,
        gone: &mut Vec<Gone>,
    ) -> Vec<Family> {
        let mut families = vec![Family { parent: 0, children: Vec::new() }];
        // What is left of each level, and the place of its family.
        let mut open = vec![(shadow::flat_children(document).peekable(), 0)];
        while let Some((next, family)) = open.last_mut() {
            let Some(node) = next.next() else {
                open.pop();
                continue;
            };
            let family = *family;
            if !is_shown(&node) {
                continue;
            }
            if !budget.node() {
                break;
            }
            let place = families[family].children.len();
            let child = self.see(&node, (families[family].parent, place), budget, changes, gone);
            let id = child.id;
            families[family].children.push(child);
            let mut inside = if has_shown_children(&node) { shadow::flat_children(&node).peekable() } else { continue };
            if inside.peek().is_none() {
                continue;
            }
            if open.len() >= MIRROR_DEPTH_MAX {
                budget.is_cut = true;
                continue;
            }
            families.push(Family { parent: id, children: Vec::new() });
            open.push((inside, families.len() - 1));
        }
        families
    }

    /// Takes note of a node.
    fn see(
        &mut self,
        node: &NodeRef,
        (parent, place): (u32, usize),
        budget: &mut Budget,
        changes: &mut Vec<Change>,
        gone: &mut Vec<Gone>,
    ) -> Child {
        let (key, look) = (node.serial(), self.looks);
        let now = u32::try_from(place).unwrap_or(u32::MAX);
        if let Some(shown) = self.shown.get_mut(&key) {
            let seen = update(node, &mut shown.content, budget);
            if !seen.other {
                let id = shown.id;
                if let Content::Element(element) = &shown.content {
                    if seen.attributes {
                        changes.push(Change::Attributes { id, attributes: element.attributes.clone() });
                    }
                    if seen.state {
                        changes.push(Change::State { id, state: element.state.clone() });
                    }
                }
                if seen.text {
                    changes.push(Change::Text { id, text: shown.content.text().to_owned() });
                }
                let place = (shown.parent == parent).then_some(shown.place);
                (shown.parent, shown.place, shown.look) = (parent, now, look);
                return Child { key, id, place, is_new: false };
            }
            gone.push((shown.id, shown.parent));
            self.by_id.remove(&shown.id);
        }
        // Numbers are not used again, however long a page is looked at: 4 thousand million nodes are not shown.
        self.last_id = self.last_id.wrapping_add(1).max(1);
        let id = self.last_id;
        let content = content(node, budget);
        let shown = Shown { id, parent, place: now, content, look };
        self.shown.insert(key, shown);
        self.by_id.insert(id, key);
        Child { key, id, place: None, is_new: true }
    }

    /// Has the children of a family come and move. Those that stand in order already stay; each of the others is put before
    /// the next of those. Parents come before their children, so that nothing is put into itself.
    fn settle(&self, family: &Family, changes: &mut Vec<Change>) {
        let places: Vec<Option<u32>> = family.children.iter().map(|child| child.place).collect();
        if places.iter().all(Option::is_some) && places.is_sorted() {
            return;
        }
        let mut staying = rising(&places).into_iter().peekable();
        let parent = family.parent;
        for (at, child) in family.children.iter().enumerate() {
            if staying.next_if_eq(&at).is_some() {
                continue;
            }
            let (id, before) = (child.id, staying.peek().map(|next| family.children[*next].id));
            let change = match self.shown.get(&child.key).filter(|_| child.is_new) {
                Some(shown) => Change::Insert { id, parent, before, content: shown.content.clone() },
                None => Change::Move { id, parent, before },
            };
            changes.push(change);
        }
    }

    /// Forgets what was not seen. What stays has left it by then.
    fn forget_gone(&mut self, mut gone: Vec<Gone>, changes: &mut Vec<Change>) {
        let look = self.looks;
        let by_id = &mut self.by_id;
        self.shown.retain(|_, shown| {
            let stays = shown.look == look;
            if !stays {
                gone.push((shown.id, shown.parent));
                by_id.remove(&shown.id);
            }
            stays
        });
        gone.sort_unstable();
        let went = |id: u32| gone.binary_search_by_key(&id, |(id, _)| *id).is_ok();
        changes.extend(gone.iter().filter(|(_, parent)| !went(*parent)).map(|(id, _)| Change::Remove { id: *id }));
    }
}
