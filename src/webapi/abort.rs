//! AbortController and AbortSignal ([DOM §3](https://dom.spec.whatwg.org/#aborting-ongoing-activities)).

use std::cell::Cell;
use std::rc::Rc;

use boa_engine::object::builtins::JsFunction;
use boa_engine::{Context, JsData, JsError, JsObject, JsResult, JsValue};
use boa_gc::{Finalize, GcRefCell, Trace};

use super::exception;
use super::handlers;
use super::iterable::sequence;
use super::target::{Listeners, fire};
use super::window::Window;
use crate::engine::convert::{arg, require, type_error};
use crate::engine::event_loop::EventLoop;
use crate::engine::interface::{Interface, install, new_target_prototype, prototype};

/// A request that ends when its signal says so.
#[derive(Trace, Finalize)]
struct Watched {
    #[unsafe_ignore_trace]
    request: u64,
    reject: JsFunction,
}

/// The native data of an AbortSignal.
#[derive(Trace, Finalize, JsData, Default)]
pub struct SignalObject {
    /// Its listeners.
    pub listeners: Listeners,
    #[unsafe_ignore_trace]
    is_aborted: Cell<bool>,
    reason: GcRefCell<JsValue>,
    watched: GcRefCell<Vec<Watched>>,
    /// Signals of `AbortSignal.any` that are given when this one is. They live as long as this one does.
    dependents: GcRefCell<Vec<JsObject>>,
}

#[derive(Trace, Finalize, JsData)]
struct ControllerObject {
    signal: JsObject,
}

/// A signal that has not been given.
#[must_use]
pub fn make_signal(context: &mut Context) -> JsObject {
    JsObject::from_proto_and_data(prototype("AbortSignal", context), SignalObject::default())
}

fn with<R>(signal: &JsObject, f: impl FnOnce(&SignalObject) -> R) -> JsResult<R> {
    signal.downcast_ref::<SignalObject>().map(|data| f(&data)).ok_or_else(|| type_error("Illegal invocation"))
}

fn this_signal(this: &JsValue) -> JsResult<JsObject> {
    this.as_object().filter(JsObject::is::<SignalObject>).ok_or_else(|| type_error("Illegal invocation"))
}

/// The reason of a signal that was given.
#[must_use]
pub fn reason_of(signal: &JsObject) -> Option<JsValue> {
    with(signal, |data| data.is_aborted.get().then(|| data.reason.borrow().clone())).ok().flatten()
}

/// Has `signal` end a request of the world and reject its promise.
pub fn watch(signal: &JsObject, request: u64, reject: JsFunction) {
    // Only a signal is handed in.
    let _ = with(signal, |data| data.watched.borrow_mut().push(Watched { request, reject }));
}

/// The request has its answer.
pub fn unwatch(signal: &JsObject, reject: &JsFunction) {
    let _ = with(signal, |data| data.watched.borrow_mut().retain(|watched| !JsObject::equals(&watched.reject, reject)));
}

/// Gives the signal ([signal abort](https://dom.spec.whatwg.org/#abortsignal-signal-abort)).
///
/// # Errors
/// None that the page made.
pub fn signal_abort(signal: &JsObject, reason: &JsValue, context: &mut Context) -> JsResult<()> {
    if reason_of(signal).is_some() {
        return Ok(());
    }
    let reason = reason_or_default(reason, context);
    // All are given before any script learns of it.
    let mut given = vec![signal.clone()];
    give(signal, &reason)?;
    let mut at = 0;
    while at < given.len() {
        for dependent in with(&given[at], |data| std::mem::take(&mut *data.dependents.borrow_mut()))? {
            if reason_of(&dependent).is_none() {
                give(&dependent, &reason)?;
                given.push(dependent);
            }
        }
        at += 1;
    }
    given.iter().try_for_each(|signal| run_steps(signal, &reason, context))
}

fn give(signal: &JsObject, reason: &JsValue) -> JsResult<()> {
    with(signal, |data| {
        data.is_aborted.set(true);
        *data.reason.borrow_mut() = reason.clone();
    })
}

/// What follows once a signal is given ([run the abort steps](https://dom.spec.whatwg.org/#run-the-abort-steps)).
fn run_steps(signal: &JsObject, reason: &JsValue, context: &mut Context) -> JsResult<()> {
    let watched = with(signal, |data| std::mem::take(&mut *data.watched.borrow_mut()))?;
    let window = Window::of(context);
    for one in &watched {
        window.world.abort(one.request, &window.event_loop);
        one.reject.call(&JsValue::undefined(), std::slice::from_ref(reason), context)?;
    }
    fire(signal, "abort", false, false, context)?;
    Ok(())
}

fn reason_or_default(reason: &JsValue, context: &mut Context) -> JsValue {
    match reason.is_undefined() {
        true => exception::object("AbortError", "signal is aborted without reason", context).into(),
        false => reason.clone(),
    }
}

fn construct(new_target: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let prototype = new_target_prototype(new_target, "AbortController", context)?;
    let signal = make_signal(context);
    Ok(JsObject::from_proto_and_data(prototype, ControllerObject { signal }).into())
}

fn controller_signal(this: &JsValue) -> JsResult<JsObject> {
    let object = this.as_object();
    let data = object.as_ref().and_then(|object| object.downcast_ref::<ControllerObject>());
    data.map(|data| data.signal.clone()).ok_or_else(|| type_error("Illegal invocation"))
}

fn abort(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    signal_abort(&controller_signal(this)?, &arg(args, 0), context).map(|()| JsValue::undefined())
}

fn static_abort(_: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let signal = make_signal(context);
    signal_abort(&signal, &arg(args, 0), context)?;
    Ok(signal.into())
}

fn static_timeout(_: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    require(args, 1)?;
    let delay = args[0].to_u32(context)?;
    let signal = make_signal(context);
    let timed = signal.clone();
    let work = move |context: &mut Context| {
        let reason = exception::object("TimeoutError", "signal timed out", context);
        signal_abort(&timed, &reason.into(), context)
    };
    EventLoop::of(context).set_timer(i64::from(delay), false, Rc::new(work));
    Ok(signal.into())
}

/// A signal that is given when the first of some is
/// ([create a dependent abort signal](https://dom.spec.whatwg.org/#create-a-dependent-abort-signal)).
fn static_any(_: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    require(args, 1)?;
    let items = args[0].as_object().map(|object| sequence(&object, context)).transpose()?.flatten();
    let items = items.ok_or_else(|| type_error("The provided value cannot be converted to a sequence."))?;
    let sources = items.iter().map(this_signal).collect::<JsResult<Vec<_>>>();
    let sources = sources.map_err(|_| type_error("Failed to convert value to 'AbortSignal'."))?;
    let signal = make_signal(context);
    match sources.iter().find_map(reason_of) {
        Some(reason) => give(&signal, &reason)?,
        None => {
            for source in &sources {
                with(source, |data| data.dependents.borrow_mut().push(signal.clone()))?;
            }
        }
    }
    Ok(signal.into())
}

fn throw_if_aborted(this: &JsValue, _: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    match reason_of(&this_signal(this)?) {
        Some(reason) => Err(JsError::from_opaque(reason)),
        None => Ok(JsValue::undefined()),
    }
}

const ABORT_SIGNAL: Interface = Interface {
    name: "AbortSignal",
    parent: Some("EventTarget"),
    attributes: &[
        ("aborted", |this, _, _| Ok(reason_of(&this_signal(this)?).is_some().into()), None),
        ("reason", |this, _, _| Ok(reason_of(&this_signal(this)?).unwrap_or_default()), None),
    ],
    methods: &[("throwIfAborted", throw_if_aborted, 0)],
    statics: &[("abort", static_abort, 0), ("timeout", static_timeout, 1), ("any", static_any, 1)],
    ..Interface::EMPTY
};

const ABORT_CONTROLLER: Interface = Interface {
    name: "AbortController",
    constructor: Some((construct, 0)),
    attributes: &[("signal", |this, _, _| controller_signal(this).map(JsValue::from), None)],
    methods: &[("abort", abort, 0)],
    ..Interface::EMPTY
};

/// Installs AbortSignal and AbortController.
///
/// # Errors
/// What boa says; a bug.
pub fn install_abort(context: &mut Context) -> JsResult<()> {
    install(&ABORT_SIGNAL, context)?;
    handlers::install(&prototype("AbortSignal", context), &["abort"], context);
    install(&ABORT_CONTROLLER, context)
}

#[cfg(test)]
mod tests {
    use crate::webapi::testing::check;

    #[test]
    fn a_signal_is_given_once() {
        let c = "var c = new AbortController(), s = c.signal; s.onabort = function (e) { log('on', e.type, e.target \
            === s); };
                 s.addEventListener('abort', function () { log('listener', s.reason); });";
        check(
            &format!("{c} log(s.aborted, s.reason); c.abort('why'); c.abort('again'); log(s.aborted)"),
            "false \non abort true\nlistener why\ntrue",
        );
        check(
            &format!("{c} c.abort(); log(s.reason.name)"),
            "on abort true\nlistener AbortError: signal is aborted without reason\nAbortError",
        );
        check(
            &format!("{c} s.throwIfAborted(); c.abort(1); try {{ s.throwIfAborted() }} catch (e) {{ log(e) }}"),
            "on abort true\nlistener 1\n1",
        );
        check("AbortSignal.abort(3).reason", "3");
        check("var s = AbortSignal.timeout(5); s.onabort = function () { log(s.reason.name); }", "TimeoutError");
        check("new AbortSignal()", "TypeError: Illegal constructor");
    }

    #[test]
    fn signals_that_depend_on_others() {
        check(
            "var a = new AbortController(), b = new AbortController(), any = AbortSignal.any([a.signal, b.signal]), all = AbortSignal.any([any]); \
             a.signal.onabort = function () { log('a', any.aborted, all.aborted) }; any.onabort = function () { log('any', any.reason) }; \
             all.onabort = function () { log('all') }; b.abort('b'); a.abort('a'); log(any.reason)",
            "any b\nall\na true true\nb",
        );
        check("AbortSignal.any([AbortSignal.abort(1), AbortSignal.abort(2)]).reason", "1");
        check("AbortSignal.any([]).aborted", "false");
        check("AbortSignal.any([1])", "TypeError: Failed to convert value to 'AbortSignal'.");
    }
}
