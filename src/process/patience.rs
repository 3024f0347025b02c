//! How long the host waits for a page that should go on: by what the page computes, so that it is not ended because the
//! machine is busy with others.

use std::time::Duration;

use super::live::Death;
use crate::base::clock::ProcessorClock;
use crate::base::limits::STALL_FACTOR;

/// What a page may still compute in an exchange, and how long it may be waited for meanwhile.
#[derive(Clone, Copy)]
pub(super) struct Patience {
    hard: Duration,
    /// Its clock, and what it said as the exchange began; `None`: real time counts.
    clock: Option<(ProcessorClock, Duration)>,
    /// How long it was waited for.
    waited: Duration,
}

impl Patience {
    /// For a page that may compute so long.
    pub(super) fn new(hard: Duration, clock: Option<ProcessorClock>) -> Self {
        let clock = clock.and_then(|clock| clock.now().map(|now| (clock, now)));
        Self { hard, clock, waited: Duration::ZERO }
    }

    /// It was waited for.
    pub(super) fn wait(&mut self, waited: Duration) {
        self.waited += waited;
    }

    /// How long it is waited for now, after it was for `waiting` more than is known of, before it is asked again; zero: it
    /// has had its time.
    pub(super) fn left(&self, waiting: Duration) -> Duration {
        let real = self.real().saturating_sub(waiting);
        self.computing().map_or(real, |computing| computing.min(real))
    }

    /// What is left of real time.
    pub(super) fn real(&self) -> Duration {
        let longest = if self.clock.is_some() { self.hard.saturating_mul(STALL_FACTOR) } else { self.hard };
        longest.saturating_sub(self.waited)
    }

    /// What it may still compute; `None`: nobody knows, it may be gone.
    fn computing(&self) -> Option<Duration> {
        let (clock, begun) = self.clock?;
        let left = self.hard.saturating_sub(clock.now()?.saturating_sub(begun));
        // The kernel counts in ticks: asked again before the next one it says the same.
        Some(if left.is_zero() { left } else { left.max(TICK) })
    }

    /// What of it was too much.
    pub(super) fn death(&self) -> Death {
        match self.computing() {
            Some(left) if !left.is_zero() => Death::Stalled,
            _ => Death::Late,
        }
    }
}

/// As often as kernels count what a process computes, or less often.
const TICK: Duration = Duration::from_millis(10);
