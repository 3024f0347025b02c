//! Which transitions and animations an element's style asks for
//! ([CSS Transitions](https://drafts.csswg.org/css-transitions/), [CSS Animations](https://drafts.csswg.org/css-animations/)):
//! when they begin and end, not what is seen of them.

use std::cell::Cell;

use super::css::{cascaded, computed, display};
use super::css_easing::Easing;
use super::css_prefixes;
use super::css_values::components;
use super::node::NodeRef;
use super::sheets;
use super::tree;

/// What `transition-property: all` is looked at: the properties that pages let move.
const MOVING: [&str; 28] = [
    "background-color",
    "border-bottom-color",
    "border-bottom-width",
    "border-left-color",
    "border-left-width",
    "border-right-color",
    "border-right-width",
    "border-top-color",
    "border-top-width",
    "bottom",
    "box-shadow",
    "color",
    "font-size",
    "height",
    "left",
    "line-height",
    "margin-bottom",
    "margin-left",
    "margin-right",
    "margin-top",
    "max-height",
    "opacity",
    "padding-top",
    "right",
    "top",
    "transform",
    "visibility",
    "width",
];

/// A property that moves when its value changes.
#[derive(Debug, Clone, PartialEq)]
pub struct Transition {
    /// The property.
    pub property: String,
    /// Its value now.
    pub value: String,
    /// From the change to the beginning, in ms; negative where it begins in the middle.
    pub delay_ms: f64,
    /// From the beginning to the end, in ms.
    pub duration_ms: f64,
    /// How it runs between.
    pub easing: Easing,
}

impl Transition {
    /// Whether a change takes any time (Transitions §3, "combined duration").
    #[must_use]
    pub fn takes_time(&self) -> bool {
        self.duration_ms.max(0.0) + self.delay_ms > 0.0
    }
}

/// An animation that runs.
#[derive(Debug, Clone, PartialEq)]
pub struct Animation {
    /// The name of its `@keyframes`.
    pub name: String,
    /// From the moment it is named to the beginning, in ms.
    pub delay_ms: f64,
    /// One iteration, in ms.
    pub duration_ms: f64,
    /// How many iterations; infinity for ever.
    pub iterations: f64,
    /// Whether it stands still (`animation-play-state`).
    pub is_paused: bool,
}

/// The elements of a document that may move, since a rule or their own attribute gives them a transition or an animation;
/// with whether they were there already at the last call.
#[must_use]
pub fn candidates(document: &NodeRef) -> Vec<(NodeRef, bool)> {
    let Some(rules) = sheets::of(document) else { return Vec::new() };
    let about = ["transition-duration", "animation-name"].map(|property| rules.about(property));
    let by_rule = |node: &NodeRef| {
        let mut at = about.iter().flat_map(|index| index.for_element(node));
        at.any(|at| rules.rules[at].selectors.matching_specificity(node).is_some())
    };
    let by_style = |node: &NodeRef| {
        let style = node.as_element().and_then(|element| element.attr("style")).unwrap_or_default();
        says_motion(&style)
    };
    let elements = tree::descendants(document).filter(|node| node.as_element().is_some());
    elements
        .filter_map(|node| {
            let was_styled = node.was_styled();
            (by_style(&node) || by_rule(&node)).then_some((node, was_styled))
        })
        .collect()
}

/// Whether a document has a sheet that speaks of transitions or animations.
#[must_use]
pub fn is_in_sheets(document: &NodeRef) -> bool {
    let Some(rules) = sheets::of(document) else { return false };
    !rules.about("transition-duration").is_empty() || !rules.about("animation-name").is_empty()
}

/// Whether the text of a style attribute speaks of them.
fn says_motion(style: &str) -> bool {
    style.contains("transition") || style.contains("animation")
}

thread_local! {
    static IN_ATTRIBUTES: Cell<bool> = const { Cell::new(false) };
}

/// Takes note of an attribute of an element in a document: where no style attribute ever spoke of motion, none is looked
/// at.
#[inline]
pub(super) fn note_attribute(name: &str, value: &str) {
    if name == "style" && says_motion(value) {
        IN_ATTRIBUTES.set(true);
    }
}

/// Whether a style attribute of this thread's documents has spoken of motion.
#[must_use]
pub fn is_in_attributes() -> bool {
    IN_ATTRIBUTES.get()
}

/// What an element in a document lets move, whether or not it would take any time now.
#[must_use]
pub fn transitions(element: &NodeRef) -> Vec<Transition> {
    let (durations, delays) = (cascaded(element, "transition-duration"), cascaded(element, "transition-delay"));
    if durations.is_none() && delays.is_none() || !is_shown(element) {
        return Vec::new();
    }
    let (durations, delays) = (times(&durations.unwrap_or_default()), times(&delays.unwrap_or_default()));
    let easings = cascaded(element, "transition-timing-function").unwrap_or_default();
    let easings: Vec<Easing> = items(&easings).into_iter().map(Easing::parse).collect();
    let listed = cascaded(element, "transition-property").unwrap_or_else(|| "all".to_owned());
    let mut found: Vec<Transition> = Vec::new();
    for (at, name) in listed.split(',').map(str::trim).enumerate() {
        let (delay_ms, duration_ms) = (cycled(&delays, at), cycled(&durations, at));
        for property in expanded(name) {
            // What is named again counts as the last one says.
            found.retain(|known| known.property != property);
            let value = computed(element, &property);
            found.push(Transition { property, value, delay_ms, duration_ms, easing: easings[at % easings.len()] });
        }
    }
    found
}

/// The animations that an element in a document names.
#[must_use]
pub fn animations(element: &NodeRef) -> Vec<Animation> {
    let Some(names) = cascaded(element, "animation-name").filter(|names| names != "none") else { return Vec::new() };
    if !is_shown(element) {
        return Vec::new();
    }
    let Some(rules) = tree::root_in_document(element).and_then(|root| sheets::of(&root)) else { return Vec::new() };
    let list = |property: &str| cascaded(element, property).unwrap_or_default();
    let (durations, delays) = (times(&list("animation-duration")), times(&list("animation-delay")));
    let states: Vec<bool> = list("animation-play-state").split(',').map(|one| one.trim() == "paused").collect();
    let counts: Vec<f64> = list("animation-iteration-count").split(',').map(|one| count(one.trim())).collect();
    let named = names.split(',').map(|name| name.trim().trim_matches(['"', '\'']).to_owned()).enumerate();
    named
        .filter(|(_, name)| rules.keyframes.contains(name))
        .map(|(at, name)| Animation {
            name,
            delay_ms: cycled(&delays, at),
            duration_ms: cycled(&durations, at).max(0.0),
            iterations: counts[at % counts.len()],
            is_paused: states[at % states.len()],
        })
        .collect()
}

/// Whether a change from one value to another is one that can be seen half done (Transitions §3, "transitionable").
#[must_use]
pub fn is_transitionable(before: &str, after: &str) -> bool {
    let is_discrete = |value: &str| matches!(value, "" | "auto" | "normal");
    before != after && !is_discrete(before) && !is_discrete(after)
}

fn is_shown(element: &NodeRef) -> bool {
    let own = std::iter::once(element.clone()).chain(tree::ancestors(element));
    element.is_connected() && own.filter(|node| node.as_element().is_some()).all(|node| display(&node) != "none")
}

/// The longhand properties that a name of `transition-property` stands for.
fn expanded(name: &str) -> Vec<String> {
    let name = css_prefixes::plain(name);
    match name.as_str() {
        "none" => Vec::new(),
        "all" => MOVING.iter().map(|property| (*property).to_owned()).collect(),
        _ => match super::css_shorthands::parts_of(&name) {
            [] => vec![name],
            parts => parts.iter().map(|part| (*part).to_owned()).collect(),
        },
    }
}

/// The items of a list are used again where another list is longer (Transitions §2).
fn cycled(list: &[f64], at: usize) -> f64 {
    if list.is_empty() { 0.0 } else { list[at % list.len()] }
}

/// The items of a list whose commas may also stand in parentheses.
fn items(text: &str) -> Vec<&str> {
    let mut depth = 0_usize;
    text.split(move |c| {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        c == ',' && depth == 0
    })
    .collect()
}

/// A list of times, in ms.
fn times(text: &str) -> Vec<f64> {
    text.split(',').map(|one| time(one.trim())).collect()
}

fn time(text: &str) -> f64 {
    let text = components(text).first().map(|one| one.to_ascii_lowercase()).unwrap_or_default();
    let number = |text: &str| text.trim().parse::<f64>().ok();
    match text.strip_suffix("ms") {
        Some(ms) => number(ms).unwrap_or(0.0),
        None => text.strip_suffix('s').and_then(number).map_or(0.0, |seconds| seconds * 1000.0),
    }
}

fn count(text: &str) -> f64 {
    if text.eq_ignore_ascii_case("infinite") { f64::INFINITY } else { text.parse().unwrap_or(1.0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_times() {
        for (text, expected) in [
            ("400ms", vec![400.0]),
            (".3s, 10ms", vec![300.0, 10.0]),
            ("-1s", vec![-1000.0]),
            ("x", vec![0.0]),
            ("", vec![0.0]),
        ] {
            assert_eq!(times(text), expected, "{text}");
        }
        assert_eq!(items("ease, cubic-bezier(0, 0, 1, 1),linear"), ["ease", " cubic-bezier(0, 0, 1, 1)", "linear"]);
        assert_eq!([0, 1, 2].map(|at| cycled(&[1.0, 2.0], at)), [1.0, 2.0, 1.0]);
    }

    #[test]
    fn names_stand_for_longhands() {
        assert_eq!(expanded("-webkit-transform"), ["transform"]);
        assert_eq!(expanded("margin").len(), 4);
        assert!(expanded("all").contains(&"opacity".to_owned()));
        assert!(expanded("none").is_empty());
    }

    #[test]
    fn what_jumps_is_no_transition() {
        assert!(is_transitionable("0px", "10px"));
        assert!(!is_transitionable("auto", "10px"));
        assert!(!is_transitionable("1", "1"));
    }
}
