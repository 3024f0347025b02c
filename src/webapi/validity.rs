//! Constraint validation (HTML §4.10.20): what keeps a form from being submitted. Messages are ours: there is no screen.

use boa_engine::{Context, JsData, JsObject, JsResult, JsValue};
use boa_gc::{Finalize, Trace};

use super::target::fire;
use super::window::Window;
use super::wrap::{part, this_element, wrap};
use crate::dom::form_validity::{self, Flaws};
use crate::dom::{NodeRef, form};
use crate::engine::convert::{string, text, type_error};
use crate::engine::event_loop::Output;
use crate::engine::interface::{Interface, define_accessor, define_method, install, prototype};
use crate::event::{Console, ConsoleLevel};

/// The native data of a ValidityState.
#[derive(Trace, Finalize, JsData)]
struct Validity(NodeRef);

fn attr(node: &NodeRef, name: &str) -> Option<String> {
    node.as_element().and_then(|e| e.attr(name))
}

/// The first flaw of a control that is looked at.
fn flaw_of(control: &NodeRef) -> Option<&'static str> {
    if form_validity::is_candidate(control) { form_validity::flaws(control).first() } else { None }
}

/// Checks one control; an `invalid` event tells a flaw.
fn check(control: &NodeRef, context: &mut Context) -> JsResult<Option<&'static str>> {
    let flaw = flaw_of(control);
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

fn message(this: &JsValue, _: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    let control = this_element(this)?;
    Ok(match flaw_of(&control) {
        None => string(""),
        Some("customError") => string(&form::custom_error(&control, |error| error.clone())),
        Some(flaw) => string(form_validity::sentence(flaw)),
    })
}

fn set_custom(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let message = text(args, 0, context)?;
    form::custom_error(&this_element(this)?, |error| *error = message);
    Ok(JsValue::undefined())
}

/// Puts the members of constraint validation on a control's prototype.
pub fn install_members(target: &JsObject, context: &mut Context) {
    let will: crate::engine::convert::Native =
        |this, _, _| Ok(form_validity::is_candidate(&*this_element(this)?).into());
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

fn flaws_of(this: &JsValue) -> JsResult<Flaws> {
    let control = this.as_object().and_then(|object| object.downcast_ref::<Validity>().map(|state| state.0.clone()));
    control.map(|control| form_validity::flaws(&control)).ok_or_else(|| type_error("Illegal invocation"))
}

/// An attribute of ValidityState.
macro_rules! flaw {
    ($name:literal) => {
        ($name, |this, _, _| Ok(flaws_of(this)?.has($name).into()), None)
    };
}

/// Installs ValidityState.
///
/// # Errors
/// What boa says; a bug.
pub fn install_validity(context: &mut Context) -> JsResult<()> {
    let interface = Interface {
        name: "ValidityState",
        attributes: &[
            ("valid", |this, _, _| Ok(flaws_of(this)?.is_valid().into()), None),
            flaw!("badInput"),
            flaw!("customError"),
            flaw!("patternMismatch"),
            flaw!("rangeOverflow"),
            flaw!("rangeUnderflow"),
            flaw!("stepMismatch"),
            flaw!("tooLong"),
            flaw!("tooShort"),
            flaw!("typeMismatch"),
            flaw!("valueMissing"),
        ],
        ..Interface::EMPTY
    };
    install(&interface, context)
}
