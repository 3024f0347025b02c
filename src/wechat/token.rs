//! The access token: fetched once for all, renewed before it ends, given up only by who held it (wechat-api.md §2,
//! "refresh").

use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::Mutex;

use super::{config::BoxFuture, errcode::Action, error::WechatError, secret::Secret};
use crate::base::{
    clock::TimestampMs,
    limits::{TOKEN_FORCE_PAUSE_MS, TOKEN_RECHECK_MS, TOKEN_RENEW_MARGIN_MS},
};

/// A token as WeChat hands it out.
#[derive(Debug, Clone)]
pub(super) struct Fetched {
    pub(super) token: Secret,
    pub(super) expires_in_ms: i64,
}

/// Asks WeChat for a token.
pub(super) trait Fetch: Sync {
    /// One call; `force` makes WeChat hand out a new one.
    fn fetch(&self, force: bool) -> BoxFuture<'_, Result<Fetched, WechatError>>;

    /// Is told of a new token and when it ends.
    fn fetched(&self, _: &Secret, _: TimestampMs) {}
}

#[derive(Debug)]
struct Held {
    token: Secret,
    renew_at: TimestampMs,
    expires_at: TimestampMs,
    /// When it was forced out, where it was.
    forced_at: Option<TimestampMs>,
}

/// What became of a token that WeChat refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum GivenUp {
    /// It was the current one and is no more.
    Yes,
    /// Somebody has a newer one already.
    Replaced,
    /// It stays: it was forced out just now, and WeChat would hand out the same again.
    No,
}

#[derive(Debug)]
struct Failure {
    error: WechatError,
    round: u64,
    until: TimestampMs,
}

#[derive(Debug, Default)]
struct State {
    held: Option<Held>,
    /// The token WeChat refused last: if it comes back, the next fetch must force a new one.
    refused: Option<Secret>,
    failure: Option<Failure>,
}

/// The current token of one account. Whoever needs one waits for the fetch that is under way, and for its failure too.
#[derive(Debug, Default)]
pub(super) struct TokenCell {
    state: Mutex<State>,
    rounds: AtomicU64,
    fetched: AtomicU64,
}

impl TokenCell {
    /// A token from before, where there is one.
    pub(super) fn recall(token: Option<(Secret, TimestampMs)>) -> Self {
        let held = token.map(|(token, expires_at)| {
            let renew_at = expires_at - TOKEN_RENEW_MARGIN_MS;
            Held { token, renew_at, expires_at, forced_at: None }
        });
        Self { state: Mutex::new(State { held, ..State::default() }), ..Self::default() }
    }

    /// How many tokens were fetched.
    pub(super) fn fetched(&self) -> u64 {
        self.fetched.load(Ordering::Relaxed)
    }

    /// The current token, fetched where there is none or it is about to end; a new one is told, with its end.
    pub(super) async fn get(&self, now: TimestampMs, fetch: &dyn Fetch) -> Result<Secret, WechatError> {
        let seen = self.rounds.load(Ordering::Acquire);
        let mut state = self.state.lock().await;
        if let Some(held) = &state.held
            && now < held.renew_at
        {
            return Ok(held.token.clone());
        }
        if let Some(failure) = &state.failure
            && (failure.round > seen || now < failure.until)
        {
            return Err(failure.error.clone());
        }
        let (mut fetched, mut forced_at) = (fetch.fetch(false).await, None);
        if let (Ok(fresh), Some(refused)) = (&fetched, &state.refused)
            && fresh.token == *refused
        {
            (fetched, forced_at) = (fetch.fetch(true).await, Some(now));
        }
        let round = self.rounds.fetch_add(1, Ordering::AcqRel) + 1;
        let is_new = fetched.is_ok();
        let token = state.settle(now, round, fetched, forced_at);
        if let (true, Some(held)) = (is_new, &state.held) {
            self.fetched.fetch_add(1, Ordering::Relaxed);
            fetch.fetched(&held.token, held.expires_at);
        }
        token
    }

    /// Gives up `token` where it is still the current one; somebody else's newer token stays.
    pub(super) async fn invalidate(&self, token: &Secret, now: TimestampMs) -> GivenUp {
        let mut state = self.state.lock().await;
        match &state.held {
            Some(held) if held.token != *token => GivenUp::Replaced,
            Some(Held { forced_at: Some(at), .. }) if now < at + TOKEN_FORCE_PAUSE_MS => GivenUp::No,
            Some(_) => {
                state.held = None;
                state.refused = Some(token.clone());
                GivenUp::Yes
            }
            None => GivenUp::Replaced,
        }
    }
}

impl State {
    fn settle(
        &mut self,
        now: TimestampMs,
        round: u64,
        fetched: Result<Fetched, WechatError>,
        forced_at: Option<TimestampMs>,
    ) -> Result<Secret, WechatError> {
        match fetched {
            Ok(Fetched { token, expires_in_ms }) => {
                let margin = TOKEN_RENEW_MARGIN_MS.min(expires_in_ms / 2);
                let expires_at = now + expires_in_ms;
                self.held = Some(Held { token: token.clone(), renew_at: expires_at - margin, expires_at, forced_at });
                self.failure = None;
                Ok(token)
            }
            Err(error) => {
                // A renewal that fails while the old token is good is no trouble yet.
                if let Some(held) = self.held.as_mut()
                    && now < held.expires_at
                {
                    held.renew_at = held.expires_at.min(now + TOKEN_RECHECK_MS);
                    return Ok(held.token.clone());
                }
                let lasting =
                    error.action().is_some_and(|action| !matches!(action, Action::Retry | Action::NextMinute));
                let until = if lasting { now + TOKEN_RECHECK_MS } else { now };
                self.failure = Some(Failure { error: error.clone(), round, until });
                Err(error)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use super::*;
    use crate::wechat::Call;

    /// Answers by a rule and counts the calls; gives others a chance to run first.
    struct Script<F>(F, AtomicUsize);

    fn script<F>(answer: F) -> Script<F> {
        Script(answer, AtomicUsize::new(0))
    }

    impl<F> Script<F> {
        fn calls(&self) -> usize {
            self.1.load(Ordering::Relaxed)
        }
    }

    impl<F: Fn(bool) -> Result<&'static str, i64> + Sync> Fetch for Script<F> {
        fn fetch(&self, force: bool) -> BoxFuture<'_, Result<Fetched, WechatError>> {
            self.1.fetch_add(1, Ordering::Relaxed);
            Box::pin(async move {
                tokio::task::yield_now().await;
                match (self.0)(force) {
                    Ok(token) => Ok(Fetched { token: Secret::new(token), expires_in_ms: 7_200_000 }),
                    Err(code) => Err(WechatError::refused(Call::StableToken, code, String::new())),
                }
            })
        }
    }

    async fn token(cell: &TokenCell, now: TimestampMs, token: &'static str) -> String {
        cell.get(now, &script(|_| Ok(token))).await.unwrap().expose().to_owned()
    }

    #[tokio::test]
    async fn held_until_shortly_before_its_end() {
        let cell = TokenCell::default();
        assert_eq!(token(&cell, 0, "a").await, "a");
        let renewal = 7_200_000 - TOKEN_RENEW_MARGIN_MS;
        assert_eq!(token(&cell, renewal - 1, "b").await, "a");
        assert_eq!(token(&cell, renewal, "b").await, "b");
    }

    #[tokio::test]
    async fn only_the_holder_of_the_current_token_gives_it_up() {
        let cell = TokenCell::default();
        token(&cell, 0, "a").await;
        assert_eq!(cell.invalidate(&Secret::new("older"), 1).await, GivenUp::Replaced);
        assert_eq!(token(&cell, 1, "b").await, "a");
        assert_eq!(cell.invalidate(&Secret::new("a"), 1).await, GivenUp::Yes);
        assert_eq!(cell.invalidate(&Secret::new("a"), 1).await, GivenUp::Replaced);
        assert_eq!(token(&cell, 1, "b").await, "b");
        assert_eq!(cell.invalidate(&Secret::new("a"), 1).await, GivenUp::Replaced);
        assert_eq!(token(&cell, 1, "c").await, "b");
    }

    #[tokio::test]
    async fn a_refused_token_that_comes_back_is_forced_out_once() {
        let cell = TokenCell::default();
        token(&cell, 0, "a").await;
        cell.invalidate(&Secret::new("a"), 0).await;
        let fetch = script(|force| Ok(if force { "b" } else { "a" }));
        assert_eq!(cell.get(1, &fetch).await.unwrap().expose(), "b");
        assert_eq!(fetch.calls(), 2);
        let (b, later) = (Secret::new("b"), 1 + TOKEN_FORCE_PAUSE_MS);
        assert_eq!(cell.invalidate(&b, later - 1).await, GivenUp::No, "WeChat would hand it out again");
        assert_eq!(cell.get(later - 1, &fetch).await.unwrap().expose(), "b");
        assert_eq!(fetch.calls(), 2);
        assert_eq!(cell.invalidate(&b, later).await, GivenUp::Yes);
    }

    #[tokio::test]
    async fn everybody_waits_for_one_fetch_and_shares_its_failure() {
        let cell = TokenCell::default();
        let fetch = script(|_| Err(-1));
        let (one, two, three) = tokio::join!(cell.get(0, &fetch), cell.get(0, &fetch), cell.get(0, &fetch));
        assert!(one.is_err() && two.is_err() && three.is_err());
        assert_eq!(fetch.calls(), 1);
        cell.get(0, &fetch).await.unwrap_err();
        assert_eq!(fetch.calls(), 2, "a later caller tries again");
    }

    #[tokio::test]
    async fn what_asking_again_does_not_change_is_not_asked_for_at_once() {
        for code in [40125, 45009] {
            let cell = TokenCell::default();
            cell.get(0, &script(|_| Err(code))).await.unwrap_err();
            let good = script(|_| Ok("a"));
            assert_eq!(cell.get(1, &good).await.unwrap_err().errcode(), Some(code));
            assert_eq!(cell.get(TOKEN_RECHECK_MS, &good).await.unwrap().expose(), "a");
        }
    }

    #[tokio::test]
    async fn a_failed_renewal_keeps_the_old_token() {
        let cell = TokenCell::default();
        token(&cell, 0, "a").await;
        let busy = script(|_| Err(-1));
        assert_eq!(cell.get(7_199_000, &busy).await.unwrap().expose(), "a");
        assert!(cell.get(7_200_000, &busy).await.is_err());
    }
}
