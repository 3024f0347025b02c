use super::super::document::DocumentData;
use super::super::node::Node;
use super::super::{attributes, tree};
use super::*;

thread_local! {
    /// How often lists of this thread were listed anew.
    pub(super) static LISTED: Cell<usize> = const { Cell::new(0) };
    /// How often they were mended.
    pub(super) static MENDED: Cell<usize> = const { Cell::new(0) };
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

    /// A list, of which those made first come more often: so they are read at different paces.
    fn some_list(&mut self) -> usize {
        let end = self.numbers.below(self.lists.len()) + 1;
        self.numbers.below(end)
    }

    /// What pages put into the root of a list: rows, options, controls.
    fn grow(&mut self) {
        let at = self.some_list();
        let root = self.lists[at].root().clone();
        let tags: &[&'static str] = match root.html_name() {
            "table" => &["tr", "tr", "tbody", "thead", "tfoot"],
            "select" => &["option", "option", "option", "optgroup"],
            "form" => &["input", "input", "fieldset", "select"],
            _ => &["tr", "option", "a", "input"],
        };
        let made = self.of_tags(tags);
        // At its end, or in what is last in it: the last section of a table.
        let last = root.last_child().filter(|last| matches!(last.html_name(), "tbody" | "thead" | "optgroup" | "div"));
        let into = last.filter(|_| self.numbers.below(2) == 0).unwrap_or(root);
        if into.as_element().is_some() {
            tree::append(&into, &made);
        }
    }

    fn of_tags(&mut self, tags: &[&'static str]) -> NodeRef {
        let made = Node::html_element(&self.document, self.numbers.one(tags));
        if self.numbers.below(2) == 0 {
            self.set_something(&made);
        }
        let inner = match made.html_name() {
            "tbody" | "thead" | "tfoot" => "tr",
            "optgroup" => "option",
            "fieldset" => "input",
            "tr" => "td",
            _ => "",
        };
        if !inner.is_empty() {
            for _ in 0..self.numbers.below(3) {
                let child = Node::html_element(&self.document, inner);
                tree::append(&made, &child);
                self.nodes.push(child);
            }
        }
        self.nodes.push(made.clone());
        made
    }

    /// Something comes before or after an item of a list, or in its place: a new node, a fragment, or one from elsewhere.
    fn put_beside(&mut self) {
        let at = self.some_list();
        let count = self.lists[at].len();
        let which = [0, count.saturating_sub(1), self.numbers.below(count.max(1))][self.numbers.below(3)];
        let Some(item) = self.lists[at].item(which) else { return };
        let Some(parent) = item.parent().filter(|parent| parent.as_element().is_some()) else { return };
        let node = match self.numbers.below(4) {
            0 => self.any(),
            1 => {
                let fragment = Node::fragment(&self.document);
                for _ in 0..self.numbers.below(4) {
                    let made = self.made();
                    tree::append(&fragment, &made);
                }
                fragment
            }
            2 => self.of_tags(&["tr", "option", "input", "a"]),
            _ => Node::html_element(&self.document, "tr"),
        };
        if node.as_document().is_some() || tree::is_inclusive_ancestor(&node, &parent) {
            return;
        }
        match self.numbers.below(3) {
            0 => tree::insert(&parent, &node, Some(&item)),
            1 => {
                let next = item.next_sibling().filter(|next| !same(next, &node));
                tree::insert(&parent, &node, next.as_ref());
            }
            _ if same(&node, &item) => {}
            _ => tree::replace(&parent, &node, &item),
        }
    }

    /// What is at one end of a list goes to the other, or the root itself comes and goes.
    fn turn(&mut self) {
        let at = self.some_list();
        let list = &self.lists[at];
        let root = list.root().clone();
        if self.numbers.below(3) == 0 && root.as_element().is_some() {
            let into = if self.numbers.below(2) == 0 { Some(self.nodes[0].clone()) } else { None };
            match into.filter(|into| !tree::is_inclusive_ancestor(&root, into)) {
                Some(into) => tree::append(&into, &root),
                None => tree::remove(&root),
            }
            return;
        }
        let (Some(first), Some(last)) = (root.first_child(), root.last_child()) else { return };
        match self.numbers.below(3) {
            _ if root.as_document().is_some() => {}
            0 => tree::append(&root, &first),
            1 if !same(&first, &last) => tree::insert(&root, &last, Some(&first)),
            _ if self.numbers.below(4) == 0 => tree::remove_children(&last),
            _ => {}
        }
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
        match self.numbers.below(17) {
            10..=12 => self.grow(),
            13..=15 => self.put_beside(),
            16 => self.turn(),
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
                let at = self.some_list();
                let list = &self.lists[at];
                let which = match self.numbers.below(4) {
                    0 => 0,
                    1 => list.len().saturating_sub(1),
                    2 => list.len() / 2,
                    _ => self.numbers.below(list.len().max(1)),
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
    let (mut mended, mut reads) = (0, 0);
    for seed in 0..120 {
        let mut play = Play::new(seed);
        for _ in 0..150 {
            for _ in 0..=play.numbers.below(3) {
                play.step();
            }
            for _ in 0..12 {
                let at = play.some_list();
                let before = MENDED.get();
                play.check(&play.lists[at], seed);
                reads += 1;
                mended += MENDED.get() - before;
            }
        }
    }
    // Else this tests little.
    assert!(mended * 20 > reads, "{mended} of {reads} readings mended a list");
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

/// A way of changing the rows of a list, while the list is read.
type Change = fn(&NodeRef, &Listing);

#[test]
fn a_list_that_is_read_while_items_come_and_go_is_mended() {
    let changes: [(&str, Change); 9] = [
        ("from the front", |_, listing| tree::remove(&listing.item(0).unwrap())),
        ("from the back", |_, listing| tree::remove(&listing.item(listing.len() - 1).unwrap())),
        ("from the middle", |_, listing| tree::remove(&listing.item(listing.len() / 2).unwrap())),
        ("one by one, unread", |row, _| tree::remove(row)),
        ("every other one", |row, _| {
            if row.serial() % 2 == 0 {
                tree::remove(row);
            }
        }),
        ("at the end", |row, _| tree::append(&row.parent().unwrap(), &made_like(row))),
        ("at the front", |row, _| {
            let parent = row.parent().unwrap();
            tree::insert(&parent, &made_like(row), parent.first_child().as_ref());
        }),
        ("before one that was read", |row, listing| {
            let before = listing.item(listing.len() / 2);
            tree::insert(&row.parent().unwrap(), &made_like(row), before.as_ref());
        }),
        ("in the place of each", |row, listing| {
            let _ = listing.position(row);
            tree::replace(&row.parent().unwrap(), &made_like(row), row);
        }),
    ];
    for kind in [
        Kind::ChildNodes,
        Kind::Children,
        Kind::Own(&["li"]),
        Kind::TagName("li".into()),
        Kind::ClassName(vec!["row".into()]),
    ] {
        for (what, change) in &changes {
            assert_eq!(listed_anew(kind.clone(), change), 0, "{kind:?} {what}");
        }
    }
}

fn made_like(row: &NodeRef) -> NodeRef {
    let made = Node::html_element(&row.owner_document().unwrap(), "li");
    attributes::set(&made, "class", "row");
    made
}

/// Counts how often a list under an element was listed anew while `act` was done some times.
fn listed_under(root: &str, kind: Kind, is_connected: bool, act: Change) -> usize {
    let document = Node::document(DocumentData::new("text/html"));
    let root = Node::html_element(&document, root);
    if is_connected {
        tree::append(&document, &root);
    }
    let listing = Listing::new(&root, kind);
    for count in 1..3 {
        act(&root, &listing);
        assert_eq!(listing.len(), count);
    }
    let before = LISTED.get();
    for count in 3..20 {
        act(&root, &listing);
        assert_eq!(listing.len(), count);
    }
    LISTED.get() - before
}

#[test]
fn rows_options_and_controls_that_are_added_one_by_one_are_not_listed_anew() {
    for is_connected in [true, false] {
        let in_table: Change = |root, _| {
            let body = root.first_child().unwrap_or_else(|| put_new(root, "tbody"));
            put_new(&put_new(&body, "tr"), "td");
        };
        assert_eq!(listed_under("table", Kind::Rows, is_connected, in_table), 0, "rows, {is_connected}");
        let in_select: Change = |root, _| drop(put_new(root, "option"));
        assert_eq!(listed_under("select", Kind::Options, is_connected, in_select), 0, "options, {is_connected}");
        let in_group: Change = |root, _| {
            let group = root.first_child().unwrap_or_else(|| put_new(root, "optgroup"));
            put_new(&group, "option");
        };
        assert_eq!(listed_under("select", Kind::Options, is_connected, in_group), 0, "groups, {is_connected}");
        let in_form: Change = |root, _| {
            let label = put_new(root, "label");
            put_new(&label, "input");
        };
        assert_eq!(listed_under("form", Kind::Controls, is_connected, in_form), 0, "controls, {is_connected}");
    }
}

fn put_new(parent: &NodeRef, name: &str) -> NodeRef {
    let made = Node::html_element(&parent.owner_document().unwrap(), name);
    tree::append(parent, &made);
    made
}

#[test]
fn what_comes_to_another_table_or_select_is_nothing_to_a_list() {
    for (holder, kind, member) in [("table", Kind::Rows, "tr"), ("select", Kind::Options, "option")] {
        let document = Node::document(DocumentData::new("text/html"));
        let html = Node::html_element(&document, "html");
        tree::append(&document, &html);
        let (one, other) = (put_new(&html, holder), put_new(&html, holder));
        let lists = [Listing::new(&one, kind.clone()), Listing::new(&other, kind)];
        assert_eq!(lists.each_ref().map(Listing::len), [0, 0]);
        let before = LISTED.get();
        for count in 1..10 {
            put_new(&one, member);
            put_new(&other, member);
            assert_eq!(lists.each_ref().map(Listing::len), [count, count]);
        }
        assert_eq!(LISTED.get(), before, "{holder}");
    }
}

#[test]
fn a_name_is_found_among_what_was_appended_since() {
    let document = Node::document(DocumentData::new("text/html"));
    let form = Node::html_element(&document, "form");
    tree::append(&document, &form);
    let controls = Listing::new(&form, Kind::Controls);
    for count in 0..30 {
        let input = Node::html_element(&document, "input");
        attributes::set(&input, "name", &format!("n{}", count % 20));
        tree::append(&form, &input);
        assert_eq!(controls.named("n3", usize::MAX).len(), usize::from(count > 2) + usize::from(count > 22));
    }
    attributes::set(&controls.item(3).unwrap(), "name", "other");
    tree::remove(&controls.item(0).unwrap());
    let at = |name: &str| controls.named(name, 1).pop().and_then(|node| controls.position(&node));
    assert_eq!([at("n3"), at("other"), at("n0"), at("n19")], [Some(22), Some(2), Some(19), Some(18)]);
}
