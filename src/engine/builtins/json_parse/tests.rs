use crate::base::limits::JSON_DEPTH_MAX;
use crate::engine::builtins::testing::{check, check_table, plain_context};
use boa_engine::Context;

fn context() -> Context {
    let mut context = plain_context();
    super::install(&mut context).unwrap();
    context
}

#[test]
fn reads_and_refuses_what_v8_does() {
    let actual = "function (text) {
        var value = JSON.parse(text);
        return typeof value != 'number' ? JSON.stringify(value)
            : value === 0 && 1 / value < 0 ? '-0' : String(value);
    }";
    check_table(&mut context(), include_str!("cases.js"), actual);
}

#[test]
fn errors_say_where() {
    let table = r#"[
        ['{"a":1,}', 'Unexpected token } in JSON at position 7'],
        ['{"a": tru}', 'Unexpected token } in JSON at position 9'],
        ['', 'Unexpected end of JSON input'],
        ['{"a":', 'Unexpected end of JSON input'],
        ['[1 2]', 'Unexpected number in JSON at position 3'],
        ['01', 'Unexpected number in JSON at position 1'],
        ['["a" "b"]', 'Unexpected string in JSON at position 5'],
        ['<html>', 'Unexpected token < in JSON at position 0'],
        ['undefined', 'Unexpected token u in JSON at position 0'],
        ['"a\nb"', 'Unexpected token \n in JSON at position 2'],
        ['"\\x"', 'Unexpected token x in JSON at position 2'],
        ['[\u4e2d]', 'Unexpected token \u4e2d in JSON at position 1'],
    ]"#;
    let actual = "function (text) {
        try { JSON.parse(text); } catch (e) { return e instanceof SyntaxError && e.message; }
    }";
    check_table(&mut context(), table, actual);
}

#[test]
fn members_are_the_objects_own() {
    let context = &mut context();
    check(context, r#"Object.keys(JSON.parse('{"z":1,"a":2,"1":3}')).join()"#, "1,z,a");
    check(context, r#"Object.getPrototypeOf(JSON.parse('{"__proto__":null}')) === Object.prototype"#, "true");
    check(context, r#"Object.keys(JSON.parse('{"__proto__":null}')).join()"#, "__proto__");
    check(
        context,
        r#"var o = JSON.parse('{"a":[1]}'); o.a.push(2); o.b = 3; JSON.stringify(o)"#,
        r#"{"a":[1,2],"b":3}"#,
    );
    check(
        context,
        r#"JSON.stringify(Object.getOwnPropertyDescriptor(JSON.parse('{"a":1}'), 'a'))"#,
        r#"{"value":1,"writable":true,"enumerable":true,"configurable":true}"#,
    );
    check(context, r#"JSON.parse('["\\ud800"]')[0].charCodeAt(0)"#, "55296");
}

#[test]
fn nests_deep_and_no_deeper() {
    let context = &mut context();
    let script = |depth: usize| {
        format!(
            "var s = new Array({depth} + 1).join('[') + new Array({depth} + 1).join(']'), d = 0;
             for (var v = JSON.parse(s); v; v = v[0]) d++;
             d"
        )
    };
    check(context, &script(JSON_DEPTH_MAX), &JSON_DEPTH_MAX.to_string());
    check(context, &format!("try {{ {} }} catch (e) {{ e.name }}", script(JSON_DEPTH_MAX + 1)), "RangeError");
    check(
        context,
        "var s = new Array(3001).join('{\"a\":') + 1 + new Array(3001).join('}'), n = 0;
         JSON.parse(s, function (k, v) { n++; return v; });
         n",
        "3001",
    );
}

#[test]
fn reviver_sees_members_innermost_first() {
    let context = &mut context();
    let table = r#"[
        ['{"a":1,"b":[2,{"c":3}]}', 'a=1 0=2 c=3 1=o b=o =o'],
        ['[]', '=o'],
        ['7', '=7'],
        ['{"2":1,"x":2}', '2=1 x=2 =o'],
    ]"#;
    let actual = "function (text) {
        var seen = [];
        JSON.parse(text, function (key, value) {
            if (typeof key != 'string' || this[key] !== value) seen.push('!');
            seen.push(key + '=' + (typeof value == 'object' ? 'o' : value));
            return value;
        });
        return seen.join(' ');
    }";
    check_table(context, table, actual);
    check(
        context,
        r#"JSON.stringify(JSON.parse('{"a":1,"b":2,"c":[1,2,3]}', function (k, v) {
            return k === 'a' || v === 2 ? undefined : typeof v == 'number' ? v * 10 : v;
        }))"#,
        r#"{"c":[10,null,30]}"#,
    );
    check(context, r#"JSON.parse('[1]', function () { throw 'mine'; })"#, "mine");
    check(context, r#"JSON.parse('[1,2]', function (k, v) { if (k === '0') this[1] = 9; return v; })[1]"#, "9");
}

#[test]
fn looks_native() {
    let context = &mut context();
    check(context, "JSON.parse.name + JSON.parse.length + String(JSON.parse).indexOf('[native code]') ", "parse219");
    check(context, "Object.keys(JSON).join()", "");
    check(context, "JSON.parse(12) + JSON.parse({ toString: function () { return '30'; } })", "42");
    check(context, "JSON.parse()", "SyntaxError: Unexpected token u in JSON at position 0");
}
