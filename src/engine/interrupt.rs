//! A turn that has computed too long: every native call fails from now on, with an error that no script can catch, and
//! the loop stops until the next turn.
//!
//! A signal handler raises the flag, so it is the process's own; a process has one page.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};

use boa_engine::JsResult;
use boa_engine::error::RuntimeLimitError;

static RAISED: LazyLock<Arc<AtomicBool>> = LazyLock::new(Arc::default);
static REPORTED: AtomicBool = AtomicBool::new(false);
static DEADLINE_MS: AtomicU64 = AtomicU64::new(0);

/// What a signal handler raises once a turn has computed too long.
#[must_use]
pub fn flag() -> Arc<AtomicBool> {
    RAISED.clone()
}

/// How long that is, in ms.
pub fn set_deadline(deadline_ms: u64) {
    DEADLINE_MS.store(deadline_ms, Ordering::Relaxed);
}

/// A new turn begins.
pub fn clear() {
    RAISED.store(false, Ordering::Relaxed);
    REPORTED.store(false, Ordering::Relaxed);
}

/// Whether the turn has computed too long.
#[must_use]
pub fn is_raised() -> bool {
    RAISED.load(Ordering::Relaxed)
}

/// The deadline in ms, once for each turn that ran over it: for the report.
#[must_use]
pub fn take_report() -> Option<u64> {
    (is_raised() && !REPORTED.swap(true, Ordering::Relaxed)).then(|| DEADLINE_MS.load(Ordering::Relaxed))
}

/// Fails where the turn has computed too long.
///
/// # Errors
/// A runtime limit, which passes through every `catch` and `finally`.
pub fn check() -> JsResult<()> {
    if is_raised() { Err(RuntimeLimitError::LoopIteration.into()) } else { Ok(()) }
}
