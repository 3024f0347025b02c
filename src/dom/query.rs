//! What a selector finds under a node (DOM §4.2.6, "scope-match a selectors string").

use selectors::context::SelectorCaches;
use selectors::parser::{Combinator, Component, Selector};

use super::node::{NodeRef, same};
use super::select::{Impl, Selectors, context};
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

impl Selectors {
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
