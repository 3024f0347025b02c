//! The end of a document that was parsed ([HTML §13.2.7](https://html.spec.whatwg.org/#the-end)): of the page's, and of
//! those in frames.

use boa_engine::{Context, JsResult};

use super::event::{self, Event};
use super::target::fire;
use super::window::{ReadyState, Window};
use super::wrap::wrap;
use super::{focus, frames, linked_sheets, named_access, scripting};

/// There is nothing more to parse: the document is interactive, and scripts run that were put off.
///
/// # Errors
/// None that the page made.
pub fn finish_parsing(context: &mut Context) -> JsResult<()> {
    let window = Window::of(context);
    if window.navigation.borrow().is_some() || window.is_gone() {
        return Ok(());
    }
    if let Some(parser) = window.parser.borrow_mut().take() {
        parser.end();
    }
    named_access::publish(context);
    linked_sheets::load_parsed(context);
    frames::load_parsed(context);
    window.ready_state.set(ReadyState::Interactive);
    let document = wrap(&window.document, context);
    fire(&document, "readystatechange", false, false, context)?;
    scripting::run_deferred(context)
}

/// `DOMContentLoaded`.
///
/// # Errors
/// None that the page made.
pub fn content_loaded(context: &mut Context) -> JsResult<()> {
    focus::autofocus(context)?;
    let document = wrap(&Window::of(context).document, context);
    fire(&document, "DOMContentLoaded", true, false, context).map(|_| ())
}

/// Nothing is left to load: `load` and `pageshow`.
///
/// # Errors
/// None that the page made.
pub fn loaded(context: &mut Context) -> JsResult<()> {
    let window = Window::of(context);
    window.ready_state.set(ReadyState::Complete);
    let document = wrap(&window.document, context);
    fire(&document, "readystatechange", false, false, context)?;
    let global = context.global_object();
    for kind in ["load", "pageshow"] {
        let event = Event::plain(kind, false, false, context);
        event::dispatch_as(&event, &global, &document, context)?;
    }
    Ok(())
}
