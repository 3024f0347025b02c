//! An element's attributes (DOM §4.9).

use std::cell::Cell;

use boa_gc::{Finalize, Trace};
use html5ever::{LocalName, Namespace, QualName, ns};

use super::document::mutated;
use super::node::{ElementData, Link, Node, NodeRef, get};
use super::tree;

/// One attribute.
#[derive(Trace, Finalize)]
pub struct Attribute {
    /// Qualified name.
    #[unsafe_ignore_trace]
    pub name: QualName,
    /// Value.
    #[unsafe_ignore_trace]
    pub value: String,
    /// Its node, if script asked for one.
    node: Link,
}

impl Attribute {
    /// An attribute without a node.
    #[must_use]
    pub fn new(name: QualName, value: String) -> Self {
        Self { name, value, node: Cell::default() }
    }

    /// An attribute in no namespace.
    #[must_use]
    pub fn plain(name: &str, value: &str) -> Self {
        Self::new(plain_name(name), value.to_owned())
    }

    /// `prefix:local`, as the serializer and `getAttributeNames` give it.
    #[must_use]
    pub fn qualified_name(&self) -> String {
        qualified(&self.name)
    }

    fn is_called(&self, qualified_name: &str) -> bool {
        match &self.name.prefix {
            None => &*self.name.local == qualified_name,
            Some(prefix) => qualified_name
                .strip_prefix(&**prefix)
                .and_then(|rest| rest.strip_prefix(':'))
                .is_some_and(|local| local == &*self.name.local),
        }
    }
}

/// A name in no namespace.
#[must_use]
pub fn plain_name(name: &str) -> QualName {
    QualName::new(None, ns!(), LocalName::from(name))
}

/// `prefix:local`.
#[must_use]
pub fn qualified(name: &QualName) -> String {
    match &name.prefix {
        Some(prefix) if !prefix.is_empty() => format!("{prefix}:{}", name.local),
        _ => name.local.to_string(),
    }
}

impl ElementData {
    /// Runs `f` on the value of the attribute in no namespace called `local`.
    pub fn with_attr<R>(&self, local: &str, f: impl FnOnce(Option<&str>) -> R) -> R {
        let attributes = self.attributes.borrow();
        f(attributes.iter().find(|a| &*a.name.local == local && a.name.ns == ns!()).map(|a| a.value.as_str()))
    }

    /// The value of an attribute in no namespace.
    #[must_use]
    pub fn attr(&self, local: &str) -> Option<String> {
        self.with_attr(local, |value| value.map(str::to_owned))
    }

    /// Whether the attribute is there.
    #[must_use]
    pub fn has_attr(&self, local: &str) -> bool {
        self.with_attr(local, |value| value.is_some())
    }

    /// Runs `f` on the first attribute with this qualified name (`getAttribute`).
    pub fn with_qualified<R>(&self, name: &str, f: impl FnOnce(Option<&Attribute>) -> R) -> R {
        f(self.attributes.borrow().iter().find(|a| a.is_called(name)))
    }

    /// Runs `f` on the attribute with this namespace and local name.
    pub fn with_attr_ns<R>(&self, ns: &Namespace, local: &str, f: impl FnOnce(Option<&Attribute>) -> R) -> R {
        f(self.attributes.borrow().iter().find(|a| a.name.ns == *ns && &*a.name.local == local))
    }

    /// Runs `f` on all attributes, in order.
    pub fn with_attributes<R>(&self, f: impl FnOnce(&[Attribute]) -> R) -> R {
        f(&self.attributes.borrow())
    }

    /// Whether the `class` attribute has this class.
    #[must_use]
    pub fn has_class(&self, class: &str, ignore_case: bool) -> bool {
        self.with_attr("class", |value| {
            value.is_some_and(|list| {
                list.split_ascii_whitespace()
                    .any(|one| if ignore_case { one.eq_ignore_ascii_case(class) } else { one == class })
            })
        })
    }
}

/// Sets an attribute of an element in no namespace.
pub fn set(element: &NodeRef, local: &str, value: &str) {
    set_named(element, plain_name(local), value.to_owned());
}

/// Sets an attribute by namespace and local name; keeps the prefix of one that is there.
#[expect(clippy::needless_pass_by_value, reason = "callers have made both for the attribute")]
pub fn set_named(element: &NodeRef, name: QualName, value: String) {
    let Some(data) = element.as_element() else { return };
    super::css_motion::note_attribute(&name.local, &value);
    let old = {
        let mut attributes = data.attributes.borrow_mut();
        let found = attributes.iter_mut().find(|a| a.name.local == name.local && a.name.ns == name.ns);
        if let Some(attribute) = found {
            Some(std::mem::replace(&mut attribute.value, value.clone()))
        } else {
            attributes.push(Attribute::new(name.clone(), value.clone()));
            None
        }
    };
    changed(element, &name, old.as_deref(), Some(&value));
}

/// Removes the first attribute that `which` finds; true where there was one. Its node, if any, keeps the value.
pub fn remove(element: &NodeRef, which: impl Fn(&Attribute) -> bool) -> bool {
    let Some(data) = element.as_element() else { return false };
    let removed = {
        let mut attributes = data.attributes.borrow_mut();
        match attributes.iter().position(which) {
            Some(at) => attributes.remove(at),
            None => return false,
        }
    };
    if let Some(node) = get(&removed.node)
        && let super::NodeKind::Attr(attr) = node.kind()
    {
        attr.owner.set(None);
        attr.value.borrow_mut().clone_from(&removed.value);
    }
    changed(element, &removed.name, Some(&removed.value), None);
    true
}

/// Removes an attribute in no namespace.
pub fn remove_plain(element: &NodeRef, local: &str) -> bool {
    remove(element, |a| &*a.name.local == local && a.name.ns == ns!())
}

/// Removes by qualified name (`removeAttribute`).
pub fn remove_qualified(element: &NodeRef, name: &str) -> bool {
    remove(element, |a| a.is_called(name))
}

/// The node of an attribute, made at first use.
#[must_use]
pub fn attr_node(element: &NodeRef, at: usize) -> Option<NodeRef> {
    let data = element.as_element()?;
    let attributes = data.attributes.borrow();
    let attribute = attributes.get(at)?;
    if let Some(node) = get(&attribute.node) {
        return Some(node);
    }
    let document = element.owner_document()?;
    let node = Node::attr(&document, attribute.name.clone(), String::new(), Some(element.clone()));
    attribute.node.set(Some(node.clone()));
    Some(node)
}

/// Whether one attribute node of an element comes before another of it.
#[must_use]
pub fn is_before(a: &NodeRef, b: &NodeRef) -> bool {
    let (super::NodeKind::Attr(x), super::NodeKind::Attr(y)) = (a.kind(), b.kind()) else { return false };
    let is =
        |attribute: &Attribute, name: &QualName| attribute.name.local == name.local && attribute.name.ns == name.ns;
    let owner = get(&x.owner);
    owner.as_ref().and_then(|owner| owner.as_element()).is_some_and(|element| {
        let attributes = element.attributes.borrow();
        attributes.iter().find(|one| is(one, &x.name) || is(one, &y.name)).is_some_and(|first| is(first, &x.name))
    })
}

/// Hands an attribute node to an element, in the place of an attribute of the same name (`setAttributeNode`).
pub fn adopt_node(element: &NodeRef, node: &NodeRef) {
    let super::NodeKind::Attr(attr) = node.kind() else { return };
    let Some(data) = element.as_element() else { return };
    let value = attr.value.borrow().clone();
    let is_it = |a: &Attribute| a.name.ns == attr.name.ns && a.name.local == attr.name.local;
    let replaced = data.attributes.borrow().iter().find(|a| is_it(a)).map(|a| (get(&a.node), a.value.clone()));
    if let Some((Some(old), value)) = &replaced
        && let super::NodeKind::Attr(old) = old.kind()
    {
        old.owner.set(None);
        old.value.borrow_mut().clone_from(value);
    }
    attr.owner.set(Some(element.clone()));
    {
        let mut attributes = data.attributes.borrow_mut();
        let own = Attribute::new(attr.name.clone(), value.clone());
        own.node.set(Some(node.clone()));
        match attributes.iter_mut().find(|a| is_it(a)) {
            Some(place) => *place = own,
            None => attributes.push(own),
        }
    }
    super::css_motion::note_attribute(&attr.name.local, &value);
    changed(element, &attr.name, replaced.as_ref().map(|(_, old)| old.as_str()), Some(&value));
}

fn changed(element: &NodeRef, name: &QualName, old: Option<&str>, new: Option<&str>) {
    mutated();
    super::changes::attribute(element, name, old, new);
    super::observe::attribute(element, name, old);
    if super::custom::is_used() {
        super::custom::attribute_changed(element, name, old, new);
    }
    if name.ns != ns!() {
        return;
    }
    if element.is_connected() && (element.is_html("style") || element.is_html("link")) {
        // Its media or its kind may have changed.
        super::sheets::forget(element);
    }
    if super::shadow::is_used() && matches!(&*name.local, "slot" | "name") {
        super::slots::attribute_changed(element, &name.local, old, new);
    }
    let is_of_document = element.is_connected() && !super::shadow::is_in_shadow(element);
    match &*name.local {
        "id" if is_of_document => {
            if let Some(document) = tree::document_of(element)
                && let Some(data) = document.as_document()
            {
                if let Some(old) = old {
                    data.remove_id(old, element);
                    data.remove_name(old, element, true);
                }
                if let Some(new) = new {
                    data.add_id(new, element);
                    data.add_name(new, element, true);
                }
            }
        }
        "name" if element.is_connected() => {
            if let Some(document) = tree::document_of(element).filter(|_| is_of_document)
                && let Some(data) = document.as_document()
            {
                if let Some(old) = old {
                    data.remove_name(old, element, false);
                }
                if let Some(new) = new {
                    data.add_name(new, element, false);
                }
            }
            super::form::attribute_changed(element, &name.local, old, new);
        }
        "checked" | "selected" | "type" | "multiple" | "size" => {
            super::form::attribute_changed(element, &name.local, old, new);
        }
        _ => {}
    }
}
