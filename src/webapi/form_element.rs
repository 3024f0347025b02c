//! HTMLFormElement (HTML §4.10.3); what becomes of what it submits is in [`super::form_submission`].

use boa_engine::{Context, JsResult, JsValue};

use super::collection::{Kind, Shelf, shared};
use super::element::set_reflected;
use super::form_submission;
use super::reflect::{self, Kind as Reflect, Reflected};
use super::target::fire;
use super::validity;
use super::window::Window;
use super::wrap::{part, this_element, wrap};
use crate::dom::form::Doing;
use crate::dom::{NodeRef, form};
use crate::engine::convert::{arg, string};
use crate::engine::interface::{Interface, install, prototype};

fn elements(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    part(&this_element(this)?, "elements", context, |form, context| shared(form, Kind::Controls, context))
}

fn length(this: &JsValue, _: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    Ok(Shelf::of(&this_element(this)?, Kind::Controls).listing.len().into())
}

fn action(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let form = this_element(this)?;
    let window = Window::of_node(&form, context);
    let written = form.as_element().and_then(|e| e.attr("action")).filter(|a| !a.trim().is_empty());
    Ok(string(&match written {
        Some(address) => window.resolve(address.trim()).map_or(address, String::from),
        None => window.url.borrow().to_string(),
    }))
}

fn set_action(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let value = crate::engine::convert::text(args, 0, context)?;
    crate::dom::attributes::set(&this_element(this)?, "action", &value);
    Ok(JsValue::undefined())
}

fn method(this: &JsValue, _: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    let written = this_element(this)?.as_element().and_then(|e| e.attr("method")).unwrap_or_default();
    Ok(string(["post", "dialog"].into_iter().find(|known| known.eq_ignore_ascii_case(&written)).unwrap_or("get")))
}

fn enctype(this: &JsValue, _: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    let written = this_element(this)?.as_element().and_then(|e| e.attr("enctype")).unwrap_or_default();
    let known = ["multipart/form-data", "text/plain"].into_iter().find(|known| known.eq_ignore_ascii_case(&written));
    Ok(string(known.unwrap_or("application/x-www-form-urlencoded")))
}

fn set_method(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let value = crate::engine::convert::text(args, 0, context)?;
    crate::dom::attributes::set(&this_element(this)?, "method", &value);
    Ok(JsValue::undefined())
}

fn submit_native(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    form_submission::submit(&this_element(this)?, None, context).map(|()| JsValue::undefined())
}

fn request_submit_native(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let form = this_element(this)?;
    let submitter = form_submission::submitter_of(&form, &arg(args, 0), context)?;
    form_submission::request_submit(&form, submitter.as_ref(), context).map(|()| JsValue::undefined())
}

fn reset_native(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    reset(&this_element(this)?, context).map(|()| JsValue::undefined())
}

/// Resets as a person does: the `reset` event first.
///
/// # Errors
/// None that the page made.
pub fn reset(form: &NodeRef, context: &mut Context) -> JsResult<()> {
    if form.is_doing(Doing::Resetting) {
        return Ok(());
    }
    form.set_doing(Doing::Resetting, true);
    let target = wrap(form, context);
    let fired = fire(&target, "reset", true, true, context);
    form.set_doing(Doing::Resetting, false);
    if fired? {
        form::reset(form);
    }
    Ok(())
}

const REFLECTED: [Reflected; 5] = [
    Reflected::text("name"),
    Reflected::words("autocomplete", &["on", "off"], "on"),
    Reflected::text("target"),
    Reflected::of("acceptCharset", "accept-charset", Reflect::Text),
    Reflected::of("noValidate", "novalidate", Reflect::Flag),
];

const FORM: Interface = Interface {
    name: "HTMLFormElement",
    parent: Some("HTMLElement"),
    attributes: &[
        ("elements", elements, None),
        ("length", length, None),
        ("action", action, Some(set_action)),
        ("method", method, Some(set_method)),
        ("enctype", enctype, Some(|this, args, c| set_reflected(this, "enctype", args, c))),
        ("encoding", enctype, Some(|this, args, c| set_reflected(this, "enctype", args, c))),
    ],
    methods: &[
        ("submit", submit_native, 0),
        ("requestSubmit", request_submit_native, 0),
        ("reset", reset_native, 0),
        ("checkValidity", |this, _, c| validity::check_form(&this_element(this)?, false, c).map(JsValue::from), 0),
        ("reportValidity", |this, _, c| validity::check_form(&this_element(this)?, true, c).map(JsValue::from), 0),
    ],
    ..Interface::EMPTY
};

/// Installs HTMLFormElement.
///
/// # Errors
/// What boa says; a bug.
pub fn install_form(context: &mut Context) -> JsResult<()> {
    install(&FORM, context)?;
    let target = prototype("HTMLFormElement", context);
    reflect::install(&target, &REFLECTED, context);
    super::named_access::install_form_names(context)
}
