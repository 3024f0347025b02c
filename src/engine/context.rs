//! Making a page's Context.

use std::rc::Rc;

use boa_engine::context::intrinsics::Intrinsics;
use boa_engine::realm::Realm;
use boa_engine::{Context, JsObject, JsResult};

use super::builtins::{self, math_random::Random};
use super::event_loop::{ErrorReporter, EventLoop};
use super::heap;
use super::jobs::{Hooks, Microtasks, RejectionReporter, Rejections};
use super::modules::Modules;
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
    let hooks = Hooks::new(parts.event_loop.clone(), rejections.clone(), parts.zone_offset_s, parts.make_global);
    let modules = Rc::new(Modules::default());
    let mut context = Context::builder()
        .clock(parts.event_loop.clock().clone())
        .host_hooks(Rc::new(hooks))
        .job_executor(Rc::new(Microtasks::new(parts.event_loop.clone(), rejections, modules.clone())))
        .module_loader(modules.clone())
        .build()?;
    parts.event_loop.set_reporter(parts.report_error);
    context.insert_data(modules);
    context.insert_data(parts.event_loop);
    context.insert_data(RejectionReporter(parts.report_rejection));
    let limits = context.runtime_limits_mut();
    limits.set_recursion_limit(RECURSION_DEPTH_MAX);
    limits.set_stack_size_limit(RECURSION_DEPTH_MAX * 40 + 10_240);
    builtins::install_all(&mut context, &parts.random)?;
    context.insert_data(parts.random);
    Ok(context)
}

/// Makes a realm beside the page's own, with our builtins and a global object that is made like the page's.
///
/// # Errors
/// What boa says; a bug.
pub fn new_realm(context: &mut Context) -> JsResult<(Realm, JsObject)> {
    let random = context.get_data::<Random>().cloned().unwrap_or_else(|| Random::from_seed(0));
    let realm = context.create_realm()?;
    let around = context.enter_realm(realm.clone());
    let installed = builtins::install_all(context, &random);
    let global = context.global_object();
    context.enter_realm(around);
    installed.map(|()| (realm, global))
}
