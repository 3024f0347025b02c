//! `Array.prototype.sort` and `toSorted`.

use boa_engine::{
    Context, JsArgs, JsNativeError, JsObject, JsResult, JsValue, NativeFunction, js_string,
    object::{IndexPropertyValues, builtins::JsArray},
};

use super::compare::{comparator, sort_list};
use crate::engine::builtins::native;

pub(super) fn install(context: &mut Context) -> JsResult<()> {
    let prototype = context.intrinsics().constructors().array().prototype();
    native::method(&prototype, "sort", 1, NativeFunction::from_fn_ptr(sort), context)?;
    native::method(&prototype, "toSorted", 1, NativeFunction::from_fn_ptr(to_sorted), context)
}

fn sort(this: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let comparator = comparator(arguments.get_or_undefined(0))?;
    let object = this.to_object(context)?;
    let length = object.get(js_string!("length"), context)?.to_length(context)?;
    let list = match dense(&object, length) {
        Some(list) => list,
        None => present(&object, length, context)?,
    };
    let list = sort_list(list, comparator.as_ref(), context)?;
    let count = list.len() as u64;
    for (index, value) in list.into_iter().enumerate() {
        object.set(index, value, true, context)?;
    }
    // The holes end up last: as many as were skipped.
    for index in count..length {
        object.delete_property_or_throw(index, context)?;
    }
    Ok(object.into())
}

fn to_sorted(this: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let comparator = comparator(arguments.get_or_undefined(0))?;
    let object = this.to_object(context)?;
    let length = object.get(js_string!("length"), context)?.to_length(context)?;
    if length > u64::from(u32::MAX) {
        return Err(JsNativeError::range().with_message("Invalid array length").into());
    }
    let list = match dense(&object, length) {
        Some(list) => list,
        None => (0..length).map(|index| object.get(index, context)).collect::<JsResult<_>>()?,
    };
    Ok(JsArray::from_iter(sort_list(list, comparator.as_ref(), context)?, context).into())
}

/// The elements of an array without holes and accessors, read where they are stored.
fn dense(object: &JsObject, length: u64) -> Option<Vec<JsValue>> {
    if !object.is_array() {
        return None;
    }
    let object = object.borrow();
    let values: Vec<JsValue> = match object.properties().index_property_values() {
        IndexPropertyValues::DenseI32(values) => values.map(|&value| value.into()).collect(),
        IndexPropertyValues::DenseF64(values) => values.map(|&value| value.into()).collect(),
        IndexPropertyValues::DenseElement(values) => values.cloned().collect(),
        _ => return None,
    };
    (values.len() as u64 == length).then_some(values)
}

/// `SortIndexedProperties` with skip-holes: the elements there are, inherited ones included.
fn present(object: &JsObject, length: u64, context: &mut Context) -> JsResult<Vec<JsValue>> {
    let mut list = Vec::new();
    for index in 0..length {
        if object.has_property(index, context)? {
            list.push(object.get(index, context)?);
        }
    }
    Ok(list)
}
