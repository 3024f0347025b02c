//! What a document keeps beside its children.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use boa_gc::{Finalize, GcRefCell, Trace};
use html5ever::tree_builder::QuirksMode;
use rustc_hash::FxHashMap;

use super::css::Rule;
use super::node::{Node, NodeRef, same};
use super::tree;

/// The data of a document node.
#[derive(Trace, Finalize)]
pub struct DocumentData {
    /// Connected elements by `id`, unordered; what `getElementById` starts from.
    ids: GcRefCell<FxHashMap<Box<str>, Vec<NodeRef>>>,
    /// Values of `id` and `name` that connected elements have had: what named access may find.
    #[unsafe_ignore_trace]
    names: RefCell<FxHashMap<Box<str>, ()>>,
    /// Names first seen since [`DocumentData::take_new_names`].
    #[unsafe_ignore_trace]
    new_names: RefCell<Vec<Box<str>>>,
    /// The rules of the document's style sheets, until one of them changes.
    #[unsafe_ignore_trace]
    pub(super) rules: RefCell<Option<Rc<[Rule]>>>,
    /// Quirks mode, as the parser found it.
    #[unsafe_ignore_trace]
    pub quirks: Cell<QuirksMode>,
    /// Whether it is an HTML document (element names fold to lower case).
    #[unsafe_ignore_trace]
    pub is_html: bool,
    /// `text/html` and the like.
    #[unsafe_ignore_trace]
    pub content_type: &'static str,
}

impl DocumentData {
    /// An empty document; `content_type` decides whether it is HTML.
    #[must_use]
    pub fn new(content_type: &'static str) -> Self {
        Self {
            ids: GcRefCell::default(),
            names: RefCell::default(),
            new_names: RefCell::default(),
            rules: RefCell::default(),
            quirks: Cell::new(QuirksMode::NoQuirks),
            is_html: content_type == "text/html",
            content_type,
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
        let list = ids.get(id)?;
        let mut first = list.first()?;
        for node in &list[1..] {
            if !same(node, first) && tree::is_before(node, first) {
                first = node;
            }
        }
        Some(first.clone())
    }

    /// Remembers a value of `id` or `name` for named access.
    pub(super) fn note_name(&self, name: &str) {
        if name.is_empty() || self.names.borrow().contains_key(name) {
            return;
        }
        self.names.borrow_mut().insert(name.into(), ());
        self.new_names.borrow_mut().push(name.into());
    }

    /// Whether an element with this `id` or `name` was ever connected: false answers named access at once.
    #[must_use]
    pub fn knows_name(&self, name: &str) -> bool {
        self.names.borrow().contains_key(name)
    }

    /// The names first seen since the last call.
    #[must_use]
    pub fn take_new_names(&self) -> Vec<Box<str>> {
        if self.new_names.borrow().is_empty() { Vec::new() } else { self.new_names.take() }
    }
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
