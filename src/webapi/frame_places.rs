//! Where a link, a form or `window.open` leads ([HTML §7.3.1.7](https://html.spec.whatwg.org/#the-rules-for-choosing-a-navigable)):
//! the page, a frame by its name, or a window that does not exist.

use boa_engine::{Context, JsObject, JsResult, JsValue};
use boa_gc::Gc;

use super::frames::{FRAME, in_document, in_its_realm, with};
use super::window::{Navigation, Window};
use super::wrap::peek_part;
use super::{frame_loading, frame_window, location, sandbox};
use crate::dom::NodeRef;
use crate::engine::event_loop::EventLoop;

/// What is navigated.
pub enum Place {
    /// The page.
    Page,
    /// A frame of it.
    Frame(JsObject),
    /// A new window.
    New,
    /// The window may not go where it wants to.
    Nowhere,
}

/// The place of a window.
#[must_use]
pub fn place_of(window: &Window) -> Place {
    window.framed.as_ref().map_or(Place::Page, |framed| Place::Frame(framed.frame.clone()))
}

/// The place that a `target` means in a window that may send it elsewhere.
pub fn chosen(from: &Gc<Window>, target: &str, context: &mut Context) -> Place {
    let place = meant(from, target, context);
    if sandbox::may_navigate(from, &place, context) { place } else { Place::Nowhere }
}

fn meant(from: &Gc<Window>, target: &str, context: &mut Context) -> Place {
    match target.to_ascii_lowercase().as_str() {
        "" | "_self" => return place_of(from),
        "_top" => return Place::Page,
        "_blank" => return Place::New,
        "_parent" => {
            return frame_window::parent(from, context).map_or(Place::Page, |parent| place_of(&parent));
        }
        _ => {}
    }
    let page = Window::of_page(context);
    if *page.world.name.borrow() == target {
        return Place::Page;
    }
    let found = named(&from.document, target).or_else(|| named(&page.document, target));
    found.map_or(Place::New, Place::Frame)
}

/// The frame of a name in a document, or in one that is in it.
fn named(document: &NodeRef, name: &str) -> Option<JsObject> {
    let frames: Vec<JsObject> = in_document(document).iter().filter_map(|element| peek_part(element, FRAME)).collect();
    let own = frames.iter().find(|frame| name_of(frame) == name).cloned();
    own.or_else(|| {
        let inner = |frame: &JsObject| named(&with(frame, |frame| frame.document.borrow().clone())?, name);
        frames.iter().find_map(inner)
    })
}

/// The name of a frame.
pub(super) fn name_of(frame: &JsObject) -> String {
    let name = with(frame, |frame| {
        let given = frame.name.borrow().clone();
        given.or_else(|| frame.element.as_element().and_then(|element| element.attr("name")))
    });
    name.flatten().unwrap_or_default()
}

/// `window.name`
pub(super) fn own_name(context: &Context) -> String {
    let window = Window::of(context);
    match &window.framed {
        Some(framed) => name_of(&framed.frame),
        None => window.world.name.borrow().clone(),
    }
}

/// Sets it.
pub(super) fn set_own_name(name: String, context: &Context) {
    let window = Window::of(context);
    match &window.framed {
        Some(framed) => {
            with(&framed.frame, |frame| *frame.name.borrow_mut() = Some(name));
        }
        None => *window.world.name.borrow_mut() = name,
    }
}

/// Navigates a place, as the doing of a window.
///
/// # Errors
/// None that the page made.
pub fn go_to(from: &Window, place: &Place, navigation: Navigation, context: &mut Context) -> JsResult<()> {
    let event_loop = EventLoop::of(context);
    event_loop.as_of(from.event_loop.owner(), || match place {
        Place::New | Place::Nowhere => Ok(()),
        Place::Page => {
            let page = Window::of_page(context);
            in_its_realm(&page, context, |context| location::navigate(navigation, context))
        }
        Place::Frame(frame) => match with(frame, |frame| frame.window.borrow().clone()).flatten() {
            Some(window) => in_its_realm(&window, context, |context| location::navigate(navigation, context)),
            None => {
                frame_loading::navigate(frame, navigation, context);
                Ok(())
            }
        },
    })
}

/// The global object at a place, or null.
///
/// # Errors
/// There is no room for a window in the frame.
pub fn global_at(place: &Place, context: &mut Context) -> JsResult<JsValue> {
    match place {
        Place::New | Place::Nowhere => Ok(JsValue::null()),
        Place::Page => {
            let global = Window::of_page(context).global.borrow().clone();
            Ok(global.map_or_else(JsValue::null, JsValue::from))
        }
        Place::Frame(frame) => frame_window::global(frame, context).map(JsValue::from),
    }
}
