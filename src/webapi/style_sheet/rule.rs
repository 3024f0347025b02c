//! What all rules have, and how a change of one becomes one of the sheet's text.

use std::cell::RefCell;
use std::ops::Range;

use boa_engine::{Context, JsData, JsObject, JsResult, JsValue, js_string};
use boa_gc::{Finalize, GcRefCell, Trace};

use super::kinds;
use super::sheet::{self, list_of};
use crate::dom::css_rules::{RuleKind, SheetRule, rules};
use crate::dom::select::Selectors;
use crate::dom::{Node, attributes};
use crate::engine::convert::{member, string, type_error, value_text};
use crate::engine::interface::{Interface, install as install_interface, prototype};
use crate::webapi::exception::dom_exception;
use crate::webapi::style;
use crate::webapi::window::Window;

/// A rule as it is written.
#[derive(Clone)]
pub(super) struct Written {
    pub(super) source: String,
    /// The text between its braces.
    pub(super) inside: Range<usize>,
    pub(super) kind: RuleKind,
}

#[derive(Trace, Finalize, JsData)]
pub(super) struct RuleObject {
    #[unsafe_ignore_trace]
    written: RefCell<Written>,
    /// None once it was deleted.
    sheet: GcRefCell<Option<JsObject>>,
    parent: GcRefCell<Option<JsObject>>,
    /// The rules inside, or the declarations, made at first use.
    inside: GcRefCell<Option<JsObject>>,
    /// `media`, once it was asked for.
    pub(super) media: GcRefCell<Option<JsObject>>,
}

pub(super) fn with<R>(this: &JsValue, f: impl FnOnce(&RuleObject) -> R) -> JsResult<R> {
    let object = this.as_object();
    let data = object.as_ref().and_then(|object| object.downcast_ref::<RuleObject>());
    data.map(|data| f(&data)).ok_or_else(|| type_error("Illegal invocation"))
}

/// The rule as it is written now.
pub(super) fn written(this: &JsValue) -> JsResult<Written> {
    with(this, |rule| rule.written.borrow().clone())
}

/// The object of a rule in `text`, which is its sheet's or what is inside its parent.
pub(super) fn make(
    rule: &SheetRule,
    text: &str,
    sheet: &JsObject,
    parent: Option<&JsObject>,
    context: &mut Context,
) -> JsObject {
    let is_keyframe =
        parent.is_some_and(|parent| parent.downcast_ref::<RuleObject>().is_some_and(|it| it.has_keyframes()));
    let interface = if is_keyframe { "CSSKeyframeRule" } else { kinds::interface_of(&rule.kind) };
    let data = RuleObject {
        written: RefCell::new(Written {
            source: text.get(rule.span.clone()).unwrap_or_default().to_owned(),
            inside: rule.inside.clone(),
            kind: rule.kind.clone(),
        }),
        sheet: GcRefCell::new(Some(sheet.clone())),
        parent: GcRefCell::new(parent.cloned()),
        inside: GcRefCell::default(),
        media: GcRefCell::default(),
    };
    JsObject::from_proto_and_data(prototype(interface, context), data)
}

impl RuleObject {
    /// Whether it is one of `@keyframes`.
    pub(super) fn is_keyframe(&self) -> bool {
        let parent = self.parent.borrow();
        parent.as_ref().is_some_and(|parent| parent.downcast_ref::<Self>().is_some_and(|it| it.has_keyframes()))
    }

    /// The sheet it is of.
    pub(super) fn sheet(&self) -> Option<JsObject> {
        self.sheet.borrow().clone()
    }

    fn has_keyframes(&self) -> bool {
        matches!(&self.written.borrow().kind, RuleKind::Group { name, .. } if name.ends_with("keyframes"))
    }
}

/// The objects of rules.
pub(super) fn list(
    parsed: &[SheetRule],
    text: &str,
    sheet: &JsObject,
    parent: Option<&JsObject>,
    context: &mut Context,
) -> JsResult<JsObject> {
    let items = parsed.iter().map(|rule| make(rule, text, sheet, parent, context).into()).collect();
    list_of("CSSRuleList", items, context)
}

/// How many rules are in a list.
pub(super) fn length(list: &JsObject, context: &mut Context) -> JsResult<usize> {
    Ok(list.get(js_string!("length"), context)?.to_u32(context)? as usize)
}

fn items(list: &JsObject, context: &mut Context) -> JsResult<Vec<JsValue>> {
    (0..length(list, context)?).map(|at| list.get(at, context)).collect()
}

/// Where a rule is in a list.
pub(super) fn position(list: &JsObject, rule: &JsObject, context: &mut Context) -> JsResult<Option<usize>> {
    let is_it = |item: &JsValue| item.as_object().is_some_and(|item| JsObject::equals(&item, rule));
    Ok(items(list, context)?.iter().position(is_it))
}

/// Takes rules out of a list, and puts one in. What is taken out is of no sheet any more.
pub(super) fn splice(
    list: &JsObject,
    at: usize,
    removed: usize,
    added: Option<JsObject>,
    context: &mut Context,
) -> JsResult<()> {
    if let Some(added) = added.as_ref().filter(|_| removed == 0)
        && at == length(list, context)?
    {
        return list.create_data_property_or_throw(at, added.clone(), context).map(drop);
    }
    let mut items = items(list, context)?;
    let end = (at + removed).min(items.len());
    for gone in items.splice(at.min(end)..end, added.map(JsValue::from)) {
        with(&gone, |rule| {
            rule.sheet.borrow_mut().take();
            rule.parent.borrow_mut().take();
        })?;
    }
    list.set(js_string!("length"), 0, true, context)?;
    for (at, item) in items.into_iter().enumerate() {
        list.create_data_property_or_throw(at, item, context)?;
    }
    Ok(())
}

/// Fails where a text is not one rule, of those that may be in another if `is_inner`.
pub(super) fn check(text: &str, is_inner: bool, context: &mut Context) -> JsResult<()> {
    let trimmed = text.trim();
    let parsed = rules(trimmed);
    let is_rule = match parsed.as_slice() {
        [rule] if rule.span != (0..trimmed.len()) => false,
        [SheetRule { kind: RuleKind::Style { selectors, .. }, .. }] => Selectors::parse(selectors).is_ok(),
        [SheetRule { kind: RuleKind::Statement { name, .. }, .. }] if is_inner && name != "layer" => {
            let message = format!("The rule '{text}' may not stand in another.");
            return Err(dom_exception("HierarchyRequestError", &message, context));
        }
        [_] => true,
        _ => false,
    };
    if is_rule {
        return Ok(());
    }
    Err(dom_exception("SyntaxError", &format!("Failed to parse the rule '{text}'."), context))
}

/// Changes the text of a rule, and of all that it is in. Its objects stay.
pub(super) fn change(rule: &JsObject, source: &str, context: &mut Context) -> JsResult<()> {
    let this = JsValue::from(rule.clone());
    let Some(parsed) = rules(source).into_iter().next() else { return Ok(()) };
    let (parent, sheet) = with(&this, |data| (data.parent.borrow().clone(), data.sheet.borrow().clone()))?;
    with(&this, |data| {
        *data.written.borrow_mut() = Written { source: source.to_owned(), inside: parsed.inside, kind: parsed.kind };
    })?;
    let Some(parent) = parent else {
        return match sheet {
            Some(sheet) => sheet::replace(&sheet, rule, source, context),
            None => Ok(()),
        };
    };
    let above = written(&parent.clone().into())?;
    let list = with(&parent.clone().into(), |data| data.inside.borrow().clone())?;
    let at = match &list {
        Some(list) => position(list, rule, context)?,
        None => None,
    };
    let RuleKind::Group { rules: inner, .. } = &above.kind else { return Ok(()) };
    let Some(old) = at.and_then(|at| inner.get(at)) else { return Ok(()) };
    let (start, end) = (above.inside.start + old.span.start, above.inside.start + old.span.end);
    change(&parent, &format!("{}{source}{}", &above.source[..start], &above.source[end..]), context)
}

/// Changes what is between the braces of a rule.
pub(super) fn change_inside(rule: &JsObject, body: &str, context: &mut Context) -> JsResult<()> {
    let Written { source, inside, .. } = written(&rule.clone().into())?;
    let end = source.get(inside.end..).filter(|end| !end.is_empty()).unwrap_or("}");
    change(rule, &format!("{}{body}{end}", &source[..inside.start]), context)
}

/// Changes what is before the braces of a rule.
pub(super) fn change_head(rule: &JsObject, head: &str, context: &mut Context) -> JsResult<()> {
    let Written { source, inside, .. } = written(&rule.clone().into())?;
    change(rule, &format!("{head} {}", &source[inside.start - 1..]), context)
}

/// The declarations of a rule have been changed to these.
pub(in crate::webapi) fn declared(rule: &JsObject, declarations: &str, context: &mut Context) -> JsResult<()> {
    change_inside(rule, &format!(" {declarations} "), context)
}

/// What stands inside a rule: its rules, or its declarations.
pub(super) fn inside(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let object = this.as_object().ok_or_else(|| type_error("Illegal invocation"))?;
    if let Some(made) = with(this, |rule| rule.inside.borrow().clone())? {
        return Ok(made.into());
    }
    let Written { source, inside, kind } = written(this)?;
    let sheet = with(this, |rule| rule.sheet.borrow().clone())?;
    let made = match kind {
        RuleKind::Group { rules: inner, .. } => {
            let sheet = sheet.unwrap_or_else(|| object.clone());
            list(&inner, &source[inside], &sheet, Some(&object), context)?
        }
        RuleKind::Style { body, .. } | RuleKind::Block { body, .. } => {
            // A declaration block is a view of an attribute: here that of an element nobody sees.
            let holder = Node::html_element(&Window::of(context).document, "span");
            attributes::set(&holder, "style", &body);
            style::of_rule(&holder, &object, context)
        }
        RuleKind::Statement { .. } => return Ok(JsValue::undefined()),
    };
    with(this, |rule| *rule.inside.borrow_mut() = Some(made.clone()))?;
    Ok(made.into())
}

/// The declarations of a rule, as `cssText` has them.
fn declarations_text(this: &JsValue, context: &mut Context) -> JsResult<String> {
    let style = inside(this, &[], context)?;
    let text = member(&style, "cssText", context)?;
    let text = value_text(&text, context)?;
    Ok(if text.is_empty() { "{ }".to_owned() } else { format!("{{ {text} }}") })
}

fn css_text(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let Written { source, kind, .. } = written(this)?;
    let head = kinds::head(this)?;
    Ok(string(&match kind {
        RuleKind::Style { .. } => format!("{head} {}", declarations_text(this, context)?),
        RuleKind::Block { name, body, .. } if name == "font-face" => kinds::font_face_text(&body),
        RuleKind::Block { name, .. } if name == "page" => format!("{head} {}", declarations_text(this, context)?),
        RuleKind::Group { name, .. } => {
            let list = inside(this, &[], context)?.as_object().ok_or_else(|| type_error("no list"))?;
            let blank = if name.ends_with("keyframes") { " " } else { "" };
            let mut lines = vec![format!("{head} {{{blank}")];
            for rule in items(&list, context)? {
                let text = css_text(&rule, &[], context)?;
                lines.push(format!("  {}", value_text(&text, context)?));
            }
            lines.push("}".to_owned());
            lines.join("\n")
        }
        RuleKind::Statement { .. } => format!("{head};"),
        RuleKind::Block { .. } => source.trim().to_owned(),
    }))
}

fn object_or_null(object: Option<JsObject>) -> JsValue {
    object.map_or_else(JsValue::null, JsValue::from)
}

fn rule_type(this: &JsValue, _: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    let kind = written(this)?.kind;
    let is_keyframe = with(this, RuleObject::is_keyframe)?;
    Ok(if is_keyframe { 8 } else { kinds::number(&kind) }.into())
}

const RULE: Interface = Interface {
    name: "CSSRule",
    attributes: &[
        ("type", rule_type, None),
        ("cssText", css_text, Some(|_, _, _| Ok(JsValue::undefined()))),
        ("parentRule", |this, _, _| with(this, |rule| object_or_null(rule.parent.borrow().clone())), None),
        ("parentStyleSheet", |this, _, _| with(this, |rule| object_or_null(rule.sheet.borrow().clone())), None),
    ],
    constants: &[
        ("STYLE_RULE", 1),
        ("CHARSET_RULE", 2),
        ("IMPORT_RULE", 3),
        ("MEDIA_RULE", 4),
        ("FONT_FACE_RULE", 5),
        ("PAGE_RULE", 6),
        ("KEYFRAMES_RULE", 7),
        ("KEYFRAME_RULE", 8),
        ("MARGIN_RULE", 9),
        ("NAMESPACE_RULE", 10),
        ("COUNTER_STYLE_RULE", 11),
        ("SUPPORTS_RULE", 12),
        ("FONT_FEATURE_VALUES_RULE", 14),
    ],
    ..Interface::EMPTY
};

/// Installs CSSRule.
///
/// # Errors
/// What boa says; a bug.
pub(super) fn install(context: &mut Context) -> JsResult<()> {
    install_interface(&RULE, context)
}
