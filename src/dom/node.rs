//! The node: one collected cell for every kind of node.

use std::any::Any;
use std::cell::{Cell, RefCell};

use boa_gc::{Finalize, Gc, GcRefCell, Trace};
use html5ever::{LocalName, QualName, ns};

use super::attributes::Attribute;
use super::document::DocumentData;
use super::form::Control;
use super::observe::Watchers;
use super::shadow::{Extra, ShadowData};
use crate::base::interrupt;

/// A handle of a node; equality is identity ([`same`]).
pub type NodeRef = Gc<Node>;

/// What the script side keeps on a node: traced with it, never looked into by the tree.
pub trait ScriptSlot: Trace + Any {
    /// For the owner of the slot to get its own type back.
    fn as_any(&self) -> &dyn Any;
}

/// A link to another node.
pub type Link = Cell<Option<NodeRef>>;

/// A node of the tree (DOM §4.4).
#[derive(Trace, Finalize)]
pub struct Node {
    pub(super) parent: Link,
    pub(super) first_child: Link,
    pub(super) last_child: Link,
    pub(super) previous: Link,
    pub(super) next: Link,
    pub(super) owner: Link,
    #[unsafe_ignore_trace]
    pub(super) flags: Cell<u16>,
    /// The count of changes when it was put where it is, of which the lower half is kept.
    #[unsafe_ignore_trace]
    pub(super) placed: Cell<u32>,
    /// How often children came or went, and how often elements among them.
    #[unsafe_ignore_trace]
    pub(super) child_changes: Cell<(u32, u32)>,
    /// Mutation observers registered here.
    pub(super) watchers: Cell<Option<Box<Watchers>>>,
    kind: NodeKind,
    slot: GcRefCell<Option<Box<dyn ScriptSlot>>>,
    #[unsafe_ignore_trace]
    counted: Counted,
}

/// The node's tree has a document as its root.
pub(super) const CONNECTED: u16 = 1;
const SCRIPT_STARTED: u16 = 2;
const PARSER_INSERTED: u16 = 4;
const SCRIPT_NON_BLOCKING: u16 = 8;
/// The element has the focus; it loses it when it leaves the document.
pub(super) const FOCUSED: u16 = 16;
/// A rendering opportunity has seen the element since it was connected.
pub(super) const STYLED: u16 = 32;
/// The node is connected, and the root of its tree is a shadow root.
pub(super) const IN_SHADOW: u16 = 64;
/// The node is the contents of a template.
pub(super) const INERT: u16 = 128;
/// Something in the element's shadow tree has the focus.
pub(super) const HOSTS_FOCUS: u16 = 256;
/// There is or was a list of what is under the node, made while it was in no document. The bits above are
/// [`super::form::Doing`]'s.
pub(super) const LISTED: u16 = 512;

/// What a node is (DOM §4.4, nodeType).
#[derive(Trace, Finalize)]
pub enum NodeKind {
    /// A document.
    Document(Box<DocumentData>),
    /// An element.
    Element(ElementData),
    /// A text node.
    Text(CharacterData),
    /// A comment.
    Comment(CharacterData),
    /// A CDATA section (XML only).
    CData(CharacterData),
    /// A processing instruction.
    ProcessingInstruction(#[unsafe_ignore_trace] Box<str>, CharacterData),
    /// A document type.
    Doctype(#[unsafe_ignore_trace] Box<Doctype>),
    /// A document fragment, also a template's contents.
    Fragment,
    /// A shadow root, which is a document fragment with a host.
    Shadow(Box<ShadowData>),
    /// An attribute that script asked for as a node.
    Attr(AttrData),
}

/// The data of text, comments and the like.
#[derive(Trace, Finalize)]
pub struct CharacterData(#[unsafe_ignore_trace] pub RefCell<String>);

/// A document type's three strings.
pub struct Doctype {
    /// `html`
    pub name: String,
    /// The public identifier, mostly empty.
    pub public_id: String,
    /// The system identifier, mostly empty.
    pub system_id: String,
}

/// An attribute node: with an owner it is a view of the owner's attribute, without one it keeps its own value.
#[derive(Trace, Finalize)]
pub struct AttrData {
    /// The attribute's name.
    #[unsafe_ignore_trace]
    pub name: QualName,
    /// The value while there is no owner.
    #[unsafe_ignore_trace]
    pub value: RefCell<String>,
    /// The element it belongs to.
    pub owner: Link,
}

/// What an element is made of.
#[derive(Trace, Finalize)]
pub struct ElementData {
    /// Qualified name.
    #[unsafe_ignore_trace]
    pub name: QualName,
    pub(super) attributes: GcRefCell<Vec<Attribute>>,
    /// State of a form control, made at first use.
    #[unsafe_ignore_trace]
    pub(super) control: RefCell<Option<Box<Control>>>,
    /// A template's contents.
    pub template: Link,
    /// The form that the parser associated a control with.
    pub(super) parser_form: Link,
    /// What few elements have.
    pub(super) extra: Cell<Option<Box<Extra>>>,
}

/// Reads a link without moving the node out.
#[inline]
pub fn get(link: &Link) -> Option<NodeRef> {
    let value = link.take();
    let copy = value.clone();
    link.set(value);
    copy
}

/// Whether two handles are the same node.
#[must_use]
#[inline]
pub fn same(a: &NodeRef, b: &NodeRef) -> bool {
    Gc::ptr_eq(a, b)
}

thread_local! {
    static NODES: Cell<u64> = const { Cell::new(0) };
    static NODES_MAX: Cell<u64> = const { Cell::new(u64::MAX) };
    static MADE: Cell<u64> = const { Cell::new(0) };
}

/// Past so many nodes of this thread's documents the turn is cut short.
pub fn set_bound(nodes_max: u64) {
    NODES_MAX.set(nodes_max);
}

/// One node among those of this thread, and the how manieth it is.
struct Counted(u64);

impl Counted {
    fn new() -> Self {
        if NODES.get() >= NODES_MAX.get() {
            Self::crowd();
        }
        NODES.set(NODES.get() + 1);
        MADE.set(MADE.get() + 1);
        Self(MADE.get())
    }

    /// There are too many, unless some are nobody's any more.
    #[cold]
    fn crowd() {
        if !interrupt::is_raised() {
            boa_gc::force_collect();
            if NODES.get() >= NODES_MAX.get() {
                interrupt::raise_limit("dom_nodes", NODES_MAX.get());
            }
        }
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        NODES.set(NODES.get() - 1);
    }
}

impl Node {
    fn make(kind: NodeKind, owner: Option<NodeRef>) -> NodeRef {
        let connected = matches!(kind, NodeKind::Document(_));
        Gc::new(Self {
            parent: Cell::default(),
            first_child: Cell::default(),
            last_child: Cell::default(),
            previous: Cell::default(),
            next: Cell::default(),
            owner: Cell::new(owner),
            flags: Cell::new(if connected { CONNECTED } else { 0 }),
            placed: Cell::new(0),
            child_changes: Cell::default(),
            watchers: Cell::default(),
            kind,
            slot: GcRefCell::new(None),
            counted: Counted::new(),
        })
    }

    /// A new document.
    #[must_use]
    pub fn document(data: DocumentData) -> NodeRef {
        Self::make(NodeKind::Document(Box::new(data)), None)
    }

    /// A new element of `owner`, not in a tree.
    #[must_use]
    pub fn element(owner: &NodeRef, name: QualName, attributes: Vec<Attribute>) -> NodeRef {
        let template =
            (name.local == *"template" && name.ns == ns!(html)).then(|| super::custom::template_contents(owner));
        let data = ElementData {
            name,
            attributes: GcRefCell::new(attributes),
            control: RefCell::new(None),
            template: Cell::new(template),
            parser_form: Cell::default(),
            extra: Cell::default(),
        };
        Self::make(NodeKind::Element(data), Some(owner.clone()))
    }

    /// A new HTML element with no attributes.
    #[must_use]
    pub fn html_element(owner: &NodeRef, local: &str) -> NodeRef {
        Self::element(owner, QualName::new(None, ns!(html), LocalName::from(local)), Vec::new())
    }

    /// A new text node.
    #[must_use]
    pub fn text(owner: &NodeRef, data: String) -> NodeRef {
        Self::make(NodeKind::Text(CharacterData(RefCell::new(data))), Some(owner.clone()))
    }

    /// A new comment.
    #[must_use]
    pub fn comment(owner: &NodeRef, data: String) -> NodeRef {
        Self::make(NodeKind::Comment(CharacterData(RefCell::new(data))), Some(owner.clone()))
    }

    /// A new CDATA section.
    #[must_use]
    pub fn cdata(owner: &NodeRef, data: String) -> NodeRef {
        Self::make(NodeKind::CData(CharacterData(RefCell::new(data))), Some(owner.clone()))
    }

    /// A new processing instruction.
    #[must_use]
    pub fn processing_instruction(owner: &NodeRef, target: &str, data: String) -> NodeRef {
        let kind = NodeKind::ProcessingInstruction(target.into(), CharacterData(RefCell::new(data)));
        Self::make(kind, Some(owner.clone()))
    }

    /// A new document type.
    #[must_use]
    pub fn doctype(owner: &NodeRef, doctype: Doctype) -> NodeRef {
        Self::make(NodeKind::Doctype(Box::new(doctype)), Some(owner.clone()))
    }

    /// A new, empty document fragment.
    #[must_use]
    pub fn fragment(owner: &NodeRef) -> NodeRef {
        Self::make(NodeKind::Fragment, Some(owner.clone()))
    }

    /// A new shadow root.
    pub(super) fn shadow(owner: &NodeRef, data: ShadowData) -> NodeRef {
        Self::make(NodeKind::Shadow(Box::new(data)), Some(owner.clone()))
    }

    /// A new attribute node.
    #[must_use]
    pub fn attr(owner: &NodeRef, name: QualName, value: String, element: Option<NodeRef>) -> NodeRef {
        let data = AttrData { name, value: RefCell::new(value), owner: Cell::new(element) };
        Self::make(NodeKind::Attr(data), Some(owner.clone()))
    }

    /// A number that no other node of this thread has, had or will have: names the node without keeping it.
    #[must_use]
    pub fn serial(&self) -> u64 {
        self.counted.0
    }

    /// What this node is.
    #[must_use]
    #[inline]
    pub fn kind(&self) -> &NodeKind {
        &self.kind
    }

    /// The element's data, if this is an element.
    #[must_use]
    #[inline]
    pub fn as_element(&self) -> Option<&ElementData> {
        if let NodeKind::Element(data) = &self.kind { Some(data) } else { None }
    }

    /// The document's data, if this is a document.
    #[must_use]
    pub fn as_document(&self) -> Option<&DocumentData> {
        if let NodeKind::Document(data) = &self.kind { Some(data) } else { None }
    }

    /// Whether a rendering opportunity has seen the element since it was connected; from now on one has.
    pub fn was_styled(&self) -> bool {
        let was = self.flags.get() & STYLED != 0;
        self.set_flag(STYLED, true);
        was
    }

    /// The character data of text, comments, CDATA sections and processing instructions.
    #[must_use]
    pub fn character_data(&self) -> Option<&RefCell<String>> {
        match &self.kind {
            NodeKind::Text(data)
            | NodeKind::Comment(data)
            | NodeKind::CData(data)
            | NodeKind::ProcessingInstruction(_, data) => Some(&data.0),
            _ => None,
        }
    }

    /// Whether this is a text node (CDATA sections are text).
    #[must_use]
    pub fn is_text(&self) -> bool {
        matches!(self.kind, NodeKind::Text(_) | NodeKind::CData(_))
    }

    /// Whether this is a document fragment; a shadow root is one.
    #[must_use]
    pub fn is_fragment(&self) -> bool {
        matches!(self.kind, NodeKind::Fragment | NodeKind::Shadow(_))
    }

    /// Whether this is an HTML element with this local name.
    #[must_use]
    pub fn is_html(&self, local: &str) -> bool {
        self.as_element().is_some_and(|e| e.name.ns == ns!(html) && &*e.name.local == local)
    }

    /// The local name of an HTML element, or the empty string.
    #[must_use]
    pub fn html_name(&self) -> &str {
        match &self.kind {
            NodeKind::Element(e) if e.name.ns == ns!(html) => &e.name.local,
            _ => "",
        }
    }

    /// nodeType (DOM §4.4).
    #[must_use]
    pub fn node_type(&self) -> u16 {
        match self.kind {
            NodeKind::Element(_) => 1,
            NodeKind::Attr(_) => 2,
            NodeKind::Text(_) => 3,
            NodeKind::CData(_) => 4,
            NodeKind::ProcessingInstruction(..) => 7,
            NodeKind::Comment(_) => 8,
            NodeKind::Document(_) => 9,
            NodeKind::Doctype(_) => 10,
            NodeKind::Fragment | NodeKind::Shadow(_) => 11,
        }
    }

    /// The document this node belongs to; a document belongs to itself and answers `None`.
    #[must_use]
    pub fn owner_document(&self) -> Option<NodeRef> {
        get(&self.owner)
    }

    /// The parent node.
    #[must_use]
    #[inline]
    pub fn parent(&self) -> Option<NodeRef> {
        get(&self.parent)
    }

    /// The first child.
    #[must_use]
    #[inline]
    pub fn first_child(&self) -> Option<NodeRef> {
        get(&self.first_child)
    }

    /// The last child.
    #[must_use]
    #[inline]
    pub fn last_child(&self) -> Option<NodeRef> {
        get(&self.last_child)
    }

    /// The sibling before this one.
    #[must_use]
    #[inline]
    pub fn previous_sibling(&self) -> Option<NodeRef> {
        get(&self.previous)
    }

    /// The sibling after this one.
    #[must_use]
    #[inline]
    pub fn next_sibling(&self) -> Option<NodeRef> {
        get(&self.next)
    }

    /// The script side's slot.
    #[must_use]
    pub fn slot(&self) -> &GcRefCell<Option<Box<dyn ScriptSlot>>> {
        &self.slot
    }

    /// Whether the root of this node's tree is a document (DOM "connected").
    #[must_use]
    pub fn is_connected(&self) -> bool {
        self.flag(CONNECTED)
    }

    pub(super) fn flag(&self, flag: u16) -> bool {
        self.flags.get() & flag != 0
    }

    pub(super) fn set_flag(&self, flag: u16, on: bool) {
        let flags = self.flags.get();
        self.flags.set(if on { flags | flag } else { flags & !flag });
    }

    /// Whether this element has the focus.
    #[must_use]
    pub fn is_focused(&self) -> bool {
        self.flag(FOCUSED)
    }

    pub(super) fn flag_focused(&self, on: bool) {
        self.set_flag(FOCUSED, on);
    }

    /// A script element's "already started" (HTML §4.12.1).
    #[must_use]
    pub fn script_started(&self) -> bool {
        self.flag(SCRIPT_STARTED)
    }

    /// Sets "already started".
    pub fn set_script_started(&self, on: bool) {
        self.set_flag(SCRIPT_STARTED, on);
    }

    /// Whether the parser made this script element and it still counts as such.
    #[must_use]
    pub fn parser_inserted(&self) -> bool {
        self.flag(PARSER_INSERTED)
    }

    /// Sets "parser inserted".
    pub fn set_parser_inserted(&self, on: bool) {
        self.set_flag(PARSER_INSERTED, on);
    }

    /// A script element whose `async` was set to false by script: it runs in order of insertion.
    #[must_use]
    pub fn script_in_order(&self) -> bool {
        self.flag(SCRIPT_NON_BLOCKING)
    }

    /// Sets [`Self::script_in_order`].
    pub fn set_script_in_order(&self, on: bool) {
        self.set_flag(SCRIPT_NON_BLOCKING, on);
    }
}
