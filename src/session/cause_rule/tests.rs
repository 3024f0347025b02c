//! The cause rule as tables.

use serde_json::{Value, json};

use super::*;
use crate::event::{EchatCall, NavigateKind, PutMsgCall, parse_put_msg};

fn told(users: &[&str]) -> Told {
    let mut told = Told::default();
    users.iter().for_each(|user| told.tell(user));
    told
}

#[test]
fn subjects() {
    /// The cause's user, the users told in order, the subject, late.
    type Row = (Option<&'static str>, &'static [&'static str], Option<&'static str>, bool);
    let table: [Row; 9] = [
        (None, &[], None, false),
        (Some("oA"), &[], Some("oA"), false),
        (Some("oA"), &["oA"], Some("oA"), false),
        (Some("oA"), &["oA", "oA"], Some("oA"), false),
        (Some("oA"), &["oA", "oB"], Some("oA"), true),
        (Some("oA"), &["oA", "oB", "oA"], Some("oA"), false),
        (Some("oB"), &["oA"], Some("oB"), true),
        (None, &["oA"], Some("oA"), false),
        (None, &["oA", "oB"], Some("oB"), true),
    ];
    for (user, users, subject, late) in table {
        let expected = Subject { user: subject.map(Arc::from), late };
        assert_eq!(subject_of(&Cause::new("1", user), &told(users)), expected, "{user:?} {users:?}");
    }
}

fn put_msg(outcome: Outcome) -> Effect {
    const ARGUMENT: &str = r#"{"msg":{"head":{"random":1},"body":[{"type":0,"content":{"text":"a"}}]}}"#;
    Effect::PutMsg(PutMsgCall::valid(ARGUMENT, parse_put_msg(ARGUMENT).expect("valid"), outcome, false))
}

fn echat(call: &str, argument: Value, outcome: Outcome) -> Effect {
    let (call, arguments) = (call.to_owned(), vec![argument]);
    Effect::Echat(EchatCall { call, arguments, outcome, reason: None, result: None, late: false })
}

fn subject(user: Option<&str>, late: bool) -> Subject {
    Subject { user: user.map(Arc::from), late }
}

const AUTO: PluginPolicy = PluginPolicy { send: SendPolicy::Auto, late: LatePolicy::Hold };

#[test]
fn which_effects_are_messages() {
    let table = [
        (put_msg(Outcome::Accepted), Decision::Send),
        (put_msg(Outcome::Duplicate), Decision::NotAMessage),
        (put_msg(Outcome::Invalid), Decision::NotAMessage),
        (echat("sendTxtMsgToVisitor", json!("a"), Outcome::Accepted), Decision::Send),
        (echat("sendTxtMsgToVisitor", json!(""), Outcome::Invalid), Decision::NotAMessage),
        (echat("sendFileToVisitor", json!({}), Outcome::Ignored), Decision::NotAMessage),
        (echat("pushVisitorEvent", json!({ "visibility": 1 }), Outcome::Accepted), Decision::Send),
        (echat("pushVisitorEvent", json!({ "visibility": 2 }), Outcome::Accepted), Decision::NotAMessage),
        (echat("setVisitorChatSign", json!({ "chatSign": 1 }), Outcome::Accepted), Decision::NotAMessage),
        (echat("config", json!({}), Outcome::Accepted), Decision::NotAMessage),
        (Effect::Notice { argument: String::new(), returned: String::new() }, Decision::NotAMessage),
        (Effect::Navigate { url: String::new(), kind: NavigateKind::Link }, Decision::NotAMessage),
    ];
    for (effect, expected) in table {
        assert_eq!(decide(&effect, &subject(Some("oA"), false), AUTO, Telling::First), expected, "{effect:?}");
    }
}

#[test]
fn what_becomes_of_a_message() {
    use {LatePolicy as L, SendPolicy as S, Telling as T};
    let refused = Decision::Refuse { reason: REASON_NO_USER };
    let table = [
        (None, false, S::Auto, L::Hold, T::First, refused.clone()),
        (None, false, S::Review, L::Send, T::Repetition, refused),
        (Some("oA"), false, S::Auto, L::Hold, T::First, Decision::Send),
        (Some("oA"), false, S::Review, L::Hold, T::First, Decision::HoldForReview),
        (Some("oA"), true, S::Auto, L::Hold, T::First, Decision::HoldLate),
        (Some("oA"), true, S::Auto, L::Send, T::First, Decision::Send),
        (Some("oA"), true, S::Review, L::Hold, T::First, Decision::HoldLate),
        (Some("oA"), true, S::Review, L::Send, T::First, Decision::HoldForReview),
        (Some("oA"), false, S::Auto, L::Send, T::Repetition, Decision::RecordOnly),
        (Some("oA"), true, S::Auto, L::Hold, T::Repetition, Decision::RecordOnly),
    ];
    for (user, late, send, late_policy, telling, expected) in table {
        let policy = PluginPolicy { send, late: late_policy };
        let decision = decide(&put_msg(Outcome::Accepted), &subject(user, late), policy, telling);
        assert_eq!(decision, expected, "{user:?} {late} {policy:?} {telling:?}");
    }
}
