//! What has a size of its own: text, images, controls.

use super::super::css;
use super::super::css_values::dimension;
use super::super::node::{Node, NodeRef};
use super::super::{form, options};
use super::Size;
use super::measure::font_px;

/// An image of unknown size, in px: the icon browsers show for one that is missing.
const IMAGE_PX: f64 = 16.0;
/// Frames, canvases and films without a size (HTML §15.4).
const FRAME: Size = Size { width: 300.0, height: 150.0 };
/// A line of a control's own text, in px.
const CONTROL_LINE_PX: f64 = 21.0;

/// Whether an element's size does not come from its children.
pub(super) fn is_replaced(element: &Node) -> bool {
    matches!(
        element.html_name(),
        "img"
            | "input"
            | "select"
            | "textarea"
            | "iframe"
            | "canvas"
            | "video"
            | "audio"
            | "embed"
            | "object"
            | "progress"
            | "meter"
    ) || element.as_element().is_some_and(|e| &*e.name.local == "svg")
}

/// Whether `width` and `height` attributes say how big an element is (HTML §15.4, §15.3.10).
fn has_size_attributes(element: &Node) -> bool {
    matches!(
        element.html_name(),
        "img" | "iframe" | "canvas" | "video" | "embed" | "object" | "table" | "td" | "th" | "col" | "hr"
    ) || element.as_element().is_some_and(|e| &*e.name.local == "svg")
}

/// The `width` or `height` attribute as a CSS length.
pub(super) fn size_attribute(element: &Node, name: &str) -> Option<String> {
    if !has_size_attributes(element) {
        return None;
    }
    let text = element.as_element()?.attr(name)?;
    let (number, unit) = dimension(text.trim())?;
    Some(if unit == "%" { format!("{number}%") } else { format!("{number}px") })
}

/// The size of what is replaced and has no other.
pub(super) fn replaced_size(element: &NodeRef) -> Size {
    let size = |width, height| Size { width, height };
    let text = |text: &str| text_width(text, font_px(element));
    match element.html_name() {
        "img" => size(IMAGE_PX, IMAGE_PX),
        "textarea" => {
            let count = |name: &str, default: f64| {
                let value = element.as_element().and_then(|e| e.attr(name));
                value.and_then(|v| v.trim().parse::<f64>().ok()).filter(|v| *v >= 1.0).unwrap_or(default)
            };
            size(count("cols", 20.0) * 8.0 + 22.0, count("rows", 2.0) * 15.0 + 6.0)
        }
        "select" => {
            let widest = options::options(element).iter().map(|o| text(&options::option_text(o))).fold(0.0, f64::max);
            size(widest + 24.0, CONTROL_LINE_PX)
        }
        "input" => match form::input_type(element) {
            "checkbox" | "radio" => size(13.0, 13.0),
            "image" => size(IMAGE_PX, IMAGE_PX),
            "range" => size(129.0, 16.0),
            "color" => size(44.0, CONTROL_LINE_PX),
            "file" => size(250.0, CONTROL_LINE_PX),
            "submit" | "reset" | "button" => size(text(&form::value(element)) + 16.0, CONTROL_LINE_PX),
            _ => size(170.0, CONTROL_LINE_PX),
        },
        "progress" => size(160.0, 16.0),
        "meter" => size(80.0, 16.0),
        _ => FRAME,
    }
}

/// The width of text in one line, blanks collapsed.
pub(super) fn text_width(text: &str, em: f64) -> f64 {
    let mut halves = 0.0;
    for (at, word) in text.split_ascii_whitespace().enumerate() {
        halves += if at > 0 { 1.0 } else { 0.0 };
        halves += word.chars().map(|c| if is_wide(c) { 2.0 } else { 1.0 }).sum::<f64>();
    }
    halves * em / 2.0
}

/// Characters as wide as they are high, roughly: CJK, Hangul, full-width forms, emoji.
fn is_wide(character: char) -> bool {
    let code = u32::from(character);
    (0x1100..0x1160).contains(&code)
        || (0x2E80..0xFB00).contains(&code)
        || code >= 0xFE30 && !(0xFF61..0xFFE0).contains(&code)
}

/// Whether line breaks in the text count.
pub(super) fn keeps_lines(element: &NodeRef) -> bool {
    let value = css::computed(element, "white-space");
    value.starts_with("pre") || value == "normal" && element.is_html("pre")
}
