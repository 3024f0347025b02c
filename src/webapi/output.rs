//! HTMLOutputElement (HTML §4.10.12): its value is its text. A reset leaves it, and there is no `defaultValue`.

use boa_engine::{Context, JsResult, JsValue};

use super::controls::labels;
use super::node::node_link;
use super::wrap::this_element;
use crate::dom::{form, text};
use crate::engine::convert::{Native, string, text as text_arg};
use crate::engine::interface::{define_accessor, prototype};

fn value(this: &JsValue, _: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    Ok(string(&text::descendant_text(&this_element(this)?)))
}

fn set_value(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let value = text_arg(args, 0, context)?;
    text::set_text_content(&this_element(this)?, &value);
    Ok(JsValue::undefined())
}

/// Puts its members on the prototype, and the labels of all that can have some but are no controls.
pub fn install_output(context: &mut Context) {
    let kind: Native = |_, _, _| Ok(string("output"));
    let target = prototype("HTMLOutputElement", context);
    define_accessor(&target, "type", kind, None, context);
    define_accessor(&target, "value", value, Some(set_value), context);
    define_accessor(&target, "form", node_link!(form::owner), None, context);
    for name in ["HTMLOutputElement", "HTMLProgressElement", "HTMLMeterElement"] {
        let target = prototype(name, context);
        define_accessor(&target, "labels", labels, None, context);
    }
}
