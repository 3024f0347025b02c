//! Elements with members of their own: links, images, scripts, tables, templates (HTML §4).

use boa_engine::{Context, JsResult, JsValue};
use url::Url;

use super::collection::{Kind, live};
use super::document::{resolve, template_content};
use super::element::set_attribute;
use super::image;
use super::node::node_link;
use super::reflect::{self, Kind as Reflect, Reflected};
use super::wrap::{part, this_element};
use crate::dom::{NodeRef, attributes, form, text as dom_text};
use crate::engine::convert::{Native, arg, string, text};
use crate::engine::interface::{Interface, define_accessor, define_method, install, prototype};

fn link_url(this: &JsValue, context: &Context) -> JsResult<Option<Url>> {
    let link = this_element(this)?;
    let href = link.as_element().and_then(|e| e.attr("href"));
    Ok(href.and_then(|href| resolve(&link, href.trim(), context)))
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

fn install_tables(context: &mut Context) -> JsResult<()> {
    for name in ["HTMLTableElement", "HTMLTableSectionElement", "HTMLTableRowElement", "HTMLTableCellElement"] {
        install(&Interface { name, parent: Some("HTMLElement"), ..Interface::EMPTY }, context)?;
        let target = prototype(name, context);
        let reflected = [
            Reflected::text("align"),
            Reflected::of("vAlign", "valign", Reflect::Text),
            Reflected::of("bgColor", "bgcolor", Reflect::Legacy),
        ];
        // A table has no `vAlign`, a section no `bgColor`.
        let own = match name {
            "HTMLTableElement" => vec![reflected[0], reflected[2]],
            "HTMLTableSectionElement" => reflected[..2].to_vec(),
            _ => reflected.to_vec(),
        };
        reflect::install(&target, &own, context);
    }
    super::table_rows::install_table_rows(context);
    let table = prototype("HTMLTableElement", context);
    let attributes = [
        Reflected::text("border"),
        Reflected::text("width"),
        Reflected::of("cellPadding", "cellpadding", Reflect::Legacy),
        Reflected::of("cellSpacing", "cellspacing", Reflect::Legacy),
        Reflected::text("frame"),
        Reflected::text("rules"),
        Reflected::text("summary"),
    ];
    reflect::install(&table, &attributes, context);
    let cell = prototype("HTMLTableCellElement", context);
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
    let legend = prototype("HTMLLegendElement", context);
    define_accessor(&legend, "form", node_link!(legend_form), None, context);
    // They are never looked at, and may be told what is wrong with them all the same.
    for name in ["HTMLFieldSetElement", "HTMLOutputElement", "HTMLObjectElement"] {
        super::validity::install_members(&prototype(name, context), context);
    }
}

/// The form of the field set that a legend is in.
fn legend_form(legend: &NodeRef) -> Option<NodeRef> {
    form::owner(&legend.parent().filter(|parent| parent.is_html("fieldset"))?)
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
