//! How many requests of a page are under way.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A place among a page's requests; dropping it gives it back.
#[derive(Debug)]
pub(super) struct InFlight(Arc<AtomicUsize>);

impl InFlight {
    /// A place, where fewer than `max` are taken.
    pub(super) fn take(taken: &Arc<AtomicUsize>, max: usize) -> Option<Self> {
        let one_more = |count| (count < max).then_some(count + 1);
        taken.fetch_update(Ordering::AcqRel, Ordering::Acquire, one_more).ok()?;
        Some(Self(taken.clone()))
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_comes_back() {
        let taken = Arc::new(AtomicUsize::new(0));
        let first = InFlight::take(&taken, 2);
        let second = InFlight::take(&taken, 2);
        assert!(first.is_some() && second.is_some() && InFlight::take(&taken, 2).is_none());
        drop(first);
        assert!(InFlight::take(&taken, 2).is_some());
    }
}
