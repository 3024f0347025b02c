//! `console` ([Console standard](https://console.spec.whatwg.org/)): every line goes out as a `console.*` line of the log.
//!
//! The functions do not look at `this`: pages pass `console.log` around. Groups indent by two blanks.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use boa_engine::property::{Attribute, PropertyDescriptor};
use boa_engine::{Context, JsObject, JsResult, JsString, JsSymbol, JsValue};
use rustc_hash::FxHashMap;

use super::console_format::{line, structure};
use super::wrap::as_node;
use crate::base::clock::TimestampMs;
use crate::base::limits::{CONSOLE_GROUPS_MAX, STACK_FRAMES_MAX};
use crate::dom::serialize::outer_html;
use crate::engine::convert::{Native, arg, optional_text, string};
use crate::engine::event_loop::{EventLoop, Output};
use crate::engine::interface::{define_method, define_value};
use crate::event::{Console, ConsoleLevel};

/// Groups, counters and stopwatches of a page's console.
#[derive(Default)]
struct State {
    groups: Cell<usize>,
    counts: RefCell<FxHashMap<String, u32>>,
    timers: RefCell<FxHashMap<String, TimestampMs>>,
}

/// Writes a line to the page's console, indented by its open groups.
pub fn write(level: ConsoleLevel, text: &str, context: &mut Context) {
    let indent = "  ".repeat(state(context).groups.get());
    let text = if indent.is_empty() {
        text.to_owned()
    } else {
        text.lines().map(|one| format!("{indent}{one}")).collect::<Vec<_>>().join("\n")
    };
    EventLoop::of(context).emit(Output::Console(Console { level, text }));
}

fn state(context: &mut Context) -> Rc<State> {
    if let Some(found) = context.get_data::<Rc<State>>() {
        return found.clone();
    }
    let made = Rc::<State>::default();
    context.insert_data(made.clone());
    made
}

fn print(level: ConsoleLevel, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let text = line(args, context);
    write(level, &text, context);
    Ok(JsValue::undefined())
}

fn log(_: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    print(ConsoleLevel::Log, args, context)
}

fn dir(_: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let text = structure(&arg(args, 0), context);
    write(ConsoleLevel::Log, &text, context);
    Ok(JsValue::undefined())
}

/// Nodes as markup, the rest as `log` shows it.
fn dirxml(_: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let shown: Vec<JsValue> = args
        .iter()
        .map(|value| match as_node(value).filter(|node| node.as_element().is_some()) {
            Some(node) => string(&outer_html(&node)),
            None => value.clone(),
        })
        .collect();
    print(ConsoleLevel::Log, &shown, context)
}

fn trace(_: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let mut text = if args.is_empty() { "console.trace".to_owned() } else { line(args, context) };
    for frame in context.stack_trace().take(STACK_FRAMES_MAX) {
        let location = frame.position();
        if let Some(position) = location.position {
            let name = location.function_name.to_std_string_lossy();
            let (line, column) = (position.line_number(), position.column_number());
            text.push_str(&format!("\n    at {name} ({}:{line}:{column})", location.path));
        }
    }
    write(ConsoleLevel::Log, &text, context);
    Ok(JsValue::undefined())
}

fn group(_: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    if !args.is_empty() {
        print(ConsoleLevel::Log, args, context)?;
    }
    let state = state(context);
    state.groups.set((state.groups.get() + 1).min(CONSOLE_GROUPS_MAX));
    Ok(JsValue::undefined())
}

fn group_end(_: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let state = state(context);
    state.groups.set(state.groups.get().saturating_sub(1));
    Ok(JsValue::undefined())
}

fn assert(_: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    if arg(args, 0).to_boolean() {
        return Ok(JsValue::undefined());
    }
    let rest = line(args.get(1..).unwrap_or_default(), context);
    let text = if rest.is_empty() { "Assertion failed".to_owned() } else { format!("Assertion failed: {rest}") };
    write(ConsoleLevel::Error, &text, context);
    Ok(JsValue::undefined())
}

fn clear(_: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    state(context).groups.set(0);
    Ok(JsValue::undefined())
}

fn label(args: &[JsValue], context: &mut Context) -> JsResult<String> {
    Ok(optional_text(args, 0, context)?.unwrap_or_else(|| "default".to_owned()))
}

fn count(_: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let label = label(args, context)?;
    let number = {
        let state = state(context);
        let mut counts = state.counts.borrow_mut();
        let number = counts.entry(label.clone()).or_default();
        *number += 1;
        *number
    };
    write(ConsoleLevel::Log, &format!("{label}: {number}"), context);
    Ok(JsValue::undefined())
}

fn count_reset(_: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let label = label(args, context)?;
    state(context).counts.borrow_mut().remove(&label);
    Ok(JsValue::undefined())
}

fn time(_: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let label = label(args, context)?;
    let now = EventLoop::of(context).clock().now();
    state(context).timers.borrow_mut().entry(label).or_insert(now);
    Ok(JsValue::undefined())
}

fn time_log(_: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    show_time(args, false, context)
}

fn time_end(_: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    show_time(args, true, context)
}

fn show_time(args: &[JsValue], end: bool, context: &mut Context) -> JsResult<JsValue> {
    let label = label(args, context)?;
    let started = {
        let state = state(context);
        let mut timers = state.timers.borrow_mut();
        if end { timers.remove(&label) } else { timers.get(&label).copied() }
    };
    let Some(started) = started else {
        write(ConsoleLevel::Warn, &format!("Timer '{label}' does not exist"), context);
        return Ok(JsValue::undefined());
    };
    let lasted = EventLoop::of(context).clock().now() - started;
    let rest = line(args.get(1..).unwrap_or_default(), context);
    let text = format!("{label}: {lasted} ms {rest}");
    write(ConsoleLevel::Log, text.trim_end(), context);
    Ok(JsValue::undefined())
}

const METHODS: [(&str, Native, usize); 21] = [
    ("log", log, 0),
    ("info", |_, args, context| print(ConsoleLevel::Info, args, context), 0),
    ("warn", |_, args, context| print(ConsoleLevel::Warn, args, context), 0),
    ("error", |_, args, context| print(ConsoleLevel::Error, args, context), 0),
    ("debug", |_, args, context| print(ConsoleLevel::Debug, args, context), 0),
    ("trace", trace, 0),
    ("dir", dir, 0),
    ("dirxml", dirxml, 0),
    ("table", log, 0),
    ("group", group, 0),
    ("groupCollapsed", group, 0),
    ("groupEnd", group_end, 0),
    ("time", time, 0),
    ("timeEnd", time_end, 0),
    ("timeLog", time_log, 0),
    ("count", count, 0),
    ("countReset", count_reset, 0),
    ("assert", assert, 0),
    ("clear", clear, 0),
    ("profile", |_, _, _| Ok(JsValue::undefined()), 0),
    ("profileEnd", |_, _, _| Ok(JsValue::undefined()), 0),
];

/// Installs `console`.
///
/// # Errors
/// None.
pub fn install(context: &mut Context) -> JsResult<()> {
    let console = JsObject::with_object_proto(context.intrinsics());
    for (name, native, length) in METHODS {
        define_method(&console, name, native, length, context);
    }
    let tag = PropertyDescriptor::builder().value(JsString::from("console")).writable(false).enumerable(false);
    console.insert_property(JsSymbol::to_string_tag(), tag.configurable(true));
    let hidden = Attribute::WRITABLE | Attribute::CONFIGURABLE;
    define_value(&context.global_object(), "console", console, hidden);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::webapi::testing::check_page;

    /// What `console.log(…)` prints.
    #[track_caller]
    fn shows(arguments: &str, expected: &str) {
        let html = "<p id=p class='a \"b\"'>x<b>y</b></p>";
        let expected = format!("console.log {expected}");
        check_page(html, &format!("console.log({arguments})"), &expected);
    }

    #[track_caller]
    fn check(script: &str, expected: &str) {
        check_page("<p id=p title=t>x<b>y</b></p>", script, expected);
    }

    #[test]
    fn primitives() {
        shows("", "");
        shows("'a', 1, -0, 1.5, true, null, undefined, NaN", "a 1 -0 1.5 true null undefined NaN");
        shows("'您好', Symbol('s'), 12345678901234567890n", "您好 Symbol(s) 12345678901234567890n");
    }

    #[test]
    fn objects() {
        shows("{a: 1, b: 'x', c: {d: [1, 'y', null]}}", r#"{a: 1, b: "x", c: {d: [1, "y", null]}}"#);
        shows("{}, [], [[]], {0: 'a'}", r#"{} [] [[]] ["a"]"#);
        shows("function f() {}, {g: function () {}}", "function f() {g: function g()}");
        shows("new (function Thing() { this.x = 1 })", "Thing {x: 1}");
        shows("{get x() { throw 1 }}", "{x: (...)}");
        shows("{a: {b: {c: {d: {}}}}}", "{a: {b: {c: {…}}}}");
        shows("(function () { var o = {}; o.o = o; return o })()", "{o: [Circular]}");
        shows("/a+/g, new Date(NaN)", "/a+/g Invalid Date");
        shows("Object.create(null), window, console.log", "{} Window function log()");
        check(
            "var a = []; for (var i = 0; i < 101; i++) a.push(0); console.log(a)",
            &format!("console.log [{}…]", "0, ".repeat(100)),
        );
    }

    #[test]
    fn errors_and_nodes() {
        shows("[new TypeError('no')]", "[TypeError: no]");
        shows("new RangeError('far')", "RangeError: far\n    at <main> (http://demo.test/test.js:1:13)");
        shows("$('p'), document", r#"<p id="p" class="a &quot;b&quot;"> #document"#);
    }

    #[test]
    fn formats() {
        shows("'%s has %d of %i, %f', 'a', '3.7x', 4.2, '1.25', 'more'", "a has 3 of 4, 1.25 more");
        shows("'%cbig%c', 'font-size: 9px', ''", "big");
        shows("'%o %O', 'x', {a: 1}", r#""x" {a: 1}"#);
        shows("'100%', 1", "100% 1");
        shows("'%% %s %s', 1", "% 1 %s");
        shows("'%s'", "%s");
        shows("'%d', {}", "NaN");
    }

    #[test]
    fn levels_and_groups() {
        check(
            "console.info(1); console.warn(2); console.error(3); console.debug(4); console.assert(1, 5);\
             console.assert(0, 'six', 6); console.assert()",
            "console.info 1\nconsole.warn 2\nconsole.error 3\nconsole.debug 4\n\
             console.error Assertion failed: six 6\nconsole.error Assertion failed",
        );
        check(
            "console.group('g'); console.groupCollapsed(); console.log('a\\nb'); console.groupEnd(); console.log('c');\
             console.groupEnd(); console.groupEnd(); var log2 = console.log; log2('d')",
            "console.log g\nconsole.log     a\n    b\nconsole.log   c\nconsole.log d",
        );
    }

    #[test]
    fn counters_and_stopwatches() {
        check(
            "console.count(); console.count(); console.count('x'); console.countReset(); console.count()",
            "console.log default: 1\nconsole.log default: 2\nconsole.log x: 1\nconsole.log default: 1",
        );
        check(
            "console.time('t'); console.timeLog('t', 'and'); console.timeEnd('t'); console.timeEnd('t')",
            "console.log t: 0 ms and\nconsole.log t: 0 ms\nconsole.warn Timer 't' does not exist",
        );
    }

    #[test]
    fn structure_and_markup() {
        check("console.dirxml($('p'), 1)", "console.log <p id=\"p\" title=\"t\">x<b>y</b></p> 1");
        check("$('p').x = 1; console.dir($('p'))", "console.log HTMLParagraphElement {x: 1}");
        check(
            "function f() { console.trace('here') } f()",
            "console.log here\n    at f (http://demo.test/test.js:1:29)\n    at <main> (http://demo.test/test.js:1:41)",
        );
    }
}
