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
//! the initial one, and where a transition is interrupted on its way to somewhere new, that way counts as a whole one. One
//! that turns back takes the shorter time of the way back (Transitions §3, "reversing shortening factor").

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use boa_engine::{Context, JsResult, JsValue};

use super::event::{self, Event};
use super::window::Window;
use super::wrap::wrap;
use crate::base::limits::ITERATIONS_TOLD_MAX;
use crate::dom::css_easing::Easing;
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
    way: Way,
    /// Until all its events have been.
    timers: Vec<u32>,
    /// When its delay is over, or was, in page time.
    zero: i64,
    /// When it ends, in page time; none: never.
    end: Option<i64>,
}

/// What is on its way.
enum Way {
    Transition {
        /// The value where it began; none where that was between two others.
        start: Option<String>,
        /// What it turns back to, if anything (Transitions §3, "reversing-adjusted start value").
        back: Option<String>,
        /// How much of the whole way it goes (Transitions §3, "reversing shortening factor").
        factor: f64,
        duration_ms: f64,
        easing: Easing,
    },
    /// With its place, in ms from the end of its delay, where it stands still.
    Animation(Option<f64>),
}

impl Running {
    fn is_animation(&self) -> bool {
        matches!(self.way, Way::Animation(_))
    }

    /// The time since the end of its delay, in ms; negative before.
    fn passed_ms(&self, now: i64) -> f64 {
        match self.way {
            Way::Animation(Some(place)) => place,
            _ => ms_between(self.zero, now),
        }
    }
}

/// Compares styles, if a tree has changed since the last time.
pub fn update(context: &mut Context) {
    let Some(motion) = context.get_data::<Rc<Motion>>().cloned() else { return };
    if motion.compared.replace(mutation_count()) == mutation_count() {
        return;
    }
    let document = Window::of_page(context).document.clone();
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
    let is_wanted = |one: &Running| match one.way {
        Way::Animation(_) => animations.iter().any(|animation| animation.name == one.name),
        Way::Transition { .. } => transitions.iter().any(|transition| transition.property == one.name),
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
        if before != transition.value {
            value_changed(&element, transition, &before, &mut running, context);
        }
    }
    for animation in &animations {
        let is_old = old.as_ref().is_some_and(|(_, old)| old.iter().any(|one| one.name == animation.name));
        if !is_old {
            running.push(start_animation(&element, animation, context));
        } else if let Some(one) = running.iter_mut().find(|one| one.is_animation() && one.name == animation.name) {
            pause_or_resume(&element, animation, one, context);
        }
    }
    Moving { element, transitions, animations, running }
}

/// A value is another one than it was (Transitions §3, "starting of transitions"): what was on its way to it is not any
/// more, and perhaps something else is.
fn value_changed(
    element: &NodeRef,
    transition: &Transition,
    before: &str,
    running: &mut Vec<Running>,
    context: &mut Context,
) {
    let is_same = |one: &Running| !one.is_animation() && one.name == transition.property;
    let replaced = running.iter().position(is_same).map(|at| running.swap_remove(at));
    let mut whole = Some((Some(before.to_owned()), Some(before.to_owned()), 1.0));
    if let Some(replaced) = replaced {
        cancel(element, &replaced, context);
        let now = EventLoop::of(context).clock().now();
        whole = after_interruption(&replaced, before, &transition.value, now);
    }
    let Some((start, back, factor)) = whole else { return };
    if transition.takes_time() && css_motion::is_transitionable(before, &transition.value) {
        running.push(start_transition(element, transition, (start, back, factor), context));
    }
}

/// Where a transition begins, what it turns back to, and how much of the way it goes, that takes the place of another;
/// none where the value is there already.
fn after_interruption(
    replaced: &Running,
    before: &str,
    value: &str,
    now: i64,
) -> Option<(Option<String>, Option<String>, f64)> {
    let Way::Transition { start, back, factor, duration_ms, easing } = &replaced.way else { return None };
    let passed = (replaced.passed_ms(now) / duration_ms.max(f64::MIN_POSITIVE)).clamp(0.0, 1.0);
    let way = easing.at(passed);
    if way == 0.0 && start.as_deref() == Some(value) {
        return None;
    }
    if back.as_deref() == Some(value) {
        let factor = (way * factor + (1.0 - factor)).abs().clamp(0.0, 1.0);
        return Some((None, Some(before.to_owned()), factor));
    }
    // From a value that has no name.
    Some((if way == 0.0 { start.clone() } else { None }, None, 1.0))
}

fn start_transition(
    element: &NodeRef,
    transition: &Transition,
    (start, back, factor): (Option<String>, Option<String>, f64),
    context: &mut Context,
) -> Running {
    let Transition { property, delay_ms, duration_ms, easing, .. } = transition;
    let duration_ms = duration_ms.max(0.0) * factor;
    let delay_ms = if *delay_ms < 0.0 { delay_ms * factor } else { *delay_ms };
    let elapsed = (-delay_ms).clamp(0.0, duration_ms);
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
        at(end, element, event("transitionend", duration_ms), context),
    ];
    let way = Way::Transition { start, back, factor, duration_ms, easing: *easing };
    let (zero, end) = (after(delay_ms, context), Some(after(end, context)));
    Running { name: property.clone(), way, timers, zero, end }
}

fn start_animation(element: &NodeRef, animation: &Animation, context: &mut Context) -> Running {
    let (name, way) = (animation.name.clone(), Way::Animation(None));
    let mut running = Running { name, way, timers: Vec::new(), zero: 0, end: None };
    let place = -animation.delay_ms;
    if animation.is_paused {
        if place >= 0.0 {
            running.timers.push(at(0.0, element, told_of(animation, "animationstart", place), context));
        }
        running.way = Way::Animation(Some(place));
    } else {
        let first = told_of(animation, "animationstart", place.clamp(0.0, whole_of(animation).max(0.0)));
        running.timers.push(at((-place).max(0.0), element, first, context));
        run_on(element, animation, &mut running, place, context);
    }
    running
}

/// An animation stands still from now on, or no more (Animations §3.8).
fn pause_or_resume(element: &NodeRef, animation: &Animation, running: &mut Running, context: &mut Context) {
    match running.way {
        Way::Animation(None) if animation.is_paused => {
            let event_loop = EventLoop::of(context);
            let place = running.passed_ms(event_loop.clock().now());
            running.timers.drain(..).for_each(|timer| event_loop.clear_timer(timer));
            running.way = Way::Animation(Some(place));
            running.end = None;
        }
        Way::Animation(Some(place)) if !animation.is_paused => {
            running.way = Way::Animation(None);
            if place < 0.0 {
                running.timers.push(at(-place, element, told_of(animation, "animationstart", 0.0), context));
            }
            run_on(element, animation, running, place, context);
        }
        _ => {}
    }
}

/// What is to be told of an animation after its start, from a place on, in ms from the end of its delay.
fn run_on(element: &NodeRef, animation: &Animation, running: &mut Running, place: f64, context: &mut Context) {
    let Animation { duration_ms, iterations, .. } = animation;
    running.zero = after(-place, context);
    let whole = whole_of(animation);
    if !whole.is_finite() {
        return;
    }
    let counts = (1..ITERATIONS_TOLD_MAX).map(f64::from);
    let between = counts.take_while(|count| count < iterations && *duration_ms > 0.0).map(|count| count * duration_ms);
    for elapsed_ms in between.filter(|elapsed| *elapsed > place) {
        let told = told_of(animation, "animationiteration", elapsed_ms);
        running.timers.push(at(elapsed_ms - place, element, told, context));
    }
    let last = (whole - place).max(0.0);
    running.timers.push(at(last, element, told_of(animation, "animationend", whole), context));
    running.end = Some(after(last, context));
}

/// How long all iterations take, in ms.
fn whole_of(animation: &Animation) -> f64 {
    // For ever is no time at all where an iteration takes none.
    if animation.duration_ms == 0.0 { 0.0 } else { animation.duration_ms * animation.iterations }
}

fn told_of(animation: &Animation, kind: &'static str, elapsed_ms: f64) -> Told {
    Told { interface: "AnimationEvent", kind, name: animation.name.clone(), elapsed_ms }
}

/// It does not come to its end: what was still to be told of it is not, and that is told.
fn cancel(element: &NodeRef, running: &Running, context: &mut Context) {
    let event_loop = EventLoop::of(context);
    let now = event_loop.clock().now();
    if running.end.is_some_and(|end| end <= now) {
        return;
    }
    running.timers.iter().for_each(|timer| event_loop.clear_timer(*timer));
    let (interface, kind) = match running.is_animation() {
        true => ("AnimationEvent", "animationcancel"),
        false => ("TransitionEvent", "transitioncancel"),
    };
    let elapsed_ms = running.passed_ms(now).max(0.0);
    at(0.0, element, Told { interface, kind, name: running.name.clone(), elapsed_ms }, context);
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

/// The page time so many ms from now; before now where they are negative.
fn after(ms: f64, context: &Context) -> i64 {
    let now = EventLoop::of(context).clock().now();
    if ms < 0.0 { now.saturating_sub(whole_ms(-ms)) } else { now.saturating_add(whole_ms(ms)) }
}

fn ms_between(from: i64, to: i64) -> f64 {
    // Within the years that a page may wait.
    #[expect(clippy::cast_precision_loss, reason = "a time of a page has fewer digits")]
    let ms = to.saturating_sub(from) as f64;
    ms
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

/// What follows each task: styles are compared, and frames that have gone end.
fn after_task(context: &mut Context) {
    update(context);
    super::frames::settle(context);
}

/// A page's state, before its first script: in frames nothing moves.
pub fn install(context: &mut Context) {
    if context.get_data::<Rc<Motion>>().is_none() {
        context.insert_data(Rc::new(Motion::default()));
        EventLoop::of(context).set_after_task(after_task);
    }
}
