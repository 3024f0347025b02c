//! What a run is given, and how it ends.

use std::path::PathBuf;
use std::sync::Arc;

use crate::base::clock::TimestampMs;
use crate::base::limits::SETTLE_MS_DEFAULT;
use crate::event::Line;
use crate::host::feed::Tally;
use crate::host::forward::Forwarder;
use crate::host::ledger::Source;
use crate::host::plugin::Plugin;
use crate::host::processes::Processes;
use crate::host::recorder::Recorder;
use crate::net::PluginNetwork;
use crate::record::ReadError;
use crate::store::{Store, Summary};

/// The seed of a page's random numbers where nobody gives one. Every page has the same: what one does must not depend
/// on which others run.
pub const SEED_DEFAULT: u64 = 1;

/// A plugin and the network its page gets.
pub struct Hosted {
    /// The plugin.
    pub plugin: Plugin,
    /// Its network.
    pub network: Arc<PluginNetwork>,
}

/// A log: its lines, and where they come from.
pub struct Log {
    /// The lines as they come.
    pub lines: Box<dyn Iterator<Item = Result<Line, ReadError>>>,
    /// What [`crate::record::Reader::name`] calls it, and what makes it the same log in another run.
    pub source: Source,
    /// Where it is said whom each line has reached.
    pub tally: Tally,
}

/// Where what a run leads to goes on disk.
#[derive(Default)]
pub struct Lasting {
    /// Messages to WeChat, and all that they come from.
    pub forward: Option<Forwarder>,
    /// The pages' storage and cookies.
    pub keep: Option<Arc<dyn Store>>,
    /// All that the pages are told and answered, and what they do.
    pub record: Option<Recorder>,
}

/// How to run.
#[derive(Clone, Debug)]
pub struct RunOptions {
    /// Longest wait for idleness, in ms of page time.
    pub settle_ms: i64,
    /// Whether page time keeps the pace of the real one.
    pub realtime: bool,
    /// Whether answers come as long after their requests as whoever stands in for the network says.
    pub stands_in: bool,
    /// Page time at the start, where the log does not say.
    pub start: Option<TimestampMs>,
    /// Whether the first unreadable line ends the run.
    pub strict: bool,
    /// Whether stimuli, console and deliveries are given out too.
    pub all: bool,
    /// The seed of the pages' random numbers.
    pub seed: u64,
    /// How the pages' processes come to be.
    pub processes: Processes,
    /// Where the documents go at the end.
    pub dom: Option<PathBuf>,
    /// Whether each page's document has a file of its own, with the page's name in the file's.
    pub dom_by_name: bool,
}

impl Default for RunOptions {
    fn default() -> Self {
        Self {
            settle_ms: SETTLE_MS_DEFAULT,
            realtime: false,
            stands_in: false,
            start: None,
            strict: false,
            all: false,
            seed: SEED_DEFAULT,
            processes: Processes::default(),
            dom: None,
            dom_by_name: false,
        }
    }
}

/// How a run ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Pages that did not load.
    pub pages_failed: usize,
    /// Pages that died too often to be restored.
    pub pages_parked: usize,
    /// Pages that did not run because the system does not confine them as required.
    pub pages_unconfined: usize,
    /// Whether something of the log could not be read.
    pub log_failed: bool,
    /// Whether `--dom` could not be written.
    pub dom_failed: bool,
    /// The outbox, where messages were forwarded.
    pub messages: Option<Summary>,
    /// Whether the durable state failed: the run stopped there.
    pub store_failed: bool,
}
