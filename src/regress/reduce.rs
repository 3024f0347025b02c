//! The fewest stimuli of a recording that still fail in the same way.
//!
//! A part of a recording keeps some of its stimuli, and of what was recorded what these led to: effects, faults and console
//! lines by their `cause`, answers and dialogs by when they were asked for. *In the same way* a part fails where its replay
//! first differs at the same plugin, by the same stimulus, in the same kind of difference, and
//!
//! - the line that was recorded and the one that came are those of the whole recording, as far as they are compared: so
//!   that what the lack of other stimuli changes is not taken for the failure. What a page would have said without the
//!   others nobody recorded, where it remembers them;
//! - or, where there is a version of the plugin that is right, the same part is replayed with both, and the lines have the
//!   same types and differ in the same members. What is expected then is what that version did.

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use serde_json::{Value, json};

use super::case::Case;
use super::compare::{Comparison, Difference, Strictness, compare, compared};
use super::run::{Played, Player, Trouble, play};
use super::shrink::ddmin;
use super::weave::{number, weave};
use crate::base::clock::{TimestampMs, parse_rfc3339};
use crate::event::Line;
use crate::event::stimulus::STIMULUS_PREFIX;
use crate::record::session::{END, HTTP, START};

/// Answers that came because of stimuli that are left out stand behind all others.
const SPARE: u64 = 1 << 32;

/// How recordings are shrunk.
pub struct Shrinking<'a> {
    /// Replays the plugins as they are now.
    pub now: &'a dyn Player,
    /// Replays a version that is right.
    pub good: Option<&'a dyn Player>,
    /// How many parts are replayed at the same time, from 1.
    pub jobs: usize,
    /// Hears how many stimuli are left and how many replays there were.
    pub progress: &'a mut dyn FnMut(usize, usize),
}

/// What is left of a recording.
#[derive(Clone, Debug)]
pub struct Shrunk {
    /// Its lines.
    pub lines: Vec<Line>,
    /// How many stimuli are left.
    pub left: usize,
    /// Of how many.
    pub of: usize,
    /// How many parts were replayed.
    pub replays: usize,
    /// The plugin that fails.
    pub plugin: String,
    /// How.
    pub difference: Difference,
}

/// Why a recording cannot be shrunk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unshrinkable {
    /// It does not fail.
    Fine,
    /// The version that is right fails as the other one does: there is no difference between them.
    Alike,
    /// A page does not load; in words.
    Page(String),
    /// This machine kept a page from its work; in words.
    Environment(String),
}

/// Finds the fewest stimuli.
///
/// # Errors
/// [`Unshrinkable`]
pub fn shrink(case: &Case, shrinking: Shrinking<'_>) -> Result<Shrunk, Unshrinkable> {
    let Shrinking { now, good, jobs, progress } = shrinking;
    let parts = Parts::of(case);
    let all: Vec<usize> = (0..parts.units).collect();
    let whole = parts.case(case, &all, true);
    let first = play(&whole, now);
    let (plugin, difference) = failure(&whole, &first, good)?;
    let failure = Failure { plugin, difference, is_of_versions: good.is_some() };
    let replays = AtomicUsize::new(0);
    let fails = |kept: &[usize], has_spare: bool| {
        replays.fetch_add(1, Ordering::Relaxed);
        failure.is_of(&parts.case(case, kept, has_spare), now, good)
    };
    // What comes after what fails seldom matters; without what led to it, it cannot be the same.
    let cause = failure.difference.cause().and_then(|cause| parts.ids.get(cause).copied());
    let until = cause.map(|cause| (0..=cause).collect::<Vec<_>>()).filter(|until| fails(until, true));
    let others: Vec<usize> = until.unwrap_or(all).into_iter().filter(|unit| Some(*unit) != cause).collect();
    let with_cause = |part: &[usize]| {
        let mut kept: Vec<usize> = part.iter().map(|at| others[*at]).chain(cause).collect();
        kept.sort_unstable();
        kept
    };
    let left = ddmin(others.len(), &mut |candidates| {
        let found = first_of(candidates, jobs, &|part| fails(&with_cause(part), true));
        let left = found.map_or(others.len(), |at| candidates[at].len());
        progress(left + usize::from(cause.is_some()), replays.load(Ordering::Relaxed));
        found
    });
    let kept = with_cause(&left);
    let has_spare = !fails(&kept, false);
    let rest = parts.case(case, &kept, has_spare);
    let expected = good.map(|good| play(&rest, good));
    let lines = finished(&rest, expected, kept.len());
    let (left, of, replays) = (kept.len(), parts.units, replays.into_inner());
    let Failure { plugin, difference, .. } = failure;
    Ok(Shrunk { lines, left, of, replays, plugin, difference })
}

/// The first of these that fails; so many are looked at together.
fn first_of(parts: &[Vec<usize>], jobs: usize, fails: &(dyn Fn(&[usize]) -> bool + Sync)) -> Option<usize> {
    let jobs = jobs.max(1);
    parts.chunks(jobs).enumerate().find_map(|(chunk, parts)| {
        let found = thread::scope(|scope| {
            let tried: Vec<_> = parts.iter().map(|part| scope.spawn(move || fails(part))).collect();
            tried.into_iter().position(|one| one.join().unwrap_or(false))
        });
        found.map(|at| chunk * jobs + at)
    })
}

/// The first failure of a whole recording.
fn failure(case: &Case, played: &[Played], good: Option<&dyn Player>) -> Result<(String, Difference), Unshrinkable> {
    let expected = good.map(|good| play(case, good)).unwrap_or_default();
    for page in played.iter().chain(&expected) {
        match &page.trouble {
            Some(Trouble::Page(text)) => return Err(Unshrinkable::Page(format!("{}: {text}", page.plugin))),
            Some(Trouble::Environment(text)) => {
                return Err(Unshrinkable::Environment(format!("{}: {text}", page.plugin)));
            }
            None => {}
        }
    }
    for page in played {
        match compared_to(case, page, good.map(|_| expected.as_slice())) {
            Comparison::Same => {}
            Comparison::Different(difference) => return Ok((page.plugin.clone(), *difference)),
            Comparison::Interrupted(line) => {
                let text = format!("{}: {} came and was not recorded: {}", page.plugin, line.type_, line.data);
                return Err(Unshrinkable::Environment(text));
            }
        }
    }
    Err(if good.is_some() { Unshrinkable::Alike } else { Unshrinkable::Fine })
}

/// A page beside what was recorded of it, or what a version that is right did.
fn compared_to(case: &Case, page: &Played, good: Option<&[Played]>) -> Comparison {
    let recorded = || case.recorded(&page.plugin).into_iter().map(|(_, line)| line.clone()).collect();
    let of_good = |good: &[Played]| {
        let same = good.iter().find(|other| other.plugin == page.plugin);
        same.map(|other| other.lines.clone()).unwrap_or_default()
    };
    let expected: Vec<Line> = good.map_or_else(recorded, of_good);
    compare(&expected, &page.lines, Strictness::Meaning)
}

/// How a recording fails.
struct Failure {
    plugin: String,
    difference: Difference,
    /// Two versions of the plugin are compared.
    is_of_versions: bool,
}

impl Failure {
    /// Whether a part fails in the same way.
    fn is_of(&self, case: &Case, now: &dyn Player, good: Option<&dyn Player>) -> bool {
        let played = play(case, now);
        let expected = good.map(|good| play(case, good));
        let all = played.iter().chain(expected.iter().flatten());
        let page = played.iter().find(|page| page.plugin == self.plugin);
        let has_trouble = all.into_iter().any(|page| page.trouble.is_some());
        match page.filter(|_| !has_trouble).map(|page| compared_to(case, page, expected.as_deref())) {
            Some(Comparison::Different(other)) => self.is_same(&other),
            _ => false,
        }
    }

    fn is_same(&self, other: &Difference) -> bool {
        let one = &self.difference;
        let are_same = |one: &Option<Line>, other: &Option<Line>| match (one, other) {
            (Some(one), Some(other)) if self.is_of_versions => one.type_ == other.type_,
            (Some(one), Some(other)) => Strictness::Meaning.are_same(one, other),
            (None, None) => true,
            _ => false,
        };
        one.kind == other.kind
            && one.cause() == other.cause()
            && are_same(&one.expected, &other.expected)
            && are_same(&one.actual, &other.actual)
            && (!self.is_of_versions || members(one) == members(other))
    }
}

/// The members in which the two lines of a difference are not the same.
fn members(difference: &Difference) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    if let (Some(expected), Some(actual)) = (&difference.expected, &difference.actual) {
        collect(&compared(&expected.data), &compared(&actual.data), "", &mut found);
    }
    found
}

fn collect(one: &Value, other: &Value, path: &str, found: &mut BTreeSet<String>) {
    match (one, other) {
        (Value::Object(ones), Value::Object(others)) => {
            for name in ones.keys().chain(others.keys()) {
                let member = |of: &serde_json::Map<String, Value>| of.get(name).cloned().unwrap_or_default();
                collect(&member(ones), &member(others), &format!("{path}/{name}"), found);
            }
        }
        (Value::Array(ones), Value::Array(others)) if ones.len() == others.len() => {
            let pairs = ones.iter().zip(others).enumerate();
            pairs.for_each(|(at, (one, other))| collect(one, other, &format!("{path}/{at}"), found));
        }
        _ if one != other => drop(found.insert(path.to_owned())),
        _ => {}
    }
}

/// What of a recording belongs to which stimulus.
struct Parts {
    /// How many stimuli there are: one that was told to several pages stands there once for each.
    units: usize,
    /// By id.
    ids: HashMap<String, usize>,
    /// Of each line: its stimulus; none: it is always kept.
    owners: Vec<Option<usize>>,
    /// When each stimulus came.
    times: Vec<Option<TimestampMs>>,
}

impl Parts {
    fn of(case: &Case) -> Self {
        let mut parts = Self { units: 0, ids: HashMap::new(), owners: Vec::new(), times: Vec::new() };
        let mut last: Option<&Line> = None;
        for (_, line) in case.lines.iter().filter(|(_, line)| line.type_.starts_with(STIMULUS_PREFIX)) {
            let is_same = |last: &Line| (&last.id, last.time) == (&line.id, line.time) && last.plugin != line.plugin;
            if !last.is_some_and(is_same) {
                parts.ids.insert(line.id.clone(), parts.units);
                parts.times.push(line.time);
                parts.units += 1;
            }
            last = Some(line);
        }
        let mut told = 0;
        for (_, line) in &case.lines {
            let own = Some(&line.id).filter(|_| line.type_.starts_with(STIMULUS_PREFIX));
            let own = own.and_then(|id| parts.ids.get(id)).copied();
            told = own.map_or(told, |unit| unit + 1);
            let caused = || line.cause.as_ref().and_then(|cause| parts.ids.get(cause)).copied();
            let owner = if line.type_.starts_with("world.") { parts.asked_by(line, told) } else { own.or_else(caused) };
            parts.owners.push(owner);
        }
        parts
    }

    /// The stimulus that was told last when something was asked; `told` had been when it was answered.
    fn asked_by(&self, line: &Line, told: usize) -> Option<usize> {
        let at = started(line).or(line.time);
        (0..told).rev().find(|unit| at.is_none() || self.times[*unit].is_none_or(|time| Some(time) <= at))
    }

    /// A part of the recording; with what those that are left out were answered behind what the others were, for a page
    /// that asks the same later.
    fn case(&self, case: &Case, kept: &[usize], has_spare: bool) -> Case {
        let is_kept = |owner: &Option<usize>| owner.is_none_or(|owner| kept.binary_search(&owner).is_ok());
        let (mut lines, mut spare) = (Vec::new(), Vec::new());
        for ((_, line), owner) in case.lines.iter().zip(&self.owners) {
            let mut line = Line { seq: None, ..line.clone() };
            if is_kept(owner) {
                if line.type_ == HTTP && self.is_cut(&line, kept) {
                    line.data["after"] = by_time(&line.data["after"]);
                }
                lines.push(line);
            } else if line.type_ == HTTP && has_spare {
                let number = line.data["number"].as_u64().unwrap_or_default();
                line.data["number"] = number.saturating_add(SPARE).into();
                spare.push(line);
            }
        }
        lines.extend(spare);
        let Case { path, name, plugins, .. } = case;
        let (path, name, plugins) = (path.clone(), name.clone(), plugins.clone());
        Case { path, name, lines: (1..).zip(lines).collect(), plugins, troubles: Vec::new() }
    }

    /// Whether stimuli are left out between a request and its answer: then the turns between them are not counted.
    fn is_cut(&self, line: &Line, kept: &[usize]) -> bool {
        let between = |time: &TimestampMs| started(line).is_some_and(|at| at <= *time) && line.time >= Some(*time);
        let cut = |(unit, time): (usize, &Option<TimestampMs>)| {
            kept.binary_search(&unit).is_err() && time.as_ref().is_some_and(between)
        };
        line.data.get("after").is_some() && self.times.iter().enumerate().any(cut)
    }
}

fn by_time(after: &Value) -> Value {
    json!({ "phases": 0, "timers": after["timers"] })
}

fn started(line: &Line) -> Option<TimestampMs> {
    line.data.get("started").and_then(Value::as_str).and_then(parse_rfc3339)
}

/// A part as it is written. `expected` is what a version that is right did, in the place of what was recorded.
fn finished(case: &Case, expected: Option<Vec<Played>>, turns: usize) -> Vec<Line> {
    let mut lines: Vec<Line> = case.lines.iter().map(|(_, line)| line.clone()).collect();
    if let Some(expected) = expected {
        let is_done = |line: &Line| ["effect.", "fault.", "console."].iter().any(|it| line.type_.starts_with(it));
        lines.retain(|line| !is_done(line));
        lines = weave(lines, expected.into_iter().flat_map(|page| page.lines));
    }
    // What stands behind the end was moved there.
    if let Some(end) = lines.iter().rposition(|line| line.type_ == END && line.plugin.is_none()) {
        let mut end = lines.remove(end);
        let faults = lines.iter().filter(|line| line.type_.starts_with("fault.")).count();
        end.data = json!({ "turns": turns, "faults": faults });
        lines.push(end);
    }
    number(&mut lines);
    lines
}

/// Gives the pages of a recording other names for where they lie.
pub fn with_pages(lines: &mut [Line], mut page: impl FnMut(&str) -> Option<String>) {
    for line in lines.iter_mut().filter(|line| line.type_ == START) {
        let named = line.data.get("page").and_then(Value::as_str).and_then(&mut page);
        if let (Some(named), Some(data)) = (named, line.data.as_object_mut()) {
            data.insert("page".to_owned(), named.into());
        }
    }
}

#[cfg(test)]
mod tests;
