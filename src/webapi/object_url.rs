//! `URL.createObjectURL` ([File API §8](https://w3c.github.io/FileAPI/#url)): addresses of blobs, which requests, scripts
//! and frames of the document read from memory. The document's end revokes them.
//!
//! Their unique part is a count, so that a page does the same again. Media sources are not taken.

use boa_engine::{Context, JsResult, JsString, JsValue};

use super::blob::blob_arg;
use super::window::Window;
use crate::engine::convert::{require, string, text};
use crate::engine::interface::{define_method, prototype};

fn create(_: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    require(args, 1)?;
    let blob = blob_arg(args, 0)?;
    let window = Window::of(context);
    Ok(string(&window.world.object_urls.add(&window.origin(), &blob)))
}

fn revoke(_: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    require(args, 1)?;
    let address = text(args, 0, context)?;
    Window::of(context).world.object_urls.remove(&address);
    Ok(JsValue::undefined())
}

/// Puts the two methods on URL.
///
/// # Errors
/// What boa says; a bug.
pub fn install(context: &mut Context) -> JsResult<()> {
    let url = prototype("URL", context);
    if let Some(constructor) = url.get(JsString::from("constructor"), context)?.as_object() {
        define_method(&constructor, "createObjectURL", create, 1, context);
        define_method(&constructor, "revokeObjectURL", revoke, 1, context);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::webapi::testing::{check, check_page};

    #[test]
    fn read_by_requests() {
        let url = "var u = URL.createObjectURL(new Blob(['您'], {type: 'text/plain'}));";
        check(
            &format!(
                "{url} log(u); fetch(u).then(function (r) {{ log(r.status, r.ok, r.headers.get('content-type'), r.url === u); return r.text() }}).then(log)"
            ),
            "blob:http://a.test/00000000-0000-4000-8000-000000000001\n200 true text/plain true\n您",
        );
        check(
            &format!(
                "{url} var x = new XMLHttpRequest(); x.open('GET', u, false); x.send(); log(x.status, x.responseText)"
            ),
            "200 您",
        );
        check(
            &format!("{url} URL.revokeObjectURL(u); fetch(u).catch(failed)"),
            "TypeError: Failed to fetch: blob:http://a.test/00000000-0000-4000-8000-000000000001 could not be reached: the object URL is not there, or was revoked",
        );
        check(&format!("{url} fetch(u, {{method: 'POST'}}).catch(function (e) {{ log(e.name) }})"), "TypeError");
        check(
            "try { URL.createObjectURL({}) } catch (e) { failed(e) }",
            "TypeError: parameter 1 is not of type 'Blob'",
        );
    }

    #[test]
    fn run_as_scripts() {
        check_page(
            "<body>",
            "var s = document.createElement('script'); s.onload = function () { out('loaded') }; \
             s.src = URL.createObjectURL(new Blob(['out(1)'])); document.body.appendChild(s)",
            "1|loaded",
        );
    }
}
