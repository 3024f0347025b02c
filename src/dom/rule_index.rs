//! Which of some rules could match an element, by what the last part of their selectors asks for: its id, a class, its
//! name. A sheet like bootstrap's has thousands of rules, and few for any one element.

use rustc_hash::FxHashMap;
use selectors::parser::Component;

use super::node::NodeRef;
use super::select::Selectors;

/// The most telling thing that a selector asks for of an element itself.
enum Key<'a> {
    /// Its id.
    Id(&'a str),
    /// One of its classes.
    Class(&'a str),
    /// Its name.
    Name(&'a str),
    /// None of these.
    Any,
}

/// Rules by what they ask for. Letters count as small ones, since in quirks mode and for names they do; what is found is
/// matched all the same.
#[derive(Default)]
pub(super) struct RuleIndex {
    ids: FxHashMap<String, Vec<usize>>,
    classes: FxHashMap<String, Vec<usize>>,
    names: FxHashMap<String, Vec<usize>>,
    /// Those that ask for nothing of it.
    any: Vec<usize>,
    count: usize,
}

impl RuleIndex {
    /// Adds a rule by its place in the order of all.
    pub(super) fn add(&mut self, at: usize, selectors: &Selectors) {
        self.count += 1;
        for key in keys(selectors) {
            let places = match key {
                Key::Id(id) => self.ids.entry(id.to_ascii_lowercase()).or_default(),
                Key::Class(class) => self.classes.entry(class.to_ascii_lowercase()).or_default(),
                Key::Name(name) => self.names.entry(name.to_ascii_lowercase()).or_default(),
                Key::Any => &mut self.any,
            };
            places.push(at);
        }
    }

    /// Whether there is no rule.
    pub(super) fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The rules that could match an element, in their order.
    pub(super) fn for_element(&self, node: &NodeRef) -> Vec<usize> {
        let Some(element) = node.as_element() else { return Vec::new() };
        let mut found = self.any.clone();
        let mut take = |places: Option<&Vec<usize>>| found.extend(places.into_iter().flatten());
        take(self.names.get(&*element.name.local.to_ascii_lowercase()));
        if !self.ids.is_empty()
            && let Some(id) = element.attr("id")
        {
            take(self.ids.get(&id.to_ascii_lowercase()));
        }
        if !self.classes.is_empty()
            && let Some(classes) = element.attr("class")
        {
            let classes = classes.to_ascii_lowercase();
            classes.split_ascii_whitespace().for_each(|class| take(self.classes.get(class)));
        }
        found.sort_unstable();
        found.dedup();
        found
    }
}

/// What the last part of each selector asks for, of an element that it may match.
fn keys(selectors: &Selectors) -> impl Iterator<Item = Key<'_>> {
    selectors.0.slice().iter().map(|selector| {
        let mut key = Key::Any;
        for component in selector.iter() {
            key = match (component, key) {
                (Component::ID(id), _) => return Key::Id(&id.0),
                (Component::Class(class), _) => Key::Class(&class.0),
                (Component::LocalName(name), Key::Any) => Key::Name(&name.lower_name.0),
                (_, key) => key,
            };
        }
        key
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dom::document::DocumentData;
    use crate::dom::node::Node;
    use crate::dom::parse::fragment;
    use crate::dom::tree;

    const SELECTORS: [&str; 14] = [
        "p",
        "P.A",
        ".a",
        ".a.b",
        "#x",
        "p#x.a",
        "*",
        "[id]",
        ".b > p",
        "div .a",
        ":not(.a)",
        ":is(.a, #x)",
        "p:first-child",
        ".nobody",
    ];

    #[test]
    fn no_rule_that_matches_is_left_out() {
        let document = Node::document(DocumentData::new("text/html"));
        let body = Node::html_element(&document, "body");
        let markup = "<div class='b'><p id=x class='a b'></p><p class=A></p><i id=X></i></div><p></p><svg><Path class=a /></svg>";
        let root = fragment(&body, markup);
        let parsed = SELECTORS.map(|text| Selectors::parse(text).unwrap());
        let mut index = RuleIndex::default();
        parsed.iter().enumerate().for_each(|(at, selectors)| index.add(at, selectors));
        let (mut matched, mut offered) = (0, 0);
        for node in tree::descendants(&root).filter(|node| node.as_element().is_some()) {
            let could = index.for_element(&node);
            offered += could.len();
            for (at, selectors) in parsed.iter().enumerate() {
                let matches = selectors.matching_specificity(&node).is_some();
                matched += usize::from(matches);
                assert!(!matches || could.contains(&at), "{}", SELECTORS[at]);
            }
        }
        assert!(matched > 20 && offered < SELECTORS.len() * 5, "{matched} of {offered}");
        assert!(!index.is_empty() && RuleIndex::default().is_empty());
    }
}
