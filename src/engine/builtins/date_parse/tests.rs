use std::rc::Rc;

use crate::engine::builtins::testing::{check, check_table, plain_context};
use boa_engine::{Context, context::ContextBuilder, context::HostHooks};

fn context() -> Context {
    let mut context = plain_context();
    super::install(&mut context).unwrap();
    context
}

/// Texts that pages use, and random mixtures of the parts of dates; the values are V8's in Asia/Shanghai.
#[test]
fn reads_what_v8_does() {
    let actual = "function (text) {
        var value = Date.parse(text), made = new Date(text).getTime();
        return Object.is(value, made) ? String(value) : 'new Date: ' + made;
    }";
    check_table(&mut context(), include_str!("cases.js"), actual);
}

/// Central Europe in 2014: UTC+1, and UTC+2 from 30 March to 26 October, each change at 01:00 UTC.
struct Berlin;

impl HostHooks for Berlin {
    fn local_timezone_offset_seconds(&self, seconds: i64) -> i32 {
        if (1_396_141_200..1_414_285_200).contains(&seconds) { 7200 } else { 3600 }
    }
}

#[test]
fn a_local_time_skipped_or_repeated_is_read_as_v8_does() {
    let mut context = ContextBuilder::new().host_hooks(Rc::new(Berlin)).build().unwrap();
    super::install(&mut context).unwrap();
    let table = r#"[
        ['2014/03/30 01:59', '1396141140000'],
        ['2014/03/30 02:30', '1396143000000'],
        ['2014/03/30 03:00', '1396141200000'],
        ['2014/06/01 12:00', '1401616800000'],
        ['2014/10/26 01:59', '1414281540000'],
        ['2014/10/26 02:30', '1414283400000'],
        ['2014/10/26 03:00', '1414288800000'],
        ['2014-10-26T02:30', '1414283400000'],
        ['2014-10-26', '1414281600000']
    ]"#;
    check_table(&mut context, table, "function (text) { return String(Date.parse(text)); }");
}

#[test]
fn the_constructor_is_the_old_one_otherwise() {
    let table = r#"[
        ['new Date(2014, 0, 2, 3, 4, 5, 6).getTime()', '1388603045006'],
        ['new Date(14, 0).getFullYear()', '1914'],
        ['new Date(1388603045006).getTime()', '1388603045006'],
        ['new Date(new Date(5)).getTime()', '5'],
        ['new Date(null).getTime()', '0'],
        ['new Date(undefined).getTime()', 'NaN'],
        ['new Date(true).getTime()', '1'],
        ['new Date({ valueOf: function () { return "2014/01/02"; } }).getTime()', '1388592000000'],
        ['new Date({ toString: function () { return "2014/01/02"; } }).getTime()', '1388592000000'],
        ['new Date(new String("2014/01/02")).getTime()', '1388592000000'],
        ['new Date("2014/01/02", 1).getTime()', 'NaN'],
        ['new Date(Symbol())', 'TypeError'],
        ['Math.abs(new Date() - Date.now()) < 1000', 'true'],
        ['typeof Date()', 'string'],
        ['Date("2014/01/02") === Date()', 'true'],
        ['Date.UTC(2014, 0, 2)', '1388620800000'],
        ['Date.length + Date.name + Date.parse.length + Date.UTC.length', '7Date17'],
        ['/native code/.test(Date) && /native code/.test(Date.parse)', 'true'],
        ['Object.getOwnPropertyNames(Date).sort().join()', 'UTC,length,name,now,parse,prototype'],
        ['var p = Object.getOwnPropertyDescriptor(Date, "prototype"); [p.writable, p.enumerable, p.configurable, Object.keys(Date).length].join()', 'false,false,false,0'],
        ['Date.prototype.constructor === Date && new Date() instanceof Date', 'true'],
        ['Object.prototype.propertyIsEnumerable.call(this, "Date")', 'false'],
        ['class D extends Date { x() { return this.getTime(); } } var d = new D("2014/01/02"); d.x() + " " + (d instanceof D)', '1388592000000 true'],
        ['Reflect.construct(Date, [5], Array) instanceof Array', 'true'],
        ['Date.prototype.getTime.call(Reflect.construct(Date, [5], Array))', '5'],
        ['new Date(new Date(2014, 0, 2).toString()).getTime()', '1388592000000'],
        ['new Date(new Date(5).toUTCString()).getTime()', '0'],
        ['JSON.stringify(new Date("2014/01/02"))', '"2014-01-01T16:00:00.000Z"'],
        ['isNaN(Date.parse())', 'true'],
        ['Object.prototype.toString.call(new Date("2014/01/02"))', '[object Date]']
    ]"#;
    check_table(&mut context(), table, "function (source) { return String((0, eval)(source)); }");
}

#[test]
fn a_date_of_another_kind_is_copied() {
    check(
        &mut context(),
        "var d = new Date(7); d.toString = function () { return '2014'; }; new Date(d).getTime()",
        "7",
    );
}
