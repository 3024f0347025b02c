//! A request's state, its table, and the attributes that only read or set it.

use std::cell::RefCell;
use std::rc::Rc;

use boa_engine::{Context, JsData, JsObject, JsResult, JsString, JsValue};
use boa_gc::{Finalize, GcRefCell, Trace};
use url::Url;

use super::{response, send};
use crate::base::clock::TimestampMs;
use crate::engine::convert::{arg, string, text, type_error};
use crate::engine::interface::{Interface, install, new_target_prototype, prototype};
use crate::net::Response;
use crate::webapi::exception::dom_exception;
use crate::webapi::handlers;
use crate::webapi::target::{Listeners, TargetObject};

/// Event types of a request and of its upload (XMLHttpRequestEventTarget).
const KINDS: [&str; 7] = ["loadstart", "progress", "abort", "error", "load", "timeout", "loadend"];

/// The native data of a request.
#[derive(Trace, Finalize, JsData, Default)]
pub struct XhrObject {
    /// Its listeners.
    pub listeners: Listeners,
    /// Its upload object, made at first use.
    pub(super) upload: GcRefCell<Option<JsObject>>,
    /// `response`, where it is an object that was made already.
    pub(super) response: GcRefCell<Option<JsValue>>,
    #[unsafe_ignore_trace]
    pub(super) state: RefCell<State>,
}

/// `readyState`
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Ready {
    #[default]
    Unsent,
    Opened,
    HeadersReceived,
    Loading,
    Done,
}

/// `responseType`. A page that sets another one reads the old one back, which is how it learns what there is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum ResponseType {
    #[default]
    Default,
    Text,
    Json,
    Document,
    ArrayBuffer,
    Blob,
}

const RESPONSE_TYPES: [(ResponseType, &str); 6] = [
    (ResponseType::Default, ""),
    (ResponseType::Text, "text"),
    (ResponseType::Json, "json"),
    (ResponseType::Document, "document"),
    (ResponseType::ArrayBuffer, "arraybuffer"),
    (ResponseType::Blob, "blob"),
];

/// What of a request is plain data.
#[derive(Debug, Default)]
pub(super) struct State {
    pub ready: Ready,
    pub method: String,
    pub url: Option<Url>,
    pub is_async: bool,
    pub headers: Vec<(String, String)>,
    /// The `send()` flag.
    pub is_sent: bool,
    /// The upload has begun and its end was not told.
    pub is_uploading: bool,
    pub with_credentials: bool,
    pub timeout_ms: u32,
    pub response_type: ResponseType,
    pub mime_override: Option<String>,
    /// The answer; none before it comes and where none came.
    pub answer: Option<Rc<Response>>,
    /// The answer's text, once it was asked for.
    pub text: Option<JsString>,
    /// Counted up whenever the request starts afresh or ends early: what was begun in an earlier run is void.
    pub run: u64,
    /// The number of the request in the world.
    pub request: Option<u64>,
    /// The timer of `timeout`, and page time at which the request went out.
    pub timer: Option<u32>,
    pub sent_at_ms: TimestampMs,
}

/// The request of `this`.
pub(super) fn this_xhr(this: &JsValue) -> JsResult<JsObject> {
    this.as_object().filter(JsObject::is::<XhrObject>).ok_or_else(|| type_error("Illegal invocation"))
}

/// Runs `f` on a request's state. `f` must run no script.
pub(super) fn with_state<R>(xhr: &JsObject, f: impl FnOnce(&mut State) -> R) -> JsResult<R> {
    let data = xhr.downcast_ref::<XhrObject>().ok_or_else(|| type_error("Illegal invocation"))?;
    Ok(f(&mut data.state.borrow_mut()))
}

pub(super) fn read<R>(this: &JsValue, f: impl FnOnce(&mut State) -> R) -> JsResult<R> {
    with_state(&this_xhr(this)?, f)
}

/// An InvalidStateError of a method or setter.
pub(super) fn invalid_state(what: &str, why: &str, context: &mut Context) -> boa_engine::JsError {
    let message = format!("Failed to {what} on 'XMLHttpRequest': {why}");
    dom_exception("InvalidStateError", &message, context)
}

fn construct(new_target: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let prototype = new_target_prototype(new_target, "XMLHttpRequest", context)?;
    Ok(JsObject::from_proto_and_data(prototype, XhrObject::default()).into())
}

fn upload(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let xhr = this_xhr(this)?;
    let data = xhr.downcast_ref::<XhrObject>().ok_or_else(|| type_error("Illegal invocation"))?;
    if let Some(upload) = &*data.upload.borrow() {
        return Ok(upload.clone().into());
    }
    let upload = JsObject::from_proto_and_data(prototype("XMLHttpRequestUpload", context), TargetObject::default());
    *data.upload.borrow_mut() = Some(upload.clone());
    Ok(upload.into())
}

fn set_timeout(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let xhr = this_xhr(this)?;
    let timeout_ms = arg(args, 0).to_u32(context)?;
    let is_refused = with_state(&xhr, |state| {
        let is_sync = state.ready != Ready::Unsent && !state.is_async;
        if !is_sync {
            state.timeout_ms = timeout_ms;
        }
        is_sync
    })?;
    if is_refused {
        return Err(sync_refused("Timeouts", context));
    }
    send::restart_timer(&xhr, context)?;
    Ok(JsValue::undefined())
}

/// What synchronous requests of a document may not have.
pub(super) fn sync_refused(what: &str, context: &mut Context) -> boa_engine::JsError {
    let message = format!("{what} cannot be set for synchronous requests made from a document.");
    dom_exception("InvalidAccessError", &message, context)
}

fn set_with_credentials(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let on = arg(args, 0).to_boolean();
    let is_set = read(this, |state| {
        let may = state.ready <= Ready::Opened && !state.is_sent;
        if may {
            state.with_credentials = on;
        }
        may
    })?;
    match is_set {
        true => Ok(JsValue::undefined()),
        false => Err(invalid_state("set 'withCredentials'", "the request was sent already", context)),
    }
}

fn set_response_type(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let name = text(args, 0, context)?;
    let Some((kind, _)) = RESPONSE_TYPES.iter().find(|(_, known)| *known == name) else {
        return Ok(JsValue::undefined());
    };
    let (ready, is_async) = read(this, |state| (state.ready, state.is_async))?;
    if ready >= Ready::Loading {
        return Err(invalid_state("set 'responseType'", "the response is loading or done", context));
    }
    if ready != Ready::Unsent && !is_async {
        return Err(sync_refused("The response type", context));
    }
    read(this, |state| state.response_type = *kind)?;
    Ok(JsValue::undefined())
}

fn response_type(this: &JsValue, _: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    let kind = read(this, |state| state.response_type)?;
    Ok(string(RESPONSE_TYPES.iter().find(|(known, _)| *known == kind).map_or("", |(_, name)| name)))
}

fn override_mime_type(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let mime = text(args, 0, context)?;
    let is_late = read(this, |state| {
        let is_late = state.ready >= Ready::Loading;
        if !is_late {
            state.mime_override = Some(mime);
        }
        is_late
    })?;
    match is_late {
        true => Err(invalid_state("execute 'overrideMimeType'", "the response is loading or done", context)),
        false => Ok(JsValue::undefined()),
    }
}

const EVENT_TARGET: Interface =
    Interface { name: "XMLHttpRequestEventTarget", parent: Some("EventTarget"), ..Interface::EMPTY };

const UPLOAD: Interface =
    Interface { name: "XMLHttpRequestUpload", parent: Some("XMLHttpRequestEventTarget"), ..Interface::EMPTY };

const XML_HTTP_REQUEST: Interface = Interface {
    name: "XMLHttpRequest",
    parent: Some("XMLHttpRequestEventTarget"),
    constructor: Some((construct, 0)),
    attributes: &[
        ("readyState", |this, _, _| read(this, |state| (state.ready as i32).into()), None),
        ("timeout", |this, _, _| read(this, |state| state.timeout_ms.into()), Some(set_timeout)),
        ("withCredentials", |this, _, _| read(this, |state| state.with_credentials.into()), Some(set_with_credentials)),
        ("upload", upload, None),
        ("responseURL", response::response_url, None),
        ("status", response::status, None),
        ("statusText", response::status_text, None),
        ("responseType", response_type, Some(set_response_type)),
        ("response", response::response, None),
        ("responseText", response::response_text, None),
        ("responseXML", response::response_xml, None),
    ],
    methods: &[
        ("open", send::open, 2),
        ("setRequestHeader", send::set_request_header, 2),
        ("send", send::send, 0),
        ("abort", send::abort, 0),
        ("getResponseHeader", response::get_response_header, 1),
        ("getAllResponseHeaders", response::get_all_response_headers, 0),
        ("overrideMimeType", override_mime_type, 1),
    ],
    constants: &[("UNSENT", 0), ("OPENED", 1), ("HEADERS_RECEIVED", 2), ("LOADING", 3), ("DONE", 4)],
    ..Interface::EMPTY
};

/// Installs XMLHttpRequest, its upload and their common parent.
///
/// # Errors
/// What boa says; a bug.
pub fn install_xhr(context: &mut Context) -> JsResult<()> {
    install(&EVENT_TARGET, context)?;
    handlers::install(&prototype("XMLHttpRequestEventTarget", context), &KINDS, context);
    install(&UPLOAD, context)?;
    install(&XML_HTTP_REQUEST, context)?;
    handlers::install(&prototype("XMLHttpRequest", context), &["readystatechange"], context);
    Ok(())
}
