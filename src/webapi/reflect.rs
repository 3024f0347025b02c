//! IDL attributes that reflect content attributes (HTML §2.6.1).

use boa_engine::object::FunctionObjectBuilder;
use boa_engine::property::PropertyDescriptor;
use boa_engine::{Context, JsObject, JsResult, JsString, JsValue, NativeFunction};

use super::window::Window;
use super::wrap::this_element;
use crate::dom::attributes;
use crate::engine::convert::{arg, string, value_text};

/// How a content attribute reads as a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Text, empty where missing.
    Text,
    /// A URL, resolved against the document.
    Url,
    /// True where the attribute is there.
    Flag,
    /// An integer, 0 where missing.
    Int,
    /// A positive integer with this default.
    Count(u32),
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

    /// Names that differ.
    #[must_use]
    pub const fn of(idl: &'static str, content: &'static str, kind: Kind) -> Self {
        Self { idl, content, kind }
    }

    fn read(self, this: &JsValue, context: &mut Context) -> JsResult<JsValue> {
        let element = this_element(this)?;
        let value = element.as_element().and_then(|e| e.attr(self.content));
        Ok(match self.kind {
            Kind::Flag => value.is_some().into(),
            Kind::Text => string(&value.unwrap_or_default()),
            Kind::Int => value.and_then(|v| v.trim().parse::<i32>().ok()).unwrap_or(0).into(),
            Kind::Count(default) => {
                let written = value.and_then(|v| v.trim().parse::<u32>().ok());
                written.filter(|count| *count > 0).unwrap_or(default).into()
            }
            Kind::Url => match value {
                None => string(""),
                Some(text) => {
                    let resolved = Window::of(context).resolve(text.trim());
                    string(&resolved.map_or(text, String::from))
                }
            },
        })
    }

    fn write(self, this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
        let element = this_element(this)?;
        match self.kind {
            Kind::Flag if arg(args, 0).to_boolean() => attributes::set(&element, self.content, ""),
            Kind::Flag => {
                attributes::remove_plain(&element, self.content);
            }
            _ => {
                let value = value_text(&arg(args, 0), context)?;
                super::element::set_attribute(&element, self.content, &value, context)?;
            }
        }
        Ok(JsValue::undefined())
    }
}

/// Puts the accessors on a prototype.
pub fn install(prototype: &JsObject, list: &[Reflected], context: &mut Context) {
    for reflected in list {
        let one = *reflected;
        let get = NativeFunction::from_copy_closure(move |this, _, context| one.read(this, context));
        let set = NativeFunction::from_copy_closure(move |this, args, context| one.write(this, args, context));
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
