//! 多客服: `window.external` and `MCS_ClientNotify` (plugin-apis.md §1).

use std::cell::RefCell;
use std::rc::Rc;

use boa_engine::property::Attribute;
use boa_engine::{Context, JsObject, JsResult, JsString, JsValue, js_string};

use crate::base::limits::PUT_MSG_MS;
use crate::engine::convert::{arg, string, to_utf8};
use crate::engine::event_loop::{EventLoop, Output};
use crate::engine::interface::{define_method, define_value};
use crate::event::{Cause, Effect, RETURN_OK};
use crate::session::{Randoms, Told, judge_put_msg, subject_of};

/// What the dialect knows of its page: whom it was told, and the randoms of this document.
pub struct McsState {
    told: Rc<RefCell<Told>>,
    randoms: RefCell<Randoms>,
}

impl McsState {
    /// A fresh document's state; `told` is the page's.
    #[must_use]
    pub fn new(told: Rc<RefCell<Told>>) -> Self {
        Self { told, randoms: RefCell::default() }
    }
}

/// The argument of `PutMsg` as text: an object as its JSON.
fn argument_text(value: &JsValue, context: &mut Context) -> JsResult<String> {
    if value.is_object() {
        let json = context.intrinsics().objects().json();
        let stringify = json.get(js_string!("stringify"), context)?;
        if let Some(stringify) = stringify.as_callable() {
            let text = stringify.call(&JsValue::undefined(), std::slice::from_ref(value), context)?;
            if let Some(text) = text.as_string() {
                return Ok(to_utf8(&text));
            }
        }
    }
    Ok(to_utf8(&value.to_string(context)?))
}

/// `external.PutMsg(json)`: never throws (plugin-apis.md §1.2).
fn put_msg(_: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let argument = argument_text(&arg(args, 0), context).unwrap_or_default();
    let event_loop = EventLoop::of(context);
    let Some(state) = context.get_data::<Rc<McsState>>().cloned() else { return Ok(string(RETURN_OK)) };
    let cause = event_loop.cause().unwrap_or_else(|| Cause::new("", None));
    let subject = subject_of(&cause, &state.told.borrow());
    let call = judge_put_msg(&argument, &subject, &mut state.randoms.borrow_mut());
    let returned = call.returned();
    event_loop.emit(Output::Effect(Effect::PutMsg(call)));
    event_loop.clock().advance(PUT_MSG_MS);
    Ok(string(returned))
}

/// `external.Notice(any)` (plugin-apis.md §1.3).
fn notice(_: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let argument = match args.first() {
        Some(value) if !value.is_undefined() => argument_text(value, context).unwrap_or_default(),
        _ => String::new(),
    };
    let effect = Effect::Notice { argument, returned: RETURN_OK.to_owned() };
    EventLoop::of(context).emit(Output::Effect(effect));
    Ok(string(RETURN_OK))
}

/// Puts `window.external` on the global object.
pub fn install(state: Rc<McsState>, context: &mut Context) {
    context.insert_data(state);
    let external = JsObject::with_object_proto(context.intrinsics());
    define_method(&external, "PutMsg", put_msg, 1, context);
    define_method(&external, "Notice", notice, 1, context);
    define_method(&external, "AddSearchProvider", |_, _, _| Ok(JsValue::undefined()), 0, context);
    define_method(&external, "IsSearchProviderInstalled", |_, _, _| Ok(JsValue::undefined()), 0, context);
    define_value(&context.global_object(), "external", external, Attribute::all());
}

/// Calls the page's `MCS_ClientNotify` with one JSON string. A page without it is legal; what it throws is reported
/// (plugin-apis.md §1.4: looked up at each call).
///
/// # Errors
/// What a getter called `MCS_ClientNotify` throws.
pub fn notify(json: &str, context: &mut Context) -> JsResult<()> {
    let global = context.global_object();
    let handler = global.get(js_string!("MCS_ClientNotify"), context)?;
    if let Some(handler) = handler.as_object().filter(JsObject::is_callable) {
        let this = JsValue::from(global);
        EventLoop::of(context).call(&handler, &this, &[JsString::from(json).into()], context);
    }
    Ok(())
}
