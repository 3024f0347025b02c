//! `message/custom/typing`, and when it may be shown (wechat-api.md §1, Limits: typing).

use serde_json::Value;

use super::{
    answer::{Answer, Refusal},
    api::Incoming,
    world::World,
};
use crate::{
    base::clock::TimestampMs,
    session::window::{TypingRefused, Window},
};

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
    let allowances = world.config.profile.allowances();
    let window = &mut world.user(&openid)?.window;
    if window.buckets(&allowances, now).next().is_none() {
        return Err(Refusal(45015));
    }
    if shown {
        check(window, now)?;
    }
    window.types(shown, now);
    world.receive(&openid, "typing", body);
    Ok(Answer::ok())
}

/// Whether it may be shown: 45080 where nobody wrote lately, 45081 where it is shown already.
fn check(window: &Window, now: TimestampMs) -> Result<(), Refusal> {
    match window.may_type(now) {
        Ok(()) if window.written().is_some() => Ok(()),
        Ok(()) | Err(TypingRefused::Silence { .. }) => Err(Refusal(45080)),
        Err(TypingRefused::Shown { .. }) => Err(Refusal(45081)),
    }
}

/// The same for mini programs, whose paths an official account may not call.
pub(super) fn of_mini_programs(_: &mut World, _: &Incoming) -> Result<Answer, Refusal> {
    Err(Refusal(40101))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        base::limits::{TYPING_AFTER_MS, TYPING_LIFE_MS},
        session::window::{Deed, Trigger},
        wechat::Profile,
    };

    #[test]
    fn thirty_seconds_fifteen_seconds_and_a_send() {
        let mut window = Window::default();
        let show = |window: &mut Window, now| check(window, now).map(|()| window.types(true, now));
        assert_eq!(show(&mut window, 0), Err(Refusal(45080)));
        window.acts(Deed::Opens(Trigger::Message), 0, 0);
        assert_eq!(show(&mut window, TYPING_AFTER_MS + 1), Err(Refusal(45080)));
        assert_eq!(show(&mut window, TYPING_AFTER_MS), Ok(()));
        let end = TYPING_AFTER_MS + TYPING_LIFE_MS;
        assert_eq!(show(&mut window, end - 1), Err(Refusal(45081)));
        assert_eq!(show(&mut window, end), Err(Refusal(45080)), "that was no message");
        window.sent(&Profile::y2017().allowances(), end);
        assert_eq!(show(&mut window, end), Ok(()));
        window.sent(&Profile::y2017().allowances(), end);
        assert_eq!(show(&mut window, end), Ok(()), "the send ended it");
        window.types(false, end);
        assert_eq!(show(&mut window, end), Ok(()), "it was cancelled");
    }
}
