//! The event interfaces that add plain attributes to Event ([UI Events](https://w3c.github.io/uievents/), HTML §8,
//! [Pointer Events](https://w3c.github.io/pointerevents/), XHR): tables of them, and what their constructors read.
//!
//! The touches of a TouchEvent are arrays, and any objects are taken for them: there is no touch screen, and no `Touch`
//! or `TouchList`. The old `init…Event` methods are in [`super::event_initializers`].

use boa_engine::object::FunctionObjectBuilder;
use boa_engine::property::{Attribute, PropertyDescriptor};
use boa_engine::{Context, JsObject, JsResult, JsString, JsValue, NativeFunction};

use super::event::{Event, with};
use super::event_initializers;
use super::iterable::sequence;
use crate::engine::convert::{arg, array, member, require, text, this_object, type_error};
use crate::engine::interface::{Interface, define_method, define_value, install, prototype};

/// What an attribute is where nobody set it, and with that its type.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Unset {
    /// Any value or an object; null.
    Null,
    /// A whole number.
    Zero,
    /// A number, with its default.
    Real(f64),
    /// A text.
    Empty,
    /// A text or null.
    NoText,
    /// A truth value.
    False,
    /// Any value.
    Undefined,
    /// A sequence, as an array.
    List,
}

impl Unset {
    /// The default value.
    fn value(self, context: &mut Context) -> JsValue {
        match self {
            Self::Null | Self::NoText => JsValue::null(),
            Self::Zero => 0.into(),
            Self::Real(value) => value.into(),
            Self::Empty => JsString::default().into(),
            Self::False => false.into(),
            Self::Undefined => JsValue::undefined(),
            Self::List => array([], context),
        }
    }

    /// A page's value as one of this type.
    pub(super) fn convert(self, value: JsValue, context: &mut Context) -> JsResult<JsValue> {
        Ok(match self {
            Self::False => value.to_boolean().into(),
            Self::NoText if value.is_null() => value,
            Self::Empty | Self::NoText => value.to_string(context)?.into(),
            Self::Zero => value.to_i32(context)?.into(),
            Self::Real(_) => {
                let number = value.to_number(context)?;
                if !number.is_finite() {
                    return Err(type_error("The provided double value is non-finite."));
                }
                number.into()
            }
            Self::Null | Self::Undefined => value,
            Self::List => {
                let items = value.as_object().map(|object| sequence(&object, context)).transpose()?.flatten();
                let items = items.ok_or_else(|| type_error("The provided value cannot be converted to a sequence."))?;
                array(items, context)
            }
        })
    }
}

type Members = &'static [(&'static str, Unset)];

use Unset::{Empty, False, List, NoText, Null, Real, Undefined, Zero};

const ZERO: Unset = Real(0.0);

/// The modifiers that are attributes.
const MODIFIERS: Members = &[("ctrlKey", False), ("shiftKey", False), ("altKey", False), ("metaKey", False)];

/// The modifiers that only `getModifierState` tells of (UI Events, EventModifierInit).
const RARE_MODIFIERS: Members = &[
    ("modifierAltGraph", False),
    ("modifierCapsLock", False),
    ("modifierFn", False),
    ("modifierFnLock", False),
    ("modifierHyper", False),
    ("modifierNumLock", False),
    ("modifierScrollLock", False),
    ("modifierSuper", False),
    ("modifierSymbol", False),
    ("modifierSymbolLock", False),
];

/// Attributes that no constructor takes: they follow others ([`derived`]), or never have a value here.
const READ_ONLY: [&str; 14] = [
    "pageX",
    "pageY",
    "x",
    "y",
    "offsetX",
    "offsetY",
    "layerX",
    "layerY",
    "fromElement",
    "toElement",
    "azimuthAngle",
    "altitudeAngle",
    "sourceCapabilities",
    "userActivation",
];

/// Interface, parent, attributes of its own. Parents come first.
const TYPES: [(&str, &str, Members); 27] = [
    ("UIEvent", "Event", &[("view", Null), ("detail", Zero), ("which", Zero), ("sourceCapabilities", Null)]),
    (
        "MouseEvent",
        "UIEvent",
        &[
            ("screenX", ZERO),
            ("screenY", ZERO),
            ("clientX", ZERO),
            ("clientY", ZERO),
            ("pageX", ZERO),
            ("pageY", ZERO),
            ("offsetX", ZERO),
            ("offsetY", ZERO),
            ("layerX", ZERO),
            ("layerY", ZERO),
            ("x", ZERO),
            ("y", ZERO),
            ("movementX", ZERO),
            ("movementY", ZERO),
            ("which", Zero),
            ("button", Zero),
            ("buttons", Zero),
            ("relatedTarget", Null),
            ("fromElement", Null),
            ("toElement", Null),
        ],
    ),
    (
        "WheelEvent",
        "MouseEvent",
        &[
            ("deltaX", ZERO),
            ("deltaY", ZERO),
            ("deltaZ", ZERO),
            ("deltaMode", Zero),
            ("wheelDeltaX", Zero),
            ("wheelDeltaY", Zero),
            ("wheelDelta", Zero),
        ],
    ),
    (
        "PointerEvent",
        "MouseEvent",
        &[
            ("pointerId", Zero),
            ("width", Real(1.0)),
            ("height", Real(1.0)),
            ("pressure", ZERO),
            ("tangentialPressure", ZERO),
            ("tiltX", Zero),
            ("tiltY", Zero),
            ("azimuthAngle", ZERO),
            ("altitudeAngle", Real(std::f64::consts::FRAC_PI_2)),
            ("twist", Zero),
            ("pointerType", Empty),
            ("isPrimary", False),
        ],
    ),
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
    (
        "InputEvent",
        "UIEvent",
        &[("data", NoText), ("inputType", Empty), ("isComposing", False), ("dataTransfer", Null)],
    ),
    ("CompositionEvent", "UIEvent", &[("data", Empty)]),
    ("TextEvent", "UIEvent", &[("data", Empty)]),
    ("TouchEvent", "UIEvent", &[("touches", List), ("targetTouches", List), ("changedTouches", List)]),
    ("CustomEvent", "Event", &[("detail", Null)]),
    (
        "MessageEvent",
        "Event",
        &[
            ("data", Null),
            ("origin", Empty),
            ("lastEventId", Empty),
            ("source", Null),
            ("ports", List),
            ("userActivation", Null),
        ],
    ),
    ("HashChangeEvent", "Event", &[("oldURL", Empty), ("newURL", Empty)]),
    ("PopStateEvent", "Event", &[("state", Null), ("hasUAVisualTransition", False)]),
    ("PageTransitionEvent", "Event", &[("persisted", False)]),
    ("BeforeUnloadEvent", "Event", &[]),
    (
        "ErrorEvent",
        "Event",
        &[("message", Empty), ("filename", Empty), ("lineno", Zero), ("colno", Zero), ("error", Undefined)],
    ),
    ("PromiseRejectionEvent", "Event", &[("promise", Null), ("reason", Undefined)]),
    ("ProgressEvent", "Event", &[("lengthComputable", False), ("loaded", ZERO), ("total", ZERO)]),
    ("SubmitEvent", "Event", &[("submitter", Null)]),
    ("CloseEvent", "Event", &[("wasClean", False), ("code", Zero), ("reason", Empty)]),
    (
        "StorageEvent",
        "Event",
        &[("key", NoText), ("oldValue", NoText), ("newValue", NoText), ("url", Empty), ("storageArea", Null)],
    ),
    ("MediaQueryListEvent", "Event", &[("media", Empty), ("matches", False)]),
    ("AnimationEvent", "Event", &[("animationName", Empty), ("elapsedTime", ZERO), ("pseudoElement", Empty)]),
    ("TransitionEvent", "Event", &[("propertyName", Empty), ("elapsedTime", ZERO), ("pseudoElement", Empty)]),
    ("ClipboardEvent", "Event", &[("clipboardData", Null)]),
];

/// Constants of the interfaces.
const CONSTANTS: [(&str, &[(&str, u32)]); 2] = [
    ("WheelEvent", &[("DOM_DELTA_PIXEL", 0), ("DOM_DELTA_LINE", 1), ("DOM_DELTA_PAGE", 2)]),
    (
        "KeyboardEvent",
        &[
            ("DOM_KEY_LOCATION_STANDARD", 0),
            ("DOM_KEY_LOCATION_LEFT", 1),
            ("DOM_KEY_LOCATION_RIGHT", 2),
            ("DOM_KEY_LOCATION_NUMPAD", 3),
        ],
    ),
];

/// Interfaces that only the browser makes events of.
const ILLEGAL: [&str; 2] = ["BeforeUnloadEvent", "TextEvent"];

/// Names that `document.createEvent` takes, and their interfaces (DOM §4.5): of touch events too, which desktop browsers
/// refuse.
const LEGACY_NAMES: [(&str, &str); 22] = [
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
    ("touchevent", "TouchEvent"),
    ("compositionevent", "CompositionEvent"),
    ("textevent", "TextEvent"),
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
        let constants = CONSTANTS.iter().find(|(interface, _)| *interface == name).map_or(&[][..], |(_, list)| list);
        install(&Interface { name, parent: Some(parent), constants, ..Interface::EMPTY }, context)?;
        let prototype = prototype(name, context);
        add_members(name, &prototype, members, context);
        if declares_modifiers(name) {
            add_members(name, &prototype, MODIFIERS, context);
        }
        if !ILLEGAL.contains(&name) {
            add_constructor(name, parent, constants, &prototype, context)?;
        }
    }
    event_initializers::install(context);
    for name in ["MouseEvent", "KeyboardEvent"] {
        let target = prototype(name, context);
        define_method(&target, "getModifierState", modifier_state, 1, context);
    }
    let nothing = |_: &JsValue, _: &[JsValue], context: &mut Context| Ok(array([], context));
    for (interface, method) in [
        ("InputEvent", "getTargetRanges"),
        ("PointerEvent", "getCoalescedEvents"),
        ("PointerEvent", "getPredictedEvents"),
    ] {
        let target = prototype(interface, context);
        define_method(&target, method, nothing, 0, context);
    }
    Ok(())
}

fn declares_modifiers(interface: &str) -> bool {
    matches!(interface, "MouseEvent" | "KeyboardEvent" | "TouchEvent")
}

/// Attributes that follow another where nobody set them, times a factor and plus a number: the page does not scroll, and
/// positions are the viewport's.
fn derived(interface: &str, name: &str) -> Option<(&'static str, f64, f64)> {
    Some(match (interface, name) {
        ("KeyboardEvent", "which") => ("keyCode", 1.0, 0.0),
        ("MouseEvent", "which") => ("button", 1.0, 1.0),
        (_, "pageX" | "x" | "offsetX" | "layerX") => ("clientX", 1.0, 0.0),
        (_, "pageY" | "y" | "offsetY" | "layerY") => ("clientY", 1.0, 0.0),
        (_, "wheelDeltaX") => ("deltaX", -1.0, 0.0),
        (_, "wheelDelta" | "wheelDeltaY") => ("deltaY", -1.0, 0.0),
        _ => return None,
    })
}

/// `getModifierState` of mouse and key events (UI Events §3.4.2).
fn modifier_state(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    require(args, 1)?;
    let name = match text(args, 0, context)?.as_str() {
        "Control" => "ctrlKey".to_owned(),
        "Shift" => "shiftKey".to_owned(),
        "Alt" => "altKey".to_owned(),
        "Meta" => "metaKey".to_owned(),
        other => format!("modifier{other}"),
    };
    with(&this_object(this, context), |event| {
        let members = event.members.borrow();
        members.iter().find(|(key, _)| *key == name).map_or(false, |(_, value)| value.to_boolean()).into()
    })
}

fn add_members(interface: &'static str, prototype: &JsObject, members: Members, context: &mut Context) {
    for (name, default) in members.iter().copied() {
        let getter = NativeFunction::from_copy_closure(move |this, _, context| {
            let found = with(&this_object(this, context), |event| {
                event.members.borrow().iter().find(|(key, _)| *key == name).map(|(_, value)| value.clone())
            })?;
            match (found, derived(interface, name)) {
                (Some(value), _) => Ok(value),
                (None, Some((from, factor, plus))) => {
                    let event = this_object(this, context);
                    let value = event.get(JsString::from(from), context)?.to_number(context)?;
                    Ok((value * factor + plus + 0.0).into())
                }
                (None, None) => Ok(default.value(context)),
            }
        });
        let getter =
            FunctionObjectBuilder::new(context.realm(), getter).name(JsString::from(format!("get {name}"))).build();
        let descriptor = PropertyDescriptor::builder().get(getter).enumerable(true).configurable(true);
        prototype.insert_property(JsString::from(name), descriptor);
    }
}

/// All attributes of an interface and its parents that its constructor's options may set, those of parents first.
pub(super) fn all_members(name: &str) -> Vec<(&'static str, Unset)> {
    let mut found = Vec::new();
    let mut at = name;
    while let Some((interface, parent, members)) = TYPES.iter().find(|(interface, ..)| *interface == at) {
        let own = members.iter().filter(|(key, _)| !READ_ONLY.contains(key));
        let modifiers = if declares_modifiers(interface) { [MODIFIERS, RARE_MODIFIERS] } else { [&[][..], &[][..]] };
        found.splice(0..0, own.chain(modifiers.into_iter().flatten()).copied());
        at = parent;
    }
    found
}

/// Reads a constructor's options into an event.
fn read_options(
    event: &JsObject,
    members: &[(&'static str, Unset)],
    options: &JsValue,
    context: &mut Context,
) -> JsResult<()> {
    if !options.is_object() {
        return Ok(());
    }
    for (key, kind) in members {
        let value = member(options, key, context)?;
        if !value.is_undefined() {
            let value = kind.convert(value, context)?;
            with(event, |event| event.members.borrow_mut().push((key, value)))?;
        }
    }
    Ok(())
}

fn add_constructor(
    name: &'static str,
    parent: &str,
    constants: &[(&str, u32)],
    prototype: &JsObject,
    context: &mut Context,
) -> JsResult<()> {
    let needs_options = name == "PromiseRejectionEvent";
    let construct = NativeFunction::from_copy_closure(move |new_target, args, context| {
        let options = arg(args, 1);
        if needs_options {
            require(args, 2)?;
            if member(&options, "promise", context)?.is_undefined() {
                return Err(type_error("Required member is undefined: promise"));
            }
        }
        if !options.is_object() && !options.is_null_or_undefined() {
            return Err(type_error(&format!("The provided value is not of type '{name}Init'.")));
        }
        let object = Event::construct(name, new_target, args, context)?;
        read_options(&object, &all_members(name), &options, context)?;
        Ok(object.into())
    });
    let constructor: JsObject = FunctionObjectBuilder::new(context.realm(), construct)
        .name(JsString::from(name))
        .length(if needs_options { 2 } else { 1 })
        .constructor(true)
        .build()
        .into();
    let global = context.global_object();
    if let Some(parent) = global.get(JsString::from(parent), context)?.as_object() {
        constructor.set_prototype(Some(parent));
    }
    for (constant, value) in constants {
        define_value(&constructor, constant, *value, Attribute::ENUMERABLE);
    }
    let hidden = Attribute::WRITABLE | Attribute::CONFIGURABLE;
    define_value(&constructor, "prototype", prototype.clone(), Attribute::empty());
    define_value(prototype, "constructor", constructor.clone(), hidden);
    define_value(&global, name, constructor, hidden);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::webapi::testing::check;

    #[test]
    fn defaults() {
        let show = |new: &str, names: &str| {
            format!(
                "var e = {new}; '{names}'.split(' ').map(function (n) {{ return e[n] === '' ? \"''\" : e[n] }}).join()"
            )
        };
        check(
            &show(
                "new MouseEvent('x')",
                "view detail which button buttons movementX relatedTarget fromElement pageX layerY",
            ),
            ",0,1,0,0,0,,,0,0",
        );
        check(
            &show(
                "new WheelEvent('x', {deltaY: 100})",
                "deltaX deltaY deltaMode wheelDelta wheelDeltaY wheelDeltaX DOM_DELTA_LINE",
            ),
            "0,100,0,-100,-100,0,1",
        );
        check(
            &show(
                "new PointerEvent('x', {pressure: .5, isPrimary: 1})",
                "width height pressure pointerType isPrimary twist",
            ),
            "1,1,0.5,'',true,0",
        );
        check(
            &show(
                "new KeyboardEvent('x', {keyCode: 65, location: '2'})",
                "key keyCode which charCode location DOM_KEY_LOCATION_RIGHT",
            ),
            "'',65,65,0,2,2",
        );
        check(&show("new InputEvent('x', {data: 5})", "data inputType isComposing dataTransfer"), "5,'',false,");
        check(&show("new MessageEvent('x')", "data origin lastEventId source ports"), ",'','',,");
        check(&show("new ErrorEvent('x', {lineno: '7'})", "message filename lineno colno error"), "'','',7,0,");
        check(
            &show("new StorageEvent('x', {key: null, newValue: 1})", "key oldValue newValue url storageArea"),
            ",,1,'',",
        );
        check(&show("new CloseEvent('x', {code: 1000, wasClean: true})", "wasClean code reason"), "true,1000,''");
        check(
            &show("new TransitionEvent('x', {elapsedTime: .5})", "propertyName elapsedTime pseudoElement"),
            "'',0.5,''",
        );
        check(
            "Array.isArray(new MessageEvent('x').ports) + ',' + new TouchEvent('x', {touches: [{identifier: 1}]}).touches[0].identifier",
            "true,1",
        );
        check(
            "var e = new UIEvent('x', {view: window, detail: 3, which: 2, bubbles: 1, composed: 1}); [e.view === window, e.detail, e.which, e.bubbles, e.composed, e.isTrusted].join()",
            "true,3,2,true,true,false",
        );
    }

    #[test]
    fn what_may_not_be() {
        check("new BeforeUnloadEvent('x')", "TypeError: Illegal constructor");
        check("new PromiseRejectionEvent('x', {})", "TypeError: Required member is undefined: promise");
        check("new MouseEvent('x', {clientX: NaN})", "TypeError: The provided double value is non-finite.");
        check("new CustomEvent('x', 5)", "TypeError: The provided value is not of type 'CustomEventInit'.");
        check("new TouchEvent('x', {touches: 1})", "TypeError: The provided value cannot be converted to a sequence.");
    }

    #[test]
    fn modifiers() {
        check(
            "var e = new MouseEvent('x', {ctrlKey: true, modifierCapsLock: true}); \
             ['Control', 'CapsLock', 'Shift', 'NumLock', 'x'].map(function (k) { return e.getModifierState(k) }).join()",
            "true,true,false,false,false",
        );
        check("new WheelEvent('x', {altKey: 1}).getModifierState('Alt')", "true");
    }
}
