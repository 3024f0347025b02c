//! What a page process says, looked at as a stranger's words: one that an exploit has taken over can send any frame.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::sync::Arc;

use crate::base::clock::TimestampMs;
use crate::base::limits::page::PageLimits;
use crate::base::limits::{PLACE_CHARS_MAX, TOLD_USERS_MAX};
use crate::engine::event_loop::{Emission, Output};
use crate::event::echat::{SET_VISITOR_CHAT_SIGN, is_echat_command, written_bytes};
use crate::event::{EchatCall, Effect, Outcome, Place, Stimulus, parse_echat, parse_put_msg};
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

    /// A turn of this page begins, which reaches no further than this page time.
    #[must_use]
    pub fn hear(&self, time: RangeInclusive<TimestampMs>) -> Hearing<'_> {
        Hearing { scrutiny: self, latest: *time.start(), end: *time.end(), counts: Counts::default() }
    }

    fn allows_so_many(&self, counts: &Counts) -> bool {
        let PageLimits { messages_per_turn, effects_per_turn, console_lines_per_turn, faults_per_turn, .. } =
            self.limits;
        // Beside the page's own faults: that there were too many lines, too many faults, and why the turn was cut short.
        let reasons = 3;
        counts.effects <= effects_per_turn
            && counts.messages <= messages_per_turn
            && counts.console <= console_lines_per_turn
            && counts.faults <= faults_per_turn + reasons
    }

    fn allows_emission(&self, emission: &Emission) -> bool {
        let user = emission.cause.as_ref().and_then(|cause| cause.user.as_ref());
        let is_known = |user: Option<&Arc<str>>| user.is_none_or(|user| self.users.contains(user));
        is_known(user)
            && is_known(emission.subject.as_ref())
            && emission.place.as_ref().is_none_or(is_bounded)
            && self.is_as_argued(emission)
    }

    /// Whether a call says what its argument says.
    fn is_as_argued(&self, emission: &Emission) -> bool {
        let call = match &emission.output {
            Output::Effect(Effect::PutMsg(call)) => call,
            Output::Effect(Effect::Echat(call)) => {
                return self.is_known_call(call) && is_bound(call, emission.subject.as_deref());
            }
            _ => return true,
        };
        let is_refused = call.outcome == Outcome::Invalid && call.messages.is_empty();
        call.argument.len() as u64 <= self.limits.message_bytes
            && match parse_put_msg(&call.argument) {
                Ok(put) => call.msg.as_ref() == Some(&put.msg) && (is_refused || call.messages == put.messages),
                Err(error) => call.msg == error.msg && is_refused,
            }
    }

    /// Whether a call of EChat's SDK is one that there is, and where it counts one that may be.
    fn is_known_call(&self, call: &EchatCall) -> bool {
        let bytes: usize = call.arguments.iter().map(written_bytes).sum();
        let is_counted = call.outcome == Outcome::Accepted;
        let is_right = match is_echat_command(&call.call) {
            true => !is_counted || parse_echat(&call.call, &call.arguments).is_ok(),
            false => ECHAT_OTHERS.contains(&call.call.as_str()),
        };
        is_right && bytes as u64 <= self.limits.message_bytes
    }
}

/// Calls of the SDK that are no commands: their arguments may be anything.
const ECHAT_OTHERS: [&str; 2] = ["config", "getParamData"];

/// Whether a sign that counts is one of the conversation that its page is bound to.
fn is_bound(call: &EchatCall, subject: Option<&str>) -> bool {
    let is_sign = call.call == SET_VISITOR_CHAT_SIGN && call.outcome == Outcome::Accepted;
    !is_sign || subject.is_some() && !call.late
}

/// Whether a place is one that is kept with a call.
fn is_bounded(place: &Place) -> bool {
    let are_short = [Some(&place.url), place.file.as_ref()].into_iter().flatten().all(|text| {
        // A character has up to four bytes.
        text.len() <= 4 * PLACE_CHARS_MAX
    });
    are_short && place.stack.is_empty() && place.frame.is_empty()
}

/// What one turn gave out so far.
#[derive(Debug, Default)]
struct Counts {
    effects: u64,
    messages: u64,
    console: u64,
    faults: u64,
}

impl Counts {
    fn add(&mut self, output: &Output) {
        match output {
            Output::Effect(effect) => {
                self.effects += 1;
                self.messages += u64::from(effect.is_message_call());
            }
            Output::Console(_) => self.console += 1,
            Output::Fault(_) => self.faults += 1,
        }
    }
}

/// What a page says in one turn, task by task and at its end: nobody it was not told of, no message but what its
/// argument says, no more in the whole turn than it may give out, nothing before or after its time.
#[derive(Debug)]
pub struct Hearing<'a> {
    scrutiny: &'a Scrutiny,
    latest: TimestampMs,
    end: TimestampMs,
    counts: Counts,
}

impl Hearing<'_> {
    /// Whether tasks of this page could have done this. An effect is among it: nothing else is told before the turn's
    /// end.
    #[must_use]
    pub fn allows_tasks(&mut self, emissions: &[Emission]) -> bool {
        let has_effect = emissions.iter().any(|emission| matches!(emission.output, Output::Effect(_)));
        has_effect && self.allows_emissions(emissions, self.end)
    }

    /// Whether the turn could have ended so.
    #[must_use]
    pub fn allows(&mut self, turn: &Turn) -> bool {
        (self.latest..=self.end).contains(&turn.now) && self.allows_emissions(&turn.emissions, turn.now)
    }

    /// Page time of the last thing that was heard, else of the turn's beginning.
    #[must_use]
    pub fn latest(&self) -> TimestampMs {
        self.latest
    }

    fn allows_emissions(&mut self, emissions: &[Emission], until: TimestampMs) -> bool {
        emissions.iter().for_each(|emission| self.counts.add(&emission.output));
        let time = self.latest..=until;
        let are_allowed = self.scrutiny.allows_so_many(&self.counts)
            && emissions
                .iter()
                .all(|emission| time.contains(&emission.time) && self.scrutiny.allows_emission(emission));
        if are_allowed {
            self.latest = emissions.iter().map(|emission| emission.time).fold(self.latest, TimestampMs::max);
        }
        are_allowed
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
            emissions: vec![Emission { time: 5, cause: Some(cause), subject, place: None, output }],
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

    fn allows(turn: &Turn, time: RangeInclusive<TimestampMs>) -> bool {
        scrutiny().hear(time).allows(turn)
    }

    #[test]
    fn an_honest_turn_passes() {
        assert!(allows(&turn("oA", call()), TIME));
        assert!(allows(&Turn::default(), TIME));
    }

    #[test]
    fn nobody_is_reached_who_was_not_told() {
        assert!(!allows(&turn("oB", call()), TIME));
        let mut lying = turn("oA", call());
        lying.emissions[0].subject = Some(Arc::from("oB"));
        assert!(!allows(&lying, TIME));
    }

    #[test]
    fn places_are_short() {
        let at = |place: Place| {
            let mut turn = turn("oA", call());
            turn.emissions[0].place = Some(place);
            allows(&turn, TIME)
        };
        let url = "您".repeat(PLACE_CHARS_MAX);
        assert!(at(Place { url: url.clone(), file: Some(url), line: 7, column: 1, ..Place::default() }));
        assert!(!at(Place { url: format!("{}x", "🌍".repeat(PLACE_CHARS_MAX)), ..Place::default() }));
        assert!(!at(Place { file: Some("x".repeat(5 * PLACE_CHARS_MAX)), ..Place::default() }));
        assert!(!at(Place { stack: "at f".to_owned(), ..Place::default() }));
        assert!(!at(Place { frame: "1 |".to_owned(), ..Place::default() }));
    }

    #[test]
    fn messages_are_those_of_the_argument() {
        let mut lying = call();
        lying.messages = vec![Message::Text { text: "other".to_owned() }];
        assert!(!allows(&turn("oA", lying), TIME));
        let mut lying = call();
        "{".clone_into(&mut lying.argument);
        assert!(!allows(&turn("oA", lying), TIME));
    }

    #[test]
    fn calls_of_the_sdk_are_known_ones_with_right_arguments() {
        let said = |name: &str, argument: serde_json::Value, outcome| {
            let mut turn = turn("oA", call());
            let (call, arguments) = (name.to_owned(), vec![argument]);
            let call = EchatCall { call, arguments, outcome, reason: None, result: None, late: false };
            turn.emissions[0].output = Output::Effect(Effect::Echat(call));
            allows(&turn, TIME)
        };
        assert!(said("sendTxtMsgToVisitor", "您好".into(), Outcome::Accepted));
        assert!(said("sendTxtMsgToVisitor", 7.into(), Outcome::Invalid));
        assert!(said("config", serde_json::Value::Null, Outcome::Accepted));
        assert!(!said("sendTxtMsgToVisitor", 7.into(), Outcome::Accepted));
        assert!(!said("setVisitorChatSign", serde_json::json!({"chatSign": 2}), Outcome::Accepted));
        assert!(!said("onReceiveMsg", serde_json::Value::Null, Outcome::Accepted), "no effect");
        let large = "x".repeat(usize::try_from(PageLimits::default().message_bytes).unwrap());
        assert!(!said("getParamData", large.into(), Outcome::Accepted));
    }

    #[test]
    fn signs_are_of_the_conversation_on_the_screen() {
        let said = |subject: Option<&str>, late| {
            let sign = EchatCall {
                call: SET_VISITOR_CHAT_SIGN.to_owned(),
                arguments: vec![serde_json::json!({"chatSign": 1})],
                outcome: Outcome::Accepted,
                reason: None,
                result: None,
                late,
            };
            let mut turn = turn("oA", call());
            turn.emissions[0].subject = subject.map(Arc::from);
            turn.emissions[0].output = Output::Effect(Effect::Echat(sign));
            allows(&turn, TIME)
        };
        assert!(said(Some("oA"), false) && !said(Some("oA"), true) && !said(None, false));
    }

    #[test]
    fn time_goes_on_and_not_far() {
        assert!(!allows(&turn("oA", call()), 6..=9));
        assert!(!allows(&Turn { now: 10, ..Turn::default() }, TIME));
        assert!(!allows(&Turn { now: 4, ..turn("oA", call()) }, TIME), "before it is said");
    }

    #[test]
    fn tasks_have_effects_and_go_on_in_time_and_count_with_the_turn() {
        let scrutiny = Scrutiny { limits: PageLimits { messages_per_turn: 3, ..PageLimits::default() }, ..scrutiny() };
        let task = |time| {
            let mut emissions = turn("oA", call()).emissions;
            emissions[0].time = time;
            emissions
        };
        let mut hearing = scrutiny.hear(TIME);
        assert!(hearing.allows_tasks(&task(5)) && hearing.allows_tasks(&task(6)));
        assert_eq!(hearing.latest(), 6);
        assert!(!hearing.allows(&Turn { now: 5, ..Turn::default() }), "before what was heard");
        assert!(hearing.allows(&Turn { emissions: task(7), now: 7, ..Turn::default() }));
        assert!(!hearing.allows_tasks(&task(7)), "one more than the turn may have");
        let mut hearing = scrutiny.hear(TIME);
        assert!(hearing.allows_tasks(&task(6)) && !hearing.allows_tasks(&task(5)), "time goes back");
        assert!(!scrutiny.hear(TIME).allows_tasks(&task(10)), "past its time");
        assert!(!scrutiny.hear(TIME).allows_tasks(&[]));
        let output = Output::Console(Console { level: ConsoleLevel::Log, text: String::new() });
        let line = Emission { output, ..task(5).remove(0) };
        assert!(!scrutiny.hear(TIME).allows_tasks(std::slice::from_ref(&line)), "nothing but a line");
        assert!(scrutiny.hear(TIME).allows_tasks(&[vec![line], task(5)].concat()));
    }

    #[test]
    fn what_is_recorded_is_what_the_argument_says() {
        let lying = PutMsgCall { msg: None, ..call() };
        assert!(!allows(&turn("oA", lying), TIME));
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
            Emission { time, cause, subject, place: None, output }
        })
    }

    proptest! {
        #[test]
        fn any_turn_is_judged(
            emissions in prop::collection::vec(emission(), 0..4),
            now in any::<i64>(), from in any::<i64>(), to in any::<i64>(),
        ) {
            let scrutiny = scrutiny();
            let mut hearing = scrutiny.hear(from..=to);
            let _ = hearing.allows_tasks(&emissions);
            let _ = hearing.allows(&Turn { emissions, now, idle: true, ..Turn::default() });
        }

        #[test]
        fn honest_calls_of_the_sdk_pass_up_to_their_bound(argument in json()) {
            let bytes = written_bytes(&argument) as u64;
            let made = EchatCall {
                call: "config".to_owned(), arguments: vec![argument], outcome: Outcome::Invalid,
                reason: None, result: None, late: false,
            };
            let mut said = turn("oA", call());
            said.emissions[0].output = Output::Effect(Effect::Echat(made));
            let Ok(FromPage::Turned(heard)) = read(&*encode(&FromPage::Turned(said)).unwrap()) else { panic!("it was a turn") };
            for (message_bytes, expected) in [(bytes, true), (bytes - 1, false)] {
                let scrutiny = Scrutiny { limits: PageLimits { message_bytes, ..PageLimits::default() }, ..scrutiny() };
                prop_assert_eq!(scrutiny.hear(TIME).allows(&heard), expected);
            }
        }

        #[test]
        fn honest_calls_pass_whatever_is_in_them(beside in json()) {
            let mut argument: serde_json::Value = serde_json::from_str(ARGUMENT).unwrap();
            argument["msg"]["head"]["beside"] = beside;
            let argument = argument.to_string();
            let call = PutMsgCall::valid(&argument, parse_put_msg(&argument).unwrap(), Outcome::Accepted, false);
            let frame = encode(&FromPage::Turned(turn("oA", call))).unwrap();
            let Ok(FromPage::Turned(turn)) = read(&*frame) else { panic!("it was a turn") };
            prop_assert!(allows(&turn, TIME));
        }
    }
}
