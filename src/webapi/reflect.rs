//! IDL attributes that reflect content attributes (HTML §2.6.1).

use boa_engine::object::FunctionObjectBuilder;
use boa_engine::property::PropertyDescriptor;
use boa_engine::{Context, JsObject, JsResult, JsString, JsValue, NativeFunction};

use super::document::resolve;
use super::exception::dom_exception;
use super::window::Window;
use super::wrap::this_element;
use crate::dom::NodeRef;
use crate::engine::convert::{arg, string, string_or_null, value_text};
use crate::engine::interface::reacting;

/// How a content attribute reads as a value.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// Text, empty where missing.
    Text,
    /// The same; null is written as empty.
    Legacy,
    /// Text, null where missing.
    Nullable,
    /// A URL, resolved against the document.
    Url,
    /// The same; where missing or empty, the document's own (`formaction`).
    Action,
    /// True where the attribute is there.
    Flag,
    /// One of a few words.
    Words(Words),
    /// `crossorigin`: null where missing, one of two words otherwise.
    CrossOrigin,
    /// A word for true and one for false; what it is without one of them.
    Switch(&'static str, &'static str, fn(&NodeRef) -> bool),
    /// A `long` with this default.
    Int(i32),
    /// An `unsigned long` with this default.
    Unsigned(u32),
    /// A positive integer with this default; 0 is refused.
    Count(u32),
    /// A positive integer with this default, which is written for 0.
    CountOrDefault(u32),
    /// An integer between two, 1 where missing.
    Clamped(u32, u32),
    /// The length of a text; -1 where missing.
    Length,
}

/// The keywords of an enumerated attribute (HTML §2.3.3); a word that is none of them reads as the last.
#[derive(Debug, Clone, Copy)]
pub struct Words {
    /// The keywords, in lower case.
    pub known: &'static [&'static str],
    /// What it is where the attribute is missing.
    pub missing: &'static str,
    /// What it is with another word.
    pub invalid: &'static str,
}

/// The largest integer that an attribute holds (HTML §2.6.1).
const LARGEST: u32 = i32::MAX.cast_unsigned();

/// The rules for parsing integers (HTML §2.3.4.1): blanks before and anything after it are ignored.
#[must_use]
pub fn parse_integer(text: &str) -> Option<i32> {
    let text = text.trim_start_matches(['\t', '\n', '\u{c}', '\r', ' ']);
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let end = text.len() - digits.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    text[..end].parse().ok()
}

/// The same, not negative.
fn parse_unsigned(text: &str) -> Option<u32> {
    parse_integer(text).and_then(|number| u32::try_from(number).ok())
}

/// One reflected attribute.
#[derive(Debug, Clone, Copy)]
pub struct Reflected {
    idl: &'static str,
    content: &'static str,
    kind: Kind,
}

impl Reflected {
    /// Text under the same name.
    #[must_use]
    pub const fn text(name: &'static str) -> Self {
        Self { idl: name, content: name, kind: Kind::Text }
    }

    /// A URL under the same name.
    #[must_use]
    pub const fn url(name: &'static str) -> Self {
        Self { idl: name, content: name, kind: Kind::Url }
    }

    /// A flag under the same name.
    #[must_use]
    pub const fn flag(name: &'static str) -> Self {
        Self { idl: name, content: name, kind: Kind::Flag }
    }

    /// Keywords under the same name, the same one for a missing and an unknown word.
    #[must_use]
    pub const fn words(name: &'static str, known: &'static [&'static str], default: &'static str) -> Self {
        Self { idl: name, content: name, kind: Kind::Words(Words { known, missing: default, invalid: default }) }
    }

    /// Names that differ.
    #[must_use]
    pub const fn of(idl: &'static str, content: &'static str, kind: Kind) -> Self {
        Self { idl, content, kind }
    }

    fn read(self, this: &JsValue, context: &mut Context) -> JsResult<JsValue> {
        let element = this_element(this)?;
        let value = element.as_element().and_then(|e| e.attr(self.content));
        let number = || value.as_deref().and_then(parse_unsigned);
        Ok(match self.kind {
            Kind::Flag => value.is_some().into(),
            Kind::Text | Kind::Legacy => string(&value.unwrap_or_default()),
            Kind::Nullable => string_or_null(value),
            Kind::Words(words) => string(match value {
                None => words.missing,
                Some(value) => {
                    words.known.iter().find(|known| known.eq_ignore_ascii_case(&value)).unwrap_or(&words.invalid)
                }
            }),
            Kind::CrossOrigin => match value {
                None => JsValue::null(),
                Some(value) if value.eq_ignore_ascii_case("use-credentials") => string("use-credentials"),
                Some(_) => string("anonymous"),
            },
            Kind::Switch(on, off, default) => match value {
                Some(value) if value.is_empty() || value.eq_ignore_ascii_case(on) => true,
                Some(value) if value.eq_ignore_ascii_case(off) => false,
                _ => default(&element),
            }
            .into(),
            Kind::Int(default) => value.as_deref().and_then(parse_integer).unwrap_or(default).into(),
            Kind::Length => number().and_then(|length| i32::try_from(length).ok()).unwrap_or(-1).into(),
            Kind::Unsigned(default) => number().unwrap_or(default).into(),
            Kind::Count(default) | Kind::CountOrDefault(default) => {
                number().filter(|count| *count > 0).unwrap_or(default).into()
            }
            Kind::Clamped(min, max) => number().map_or(1, |number| number.clamp(min, max)).into(),
            Kind::Action if value.as_deref().is_none_or(str::is_empty) => {
                string(Window::of_node(&element, context).url.borrow().as_str())
            }
            Kind::Url | Kind::Action => match value {
                None => string(""),
                Some(text) => {
                    let resolved = resolve(&element, text.trim(), context);
                    string(&resolved.map_or(text, String::from))
                }
            },
        })
    }

    fn write(self, this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
        let element = this_element(this)?;
        let given = arg(args, 0);
        let written = match self.kind {
            Kind::Flag => given.to_boolean().then(String::new),
            Kind::Nullable | Kind::CrossOrigin if given.is_null_or_undefined() => None,
            Kind::Legacy if given.is_null() => Some(String::new()),
            Kind::Switch(on, off, _) => Some(if given.to_boolean() { on } else { off }.to_owned()),
            Kind::Text
            | Kind::Legacy
            | Kind::Nullable
            | Kind::Url
            | Kind::Action
            | Kind::Words(_)
            | Kind::CrossOrigin => Some(value_text(&given, context)?),
            _ => Some(self.number(&given, context)?),
        };
        match written {
            Some(value) => super::element::set_attribute(&element, self.content, &value, context)?,
            None => super::element::remove_attribute(&element, self.content, context)?,
        }
        Ok(JsValue::undefined())
    }

    /// What is written for a number.
    fn number(self, given: &JsValue, context: &mut Context) -> JsResult<String> {
        let refused = |what: &str, context: &mut Context| {
            let message = format!("{} cannot be set: {what}.", self.idl);
            Err(dom_exception("IndexSizeError", &message, context))
        };
        Ok(match self.kind {
            Kind::Int(_) => given.to_i32(context)?.to_string(),
            Kind::Length => match given.to_i32(context)? {
                length if length < 0 => return refused(&format!("{length} is negative"), context),
                length => length.to_string(),
            },
            kind => {
                let number = given.to_u32(context)?;
                let default = match kind {
                    Kind::Unsigned(default) | Kind::Count(default) | Kind::CountOrDefault(default) => default,
                    _ => 1,
                };
                match kind {
                    Kind::Count(_) if number == 0 => return refused("0 is not positive", context),
                    Kind::CountOrDefault(_) if number == 0 => default,
                    _ if number > LARGEST => default,
                    _ => number,
                }
                .to_string()
            }
        })
    }
}

/// Puts the accessors on a prototype.
pub fn install(prototype: &JsObject, list: &[Reflected], context: &mut Context) {
    for reflected in list {
        let one = *reflected;
        let get = NativeFunction::from_copy_closure(move |this, _, context| one.read(this, context));
        let set = NativeFunction::from_copy_closure(move |this, args, context| {
            reacting(context, |context| one.write(this, args, context))
        });
        let accessor = |native, prefix: &str, length| {
            FunctionObjectBuilder::new(context.realm(), native)
                .name(JsString::from(format!("{prefix} {}", one.idl)))
                .length(length)
                .build()
        };
        let descriptor = PropertyDescriptor::builder()
            .get(accessor(get, "get", 0))
            .set(accessor(set, "set", 1))
            .enumerable(true)
            .configurable(true);
        prototype.insert_property(JsString::from(one.idl), descriptor);
    }
}
