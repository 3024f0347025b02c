//! Shadows: another version of a plugin is told what pages were told, and is answered what they were; what it does is compared,
//! and goes nowhere.
//!
//! It is a replay: of a recording in memory, in processes of its own without a network, one conversation after another, on a
//! thread that yields to all others. What finds no room is not compared, and counted. Where the other version does something
//! else, the plugin itself is replayed as well: if that does not do what was recorded either, nothing is known of the shadow.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, OnceLock};
use std::thread;

use serde_json::json;

use super::super::operations::Operations;
use super::super::witness::Witness;
use super::{Difference, RecordPolicy, shelf};
use crate::base::clock::{Stopwatch, system_now_ms};
use crate::base::limits::{SHADOW_TIME, SHADOWS_WAITING_MAX};
use crate::engine::event_loop::Output;
use crate::event::stimulus::STIMULUS_PREFIX;
use crate::event::{Fault, Line, LocalStorage};
use crate::host::plugin::Plugin;
use crate::host::processes::Processes;
use crate::host::recorder::{changed, create_private, redact_session};
use crate::host::replay::{Replayed, replay_by};
use crate::host::watch::{About, Notice};
use crate::page::{Driver, LoadError, Look, Looked, PageOptions, Tasks, Turn, TurnInput};
use crate::process::{Level, yield_to_others};
use crate::record::{Recording, Session};

/// What is to be replayed.
pub(super) enum Job {
    /// A conversation, by the shadow of the plugin at this place of the policy.
    Compare { lines: Vec<Line>, policy: Arc<RecordPolicy>, at: usize, plugin: Box<Plugin> },
    /// A recording, by its own plugin: whether pseudonyms change what that does.
    Check { path: PathBuf, plugin: Box<Plugin>, processes: Processes },
}

/// What became of a conversation that a shadow was to be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// It does the same.
    Same,
    /// It does not.
    Different,
    /// The conversation cannot be replayed, or took too long.
    Unclear,
    /// There was no room.
    Dropped,
}

impl Told {
    /// The word in metrics.
    pub fn name(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Different => "different",
            Self::Unclear => "unclear",
            Self::Dropped => "dropped",
        }
    }
}

/// The way to the thread that replays; it is there from the first job on, and ends with the program.
pub(super) struct Shadows {
    jobs: OnceLock<SyncSender<Job>>,
    operations: Arc<Operations>,
    witness: Arc<dyn Witness>,
}

impl Shadows {
    pub(super) fn new(operations: Arc<Operations>, witness: Arc<dyn Witness>) -> Self {
        Self { jobs: OnceLock::new(), operations, witness }
    }

    pub(super) fn tell(&self, job: Job) {
        let jobs = self.jobs.get_or_init(|| {
            let (jobs, next) = sync_channel(SHADOWS_WAITING_MAX);
            let (operations, witness) = (self.operations.clone(), self.witness.clone());
            thread::spawn(move || {
                yield_to_others();
                let mut worker = Worker { operations, witness, changed: HashSet::new() };
                next.into_iter().for_each(|job| worker.work(job));
            });
            jobs
        });
        let name = match &job {
            Job::Compare { plugin, .. } => Some(plugin.name.clone()),
            Job::Check { .. } => None,
        };
        if jobs.try_send(job).is_err()
            && let Some(name) = name
        {
            self.operations.metrics.shadow(&name, Told::Dropped);
        }
    }
}

struct Worker {
    operations: Arc<Operations>,
    witness: Arc<dyn Witness>,
    /// Plugins of which it was told that pseudonyms change what they do.
    changed: HashSet<String>,
}

impl Worker {
    fn work(&mut self, job: Job) {
        match job {
            Job::Check { path, plugin, processes } => {
                if !self.changed.contains(&plugin.name)
                    && let Some(notice) = changed(&path, std::slice::from_ref(&*plugin), &plain(&processes))
                {
                    self.changed.insert(plugin.name.clone());
                    let about = About::new("recording.redacted").plugin(&plugin.name);
                    self.witness.say(notice.about(about));
                }
            }
            Job::Compare { lines, policy, at, plugin } => {
                let told = self.compare(&lines, &policy, at, &plugin);
                self.operations.metrics.shadow(&plugin.name, told);
            }
        }
    }

    fn compare(&self, lines: &[Line], policy: &RecordPolicy, at: usize, plugin: &Plugin) -> Told {
        let session = Session::of_lines(lines.iter().cloned());
        let shadow = policy.plugins.get(at).and_then(|record| record.shadow.as_ref());
        let (Some(recording), Some(shadow)) = (session.recordings.first(), shadow) else { return Told::Unclear };
        let replayed = match play(recording, &shadow.plugin, &policy.processes) {
            Ok(replayed) => replayed,
            Err(TooLong) => return Told::Unclear,
        };
        let Some(difference) = difference(recording, &replayed, policy) else { return Told::Same };
        // Whether the plugin itself does what was recorded.
        let itself = play(recording, plugin, &policy.processes);
        if !itself.is_ok_and(|itself| self::difference(recording, &itself, policy).is_none()) {
            return Told::Unclear;
        }
        let kept = keep(lines, &replayed, policy, at, plugin);
        let where_to = match &kept {
            Ok((one, other)) => format!("; both are in {} and {}", one.display(), other.display()),
            Err(reason) => format!("; what it did could not be kept: {reason}"),
        };
        let text = format!("{}: its shadow does something else: {}{where_to}", plugin.name, difference.what);
        let about = About::new("shadow.different").plugin(&plugin.name);
        let about = difference.cause.iter().fold(about, |about, cause| about.cause(cause));
        let hint = kept.is_ok().then_some("`duoke sessions diff` shows the two beside each other");
        self.witness.say(Notice::warning(text).with_hint(hint).about(about));
        Told::Different
    }
}

/// What a shadow did that was not recorded; what it asked for and was refused counts as well.
fn difference(recording: &Recording, replayed: &Replayed, policy: &RecordPolicy) -> Option<Difference> {
    if replayed.unloaded.is_some() {
        return Some(Difference { what: "its page does not load".to_owned(), cause: None });
    }
    let found = (policy.compare)(recording, replayed);
    if replayed.divergences.is_empty() {
        return found;
    }
    // What it was refused leads to other things, mostly.
    let asks = "it asks a server for what the page did not ask for";
    Some(match found {
        Some(Difference { what, cause }) => Difference { what: format!("{what}; {asks}"), cause },
        None => Difference { what: asks.to_owned(), cause: None },
    })
}

/// Pages of one replay each: nothing of them stays.
fn plain(processes: &Processes) -> Processes {
    Processes { best: Level::Spawned, ..processes.clone() }
}

struct TooLong;

fn play(recording: &Recording, plugin: &Plugin, processes: &Processes) -> Result<Replayed, TooLong> {
    let (budget, processes) =
        (Arc::new(Budget { began: Stopwatch::start(), is_over: AtomicBool::new(false) }), plain(processes));
    let make = |options: PageOptions, _: &Recording, _: &Plugin| -> Box<dyn Driver + Send> {
        Box::new(Bounded { page: processes.page(options), budget: budget.clone(), is_ended: false })
    };
    let replayed = replay_by(&[(recording, plugin)], &processes.limits, &make);
    if budget.is_over.load(Ordering::Acquire) { Err(TooLong) } else { Ok(replayed) }
}

struct Budget {
    began: Stopwatch,
    is_over: AtomicBool,
}

/// A page that is told nothing more once its time is up, or it had to be ended.
struct Bounded {
    page: Box<dyn Driver + Send>,
    budget: Arc<Budget>,
    is_ended: bool,
}

impl Driver for Bounded {
    fn open(&mut self, settle_ms: i64, tasks: &mut Tasks<'_>) -> Result<Turn, LoadError> {
        self.page.open(settle_ms, tasks)
    }

    fn turn(&mut self, input: TurnInput, tasks: &mut Tasks<'_>) -> Turn {
        if self.budget.began.elapsed() > SHADOW_TIME {
            self.budget.is_over.store(true, Ordering::Release);
        }
        if self.is_ended || self.budget.is_over.load(Ordering::Acquire) {
            return Turn { now: input.at, idle: true, ..Turn::default() };
        }
        let turn = self.page.turn(input, tasks);
        let is_end = |output: &Output| matches!(output, Output::Fault(Fault::Timeout { .. }));
        self.is_ended = turn.emissions.iter().any(|emission| is_end(&emission.output));
        turn
    }

    fn document_html(&mut self) -> String {
        self.page.document_html()
    }

    fn look(&mut self, look: Look) -> Option<Looked> {
        self.page.look(look)
    }

    fn end(&mut self, at: i64, storage: LocalStorage) {
        // As it was recorded: it goes on.
        self.is_ended = false;
        self.page.end(at, storage);
    }

    fn is_parked(&self) -> bool {
        self.page.is_parked()
    }
}

/// Writes what was recorded, and beside it what the shadow did of it.
fn keep(
    lines: &[Line],
    replayed: &Replayed,
    policy: &RecordPolicy,
    at: usize,
    plugin: &Plugin,
) -> Result<(PathBuf, PathBuf), String> {
    let folder = shelf::folder(&policy.folder, &plugin.name, "shadow").map_err(|error| error.to_string())?;
    let name = shelf::name(system_now_ms());
    let paths = (folder.join(format!("{name}.jsonl")), folder.join(format!("{name}.shadow.jsonl")));
    let refused = replayed.divergences.iter().zip(1..).map(|(notice, number)| {
        let line = Line::new(format!("x{number}"), "duoke", "shadow.refused", json!({ "text": notice.text }));
        Line { plugin: Some(plugin.name.clone()), ..line }
    });
    let told = lines.iter().filter(|line| line.type_.starts_with(STIMULUS_PREFIX)).cloned();
    let mut other: Vec<Line> = told.chain(replayed.lines.iter().cloned()).collect();
    // Beside each other as they happened.
    other.sort_by_key(|line| line.time);
    other.extend(refused);
    let numbered =
        |lines: Vec<Line>| (1..).zip(lines).map(|(seq, line)| Line { seq: Some(seq), ..line }).collect::<Vec<_>>();
    let other = numbered(other);
    match policy.plugins.get(at).and_then(|record| record.redactor(plugin)) {
        Some(mut redactor) => {
            write(&paths.0, &redact_session(lines, &mut redactor))?;
            write(&paths.1, &redact_session(&other, &mut redactor))?;
        }
        None => {
            write(&paths.0, lines)?;
            write(&paths.1, &other)?;
        }
    }
    Ok(paths)
}

fn write(path: &Path, lines: &[Line]) -> Result<(), String> {
    let mut writer = create_private(path).map_err(|error| error.to_string())?;
    let written = lines.iter().try_for_each(|line| writer.write(line));
    written.and_then(|()| writer.finish()).map_err(|error| error.to_string())
}
