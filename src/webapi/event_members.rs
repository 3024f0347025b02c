//! The attributes that event interfaces add to Event, as tables: [`super::event_types`] makes the interfaces of them
//! ([UI Events](https://w3c.github.io/uievents/), HTML §8, [Pointer Events](https://w3c.github.io/pointerevents/), XHR).

use boa_engine::{Context, JsResult, JsString, JsValue};

use super::iterable::sequence;
use crate::engine::convert::{array, type_error};

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
    pub(super) fn value(self, context: &mut Context) -> JsValue {
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

pub(super) type Members = &'static [(&'static str, Unset)];

use Unset::{Empty, False, List, NoText, Null, Real, Undefined, Zero};

const ZERO: Unset = Real(0.0);

/// The modifiers that are attributes.
pub(super) const MODIFIERS: Members = &[("ctrlKey", False), ("shiftKey", False), ("altKey", False), ("metaKey", False)];

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
pub(super) const TYPES: [(&str, &str, Members); 30] = [
    // Nothing here moves, so nobody fires these.
    (
        "DeviceMotionEvent",
        "Event",
        &[("acceleration", Null), ("accelerationIncludingGravity", Null), ("rotationRate", Null), ("interval", ZERO)],
    ),
    ("DeviceOrientationEvent", "Event", &[("alpha", Null), ("beta", Null), ("gamma", Null), ("absolute", False)]),
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
    ("FormDataEvent", "Event", &[("formData", Null)]),
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
pub(super) const CONSTANTS: [(&str, &[(&str, u32)]); 2] = [
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
pub(super) const ILLEGAL: [&str; 2] = ["BeforeUnloadEvent", "TextEvent"];

pub(super) fn declares_modifiers(interface: &str) -> bool {
    matches!(interface, "MouseEvent" | "KeyboardEvent" | "TouchEvent")
}

/// Attributes that follow another where nobody set them, times a factor and plus a number: the page does not scroll, and
/// positions are the viewport's.
pub(super) fn derived(interface: &str, name: &str) -> Option<(&'static str, f64, f64)> {
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
