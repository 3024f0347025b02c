//! FileReader ([File API §6](https://w3c.github.io/FileAPI/#APIASynch)): the bytes are there, so reading takes a task
//! for `loadstart` and one for the rest, under the cause of the call.

use std::cell::Cell;

use boa_engine::{Context, JsData, JsObject, JsResult, JsString, JsValue};
use boa_gc::{Finalize, GcRefCell, Trace};
use encoding_rs::{Encoding, UTF_8};

use super::base64;
use super::blob::{BlobObject, blob_arg};
use super::body::array_buffer;
use super::exception::{self, dom_exception};
use super::handlers;
use super::target::Listeners;
use super::xhr::{Progress, fire_progress};
use crate::engine::convert::{optional_text, string, type_error};
use crate::engine::event_loop::EventLoop;
use crate::engine::interface::{Interface, install as install_interface, new_target_prototype, prototype};

const EMPTY: u8 = 0;
const LOADING: u8 = 1;
const DONE: u8 = 2;

/// The native data of a FileReader.
#[derive(Trace, Finalize, JsData, Default)]
pub struct ReaderObject {
    /// Its listeners.
    pub listeners: Listeners,
    result: GcRefCell<JsValue>,
    error: GcRefCell<JsValue>,
    #[unsafe_ignore_trace]
    state: Cell<u8>,
    /// Counted up whenever a reading starts or ends early: what was begun in an earlier one is void.
    #[unsafe_ignore_trace]
    run: Cell<u64>,
}

fn construct(new_target: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let prototype = new_target_prototype(new_target, "FileReader", context)?;
    let data = ReaderObject::default();
    *data.result.borrow_mut() = JsValue::null();
    *data.error.borrow_mut() = JsValue::null();
    Ok(JsObject::from_proto_and_data(prototype, data).into())
}

fn this_reader(this: &JsValue) -> JsResult<JsObject> {
    this.as_object().filter(JsObject::is::<ReaderObject>).ok_or_else(|| type_error("Illegal invocation"))
}

fn with<R>(reader: &JsObject, f: impl FnOnce(&ReaderObject) -> R) -> JsResult<R> {
    reader.downcast_ref::<ReaderObject>().map(|data| f(&data)).ok_or_else(|| type_error("Illegal invocation"))
}

/// What a reading makes of a blob.
enum Package {
    Text(Option<String>),
    DataUrl,
    Buffer,
    BinaryString,
}

impl Package {
    fn of(&self, blob: &BlobObject, context: &mut Context) -> JsResult<JsValue> {
        let bytes = blob.bytes();
        Ok(match self {
            Self::Text(label) => string(&encoding(label.as_deref(), blob.kind()).decode(bytes).0),
            Self::DataUrl => {
                let kind = if blob.kind().is_empty() { "application/octet-stream" } else { blob.kind() };
                string(&format!("data:{kind};base64,{}", base64::encode(bytes)))
            }
            Self::Buffer => array_buffer(bytes, context)?,
            Self::BinaryString => {
                let units: Vec<u16> = bytes.iter().copied().map(u16::from).collect();
                JsString::from(units.as_slice()).into()
            }
        })
    }
}

/// The encoding that the page names, else the blob's type, else UTF-8.
fn encoding(label: Option<&str>, kind: &str) -> &'static Encoding {
    let named = |label: &str| Encoding::for_label(label.trim().trim_matches('"').as_bytes());
    let of_kind = || kind.split(';').skip(1).find_map(|parameter| parameter.trim().strip_prefix("charset="));
    label.and_then(named).or_else(|| of_kind().and_then(named)).unwrap_or(UTF_8)
}

fn read(this: &JsValue, args: &[JsValue], package: Package, context: &mut Context) -> JsResult<JsValue> {
    let reader = this_reader(this)?;
    let blob = blob_arg(args, 0)?;
    if with(&reader, |data| data.state.get() == LOADING)? {
        let message = "The object is already busy reading Blobs.";
        return Err(dom_exception("InvalidStateError", message, context));
    }
    let run = with(&reader, |data| {
        data.state.set(LOADING);
        *data.result.borrow_mut() = JsValue::null();
        *data.error.borrow_mut() = JsValue::null();
        data.run.set(data.run.get() + 1);
        data.run.get()
    })?;
    EventLoop::of(context).queue(Box::new(move |context| {
        let is_current = move |reader: &JsObject| with(reader, |data| data.run.get() == run);
        if !is_current(&reader)? {
            return Ok(());
        }
        let total = blob.bytes().len();
        fire_progress(&reader, "loadstart", Progress { loaded: 0, total }, context)?;
        EventLoop::of(context).queue(Box::new(move |context| {
            let progress = Progress { loaded: total, total };
            if is_current(&reader)? && total > 0 {
                fire_progress(&reader, "progress", progress, context)?;
            }
            if !is_current(&reader)? {
                return Ok(());
            }
            let result = package.of(&blob, context)?;
            with(&reader, |data| {
                data.state.set(DONE);
                *data.result.borrow_mut() = result;
            })?;
            fire_progress(&reader, "load", progress, context)?;
            end(&reader, progress, context)
        }));
        Ok(())
    }));
    Ok(JsValue::undefined())
}

/// `loadend`, unless a listener started the next reading.
fn end(reader: &JsObject, progress: Progress, context: &mut Context) -> JsResult<()> {
    match with(reader, |data| data.state.get() == LOADING)? {
        true => Ok(()),
        false => fire_progress(reader, "loadend", progress, context),
    }
}

fn abort(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let reader = this_reader(this)?;
    let was_loading = with(&reader, |data| {
        *data.result.borrow_mut() = JsValue::null();
        data.run.set(data.run.get() + 1);
        data.state.get() == LOADING
    })?;
    if was_loading {
        let error = exception::object("AbortError", "The operation was aborted.", context);
        with(&reader, |data| {
            data.state.set(DONE);
            *data.error.borrow_mut() = error.into();
        })?;
        fire_progress(&reader, "abort", Progress::default(), context)?;
        end(&reader, Progress::default(), context)?;
    }
    Ok(JsValue::undefined())
}

fn read_as_text(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let label = optional_text(args, 1, context)?;
    read(this, args, Package::Text(label), context)
}

const FILE_READER: Interface = Interface {
    name: "FileReader",
    parent: Some("EventTarget"),
    constructor: Some((construct, 0)),
    attributes: &[
        ("readyState", |this, _, _| with(&this_reader(this)?, |data| data.state.get().into()), None),
        ("result", |this, _, _| with(&this_reader(this)?, |data| data.result.borrow().clone()), None),
        ("error", |this, _, _| with(&this_reader(this)?, |data| data.error.borrow().clone()), None),
    ],
    methods: &[
        ("readAsText", read_as_text, 1),
        ("readAsDataURL", |this, args, context| read(this, args, Package::DataUrl, context), 1),
        ("readAsArrayBuffer", |this, args, context| read(this, args, Package::Buffer, context), 1),
        ("readAsBinaryString", |this, args, context| read(this, args, Package::BinaryString, context), 1),
        ("abort", abort, 0),
    ],
    constants: &[("EMPTY", EMPTY as u32), ("LOADING", LOADING as u32), ("DONE", DONE as u32)],
    ..Interface::EMPTY
};

/// Installs FileReader.
///
/// # Errors
/// What boa says; a bug.
pub fn install(context: &mut Context) -> JsResult<()> {
    install_interface(&FILE_READER, context)?;
    let kinds = ["loadstart", "progress", "load", "abort", "error", "loadend"];
    handlers::install(&prototype("FileReader", context), &kinds, context);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::webapi::testing::check;

    const READER: &str = "var r = new FileReader(); ['loadstart', 'progress', 'load', 'abort', 'error', 'loadend'].forEach(function (k) {
        r['on' + k] = function (e) { log(k, e.loaded, e.total, r.readyState, r.result === null ? null : JSON.stringify(r.result)) } });";

    #[test]
    fn events() {
        check(
            &format!("{READER} r.readAsText(new Blob(['您'])); log('now', r.readyState)"),
            "now 1\nloadstart 0 3 1 \nprogress 3 3 1 \nload 3 3 2 \"您\"\nloadend 3 3 2 \"您\"",
        );
        check(&format!("{READER} r.readAsText(new Blob())"), "loadstart 0 0 1 \nload 0 0 2 \"\"\nloadend 0 0 2 \"\"");
        check(
            &format!("{READER} r.readAsText(new Blob(['x'])); r.abort(); log(r.error.name)"),
            "abort 0 0 2 \nloadend 0 0 2 \nAbortError",
        );
        check(&format!("{READER} r.abort(); log(r.readyState, r.error, FileReader.DONE)"), "0  2");
    }

    #[test]
    fn results() {
        let read = |call: &str| {
            format!("var r = new FileReader(); r.onload = function () {{ log(JSON.stringify(r.result)) }}; r.{call}")
        };
        check(&read("readAsText(new Blob([new Uint8Array([0xc4, 0xfa])]), 'gbk')"), "\"您\"");
        check(
            &read("readAsText(new Blob([new Uint8Array([0xc4, 0xfa])], {type: 'text/plain; charset=gb2312'}))"),
            "\"您\"",
        );
        check(&read("readAsText(new Blob([new Uint8Array([0xef, 0xbb, 0xbf, 65])]))"), "\"A\"");
        check(&read("readAsDataURL(new Blob(['ab'], {type: 'text/plain'}))"), "\"data:text/plain;base64,YWI=\"");
        check(&read("readAsDataURL(new Blob())"), "\"data:application/octet-stream;base64,\"");
        check(&read("readAsBinaryString(new Blob([new Uint8Array([0, 255])]))"), "\"\\u0000ÿ\"");
        check(
            "var r = new FileReader(); r.onload = function () { log(r.result.byteLength) }; r.readAsArrayBuffer(new Blob(['abc']))",
            "3",
        );
        check(
            "var r = new FileReader(); try { r.readAsText('x') } catch (e) { failed(e) }",
            "TypeError: parameter 1 is not of type 'Blob'",
        );
        check(
            "var r = new FileReader(), b = new Blob(['x']); r.readAsText(b); try { r.readAsText(b) } catch (e) { log(e.name) }",
            "InvalidStateError",
        );
    }
}
