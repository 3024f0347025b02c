//! What a formatter writes, piece by piece (ECMA-402: the lists that `formatToParts` gives).

use boa_engine::object::builtins::JsArray;
use boa_engine::{Context, JsObject, JsResult, JsValue, js_string};

/// The pieces of one text: what each is, and the piece itself.
#[derive(Default)]
pub(super) struct Parts(Vec<(&'static str, String)>);

impl Parts {
    /// Adds a piece; what is empty is none, and literals that touch are one.
    pub(super) fn push(&mut self, kind: &'static str, text: impl Into<String>) {
        let text = text.into();
        match self.0.last_mut() {
            _ if text.is_empty() => {}
            Some((last, so_far)) if *last == kind && kind == "literal" => so_far.push_str(&text),
            _ => self.0.push((kind, text)),
        }
    }

    /// Adds what separates or surrounds pieces.
    pub(super) fn literal(&mut self, text: &str) {
        self.push("literal", text);
    }

    /// Adds all pieces of another text.
    pub(super) fn append(&mut self, other: Self) {
        for (kind, text) in other.0 {
            self.push(kind, text);
        }
    }

    /// Whether there is no piece.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The whole text.
    pub(super) fn text(&self) -> String {
        self.0.iter().map(|(_, text)| text.as_str()).collect()
    }

    /// An array of `{ type, value }`; where a unit is given, all but literals have it as well.
    pub(super) fn to_array(&self, unit: Option<&str>, context: &mut Context) -> JsResult<JsValue> {
        let array = JsArray::new(context)?;
        for (kind, text) in &self.0 {
            let object = JsObject::with_object_proto(context.intrinsics());
            object.create_data_property_or_throw(js_string!("type"), js_string!(*kind), context)?;
            object.create_data_property_or_throw(js_string!("value"), js_string!(text.as_str()), context)?;
            if let Some(unit) = unit.filter(|_| *kind != "literal") {
                object.create_data_property_or_throw(js_string!("unit"), js_string!(unit), context)?;
            }
            array.push(object, context)?;
        }
        Ok(array.into())
    }
}
