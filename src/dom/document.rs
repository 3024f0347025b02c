//! What a document keeps beside its children.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use boa_gc::{Finalize, GcRefCell, Trace};
use html5ever::tree_builder::QuirksMode;
use rustc_hash::{FxHashMap, FxHashSet};

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
    names: RefCell<FxHashSet<Box<str>>>,
    /// Those of them that the document itself may have as properties.
    #[unsafe_ignore_trace]
    document_names: RefCell<FxHashSet<Box<str>>>,
    /// Document names first seen since [`DocumentData::take_new_names`].
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
            document_names: RefCell::default(),
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

    /// Remembers a value of `id` or `name` for named access. Only some elements are properties of the document (HTML
    /// §3.1.6): an input called `count` must not hide a global `count` from inline handlers.
    pub(super) fn note_name(&self, name: &str, element: &Node, is_id: bool) {
        if name.is_empty() {
            return;
        }
        if !self.names.borrow().contains(name) {
            self.names.borrow_mut().insert(name.into());
        }
        let of_document = match element.html_name() {
            "embed" | "form" | "iframe" => !is_id,
            "img" | "object" => true,
            _ => false,
        };
        if of_document && !self.document_names.borrow().contains(name) {
            self.document_names.borrow_mut().insert(name.into());
            self.new_names.borrow_mut().push(name.into());
        }
    }

    /// Whether an element with this `id` or `name` was ever connected: false answers named access at once.
    #[must_use]
    pub fn knows_name(&self, name: &str) -> bool {
        self.names.borrow().contains(name)
    }

    /// Whether an embed, form, iframe, image or object of this name was ever connected.
    #[must_use]
    pub fn knows_document_name(&self, name: &str) -> bool {
        self.document_names.borrow().contains(name)
    }

    /// How many connected elements have this id.
    #[must_use]
    pub fn count_by_id(&self, id: &str) -> usize {
        self.ids.borrow().get(id).map_or(0, Vec::len)
    }

    /// The document names first seen since the last call.
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
