//! The page's side of the connection: the doors of a page whose host is another process.

use std::collections::HashMap;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use url::Url;

use super::deadline;
use super::frame;
use super::protocol::{FromPage, ToPage};
use crate::base::clock::{Stopwatch, TimestampMs};
use crate::base::interrupt;
use crate::base::limits::page::PageLimits;
use crate::net::{NetError, Network, Noted, Replied, Reply, Request, Response, ScriptCookies};

struct Line {
    stream: UnixStream,
    replies: HashMap<u64, Reply>,
    /// So many requests may have no answer yet.
    waiting_max: u64,
}

/// The connection to the host. Without a host there is nothing to do: whatever finds it gone ends the process.
#[derive(Clone)]
pub struct FarHost(Arc<Mutex<Line>>);

impl FarHost {
    /// A host at the other end of `stream`.
    #[must_use]
    pub fn new(stream: UnixStream) -> Self {
        Self(Arc::new(Mutex::new(Line {
            stream,
            replies: HashMap::new(),
            waiting_max: PageLimits::DEFAULT.requests_waiting,
        })))
    }

    fn line(&self) -> MutexGuard<'_, Line> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Holds the page to its bounds.
    pub fn hold_to(&self, limits: &PageLimits) {
        self.line().waiting_max = limits.requests_waiting;
    }

    /// Goes on with another host connection: a fork does not speak on that of its template.
    pub fn reconnect(&self, stream: UnixStream) {
        let mut line = self.line();
        line.stream = stream;
        line.replies.clear();
    }

    /// Says something, with the other ends of a fork's connection and standard error.
    pub fn say_with(&self, message: &FromPage, descriptors: &[BorrowedFd<'_>; 2]) {
        if frame::write_with(&self.line().stream, message, descriptors).is_err() {
            std::process::exit(0);
        }
    }

    /// Waits for the host's next command. The deadline stands still.
    #[must_use]
    pub fn command(&self) -> ToPage {
        deadline::pause();
        let command = self.line().next();
        deadline::begin();
        command
    }

    /// Says something while the page computes. A host that is slow to hear it does not count as computing.
    pub fn tell(&self, message: &FromPage) {
        deadline::pause();
        self.say(message);
        deadline::resume();
    }

    /// Says something.
    pub fn say(&self, message: &FromPage) {
        self.line().say(message);
    }
}

impl Line {
    fn say(&self, message: &FromPage) {
        if frame::write(&self.stream, message).is_err() {
            std::process::exit(0);
        }
    }

    fn hear(&self) -> ToPage {
        frame::read(&self.stream).unwrap_or_else(|_| std::process::exit(0))
    }

    /// The next frame that is no reply; replies go where they are waited for.
    fn next(&mut self) -> ToPage {
        loop {
            match self.hear() {
                ToPage::Reply(replied) => self.forward(replied),
                other => return other,
            }
        }
    }

    /// Between a turn and its answer the host sends nothing but replies.
    fn hear_reply(&mut self) {
        if let ToPage::Reply(replied) = self.hear() {
            self.forward(replied);
        }
    }

    fn forward(&mut self, replied: Replied) {
        if let Some(reply) = self.replies.remove(&replied.id) {
            // A page that has moved on needs no answer.
            let _ = reply.send(replied);
        }
    }

    /// Asks and waits.
    fn ask(&mut self, question: &FromPage) -> ToPage {
        deadline::pause();
        self.say(question);
        let answer = self.next();
        deadline::resume();
        answer
    }

    /// Whether a frame is there within `longest`.
    fn is_there(&self, longest: Duration) -> bool {
        self.poll(PollFlags::POLLIN, longest)
    }

    /// Waits for one of these, or the end of the connection.
    fn poll(&self, flags: PollFlags, longest: Duration) -> bool {
        let timeout = PollTimeout::try_from(longest).unwrap_or(PollTimeout::MAX);
        let mut files = [PollFd::new(self.stream.as_fd(), flags)];
        poll(&mut files, timeout).is_ok_and(|ready| ready > 0)
    }

    /// Rests, once everything has been answered that the host answers by itself: in page time that takes none, however
    /// long the host is about it. `rest` is told whether an answer came meanwhile.
    fn resting(&mut self, rest: impl FnOnce(&mut Self, bool)) {
        deadline::pause();
        self.say(&FromPage::Rests);
        let mut came = false;
        while let ToPage::Reply(replied) = self.hear() {
            self.forward(replied);
            came = true;
        }
        rest(self, came);
        self.say(&FromPage::Resumes);
        deadline::resume();
    }
}

impl Network for FarHost {
    fn fetch(&self, request: Request) -> Result<Response, NetError> {
        let url = request.url.to_string();
        match self.line().ask(&FromPage::Fetch(request)) {
            ToPage::Fetched(result) => result,
            _ => Err(NetError::Protocol { url, reason: "the host answered another question".to_owned() }),
        }
    }

    fn start(&self, id: u64, request: Request, reply: Reply) {
        let mut line = self.line();
        if line.replies.len() as u64 >= line.waiting_max {
            interrupt::raise_limit("requests_waiting", line.waiting_max);
            let reason = "too many requests have no answer yet".to_owned();
            // A page that is gone needs no answer.
            let _ = reply.send(Replied::now(id, Err(NetError::Unreachable { url: request.url.into(), reason })));
            return;
        }
        line.replies.insert(id, reply);
        line.say(&FromPage::Start(id, request));
    }

    fn note(&self, noted: Noted) {
        self.tell(&FromPage::Noted(noted));
    }

    fn listen(&self, longest: Duration) -> Option<bool> {
        let mut line = self.line();
        if line.is_there(Duration::ZERO) {
            line.hear_reply();
            return Some(true);
        }
        let mut came = false;
        line.resting(|line, answered| {
            came = answered;
            if !came && line.is_there(longest) {
                line.hear_reply();
                came = true;
            }
        });
        Some(came)
    }

    fn rest(&self, time: Duration) {
        self.line().resting(|line, _| {
            let started = Stopwatch::start();
            // The host waits until its answers are read, those that nobody here waits for any more as well.
            while started.elapsed() < time {
                if line.is_there(time.saturating_sub(started.elapsed())) {
                    line.hear_reply();
                }
            }
        });
    }
}

impl ScriptCookies for FarHost {
    fn get_for_script(&self, url: &Url, now: TimestampMs) -> String {
        match self.line().ask(&FromPage::Cookies(url.clone(), now)) {
            ToPage::Cookies(cookies) => cookies,
            _ => String::new(),
        }
    }

    fn set_from_script(&self, url: &Url, cookie: &str, now: TimestampMs) {
        self.say(&FromPage::SetCookie(url.clone(), cookie.to_owned(), now));
    }
}
