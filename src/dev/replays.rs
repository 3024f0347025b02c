//! Hot replay: recordings against the version that was saved just now.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};

use crate::base::limits::REPLAY_CHANGES_MAX;
use crate::event::Place;
use crate::host::Processes;
use crate::regress::case::{Case, LogFile};
use crate::regress::diff::as_text;
use crate::regress::play::Replays;
use crate::regress::run::{Finding, Played, Player};
use crate::regress::{Options, Strictness, Tested, Verdict, run};

/// Replays that can be given up.
struct UntilSaved<'a> {
    replays: Replays,
    is_over: &'a AtomicBool,
}

impl Player for UntilSaved<'_> {
    fn play(&self, case: &Case) -> Vec<Played> {
        // Who saved again does not wait for what was before.
        if self.is_over.load(Ordering::Relaxed) { Vec::new() } else { self.replays.play(case) }
    }

    fn frame(&self, case: &Case, plugin: &str, place: &Place) -> Option<String> {
        self.replays.frame(case, plugin, place)
    }
}

/// Replays these and compares; `is_so_far`: they are the session so far, and have what the page does now afterwards. `None`: it was
/// given up.
pub fn replay(
    files: &[LogFile],
    is_so_far: bool,
    processes: Processes,
    is_over: &Arc<AtomicBool>,
) -> Option<Vec<Tested>> {
    // One more than there are processors: a replay waits for its page, then its page for it.
    let jobs = 1 + std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let options = Options { strictness: Strictness::Meaning, repeat: 1, update: is_so_far, jobs };
    let player = UntilSaved { replays: Replays::new(processes), is_over };
    let tested = run(files, &player, options, &mut |_| ());
    (!is_over.load(Ordering::Relaxed)).then_some(tested)
}

/// What changed, in a line: `12 sessions, 1 effect changed`.
#[must_use]
pub fn summary(tested: &[Tested]) -> String {
    let plural = |count: usize, one: &str| if count == 1 { format!("1 {one}") } else { format!("{count} {one}s") };
    let changed: usize = tested.iter().flat_map(|tested| tested.verdict.findings()).map(|finding| finding.count).sum();
    let troubles = tested.iter().filter(|tested| !tested.verdict.reasons().is_empty()).count();
    let what = match changed {
        0 => "nothing changed".to_owned(),
        changed => format!("{} changed", plural(changed, "effect")),
    };
    let troubles = if troubles == 0 { String::new() } else { format!(", {troubles} not replayed") };
    format!("{}, {what}{troubles}", plural(tested.len(), "session"))
}

/// A difference as the console has it; `is_ignored` by its session, its plugin and its text.
pub fn changed(tested: &[Tested], is_ignored: impl Fn(&str, &str, &str) -> bool) -> Vec<Value> {
    let findings =
        tested.iter().flat_map(|tested| tested.verdict.findings().iter().map(move |finding| (tested, finding)));
    findings.take(REPLAY_CHANGES_MAX).map(|(tested, finding)| change(tested, finding, &is_ignored)).collect()
}

fn change(tested: &Tested, finding: &Finding, is_ignored: &impl Fn(&str, &str, &str) -> bool) -> Value {
    let diff = as_text(&finding.diff);
    let place = finding
        .place
        .as_ref()
        .filter(|place| place.line > 0)
        .map(|place| format!("{}:{}:{}", place.file.as_deref().unwrap_or(&place.url), place.line, place.column));
    let stimulus =
        finding.stimulus.as_ref().map(|(number, line)| json!({"line": number, "type": line.type_, "data": line.data}));
    json!({
        "session": tested.name, "plugin": finding.plugin, "count": finding.count, "what": finding.difference.what(),
        "stimulus": stimulus, "cause": place, "frame": finding.frame, "diff": diff,
        "customer": finding.chat.as_ref().map(|chat| &chat.customer),
        "before": finding.chat.as_ref().map(|chat| &chat.before), "after": finding.chat.as_ref().map(|chat| &chat.after),
        "ignored": is_ignored(&tested.name, &finding.plugin, &diff), "updated": matches!(tested.verdict, Verdict::Updated(_)),
    })
}

/// What kept recordings from being replayed.
#[must_use]
pub fn troubles(tested: &[Tested]) -> Vec<Value> {
    let reasons = tested.iter().flat_map(|tested| tested.verdict.reasons().iter().map(move |text| (tested, text)));
    reasons.map(|(tested, text)| json!({"session": tested.name, "text": text})).collect()
}
