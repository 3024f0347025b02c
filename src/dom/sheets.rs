//! The style sheets of a document: those of `<style>`, and those of `<link>` once they have come; and their rules, found by
//! the property that is asked for.

use std::cell::RefCell;
use std::rc::Rc;

use boa_gc::{Finalize, Trace};
use rustc_hash::{FxHashMap, FxHashSet};

use super::css::{self, Rule};
use super::css_shorthands::covers;
use super::document::{DocumentData, mutated};
use super::media_query::media_matches;
use super::node::{NodeRef, same};
use super::{form, text, tree};

/// The sheet of a `<link>`.
#[derive(Trace, Finalize)]
pub(super) struct LinkedSheet {
    link: NodeRef,
    /// The address it was asked for at.
    #[unsafe_ignore_trace]
    address: String,
    /// Its text, once it has come.
    #[unsafe_ignore_trace]
    text: Option<String>,
}

/// The rules of all sheets that apply, in order.
#[derive(Default)]
pub(super) struct Sheets {
    pub(super) rules: Vec<Rule>,
    /// Names of `@keyframes`.
    pub(super) keyframes: FxHashSet<String>,
    /// The rules that say something about a property, by property; found at the first question.
    by_property: RefCell<FxHashMap<String, Rc<[usize]>>>,
}

impl Sheets {
    /// The rules that say something about a property, with their places in the order of all.
    pub(super) fn about(&self, property: &str) -> Rc<[usize]> {
        if let Some(found) = self.by_property.borrow().get(property) {
            return found.clone();
        }
        let speaks = |rule: &Rule| rule.declarations.iter().any(|declaration| covers(&declaration.name, property));
        let found: Rc<[usize]> = (0..self.rules.len()).filter(|at| speaks(&self.rules[*at])).collect();
        self.by_property.borrow_mut().insert(property.to_owned(), found.clone());
        found
    }
}

/// Whether a link stands for a style sheet that applies (HTML §4.6.7.19): not an alternative one.
#[must_use]
pub fn is_sheet_link(node: &NodeRef) -> bool {
    let rel = node.as_element().filter(|_| node.is_html("link")).and_then(|link| link.attr("rel"));
    let words = rel.unwrap_or_default().to_ascii_lowercase();
    let has = |wanted: &str| words.split_ascii_whitespace().any(|word| word == wanted);
    has("stylesheet") && !has("alternate")
}

/// The elements of a document that have a sheet, in tree order.
#[must_use]
pub fn owners(document: &NodeRef) -> Vec<NodeRef> {
    let has_sheet = |node: &NodeRef| node.is_html("style") || is_sheet_link(node) && source(node).is_some();
    tree::descendants(document).filter(has_sheet).collect()
}

/// The text of an element's sheet; `None` where it has none, or it has not come.
#[must_use]
pub fn source(owner: &NodeRef) -> Option<String> {
    if owner.is_html("style") {
        return Some(text::child_text(owner));
    }
    with_linked(owner, |sheet| sheet.text.clone()).flatten()
}

/// Replaces the text of an element's sheet.
pub fn set_source(owner: &NodeRef, source: &str) {
    if owner.is_html("style") {
        text::set_text_content(owner, source);
        return;
    }
    with_linked(owner, |sheet| sheet.text = Some(source.to_owned()));
    forget(owner);
}

/// The address that the sheet of a link was asked for at, if it was.
#[must_use]
pub fn asked_address(link: &NodeRef) -> Option<String> {
    with_linked(link, |sheet| sheet.address.clone())
}

/// The sheet of a link is asked for; one that it had before applies no more.
pub fn ask(link: &NodeRef, address: &str) {
    let Some(document) = tree::document_of(link) else { return };
    let Some(data) = document.as_document() else { return };
    let mut linked = data.linked.borrow_mut();
    // Links that are gone are asked for again when they come back.
    linked.retain(|sheet| sheet.link.is_connected() && !same(&sheet.link, link));
    linked.push(LinkedSheet { link: link.clone(), address: address.to_owned(), text: None });
    drop(linked);
    forget(link);
}

fn with_linked<R>(link: &NodeRef, f: impl FnOnce(&mut LinkedSheet) -> R) -> Option<R> {
    let document = tree::document_of(link)?;
    let mut linked = document.as_document()?.linked.borrow_mut();
    linked.iter_mut().find(|sheet| same(&sheet.link, link)).map(f)
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

/// The rules of a document.
pub(super) fn of(document: &NodeRef, data: &DocumentData) -> Rc<Sheets> {
    if let Some(sheets) = data.rules.borrow().as_ref() {
        return sheets.clone();
    }
    let mut sheets = Sheets::default();
    for owner in owners(document) {
        let media = owner.as_element().and_then(|element| element.attr("media")).unwrap_or_default();
        if media_matches(&media) && !form::has_flag(&owner, "disabled") {
            css::parse_sheet(&source(&owner).unwrap_or_default(), &mut sheets);
        }
    }
    let sheets = Rc::new(sheets);
    data.rules.replace(Some(sheets.clone()));
    sheets
}
