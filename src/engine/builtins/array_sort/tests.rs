use crate::engine::builtins::testing::{check, check_table, plain_context};
use boa_engine::Context;

fn context() -> Context {
    let mut context = plain_context();
    super::install(&mut context).unwrap();
    context
}

#[test]
fn sorts_as_v8_does() {
    let table = r#"[
        ['[3,1,2].sort()', '1,2,3'],
        ['[10,9,1].sort()', '1,10,9'],
        ['[3,1,2].sort(function (a, b) { return b - a; })', '3,2,1'],
        ['[3,,1,undefined,2].sort().length', '5'],
        ['var a = [3,,1,undefined,2].sort(); [0 in a, 1 in a, 2 in a, 3 in a, 4 in a, a[3]].join()', 'true,true,true,true,false,'],
        ['var n = 0; [undefined, undefined, 1].sort(function () { n++; return 0; }); n', '0'],
        ['[true, null, "a", 1, {}].sort().map(String).join()', '1,[object Object],a,null,true'],
        ['[1.5, 0.5, -1].sort()', '-1,0.5,1.5'],
        ['[5,2].sort(undefined)', '2,5'],
        ['[5,2].sort(null)', 'TypeError'],
        ['[5,2].sort({})', 'TypeError'],
        ['[1,2,3].sort(function () { return NaN; })', '1,2,3'],
        ['[1,2,3].sort(function () { return "x"; })', '1,2,3'],
        ['[1,2,3].sort(function (a, b) { return String(b - a); })', '3,2,1'],
        ['[1,2].sort(function () { throw new RangeError(); })', 'RangeError'],
        ['Array.prototype.sort.call({ length: 3, 0: "c", 1: "a", 2: "b" })[0]', 'a'],
        ['var o = Array.prototype.sort.call({ length: 3, 0: "c", 2: "b" }); [o[0], o[1], 2 in o].join()', 'b,c,false'],
        ['Array.prototype.sort.call(null)', 'TypeError'],
        ['Array.prototype.sort.call("ab")', 'TypeError'],
        ['Array.prototype.sort.call(7).valueOf()', '7'],
        ['Object.freeze([2, 1]).sort()', 'TypeError'],
        ['["\\uffff", "\\ud83d\\ude00", "b", "B"].sort().map(escape).join()', 'B,b,%uD83D%uDE00,%uFFFF'],
        ['(function () { return [].sort.call(arguments); })(3, 1, 2)[0]', '1'],
        ['Array.prototype[1] = 9; var r = [3,,1].sort().join(); delete Array.prototype[1]; r', '1,3,9'],
        ['var a = [3, 2, 1]; a === a.sort()', 'true'],
        ['var a = [2, 1], b = a.toSorted(); a.join() + "|" + b.join()', '2,1|1,2'],
        ['[3,,1].toSorted().length + " " + (2 in [3,,1].toSorted())', '3 true'],
        ['Array.prototype.toSorted.call({ length: 2, 0: 2, 1: 1 }).join()', '1,2'],
        ['Array.prototype.toSorted.call({ length: Math.pow(2, 32) })', 'RangeError'],
        ['[].sort.name + [].sort.length + [].toSorted.name + [].toSorted.length', 'sort1toSorted1'],
        ['/native code/.test([].sort) + Object.keys(Array.prototype).join()', 'true'],
        ['new Proxy([3, 1, 2], {}).sort().join()', '1,2,3'],
        ['new Int8Array([3, -1, 2]).sort().join()', '-1,2,3'],
        ['new Int8Array([3, -1, 2]).sort(function (a, b) { return b - a; }).join()', '3,2,-1'],
        ['new Float64Array([3, NaN, -0, 0]).sort().join()', '0,0,3,NaN'],
        ['var a = new Uint8Array([2, 1]), b = a.toSorted(function (x, y) { return x - y; }); a + "|" + b + (b instanceof Uint8Array)', '2,1|1,2true'],
        ['new Uint8Array(2).sort(1)', 'TypeError'],
        ['Int8Array.prototype.sort.call([2, 1], function () { return 0; })', 'TypeError'],
        ['Int8Array.prototype.sort.call([2, 1])', 'TypeError'],
        ['new Int8Array(2).sort(function () { throw new EvalError(); })', 'EvalError'],
        ['Int8Array.prototype.sort.name + Int8Array.prototype.sort.length', 'sort1']
    ]"#;
    check_table(&mut context(), table, "function (source) { return String((0, eval)(source)); }");
}

#[test]
fn a_comparator_that_contradicts_itself_only_shuffles() {
    let context = &mut context();
    check(
        context,
        "var list = [], i, wrong = 0;
         for (i = 0; i < 500; i++) list.push(i);
         for (i = 0; i < 20; i++) {
             list.sort(function () { return Math.random() - 0.5; });
             list.sort(function () { return Math.random() > 0.5 ? 1 : -1; });
             new Int32Array(list).sort(function () { return Math.random() - 0.5; });
             list = list.toSorted(function () { return Math.random() - 0.5; });
             if (list.slice().sort(function (a, b) { return a - b; }).some(function (v, i) { return v !== i; })) wrong++;
         }
         wrong",
        "0",
    );
}

/// Pages of 2014 answer with a boolean, which the browsers of the day (and Firefox still) sort by.
#[test]
fn a_boolean_comparator_sorts() {
    check(&mut context(), "[2, 3, 1].sort(function (a, b) { return a > b; }).join()", "1,2,3");
}

#[test]
fn the_comparator_may_change_the_array() {
    let context = &mut context();
    check(context, "var a = [3, 1, 2]; a.sort(function (x, y) { a.length = 0; return x - y; }); a.join()", "1,2,3");
    check(
        context,
        "var a = [3, 1, 2]; a.sort(function (x, y) { a.push(0); return x - y; }); a.slice(0, 3).join()",
        "1,2,3",
    );
}

#[test]
fn equal_elements_keep_their_order() {
    check(
        &mut context(),
        "var list = [], i;
         for (i = 0; i < 300; i++) list.push({ key: i * 7 % 5, at: i });
         list.sort(function (a, b) { return a.key - b.key; });
         list.every(function (item, i) {
             var before = list[i - 1];
             return !before || before.key < item.key || before.key === item.key && before.at < item.at;
         })",
        "true",
    );
}
