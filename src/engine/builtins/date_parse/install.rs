//! `Date.parse`, and a `Date` constructor that uses it.

use boa_engine::{
    Context, Finalize, JsArgs, JsNativeError, JsObject, JsResult, JsString, JsValue, NativeFunction, Trace,
    builtins::date::Date, js_string, object::FunctionObjectBuilder, property::PropertyDescriptor, value::PreferredType,
};

use super::{
    fields::Fields,
    iso::{self, Progress},
    legacy::Legacy,
    scan::scan,
};
use crate::engine::builtins::native;

/// The engine's own constructor.
#[derive(Trace, Finalize)]
struct Original(JsObject);

/// Replaces the global `Date`; its prototype stays the engine's.
///
/// # Errors
/// Where a property is refused.
pub fn install(context: &mut Context) -> JsResult<()> {
    let original = context.intrinsics().constructors().date().constructor();
    let prototype = context.intrinsics().constructors().date().prototype();
    let body = NativeFunction::from_copy_closure_with_captures(construct, Original(original.clone()));
    let date: JsObject = FunctionObjectBuilder::new(context.realm(), body)
        .name(js_string!("Date"))
        .length(7)
        .constructor(true)
        .build()
        .into();
    let fixed =
        PropertyDescriptor::builder().value(prototype.clone()).writable(false).enumerable(false).configurable(false);
    date.define_property_or_throw(js_string!("prototype"), fixed, context)?;
    for name in ["now", "UTC"] {
        let method = original.get(js_string!(name), context)?;
        native::hidden_value(&date, js_string!(name), method, context)?;
    }
    native::method(&date, "parse", 1, NativeFunction::from_fn_ptr(date_parse), context)?;
    native::hidden_value(&prototype, js_string!("constructor"), date.clone(), context)?;
    let global = context.global_object();
    native::hidden_value(&global, js_string!("Date"), date, context)
}

/// The time value of a date text, in milliseconds since 1970, or `None` where it is not one.
#[must_use]
pub fn parse(text: &JsString, context: &Context) -> Option<i64> {
    let tokens = scan(text.as_str());
    let mut fields = Fields::default();
    match iso::read(&tokens, &mut fields) {
        Progress::Done => {}
        Progress::Invalid => return None,
        Progress::Legacy(at) => Legacy::new(&tokens, at, &fields).read(&mut fields)?,
    }
    fields.time_value(context.host_hooks().as_ref())
}

fn time_value(text: &JsString, context: &Context) -> JsValue {
    JsValue::from(parse(text, context).map_or(f64::NAN, |value| value as f64))
}

/// `Date.parse` (ECMA-262 §21.4.3.2).
fn date_parse(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let text = arguments.get_or_undefined(0).to_string(context)?;
    Ok(time_value(&text, context))
}

/// `Date(...values)` (ECMA-262 §21.4.2.1): a single text is read here, everything else is the engine's own affair.
fn construct(
    new_target: &JsValue,
    arguments: &[JsValue],
    original: &Original,
    context: &mut Context,
) -> JsResult<JsValue> {
    if new_target.is_undefined() {
        return original.0.call(&JsValue::undefined(), &[], context);
    }
    let new_target =
        new_target.as_object().ok_or_else(|| JsNativeError::typ().with_message("new.target is not a constructor"))?;
    let date = match arguments {
        [value] if !value.as_object().is_some_and(|object| object.is::<Date>()) => {
            let value = value.to_primitive(context, PreferredType::Default)?;
            let value = value.as_string().map_or(value, |text| time_value(&text, context));
            original.0.construct(&[value], Some(&new_target), context)?
        }
        _ => original.0.construct(arguments, Some(&new_target), context)?,
    };
    Ok(date.into())
}
