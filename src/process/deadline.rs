//! The kernel timers of a page process: they end a turn that computes too long even when the host is gone. They count
//! what the process computes, so that it is not cut short because the machine is busy with others. At each tick a process
//! that computes asks whether its parent is there, and ends where it is not: nobody would hear what it computes.

use std::cell::RefCell;
use std::io;
use std::sync::Once;
use std::sync::atomic::{AtomicI32, AtomicU32, Ordering};
use std::time::Duration;

use nix::sys::signal::{SigEvent, SigevNotify, Signal};
use nix::sys::timer::{Expiration, Timer, TimerSetTimeFlags};
use nix::time::ClockId;
use nix::unistd::getppid;

use crate::base::clock::ProcessorClock;
use crate::base::limits::page::PageLimits;
use crate::base::{interrupt, whereabouts};

/// How long the kernel's timer waits after the host's deadline, which knows more of what happened.
const GRACE: Duration = Duration::from_millis(500);
/// How a process ends whose parent is gone; nobody asks.
const ORPHANED_CODE: i32 = 1;
/// Ticks of the soft deadline, at least: at each the page is asked where it is.
const TICKS: u32 = 16;
/// Longest time from tick to tick: it is also the longest that an orphan computes.
const TICK_MAX: Duration = Duration::from_millis(250);

/// What of the turn has been computed, in ticks.
static TICKED: AtomicU32 = AtomicU32::new(0);
/// The process that this one is the child of.
static PARENT: AtomicI32 = AtomicI32::new(0);
/// The tick of the soft deadline.
static SOFT_TICK: AtomicU32 = AtomicU32::new(u32::MAX);
/// The tick at which the process is about to be killed.
static LAST_TICK: AtomicU32 = AtomicU32::new(u32::MAX);

/// The time that a turn may still compute.
struct Deadline {
    ticks: Timer,
    hard: Timer,
    /// Time from tick to tick.
    tick: Duration,
    hard_ms: u64,
    used: Duration,
    /// The processor time at which it went on.
    running: Option<Duration>,
}

thread_local! {
    /// The deadline of this thread's page.
    static DEADLINE: RefCell<Option<Deadline>> = const { RefCell::new(None) };
}

/// Makes the timers of this thread's page. `SIGALRM` interrupts it softly from now on.
///
/// # Errors
/// What the system says.
pub fn set_up(limits: &PageLimits) -> io::Result<()> {
    static HANDLED: Once = Once::new();
    let mut handled = Ok(());
    HANDLED.call_once(|| handled = handle_ticks());
    handled?;
    interrupt::set_deadline(limits.turn_soft_ms);
    PARENT.store(getppid().as_raw(), Ordering::Relaxed);
    let tick = (Duration::from_millis(limits.turn_soft_ms) / TICKS).clamp(Duration::from_millis(1), TICK_MAX);
    let ticks = |ms| u32::try_from(Duration::from_millis(ms).as_nanos() / tick.as_nanos()).unwrap_or(u32::MAX);
    SOFT_TICK.store(ticks(limits.turn_soft_ms), Ordering::Relaxed);
    LAST_TICK.store(ticks(limits.turn_hard_ms).saturating_sub(1), Ordering::Relaxed);
    let timer = |signal| {
        let event = SigEvent::new(SigevNotify::SigevSignal { signal, si_value: 0 });
        Timer::new(ClockId::CLOCK_PROCESS_CPUTIME_ID, event)
    };
    let (ticks, hard) = (timer(Signal::SIGALRM)?, timer(Signal::SIGKILL)?);
    let hard_ms = limits.turn_hard_ms;
    DEADLINE.set(Some(Deadline { ticks, hard, tick, hard_ms, used: Duration::ZERO, running: None }));
    Ok(())
}

#[expect(unsafe_code, reason = "a signal handler may only do what is safe there")]
fn handle_ticks() -> io::Result<()> {
    // SAFETY: the handler stores to atomics, writes to a descriptor and ends the process, which a signal handler may do.
    unsafe { signal_hook::low_level::register(signal_hook::consts::SIGALRM, on_tick) }.map(|_| ())
}

fn on_tick() {
    if getppid().as_raw() != PARENT.load(Ordering::Relaxed) {
        signal_hook::low_level::exit(ORPHANED_CODE);
    }
    let ticked = TICKED.fetch_add(1, Ordering::Relaxed) + 1;
    whereabouts::want();
    if ticked >= SOFT_TICK.load(Ordering::Relaxed) {
        interrupt::raise_deadline();
    }
    if ticked == LAST_TICK.load(Ordering::Relaxed) {
        whereabouts::write();
    }
}

/// The timers of the process that this one was forked from are not here: they must not be deleted either.
pub fn forget() {
    if let Some(Deadline { ticks, hard, .. }) = DEADLINE.take() {
        std::mem::forget((ticks, hard));
    }
}

/// A turn begins.
pub fn begin() {
    interrupt::clear();
    whereabouts::forget();
    with(|deadline| {
        deadline.used = Duration::ZERO;
        deadline.resume();
    });
}

/// The turn is over, or the page waits for others.
pub fn pause() {
    with(|deadline| {
        if let Some(running) = deadline.running.take() {
            deadline.used += computed().saturating_sub(running);
        }
        deadline.set(Expiration::OneShot(Duration::ZERO.into()), Duration::ZERO);
    });
}

/// The page computes again.
pub fn resume() {
    with(Deadline::resume);
}

/// What this process has computed.
fn computed() -> Duration {
    // It is not gone.
    ProcessorClock::own().now().unwrap_or_default()
}

fn with(work: impl FnOnce(&mut Deadline)) {
    DEADLINE.with_borrow_mut(|deadline| deadline.as_mut().map(work));
}

impl Deadline {
    fn resume(&mut self) {
        self.running = Some(computed());
        let ticked = self.used.as_nanos() / self.tick.as_nanos();
        let ticked = u32::try_from(ticked).unwrap_or(u32::MAX - 1);
        TICKED.store(ticked, Ordering::Relaxed);
        let next = (self.tick * (ticked + 1)).saturating_sub(self.used);
        // A timer of 0 would be none.
        let least = Duration::from_millis(1);
        let hard = Duration::from_millis(self.hard_ms).saturating_sub(self.used).max(least) + GRACE;
        self.set(Expiration::IntervalDelayed(next.max(least).into(), self.tick.into()), hard);
    }

    fn set(&mut self, ticks: Expiration, hard: Duration) {
        for (timer, expiration) in [(&mut self.ticks, ticks), (&mut self.hard, Expiration::OneShot(hard.into()))] {
            // A timer that was made can be set.
            let _ = timer.set(expiration, TimerSetTimeFlags::empty());
        }
    }
}
