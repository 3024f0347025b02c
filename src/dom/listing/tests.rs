use super::super::document::DocumentData;
use super::super::node::Node;
use super::super::{attributes, tree};
use super::*;

thread_local! {
    /// How often lists of this thread were listed anew.
    pub(super) static LISTED: Cell<usize> = const { Cell::new(0) };
}

/// Numbers that look random, the same at each run (PCG's multiplier).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % end
    }

    fn one(&mut self, of: &[&'static str]) -> &'static str {
        of[self.below(of.len())]
    }
}

fn kinds() -> Vec<Kind> {
    vec![
        Kind::ChildNodes,
        Kind::Children,
        Kind::Own(&["tr", "option"]),
        Kind::TagName("*".into()),
        Kind::TagName("TR".into()),
        Kind::TagNameNs(ns!(html), "option".into()),
        Kind::ClassName(vec!["a".into()]),
        Kind::ClassName(vec!["a".into(), "b".into()]),
        Kind::Name("n1".into()),
        Kind::Html(&["input", "tr"]),
        Kind::Links,
        Kind::Anchors,
        Kind::Controls,
        Kind::Options,
        Kind::Rows,
        Kind::Radios("n1".into()),
        Kind::WindowNamed("n2".into()),
    ]
}

/// Those that pages have of such a node.
fn kinds_of(root: &NodeRef) -> impl Iterator<Item = Kind> {
    let name = root.html_name();
    kinds().into_iter().filter(move |kind| match kind {
        Kind::Options => name == "select",
        Kind::Rows => name == "table",
        Kind::Controls | Kind::Radios(_) => name == "form",
        _ => true,
    })
}

const TAGS: [&str; 13] =
    ["tr", "tr", "td", "tbody", "tfoot", "thead", "option", "option", "optgroup", "input", "a", "form", "div"];

/// A page that does anything at all to trees, and lists that are looked at now and then.
struct Play {
    numbers: Numbers,
    document: NodeRef,
    nodes: Vec<NodeRef>,
    lists: Vec<Listing>,
}

impl Play {
    fn new(seed: u64) -> Self {
        let document = Node::document(DocumentData::new("text/html"));
        let html = Node::html_element(&document, "html");
        tree::append(&document, &html);
        let mut play = Self { numbers: Numbers(seed), document, nodes: vec![html], lists: Vec::new() };
        for root in ["table", "select", "form", "div", "ul"] {
            let root = Node::html_element(&play.document, root);
            attributes::set(&root, "id", "root");
            if play.numbers.below(3) > 0 {
                tree::append(&play.nodes[0], &root);
            }
            play.nodes.push(root.clone());
            play.lists.extend(kinds_of(&root).map(|kind| Listing::new(&root, kind)));
        }
        play.lists.extend(kinds_of(&play.document).map(|kind| Listing::new(&play.document, kind)));
        play
    }

    fn any(&mut self) -> NodeRef {
        let at = self.numbers.below(self.nodes.len());
        self.nodes[at].clone()
    }

    fn made(&mut self) -> NodeRef {
        if self.numbers.below(4) == 0 {
            return Node::text(&self.document, "text".to_owned());
        }
        let node = Node::html_element(&self.document, self.numbers.one(&TAGS));
        self.set_something(&node);
        self.nodes.push(node.clone());
        node
    }

    fn set_something(&mut self, node: &NodeRef) {
        let name = self.numbers.one(&["class", "class", "class", "name", "id", "type", "href", "form", "title"]);
        let value = match name {
            "class" => self.numbers.one(&["a", "b", "a b", "", "b c"]),
            "type" => self.numbers.one(&["radio", "image", "text"]),
            "form" => "root",
            _ => self.numbers.one(&["n1", "n2", "root", "x"]),
        };
        if self.numbers.below(5) == 0 {
            attributes::remove_plain(node, name);
        } else {
            attributes::set(node, name, value);
        }
    }

    fn put(&mut self, node: &NodeRef) {
        let parent = self.any();
        if parent.as_element().is_none() || tree::is_inclusive_ancestor(node, &parent) {
            return;
        }
        let before = if self.numbers.below(2) == 0 { None } else { parent.first_child() };
        tree::insert(&parent, node, before.filter(|before| !same(before, node)).as_ref());
    }

    fn step(&mut self) {
        match self.numbers.below(10) {
            0..=3 => {
                let made = self.made();
                self.put(&made);
            }
            4 => {
                let node = self.any();
                self.put(&node);
            }
            5 | 6 => {
                let node = self.any();
                self.set_something(&node);
            }
            7 => tree::remove(&self.any()),
            _ => {
                // As pages do that go through a list and take away.
                let at = self.numbers.below(self.lists.len());
                let list = &self.lists[at];
                let which = match self.numbers.below(3) {
                    0 => 0,
                    1 => list.len().saturating_sub(1),
                    _ => list.len() / 2,
                };
                if let Some(item) = self.lists[at].item(which) {
                    tree::remove(&item);
                }
            }
        }
    }

    fn check(&self, list: &Listing, seed: u64) {
        let (ours, anew) = (list.items(), Listing::new(list.root(), list.kind().clone()).items());
        let is_same = ours.len() == anew.len() && ours.iter().zip(&anew).all(|(a, b)| same(a, b));
        assert!(is_same, "{:?} under a {}, seed {seed}", list.kind(), list.root().html_name());
        let by_name = |node: &&NodeRef| names_of(node).into_iter().flatten().any(|own| &*own == "n1");
        let named: Vec<_> = anew.iter().filter(by_name).map(|node| node.serial()).collect();
        let found: Vec<_> = list.named("n1", usize::MAX).iter().map(|node| node.serial()).collect();
        assert_eq!(found, named, "{:?}, seed {seed}", list.kind());
    }
}

#[test]
fn whatever_a_page_does_a_list_is_as_if_listed_anew() {
    for seed in 0..60 {
        let mut play = Play::new(seed);
        for _ in 0..150 {
            for _ in 0..=play.numbers.below(3) {
                play.step();
            }
            for _ in 0..12 {
                let at = play.numbers.below(play.lists.len());
                play.check(&play.lists[at], seed);
            }
        }
    }
}

/// Lists of `count` rows in a document, with the row that holds them.
fn rows_in_document(count: usize) -> (NodeRef, Vec<NodeRef>) {
    let document = Node::document(DocumentData::new("text/html"));
    let list = Node::html_element(&document, "ul");
    tree::append(&document, &list);
    let rows: Vec<NodeRef> = (0..count).map(|_| Node::html_element(&document, "li")).collect();
    for row in &rows {
        attributes::set(row, "class", "row");
        tree::append(&list, row);
    }
    (list, rows)
}

/// Counts how often a list was listed anew while `act` was done for each row.
fn listed_anew(kind: Kind, act: impl Fn(&NodeRef, &Listing)) -> usize {
    let (list, rows) = rows_in_document(20);
    let listing = Listing::new(&list, kind);
    assert_eq!(listing.len(), 20);
    let before = LISTED.get();
    for row in &rows {
        act(row, &listing);
        let _ = listing.len();
    }
    LISTED.get() - before
}

#[test]
fn what_does_not_concern_a_list_leaves_it() {
    let lists = || [Kind::ChildNodes, Kind::Children, Kind::TagName("li".into()), Kind::ClassName(vec!["row".into()])];
    for kind in lists() {
        assert_eq!(listed_anew(kind.clone(), |row, _| attributes::set(row, "title", "x")), 0, "{kind:?}: title");
        assert_eq!(
            listed_anew(kind.clone(), |row, _| attributes::set(row, "class", "row chosen")),
            0,
            "{kind:?}: class"
        );
        let put_text = |row: &NodeRef, _: &Listing| super::super::text::set_text_content(row, "text");
        assert_eq!(listed_anew(kind.clone(), put_text), 0, "{kind:?}: text");
        let put_cell = |row: &NodeRef, _: &Listing| {
            tree::append(row, &Node::html_element(&row.owner_document().unwrap(), "span"));
        };
        assert_eq!(listed_anew(kind.clone(), put_cell), 0, "{kind:?}: an element in a row");
    }
}

#[test]
fn a_list_of_children_that_is_emptied_is_not_listed_anew() {
    for kind in [Kind::ChildNodes, Kind::Children, Kind::Own(&["li"])] {
        let from_the_front = |_: &NodeRef, listing: &Listing| tree::remove(&listing.item(0).unwrap());
        assert_eq!(listed_anew(kind.clone(), from_the_front), 0, "{kind:?}");
        let from_the_back = |_: &NodeRef, listing: &Listing| tree::remove(&listing.item(listing.len() - 1).unwrap());
        assert_eq!(listed_anew(kind.clone(), from_the_back), 0, "{kind:?}");
    }
}
