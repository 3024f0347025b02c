//! Widths and heights.

use std::rc::Rc;

use super::super::css::{self, PAGE_HEIGHT_PX, PAGE_WIDTH_PX};
use super::super::css_values::{Reference, to_px};
use super::super::node::{NodeRef, same};
use super::super::{shadow, tree};
use super::Size;
use super::flow::{self, Flow};
use super::intrinsic::{is_replaced, replaced_size, size_attribute, text_width};
use super::style::{Edges, Level, edges, key, remembered, style};

/// Whether an element makes a box; see [`css::is_rendered`].
#[must_use]
pub fn is_rendered(element: &NodeRef) -> bool {
    element.is_connected()
        && !shadow::is_out(element)
        && std::iter::successors(Some(element.clone()), shadow::flat_parent)
            .all(|node| style(&node).level != Level::None)
}

/// Whether a rendered element is part of a line, and broken like text.
#[must_use]
pub fn is_inline(element: &NodeRef) -> bool {
    style(element).level == Level::Inline
}

/// The font size, in px.
#[must_use]
pub fn font_px(element: &NodeRef) -> f64 {
    let parent = || shadow::flat_parent(element).map_or(16.0, |parent| font_px(&parent));
    let Some(value) = css::cascaded(element, "font-size") else { return parent() };
    match value.as_str() {
        "xx-small" => 9.0,
        "x-small" => 10.0,
        "small" => 13.0,
        "medium" | "initial" => 16.0,
        "large" => 18.0,
        "x-large" => 24.0,
        "xx-large" => 32.0,
        "xxx-large" => 48.0,
        "smaller" => parent() / 1.2,
        "larger" => parent() * 1.2,
        other => {
            let em = parent();
            to_px(other, Reference { em, whole: Some(em) }).unwrap_or(em)
        }
    }
}

/// The height of a line of an element's text, in px.
pub(super) fn line_px(element: &NodeRef) -> f64 {
    let em = font_px(element);
    let value = css::computed(element, "line-height");
    match value.parse::<f64>() {
        Ok(factor) => factor * em,
        Err(_) => to_px(&value, Reference { em, whole: Some(em) }).unwrap_or(em * 1.25),
    }
}

/// The border box; zero where there is none.
#[must_use]
pub fn size(element: &NodeRef) -> Size {
    if is_rendered(element) { Size { width: width(element), height: height(element) } } else { Size::default() }
}

/// What the content takes, with the padding: `scrollWidth` and `scrollHeight` without a frame around it.
#[must_use]
pub fn content_size(element: &NodeRef) -> Size {
    if !is_rendered(element) {
        return Size::default();
    }
    let (_, _, padding) = edges(element);
    let flow = flow(element);
    Size { width: flow.width + padding.across(), height: flow.height + padding.down() }
}

/// How far boxes reach that are out of the flow, from the corner of the page: what the page can be scrolled over beside its
/// content (CSSOM View §6, "scrolling area"). Boxes that an ancestor clips, and fixed ones, do not count.
#[must_use]
pub fn reach(root: &NodeRef) -> Size {
    let is_out = |node: &NodeRef| {
        let own = style(node);
        own.is_absolute && !own.is_fixed
    };
    let clips = |node: &NodeRef| node.as_element().is_some() && css::computed(node, "overflow-y") != "visible";
    let elements = tree::descendants(root).filter(|node| node.as_element().is_some() && is_out(node));
    let free = elements
        .filter(|node| !tree::ancestors(node).take_while(|above| !same(above, root)).any(|above| clips(&above)));
    free.filter_map(|node| super::place::rect(&node)).fold(Size::default(), |most, rect| Size {
        width: most.width.max(rect.x + rect.width),
        height: most.height.max(rect.y + rect.height),
    })
}

/// The width that a percentage or a block refers to.
pub(super) fn available(element: &NodeRef) -> f64 {
    match super::place::container(element) {
        Some(container) => content_width(&container),
        None => PAGE_WIDTH_PX,
    }
}

/// The width of an element's content box.
pub(super) fn content_width(element: &NodeRef) -> f64 {
    let (_, border, padding) = edges(element);
    // What is in an inline box has the room of the block around it.
    if style(element).level == Level::Inline {
        return available(element);
    }
    (width(element) - border.across() - padding.across()).max(0.0)
}

/// A length the style or an attribute states, in px; `None` for `auto`.
fn stated(element: &NodeRef, property: &str, whole: Option<f64>) -> Option<f64> {
    let value = css::cascaded(element, property).or_else(|| size_attribute(element, property))?;
    to_px(&value, Reference { em: font_px(element), whole })
}

fn is_border_box(element: &NodeRef) -> bool {
    css::computed(element, "box-sizing") == "border-box"
}

/// A border box from what the style states for it.
fn boxed(element: &NodeRef, stated: f64, around: f64) -> f64 {
    if is_border_box(element) { stated.max(around) } else { stated + around }
}

/// The width of the border box.
pub(super) fn width(element: &NodeRef) -> f64 {
    if let Some(found) = remembered(|memory| memory.widths.get(&key(element)).copied()) {
        return found;
    }
    let (margin, border, padding) = edges(element);
    let around = border.across() + padding.across();
    let room = available(element);
    let bound = |property| stated(element, property, Some(room)).map(|px| boxed(element, px, around));
    let own = if style(element).level == Level::Inline { None } else { bound("width") };
    let mut width = own.unwrap_or_else(|| automatic_width(element, room, margin, around));
    if let Some(most) = bound("max-width") {
        width = width.min(most);
    }
    if let Some(least) = bound("min-width") {
        width = width.max(least);
    }
    remembered(|memory| memory.widths.insert(key(element), width));
    width
}

fn automatic_width(element: &NodeRef, room: f64, margin: Edges, around: f64) -> f64 {
    if is_replaced(element) {
        return replaced_size(element).width + around;
    }
    let style = style(element);
    if let Some(stretched) = super::place::stretched(element, ["left", "right"]) {
        return stretched;
    }
    let fits = (room - margin.across()).max(0.0);
    match style.display.as_str() {
        "table-cell" => cell_width(element, room),
        "table" | "inline-table" => (content(element) + around).min(fits),
        _ if style.level == Level::Block && !in_row(element) => fits,
        _ => (content(element) + around).min(fits),
    }
}

/// The share of a cell in its row: what its content wants, and an equal part of what is left.
fn cell_width(element: &NodeRef, room: f64) -> f64 {
    let cells: Vec<NodeRef> = match element.parent() {
        Some(row) => tree::element_children(&row).filter(is_cell).collect(),
        None => Vec::new(),
    };
    let (own, all) = (outer_content(element), cells.iter().map(outer_content).sum::<f64>());
    if all > room {
        return own * room / all;
    }
    #[expect(clippy::cast_precision_loss, reason = "the cells of a row are few")]
    let count = cells.len().max(1) as f64;
    own + (room - all) / count
}

fn is_cell(element: &NodeRef) -> bool {
    style(element).display == "table-cell"
}

/// Whether an element stands beside its siblings.
fn in_row(element: &NodeRef) -> bool {
    shadow::flat_parent(element).is_some_and(|parent| style(&parent).is_row)
}

/// The width the content would like to have: its longest line.
fn content(element: &NodeRef) -> f64 {
    if let Some(found) = remembered(|memory| memory.contents.get(&key(element)).copied()) {
        return found;
    }
    let is_row = style(element).is_row;
    let em = font_px(element);
    let (mut widest, mut line) = (0.0_f64, 0.0);
    for child in shadow::flat_children(element) {
        if let Some(data) = child.character_data().filter(|_| child.is_text()) {
            line += text_width(&data.borrow(), em);
        } else if child.as_element().is_some() {
            let style = style(&child);
            let own = if style.is_absolute || style.level == Level::None { 0.0 } else { outer_content(&child) };
            if child.is_html("br") || style.level == Level::Block && !is_row {
                widest = widest.max(line).max(own);
                line = 0.0;
            } else {
                line += own;
            }
        }
    }
    widest = widest.max(line);
    remembered(|memory| memory.contents.insert(key(element), widest));
    widest
}

/// [`content`] of a child, with what is around it, or the width it states. Percentages refer to nothing yet.
pub(super) fn outer_content(element: &NodeRef) -> f64 {
    let (margin, border, padding) = edges(element);
    let around = border.across() + padding.across();
    let own = match stated(element, "width", None) {
        Some(px) if style(element).level != Level::Inline => boxed(element, px, around),
        _ if is_replaced(element) => replaced_size(element).width + around,
        _ => content(element) + around,
    };
    own + margin.across()
}

/// The height of an element's content box where the style states it; what percentages of its children refer to.
fn stated_height(element: &NodeRef) -> Option<f64> {
    let whole = match shadow::flat_parent(element) {
        Some(parent) => stated_height(&parent),
        None => Some(PAGE_HEIGHT_PX),
    };
    stated(element, "height", whole)
}

/// The height of the border box: a cell is as high as its row.
pub(super) fn height(element: &NodeRef) -> f64 {
    let own = own_height(element);
    match shadow::flat_parent(element) {
        Some(row) if is_cell(element) && style(&row).is_row => flow(&row).height.max(own),
        _ => own,
    }
}

/// The height of the border box by itself.
pub(super) fn own_height(element: &NodeRef) -> f64 {
    let (_, border, padding) = edges(element);
    let around = border.down() + padding.down();
    let is_inline = style(element).level == Level::Inline;
    let whole = shadow::flat_parent(element).map_or(Some(PAGE_HEIGHT_PX), |parent| stated_height(&parent));
    let bound = |property| stated(element, property, whole).map(|px| boxed(element, px, around));
    let own = if is_inline { None } else { bound("height") };
    let stretched = || if is_replaced(element) { None } else { super::place::stretched(element, ["top", "bottom"]) };
    let mut height = own.or_else(stretched).unwrap_or_else(|| {
        let inside = if is_replaced(element) { replaced_size(element).height } else { flow(element).height };
        inside + around
    });
    if let Some(most) = bound("max-height") {
        height = height.min(most);
    }
    if let Some(least) = bound("min-height") {
        height = height.max(least);
    }
    height
}

/// The children of an element, put in their places.
pub(super) fn flow(element: &NodeRef) -> Rc<Flow> {
    if let Some(found) = remembered(|memory| memory.flows.get(&key(element)).cloned()) {
        return found;
    }
    let made = Rc::new(flow::lay_out(element));
    remembered(|memory| memory.flows.insert(key(element), made.clone()));
    made
}
