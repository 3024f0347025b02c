//! The host's side of a connection: one exchange after another with a running process.

use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use super::frame::{self, FrameError, WithDescriptors};
use super::launch::Launched;
use super::patience::Patience;
use super::protocol::{FromPage, ToPage};
use super::started::{QUIET, Started, TooMany, beginning, in_turn};
use crate::base::clock::{Stopwatch, TimestampMs};
use crate::base::limits::page::PageLimits;
use crate::base::limits::{
    EXCHANGE_BYTES_MAX, FRAME_BYTES_MAX, REQUESTS_PER_LONG_TURN_MAX, REQUESTS_PER_SECOND_MAX, REST_MS_MAX,
    STALL_FACTOR, SYNCHRONOUS_REQUESTS_TIME,
};
use crate::engine::event_loop::Emission;
use crate::net::{Ask, NetError, Network, Noted, Replied, Request, Response, ScriptCookies};

/// What a page may ask: the network, and its cookies.
pub(super) type Doors = (Arc<dyn Network>, Arc<dyn ScriptCookies>);

/// A process and the connection to it.
pub(super) struct Live {
    pub(super) process: Box<dyn Launched>,
    stream: Arc<UnixStream>,
    /// Held while a frame is written, by us or by the thread that passes answers on.
    writing: Arc<Mutex<()>>,
    /// The requests that the page has started, once there are any; that thread ends with them.
    started: Option<Arc<Started>>,
    /// Page time of the last turn; `None`: the page is told of no time.
    pub(super) now: Option<TimestampMs>,
    /// What of its confinement the process says that this system does not have.
    pub(super) unconfined: Vec<String>,
    /// How long it may rest in an exchange.
    pub(super) rest: Duration,
    /// Whether it is of no use where something of its confinement is missing.
    pub(super) confinement_required: bool,
}

/// Why a process is of no more use.
#[derive(Debug)]
pub(super) enum Death {
    /// It computed longer than it may.
    Late,
    /// It should have gone on, and neither computed nor spoke.
    Stalled,
    /// The connection ended or broke, or what came was not understood.
    Broken(FrameError),
    /// It said what does not belong there.
    Confused,
}

impl From<TooMany> for Death {
    fn from(_: TooMany) -> Self {
        Self::Confused
    }
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

/// A connection, read and written for as long as `left` says after the time that has passed, however slowly the other side
/// goes.
struct Until<'a, S, L> {
    stream: &'a UnixStream,
    by: S,
    started: Stopwatch,
    left: L,
}

/// As long as something is left of `time`.
fn within(time: Duration) -> impl Fn(Duration) -> Duration {
    move |passed| time.saturating_sub(passed)
}

impl<'a, S, L: Fn(Duration) -> Duration> Until<'a, S, L> {
    fn new(stream: &'a UnixStream, by: S, left: L) -> Self {
        Self { stream, by, started: Stopwatch::start(), left }
    }

    /// Tries until time is up.
    fn try_by<R>(&mut self, mut attempt: impl FnMut(&UnixStream, &mut S, Duration) -> io::Result<R>) -> io::Result<R> {
        loop {
            let left = (self.left)(self.started.elapsed());
            if left.is_zero() {
                return Err(io::ErrorKind::TimedOut.into());
            }
            match attempt(self.stream, &mut self.by, left) {
                Err(error) if is_timeout(&error) => {}
                tried => return tried,
            }
        }
    }
}

impl<S: Read, L: Fn(Duration) -> Duration> Read for Until<'_, S, L> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.try_by(|stream, by, left| {
            stream.set_read_timeout(Some(left))?;
            by.read(buffer)
        })
    }
}

impl<S: Write, L: Fn(Duration) -> Duration> Write for Until<'_, S, L> {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        self.try_by(|stream, by, left| {
            stream.set_write_timeout(Some(left))?;
            by.write(buffer)
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        self.by.flush()
    }
}

impl Live {
    pub(super) fn new(process: Box<dyn Launched>, stream: UnixStream) -> Self {
        let (stream, writing) = (Arc::new(stream), Arc::default());
        let rest = Duration::from_millis(REST_MS_MAX);
        Self {
            process,
            stream,
            writing,
            started: None,
            now: None,
            unconfined: Vec::new(),
            rest,
            confinement_required: false,
        }
    }

    fn write(&self, message: &ToPage, time: Duration) -> Result<(), FrameError> {
        let _held = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        frame::write(Until::new(&self.stream, &*self.stream, within(time)), message)
    }

    /// Says something and serves the page until it has answered; in between no task of it is over.
    pub(super) fn exchange(&mut self, message: &ToPage, doors: Doors, limits: &PageLimits) -> Result<FromPage, Death> {
        self.exchange_by_task(message, doors, limits, &mut |_| Err(Death::Confused))
    }

    /// Says something and serves the page until it has answered. `hear` is given what finished tasks of the page did
    /// meanwhile, and may find that no page does this.
    pub(super) fn exchange_by_task(
        &mut self,
        message: &ToPage,
        (network, cookies): Doors,
        limits: &PageLimits,
        hear: &mut dyn FnMut(Vec<Emission>) -> Result<(), Death>,
    ) -> Result<FromPage, Death> {
        let hard = Duration::from_millis(limits.turn_hard_ms);
        // What the page may still do: compute, rest, speak, ask.
        let mut patience = Patience::new(hard, self.process.clock());
        self.write(message, patience.real())?;
        let (mut rest, mut bytes) = (self.rest.saturating_add(hard), EXCHANGE_BYTES_MAX);
        let (mut rests, mut allowance) = (false, self.allowance(message, limits));
        // What its tasks did is kept, as a turn's end is: no more of it than fits into one.
        let mut tasks_bytes = FRAME_BYTES_MAX as u64;
        loop {
            let started = Stopwatch::start();
            let left = |waiting| if rests { rest.saturating_sub(waiting) } else { patience.left(waiting) };
            let mut from = Until::new(&self.stream, &*self.stream, left).take(bytes);
            let heard = frame::read(&mut from);
            let said = bytes - from.limit();
            bytes = from.limit();
            if bytes == 0 {
                return Err(FrameError::Flood.into());
            }
            let heard = heard.map_err(|error| match error {
                FrameError::Io(error) if is_timeout(&error) && !rests => patience.death(),
                FrameError::Io(error) if is_timeout(&error) => Death::Late,
                other => other.into(),
            });
            if rests {
                rest = rest.saturating_sub(started.elapsed());
            } else {
                patience.wait(started.elapsed());
            }
            match (heard?, rests) {
                (FromPage::Rests, false) => {
                    rests = true;
                    self.quiet(patience.real())?;
                }
                (FromPage::Resumes, true) => rests = false,
                // A page that rests does nothing else.
                (FromPage::Rests | FromPage::Resumes, _) | (_, true) => return Err(Death::Confused),
                (FromPage::Fetch(request), _) => {
                    let result = allowance.fetch(request, &*network);
                    self.answer(&ToPage::Fetched(result), &mut patience)?;
                }
                (FromPage::Start(id, request), _) => {
                    let asked = allowance.take(&request).map(|()| (request, network.clone()));
                    self.started(limits)?.take(id, asked)?;
                }
                (FromPage::Noted(noted), _) => match (noted, &self.started) {
                    (noted @ (Noted::Answer(..) | Noted::Aborted(_)), Some(started)) => started.note(noted),
                    // It has started nothing.
                    (Noted::Answer(..), None) => return Err(Death::Confused),
                    // What it gave up was answered in its own process.
                    (Noted::Aborted(_), None) => {}
                    (noted @ (Noted::Dialog(..) | Noted::Element(..)), _) => network.note(noted),
                },
                (FromPage::Cookies(url, now), _) => {
                    self.answer(&ToPage::Cookies(cookies.get_for_script(&url, now)), &mut patience)?;
                }
                (FromPage::SetCookie(url, cookie, now), _) => cookies.set_from_script(&url, &cookie, now),
                (FromPage::Confined(missing), _) => {
                    self.unconfined = missing;
                    if self.confinement_required && !self.unconfined.is_empty() {
                        // Nothing that such a page says counts.
                        return Err(Death::Confused);
                    }
                }
                (FromPage::Tasks(emissions), _) => {
                    tasks_bytes = tasks_bytes.checked_sub(said).ok_or(FrameError::Flood)?;
                    hear(emissions)?;
                }
                (answer, _) => return Ok(answer),
            }
        }
    }

    /// Answers a page that waits for it, which must not read slowly.
    fn answer(&self, message: &ToPage, patience: &mut Patience) -> Result<(), FrameError> {
        let started = Stopwatch::start();
        let written = self.write(message, patience.real());
        patience.wait(started.elapsed());
        written
    }

    /// Tells a page that rests once everything is answered that needs no waiting for others.
    fn quiet(&self, time: Duration) -> Result<(), Death> {
        match &self.started {
            Some(started) => Ok(started.quiet()?),
            None => Ok(self.write(&ToPage::Quiet, time)?),
        }
    }

    /// Says something to a template, which answers at once; with the descriptors that come with the answer.
    pub(super) fn command(&self, message: &ToPage, time: Duration) -> Result<(FromPage, Vec<OwnedFd>), Death> {
        self.write(message, time)?;
        let mut from = WithDescriptors::new(&self.stream);
        let answer = frame::read(Until::new(&self.stream, &mut from, within(time)))?;
        Ok((answer, from.descriptors))
    }

    /// The requests that the page has started.
    fn started(&mut self, limits: &PageLimits) -> Result<&Started, FrameError> {
        let started = match self.started.take() {
            Some(started) => started,
            None => self.listen(limits)?,
        };
        Ok(self.started.insert(started))
    }

    /// None are started yet; a thread passes their answers on.
    fn listen(&self, limits: &PageLimits) -> Result<Arc<Started>, FrameError> {
        let (replies, answers) = channel();
        let started = Arc::new(Started::new(replies, *limits));
        let (weak, stream, writing) = (Arc::downgrade(&started), self.stream.clone(), self.writing.clone());
        let time = Duration::from_millis(limits.turn_hard_ms).saturating_mul(STALL_FACTOR);
        let thread = std::thread::Builder::new().name("replies".to_owned());
        thread.spawn(move || pass_on(&answers, &weak, &stream, &writing, time))?;
        Ok(started)
    }

    /// The requests that the page may make because of a message.
    fn allowance(&mut self, message: &ToPage, limits: &PageLimits) -> Allowance {
        let mut passed_ms = 0;
        if let (ToPage::Turn(input), Some(now)) = (message, &mut self.now) {
            passed_ms = input.at.saturating_sub(*now).max(0);
            *now = input.at.max(*now);
        }
        Allowance::after(passed_ms, limits)
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        if let Some(started) = &self.started {
            started.end();
        }
    }
}

/// The requests that a turn may make.
#[derive(Debug, PartialEq, Eq)]
struct Allowance {
    requests_max: usize,
    left: usize,
    /// How long it may still wait for those that it waits for.
    time: Duration,
}

impl Allowance {
    /// Those of a turn before which so much page time has passed.
    fn after(passed_ms: i64, limits: &PageLimits) -> Self {
        let requests_max = usize::try_from(limits.requests_per_turn).unwrap_or(usize::MAX);
        let passed_s = usize::try_from(passed_ms / 1_000).unwrap_or(0);
        let more = passed_s.saturating_mul(REQUESTS_PER_SECOND_MAX).min(REQUESTS_PER_LONG_TURN_MAX);
        let requests_max = requests_max.saturating_add(more);
        Self { requests_max, left: requests_max, time: SYNCHRONOUS_REQUESTS_TIME }
    }

    /// One more.
    fn take(&mut self, request: &Request) -> Result<(), NetError> {
        if request.destination.ask() == Some(Ask::Close) {
            // One less.
            return Ok(());
        }
        let requests_max = self.requests_max;
        let refused = || NetError::TooManyInTurn { url: beginning(request), requests_max };
        self.left = self.left.checked_sub(1).ok_or_else(refused)?;
        Ok(())
    }

    /// One more, while the page waits.
    fn fetch(&mut self, request: Request, network: &dyn Network) -> Result<Response, NetError> {
        self.take(&request)?;
        if self.time.is_zero() {
            let time_max_s = SYNCHRONOUS_REQUESTS_TIME.as_secs();
            return Err(NetError::WaitedTooLong { url: beginning(&request), time_max_s });
        }
        let waiting = Stopwatch::start();
        let fetched = network.fetch(request);
        self.time = self.time.saturating_sub(waiting.elapsed());
        fetched
    }
}

/// Passes answers on to the page until there are no more, or the page is gone or takes longer than `time` for one.
fn pass_on(
    answers: &Receiver<Replied>,
    started: &Weak<Started>,
    stream: &UnixStream,
    writing: &Mutex<()>,
    time: Duration,
) {
    let write = |message: &ToPage| {
        let _held = writing.lock().unwrap_or_else(PoisonError::into_inner);
        frame::write(Until::new(stream, stream, within(time)), message)
    };
    while let Some(replied) = answers.recv().ok().and_then(|next| in_turn(next, answers, started)) {
        let number = replied.id;
        let id = started.upgrade().and_then(|started| started.id_of(number));
        if number == QUIET
            && let Some(started) = started.upgrade()
        {
            // Once it has been told the page may rest again.
            started.quieted();
        }
        let message = match id {
            Some(id) => ToPage::Reply(Replied { id, ..replied }),
            None if number == QUIET => ToPage::Quiet,
            None => continue,
        };
        if write(&message).is_err() {
            // A frame that broke off: nothing can be said any more. One that is gone already needs nothing.
            let _ = stream.shutdown(Shutdown::Both);
            return;
        }
        if let Some(started) = started.upgrade() {
            started.written(number);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use url::Url;

    use super::*;
    use crate::net::{CookieJar, Destination, Reply};
    use crate::page::TurnInput;
    use crate::process::launch::Ending;

    const LIMITS: PageLimits = PageLimits { requests_per_turn: 7, ..PageLimits::DEFAULT };

    struct Nobody;

    impl Launched for Nobody {
        fn end(&mut self) -> Ending {
            Ending { code: None, signal: None, said: String::new() }
        }
    }

    /// Answers at once, with more than a connection holds; counts.
    #[derive(Default)]
    struct Large(AtomicUsize);

    impl Network for Large {
        fn fetch(&self, request: Request) -> Result<Response, NetError> {
            self.0.fetch_add(1, Ordering::Relaxed);
            Ok(Response::made(request.url, 200, "text/plain", vec![b'x'; 4 * 1024 * 1024]))
        }

        fn start(&self, id: u64, request: Request, reply: Reply) {
            reply.send(Replied::now(id, self.fetch(request))).unwrap();
        }
    }

    fn live() -> (Live, UnixStream) {
        let (host, page) = UnixStream::pair().unwrap();
        (Live::new(Box::new(Nobody), host), page)
    }

    #[test]
    fn a_page_that_asks_and_does_not_read_is_held_few_answers() {
        const ASKED: u64 = 3 * PageLimits::DEFAULT.requests_in_flight;
        let (mut live, page) = live();
        let network = Arc::new(Large::default());
        let request = Request::get(Url::parse("http://a.test/").unwrap(), Destination::Xhr, 0);
        // The connection holds these small frames.
        for id in 0..ASKED {
            // A number that comes twice is answered twice.
            frame::write(&page, &FromPage::Start(id / 2, request.clone())).unwrap();
        }
        frame::write(&page, &FromPage::Document(String::new())).unwrap();
        let limits = PageLimits { turn_hard_ms: 60_000, ..PageLimits::default() };
        live.exchange(&ToPage::Document, (network.clone(), Arc::new(CookieJar::new())), &limits).unwrap();
        assert_eq!(network.0.load(Ordering::Relaxed) as u64, limits.requests_in_flight);

        assert!(matches!(frame::read(&page).unwrap(), ToPage::Document));
        for id in 0..ASKED {
            let ToPage::Reply(Replied { id: answered, result: Ok(_), .. }) = frame::read(&page).unwrap() else {
                panic!("no answer to {id}")
            };
            assert_eq!(answered, id / 2);
        }
        assert_eq!(network.0.load(Ordering::Relaxed) as u64, ASKED);
    }

    #[test]
    fn a_turn_after_a_long_time_may_ask_more() {
        let table =
            [(0, 7), (999, 7), (60_000, 7 + 60 * REQUESTS_PER_SECOND_MAX), (i64::MAX, 7 + REQUESTS_PER_LONG_TURN_MAX)];
        for (passed_ms, requests_max) in table {
            assert_eq!(Allowance::after(passed_ms, &LIMITS).requests_max, requests_max, "{passed_ms} ms");
        }
    }

    #[test]
    fn time_counts_once() {
        let turn = |at| ToPage::Turn(Box::new(TurnInput { stimulus: None, at, settle_ms: 0 }));
        let (mut live, _page) = live();
        assert_eq!(live.allowance(&turn(60_000), &LIMITS), Allowance::after(0, &LIMITS));
        live.now = Some(1_000);
        for (at, passed_ms) in [(61_000, 60_000), (61_000, 0), (5_000, 0), (62_000, 1_000), (i64::MIN, 0)] {
            assert_eq!(live.allowance(&turn(at), &LIMITS), Allowance::after(passed_ms, &LIMITS), "{at}");
        }
        assert_eq!(live.allowance(&ToPage::Document, &LIMITS), Allowance::after(0, &LIMITS));
    }

    #[test]
    fn the_request_after_the_last_is_refused() {
        let mut allowance = Allowance { requests_max: 2, left: 2, time: Duration::ZERO };
        let request = Request::get(Url::parse("http://a.test/").unwrap(), Destination::Xhr, 0);
        let refused = [(); 4].map(|()| allowance.take(&request).is_err());
        assert_eq!(refused, [false, false, true, true]);
    }

    #[test]
    fn a_page_that_has_waited_long_enough_waits_for_no_more() {
        let network = Large::default();
        let request = Request::get(Url::parse("http://a.test/").unwrap(), Destination::Xhr, 0);
        // Whatever is fetched takes longer.
        let mut allowance = Allowance { time: Duration::from_nanos(1), ..Allowance::after(0, &LIMITS) };
        assert!(allowance.fetch(request.clone(), &network).is_ok(), "one that is begun is waited for");
        let refused = allowance.fetch(request, &network).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "http://a.test/ was not fetched: a page may wait 60 s for synchronous requests in one turn"
        );
        assert_eq!(network.0.load(Ordering::Relaxed), 1);
    }
}
