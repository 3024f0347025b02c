//! The host's side of a connection: one exchange after another with a running process.

use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::frame::{self, FrameError, WithDescriptors};
use super::launch::Launched;
use super::protocol::{Bounds, FromPage, ToPage};
use crate::base::clock::Stopwatch;
use crate::base::limits::{EXCHANGE_BYTES_MAX, REQUESTS_PER_TURN_MAX, REST_MS_MAX};
use crate::net::{NetError, Network, Reply, Request, Response, ScriptCookies};

/// A process and the connection to it.
pub(super) struct Live {
    pub(super) process: Box<dyn Launched>,
    stream: Arc<UnixStream>,
    /// Held while a frame is written, by us or by the thread that passes replies on.
    writing: Arc<Mutex<()>>,
    /// That thread, once there are any.
    replies: Option<Reply>,
    /// What of its confinement the process says that this system does not have.
    pub(super) unconfined: Vec<String>,
    /// How long it may rest in an exchange.
    pub(super) rest: Duration,
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

/// A connection, read and written until a point in time, however slowly the other side goes.
struct Until<'a, S> {
    stream: &'a UnixStream,
    by: S,
    started: Stopwatch,
    time: Duration,
}

impl<'a, S> Until<'a, S> {
    fn new(stream: &'a UnixStream, by: S, time: Duration) -> Self {
        Self { stream, by, started: Stopwatch::start(), time }
    }

    fn left(&self) -> io::Result<Option<Duration>> {
        let left = self.time.saturating_sub(self.started.elapsed());
        if left.is_zero() { Err(io::ErrorKind::TimedOut.into()) } else { Ok(Some(left)) }
    }
}

impl<S: Read> Read for Until<'_, S> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.stream.set_read_timeout(self.left()?)?;
        self.by.read(buffer)
    }
}

impl<S: Write> Write for Until<'_, S> {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        self.stream.set_write_timeout(self.left()?)?;
        self.by.write(buffer)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.by.flush()
    }
}

impl Live {
    pub(super) fn new(process: Box<dyn Launched>, stream: UnixStream) -> Self {
        Self {
            process,
            stream: Arc::new(stream),
            writing: Arc::default(),
            replies: None,
            unconfined: Vec::new(),
            rest: Duration::from_millis(REST_MS_MAX),
        }
    }

    fn write(&self, message: &ToPage, time: Duration) -> Result<(), FrameError> {
        let _held = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        frame::write(Until::new(&self.stream, &*self.stream, time), message)
    }

    /// Says something and serves the page until it has answered.
    pub(super) fn exchange(
        &mut self,
        message: &ToPage,
        (network, cookies): (&dyn Network, &dyn ScriptCookies),
        bounds: Bounds,
    ) -> Result<FromPage, Death> {
        let hard = Duration::from_millis(bounds.hard_ms);
        self.write(message, hard)?;
        // What the page may still do: compute, rest, speak.
        let (mut time, mut rest, mut bytes) = (hard, self.rest.saturating_add(hard), EXCHANGE_BYTES_MAX);
        let (mut rests, mut requests) = (false, 0);
        loop {
            let started = Stopwatch::start();
            let may_take = if rests { &mut rest } else { &mut time };
            let mut from = Until::new(&self.stream, &*self.stream, *may_take).take(bytes);
            let heard = frame::read(&mut from);
            bytes = from.limit();
            if bytes == 0 {
                return Err(FrameError::Flood.into());
            }
            *may_take = may_take.saturating_sub(started.elapsed());
            match (heard?, rests) {
                (FromPage::Rests, false) => rests = true,
                (FromPage::Resumes, true) => rests = false,
                // A page that rests does nothing else.
                (FromPage::Rests | FromPage::Resumes, _) | (_, true) => return Err(Death::Confused),
                (FromPage::Fetch(request), _) => {
                    requests += 1;
                    let result = within_bound(requests, &request).and_then(|()| network.fetch(request));
                    time = self.answer(&ToPage::Fetched(result), time)?;
                }
                (FromPage::Start(id, request), _) => {
                    requests += 1;
                    let replies = self.replies(hard)?;
                    match within_bound(requests, &request) {
                        Ok(()) => network.start(id, request, replies),
                        // The thread that passes replies on ends with the page.
                        Err(error) => drop(replies.send((id, Err(error)))),
                    }
                }
                (FromPage::Cookies(url, now), _) => {
                    time = self.answer(&ToPage::Cookies(cookies.get_for_script(&url, now)), time)?;
                }
                (FromPage::SetCookie(url, cookie, now), _) => cookies.set_from_script(&url, &cookie, now),
                (FromPage::Confined(missing), _) => self.unconfined = missing,
                (answer, _) => return Ok(answer),
            }
        }
    }

    /// Answers a page that waits for it; the time that is left to the page, which must not read slowly.
    fn answer(&self, message: &ToPage, time: Duration) -> Result<Duration, FrameError> {
        let started = Stopwatch::start();
        self.write(message, time)?;
        Ok(time.saturating_sub(started.elapsed()))
    }

    /// Says something to a template, which answers at once; with the descriptors that come with the answer.
    pub(super) fn command(&self, message: &ToPage, time: Duration) -> Result<(FromPage, Vec<OwnedFd>), Death> {
        self.write(message, time)?;
        let mut from = WithDescriptors::new(&self.stream);
        let answer = frame::read(Until::new(&self.stream, &mut from, time))?;
        Ok((answer, from.descriptors))
    }

    /// Where replies go that come later.
    fn replies(&mut self, time: Duration) -> Result<Reply, FrameError> {
        if let Some(replies) = &self.replies {
            return Ok(replies.clone());
        }
        let (replies, receiver) = channel();
        let (stream, writing) = (self.stream.clone(), self.writing.clone());
        std::thread::Builder::new()
            .name("replies".to_owned())
            .spawn(move || pass_on(&receiver, &stream, &writing, time))?;
        Ok(self.replies.insert(replies).clone())
    }
}

/// Whether a turn may make one more request.
fn within_bound(requests: usize, request: &Request) -> Result<(), NetError> {
    if requests <= REQUESTS_PER_TURN_MAX {
        return Ok(());
    }
    Err(NetError::TooManyInTurn { url: request.url.to_string(), requests_max: REQUESTS_PER_TURN_MAX })
}

/// Passes replies on to the page until there are no more, or the page is gone or takes longer than `time` for one.
fn pass_on(
    replies: &Receiver<(u64, Result<Response, NetError>)>,
    stream: &UnixStream,
    writing: &Mutex<()>,
    time: Duration,
) {
    for (id, result) in replies {
        let _held = writing.lock().unwrap_or_else(PoisonError::into_inner);
        if frame::write(Until::new(stream, stream, time), &ToPage::Reply(id, result)).is_err() {
            return;
        }
    }
}
