//! Who writes recordings: a thread of its own, which has them all. Its trouble is told once and counted; nobody waits for it.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError};

use super::super::witness::Witness;
use super::shadow::{Job, Shadows, Told};
use super::shown::AtWorkbench;
use super::{Begin, Handed, Message, Shared, lock, shelf};
use crate::base::clock::{Clock, TimestampMs};
use crate::base::limits::{RECORDINGS_LOOK, SHADOW_BYTES_MAX, SHADOW_EVERY_MS};
use crate::host::recorder::{RecordOptions, Recorder};
use crate::host::watch::{About, Notice};
use crate::record::WriteError;
use crate::record::session::end_line;

/// A page that is recorded.
struct Kept {
    begin: Begin,
    /// In a file, with pseudonyms; none: it is not recorded, or that has ended.
    file: Option<Written>,
    /// In memory, for its shadow.
    memory: Option<InMemory>,
    /// At a workbench.
    shown: Option<AtWorkbench>,
    /// Whether anything was written yet.
    has_begun: bool,
    /// Page time at the end of its last turn.
    at: TimestampMs,
}

struct Written {
    recorder: Recorder,
    path: PathBuf,
    bytes: u64,
}

struct InMemory {
    recorder: Recorder,
    bytes: u64,
    /// When its shadow is told so far.
    due: TimestampMs,
    is_told_all: bool,
}

/// Has what pages hand over written.
pub(super) struct Keeper {
    messages: Receiver<Message>,
    shared: Arc<Shared>,
    clock: Clock,
    witness: Arc<dyn Witness>,
    shadows: Shadows,
    open: HashMap<u64, Kept>,
    /// Bytes of what is in memory for shadows.
    held_bytes: u64,
    /// Whether trouble was told, until a recording ends without any.
    is_troubled: bool,
}

impl Keeper {
    pub(super) fn new(
        messages: Receiver<Message>,
        shared: Arc<Shared>,
        clock: Clock,
        witness: Arc<dyn Witness>,
    ) -> Self {
        let shadows = Shadows::new(shared.operations.clone(), witness.clone());
        Self { messages, shared, clock, witness, shadows, open: HashMap::new(), held_bytes: 0, is_troubled: false }
    }

    pub(super) fn run(mut self) {
        loop {
            match self.messages.recv_timeout(RECORDINGS_LOOK) {
                Ok(Message::Begin(id, begin)) => self.begin(id, *begin),
                Ok(Message::Turn(id, handed)) => {
                    self.turn(id, &handed);
                    self.shared.waiting_bytes.fetch_sub(handed.bytes, Ordering::AcqRel);
                }
                Ok(Message::End(id)) => self.end(id, "closed"),
                Ok(Message::Stop) | Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => self.look(),
            }
            let lost = std::mem::take(&mut *lock(&self.shared.lost));
            lost.into_iter().for_each(|id| self.end(id, "behind"));
        }
        let open: Vec<u64> = self.open.keys().copied().collect();
        open.into_iter().for_each(|id| self.end(id, "stopped"));
    }

    fn begin(&mut self, id: u64, begin: Begin) {
        let at = begin.opened.options.resume.map_or(begin.opened.options.start, |moment| moment.at);
        self.open.insert(id, Kept { begin, file: None, memory: None, shown: None, has_begun: false, at });
    }

    /// The page is there: it has done its first turn.
    fn create(&mut self, id: u64) {
        let Some(kept) = self.open.get_mut(&id).filter(|kept| !kept.has_begun) else { return };
        kept.has_begun = true;
        let Begin { policy, at, opened, account, is_recorded, is_shadowed, shown } = &kept.begin;
        let options = |path: &Path, redactor| RecordOptions {
            path: path.to_owned(),
            redactor,
            account: account.clone(),
            profile: None,
        };
        let name = opened.plugin.name.clone();
        if let Some((workbench, seat)) = shown {
            kept.shown = AtWorkbench::begin(id, (workbench, seat), options(Path::new(""), None), opened);
        }
        if *is_shadowed && self.held_bytes < SHADOW_BYTES_MAX {
            // It has no file that could not be created.
            let recorder = Recorder::handed_over(options(&policy.folder, None), opened, false).ok();
            let due = self.clock.now_ms() + SHADOW_EVERY_MS;
            kept.memory = recorder.map(|recorder| InMemory { recorder, bytes: 0, due, is_told_all: true });
        } else if *is_shadowed {
            self.shared.operations.metrics.shadow(&name, Told::Dropped);
        }
        if !*is_recorded {
            return;
        }
        let record = &policy.plugins[*at];
        let created = shelf::folder(&policy.folder, &name, "")
            .map_err(|error| WriteError { file: policy.folder.display().to_string(), error });
        let created = created.and_then(|folder| {
            let path = folder.join(format!("{}.jsonl", shelf::name(self.clock.now_ms())));
            let redactor = record.redactor(&opened.plugin);
            Ok(Written { recorder: Recorder::handed_over(options(&path, redactor), opened, true)?, path, bytes: 0 })
        });
        match created {
            Ok(written) => {
                kept.file = Some(written);
                self.shared.operations.metrics.recordings_open(1);
            }
            Err(error) => self.trouble(&name, &error.to_string()),
        }
    }

    fn turn(&mut self, id: u64, Handed { items, at, took, .. }: &Handed) {
        self.create(id);
        let Some(kept) = self.open.get_mut(&id) else { return };
        let bytes_max = kept.begin.policy.bytes_max;
        let (mut is_full, mut has_failed) = (false, false);
        if let Some(Written { recorder, bytes, .. }) = &mut kept.file {
            items.iter().for_each(|item| recorder.take(item));
            match recorder.commit(*bytes, bytes_max) {
                Some(_) if recorder.has_failed() => has_failed = true,
                Some(all) => {
                    self.shared.operations.metrics.recorded(all - *bytes);
                    *bytes = all;
                }
                None => is_full = true,
            }
        }
        if let Some(shown) = &mut kept.shown {
            shown.turn(id, items, *took);
        }
        let mut is_at_end = false;
        if let Some(InMemory { recorder, bytes, is_told_all, .. }) = &mut kept.memory {
            items.iter().for_each(|item| recorder.take(item));
            match recorder.commit(*bytes, bytes_max) {
                Some(all) => {
                    self.held_bytes += all - *bytes;
                    (*bytes, *is_told_all) = (all, false);
                }
                None => is_at_end = true,
            }
        }
        if is_full || has_failed {
            self.end_file(id, if is_full { "size" } else { "trouble" });
        }
        if is_at_end {
            self.end_memory(id);
        }
        if let Some(kept) = self.open.get_mut(&id) {
            kept.at = kept.at.max(*at);
        }
        self.tell_shadow_so_far(id);
    }

    /// A conversation that goes on for long is told to its shadow now and then.
    fn tell_shadow_so_far(&mut self, id: u64) {
        let now = self.clock.now_ms();
        let Some(kept) = self.open.get_mut(&id) else { return };
        let Some(memory) = kept.memory.as_mut().filter(|memory| memory.due <= now) else { return };
        (memory.due, memory.is_told_all) = (now + SHADOW_EVERY_MS, true);
        if let Some(job) = job(kept) {
            self.shadows.tell(job);
        }
    }

    fn end(&mut self, id: u64, why: &'static str) {
        self.end_file(id, why);
        self.end_memory(id);
        if let Some(shown) = self.open.remove(&id).and_then(|kept| kept.shown) {
            shown.end(id);
        }
    }

    fn end_file(&mut self, id: u64, why: &'static str) {
        let Some(kept) = self.open.get_mut(&id) else { return };
        let Some(written) = kept.file.take() else { return };
        let (policy, plugin, at) = (kept.begin.policy.clone(), kept.begin.opened.plugin.clone(), kept.at);
        let metrics = &self.shared.operations.metrics;
        metrics.recordings_open(-1);
        if ["size", "behind"].contains(&why) {
            metrics.recording_cut(&plugin.name, why);
        }
        match written.recorder.end_at(at, why).tidy() {
            Ok(has_replaced) => {
                // What comes next is news again.
                self.is_troubled = false;
                if has_replaced {
                    let processes = policy.processes.clone();
                    self.shadows.tell(Job::Check { path: written.path, plugin: Box::new(plugin), processes });
                }
            }
            Err(notice) => self.trouble(&plugin.name, &notice.text),
        }
        self.look();
    }

    fn end_memory(&mut self, id: u64) {
        let Some(kept) = self.open.get_mut(&id) else { return };
        let is_told_all = kept.memory.as_ref().is_none_or(|memory| memory.is_told_all);
        let job = if is_told_all { None } else { job(kept) };
        if let Some(memory) = kept.memory.take() {
            self.held_bytes -= memory.bytes;
        }
        if let Some(job) = job {
            self.shadows.tell(job);
        }
    }

    /// Removes recordings that are too old or too many.
    fn look(&mut self) {
        let now = self.clock.now_ms();
        let paths = |kept: &Kept| kept.file.as_ref().map(|written| written.path.clone());
        let open: Vec<PathBuf> = self.open.values().filter_map(paths).collect();
        let policy = lock(&self.shared.policy).clone();
        if let Err(error) = shelf::tidy(&policy.folder, &policy.keep, now, &open) {
            self.trouble("", &format!("{}: an old recording cannot be removed: {error}", policy.folder.display()));
        }
    }

    fn trouble(&mut self, plugin: &str, text: &str) {
        self.shared.operations.metrics.recording_cut(plugin, "trouble");
        if !std::mem::replace(&mut self.is_troubled, true) {
            let hint = "make room, or name another `[record] folder` and reload; customers are served all the same";
            let about = About::new("recording.trouble").plugin(plugin);
            let notice = Notice::warning(format!("recordings: {text}")).with_hint(Some(hint));
            self.witness.say(notice.about(about));
        }
    }
}

/// A conversation as far as it is known, for its shadow.
fn job(kept: &Kept) -> Option<Job> {
    let memory = kept.memory.as_ref()?;
    let mut lines = memory.recorder.lines();
    lines.push(end_line(kept.at));
    let Begin { policy, at, opened, .. } = &kept.begin;
    Some(Job::Compare { lines, policy: policy.clone(), at: *at, plugin: Box::new(opened.plugin.clone()) })
}
