//! Where an event passes ([DOM §2.9](https://dom.spec.whatwg.org/#concept-event-dispatch)): from the target up, through slots and
//! from shadow roots to their hosts, and what of it is told at each stop.

use boa_engine::{Context, JsObject, JsString};
use boa_gc::{Finalize, Trace};

use super::wrap::{as_node, peek_script, wrap};
use super::{frames, handlers};
use crate::dom::node::same;
use crate::dom::{NodeRef, shadow, slots, tree};

/// A stop: a node, or an object that is none (the window, XHR).
#[derive(Trace, Finalize, Clone)]
pub(super) enum Stop {
    Node(NodeRef),
    Object(JsObject),
}

impl Stop {
    pub(super) fn object(&self, context: &mut Context) -> JsObject {
        match self {
            Self::Node(node) => wrap(node, context),
            Self::Object(object) => object.clone(),
        }
    }

    fn is(&self, object: &JsObject) -> bool {
        match self {
            Self::Node(node) => as_node(&object.clone().into()).is_some_and(|other| same(node, &other)),
            Self::Object(own) => JsObject::equals(own, object),
        }
    }
}

/// What is told at a stop of a path on which shadow trees may be.
#[derive(Trace, Finalize, Clone)]
pub(super) struct Told {
    /// `target`, where it is another than at the stop before ("shadow-adjusted target").
    pub(super) target: Option<NodeRef>,
    /// `relatedTarget`
    pub(super) related: Option<NodeRef>,
    /// The stop is in a shadow tree.
    #[unsafe_ignore_trace]
    pub(super) is_in_shadow: bool,
    #[unsafe_ignore_trace]
    is_closed_root: bool,
    #[unsafe_ignore_trace]
    is_closed_slot: bool,
}

/// A path, from the target up.
#[derive(Trace, Finalize, Clone, Default)]
pub(super) struct Path {
    pub(super) stops: Vec<Stop>,
    /// One for each stop, or none where no shadow tree can be on the way.
    told: Vec<Told>,
    /// Whether `target` and `relatedTarget` would tell of a shadow tree once the event has passed ("clear targets").
    #[unsafe_ignore_trace]
    is_cleared: bool,
}

/// What of an event decides where it passes.
pub(super) struct Passing {
    pub(super) is_load: bool,
    pub(super) is_composed: bool,
    pub(super) related: Option<NodeRef>,
}

impl Path {
    /// The path of an event at a target; empty where nobody may know of it.
    pub(super) fn of(target: &JsObject, passing: &Passing, context: &Context) -> Self {
        let Some(node) = as_node(&target.clone().into()) else {
            return Self { stops: vec![Stop::Object(target.clone())], told: Vec::new(), is_cleared: false };
        };
        let mut path = if shadow::is_used() { Self::composed(&node, passing) } else { Self::plain(&node) };
        path.is_cleared = path.tells_of_shadow();
        let Some(Stop::Node(top)) = path.stops.last() else { return path };
        if let Some(window) = frames::global_of(top, context).filter(|_| !passing.is_load) {
            path.stops.push(Stop::Object(window));
            if !path.told.is_empty() {
                let related = passing.related.as_ref().map(|related| shadow::retarget(related, None));
                path.told.push(Told::at(None, related));
            }
        }
        path
    }

    fn plain(node: &NodeRef) -> Self {
        let stops = std::iter::once(node.clone()).chain(tree::ancestors(node)).map(Stop::Node);
        Self { stops: stops.collect(), told: Vec::new(), is_cleared: false }
    }

    fn composed(node: &NodeRef, passing: &Passing) -> Self {
        let related_at = |at: &NodeRef| passing.related.as_ref().map(|related| shadow::retarget(related, Some(at)));
        let mut path = Self::default();
        let mut related = related_at(node);
        let is_related = |node: &NodeRef, related: &Option<NodeRef>| related.as_ref().is_some_and(|r| same(r, node));
        if is_related(node, &related) && !is_related(node, &passing.related) {
            return path;
        }
        let first_root = tree::root_of(node);
        let mut root = first_root.clone();
        let mut is_in_shadow = shadow::data(&root).is_some();
        let mut target = Some(node.clone());
        let mut at = node.clone();
        let mut is_closed_slot = false;
        loop {
            let mut told = Told::at(target.take(), related.clone());
            (told.is_in_shadow, told.is_closed_slot) = (is_in_shadow, is_closed_slot);
            path.push(&at, told);
            is_closed_slot = false;
            if let Some(slot) = slots::assigned_slot(&at) {
                let tree = shadow::containing(&slot);
                is_closed_slot =
                    tree.as_ref().and_then(|tree| shadow::data(tree)).is_some_and(|data| !data.init.is_open);
                is_in_shadow = true;
                related = related_at(&slot);
                at = slot;
            } else if let Some(parent) = at.parent() {
                at = parent;
            } else if let Some(host) = shadow::host(&at) {
                if !passing.is_composed && same(&at, &first_root) {
                    return path;
                }
                related = related_at(&host);
                // What is outside of the target's tree is told the host instead.
                if same(&at, &root) {
                    if is_related(&host, &related) {
                        return path;
                    }
                    root = tree::root_of(&host);
                    target = Some(host.clone());
                }
                is_in_shadow = shadow::containing(&host).is_some();
                at = host;
            } else {
                return path;
            }
        }
    }

    fn push(&mut self, node: &NodeRef, mut told: Told) {
        told.is_closed_root = shadow::data(node).is_some_and(|data| !data.init.is_open);
        self.stops.push(Stop::Node(node.clone()));
        self.told.push(told);
    }

    /// What is told at a stop; nothing where no shadow tree is on the way.
    pub(super) fn told(&self, at: usize) -> Option<&Told> {
        self.told.get(at)
    }

    /// Whether the event is at its target at a stop.
    pub(super) fn is_target(&self, at: usize) -> bool {
        self.told.get(at).map_or(at == 0, |told| told.target.is_some())
    }

    /// `target` at a stop.
    pub(super) fn target_at(&self, at: usize) -> Option<&NodeRef> {
        self.told.get(..=at)?.iter().rev().find_map(|told| told.target.as_ref())
    }

    fn tells_of_shadow(&self) -> bool {
        let Some(told) = self.told.iter().rfind(|told| told.target.is_some()) else { return false };
        let nodes = [told.target.as_ref(), told.related.as_ref()];
        nodes.into_iter().flatten().any(|node| shadow::containing(node).is_some())
    }

    /// What `target` and `relatedTarget` are once the event has passed; none where they would tell of a shadow tree.
    pub(super) fn left(&self) -> Option<(NodeRef, Option<NodeRef>)> {
        let told = self.told.iter().rfind(|told| told.target.is_some()).filter(|_| !self.is_cleared)?;
        Some((told.target.clone()?, told.related.clone()))
    }

    /// Whether a shadow tree may be on the way.
    pub(super) fn is_composed(&self) -> bool {
        !self.told.is_empty()
    }

    /// The stops that may be known at `current` (`composedPath`).
    pub(super) fn visible(&self, current: &JsObject) -> Vec<Stop> {
        if self.told.is_empty() {
            return self.stops.clone();
        }
        let (mut level, mut own) = (0_i32, 0);
        for (at, (stop, told)) in self.stops.iter().zip(&self.told).enumerate().rev() {
            level += i32::from(told.is_closed_root);
            if stop.is(current) {
                own = at;
                break;
            }
            level -= i32::from(told.is_closed_slot);
        }
        let mut found = vec![self.stops[own].clone()];
        let (mut hidden, mut most) = (level, level);
        for at in (0..own).rev() {
            hidden += i32::from(self.told[at].is_closed_root);
            if hidden <= most {
                found.insert(0, self.stops[at].clone());
            }
            hidden -= i32::from(self.told[at].is_closed_slot);
            most = most.min(hidden);
        }
        (hidden, most) = (level, level);
        for at in own + 1..self.stops.len() {
            hidden += i32::from(self.told[at].is_closed_slot);
            if hidden <= most {
                found.push(self.stops[at].clone());
            }
            hidden -= i32::from(self.told[at].is_closed_root);
            most = most.min(hidden);
        }
        found
    }
}

impl Told {
    fn at(target: Option<NodeRef>, related: Option<NodeRef>) -> Self {
        Self { target, related, is_in_shadow: false, is_closed_root: false, is_closed_slot: false }
    }
}

/// The nodes at which a click that bubbles could do something, from its target up.
pub(super) fn above(node: &NodeRef, is_composed: bool) -> Vec<NodeRef> {
    let passing = Passing { is_load: false, is_composed, related: None };
    let path = if shadow::is_used() { Path::composed(node, &passing) } else { Path::plain(node) };
    let nodes =
        path.stops.iter().filter_map(|stop| if let Stop::Node(node) = stop { Some(node.clone()) } else { None });
    nodes.collect()
}

/// The object of a stop that has something to call.
pub(super) fn listening(
    stop: &Stop,
    kind: &JsString,
    legacy: Option<&JsString>,
    capture: bool,
    context: &mut Context,
) -> Option<JsObject> {
    let node = match stop {
        Stop::Object(object) => return Some(object.clone()),
        Stop::Node(node) => node,
    };
    let hears = |kind: &JsString| peek_script(node, |script| script.listeners.has_type(kind)).unwrap_or(false);
    // Handlers of attributes are not for capturing.
    let has_attribute = || {
        let element = node.as_element().filter(|_| !capture)?;
        handlers::attribute_of(kind).map(|name| element.has_attr(&name))
    };
    let is_heard = hears(kind) || legacy.is_some_and(hears) || has_attribute().unwrap_or(false);
    is_heard.then(|| wrap(node, context))
}
