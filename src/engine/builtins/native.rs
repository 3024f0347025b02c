//! How a replaced builtin is put in its place so that it looks like the engine's own (ECMA-262, clause 18).

use boa_engine::{
    Context, JsObject, JsResult, JsString, NativeFunction, js_string,
    object::{FunctionObjectBuilder, builtins::JsFunction},
    property::{PropertyDescriptor, PropertyKey},
};

/// A native function with the `name` and `length` a page may look at; `String(f)` says `[native code]`.
pub(super) fn function(
    name: impl Into<JsString>,
    length: usize,
    body: NativeFunction,
    context: &mut Context,
) -> JsFunction {
    FunctionObjectBuilder::new(context.realm(), body).name(name).length(length).build()
}

/// Defines `target[key]` as a writable, configurable, non-enumerable native method called `key`.
pub(super) fn method(
    target: &JsObject,
    key: &str,
    length: usize,
    body: NativeFunction,
    context: &mut Context,
) -> JsResult<()> {
    let method = function(js_string!(key), length, body, context);
    hidden_value(target, js_string!(key), method, context)
}

/// Defines `target[key]` as writable, configurable and non-enumerable.
pub(in crate::engine) fn hidden_value(
    target: &JsObject,
    key: impl Into<PropertyKey>,
    value: impl Into<boa_engine::JsValue>,
    context: &mut Context,
) -> JsResult<()> {
    let property = PropertyDescriptor::builder().value(value).writable(true).enumerable(false).configurable(true);
    target.define_property_or_throw(key, property, context)?;
    Ok(())
}

/// Defines `target[key]` as a configurable, non-enumerable accessor.
pub(super) fn accessor(
    target: &JsObject,
    key: &str,
    getter: NativeFunction,
    setter: Option<NativeFunction>,
    context: &mut Context,
) -> JsResult<()> {
    let getter = function(js_string!(format!("get {key}")), 0, getter, context);
    let mut property = PropertyDescriptor::builder().get(getter).enumerable(false).configurable(true);
    if let Some(setter) = setter {
        property = property.set(function(js_string!(format!("set {key}")), 1, setter, context));
    }
    target.define_property_or_throw(js_string!(key), property, context)?;
    Ok(())
}
