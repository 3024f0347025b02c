//! HTMLElement (HTML §3.2.2): what every HTML element has.

use boa_engine::{Context, JsObject, JsResult, JsValue};

use super::exception::dom_exception;
use super::reflect::{self, Kind, Reflected, Words};
use super::window::Window;
use super::wrap::{part, this_element, wrap};
use super::{activation, dataset, element, event, handlers, html_interfaces};
use crate::dom::{Node, NodeRef, attributes, css, form, node::same, text, tree};
use crate::engine::convert::{string, text_null_empty};
use crate::engine::interface::{Interface, install, prototype};

fn click(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let element = this_element(this)?;
    if !form::is_disabled(&element) {
        activation::click(&element, false, context)?;
    }
    Ok(JsValue::undefined())
}

fn focus(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    set_focus(Some(this_element(this)?), context)?;
    Ok(JsValue::undefined())
}

fn blur(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let element = this_element(this)?;
    let window = Window::of(context);
    if window.active.borrow().as_ref().is_some_and(|active| same(active, &element)) {
        set_focus(None, context)?;
    }
    Ok(JsValue::undefined())
}

fn is_focusable(element: &NodeRef) -> bool {
    let by_nature = match element.html_name() {
        "input" => form::input_type(element) != "hidden" && !form::is_disabled(element),
        "button" | "select" | "textarea" => !form::is_disabled(element),
        "a" | "area" => form::has_flag(element, "href"),
        "body" | "iframe" => true,
        _ => false,
    };
    (by_nature || form::has_flag(element, "tabindex") || form::has_flag(element, "contenteditable"))
        && css::is_rendered(element)
}

/// Moves the focus, with blur, focusout, focus, focusin (UI Events §5.2.2).
///
/// # Errors
/// None that the page made.
pub fn set_focus(to: Option<NodeRef>, context: &mut Context) -> JsResult<()> {
    let window = Window::of(context);
    let to = to.filter(is_focusable);
    let from = window.active.borrow().clone();
    let unchanged = match (&from, &to) {
        (Some(a), Some(b)) => same(a, b),
        (None, None) => true,
        _ => false,
    };
    if unchanged {
        return Ok(());
    }
    window.active.borrow_mut().take();
    form::set_focused(None);
    if let Some(from) = &from {
        fire_focus(from, "blur", false, to.as_ref(), context)?;
        fire_focus(from, "focusout", true, to.as_ref(), context)?;
    }
    if let Some(to) = to {
        form::set_focused(Some(&to));
        *window.active.borrow_mut() = Some(to.clone());
        fire_focus(&to, "focus", false, from.as_ref(), context)?;
        fire_focus(&to, "focusin", true, from.as_ref(), context)?;
    }
    Ok(())
}

fn fire_focus(
    target: &NodeRef,
    kind: &str,
    bubbles: bool,
    related: Option<&NodeRef>,
    context: &mut Context,
) -> JsResult<()> {
    let related = related.map_or_else(JsValue::null, |node| wrap(node, context).into());
    let members = vec![("relatedTarget", related)];
    let event = event::Event::trusted("FocusEvent", kind, bubbles, false, members, context);
    let target = wrap(target, context);
    event::dispatch(&event, &target, context).map(|_| ())
}

/// innerText: the text a person would see; without layout, blocks and `<br>` break lines.
fn inner_text(this: &JsValue, _: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    let element = this_element(this)?;
    if !css::is_rendered(&element) {
        return Ok(string(&text::descendant_text(&element)));
    }
    let mut out = String::new();
    rendered_text(&element, &mut out);
    Ok(string(out.trim_matches(['\n', ' '])))
}

/// Makes the text end in at least these line breaks.
fn break_lines(breaks: &str, out: &mut String) {
    out.truncate(out.trim_end_matches(' ').len());
    while !out.ends_with(breaks) {
        out.push('\n');
    }
}

/// What is still to be shown of a tree, last first.
enum Shown {
    /// A node with all that is in it.
    Enter(NodeRef),
    /// The end of a block or cell.
    Leave(NodeRef, String),
}

fn rendered_text(root: &NodeRef, out: &mut String) {
    let children =
        |node: &NodeRef| std::iter::successors(node.last_child(), |n| n.previous_sibling()).map(Shown::Enter);
    let mut left: Vec<Shown> = children(root).collect();
    while let Some(next) = left.pop() {
        match next {
            Shown::Enter(node) if node.is_html("br") => out.push('\n'),
            Shown::Enter(node) if node.is_text() => push_words(&node, out),
            Shown::Enter(node) if node.as_element().is_some() => {
                let display = css::display(&node);
                if display == "none" {
                    continue;
                }
                if is_block(&display) && !out.is_empty() {
                    break_lines(breaks_around(&node), out);
                }
                left.push(Shown::Leave(node.clone(), display));
                left.extend(children(&node));
            }
            Shown::Enter(_) => {}
            Shown::Leave(node, display) if is_block(&display) => break_lines(breaks_around(&node), out),
            Shown::Leave(node, display) => {
                if display == "table-cell" && node.next_sibling().is_some() {
                    out.push('\t');
                }
            }
        }
    }
}

fn is_block(display: &str) -> bool {
    !display.starts_with("inline") && display != "table-cell" && display != "contents"
}

fn breaks_around(node: &NodeRef) -> &'static str {
    if node.is_html("p") { "\n\n" } else { "\n" }
}

/// A text node's words, white space collapsed.
fn push_words(node: &NodeRef, out: &mut String) {
    let Some(data) = node.character_data().map(|data| data.borrow()) else { return };
    let words = data.split_ascii_whitespace().collect::<Vec<_>>().join(" ");
    let starts_blank = data.starts_with(|c: char| c.is_ascii_whitespace());
    if starts_blank && !out.ends_with([' ', '\n']) && !out.is_empty() {
        out.push(' ');
    }
    out.push_str(&words);
    if !words.is_empty() && data.ends_with(|c: char| c.is_ascii_whitespace()) {
        out.push(' ');
    }
}

fn set_inner_text(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let value = text_null_empty(args, 0, context)?;
    let element = this_element(this)?;
    tree::remove_children(&element);
    for node in text_nodes(&value, &element) {
        tree::append(&element, &node);
    }
    Ok(JsValue::undefined())
}

/// The lines of a text with `<br>` between them (HTML "rendered text fragment").
fn text_nodes(value: &str, element: &NodeRef) -> Vec<NodeRef> {
    let Some(document) = element.owner_document() else { return Vec::new() };
    let mut nodes = Vec::new();
    for (at, line) in value.replace("\r\n", "\n").split(['\n', '\r']).enumerate() {
        if at > 0 {
            nodes.push(Node::html_element(&document, "br"));
        }
        if !line.is_empty() {
            nodes.push(Node::text(&document, line.to_owned()));
        }
    }
    nodes
}

/// outerText: the text takes the element's place, and joins the text around it (HTML §3.2.7).
fn set_outer_text(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let value = text_null_empty(args, 0, context)?;
    let element = this_element(this)?;
    let (Some(parent), Some(document)) = (element.parent(), element.owner_document()) else {
        return Err(dom_exception("NoModificationAllowedError", "The element has no parent.", context));
    };
    let (before, next) = (element.previous_sibling(), element.next_sibling());
    let mut nodes = text_nodes(&value, &element);
    if nodes.is_empty() {
        nodes.push(Node::text(&document, String::new()));
    }
    for node in &nodes {
        tree::insert(&parent, node, Some(&element));
    }
    tree::remove(&element);
    if let Some(last) = next.and_then(|next| next.previous_sibling()) {
        join_next(&last);
    }
    if let Some(before) = before {
        join_next(&before);
    }
    Ok(JsValue::undefined())
}

/// Takes the text that follows a text node into it (HTML "merge with the next text node").
fn join_next(node: &NodeRef) {
    let Some(next) = node.next_sibling().filter(|next| node.is_text() && next.is_text()) else { return };
    if let (Some(data), Some(more)) = (node.character_data(), next.character_data()) {
        data.borrow_mut().push_str(&more.borrow());
    }
    tree::remove(&next);
}

fn tab_index(this: &JsValue, _: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    let element = this_element(this)?;
    let written = element.as_element().and_then(|e| e.attr("tabindex")).and_then(|v| v.trim().parse::<i32>().ok());
    let natural = matches!(element.html_name(), "a" | "area" | "button" | "input" | "select" | "textarea" | "iframe");
    Ok(written.unwrap_or(if natural { 0 } else { -1 }).into())
}

fn set_tab_index(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let value = crate::engine::convert::int(args, 0, context)?;
    element::set_attribute(&this_element(this)?, "tabindex", &value.to_string(), context)?;
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
        ("tabIndex", tab_index, Some(set_tab_index)),
        ("contentEditable", content_editable, Some(set_content_editable)),
        ("isContentEditable", |this, a, c| Ok((content_editable(this, a, c)? == string("true")).into()), None),
    ],
    methods: &[("click", click, 0), ("focus", focus, 0), ("blur", blur, 0)],
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
