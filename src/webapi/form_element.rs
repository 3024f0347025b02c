//! HTMLFormElement (HTML §4.10.3) and form submission (HTML §4.10.22).

use boa_engine::{Context, JsResult, JsValue};

use super::collection::{Kind, Shelf, shared};
use super::element::set_reflected;
use super::event::{self, Event};
use super::exception::dom_exception;
use super::reflect::{self, Kind as Reflect, Reflected};
use super::sandbox::{self, Sandbox};
use super::target::fire;
use super::validity;
use super::window::{Navigation, Window};
use super::wrap::{as_node, part, this_element, wrap};
use super::{form_encoding, frame_places};
use crate::dom::form::Submitted;
use crate::dom::{NodeRef, form, tree};
use crate::engine::convert::{arg, string, type_error};
use crate::engine::event_loop::Output;
use crate::engine::interface::{Interface, install, prototype};
use crate::event::{Effect, NavigateKind};

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
    submit(&this_element(this)?, None, context).map(|()| JsValue::undefined())
}

fn request_submit_native(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let form = this_element(this)?;
    let submitter = as_node(&arg(args, 0));
    if let Some(button) = &submitter {
        let submits = match button.html_name() {
            "button" => form::button_type(button) == "submit",
            "input" => matches!(form::input_type(button), "submit" | "image"),
            _ => false,
        };
        if !submits {
            return Err(type_error("The submitter is not a submit button"));
        }
        if !form::owner(button).is_some_and(|owner| crate::dom::node::same(&owner, &form)) {
            return Err(dom_exception("NotFoundError", "The submitter is not a button of this form.", context));
        }
    }
    request_submit(&form, submitter.as_ref(), context).map(|()| JsValue::undefined())
}

fn reset_native(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    reset(&this_element(this)?, context).map(|()| JsValue::undefined())
}

/// Submits as a person does: the `submit` event first.
///
/// # Errors
/// None that the page made.
pub fn request_submit(form: &NodeRef, submitter: Option<&NodeRef>, context: &mut Context) -> JsResult<()> {
    let is_checked =
        !form::has_flag(form, "novalidate") && !submitter.is_some_and(|s| form::has_flag(s, "formnovalidate"));
    let window = Window::of_node(form, context);
    if !form.is_connected() || !sandbox::allows(&window, Sandbox::FORMS, context) {
        return Ok(());
    }
    if is_checked && !validity::check_form(form, true, context)? {
        return Ok(());
    }
    let submitter_value = submitter.map_or_else(JsValue::null, |node| wrap(node, context).into());
    let members = vec![("submitter", submitter_value)];
    let event = Event::trusted("SubmitEvent", "submit", true, true, members, context);
    let target = wrap(form, context);
    if event::dispatch(&event, &target, context)? && form.is_connected() {
        submit(form, submitter, context)?;
    }
    Ok(())
}

/// Resets as a person does: the `reset` event first.
///
/// # Errors
/// None that the page made.
pub fn reset(form: &NodeRef, context: &mut Context) -> JsResult<()> {
    let target = wrap(form, context);
    if fire(&target, "reset", true, true, context)? {
        form::reset(form);
    }
    Ok(())
}

fn sent(entries: Vec<(String, Submitted)>) -> Vec<(String, form_encoding::Value)> {
    let value = |value| match value {
        Submitted::Text(text) => form_encoding::Value::Text(text),
        Submitted::NoFile => form_encoding::Value::no_file(),
    };
    entries.into_iter().map(|(name, submitted)| (name, value(submitted))).collect()
}

fn texts(entries: Vec<(String, Submitted)>) -> Vec<(String, String)> {
    entries.into_iter().map(|(name, submitted)| (name, submitted.into_text())).collect()
}

/// Submits without an event (`form.submit()`): a navigation with the form's entries.
fn submit(form: &NodeRef, submitter: Option<&NodeRef>, context: &mut Context) -> JsResult<()> {
    let window = Window::of_node(form, context);
    let Some(data) = form.as_element().filter(|_| form.is_connected()) else { return Ok(()) };
    if !sandbox::allows(&window, Sandbox::FORMS, context) {
        return Ok(());
    }
    let own = |name: &str, over: &str| {
        submitter
            .and_then(|s| s.as_element().and_then(|e| e.attr(over)))
            .or_else(|| data.attr(name))
            .filter(|value| !value.trim().is_empty())
    };
    if own("method", "formmethod").is_some_and(|method| method.eq_ignore_ascii_case("dialog")) {
        let result = submitter.and_then(|button| button.as_element().and_then(|e| e.attr("value")));
        return match tree::ancestors(form).find(|node| node.is_html("dialog")) {
            Some(dialog) => super::dialog::close(&dialog, result.as_deref(), context),
            None => Ok(()),
        };
    }
    let address = own("action", "formaction").unwrap_or_else(|| window.url.borrow().to_string());
    let Some(mut url) = window.resolve(address.trim()) else { return Ok(()) };
    let entries = form::entry_list(form, submitter);
    let post = own("method", "formmethod").is_some_and(|method| method.eq_ignore_ascii_case("post"));
    let target = own("target", "formtarget").unwrap_or_default();
    let place = frame_places::chosen(&window, &target, context);
    if url.scheme() == "javascript" {
        return frame_places::go_to(&window, &place, Navigation { url, kind: NavigateKind::Form, body: None }, context);
    }
    let body = if post {
        let multipart = own("enctype", "formenctype").is_some_and(|e| e.eq_ignore_ascii_case("multipart/form-data"));
        Some(if multipart {
            form_encoding::multipart(&sent(entries), window.encoding)
        } else {
            let body = form_encoding::urlencode_in(&texts(entries), window.encoding).into_bytes();
            ("application/x-www-form-urlencoded".to_owned(), body)
        })
    } else {
        url.set_query(Some(&form_encoding::urlencode_in(&texts(entries), window.encoding)));
        None
    };
    if matches!(place, frame_places::Place::New) {
        window.event_loop.emit(Output::Effect(Effect::Open { url: url.into(), target }));
        return Ok(());
    }
    frame_places::go_to(&window, &place, Navigation { url, kind: NavigateKind::Form, body }, context)
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
