//! What a document keeps beside its children.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use boa_gc::{Finalize, GcRefCell, Trace, WeakGc};
use html5ever::tree_builder::QuirksMode;
use rustc_hash::{FxHashMap, FxHashSet};

use super::custom::Registry;
use super::indicated::Target;
use super::labels::LabelIndex;
use super::node::{Node, NodeRef, same};
use super::range::Range;
use super::sheets::{LinkedSheet, Sheets};
use super::traversal::Cursor;
use super::tree;

/// The data of a document node.
#[derive(Trace, Finalize)]
pub struct DocumentData {
    /// Connected elements by `id`, unordered; what `getElementById` starts from.
    ids: GcRefCell<FxHashMap<Box<str>, Vec<NodeRef>>>,
    /// How many connected elements have a value as their `name`: with `ids`, what named access may find.
    #[unsafe_ignore_trace]
    names: RefCell<FxHashMap<Box<str>, u32>>,
    /// How many of the elements that are properties of the document itself have a name.
    #[unsafe_ignore_trace]
    document_names: RefCell<FxHashMap<Box<str>, u32>>,
    /// Document names that came or went since [`DocumentData::take_changed_names`].
    #[unsafe_ignore_trace]
    changed_names: RefCell<FxHashSet<Box<str>>>,
    /// Radio buttons that may be checked, by name: all that are, and some that no longer are ([`super::radios`]).
    pub(super) checked_radios: GcRefCell<FxHashMap<Box<str>, Vec<NodeRef>>>,
    /// The rules of the document's style sheets, until one of them changes.
    #[unsafe_ignore_trace]
    pub(super) rules: RefCell<Option<Rc<Sheets>>>,
    /// The sheets of links.
    pub(super) linked: GcRefCell<Vec<LinkedSheet>>,
    /// Live ranges in trees of this document.
    pub(super) ranges: GcRefCell<Vec<WeakGc<Range>>>,
    /// Node iterators whose root is in this document.
    pub(super) iterators: GcRefCell<Vec<WeakGc<Cursor>>>,
    /// The document that what is in its templates is of; itself where it is that of others
    /// ([the appropriate template contents owner document](https://html.spec.whatwg.org/#appropriate-template-contents-owner-document)).
    pub(super) inert: GcRefCell<Option<NodeRef>>,
    /// Whether it is the document of what is in templates.
    #[unsafe_ignore_trace]
    pub(super) is_inert: Cell<bool>,
    /// What its address points at.
    pub(super) target: GcRefCell<Target>,
    /// The element that was given the focus last.
    pub(super) focused: GcRefCell<Option<NodeRef>>,
    /// Quirks mode, as the parser found it.
    #[unsafe_ignore_trace]
    pub quirks: Cell<QuirksMode>,
    /// Whether it is an HTML document (element names fold to lower case).
    #[unsafe_ignore_trace]
    pub is_html: bool,
    /// `text/html` and the like.
    #[unsafe_ignore_trace]
    pub content_type: &'static str,
    /// Whether scripts are off in it: it has no window, and never had one.
    #[unsafe_ignore_trace]
    pub is_still: Cell<bool>,
    /// Whether an `<iframe>` was ever connected to it.
    #[unsafe_ignore_trace]
    pub has_frames: Cell<bool>,
    /// Its labels, once a control's were asked for.
    pub(super) labels: GcRefCell<LabelIndex>,
    /// Whether a `<base>` was ever connected to it.
    #[unsafe_ignore_trace]
    pub has_base: Cell<bool>,
    /// Whether an `<iframe>` was connected to it since somebody set this to false.
    #[unsafe_ignore_trace]
    pub has_new_frames: Cell<bool>,
    /// Whether it was ever put into a frame.
    #[unsafe_ignore_trace]
    pub is_framed: Cell<bool>,
    /// Its address, where that is not the window's.
    #[unsafe_ignore_trace]
    pub url: RefCell<Option<String>>,
    /// The custom elements that are defined in its window.
    #[unsafe_ignore_trace]
    pub registry: RefCell<Option<Rc<Registry>>>,
    /// The encoding that it was read in; UTF-8 where it was made.
    #[unsafe_ignore_trace]
    pub encoding: Cell<&'static str>,
}

impl DocumentData {
    /// An empty document; `content_type` decides whether it is HTML.
    #[must_use]
    pub fn new(content_type: &'static str) -> Self {
        Self {
            ids: GcRefCell::default(),
            names: RefCell::default(),
            document_names: RefCell::default(),
            changed_names: RefCell::default(),
            checked_radios: GcRefCell::default(),
            rules: RefCell::default(),
            linked: GcRefCell::default(),
            ranges: GcRefCell::default(),
            iterators: GcRefCell::default(),
            inert: GcRefCell::default(),
            is_inert: Cell::new(false),
            target: GcRefCell::default(),
            focused: GcRefCell::default(),
            quirks: Cell::new(QuirksMode::NoQuirks),
            is_html: !content_type.ends_with("xml"),
            content_type,
            is_still: Cell::new(false),
            has_frames: Cell::new(false),
            labels: GcRefCell::default(),
            has_base: Cell::new(false),
            has_new_frames: Cell::new(false),
            is_framed: Cell::new(false),
            url: RefCell::default(),
            registry: RefCell::default(),
            encoding: Cell::new("UTF-8"),
        }
    }

    pub(super) fn add_id(&self, id: &str, element: &NodeRef) {
        self.ids.borrow_mut().entry(id.into()).or_default().push(element.clone());
    }

    pub(super) fn remove_id(&self, id: &str, element: &Node) {
        let mut ids = self.ids.borrow_mut();
        if let Some(list) = ids.get_mut(id) {
            list.retain(|node| !std::ptr::eq(&raw const **node, element));
            if list.is_empty() {
                ids.remove(id);
            }
        }
    }

    /// The first connected element in tree order with this id (DOM §4.2.4, getElementById).
    #[must_use]
    pub fn element_by_id(&self, id: &str) -> Option<NodeRef> {
        let ids = self.ids.borrow();
        let list = ids.get(id).filter(|_| !id.is_empty())?;
        let mut first = list.first()?;
        for node in &list[1..] {
            if !same(node, first) && tree::is_before(node, first) {
                first = node;
            }
        }
        Some(first.clone())
    }

    /// A connected element has a value of `id` or `name` from now on: named access may find it. Only some elements are
    /// properties of the document (HTML §3.1.6): an input called `count` must not hide a global `count` from inline
    /// handlers.
    pub(super) fn add_name(&self, name: &str, element: &Node, is_id: bool) {
        if name.is_empty() {
            return;
        }
        if !is_id {
            *self.names.borrow_mut().entry(name.into()).or_default() += 1;
        }
        if is_of_document(element, is_id) {
            let mut names = self.document_names.borrow_mut();
            let count = names.entry(name.into()).or_default();
            *count += 1;
            if *count == 1 {
                self.changed_names.borrow_mut().insert(name.into());
            }
        }
    }

    /// It no longer has it, or is no longer connected.
    pub(super) fn remove_name(&self, name: &str, element: &Node, is_id: bool) {
        if !is_id {
            subtract(&self.names, name);
        }
        if is_of_document(element, is_id) && subtract(&self.document_names, name) {
            self.changed_names.borrow_mut().insert(name.into());
        }
    }

    /// Whether a connected element has this `id` or `name`: false answers named access at once.
    #[must_use]
    pub fn knows_name(&self, name: &str) -> bool {
        self.ids.borrow().contains_key(name) || self.names.borrow().contains_key(name)
    }

    /// Whether there is an embed, form, iframe, image or object of this name.
    #[must_use]
    pub fn knows_document_name(&self, name: &str) -> bool {
        self.document_names.borrow().contains_key(name)
    }

    /// How many connected elements have this id.
    #[must_use]
    pub fn count_by_id(&self, id: &str) -> usize {
        self.ids.borrow().get(id).map_or(0, Vec::len)
    }

    /// The document names that came or went since the last call.
    #[must_use]
    pub fn take_changed_names(&self) -> FxHashSet<Box<str>> {
        if self.changed_names.borrow().is_empty() { FxHashSet::default() } else { self.changed_names.take() }
    }
}

impl Node {
    /// Whether this is a document in quirks mode.
    #[must_use]
    pub fn is_quirky(&self) -> bool {
        self.as_document().is_some_and(|data| data.quirks.get() == QuirksMode::Quirks)
    }
}

/// Whether an element is a property of its document by its id, or by its name.
fn is_of_document(element: &Node, is_id: bool) -> bool {
    match element.html_name() {
        "embed" | "form" | "iframe" => !is_id,
        "img" | "object" => true,
        _ => false,
    }
}

/// Counts one less; true where none is left.
fn subtract(counts: &RefCell<FxHashMap<Box<str>, u32>>, name: &str) -> bool {
    let mut counts = counts.borrow_mut();
    let Some(count) = counts.get_mut(name) else { return false };
    *count -= 1;
    let is_gone = *count == 0;
    if is_gone {
        counts.remove(name);
    }
    is_gone
}

thread_local! {
    static MUTATIONS: Cell<u64> = const { Cell::new(1) };
}

/// Counts every change of any tree of this thread; live collections compare it.
#[must_use]
pub fn mutation_count() -> u64 {
    MUTATIONS.get()
}

pub(super) fn mutated() {
    MUTATIONS.set(MUTATIONS.get() + 1);
}

thread_local! {
    static WATCHED: Cell<u8> = const { Cell::new(0) };
}

/// Mutation observers ([`super::observe`]).
pub(super) const OBSERVERS: u8 = 1;
/// Live ranges ([`super::range`]).
pub(super) const RANGES: u8 = 2;
/// Node iterators ([`super::traversal`]).
pub(super) const ITERATORS: u8 = 4;
/// Shadow roots ([`super::shadow`]).
pub(super) const SHADOWS: u8 = 8;
/// Definitions of custom elements ([`super::custom`]).
pub(super) const CUSTOM: u8 = 16;
/// Live lists of trees without a document ([`super::changes`]).
pub(super) const LOOSE_LISTS: u8 = 32;
/// Lists of a select's options or a table's rows ([`super::held`]).
pub(super) const HELD_LISTS: u8 = 64;
/// Any of those that look at the tree.
pub(super) const WATCHERS: u8 = OBSERVERS | RANGES | ITERATORS;

/// Whether one of these ever looked at a tree of this thread: where none did, a change of the tree pays nothing else.
#[inline]
pub(super) fn is_watched(by: u8) -> bool {
    WATCHED.get() & by != 0
}

/// One of these looks at trees of this thread from now on.
pub(super) fn watch(by: u8) {
    WATCHED.set(WATCHED.get() | by);
}
