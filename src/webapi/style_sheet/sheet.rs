//! Style sheets, and lists of them.

use std::cell::Cell;

use boa_engine::{Context, JsData, JsObject, JsResult, JsValue};
use boa_gc::{Finalize, GcRefCell, Trace};

use super::media_list::{self, Owner};
use super::rule;
use crate::dom::css_rules::{RuleKind, closed, rules};
use crate::dom::{NodeRef, sheets};
use crate::engine::convert::{arg, array, index, optional_text, require, string, text, type_error};
use crate::engine::interface::{Interface, define_accessor, install as install_interface, prototype};
use crate::webapi::collection::make_iterator;
use crate::webapi::exception::dom_exception;
use crate::webapi::window::Window;
use crate::webapi::wrap::{part, this_element, wrap};

#[derive(Trace, Finalize, JsData)]
struct SheetObject {
    owner: NodeRef,
    /// The text that the rules are of, and the list of them.
    parsed: GcRefCell<Option<(String, JsObject)>>,
    /// Whether the last rule was put in behind the others, so that what follows is another one.
    #[unsafe_ignore_trace]
    is_closed: Cell<bool>,
    /// `media`, once it was asked for.
    media: GcRefCell<Option<JsObject>>,
}

/// An array that calls itself another name.
pub(super) fn list_of(interface: &str, items: Vec<JsValue>, context: &mut Context) -> JsResult<JsObject> {
    let prototype = prototype(interface, context);
    let list = array(items, context).as_object().ok_or_else(|| type_error("no array"))?;
    list.set_prototype(Some(prototype));
    Ok(list)
}

fn item(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    require(args, 1)?;
    let at = index(args, 0, context)?;
    let list = this.as_object().ok_or_else(|| type_error("Illegal invocation"))?;
    let found = list.get(u32::try_from(at).unwrap_or(u32::MAX), context)?;
    Ok(if found.is_undefined() { JsValue::null() } else { found })
}

fn with<R>(this: &JsValue, f: impl FnOnce(&SheetObject) -> R) -> JsResult<R> {
    let object = this.as_object();
    let data = object.as_ref().and_then(|object| object.downcast_ref::<SheetObject>());
    data.map(|data| f(&data)).ok_or_else(|| type_error("Illegal invocation"))
}

/// The sheet of a `<style>` in a document, or of a `<link>` whose sheet has come; null of others.
fn sheet_of(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let style = this_element(this)?;
    if !style.is_connected() || sheets::source(&style).is_none() {
        return Ok(JsValue::null());
    }
    part(&style, "sheet", context, |style, context| {
        let data = SheetObject {
            owner: style.clone(),
            parsed: GcRefCell::default(),
            is_closed: Cell::new(false),
            media: GcRefCell::default(),
        };
        Ok(JsObject::from_proto_and_data(prototype("CSSStyleSheet", context), data))
    })
}

/// The getter of `document.styleSheets`.
///
/// # Errors
/// What boa says; a bug.
pub fn style_sheets(_: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let document = Window::of(context).document.clone();
    sheets_under(&document, context)
}

/// The sheets of a document or of a shadow root.
///
/// # Errors
/// What boa says; a bug.
pub(in crate::webapi) fn sheets_under(root: &NodeRef, context: &mut Context) -> JsResult<JsValue> {
    let mut list = Vec::new();
    for owner in sheets::owners(root) {
        let owner = wrap(&owner, context);
        list.push(sheet_of(&owner.into(), &[], context)?);
    }
    list_of("StyleSheetList", list, context).map(JsValue::from)
}

fn source_of(this: &JsValue) -> JsResult<String> {
    with(this, |data| sheets::source(&data.owner).unwrap_or_default())
}

/// The list of a sheet's rules, if they were asked for and the sheet's text is what it was then.
fn known_rules(this: &JsValue, source: &str) -> JsResult<Option<JsObject>> {
    with(this, |data| data.parsed.borrow().as_ref().filter(|(old, _)| *old == source).map(|(_, list)| list.clone()))
}

fn css_rules(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    rules_of(this, &source_of(this)?, context).map(JsValue::from)
}

fn rules_of(this: &JsValue, source: &str, context: &mut Context) -> JsResult<JsObject> {
    if let Some(list) = known_rules(this, source)? {
        return Ok(list);
    }
    let sheet = this.as_object().ok_or_else(|| type_error("Illegal invocation"))?;
    let list = rule::list(&rules(source), source, &sheet, None, context)?;
    with(this, |data| *data.parsed.borrow_mut() = Some((source.to_owned(), list.clone())))?;
    Ok(list)
}

/// Changes the text of a sheet; its rules are those of `list` from now on.
fn rewrite(this: &JsValue, source: String, list: JsObject) -> JsResult<()> {
    with(this, |data| {
        sheets::rewrite(&data.owner, &source);
        *data.parsed.borrow_mut() = Some((source, list));
        data.is_closed.set(false);
    })
}

/// The text of a rule has changed, and with it that of its sheet, if it is still one of its rules.
pub(super) fn replace(sheet: &JsObject, changed: &JsObject, text: &str, context: &mut Context) -> JsResult<()> {
    let this = JsValue::from(sheet.clone());
    let source = source_of(&this)?;
    let Some(list) = known_rules(&this, &source)? else { return Ok(()) };
    let Some(at) = rule::position(&list, changed, context)? else { return Ok(()) };
    let Some(old) = rules(&source).into_iter().nth(at) else { return Ok(()) };
    rewrite(&this, format!("{}{text}{}", &source[..old.span.start], &source[old.span.end..]), list)
}

/// An index that no rule has.
pub(super) fn index_error(context: &mut Context) -> boa_engine::JsError {
    dom_exception("IndexSizeError", "The index provided is larger than the maximum index.", context)
}

/// Puts a style rule behind all others where they were put in so too: pages add thousands one by one. Whether it did.
fn append(this: &JsValue, written: &str, at: usize, source: &str, context: &mut Context) -> JsResult<bool> {
    let list = known_rules(this, source)?.filter(|_| with(this, |data| data.is_closed.get()).unwrap_or(false));
    let Some(list) = list else { return Ok(false) };
    let written = written.trim();
    let parsed = rules(written);
    let [one] = parsed.as_slice() else { return Ok(false) };
    if !matches!(one.kind, RuleKind::Style { .. }) || rule::length(&list, context)? != at {
        return Ok(false);
    }
    rule::check(written, false, context)?;
    let sheet = this.as_object().ok_or_else(|| type_error("Illegal invocation"))?;
    let made = rule::make(one, written, &sheet, None, context);
    rule::splice(&list, at, 0, Some(made), context)?;
    rewrite(this, format!("{source}{}\n", closed(written)), list)?;
    with(this, |data| data.is_closed.set(true))?;
    Ok(true)
}

fn insert(this: &JsValue, written: &str, at: usize, context: &mut Context) -> JsResult<()> {
    let source = source_of(this)?;
    if append(this, written, at, &source, context)? {
        return Ok(());
    }
    let there = rules(&source);
    let place = match there.get(at) {
        Some(next) => next.span.start,
        None if at == there.len() => source.len(),
        None => return Err(index_error(context)),
    };
    rule::check(written, false, context)?;
    let new = format!("{}{}\n{}", &source[..place], closed(written.trim()), &source[place..]);
    let parsed = rules(&new);
    // An `@import` that is not before the others is none.
    let Some(inserted) = parsed.get(at).filter(|_| parsed.len() == there.len() + 1) else {
        let message = format!("The rule '{written}' may not stand there.");
        return Err(dom_exception("HierarchyRequestError", &message, context));
    };
    let list = rules_of(this, &source, context)?;
    let sheet = this.as_object().ok_or_else(|| type_error("Illegal invocation"))?;
    let made = rule::make(inserted, &new, &sheet, None, context);
    rule::splice(&list, at, 0, Some(made), context)?;
    rewrite(this, new, list)?;
    with(this, |data| data.is_closed.set(at == there.len()))
}

fn insert_rule(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    require(args, 1)?;
    let (rule, at) = (text(args, 0, context)?, index(args, 1, context)?);
    insert(this, &rule, at, context)?;
    Ok(at.into())
}

fn delete_rule(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    require(args, 1)?;
    let at = index(args, 0, context)?;
    let source = source_of(this)?;
    let Some(old) = rules(&source).into_iter().nth(at) else { return Err(index_error(context)) };
    let list = rules_of(this, &source, context)?;
    rule::splice(&list, at, 1, None, context)?;
    rewrite(this, format!("{}{}", &source[..old.span.start], &source[old.span.end..]), list)?;
    Ok(JsValue::undefined())
}

/// `addRule(selector, declarations, index)`, as IE had it and WebKit kept it.
fn add_rule(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let selector = optional_text(args, 0, context)?.unwrap_or_else(|| "undefined".to_owned());
    let body = optional_text(args, 1, context)?.unwrap_or_else(|| "undefined".to_owned());
    let at = if arg(args, 2).is_undefined() { rules(&source_of(this)?).len() } else { index(args, 2, context)? };
    insert(this, &format!("{selector} {{ {body} }}"), at, context)?;
    Ok((-1).into())
}

fn owner_attribute(this: &JsValue, name: &str) -> JsResult<Option<String>> {
    with(this, |data| data.owner.as_element().and_then(|element| element.attr(name)))
}

fn owner_node(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let owner = with(this, |data| data.owner.clone())?;
    Ok(wrap(&owner, context).into())
}

fn href(this: &JsValue, _: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    let linked = |data: &SheetObject| data.owner.is_html("link").then(|| sheets::asked(&data.owner));
    let address = with(this, linked)?.flatten();
    Ok(address.map_or_else(JsValue::null, |address| string(&address)))
}

fn title(this: &JsValue, _: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    let title = owner_attribute(this, "title")?.filter(|title| !title.is_empty());
    Ok(title.map_or_else(JsValue::null, |title| string(&title)))
}

fn media(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    if let Some(made) = with(this, |data| data.media.borrow().clone())? {
        return Ok(made.into());
    }
    let owner = with(this, |data| data.owner.clone())?;
    let made = media_list::make(Owner::Sheet(owner), context)?;
    with(this, |data| *data.media.borrow_mut() = Some(made.clone()))?;
    Ok(made.into())
}

fn set_media(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let list = media(this, &[], context)?;
    media_list::set_text(&list, args, context)
}

fn set_disabled(this: &JsValue, args: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    let is_disabled = arg(args, 0).to_boolean();
    with(this, |data| sheets::set_disabled(&data.owner, is_disabled))?;
    Ok(JsValue::undefined())
}

/// `HTMLStyleElement.disabled` is its sheet's (HTML §4.2.6); an attribute of this name says nothing.
fn style_disabled(this: &JsValue, _: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    Ok(sheets::is_disabled(&this_element(this)?).into())
}

fn set_style_disabled(this: &JsValue, args: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    let style = this_element(this)?;
    if style.is_connected() {
        sheets::set_disabled(&style, arg(args, 0).to_boolean());
    }
    Ok(JsValue::undefined())
}

const STYLE_SHEET: Interface = Interface {
    name: "StyleSheet",
    attributes: &[
        ("type", |this, _, _| with(this, |_| string("text/css")), None),
        ("href", href, None),
        ("ownerNode", owner_node, None),
        ("parentStyleSheet", |this, _, _| with(this, |_| JsValue::null()), None),
        ("title", title, None),
        ("media", media, Some(set_media)),
        ("disabled", |this, _, _| with(this, |data| sheets::is_disabled(&data.owner).into()), Some(set_disabled)),
    ],
    ..Interface::EMPTY
};

const SHEET: Interface = Interface {
    name: "CSSStyleSheet",
    parent: Some("StyleSheet"),
    attributes: &[
        ("ownerRule", |this, _, _| with(this, |_| JsValue::null()), None),
        ("cssRules", css_rules, None),
        ("rules", css_rules, None),
    ],
    methods: &[
        ("insertRule", insert_rule, 1),
        ("deleteRule", delete_rule, 1),
        ("addRule", add_rule, 0),
        ("removeRule", |this, args, context| delete_rule(this, &[arg(args, 0)], context), 0),
    ],
    ..Interface::EMPTY
};

/// Installs sheets and lists.
///
/// # Errors
/// What boa says; a bug.
pub(super) fn install(context: &mut Context) -> JsResult<()> {
    install_interface(&STYLE_SHEET, context)?;
    install_interface(&SHEET, context)?;
    for name in ["StyleSheetList", "CSSRuleList"] {
        install_interface(&Interface { name, methods: &[("item", item, 1)], ..Interface::EMPTY }, context)?;
        let list = prototype(name, context);
        make_iterator(&list, context)?;
    }
    for owner in ["HTMLStyleElement", "HTMLLinkElement"] {
        let owner = prototype(owner, context);
        define_accessor(&owner, "sheet", sheet_of, None, context);
    }
    let style = prototype("HTMLStyleElement", context);
    define_accessor(&style, "disabled", style_disabled, Some(set_style_disabled), context);
    Ok(())
}
