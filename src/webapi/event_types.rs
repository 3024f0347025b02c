//! The event interfaces that add plain attributes to Event, made of the tables in `event_members`, and what
//! their constructors read.
//!
//! The touches of a TouchEvent are arrays, and any objects are taken for them: there is no touch screen, and no `Touch`
//! or `TouchList`. The old `init…Event` methods are in `event_initializers`.

use boa_engine::object::FunctionObjectBuilder;
use boa_engine::property::{Attribute, PropertyDescriptor};
use boa_engine::{Context, JsObject, JsResult, JsString, JsValue, NativeFunction};

use super::event::{self, Event, with};
use super::event_initializers;
use super::event_members::{
    CONSTANTS, ILLEGAL, MODIFIERS, Members, TYPES, Unset, all_members, declares_modifiers, derived,
};
use crate::engine::convert::{arg, array, member, require, text, this_object, type_error};
use crate::engine::interface::{Interface, define_accessor, define_method, define_value, install, prototype};

/// Names that `document.createEvent` takes, and their interfaces (DOM §4.5).
const LEGACY_NAMES: [(&str, &str); 23] = [
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
    ("textevent", "TextEvent"),
    ("devicemotionevent", "DeviceMotionEvent"),
    ("deviceorientationevent", "DeviceOrientationEvent"),
    ("dragevent", "DragEvent"),
    ("beforeunloadevent", "BeforeUnloadEvent"),
    ("animationevent", "AnimationEvent"),
    ("transitionevent", "TransitionEvent"),
];

/// Whether events of an interface are of somebody who uses the page: they leave shadow trees (UI Events §3.1).
pub(super) fn is_of_user(interface: &str) -> bool {
    const OF_USERS: [&str; 7] =
        ["FocusEvent", "InputEvent", "KeyboardEvent", "MouseEvent", "PointerEvent", "TouchEvent", "WheelEvent"];
    OF_USERS.contains(&interface)
}

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
    // Chrome's until version 109, of every event: of those that a person makes pages still ask for it.
    define_accessor(&prototype("UIEvent", context), "path", event::composed_path, None, context);
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
        members.iter().find(|(key, _)| *key == name).is_some_and(|(_, value)| value.to_boolean()).into()
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
    let needed = match name {
        "PromiseRejectionEvent" => Some("promise"),
        "FormDataEvent" => Some("formData"),
        _ => None,
    };
    let construct = NativeFunction::from_copy_closure(move |new_target, args, context| {
        let options = arg(args, 1);
        if let Some(needed) = needed {
            require(args, 2)?;
            if member(&options, needed, context)?.is_undefined() {
                return Err(type_error(&format!("Required member is undefined: {needed}")));
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
        .length(if needed.is_some() { 2 } else { 1 })
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
