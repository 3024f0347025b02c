//! Response ([Fetch §5.5](https://fetch.spec.whatwg.org/#response-class)).

use boa_engine::{Context, JsData, JsNativeError, JsObject, JsResult, JsValue};
use boa_gc::{Finalize, Trace};
use url::Url;

use super::body::{self, BodyState, extract};
use super::headers::{self, HeadersGuard, list_of, read_option};
use super::window::Window;
use crate::engine::convert::{arg, member, require, string, text, type_error, value_text};
use crate::engine::interface::{Interface, install, new_target_prototype, prototype};

/// Statuses without a body.
const NULL_BODY: [u16; 5] = [101, 103, 204, 205, 304];

/// The native data of a Response.
#[derive(Trace, Finalize, JsData)]
pub struct ResponseObject {
    #[unsafe_ignore_trace]
    parts: Parts,
    /// Its headers.
    pub headers: JsObject,
    /// Its body.
    pub body: BodyState,
}

#[derive(Debug, Clone)]
struct Parts {
    kind: &'static str,
    url: String,
    is_redirected: bool,
    status: u16,
    status_text: String,
}

impl Parts {
    fn made(status: u16) -> Self {
        Self { kind: "default", url: String::new(), is_redirected: false, status, status_text: String::new() }
    }
}

fn wrap(response: ResponseObject, context: &mut Context) -> JsValue {
    JsObject::from_proto_and_data(prototype("Response", context), response).into()
}

/// What scripts see of an answer ([filtered response](https://fetch.spec.whatwg.org/#concept-filtered-response)).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// All.
    Basic,
    /// All, of another origin: which headers it exposes is not asked.
    Cors,
    /// Nothing.
    Opaque,
    /// Nothing but where it was asked for.
    OpaqueRedirect,
}

/// The response of an answer to a request for `asked`.
#[must_use]
pub fn from_answer(asked: &Url, mut answer: crate::net::Response, kind: Kind, context: &mut Context) -> JsValue {
    let mut asked = asked.clone();
    asked.set_fragment(None);
    answer.url.set_fragment(None);
    answer.headers.retain(|(name, _)| !matches!(name.as_str(), "set-cookie" | "set-cookie2"));
    let (kind, url) = match kind {
        Kind::Basic => ("basic", None),
        Kind::Cors => ("cors", None),
        Kind::Opaque => ("opaque", Some(String::new())),
        Kind::OpaqueRedirect => ("opaqueredirect", Some(asked.to_string())),
    };
    if let Some(url) = url {
        let headers = headers::make(Vec::new(), HeadersGuard::Immutable, context);
        let parts = Parts { kind, url, ..Parts::made(0) };
        return wrap(ResponseObject { parts, headers, body: BodyState::default() }, context);
    }
    let body = Some(answer.body).filter(|_| !NULL_BODY.contains(&answer.status));
    let parts = Parts {
        kind,
        is_redirected: answer.url != asked,
        url: answer.url.into(),
        status: answer.status,
        status_text: answer.status_text,
    };
    let headers = headers::make(answer.headers, HeadersGuard::Immutable, context);
    wrap(ResponseObject { parts, headers, body: BodyState::new(body) }, context)
}

/// A response from a page's own parts.
fn build(body: &JsValue, options: &JsValue, context: &mut Context) -> JsResult<ResponseObject> {
    let status = member(options, "status", context)?;
    let status = if status.is_undefined() { 200 } else { status.to_u32(context)? };
    let Some(status) = u16::try_from(status).ok().filter(|status| (200..=599).contains(status)) else {
        let message = format!("The status provided ({status}) is outside the range [200, 599].");
        return Err(JsNativeError::range().with_message(message).into());
    };
    let status_text = member(options, "statusText", context)?;
    let status_text = if status_text.is_undefined() { String::new() } else { value_text(&status_text, context)? };
    let mut list = read_option(&member(options, "headers", context)?, context)?;
    let body = extract(body, context)?;
    if body.is_some() && NULL_BODY.contains(&status) {
        return Err(type_error("Response with null body status cannot have body"));
    }
    if let Some(content_type) = body.as_ref().and_then(|body| body.content_type.clone())
        && !list.iter().any(|(name, _)| name == "content-type")
    {
        list.push(("content-type".to_owned(), content_type));
    }
    Ok(ResponseObject {
        parts: Parts { status_text, ..Parts::made(status) },
        headers: headers::make(list, HeadersGuard::Open, context),
        body: BodyState::new(body.map(|body| body.bytes)),
    })
}

fn construct(new_target: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let prototype = new_target_prototype(new_target, "Response", context)?;
    let response = build(&arg(args, 0), &arg(args, 1), context)?;
    Ok(JsObject::from_proto_and_data(prototype, response).into())
}

fn static_error(_: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let headers = headers::make(Vec::new(), HeadersGuard::Immutable, context);
    let parts = Parts { kind: "error", ..Parts::made(0) };
    Ok(wrap(ResponseObject { parts, headers, body: BodyState::default() }, context))
}

fn static_redirect(_: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    require(args, 1)?;
    let address = text(args, 0, context)?;
    let url = Window::of(context).resolve(&address).ok_or_else(|| type_error(&format!("Invalid URL: {address}")))?;
    let status = args.get(1).map_or(Ok(302), |status| status.to_u32(context))?;
    let Some(status) = u16::try_from(status).ok().filter(|status| matches!(status, 301 | 302 | 303 | 307 | 308)) else {
        return Err(JsNativeError::range().with_message("Invalid status code").into());
    };
    let headers = headers::make(vec![("location".to_owned(), url.into())], HeadersGuard::Immutable, context);
    Ok(wrap(ResponseObject { parts: Parts::made(status), headers, body: BodyState::default() }, context))
}

fn with<R>(this: &JsValue, f: impl FnOnce(&ResponseObject) -> R) -> JsResult<R> {
    let object = this.as_object();
    let data = object.as_ref().and_then(|object| object.downcast_ref::<ResponseObject>());
    data.map(|data| f(&data)).ok_or_else(|| type_error("Illegal invocation"))
}

fn clone(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let (parts, list, body) =
        with(this, |response| (response.parts.clone(), list_of(&response.headers), response.body.copy()))?;
    let guard = if parts.kind == "default" { HeadersGuard::Open } else { HeadersGuard::Immutable };
    let headers = headers::make(list, guard, context);
    Ok(wrap(ResponseObject { parts, headers, body: body? }, context))
}

const RESPONSE: Interface = Interface {
    name: "Response",
    constructor: Some((construct, 0)),
    attributes: &[
        ("type", |this, _, _| with(this, |response| string(response.parts.kind)), None),
        ("url", |this, _, _| with(this, |response| string(&response.parts.url)), None),
        ("redirected", |this, _, _| with(this, |response| response.parts.is_redirected.into()), None),
        ("status", |this, _, _| with(this, |response| response.parts.status.into()), None),
        ("ok", |this, _, _| with(this, |response| (200..300).contains(&response.parts.status).into()), None),
        ("statusText", |this, _, _| with(this, |response| string(&response.parts.status_text)), None),
        ("headers", |this, _, _| with(this, |response| response.headers.clone().into()), None),
    ],
    methods: &[("clone", clone, 0)],
    statics: &[("error", static_error, 0), ("redirect", static_redirect, 1)],
    ..Interface::EMPTY
};

/// Installs Response.
///
/// # Errors
/// What boa says; a bug.
pub fn install_response(context: &mut Context) -> JsResult<()> {
    install(&RESPONSE, context)?;
    body::install(&prototype("Response", context), context);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::webapi::testing::check;

    #[test]
    fn made_by_a_page() {
        check(
            "var r = new Response('您', {status: 201, statusText: 'Made', headers: {a: 'b'}}); \
            r.text().then(function (t) {
               log(r.ok, r.status, r.statusText, r.headers.get('content-type'), r.bodyUsed, r.type, t); })",
            "true 201 Made text/plain;charset=UTF-8 true default 您",
        );
        check("new Response(new URLSearchParams('a=b')).text().then(log)", "a=b");
        check("new Response(new Uint8Array([228, 189, 160]).subarray(0, 3)).text().then(log)", "你");
        check(
            "new Response('', {status: 99})",
            "RangeError: The status provided (99) is outside the range [200, 599].",
        );
        check("new Response('x', {status: 204})", "TypeError: Response with null body status cannot have body");
        check("Response.error().status + Response.redirect('/x', 301).headers.get('location')", "0http://a.test/x");
    }

    #[test]
    fn a_body_is_read_once() {
        check(
            "var r = new Response('{\"a\":1}'), c = r.clone(); r.json().then(function (j) { log(j.a); return \
            r.text(); }).catch(failed);
               c.arrayBuffer().then(function (b) { log(b.byteLength); })",
            "1\n7\nTypeError: body stream already read",
        );
        check("var r = new Response('x'); r.text(); r.clone()", "TypeError: body is already used");
        check("new Response('{').json().catch(function (e) { log(e.name) })", "SyntaxError");
        check(
            "new Response('x').blob().then(function (b) { return b.text().then(function (t) { log(b.type, t) }) })",
            "text/plain;charset=utf-8 x",
        );
        check(
            "new Response(new Blob(['x'], {type: 'a/b'})).blob().then(function (b) { log(b.size, b.type) })",
            "1 a/b",
        );
        check("new Response(new URLSearchParams('a=1')).formData().then(function (f) { log(f.get('a')) })", "1");
        check("var r = new Response(); r.text().then(function (t) { log(t === '', r.bodyUsed) })", "true false");
    }
}
