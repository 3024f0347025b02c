//! Views as a browser is given them.

use rustc_hash::FxHashMap;
use serde_json::{Map, Value, json};
use url::Url;

use super::address::Addresses;
use super::css;
use super::names::{self, Use};
use crate::dom::mirror::{Change, Content, Element, Shape, Space, State, View};

/// Where a link of a page leads in the mirror.
const NOWHERE: &str = "about:invalid";
/// What hides a password: the field is one of text, since a browser may fill a field of a page's with a password of the
/// person's, for whoever serves the mirror.
const DISCS: &str = "-webkit-text-security:disc!important";

/// What one browser is given of one page. It goes from view to view: none may be left out.
pub struct Guard<F> {
    shape: Shape,
    base: Option<Url>,
    /// What the addresses in a sheet are relative to that stands for a linked one.
    sheets: FxHashMap<u32, Url>,
    resource: F,
}

impl<F: Fn(&Url) -> String> Guard<F> {
    /// Nothing was given yet. `resource` says where a browser gets what is at an address: with neither blanks nor commas.
    pub fn new(resource: F) -> Self {
        Self { shape: Shape::default(), base: None, sheets: FxHashMap::default(), resource }
    }

    /// A view for the browser; its form is in the [module](super)'s documentation. `None`: the page says what no page says;
    /// the next view must have all of a document.
    pub fn admit(&mut self, view: &View) -> Option<Value> {
        if let Some(origin) = &view.document {
            self.base = Url::parse(&origin.base).ok();
            self.sheets.clear();
        }
        if !self.shape.admit(view) {
            self.shape = Shape::default();
            return None;
        }
        let changes: Vec<Value> = view.changes.iter().filter_map(|change| self.change(change)).collect();
        self.sheets.retain(|id, _| self.shape.has(*id));
        let mut shown = json!({"changes": changes, "focus": view.focus, "cut": view.is_cut});
        if let Some(origin) = &view.document {
            shown["whole"] = true.into();
            shown["quirks"] = origin.is_quirky.into();
        }
        Some(shown)
    }

    fn change(&mut self, change: &Change) -> Option<Value> {
        Some(match change {
            Change::Insert { id, parent, before, content } => {
                let mut insert = json!({"do": "insert", "id": id, "in": parent});
                if let Some(before) = before {
                    insert["before"] = (*before).into();
                }
                match content {
                    Content::Text(text) => insert["text"] = text.as_str().into(),
                    Content::Element(element) => self.element(*id, element, &mut insert),
                }
                insert
            }
            Change::Move { id, parent, before } => match before {
                Some(before) => json!({"do": "move", "id": id, "in": parent, "before": before}),
                None => json!({"do": "move", "id": id, "in": parent}),
            },
            Change::Remove { id } => json!({"do": "remove", "id": id}),
            Change::Attributes { id, attributes } => {
                let (space, tag) = self.shape.element(*id)?;
                let (space, tag) = names::element(space, tag);
                json!({"do": "attributes", "id": id, "attributes": self.attributes(space, tag, attributes)})
            }
            Change::Text { id, text } => match self.shape.element(*id) {
                Some((space, tag)) if names::element(space, tag).1 == "style" => {
                    json!({"do": "text", "id": id, "text": self.css(*id, text)})
                }
                // Of another namespace.
                Some(_) => return None,
                None => json!({"do": "text", "id": id, "text": text}),
            },
            Change::State { id, state } => {
                let mut said = json!({"do": "state", "id": id});
                put_state(state, &mut said);
                said
            }
        })
    }

    fn element(&mut self, id: u32, element: &Element, insert: &mut Value) {
        let (space, tag) = names::element(element.space, &element.tag);
        match space {
            Space::Svg => insert["space"] = "svg".into(),
            Space::MathMl => insert["space"] = "math".into(),
            Space::Html | Space::Other => {}
        }
        insert["tag"] = tag.into();
        let attributes = self.attributes(space, tag, &element.attributes);
        if !attributes.is_empty() {
            insert["attributes"] = attributes.into();
        }
        if let Some(text) = element.text.as_ref().filter(|_| tag == "style") {
            let href = element.attributes.iter().find(|(name, _)| name == "href");
            let base = href.and_then(|(_, href)| self.base.as_ref()?.join(href).ok());
            if let Some(base) = base {
                self.sheets.insert(id, base);
            }
            insert["text"] = self.css(id, text).into();
        }
        put_state(&element.state, insert);
    }

    fn css(&self, id: u32, text: &str) -> String {
        let base = self.sheets.get(&id).or(self.base.as_ref());
        css::rewrite(text, Addresses { base, resource: &self.resource })
    }

    fn attributes(&self, space: Space, tag: &str, attributes: &[(String, String)]) -> Map<String, Value> {
        let addresses = Addresses { base: self.base.as_ref(), resource: &self.resource };
        let mut kept = Map::new();
        for (name, value) in attributes {
            let value = match names::attribute(space, tag, name) {
                Use::Stays => Some(value.clone()),
                Use::Css => Some(css::rewrite(value, addresses)),
                Use::Picture => addresses.of(value),
                Use::Pictures => addresses.of_set(value),
                Use::Link => Some(NOWHERE.to_owned()),
                Use::Within => Some(value.clone()).filter(|value| value.starts_with('#')),
                Use::Gone => None,
            };
            if let Some(value) = value {
                kept.insert(name.clone(), value.into());
            }
        }
        match (space, tag) {
            (Space::Html, "link") => link(attributes, addresses, &mut kept),
            (Space::Html, "input") => input(&mut kept),
            // The browser remembers nothing of it.
            (Space::Html, "form" | "textarea" | "select") => drop(kept.insert("autocomplete".into(), "off".into())),
            _ => {}
        }
        kept
    }
}

/// A link is a style sheet, or nothing.
fn link(attributes: &[(String, String)], addresses: Addresses<'_>, kept: &mut Map<String, Value>) {
    let value = |wanted: &str| attributes.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.as_str());
    let words = value("rel").unwrap_or_default().to_ascii_lowercase();
    let has = |wanted: &str| words.split_ascii_whitespace().any(|word| word == wanted);
    let is_sheet = has("stylesheet") && !has("alternate");
    let href = value("href").filter(|href| is_sheet && !is_data(href));
    if let Some(address) = href.and_then(|href| addresses.of(href)) {
        kept.insert("rel".into(), "stylesheet".into());
        kept.insert("href".into(), address.into());
    }
}

fn is_data(address: &str) -> bool {
    address.trim().get(..5).is_some_and(|start| start.eq_ignore_ascii_case("data:"))
}

fn input(kept: &mut Map<String, Value>) {
    let kind = kept.get("type").and_then(Value::as_str).map(str::to_ascii_lowercase).unwrap_or_default();
    match kind.trim() {
        "password" => {
            let style = kept.get("style").and_then(Value::as_str).unwrap_or_default();
            let style = format!("{style};{DISCS}");
            kept.insert("type".into(), "text".into());
            kept.insert("style".into(), style.into());
        }
        // Nobody sees it.
        "hidden" => drop(kept.shift_remove("value")),
        // A file of the person's is nothing that can be chosen here.
        "file" => drop(kept.insert("disabled".into(), "".into())),
        _ => {}
    }
    kept.insert("autocomplete".into(), "off".into());
}

fn put_state(state: &State, said: &mut Value) {
    if let Some(value) = &state.value {
        said["value"] = value.as_str().into();
    }
    for (name, is_so) in
        [("checked", state.is_checked), ("indeterminate", state.is_indeterminate), ("selected", state.is_selected)]
    {
        if let Some(is_so) = is_so {
            said[name] = is_so.into();
        }
    }
}
