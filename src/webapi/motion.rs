//! Transitions and animations as scripts see them: their events, at their times
//! ([CSS Transitions §5](https://drafts.csswg.org/css-transitions/#transition-events),
//! [CSS Animations §4](https://drafts.csswg.org/css-animations/#events)).
//!
//! Nothing is drawn. Styles are compared after each task that changed a tree, and where script forces them by asking for a
//! size, a place or a computed style; a value that has changed meanwhile begins a transition, a name that is new an
//! animation. Everything happens in page time and under the cause of the task that made the change.
//!
//! *Choice*: a computed style is that of the end from the beginning on, for nobody looks at what is between; an
//! animation's iterations are told only where it ends, for one that does not would keep the page busy for ever; pseudo
//! elements do not move. Of an element that was there before a rule gave it a transition, the value before is taken to be
//! the initial one.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use boa_engine::{Context, JsResult, JsValue};

use super::event::{self, Event};
use super::window::Window;
use super::wrap::wrap;
use crate::dom::css_motion::{self, Animation, Transition};
use crate::dom::document::mutation_count;
use crate::dom::node::same;
use crate::dom::{NodeRef, css};
use crate::engine::convert::string;
use crate::engine::event_loop::EventLoop;

/// What moves in the document.
#[derive(Default)]
struct Motion {
    /// The mutation count at the last comparison.
    compared: Cell<u64>,
    elements: RefCell<Vec<Moving>>,
}

/// An element that may move.
struct Moving {
    element: NodeRef,
    transitions: Vec<Transition>,
    animations: Vec<Animation>,
    running: Vec<Running>,
}

/// A transition or an animation on its way.
struct Running {
    /// The property, or the animation's name.
    name: String,
    is_animation: bool,
    /// Until all its events have been.
    timers: Vec<u32>,
    /// When it ends, in page time; none: never.
    end: Option<i64>,
}

/// Compares styles, if a tree has changed since the last time.
pub fn update(context: &mut Context) {
    let Some(motion) = context.get_data::<Rc<Motion>>().cloned() else { return };
    if motion.compared.replace(mutation_count()) == mutation_count() {
        return;
    }
    let document = Window::of(context).document.clone();
    if !css_motion::is_in_attributes() && !css_motion::is_in_sheets(&document) {
        return;
    }
    let mut before = motion.elements.take();
    let mut now = Vec::new();
    for (element, was_there) in css_motion::candidates(&document) {
        let known = before.iter().position(|moving| same(&moving.element, &element)).map(|at| before.swap_remove(at));
        now.push(compare(element, known, was_there, context));
    }
    for gone in before {
        for running in gone.running {
            cancel(&gone.element, &running, context);
        }
    }
    *motion.elements.borrow_mut() = now;
}

fn compare(element: NodeRef, known: Option<Moving>, was_there: bool, context: &mut Context) -> Moving {
    let transitions = css_motion::transitions(&element);
    let animations = css_motion::animations(&element);
    let (old, mut running) =
        known.map_or((None, Vec::new()), |known| (Some((known.transitions, known.animations)), known.running));
    let now = EventLoop::of(context).clock().now();
    running.retain(|one| one.end.is_none_or(|end| end > now));
    let is_wanted = |one: &Running| match one.is_animation {
        true => animations.iter().any(|animation| animation.name == one.name),
        false => transitions.iter().any(|transition| transition.property == one.name),
    };
    let (kept, unwanted): (Vec<Running>, Vec<Running>) = running.into_iter().partition(is_wanted);
    let mut running = kept;
    unwanted.iter().for_each(|one| cancel(&element, one, context));
    for transition in &transitions {
        let known = old.as_ref().and_then(|(old, _)| old.iter().find(|one| one.property == transition.property));
        let before = match known {
            Some(known) => known.value.clone(),
            None if was_there => css::initial(&transition.property).to_owned(),
            None => continue,
        };
        if css_motion::is_transitionable(&before, &transition.value) {
            while let Some(at) = running.iter().position(|one| !one.is_animation && one.name == transition.property) {
                let replaced = running.swap_remove(at);
                cancel(&element, &replaced, context);
            }
            running.push(start_transition(&element, transition, context));
        }
    }
    for animation in &animations {
        let is_old = old.as_ref().is_some_and(|(_, old)| old.iter().any(|one| one.name == animation.name));
        if !is_old {
            running.push(start_animation(&element, animation, context));
        }
    }
    Moving { element, transitions, animations, running }
}

fn start_transition(element: &NodeRef, transition: &Transition, context: &mut Context) -> Running {
    let Transition { property, delay_ms, duration_ms, .. } = transition;
    let elapsed = (-delay_ms).clamp(0.0, *duration_ms);
    let event = |kind: &'static str, elapsed_ms: f64| Told {
        interface: "TransitionEvent",
        kind,
        name: property.clone(),
        elapsed_ms,
    };
    let end = delay_ms + duration_ms;
    let timers = vec![
        at(0.0, element, event("transitionrun", elapsed), context),
        at(delay_ms.max(0.0), element, event("transitionstart", elapsed), context),
        at(end, element, event("transitionend", *duration_ms), context),
    ];
    Running { name: property.clone(), is_animation: false, timers, end: Some(later(end, context)) }
}

fn start_animation(element: &NodeRef, animation: &Animation, context: &mut Context) -> Running {
    let Animation { name, delay_ms, duration_ms, iterations } = animation;
    let whole = duration_ms * iterations;
    let elapsed = (-delay_ms).clamp(0.0, whole.max(0.0));
    let event = |kind: &'static str, elapsed_ms: f64| Told {
        interface: "AnimationEvent",
        kind,
        name: name.clone(),
        elapsed_ms,
    };
    let mut timers = vec![at(delay_ms.max(0.0), element, event("animationstart", elapsed), context)];
    let mut end = None;
    if whole.is_finite() {
        // As many as a page could wait for.
        let between = (1..1_000).map(f64::from).take_while(|count| count < iterations && *duration_ms > 0.0);
        for count in between.filter(|count| count * duration_ms > elapsed) {
            let elapsed_ms = count * duration_ms;
            timers.push(at(delay_ms + elapsed_ms, element, event("animationiteration", elapsed_ms), context));
        }
        let last = (delay_ms + whole).max(0.0);
        timers.push(at(last, element, event("animationend", whole), context));
        end = Some(later(last, context));
    }
    Running { name: name.clone(), is_animation: true, timers, end }
}

/// It does not come to its end: what was still to be told of it is not, and that is told.
fn cancel(element: &NodeRef, running: &Running, context: &mut Context) {
    let event_loop = EventLoop::of(context);
    if running.end.is_some_and(|end| end <= event_loop.clock().now()) {
        return;
    }
    running.timers.iter().for_each(|timer| event_loop.clear_timer(*timer));
    let (interface, kind) = match running.is_animation {
        true => ("AnimationEvent", "animationcancel"),
        false => ("TransitionEvent", "transitioncancel"),
    };
    at(0.0, element, Told { interface, kind, name: running.name.clone(), elapsed_ms: 0.0 }, context);
}

/// An event that is to come.
struct Told {
    interface: &'static str,
    kind: &'static str,
    name: String,
    elapsed_ms: f64,
}

fn whole_ms(ms: f64) -> i64 {
    // Within the years that a page may wait.
    #[expect(clippy::cast_possible_truncation, reason = "a float is cut to the bounds of the integer")]
    let whole = ms.ceil() as i64;
    whole.max(0)
}

fn later(ms: f64, context: &Context) -> i64 {
    EventLoop::of(context).clock().now().saturating_add(whole_ms(ms))
}

/// Fires an event after so many ms.
fn at(ms: f64, element: &NodeRef, told: Told, context: &mut Context) -> u32 {
    let element = element.clone();
    let work = Rc::new(move |context: &mut Context| fire(&element, &told, context));
    EventLoop::of(context).set_timer(whole_ms(ms), false, work)
}

fn fire(element: &NodeRef, told: &Told, context: &mut Context) -> JsResult<()> {
    let is_transition = told.interface == "TransitionEvent";
    let members = vec![
        (if is_transition { "propertyName" } else { "animationName" }, string(&told.name)),
        ("elapsedTime", JsValue::from(told.elapsed_ms / 1000.0)),
        ("pseudoElement", string("")),
    ];
    let cancelable = told.kind == "transitionend";
    let event = Event::trusted(told.interface, told.kind, true, cancelable, members, context);
    let target = wrap(element, context);
    event::dispatch(&event, &target, context).map(drop)
}

/// The type under which older pages listen, of an event of ours
/// ([DOM §2.9](https://dom.spec.whatwg.org/#concept-event-listener-invoke), "legacy event type").
#[must_use]
pub fn legacy_type(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "animationend" => "webkitAnimationEnd",
        "animationiteration" => "webkitAnimationIteration",
        "animationstart" => "webkitAnimationStart",
        "transitionend" => "webkitTransitionEnd",
        _ => return None,
    })
}

/// A document's state, before its first script.
pub fn install(context: &mut Context) {
    context.insert_data(Rc::new(Motion::default()));
    EventLoop::of(context).set_after_task(update);
}
