//! What the tests of the builtins share: a context in a known zone, and tables of cases written in JavaScript.

use std::rc::Rc;

use boa_engine::{Context, JsValue, Source, context::ContextBuilder, context::HostHooks};

/// A zone eight hours east, as the default profile has it.
struct Shanghai;

impl HostHooks for Shanghai {
    fn local_timezone_offset_seconds(&self, _: i64) -> i32 {
        8 * 3600
    }
}

/// An engine as the crate `boa_engine` ships it, local time UTC+8.
pub(super) fn plain_context() -> Context {
    ContextBuilder::new().host_hooks(Rc::new(Shanghai)).build().unwrap()
}

/// What a script gives, as `String()` writes it; an exception as `Name: message`.
pub(super) fn show(context: &mut Context, script: &str) -> String {
    let value = match context.eval(Source::from_bytes(script)) {
        Ok(value) => value,
        Err(error) => error.into_opaque(context).unwrap_or_else(|error| panic!("uncatchable: {error}")),
    };
    show_value(&value, context)
}

fn show_value(value: &JsValue, context: &mut Context) -> String {
    value.to_string(context).map_or_else(|error| error.to_string(), |text| text.to_std_string_lossy())
}

/// One script, one result.
#[track_caller]
pub(super) fn check(context: &mut Context, script: &str, expected: &str) {
    assert_eq!(show(context, script), expected, "{script}");
}

/// Runs `actual` over a table, a JavaScript array of `[input, expected]`, and names every row that differs.
#[track_caller]
pub(super) fn check_table(context: &mut Context, table: &str, actual: &str) {
    let script = format!(
        "(function () {{
            var actual = {actual}, rows = {table}, wrong = [];
            rows.forEach(function (row) {{
                var got;
                try {{ got = actual(row[0]); }} catch (e) {{ got = e.name; }}
                if (got !== row[1]) wrong.push(JSON.stringify(row[0]) + ': ' + got + ', expected ' + row[1]);
            }});
            return rows.length + ' rows' + wrong.map(function (w) {{ return '\\n' + w; }}).join('');
        }})()"
    );
    let report = show(context, &script);
    assert!(report.ends_with(" rows") && report != "0 rows", "{report}");
}
