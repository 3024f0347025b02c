//! File and FileList ([File API §4, §5](https://w3c.github.io/FileAPI/#file-section)). A page makes its own files; nobody
//! chooses one in a dialog, so the list of `<input type=file>` is empty.

use boa_engine::{Context, JsData, JsObject, JsResult, JsValue};
use boa_gc::{Finalize, Trace};

use super::blob::{BlobObject, FileName, make, of_parts, this_blob};
use super::collection::make_iterator;
use super::wrap::{part, this_element};
use crate::dom::form;
use crate::engine::convert::{arg, member, require, string, text, type_error};
use crate::engine::event_loop::EventLoop;
use crate::engine::interface::{Interface, install as install_interface, new_target_prototype, prototype};

fn construct(new_target: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let prototype = new_target_prototype(new_target, "File", context)?;
    require(args, 2)?;
    let options = arg(args, 2);
    let data = of_parts(&arg(args, 0), &options, context)?;
    let name = text(args, 1, context)?;
    let modified = member(&options, "lastModified", context)?;
    let last_modified_ms = match modified.is_undefined() {
        true => EventLoop::of(context).clock().now(),
        #[expect(clippy::cast_possible_truncation, reason = "Web IDL long long")]
        false => modified.to_number(context)? as i64,
    };
    Ok(JsObject::from_proto_and_data(prototype, data.with_name(name, last_modified_ms)).into())
}

/// The File of a blob: itself where it has a name and no other is wanted.
#[must_use]
pub fn named(object: &JsObject, blob: &BlobObject, name: Option<String>, context: &mut Context) -> JsObject {
    let name = match (&blob.file, name) {
        (Some(_), None) => return object.clone(),
        (_, Some(name)) => name,
        (None, None) => "blob".to_owned(),
    };
    let last_modified_ms = match &blob.file {
        Some(file) => file.last_modified_ms,
        None => EventLoop::of(context).clock().now(),
    };
    make(blob.with_name(name, last_modified_ms), context)
}

/// What `<input type=file>` gives where no file was chosen.
#[must_use]
pub fn none(context: &mut Context) -> JsObject {
    let last_modified_ms = EventLoop::of(context).clock().now();
    let empty = BlobObject::new(Vec::new(), "application/octet-stream");
    make(empty.with_name(String::new(), last_modified_ms), context)
}

fn with(this: &JsValue, f: impl FnOnce(&FileName) -> JsValue) -> JsResult<JsValue> {
    this_blob(this)?.file.as_ref().map(f).ok_or_else(|| type_error("Illegal invocation"))
}

#[expect(clippy::cast_precision_loss, reason = "a time in ms, as scripts have them")]
fn last_modified(this: &JsValue, _: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    with(this, |file| (file.last_modified_ms as f64).into())
}

const FILE: Interface = Interface {
    name: "File",
    parent: Some("Blob"),
    constructor: Some((construct, 2)),
    attributes: &[
        ("name", |this, _, _| with(this, |file| string(&file.name)), None),
        ("lastModified", last_modified, None),
        ("webkitRelativePath", |this, _, _| with(this, |_| string("")), None),
    ],
    ..Interface::EMPTY
};

#[derive(Trace, Finalize, JsData)]
struct FileListObject;

const FILE_LIST: Interface = Interface {
    name: "FileList",
    attributes: &[("length", |_, _, _| Ok(0.into()), None)],
    methods: &[("item", |_, args, _| require(args, 1).map(|()| JsValue::null()), 1)],
    ..Interface::EMPTY
};

/// `input.files`: the same empty list each time; null for inputs of other types.
///
/// # Errors
/// A TypeError where `this` is no element.
pub fn files(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let element = this_element(this)?;
    if form::input_type(&element) != "file" {
        return Ok(JsValue::null());
    }
    part(&element, "files", context, |_, context| {
        Ok(JsObject::from_proto_and_data(prototype("FileList", context), FileListObject))
    })
}

/// Installs File and FileList, after Blob.
///
/// # Errors
/// What boa says; a bug.
pub fn install(context: &mut Context) -> JsResult<()> {
    install_interface(&FILE, context)?;
    install_interface(&FILE_LIST, context)?;
    let list = prototype("FileList", context);
    make_iterator(&list, context)
}

#[cfg(test)]
mod tests {
    use crate::webapi::testing::check;

    #[test]
    fn files_of_a_page() {
        check(
            "var f = new File(['ab'], 'x.txt', {type: 'text/plain', lastModified: 5}); \
             [f.name, f.size, f.type, f.lastModified, f instanceof Blob, f.webkitRelativePath, String(f)].join()",
            "x.txt,2,text/plain,5,true,,[object File]",
        );
        check(
            "var f = new File([], 'a'); [f.lastModified === Date.now(), f.slice() instanceof File].join()",
            "true,false",
        );
        check("new File(['x'])", "TypeError: 2 argument(s) required, but only 1 present");
        check(
            "Object.getOwnPropertyDescriptor(File.prototype, 'name').get.call(new Blob())",
            "TypeError: Illegal invocation",
        );
        check("var c = structuredClone(new File(['x'], 'n')); [c instanceof File, c.name].join()", "true,n");
    }

    #[test]
    fn nobody_chooses_a_file() {
        check(
            "var i = parse('<input type=file>'); [i.files.length, i.files === i.files, i.files instanceof FileList, \
             i.files[0], i.files.item(0), Array.from(i.files).length, i.value === '', parse('<input>').files].join()",
            "0,true,true,,,0,true,",
        );
    }
}
