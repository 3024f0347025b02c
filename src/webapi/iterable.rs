//! Iterable interfaces ([Web IDL §3.7.10](https://webidl.spec.whatwg.org/#js-iterable)): `entries`, `keys`, `values`,
//! `forEach` and `for … of`; and arguments that are sequences or records.

use std::cell::Cell;

use boa_engine::builtins::iterable::create_iter_result_object;
use boa_engine::object::FunctionObjectBuilder;
use boa_engine::property::{Attribute, PropertyDescriptor, PropertyKey};
use boa_engine::{Context, JsData, JsObject, JsResult, JsString, JsSymbol, JsValue, NativeFunction};
use boa_gc::{Finalize, Trace};

use crate::engine::convert::{arg, array, type_error, value_text};
use crate::engine::interface::{Prototypes, define_method, define_tag, define_value, prototype};

/// Name and value.
pub type Pair = (JsValue, JsValue);

/// What makes an interface iterable as pairs.
pub struct PairIterable {
    /// The interface.
    pub interface: &'static str,
    /// The class name of its iterators.
    pub iterator: &'static str,
    /// The pair at an index now, none past the end: iterators are live.
    pub pair: fn(&JsObject, usize) -> JsResult<Option<Pair>>,
}

#[derive(Clone, Copy)]
enum Part {
    Entries,
    Keys,
    Values,
}

#[derive(Trace, Finalize, JsData)]
struct PairIterator {
    target: JsObject,
    #[unsafe_ignore_trace]
    at: Cell<usize>,
    #[unsafe_ignore_trace]
    part: Part,
    #[unsafe_ignore_trace]
    iterable: &'static PairIterable,
}

/// Puts the iteration methods on the prototype of an installed interface.
pub fn install(iterable: &'static PairIterable, context: &mut Context) {
    let base = context.intrinsics().constructors().iterator().prototype();
    let iterators = JsObject::from_proto_and_data(base, boa_engine::builtins::object::OrdinaryObject);
    define_method(&iterators, "next", next, 0, context);
    define_tag(&iterators, iterable.iterator);
    Prototypes::of(context).set(iterable.iterator, iterators);

    let target = prototype(iterable.interface, context);
    for (name, part) in [("entries", Part::Entries), ("keys", Part::Keys), ("values", Part::Values)] {
        let native = NativeFunction::from_copy_closure(move |this, _, context| begin(iterable, part, this, context));
        let function = FunctionObjectBuilder::new(context.realm(), native).name(JsString::from(name)).build();
        if matches!(part, Part::Entries) {
            let descriptor = PropertyDescriptor::builder()
                .value(function.clone())
                .writable(true)
                .enumerable(false)
                .configurable(true);
            target.insert_property(JsSymbol::iterator(), descriptor);
        }
        define_value(&target, name, function, Attribute::all());
    }
    let native = NativeFunction::from_copy_closure(move |this, args, context| for_each(iterable, this, args, context));
    let function =
        FunctionObjectBuilder::new(context.realm(), native).name(JsString::from("forEach")).length(1).build();
    define_value(&target, "forEach", function, Attribute::all());
}

fn begin(iterable: &'static PairIterable, part: Part, this: &JsValue, context: &mut Context) -> JsResult<JsValue> {
    let target = this.as_object().ok_or_else(|| type_error("Illegal invocation"))?;
    (iterable.pair)(&target, 0)?;
    let iterator = PairIterator { target, at: Cell::new(0), part, iterable };
    Ok(JsObject::from_proto_and_data(prototype(iterable.iterator, context), iterator).into())
}

fn next(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let object = this.as_object().ok_or_else(|| type_error("Illegal invocation"))?;
    let iterator = object.downcast_ref::<PairIterator>().ok_or_else(|| type_error("Illegal invocation"))?;
    let at = iterator.at.get();
    let pair = (iterator.iterable.pair)(&iterator.target, at)?;
    let Some((key, value)) = pair else {
        return Ok(create_iter_result_object(JsValue::undefined(), true, context));
    };
    iterator.at.set(at + 1);
    let item = match iterator.part {
        Part::Entries => array([key, value], context),
        Part::Keys => key,
        Part::Values => value,
    };
    Ok(create_iter_result_object(item, false, context))
}

fn for_each(
    iterable: &'static PairIterable,
    this: &JsValue,
    args: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let target = this.as_object().ok_or_else(|| type_error("Illegal invocation"))?;
    let callback = arg(args, 0).as_callable().ok_or_else(|| type_error("parameter 1 is not of type 'Function'"))?;
    let mut at = 0;
    while let Some((key, value)) = (iterable.pair)(&target, at)? {
        callback.call(&arg(args, 1), &[value, key, this.clone()], context)?;
        at += 1;
    }
    Ok(JsValue::undefined())
}

/// The items of a sequence argument ([Web IDL §3.2.21](https://webidl.spec.whatwg.org/#js-sequence)); `None` where the
/// object is not iterable.
///
/// # Errors
/// What the page's iterator throws.
pub fn sequence(object: &JsObject, context: &mut Context) -> JsResult<Option<Vec<JsValue>>> {
    let method = object.get(JsSymbol::iterator(), context)?;
    if method.is_null_or_undefined() {
        return Ok(None);
    }
    let method = method.as_callable().ok_or_else(|| type_error("The object must have a callable @@iterator"))?;
    let iterator = method.call(&object.clone().into(), &[], context)?;
    let iterator = iterator.as_object().ok_or_else(|| type_error("The iterator is not an object"))?;
    let next = iterator.get(JsString::from("next"), context)?;
    let next = next.as_callable().ok_or_else(|| type_error("The iterator's next is not callable"))?;
    let mut items = Vec::new();
    loop {
        let result = next.call(&iterator.clone().into(), &[], context)?;
        let result = result.as_object().ok_or_else(|| type_error("The iterator's result is not an object"))?;
        if result.get(JsString::from("done"), context)?.to_boolean() {
            return Ok(Some(items));
        }
        items.push(result.get(JsString::from("value"), context)?);
    }
}

/// The entries of a record argument ([Web IDL §3.2.22](https://webidl.spec.whatwg.org/#js-record)): own enumerable
/// properties, in order.
///
/// # Errors
/// What the page's getters throw.
pub fn record(object: &JsObject, context: &mut Context) -> JsResult<Vec<(String, JsValue)>> {
    let copy = JsObject::with_null_proto();
    copy.copy_data_properties::<PropertyKey>(&object.clone().into(), Vec::new(), context)?;
    let mut entries = Vec::new();
    for key in copy.own_property_keys(context)? {
        let value = copy.get(key.clone(), context)?;
        entries.push((value_text(&JsValue::from(key), context)?, value));
    }
    Ok(entries)
}

/// Names and values from an argument that is a sequence of pairs or a record of texts.
///
/// # Errors
/// A TypeError where an item is no pair; what the page's code throws.
pub fn pairs(object: &JsObject, context: &mut Context) -> JsResult<Vec<(String, String)>> {
    let mut list = Vec::new();
    if let Some(items) = sequence(object, context)? {
        for item in items {
            let item =
                item.as_object().ok_or_else(|| type_error("The provided value cannot be converted to a sequence."))?;
            match sequence(&item, context)?.as_deref() {
                Some([name, value]) => list.push((value_text(name, context)?, value_text(value, context)?)),
                _ => return Err(type_error("Sequence initializer must only contain pair elements")),
            }
        }
    } else {
        for (name, value) in record(object, context)? {
            list.push((name, value_text(&value, context)?));
        }
    }
    Ok(list)
}
