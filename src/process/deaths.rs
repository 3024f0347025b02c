//! How often a page was ended of late: when it may start again, and when it no longer may.

use std::collections::VecDeque;
use std::time::Duration;

use crate::base::clock::Stopwatch;
use crate::base::limits::page::PageLimits;

/// The ends of a page's processes.
#[derive(Debug, Default)]
pub(super) struct Deaths {
    recent: VecDeque<Stopwatch>,
}

impl Deaths {
    /// One more. True where that was one too many.
    pub(super) fn add(&mut self, limits: &PageLimits) -> bool {
        self.recent.push_back(Stopwatch::start());
        let window = Duration::from_millis(limits.deaths_window_ms);
        self.recent.retain(|death| death.elapsed() < window);
        self.recent.len() as u64 >= limits.deaths
    }

    /// What is left of the pause before the page may be started again.
    pub(super) fn pause(&self, limits: &PageLimits) -> Duration {
        let Some(last) = self.recent.back() else { return Duration::ZERO };
        let doublings = match u32::try_from(self.recent.len()) {
            Ok(0 | 1) => return Duration::ZERO,
            Ok(deaths) => deaths - 2,
            Err(_) => u32::MAX,
        };
        let pause = limits.restart_pause_ms.saturating_mul(1_u64.checked_shl(doublings).unwrap_or(u64::MAX));
        // Longer than they count there is nothing to wait for.
        Duration::from_millis(pause.min(limits.deaths_window_ms)).saturating_sub(last.elapsed())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: PageLimits = PageLimits { deaths: 4, restart_pause_ms: 20_000, ..PageLimits::DEFAULT };

    #[test]
    fn each_further_death_waits_longer_and_the_last_is_too_many() {
        let mut deaths = Deaths::default();
        let mut pauses = Vec::new();
        for expected in [false, false, false, true] {
            assert_eq!(deaths.add(&LIMITS), expected);
            pauses.push(deaths.pause(&LIMITS).as_millis().div_ceil(10_000));
        }
        assert_eq!(pauses, [0, 2, 4, 6]);
    }

    #[test]
    fn what_was_long_ago_does_not_count() {
        let limits = PageLimits { deaths: 2, deaths_window_ms: 0, ..PageLimits::DEFAULT };
        let mut deaths = Deaths::default();
        assert!(!deaths.add(&limits) && !deaths.add(&limits));
    }
}
