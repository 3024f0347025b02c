//! The old `init…Event` methods ([UI Events §9](https://w3c.github.io/uievents/#legacy-event-initializers), DOM §2.4, HTML
//! §9.1): their parameters after type, bubbles, cancelable.

use boa_engine::object::FunctionObjectBuilder;
use boa_engine::property::Attribute;
use boa_engine::{Context, JsString, JsValue, NativeFunction};

use super::event::with;
use super::event_members::all_members;
use crate::engine::convert::{arg, require, this_object};
use crate::engine::interface::{define_value, prototype};

const INITIALIZERS: [(&str, &str, &[&str]); 9] = [
    ("UIEvent", "initUIEvent", &["view", "detail"]),
    (
        "MouseEvent",
        "initMouseEvent",
        &[
            "view",
            "detail",
            "screenX",
            "screenY",
            "clientX",
            "clientY",
            "ctrlKey",
            "altKey",
            "shiftKey",
            "metaKey",
            "button",
            "relatedTarget",
        ],
    ),
    ("KeyboardEvent", "initKeyboardEvent", &["view", "key", "location", "ctrlKey", "altKey", "shiftKey", "metaKey"]),
    ("CompositionEvent", "initCompositionEvent", &["view", "data"]),
    ("TextEvent", "initTextEvent", &["view", "data"]),
    ("CustomEvent", "initCustomEvent", &["detail"]),
    ("MessageEvent", "initMessageEvent", &["data", "origin", "lastEventId", "source", "ports"]),
    ("StorageEvent", "initStorageEvent", &["key", "oldValue", "newValue", "url", "storageArea"]),
    ("HashChangeEvent", "initHashChangeEvent", &["oldURL", "newURL"]),
];

/// Puts them on the prototypes.
pub(super) fn install(context: &mut Context) {
    for (interface, method, names) in INITIALIZERS {
        let prototype = prototype(interface, context);
        let native = NativeFunction::from_copy_closure(move |this, args, context| {
            require(args, 1)?;
            let object = this_object(this, context);
            let kind = arg(args, 0).to_string(context)?;
            let (bubbles, cancelable) = (arg(args, 1).to_boolean(), arg(args, 2).to_boolean());
            let known = all_members(interface);
            let mut members = Vec::new();
            for (at, name) in names.iter().enumerate() {
                let value = arg(args, at + 3);
                if let Some((_, unset)) = known.iter().find(|(key, _)| key == name)
                    && !value.is_undefined()
                {
                    members.push((*name, unset.convert(value, context)?));
                }
            }
            with(&object, |event| {
                if !event.is_dispatching() {
                    event.init(kind, bubbles, cancelable);
                    *event.members.borrow_mut() = members;
                }
            })?;
            Ok(JsValue::undefined())
        });
        let function =
            FunctionObjectBuilder::new(context.realm(), native).name(JsString::from(method)).length(1).build();
        define_value(&prototype, method, function, Attribute::all());
    }
}

#[cfg(test)]
mod tests {
    use crate::webapi::testing::check;

    #[test]
    fn initializers() {
        check(
            "var e = document.createEvent('MouseEvents'); e.initMouseEvent('click', true, false, window, 1, '2', 3, 4, 5, 1, 0, 0, 1, 2, null); \
             [e.type, e.bubbles, e.cancelable, e.view === window, e.screenX === 2, e.clientY, e.ctrlKey, e.metaKey, e.button, e.which, e.relatedTarget].join()",
            "click,true,false,true,true,5,true,true,2,3,",
        );
        check(
            "var e = document.createEvent('MouseEvent'); e.initMouseEvent('x'); [e.bubbles, e.view, e.detail, e.clientX, e.ctrlKey].join()",
            "false,,0,0,false",
        );
        check(
            "var e = document.createEvent('CustomEvent'); e.initCustomEvent('x', 1, 1, {a: 1}); [e.detail.a, e.bubbles, e.cancelable].join()",
            "1,true,true",
        );
        check(
            "var e = document.createEvent('CompositionEvent'); e.initCompositionEvent('x', 0, 0, null, 'ab'); e.data",
            "ab",
        );
        check(
            "var e = document.createEvent('StorageEvent'); e.initStorageEvent('x', 0, 0, 'k', null, 'n', 'u', localStorage); [e.key, e.oldValue, e.newValue, e.storageArea === localStorage].join()",
            "k,,n,true",
        );
        check("document.createEvent('UIEvent').initUIEvent()", "TypeError: 1 argument(s) required, but only 0 present");
    }
}
