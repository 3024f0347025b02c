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

    /// Whether a call says what its argument says.
    fn is_as_argued(&self, output: &Output) -> bool {
        let Output::Effect(Effect::PutMsg(call)) = output else { return true };
        let is_refused = call.outcome == Outcome::Invalid && call.messages.is_empty();
        call.argument.len() as u64 <= self.limits.message_bytes
            && match parse_put_msg(&call.argument) {
                Ok(put) => call.msg.as_ref() == Some(&put.msg) && (is_refused || call.messages == put.messages),
                Err(error) => call.msg == error.msg && is_refused,
            }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::event::{Cause, Console, ConsoleLevel, Message, PutMsgCall, parse_line};
    use crate::process::frame::{encode, read};
    use crate::process::protocol::FromPage;

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

    #[test]
    fn what_is_recorded_is_what_the_argument_says() {
        let lying = PutMsgCall { msg: None, ..call() };
        assert!(!scrutiny().allows(&turn("oA", lying), TIME));
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
            now in any::<i64>(), from in any::<i64>(), to in any::<i64>(), repeated in any::<usize>(),
        ) {
            let turn = Turn { emissions, now, repeated: 0..repeated, idle: true, cut: None };
            let _ = scrutiny().allows(&turn, from..=to);
        }

        #[test]
        fn honest_calls_pass_whatever_is_in_them(beside in json()) {
            let mut argument: serde_json::Value = serde_json::from_str(ARGUMENT).unwrap();
            argument["msg"]["head"]["beside"] = beside;
            let argument = argument.to_string();
            let call = PutMsgCall::valid(&argument, parse_put_msg(&argument).unwrap(), Outcome::Accepted, false);
            let frame = encode(&FromPage::Turned(turn("oA", call))).unwrap();
            let Ok(FromPage::Turned(turn)) = read(&*frame) else { panic!("it was a turn") };
            prop_assert!(scrutiny().allows(&turn, TIME));
        }
    }
}
