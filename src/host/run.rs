//! `duoke run`: a log is played to pages; what they do comes out, and where asked for goes to WeChat.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use super::derived::Deriving;
use super::durable::Durable;
use super::feed::Tally;
use super::forward::Forwarder;
use super::keeping::Keeping;
use super::ledger::Source;
use super::lines::Lines;
use super::plugin::Plugin;
use super::recorder::Recorder;
use super::stage::{Happened, Stage, Step};
use super::watch::{Notice, Watch};
use crate::base::clock::{TimestampMs, system_now_ms};
use crate::base::limits::CLOCK_START_MS;
use crate::event::{Line, Stimulus, stimulus::STIMULUS_PREFIX};
use crate::net::PluginNetwork;
use crate::page::{LoadError, Pace, PageOptions};
use crate::record::ReadError;
use crate::store::{EventId, StoreError};

mod documents;
mod first;
mod for_us;
mod given_out;
mod options;
mod reaching;

use first::{First, served};
pub use options::{Hosted, Lasting, Log, Outcome, RunOptions, SEED_DEFAULT};
use reaching::Reaching;

struct Run<'a> {
    options: RunOptions,
    stage: Stage,
    networks: Vec<Arc<PluginNetwork>>,
    lines: Lines,
    durable: Option<Durable>,
    keeping: Option<Keeping>,
    recorder: Option<Recorder>,
    watch: &'a mut dyn Watch,
    outcome: Outcome,
    log_name: String,
    /// What was complained of already.
    complaints: BTreeSet<String>,
    deriving: Deriving,
    /// The visitor that each page was turned to last.
    selected: BTreeMap<usize, String>,
    /// Whom the line that is being told reaches.
    reaching: Reaching,
    /// Lines of which it is only known that they were handled.
    skipped: usize,
    /// The log was played to its end.
    ended: bool,
    /// Nobody reads the lines any more.
    closed: bool,
}

/// Opens the pages, plays the log, delivers, writes the documents.
pub fn run(
    pages: Vec<Hosted>,
    log: Option<Log>,
    Lasting { forward, keep, record }: Lasting,
    options: RunOptions,
    watch: &mut dyn Watch,
) -> Outcome {
    let mut run = Run {
        stage: Stage::new(options.settle_ms, options.realtime),
        lines: Lines::new(options.all),
        options,
        networks: Vec::new(),
        durable: None,
        keeping: keep.map(Keeping::new),
        recorder: record,
        watch,
        outcome: Outcome::default(),
        log_name: String::new(),
        complaints: BTreeSet::new(),
        deriving: Deriving::default(),
        selected: BTreeMap::new(),
        reaching: Reaching::default(),
        skipped: 0,
        ended: false,
        closed: false,
    };
    // What is followed goes on now.
    let is_followed = log.as_ref().is_some_and(|log| log.source.identity.is_none());
    let nothing = || Log { lines: Box::new(std::iter::empty()), source: Source::default(), tally: Tally::default() };
    let Log { mut lines, source, tally } = log.unwrap_or_else(nothing);
    run.log_name.clone_from(&source.name);
    if run.begin(forward, &source, &pages) {
        let mut first = VecDeque::new();
        let opening = run.first_unfinished().or_else(|| First::read(&mut first, &mut *lines)).unwrap_or_default();
        let time = opening.time.or(is_followed.then(system_now_ms)).or(run.options.start);
        let opening = First { time, ..opening };
        let loading = run.open(pages, &opening);
        run.keep_loading(&loading);
        run.give_out(None, &loading);
        if !run.stage.is_empty() {
            run.take_up();
            run.ended = run.play(first.into_iter().chain(lines), &tally);
            let happened = run.round(None);
            run.give_out(None, &happened);
            run.write_documents();
        }
    }
    run.finish()
}

impl Run<'_> {
    /// Opens the pages; what they did meanwhile, in order of time.
    fn open(&mut self, pages: Vec<Hosted>, first: &First) -> Vec<Happened> {
        let mut happened = Vec::new();
        for (number, Hosted { plugin, network }) in pages.into_iter().enumerate() {
            let name = plugin.name.clone();
            let before = self.durable.as_mut().map(|durable| durable.served(number));
            let before = before.and_then(|before| self.stop_on(before)).unwrap_or_default();
            let options = self.page_options(&plugin, &network, first, served(&before).as_deref());
            let processes = self.options.processes.clone();
            match self.stage.open(plugin, options, |options| processes.page(options), &mut |_| ()) {
                Ok(loading) => {
                    self.say_unconfined(&name);
                    before.iter().for_each(|line| {
                        self.note_selected(&Stimulus::from_line(line), &[self.networks.len()]);
                    });
                    self.durable.iter_mut().for_each(|durable| durable.opened(number, before.clone()));
                    if let Some(keeping) = &mut self.keeping {
                        let opened = keeping.opened(self.stage.plugin(self.networks.len()), &network);
                        self.stop_on(opened);
                    }
                    self.networks.push(network);
                    happened.extend(loading);
                }
                Err(error) => {
                    self.recorder.iter().for_each(Recorder::failed_to_load);
                    match error {
                        LoadError::Unconfined(_) => self.outcome.pages_unconfined += 1,
                        _ => self.outcome.pages_failed += 1,
                    }
                    let notice = Notice::error(format!("the page {name} does not load: {error}"));
                    self.watch.say(notice.with_hint(error.hint()));
                }
            }
        }
        happened.sort_by_key(|happened| happened.emission.time);
        happened
    }

    /// `served`: the customer whom it is told before anything else, else it is opened for the first one.
    fn page_options(
        &mut self,
        plugin: &Plugin,
        network: &Arc<PluginNetwork>,
        first: &First,
        served: Option<&str>,
    ) -> PageOptions {
        let user = served.or(first.user.as_deref());
        let start = first.time.unwrap_or(CLOCK_START_MS);
        let recalled = self.keeping.as_ref().map(|keeping| keeping.recall(plugin, network, start));
        let storage = recalled.and_then(|recalled| self.stop_on(recalled)).unwrap_or_default();
        let mut options = PageOptions {
            source: plugin.source_at(start, self.options.seed, user),
            start,
            seed: self.options.seed,
            pace: match (self.options.realtime, self.options.stands_in) {
                (true, _) => Pace::Real,
                (false, true) => Pace::Recorded,
                (false, false) => Pace::Virtual,
            },
            storage,
            ..plugin.page_options(network.clone(), network.cookies().clone())
        };
        if let Some(recorder) = &self.recorder {
            let waits = (self.options.settle_ms, user);
            (options.network, options.cookies) = recorder.open(self.networks.len(), plugin, &options, waits, network);
        }
        options
    }

    fn say_unconfined(&mut self, name: &str) {
        let missing = self.stage.unconfined();
        if !missing.is_empty() {
            let text = format!("the page {name} is less confined than it should be: {}", missing.join("; "));
            let hint = "let the container allow Landlock and seccomp, or run only pages that you trust";
            self.watch.say(Notice::warning(text).with_hint(Some(hint)));
        }
    }

    /// Store trouble stops the run: it is said, once.
    fn stop_on<T>(&mut self, kept: Result<T, StoreError>) -> Option<T> {
        if let Err(error) = &kept
            && !self.outcome.store_failed
        {
            self.outcome.store_failed = true;
            self.watch.say(Notice::error(error.to_string()).with_hint(Some(error.hint())));
        }
        kept.ok()
    }

    /// The run becomes durable, where messages are forwarded; whether it may go on.
    fn begin(&mut self, forward: Option<Forwarder>, source: &Source, pages: &[Hosted]) -> bool {
        let Some(forwarder) = forward else { return true };
        match Durable::begin(forwarder, source, pages) {
            Ok((durable, notices)) => {
                notices.into_iter().for_each(|notice| self.watch.say(notice));
                self.durable = Some(durable);
                true
            }
            Err(error) => {
                self.outcome.store_failed = true;
                self.watch.say(Notice::error(error.to_string()).with_hint(error.hint()));
                false
            }
        }
    }

    /// The first event that an earlier run has not finished, where there is one.
    fn first_unfinished(&mut self) -> Option<First> {
        let unfinished = self.durable.as_mut()?.first_unfinished();
        self.stop_on(unfinished).flatten().map(|line| First::of(&line))
    }

    /// What pages did while they loaded, before there was a store.
    fn keep_loading(&mut self, loading: &[Happened]) {
        for Happened { page, emission, repeated } in loading {
            let emissions = std::slice::from_ref(emission);
            let step = Step { page: *page, emissions, repeated: *repeated, ended: None };
            self.recorder.iter().for_each(|recorder| recorder.did(*page, emissions));
            let kept = keep(&mut self.durable, &mut self.keeping, &step, None, false);
            self.stop_on(kept);
        }
    }

    /// Events of earlier runs that pages have not done with come first.
    fn take_up(&mut self) {
        let mut after = EventId(0);
        while let Some(durable) = &mut self.durable {
            match durable.unfinished(after) {
                Ok(events) if events.is_empty() => return,
                Ok(events) => {
                    for (event, line, pages) in events {
                        if self.has_failed() {
                            return;
                        }
                        after = event;
                        self.tell_pages(&line, &Stimulus::from_line(&line), &pages);
                    }
                }
                Err(error) => return durable.fail(error),
            }
        }
    }

    /// Pages are told a stimulus, or only brought to rest, and what they do is kept as they do it.
    fn round(&mut self, told: Option<(&Stimulus, &[usize], TimestampMs, bool)>) -> Vec<Happened> {
        let (stage, durable, keeping) = (&mut self.stage, &mut self.durable, &mut self.keeping);
        let recorder = &self.recorder;
        let mut failed = Ok(());
        let mut done = |step: Step<'_>| {
            recorder.iter().for_each(|recorder| recorder.did(step.page, step.emissions));
            let told = told.filter(|(_, pages, ..)| pages.contains(&step.page));
            let id = told.map(|(stimulus, ..)| &*stimulus.id);
            let kept = keep(durable, keeping, &step, id, told.is_some_and(|(.., repeats)| repeats));
            failed = std::mem::replace(&mut failed, Ok(())).and(kept);
        };
        let mut happened = match told {
            Some((stimulus, pages, at, _)) => stage.round(stimulus, pages, at, &mut done),
            None => stage.settle(&mut done),
        };
        self.stop_on(failed);
        if let Some((_, pages, _, true)) = told {
            let by_these = |happened: &&mut Happened| pages.contains(&happened.page);
            happened.iter_mut().filter(by_these).for_each(|happened| happened.repeated = true);
        }
        happened
    }

    /// Whether the log came to its end.
    fn play(&mut self, lines: impl Iterator<Item = Result<Line, ReadError>>, tally: &Tally) -> bool {
        for item in lines {
            match item {
                Ok(line) => {
                    self.reaching.begin();
                    self.tell(&line);
                    tally.set(self.reaching.end(&line));
                }
                Err(error) if error.is_warning() => {
                    self.watch.say(Notice::warning(error.to_string()).with_hint(error.hint()));
                }
                Err(error) => {
                    self.outcome.log_failed = true;
                    self.watch.say(Notice::error(error.to_string()).with_hint(error.hint()));
                    if self.options.strict || matches!(error, ReadError::Io { .. }) {
                        return false;
                    }
                }
            }
            if self.closed && self.durable.is_none() || self.has_failed() {
                return false;
            }
        }
        true
    }

    fn has_failed(&self) -> bool {
        self.outcome.store_failed || self.durable.as_ref().is_some_and(|durable| durable.failure().is_some())
    }

    /// One line of the log.
    fn tell(&mut self, line: &Line) {
        let stimulus = Stimulus::from_line(line);
        let derived = self.derived(line, &stimulus);
        if !line.type_.starts_with(STIMULUS_PREFIX) {
            return;
        }
        derived.iter().for_each(|(_, pages)| self.reaching.is_for(pages));
        // What comes of a push for pages is on disk before it is known that the push came.
        let accepted: Vec<_> =
            derived.iter().filter_map(|(line, pages)| self.accept(line, Stimulus::from_line(line), pages)).collect();
        if self.has_failed() {
            return;
        }
        if let Some(durable) = &mut self.durable {
            durable.hear(line, &stimulus);
        }
        for (line, stimulus, pages) in accepted {
            self.tell_pages(&line, &stimulus, &pages);
        }
        if !self.is_for_us(line, &stimulus) {
            // What waited for it goes, and is told, though no page has anything to do.
            return self.deliver(false);
        }
        let pages = self.pages_for(&stimulus);
        self.reaching.is_for(&pages);
        if let Some((line, stimulus, pages)) = self.accept(line, stimulus, &pages) {
            self.tell_pages(&line, &stimulus, &pages);
        }
    }

    /// The event is on disk, where there is one; to which pages it is to be told, and as what.
    fn accept(&mut self, line: &Line, mut stimulus: Stimulus, pages: &[usize]) -> Option<(Line, Stimulus, Vec<usize>)> {
        // Of events that are known already as well, so that the same log always leads to the same lines.
        self.note_selected(&stimulus, pages);
        let Some(durable) = &mut self.durable else { return Some((line.clone(), stimulus, pages.to_vec())) };
        let telling = match durable.accept(line, pages) {
            Ok(telling) => telling,
            Err(error) => {
                durable.fail(error);
                return None;
            }
        };
        if telling.collides {
            self.warn_of_id(line, telling.renamed.as_deref());
        }
        if telling.pages.is_empty() {
            self.skipped += usize::from(!telling.repeated);
            return None;
        }
        if let Some(renamed) = telling.renamed {
            stimulus.id = renamed;
        }
        Some((line.clone(), stimulus, telling.pages))
    }

    fn warn_of_id(&mut self, line: &Line, renamed: Option<&str>) {
        let what = match renamed {
            Some(renamed) => format!("is told as {renamed}"),
            None => "is the same event and is not told again".to_owned(),
        };
        let text = format!("{}: an earlier line has the id {} as well; this one {what}", self.log_name, line.id);
        self.watch.say(Notice::warning(text).with_hint(Some("ids are unique in a log")));
    }

    /// One round: these pages are told; first, in a run that goes on, the customer they were turned to.
    fn tell_pages(&mut self, line: &Line, stimulus: &Stimulus, pages: &[usize]) {
        for page in pages {
            let before = self.durable.as_mut().map(|durable| durable.before(*page)).unwrap_or_default();
            for before in before {
                let at = self.time_of(&before);
                let again = Stimulus::from_line(&before);
                self.reaching.hear(&again, *page);
                self.record(&before, &again, &[*page], at);
                let happened = self.round(Some((&again, &[*page], at, true)));
                self.give_out(Some((&before, at)), &happened);
            }
        }
        self.note_selected(stimulus, pages);
        pages.iter().for_each(|page| self.reaching.tell(stimulus, *page, self.stage.is_parked(*page)));
        let at = self.time_of(line);
        self.record(line, stimulus, pages, at);
        let happened = self.round(Some((stimulus, pages, at, false)));
        self.give_out(Some((line, at)), &happened);
    }

    fn record(&mut self, line: &Line, stimulus: &Stimulus, pages: &[usize], at: TimestampMs) {
        let Some(recorder) = &self.recorder else { return };
        recorder.told(line, stimulus, pages, at);
        if let Some(trouble) = recorder.take_trouble() {
            self.watch.say(trouble);
        }
    }

    fn time_of(&self, line: &Line) -> TimestampMs {
        line.time.or(self.stage.now()).unwrap_or(CLOCK_START_MS)
    }

    fn finish(mut self) -> Outcome {
        self.outcome.pages_parked = self.stage.parked();
        self.close();
        if let Some(recorder) = self.recorder.take() {
            let notices = recorder.end().close(&self.options.processes);
            notices.into_iter().for_each(|notice| self.watch.say(notice));
        }
        self.outcome
    }

    /// The durable side ends; what became of the messages.
    fn close(&mut self) {
        let Some(durable) = &mut self.durable else {
            return self.keeping.iter().for_each(Keeping::close);
        };
        let before = [
            (self.skipped, "events were handled so long ago that they are not told again"),
            (durable.known(), "messages were there before and are not sent again"),
        ];
        for (count, what) in before.into_iter().filter(|(count, _)| *count > 0) {
            let hint = "with another state folder (--state) the log is played anew";
            self.watch.say(Notice::note(format!("{}: {count} {what}", self.log_name)).with_hint(Some(hint)));
        }
        match durable.close(self.ended) {
            Ok((summary, notice)) => {
                self.outcome.messages = Some(summary);
                self.watch.say(notice);
            }
            Err(error) => drop(self.stop_on(Err::<(), _>(error))),
        }
    }
}

/// Keeps what tasks of a page did: with all that comes of it, or only what the page itself keeps.
fn keep(
    durable: &mut Option<Durable>,
    keeping: &mut Option<Keeping>,
    step: &Step<'_>,
    told: Option<&str>,
    repeats: bool,
) -> Result<(), StoreError> {
    let changes = keeping.as_mut().map(|keeping| keeping.changes(step.page, step.emissions)).unwrap_or_default();
    match (durable, keeping) {
        (Some(durable), _) => durable.step(step, told, repeats, changes),
        (None, Some(keeping)) => keeping.write(changes)?,
        (None, None) => {}
    }
    Ok(())
}
