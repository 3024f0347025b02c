//! Linking and running modules whose imports are all there
//! ([ECMA-262 §16.2.1](https://tc39.es/ecma262/#sec-cyclic-module-records)).
//!
//! boa does both for a whole graph, and well where nothing waits and nothing is wrong. Where a module of the graph may
//! await at its top level boa loses errors of those that wait for it, so each is run by itself, when those that it imports
//! are done. Modules that import each other are one *unit*: boa runs them together.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use boa_engine::builtins::promise::PromiseState;
use boa_engine::object::builtins::JsPromise;
use boa_engine::{Context, JsError, JsNativeError, JsResult, JsValue, Module, NativeFunction};
use rustc_hash::{FxHashMap, FxHashSet};

use super::event_loop::EventLoop;
use super::fault::Sources;
use super::modules::{Failure, Modules, placed};
use super::name_search;
use crate::event::Cause;

/// What follows when a module has run, or cannot.
pub type OnRun = Box<dyn FnOnce(JsResult<()>, &mut Context)>;

/// A module that is run, or waits for others.
struct Evaluation {
    /// Those that are to be run for it, in order, itself last.
    units: Vec<Unit>,
    cause: Option<Cause>,
    on_run: OnRun,
}

/// Modules that import each other; the one by which they were reached is the last. Most are alone.
struct Unit {
    members: Vec<usize>,
    /// Modules outside that they import; none where boa runs those as well.
    needs: Vec<usize>,
}

/// The modules of a context that run, and what became of the others, by their numbers.
#[derive(Default)]
pub(super) struct Evaluations {
    under_way: RefCell<Vec<Evaluation>>,
    promises: RefCell<FxHashMap<usize, JsPromise>>,
    /// Those that cannot be linked.
    failures: RefCell<FxHashMap<usize, Failure>>,
}

impl Modules {
    /// Loads and links a module whose imports are all there, and theirs.
    ///
    /// # Errors
    /// [`Failure`]: one of them imports a name that is not exported.
    pub fn link(&self, root: usize, context: &mut Context) -> Result<(), Failure> {
        self.load(root, context);
        for unit in self.units(root) {
            let entry = unit.entry();
            if let Some(failure) = self.evaluations.failures.borrow().get(&entry) {
                return Err(failure.clone());
            }
            if let Err(error) = link_unit(&self.module(entry), unit.members.len() > 1, context) {
                let failure = Failure::Thrown(self.unlinked(error, entry, context));
                let failures = unit.members.iter().map(|member| (*member, failure.clone()));
                self.evaluations.failures.borrow_mut().extend(failures);
                return Err(failure);
            }
        }
        Ok(())
    }

    /// The error of a link as scripts see it, at the name that is missing.
    fn unlinked(&self, error: JsError, node: usize, context: &mut Context) -> JsValue {
        let url = self.url(node);
        let message = error.as_native().map(|native| native.message().to_string()).unwrap_or_default();
        let name = message.split('`').nth(1);
        let text = Sources::of(context).text(&url);
        let found = name.zip(text).and_then(|(name, text)| name_search::find(&text, name, (1, 1)));
        match found {
            Some((line, column)) => placed(error, (&url, line, column), context),
            None => placed(error, (&url, 1, 1), context),
        }
    }

    /// Runs a module that is linked; `on_run` follows when it has run to its end, with what it threw.
    pub fn evaluate(&self, root: usize, on_run: OnRun, context: &mut Context) {
        let mut units = self.units(root);
        let may_await = units.iter().flat_map(|unit| &unit.members).any(|node| self.nodes.borrow()[*node].may_await);
        if !may_await {
            units.drain(..units.len() - 1);
            units.iter_mut().for_each(|unit| unit.needs.clear());
        }
        let evaluation = Evaluation { units, cause: EventLoop::of(context).cause(), on_run };
        self.evaluations.under_way.borrow_mut().push(evaluation);
        self.advance(context);
    }

    /// Runs what can run, and ends what has run.
    fn advance(&self, context: &mut Context) {
        let under_way = &self.evaluations.under_way;
        let mut at = 0;
        while at < under_way.borrow().len() {
            let Evaluation { units, cause, on_run } = under_way.borrow_mut().remove(at);
            let event_loop = EventLoop::of(context);
            // Whoever wants it run may be another than those of whose promises this is a consequence.
            match event_loop.with_cause(cause.clone(), || self.step(&units, context)) {
                None => {
                    let mut under_way = under_way.borrow_mut();
                    let place = at.min(under_way.len());
                    under_way.insert(place, Evaluation { units, cause, on_run });
                    at += 1;
                }
                Some(result) => event_loop.with_cause(cause, || on_run(result, context)),
            }
        }
    }

    /// What came of an evaluation; `None`: a module waits.
    fn step(&self, units: &[Unit], context: &mut Context) -> Option<JsResult<()>> {
        let mut is_done = true;
        for unit in units {
            if self.state(unit.entry()).is_none()
                && unit.needs.iter().all(|need| matches!(self.state(*need), Some(PromiseState::Fulfilled(_))))
                && let Err(error) = self.run(unit, context)
            {
                return Some(Err(error));
            }
            match self.state(unit.entry()) {
                Some(PromiseState::Fulfilled(_)) => {}
                Some(PromiseState::Rejected(reason)) => return Some(Err(JsError::from_opaque(reason))),
                Some(PromiseState::Pending) | None => is_done = false,
            }
        }
        is_done.then_some(Ok(()))
    }

    fn state(&self, node: usize) -> Option<PromiseState> {
        self.evaluations.promises.borrow().get(&node).map(JsPromise::state)
    }

    /// Runs a unit as far as it goes now.
    fn run(&self, unit: &Unit, context: &mut Context) -> JsResult<()> {
        let promise = evaluate(&self.module(unit.entry()), context)?;
        if !matches!(promise.state(), PromiseState::Fulfilled(_)) {
            // That it is listened to also keeps its rejection from being told as one that nobody handles.
            let settled = NativeFunction::from_fn_ptr(|_, _, context| {
                Self::of(context).advance(context);
                Ok(JsValue::undefined())
            });
            let settled = settled.to_js_function(context.realm());
            promise.then(Some(settled.clone()), Some(settled), context)?;
        }
        let mut promises = self.evaluations.promises.borrow_mut();
        promises.extend(unit.members.iter().map(|member| (*member, promise.clone())));
        Ok(())
    }

    /// The modules that a module reaches: each behind those that it imports.
    fn units(&self, root: usize) -> Vec<Unit> {
        let mut search = Search { modules: self, seen: FxHashMap::default(), open: Vec::new(), units: Vec::new() };
        search.visit(root);
        search.units
    }
}

impl Unit {
    fn entry(&self) -> usize {
        self.members.last().copied().unwrap_or_default()
    }
}

/// Tarjan's search for modules that import each other.
struct Search<'a> {
    modules: &'a Modules,
    /// Those that were reached, and in which order.
    seen: FxHashMap<usize, usize>,
    open: Vec<usize>,
    units: Vec<Unit>,
}

impl Search<'_> {
    fn visit(&mut self, node: usize) -> usize {
        let order = self.seen.len();
        let mut low = order;
        self.seen.insert(node, order);
        self.open.push(node);
        for next in self.modules.imported(node) {
            match self.seen.get(&next) {
                None => low = low.min(self.visit(next)),
                Some(order) if self.open.contains(&next) => low = low.min(*order),
                Some(_) => {}
            }
        }
        if low == order {
            let start = self.open.iter().rposition(|open| *open == node).unwrap_or_default();
            let mut members = self.open.split_off(start);
            members.reverse();
            let own: FxHashSet<usize> = members.iter().copied().collect();
            let needs = members.iter().flat_map(|member| self.modules.imported(*member));
            let needs = needs.filter(|need| !own.contains(need)).collect();
            self.units.push(Unit { members, needs });
        }
        low
    }
}

/// boa panics where modules that import each other cannot be linked. What it leaves is not asked for again.
fn link_unit(module: &Module, is_circle: bool, context: &mut Context) -> JsResult<()> {
    if !is_circle {
        return module.link(context);
    }
    catch_unwind(AssertUnwindSafe(|| module.link(context))).unwrap_or_else(|_| {
        let message = "modules that import each other ask for a name that is not exported";
        Err(JsNativeError::syntax().with_message(message).into())
    })
}

/// boa panics where a module with `await` at its top level is cut short before that: the page is lost, not the reason.
fn evaluate(module: &Module, context: &mut Context) -> JsResult<JsPromise> {
    catch_unwind(AssertUnwindSafe(|| module.evaluate(context))).unwrap_or_else(|panic| {
        let event_loop = EventLoop::of(context);
        event_loop.report_cut(None);
        event_loop.pass_on();
        resume_unwind(panic)
    })
}
