//! How a host drives a page, wherever it runs.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use url::Url;

use super::load::LoadError;
use crate::base::clock::TimestampMs;
use crate::base::limits::page::PageLimits;
use crate::dom::mirror::View;
use crate::engine::event_loop::Emission;
use crate::event::{LocalStorage, Stimulus};
use crate::net::{Network, ScriptCookies};
use crate::webapi::world::Settings;

/// What a page is opened from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Source {
    /// An HTML document at this address.
    Document(Url),
    /// An empty document at the first address, with the script at the second in it.
    Script(Url, Url),
}

impl Source {
    /// The address of the document.
    #[must_use]
    pub fn document_url(&self) -> &Url {
        match self {
            Self::Document(url) | Self::Script(url, _) => url,
        }
    }
}

/// A point in page time, and the seed of the random numbers from there on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moment {
    /// Page time.
    pub at: TimestampMs,
    /// The seed.
    pub seed: u64,
}

/// How page time passes while a page waits for a timer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Pace {
    /// It jumps to the timer.
    #[default]
    Virtual,
    /// As real time does: the turn lasts until then.
    Real,
    /// The host keeps the time: the turn ends, and says when the timer is due ([`Turn::due`]). While it is loaded, as in
    /// virtual time: what is loaded once is forked at any time.
    Hosted,
    /// It jumps to the timer, or to the time at which an answer came when it was recorded ([`Arrival`]). Nobody is waited
    /// for.
    ///
    /// [`Arrival`]: crate::net::Arrival
    Recorded,
}

/// Everything a page needs to be opened.
#[derive(Clone)]
pub struct PageOptions {
    /// What to open.
    pub source: Source,
    /// The network, as far as the page may have it.
    pub network: Arc<dyn Network>,
    /// The page's cookies, shared with its network.
    pub cookies: Arc<dyn ScriptCookies>,
    /// Its surroundings.
    pub settings: Settings,
    /// What it finds in `localStorage`.
    pub storage: LocalStorage,
    /// Page time at the start: while it is loaded.
    pub start: TimestampMs,
    /// The seed of its random numbers while it is loaded.
    pub seed: u64,
    /// Where it goes on once it is loaded, if not from there: pages that were loaded at the same moment can share one
    /// load (session-log.md, Time).
    pub resume: Option<Moment>,
    /// How page time passes.
    pub pace: Pace,
    /// The bounds it is held to.
    pub limits: PageLimits,
}

/// What a page is to do next.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TurnInput {
    /// What it is told; `None`: only time passes, and where `settle_ms` is not 0 the page runs until it is idle.
    pub stimulus: Option<Stimulus>,
    /// Page time at which it is told; earlier timers run before.
    pub at: TimestampMs,
    /// How long to wait for idleness after it, in ms of page time.
    pub settle_ms: i64,
}

/// What a page did.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Turn {
    /// What it gave out, in order, behind what [`Tasks`] were given.
    pub emissions: Vec<Emission>,
    /// Page time now.
    pub now: TimestampMs,
    /// Whether it is idle.
    pub idle: bool,
    /// When it has something to do by itself, in page time: its next timer.
    pub due: Option<TimestampMs>,
    /// Whether it waits for an answer.
    pub waits: bool,
    /// Whether the turn was cut short with the page in pieces: a fresh one must take its place. Of a page in a process,
    /// which does that by itself: whether it could not be told.
    pub cut: Option<CutShort>,
}

/// What somebody who looks at a page asks for. Nothing of the page runs for it, and nothing of it is recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Look {
    /// What is new for this viewer since his last look. A page remembers a few viewers
    /// ([`MIRROR_VIEWERS_MAX`](crate::base::limits::mirror::MIRROR_VIEWERS_MAX)): to another one all of the document is new.
    Changes(u64),
    /// This viewer looks no more, or wants to be shown all of the document next.
    Forget(u64),
    /// A selector of the element that this viewer was shown with a number, or that holds the text with it.
    Selector(u64, u32),
    /// What the page keeps.
    Storage,
}

/// The answer to a [`Look`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Looked {
    /// To [`Look::Changes`].
    View(View),
    /// To [`Look::Forget`].
    Forgotten,
    /// To [`Look::Selector`]: matches this element alone.
    Selector(String),
    /// To [`Look::Storage`].
    Storage(Storage),
}

/// What a page keeps, as it sees it itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Storage {
    /// The origin of its document.
    pub origin: String,
    /// `localStorage` of this origin: keys and values.
    pub local: Vec<(String, String)>,
    /// `sessionStorage` of this origin: keys and values.
    pub session: Vec<(String, String)>,
    /// `document.cookie`
    pub cookies: String,
    /// Whether there is more than is shown.
    pub is_cut: bool,
}

/// What is left undone by a turn that was cut short.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum CutShort {
    /// Work that was ready when the stimulus had been told.
    Work,
    /// Earlier work, so that the stimulus was not told.
    Telling,
}

/// Hears what finished tasks of a page did while its turn goes on: emissions in order, and whether they
/// only repeat what was done before, where a fresh page in place of a dead one was told the current user again. Such
/// are recorded and never forwarded (plugin-apis.md §3). What is heard here outlives the page. A page that goes on to
/// wait counts as finished so far; the last task of a turn is heard with the turn. A repetition of nothing says that a
/// fresh page comes now: what the one before it was yet to do, it will not.
pub type Tasks<'a> = dyn FnMut(Vec<Emission>, bool) + Send + 'a;

/// A page that a host can drive: in this process or in one of its own.
pub trait Driver {
    /// Opens the page and runs it until it is idle or `settle_ms` have passed.
    ///
    /// # Errors
    /// [`LoadError`]: there is no page.
    fn open(&mut self, settle_ms: i64, tasks: &mut Tasks<'_>) -> Result<Turn, LoadError>;

    /// One turn: time passes to `input.at`, the stimulus is told, the page runs until it is idle.
    fn turn(&mut self, input: TurnInput, tasks: &mut Tasks<'_>) -> Turn;

    /// The document as HTML; empty where the page is gone.
    fn document_html(&mut self) -> String;

    /// Looks at the page; `None` where it is gone, or what is asked for is not there.
    fn look(&mut self, look: Look) -> Option<Looked> {
        let _ = look;
        None
    }

    /// Ends the page as it was ended when it was recorded, at this page time and with this in `localStorage`: its next
    /// turn gets a fresh one.
    fn end(&mut self, at: TimestampMs, storage: LocalStorage) {
        let _ = (at, storage);
    }

    /// What of a page's confinement is missing where it runs, a phrase each.
    fn unconfined(&self) -> &[String] {
        &[]
    }

    /// Whether the page died too often to be restored: it is told nothing more.
    fn is_parked(&self) -> bool;

    /// Whether the page died in its last turn of nothing that it did: the system ended it, or somebody. What it was told
    /// may be told to another one.
    fn is_lost(&self) -> bool {
        false
    }
}
