//! `reportError` ([HTML §8.1.4.3](https://html.spec.whatwg.org/multipage/webappapis.html#dom-reporterror)): an error that a
//! page's library caught is reported as if nobody had.

use boa_engine::{Context, JsError, JsResult, JsValue};

use super::window;
use crate::engine::convert::{arg, require};
use crate::engine::interface::define_method;

fn report_error(_: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    require(args, 1)?;
    window::report_error(&JsError::from_opaque(arg(args, 0)), context);
    Ok(JsValue::undefined())
}

/// Installs `reportError`.
///
/// # Errors
/// None.
pub fn install(context: &mut Context) -> JsResult<()> {
    let global = context.global_object();
    define_method(&global, "reportError", report_error, 1, context);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::webapi::testing::{check, check_faults};

    #[test]
    fn reported() {
        check(
            "onerror = function (message, url, line, column, error) { log(message, arguments.length, error === e); return true }; \
             var e = new Error('no'); reportError(e); log('on')",
            "Error: no 5 true\non",
        );
        check_faults("reportError(new TypeError('x'))", &["fault.uncaught: TypeError: x"]);
        check("onerror = function (e) { log(arguments.length, e.type) }; dispatchEvent(new Event('error'))", "1 error");
    }
}
