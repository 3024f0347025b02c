//! Progress and meter: numbers between bounds (HTML §4.10.13, §4.10.14).

use boa_engine::{Context, JsResult, JsValue};

use super::element::set_attribute;
use super::wrap::this_element;
use crate::dom::NodeRef;
use crate::engine::convert::{Native, arg, type_error};
use crate::engine::interface::{define_accessor, prototype};

/// The number in an attribute, if it is one.
fn written(gauge: &NodeRef, name: &str) -> Option<f64> {
    let value = gauge.as_element().and_then(|e| e.attr(name))?;
    value.trim().parse().ok().filter(|number: &f64| number.is_finite())
}

/// A number as script reads it, by the name of its attribute.
fn number(gauge: &NodeRef, name: &str) -> f64 {
    if gauge.is_html("progress") {
        let max = written(gauge, "max").filter(|max| *max > 0.0).unwrap_or(1.0);
        return if name == "max" { max } else { written(gauge, "value").unwrap_or(0.0).clamp(0.0, max) };
    }
    let min = written(gauge, "min").unwrap_or(0.0);
    let max = written(gauge, "max").unwrap_or(1.0).max(min);
    match name {
        "min" => min,
        "max" => max,
        "low" => written(gauge, "low").unwrap_or(min).clamp(min, max),
        "high" => written(gauge, "high").unwrap_or(max).clamp(number(gauge, "low"), max),
        "optimum" => written(gauge, "optimum").unwrap_or(f64::midpoint(min, max)).clamp(min, max),
        _ => written(gauge, "value").unwrap_or(0.0).clamp(min, max),
    }
}

fn write(this: &JsValue, name: &str, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let gauge = this_element(this)?;
    let value = arg(args, 0).to_number(context)?;
    if !value.is_finite() {
        return Err(type_error("The provided double value is non-finite."));
    }
    // The largest value of a progress bar is positive; another number is not written.
    if gauge.is_html("progress") && name == "max" && value <= 0.0 {
        return Ok(JsValue::undefined());
    }
    let text = JsValue::from(value).to_string(context)?.to_std_string_lossy();
    set_attribute(&gauge, name, &text, context)?;
    Ok(JsValue::undefined())
}

/// -1 without a value, otherwise how much is done.
fn position(this: &JsValue, _: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    let gauge = this_element(this)?;
    let is_determinate = gauge.as_element().is_some_and(|e| e.attr("value").is_some());
    Ok(if is_determinate { (number(&gauge, "value") / number(&gauge, "max")).into() } else { (-1).into() })
}

macro_rules! gauge_number {
    ($name:literal) => {{
        let get: Native = |this, _, _| Ok(number(&this_element(this)?, $name).into());
        let set: Native = |this, args, context| write(this, $name, args, context);
        ($name, get, set)
    }};
}

/// Puts their numbers on the prototypes, which are there.
pub fn install_gauges(context: &mut Context) {
    let both = [gauge_number!("value"), gauge_number!("max")];
    let of_meter = [gauge_number!("min"), gauge_number!("low"), gauge_number!("high"), gauge_number!("optimum")];
    let progress = prototype("HTMLProgressElement", context);
    let meter = prototype("HTMLMeterElement", context);
    for (name, get, set) in both {
        define_accessor(&progress, name, get, Some(set), context);
        define_accessor(&meter, name, get, Some(set), context);
    }
    for (name, get, set) in of_meter {
        define_accessor(&meter, name, get, Some(set), context);
    }
    define_accessor(&progress, "position", position, None, context);
}
