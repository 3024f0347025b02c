//! MutationObserver and MutationRecord ([DOM §4.3](https://dom.spec.whatwg.org/#mutation-observers)), over
//! [`crate::dom::observe`].
//!
//! Callbacks run in one microtask, in the order in which their observers were made, each under the cause of the first
//! change that it is told of. An observer outlives the script's last reference to it as long as a node it observes.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

use boa_engine::property::Attribute;
use boa_engine::{Context, JsData, JsObject, JsResult, JsString, JsValue};
use boa_gc::{Finalize, Gc, GcRefCell, Trace};

use super::collection::static_list;
use super::iterable::sequence;
use super::slot_element;
use super::wrap::{node_arg, wrap, wrap_or_null};
use crate::dom::observe::{self, Change, Joined, Observer, ObserverQueue, Options, Record};
use crate::dom::{NodeRef, ScriptSlot, ns};
use crate::engine::convert::{arg, array, member, string, string_or_null, type_error, value_text};
use crate::engine::event_loop::EventLoop;
use crate::engine::interface::{Interface, define_value, install, new_target_prototype, prototype};
use crate::engine::jobs::Microtasks;
use crate::event::Cause;

/// The observers of a context that have something to tell, with the causes of the first changes they were told of.
struct Pending {
    queue: Gc<ObserverQueue>,
    causes: Rc<RefCell<Vec<Option<Cause>>>>,
    /// The same of slots.
    slot_causes: Rc<RefCell<Vec<Option<Cause>>>>,
}

/// A microtask that tells them is queued, until this goes.
struct Queued(Rc<Cell<bool>>);

impl Drop for Queued {
    fn drop(&mut self) {
        self.0.set(false);
    }
}

#[derive(Trace, Finalize, JsData)]
struct ObserverObject(Gc<Observer>);

/// What the script side keeps on an observer.
#[derive(Trace, Finalize)]
struct ObserverScript {
    object: JsObject,
    callback: JsObject,
}

impl ScriptSlot for ObserverScript {
    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// The native data of a record.
#[derive(Trace, Finalize, JsData)]
struct RecordObject {
    record: Record,
    added: GcRefCell<Option<JsObject>>,
    removed: GcRefCell<Option<JsObject>>,
}

/// The queue of this context; whatever joins it has a microtask tell it.
pub(super) fn queue_of(context: &mut Context) -> Gc<ObserverQueue> {
    if let Some(pending) = context.get_data::<Pending>() {
        return pending.queue.clone();
    }
    let causes: Rc<RefCell<Vec<Option<Cause>>>> = Rc::default();
    let slot_causes: Rc<RefCell<Vec<Option<Cause>>>> = Rc::default();
    let is_queued: Rc<Cell<bool>> = Rc::default();
    let event_loop = EventLoop::of(context);
    let microtasks = context.downcast_job_executor::<Microtasks>().as_ref().map(Rc::downgrade).unwrap_or_default();
    let (noted, noted_of_slots) = (causes.clone(), slot_causes.clone());
    let notify = move |joined: Joined| {
        let noted = if joined == Joined::Slot { &noted_of_slots } else { &noted };
        noted.borrow_mut().push(event_loop.cause());
        if let Some(microtasks) = microtasks.upgrade()
            && !is_queued.replace(true)
        {
            let queued = Queued(is_queued.clone());
            microtasks.queue(Box::new(move |context| {
                drop(queued);
                tell(context);
                Ok(())
            }));
        }
    };
    let queue = ObserverQueue::new(Box::new(notify));
    context.insert_data(Pending { queue: queue.clone(), causes, slot_causes });
    queue
}

/// Tells every observer what it has (DOM, "notify mutation observers").
fn tell(context: &mut Context) {
    let Some(pending) = context.get_data::<Pending>() else { return };
    let mut due: Vec<_> = pending.queue.take().into_iter().zip(pending.causes.take()).collect();
    due.sort_by_key(|(observer, _)| observer.order);
    let slots: Vec<_> = pending.queue.take_signals().into_iter().zip(pending.slot_causes.take()).collect();
    let event_loop = EventLoop::of(context);
    for (observer, cause) in due {
        let records = observer.take_records();
        observe::end_transients(&observer);
        let script = observer.slot.borrow().as_ref().and_then(|slot| {
            let script = slot.as_any().downcast_ref::<ObserverScript>();
            script.map(|script| (script.object.clone(), script.callback.clone()))
        });
        if let Some((object, callback)) = script.filter(|_| !records.is_empty()) {
            let records = record_array(records, context);
            let this = JsValue::from(object);
            event_loop.with_cause(cause, || event_loop.call(&callback, &this, &[records, this.clone()], context));
        }
    }
    for (slot, cause) in slots {
        event_loop.with_cause(cause, || slot_element::tell(&slot, context));
    }
}

fn record_array(records: Vec<Record>, context: &mut Context) -> JsValue {
    let target = prototype("MutationRecord", context);
    let objects: Vec<JsValue> = records
        .into_iter()
        .map(|record| RecordObject { record, added: GcRefCell::default(), removed: GcRefCell::default() })
        .map(|data| JsObject::from_proto_and_data(target.clone(), data).into())
        .collect();
    array(objects, context)
}

fn construct(new_target: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let target = new_target_prototype(new_target, "MutationObserver", context)?;
    let Some(callback) = arg(args, 0).as_callable() else {
        return Err(type_error("parameter 1 is not of type 'Function'"));
    };
    let observer = Observer::new(&queue_of(context));
    let object = JsObject::from_proto_and_data(target, ObserverObject(observer.clone()));
    *observer.slot.borrow_mut() = Some(Box::new(ObserverScript { object: object.clone(), callback }));
    Ok(object.into())
}

fn this_observer(this: &JsValue) -> JsResult<Gc<Observer>> {
    let object = this.as_object();
    let data = object.as_ref().and_then(JsObject::downcast_ref::<ObserverObject>);
    data.map(|data| data.0.clone()).ok_or_else(|| type_error("Illegal invocation"))
}

/// Reads MutationObserverInit; a member that is missing is `None`.
fn options_arg(value: &JsValue, context: &mut Context) -> JsResult<Options> {
    if !value.is_null_or_undefined() && !value.is_object() {
        return Err(type_error("parameter 2 is not of type 'MutationObserverInit'"));
    }
    let attribute_filter = filter_of(&member(value, "attributeFilter", context)?, context)?;
    let mut flag = |name: &str| -> JsResult<Option<bool>> {
        let value = member(value, name, context)?;
        Ok((!value.is_undefined()).then(|| value.to_boolean()))
    };
    let (attribute_old_value, attributes) = (flag("attributeOldValue")?, flag("attributes")?);
    let (character_data, character_data_old_value) = (flag("characterData")?, flag("characterDataOldValue")?);
    let (child_list, subtree) = (flag("childList")?, flag("subtree")?);
    let options = Options {
        child_list: child_list.unwrap_or(false),
        attributes: attributes.unwrap_or(attribute_old_value.is_some() || attribute_filter.is_some()),
        character_data: character_data.unwrap_or(character_data_old_value.is_some()),
        subtree: subtree.unwrap_or(false),
        attribute_old_value: attribute_old_value.unwrap_or(false),
        character_data_old_value: character_data_old_value.unwrap_or(false),
        attribute_filter,
    };
    let message = if !(options.child_list || options.attributes || options.character_data) {
        "The options object must set at least one of 'attributes', 'characterData', or 'childList' to true."
    } else if options.attribute_old_value && !options.attributes {
        "The options object may only set 'attributeOldValue' to true when 'attributes' is true or not present."
    } else if options.attribute_filter.is_some() && !options.attributes {
        "The options object may only set 'attributeFilter' when 'attributes' is true or not present."
    } else if options.character_data_old_value && !options.character_data {
        "The options object may only set 'characterDataOldValue' to true when 'characterData' is true or not present."
    } else {
        return Ok(options);
    };
    Err(type_error(message))
}

fn filter_of(value: &JsValue, context: &mut Context) -> JsResult<Option<Vec<Box<str>>>> {
    if value.is_undefined() {
        return Ok(None);
    }
    let items = value.as_object().map(|object| sequence(&object, context)).transpose()?.flatten();
    let items = items.ok_or_else(|| type_error("attributeFilter cannot be converted to a sequence."))?;
    let names = items.iter().map(|item| value_text(item, context).map(Into::into));
    names.collect::<JsResult<Vec<Box<str>>>>().map(Some)
}

fn observe_native(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let (observer, target) = (this_observer(this)?, node_arg(args, 0)?);
    observe::observe(&observer, &target, options_arg(&arg(args, 1), context)?);
    Ok(JsValue::undefined())
}

fn disconnect(this: &JsValue, _: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    observe::disconnect(&this_observer(this)?);
    Ok(JsValue::undefined())
}

fn take_records(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let records = this_observer(this)?.take_records();
    Ok(record_array(records, context))
}

const OBSERVER: Interface = Interface {
    name: "MutationObserver",
    constructor: Some((construct, 1)),
    methods: &[("observe", observe_native, 1), ("disconnect", disconnect, 0), ("takeRecords", take_records, 0)],
    ..Interface::EMPTY
};

fn record_of<R>(this: &JsValue, f: impl FnOnce(&RecordObject) -> R) -> JsResult<R> {
    let object = this.as_object();
    let data = object.as_ref().and_then(JsObject::downcast_ref::<RecordObject>);
    data.map(|data| f(&data)).ok_or_else(|| type_error("Illegal invocation"))
}

fn kind(this: &JsValue, _: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    let name = record_of(this, |data| match data.record.change {
        Change::ChildList { .. } => "childList",
        Change::Attribute { .. } => "attributes",
        Change::CharacterData => "characterData",
    })?;
    Ok(string(name))
}

fn target(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let node = record_of(this, |data| data.record.target.clone())?;
    Ok(wrap(&node, context).into())
}

/// `addedNodes` and `removedNodes`: the same list at every call.
fn nodes(this: &JsValue, is_added: bool, context: &mut Context) -> JsResult<JsValue> {
    let slot = |data: &RecordObject| if is_added { data.added.borrow().clone() } else { data.removed.borrow().clone() };
    if let Some(made) = record_of(this, slot)? {
        return Ok(made.into());
    }
    let nodes: Vec<NodeRef> = record_of(this, |data| match &data.record.change {
        Change::ChildList { added, .. } if is_added => added.clone(),
        Change::ChildList { removed, .. } => removed.clone(),
        _ => Vec::new(),
    })?;
    let made = static_list(&nodes, context);
    record_of(this, |data| {
        *(if is_added { &data.added } else { &data.removed }).borrow_mut() = Some(made.clone());
    })?;
    Ok(made.into())
}

fn sibling(this: &JsValue, is_next: bool, context: &mut Context) -> JsResult<JsValue> {
    let node = record_of(this, |data| match &data.record.change {
        Change::ChildList { next, .. } if is_next => next.clone(),
        Change::ChildList { previous, .. } => previous.clone(),
        _ => None,
    })?;
    Ok(wrap_or_null(node, context))
}

fn attribute_name(this: &JsValue, _: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    record_of(this, |data| match &data.record.change {
        Change::Attribute { name, .. } => string(name),
        _ => JsValue::null(),
    })
}

fn attribute_namespace(this: &JsValue, _: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    record_of(this, |data| match &data.record.change {
        Change::Attribute { namespace, .. } if *namespace != ns!() => string(namespace),
        _ => JsValue::null(),
    })
}

const RECORD: Interface = Interface {
    name: "MutationRecord",
    attributes: &[
        ("type", kind, None),
        ("target", target, None),
        ("addedNodes", |this, _, context| nodes(this, true, context), None),
        ("removedNodes", |this, _, context| nodes(this, false, context), None),
        ("previousSibling", |this, _, context| sibling(this, false, context), None),
        ("nextSibling", |this, _, context| sibling(this, true, context), None),
        ("attributeName", attribute_name, None),
        ("attributeNamespace", attribute_namespace, None),
        ("oldValue", |this, _, _| record_of(this, |data| string_or_null(data.record.old_value.clone())), None),
    ],
    ..Interface::EMPTY
};

/// Installs both, and the name under which WebKit had the first.
///
/// # Errors
/// What boa says; a bug.
pub fn install_mutation_observer(context: &mut Context) -> JsResult<()> {
    install(&OBSERVER, context)?;
    install(&RECORD, context)?;
    let global = context.global_object();
    let constructor = global.get(JsString::from("MutationObserver"), context)?;
    define_value(&global, "WebKitMutationObserver", constructor, Attribute::WRITABLE | Attribute::CONFIGURABLE);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::event::Cause;
    use crate::webapi::testing::{check, check_caused, check_page};

    #[test]
    fn a_change_is_told_under_its_own_cause() {
        let cause = Cause { stimulus: "s1".into(), user: None };
        let script = "new MutationObserver(function () { log('told', cause()); }).observe(document, {childList: true});
            after(5, function () { log('timer', cause()); document.appendChild(document.createComment('')); });";
        check_caused(cause, script, "timer s1\ntold s1");
    }

    #[test]
    fn what_a_callback_throws_is_reported_and_the_others_run() {
        let script = "new MutationObserver(function () { throw 1; }).observe(document, {childList: true});
            new MutationObserver(function () { out('told'); }).observe(document, {childList: true});
            document.appendChild(document.createComment(''));";
        check_page("", script, "told\nfault.uncaught Uncaught 1 http://demo.test/test.js:1");
    }

    #[test]
    fn records_of_detached_trees_arrive() {
        let script = "var d = document.createElement('p');
            new MutationObserver(function (list) { log(list.length + d.innerHTML); }).observe(d, {childList: true});
            d.innerHTML = '<i></i>'; d.textContent = 'x';";
        check(script, "2x");
    }
}
