//! How a frame gets its document: what it asks for, the fetch, the parser with its scripts, and the events at the end.

use std::rc::Rc;

use boa_engine::{Context, JsObject, JsResult, JsValue};
use url::Url;

use super::fetching::{client, is_same_origin, report_failure, request};
use super::frames::{self, empty, has_room, in_window, is_wanted, located, restart, with};
use super::location::code_of;
use super::sandbox::Sandbox;
use super::target::fire;
use super::timers::value_of_code;
use super::window::{Navigation, ReadyState, Window};
use super::wrap::wrap;
use super::{frame_window, loading, scripting};
use crate::base::limits::DOCUMENT_BYTES_MAX;
use crate::dom::document::DocumentData;
use crate::dom::parse::DocumentParser;
use crate::dom::{Node, NodeRef, indicated, tree, xml};
use crate::engine::convert::to_utf8;
use crate::engine::fault::Sources;
use crate::event::NavigateKind;
use crate::net::{Destination, Response, decode_html, decode_xml};

/// What a frame asks for.
pub(super) enum Wanted {
    /// It stays as it is.
    Nothing,
    /// An empty document.
    Empty,
    /// A document of this text (`srcdoc`).
    Markup(String),
    /// A document of the page's origin, with a form's body.
    Own(Box<Url>, Option<(String, Vec<u8>)>),
    /// What a script says that is written in the address (`javascript:`).
    Code(Url),
    /// A document of another origin, which is not fetched.
    Elsewhere,
}

impl Wanted {
    /// Whether the frame stays as it is.
    pub(super) fn is_nothing(&self) -> bool {
        matches!(self, Self::Nothing)
    }
}

/// The text of a document, and what is known of it.
struct Text {
    url: String,
    /// Its content type.
    kind: &'static str,
    text: String,
    encoding: &'static str,
    file: Option<String>,
}

/// A frame goes elsewhere: by its `location`, a link, a form.
pub(super) fn navigate(frame: &JsObject, navigation: Navigation, context: &mut Context) {
    let Navigation { url, kind, body } = navigation;
    let is_reload = kind == NavigateKind::Reload;
    let markup = with(frame, |frame| frame.element.as_element().and_then(|element| element.attr("srcdoc"))).flatten();
    let wanted = match markup {
        Some(markup) if is_reload && url.as_str() == "about:srcdoc" => Wanted::Markup(markup),
        _ => frames::wanted_at(frame, url, body, context),
    };
    if !wanted.is_nothing() {
        let (run, from) = (restart(frame, context), Window::of_running(context));
        begin(frame, run, wanted, &from, context);
    }
}

/// Begins to give a frame what the window `from` asks for; the `load` of the window that it is in waits until it is there.
pub(super) fn begin(frame: &JsObject, run: u64, wanted: Wanted, from: &Window, context: &mut Context) {
    note_referrer(frame, &wanted, from);
    let is_foreign = matches!(wanted, Wanted::Elsewhere) || Sandbox::of_frame(frame, context).takes(Sandbox::ORIGIN);
    with(frame, |frame| frame.is_foreign.set(is_foreign));
    let has_room = !matches!(wanted, Wanted::Code(_)) || has_room(frame, context);
    hold(frame, context);
    match wanted {
        Wanted::Nothing => release(frame),
        _ if !has_room => later(frame, run, context, |frame, context| show_still(frame, empty(), context)),
        Wanted::Empty | Wanted::Elsewhere => {
            later(frame, run, context, |frame, context| show_still(frame, empty(), context));
        }
        Wanted::Markup(text) => later(frame, run, context, move |frame, context| {
            let url = "about:srcdoc".to_owned();
            show_text(frame, Text { url, kind: "text/html", text, encoding: "UTF-8", file: None }, context);
        }),
        Wanted::Code(url) => later(frame, run, context, move |frame, context| show_code(frame, &url, context)),
        Wanted::Own(url, body) => fetch(frame, run, *url, body, from, context),
    }
}

fn note_referrer(frame: &JsObject, wanted: &Wanted, from: &Window) {
    let client = client(None, from);
    let to = match wanted {
        Wanted::Own(url, _) => url,
        _ => &client.url,
    };
    let referrer = client.referrer_policy.referrer(&client.url, to);
    with(frame, |frame| *frame.referrer.borrow_mut() = referrer);
}

/// The window that a frame is in waits for it with its `load`.
fn hold(frame: &JsObject, context: &mut Context) {
    let Some(element) = with(frame, |frame| frame.element.clone()) else { return };
    let above = Window::of_node(&element, context);
    release(frame);
    above.scripts.delay(1);
    with(frame, |frame| *frame.awaited_by.borrow_mut() = Some(above));
}

/// The window that a frame is in no longer waits for it.
pub(super) fn release(frame: &JsObject) {
    if let Some(above) = with(frame, |frame| frame.awaited_by.borrow_mut().take()).flatten() {
        above.scripts.delay(-1);
    }
}

/// `load` is fired at the element.
pub(super) fn tell(frame: &JsObject, context: &mut Context) {
    if let Some(element) = with(frame, |frame| frame.element.clone()) {
        frames::in_window_of(&element, context, |context| {
            let object = wrap(&element, context);
            // Errors of listeners are reported.
            let _ = fire(&object, "load", false, false, context);
        });
    }
    release(frame);
}

/// A document comes in a task of its own.
fn later(frame: &JsObject, run: u64, context: &mut Context, show: impl FnOnce(&JsObject, &mut Context) + 'static) {
    let frame = frame.clone();
    queue_above(&frame.clone(), context, move |context| {
        if is_wanted(&frame, run, context) {
            show(&frame, context);
        }
    });
}

/// Queues a task of the window that a frame is in.
fn queue_above(frame: &JsObject, context: &Context, work: impl FnOnce(&mut Context) + 'static) {
    let Some(element) = with(frame, |frame| frame.element.clone()) else { return };
    let above = Window::of_node(&element, context);
    above.event_loop.queue(Box::new(move |context| {
        work(context);
        Ok(())
    }));
}

fn fetch(frame: &JsObject, run: u64, url: Url, body: Option<(String, Vec<u8>)>, from: &Window, context: &mut Context) {
    let Some(element) = with(frame, |frame| frame.element.clone()) else { return };
    let above = Window::of_node(&element, context);
    let mut request = request(&url, Destination::Xhr, None, from);
    if let Some((content_type, body)) = body {
        "POST".clone_into(&mut request.method);
        request.headers.push(("Content-Type".to_owned(), content_type));
        request.body = body;
    }
    let target = frame.clone();
    let on_answer = Box::new(move |answer: Result<Response, _>, context: &mut Context| {
        let (page, frame) = (Window::of_page(context), target);
        with(&frame, |frame| frame.request.set(None));
        if let Err(error) = &answer {
            report_failure(error, &url, &page.event_loop);
        }
        if is_wanted(&frame, run, context) {
            // It may have been sent elsewhere.
            let own = answer.ok().filter(|response| is_same_origin(&response.url, &page));
            let is_foreign = own.is_none() || Sandbox::of_frame(&frame, context).takes(Sandbox::ORIGIN);
            with(&frame, |frame| frame.is_foreign.set(is_foreign));
            match own {
                None => show_still(&frame, empty(), context),
                Some(response) => show_answer(&frame, &url, &response, context),
            }
        }
        Ok(())
    });
    let id = above.world.start(request, on_answer, &above.event_loop);
    with(frame, |frame| frame.request.set(Some(id)));
}

/// Shows a document that has nothing to run.
fn show_still(frame: &JsObject, document: NodeRef, context: &mut Context) {
    frame_window::show(frame, document, context);
    tell(frame, context);
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

/// Shows the document that an answer to a request for `url` makes, by its type.
fn show_answer(frame: &JsObject, url: &Url, response: &Response, context: &mut Context) {
    let header = response.header("content-type");
    let essence = header.unwrap_or("text/html").split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let kind = TYPES.into_iter().find(|known| *known == essence).unwrap_or("text/plain");
    let mut address = response.url.clone();
    if address.fragment().is_none() {
        address.set_fragment(url.fragment());
    }
    let kind = xml::xml_type(&essence).unwrap_or(kind);
    let is_xml = xml::xml_type(kind).is_some();
    let (text, encoding) =
        if is_xml { decode_xml(&response.body, header) } else { decode_html(&response.body, header) };
    if (is_xml || kind == "text/html") && response.body.len() <= DOCUMENT_BYTES_MAX {
        let file = response.file.as_ref().map(|path| path.to_string_lossy().into_owned());
        let text = Text { url: address.into(), kind, text, encoding: encoding.name(), file };
        return show_text(frame, text, context);
    }
    let document = still_document(kind, text);
    located(&document, address.as_str());
    show_still(frame, document, context);
}

/// A document of a type that has no scripts.
fn still_document(kind: &'static str, text: String) -> NodeRef {
    let document = Node::document(DocumentData::new(kind));
    let content = Node::html_element(&document, if kind.starts_with("image/") { "img" } else { "pre" });
    if content.is_html("pre") {
        tree::append(&content, &Node::text(&document, text));
    }
    let [html, head, body] = ["html", "head", "body"].map(|name| Node::html_element(&document, name));
    tree::append(&body, &content);
    tree::append(&html, &head);
    tree::append(&html, &body);
    tree::append(&document, &html);
    document
}

/// Shows a document of HTML or XML, whose scripts run as it is parsed.
fn show_text(frame: &JsObject, text: Text, context: &mut Context) {
    let Text { url, kind, text, encoding, file } = text;
    let document = Node::document(DocumentData::new(kind));
    if let Some(data) = document.as_document() {
        data.encoding.set(encoding);
    }
    located(&document, &url);
    let is_still = !needs_window(&text);
    let parser = Rc::new(DocumentParser::new(&document, text.clone()));
    indicated::await_fragment(&document, Url::parse(&url).ok().as_ref().and_then(Url::fragment));
    frame_window::show(frame, document.clone(), context);
    if is_still && with(frame, |frame| frame.window.borrow().is_none()) == Some(true) {
        while parser.read(0).is_some() {}
        parser.end();
        loading::tell_malformed(&parser, &url, context);
        indicated::settle(&document);
        return tell(frame, context);
    }
    let Ok(window) = frame_window::of(frame, context) else { return tell(frame, context) };
    Sources::of(context).add(&url, &text, file);
    *window.parser.borrow_mut() = Some(parser);
    window.ready_state.set(ReadyState::Loading);
    window.event_loop.queue(Box::new(scripting::parse));
    end(&window);
}

/// Whether a document has anything that its window would be for: scripts and handlers, or what is loaded for it.
fn needs_window(markup: &str) -> bool {
    let markup = markup.to_ascii_lowercase();
    let parts =
        ["<script", ":script", "<iframe", "<link", "<style", "<img", "autofocus", "onload", "onerror", "onclick"];
    parts.iter().any(|part| markup.contains(part))
}

/// The document of a window was read to its end, or will be by then: what follows, in tasks.
pub(super) fn end(window: &Window) {
    window.event_loop.queue(Box::new(loading::finish_parsing));
    window.event_loop.queue(Box::new(loading::content_loaded));
}

/// Runs the code of an address in a frame; where it comes to a text, that is its document
/// ([HTML §7.4.2.3.2](https://html.spec.whatwg.org/#the-javascript:-url-special-case)).
fn show_code(frame: &JsObject, url: &Url, context: &mut Context) {
    let Ok(window) = frame_window::of(frame, context) else { return tell(frame, context) };
    let code = code_of(url);
    let value = if window.is_silent() {
        Ok(JsValue::undefined())
    } else {
        in_window(&window, context, |context| value_of_code(&code, context))
    };
    match value.map(|value| value.as_string()) {
        Ok(Some(text)) => {
            let url = window.url.borrow().to_string();
            let text = Text { url, kind: "text/html", text: to_utf8(&text), encoding: "UTF-8", file: None };
            show_text(frame, text, context);
        }
        Ok(None) => tell(frame, context),
        Err(error) => {
            in_window(&window, context, |context| super::window::report_error(&error, context));
            tell(frame, context);
        }
    }
}

/// Where nothing is left that a frame's `load` waits for, it comes in a task: at the window, then at the element.
pub(super) fn finish(window: &Window) {
    let Some(framed) = &window.framed else { return };
    let is_due = window.ready_state.get() == ReadyState::Interactive && !window.scripts.delay_load();
    if !is_due || framed.is_loading.replace(true) {
        return;
    }
    window.event_loop.queue(Box::new(|context| {
        let window = Window::of(context);
        if let Some(framed) = &window.framed {
            framed.is_loading.set(false);
            let is_due = window.ready_state.get() == ReadyState::Interactive && !window.scripts.delay_load();
            if is_due {
                loaded(&framed.frame, context)?;
            }
        }
        Ok(())
    }));
}

fn loaded(frame: &JsObject, context: &mut Context) -> JsResult<()> {
    let run = with(frame, |frame| frame.run.get());
    loading::loaded(context)?;
    // A listener may have sent it elsewhere: then `load` is that document's.
    if with(frame, |frame| frame.run.get()) == run {
        tell(frame, context);
    }
    Ok(())
}
