use crate::engine::builtins::testing::{check, check_table, plain_context};
use boa_engine::Context;

fn context() -> Context {
    let mut context = plain_context();
    super::install(&mut context).unwrap();
    context
}

#[test]
fn writes_what_chrome_does_in_zh_cn() {
    check_table(&mut context(), include_str!("cases.js"), "function (source) { return (0, eval)(source); }");
}

#[test]
fn another_locale_is_zh_cn_too() {
    check(&mut context(), "new Date(2014, 0, 2).toLocaleDateString('en-US')", "2014/1/2");
    check(
        &mut context(),
        "(1234.5).toLocaleString('de-DE') + 'a'.toLocaleUpperCase() + 'A'.toLocaleLowerCase()",
        "1,234.5Aa",
    );
}

/// ECMA-402 changed here more than once; these are the hours of the wall clock.
#[test]
fn twelve_hours_begin_with_twelve() {
    let context = &mut context();
    check(context, "new Date(2014, 0, 2, 0, 5).toLocaleTimeString('zh-CN', { hour12: true })", "上午12:05:00");
    check(context, "new Date(2014, 0, 2, 12, 5).toLocaleTimeString('zh-CN', { hour12: true })", "下午12:05:00");
    check(context, "new Date(2014, 0, 2, 0, 5).toLocaleTimeString('zh-CN', { hour12: false })", "00:05:00");
}

#[test]
fn looks_native() {
    let context = &mut context();
    check(
        context,
        "var d = Date.prototype; [d.toLocaleString, d.toLocaleDateString, d.toLocaleTimeString].every(
        function (f) { return f.length === 0 && /native code/.test(f); })",
        "true",
    );
    check(context, "Number.prototype.toLocaleString.name + Object.keys(Number.prototype).length", "toLocaleString0");
}
