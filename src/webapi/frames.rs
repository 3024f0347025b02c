//! What is in an `<iframe>` ([HTML §4.8.5](https://html.spec.whatwg.org/#the-iframe-element)): a document of its own, with a
//! window and a realm ([`super::frame_window`]), its scripts and its `load` ([`super::frame_loading`]), and who may name it
//! ([`super::frame_places`]).
//!
//! *Choice*: nobody looks at a frame, so only what the page can reach is there. A document of the page's own origin is
//! fetched, as an XHR would, and runs; documents of other origins are not fetched, and for them `load` is fired as for
//! pictures. What a frame does to its own address is no effect, for it is the page's affair. Frames nest as deep as
//! [`FRAME_DEPTH_MAX`], and have at most [`frames_max`] windows in a page's life; documents without scripts need none.

use std::cell::{Cell, RefCell};

use boa_engine::{Context, JsData, JsObject, JsResult, JsValue};
use boa_gc::{Finalize, Gc, GcRefCell, Trace};
use url::Url;

use super::fetching::is_same_origin;
use super::frame_loading::{self, Wanted};
use super::location::without_fragment;
use super::window::Window;
use super::wrap::{part, peek_part, this_element, wrap_or_null};
use super::{frame_window, implementation, remote_window, scripting};
use crate::base::limits::frames::{FRAME_DEPTH_MAX, frames_max};
use crate::dom::node::same;
use crate::dom::{NodeRef, shadow, tree};
use crate::engine::context::{in_realm, page_realm};
use crate::engine::event_loop::EventLoop;
use crate::engine::interface::{Prototypes, define_accessor, prototype};
use crate::engine::queued::Owner;

/// The native data of what a frame element and its document have in common.
#[derive(Trace, Finalize, JsData)]
pub(super) struct Frame {
    /// The `<iframe>`.
    pub(super) element: NodeRef,
    /// The document that is in it now.
    pub(super) document: GcRefCell<NodeRef>,
    /// That document's window, once somebody has asked for it.
    pub(super) window: GcRefCell<Option<Gc<Window>>>,
    /// The global object, which is one for all its documents: what scripts hold of the frame stays the same.
    pub(super) global: GcRefCell<Option<JsObject>>,
    /// What those see of its window that are of another origin, and what it sees of the page's.
    pub(super) seen: GcRefCell<Option<JsObject>>,
    pub(super) sees: GcRefCell<Option<JsObject>>,
    /// The window whose `load` waits for this frame.
    pub(super) awaited_by: GcRefCell<Option<Gc<Window>>>,
    /// What the document that comes is told of where it was asked for (`document.referrer`).
    #[unsafe_ignore_trace]
    pub(super) referrer: RefCell<Option<String>>,
    /// Its name, where a script has given it one.
    #[unsafe_ignore_trace]
    pub(super) name: RefCell<Option<String>>,
    /// The request for its next document.
    #[unsafe_ignore_trace]
    pub(super) request: Cell<Option<u64>>,
    /// Counted up with each document: what was begun for an earlier one is void.
    #[unsafe_ignore_trace]
    pub(super) run: Cell<u64>,
    /// Whether the page may not see the document.
    #[unsafe_ignore_trace]
    pub(super) is_foreign: Cell<bool>,
    /// Whether nothing was loaded into it yet.
    #[unsafe_ignore_trace]
    pub(super) is_initial: Cell<bool>,
}

/// The part of a node that is its frame.
pub(super) const FRAME: &str = "frame";

/// Runs `f` on a frame.
pub(super) fn with<R>(frame: &JsObject, f: impl FnOnce(&Frame) -> R) -> Option<R> {
    frame.downcast_ref::<Frame>().map(|frame| f(&frame))
}

/// The frame that a document is in now, wherever that is.
fn current(document: &NodeRef) -> Option<JsObject> {
    let frame = peek_part(document, FRAME)?;
    let is_current = with(&frame, |data| {
        let is_own = peek_part(&data.element, FRAME).is_some_and(|own| JsObject::equals(&own, &frame));
        is_own && same(&data.document.borrow(), document)
    });
    is_current.unwrap_or(false).then_some(frame)
}

/// The frame that a document is in now, if that has a window.
pub(super) fn frame_of(document: &NodeRef, context: &Context) -> Option<JsObject> {
    if document.as_document().is_none_or(|data| !data.is_framed.get()) {
        return None;
    }
    current(document).filter(|frame| with(frame, |frame| is_live(&frame.element, context)).unwrap_or(false))
}

/// Whether an element is in a document that has a window.
pub(super) fn is_live(element: &NodeRef, context: &Context) -> bool {
    depth(element, context).is_some()
}

/// How many frames an element is in; none where it is in no window.
fn depth(element: &NodeRef, context: &Context) -> Option<usize> {
    let page = Window::of_page(context);
    let (mut root, mut depth) = (shadow::root_of(element), 0);
    while !same(&root, &page.document) {
        let frame = current(&root)?;
        root = with(&frame, |frame| shadow::root_of(&frame.element))?;
        depth += 1;
    }
    Some(depth)
}

/// The frame of an element, made with an empty document at first use; none where the element is in no window.
pub(super) fn frame_at(element: &NodeRef, context: &mut Context) -> Option<JsObject> {
    if !element.is_html("iframe") || !is_live(element, context) {
        return None;
    }
    if let Some(frame) = peek_part(element, FRAME) {
        return Some(frame);
    }
    let document = empty();
    let own = document.clone();
    let made = part(element, FRAME, context, |element, _| {
        let frame = Frame {
            element: element.clone(),
            document: GcRefCell::new(own),
            window: GcRefCell::default(),
            global: GcRefCell::default(),
            seen: GcRefCell::default(),
            sees: GcRefCell::default(),
            awaited_by: GcRefCell::default(),
            referrer: RefCell::default(),
            name: RefCell::default(),
            request: Cell::new(None),
            run: Cell::new(0),
            is_foreign: Cell::new(false),
            is_initial: Cell::new(true),
        };
        Ok(JsObject::from_proto_and_data(None, frame))
    });
    let frame = made.ok()?.as_object()?;
    frame_window::put(&frame, document, context);
    Some(frame)
}

/// The document of a frame that nothing was loaded into.
pub(super) fn empty() -> NodeRef {
    let document = implementation::parse_html("");
    document.as_document().into_iter().for_each(|data| data.is_still.set(false));
    located(&document, "about:blank");
    document
}

pub(super) fn located(document: &NodeRef, url: &str) {
    if let Some(data) = document.as_document() {
        *data.url.borrow_mut() = Some(url.to_owned());
    }
}

/// What began for the document of a frame is void.
pub(super) fn restart(frame: &JsObject, context: &Context) -> u64 {
    with(frame, |frame| {
        if let Some(request) = frame.request.take() {
            let page = Window::of_page(context);
            page.world.abort(request, &page.event_loop);
        }
        frame.run.set(frame.run.get() + 1);
        frame.run.get()
    })
    .unwrap_or_default()
}

/// Whether what was begun as `run` still counts.
pub(super) fn is_wanted(frame: &JsObject, run: u64, context: &Context) -> bool {
    with(frame, |frame| frame.run.get() == run && is_live(&frame.element, context)).unwrap_or(false)
}

/// The window of a document, if it has one by now: the page's, or that of a frame that it is in.
pub(super) fn peek_window(document: &NodeRef, context: &Context) -> Option<Gc<Window>> {
    let page = Window::of_page(context);
    if same(document, &page.document) {
        return Some(page);
    }
    let frame = frame_of(document, context)?;
    with(&frame, |frame| frame.window.borrow().clone()).flatten()
}

/// The window of a document, made now where it is in a frame that has none.
pub(super) fn window_at(document: &NodeRef, context: &mut Context) -> Option<Gc<Window>> {
    if let Some(window) = peek_window(document, context) {
        return Some(window);
    }
    let frame = frame_of(document, context)?;
    frame_window::of(&frame, context).ok()
}

/// The prototypes of a document's window.
pub(super) fn prototypes_of(document: &NodeRef, context: &mut Context) -> Option<Prototypes> {
    let window = window_at(document, context)?;
    Some(match &window.framed {
        Some(framed) => Prototypes::of_realm(&framed.realm),
        None => Prototypes::of_realm(&page_realm(context)),
    })
}

/// The global object of a document's window, if it has one by now.
pub(super) fn global_of(document: &NodeRef, context: &Context) -> Option<JsObject> {
    peek_window(document, context).and_then(|window| window.global.borrow().clone())
}

/// The windows of the page: its own, then those of frames in the order in which they were made.
pub(super) fn windows(context: &Context) -> Vec<Gc<Window>> {
    let realms = EventLoop::of(context).realms();
    std::iter::once(Window::of_page(context))
        .chain(realms.iter().filter_map(Window::of_realm).filter(|window| !window.is_gone()))
        .collect()
}

/// The window of a realm's number, while that is open.
pub(super) fn window_of_owner(owner: Owner, context: &Context) -> Option<Gc<Window>> {
    if owner == Owner::PAGE {
        return Some(Window::of_page(context));
    }
    EventLoop::of(context).realm(owner).and_then(|realm| Window::of_realm(&realm))
}

/// The window of a global object.
pub(super) fn window_of_global(global: &JsObject, context: &Context) -> Option<Gc<Window>> {
    let is_its = |window: &Gc<Window>| window.global.borrow().as_ref().is_some_and(|own| JsObject::equals(own, global));
    let own = Window::of(context);
    if is_its(&own) { Some(own) } else { windows(context).into_iter().find(is_its) }
}

/// Runs `f` in the realm of a window.
pub(super) fn in_window<R>(window: &Gc<Window>, context: &mut Context, f: impl FnOnce(&mut Context) -> R) -> R {
    if Gc::ptr_eq(window, &Window::of(context)) {
        return f(context);
    }
    let realm = window.framed.as_ref().map_or_else(|| page_realm(context), |framed| framed.realm.clone());
    let event_loop = EventLoop::of(context);
    event_loop.as_of(window.event_loop.owner(), || in_realm(&realm, context, f))
}

/// Runs `f` in the realm of a window, as the doing of whoever runs now.
pub(super) fn in_its_realm<R>(window: &Gc<Window>, context: &mut Context, f: impl FnOnce(&mut Context) -> R) -> R {
    match window.framed.as_ref() {
        Some(framed) => in_realm(&framed.realm.clone(), context, f),
        None => in_realm(&page_realm(context), context, f),
    }
}

/// Runs `f` in the realm of the window that a node is in, which is what the doings of its document are of.
pub(super) fn in_window_of<R>(node: &NodeRef, context: &mut Context, f: impl FnOnce(&mut Context) -> R) -> R {
    let document = node.owner_document();
    let document = document.as_ref().unwrap_or(node);
    let is_framed = document.as_document().is_some_and(|data| data.is_framed.get());
    if !is_framed && !Prototypes::of(context).is_framed() {
        return f(context);
    }
    match window_at(document, context) {
        Some(window) => in_window(&window, context, f),
        None => f(context),
    }
}

/// What a script of the context's realm sees of a window: its global object, or of another origin little; or null.
pub(super) fn seen(window: &Gc<Window>, context: &mut Context) -> JsValue {
    let viewer = Window::of(context);
    if Gc::ptr_eq(&viewer, window) || !viewer.is_opaque() && !window.is_opaque() {
        return window.global.borrow().clone().map_or_else(JsValue::null, JsValue::from);
    }
    let seen = match (&window.framed, &viewer.framed) {
        (Some(framed), _) => remote_window::of_frame(&framed.frame, context).ok(),
        (None, Some(framed)) => remote_window::of_page(&framed.frame, context).ok(),
        (None, None) => None,
    };
    seen.map_or_else(JsValue::null, JsValue::from)
}

/// The window of the frame of an element as scripts see it, or null.
pub(super) fn window_of(element: &NodeRef, context: &mut Context) -> JsResult<JsValue> {
    match frame_at(element, context) {
        Some(frame) if with(&frame, |frame| frame.is_foreign.get()) == Some(true) => {
            remote_window::of_frame(&frame, context).map(JsValue::from)
        }
        Some(frame) => {
            let window = frame_window::of(&frame, context)?;
            Ok(seen(&window, context))
        }
        None => Ok(JsValue::null()),
    }
}

/// The frames of a document in tree order.
pub(super) fn in_document(document: &NodeRef) -> Vec<NodeRef> {
    let has_some = document.as_document().is_some_and(|data| data.has_frames.get());
    if has_some { tree::descendants(document).filter(|node| node.is_html("iframe")).collect() } else { Vec::new() }
}

/// The frames of the window's document in tree order.
pub(super) fn all(context: &Context) -> Vec<NodeRef> {
    in_document(&Window::of(context).document)
}

fn content_window(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    window_of(&this_element(this)?, context)
}

fn content_document(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let frame = frame_at(&this_element(this)?, context);
    let document = frame.and_then(|frame| {
        with(&frame, |frame| (!frame.is_foreign.get()).then(|| frame.document.borrow().clone())).flatten()
    });
    Ok(wrap_or_null(document, context))
}

/// What an address means in a frame: its own page's documents are fetched, others are not.
pub(super) fn wanted_at(frame: &JsObject, url: Url, body: Option<(String, Vec<u8>)>, context: &Context) -> Wanted {
    let page = Window::of_page(context);
    match url.scheme() {
        "about" => Wanted::Empty,
        "javascript" => Wanted::Code(url),
        _ if !is_same_origin(&url, &page) => Wanted::Elsewhere,
        _ if is_within_itself(frame, &url, context) => Wanted::Nothing,
        _ => Wanted::Own(Box::new(url), body),
    }
}

/// Whether one of the documents that a frame is in has this address: the frame stays as it is, so that a page which
/// frames itself ends ([process the iframe attributes](https://html.spec.whatwg.org/#process-the-iframe-attributes)).
fn is_within_itself(frame: &JsObject, url: &Url, context: &Context) -> bool {
    let mut element = with(frame, |frame| frame.element.clone());
    while let Some(own) = element {
        let Some(window) = peek_window(&shadow::root_of(&own), context) else { return false };
        if without_fragment(&window.url.borrow()) == without_fragment(url) {
            return true;
        }
        let above = window.framed.as_ref().map(|framed| framed.frame.clone());
        element = above.and_then(|frame| with(&frame, |frame| frame.element.clone()));
    }
    false
}

/// What a frame element asks for.
fn wanted(frame: &JsObject, element: &NodeRef, context: &Context) -> Wanted {
    let attribute = |name: &str| element.as_element().and_then(|element| element.attr(name));
    if let Some(markup) = attribute("srcdoc") {
        return Wanted::Markup(markup);
    }
    let source = attribute("src").unwrap_or_default();
    let window = Window::of_node(element, context);
    match Some(source.trim()).filter(|source| !source.is_empty()).and_then(|source| window.resolve(source)) {
        None => Wanted::Empty,
        Some(url) => wanted_at(frame, url, None, context),
    }
}

/// Frames that the parser has made since the last call get their documents.
pub fn load_parsed(context: &mut Context) {
    let has_new = Window::of(context).document.as_document().is_some_and(|data| data.has_new_frames.replace(false));
    if !has_new {
        return;
    }
    for element in all(context) {
        let is_new = |frame: &JsObject| with(frame, |frame| frame.run.get() == 0).unwrap_or(false);
        if let Some(frame) = frame_at(&element, context).filter(is_new) {
            go(&frame, true, context);
        }
    }
}

/// A frame element is in the document now, perhaps: a frame that moves begins anew.
pub fn inserted(element: &NodeRef, context: &mut Context) {
    if let Some(frame) = peek_part(element, FRAME) {
        frame_window::leave(&frame, context);
        super::wrap::drop_part(element, FRAME);
    }
    if let Some(frame) = frame_at(element, context) {
        go(&frame, true, context);
    }
}

/// `src` or `srcdoc` of a frame element was set.
pub fn source_set(element: &NodeRef, context: &mut Context) {
    if let Some(frame) = frame_at(element, context) {
        go(&frame, false, context);
    }
}

/// Gives a frame the document that its element asks for.
fn go(frame: &JsObject, is_first: bool, context: &mut Context) {
    let Some(element) = with(frame, |frame| frame.element.clone()) else { return };
    let wanted = wanted(frame, &element, context);
    if !is_first && wanted.is_nothing() {
        return;
    }
    let run = restart(frame, context);
    if is_first && matches!(wanted, Wanted::Empty) {
        return frame_loading::tell(frame, context);
    }
    let above = Window::of_node(&element, context);
    frame_loading::begin(frame, run, wanted, &above, context);
}

/// Whether there is room for one more window, so deep; says so where there is none.
pub(super) fn has_room(frame: &JsObject, context: &Context) -> bool {
    let deep = with(frame, |frame| depth(&frame.element, context)).flatten().unwrap_or_default();
    // What is loaded first takes the window over that the empty document has.
    let has_one = with(frame, |frame| frame.is_initial.get() && frame.window.borrow().is_some()).unwrap_or(false);
    let message = if deep >= FRAME_DEPTH_MAX {
        format!("an <iframe> stays empty: it is more than {FRAME_DEPTH_MAX} frames deep")
    } else if !has_one && EventLoop::of(context).realms_made() >= frames_max() {
        let most = frames_max();
        format!(
            "an <iframe> stays empty: the page's frames have had {most} windows; let one frame stay, and send it messages"
        )
    } else {
        return true;
    };
    scripting::warn(&message, context);
    false
}

/// Whether a window is the page's, or that of a frame which is still there with the document.
pub(super) fn is_there(window: &Window, context: &Context) -> bool {
    let Some(framed) = &window.framed else { return true };
    let Some(element) = with(&framed.frame, |frame| frame.element.clone()) else { return false };
    let is_own = peek_part(&element, FRAME).is_some_and(|own| JsObject::equals(&own, &framed.frame));
    is_own && !framed.is_gone.get() && is_live(&element, context)
}

/// What follows each task: frames that have gone end, and those with nothing left to load say so.
pub(super) fn settle(context: &mut Context) {
    let realms = EventLoop::of(context).realms();
    for window in realms.iter().filter_map(Window::of_realm) {
        let Some(framed) = &window.framed else { continue };
        if is_there(&window, context) {
            frame_loading::finish(&window);
        } else {
            frame_window::leave(&framed.frame, context);
        }
    }
}

/// Installs the members of HTMLIFrameElement that lead into the frame.
pub(super) fn install(context: &mut Context) {
    let target = prototype("HTMLIFrameElement", context);
    define_accessor(&target, "contentWindow", content_window, None, context);
    define_accessor(&target, "contentDocument", content_document, None, context);
}
