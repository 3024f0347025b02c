//! `open`, `send`, `abort`, and what follows when the answer comes, or none
//! ([XHR §3.5](https://xhr.spec.whatwg.org/#request)).

use std::rc::Rc;

use boa_engine::{Context, JsObject, JsResult, JsValue};

use super::object::{Ready, ResponseType, State, XhrObject, invalid_state, sync_refused, this_xhr, with_state};
use super::progress::{Progress, fire, fire_upload, ready_state_change};
use crate::engine::convert::{arg, require, text};
use crate::engine::event_loop::EventLoop;
use crate::net::{Credentials, Destination, NetError, Request, Response};
use crate::webapi::body::{Body, extract};
use crate::webapi::exception::dom_exception;
use crate::webapi::fetching::{self, MethodError, method, report_failure};
use crate::webapi::headers::{byte_string, is_forbidden, is_token, value_of};
use crate::webapi::window::Window;

pub(super) fn open(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let xhr = this_xhr(this)?;
    require(args, 2)?;
    let (name, address) = (text(args, 0, context)?, text(args, 1, context)?);
    let is_async = args.get(2).is_none_or(JsValue::to_boolean);
    let method = match method(&name) {
        Ok(method) => method,
        Err(MethodError::Malformed) => {
            return Err(dom_exception("SyntaxError", &format!("'{name}' is not a valid HTTP method."), context));
        }
        Err(MethodError::Forbidden) => {
            return Err(dom_exception("SecurityError", &format!("'{name}' HTTP method is unsupported."), context));
        }
    };
    let Some(url) = Window::of(context).resolve(&address) else {
        return Err(dom_exception("SyntaxError", &format!("Invalid URL: {address}"), context));
    };
    let (timeout_ms, kind) = with_state(&xhr, |state| (state.timeout_ms, state.response_type))?;
    if !is_async && timeout_ms > 0 {
        return Err(sync_refused("Timeouts", context));
    }
    if !is_async && kind != ResponseType::Default {
        return Err(sync_refused("The response type", context));
    }
    end(&xhr, context)?;
    let was_open = with_state(&xhr, |state| {
        let was_open = state.ready == Ready::Opened;
        state.ready = Ready::Opened;
        state.method = method;
        state.url = Some(url);
        state.is_async = is_async;
        state.headers.clear();
        was_open
    })?;
    if !was_open {
        ready_state_change(&xhr, context)?;
    }
    Ok(JsValue::undefined())
}

/// Ends what the request is doing, silently: the answer is dropped, and so is one that was waited for.
fn end(xhr: &JsObject, context: &mut Context) -> JsResult<()> {
    let (request, timer) = with_state(xhr, |state| {
        state.run += 1;
        state.is_sent = false;
        state.answer = None;
        state.text = None;
        (state.request.take(), state.timer.take())
    })?;
    if let Some(data) = xhr.downcast_ref::<XhrObject>() {
        *data.response.borrow_mut() = None;
    }
    let window = Window::of(context);
    if let Some(id) = request {
        window.world.abort(id, &window.event_loop);
    }
    if let Some(id) = timer {
        window.event_loop.clear_timer(id);
    }
    Ok(())
}

pub(super) fn set_request_header(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let xhr = this_xhr(this)?;
    require(args, 2)?;
    let (name, value) = (byte_string(text(args, 0, context)?)?, byte_string(text(args, 1, context)?)?);
    require_opened(&xhr, "setRequestHeader", context)?;
    let Some(value) = value_of(&value).filter(|_| is_token(&name)) else {
        return Err(dom_exception("SyntaxError", &format!("'{name}: {value}' is not a valid HTTP header."), context));
    };
    if !is_forbidden(&name) {
        with_state(&xhr, |state| match state.headers.iter_mut().find(|(key, _)| key.eq_ignore_ascii_case(&name)) {
            Some((_, old)) => *old = format!("{old}, {value}"),
            None => state.headers.push((name, value.to_owned())),
        })?;
    }
    Ok(JsValue::undefined())
}

fn require_opened(xhr: &JsObject, method: &str, context: &mut Context) -> JsResult<()> {
    let is_opened = with_state(xhr, |state| state.ready == Ready::Opened && !state.is_sent)?;
    match is_opened {
        true => Ok(()),
        false => Err(invalid_state(&format!("execute '{method}'"), "The object's state must be OPENED.", context)),
    }
}

pub(super) fn send(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let xhr = this_xhr(this)?;
    require_opened(&xhr, "send", context)?;
    let takes_body = with_state(&xhr, |state| !matches!(state.method.as_str(), "GET" | "HEAD"))?;
    let body = if takes_body { extract(&arg(args, 0), context)? } else { None };
    // The body's toString may have done anything.
    require_opened(&xhr, "send", context)?;
    let window = Window::of(context);
    let (request, is_async) = with_state(&xhr, |state| {
        state.is_uploading = body.is_some();
        (outgoing(state, body.unwrap_or_default(), &window), state.is_async)
    })?;
    let Some(request) = request else { return Ok(JsValue::undefined()) };
    match is_async {
        true => send_async(&xhr, request, context)?,
        false => send_sync(&xhr, request, context)?,
    }
    Ok(JsValue::undefined())
}

fn outgoing(state: &State, body: Body, window: &Window) -> Option<Request> {
    let url = state.url.clone()?;
    let mut headers = state.headers.clone();
    let declared = headers.iter_mut().find(|(name, _)| name.eq_ignore_ascii_case("content-type"));
    match (declared, body.content_type) {
        (Some((_, value)), _) if body.is_text => *value = in_utf_8(value),
        (None, Some(content_type)) => headers.push(("Content-Type".to_owned(), content_type)),
        _ => {}
    }
    if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("accept")) {
        headers.push(("Accept".to_owned(), "*/*".to_owned()));
    }
    Some(Request {
        method: state.method.clone(),
        credentials: if state.with_credentials { Credentials::Include } else { Credentials::SameOrigin },
        headers,
        body: body.bytes,
        ..fetching::request(&url, Destination::Xhr, None, window)
    })
}

/// A content type whose charset, if it names one, is that of the text we send.
fn in_utf_8(content_type: &str) -> String {
    let parameters = content_type.split(';').map(|parameter| {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        let is_other = name.trim().eq_ignore_ascii_case("charset")
            && !value.trim().trim_matches('"').eq_ignore_ascii_case("utf-8");
        if is_other { format!("{name}=UTF-8") } else { parameter.to_owned() }
    });
    parameters.collect::<Vec<_>>().join(";")
}

/// Whether the request is still at what it did when it counted `run`.
fn is_still(xhr: &JsObject, run: u64) -> JsResult<bool> {
    with_state(xhr, |state| state.run == run)
}

fn send_async(xhr: &JsObject, request: Request, context: &mut Context) -> JsResult<()> {
    let window = Window::of(context);
    let sent_at_ms = request.now_ms;
    let (run, is_uploading) = with_state(xhr, |state| {
        state.is_sent = true;
        state.sent_at_ms = sent_at_ms;
        (state.run, state.is_uploading)
    })?;
    fire(xhr, "loadstart", Progress::default(), context)?;
    let upload = Progress { loaded: 0, total: request.body.len() };
    if is_uploading && is_still(xhr, run)? {
        fire_upload(xhr, "loadstart", upload, context)?;
    }
    if !is_still(xhr, run)? {
        return Ok(());
    }
    let waiting = xhr.clone();
    let url = request.url.clone();
    let on_answer = move |answer: Result<Response, NetError>, context: &mut Context| {
        if !is_still(&waiting, run)? {
            return Ok(());
        }
        let timer = with_state(&waiting, |state| {
            state.request = None;
            state.timer.take()
        })?;
        let event_loop = EventLoop::of(context);
        if let Some(timer) = timer {
            event_loop.clear_timer(timer);
        }
        match answer {
            Ok(answer) => receive(&waiting, answer, upload.total, context),
            Err(error) => {
                report_failure(&error, &url, &event_loop);
                fail(&waiting, "error", context)
            }
        }
    };
    let id = window.world.start(request, Box::new(on_answer), &window.event_loop);
    with_state(xhr, |state| state.request = Some(id))?;
    restart_timer(xhr, context)
}

/// Sets the timer of `timeout`, which counts from `send`, if the request is out.
pub(super) fn restart_timer(xhr: &JsObject, context: &mut Context) -> JsResult<()> {
    let event_loop = EventLoop::of(context);
    let (is_out, old, due, run) = with_state(xhr, |state| {
        let due = (state.timeout_ms > 0).then(|| state.sent_at_ms + i64::from(state.timeout_ms));
        (state.request.is_some(), state.timer.take(), due, state.run)
    })?;
    if let Some(old) = old {
        event_loop.clear_timer(old);
    }
    let Some(due) = due.filter(|_| is_out) else { return Ok(()) };
    let waiting = xhr.clone();
    let work = move |context: &mut Context| match is_still(&waiting, run)? {
        true => fail(&waiting, "timeout", context),
        false => Ok(()),
    };
    let delay = (due - event_loop.clock().now()).max(0);
    let timer = event_loop.set_timer(delay, false, Rc::new(work));
    with_state(xhr, |state| state.timer = Some(timer))
}

/// A synchronous request: nothing of the page runs while it waits, and page time stands still.
fn send_sync(xhr: &JsObject, request: Request, context: &mut Context) -> JsResult<()> {
    let window = Window::of(context);
    let url = request.url.clone();
    match window.world.fetch(request, &window.event_loop) {
        Ok(answer) => {
            let progress = progress_of(&answer);
            with_state(xhr, |state| {
                state.is_uploading = false;
                state.answer = Some(Rc::new(answer));
            })?;
            finish(xhr, progress, context)
        }
        Err(error) => {
            report_failure(&error, &url, &window.event_loop);
            with_state(xhr, |state| state.ready = Ready::Done)?;
            let message = format!("Failed to execute 'send' on 'XMLHttpRequest': {error}");
            Err(dom_exception("NetworkError", &message, context))
        }
    }
}

fn progress_of(answer: &Response) -> Progress {
    let declared = answer.header("content-length").and_then(|length| length.trim().parse().ok());
    let loaded = answer.body.len();
    Progress { loaded, total: declared.filter(|length| *length == loaded).unwrap_or(0) }
}

/// The answer has come: [handle response](https://xhr.spec.whatwg.org/#dom-xmlhttprequest-send). After each event the
/// page may have begun something else with the object.
fn receive(xhr: &JsObject, answer: Response, uploaded: usize, context: &mut Context) -> JsResult<()> {
    let (run, was_uploading) = with_state(xhr, |state| (state.run, std::mem::replace(&mut state.is_uploading, false)))?;
    if was_uploading {
        for kind in ["progress", "load", "loadend"] {
            fire_upload(xhr, kind, Progress { loaded: uploaded, total: uploaded }, context)?;
            if !is_still(xhr, run)? {
                return Ok(());
            }
        }
    }
    let progress = progress_of(&answer);
    with_state(xhr, |state| {
        state.ready = Ready::HeadersReceived;
        state.answer = Some(Rc::new(answer));
    })?;
    ready_state_change(xhr, context)?;
    if !is_still(xhr, run)? {
        return Ok(());
    }
    if progress.loaded > 0 {
        with_state(xhr, |state| state.ready = Ready::Loading)?;
        ready_state_change(xhr, context)?;
        if !is_still(xhr, run)? {
            return Ok(());
        }
    }
    fire(xhr, "progress", progress, context)?;
    if !is_still(xhr, run)? {
        return Ok(());
    }
    finish(xhr, progress, context)
}

/// [Handle response end-of-body](https://xhr.spec.whatwg.org/#handle-response-end-of-body).
fn finish(xhr: &JsObject, progress: Progress, context: &mut Context) -> JsResult<()> {
    let run = with_state(xhr, |state| {
        state.ready = Ready::Done;
        state.is_sent = false;
        state.run
    })?;
    ready_state_change(xhr, context)?;
    for kind in ["load", "loadend"] {
        if is_still(xhr, run)? {
            fire(xhr, kind, progress, context)?;
        }
    }
    Ok(())
}

/// [Request error steps](https://xhr.spec.whatwg.org/#request-error-steps): `error`, `timeout` or `abort`.
fn fail(xhr: &JsObject, kind: &str, context: &mut Context) -> JsResult<()> {
    end(xhr, context)?;
    let (run, was_uploading) = with_state(xhr, |state| {
        state.ready = Ready::Done;
        (state.run, std::mem::replace(&mut state.is_uploading, false))
    })?;
    ready_state_change(xhr, context)?;
    for kind in [kind, "loadend"] {
        if was_uploading && is_still(xhr, run)? {
            fire_upload(xhr, kind, Progress::default(), context)?;
        }
    }
    for kind in [kind, "loadend"] {
        if is_still(xhr, run)? {
            fire(xhr, kind, Progress::default(), context)?;
        }
    }
    Ok(())
}

pub(super) fn abort(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let xhr = this_xhr(this)?;
    let is_under_way = with_state(&xhr, |state| match state.ready {
        Ready::Opened => state.is_sent,
        Ready::HeadersReceived | Ready::Loading => true,
        Ready::Unsent | Ready::Done => false,
    })?;
    if is_under_way {
        fail(&xhr, "abort", context)?;
    }
    if with_state(&xhr, |state| state.ready == Ready::Done)? {
        end(&xhr, context)?;
        with_state(&xhr, |state| state.ready = Ready::Unsent)?;
    }
    Ok(JsValue::undefined())
}
