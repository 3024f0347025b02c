//! The host's side of a connection: one exchange after another with a running process.

use std::io::{self, Read};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::frame::{self, FrameError, WithDescriptors};
use super::launch::Launched;
use super::protocol::{FromPage, ToPage};
use crate::base::clock::Stopwatch;
use crate::base::limits::{REQUESTS_PER_TURN_MAX, REST_MS_MAX};
use crate::base::limits::page::PageLimits;
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
        Self { process, stream: Arc::new(stream), writing: Arc::default(), replies: None, unconfined: Vec::new() }
    }

    fn write(&self, message: &ToPage) -> Result<(), FrameError> {
        let _held = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        frame::write(&*self.stream, message)
    }

    /// Says something and serves the page until it has answered.
    pub(super) fn exchange(
        &mut self,
        message: &ToPage,
        (network, cookies): (&dyn Network, &dyn ScriptCookies),
        limits: &PageLimits,
    ) -> Result<FromPage, Death> {
        let hard = Duration::from_millis(limits.turn_hard_ms);
        let mut used = Duration::ZERO;
        let (mut rests, mut requests) = (false, 0);
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
                    requests += 1;
                    let result = within_bound(requests, &request).and_then(|()| network.fetch(request));
                    self.write(&ToPage::Fetched(result))?;
                }
                FromPage::Start(id, request) => {
                    requests += 1;
                    let replies = self.replies()?;
                    match within_bound(requests, &request) {
                        Ok(()) => network.start(id, request, replies),
                        // The thread that passes replies on ends with the page.
                        Err(error) => drop(replies.send((id, Err(error)))),
                    }
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

    /// Where replies go that come later.
    fn replies(&mut self) -> Result<Reply, FrameError> {
        if let Some(replies) = &self.replies {
            return Ok(replies.clone());
        }
        let (replies, receiver) = channel();
        let (stream, writing) = (self.stream.clone(), self.writing.clone());
        std::thread::Builder::new().name("replies".to_owned()).spawn(move || pass_on(&receiver, &stream, &writing))?;
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

/// Passes replies on to the page until there are no more, or the page is gone.
fn pass_on(replies: &Receiver<(u64, Result<Response, NetError>)>, stream: &UnixStream, writing: &Mutex<()>) {
    for (id, result) in replies {
        let _held = writing.lock().unwrap_or_else(PoisonError::into_inner);
        if frame::write(stream, &ToPage::Reply(id, result)).is_err() {
            return;
        }
    }
}
