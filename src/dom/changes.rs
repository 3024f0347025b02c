//! How often trees of this thread have changed, counted by what changed: a live collection looks whether what it depends
//! on has ([`super::listing`]), and nothing else makes it list again.
//!
//! Elements are counted by name, class, `id` and `name`, hashed into a few counters each: a collision costs a listing, and
//! nothing more. Those of documents and those of other trees have counters of their own; of the latter it is counted how
//! often anything happened, until somebody reads a list of such a tree that has changed.

use std::cell::Cell;
use std::hash::Hasher;

use html5ever::{QualName, local_name, ns};
use rustc_hash::FxHasher;

use super::attributes::Attribute;
use super::document::{LOOSE_LISTS, is_watched, watch};
use super::node::{ElementData, Node, NodeRef};
use super::tree;

const BUCKETS: usize = 256;
/// Classes are compared one by one where the attribute is no longer than so many bytes.
const CLASSES_COMPARED_MAX: usize = 1_000;
/// Elements that come to a tree without a document, or leave it, are counted one by one where they are no more at once.
const LOOSE_COUNTED_MAX: usize = 32;

/// One counter of each group.
type Table = [Cell<u64>; BUCKETS];

/// What has happened to elements of documents, or to those of other trees.
pub struct Counts {
    elements: Cell<u64>,
    names: Cell<u64>,
    members: Cell<u64>,
    forms: Cell<u64>,
    uncounted: Cell<u64>,
    by_tag: Table,
    by_class: Table,
    by_name: Table,
}

impl Counts {
    const fn none() -> Self {
        Self {
            elements: Cell::new(0),
            names: Cell::new(0),
            members: Cell::new(0),
            forms: Cell::new(0),
            uncounted: Cell::new(0),
            by_tag: [const { Cell::new(0) }; BUCKETS],
            by_class: [const { Cell::new(0) }; BUCKETS],
            by_name: [const { Cell::new(0) }; BUCKETS],
        }
    }

    /// Elements that came or left, with one of these names.
    #[must_use]
    pub fn tags(&self, tags: &[Bucket]) -> u64 {
        tags.iter().map(|tag| tag.read(&self.by_tag)).sum()
    }

    /// Elements that came or left, or got or lost one of these classes.
    #[must_use]
    pub fn classes(&self, classes: &[Bucket]) -> u64 {
        classes.iter().map(|class| class.read(&self.by_class)).sum()
    }

    /// Elements that came or left, or got or lost one of these as their `id` or `name`.
    #[must_use]
    pub fn names(&self, names: &[Bucket]) -> u64 {
        names.iter().map(|name| name.read(&self.by_name)).sum()
    }

    /// Elements that came or left.
    #[must_use]
    pub fn elements(&self) -> u64 {
        self.elements.get()
    }

    /// Changes of an `id` or a `name`.
    #[must_use]
    pub fn any_names(&self) -> u64 {
        self.names.get()
    }

    /// Changes of attributes that make an element a member of a list: `href`, `type`, `form`.
    #[must_use]
    pub fn members(&self) -> u64 {
        self.members.get()
    }

    /// Forms that came or left, or got another `id` or `name`.
    #[must_use]
    pub fn forms(&self) -> u64 {
        self.forms.get()
    }

    /// What happened without being counted by its kind.
    #[must_use]
    pub fn uncounted(&self) -> u64 {
        self.uncounted.get()
    }

    /// An element has come, or leaves.
    fn element(&self, element: &ElementData, attributes: &[Attribute]) {
        bump(&self.elements);
        if element.name.local == local_name!("form") {
            bump(&self.forms);
        }
        Bucket::of(&element.name.local).bump(&self.by_tag);
        for attribute in attributes.iter().filter(|attribute| attribute.name.ns == ns!()) {
            match &*attribute.name.local {
                "class" => {
                    for class in attribute.value.split_ascii_whitespace() {
                        Bucket::of(class).bump(&self.by_class);
                    }
                }
                "id" | "name" => Bucket::of(&attribute.value).bump(&self.by_name),
                _ => {}
            }
        }
    }

    fn attribute(&self, element: &NodeRef, name: &str, old: Option<&str>, new: Option<&str>) {
        match name {
            "class" => self.class(old.unwrap_or_default(), new.unwrap_or_default()),
            "id" | "name" => {
                bump(&self.names);
                if element.is_html("form") {
                    bump(&self.forms);
                }
                for value in [old, new].into_iter().flatten().filter(|_| old != new) {
                    Bucket::of(value).bump(&self.by_name);
                }
            }
            "href" | "type" | "form" => bump(&self.members),
            _ => {}
        }
    }

    fn class(&self, old: &str, new: &str) {
        if old.len().max(new.len()) > CLASSES_COMPARED_MAX {
            return self.by_class.iter().for_each(bump);
        }
        for (of, others) in [(old, new), (new, old)] {
            for class in of.split_ascii_whitespace() {
                if !others.split_ascii_whitespace().any(|other| other == class) {
                    Bucket::of(class).bump(&self.by_class);
                }
            }
        }
    }
}

thread_local! {
    static CONNECTED: Counts = const { Counts::none() };
    static LOOSE: Counts = const { Counts::none() };
}

/// A group of names that share counters: names that differ in case only are of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bucket(u8);

impl Bucket {
    /// The group of a name.
    #[must_use]
    pub fn of(name: &str) -> Self {
        let mut hasher = FxHasher::default();
        for byte in name.bytes() {
            hasher.write_u8(byte.to_ascii_lowercase());
        }
        Self((hasher.finish() % BUCKETS as u64) as u8)
    }

    fn read(self, table: &Table) -> u64 {
        table[usize::from(self.0)].get()
    }

    fn bump(self, table: &Table) {
        bump(&table[usize::from(self.0)]);
    }
}

fn bump(counter: &Cell<u64>) {
    counter.set(counter.get() + 1);
}

/// Reads what happened in documents, or in trees that have none.
pub fn of<R>(is_connected: bool, read: impl FnOnce(&Counts) -> R) -> R {
    if is_connected { CONNECTED.with(read) } else { LOOSE.with(read) }
}

/// Changes of the `id` or `name` of anything that may be in a list.
#[must_use]
pub fn of_names() -> u64 {
    of(true, Counts::any_names) + of(false, |counts| counts.any_names() + counts.uncounted())
}

/// Somebody goes on reading a list of a tree without a document: what happens in such trees is counted from now on.
pub(super) fn watch_loose() {
    watch(LOOSE_LISTS);
}

/// An element has come into a document, or leaves it.
pub(super) fn element(element: &ElementData, attributes: &[Attribute]) {
    CONNECTED.with(|counts| counts.element(element, attributes));
}

/// The root of lists comes into a document or leaves it: what happened to its tree there, its lists do not know.
pub(super) fn root_moved() {
    LOOSE.with(|counts| bump(&counts.uncounted));
}

/// An element was put into a tree without a document, or taken out of one.
pub(super) fn loose(subtree: &NodeRef) {
    LOOSE.with(|counts| {
        if !is_watched(LOOSE_LISTS) || tree::descendants(subtree).nth(LOOSE_COUNTED_MAX - 1).is_some() {
            return bump(&counts.uncounted);
        }
        for node in tree::inclusive_descendants(subtree) {
            if let Some(element) = node.as_element() {
                element.with_attributes(|attributes| counts.element(element, attributes));
            }
        }
    });
}

/// An attribute was set, changed or removed.
pub(super) fn attribute(element: &NodeRef, name: &QualName, old: Option<&str>, new: Option<&str>) {
    if name.ns != ns!() {
        return;
    }
    if element.is_connected() {
        CONNECTED.with(|counts| counts.attribute(element, &name.local, old, new));
    } else if element.parent().is_some() {
        // What is under no other node is an item of no list.
        LOOSE.with(|counts| {
            if is_watched(LOOSE_LISTS) {
                counts.attribute(element, &name.local, old, new);
            } else {
                bump(&counts.uncounted);
            }
        });
    }
}

impl Node {
    /// How often children came or went, and how often elements among them; goes round after 2³² times.
    #[must_use]
    pub fn child_changes(&self) -> (u32, u32) {
        self.child_changes.get()
    }

    /// Counts that a child came or went.
    pub(super) fn note_child(&self, child: &NodeRef) {
        let (all, elements) = self.child_changes.get();
        let is_element = child.as_element().is_some();
        self.child_changes.set((all.wrapping_add(1), elements.wrapping_add(u32::from(is_element))));
        if is_element && !self.is_connected() {
            loose(child);
        }
    }

    /// It was put where it is when so many changes were counted ([`super::document::mutation_count`]).
    #[expect(clippy::cast_possible_truncation, reason = "compared by the lower half")]
    pub(super) fn note_placed(&self, count: u64) {
        self.placed.set(count as u32);
    }

    /// Whether it was put where it is after `then`; it may say so of what was put there 2³² changes ago or earlier.
    /// Between `then` and `now` there are fewer than 2³¹ changes.
    #[expect(clippy::cast_possible_truncation, reason = "compared by the lower half")]
    pub(super) fn is_placed_since(&self, then: u64, now: u64) -> bool {
        u64::from((now as u32).wrapping_sub(self.placed.get())) < now - then
    }
}
