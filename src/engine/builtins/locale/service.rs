//! What the constructors of `Intl` have in common (ECMA-402 §9.1): made from locales and options, asked by methods.

use std::any::Any;
use std::rc::Rc;

use boa_engine::object::FunctionObjectBuilder;
use boa_engine::property::Attribute;
use boa_engine::{
    Context, Finalize, JsArgs, JsData, JsError, JsNativeError, JsObject, JsResult, JsString, JsValue, NativeFunction,
    Trace, js_string,
};
use boa_gc::GcRefCell;

use super::tags::{self, Available};
use crate::engine::builtins::native;
use crate::engine::convert::Native;
use crate::engine::interface::{define_tag, define_value};

/// One of the constructors of `Intl`.
pub(super) trait Service: Sized + 'static {
    /// Its name.
    const NAME: &'static str;
    /// The locales it has.
    const AVAILABLE: Available;
    /// Whether it cannot be called without `new`; the older ones can.
    const NEEDS_NEW: bool = false;

    /// Makes one of the two arguments of the constructor.
    fn read(locales: &JsValue, options: &JsValue, context: &mut Context) -> JsResult<Self>;

    /// What `resolvedOptions` says.
    fn resolved(&self) -> Vec<Entry>;
}

/// A property of what `resolvedOptions` gives.
pub(super) type Entry = (&'static str, Value);

/// Its value.
pub(super) enum Value {
    Text(String),
    Texts(&'static [&'static str]),
    Flag(bool),
    Count(usize),
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}

impl From<usize> for Value {
    fn from(count: usize) -> Self {
        Self::Count(count)
    }
}

/// The native data of an object of any of these constructors.
#[derive(Trace, Finalize, JsData)]
struct Held {
    #[unsafe_ignore_trace]
    service: Rc<dyn Any>,
    /// The function that its `format` or `compare` gave: the same each time.
    bound: GcRefCell<Option<JsObject>>,
}

/// The service that `this` is.
pub(super) fn held<T: Service>(this: &JsValue) -> JsResult<Rc<T>> {
    let service = this.as_object().and_then(|object| object.downcast_ref::<Held>().map(|held| held.service.clone()));
    service.and_then(|service| service.downcast().ok()).ok_or_else(|| {
        let message = format!("Method of Intl.{} called on incompatible receiver", T::NAME);
        JsNativeError::typ().with_message(message).into()
    })
}

/// A method: name, what it does, arguments wanted.
pub(super) type Method = (&'static str, Native, usize);

/// A method that is asked for as a property and stays bound to its object: name, arguments wanted, what it does.
pub(super) type Bound<T> = (&'static str, usize, fn(&T, &[JsValue], &mut Context) -> JsResult<JsValue>);

/// Defines a constructor on `Intl` with `supportedLocalesOf`, `resolvedOptions` and its own methods.
pub(super) fn install<T: Service>(
    intl: &JsObject,
    methods: &[Method],
    bound: Option<Bound<T>>,
    context: &mut Context,
) -> JsResult<()> {
    let prototype = JsObject::with_object_proto(context.intrinsics());
    let body = NativeFunction::from_copy_closure_with_captures(construct::<T>, prototype.clone());
    let constructor: JsObject = FunctionObjectBuilder::new(context.realm(), body)
        .name(JsString::from(T::NAME))
        .length(0)
        .constructor(true)
        .build()
        .into();
    let supported = NativeFunction::from_fn_ptr(|_, arguments, context| {
        tags::supported(arguments.get_or_undefined(0), T::AVAILABLE, context)
    });
    native::method(&constructor, "supportedLocalesOf", 1, supported, context)?;
    native::method(&prototype, "resolvedOptions", 0, NativeFunction::from_fn_ptr(resolved_options::<T>), context)?;
    for (name, body, length) in methods {
        native::method(&prototype, name, *length, NativeFunction::from_fn_ptr(*body), context)?;
    }
    if let Some(bound) = bound {
        let getter = NativeFunction::from_copy_closure(move |this, _, context| get_bound(this, bound, context));
        native::accessor(&prototype, bound.0, getter, None, context)?;
    }
    define_tag(&prototype, &format!("Intl.{}", T::NAME));
    define_value(&constructor, "prototype", prototype.clone(), Attribute::empty());
    native::hidden_value(&prototype, js_string!("constructor"), constructor.clone(), context)?;
    native::hidden_value(intl, JsString::from(T::NAME), constructor, context)
}

/// Called as a function, `this` is what it was called on, which is no constructor.
fn construct<T: Service>(
    new_target: &JsValue,
    arguments: &[JsValue],
    prototype: &JsObject,
    context: &mut Context,
) -> JsResult<JsValue> {
    let new_target = new_target.as_constructor();
    if T::NEEDS_NEW && new_target.is_none() {
        let message = format!("Constructor Intl.{} requires 'new'", T::NAME);
        return Err(JsError::from(JsNativeError::typ().with_message(message)));
    }
    let own = match new_target {
        Some(target) => target.get(js_string!("prototype"), context)?.as_object(),
        None => None,
    };
    let service = T::read(arguments.get_or_undefined(0), arguments.get_or_undefined(1), context)?;
    let held = Held { service: Rc::new(service), bound: GcRefCell::default() };
    Ok(JsObject::from_proto_and_data(own.unwrap_or_else(|| prototype.clone()), held).into())
}

fn get_bound<T: Service>(this: &JsValue, (_, length, call): Bound<T>, context: &mut Context) -> JsResult<JsValue> {
    held::<T>(this)?;
    let Some(object) = this.as_object() else { return Ok(JsValue::undefined()) };
    let known = object.downcast_ref::<Held>().and_then(|held| held.bound.borrow().clone());
    if let Some(known) = known {
        return Ok(known.into());
    }
    let body = NativeFunction::from_copy_closure_with_captures(
        move |_, arguments, object: &JsValue, context| call(&*held::<T>(object)?, arguments, context),
        this.clone(),
    );
    let function: JsObject = native::function(js_string!(), length, body, context).into();
    if let Some(held) = object.downcast_ref::<Held>() {
        *held.bound.borrow_mut() = Some(function.clone());
    }
    Ok(function.into())
}

fn resolved_options<T: Service>(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let service = held::<T>(this)?;
    let object = JsObject::with_object_proto(context.intrinsics());
    for (name, value) in service.resolved() {
        let value: JsValue = match value {
            Value::Text(text) => js_string!(text.as_str()).into(),
            Value::Texts(texts) => {
                crate::engine::convert::array(texts.iter().map(|text| js_string!(*text).into()), context)
            }
            Value::Flag(flag) => flag.into(),
            Value::Count(count) => (count as f64).into(),
        };
        object.create_data_property_or_throw(js_string!(name), value, context)?;
    }
    Ok(object.into())
}
