//! `window.postMessage` ([HTML §9.3](https://html.spec.whatwg.org/multipage/web-messaging.html#posting-messages)).
//!
//! A page posts to itself, which libraries do to run code in a task of its own, to frames in it, and they to it and to each
//! other. The message is cloned into the realm of the target; its source is whoever's script or task runs. The task has
//! the cause of the one that posted. A target origin that is the document's own counts as such even where it is no address:
//! the origin of a `file:` page reads `null`, and `postMessage(x, location.origin)` arrives (browsers refuse it).

use boa_engine::{Context, JsResult, JsValue};
use boa_gc::Gc;
use url::Url;

use super::event::dispatch;
use super::exception::dom_exception;
use super::frames;
use super::message_port::message_event;
use super::structured_clone::{Cloned, clone_with_transfer, transfer_list};
use super::window::Window;
use crate::engine::convert::{arg, member, require, value_text};
use crate::engine::interface::define_method;

pub(super) fn post_message(_: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    require(args, 1)?;
    let second = arg(args, 1);
    let (target, transfer) = match second.is_object() || second.is_undefined() {
        true => (member(&second, "targetOrigin", context)?, member(&second, "transfer", context)?),
        false => (second, arg(args, 2)),
    };
    let target = if target.is_undefined() { "/".to_owned() } else { value_text(&target, context)? };
    // The function is the target's, so the context is in its realm.
    let (window, source) = (Window::of(context), Window::of_running(context));
    let origin = source.origin();
    let is_ours = match target.as_str() {
        "*" => true,
        "/" => !window.is_opaque() && window.origin() == origin || Gc::ptr_eq(&window, &source),
        own if own == window.origin() => !window.is_opaque(),
        other => match Url::parse(other) {
            Ok(url) => !window.is_opaque() && url.origin() == window.origin_url().origin(),
            Err(_) => {
                let message = format!("Invalid target origin '{other}' in a call to 'postMessage'.");
                return Err(dom_exception("SyntaxError", &message, context));
            }
        },
    };
    let transfer = transfer_list(&transfer, context)?;
    let Cloned { value, ports } = clone_with_transfer(&arg(args, 0), &transfer, context)?;
    if is_ours {
        window.event_loop.queue(Box::new(move |context| {
            let global = context.global_object();
            let source = frames::seen(&source, context);
            let event = message_event(value, &origin, source, ports, context);
            dispatch(&event, &global, context).map(drop)
        }));
    }
    Ok(JsValue::undefined())
}

/// Installs `postMessage`.
///
/// # Errors
/// None.
pub fn install(context: &mut Context) -> JsResult<()> {
    let global = context.global_object();
    define_method(&global, "postMessage", post_message, 1, context);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::event::Cause;
    use crate::webapi::testing::{check, check_caused};

    #[test]
    fn to_itself() {
        check(
            "onmessage = function (e) { log(e.data.a, e.origin, e.source === window, e.ports.length, e.isTrusted) };
             postMessage({a: 1}, '*'); postMessage({a: 2}, location.href); postMessage({a: 3}, 'http://b.test'); \
             postMessage({a: 4}); postMessage({a: 5}, {targetOrigin: '/'}); log('first')",
            "first\n1 http://a.test true 0 true\n2 http://a.test true 0 true\n4 http://a.test true 0 true\n5 \
             http://a.test true 0 true",
        );
        check("try { postMessage(1, 'x') } catch (e) { log(e.name) }", "SyntaxError");
        check("try { postMessage(log, '*') } catch (e) { log(e.name) }", "DataCloneError");
        check("typeof setImmediate", "undefined");
        check(
            "var c = new MessageChannel(); onmessage = function (e) { e.ports[0].postMessage('back') }; \
            c.port1.onmessage = function (e) { log(e.data) }; postMessage(0, '*', [c.port2])",
            "back",
        );
    }

    #[test]
    fn a_message_has_the_cause_of_its_post() {
        check_caused(Cause::new("s7", None), "onmessage = function () { log(cause()) }; postMessage(0, '*')", "s7");
    }
}
