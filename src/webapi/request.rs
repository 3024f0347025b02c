//! Request ([Fetch §5.4](https://fetch.spec.whatwg.org/#request-class)).

use boa_engine::{Context, JsData, JsObject, JsResult, JsValue};
use boa_gc::{Finalize, GcRefCell, Trace};
use url::Url;

use super::abort::{SignalObject, make_signal};
use super::body::{self, BodyState, extract};
use super::fetching::method;
use super::headers::{self, HeadersGuard, list_of, read_option};
use super::window::Window;
use crate::engine::convert::{arg, member, require, string, type_error, value_text};
use crate::engine::interface::{Interface, install, new_target_prototype, prototype};

/// The native data of a Request.
#[derive(Trace, Finalize, JsData)]
pub struct RequestObject {
    /// Method, address, modes.
    #[unsafe_ignore_trace]
    pub parts: Parts,
    /// Its Headers object.
    pub headers: JsObject,
    /// Its body.
    pub body: BodyState,
    signal: GcRefCell<Option<JsObject>>,
}

/// What of a request is plain data.
#[derive(Debug, Clone)]
pub struct Parts {
    /// `GET`, `POST` …
    pub method: String,
    /// The absolute address.
    pub url: Url,
    /// `omit`, `same-origin`, `include`
    pub credentials: String,
    /// `cors`, `no-cors`, `same-origin`
    pub mode: String,
    /// `default`, `no-store` …
    pub cache: String,
    /// `follow`, `error`, `manual`
    pub redirect: String,
    /// What the answer must be; empty: anything.
    pub integrity: String,
    /// `no-referrer` …; empty: the document's.
    pub referrer_policy: String,
}

impl RequestObject {
    /// The signal it was given, if one was.
    #[must_use]
    pub fn signal(&self) -> Option<JsObject> {
        self.signal.borrow().clone()
    }

    fn copy(&self, context: &mut Context) -> JsResult<Self> {
        Ok(Self {
            parts: self.parts.clone(),
            headers: headers::make(list_of(&self.headers), HeadersGuard::Request, context),
            body: self.body.copy()?,
            signal: self.signal.clone(),
        })
    }
}

fn of_input(input: &JsValue, context: &mut Context) -> JsResult<RequestObject> {
    if let Some(object) = input.as_object()
        && let Some(request) = object.downcast_ref::<RequestObject>()
    {
        return request.copy(context);
    }
    let address = value_text(input, context)?;
    let failed = |why: &str| type_error(&format!("Failed to parse URL from {address}{why}"));
    let url = Window::of(context).resolve(&address).ok_or_else(|| failed(""))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(failed(": it includes credentials"));
    }
    let parts = Parts {
        method: "GET".to_owned(),
        url,
        credentials: "same-origin".to_owned(),
        mode: "cors".to_owned(),
        cache: "default".to_owned(),
        redirect: "follow".to_owned(),
        integrity: String::new(),
        referrer_policy: String::new(),
    };
    let headers = headers::make(Vec::new(), HeadersGuard::Request, context);
    Ok(RequestObject { parts, headers, body: BodyState::default(), signal: GcRefCell::default() })
}

/// Sets `into` to a member of the options, where it is there.
fn option(options: &JsValue, name: &str, into: &mut String, allowed: &[&str], context: &mut Context) -> JsResult<()> {
    let value = member(options, name, context)?;
    if !value.is_undefined() {
        let value = value_text(&value, context)?;
        if !allowed.contains(&value.as_str()) {
            return Err(type_error(&format!("The provided value '{value}' is not a valid enum value of {name}.")));
        }
        *into = value;
    }
    Ok(())
}

const REFERRER_POLICIES: [&str; 9] = [
    "",
    "no-referrer",
    "no-referrer-when-downgrade",
    "same-origin",
    "origin",
    "strict-origin",
    "origin-when-cross-origin",
    "strict-origin-when-cross-origin",
    "unsafe-url",
];

/// Refuses what does not go together.
fn check_modes(parts: &Parts) -> JsResult<()> {
    let Parts { method, mode, cache, .. } = parts;
    if mode == "navigate" {
        return Err(type_error("Cannot construct a Request with a mode of 'navigate'."));
    }
    if mode == "no-cors" && !matches!(method.as_str(), "GET" | "HEAD" | "POST") {
        return Err(type_error(&format!("'{method}' is not allowed where mode is 'no-cors'.")));
    }
    if cache == "only-if-cached" && mode != "same-origin" {
        return Err(type_error("'only-if-cached' can only be set where mode is 'same-origin'."));
    }
    Ok(())
}

/// The request of `(input, options)`: what the constructor and `fetch()` take.
///
/// # Errors
/// A TypeError where it cannot be one; what the page's code throws.
pub fn read(args: &[JsValue], context: &mut Context) -> JsResult<RequestObject> {
    require(args, 1)?;
    let mut request = of_input(&args[0], context)?;
    let options = arg(args, 1);
    let parts = &mut request.parts;
    let name = member(&options, "method", context)?;
    if !name.is_undefined() {
        let name = value_text(&name, context)?;
        parts.method = method(&name).map_err(|_| type_error(&format!("'{name}' is not a valid HTTP method.")))?;
    }
    option(&options, "credentials", &mut parts.credentials, &["omit", "same-origin", "include"], context)?;
    option(&options, "mode", &mut parts.mode, &["cors", "no-cors", "same-origin", "navigate"], context)?;
    let caches = ["default", "no-store", "reload", "no-cache", "force-cache", "only-if-cached"];
    option(&options, "cache", &mut parts.cache, &caches, context)?;
    option(&options, "redirect", &mut parts.redirect, &["follow", "error", "manual"], context)?;
    option(&options, "referrerPolicy", &mut parts.referrer_policy, &REFERRER_POLICIES, context)?;
    let referrer = member(&options, "referrer", context)?;
    if !referrer.is_undefined() && value_text(&referrer, context)?.is_empty() {
        "no-referrer".clone_into(&mut parts.referrer_policy);
    }
    let integrity = member(&options, "integrity", context)?;
    if !integrity.is_undefined() {
        parts.integrity = value_text(&integrity, context)?;
    }
    check_modes(parts)?;
    let given = member(&options, "headers", context)?;
    if !given.is_undefined() {
        request.headers = headers::make(read_option(&given, context)?, HeadersGuard::Request, context);
    }
    let signal = member(&options, "signal", context)?;
    if !signal.is_undefined() {
        let object = signal.as_object().filter(JsObject::is::<SignalObject>);
        if object.is_none() && !signal.is_null() {
            return Err(type_error("member signal is not of type 'AbortSignal'"));
        }
        *request.signal.borrow_mut() = object;
    }
    let value = member(&options, "body", context)?;
    if let Some(body) = extract(&value, context)? {
        request.body = BodyState::new(Some(body.bytes));
        let mut list = list_of(&request.headers);
        if let Some(content_type) = body.content_type
            && !list.iter().any(|(name, _)| name == "content-type")
        {
            list.push(("content-type".to_owned(), content_type));
            request.headers = headers::make(list, HeadersGuard::Request, context);
        }
    }
    if request.body.is_some() && matches!(request.parts.method.as_str(), "GET" | "HEAD") {
        return Err(type_error("Request with GET/HEAD method cannot have body."));
    }
    // The body goes over to the new request.
    if let Some(old) = args[0].as_object()
        && let Some(old) = old.downcast_ref::<RequestObject>()
        && value.is_null_or_undefined()
    {
        old.body.take()?;
    }
    Ok(request)
}

fn construct(new_target: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let prototype = new_target_prototype(new_target, "Request", context)?;
    let request = read(args, context)?;
    Ok(JsObject::from_proto_and_data(prototype, request).into())
}

fn with<R>(this: &JsValue, f: impl FnOnce(&RequestObject) -> R) -> JsResult<R> {
    let object = this.as_object();
    let data = object.as_ref().and_then(|object| object.downcast_ref::<RequestObject>());
    data.map(|data| f(&data)).ok_or_else(|| type_error("Illegal invocation"))
}

fn clone(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let copy = with(this, |request| request.copy(context))??;
    Ok(JsObject::from_proto_and_data(prototype("Request", context), copy).into())
}

fn signal(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    if let Some(signal) = with(this, RequestObject::signal)? {
        return Ok(signal.into());
    }
    let made = make_signal(context);
    with(this, |request| *request.signal.borrow_mut() = Some(made.clone()))?;
    Ok(made.into())
}

const REQUEST: Interface = Interface {
    name: "Request",
    constructor: Some((construct, 1)),
    attributes: &[
        ("method", |this, _, _| with(this, |request| string(&request.parts.method)), None),
        ("url", |this, _, _| with(this, |request| string(request.parts.url.as_str())), None),
        ("headers", |this, _, _| with(this, |request| request.headers.clone().into()), None),
        ("credentials", |this, _, _| with(this, |request| string(&request.parts.credentials)), None),
        ("mode", |this, _, _| with(this, |request| string(&request.parts.mode)), None),
        ("cache", |this, _, _| with(this, |request| string(&request.parts.cache)), None),
        ("redirect", |this, _, _| with(this, |request| string(&request.parts.redirect)), None),
        ("referrer", |this, _, _| with(this, |_| string("about:client")), None),
        ("referrerPolicy", |this, _, _| with(this, |request| string(&request.parts.referrer_policy)), None),
        ("integrity", |this, _, _| with(this, |request| string(&request.parts.integrity)), None),
        ("destination", |this, _, _| with(this, |_| string("")), None),
        ("signal", signal, None),
    ],
    methods: &[("clone", clone, 0)],
    ..Interface::EMPTY
};

/// Installs Request.
///
/// # Errors
/// What boa says; a bug.
pub fn install_request(context: &mut Context) -> JsResult<()> {
    install(&REQUEST, context)?;
    body::install(&prototype("Request", context), context);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::webapi::testing::check;

    #[test]
    fn made_from_options_and_from_another() {
        check(
            "var r = new Request('x?1#f'); [r.method, r.url, r.credentials, r.mode, r.bodyUsed].join()",
            "GET,http://a.test/dir/x?1#f,same-origin,cors,false",
        );
        let post = "var r = new Request('/x', {method: 'post', body: 'b', headers: {A: 1}});";
        check(
            &format!("{post} log(r.method, Array.from(r.headers).join('|')); r.text().then(log)"),
            "POST a,1|content-type,text/plain;charset=UTF-8\nb",
        );
        check(
            &format!(
                "{post} var s = new Request(r, {{credentials: 'omit'}}); log(r.bodyUsed, s.credentials, s.method); \
                    s.clone().text().then(log)"
            ),
            "true omit POST\nb",
        );
        check(&format!("{post} r.text(); new Request(r)"), "TypeError: body is already used");
        check(
            "new Request('http://u:p@a/')",
            "TypeError: Failed to parse URL from http://u:p@a/: it includes credentials",
        );
        check("new Request('/', {body: 'x'})", "TypeError: Request with GET/HEAD method cannot have body.");
        check("new Request('/', {mode: 'x'})", "TypeError: The provided value 'x' is not a valid enum value of mode.");
        check("new Request('/', {method: 'a b'})", "TypeError: 'a b' is not a valid HTTP method.");
        check("new Request('/', {signal: 1})", "TypeError: member signal is not of type 'AbortSignal'");
    }
}
