//! Numbers of inputs and the steps between them (HTML §4.10.5.3.8, §4.10.5.4): those of `number` and `range`. Dates and
//! times have none here.

use boa_engine::{Context, JsResult, JsValue};

use super::exception::dom_exception;
use super::wrap::this_element;
use crate::dom::{NodeRef, form};
use crate::engine::convert::{arg, type_error};

/// The number in an attribute of a control, if it is one.
#[must_use]
pub fn number_in(control: &NodeRef, attribute: &str) -> Option<f64> {
    let value = control.as_element().and_then(|e| e.attr(attribute))?;
    value.trim().parse().ok().filter(|number: &f64| number.is_finite())
}

/// The allowed value step; none with `any`.
fn step_of(control: &NodeRef) -> Option<f64> {
    let written = control.as_element().and_then(|e| e.attr("step"));
    let is_any = written.is_some_and(|step| step.eq_ignore_ascii_case("any"));
    (!is_any).then(|| number_in(control, "step").filter(|step| *step > 0.0).unwrap_or(1.0))
}

/// Where steps are counted from.
fn base_of(control: &NodeRef) -> f64 {
    number_in(control, "min").or_else(|| number_in(control, "value")).unwrap_or(0.0)
}

/// Whether a number is no whole number of steps from the step base. What a single-precision number cannot tell apart is
/// the same here, as in browsers: 0.3 is three steps of 0.1.
#[must_use]
pub fn is_between_steps(control: &NodeRef, number: f64) -> bool {
    let Some(step) = step_of(control) else { return false };
    let distance = (number - base_of(control)).abs();
    let remainder = (distance - step * (distance / step).round()).abs();
    distance / step < 2f64.powi(53) && remainder > step / 2f64.powi(24)
}

fn is_numeric(control: &NodeRef) -> bool {
    matches!(form::input_type(control), "number" | "range")
}

/// `valueAsNumber`.
///
/// # Errors
/// What is no element has none.
pub fn value_as_number(this: &JsValue, _: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    let control = this_element(this)?;
    let number = is_numeric(&control).then(|| form::value(&control).trim().parse().ok()).flatten();
    Ok(number.unwrap_or(f64::NAN).into())
}

fn write(control: &NodeRef, number: f64, context: &mut Context) -> JsResult<JsValue> {
    let text = JsValue::from(number).to_string(context)?.to_std_string_lossy();
    form::set_value(control, &text);
    Ok(JsValue::undefined())
}

/// Sets it; NaN empties the control.
///
/// # Errors
/// A TypeError for an infinite number, an `InvalidStateError` for a type without numbers.
pub fn set_value_as_number(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let control = this_element(this)?;
    let number = arg(args, 0).to_number(context)?;
    if number.is_infinite() {
        return Err(type_error("The value provided is infinite."));
    }
    if !is_numeric(&control) {
        return Err(dom_exception("InvalidStateError", "This input element does not support numbers.", context));
    }
    if number.is_nan() {
        form::set_value(&control, "");
        return Ok(JsValue::undefined());
    }
    write(&control, number, context)
}

/// `stepUp(n)`.
///
/// # Errors
/// An `InvalidStateError` for a type without steps, or with `step=any`.
pub fn step_up(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    step_by(this, args, 1.0, context)
}

/// `stepDown(n)`.
///
/// # Errors
/// As [`step_up`].
pub fn step_down(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    step_by(this, args, -1.0, context)
}

fn step_by(this: &JsValue, args: &[JsValue], direction: f64, context: &mut Context) -> JsResult<JsValue> {
    let control = this_element(this)?;
    let Some(step) = step_of(&control).filter(|_| is_numeric(&control)) else {
        return Err(dom_exception("InvalidStateError", "This input element has no steps.", context));
    };
    let count = if arg(args, 0).is_undefined() { 1 } else { arg(args, 0).to_i32(context)? };
    let (min, max) = (number_in(&control, "min"), number_in(&control, "max"));
    if min.zip(max).is_some_and(|(min, max)| min > max) {
        return Ok(JsValue::undefined());
    }
    let before = form::value(&control).trim().parse().unwrap_or(0.0);
    let base = base_of(&control);
    let steps = |number: f64| (number - base) / step;
    let moved = direction * f64::from(count);
    // From between two steps the first one leads to the next step. The specification would stop there (step 7); browsers
    // go on.
    let mut at = match is_between_steps(&control, before) {
        true if moved > 0.0 => steps(before).floor() + moved,
        true if moved < 0.0 => steps(before).ceil() + moved,
        _ => steps(before).round() + moved,
    };
    if let Some(min) = min {
        at = at.max(steps(min).ceil());
    }
    if let Some(max) = max {
        at = at.min(steps(max).floor());
    }
    let after = base + at * step;
    // What a bound would turn the other way stays (step 9).
    if (after - before) * moved < 0.0 {
        return Ok(JsValue::undefined());
    }
    // Tenths and the like: as many digits as a step of them has.
    let rounded = format!("{after:.12}").parse().unwrap_or(after);
    write(&control, rounded, context)
}
