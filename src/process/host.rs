//! The host's side: a page in a process of its own, as a [`Driver`].
//!
//! The process is held to its deadlines here as well as by its own kernel timers. What it says is taken for what it
//! is, words of a stranger: frames are bounded and must fit the state of the conversation, or the process is killed.
//! One that dies is reported; the next turn gets a fresh one, which is told the current user again.

use std::collections::VecDeque;
use std::io::{self, Read};
use std::os::unix::net::UnixStream;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::frame::{self, FrameError};
use super::launch::{Launched, Launcher};
use super::obituary::obituary;
use super::probe::Tried;
use super::protocol::{Bounds, FromPage, Opening, ToPage, VERSION};
use super::scrutiny::Scrutiny;
use crate::base::clock::{Stopwatch, TimestampMs};
use crate::base::limits::{DEATHS_MAX, DEATHS_WINDOW_MS, REQUESTS_PER_TURN_MAX, REST_MS_MAX};
use crate::engine::event_loop::{Emission, Output};
use crate::event::{Fault, Place, Stimulus};
use crate::net::{NetError, Request, Response};
use crate::page::{Driver, LoadError, PageOptions, Turn, TurnInput};
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

/// A process and the connection to it.
struct Live {
    process: Box<dyn Launched>,
    stream: UnixStream,
    /// Shared with the thread that passes replies on.
    writer: Arc<Mutex<UnixStream>>,
    replies: Sender<(u64, Result<Response, NetError>)>,
    unconfined: Vec<String>,
}

/// Why a process is of no more use.
#[derive(Debug)]
pub(super) enum Death {
    /// It computed longer than it may.
    Late,
    /// The connection ended or broke, or what came was not understood.
    Broken(FrameError),
    /// It said what does not belong there.
    Confused,
}

impl From<FrameError> for Death {
    fn from(error: FrameError) -> Self {
        match error {
            FrameError::Io(error) if is_timeout(&error) => Self::Late,
            other => Self::Broken(other),
        }
    }
}

fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut)
}

/// Reads from a stream until a point in time, however slowly the bytes come.
struct Until<'a> {
    stream: &'a UnixStream,
    started: Stopwatch,
    time: Duration,
}

impl Read for Until<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.time.saturating_sub(self.started.elapsed());
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        self.stream.set_read_timeout(Some(left))?;
        self.stream.read(buffer)
    }
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
        match live.exchange(&ToPage::Probe, &self.options, bounds) {
            Ok(FromPage::Probed(tried)) => tried,
            _ => Vec::new(),
        }
    }

    /// Starts a process and opens the page in it.
    fn start(&mut self) -> Result<Turn, LoadError> {
        let (process, stream) = self.launcher.launch().map_err(|error| LoadError::Process(error.to_string()))?;
        let live = Live::new(process, stream).map_err(|error| LoadError::Process(error.to_string()))?;
        let opening = Opening {
            version: VERSION,
            source: self.options.source.clone(),
            settings: self.options.settings.clone(),
            start: self.now,
            // A page that is opened again does not repeat its random numbers.
            seed: self.options.seed.wrapping_add(self.restarts),
            realtime: self.options.realtime,
            settle_ms: self.settle_ms,
            bounds: self.bounds,
            confinement_required: self.confinement_required,
        };
        self.restarts += 1;
        let live = self.live.insert(live);
        let opened = live.exchange(&ToPage::Open(Box::new(opening)), &self.options, self.bounds);
        self.unconfined.clone_from(&live.unconfined);
        if self.confinement_required && !self.unconfined.is_empty() {
            self.live = None;
            return Err(LoadError::Unconfined(self.unconfined.clone()));
        }
        match opened {
            Ok(FromPage::Opened(Ok(turn))) if self.scrutiny.allows(&turn, self.now) => {
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
        let Some(live) = &mut self.live else { return self.silence(input.at) };
        let death = match live.exchange(&ToPage::Turn(Box::new(input)), &self.options, bounds) {
            Ok(FromPage::Turned(turn)) if self.scrutiny.allows(&turn, self.now) => {
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
        match live.exchange(&ToPage::Document, &self.options, bounds) {
            Ok(FromPage::Document(html)) => html,
            _ => String::new(),
        }
    }
}

impl Live {
    fn new(process: Box<dyn Launched>, stream: UnixStream) -> io::Result<Self> {
        let writer = Arc::new(Mutex::new(stream.try_clone()?));
        let (replies, receiver) = channel();
        let to_page = writer.clone();
        std::thread::Builder::new().name("replies".to_owned()).spawn(move || pass_on(&receiver, &to_page))?;
        Ok(Self { process, stream, writer, replies, unconfined: Vec::new() })
    }

    fn write(&self, message: &ToPage) -> Result<(), FrameError> {
        frame::write(&*self.writer.lock().unwrap_or_else(PoisonError::into_inner), message)
    }

    /// Says something and serves the page until it has answered.
    fn exchange(&mut self, message: &ToPage, options: &PageOptions, bounds: Bounds) -> Result<FromPage, Death> {
        let hard = Duration::from_millis(bounds.hard_ms);
        let mut used = Duration::ZERO;
        let (mut rests, mut requests) = (false, 0);
        self.stream.set_write_timeout(Some(hard)).map_err(FrameError::from)?;
        self.write(message)?;
        loop {
            let started = Stopwatch::start();
            let time = if rests { Duration::from_millis(REST_MS_MAX) } else { hard.saturating_sub(used) };
            let heard = frame::read(Until { stream: &self.stream, started, time })?;
            if !rests {
                used += started.elapsed();
            }
            match heard {
                FromPage::Fetch(request) => {
                    requests += 1;
                    let result = within_bound(requests, &request).and_then(|()| options.network.fetch(request));
                    self.write(&ToPage::Fetched(result))?;
                }
                FromPage::Start(id, request) => {
                    requests += 1;
                    match within_bound(requests, &request) {
                        Ok(()) => options.network.start(id, request, self.replies.clone()),
                        // The thread that passes replies on ends with the page.
                        Err(error) => drop(self.replies.send((id, Err(error)))),
                    }
                }
                FromPage::Cookies(url, now) => {
                    self.write(&ToPage::Cookies(options.cookies.get_for_script(&url, now)))?;
                }
                FromPage::SetCookie(url, cookie, now) => options.cookies.set_from_script(&url, &cookie, now),
                FromPage::Confined(missing) => self.unconfined = missing,
                FromPage::Rests => rests = true,
                FromPage::Resumes => rests = false,
                answer @ (FromPage::Opened(_) | FromPage::Turned(_) | FromPage::Document(_) | FromPage::Probed(_)) => {
                    return Ok(answer);
                }
            }
        }
    }
}

/// Whether a turn may make one more request.
fn within_bound(requests: usize, request: &Request) -> Result<(), NetError> {
    if requests <= REQUESTS_PER_TURN_MAX {
        return Ok(());
    }
    Err(NetError::TooManyInTurn { url: request.url.to_string(), requests_max: REQUESTS_PER_TURN_MAX })
}

/// Passes replies on to the page until there are no more, or the page is gone.
fn pass_on(replies: &Receiver<(u64, Result<Response, NetError>)>, to: &Mutex<UnixStream>) {
    for (id, result) in replies {
        let stream = to.lock().unwrap_or_else(PoisonError::into_inner);
        if frame::write(&*stream, &ToPage::Reply(id, result)).is_err() {
            return;
        }
    }
}
