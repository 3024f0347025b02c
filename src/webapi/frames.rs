//! What is in an `<iframe>` ([HTML §4.8.5](https://html.spec.whatwg.org/#the-iframe-element)): a document of its own, with a
//! window ([`super::frame_window`]), that the page may write to ([`super::frame_writing`]).
//!
//! *Choice*: nobody looks at a frame, so only what the page can reach is there. A document of the page's own origin is
//! fetched, as an XHR would, and parsed; scripts in it do not run, for it is not what the operator opened. Documents of
//! other origins are not fetched. In both cases `load` is fired, as for pictures. Frames within a document that was
//! fetched stay empty, so that a page which frames itself ends.

use std::cell::Cell;

use boa_engine::realm::Realm;
use boa_engine::{Context, JsData, JsObject, JsResult, JsValue};
use boa_gc::{Finalize, GcRefCell, Trace};
use url::Url;

use super::fetching::{is_same_origin, report_failure, request};
use super::target::fire;
use super::window::Window;
use super::wrap::{part, peek_part, this_element, wrap, wrap_or_null};
use super::{frame_window, implementation};
use crate::dom::document::DocumentData;
use crate::dom::node::same;
use crate::dom::{Node, NodeRef, shadow, tree, xml};
use crate::engine::interface::{define_accessor, prototype};
use crate::net::{Destination, Response, decode_html};

/// The native data of what a frame element and its document have in common.
#[derive(Trace, Finalize, JsData)]
pub(super) struct Frame {
    /// The `<iframe>`.
    pub(super) element: NodeRef,
    /// The document that is in it now.
    document: GcRefCell<NodeRef>,
    /// Its realm and global object, once somebody has asked for its window: one for all its documents.
    pub(super) realm: GcRefCell<Option<(Realm, JsObject)>>,
    /// Counted up with each document: what was begun for an earlier one is void.
    #[unsafe_ignore_trace]
    run: Cell<u64>,
    /// Whether the page may not see the document.
    #[unsafe_ignore_trace]
    is_foreign: Cell<bool>,
}

/// The part of a node that is its frame.
const FRAME: &str = "frame";

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
    current(document).filter(|frame| with(frame, |frame| is_live(&frame.element, context)).unwrap_or(false))
}

/// Whether an element is in a document that has a window.
fn is_live(element: &NodeRef, context: &Context) -> bool {
    let window = Window::of(context);
    let mut root = shadow::root_of(element);
    while !same(&root, &window.document) {
        let above = current(&root).and_then(|frame| with(&frame, |frame| shadow::root_of(&frame.element)));
        let Some(above) = above else { return false };
        root = above;
    }
    true
}

/// The frame of an element, made with an empty document at first use; none where the element is in no window.
fn frame_at(element: &NodeRef, context: &mut Context) -> Option<JsObject> {
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
            realm: GcRefCell::default(),
            run: Cell::new(0),
            is_foreign: Cell::new(false),
        };
        Ok(JsObject::from_proto_and_data(None, frame))
    });
    let frame = made.ok()?.as_object()?;
    show(&frame, document, context);
    Some(frame)
}

/// The document of a frame that nothing was loaded into.
fn empty() -> NodeRef {
    parsed("", "about:blank")
}

fn parsed(markup: &str, url: &str) -> NodeRef {
    let document = implementation::parse_html(markup);
    located(&document, url);
    document
}

fn located(document: &NodeRef, url: &str) {
    if let Some(data) = document.as_document() {
        *data.url.borrow_mut() = Some(url.to_owned());
    }
}

/// Puts a document into a frame.
fn show(frame: &JsObject, document: NodeRef, context: &mut Context) {
    let own = frame.clone();
    // A new document has no parts yet, so nothing fails.
    let _ = part(&document, FRAME, context, |_, _| Ok(own));
    with(frame, |frame| *frame.document.borrow_mut() = document);
}

/// The document of a frame.
pub(super) fn document_of(frame: &JsObject) -> Option<NodeRef> {
    with(frame, |frame| frame.document.borrow().clone())
}

/// What began for the document of a frame is void.
pub(super) fn restart(frame: &JsObject) -> u64 {
    with(frame, |frame| {
        frame.run.set(frame.run.get() + 1);
        frame.run.get()
    })
    .unwrap_or_default()
}

/// The window of the frame of an element, or null.
pub(super) fn window_of(element: &NodeRef, context: &mut Context) -> JsResult<JsValue> {
    match frame_at(element, context) {
        Some(frame) => frame_window::of(&frame, context).map(JsValue::from),
        None => Ok(JsValue::null()),
    }
}

/// The frames of the page's document in tree order.
pub(super) fn all(context: &Context) -> Vec<NodeRef> {
    let document = &Window::of(context).document;
    let has_some = document.as_document().is_some_and(|data| data.has_frames.get());
    if has_some { tree::descendants(document).filter(|node| node.is_html("iframe")).collect() } else { Vec::new() }
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

/// What a frame element asks for.
enum Wanted {
    Empty,
    Markup(String),
    Own(Url),
    Elsewhere,
}

fn wanted(element: &NodeRef, context: &Context) -> Wanted {
    let attribute = |name: &str| element.as_element().and_then(|element| element.attr(name));
    if let Some(markup) = attribute("srcdoc") {
        return Wanted::Markup(markup);
    }
    let source = attribute("src").unwrap_or_default();
    let window = Window::of(context);
    match Some(source.trim()).filter(|source| !source.is_empty()).and_then(|source| window.resolve(source)) {
        None => Wanted::Empty,
        Some(url) if matches!(url.scheme(), "about" | "javascript") => Wanted::Empty,
        Some(url) if is_same_origin(&url, &window) => Wanted::Own(url),
        Some(_) => Wanted::Elsewhere,
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
    super::wrap::drop_part(element, FRAME);
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
    let run = restart(frame);
    let Some(element) = with(frame, |frame| frame.element.clone()) else { return };
    let wanted = wanted(&element, context);
    let is_foreign = matches!(wanted, Wanted::Elsewhere);
    with(frame, |frame| frame.is_foreign.set(is_foreign));
    match wanted {
        Wanted::Empty if is_first => tell(frame, context),
        Wanted::Empty | Wanted::Elsewhere => later(frame, run, empty, context),
        Wanted::Markup(markup) => later(frame, run, move || parsed(&markup, "about:srcdoc"), context),
        Wanted::Own(url) => fetch(frame, run, url, context),
    }
}

/// `load` is fired at the element.
pub(super) fn tell(frame: &JsObject, context: &mut Context) {
    let Some((element, global)) =
        with(frame, |frame| (frame.element.clone(), frame.realm.borrow().as_ref().map(|(_, global)| global.clone())))
    else {
        return;
    };
    // Errors of listeners are reported.
    if let Some(global) = global {
        let _ = fire(&global, "load", false, false, context);
    }
    let object = wrap(&element, context);
    let _ = fire(&object, "load", false, false, context);
}

/// Whether what was begun as `run` still counts.
fn is_wanted(frame: &JsObject, run: u64, context: &Context) -> bool {
    with(frame, |frame| frame.run.get() == run && is_live(&frame.element, context)).unwrap_or(false)
}

/// A document comes in a task of its own; the window's `load` waits for it.
fn later(frame: &JsObject, run: u64, make: impl FnOnce() -> NodeRef + 'static, context: &mut Context) {
    let window = Window::of(context);
    window.scripts.delay(1);
    let frame = frame.clone();
    window.event_loop.queue(Box::new(move |context| {
        Window::of(context).scripts.delay(-1);
        if is_wanted(&frame, run, context) {
            show(&frame, make(), context);
            tell(&frame, context);
        }
        Ok(())
    }));
}

fn fetch(frame: &JsObject, run: u64, url: Url, context: &mut Context) {
    let window = Window::of(context);
    window.scripts.delay(1);
    let frame = frame.clone();
    let request = request(&url, Destination::Xhr, None, &window);
    let on_answer = Box::new(move |answer: Result<Response, _>, context: &mut Context| {
        let window = Window::of(context);
        window.scripts.delay(-1);
        if let Err(error) = &answer {
            report_failure(error, &url, &window.event_loop);
        }
        if is_wanted(&frame, run, context) {
            // It may have been sent elsewhere.
            let own = answer.ok().filter(|response| is_same_origin(&response.url, &window));
            with(&frame, |frame| frame.is_foreign.set(own.is_none()));
            show(&frame, own.map_or_else(empty, |response| document_at(&url, &response)), context);
            tell(&frame, context);
        }
        Ok(())
    });
    window.world.start(request, on_answer, &window.event_loop);
}

/// The types of documents that are told apart; others count as plain text.
const TYPES: [&str; 12] = [
    "text/html",
    "text/xml",
    "application/xml",
    "application/xhtml+xml",
    "image/svg+xml",
    "text/css",
    "text/javascript",
    "application/json",
    "image/png",
    "image/jpeg",
    "image/gif",
    "image/bmp",
];

/// The document that an answer to a request for `url` makes.
fn document_at(url: &Url, response: &Response) -> NodeRef {
    let document = document_from(response);
    let mut address = response.url.clone();
    if address.fragment().is_none() {
        address.set_fragment(url.fragment());
    }
    located(&document, address.as_str());
    document
}

/// The document of an answer, by its type.
fn document_from(response: &Response) -> NodeRef {
    let header = response.header("content-type");
    let essence = header.unwrap_or("text/html").split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let kind = TYPES.into_iter().find(|known| *known == essence).unwrap_or("text/plain");
    let text = || decode_html(&response.body, header).0;
    if kind == "text/html" {
        return implementation::parse_html(&text());
    }
    if kind.ends_with("xml") {
        return xml::parse(&text(), kind).unwrap_or_else(|error| xml::error_document(&error, kind));
    }
    let document = Node::document(DocumentData::new(kind));
    let content = Node::html_element(&document, if kind.starts_with("image/") { "img" } else { "pre" });
    if content.is_html("pre") {
        tree::append(&content, &Node::text(&document, text()));
    }
    let [html, head, body] = ["html", "head", "body"].map(|name| Node::html_element(&document, name));
    tree::append(&body, &content);
    tree::append(&html, &head);
    tree::append(&html, &body);
    tree::append(&document, &html);
    document
}

/// Installs the members of HTMLIFrameElement that lead into the frame.
pub(super) fn install(context: &mut Context) {
    let target = prototype("HTMLIFrameElement", context);
    define_accessor(&target, "contentWindow", content_window, None, context);
    define_accessor(&target, "contentDocument", content_document, None, context);
}
