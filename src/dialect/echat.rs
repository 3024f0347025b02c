//! 一洽: the object `echatSDK`, its check, and what it tells its page (plugin-apis.md §2).

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use boa_engine::property::Attribute;
use boa_engine::{Context, JsObject, JsResult, JsValue};
use serde_json::{Value, json};

use super::echat_arguments::object_keys;
use super::echat_calls::{self, Call};
use super::echat_signature::{Passed, Refusal, check};
use crate::base::interrupt;
use crate::base::limits::ECHAT_LISTENERS_MAX;
use crate::engine::convert::{Native, arg};
use crate::engine::event_loop::EventLoop;
use crate::engine::interface::{define_method, define_value};
use crate::engine::queued::Loop;
use crate::event::{Cause, EchatSettings, Outcome};
use crate::session::Told;

/// Why a call that passes `config` was not really checked.
const NO_TOKEN: &str = "no token is configured: the signature is not checked";
/// Why a page that is handed no signature has none: nobody said that it is one of EChat.
const NOT_OPENED_FOR: &str =
    "; the page's address was given none: that it is a page of EChat says an [echat] in its plugin.toml";

/// What `config` has led to so far.
#[derive(Clone, Debug, Default, PartialEq)]
enum Status {
    /// It was not called, or its result is yet to come.
    #[default]
    Unchecked,
    /// It succeeded.
    Ready,
    /// It failed with this result.
    Failed(Value),
}

/// What the SDK knows of its document.
pub struct EchatState {
    pub(super) told: Rc<RefCell<Told>>,
    pub(super) debug: Cell<bool>,
    settings: EchatSettings,
    status: RefCell<Status>,
    /// What waits for the check, each under the cause that it was registered by.
    ready: RefCell<Vec<(Option<Cause>, JsObject)>>,
    error: RefCell<Vec<(Option<Cause>, JsObject)>>,
    listeners: RefCell<BTreeMap<&'static str, Vec<JsObject>>>,
    /// `Object.keys` as the page found it.
    keys: RefCell<Option<JsObject>>,
}

impl EchatState {
    /// A fresh document's state; `told` is the page's.
    #[must_use]
    pub fn new(told: Rc<RefCell<Told>>, settings: EchatSettings) -> Self {
        Self {
            told,
            settings,
            debug: Cell::new(false),
            status: RefCell::default(),
            ready: RefCell::default(),
            error: RefCell::default(),
            listeners: RefCell::default(),
            keys: RefCell::default(),
        }
    }

    pub(super) fn of(context: &Context) -> Option<Rc<Self>> {
        context.get_data::<Rc<Self>>().cloned()
    }

    pub(super) fn object_keys(&self) -> Option<JsObject> {
        self.keys.borrow().clone()
    }

    /// Why a command is ignored; none where `config` has succeeded.
    pub(super) fn not_ready(&self) -> Option<&'static str> {
        match &*self.status.borrow() {
            Status::Unchecked => Some("config has not succeeded yet"),
            Status::Ready => None,
            Status::Failed(_) => Some("config has failed"),
        }
    }
}

/// `echatSDK.config(object)`: the result is there at once, and comes in a later task.
fn config(_: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let Some(state) = EchatState::of(context) else { return Ok(JsValue::undefined()) };
    let event_loop = EventLoop::of(context);
    let mut call = Call::read("config", 1, args, context);
    let argument = call.arguments.first().cloned().unwrap_or_default();
    state.debug.set(argument.get("debug") == Some(&Value::Bool(true)));
    call.log(&state, context);
    let checked = check(&argument, &state.settings, event_loop.clock().now());
    let result = match checked {
        Ok(_) => json!({ "errcode": 0, "errmsg": "ok" }),
        Err(refusal) => refusal.result(),
    };
    call.result = Some(result.clone());
    match checked {
        Ok(passed) => call.end(Outcome::Accepted, (passed == Passed::Unchecked).then_some(NO_TOKEN), context),
        Err(refusal) => {
            let is_unsigned = refusal == Refusal::Incomplete && !state.settings.is_opened_for;
            let hint = if is_unsigned { NOT_OPENED_FOR } else { "" };
            call.end(Outcome::Invalid, Some(&format!("{}{hint}", refusal.message())), context);
        }
    }
    let status = if checked.is_ok() { Status::Ready } else { Status::Failed(result) };
    event_loop.queue(Box::new(move |context| {
        conclude(&state, status, context);
        Ok(())
    }));
    Ok(JsValue::undefined())
}

/// The result of `config` comes: who waits for it is told, each in a task of his own cause.
fn conclude(state: &Rc<EchatState>, status: Status, context: &mut Context) {
    let event_loop = EventLoop::of(context);
    state.status.replace(status.clone());
    match status {
        Status::Ready => {
            for (cause, function) in state.ready.take() {
                call_ready(state, cause, function, &event_loop);
            }
        }
        Status::Failed(result) => {
            for (cause, function) in state.error.borrow().clone() {
                let result = result.clone();
                let call = move |context: &mut Context| call_all(&[function], Some(&result), context);
                event_loop.queue_with(cause, Box::new(call));
            }
        }
        Status::Unchecked => {}
    }
}

/// Calls a function that waited for the check under the cause it was registered by; it waits on where another check has
/// failed meanwhile.
fn call_ready(state: &Rc<EchatState>, cause: Option<Cause>, function: JsObject, event_loop: &Loop) {
    let (state, its_cause) = (state.clone(), cause.clone());
    let call = move |context: &mut Context| {
        if state.not_ready().is_some() {
            state.ready.borrow_mut().push((its_cause, function));
            return Ok(());
        }
        call_all(&[function], None, context)
    };
    event_loop.queue_with(cause, Box::new(call));
}

/// Calls functions one after another, each with a value of its own. What one throws is reported, and the others run.
fn call_all(functions: &[JsObject], data: Option<&Value>, context: &mut Context) -> JsResult<()> {
    let event_loop = EventLoop::of(context);
    for function in functions {
        if interrupt::is_raised() {
            break;
        }
        let args = data.map(|data| JsValue::from_json(data, context)).transpose()?;
        event_loop.call(function, &JsValue::undefined(), args.as_slice(), context);
        event_loop.clean_up(context);
    }
    Ok(())
}

/// Takes a listener in. Something else, or one too many, is said on the console; it is no effect.
fn listener(name: &str, count: usize, args: &[JsValue], context: &mut Context) -> Option<JsObject> {
    if let Some(state) = EchatState::of(context).filter(|state| state.debug.get()) {
        Call::read(name, 1, args, context).log(&state, context);
    }
    let function = arg(args, 0).as_object().filter(JsObject::is_callable);
    let problem = match function {
        None => "the argument is not a function",
        Some(_) if count >= ECHAT_LISTENERS_MAX => "there are too many listeners already",
        Some(function) => return Some(function),
    };
    echat_calls::warn(&format!("echatSDK.{name} is ignored: {problem}"), context);
    None
}

/// `echatSDK.ready(fn)`
fn ready(_: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let Some(state) = EchatState::of(context) else { return Ok(JsValue::undefined()) };
    let count = state.ready.borrow().len();
    let Some(function) = listener("ready", count, args, context) else { return Ok(JsValue::undefined()) };
    let event_loop = EventLoop::of(context);
    let is_due = *state.status.borrow() == Status::Ready;
    match is_due {
        true => call_ready(&state, event_loop.cause(), function, &event_loop),
        false => state.ready.borrow_mut().push((event_loop.cause(), function)),
    }
    Ok(JsValue::undefined())
}

/// `echatSDK.error(fn)`
fn error(_: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let Some(state) = EchatState::of(context) else { return Ok(JsValue::undefined()) };
    let count = state.error.borrow().len();
    let Some(function) = listener("error", count, args, context) else { return Ok(JsValue::undefined()) };
    state.error.borrow_mut().push((EventLoop::of(context).cause(), function.clone()));
    if let Status::Failed(result) = state.status.borrow().clone() {
        EventLoop::of(context).queue(Box::new(move |context| call_all(&[function], Some(&result), context)));
    }
    Ok(JsValue::undefined())
}

/// The three events: each may have several listeners.
fn listen(event: &'static str, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    if let Some(state) = EchatState::of(context) {
        let count = state.listeners.borrow().get(event).map_or(0, Vec::len);
        if let Some(function) = listener(event, count, args, context) {
            state.listeners.borrow_mut().entry(event).or_default().push(function);
        }
    }
    Ok(JsValue::undefined())
}

/// Puts `echatSDK` on the global object.
pub fn install(state: Rc<EchatState>, context: &mut Context) {
    state.keys.replace(object_keys(context).ok().flatten());
    context.insert_data(state);
    let sdk = JsObject::with_object_proto(context.intrinsics());
    let own: [(&str, Native, usize); 6] = [
        ("config", config, 1),
        ("ready", ready, 1),
        ("error", error, 1),
        ("onSelectVisitor", |_, args, context| listen("onSelectVisitor", args, context), 1),
        ("onReceiveMsg", |_, args, context| listen("onReceiveMsg", args, context), 1),
        ("onCrmUpdate", |_, args, context| listen("onCrmUpdate", args, context), 1),
    ];
    for (name, native, length) in own.into_iter().chain(echat_calls::METHODS) {
        define_method(&sdk, name, native, length, context);
    }
    define_value(&context.global_object(), "echatSDK", sdk, Attribute::all());
}

/// Tells the page an event: all its listeners run, once `config` has succeeded.
///
/// # Errors
/// Data that is no value of a page: a bug.
pub fn notify(event: &str, data: &Value, context: &mut Context) -> JsResult<()> {
    let Some(state) = EchatState::of(context).filter(|state| state.not_ready().is_none()) else { return Ok(()) };
    let listeners = state.listeners.borrow().get(event).cloned().unwrap_or_default();
    call_all(&listeners, Some(data), context)
}
