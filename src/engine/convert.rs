//! Values between Rust and the page.

use boa_engine::object::builtins::JsArray;
use boa_engine::string::JsStrVariant;
use boa_engine::{Context, JsNativeError, JsObject, JsResult, JsString, JsValue};

/// A native function of the page.
pub type Native = fn(&JsValue, &[JsValue], &mut Context) -> JsResult<JsValue>;

/// Text as Rust has it; lone surrogates become U+FFFD.
#[must_use]
pub fn to_utf8(text: &JsString) -> String {
    match text.as_str().variant() {
        JsStrVariant::Latin1(bytes) if bytes.is_ascii() => String::from_utf8_lossy(bytes).into_owned(),
        JsStrVariant::Latin1(bytes) => bytes.iter().map(|byte| char::from(*byte)).collect(),
        JsStrVariant::Utf16(units) => String::from_utf16_lossy(units),
    }
}

/// Text as the page has it.
#[must_use]
#[inline]
pub fn string(text: &str) -> JsValue {
    JsString::from(text).into()
}

/// Text, or null.
#[must_use]
pub fn string_or_null(text: Option<String>) -> JsValue {
    text.map_or_else(JsValue::null, |text| string(&text))
}

/// An argument, undefined where it is missing.
#[must_use]
#[inline]
pub fn arg(args: &[JsValue], at: usize) -> JsValue {
    args.get(at).cloned().unwrap_or_default()
}

/// An argument as text (Web IDL DOMString).
///
/// # Errors
/// What its `toString` throws.
pub fn text(args: &[JsValue], at: usize, context: &mut Context) -> JsResult<String> {
    match args.get(at) {
        Some(value) => value_text(value, context),
        None => Ok("undefined".to_owned()),
    }
}

/// Runs `f` on an argument as text, which is copied only where it is not ASCII.
///
/// # Errors
/// What its `toString` throws.
pub fn with_text<R>(args: &[JsValue], at: usize, context: &mut Context, f: impl FnOnce(&str) -> R) -> JsResult<R> {
    if let Some(text) = args.get(at).and_then(JsValue::as_string)
        && let JsStrVariant::Latin1(bytes) = text.as_str().variant()
        && bytes.is_ascii()
        && let Ok(text) = std::str::from_utf8(bytes)
    {
        return Ok(f(text));
    }
    text(args, at, context).map(|text| f(&text))
}

/// A value as text.
///
/// # Errors
/// What its `toString` throws.
pub fn value_text(value: &JsValue, context: &mut Context) -> JsResult<String> {
    match value.as_string() {
        Some(text) => Ok(to_utf8(&text)),
        None => Ok(to_utf8(&value.to_string(context)?)),
    }
}

/// An argument as text, where null means empty (`[LegacyNullToEmptyString]`).
///
/// # Errors
/// What its `toString` throws.
pub fn text_null_empty(args: &[JsValue], at: usize, context: &mut Context) -> JsResult<String> {
    if args.get(at).is_some_and(JsValue::is_null) { Ok(String::new()) } else { text(args, at, context) }
}

/// An optional argument as text: `None` where missing or undefined.
///
/// # Errors
/// What its `toString` throws.
pub fn optional_text(args: &[JsValue], at: usize, context: &mut Context) -> JsResult<Option<String>> {
    match args.get(at) {
        Some(value) if !value.is_undefined() => value_text(value, context).map(Some),
        _ => Ok(None),
    }
}

/// An argument that must be there.
///
/// # Errors
/// A TypeError that says how many were wanted.
pub fn require(args: &[JsValue], count: usize) -> JsResult<()> {
    if args.len() < count {
        return Err(type_error(&format!("{count} argument(s) required, but only {} present", args.len())));
    }
    Ok(())
}

/// An argument as a 32-bit integer (Web IDL long).
///
/// # Errors
/// What its `valueOf` throws.
pub fn int(args: &[JsValue], at: usize, context: &mut Context) -> JsResult<i32> {
    args.get(at).map_or(Ok(0), |value| value.to_i32(context))
}

/// An argument as an index (Web IDL unsigned long).
///
/// # Errors
/// What its `valueOf` throws.
pub fn index(args: &[JsValue], at: usize, context: &mut Context) -> JsResult<usize> {
    let value = args.get(at).map_or(Ok(0), |value| value.to_u32(context))?;
    Ok(usize::try_from(value).unwrap_or(usize::MAX))
}

/// A member of an options object, undefined where there is none.
///
/// # Errors
/// What a getter throws.
pub fn member(options: &JsValue, name: &str, context: &mut Context) -> JsResult<JsValue> {
    match options.as_object() {
        Some(object) => object.get(JsString::from(name), context),
        None => Ok(JsValue::undefined()),
    }
}

/// An array of values.
#[must_use]
pub fn array(values: impl IntoIterator<Item = JsValue>, context: &mut Context) -> JsValue {
    JsArray::from_iter(values, context).into()
}

/// A TypeError.
#[must_use]
pub fn type_error(message: &str) -> boa_engine::JsError {
    JsNativeError::typ().with_message(message.to_owned()).into()
}

/// The object of `this`, the global object where a function of the window was called bare.
#[must_use]
pub fn this_object(this: &JsValue, context: &Context) -> JsObject {
    this.as_object().unwrap_or_else(|| context.global_object())
}
