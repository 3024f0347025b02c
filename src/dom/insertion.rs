//! Whether a node may go where it is to go (DOM §4.2.3, "ensure pre-insertion validity").

use super::node::{NodeKind, NodeRef, same};
use super::shadow;
use super::tree::children;

/// Why a node may not go where it was to go (DOM §4.2.3, the names of the DOMException).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InsertError {
    /// HierarchyRequestError
    Hierarchy,
    /// NotFoundError: the reference child is not a child of the parent.
    NotFound,
}

/// Whether `child` may go into `parent` before `before` (DOM, "ensure pre-insertion validity").
///
/// # Errors
/// The DOMException's name, as [`InsertError`].
pub fn check_insert(parent: &NodeRef, child: &NodeRef, before: Option<&NodeRef>) -> Result<(), InsertError> {
    check(parent, child, before, false)
}

/// Whether `new` may stand in `parent` where `old` is (DOM "replace", 1 to 6).
///
/// # Errors
/// As [`check_insert`].
pub fn check_replace(parent: &NodeRef, new: &NodeRef, old: &NodeRef) -> Result<(), InsertError> {
    check(parent, new, Some(old), true)
}

/// `replaces`: what `child` is to stand before is taken out.
fn check(parent: &NodeRef, child: &NodeRef, before: Option<&NodeRef>, replaces: bool) -> Result<(), InsertError> {
    let is_document = matches!(parent.kind(), NodeKind::Document(_));
    if !is_document && parent.as_element().is_none() && !parent.is_fragment()
        || shadow::is_inclusive_ancestor(child, parent)
    {
        return Err(InsertError::Hierarchy);
    }
    if let Some(before) = before
        && !before.parent().is_some_and(|p| same(&p, parent))
    {
        return Err(InsertError::NotFound);
    }
    match child.kind() {
        NodeKind::Document(_) | NodeKind::Attr(_) => Err(InsertError::Hierarchy),
        NodeKind::Text(_) | NodeKind::CData(_) if is_document => Err(InsertError::Hierarchy),
        NodeKind::Doctype(_) if !is_document => Err(InsertError::Hierarchy),
        _ if is_document => check_document_child(parent, child, before, replaces),
        _ => Ok(()),
    }
}

fn check_document_child(
    parent: &NodeRef,
    child: &NodeRef,
    before: Option<&NodeRef>,
    replaces: bool,
) -> Result<(), InsertError> {
    let is_element = |n: &NodeRef| n.as_element().is_some();
    let is_doctype = |n: &NodeRef| matches!(n.kind(), NodeKind::Doctype(_));
    let is_leaving = |n: &NodeRef| replaces && before.is_some_and(|old| same(n, old));
    let doctype_follows = || {
        let mut rest = std::iter::successors(before.cloned(), |n| n.next_sibling());
        rest.any(|n| is_doctype(&n) && !is_leaving(&n))
    };
    let others =
        |test: &dyn Fn(&NodeRef) -> bool| children(parent).any(|n| !same(&n, child) && !is_leaving(&n) && test(&n));
    let bad = match child.kind() {
        NodeKind::Fragment | NodeKind::Shadow(_) => {
            let elements = children(child).filter(|n| is_element(n)).count();
            elements > 1
                || children(child).any(|n| n.is_text())
                || elements == 1 && (others(&is_element) || doctype_follows())
        }
        NodeKind::Element(_) => others(&is_element) || doctype_follows(),
        NodeKind::Doctype(_) => {
            others(&is_doctype)
                || match before {
                    Some(before) => children(parent).take_while(|n| !same(n, before)).any(|n| is_element(&n)),
                    None => others(&is_element),
                }
        }
        _ => false,
    };
    if bad { Err(InsertError::Hierarchy) } else { Ok(()) }
}
