//! Blob ([File API §3](https://w3c.github.io/FileAPI/#blob-section)): bytes that nobody changes.
//!
//! There is no `stream()`: there are no streams here. Lines that `endings: "native"` converts end as on Windows, since
//! that is what `navigator.platform` says.

use std::rc::Rc;

use boa_engine::object::builtins::JsPromise;
use boa_engine::{Context, JsData, JsObject, JsResult, JsValue};
use boa_gc::{Finalize, Trace};
use encoding_rs::UTF_8;

use super::body::{array_buffer, buffer_bytes};
use super::form_encoding::with_crlf;
use super::iterable::sequence;
use crate::engine::convert::{arg, member, optional_text, string, type_error, value_text};
use crate::engine::interface::{Interface, install as install_interface, new_target_prototype, prototype};

/// Name and time of a File.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileName {
    /// Its name.
    pub name: String,
    /// `lastModified`, in ms.
    pub last_modified_ms: i64,
}

/// The native data of a Blob or File.
#[derive(Debug, Clone, Trace, Finalize, JsData)]
pub struct BlobObject {
    #[unsafe_ignore_trace]
    bytes: Rc<[u8]>,
    #[unsafe_ignore_trace]
    range: (usize, usize),
    #[unsafe_ignore_trace]
    kind: String,
    /// What makes it a File.
    #[unsafe_ignore_trace]
    pub file: Option<FileName>,
}

impl BlobObject {
    /// A blob of these bytes; its type is lower case, or empty where it is not ASCII.
    #[must_use]
    pub fn new(bytes: Vec<u8>, kind: &str) -> Self {
        Self { range: (0, bytes.len()), bytes: bytes.into(), kind: normalized(kind), file: None }
    }

    /// The same with a name: a File.
    #[must_use]
    pub fn with_name(&self, name: String, last_modified_ms: i64) -> Self {
        let mut file = self.clone();
        file.file = Some(FileName { name, last_modified_ms });
        file
    }

    /// Its bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes[self.range.0..self.range.1]
    }

    /// Its `type`.
    #[must_use]
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// The part from `start` to `end`, counted from the blob's own start.
    fn part(&self, start: usize, end: usize, kind: &str) -> Self {
        let at = |offset: usize| (self.range.0 + offset).min(self.range.1);
        let (start, end) = (at(start), at(end));
        Self { bytes: self.bytes.clone(), range: (start, end.max(start)), kind: normalized(kind), file: None }
    }
}

fn normalized(kind: &str) -> String {
    if kind.bytes().all(|byte| (0x20..=0x7e).contains(&byte)) { kind.to_ascii_lowercase() } else { String::new() }
}

/// The object of a blob: a File where it has a name.
#[must_use]
pub fn make(data: BlobObject, context: &mut Context) -> JsObject {
    let interface = if data.file.is_some() { "File" } else { "Blob" };
    JsObject::from_proto_and_data(prototype(interface, context), data)
}

/// The blob of a value, if it is one.
#[must_use]
pub fn as_blob(value: &JsValue) -> Option<BlobObject> {
    value.as_object().and_then(|object| object.downcast_ref::<BlobObject>().map(|data| data.clone()))
}

/// The blob that an argument must be.
///
/// # Errors
/// A TypeError where it is none.
pub fn blob_arg(args: &[JsValue], at: usize) -> JsResult<BlobObject> {
    args.get(at).and_then(as_blob).ok_or_else(|| type_error(&format!("parameter {} is not of type 'Blob'", at + 1)))
}

/// What a constructor's parts and options make ([process blob parts](https://w3c.github.io/FileAPI/#process-blob-parts)).
///
/// # Errors
/// A TypeError where the parts are no sequence; what the page's code throws.
pub fn of_parts(parts: &JsValue, options: &JsValue, context: &mut Context) -> JsResult<BlobObject> {
    let items = match parts.as_object() {
        Some(object) => sequence(&object, context)?,
        None if parts.is_undefined() => Some(Vec::new()),
        None => None,
    };
    let Some(items) = items else { return Err(type_error("The provided value cannot be converted to a sequence.")) };
    let endings = member(options, "endings", context)?;
    let is_native = !endings.is_undefined() && value_text(&endings, context)? == "native";
    let kind = member(options, "type", context)?;
    let kind = if kind.is_undefined() { String::new() } else { value_text(&kind, context)? };
    let mut bytes = Vec::new();
    for item in items {
        if let Some(blob) = as_blob(&item) {
            bytes.extend_from_slice(blob.bytes());
        } else if let Some(buffer) = item.as_object().map(|o| buffer_bytes(&o, context)).transpose()?.flatten() {
            bytes.extend_from_slice(&buffer);
        } else {
            let text = value_text(&item, context)?;
            let text = if is_native { with_crlf(&text) } else { text };
            bytes.extend_from_slice(text.as_bytes());
        }
    }
    Ok(BlobObject::new(bytes, &kind))
}

fn construct(new_target: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let prototype = new_target_prototype(new_target, "Blob", context)?;
    let data = of_parts(&arg(args, 0), &arg(args, 1), context)?;
    Ok(JsObject::from_proto_and_data(prototype, data).into())
}

/// The blob of `this`.
///
/// # Errors
/// A TypeError where it is none.
pub fn this_blob(this: &JsValue) -> JsResult<BlobObject> {
    as_blob(this).ok_or_else(|| type_error("Illegal invocation"))
}

/// A place in a blob: negative ones count from its end.
fn offset(value: &JsValue, length: usize, default: usize, context: &mut Context) -> JsResult<usize> {
    if value.is_undefined() {
        return Ok(default);
    }
    let length_f = f64::from(u32::try_from(length).unwrap_or(u32::MAX));
    let wanted = value.to_integer_or_infinity(context)?;
    let wanted = match wanted {
        boa_engine::value::IntegerOrInfinity::Integer(wanted) => wanted as f64,
        boa_engine::value::IntegerOrInfinity::PositiveInfinity => f64::INFINITY,
        boa_engine::value::IntegerOrInfinity::NegativeInfinity => f64::NEG_INFINITY,
    };
    let at = if wanted < 0.0 { (length_f + wanted).max(0.0) } else { wanted.min(length_f) };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and the length")]
    let at = at as usize;
    Ok(at.min(length))
}

fn slice(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let blob = this_blob(this)?;
    let length = blob.bytes().len();
    let start = offset(&arg(args, 0), length, 0, context)?;
    let end = offset(&arg(args, 1), length, length, context)?;
    let kind = optional_text(args, 2, context)?.unwrap_or_default();
    Ok(make(blob.part(start, end, &kind), context).into())
}

/// A promise of what `read` makes of the bytes.
fn promise(
    this: &JsValue,
    read: fn(&[u8], &mut Context) -> JsResult<JsValue>,
    context: &mut Context,
) -> JsResult<JsValue> {
    let value = this_blob(this).and_then(|blob| read(blob.bytes(), context));
    let promise = match value {
        Ok(value) => JsPromise::resolve(value, context)?,
        Err(error) => JsPromise::reject(error, context)?,
    };
    Ok(promise.into())
}

const BLOB: Interface = Interface {
    name: "Blob",
    constructor: Some((construct, 0)),
    attributes: &[
        ("size", |this, _, _| this_blob(this).map(|blob| blob.bytes().len().into()), None),
        ("type", |this, _, _| this_blob(this).map(|blob| string(blob.kind())), None),
    ],
    methods: &[
        ("slice", slice, 0),
        (
            "text",
            |this, _, context| promise(this, |bytes, _| Ok(string(&UTF_8.decode_with_bom_removal(bytes).0)), context),
            0,
        ),
        ("arrayBuffer", |this, _, context| promise(this, array_buffer, context), 0),
    ],
    ..Interface::EMPTY
};

/// Installs Blob.
///
/// # Errors
/// What boa says; a bug.
pub fn install(context: &mut Context) -> JsResult<()> {
    install_interface(&BLOB, context)
}

#[cfg(test)]
mod tests {
    use crate::webapi::testing::check;

    #[test]
    fn of_anything() {
        check(
            "var b = new Blob(['a您', new Uint8Array([65, 66]).subarray(1), new Blob(['x']), 1, {}, new ArrayBuffer(1)], {type: 'Text/HTML'});
             b.text().then(function (t) { log(b.size, b.type, JSON.stringify(t), String(b)) })",
            "23 text/html \"a您Bx1[object Object]\\u0000\" [object Blob]",
        );
        check("var b = new Blob(); [b.size, b.type, new Blob([], {type: '您'}).type].join('|')", "0||");
        check("new Blob('abc')", "TypeError: The provided value cannot be converted to a sequence.");
        check(
            "new Blob(['a\\nb\\r\\nc'], {endings: 'native'}).text().then(function (t) { log(JSON.stringify(t)) })",
            r#""a\r\nb\r\nc""#,
        );
        check("typeof Blob.prototype.stream + Blob.length", "undefined0");
    }

    #[test]
    fn slices() {
        check(
            "var b = new Blob(['0123456789']), s = b.slice(2, -2, 'A/b'); \
             Promise.all([s, s.slice(1, 3), b.slice(-3), b.slice(5, 2), b.slice(8, 99)].map(function (x) { return x.text() })) \
             .then(function (t) { log(t.join('|'), s.type, s.size, b.slice().type === '') })",
            "234567|34|789||89 a/b 6 true",
        );
        check("new Blob(['ab']).arrayBuffer().then(function (b) { log(b.byteLength, new Uint8Array(b)[1]) })", "2 98");
        check("new Blob(['\\ufeffx']).text().then(function (t) { log(t.length) })", "1");
        check(
            "var b = new Blob(['x'], {type: 'a/b'}), c = structuredClone({b: b}).b; c.text().then(function (t) { log(t, c.type, c !== b) })",
            "x a/b true",
        );
    }
}
