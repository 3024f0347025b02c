//! What a person at the page would do (session-log.md, "What a `ui.` stimulus does").

use boa_engine::{Context, JsResult, JsString, JsValue};
use serde_json::Value;

use super::nearest::{describe, nearest};
use super::selector;
use crate::dom::{NodeRef, form, options, text};
use crate::engine::event_loop::Output;
use crate::event::{Fault, UiAction, UiKind};
use crate::webapi::activation::{dispatch_click, mouse_event};
use crate::webapi::event::{self, Event};
use crate::webapi::focus;
use crate::webapi::form_submission::request_submit;
use crate::webapi::target::fire;
use crate::webapi::window::Window;
use crate::webapi::wrap::wrap;

/// Does it, on the first element that the selector matches; no match is a fault.
///
/// # Errors
/// None that the page made.
pub fn perform(action: &UiAction, context: &mut Context) -> JsResult<()> {
    let Some(element) = find(action, context) else { return Ok(()) };
    let window = Window::of(context);
    window.world.note_element(describe(&element), &window.event_loop);
    match action.kind {
        UiKind::Click => click(&element, context),
        UiKind::Input => input(&element, action.value.as_ref(), context),
        UiKind::Change => change(&element, action.value.as_ref(), context),
        UiKind::Submit => submit(&element, context),
        UiKind::Key => key(&element, action.value.as_ref(), context),
    }
}

fn find(action: &UiAction, context: &Context) -> Option<NodeRef> {
    let window = Window::of(context);
    let message = match selector::find(&window.document, &action.selector) {
        Ok(Some(element)) => return Some(element),
        Ok(None) => "no element of the page matches",
        Err(_) => "not a valid selector",
    };
    let matched = action.matched.clone();
    let candidates = nearest(&window.document, &action.selector, matched.as_ref());
    let (selector, message) = (action.selector.clone(), message.to_owned());
    window.event_loop.emit(Output::Fault(Fault::Selector { selector, message, matched, candidates }));
    None
}

fn click(element: &NodeRef, context: &mut Context) -> JsResult<()> {
    let target = wrap(element, context);
    let down = mouse_event("mousedown", true, context);
    if event::dispatch(&down, &target, context)? {
        focus::focus_by_mouse(element, context)?;
    }
    let up = mouse_event("mouseup", true, context);
    event::dispatch(&up, &target, context)?;
    if form::is_disabled(element) {
        return Ok(());
    }
    let click = mouse_event("click", true, context);
    dispatch_click(&click, element, context)?;
    Ok(())
}

fn text_of(value: Option<&Value>) -> String {
    match value {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Null) | None => String::new(),
        Some(other) => other.to_string(),
    }
}

fn input(element: &NodeRef, value: Option<&Value>, context: &mut Context) -> JsResult<()> {
    let typed = text_of(value);
    focus::focus(element, context)?;
    let last = typed.chars().last().map(String::from).unwrap_or_default();
    keyboard(element, "keydown", &last, context)?;
    if focus::is_editing_host(element) {
        text::set_text_content(element, &typed);
    } else {
        form::set_value(element, &typed);
        form::note_typed(element);
    }
    let members =
        vec![("data", JsString::from(typed.as_str()).into()), ("inputType", JsString::from("insertText").into())];
    let event = Event::trusted("InputEvent", "input", true, false, members, context);
    let target = wrap(element, context);
    event::dispatch(&event, &target, context)?;
    keyboard(element, "keyup", &last, context)?;
    Ok(())
}

fn change(element: &NodeRef, value: Option<&Value>, context: &mut Context) -> JsResult<()> {
    match element.html_name() {
        "input" if matches!(form::input_type(element), "checkbox" | "radio") => {
            let on = !matches!(value, Some(Value::Bool(false)));
            form::set_checked(element, on);
        }
        "option" => options::set_selected(element, !matches!(value, Some(Value::Bool(false)))),
        "select" => match value {
            Some(Value::Array(values)) => {
                let wanted: Vec<String> = values.iter().map(|v| text_of(Some(v))).collect();
                for option in options::options(element) {
                    options::set_selected(&option, wanted.contains(&form::value(&option)));
                }
            }
            _ => form::set_value(element, &text_of(value)),
        },
        _ => form::set_value(element, &text_of(value)),
    }
    let target = match element.html_name() {
        "option" => options::select_of(element).unwrap_or_else(|| element.clone()),
        _ => element.clone(),
    };
    let target = wrap(&target, context);
    fire(&target, "input", true, false, context)?;
    form::take_typed(element);
    fire(&target, "change", true, false, context)?;
    Ok(())
}

fn submit(element: &NodeRef, context: &mut Context) -> JsResult<()> {
    if element.is_html("form") {
        return request_submit(element, None, context);
    }
    match form::owner(element) {
        Some(form) => request_submit(&form, Some(element), context),
        None => Ok(()),
    }
}

fn key(element: &NodeRef, value: Option<&Value>, context: &mut Context) -> JsResult<()> {
    let key = text_of(value);
    focus::focus(element, context)?;
    let go_on = keyboard(element, "keydown", &key, context)?;
    let mut pressed = go_on;
    if go_on {
        pressed = keyboard(element, "keypress", &key, context)?;
    }
    if pressed && key == "Enter" && element.is_html("input") {
        focus::commit(element, context)?;
        implicit_submission(element, context)?;
    }
    keyboard(element, "keyup", &key, context)?;
    Ok(())
}

/// Enter in a text field clicks the form's default button, or submits a form of one field (HTML §4.10.22.2).
fn implicit_submission(element: &NodeRef, context: &mut Context) -> JsResult<()> {
    let Some(form) = form::owner(element) else { return Ok(()) };
    let controls = form::elements(&form);
    let is_submit = |n: &&NodeRef| {
        n.is_html("button") && form::button_type(n) == "submit" || n.is_html("input") && form::input_type(n) == "submit"
    };
    match controls.iter().find(is_submit) {
        Some(button) if form::is_disabled(button) => Ok(()),
        Some(button) => crate::webapi::activation::click(button, true, context),
        None => {
            let is_field = |n: &&NodeRef| n.is_html("input") && form::is_read_write(n);
            if controls.iter().filter(is_field).count() <= 1 { request_submit(&form, None, context) } else { Ok(()) }
        }
    }
}

/// Key names with the codes that pages of the time read (`keyCode`, `which`).
const KEY_CODES: [(&str, i32); 14] = [
    ("Backspace", 8),
    ("Tab", 9),
    ("Enter", 13),
    ("Shift", 16),
    ("Control", 17),
    ("Alt", 18),
    ("Escape", 27),
    (" ", 32),
    ("ArrowLeft", 37),
    ("ArrowUp", 38),
    ("ArrowRight", 39),
    ("ArrowDown", 40),
    ("Delete", 46),
    ("F5", 116),
];

/// `keyCode` of a key that went to an input method.
const IME_KEY_CODE: i32 = 229;

fn keyboard(element: &NodeRef, kind: &str, key: &str, context: &mut Context) -> JsResult<bool> {
    let named = KEY_CODES.iter().find(|(name, _)| *name == key).map(|(_, code)| *code);
    let first = key.chars().next().filter(|_| key.chars().count() == 1);
    let character = first.map_or(0, |c| i32::try_from(u32::from(c)).unwrap_or(0));
    let code = match kind {
        "keypress" => named.filter(|code| *code == 13).unwrap_or(character),
        _ => {
            // What an input method composes has no key of its own (UI Events §4.4.6).
            let of_character =
                |c: char| if c.is_ascii() { i32::from(c.to_ascii_uppercase() as u8) } else { IME_KEY_CODE };
            named.unwrap_or_else(|| first.map_or(0, of_character))
        }
    };
    let members: Vec<(&'static str, JsValue)> = vec![
        ("key", JsString::from(key).into()),
        ("keyCode", code.into()),
        ("which", code.into()),
        ("charCode", if kind == "keypress" { code.into() } else { 0.into() }),
        ("view", context.global_object().into()),
    ];
    let event = Event::trusted("KeyboardEvent", kind, true, true, members, context);
    let target = wrap(element, context);
    event::dispatch(&event, &target, context)
}
