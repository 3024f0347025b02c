//! What `duoke coverage` says, for a person: first whether the page will work, then what to do.

use std::fmt::Write as _;

use super::report::{Named, Place, Report, Verdict, fault_text};
use crate::base::limits::COVERAGE_PLACES_SHOWN_MAX;
use crate::event::Fault;
use crate::webapi::catalogue::Status;
use crate::webapi::missing;

/// The report as text: what is told in one section is not told again in a later one.
#[must_use]
pub fn render(report: &Report) -> String {
    let mut text = format!("{}: {}\n", report.page, summary(report));
    section(&mut text, "what went wrong", &faults(report));
    section(&mut text, "could not be had", &files(report));
    section(&mut text, "missing", &advice(report, Status::Missing));
    section(&mut text, "planned, not here yet", &advice(report, Status::Planned));
    section(&mut text, "here, but less than the name says", &advice(report, Status::Stub));
    section(&mut text, "warnings", &warnings(report));
    section(&mut text, "asked for, and done without", &guarded(report));
    section(&mut text, "works", &works(report));
    safe(&text)
}

/// `runs; 2 APIs missing, 1 stub`
#[must_use]
pub fn summary(report: &Report) -> String {
    let verdict = match (report.verdict(), &report.trial) {
        (Verdict::Runs, _) => "runs".to_owned(),
        (Verdict::Faults, Some(trial)) if trial.ended => "ended while it ran".to_owned(),
        (Verdict::Faults, Some(trial)) => format!("loads, with {}", counted(trial.faults.len(), "fault")),
        (Verdict::NotLoaded, _) => "does not load".to_owned(),
        (Verdict::Faults | Verdict::NotRun, _) => "not run".to_owned(),
    };
    let count = |status| report.needed(status).count();
    let counts = [
        (count(Status::Missing), " missing"),
        (count(Status::Planned), " planned"),
        (count(Status::Stub), " only a stub"),
    ];
    let counts: Vec<String> =
        counts.iter().filter(|(count, _)| *count > 0).map(|(count, word)| counted(*count, "API") + word).collect();
    let rest = if counts.is_empty() { "nothing it needs is missing".to_owned() } else { counts.join(", ") };
    let effects = report.trial.as_ref().map_or(0, |trial| trial.effects.values().sum::<usize>());
    match report.verdict() {
        Verdict::NotLoaded => verdict,
        Verdict::Runs | Verdict::Faults if effects > 0 => {
            format!("{verdict}; {rest}; had {} when told a user and a place", counted(effects, "effect"))
        }
        _ => format!("{verdict}; {rest}"),
    }
}

fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

fn section(text: &mut String, title: &str, lines: &[String]) {
    if !lines.is_empty() {
        // Writing to a string does not fail.
        let _ = writeln!(text, "\n{title}");
        for line in lines {
            let _ = writeln!(text, "  {line}");
        }
    }
}

/// What the page itself uses of a status: the name and its places, and what to do about it.
fn advice(report: &Report, status: Status) -> Vec<String> {
    let lines = |named: &Named| {
        let touched = if named.is_touched { "; touched in the run" } else { "" };
        [format!("{}  {}{touched}", named.api.name, places(named)), format!("    {}", named.api.note)]
    };
    report.needed(status).flat_map(lines).collect()
}

/// `a.js:1:2, b.js:3:4 and 5 more`
fn places(named: &Named) -> String {
    let only_libraries = named.count(false) == 0;
    let own: Vec<&Place> = named.places.iter().filter(|place| !place.is_library || only_libraries).collect();
    let shown = own.iter().take(COVERAGE_PLACES_SHOWN_MAX);
    let shown: Vec<String> = shown.map(|place| format!("{}:{}:{}", place.file, place.line, place.column)).collect();
    match own.len() - shown.len() {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

fn faults(report: &Report) -> Vec<String> {
    let Some(trial) = &report.trial else { return Vec::new() };
    if let Some((problem, hint)) = &trial.not_loaded {
        return std::iter::once(problem.clone()).chain(hint.iter().map(|hint| format!("    {hint}"))).collect();
    }
    let lines = |seen: &super::trial::Seen| {
        let (what, place) = fault_text(&seen.fault);
        // The fault of something that could not be had carries its hint.
        let (what, hint) = match (&seen.fault, what.split_once("; ")) {
            (Fault::Load { .. } | Fault::Network { .. }, Some((what, hint))) => {
                (what.to_owned(), Some(hint.to_owned()))
            }
            _ => (what, None),
        };
        let place = if place.is_empty() { place } else { format!("  {place}") };
        let times = if seen.count > 1 { format!(" ({} times)", seen.count) } else { String::new() };
        std::iter::once(format!("{what}{place}{times}")).chain(hint.map(|hint| format!("    {hint}")))
    };
    trial.faults.iter().flat_map(lines).collect()
}

/// Files that could not be had, unless a fault says so already.
fn files(report: &Report) -> Vec<String> {
    if report.trial.is_some() {
        return Vec::new();
    }
    let problems = report.files.iter().filter_map(|file| file.problem.as_ref());
    problems
        .flat_map(|problem| {
            std::iter::once(problem.to_string()).chain(problem.hint().map(|hint| format!("    {hint}")))
        })
        .collect()
}

fn warnings(report: &Report) -> Vec<String> {
    let is_told = |text: &&String| {
        let mut touched = report.apis.iter().filter(|named| named.is_touched);
        touched.any(|named| text.starts_with(&missing::beginning(named.api)))
    };
    let warnings = report.trial.iter().flat_map(|trial| &trial.warnings);
    let mut lines: Vec<String> = warnings.filter(|text| !is_told(text)).cloned().collect();
    let is_echat = report.apis.iter().any(|named| named.api.name == "echatSDK");
    if !report.has_notify() && !is_echat && report.verdict() != Verdict::NotLoaded {
        lines.push("no file has MCS_ClientNotify: the page is not told which customer is being served".to_owned());
    }
    lines
}

/// What is missing and only asked for, or named by libraries: a line a file.
fn guarded(report: &Report) -> Vec<String> {
    let line = |file: &super::gather::File| {
        let is_there = |named: &&Named| named.places.iter().any(|place| place.file == file.name);
        let unneeded = report.apis.iter().filter(|named| !named.api.status.is_there());
        let unneeded = unneeded.filter(|named| file.is_library || !named.is_needed()).filter(is_there);
        let names: Vec<&str> = unneeded.map(|named| named.api.name).collect();
        let library = if file.is_library { " (library)" } else { "" };
        (!names.is_empty()).then(|| format!("{}{library}: {}", file.name, names.join(", ")))
    };
    report.files.iter().filter_map(line).collect()
}

fn works(report: &Report) -> Vec<String> {
    let works = report.apis.iter().filter(|named| named.api.status == Status::Works && named.count(false) > 0);
    let names: Vec<&str> = works.map(|named| named.api.name).collect();
    if names.is_empty() { Vec::new() } else { vec![names.join(", ")] }
}

/// What comes from pages and servers must not steer the terminal.
fn safe(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\n' { '\u{fffd}' } else { c }).collect()
}
