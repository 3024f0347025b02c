//! Files that are uploaded one at a time where they are the same: the others wait, and find it known.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::{Mutex as Turn, MutexGuard};

use super::{fit::FitError, media::Fingerprint};

/// Holds, while others wait, why no picture can be made of the file.
type Outcome = Option<FitError>;

/// Whose turn it is, by file; there are no more than messages with files on their way.
#[derive(Debug, Default)]
pub(super) struct UploadTurns {
    files: Mutex<HashMap<Fingerprint, Arc<Turn<Outcome>>>>,
}

/// A place in the line for one file. The last one takes the line away.
pub(super) struct Place<'a> {
    turns: &'a UploadTurns,
    key: Fingerprint,
    turn: Arc<Turn<Outcome>>,
}

impl UploadTurns {
    /// A place behind those who want the same file uploaded.
    pub(super) fn of(&self, key: Fingerprint) -> Place<'_> {
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        Place { turns: self, key, turn: Arc::clone(files.entry(key).or_default()) }
    }
}

impl Place<'_> {
    /// Waits for those before.
    pub(super) async fn wait(&self) -> MutexGuard<'_, Outcome> {
        self.turn.lock().await
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut files = self.turns.files.lock().unwrap_or_else(PoisonError::into_inner);
        // The table's and this one.
        if Arc::strong_count(&self.turn) == 2 {
            files.remove(&self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn nothing_is_kept_of_files_that_nobody_waits_for() {
        let turns = UploadTurns::default();
        let (first, second, other) = (turns.of([1; 32]), turns.of([1; 32]), turns.of([2; 32]));
        *first.wait().await = Some(FitError::Format);
        drop(first);
        assert_eq!(*second.wait().await, Some(FitError::Format));
        assert_eq!(*other.wait().await, None);
        assert_eq!(turns.files.lock().unwrap().len(), 2);
        drop((second, other));
        assert!(turns.files.lock().unwrap().is_empty());
        assert_eq!(*turns.of([1; 32]).wait().await, None);
    }
}
