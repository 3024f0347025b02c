//! HTMLDialogElement (HTML §4.11.4). A dialog is open or not; nothing is in its way here, so a modal one behaves as any
//! other: the focus stays, and the rest of the page can be clicked.

use boa_engine::{Context, JsObject, JsResult, JsString, JsValue, js_string};

use super::element::set_attribute;
use super::exception::dom_exception;
use super::target::fire;
use super::window::Window;
use super::wrap::{part, this_element, wrap};
use crate::dom::{NodeRef, attributes, form};
use crate::engine::convert::{Native, optional_text, text};
use crate::engine::interface::{define_accessor, define_method, prototype};

/// Fires a plain event in a task of its own.
pub fn fire_later(target: &NodeRef, kind: &'static str, context: &mut Context) {
    let target = target.clone();
    let work = move |context: &mut Context| {
        let target = wrap(&target, context);
        fire(&target, kind, false, false, context).map(|_| ())
    };
    Window::of(context).event_loop.queue(Box::new(work));
}

fn show(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    set_attribute(&this_element(this)?, "open", "", context)?;
    Ok(JsValue::undefined())
}

fn show_modal(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let dialog = this_element(this)?;
    if !dialog.is_connected() {
        return Err(dom_exception("InvalidStateError", "The dialog is in no document.", context));
    }
    show(this, &[], context)
}

/// Where `returnValue` is kept.
fn result_of(dialog: &NodeRef, context: &mut Context) -> JsResult<JsValue> {
    part(dialog, "dialog", context, |_, context| {
        let kept = JsObject::with_null_proto();
        kept.set(js_string!("value"), js_string!(""), true, context)?;
        Ok(kept)
    })
}

fn return_value(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    match result_of(&this_element(this)?, context)?.as_object() {
        Some(kept) => kept.get(js_string!("value"), context),
        None => Ok(JsValue::undefined()),
    }
}

fn keep(dialog: &NodeRef, value: &str, context: &mut Context) -> JsResult<()> {
    if let Some(kept) = result_of(dialog, context)?.as_object() {
        kept.set(js_string!("value"), JsString::from(value), true, context)?;
    }
    Ok(())
}

fn set_return_value(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let value = text(args, 0, context)?;
    keep(&this_element(this)?, &value, context)?;
    Ok(JsValue::undefined())
}

/// Closes an open dialog; the event comes in a task of its own.
///
/// # Errors
/// None that the page made.
pub fn close(dialog: &NodeRef, result: Option<&str>, context: &mut Context) -> JsResult<()> {
    if !form::has_flag(dialog, "open") {
        return Ok(());
    }
    attributes::remove_plain(dialog, "open");
    if let Some(result) = result {
        keep(dialog, result, context)?;
    }
    fire_later(dialog, "close", context);
    Ok(())
}

fn close_native(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let result = optional_text(args, 0, context)?;
    close(&this_element(this)?, result.as_deref(), context)?;
    Ok(JsValue::undefined())
}

/// Asks first: a `cancel` event that is prevented keeps the dialog open.
fn request_close(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let dialog = this_element(this)?;
    let target = wrap(&dialog, context);
    if form::has_flag(&dialog, "open") && fire(&target, "cancel", false, true, context)? {
        return close_native(this, args, context);
    }
    Ok(JsValue::undefined())
}

/// Puts its members on the prototype, which is there.
pub fn install_dialog(context: &mut Context) {
    let target = prototype("HTMLDialogElement", context);
    define_accessor(&target, "returnValue", return_value, Some(set_return_value), context);
    let methods: [(&str, Native); 4] =
        [("show", show), ("showModal", show_modal), ("close", close_native), ("requestClose", request_close)];
    for (name, native) in methods {
        define_method(&target, name, native, 0, context);
    }
}
