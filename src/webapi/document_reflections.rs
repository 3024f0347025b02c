//! Attributes of a document's root element and body as its own: `dir`
//! ([HTML §3.1.1](https://html.spec.whatwg.org/#the-document-object)), and the colours of old
//! ([HTML §16.3.4](https://html.spec.whatwg.org/#Document-partial)).

use boa_engine::object::FunctionObjectBuilder;
use boa_engine::property::PropertyDescriptor;
use boa_engine::{Context, JsObject, JsResult, JsString, JsValue, NativeFunction};

use super::element::set_attribute;
use super::wrap::this_node;
use crate::dom::{NodeRef, tree};
use crate::engine::convert::{string, text_null_empty};

/// Where an attribute is, and the words that it may have; none: any.
struct Mirrored {
    idl: &'static str,
    content: &'static str,
    words: &'static [&'static str],
    is_of_body: bool,
}

const fn of_body(idl: &'static str, content: &'static str) -> Mirrored {
    Mirrored { idl, content, words: &[], is_of_body: true }
}

static MIRRORED: [Mirrored; 6] = [
    Mirrored { idl: "dir", content: "dir", words: &["ltr", "rtl", "auto"], is_of_body: false },
    of_body("fgColor", "text"),
    of_body("linkColor", "link"),
    of_body("vlinkColor", "vlink"),
    of_body("alinkColor", "alink"),
    of_body("bgColor", "bgcolor"),
];

impl Mirrored {
    fn element(&self, this: &JsValue) -> JsResult<Option<NodeRef>> {
        let document = this_node(this)?;
        Ok(match self.is_of_body {
            true => tree::html_child(&document, &["body"]),
            false => tree::document_element(&document).filter(|root| root.is_html("html")),
        })
    }

    fn read(&self, this: &JsValue) -> JsResult<JsValue> {
        let element = self.element(this)?;
        let value = element.and_then(|element| element.as_element()?.attr(self.content)).unwrap_or_default();
        Ok(match self.words {
            [] => string(&value),
            words => string(words.iter().find(|word| word.eq_ignore_ascii_case(&value)).unwrap_or(&"")),
        })
    }

    fn write(&self, this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
        let value = text_null_empty(args, 0, context)?;
        if let Some(element) = self.element(this)? {
            set_attribute(&element, self.content, &value, context)?;
        }
        Ok(JsValue::undefined())
    }
}

/// Puts them on Document.prototype.
pub fn install(document: &JsObject, context: &mut Context) {
    for mirrored in &MIRRORED {
        let function = |prefix: &str, native, length| {
            FunctionObjectBuilder::new(context.realm(), native)
                .name(JsString::from(format!("{prefix} {}", mirrored.idl)))
                .length(length)
                .build()
        };
        let get = NativeFunction::from_copy_closure(|this, _, _| mirrored.read(this));
        let set = NativeFunction::from_copy_closure(|this, args, context| mirrored.write(this, args, context));
        let (get, set) = (function("get", get, 0), function("set", set, 1));
        let descriptor = PropertyDescriptor::builder().get(get).set(set).enumerable(true).configurable(true);
        document.insert_property(JsString::from(mirrored.idl), descriptor);
    }
}
