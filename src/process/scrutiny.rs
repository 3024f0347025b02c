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

/// Whether a call says what its argument says.
fn is_as_argued(output: &Output) -> bool {
    let Output::Effect(Effect::PutMsg(call)) = output else { return true };
    let is_refused = call.outcome == Outcome::Invalid && call.messages.is_empty();
    match parse_put_msg(&call.argument) {
        Ok(put) => call.msg.as_ref() == Some(&put.msg) && (is_refused || call.messages == put.messages),
        Err(error) => call.msg == error.msg && is_refused,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::event::{Cause, Console, ConsoleLevel, Message, PutMsgCall, parse_line};
    use crate::process::frame::{encode, read};
    use crate::process::protocol::FromPage;

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

    #[test]
    fn what_is_recorded_is_what_the_argument_says() {
        let lying = PutMsgCall { msg: None, ..call() };
        assert!(!scrutiny().allows(&turn("oA", lying), 0, 5));
    }

    fn json() -> impl Strategy<Value = serde_json::Value> {
        let number = prop_oneof![any::<i64>().prop_map(Into::into), any::<u64>().prop_map(Into::into)];
        let float = any::<f64>().prop_map(serde_json::Value::from);
        let leaf = prop_oneof![Just(serde_json::Value::Null), number, float, any::<String>().prop_map(Into::into)];
        leaf.prop_recursive(3, 16, 4, |inner| {
            let list = prop::collection::vec(inner.clone(), 0..4).prop_map(Into::into);
            let map = prop::collection::btree_map(any::<String>(), inner, 0..4);
            prop_oneof![list, map.prop_map(|map| serde_json::Value::Object(map.into_iter().collect()))]
        })
    }

    fn emission() -> impl Strategy<Value = Emission> {
        let console = any::<String>().prop_map(|text| Output::Console(Console { level: ConsoleLevel::Log, text }));
        let lie =
            (any::<String>(), json()).prop_map(|(argument, msg)| PutMsgCall { argument, msg: Some(msg), ..call() });
        let put = lie.prop_map(|call| Output::Effect(Effect::PutMsg(call)));
        let user = || prop::option::of(any::<String>().prop_map(Arc::from));
        (any::<i64>(), user(), user(), prop_oneof![console, put]).prop_map(|(time, cause, subject, output)| {
            let cause = Some(Cause { stimulus: Arc::from("1"), user: cause });
            Emission { time, cause, subject, output }
        })
    }

    proptest! {
        #[test]
        fn any_turn_is_judged(
            emissions in prop::collection::vec(emission(), 0..4),
            now in any::<i64>(), before in any::<i64>(), settled in any::<i64>(), repeated in any::<usize>(),
        ) {
            let _ = scrutiny().allows(&Turn { emissions, now, repeated, idle: true }, before, settled);
        }

        #[test]
        fn honest_calls_pass_whatever_is_in_them(beside in json()) {
            let mut argument: serde_json::Value = serde_json::from_str(ARGUMENT).unwrap();
            argument["msg"]["head"]["beside"] = beside;
            let argument = argument.to_string();
            let call = PutMsgCall::valid(&argument, parse_put_msg(&argument).unwrap(), Outcome::Accepted, false);
            let frame = encode(&FromPage::Turned(turn("oA", call))).unwrap();
            let Ok(FromPage::Turned(turn)) = read(&*frame) else { panic!("it was a turn") };
            prop_assert!(scrutiny().allows(&turn, 0, 5));
        }
    }
}
