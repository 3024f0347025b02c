//! What a selector that matches nothing may have meant: the elements nearest to what it matched when it was recorded.

use serde_json::Value;

use super::selector::{by_place, finds_alone, with_attribute};
use crate::dom::{NodeRef, text, tree};
use crate::net::Element;
use crate::webapi::css::escaped;

/// Candidates that are named at most.
const CANDIDATES_MAX: usize = 3;
/// Elements that are looked at: a page has that many only where it means harm.
const ELEMENTS_MAX: usize = 20_000;
/// Elements for which a selector is looked for, and how many of those around one such a selector names.
const TRIED_MAX: usize = 10;
const DEPTH_MAX: usize = 16;
/// Nodes whose text counts as an element's own.
const TEXT_NODES_MAX: usize = 50;
/// What is written of an element: characters of each member, and classes.
const DESCRIBED_CHARS_MAX: usize = 100;
const CLASSES_MAX: usize = 10;
/// What an element must have in common with the one that is looked for: more than its tag.
const SCORE_MIN: u32 = 3;
/// Attributes by which people tell elements apart.
const ATTRIBUTES: [&str; 7] = ["name", "type", "value", "title", "href", "placeholder", "aria-label"];

/// How an element is told from others: what [`nearest`] finds it by when the page was changed.
pub fn describe(element: &NodeRef) -> Element {
    let Some(data) = element.as_element() else { return Element::default() };
    let cut = |text: String| text.chars().take(DESCRIBED_CHARS_MAX).collect::<String>();
    let classes = data.attr("class").unwrap_or_default();
    Element {
        tag: data.name.local.to_string(),
        id: data.attr("id").map(&cut).unwrap_or_default(),
        classes: classes.split_ascii_whitespace().take(CLASSES_MAX).map(|class| cut(class.to_owned())).collect(),
        text: cut(own_text(element)),
    }
}

/// What is looked for. Empty members are unknown.
#[derive(Debug, Default, PartialEq, Eq)]
struct Wanted {
    tag: String,
    id: String,
    classes: Vec<String>,
    attributes: Vec<(String, String)>,
    text: String,
}

/// The elements nearest to what is looked for, each as a selector that matches it alone; the nearest first, on ties in the
/// order of the document. `matched` is the description that a recorder wrote of the element: `tag`, `id`, `classes`, `text`.
#[must_use]
pub fn nearest(document: &NodeRef, selector: &str, matched: Option<&Value>) -> Vec<String> {
    let wanted = Wanted::of(selector, matched);
    let elements = tree::descendants(document).filter(|node| node.as_element().is_some()).take(ELEMENTS_MAX);
    let mut scored: Vec<(u32, NodeRef)> = elements.map(|element| (wanted.score(&element), element)).collect();
    scored.retain(|(score, _)| *score >= SCORE_MIN);
    scored.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    let selectors = scored.iter().take(TRIED_MAX).filter_map(|(_, element)| selector_of(document, element, DEPTH_MAX));
    selectors.take(CANDIDATES_MAX).collect()
}

impl Wanted {
    /// By its description, else by what the last part of the selector itself says.
    fn of(selector: &str, matched: Option<&Value>) -> Self {
        let mut wanted = Self::of_selector(selector);
        let text_of = |member: &str| matched?.get(member)?.as_str().map(str::to_owned);
        for (member, known) in [("tag", &mut wanted.tag), ("id", &mut wanted.id), ("text", &mut wanted.text)] {
            if let Some(said) = text_of(member) {
                *known = text::strip_and_collapse(&said);
            }
        }
        if let Some(classes) = matched.and_then(|matched| matched.get("classes")?.as_array()) {
            wanted.classes = classes.iter().filter_map(Value::as_str).map(str::to_owned).collect();
        }
        wanted.tag.make_ascii_lowercase();
        wanted
    }

    /// Tag, id, classes and attributes of the last compound selector: `form .row > a.card[href="#"]` says `a`, `card`,
    /// `href`. It need not be valid.
    fn of_selector(selector: &str) -> Self {
        let mut wanted = Self::default();
        let mut rest = selector;
        while let Some(first) = rest.chars().next() {
            let inner = &rest[first.len_utf8()..];
            let name_end = |text: &str| {
                text.find(|c: char| !(c.is_alphanumeric() || matches!(c, '-' | '_'))).unwrap_or(text.len())
            };
            match first {
                '#' | '.' => {
                    let (name, behind) = inner.split_at(name_end(inner));
                    if first == '#' {
                        name.clone_into(&mut wanted.id);
                    } else {
                        wanted.classes.push(name.to_owned());
                    }
                    rest = behind;
                }
                '[' => {
                    let (inside, behind) = inner.split_once(']').unwrap_or((inner, ""));
                    if let Some((name, value)) = inside.split_once('=') {
                        let name = name.trim_end_matches(['~', '|', '^', '$', '*']).trim();
                        wanted.attributes.push((name.to_owned(), value.trim_matches(['"', '\'', ' ']).to_owned()));
                    }
                    rest = behind;
                }
                ':' => rest = &inner[name_end(inner)..],
                '(' => rest = inner.split_once(')').map_or("", |(_, behind)| behind),
                ' ' | '>' | '+' | '~' | ',' => {
                    // What comes before says where it is, not what.
                    if !inner.trim_matches([' ', '>', '+', '~', ',']).is_empty() {
                        wanted = Self::default();
                    }
                    rest = inner;
                }
                _ => {
                    let end = name_end(rest).max(first.len_utf8());
                    let (name, behind) = rest.split_at(end);
                    if first.is_alphabetic() {
                        name.clone_into(&mut wanted.tag);
                    }
                    rest = behind;
                }
            }
        }
        wanted.tag.make_ascii_lowercase();
        wanted
    }

    /// How much an element has in common with it.
    fn score(&self, element: &NodeRef) -> u32 {
        let Some(data) = element.as_element() else { return 0 };
        let is_of_the_tag = !self.tag.is_empty() && *data.name.local == *self.tag;
        let mut score = if is_of_the_tag { 2 } else { 0 };
        if !self.id.is_empty() {
            score += data.with_attr("id", |id| alike(id.unwrap_or_default(), &self.id, 8, 4));
        }
        let classes = data.attr("class").unwrap_or_default();
        for wanted in &self.classes {
            let of = |class: &str| alike(class, wanted, 3, 1);
            score += classes.split_ascii_whitespace().map(of).max().unwrap_or(0);
        }
        for (name, value) in &self.attributes {
            score += data.with_attr(name, |found| if found == Some(value.as_str()) { 3 } else { 0 });
        }
        // What is around the element has its text as well.
        let is_innermost = || tree::element_children(element).next().is_none();
        if !self.text.is_empty() && (is_of_the_tag || is_innermost()) {
            score += alike(&own_text(element), &self.text, 6, 3);
        }
        score
    }
}

/// Points for being the same, and for one being part of the other.
fn alike(one: &str, other: &str, same: u32, part: u32) -> u32 {
    let shorter = one.chars().count().min(other.chars().count());
    if one.is_empty() || other.is_empty() {
        0
    } else if one == other {
        same
    } else if shorter >= 2 && (one.contains(other) || other.contains(one)) {
        part
    } else {
        0
    }
}

/// The text of an element that holds little else; what holds more is a container.
fn own_text(element: &NodeRef) -> String {
    let nodes: Vec<NodeRef> = tree::descendants(element).take(TEXT_NODES_MAX + 1).collect();
    if nodes.len() > TEXT_NODES_MAX {
        return String::new();
    }
    text::strip_and_collapse(&text::descendant_text(element))
}

/// A selector that matches this element alone: by id, by classes or an attribute, or else by its place.
fn selector_of(document: &NodeRef, element: &NodeRef, depth: usize) -> Option<String> {
    let data = element.as_element()?;
    let is_alone = |selector: &String| finds_alone(selector, element, document);
    let tag = escaped(&data.name.local);
    let mut short = Vec::new();
    if let Some(id) = data.attr("id").filter(|id| !id.is_empty()) {
        short.push(format!("#{}", escaped(&id)));
    }
    let classes = data.attr("class").unwrap_or_default();
    let classes: String = classes.split_ascii_whitespace().map(|class| format!(".{}", escaped(class))).collect();
    short.push(format!("{tag}{classes}"));
    for name in ATTRIBUTES {
        if let Some(value) = data.attr(name) {
            short.push(format!("{tag}{}", with_attribute(name, &value)));
        }
    }
    short.into_iter().find(is_alone).or_else(|| {
        let place = by_place(element);
        let parent = tree::parent_element(element).filter(|_| depth > 0);
        let above = parent.and_then(|parent| selector_of(document, &parent, depth - 1));
        Some(above.map_or(place.clone(), |above| format!("{above} > {place}"))).filter(is_alone)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::dom::Node;
    use crate::dom::document::DocumentData;
    use crate::dom::parse::DocumentParser;
    use crate::dom::select::Selectors;

    fn parse_document(html: &str) -> NodeRef {
        let document = Node::document(DocumentData::new("text/html"));
        let parser = DocumentParser::new(&document, html.to_owned());
        while parser.read(0).is_some() {}
        parser.end();
        document
    }

    #[test]
    fn what_a_selector_says_of_its_element() {
        let of = |tag: &str, id: &str, classes: &[&str], attributes: &[(&str, &str)]| Wanted {
            tag: tag.to_owned(),
            id: id.to_owned(),
            classes: classes.iter().map(|class| (*class).to_owned()).collect(),
            attributes: attributes.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            text: String::new(),
        };
        let table = [
            ("#send", of("", "send", &[], &[])),
            ("tr.hit a.text", of("a", "", &["text"], &[])),
            ("FORM[name=search]", of("form", "", &[], &[("name", "search")])),
            ("#a > .b.c[href^=\"x y\"]:hover", of("", "", &["b", "c"], &[("href", "x y")])),
            ("a , ", of("a", "", &[], &[])),
            ("", Wanted::default()),
            ("*", Wanted::default()),
            ("#[", Wanted::default()),
            (":nth-child(2n + 1)", Wanted::default()),
            ("#发送", of("", "发送", &[], &[])),
        ];
        for (selector, wanted) in table {
            assert_eq!(Wanted::of_selector(selector), wanted, "{selector}");
        }
    }

    #[test]
    fn the_nearest_elements_now() {
        let page = r#"<form id=f><input name=q><button class="btn go">  发送
            给客户</button><button class="btn">取消</button></form>
            <ul><li><a class=card href="/1">一</a><li><a class=card href="/1">二</a></ul><p id="a:b">x</p>"#;
        let document = parse_document(page);
        let of =
            |selector: &str, matched: Value| nearest(&document, selector, Some(&matched).filter(|it| !it.is_null()));
        let table = [
            (
                "#send",
                json!({"tag": "button", "id": "send", "classes": ["btn", "go"], "text": "发送 给客户"}),
                vec!["button.btn.go", "button:nth-of-type(2)"],
            ),
            ("#send", json!({"tag": "BUTTON", "text": "取消"}), vec!["#f > button:nth-of-type(2)"]),
            ("#send", Value::Null, vec![]),
            (
                "a.cards",
                Value::Null,
                vec!["li:nth-of-type(1) > a:nth-of-type(1)", "li:nth-of-type(2) > a:nth-of-type(1)"],
            ),
            ("[name=q].x", Value::Null, vec!["input"]),
            ("#a\\:b .y", json!({"id": "a:b"}), vec!["#a\\:b"]),
            ("x", json!({"classes": 7, "text": [], "tag": null}), vec![]),
        ];
        for (selector, matched, expected) in table {
            let found = of(selector, matched);
            assert_eq!(found.len(), expected.len(), "{selector}: {found:?}");
            for selector in &found {
                assert_eq!(Selectors::parse(selector).unwrap().query(&document, 9).len(), 1, "{selector} matches one");
            }
            for (found, expected) in found.iter().zip(expected) {
                assert!(found.ends_with(expected), "{selector}: {found} is not {expected}");
            }
        }
        // Nothing of a page that goes deep takes long.
        let deep = parse_document(&"<div class=x>".repeat(400));
        assert!(nearest(&deep, ".x", None).len() <= CANDIDATES_MAX);
    }
}
