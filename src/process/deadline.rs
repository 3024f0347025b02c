//! The kernel timers of a page process: they end a turn that computes too long even when the host is gone.

use std::cell::RefCell;
use std::io;
use std::sync::Once;
use std::time::Duration;

use nix::sys::signal::{SigEvent, SigevNotify, Signal};
use nix::sys::timer::{Expiration, Timer, TimerSetTimeFlags};
use nix::time::ClockId;

use super::protocol::Bounds;
use crate::base::clock::Stopwatch;
use crate::engine::interrupt;

/// How long the kernel's timer waits after the host's deadline, which knows more of what happened.
const GRACE: Duration = Duration::from_millis(500);

/// The time that a turn may still compute.
struct Deadline {
    soft: Timer,
    hard: Timer,
    bounds: Bounds,
    used: Duration,
    running: Option<Stopwatch>,
}

thread_local! {
    /// The deadline of this thread's page.
    static DEADLINE: RefCell<Option<Deadline>> = const { RefCell::new(None) };
}

/// Makes the timers of this thread's page. `SIGALRM` interrupts it softly from now on.
///
/// # Errors
/// What the system says.
pub fn set_up(bounds: Bounds) -> io::Result<()> {
    static HANDLED: Once = Once::new();
    let mut handled = Ok(());
    HANDLED.call_once(|| {
        handled = signal_hook::flag::register(signal_hook::consts::SIGALRM, interrupt::flag()).map(|_| ());
    });
    handled?;
    interrupt::set_deadline(bounds.soft_ms);
    let timer = |signal| {
        let event = SigEvent::new(SigevNotify::SigevSignal { signal, si_value: 0 });
        Timer::new(ClockId::CLOCK_MONOTONIC, event)
    };
    let (soft, hard) = (timer(Signal::SIGALRM)?, timer(Signal::SIGKILL)?);
    DEADLINE.set(Some(Deadline { soft, hard, bounds, used: Duration::ZERO, running: None }));
    Ok(())
}

/// The timers of the process that this one was forked from are not here: they must not be deleted either.
pub fn forget() {
    if let Some(Deadline { soft, hard, .. }) = DEADLINE.take() {
        std::mem::forget((soft, hard));
    }
}

/// A turn begins.
pub fn begin() {
    interrupt::clear();
    with(|deadline| {
        deadline.used = Duration::ZERO;
        deadline.resume();
    });
}

/// The turn is over, or the page waits for others.
pub fn pause() {
    with(|deadline| {
        if let Some(running) = deadline.running.take() {
            deadline.used += running.elapsed();
        }
        deadline.set(Duration::ZERO, Duration::ZERO);
    });
}

/// The page computes again.
pub fn resume() {
    with(Deadline::resume);
}

fn with(work: impl FnOnce(&mut Deadline)) {
    DEADLINE.with_borrow_mut(|deadline| deadline.as_mut().map(work));
}

impl Deadline {
    fn resume(&mut self) {
        self.running = Some(Stopwatch::start());
        // A timer of 0 would be none.
        let left = |bound_ms| Duration::from_millis(bound_ms).saturating_sub(self.used).max(Duration::from_millis(1));
        self.set(left(self.bounds.soft_ms), left(self.bounds.hard_ms) + GRACE);
    }

    fn set(&mut self, soft: Duration, hard: Duration) {
        for (timer, time) in [(&mut self.soft, soft), (&mut self.hard, hard)] {
            // A timer that was made can be set.
            let _ = timer.set(Expiration::OneShot(time.into()), TimerSetTimeFlags::empty());
        }
    }
}
