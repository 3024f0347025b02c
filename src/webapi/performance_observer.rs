//! PerformanceObserver ([Performance Timeline §4](https://w3c.github.io/performance-timeline/#the-performanceobserver-interface)):
//! told of marks and measures, in a task of its own under the cause of the first of them.

use std::cell::{Cell, RefCell};

use boa_engine::object::builtins::JsFunction;
use boa_engine::{Context, JsData, JsObject, JsResult, JsString, JsValue};
use boa_gc::{Finalize, GcRefCell, Trace};

use super::collection::function_arg;
use super::iterable::sequence;
use super::performance::{PerformanceObject, chosen, with_entry};
use crate::engine::convert::{arg, array, member, optional_text, require, string, text, type_error, value_text};
use crate::engine::event_loop::EventLoop;
use crate::engine::interface::{
    Interface, define_accessor, install as install_interface, new_target_prototype, prototype,
};

/// What can be observed.
const KINDS: [&str; 2] = ["mark", "measure"];

#[derive(Trace, Finalize, JsData)]
struct ObserverObject {
    callback: JsFunction,
    performance: JsObject,
    #[unsafe_ignore_trace]
    kinds: RefCell<Vec<String>>,
    waiting: GcRefCell<Vec<JsObject>>,
    #[unsafe_ignore_trace]
    is_queued: Cell<bool>,
}

#[derive(Trace, Finalize, JsData)]
struct ListObject(Vec<JsObject>);

/// Where an observer finds the timeline: in its realm.
#[derive(Clone, Trace, Finalize, JsData)]
struct Timeline(JsObject);

fn construct(new_target: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let prototype = new_target_prototype(new_target, "PerformanceObserver", context)?;
    let callback = function_arg(args, 0)?;
    let timeline = context.realm().host_defined().get::<Timeline>().cloned();
    let timeline = timeline.ok_or_else(|| type_error("Illegal invocation"))?;
    let data = ObserverObject {
        callback,
        performance: timeline.0.clone(),
        kinds: RefCell::default(),
        waiting: GcRefCell::default(),
        is_queued: Cell::new(false),
    };
    Ok(JsObject::from_proto_and_data(prototype, data).into())
}

fn with<R>(observer: &JsObject, f: impl FnOnce(&ObserverObject) -> R) -> JsResult<R> {
    observer.downcast_ref::<ObserverObject>().map(|data| f(&data)).ok_or_else(|| type_error("Illegal invocation"))
}

fn this_observer(this: &JsValue) -> JsResult<JsObject> {
    this.as_object().filter(JsObject::is::<ObserverObject>).ok_or_else(|| type_error("Illegal invocation"))
}

/// Runs `f` on the list of observers.
fn with_observers(observer: &JsObject, f: impl FnOnce(&mut Vec<JsObject>)) -> JsResult<()> {
    let performance = with(observer, |data| data.performance.clone())?;
    if let Some(data) = performance.downcast_ref::<PerformanceObject>() {
        f(&mut data.observers.borrow_mut());
    }
    Ok(())
}

fn observe(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let observer = this_observer(this)?;
    let options = arg(args, 0);
    let kind = member(&options, "type", context)?;
    let mut kinds = Vec::new();
    if kind.is_undefined() {
        let list = member(&options, "entryTypes", context)?.as_object();
        let list = list.map(|list| sequence(&list, context)).transpose()?.flatten();
        let list =
            list.ok_or_else(|| type_error("An observe() call must include either entryTypes or type arguments."))?;
        for kind in list {
            kinds.push(value_text(&kind, context)?);
        }
    } else {
        kinds.push(value_text(&kind, context)?);
        kinds.extend(with(&observer, |data| data.kinds.borrow().clone())?);
    }
    kinds.retain(|kind| KINDS.contains(&kind.as_str()));
    with(&observer, |data| data.kinds.replace(kinds))?;
    with_observers(&observer, |list| {
        if !list.iter().any(|other| JsObject::equals(other, &observer)) {
            list.push(observer.clone());
        }
    })?;
    if member(&options, "buffered", context)?.to_boolean() {
        let performance = with(&observer, |data| data.performance.clone())?;
        let method = performance.get(JsString::from("getEntries"), context)?.as_callable();
        let entries = method.map(|method| method.call(&performance.into(), &[], context)).transpose()?;
        let entries = entries.and_then(|entries| entries.as_object());
        for entry in entries.map(|list| sequence(&list, context)).transpose()?.flatten().unwrap_or_default() {
            if let Some(entry) = entry.as_object() {
                tell(&observer, &entry, context)?;
            }
        }
    }
    Ok(JsValue::undefined())
}

/// Tells an observer of a new entry, if it is for it.
///
/// # Errors
/// None: only observers and entries are handed in.
pub(super) fn tell(observer: &JsObject, entry: &JsObject, context: &mut Context) -> JsResult<()> {
    let kind = with_entry(&entry.clone().into(), |entry| entry.kind)?;
    let is_first = with(observer, |data| {
        let wanted = data.kinds.borrow().iter().any(|wanted| wanted == kind);
        if wanted {
            data.waiting.borrow_mut().push(entry.clone());
        }
        wanted && !data.is_queued.replace(true)
    })?;
    if is_first {
        let observer = observer.clone();
        EventLoop::of(context).queue(Box::new(move |context| deliver(&observer, context)));
    }
    Ok(())
}

fn deliver(observer: &JsObject, context: &mut Context) -> JsResult<()> {
    let (callback, entries) = with(observer, |data| {
        data.is_queued.set(false);
        (data.callback.clone(), std::mem::take(&mut *data.waiting.borrow_mut()))
    })?;
    if entries.is_empty() {
        return Ok(());
    }
    let list = JsObject::from_proto_and_data(prototype("PerformanceObserverEntryList", context), ListObject(entries));
    let this = JsValue::from(observer.clone());
    callback.call(&this, &[list.into(), this.clone()], context).map(drop)
}

fn disconnect(this: &JsValue, _: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    let observer = this_observer(this)?;
    with_observers(&observer, |list| list.retain(|other| !JsObject::equals(other, &observer)))?;
    with(&observer, |data| {
        data.waiting.borrow_mut().clear();
        data.kinds.borrow_mut().clear();
    })?;
    Ok(JsValue::undefined())
}

fn take_records(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let taken = with(&this_observer(this)?, |data| std::mem::take(&mut *data.waiting.borrow_mut()))?;
    Ok(array(taken.into_iter().map(JsValue::from), context))
}

fn listed(this: &JsValue, name: Option<&str>, kind: Option<&str>, context: &mut Context) -> JsResult<JsValue> {
    let object = this.as_object();
    let entries = object.as_ref().and_then(|object| object.downcast_ref::<ListObject>().map(|list| list.0.clone()));
    entries.map(|entries| chosen(&entries, name, kind, context)).ok_or_else(|| type_error("Illegal invocation"))
}

fn listed_by_name(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    require(args, 1)?;
    let (name, kind) = (text(args, 0, context)?, optional_text(args, 1, context)?);
    listed(this, Some(&name), kind.as_deref(), context)
}

fn listed_by_type(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    require(args, 1)?;
    let kind = text(args, 0, context)?;
    listed(this, None, Some(&kind), context)
}

const OBSERVER: Interface = Interface {
    name: "PerformanceObserver",
    constructor: Some((construct, 1)),
    methods: &[("observe", observe, 0), ("disconnect", disconnect, 0), ("takeRecords", take_records, 0)],
    ..Interface::EMPTY
};

const LIST: Interface = Interface {
    name: "PerformanceObserverEntryList",
    methods: &[
        ("getEntries", |this, _, context| listed(this, None, None, context), 0),
        ("getEntriesByName", listed_by_name, 1),
        ("getEntriesByType", listed_by_type, 1),
    ],
    ..Interface::EMPTY
};

/// Installs PerformanceObserver over the timeline of `performance`.
///
/// # Errors
/// What boa says; a bug.
pub(super) fn install(performance: &JsObject, context: &mut Context) -> JsResult<()> {
    context.realm().host_defined_mut().insert(Timeline(performance.clone()));
    install_interface(&OBSERVER, context)?;
    install_interface(&LIST, context)?;
    let constructor = prototype("PerformanceObserver", context).get(JsString::from("constructor"), context)?;
    if let Some(constructor) = constructor.as_object() {
        let kinds = |_: &JsValue, _: &[JsValue], context: &mut Context| Ok(array(KINDS.map(string), context));
        define_accessor(&constructor, "supportedEntryTypes", kinds, None, context);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::webapi::testing::check;

    #[test]
    fn told_in_a_task() {
        check(
            "performance.mark('early'); var o = new PerformanceObserver(function (list, self) {
               log(list.getEntries().map(function (e) { return e.name }), self === o, this === o) });
             o.observe({entryTypes: ['mark', 'longtask']}); performance.mark('a'); performance.measure('m'); performance.mark('b'); log('now');
             setTimeout(function () { o.disconnect(); performance.mark('c') }, 1)",
            "now\na,b true true",
        );
        check(
            "performance.mark('early'); var o = new PerformanceObserver(function (list) { log(list.getEntriesByType('mark')[0].name) }); \
             o.observe({type: 'mark', buffered: true}); log(o.takeRecords().length); performance.mark('x')",
            "1\nx",
        );
        check("PerformanceObserver.supportedEntryTypes.join()", "mark,measure");
        check(
            "new PerformanceObserver(log).observe({})",
            "TypeError: An observe() call must include either entryTypes or type arguments.",
        );
    }
}
