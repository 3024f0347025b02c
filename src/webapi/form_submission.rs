//! Form submission ([HTML §4.10.22](https://html.spec.whatwg.org/#form-submission-2)).

use std::borrow::Cow;

use boa_engine::{Context, JsObject, JsResult, JsValue};
use encoding_rs::Encoding;
use url::Url;

use super::event::{self, Event};
use super::exception::dom_exception;
use super::form_data::{FormDataObject, FormValue};
use super::sandbox::{self, Sandbox};
use super::window::{Navigation, Window};
use super::wrap::{as_node, wrap};
use super::{file, form_encoding, frame_places, validity};
use crate::dom::form::{Doing, Submitted, is_submit_button};
use crate::dom::node::same;
use crate::dom::{NodeRef, form, tree};
use crate::engine::convert::type_error;
use crate::engine::event_loop::Output;
use crate::engine::interface::prototype;
use crate::event::{Effect, NavigateKind};

/// What an argument names as the submitter of a form; none: it is left out.
///
/// # Errors
/// A TypeError: it is no submit button. A NotFoundError: it is another form's.
pub(super) fn submitter_of(form: &NodeRef, argument: &JsValue, context: &mut Context) -> JsResult<Option<NodeRef>> {
    if argument.is_null_or_undefined() {
        return Ok(None);
    }
    let button = as_node(argument).filter(is_submit_button);
    let button = button.ok_or_else(|| type_error("The submitter is not a submit button"))?;
    if !form::owner(&button).is_some_and(|owner| same(&owner, form)) {
        return Err(dom_exception("NotFoundError", "The submitter is not a button of this form.", context));
    }
    Ok(Some(button))
}

/// What a form submits, after its `formdata` event; none: that is being found out already.
///
/// # Errors
/// None that the page made.
pub(super) fn entry_list(
    form: &NodeRef,
    submitter: Option<&NodeRef>,
    charset: &str,
    context: &mut Context,
) -> JsResult<Option<Vec<(String, FormValue)>>> {
    if form.is_doing(Doing::Listing) {
        return Ok(None);
    }
    form.set_doing(Doing::Listing, true);
    let entries = form::entry_list(form, submitter, charset).into_iter().map(|(name, value)| match value {
        Submitted::Text(text) => (name, FormValue::Text(text)),
        Submitted::NoFile => (name, FormValue::File(file::none(context))),
    });
    let data = FormDataObject::of(entries.collect());
    let data = JsObject::from_proto_and_data(prototype("FormData", context), data);
    let members = vec![("formData", data.clone().into())];
    let event = Event::trusted("FormDataEvent", "formdata", true, false, members, context);
    let target = wrap(form, context);
    let fired = event::dispatch(&event, &target, context);
    form.set_doing(Doing::Listing, false);
    fired?;
    Ok(data.downcast_ref::<FormDataObject>().map(|data| data.list()))
}

/// Submits as a person does: the `submit` event first.
///
/// # Errors
/// None that the page made.
pub fn request_submit(form: &NodeRef, submitter: Option<&NodeRef>, context: &mut Context) -> JsResult<()> {
    let window = Window::of_node(form, context);
    if !form.is_connected() || form.is_doing(Doing::Listing) || form.is_doing(Doing::Submitting) {
        return Ok(());
    }
    if !sandbox::allows(&window, Sandbox::FORMS, context) {
        return Ok(());
    }
    form.set_doing(Doing::Submitting, true);
    let goes_on = fire_submit(form, submitter, context);
    form.set_doing(Doing::Submitting, false);
    if goes_on? { submit(form, submitter, context) } else { Ok(()) }
}

/// The events of a submission; whether it goes on.
fn fire_submit(form: &NodeRef, submitter: Option<&NodeRef>, context: &mut Context) -> JsResult<bool> {
    let is_checked =
        !form::has_flag(form, "novalidate") && !submitter.is_some_and(|s| form::has_flag(s, "formnovalidate"));
    if is_checked && !validity::check_form(form, true, context)? {
        return Ok(false);
    }
    let submitter_value = submitter.map_or_else(JsValue::null, |node| wrap(node, context).into());
    let members = vec![("submitter", submitter_value)];
    let event = Event::trusted("SubmitEvent", "submit", true, true, members, context);
    let target = wrap(form, context);
    event::dispatch(&event, &target, context)
}

/// Submits without an event (`form.submit()`): a navigation with the form's entries.
///
/// # Errors
/// None that the page made.
pub(super) fn submit(form: &NodeRef, submitter: Option<&NodeRef>, context: &mut Context) -> JsResult<()> {
    let window = Window::of_node(form, context);
    if !form.is_connected() || !sandbox::allows(&window, Sandbox::FORMS, context) {
        return Ok(());
    }
    let encoding = encoding_of(form, window.encoding);
    let Some(entries) = entry_list(form, submitter, encoding.name(), context)? else { return Ok(()) };
    if !form.is_connected() {
        return Ok(());
    }
    let how = How { form, submitter };
    if how.method() == "dialog" {
        let result = submitter.and_then(|button| button.as_element().and_then(|e| e.attr("value")));
        return match tree::ancestors(form).find(|node| node.is_html("dialog")) {
            Some(dialog) => super::dialog::close(&dialog, result.as_deref(), context),
            None => Ok(()),
        };
    }
    let Some(url) = window.resolve(how.action(&window).trim()) else { return Ok(()) };
    let target = how.target(&window.document);
    let place = frame_places::chosen(&window, &target, context);
    let (url, body) = how.planned(url, entries, encoding);
    let is_elsewhere = matches!(url.scheme(), "mailto" | "tel" | "sms" | "weixin");
    if is_elsewhere || matches!(place, frame_places::Place::New) && url.scheme() != "javascript" {
        window.event_loop.emit(Output::Effect(Effect::Open { url: url.into(), target }));
        return Ok(());
    }
    frame_places::go_to(&window, &place, Navigation { url, kind: NavigateKind::Form, body }, context)
}

/// The encoding that a form is sent in ("pick an encoding for the form").
fn encoding_of(form: &NodeRef, document: &str) -> &'static Encoding {
    let named = form.as_element().and_then(|element| element.attr("accept-charset"));
    let encoding = match named {
        Some(labels) => labels.split_ascii_whitespace().find_map(|label| Encoding::for_label(label.as_bytes())),
        None => Encoding::for_label(document.as_bytes()),
    };
    encoding.unwrap_or(encoding_rs::UTF_8).output_encoding()
}

/// How a form wants to be sent: by its attributes, or by those of the button that was pressed.
struct How<'a> {
    form: &'a NodeRef,
    submitter: Option<&'a NodeRef>,
}

impl How<'_> {
    fn attribute(&self, name: &str, over: &str) -> Option<String> {
        let of_submitter = || self.submitter?.as_element()?.attr(over);
        of_submitter().or_else(|| self.form.as_element()?.attr(name))
    }

    fn word(&self, name: &str, over: &str, known: [&'static str; 2], usual: &'static str) -> &'static str {
        let said = self.attribute(name, over).unwrap_or_default();
        known.into_iter().find(|known| known.eq_ignore_ascii_case(&said)).unwrap_or(usual)
    }

    fn method(&self) -> &'static str {
        self.word("method", "formmethod", ["post", "dialog"], "get")
    }

    fn action(&self, window: &Window) -> String {
        let action = self.attribute("action", "formaction").filter(|action| !action.trim().is_empty());
        action.unwrap_or_else(|| window.url.borrow().to_string())
    }

    fn target(&self, document: &NodeRef) -> String {
        let target = self.attribute("target", "formtarget");
        target.or_else(|| tree::base_attr(document, "target")).unwrap_or_default()
    }

    /// The address to go to, and the body that goes along.
    fn planned(
        &self,
        mut url: Url,
        entries: Vec<(String, FormValue)>,
        encoding: &'static Encoding,
    ) -> (Url, Option<(String, Vec<u8>)>) {
        const PLAIN: &str = "application/x-www-form-urlencoded";
        if matches!(url.scheme(), "javascript" | "ftp") || self.method() == "post" && url.scheme() == "data" {
            return (url, None);
        }
        let name = encoding.name();
        if self.method() != "post" || url.scheme() == "mailto" {
            url.set_query(Some(&form_encoding::urlencode_in(&texts(entries), name)));
            return (url, None);
        }
        let kind = self.word("enctype", "formenctype", ["multipart/form-data", "text/plain"], PLAIN);
        let (kind, body) = match kind {
            "multipart/form-data" => {
                let sent: Vec<_> = entries.into_iter().map(|(name, value)| (name, value.sent())).collect();
                let (kind, body) = form_encoding::multipart(&sent, name);
                (Cow::Owned(kind), body)
            }
            "text/plain" => (Cow::Borrowed(kind), form_encoding::plain(&texts(entries), name)),
            _ => (Cow::Borrowed(kind), form_encoding::urlencode_in(&texts(entries), name).into_bytes()),
        };
        (url, Some((kind.into_owned(), body)))
    }
}

fn texts(entries: Vec<(String, FormValue)>) -> Vec<(String, String)> {
    entries.into_iter().map(|(name, value)| (name, value.into_text())).collect()
}
