//! `fetch()` ([Fetch §5.6](https://fetch.spec.whatwg.org/#fetch-method)).
//!
//! *Choice*: CORS is not enforced. The egress guard decides whom a page may talk to, and an origin that the operator named
//! needs no CORS headers: there is no preflight, and all of the answer can be read, as of type `cors`. `Origin` is sent as
//! browsers do. Nothing is kept ([`crate::net`] keeps documents, scripts and style sheets): `cache` tells servers on the
//! way what is wanted.

use boa_engine::builtins::promise::ResolvingFunctions;
use boa_engine::object::builtins::JsPromise;
use boa_engine::{Context, JsError, JsObject, JsResult, JsValue};
use url::Url;

use super::abort::{reason_of, unwatch, watch};
use super::fetching::{self, is_same_origin, report_failure};
use super::headers::{install_headers, is_no_cors_safelisted, list_of};
use super::request::{Parts, RequestObject, install_request, read};
use super::response::{Kind, from_answer, install_response};
use super::window::Window;
use crate::engine::convert::type_error;
use crate::engine::event_loop::EventLoop;
use crate::engine::interface::define_method;
use crate::net::{
    Client, Credentials, Destination, Mode, NetError, Redirects, ReferrerPolicy, Request, Response, has_integrity,
};

fn fetch(_: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let (promise, functions) = JsPromise::new_pending(context);
    if let Err(error) = start(args, &functions, context) {
        reject(&functions, error, context)?;
    }
    Ok(promise.into())
}

fn reject(functions: &ResolvingFunctions, error: JsError, context: &mut Context) -> JsResult<()> {
    let reason = error.into_opaque(context)?;
    functions.reject.call(&JsValue::undefined(), &[reason], context).map(|_| ())
}

fn start(args: &[JsValue], functions: &ResolvingFunctions, context: &mut Context) -> JsResult<()> {
    let asked = read(args, context)?;
    let signal = asked.signal();
    if let Some(reason) = signal.as_ref().and_then(reason_of) {
        return Err(JsError::from_opaque(reason));
    }
    let window = Window::of(context);
    let request = outgoing(&asked, &window)?;
    let pending = Pending { parts: asked.parts.clone(), functions: functions.clone(), signal: signal.clone() };
    let on_answer = Box::new(move |answer, context: &mut Context| pending.settle(answer, context));
    let id = window.world.start(request, on_answer, &window.event_loop);
    if let Some(signal) = signal {
        watch(&signal, id, functions.reject.clone());
    }
    Ok(())
}

fn outgoing(asked: &RequestObject, window: &Window) -> JsResult<Request> {
    let parts = &asked.parts;
    if parts.mode == "same-origin" && !is_own(&parts.url, window) {
        return Err(type_error(&format!(
            "Failed to fetch: {} is of another origin, and mode is same-origin",
            parts.url
        )));
    }
    if parts.cache == "only-if-cached" {
        return Err(type_error("Failed to fetch: the answer is not kept, and cache is only-if-cached"));
    }
    let mut headers = list_of(&asked.headers);
    if parts.mode == "no-cors" {
        headers.retain(|(name, value)| is_no_cors_safelisted(name, value));
    }
    let mut add = |name: &str, value: &str| {
        if !headers.iter().any(|(known, _)| known == name) {
            headers.push((name.to_owned(), value.to_owned()));
        }
    };
    add("accept", "*/*");
    // HTTP-network-or-cache fetch, steps 15 to 17.
    match parts.cache.as_str() {
        "no-cache" => add("cache-control", "max-age=0"),
        "no-store" | "reload" => {
            add("pragma", "no-cache");
            add("cache-control", "no-cache");
        }
        _ => {}
    }
    let request = fetching::request(&parts.url, Destination::Xhr, None, window);
    let client = request.client.as_ref().map(|client| Client {
        referrer_policy: ReferrerPolicy::named(&parts.referrer_policy).unwrap_or(client.referrer_policy),
        ..client.clone()
    });
    Ok(Request {
        method: parts.method.clone(),
        headers,
        body: asked.body.take()?.to_vec(),
        credentials: match parts.credentials.as_str() {
            "include" => Credentials::Include,
            "omit" => Credentials::Omit,
            _ => Credentials::SameOrigin,
        },
        mode: match parts.mode.as_str() {
            "no-cors" => Mode::NoCors,
            "same-origin" => Mode::SameOrigin,
            _ => Mode::Cors,
        },
        redirects: match parts.redirect.as_str() {
            "error" => Redirects::Error,
            "manual" => Redirects::Manual,
            _ => Redirects::Follow,
        },
        client,
        ..request
    })
}

/// Whether an address is the page's own: of its origin, or one that holds its answer.
fn is_own(url: &Url, window: &Window) -> bool {
    url.scheme() == "data" || is_same_origin(url, window)
}

/// What scripts see of an answer ([filtered response](https://fetch.spec.whatwg.org/#concept-filtered-response)).
fn kind_of(parts: &Parts, answer: &Response, window: &Window) -> Kind {
    let is_own = is_own(&parts.url, window) && is_own(&answer.url, window);
    let is_redirect = matches!(answer.status, 301 | 302 | 303 | 307 | 308) && answer.header("location").is_some();
    match parts.mode.as_str() {
        _ if parts.redirect == "manual" && is_redirect => Kind::OpaqueRedirect,
        _ if is_own => Kind::Basic,
        "no-cors" => Kind::Opaque,
        _ => Kind::Cors,
    }
}

/// A promise that waits for its answer.
struct Pending {
    parts: Parts,
    functions: ResolvingFunctions,
    signal: Option<JsObject>,
}

impl Pending {
    fn settle(self, answer: Result<Response, NetError>, context: &mut Context) -> JsResult<()> {
        if let Some(signal) = &self.signal {
            if reason_of(signal).is_some() {
                return Ok(());
            }
            unwatch(signal, &self.functions.reject);
        }
        let has_integrity = |answer: &Response| has_integrity(&answer.body, &self.parts.integrity);
        let checked = answer.and_then(|answer| match has_integrity(&answer) {
            true => Ok(answer),
            false => Err(NetError::Integrity { url: answer.url.into() }),
        });
        match checked {
            Ok(answer) => {
                let kind = kind_of(&self.parts, &answer, &Window::of(context));
                let response = from_answer(&self.parts.url, answer, kind, context);
                self.functions.resolve.call(&JsValue::undefined(), &[response], context).map(|_| ())
            }
            Err(error) => {
                report_failure(&error, &self.parts.url, &EventLoop::of(context));
                reject(&self.functions, type_error(&format!("Failed to fetch: {error}")), context)
            }
        }
    }
}

/// Installs `fetch`, Headers, Request and Response.
///
/// # Errors
/// What boa says; a bug.
pub fn install_fetch(context: &mut Context) -> JsResult<()> {
    install_headers(context)?;
    install_request(context)?;
    install_response(context)?;
    let global = context.global_object();
    define_method(&global, "fetch", fetch, 1, context);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::event::Cause;
    use crate::webapi::testing::{check, check_caused, check_faults};

    #[test]
    fn answers() {
        check(
            "fetch('/text').then(function (r) { log(r.status, r.ok, r.url, r.redirected, r.type); return r.text(); \
                }).then(log)",
            "200 true http://a.test/text false basic\n您好",
        );
        check(
            "fetch('../json').then(function (r) { return r.json(); }).then(function (j) { log(JSON.stringify(j)); })",
            r#"{"a":[1,"您"]}"#,
        );
        check("fetch('/missing').then(function (r) { log(r.ok, r.status, r.statusText); })", "false 404 Not Found");
        check("fetch('/moved#x').then(function (r) { log(r.url, r.redirected); })", "http://a.test/text true");
        check(
            "fetch('/headers').then(function (r) { log(Array.from(r.headers).join('|')); r.headers.set('a', 1); \
                }).catch(failed)",
            "content-length,1|content-type,text/plain|x-a,a|x-b,1, 2\nTypeError: Headers are immutable",
        );
    }

    #[test]
    fn what_is_sent() {
        check(
            "fetch('/echo', {method: 'post', body: new URLSearchParams('a=您'), headers: {'X-A': 1, Host: \
                'evil'}}).then(function (r) { return r.text(); }).then(log)",
            "POST http://a.test/echo with cookies\nx-a: 1\ncontent-type: \
                application/x-www-form-urlencoded;charset=UTF-8\naccept: */*\n\na=%E6%82%A8",
        );
        check(
            "fetch(new Request('http://b.test/echo')).then(function (r) { return r.text(); }).then(log)",
            "GET http://b.test/echo\naccept: */*\n\n",
        );
        check(
            "fetch('http://b.test/echo', {credentials: 'include'}).then(function (r) { return r.text(); }).then(log)",
            "GET http://b.test/echo with cookies\naccept: */*\n\n",
        );
    }

    #[test]
    fn what_scripts_see_of_an_answer() {
        let types = |call: &str| {
            format!(
                "fetch({call}).then(function (r) {{ log(r.type, r.status, r.url, r.redirected, r.headers.has('content-type')); return r.text(); }}).then(function (t) {{ log(t.length) }}, failed)"
            )
        };
        for (call, expected) in [
            ("'/text'", "basic 200 http://a.test/text false true\n2"),
            ("'http://b.test/text'", "cors 200 http://b.test/text false true\n2"),
            ("'http://b.test/text', {mode: 'no-cors'}", "opaque 0  false false\n0"),
            ("'/text', {mode: 'no-cors'}", "basic 200 http://a.test/text false true\n2"),
            ("'/302', {redirect: 'manual'}", "opaqueredirect 0 http://a.test/302 false false\n0"),
            (
                "'/302', {redirect: 'error'}",
                "TypeError: Failed to fetch: http://a.test/302 was redirected to http://a.test/text, which the page's request does not allow",
            ),
            (
                "'http://b.test/text', {mode: 'same-origin'}",
                "TypeError: Failed to fetch: http://b.test/text is of another origin, and mode is same-origin",
            ),
            ("'/text', {mode: 'navigate'}", "TypeError: Cannot construct a Request with a mode of 'navigate'."),
            ("'/text', {mode: 'no-cors', method: 'PUT'}", "TypeError: 'PUT' is not allowed where mode is 'no-cors'."),
            (
                "'/text', {mode: 'same-origin', cache: 'only-if-cached'}",
                "TypeError: Failed to fetch: the answer is not kept, and cache is only-if-cached",
            ),
            (
                "'/text', {cache: 'only-if-cached'}",
                "TypeError: 'only-if-cached' can only be set where mode is 'same-origin'.",
            ),
            (
                "'/text', {integrity: 'sha256-AAAA'}",
                "TypeError: Failed to fetch: http://a.test/text is not taken: it is not what the page's `integrity` says",
            ),
            (
                "'/json', {integrity: 'sha256-AAAA sha256-W71qerypsvdFLByBLL1n4jjCphM1yd1dqDmWI+/FzDE='}",
                "basic 200 http://a.test/json false true\n13",
            ),
        ] {
            check(&types(call), expected);
        }
    }

    #[test]
    fn how_much_is_said_of_the_document() {
        let head = "if (!document.head) document.documentElement.appendChild(document.createElement('head'));";
        let ask = "function ask(o) { return fetch('http://b.test/referrer', o).then(function (r) { return r.text() }).then(log) }";
        let meta = "function meta(c) { var m = document.createElement('meta'); m.name = 'referrer'; m.content = c; document.head.appendChild(m) }";
        check(
            &format!(
                "{head} {ask} {meta} ask(); ask({{referrerPolicy: 'unsafe-url'}}); ask({{referrer: ''}}); meta('always'); ask(); meta('no-word'); ask(); meta('same-origin'); ask()"
            ),
            "http://a.test/\nhttp://a.test/dir/page.html\n\nhttp://a.test/dir/page.html\nhttp://a.test/dir/page.html\n",
        );
    }

    #[test]
    fn what_is_said_of_caches_and_without_cors() {
        let echo =
            |options: &str| format!("fetch('/echo', {options}).then(function (r) {{ return r.text() }}).then(log)");
        check(
            &echo("{cache: 'no-cache'}"),
            "GET http://a.test/echo with cookies\naccept: */*\ncache-control: max-age=0\n\n",
        );
        check(
            &echo("{cache: 'reload', headers: {'Cache-Control': 'x'}}"),
            "GET http://a.test/echo with cookies\ncache-control: x\naccept: */*\npragma: no-cache\n\n",
        );
        check(
            &echo(
                "{mode: 'no-cors', method: 'post', body: '{}', headers: {'X-A': 1, 'Accept-Language': 'zh', 'Content-Type': 'application/json'}}",
            ),
            "POST http://a.test/echo with cookies\naccept-language: zh\naccept: */*\n\n{}",
        );
    }

    #[test]
    fn failures() {
        check(
            "fetch('/down').catch(failed)",
            "TypeError: Failed to fetch: http://a.test/down could not be reached: refused",
        );
        check("fetch('http://').catch(failed)", "TypeError: Failed to parse URL from http://");
        check("fetch().catch(failed)", "TypeError: 1 argument(s) required, but only 0 present");
        check_faults(
            "fetch('/down').catch(function () {})",
            &["fault.network: http://a.test/down could not be reached: refused; \
            if the server is gone, answer the address from a file with `--replace http://a.test/down=FILE` or \
                [replace] in plugin.toml"],
        );
    }

    #[test]
    fn aborted_before_and_while_it_waits() {
        let c = "var c = new AbortController();";
        check(
            &format!("{c} c.abort(); fetch('/text', {{signal: c.signal}}).catch(failed)"),
            "AbortError: signal is aborted without reason",
        );
        check(
            &format!("{c} fetch('/never', {{signal: c.signal}}).catch(failed); after(5, function () {{ c.abort(); }})"),
            "AbortError: signal is aborted without reason",
        );
        check(
            &format!("{c} fetch('/text', {{signal: c.signal}}).then(log, failed); c.abort(new Error('no'))"),
            "Error: no",
        );
        check(
            &format!(
                "{c} fetch('/text', {{signal: c.signal}}).then(function (r) {{ c.abort(); log(r.status); }}, failed)"
            ),
            "200",
        );
    }

    #[test]
    fn reactions_have_the_cause_of_their_task() {
        let script = "fetch('/text').then(function () { log(cause()); })";
        check_caused(Cause::new("s7", None), script, "s7");
    }
}
