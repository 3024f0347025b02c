//! `sort` and `toSorted` of the typed arrays: only a comparator needs replacing, the numeric order is consistent.

use boa_engine::{
    Context, Finalize, JsArgs, JsNativeError, JsObject, JsResult, JsValue, NativeFunction, Trace, js_string,
    object::builtins::JsTypedArray,
};

use super::compare::{comparator, sort_by};
use crate::engine::builtins::native;

/// The engine's own methods.
#[derive(Clone, Trace, Finalize)]
struct Originals {
    sort: JsObject,
    to_sorted: JsObject,
}

pub(super) fn install(context: &mut Context) -> JsResult<()> {
    let prototype = context.intrinsics().constructors().typed_array().prototype();
    let originals = Originals {
        sort: original(&prototype, "sort", context)?,
        to_sorted: original(&prototype, "toSorted", context)?,
    };
    let sort = NativeFunction::from_copy_closure_with_captures(sort, originals.clone());
    native::method(&prototype, "sort", 1, sort, context)?;
    let to_sorted = NativeFunction::from_copy_closure_with_captures(to_sorted, originals);
    native::method(&prototype, "toSorted", 1, to_sorted, context)
}

fn original(prototype: &JsObject, name: &str, context: &mut Context) -> JsResult<JsObject> {
    let method = prototype.get(js_string!(name), context)?;
    method.as_callable().ok_or_else(|| JsNativeError::typ().with_message(format!("{name} is not a function")).into())
}

fn sort(this: &JsValue, arguments: &[JsValue], originals: &Originals, context: &mut Context) -> JsResult<JsValue> {
    let Some(comparator) = comparator(arguments.get_or_undefined(0))? else {
        return originals.sort.call(this, &[], context);
    };
    let object = validated(this, context)?;
    let list = sort_by(elements(&object, context)?, &comparator, context)?;
    for (index, value) in list.into_iter().enumerate() {
        // The comparator may have shrunk the buffer: what no longer fits is dropped.
        object.set(index, value, false, context)?;
    }
    Ok(this.clone())
}

fn to_sorted(this: &JsValue, arguments: &[JsValue], originals: &Originals, context: &mut Context) -> JsResult<JsValue> {
    let Some(comparator) = comparator(arguments.get_or_undefined(0))? else {
        return originals.to_sorted.call(this, &[], context);
    };
    let object = validated(this, context)?;
    let copy = originals.to_sorted.call(this, &[], context)?.to_object(context)?;
    let list = sort_by(elements(&object, context)?, &comparator, context)?;
    for (index, value) in list.into_iter().enumerate() {
        copy.set(index, value, true, context)?;
    }
    Ok(copy.into())
}

/// `ValidateTypedArray`: a typed array whose buffer is attached.
fn validated(this: &JsValue, context: &mut Context) -> JsResult<JsObject> {
    let object = this.as_object().ok_or_else(|| JsNativeError::typ().with_message("this is not a typed array"))?;
    JsTypedArray::from_object(object.clone())?.at(0, context)?;
    Ok(object)
}

fn elements(object: &JsObject, context: &mut Context) -> JsResult<Vec<JsValue>> {
    let length = JsTypedArray::from_object(object.clone())?.length(context)?;
    (0..length).map(|index| object.get(index, context)).collect()
}
