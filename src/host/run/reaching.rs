//! Whom a line reaches: not every page that it is for is told it.

use std::collections::{BTreeMap, BTreeSet};

use crate::event::{Line, Stimulus};
use crate::host::feed::Reached;
use crate::session::Told;

/// What the pages of a run have been told of users, and whom a line has reached so far.
#[derive(Debug, Default)]
pub(super) struct Reaching {
    told: BTreeMap<usize, Told>,
    /// Whether there is a page that it is for.
    is_for_some: bool,
    /// Whether one was to be told.
    is_due: bool,
    /// Whether one that was to be told could not be restored.
    is_parked: bool,
    reached: BTreeSet<usize>,
}

impl Reaching {
    /// A line begins to be told.
    pub(super) fn begin(&mut self) {
        *self = Self { told: std::mem::take(&mut self.told), ..Self::default() };
    }

    /// It is for these pages.
    pub(super) fn is_for(&mut self, pages: &[usize]) {
        self.is_for_some |= !pages.is_empty();
    }

    /// A page is told something, or told again.
    pub(super) fn hear(&mut self, stimulus: &Stimulus, page: usize) {
        self.told.entry(page).or_default().hear(stimulus);
    }

    /// A page is told something because of the line, where it does not turn a deaf ear to it.
    pub(super) fn tell(&mut self, stimulus: &Stimulus, page: usize, is_parked: bool) {
        self.is_due = true;
        self.is_parked |= is_parked;
        if !is_parked && self.told.entry(page).or_default().reaches(stimulus) {
            self.hear(stimulus, page);
            self.reached.insert(page);
        }
    }

    /// Whom it has reached.
    pub(super) fn end(&self, line: &Line) -> Reached {
        let whose = line.plugin.as_ref().map(|name| format!(" of the plugin {name}")).unwrap_or_default();
        let why_none = match (self.is_for_some, self.is_due, self.is_parked) {
            _ if !self.reached.is_empty() => None,
            (false, ..) => Some(format!("no page{whose} is open that is told of such things")),
            (_, false, _) => Some(format!("an event with the id {} was handled before", line.id)),
            (.., true) => Some("the page died too often, and is told nothing more".to_owned()),
            _ => Some("no page is turned to the visitor that it is about".to_owned()),
        };
        Reached { pages: self.reached.len(), why_none }
    }
}
