use crate::engine::builtins::testing::{check, check_table, plain_context};
use boa_engine::{Context, Source};

fn context() -> Context {
    let mut context = plain_context();
    super::install(&mut context).unwrap();
    context.eval(Source::from_bytes(SHORTHANDS)).unwrap();
    context
}

/// What the tables are written with: a date that is written, a text in parts, texts compared with each other.
const SHORTHANDS: &str = "
    function D(locales, options, at) {
        return new Intl.DateTimeFormat(locales, options).format(at === undefined ? 1388646245678 : at);
    }
    function P(format, value) {
        return format.formatToParts(value).map(function (part) { return part.type + '=' + part.value; }).join('|');
    }
    var words = ['a', 'A', 'á', 'Á', 'b', 'B', 'ab', 'a b', 'a-b', 'e', 'é', 'ü', 'u', 'ß', 'ss', '1', '2', '10', '02', '中', '文', '中文', '中国', '重庆', '长', '①', 'file2', 'file10', 'File2', '', ' ', 'ｶ', 'カ', 'Ａ', '😀', 'résumé', 'resume', 'Resume', 'co-op', 'coop', 'CO-OP', 'x9y', 'x10y', '٣'];
    function C(locales, options) {
        var compare = new Intl.Collator(locales, options).compare;
        return words.map(function (left, at) {
            return words.slice(at).map(function (right) { return '-=+'.charAt(compare(left, right) + 1); }).join('');
        }).join('|');
    }";

#[test]
fn writes_what_chrome_does_in_zh_cn() {
    check_table(&mut context(), include_str!("cases.js"), "function (source) { return (0, eval)(source); }");
}

/// Dates, numbers, lists, plurals and comparisons in Chinese and English, as Node 20 writes them with ICU 78.
#[test]
fn writes_what_icu_does() {
    check_table(&mut context(), include_str!("icu.js"), "function (source) { return String((0, eval)(source)); }");
}

/// The first of two lines has the characters of GB 2312, every second one of its rarer half; both are in the order of
/// `Intl.Collator('zh-CN')` of Node 20 with ICU 78.
#[test]
fn chinese_is_in_the_order_of_pinyin() {
    let context = &mut context();
    let lines = serde_json::to_string(include_str!("order.txt")).unwrap();
    let script = format!(
        "var lines = {lines}.split('\\n'), both = [Array.from(lines[0]), JSON.parse(lines[1])];
        both.map(function (texts) {{
            var wrong = [];
            for (var i = 1; i < texts.length; i++) {{
                if (texts[i - 1].localeCompare(texts[i]) > 0) wrong.push(texts[i - 1] + texts[i]);
            }}
            return texts.length + wrong.join();
        }}).join()"
    );
    check(context, &script, "5259,82");
}

#[test]
fn another_locale_is_zh_cn() {
    check(&mut context(), "new Date(2014, 0, 2).toLocaleDateString('de-DE')", "2014/1/2");
    check(&mut context(), "Intl.NumberFormat('de-DE').resolvedOptions().locale", "zh-CN");
    check(&mut context(), "Intl.NumberFormat('zh-TW').resolvedOptions().locale", "zh");
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
