//! `JSON.parse` as a page sees it.

use boa_engine::{Context, JsArgs, JsResult, JsStr, JsString, JsValue, NativeFunction, string::JsStrVariant};

use super::{reader::Reader, reviver::Reviver, tree};
use crate::engine::builtins::native;

/// Replaces `JSON.parse`.
///
/// # Errors
/// Where the page's `JSON` refuses the property.
pub fn install(context: &mut Context) -> JsResult<()> {
    let json = context.intrinsics().objects().json();
    let reviver = Reviver::capture(context)?;
    let body = NativeFunction::from_copy_closure_with_captures(
        |_, args, reviver, context| {
            let text = args.get_or_undefined(0).to_string(context)?;
            let value = parse(&text, context)?;
            match args.get_or_undefined(1).as_callable() {
                Some(callback) => reviver.revive(value, &callback, context),
                None => Ok(value),
            }
        },
        reviver,
    );
    native::method(&json, "parse", 2, body, context)
}

/// `ParseJSON` (ECMA-262 §25.5.1.1): the value of a JSON text.
///
/// # Errors
/// A `SyntaxError` in V8's words with the position in code units, or a `RangeError` where the text nests deeper
/// than [`JSON_DEPTH_MAX`](crate::base::limits::JSON_DEPTH_MAX).
pub fn parse(text: &JsString, context: &mut Context) -> JsResult<JsValue> {
    let text: JsStr<'_> = text.as_str();
    match text.variant() {
        JsStrVariant::Latin1(units) => tree::build(Reader::new(units), context),
        JsStrVariant::Utf16(units) => tree::build(Reader::new(units), context),
    }
}
