//! The host's side of a connection: one exchange after another with a running process.

use std::io::{self, Read};
use std::net::Shutdown;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use super::frame::{self, FrameError, WithDescriptors};
use super::launch::Launched;
use super::protocol::{Bounds, FromPage, ToPage};
use super::started::{Started, TooMany, beginning};
use crate::base::clock::{Stopwatch, TimestampMs};
use crate::base::limits::{REQUESTS_PER_LONG_TURN_MAX, REQUESTS_PER_SECOND_MAX, REQUESTS_PER_TURN_MAX, REST_MS_MAX};
use crate::net::{NetError, Network, Request, Response, ScriptCookies};

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

/// Reads until a point in time, however slowly the bytes come.
struct Until<'a, R> {
    stream: &'a UnixStream,
    from: R,
    started: Stopwatch,
    time: Duration,
}

impl<R: Read> Read for Until<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.time.saturating_sub(self.started.elapsed());
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        self.stream.set_read_timeout(Some(left))?;
        self.from.read(buffer)
    }
}

impl Live {
    pub(super) fn new(process: Box<dyn Launched>, stream: UnixStream) -> Self {
        let (stream, writing) = (Arc::new(stream), Arc::default());
        Self { process, stream, writing, started: None, now: None, unconfined: Vec::new() }
    }

    fn write(&self, message: &ToPage) -> Result<(), FrameError> {
        let _held = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        frame::write(&*self.stream, message)
    }

    /// Says something and serves the page until it has answered.
    pub(super) fn exchange(
        &mut self,
        message: &ToPage,
        (network, cookies): Doors,
        bounds: Bounds,
    ) -> Result<FromPage, Death> {
        let hard = Duration::from_millis(bounds.hard_ms);
        let mut used = Duration::ZERO;
        let (mut rests, mut allowance) = (false, self.allowance(message));
        self.stream.set_write_timeout(Some(hard)).map_err(FrameError::from)?;
        self.write(message)?;
        loop {
            let started = Stopwatch::start();
            let time = if rests { Duration::from_millis(REST_MS_MAX) } else { hard.saturating_sub(used) };
            let heard = frame::read(Until { stream: &self.stream, from: &*self.stream, started, time })?;
            if !rests {
                used += started.elapsed();
            }
            match heard {
                FromPage::Fetch(request) => {
                    let result = allowance.take(&request).and_then(|()| network.fetch(request));
                    self.write(&ToPage::Fetched(result))?;
                }
                FromPage::Start(id, request) => {
                    let asked = allowance.take(&request).map(|()| (request, network.clone()));
                    self.started()?.take(id, asked)?;
                }
                FromPage::Cookies(url, now) => self.write(&ToPage::Cookies(cookies.get_for_script(&url, now)))?,
                FromPage::SetCookie(url, cookie, now) => cookies.set_from_script(&url, &cookie, now),
                FromPage::Confined(missing) => self.unconfined = missing,
                FromPage::Rests => rests = true,
                FromPage::Resumes => rests = false,
                answer => return Ok(answer),
            }
        }
    }

    /// Says something to a template, which answers at once; with the descriptors that come with the answer.
    pub(super) fn command(&self, message: &ToPage, time: Duration) -> Result<(FromPage, Vec<OwnedFd>), Death> {
        self.stream.set_write_timeout(Some(time)).map_err(FrameError::from)?;
        self.write(message)?;
        let started = Stopwatch::start();
        let mut from = WithDescriptors::new(&self.stream);
        let answer = frame::read(Until { stream: &self.stream, from: &mut from, started, time })?;
        Ok((answer, from.descriptors))
    }

    /// The requests that the page has started.
    fn started(&mut self) -> Result<&Started, FrameError> {
        let started = match self.started.take() {
            Some(started) => started,
            None => self.listen()?,
        };
        Ok(self.started.insert(started))
    }

    /// None are started yet; a thread passes their answers on.
    fn listen(&self) -> Result<Arc<Started>, FrameError> {
        let (replies, answers) = channel();
        let started = Arc::new(Started::new(replies));
        let (weak, stream, writing) = (Arc::downgrade(&started), self.stream.clone(), self.writing.clone());
        let thread = std::thread::Builder::new().name("replies".to_owned());
        thread.spawn(move || pass_on(&answers, &weak, &stream, &writing))?;
        Ok(started)
    }

    /// The requests that the page may make because of a message.
    fn allowance(&mut self, message: &ToPage) -> Allowance {
        let mut passed_ms = 0;
        if let (ToPage::Turn(input), Some(now)) = (message, &mut self.now) {
            passed_ms = input.at.saturating_sub(*now).max(0);
            *now = input.at.max(*now);
        }
        Allowance::after(passed_ms)
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
}

impl Allowance {
    /// Those of a turn before which so much page time has passed.
    fn after(passed_ms: i64) -> Self {
        let passed_s = usize::try_from(passed_ms / 1_000).unwrap_or(0);
        let requests_max = REQUESTS_PER_TURN_MAX.saturating_add(passed_s.saturating_mul(REQUESTS_PER_SECOND_MAX));
        let requests_max = requests_max.min(REQUESTS_PER_LONG_TURN_MAX);
        Self { requests_max, left: requests_max }
    }

    /// One more.
    fn take(&mut self, request: &Request) -> Result<(), NetError> {
        let requests_max = self.requests_max;
        let refused = || NetError::TooManyInTurn { url: beginning(request), requests_max };
        self.left = self.left.checked_sub(1).ok_or_else(refused)?;
        Ok(())
    }
}

/// Passes answers on to the page until there are no more, or the page is gone.
fn pass_on(
    answers: &Receiver<(u64, Result<Response, NetError>)>,
    started: &Weak<Started>,
    stream: &UnixStream,
    writing: &Mutex<()>,
) {
    for (number, result) in answers {
        let Some(id) = started.upgrade().and_then(|started| started.id_of(number)) else { continue };
        let held = writing.lock().unwrap_or_else(PoisonError::into_inner);
        if frame::write(stream, &ToPage::Reply(id, result)).is_err() {
            // A frame that broke off: nothing can be said any more. One that is gone already needs nothing.
            let _ = stream.shutdown(Shutdown::Both);
            return;
        }
        drop(held);
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
    use crate::base::limits::REQUESTS_IN_FLIGHT_MAX;
    use crate::net::{CookieJar, Destination, Reply};
    use crate::page::TurnInput;
    use crate::process::launch::Ending;

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
            reply.send((id, self.fetch(request))).unwrap();
        }
    }

    fn live() -> (Live, UnixStream) {
        let (host, page) = UnixStream::pair().unwrap();
        (Live::new(Box::new(Nobody), host), page)
    }

    #[test]
    fn a_page_that_asks_and_does_not_read_is_held_few_answers() {
        const ASKED: u64 = 3 * REQUESTS_IN_FLIGHT_MAX as u64;
        let (mut live, page) = live();
        let network = Arc::new(Large::default());
        let request = Request::get(Url::parse("http://a.test/").unwrap(), Destination::Xhr, 0);
        // The connection holds these small frames.
        for id in 0..ASKED {
            // A number that comes twice is answered twice.
            frame::write(&page, &FromPage::Start(id / 2, request.clone())).unwrap();
        }
        frame::write(&page, &FromPage::Document(String::new())).unwrap();
        let bounds = Bounds { hard_ms: 60_000, ..Bounds::default() };
        live.exchange(&ToPage::Document, (network.clone(), Arc::new(CookieJar::new())), bounds).unwrap();
        assert_eq!(network.0.load(Ordering::Relaxed), REQUESTS_IN_FLIGHT_MAX);

        assert!(matches!(frame::read(&page).unwrap(), ToPage::Document));
        for id in 0..ASKED {
            let ToPage::Reply(answered, Ok(_)) = frame::read(&page).unwrap() else { panic!("no answer to {id}") };
            assert_eq!(answered, id / 2);
        }
        assert_eq!(network.0.load(Ordering::Relaxed) as u64, ASKED);
    }

    #[test]
    fn a_turn_after_a_long_time_may_ask_more() {
        let table = [
            (0, REQUESTS_PER_TURN_MAX),
            (999, REQUESTS_PER_TURN_MAX),
            (60_000, REQUESTS_PER_TURN_MAX + 60 * REQUESTS_PER_SECOND_MAX),
            (i64::MAX, REQUESTS_PER_LONG_TURN_MAX),
        ];
        for (passed_ms, requests_max) in table {
            assert_eq!(Allowance::after(passed_ms).requests_max, requests_max, "{passed_ms} ms");
        }
    }

    #[test]
    fn time_counts_once() {
        let turn = |at| ToPage::Turn(Box::new(TurnInput { stimulus: None, at, settle_ms: 0 }));
        let (mut live, _page) = live();
        assert_eq!(live.allowance(&turn(60_000)), Allowance::after(0));
        live.now = Some(1_000);
        for (at, passed_ms) in [(61_000, 60_000), (61_000, 0), (5_000, 0), (62_000, 1_000), (i64::MIN, 0)] {
            assert_eq!(live.allowance(&turn(at)), Allowance::after(passed_ms), "{at}");
        }
        assert_eq!(live.allowance(&ToPage::Document), Allowance::after(0));
    }

    #[test]
    fn the_request_after_the_last_is_refused() {
        let mut allowance = Allowance { requests_max: 2, left: 2 };
        let request = Request::get(Url::parse("http://a.test/").unwrap(), Destination::Xhr, 0);
        let refused = [(); 4].map(|()| allowance.take(&request).is_err());
        assert_eq!(refused, [false, false, true, true]);
    }
}
