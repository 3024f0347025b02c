//! `document.styleSheets`, CSSStyleSheet and CSS rules ([CSSOM §6](https://drafts.csswg.org/cssom/#css-object-model)),
//! to read, and `insertRule`, `deleteRule`.
//!
//! A sheet is a view of the text of its `<style>`: what is inserted or deleted changes that text, and the objects of its
//! rules are made anew with it. What a script writes into the `style` or selector of a rule changes nothing; the
//! rule of an `@import` has no sheet of its own to look at. Lists are arrays in all but name.

use boa_engine::{Context, JsData, JsObject, JsResult, JsString, JsValue};
use boa_gc::{Finalize, GcRefCell, Trace};

use super::exception::dom_exception;
use super::window::Window;
use super::wrap::{part, this_element, wrap};
use crate::dom::css_rules::{RuleKind, SheetRule, rules};
use crate::dom::media_query::MediaList;
use crate::dom::select::Selectors;
use crate::dom::{Node, NodeRef, attributes, sheets};
use crate::engine::convert::{
    arg, array, index, member, optional_text, require, string, text as text_arg, type_error, value_text,
};
use crate::engine::interface::{Interface, define_accessor, install as install_interface, prototype};

/// `CSSRule.type` of the at-rules that have a number (CSSOM §6.4.2).
const TYPES: [(&str, u32); 7] = [
    ("charset", 2),
    ("import", 3),
    ("font-face", 5),
    ("page", 6),
    ("keyframes", 7),
    ("namespace", 10),
    ("supports", 12),
];

#[derive(Trace, Finalize, JsData)]
struct SheetObject {
    owner: NodeRef,
    /// The text that was parsed last, and the list of its rules.
    parsed: GcRefCell<Option<(String, JsObject)>>,
}

#[derive(Trace, Finalize, JsData)]
struct RuleObject {
    #[unsafe_ignore_trace]
    kind: RuleKind,
    source: String,
    sheet: JsObject,
    parent: Option<JsObject>,
    /// The rules inside, or the declarations, made at first use.
    inside: GcRefCell<Option<JsObject>>,
}

/// An array that calls itself another name.
fn list_of(interface: &str, items: Vec<JsValue>, context: &mut Context) -> JsResult<JsObject> {
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

fn with_sheet<R>(this: &JsValue, f: impl FnOnce(&SheetObject) -> R) -> JsResult<R> {
    let object = this.as_object();
    let data = object.as_ref().and_then(|object| object.downcast_ref::<SheetObject>());
    data.map(|data| f(&data)).ok_or_else(|| type_error("Illegal invocation"))
}

fn with_rule<R>(this: &JsValue, f: impl FnOnce(&RuleObject) -> R) -> JsResult<R> {
    let object = this.as_object();
    let data = object.as_ref().and_then(|object| object.downcast_ref::<RuleObject>());
    data.map(|data| f(&data)).ok_or_else(|| type_error("Illegal invocation"))
}

/// The sheet of a `<style>` in a document, or of a `<link>` whose sheet has come; null of others.
fn sheet_of(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let style = this_element(this)?;
    if !style.is_connected() || sheets::source(&style).is_none() {
        return Ok(JsValue::null());
    }
    part(&style, "sheet", context, |style, context| {
        let data = SheetObject { owner: style.clone(), parsed: GcRefCell::default() };
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
pub(super) fn sheets_under(root: &NodeRef, context: &mut Context) -> JsResult<JsValue> {
    let mut list = Vec::new();
    for owner in sheets::owners(root) {
        let owner = wrap(&owner, context);
        list.push(sheet_of(&owner.into(), &[], context)?);
    }
    list_of("StyleSheetList", list, context).map(JsValue::from)
}

/// The objects of rules.
fn rule_list(
    parsed: &[SheetRule],
    source: &str,
    sheet: &JsObject,
    parent: Option<&JsObject>,
    context: &mut Context,
) -> JsResult<JsObject> {
    let mut items = Vec::new();
    for rule in parsed {
        let interface = match rule.kind {
            RuleKind::Style { .. } => "CSSStyleRule",
            RuleKind::Media { .. } => "CSSMediaRule",
            RuleKind::Other(_) => "CSSRule",
        };
        let data = RuleObject {
            kind: rule.kind.clone(),
            source: source.get(rule.span.clone()).unwrap_or_default().to_owned(),
            sheet: sheet.clone(),
            parent: parent.cloned(),
            inside: GcRefCell::default(),
        };
        items.push(JsObject::from_proto_and_data(prototype(interface, context), data).into());
    }
    list_of("CSSRuleList", items, context)
}

fn css_rules(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let sheet = this.as_object().ok_or_else(|| type_error("Illegal invocation"))?;
    let source = with_sheet(this, |data| sheets::source(&data.owner).unwrap_or_default())?;
    let known = with_sheet(this, |data| {
        data.parsed.borrow().as_ref().filter(|(old, _)| *old == source).map(|(_, list)| list.clone())
    })?;
    if let Some(list) = known {
        return Ok(list.into());
    }
    let list = rule_list(&rules(&source), &source, &sheet, None, context)?;
    with_sheet(this, |data| *data.parsed.borrow_mut() = Some((source, list.clone())))?;
    Ok(list.into())
}

/// Replaces the text of a sheet.
fn rewrite(this: &JsValue, source: &str) -> JsResult<()> {
    with_sheet(this, |data| sheets::rewrite(&data.owner, source))
}

fn index_error(context: &mut Context) -> boa_engine::JsError {
    dom_exception("IndexSizeError", "The index provided is larger than the maximum index.", context)
}

fn insert(this: &JsValue, rule: &str, at: usize, context: &mut Context) -> JsResult<()> {
    let is_rule = match rules(rule).as_slice() {
        [SheetRule { kind: RuleKind::Style { selectors, .. }, .. }] => Selectors::parse(selectors).is_ok(),
        [_] => true,
        _ => false,
    };
    if !is_rule {
        let message = format!("Failed to parse the rule '{rule}'.");
        return Err(dom_exception("SyntaxError", &message, context));
    }
    let source = with_sheet(this, |data| sheets::source(&data.owner).unwrap_or_default())?;
    let there = rules(&source);
    let place = match there.get(at) {
        Some(next) => next.span.start,
        None if at == there.len() => source.len(),
        None => return Err(index_error(context)),
    };
    rewrite(this, &format!("{}{}\n{}", &source[..place], rule.trim(), &source[place..]))
}

fn insert_rule(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    require(args, 1)?;
    let (rule, at) = (text_arg(args, 0, context)?, index(args, 1, context)?);
    insert(this, &rule, at, context)?;
    Ok(at.into())
}

fn delete_rule(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    require(args, 1)?;
    let at = index(args, 0, context)?;
    let source = with_sheet(this, |data| sheets::source(&data.owner).unwrap_or_default())?;
    let Some(rule) = rules(&source).into_iter().nth(at) else { return Err(index_error(context)) };
    rewrite(this, &format!("{}{}", &source[..rule.span.start], &source[rule.span.end..]))?;
    Ok(JsValue::undefined())
}

/// `addRule(selector, declarations, index)`, as IE had it and WebKit kept it.
fn add_rule(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let selector = optional_text(args, 0, context)?.unwrap_or_else(|| "undefined".to_owned());
    let body = optional_text(args, 1, context)?.unwrap_or_else(|| "undefined".to_owned());
    let at = if arg(args, 2).is_undefined() {
        let source = with_sheet(this, |data| sheets::source(&data.owner).unwrap_or_default())?;
        rules(&source).len()
    } else {
        index(args, 2, context)?
    };
    insert(this, &format!("{selector} {{ {body} }}"), at, context)?;
    Ok((-1).into())
}

fn owner_attribute(this: &JsValue, name: &str) -> JsResult<Option<String>> {
    with_sheet(this, |data| data.owner.as_element().and_then(|element| element.attr(name)))
}

fn owner_node(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let owner = with_sheet(this, |data| data.owner.clone())?;
    Ok(wrap(&owner, context).into())
}

/// The media of a sheet or rule: an object with its text, as far as pages look at it.
fn media(queries: &str, context: &mut Context) -> JsResult<JsValue> {
    let list = MediaList::parse(queries).text();
    let items: Vec<JsValue> = list.split(", ").filter(|one| !one.is_empty()).map(string).collect();
    let object = list_of("MediaList", items, context)?;
    object.create_data_property(JsString::from("mediaText"), string(&list), context)?;
    Ok(object.into())
}

fn rule_type(this: &JsValue, _: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    with_rule(this, |rule| match &rule.kind {
        RuleKind::Style { .. } => 1.into(),
        RuleKind::Media { .. } => 4.into(),
        RuleKind::Other(name) => TYPES.iter().find(|(known, _)| known == name).map_or(0, |(_, number)| *number).into(),
    })
}

/// What stands inside a rule: the list of rules of `@media`, the declarations of a style rule.
fn inside(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let object = this.as_object().ok_or_else(|| type_error("Illegal invocation"))?;
    if let Some(made) = with_rule(this, |rule| rule.inside.borrow().clone())? {
        return Ok(made.into());
    }
    let (kind, sheet, source) = with_rule(this, |rule| (rule.kind.clone(), rule.sheet.clone(), rule.source.clone()))?;
    let made = match kind {
        RuleKind::Media { rules: inner, .. } => {
            let body = source.split_once('{').map_or("", |(_, body)| body);
            rule_list(&inner, body, &sheet, Some(&object), context)?
        }
        RuleKind::Style { body, .. } => {
            // A declaration block is a view of an attribute: here that of an element nobody sees.
            let holder = Node::html_element(&Window::of(context).document, "span");
            attributes::set(&holder, "style", &body);
            let holder = wrap(&holder, context);
            let style = super::style::get(&holder.into(), &[], context)?;
            style.as_object().ok_or_else(|| type_error("no style"))?
        }
        RuleKind::Other(_) => return Ok(JsValue::undefined()),
    };
    with_rule(this, |rule| *rule.inside.borrow_mut() = Some(made.clone()))?;
    Ok(made.into())
}

/// Selectors with one blank where there are several, and `, ` between them.
fn selector_text(selectors: &str) -> String {
    let parts = selectors.split(',').map(|one| one.split_ascii_whitespace().collect::<Vec<_>>().join(" "));
    parts.collect::<Vec<_>>().join(", ")
}

fn css_text(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let (kind, source) = with_rule(this, |rule| (rule.kind.clone(), rule.source.clone()))?;
    let text = match kind {
        RuleKind::Style { selectors, .. } => {
            let style = inside(this, &[], context)?;
            let declared = member(&style, "cssText", context)?;
            let declared = value_text(&declared, context)?;
            let blank = if declared.is_empty() { "" } else { " " };
            format!("{} {{{blank}{declared} }}", selector_text(&selectors))
        }
        RuleKind::Media { queries, .. } => {
            let list = inside(this, &[], context)?;
            let mut lines = vec![format!("@media {} {{", MediaList::parse(&queries).text())];
            let length = member(&list, "length", context)?.to_u32(context)?;
            for at in 0..length {
                let rule = member(&list, &at.to_string(), context)?;
                let text = css_text(&rule, &[], context)?;
                lines.push(format!("  {}", value_text(&text, context)?));
            }
            lines.push("}".to_owned());
            lines.join("\n")
        }
        RuleKind::Other(_) => source.trim().to_owned(),
    };
    Ok(string(&text))
}

fn rule_queries(this: &JsValue) -> JsResult<String> {
    with_rule(this, |rule| match &rule.kind {
        RuleKind::Media { queries, .. } => queries.clone(),
        _ => String::new(),
    })
}

fn object_or_null(object: Option<JsObject>) -> JsValue {
    object.map_or_else(JsValue::null, JsValue::from)
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

const SHEET: Interface = Interface {
    name: "CSSStyleSheet",
    parent: Some("StyleSheet"),
    attributes: &[
        ("cssRules", css_rules, None),
        ("rules", css_rules, None),
        ("ownerRule", |_, _, _| Ok(JsValue::null()), None),
        ("ownerNode", owner_node, None),
        (
            "href",
            |this, _, _| {
                let linked = |data: &SheetObject| data.owner.is_html("link").then(|| sheets::asked(&data.owner));
                let address = with_sheet(this, linked)?.flatten();
                Ok(address.map_or_else(JsValue::null, |address| string(&address)))
            },
            None,
        ),
        ("parentStyleSheet", |_, _, _| Ok(JsValue::null()), None),
        ("type", |_, _, _| Ok(string("text/css")), None),
        (
            "disabled",
            |this, _, _| with_sheet(this, |data| sheets::is_disabled(&data.owner).into()),
            Some(|this, args, _| {
                let is_disabled = arg(args, 0).to_boolean();
                with_sheet(this, |data| sheets::set_disabled(&data.owner, is_disabled))?;
                Ok(JsValue::undefined())
            }),
        ),
        (
            "title",
            |this, _, _| Ok(owner_attribute(this, "title")?.map_or_else(JsValue::null, |title| string(&title))),
            None,
        ),
        ("media", |this, _, context| media(&owner_attribute(this, "media")?.unwrap_or_default(), context), None),
    ],
    methods: &[
        ("insertRule", insert_rule, 1),
        ("deleteRule", delete_rule, 1),
        ("addRule", add_rule, 0),
        ("removeRule", |this, args, context| delete_rule(this, &[arg(args, 0)], context), 0),
    ],
    ..Interface::EMPTY
};

const RULE: Interface = Interface {
    name: "CSSRule",
    attributes: &[
        ("type", rule_type, None),
        ("cssText", css_text, Some(|_, _, _| Ok(JsValue::undefined()))),
        ("parentRule", |this, _, _| with_rule(this, |rule| object_or_null(rule.parent.clone())), None),
        ("parentStyleSheet", |this, _, _| with_rule(this, |rule| rule.sheet.clone().into()), None),
    ],
    constants: &[
        ("STYLE_RULE", 1),
        ("CHARSET_RULE", 2),
        ("IMPORT_RULE", 3),
        ("MEDIA_RULE", 4),
        ("FONT_FACE_RULE", 5),
        ("PAGE_RULE", 6),
        ("KEYFRAMES_RULE", 7),
        ("SUPPORTS_RULE", 12),
    ],
    ..Interface::EMPTY
};

fn selector_text_of(this: &JsValue, _: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    with_rule(this, |rule| match &rule.kind {
        RuleKind::Style { selectors, .. } => string(&selector_text(selectors)),
        _ => JsValue::undefined(),
    })
}

const STYLE_RULE: Interface = Interface {
    name: "CSSStyleRule",
    parent: Some("CSSRule"),
    attributes: &[
        ("selectorText", selector_text_of, Some(|_, _, _| Ok(JsValue::undefined()))),
        ("style", inside, Some(|_, _, _| Ok(JsValue::undefined()))),
    ],
    ..Interface::EMPTY
};

const MEDIA_RULE: Interface = Interface {
    name: "CSSMediaRule",
    parent: Some("CSSRule"),
    attributes: &[
        ("cssRules", inside, None),
        ("media", |this, _, context| media(&rule_queries(this)?, context), None),
        ("conditionText", |this, _, _| Ok(string(&MediaList::parse(&rule_queries(this)?).text())), None),
    ],
    ..Interface::EMPTY
};

/// Installs sheets and rules.
///
/// # Errors
/// What boa says; a bug.
pub fn install(context: &mut Context) -> JsResult<()> {
    install_interface(&Interface { name: "StyleSheet", ..Interface::EMPTY }, context)?;
    for table in [&SHEET, &RULE, &STYLE_RULE, &MEDIA_RULE] {
        install_interface(table, context)?;
    }
    for name in ["StyleSheetList", "CSSRuleList", "MediaList"] {
        install_interface(&Interface { name, methods: &[("item", item, 1)], ..Interface::EMPTY }, context)?;
        let list = prototype(name, context);
        super::collection::make_iterator(&list, context)?;
    }
    for owner in ["HTMLStyleElement", "HTMLLinkElement"] {
        let owner = prototype(owner, context);
        define_accessor(&owner, "sheet", sheet_of, None, context);
    }
    let style = prototype("HTMLStyleElement", context);
    define_accessor(&style, "disabled", style_disabled, Some(set_style_disabled), context);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::webapi::testing::check_page;

    const HTML: &str =
        "<head><style id=s>a.x,b  > i{ color:red; margin:0 } @media print { p { color: blue } } #q{}</style>";

    #[track_caller]
    fn check(script: &str, expected: &str) {
        check_page(HTML, &format!("var sheet = $('s').sheet, rules = sheet.cssRules; {script}"), expected);
    }

    #[test]
    fn what_is_there() {
        check(
            "out([document.styleSheets.length, document.styleSheets[0] === sheet, document.styleSheets, sheet, rules, rules.length, \
             sheet.rules === rules, rules[0] === sheet.cssRules[0], rules.item(9), sheet.ownerNode === $('s'), sheet.href, sheet.type].join('|'))",
            "1|true|[object StyleSheetList]|[object CSSStyleSheet]|[object CSSRuleList]|3|true|true||true||text/css",
        );
        check(
            "var r = rules[0]; out([r, r.type, r.selectorText, r.style.color, r.style.marginTop, r.parentStyleSheet === sheet, r instanceof CSSRule].join('|'))",
            "[object CSSStyleRule]|1|a.x, b > i|red|0px|true|true",
        );
        check(
            "var r = rules[1]; out([r, r.type, r.media.mediaText, r.cssRules.length, r.cssRules[0].selectorText, r.cssRules[0].parentRule === r].join('|')); \
             out(r.cssText); out(rules[2].cssText); out($('s').cloneNode().sheet)",
            "[object CSSMediaRule]|4|print|1|p|true|@media print {\n  p { color: blue; }\n}|#q { }|null",
        );
    }

    #[test]
    fn rules_come_and_go() {
        check(
            "var e = document.createElement('em'); document.body.appendChild(e); function color() { return getComputedStyle(e).color } \
             out([sheet.insertRule('em { color: rgb(1, 2, 3) }', 3), sheet.cssRules.length, color()]); \
             sheet.deleteRule(3); out([sheet.cssRules.length, color()]); sheet.addRule('em', 'color: red'); out(color()); \
             sheet.insertRule('u{}'); out(sheet.cssRules[0].selectorText)",
            "3,4,rgb(1, 2, 3)|3,rgb(0, 0, 0)|rgb(255, 0, 0)|u",
        );
        check(
            "[function () { sheet.insertRule('zzz', 0) }, function () { sheet.deleteRule(77) }, function () { sheet.insertRule('a{}', 77) }] \
             .forEach(function (f) { try { f() } catch (e) { out(e.name) } })",
            "SyntaxError|IndexSizeError|IndexSizeError",
        );
    }
}
