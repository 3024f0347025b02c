//! FormData ([XHR §4](https://xhr.spec.whatwg.org/#interface-formdata)). Entries are texts: there are no files here.

use std::cell::RefCell;

use boa_engine::{Context, JsData, JsObject, JsResult, JsValue};
use boa_gc::{Finalize, Trace};

use super::iterable::{self, Pair, PairIterable};
use super::url_search_params::set_entry;
use super::wrap::as_node;
use crate::dom::form;
use crate::engine::convert::{arg, array, require, string, string_or_null, text, type_error};
use crate::engine::interface::{Interface, install, new_target_prototype};

/// The native data of a FormData object.
#[derive(Trace, Finalize, JsData, Default)]
pub struct FormDataObject {
    #[unsafe_ignore_trace]
    entries: RefCell<Vec<(String, String)>>,
}

impl FormDataObject {
    /// The entries.
    #[must_use]
    pub fn entries(&self) -> Vec<(String, String)> {
        self.entries.borrow().clone()
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
        form::entry_list(&form, as_node(&arg(args, 1)).as_ref())
    };
    let data = FormDataObject { entries: RefCell::new(entries) };
    Ok(JsObject::from_proto_and_data(prototype, data).into())
}

fn with<R>(this: &JsValue, f: impl FnOnce(&mut Vec<(String, String)>) -> R) -> JsResult<R> {
    let object = this.as_object();
    let data = object.as_ref().and_then(|object| object.downcast_ref::<FormDataObject>());
    data.map(|data| f(&mut data.entries.borrow_mut())).ok_or_else(|| type_error("Illegal invocation"))
}

fn append(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    require(args, 2)?;
    let entry = (text(args, 0, context)?, text(args, 1, context)?);
    with(this, |list| list.push(entry)).map(|()| JsValue::undefined())
}

fn delete(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    require(args, 1)?;
    let name = text(args, 0, context)?;
    with(this, |list| list.retain(|(key, _)| *key != name)).map(|()| JsValue::undefined())
}

fn get(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    require(args, 1)?;
    let name = text(args, 0, context)?;
    with(this, |list| string_or_null(list.iter().find(|(key, _)| *key == name).map(|(_, value)| value.clone())))
}

fn get_all(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    require(args, 1)?;
    let name = text(args, 0, context)?;
    let found: Vec<JsValue> =
        with(this, |list| list.iter().filter(|(key, _)| *key == name).map(|(_, value)| string(value)).collect())?;
    Ok(array(found, context))
}

fn has(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    require(args, 1)?;
    let name = text(args, 0, context)?;
    with(this, |list| list.iter().any(|(key, _)| *key == name).into())
}

fn set(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    require(args, 2)?;
    let (name, value) = (text(args, 0, context)?, text(args, 1, context)?);
    with(this, |list| set_entry(list, name, value)).map(|()| JsValue::undefined())
}

fn pair(object: &JsObject, at: usize) -> JsResult<Option<Pair>> {
    with(&object.clone().into(), |list| list.get(at).map(|(name, value)| (string(name), string(value))))
}

const FORM_DATA: Interface = Interface {
    name: "FormData",
    constructor: Some((construct, 0)),
    methods: &[
        ("append", append, 2),
        ("delete", delete, 1),
        ("get", get, 1),
        ("getAll", get_all, 1),
        ("has", has, 1),
        ("set", set, 2),
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
    }
}
