//! `performance` ([High Resolution Time §7](https://w3c.github.io/hr-time/#sec-performance), [User
//! Timing](https://w3c.github.io/user-timing/), [Navigation Timing](https://w3c.github.io/navigation-timing/)): the
//! page's clock, and the marks and measures that the page makes itself.
//!
//! Loading takes no page time, so every moment of `timing` is the clock's start. Requests leave no entries; the one of
//! the navigation is not made either. Observers are in [`super::performance_observer`].

use boa_engine::property::Attribute;
use boa_engine::{Context, JsData, JsNativeError, JsObject, JsResult, JsString, JsValue};
use boa_gc::{Finalize, GcRefCell, Trace};

use super::exception::dom_exception;
use super::performance_observer;
use super::structured_clone::structured_clone;
use super::target::Listeners;
use crate::base::limits::PERFORMANCE_ENTRIES_MAX;
use crate::engine::convert::{arg, array, member, optional_text, require, string, text, type_error, value_text};
use crate::engine::event_loop::EventLoop;
use crate::engine::interface::{Interface, define_value, install as install_interface, prototype};

/// The native data of `performance`.
#[derive(Trace, Finalize, JsData, Default)]
pub struct PerformanceObject {
    /// Its listeners.
    pub listeners: Listeners,
    entries: GcRefCell<Vec<JsObject>>,
    /// Who is told of new entries.
    pub(super) observers: GcRefCell<Vec<JsObject>>,
}

/// The native data of an entry.
#[derive(Trace, Finalize, JsData)]
pub(super) struct EntryObject {
    pub name: String,
    /// `mark` or `measure`
    #[unsafe_ignore_trace]
    pub kind: &'static str,
    start: f64,
    duration: f64,
    detail: JsValue,
}

/// Milliseconds of page time since the page's clock started.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "page time in ms is far below 2^53")]
pub fn performance_now(context: &Context) -> f64 {
    EventLoop::of(context).clock().since_start() as f64
}

/// Page time at which the clock started, in ms since the epoch.
#[expect(clippy::cast_precision_loss, reason = "page time in ms is far below 2^53")]
fn time_origin(context: &Context) -> f64 {
    EventLoop::of(context).clock().start() as f64
}

/// The moments of `performance.timing`.
const MOMENTS: [&str; 19] = [
    "navigationStart",
    "unloadEventStart",
    "unloadEventEnd",
    "fetchStart",
    "domainLookupStart",
    "domainLookupEnd",
    "connectStart",
    "connectEnd",
    "secureConnectionStart",
    "requestStart",
    "responseStart",
    "responseEnd",
    "domLoading",
    "domInteractive",
    "domContentLoadedEventStart",
    "domContentLoadedEventEnd",
    "domComplete",
    "loadEventStart",
    "loadEventEnd",
];

fn timing(_: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let start = time_origin(context);
    let timing = JsObject::with_object_proto(context.intrinsics());
    for name in MOMENTS {
        timing.create_data_property(JsString::from(name), start, context)?;
    }
    Ok(timing.into())
}

/// A navigation by address, without redirects.
fn navigation(_: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let navigation = JsObject::with_object_proto(context.intrinsics());
    for name in ["type", "redirectCount"] {
        navigation.create_data_property(JsString::from(name), 0, context)?;
    }
    Ok(navigation.into())
}

fn with<R>(this: &JsValue, f: impl FnOnce(&PerformanceObject) -> R) -> JsResult<R> {
    let object = this.as_object();
    let data = object.as_ref().and_then(|object| object.downcast_ref::<PerformanceObject>());
    data.map(|data| f(&data)).ok_or_else(|| type_error("Illegal invocation"))
}

pub(super) fn with_entry<R>(entry: &JsValue, f: impl FnOnce(&EntryObject) -> R) -> JsResult<R> {
    let object = entry.as_object();
    let data = object.as_ref().and_then(|object| object.downcast_ref::<EntryObject>());
    data.map(|data| f(&data)).ok_or_else(|| type_error("Illegal invocation"))
}

/// Makes an entry, keeps it and tells the observers.
fn add(this: &JsValue, entry: EntryObject, context: &mut Context) -> JsResult<JsValue> {
    let interface = if entry.kind == "mark" { "PerformanceMark" } else { "PerformanceMeasure" };
    let entry = JsObject::from_proto_and_data(prototype(interface, context), entry);
    with(this, |data| {
        let mut entries = data.entries.borrow_mut();
        if entries.len() >= PERFORMANCE_ENTRIES_MAX {
            entries.remove(0);
        }
        entries.push(entry.clone());
    })?;
    let observers = with(this, |data| data.observers.borrow().clone())?;
    for observer in observers {
        performance_observer::tell(&observer, &entry, context)?;
    }
    Ok(entry.into())
}

/// An argument that is a name; one that a moment of `timing` has is taken.
fn mark_name(args: &[JsValue], context: &mut Context) -> JsResult<String> {
    require(args, 1)?;
    let name = text(args, 0, context)?;
    if MOMENTS.contains(&name.as_str()) {
        let message =
            format!("'{name}' is part of the PerformanceTiming interface, and cannot be used as a mark name.");
        return Err(dom_exception("SyntaxError", &message, context));
    }
    Ok(name)
}

fn mark(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let name = mark_name(args, context)?;
    let options = arg(args, 1);
    let start = member(&options, "startTime", context)?;
    let start = if start.is_undefined() { performance_now(context) } else { start.to_number(context)? };
    if start < 0.0 {
        return Err(type_error("'startTime' cannot be negative."));
    }
    let detail = detail_of(&options, context)?;
    add(this, EntryObject { name, kind: "mark", start, duration: 0.0, detail }, context)
}

fn detail_of(options: &JsValue, context: &mut Context) -> JsResult<JsValue> {
    let detail = member(options, "detail", context)?;
    if detail.is_null_or_undefined() { Ok(JsValue::null()) } else { structured_clone(&detail, context) }
}

/// A moment: a number, the last mark of a name, or one of `timing`
/// ([convert a mark to a timestamp](https://w3c.github.io/user-timing/#convert-a-mark-to-a-timestamp)).
fn moment(this: &JsValue, value: &JsValue, context: &mut Context) -> JsResult<f64> {
    if value.is_number() {
        let time = value.to_number(context)?;
        return if time < 0.0 { Err(type_error("A time stamp cannot be negative.")) } else { Ok(time) };
    }
    let name = value_text(value, context)?;
    if MOMENTS.contains(&name.as_str()) {
        return Ok(0.0);
    }
    let found = with(this, |data| {
        let entries = data.entries.borrow();
        let marks = entries.iter().rev().filter_map(|entry| entry.downcast_ref::<EntryObject>());
        marks.filter(|entry| entry.kind == "mark" && entry.name == name).map(|entry| entry.start).next()
    })?;
    match found {
        Some(time) => Ok(time),
        None => Err(dom_exception("SyntaxError", &format!("The mark '{name}' does not exist."), context)),
    }
}

fn measure(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    require(args, 1)?;
    let name = text(args, 0, context)?;
    let options = arg(args, 1);
    let is_options = options.is_object();
    let (start, end, duration) = match is_options {
        true => (
            member(&options, "start", context)?,
            member(&options, "end", context)?,
            member(&options, "duration", context)?,
        ),
        false => (options.clone(), arg(args, 2), JsValue::undefined()),
    };
    let length = if duration.is_undefined() { None } else { Some(duration.to_number(context)?) };
    let is_given = |value: &JsValue| !value.is_undefined();
    if is_given(&start) && is_given(&end) && length.is_some() {
        return Err(type_error("A measure takes no duration beside a start and an end."));
    }
    let end_at = if is_given(&end) { Some(moment(this, &end, context)?) } else { None };
    let start_at = if is_given(&start) { Some(moment(this, &start, context)?) } else { None };
    let (start, end) = match (start_at, end_at, length) {
        (Some(start), None, Some(length)) => (start, start + length),
        (None, Some(end), Some(length)) => (end - length, end),
        (start, end, _) => (start.unwrap_or(0.0), end.unwrap_or_else(|| performance_now(context))),
    };
    let detail = if is_options { detail_of(&options, context)? } else { JsValue::null() };
    add(this, EntryObject { name, kind: "measure", start, duration: end - start, detail }, context)
}

fn clear(this: &JsValue, args: &[JsValue], kind: &str, context: &mut Context) -> JsResult<JsValue> {
    let name = optional_text(args, 0, context)?;
    with(this, |data| {
        data.entries.borrow_mut().retain(|entry| {
            let goes = |entry: &EntryObject| entry.kind == kind && name.as_ref().is_none_or(|name| entry.name == *name);
            !entry.downcast_ref::<EntryObject>().is_some_and(|entry| goes(&entry))
        });
    })?;
    Ok(JsValue::undefined())
}

/// Those of `entries` that have this name and type, by start time.
pub(super) fn chosen(entries: &[JsObject], name: Option<&str>, kind: Option<&str>, context: &mut Context) -> JsValue {
    let mut found: Vec<(f64, JsObject)> = entries
        .iter()
        .filter_map(|object| {
            let entry = object.downcast_ref::<EntryObject>()?;
            let fits = name.is_none_or(|name| entry.name == name) && kind.is_none_or(|kind| entry.kind == kind);
            fits.then(|| (entry.start, object.clone()))
        })
        .collect();
    found.sort_by(|(a, _), (b, _)| a.total_cmp(b));
    array(found.into_iter().map(|(_, entry)| entry.into()), context)
}

fn get_entries(this: &JsValue, name: Option<&str>, kind: Option<&str>, context: &mut Context) -> JsResult<JsValue> {
    let entries = with(this, |data| data.entries.borrow().clone())?;
    Ok(chosen(&entries, name, kind, context))
}

fn entries_by_name(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    require(args, 1)?;
    let (name, kind) = (text(args, 0, context)?, optional_text(args, 1, context)?);
    get_entries(this, Some(&name), kind.as_deref(), context)
}

fn entries_by_type(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    require(args, 1)?;
    let kind = text(args, 0, context)?;
    get_entries(this, None, Some(&kind), context)
}

/// What an object's attributes are, as a plain object.
fn to_json(this: &JsValue, names: &[&'static str], context: &mut Context) -> JsResult<JsValue> {
    let json = JsObject::with_object_proto(context.intrinsics());
    for name in names {
        let value = member(this, name, context)?;
        json.create_data_property(JsString::from(*name), value, context)?;
    }
    Ok(json.into())
}

const PERFORMANCE: Interface = Interface {
    name: "Performance",
    parent: Some("EventTarget"),
    attributes: &[
        ("timing", timing, None),
        ("navigation", navigation, None),
        ("timeOrigin", |_, _, context| Ok(time_origin(context).into()), None),
    ],
    methods: &[
        ("now", |_, _, context| Ok(performance_now(context).into()), 0),
        ("mark", mark, 1),
        ("measure", measure, 1),
        ("clearMarks", |this, args, context| clear(this, args, "mark", context), 0),
        ("clearMeasures", |this, args, context| clear(this, args, "measure", context), 0),
        ("getEntries", |this, _, context| get_entries(this, None, None, context), 0),
        ("getEntriesByName", entries_by_name, 1),
        ("getEntriesByType", entries_by_type, 1),
        ("clearResourceTimings", |_, _, _| Ok(JsValue::undefined()), 0),
        ("setResourceTimingBufferSize", |_, _, _| Ok(JsValue::undefined()), 1),
        ("toJSON", |this, _, context| to_json(this, &["timeOrigin", "timing", "navigation"], context), 0),
    ],
    ..Interface::EMPTY
};

const ENTRY: Interface = Interface {
    name: "PerformanceEntry",
    attributes: &[
        ("name", |this, _, _| with_entry(this, |entry| string(&entry.name)), None),
        ("entryType", |this, _, _| with_entry(this, |entry| string(entry.kind)), None),
        ("startTime", |this, _, _| with_entry(this, |entry| entry.start.into()), None),
        ("duration", |this, _, _| with_entry(this, |entry| entry.duration.into()), None),
    ],
    methods: &[(
        "toJSON",
        |this, _, context| to_json(this, &["name", "entryType", "startTime", "duration", "detail"], context),
        0,
    )],
    ..Interface::EMPTY
};

/// `new PerformanceMark(name)`: a mark that is not on the timeline.
fn construct_mark(new_target: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    if new_target.is_undefined() {
        return Err(JsNativeError::typ().with_message("PerformanceMark cannot be invoked without 'new'").into());
    }
    let name = mark_name(args, context)?;
    let detail = detail_of(&arg(args, 1), context)?;
    let start = performance_now(context);
    let entry = EntryObject { name, kind: "mark", start, duration: 0.0, detail };
    Ok(JsObject::from_proto_and_data(prototype("PerformanceMark", context), entry).into())
}

/// Installs `performance`, after EventTarget.
///
/// # Errors
/// What boa says; a bug.
pub fn install(context: &mut Context) -> JsResult<()> {
    const MARK: Interface = Interface {
        name: "PerformanceMark",
        parent: Some("PerformanceEntry"),
        constructor: Some((construct_mark, 1)),
        attributes: &[("detail", |this, _, _| with_entry(this, |entry| entry.detail.clone()), None)],
        ..Interface::EMPTY
    };
    const MEASURE: Interface = Interface { name: "PerformanceMeasure", constructor: None, ..MARK };
    for table in [&PERFORMANCE, &ENTRY, &MARK, &MEASURE] {
        install_interface(table, context)?;
    }
    let performance = JsObject::from_proto_and_data(prototype("Performance", context), PerformanceObject::default());
    define_value(&context.global_object(), "performance", performance.clone(), Attribute::all());
    performance_observer::install(&performance, context)
}

#[cfg(test)]
mod tests {
    use crate::webapi::testing::{check, check_page};

    #[test]
    fn the_clock() {
        check_page(
            "",
            "out([performance.now(), performance.timing.navigationStart, performance.timeOrigin === Date.now(), \
             performance.navigation.type, performance.toJSON().timing.domComplete])",
            "0,1577836800000,true,0,1577836800000",
        );
        check_page("", "setTimeout(function () { out(performance.now()) }, 25); out(1)", "1|25");
    }

    #[test]
    fn marks_and_measures() {
        check(
            "var m = performance.mark('a'); setTimeout(function () { performance.mark('b', {detail: {x: 1}});
               var d = performance.measure('d', 'a', 'b'), e = performance.measure('e', {start: 2, duration: 3, detail: 1});
               log(m.name, m.entryType, m.startTime, m.duration, m.detail, String(m));
               log(d.startTime, d.duration, e.startTime, e.duration, e.detail, performance.measure('z').duration);
               log(performance.getEntries().map(function (x) { return x.name }), performance.getEntriesByType('mark').length,
                   performance.getEntriesByName('b')[0].detail.x, performance.getEntriesByName('b', 'measure').length);
               log(JSON.stringify(d)); performance.clearMarks('a'); performance.clearMeasures(); log(performance.getEntries().length) }, 7)",
            "a mark 0 0  [object PerformanceMark]\n0 7 2 3 1 7\na,d,z,e,b 2 1 0\n\
             {\"name\":\"d\",\"entryType\":\"measure\",\"startTime\":0,\"duration\":7,\"detail\":null}\n1",
        );
        check("try { performance.measure('x', 'nope') } catch (e) { log(e.name) }", "SyntaxError");
        check("performance.measure('x', 'navigationStart').startTime", "0");
        check("for (var i = 0; i < 10010; i++) performance.mark('m'); performance.getEntries().length", "10000");
    }
}
