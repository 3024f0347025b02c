//! An element as the `selectors` crate sees it while it is matched.

use std::fmt;

use html5ever::{Namespace, ns};
use selectors::attr::{AttrSelectorOperation, CaseSensitivity, NamespaceConstraint};
use selectors::context::MatchingContext;
use selectors::matching::ElementSelectorFlags;
use selectors::{Element, OpaqueElement};

use super::node::{Link, Node, NodeKind, NodeRef, get};
use super::pseudo_class::{PseudoClass, PseudoElement, State};
use super::select::{Impl, Name, Value};
use super::{custom, directionality, form, indicated, language, shadow, slots};

/// An element while it is matched. The tree does not change and nothing is collected during a match, and the caller
/// holds the root, so every node that the links lead to outlives `'a`.
#[derive(Clone, Copy)]
pub(super) struct Matched<'a>(pub(super) &'a Node);

impl fmt::Debug for Matched<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.0.as_element().map_or("?", |e| &e.name.local))
    }
}

impl<'a> Matched<'a> {
    fn follow(link: &'a Link) -> Option<Self> {
        get(link).map(|node| Self::held(&node))
    }

    /// A node of the tree, of a shadow tree in it, or one that it is in.
    #[expect(unsafe_code, reason = "a tree's node lives as long as the tree, which is held and unchanged during 'a")]
    fn held(node: &NodeRef) -> Self {
        let pointer: *const Node = &raw const **node;
        // SAFETY: the tree under the borrowed root holds the node; no mutation and no collection happen while matching.
        Matched(unsafe { &*pointer })
    }

    fn first_element(mut at: Option<Self>, step: impl Fn(Self) -> Option<Self>) -> Option<Self> {
        while let Some(node) = at {
            if node.0.as_element().is_some() {
                return Some(node);
            }
            at = step(node);
        }
        None
    }
}

impl Matched<'_> {
    fn is_in(self, state: State) -> bool {
        match state {
            State::Link => self.is_link(),
            State::Enabled => form::can_be_disabled(self.0) && !form::is_disabled(self.0),
            State::Disabled => form::is_disabled(self.0),
            State::Checked => form::is_checked_or_selected(self.0),
            State::Required => form::has_flag(self.0, "required"),
            State::Optional => form::is_labelable_input(self.0) && !form::has_flag(self.0, "required"),
            State::ReadOnly => !form::is_read_write(self.0),
            State::ReadWrite => form::is_read_write(self.0),
            State::PlaceholderShown => form::has_flag(self.0, "placeholder") && form::value(self.0).is_empty(),
            State::Indeterminate => form::is_indeterminate(self.0),
            State::Focus => shadow::is_focus(self.0),
            State::FocusWithin => indicated::is_focus_within(self.0),
            State::Target => indicated::is_target(self.0),
            State::Defined => custom::is_defined(self.0),
            State::Never => false,
            State::Always => true,
        }
    }
}

impl Element for Matched<'_> {
    type Impl = Impl;

    fn opaque(&self) -> OpaqueElement {
        OpaqueElement::new(self.0)
    }

    fn parent_element(&self) -> Option<Self> {
        Self::follow(&self.0.parent).filter(|parent| parent.0.as_element().is_some())
    }

    fn parent_node_is_shadow_root(&self) -> bool {
        shadow::is_used() && Self::follow(&self.0.parent).is_some_and(|parent| shadow::data(parent.0).is_some())
    }

    fn containing_shadow_host(&self) -> Option<Self> {
        if !shadow::is_used() {
            return None;
        }
        let mut top = *self;
        while let Some(parent) = Self::follow(&top.0.parent) {
            top = parent;
        }
        shadow::host(top.0).map(|host| Self::held(&host))
    }

    fn assigned_slot(&self) -> Option<Self> {
        slots::assigned_slot(self.0).map(|slot| Self::held(&slot))
    }

    fn is_pseudo_element(&self) -> bool {
        false
    }

    fn prev_sibling_element(&self) -> Option<Self> {
        Self::first_element(Self::follow(&self.0.previous), |node| Self::follow(&node.0.previous))
    }

    fn next_sibling_element(&self) -> Option<Self> {
        Self::first_element(Self::follow(&self.0.next), |node| Self::follow(&node.0.next))
    }

    fn first_element_child(&self) -> Option<Self> {
        Self::first_element(Self::follow(&self.0.first_child), |node| Self::follow(&node.0.next))
    }

    fn is_html_element_in_html_document(&self) -> bool {
        self.0.as_element().is_some_and(|e| e.name.ns == ns!(html))
            && self.0.owner_document().is_none_or(|document| document.as_document().is_none_or(|data| data.is_html))
    }

    fn has_local_name(&self, local_name: &Name) -> bool {
        self.0.as_element().is_some_and(|e| e.name.local == local_name.0)
    }

    fn has_namespace(&self, ns: &Namespace) -> bool {
        self.0.as_element().is_some_and(|e| e.name.ns == *ns)
    }

    fn is_same_type(&self, other: &Self) -> bool {
        match (self.0.as_element(), other.0.as_element()) {
            (Some(a), Some(b)) => a.name.local == b.name.local && a.name.ns == b.name.ns,
            _ => false,
        }
    }

    fn attr_matches(
        &self,
        ns: &NamespaceConstraint<&Namespace>,
        local_name: &Name,
        operation: &AttrSelectorOperation<&Value>,
    ) -> bool {
        let Some(element) = self.0.as_element() else { return false };
        element.with_attributes(|attributes| {
            attributes.iter().any(|attribute| {
                let ns_fits = match ns {
                    NamespaceConstraint::Any => true,
                    NamespaceConstraint::Specific(ns) => attribute.name.ns == **ns,
                };
                ns_fits && attribute.name.local == local_name.0 && operation.eval_str(&attribute.value)
            })
        })
    }

    fn match_non_ts_pseudo_class(&self, class: &PseudoClass, _: &mut MatchingContext<'_, Impl>) -> bool {
        match class {
            PseudoClass::State(_, state) => self.is_in(*state),
            PseudoClass::Lang(ranges) => {
                let tag = language::language_of(self.0);
                ranges.iter().any(|range| language::matches(range, &tag))
            }
            PseudoClass::Dir(direction) => directionality::of(self.0).is_named(direction),
        }
    }

    fn match_pseudo_element(&self, _: &PseudoElement, _: &mut MatchingContext<'_, Impl>) -> bool {
        false
    }

    fn apply_selector_flags(&self, _: ElementSelectorFlags) {}

    fn is_link(&self) -> bool {
        matches!(self.0.html_name(), "a" | "area") && form::has_flag(self.0, "href")
    }

    fn is_html_slot_element(&self) -> bool {
        self.0.is_html("slot")
    }

    fn has_id(&self, id: &Name, case: CaseSensitivity) -> bool {
        self.0
            .as_element()
            .is_some_and(|e| e.with_attr("id", |v| v.is_some_and(|v| case.eq(v.as_bytes(), id.0.as_bytes()))))
    }

    fn has_class(&self, name: &Name, case: CaseSensitivity) -> bool {
        self.0.as_element().is_some_and(|e| e.has_class(&name.0, case == CaseSensitivity::AsciiCaseInsensitive))
    }

    fn has_custom_state(&self, _: &Name) -> bool {
        false
    }

    fn imported_part(&self, _: &Name) -> Option<Name> {
        None
    }

    fn is_part(&self, _: &Name) -> bool {
        false
    }

    fn is_empty(&self) -> bool {
        let mut child = Self::follow(&self.0.first_child);
        while let Some(node) = child {
            let holds_something = match node.0.kind() {
                NodeKind::Element(_) => true,
                NodeKind::Text(data) | NodeKind::CData(data) => !data.0.borrow().is_empty(),
                _ => false,
            };
            if holds_something {
                return false;
            }
            child = Self::follow(&node.0.next);
        }
        true
    }

    fn is_root(&self) -> bool {
        Self::follow(&self.0.parent).is_some_and(|parent| parent.0.as_document().is_some())
    }

    fn add_element_unique_hashes(&self, _: &mut selectors::bloom::BloomFilter) -> bool {
        false
    }
}
