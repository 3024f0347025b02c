//! What a page process says, looked at as a stranger's words: one that an exploit has taken over can send any frame.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::sync::Arc;

use crate::base::clock::TimestampMs;
use crate::base::limits::TOLD_USERS_MAX;
use crate::base::limits::page::PageLimits;
use crate::engine::event_loop::{Emission, Output};
use crate::event::{Effect, Outcome, Stimulus, parse_put_msg};
use crate::page::Turn;

/// What the host has told a page, as far as its words can be checked against it.
#[derive(Debug)]
pub struct Scrutiny {
    limits: PageLimits,
    users: BTreeSet<Arc<str>>,
}

impl Scrutiny {
    /// Of a page that is held to `limits`, and has been told nothing.
    #[must_use]
    pub fn new(limits: PageLimits) -> Self {
        Self { limits, users: BTreeSet::new() }
    }

    /// The page is told something.
    pub fn told(&mut self, stimulus: &Stimulus) {
        if let Some(user) = stimulus.user()
            && self.users.len() < TOLD_USERS_MAX
        {
            self.users.insert(Arc::from(user));
        }
    }

    /// Whether a turn is one that this page could have had: nobody it was not told of, no message but what its argument
    /// says, no more than it may give out, nothing before or after its time.
    #[must_use]
    pub fn allows(&self, turn: &Turn, time: RangeInclusive<TimestampMs>) -> bool {
        time.contains(&turn.now)
            && turn.repeated.is_empty()
            && self.allows_so_many(turn)
            && turn
                .emissions
                .iter()
                .all(|emission| (*time.start()..=turn.now).contains(&emission.time) && self.allows_emission(emission))
    }

    fn allows_so_many(&self, turn: &Turn) -> bool {
        let (mut effects, mut messages, mut console, mut faults) = (0, 0, 0, 0);
        for emission in &turn.emissions {
            match &emission.output {
                Output::Effect(effect) => {
                    effects += 1;
                    messages += u64::from(matches!(effect, Effect::PutMsg(_)));
                }
                Output::Console(_) => console += 1,
                Output::Fault(_) => faults += 1,
            }
        }
        let PageLimits { messages_per_turn, effects_per_turn, console_lines_per_turn, faults_per_turn, .. } =
            self.limits;
        // Beside the page's own faults: that there were too many lines, too many faults, and why the turn was cut short.
        let reasons = 3;
        effects <= effects_per_turn
            && messages <= messages_per_turn
            && console <= console_lines_per_turn
            && faults <= faults_per_turn + reasons
    }

    fn allows_emission(&self, emission: &Emission) -> bool {
        let user = emission.cause.as_ref().and_then(|cause| cause.user.as_ref());
        let is_known = |user: Option<&Arc<str>>| user.is_none_or(|user| self.users.contains(user));
        is_known(user) && is_known(emission.subject.as_ref()) && self.is_as_argued(&emission.output)
    }

    /// Whether a call's messages are those of its argument.
    fn is_as_argued(&self, output: &Output) -> bool {
        let Output::Effect(Effect::PutMsg(call)) = output else { return true };
        let is_invalid = call.outcome == Outcome::Invalid && call.messages.is_empty();
        call.argument.len() as u64 <= self.limits.message_bytes
            && match parse_put_msg(&call.argument) {
                Ok(put) => put.messages == call.messages || is_invalid,
                Err(_) => is_invalid,
            }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Cause, Message, PutMsgCall, parse_line};

    const TIME: RangeInclusive<TimestampMs> = 0..=9;
    const ARGUMENT: &str = r#"{"msg":{"head":{"random":"1"},"body":[{"type":0,"content":{"text":"您好"}}]}}"#;

    fn call() -> PutMsgCall {
        PutMsgCall::valid(ARGUMENT, parse_put_msg(ARGUMENT).unwrap(), Outcome::Accepted, false)
    }

    fn turn(user: &str, call: PutMsgCall) -> Turn {
        let cause = Cause::new("1", Some(user));
        let subject = cause.user.clone();
        let output = Output::Effect(Effect::PutMsg(call));
        Turn {
            emissions: vec![Emission { time: 5, cause: Some(cause), subject, output }],
            now: 5,
            idle: true,
            ..Turn::default()
        }
    }

    fn scrutiny() -> Scrutiny {
        let line = parse_line(r#"{"event":"OnUserChange","useraccount":"oA"}"#, 1, "log").unwrap().unwrap();
        let mut scrutiny = Scrutiny::new(PageLimits::default());
        scrutiny.told(&Stimulus::from_line(&line));
        scrutiny
    }

    #[test]
    fn an_honest_turn_passes() {
        assert!(scrutiny().allows(&turn("oA", call()), TIME));
        assert!(scrutiny().allows(&Turn::default(), TIME));
    }

    #[test]
    fn nobody_is_reached_who_was_not_told() {
        assert!(!scrutiny().allows(&turn("oB", call()), TIME));
        let mut lying = turn("oA", call());
        lying.emissions[0].subject = Some(Arc::from("oB"));
        assert!(!scrutiny().allows(&lying, TIME));
    }

    #[test]
    fn messages_are_those_of_the_argument() {
        let mut lying = call();
        lying.messages = vec![Message::Text { text: "other".to_owned() }];
        assert!(!scrutiny().allows(&turn("oA", lying), TIME));
        let mut lying = call();
        "{".clone_into(&mut lying.argument);
        assert!(!scrutiny().allows(&turn("oA", lying), TIME));
    }

    #[test]
    fn time_goes_on_and_not_far_and_nothing_is_a_repetition() {
        assert!(!scrutiny().allows(&turn("oA", call()), 6..=9));
        assert!(!scrutiny().allows(&Turn { now: 10, ..Turn::default() }, TIME));
        assert!(!scrutiny().allows(&Turn { now: 4, ..turn("oA", call()) }, TIME), "before it is said");
        assert!(!scrutiny().allows(&Turn { repeated: 0..1, ..turn("oA", call()) }, TIME));
    }
}
