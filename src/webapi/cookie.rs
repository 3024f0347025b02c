//! `document.cookie` (HTML [§3.1.4](https://html.spec.whatwg.org/multipage/dom.html#dom-document-cookie)), over the
//! page's jar.

use boa_engine::{Context, JsResult, JsValue};

use super::exception::dom_exception;
use super::window::Window;
use crate::engine::convert::{string, text};
use crate::engine::event_loop::Output;
use crate::event::Effect;

/// The getter: `a=1; b=2`.
///
/// # Errors
/// None; the signature is that of a native.
pub fn get(_this: &JsValue, _args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let window = Window::of(context);
    check_origin(&window, context)?;
    let cookies = window.world.cookies.get_for_script(&window.origin_url(), window.event_loop.clock().now());
    Ok(string(&cookies))
}

/// A document that shares its origin with no other has no cookies.
fn check_origin(window: &Window, context: &mut Context) -> JsResult<()> {
    if !window.is_opaque() {
        return Ok(());
    }
    let message = "The document is sandboxed and lacks the 'allow-same-origin' flag.";
    Err(dom_exception("SecurityError", message, context))
}

/// The setter: sets, replaces or removes one cookie. Every assignment is an effect, also one that the jar refuses.
///
/// # Errors
/// What the value's `toString` throws.
pub fn set(_this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let cookie = text(args, 0, context)?;
    let window = Window::of(context);
    check_origin(&window, context)?;
    let url = window.origin_url();
    window.world.cookies.set_from_script(&url, &cookie, window.event_loop.clock().now());
    window.event_loop.emit(Output::Effect(Effect::Cookie { url: url.into(), cookie }));
    Ok(JsValue::undefined())
}

#[cfg(test)]
mod tests {
    use crate::webapi::testing::check_page;

    #[test]
    fn cookies_are_kept_and_every_assignment_is_an_effect() {
        check_page(
            "",
            "out(document.cookie); document.cookie = 'a=1; path=/'; document.cookie = 'b=您'; out(document.cookie);\
             document.cookie = 'a=; path=/; expires=Thu, 01 Jan 1970 00:00:00 GMT'; out(document.cookie)",
            "|b=您; a=1|b=您\n\
             effect.cookie {\"url\":\"http://demo.test/dir/page.html?q=1\",\"cookie\":\"a=1; path=/\"}\n\
             effect.cookie {\"url\":\"http://demo.test/dir/page.html?q=1\",\"cookie\":\"b=您\"}\n\
             effect.cookie {\"url\":\"http://demo.test/dir/page.html?q=1\",\
             \"cookie\":\"a=; path=/; expires=Thu, 01 Jan 1970 00:00:00 GMT\"}",
        );
    }
}
