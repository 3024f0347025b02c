//! Live lists of nodes (DOM §4.2.10), listed anew only where what they depend on has changed ([`super::changes`]), and
//! mended where few changes account for it (`mend`).

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;

use boa_gc::{Finalize, GcRefCell, Trace};
use html5ever::{LocalName, Namespace, ns};
use rustc_hash::FxHashMap;

use super::attributes::qualified;
use super::changes::{self, Bucket, Counts};
use super::document::mutation_count;
use super::node::{LISTED, NodeRef, same};
use super::{form, held, options, tree};

mod mend;

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

    /// Whether it has its own count of changes, whatever happens to other nodes.
    fn is_counted_apart(&self) -> bool {
        self.is_of_children() || matches!(self, Self::Options | Self::Rows | Self::SelectedOptions)
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
                of(&["button", "fieldset", "input", "object", "output", "select", "textarea"])
            }
            _ => Vec::new(),
        };
        buckets.sort_unstable();
        buckets.dedup();
        buckets
    }
}

/// A state of what a list depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Version {
    /// Whether the root is in a document, where that matters.
    is_connected: bool,
    /// Changes of which each is of one node: of one that is an item now or was one, or of another.
    of_one: u64,
    /// Changes of any others.
    of_many: u64,
    /// Changes of what the root's id refers to.
    of_id: u64,
}

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
    /// How many changes were counted of all trees when it was listed or mended last.
    #[unsafe_ignore_trace]
    time: Cell<u64>,
    /// How many nodes were looked at when it was listed last.
    #[unsafe_ignore_trace]
    cost: Cell<usize>,
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
    /// How many items were looked at.
    length: usize,
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
            time: Cell::new(0),
            cost: Cell::new(0),
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
        let items = self.items.borrow();
        // Pages ask for one after another.
        let near = self.cursor.get().min(items.len());
        let is_at = |at: usize| items.get(at).is_some_and(|item| same(item, node));
        let both = |away: usize| [Some(near + away), near.checked_sub(away)];
        let at = (0..=items.len()).flat_map(both).flatten().find(|at| is_at(*at))?;
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
        let names = match &mut *names {
            Some(names) if names.count == count => names,
            names => names.insert(Names { count, length: 0, places: FxHashMap::default() }),
        };
        for (at, item) in items.iter().enumerate().skip(names.length) {
            for own in names_of(item).into_iter().flatten() {
                let places = names.places.entry(own).or_default();
                if places.last() != Some(&at) {
                    places.push(at);
                }
            }
        }
        names.length = items.len();
        let places = names.places.get(name);
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
        let root = &self.root;
        let (of_one, of_many) = match &self.kind {
            Kind::ChildNodes => (root.child_changes().0.into(), 0),
            Kind::Children | Kind::Own(_) => (root.child_changes().1.into(), 0),
            Kind::Options | Kind::Rows => held::changes(root),
            Kind::SelectedOptions => (0, mutation_count()),
            _ => return changes::of(root.is_connected(), |counts| self.version_by(counts)),
        };
        Version { is_connected: false, of_one, of_many, of_id: 0 }
    }

    fn version_by(&self, counts: &Counts) -> Version {
        let is_connected = self.root.is_connected();
        let mut version = Version { is_connected, of_one: 0, of_many: counts.uncounted(), of_id: 0 };
        let tags = counts.tags(&self.buckets);
        version.of_one = match &self.kind {
            Kind::TagName(name) | Kind::TagNameNs(_, name) if &**name == "*" => counts.elements(),
            Kind::ClassName(_) => counts.classes(&self.buckets),
            Kind::Name(_) | Kind::WindowNamed(_) => counts.names(&self.buckets),
            Kind::Links => tags + counts.members(),
            Kind::Anchors => tags + counts.any_names(),
            Kind::Controls => tags + counts.members(),
            Kind::Radios(_) => tags + counts.members() + counts.any_names(),
            _ => tags,
        };
        if matches!(self.kind, Kind::Controls | Kind::Radios(_)) {
            // Controls name their form by its id.
            let of_id = |id: Option<&str>| id.map_or(0, |id| counts.names(&[Bucket::of(id)]));
            version.of_id = self.root.as_element().map_or(0, |element| element.with_attr("id", of_id));
            version.of_many += counts.forms();
        }
        version
    }

    fn refresh(&self) {
        let now = self.version();
        let seen = self.seen.get();
        if seen == Some(now) {
            return;
        }
        let is_mended = seen.is_some_and(|seen| self.mend(seen, now));
        if !is_mended {
            *self.names.borrow_mut() = None;
            self.list_anew();
        }
        self.seen.set(Some(now));
        self.time.set(mutation_count());
    }

    fn list_anew(&self) {
        let is_first = self.seen.get().is_none();
        if !self.kind.is_counted_apart() && !self.root.is_connected() {
            self.root.set_flag(LISTED, true);
            // Most are read once.
            if !is_first {
                changes::watch_loose();
            }
        }
        let items: VecDeque<NodeRef> = self.list().into();
        let before = std::mem::replace(&mut *self.items.borrow_mut(), items);
        if !is_first {
            // What changes next may be there as well.
            let items = self.items.borrow();
            let differs = before.iter().zip(items.iter()).position(|(a, b)| !same(a, b));
            self.cursor.set(differs.unwrap_or_else(|| before.len().min(items.len())));
        }
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
            Kind::ChildNodes => Box::new(|_| true),
            Kind::Children => Box::new(|n| n.as_element().is_some()),
            Kind::Own(names) => Box::new(|n| names.contains(&n.html_name())),
            Kind::Options => Box::new(|n| n.is_html("option") && self.is_held(n, &["optgroup"])),
            Kind::Rows => Box::new(|n| n.is_html("tr") && self.is_held(n, &SECTIONS)),
            Kind::Controls => Box::new(|n| form::is_control_of(n, &self.root)),
            Kind::Radios(name) => Box::new(|n| form::is_control_of(n, &self.root) && form::is_named(n, name)),
            Kind::SelectedOptions => Box::new(|_| false),
        }
    }

    /// Whether a node is a child of the root, or of such a child of it.
    fn is_held(&self, node: &NodeRef, by: &[&str]) -> bool {
        let is_root = |parent: NodeRef| same(&parent, &self.root);
        node.parent().is_some_and(|parent| {
            by.contains(&parent.html_name()) && parent.parent().is_some_and(is_root) || is_root(parent)
        })
    }

    fn list(&self) -> Vec<NodeRef> {
        #[cfg(test)]
        tests::LISTED.set(tests::LISTED.get() + 1);
        let (root, is_member) = (&self.root, self.member());
        let mut cost = 0;
        let mut count = |_: &NodeRef| cost += 1;
        let items: Vec<NodeRef> = match &self.kind {
            kind if kind.is_of_children() => tree::children(root).inspect(count).filter(|n| is_member(n)).collect(),
            Kind::Options => options::options(root),
            Kind::SelectedOptions => options::selected_options(root),
            Kind::Rows => rows(root),
            _ => tree::descendants(&self.scope()).inspect(&mut count).filter(|n| is_member(n)).collect(),
        };
        self.cost.set(cost.max(items.len()));
        items
    }

    /// What its items are under: the controls of a form may be anywhere in its tree.
    fn scope(&self) -> NodeRef {
        if matches!(self.kind, Kind::Controls | Kind::Radios(_)) {
            tree::root_of(&self.root)
        } else {
            self.root.clone()
        }
    }
}

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

/// The sections of a table, which have rows.
const SECTIONS: [&str; 3] = ["tbody", "tfoot", "thead"];

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
