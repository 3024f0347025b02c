//! The one door between a page and everything outside it.

use std::sync::mpsc::Sender;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use url::Url;

use super::{CookieJar, NetError, Request, Response};
use crate::base::clock::TimestampMs;

/// Where the answer of a request that was started goes.
pub type Reply = Sender<Replied>;

/// What came of a request that was started.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replied {
    /// The request's id.
    pub id: u64,
    /// The answer, or what kept it from coming.
    pub result: Result<Response, NetError>,
    /// When it is there for the page.
    pub arrival: Arrival,
}

impl Replied {
    /// An answer that is there.
    #[must_use]
    pub fn now(id: u64, result: Result<Response, NetError>) -> Self {
        Self { id, result, arrival: Arrival::Now }
    }
}

/// When an answer is there for a page. One that is asked in a replay says so: page time does not wait for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Arrival {
    /// Now.
    #[default]
    Now,
    /// So long after the request.
    After(Latency),
    /// Never.
    Never,
}

/// How long after its request an answer was taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Latency {
    /// Page time, in ms.
    pub ms: i64,
    /// Turns that began meanwhile, and that went on from time passing to being told something. These and the timers say
    /// what of the same page time came before it.
    pub phases: u64,
    /// Timers that ran meanwhile.
    pub timers: u64,
    /// Of a piece of an answer that goes on: answers that were taken meanwhile.
    #[serde(default)]
    pub answers: u64,
}

/// What a page took of the world while it ran: a recording has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Noted {
    /// The answer to the request of this id, so long after it.
    Answer(u64, Latency),
    /// The page gave up the request of this id: nobody waits for its answer, which says so.
    Aborted(u64),
    /// What a dialog was answered at this page time: `confirm` with `true` or `false`, `prompt` with a text or nothing.
    Dialog(String, Option<String>, TimestampMs),
    /// The element on which the stimulus of this id did what a person would, at this page time.
    Element(String, Element, TimestampMs),
}

/// An element as people tell it from others.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Element {
    /// Its local name.
    pub tag: String,
    /// Its id; empty: none.
    #[serde(default)]
    pub id: String,
    /// Its classes.
    #[serde(default)]
    pub classes: Vec<String>,
    /// Its text, white space collapsed and cut; empty where it holds much else.
    #[serde(default)]
    pub text: String,
}

/// A network as a page sees it. Object-safe; one may serve many pages and threads.
pub trait Network: Send + Sync {
    /// Fetches, blocking: for documents, scripts and synchronous XHR. To be called from a page's own thread, never from
    /// an async task.
    ///
    /// # Errors
    /// Whatever kept an answer from coming; an HTTP error status is an answer.
    fn fetch(&self, request: Request) -> Result<Response, NetError>;

    /// Starts fetching and returns without waiting for the network; exactly one reply with this `id` follows. A reply
    /// nobody waits for any more is dropped.
    fn start(&self, id: u64, request: Request, reply: Reply);

    /// Was to be started, but the page gave it up before its turn came.
    fn skip(&self, request: Request) {
        drop(request);
    }

    /// Nobody waits for what was started so far: the page is gone.
    fn abandon(&self) {}

    /// The page took something of the world. Ids are those of the requests started here.
    fn note(&self, noted: Noted) {
        drop(noted);
    }

    /// Where replies come only while somebody listens for them: listens until one is there, at most `longest`, and says
    /// whether one came. `None`: replies come by themselves.
    fn listen(&self, longest: Duration) -> Option<bool> {
        let _ = longest;
        None
    }

    /// Lets real time pass for a page that has nothing to do before a timer is due.
    fn rest(&self, time: Duration) {
        std::thread::sleep(time);
    }
}

/// The cookies of a page as its scripts see them (`document.cookie`).
pub trait ScriptCookies: Send + Sync {
    /// The cookies for `url` at page time `now`, as `name=value; …`.
    fn get_for_script(&self, url: &Url, now: TimestampMs) -> String;

    /// An assignment.
    fn set_from_script(&self, url: &Url, cookie: &str, now: TimestampMs);
}

impl ScriptCookies for CookieJar {
    fn get_for_script(&self, url: &Url, now: TimestampMs) -> String {
        CookieJar::get_for_script(self, url, now)
    }

    fn set_from_script(&self, url: &Url, cookie: &str, now: TimestampMs) {
        CookieJar::set_from_script(self, url, cookie, now);
    }
}

/// What stands in for the network of a page: whatever is no plugin's own is asked here, and nobody else.
pub trait StandIn: Send + Sync {
    /// What came of a request.
    fn answer(&self, request: &Request) -> StoodIn;
}

/// An answer of a [`StandIn`].
#[derive(Clone, Debug)]
pub struct StoodIn {
    /// The answer, or what kept it from coming.
    pub result: Result<Response, NetError>,
    /// How much page time after the request it comes, for a page that does not wait.
    pub latency_ms: i64,
    /// The headers of each answer on the way, redirects first: cookies are among them.
    pub headers: Vec<(Url, Vec<(String, String)>)>,
}

/// No network: every request is refused. What a page gets unless it is handed another one.
#[derive(Clone, Copy, Debug, Default)]
pub struct RefuseAll;

impl Network for RefuseAll {
    fn fetch(&self, request: Request) -> Result<Response, NetError> {
        Err(NetError::Unreachable { url: request.url.into(), reason: "this page has no network".to_owned() })
    }

    fn start(&self, id: u64, request: Request, reply: Reply) {
        answer(&reply, id, self.fetch(request));
    }
}

/// Replies; a page that is gone needs no answer.
pub(super) fn answer(reply: &Reply, id: u64, result: Result<Response, NetError>) {
    drop(reply.send(Replied::now(id, result)));
}
