//! Runs the JavaScript we own (`runtime-js/`, see its README).

use std::path::Path;

use boa_engine::{Context, JsResult, JsValue, Script, Source};

/// The files in load order.
const FILES: [(&str, &str); 2] = [
    ("duoke:00_prefixed.js", include_str!("../../runtime-js/00_prefixed.js")),
    ("duoke:10_idle_callback.js", include_str!("../../runtime-js/10_idle_callback.js")),
];

/// Runs them all.
///
/// # Errors
/// What a file throws: a bug.
pub fn install_runtime(context: &mut Context) -> JsResult<()> {
    for (name, code) in FILES {
        let wrapped = format!("(function (global) {{ \"use strict\";\n{code}\n}})");
        let source = Source::from_bytes(wrapped.as_bytes()).with_path(Path::new(name));
        let function = Script::parse(source, None, context)?.evaluate(context)?;
        if let Some(function) = function.as_callable() {
            function.call(&JsValue::undefined(), &[context.global_object().into()], context)?;
        }
    }
    Ok(())
}
