//! When a message is tried again, as data.

use std::time::Duration;

use crate::base::limits::{RETRY_ATTEMPTS_MAX, RETRY_FIRST};

/// Pauses that double, up to a number of tries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Schedule {
    /// The pause after the first failure.
    pub first: Duration,
    /// Tries in all.
    pub attempts_max: u32,
}

impl Default for Schedule {
    fn default() -> Self {
        Self { first: RETRY_FIRST, attempts_max: RETRY_ATTEMPTS_MAX }
    }
}

impl Schedule {
    /// The pause after `failures` failures in a row; `None` when it is time to give up.
    #[must_use]
    pub fn pause(&self, failures: u32) -> Option<Duration> {
        let doublings = failures.saturating_sub(1);
        (failures < self.attempts_max).then(|| self.first.saturating_mul(2_u32.saturating_pow(doublings)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_and_ends() {
        let pauses: Vec<_> = (1..=5).map(|n| Schedule::default().pause(n).map(|pause| pause.as_secs())).collect();
        assert_eq!(pauses, [Some(1), Some(2), Some(4), Some(8), None]);
    }
}
