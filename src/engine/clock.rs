//! Page time (session-log.md, Time): stands still between tasks, advances deterministically inside one.

use std::cell::Cell;

use boa_engine::context::Clock;
use boa_engine::context::time::JsInstant;

use crate::base::clock::TimestampMs;
use crate::base::limits::CLOCK_READINGS_PER_MS;

/// The clock a page sees.
#[derive(Debug)]
pub struct PageClock {
    now: Cell<TimestampMs>,
    readings: Cell<u32>,
    start: Cell<TimestampMs>,
}

impl PageClock {
    /// A clock that starts at `start`.
    #[must_use]
    pub fn new(start: TimestampMs) -> Self {
        Self { now: Cell::new(start), readings: Cell::new(0), start: Cell::new(start) }
    }

    /// Starts again, at `start`: nobody has read it yet.
    pub fn restart(&self, start: TimestampMs) {
        self.now.set(start);
        self.readings.set(0);
        self.start.set(start);
    }

    /// Moves on by `ms` in which the page was not there: [`Self::since_start`] stands still.
    pub fn skip(&self, ms: i64) {
        self.advance(ms);
        self.start.set(self.start.get().saturating_add(ms));
    }

    /// Page time, without counting as a reading.
    #[must_use]
    pub fn now(&self) -> TimestampMs {
        self.now.get()
    }

    /// Page time as a script reads it: busy-waits end, since readings move it.
    #[must_use]
    pub fn read(&self) -> TimestampMs {
        let readings = self.readings.get() + 1;
        self.readings.set(readings % CLOCK_READINGS_PER_MS);
        if readings == CLOCK_READINGS_PER_MS {
            self.advance(1);
        }
        self.now.get()
    }

    /// Moves on by `ms`.
    pub fn advance(&self, ms: i64) {
        self.now.set(self.now.get().saturating_add(ms));
    }

    /// Moves on to `time`, never back.
    pub fn advance_to(&self, time: TimestampMs) {
        self.now.set(self.now.get().max(time));
    }

    /// Page time at which it started.
    #[must_use]
    pub fn start(&self) -> TimestampMs {
        self.start.get()
    }

    /// Milliseconds since the clock started (`performance.now()`).
    #[must_use]
    pub fn since_start(&self) -> i64 {
        self.read() - self.start.get()
    }
}

impl Clock for PageClock {
    fn now(&self) -> JsInstant {
        let ms = u64::try_from(self.read()).unwrap_or(0);
        JsInstant::new(ms / 1000, u32::try_from(ms % 1000).unwrap_or(0) * 1_000_000)
    }

    fn system_time_millis(&self) -> i64 {
        self.read()
    }
}
