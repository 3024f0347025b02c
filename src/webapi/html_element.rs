//! HTMLElement (HTML §3.2.2): what every HTML element has.

use boa_engine::{Context, JsObject, JsResult, JsValue};

use super::reflect::{self, Kind, Reflected};
use super::wrap::{part, this_element};
use super::{activation, dataset, element, focus, handlers, html_interfaces, mutation};
use crate::dom::{Node, NodeRef, css, form, text, tree};
use crate::engine::convert::{string, text_null_empty};
use crate::engine::interface::{Interface, install, prototype};

fn click(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let element = this_element(this)?;
    if !form::is_disabled(&element) {
        activation::click(&element, false, context)?;
    }
    Ok(JsValue::undefined())
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

fn content_editable(this: &JsValue, _: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    let value = this_element(this)?.as_element().and_then(|e| e.attr("contenteditable"));
    Ok(string(match value.as_deref() {
        Some("" | "true") => "true",
        Some("false") => "false",
        _ => "inherit",
    }))
}

fn set_content_editable(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let value = crate::engine::convert::text(args, 0, context)?;
    element::set_attribute(&this_element(this)?, "contenteditable", &value, context)?;
    Ok(JsValue::undefined())
}

const HTML_ELEMENT: Interface = Interface {
    name: "HTMLElement",
    parent: Some("Element"),
    attributes: &[
        ("innerText", inner_text, Some(set_inner_text)),
        ("outerText", inner_text, None),
        ("dataset", |this, _, c| part(&this_element(this)?, "dataset", c, dataset::make), None),
        ("tabIndex", focus::tab_index, Some(focus::set_tab_index)),
        ("contentEditable", content_editable, Some(set_content_editable)),
        ("isContentEditable", |this, a, c| Ok((content_editable(this, a, c)? == string("true")).into()), None),
    ],
    methods: &[("click", click, 0), focus::METHODS[0], focus::METHODS[1]],
    ..Interface::EMPTY
};

const REFLECTED: [Reflected; 7] = [
    Reflected::text("title"),
    Reflected::text("lang"),
    Reflected::text("dir"),
    Reflected::flag("hidden"),
    Reflected::of("accessKey", "accesskey", Kind::Text),
    Reflected::of("draggable", "draggable", Kind::Flag),
    Reflected::of("spellcheck", "spellcheck", Kind::Flag),
];

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
