//! What host and page process say to each other.
//!
//! One conversation, the host's: it opens the page and gives it turns, and gets one answer to each. While it computes
//! the answer, the page may ask; the host answers. Either side ends by closing the connection.

use serde::{Deserialize, Serialize};
use url::Url;

use super::probe::Tried;
use crate::base::clock::TimestampMs;
use crate::base::limits::{PAGE_MEMORY_BYTES, TURN_HARD_MS, TURN_SOFT_MS};
use crate::net::{NetError, Request, Response};
use crate::page::{LoadError, Source, Turn, TurnInput};
use crate::webapi::world::Settings;

/// The version of the protocol; host and page are the same program, so others are refused.
pub const VERSION: u32 = 1;

/// How a page is opened: [`crate::page::PageOptions`] without the doors, which are the protocol itself.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Opening {
    /// [`VERSION`]
    pub version: u32,
    /// What to open.
    pub source: Source,
    /// Its surroundings.
    pub settings: Settings,
    /// Page time at the start.
    pub start: TimestampMs,
    /// The seed of its random numbers.
    pub seed: u64,
    /// Whether page time keeps the pace of the real one.
    pub realtime: bool,
    /// How long to wait for idleness, in ms of page time.
    pub settle_ms: i64,
    /// The bounds the page is held to.
    pub bounds: Bounds,
    /// Whether the page must not run where the system does not confine it wholly.
    pub confinement_required: bool,
}

/// The bounds of a page process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bounds {
    /// After so much computing in one turn the page's next native call fails, uncatchably. In ms.
    pub soft_ms: u64,
    /// After so much computing in one turn the page is killed. In ms.
    pub hard_ms: u64,
    /// Bytes the page may have allocated.
    pub memory_bytes: u64,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { soft_ms: TURN_SOFT_MS, hard_ms: TURN_HARD_MS, memory_bytes: PAGE_MEMORY_BYTES }
    }
}

/// From host to page.
#[derive(Debug, Serialize, Deserialize)]
pub enum ToPage {
    /// The first frame.
    Open(Box<Opening>),
    /// One turn.
    Turn(Box<TurnInput>),
    /// Asks for the document as HTML.
    Document,
    /// Asks what the process could still do.
    Probe,
    /// The answer to [`FromPage::Fetch`].
    Fetched(Result<Response, NetError>),
    /// What came of a [`FromPage::Start`]; at any time.
    Reply(u64, Result<Response, NetError>),
    /// The answer to [`FromPage::Cookies`].
    Cookies(String),
}

/// From page to host.
#[derive(Debug, Serialize, Deserialize)]
pub enum FromPage {
    /// What of its confinement this system does not have, before anything of the page runs.
    Confined(Vec<String>),
    /// The answer to [`ToPage::Open`].
    Opened(Result<Turn, LoadError>),
    /// The answer to [`ToPage::Turn`].
    Turned(Turn),
    /// The answer to [`ToPage::Document`].
    Document(String),
    /// The answer to [`ToPage::Probe`].
    Probed(Vec<Tried>),
    /// Fetches; the page waits for [`ToPage::Fetched`].
    Fetch(Request),
    /// Starts a request; a [`ToPage::Reply`] with this number follows some time.
    Start(u64, Request),
    /// Asks for the cookies of an address at a page time; the page waits for [`ToPage::Cookies`].
    Cookies(Url, TimestampMs),
    /// An assignment to `document.cookie`.
    SetCookie(Url, String, TimestampMs),
    /// The page computes no more until a reply or a timer comes: its deadline stands still …
    Rests,
    /// … and now goes on.
    Resumes,
}
