//! The commands of `echatSDK` (plugin-apis.md §2): what of their arguments goes to the log, and what becomes of them.

use boa_engine::{Context, JsError, JsObject, JsResult, JsString, JsValue, js_string};
use serde_json::{Value, json};

use super::echat::EchatState;
use super::mcs::bounded;
use crate::engine::convert::{Native, arg, string, to_utf8};
use crate::engine::event_loop::{EventLoop, Output};
use crate::engine::interface::function;
use crate::engine::script;
use crate::event::echat::{FUNCTION_MEMBER, SET_VISITOR_CHAT_SIGN};
use crate::event::{Cause, Console, ConsoleLevel, EchatCall, Effect, Outcome, parse_echat};
use crate::session::cause_rule::REASON_NO_USER;
use crate::session::{Subject, subject_of};

/// Why a sign is ignored.
const NOT_BOUND: &str = "the page is not bound to the conversation";

macro_rules! command {
    ($name:literal) => {
        ($name, |_, args, context| Ok(command($name, args, context)), 1)
    };
}

/// The commands, and what reads the page's address.
pub(super) const METHODS: [(&str, Native, usize); 8] = [
    command!("pushVisitorEvent"),
    command!("sendTxtMsgToVisitor"),
    command!("sendImageToVisitor"),
    command!("sendVideoToVisitor"),
    command!("sendVoiceToVisitor"),
    command!("sendFileToVisitor"),
    command!("setVisitorChatSign"),
    ("getParamData", get_param_data, 2),
];

/// A call that is being made.
pub(super) struct Call {
    name: String,
    pub(super) arguments: Vec<Value>,
    pub(super) result: Option<Value>,
    late: bool,
    /// What is wrong with the arguments before they are looked at.
    unreadable: Option<String>,
}

impl Call {
    /// A call with its arguments as JSON, functions as `{"$function": name}`.
    pub(super) fn read(name: &str, args: &[JsValue], context: &mut Context) -> Self {
        let mut call =
            Self { name: name.to_owned(), arguments: Vec::new(), result: None, late: false, unreadable: None };
        let mut text = String::from("[");
        for (index, value) in args.iter().enumerate() {
            text.push_str(if index > 0 { "," } else { "" });
            match json_text(value, context) {
                Ok(json) => text.push_str(&json),
                Err(_) => {
                    text.push_str("null");
                    call.unreadable = Some(format!("argument {} cannot be written as JSON", index + 1));
                }
            }
        }
        text.push(']');
        match bounded(text, context).map(|text| serde_json::from_str(&text)) {
            Some(Ok(arguments)) => call.arguments = arguments,
            Some(Err(error)) => call.unreadable = Some(format!("the arguments cannot be read as JSON: {error}")),
            None => call.unreadable = Some("the arguments are too large".to_owned()),
        }
        call
    }

    /// With `debug: true` every call is on the page's console.
    pub(super) fn log(&self, state: &EchatState, context: &Context) {
        if state.debug.get() {
            let arguments: Vec<String> = self.arguments.iter().map(Value::to_string).collect();
            let text = format!("echatSDK.{}({})", self.name, arguments.join(", "));
            EventLoop::of(context).emit(Output::Console(Console { level: ConsoleLevel::Log, text }));
        }
    }

    /// The call leaves as an effect.
    pub(super) fn end(self, outcome: Outcome, reason: Option<&str>, context: &mut Context) {
        let effect = Effect::Echat(EchatCall {
            call: self.name,
            arguments: self.arguments,
            outcome,
            reason: reason.map(str::to_owned),
            result: self.result,
            late: self.late,
        });
        let place = script::calling_place(context);
        EventLoop::of(context).emit_at(Output::Effect(effect), place);
    }
}

/// A warning on the page's console.
pub(super) fn warn(text: &str, context: &Context) {
    EventLoop::of(context).emit(Output::Console(Console { level: ConsoleLevel::Warn, text: text.to_owned() }));
}

/// A value as `JSON.stringify` writes it, with something for functions; what it does not write is `null`.
fn json_text(value: &JsValue, context: &mut Context) -> JsResult<String> {
    if let Some(text) = value.as_string() {
        // Half of a surrogate pair, as of an emoji cut in two, does not spoil a text.
        return Ok(Value::from(to_utf8(&text)).to_string());
    }
    let json = context.intrinsics().objects().json();
    let stringify = json.get(js_string!("stringify"), context)?;
    let replacer = function("", replace_function, 2, context);
    let text = match stringify.as_callable() {
        Some(stringify) => stringify.call(&JsValue::undefined(), &[value.clone(), replacer.into()], context)?,
        None => JsValue::undefined(),
    };
    Ok(text.as_string().map_or_else(|| "null".to_owned(), |text| to_utf8(&text)))
}

/// Functions by their names, texts without halves of surrogate pairs.
fn replace_function(_: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let value = arg(args, 1);
    if let Some(text) = value.as_string() {
        // As of a text by itself: half of a pair does not spoil the object around it.
        return Ok(JsString::from(to_utf8(&text)).into());
    }
    let Some(function) = value.as_object().filter(JsObject::is_callable) else { return Ok(value) };
    let name = function.get(js_string!("name"), context).unwrap_or_default();
    let name = name.as_string().map(|name| to_utf8(&name)).unwrap_or_default();
    JsValue::from_json(&json!({ FUNCTION_MEMBER: name }), context)
}

/// A sender, or the sign. Never throws.
fn command(name: &'static str, args: &[JsValue], context: &mut Context) -> JsValue {
    let Some(state) = EchatState::of(context) else { return JsValue::undefined() };
    let mut call = Call::read(name, args, context);
    call.log(&state, context);
    let cause = EventLoop::of(context).cause().unwrap_or_else(|| Cause::new("", None));
    let subject = subject_of(&cause, &state.told.borrow());
    call.late = subject.late;
    let (outcome, reason) = judge(&state, &call, &subject);
    if outcome == Outcome::Ignored {
        warn(&format!("echatSDK.{name} is ignored: {}", reason.as_deref().unwrap_or_default()), context);
    }
    call.end(outcome, reason.as_deref(), context);
    JsValue::undefined()
}

/// What becomes of a command, and why.
fn judge(state: &EchatState, call: &Call, subject: &Subject) -> (Outcome, Option<String>) {
    if let Some(reason) = state.not_ready() {
        return (Outcome::Ignored, Some(reason.to_owned()));
    }
    let wrong = call.unreadable.clone().or_else(|| parse_echat(&call.name, &call.arguments).err());
    if let Some(reason) = wrong {
        return (Outcome::Invalid, Some(reason));
    }
    if call.name == SET_VISITOR_CHAT_SIGN {
        let is_bound = subject.user.is_some() && !subject.late;
        return if is_bound { (Outcome::Accepted, None) } else { (Outcome::Ignored, Some(NOT_BOUND.to_owned())) };
    }
    match subject.user {
        Some(_) => (Outcome::Accepted, None),
        None => (Outcome::Invalid, Some(REASON_NO_USER.to_owned())),
    }
}

/// `echatSDK.getParamData(name, sub)`: at any time, before `config` as well.
fn get_param_data(_: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let call = Call::read("getParamData", args, context);
    if let Some(state) = EchatState::of(context) {
        call.log(&state, context);
    }
    let (name, sub) = (arg(args, 0), arg(args, 1));
    let is_right = name.is_string() && (sub.is_string() || sub.is_null_or_undefined());
    if !is_right {
        call.end(Outcome::Invalid, Some("the names of parameters are strings"), context);
        return Ok(string(""));
    }
    let text = |value: &JsValue| value.as_string().map(|text| to_utf8(&text));
    let search = search(context).unwrap_or_default();
    let value = parameter(&search, &text(&name).unwrap_or_default(), text(&sub).as_deref());
    call.end(Outcome::Accepted, None, context);
    Ok(string(&value))
}

/// The query of the page's address.
fn search(context: &mut Context) -> Result<String, JsError> {
    let location = context.global_object().get(js_string!("location"), context)?;
    let Some(location) = location.as_object() else { return Ok(String::new()) };
    let search = location.get(js_string!("search"), context)?;
    Ok(search.as_string().map(|text| to_utf8(&text)).unwrap_or_default())
}

/// A parameter of a query, decoded; with `sub`, that of the pairs in its value, decoded once more. Absent gives `""`.
fn parameter(search: &str, name: &str, sub: Option<&str>) -> String {
    let query = search.strip_prefix('?').unwrap_or(search);
    let found = pairs(query).map(|(key, value)| (decoded(&key.replace('+', " ")), value)).find(|(key, _)| key == name);
    let Some((_, value)) = found else { return String::new() };
    let value = decoded(&value.replace('+', " "));
    match sub {
        None => value,
        Some(sub) => {
            pairs(&value).find(|(key, _)| decoded(key) == sub).map(|(_, value)| decoded(value)).unwrap_or_default()
        }
    }
}

fn pairs(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")))
}

/// Percent-decoded; what is no sequence stays.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let digits = after.get(..2).filter(|_| *first == b'%').and_then(|digits| std::str::from_utf8(digits).ok());
        let byte = digits.filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
        match byte.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_of_an_address() {
        // encodeURIComponent("name=" + encodeURIComponent("张 三&a=b+c") + "&age=3")
        let search =
            "?a=1&data=name%3D%25E5%25BC%25A0%2520%25E4%25B8%2589%2526a%253Db%252Bc%26age%3D3&b=x+y%2Bz&c&a=2&d=%zz%4";
        let table = [
            ("a", None, "1"),
            ("b", None, "x y+z"),
            ("c", None, ""),
            ("d", None, "%zz%4"),
            ("none", None, ""),
            ("data", None, "name=%E5%BC%A0%20%E4%B8%89%26a%3Db%2Bc&age=3"),
            ("data", Some("name"), "张 三&a=b+c"),
            ("data", Some("age"), "3"),
            ("data", Some("none"), ""),
            ("none", Some("age"), ""),
        ];
        for (name, sub, expected) in table {
            assert_eq!(parameter(search, name, sub), expected, "{name} {sub:?}");
        }
        assert_eq!(parameter("", "a", None), "");
    }
}
