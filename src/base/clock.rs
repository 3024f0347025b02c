//! The only readers of the system's time, and how page time is written down.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use nix::time::ClockId;
use nix::unistd::Pid;

/// Milliseconds since 1970-01-01T00:00:00Z.
pub type TimestampMs = i64;

/// The system's time now.
#[must_use]
pub fn system_now_ms() -> TimestampMs {
    match SystemTime::now().duration_since(UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_millis()).unwrap_or(i64::MAX),
        Err(_) => 0,
    }
}

/// RFC 3339 in UTC with milliseconds, the form of a log line's `time`.
#[must_use]
pub fn format_rfc3339(ms: TimestampMs) -> String {
    match jiff::Timestamp::from_millisecond(ms) {
        Ok(time) => format!("{time:.3}"),
        Err(_) => String::new(),
    }
}

/// Reads an RFC 3339 time with any offset; `None` where it is not one.
#[must_use]
pub fn parse_rfc3339(text: &str) -> Option<TimestampMs> {
    text.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_millisecond)
}

/// Measures how long something really takes.
#[derive(Debug, Clone, Copy)]
pub struct Stopwatch(std::time::Instant);

impl Stopwatch {
    /// Starts now.
    #[must_use]
    pub fn start() -> Self {
        Self(std::time::Instant::now())
    }

    /// Time since the start.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}

/// Tells how long a process has computed: the processor time that all its threads had (clock_getcpuclockid(3)).
#[derive(Debug, Clone, Copy)]
pub struct ProcessorClock(ClockId);

impl ProcessorClock {
    /// This process's.
    #[must_use]
    pub fn own() -> Self {
        Self(ClockId::CLOCK_PROCESS_CPUTIME_ID)
    }

    /// Another process's; `None` where it is gone.
    #[must_use]
    pub fn of(pid: i32) -> Option<Self> {
        ClockId::pid_cpu_clock_id(Pid::from_raw(pid)).ok().map(Self)
    }

    /// The time; `None` where the process is gone.
    #[must_use]
    pub fn now(self) -> Option<Duration> {
        self.0.now().ok().map(Duration::from)
    }
}
