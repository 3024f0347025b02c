//! A selector for an element that somebody points at: one that finds exactly this element, now and when the page is opened
//! again. What a page changes as it works is no mark: classes, texts, values.

use crate::base::limits::mirror::MIRROR_SELECTOR_BYTES_MAX;
use crate::dom::node::same;
use crate::dom::select::{InvalidSelector, Selectors};
use crate::dom::{NodeRef, form, shadow, tree};
use crate::webapi::css::escaped;

/// Attributes that name an element, beside `name` and `data-…`.
const NAMES: [&str; 5] = ["aria-label", "for", "placeholder", "title", "alt"];
/// Longest value of an attribute that names something, in bytes.
const VALUE_BYTES_MAX: usize = 60;
/// Digits in a row that no person writes into an id: it was made up when the page ran.
const DIGITS_MAX: usize = 4;
/// Elements around one by which it may be found.
const DEPTH_MAX: usize = 64;

/// What stands between the selector of a host and that of an element in its shadow tree.
const INTO: &str = " >>> ";

/// The first element that a selector finds; parts of it may be parted by `>>>`, each for the shadow tree of what the one
/// before it found.
///
/// # Errors
/// [`InvalidSelector`] where one part is none.
pub fn find(document: &NodeRef, selector: &str) -> Result<Option<NodeRef>, InvalidSelector> {
    let mut root = document.clone();
    let mut parts = selector.split(INTO).peekable();
    while let Some(part) = parts.next() {
        let Some(found) = Selectors::cached(part)?.query(&root, 1).pop() else { return Ok(None) };
        if parts.peek().is_none() {
            return Ok(Some(found));
        }
        let Some(inner) = shadow::root_at(&found) else { return Ok(None) };
        root = inner;
    }
    Ok(None)
}

/// A selector of an element, or of the one around a text; `None` where it is in no document.
#[must_use]
pub fn of(document: &NodeRef, node: &NodeRef) -> Option<String> {
    let mut element = if node.as_element().is_some() { node.clone() } else { shadow::parent(node)? };
    let mut selector = String::new();
    loop {
        let root = tree::root_of(&element);
        let own = of_tree(&root, &element)?;
        selector = if selector.is_empty() { own } else { own + INTO + &selector };
        if selector.len() > MIRROR_SELECTOR_BYTES_MAX {
            return None;
        }
        match shadow::host(&root) {
            Some(host) => element = host,
            None => return Some(selector).filter(|_| same(&root, document)),
        }
    }
}

/// The same within one tree.
fn of_tree(document: &NodeRef, element: &NodeRef) -> Option<String> {
    let is_alone =
        |selector: &String| selector.len() <= MIRROR_SELECTOR_BYTES_MAX && finds_alone(selector, element, document);
    if let Some(found) = marks(element).into_iter().find(|mark| is_alone(mark)) {
        return Some(found);
    }
    // By its place in the nearest element that has a mark of its own.
    let own = marks(element);
    let mut path = by_place(element);
    let around: Vec<NodeRef> = tree::ancestors(element).filter(|node| node.as_element().is_some()).collect();
    for (depth, above) in around.iter().enumerate() {
        let anchor = match depth < DEPTH_MAX {
            true => marks(above).into_iter().find(|mark| finds_alone(mark, above, document)),
            false => None,
        };
        if let Some(anchor) = anchor {
            let within = own.iter().map(|mark| format!("{anchor} {mark}")).find(|selector| is_alone(selector));
            return within.or_else(|| Some(format!("{anchor} > {path}")).filter(|selector| is_alone(selector)));
        }
        path = format!("{} > {path}", by_place(above));
    }
    Some(path).filter(|path| is_alone(path))
}

/// What a person would know an element by, the best first.
fn marks(element: &NodeRef) -> Vec<String> {
    let Some(data) = element.as_element() else { return Vec::new() };
    let tag = escaped(&data.name.local);
    if matches!(element.html_name(), "html" | "head" | "body") {
        return vec![tag];
    }
    let mut found = Vec::new();
    let value = |name: &str| data.attr(name).filter(|value| is_name(value));
    found.extend(value("id").filter(|id| !is_made_up(id)).map(|id| format!("#{}", escaped(&id))));
    let named = value("name").filter(|name| !is_made_up(name)).map(|name| with_attribute("name", &name));
    if let Some(named) = &named {
        found.push(format!("{tag}{named}"));
    }
    // Boxes and buttons of one name are told by the value that they stand for.
    let is_fixed = match element.html_name() {
        "input" => matches!(form::input_type(element), "checkbox" | "radio" | "submit" | "button" | "image"),
        name => matches!(name, "button" | "option"),
    };
    if let Some(value) = value("value").filter(|_| is_fixed) {
        found.push(format!("{tag}{}{}", named.unwrap_or_default(), with_attribute("value", &value)));
    }
    data.with_attributes(|attributes| {
        let is_own = |name: &str| name.starts_with("data-") && escaped(name) == name;
        for attribute in attributes.iter().filter(|attribute| is_own(&attribute.name.local)) {
            if is_name(&attribute.value) && !is_made_up(&attribute.value) {
                found.push(format!("{tag}{}", with_attribute(&attribute.name.local, &attribute.value)));
            }
        }
    });
    found.extend(NAMES.iter().filter_map(|name| Some(format!("{tag}{}", with_attribute(name, &value(name)?)))));
    found
}

fn is_name(value: &str) -> bool {
    !value.trim().is_empty() && value.len() <= VALUE_BYTES_MAX
}

/// Whether no person chose this: `ext-gen10423`, `:r1:`, a UUID.
fn is_made_up(value: &str) -> bool {
    let mut row = 0;
    let is_long = value.chars().any(|character| {
        row = if character.is_ascii_digit() { row + 1 } else { 0 };
        row > DIGITS_MAX
    });
    let is_uuid = value.split('-').count() == 5 && value.chars().all(|c| c.is_ascii_hexdigit() || c == '-');
    is_long || is_uuid || value.starts_with(':')
}

/// Whether a selector finds this element, and no other one.
pub(super) fn finds_alone(selector: &str, element: &NodeRef, document: &NodeRef) -> bool {
    let found = Selectors::parse(selector).map(|selectors| selectors.query(document, 2));
    matches!(found.as_deref(), Ok([only]) if same(only, element))
}

/// `[name="value"]`
pub(super) fn with_attribute(name: &str, value: &str) -> String {
    let value = value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\a ");
    format!("[{name}=\"{value}\"]")
}

/// `tag:nth-of-type(n)`
pub(super) fn by_place(element: &NodeRef) -> String {
    let name = |node: &NodeRef| node.as_element().map(|data| data.name.clone());
    let tag = element.as_element().map(|data| escaped(&data.name.local)).unwrap_or_default();
    let mut place = 1;
    let mut before = element.previous_sibling();
    while let Some(node) = before {
        place += usize::from(name(&node) == name(element));
        before = node.previous_sibling();
    }
    format!("{tag}:nth-of-type({place})")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dom::Node;
    use crate::dom::document::DocumentData;
    use crate::dom::observe::ObserverQueue;
    use crate::dom::parse::{DocumentParser, fragment};

    fn parse(html: &str) -> NodeRef {
        let document = Node::document(DocumentData::new("text/html"));
        let parser = DocumentParser::new(&document, html.to_owned());
        while parser.read(0).is_some() {}
        parser.end();
        document
    }

    #[test]
    fn what_a_person_would_choose() {
        let document = parse(
            "<form id=f><input name=q class='focus a'><input type=radio name=r value=1><input type=radio name=r value=2>
             <button class=go>x</button></form>
             <ul data-list=replies><li><a class=on title=Hi>x</a><li id=ext-gen10423><a>y</a><li><a data-id=7>z</a></ul>
             <div id=twice></div><div id=twice><p>text</p></div><label for=q>q</label>",
        );
        let table = [
            ("form", "#f"),
            ("[name=q]", "input[name=\"q\"]"),
            ("[value='2']", "input[name=\"r\"][value=\"2\"]"),
            (".go", "#f > button:nth-of-type(1)"),
            (".on", "a[title=\"Hi\"]"),
            ("li:nth-of-type(2)", "ul[data-list=\"replies\"] > li:nth-of-type(2)"),
            ("li:nth-of-type(2) a", "ul[data-list=\"replies\"] > li:nth-of-type(2) > a:nth-of-type(1)"),
            ("[data-id]", "a[data-id=\"7\"]"),
            ("p", "body > div:nth-of-type(2) > p:nth-of-type(1)"),
            ("label", "label[for=\"q\"]"),
            ("body", "body"),
        ];
        for (pointed, expected) in table {
            let element = Selectors::parse(pointed).unwrap().query(&document, 1).pop().unwrap();
            assert_eq!(of(&document, &element).as_deref(), Some(expected), "{pointed}");
        }
        let text = Selectors::parse("p").unwrap().query(&document, 1)[0].first_child().unwrap();
        assert!(of(&document, &text).is_some_and(|selector| selector.ends_with("p:nth-of-type(1)")), "of a text");
    }

    #[test]
    fn into_a_shadow_tree() {
        let document = parse("<div id=card></div>");
        let host = find(&document, "#card").unwrap().unwrap();
        let queue = ObserverQueue::new(Box::new(|_| {}));
        let root = shadow::attach(&host, shadow::Init::default(), &queue).unwrap();
        tree::append(&root, &fragment(&host, "<p></p><button name=go>x</button>"));
        let button = find(&document, "#card >>> button").unwrap().unwrap();
        assert_eq!(of(&document, &button).as_deref(), Some("#card >>> button[name=\"go\"]"));
        assert_eq!(of(&document, &button.first_child().unwrap()), of(&document, &button), "of a text");
        for selector in ["button", "#card button", "#card >>> b", "#none >>> button", "p >>> button"] {
            assert!(find(&document, selector).unwrap().is_none(), "{selector}");
        }
        assert!(find(&document, "#card >>> ").is_err());
    }

    #[test]
    fn ids_that_no_person_chose() {
        for (id, expected) in [
            ("reply-3", false),
            ("q2014", false),
            ("ext-gen10423", true),
            (":r1:", true),
            ("6f1c0e5a-12ab-4c3d-9e8f-0a1b2c3d4e5f", true),
        ] {
            assert_eq!(is_made_up(id), expected, "{id}");
        }
    }
}
