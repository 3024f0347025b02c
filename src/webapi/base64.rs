//! `atob` and `btoa` ([HTML §8.3](https://html.spec.whatwg.org/#atob)).

use boa_engine::{Context, JsResult, JsString, JsValue};

use super::exception::dom_exception;
use crate::engine::convert::{arg, require, string, to_utf8};
use crate::engine::interface::define_method;

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Base64 with padding.
#[must_use]
pub fn encode(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let group = (0..3).fold(0_u32, |group, at| group << 8 | u32::from(chunk.get(at).copied().unwrap_or(0)));
        for at in 0..4 {
            let index = (group >> (18 - 6 * at)) & 63;
            out.push(if at > chunk.len() { '=' } else { char::from(ALPHABET[index as usize]) });
        }
    }
    out
}

/// [Forgiving-base64 decode](https://infra.spec.whatwg.org/#forgiving-base64-decode); `None` for what is none.
#[must_use]
pub fn decode(text: &str) -> Option<Vec<u8>> {
    let mut digits: Vec<u8> =
        text.bytes().filter(|byte| !matches!(byte, b'\t' | b'\n' | b'\x0c' | b'\r' | b' ')).collect();
    if digits.len().is_multiple_of(4) {
        for _ in 0..2 {
            digits.pop_if(|last| *last == b'=');
        }
    }
    if digits.len() % 4 == 1 {
        return None;
    }
    let mut out = Vec::with_capacity(digits.len() / 4 * 3 + 2);
    for chunk in digits.chunks(4) {
        let mut group = 0_u32;
        for at in 0..4 {
            group = group << 6 | chunk.get(at).map_or(Some(0), |digit| value_of(*digit))?;
        }
        let [_, bytes @ ..] = group.to_be_bytes();
        out.extend_from_slice(&bytes[..chunk.len() - 1]);
    }
    Some(out)
}

fn value_of(digit: u8) -> Option<u32> {
    Some(u32::from(match digit {
        b'A'..=b'Z' => digit - b'A',
        b'a'..=b'z' => digit - b'a' + 26,
        b'0'..=b'9' => digit - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    }))
}

fn btoa(_: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    require(args, 1)?;
    let data = arg(args, 0).to_string(context)?;
    let bytes: Result<Vec<u8>, _> = data.iter().map(u8::try_from).collect();
    match bytes {
        Ok(bytes) => Ok(string(&encode(&bytes))),
        Err(_) => {
            let message = "The string to be encoded contains characters outside of the Latin1 range.";
            Err(dom_exception("InvalidCharacterError", message, context))
        }
    }
}

fn atob(_: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    require(args, 1)?;
    let data = arg(args, 0).to_string(context)?;
    match decode(&to_utf8(&data)) {
        Some(bytes) => Ok(JsString::from(boa_engine::JsStr::latin1(&bytes)).into()),
        None => {
            let message = "The string to be decoded is not correctly encoded.";
            Err(dom_exception("InvalidCharacterError", message, context))
        }
    }
}

/// Installs `atob` and `btoa` on the global object.
///
/// # Errors
/// None; the signature is that of every installer.
pub fn install_base64(context: &mut Context) -> JsResult<()> {
    let global = context.global_object();
    define_method(&global, "atob", atob, 1, context);
    define_method(&global, "btoa", btoa, 1, context);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::webapi::testing::check;

    #[test]
    fn both_ways() {
        check("[btoa(''), btoa('a'), btoa('ab'), btoa('abc'), btoa('\\xff\\xfe')].join()", ",YQ==,YWI=,YWJj,//4=");
        check("[atob(''), atob('YQ=='), atob('YQ'), atob(' Y W\\nJ j'), atob('YWI=')].join()", ",a,a,abc,ab");
        check("escape(atob('//4='))", "%FF%FE");
        check(
            "unescape(escape(atob(btoa(unescape(encodeURIComponent('您好')))))) === unescape(encodeURIComponent('您好'))",
            "true",
        );
        check("btoa(null) + btoa(12)", "bnVsbA==MTI=");
        for wrong in ["a", "ab=", "a===", "====", "您好", "ab*d", "YQ==="] {
            let expected = "InvalidCharacterError 5";
            check(&format!("try {{ atob('{wrong}') }} catch (e) {{ e.name + ' ' + e.code }}"), expected);
        }
        check("try { btoa('您') } catch (e) { e.name }", "InvalidCharacterError");
    }
}
