//! URLSearchParams ([URL §6.2](https://url.spec.whatwg.org/#interface-urlsearchparams)).

use std::cell::RefCell;

use boa_engine::{Context, JsData, JsObject, JsResult, JsValue};
use boa_gc::{Finalize, GcRefCell, Trace};

use super::entry_list::{EntryList, append, delete, get, get_all, has, set};
use super::form_encoding::{urldecode, urlencode};
use super::iterable::{self, Pair, PairIterable, pairs};
use super::url::UrlObject;
use crate::engine::convert::{arg, optional_text, string, text, type_error, value_text};
use crate::engine::interface::{Interface, install, new_target_prototype, prototype};

/// The native data of an URLSearchParams object.
#[derive(Trace, Finalize, JsData, Default)]
pub struct ParamsObject {
    #[unsafe_ignore_trace]
    list: RefCell<Vec<(String, String)>>,
    /// The URL whose query this is.
    url: GcRefCell<Option<JsObject>>,
}

impl ParamsObject {
    /// The entries.
    #[must_use]
    pub fn entries(&self) -> Vec<(String, String)> {
        self.list.borrow().clone()
    }

    /// Takes the entries of a URL's query.
    pub fn read(&self, query: &str) {
        *self.list.borrow_mut() = urldecode(query);
    }
}

/// The `searchParams` of a URL object.
#[must_use]
pub fn of_url(url: &JsObject, query: &str, context: &mut Context) -> JsObject {
    let data = ParamsObject::default();
    data.read(query);
    *data.url.borrow_mut() = Some(url.clone());
    JsObject::from_proto_and_data(prototype("URLSearchParams", context), data)
}

fn construct(new_target: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let prototype = new_target_prototype(new_target, "URLSearchParams", context)?;
    let init = arg(args, 0);
    let list = match init.as_object() {
        Some(object) => pairs(&object, context)?,
        None if init.is_undefined() => Vec::new(),
        None => {
            let query = value_text(&init, context)?;
            urldecode(query.strip_prefix('?').unwrap_or(&query))
        }
    };
    let data = ParamsObject { list: RefCell::new(list), url: GcRefCell::default() };
    Ok(JsObject::from_proto_and_data(prototype, data).into())
}

fn with<R>(object: &JsObject, f: impl FnOnce(&ParamsObject) -> R) -> JsResult<R> {
    object.downcast_ref::<ParamsObject>().map(|data| f(&data)).ok_or_else(|| type_error("Illegal invocation"))
}

fn read<R>(this: &JsValue, f: impl FnOnce(&[(String, String)]) -> R) -> JsResult<R> {
    let object = this.as_object().ok_or_else(|| type_error("Illegal invocation"))?;
    with(&object, |data| f(&data.list.borrow()))
}

/// Changes the entries; the URL's query follows
/// ([update](https://url.spec.whatwg.org/#concept-urlsearchparams-update)).
fn change(this: &JsValue, f: impl FnOnce(&mut Vec<(String, String)>)) -> JsResult<()> {
    let object = this.as_object().ok_or_else(|| type_error("Illegal invocation"))?;
    with(&object, |data| {
        f(&mut data.list.borrow_mut());
        let url = data.url.borrow();
        if let Some(url) = url.as_ref().and_then(|url| url.downcast_ref::<UrlObject>()) {
            url.set_query(&urlencode(&data.list.borrow()));
        }
    })
}

impl EntryList for ParamsObject {
    type Value = String;

    fn read<R>(this: &JsValue, f: impl FnOnce(&[(String, String)]) -> R) -> JsResult<R> {
        read(this, f)
    }

    fn change(this: &JsValue, f: impl FnOnce(&mut Vec<(String, String)>)) -> JsResult<()> {
        change(this, f)
    }

    fn value(args: &[JsValue], context: &mut Context) -> JsResult<String> {
        text(args, 1, context)
    }

    fn wanted(args: &[JsValue], context: &mut Context) -> JsResult<Option<String>> {
        optional_text(args, 1, context)
    }

    fn shown(value: &String) -> JsValue {
        string(value)
    }
}

fn sort(this: &JsValue, _: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    change(this, |list| list.sort_by(|(a, _), (b, _)| a.encode_utf16().cmp(b.encode_utf16())))?;
    Ok(JsValue::undefined())
}

fn pair(object: &JsObject, at: usize) -> JsResult<Option<Pair>> {
    with(object, |data| data.list.borrow().get(at).map(|(name, value)| (string(name), string(value))))
}

const URL_SEARCH_PARAMS: Interface = Interface {
    name: "URLSearchParams",
    constructor: Some((construct, 0)),
    attributes: &[("size", |this, _, _| read(this, |list| list.len().into()), None)],
    methods: &[
        ("append", append::<ParamsObject>, 2),
        ("delete", delete::<ParamsObject>, 1),
        ("get", get::<ParamsObject>, 1),
        ("getAll", get_all::<ParamsObject>, 1),
        ("has", has::<ParamsObject>, 1),
        ("set", set::<ParamsObject>, 2),
        ("sort", sort, 0),
        ("toString", |this, _, _| read(this, |list| string(&urlencode(list))), 0),
    ],
    ..Interface::EMPTY
};

/// Installs URLSearchParams.
///
/// # Errors
/// What boa says; a bug.
pub fn install_url_search_params(context: &mut Context) -> JsResult<()> {
    install(&URL_SEARCH_PARAMS, context)?;
    iterable::install(
        &PairIterable { interface: "URLSearchParams", iterator: "URLSearchParams Iterator", pair },
        context,
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::webapi::testing::check;

    #[test]
    fn constructed_from_anything() {
        check("new URLSearchParams('?a=1&b=2+3&c').toString()", "a=1&b=2+3&c=");
        check("String(new URLSearchParams({a: 1, 您: '好'}))", "a=1&%E6%82%A8=%E5%A5%BD");
        check("String(new URLSearchParams([['a', 'b'], ['a', null]]))", "a=b&a=null");
        check("String(new URLSearchParams(new URLSearchParams('x=y&x=z')))", "x=y&x=z");
        check("String(new URLSearchParams()) + '|' + new URLSearchParams(null)", "|null=");
        check("new URLSearchParams([['a']])", "TypeError: Sequence initializer must only contain pair elements");
    }

    #[test]
    fn reads_and_writes() {
        let p = "var p = new URLSearchParams('a=1&b=2&a=3');";
        check(&format!("{p} [p.get('a'), p.get('z'), p.getAll('a'), p.size].join('|')"), "1||1,3|3");
        check(
            &format!("{p} [p.has('a'), p.has('a', '3'), p.has('a', '4'), p.has('z')].join()"),
            "true,true,false,false",
        );
        check(&format!("{p} p.set('a', 9); p.set('c', ''); String(p)"), "a=9&b=2&c=");
        check(&format!("{p} p.delete('a', '1'); p.append('b', 'x y'); String(p)"), "b=2&a=3&b=x+y");
        check(&format!("{p} p.sort(); String(p)"), "a=1&a=3&b=2");
        check("new URLSearchParams('').get()", "TypeError: 1 argument(s) required, but only 0 present");
    }

    #[test]
    fn iterates_live() {
        let p = "var p = new URLSearchParams('a=1&b=2'), out = [];";
        check(
            &format!("{p} for (var [k, v] of p) {{ out.push(k + v); if (k == 'b') p.append('c', 3); }} out"),
            "a1,b2,c3",
        );
        check(&format!("{p} [Array.from(p.keys()), Array.from(p.values())].join('|')"), "a,b|1,2");
        check(
            &format!(
                "{p} p.forEach(function (v, k, all) {{ out.push(k + v + (all === p) + this.t); }}, {{t: 'T'}}); out"
            ),
            "a1trueT,b2trueT",
        );
        check(
            &format!("{p} String(p.entries()) + (p.entries()[Symbol.iterator]().next().value)"),
            "[object URLSearchParams Iterator]a,1",
        );
        check("URLSearchParams.prototype[Symbol.iterator] === URLSearchParams.prototype.entries", "true");
    }
}
