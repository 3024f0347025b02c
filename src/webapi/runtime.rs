//! Runs the JavaScript we own (`runtime-js/`, see its README) and gives it its natives.

use std::path::Path;

use boa_engine::{Context, JsObject, JsResult, JsValue, Script, Source};

use crate::dom::css::media_matches;
use crate::engine::convert::{Native, text};
use crate::engine::interface::define_method;

/// The files in load order.
const FILES: [(&str, &str); 3] = [
    ("duoke:00_prefixed.js", include_str!("../../runtime-js/00_prefixed.js")),
    ("duoke:10_match_media.js", include_str!("../../runtime-js/10_match_media.js")),
    ("duoke:20_idle_callback.js", include_str!("../../runtime-js/20_idle_callback.js")),
];

/// What only these files may call.
const OPS: [(&str, Native, usize); 1] =
    [("mediaMatches", |_, args, context| Ok(media_matches(&text(args, 0, context)?).into()), 1)];

/// Runs them all.
///
/// # Errors
/// What a file throws: a bug.
pub fn install_runtime(context: &mut Context) -> JsResult<()> {
    let ops = JsObject::with_null_proto();
    for (name, native, length) in OPS {
        define_method(&ops, name, native, length, context);
    }
    for (name, code) in FILES {
        let wrapped = format!("(function (global, ops) {{ \"use strict\";\n{code}\n}})");
        let source = Source::from_bytes(wrapped.as_bytes()).with_path(Path::new(name));
        let function = Script::parse(source, None, context)?.evaluate(context)?;
        if let Some(function) = function.as_callable() {
            let arguments = [context.global_object().into(), ops.clone().into()];
            function.call(&JsValue::undefined(), &arguments, context)?;
        }
    }
    Ok(())
}
