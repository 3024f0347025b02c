//! A turn that is cut short, because it computed too long or ran into a bound: every native call fails from now on, with
//! an error that no script can catch, and the loop stops until the next turn.
//!
//! A signal handler tells of the deadline, so that is the process's own; a process has one page. Bounds are the
//! thread's.

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

static LATE: AtomicBool = AtomicBool::new(false);
static DEADLINE_MS: AtomicU64 = AtomicU64::new(0);

thread_local! {
    static OVER: Cell<Option<Cut>> = const { Cell::new(None) };
    static REPORTED: Cell<bool> = const { Cell::new(false) };
}

/// Why a turn was cut short.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// It computed longer than so many ms.
    Deadline(u64),
    /// It ran into a bound of `limits::page`.
    Limit {
        /// The bound's name.
        name: &'static str,
        /// The bound's value.
        value: u64,
    },
}

/// How long a turn may compute, in ms.
pub fn set_deadline(deadline_ms: u64) {
    DEADLINE_MS.store(deadline_ms, Ordering::Relaxed);
}

/// The turn has computed that long. Signal handlers may call this.
pub fn raise_deadline() {
    LATE.store(true, Ordering::Relaxed);
}

/// The turn has run into a bound.
pub fn raise_limit(name: &'static str, value: u64) {
    if OVER.get().is_none() {
        OVER.set(Some(Cut::Limit { name, value }));
    }
}

/// A new turn begins.
pub fn clear() {
    LATE.store(false, Ordering::Relaxed);
    clear_limit();
}

/// A new turn begins for this thread's page; the process's deadline is that of another's business.
pub fn clear_limit() {
    OVER.set(None);
    REPORTED.set(false);
}

/// Whether the turn is cut short.
#[must_use]
#[inline]
pub fn is_raised() -> bool {
    LATE.load(Ordering::Relaxed) || OVER.get().is_some()
}

/// Why the turn is cut short, once for each turn: for the report.
#[must_use]
pub fn take_report() -> Option<Cut> {
    let late = || LATE.load(Ordering::Relaxed).then(|| Cut::Deadline(DEADLINE_MS.load(Ordering::Relaxed)));
    let cut = OVER.get().or_else(late)?;
    (!REPORTED.replace(true)).then_some(cut)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_bound_is_reported_once() {
        assert!(!is_raised());
        raise_limit("timers", 3);
        raise_limit("tasks", 4);
        assert!(is_raised());
        assert_eq!(take_report(), Some(Cut::Limit { name: "timers", value: 3 }));
        assert_eq!(take_report(), None);
        clear_limit();
        assert!(!is_raised());
    }
}
