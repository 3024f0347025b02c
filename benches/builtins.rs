//! The replaced builtins against the engine's own: `JSON.parse`, sorting, regular expressions.

use boa_engine::{Context, JsValue, Source, js_string, object::builtins::JsFunction};
use criterion::{Criterion, criterion_group, criterion_main};
use duoke::engine::builtins;

/// About 10 kB of rows, the size of an answer of a customer database.
const ROWS: &str = "var rows = [], i;
    for (i = 0; i < 100; i++) rows.push({
        id: i, openid: 'oA' + i, name: '\\u5f20\\u4e09' + i, amount: i * 1.25, paid: i % 2 == 0,
        tags: ['a', 'b'], address: { city: '\\u676d\\u5dde', zip: '310000' }
    });";

/// A workload: its name, a script run once, and the body of the function measured.
const WORK: &[(&str, &str, &str)] = &[
    ("json_parse_rows", "var text = JSON.stringify(rows);", "return JSON.parse(text).length;"),
    (
        "json_parse_ascii",
        "var text = JSON.stringify(rows).replace(/[^\\x00-\\x7f]/g, 'x');",
        "return JSON.parse(text).length;",
    ),
    (
        "sort_numbers",
        "var list = []; for (i = 0; i < 1000; i++) list.push(i * 7919 % 1009);",
        "return list.slice().sort(function (a, b) { return a - b; })[0];",
    ),
    ("sort_strings", "var list = rows.map(function (r) { return r.openid; });", "return list.slice().sort()[0];"),
    (
        "regexp_exec",
        "var quick = /^(?:#([\\w-]+)|(\\w+)|\\.([\\w-]+))$/, found = ['#main', 'div', '.row', 'ul > li'];",
        "for (var n = 0, k = 0; k < 400; k++) if (quick.exec(found[k % 4])) n++; return n;",
    ),
    (
        "regexp_replace_callback",
        "var camel = /-([\\da-z])/gi, css = 'margin-left-border-top-width';",
        "for (var k = 0; k < 100; k++) var s = css.replace(camel, function (all, c) { return c.toUpperCase(); });
         return s;",
    ),
    (
        "regexp_replace_global",
        "var lines = new Array(200).join('one two, three\\n');",
        "return lines.replace(/\\s+/g, ' ').length;",
    ),
    ("regexp_split", "var lines = new Array(200).join('one two, three\\n');", "return lines.split(/\\n/).length;"),
    (
        "date_of_text",
        "",
        "for (var n = 0, k = 0; k < 100; k++) n += new Date('2014-01-02T03:04:05.000Z').getTime(); return n;",
    ),
];

fn function(context: &mut Context, setup: &str, body: &str) -> JsFunction {
    let script = format!("{ROWS} {setup} (function () {{ {body} }})");
    let value = context.eval(Source::from_bytes(&script)).expect("the workload compiles");
    value.as_function().expect("the workload is a function")
}

fn bench(criterion: &mut Criterion) {
    for (name, setup, body) in WORK {
        let mut group = criterion.benchmark_group(*name);
        for replaced in [false, true] {
            let context = &mut Context::default();
            if replaced {
                builtins::install_all(context, &builtins::math_random::Random::from_seed(1)).expect("installs");
            }
            let work = function(context, setup, body);
            let undefined = JsValue::undefined();
            group.bench_function(if replaced { "duoke" } else { "boa" }, |bencher| {
                bencher.iter(|| work.call(&undefined, &[js_string!().into()], context).expect("runs"));
            });
        }
        group.finish();
    }
}

criterion_group! {
    name = builtins_benches;
    config = Criterion::default().sample_size(20).without_plots();
    targets = bench
}
criterion_main!(builtins_benches);
