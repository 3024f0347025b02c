//! URL ([URL §6.1](https://url.spec.whatwg.org/#url-class)).

use std::cell::RefCell;

use boa_engine::{Context, JsData, JsObject, JsResult, JsString, JsValue};
use boa_gc::{Finalize, GcRefCell, Trace};
use url::{Url, quirks};

use super::url_search_params::{ParamsObject, of_url};
use crate::engine::convert::{optional_text, require, string, text, type_error};
use crate::engine::interface::{Interface, define_value, install, new_target_prototype, prototype};

/// The native data of a URL object.
#[derive(Trace, Finalize, JsData)]
pub struct UrlObject {
    #[unsafe_ignore_trace]
    url: RefCell<Url>,
    params: GcRefCell<Option<JsObject>>,
}

impl UrlObject {
    fn new(url: Url) -> Self {
        Self { url: RefCell::new(url), params: GcRefCell::default() }
    }

    /// The address.
    #[must_use]
    pub fn url(&self) -> Url {
        self.url.borrow().clone()
    }

    /// Sets the query from `searchParams`; empty takes it away.
    pub fn set_query(&self, query: &str) {
        self.url.borrow_mut().set_query(Some(query).filter(|query| !query.is_empty()));
    }

    /// `searchParams` follows the query.
    fn refresh_params(&self) {
        let params = self.params.borrow();
        if let Some(params) = params.as_ref().and_then(|params| params.downcast_ref::<ParamsObject>()) {
            params.read(self.url.borrow().query().unwrap_or(""));
        }
    }
}

fn with<R>(this: &JsValue, f: impl FnOnce(&UrlObject) -> R) -> JsResult<R> {
    let object = this.as_object();
    let data = object.as_ref().and_then(|object| object.downcast_ref::<UrlObject>());
    data.map(|data| f(&data)).ok_or_else(|| type_error("Illegal invocation"))
}

fn read(this: &JsValue, f: impl FnOnce(&Url) -> &str) -> JsResult<JsValue> {
    with(this, |data| string(f(&data.url.borrow())))
}

/// Runs a setter; what it refuses stays as it was.
fn write<R>(
    this: &JsValue,
    args: &[JsValue],
    context: &mut Context,
    f: impl FnOnce(&mut Url, &str) -> R,
) -> JsResult<JsValue> {
    let value = text(args, 0, context)?;
    with(this, |data| {
        f(&mut data.url.borrow_mut(), &value);
        data.refresh_params();
    })?;
    Ok(JsValue::undefined())
}

fn set_href(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let value = text(args, 0, context)?;
    let url = Url::parse(&value).map_err(|_| type_error(&format!("Invalid URL: {value}")))?;
    with(this, |data| {
        *data.url.borrow_mut() = url;
        data.refresh_params();
    })?;
    Ok(JsValue::undefined())
}

fn search_params(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let (made, query) =
        with(this, |data| (data.params.borrow().clone(), data.url.borrow().query().unwrap_or("").to_owned()))?;
    let params = match (made, this.as_object()) {
        (Some(made), _) => made,
        (None, Some(url)) => {
            let params = of_url(&url, &query, context);
            with(this, |data| *data.params.borrow_mut() = Some(params.clone()))?;
            params
        }
        (None, None) => return Ok(JsValue::undefined()),
    };
    Ok(params.into())
}

/// The address of `(url, base?)` arguments, or what was wrong.
fn parse(args: &[JsValue], context: &mut Context) -> JsResult<Result<Url, &'static str>> {
    require(args, 1)?;
    let address = text(args, 0, context)?;
    let Some(base) = optional_text(args, 1, context)? else {
        return Ok(Url::parse(&address).map_err(|_| "Invalid URL"));
    };
    let Ok(base) = Url::parse(&base) else { return Ok(Err("Invalid base URL")) };
    Ok(base.join(&address).map_err(|_| "Invalid URL"))
}

fn construct(new_target: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let prototype = new_target_prototype(new_target, "URL", context)?;
    let url = parse(args, context)?.map_err(|why| type_error(&format!("Failed to construct 'URL': {why}")))?;
    Ok(JsObject::from_proto_and_data(prototype, UrlObject::new(url)).into())
}

fn static_parse(_: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let Ok(url) = parse(args, context)? else { return Ok(JsValue::null()) };
    Ok(JsObject::from_proto_and_data(prototype("URL", context), UrlObject::new(url)).into())
}

const URL: Interface = Interface {
    name: "URL",
    constructor: Some((construct, 1)),
    attributes: &[
        ("href", |this, _, _| read(this, quirks::href), Some(set_href)),
        ("origin", |this, _, _| with(this, |data| string(&quirks::origin(&data.url.borrow()))), None),
        (
            "protocol",
            |this, _, _| read(this, quirks::protocol),
            Some(|this, args, context| write(this, args, context, quirks::set_protocol)),
        ),
        (
            "username",
            |this, _, _| read(this, quirks::username),
            Some(|this, args, context| write(this, args, context, quirks::set_username)),
        ),
        (
            "password",
            |this, _, _| read(this, quirks::password),
            Some(|this, args, context| write(this, args, context, quirks::set_password)),
        ),
        (
            "host",
            |this, _, _| read(this, quirks::host),
            Some(|this, args, context| write(this, args, context, quirks::set_host)),
        ),
        (
            "hostname",
            |this, _, _| read(this, quirks::hostname),
            Some(|this, args, context| write(this, args, context, quirks::set_hostname)),
        ),
        (
            "port",
            |this, _, _| read(this, quirks::port),
            Some(|this, args, context| write(this, args, context, quirks::set_port)),
        ),
        (
            "pathname",
            |this, _, _| read(this, quirks::pathname),
            Some(|this, args, context| write(this, args, context, quirks::set_pathname)),
        ),
        (
            "search",
            |this, _, _| read(this, quirks::search),
            Some(|this, args, context| write(this, args, context, quirks::set_search)),
        ),
        ("searchParams", search_params, None),
        (
            "hash",
            |this, _, _| read(this, quirks::hash),
            Some(|this, args, context| write(this, args, context, quirks::set_hash)),
        ),
    ],
    methods: &[
        ("toString", |this, _, _| read(this, quirks::href), 0),
        ("toJSON", |this, _, _| read(this, quirks::href), 0),
    ],
    statics: &[
        ("canParse", |_, args, context| Ok(parse(args, context)?.is_ok().into()), 1),
        ("parse", static_parse, 1),
    ],
    ..Interface::EMPTY
};

/// Installs URL, and `webkitURL` as pages of the time look for it.
///
/// # Errors
/// What boa says; a bug.
pub fn install_url(context: &mut Context) -> JsResult<()> {
    install(&URL, context)?;
    let global = context.global_object();
    let url = global.get(JsString::from("URL"), context)?;
    let hidden = boa_engine::property::Attribute::WRITABLE | boa_engine::property::Attribute::CONFIGURABLE;
    define_value(&global, "webkitURL", url, hidden);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::webapi::testing::check;

    #[test]
    fn parts_of_an_address() {
        let u = "var u = new URL('https://u:p@例子.test:8080/a b/../c?x=1&y#h');";
        check(&format!("{u} u.href"), "https://u:p@xn--fsqu00a.test:8080/c?x=1&y#h");
        check(&format!("{u} [u.protocol, u.username, u.password, u.port, u.pathname].join()"), "https:,u,p,8080,/c");
        check(
            &format!("{u} [u.host, u.hostname, u.search, u.hash].join()"),
            "xn--fsqu00a.test:8080,xn--fsqu00a.test,?x=1&y,#h",
        );
        check(&format!("{u} u.origin"), "https://xn--fsqu00a.test:8080");
        check(
            "String(new URL('../d?q', 'http://a.test/b/c')) + JSON.stringify(new URL('http://a'))",
            "http://a.test/d?q\"http://a/\"",
        );
        check("new URL('/x')", "TypeError: Failed to construct 'URL': Invalid URL");
        check("new URL('x', 'y')", "TypeError: Failed to construct 'URL': Invalid base URL");
        check(
            "[URL.canParse('x'), URL.canParse('x', 'http://a'), URL.parse('x'), URL.parse('a:b').href].join()",
            "false,true,,a:b",
        );
        check("URL('http://a')", "TypeError: Class constructor URL cannot be invoked without 'new'");
    }

    #[test]
    fn setters() {
        let set = |part: &str, value: &str| {
            format!("var u = new URL('http://a.test:81/p?q#h'); u.{part} = '{value}'; u.href")
        };
        check(&set("protocol", "https"), "https://a.test:81/p?q#h");
        check(&set("host", "b.test:82"), "http://b.test:82/p?q#h");
        check(&set("hostname", "b.test"), "http://b.test:81/p?q#h");
        check(&set("port", "80"), "http://a.test/p?q#h");
        check(&set("port", "x"), "http://a.test:81/p?q#h");
        check(&set("pathname", "x y"), "http://a.test:81/x%20y?q#h");
        check(&set("search", ""), "http://a.test:81/p#h");
        check(&set("hash", "#您"), "http://a.test:81/p?q#%E6%82%A8");
        check(&set("username", "u"), "http://u@a.test:81/p?q#h");
        check(&set("href", "ftp://x"), "ftp://x/");
        check(&set("href", "x"), "TypeError: Invalid URL: x");
        check(&set("origin", "x"), "http://a.test:81/p?q#h");
    }

    #[test]
    fn search_params_are_live_both_ways() {
        let u = "var u = new URL('http://a/?x=1'), p = u.searchParams;";
        check(&format!("{u} p.append('y', ' '); u.href + (p === u.searchParams)"), "http://a/?x=1&y=+true");
        check(&format!("{u} u.search = '?z=%32'; p.get('z') + p.size"), "21");
        check(&format!("{u} u.href = 'http://b'; p.size + u.href"), "0http://b/");
        check(&format!("{u} p.delete('x'); u.href"), "http://a/");
    }

    #[test]
    fn object_urls_lead_nowhere() {
        check("URL.revokeObjectURL('x'); webkitURL === URL", "true");
    }
}
