//! Access tokens: `/cgi-bin/token` and `/cgi-bin/stable_token`, which know nothing of each other (wechat-api.md §1,
//! Limits).

use std::collections::VecDeque;

use super::{
    answer::{Refusal, opaque},
    quota::day,
};
use crate::base::{clock::TimestampMs, limits::SANDBOX_TOKENS_MAX};

const LIFE_MS: i64 = 7_200_000;
/// How long a replaced token goes on working, and how near to its end a stable one is replaced.
const OVERLAP_MS: i64 = 5 * 60_000;
/// Forced refreshes closer together than this are not made.
const FORCE_PAUSE_MS: i64 = 30_000;
const FORCES_A_DAY: u32 = 20;
/// As long as the real ones.
const TOKEN_CHARS: usize = 136;

/// Which call handed a token out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    Plain,
    Stable,
}

#[derive(Debug, Clone)]
struct Issued {
    value: String,
    source: Source,
    expires_at: TimestampMs,
    /// When a newer one put it out of use.
    dead_at: Option<TimestampMs>,
}

impl Issued {
    fn check(&self, now: TimestampMs) -> Result<(), Refusal> {
        match self.dead_at {
            Some(dead_at) if dead_at <= now => Err(Refusal(40001)),
            _ if self.expires_at <= now => Err(Refusal(42001)),
            _ => Ok(()),
        }
    }
}

/// Every token of the account.
#[derive(Debug, Default)]
pub(super) struct Tokens {
    issued: VecDeque<Issued>,
    count: u64,
    plain_count: u64,
    stable_count: u64,
    forced_at: Option<TimestampMs>,
    forced_on: (i64, u32),
}

impl Tokens {
    /// Whether a call may use this token.
    pub(super) fn check(&self, value: &str, now: TimestampMs) -> Result<(), Refusal> {
        match self.issued.iter().rev().find(|issued| issued.value == value) {
            Some(issued) => issued.check(now),
            None => Err(Refusal(40001)),
        }
    }

    /// A new token each time; the one before works for 5 more minutes.
    pub(super) fn plain(&mut self, now: TimestampMs) -> (String, i64) {
        self.retire(Source::Plain, now + OVERLAP_MS);
        self.issue(Source::Plain, now)
    }

    /// The same token until less than 5 minutes remain; `force` puts it out of use at once.
    pub(super) fn stable(&mut self, now: TimestampMs, force: bool) -> Result<(String, i64), Refusal> {
        let current = self.issued.iter().rev().find(|issued| issued.source == Source::Stable).cloned();
        let current = current.filter(|issued| issued.check(now).is_ok());
        if force && !(current.is_some() && self.forced_at.is_some_and(|at| now < at + FORCE_PAUSE_MS)) {
            self.count_force(now)?;
            self.retire(Source::Stable, now);
            return Ok(self.issue(Source::Stable, now));
        }
        match current {
            Some(issued) if issued.expires_at - now >= OVERLAP_MS => {
                Ok((issued.value, (issued.expires_at - now) / 1000))
            }
            _ => {
                self.extend(now);
                Ok(self.issue(Source::Stable, now))
            }
        }
    }

    /// Ends every token now; how many were alive.
    pub(super) fn expire(&mut self, now: TimestampMs) -> usize {
        let alive = self.issued.iter_mut().filter(|issued| issued.check(now).is_ok());
        alive.map(|issued| issued.expires_at = now).count()
    }

    /// Tokens handed out new, by source.
    pub(super) fn counts(&self) -> (u64, u64) {
        (self.plain_count, self.stable_count)
    }

    fn count_force(&mut self, now: TimestampMs) -> Result<(), Refusal> {
        let day = day(now);
        if self.forced_on.0 != day {
            self.forced_on = (day, 0);
        }
        if self.forced_on.1 == FORCES_A_DAY {
            return Err(Refusal(45009));
        }
        self.forced_on.1 += 1;
        self.forced_at = Some(now);
        Ok(())
    }

    fn retire(&mut self, source: Source, at: TimestampMs) {
        for issued in self.issued.iter_mut().filter(|issued| issued.source == source) {
            issued.dead_at = Some(issued.dead_at.map_or(at, |earlier| earlier.min(at)));
        }
    }

    /// The stable token about to end works 5 minutes longer beside its successor.
    fn extend(&mut self, now: TimestampMs) {
        let last = self.issued.iter_mut().rev().find(|issued| issued.source == Source::Stable);
        if let Some(issued) = last.filter(|issued| issued.check(now).is_ok()) {
            issued.expires_at = now + OVERLAP_MS;
        }
    }

    fn issue(&mut self, source: Source, now: TimestampMs) -> (String, i64) {
        let value = format!("{}_{}", self.count + 1, opaque(b't', self.count, TOKEN_CHARS));
        self.count += 1;
        match source {
            Source::Plain => self.plain_count += 1,
            Source::Stable => self.stable_count += 1,
        }
        if self.issued.len() == SANDBOX_TOKENS_MAX {
            self.issued.pop_front();
        }
        self.issued.push_back(Issued { value: value.clone(), source, expires_at: now + LIFE_MS, dead_at: None });
        (value, LIFE_MS / 1000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: i64 = 60_000;

    #[test]
    fn a_stable_token_stays_until_its_last_five_minutes() {
        let mut tokens = Tokens::default();
        let (first, life) = tokens.stable(0, false).unwrap();
        assert_eq!(life, 7200);
        assert_eq!(tokens.stable(115 * MINUTE, false), Ok((first.clone(), 300)));
        let late = 115 * MINUTE + 1000;
        let (second, life) = tokens.stable(late, false).unwrap();
        assert_ne!(first, second);
        assert_eq!(life, 7200);
        assert_eq!(tokens.check(&first, late + 5 * MINUTE - 1), Ok(()));
        assert_eq!(tokens.check(&first, late + 5 * MINUTE), Err(Refusal(42001)));
    }

    #[test]
    fn forcing() {
        let mut tokens = Tokens::default();
        let (first, _) = tokens.stable(0, false).unwrap();
        let (second, _) = tokens.stable(1000, true).unwrap();
        assert_ne!(first, second);
        assert_eq!(tokens.check(&first, 1000), Err(Refusal(40001)), "dead at once");
        assert_eq!(tokens.stable(30_999, true).unwrap().0, second, "too soon");
        assert_ne!(tokens.stable(31_000, true).unwrap().0, second);
        for n in 2..20 {
            tokens.stable(n * MINUTE, true).unwrap();
        }
        assert_eq!(tokens.stable(60 * MINUTE, true), Err(Refusal(45009)));
        assert!(tokens.stable(24 * 60 * MINUTE, true).is_ok(), "another day");
    }

    #[test]
    fn a_plain_token_kills_the_one_before_after_five_minutes() {
        let mut tokens = Tokens::default();
        let (stable, _) = tokens.stable(0, false).unwrap();
        let (first, _) = tokens.plain(0);
        let (second, _) = tokens.plain(MINUTE);
        assert_eq!(tokens.check(&first, 6 * MINUTE - 1), Ok(()));
        assert_eq!(tokens.check(&first, 6 * MINUTE), Err(Refusal(40001)));
        assert_eq!(tokens.check(&second, 6 * MINUTE), Ok(()));
        assert_eq!(tokens.check(&second, 121 * MINUTE), Err(Refusal(42001)));
        assert_eq!(tokens.check(&stable, 60 * MINUTE), Ok(()), "the two calls are isolated");
        assert_eq!(tokens.check("nobody's", 0), Err(Refusal(40001)));
    }

    #[test]
    fn expiry_on_demand() {
        let mut tokens = Tokens::default();
        let (first, _) = tokens.stable(0, false).unwrap();
        assert_eq!(tokens.expire(10), 1);
        assert_eq!(tokens.check(&first, 10), Err(Refusal(42001)));
        let (second, life) = tokens.stable(11, false).unwrap();
        assert_eq!((second == first, life), (false, 7200));
        assert_eq!(tokens.counts(), (0, 2));
    }
}
