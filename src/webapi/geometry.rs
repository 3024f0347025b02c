//! Sizes, places and scrolling ([CSSOM View](https://drafts.csswg.org/cssom-view/)), over the estimate of
//! [`crate::dom::boxes`]. Nothing is on a screen: scrolling into view does nothing, and what `scrollTop` is set to is
//! remembered within the content's bounds, without a `scroll` event. The window itself stays at its top.

use std::cell::Cell;

use boa_engine::property::Attribute;
use boa_engine::{Context, JsData, JsObject, JsResult, JsValue};
use boa_gc::{Finalize, Trace};

use super::navigator::SCREEN_AVAILABLE_HEIGHT_PX;
use super::window::Window;
use super::wrap::{part, this_element, wrap_or_null};
use crate::dom::boxes::{self, Rect, Size};
use crate::dom::css::{PAGE_HEIGHT_PX, PAGE_WIDTH_PX};
use crate::dom::media_query::SCREEN_WIDTH_PX;
use crate::dom::{NodeRef, tree};
use crate::engine::convert::{Native, arg, array};
use crate::engine::interface::{define_accessor, define_method, define_value};

fn offset_width(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    super::motion::update(context);
    Ok(boxes::size(&this_element(this)?).width.round().into())
}

fn offset_height(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    super::motion::update(context);
    Ok(boxes::size(&this_element(this)?).height.round().into())
}

/// The corner seen from that of the offset parent's padding box (CSSOM View §7).
fn offset(element: &NodeRef) -> (f64, f64) {
    let Some(own) = boxes::rect(element).filter(|_| !element.is_html("body")) else { return (0.0, 0.0) };
    let Some(parent) = boxes::offset_parent(element).filter(|parent| !parent.is_html("body")) else {
        return (own.x, own.y);
    };
    let (_, border, _) = boxes::edges(&parent);
    let origin = boxes::rect(&parent).unwrap_or_default();
    (own.x - origin.x - border.left, own.y - origin.y - border.top)
}

fn offset_left(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    super::motion::update(context);
    Ok(offset(&this_element(this)?).0.round().into())
}

fn offset_top(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    super::motion::update(context);
    Ok(offset(&this_element(this)?).1.round().into())
}

fn offset_parent(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    super::motion::update(context);
    let parent = boxes::offset_parent(&this_element(this)?);
    Ok(wrap_or_null(parent, context))
}

const PAGE: Size = Size { width: PAGE_WIDTH_PX, height: PAGE_HEIGHT_PX };

/// The padding box; of the root element the page, of what is inline nothing.
fn client_size(element: &NodeRef) -> Size {
    if is_root(element) {
        return PAGE;
    }
    if !boxes::is_rendered(element) || boxes::is_inline(element) {
        return Size::default();
    }
    let (size, (_, border, _)) = (boxes::size(element), boxes::edges(element));
    Size { width: (size.width - border.across()).max(0.0), height: (size.height - border.down()).max(0.0) }
}

fn is_root(element: &NodeRef) -> bool {
    element.is_html("html") && element.is_connected()
}

fn client_width(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    super::motion::update(context);
    Ok(client_size(&this_element(this)?).width.round().into())
}

fn client_height(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    super::motion::update(context);
    Ok(client_size(&this_element(this)?).height.round().into())
}

fn client_left(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    super::motion::update(context);
    let element = this_element(this)?;
    Ok(client_border(&element, |border| border.left).into())
}

fn client_top(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    super::motion::update(context);
    let element = this_element(this)?;
    Ok(client_border(&element, |border| border.top).into())
}

fn client_border(element: &NodeRef, side: fn(boxes::Edges) -> f64) -> f64 {
    if boxes::is_rendered(element) && !boxes::is_inline(element) { side(boxes::edges(element).1).round() } else { 0.0 }
}

/// What there is to scroll over: the content, at least the padding box.
fn scroll_size(element: &NodeRef) -> Size {
    let (inside, mut content) = (client_size(element), boxes::content_size(element));
    if is_root(element) {
        let reach = boxes::reach(element);
        content = Size { width: content.width.max(reach.width), height: content.height.max(reach.height) };
    }
    Size { width: inside.width.max(content.width), height: inside.height.max(content.height) }
}

fn scroll_width(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    super::motion::update(context);
    Ok(scroll_size(&this_element(this)?).width.round().into())
}

fn scroll_height(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    super::motion::update(context);
    Ok(scroll_size(&this_element(this)?).height.round().into())
}

/// Where an element is scrolled to.
#[derive(Trace, Finalize, JsData, Default)]
struct Scroll {
    #[unsafe_ignore_trace]
    left: Cell<f64>,
    #[unsafe_ignore_trace]
    top: Cell<f64>,
}

/// Runs `f` on where an element is scrolled to.
fn with_scroll<R>(element: &NodeRef, context: &mut Context, f: impl FnOnce(&Scroll) -> R) -> JsResult<R> {
    let object = part(element, "scroll", context, |_, _| Ok(JsObject::from_proto_and_data(None, Scroll::default())))?;
    let object = object.as_object();
    let data = object.as_ref().and_then(JsObject::downcast_ref::<Scroll>);
    data.map(|data| f(&data)).ok_or_else(|| crate::engine::convert::type_error("Illegal invocation"))
}

/// A number within what can be scrolled; anything else is 0.
fn scrolled(args: &[JsValue], most: f64, context: &mut Context) -> JsResult<f64> {
    let wanted = arg(args, 0).to_number(context)?;
    Ok(if wanted.is_finite() { wanted.clamp(0.0, most.max(0.0)) } else { 0.0 })
}

fn scroll_left(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    with_scroll(&this_element(this)?, context, |scroll| scroll.left.get().into())
}

fn set_scroll_left(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let element = this_element(this)?;
    let left = scrolled(args, scroll_size(&element).width - client_size(&element).width, context)?;
    with_scroll(&element, context, |scroll| scroll.left.set(left))?;
    Ok(JsValue::undefined())
}

fn scroll_top(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    with_scroll(&this_element(this)?, context, |scroll| scroll.top.get().into())
}

fn set_scroll_top(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let element = this_element(this)?;
    let top = scrolled(args, scroll_size(&element).height - client_size(&element).height, context)?;
    with_scroll(&element, context, |scroll| scroll.top.set(top))?;
    Ok(JsValue::undefined())
}

/// A rectangle as the page has it.
pub(super) fn rect_object(rect: Rect, context: &mut Context) -> JsResult<JsObject> {
    Ok(super::rect::rect(rect, context))
}

fn bounding_rect(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    super::motion::update(context);
    let rect = boxes::rect(&this_element(this)?).unwrap_or_default();
    rect_object(rect, context).map(JsValue::from)
}

fn client_rects(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    super::motion::update(context);
    let rect = boxes::rect(&this_element(this)?);
    let object = rect.map(|rect| rect_object(rect, context)).transpose()?;
    Ok(array(object.map(JsValue::from), context))
}

fn nothing(_: &JsValue, _: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    Ok(JsValue::undefined())
}

const ATTRIBUTES: [(&str, Native, Option<Native>); 13] = [
    ("offsetWidth", offset_width, None),
    ("offsetHeight", offset_height, None),
    ("offsetLeft", offset_left, None),
    ("offsetTop", offset_top, None),
    ("offsetParent", offset_parent, None),
    ("clientWidth", client_width, None),
    ("clientHeight", client_height, None),
    ("clientLeft", client_left, None),
    ("clientTop", client_top, None),
    ("scrollWidth", scroll_width, None),
    ("scrollHeight", scroll_height, None),
    ("scrollLeft", scroll_left, Some(set_scroll_left)),
    ("scrollTop", scroll_top, Some(set_scroll_top)),
];

/// Puts sizes, places and scrolling on a prototype of elements.
pub fn install_on_element(prototype: &JsObject, context: &mut Context) {
    for (name, getter, setter) in ATTRIBUTES {
        define_accessor(prototype, name, getter, setter, context);
    }
    define_method(prototype, "getBoundingClientRect", bounding_rect, 0, context);
    define_method(prototype, "getClientRects", client_rects, 0, context);
    for name in ["scrollIntoView", "scrollIntoViewIfNeeded", "scroll", "scrollTo", "scrollBy"] {
        define_method(prototype, name, nothing, 0, context);
    }
}

/// `document.elementFromPoint`: of the boxes over a point the last in tree order, which is painted last.
fn element_from_point(_: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let (x, y) = (arg(args, 0).to_number(context)?, arg(args, 1).to_number(context)?);
    if !(0.0..=PAGE_WIDTH_PX).contains(&x) || !(0.0..=PAGE_HEIGHT_PX).contains(&y) {
        return Ok(JsValue::null());
    }
    let document = Window::of(context).document.clone();
    let is_over = |node: &NodeRef| {
        node.as_element().is_some()
            && boxes::rect(node).is_some_and(|r| x >= r.x && x < r.x + r.width && y >= r.y && y < r.y + r.height)
    };
    let found = tree::descendants(&document).filter(is_over).last();
    Ok(wrap_or_null(found.or_else(|| tree::document_element(&document)), context))
}

fn scrolling_element(_: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let root = tree::document_element(&Window::of(context).document);
    Ok(wrap_or_null(root, context))
}

/// Puts `elementFromPoint` and `scrollingElement` on the prototype of documents.
pub fn install_on_document(prototype: &JsObject, context: &mut Context) {
    define_method(prototype, "elementFromPoint", element_from_point, 2, context);
    define_accessor(prototype, "scrollingElement", scrolling_element, None, context);
}

/// Installs what the window knows of its own size and place: a tab of the original client, beside the conversation of a
/// maximised window, scrolled to its top.
///
/// # Errors
/// None.
pub fn install_viewport(context: &mut Context) -> JsResult<()> {
    let global = context.global_object();
    for (name, value) in [("innerWidth", PAGE_WIDTH_PX), ("innerHeight", PAGE_HEIGHT_PX)] {
        define_value(&global, name, value, Attribute::all());
    }
    let outer = [("outerWidth", SCREEN_WIDTH_PX), ("outerHeight", SCREEN_AVAILABLE_HEIGHT_PX), ("devicePixelRatio", 1)];
    let zeros = ["pageXOffset", "pageYOffset", "scrollX", "scrollY", "screenX", "screenY", "screenLeft", "screenTop"];
    for (name, value) in outer.into_iter().chain(zeros.map(|name| (name, 0))) {
        define_value(&global, name, value, Attribute::all());
    }
    for name in ["scroll", "scrollTo", "scrollBy"] {
        define_method(&global, name, nothing, 0, context);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::webapi::testing::check_page;

    const HTML: &str = "<!doctype html><html id=root><body id=body><p id=a style='margin:10px'>abc <b id=b>d</b></p>\
        <div id=r style='position:relative;border:2px solid'><i id=c style='display:block;margin:3px'></i></div>\
        <div id=list style='height:50px;overflow:auto'><p>1</p><p>2</p><p>3</p><p>4</p></div>\
        <p id=h style='display:none'>x</p><span id=s></span>";

    #[track_caller]
    fn check(expression: &str, expected: &str) {
        check_page(HTML, &format!("out({expression})"), expected);
    }

    #[test]
    fn offsets() {
        check("[$('a').offsetWidth, $('a').offsetHeight, $('a').offsetLeft, $('a').offsetTop]", "400,20,10,10");
        check("[$('b').offsetWidth, $('b').offsetHeight, $('b').offsetLeft]", "8,20,34");
        check("[$('c').offsetTop, $('c').offsetLeft, $('c').offsetParent === $('r')]", "3,3,true");
        check("[$('a').offsetParent === $('body'), $('body').offsetParent, $('h').offsetParent]", "true,,");
        check("[$('h').offsetWidth, $('h').offsetHeight, $('s').offsetWidth, $('s').offsetHeight]", "0,0,0,0");
    }

    #[test]
    fn clients() {
        check("[$('root').clientWidth, $('root').clientHeight, innerWidth, innerHeight]", "420,640,420,640");
        check("[$('r').clientWidth, $('r').clientTop, $('b').clientWidth, $('h').clientTop]", "416,2,0,0");
    }

    #[test]
    fn scrolling() {
        check(
            "[$('list').scrollHeight, $('list').clientHeight, $('list').scrollWidth, $('a').scrollHeight]",
            "80,50,420,20",
        );
        check("($('list').scrollTop = 1e9, $('list').scrollTop)", "30");
        check(
            "($('list').scrollTop = 'x', $('list').scrollLeft = 5, [$('list').scrollTop, $('list').scrollLeft])",
            "0,0",
        );
        check(
            "($('b').scrollIntoView(), scrollTo(0, 9), [pageYOffset, scrollY, document.scrollingElement === $('root')])",
            "0,0,true",
        );
    }

    #[test]
    fn rectangles() {
        check(
            "(function (r) { return [r.left, r.top, r.right, r.bottom, r.width, r.height] })($('a').getBoundingClientRect())",
            "10,10,410,30,400,20",
        );
        check(
            "[$('h').getClientRects().length, $('a').getClientRects().length, $('h').getBoundingClientRect().width]",
            "0,1,0",
        );
        check(
            "[document.elementFromPoint(36, 12) === $('b'), document.elementFromPoint(12, 12) === $('a')]",
            "true,true",
        );
        check("[document.elementFromPoint(-1, 12), document.elementFromPoint(5, 600) === $('root')]", ",true");
    }
}
