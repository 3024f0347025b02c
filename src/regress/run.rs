//! Running recordings: each is replayed and compared, several at a time, and told of in order.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::thread;

use super::case::{Case, LogFile, as_read};
use super::chat::{BeforeAfter, before_after};
use super::compare::{Comparison, Difference, Strictness, compare, differing};
use super::diff::{DiffLine, diff};
use super::update::update;
use crate::event::{Line, Place};

/// Replays recordings. Several threads do so at the same time.
pub trait Player: Sync {
    /// What each page of a recording does now, in the order of [`Case::plugins`].
    fn play(&self, case: &Case) -> Vec<Played>;

    /// The lines of code around a place, with a marker.
    fn frame(&self, case: &Case, plugin: &str, place: &Place) -> Option<String>;
}

/// What one page did in a replay.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Played {
    /// The plugin, by its name in the recording.
    pub plugin: String,
    /// Effects, faults and console lines in order.
    pub lines: Vec<Line>,
    /// Where each of them was made, as far as that is known.
    pub places: Vec<Option<Place>>,
    /// What a person should know, for instance of requests that the recording does not answer.
    pub warnings: Vec<String>,
    /// Why it says nothing.
    pub trouble: Option<Trouble>,
}

/// Why a replay says nothing about the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// There is no such page, or it does not load; in words.
    Page(String),
    /// It is this machine; in words.
    Environment(String),
}

/// How recordings are run.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// How much of the lines counts.
    pub strictness: Strictness,
    /// How often each is replayed at least, from 1.
    pub repeat: usize,
    /// Whether what differs is taken over into the recording.
    pub update: bool,
    /// How many are run at the same time, from 1.
    pub jobs: usize,
}

/// What became of a recording.
#[derive(Clone, Debug)]
pub struct Tested {
    /// The file.
    pub path: PathBuf,
    /// Its path as it is shown.
    pub name: String,
    /// The plugins recorded in it.
    pub plugins: Vec<String>,
    /// How many of its lines were compared.
    pub compared: usize,
    /// How it ended.
    pub verdict: Verdict,
    /// What a person should know beside.
    pub warnings: Vec<String>,
}

/// How the test of a recording ended.
#[derive(Clone, Debug)]
pub enum Verdict {
    /// All is as it was recorded.
    Same,
    /// The first difference of each page that has one.
    Different(Vec<Finding>),
    /// The same, and the recording has it now.
    Updated(Vec<Finding>),
    /// Two replays differed from each other, which is a bug of ours.
    Flaky(Vec<Finding>),
    /// The recording cannot be read, or not be updated.
    Unreadable(Vec<String>),
    /// A page is not there or does not load.
    NotLoaded(Vec<String>),
    /// This machine kept a page from its work.
    Environment(Vec<String>),
}

impl Verdict {
    /// The word in reports for programs.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Different(_) => "different",
            Self::Updated(_) => "updated",
            Self::Flaky(_) => "flaky",
            Self::Unreadable(_) => "unreadable",
            Self::NotLoaded(_) => "not_loaded",
            Self::Environment(_) => "environment",
        }
    }

    /// Whether it is as it should be.
    #[must_use]
    pub fn is_fine(&self) -> bool {
        matches!(self, Self::Same | Self::Updated(_))
    }

    /// The differences.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        match self {
            Self::Different(findings) | Self::Updated(findings) | Self::Flaky(findings) => findings,
            _ => &[],
        }
    }

    /// The same with one difference alone.
    #[must_use]
    pub fn with(&self, finding: Finding) -> Self {
        match self {
            Self::Updated(_) => Self::Updated(vec![finding]),
            Self::Flaky(_) => Self::Flaky(vec![finding]),
            _ => Self::Different(vec![finding]),
        }
    }

    /// What stood in the way.
    #[must_use]
    pub fn reasons(&self) -> &[String] {
        match self {
            Self::Unreadable(reasons) | Self::NotLoaded(reasons) | Self::Environment(reasons) => reasons,
            _ => &[],
        }
    }
}

/// The first difference of a page, with what explains it.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The plugin.
    pub plugin: String,
    /// The difference.
    pub difference: Difference,
    /// What led to it, and its physical line; none: the page's load, or what no line says.
    pub stimulus: Option<(u64, Line)>,
    /// The physical line of what was recorded.
    pub recorded_at: Option<u64>,
    /// Where the page did it.
    pub place: Option<Place>,
    /// The code around that place.
    pub frame: Option<String>,
    /// What was recorded and what came.
    pub diff: Vec<DiffLine>,
    /// The conversation that changed.
    pub chat: Option<BeforeAfter>,
    /// How many of the page's lines differ in all.
    pub count: usize,
}

/// Runs recordings; `told` hears of each, in the order of `files` whatever the number of jobs.
pub fn run(files: &[LogFile], player: &dyn Player, options: Options, told: &mut dyn FnMut(&Tested)) -> Vec<Tested> {
    let next = AtomicUsize::new(0);
    let (sender, receiver) = channel();
    thread::scope(|scope| {
        for _ in 0..options.jobs.clamp(1, files.len().max(1)) {
            let (sender, next) = (sender.clone(), &next);
            scope.spawn(move || {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(file) = files.get(at) else { break };
                    // It is heard as long as anybody runs.
                    let _ = sender.send((at, test(&Case::of(file), player, options)));
                }
            });
        }
        drop(sender);
        let (mut early, mut all) = (BTreeMap::new(), Vec::with_capacity(files.len()));
        for (at, tested) in receiver {
            early.insert(at, tested);
            while let Some(tested) = early.remove(&all.len()) {
                told(&tested);
                all.push(tested);
            }
        }
        all
    })
}

/// Replays one recording and compares.
#[must_use]
pub fn test(case: &Case, player: &dyn Player, options: Options) -> Tested {
    let mut tested = Tested {
        path: case.path.clone(),
        name: case.name.clone(),
        plugins: case.plugins.clone(),
        compared: 0,
        verdict: Verdict::Same,
        warnings: case.troubles.iter().filter(|trouble| trouble.is_warning()).map(ToString::to_string).collect(),
    };
    if case.is_unreadable() {
        let troubles = case.troubles.iter().filter(|trouble| !trouble.is_warning());
        tested.verdict = Verdict::Unreadable(troubles.map(ToString::to_string).collect());
        return tested;
    }
    let played = play(case, player);
    tested.warnings.extend(played.iter().flat_map(|page| page.warnings.clone()));
    tested.compared = played
        .iter()
        .flat_map(|page| case.recorded(&page.plugin))
        .filter(|(_, line)| options.strictness.counts(line))
        .count();
    tested.verdict = judge(case, player, options, &played);
    // What differs is replayed once more: what is not the same twice is no fault of the page.
    let is_doubted = matches!(tested.verdict, Verdict::Different(_));
    let times = options.repeat.saturating_sub(1).max(usize::from(is_doubted));
    if tested.verdict.reasons().is_empty() {
        let other = (0..times).map(|_| play(case, player)).find(|again| *again != played);
        if let Some(again) = other {
            tested.verdict = Verdict::Flaky(between(case, player, &played, &again));
            return tested;
        }
    }
    if let (true, Verdict::Different(findings)) = (options.update, &tested.verdict) {
        tested.verdict = take_over(case, &played, options, findings.clone());
    }
    tested
}

/// Replays one recording, its lines as they would be read from a file.
pub(super) fn play(case: &Case, player: &dyn Player) -> Vec<Played> {
    let mut played = player.play(case);
    for page in &mut played {
        for line in &mut page.lines {
            *line = Line { plugin: Some(page.plugin.clone()), ..as_read(line) };
        }
    }
    played
}

fn judge(case: &Case, player: &dyn Player, options: Options, played: &[Played]) -> Verdict {
    let troubles = |wanted: fn(&Trouble) -> Option<&String>| -> Vec<String> {
        let of = |page: &Played| Some(format!("{}: {}", page.plugin, page.trouble.as_ref().and_then(wanted)?));
        played.iter().filter_map(of).collect()
    };
    let not_loaded = troubles(|trouble| if let Trouble::Page(text) = trouble { Some(text) } else { None });
    if !not_loaded.is_empty() {
        return Verdict::NotLoaded(not_loaded);
    }
    let mut environment = troubles(|trouble| if let Trouble::Environment(text) = trouble { Some(text) } else { None });
    let mut findings = Vec::new();
    for page in played.iter().filter(|page| page.trouble.is_none()) {
        let recorded: Vec<Line> = case.recorded(&page.plugin).into_iter().map(|(_, line)| line.clone()).collect();
        match compare(&recorded, &page.lines, options.strictness) {
            Comparison::Same => {}
            Comparison::Different(difference) => {
                findings.push(finding(case, player, page, &recorded, *difference, options.strictness));
            }
            Comparison::Interrupted(line) => {
                environment.push(format!("{}: {} came and was not recorded: {}", page.plugin, line.type_, line.data));
            }
        }
    }
    match (findings.is_empty(), environment.is_empty()) {
        (_, false) => Verdict::Environment(environment),
        (true, true) => Verdict::Same,
        (false, true) => Verdict::Different(findings),
    }
}

fn finding(
    case: &Case,
    player: &dyn Player,
    page: &Played,
    recorded: &[Line],
    difference: Difference,
    strictness: Strictness,
) -> Finding {
    let came = difference.actual.as_ref();
    let at = page.lines.iter().enumerate().filter(|(_, line)| strictness.counts(line)).nth(difference.at);
    let place = at
        .filter(|_| came.is_some())
        .and_then(|(at, line)| page.places.get(at).cloned().flatten().or_else(|| place_of(line)));
    let frame = place.as_ref().and_then(|place| {
        let known = Some(place.frame.clone()).filter(|frame| !frame.is_empty());
        known.or_else(|| player.frame(case, &page.plugin, place))
    });
    let numbered = case.recorded(&page.plugin).into_iter().filter(|(_, line)| strictness.counts(line));
    let recorded_at = numbered.map(|(number, _)| *number).nth(difference.at);
    let lines = [difference.line(), difference.expected.as_ref()];
    let customer = lines.into_iter().flatten().find_map(|line| line.subject.as_deref());
    let chat = customer.and_then(|customer| {
        before_after(
            customer,
            &case.stimuli(),
            &recorded.iter().collect::<Vec<_>>(),
            &page.lines.iter().collect::<Vec<_>>(),
        )
    });
    Finding {
        plugin: page.plugin.clone(),
        stimulus: difference.cause().and_then(|cause| case.stimulus(cause)).cloned(),
        recorded_at: recorded_at.filter(|_| difference.expected.is_some()),
        place,
        frame,
        diff: diff(difference.expected.as_ref(), difference.actual.as_ref()),
        chat,
        count: differing(recorded, &page.lines, strictness),
        difference,
    }
}

/// Where a fault was, by its data.
fn place_of(line: &Line) -> Option<Place> {
    let text = |member: &str| line.data.get(member).and_then(|value| value.as_str()).map(str::to_owned);
    let number = |member: &str| line.data.get(member)?.as_u64().and_then(|number| u32::try_from(number).ok());
    Some(Place {
        url: text("url")?,
        file: text("file"),
        line: number("line").filter(|line| *line > 0)?,
        column: number("column").unwrap_or_default(),
        stack: text("stack").unwrap_or_default(),
        frame: text("frame").unwrap_or_default(),
    })
}

/// Where two replays of one recording differ.
fn between(case: &Case, player: &dyn Player, first: &[Played], again: &[Played]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (first, again) in first.iter().zip(again) {
        if let Comparison::Different(difference) = compare(&first.lines, &again.lines, Strictness::All) {
            let found = finding(case, player, again, &first.lines, *difference, Strictness::All);
            findings.push(Finding { recorded_at: None, ..found });
        }
    }
    findings
}

fn take_over(case: &Case, played: &[Played], options: Options, findings: Vec<Finding>) -> Verdict {
    let of = |page: &Played| (page.plugin.clone(), page.lines.clone());
    let lines: Vec<Line> = case.lines.iter().map(|(_, line)| line.clone()).collect();
    let is_different = |page: &&Played| findings.iter().any(|finding| finding.plugin == page.plugin);
    let actual = played.iter().filter(is_different).map(of).collect();
    match update(&case.path, &lines, case.only_plugin(), &actual, options.strictness) {
        Ok(()) => Verdict::Updated(findings),
        Err(error) => Verdict::Unreadable(vec![error.to_string()]),
    }
}

#[cfg(test)]
mod tests;
