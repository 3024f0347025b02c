//! What host and page process say to each other.
//!
//! One conversation, the host's: it opens the page and gives it turns, and gets one answer to each. While it computes
//! the answer, the page may ask, and the host answers; and it tells what its tasks did that are over. Either side ends
//! by closing the connection. A process from which pages are forked, a template, speaks the same way: its pages have
//! connections of their own.

use serde::{Deserialize, Serialize};
use url::Url;

use super::probe::Tried;
use crate::base::clock::TimestampMs;
use crate::base::limits::page::PageLimits;
use crate::engine::event_loop::Emission;
use crate::event::LocalStorage;
use crate::net::{NetError, Noted, Replied, Request, Response};
use crate::page::{LoadError, Look, Looked, Moment, Pace, Source, Turn, TurnInput};
use crate::webapi::world::Settings;

/// The version of the protocol; host and page are the same program, so others are refused.
pub const VERSION: u32 = 10;

/// What becomes of a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Role {
    /// It is a page.
    Page,
    /// Pages are forked from it.
    Template,
}

/// How a page is opened: [`crate::page::PageOptions`] without the doors, which are the protocol itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Opening {
    /// [`VERSION`]
    pub version: u32,
    /// What to open.
    pub source: Source,
    /// Its surroundings.
    pub settings: Settings,
    /// What it finds in `localStorage`.
    pub storage: LocalStorage,
    /// Page time at the start.
    pub start: TimestampMs,
    /// The seed of its random numbers while it is loaded.
    pub seed: u64,
    /// Where it goes on once it is loaded.
    pub resume: Option<Moment>,
    /// How page time passes.
    pub pace: Pace,
    /// How long to wait for idleness, in ms of page time.
    pub settle_ms: i64,
    /// The bounds the page is held to.
    pub limits: PageLimits,
    /// Whether the page must not run where the system does not confine it wholly.
    pub confinement_required: bool,
}

/// From host to page.
#[derive(Debug, Serialize, Deserialize)]
pub enum ToPage {
    /// Opens the page; the first frame, or that of a fork in which nothing has run.
    Open(Role, Box<Opening>),
    /// Compiles the scripts of a page that others will open; the first frame of a template.
    Prepare(Box<Opening>),
    /// The page is loaded already, in the template that this process was forked from: it goes on at a moment, or where
    /// the template stands.
    Resume(Option<Moment>),
    /// Asks a template for a fork.
    Fork,
    /// Asks a template how its child, which has ended or is about to, ended.
    Reap(i32),
    /// One turn.
    Turn(Box<TurnInput>),
    /// Asks for the document as HTML.
    Document,
    /// Looks at the page.
    Look(Look),
    /// Nothing is to be done for a while: memory that is not needed goes back to the system.
    Rest,
    /// Asks what the process could still do.
    Probe,
    /// The answer to [`FromPage::Fetch`].
    Fetched(Result<Response, NetError>),
    /// The answer to [`FromPage::Rests`]: whatever needs no waiting for others has been answered.
    Quiet,
    /// What came of a [`FromPage::Start`]; at any time.
    Reply(Replied),
    /// The answer to [`FromPage::Cookies`].
    Cookies(String),
}

/// From page to host.
#[derive(Debug, Serialize, Deserialize)]
pub enum FromPage {
    /// What of its confinement this system does not have, before anything of the page runs.
    Confined(Vec<String>),
    /// The answer to [`ToPage::Open`] and [`ToPage::Resume`].
    Opened(Result<Turn, LoadError>),
    /// The answer to [`ToPage::Prepare`]: how many scripts are ready.
    Prepared(Result<usize, LoadError>),
    /// The answer to [`ToPage::Fork`]: the new process, and with the frame the other end of its connection and of its
    /// standard error; or why there is none.
    Forked(Result<i32, String>),
    /// The answer to [`ToPage::Reap`]: its exit code or its signal.
    Reaped(Option<i32>, Option<i32>),
    /// What finished tasks did, an effect among it, while the page opens or has its turn; the answer has what is left.
    Tasks(Vec<Emission>),
    /// The answer to [`ToPage::Turn`].
    Turned(Turn),
    /// The answer to [`ToPage::Document`].
    Document(String),
    /// The answer to [`ToPage::Look`].
    Looked(Option<Looked>),
    /// The answer to [`ToPage::Rest`].
    Rested,
    /// The answer to [`ToPage::Probe`].
    Probed(Vec<Tried>),
    /// Fetches; the page waits for [`ToPage::Fetched`].
    Fetch(Request),
    /// Starts a request; a [`ToPage::Reply`] with this number follows some time.
    Start(u64, Request),
    /// It took an answer to a request that it had started, or was answered a dialog.
    Noted(Noted),
    /// Asks for the cookies of an address at a page time; the page waits for [`ToPage::Cookies`].
    Cookies(Url, TimestampMs),
    /// An assignment to `document.cookie`.
    SetCookie(Url, String, TimestampMs),
    /// The page computes no more until a reply or a timer comes: its deadline stands still …
    Rests,
    /// … and now goes on.
    Resumes,
}
