//! A run on disk: its ledger, its delivery, and what became of what its pages did.

use std::collections::VecDeque;

use super::acted::acted;
use super::forward::{Delivering, ForwardError, Forwarder};
use super::keeping::Changes;
use super::ledger::{Accepted, Ledger, Source, read};
use super::messages::{Sender, Taken};
use super::run::Hosted;
use super::stage::Step;
use super::watch::Notice;
use crate::event::{Line, Stimulus};
use crate::outbox::Delivery;
use crate::session::PluginPolicy;
use crate::store::{EventId, StoreError, Summary};

/// An open page, to the store.
struct Kept {
    /// The name of its plugin in keys.
    name: String,
    policy: PluginPolicy,
    /// The lines that turned it to its customer in an earlier run: it is told those before anything else.
    before: Vec<Line>,
    /// What became of what it gave out, in order, as far as that was not given out yet.
    taken: VecDeque<Taken>,
}

/// How a line is told.
#[derive(Debug, Default)]
pub(super) struct Telling {
    /// The pages that are told.
    pub(super) pages: Vec<usize>,
    /// The id to tell it by, where another event has its own.
    pub(super) renamed: Option<String>,
    /// An earlier line of the log has its id.
    pub(super) collides: bool,
    /// An earlier line of the log is the same event.
    pub(super) repeated: bool,
}

/// The durable side of a run.
pub(super) struct Durable {
    ledger: Ledger,
    delivering: Delivering,
    /// The plugins of the run, whether or not their pages open.
    plugins: Vec<(String, PluginPolicy)>,
    /// Their open pages, in the order of opening.
    pages: Vec<Kept>,
}

impl Durable {
    /// For these plugins, whose pages are not open yet; what earlier runs left is delivered from now on. What a person
    /// should know of that.
    ///
    /// # Errors
    /// [`ForwardError`].
    pub(super) fn begin(
        forwarder: Forwarder,
        source: &Source,
        hosted: &[Hosted],
    ) -> Result<(Self, Vec<Notice>), ForwardError> {
        let mut ledger = forwarder.ledger(source)?;
        let (mut plugins, mut networks) = (Vec::new(), Vec::new());
        for Hosted { plugin, network } in hosted {
            let name = ledger.plugin(&plugin.name, &plugin.identity)?;
            networks.push((name.clone(), network.clone()));
            plugins.push((name, plugin.policy));
        }
        ledger.accept_load(None)?;
        let (delivering, mut notices) = forwarder.begin(&networks)?;
        let names: Vec<String> = plugins.iter().map(|(name, _)| name.clone()).collect();
        notices.extend(ledger.lost(&names)?);
        Ok((Self { ledger, delivering, plugins, pages: Vec::new() }, notices))
    }

    /// What the page of the plugin with this number is told again before anything else, once it is open: the lines that
    /// turned it to its customer in an earlier run.
    pub(super) fn served(&mut self, plugin: usize) -> Result<Vec<Line>, StoreError> {
        self.ledger.served(&self.plugins[plugin].0)
    }

    /// The page of the plugin with this number is open; it is told `before` before anything else.
    pub(super) fn opened(&mut self, plugin: usize, before: Vec<Line>) {
        let (name, policy) = self.plugins[plugin].clone();
        self.pages.push(Kept { name, policy, before, taken: VecDeque::new() });
    }

    /// The first event that an earlier run has not finished.
    pub(super) fn first_unfinished(&mut self) -> Result<Option<Line>, StoreError> {
        let names: Vec<String> = self.plugins.iter().map(|(name, _)| name.clone()).collect();
        let unfinished = self.ledger.unfinished(&names, EventId(0))?;
        Ok(unfinished.first().and_then(|event| read(&event.line)))
    }

    /// What went wrong with the store; nothing is told or sent any more.
    pub(super) fn failure(&self) -> Option<&StoreError> {
        self.ledger.failure()
    }

    /// The store failed.
    pub(super) fn fail(&mut self, error: StoreError) {
        self.ledger.fail(error);
    }

    /// Messages that were there before and are not sent again.
    pub(super) fn known(&self) -> usize {
        self.ledger.known()
    }

    /// The page of a plugin by its name in keys.
    pub(super) fn page(&self, name: &str) -> Option<usize> {
        self.pages.iter().position(|kept| kept.name == name)
    }

    /// Events that pages were to be told in earlier runs and have not done with, those behind `after`: line by line,
    /// with the pages.
    pub(super) fn unfinished(&mut self, after: EventId) -> Result<Vec<(EventId, Line, Vec<usize>)>, StoreError> {
        let names: Vec<String> = self.pages.iter().map(|kept| kept.name.clone()).collect();
        let mut events = Vec::new();
        for event in self.ledger.unfinished(&names, after)? {
            self.ledger.take_up(&event);
            let pages = event.plugins.iter().filter_map(|plugin| self.page(plugin)).collect();
            // We wrote it ourselves.
            if let Some(line) = read(&event.line) {
                events.push((event.event, Line { id: event.name.clone(), ..line }, pages));
            }
        }
        Ok(events)
    }

    /// Takes a line in for these pages. An event is told once in a run.
    pub(super) fn accept(&mut self, line: &Line, pages: &[usize]) -> Result<Telling, StoreError> {
        let names = pages.iter().map(|page| self.pages[*page].name.clone()).collect();
        let accepted = self.ledger.accept(line, names)?;
        let open = || accepted.open.iter().filter_map(|name| self.page(name)).collect();
        let pages = match (accepted.repeated, accepted.forgotten) {
            (true, _) => Vec::new(),
            (false, true) => open(),
            (false, false) => pages.to_vec(),
        };
        let Accepted { renamed, collides, repeated, .. } = accepted;
        Ok(Telling { pages, renamed, collides, repeated })
    }

    /// What a page is to be told again before anything else, once.
    pub(super) fn before(&mut self, page: usize) -> Vec<Line> {
        std::mem::take(&mut self.pages[page].before)
    }

    /// Keeps what tasks of a page did; `told`: the stimulus of its turn. Of what only repeats nothing but the changes of
    /// what the page itself keeps.
    pub(super) fn step(&mut self, step: &Step<'_>, told: Option<&str>, repeats: bool, changes: Changes) {
        let kept = &mut self.pages[step.page];
        let sender = Sender { name: &kept.name, policy: kept.policy };
        kept.taken.extend(self.ledger.step(sender, step, told, repeats, changes));
        if !step.repeated && !repeats {
            self.delivering.wake();
        }
    }

    /// What became of what a page gave out next.
    pub(super) fn taken(&mut self, page: usize) -> Taken {
        self.pages[page].taken.pop_front().unwrap_or_default()
    }

    /// A line may be a customer's own doing, which messages to him may have waited for.
    pub(super) fn hear(&mut self, line: &Line, stimulus: &Stimulus) {
        let Some(acted) = acted(stimulus) else { return };
        match self.ledger.hear(line, acted) {
            Ok(()) => self.delivering.wake(),
            Err(error) => self.ledger.fail(error),
        }
    }

    /// Waits until nothing is left that goes by itself; every try since the last time.
    pub(super) fn deliver(&mut self, tell: &mut dyn FnMut(Notice)) -> Vec<Delivery> {
        if self.failure().is_some() {
            return Vec::new();
        }
        self.delivering.deliver(tell).unwrap_or_else(|error| {
            self.ledger.fail(error);
            Vec::new()
        })
    }

    /// Every try since the last time, as far as they have ended.
    pub(super) fn drain(&mut self, tell: &mut dyn FnMut(Notice)) -> Vec<Delivery> {
        self.delivering.drain(&mut |_| true, tell)
    }

    /// Ends in order, with the log played to its end or not; the rows by state, and in words.
    pub(super) fn close(&mut self, ended: bool) -> Result<(Summary, Notice), StoreError> {
        self.ledger.close(ended);
        let stopped = self.delivering.stop();
        let summary = match self.failure() {
            Some(error) => Err(error.clone()),
            None => stopped.and_then(|()| self.delivering.summary()),
        };
        self.delivering.close();
        summary
    }
}
