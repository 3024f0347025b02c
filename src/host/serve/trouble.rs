//! Pages that do not load: when they are tried again. Pure.

use crate::base::clock::TimestampMs;
use crate::base::limits::{LOAD_FAILURES_SHARED, LOAD_PAUSE_MS_MAX, LOAD_PAUSE_MS_MIN};

/// The pause after so many failures in a row, in ms.
pub(super) fn pause_ms(failures: u32) -> i64 {
    let doublings = failures.saturating_sub(1).min(32);
    (LOAD_PAUSE_MS_MIN << doublings).min(LOAD_PAUSE_MS_MAX)
}

/// Loads of a plugin's pages that failed one after another, for whomever.
#[derive(Debug, Default)]
pub(super) struct Trouble {
    failures: u32,
    until: TimestampMs,
}

impl Trouble {
    /// Whether a page may be loaded: where none loads, one is tried for all.
    ///
    /// # Errors
    /// When one may be again.
    pub(super) fn may_load(&mut self, now: TimestampMs) -> Result<(), TimestampMs> {
        if self.failures < LOAD_FAILURES_SHARED {
            return Ok(());
        }
        if now < self.until {
            return Err(self.until);
        }
        self.until = now + pause_ms(self.failures);
        Ok(())
    }

    /// One was.
    pub(super) fn note(&mut self, did_load: bool, now: TimestampMs) {
        self.failures = if did_load { 0 } else { self.failures.saturating_add(1) };
        self.until = now + pause_ms(self.failures);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_tried_for_all_and_less_and_less_often() {
        let mut trouble = Trouble::default();
        let mut now = 1_000;
        for _ in 0..LOAD_FAILURES_SHARED {
            assert_eq!(trouble.may_load(now), Ok(()));
            trouble.note(false, now);
        }
        let mut pauses = Vec::new();
        for _ in 0..12 {
            let until = trouble.may_load(now).unwrap_err();
            pauses.push(until - now);
            assert_eq!(trouble.may_load(until - 1), Err(until));
            now = until;
            assert_eq!(trouble.may_load(now), Ok(()));
            assert!(trouble.may_load(now).is_err(), "one at a time");
            trouble.note(false, now);
        }
        assert!(pauses.is_sorted() && pauses[0] == 4 * LOAD_PAUSE_MS_MIN, "{pauses:?}");
        assert_eq!(pauses.last(), Some(&LOAD_PAUSE_MS_MAX));
        trouble.note(true, now);
        assert_eq!(trouble.may_load(now), Ok(()));
    }
}
