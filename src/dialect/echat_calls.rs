//! The commands of `echatSDK` (plugin-apis.md §2): what of their arguments goes to the log, and what becomes of them.

use boa_engine::{Context, JsError, JsResult, JsValue, js_string};
use serde_json::Value;

use super::echat::EchatState;
use super::echat_arguments::{Arguments, Unreadable};
use super::mcs::say_too_large;
use crate::engine::convert::{Native, arg, string, to_utf8};
use crate::engine::event_loop::{EventLoop, Output};
use crate::engine::script;
use crate::event::echat::SET_VISITOR_CHAT_SIGN;
use crate::event::{Cause, Console, ConsoleLevel, EchatCall, Effect, Outcome, parse_echat};
use crate::session::cause_rule::REASON_NO_USER;
use crate::session::{Subject, subject_of};

/// What is wrong with what `getParamData` is given.
const NOT_NAMES: &str = "the names of parameters are strings";
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
    /// A call with its arguments as JSON, functions as `{"$function": name}`. What is behind the `wanted` ones, as where
    /// a loop calls it, is in the log and spoils nothing.
    pub(super) fn read(name: &str, wanted: usize, args: &[JsValue], context: &mut Context) -> Self {
        let mut call =
            Self { name: name.to_owned(), arguments: Vec::new(), result: None, late: false, unreadable: None };
        let bytes_max = EventLoop::of(context).limits().message_bytes;
        let keys = EchatState::of(context).and_then(|state| state.object_keys());
        let mut arguments = Arguments::new(keys, usize::try_from(bytes_max).unwrap_or(usize::MAX), context);
        for (index, value) in args.iter().enumerate() {
            match arguments.next(value) {
                Ok(argument) => call.arguments.push(argument),
                Err(Unreadable::TooLarge) => {
                    call.unreadable = Some(Unreadable::TooLarge.reason(index + 1));
                    say_too_large(context);
                    break;
                }
                Err(unreadable) => {
                    if index < wanted {
                        call.unreadable = Some(unreadable.reason(index + 1));
                    }
                    call.arguments.push(Value::Null);
                }
            }
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

/// A sender, or the sign. Never throws.
fn command(name: &'static str, args: &[JsValue], context: &mut Context) -> JsValue {
    let Some(state) = EchatState::of(context) else { return JsValue::undefined() };
    let mut call = Call::read(name, 1, args, context);
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
    let call = Call::read("getParamData", 2, args, context);
    if let Some(state) = EchatState::of(context) {
        call.log(&state, context);
    }
    let (name, sub) = (arg(args, 0), arg(args, 1));
    let is_right = name.is_string() && (sub.is_string() || sub.is_null_or_undefined());
    let wrong = call.unreadable.clone().or_else(|| (!is_right).then(|| NOT_NAMES.to_owned()));
    if let Some(wrong) = wrong {
        call.end(Outcome::Invalid, Some(&wrong), context);
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
