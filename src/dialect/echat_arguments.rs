//! The arguments of a call of `echatSDK` as the log has them: what `JSON.stringify` makes of them, and something for
//! functions.
//!
//! The page's own `JSON` has no part in it: pages replace that, and what they pass may contain itself or have no end.
//! Bytes are counted as values come, as the host counts them again (`event::echat::written_bytes`).

use boa_engine::object::builtins::JsArray;
use boa_engine::{Context, JsBigInt, JsError, JsObject, JsResult, JsString, JsValue, js_string};
use serde_json::{Map, Value, json};

use crate::base::interrupt;
use crate::base::limits::ECHAT_DEPTH_MAX;
use crate::engine::convert::to_utf8;
use crate::event::echat::{FUNCTION_MEMBER, written_bytes};

/// Why an argument cannot be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unreadable {
    /// All of them together have more bytes than a call may have.
    TooLarge,
    /// Objects in objects, too many levels of them.
    TooDeep,
    /// It contains itself.
    Cyclic,
    /// A getter threw, or it is nothing that JSON has.
    NotJson,
}

impl Unreadable {
    /// What is wrong, of the argument with this number.
    pub(super) fn reason(self, number: usize) -> String {
        match self {
            Self::TooLarge => "the arguments are too large".to_owned(),
            Self::TooDeep => format!("argument {number} nests deeper than {ECHAT_DEPTH_MAX} levels"),
            Self::Cyclic => format!("argument {number} contains itself"),
            Self::NotJson => format!("argument {number} cannot be written as JSON"),
        }
    }
}

/// What a getter, a proxy or a `toJSON` threw is the page's own affair.
impl From<JsError> for Unreadable {
    fn from(_: JsError) -> Self {
        Self::NotJson
    }
}

/// `Object.keys` of a context in which no script has run: pages replace that, too.
///
/// # Errors
/// What boa says; a bug.
pub(super) fn object_keys(context: &mut Context) -> JsResult<Option<JsObject>> {
    let object = context.intrinsics().constructors().object().constructor();
    Ok(object.get(js_string!("keys"), context)?.as_object())
}

/// Reads the arguments of one call.
pub(super) struct Arguments<'a> {
    keys: Option<JsObject>,
    /// Bytes that further values may have.
    left: usize,
    /// The objects that the value being read is in.
    around: Vec<JsObject>,
    context: &'a mut Context,
}

impl<'a> Arguments<'a> {
    /// Of a call that may have so many bytes; `keys` are of [`object_keys`].
    pub(super) fn new(keys: Option<JsObject>, bytes_max: usize, context: &'a mut Context) -> Self {
        Self { keys, left: bytes_max, around: Vec::new(), context }
    }

    /// The next argument.
    pub(super) fn next(&mut self, value: &JsValue) -> Result<Value, Unreadable> {
        self.around.clear();
        let read = self.value(value.clone(), &js_string!())?;
        read.map_or_else(|| self.counted(Value::Null), Ok)
    }

    /// A value under a key, counted; nothing where JSON leaves it out.
    fn value(&mut self, mut value: JsValue, key: &JsString) -> Result<Option<Value>, Unreadable> {
        if interrupt::is_raised() {
            return Err(Unreadable::NotJson);
        }
        if let Some(object) = value.as_object().filter(|object| !object.is_callable()) {
            let to_json = object.get(js_string!("toJSON"), self.context)?;
            if let Some(to_json) = to_json.as_callable() {
                value = to_json.call(&value, &[key.clone().into()], self.context)?;
            }
        }
        let Some(object) = value.as_object() else { return self.primitive(&value) };
        if object.is_callable() {
            let name = object.get(js_string!("name"), self.context).unwrap_or_default();
            let name = name.as_string().filter(|name| name.len() <= self.left);
            let name = name.map(|name| to_utf8(&name)).unwrap_or_default();
            return self.counted(json!({ FUNCTION_MEMBER: name })).map(Some);
        }
        if let Some(primitive) = boxed(&object) {
            return self.primitive(&primitive);
        }
        self.object(&object).map(Some)
    }

    fn primitive(&mut self, value: &JsValue) -> Result<Option<Value>, Unreadable> {
        if let Some(text) = value.as_string() {
            return self.text(&text).map(|text| Some(Value::from(text)));
        }
        let read = if let Some(number) = value.as_number() {
            // As a page writes it: 20 digits, where a number of ours may have an exponent.
            let text = JsValue::from(number).to_string(self.context)?;
            serde_json::from_str(&to_utf8(&text)).unwrap_or(Value::Null)
        } else if let Some(boolean) = value.as_boolean() {
            Value::from(boolean)
        } else if value.is_null() {
            Value::Null
        } else if value.is_bigint() {
            return Err(Unreadable::NotJson);
        } else {
            // Undefined, and symbols.
            return Ok(None);
        };
        self.counted(read).map(Some)
    }

    /// Text, counted with its quotation marks. Half of a surrogate pair, as of an emoji cut in two, does not spoil it.
    fn text(&mut self, text: &JsString) -> Result<String, Unreadable> {
        // What is far too large is not even copied.
        if text.len() > self.left {
            return Err(Unreadable::TooLarge);
        }
        match self.counted(Value::from(to_utf8(text)))? {
            Value::String(text) => Ok(text),
            _ => Err(Unreadable::NotJson),
        }
    }

    fn object(&mut self, object: &JsObject) -> Result<Value, Unreadable> {
        if self.around.iter().any(|around| JsObject::equals(around, object)) {
            return Err(Unreadable::Cyclic);
        }
        if self.around.len() == ECHAT_DEPTH_MAX {
            return Err(Unreadable::TooDeep);
        }
        self.take(2)?;
        self.around.push(object.clone());
        let read = if object.is_array() { self.elements(object) } else { self.members(object) }?;
        self.around.pop();
        Ok(read)
    }

    fn elements(&mut self, list: &JsObject) -> Result<Value, Unreadable> {
        let length = list.get(js_string!("length"), self.context)?.to_length(self.context)?;
        let mut elements = Vec::new();
        for index in 0..length {
            // The comma.
            self.take(1)?;
            let element = list.get(index, self.context)?;
            let key = JsString::from(index.to_string());
            let element = match self.value(element, &key)? {
                Some(element) => element,
                None => self.counted(Value::Null)?,
            };
            elements.push(element);
        }
        Ok(Value::Array(elements))
    }

    fn members(&mut self, object: &JsObject) -> Result<Value, Unreadable> {
        let mut members = Map::new();
        let Some(keys) = self.keys.clone() else { return Err(Unreadable::NotJson) };
        let keys = keys.call(&JsValue::undefined(), &[object.clone().into()], self.context)?;
        let Some(keys) = keys.as_object() else { return Err(Unreadable::NotJson) };
        let keys = JsArray::from_object(keys)?;
        for index in 0..keys.length(self.context)? {
            let Some(key) = keys.get(index, self.context)?.as_string() else { continue };
            let member = object.get(key.clone(), self.context)?;
            let Some(member) = self.value(member, &key)? else { continue };
            // The colon and the comma.
            self.take(2)?;
            members.insert(self.text(&key)?, member);
        }
        Ok(Value::Object(members))
    }

    fn counted(&mut self, value: Value) -> Result<Value, Unreadable> {
        self.take(written_bytes(&value)).map(|()| value)
    }

    fn take(&mut self, bytes: usize) -> Result<(), Unreadable> {
        self.left = self.left.checked_sub(bytes).ok_or(Unreadable::TooLarge)?;
        Ok(())
    }
}

/// The primitive of a Boolean, Number, String or BigInt object.
fn boxed(object: &JsObject) -> Option<JsValue> {
    if let Some(value) = object.downcast_ref::<bool>() {
        return Some((*value).into());
    }
    if let Some(value) = object.downcast_ref::<f64>() {
        return Some((*value).into());
    }
    if let Some(value) = object.downcast_ref::<JsString>() {
        return Some(value.clone().into());
    }
    object.downcast_ref::<JsBigInt>().map(|value| value.clone().into())
}
