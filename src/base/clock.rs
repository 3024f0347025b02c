//! The only readers of the system's time, the clock that a host goes by, and how page time is written down.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use nix::time::ClockId;
use nix::unistd::Pid;
use tokio::sync::watch;

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

/// What a host goes by: the system's time, or one that is set by a [`Hand`]. Clones are the same clock.
#[derive(Clone, Debug, Default)]
pub struct Clock(Option<Arc<Hands>>);

/// Sets a clock.
#[derive(Clone, Debug)]
pub struct Hand(Arc<Hands>);

#[derive(Debug)]
struct Hands {
    now: watch::Sender<TimestampMs>,
    /// Whether it goes on by itself to when somebody waits for.
    skips: bool,
}

impl Clock {
    /// The system's.
    #[must_use]
    pub fn system() -> Self {
        Self(None)
    }

    /// One that stands still.
    #[must_use]
    pub fn stopped(at: TimestampMs) -> Self {
        Hand::new(at).clock()
    }

    /// The time.
    #[must_use]
    pub fn now_ms(&self) -> TimestampMs {
        self.0.as_ref().map_or_else(system_now_ms, |hands| *hands.now.borrow())
    }

    /// Returns when it is that late. Where nobody waits, it is so at once.
    pub async fn until(&self, at: TimestampMs) {
        if let Some(hands) = self.0.as_ref().filter(|hands| hands.skips) {
            // Whoever waits until nothing is left to do goes first.
            tokio::task::yield_now().await;
            hands.now.send_if_modified(|now| {
                let is_early = *now < at;
                *now = at.max(*now);
                is_early
            });
        }
        self.reaches(at).await;
    }

    /// The same beside work that is under way: nothing is skipped for it.
    pub async fn reaches(&self, at: TimestampMs) {
        match &self.0 {
            None => {
                let left = at.saturating_sub(system_now_ms());
                tokio::time::sleep(Duration::from_millis(u64::try_from(left).unwrap_or(0))).await;
            }
            // Its sender is ours.
            Some(hands) => drop(hands.now.subscribe().wait_for(|now| *now >= at).await),
        }
    }

    /// Returns when it was set to another time than this. The system's is not: it passes.
    pub async fn set_from(&self, at: TimestampMs) {
        match &self.0 {
            None => std::future::pending().await,
            // Its sender is ours.
            Some(hands) => drop(hands.now.subscribe().wait_for(|now| *now != at).await),
        }
    }
}

impl Hand {
    /// For a clock that shows this time until it is set.
    #[must_use]
    pub fn new(at: TimestampMs) -> Self {
        Self(Arc::new(Hands { now: watch::Sender::new(at), skips: false }))
    }

    /// The same, where nobody waits: what somebody waits for is there when all else is done.
    #[must_use]
    pub fn skipping(at: TimestampMs) -> Self {
        Self(Arc::new(Hands { now: watch::Sender::new(at), skips: true }))
    }

    /// The clock.
    #[must_use]
    pub fn clock(&self) -> Clock {
        Clock(Some(self.0.clone()))
    }

    /// What it shows.
    #[must_use]
    pub fn now_ms(&self) -> TimestampMs {
        *self.0.now.borrow()
    }

    /// Sets it; who waits hears of it.
    pub fn set(&self, at: TimestampMs) {
        self.0.now.send_replace(at);
    }

    /// Sets it so much later.
    pub fn pass(&self, ms: i64) {
        self.0.now.send_modify(|now| *now = now.saturating_add(ms));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_waits_hears_when_it_is_set() {
        let hand = Hand::new(10);
        let clock = hand.clock();
        let (waited, set, ()) = tokio::join!(
            async {
                clock.until(30).await;
                clock.now_ms()
            },
            async {
                clock.set_from(10).await;
                clock.now_ms()
            },
            async {
                for at in [20, 30] {
                    hand.set(at);
                    tokio::task::yield_now().await;
                }
            }
        );
        assert_eq!((waited, set), (30, 20));
        clock.until(30).await;
        clock.set_from(29).await;
    }

    #[tokio::test]
    async fn where_nobody_waits_it_is_then() {
        let hand = Hand::skipping(10);
        hand.clock().until(30).await;
        hand.clock().until(20).await;
        hand.pass(5);
        assert_eq!(hand.now_ms(), 35);
    }

    #[tokio::test]
    async fn the_system_s_passes() {
        let (clock, before) = (Clock::system(), system_now_ms());
        clock.until(before).await;
        assert!((before..before + 3_600_000).contains(&clock.now_ms()));
    }
}
