//! `InternalizeJSONProperty` (ECMA-262 §25.5.1.2), with a stack of its own.

use boa_engine::{
    Context, Finalize, JsNativeError, JsObject, JsResult, JsValue, Trace, js_string,
    object::builtins::{JsArray, JsFunction},
    property::PropertyKey,
};

/// The operations the walk needs, taken before a page can replace them.
#[derive(Trace, Finalize)]
pub(super) struct Reviver {
    keys: JsObject,
    delete: JsObject,
    is_array: JsObject,
}

/// An object whose members are being revived.
struct Walk {
    holder: JsObject,
    name: PropertyKey,
    object: JsObject,
    members: Members,
}

/// What is left of an object's members.
enum Members {
    Indices { next: u64, length: u64 },
    Keys(std::vec::IntoIter<PropertyKey>),
}

impl Members {
    fn next(&mut self) -> Option<PropertyKey> {
        match self {
            Self::Indices { next, length } if *next < *length => {
                *next += 1;
                Some(PropertyKey::from(*next - 1))
            }
            Self::Indices { .. } => None,
            Self::Keys(keys) => keys.next(),
        }
    }
}

impl Reviver {
    /// Takes `Object.keys`, `Reflect.deleteProperty` and `Array.isArray` as they are now.
    pub(super) fn capture(context: &mut Context) -> JsResult<Self> {
        let object = context.intrinsics().constructors().object().constructor();
        let array = context.intrinsics().constructors().array().constructor();
        let reflect = context.intrinsics().objects().reflect();
        Ok(Self {
            keys: callable(&object, "keys", context)?,
            delete: callable(&reflect, "deleteProperty", context)?,
            is_array: callable(&array, "isArray", context)?,
        })
    }

    /// The value of the text after `callback` has seen every member, innermost first.
    pub(super) fn revive(&self, value: JsValue, callback: &JsObject, context: &mut Context) -> JsResult<JsValue> {
        let root = JsObject::with_object_proto(context.intrinsics());
        let name = PropertyKey::from(js_string!());
        root.create_data_property_or_throw(name.clone(), value, context)?;

        let mut walks: Vec<Walk> = Vec::new();
        let (mut holder, mut name) = (root, name);
        loop {
            let value = holder.get(name.clone(), context)?;
            if let Some(object) = value.as_object() {
                let members = self.members(&object, context)?;
                walks.push(Walk { holder, name, object, members });
            } else {
                let revived = call(callback, &holder, &name, value, context)?;
                let Some(walk) = walks.last() else { return Ok(revived) };
                self.store(&walk.object, name, revived, context)?;
            }
            // The next member of the innermost object that has one; objects without are done themselves.
            (holder, name) = loop {
                let Some(walk) = walks.last_mut() else { return Ok(JsValue::undefined()) };
                if let Some(next) = walk.members.next() {
                    break (walk.object.clone(), next);
                }
                let Some(done) = walks.pop() else { return Ok(JsValue::undefined()) };
                let revived = call(callback, &done.holder, &done.name, done.object.into(), context)?;
                let Some(walk) = walks.last() else { return Ok(revived) };
                self.store(&walk.object, done.name, revived, context)?;
            };
        }
    }

    fn members(&self, object: &JsObject, context: &mut Context) -> JsResult<Members> {
        let value = JsValue::from(object.clone());
        let undefined = JsValue::undefined();
        if self.is_array.call(&undefined, std::slice::from_ref(&value), context)?.to_boolean() {
            let length = object.get(js_string!("length"), context)?.to_length(context)?;
            return Ok(Members::Indices { next: 0, length });
        }
        let keys = self.keys.call(&undefined, &[value], context)?.to_object(context)?;
        let keys = JsArray::from_object(keys)?;
        let mut names = Vec::new();
        for index in 0..keys.length(context)? {
            names.push(keys.get(index, context)?.to_property_key(context)?);
        }
        Ok(Members::Keys(names.into_iter()))
    }

    fn store(&self, object: &JsObject, name: PropertyKey, value: JsValue, context: &mut Context) -> JsResult<()> {
        if value.is_undefined() {
            let arguments = [object.clone().into(), JsValue::from(&name)];
            self.delete.call(&JsValue::undefined(), &arguments, context)?;
        } else {
            object.create_data_property(name, value, context)?;
        }
        Ok(())
    }
}

fn callable(object: &JsObject, name: &str, context: &mut Context) -> JsResult<JsObject> {
    let function = object.get(js_string!(name), context)?.as_callable().and_then(JsFunction::from_object);
    let function = function.ok_or_else(|| JsNativeError::typ().with_message(format!("{name} is not a function")))?;
    Ok(function.into())
}

fn call(
    callback: &JsObject,
    holder: &JsObject,
    name: &PropertyKey,
    value: JsValue,
    context: &mut Context,
) -> JsResult<JsValue> {
    callback.call(&holder.clone().into(), &[JsValue::from(name.clone()), value], context)
}
