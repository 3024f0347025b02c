//! What an error means for a row, as one decision (wechat-api.md §2, column "action").

use std::time::Duration;

use super::schedule::Schedule;
use crate::{
    base::{clock::TimestampMs, limits::ACCOUNT_RECHECK_MS},
    store::Scope,
    wechat::{Call, PictureError, SendError, WechatError, errcode::Action},
};

/// What happens to a row after a failed try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Try again after a pause.
    Retry(Duration),
    /// Try again then, and meanwhile nothing else that the scope says.
    Pause(Scope, TimestampMs),
    /// Park it, and what the scope says with it, until then or until somebody says so.
    Park(Scope, Option<TimestampMs>),
    /// The user may have it.
    Unknown,
    /// Give it up.
    Dead,
}

const MINUTE_MS: i64 = 60_000;
const DAY_MS: i64 = 24 * 60 * MINUTE_MS;
/// WeChat's quotas begin anew at 00:00 in UTC+8.
const QUOTA_ZONE_MS: i64 = 8 * 60 * MINUTE_MS;

/// Decides, after `failures` failures of this message in a row.
pub(super) fn verdict(error: &SendError, failures: u32, now: TimestampMs, schedule: &Schedule) -> Verdict {
    match error {
        SendError::Content(_) | SendError::Withdrawn | SendError::Typing(_) | SendError::TypingLate => Verdict::Dead,
        SendError::Window(_) => Verdict::Park(Scope::User, None),
        SendError::Picture(picture) if picture.is_transient() => retry_or(schedule, failures, Verdict::Dead),
        SendError::Picture(PictureError::PluginAbsent { .. }) => Verdict::Park(Scope::User, None),
        SendError::Picture(_) => Verdict::Dead,
        SendError::Wechat(error) => match error.action() {
            Some(action) => by_action(action, call(error), failures, now, schedule),
            None => by_transport(error, failures, now, schedule),
        },
    }
}

fn by_action(action: Action, call: Call, failures: u32, now: TimestampMs, schedule: &Schedule) -> Verdict {
    match action {
        // Nobody gets past it without a token.
        Action::Retry if call.is_token() => pause_or(schedule, failures, now, unreachable(now)),
        // It is WeChat that is busy, not the customer.
        Action::Retry => retry_or(schedule, failures, Verdict::Park(needs(call), Some(now + ACCOUNT_RECHECK_MS))),
        Action::NextMinute => {
            let minute = next_boundary(now, MINUTE_MS, 0);
            match schedule.pause(failures) {
                Some(_) => Verdict::Pause(needs(call), minute),
                None => Verdict::Park(needs(call), Some(minute)),
            }
        }
        Action::NextDay => Verdict::Park(needs(call), Some(next_boundary(now, DAY_MS, QUOTA_ZONE_MS))),
        Action::Refresh | Action::Configuration | Action::Account => Verdict::Park(Scope::Account, None),
        Action::Whitelist => Verdict::Park(Scope::Account, Some(now + ACCOUNT_RECHECK_MS)),
        Action::Api => Verdict::Park(needs(call), None),
        Action::Window | Action::Subscribe | Action::ParkUser => Verdict::Park(Scope::User, None),
        Action::Reupload
        | Action::Media
        | Action::Shorten
        | Action::Split
        | Action::Drop
        | Action::Bug
        | Action::Typing
        | Action::Admin
        | Action::NotOurs => Verdict::Dead,
    }
}

fn by_transport(error: &WechatError, failures: u32, now: TimestampMs, schedule: &Schedule) -> Verdict {
    match error {
        _ if error.may_have_been_sent() => Verdict::Unknown,
        WechatError::Setup { .. } => Verdict::Park(Scope::Account, None),
        WechatError::Status { status, .. } if *status < 500 && *status != 429 => Verdict::Park(Scope::Account, None),
        // The others would not reach it either.
        _ => pause_or(schedule, failures, now, unreachable(now)),
    }
}

/// The messages that need a call: all of them need a token.
fn needs(call: Call) -> Scope {
    if call.is_token() { Scope::Account } else { Scope::Api(call) }
}

fn unreachable(now: TimestampMs) -> Verdict {
    Verdict::Park(Scope::Account, Some(now + ACCOUNT_RECHECK_MS))
}

fn pause_or(schedule: &Schedule, failures: u32, now: TimestampMs, otherwise: Verdict) -> Verdict {
    schedule.pause(failures).map_or(otherwise, |pause| Verdict::Pause(Scope::Account, after(now, pause)))
}

fn retry_or(schedule: &Schedule, failures: u32, otherwise: Verdict) -> Verdict {
    schedule.pause(failures).map_or(otherwise, Verdict::Retry)
}

fn call(error: &WechatError) -> Call {
    match error {
        WechatError::Refused { call, .. } | WechatError::Configuration { call, .. } => *call,
        _ => Call::Send,
    }
}

/// The next whole multiple of `step` in a zone, strictly after now.
fn next_boundary(now: TimestampMs, step: i64, zone: i64) -> TimestampMs {
    ((now + zone).div_euclid(step) + 1) * step - zone
}

/// So long after.
pub(super) fn after(now: TimestampMs, pause: Duration) -> TimestampMs {
    now.saturating_add(i64::try_from(pause.as_millis()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        base::clock::parse_rfc3339,
        wechat::{ContentError, PictureError, errcode},
    };

    fn refused(code: i64) -> SendError {
        WechatError::refused(Call::Send, code, String::new()).into()
    }

    #[track_caller]
    fn check(error: &SendError, failures: u32, expected: Verdict) {
        assert_eq!(verdict(error, failures, 90_000, &Schedule::default()), expected, "{error}");
    }

    #[test]
    fn by_class_of_errcode() {
        let second = Duration::from_secs(1);
        check(&refused(-1), 1, Verdict::Retry(second));
        check(&refused(-1), 2, Verdict::Retry(2 * second));
        let later = Some(90_000 + ACCOUNT_RECHECK_MS);
        check(&refused(-1), 5, Verdict::Park(Scope::Api(Call::Send), later));
        let busy = WechatError::refused(Call::StableToken, -1, String::new()).into();
        check(&busy, 1, Verdict::Pause(Scope::Account, 91_000));
        check(&busy, 5, Verdict::Park(Scope::Account, later));
        check(&refused(45011), 1, Verdict::Pause(Scope::Api(Call::Send), 120_000));
        check(&refused(45011), 5, Verdict::Park(Scope::Api(Call::Send), Some(120_000)));
        check(&refused(40001), 1, Verdict::Park(Scope::Account, None));
        check(&refused(40125), 1, Verdict::Park(Scope::Account, None));
        check(&refused(45015), 1, Verdict::Park(Scope::User, None));
        check(&refused(45047), 1, Verdict::Park(Scope::User, None));
        check(&refused(48001), 1, Verdict::Park(Scope::Api(Call::Send), None));
        check(&refused(40003), 1, Verdict::Dead);
        check(&refused(99999), 1, Verdict::Dead);
    }

    #[test]
    fn every_code_is_decided() {
        for row in errcode::all() {
            let decided = verdict(&refused(row.code), 9, 0, &Schedule::default());
            let is_open = matches!(decided, Verdict::Retry(_) | Verdict::Pause(..) | Verdict::Unknown);
            assert!(!is_open, "{}: {decided:?}", row.code);
        }
    }

    #[test]
    fn the_quota_is_full_again_at_midnight_in_china() {
        let now = parse_rfc3339("2026-11-21T15:59:59Z").unwrap();
        let midnight = parse_rfc3339("2026-11-21T16:00:00Z").unwrap();
        let decided = verdict(&refused(45009), 1, now, &Schedule::default());
        assert_eq!(decided, Verdict::Park(Scope::Api(Call::Send), Some(midnight)));
    }

    #[test]
    fn by_what_the_wire_did() {
        let base = String::new;
        let unreachable = WechatError::Unreachable { call: Call::Send, base: base(), reason: base() }.into();
        check(&unreachable, 1, Verdict::Pause(Scope::Account, 91_000));
        check(&unreachable, 5, Verdict::Park(Scope::Account, Some(90_000 + ACCOUNT_RECHECK_MS)));
        let no_answer =
            |call| SendError::from(WechatError::NoAnswer { call, base: base(), reason: base(), timed_out: false });
        check(&no_answer(Call::Send), 1, Verdict::Unknown);
        check(&no_answer(Call::Upload), 2, Verdict::Pause(Scope::Account, 92_000));
        let status =
            |status| SendError::from(WechatError::Status { call: Call::Send, base: base(), status, answer: base() });
        check(&status(502), 1, Verdict::Unknown);
        check(&status(404), 1, Verdict::Park(Scope::Account, None));
    }

    #[test]
    fn pictures_and_contents() {
        check(&ContentError::EmptyText.into(), 1, Verdict::Dead);
        let status = |status| SendError::from(PictureError::Status { url: String::new(), status });
        check(&status(404), 1, Verdict::Dead);
        check(&status(503), 1, Verdict::Retry(Duration::from_secs(1)));
        check(&status(503), 5, Verdict::Dead);
    }
}
