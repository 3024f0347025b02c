//! IntersectionObserver ([Intersection Observer](https://w3c.github.io/IntersectionObserver/)) and ResizeObserver
//! ([Resize Observer](https://drafts.csswg.org/resize-observer/)) of a page that nobody sees, scrolls or sizes.
//!
//! Each tells once of what it observes, in a task of its own: that it does not intersect, or what its size is as
//! [`crate::dom::boxes`] estimates it (nothing of what has none). Later changes are not told.

use std::cell::{Cell, RefCell};

use boa_engine::object::IntegrityLevel;
use boa_engine::object::builtins::JsFunction;
use boa_engine::{Context, JsData, JsObject, JsResult, JsValue};
use boa_gc::{Finalize, GcRefCell, Trace};

use super::collection::function_arg;
use super::exception::dom_exception;
use super::iterable::sequence;
use super::performance::performance_now;
use super::rect;
use super::wrap::{as_node, wrap, wrap_or_null};
use crate::dom::boxes::{self, Rect, Size};
use crate::dom::css::{PAGE_HEIGHT_PX, PAGE_WIDTH_PX};
use crate::dom::{NodeKind, NodeRef};
use crate::engine::convert::{arg, array, member, require, string, type_error, value_text};
use crate::engine::event_loop::EventLoop;
use crate::engine::interface::{Interface, install as install_interface, new_target_prototype, prototype};

/// What both kinds of observers have.
#[derive(Trace, Finalize, JsData)]
struct ObserverObject {
    callback: JsFunction,
    /// What an IntersectionObserver was made with; none of a ResizeObserver.
    options: Option<Options>,
    /// The serials of what is observed: an observer keeps no node alive.
    #[unsafe_ignore_trace]
    observed: RefCell<Vec<u64>>,
    /// What is still to be told of.
    waiting: GcRefCell<Vec<NodeRef>>,
    #[unsafe_ignore_trace]
    is_queued: Cell<bool>,
}

#[derive(Trace, Finalize, Clone)]
struct Options {
    root: Option<NodeRef>,
    #[unsafe_ignore_trace]
    root_margin: String,
    #[unsafe_ignore_trace]
    scroll_margin: String,
    thresholds: JsObject,
}

/// An entry, or a size: the values of its attributes in the order of their table.
#[derive(Trace, Finalize, JsData)]
struct EntryObject {
    #[unsafe_ignore_trace]
    interface: &'static str,
    values: Vec<JsValue>,
}

const INTERSECTION: bool = true;
const RESIZE: bool = false;

/// The observer of this kind that a function was called on.
fn this_observer(this: &JsValue, kind: bool) -> JsResult<JsObject> {
    let is_it =
        |object: &JsObject| object.downcast_ref::<ObserverObject>().is_some_and(|data| data.options.is_some() == kind);
    this.as_object().filter(is_it).ok_or_else(|| type_error("Illegal invocation"))
}

fn with<R>(observer: &JsObject, f: impl FnOnce(&ObserverObject) -> R) -> JsResult<R> {
    observer.downcast_ref::<ObserverObject>().map(|data| f(&data)).ok_or_else(|| type_error("Illegal invocation"))
}

fn make(prototype: JsObject, callback: JsFunction, options: Option<Options>) -> JsValue {
    let data = ObserverObject {
        callback,
        options,
        observed: RefCell::default(),
        waiting: GcRefCell::default(),
        is_queued: Cell::new(false),
    };
    JsObject::from_proto_and_data(prototype, data).into()
}

fn frozen(values: Vec<JsValue>, context: &mut Context) -> JsResult<JsValue> {
    let list = array(values, context);
    if let Some(object) = list.as_object() {
        object.set_integrity_level(IntegrityLevel::Frozen, context)?;
    }
    Ok(list)
}

/// Margins as they are written back: one to four lengths in px or per cent, for all four sides.
fn margins(value: &JsValue, name: &str, context: &mut Context) -> JsResult<String> {
    let text = if value.is_undefined() { String::new() } else { value_text(value, context)? };
    let side = |text: &str| -> Option<String> {
        let (number, unit) = match (text.strip_suffix("px"), text.strip_suffix('%')) {
            (Some(number), _) => (number, "px"),
            (None, Some(number)) => (number, "%"),
            (None, None) => (Some(text).filter(|text| text.parse::<f64>() == Ok(0.0))?, "px"),
        };
        let is_number = number.ends_with(|last: char| last.is_ascii_digit());
        number.parse::<f64>().ok().filter(|value| is_number && value.is_finite()).map(|value| format!("{value}{unit}"))
    };
    let sides: Option<Vec<String>> = text.split_ascii_whitespace().map(side).collect();
    let zero = || "0px".to_owned();
    let all = match sides.as_deref() {
        Some([]) => Some([zero(), zero(), zero(), zero()]),
        Some([all]) => Some([all, all, all, all].map(Clone::clone)),
        Some([down, across]) => Some([down, across, down, across].map(Clone::clone)),
        Some([top, across, bottom]) => Some([top, across, bottom, across].map(Clone::clone)),
        Some([top, right, bottom, left]) => Some([top, right, bottom, left].map(Clone::clone)),
        _ => None,
    };
    let message = || format!("{name} must be specified in pixels or percent.");
    all.map(|sides| sides.join(" ")).ok_or_else(|| dom_exception("SyntaxError", &message(), context))
}

fn thresholds(value: &JsValue, context: &mut Context) -> JsResult<JsObject> {
    let list = match value.as_object() {
        Some(object) => sequence(&object, context)?,
        None => None,
    };
    let list = list.unwrap_or_else(|| if value.is_undefined() { Vec::new() } else { vec![value.clone()] });
    let mut numbers = Vec::new();
    for value in list {
        let number = value.to_number(context)?;
        if !number.is_finite() {
            return Err(type_error("Threshold values must be finite numbers."));
        }
        if !(0.0..=1.0).contains(&number) {
            let message = "Threshold values must be numbers between 0 and 1.";
            return Err(boa_engine::JsNativeError::range().with_message(message).into());
        }
        numbers.push(number);
    }
    numbers.sort_by(f64::total_cmp);
    if numbers.is_empty() {
        numbers.push(0.0);
    }
    let list = frozen(numbers.into_iter().map(JsValue::from).collect(), context)?;
    list.as_object().ok_or_else(|| type_error("Illegal invocation"))
}

fn construct_intersection(target: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let prototype = new_target_prototype(target, "IntersectionObserver", context)?;
    let callback = function_arg(args, 0)?;
    let given = arg(args, 1);
    let root = member(&given, "root", context)?;
    let node = as_node(&root).filter(|node| matches!(node.kind(), NodeKind::Element(_) | NodeKind::Document(_)));
    if node.is_none() && !root.is_null_or_undefined() {
        return Err(type_error("member root is not of type '(Document or Element)'."));
    }
    let root_margin = member(&given, "rootMargin", context)?;
    let scroll_margin = member(&given, "scrollMargin", context)?;
    let threshold = member(&given, "threshold", context)?;
    let options = Options {
        root: node,
        root_margin: margins(&root_margin, "rootMargin", context)?,
        scroll_margin: margins(&scroll_margin, "scrollMargin", context)?,
        thresholds: thresholds(&threshold, context)?,
    };
    Ok(make(prototype, callback, Some(options)))
}

fn construct_resize(target: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let prototype = new_target_prototype(target, "ResizeObserver", context)?;
    Ok(make(prototype, function_arg(args, 0)?, None))
}

fn element_arg(args: &[JsValue]) -> JsResult<NodeRef> {
    require(args, 1)?;
    let node = as_node(&arg(args, 0)).filter(|node| node.as_element().is_some());
    node.ok_or_else(|| type_error("parameter 1 is not of type 'Element'."))
}

fn observe(this: &JsValue, args: &[JsValue], kind: bool, context: &mut Context) -> JsResult<JsValue> {
    let observer = this_observer(this, kind)?;
    let element = element_arg(args)?;
    if kind == RESIZE {
        let of = member(&arg(args, 1), "box", context)?;
        let name = if of.is_undefined() { "content-box".to_owned() } else { value_text(&of, context)? };
        if !matches!(name.as_str(), "content-box" | "border-box" | "device-pixel-content-box") {
            let message = format!("The provided value '{name}' is not a valid enum value of ResizeObserverBoxOptions.");
            return Err(type_error(&message));
        }
    }
    let is_first = with(&observer, |data| {
        let mut observed = data.observed.borrow_mut();
        let is_known = observed.contains(&element.serial());
        if !is_known {
            observed.push(element.serial());
        }
        let mut waiting = data.waiting.borrow_mut();
        // Observed again, a size is told again.
        if !is_known || kind == RESIZE {
            waiting.retain(|other| other.serial() != element.serial());
            waiting.push(element.clone());
        }
        !waiting.is_empty() && !data.is_queued.replace(true)
    })?;
    if is_first {
        EventLoop::of(context).queue(Box::new(move |context| tell(&observer, context)));
    }
    Ok(JsValue::undefined())
}

fn unobserve(this: &JsValue, args: &[JsValue], kind: bool) -> JsResult<JsValue> {
    let observer = this_observer(this, kind)?;
    let element = element_arg(args)?;
    with(&observer, |data| {
        data.observed.borrow_mut().retain(|serial| *serial != element.serial());
        data.waiting.borrow_mut().retain(|other| other.serial() != element.serial());
    })?;
    Ok(JsValue::undefined())
}

fn disconnect(this: &JsValue, kind: bool) -> JsResult<JsValue> {
    with(&this_observer(this, kind)?, |data| {
        data.observed.borrow_mut().clear();
        data.waiting.borrow_mut().clear();
    })?;
    Ok(JsValue::undefined())
}

/// Nothing waits to be taken: entries are made as they are told.
fn take_records(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    this_observer(this, INTERSECTION)?;
    Ok(array([], context))
}

fn tell(observer: &JsObject, context: &mut Context) -> JsResult<()> {
    super::motion::update(context);
    let (callback, options, elements) = with(observer, |data| {
        data.is_queued.set(false);
        (data.callback.clone(), data.options.clone(), std::mem::take(&mut *data.waiting.borrow_mut()))
    })?;
    let mut entries = Vec::new();
    for element in elements {
        match &options {
            Some(options) => entries.push(intersection_entry(&element, options, context)),
            None => entries.extend(resize_entry(&element, context)?),
        }
    }
    if entries.is_empty() {
        return Ok(());
    }
    let list = array(entries, context);
    let this = JsValue::from(observer.clone());
    callback.call(&this, &[list, this.clone()], context).map(drop)
}

fn entry(interface: &'static str, values: Vec<JsValue>, context: &mut Context) -> JsValue {
    JsObject::from_proto_and_data(prototype(interface, context), EntryObject { interface, values }).into()
}

fn intersection_entry(element: &NodeRef, options: &Options, context: &mut Context) -> JsValue {
    let page = Rect { x: 0.0, y: 0.0, width: PAGE_WIDTH_PX, height: PAGE_HEIGHT_PX };
    let root = options.root.as_ref().filter(|root| root.as_element().is_some());
    let bounds = root.map_or(page, |root| boxes::rect(root).unwrap_or_default());
    let values = vec![
        performance_now(context).into(),
        rect::read_only(bounds, context).into(),
        rect::read_only(boxes::rect(element).unwrap_or_default(), context).into(),
        rect::read_only(Rect::default(), context).into(),
        false.into(),
        false.into(),
        0.into(),
        wrap(element, context).into(),
    ];
    entry("IntersectionObserverEntry", values, context)
}

/// None where an element has no size: it is 0 by 0 before it is observed.
fn resize_entry(element: &NodeRef, context: &mut Context) -> JsResult<Option<JsValue>> {
    let border_box = boxes::size(element);
    let (_, border, padding) = boxes::edges(element);
    let content = Size {
        width: (border_box.width - border.across() - padding.across()).max(0.0),
        height: (border_box.height - border.down() - padding.down()).max(0.0),
    };
    if content.width == 0.0 && content.height == 0.0 {
        return Ok(None);
    }
    let inside = Rect { x: padding.left, y: padding.top, width: content.width, height: content.height };
    let size = |of: Size, context: &mut Context| {
        let made = entry("ResizeObserverSize", vec![of.width.into(), of.height.into()], context);
        frozen(vec![made], context)
    };
    let values = vec![
        wrap(element, context).into(),
        rect::read_only(inside, context).into(),
        size(border_box, context)?,
        size(content, context)?,
        size(content, context)?,
    ];
    Ok(Some(entry("ResizeObserverEntry", values, context)))
}

fn value_of(this: &JsValue, interface: &str, at: usize) -> JsResult<JsValue> {
    let object = this.as_object();
    let data = object.as_ref().and_then(JsObject::downcast_ref::<EntryObject>);
    let value = data.filter(|data| data.interface == interface).and_then(|data| data.values.get(at).cloned());
    value.ok_or_else(|| type_error("Illegal invocation"))
}

fn with_options<R>(this: &JsValue, f: impl FnOnce(&Options) -> R) -> JsResult<R> {
    with(&this_observer(this, INTERSECTION)?, |data| data.options.as_ref().map(f))?
        .ok_or_else(|| type_error("Illegal invocation"))
}

fn root(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let root = with_options(this, |options| options.root.clone())?;
    Ok(wrap_or_null(root, context))
}

const INTERSECTION_OBSERVER: Interface = Interface {
    name: "IntersectionObserver",
    constructor: Some((construct_intersection, 1)),
    attributes: &[
        ("root", root, None),
        ("rootMargin", |this, _, _| with_options(this, |options| string(&options.root_margin)), None),
        ("scrollMargin", |this, _, _| with_options(this, |options| string(&options.scroll_margin)), None),
        ("thresholds", |this, _, _| with_options(this, |options| options.thresholds.clone().into()), None),
        ("delay", |this, _, _| with_options(this, |_| 0.into()), None),
        ("trackVisibility", |this, _, _| with_options(this, |_| false.into()), None),
    ],
    methods: &[
        ("observe", |this, args, context| observe(this, args, INTERSECTION, context), 1),
        ("unobserve", |this, args, _| unobserve(this, args, INTERSECTION), 1),
        ("disconnect", |this, _, _| disconnect(this, INTERSECTION), 0),
        ("takeRecords", take_records, 0),
    ],
    ..Interface::EMPTY
};

const RESIZE_OBSERVER: Interface = Interface {
    name: "ResizeObserver",
    constructor: Some((construct_resize, 1)),
    methods: &[
        ("observe", |this, args, context| observe(this, args, RESIZE, context), 1),
        ("unobserve", |this, args, _| unobserve(this, args, RESIZE), 1),
        ("disconnect", |this, _, _| disconnect(this, RESIZE), 0),
    ],
    ..Interface::EMPTY
};

macro_rules! entries {
    ($interface:literal: $($at:literal $name:literal),*) => {
        Interface {
            name: $interface,
            attributes: &[$(($name, |this, _, _| value_of(this, $interface, $at), None)),*],
            ..Interface::EMPTY
        }
    };
}

const ENTRIES: [Interface; 3] = [
    entries!("IntersectionObserverEntry": 0 "time", 1 "rootBounds", 2 "boundingClientRect", 3 "intersectionRect",
        4 "isIntersecting", 5 "isVisible", 6 "intersectionRatio", 7 "target"),
    entries!("ResizeObserverEntry": 0 "target", 1 "contentRect", 2 "borderBoxSize", 3 "contentBoxSize",
        4 "devicePixelContentBoxSize"),
    entries!("ResizeObserverSize": 0 "inlineSize", 1 "blockSize"),
];

/// Installs both, with what they tell.
///
/// # Errors
/// What boa says; a bug.
pub fn install(context: &mut Context) -> JsResult<()> {
    install_interface(&INTERSECTION_OBSERVER, context)?;
    install_interface(&RESIZE_OBSERVER, context)?;
    for interface in &ENTRIES {
        install_interface(interface, context)?;
    }
    Ok(())
}
