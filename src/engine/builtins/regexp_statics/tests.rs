use crate::engine::builtins::testing::{check, check_table, plain_context};
use boa_engine::Context;

fn context() -> Context {
    let mut context = plain_context();
    super::install(&mut context).unwrap();
    context
}

#[test]
fn every_way_to_match_is_remembered() {
    check_table(&mut context(), include_str!("cases.js"), include_str!("probe.js"));
}

#[test]
fn the_date_format_snippet_works() {
    let context = &mut context();
    check(
        context,
        r#"function format(date, fmt) {
            var o = { "M+": date.getMonth() + 1, "d+": date.getDate(), "h+": date.getHours(), "m+": date.getMinutes() };
            if (/(y+)/.test(fmt))
                fmt = fmt.replace(RegExp.$1, (date.getFullYear() + "").substr(4 - RegExp.$1.length));
            for (var k in o)
                if (new RegExp("(" + k + ")").test(fmt))
                    fmt = fmt.replace(RegExp.$1, RegExp.$1.length == 1 ? o[k] : ("00" + o[k]).substr(("" + o[k]).length));
            return fmt;
        }
        format(new Date(2014, 0, 2, 3, 4), "yyyy-MM-dd hh:mm")"#,
        "2014-01-02 03:04",
    );
}

#[test]
fn what_the_page_does_to_the_result_does_not_show() {
    let context = &mut context();
    check(context, "var m = /a(b)(c)/.exec('xabcy'); m.shift(); m[1] = 'no'; RegExp.$1 + RegExp.$2", "bc");
    check(context, "var r = /a(.)/g; r.exec('abac'); r.lastIndex + RegExp.$1 + r.lastIndex", "2b2");
    check(context, "r.exec('abac'); r.lastIndex + RegExp.$1 + RegExp.leftContext + r.lastIndex", "4cab4");
    check(context, "r = /(x)/; r.exec('x'); r.compile('(y)'); RegExp.$1 + r.test('y') + RegExp.$1", "xtruey");
    check(context, "var f = Object.freeze(/(q)/); f.exec('q'); RegExp.$1", "q");
}

#[test]
fn assignments_are_taken_or_ignored() {
    let context = &mut context();
    check(context, "'use strict'; /(a)/.test('a'); RegExp.$1 = 'z'; RegExp.lastMatch = 'z'; RegExp.$1", "a");
    check(context, "RegExp.input = 5; RegExp.$_ + RegExp.input + RegExp.$1", "55a");
    check(context, "/b/.test('b'); RegExp.input", "b");
}

#[test]
fn long_texts_match_the_same() {
    let context = &mut context();
    check(
        context,
        "var line = 'caf\\u00e9 one two, three\\n', text = new Array(101).join(line);
         [text.split(/\\n/).length, text.replace(/\\s+/g, ' ').length, text.match(/(t)w/g).length,
             /(two), (.*)\\n$/.exec(text)[0] === 'two, three\\n', RegExp.$2, RegExp.input === text,
             RegExp.leftContext + RegExp.lastMatch === text, { 'three': 1 }[RegExp.$2]].join()",
        "101,2000,100,true,three,true,true,1",
    );
}

#[test]
fn looks_native() {
    let context = &mut context();
    check(context, "/x/.exec.name + /x/.exec.length + /native code/.test(/x/.exec)", "exec1true");
    check(context, "Object.keys(RegExp).length + Object.keys(RegExp.prototype).length", "0");
    check(
        context,
        "RegExp.prototype.exec.call({}, '')",
        "TypeError: RegExp.prototype.exec called on a value that is not a RegExp",
    );
    check(context, "RegExp.prototype.exec === /x/.exec && new RegExp('a').exec('a').index", "0");
    check(context, "typeof Object.getOwnPropertyDescriptor(RegExp, '$1').get", "function");
}
