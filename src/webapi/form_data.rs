//! FormData ([XHR §4](https://xhr.spec.whatwg.org/#interface-formdata)).

use std::rc::Rc;

use boa_engine::{Context, JsData, JsObject, JsResult, JsValue};
use boa_gc::{Finalize, GcRefCell, Trace};

use super::blob::{BlobObject, as_blob};
use super::entry_list::{EntryList, append, delete, get, get_all, has, set};
use super::exception::dom_exception;
use super::iterable::{self, Pair, PairIterable};
use super::wrap::as_node;
use super::{file, form_encoding, form_submission};
use crate::engine::convert::{arg, optional_text, string, text, type_error};
use crate::engine::interface::{Interface, install, new_target_prototype};

/// What a name stands for.
#[derive(Debug, Clone, Trace, Finalize, PartialEq)]
pub enum FormValue {
    /// A text.
    Text(String),
    /// A File.
    File(JsObject),
}

/// The native data of a FormData object.
#[derive(Trace, Finalize, JsData, Default)]
pub struct FormDataObject {
    entries: GcRefCell<Vec<(String, FormValue)>>,
}

impl FormDataObject {
    /// An object with these entries.
    #[must_use]
    pub fn of(entries: Vec<(String, FormValue)>) -> Self {
        Self { entries: GcRefCell::new(entries) }
    }

    /// Its entries.
    #[must_use]
    pub fn list(&self) -> Vec<(String, FormValue)> {
        self.entries.borrow().clone()
    }

    /// An object with these texts.
    #[must_use]
    pub fn of_texts(entries: Vec<(String, String)>) -> Self {
        Self::of(entries.into_iter().map(|(name, value)| (name, FormValue::Text(value))).collect())
    }

    /// The entries as they are sent.
    #[must_use]
    pub fn entries(&self) -> Vec<(String, form_encoding::Value)> {
        self.entries.borrow().iter().map(|(name, value)| (name.clone(), value.sent())).collect()
    }
}

impl FormValue {
    /// The value as it is sent.
    #[must_use]
    pub fn sent(&self) -> form_encoding::Value {
        match self {
            Self::Text(text) => form_encoding::Value::Text(text.clone()),
            Self::File(file) => file.downcast_ref::<BlobObject>().map_or_else(form_encoding::Value::no_file, |blob| {
                let name = blob.file.as_ref().map_or_else(String::new, |file| file.name.clone());
                form_encoding::Value::File { name, kind: blob.kind().to_owned(), bytes: Rc::from(blob.bytes()) }
            }),
        }
    }

    /// The value where only texts are sent: of a file its name (HTML §4.10.22.5).
    #[must_use]
    pub fn into_text(self) -> String {
        match self.sent() {
            form_encoding::Value::Text(text) => text,
            form_encoding::Value::File { name, .. } => name,
        }
    }
}

fn construct(new_target: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let prototype = new_target_prototype(new_target, "FormData", context)?;
    let of_argument = arg(args, 0);
    let entries = if of_argument.is_undefined() {
        Vec::new()
    } else {
        let form = as_node(&of_argument).filter(|node| node.is_html("form"));
        let form = form.ok_or_else(|| type_error("parameter 1 is not of type 'HTMLFormElement'"))?;
        let submitter = form_submission::submitter_of(&form, &arg(args, 1), context)?;
        let listed = form_submission::entry_list(&form, submitter.as_ref(), "UTF-8", context)?;
        listed.ok_or_else(|| dom_exception("InvalidStateError", "The form's entries are being listed.", context))?
    };
    Ok(JsObject::from_proto_and_data(prototype, FormDataObject::of(entries)).into())
}

fn with<R>(this: &JsValue, f: impl FnOnce(&mut Vec<(String, FormValue)>) -> R) -> JsResult<R> {
    let object = this.as_object();
    let data = object.as_ref().and_then(|object| object.downcast_ref::<FormDataObject>());
    data.map(|data| f(&mut data.entries.borrow_mut())).ok_or_else(|| type_error("Illegal invocation"))
}

impl EntryList for FormDataObject {
    type Value = FormValue;

    fn read<R>(this: &JsValue, f: impl FnOnce(&[(String, FormValue)]) -> R) -> JsResult<R> {
        with(this, |list| f(list))
    }

    fn change(this: &JsValue, f: impl FnOnce(&mut Vec<(String, FormValue)>)) -> JsResult<()> {
        with(this, f)
    }

    /// A text, or a blob that becomes a File of the name given, else of its own, else `blob`
    /// ([create an entry](https://html.spec.whatwg.org/#create-an-entry)).
    fn value(args: &[JsValue], context: &mut Context) -> JsResult<FormValue> {
        let value = arg(args, 1);
        if let (Some(object), Some(blob)) = (value.as_object(), as_blob(&value)) {
            let name = optional_text(args, 2, context)?;
            return Ok(FormValue::File(file::named(&object, &blob, name, context)));
        }
        if args.len() > 2 && !args[2].is_undefined() {
            return Err(type_error("parameter 2 is not of type 'Blob'"));
        }
        text(args, 1, context).map(FormValue::Text)
    }

    fn shown(value: &FormValue) -> JsValue {
        match value {
            FormValue::Text(text) => string(text),
            FormValue::File(file) => file.clone().into(),
        }
    }
}

fn pair(object: &JsObject, at: usize) -> JsResult<Option<Pair>> {
    with(&object.clone().into(), |list| list.get(at).map(|(name, value)| (string(name), FormDataObject::shown(value))))
}

const FORM_DATA: Interface = Interface {
    name: "FormData",
    constructor: Some((construct, 0)),
    methods: &[
        ("append", append::<FormDataObject>, 2),
        ("delete", delete::<FormDataObject>, 1),
        ("get", get::<FormDataObject>, 1),
        ("getAll", get_all::<FormDataObject>, 1),
        ("has", has::<FormDataObject>, 1),
        ("set", set::<FormDataObject>, 2),
    ],
    ..Interface::EMPTY
};

/// Installs FormData.
///
/// # Errors
/// What boa says; a bug.
pub fn install_form_data(context: &mut Context) -> JsResult<()> {
    install(&FORM_DATA, context)?;
    iterable::install(&PairIterable { interface: "FormData", iterator: "FormData Iterator", pair }, context);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::webapi::testing::check;

    #[test]
    fn entries_of_its_own() {
        let f = "var f = new FormData(); f.append('a', 1); f.append('b', '您'); f.append('a', null);";
        check(
            &format!("{f} [f.get('a'), f.get('z'), f.getAll('a'), f.has('b'), f.has('c')].join('|')"),
            "1||1,null|true|false",
        );
        check(
            &format!("{f} f.set('a', 2); f.delete('b'); f.set('c', 3); JSON.stringify(Array.from(f))"),
            r#"[["a","2"],["c","3"]]"#,
        );
        check(
            &format!("{f} var o = []; f.forEach(function (v, k) {{ o.push(k + v); }}); o + '|' + Array.from(f.keys())"),
            "a1,b您,anull|a,b,a",
        );
        check("new FormData({})", "TypeError: parameter 1 is not of type 'HTMLFormElement'");
    }

    #[test]
    fn entries_of_a_form() {
        let form = "var form = parse('<form><input name=q value=1><input type=checkbox name=c><input type=submit \
            name=s>\
                    <select name=o><option>x<option selected>y</select><textarea name=t>z</textarea></form>');";
        check(&format!("{form} JSON.stringify(Array.from(new FormData(form)))"), r#"[["q","1"],["o","y"],["t","z"]]"#);
        // Browsers do not hold to this one (HTML §4.10.22.4, step 5).
        check("Array.from(new FormData(parse('<form><datalist><input name=a></datalist></form>'))).length", "0");
    }

    #[test]
    fn blobs() {
        check(
            "var f = new FormData(), b = new Blob(['x'], {type: 'a/b'}), file = new File(['y'], 'n.txt'); \
             f.append('b', b); f.append('n', b, 'name'); f.append('f', file); f.append('g', file, 'other'); \
             Array.from(f).map(function (e) { return e[0] + e[1].name + e[1].size + (e[1] instanceof File) + (e[1] === file) }).join()",
            "bblob1truefalse,nname1truefalse,fn.txt1truetrue,gother1truefalse",
        );
        check("new FormData().append('a', 'x', 'name')", "TypeError: parameter 2 is not of type 'Blob'");
        check(
            "var f = new FormData(); f.append('t', 'a\\nb'); f.append('f', new File([new Uint8Array([0xe6, 0x82])], '您\"', {type: 'a/b'})); \
             f.append('g', new Blob(['z'])); new Response(f).text().then(function (t) { log(t.replace(/\\r\\n/g, '~')) })",
            "------duokeFormBoundary0000000000000000~Content-Disposition: form-data; name=\"t\"~~a~b~\
             ------duokeFormBoundary0000000000000000~Content-Disposition: form-data; name=\"f\"; filename=\"您%22\"~Content-Type: a/b~~\u{fffd}~\
             ------duokeFormBoundary0000000000000000~Content-Disposition: form-data; name=\"g\"; filename=\"blob\"~Content-Type: application/octet-stream~~z~\
             ------duokeFormBoundary0000000000000000--~",
        );
        let form = "var form = parse('<form method=post><input type=file name=f><input type=file></form>');";
        check(
            &format!("{form} var e = new FormData(form).get('f'); [e instanceof File, e.name, e.size, e.type].join()"),
            "true,,0,application/octet-stream",
        );
    }
}
