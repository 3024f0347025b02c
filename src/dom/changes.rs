//! How often trees of this thread have changed, counted by what changed: a live collection looks whether what it depends
//! on has ([`super::listing`]), and nothing else makes it list again.
//!
//! Elements of documents are counted by name, class, `id` and `name`, hashed into a few counters each: a collision costs
//! a listing, and nothing more. What has no document is counted as one.

use std::cell::Cell;
use std::hash::Hasher;

use html5ever::{QualName, ns};
use rustc_hash::FxHasher;

use super::attributes::Attribute;
use super::node::{ElementData, NodeRef};

const BUCKETS: usize = 64;
/// Classes are compared one by one where the attribute is no longer than so many bytes.
const CLASSES_COMPARED_MAX: usize = 1_000;

/// One counter of each group.
type Table = [Cell<u64>; BUCKETS];

struct Counts {
    elements: Cell<u64>,
    loose: Cell<u64>,
    names: Cell<u64>,
    members: Cell<u64>,
    by_tag: Table,
    by_class: Table,
    by_name: Table,
}

thread_local! {
    static COUNTS: Counts = const {
        Counts {
            elements: Cell::new(0),
            loose: Cell::new(0),
            names: Cell::new(0),
            members: Cell::new(0),
            by_tag: [const { Cell::new(0) }; BUCKETS],
            by_class: [const { Cell::new(0) }; BUCKETS],
            by_name: [const { Cell::new(0) }; BUCKETS],
        }
    };
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

/// Elements that came into a document or left it, with one of these names.
#[must_use]
pub fn of_tags(tags: &[Bucket]) -> u64 {
    COUNTS.with(|counts| tags.iter().map(|tag| tag.read(&counts.by_tag)).sum())
}

/// Elements that came into a document or left it, or got or lost one of these classes in it.
#[must_use]
pub fn of_classes(classes: &[Bucket]) -> u64 {
    COUNTS.with(|counts| classes.iter().map(|class| class.read(&counts.by_class)).sum())
}

/// Elements that came into a document or left it, or got or lost this `id` or `name` in it.
#[must_use]
pub fn of_name(name: Bucket) -> u64 {
    COUNTS.with(|counts| name.read(&counts.by_name))
}

/// Elements that came into a document or left it.
#[must_use]
pub fn of_elements() -> u64 {
    COUNTS.with(|counts| counts.elements.get())
}

/// Changes of any element's `id` or `name`.
#[must_use]
pub fn of_names() -> u64 {
    COUNTS.with(|counts| counts.names.get())
}

/// Changes of attributes that make an element a member of a list: `href`, `type`, `form`, and the `id` of a form.
#[must_use]
pub fn of_members() -> u64 {
    COUNTS.with(|counts| counts.members.get())
}

/// Changes that a list of what is under a node without a document may depend on: one for each node that is put into
/// such a tree or taken out of it.
#[must_use]
pub fn of_loose() -> u64 {
    COUNTS.with(|counts| counts.loose.get() + counts.elements.get() + counts.names.get() + counts.members.get())
}

/// An element has come into a document, or leaves it.
pub(super) fn element(element: &ElementData, attributes: &[Attribute]) {
    COUNTS.with(|counts| {
        bump(&counts.elements);
        Bucket::of(&element.name.local).bump(&counts.by_tag);
        for attribute in attributes.iter().filter(|attribute| attribute.name.ns == ns!()) {
            match &*attribute.name.local {
                "class" => {
                    for class in attribute.value.split_ascii_whitespace() {
                        Bucket::of(class).bump(&counts.by_class);
                    }
                }
                "id" | "name" => Bucket::of(&attribute.value).bump(&counts.by_name),
                _ => {}
            }
        }
    });
}

/// An element was put into a tree without a document, or taken out of one.
pub(super) fn loose() {
    COUNTS.with(|counts| bump(&counts.loose));
}

/// An attribute was set, changed or removed.
pub(super) fn attribute(element: &NodeRef, name: &QualName, old: Option<&str>, new: Option<&str>) {
    if name.ns != ns!() {
        return;
    }
    COUNTS.with(|counts| match &*name.local {
        "class" if element.is_connected() => classes(counts, old.unwrap_or_default(), new.unwrap_or_default()),
        "class" => bump(&counts.loose),
        "id" | "name" => {
            bump(&counts.names);
            if element.is_html("form") {
                bump(&counts.members);
            }
            if element.is_connected() && old != new {
                for value in [old, new].into_iter().flatten() {
                    Bucket::of(value).bump(&counts.by_name);
                }
            }
        }
        "href" | "type" | "form" => bump(&counts.members),
        _ => {}
    });
}

fn classes(counts: &Counts, old: &str, new: &str) {
    if old.len().max(new.len()) > CLASSES_COMPARED_MAX {
        return counts.by_class.iter().for_each(bump);
    }
    for (of, others) in [(old, new), (new, old)] {
        for class in of.split_ascii_whitespace() {
            if !others.split_ascii_whitespace().any(|other| other == class) {
                Bucket::of(class).bump(&counts.by_class);
            }
        }
    }
}
