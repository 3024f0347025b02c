//! HTMLElement (HTML §3.2.2): what every HTML element has.

use boa_engine::{Context, JsObject, JsResult, JsValue};

use super::exception::dom_exception;
use super::reflect::{self, Kind, Reflected, Words};
use super::wrap::{part, this_element};
use super::{activation, dataset, element, focus, handlers, html_interfaces, mutation};
use crate::dom::{Node, NodeRef, attributes, form, inner_text, text, tree};
use crate::engine::convert::{string, text_null_empty};
use crate::engine::interface::{Interface, install, prototype};

fn click(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let element = this_element(this)?;
    if !form::is_disabled(&element) {
        activation::click(&element, false, context)?;
    }
    Ok(JsValue::undefined())
}

fn inner_text(this: &JsValue, _: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    Ok(string(&inner_text::inner_text(&this_element(this)?)))
}

fn set_inner_text(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let value = text_null_empty(args, 0, context)?;
    let element = this_element(this)?;
    let Some(document) = element.owner_document() else { return Ok(JsValue::undefined()) };
    mutation::replace_all(&element, Some(&lines_of(&value, &document)), context)?;
    Ok(JsValue::undefined())
}

/// A fragment of text with a `<br>` for each line break (HTML §3.2.7, "rendered text fragment").
fn lines_of(text: &str, document: &NodeRef) -> NodeRef {
    let fragment = Node::fragment(document);
    for (at, line) in text.replace("\r\n", "\n").split(['\n', '\r']).enumerate() {
        if at > 0 {
            tree::append(&fragment, &Node::html_element(document, "br"));
        }
        if !line.is_empty() {
            tree::append(&fragment, &Node::text(document, line.to_owned()));
        }
    }
    fragment
}

/// Puts text in the place of the element (HTML §3.2.7, outerText).
fn set_outer_text(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let value = text_null_empty(args, 0, context)?;
    let element = this_element(this)?;
    let (Some(parent), Some(document)) = (element.parent(), element.owner_document()) else {
        let message = "The element has no parent.";
        return Err(dom_exception("NoModificationAllowedError", message, context));
    };
    let (previous, next) = (element.previous_sibling(), element.next_sibling());
    let fragment = lines_of(&value, &document);
    if fragment.first_child().is_none() {
        tree::append(&fragment, &Node::text(&document, String::new()));
    }
    mutation::replace(&parent, &fragment, &element, context)?;
    for node in [next.and_then(|next| next.previous_sibling()), previous].into_iter().flatten() {
        text::join_next(&node);
    }
    Ok(JsValue::undefined())
}

fn content_editable(this: &JsValue, _: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    let value = this_element(this)?.as_element().and_then(|e| e.attr("contenteditable"));
    Ok(string(match value.as_deref() {
        Some("" | "true") => "true",
        Some("false") => "false",
        Some("plaintext-only") => "plaintext-only",
        _ => "inherit",
    }))
}

/// Whether the nearest element that says something says so.
fn is_content_editable(this: &JsValue, _: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    let element = this_element(this)?;
    let said = |node: &NodeRef| form::has_flag(node, "contenteditable");
    let nearest = std::iter::once(element.clone()).chain(tree::ancestors(&element)).find(said);
    Ok(nearest.is_some_and(|node| focus::is_editing_host(&node)).into())
}

fn set_content_editable(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let value = crate::engine::convert::text(args, 0, context)?.to_ascii_lowercase();
    let element = this_element(this)?;
    match value.as_str() {
        "true" | "false" | "plaintext-only" => element::set_attribute(&element, "contenteditable", &value, context)?,
        "inherit" => {
            attributes::remove_plain(&element, "contenteditable");
        }
        _ => {
            let message = format!(
                "The value provided ('{value}') is not one of 'true', 'false', 'plaintext-only', or 'inherit'."
            );
            return Err(dom_exception("SyntaxError", &message, context));
        }
    }
    Ok(JsValue::undefined())
}

const HTML_ELEMENT: Interface = Interface {
    name: "HTMLElement",
    parent: Some("Element"),
    attributes: &[
        ("innerText", inner_text, Some(set_inner_text)),
        ("outerText", inner_text, Some(set_outer_text)),
        ("dataset", |this, _, c| part(&this_element(this)?, "dataset", c, dataset::make), None),
        ("tabIndex", focus::tab_index, Some(focus::set_tab_index)),
        ("contentEditable", content_editable, Some(set_content_editable)),
        ("isContentEditable", is_content_editable, None),
    ],
    methods: &[("click", click, 0), focus::METHODS[0], focus::METHODS[1]],
    ..Interface::EMPTY
};

const INPUT_MODES: [&str; 8] = ["none", "text", "tel", "url", "email", "numeric", "decimal", "search"];
const ENTER_KEY_HINTS: [&str; 7] = ["enter", "done", "go", "next", "previous", "search", "send"];

const REFLECTED: [Reflected; 12] = [
    Reflected::text("title"),
    Reflected::text("lang"),
    Reflected::words("dir", &["ltr", "rtl", "auto"], ""),
    Reflected::flag("hidden"),
    Reflected::flag("inert"),
    Reflected::flag("autofocus"),
    Reflected::of("accessKey", "accesskey", Kind::Text),
    Reflected::of("draggable", "draggable", Kind::Switch("true", "false", is_draggable)),
    Reflected::of("spellcheck", "spellcheck", Kind::Switch("true", "false", |node| is_on_above(node, "spellcheck"))),
    Reflected::of("translate", "translate", Kind::Switch("yes", "no", |node| is_on_above(node, "translate"))),
    Reflected::of("inputMode", "inputmode", Kind::Words(Words { known: &INPUT_MODES, missing: "", invalid: "" })),
    Reflected::of(
        "enterKeyHint",
        "enterkeyhint",
        Kind::Words(Words { known: &ENTER_KEY_HINTS, missing: "", invalid: "" }),
    ),
];

/// Pictures and links can be dragged unless something says otherwise (HTML §6.12.8).
fn is_draggable(element: &NodeRef) -> bool {
    match element.html_name() {
        "img" => true,
        "a" => form::has_flag(element, "href"),
        _ => false,
    }
}

/// `spellcheck` and `translate` are what the nearest ancestor with a word says, otherwise on.
fn is_on_above(element: &NodeRef, name: &str) -> bool {
    let word = |node: NodeRef| node.as_element().and_then(|e| e.attr(name)).map(|word| word.to_ascii_lowercase());
    let mut words = tree::ancestors(element).filter_map(word);
    words.find_map(|word| match word.as_str() {
        "" | "true" | "yes" => Some(true),
        "false" | "no" => Some(false),
        _ => None,
    }) != Some(false)
}

/// Installs HTMLElement and the interfaces that are only a name and reflected attributes.
///
/// # Errors
/// What boa says; a bug.
pub fn install_html_elements(context: &mut Context) -> JsResult<()> {
    install(&HTML_ELEMENT, context)?;
    let target: JsObject = prototype("HTMLElement", context);
    reflect::install(&target, &REFLECTED, context);
    handlers::install(&target, &handlers::GLOBAL, context);
    for (name, reflected) in html_interfaces::SIMPLE {
        install(&Interface { name, parent: Some("HTMLElement"), ..Interface::EMPTY }, context)?;
        let target = prototype(name, context);
        reflect::install(&target, reflected, context);
    }
    let body = prototype("HTMLBodyElement", context);
    handlers::install(&body, &handlers::WINDOW, context);
    Ok(())
}
