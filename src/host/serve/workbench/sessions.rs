//! What was recorded of pages at seats: of those that are open, and of the last ones before, so that one can go back to what
//! they did.

use std::collections::{BTreeMap, VecDeque};

use crate::base::limits::{WORKBENCH_LINES_MAX, WORKBENCH_SESSIONS_MAX};
use crate::event::Line;
use crate::host::plugin::Plugin;
use crate::host::recorder::Recorder;

/// A recording of a page, as far as it is.
#[derive(Clone)]
pub struct Session {
    /// Its plugin.
    pub plugin: Plugin,
    recorder: Recorder,
}

impl Session {
    pub(in super::super) fn new(plugin: Plugin, recorder: Recorder) -> Self {
        Self { plugin, recorder }
    }

    /// Its lines so far.
    #[must_use]
    pub fn lines(&self) -> Vec<Line> {
        self.recorder.lines()
    }
}

struct Kept {
    id: u64,
    seat: String,
    session: Session,
    /// Nothing more comes.
    has_ended: bool,
    /// The numbers in the log of its last stimuli, with their ids.
    stimuli: BTreeMap<u64, String>,
}

/// Those that are kept, the oldest first.
#[derive(Default)]
pub(super) struct Sessions(VecDeque<Kept>);

impl Sessions {
    pub(super) fn begin(&mut self, id: u64, seat: &str, session: Session) {
        self.0.push_back(Kept { id, seat: seat.to_owned(), session, has_ended: false, stimuli: BTreeMap::new() });
        if self.0.len() > WORKBENCH_SESSIONS_MAX {
            self.0.pop_front();
        }
    }

    /// Nothing more comes of it.
    pub(super) fn end(&mut self, id: u64) {
        self.0.iter_mut().filter(|kept| kept.id == id).for_each(|kept| kept.has_ended = true);
    }

    /// A stimulus of it is this line of the log.
    pub(super) fn note(&mut self, id: u64, number: u64, stimulus: &str) {
        if let Some(kept) = self.0.iter_mut().find(|kept| kept.id == id) {
            kept.stimuli.insert(number, stimulus.to_owned());
            if kept.stimuli.len() > WORKBENCH_LINES_MAX {
                kept.stimuli.pop_first();
            }
        }
    }

    pub(super) fn of_line(&self, number: u64) -> Option<(Session, String)> {
        self.0.iter().find_map(|kept| Some((kept.session.clone(), kept.stimuli.get(&number)?.clone())))
    }

    pub(super) fn last(&self, seat: &str, plugin: &str) -> Option<Session> {
        // A version that was only tried was told nothing.
        let is_any = |kept: &Kept| !kept.has_ended || !kept.stimuli.is_empty();
        let is_it = |kept: &&Kept| kept.seat == seat && kept.session.plugin.name == plugin && is_any(kept);
        self.0.iter().rev().find(is_it).map(|kept| kept.session.clone())
    }
}
