//! HTMLInputElement, HTMLTextAreaElement, HTMLButtonElement, HTMLLabelElement (HTML §4.10.5 to §4.10.11).

use boa_engine::{Context, JsResult, JsValue};

use super::activation::labelled_control;
use super::element::set_attribute;
use super::exception::dom_exception;
use super::node::node_link;
use super::reflect::{self, Kind, Reflected};
use super::select::{get_value, set_value};
use super::wrap::{this_element, wrap_all};
use crate::dom::{NodeRef, form, text, tree};
use crate::engine::convert::{self, arg, array, string, text_null_empty};
use crate::engine::interface::{Interface, define_accessor, install, prototype};

fn checked(this: &JsValue, _: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    Ok(form::checked(&*this_element(this)?).into())
}

fn set_checked(this: &JsValue, args: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    form::set_checked(&this_element(this)?, arg(args, 0).to_boolean());
    Ok(JsValue::undefined())
}

fn kind(this: &JsValue, _: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    let element = this_element(this)?;
    Ok(string(match element.html_name() {
        "textarea" => "textarea",
        "button" => form::button_type(&element),
        _ => form::input_type(&element),
    }))
}

/// Changing the type keeps the value a person typed.
fn set_kind(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let value = convert::text(args, 0, context)?;
    set_attribute(&this_element(this)?, "type", &value, context)?;
    Ok(JsValue::undefined())
}

fn default_value(this: &JsValue, _: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    Ok(string(&form::default_value(&*this_element(this)?)))
}

fn set_default_value(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let value = text_null_empty(args, 0, context)?;
    let element = this_element(this)?;
    if element.is_html("textarea") {
        text::set_text_content(&element, &value);
    } else {
        set_attribute(&element, "value", &value, context)?;
    }
    Ok(JsValue::undefined())
}

fn labels(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let control = this_element(this)?;
    let all: Vec<NodeRef> = tree::descendants(&tree::root_of(&control))
        .filter(|n| n.is_html("label"))
        .filter(|n| labelled_control(n).is_some_and(|c| crate::dom::node::same(&c, &control)))
        .collect();
    let values = wrap_all(&all, context);
    Ok(array(values, context))
}

fn files(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let is_file = form::input_type(&*this_element(this)?) == "file";
    Ok(if is_file { array([], context) } else { JsValue::null() })
}

fn value_as_number(this: &JsValue, _: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    Ok(form::value(&*this_element(this)?).trim().parse::<f64>().unwrap_or(f64::NAN).into())
}

const INPUT: Interface = Interface {
    name: "HTMLInputElement",
    parent: Some("HTMLElement"),
    attributes: &[
        ("checked", checked, Some(set_checked)),
        ("files", files, None),
        ("valueAsNumber", value_as_number, None),
        (
            "indeterminate",
            |this, _, _| Ok(form::is_indeterminate(&*this_element(this)?).into()),
            Some(|this, args, _| {
                form::set_indeterminate(&this_element(this)?, arg(args, 0).to_boolean());
                Ok(JsValue::undefined())
            }),
        ),
    ],
    ..Interface::EMPTY
};

const INPUT_REFLECTED: [Reflected; 15] = [
    Reflected::text("name"),
    Reflected::text("placeholder"),
    Reflected::text("pattern"),
    Reflected::text("min"),
    Reflected::text("max"),
    Reflected::text("step"),
    Reflected::text("accept"),
    Reflected::text("alt"),
    Reflected::url("src"),
    Reflected::text("autocomplete"),
    Reflected::flag("disabled"),
    Reflected::flag("required"),
    Reflected::of("readOnly", "readonly", Kind::Flag),
    Reflected::of("defaultChecked", "checked", Kind::Flag),
    Reflected::of("size", "size", Kind::Count(20)),
];

const TEXTAREA_REFLECTED: [Reflected; 7] = [
    Reflected::text("name"),
    Reflected::text("placeholder"),
    Reflected::flag("disabled"),
    Reflected::flag("required"),
    Reflected::of("readOnly", "readonly", Kind::Flag),
    Reflected::of("rows", "rows", Kind::Count(2)),
    Reflected::of("cols", "cols", Kind::Count(20)),
];

const BUTTON_REFLECTED: [Reflected; 3] =
    [Reflected::text("name"), Reflected::text("value"), Reflected::flag("disabled")];

fn max_length(this: &JsValue, _: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    let written = this_element(this)?.as_element().and_then(|e| e.attr("maxlength"));
    Ok(written.and_then(|v| v.trim().parse::<i32>().ok()).unwrap_or(-1).into())
}

fn set_max_length(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let value = convert::int(args, 0, context)?;
    if value < 0 {
        return Err(dom_exception("IndexSizeError", &format!("{value} is negative."), context));
    }
    set_attribute(&this_element(this)?, "maxlength", &value.to_string(), context)?;
    Ok(JsValue::undefined())
}

fn label_form(label: &NodeRef) -> Option<NodeRef> {
    form::owner(&labelled_control(label)?)
}

fn text_length(this: &JsValue, _: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    Ok(text::utf16_len(&form::value(&*this_element(this)?)).into())
}

/// What inputs, text areas and buttons share.
fn install_shared(interface: &str, has_text: bool, context: &mut Context) {
    let target = prototype(interface, context);
    define_accessor(&target, "type", kind, Some(set_kind), context);
    define_accessor(&target, "form", node_link!(form::owner), None, context);
    define_accessor(&target, "labels", labels, None, context);
    super::validity::install_members(&target, context);
    if !has_text {
        return;
    }
    define_accessor(&target, "value", get_value, Some(set_value), context);
    define_accessor(&target, "defaultValue", default_value, Some(set_default_value), context);
    define_accessor(&target, "maxLength", max_length, Some(set_max_length), context);
    super::text_selection::install_members(interface, context);
}

/// Installs them.
///
/// # Errors
/// What boa says; a bug.
pub fn install_controls(context: &mut Context) -> JsResult<()> {
    install(&INPUT, context)?;
    for name in ["HTMLTextAreaElement", "HTMLButtonElement"] {
        install(&Interface { name, parent: Some("HTMLElement"), ..Interface::EMPTY }, context)?;
    }
    let label = Interface {
        name: "HTMLLabelElement",
        parent: Some("HTMLElement"),
        attributes: &[("control", node_link!(labelled_control), None), ("form", node_link!(label_form), None)],
        ..Interface::EMPTY
    };
    install(&label, context)?;
    install_shared("HTMLInputElement", true, context);
    install_shared("HTMLTextAreaElement", true, context);
    install_shared("HTMLButtonElement", false, context);
    let target = prototype("HTMLTextAreaElement", context);
    define_accessor(&target, "textLength", text_length, None, context);
    let lists: [(&str, &[Reflected]); 4] = [
        ("HTMLInputElement", &INPUT_REFLECTED),
        ("HTMLTextAreaElement", &TEXTAREA_REFLECTED),
        ("HTMLButtonElement", &BUTTON_REFLECTED),
        ("HTMLLabelElement", &[Reflected::of("htmlFor", "for", Kind::Text)]),
    ];
    for (name, reflected) in lists {
        let target = prototype(name, context);
        reflect::install(&target, reflected, context);
    }
    Ok(())
}
