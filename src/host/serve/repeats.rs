//! How often lines of a log repeat: the first ones say enough, and pages and strangers could fill a disk with the others.

use std::collections::BTreeMap;
use std::mem::take;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::base::limits::LOG_LINES_PER_MINUTE;
use crate::host::watch::{About, Notice};

/// Lines of this minute, by whose they are, a plugin or an account, and what they say.
#[derive(Debug, Default)]
pub(super) struct Repeats(Mutex<BTreeMap<(String, &'static str), Count>>);

#[derive(Clone, Copy, Debug, Default)]
struct Count {
    lines: u32,
    left_out: u32,
}

impl Repeats {
    fn counts(&self) -> MutexGuard<'_, BTreeMap<(String, &'static str), Count>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether one more line is told; else it is counted.
    pub(super) fn passes(&self, whose: &str, what: &'static str) -> bool {
        let mut counts = self.counts();
        let count = counts.entry((whose.to_owned(), what)).or_default();
        count.lines = count.lines.saturating_add(1);
        let passes = count.lines <= LOG_LINES_PER_MINUTE;
        count.left_out = count.left_out.saturating_add(u32::from(!passes));
        passes
    }

    /// There was no room for one that was to be told.
    pub(super) fn leave_out(&self, whose: &str, what: &'static str) {
        self.counts().entry((whose.to_owned(), what)).or_default().left_out += 1;
    }

    /// The minute is over: what was left out of it.
    pub(super) fn left_out(&self) -> Vec<Notice> {
        let counts = take(&mut *self.counts());
        let some = counts.into_iter().filter(|(_, count)| count.left_out > 0);
        some.map(|((whose, what), Count { left_out, .. })| {
            let about = About::new("log.left_out").with("of", what).with("count", left_out);
            Notice::warning(format!("{whose}: {what}, {left_out} times more within a minute")).about(about)
        })
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_a_minute_are_told_and_the_others_counted() {
        let repeats = Repeats::default();
        let told = |whose: &str, what, times| (0..times).filter(|_| repeats.passes(whose, what)).count();
        let max = LOG_LINES_PER_MINUTE as usize;
        assert_eq!(told("p", "fault.uncaught", 100_000), max);
        assert_eq!((told("p", "fault.parse", 1), told("q", "fault.uncaught", max)), (1, max), "of each kind");
        repeats.leave_out("q", "fault.parse");
        let texts = |notices: Vec<Notice>| notices.into_iter().map(|notice| notice.text).collect::<Vec<_>>();
        let expected = [
            format!("p: fault.uncaught, {} times more within a minute", 100_000 - max),
            "q: fault.parse, 1 times more within a minute".to_owned(),
        ];
        assert_eq!(texts(repeats.left_out()), expected);
        assert!(repeats.left_out().is_empty());
        assert_eq!(told("p", "fault.uncaught", 1), 1, "in the next minute it is told again");
    }
}
