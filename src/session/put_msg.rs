//! What becomes of one call of `PutMsg`: its argument, its user, its `random`, in this order (plugin-apis.md §1.2, §3).

use super::cause_rule::{REASON_NO_USER, Subject};
use super::randoms::Randoms;
use crate::event::{Outcome, PutMsgCall, PutMsgError, parse_put_msg};

/// Judges a call. Only a valid call for a user uses up its `random`.
pub fn judge_put_msg(argument: &str, subject: &Subject, randoms: &mut Randoms) -> PutMsgCall {
    let put = match parse_put_msg(argument) {
        Ok(put) => put,
        Err(error) => return PutMsgCall::invalid(argument, error, subject.late),
    };
    if subject.user.is_none() {
        let error = PutMsgError { reason: REASON_NO_USER.to_owned(), msg: Some(put.msg) };
        return PutMsgCall::invalid(argument, error, subject.late);
    }
    let outcome = if randoms.use_up(&put.random) { Outcome::Accepted } else { Outcome::Duplicate };
    PutMsgCall::valid(argument, put, outcome, subject.late)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::event::{RETURN_BAD, RETURN_OK};

    const GOOD: &str = r#"{"msg":{"head":{"random":"1"},"body":[{"type":0,"content":{"text":"您好"}}]}}"#;
    const BAD: &str = r#"{"msg":{"head":{"random":"1"},"body":[{"type":0,"content":{"text":""}}]}}"#;

    fn subject(user: Option<&str>, late: bool) -> Subject {
        Subject { user: user.map(Arc::from), late }
    }

    #[test]
    fn an_invalid_call_does_not_use_up_its_random() {
        let mut randoms = Randoms::default();
        let known = subject(Some("oA"), false);
        let calls = [
            (BAD, &known, Outcome::Invalid, RETURN_BAD),
            (GOOD, &subject(None, false), Outcome::Invalid, RETURN_BAD),
            (GOOD, &known, Outcome::Accepted, RETURN_OK),
            (GOOD, &known, Outcome::Duplicate, RETURN_OK),
            (BAD, &known, Outcome::Invalid, RETURN_BAD),
        ];
        for (argument, subject, outcome, returned) in calls {
            let call = judge_put_msg(argument, subject, &mut randoms);
            assert_eq!((call.outcome, call.returned()), (outcome, returned), "{argument}");
            assert_eq!(call.argument, argument);
            assert!(call.msg.is_some());
            assert_eq!(call.reason.is_some(), outcome == Outcome::Invalid);
        }
    }

    #[test]
    fn lateness_is_passed_on() {
        let call = judge_put_msg(GOOD, &subject(Some("oA"), true), &mut Randoms::default());
        assert!(call.late);
        assert_eq!(crate::event::Effect::PutMsg(call).data()["late"], true);
    }
}
