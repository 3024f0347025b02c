//! The single kinds of rules: style rules, those that hold others, `@page`, `@import`, `@namespace`, `@font-face`.

use boa_engine::{Context, JsObject, JsResult, JsValue};

use super::media_list::{self, Owner};
use super::rule::{self, RuleObject, Written, change, change_head, change_inside, inside, with, written};
use super::sheet::index_error;
use crate::dom::css::declarations;
use crate::dom::css_canonical::{self, quoted};
use crate::dom::css_rules::{RuleKind, closed, rules};
use crate::dom::css_statements::{Import, import, keyframe_selectors, namespace, page_selectors};
use crate::dom::media_query::MediaList;
use crate::dom::select::Selectors;
use crate::engine::convert::{index, member, require, string, string_or_null, text, type_error};
use crate::engine::interface::{Interface, install as install_interface};
use crate::webapi::css::escaped;
use crate::webapi::exception::dom_exception;
use crate::webapi::style;

/// At-rules with a number or an interface of their own: name, interface, `type`.
const AT_RULES: [(&str, &str, u32); 12] = [
    ("import", "CSSImportRule", 3),
    ("media", "CSSMediaRule", 4),
    ("font-face", "CSSFontFaceRule", 5),
    ("page", "CSSPageRule", 6),
    ("keyframes", "CSSKeyframesRule", 7),
    ("-webkit-keyframes", "CSSKeyframesRule", 7),
    ("namespace", "CSSNamespaceRule", 10),
    ("counter-style", "CSSRule", 11),
    ("supports", "CSSSupportsRule", 12),
    ("font-feature-values", "CSSRule", 14),
    ("layer", "CSSGroupingRule", 0),
    ("container", "CSSGroupingRule", 0),
];

fn at_rule(kind: &RuleKind) -> Option<&'static (&'static str, &'static str, u32)> {
    let (RuleKind::Group { name, .. } | RuleKind::Block { name, .. } | RuleKind::Statement { name, .. }) = kind else {
        return None;
    };
    AT_RULES.iter().find(|(known, ..)| known == name)
}

/// The interface of a rule.
pub(super) fn interface_of(kind: &RuleKind) -> &'static str {
    match (kind, at_rule(kind)) {
        (RuleKind::Style { .. }, _) => "CSSStyleRule",
        // A layer without braces holds nothing.
        (RuleKind::Statement { .. }, Some((_, "CSSGroupingRule", _))) | (_, None) => "CSSRule",
        (_, Some((_, interface, _))) => interface,
    }
}

/// `CSSRule.type`
pub(super) fn number(kind: &RuleKind) -> u32 {
    if matches!(kind, RuleKind::Style { .. }) { 1 } else { at_rule(kind).map_or(0, |(_, _, number)| *number) }
}

/// Words with one blank where there are several.
fn squeezed(text: &str) -> String {
    text.split_ascii_whitespace().collect::<Vec<_>>().join(" ")
}

/// What stands before the braces of a rule, or before its semicolon, as `cssText` has it.
pub(super) fn head(this: &JsValue) -> JsResult<String> {
    let kind = written(this)?.kind;
    Ok(match &kind {
        RuleKind::Style { selectors, .. } if with(this, RuleObject::is_keyframe)? => {
            keyframe_selectors(selectors).unwrap_or_else(|| squeezed(selectors))
        }
        RuleKind::Style { selectors, .. } => selector_text(selectors),
        RuleKind::Group { name, prelude, .. } if name == "media" => {
            format!("@media {}", MediaList::parse(prelude).text())
        }
        RuleKind::Group { name, prelude, .. } if name.ends_with("keyframes") => {
            format!("@keyframes {}", escaped(keyframes_name(prelude)))
        }
        RuleKind::Block { name, prelude, .. } if name == "page" => {
            format!("@page {}", page_selectors(prelude).unwrap_or_else(|| squeezed(prelude))).trim_end().to_owned()
        }
        RuleKind::Statement { name, prelude } => match (import(prelude), namespace(prelude)) {
            (Some(import), _) if name == "import" => import_text(&import),
            (_, Some((prefix, uri))) if name == "namespace" => {
                let prefix = if prefix.is_empty() { prefix } else { escaped(&prefix) + " " };
                format!("@namespace {prefix}url({})", quoted(&uri))
            }
            _ => format!("@{name} {}", squeezed(prelude)).trim_end().to_owned(),
        },
        RuleKind::Group { name, prelude, .. } | RuleKind::Block { name, prelude, .. } => {
            format!("@{name} {}", squeezed(prelude)).trim_end().to_owned()
        }
    })
}

fn import_text(import: &Import) -> String {
    let mut text = format!("@import url({})", quoted(&import.address));
    match import.layer.as_deref() {
        Some("") => text.push_str(" layer"),
        Some(name) => text.push_str(&format!(" layer({name})")),
        None => {}
    }
    if let Some(supports) = &import.supports {
        text.push_str(&format!(" supports({supports})"));
    }
    let media = MediaList::parse(&import.media).text();
    if !media.is_empty() {
        text.push_str(&format!(" {media}"));
    }
    text
}

/// `@font-face` in one line: its descriptors are no properties.
pub(super) fn font_face_text(body: &str) -> String {
    let mut text = "@font-face {".to_owned();
    for one in declarations(body) {
        let value = css_canonical::written("font-family", &one.value).unwrap_or(one.value);
        text.push_str(&format!(" {}: {value};", one.name));
    }
    text + " }"
}

/// Selectors as they are written back
/// ([serialize a group of selectors](https://drafts.csswg.org/cssom/#serialize-a-group-of-selectors)); those that nobody
/// here knows with one blank where there are several.
fn selector_text(selectors: &str) -> String {
    if let Ok(parsed) = Selectors::parse(selectors) {
        return parsed.text();
    }
    selectors.split(',').map(squeezed).collect::<Vec<_>>().join(", ")
}

fn get_head(this: &JsValue, _: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    head(this).map(|head| string(&head))
}

fn this_rule(this: &JsValue) -> JsResult<JsObject> {
    with(this, |_| ())?;
    this.as_object().ok_or_else(|| type_error("Illegal invocation"))
}

fn set_selector_text(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let rule = this_rule(this)?;
    let selectors = text(args, 0, context)?;
    if let Ok(parsed) = Selectors::parse(&selectors) {
        change_head(&rule, &parsed.text(), context)?;
    }
    Ok(JsValue::undefined())
}

/// `style = …` goes to its `cssText`.
fn set_style(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let block = inside(this, &[], context)?;
    style::set_text(&block, args, context)
}

fn prelude(this: &JsValue) -> JsResult<String> {
    Ok(match written(this)?.kind {
        RuleKind::Group { prelude, .. } | RuleKind::Block { prelude, .. } | RuleKind::Statement { prelude, .. } => {
            prelude
        }
        RuleKind::Style { selectors, .. } => selectors,
    })
}

/// The media queries of a rule, as they are written.
pub(super) fn queries(this: &JsValue) -> JsResult<String> {
    let prelude = prelude(this)?;
    let is_import = written(this)?.kind.is_import();
    Ok(if is_import { import(&prelude).map(|import| import.media).unwrap_or_default() } else { prelude })
}

/// Sets the media queries of a rule.
pub(super) fn set_queries(rule: &JsObject, queries: &str, context: &mut Context) -> JsResult<()> {
    let this = JsValue::from(rule.clone());
    if !written(&this)?.kind.is_import() {
        return change_head(rule, &format!("@media {queries}"), context);
    }
    let Some(import) = import(&prelude(&this)?) else { return Ok(()) };
    let text = import_text(&Import { media: queries.to_owned(), ..import });
    change(rule, &format!("{text};"), context)
}

fn media(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    if let Some(made) = with(this, |rule| rule.media.borrow().clone())? {
        return Ok(made.into());
    }
    let made = media_list::make(Owner::Rule(this_rule(this)?), context)?;
    with(this, |rule| *rule.media.borrow_mut() = Some(made.clone()))?;
    Ok(made.into())
}

fn set_media(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let list = media(this, &[], context)?;
    media_list::set_text(&list, args, context)
}

fn condition_text(this: &JsValue, _: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    let is_media = number(&written(this)?.kind) == 4;
    let prelude = prelude(this)?;
    Ok(string(&if is_media { MediaList::parse(&prelude).text() } else { squeezed(&prelude) }))
}

/// Puts a rule into another.
fn put(this: &JsValue, rule: &str, at: usize, context: &mut Context) -> JsResult<()> {
    let object = this_rule(this)?;
    let Written { source, inside: place, .. } = written(this)?;
    let body = &source[place];
    let there = rules_inside(this)?;
    let before = match there.get(at) {
        Some(next) => next.span.start,
        None if at == there.len() => body.len(),
        None => return Err(index_error(context)),
    };
    rule::check(rule, true, context)?;
    let new = format!("{}{}\n{}", &body[..before], closed(rule.trim()), &body[before..]);
    let parsed = rules(&new);
    let list = inside(this, &[], context)?.as_object().ok_or_else(|| type_error("no list"))?;
    let sheet = with(this, |data| data.sheet())?.unwrap_or_else(|| object.clone());
    if let Some(inserted) = parsed.get(at) {
        let made = rule::make(inserted, &new, &sheet, Some(&object), context);
        rule::splice(&list, at, 0, Some(made), context)?;
    }
    change_inside(&object, &new, context)
}

fn rules_inside(this: &JsValue) -> JsResult<Vec<crate::dom::css_rules::SheetRule>> {
    Ok(match written(this)?.kind {
        RuleKind::Group { rules, .. } => rules,
        _ => Vec::new(),
    })
}

/// Takes a rule out of another.
fn take(this: &JsValue, at: usize, context: &mut Context) -> JsResult<()> {
    let object = this_rule(this)?;
    let Written { source, inside: place, .. } = written(this)?;
    let body = source[place].to_owned();
    let Some(old) = rules_inside(this)?.into_iter().nth(at) else { return Err(index_error(context)) };
    let list = inside(this, &[], context)?.as_object().ok_or_else(|| type_error("no list"))?;
    rule::splice(&list, at, 1, None, context)?;
    change_inside(&object, &format!("{}{}", &body[..old.span.start], &body[old.span.end..]), context)
}

fn insert_rule(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    require(args, 1)?;
    let (rule, at) = (text(args, 0, context)?, index(args, 1, context)?);
    put(this, &rule, at, context)?;
    Ok(at.into())
}

fn delete_rule(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    require(args, 1)?;
    let at = index(args, 0, context)?;
    take(this, at, context)?;
    Ok(JsValue::undefined())
}

fn page_selector_text(this: &JsValue, _: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    let prelude = prelude(this)?;
    Ok(string(&page_selectors(&prelude).unwrap_or(prelude)))
}

fn set_page_selector_text(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let rule = this_rule(this)?;
    if let Some(selectors) = page_selectors(&text(args, 0, context)?) {
        change_head(&rule, format!("@page {selectors}").trim_end(), context)?;
    }
    Ok(JsValue::undefined())
}

fn keyframes_name(prelude: &str) -> &str {
    prelude.trim().trim_matches(['"', '\''])
}

fn set_keyframes_name(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let name = text(args, 0, context)?;
    change_head(&this_rule(this)?, &format!("@keyframes {}", escaped(&name)), context)?;
    Ok(JsValue::undefined())
}

fn set_key_text(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let rule = this_rule(this)?;
    let written = text(args, 0, context)?;
    let Some(key) = keyframe_selectors(&written) else {
        return Err(dom_exception("SyntaxError", &format!("'{written}' is not a keyframe selector."), context));
    };
    change_head(&rule, &key, context)?;
    Ok(JsValue::undefined())
}

fn append_keyframe(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let rule = text(args, 0, context)?;
    let is_keyframe =
        |kind: &RuleKind| matches!(kind, RuleKind::Style { selectors, .. } if keyframe_selectors(selectors).is_some());
    if !matches!(rules(rule.trim()).as_slice(), [one] if is_keyframe(&one.kind)) {
        return Ok(JsValue::undefined());
    }
    // Keyframe selectors are no selectors, so the rule is written into the text and read with it.
    let object = this_rule(this)?;
    let Written { source, inside: place, .. } = written(this)?;
    let new = format!("{}{}\n", &source[place], closed(rule.trim()));
    let list = inside(this, &[], context)?.as_object().ok_or_else(|| type_error("no list"))?;
    let sheet = with(this, |data| data.sheet())?.unwrap_or_else(|| object.clone());
    let parsed = rules(&new);
    if let Some(last) = parsed.last() {
        let made = rule::make(last, &new, &sheet, Some(&object), context);
        rule::splice(&list, parsed.len() - 1, 0, Some(made), context)?;
    }
    change_inside(&object, &new, context)?;
    Ok(JsValue::undefined())
}

/// The place of the last keyframe of these moments.
fn keyframe_at(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<Option<usize>> {
    let wanted = keyframe_selectors(&text(args, 0, context)?);
    let fits =
        |kind: &RuleKind| matches!(kind, RuleKind::Style { selectors, .. } if keyframe_selectors(selectors) == wanted);
    Ok(rules_inside(this)?.iter().rposition(|rule| wanted.is_some() && fits(&rule.kind)))
}

fn find_keyframe(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let Some(at) = keyframe_at(this, args, context)? else { return Ok(JsValue::null()) };
    let list = inside(this, &[], context)?;
    member(&list, &at.to_string(), context)
}

fn delete_keyframe(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    if let Some(at) = keyframe_at(this, args, context)? {
        take(this, at, context)?;
    }
    Ok(JsValue::undefined())
}

fn imported(this: &JsValue) -> JsResult<Option<Import>> {
    Ok(import(&prelude(this)?))
}

fn namespaced(this: &JsValue) -> JsResult<(String, String)> {
    Ok(namespace(&prelude(this)?).unwrap_or_default())
}

const GROUPING: Interface = Interface {
    name: "CSSGroupingRule",
    parent: Some("CSSRule"),
    attributes: &[("cssRules", inside, None)],
    methods: &[("insertRule", insert_rule, 1), ("deleteRule", delete_rule, 1)],
    ..Interface::EMPTY
};

const CONDITION: Interface = Interface {
    name: "CSSConditionRule",
    parent: Some("CSSGroupingRule"),
    attributes: &[("conditionText", condition_text, None)],
    ..Interface::EMPTY
};

const STYLE: Interface = Interface {
    name: "CSSStyleRule",
    parent: Some("CSSRule"),
    attributes: &[("selectorText", get_head, Some(set_selector_text)), ("style", inside, Some(set_style))],
    ..Interface::EMPTY
};

const MEDIA: Interface = Interface {
    name: "CSSMediaRule",
    parent: Some("CSSConditionRule"),
    attributes: &[("media", media, Some(set_media))],
    ..Interface::EMPTY
};

const SUPPORTS: Interface = Interface { name: "CSSSupportsRule", parent: Some("CSSConditionRule"), ..Interface::EMPTY };

const PAGE: Interface = Interface {
    name: "CSSPageRule",
    parent: Some("CSSGroupingRule"),
    attributes: &[
        ("selectorText", page_selector_text, Some(set_page_selector_text)),
        ("style", inside, Some(set_style)),
    ],
    ..Interface::EMPTY
};

const FONT_FACE: Interface = Interface {
    name: "CSSFontFaceRule",
    parent: Some("CSSRule"),
    attributes: &[("style", inside, Some(set_style))],
    ..Interface::EMPTY
};

const KEYFRAMES: Interface = Interface {
    name: "CSSKeyframesRule",
    parent: Some("CSSRule"),
    attributes: &[
        ("name", |this, _, _| prelude(this).map(|name| string(keyframes_name(&name))), Some(set_keyframes_name)),
        ("cssRules", inside, None),
        ("length", |this, _, _| rules_inside(this).map(|rules| rules.len().into()), None),
    ],
    methods: &[("appendRule", append_keyframe, 1), ("deleteRule", delete_keyframe, 1), ("findRule", find_keyframe, 1)],
    ..Interface::EMPTY
};

const KEYFRAME: Interface = Interface {
    name: "CSSKeyframeRule",
    parent: Some("CSSRule"),
    attributes: &[("keyText", get_head, Some(set_key_text)), ("style", inside, Some(set_style))],
    ..Interface::EMPTY
};

const IMPORT: Interface = Interface {
    name: "CSSImportRule",
    parent: Some("CSSRule"),
    attributes: &[
        ("href", |this, _, _| imported(this).map(|it| string(&it.map(|it| it.address).unwrap_or_default())), None),
        ("media", media, Some(set_media)),
        ("styleSheet", |this, _, _| with(this, |_| JsValue::null()), None),
        ("layerName", |this, _, _| imported(this).map(|it| string_or_null(it.and_then(|it| it.layer))), None),
        ("supportsText", |this, _, _| imported(this).map(|it| string_or_null(it.and_then(|it| it.supports))), None),
    ],
    ..Interface::EMPTY
};

const NAMESPACE: Interface = Interface {
    name: "CSSNamespaceRule",
    parent: Some("CSSRule"),
    attributes: &[
        ("namespaceURI", |this, _, _| namespaced(this).map(|(_, uri)| string(&uri)), None),
        ("prefix", |this, _, _| namespaced(this).map(|(prefix, _)| string(&prefix)), None),
    ],
    ..Interface::EMPTY
};

/// Installs the interfaces of rules.
///
/// # Errors
/// What boa says; a bug.
pub(super) fn install(context: &mut Context) -> JsResult<()> {
    let tables = [
        &GROUPING, &CONDITION, &STYLE, &MEDIA, &SUPPORTS, &PAGE, &FONT_FACE, &KEYFRAMES, &KEYFRAME, &IMPORT, &NAMESPACE,
    ];
    tables.into_iter().try_for_each(|table| install_interface(table, context))
}
