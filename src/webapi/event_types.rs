//! The event interfaces that add plain attributes to Event (UI Events, HTML §8, XHR).

use boa_engine::object::FunctionObjectBuilder;
use boa_engine::property::{Attribute, PropertyDescriptor};
use boa_engine::{Context, JsObject, JsResult, JsString, JsValue, NativeFunction};

use super::event::{Event, with};
use crate::engine::convert::{arg, member, text, this_object};
use crate::engine::interface::{Interface, define_method, install, prototype};

/// What an attribute is where nobody set it.
#[derive(Clone, Copy)]
enum Unset {
    Null,
    Zero,
    Empty,
    False,
    Undefined,
}

impl Unset {
    fn value(self) -> JsValue {
        match self {
            Self::Null => JsValue::null(),
            Self::Zero => 0.into(),
            Self::Empty => JsString::default().into(),
            Self::False => false.into(),
            Self::Undefined => JsValue::undefined(),
        }
    }
}

type Members = &'static [(&'static str, Unset)];

use Unset::{Empty, False, Null, Undefined, Zero};

const MODIFIERS: Members = &[("ctrlKey", False), ("shiftKey", False), ("altKey", False), ("metaKey", False)];

/// Interface, parent, attributes of its own. Parents come first.
const TYPES: [(&str, &str, Members); 24] = [
    ("UIEvent", "Event", &[("view", Null), ("detail", Zero)]),
    (
        "MouseEvent",
        "UIEvent",
        &[
            ("screenX", Zero),
            ("screenY", Zero),
            ("clientX", Zero),
            ("clientY", Zero),
            ("pageX", Zero),
            ("pageY", Zero),
            ("offsetX", Zero),
            ("offsetY", Zero),
            ("x", Zero),
            ("y", Zero),
            ("which", Zero),
            ("button", Zero),
            ("buttons", Zero),
            ("relatedTarget", Null),
            ("fromElement", Null),
            ("toElement", Null),
        ],
    ),
    ("WheelEvent", "MouseEvent", &[("deltaX", Zero), ("deltaY", Zero), ("deltaZ", Zero), ("deltaMode", Zero)]),
    ("PointerEvent", "MouseEvent", &[("pointerId", Zero), ("pointerType", Empty)]),
    ("DragEvent", "MouseEvent", &[("dataTransfer", Null)]),
    (
        "KeyboardEvent",
        "UIEvent",
        &[
            ("key", Empty),
            ("code", Empty),
            ("location", Zero),
            ("repeat", False),
            ("isComposing", False),
            ("keyCode", Zero),
            ("charCode", Zero),
            ("which", Zero),
        ],
    ),
    ("FocusEvent", "UIEvent", &[("relatedTarget", Null)]),
    ("InputEvent", "UIEvent", &[("data", Null), ("inputType", Empty), ("isComposing", False)]),
    ("CompositionEvent", "UIEvent", &[("data", Empty)]),
    ("TouchEvent", "UIEvent", &[("touches", Null), ("targetTouches", Null), ("changedTouches", Null)]),
    ("CustomEvent", "Event", &[("detail", Null)]),
    (
        "MessageEvent",
        "Event",
        &[("data", Null), ("origin", Empty), ("lastEventId", Empty), ("source", Null), ("ports", Null)],
    ),
    ("HashChangeEvent", "Event", &[("oldURL", Empty), ("newURL", Empty)]),
    ("PopStateEvent", "Event", &[("state", Null)]),
    ("PageTransitionEvent", "Event", &[("persisted", False)]),
    ("BeforeUnloadEvent", "Event", &[]),
    (
        "ErrorEvent",
        "Event",
        &[("message", Empty), ("filename", Empty), ("lineno", Zero), ("colno", Zero), ("error", Undefined)],
    ),
    ("PromiseRejectionEvent", "Event", &[("promise", Null), ("reason", Undefined)]),
    ("ProgressEvent", "Event", &[("lengthComputable", False), ("loaded", Zero), ("total", Zero)]),
    ("SubmitEvent", "Event", &[("submitter", Null)]),
    (
        "StorageEvent",
        "Event",
        &[("key", Null), ("oldValue", Null), ("newValue", Null), ("url", Empty), ("storageArea", Null)],
    ),
    ("AnimationEvent", "Event", &[("animationName", Empty), ("elapsedTime", Zero)]),
    ("TransitionEvent", "Event", &[("propertyName", Empty), ("elapsedTime", Zero)]),
    ("ClipboardEvent", "Event", &[("clipboardData", Null)]),
];

/// Names that `document.createEvent` takes, and their interfaces (DOM §4.5).
const LEGACY_NAMES: [(&str, &str); 21] = [
    ("event", "Event"),
    ("events", "Event"),
    ("htmlevents", "Event"),
    ("svgevents", "Event"),
    ("uievent", "UIEvent"),
    ("uievents", "UIEvent"),
    ("mouseevent", "MouseEvent"),
    ("mouseevents", "MouseEvent"),
    ("keyboardevent", "KeyboardEvent"),
    ("keyevents", "KeyboardEvent"),
    ("focusevent", "FocusEvent"),
    ("customevent", "CustomEvent"),
    ("messageevent", "MessageEvent"),
    ("hashchangeevent", "HashChangeEvent"),
    ("storageevent", "StorageEvent"),
    ("compositionevent", "CompositionEvent"),
    ("textevent", "CompositionEvent"),
    ("dragevent", "DragEvent"),
    ("beforeunloadevent", "BeforeUnloadEvent"),
    ("animationevent", "AnimationEvent"),
    ("transitionevent", "TransitionEvent"),
];

/// The interface that `document.createEvent(name)` makes.
#[must_use]
pub fn legacy_interface(name: &str) -> Option<&'static str> {
    LEGACY_NAMES.iter().find(|(legacy, _)| legacy.eq_ignore_ascii_case(name)).map(|(_, interface)| *interface)
}

/// Installs them all.
///
/// # Errors
/// What boa says; a bug.
pub fn install_event_types(context: &mut Context) -> JsResult<()> {
    for (name, parent, members) in TYPES {
        install(&Interface { name, parent: Some(parent), ..Interface::EMPTY }, context)?;
        let prototype = prototype(name, context);
        add_members(name, &prototype, members, context);
        let has_modifiers = matches!(name, "MouseEvent" | "KeyboardEvent" | "TouchEvent");
        if has_modifiers {
            add_members(name, &prototype, MODIFIERS, context);
        }
        add_constructor(name, parent, members, has_modifiers, &prototype, context)?;
    }
    for (interface, method, names) in INITIALIZERS {
        let prototype = prototype(interface, context);
        add_initializer(&prototype, method, names, context);
    }
    for name in ["MouseEvent", "KeyboardEvent"] {
        let target = prototype(name, context);
        define_method(&target, "getModifierState", modifier_state, 1, context);
    }
    Ok(())
}

/// Attributes that follow another where nobody set them: the page does not scroll, and positions are the viewport's.
fn derived(interface: &str, name: &str) -> Option<(&'static str, f64)> {
    Some(match name {
        "which" if interface == "KeyboardEvent" => ("keyCode", 0.0),
        "pageX" | "x" | "offsetX" => ("clientX", 0.0),
        "pageY" | "y" | "offsetY" => ("clientY", 0.0),
        "which" => ("button", 1.0),
        _ => return None,
    })
}

/// `getModifierState` of mouse and key events (UI Events §3.4.2).
fn modifier_state(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let name = match text(args, 0, context)?.as_str() {
        "Control" => "ctrlKey",
        "Shift" => "shiftKey",
        "Alt" => "altKey",
        "Meta" => "metaKey",
        _ => return Ok(false.into()),
    };
    this_object(this, context).get(JsString::from(name), context)
}

fn add_members(interface: &'static str, prototype: &JsObject, members: Members, context: &mut Context) {
    for (name, default) in members.iter().copied() {
        let getter = NativeFunction::from_copy_closure(move |this, _, context| {
            let found = with(&this_object(this, context), |event| {
                event.members.borrow().iter().find(|(key, _)| *key == name).map(|(_, value)| value.clone())
            })?;
            match (found, derived(interface, name)) {
                (Some(value), _) => Ok(value),
                (None, Some((from, plus))) => {
                    let event = this_object(this, context);
                    let value = event.get(JsString::from(from), context)?.to_number(context)?;
                    Ok((value + plus).into())
                }
                (None, None) => Ok(default.value()),
            }
        });
        let getter =
            FunctionObjectBuilder::new(context.realm(), getter).name(JsString::from(format!("get {name}"))).build();
        let descriptor = PropertyDescriptor::builder().get(getter).enumerable(true).configurable(true);
        prototype.insert_property(JsString::from(name), descriptor);
    }
}

/// All attributes of an interface and its parents, for the constructor's options.
fn all_members(name: &str) -> Vec<Members> {
    let mut found = Vec::new();
    let mut at = name;
    while let Some((_, parent, members)) = TYPES.iter().find(|(interface, ..)| *interface == at) {
        found.push(*members);
        at = parent;
    }
    found
}

fn add_constructor(
    name: &'static str,
    parent: &str,
    _members: Members,
    has_modifiers: bool,
    prototype: &JsObject,
    context: &mut Context,
) -> JsResult<()> {
    let construct = NativeFunction::from_copy_closure(move |new_target, args, context| {
        let object = Event::construct(name, new_target, args, context)?;
        let options = arg(args, 1);
        let lists = all_members(name);
        for (key, default) in lists.into_iter().chain(has_modifiers.then_some(MODIFIERS)).flatten() {
            let value = member(&options, key, context)?;
            if !value.is_undefined() {
                let value = convert(value, *default, context)?;
                with(&object, |event| event.members.borrow_mut().push((key, value)))?;
            }
        }
        Ok(object.into())
    });
    let constructor: JsObject = FunctionObjectBuilder::new(context.realm(), construct)
        .name(JsString::from(name))
        .length(1)
        .constructor(true)
        .build()
        .into();
    let global = context.global_object();
    if let Some(parent) = global.get(JsString::from(parent), context)?.as_object() {
        constructor.set_prototype(Some(parent));
    }
    let hidden = Attribute::WRITABLE | Attribute::CONFIGURABLE;
    crate::engine::interface::define_value(&constructor, "prototype", prototype.clone(), Attribute::empty());
    crate::engine::interface::define_value(prototype, "constructor", constructor.clone(), hidden);
    crate::engine::interface::define_value(&global, name, constructor, hidden);
    Ok(())
}

fn convert(value: JsValue, like: Unset, context: &mut Context) -> JsResult<JsValue> {
    Ok(match like {
        False => value.to_boolean().into(),
        Empty => value.to_string(context)?.into(),
        Zero => value.to_number(context)?.into(),
        Null | Undefined => value,
    })
}

/// The old `init…Event` methods: their parameters after type, bubbles, cancelable.
const INITIALIZERS: [(&str, &str, &[&str]); 6] = [
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
    ("CustomEvent", "initCustomEvent", &["detail"]),
    ("MessageEvent", "initMessageEvent", &["data", "origin", "lastEventId", "source"]),
    ("StorageEvent", "initStorageEvent", &["key", "oldValue", "newValue", "url", "storageArea"]),
];

fn add_initializer(prototype: &JsObject, method: &'static str, names: &'static [&'static str], context: &mut Context) {
    let native = NativeFunction::from_copy_closure(move |this, args, context| {
        let kind = text(args, 0, context)?;
        let object = this_object(this, context);
        let (bubbles, cancelable) = (arg(args, 1).to_boolean(), arg(args, 2).to_boolean());
        with(&object, |event| {
            if !event.is_dispatching() {
                event.init(JsString::from(kind.as_str()), bubbles, cancelable);
                let values = names.iter().enumerate().map(|(at, name)| (*name, arg(args, at + 3)));
                *event.members.borrow_mut() = values.collect();
            }
        })?;
        Ok(JsValue::undefined())
    });
    let function = FunctionObjectBuilder::new(context.realm(), native).name(JsString::from(method)).length(3).build();
    crate::engine::interface::define_value(prototype, method, function, Attribute::all());
}
