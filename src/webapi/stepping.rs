//! Numbers and dates of inputs, and the steps between them (HTML
//! [§4.10.5.4](https://html.spec.whatwg.org/#common-input-element-apis)).

use boa_engine::object::builtins::JsDate;
use boa_engine::{Context, JsResult, JsValue};

use super::exception::dom_exception;
use super::wrap::this_element;
use crate::dom::{NodeRef, form, form_numbers as numbers};
use crate::engine::convert::{arg, type_error};

/// `valueAsNumber`.
///
/// # Errors
/// What is no element has none.
pub fn value_as_number(this: &JsValue, _: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    let control = this_element(this)?;
    Ok(numbers::number_of(&control, &form::value(&control)).unwrap_or(f64::NAN).into())
}

fn write(control: &NodeRef, number: f64, context: &mut Context) -> JsResult<JsValue> {
    let text = match form::input_type(control) {
        "number" | "range" => JsValue::from(number).to_string(context)?.to_std_string_lossy(),
        _ => numbers::value_of(control, number).unwrap_or_default(),
    };
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
    if !numbers::is_numeric(&control) {
        return Err(dom_exception("InvalidStateError", "This input element does not support numbers.", context));
    }
    if number.is_nan() {
        form::set_value(&control, "");
        return Ok(JsValue::undefined());
    }
    write(&control, number, context)
}

fn is_dated(control: &NodeRef) -> bool {
    matches!(form::input_type(control), "date" | "month" | "week" | "time")
}

fn is_monthly(control: &NodeRef) -> bool {
    form::input_type(control) == "month"
}

/// `valueAsDate`: in UTC, null where there is none.
///
/// # Errors
/// What is no element has none.
pub fn value_as_date(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let control = this_element(this)?;
    let number = numbers::number_of(&control, &form::value(&control)).filter(|_| is_dated(&control));
    let Some(number) = number else { return Ok(JsValue::null()) };
    let date = JsDate::new(context);
    let time = if is_monthly(&control) { numbers::month_start_ms(number) } else { number };
    date.set_time(time, context)?;
    Ok(date.into())
}

/// Sets it; null, or a date that is none, empties the control.
///
/// # Errors
/// An `InvalidStateError` for a type without dates, a TypeError for what is no Date.
pub fn set_value_as_date(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let control = this_element(this)?;
    let given = arg(args, 0);
    let date = given.as_object().and_then(|object| JsDate::from_object(object).ok());
    if !given.is_null_or_undefined() && date.is_none() {
        return Err(type_error("The value provided is not a Date."));
    }
    if !is_dated(&control) {
        return Err(dom_exception("InvalidStateError", "This input element does not support dates.", context));
    }
    let time = match date {
        Some(date) => date.get_time(context)?.to_number(context)?,
        None => f64::NAN,
    };
    if time.is_nan() {
        form::set_value(&control, "");
        return Ok(JsValue::undefined());
    }
    let number = if is_monthly(&control) { numbers::month_at_ms(time) } else { time };
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
    let Some(step) = numbers::step_of(&control) else {
        return Err(dom_exception("InvalidStateError", "This input element has no steps.", context));
    };
    let count = if arg(args, 0).is_undefined() { 1 } else { arg(args, 0).to_i32(context)? };
    let (min, max) = (numbers::least(&control), numbers::most(&control));
    if min.zip(max).is_some_and(|(min, max)| min > max) {
        return Ok(JsValue::undefined());
    }
    let before = numbers::number_of(&control, &form::value(&control)).unwrap_or(0.0);
    let base = numbers::step_base(&control);
    let steps = |number: f64| (number - base) / step;
    let moved = direction * f64::from(count);
    // From between two steps the first one leads to the next step. The specification would stop there (step 7); browsers
    // go on.
    let mut at = match numbers::is_between_steps(&control, before) {
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
