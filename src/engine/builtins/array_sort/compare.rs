//! `CompareArrayElements` (ECMA-262 §23.1.3.30.2) over a whole list.

use boa_engine::{Context, JsNativeError, JsObject, JsResult, JsValue};

use super::merge::sorted_indices;

/// The comparator argument: `undefined` is none, anything else must be callable.
pub(super) fn comparator(argument: &JsValue) -> JsResult<Option<JsObject>> {
    if argument.is_undefined() {
        return Ok(None);
    }
    argument.as_callable().map(Some).ok_or_else(|| {
        JsNativeError::typ().with_message("The comparison function must be either a function or undefined").into()
    })
}

/// `list` in the order of the page's comparator, or of the elements' strings; `undefined` comes last.
pub(super) fn sort_list(
    mut list: Vec<JsValue>,
    comparator: Option<&JsObject>,
    context: &mut Context,
) -> JsResult<Vec<JsValue>> {
    let total = list.len();
    list.retain(|value| !value.is_undefined());
    let mut list = match comparator {
        Some(comparator) => sort_by(list, comparator, context)?,
        None => sort_by_string(list, context)?,
    };
    list.resize(total, JsValue::undefined());
    Ok(list)
}

/// `list` in the order `comparator` gives; a result that is not a number counts as equal.
///
/// Only "greater" is asked for, of the element that comes first: so `return a > b`, common in old pages, sorts too.
pub(super) fn sort_by(list: Vec<JsValue>, comparator: &JsObject, context: &mut Context) -> JsResult<Vec<JsValue>> {
    let undefined = JsValue::undefined();
    let mut pair = [JsValue::undefined(), JsValue::undefined()];
    let order = sorted_indices(list.len(), |a, b| {
        pair[0].clone_from(&list[a as usize]);
        pair[1].clone_from(&list[b as usize]);
        let result = comparator.call(&undefined, &pair, context)?;
        Ok::<_, boa_engine::JsError>(result.to_number(context)? > 0.0)
    })?;
    Ok(permuted(list, &order))
}

/// `list` in the order of code units. Each element is made a string once, a list of one never.
fn sort_by_string(list: Vec<JsValue>, context: &mut Context) -> JsResult<Vec<JsValue>> {
    if list.len() < 2 {
        return Ok(list);
    }
    let mut keyed = Vec::with_capacity(list.len());
    for value in list {
        keyed.push((value.to_string(context)?, value));
    }
    keyed.sort_by(|(a, _), (b, _)| a.cmp(b));
    Ok(keyed.into_iter().map(|(_, value)| value).collect())
}

fn permuted(mut list: Vec<JsValue>, order: &[u32]) -> Vec<JsValue> {
    order.iter().map(|&index| std::mem::take(&mut list[index as usize])).collect()
}
