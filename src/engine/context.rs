//! Making a page's Context.

use std::cell::RefCell;
use std::rc::Rc;

use boa_engine::builtins::function::OrdinaryFunction;
use boa_engine::context::intrinsics::Intrinsics;
use boa_engine::property::PropertyDescriptor;
use boa_engine::realm::Realm;
use boa_engine::{Context, JsObject, JsResult, JsValue};

use super::builtins::{self, math_random::Random};
use super::event_loop::{ErrorReporter, EventLoop};
use super::heap;
use super::jobs::{Hooks, Microtasks, RejectionReporter, Rejections};
use super::modules::Loader;
use crate::base::limits::RECURSION_DEPTH_MAX;

/// What a context is made of.
pub struct Parts {
    /// The page's loop; it outlives a document's context.
    pub event_loop: Rc<EventLoop>,
    /// The page's random numbers, which go on over navigations.
    pub random: Random,
    /// The zone, in seconds east of UTC.
    pub zone_offset_s: i32,
    /// Makes the global object.
    pub make_global: fn(&Intrinsics) -> JsObject,
    /// Reports errors nobody caught.
    pub report_error: ErrorReporter,
    /// Reports rejections nobody handled.
    pub report_rejection: fn(&JsObject, &mut Context),
}

/// Makes a context with our clock, loop, hooks and builtins.
///
/// # Errors
/// What boa says; a bug.
pub fn build(parts: Parts) -> JsResult<Context> {
    heap::raise_threshold();
    let rejections = Rc::new(Rejections::default());
    let next_global = NextGlobal::default();
    let hooks = Hooks::new(
        parts.event_loop.clone(),
        rejections.clone(),
        parts.zone_offset_s,
        parts.make_global,
        next_global.clone(),
    );
    let loader = Rc::new(Loader::default());
    let mut context = Context::builder()
        .clock(parts.event_loop.clock().clone())
        .host_hooks(Rc::new(hooks))
        .job_executor(Rc::new(Microtasks::new(parts.event_loop.clone(), rejections, loader.clone())))
        .module_loader(loader.clone())
        .build()?;
    parts.event_loop.set_reporter(parts.report_error);
    context.insert_data(loader);
    context.insert_data(next_global);
    context.insert_data(PageRealm(context.realm().clone()));
    context.insert_data(parts.event_loop);
    context.insert_data(RejectionReporter(parts.report_rejection));
    let limits = context.runtime_limits_mut();
    limits.set_recursion_limit(RECURSION_DEPTH_MAX);
    limits.set_stack_size_limit(RECURSION_DEPTH_MAX * 40 + 10_240);
    builtins::install_all(&mut context, &parts.random)?;
    context.insert_data(parts.random);
    Ok(context)
}

/// The page's own realm.
struct PageRealm(Realm);

/// The page's own realm, whichever the context is in.
#[must_use]
pub fn page_realm(context: &Context) -> Realm {
    context.get_data::<PageRealm>().map_or_else(|| context.realm().clone(), |page| page.0.clone())
}

/// The object that the next realm takes for its global object, where it is not to make one.
#[derive(Clone, Default)]
pub(super) struct NextGlobal(pub(super) Rc<RefCell<Option<JsObject>>>);

/// Makes a realm beside the page's own, with our builtins and a global object that is made like the page's; or `global`,
/// which had another realm before: its own properties go.
///
/// # Errors
/// What boa says; a bug.
pub fn new_realm(global: Option<JsObject>, context: &mut Context) -> JsResult<Realm> {
    if let Some(global) = &global {
        wipe(global, context)?;
    }
    let random = context.get_data::<Random>().cloned().unwrap_or_else(|| Random::from_seed(0));
    let next = context.get_data::<NextGlobal>().cloned().unwrap_or_default();
    *next.0.borrow_mut() = global;
    let realm = context.create_realm()?;
    in_realm(&realm, context, |context| builtins::install_all(context, &random))?;
    Ok(realm)
}

/// Takes every own property of an object away, also those that scripts may not delete.
fn wipe(object: &JsObject, context: &mut Context) -> JsResult<()> {
    for key in object.own_property_keys(context)? {
        let free = PropertyDescriptor::builder().value(JsValue::undefined()).writable(true).configurable(true);
        object.insert_property(key.clone(), free.enumerable(false));
        object.delete_property_or_throw(key, context)?;
    }
    Ok(())
}

/// Runs `f` with the context in a realm.
pub fn in_realm<R>(realm: &Realm, context: &mut Context, f: impl FnOnce(&mut Context) -> R) -> R {
    let around = context.enter_realm(realm.clone());
    let result = f(context);
    context.enter_realm(around);
    result
}

/// The realm of a function that a script wrote; of others it is not known.
#[must_use]
pub fn function_realm(function: &JsObject) -> Option<Realm> {
    function.downcast_ref::<OrdinaryFunction>().map(|function| function.realm().clone())
}
