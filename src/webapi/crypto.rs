//! `crypto` ([Web Cryptography §10](https://w3c.github.io/webcrypto/#crypto-interface)): random bytes from the page's
//! seed, in a sequence of their own, so that `Math.random` goes on as if they had not been asked for. They are no
//! secret: whoever knows the seed knows them. There is no `subtle`, as on pages of an insecure origin.

use boa_engine::object::builtins::JsTypedArray;
use boa_engine::property::Attribute;
use boa_engine::{Context, JsObject, JsResult, JsValue};

use super::body::buffer_place;
use super::exception::dom_exception;
use crate::base::hex::hex;
use crate::base::limits::RANDOM_BYTES_MAX;
use crate::engine::builtins::math_random::Random;
use crate::engine::convert::{arg, require, string, type_error};
use crate::engine::interface::{Interface, define_value, install as install_interface, prototype};

fn fill(bytes: &mut [u8], context: &Context) {
    if let Some(random) = context.get_data::<Random>() {
        random.fill(bytes);
    }
}

fn get_random_values(_: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    require(args, 1)?;
    let array = arg(args, 0);
    let Some(object) = array.as_object() else {
        return Err(type_error("parameter 1 is not of type 'ArrayBufferView'"));
    };
    let kind = JsTypedArray::from_object(object.clone()).ok().and_then(|view| view.kind());
    let is_integer = kind.is_some_and(|kind| !format!("{kind:?}").starts_with("Float"));
    if !is_integer {
        let message = "The provided value is not an array of integers.";
        return Err(dom_exception("TypeMismatchError", message, context));
    }
    let Some((buffer, offset, length)) = buffer_place(&object, context)? else { return Ok(array) };
    if length > RANDOM_BYTES_MAX {
        let message = format!("The array's length ({length} bytes) exceeds {RANDOM_BYTES_MAX} bytes.");
        return Err(dom_exception("QuotaExceededError", &message, context));
    }
    if let Some(mut data) = buffer.data_mut()
        && let Some(room) = data.get_mut(offset..offset + length)
    {
        fill(room, context);
    }
    Ok(array)
}

/// A version 4 UUID (RFC 9562 §5.4).
fn random_uuid(_: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let mut bytes = [0; 16];
    fill(&mut bytes, context);
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let digits = hex(&bytes);
    let parts = [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]];
    Ok(string(&parts.join("-")))
}

const CRYPTO: Interface = Interface {
    name: "Crypto",
    methods: &[("getRandomValues", get_random_values, 1), ("randomUUID", random_uuid, 0)],
    ..Interface::EMPTY
};

/// Installs `crypto`.
///
/// # Errors
/// What boa says; a bug.
pub fn install(context: &mut Context) -> JsResult<()> {
    install_interface(&CRYPTO, context)?;
    let prototype = prototype("Crypto", context);
    let crypto = JsObject::from_proto_and_data(prototype, boa_engine::builtins::object::OrdinaryObject);
    define_value(&context.global_object(), "crypto", crypto, Attribute::CONFIGURABLE | Attribute::ENUMERABLE);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::webapi::testing::{check, page};

    #[test]
    fn a_sequence_of_its_own() {
        let script = |before: &str| format!("{before}; out(Math.random())");
        assert_eq!(page("").show(&script("")), page("").show(&script("crypto.randomUUID()")));
        let twice = "out([crypto.randomUUID(), crypto.getRandomValues(new Uint32Array(2))])";
        assert_eq!(page("").show(twice), page("").show(twice));
        check("crypto.randomUUID() !== crypto.randomUUID()", "true");
    }

    #[test]
    fn values() {
        check(
            "/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(crypto.randomUUID())",
            "true",
        );
        check(
            "var b = new ArrayBuffer(64), u = new Uint8Array(b, 8, 40), r = crypto.getRandomValues(u); \
             [r === u, Array.from(new Uint8Array(b, 0, 8)).join(''), u.some(function (x) { return x > 200 })].join()",
            "true,00000000,true",
        );
        check("try { crypto.getRandomValues(new Float32Array(1)) } catch (e) { log(e.name) }", "TypeMismatchError");
        check("try { crypto.getRandomValues(new Uint8Array(65537)) } catch (e) { log(e.name) }", "QuotaExceededError");
        check(
            "[crypto.subtle, String(crypto), String(crypto.randomUUID)].join()",
            ",[object Crypto],function randomUUID() { [native code] }",
        );
    }
}
