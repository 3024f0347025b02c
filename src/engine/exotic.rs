//! Objects with computed properties (Web IDL §3.9, legacy platform objects): live collections, `dataset`, storage,
//! named access. boa gives embedders no exotic objects, so each is a Proxy with native traps over a target that holds
//! the native data.

use boa_engine::builtins::is_html_dda::IsHTMLDDA;
use boa_engine::object::builtins::JsProxy;
use boa_engine::property::{Attribute, PropertyDescriptor, PropertyKey};
use boa_engine::string::JsStrVariant;
use boa_engine::{Context, JsData, JsObject, JsResult, JsString, JsSymbol, JsValue, js_string};
use boa_gc::{Finalize, Trace};
use rustc_hash::FxHashSet;

use super::convert::{Native, arg};
use super::interface::{Prototypes, function};

/// What a kind of exotic object computes.
pub struct Exotic {
    /// Names the kind; its handler is registered under it.
    pub name: &'static str,
    /// Own property `name` of the target, if it has one.
    pub get: fn(&JsObject, &Key, &mut Context) -> JsResult<Option<JsValue>>,
    /// Sets a property, where any can be set; `false` for one that it does not set.
    pub set: Option<Setter>,
    /// Deletes a property, where any can be deleted; `false` lets the target do it.
    pub delete: Option<Deleter>,
    /// The names of the computed properties, indices first.
    pub keys: fn(&JsObject, &mut Context) -> Vec<JsString>,
    /// Whether numbers are its indices; they are names like others if not.
    pub is_indexed: bool,
    /// Whether the named ones show in `for in` (no `[LegacyUnenumerableNamedProperties]`); indices do.
    pub enumerable: bool,
    /// Whether a property of the prototype chain goes before a named one (no `[LegacyOverrideBuiltIns]`).
    pub builtins_first: bool,
}

/// See [`Exotic::set`].
pub type Setter = fn(&JsObject, &Key, &JsValue, &mut Context) -> JsResult<bool>;
/// See [`Exotic::delete`].
pub type Deleter = fn(&JsObject, &Key, &mut Context) -> JsResult<bool>;

/// A property key as exotic objects see it: an index or a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Key {
    /// An array index.
    Index(u32),
    /// A name.
    Name(JsString),
}

/// Wraps `target` in a Proxy of this kind.
///
/// # Errors
/// What boa says; a bug.
pub fn wrap(target: JsObject, kind: &'static Exotic, context: &mut Context) -> JsResult<JsObject> {
    let handler = handler(kind, context);
    let constructor = context.intrinsics().constructors().proxy().constructor();
    let prototype = target.prototype();
    let proxy = constructor.construct(&[target.into(), handler.into()], None, context)?;
    // `for … in` of boa reads the prototype of the object itself, not what a Proxy answers.
    proxy.set_prototype(prototype);
    Ok(proxy)
}

/// Puts a Proxy with these traps around `target`.
///
/// # Errors
/// What boa says; a bug.
pub fn proxy(target: &JsObject, traps: &[(&str, Native)], context: &mut Context) -> JsResult<JsObject> {
    let handler = JsObject::with_null_proto();
    for (name, native) in traps {
        let value = function(name, *native, 0, context);
        handler.insert_property(
            JsString::from(*name),
            PropertyDescriptor::builder().value(value).writable(true).enumerable(true).configurable(true),
        );
    }
    let constructor = context.intrinsics().constructors().proxy().constructor();
    constructor.construct(&[target.clone().into(), handler.into()], None, context)
}

/// `Reflect.get(target, key, receiver)`: what a trap does with a key it does not know.
///
/// # Errors
/// What a getter throws.
pub fn go_on(args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let reflect = context.intrinsics().objects().reflect();
    let get = reflect.get(js_string!("get"), context)?;
    match get.as_callable() {
        Some(get) => get.call(&JsValue::undefined(), args, context),
        None => Ok(JsValue::undefined()),
    }
}

/// The target of an exotic object, or the object itself: methods get the Proxy as `this`. What only inherits from one is
/// none.
///
/// # Errors
/// What a page's own Proxy throws.
pub fn unwrap(object: &JsObject, context: &mut Context) -> JsResult<JsObject> {
    if !is_proxy(object) {
        return Ok(object.clone());
    }
    let symbol = target_symbol(context);
    Ok(object.get(symbol, context)?.as_object().unwrap_or_else(|| object.clone()))
}

fn is_proxy(object: &JsObject) -> bool {
    JsProxy::from_object(object.clone()).is_ok()
}

#[derive(Trace, Finalize, JsData)]
struct HandlerData(#[unsafe_ignore_trace] &'static Exotic);

/// The key under which a trap gives its target away; scripts cannot come by it.
#[derive(Clone)]
struct TargetSymbol(JsSymbol);

fn target_symbol(context: &mut Context) -> JsSymbol {
    if let Some(TargetSymbol(symbol)) = context.get_data::<TargetSymbol>() {
        return symbol.clone();
    }
    let symbol = JsSymbol::new(None).unwrap_or_else(JsSymbol::iterator);
    context.insert_data(TargetSymbol(symbol.clone()));
    symbol
}

fn handler(kind: &'static Exotic, context: &mut Context) -> JsObject {
    let prototypes = Prototypes::of(context);
    if let Some(found) = prototypes.find(kind.name) {
        return found;
    }
    let object = JsObject::from_proto_and_data(None, HandlerData(kind));
    let traps: [(&str, Native); 7] = [
        ("get", trap_get),
        ("set", trap_set),
        ("has", trap_has),
        ("deleteProperty", trap_delete),
        ("ownKeys", trap_own_keys),
        ("getOwnPropertyDescriptor", trap_descriptor),
        ("defineProperty", trap_define),
    ];
    for (name, native) in traps {
        let value = function(name, native, 0, context);
        super::interface::define_value(&object, name, value, Attribute::all());
    }
    prototypes.set(kind.name, object.clone());
    object
}

struct Trap {
    kind: &'static Exotic,
    target: JsObject,
    property: JsValue,
    key: Option<Key>,
}

impl Trap {
    fn read(this: &JsValue, args: &[JsValue]) -> JsResult<Self> {
        let handler = this.as_object();
        let kind = handler.as_ref().and_then(|h| h.downcast_ref::<HandlerData>().map(|data| data.0));
        let (Some(kind), Some(target)) = (kind, arg(args, 0).as_object()) else {
            return Err(super::convert::type_error("Illegal invocation"));
        };
        let property = arg(args, 1);
        let key = property.as_string().map(|text| parse_key(&text));
        Ok(Self { kind, target, property, key })
    }

    fn property_key(&self, context: &mut Context) -> JsResult<PropertyKey> {
        self.property.to_property_key(context)
    }

    /// The computed own property, unless one of the prototype chain goes before it.
    fn own(&self, context: &mut Context) -> JsResult<Option<JsValue>> {
        let Some(key) = &self.key else { return Ok(None) };
        if self.kind.builtins_first && !self.is_index() {
            let property = self.property_key(context)?;
            if self.target.has_property(property, context)? {
                return Ok(None);
            }
        }
        (self.kind.get)(&self.target, key, context)
    }

    fn is_index(&self) -> bool {
        self.kind.is_indexed && matches!(self.key, Some(Key::Index(_)))
    }

    /// Sets what is computed; none where it is left to the target as an ordinary property.
    fn set(&self, value: &JsValue, context: &mut Context) -> JsResult<Option<bool>> {
        let Some(key) = &self.key else { return Ok(None) };
        if let Some(set) = self.kind.set
            && set(&self.target, key, value, context)?
        {
            return Ok(Some(true));
        }
        let is_refused = self.is_index() || self.kind.set.is_none() && self.own(context)?.is_some();
        Ok(is_refused.then_some(false))
    }
}

fn parse_key(text: &JsString) -> Key {
    let index = match text.as_str().variant() {
        JsStrVariant::Latin1(bytes) => std::str::from_utf8(bytes).ok().and_then(|digits| {
            let canonical = digits == "0" || digits.starts_with(|c: char| ('1'..='9').contains(&c));
            digits.parse::<u32>().ok().filter(|index| canonical && *index != u32::MAX)
        }),
        JsStrVariant::Utf16(_) => None,
    };
    index.map_or_else(|| Key::Name(text.clone()), Key::Index)
}

fn trap_get(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let trap = Trap::read(this, args)?;
    if let Some(symbol) = trap.property.as_symbol()
        && symbol == target_symbol(context)
    {
        return Ok(trap.target.into());
    }
    if let Some(value) = trap.own(context)? {
        return Ok(value);
    }
    // A getter of what inherits from a collection is called on the heir, and on the target else, which has the data.
    // `document.all` is made as such an heir, but stands for the collection.
    let is_heir = |object: JsObject| !is_proxy(&object) && !object.is::<IsHTMLDDA>();
    if trap.kind.is_indexed && arg(args, 2).as_object().is_some_and(is_heir) {
        return go_on(args, context);
    }
    let key = trap.property_key(context)?;
    trap.target.get(key, context)
}

fn trap_set(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let trap = Trap::read(this, args)?;
    let (value, receiver) = (arg(args, 2), arg(args, 3));
    if !receiver.as_object().is_some_and(|receiver| is_proxy(&receiver)) {
        return set_on_heir(&trap, value, receiver, context);
    }
    if let Some(is_set) = trap.set(&value, context)? {
        return Ok(is_set.into());
    }
    let key = trap.property_key(context)?;
    trap.target.set(key, value, false, context).map(JsValue::from)
}

/// Sets a property of what inherits from an exotic object: its own one, but for an index that is there.
fn set_on_heir(trap: &Trap, value: JsValue, heir: JsValue, context: &mut Context) -> JsResult<JsValue> {
    if trap.is_index() && trap.own(context)?.is_some() {
        return Ok(false.into());
    }
    let set = context.intrinsics().objects().reflect().get(js_string!("set"), context)?;
    match set.as_callable() {
        Some(set) => {
            let args = [trap.target.clone().into(), trap.property.clone(), value, heir];
            set.call(&JsValue::undefined(), &args, context)
        }
        None => Ok(false.into()),
    }
}

fn trap_has(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let trap = Trap::read(this, args)?;
    if trap.own(context)?.is_some() {
        return Ok(true.into());
    }
    let key = trap.property_key(context)?;
    trap.target.has_property(key, context).map(JsValue::from)
}

fn trap_delete(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let trap = Trap::read(this, args)?;
    if let Some(key) = &trap.key {
        if let Some(delete) = trap.kind.delete
            && delete(&trap.target, key, context)?
        {
            return Ok(true.into());
        }
        if trap.own(context)?.is_some() {
            return Ok(false.into());
        }
    }
    let key = trap.property_key(context)?;
    // The target is an ordinary object: what it refuses is not configurable.
    Ok(trap.target.delete_property_or_throw(key, context).is_ok().into())
}

fn trap_own_keys(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let trap = Trap::read(this, args)?;
    let mut keys: Vec<JsValue> = Vec::new();
    let mut names = FxHashSet::default();
    for key in (trap.kind.keys)(&trap.target, context) {
        let is_hidden = trap.kind.builtins_first
            && !(trap.kind.is_indexed && matches!(parse_key(&key), Key::Index(_)))
            && trap.target.has_property(key.clone(), context)?;
        if !is_hidden && names.insert(key.clone()) {
            keys.push(key.into());
        }
    }
    for key in trap.target.own_property_keys(context)? {
        let key = match key {
            PropertyKey::Index(index) => JsString::from(index.get().to_string()).into(),
            other => JsValue::from(other),
        };
        if key.as_string().is_none_or(|name| names.insert(name)) {
            keys.push(key);
        }
    }
    Ok(super::convert::array(keys, context))
}

fn trap_descriptor(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let trap = Trap::read(this, args)?;
    let result = JsObject::with_object_proto(context.intrinsics());
    if let Some(value) = trap.own(context)? {
        let writable = trap.kind.set.is_some();
        let enumerable = trap.kind.enumerable || trap.is_index();
        result.set(js_string!("value"), value, true, context)?;
        result.set(js_string!("writable"), writable, true, context)?;
        result.set(js_string!("enumerable"), enumerable, true, context)?;
        result.set(js_string!("configurable"), true, true, context)?;
        return Ok(result.into());
    }
    let object = context.intrinsics().constructors().object().constructor();
    let get = object.get(js_string!("getOwnPropertyDescriptor"), context)?;
    match get.as_callable() {
        Some(get) => get.call(&JsValue::undefined(), &[trap.target.into(), trap.property], context),
        None => Ok(JsValue::undefined()),
    }
}

fn trap_define(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let trap = Trap::read(this, args)?;
    let value = super::convert::member(&arg(args, 2), "value", context)?;
    if let Some(is_set) = trap.set(&value, context)? {
        return Ok(is_set.into());
    }
    let key = trap.property_key(context)?;
    let Some(descriptor) = arg(args, 2).as_object() else { return Ok(false.into()) };
    let descriptor = descriptor.to_property_descriptor(context)?;
    trap.target.define_property_or_throw(key, descriptor, context).map(JsValue::from)
}
