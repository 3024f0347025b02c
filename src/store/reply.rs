//! An answer that comes when its write is on disk.

use tokio::sync::oneshot::{Receiver, Sender, channel};

use super::error::StoreError;

/// The answer to one call of a store, to be awaited or waited for.
#[derive(Debug)]
#[must_use = "what is not answered is not on disk yet"]
pub struct Reply<T>(Receiver<Result<T, StoreError>>);

impl<T> Reply<T> {
    /// An answer to come, and who gives it.
    pub(super) fn new() -> (Sender<Result<T, StoreError>>, Self) {
        let (sender, receiver) = channel();
        (sender, Self(receiver))
    }

    /// The answer, for asynchronous code.
    ///
    /// # Errors
    /// [`StoreError`]: nothing of the call is to be relied on.
    pub async fn get(self) -> Result<T, StoreError> {
        self.0.await.unwrap_or_else(|_| Err(StoreError::closed()))
    }

    /// The answer, blocking. Not to be called from asynchronous code.
    ///
    /// # Errors
    /// [`StoreError`]: nothing of the call is to be relied on.
    pub fn wait(self) -> Result<T, StoreError> {
        self.0.blocking_recv().unwrap_or_else(|_| Err(StoreError::closed()))
    }
}
