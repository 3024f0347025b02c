//! The window of a frame: a realm of its own, with all that the page's has. It is made when somebody asks for it or when
//! there are scripts to run, and left when the frame goes, or goes elsewhere.
//!
//! A browser puts a WindowProxy before the window, so that what a script holds of a frame stays the same over its
//! documents. boa has no such object, so here the global object itself stays: each document has a realm of its own, which
//! takes the object over without what the last one had put there.

use std::cell::{Cell, RefCell};

use boa_engine::realm::Realm;
use boa_engine::{Context, JsNativeError, JsObject, JsResult};
use boa_gc::{Gc, GcRefCell};
use url::Url;

use super::frames::{FRAME, Frame, has_room, in_document, restart, with};
use super::sandbox::Sandbox;
use super::target::{Listeners, fire, with_listeners};
use super::window::{Framed, ReadyState, Window};
use super::wrap::{part, peek_part};
use super::{broadcast_channel, frame_loading, frames, install, scripting};
use crate::base::limits::frames::frames_max;
use crate::dom::{NodeRef, shadow};
use crate::engine::context::{in_realm, new_realm};
use crate::engine::interface::Prototypes;
use crate::engine::queued::Loop;

/// Puts the plugin APIs into the realm that the context is in, which is a frame's: of the page's own origin, as all documents
/// of frames are that are not in a sandbox. In the context's data.
pub struct FrameApis(pub fn(&mut Context));

/// Puts a document into a frame.
pub(super) fn put(frame: &JsObject, document: NodeRef, context: &mut Context) {
    let own = frame.clone();
    // A new document has no parts yet, so nothing fails.
    let _ = part(&document, FRAME, context, |_, _| Ok(own));
    if let Some(data) = document.as_document() {
        data.is_framed.set(true);
    }
    with(frame, |frame| *frame.document.borrow_mut() = document);
}

/// Puts another document into a frame; the one that was there is left. The first that is loaded has the window of the
/// empty one before it (HTML §7.5.1, "initialise the Document object", step 5).
pub(super) fn show(frame: &JsObject, document: NodeRef, context: &mut Context) {
    let is_initial = with(frame, |frame| frame.is_initial.replace(false)).unwrap_or(false);
    let before = with(frame, |frame| frame.window.borrow().clone()).flatten();
    let left = with(frame, |frame| frame.document.borrow().clone());
    if let Some(left) = left {
        announce(&left, before.as_ref(), context);
    }
    unload(frame, context);
    put(frame, document, context);
    let Some(framed) = before.as_ref().filter(|_| is_initial).and_then(|window| window.framed.as_ref()) else { return };
    let realm = framed.realm.clone();
    let window = make(frame, &realm, context);
    in_realm(&realm, context, |context| {
        Window::enter(&window, context);
        with_listeners(&context.global_object(), Listeners::forget_cleared);
    });
    with(frame, |frame| *frame.window.borrow_mut() = Some(window));
}

/// The global object of a frame.
///
/// # Errors
/// See [`of`].
pub(super) fn global(frame: &JsObject, context: &mut Context) -> JsResult<JsObject> {
    let window = of(frame, context)?;
    let global = window.global.borrow().clone();
    global.ok_or_else(|| JsNativeError::error().with_message("the frame has no window").into())
}

/// The window of a frame's document, made when first asked for.
///
/// # Errors
/// There is no room for one more.
pub(super) fn of(frame: &JsObject, context: &mut Context) -> JsResult<Gc<Window>> {
    if let Some(window) = with(frame, |frame| frame.window.borrow().clone()).flatten() {
        return Ok(window);
    }
    if !has_room(frame, context) {
        let most = frames_max();
        let message =
            format!("an <iframe> has no window: the frames of the page have had {most}, or it is in too many");
        return Err(JsNativeError::range().with_message(message).into());
    }
    let global = with(frame, |frame| frame.global.borrow().clone()).flatten();
    if let Some(global) = &global {
        with_listeners(global, Listeners::clear);
    }
    let realm = new_realm(global, context)?;
    Prototypes::of_realm(&realm).set_framed();
    let window = make(frame, &realm, context);
    with(frame, |frame| *frame.window.borrow_mut() = Some(window.clone()));
    in_realm(&realm, context, |context| {
        Window::enter(&window, context);
        with(frame, |frame| *frame.global.borrow_mut() = Some(context.global_object()));
        install::install_all(context)?;
        let apis = context.get_data::<FrameApis>().map(|apis| apis.0);
        if let Some(install) = apis.filter(|_| !window.is_opaque()) {
            install(context);
        }
        JsResult::Ok(())
    })?;
    Ok(window)
}

/// A window for the document of a frame, whose scripts run in `realm`.
fn make(frame: &JsObject, realm: &Realm, context: &mut Context) -> Gc<Window> {
    let page = Window::of_page(context);
    let placed = with(frame, |frame: &Frame| (frame.element.clone(), frame.document.borrow().clone()));
    let (element, document) = placed.unwrap_or_else(|| (page.document.clone(), frames::empty()));
    let above = Window::of_node(&element, context);
    let data = document.as_document();
    let blank = || Url::parse("about:blank").unwrap_or_else(|_| page.url.borrow().clone());
    let url = data.and_then(|data| data.url.borrow().as_deref().and_then(|url| Url::parse(url).ok()));
    let url = url.unwrap_or_else(blank);
    let event_loop = above.event_loop.shared().clone();
    let owner = event_loop.open_realm(realm);
    Gc::new(Window {
        referrer: with(frame, |frame| frame.referrer.borrow().clone()).flatten().unwrap_or_default(),
        encoding: data.map_or("UTF-8", |data| data.encoding.get()),
        loaded_at: event_loop.clock().now(),
        document,
        url: RefCell::new(url),
        referrer_policy: None,
        event_loop: Loop::new(event_loop, owner),
        world: page.world.clone(),
        ready_state: Cell::new(ReadyState::Complete),
        parser: RefCell::default(),
        scripts: scripting::Scripts::default(),
        active: GcRefCell::default(),
        current_event: GcRefCell::default(),
        navigation: RefCell::default(),
        history: RefCell::default(),
        framed: Some(Framed {
            frame: frame.clone(),
            realm: realm.clone(),
            creator: (above.origin_url(), above.base_url()),
            sandbox: Sandbox::of_frame(frame, context),
            is_gone: Cell::new(false),
            is_loading: Cell::new(false),
            is_written: Cell::new(false),
        }),
        global: GcRefCell::default(),
    })
}

/// The frame is no longer in a window: what it was loading is void, and its document is left.
pub(super) fn leave(frame: &JsObject, context: &mut Context) {
    restart(frame, context);
    unload(frame, context);
    frame_loading::release(frame);
}

/// The page's document is left, and then those of its frames: their events, in the order of Chromium.
pub fn leave_page(context: &mut Context) {
    let window = Window::of_page(context);
    announce(&window.document, Some(&window), context);
    fire_in(&window, &["pagehide", "unload"], context);
    for frame in inside(&window.document) {
        leave(&frame, context);
    }
}

/// Tells a document and those of frames in it that they will be left.
fn announce(document: &NodeRef, window: Option<&Gc<Window>>, context: &mut Context) {
    if let Some(window) = window {
        fire_in(window, &["beforeunload"], context);
    }
    for frame in inside(document) {
        let inner = with(&frame, |frame| (frame.document.borrow().clone(), frame.window.borrow().clone()));
        if let Some((document, window)) = inner {
            announce(&document, window.as_ref(), context);
        }
    }
}

/// Fires events at a window. What listeners throw is reported.
fn fire_in(window: &Gc<Window>, kinds: &[&str], context: &mut Context) {
    frames::in_window(window, context, |context| {
        let global = context.global_object();
        for kind in kinds {
            let _ = fire(&global, kind, false, false, context);
        }
    });
}

/// The frames of a document, without those that nobody has asked for.
fn inside(document: &NodeRef) -> Vec<JsObject> {
    in_document(document).iter().filter_map(|element| peek_part(element, FRAME)).collect()
}

/// The document of a frame is left, with those of frames in it: their events, then timers, tasks and streams.
fn unload(frame: &JsObject, context: &mut Context) {
    let Some(document) = with(frame, |frame| frame.document.borrow().clone()) else { return };
    let window = with(frame, |frame| frame.window.borrow().clone()).flatten();
    if let Some(window) = &window {
        fire_in(window, &["pagehide", "unload"], context);
    }
    for frame in inside(&document) {
        leave(&frame, context);
    }
    let Some(window) = window else { return };
    with(frame, |frame| *frame.window.borrow_mut() = None);
    if let Some(framed) = &window.framed {
        framed.is_gone.set(true);
    }
    // What is kept of a document that is left holds nothing that would keep it alive.
    window.parser.take();
    window.history.take();
    let owner = window.event_loop.owner();
    window.event_loop.end_realm(owner);
    broadcast_channel::end(owner, context);
    window.world.abort_of(owner, &window.event_loop);
    window.world.close_streams_of(owner, window.event_loop.clock().now());
}

/// The window that the frame of a window is in; none for the page's.
pub(super) fn parent(window: &Window, context: &mut Context) -> Option<Gc<Window>> {
    let framed = window.framed.as_ref().filter(|framed| !framed.is_gone.get())?;
    let root = with(&framed.frame, |frame| shadow::root_of(&frame.element))?;
    frames::window_at(&root, context)
}
