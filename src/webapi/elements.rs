//! Elements with members of their own: links, images, scripts, tables, templates (HTML §4).

use boa_engine::{Context, JsResult, JsValue};
use url::Url;

use super::collection::{Kind, live};
use super::document::template_content;
use super::element::set_attribute;
use super::image;
use super::node::node_link;
use super::reflect::{self, Kind as Reflect, Reflected};
use super::window::Window;
use super::wrap::{part, this_element, wrap};
use crate::dom::{Node, NodeRef, attributes, form, node::same, text as dom_text, tree};
use crate::engine::convert::{Native, arg, int, string, text};
use crate::engine::interface::{Interface, define_accessor, define_method, install, prototype};

fn link_url(this: &JsValue, context: &Context) -> JsResult<Option<Url>> {
    let href = this_element(this)?.as_element().and_then(|e| e.attr("href"));
    Ok(href.and_then(|href| Window::of(context).resolve(href.trim())))
}

macro_rules! url_part {
    ($get:path, $set:path) => {
        (
            |this: &JsValue, _: &[JsValue], context: &mut Context| {
                Ok(string(&link_url(this, context)?.map(|url| $get(&url).to_string()).unwrap_or_default()))
            },
            |this: &JsValue, args: &[JsValue], context: &mut Context| {
                let value = text(args, 0, context)?;
                if let Some(mut url) = link_url(this, context)? {
                    let _ = $set(&mut url, &value);
                    set_attribute(&this_element(this)?, "href", url.as_str(), context)?;
                }
                Ok(JsValue::undefined())
            },
        )
    };
}

fn set_hash(url: &mut Url, value: &str) {
    url::quirks::set_hash(url, value);
}

fn set_search(url: &mut Url, value: &str) {
    url::quirks::set_search(url, value);
}

fn set_pathname(url: &mut Url, value: &str) {
    url::quirks::set_pathname(url, value);
}

fn install_link(interface: &'static str, context: &mut Context) -> JsResult<()> {
    install(&Interface { name: interface, parent: Some("HTMLElement"), ..Interface::EMPTY }, context)?;
    let target = prototype(interface, context);
    let parts: [(&str, (Native, Native)); 8] = [
        ("host", url_part!(url::quirks::host, url::quirks::set_host)),
        ("hostname", url_part!(url::quirks::hostname, url::quirks::set_hostname)),
        ("port", url_part!(url::quirks::port, url::quirks::set_port)),
        ("pathname", url_part!(url::quirks::pathname, set_pathname)),
        ("search", url_part!(url::quirks::search, set_search)),
        ("hash", url_part!(url::quirks::hash, set_hash)),
        ("username", url_part!(url::quirks::username, url::quirks::set_username)),
        ("password", url_part!(url::quirks::password, url::quirks::set_password)),
    ];
    for (name, (get, set)) in parts {
        define_accessor(&target, name, get, Some(set), context);
    }
    // Without an address it is `:` (HTML §4.6.4).
    let protocol: Native =
        |this, _, context| Ok(string(link_url(this, context)?.as_ref().map_or(":", |url| url::quirks::protocol(url))));
    let (_, set_protocol): (Native, Native) = url_part!(url::quirks::protocol, url::quirks::set_protocol);
    define_accessor(&target, "protocol", protocol, Some(set_protocol), context);
    let origin: Native = |this, _, context| {
        Ok(string(&link_url(this, context)?.map(|url| url::quirks::origin(&url)).unwrap_or_default()))
    };
    define_accessor(&target, "origin", origin, None, context);
    let reflected = [
        Reflected::url("href"),
        Reflected::text("target"),
        Reflected::text("rel"),
        Reflected::text("type"),
        Reflected::text("name"),
        Reflected::text("download"),
        Reflected::text("hreflang"),
        Reflected::text("coords"),
        Reflected::text("shape"),
    ];
    reflect::install(&target, &reflected, context);
    if interface == "HTMLAnchorElement" {
        define_accessor(&target, "text", all_text, Some(set_all_text), context);
    }
    let to_string: Native = |this, _, context| {
        let href = this_element(this)?.as_element().and_then(|e| e.attr("href")).unwrap_or_default();
        Ok(string(&link_url(this, context)?.map_or(href, String::from)))
    };
    define_method(&target, "toString", to_string, 0, context);
    Ok(())
}

/// `text` of a link is its `textContent` (HTML §4.5.1).
fn all_text(this: &JsValue, _: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    Ok(string(&dom_text::descendant_text(&this_element(this)?)))
}

fn set_all_text(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let value = text(args, 0, context)?;
    dom_text::set_text_content(&this_element(this)?, &value);
    Ok(JsValue::undefined())
}

fn own_text(this: &JsValue, _: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    Ok(string(&dom_text::child_text(&this_element(this)?)))
}

/// `script.text = …` on a connected script that has not started runs it.
fn set_own_text(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let value = text(args, 0, context)?;
    let element = this_element(this)?;
    dom_text::set_text_content(&element, &value);
    if element.is_html("script") && element.is_connected() && !element.script_started() {
        super::scripting::prepare_inserted(&element, context)?;
    }
    Ok(JsValue::undefined())
}

fn is_async(this: &JsValue, _: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    let script = this_element(this)?;
    let by_default = !script.parser_inserted() && !script.script_in_order();
    Ok((by_default || form::has_flag(&script, "async")).into())
}

fn set_async(this: &JsValue, args: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    let script = this_element(this)?;
    let on = arg(args, 0).to_boolean();
    script.set_script_in_order(!on);
    if on {
        attributes::set(&script, "async", "");
    } else {
        attributes::remove_plain(&script, "async");
    }
    Ok(JsValue::undefined())
}

/// `HTMLScriptElement.supports(type)` (HTML §4.12.1).
fn supports(_: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    Ok(matches!(text(args, 0, context)?.as_str(), "classic" | "module" | "importmap").into())
}

fn install_script(context: &mut Context) -> JsResult<()> {
    let script = Interface {
        name: "HTMLScriptElement",
        parent: Some("HTMLElement"),
        attributes: &[("text", own_text, Some(set_own_text)), ("async", is_async, Some(set_async))],
        statics: &[("supports", supports, 1)],
        ..Interface::EMPTY
    };
    install(&script, context)?;
    let target = prototype("HTMLScriptElement", context);
    let reflected = [
        Reflected::url("src"),
        Reflected::text("type"),
        Reflected::text("charset"),
        Reflected::text("event"),
        Reflected::of("htmlFor", "for", Reflect::Text),
        Reflected::flag("defer"),
        Reflected::of("noModule", "nomodule", Reflect::Flag),
        Reflected::of("crossOrigin", "crossorigin", Reflect::CrossOrigin),
        Reflected::text("integrity"),
    ];
    reflect::install(&target, &reflected, context);
    let title = prototype("HTMLTitleElement", context);
    define_accessor(&title, "text", own_text, Some(set_own_text), context);
    Ok(())
}

/// The largest spans of a cell (HTML §4.9.11).
const MAX_COLUMN_SPAN: u32 = 1_000;
const MAX_ROW_SPAN: u32 = 65_534;

fn rows(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    part(&this_element(this)?, "rows", context, |node, context| {
        let kind = if node.is_html("table") { Kind::Rows } else { Kind::Own(&["tr"]) };
        live(node, kind, context)
    })
}

fn cells(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    part(&this_element(this)?, "cells", context, |node, context| live(node, Kind::Own(&["td", "th"]), context))
}

fn bodies(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    part(&this_element(this)?, "tBodies", context, |node, context| live(node, Kind::Own(&["tbody"]), context))
}

fn own_children(node: &NodeRef, names: &[&str]) -> Vec<NodeRef> {
    tree::element_children(node).filter(|n| names.contains(&n.html_name())).collect()
}

/// `insertRow(at)` of a table or a section, `insertCell(at)` of a row; -1 is the end.
fn insert_at(this: &JsValue, args: &[JsValue], name: &str, like: &[&str], context: &mut Context) -> JsResult<JsValue> {
    let at = if args.is_empty() { -1 } else { int(args, 0, context)? };
    let mut parent = this_element(this)?;
    let Some(document) = parent.owner_document() else { return Ok(JsValue::null()) };
    if parent.is_html("table") {
        parent = own_children(&parent, &["tbody"]).pop().unwrap_or_else(|| {
            let body = Node::html_element(&document, "tbody");
            tree::append(&parent, &body);
            body
        });
    }
    let made = Node::html_element(&document, name);
    let there = own_children(&parent, like);
    let before = usize::try_from(at).ok().and_then(|at| there.get(at));
    tree::insert(&parent, &made, before);
    Ok(wrap(&made, context).into())
}

fn delete_at(this: &JsValue, args: &[JsValue], list: Native, context: &mut Context) -> JsResult<JsValue> {
    let at = int(args, 0, context)?;
    let Some(all) = list(this, &[], context)?.as_object() else { return Ok(JsValue::undefined()) };
    let length = all.get(boa_engine::js_string!("length"), context)?.to_u32(context)?;
    let at = u32::try_from(at).unwrap_or(length.saturating_sub(1));
    if let Some(node) = super::wrap::as_node(&all.get(at, context)?) {
        tree::remove(&node);
    }
    Ok(JsValue::undefined())
}

fn row_index(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let row = this_element(this)?;
    let Some(table) = tree::ancestors(&row).find(|n| n.is_html("table")) else { return Ok((-1).into()) };
    let table = wrap(&table, context).into();
    let Some(all) = rows(&table, &[], context)?.as_object() else { return Ok((-1).into()) };
    let length = all.get(boa_engine::js_string!("length"), context)?.to_u32(context)?;
    for at in 0..length {
        if super::wrap::as_node(&all.get(at, context)?).is_some_and(|n| same(&n, &row)) {
            return Ok(at.into());
        }
    }
    Ok((-1).into())
}

fn cell_index(this: &JsValue, _: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    let cell = this_element(this)?;
    let at = cell.parent().and_then(|row| own_children(&row, &["td", "th"]).iter().position(|n| same(n, &cell)));
    Ok(at.and_then(|at| i32::try_from(at).ok()).unwrap_or(-1).into())
}

fn install_tables(context: &mut Context) -> JsResult<()> {
    let insert_row: Native = |this, args, context| insert_at(this, args, "tr", &["tr"], context);
    let delete_row: Native = |this, args, context| delete_at(this, args, rows, context);
    for name in ["HTMLTableElement", "HTMLTableSectionElement", "HTMLTableRowElement", "HTMLTableCellElement"] {
        install(&Interface { name, parent: Some("HTMLElement"), ..Interface::EMPTY }, context)?;
        let target = prototype(name, context);
        let reflected = [
            Reflected::text("align"),
            Reflected::of("vAlign", "valign", Reflect::Text),
            Reflected::of("bgColor", "bgcolor", Reflect::Text),
        ];
        // A table has no `vAlign`, a section no `bgColor`.
        let own = match name {
            "HTMLTableElement" => vec![reflected[0], reflected[2]],
            "HTMLTableSectionElement" => reflected[..2].to_vec(),
            _ => reflected.to_vec(),
        };
        reflect::install(&target, &own, context);
    }
    for name in ["HTMLTableElement", "HTMLTableSectionElement"] {
        let target = prototype(name, context);
        define_accessor(&target, "rows", rows, None, context);
        define_method(&target, "insertRow", insert_row, 0, context);
        define_method(&target, "deleteRow", delete_row, 1, context);
    }
    let table = prototype("HTMLTableElement", context);
    define_accessor(&table, "tBodies", bodies, None, context);
    let attributes = [
        Reflected::text("border"),
        Reflected::text("width"),
        Reflected::of("cellPadding", "cellpadding", Reflect::Text),
        Reflected::of("cellSpacing", "cellspacing", Reflect::Text),
        Reflected::text("frame"),
        Reflected::text("rules"),
        Reflected::text("summary"),
    ];
    reflect::install(&table, &attributes, context);
    let row = prototype("HTMLTableRowElement", context);
    define_accessor(&row, "cells", cells, None, context);
    define_accessor(&row, "rowIndex", row_index, None, context);
    define_accessor(
        &row,
        "sectionRowIndex",
        |this, _, _| {
            let row = this_element(this)?;
            let at = row.parent().and_then(|p| own_children(&p, &["tr"]).iter().position(|n| same(n, &row)));
            Ok(at.and_then(|at| i32::try_from(at).ok()).unwrap_or(-1).into())
        },
        None,
        context,
    );
    let insert_cell: Native = |this, args, context| insert_at(this, args, "td", &["td", "th"], context);
    define_method(&row, "insertCell", insert_cell, 0, context);
    define_method(&row, "deleteCell", |this, args, context| delete_at(this, args, cells, context), 1, context);
    let cell = prototype("HTMLTableCellElement", context);
    define_accessor(&cell, "cellIndex", cell_index, None, context);
    let spans = [
        Reflected::of("colSpan", "colspan", Reflect::Clamped(1, MAX_COLUMN_SPAN)),
        Reflected::of("rowSpan", "rowspan", Reflect::Clamped(0, MAX_ROW_SPAN)),
        Reflected::text("width"),
        Reflected::text("height"),
        Reflected::text("abbr"),
        Reflected::words("scope", &["row", "col", "rowgroup", "colgroup"], ""),
        Reflected::of("noWrap", "nowrap", Reflect::Flag),
    ];
    reflect::install(&cell, &spans, context);
    Ok(())
}

/// Nothing is drawn.
fn install_canvas(context: &mut Context) {
    let canvas = prototype("HTMLCanvasElement", context);
    define_method(&canvas, "getContext", |_, _, _| Ok(JsValue::null()), 1, context);
}

/// Groups of controls and of options.
fn install_groups(context: &mut Context) {
    let kind: Native = |_, _, _| Ok(string("fieldset"));
    let elements: Native = |this, _, context| {
        part(&this_element(this)?, "elements", context, |group, context| {
            live(group, Kind::Html(&["button", "fieldset", "input", "object", "output", "select", "textarea"]), context)
        })
    };
    let options: Native = |this, _, context| {
        part(&this_element(this)?, "options", context, |list, context| live(list, Kind::Html(&["option"]), context))
    };
    let fieldset = prototype("HTMLFieldSetElement", context);
    define_accessor(&fieldset, "form", node_link!(form::owner), None, context);
    define_accessor(&fieldset, "type", kind, None, context);
    define_accessor(&fieldset, "elements", elements, None, context);
    let list = prototype("HTMLDataListElement", context);
    define_accessor(&list, "options", options, None, context);
}

/// Installs them.
///
/// # Errors
/// What boa says; a bug.
pub fn install_elements(context: &mut Context) -> JsResult<()> {
    install_link("HTMLAnchorElement", context)?;
    install_link("HTMLAreaElement", context)?;
    install_script(context)?;
    image::install(context)?;
    install_tables(context)?;
    super::table_parts::install_table_parts(context);
    super::output::install_output(context);
    super::token_list::install_token_lists(context);
    super::frames::install(context);
    install_canvas(context);
    super::media::install_media(context)?;
    super::gauges::install_gauges(context);
    super::dialog::install_dialog(context);
    let template = Interface {
        name: "HTMLTemplateElement",
        parent: Some("HTMLElement"),
        attributes: &[("content", template_content, None)],
        ..Interface::EMPTY
    };
    install(&template, context)?;
    install_groups(context);
    Ok(())
}
