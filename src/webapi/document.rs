//! Document (DOM §4.5, HTML §3.1).

use std::rc::Rc;

use boa_engine::builtins::is_html_dda::IsHTMLDDA;
use boa_engine::object::FunctionObjectBuilder;
use boa_engine::property::Attribute;
use boa_engine::{Context, JsObject, JsResult, JsString, JsValue};
use boa_gc::Gc;
use url::Url;

use super::collection::{Kind, live};
use super::element::LOOKUPS;
use super::event::Event;
use super::exception::dom_exception;
use super::node::{constructed, node_link};
use super::target::{Listeners, with_listeners};
use super::window::{ReadyState, Window};
use super::wrap::{node_arg, part, peek_script, this_node, wrap, wrap_or_null};
use super::{cookie, creation, element, event_types, frame_loading, frames, handlers, location, mutation, scripting};
use crate::dom::node::{Doctype, get, same};
use crate::dom::parse::DocumentParser;
use crate::dom::{Node, NodeRef, shadow, text as dom_text, tree};
use crate::engine::convert::{Native, arg, string, text, value_text, with_text};
use crate::engine::event_loop::Output;
use crate::engine::interface::{Interface, define_method, define_value, install, interruptible, prototype};
use crate::event::Effect;

/// Starts the document over (`document.open`): empty, without listeners, with a parser that reads what is written. One in
/// a frame has the address of whoever writes, and what the frame was loading is void
/// ([document open steps](https://html.spec.whatwg.org/#document-open-steps)).
pub fn open(context: &Context) {
    let window = Window::of(context);
    if let Some(framed) = &window.framed {
        frames::restart(&framed.frame, context);
        frame_loading::release(&framed.frame);
        framed.is_written.set(true);
        let mut url = Window::of_running(context).origin_url();
        url.set_fragment(None);
        frames::located(&window.document, url.as_str());
        *window.url.borrow_mut() = url;
    }
    for node in tree::inclusive_descendants(&window.document) {
        peek_script(&node, |script| script.listeners.clear());
    }
    with_listeners(&context.global_object(), Listeners::clear);
    tree::remove_children(&window.document);
    let parser = Rc::new(DocumentParser::new(&window.document, String::new()));
    *window.parser.borrow_mut() = Some(parser);
    window.ready_state.set(ReadyState::Loading);
}

/// The window of the document; others were made by script, or have left their frame, and are nowhere.
fn own_window(this: &JsValue, context: &mut Context) -> JsResult<Option<Gc<Window>>> {
    let document = this_node(this)?;
    let window = Window::of(context);
    if same(&document, &window.document) && window.framed.is_none() {
        return Ok(Some(window));
    }
    Ok(frames::window_at(&document, context))
}

/// Where `open`, `write` and `close` write; never into a document of XML.
fn open_to(this: &JsValue, context: &mut Context) -> JsResult<Option<Gc<Window>>> {
    if this_node(this)?.as_document().is_some_and(|data| !data.is_html) {
        let message = "Nothing can be written into an XML document.";
        return Err(dom_exception("InvalidStateError", message, context));
    }
    let window = own_window(this, context)?;
    if window.as_ref().is_some_and(|window| window.scripts.is_constructing()) {
        let message = "Nothing can be written while the parser waits for a custom element.";
        return Err(dom_exception("InvalidStateError", message, context));
    }
    Ok(window)
}

fn open_native(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    if let Some(window) = open_to(this, context)?.filter(|window| window.parser.borrow().is_none()) {
        frames::in_its_realm(&window, context, |context| open(context));
    }
    Ok(this.clone())
}

fn close(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let Some(window) = open_to(this, context)? else { return Ok(JsValue::undefined()) };
    if let Some(framed) = &window.framed {
        if framed.is_written.replace(false) {
            // Its elements are there at once, as jQuery expects; events come in tasks.
            let parser = window.parser.borrow_mut().take();
            if let Some(parser) = parser {
                parser.end();
            }
            frame_loading::end(&window);
        }
        return Ok(JsValue::undefined());
    }
    let is_written = window.ready_state.get() == ReadyState::Loading && window.scripts.current.borrow().is_none();
    if is_written && let Some(parser) = window.parser.borrow_mut().take() {
        parser.end();
        window.ready_state.set(ReadyState::Complete);
    }
    Ok(JsValue::undefined())
}

fn written(this: &JsValue, args: &[JsValue], end: &str, context: &mut Context) -> JsResult<JsValue> {
    let mut markup = String::new();
    for value in args {
        markup.push_str(&value_text(value, context)?);
    }
    markup.push_str(end);
    if let Some(window) = open_to(this, context)? {
        frames::in_its_realm(&window, context, |context| scripting::write(&markup, context))?;
    }
    Ok(JsValue::undefined())
}

fn create_event(_: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let name = text(args, 0, context)?;
    match event_types::legacy_interface(&name) {
        Some(interface) => Ok(Event::uninitialized(interface, context).into()),
        None => Err(dom_exception("NotSupportedError", &format!("'{name}' is not an event interface."), context)),
    }
}

/// A document belongs to no other.
fn check_no_document(node: &NodeRef, context: &mut Context) -> JsResult<()> {
    match node.as_document() {
        None => Ok(()),
        Some(_) => Err(dom_exception("NotSupportedError", "The node provided is a document.", context)),
    }
}

fn check_no_shadow_root(node: &NodeRef, name: &str, context: &mut Context) -> JsResult<()> {
    match shadow::data(node) {
        None => Ok(()),
        Some(_) => Err(dom_exception(name, "The node provided is a shadow root.", context)),
    }
}

fn import_node(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let node = node_arg(args, 0)?;
    check_no_document(&node, context)?;
    check_no_shadow_root(&node, "NotSupportedError", context)?;
    let copy = tree::clone(&node, &this_node(this)?, arg(args, 1).to_boolean());
    Ok(wrap(&copy, context).into())
}

fn adopt_node(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let node = node_arg(args, 0)?;
    check_no_document(&node, context)?;
    check_no_shadow_root(&node, "HierarchyRequestError", context)?;
    tree::remove(&node);
    tree::adopt(&node, &this_node(this)?);
    Ok(arg(args, 0))
}

fn get_element_by_id(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let root = this_node(this);
    let found = with_text(args, 0, context, |id| root.map(|root| tree::element_by_id(&root, id)))?;
    Ok(wrap_or_null(found?, context))
}

fn get_elements_by_name(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    element::by_name(&this_node(this)?, args, context)
}

fn title_element(document: &NodeRef) -> Option<NodeRef> {
    tree::descendants(document).find(|n| n.is_html("title"))
}

fn title(this: &JsValue, _: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    let found = title_element(&this_node(this)?);
    Ok(string(&found.map_or_else(String::new, |t| dom_text::strip_and_collapse(&dom_text::child_text(&t)))))
}

fn set_title(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let value = text(args, 0, context)?;
    let document = this_node(this)?;
    let found = title_element(&document).or_else(|| {
        let head = tree::html_child(&document, &["head"])?;
        let made = Node::html_element(&document, "title");
        tree::append(&head, &made);
        Some(made)
    });
    if let Some(found) = found {
        dom_text::set_text_content(&found, &value);
    }
    let window = Window::of_page(context);
    if same(&document, &window.document) {
        window.event_loop.emit(Output::Effect(Effect::Title { title: dom_text::strip_and_collapse(&value) }));
    }
    Ok(JsValue::undefined())
}

fn body(document: &NodeRef) -> Option<NodeRef> {
    tree::html_child(document, &["body", "frameset"])
}

fn set_body(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let (document, new) = (this_node(this)?, node_arg(args, 0)?);
    match (body(&document), tree::document_element(&document)) {
        (Some(old), Some(html)) => mutation::replace(&html, &new, &old, context)?,
        (None, Some(html)) => mutation::insert(&html, &new, None, context)?,
        _ => return Err(dom_exception("HierarchyRequestError", "The document has no root element.", context)),
    }
    Ok(JsValue::undefined())
}

fn active_element(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let document = this_node(this)?;
    let active = super::focus::active_in(&document, context);
    let fallback = || body(&document).or_else(|| tree::document_element(&document));
    Ok(wrap_or_null(active.or_else(fallback), context))
}

fn listed(this: &JsValue, name: &'static str, kind: Kind, context: &mut Context) -> JsResult<JsValue> {
    part(&this_node(this)?, name, context, |document, context| live(document, kind, context))
}

/// `document.all`, which pages test to recognise old browsers: it is there, and counts as undefined (HTML §16.3.3).
fn all(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    part(&this_node(this)?, "all", context, |document, context| {
        let elements = live(document, Kind::TagName("*".into()), context)?;
        Ok(JsObject::from_proto_and_data(elements, IsHTMLDDA))
    })
}

fn doctype(document: &NodeRef) -> Option<NodeRef> {
    tree::children(document).find(|n| matches!(n.kind(), crate::dom::NodeKind::Doctype(_)))
}

fn default_view(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    match own_window(this, context)? {
        Some(window) => Ok(frames::seen(&window, context)),
        None => Ok(JsValue::null()),
    }
}

fn ready_state(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let own = own_window(this, context)?;
    Ok(string(own.map_or("complete", |window| window.ready_state.get().name())))
}

fn own_location(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    match own_window(this, context)? {
        Some(window) => frames::in_window(&window, context, |context| location::get(this, args, context)),
        None => Ok(JsValue::null()),
    }
}

fn set_own_location(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    match own_window(this, context)? {
        Some(window) => frames::in_its_realm(&window, context, |context| location::set(this, args, context)),
        None => Ok(JsValue::undefined()),
    }
}

fn compat_mode(this: &JsValue, _: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    let document = this_node(this)?;
    Ok(string(if document.is_quirky() { "BackCompat" } else { "CSS1Compat" }))
}

/// The address of a document: its window's, or the one it was made with.
#[must_use]
pub fn address(document: &NodeRef, context: &Context) -> Url {
    let window = frames::peek_window(document, context);
    let made_with = || document.as_document().and_then(|data| Url::parse(data.url.borrow().as_deref()?).ok());
    let own = window.map(|window| window.url.borrow().clone()).or_else(made_with);
    own.unwrap_or_else(|| Window::of(context).url.borrow().clone())
}

/// What addresses in a document are relative to: its `<base>`, or its own address.
#[must_use]
pub fn base_address(document: &NodeRef, context: &Context) -> Url {
    if let Some(window) = frames::peek_window(document, context) {
        return window.base_url();
    }
    let url = match address(document, context) {
        // What the page wrote into a frame has the page's (HTML, "fallback base URL").
        url if url.scheme() == "about" && frames::frame_of(document, context).is_some() => {
            Window::of(context).base_url()
        }
        url => url,
    };
    match tree::base_href(document) {
        Some(href) => url.join(href.trim()).unwrap_or(url),
        None => url,
    }
}

/// An address that an element names, as its document means it.
#[must_use]
pub fn resolve(element: &NodeRef, address: &str, context: &Context) -> Option<Url> {
    let still = element.owner_document().filter(|own| own.as_document().is_some_and(|data| data.is_still.get()));
    match still {
        Some(document) => base_address(&document, context).join(address).ok(),
        None => Window::of_node(element, context).resolve(address),
    }
}

fn url(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    Ok(string(address(&this_node(this)?, context).as_str()))
}

fn domain(_: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    Ok(string(Window::of(context).url.borrow().host_str().unwrap_or("")))
}

/// No command of an editor is supported: `execCommand` and the questions about them answer false.
fn exec_command(_: &JsValue, _: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    Ok(false.into())
}

fn encoding(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    if let Some(window) = own_window(this, context)? {
        return Ok(string(window.encoding));
    }
    Ok(string(this_node(this)?.as_document().map_or("UTF-8", |document| document.encoding.get())))
}

/// "MM/DD/YYYY hh:mm:ss" of the load, in the page's zone.
fn last_modified(_: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let window = Window::of(context);
    let local = window.loaded_at + i64::from(window.world.settings.zone_offset_s) * 1000;
    let stamp = crate::base::clock::format_rfc3339(local);
    let (date, time) = (stamp.get(..10).unwrap_or(""), stamp.get(11..19).unwrap_or(""));
    let parts: Vec<&str> = date.split('-').collect();
    Ok(string(&match parts.as_slice() {
        [year, month, day] => format!("{month}/{day}/{year} {time}"),
        _ => String::new(),
    }))
}

fn construct(new_target: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let document = creation::blank("application/xml");
    constructed(&document, "Document", new_target, context).map(JsValue::from)
}

const DOCUMENT: Interface = Interface {
    name: "Document",
    parent: Some("Node"),
    constructor: Some((construct, 0)),
    attributes: &[
        ("documentElement", node_link!(tree::document_element), None),
        ("head", node_link!(|d: &NodeRef| tree::html_child(d, &["head"])), None),
        ("body", node_link!(body), Some(set_body)),
        ("title", title, Some(set_title)),
        ("doctype", node_link!(doctype), None),
        (
            "implementation",
            |this, _, c| part(&this_node(this)?, "implementation", c, super::implementation::make),
            None,
        ),
        ("defaultView", default_view, None),
        ("readyState", ready_state, None),
        ("compatMode", compat_mode, None),
        ("URL", url, None),
        ("documentURI", url, None),
        ("domain", domain, Some(|_, _, _| Ok(JsValue::undefined()))),
        ("referrer", |_, _, c| Ok(string(&Window::of(c).referrer)), None),
        ("cookie", cookie::get, Some(cookie::set)),
        ("location", own_location, Some(set_own_location)),
        ("lastModified", last_modified, None),
        ("characterSet", encoding, None),
        ("charset", encoding, None),
        ("inputEncoding", encoding, None),
        ("contentType", |this, _, _| Ok(string(this_node(this)?.as_document().map_or("", |d| d.content_type))), None),
        ("activeElement", active_element, None),
        (
            "currentScript",
            |_, _, c| {
                let current = Window::of(c).scripts.current.borrow().clone();
                Ok(wrap_or_null(current.filter(|script| !shadow::is_in_shadow(script)), c))
            },
            None,
        ),
        ("hidden", |_, _, _| Ok(false.into()), None),
        ("visibilityState", |_, _, _| Ok(string("visible")), None),
        ("designMode", |_, _, _| Ok(string("off")), Some(|_, _, _| Ok(JsValue::undefined()))),
        ("all", all, None),
        ("forms", |this, _, c| listed(this, "forms", Kind::Html(&["form"]), c), None),
        ("images", |this, _, c| listed(this, "images", Kind::Html(&["img"]), c), None),
        ("links", |this, _, c| listed(this, "links", Kind::Links, c), None),
        ("anchors", |this, _, c| listed(this, "anchors", Kind::Anchors, c), None),
        ("scripts", |this, _, c| listed(this, "scripts", Kind::Html(&["script"]), c), None),
        ("embeds", |this, _, c| listed(this, "embeds", Kind::Html(&["embed"]), c), None),
        ("plugins", |this, _, c| listed(this, "plugins", Kind::Html(&["embed"]), c), None),
        ("styleSheets", super::style_sheet::style_sheets, None),
    ],
    methods: &[
        ("createElement", creation::element, 1),
        ("createElementNS", creation::element_ns, 2),
        ("createTextNode", creation::text_node, 1),
        ("createComment", creation::comment, 1),
        ("createDocumentFragment", creation::fragment, 0),
        ("createAttribute", creation::attribute, 1),
        ("createAttributeNS", creation::attribute_ns, 2),
        ("createCDATASection", creation::cdata, 1),
        ("createProcessingInstruction", creation::instruction, 2),
        ("createEvent", create_event, 1),
        ("importNode", import_node, 1),
        ("adoptNode", adopt_node, 1),
        ("getElementById", get_element_by_id, 1),
        ("getElementsByName", get_elements_by_name, 1),
        ("write", |this, args, c| written(this, args, "", c), 1),
        ("writeln", |this, args, c| written(this, args, "\n", c), 1),
        ("open", open_native, 0),
        ("close", close, 0),
        ("hasFocus", |_, _, _| Ok(true.into()), 0),
        ("execCommand", exec_command, 1),
        ("queryCommandEnabled", exec_command, 1),
        ("queryCommandIndeterm", exec_command, 1),
        ("queryCommandState", exec_command, 1),
        ("queryCommandSupported", exec_command, 1),
        ("queryCommandValue", |_, _, _| Ok(string("")), 1),
    ],
    ..Interface::EMPTY
};

/// Installs Document and DocumentFragment.
///
/// # Errors
/// What boa says; a bug.
pub fn install_document(context: &mut Context) -> JsResult<()> {
    install(&DOCUMENT, context)?;
    for name in ["HTMLDocument", "XMLDocument"] {
        install(&Interface { name, parent: Some("Document"), ..Interface::EMPTY }, context)?;
    }
    let fragment = Interface {
        name: "DocumentFragment",
        parent: Some("Node"),
        constructor: Some((
            |new_target, _, context| {
                let fragment = Node::fragment(&Window::of(context).document);
                constructed(&fragment, "DocumentFragment", new_target, context).map(JsValue::from)
            },
            0,
        )),
        methods: &[("getElementById", get_element_by_id, 1)],
        ..Interface::EMPTY
    };
    install(&fragment, context)?;
    for name in ["Document", "Element"] {
        let target = prototype(name, context);
        for (method, native, length) in LOOKUPS {
            define_method(&target, method, native, length, context);
        }
    }
    let document = prototype("Document", context);
    handlers::install(&document, &handlers::GLOBAL, context);
    handlers::install(&document, &["readystatechange"], context);
    Ok(())
}

/// A constructor under another name (`Image`, `Option`, `Audio`) that shares an interface's prototype.
///
/// # Errors
/// What boa says; a bug.
pub fn named_constructor(name: &str, interface: &str, native: Native, context: &mut Context) -> JsResult<()> {
    let constructor: JsObject = FunctionObjectBuilder::new(context.realm(), interruptible(native))
        .name(JsString::from(name))
        .constructor(true)
        .build()
        .into();
    let target = prototype(interface, context);
    define_value(&constructor, "prototype", target, Attribute::empty());
    define_value(&context.global_object(), name, constructor, Attribute::WRITABLE | Attribute::CONFIGURABLE);
    Ok(())
}

/// `document.implementation` and DOMParser use it: a document made of a doctype, html, head and body.
#[must_use]
pub fn blank_html(title: Option<&str>) -> NodeRef {
    let document = creation::blank("text/html");
    let doctype = Doctype { name: "html".to_owned(), public_id: String::new(), system_id: String::new() };
    tree::append(&document, &Node::doctype(&document, doctype));
    let html = Node::html_element(&document, "html");
    tree::append(&document, &html);
    let head = Node::html_element(&document, "head");
    tree::append(&html, &head);
    if let Some(title) = title {
        let element = Node::html_element(&document, "title");
        tree::append(&element, &Node::text(&document, title.to_owned()));
        tree::append(&head, &element);
    }
    tree::append(&html, &Node::html_element(&document, "body"));
    document
}

/// A template's contents.
///
/// # Errors
/// A TypeError where `this` is no element.
pub fn template_content(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let contents = this_node(this)?.as_element().and_then(|e| get(&e.template));
    Ok(wrap_or_null(contents, context))
}
