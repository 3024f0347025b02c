//! The selection of a document ([Selection API](https://w3c.github.io/selection-api/)): one range, set by script only.
//!
//! Nobody selects with a mouse, so there is no `selectstart`. `selectionchange` tells in a task of
//! its own that script selected something else; what becomes of the selected range by itself, as it is a live one, is not
//! told. `toString` is the range's text, whether it is shown or not.

use std::cell::Cell;
use std::cmp::Ordering;

use boa_engine::{Context, JsData, JsObject, JsResult, JsValue};
use boa_gc::{Finalize, Gc, GcRefCell, Trace};

use super::exception::dom_exception;
use super::range::{make as make_range, point_arg, range_of};
use super::target::fire;
use super::window::Window;
use super::wrap::{node_arg, part, this_node, wrap};
use crate::dom::caret::{self, Granularity};
use crate::dom::node::same;
use crate::dom::range::{self, Point, Range, length_of};
use crate::dom::{NodeKind, NodeRef, range_contents, tree};
use crate::engine::convert::{arg, index, optional_text, require, string, type_error};
use crate::engine::event_loop::EventLoop;
use crate::engine::interface::{Interface, define_method, install, prototype};

/// The native data of a Selection.
#[derive(Trace, Finalize, JsData)]
struct SelectionObject {
    document: NodeRef,
    range: GcRefCell<Option<JsObject>>,
    /// The anchor is the range's end.
    #[unsafe_ignore_trace]
    is_backwards: Cell<bool>,
    /// A `selectionchange` event is on its way.
    #[unsafe_ignore_trace]
    is_change_queued: Cell<bool>,
}

fn with<R>(this: &JsValue, f: impl FnOnce(&SelectionObject) -> R) -> JsResult<R> {
    let object = this.as_object();
    let data = object.as_ref().and_then(JsObject::downcast_ref::<SelectionObject>);
    data.map(|data| f(&data)).ok_or_else(|| type_error("Illegal invocation"))
}

/// The range, if there is one and it is in the document.
fn current(this: &JsValue) -> JsResult<Option<(JsObject, Gc<Range>)>> {
    let (object, document) = with(this, |data| (data.range.borrow().clone(), data.document.clone()))?;
    let Some(object) = object else { return Ok(None) };
    let range = range_of(&object.clone().into())?;
    Ok(same(&range.root(), &document).then_some((object, range)))
}

fn is_in_document(this: &JsValue, node: &NodeRef) -> JsResult<bool> {
    with(this, |data| same(&tree::root_of(node), &data.document))
}

fn put(this: &JsValue, range: Option<JsObject>, is_backwards: bool, context: &mut Context) -> JsResult<JsValue> {
    let before = ends(this)?;
    with(this, |data| {
        *data.range.borrow_mut() = range;
        data.is_backwards.set(is_backwards);
    })?;
    if before != ends(this)? && !with(this, |data| data.is_change_queued.replace(true))? {
        let selection = this.clone();
        EventLoop::of(context).queue(Box::new(move |context| {
            let document = with(&selection, |data| {
                data.is_change_queued.set(false);
                data.document.clone()
            })?;
            let target = wrap(&document, context);
            fire(&target, "selectionchange", false, false, context).map(drop)
        }));
    }
    Ok(JsValue::undefined())
}

/// Selects from one point to another, in a range of its own.
fn select(this: &JsValue, anchor: Point, focus: Point, context: &mut Context) -> JsResult<JsValue> {
    if !is_in_document(this, &anchor.node)? || !is_in_document(this, &focus.node)? {
        return Ok(JsValue::undefined());
    }
    let is_backwards = focus.compare(&anchor) == Ordering::Less;
    let (start, end) = if is_backwards { (focus, anchor) } else { (anchor, focus) };
    let range = make_range(start, end, context);
    put(this, Some(range), is_backwards, context)
}

/// The anchor, or the focus.
fn end_of(this: &JsValue, is_anchor: bool) -> JsResult<Option<Point>> {
    let is_backwards = with(this, |data| data.is_backwards.get())?;
    Ok(current(this)?.map(|(_, range)| if is_anchor == is_backwards { range.end() } else { range.start() }))
}

/// Anchor and focus as they compare: the number of a node, and the offset.
fn ends(this: &JsValue) -> JsResult<[Option<(u64, usize)>; 2]> {
    let of = |point: Point| (point.node.serial(), point.offset);
    Ok([end_of(this, true)?.map(of), end_of(this, false)?.map(of)])
}

fn end_node(this: &JsValue, is_anchor: bool, context: &mut Context) -> JsResult<JsValue> {
    Ok(end_of(this, is_anchor)?.map_or_else(JsValue::null, |point| wrap(&point.node, context).into()))
}

fn end_offset(this: &JsValue, is_anchor: bool) -> JsResult<JsValue> {
    Ok(end_of(this, is_anchor)?.map_or(0, |point| point.offset).into())
}

fn kind(this: &JsValue, _: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    Ok(string(match current(this)? {
        None => "None",
        Some((_, range)) if range.is_collapsed() => "Caret",
        Some(_) => "Range",
    }))
}

fn direction(this: &JsValue, _: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    let is_backwards = with(this, |data| data.is_backwards.get())?;
    Ok(string(match current(this)? {
        Some((_, range)) if !range.is_collapsed() => {
            if is_backwards {
                "backward"
            } else {
                "forward"
            }
        }
        _ => "none",
    }))
}

fn is_collapsed(this: &JsValue, _: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    Ok(current(this)?.is_none_or(|(_, range)| range.is_collapsed()).into())
}

fn get_range_at(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    require(args, 1)?;
    let at = index(args, 0, context)?;
    match current(this)? {
        Some((object, _)) if at == 0 => Ok(object.into()),
        _ => Err(dom_exception("IndexSizeError", &format!("{at} is not a valid index."), context)),
    }
}

/// Does nothing where there is a range already, or the range is in another document.
fn add_range(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let range = range_of(&arg(args, 0)).map_err(|_| type_error("parameter 1 is not of type 'Range'"))?;
    if current(this)?.is_none() && is_in_document(this, &range.root())? {
        put(this, arg(args, 0).as_object(), false, context)?;
    }
    Ok(JsValue::undefined())
}

fn remove_range(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let range = range_of(&arg(args, 0)).map_err(|_| type_error("parameter 1 is not of type 'Range'"))?;
    match current(this)? {
        Some((_, own)) if Gc::ptr_eq(&own, &range) => put(this, None, false, context),
        _ => Err(dom_exception("NotFoundError", "The range is not selected.", context)),
    }
}

fn remove_all_ranges(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    put(this, None, false, context)
}

fn collapse(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    require(args, 1)?;
    if arg(args, 0).is_null_or_undefined() {
        return put(this, None, false, context);
    }
    let point = point_arg(args, context)?;
    select(this, point.clone(), point, context)
}

fn no_range(context: &mut Context) -> boa_engine::JsError {
    dom_exception("InvalidStateError", "There is no selection.", context)
}

fn collapse_to(this: &JsValue, is_start: bool, context: &mut Context) -> JsResult<JsValue> {
    let Some((_, range)) = current(this)? else { return Err(no_range(context)) };
    let point = if is_start { range.start() } else { range.end() };
    select(this, point.clone(), point, context)
}

fn extend(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let node = node_arg(args, 0)?;
    if !is_in_document(this, &node)? {
        return Ok(JsValue::undefined());
    }
    let Some(anchor) = end_of(this, true)? else { return Err(no_range(context)) };
    let focus = point_arg(args, context)?;
    select(this, anchor, focus, context)
}

fn set_base_and_extent(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    require(args, 4)?;
    let (anchor, focus) = (point_arg(args, context)?, point_arg(&args[2..], context)?);
    select(this, anchor, focus, context)
}

fn select_all_children(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let node = node_arg(args, 0)?;
    if matches!(node.kind(), NodeKind::Doctype(_)) {
        return Err(dom_exception("InvalidNodeTypeError", "A document type cannot be selected.", context));
    }
    let count = if node.character_data().is_some() { 0 } else { length_of(&node) };
    select(this, Point::new(&node, 0), Point::new(&node, count), context)
}

fn delete_from_document(this: &JsValue, _: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    if let Some((_, range)) = current(this)? {
        range_contents::delete(&range);
    }
    Ok(JsValue::undefined())
}

/// `modify("move" or "extend", direction, granularity)`; left is backward in every script.
fn modify(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let mut words = Vec::new();
    for at in 0..3 {
        words.push(optional_text(args, at, context)?.unwrap_or_default().to_ascii_lowercase());
    }
    let extends = words[0] == "extend";
    let is_forward = matches!(words[1].as_str(), "forward" | "right");
    let is_known = (extends || words[0] == "move") && (is_forward || matches!(words[1].as_str(), "backward" | "left"));
    let (Some(by), Some((_, range)), true) = (Granularity::named(&words[2]), current(this)?, is_known) else {
        return Ok(JsValue::undefined());
    };
    let (Some(anchor), Some(focus)) = (end_of(this, true)?, end_of(this, false)?) else {
        return Ok(JsValue::undefined());
    };
    let to = if !extends && !range.is_collapsed() && by == Granularity::Character {
        // The caret goes to that end of what was selected.
        Some(if is_forward { range.end() } else { range.start() })
    } else {
        caret::moved(&focus, is_forward, by)
    };
    let to = to.unwrap_or(focus);
    select(this, if extends { anchor } else { to.clone() }, to, context)
}

fn contains_node(this: &JsValue, args: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    let node = node_arg(args, 0)?;
    let Some((_, range)) = current(this)?.filter(|_| node.parent().is_some()) else { return Ok(false.into()) };
    if !is_in_document(this, &node)? {
        return Ok(false.into());
    }
    let (Some(before), Some(after)) = (Point::before(&node), Point::after(&node)) else { return Ok(false.into()) };
    let is_found = if arg(args, 1).to_boolean() {
        before.compare(&range.end()) == Ordering::Less && after.compare(&range.start()) == Ordering::Greater
    } else {
        before.compare(&range.start()) != Ordering::Less && after.compare(&range.end()) != Ordering::Greater
    };
    Ok(is_found.into())
}

fn to_text(this: &JsValue, _: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    Ok(string(&current(this)?.map_or_else(String::new, |(_, range)| range::to_text(&range))))
}

const SELECTION: Interface = Interface {
    name: "Selection",
    attributes: &[
        ("anchorNode", |this, _, c| end_node(this, true, c), None),
        ("anchorOffset", |this, _, _| end_offset(this, true), None),
        ("focusNode", |this, _, c| end_node(this, false, c), None),
        ("focusOffset", |this, _, _| end_offset(this, false), None),
        ("isCollapsed", is_collapsed, None),
        ("rangeCount", |this, _, _| Ok(i32::from(current(this)?.is_some()).into()), None),
        ("type", kind, None),
        ("direction", direction, None),
    ],
    methods: &[
        ("getRangeAt", get_range_at, 1),
        ("addRange", add_range, 1),
        ("removeRange", remove_range, 1),
        ("removeAllRanges", remove_all_ranges, 0),
        ("empty", remove_all_ranges, 0),
        ("collapse", collapse, 1),
        ("setPosition", collapse, 1),
        ("collapseToStart", |this, _, c| collapse_to(this, true, c), 0),
        ("collapseToEnd", |this, _, c| collapse_to(this, false, c), 0),
        ("extend", extend, 1),
        ("setBaseAndExtent", set_base_and_extent, 4),
        ("selectAllChildren", select_all_children, 1),
        ("deleteFromDocument", delete_from_document, 0),
        ("containsNode", contains_node, 1),
        ("modify", modify, 0),
        ("toString", to_text, 0),
    ],
    ..Interface::EMPTY
};

fn selection_of(document: &NodeRef, context: &mut Context) -> JsResult<JsValue> {
    part(document, "selection", context, |document, context| {
        let data = SelectionObject {
            document: document.clone(),
            range: GcRefCell::default(),
            is_backwards: Cell::new(false),
            is_change_queued: Cell::new(false),
        };
        Ok(JsObject::from_proto_and_data(prototype("Selection", context), data))
    })
}

/// `window.getSelection()`
fn of_window(_: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let document = Window::of(context).document.clone();
    selection_of(&document, context)
}

/// `document.getSelection()`: null for a document without a window.
fn of_document(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let document = this_node(this)?;
    let is_shown = same(&document, &Window::of(context).document);
    if is_shown { selection_of(&document, context) } else { Ok(JsValue::null()) }
}

/// Installs Selection and `getSelection`; Window and Document are there already.
///
/// # Errors
/// What boa says; a bug.
pub fn install_selection(context: &mut Context) -> JsResult<()> {
    install(&SELECTION, context)?;
    let global = context.global_object();
    define_method(&global, "getSelection", of_window, 0, context);
    let document = prototype("Document", context);
    define_method(&document, "getSelection", of_document, 0, context);
    Ok(())
}
