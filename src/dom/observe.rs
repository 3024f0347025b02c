//! Mutation observers as far as the tree goes (DOM §4.3): who is registered where, and the records of what changed.
//!
//! A node keeps its registered observers alive; an observer knows its nodes weakly, so that an observed tree and its
//! observer go together. Where no observer was ever registered, a change costs one look at a flag
//! (`is_watched` in [`super::document`]).

use std::cell::Cell;
use std::rc::Rc;

use boa_gc::{Finalize, Gc, GcRefCell, Trace, WeakGc};
use html5ever::{LocalName, Namespace, QualName, ns};
use rustc_hash::FxHashMap;

use super::document::{OBSERVERS, is_watched, watch};
use super::node::{Node, NodeRef, ScriptSlot, same};

/// What an observer is told of (MutationObserverInit).
#[derive(Debug, Clone, Default)]
#[expect(clippy::struct_excessive_bools, reason = "the members of MutationObserverInit")]
pub struct Options {
    /// `childList`
    pub child_list: bool,
    /// `attributes`
    pub attributes: bool,
    /// `characterData`
    pub character_data: bool,
    /// `subtree`
    pub subtree: bool,
    /// `attributeOldValue`
    pub attribute_old_value: bool,
    /// `characterDataOldValue`
    pub character_data_old_value: bool,
    /// `attributeFilter`
    pub attribute_filter: Option<Vec<Box<str>>>,
}

/// What changed.
#[derive(Trace, Finalize, Clone)]
pub enum Change {
    /// Children came or went.
    ChildList {
        /// Those that came.
        added: Vec<NodeRef>,
        /// Those that went.
        removed: Vec<NodeRef>,
        /// The sibling before them.
        previous: Option<NodeRef>,
        /// The sibling after them.
        next: Option<NodeRef>,
    },
    /// An attribute was set or removed.
    Attribute {
        /// Its local name.
        #[unsafe_ignore_trace]
        name: LocalName,
        /// Its namespace.
        #[unsafe_ignore_trace]
        namespace: Namespace,
    },
    /// Text changed.
    CharacterData,
}

/// A mutation record.
#[derive(Trace, Finalize, Clone)]
pub struct Record {
    /// The node that changed.
    pub target: NodeRef,
    /// How.
    pub change: Change,
    /// The value before, for those who asked for it.
    #[unsafe_ignore_trace]
    pub old_value: Option<String>,
}

/// Slots that are gone are looked for from so many on.
const BY_HAND_KEPT: usize = 256;

/// What joins the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Joined {
    /// An observer.
    Observer,
    /// A slot.
    Slot,
}

/// The observers of a page that have something to tell.
#[derive(Trace, Finalize)]
pub struct ObserverQueue {
    pending: GcRefCell<Vec<Gc<Observer>>>,
    #[unsafe_ignore_trace]
    made: Cell<u64>,
    /// Slots that have changed ("signal slots").
    signals: GcRefCell<Vec<NodeRef>>,
    /// Which slot a node was given to by hand, by the node's number.
    by_hand: GcRefCell<FxHashMap<u64, WeakGc<Node>>>,
    #[unsafe_ignore_trace]
    notify: Box<dyn Fn(Joined)>,
}

impl ObserverQueue {
    /// An empty queue; `notify` is called whenever an observer or a slot joins it.
    #[must_use]
    pub fn new(notify: Box<dyn Fn(Joined)>) -> Gc<Self> {
        let (signals, by_hand) = (GcRefCell::default(), GcRefCell::default());
        Gc::new(Self { pending: GcRefCell::default(), made: Cell::new(0), signals, by_hand, notify })
    }

    /// A slot has changed.
    pub(super) fn signal(&self, slot: &NodeRef) {
        if !self.signals.borrow().iter().any(|known| same(known, slot)) {
            self.signals.borrow_mut().push(slot.clone());
            (self.notify)(Joined::Slot);
        }
    }

    /// Takes out the slots that have changed, in the order in which they did.
    #[must_use]
    pub fn take_signals(&self) -> Vec<NodeRef> {
        std::mem::take(&mut *self.signals.borrow_mut())
    }

    /// Notes which slot a node is given to by hand, and answers with the one that it was before.
    pub(super) fn set_slot_by_hand(&self, node: &NodeRef, slot: Option<&NodeRef>) -> Option<NodeRef> {
        let mut by_hand = self.by_hand.borrow_mut();
        let before = match slot {
            Some(slot) => by_hand.insert(node.serial(), WeakGc::new(slot)),
            None => by_hand.remove(&node.serial()),
        };
        if by_hand.len() >= BY_HAND_KEPT && by_hand.len().is_power_of_two() {
            by_hand.retain(|_, slot| slot.is_upgradable());
        }
        before.as_ref().and_then(WeakGc::upgrade)
    }

    /// Takes the observers out, in the order in which they joined.
    #[must_use]
    pub fn take(&self) -> Vec<Gc<Observer>> {
        let pending = std::mem::take(&mut *self.pending.borrow_mut());
        for observer in &pending {
            observer.is_pending.set(false);
        }
        pending
    }
}

/// A mutation observer.
#[derive(Trace, Finalize)]
pub struct Observer {
    /// How many were made before it: callbacks run in this order.
    #[unsafe_ignore_trace]
    pub order: u64,
    queue: Gc<ObserverQueue>,
    records: GcRefCell<Vec<Record>>,
    nodes: GcRefCell<Vec<WeakGc<Node>>>,
    /// Nodes with transient registrations of this observer, until its next turn.
    transients: GcRefCell<Vec<NodeRef>>,
    #[unsafe_ignore_trace]
    is_pending: Cell<bool>,
    /// The script side's slot.
    pub slot: GcRefCell<Option<Box<dyn ScriptSlot>>>,
}

impl Observer {
    /// An observer of nothing yet.
    #[must_use]
    pub fn new(queue: &Gc<ObserverQueue>) -> Gc<Self> {
        let order = queue.made.get();
        queue.made.set(order + 1);
        Gc::new(Self {
            order,
            queue: queue.clone(),
            records: GcRefCell::default(),
            nodes: GcRefCell::default(),
            transients: GcRefCell::default(),
            is_pending: Cell::new(false),
            slot: GcRefCell::default(),
        })
    }

    /// Takes the records out.
    #[must_use]
    pub fn take_records(&self) -> Vec<Record> {
        std::mem::take(&mut *self.records.borrow_mut())
    }
}

/// A registration of an observer at a node.
#[derive(Trace, Finalize)]
struct Registered {
    observer: Gc<Observer>,
    #[unsafe_ignore_trace]
    options: Rc<Options>,
    /// A transient registration: it stands in for one of an ancestor that the node was taken from.
    #[unsafe_ignore_trace]
    is_transient: bool,
}

/// A node's registered observer list.
#[derive(Trace, Finalize, Default)]
pub struct Watchers(Vec<Registered>);

/// Runs `f` on a node's registered observers.
fn with_registered<R>(node: &Node, f: impl FnOnce(&mut Vec<Registered>) -> R) -> R {
    let mut watchers = node.watchers.take();
    let result = f(&mut watchers.get_or_insert_default().0);
    node.watchers.set(watchers.filter(|list| !list.0.is_empty()));
    result
}

fn is_watched_node(node: &Node) -> bool {
    let watchers = node.watchers.take();
    let found = watchers.is_some();
    node.watchers.set(watchers);
    found
}

/// Registers an observer at a node, or gives its registration new options (MutationObserver.observe).
pub fn observe(observer: &Gc<Observer>, target: &NodeRef, options: Options) {
    watch(OBSERVERS);
    let options = Rc::new(options);
    let known = with_registered(target, |list| {
        let own = list.iter_mut().find(|one| !one.is_transient && Gc::ptr_eq(&one.observer, observer));
        own.map(|own| std::mem::replace(&mut own.options, options.clone()))
    });
    if let Some(replaced) = known {
        let of_it = |one: &Registered| one.is_transient && Rc::ptr_eq(&one.options, &replaced);
        for node in observer.transients.borrow().iter() {
            with_registered(node, |list| list.retain(|one| !of_it(one)));
        }
        return;
    }
    with_registered(target, |list| {
        list.push(Registered { observer: observer.clone(), options, is_transient: false });
    });
    let mut nodes = observer.nodes.borrow_mut();
    nodes.retain(WeakGc::is_upgradable);
    nodes.push(WeakGc::new(target));
}

/// Takes an observer off all nodes and drops its records (MutationObserver.disconnect).
pub fn disconnect(observer: &Gc<Observer>) {
    let nodes = std::mem::take(&mut *observer.nodes.borrow_mut());
    let transients = std::mem::take(&mut *observer.transients.borrow_mut());
    for node in nodes.iter().filter_map(WeakGc::upgrade).chain(transients) {
        with_registered(&node, |list| list.retain(|one| !Gc::ptr_eq(&one.observer, observer)));
    }
    observer.records.borrow_mut().clear();
}

/// Ends the transient registrations of an observer whose turn it is.
pub fn end_transients(observer: &Gc<Observer>) {
    let nodes = std::mem::take(&mut *observer.transients.borrow_mut());
    for node in nodes {
        let goes = |one: &Registered| one.is_transient && Gc::ptr_eq(&one.observer, observer);
        with_registered(&node, |list| list.retain(|one| !goes(one)));
    }
}

/// The observers that a change of `target` interests, each with whether it wants the old value (DOM, "queue a mutation
/// record").
fn interested(target: &NodeRef, test: impl Fn(&Options) -> Option<bool>) -> Vec<(Gc<Observer>, bool)> {
    let mut found: Vec<(Gc<Observer>, bool)> = Vec::new();
    let mut at = Some(target.clone());
    while let Some(node) = at {
        if is_watched_node(&node) {
            with_registered(&node, |list| {
                for one in list.iter().filter(|one| one.options.subtree || same(&node, target)) {
                    let Some(wants_old) = test(&one.options) else { continue };
                    match found.iter_mut().find(|(observer, _)| Gc::ptr_eq(observer, &one.observer)) {
                        Some((_, wants)) => *wants |= wants_old,
                        None => found.push((one.observer.clone(), wants_old)),
                    }
                }
            });
        }
        at = node.parent();
    }
    found
}

fn queue(observers: Vec<(Gc<Observer>, bool)>, record: &Record) {
    for (observer, wants_old) in observers {
        let mut own = record.clone();
        if !wants_old {
            own.old_value = None;
        }
        observer.records.borrow_mut().push(own);
        join(&observer);
    }
}

/// The observer has something to tell, or transient registrations to end.
fn join(observer: &Gc<Observer>) {
    if !observer.is_pending.replace(true) {
        observer.queue.pending.borrow_mut().push(observer.clone());
        (observer.queue.notify)(Joined::Observer);
    }
}

/// Children of `parent` came or went.
pub(super) fn child_list(
    parent: &NodeRef,
    added: &[NodeRef],
    removed: &[NodeRef],
    previous: Option<NodeRef>,
    next: Option<NodeRef>,
) {
    if !is_watched(OBSERVERS) || added.is_empty() && removed.is_empty() {
        return;
    }
    let observers = interested(parent, |options| options.child_list.then_some(false));
    if observers.is_empty() {
        return;
    }
    let change = Change::ChildList { added: added.to_vec(), removed: removed.to_vec(), previous, next };
    queue(observers, &Record { target: parent.clone(), change, old_value: None });
}

/// An attribute was set or removed.
pub(super) fn attribute(element: &NodeRef, name: &QualName, old: Option<&str>) {
    if !is_watched(OBSERVERS) {
        return;
    }
    let observers = interested(element, |options| {
        let passes = |filter: &Vec<Box<str>>| name.ns == ns!() && filter.iter().any(|one| **one == *name.local);
        let is_wanted = options.attributes && options.attribute_filter.as_ref().is_none_or(passes);
        is_wanted.then_some(options.attribute_old_value)
    });
    if observers.is_empty() {
        return;
    }
    let change = Change::Attribute { name: name.local.clone(), namespace: name.ns.clone() };
    queue(observers, &Record { target: element.clone(), change, old_value: old.map(str::to_owned) });
}

/// The text of `node` is about to change.
pub(super) fn character_data(node: &NodeRef) {
    if !is_watched(OBSERVERS) {
        return;
    }
    let observers = interested(node, |options| options.character_data.then_some(options.character_data_old_value));
    if observers.is_empty() {
        return;
    }
    let old_value = node.character_data().map(|data| data.borrow().clone());
    queue(observers, &Record { target: node.clone(), change: Change::CharacterData, old_value });
}

/// `node` is about to leave `parent`: who watched the subtree of an ancestor goes on watching it until its next turn
/// (DOM, "remove", the transient registered observers).
pub(super) fn removing(node: &NodeRef, parent: &NodeRef) {
    if !is_watched(OBSERVERS) {
        return;
    }
    let mut at = Some(parent.clone());
    while let Some(ancestor) = at {
        if is_watched_node(&ancestor) {
            let found: Vec<(Gc<Observer>, Rc<Options>)> = with_registered(&ancestor, |list| {
                let watching = list.iter().filter(|one| one.options.subtree);
                watching.map(|one| (one.observer.clone(), one.options.clone())).collect()
            });
            for (observer, options) in found {
                observer.transients.borrow_mut().push(node.clone());
                join(&observer);
                with_registered(node, |list| list.push(Registered { observer, options, is_transient: true }));
            }
        }
        at = ancestor.parent();
    }
}
