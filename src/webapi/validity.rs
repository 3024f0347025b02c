//! Constraint validation (HTML §4.10.20): what keeps a form from being submitted. Messages are ours: there is no screen.
//! Ranges and steps are those of numbers; dates and times have none here.

use boa_engine::{Context, JsData, JsObject, JsResult, JsString, JsValue};
use boa_gc::{Finalize, Trace};

use super::stepping::{is_between_steps, number_in};
use super::target::fire;
use super::window::Window;
use super::wrap::{part, this_element, wrap};
use crate::dom::{NodeRef, form, radios};
use crate::engine::convert::{string, text, type_error};
use crate::engine::event_loop::Output;
use crate::engine::interface::{Interface, define_accessor, define_method, install, prototype};
use crate::event::{Console, ConsoleLevel};

/// The native data of a ValidityState.
#[derive(Trace, Finalize, JsData)]
struct Validity(NodeRef);

/// What may be wrong with a control: the attribute of ValidityState, and the sentence about it.
const FLAWS: [(&str, &str); 6] = [
    ("valueMissing", "a value is required"),
    ("typeMismatch", "the value is not of its type"),
    ("patternMismatch", "the value does not match the pattern"),
    ("rangeUnderflow", "the value is too small"),
    ("rangeOverflow", "the value is too large"),
    ("stepMismatch", "the value is between two allowed ones"),
];

fn attr(node: &NodeRef, name: &str) -> Option<String> {
    node.as_element().and_then(|e| e.attr(name))
}

/// Whether a control is looked at at all (`willValidate`).
fn is_candidate(control: &NodeRef) -> bool {
    let by_kind = match control.html_name() {
        "input" => !matches!(form::input_type(control), "hidden" | "reset" | "button"),
        "button" => form::button_type(control) == "submit",
        "select" | "textarea" => true,
        _ => false,
    };
    by_kind && !form::is_disabled(control) && !form::has_flag(control, "readonly")
}

/// The first flaw of a control.
fn flaw_of(control: &NodeRef, context: &mut Context) -> Option<&'static str> {
    if !is_candidate(control) {
        return None;
    }
    if form::custom_error(control, |error| !error.is_empty()) {
        return Some("customError");
    }
    let value = form::value(control);
    if form::has_flag(control, "required") && is_missing(control, &value) {
        return Some("valueMissing");
    }
    if value.is_empty() || !control.is_html("input") {
        return None;
    }
    let kind = form::input_type(control);
    let bound = |name: &str| number_in(control, name);
    let number = value.parse::<f64>().ok().filter(|_| matches!(kind, "number" | "range"));
    match number {
        Some(number) if bound("min").is_some_and(|min| number < min) => return Some("rangeUnderflow"),
        Some(number) if bound("max").is_some_and(|max| number > max) => return Some("rangeOverflow"),
        Some(number) if is_between_steps(control, number) => return Some("stepMismatch"),
        _ => {}
    }
    let is_typed = match kind {
        "email" => value
            .split_once('@')
            .is_some_and(|(user, host)| !user.is_empty() && !host.is_empty() && !host.contains('@')),
        "url" => url::Url::parse(&value).is_ok(),
        _ => true,
    };
    if !is_typed {
        return Some("typeMismatch");
    }
    let has_pattern = matches!(kind, "text" | "search" | "url" | "tel" | "email" | "password");
    let pattern = attr(control, "pattern").filter(|_| has_pattern)?;
    (!fits(&pattern, &value, context)).then_some("patternMismatch")
}

fn is_missing(control: &NodeRef, value: &str) -> bool {
    match control.html_name() {
        "input" => match form::input_type(control) {
            "checkbox" => !form::checked(control),
            "radio" => !form::checked(control) && radios::checked_of(control).is_none(),
            "submit" | "image" | "range" | "color" => false,
            _ => value.is_empty(),
        },
        "select" | "textarea" => value.is_empty(),
        _ => false,
    }
}

/// Whether the whole value matches a pattern; one that is no regular expression fits all.
fn fits(pattern: &str, value: &str, context: &mut Context) -> bool {
    let regexp = context.intrinsics().constructors().regexp().constructor();
    let source = JsString::from(format!("^(?:{pattern})$"));
    let Ok(made) = regexp.construct(&[source.into(), JsString::from("u").into()], None, context) else { return true };
    let Ok(test) = made.get(JsString::from("test"), context) else { return true };
    let Some(test) = test.as_callable() else { return true };
    test.call(&made.into(), &[string(value)], context).is_ok_and(|fits| fits.to_boolean())
}

/// Checks one control; an `invalid` event tells a flaw.
fn check(control: &NodeRef, context: &mut Context) -> JsResult<Option<&'static str>> {
    let flaw = flaw_of(control, context);
    if flaw.is_some() {
        let target = wrap(control, context);
        fire(&target, "invalid", false, true, context)?;
    }
    Ok(flaw)
}

/// Checks the controls of a form; `report` says on the console what keeps it from being submitted.
///
/// # Errors
/// None that the page made.
pub fn check_form(form: &NodeRef, report: bool, context: &mut Context) -> JsResult<bool> {
    let mut valid = true;
    for control in form::elements(form) {
        if let Some(flaw) = check(&control, context)? {
            if report && valid {
                let name = attr(&control, "name").or_else(|| attr(&control, "id")).unwrap_or_default();
                let text = format!("the form is not submitted: {} of <{} name={name}>", flaw, control.html_name());
                let console = Console { level: ConsoleLevel::Warn, text };
                Window::of(context).event_loop.emit(Output::Console(console));
            }
            valid = false;
        }
    }
    Ok(valid)
}

fn check_native(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    Ok(check(&this_element(this)?, context)?.is_none().into())
}

fn message(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let control = this_element(this)?;
    Ok(match flaw_of(&control, context) {
        None => string(""),
        Some("customError") => string(&form::custom_error(&control, |error| error.clone())),
        Some(flaw) => string(FLAWS.iter().find(|(name, _)| *name == flaw).map_or("", |(_, message)| message)),
    })
}

fn set_custom(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let message = text(args, 0, context)?;
    form::custom_error(&this_element(this)?, |error| *error = message);
    Ok(JsValue::undefined())
}

/// Puts the members of constraint validation on a control's prototype.
pub fn install_members(target: &JsObject, context: &mut Context) {
    let will: crate::engine::convert::Native = |this, _, _| Ok(is_candidate(&this_element(this)?).into());
    define_accessor(target, "willValidate", will, None, context);
    define_accessor(
        target,
        "validity",
        |this, _, context| {
            part(&this_element(this)?, "validity", context, |control, context| {
                Ok(JsObject::from_proto_and_data(prototype("ValidityState", context), Validity(control.clone())))
            })
        },
        None,
        context,
    );
    define_accessor(target, "validationMessage", message, None, context);
    define_method(target, "checkValidity", check_native, 0, context);
    define_method(target, "reportValidity", check_native, 0, context);
    define_method(target, "setCustomValidity", set_custom, 1, context);
}

fn state(this: &JsValue, flaw: Option<&str>, context: &mut Context) -> JsResult<JsValue> {
    let control = this.as_object().and_then(|object| object.downcast_ref::<Validity>().map(|state| state.0.clone()));
    let control = control.ok_or_else(|| type_error("Illegal invocation"))?;
    Ok((flaw_of(&control, context) == flaw).into())
}

/// Installs ValidityState.
///
/// # Errors
/// What boa says; a bug.
pub fn install_validity(context: &mut Context) -> JsResult<()> {
    let never: crate::engine::convert::Native = |_, _, _| Ok(false.into());
    let interface = Interface {
        name: "ValidityState",
        attributes: &[
            ("valid", |this, _, c| state(this, None, c), None),
            ("valueMissing", |this, _, c| state(this, Some("valueMissing"), c), None),
            ("typeMismatch", |this, _, c| state(this, Some("typeMismatch"), c), None),
            ("patternMismatch", |this, _, c| state(this, Some("patternMismatch"), c), None),
            ("rangeUnderflow", |this, _, c| state(this, Some("rangeUnderflow"), c), None),
            ("rangeOverflow", |this, _, c| state(this, Some("rangeOverflow"), c), None),
            ("stepMismatch", |this, _, c| state(this, Some("stepMismatch"), c), None),
            ("customError", |this, _, c| state(this, Some("customError"), c), None),
        ],
        ..Interface::EMPTY
    };
    install(&interface, context)?;
    let target = prototype("ValidityState", context);
    for name in ["badInput", "tooLong", "tooShort"] {
        define_accessor(&target, name, never, None, context);
    }
    Ok(())
}
