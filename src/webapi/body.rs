//! Bodies ([Fetch §2.2.4, §5.2, §5.3](https://fetch.spec.whatwg.org/#bodies)): from a script's value to bytes, and the
//! methods by which Request and Response give theirs.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use boa_engine::object::builtins::{AlignedVec, JsArrayBuffer, JsDataView, JsPromise, JsTypedArray};
use boa_engine::{Context, JsObject, JsResult, JsString, JsValue};
use boa_gc::{Finalize, Trace};

use super::blob::{self, BlobObject};
use super::form_data::FormDataObject;
use super::form_encoding::{multipart, urldecode, urlencode};
use super::headers::{combined, list_of};
use super::request::RequestObject;
use super::response::ResponseObject;
use super::url_search_params::ParamsObject;
use super::wrap::as_node;
use crate::dom::{NodeRef, serialize};
use crate::engine::builtins::json_parse;
use crate::engine::convert::{string, type_error, value_text};
use crate::engine::interface::{define_method, prototype};
use crate::net::decode_xhr;

/// A body to send.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Body {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// The content type it brings along.
    pub content_type: Option<String>,
    /// Whether it was text or a document: then XHR corrects the charset that a page declared.
    pub is_text: bool,
}

/// The body of a value ([extract](https://fetch.spec.whatwg.org/#concept-bodyinit-extract), and documents as
/// [XHR's send](https://xhr.spec.whatwg.org/#the-send()-method) takes them); none for null and undefined.
///
/// # Errors
/// What the page's `toString` throws.
pub fn extract(value: &JsValue, context: &mut Context) -> JsResult<Option<Body>> {
    if value.is_null_or_undefined() {
        return Ok(None);
    }
    if let Some(object) = value.as_object() {
        if let Some(bytes) = buffer_bytes(&object, context)? {
            return Ok(Some(Body { bytes, ..Body::default() }));
        }
        if let Some(blob) = object.downcast_ref::<BlobObject>() {
            let content_type = Some(blob.kind().to_owned()).filter(|kind| !kind.is_empty());
            return Ok(Some(Body { bytes: blob.bytes().to_vec(), content_type, is_text: false }));
        }
        if let Some(form) = object.downcast_ref::<FormDataObject>() {
            let (content_type, bytes) = multipart(&form.entries(), "UTF-8");
            return Ok(Some(Body { bytes, content_type: Some(content_type), is_text: false }));
        }
        if let Some(params) = object.downcast_ref::<ParamsObject>() {
            let content_type = Some("application/x-www-form-urlencoded;charset=UTF-8".to_owned());
            return Ok(Some(Body { bytes: urlencode(&params.entries()).into(), content_type, is_text: false }));
        }
        if let Some(document) = as_node(value).as_ref().and_then(document_body) {
            return Ok(Some(document));
        }
    }
    let content_type = Some("text/plain;charset=UTF-8".to_owned());
    Ok(Some(Body { bytes: value_text(value, context)?.into(), content_type, is_text: true }))
}

fn document_body(node: &NodeRef) -> Option<Body> {
    let is_html = node.as_document()?.is_html;
    let content_type = if is_html { "text/html;charset=UTF-8" } else { "application/xml;charset=UTF-8" };
    let markup = serialize::inner_html(node);
    Some(Body { bytes: markup.into(), content_type: Some(content_type.to_owned()), is_text: true })
}

/// The bytes of an ArrayBuffer or of a view on one.
///
/// # Errors
/// What boa says of a view whose buffer is gone.
pub(super) fn buffer_bytes(object: &JsObject, context: &mut Context) -> JsResult<Option<Vec<u8>>> {
    let Some((buffer, offset, length)) = buffer_place(object, context)? else { return Ok(None) };
    let bytes = buffer.data();
    let part = bytes.as_deref().and_then(|bytes| bytes.get(offset..offset.saturating_add(length)));
    Ok(Some(part.unwrap_or_default().to_vec()))
}

/// Where the bytes of an ArrayBuffer or of a view on one are: buffer, offset, length.
///
/// # Errors
/// What boa says of a view whose buffer is gone.
pub(super) fn buffer_place(
    object: &JsObject,
    context: &mut Context,
) -> JsResult<Option<(JsArrayBuffer, usize, usize)>> {
    if let Ok(buffer) = JsArrayBuffer::from_object(object.clone()) {
        let length = buffer.data().map_or(0, |data| data.len());
        return Ok(Some((buffer, 0, length)));
    }
    let (buffer, offset, length) = if let Ok(view) = JsTypedArray::from_object(object.clone()) {
        (view.buffer(context)?, view.byte_offset(context)?, view.byte_length(context)?)
    } else if let Ok(view) = JsDataView::from_object(object.clone()) {
        let (offset, length) = (view.byte_offset(context)?, view.byte_length(context)?);
        let number = |value: u64| usize::try_from(value).unwrap_or(usize::MAX);
        (view.buffer(context)?, number(offset), number(length))
    } else {
        return Ok(None);
    };
    let buffer = buffer.as_object().and_then(|buffer| JsArrayBuffer::from_object(buffer).ok());
    Ok(buffer.map(|buffer| (buffer, offset, length)))
}

/// An ArrayBuffer of these bytes.
///
/// # Errors
/// A RangeError where there is no room for it.
pub fn array_buffer(bytes: &[u8], context: &mut Context) -> JsResult<JsValue> {
    let block = AlignedVec::from_slice(0, bytes);
    JsArrayBuffer::from_byte_block(block, context).map(JsValue::from)
}

/// The body of a Request or Response.
#[derive(Trace, Finalize, Default)]
pub struct BodyState {
    #[unsafe_ignore_trace]
    bytes: RefCell<Option<Rc<[u8]>>>,
    #[unsafe_ignore_trace]
    is_used: Cell<bool>,
}

impl BodyState {
    /// A body, or none.
    #[must_use]
    pub fn new(bytes: Option<Vec<u8>>) -> Self {
        Self { bytes: RefCell::new(bytes.map(Rc::from)), is_used: Cell::new(false) }
    }

    /// `bodyUsed`
    #[must_use]
    pub fn is_used(&self) -> bool {
        self.is_used.get()
    }

    /// A body of its own with the same bytes.
    ///
    /// # Errors
    /// A TypeError where it was used.
    pub fn copy(&self) -> JsResult<Self> {
        if self.is_used.get() {
            return Err(type_error("body is already used"));
        }
        Ok(Self { bytes: self.bytes.clone(), is_used: Cell::new(false) })
    }

    /// Whether there is one.
    #[must_use]
    pub fn is_some(&self) -> bool {
        self.bytes.borrow().is_some()
    }

    /// The bytes, which can be had once.
    ///
    /// # Errors
    /// A TypeError where they were taken.
    pub fn take(&self) -> JsResult<Rc<[u8]>> {
        if self.is_used.get() {
            return Err(type_error("body stream already read"));
        }
        let bytes = self.bytes.borrow().clone();
        self.is_used.set(bytes.is_some());
        Ok(bytes.unwrap_or_default())
    }
}

/// Runs `f` on the body of `this`, a Request or Response.
fn with<R>(this: &JsValue, f: impl FnOnce(&BodyState) -> R) -> JsResult<R> {
    let object = this.as_object().ok_or_else(|| type_error("Illegal invocation"))?;
    if let Some(response) = object.downcast_ref::<ResponseObject>() {
        return Ok(f(&response.body));
    }
    let request = object.downcast_ref::<RequestObject>();
    request.map(|request| f(&request.body)).ok_or_else(|| type_error("Illegal invocation"))
}

/// The content type of a Request or Response; empty where it has none.
fn content_type(this: &JsValue) -> String {
    let Some(object) = this.as_object() else { return String::new() };
    let headers = match object.downcast_ref::<ResponseObject>() {
        Some(response) => Some(list_of(&response.headers)),
        None => object.downcast_ref::<RequestObject>().map(|request| list_of(&request.headers)),
    };
    headers.and_then(|list| combined(&list, "content-type")).unwrap_or_default()
}

/// A content type as a blob has it ([serialize a MIME type](https://mimesniff.spec.whatwg.org/#serialize-a-mime-type)).
#[must_use]
pub(super) fn blob_type(content_type: &str) -> String {
    content_type.split(';').map(str::trim).collect::<Vec<_>>().join(";").to_ascii_lowercase()
}

/// A promise of what `read` makes of the bytes and the content type.
fn consume(
    this: &JsValue,
    context: &mut Context,
    read: fn(&[u8], &str, &mut Context) -> JsResult<JsValue>,
) -> JsResult<JsValue> {
    let kind = content_type(this);
    let result = with(this, BodyState::take).flatten().and_then(|bytes| read(&bytes, &kind, context));
    let promise = match result {
        Ok(value) => JsPromise::resolve(value, context)?,
        Err(error) => JsPromise::reject(error, context)?,
    };
    Ok(promise.into())
}

fn text(bytes: &[u8], _: &str, _: &mut Context) -> JsResult<JsValue> {
    Ok(string(&decode_xhr(bytes, None)))
}

fn json(bytes: &[u8], _: &str, context: &mut Context) -> JsResult<JsValue> {
    json_parse::parse(&JsString::from(decode_xhr(bytes, None)), context)
}

fn blob(bytes: &[u8], kind: &str, context: &mut Context) -> JsResult<JsValue> {
    Ok(blob::make(BlobObject::new(bytes.to_vec(), &blob_type(kind)), context).into())
}

/// Only urlencoded bodies: nobody answers with a multipart one.
fn form_data(bytes: &[u8], kind: &str, context: &mut Context) -> JsResult<JsValue> {
    if blob_type(kind).split(';').next() != Some("application/x-www-form-urlencoded") {
        return Err(type_error("A body can be read as FormData here only where it is urlencoded"));
    }
    let data = FormDataObject::of_texts(urldecode(&decode_xhr(bytes, None)));
    Ok(JsObject::from_proto_and_data(prototype("FormData", context), data).into())
}

/// Puts the body's methods and attributes on the prototype of Request or Response.
pub fn install(prototype: &JsObject, context: &mut Context) {
    define_method(prototype, "text", |this, _, context| consume(this, context, text), 0, context);
    define_method(prototype, "json", |this, _, context| consume(this, context, json), 0, context);
    define_method(
        prototype,
        "arrayBuffer",
        |this, _, context| consume(this, context, |bytes, _, context| array_buffer(bytes, context)),
        0,
        context,
    );
    define_method(prototype, "blob", |this, _, context| consume(this, context, blob), 0, context);
    define_method(prototype, "formData", |this, _, context| consume(this, context, form_data), 0, context);
    let used = |this: &JsValue, _: &[JsValue], _: &mut Context| with(this, |body| body.is_used().into());
    crate::engine::interface::define_accessor(prototype, "bodyUsed", used, None, context);
}
