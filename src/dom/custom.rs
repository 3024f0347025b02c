//! Custom elements as far as the tree goes ([HTML §4.13](https://html.spec.whatwg.org/multipage/custom-elements.html)): what is
//! defined, what state an element is in, and the reactions that changes of the tree queue.
//!
//! Reactions run when the native that led to them ends ([`Reactions::enter`], [`Reactions::leave`]); what leads to some
//! while none runs, as the parser does, has them run in a microtask.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

use boa_gc::{Finalize, Trace};
use html5ever::{LocalName, Namespace, QualName, ns};
use rustc_hash::FxHashMap;

use super::document::{CUSTOM, DocumentData, is_watched, watch};
use super::node::{INERT, Node, NodeRef};
use super::parse::MetElement;
use super::tree;

/// A definition, as far as the tree needs it.
#[expect(clippy::struct_excessive_bools, reason = "what a class has, one by one")]
pub struct Definition {
    /// Its name.
    pub name: Box<str>,
    /// The local name of its elements: the name, but for customized built-in ones.
    pub local: Box<str>,
    /// Its place among all.
    pub index: usize,
    /// `observedAttributes`; none where there is no `attributeChangedCallback`.
    pub observed: Vec<Box<str>>,
    /// Whether there is a `connectedCallback`.
    pub hears_connected: bool,
    /// Whether there is a `disconnectedCallback`.
    pub hears_disconnected: bool,
    /// Whether there is an `adoptedCallback`.
    pub hears_adopted: bool,
    /// `disabledFeatures` has `shadow`.
    pub disables_shadow: bool,
    /// Where reactions of its elements go.
    pub reactions: Rc<Reactions>,
}

/// The definitions of a document.
pub struct Registry {
    by_name: RefCell<FxHashMap<Box<str>, Rc<Definition>>>,
    /// Where reactions go.
    pub reactions: Rc<Reactions>,
}

impl Registry {
    /// No definition yet; `notify` is called where reactions are left for a microtask.
    #[must_use]
    pub fn new(notify: Box<dyn Fn()>) -> Self {
        let reactions =
            Reactions { depth: Cell::new(0), pending: RefCell::default(), left: RefCell::default(), notify };
        Self { by_name: RefCell::default(), reactions: Rc::new(reactions) }
    }

    /// Adds a definition.
    pub fn add(&self, definition: Rc<Definition>) {
        watch(CUSTOM);
        self.by_name.borrow_mut().insert(definition.name.clone(), definition);
    }

    /// The definition of a name.
    #[must_use]
    pub fn named(&self, name: &str) -> Option<Rc<Definition>> {
        self.by_name.borrow().get(name).cloned()
    }

    /// The definition of an HTML element ("look up a custom element definition").
    #[must_use]
    pub fn find(&self, local: &str, is: Option<&str>) -> Option<Rc<Definition>> {
        let found = |name: &str| self.named(name).filter(|definition| *definition.local == *local);
        found(local).filter(|definition| definition.name == definition.local).or_else(|| found(is?))
    }
}

/// Elements with reactions that have not run.
pub struct Reactions {
    depth: Cell<usize>,
    pending: RefCell<Vec<NodeRef>>,
    left: RefCell<Vec<NodeRef>>,
    notify: Box<dyn Fn()>,
}

impl Reactions {
    /// A native begins; what it returns is for [`Self::leave`].
    #[must_use]
    pub fn enter(&self) -> usize {
        self.depth.set(self.depth.get() + 1);
        self.pending.borrow().len()
    }

    /// It ends: the elements whose reactions it led to.
    #[must_use]
    pub fn leave(&self, start: usize) -> Vec<NodeRef> {
        self.depth.set(self.depth.get().saturating_sub(1));
        let mut pending = self.pending.borrow_mut();
        if pending.len() > start { pending.split_off(start) } else { Vec::new() }
    }

    /// Those that no native led to.
    #[must_use]
    pub fn take_left(&self) -> Vec<NodeRef> {
        std::mem::take(&mut *self.left.borrow_mut())
    }

    fn add(&self, element: &NodeRef) {
        if self.depth.get() > 0 {
            return self.pending.borrow_mut().push(element.clone());
        }
        self.left.borrow_mut().push(element.clone());
        (self.notify)();
    }
}

/// What is done with an element when its turn comes.
#[derive(Trace, Finalize, Clone)]
pub enum Reaction {
    /// It becomes a custom element.
    Upgrade(#[unsafe_ignore_trace] Rc<Definition>),
    /// `connectedCallback`
    Connected,
    /// `disconnectedCallback`
    Disconnected,
    /// `adoptedCallback`, with the old document and the new one.
    Adopted(NodeRef, NodeRef),
    /// `attributeChangedCallback`
    Attribute(#[unsafe_ignore_trace] Box<AttributeChange>),
}

/// What an attribute was and is.
#[derive(Clone)]
pub struct AttributeChange {
    /// Its local name.
    pub name: LocalName,
    /// Its namespace.
    pub namespace: Namespace,
    /// The value before.
    pub old: Option<String>,
    /// The value now.
    pub new: Option<String>,
}

/// Custom element state (DOM §4.9).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum State {
    /// Not defined, or not yet.
    #[default]
    Undefined,
    /// Its constructor threw.
    Failed,
    /// Its constructor runs.
    Precustomized,
    /// It is a custom element.
    Custom,
}

/// What an element has of this.
#[derive(Trace, Finalize, Default)]
pub struct Custom {
    #[unsafe_ignore_trace]
    state: State,
    #[unsafe_ignore_trace]
    is: Option<Box<str>>,
    #[unsafe_ignore_trace]
    definition: Option<Rc<Definition>>,
    reactions: VecDeque<Reaction>,
}

/// Whether anything was ever defined on this thread.
#[must_use]
#[inline]
pub fn is_used() -> bool {
    is_watched(CUSTOM)
}

/// Whether a name may be that of a custom element
/// ([valid custom element name](https://html.spec.whatwg.org/multipage/custom-elements.html#valid-custom-element-name)).
#[must_use]
pub fn is_valid_name(name: &str) -> bool {
    const RESERVED: [&str; 8] = [
        "annotation-xml",
        "color-profile",
        "font-face",
        "font-face-src",
        "font-face-uri",
        "font-face-format",
        "font-face-name",
        "missing-glyph",
    ];
    name.contains('-')
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && !name.contains(|c: char| c.is_ascii_uppercase() || c.is_ascii_whitespace() || matches!(c, '\0' | '/' | '>'))
        && !RESERVED.contains(&name)
}

fn with<R>(element: &Node, f: impl FnOnce(&mut Custom) -> R) -> Option<R> {
    Some(element.as_element()?.with_extra(|extra| f(extra.custom.get_or_insert_default())))
}

fn peek<R>(element: &Node, f: impl FnOnce(&Custom) -> Option<R>) -> Option<R> {
    element.as_element()?.peek_extra(|extra| extra.custom.as_ref().and_then(f))
}

/// The state of an element.
#[must_use]
pub fn state(element: &Node) -> State {
    peek(element, |custom| Some(custom.state)).unwrap_or_default()
}

/// Whether `:defined` matches.
#[must_use]
pub fn is_defined(element: &Node) -> bool {
    let is_plain = || !is_valid_name(element.html_name());
    peek(element, |custom| Some((custom.state, custom.is.is_some()))).map_or_else(is_plain, |(state, has_is)| {
        match state {
            State::Custom => true,
            State::Undefined => element.html_name().is_empty() || !has_is && is_plain(),
            State::Failed | State::Precustomized => false,
        }
    })
}

/// The `is` value of an element.
#[must_use]
pub fn is_value(element: &Node) -> Option<Box<str>> {
    peek(element, |custom| custom.is.clone())
}

/// Gives an element its `is` value.
pub fn set_is(element: &Node, is: &str) {
    with(element, |custom| custom.is = Some(is.into()));
}

/// The definition of a custom element.
#[must_use]
pub fn definition_of(element: &Node) -> Option<Rc<Definition>> {
    peek(element, |custom| custom.definition.clone())
}

/// Sets the state, and the definition that goes with it.
pub fn set_state(element: &Node, state: State, definition: Option<Rc<Definition>>) {
    with(element, |custom| {
        custom.state = state;
        custom.definition = definition;
        if state == State::Failed && custom.definition.is_none() {
            custom.reactions.clear();
        }
    });
    super::document::mutated();
}

/// Sets the state alone.
pub fn mark(element: &Node, state: State) {
    with(element, |custom| custom.state = state);
}

/// Its constructor has run: it is a custom element.
pub fn become_custom(element: &Node) {
    mark(element, State::Custom);
    super::document::mutated();
}

/// The next reaction of an element.
#[must_use]
pub fn next_reaction(element: &Node) -> Option<Reaction> {
    peek(element, |custom| (!custom.reactions.is_empty()).then_some(()))?;
    with(element, |custom| custom.reactions.pop_front()).flatten()
}

/// The definition that an HTML element of a document would have.
#[must_use]
pub fn lookup(document: &Node, local: &str, is: Option<&str>) -> Option<Rc<Definition>> {
    if !is_used() {
        return None;
    }
    document.as_document()?.registry.borrow().as_ref()?.find(local, is)
}

fn queue(element: &NodeRef, reactions: &Reactions, reaction: Reaction) {
    with(element, |custom| custom.reactions.push_back(reaction));
    reactions.add(element);
}

/// The definition that calls for reactions of an element: one that is custom, or is about to be.
fn reacting(element: &Node) -> Option<Rc<Definition>> {
    definition_of(element)
}

/// Queues what makes it a custom element, where there is a definition ("try to upgrade").
pub fn try_upgrade(element: &NodeRef) {
    if !is_used() {
        return;
    }
    let name = element.html_name();
    let is = is_value(element);
    if is.is_none() && !name.contains('-') || state(element) != State::Undefined {
        return;
    }
    let found = element.owner_document().and_then(|document| lookup(&document, name, is.as_deref()));
    if let Some(definition) = found {
        let reactions = definition.reactions.clone();
        queue(element, &reactions, Reaction::Upgrade(definition));
    }
}

/// An element is in a document now.
pub(super) fn connected(element: &NodeRef) {
    match reacting(element) {
        Some(definition) if definition.hears_connected => queue(element, &definition.reactions, Reaction::Connected),
        Some(_) => {}
        None => try_upgrade(element),
    }
}

/// It no longer is.
pub(super) fn disconnected(element: &NodeRef) {
    if let Some(definition) = reacting(element).filter(|definition| definition.hears_disconnected) {
        queue(element, &definition.reactions, Reaction::Disconnected);
    }
}

/// It has gone over to another document.
pub(super) fn adopted(element: &NodeRef, from: &NodeRef, to: &NodeRef) {
    if let Some(definition) = reacting(element).filter(|definition| definition.hears_adopted) {
        queue(element, &definition.reactions, Reaction::Adopted(from.clone(), to.clone()));
    }
}

/// An attribute has changed.
pub fn attribute_changed(element: &NodeRef, name: &QualName, old: Option<&str>, new: Option<&str>) {
    let Some(definition) = reacting(element) else { return };
    if !definition.observed.iter().any(|observed| **observed == *name.local) {
        return;
    }
    let change = AttributeChange {
        name: name.local.clone(),
        namespace: name.ns.clone(),
        old: old.map(str::to_owned),
        new: new.map(str::to_owned),
    };
    queue(element, &definition.reactions, Reaction::Attribute(Box::new(change)));
}

/// Gives an element its definition before its constructor runs, and queues what it missed ("upgrade an element", to the
/// constructor). False where it is, or cannot become one.
pub fn begin_upgrade(element: &NodeRef, definition: &Rc<Definition>) -> bool {
    if state(element) != State::Undefined {
        return false;
    }
    with(element, |custom| {
        custom.state = State::Failed;
        custom.definition = Some(definition.clone());
    });
    let attributes: Vec<(QualName, String)> = element
        .as_element()
        .map(|data| data.with_attributes(|list| list.iter().map(|a| (a.name.clone(), a.value.clone())).collect()))
        .unwrap_or_default();
    // It runs these itself, right behind its constructor.
    for (name, value) in attributes {
        if definition.observed.iter().any(|observed| **observed == *name.local) {
            let change = AttributeChange { name: name.local, namespace: name.ns, old: None, new: Some(value) };
            with(element, |custom| custom.reactions.push_back(Reaction::Attribute(Box::new(change))));
        }
    }
    if element.is_connected() && definition.hears_connected {
        with(element, |custom| custom.reactions.push_back(Reaction::Connected));
    }
    true
}

/// An element was made as a copy: it becomes custom where there is a definition, unless it is of a template's contents.
pub(super) fn copied(from: &Node, copy: &NodeRef, is_inert: bool) {
    if let Some(is) = is_value(from) {
        set_is(copy, &is);
    }
    if !is_inert {
        try_upgrade(copy);
    }
}

/// Notes what an element that was read says with `is`; one that is to be constructed loses its attributes until then.
pub(super) fn note_parsed(node: &NodeRef, owner: &NodeRef, is_still: bool) -> Option<MetElement> {
    let element = node.as_element().filter(|element| element.name.ns == ns!(html))?;
    let is = element.attr("is");
    if let Some(is) = &is {
        set_is(node, is);
    }
    if is_still || !is_used() {
        return None;
    }
    let definition = lookup(owner, &element.name.local, is.as_deref())?;
    set_state(node, State::Precustomized, None);
    let attributes = std::mem::take(&mut *element.attributes.borrow_mut());
    Some(MetElement { element: node.clone(), attributes, definition })
}

/// The contents of a template, which are of a document of their own: nothing becomes custom in them.
pub(super) fn template_contents(owner: &NodeRef) -> NodeRef {
    let contents = Node::fragment(&inert_document(owner));
    contents.set_flag(INERT, true);
    contents
}

/// The document of what is in the templates of a document: it has no window and no scripts.
pub(super) fn inert_document(document: &NodeRef) -> NodeRef {
    let Some(data) = document.as_document().filter(|data| !data.is_inert.get()) else { return document.clone() };
    if let Some(made) = &*data.inert.borrow() {
        return made.clone();
    }
    let made = DocumentData::new(if data.is_html { "text/html" } else { "application/xml" });
    made.is_inert.set(true);
    made.is_still.set(true);
    *made.url.borrow_mut() = Some("about:blank".to_owned());
    let made = Node::document(made);
    *data.inert.borrow_mut() = Some(made.clone());
    made
}

/// Whether a node is in the contents of a template.
#[must_use]
pub fn is_inert(node: &NodeRef) -> bool {
    tree::root_of(node).flag(INERT)
}
