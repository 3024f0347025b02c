//! The style sheets of a document: those of `<style>`, and those of `<link>` once they have come; and their rules, found by
//! the property that is asked for.

use std::cell::RefCell;
use std::rc::Rc;

use boa_gc::{Finalize, Trace};
use rustc_hash::{FxHashMap, FxHashSet};

use super::css::{self, Rule};
use super::css_shorthands::covers;
use super::document::{mutated, mutation_count};
use super::media_query::media_matches;
use super::node::{NodeKind, NodeRef, same};
use super::rule_index::RuleIndex;
use super::{form, shadow, text, tree};

/// What was fetched for an element's sheet.
#[derive(Trace, Finalize)]
pub(super) struct LinkedSheet {
    owner: NodeRef,
    /// The address that the sheet of a `<link>` was asked for at; of a `<style>` what it imports, as it is written.
    #[unsafe_ignore_trace]
    asked: String,
    /// The text of a `<link>`'s, once it has come.
    #[unsafe_ignore_trace]
    text: Option<String>,
    /// The sheets it imports, through others as well, in the order of the cascade.
    #[unsafe_ignore_trace]
    imported: Vec<Imported>,
    /// Whether script has switched it off (`CSSStyleSheet.disabled`).
    is_disabled: bool,
    /// Whether script has changed its text.
    is_rewritten: bool,
    /// The media that script has given it, and what its element said of that at the time.
    #[unsafe_ignore_trace]
    media: Option<(String, String)>,
}

/// A sheet that another imports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// The media queries of the `@import`s that led to it; all must match.
    pub media: Vec<String>,
    /// Its text.
    pub text: String,
}

/// The rules of all sheets that apply, in order.
#[derive(Default)]
pub(super) struct Sheets {
    pub(super) rules: Vec<Rule>,
    /// Names of `@keyframes`.
    pub(super) keyframes: FxHashSet<String>,
    /// The rules that say something about a property, by property; found at the first question.
    by_property: RefCell<FxHashMap<String, Rc<RuleIndex>>>,
}

impl Sheets {
    /// The rules that say something about a property, by their places in the order of all.
    pub(super) fn about(&self, property: &str) -> Rc<RuleIndex> {
        if let Some(found) = self.by_property.borrow().get(property) {
            return found.clone();
        }
        let speaks = |rule: &Rule| rule.declarations.iter().any(|declaration| covers(&declaration.name, property));
        let mut index = RuleIndex::default();
        self.rules
            .iter()
            .enumerate()
            .filter(|(_, rule)| speaks(rule))
            .for_each(|(at, rule)| index.add(at, &rule.selectors));
        let found = Rc::new(index);
        self.by_property.borrow_mut().insert(property.to_owned(), found.clone());
        found
    }
}

/// Whether a link stands for a style sheet that applies (HTML §4.6.7.19): not an alternative one, nor one of another
/// language than CSS.
#[must_use]
pub fn is_sheet_link(node: &NodeRef) -> bool {
    let Some(link) = node.as_element().filter(|_| node.is_html("link")) else { return false };
    let words = link.attr("rel").unwrap_or_default().to_ascii_lowercase();
    let has = |wanted: &str| words.split_ascii_whitespace().any(|word| word == wanted);
    has("stylesheet") && !has("alternate") && link.attr("type").is_none_or(|kind| is_css(&kind))
}

/// Whether a content type, if there is one, is that of CSS, whatever its parameters.
#[must_use]
pub fn is_css(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    essence.is_empty() || essence.eq_ignore_ascii_case("text/css")
}

/// Whether a `<style>` holds a style sheet (HTML §4.2.6, "update a style block", step 4).
#[must_use]
pub fn is_sheet_style(node: &NodeRef) -> bool {
    let is_css = |kind: String| kind.is_empty() || kind.eq_ignore_ascii_case("text/css");
    node.as_element().filter(|_| node.is_html("style")).is_some_and(|style| style.attr("type").is_none_or(is_css))
}

/// The elements of a document that have a sheet, in tree order.
#[must_use]
pub fn owners(document: &NodeRef) -> Vec<NodeRef> {
    let has_sheet = |node: &NodeRef| node.is_connected() && node.as_element().is_some() && source(node).is_some();
    tree::descendants(document).filter(has_sheet).collect()
}

/// The text of an element's sheet; `None` where it has none, or it has not come.
#[must_use]
pub fn source(owner: &NodeRef) -> Option<String> {
    if is_sheet_style(owner) {
        return Some(text::child_text(owner));
    }
    if !is_sheet_link(owner) || form::has_flag(owner, "disabled") {
        return None;
    }
    with_linked(owner, |sheet| sheet.text.clone()).flatten()
}

/// The text of a link's sheet has come.
pub fn set_source(link: &NodeRef, source: &str) {
    with_linked(link, |sheet| sheet.text = Some(source.to_owned()));
    forget(link);
}

/// Script changes the text of an element's sheet.
pub fn rewrite(owner: &NodeRef, source: &str) {
    if owner.is_html("style") {
        // A node that stays: pages change their sheets rule by rule.
        let only = owner.first_child().filter(|child| child.next_sibling().is_none());
        match only.filter(|child| matches!(child.kind(), NodeKind::Text(_))) {
            Some(text) => text::set_node_value(&text, source),
            None => text::set_text_content(owner, source),
        }
        return;
    }
    with_linked(owner, |sheet| sheet.is_rewritten = true);
    set_source(owner, source);
}

/// The text of a link's sheet, where script has changed it.
#[must_use]
pub fn rewritten(link: &NodeRef) -> Option<String> {
    with_linked(link, |sheet| sheet.text.clone().filter(|_| sheet.is_rewritten)).flatten()
}

/// Sets what the sheet of an element imports.
pub fn set_imported(owner: &NodeRef, imported: Vec<Imported>) {
    with_linked(owner, |sheet| sheet.imported = imported);
    forget(owner);
}

/// What was asked for of an element's sheet, as [`ask`] was told, if it was.
#[must_use]
pub fn asked(owner: &NodeRef) -> Option<String> {
    with_linked(owner, |sheet| sheet.asked.clone())
}

/// The sheet of a link, or what that of a `<style>` imports, is asked for; what there was before applies no more.
pub fn ask(owner: &NodeRef, what: &str) {
    drop_fetched(owner);
    let Some(document) = tree::document_of(owner) else { return };
    let Some(data) = document.as_document() else { return };
    let (owner, asked, imported) = (owner.clone(), what.to_owned(), Vec::new());
    let sheet =
        LinkedSheet { owner, asked, text: None, imported, is_disabled: false, is_rewritten: false, media: None };
    data.linked.borrow_mut().push(sheet);
}

/// What was fetched for an element's sheet applies no more.
pub fn drop_fetched(owner: &NodeRef) {
    let Some(document) = tree::document_of(owner) else { return };
    let Some(data) = document.as_document() else { return };
    // Links that are gone are asked for again when they come back.
    data.linked.borrow_mut().retain(|sheet| sheet.owner.is_connected() && !same(&sheet.owner, owner));
    forget(owner);
}

/// The media queries of an element's sheet: what script has set, until its `media` attribute says something else, or that.
#[must_use]
pub fn media(owner: &NodeRef) -> String {
    let said = owner.as_element().and_then(|element| element.attr("media")).unwrap_or_default();
    let set = with_linked(owner, |sheet| sheet.media.clone()).flatten();
    set.filter(|(_, before)| *before == said).map_or(said, |(set, _)| set)
}

/// Sets the media queries of an element's sheet.
pub fn set_media(owner: &NodeRef, queries: &str) {
    if asked(owner).is_none() {
        ask(owner, "");
    }
    let said = owner.as_element().and_then(|element| element.attr("media")).unwrap_or_default();
    with_linked(owner, |sheet| sheet.media = Some((queries.to_owned(), said)));
    forget(owner);
}

/// Whether script has switched an element's sheet off (CSSOM §6.1, "disabled flag").
#[must_use]
pub fn is_disabled(owner: &NodeRef) -> bool {
    with_linked(owner, |sheet| sheet.is_disabled).unwrap_or(false)
}

/// Switches an element's sheet off or on.
pub fn set_disabled(owner: &NodeRef, is_disabled: bool) {
    if is_disabled && asked(owner).is_none() {
        ask(owner, "");
    }
    with_linked(owner, |sheet| sheet.is_disabled = is_disabled);
    forget(owner);
}

fn with_linked<R>(owner: &NodeRef, f: impl FnOnce(&mut LinkedSheet) -> R) -> Option<R> {
    let document = tree::document_of(owner)?;
    let mut linked = document.as_document()?.linked.borrow_mut();
    linked.iter_mut().find(|sheet| same(&sheet.owner, owner)).map(f)
}

/// Forgets the rules of an element's document: one of its sheets has changed.
pub fn forget(owner: &NodeRef) {
    if let Some(document) = tree::document_of(owner)
        && let Some(data) = document.as_document()
    {
        data.rules.replace(None);
        mutated();
    }
}

/// The rules of a document or of a shadow root.
pub(super) fn of(root: &NodeRef) -> Option<Rc<Sheets>> {
    if let Some(data) = shadow::data(root) {
        let now = mutation_count();
        if let Some((_, sheets)) = data.rules.borrow().as_ref().filter(|(read, _)| *read == now) {
            return Some(sheets.clone());
        }
        let sheets = Rc::new(read(root));
        data.rules.replace(Some((now, sheets.clone())));
        return Some(sheets);
    }
    let data = root.as_document()?;
    if let Some(sheets) = data.rules.borrow().as_ref() {
        return Some(sheets.clone());
    }
    let sheets = Rc::new(read(root));
    data.rules.replace(Some(sheets.clone()));
    Some(sheets)
}

fn read(root: &NodeRef) -> Sheets {
    let mut sheets = Sheets::default();
    for owner in owners(root) {
        if media_matches(&media(&owner)) && !is_disabled(&owner) {
            for imported in with_linked(&owner, |sheet| sheet.imported.clone()).unwrap_or_default() {
                if imported.media.iter().all(|queries| media_matches(queries)) {
                    css::parse_sheet(&imported.text, &mut sheets);
                }
            }
            css::parse_sheet(&source(&owner).unwrap_or_default(), &mut sheets);
        }
    }
    sheets
}
