//! Lists of names and values: the methods that URLSearchParams ([URL §6.2](https://url.spec.whatwg.org/#interface-urlsearchparams))
//! and FormData ([XHR §4](https://xhr.spec.whatwg.org/#interface-formdata)) have alike.

use boa_engine::{Context, JsResult, JsValue};

use crate::engine::convert::{array, require, text};

/// An interface whose objects are such a list.
pub trait EntryList {
    /// What a name stands for.
    type Value: PartialEq;

    /// Runs `f` on the entries of `this`. `f` must run no script.
    ///
    /// # Errors
    /// A TypeError where `this` is no such list.
    fn read<R>(this: &JsValue, f: impl FnOnce(&[(String, Self::Value)]) -> R) -> JsResult<R>;

    /// Changes the entries of `this`. `f` must run no script.
    ///
    /// # Errors
    /// A TypeError where `this` is no such list.
    fn change(this: &JsValue, f: impl FnOnce(&mut Vec<(String, Self::Value)>)) -> JsResult<()>;

    /// The value that the arguments after the name give.
    ///
    /// # Errors
    /// A TypeError where they give none; what the page's code throws.
    fn value(args: &[JsValue], context: &mut Context) -> JsResult<Self::Value>;

    /// The value that `has` and `delete` are told to look for beside the name, if they take one.
    ///
    /// # Errors
    /// What the page's code throws.
    fn wanted(_args: &[JsValue], _context: &mut Context) -> JsResult<Option<Self::Value>> {
        Ok(None)
    }

    /// A value as scripts have it.
    fn shown(value: &Self::Value) -> JsValue;
}

/// `append(name, value)`
///
/// # Errors
/// A TypeError of the receiver or the arguments, as of all that follow.
pub fn append<L: EntryList>(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    require(args, 2)?;
    let entry = (text(args, 0, context)?, L::value(args, context)?);
    L::change(this, |list| list.push(entry)).map(|()| JsValue::undefined())
}

/// `delete(name)`
///
/// # Errors
/// As [`append`].
pub fn delete<L: EntryList>(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    require(args, 1)?;
    let (name, value) = (text(args, 0, context)?, L::wanted(args, context)?);
    L::change(this, |list| list.retain(|entry| !matches::<L>(entry, &name, value.as_ref())))?;
    Ok(JsValue::undefined())
}

/// `get(name)`
///
/// # Errors
/// As [`append`].
pub fn get<L: EntryList>(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    require(args, 1)?;
    let name = text(args, 0, context)?;
    L::read(this, |list| {
        let found = list.iter().find(|(key, _)| *key == name);
        found.map_or_else(JsValue::null, |(_, value)| L::shown(value))
    })
}

/// `getAll(name)`
///
/// # Errors
/// As [`append`].
pub fn get_all<L: EntryList>(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    require(args, 1)?;
    let name = text(args, 0, context)?;
    let found: Vec<JsValue> =
        L::read(this, |list| list.iter().filter(|(key, _)| *key == name).map(|(_, value)| L::shown(value)).collect())?;
    Ok(array(found, context))
}

/// `has(name)`
///
/// # Errors
/// As [`append`].
pub fn has<L: EntryList>(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    require(args, 1)?;
    let (name, value) = (text(args, 0, context)?, L::wanted(args, context)?);
    L::read(this, |list| list.iter().any(|entry| matches::<L>(entry, &name, value.as_ref())).into())
}

/// `set(name, value)`
///
/// # Errors
/// As [`append`].
pub fn set<L: EntryList>(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    require(args, 2)?;
    let (name, value) = (text(args, 0, context)?, L::value(args, context)?);
    L::change(this, |list| set_entry(list, name, value)).map(|()| JsValue::undefined())
}

/// Sets the first entry of a name and removes its others; a new name goes last.
pub fn set_entry<V>(list: &mut Vec<(String, V)>, name: String, value: V) {
    let Some(first) = list.iter().position(|(key, _)| *key == name) else {
        list.push((name, value));
        return;
    };
    list[first].1 = value;
    let mut at = 0;
    list.retain(|(key, _)| {
        at += 1;
        at - 1 == first || *key != name
    });
}

fn matches<L: EntryList>(entry: &(String, L::Value), name: &str, value: Option<&L::Value>) -> bool {
    entry.0 == name && value.is_none_or(|value| entry.1 == *value)
}
