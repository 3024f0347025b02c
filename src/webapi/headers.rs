//! Headers ([Fetch §5.1](https://fetch.spec.whatwg.org/#headers-class)), and which names and values may stand in one.

use std::cell::RefCell;
use std::collections::BTreeMap;

use boa_engine::{Context, JsData, JsObject, JsResult, JsValue};
use boa_gc::{Finalize, Trace};

use super::iterable::{self, Pair, PairIterable, pairs};
use crate::engine::convert::{arg, array, require, string, string_or_null, text, type_error};
use crate::engine::interface::{Interface, install, new_target_prototype, prototype};

/// Names that a page may not set ([forbidden request-header](https://fetch.spec.whatwg.org/#forbidden-request-header)).
const FORBIDDEN: [&str; 21] = [
    "accept-charset",
    "accept-encoding",
    "access-control-request-headers",
    "access-control-request-method",
    "connection",
    "content-length",
    "cookie",
    "cookie2",
    "date",
    "dnt",
    "expect",
    "host",
    "keep-alive",
    "origin",
    "referer",
    "set-cookie",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "via",
];

/// Longest value of a header that needs no leave of the server, in bytes (Fetch §2.2.2).
const SAFELISTED_BYTES_MAX: usize = 128;

/// Whether a page may not set this request header.
#[must_use]
pub fn is_forbidden(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    FORBIDDEN.contains(&name.as_str()) || name.starts_with("proxy-") || name.starts_with("sec-")
}

/// Whether a request without CORS may have this header
/// ([no-CORS-safelisted](https://fetch.spec.whatwg.org/#no-cors-safelisted-request-header)); the name is in lower case.
#[must_use]
pub fn is_no_cors_safelisted(name: &str, value: &str) -> bool {
    let essence = || value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let is_form =
        || ["application/x-www-form-urlencoded", "multipart/form-data", "text/plain"].contains(&essence().as_str());
    match name {
        "accept" | "accept-language" | "content-language" => value.len() <= SAFELISTED_BYTES_MAX,
        "content-type" => value.len() <= SAFELISTED_BYTES_MAX && is_form(),
        _ => false,
    }
}

/// Whether a text is an HTTP [token](https://www.rfc-editor.org/rfc/rfc9110#section-5.6.2): a method or a header name.
#[must_use]
pub fn is_token(text: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(is_part)
}

/// A header value without white space around it; `None` for what cannot stand in a header
/// ([header value](https://fetch.spec.whatwg.org/#header-value)).
#[must_use]
pub fn value_of(text: &str) -> Option<&str> {
    let value = text.trim_matches(['\t', '\n', '\r', ' ']);
    (!value.contains(['\0', '\n', '\r'])).then_some(value)
}

/// Refuses text that is no byte string ([Web IDL §3.2.11](https://webidl.spec.whatwg.org/#js-ByteString)).
///
/// # Errors
/// A TypeError.
pub fn byte_string(text: String) -> JsResult<String> {
    if text.chars().any(|character| u32::from(character) > 0xff) {
        return Err(type_error("String contains non ISO-8859-1 code point."));
    }
    Ok(text)
}

/// What may be done with a header list ([guard](https://fetch.spec.whatwg.org/#concept-headers-guard)).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeadersGuard {
    /// Anything.
    Open,
    /// Anything but forbidden request headers, which are ignored.
    Request,
    /// Nothing.
    Immutable,
}

/// The native data of a Headers object.
#[derive(Trace, Finalize, JsData)]
pub struct HeadersObject {
    /// Names are in lower case.
    #[unsafe_ignore_trace]
    list: RefCell<Vec<(String, String)>>,
    #[unsafe_ignore_trace]
    guard: HeadersGuard,
}

impl HeadersObject {
    /// The headers in order, names in lower case.
    #[must_use]
    pub fn list(&self) -> Vec<(String, String)> {
        self.list.borrow().clone()
    }
}

/// The headers of an object, if it is a Headers object.
#[must_use]
pub fn list_of(object: &JsObject) -> Vec<(String, String)> {
    object.downcast_ref::<HeadersObject>().map(|headers| headers.list()).unwrap_or_default()
}

/// Makes a Headers object; forbidden names are left out of one for a request.
#[must_use]
pub fn make(list: Vec<(String, String)>, guard: HeadersGuard, context: &mut Context) -> JsObject {
    let is_wanted = |name: &str| guard != HeadersGuard::Request || !is_forbidden(name);
    let list: Vec<(String, String)> = list
        .into_iter()
        .filter(|(name, _)| is_wanted(name))
        .map(|(name, value)| (name.to_ascii_lowercase(), value))
        .collect();
    let data = HeadersObject { list: RefCell::new(list), guard };
    JsObject::from_proto_and_data(prototype("Headers", context), data)
}

/// The headers of a `headers` option: Headers, pairs, or a record.
///
/// # Errors
/// A TypeError where a name or value cannot be one; what the page's code throws.
pub fn read_option(value: &JsValue, context: &mut Context) -> JsResult<Vec<(String, String)>> {
    let Some(object) = value.as_object() else {
        return match value.is_undefined() {
            true => Ok(Vec::new()),
            false => Err(type_error("The provided value is not of type '(record or sequence)'")),
        };
    };
    pairs(&object, context)?.into_iter().map(|(name, value)| checked(name, value)).collect()
}

fn checked(name: String, value: String) -> JsResult<(String, String)> {
    let (name, value) = (byte_string(name)?, byte_string(value)?);
    if !is_token(&name) {
        return Err(type_error(&format!("Invalid name: {name}")));
    }
    match value_of(&value) {
        Some(value) => Ok((name.to_ascii_lowercase(), value.to_owned())),
        None => Err(type_error(&format!("Invalid value of header {name}"))),
    }
}

fn construct(new_target: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let prototype = new_target_prototype(new_target, "Headers", context)?;
    let list = read_option(&arg(args, 0), context)?;
    let data = HeadersObject { list: RefCell::new(list), guard: HeadersGuard::Open };
    Ok(JsObject::from_proto_and_data(prototype, data).into())
}

fn with<R>(this: &JsValue, f: impl FnOnce(&HeadersObject) -> R) -> JsResult<R> {
    let object = this.as_object();
    let data = object.as_ref().and_then(|object| object.downcast_ref::<HeadersObject>());
    data.map(|data| f(&data)).ok_or_else(|| type_error("Illegal invocation"))
}

fn read_name(args: &[JsValue], context: &mut Context) -> JsResult<String> {
    require(args, 1)?;
    checked(text(args, 0, context)?, String::new()).map(|(name, _)| name)
}

/// Changes the list, as far as its guard lets.
fn change(this: &JsValue, name: &str, f: impl FnOnce(&mut Vec<(String, String)>)) -> JsResult<JsValue> {
    with(this, |headers| match headers.guard {
        HeadersGuard::Immutable => Err(type_error("Headers are immutable")),
        HeadersGuard::Request if is_forbidden(name) => Ok(()),
        _ => {
            f(&mut headers.list.borrow_mut());
            Ok(())
        }
    })??;
    Ok(JsValue::undefined())
}

fn append(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    require(args, 2)?;
    let (name, value) = checked(text(args, 0, context)?, text(args, 1, context)?)?;
    change(this, &name.clone(), |list| list.push((name, value)))
}

fn set(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    require(args, 2)?;
    let (name, value) = checked(text(args, 0, context)?, text(args, 1, context)?)?;
    change(this, &name.clone(), |list| super::entry_list::set_entry(list, name, value))
}

fn delete(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let name = read_name(args, context)?;
    change(this, &name, |list| list.retain(|(key, _)| *key != name))
}

fn get(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let name = read_name(args, context)?;
    with(this, |headers| string_or_null(combined(&headers.list.borrow(), &name)))
}

fn get_set_cookie(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let list = with(this, HeadersObject::list)?;
    let cookies = list.iter().filter(|(name, _)| name == "set-cookie").map(|(_, value)| string(value));
    Ok(array(cookies.collect::<Vec<_>>(), context))
}

fn has(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let name = read_name(args, context)?;
    with(this, |headers| headers.list.borrow().iter().any(|(key, _)| *key == name).into())
}

/// The values of a name in one, in any case ([get](https://fetch.spec.whatwg.org/#concept-header-list-get)).
#[must_use]
pub fn combined(list: &[(String, String)], name: &str) -> Option<String> {
    let values: Vec<&str> =
        list.iter().filter(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str()).collect();
    (!values.is_empty()).then(|| values.join(", "))
}

/// The list with each name once, in order of the names
/// ([sort and combine](https://fetch.spec.whatwg.org/#concept-header-list-sort-and-combine)).
#[must_use]
pub fn sorted(list: &[(String, String)]) -> Vec<(String, String)> {
    let mut by_name: BTreeMap<String, String> = BTreeMap::new();
    for (name, value) in list {
        let entry = by_name.entry(name.to_ascii_lowercase());
        entry.and_modify(|old| *old = format!("{old}, {value}")).or_insert_with(|| value.clone());
    }
    by_name.into_iter().collect()
}

fn pair(object: &JsObject, at: usize) -> JsResult<Option<Pair>> {
    let list = with(&object.clone().into(), |headers| sorted(&headers.list.borrow()))?;
    Ok(list.get(at).map(|(name, value)| (string(name), string(value))))
}

const HEADERS: Interface = Interface {
    name: "Headers",
    constructor: Some((construct, 0)),
    methods: &[
        ("append", append, 2),
        ("delete", delete, 1),
        ("get", get, 1),
        ("getSetCookie", get_set_cookie, 0),
        ("has", has, 1),
        ("set", set, 2),
    ],
    ..Interface::EMPTY
};

/// Installs Headers.
///
/// # Errors
/// What boa says; a bug.
pub fn install_headers(context: &mut Context) -> JsResult<()> {
    install(&HEADERS, context)?;
    iterable::install(&PairIterable { interface: "Headers", iterator: "Headers Iterator", pair }, context);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::webapi::testing::check;

    #[test]
    fn names_fold_and_values_combine() {
        let h = "var h = new Headers({'X-B': ' 1 ', a: 'x'}); h.append('x-b', 2);";
        check(&format!("{h} [h.get('X-b'), h.get('z'), h.has('A')].join('|')"), "1, 2||true");
        check(&format!("{h} h.set('x-b', 3); h.delete('A'); JSON.stringify(Array.from(h))"), r#"[["x-b","3"]]"#);
        check(&format!("{h} Array.from(new Headers(h)).join('|')"), "a,x|x-b,1, 2");
        check("Array.from(new Headers([['b', 1], ['a', 2]]).keys()).join()", "a,b");
    }

    #[test]
    fn what_cannot_stand_in_a_header() {
        check("new Headers({'a b': 1})", "TypeError: Invalid name: a b");
        check("new Headers({a: 'x\\ny'})", "TypeError: Invalid value of header a");
        check("new Headers({a: '您'})", "TypeError: String contains non ISO-8859-1 code point.");
        check("new Headers(1)", "TypeError: The provided value is not of type '(record or sequence)'");
        check(
            "var h = new Request('/').headers; h.set('Cookie', 'a'); h.set('x', 'y'); Array.from(h.keys()).join()",
            "x",
        );
    }
}
