use boa_engine::Context;

use crate::engine::builtins::testing::{check, check_table, plain_context};

fn context() -> Context {
    let mut context = plain_context();
    let statics = crate::engine::builtins::regexp_statics::install(&mut context).unwrap();
    super::install(&mut context, statics).unwrap();
    context
}

// Not in the table, as this engine differs from V8: the matcher folds U+017F and U+212A without `u` too; an own
// `exec` that is not callable, and a frozen `g` expression that throws, leave no statics; an own `flags` is believed.
#[test]
fn every_method_answers_as_browsers_do() {
    check_table(&mut context(), include_str!("cases.js"), include_str!("probe.js"));
}

#[test]
fn looks_native() {
    let context = &mut context();
    check(context, "/x/.test.name + /x/.test.length + RegExp.prototype[Symbol.replace].name", "test1[Symbol.replace]");
    check(context, "Object.keys(RegExp.prototype).length", "0");
}
