//! What a selector finds under a node (DOM §4.2.6, "scope-match a selectors string").

use html5ever::ns;
use selectors::context::SelectorCaches;
use selectors::parser::{Combinator, Component, Selector, SelectorList};

use super::node::{ElementData, NodeRef, same};
use super::select::{Impl, Name, Selectors, context};
use super::tree;

/// Where to look for matches of a selector.
enum Place {
    /// Everywhere.
    Everywhere,
    /// Nowhere: nothing has an id that it asks for.
    Nowhere,
    /// At this element alone.
    At(NodeRef),
    /// Below this element.
    Below(NodeRef),
}

/// A selector of one part, which needs no matching.
pub(super) enum Simple {
    /// `#id`
    Id(Name),
    /// `.class`
    Class(Name),
    /// A type: as it is written, and as elements of HTML are called.
    Type(Name, Name),
}

impl Simple {
    /// What the selectors are, if they are that simple.
    pub(super) fn of(selectors: &SelectorList<Impl>) -> Option<Self> {
        let [selector] = selectors.slice() else { return None };
        let mut parts = selector.iter_raw_match_order();
        match (parts.next()?, parts.next()) {
            (Component::ID(id), None) => Some(Self::Id(id.clone())),
            (Component::Class(class), None) => Some(Self::Class(class.clone())),
            (Component::LocalName(name), None) => Some(Self::Type(name.name.clone(), name.lower_name.clone())),
            _ => None,
        }
    }

    /// The first matching descendant of a document; none where that has to be searched for otherwise.
    fn first(&self, document: &NodeRef) -> Option<Option<NodeRef>> {
        let data = document.as_document()?;
        let first = |fits: &dyn Fn(&ElementData) -> bool| {
            tree::descendants(document).find(|node| node.as_element().is_some_and(fits))
        };
        match self {
            // In quirks mode they match in any case.
            Self::Id(id) => (!document.is_quirky()).then(|| data.element_by_id(&id.0)),
            Self::Class(class) => Some(first(&|element| element.has_class(&class.0, document.is_quirky()))),
            Self::Type(written, html) => Some(first(&|element| {
                let wanted = if element.name.ns == ns!(html) { html } else { written };
                element.name.local == wanted.0
            })),
        }
    }
}

impl Selectors {
    /// The first matching descendant of `root` in tree order.
    #[must_use]
    pub fn first(&self, root: &NodeRef) -> Option<NodeRef> {
        match self.1.as_ref().and_then(|simple| simple.first(root)) {
            Some(found) => found,
            None => self.query(root, 1).pop(),
        }
    }

    /// The matching descendants of `root`, in tree order, at most `limit`.
    #[must_use]
    pub fn query(&self, root: &NodeRef, limit: usize) -> Vec<NodeRef> {
        let (mut found, mut caches) = (Vec::new(), SelectorCaches::default());
        let mut context = context(root, Some(root), &mut caches);
        let below = match self.place(root) {
            Place::Everywhere => root.clone(),
            Place::Nowhere => return found,
            Place::At(node) => {
                if limit > 0 && is_below(&node, root) && self.any(&node, &mut context) {
                    found.push(node);
                }
                return found;
            }
            Place::Below(node) if is_below(&node, root) => node,
            Place::Below(node) if tree::is_inclusive_ancestor(&node, root) => root.clone(),
            Place::Below(_) => return found,
        };
        let mut at = below.first_child();
        while let Some(node) = at {
            if node.as_element().is_some() && self.any(&node, &mut context) {
                found.push(node.clone());
                if found.len() >= limit {
                    break;
                }
            }
            at = tree::next_in(&node, &below);
        }
        found
    }

    /// Where its matches are, by the ids it names and by what the document knows of them.
    fn place(&self, root: &NodeRef) -> Place {
        let [selector] = self.0.slice() else { return Place::Everywhere };
        // In quirks mode ids match in any case, and a document knows them as they are written.
        let document = tree::document_of(root)
            .filter(|document| root.is_connected() && !super::shadow::is_in_shadow(root) && !document.is_quirky());
        let Some(data) = document.as_ref().and_then(|document| document.as_document()) else {
            return Place::Everywhere;
        };
        let Some((id, is_subject)) = id_of(selector) else { return Place::Everywhere };
        match (data.count_by_id(id), data.element_by_id(id)) {
            (1, Some(node)) if is_subject => Place::At(node),
            (1, Some(node)) => Place::Below(node),
            (0, _) => Place::Nowhere,
            _ => Place::Everywhere,
        }
    }
}

fn is_below(node: &NodeRef, root: &NodeRef) -> bool {
    !same(node, root) && tree::is_inclusive_ancestor(root, node)
}

/// An id that every match has (true), or that an ancestor of every match has (false).
fn id_of(selector: &Selector<Impl>) -> Option<(&str, bool)> {
    let mut is_subject = true;
    for component in selector.iter_raw_match_order() {
        match component {
            Component::ID(id) => return Some((&id.0, is_subject)),
            Component::Combinator(Combinator::Child | Combinator::Descendant) => is_subject = false,
            Component::Combinator(_) => return None,
            _ => {}
        }
    }
    None
}
