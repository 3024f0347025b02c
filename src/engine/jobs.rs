//! boa's job executor and host hooks, over the event loop.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

use boa_engine::builtins::promise::{OperationType, Promise};
use boa_engine::context::HostHooks;
use boa_engine::context::intrinsics::Intrinsics;
use boa_engine::job::{GenericJob, Job, JobCallback, JobExecutor, NativeAsyncJob, PromiseJob};
use boa_engine::object::builtins::JsFunction;
use boa_engine::realm::Realm;
use boa_engine::{Context, JsData, JsNativeError, JsObject, JsResult, JsString, JsValue};
use boa_gc::{Finalize, Trace};

use super::context::{NextGlobal, in_realm};
use super::event_loop::{EventLoop, Work};
use super::modules::{self, Loader};
use crate::base::interrupt;
use crate::base::limits::CODE_NESTING_MAX;
use crate::event::Cause;

enum Microtask {
    Promise(PromiseJob),
    Generic(GenericJob),
    Native(Option<Cause>, Work),
    /// An `import()`.
    Import(Option<Cause>, NativeAsyncJob),
}

/// Holds the microtasks of a page and runs them to exhaustion.
pub struct Microtasks {
    queue: RefCell<VecDeque<Microtask>>,
    event_loop: Rc<EventLoop>,
    rejections: Rc<Rejections>,
    loader: Rc<Loader>,
    running: Cell<bool>,
}

/// Promises that were rejected while nobody listened, with the cause of the rejection and the realm it was in.
#[derive(Default)]
pub struct Rejections(RefCell<Vec<(JsObject, Option<Cause>, Realm)>>);

/// How an unhandled rejection is reported: the window's business.
pub struct RejectionReporter(pub fn(&JsObject, &mut Context));

impl Microtasks {
    /// No microtasks yet.
    #[must_use]
    pub fn new(event_loop: Rc<EventLoop>, rejections: Rc<Rejections>, loader: Rc<Loader>) -> Self {
        Self { queue: RefCell::default(), event_loop, rejections, loader, running: Cell::new(false) }
    }

    /// Queues a microtask under the current cause.
    pub fn queue(&self, work: Work) {
        self.queue.borrow_mut().push_back(Microtask::Native(self.event_loop.cause(), work));
    }

    fn report_rejections(&self, context: &mut Context) {
        for (promise, cause, realm) in self.rejections.0.take() {
            let reporter = context.get_data::<RejectionReporter>().map(|reporter| reporter.0);
            if let Some(report) = reporter {
                let event_loop = self.event_loop.clone();
                event_loop.with_cause(cause, || in_realm(&realm, context, |context| report(&promise, context)));
            }
        }
    }
}

impl JobExecutor for Microtasks {
    fn enqueue_job(self: Rc<Self>, job: Job, _context: &mut Context) {
        let microtask = match job {
            Job::PromiseJob(job) => Microtask::Promise(job),
            Job::GenericJob(job) => Microtask::Generic(job),
            Job::AsyncJob(job) => match self.loader.take_job(job) {
                Some(job) => Microtask::Import(self.event_loop.cause(), job),
                None => return,
            },
            // Timers are our own; finalization callbacks would make collections visible.
            _ => return,
        };
        self.queue.borrow_mut().push_back(microtask);
    }

    fn run_jobs(self: Rc<Self>, context: &mut Context) -> JsResult<()> {
        if self.running.replace(true) {
            return Ok(());
        }
        self.run_all(context);
        self.running.set(false);
        Ok(())
    }
}

impl Microtasks {
    fn run_all(&self, context: &mut Context) {
        let (mut ran, bound) = (0, self.event_loop.limits().microtasks_per_task);
        while !interrupt::is_raised() {
            let Some(microtask) = self.queue.borrow_mut().pop_front() else {
                self.report_rejections(context);
                if self.queue.borrow().is_empty() {
                    return;
                }
                continue;
            };
            let result = match microtask {
                Microtask::Promise(job) => job.call(context).map(|_| ()),
                Microtask::Generic(job) => job.call(context).map(|_| ()),
                Microtask::Native(cause, work) => self.event_loop.clone().with_cause(cause, || work(context)),
                Microtask::Import(cause, job) => {
                    self.event_loop.clone().with_cause(cause, || modules::poll_once(job, context))
                }
            };
            if let Err(error) = result {
                self.event_loop.report(&error, context);
            }
            ran += 1;
            if ran == bound {
                interrupt::raise_limit("microtasks_per_task", bound);
            }
        }
        if !self.queue.borrow().is_empty() {
            self.event_loop.leave_microtasks();
        }
    }
}

/// The cause under which a promise reaction was registered.
#[derive(Trace, Finalize, JsData)]
struct RegisteredCause(#[unsafe_ignore_trace] Option<Cause>);

/// What boa asks its host.
pub struct Hooks {
    event_loop: Rc<EventLoop>,
    rejections: Rc<Rejections>,
    zone_offset_s: i32,
    make_global: fn(&Intrinsics) -> JsObject,
    next_global: NextGlobal,
}

impl Hooks {
    /// Hooks for a page in a zone `zone_offset_s` seconds east of UTC, with the global object that `make_global` makes.
    #[must_use]
    pub(super) fn new(
        event_loop: Rc<EventLoop>,
        rejections: Rc<Rejections>,
        zone_offset_s: i32,
        make_global: fn(&Intrinsics) -> JsObject,
        next_global: NextGlobal,
    ) -> Self {
        Self { event_loop, rejections, zone_offset_s, make_global, next_global }
    }
}

impl HostHooks for Hooks {
    fn make_job_callback(&self, callback: JsFunction, _context: &mut Context) -> JobCallback {
        JobCallback::new(callback, RegisteredCause(self.event_loop.cause()))
    }

    fn call_job_callback(
        &self,
        job: &JobCallback,
        this: &JsValue,
        args: &[JsValue],
        context: &mut Context,
    ) -> JsResult<JsValue> {
        let cause = job.host_defined().as_any().downcast_ref::<RegisteredCause>().and_then(|cause| cause.0.clone());
        self.event_loop.with_cause(cause, || job.callback().call(this, args, context))
    }

    fn promise_rejection_tracker(&self, promise: &JsObject<Promise>, operation: OperationType, context: &mut Context) {
        let promise = promise.clone().upcast();
        let mut list = self.rejections.0.borrow_mut();
        match operation {
            OperationType::Reject => list.push((promise, self.event_loop.cause(), context.realm().clone())),
            OperationType::Handle => list.retain(|(other, ..)| !JsObject::equals(other, &promise)),
        }
    }

    /// Text whose brackets nest so deeply that boa's parser would overflow the stack is refused before it is parsed.
    fn ensure_can_compile_strings(
        &self,
        _realm: Realm,
        _parameters: &[JsString],
        body: &JsString,
        _direct: bool,
        _context: &mut Context,
    ) -> JsResult<()> {
        if super::script::nesting(body.iter().map(u32::from)) > CODE_NESTING_MAX {
            let message = format!("code nests more than {CODE_NESTING_MAX} brackets deep");
            return Err(JsNativeError::syntax().with_message(message).into());
        }
        Ok(())
    }

    fn create_global_object(&self, intrinsics: &Intrinsics) -> JsObject {
        self.next_global.0.borrow_mut().take().unwrap_or_else(|| (self.make_global)(intrinsics))
    }

    fn local_timezone_offset_seconds(&self, _unix_time_seconds: i64) -> i32 {
        self.zone_offset_s
    }
}
