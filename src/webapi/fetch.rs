//! `fetch()` ([Fetch §5.6](https://fetch.spec.whatwg.org/#fetch-method)).
//!
//! Redirects are followed by the network; the modes `cors`, `no-cors`, `error` and `manual` change nothing, since the
//! egress guard decides whom a page may talk to.

use boa_engine::builtins::promise::ResolvingFunctions;
use boa_engine::object::builtins::JsPromise;
use boa_engine::{Context, JsError, JsObject, JsResult, JsValue};
use url::Url;

use super::abort::{reason_of, unwatch, watch};
use super::fetching::{is_same_origin, report_failure};
use super::headers::{install_headers, list_of};
use super::request::{RequestObject, install_request, read};
use super::response::{from_answer, install_response};
use super::window::Window;
use crate::engine::convert::type_error;
use crate::engine::event_loop::EventLoop;
use crate::engine::interface::define_method;
use crate::net::{Destination, NetError, Request, Response};

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
    let pending = Pending { url: request.url.clone(), functions: functions.clone(), signal: signal.clone() };
    let on_answer = Box::new(move |answer, context: &mut Context| pending.settle(answer, context));
    let id = window.world.start(request, on_answer, &window.event_loop);
    if let Some(signal) = signal {
        watch(&signal, id, functions.reject.clone());
    }
    Ok(())
}

fn outgoing(asked: &RequestObject, window: &Window) -> JsResult<Request> {
    let url = asked.parts.url.clone();
    let credentials = match asked.parts.credentials.as_str() {
        "include" => true,
        "omit" => false,
        _ => is_same_origin(&url, window),
    };
    let mut headers = list_of(&asked.headers);
    if !headers.iter().any(|(name, _)| name == "accept") {
        headers.push(("accept".to_owned(), "*/*".to_owned()));
    }
    Ok(Request {
        method: asked.parts.method.clone(),
        url,
        headers,
        body: asked.body.take()?.to_vec(),
        destination: Destination::Xhr,
        credentials,
        now_ms: window.event_loop.clock().now(),
    })
}

/// A promise that waits for its answer.
struct Pending {
    url: Url,
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
        match answer {
            Ok(answer) => {
                let response = from_answer(&self.url, answer, context);
                self.functions.resolve.call(&JsValue::undefined(), &[response], context).map(|_| ())
            }
            Err(error) => {
                report_failure(&error, &self.url, &EventLoop::of(context));
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
