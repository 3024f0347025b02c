//! HTMLInputElement, HTMLTextAreaElement, HTMLButtonElement, HTMLLabelElement (HTML §4.10.5 to §4.10.11).

use boa_engine::{Context, JsResult, JsValue};

use super::collection::static_list;
use super::element::set_attribute;
use super::file::files;
use super::node::node_link;
use super::reflect::{self, Kind, Reflected, Words};
use super::select::{get_value, set_value};
use super::stepping;
use super::wrap::this_element;
use crate::dom::{NodeRef, form, labels, text, tree};
use crate::engine::convert::{self, Native, arg, string, text_null_empty};
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

/// The labels of a control (HTML §4.10.2), in tree order.
///
/// # Errors
/// What is no element has none.
pub fn labels(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let all = labels::labels_of(&this_element(this)?);
    Ok(static_list(&all, context).into())
}

const INPUT: Interface = Interface {
    name: "HTMLInputElement",
    parent: Some("HTMLElement"),
    attributes: &[
        ("checked", checked, Some(set_checked)),
        ("files", files, None),
        ("list", node_link!(list_of), None),
        ("valueAsDate", stepping::value_as_date, Some(stepping::set_value_as_date)),
        ("valueAsNumber", stepping::value_as_number, Some(stepping::set_value_as_number)),
        (
            "indeterminate",
            |this, _, _| Ok(form::is_indeterminate(&*this_element(this)?).into()),
            Some(|this, args, _| {
                form::set_indeterminate(&this_element(this)?, arg(args, 0).to_boolean());
                Ok(JsValue::undefined())
            }),
        ),
    ],
    methods: &[("stepUp", stepping::step_up, 0), ("stepDown", stepping::step_down, 0)],
    ..Interface::EMPTY
};

const INPUT_REFLECTED: [Reflected; 24] = [
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
    Reflected::flag("multiple"),
    Reflected::of("maxLength", "maxlength", Kind::Length),
    Reflected::of("minLength", "minlength", Kind::Length),
    Reflected::of("dirName", "dirname", Kind::Text),
    Reflected::of("useMap", "usemap", Kind::Text),
    Reflected::text("align"),
    FORM_METHOD,
    FORM_NO_VALIDATE,
    FORM_TARGET,
];

const FORM_METHOD: Reflected = Reflected::of(
    "formMethod",
    "formmethod",
    Kind::Words(Words { known: &["get", "post", "dialog"], missing: "", invalid: "get" }),
);
const FORM_NO_VALIDATE: Reflected = Reflected::of("formNoValidate", "formnovalidate", Kind::Flag);
const FORM_TARGET: Reflected = Reflected::of("formTarget", "formtarget", Kind::Text);

const TEXTAREA_REFLECTED: [Reflected; 12] = [
    Reflected::text("name"),
    Reflected::text("placeholder"),
    Reflected::flag("disabled"),
    Reflected::flag("required"),
    Reflected::of("readOnly", "readonly", Kind::Flag),
    Reflected::of("rows", "rows", Kind::CountOrDefault(2)),
    Reflected::of("cols", "cols", Kind::CountOrDefault(20)),
    Reflected::of("maxLength", "maxlength", Kind::Length),
    Reflected::of("minLength", "minlength", Kind::Length),
    Reflected::of("dirName", "dirname", Kind::Text),
    Reflected::text("wrap"),
    Reflected::text("autocomplete"),
];

const BUTTON_REFLECTED: [Reflected; 6] = [
    Reflected::text("name"),
    Reflected::text("value"),
    Reflected::flag("disabled"),
    FORM_METHOD,
    FORM_NO_VALIDATE,
    FORM_TARGET,
];

/// The list of suggestions (HTML §4.10.5.3.9).
fn list_of(input: &NodeRef) -> Option<NodeRef> {
    let id = input.as_element()?.attr("list")?;
    let root = tree::root_in_document(input).filter(|_| input.is_connected())?;
    tree::element_by_id(&root, &id).filter(|list| list.is_html("datalist"))
}

fn label_form(label: &NodeRef) -> Option<NodeRef> {
    form::owner(&labels::labelled_control(label)?)
}

fn text_length(this: &JsValue, _: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    Ok(text::utf16_len(&form::value(&*this_element(this)?)).into())
}

/// What inputs, text areas and buttons share.
fn install_shared(interface: &str, has_text: bool, context: &mut Context) {
    let target = prototype(interface, context);
    let set_type: Native = set_kind;
    define_accessor(&target, "type", kind, (interface != "HTMLTextAreaElement").then_some(set_type), context);
    define_accessor(&target, "form", node_link!(form::owner), None, context);
    define_accessor(&target, "labels", labels, None, context);
    super::validity::install_members(&target, context);
    if !has_text {
        return;
    }
    define_accessor(&target, "value", get_value, Some(set_value), context);
    define_accessor(&target, "defaultValue", default_value, Some(set_default_value), context);
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
        attributes: &[("control", node_link!(labels::labelled_control), None), ("form", node_link!(label_form), None)],
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
