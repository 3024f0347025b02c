//! A connection that is read only so far without a whole message coming of it: pings and empty fragments cost a server
//! nothing, and could keep the host busy for ever.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::base::limits::SOCKET_METER_BYTES;

/// What was read since it was reset.
#[derive(Debug)]
pub(super) struct Meter {
    bytes: AtomicU64,
    bytes_max: u64,
}

impl Meter {
    /// For messages of so many bytes, in however small fragments.
    pub(super) fn new(message_bytes_max: usize) -> Self {
        let bytes_max = (message_bytes_max as u64).saturating_mul(4).saturating_add(SOCKET_METER_BYTES);
        Self { bytes: AtomicU64::new(0), bytes_max }
    }

    /// A message has come, or time has passed.
    pub(super) fn reset(&self) {
        self.bytes.store(0, Ordering::Relaxed);
    }

    fn count(&self, bytes: usize) -> io::Result<()> {
        let before = self.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
        if before.saturating_add(bytes as u64) > self.bytes_max {
            return Err(io::Error::other("too much came without a whole message"));
        }
        Ok(())
    }
}

/// A connection and its meter.
#[derive(Debug)]
pub(super) struct Metered<S> {
    inner: S,
    meter: Arc<Meter>,
}

impl<S> Metered<S> {
    pub(super) fn new(inner: S, meter: Arc<Meter>) -> Self {
        Self { inner, meter }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Metered<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        match Pin::new(&mut self.inner).poll_read(cx, buffer) {
            Poll::Ready(Ok(())) => Poll::Ready(self.meter.count(buffer.filled().len() - before)),
            other => other,
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Metered<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_much_between_messages() {
        let meter = Meter::new(10);
        let most = usize::try_from(SOCKET_METER_BYTES).unwrap() + 40;
        assert!(meter.count(most).is_ok());
        assert!(meter.count(1).is_err());
        meter.reset();
        assert!(meter.count(most).is_ok());
    }
}
