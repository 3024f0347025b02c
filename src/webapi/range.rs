//! Range, StaticRange and AbstractRange ([DOM §5](https://dom.spec.whatwg.org/#ranges)), over [`crate::dom::range`]; fragments from
//! markup ([HTML §8.5.7](https://html.spec.whatwg.org/multipage/dynamic-markup-insertion.html#dom-range-createcontextualfragment)).
//!
//! Rectangles are those of the elements inside, and of the element around text, as estimated.

use std::cmp::Ordering;

use boa_engine::{Context, JsData, JsError, JsObject, JsResult, JsValue};
use boa_gc::{Finalize, Gc, Trace};

use super::exception::{dom_exception, insert_exception};
use super::geometry::rect_object;
use super::mutation;
use super::window::Window;
use super::wrap::{node_arg, wrap};
use crate::dom::boxes::{self, Rect};
use crate::dom::node::same;
use crate::dom::range::{self, Point, Range, index_of, length_of};
use crate::dom::{Node, NodeKind, NodeRef, range_contents, text, tree};
use crate::engine::convert::{self, arg, array, index, member, string, type_error};
use crate::engine::interface::{Interface, define_method, install, new_target_prototype, prototype};

/// The native data of a Range.
#[derive(Trace, Finalize, JsData)]
pub struct RangeObject(pub Gc<Range>);

/// A range as the page sees it.
#[must_use]
pub fn make(start: Point, end: Point, context: &mut Context) -> JsObject {
    JsObject::from_proto_and_data(prototype("Range", context), RangeObject(Range::new(start, end)))
}

/// The range behind a value.
///
/// # Errors
/// A TypeError where it is none.
pub fn range_of(value: &JsValue) -> JsResult<Gc<Range>> {
    let object = value.as_object();
    let data = object.as_ref().and_then(JsObject::downcast_ref::<RangeObject>);
    data.map(|data| data.0.clone()).ok_or_else(|| type_error("Illegal invocation"))
}

/// The native data of a StaticRange: where it began and ended when it was made.
#[derive(Trace, Finalize, JsData)]
struct StaticRange(Point, Point);

/// Start and end of a range of either kind.
fn ends_of(value: &JsValue) -> JsResult<(Point, Point)> {
    let object = value.as_object();
    match object.as_ref().and_then(JsObject::downcast_ref::<StaticRange>) {
        Some(range) => Ok((range.0.clone(), range.1.clone())),
        None => range_of(value).map(|range| (range.start(), range.end())),
    }
}

fn range_arg(args: &[JsValue], at: usize) -> JsResult<Gc<Range>> {
    range_of(&arg(args, at)).map_err(|_| type_error(&format!("parameter {} is not of type 'Range'", at + 1)))
}

fn construct(new_target: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let target = new_target_prototype(new_target, "Range", context)?;
    let start = Point::new(&Window::of(context).document, 0);
    Ok(JsObject::from_proto_and_data(target, RangeObject(Range::new(start.clone(), start))).into())
}

/// A container and an offset of the argument of `new StaticRange`; nobody checks that the offset is in the container.
fn static_point(init: &JsValue, names: [&str; 2], context: &mut Context) -> JsResult<Point> {
    let [node, offset] = [member(init, names[0], context)?, member(init, names[1], context)?];
    if offset.is_undefined() {
        return Err(type_error(&format!("required member {} is undefined", names[1])));
    }
    let (node, offset) = (node_arg(&[node], 0)?, index(&[offset], 0, context)?);
    if matches!(node.kind(), NodeKind::Doctype(_) | NodeKind::Attr(_)) {
        return Err(bad_node(context));
    }
    Ok(Point { node, offset })
}

fn construct_static(new_target: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let target = new_target_prototype(new_target, "StaticRange", context)?;
    let init = arg(args, 0);
    let end = static_point(&init, ["endContainer", "endOffset"], context)?;
    let start = static_point(&init, ["startContainer", "startOffset"], context)?;
    Ok(JsObject::from_proto_and_data(target, StaticRange(start, end)).into())
}

fn create_range(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let start = Point::new(&super::wrap::this_node(this)?, 0);
    Ok(make(start.clone(), start, context).into())
}

/// A node and an offset in it, from arguments.
///
/// # Errors
/// An InvalidNodeTypeError for a document type, an IndexSizeError past the node's end.
pub fn point_arg(args: &[JsValue], context: &mut Context) -> JsResult<Point> {
    let (node, offset) = (node_arg(args, 0)?, index(args, 1, context)?);
    if matches!(node.kind(), NodeKind::Doctype(_)) {
        return Err(bad_node(context));
    }
    if offset > length_of(&node) {
        let message = format!("The offset {offset} is larger than the node's length ({}).", length_of(&node));
        return Err(dom_exception("IndexSizeError", &message, context));
    }
    Ok(Point { node, offset })
}

fn bad_node(context: &mut Context) -> JsError {
    dom_exception("InvalidNodeTypeError", "The node provided cannot be used here.", context)
}

fn wrong_document(context: &mut Context) -> JsError {
    dom_exception("WrongDocumentError", "The two are not in the same tree.", context)
}

/// Before or after the node that is the first argument.
fn beside_arg(args: &[JsValue], is_after: bool, context: &mut Context) -> JsResult<Point> {
    let node = node_arg(args, 0)?;
    let point = if is_after { Point::after(&node) } else { Point::before(&node) };
    point.ok_or_else(|| bad_node(context))
}

fn set_boundary(this: &JsValue, point: Point, is_start: bool) -> JsResult<JsValue> {
    let range = range_of(this)?;
    if is_start {
        range::set_start(&range, point);
    } else {
        range::set_end(&range, point);
    }
    Ok(JsValue::undefined())
}

fn collapse(this: &JsValue, args: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    let range = range_of(this)?;
    let point = if arg(args, 0).to_boolean() { range.start() } else { range.end() };
    range::set(&range, point.clone(), point);
    Ok(JsValue::undefined())
}

fn select_node(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let (start, end) = (beside_arg(args, false, context)?, beside_arg(args, true, context)?);
    range::set(&range_of(this)?, start, end);
    Ok(JsValue::undefined())
}

fn select_contents(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let node = node_arg(args, 0)?;
    if matches!(node.kind(), NodeKind::Doctype(_)) {
        return Err(bad_node(context));
    }
    range::set(&range_of(this)?, Point::new(&node, 0), Point::new(&node, length_of(&node)));
    Ok(JsValue::undefined())
}

fn compare_boundary_points(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let how = arg(args, 0).to_uint16(context)?;
    let (own, other) = (range_of(this)?, range_arg(args, 1)?);
    if how > 3 {
        return Err(dom_exception("NotSupportedError", "The comparison method is not one of the four.", context));
    }
    if !same(&own.root(), &other.root()) {
        return Err(wrong_document(context));
    }
    let (own, other) = match how {
        0 => (own.start(), other.start()),
        1 => (own.end(), other.start()),
        2 => (own.end(), other.end()),
        _ => (own.start(), other.end()),
    };
    Ok((own.compare(&other) as i32).into())
}

fn contents(this: &JsValue, is_taken: bool, context: &mut Context) -> JsResult<NodeRef> {
    range_contents::contents(&range_of(this)?, is_taken).map_err(|error| insert_exception(error, context))
}

fn delete_contents(this: &JsValue, _: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    range_contents::delete(&range_of(this)?);
    Ok(JsValue::undefined())
}

/// Inserts a node at the start (DOM §5.5, Range "insert").
fn insert(range: &Gc<Range>, node: &NodeRef, context: &mut Context) -> JsResult<()> {
    let start = range.start();
    let is_other_data = start.node.character_data().is_some() && !start.node.is_text();
    let place = range_contents::place_at(&start).filter(|_| !is_other_data && !same(&start.node, node));
    let Some((parent, mut before)) = place else {
        return Err(insert_exception(tree::InsertError::Hierarchy, context));
    };
    tree::check_insert(&parent, node, before.as_ref()).map_err(|error| insert_exception(error, context))?;
    let is_collapsed = range.is_collapsed();
    if start.node.is_text() {
        before = text::split_text(&start.node, start.offset);
    }
    if before.as_ref().is_some_and(|before| same(before, node)) {
        before = node.next_sibling();
    }
    tree::remove(node);
    let count = if node.is_fragment() { length_of(node) } else { 1 };
    let offset = range_contents::offset_after(&parent, before.as_ref(), count);
    mutation::insert(&parent, node, before.as_ref(), context)?;
    if is_collapsed {
        range::set_end(range, Point::new(&parent, offset.min(length_of(&parent))));
    }
    Ok(())
}

fn insert_node(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    insert(&range_of(this)?, &node_arg(args, 0)?, context).map(|()| JsValue::undefined())
}

fn surround_contents(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let (range, parent) = (range_of(this)?, node_arg(args, 0)?);
    if range_contents::cuts_elements(&range) {
        let message = "The Range has partially selected a non-Text node.";
        return Err(dom_exception("InvalidStateError", message, context));
    }
    if parent.is_fragment() || matches!(parent.kind(), NodeKind::Document(_) | NodeKind::Doctype(_)) {
        return Err(bad_node(context));
    }
    let fragment = contents(this, true, context)?;
    if parent.first_child().is_some() {
        mutation::replace_all(&parent, None, context)?;
    }
    insert(&range, &parent, context)?;
    mutation::insert(&parent, &fragment, None, context)?;
    select_node(this, args, context)
}

fn clone_range(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let range = range_of(this)?;
    Ok(make(range.start(), range.end(), context).into())
}

/// Where a point is: before the range, in it, or after it.
fn place_of(range: &Range, point: &Point) -> i32 {
    if point.compare(&range.start()) == Ordering::Less {
        -1
    } else {
        i32::from(point.compare(&range.end()) == Ordering::Greater)
    }
}

fn is_point_in(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let range = range_of(this)?;
    if !same(&tree::root_of(&node_arg(args, 0)?), &range.root()) {
        return Ok(false.into());
    }
    let point = point_arg(args, context)?;
    Ok((place_of(&range, &point) == 0).into())
}

fn compare_point(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let range = range_of(this)?;
    if !same(&tree::root_of(&node_arg(args, 0)?), &range.root()) {
        return Err(wrong_document(context));
    }
    let point = point_arg(args, context)?;
    Ok(place_of(&range, &point).into())
}

fn intersects_node(this: &JsValue, args: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    let (range, node) = (range_of(this)?, node_arg(args, 0)?);
    if !same(&tree::root_of(&node), &range.root()) {
        return Ok(false.into());
    }
    let Some(parent) = node.parent() else { return Ok(true.into()) };
    let offset = index_of(&node);
    let is_before_end = Point::new(&parent, offset).compare(&range.end()) == Ordering::Less;
    let is_after_start = Point::new(&parent, offset + 1).compare(&range.start()) == Ordering::Greater;
    Ok((is_before_end && is_after_start).into())
}

/// Markup as a fragment; unlike those of `innerHTML`, its scripts run when they are inserted.
fn contextual_fragment(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    convert::require(args, 1)?;
    let markup = convert::text(args, 0, context)?;
    let node = range_of(this)?.start().node.clone();
    let element = if node.character_data().is_some() { node.parent() } else { Some(node.clone()) };
    let document = tree::document_of(&node).unwrap_or_else(|| Window::of(context).document.clone());
    let element = element.filter(|e| e.as_element().is_some() && !e.is_html("html"));
    let element = element.unwrap_or_else(|| Node::html_element(&document, "body"));
    let fragment = mutation::parse_fragment(&element, &markup, context)?;
    for script in tree::descendants(&fragment).filter(|n| n.is_html("script")) {
        script.set_script_started(false);
        script.set_parser_inserted(false);
    }
    Ok(wrap(&fragment, context).into())
}

/// The rectangles of what is in a range.
fn rects(range: &Range) -> Vec<Rect> {
    if range.is_collapsed() {
        return Vec::new();
    }
    let mut elements: Vec<NodeRef> = Vec::new();
    let boundaries = [range.start().node.clone(), range.end().node.clone()];
    let inside = range_contents::nodes_inside(range);
    for node in inside.into_iter().chain(boundaries.into_iter().filter(|node| node.is_text())) {
        let element = if node.as_element().is_some() { Some(node) } else { tree::parent_element(&node) };
        if let Some(element) = element.filter(|e| !elements.iter().any(|other| same(other, e))) {
            elements.push(element);
        }
    }
    elements.iter().filter_map(boxes::rect).collect()
}

fn client_rects(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let rects = rects(&*range_of(this)?);
    let objects: Vec<JsObject> = rects.into_iter().map(|rect| rect_object(rect, context)).collect::<JsResult<_>>()?;
    Ok(array(objects.into_iter().map(JsValue::from), context))
}

fn bounding_rect(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let around = |a: Rect, b: Rect| {
        let (x, y) = (a.x.min(b.x), a.y.min(b.y));
        let (right, bottom) = ((a.x + a.width).max(b.x + b.width), (a.y + a.height).max(b.y + b.height));
        Rect { x, y, width: right - x, height: bottom - y }
    };
    let rect = rects(&*range_of(this)?).into_iter().reduce(around).unwrap_or_default();
    rect_object(rect, context).map(JsValue::from)
}

const ABSTRACT_RANGE: Interface = Interface {
    name: "AbstractRange",
    attributes: &[
        ("startContainer", |this, _, c| Ok(wrap(&ends_of(this)?.0.node, c).into()), None),
        ("startOffset", |this, _, _| Ok(ends_of(this)?.0.offset.into()), None),
        ("endContainer", |this, _, c| Ok(wrap(&ends_of(this)?.1.node, c).into()), None),
        ("endOffset", |this, _, _| Ok(ends_of(this)?.1.offset.into()), None),
        (
            "collapsed",
            |this, _, _| {
                ends_of(this).map(|(start, end)| (same(&start.node, &end.node) && start.offset == end.offset).into())
            },
            None,
        ),
    ],
    ..Interface::EMPTY
};

const STATIC_RANGE: Interface = Interface {
    name: "StaticRange",
    parent: Some("AbstractRange"),
    constructor: Some((construct_static, 1)),
    ..Interface::EMPTY
};

const RANGE: Interface = Interface {
    name: "Range",
    parent: Some("AbstractRange"),
    constructor: Some((construct, 0)),
    attributes: &[(
        "commonAncestorContainer",
        |this, _, c| Ok(wrap(&range_of(this)?.common_ancestor(), c).into()),
        None,
    )],
    methods: &[
        ("setStart", |this, args, c| set_boundary(this, point_arg(args, c)?, true), 2),
        ("setEnd", |this, args, c| set_boundary(this, point_arg(args, c)?, false), 2),
        ("setStartBefore", |this, args, c| set_boundary(this, beside_arg(args, false, c)?, true), 1),
        ("setStartAfter", |this, args, c| set_boundary(this, beside_arg(args, true, c)?, true), 1),
        ("setEndBefore", |this, args, c| set_boundary(this, beside_arg(args, false, c)?, false), 1),
        ("setEndAfter", |this, args, c| set_boundary(this, beside_arg(args, true, c)?, false), 1),
        ("collapse", collapse, 0),
        ("selectNode", select_node, 1),
        ("selectNodeContents", select_contents, 1),
        ("compareBoundaryPoints", compare_boundary_points, 2),
        ("cloneContents", |this, _, c| contents(this, false, c).map(|node| wrap(&node, c).into()), 0),
        ("extractContents", |this, _, c| contents(this, true, c).map(|node| wrap(&node, c).into()), 0),
        ("deleteContents", delete_contents, 0),
        ("insertNode", insert_node, 1),
        ("surroundContents", surround_contents, 1),
        ("cloneRange", clone_range, 0),
        ("detach", |_, _, _| Ok(JsValue::undefined()), 0),
        ("isPointInRange", is_point_in, 2),
        ("comparePoint", compare_point, 2),
        ("intersectsNode", intersects_node, 1),
        ("createContextualFragment", contextual_fragment, 1),
        ("getClientRects", client_rects, 0),
        ("getBoundingClientRect", bounding_rect, 0),
        ("toString", |this, _, _| Ok(string(&range::to_text(&*range_of(this)?))), 0),
    ],
    constants: &[("START_TO_START", 0), ("START_TO_END", 1), ("END_TO_END", 2), ("END_TO_START", 3)],
    ..Interface::EMPTY
};

/// Installs them; Document is there already.
///
/// # Errors
/// What boa says; a bug.
pub fn install_range(context: &mut Context) -> JsResult<()> {
    install(&ABSTRACT_RANGE, context)?;
    install(&RANGE, context)?;
    install(&STATIC_RANGE, context)?;
    let document = prototype("Document", context);
    define_method(&document, "createRange", create_range, 0, context);
    Ok(())
}
