//! What scripts see of the answer ([XHR §3.6](https://xhr.spec.whatwg.org/#response)).

use std::rc::Rc;

use boa_engine::{Context, JsResult, JsString, JsValue};

use super::object::{Ready, ResponseType, State, XhrObject, invalid_state, read, this_xhr};
use crate::dom::xml;
use crate::engine::builtins::json_parse;
use crate::engine::convert::{require, string, string_or_null, text};
use crate::engine::interface::Prototypes;
use crate::net::{Response, decode_html, decode_xhr, decode_xml};
use crate::webapi::blob::{self, BlobObject};
use crate::webapi::body::{array_buffer, blob_type};
use crate::webapi::frames;
use crate::webapi::headers::{combined, sorted};
use crate::webapi::implementation::parse_html;
use crate::webapi::wrap::wrap;

/// The answer, where its headers have come.
fn answer(this: &JsValue) -> JsResult<Option<Rc<Response>>> {
    read(this, |state| state.answer.clone())
}

pub(super) fn status(this: &JsValue, _: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    Ok(answer(this)?.map_or(0, |answer| answer.status).into())
}

pub(super) fn status_text(this: &JsValue, _: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    Ok(string(answer(this)?.as_ref().map_or("", |answer| &answer.status_text)))
}

pub(super) fn response_url(this: &JsValue, _: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    let Some(answer) = answer(this)? else { return Ok(string("")) };
    let mut url = answer.url.clone();
    url.set_fragment(None);
    Ok(string(url.as_str()))
}

/// The headers that scripts may see.
fn visible(answer: &Response) -> Vec<(String, String)> {
    let is_hidden = |name: &str| name.eq_ignore_ascii_case("set-cookie") || name.eq_ignore_ascii_case("set-cookie2");
    answer.headers.iter().filter(|(name, _)| !is_hidden(name)).cloned().collect()
}

pub(super) fn get_response_header(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    require(args, 1)?;
    let name = text(args, 0, context)?;
    Ok(string_or_null(answer(this)?.and_then(|answer| combined(&visible(&answer), &name))))
}

pub(super) fn get_all_response_headers(this: &JsValue, _: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    let Some(answer) = answer(this)? else { return Ok(string("")) };
    let lines = sorted(&visible(&answer)).into_iter().map(|(name, value)| format!("{name}: {value}\r\n"));
    Ok(string(&lines.collect::<String>()))
}

/// The content type that says how to read the answer: what the page overrides, else the answer's own; the charset of
/// the one does not go over to the other
/// ([final encoding](https://xhr.spec.whatwg.org/#final-charset) prefers the override's, then the answer's).
fn mime<'a>(state: &'a State, answer: &'a Response) -> &'a str {
    state.mime_override.as_deref().or(answer.header("content-type")).unwrap_or("text/xml")
}

fn is_xml(mime: &str) -> bool {
    let essence = mime.split(';').next().unwrap_or("").trim().to_ascii_lowercase();
    matches!(essence.as_str(), "text/xml" | "application/xml") || essence.ends_with("+xml")
}

fn has_charset(mime: &str) -> bool {
    mime.to_ascii_lowercase().contains("charset=")
}

/// [Get a text response](https://xhr.spec.whatwg.org/#text-response).
fn decoded(state: &State, answer: &Response) -> String {
    let own = answer.header("content-type");
    let with_charset = [state.mime_override.as_deref(), own].into_iter().flatten().find(|mime| has_charset(mime));
    if let Some(mime) = with_charset {
        return decode_xhr(&answer.body, Some(mime));
    }
    let looks_into_xml = state.response_type == ResponseType::Default && is_xml(mime(state, answer));
    if looks_into_xml { decode_xml(&answer.body, None).0 } else { decode_xhr(&answer.body, None) }
}

/// The answer's text so far, decoded once.
fn text_response(this: &JsValue) -> JsResult<JsString> {
    read(this, |state| {
        if state.ready < Ready::Loading {
            return JsString::default();
        }
        if let Some(text) = &state.text {
            return text.clone();
        }
        let text = state.answer.as_deref().map_or_else(JsString::default, |answer| decoded(state, answer).into());
        state.text = Some(text.clone());
        text
    })
}

pub(super) fn response_text(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    match read(this, |state| state.response_type)? {
        ResponseType::Default | ResponseType::Text => text_response(this).map(JsValue::from),
        _ => Err(invalid_state("read 'responseText'", "the response type is neither '' nor 'text'", context)),
    }
}

pub(super) fn response_xml(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    match read(this, |state| state.response_type)? {
        ResponseType::Default | ResponseType::Document => object_response(this, args, context),
        _ => Err(invalid_state("read 'responseXML'", "the response type is neither '' nor 'document'", context)),
    }
}

pub(super) fn response(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    match read(this, |state| state.response_type)? {
        ResponseType::Default | ResponseType::Text => text_response(this).map(JsValue::from),
        _ => object_response(this, args, context),
    }
}

/// The answer as an object, made once; null before it is complete, and where it cannot be read so.
fn object_response(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let xhr = this_xhr(this)?;
    let made = xhr.downcast_ref::<XhrObject>().and_then(|data| data.response.borrow().clone());
    if let Some(made) = made {
        return Ok(made);
    }
    let (ready, kind, answer) = read(this, |state| (state.ready, state.response_type, state.answer.clone()))?;
    let Some(answer) = answer.filter(|_| ready == Ready::Done) else { return Ok(JsValue::null()) };
    let made = match kind {
        ResponseType::Json => {
            let text = JsString::from(decode_xhr(&answer.body, None));
            json_parse::parse(&text, context).unwrap_or_else(|_| JsValue::null())
        }
        ResponseType::ArrayBuffer => array_buffer(&answer.body, context)?,
        ResponseType::Blob => {
            let kind = read(this, |state| blob_type(mime(state, &answer)))?;
            blob::make(BlobObject::new(answer.body.clone(), &kind), context).into()
        }
        ResponseType::Default | ResponseType::Document => document(this, kind, &answer, context)?,
        ResponseType::Text => JsValue::null(),
    };
    if let Some(data) = xhr.downcast_ref::<XhrObject>() {
        *data.response.borrow_mut() = Some(made.clone());
    }
    Ok(made)
}

/// [Set a document response](https://xhr.spec.whatwg.org/#document-response): HTML only where the page asks for a
/// document; null for what is neither, and for XML that is none. Scripts in it do not run.
fn document(this: &JsValue, kind: ResponseType, answer: &Response, context: &mut Context) -> JsResult<JsValue> {
    let mime = read(this, |state| mime(state, answer).to_owned())?;
    if Prototypes::of(context).find("HTMLDocument").is_none() {
        return Ok(JsValue::null());
    }
    let is_html = mime.split(';').next().unwrap_or("").trim().eq_ignore_ascii_case("text/html");
    let document = if is_html && kind == ResponseType::Document {
        let (text, encoding) = decode_html(&answer.body, Some(&mime));
        Some((parse_html(&text), encoding))
    } else if is_xml(&mime) {
        let (text, encoding) = decode_xml(&answer.body, Some(&mime));
        xml::parse(&text, "application/xml").ok().map(|document| (document, encoding))
    } else {
        None
    };
    Ok(document.map_or_else(JsValue::null, |(document, encoding)| {
        frames::located(&document, answer.url.as_str());
        document.as_document().into_iter().for_each(|data| data.encoding.set(encoding.name()));
        wrap(&document, context).into()
    }))
}
