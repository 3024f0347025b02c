//! WebSocket ([WebSockets](https://websockets.spec.whatwg.org/)): connected by the host, frame by frame as EventSource is
//! read piece by piece.
//!
//! What a listener does has the cause of the task that made the object, as with timers and XHR. An open socket does not
//! keep a page from being idle; one that is being connected or closed does, and what is not sent yet. One frame is on its
//! way at a time, the others wait here: `bufferedAmount` counts what the system has not taken.

use std::cell::RefCell;
use std::collections::VecDeque;

use boa_engine::{Context, JsData, JsObject, JsResult, JsValue};
use boa_gc::{Finalize, Trace};
use url::Url;

use super::blob::{self, BlobObject, as_blob};
use super::body::{array_buffer, buffer_bytes};
use super::event::{Event, dispatch};
use super::exception::dom_exception;
use super::fetching::{self, report_failure};
use super::handlers;
use super::headers::is_token;
use super::iterable::sequence;
use super::target::{Listeners, fire};
use super::window::Window;
use crate::base::limits::SOCKET_BUFFERED_BYTES_MAX;
use crate::engine::convert::{arg, array, optional_text, require, string, text, type_error, value_text};
use crate::engine::event_loop::EventLoop;
use crate::engine::interface::{Interface, install as install_interface, new_target_prototype};
use crate::net::{Destination, Mode, NetError, Redirects, Request, Response, SocketFrame};

const CONNECTING: u8 = 0;
const OPEN: u8 = 1;
const CLOSING: u8 = 2;
const CLOSED: u8 = 3;

/// Longest reason, in bytes: a control frame has 125, two of them for the code.
const REASON_BYTES_MAX: usize = 123;

/// No status code, and no closing frame at all
/// ([RFC 6455 §7.4.1](https://datatracker.ietf.org/doc/html/rfc6455#section-7.4.1)).
const NO_STATUS: u16 = 1005;
const ABNORMAL: u16 = 1006;

/// The native data of a WebSocket.
#[derive(Trace, Finalize, JsData)]
pub struct SocketObject {
    /// Its listeners.
    pub listeners: Listeners,
    #[unsafe_ignore_trace]
    state: RefCell<State>,
}

struct State {
    url: Url,
    ready: u8,
    /// The subprotocol that the server chose.
    protocol: String,
    is_blob: bool,
    /// The socket's number, and the requests that have no answer: the one that opens it or asks for the next message, and
    /// the one that sends.
    stream: Option<u64>,
    coming: Option<u64>,
    sending: Option<u64>,
    /// What waits until that is out.
    queue: VecDeque<SocketFrame>,
    buffered_bytes: u64,
    /// Whether the closing handshake was begun here.
    is_closing: bool,
}

/// How a connection ended.
enum Ending {
    /// By closing frames.
    Clean(Option<u16>, String),
    /// Without, after the closing frame was sent.
    Unanswered,
    /// It was failed ([fail the WebSocket connection](https://websockets.spec.whatwg.org/#fail-the-websocket-connection)).
    Failed,
}

fn this_socket(this: &JsValue) -> JsResult<JsObject> {
    this.as_object().filter(JsObject::is::<SocketObject>).ok_or_else(|| type_error("Illegal invocation"))
}

fn with<R>(socket: &JsObject, f: impl FnOnce(&mut State) -> R) -> JsResult<R> {
    let data = socket.downcast_ref::<SocketObject>().ok_or_else(|| type_error("Illegal invocation"))?;
    let mut state = data.state.borrow_mut();
    Ok(f(&mut state))
}

fn construct(new_target: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let prototype = new_target_prototype(new_target, "WebSocket", context)?;
    require(args, 1)?;
    let address = text(args, 0, context)?;
    let protocols = protocols_arg(&arg(args, 1), context)?;
    let Some(url) = address_of(&address, &Window::of(context)) else {
        let message = format!("Cannot open a WebSocket to '{address}'.");
        return Err(dom_exception("SyntaxError", &message, context));
    };
    if let Some(wrong) = wrong_protocol(&protocols) {
        let message = format!("The subprotocol '{wrong}' is invalid, or is there twice.");
        return Err(dom_exception("SyntaxError", &message, context));
    }
    let state = State {
        url,
        ready: CONNECTING,
        protocol: String::new(),
        is_blob: true,
        stream: None,
        coming: None,
        sending: None,
        queue: VecDeque::new(),
        buffered_bytes: 0,
        is_closing: false,
    };
    let data = SocketObject { listeners: Listeners::default(), state: RefCell::new(state) };
    let socket = JsObject::from_proto_and_data(prototype, data);
    connect(&socket, &protocols, context)?;
    Ok(socket.into())
}

/// `(DOMString or sequence<DOMString>) protocols = []`
fn protocols_arg(value: &JsValue, context: &mut Context) -> JsResult<Vec<String>> {
    if value.is_undefined() {
        return Ok(Vec::new());
    }
    let items = value.as_object().map(|object| sequence(&object, context)).transpose()?.flatten();
    match items {
        Some(items) => items.iter().map(|item| value_text(item, context)).collect(),
        None => Ok(vec![value_text(value, context)?]),
    }
}

/// The address of a socket ([get a URL record](https://websockets.spec.whatwg.org/#get-a-url-record)); its query is UTF-8
/// whatever the document is.
fn address_of(address: &str, window: &Window) -> Option<Url> {
    let mut url = window.base_url().join(address).ok()?;
    let scheme = match url.scheme() {
        "http" => Some("ws"),
        "https" => Some("wss"),
        _ => None,
    };
    if let Some(scheme) = scheme {
        url.set_scheme(scheme).ok()?;
    }
    (matches!(url.scheme(), "ws" | "wss") && url.fragment().is_none()).then_some(url)
}

/// The first subprotocol that cannot be offered: no token, or there before in whatever case.
fn wrong_protocol(protocols: &[String]) -> Option<&String> {
    let is_there = |at: usize, name: &str| protocols.iter().take(at).any(|before| before.eq_ignore_ascii_case(name));
    protocols.iter().enumerate().find(|(at, name)| !is_token(name) || is_there(*at, name)).map(|(_, name)| name)
}

/// [Establish a WebSocket connection](https://websockets.spec.whatwg.org/#concept-websocket-establish).
fn connect(socket: &JsObject, protocols: &[String], context: &mut Context) -> JsResult<()> {
    let window = Window::of(context);
    let url = with(socket, |state| state.url.clone())?;
    let mut headers =
        vec![("Pragma".to_owned(), "no-cache".to_owned()), ("Cache-Control".to_owned(), "no-cache".to_owned())];
    if !protocols.is_empty() {
        headers.push(("Sec-WebSocket-Protocol".to_owned(), protocols.join(", ")));
    }
    let request = fetching::request(&url, Destination::Xhr, None, &window);
    let request = Request { headers, mode: Mode::Cors, redirects: Redirects::Error, ..request };
    let waiting = socket.clone();
    let on_answer = move |answer: Result<Response, NetError>, context: &mut Context| {
        with(&waiting, |state| state.coming = None)?;
        match answer {
            Ok(head) if head.status == 101 => opened(&waiting, &head, context),
            Ok(_) => end(&waiting, Ending::Failed, context),
            Err(error) => broke(&waiting, &error, context),
        }
    };
    let (stream, id) = window.world.open_stream(request, Destination::Socket, Box::new(on_answer), &window.event_loop);
    with(socket, |state| (state.stream, state.coming) = (Some(stream), Some(id)))
}

/// The connection is there.
fn opened(socket: &JsObject, head: &Response, context: &mut Context) -> JsResult<()> {
    with(socket, |state| {
        state.ready = OPEN;
        head.header("sec-websocket-protocol").unwrap_or_default().clone_into(&mut state.protocol);
    })?;
    next(socket, context)?;
    fire(socket, "open", false, false, context).map(drop)
}

/// Asks for the next message.
fn next(socket: &JsObject, context: &mut Context) -> JsResult<()> {
    let window = Window::of(context);
    let Some(stream) = with(socket, |state| state.stream)? else { return Ok(()) };
    let waiting = socket.clone();
    let on_answer = move |answer: Result<Response, NetError>, context: &mut Context| {
        with(&waiting, |state| state.coming = None)?;
        match answer.map(|piece| SocketFrame::of(&piece.headers, &piece.body)) {
            Ok(Some(SocketFrame::Close(code, reason))) => end(&waiting, Ending::Clean(code, reason), context),
            Ok(Some(message)) => {
                next(&waiting, context)?;
                deliver(&waiting, message, context)
            }
            Ok(None) => end(&waiting, Ending::Failed, context),
            Err(error) => broke(&waiting, &error, context),
        }
    };
    let id = window.world.next_piece(stream, Box::new(on_answer), &window.event_loop);
    with(socket, |state| state.coming = id)
}

/// [A WebSocket message has been received](https://websockets.spec.whatwg.org/#feedback-from-the-protocol).
fn deliver(socket: &JsObject, message: SocketFrame, context: &mut Context) -> JsResult<()> {
    let (ready, is_blob, origin) =
        with(socket, |state| (state.ready, state.is_blob, state.url.origin().ascii_serialization()))?;
    if ready != OPEN {
        return Ok(());
    }
    let data = match message {
        SocketFrame::Binary(bytes) if is_blob => blob::make(BlobObject::new(bytes, ""), context).into(),
        SocketFrame::Binary(bytes) => array_buffer(&bytes, context)?,
        SocketFrame::Text(text) | SocketFrame::Close(_, text) => string(&text),
    };
    let members = vec![
        ("data", data),
        ("origin", string(&origin)),
        ("lastEventId", string("")),
        ("source", JsValue::null()),
        ("ports", array([], context)),
    ];
    let event = Event::trusted("MessageEvent", "message", false, false, members, context);
    dispatch(&event, socket, context).map(drop)
}

/// Sends what waits, if nothing is on its way.
fn pump(socket: &JsObject, context: &mut Context) -> JsResult<()> {
    let window = Window::of(context);
    let next = with(socket, |state| match (state.stream, state.sending) {
        (Some(stream), None) => state.queue.pop_front().map(|frame| (stream, frame)),
        _ => None,
    })?;
    let Some((stream, frame)) = next else { return Ok(()) };
    let bytes = frame.payload_bytes() as u64;
    let is_close = matches!(frame, SocketFrame::Close(..));
    let waiting = socket.clone();
    let on_answer = move |answer: Result<Response, NetError>, context: &mut Context| {
        with(&waiting, |state| state.sending = None)?;
        match answer {
            Err(error) => broke(&waiting, &error, context),
            Ok(answer) if is_close => match SocketFrame::of(&answer.headers, &answer.body) {
                Some(SocketFrame::Close(code, reason)) => end(&waiting, Ending::Clean(code, reason), context),
                _ => end(&waiting, Ending::Unanswered, context),
            },
            Ok(answer) if answer.status == 200 => {
                with(&waiting, |state| state.buffered_bytes = state.buffered_bytes.saturating_sub(bytes))?;
                pump(&waiting, context)
            }
            // The connection is gone: what became of it comes where messages do.
            Ok(_) => with(&waiting, |state| state.queue.clear()),
        }
    };
    let id = window.world.send_frame(stream, frame, Box::new(on_answer), &window.event_loop);
    with(socket, |state| state.sending = id)
}

/// Why there is no connection, or none any more.
fn broke(socket: &JsObject, error: &NetError, context: &mut Context) -> JsResult<()> {
    let (url, is_closing) = with(socket, |state| (state.url.clone(), state.is_closing))?;
    if is_closing {
        return end(socket, Ending::Unanswered, context);
    }
    report_failure(error, &url, &EventLoop::of(context));
    end(socket, Ending::Failed, context)
}

/// [The WebSocket connection is closed](https://websockets.spec.whatwg.org/#eventdef-websocket-close).
fn end(socket: &JsObject, ending: Ending, context: &mut Context) -> JsResult<()> {
    leave(socket, context)?;
    if with(socket, |state| std::mem::replace(&mut state.ready, CLOSED))? == CLOSED {
        return Ok(());
    }
    if matches!(ending, Ending::Failed) {
        fire(socket, "error", false, false, context)?;
    }
    let (is_clean, code, reason) = match ending {
        Ending::Clean(code, reason) => (true, code.unwrap_or(NO_STATUS), reason),
        Ending::Unanswered | Ending::Failed => (false, ABNORMAL, String::new()),
    };
    let members = vec![("wasClean", is_clean.into()), ("code", i32::from(code).into()), ("reason", string(&reason))];
    let event = Event::trusted("CloseEvent", "close", false, false, members, context);
    dispatch(&event, socket, context).map(drop)
}

/// Fails the connection, in a task of its own.
fn fail(socket: &JsObject, context: &mut Context) -> JsResult<()> {
    leave(socket, context)?;
    with(socket, |state| state.ready = CLOSING)?;
    let socket = socket.clone();
    EventLoop::of(context).queue(Box::new(move |context| end(&socket, Ending::Failed, context)));
    Ok(())
}

/// Leaves the connection, if there is one.
fn leave(socket: &JsObject, context: &mut Context) -> JsResult<()> {
    let window = Window::of(context);
    let (stream, requests) = with(socket, |state| {
        state.queue.clear();
        (state.stream.take(), [state.coming.take(), state.sending.take()])
    })?;
    requests.into_iter().flatten().for_each(|id| window.world.abort(id, &window.event_loop));
    if let Some(stream) = stream {
        window.world.close_stream(stream, window.event_loop.clock().now());
    }
    Ok(())
}

fn send(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let socket = this_socket(this)?;
    require(args, 1)?;
    let data = arg(args, 0);
    let bytes = data.as_object().map(|object| buffer_bytes(&object, context)).transpose()?.flatten();
    let frame = match (bytes, as_blob(&data)) {
        (Some(bytes), _) => SocketFrame::Binary(bytes),
        (None, Some(blob)) => SocketFrame::Binary(blob.bytes().to_vec()),
        (None, None) => SocketFrame::Text(value_text(&data, context)?),
    };
    if with(&socket, |state| state.ready)? == CONNECTING {
        let message = "The WebSocket is still being connected.";
        return Err(dom_exception("InvalidStateError", message, context));
    }
    let (is_open, buffered_bytes) = with(&socket, |state| {
        state.buffered_bytes = state.buffered_bytes.saturating_add(frame.payload_bytes() as u64);
        (state.ready == OPEN, state.buffered_bytes)
    })?;
    if !is_open {
        return Ok(JsValue::undefined());
    }
    if buffered_bytes > SOCKET_BUFFERED_BYTES_MAX {
        let url = with(&socket, |state| state.url.clone())?;
        let bytes_max = usize::try_from(SOCKET_BUFFERED_BYTES_MAX).unwrap_or(usize::MAX);
        let error = NetError::TooMuchInFlight { url: url.to_string(), bytes_max };
        report_failure(&error, &url, &EventLoop::of(context));
        fail(&socket, context)?;
    } else {
        with(&socket, |state| state.queue.push_back(frame))?;
        pump(&socket, context)?;
    }
    Ok(JsValue::undefined())
}

/// `optional [Clamp] unsigned short code`
fn code_arg(value: &JsValue, context: &mut Context) -> JsResult<Option<u16>> {
    if value.is_undefined() {
        return Ok(None);
    }
    let number = value.to_number(context)?.clamp(0.0, f64::from(u16::MAX)).round_ties_even();
    // In its range, or no number, which is 0.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it was clamped")]
    let code = number as u16;
    Ok(Some(code))
}

/// [`close(code, reason)`](https://websockets.spec.whatwg.org/#dom-websocket-close)
fn close(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let socket = this_socket(this)?;
    let code = code_arg(&arg(args, 0), context)?;
    let reason = optional_text(args, 1, context)?;
    if let Some(code) = code.filter(|code| *code != 1000 && !(3000..=4999).contains(code)) {
        let message = format!("The code must be 1000, or between 3000 and 4999; {code} is neither.");
        return Err(dom_exception("InvalidAccessError", &message, context));
    }
    let reason = reason.unwrap_or_default();
    if reason.len() > REASON_BYTES_MAX {
        let message = format!("The reason must not be longer than {REASON_BYTES_MAX} bytes of UTF-8.");
        return Err(dom_exception("SyntaxError", &message, context));
    }
    // A reason stands behind a code.
    let code = code.or((!reason.is_empty()).then_some(1000));
    match with(&socket, |state| state.ready)? {
        CONNECTING => fail(&socket, context)?,
        OPEN => {
            with(&socket, |state| {
                (state.ready, state.is_closing) = (CLOSING, true);
                state.queue.push_back(SocketFrame::Close(code, reason));
            })?;
            pump(&socket, context)?;
        }
        _ => {}
    }
    Ok(JsValue::undefined())
}

/// `binaryType`: what is none of its values is ignored.
fn set_binary_type(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let socket = this_socket(this)?;
    let is_blob = match text(args, 0, context)?.as_str() {
        "blob" => true,
        "arraybuffer" => false,
        _ => return Ok(JsValue::undefined()),
    };
    with(&socket, |state| state.is_blob = is_blob)?;
    Ok(JsValue::undefined())
}

/// A number of a script's: exact as far as numbers are.
#[expect(clippy::cast_precision_loss, reason = "so much is never buffered")]
fn number(value: u64) -> JsValue {
    (value as f64).into()
}

const WEB_SOCKET: Interface = Interface {
    name: "WebSocket",
    parent: Some("EventTarget"),
    constructor: Some((construct, 1)),
    attributes: &[
        ("url", |this, _, _| with(&this_socket(this)?, |state| string(state.url.as_str())), None),
        ("readyState", |this, _, _| with(&this_socket(this)?, |state| i32::from(state.ready).into()), None),
        ("bufferedAmount", |this, _, _| with(&this_socket(this)?, |state| number(state.buffered_bytes)), None),
        // None is offered.
        ("extensions", |this, _, _| this_socket(this).map(|_| string("")), None),
        ("protocol", |this, _, _| with(&this_socket(this)?, |state| string(&state.protocol)), None),
        (
            "binaryType",
            |this, _, _| with(&this_socket(this)?, |state| string(if state.is_blob { "blob" } else { "arraybuffer" })),
            Some(set_binary_type),
        ),
    ],
    methods: &[("close", close, 0), ("send", send, 1)],
    constants: &[
        ("CONNECTING", CONNECTING as u32),
        ("OPEN", OPEN as u32),
        ("CLOSING", CLOSING as u32),
        ("CLOSED", CLOSED as u32),
    ],
    ..Interface::EMPTY
};

/// Installs WebSocket.
///
/// # Errors
/// What boa says; a bug.
pub(super) fn install(context: &mut Context) -> JsResult<()> {
    install_interface(&WEB_SOCKET, context)?;
    let socket = crate::engine::interface::prototype("WebSocket", context);
    handlers::install(&socket, &["open", "error", "close", "message"], context);
    Ok(())
}
