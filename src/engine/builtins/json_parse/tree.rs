//! Values out of tokens, with a stack of its own: nesting costs no native stack.

use boa_engine::{
    Context, JsNativeError, JsObject, JsResult, JsValue,
    builtins::object::OrdinaryObject,
    object::builtins::JsArray,
    property::{PropertyDescriptor, PropertyKey},
};

use super::reader::{Reader, Unit};
use crate::base::limits::JSON_DEPTH_MAX;

/// A container whose end is not read yet.
enum Open {
    Array(Vec<JsValue>),
    Object(JsObject, PropertyKey),
}

/// What a token began.
enum Begun {
    Value(JsValue),
    Open(Open),
}

const COMMA: Option<u16> = Some(b',' as u16);
const BRACKET_END: Option<u16> = Some(b']' as u16);
const BRACE_END: Option<u16> = Some(b'}' as u16);

/// The value of the whole text.
pub(super) fn build<U: Unit>(mut reader: Reader<'_, U>, context: &mut Context) -> JsResult<JsValue> {
    let prototype = context.intrinsics().constructors().object().prototype();
    let mut open: Vec<Open> = Vec::new();
    loop {
        let mut value = match begin(&mut reader, open.len(), &prototype, context)? {
            Begun::Value(value) => value,
            Begun::Open(container) => {
                open.push(container);
                continue;
            }
        };
        // Hand the value to its container, and each container that ends with it to its own.
        loop {
            let Some(container) = open.pop() else {
                return if reader.token().is_none() { Ok(value) } else { Err(reader.unexpected()) };
            };
            match add(container, value, &mut reader, context)? {
                Begun::Value(ended) => value = ended,
                Begun::Open(container) => {
                    open.push(container);
                    break;
                }
            }
        }
    }
}

fn begin<U: Unit>(
    reader: &mut Reader<'_, U>,
    depth: usize,
    prototype: &JsObject,
    context: &mut Context,
) -> JsResult<Begun> {
    let value = match reader.token().and_then(|unit| u8::try_from(unit).ok()) {
        Some(b'"') => {
            reader.step();
            reader.string()?.into()
        }
        Some(b'{') if depth < JSON_DEPTH_MAX => {
            reader.step();
            let object = JsObject::new(context.root_shape(), prototype.clone(), OrdinaryObject).upcast();
            if reader.token() == BRACE_END {
                reader.step();
                object.into()
            } else {
                return Ok(Begun::Open(Open::Object(object, reader.key()?)));
            }
        }
        Some(b'[') if depth < JSON_DEPTH_MAX => {
            reader.step();
            if reader.token() == BRACKET_END {
                reader.step();
                JsArray::from_iter([], context).into()
            } else {
                return Ok(Begun::Open(Open::Array(Vec::new())));
            }
        }
        Some(b'{' | b'[') => {
            let message = format!("JSON nested deeper than {JSON_DEPTH_MAX} levels");
            return Err(JsNativeError::range().with_message(message).into());
        }
        Some(b'-' | b'0'..=b'9') => reader.number()?,
        Some(b't') => reader.word(b"true", JsValue::from(true))?,
        Some(b'f') => reader.word(b"false", JsValue::from(false))?,
        Some(b'n') => reader.word(b"null", JsValue::null())?,
        _ => return Err(reader.unexpected()),
    };
    Ok(Begun::Value(value))
}

/// Adds a value to its container: still open after a comma, a value itself at its end.
fn add<U: Unit>(container: Open, value: JsValue, reader: &mut Reader<'_, U>, context: &mut Context) -> JsResult<Begun> {
    match container {
        Open::Array(mut elements) => {
            elements.push(value);
            let token = reader.token();
            if token != COMMA && token != BRACKET_END {
                return Err(reader.unexpected());
            }
            reader.step();
            if token == COMMA {
                return Ok(Begun::Open(Open::Array(elements)));
            }
            Ok(Begun::Value(JsArray::from_iter(elements, context).into()))
        }
        Open::Object(object, key) => {
            // CreateDataProperty on a fresh ordinary object: a later duplicate wins, `__proto__` is a plain member.
            let member = PropertyDescriptor::builder().value(value).writable(true).enumerable(true).configurable(true);
            object.insert_property(key, member);
            let token = reader.token();
            if token != COMMA && token != BRACE_END {
                return Err(reader.unexpected());
            }
            reader.step();
            if token == COMMA {
                let key = reader.key()?;
                return Ok(Begun::Open(Open::Object(object, key)));
            }
            Ok(Begun::Value(object.into()))
        }
    }
}
