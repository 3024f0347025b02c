//! How often a day, or a minute, each call may be made, and `clear_quota` (wechat-api.md §1, Limits: daily quota).

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    answer::{Answer, Refusal},
    api::Incoming,
    world::World,
};
use crate::base::clock::{TimestampMs, format_rfc3339};

const MINUTE_MS: i64 = 60_000;
const DAY_MS: i64 = 24 * 3_600_000;
/// Days begin at 00:00 in UTC+8.
const ZONE_MS: i64 = 8 * 3_600_000;

/// The number of a day in UTC+8.
pub(super) fn day(now: TimestampMs) -> i64 {
    now.saturating_add(ZONE_MS).div_euclid(DAY_MS)
}

/// A month in UTC+8, as `2017-06`.
fn month(now: TimestampMs) -> String {
    format_rfc3339(now.saturating_add(ZONE_MS)).chars().take("2017-06".len()).collect()
}

/// How often each call may be made: what a verified service account has (API_Call_Limits).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Quotas {
    /// `message/custom/send`, a day.
    pub send: u64,
    /// `media/upload`, a day.
    pub upload: u64,
    /// `media/get`, a day.
    pub download: u64,
    /// `token`, a day.
    pub token: u64,
    /// `stable_token`, a day (api_getstableaccesstoken). Forced refreshes have a bound of their own.
    pub stable_token: u64,
    /// `stable_token`, a minute.
    pub stable_token_minute: u64,
    /// `clear_quota`, a month.
    pub clear_quota: u64,
}

impl Default for Quotas {
    fn default() -> Self {
        Self {
            send: 500_000,
            upload: 100_000,
            download: 200_000,
            token: 2_000,
            stable_token: 500_000,
            stable_token_minute: 10_000,
            clear_quota: 10,
        }
    }
}

/// Calls that share a quota.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Metered {
    Send,
    Upload,
    Download,
    Token,
    StableToken,
}

/// What was used today, and this month.
#[derive(Debug, Default)]
pub(super) struct Used {
    day: i64,
    calls: Calls,
    minute: i64,
    stable_tokens_in_minute: u64,
    month: String,
    cleared: u64,
}

/// Calls of today.
#[derive(Debug, Default, Clone, Copy, Serialize)]
struct Calls {
    send: u64,
    upload: u64,
    download: u64,
    token: u64,
    stable_token: u64,
}

impl Used {
    /// Counts a call: 45009 where today's are used up, 45011 this minute's.
    pub(super) fn count(&mut self, call: Metered, quotas: &Quotas, now: TimestampMs) -> Result<(), Refusal> {
        self.turn(now);
        let (used, quota) = match call {
            Metered::Send => (&mut self.calls.send, quotas.send),
            Metered::Upload => (&mut self.calls.upload, quotas.upload),
            Metered::Download => (&mut self.calls.download, quotas.download),
            Metered::Token => (&mut self.calls.token, quotas.token),
            Metered::StableToken => (&mut self.calls.stable_token, quotas.stable_token),
        };
        if *used >= quota {
            return Err(Refusal(45009));
        }
        if call == Metered::StableToken {
            if self.stable_tokens_in_minute >= quotas.stable_token_minute {
                return Err(Refusal(45011));
            }
            self.stable_tokens_in_minute += 1;
        }
        *used += 1;
        Ok(())
    }

    /// Begins the day anew: 48006 where this month's resets are used up.
    fn clear(&mut self, quotas: &Quotas, now: TimestampMs) -> Result<(), Refusal> {
        let month = month(now);
        if self.month != month {
            (self.month, self.cleared) = (month, 0);
        }
        if self.cleared >= quotas.clear_quota {
            return Err(Refusal(48006));
        }
        self.cleared += 1;
        self.calls = Calls::default();
        Ok(())
    }

    /// Today's calls, for `GET /_sandbox/stats`.
    pub(super) fn shown(&mut self, now: TimestampMs) -> Value {
        self.turn(now);
        json!(self.calls)
    }

    fn turn(&mut self, now: TimestampMs) {
        let today = day(now);
        if self.day != today {
            (self.day, self.calls) = (today, Calls::default());
        }
        let minute = now.div_euclid(MINUTE_MS);
        if self.minute != minute {
            (self.minute, self.stable_tokens_in_minute) = (minute, 0);
        }
    }
}

/// `POST /cgi-bin/clear_quota`: 41002 no app id, 40013 another account's.
pub(super) fn clear_quota(world: &mut World, incoming: &Incoming) -> Result<Answer, Refusal> {
    let body = incoming.object()?;
    let app_id = body.get("appid").and_then(Value::as_str).filter(|id| !id.is_empty()).ok_or(Refusal(41002))?;
    if app_id != world.config.app_id {
        return Err(Refusal(40013));
    }
    let now = world.now();
    world.used.clear(&world.config.quotas, now)?;
    Ok(Answer::ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::clock::parse_rfc3339;

    fn at(text: &str) -> TimestampMs {
        parse_rfc3339(text).unwrap()
    }

    #[test]
    fn a_day_begins_at_midnight_in_china() {
        let quotas = Quotas { send: 2, upload: 1, ..Quotas::default() };
        let mut used = Used::default();
        let mut count = |call, time: &str| used.count(call, &quotas, at(time));
        assert_eq!(count(Metered::Send, "2017-06-01T23:59:59+08:00"), Ok(()));
        assert_eq!(count(Metered::Send, "2017-06-01T23:59:59+08:00"), Ok(()));
        assert_eq!(count(Metered::Send, "2017-06-01T23:59:59.999+08:00"), Err(Refusal(45009)));
        assert_eq!(count(Metered::Upload, "2017-06-01T23:59:59.999+08:00"), Ok(()), "each call has its own");
        assert_eq!(count(Metered::Send, "2017-06-02T00:00:00+08:00"), Ok(()));
    }

    #[test]
    fn stable_tokens_have_a_minute_s_quota_too() {
        let quotas = Quotas { stable_token: 3, stable_token_minute: 2, ..Quotas::default() };
        let mut used = Used::default();
        let mut count = |time: &str| used.count(Metered::StableToken, &quotas, at(time));
        assert_eq!(count("2017-06-01T12:00:00+08:00"), Ok(()));
        assert_eq!(count("2017-06-01T12:00:59+08:00"), Ok(()));
        assert_eq!(count("2017-06-01T12:00:59.999+08:00"), Err(Refusal(45011)));
        assert_eq!(count("2017-06-01T12:01:00+08:00"), Ok(()));
        assert_eq!(count("2017-06-01T12:02:00+08:00"), Err(Refusal(45009)));
        assert_eq!(count("2017-06-02T00:00:00+08:00"), Ok(()));
    }

    #[test]
    fn ten_resets_a_month() {
        let quotas = Quotas { send: 1, ..Quotas::default() };
        let mut used = Used::default();
        let (june, july) = (at("2017-06-30T23:59:59+08:00"), at("2017-07-01T00:00:00+08:00"));
        for _ in 0..10 {
            assert_eq!(used.count(Metered::Send, &quotas, june), Ok(()));
            assert_eq!(used.count(Metered::Send, &quotas, june), Err(Refusal(45009)));
            assert_eq!(used.clear(&quotas, june), Ok(()));
        }
        assert_eq!(used.clear(&quotas, june), Err(Refusal(48006)));
        assert_eq!(used.clear(&quotas, july), Ok(()));
    }
}
