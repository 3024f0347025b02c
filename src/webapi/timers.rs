//! Timers, animation frames and microtasks (HTML [§8.6](https://html.spec.whatwg.org/multipage/timers-and-user-prompts.html#timers),
//! [§8.9](https://html.spec.whatwg.org/multipage/imagebitmap-and-animations.html#animation-frames)).
//!
//! One list of ids serves them all, so that a page may clear with whichever function it likes. There is no
//! `setImmediate`: no browser but IE had it, and libraries that look for it know what to do without.

use std::rc::Rc;

use boa_engine::job::{GenericJob, Job};
use boa_engine::{Context, JsObject, JsResult, JsValue};

use super::window::{Window, report_parse_fault};
use crate::base::limits::FRAME_MS;
use crate::engine::convert::{arg, require, type_error, value_text};
use crate::engine::event_loop::{EventLoop, TimerWork};
use crate::engine::fault::Sources;
use crate::engine::interface::define_method;
use crate::engine::script::{self, Code, ScriptError};

/// Installs the timer functions on the global object.
///
/// # Errors
/// None.
pub fn install(context: &mut Context) -> JsResult<()> {
    let global = context.global_object();
    define_method(&global, "setTimeout", |_, args, context| set_timer(args, false, context), 1, context);
    define_method(&global, "setInterval", |_, args, context| set_timer(args, true, context), 1, context);
    for name in ["clearTimeout", "clearInterval", "cancelAnimationFrame"] {
        define_method(&global, name, clear_timer, 0, context);
    }
    define_method(&global, "requestAnimationFrame", request_frame, 1, context);
    define_method(&global, "queueMicrotask", queue_microtask, 1, context);
    Ok(())
}

fn set_timer(args: &[JsValue], repeat: bool, context: &mut Context) -> JsResult<JsValue> {
    require(args, 1)?;
    let handler = arg(args, 0);
    let work: TimerWork = match handler.as_object().filter(JsObject::is_callable) {
        Some(function) => {
            let arguments: Vec<JsValue> = args.iter().skip(2).cloned().collect();
            Rc::new(move |context| {
                let window = JsValue::from(context.global_object());
                function.call(&window, &arguments, context).map(drop)
            })
        }
        None => {
            let code = value_text(&handler, context)?;
            Rc::new(move |context| run_code(&code, context))
        }
    };
    let delay = arg(args, 1).to_i32(context)?.max(0);
    Ok(EventLoop::of(context).set_timer(delay.into(), repeat, work).into())
}

/// Runs a string of code as a script of the page (HTML §8.6, timer initialization steps). Where the very text stands in
/// the page's file, that is its place; else it is taken to start at the top.
///
/// # Errors
/// What the code throws; a parse error is reported here.
pub(super) fn run_code(code: &str, context: &mut Context) -> JsResult<()> {
    let url = Window::of(context).url.borrow().to_string();
    let (line, column) = Sources::of(context).find(&url, code).unwrap_or((1, 1));
    match script::run(&Code { text: code, url: &url, line, column }, context) {
        Ok(_) => Ok(()),
        Err(ScriptError::Thrown(error)) => Err(error),
        Err(ScriptError::Parse(fault)) => {
            report_parse_fault(&fault, context);
            Ok(())
        }
    }
}

/// Runs the code of an address, and says what it comes to.
///
/// # Errors
/// What the code throws; a parse error is reported here.
pub(super) fn value_of_code(code: &str, context: &mut Context) -> JsResult<JsValue> {
    let url = Window::of(context).url.borrow().to_string();
    match script::run(&Code { text: code, url: &url, line: 1, column: 1 }, context) {
        Ok(value) => Ok(value),
        Err(ScriptError::Thrown(error)) => Err(error),
        Err(ScriptError::Parse(fault)) => {
            report_parse_fault(&fault, context);
            Ok(JsValue::undefined())
        }
    }
}

/// Whatever is no id of a timer is ignored, also what cannot be made a number.
fn clear_timer(_this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let id = arg(args, 0).to_i32(context).unwrap_or_default();
    if let Ok(id) = u32::try_from(id) {
        EventLoop::of(context).clear_timer(id);
    }
    Ok(JsValue::undefined())
}

fn request_frame(_this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let function = callback(args)?;
    let work: TimerWork = Rc::new(move |context| {
        let now = super::performance::performance_now(context);
        function.call(&JsValue::undefined(), &[now.into()], context).map(drop)
    });
    Ok(EventLoop::of(context).set_timer(FRAME_MS, false, work).into())
}

fn queue_microtask(_this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let function = callback(args)?;
    let event_loop = EventLoop::of(context);
    let cause = event_loop.cause();
    let job = GenericJob::new(
        move |context: &mut Context| {
            event_loop.with_cause(cause, || function.call(&JsValue::undefined(), &[], context))
        },
        context.realm().clone(),
    );
    context.enqueue_job(Job::GenericJob(job));
    Ok(JsValue::undefined())
}

fn callback(args: &[JsValue]) -> JsResult<JsObject> {
    arg(args, 0)
        .as_object()
        .filter(JsObject::is_callable)
        .ok_or_else(|| type_error("parameter 1 is not of type 'Function'"))
}

#[cfg(test)]
mod tests {
    use crate::webapi::testing::{check_page, page};

    #[track_caller]
    fn check(script: &str, expected: &str) {
        check_page("<script>setTimeout('later.on()', 1)</script>", script, expected);
    }

    #[test]
    fn timers_come_by_time_then_by_order() {
        check(
            "setTimeout(out, 20, 'b'); setTimeout(out, 10, 'a', 'x'); setTimeout(out, 20, 'c'); setTimeout(out, -5, 0)",
            "0|a|b|c",
        );
        check("setTimeout(function (a, b) { out([a, b, this === window]) }, '7', 1, 2)", "1,2,true");
        check("var n = 0, id = setInterval(function () { out(++n); n == 3 && clearTimeout(id) }, 5)", "1|2|3");
        check("out(typeof setTimeout(out)); out(typeof setImmediate)", "number|undefined|undefined");
        check("setTimeout(out, 4294967296, 'wraps')", "wraps");
    }

    #[test]
    fn strings_are_code_of_the_global_scope() {
        check("(function () { var x = 'inner'; setTimeout('out(x)', 1) })(); var x = 'outer'", "outer");
        check("setTimeout('var made = 1', 1); setTimeout(function () { out(made) }, 2)", "1");
        check(
            "setTimeout('later.on()', 1); setTimeout('nothing()', 1); setTimeout('a b', 1); setTimeout(out, 2, 'on')",
            "on\n\
             fault.uncaught ReferenceError: later is not defined http://demo.test/dir/page.html?q=1:1\n\
             fault.uncaught ReferenceError: nothing is not defined http://demo.test/dir/page.html?q=1:1\n\
             fault.parse SyntaxError: expected token ';', got 'b' in expression statement at line 1, col 3 \
             http://demo.test/dir/page.html?q=1:1",
        );
    }

    #[test]
    fn clearing_takes_anything() {
        check(
            "var a = setTimeout(out, 1, 'a'), b = setInterval(out, 1, 'b'), c = requestAnimationFrame(out);\
             clearInterval(a); clearTimeout(String(b)); cancelAnimationFrame(c);\
             [undefined, null, {}, [], NaN, -1, 1e99, 'x', Symbol(), out].forEach(clearTimeout); clearTimeout()",
            "",
        );
    }

    #[test]
    fn frames_last_16_ms() {
        check("requestAnimationFrame(function (t) { out(t); requestAnimationFrame(out) })", "16|32");
        check("try { requestAnimationFrame('x') } catch (e) { out(e.name) }", "TypeError");
    }

    #[test]
    fn microtasks_run_after_the_script() {
        check("queueMicrotask(function () { out(2) }); Promise.resolve(3).then(out); out(1)", "1|2|3");
        let mut page = page("");
        let shown = page.show("queueMicrotask(function () { throw new Error('no') }); queueMicrotask(out)");
        assert_eq!(shown, "undefined\nfault.uncaught Error: no http://demo.test/test.js:1");
    }
}
