//! `message/custom/typing`, and when it may be shown (wechat-api.md §1, Limits: typing).

use serde_json::Value;

use super::{
    answer::{Answer, Refusal},
    api::Incoming,
    world::World,
};
use crate::base::{
    clock::TimestampMs,
    limits::{TYPING_AFTER_MS, TYPING_LIFE_MS},
};

/// What a user sees of somebody who types.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Typing {
    /// When somebody last wrote, the user or the account.
    written: Option<TimestampMs>,
    /// Until when it is shown.
    until: Option<TimestampMs>,
}

impl Typing {
    /// The user did something.
    pub(super) fn heard(&mut self, now: TimestampMs) {
        self.written = Some(now);
    }

    /// A message was sent, which ends it.
    pub(super) fn sent(&mut self, now: TimestampMs) {
        *self = Self { written: Some(now), until: None };
    }

    /// Shows it: 45080 where nobody wrote lately, 45081 where it is shown already.
    fn show(&mut self, now: TimestampMs) -> Result<(), Refusal> {
        if self.until.is_some_and(|until| now < until) {
            return Err(Refusal(45081));
        }
        if self.written.is_none_or(|written| now - written > TYPING_AFTER_MS) {
            return Err(Refusal(45080));
        }
        self.until = Some(now + TYPING_LIFE_MS);
        Ok(())
    }

    fn cancel(&mut self) {
        self.until = None;
    }
}

/// `POST /cgi-bin/message/custom/typing`: the body's form, its command, its user, his window.
pub(super) fn typing(world: &mut World, incoming: &Incoming) -> Result<Answer, Refusal> {
    let body = incoming.object()?;
    let openid = incoming.touser(&body)?;
    let shown = match body.get("command").and_then(Value::as_str) {
        Some("Typing") => true,
        Some("CancelTyping") => false,
        _ => return Err(Refusal(45072)),
    };
    let now = world.now();
    let user = world.user(&openid)?;
    if !user.window.is_open(now) {
        return Err(Refusal(45015));
    }
    if shown {
        user.typing.show(now)?;
    } else {
        user.typing.cancel();
    }
    world.receive(&openid, "typing", body);
    Ok(Answer::ok())
}

/// The same for mini programs, whose paths an official account may not call.
pub(super) fn of_mini_programs(_: &mut World, _: &Incoming) -> Result<Answer, Refusal> {
    Err(Refusal(40101))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thirty_seconds_fifteen_seconds_and_a_send() {
        let mut typing = Typing::default();
        assert_eq!(typing.show(0), Err(Refusal(45080)));
        typing.heard(0);
        assert_eq!(typing.show(TYPING_AFTER_MS + 1), Err(Refusal(45080)));
        assert_eq!(typing.show(TYPING_AFTER_MS), Ok(()));
        let end = TYPING_AFTER_MS + TYPING_LIFE_MS;
        assert_eq!(typing.show(end - 1), Err(Refusal(45081)));
        assert_eq!(typing.show(end), Err(Refusal(45080)), "that was no message");
        typing.sent(end);
        assert_eq!(typing.show(end), Ok(()));
        typing.sent(end);
        assert_eq!(typing.show(end), Ok(()), "the send ended it");
        typing.cancel();
        assert_eq!(typing.show(end), Ok(()), "it was cancelled");
    }
}
