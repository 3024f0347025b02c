//! Everything a page finds in its global scope, in dependency order.

use boa_engine::object::FunctionObjectBuilder;
use boa_engine::property::{Attribute, PropertyDescriptor};
use boa_engine::{Context, JsObject, JsResult, JsString, JsValue, NativeFunction};
use boa_gc::{Gc, GcRefCell};

use super::window::Window;
use super::wrap::{wrap, wrap_or_null};
use super::{
    abort, autocorrect, base64, blob, box_observers, broadcast_channel, character_data, collection, console, controls,
    crypto, css, custom_elements, dataset, dialogs, document, element, elements, event, event_source, event_types,
    exception, fetch, file, file_reader, form_data, form_element, frame_places, frame_window, frames, geometry,
    handlers, history, html_element, implementation, location, media_query_list, message_port, modules,
    more_reflections, motion, mutation_observer, named_access, named_node_map, navigator, node, object_url,
    parent_node, performance, post_message, range, rect, report_error, runtime, select, selection, shadow_root,
    slot_element, storage, structured_clone, style, style_sheet, svg, target, text_encoding, timers, token_list,
    traversal, url, url_search_params, validity, web_socket, xhr,
};
use crate::engine::convert::{arg, string, text};
use crate::engine::interface::{Interface, Prototypes, define_accessor, define_value, install, prototype};

/// Installs all Web APIs. The context's window is there already.
///
/// # Errors
/// What boa says; a bug.
pub fn install_all(context: &mut Context) -> JsResult<()> {
    install_events(context)?;
    install_nodes(context)?;
    install_elements(context)?;
    install_window(context)?;
    timers::install(context)?;
    install_messaging(context)?;
    console::install(context)?;
    navigator::install(context)?;
    performance::install(context)?;
    box_observers::install(context)?;
    crypto::install(context)?;
    text_encoding::install(context)?;
    location::install(context)?;
    history::install(context)?;
    dialogs::install(context)?;
    selection::install_selection(context)?;
    storage::install(context)?;
    install_style(context)?;
    install_network(context)?;
    modules::install_modules(context)?;
    runtime::install_runtime(context)
}

fn install_messaging(context: &mut Context) -> JsResult<()> {
    structured_clone::install(context)?;
    message_port::install(context)?;
    broadcast_channel::install(context)?;
    post_message::install(context)?;
    report_error::install(context)
}

fn install_style(context: &mut Context) -> JsResult<()> {
    style::install(context)?;
    motion::install(context);
    css::install(context)?;
    style_sheet::install(context)?;
    let element = prototype("Element", context);
    style::install_on_element(&element, context);
    rect::install(context)?;
    geometry::install_on_element(&element, context);
    let document = prototype("Document", context);
    super::document_reflections::install(&document, context);
    geometry::install_on_document(&document, context);
    geometry::install_viewport(context)?;
    media_query_list::install(context)
}

fn install_network(context: &mut Context) -> JsResult<()> {
    base64::install_base64(context)?;
    url_search_params::install_url_search_params(context)?;
    url::install_url(context)?;
    blob::install(context)?;
    file::install(context)?;
    file_reader::install(context)?;
    object_url::install(context)?;
    form_data::install_form_data(context)?;
    abort::install_abort(context)?;
    fetch::install_fetch(context)?;
    event_source::install(context)?;
    web_socket::install(context)?;
    xhr::install_xhr(context)
}

fn install_events(context: &mut Context) -> JsResult<()> {
    install(&target::EVENT_TARGET, context)?;
    install(&event::EVENT, context)?;
    event_types::install_event_types(context)?;
    exception::install_exception(context)
}

fn install_nodes(context: &mut Context) -> JsResult<()> {
    install(&node::NODE, context)?;
    character_data::install_character_data(context)?;
    install(&element::ELEMENT, context)?;
    document::install_document(context)?;
    implementation::install_implementation(context)?;
    collection::install(context)?;
    install(&named_node_map::NAMED_NODE_MAP, context)?;
    install(&token_list::TOKEN_LIST, context)?;
    install(&dataset::DOM_STRING_MAP, context)?;
    for name in ["Element", "Document", "DocumentFragment"] {
        let target = prototype(name, context);
        parent_node::install_parent(&target, context);
    }
    for (name, with_siblings) in [("Element", true), ("CharacterData", true), ("DocumentType", false)] {
        let target = prototype(name, context);
        parent_node::install_child(&target, with_siblings, context);
    }
    let of_parents = ["append", "prepend", "replaceChildren"];
    let of_children = ["after", "before", "remove", "replaceWith"];
    let of_both: Vec<&str> = of_parents.into_iter().chain(of_children).chain(["slot"]).collect();
    for (name, names) in [
        ("Element", &of_both[..]),
        ("Document", &of_parents[..]),
        ("DocumentFragment", &of_parents[..]),
        ("CharacterData", &of_children[..]),
        ("DocumentType", &of_children[..]),
    ] {
        parent_node::install_unscopables(&prototype(name, context), names);
    }
    mutation_observer::install_mutation_observer(context)?;
    traversal::install_traversal(context)?;
    range::install_range(context)?;
    let target = prototype("DOMTokenList", context);
    collection::make_iterable(&target, context)?;
    let target = prototype("NamedNodeMap", context);
    collection::make_iterator(&target, context)
}

fn install_elements(context: &mut Context) -> JsResult<()> {
    html_element::install_html_elements(context)?;
    autocorrect::install_autocorrect(context);
    form_element::install_form(context)?;
    validity::install_validity(context)?;
    controls::install_controls(context)?;
    select::install_select(context)?;
    elements::install_elements(context)?;
    more_reflections::install_more_reflections(context);
    svg::install_svg(context)?;
    token_list::install_token_lists(context);
    shadow_root::install_shadow_root(context)?;
    slot_element::install_slot(context);
    custom_elements::install_custom_elements(context)
}

/// The window's own members.
fn install_window(context: &mut Context) -> JsResult<()> {
    install(&Interface { name: "Window", parent: Some("EventTarget"), ..Interface::EMPTY }, context)?;
    let global = context.global_object();
    let window_prototype = Prototypes::of(context).get("Window");
    named_access::install_window_names(&window_prototype, context)?;
    global.set_prototype(Some(window_prototype));
    for name in ["self", "frames"] {
        replaceable(&global, name, |_, _, context| Ok(context.global_object().into()), context);
    }
    replaceable(&global, "parent", parent, context);
    unforgeable(&global, "window", |_, _, context| Ok(context.global_object().into()), context);
    unforgeable(&global, "top", top, context);
    unforgeable(
        &global,
        "document",
        |_, _, context| {
            let document = Window::of(context).document.clone();
            Ok(wrap(&document, context).into())
        },
        context,
    );
    replaceable(
        &global,
        "event",
        |_, _, context| {
            let current = Window::of(context).current_event.borrow().clone();
            Ok(current.map(JsValue::from).unwrap_or_default())
        },
        context,
    );
    replaceable(&global, "length", |_, _, context| Ok(frames::all(context).len().into()), context);
    let closed = |_: &JsValue, _: &[JsValue], context: &mut Context| {
        Ok(JsValue::from(!frames::is_there(&Window::of(context), context)))
    };
    define_accessor(&global, "closed", closed, None, context);
    replaceable(&global, "origin", |_, _, context| Ok(string(&Window::of(context).origin())), context);
    define_accessor(&global, "frameElement", frame_element, None, context);
    define_value(&global, "opener", JsValue::null(), Attribute::WRITABLE | Attribute::CONFIGURABLE);
    for name in ["status", "defaultStatus"] {
        text_member(&global, name, context);
    }
    define_accessor(
        &global,
        "name",
        |_, _, context| Ok(string(&frame_places::own_name(context))),
        Some(|_, args, context| {
            let name = text(args, 0, context)?;
            frame_places::set_own_name(name, context);
            Ok(JsValue::undefined())
        }),
        context,
    );
    handlers::install(&global, &handlers::GLOBAL, context);
    handlers::install(&global, &handlers::WINDOW, context);
    handlers::install(&global, &["unhandledrejection"], context);
    Ok(())
}

fn parent(_: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let window = Window::of(context);
    if !frames::is_there(&window, context) {
        return Ok(JsValue::null());
    }
    let above = frame_window::parent(&window, context).unwrap_or(window);
    Ok(frames::seen(&above, context))
}

fn top(_: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let page = Window::of_page(context);
    let is_there = frames::is_there(&Window::of(context), context);
    Ok(if is_there { frames::seen(&page, context) } else { JsValue::null() })
}

/// The element that the window's document is in, where both are of one origin.
fn frame_element(_: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let window = Window::of(context);
    let is_there = frames::is_there(&window, context);
    let framed = window.framed.as_ref().filter(|_| is_there && !window.is_opaque());
    let element = framed.and_then(|framed| frames::with(&framed.frame, |frame| frame.element.clone()));
    Ok(wrap_or_null(element, context))
}

/// A member that no script can take away (Web IDL `[LegacyUnforgeable]`).
fn unforgeable(global: &JsObject, name: &'static str, getter: crate::engine::convert::Native, context: &mut Context) {
    let get = crate::engine::interface::function(&format!("get {name}"), getter, 0, context);
    let descriptor = PropertyDescriptor::builder().get(get).enumerable(true).configurable(false);
    global.insert_property(JsString::from(name), descriptor);
}

/// A member that keeps whatever it is given as text: nobody reads the status line.
fn text_member(global: &JsObject, name: &'static str, context: &mut Context) {
    let kept = Gc::new(GcRefCell::new(JsString::default()));
    let get = NativeFunction::from_copy_closure_with_captures(
        |_, _, kept: &Gc<GcRefCell<JsString>>, _| Ok(kept.borrow().clone().into()),
        kept.clone(),
    );
    let set = NativeFunction::from_copy_closure_with_captures(
        |_, args, kept: &Gc<GcRefCell<JsString>>, context| {
            *kept.borrow_mut() = arg(args, 0).to_string(context)?;
            Ok(JsValue::undefined())
        },
        kept,
    );
    let descriptor = PropertyDescriptor::builder()
        .get(FunctionObjectBuilder::new(context.realm(), get).build())
        .set(FunctionObjectBuilder::new(context.realm(), set).length(1).build())
        .enumerable(true)
        .configurable(true);
    global.insert_property(JsString::from(name), descriptor);
}

/// A member that a page's own `var` or assignment replaces (Web IDL `[Replaceable]`).
fn replaceable(global: &JsObject, name: &'static str, getter: crate::engine::convert::Native, context: &mut Context) {
    let get = crate::engine::interface::function(&format!("get {name}"), getter, 0, context);
    let setter = NativeFunction::from_copy_closure(move |_, args, context| {
        define_value(&context.global_object(), name, arg(args, 0), Attribute::all());
        Ok(JsValue::undefined())
    });
    let set = FunctionObjectBuilder::new(context.realm(), setter)
        .name(JsString::from(format!("set {name}")))
        .length(1)
        .build();
    let descriptor = PropertyDescriptor::builder().get(get).set(set).enumerable(true).configurable(true);
    global.insert_property(JsString::from(name), descriptor);
}
