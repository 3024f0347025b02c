//! DOMRect and DOMRectReadOnly ([Geometry Interfaces §3](https://drafts.csswg.org/geometry/#DOMRect)).

use std::cell::Cell;

use boa_engine::{Context, JsData, JsObject, JsResult, JsString, JsValue};
use boa_gc::{Finalize, Trace};

use crate::dom::boxes::Rect;
use crate::engine::convert::{Native, arg, member, type_error};
use crate::engine::interface::{
    Interface, define_accessor, define_method, install as install_interface, new_target_prototype, prototype,
};

#[derive(Trace, Finalize, JsData)]
struct RectObject(#[unsafe_ignore_trace] Cell<Rect>);

/// A DOMRect, or a DOMRectReadOnly.
fn make(interface: &str, rect: Rect, context: &mut Context) -> JsObject {
    JsObject::from_proto_and_data(prototype(interface, context), RectObject(Cell::new(rect)))
}

/// A rectangle that the page may change.
#[must_use]
pub(super) fn rect(rect: Rect, context: &mut Context) -> JsObject {
    make("DOMRect", rect, context)
}

/// A rectangle that it may not change.
#[must_use]
pub(super) fn read_only(rect: Rect, context: &mut Context) -> JsObject {
    make("DOMRectReadOnly", rect, context)
}

fn with<R>(this: &JsValue, f: impl FnOnce(&Cell<Rect>) -> R) -> JsResult<R> {
    let object = this.as_object();
    let data = object.as_ref().and_then(JsObject::downcast_ref::<RectObject>);
    data.map(|data| f(&data.0)).ok_or_else(|| type_error("Illegal invocation"))
}

fn number(value: &JsValue, context: &mut Context) -> JsResult<f64> {
    if value.is_undefined() { Ok(0.0) } else { value.to_number(context) }
}

fn of_arguments(args: &[JsValue], context: &mut Context) -> JsResult<Rect> {
    Ok(Rect {
        x: number(&arg(args, 0), context)?,
        y: number(&arg(args, 1), context)?,
        width: number(&arg(args, 2), context)?,
        height: number(&arg(args, 3), context)?,
    })
}

fn construct(interface: &str, target: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let prototype = new_target_prototype(target, interface, context)?;
    let rect = of_arguments(args, context)?;
    Ok(JsObject::from_proto_and_data(prototype, RectObject(Cell::new(rect))).into())
}

/// `fromRect({x, y, width, height})`.
fn from_rect(interface: &str, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let from = arg(args, 0);
    if !from.is_null_or_undefined() && !from.is_object() {
        return Err(type_error("The provided value is not of type 'DOMRectInit'."));
    }
    let mut members = Vec::new();
    // Web IDL reads a dictionary's members in the order of their names.
    for name in ["height", "width", "x", "y"] {
        members.push(member(&from, name, context)?);
    }
    members.reverse();
    let [y, x, width, height] = &members[..] else { return Err(type_error("Illegal invocation")) };
    let rect = of_arguments(&[x.clone(), y.clone(), width.clone(), height.clone()], context)?;
    Ok(make(interface, rect, context).into())
}

type Read = fn(Rect) -> f64;

/// Every member: a negative width or height runs to the left or up.
const MEMBERS: [(&str, Read); 8] = [
    ("x", |r| r.x),
    ("y", |r| r.y),
    ("width", |r| r.width),
    ("height", |r| r.height),
    ("top", |r| r.y.min(r.y + r.height)),
    ("right", |r| r.x.max(r.x + r.width)),
    ("bottom", |r| r.y.max(r.y + r.height)),
    ("left", |r| r.x.min(r.x + r.width)),
];

fn to_json(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let rect = with(this, Cell::get)?;
    let object = JsObject::with_object_proto(context.intrinsics());
    for (name, read) in MEMBERS {
        object.create_data_property(JsString::from(name), read(rect), context)?;
    }
    Ok(object.into())
}

macro_rules! getter {
    ($at:literal) => {
        |this: &JsValue, _: &[JsValue], _: &mut Context| Ok((MEMBERS[$at].1)(with(this, Cell::get)?).into())
    };
}

macro_rules! setter {
    ($field:ident) => {
        |this: &JsValue, args: &[JsValue], context: &mut Context| {
            let value = arg(args, 0).to_number(context)?;
            with(this, |cell| cell.set(Rect { $field: value, ..cell.get() }))?;
            Ok(JsValue::undefined())
        }
    };
}

const READ_ONLY: Interface = Interface {
    name: "DOMRectReadOnly",
    constructor: Some((|target, args, context| construct("DOMRectReadOnly", target, args, context), 0)),
    attributes: &[
        ("x", getter!(0), None),
        ("y", getter!(1), None),
        ("width", getter!(2), None),
        ("height", getter!(3), None),
        ("top", getter!(4), None),
        ("right", getter!(5), None),
        ("bottom", getter!(6), None),
        ("left", getter!(7), None),
    ],
    statics: &[("fromRect", |_, args, context| from_rect("DOMRectReadOnly", args, context), 0)],
    ..Interface::EMPTY
};

const RECT: Interface = Interface {
    name: "DOMRect",
    parent: Some("DOMRectReadOnly"),
    constructor: Some((|target, args, context| construct("DOMRect", target, args, context), 0)),
    statics: &[("fromRect", |_, args, context| from_rect("DOMRect", args, context), 0)],
    ..Interface::EMPTY
};

/// Installs both.
///
/// # Errors
/// What boa says; a bug.
pub fn install(context: &mut Context) -> JsResult<()> {
    install_interface(&READ_ONLY, context)?;
    define_method(&prototype("DOMRectReadOnly", context), "toJSON", to_json, 0, context);
    install_interface(&RECT, context)?;
    let target = prototype("DOMRect", context);
    let settable: [(&str, Native, Native); 4] = [
        ("x", getter!(0), setter!(x)),
        ("y", getter!(1), setter!(y)),
        ("width", getter!(2), setter!(width)),
        ("height", getter!(3), setter!(height)),
    ];
    for (name, get, set) in settable {
        define_accessor(&target, name, get, Some(set), context);
    }
    Ok(())
}
