//! The pages of a run, side by side: one round tells all of them one stimulus and gathers what they did.

use std::thread;

use super::plugin::Plugin;
use crate::base::clock::TimestampMs;
use crate::engine::event_loop::Emission;
use crate::event::Stimulus;
use crate::page::{Driver, LoadError, PageOptions, Turn, TurnInput};

/// Something a page gave out.
#[derive(Clone, Debug)]
pub struct Happened {
    /// Which page, in the order of opening.
    pub page: usize,
    /// What.
    pub emission: Emission,
    /// It only repeats what was done before, and is not forwarded.
    pub repeated: bool,
}

/// An open page.
struct Actor {
    plugin: Plugin,
    driver: Box<dyn Driver + Send>,
    now: TimestampMs,
    idle: bool,
}

/// All open pages, in the order of opening.
pub struct Stage {
    actors: Vec<Actor>,
    settle_ms: i64,
    /// Pages that wait in real time wait at the same time.
    realtime: bool,
}

impl Stage {
    /// An empty stage; `settle_ms` bounds every wait for idleness.
    #[must_use]
    pub fn new(settle_ms: i64, realtime: bool) -> Self {
        Self { actors: Vec::new(), settle_ms, realtime }
    }

    /// Opens one more page; what it did meanwhile.
    ///
    /// # Errors
    /// [`LoadError`]: the stage is as it was.
    pub fn open(
        &mut self,
        plugin: Plugin,
        options: PageOptions,
        make: impl FnOnce(PageOptions) -> Box<dyn Driver + Send>,
    ) -> Result<Vec<Happened>, LoadError> {
        let start = options.start;
        let mut driver = make(options);
        let turn = driver.open(self.settle_ms)?;
        let page = self.actors.len();
        self.actors.push(Actor { plugin, driver, now: start, idle: false });
        Ok(self.actors[page].take(page, turn))
    }

    /// Whether no page is open.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.actors.is_empty()
    }

    /// What of the confinement of the page opened last is missing.
    #[must_use]
    pub fn unconfined(&self) -> &[String] {
        self.actors.last().map_or(&[], |actor| actor.driver.unconfined())
    }

    /// The plugin of a page.
    #[must_use]
    pub fn plugin(&self, page: usize) -> &Plugin {
        &self.actors[page].plugin
    }

    /// Whether a plugin of this name is open.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.actors.iter().any(|actor| actor.plugin.name == name)
    }

    /// The greatest page time; `None` on an empty stage.
    #[must_use]
    pub fn now(&self) -> Option<TimestampMs> {
        self.actors.iter().map(|actor| actor.now).max()
    }

    /// Pages that could not be restored.
    #[must_use]
    pub fn parked(&self) -> usize {
        self.actors.iter().filter(|actor| actor.driver.is_parked()).count()
    }

    /// Time passes to `at` on every page; those the stimulus is for are told it, in order, and run until they are idle.
    pub fn round(&mut self, stimulus: &Stimulus, at: TimestampMs) -> Vec<Happened> {
        let settle_ms = self.settle_ms;
        self.turns(|actor| {
            let is_for = stimulus.plugin.as_ref().is_none_or(|name| *name == actor.plugin.name);
            let told = is_for.then(|| stimulus.clone());
            Some(TurnInput { settle_ms: if is_for { settle_ms } else { 0 }, stimulus: told, at })
        })
    }

    /// Pages that are still busy, having last only seen time pass, run until they are idle.
    pub fn settle(&mut self) -> Vec<Happened> {
        let settle_ms = self.settle_ms;
        self.turns(|actor| (!actor.idle).then_some(TurnInput { stimulus: None, at: actor.now, settle_ms }))
    }

    /// One turn of each page that has one, and what they did in order of time; on ties, in the order of the pages.
    fn turns(&mut self, input: impl Fn(&Actor) -> Option<TurnInput>) -> Vec<Happened> {
        let due = self.actors.iter_mut().enumerate();
        let due = due.filter_map(|(page, actor)| input(actor).map(|input| (page, actor, input)));
        let mut happened: Vec<Happened> = if self.realtime {
            thread::scope(|scope| {
                let turns: Vec<_> = due
                    .map(|(page, actor, input)| {
                        scope.spawn(move || {
                            let turn = actor.driver.turn(input);
                            actor.take(page, turn)
                        })
                    })
                    .collect();
                turns.into_iter().filter_map(|turn| turn.join().ok()).flatten().collect()
            })
        } else {
            due.flat_map(|(page, actor, input)| {
                let turn = actor.driver.turn(input);
                actor.take(page, turn)
            })
            .collect()
        };
        happened.sort_by_key(|happened| happened.emission.time);
        happened
    }

    /// The documents as HTML, with their plugins' names.
    pub fn documents(&mut self) -> Vec<(String, String)> {
        let document = |actor: &mut Actor| (actor.plugin.name.clone(), actor.driver.document_html());
        self.actors.iter_mut().map(document).collect()
    }
}

impl Actor {
    /// Takes note of a turn.
    fn take(&mut self, page: usize, turn: Turn) -> Vec<Happened> {
        (self.now, self.idle) = (turn.now, turn.idle);
        let happened = |(at, emission)| Happened { page, emission, repeated: turn.repeated.contains(&at) };
        turn.emissions.into_iter().enumerate().map(happened).collect()
    }
}
