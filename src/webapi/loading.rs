//! The end of a document that was parsed ([HTML §13.2.7](https://html.spec.whatwg.org/#the-end)): of the page's, and of
//! those in frames.

use boa_engine::{Context, JsResult};

use super::event::{self, Event};
use super::target::fire;
use super::window::{ReadyState, Window};
use super::wrap::wrap;
use super::{focus, frames, linked_sheets, named_access, scripting};
use crate::dom::indicated;
use crate::dom::parse::DocumentParser;
use crate::engine::event_loop::Output;
use crate::engine::fault::Described;
use crate::engine::script::place;
use crate::event::Fault;

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
    indicated::settle(&window.document);
    linked_sheets::load_parsed(context);
    frames::load_parsed(context);
    window.ready_state.set(ReadyState::Interactive);
    let document = wrap(&window.document, context);
    fire(&document, "readystatechange", false, false, context)?;
    scripting::run_deferred(context)
}

/// Tells what is wrong with a document that is to be XML and is none.
pub(super) fn tell_malformed(parser: &DocumentParser, url: &str, context: &mut Context) {
    let Some(error) = parser.take_error() else { return };
    let window = Window::of(context);
    let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    let described = Described {
        message: format!("the document is not well-formed XML: {error}"),
        place: Some((url.to_owned(), number(error.line), number(error.column))),
        is_parse: true,
        ..Described::default()
    };
    let place = place(&described, url, context);
    window.event_loop.emit(Output::Fault(Fault::Parse { message: described.message, place }));
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
