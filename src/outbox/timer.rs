//! How the outbox sees time pass.

use std::time::Duration;

use crate::{
    base::clock::{TimestampMs, system_now_ms},
    wechat::BoxFuture,
};

/// A clock one can wait on.
pub trait Timer: Send + Sync {
    /// Milliseconds since the epoch.
    fn now_ms(&self) -> TimestampMs;
    /// Returns when the time has passed.
    fn sleep(&self, time: Duration) -> BoxFuture<'_, ()>;
}

/// The system's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemTimer;

impl Timer for SystemTimer {
    fn now_ms(&self) -> TimestampMs {
        system_now_ms()
    }

    fn sleep(&self, time: Duration) -> BoxFuture<'_, ()> {
        Box::pin(tokio::time::sleep(time))
    }
}
