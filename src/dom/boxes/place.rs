//! Where a box is on the page.

use super::super::css::{self, PAGE_HEIGHT_PX, PAGE_WIDTH_PX};
use super::super::css_values::{Reference, to_px};
use super::super::node::NodeRef;
use super::super::{shadow, tree};
use super::measure::{flow, font_px, height, is_rendered, width};
use super::style::{edges, key, style};
use super::{Rect, Size};

/// The border box on the page; `None` for what is not rendered.
#[must_use]
pub fn rect(element: &NodeRef) -> Option<Rect> {
    is_rendered(element).then(|| {
        let (x, y) = corner(element);
        Rect { x, y, width: width(element), height: height(element) }
    })
}

/// The element whose box a size or place in percent refers to (CSS Positioned Layout §2.1); `None` is the page.
pub(super) fn container(element: &NodeRef) -> Option<NodeRef> {
    let own = style(element);
    if own.is_fixed {
        return None;
    }
    if !own.is_absolute {
        return shadow::flat_parent(element);
    }
    std::iter::successors(shadow::flat_parent(element), shadow::flat_parent).find(is_positioned)
}

fn is_positioned(element: &NodeRef) -> bool {
    let style = style(element);
    style.is_absolute || style.is_relative
}

/// The corner of the border box, from that of the page.
fn corner(element: &NodeRef) -> (f64, f64) {
    let own = style(element);
    let (mut x, mut y) = in_flow(element);
    if own.is_absolute {
        let (origin, room) = match container(element) {
            Some(container) => padding_box(&container),
            None => ((0.0, 0.0), Size { width: PAGE_WIDTH_PX, height: PAGE_HEIGHT_PX }),
        };
        let (margin, ..) = edges(element);
        if let Some(left) = inset(element, "left", room.width) {
            x = origin.0 + left + margin.left;
        } else if let Some(right) = inset(element, "right", room.width) {
            x = origin.0 + room.width - right - margin.right - width(element);
        }
        if let Some(top) = inset(element, "top", room.height) {
            y = origin.1 + top + margin.top;
        } else if let Some(bottom) = inset(element, "bottom", room.height) {
            y = origin.1 + room.height - bottom - margin.bottom - height(element);
        }
    } else if own.is_relative {
        let shift = |start: &str, end: &str| {
            inset(element, start, 0.0).or_else(|| inset(element, end, 0.0).map(|px| -px)).unwrap_or_default()
        };
        x += shift("left", "right");
        y += shift("top", "bottom");
    }
    (x, y)
}

/// `top`, `right`, `bottom` or `left` of a rendered, positioned element in px; `None` for `auto` of one that is not
/// absolute.
#[must_use]
pub fn inset_px(element: &NodeRef, side: &str) -> Option<f64> {
    let (origin, room) = match container(element) {
        Some(container) => padding_box(&container),
        None => ((0.0, 0.0), Size { width: PAGE_WIDTH_PX, height: PAGE_HEIGHT_PX }),
    };
    let whole = if matches!(side, "left" | "right") { room.width } else { room.height };
    if let Some(stated) = inset(element, side, whole) {
        return Some(stated);
    }
    let own = style(element);
    let ((x, y), (margin, ..)) = (corner(element), edges(element));
    own.is_absolute.then(|| match side {
        "left" => x - origin.0 - margin.left,
        "right" => origin.0 + room.width - x - width(element) - margin.right,
        "top" => y - origin.1 - margin.top,
        _ => origin.1 + room.height - y - height(element) - margin.bottom,
    })
}

/// The size of the border box of what is out of the flow and has both its sides stated (CSS Positioned Layout §4.4).
pub(super) fn stretched(element: &NodeRef, sides: [&str; 2]) -> Option<f64> {
    if !style(element).is_absolute {
        return None;
    }
    let is_across = sides[0] == "left";
    let room = match container(element) {
        Some(container) => padding_box(&container).1,
        None => Size { width: PAGE_WIDTH_PX, height: PAGE_HEIGHT_PX },
    };
    let room = if is_across { room.width } else { room.height };
    let (margin, ..) = edges(element);
    let margin = if is_across { margin.across() } else { margin.down() };
    let taken = inset(element, sides[0], room)? + inset(element, sides[1], room)?;
    Some((room - taken - margin).max(0.0))
}

fn inset(element: &NodeRef, side: &str, whole: f64) -> Option<f64> {
    to_px(&css::cascaded(element, side)?, Reference { em: font_px(element), whole: Some(whole) })
}

/// Where the flow of the parent puts it.
fn in_flow(element: &NodeRef) -> (f64, f64) {
    let Some(parent) = shadow::flat_parent(element) else {
        let (margin, ..) = edges(element);
        return (margin.left, margin.top);
    };
    let (x, y) = corner(&parent);
    let (_, border, padding) = edges(&parent);
    let (dx, dy) = flow(&parent).places.get(&key(element)).copied().unwrap_or_default();
    (x + border.left + padding.left + dx, y + border.top + padding.top + dy)
}

fn padding_box(element: &NodeRef) -> ((f64, f64), Size) {
    let (x, y) = corner(element);
    let (_, border, _) = edges(element);
    let size = Size { width: width(element) - border.across(), height: height(element) - border.down() };
    ((x + border.left, y + border.top), size)
}

/// `offsetParent` (CSSOM View §7).
#[must_use]
pub fn offset_parent(element: &NodeRef) -> Option<NodeRef> {
    if !is_rendered(element) || element.is_html("body") || element.is_html("html") || style(element).is_fixed {
        return None;
    }
    let is_static = !is_positioned(element);
    // What is in another shadow tree than the element's is not told.
    let is_told = |node: &NodeRef| shadow::is_inclusive_ancestor(&tree::root_of(node), element);
    std::iter::successors(shadow::flat_parent(element), shadow::flat_parent).filter(is_told).find(|node| {
        is_positioned(node) || node.is_html("body") || is_static && matches!(node.html_name(), "td" | "th" | "table")
    })
}
