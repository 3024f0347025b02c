//! TextEncoder and TextDecoder ([Encoding §7](https://encoding.spec.whatwg.org/#api)). The stream forms of both are not
//! there: there are no streams here.

use std::cell::RefCell;

use boa_engine::object::builtins::{JsArrayBuffer, JsUint8Array};
use boa_engine::{Context, JsData, JsNativeError, JsObject, JsResult, JsValue};
use boa_gc::{Finalize, Trace};
use encoding_rs::{Decoder, DecoderResult, Encoding, UTF_8};

use super::body::{array_buffer, buffer_bytes, buffer_place};
use crate::engine::convert::{arg, member, require, string, text, type_error};
use crate::engine::interface::{Interface, install as install_interface, new_target_prototype};

#[derive(Trace, Finalize, JsData)]
struct EncoderObject;

#[derive(Trace, Finalize, JsData)]
struct DecoderObject {
    #[unsafe_ignore_trace]
    encoding: &'static Encoding,
    is_fatal: bool,
    keeps_bom: bool,
    /// Where decoding stands between calls with `stream`.
    #[unsafe_ignore_trace]
    decoder: RefCell<Option<Decoder>>,
}

fn construct_encoder(new_target: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let prototype = new_target_prototype(new_target, "TextEncoder", context)?;
    Ok(JsObject::from_proto_and_data(prototype, EncoderObject).into())
}

fn require_encoder(this: &JsValue) -> JsResult<()> {
    let is_encoder = this.as_object().is_some_and(|object| object.is::<EncoderObject>());
    if is_encoder { Ok(()) } else { Err(type_error("Illegal invocation")) }
}

fn encode(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    require_encoder(this)?;
    let text = if arg(args, 0).is_undefined() { String::new() } else { text(args, 0, context)? };
    let buffer = array_buffer(text.as_bytes(), context)?;
    let buffer = buffer.as_object().map(JsArrayBuffer::from_object).transpose()?;
    let buffer = buffer.ok_or_else(|| type_error("no ArrayBuffer"))?;
    JsUint8Array::from_array_buffer(buffer, context).map(JsValue::from)
}

/// As many whole characters as there is room for.
fn encode_into(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    require_encoder(this)?;
    require(args, 2)?;
    let text = text(args, 0, context)?;
    let target = arg(args, 1).as_object().filter(|object| JsUint8Array::from_object(object.clone()).is_ok());
    let target = target.ok_or_else(|| type_error("parameter 2 is not of type 'Uint8Array'"))?;
    let (mut read, mut written) = (0_usize, 0_usize);
    if let Some((buffer, offset, length)) = buffer_place(&target, context)? {
        for c in text.chars() {
            if written + c.len_utf8() > length {
                break;
            }
            written += c.len_utf8();
            read += c.len_utf16();
        }
        if let Some(mut data) = buffer.data_mut()
            && let Some(room) = data.get_mut(offset..offset + written)
        {
            room.copy_from_slice(&text.as_bytes()[..written]);
        }
    }
    let result = JsObject::with_object_proto(context.intrinsics());
    for (name, value) in [("read", read), ("written", written)] {
        result.create_data_property(boa_engine::JsString::from(name), value, context)?;
    }
    Ok(result.into())
}

fn construct_decoder(new_target: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let prototype = new_target_prototype(new_target, "TextDecoder", context)?;
    let label = if arg(args, 0).is_undefined() { "utf-8".to_owned() } else { text(args, 0, context)? };
    let Some(encoding) = Encoding::for_label_no_replacement(label.as_bytes()) else {
        let message = format!("The encoding label provided ('{label}') is invalid.");
        return Err(JsNativeError::range().with_message(message).into());
    };
    let options = arg(args, 1);
    let data = DecoderObject {
        encoding,
        is_fatal: member(&options, "fatal", context)?.to_boolean(),
        keeps_bom: member(&options, "ignoreBOM", context)?.to_boolean(),
        decoder: RefCell::default(),
    };
    Ok(JsObject::from_proto_and_data(prototype, data).into())
}

fn with<R>(this: &JsValue, f: impl FnOnce(&DecoderObject) -> R) -> JsResult<R> {
    let object = this.as_object();
    let data = object.as_ref().and_then(|object| object.downcast_ref::<DecoderObject>());
    data.map(|data| f(&data)).ok_or_else(|| type_error("Illegal invocation"))
}

impl DecoderObject {
    /// The text of these bytes and of what was left over; none where they are malformed and that is fatal.
    fn decode(&self, bytes: &[u8], is_last: bool) -> Option<String> {
        let mut decoder = self.decoder.take().unwrap_or_else(|| match self.keeps_bom {
            true => self.encoding.new_decoder_without_bom_handling(),
            false => self.encoding.new_decoder_with_bom_removal(),
        });
        let mut text = String::with_capacity(decoder.max_utf8_buffer_length(bytes.len()).unwrap_or(bytes.len()));
        if self.is_fatal {
            let (result, _) = decoder.decode_to_string_without_replacement(bytes, &mut text, is_last);
            if matches!(result, DecoderResult::Malformed(..)) {
                return None;
            }
        } else {
            // The room was reckoned for the worst case.
            let _ = decoder.decode_to_string(bytes, &mut text, is_last);
        }
        if !is_last {
            *self.decoder.borrow_mut() = Some(decoder);
        }
        Some(text)
    }
}

fn decode(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let input = arg(args, 0);
    let bytes = match input.as_object() {
        Some(object) => buffer_bytes(&object, context)?,
        None if input.is_undefined() => Some(Vec::new()),
        None => None,
    };
    let bytes = bytes.ok_or_else(|| type_error("parameter 1 is not of type 'ArrayBuffer' or a view on one"))?;
    let is_last = !member(&arg(args, 1), "stream", context)?.to_boolean();
    let text = with(this, |data| data.decode(&bytes, is_last))?;
    text.map(|text| string(&text)).ok_or_else(|| type_error("The encoded data was not valid."))
}

const TEXT_ENCODER: Interface = Interface {
    name: "TextEncoder",
    constructor: Some((construct_encoder, 0)),
    attributes: &[("encoding", |this, _, _| require_encoder(this).map(|()| string("utf-8")), None)],
    methods: &[("encode", encode, 0), ("encodeInto", encode_into, 2)],
    ..Interface::EMPTY
};

const TEXT_DECODER: Interface = Interface {
    name: "TextDecoder",
    constructor: Some((construct_decoder, 0)),
    attributes: &[
        ("encoding", |this, _, _| with(this, |data| string(&data.encoding.name().to_ascii_lowercase())), None),
        ("fatal", |this, _, _| with(this, |data| data.is_fatal.into()), None),
        ("ignoreBOM", |this, _, _| with(this, |data| data.keeps_bom.into()), None),
    ],
    methods: &[("decode", decode, 0)],
    ..Interface::EMPTY
};

/// Installs TextEncoder and TextDecoder.
///
/// # Errors
/// What boa says; a bug.
pub fn install(context: &mut Context) -> JsResult<()> {
    debug_assert_eq!(UTF_8.name(), "UTF-8");
    install_interface(&TEXT_ENCODER, context)?;
    install_interface(&TEXT_DECODER, context)
}

#[cfg(test)]
mod tests {
    use crate::webapi::testing::check;

    #[test]
    fn encoding() {
        check(
            "var e = new TextEncoder(), u = e.encode('a您\\ud800'); [e.encoding, u instanceof Uint8Array, Array.from(u), e.encode().length].join()",
            "utf-8,true,97,230,130,168,239,191,189,0",
        );
        check(
            "var u = new Uint8Array(6).subarray(1, 5), r = new TextEncoder().encodeInto('a您😀', u); [r.read, r.written, Array.from(u)].join()",
            "2,4,97,230,130,168",
        );
        check("new TextEncoder().encodeInto('a', [])", "TypeError: parameter 2 is not of type 'Uint8Array'");
    }

    #[test]
    fn decoding() {
        let decode = |new: &str, bytes: &str| {
            format!("JSON.stringify(new TextDecoder({new}).decode(new Uint8Array([{bytes}])))")
        };
        check(&decode("", "0xef, 0xbb, 0xbf, 65"), "\"A\"");
        check(&decode("'utf-8', {ignoreBOM: true}", "0xef, 0xbb, 0xbf, 65"), "\"\u{feff}A\"");
        check(&decode("'gb2312'", "0xc4, 0xfa"), "\"您\"");
        check(&decode("'utf-16le'", "65, 0, 0, 216"), "\"A\u{fffd}\"");
        check(&decode("'utf8', {fatal: true}", "0xff"), "TypeError: The encoded data was not valid.");
        check(
            "var d = new TextDecoder('GB2312', {fatal: 1}); [d.encoding, d.fatal, d.ignoreBOM, new TextDecoder().encoding].join()",
            "gbk,true,false,utf-8",
        );
        check("new TextDecoder('nope')", "RangeError: The encoding label provided ('nope') is invalid.");
        check(
            "var d = new TextDecoder(), u = new TextEncoder().encode('您'); d.decode(u.subarray(0, 2), {stream: true}) + d.decode(u.buffer.slice(2)) + d.decode()",
            "您",
        );
        check("new TextDecoder().decode('x')", "TypeError: parameter 1 is not of type 'ArrayBuffer' or a view on one");
    }
}
