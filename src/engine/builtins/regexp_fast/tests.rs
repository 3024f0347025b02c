use boa_engine::Context;

use crate::engine::builtins::regexp_statics;
use crate::engine::builtins::testing::{check, check_table, plain_context, show};

fn context() -> Context {
    let mut context = plain_context();
    let statics = regexp_statics::install(&mut context).unwrap();
    super::install(&mut context, statics).unwrap();
    context
}

/// Where this engine differs from V8, it did so before these methods, and answers the same: the matcher folds U+017F
/// and U+212A without `u` too; an own `exec` that is not callable, and a frozen `g` expression that throws, leave no
/// statics; an own `flags` is believed.
#[test]
fn what_differs_from_browsers_is_the_engines_own() {
    let before = &mut plain_context();
    regexp_statics::install(before).unwrap();
    for row in [
        "'\\u212a\\u017fk'.replace(/[^k]/gi, '-')",
        "'sS\\u017f'.match(/\\u017f/gi)",
        "'\\u017f\\u212a'.match(/[\\w]+/gi)",
        "var r = /b/; r.exec = 5; [r.test('abc'), 'abc'.replace(r, 'x')]",
        "Object.freeze(/b/g).test('abc')",
        "var r = /b/g; Object.defineProperty(r, 'flags', { value: '' }); ['abcb'.replace(r, 'x'), 'abcb'.match(r)]",
    ] {
        let script = format!("({})(\"{row}\")", include_str!("probe.js"));
        let expected = show(before, &script);
        check(&mut context(), &script, &expected);
    }
}

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
