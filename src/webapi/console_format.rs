//! Values as a browser's console shows them ([Console standard, Formatter](https://console.spec.whatwg.org/#formatter)).
//!
//! Getters of the page are not called, and a bound on depth, members and text keeps a whole page from being printed.

use boa_engine::object::builtins::{JsDate, JsRegExp};
use boa_engine::property::PropertyKey;
use boa_engine::{Context, JsObject, JsString, JsValue};

use super::wrap::as_node;
use crate::base::limits::{CONSOLE_DEPTH_MAX, CONSOLE_MEMBERS_MAX, CONSOLE_TEXT_BYTES_MAX};
use crate::dom::{Node, NodeKind, NodeRef};
use crate::engine::convert::to_utf8;

/// The arguments of a call as one line: format specifiers replaced, the rest separated by blanks.
#[must_use]
pub fn line(args: &[JsValue], context: &mut Context) -> String {
    let mut printer = Printer { context, text: String::new(), above: Vec::new() };
    let rest = match args {
        [first, rest @ ..] if !rest.is_empty() && first.is_string() => printer.formatted(first, rest),
        _ => args,
    };
    let mut separate = rest.len() < args.len();
    for value in rest {
        if separate {
            printer.text.push(' ');
        }
        separate = true;
        printer.top(value);
    }
    printer.finish()
}

/// One value as its structure, also a string or a node (`console.dir`).
#[must_use]
pub fn structure(value: &JsValue, context: &mut Context) -> String {
    let mut printer = Printer { context, text: String::new(), above: Vec::new() };
    match value.as_object() {
        Some(object) if !object.is_callable() && !object.is_array() => printer.members(&object),
        _ => printer.top(value),
    }
    printer.finish()
}

struct Printer<'a> {
    context: &'a mut Context,
    text: String,
    /// The objects being printed, outermost first.
    above: Vec<JsObject>,
}

impl Printer<'_> {
    fn finish(mut self) -> String {
        if self.is_full() {
            let mut end = CONSOLE_TEXT_BYTES_MAX;
            while !self.text.is_char_boundary(end) {
                end -= 1;
            }
            self.text.truncate(end);
            self.text.push('…');
        }
        self.text
    }

    fn is_full(&self) -> bool {
        self.text.len() > CONSOLE_TEXT_BYTES_MAX
    }

    /// Replaces the specifiers of a format (Console standard §2.2.1); returns the arguments it did not use.
    fn formatted<'v>(&mut self, format: &JsValue, mut rest: &'v [JsValue]) -> &'v [JsValue] {
        let format = format.as_string().map(|text| to_utf8(&text)).unwrap_or_default();
        let mut characters = format.chars();
        while let Some(character) = characters.next() {
            let specifier = if character == '%' { characters.clone().next() } else { None };
            match (specifier, rest) {
                (Some('%'), _) => self.text.push('%'),
                (Some(specifier @ ('s' | 'd' | 'i' | 'f' | 'o' | 'O' | 'c')), [value, more @ ..]) => {
                    self.specified(specifier, value);
                    rest = more;
                }
                _ => {
                    self.text.push(character);
                    continue;
                }
            }
            characters.next();
        }
        rest
    }

    fn specified(&mut self, specifier: char, value: &JsValue) {
        match specifier {
            'c' => {}
            's' => self.top(value),
            'o' | 'O' => self.value(value),
            _ => {
                let number = if value.is_object() || value.is_symbol() { f64::NAN } else { self.leading_number(value) };
                let number = if specifier == 'f' { number } else { number.trunc() };
                self.value(&number.into());
            }
        }
    }

    /// `parseFloat`
    fn leading_number(&mut self, value: &JsValue) -> f64 {
        let text = value.to_string(self.context).map(|text| to_utf8(&text)).unwrap_or_default();
        let text = text.trim();
        let numeric = |c: char| c.is_ascii_digit() || matches!(c, '.' | '-' | '+' | 'e' | 'E');
        let mut end = text.find(|c| !numeric(c)).unwrap_or(text.len());
        loop {
            match text[..end].parse() {
                Ok(number) => return number,
                Err(_) if end == 0 => return f64::NAN,
                Err(_) => end -= 1,
            }
        }
    }

    /// A value that stands by itself: strings without quotes.
    fn top(&mut self, value: &JsValue) {
        match value.as_string() {
            Some(text) => self.text.push_str(&to_utf8(&text)),
            None => self.value(value),
        }
    }

    fn value(&mut self, value: &JsValue) {
        if let Some(text) = value.as_string() {
            let quoted = serde_json::Value::from(to_utf8(&text)).to_string();
            self.text.push_str(&quoted);
        } else if let Some(object) = value.as_object() {
            self.object(&object);
        } else {
            self.text.push_str(&value.display().to_string());
        }
    }

    fn object(&mut self, object: &JsObject) {
        if let Some(node) = as_node(&object.clone().into()) {
            self.text.push_str(&node_text(&node));
        } else if JsObject::equals(object, &self.context.global_object()) {
            self.text.push_str("Window");
        } else if object.is_callable() {
            let name = self.plain(object, "name").and_then(|name| name.as_string());
            let name = name.map(|name| to_utf8(&name)).unwrap_or_default();
            self.text.push_str(&format!("function {name}()"));
        } else if self.is_error(object) {
            let text = self.error(object);
            self.text.push_str(&text);
        } else if JsDate::from_object(object.clone()).is_ok() || JsRegExp::from_object(object.clone()).is_ok() {
            let text = JsValue::from(object.clone()).to_string(self.context);
            self.text.push_str(&text.map(|text| to_utf8(&text)).unwrap_or_default());
        } else if self.above.iter().any(|outer| JsObject::equals(outer, object)) {
            self.text.push_str("[Circular]");
        } else if self.above.len() >= CONSOLE_DEPTH_MAX {
            self.text.push_str(if object.is_array() { "[…]" } else { "{…}" });
        } else {
            self.members(object);
        }
    }

    /// `name: message`, and the stack where the error stands by itself.
    fn error(&mut self, object: &JsObject) -> String {
        let mut member = |name: &str| {
            let value = object.get(JsString::from(name), self.context).ok()?;
            value.as_string().map(|text| to_utf8(&text))
        };
        let name = member("name").unwrap_or_else(|| "Error".to_owned());
        let head = match member("message") {
            Some(message) if !message.is_empty() => format!("{name}: {message}"),
            _ => name,
        };
        match member("stack").filter(|_| self.above.is_empty()) {
            Some(stack) => {
                let frames = stack.lines().map(str::trim_end).filter(|l| l.trim_start().starts_with("at "));
                std::iter::once(head.as_str()).chain(frames).collect::<Vec<_>>().join("\n")
            }
            None => head,
        }
    }

    fn is_error(&self, object: &JsObject) -> bool {
        let error = self.context.intrinsics().constructors().error().prototype();
        std::iter::successors(object.prototype(), JsObject::prototype).any(|one| JsObject::equals(&one, &error))
    }

    /// An own data property, or an inherited one, without calling a getter.
    fn plain(&self, object: &JsObject, name: &str) -> Option<JsValue> {
        let key = PropertyKey::from(JsString::from(name));
        std::iter::successors(Some(object.clone()), JsObject::prototype)
            .find_map(|one| one.borrow().properties().get(&key))
            .and_then(|descriptor| descriptor.value().cloned())
    }

    /// The constructor's name, unless it is plain `Object` or `Array`.
    fn class(&mut self, object: &JsObject) -> String {
        let own = self.plain(object, "constructor").or_else(|| {
            // An exotic object keeps its prototype to itself.
            object.prototype().is_none().then(|| object.get(JsString::from("constructor"), self.context).ok()).flatten()
        });
        let name = own
            .and_then(|constructor| self.plain(&constructor.as_object()?, "name"))
            .and_then(|name| name.as_string())
            .map(|name| to_utf8(&name))
            .unwrap_or_default();
        if matches!(name.as_str(), "" | "Object" | "Array") { String::new() } else { name + " " }
    }

    fn members(&mut self, object: &JsObject) {
        let keys = object.own_property_keys(self.context).unwrap_or_default();
        let keys: Vec<PropertyKey> = keys.into_iter().filter(|key| self.is_shown(object, key)).collect();
        let is_list = object.is_array() || !keys.is_empty() && keys.iter().all(is_index);
        let class = self.class(object);
        self.text.push_str(&class);
        self.text.push(if is_list { '[' } else { '{' });
        self.above.push(object.clone());
        for (at, key) in keys.iter().enumerate() {
            if at > 0 {
                self.text.push_str(", ");
            }
            if at == CONSOLE_MEMBERS_MAX || self.is_full() {
                self.text.push('…');
                break;
            }
            if !is_list || !is_index(key) {
                self.text.push_str(&key.to_string());
                self.text.push_str(": ");
            }
            self.member(object, key);
        }
        self.above.pop();
        self.text.push(if is_list { ']' } else { '}' });
    }

    fn is_shown(&self, object: &JsObject, key: &PropertyKey) -> bool {
        if matches!(key, PropertyKey::Symbol(_)) {
            return false;
        }
        let own = object.borrow().properties().get(key);
        own.is_none_or(|descriptor| descriptor.enumerable() != Some(false))
    }

    fn member(&mut self, object: &JsObject, key: &PropertyKey) {
        let own = object.borrow().properties().get(key);
        let value = match own {
            Some(descriptor) => match descriptor.value() {
                Some(value) => value.clone(),
                None => return self.text.push_str("(...)"),
            },
            None => object.get(key.clone(), self.context).unwrap_or_default(),
        };
        self.value(&value);
    }
}

fn is_index(key: &PropertyKey) -> bool {
    match key {
        PropertyKey::Index(_) => true,
        PropertyKey::String(text) => to_utf8(text).parse::<u32>().is_ok(),
        PropertyKey::Symbol(_) => false,
    }
}

/// A node as the console writes it: an element as its start tag.
fn node_text(node: &NodeRef) -> String {
    match node.kind() {
        NodeKind::Element(_) => start_tag(node),
        NodeKind::Text(_) | NodeKind::CData(_) => {
            format!("#text {}", serde_json::Value::from(character_data(node)))
        }
        NodeKind::Comment(_) => format!("<!--{}-->", character_data(node)),
        NodeKind::Document(_) => "#document".to_owned(),
        NodeKind::Fragment | NodeKind::Shadow(_) => "#document-fragment".to_owned(),
        NodeKind::Doctype(data) => format!("<!DOCTYPE {}>", data.name),
        NodeKind::ProcessingInstruction(target, _) => format!("<?{target}?>"),
        NodeKind::Attr(data) => {
            format!("{}={}", data.name.local, serde_json::Value::from(crate::dom::text::attr_value(data)))
        }
    }
}

fn character_data(node: &Node) -> String {
    node.character_data().map(|data| data.borrow().clone()).unwrap_or_default()
}

fn start_tag(node: &NodeRef) -> String {
    let Some(element) = node.as_element() else { return String::new() };
    element.with_attributes(|attributes| {
        let mut tag = format!("<{}", element.name.local);
        for attribute in attributes {
            let value = attribute.value.replace('&', "&amp;").replace('"', "&quot;");
            tag.push_str(&format!(" {}=\"{value}\"", attribute.qualified_name()));
        }
        tag + ">"
    })
}
