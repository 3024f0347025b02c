//! What a page process says, looked at as a stranger's words: one that an exploit has taken over can send any frame.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::base::clock::TimestampMs;
use crate::base::limits::{EMISSIONS_PER_TURN_MAX, TOLD_USERS_MAX, TURN_DRIFT_MS_MAX};
use crate::engine::event_loop::{Emission, Output};
use crate::event::{Effect, Outcome, Stimulus, parse_put_msg};
use crate::page::Turn;

/// What the host has told a page, as far as its words can be checked against it.
#[derive(Debug, Default)]
pub struct Scrutiny {
    users: BTreeSet<Arc<str>>,
}

impl Scrutiny {
    /// The page is told something.
    pub fn told(&mut self, stimulus: &Stimulus) {
        if let Some(user) = stimulus.user()
            && self.users.len() < TOLD_USERS_MAX
        {
            self.users.insert(Arc::from(user));
        }
    }

    /// Whether a turn is one that this page could have had: nobody it was not told of, no message but what its argument
    /// says, in the time from `before` to about `settled`.
    #[must_use]
    pub fn allows(&self, turn: &Turn, before: TimestampMs, settled: TimestampMs) -> bool {
        let time = before..=settled.max(before).saturating_add(TURN_DRIFT_MS_MAX);
        time.contains(&turn.now)
            && turn.repeated == 0
            && turn.emissions.len() <= EMISSIONS_PER_TURN_MAX
            && turn
                .emissions
                .iter()
                .all(|emission| (before..=turn.now).contains(&emission.time) && self.allows_emission(emission))
    }

    fn allows_emission(&self, emission: &Emission) -> bool {
        let user = emission.cause.as_ref().and_then(|cause| cause.user.as_ref());
        let is_known = |user: Option<&Arc<str>>| user.is_none_or(|user| self.users.contains(user));
        is_known(user) && is_known(emission.subject.as_ref()) && is_as_argued(&emission.output)
    }
}

/// Whether a call's messages are those of its argument.
fn is_as_argued(output: &Output) -> bool {
    let Output::Effect(Effect::PutMsg(call)) = output else { return true };
    match parse_put_msg(&call.argument) {
        Ok(put) => put.messages == call.messages || call.outcome == Outcome::Invalid && call.messages.is_empty(),
        Err(_) => call.outcome == Outcome::Invalid && call.messages.is_empty(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Cause, Message, PutMsgCall, parse_line};

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
            repeated: 0,
            now: 5,
            idle: true,
        }
    }

    fn scrutiny() -> Scrutiny {
        let line = parse_line(r#"{"event":"OnUserChange","useraccount":"oA"}"#, 1, "log").unwrap().unwrap();
        let mut scrutiny = Scrutiny::default();
        scrutiny.told(&Stimulus::from_line(&line));
        scrutiny
    }

    #[test]
    fn an_honest_turn_passes() {
        assert!(scrutiny().allows(&turn("oA", call()), 0, 5));
        assert!(scrutiny().allows(&Turn::default(), 0, 0));
    }

    #[test]
    fn nobody_is_reached_who_was_not_told() {
        assert!(!scrutiny().allows(&turn("oB", call()), 0, 5));
        let mut lying = turn("oA", call());
        lying.emissions[0].subject = Some(Arc::from("oB"));
        assert!(!scrutiny().allows(&lying, 0, 5));
    }

    #[test]
    fn messages_are_those_of_the_argument() {
        let mut lying = call();
        lying.messages = vec![Message::Text { text: "other".to_owned() }];
        assert!(!scrutiny().allows(&turn("oA", lying), 0, 5));
        let mut lying = call();
        "{".clone_into(&mut lying.argument);
        assert!(!scrutiny().allows(&turn("oA", lying), 0, 5));
    }

    #[test]
    fn time_goes_on_and_not_far_and_nothing_is_a_repetition() {
        assert!(!scrutiny().allows(&turn("oA", call()), 6, 6));
        let far = Turn { now: i64::MAX, ..Turn::default() };
        assert!(!scrutiny().allows(&far, 0, 10_000));
        assert!(scrutiny().allows(&far, i64::MAX, i64::MAX));
        assert!(!scrutiny().allows(&Turn { now: 4, ..turn("oA", call()) }, 0, 5), "before it is said");
        assert!(!scrutiny().allows(&Turn { repeated: 1, ..turn("oA", call()) }, 0, 5));
    }
}
