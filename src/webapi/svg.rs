//! SVG in a page ([SVG 2](https://svgwg.org/svg2-draft/)): elements that are in the tree and are never drawn.
//!
//! Libraries ask for `createSVGRect` to know whether pictures may be SVG.

use boa_engine::{Context, JsResult, JsValue};

use super::geometry::rect_object;
use super::wrap::this_element;
use crate::dom::boxes::Rect;
use crate::engine::interface::{Interface, install};

/// A rectangle of nothing (SVG 2 §5.13.2).
fn create_rect(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    this_element(this)?;
    rect_object(Rect::default(), context).map(JsValue::from)
}

/// Installs SVGElement, SVGSVGElement and SVGAElement.
///
/// # Errors
/// What boa says; a bug.
pub(super) fn install_svg(context: &mut Context) -> JsResult<()> {
    install(&Interface { name: "SVGElement", parent: Some("Element"), ..Interface::EMPTY }, context)?;
    let root = Interface {
        name: "SVGSVGElement",
        parent: Some("SVGElement"),
        methods: &[("createSVGRect", create_rect, 0)],
        ..Interface::EMPTY
    };
    install(&root, context)?;
    install(&Interface { name: "SVGAElement", parent: Some("SVGElement"), ..Interface::EMPTY }, context)
}

#[cfg(test)]
mod tests {
    use crate::webapi::testing::check;

    #[test]
    fn an_svg_element_makes_rectangles() {
        let svg = "var s = document.createElementNS('http://www.w3.org/2000/svg', 'svg');";
        check(
            &format!("{svg} [s.createSVGRect().width, String(s), s instanceof SVGElement]"),
            "0,[object SVGSVGElement],true",
        );
        check("'createSVGRect' in document.createElementNS('http://www.w3.org/2000/svg', 'g')", "false");
    }
}
