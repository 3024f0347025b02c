//! A page that ends where it ended when it was recorded (session-log.md, Replay): when a deadline strikes is nothing that
//! a replay could repeat, so the recorded `fault.timeout`, `.limit` or `.killed` acts as a stimulus.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;

use super::network::Replay;
use crate::base::clock::TimestampMs;
use crate::engine::event_loop::{Emission, Output};
use crate::event::{Cause, Fault, Line, LocalStorage, Place};
use crate::page::{Driver, LoadError, Look, Looked, Tasks, Turn, TurnInput};
use crate::record::Recording;

/// Bounds that end no page: past them something is left out, in a replay too.
const HARMLESS: [&str; 3] = ["console_lines_per_turn", "faults_per_turn", "navigations_per_turn"];

/// An end of a page's process as it was recorded.
#[derive(Clone, Debug)]
pub(super) struct End {
    /// In which turn, from 1; 0: while it was loaded.
    turn: usize,
    /// So many things the page had done before.
    after: usize,
    fault: Emission,
}

/// The recorded ends. `turn_of` says how many turns had begun when a line was written.
pub(super) fn ends(recording: &Recording, turn_of: impl Fn(&Line) -> usize) -> VecDeque<End> {
    let end = |(after, line): (usize, &Line)| {
        let fault = fault_of(line)?;
        let cause = line.cause.as_ref().map(|cause| Cause::new(cause, line.subject.as_deref()));
        let subject = line.subject.as_deref().map(Arc::from);
        let time = line.time.unwrap_or_default();
        let fault = Emission { time, cause, subject, place: None, output: Output::Fault(fault) };
        Some(End { turn: turn_of(line), after, fault })
    };
    recording.expected.iter().enumerate().filter_map(end).collect()
}

/// The fault of a line, where it ends a page.
fn fault_of(line: &Line) -> Option<Fault> {
    let data = &line.data;
    let text = |name: &str| data.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let number = |name: &str| data.get(name).and_then(Value::as_u64).unwrap_or_default();
    let count = |name: &str| u32::try_from(number(name)).unwrap_or_default();
    let place = Place {
        url: text("url"),
        file: data.get("file").and_then(Value::as_str).map(str::to_owned),
        line: count("line"),
        column: count("column"),
        stack: text("stack"),
        frame: text("frame"),
    };
    let fault = match line.type_.as_str() {
        "fault.timeout" => {
            Fault::Timeout { deadline_ms: i64::try_from(number("deadline_ms")).unwrap_or(i64::MAX), place }
        }
        "fault.limit" => Fault::Limit { limit: text("limit"), value: number("value"), place },
        "fault.killed" => Fault::Killed { reason: text("reason"), place },
        _ => return None,
    };
    is_end(&fault).then_some(fault)
}

/// Whether a page goes on no further after this.
fn is_end(fault: &Fault) -> bool {
    match fault {
        Fault::Timeout { .. } | Fault::Killed { .. } => true,
        Fault::Limit { limit, .. } => !HARMLESS.contains(&limit.as_str()),
        _ => false,
    }
}

/// Faults of this page that no recording has: what the machine did, not the page.
pub(super) type News = Arc<Mutex<Vec<Fault>>>;

/// A page, ended as it was recorded.
pub(super) struct Ending {
    page: Box<dyn Driver + Send>,
    follow: Follow,
    is_parked: bool,
    /// So many things it did in all, where nobody opens another one as long as nothing is to be told: a host does not.
    all: Option<usize>,
    /// It has ended, and no other one is there yet.
    is_gone: bool,
}

/// What of the recording has come about.
struct Follow {
    ends: VecDeque<End>,
    news: News,
    turn: usize,
    done: usize,
    /// What the page keeps by what it has done.
    storage: LocalStorage,
    /// In this turn nothing more comes out: it had ended.
    is_over: bool,
    /// It ended by itself where it is to end.
    ended_at: Option<TimestampMs>,
    network: Arc<Replay>,
}

impl Ending {
    pub(super) fn new(
        page: Box<dyn Driver + Send>,
        (ends, all): (VecDeque<End>, Option<usize>),
        storage: LocalStorage,
        news: News,
        network: Arc<Replay>,
    ) -> Self {
        let follow = Follow { ends, news, turn: 0, done: 0, storage, is_over: false, ended_at: None, network };
        follow.listen();
        Self { page, follow, is_parked: false, all, is_gone: false }
    }

    /// The turn is over: what comes of it at last.
    fn finish(&mut self, mut turn: Turn) -> Turn {
        turn.emissions = self.follow.pass(std::mem::take(&mut turn.emissions));
        while let Some(end) = self.follow.due() {
            let at = end.fault.time;
            self.is_parked |= matches!(&end.fault.output, Output::Fault(Fault::Killed { reason, .. })
                if reason.contains(crate::event::fault::PARKED));
            self.follow.done += 1;
            self.follow.ended_at = Some(at);
            turn.emissions.push(end.fault);
        }
        if let Some(at) = self.follow.ended_at.take() {
            self.page.end(at, self.follow.storage.clone());
            self.is_gone = true;
            turn = Turn { emissions: turn.emissions, now: at, idle: true, ..Turn::default() };
        }
        turn
    }
}

impl Follow {
    fn begin(&mut self) {
        self.turn += 1;
        (self.is_over, self.ended_at) = (false, None);
        self.listen();
    }

    /// What a page asks for behind its end it did not ask for.
    fn listen(&self) {
        self.network.mute(self.is_over || self.is_due());
    }

    /// What of this comes out.
    fn pass(&mut self, emissions: Vec<Emission>) -> Vec<Emission> {
        let passed = emissions.into_iter().filter_map(|emission| self.one(emission)).collect();
        self.listen();
        passed
    }

    fn one(&mut self, emission: Emission) -> Option<Emission> {
        if self.is_over {
            return None;
        }
        let fault = match &emission.output {
            Output::Fault(fault) if is_end(fault) => Some(fault.clone()),
            _ => None,
        };
        // A fresh page, which goes on.
        self.ended_at = None;
        let emission = match (self.is_due(), fault) {
            (true, Some(fault)) if self.is_next(&fault) => {
                let end = self.ends.pop_front()?;
                self.ended_at = Some(end.fault.time);
                end.fault
            }
            // It had not come so far.
            (true, _) => {
                self.is_over = true;
                return None;
            }
            (false, Some(fault)) => {
                self.news.lock().unwrap_or_else(PoisonError::into_inner).push(fault);
                emission
            }
            (false, None) => emission,
        };
        if let Output::Effect(effect) = &emission.output {
            self.storage.apply(effect);
        }
        self.done += 1;
        Some(emission)
    }

    /// Whether a fault is of the kind of the next end.
    fn is_next(&self, fault: &Fault) -> bool {
        let is_it =
            |end: &End| matches!(&end.fault.output, Output::Fault(next) if next.type_name() == fault.type_name());
        self.ends.front().is_some_and(is_it)
    }

    /// Whether the page is to end before it does anything more.
    fn is_due(&self) -> bool {
        self.ends.front().is_some_and(|end| end.turn <= self.turn && end.after <= self.done)
    }

    /// The end that is due at the end of this turn.
    fn due(&mut self) -> Option<End> {
        if self.is_due() { self.ends.pop_front() } else { None }
    }
}

impl Driver for Ending {
    fn open(&mut self, settle_ms: i64, tasks: &mut Tasks<'_>) -> Result<Turn, LoadError> {
        let follow = &mut self.follow;
        let turn = self.page.open(settle_ms, &mut |emissions, repeated| tasks(follow.pass(emissions), repeated))?;
        Ok(self.finish(turn))
    }

    fn turn(&mut self, input: TurnInput, tasks: &mut Tasks<'_>) -> Turn {
        self.follow.begin();
        let is_done = self.all.is_some_and(|all| self.follow.done >= all);
        if self.is_parked || self.is_gone && is_done && input.stimulus.is_none() {
            return Turn { now: input.at, idle: true, ..Turn::default() };
        }
        self.is_gone = false;
        let follow = &mut self.follow;
        let turn = self.page.turn(input, &mut |emissions, repeated| {
            // Nothing is said of a fresh page as well.
            if emissions.is_empty() {
                follow.ended_at = None;
            }
            tasks(follow.pass(emissions), repeated);
        });
        self.finish(turn)
    }

    fn document_html(&mut self) -> String {
        self.page.document_html()
    }

    fn look(&mut self, look: Look) -> Option<Looked> {
        self.page.look(look)
    }

    fn is_parked(&self) -> bool {
        self.is_parked
    }
}
