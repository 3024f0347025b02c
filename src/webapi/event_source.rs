//! EventSource ([HTML §9.2](https://html.spec.whatwg.org/#server-sent-events)): over the host's network like every request,
//! piece by piece.
//!
//! What a listener does has the cause of the task that made the object, as with timers and XHR. An open stream does not
//! keep a page from being idle; one that opens does. Between attempts the pause grows where nothing came (the standard
//! leaves that to us): in virtual time hours pass at once.

use std::cell::RefCell;
use std::rc::Rc;

use boa_engine::{Context, JsData, JsObject, JsResult, JsValue};
use boa_gc::{Finalize, Trace};
use url::Url;

use super::event::{Event, dispatch};
use super::event_stream::{EventStream, StreamEvent};
use super::exception::dom_exception;
use super::fetching::{self, report_failure};
use super::handlers;
use super::target::{Listeners, fire};
use super::window::Window;
use crate::base::limits::{EVENT_BYTES_MAX, RECONNECTION_MS_MAX};
use crate::engine::convert::{arg, array, member, require, string, text, type_error};
use crate::engine::event_loop::EventLoop;
use crate::engine::interface::{Interface, install as install_interface, new_target_prototype};
use crate::net::{Credentials, Destination, Mode, NetError, Request, Response};

const CONNECTING: u8 = 0;
const OPEN: u8 = 1;
const CLOSED: u8 = 2;

/// How long is waited before a stream is asked for again, in ms, where it says nothing of that; as in browsers.
const RECONNECTION_MS: i64 = 3_000;

/// The native data of an EventSource.
#[derive(Trace, Finalize, JsData)]
pub struct SourceObject {
    /// Its listeners.
    pub listeners: Listeners,
    #[unsafe_ignore_trace]
    state: RefCell<State>,
}

struct State {
    url: Url,
    with_credentials: bool,
    ready: u8,
    /// Counted up by each attempt, and by `close`: what an earlier one brings is void.
    run: u64,
    /// The stream's number and the request under way.
    stream: Option<u64>,
    request: Option<u64>,
    /// The origin of the answer.
    origin: String,
    events: EventStream,
    reconnection_ms: i64,
    /// Attempts since the last one that brought something.
    failures: u32,
}

fn this_source(this: &JsValue) -> JsResult<JsObject> {
    this.as_object().filter(JsObject::is::<SourceObject>).ok_or_else(|| type_error("Illegal invocation"))
}

fn with<R>(source: &JsObject, f: impl FnOnce(&mut State) -> R) -> JsResult<R> {
    let data = source.downcast_ref::<SourceObject>().ok_or_else(|| type_error("Illegal invocation"))?;
    let mut state = data.state.borrow_mut();
    Ok(f(&mut state))
}

fn construct(new_target: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let prototype = new_target_prototype(new_target, "EventSource", context)?;
    require(args, 1)?;
    let address = text(args, 0, context)?;
    let with_credentials = member(&arg(args, 1), "withCredentials", context)?.to_boolean();
    let Some(url) = Window::of(context).resolve(&address) else {
        return Err(dom_exception("SyntaxError", &format!("Cannot open an EventSource to '{address}'."), context));
    };
    let state = State {
        url,
        with_credentials,
        ready: CONNECTING,
        run: 0,
        stream: None,
        request: None,
        origin: String::new(),
        events: EventStream::default(),
        reconnection_ms: RECONNECTION_MS,
        failures: 0,
    };
    let data = SourceObject { listeners: Listeners::default(), state: RefCell::new(state) };
    let source = JsObject::from_proto_and_data(prototype, data);
    connect(&source, context)?;
    Ok(source.into())
}

/// Asks for the stream.
fn connect(source: &JsObject, context: &mut Context) -> JsResult<()> {
    let window = Window::of(context);
    let (request, run) = with(source, |state| {
        state.run += 1;
        let mut headers = vec![
            ("Accept".to_owned(), "text/event-stream".to_owned()),
            ("Cache-Control".to_owned(), "no-cache".to_owned()),
        ];
        if !state.events.last_id().is_empty() {
            headers.push(("Last-Event-ID".to_owned(), state.events.last_id().to_owned()));
        }
        let credentials = if state.with_credentials { Credentials::Include } else { Credentials::SameOrigin };
        let request = fetching::request(&state.url, Destination::Xhr, None, &window);
        (Request { headers, mode: Mode::Cors, credentials, ..request }, state.run)
    })?;
    let waiting = source.clone();
    let on_answer = move |answer: Result<Response, NetError>, context: &mut Context| {
        if !is_still(&waiting, run)? {
            return Ok(());
        }
        with(&waiting, |state| state.request = None)?;
        match answer {
            Ok(answer) => opened(&waiting, &answer, context),
            Err(error) => broke(&waiting, &error, context),
        }
    };
    let (stream, id) = window.world.open_stream(request, Destination::Stream, Box::new(on_answer), &window.event_loop);
    with(source, |state| (state.stream, state.request) = (Some(stream), Some(id)))
}

/// Whether the object is still at what it did when it counted `run`.
fn is_still(source: &JsObject, run: u64) -> JsResult<bool> {
    with(source, |state| state.run == run && state.ready != CLOSED)
}

/// The head of the answer has come.
fn opened(source: &JsObject, answer: &Response, context: &mut Context) -> JsResult<()> {
    let kind = answer.header("content-type").unwrap_or_default();
    let is_stream = kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("text/event-stream"));
    if answer.status != 200 || !is_stream {
        let reason = match answer.status {
            200 => format!("its content is `{kind}`, not text/event-stream"),
            status => format!("its status is {status}, not 200"),
        };
        let url = with(source, |state| state.url.clone())?;
        let error = NetError::Protocol { url: url.to_string(), reason };
        report_failure(&error, &url, &EventLoop::of(context));
        return fail(source, context);
    }
    with(source, |state| {
        state.ready = OPEN;
        state.origin = answer.url.origin().ascii_serialization();
        state.events = EventStream::after(state.events.last_id().to_owned());
    })?;
    let run = with(source, |state| state.run)?;
    fire(source, "open", false, false, context)?;
    if !is_still(source, run)? {
        return Ok(());
    }
    if answer.body.is_empty() { next(source, context) } else { receive(source, &answer.body, context) }
}

/// Asks for the next piece.
fn next(source: &JsObject, context: &mut Context) -> JsResult<()> {
    let window = Window::of(context);
    let Some((stream, run)) = with(source, |state| state.stream.map(|stream| (stream, state.run)))? else {
        return Ok(());
    };
    let waiting = source.clone();
    let on_answer = move |answer: Result<Response, NetError>, context: &mut Context| {
        if !is_still(&waiting, run)? {
            return Ok(());
        }
        with(&waiting, |state| state.request = None)?;
        match answer {
            Ok(piece) if piece.body.is_empty() => reconnect(&waiting, context),
            Ok(piece) => receive(&waiting, &piece.body, context),
            Err(error) => broke(&waiting, &error, context),
        }
    };
    let id = window.world.next_piece(stream, Box::new(on_answer), &window.event_loop);
    with(source, |state| state.request = id)
}

/// A piece has come: each event is a task.
fn receive(source: &JsObject, piece: &[u8], context: &mut Context) -> JsResult<()> {
    let read = with(source, |state| {
        let events = state.events.feed(piece);
        if let Some(ms) = state.events.retry_ms {
            state.reconnection_ms = ms;
        }
        if events.as_ref().is_ok_and(|events| !events.is_empty()) {
            state.failures = 0;
        }
        (events, state.run)
    })?;
    let (Ok(events), run) = read else {
        let url = with(source, |state| state.url.clone())?;
        let error = NetError::TooLarge { url: url.to_string(), bytes_max: EVENT_BYTES_MAX };
        report_failure(&error, &url, &EventLoop::of(context));
        return fail(source, context);
    };
    let event_loop = EventLoop::of(context);
    for event in events {
        let source = source.clone();
        event_loop.queue(Box::new(move |context| deliver(&source, run, &event, context)));
    }
    next(source, context)
}

fn deliver(source: &JsObject, run: u64, event: &StreamEvent, context: &mut Context) -> JsResult<()> {
    // An event that came before the connection broke is delivered: the next attempt has another number.
    if with(source, |state| state.ready == CLOSED || state.run < run)? {
        return Ok(());
    }
    let origin = with(source, |state| state.origin.clone())?;
    let members = vec![
        ("data", string(&event.data)),
        ("origin", string(&origin)),
        ("lastEventId", string(&event.id)),
        ("source", JsValue::null()),
        ("ports", array([], context)),
    ];
    let event = Event::trusted("MessageEvent", &event.kind, false, false, members, context);
    dispatch(&event, source, context).map(drop)
}

/// Why there is no answer, or no more of it: what would only lead to the same is not asked for again.
fn broke(source: &JsObject, error: &NetError, context: &mut Context) -> JsResult<()> {
    let url = with(source, |state| state.url.clone())?;
    report_failure(error, &url, &EventLoop::of(context));
    let is_futile =
        error.is_certain() || matches!(error, NetError::RefusedAddress { .. } | NetError::TooManyStreams { .. });
    if is_futile { fail(source, context) } else { reconnect(source, context) }
}

/// [Fail the connection](https://html.spec.whatwg.org/#fail-the-connection).
fn fail(source: &JsObject, context: &mut Context) -> JsResult<()> {
    leave(source, context)?;
    with(source, |state| state.ready = CLOSED)?;
    fire(source, "error", false, false, context).map(drop)
}

/// [Reestablish the connection](https://html.spec.whatwg.org/#reestablish-the-connection).
fn reconnect(source: &JsObject, context: &mut Context) -> JsResult<()> {
    leave(source, context)?;
    let (run, pause) = with(source, |state| {
        state.ready = CONNECTING;
        let grown = state.reconnection_ms.saturating_mul(1_i64 << state.failures.min(16));
        state.failures += 1;
        (state.run, grown.min(RECONNECTION_MS_MAX.max(state.reconnection_ms)))
    })?;
    fire(source, "error", false, false, context)?;
    if !is_still(source, run)? {
        return Ok(());
    }
    let again = source.clone();
    let work = move |context: &mut Context| if is_still(&again, run)? { connect(&again, context) } else { Ok(()) };
    EventLoop::of(context).set_timer(pause, false, Rc::new(work));
    Ok(())
}

/// Leaves the stream, if there is one.
fn leave(source: &JsObject, context: &mut Context) -> JsResult<()> {
    let window = Window::of(context);
    let (stream, request) = with(source, |state| (state.stream.take(), state.request.take()))?;
    if let Some(id) = request {
        window.world.abort(id, &window.event_loop);
    }
    if let Some(stream) = stream {
        window.world.close_stream(stream, window.event_loop.clock().now());
    }
    Ok(())
}

fn close(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let source = this_source(this)?;
    leave(&source, context)?;
    with(&source, |state| {
        state.ready = CLOSED;
        state.run += 1;
    })?;
    Ok(JsValue::undefined())
}

const EVENT_SOURCE: Interface = Interface {
    name: "EventSource",
    parent: Some("EventTarget"),
    constructor: Some((construct, 1)),
    attributes: &[
        ("url", |this, _, _| with(&this_source(this)?, |state| string(state.url.as_str())), None),
        ("readyState", |this, _, _| with(&this_source(this)?, |state| i32::from(state.ready).into()), None),
        ("withCredentials", |this, _, _| with(&this_source(this)?, |state| state.with_credentials.into()), None),
    ],
    methods: &[("close", close, 0)],
    constants: &[("CONNECTING", CONNECTING as u32), ("OPEN", OPEN as u32), ("CLOSED", CLOSED as u32)],
    ..Interface::EMPTY
};

/// Installs EventSource.
///
/// # Errors
/// What boa says; a bug.
pub(super) fn install(context: &mut Context) -> JsResult<()> {
    install_interface(&EVENT_SOURCE, context)?;
    let source = crate::engine::interface::prototype("EventSource", context);
    handlers::install(&source, &["open", "message", "error"], context);
    Ok(())
}
