//! The host's side: a page in a process of its own, as a [`Driver`].
//!
//! The process is held to its deadlines here as well as by its own kernel timers. What it says is taken for what it is,
//! words of a stranger: frames are bounded and must fit the state of the conversation, or the process is killed. One
//! that dies is reported; what its finished tasks did was heard before. The next turn gets a fresh one, which is told
//! the current user again.

use std::sync::Arc;
use std::time::Duration;

use super::asked::Listening;
use super::deaths::Deaths;
use super::launch::Launcher;
use super::live::{Death, Doors, Live};
use super::looks::Looks;
use super::obituary::{is_lost, obituary};
use super::probe::Tried;
use super::protocol::{FromPage, Opening, Role, ToPage, VERSION};
use super::scrutiny::Scrutiny;
use crate::base::clock::TimestampMs;
use crate::base::limits::page::PageLimits;
use crate::base::limits::{CLOCK_MS_PER_COMPUTED_MS_MAX, REST_MS_MAX};
use crate::base::whereabouts::{self, Whereabouts};
use crate::engine::event_loop::{Emission, Output};
use crate::event::fault::PARKED;
use crate::event::{Cause, Fault, LocalStorage, Place, StimulusKind};
use crate::page::{CutShort, Driver, LoadError, Look, Looked, Moment, Pace, PageOptions, Tasks, Turn, TurnInput};
use crate::session::{Told, Turned};

/// A page in a process of its own. Dropping it ends the process.
pub struct PageProcess {
    options: PageOptions,
    launcher: Arc<dyn Launcher>,
    live: Option<Live>,
    settle_ms: i64,
    now: TimestampMs,
    /// What it keeps in `localStorage` now: a fresh process goes on with it.
    storage: LocalStorage,
    /// Whom the page was told, and by what.
    told: Told,
    turned: Turned,
    scrutiny: Scrutiny,
    /// Who looks at it.
    looks: Looks,
    deaths: Deaths,
    restarts: u64,
    parked: bool,
    /// Whether it died in its last turn of nothing that it did.
    lost: bool,
    unconfined: Vec<String>,
    confinement_required: bool,
}

fn doors(options: &PageOptions) -> Doors {
    (options.network.clone(), options.cookies.clone())
}

/// Follows what the page keeps.
fn keep(emissions: &[Emission], storage: &mut LocalStorage) {
    for emission in emissions {
        if let Output::Effect(effect) = &emission.output {
            storage.apply(effect);
        }
    }
}

/// Tells what was done, if anything was.
fn tell(emissions: Vec<Emission>, repeated: bool, tasks: &mut Tasks<'_>) {
    if !emissions.is_empty() {
        tasks(emissions, repeated);
    }
}

fn duration(ms: i64) -> Duration {
    Duration::from_millis(u64::try_from(ms).unwrap_or(0))
}

impl PageProcess {
    /// A page that is opened by [`Driver::open`].
    #[must_use]
    pub fn new(mut options: PageOptions, launcher: Arc<dyn Launcher>) -> Self {
        let now = options.start;
        Self {
            scrutiny: Scrutiny::new(options.limits),
            storage: std::mem::take(&mut options.storage),
            options,
            launcher,
            live: None,
            settle_ms: 0,
            now,
            told: Told::default(),
            turned: Turned::default(),
            looks: Looks::default(),
            deaths: Deaths::default(),
            restarts: 0,
            parked: false,
            lost: false,
            unconfined: Vec::new(),
            confinement_required: false,
        }
    }

    /// The same, but it runs only where the system confines it wholly.
    #[must_use]
    pub fn requiring_confinement(mut self) -> Self {
        self.confinement_required = true;
        self
    }

    /// Has the page give back the memory that it does not need, where nothing is to be done for a while.
    pub fn rest(&mut self) {
        let Some(live) = &mut self.live else { return };
        if !matches!(live.exchange(&ToPage::Rest, doors(&self.options), &self.options.limits), Ok(FromPage::Rested)) {
            // The next turn gets a fresh one.
            self.live = None;
        }
    }

    /// What the process could still do; nothing where there is none.
    pub fn probe(&mut self) -> Vec<Tried> {
        let Some(live) = &mut self.live else { return Vec::new() };
        match live.exchange(&ToPage::Probe, doors(&self.options), &self.options.limits) {
            Ok(FromPage::Probed(tried)) => tried,
            _ => Vec::new(),
        }
    }

    /// Starts a process and opens the page in it.
    fn start(&mut self, tasks: &mut Tasks<'_>, repeated: bool) -> Result<Turn, LoadError> {
        let (opening, doors) = (self.opening(), self.options.clone());
        let launch = self.launcher.launch(&opening, &doors).map_err(|error| LoadError::Process(error.to_string()))?;
        let resume = opening.resume;
        let begin = resume.map_or(opening.start, |moment| moment.at);
        let latest = self.latest(begin.saturating_add(self.settle_ms));
        let live = self.live.insert(Live::new(launch.process, launch.stream));
        live.unconfined = launch.unconfined;
        live.confinement_required = self.confinement_required;
        live.now = Some(begin);
        live.rest = duration(self.settle_ms);
        if let Some(error) = self.refusal() {
            return Err(error);
        }
        let listening = Arc::new(Listening::new(doors.network, doors.cookies));
        let message = match launch.loaded {
            Some(_) => ToPage::Resume(resume),
            None => ToPage::Open(Role::Page, Box::new(opening.clone())),
        };
        // What it does while it is loaded becomes known where it goes on.
        let known = |emissions: &mut [Emission]| {
            emissions.iter_mut().for_each(|emission| emission.time = emission.time.max(begin));
        };
        let mut hearing = self.scrutiny.hear(self.options.start..=latest);
        let mut hear = |mut emissions: Vec<Emission>| {
            if launch.loaded.is_some() || !hearing.allows_tasks(&emissions) {
                return Err(Death::Confused);
            }
            known(&mut emissions);
            keep(&emissions, &mut self.storage);
            tasks(emissions, repeated);
            Ok(())
        };
        let Some(live) = &mut self.live else { return Err(LoadError::Ended) };
        let opened =
            live.exchange_by_task(&message, (listening.clone(), listening.clone()), &self.options.limits, &mut hear);
        let is_allowed = matches!(&opened, Ok(FromPage::Opened(Ok(turn))) if hearing.allows(turn));
        self.now = self.now.max(hearing.latest());
        if let Some(error) = self.refusal() {
            return Err(error);
        }
        match opened {
            Ok(FromPage::Opened(Ok(mut turn))) if is_allowed => {
                match launch.loaded {
                    Some(loaded) => turn.emissions.splice(0..0, loaded.emissions).for_each(drop),
                    None if turn.idle => self.launcher.note(&opening, listening.heard()),
                    None => {}
                }
                known(&mut turn.emissions);
                keep(&turn.emissions, &mut self.storage);
                self.now = turn.now.max(self.now);
                Ok(turn)
            }
            Ok(FromPage::Opened(Err(error))) => {
                self.live = None;
                Err(error)
            }
            Ok(_) => Err(LoadError::Fault(Box::new(self.bury(&Death::Confused)))),
            Err(death) => Err(LoadError::Fault(Box::new(self.bury(&death)))),
        }
    }

    /// Why the page may not run here: something of its confinement is missing, and all of it is required.
    fn refusal(&mut self) -> Option<LoadError> {
        self.unconfined.clone_from(&self.live.as_ref()?.unconfined);
        let is_refused = self.confinement_required && !self.unconfined.is_empty();
        is_refused.then(|| {
            self.live = None;
            LoadError::Unconfined(self.unconfined.clone())
        })
    }

    /// How the page is opened. In place of one that died it is loaded as that one was, goes on now, and does not repeat
    /// its random numbers.
    fn opening(&mut self) -> Opening {
        let PageOptions { start, seed, resume, .. } = self.options;
        let again = |restarts| {
            let seed = resume.map_or(seed, |moment| moment.seed).wrapping_add(restarts);
            Some(Moment { at: self.now, seed })
        };
        let opening = Opening {
            version: VERSION,
            source: self.options.source.clone(),
            settings: self.options.settings.clone(),
            storage: self.storage.clone(),
            start,
            seed,
            resume: if self.restarts == 0 { resume } else { again(self.restarts) },
            pace: self.options.pace,
            settle_ms: self.settle_ms,
            limits: self.options.limits,
            confinement_required: self.confinement_required,
        };
        self.restarts += 1;
        opening
    }

    /// The process is no more; how that is reported.
    fn bury(&mut self, death: &Death) -> Fault {
        let mut ending = self.live.take().map(|mut live| live.process.end());
        self.lost |= is_lost(death, ending.as_ref());
        self.parked = self.deaths.add(&self.options.limits);
        let last = ending.as_mut().and_then(|ending| {
            let (said, last) = whereabouts::split(&ending.said);
            ending.said = said;
            last
        });
        let last =
            last.map(|Whereabouts { url, line, column, file }| Place { url, line, column, file, ..Place::default() });
        let somewhere = || Place { url: self.options.source.document_url().to_string(), ..Place::default() };
        obituary(death, ending, &self.options.limits, last.unwrap_or_else(somewhere))
    }

    /// One exchange; a death becomes a turn that reports it, behind what was done before.
    fn say(&mut self, input: &TurnInput, tasks: &mut Tasks<'_>, repeated: bool) -> Turn {
        let cause = input.stimulus.as_ref().map(|stimulus| {
            self.scrutiny.told(stimulus);
            self.told.hear(stimulus)
        });
        let latest = self.latest(self.now.max(input.at).saturating_add(input.settle_ms));
        let rest = self.rest_of(input);
        let Some(live) = &mut self.live else { return self.silence(input.at) };
        live.rest = rest;
        let message = ToPage::Turn(Box::new(input.clone()));
        let mut hearing = self.scrutiny.hear(self.now..=latest);
        let mut hear = |emissions: Vec<Emission>| {
            if !hearing.allows_tasks(&emissions) {
                return Err(Death::Confused);
            }
            keep(&emissions, &mut self.storage);
            tasks(emissions, repeated);
            Ok(())
        };
        let death = match live.exchange_by_task(&message, doors(&self.options), &self.options.limits, &mut hear) {
            Ok(FromPage::Turned(turn)) if hearing.allows(&turn) => {
                keep(&turn.emissions, &mut self.storage);
                self.now = turn.now;
                return turn;
            }
            Ok(_) => Death::Confused,
            Err(death) => death,
        };
        self.now = hearing.latest();
        let fault = self.bury(&death);
        let mut turn = self.silence(input.at);
        turn.emissions.push(self.fault(fault, cause.clone()));
        if self.parked {
            turn.emissions.push(self.parking(cause));
        }
        turn
    }

    /// One exchange; where it leaves the page in pieces, a fresh one takes its place.
    fn say_or_replace(&mut self, input: &TurnInput, tasks: &mut Tasks<'_>) -> Turn {
        let mut turn = self.say(input, tasks, false);
        self.replace(&mut turn, input, tasks);
        turn
    }

    /// The latest page time of a page that waits until `settled`: its clock goes on while it computes.
    fn latest(&self, settled: TimestampMs) -> TimestampMs {
        let computing = i64::try_from(self.options.limits.turn_hard_ms).unwrap_or(i64::MAX);
        settled.saturating_add(computing.saturating_mul(CLOCK_MS_PER_COMPUTED_MS_MAX))
    }

    fn fault(&self, fault: Fault, cause: Option<Cause>) -> Emission {
        let subject = cause.as_ref().and_then(|cause| cause.user.clone());
        Emission { time: self.now, cause, subject, place: None, output: Output::Fault(fault) }
    }

    /// Says that the page is told nothing more.
    fn parking(&self, cause: Option<Cause>) -> Emission {
        let PageLimits { deaths, deaths_window_ms, .. } = self.options.limits;
        let reason = format!(
            "the page had to be ended {deaths} times within {deaths_window_ms} ms: {PARKED}; \
             mend what the faults before name, or raise the limit that it runs into, and start it again"
        );
        let place = Place { url: self.options.source.document_url().to_string(), ..Place::default() };
        self.fault(Fault::Killed { reason, place }, cause)
    }

    /// A page in pieces goes; the turn has said why. One that was not told goes on in a fresh one.
    fn replace(&mut self, turn: &mut Turn, input: &TurnInput, tasks: &mut Tasks<'_>) {
        let Some(cut) = turn.cut.take() else { return };
        self.live = None;
        self.parked = self.deaths.add(&self.options.limits);
        if self.parked {
            turn.emissions.push(self.parking(None));
        } else if cut == CutShort::Telling {
            tell(std::mem::take(&mut turn.emissions), false, tasks);
            self.silence(input.at);
            self.revive(tasks);
            let is_there = self.live.is_some();
            *turn = self.say(input, tasks, false);
            // Whoever runs away before and after is told nothing.
            if turn.cut.is_some() {
                self.live = None;
            }
            let is_untold = !is_there || turn.cut == Some(CutShort::Telling);
            turn.cut = is_untold.then_some(CutShort::Telling);
        }
    }

    /// How long it may rest in a turn: while page time passes that it waits in.
    fn rest_of(&self, input: &TurnInput) -> Duration {
        let passing = duration(input.at.saturating_sub(self.now));
        let waits =
            if self.options.pace == Pace::Real { passing } else { passing.min(Duration::from_millis(REST_MS_MAX)) };
        waits + duration(input.settle_ms)
    }

    /// Time passes for a page that is not there.
    fn silence(&mut self, at: TimestampMs) -> Turn {
        self.now = self.now.max(at);
        Turn { now: self.now, idle: true, ..Turn::default() }
    }

    /// A fresh process in place of a dead one, told the current user again; what that leads to is a repetition.
    fn revive(&mut self, tasks: &mut Tasks<'_>) {
        tasks(Vec::new(), true);
        // Nobody else waits for this page; a process that dies at once must not take the processor from the others.
        std::thread::sleep(self.deaths.pause(&self.options.limits));
        match self.start(tasks, true) {
            Ok(turn) => tell(turn.emissions, true, tasks),
            Err(error) => {
                let fault = match error {
                    LoadError::Fault(fault) => *fault,
                    other => Fault::Killed {
                        reason: format!("the page does not load again: {other}"),
                        place: Place::default(),
                    },
                };
                let mut emissions = vec![self.fault(fault, None)];
                emissions.extend(self.parked.then(|| self.parking(None)));
                return tell(emissions, true, tasks);
            }
        }
        self.tell_again(tasks);
    }

    /// The page is told its current user again, where it knew one; what that leads to is a repetition. How it is then.
    fn tell_again(&mut self, tasks: &mut Tasks<'_>) -> Option<Turn> {
        let mut last = None;
        for stimulus in self.turned.stimuli().to_vec() {
            if self.live.is_none() {
                break;
            }
            let input = TurnInput { stimulus: Some(stimulus), at: self.now, settle_ms: self.settle_ms };
            let mut turn = self.say(&input, tasks, true);
            if turn.cut.take().is_some() {
                self.live = None;
                self.parked = self.deaths.add(&self.options.limits);
                turn.emissions.extend(self.parked.then(|| self.parking(None)));
            }
            tell(std::mem::take(&mut turn.emissions), true, tasks);
            last = Some(turn);
        }
        last
    }

    /// The page is loaded again, and told its current user again, whom its new document does not know. Whatever is due
    /// before comes before: what the old document was yet to do then, it will not.
    fn reload(&mut self, input: &TurnInput, tasks: &mut Tasks<'_>) -> Turn {
        let before = TurnInput { stimulus: None, at: input.at, settle_ms: 0 };
        let turn = self.say_or_replace(&before, tasks);
        tell(turn.emissions, false, tasks);
        tasks(Vec::new(), true);
        let mut turn = self.say_or_replace(input, tasks);
        if turn.cut.is_none() && self.live.is_some() {
            tell(std::mem::take(&mut turn.emissions), false, tasks);
            turn = self.tell_again(tasks).unwrap_or(turn);
        }
        turn
    }
}

impl Driver for PageProcess {
    fn open(&mut self, settle_ms: i64, tasks: &mut Tasks<'_>) -> Result<Turn, LoadError> {
        self.settle_ms = settle_ms;
        self.start(tasks, false)
    }

    fn turn(&mut self, input: TurnInput, tasks: &mut Tasks<'_>) -> Turn {
        if self.parked {
            return self.silence(input.at);
        }
        self.lost = false;
        if self.live.is_none() {
            self.silence(input.at);
            self.revive(tasks);
        }
        // One that does not come back is told nothing.
        let is_told = self.live.is_some();
        let is_reload = matches!(&input.stimulus, Some(stimulus) if stimulus.kind == StimulusKind::Reload);
        let mut turn = match is_reload && !self.turned.stimuli().is_empty() {
            true => self.reload(&input, tasks),
            false => self.say_or_replace(&input, tasks),
        };
        if !is_told && input.stimulus.is_some() {
            turn.cut = Some(CutShort::Telling);
        }
        input.stimulus.iter().for_each(|stimulus| self.turned.note(stimulus));
        turn
    }

    fn unconfined(&self) -> &[String] {
        &self.unconfined
    }

    fn end(&mut self, at: TimestampMs, storage: LocalStorage) {
        self.live = None;
        (self.now, self.storage) = (at, storage);
    }

    fn is_parked(&self) -> bool {
        self.parked
    }

    fn is_lost(&self) -> bool {
        self.lost
    }

    fn document_html(&mut self) -> String {
        let Some(live) = &mut self.live else { return String::new() };
        match live.exchange(&ToPage::Document, doors(&self.options), &self.options.limits) {
            Ok(FromPage::Document(html)) => html,
            _ => String::new(),
        }
    }

    fn look(&mut self, look: Look) -> Option<Looked> {
        let live = self.live.as_mut()?;
        let answer = live.exchange(&ToPage::Look(look), doors(&self.options), &self.options.limits);
        match answer {
            Ok(FromPage::Looked(looked)) if self.looks.allow(look, looked.as_ref()) => looked,
            _ => {
                // The next turn gets a fresh one. That it died too often is said of one that dies in a turn.
                self.live = None;
                self.deaths.add(&self.options.limits);
                None
            }
        }
    }
}
