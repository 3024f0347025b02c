//! The pages of a run, side by side: one round tells all of them one stimulus and gathers what they did.

use std::sync::{Mutex, PoisonError};
use std::thread;

use super::plugin::Plugin;
use crate::base::clock::TimestampMs;
use crate::engine::event_loop::Emission;
use crate::event::Stimulus;
use crate::page::{CutShort, Driver, LoadError, PageOptions, Turn, TurnInput};

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

/// What one or more tasks of a page did, to be kept as a whole.
#[derive(Clone, Copy, Debug)]
pub struct Step<'a> {
    /// Which page, in the order of opening.
    pub page: usize,
    /// What they gave out, in order.
    pub emissions: &'a [Emission],
    /// It only repeats what was done before.
    pub repeated: bool,
    /// The page's turn ends with it.
    pub ended: Option<Ended>,
}

/// How a page is at the end of a turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// It has nothing more to do by itself.
    Idle,
    /// Its time is up.
    Busy,
    /// It could not be restored, or not be told: it did not do its work.
    Parked,
}

/// Hears what the pages do as they do it, whichever is first. The end of each turn comes as well.
pub type Done<'a> = dyn FnMut(Step<'_>) + Send + 'a;

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

    /// Opens one more page; what it did meanwhile, which `done` hears once the page is there: one that does not load
    /// has done nothing.
    ///
    /// # Errors
    /// [`LoadError`]: the stage is as it was.
    pub fn open(
        &mut self,
        plugin: Plugin,
        options: PageOptions,
        make: impl FnOnce(PageOptions) -> Box<dyn Driver + Send>,
        done: &mut Done<'_>,
    ) -> Result<Vec<Happened>, LoadError> {
        let start = options.start;
        let mut driver = make(options);
        let mut before = Vec::new();
        let mut turn = driver.open(self.settle_ms, &mut |mut emissions, _| before.append(&mut emissions))?;
        turn.emissions.splice(0..0, before);
        let mut actor = Actor { plugin, driver, now: start, idle: false };
        let heard = Heard { page: self.actors.len(), done: &Mutex::new(done), happened: Vec::new() };
        let happened = actor.end(turn, heard);
        self.actors.push(actor);
        Ok(happened)
    }

    /// Waits for idleness within so many ms of page time from now on.
    pub fn settle_within(&mut self, settle_ms: i64) {
        self.settle_ms = settle_ms;
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

    /// How many pages are open.
    #[must_use]
    pub fn len(&self) -> usize {
        self.actors.len()
    }

    /// The greatest page time; `None` on an empty stage.
    #[must_use]
    pub fn now(&self) -> Option<TimestampMs> {
        self.actors.iter().map(|actor| actor.now).max()
    }

    /// Whether a page has nothing more to do by itself.
    #[must_use]
    pub fn is_idle(&self, page: usize) -> bool {
        self.actors[page].idle
    }

    /// Whether a page could not be restored.
    #[must_use]
    pub fn is_parked(&self, page: usize) -> bool {
        self.actors[page].driver.is_parked()
    }

    /// Pages that could not be restored.
    #[must_use]
    pub fn parked(&self) -> usize {
        self.actors.iter().filter(|actor| actor.driver.is_parked()).count()
    }

    /// Time passes to `at` on every page; these are told the stimulus, in order, and run until they are idle. What all
    /// did, all of which `done` has heard.
    pub fn round(
        &mut self,
        stimulus: &Stimulus,
        pages: &[usize],
        at: TimestampMs,
        done: &mut Done<'_>,
    ) -> Vec<Happened> {
        let settle_ms = self.settle_ms;
        self.turns(
            |page, _| {
                let is_for = pages.contains(&page);
                let told = is_for.then(|| stimulus.clone());
                Some(TurnInput { settle_ms: if is_for { settle_ms } else { 0 }, stimulus: told, at })
            },
            done,
        )
    }

    /// Pages that are still busy, having last only seen time pass, run until they are idle.
    pub fn settle(&mut self, done: &mut Done<'_>) -> Vec<Happened> {
        let settle_ms = self.settle_ms;
        self.turns(|_, actor| (!actor.idle).then_some(TurnInput { stimulus: None, at: actor.now, settle_ms }), done)
    }

    /// One turn of each page that has one, and what they did in order of time; on ties, in the order of the pages.
    fn turns(&mut self, input: impl Fn(usize, &Actor) -> Option<TurnInput>, done: &mut Done<'_>) -> Vec<Happened> {
        let done = &Mutex::new(done);
        let due = self.actors.iter_mut().enumerate();
        let due = due.filter_map(|(page, actor)| input(page, actor).map(|input| (page, actor, input)));
        let turn = move |page, actor: &mut Actor, input| {
            let mut heard = Heard { page, done, happened: Vec::new() };
            let turn = actor.driver.turn(input, &mut |emissions, repeated| heard.take(emissions, repeated, None));
            actor.end(turn, heard)
        };
        let mut happened: Vec<Happened> = if self.realtime {
            thread::scope(|scope| {
                let turns: Vec<_> =
                    due.map(|(page, actor, input)| scope.spawn(move || turn(page, actor, input))).collect();
                turns.into_iter().filter_map(|turn| turn.join().ok()).flatten().collect()
            })
        } else {
            due.flat_map(|(page, actor, input)| turn(page, actor, input)).collect()
        };
        happened.sort_by_key(|happened| happened.emission.time);
        happened
    }

    /// The page at this place.
    pub fn driver(&mut self, page: usize) -> Option<&mut dyn Driver> {
        let actor = self.actors.get_mut(page)?;
        Some(&mut *actor.driver)
    }

    /// The documents as HTML, with their plugins' names.
    pub fn documents(&mut self) -> Vec<(String, String)> {
        let document = |actor: &mut Actor| (actor.plugin.name.clone(), actor.driver.document_html());
        self.actors.iter_mut().map(document).collect()
    }
}

impl Actor {
    /// Takes note of a turn's end; what the page did in it.
    fn end(&mut self, turn: Turn, mut heard: Heard<'_, '_>) -> Vec<Happened> {
        (self.now, self.idle) = (turn.now, turn.idle);
        let is_untold = turn.cut == Some(CutShort::Telling);
        let ended = match (self.driver.is_parked() || is_untold, turn.idle) {
            (true, _) => Ended::Parked,
            (false, true) => Ended::Idle,
            (false, false) => Ended::Busy,
        };
        heard.take(turn.emissions, false, Some(ended));
        heard.happened
    }
}

/// What a page did so far in its turn.
struct Heard<'a, 'd> {
    page: usize,
    done: &'a Mutex<&'a mut Done<'d>>,
    happened: Vec<Happened>,
}

impl Heard<'_, '_> {
    fn take(&mut self, emissions: Vec<Emission>, repeated: bool, ended: Option<Ended>) {
        let page = self.page;
        let step = Step { page, emissions: &emissions, repeated, ended };
        (self.done.lock().unwrap_or_else(PoisonError::into_inner))(step);
        self.happened.extend(emissions.into_iter().map(|emission| Happened { page, emission, repeated }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::event_loop::Output;
    use crate::event::{Console, ConsoleLevel, parse_line};
    use crate::host::plugin::Names;
    use crate::host::samples::{SAMPLES, Sample};
    use crate::page::Tasks;

    const SAMPLE: Sample = SAMPLES[3];

    /// Does the same in every turn: tasks, each at a time and repeated or not, and an end.
    struct Plan {
        tasks: &'static [(i64, bool)],
        end: &'static [i64],
        idle: bool,
    }

    fn at(times: &[i64]) -> Vec<Emission> {
        let line = |time| Output::Console(Console { level: ConsoleLevel::Log, text: format!("{time}") });
        times
            .iter()
            .map(|time| Emission { time: *time, cause: None, subject: None, place: None, output: line(time) })
            .collect()
    }

    impl Driver for Plan {
        fn open(&mut self, _: i64, tasks: &mut Tasks<'_>) -> Result<Turn, LoadError> {
            if self.end.is_empty() {
                tasks(at(&[1]), false);
                return Err(LoadError::Ended);
            }
            let input = TurnInput { stimulus: None, at: 0, settle_ms: 0 };
            Ok(self.turn(input, tasks))
        }

        fn turn(&mut self, _: TurnInput, tasks: &mut Tasks<'_>) -> Turn {
            self.tasks.iter().for_each(|(time, repeated)| tasks(at(&[*time]), *repeated));
            Turn { emissions: at(self.end), now: 9, idle: self.idle, ..Turn::default() }
        }

        fn document_html(&mut self) -> String {
            String::new()
        }

        fn is_parked(&self) -> bool {
            false
        }
    }

    fn open(stage: &mut Stage, plan: Plan, done: &mut Done<'_>) -> Result<Vec<Happened>, LoadError> {
        let plugin = Plugin::bundled(SAMPLE.toml, SAMPLE.files, &mut Names::default()).unwrap();
        let network = std::sync::Arc::new(plugin.network(&crate::host::rights::Rights::default(), None, "kf").unwrap());
        let options = plugin.page_options(network.clone(), network.cookies().clone());
        stage.open(plugin, options, |_| Box::new(plan), done)
    }

    fn two_pages(realtime: bool) -> Stage {
        let mut stage = Stage::new(0, realtime);
        let mut done = |_: Step<'_>| ();
        open(&mut stage, Plan { tasks: &[(1, true), (4, false)], end: &[5, 6], idle: false }, &mut done).unwrap();
        open(&mut stage, Plan { tasks: &[(2, false)], end: &[4], idle: true }, &mut done).unwrap();
        stage
    }

    fn times(emissions: &[Emission]) -> Vec<i64> {
        emissions.iter().map(|emission| emission.time).collect()
    }

    #[test]
    fn each_task_is_heard_at_once_and_all_of_a_round_comes_in_order_of_time() {
        for realtime in [false, true] {
            let mut stage = two_pages(realtime);
            let mut heard = Vec::new();
            let line = parse_line(r#"{"event":"OnUserChange","useraccount":"oA"}"#, 1, "log").unwrap().unwrap();
            let happened = stage.round(&Stimulus::from_line(&line), &[0, 1], 9, &mut |step| {
                heard.push((step.page, times(step.emissions), step.repeated, step.ended));
            });
            // Side by side the pages may come in any order, the tasks of one may not.
            heard.sort_by_key(|(page, ..)| *page);
            let expected = [
                (0, vec![1], true, None),
                (0, vec![4], false, None),
                (0, vec![5, 6], false, Some(Ended::Busy)),
                (1, vec![2], false, None),
                (1, vec![4], false, Some(Ended::Idle)),
            ];
            assert_eq!(heard, expected);
            let happened: Vec<_> = happened.iter().map(|it| (it.emission.time, it.page, it.repeated)).collect();
            let expected = [(1, 0, true), (2, 1, false), (4, 0, false), (4, 1, false), (5, 0, false), (6, 0, false)];
            assert_eq!(happened, expected);
            assert!(!stage.is_idle(0) && stage.is_idle(1));
        }
    }

    #[test]
    fn what_a_page_does_while_it_loads_is_heard_once_it_is_there() {
        let mut heard = Vec::new();
        let mut done = |step: Step<'_>| heard.push((step.page, times(step.emissions)));
        let mut stage = Stage::new(0, false);
        assert!(open(&mut stage, Plan { tasks: &[], end: &[], idle: true }, &mut done).is_err());
        let happened = open(&mut stage, Plan { tasks: &[(1, false)], end: &[2], idle: true }, &mut done).unwrap();
        assert_eq!((heard, happened.len()), (vec![(0, vec![1, 2])], 2));
    }
}
