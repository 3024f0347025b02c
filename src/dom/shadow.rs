//! Shadow trees ([DOM §4.8](https://dom.spec.whatwg.org/#interface-shadowroot)): hosts and their roots, what is above a
//! node across them, and the flat tree, which is what a person sees.
//!
//! Where no tree of this thread ever had a shadow root, nobody pays for them but with a look at a flag
//! (`is_watched` in [`super::document`]).

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use boa_gc::{Finalize, Gc, GcRefCell, Trace};
use html5ever::ns;

use super::custom::{self, Custom};
use super::document::{SHADOWS, is_watched, mutated, watch};
use super::node::{CONNECTED, ElementData, HOSTS_FOCUS, IN_SHADOW, Node, NodeKind, NodeRef, same};
use super::observe::ObserverQueue;
use super::sheets::Sheets;
use super::slots::{self, Slot};
use super::tree;

/// What few elements have: a shadow root, what a slot is given, what a custom element is.
#[derive(Trace, Finalize, Default)]
pub struct Extra {
    shadow: Option<NodeRef>,
    /// Of a slot.
    pub(super) slot: Option<Slot>,
    /// Of an element that is custom, may become it, or has an `is` value.
    pub(super) custom: Option<Custom>,
}

impl ElementData {
    /// Runs `f` on what few elements have, made now if it was not there.
    pub(super) fn with_extra<R>(&self, f: impl FnOnce(&mut Extra) -> R) -> R {
        let mut extra = self.extra.take();
        let result = f(extra.get_or_insert_default());
        self.extra.set(extra);
        result
    }

    /// Runs `f` on it, if it is there; `f` asks nothing of this element.
    pub(super) fn peek_extra<R>(&self, f: impl FnOnce(&Extra) -> Option<R>) -> Option<R> {
        let extra = self.extra.take();
        let result = extra.as_deref().and_then(f);
        self.extra.set(extra);
        result
    }
}

/// What `attachShadow` is told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "the members of ShadowRootInit")]
pub struct Init {
    /// `mode` is `open`.
    pub is_open: bool,
    /// `delegatesFocus`
    pub delegates_focus: bool,
    /// `slotAssignment` is `manual`.
    pub is_manual: bool,
    /// `clonable`
    pub is_clonable: bool,
    /// `serializable`
    pub is_serializable: bool,
}

/// The data of a shadow root.
#[derive(Trace, Finalize)]
pub struct ShadowData {
    host: NodeRef,
    /// What `attachShadow` was told.
    #[unsafe_ignore_trace]
    pub init: Init,
    /// Who hears of changes of slots.
    pub(super) queue: Gc<ObserverQueue>,
    /// Its slots in tree order, until one comes or goes.
    pub(super) slots: GcRefCell<Option<Vec<NodeRef>>>,
    /// Whether children of the host came or went since the slots were given theirs.
    #[unsafe_ignore_trace]
    pub(super) is_stale: Cell<bool>,
    /// The rules of its style sheets, and the number of changes when they were read.
    #[unsafe_ignore_trace]
    pub(super) rules: RefCell<Option<(u64, Rc<Sheets>)>>,
}

/// Whether any tree of this thread ever had a shadow root.
#[must_use]
#[inline]
pub fn is_used() -> bool {
    is_watched(SHADOWS)
}

/// Attaches a shadow root to an element that has none; its slots' changes are told to `queue`.
pub fn attach(host: &NodeRef, init: Init, queue: &Gc<ObserverQueue>) -> Option<NodeRef> {
    watch(SHADOWS);
    let data = ShadowData {
        host: host.clone(),
        init,
        queue: queue.clone(),
        slots: GcRefCell::default(),
        is_stale: Cell::new(true),
        rules: RefCell::default(),
    };
    let root = Node::shadow(host.owner_document().as_ref()?, data);
    root.set_flag(CONNECTED | IN_SHADOW, host.is_connected());
    host.as_element()?.with_extra(|extra| extra.shadow = Some(root.clone()));
    mutated();
    Some(root)
}

/// The shadow root of an element.
#[must_use]
#[inline]
pub fn root_at(host: &Node) -> Option<NodeRef> {
    if !is_used() {
        return None;
    }
    host.as_element()?.peek_extra(|extra| extra.shadow.clone())
}

/// What a shadow root was told, if this is one.
#[must_use]
pub fn data(node: &Node) -> Option<&ShadowData> {
    if let NodeKind::Shadow(data) = node.kind() { Some(data) } else { None }
}

/// The host of a shadow root.
#[must_use]
pub fn host(node: &Node) -> Option<NodeRef> {
    data(node).map(|data| data.host.clone())
}

/// The shadow root at the root of a node's tree.
#[must_use]
pub fn containing(node: &NodeRef) -> Option<NodeRef> {
    if !is_used() || node.is_connected() && !node.flag(IN_SHADOW) {
        return None;
    }
    Some(tree::root_of(node)).filter(|root| data(root).is_some())
}

/// Whether a connected node is in a shadow tree: its document does not find it.
#[must_use]
#[inline]
pub fn is_in_shadow(node: &Node) -> bool {
    node.flag(IN_SHADOW)
}

/// The parent, or of a shadow root its host.
#[must_use]
pub fn parent(node: &Node) -> Option<NodeRef> {
    node.parent().or_else(|| host(node))
}

/// What is above a node, across shadow roots ("shadow-including ancestors").
pub fn ancestors(node: &NodeRef) -> impl Iterator<Item = NodeRef> + use<> {
    std::iter::successors(parent(node), |at| parent(at))
}

/// The root across shadow roots ("shadow-including root").
#[must_use]
pub fn root_of(node: &NodeRef) -> NodeRef {
    ancestors(node).last().unwrap_or_else(|| node.clone())
}

/// Whether `ancestor` is `node` or above it, across shadow roots.
#[must_use]
pub fn is_inclusive_ancestor(ancestor: &NodeRef, node: &NodeRef) -> bool {
    same(ancestor, node) || ancestors(node).any(|above| same(&above, ancestor))
}

/// What of a node may be known where `at` is ([retarget](https://dom.spec.whatwg.org/#retarget)); none: outside of all
/// trees.
#[must_use]
pub fn retarget(node: &NodeRef, at: Option<&NodeRef>) -> NodeRef {
    let mut node = node.clone();
    while let Some(root) = containing(&node) {
        if at.is_some_and(|at| is_inclusive_ancestor(&root, at)) {
            break;
        }
        let Some(host) = host(&root) else { break };
        node = host;
    }
    node
}

/// Something under a node gets the focus or loses it: `:focus` matches the hosts above.
pub(super) fn mark_hosts(node: &Node, on: bool) {
    if !is_used() {
        return;
    }
    let mut at = parent(node);
    while let Some(above) = at {
        if data(&above).is_some()
            && let Some(host) = host(&above)
        {
            host.set_flag(HOSTS_FOCUS, on);
        }
        at = parent(&above);
    }
}

/// Something under a node has left with the focus.
pub(super) fn focus_left(parent: &NodeRef) {
    if let Some(host) = host(parent) {
        host.set_flag(HOSTS_FOCUS, false);
    }
    mark_hosts(parent, false);
}

/// Whether `:focus` matches an element: it has the focus, or something in its shadow tree has.
#[must_use]
pub fn is_focus(element: &Node) -> bool {
    element.is_focused() || element.flag(HOSTS_FOCUS)
}

/// Whether an element may have a shadow root (DOM, "attach a shadow root").
#[must_use]
pub fn may_host(element: &Node) -> bool {
    const HOSTS: [&str; 18] = [
        "article",
        "aside",
        "blockquote",
        "body",
        "div",
        "footer",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "main",
        "nav",
        "p",
        "section",
        "span",
    ];
    let name = element.html_name();
    HOSTS.contains(&name) || custom::is_valid_name(name)
}

/// The nodes of a subtree in tree order, each shadow tree after its host and before the host's children.
pub struct Composed {
    top: NodeRef,
    next: Option<NodeRef>,
    /// Hosts whose children are still to come, and the tops of their walks.
    left: Vec<(NodeRef, NodeRef)>,
}

/// Walks a subtree with all shadow trees in it.
#[must_use]
pub fn composed(top: &NodeRef) -> Composed {
    Composed { top: top.clone(), next: Some(top.clone()), left: Vec::new() }
}

impl Composed {
    /// Whether the next node is in a shadow tree of the subtree.
    #[must_use]
    pub fn is_within(&self) -> bool {
        !self.left.is_empty()
    }
}

impl Iterator for Composed {
    type Item = NodeRef;

    fn next(&mut self) -> Option<NodeRef> {
        let node = self.next.take()?;
        self.next = match root_at(&node) {
            Some(root) => {
                self.left.push((node.clone(), std::mem::replace(&mut self.top, root.clone())));
                Some(root)
            }
            None => tree::next_in(&node, &self.top),
        };
        while self.next.is_none() {
            let Some((host, top)) = self.left.pop() else { break };
            self.top = top;
            self.next = tree::next_in(&host, &self.top);
        }
        Some(node)
    }
}

/// The children of a node in the flat tree ([CSS Scoping §3.1](https://drafts.csswg.org/css-scoping/#flattening)): of a host
/// those of its shadow root, of a slot what it is given, or if that is nothing its own.
#[must_use]
pub fn flat_children(node: &NodeRef) -> FlatChildren {
    if !is_used() {
        return FlatChildren::Siblings(node.first_child());
    }
    if let Some(root) = root_at(node) {
        return FlatChildren::Siblings(root.first_child());
    }
    if node.is_html("slot") && containing(node).is_some() {
        let assigned = slots::assigned(node);
        if !assigned.is_empty() {
            return FlatChildren::Assigned(assigned.into_iter());
        }
    }
    FlatChildren::Siblings(node.first_child())
}

/// The children of a node in the flat tree, in order.
pub enum FlatChildren {
    /// This one and its siblings after it.
    Siblings(Option<NodeRef>),
    /// What a slot is given.
    Assigned(std::vec::IntoIter<NodeRef>),
}

impl Iterator for FlatChildren {
    type Item = NodeRef;

    fn next(&mut self) -> Option<NodeRef> {
        match self {
            Self::Siblings(next) => {
                let node = next.take()?;
                *next = node.next_sibling();
                Some(node)
            }
            Self::Assigned(list) => list.next(),
        }
    }
}

/// The parent of a node in the flat tree, if that is an element; none as well for what is not in it.
#[must_use]
pub fn flat_parent(node: &NodeRef) -> Option<NodeRef> {
    if !is_used() {
        return tree::parent_element(node);
    }
    let parent = node.parent()?;
    if let Some(host) = host(&parent) {
        return Some(host);
    }
    if root_at(&parent).is_some() {
        return slots::assigned_slot(node);
    }
    parent.as_element().is_some().then_some(parent)
}

/// Whether a node has no place in the flat tree: a child of a host that no slot takes, what is in a slot that was given
/// something, or below one of these.
#[must_use]
pub fn is_out(node: &NodeRef) -> bool {
    if !is_used() {
        return false;
    }
    let mut at = node.clone();
    loop {
        let Some(parent) = at.parent() else {
            match host(&at) {
                Some(host) => at = host,
                None => return false,
            }
            continue;
        };
        if root_at(&parent).is_some() {
            let Some(slot) = slots::assigned_slot(&at) else { return true };
            at = slot;
            continue;
        }
        if is_filled_slot(&parent) {
            return true;
        }
        at = parent;
    }
}

/// Whether a slot is given something, and so does not show its own children.
pub(super) fn is_filled_slot(node: &NodeRef) -> bool {
    is_used()
        && node.as_element().is_some_and(|element| element.name.ns == ns!(html) && &*element.name.local == "slot")
        && containing(node).is_some()
        && !slots::assigned(node).is_empty()
}
