//! `element.style` and `getComputedStyle` ([CSSOM §6.6](https://drafts.csswg.org/cssom/#the-cssstyledeclaration-interface),
//! [§7.2](https://drafts.csswg.org/cssom/#extensions-to-the-window-interface)).
//!
//! An inline declaration is a view of the `style` attribute: parsed when it is read, written back when it is changed. A
//! shorthand is kept as it was written; its parts are looked up in it, and it is put together anew when it is written back. Properties are plain accessors on the prototype;
//! there is no access by index, only `item`.

use std::cell::RefCell;
use std::rc::Rc;

use boa_engine::object::FunctionObjectBuilder;
use boa_engine::property::PropertyDescriptor;
use boa_engine::{Context, JsData, JsObject, JsResult, JsString, JsSymbol, JsValue, NativeFunction};
use boa_gc::{Finalize, GcRefCell, Trace};
use html5ever::tree_builder::QuirksMode;

use super::exception::dom_exception;
use super::wrap::{as_node, part, this_element};
use super::{computed_style, element, style_sheet};
use crate::dom::css::{Declaration, declarations};
use crate::dom::css_blocks::{names, serialize, shorthand};
use crate::dom::css_properties::{PROPERTIES, WEBKIT, canonical, script_names};
use crate::dom::css_shorthands::{covers, parts_of, value_of};
use crate::dom::css_values::normal;
use crate::dom::{NodeRef, tree};
use crate::engine::convert::{
    arg, array, index, optional_text, require, string, text, text_null_empty, this_object, type_error,
};
use crate::engine::interface::{
    Interface, define_accessor, define_method, install as install_interface, prototype, reacting,
};

/// What a declaration block shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// The `style` attribute.
    Inline,
    /// The computed values.
    Computed,
    /// The computed values of a pseudo-element, which has no content.
    Pseudo,
}

/// The text of a `style` attribute with what it says.
type Parsed = (String, Rc<[Declaration]>);

/// The native data of a declaration block.
#[derive(Trace, Finalize, JsData)]
struct StyleObject {
    element: NodeRef,
    #[unsafe_ignore_trace]
    kind: Kind,
    /// The rule whose declarations it shows, if it does not show an element's.
    rule: GcRefCell<Option<JsObject>>,
    /// The last attribute that was parsed.
    #[unsafe_ignore_trace]
    parsed: RefCell<Option<Parsed>>,
}

impl StyleObject {
    fn new(element: NodeRef, kind: Kind) -> Self {
        Self { element, kind, rule: GcRefCell::default(), parsed: RefCell::default() }
    }

    /// The declarations of the attribute: those of known properties, with values as browsers write them.
    fn list(&self) -> Rc<[Declaration]> {
        let Some(element) = self.element.as_element() else { return Rc::default() };
        element.with_attr("style", |style| {
            let style = style.unwrap_or_default();
            let mut parsed = self.parsed.borrow_mut();
            match &*parsed {
                Some((text, list)) if text == style => list.clone(),
                _ => {
                    let list: Rc<[Declaration]> = normalized(style, is_quirky(&self.element)).into();
                    *parsed = Some((style.to_owned(), list.clone()));
                    list
                }
            }
        })
    }

    /// The declaration that decides about a property.
    fn find(&self, property: &str) -> Option<Declaration> {
        let list = self.list();
        let speaking = list.iter().filter(|declaration| covers(&declaration.name, property));
        speaking
            .enumerate()
            .max_by_key(|(at, declaration)| (declaration.important, *at))
            .map(|(_, found)| found.clone())
    }

    fn read(&self, property: &str) -> String {
        match self.kind {
            Kind::Inline => shorthand(&self.list(), property).unwrap_or_else(|| {
                let found = self.find(property).map(|found| {
                    let value = value_of(&found, property);
                    normal(property, &value, false).unwrap_or(value)
                });
                found.unwrap_or_default()
            }),
            Kind::Pseudo if property == "content" => "none".to_owned(),
            Kind::Computed | Kind::Pseudo => computed_style::value(&self.element, property),
        }
    }
}

fn is_quirky(element: &NodeRef) -> bool {
    let document = tree::document_of(element);
    document.is_some_and(|d| d.as_document().is_some_and(|data| data.quirks.get() == QuirksMode::Quirks))
}

fn normalized(text: &str, quirks: bool) -> Vec<Declaration> {
    let known = |declaration: Declaration| {
        let name = canonical(&declaration.name)?;
        let value = normal(&name, &declaration.value, quirks)?;
        Some(Declaration { name, value, important: declaration.important })
    };
    declarations(text).into_iter().filter_map(known).collect()
}

/// Runs `f` on the data of a declaration block.
fn with<R>(this: &JsValue, f: impl FnOnce(&StyleObject) -> R) -> JsResult<R> {
    let object = this.as_object();
    let data = object.as_ref().and_then(JsObject::downcast_ref::<StyleObject>);
    data.map(|data| f(&data)).ok_or_else(|| type_error("Illegal invocation"))
}

/// The element whose attribute a write changes.
fn written(this: &JsValue, context: &mut Context) -> JsResult<NodeRef> {
    if with(this, |data| data.kind)? == Kind::Inline {
        return with(this, |data| data.element.clone());
    }
    let message = "These styles are computed, and therefore the property is read-only.";
    Err(dom_exception("NoModificationAllowedError", message, context))
}

/// Writes declarations back into the attribute, or into the rule.
fn store(this: &JsValue, element: &NodeRef, list: &[Declaration], context: &mut Context) -> JsResult<()> {
    let text = serialize(list);
    element::set_attribute(element, "style", &text, context)?;
    match with(this, |data| data.rule.borrow().clone())? {
        Some(rule) => style_sheet::declared(&rule, &text, context),
        None => Ok(()),
    }
}

/// CSSOM, `setProperty`: an empty value removes, an invalid one changes nothing.
fn write(this: &JsValue, property: &str, value: &str, important: bool, context: &mut Context) -> JsResult<()> {
    let element = written(this, context)?;
    if value.is_empty() {
        return remove(this, property, context).map(drop);
    }
    let value = value.trim_matches(['\t', '\n', '\u{c}', '\r', ' ']);
    if value.is_empty() || !is_one_value(value) {
        return Ok(());
    }
    let Some(value) = normal(property, value, is_quirky(&element)) else { return Ok(()) };
    let declaration = Declaration { name: property.to_owned(), value, important };
    let old = with(this, StyleObject::list)?;
    if old.contains(&declaration) && with(this, |data| data.find(property))?.as_ref() == Some(&declaration) {
        return Ok(());
    }
    let replaced = |old: &Declaration| old.name == property || parts_of(property).contains(&old.name.as_str());
    let mut list: Vec<Declaration> = old.iter().filter(|old| !replaced(old)).cloned().collect();
    let has_shorthand = list.iter().any(|old| covers(&old.name, property));
    match old.iter().position(|old| old.name == property) {
        Some(at) if !has_shorthand => list.insert(at.min(list.len()), declaration),
        _ => list.push(declaration),
    }
    store(this, &element, &list, context)
}

/// Whether text is the value of one declaration, so that no `;` smuggles in another.
fn is_one_value(value: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '%' | '#' | ' ' | ',');
    value.chars().all(is_plain) || {
        let parsed = declarations(&format!("--x:{value}"));
        matches!(parsed.as_slice(), [only] if only.value == value && !only.important)
    }
}

/// CSSOM, `removeProperty`; returns what the value was. A part of a shorthand leaves its other parts behind.
fn remove(this: &JsValue, property: &str, context: &mut Context) -> JsResult<String> {
    let element = written(this, context)?;
    let value = with(this, |data| data.read(property))?;
    let old = with(this, StyleObject::list)?;
    let mut list: Vec<Declaration> = Vec::with_capacity(old.len());
    for declaration in old.iter() {
        if declaration.name == property || parts_of(property).contains(&declaration.name.as_str()) {
            continue;
        }
        if !covers(&declaration.name, property) {
            list.push(declaration.clone());
            continue;
        }
        let others = parts_of(&declaration.name).iter().filter(|part| **part != property);
        list.extend(others.map(|part| Declaration {
            name: (*part).to_owned(),
            value: value_of(declaration, part),
            important: declaration.important,
        }));
    }
    if *list != *old {
        store(this, &element, &list, context)?;
    }
    Ok(value)
}

fn css_text(this: &JsValue, _: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    with(this, |data| if data.kind == Kind::Inline { string(&serialize(&data.list())) } else { string("") })
}

fn set_css_text(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let text = text_null_empty(args, 0, context)?;
    let element = written(this, context)?;
    store(this, &element, &normalized(&text, is_quirky(&element)), context)?;
    Ok(JsValue::undefined())
}

/// Every property that is no shorthand: what a computed declaration block lists.
fn longhands() -> impl Iterator<Item = &'static str> {
    PROPERTIES.into_iter().filter(|property| parts_of(property).is_empty())
}

fn length(this: &JsValue, _: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    with(this, |data| match data.kind {
        Kind::Inline => names(&data.list()).len().into(),
        _ => longhands().count().into(),
    })
}

fn item(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    require(args, 1)?;
    let at = index(args, 0, context)?;
    with(this, |data| match data.kind {
        Kind::Inline => string(names(&data.list()).get(at).copied().unwrap_or_default()),
        _ => string(longhands().nth(at).unwrap_or_default()),
    })
}

/// What `for (name of style)` goes through: the names, since there is no access by index.
fn iterate(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let listed = with(this, |data| match data.kind {
        Kind::Inline => names(&data.list()).into_iter().map(string).collect::<Vec<_>>(),
        _ => longhands().map(string).collect(),
    })?;
    let listed = array(listed, context).to_object(context)?;
    let values = listed.get(JsSymbol::iterator(), context)?;
    let values = values.as_callable().ok_or_else(|| type_error("the object is not iterable"))?;
    values.call(&listed.into(), &[], context)
}

fn get_property_value(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    require(args, 1)?;
    let name = text(args, 0, context)?;
    with(this, |data| string(&canonical(&name).map(|name| data.read(&name)).unwrap_or_default()))
}

fn get_property_priority(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    require(args, 1)?;
    let name = text(args, 0, context)?;
    with(this, |data| {
        let inline = data.kind == Kind::Inline;
        let found = canonical(&name).filter(|_| inline).and_then(|name| data.find(&name));
        string(if found.is_some_and(|found| found.important) { "important" } else { "" })
    })
}

fn set_property(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    require(args, 2)?;
    let (name, value) = (text(args, 0, context)?, text_null_empty(args, 1, context)?);
    let priority = optional_text(args, 2, context)?.unwrap_or_default();
    let is_important = priority.eq_ignore_ascii_case("important");
    if let Some(name) = canonical(&name).filter(|_| is_important || priority.is_empty() || arg(args, 2).is_null()) {
        write(this, &name, &value, is_important, context)?;
    }
    Ok(JsValue::undefined())
}

fn remove_property(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    require(args, 1)?;
    let name = text(args, 0, context)?;
    match canonical(&name) {
        Some(name) => remove(this, &name, context).map(|value| string(&value)),
        None => Ok(string("")),
    }
}

const STYLE: Interface = Interface {
    name: "CSSStyleDeclaration",
    attributes: &[
        ("cssText", css_text, Some(set_css_text)),
        ("length", length, None),
        (
            "parentRule",
            |this, _, _| with(this, |data| data.rule.borrow().clone().map_or_else(JsValue::null, JsValue::from)),
            None,
        ),
    ],
    methods: &[
        ("item", item, 1),
        ("getPropertyValue", get_property_value, 1),
        ("getPropertyPriority", get_property_priority, 1),
        ("setProperty", set_property, 2),
        ("removeProperty", remove_property, 1),
    ],
    ..Interface::EMPTY
};

/// Puts the accessors of every property on the prototype; the spellings of one share their two functions.
fn add_properties(prototype: &JsObject, context: &mut Context) {
    for property in PROPERTIES.into_iter().chain(WEBKIT) {
        let get = NativeFunction::from_copy_closure(move |this, _, _| with(this, |data| string(&data.read(property))));
        let set = NativeFunction::from_copy_closure(move |this, args, context| {
            let value = text_null_empty(args, 0, context)?;
            reacting(context, |context| write(this, property, &value, false, context))?;
            Ok(JsValue::undefined())
        });
        let accessor = |native, name: String, length| {
            FunctionObjectBuilder::new(context.realm(), native).name(JsString::from(name)).length(length).build()
        };
        let get = accessor(get, format!("get {property}"), 0);
        let set = accessor(set, format!("set {property}"), 1);
        for name in script_names(property) {
            let descriptor =
                PropertyDescriptor::builder().get(get.clone()).set(set.clone()).enumerable(true).configurable(true);
            prototype.insert_property(JsString::from(name), descriptor);
        }
    }
}

fn get_computed_style(_: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    super::motion::update(context);
    let element = as_node(&arg(args, 0)).filter(|node| node.as_element().is_some());
    let element = element.ok_or_else(|| type_error("parameter 1 is not of type 'Element'"))?;
    let pseudo = if arg(args, 1).is_null() { None } else { optional_text(args, 1, context)? };
    let kind = if pseudo.is_some_and(|pseudo| pseudo.starts_with(':')) { Kind::Pseudo } else { Kind::Computed };
    let prototype = prototype("CSSStyleDeclaration", context);
    Ok(JsObject::from_proto_and_data(prototype, StyleObject::new(element, kind)).into())
}

/// The getter of `element.style`: one object an element.
///
/// # Errors
/// A TypeError where `this` is no element.
pub fn get(this: &JsValue, _args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let element = this_element(this)?;
    part(&element, "style", context, |element, context| {
        let prototype = prototype("CSSStyleDeclaration", context);
        Ok(JsObject::from_proto_and_data(prototype, StyleObject::new(element.clone(), Kind::Inline)))
    })
}

/// The declarations of a rule, which are those of the `style` of an element that nobody sees.
pub(super) fn of_rule(holder: &NodeRef, rule: &JsObject, context: &mut Context) -> JsObject {
    let data = StyleObject::new(holder.clone(), Kind::Inline);
    *data.rule.borrow_mut() = Some(rule.clone());
    JsObject::from_proto_and_data(prototype("CSSStyleDeclaration", context), data)
}

/// Sets `cssText` of a declaration block.
pub(super) fn set_text(block: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    set_css_text(block, args, context)
}

/// The setter: text goes to `cssText`.
///
/// # Errors
/// A TypeError where `this` is no element.
pub fn set(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let style = get(&this_object(this, context).into(), &[], context)?;
    set_css_text(&style, args, context)
}

/// Puts `style` on a prototype of elements.
pub fn install_on_element(prototype: &JsObject, context: &mut Context) {
    define_accessor(prototype, "style", get, Some(set), context);
}

/// Installs CSSStyleDeclaration and `getComputedStyle`.
///
/// # Errors
/// What boa says; a bug.
pub fn install(context: &mut Context) -> JsResult<()> {
    install_interface(&STYLE, context)?;
    let prototype = prototype("CSSStyleDeclaration", context);
    add_properties(&prototype, context);
    let iterate =
        FunctionObjectBuilder::new(context.realm(), NativeFunction::from_fn_ptr(iterate)).name("values").build();
    let descriptor = PropertyDescriptor::builder().value(iterate).writable(true).enumerable(false).configurable(true);
    prototype.insert_property(JsSymbol::iterator(), descriptor);
    define_method(&context.global_object(), "getComputedStyle", get_computed_style, 1, context);
    Ok(())
}

#[cfg(test)]
mod tests;
