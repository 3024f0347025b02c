//! 多客服: `window.external` and `MCS_ClientNotify` (plugin-apis.md §1).

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;

use boa_engine::property::Attribute;
use boa_engine::realm::Realm;
use boa_engine::{Context, JsData, JsObject, JsResult, JsString, JsValue, js_string};
use boa_gc::{Finalize, Trace};

use crate::base::limits::{PUT_MSG_MS, UNKNOWN_MEMBERS_MAX};
use crate::engine::context::page_realm;
use crate::engine::convert::{arg, string, to_utf8};
use crate::engine::event_loop::{EventLoop, Output};
use crate::engine::exotic::{go_on, proxy};
use crate::engine::fault::Sources;
use crate::engine::interface::{define_method, define_value};
use crate::engine::script;
use crate::event::{Cause, Console, ConsoleLevel, Effect, Fault, RETURN_BAD, RETURN_OK};
use crate::session::{Randoms, Told, judge_put_msg, subject_of};

/// What the dialect knows of a document: whom its page was told, and the randoms.
pub struct McsState {
    told: Rc<RefCell<Told>>,
    randoms: RefCell<Randoms>,
    /// Unknown members that the page was warned of.
    asked: RefCell<BTreeSet<String>>,
    /// Whether the plugin speaks this dialect.
    is_spoken: bool,
}

impl McsState {
    /// A fresh document's state; `told` is the page's. Where the plugin does not speak the dialect the page finds only
    /// what browsers have.
    #[must_use]
    pub fn new(told: Rc<RefCell<Told>>, is_spoken: bool) -> Self {
        Self { told, randoms: RefCell::default(), asked: RefCell::default(), is_spoken }
    }
}

/// What the dialect knows of a document, where its realm keeps it.
#[derive(Trace, Finalize, JsData)]
struct OfRealm(#[unsafe_ignore_trace] Rc<McsState>);

fn state_of(realm: &Realm) -> Option<Rc<McsState>> {
    realm.host_defined().get::<OfRealm>().map(|found| found.0.clone())
}

/// Forgets the randoms of the page's documents, as for fresh ones.
pub fn forget_randoms(context: &mut Context) {
    let realms = EventLoop::of(context).realms();
    for state in realms.iter().chain([&page_realm(context)]).filter_map(state_of) {
        state.randoms.take();
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

/// An argument that is not too large; else that is reported.
fn bounded(argument: String, context: &Context) -> Option<String> {
    if argument.len() as u64 <= EventLoop::of(context).limits().message_bytes {
        return Some(argument);
    }
    say_too_large(context);
    None
}

/// Reports that a call's arguments have more bytes than they may.
pub(super) fn say_too_large(context: &Context) {
    let event_loop = EventLoop::of(context);
    let place = script::here(context)
        .map(|(url, line, column)| Sources::of(context).place(&url, line, column, String::new()))
        .unwrap_or_default();
    let value = event_loop.limits().message_bytes;
    event_loop.emit(Output::Fault(Fault::Limit { limit: "message_bytes".to_owned(), value, place }));
}

/// `external.PutMsg(json)`: never throws (plugin-apis.md §1.2).
fn put_msg(_: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let Some(argument) = bounded(argument_text(&arg(args, 0), context).unwrap_or_default(), context) else {
        return Ok(string(RETURN_BAD));
    };
    let event_loop = EventLoop::of(context);
    let Some(state) = state_of(context.realm()) else { return Ok(string(RETURN_OK)) };
    let cause = event_loop.cause().unwrap_or_else(|| Cause::new("", None));
    let subject = subject_of(&cause, &state.told.borrow());
    let call = judge_put_msg(&argument, &subject, &mut state.randoms.borrow_mut());
    let returned = call.returned();
    event_loop.emit_at(Output::Effect(Effect::PutMsg(call)), script::calling_place(context));
    event_loop.clock().advance(PUT_MSG_MS);
    Ok(string(returned))
}

/// `external.Notice(any)` (plugin-apis.md §1.3).
fn notice(_: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let argument = match args.first() {
        Some(value) if !value.is_undefined() => argument_text(value, context).unwrap_or_default(),
        _ => String::new(),
    };
    let Some(argument) = bounded(argument, context) else { return Ok(string(RETURN_BAD)) };
    let effect = Effect::Notice { argument, returned: RETURN_OK.to_owned() };
    EventLoop::of(context).emit_at(Output::Effect(effect), script::calling_place(context));
    Ok(string(RETURN_OK))
}

/// Members that are read of any object: by promises, `JSON`, and libraries that look what an object is.
const READ_OF_ANYTHING: [&str; 6] = ["then", "toJSON", "nodeType", "window", "length", "jquery"];

/// What nothing else of `external` answers: the page wants something that the client never had, or that is not known.
/// It is undefined, with one warning for each name.
fn unknown_member(_: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let value = go_on(args, context)?;
    let Some(key) = arg(args, 1).as_string().filter(|_| value.is_undefined()) else { return Ok(value) };
    let (name, state) = (to_utf8(&key), state_of(context.realm()));
    let is_spoken = state.as_ref().is_some_and(|state| state.is_spoken);
    let is_first = state.is_some_and(|state| {
        let mut asked = state.asked.borrow_mut();
        asked.len() < UNKNOWN_MEMBERS_MAX && asked.insert(name.clone())
    });
    if is_first && !READ_OF_ANYTHING.contains(&name.as_str()) {
        let place = script::here(context).map(|(url, line, column)| {
            let place = Sources::of(context).place(&url, line, column, String::new());
            format!(" ({}:{line}:{column})", place.file.unwrap_or(url))
        });
        let place = place.unwrap_or_default();
        let there_is = match is_spoken {
            true => "the client's pages have external.PutMsg and Notice",
            false => "`dialects` of plugin.toml does not name \"mcs\"",
        };
        let text = format!("external.{name} is missing here: {there_is}{place}");
        EventLoop::of(context).emit(Output::Console(Console { level: ConsoleLevel::Warn, text }));
    }
    Ok(value)
}

/// Puts `window.external` on the global object of a frame, whose document has randoms of its own.
pub fn install_framed(context: &mut Context) {
    if let Some(page) = state_of(&page_realm(context)) {
        install(McsState::new(page.told.clone(), page.is_spoken), context);
    }
}

/// Puts `window.external` on the global object.
pub fn install(state: McsState, context: &mut Context) {
    let is_spoken = state.is_spoken;
    context.realm().host_defined_mut().insert(OfRealm(Rc::new(state)));
    let external = JsObject::with_object_proto(context.intrinsics());
    // At the end of the chain: reading what is there does not come by.
    if let Some(last) = external.prototype()
        && let Ok(proxied) = proxy(&last, &[("get", unknown_member)], context)
    {
        external.set_prototype(Some(proxied));
    }
    if is_spoken {
        define_method(&external, "PutMsg", put_msg, 1, context);
        define_method(&external, "Notice", notice, 1, context);
    }
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
