//! Resolved values, as `getComputedStyle` gives them ([CSSOM §9](https://drafts.csswg.org/cssom/#resolved-values)):
//! lengths in px, sizes from the box where there is one, colours as `rgb()`.

use crate::dom::NodeRef;
use crate::dom::boxes::{self, Edges};
use crate::dom::css;
use crate::dom::css_colors::computed_color;
use crate::dom::css_shorthands::parts_of;
use crate::dom::css_transforms;
use crate::dom::css_values::{Reference, format_number, is_color, normal, to_px};

/// The resolved value of a property; empty for an unknown one, and for all of an element that is in no document.
#[must_use]
pub fn value(element: &NodeRef, property: &str) -> String {
    if !element.is_connected() {
        return String::new();
    }
    match property {
        "display" => display(element),
        "width" | "height" => used_size(element, property).unwrap_or_else(|| plain(element, property)),
        "top" | "right" | "bottom" | "left" => inset(element, property),
        "font-size" => px(boxes::font_px(element)),
        "line-height" => line_height(element),
        "transform" => transform(element),
        "overflow" => pair(element, "overflow-x", "overflow-y"),
        "margin" | "padding" | "border-width" | "border-style" | "border-color" => sides(element, property),
        "border" | "border-top" | "border-right" | "border-bottom" | "border-left" => border(element, property),
        "background" => format!("{} {}", value(element, "background-color"), value(element, "background-image")),
        _ => edge(element, property).map_or_else(|| plain(element, property), px),
    }
}

fn px(number: f64) -> String {
    format_number(number) + "px"
}

/// A computed value without regard to the box.
fn plain(element: &NodeRef, property: &str) -> String {
    let computed = css::computed(element, property);
    if property.starts_with("--") {
        return computed;
    }
    if is_color(property) || property.ends_with("-color") {
        return color(element, &computed);
    }
    let reference = Reference { em: boxes::font_px(element), whole: None };
    let written = normal(property, &computed, true).unwrap_or(computed);
    // Numbers without a unit are no lengths.
    match to_px(&written, reference) {
        Some(number) if written.ends_with(|c: char| c.is_ascii_alphabetic()) => px(number),
        _ => written,
    }
}

/// `transform`: the matrix; none of what has no box.
fn transform(element: &NodeRef) -> String {
    let written = css::computed(element, "transform");
    if !boxes::is_rendered(element) {
        return "none".to_owned();
    }
    let size = boxes::size(element);
    css_transforms::resolved(&written, boxes::font_px(element), (size.width, size.height)).unwrap_or(written)
}

fn color(element: &NodeRef, written: &str) -> String {
    match written {
        "" | "currentcolor" | "currentColor" | "initial" => computed_color(&css::computed(element, "color")),
        other => computed_color(other),
    }
}

/// `display`: floats and what is positioned are blocks (CSS Display §2.7).
fn display(element: &NodeRef) -> String {
    let own = css::display(element);
    let is_positioned = matches!(css::computed(element, "position").as_str(), "absolute" | "fixed");
    if !is_positioned && css::computed(element, "float") == "none" {
        return own;
    }
    match own.as_str() {
        "inline" | "inline-block" | "table-row" | "table-cell" | "table-row-group" | "table-caption" => "block",
        "inline-flex" => "flex",
        "inline-table" => "table",
        other => other,
    }
    .to_owned()
}

/// The used width or height of what has a box that is not inline.
fn used_size(element: &NodeRef, property: &str) -> Option<String> {
    if !boxes::is_rendered(element) || boxes::is_inline(element) {
        return None;
    }
    let size = boxes::size(element);
    let (_, border, padding) = boxes::edges(element);
    let is_border_box = css::computed(element, "box-sizing") == "border-box";
    let around = |edges: fn(Edges) -> f64| if is_border_box { 0.0 } else { edges(border) + edges(padding) };
    let used = match property {
        "width" => size.width - around(Edges::across),
        _ => size.height - around(Edges::down),
    };
    Some(px(used.max(0.0)))
}

/// Margins, paddings and border widths, in px; `None` for other properties.
fn edge(element: &NodeRef, property: &str) -> Option<f64> {
    let side = ["top", "right", "bottom", "left"].into_iter().find(|side| property.contains(side))?;
    let kind = match property {
        _ if property.starts_with("margin-") => 0,
        _ if property.starts_with("padding-") => 2,
        _ if property.starts_with("border-") && property.ends_with("-width") => 1,
        _ => return None,
    };
    let (margin, border, padding) = boxes::edges(element);
    let edges = [margin, border, padding][kind];
    Some(match side {
        "top" => edges.top,
        "right" => edges.right,
        "bottom" => edges.bottom,
        _ => edges.left,
    })
}

/// `top` and the like: of what is positioned in px, also where the style says `auto` and the box is absolute.
fn inset(element: &NodeRef, side: &str) -> String {
    let position = css::computed(element, "position");
    if position == "static" || !boxes::is_rendered(element) {
        return plain(element, side);
    }
    match boxes::inset_px(element, side) {
        Some(number) => px(number),
        None => "auto".to_owned(),
    }
}

fn line_height(element: &NodeRef) -> String {
    let written = css::computed(element, "line-height");
    let em = boxes::font_px(element);
    match written.parse::<f64>() {
        Ok(factor) => px(factor * em),
        Err(_) => to_px(&written, Reference { em, whole: Some(em) }).map_or(written, px),
    }
}

fn pair(element: &NodeRef, first: &str, second: &str) -> String {
    let (first, second) = (value(element, first), value(element, second));
    if first == second { first } else { format!("{first} {second}") }
}

/// One to four values (CSSOM, "serialize a CSS value").
fn sides(element: &NodeRef, property: &str) -> String {
    let values: Vec<String> = parts_of(property).iter().map(|part| value(element, part)).collect();
    let mut shown = values.as_slice();
    let same = |a: usize, b: usize| values.get(a) == values.get(b);
    if same(3, 1) {
        shown = &values[..3];
        if same(2, 0) {
            shown = &values[..2];
            if same(1, 0) {
                shown = &values[..1];
            }
        }
    }
    shown.join(" ")
}

fn border(element: &NodeRef, property: &str) -> String {
    let side = if property == "border" { "border-top" } else { property };
    ["width", "style", "color"].map(|kind| value(element, &format!("{side}-{kind}"))).join(" ")
}
