//! What V8 adds to `Error`, which libraries probe for: `captureStackTrace`, `stackTraceLimit`, a `stack` that
//! begins with the error itself.

use boa_engine::{
    Context, Finalize, JsArgs, JsNativeError, JsObject, JsResult, JsString, JsValue, NativeFunction, Trace, js_string,
    property::PropertyDescriptor,
};

use super::native;

/// The `get` of the engine's `Error.prototype.stack`: places only, innermost first.
#[derive(Clone, Trace, Finalize)]
struct Frames(JsObject);

/// Replaces the getter of `stack` and defines `Error.captureStackTrace` and `Error.stackTraceLimit`.
///
/// # Errors
/// Where `Error` refuses a property.
pub fn install(context: &mut Context) -> JsResult<()> {
    let constructor = context.intrinsics().constructors().error().constructor();
    let prototype = context.intrinsics().constructors().error().prototype();
    let original = prototype.borrow().properties().get(&js_string!("stack").into());
    let (Some(getter), Some(setter)) = (
        original.as_ref().and_then(|property| property.get()?.as_callable()),
        original.as_ref().and_then(|property| property.set()?.as_callable()),
    ) else {
        return Err(JsNativeError::typ().with_message("Error.prototype.stack is not an accessor").into());
    };
    let frames = Frames(getter);
    let body = NativeFunction::from_copy_closure_with_captures(stack, frames.clone());
    let getter = native::function(js_string!("get stack"), 0, body, context);
    let property = PropertyDescriptor::builder().get(getter).set(setter).enumerable(false).configurable(true);
    prototype.define_property_or_throw(js_string!("stack"), property, context)?;

    let body = NativeFunction::from_copy_closure_with_captures(capture, frames);
    native::method(&constructor, "captureStackTrace", 2, body, context)?;
    // Assigned by pages, read by none but V8: the engine has its own limit.
    let limit = PropertyDescriptor::builder().value(10).writable(true).enumerable(true).configurable(true);
    constructor.define_property_or_throw(js_string!("stackTraceLimit"), limit, context)?;
    Ok(())
}

/// `e.stack`: the error as `String(e)` has it, then the places; `undefined` on what is no error.
fn stack(this: &JsValue, _: &[JsValue], frames: &Frames, context: &mut Context) -> JsResult<JsValue> {
    let places = frames.0.call(this, &[], context)?;
    let Some(places) = places.as_string() else { return Ok(places) };
    Ok(headed(this, &places, context)?.into())
}

/// `Error.captureStackTrace(object)`: gives `object` a `stack` of its own, of the places running now.
fn capture(_: &JsValue, arguments: &[JsValue], frames: &Frames, context: &mut Context) -> JsResult<JsValue> {
    let target = arguments.get_or_undefined(0);
    let object = target.as_object().ok_or_else(|| JsNativeError::typ().with_message("Invalid argument"))?;
    let error = context.intrinsics().constructors().error().constructor();
    let error = error.construct(&[], None, context)?;
    let places = frames.0.call(&error.into(), &[], context)?.as_string().unwrap_or_default();
    let stack = headed(target, &places, context)?;
    native::hidden_value(&object, js_string!("stack"), stack, context)?;
    Ok(JsValue::undefined())
}

/// A stack text with its first line. The line is made by `Error.prototype.toString` from the error's own values.
fn headed(error: &JsValue, places: &JsString, context: &mut Context) -> JsResult<JsString> {
    let prototype = context.intrinsics().constructors().error().prototype();
    let to_string = prototype.get(js_string!("toString"), context)?.as_callable();
    let header = match to_string {
        Some(to_string) => to_string.call(error, &[], context)?.to_string(context)?,
        None => js_string!("Error"),
    };
    if places.is_empty() {
        return Ok(header);
    }
    Ok(js_string!(&header, js_string!("\n").as_str(), places))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::builtins::testing::{check, plain_context};

    fn context() -> Context {
        let mut context = plain_context();
        install(&mut context).unwrap();
        context
    }

    #[test]
    fn a_stack_begins_with_its_error() {
        let context = &mut context();
        check(context, "(function f() { return new TypeError('no').stack; })().split('\\n')[0]", "TypeError: no");
        check(context, "/\\n {4}at f .*:1:\\d+/.test((function f() { return new Error('x').stack; })())", "true");
        check(context, "try { null.x; } catch (e) { e.stack.indexOf('TypeError: ') }", "0");
        check(context, "var e = new Error('x'); e.stack = 'mine'; e.stack", "mine");
        check(context, "Object.keys(new Error('x')).length + typeof Error.prototype.stack", "0undefined");
    }

    #[test]
    fn capture_gives_any_object_a_stack() {
        let context = &mut context();
        check(
            context,
            "function Mine(text) { this.name = 'Mine'; this.message = text; Error.captureStackTrace(this, Mine); }
             Mine.prototype = Object.create(Error.prototype);
             var e = new Mine('bad'); e.stack.split('\\n')[0] + Object.keys(e).join()",
            "Mine: badname,message",
        );
        check(context, "/at Mine/.test(e.stack)", "true");
        check(context, "typeof Error.captureStackTrace({})", "undefined");
        check(context, "Error.captureStackTrace(1)", "TypeError: Invalid argument");
        check(
            context,
            "[Error.captureStackTrace.length, /native code/.test(Error.captureStackTrace), typeof Error.stackTraceLimit].join()",
            "2,true,number",
        );
        check(context, "Error.stackTraceLimit = 100; Error.stackTraceLimit", "100");
    }
}
