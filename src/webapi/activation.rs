//! Clicks and what they set off: activation behaviour (DOM §2.9, HTML §6.4.2).

use boa_engine::{Context, JsResult, JsValue};

use super::event::{self, Event};
use super::target::fire;
use super::window::{Navigation, Window};
use super::wrap::wrap;
use super::{event_path, form_element, form_submission, frame_places};
use crate::dom::{NodeRef, form, labels, radios, tree};
use crate::engine::event_loop::Output;
use crate::event::{Effect, NavigateKind};

/// Fires a click and, unless it is prevented, does what the element is for.
///
/// # Errors
/// None that the page made.
pub fn click(element: &NodeRef, trusted: bool, context: &mut Context) -> JsResult<()> {
    let event = mouse_event("click", trusted, context);
    dispatch_click(&event, element, context)?;
    Ok(())
}

/// A mouse event of the main button.
pub fn mouse_event(kind: &str, trusted: bool, context: &mut Context) -> boa_engine::JsObject {
    let view: JsValue = context.global_object().into();
    let members = vec![("view", view), ("detail", i32::from(trusted).into()), ("which", 1.into())];
    let event = Event::trusted("MouseEvent", kind, true, true, members, context);
    if let Some(data) = event.downcast_ref::<Event>() {
        data.set_trusted(trusted);
        data.set_composed(true);
    }
    event
}

/// Dispatches a click event with the behaviours around it. False where it was prevented.
///
/// # Errors
/// Where `event` is none: a bug.
pub fn dispatch_click(event: &boa_engine::JsObject, element: &NodeRef, context: &mut Context) -> JsResult<bool> {
    let bubbles = event::bubbles(event)?;
    let is_composed = event.downcast_ref::<Event>().is_some_and(|event| event.is_composed());
    let activated = activation_target(element, bubbles, is_composed);
    let undo = activated.as_ref().and_then(before_click);
    let target = wrap(element, context);
    let go_on = event::dispatch_plain(event, &target, context)?;
    let Some(activated) = activated else { return Ok(go_on) };
    if !go_on {
        if let Some(undo) = undo {
            undo_click(&activated, &undo);
        }
        return Ok(false);
    }
    activate(&activated, element, undo.as_ref(), context)?;
    Ok(true)
}

/// The nearest element, from the target up where the event bubbles, that a click does something to.
fn activation_target(element: &NodeRef, bubbles: bool, is_composed: bool) -> Option<NodeRef> {
    let path = event_path::above(element, is_composed);
    path.into_iter().take(if bubbles { usize::MAX } else { 1 }).find(|node| match node.html_name() {
        "a" | "area" => form::has_flag(node, "href"),
        "input" | "button" | "label" | "summary" => true,
        _ => false,
    })
}

/// What to put back when a click on a box or button is prevented: the old state, and the one that was checked before.
struct Undo {
    is_radio: bool,
    indeterminate: bool,
    checked: bool,
    other: Option<NodeRef>,
}

fn before_click(element: &NodeRef) -> Option<Undo> {
    if !element.is_html("input") {
        return None;
    }
    let checked = form::checked(element);
    let indeterminate = form::is_indeterminate(element);
    match form::input_type(element) {
        "checkbox" => {
            form::set_checked(element, !checked);
            form::set_indeterminate(element, false);
            Some(Undo { is_radio: false, indeterminate, checked, other: None })
        }
        "radio" => {
            let other = radios::checked_of(element);
            form::set_checked(element, true);
            Some(Undo { is_radio: true, indeterminate, checked, other })
        }
        _ => None,
    }
}

fn undo_click(element: &NodeRef, undo: &Undo) {
    form::set_checked(element, undo.checked);
    form::set_indeterminate(element, undo.indeterminate);
    if let Some(other) = &undo.other {
        form::set_checked(other, true);
    }
}

/// A radio button that was checked already stays so, and fires nothing.
fn has_changed(undo: Option<&Undo>) -> bool {
    undo.is_none_or(|undo| !undo.is_radio || !undo.checked)
}

fn activate(element: &NodeRef, clicked: &NodeRef, undo: Option<&Undo>, context: &mut Context) -> JsResult<()> {
    let is_box = element.is_html("input") && matches!(form::input_type(element), "checkbox" | "radio");
    match element.html_name() {
        "a" | "area" => follow_link(element, context),
        "button" | "input" if !is_box && form::is_disabled(element) => Ok(()),
        "button" => match form::button_type(element) {
            "submit" => submit_from(element, context),
            "reset" => reset_from(element, context),
            _ => Ok(()),
        },
        "input" => match form::input_type(element) {
            "checkbox" | "radio" if element.is_connected() && has_changed(undo) => {
                let target = wrap(element, context);
                fire(&target, "input", true, false, context)?;
                fire(&target, "change", true, false, context)?;
                Ok(())
            }
            "submit" | "image" => submit_from(element, context),
            "reset" => reset_from(element, context),
            _ => Ok(()),
        },
        "label" => click_labelled(element, clicked, context),
        "summary" => {
            toggle_details(element, context);
            Ok(())
        }
        _ => Ok(()),
    }
}

fn submit_from(button: &NodeRef, context: &mut Context) -> JsResult<()> {
    match form::owner(button) {
        Some(form) if form.is_connected() => form_submission::request_submit(&form, Some(button), context),
        _ => Ok(()),
    }
}

fn reset_from(button: &NodeRef, context: &mut Context) -> JsResult<()> {
    match form::owner(button) {
        Some(form) => form_element::reset(&form, context),
        None => Ok(()),
    }
}

fn toggle_details(summary: &NodeRef, context: &mut Context) {
    if let Some(details) = summary.parent().filter(|p| p.is_html("details")) {
        if form::has_flag(&details, "open") {
            crate::dom::attributes::remove_plain(&details, "open");
        } else {
            crate::dom::attributes::set(&details, "open", "");
        }
        super::dialog::fire_later(&details, "toggle", context);
    }
}

fn click_labelled(label: &NodeRef, clicked: &NodeRef, context: &mut Context) -> JsResult<()> {
    match labels::labelled_control(label) {
        Some(control) if !tree::is_inclusive_ancestor(&control, clicked) && !form::is_disabled(&control) => {
            super::focus::focus(&control, context)?;
            click(&control, true, context)
        }
        _ => Ok(()),
    }
}

/// Follows a link: a fragment stays here, a target opens, anything else navigates.
fn follow_link(link: &NodeRef, context: &mut Context) -> JsResult<()> {
    let Some(data) = link.as_element() else { return Ok(()) };
    let href = data.attr("href").unwrap_or_default();
    let window = Window::of_node(link, context);
    let target = data.attr("target").or_else(|| tree::base_attr(&window.document, "target")).unwrap_or_default();
    let Some(url) = window.resolve(href.trim()) else { return Ok(()) };
    let place = frame_places::chosen(&window, &target, context);
    if url.scheme() == "javascript" {
        let place = if matches!(place, frame_places::Place::New) { frame_places::place_of(&window) } else { place };
        return frame_places::go_to(&window, &place, Navigation { url, kind: NavigateKind::Link, body: None }, context);
    }
    if matches!(place, frame_places::Place::New) {
        window.event_loop.emit(Output::Effect(Effect::Open { url: url.into(), target }));
        return Ok(());
    }
    if matches!(url.scheme(), "mailto" | "tel" | "sms" | "weixin") {
        window.event_loop.emit(Output::Effect(Effect::Open { url: url.into(), target: "_blank".to_owned() }));
        return Ok(());
    }
    frame_places::go_to(&window, &place, Navigation { url, kind: NavigateKind::Link, body: None }, context)
}
