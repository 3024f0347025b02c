//! Dialogs and what a page asks of its window (HTML
//! [§8.8](https://html.spec.whatwg.org/multipage/timers-and-user-prompts.html#user-prompts),
//! [§7.2.2](https://html.spec.whatwg.org/multipage/nav-history-apis.html#the-window-object)).
//!
//! Nobody looks at the page: dialogs are answered from the settings and written to the console, and there is no window
//! to move. A new window is an effect, never an object; a frame that is opened by its name is one.

use boa_engine::{Context, JsResult, JsValue};

use super::console::write;
use super::exception::dom_exception;
use super::frame_places;
use super::sandbox::{self, Sandbox};
use super::window::{Navigation, Window};
use crate::engine::convert::{Native, optional_text, string_or_null};
use crate::engine::event_loop::Output;
use crate::engine::interface::define_method;
use crate::event::{ConsoleLevel, Effect, NavigateKind};

fn alert(_: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let text = match args.first() {
        Some(value) => crate::engine::convert::value_text(value, context)?,
        None => String::new(),
    };
    if sandbox::allows(&Window::of(context), Sandbox::MODALS, context) {
        write(ConsoleLevel::Info, &format!("alert: {text}"), context);
    }
    Ok(JsValue::undefined())
}

fn confirm(_: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let text = optional_text(args, 0, context)?.unwrap_or_default();
    let window = Window::of(context);
    if !sandbox::allows(&window, Sandbox::MODALS, context) {
        return Ok(false.into());
    }
    let usual = window.world.settings.confirm.to_string();
    let answer = window.world.answer_dialog("confirm", Some(usual), &window.event_loop).as_deref() == Some("true");
    write(ConsoleLevel::Info, &format!("confirm: {text} ({answer})"), context);
    Ok(answer.into())
}

fn prompt(_: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let text = optional_text(args, 0, context)?.unwrap_or_default();
    let window = Window::of(context);
    if !sandbox::allows(&window, Sandbox::MODALS, context) {
        return Ok(JsValue::null());
    }
    let answer = window.world.answer_dialog("prompt", window.world.settings.prompt.clone(), &window.event_loop);
    write(ConsoleLevel::Info, &format!("prompt: {text} ({})", answer.as_deref().unwrap_or("null")), context);
    Ok(string_or_null(answer))
}

/// `window.open`: an effect; where the name is that of the page or of a frame in it, that is navigated.
fn open(_: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let address = optional_text(args, 0, context)?.unwrap_or_default();
    let target = optional_text(args, 1, context)?.filter(|target| !target.is_empty());
    let target = target.unwrap_or_else(|| "_blank".to_owned());
    let window = Window::of(context);
    let address = if address.is_empty() { "about:blank" } else { address.trim() };
    let Some(url) = window.resolve(address) else {
        return Err(dom_exception(
            "SyntaxError",
            &format!("Unable to open a window with invalid URL '{address}'."),
            context,
        ));
    };
    let place = frame_places::chosen(&window, &target, context);
    if !matches!(place, frame_places::Place::New) {
        frame_places::go_to(&window, &place, Navigation { url, kind: NavigateKind::Assign, body: None }, context)?;
        return frame_places::global_at(&place, context);
    }
    // Code in a new window is none of this page's.
    if url.scheme() != "javascript" {
        window.event_loop.emit(Output::Effect(Effect::Open { url: url.into(), target }));
    }
    Ok(JsValue::null())
}

fn nothing(_: &JsValue, _: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    Ok(JsValue::undefined())
}

const METHODS: [(&str, Native, usize); 14] = [
    ("alert", alert, 0),
    ("confirm", confirm, 0),
    ("prompt", prompt, 0),
    ("open", open, 0),
    ("print", nothing, 0),
    ("close", nothing, 0),
    ("focus", nothing, 0),
    ("blur", nothing, 0),
    ("stop", nothing, 0),
    ("moveTo", nothing, 2),
    ("moveBy", nothing, 2),
    ("resizeTo", nothing, 2),
    ("resizeBy", nothing, 2),
    ("captureEvents", nothing, 0),
];

/// Installs the dialogs, `open` and the rest on the global object.
///
/// # Errors
/// None.
pub fn install(context: &mut Context) -> JsResult<()> {
    let global = context.global_object();
    for (name, native, length) in METHODS {
        define_method(&global, name, native, length, context);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::webapi::testing::check_page;

    #[track_caller]
    fn check(script: &str, expected: &str) {
        check_page("<base href='/b/'>", script, expected);
    }

    #[test]
    fn dialogs_are_answered_and_logged() {
        check(
            "out(alert('您好')); out(window.alert()); alert({})",
            "undefined|undefined\nconsole.info alert: 您好\nconsole.info alert: \nconsole.info alert: [object Object]",
        );
        check(
            "out(confirm('sure?')); out(prompt('name', 'x'))",
            "true|null\nconsole.info confirm: sure? (true)\nconsole.info prompt: name (null)",
        );
    }

    #[test]
    fn a_new_window_is_an_effect() {
        check(
            "out(window.open('x.html?a=1', 'w', 'width=100'))",
            "null\neffect.open {\"url\":\"http://demo.test/b/x.html?a=1\",\"target\":\"w\"}",
        );
        check(
            "open('//other.test/'); open()",
            "effect.open {\"url\":\"http://other.test/\",\"target\":\"_blank\"}\n\
             effect.open {\"url\":\"about:blank\",\"target\":\"_blank\"}",
        );
        check("open('javascript:out(1)')", "");
        check("try { open('http://[') } catch (e) { out(e.name) }", "SyntaxError");
        check(
            "out(open('x', '_self') === window)",
            "true\neffect.navigate {\"url\":\"http://demo.test/b/x\",\"kind\":\"assign\"}",
        );
    }

    #[test]
    fn the_rest_does_nothing() {
        check("close(); focus(); blur(); moveTo(1, 2); resizeTo(1, 2); stop(); print()", "");
    }
}
