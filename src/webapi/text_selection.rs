//! The selection in text controls ([HTML §4.10.20](https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#textFieldSelection)).

use boa_engine::{Context, JsResult, JsValue};

use super::exception::dom_exception;
use super::target::fire;
use super::wrap::{this_element, wrap};
use crate::dom::{NodeRef, form, text};
use crate::engine::convert::{self, index, optional_text, require, string};
use crate::engine::event_loop::EventLoop;
use crate::engine::interface::{define_accessor, define_method, prototype};

/// Whether script can select in a control.
fn is_selectable(element: &NodeRef) -> bool {
    element.is_html("textarea") || form::is_selectable(form::input_type(element))
}

fn this_selectable(this: &JsValue, context: &mut Context) -> JsResult<NodeRef> {
    let element = this_element(this)?;
    if is_selectable(&element) {
        return Ok(element);
    }
    let message = format!("The input element's type ('{}') does not support selection.", form::input_type(&element));
    Err(dom_exception("InvalidStateError", &message, context))
}

fn length_of(element: &NodeRef) -> usize {
    text::utf16_len(&form::value(element))
}

/// Selects; a change is told in a task of its own ("set the selection range"), and by one `selectionchange` however often
/// the selection changes before that ([Selection API](https://w3c.github.io/selection-api/#scheduling-selectionhange-event)).
fn set_range(element: &NodeRef, start: usize, end: usize, direction: &str, context: &mut Context) {
    let end = end.min(length_of(element));
    let new = (start.min(end), end);
    let is_backward = direction == "backward";
    let old = form::selection(element, |selection| std::mem::replace(selection, new));
    let was_backward = form::set_selection_backward(element, is_backward);
    if old == new && was_backward == is_backward {
        return;
    }
    let event_loop = EventLoop::of(context);
    let target = wrap(element, context);
    let selected = target.clone();
    event_loop.queue(Box::new(move |context| fire(&selected, "select", true, false, context).map(drop)));
    if form::set_selection_change_queued(element, true) {
        return;
    }
    let element = element.clone();
    event_loop.queue(Box::new(move |context| {
        form::set_selection_change_queued(&element, false);
        fire(&target, "selectionchange", true, false, context).map(drop)
    }));
}

fn select_all(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let element = this_element(this)?;
    let has_text = is_selectable(&element) || matches!(form::input_type(&element), "email" | "number" | "date");
    if has_text {
        set_range(&element, 0, usize::MAX, "none", context);
    }
    Ok(JsValue::undefined())
}

fn selected(element: &NodeRef) -> (usize, usize) {
    form::selection(element, |selection| *selection)
}

fn bound(this: &JsValue, is_end: bool) -> JsResult<JsValue> {
    let element = this_element(this)?;
    if !is_selectable(&element) {
        return Ok(JsValue::null());
    }
    let (start, end) = selected(&element);
    Ok((if is_end { end } else { start }).into())
}

fn set_start(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let (element, start) = (this_selectable(this, context)?, index(args, 0, context)?);
    let end = selected(&element).1.max(start);
    set_range(&element, start, end, direction_of(&element), context);
    Ok(JsValue::undefined())
}

fn set_end(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let (element, end) = (this_selectable(this, context)?, index(args, 0, context)?);
    let start = selected(&element).0;
    set_range(&element, start, end, direction_of(&element), context);
    Ok(JsValue::undefined())
}

/// As on Windows, a selection without a direction counts as forward.
fn direction_of(element: &NodeRef) -> &'static str {
    if form::is_selection_backward(element) { "backward" } else { "forward" }
}

fn direction(this: &JsValue, _: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    let element = this_element(this)?;
    Ok(if is_selectable(&element) { string(direction_of(&element)) } else { JsValue::null() })
}

fn set_direction(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let (element, direction) = (this_selectable(this, context)?, convert::text(args, 0, context)?);
    let (start, end) = selected(&element);
    set_range(&element, start, end, &direction, context);
    Ok(JsValue::undefined())
}

fn set_selection_range(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    require(args, 2)?;
    let (start, end) = (index(args, 0, context)?, index(args, 1, context)?);
    let direction = optional_text(args, 2, context)?.unwrap_or_default();
    let element = this_selectable(this, context)?;
    set_range(&element, start, end, &direction, context);
    Ok(JsValue::undefined())
}

fn set_range_text(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    require(args, 1)?;
    let replacement = convert::text(args, 0, context)?;
    let element = this_selectable(this, context)?;
    let (from, to) = selected(&element);
    let (start, end) = match args.len() {
        1 => (from, to),
        2 => return Err(convert::type_error("4 argument(s) required, but only 2 present")),
        _ => (index(args, 1, context)?, index(args, 2, context)?),
    };
    if start > end {
        let message = "The start is greater than the end.";
        return Err(dom_exception("IndexSizeError", message, context));
    }
    let mode = optional_text(args, 3, context)?.unwrap_or_else(|| "preserve".to_owned());
    if !matches!(mode.as_str(), "select" | "start" | "end" | "preserve") {
        return Err(convert::type_error(&format!("The provided value '{mode}' is not a valid SelectionMode.")));
    }
    let units: Vec<u16> = form::value(&element).encode_utf16().collect();
    let (start, end) = (start.min(units.len()), end.min(units.len()));
    let (head, tail) = (String::from_utf16_lossy(&units[..start]), String::from_utf16_lossy(&units[end..]));
    form::set_value(&element, &(head + &replacement + &tail));
    let new_end = start + text::utf16_len(&replacement);
    let moved = |at: usize, inside: usize| match at {
        at if at > end => at + new_end - end,
        at if at > start => inside,
        at => at,
    };
    let (from, to) = match mode.as_str() {
        "select" => (start, new_end),
        "start" => (start, start),
        "end" => (new_end, new_end),
        _ => (moved(from, start), moved(to, new_end)),
    };
    set_range(&element, from, to, "none", context);
    Ok(JsValue::undefined())
}

/// Puts the members on the prototype of a text control.
pub fn install_members(interface: &str, context: &mut Context) {
    let target = prototype(interface, context);
    define_accessor(&target, "selectionStart", |this, _, _| bound(this, false), Some(set_start), context);
    define_accessor(&target, "selectionEnd", |this, _, _| bound(this, true), Some(set_end), context);
    define_accessor(&target, "selectionDirection", direction, Some(set_direction), context);
    define_method(&target, "select", select_all, 0, context);
    define_method(&target, "setSelectionRange", set_selection_range, 2, context);
    define_method(&target, "setRangeText", set_range_text, 1, context);
}
