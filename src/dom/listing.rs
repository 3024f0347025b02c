//! Live lists of nodes (DOM §4.2.10), listed anew only where what they depend on has changed ([`super::changes`]).
//!
//! Where a page takes children away while it goes through them, a list is mended: items that are gone from its ends or from
//! around the item that was read last are dropped. If that accounts for every change that was counted, nothing else can
//! have happened, and the list is right.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;

use boa_gc::{Finalize, GcRefCell, Trace};
use html5ever::{LocalName, Namespace, ns};
use rustc_hash::FxHashMap;

use super::attributes::qualified;
use super::changes::{self, Bucket};
use super::document::mutation_count;
use super::node::{NodeRef, same};
use super::{form, options, tree};

/// A list is mended where no more changes were counted, and listed anew where there were more.
const MENDED_MAX: u64 = 64;
/// Shorter lists are searched for a name one by one.
const UNINDEXED_MAX: usize = 8;

/// What a live list lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// All child nodes.
    ChildNodes,
    /// Element children.
    Children,
    /// Descendants with a qualified name; HTML names fold to lower case; `*` is all.
    TagName(Box<str>),
    /// Descendants with a local name in a namespace; `*` is any.
    TagNameNs(Namespace, Box<str>),
    /// Descendants with all these classes.
    ClassName(Vec<Box<str>>),
    /// HTML elements with this `name`.
    Name(Box<str>),
    /// Descendants that are one of these HTML elements.
    Html(&'static [&'static str]),
    /// `a` and `area` with `href`.
    Links,
    /// `a` with `name`.
    Anchors,
    /// A form's controls.
    Controls,
    /// A select's options.
    Options,
    /// A select's selected options.
    SelectedOptions,
    /// What `window[name]` finds (HTML §7.2.2.3): elements with this id, and some with this name.
    WindowNamed(Box<str>),
    /// A table's rows, in the order head, body, foot.
    Rows,
    /// A form's controls of one name or id (HTML §2.6.3.2, RadioNodeList).
    Radios(Box<str>),
    /// Children that are one of these HTML elements: the rows of a table section, a row's cells.
    Own(&'static [&'static str]),
}

impl Kind {
    fn is_of_children(&self) -> bool {
        matches!(self, Self::ChildNodes | Self::Children | Self::Own(_))
    }

    /// The names or classes whose changes it depends on.
    fn buckets(&self) -> Vec<Bucket> {
        let of = |names: &[&str]| names.iter().map(|name| Bucket::of(name)).collect::<Vec<_>>();
        let mut buckets = match self {
            Self::TagName(name) => of(&[name, name.rsplit(':').next().unwrap_or(name)]),
            Self::TagNameNs(_, name) | Self::Name(name) | Self::WindowNamed(name) => of(&[name]),
            Self::ClassName(classes) => classes.iter().map(|class| Bucket::of(class)).collect(),
            Self::Html(names) => of(names),
            Self::Links => of(&["a", "area"]),
            Self::Anchors => of(&["a"]),
            Self::Controls | Self::Radios(_) => {
                of(&["button", "fieldset", "form", "input", "object", "output", "select", "textarea"])
            }
            Self::Options => of(&["optgroup", "option"]),
            Self::Rows => of(&["tbody", "tfoot", "thead", "tr"]),
            Self::ChildNodes | Self::Children | Self::Own(_) | Self::SelectedOptions => Vec::new(),
        };
        buckets.sort_unstable();
        buckets.dedup();
        buckets
    }
}

/// A state of what a list depends on: whether its root is in a document, and how many changes were counted.
type Version = (bool, u64);

/// A live list.
#[derive(Trace, Finalize)]
pub struct Listing {
    root: NodeRef,
    #[unsafe_ignore_trace]
    kind: Kind,
    #[unsafe_ignore_trace]
    buckets: Vec<Bucket>,
    #[unsafe_ignore_trace]
    seen: Cell<Option<Version>>,
    items: GcRefCell<VecDeque<NodeRef>>,
    /// The item that was read last.
    #[unsafe_ignore_trace]
    cursor: Cell<usize>,
    #[unsafe_ignore_trace]
    names: RefCell<Option<Names>>,
}

/// Where in a list the elements of an `id` or a `name` are.
struct Names {
    /// [`changes::of_names`] when this was made.
    count: u64,
    places: FxHashMap<Box<str>, Vec<usize>>,
}

impl Listing {
    /// A list of what is under `root`.
    #[must_use]
    pub fn new(root: &NodeRef, kind: Kind) -> Self {
        Self {
            root: root.clone(),
            buckets: kind.buckets(),
            kind,
            seen: Cell::new(None),
            items: GcRefCell::default(),
            cursor: Cell::new(0),
            names: RefCell::default(),
        }
    }

    /// What it is a list under.
    #[must_use]
    pub fn root(&self) -> &NodeRef {
        &self.root
    }

    /// What it lists.
    #[must_use]
    pub fn kind(&self) -> &Kind {
        &self.kind
    }

    /// How many items it has now.
    #[must_use]
    pub fn len(&self) -> usize {
        self.refresh();
        self.items.borrow().len()
    }

    /// Whether it has none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// An item.
    #[must_use]
    pub fn item(&self, at: usize) -> Option<NodeRef> {
        self.refresh();
        self.cursor.set(at);
        self.items.borrow().get(at).cloned()
    }

    /// The items.
    #[must_use]
    pub fn items(&self) -> Vec<NodeRef> {
        self.refresh();
        self.items.borrow().iter().cloned().collect()
    }

    /// Where in the list a node is.
    #[must_use]
    pub fn position(&self, node: &NodeRef) -> Option<usize> {
        self.refresh();
        let (items, cursor) = (self.items.borrow(), self.cursor.get());
        // Pages ask for one after another.
        let near = (cursor..=cursor + 1).find(|at| items.get(*at).is_some_and(|item| same(item, node)));
        let at = near.or_else(|| items.iter().position(|item| same(item, node)))?;
        self.cursor.set(at);
        Some(at)
    }

    /// The items with this `id`, or HTML elements with this `name`, in order; at most `limit`.
    #[must_use]
    pub fn named(&self, name: &str, limit: usize) -> Vec<NodeRef> {
        self.refresh();
        let items = self.items.borrow();
        if name.is_empty() {
            return Vec::new();
        }
        if items.len() <= UNINDEXED_MAX {
            let fits = |node: &&NodeRef| names_of(node).into_iter().flatten().any(|own| *own == *name);
            return items.iter().filter(fits).take(limit).cloned().collect();
        }
        let mut names = self.names.borrow_mut();
        let count = changes::of_names();
        if names.as_ref().is_none_or(|names| names.count != count) {
            let mut places = FxHashMap::<Box<str>, Vec<usize>>::default();
            for (at, item) in items.iter().enumerate() {
                for own in names_of(item).into_iter().flatten() {
                    let places = places.entry(own).or_default();
                    if places.last() != Some(&at) {
                        places.push(at);
                    }
                }
            }
            *names = Some(Names { count, places });
        }
        let places = names.as_ref().and_then(|names| names.places.get(name));
        places.into_iter().flatten().take(limit).filter_map(|at| items.get(*at).cloned()).collect()
    }

    /// The ids of the items and the `name`s of HTML elements among them, in order; each as often as it is there.
    #[must_use]
    pub fn names(&self) -> Vec<Box<str>> {
        self.refresh();
        let items = self.items.borrow();
        items.iter().flat_map(|item| names_of(item).into_iter().flatten()).filter(|name| !name.is_empty()).collect()
    }

    fn version(&self) -> Version {
        let is_connected = self.root.is_connected();
        let count = match &self.kind {
            Kind::ChildNodes => self.root.child_changes().0.into(),
            Kind::Children | Kind::Own(_) => self.root.child_changes().1.into(),
            Kind::SelectedOptions => mutation_count(),
            _ if !is_connected => changes::of_loose(),
            Kind::TagName(name) | Kind::TagNameNs(_, name) if &**name == "*" => changes::of_elements(),
            Kind::ClassName(_) => changes::of_classes(&self.buckets),
            Kind::Name(_) | Kind::WindowNamed(_) => self.buckets.iter().map(|name| changes::of_name(*name)).sum(),
            Kind::Links => changes::of_tags(&self.buckets) + changes::of_members(),
            Kind::Anchors => changes::of_tags(&self.buckets) + changes::of_names(),
            Kind::Controls => changes::of_tags(&self.buckets) + changes::of_members() + self.of_own_id(),
            Kind::Radios(_) => {
                changes::of_tags(&self.buckets) + changes::of_members() + self.of_own_id() + changes::of_names()
            }
            _ => changes::of_tags(&self.buckets),
        };
        (is_connected, count)
    }

    /// Changes of who has the root's id: controls name their form by it.
    fn of_own_id(&self) -> u64 {
        let id = |value: Option<&str>| value.map_or(0, |id| changes::of_name(Bucket::of(id)));
        self.root.as_element().map_or(0, |element| element.with_attr("id", id))
    }

    fn refresh(&self) {
        let now = self.version();
        let seen = self.seen.replace(Some(now));
        if seen == Some(now) {
            return;
        }
        *self.names.borrow_mut() = None;
        let is_mended = seen.is_some_and(|seen| {
            let changes = now.1.wrapping_sub(seen.1);
            seen.0 == now.0 && changes <= MENDED_MAX && self.mend(changes)
        });
        if !is_mended {
            *self.items.borrow_mut() = self.list().into();
        }
    }

    /// Takes children that left at the ends, or where the list was looked at last; false where that does not account for all
    /// changes, and the list is not right then. Only children have a count of their own, in which every change is one of them.
    fn mend(&self, changes: u64) -> bool {
        if !self.kind.is_of_children() {
            return false;
        }
        let gone = self.drop_gone(&mut self.items.borrow_mut());
        gone as u64 == changes
    }

    fn drop_gone(&self, items: &mut VecDeque<NodeRef>) -> usize {
        let before = items.len();
        let is_gone = |item: Option<&NodeRef>| item.is_some_and(|item| !self.belongs(item));
        while is_gone(items.front()) {
            items.pop_front();
        }
        while is_gone(items.back()) {
            items.pop_back();
        }
        let mut at = self.cursor.get();
        if is_gone(items.get(at)) {
            while at > 0 && is_gone(items.get(at - 1)) {
                at -= 1;
            }
            while is_gone(items.get(at)) {
                items.remove(at);
            }
        }
        before - items.len()
    }

    /// Whether a child is a member now.
    fn belongs(&self, node: &NodeRef) -> bool {
        let is_fit = match &self.kind {
            Kind::Children => node.as_element().is_some(),
            Kind::Own(names) => names.contains(&node.html_name()),
            _ => true,
        };
        is_fit && node.parent().is_some_and(|parent| same(&parent, &self.root))
    }

    /// What tells members among the descendants.
    fn member(&self) -> Box<dyn Fn(&NodeRef) -> bool + '_> {
        let is = |node: &NodeRef, attribute: &str, value: &str| {
            node.as_element().is_some_and(|e| e.with_attr(attribute, |own| own == Some(value)))
        };
        match &self.kind {
            Kind::TagName(name) => by_tag_name(&self.root, name),
            Kind::TagNameNs(ns, local) => Box::new(move |n| {
                n.as_element().is_some_and(|e| {
                    (&**local == "*" || *e.name.local == **local) && (&**ns == "*" || e.name.ns == *ns)
                })
            }),
            Kind::ClassName(classes) => {
                let quirks = tree::document_of(&self.root).is_some_and(|document| document.is_quirky());
                let has = move |n: &NodeRef, class: &str| n.as_element().is_some_and(|e| e.has_class(class, quirks));
                Box::new(move |n| !classes.is_empty() && classes.iter().all(|class| has(n, class)))
            }
            Kind::Name(name) => Box::new(move |n| !n.html_name().is_empty() && is(n, "name", name)),
            Kind::Html(names) => Box::new(|n| names.contains(&n.html_name())),
            Kind::Links => Box::new(|n| matches!(n.html_name(), "a" | "area") && form::has_flag(n, "href")),
            Kind::Anchors => Box::new(|n| n.is_html("a") && form::has_flag(n, "name")),
            Kind::WindowNamed(name) => Box::new(move |n| {
                let by_name = matches!(n.html_name(), "embed" | "form" | "img" | "object" | "iframe");
                is(n, "id", name) || by_name && is(n, "name", name)
            }),
            _ => Box::new(|_| false),
        }
    }

    fn list(&self) -> Vec<NodeRef> {
        #[cfg(test)]
        tests::LISTED.set(tests::LISTED.get() + 1);
        let root = &self.root;
        match &self.kind {
            Kind::ChildNodes => tree::children(root).collect(),
            Kind::Children => tree::element_children(root).collect(),
            Kind::Own(names) => tree::element_children(root).filter(|n| names.contains(&n.html_name())).collect(),
            Kind::Controls => form::elements(root),
            Kind::Radios(name) => form::elements_named(root, name),
            Kind::Options => options::options(root),
            Kind::SelectedOptions => options::selected_options(root),
            Kind::Rows => rows(root),
            _ => {
                let is_member = self.member();
                tree::descendants(root).filter(|node| is_member(node)).collect()
            }
        }
    }
}

/// The `id` and the `name` that an element is found by.
/// The id of an element, and its name if it is of HTML.
fn names_of(node: &NodeRef) -> [Option<Box<str>>; 2] {
    let Some(element) = node.as_element() else { return [None, None] };
    let of = |attribute: &str| element.with_attr(attribute, |value| value.map(Box::from));
    [of("id"), if element.name.ns == ns!(html) { of("name") } else { None }]
}

fn by_tag_name(root: &NodeRef, name: &str) -> Box<dyn Fn(&NodeRef) -> bool> {
    if name == "*" {
        return Box::new(|node| node.as_element().is_some());
    }
    let document = tree::document_of(root);
    let is_html = document.is_none_or(|document| document.as_document().is_none_or(|data| data.is_html));
    let (exact, lower) = (LocalName::from(name), LocalName::from(name.to_ascii_lowercase()));
    Box::new(move |node| {
        node.as_element().is_some_and(|e| {
            let wanted = if e.name.ns == ns!(html) && is_html { &lower } else { &exact };
            match &e.name.prefix {
                None => e.name.local == *wanted,
                Some(_) => qualified(&e.name) == **wanted,
            }
        })
    })
}

fn rows(table: &NodeRef) -> Vec<NodeRef> {
    let own = |node: &NodeRef| tree::element_children(node).filter(|n| n.is_html("tr")).collect::<Vec<_>>();
    let sections = |name: &str| {
        tree::element_children(table).filter(|n| n.is_html(name)).flat_map(|n| own(&n)).collect::<Vec<_>>()
    };
    let bodies = tree::element_children(table).flat_map(|n| match n.html_name() {
        "tr" => vec![n],
        "tbody" => own(&n),
        _ => Vec::new(),
    });
    sections("thead").into_iter().chain(bodies).chain(sections("tfoot")).collect()
}

#[cfg(test)]
mod tests;
