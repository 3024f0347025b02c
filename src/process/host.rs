//! The host's side: a page in a process of its own, as a [`Driver`].
//!
//! The process is held to its deadlines here as well as by its own kernel timers. What it says is taken for what it
//! is, words of a stranger: frames are bounded and must fit the state of the conversation, or the process is killed.
//! One that dies is reported; the next turn gets a fresh one, which is told the current user again.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use super::asked::Listening;
use super::launch::Launcher;
use super::live::{Death, Live};
use super::obituary::obituary;
use super::probe::Tried;
use super::protocol::{Bounds, FromPage, Opening, Role, ToPage, VERSION};
use super::scrutiny::Scrutiny;
use crate::base::clock::{Stopwatch, TimestampMs};
use crate::base::limits::{DEATHS_MAX, DEATHS_WINDOW_MS, REST_MS_MAX};
use crate::engine::event_loop::{Emission, Output};
use crate::event::{Fault, Place, Stimulus};
use crate::net::{Network, ScriptCookies};
use crate::page::{Driver, LoadError, Moment, PageOptions, Turn, TurnInput};
use crate::session::Told;

/// A page in a process of its own. Dropping it ends the process.
pub struct PageProcess {
    options: PageOptions,
    bounds: Bounds,
    launcher: Arc<dyn Launcher>,
    live: Option<Live>,
    settle_ms: i64,
    now: TimestampMs,
    /// Whom the page was told, and by what.
    told: Told,
    scrutiny: Scrutiny,
    told_by: Option<Stimulus>,
    deaths: VecDeque<Stopwatch>,
    restarts: u64,
    parked: bool,
    unconfined: Vec<String>,
    confinement_required: bool,
}

fn doors(options: &PageOptions) -> (&dyn Network, &dyn ScriptCookies) {
    (&*options.network, &*options.cookies)
}

fn duration(ms: i64) -> Duration {
    Duration::from_millis(u64::try_from(ms).unwrap_or(0))
}

impl PageProcess {
    /// A page that is opened by [`Driver::open`].
    #[must_use]
    pub fn new(options: PageOptions, bounds: Bounds, launcher: Arc<dyn Launcher>) -> Self {
        let now = options.start;
        Self {
            options,
            bounds,
            launcher,
            live: None,
            settle_ms: 0,
            now,
            told: Told::default(),
            scrutiny: Scrutiny::default(),
            told_by: None,
            deaths: VecDeque::new(),
            restarts: 0,
            parked: false,
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

    /// What the process could still do; nothing where there is none.
    pub fn probe(&mut self) -> Vec<Tried> {
        let bounds = self.bounds;
        let Some(live) = &mut self.live else { return Vec::new() };
        match live.exchange(&ToPage::Probe, doors(&self.options), bounds) {
            Ok(FromPage::Probed(tried)) => tried,
            _ => Vec::new(),
        }
    }

    /// Starts a process and opens the page in it.
    fn start(&mut self) -> Result<Turn, LoadError> {
        let (opening, doors) = (self.opening(), self.options.clone());
        let launch = self.launcher.launch(&opening, &doors).map_err(|error| LoadError::Process(error.to_string()))?;
        let live = self.live.insert(Live::new(launch.process, launch.stream));
        live.unconfined = launch.unconfined;
        let listening = Listening::new(doors.network, doors.cookies);
        let resume = opening.resume;
        let settled = resume.map_or(opening.start, |moment| moment.at).saturating_add(self.settle_ms);
        live.rest = duration(self.settle_ms);
        let message = match launch.loaded {
            Some(_) => ToPage::Resume(resume),
            None => ToPage::Open(Role::Page, Box::new(opening.clone())),
        };
        let opened = live.exchange(&message, (&listening, &listening), self.bounds);
        self.unconfined.clone_from(&live.unconfined);
        if self.confinement_required && !self.unconfined.is_empty() {
            self.live = None;
            return Err(LoadError::Unconfined(self.unconfined.clone()));
        }
        match opened {
            Ok(FromPage::Opened(Ok(mut turn))) if self.scrutiny.allows(&turn, self.options.start, settled) => {
                match launch.loaded {
                    Some(loaded) => turn.emissions.splice(0..0, loaded.emissions).for_each(drop),
                    None if turn.idle => self.launcher.note(&opening, listening.heard()),
                    None => {}
                }
                if let Some(moment) = resume {
                    // What it did while it was loaded becomes known now.
                    turn.emissions.iter_mut().for_each(|emission| emission.time = emission.time.max(moment.at));
                }
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
            start,
            seed,
            resume: if self.restarts == 0 { resume } else { again(self.restarts) },
            realtime: self.options.realtime,
            settle_ms: self.settle_ms,
            bounds: self.bounds,
            confinement_required: self.confinement_required,
        };
        self.restarts += 1;
        opening
    }

    /// The process is no more; how that is reported.
    fn bury(&mut self, death: &Death) -> Fault {
        let ending = self.live.take().map(|mut live| live.process.end());
        self.deaths.push_back(Stopwatch::start());
        let window = Duration::from_millis(DEATHS_WINDOW_MS);
        self.deaths.retain(|death| death.elapsed() < window);
        self.parked = self.deaths.len() >= DEATHS_MAX;
        let place = Place { url: self.options.source.document_url().to_string(), ..Place::default() };
        obituary(death, ending, self.bounds, place)
    }

    /// One exchange; a death becomes a turn that reports it.
    fn say(&mut self, input: TurnInput) -> Turn {
        let cause = input.stimulus.as_ref().map(|stimulus| {
            self.scrutiny.told(stimulus);
            self.told.hear(stimulus)
        });
        let bounds = self.bounds;
        let settled = self.now.max(input.at).saturating_add(input.settle_ms);
        let rest = self.rest(&input);
        let Some(live) = &mut self.live else { return self.silence(input.at) };
        live.rest = rest;
        let death = match live.exchange(&ToPage::Turn(Box::new(input)), doors(&self.options), bounds) {
            Ok(FromPage::Turned(turn)) if self.scrutiny.allows(&turn, self.now, settled) => {
                self.now = turn.now;
                return turn;
            }
            Ok(_) => Death::Confused,
            Err(death) => death,
        };
        let mut faults = vec![self.bury(&death)];
        if self.parked {
            let reason =
                format!("the page died {DEATHS_MAX} times within a minute: it is parked and told nothing more");
            faults.push(Fault::Killed { reason, place: Place::default() });
        }
        let subject = cause.as_ref().and_then(|cause| cause.user.clone());
        let emission = |fault| Emission {
            time: self.now,
            cause: cause.clone(),
            subject: subject.clone(),
            output: Output::Fault(fault),
        };
        Turn { emissions: faults.into_iter().map(emission).collect(), now: self.now, idle: true, repeated: 0 }
    }

    /// How long it may rest in a turn: while page time passes that it waits in.
    fn rest(&self, input: &TurnInput) -> Duration {
        let passing = duration(input.at.saturating_sub(self.now));
        let waits = if self.options.realtime { passing } else { passing.min(Duration::from_millis(REST_MS_MAX)) };
        waits + duration(input.settle_ms)
    }

    /// Time passes for a page that is not there.
    fn silence(&mut self, at: TimestampMs) -> Turn {
        self.now = self.now.max(at);
        Turn { emissions: Vec::new(), now: self.now, idle: true, repeated: 0 }
    }

    /// A fresh process in place of a dead one, told the current user again; what that led to.
    fn revive(&mut self) -> Vec<Emission> {
        let mut emissions = match self.start() {
            Ok(turn) => turn.emissions,
            Err(error) => {
                let fault = match error {
                    LoadError::Fault(fault) => *fault,
                    other => Fault::Killed {
                        reason: format!("the page does not load again: {other}"),
                        place: Place::default(),
                    },
                };
                return vec![Emission { time: self.now, cause: None, subject: None, output: Output::Fault(fault) }];
            }
        };
        if let Some(told) = self.told_by.clone() {
            emissions.extend(
                self.say(TurnInput { stimulus: Some(told), at: self.now, settle_ms: self.settle_ms }).emissions,
            );
        }
        emissions
    }
}

impl Driver for PageProcess {
    fn open(&mut self, settle_ms: i64) -> Result<Turn, LoadError> {
        self.settle_ms = settle_ms;
        self.start()
    }

    fn turn(&mut self, input: TurnInput) -> Turn {
        if self.parked {
            return self.silence(input.at);
        }
        let mut repeated = Vec::new();
        if self.live.is_none() {
            self.silence(input.at);
            repeated = self.revive();
        }
        if input.stimulus.as_ref().is_some_and(|stimulus| stimulus.turns_to().is_some()) {
            self.told_by.clone_from(&input.stimulus);
        }
        let mut turn = self.say(input);
        turn.repeated = repeated.len();
        turn.emissions.splice(0..0, repeated);
        turn
    }

    fn unconfined(&self) -> &[String] {
        &self.unconfined
    }

    fn is_parked(&self) -> bool {
        self.parked
    }

    fn document_html(&mut self) -> String {
        let bounds = self.bounds;
        let Some(live) = &mut self.live else { return String::new() };
        match live.exchange(&ToPage::Document, doors(&self.options), bounds) {
            Ok(FromPage::Document(html)) => html,
            _ => String::new(),
        }
    }
}
