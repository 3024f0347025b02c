//! What a page gives out in one turn is counted; past a bound of [`PageLimits`] nothing more of it comes out.

use std::cell::Cell;

use super::event_loop::Output;
use crate::base::interrupt;
use crate::base::limits::page::PageLimits;
use crate::event::{Effect, Fault, Place};

/// What came out in this turn.
#[derive(Clone, Copy, Default)]
struct Counts {
    effects: u64,
    messages: u64,
    console: u64,
    faults: u64,
    bytes: u64,
}

/// Counts what a page gives out.
pub(super) struct Meter {
    limits: PageLimits,
    counts: Cell<Counts>,
}

/// What becomes of an output.
#[derive(Debug, PartialEq)]
pub(super) enum Verdict {
    /// It comes out.
    Out,
    /// It does not.
    Dropped,
    /// It does not, and is the first: this comes out instead.
    Replaced(Fault),
}

impl Meter {
    pub(super) fn new(limits: PageLimits) -> Self {
        Self { limits, counts: Cell::default() }
    }

    pub(super) fn limits(&self) -> &PageLimits {
        &self.limits
    }

    /// A new turn begins.
    pub(super) fn reset(&self) {
        self.counts.set(Counts::default());
    }

    /// Counts an output. One that the page cannot be spared, past its bound, cuts the turn short.
    pub(super) fn count(&self, output: &Output) -> Verdict {
        let (mut counts, limits) = (self.counts.get(), self.limits);
        counts.bytes += bytes_of(output);
        let verdict = match output {
            Output::Fault(_) => within(&mut counts.faults, "faults_per_turn", limits.faults_per_turn),
            Output::Console(_) => within(&mut counts.console, "console_lines_per_turn", limits.console_lines_per_turn),
            Output::Effect(effect) => {
                counts.effects += 1;
                counts.messages += u64::from(effect.is_message_call());
                let over = [
                    (counts.effects, "effects_per_turn", limits.effects_per_turn),
                    (counts.messages, "messages_per_turn", limits.messages_per_turn),
                ];
                match over.into_iter().find(|(count, _, bound)| count > bound) {
                    Some((_, name, bound)) => cut(name, bound),
                    None => Verdict::Out,
                }
            }
        };
        let verdict = match verdict {
            Verdict::Out if counts.bytes > limits.turn_bytes => cut("turn_bytes", limits.turn_bytes),
            other => other,
        };
        self.counts.set(counts);
        verdict
    }
}

fn cut(name: &'static str, bound: u64) -> Verdict {
    interrupt::raise_limit(name, bound);
    Verdict::Dropped
}

/// Of what only people read the rest is left out.
fn within(count: &mut u64, name: &str, bound: u64) -> Verdict {
    *count += 1;
    if *count <= bound {
        Verdict::Out
    } else if *count == bound + 1 {
        Verdict::Replaced(Fault::Limit { limit: name.to_owned(), value: bound, place: Place::default() })
    } else {
        Verdict::Dropped
    }
}

/// What an output takes in a frame, roughly.
fn bytes_of(output: &Output) -> u64 {
    const REST: usize = 200;
    let of_place = |place: &Place| place.url.len() + place.stack.len() + place.frame.len();
    let bytes = match output {
        // The argument, and its messages.
        Output::Effect(Effect::PutMsg(call)) => 2 * call.argument.len(),
        Output::Effect(effect) => effect.data().to_string().len(),
        Output::Console(line) => line.text.len(),
        Output::Fault(fault) => fault.message().len() + fault.place().map_or(0, of_place),
    };
    (REST + bytes) as u64
}
