//! A copy that follows the views is the tree.

use proptest::prelude::*;
use rustc_hash::FxHashMap;

use super::*;
use crate::base::limits::mirror::{MIRROR_BYTES_MAX, MIRROR_DEPTH_MAX, MIRROR_NODES_MAX, MIRROR_TEXT_BYTES_MAX};
use crate::dom::document::DocumentData;
use crate::dom::parse::DocumentParser;
use crate::dom::{Node, NodeRef, attributes, form, sheets, text, tree};

fn parse(html: &str) -> NodeRef {
    let document = Node::document(DocumentData::new("text/html"));
    let parser = DocumentParser::new(&document, html.to_owned());
    while parser.read(0).is_some() {}
    parser.end();
    document
}

fn find(document: &NodeRef, name: &str) -> NodeRef {
    tree::descendants(document).find(|node| node.is_html(name)).unwrap()
}

/// What a viewer has.
#[derive(Default)]
struct Copy {
    shape: Shape,
    contents: FxHashMap<u32, Content>,
    children: FxHashMap<u32, Vec<u32>>,
    parents: FxHashMap<u32, u32>,
}

impl Copy {
    fn apply(&mut self, view: &View) {
        assert!(self.shape.admit(view), "{view:?}");
        if view.document.is_some() {
            *self = Self { shape: std::mem::take(&mut self.shape), ..Self::default() };
        }
        for change in &view.changes {
            match change {
                Change::Insert { id, parent, before, content } => {
                    self.contents.insert(*id, content.clone());
                    self.put(*id, *parent, *before);
                }
                Change::Move { id, parent, before } => {
                    self.take_out(*id);
                    self.put(*id, *parent, *before);
                }
                Change::Remove { id } => {
                    self.take_out(*id);
                    self.drop(*id);
                }
                Change::Attributes { id, attributes } => {
                    self.element(*id).attributes.clone_from(attributes);
                }
                Change::State { id, state } => self.element(*id).state = state.clone(),
                Change::Text { id, text } => match self.contents.get_mut(id).unwrap() {
                    Content::Text(old) => old.clone_from(text),
                    Content::Element(element) => element.text = Some(text.clone()),
                },
            }
        }
        for id in self.contents.keys() {
            assert!(self.shape.has(*id));
        }
    }

    fn element(&mut self, id: u32) -> &mut Element {
        let Content::Element(element) = self.contents.get_mut(&id).unwrap() else { panic!("{id} is an element") };
        element
    }

    fn put(&mut self, id: u32, parent: u32, before: Option<u32>) {
        let siblings = self.children.entry(parent).or_default();
        let at = before.map_or(siblings.len(), |before| siblings.iter().position(|one| *one == before).unwrap());
        siblings.insert(at, id);
        self.parents.insert(id, parent);
    }

    fn take_out(&mut self, id: u32) {
        let parent = self.parents.remove(&id).unwrap();
        self.children.get_mut(&parent).unwrap().retain(|one| *one != id);
    }

    fn drop(&mut self, id: u32) {
        self.contents.remove(&id).unwrap();
        self.children.remove(&id).unwrap_or_default().into_iter().for_each(|child| self.drop(child));
    }

    fn show(&self, id: u32, out: &mut String) {
        for child in self.children.get(&id).into_iter().flatten() {
            out.push_str(&format!("({:?}", self.contents[child]));
            self.show(*child, out);
            out.push(')');
        }
    }
}

/// What a copy is to be: what somebody sees who comes now.
#[track_caller]
fn check(copy: &Copy, document: &NodeRef) {
    let mut whole = Copy::default();
    whole.apply(&Mirror::default().look(document, "", None));
    let (mut found, mut expected) = (String::new(), String::new());
    copy.show(0, &mut found);
    whole.show(0, &mut expected);
    assert_eq!(found, expected);
}

/// Does something to a tree, of which only the numbers say what.
fn mutate(document: &NodeRef, (kind, one, other, third): (u8, usize, usize, usize)) {
    let nodes: Vec<NodeRef> = tree::descendants(document).collect();
    let elements: Vec<NodeRef> = nodes.iter().filter(|node| node.as_element().is_some()).cloned().collect();
    let pick = |list: &[NodeRef], at: usize| list[at % list.len()].clone();
    let (node, parent) = (pick(&nodes, one), pick(&elements, other));
    let before = tree::children(&parent).nth(third % 4);
    match kind {
        0 => {
            let fits = !tree::is_inclusive_ancestor(&node, &parent) && !node.is_html("html");
            if fits && before.as_ref().is_none_or(|before| !crate::dom::node::same(before, &node)) {
                tree::insert(&parent, &node, before.as_ref());
            }
        }
        1 if node.parent().is_some_and(|parent| parent.as_element().is_some()) => tree::remove(&node),
        2 => {
            let names = ["div", "style", "input", "textarea", "select", "option", "script", "template", "svg", "p"];
            let element = Node::html_element(document, names[one % names.len()]);
            tree::insert(&parent, &element, before.as_ref());
        }
        3 => tree::insert(&parent, &Node::text(document, format!("text {one}")), before.as_ref()),
        4 => attributes::set(&parent, ["class", "id", "checked", "type"][one % 4], ["a", "checkbox", ""][third % 3]),
        5 => drop(attributes::remove_plain(&parent, ["class", "id", "checked", "type"][one % 4])),
        6 if matches!(parent.html_name(), "input" | "textarea") => form::set_value(&parent, &third.to_string()),
        7 if parent.is_html("input") => form::set_checked(&parent, third % 2 == 0),
        // A wrapper around a node that was there, as jQuery's `wrap` makes one.
        8 if !node.is_html("html") => {
            if let Some(parent) = node.parent() {
                let wrapper = Node::html_element(document, "span");
                tree::insert(&parent, &wrapper, Some(&node));
                tree::append(&wrapper, &node);
            }
        }
        9 => text::set_text_content(&parent, &format!("only {third}")),
        _ => text::set_node_value(&node, &format!("other {third}")),
    }
}

proptest! {
    #[test]
    fn a_copy_that_follows_the_changes_is_the_tree(
        steps in prop::collection::vec(
            prop::collection::vec((0_u8..12, any::<usize>(), any::<usize>(), any::<usize>()), 1..8), 1..12,
        ),
    ) {
        let document = parse("<body><ul><li>a<li>b<li>c</ul><form><input><select><option>1<option>2</select></form><style>a{}</style>");
        let (mut mirror, mut copy) = (Mirror::default(), Copy::default());
        copy.apply(&mirror.look(&document, "", None));
        for step in steps {
            for doing in step {
                if tree::descendants(&document).any(|node| node.as_element().is_some()) {
                    mutate(&document, doing);
                }
            }
            let view = mirror.look(&document, "", None);
            prop_assert!(view.document.is_none());
            copy.apply(&view);
            check(&copy, &document);
        }
    }
}

#[test]
fn only_what_changed_is_said() {
    let document = parse("<ul><li>a<li>b<li>c</ul><p class=x>t</p>");
    let mut mirror = Mirror::default();
    let first = mirror.look(&document, "http://a/", None);
    assert_eq!(first.document, Some(Origin { base: "http://a/".to_owned(), is_quirky: true }));
    assert_eq!(mirror.look(&document, "http://a/", None), View::default());
    let (list, item) = (find(&document, "ul"), find(&document, "li"));
    tree::append(&list, &item);
    let changes = mirror.look(&document, "http://a/", None).changes;
    assert!(matches!(changes[..], [Change::Move { before: None, .. }]), "{changes:?}");
    attributes::set(&find(&document, "p"), "class", "y");
    tree::remove(&item);
    let changes = mirror.look(&document, "http://a/", Some(&list)).changes;
    assert!(matches!(changes[..], [Change::Attributes { .. }, Change::Remove { .. }]), "{changes:?}");
    assert!(mirror.look(&document, "http://b/", None).document.is_some(), "addresses mean something else");
}

#[test]
fn what_is_not_shown() {
    let document = parse(
        "<!--c--><head><script>var secret</script><template><b>t</b></template><noscript>n</noscript></head>
         <body onload='x()'><textarea>v</textarea><iframe srcdoc='<b>'>i</iframe><style>a { color: red }</style>",
    );
    let shown = format!("{:?}", Mirror::default().look(&document, "", None));
    for hidden in ["secret", "\"t\"", "\"n\"", "\"i\"", "x()", "srcdoc", "\"c\""] {
        assert!(!shown.contains(hidden), "{hidden}: {shown}");
    }
    assert!(shown.contains("color: red") && shown.contains("value: Some(\"v\")"), "{shown}");
}

#[test]
fn a_link_that_script_has_rewritten_is_a_style() {
    let document = parse("<link rel=stylesheet href=a.css>");
    let link = find(&document, "link");
    sheets::ask(&link, "a.css");
    sheets::set_source(&link, "a {}");
    let (mut mirror, mut copy) = (Mirror::default(), Copy::default());
    copy.apply(&mirror.look(&document, "", None));
    sheets::rewrite(&link, "a {} b {}");
    copy.apply(&mirror.look(&document, "", None));
    check(&copy, &document);
    assert!(copy.contents.values().any(|content| content.text() == "a {} b {}"));
    sheets::set_disabled(&link, true);
    copy.apply(&mirror.look(&document, "", None));
    check(&copy, &document);
    let off = ("media".to_owned(), "not all".to_owned());
    assert!(
        copy.contents.values().any(|content| matches!(content, Content::Element(e) if e.attributes.contains(&off)))
    );
}

#[test]
fn what_is_shown_is_bounded_and_says_so() {
    let look = |html: &str| Mirror::default().look(&parse(html), "", None);
    assert!(!look("<p>x").is_cut);
    let many = look(&"<b></b>".repeat(MIRROR_NODES_MAX + 9));
    assert!(many.is_cut && many.changes.len() == MIRROR_NODES_MAX && Shape::default().admit(&many));
    // A head is beside them.
    let deep = look(&"<div>".repeat(2 * MIRROR_DEPTH_MAX));
    assert!(deep.is_cut && deep.changes.len() == MIRROR_DEPTH_MAX + 1 && Shape::default().admit(&deep));
    let long = look(&format!("<p>{}", "您".repeat(MIRROR_TEXT_BYTES_MAX)));
    assert!(long.is_cut && Shape::default().admit(&long));
    let attribute = format!("<p title={}>", "x".repeat(MIRROR_TEXT_BYTES_MAX - 9));
    let heavy = look(&attribute.repeat(MIRROR_BYTES_MAX / MIRROR_TEXT_BYTES_MAX + 2));
    assert!(heavy.is_cut && Shape::default().admit(&heavy));
}

#[test]
fn a_lying_view_is_told() {
    let insert = |id, parent, before| Change::Insert { id, parent, before, content: Content::Element(Box::default()) };
    let text = |id, parent| Change::Insert { id, parent, before: None, content: Content::Text(String::new()) };
    let honest = vec![insert(1, 0, None), insert(2, 1, None), text(3, 1), insert(4, 2, None)];
    let admits = |changes: Vec<Change>| {
        let mut shape = Shape::default();
        let whole = View { document: Some(Origin::default()), changes: honest.clone(), ..View::default() };
        assert!(shape.admit(&whole));
        shape.admit(&View { changes, ..View::default() })
    };
    let moved = |id, parent, before| Change::Move { id, parent, before };
    let lies = [
        vec![insert(2, 1, None)],
        vec![insert(0, 1, None)],
        vec![insert(9, 8, None)],
        vec![insert(9, 3, None)],
        vec![insert(9, 1, Some(4))],
        vec![moved(2, 4, None)],
        vec![moved(2, 2, None)],
        vec![moved(2, 1, Some(2))],
        vec![moved(9, 1, None)],
        vec![Change::Remove { id: 9 }],
        vec![Change::Remove { id: 2 }, Change::Remove { id: 2 }],
        vec![Change::Remove { id: 2 }, text(9, 1)],
        vec![Change::Attributes { id: 3, attributes: Vec::new() }],
        vec![Change::Text { id: 9, text: String::new() }],
        vec![Change::Text { id: 3, text: "x".repeat(MIRROR_TEXT_BYTES_MAX + 1) }],
        vec![Change::Attributes { id: 1, attributes: vec![("x".repeat(200), String::new())] }],
        (10..10 + MIRROR_DEPTH_MAX as u32).map(|id| insert(id, if id == 10 { 4 } else { id - 1 }, None)).collect(),
    ];
    for lie in lies {
        assert!(!admits(lie.clone()), "{lie:?}");
    }
    assert!(admits(vec![moved(4, 1, Some(2)), moved(2, 4, None), Change::Remove { id: 3 }]));
    assert!(!Shape::default().admit(&View::default()), "a document comes first");
    // Deep trees that come about by moves.
    let chain = |from: u32| (from..from + 150).map(move |id| insert(id, if id == from { 1 } else { id - 1 }, None));
    let two: Vec<Change> = chain(1_000).chain(chain(2_000)).chain([moved(2_000, 1_149, None)]).collect();
    assert!(!admits(two));
}
