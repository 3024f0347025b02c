//! Events of earlier runs, or of pages that are gone, that are told now.

use std::sync::Arc;

use super::Ledger;
use crate::store::{AccountId, EventId, Store, Unfinished};

impl Ledger {
    /// Where it is kept: the store, and the account in it.
    #[must_use]
    pub fn kept_in(&self) -> (Arc<dyn Store>, AccountId) {
        (self.store.clone(), self.account)
    }

    /// The event that is told by this id, while it is remembered.
    #[must_use]
    pub fn event_of(&self, id: &str) -> Option<EventId> {
        self.events.get(id).map(|known| known.id)
    }

    /// An event of an earlier run is told in this one, by its name.
    pub fn take_up(&mut self, event: &Unfinished) {
        self.events.recall(event.event, &event.name);
    }

    /// The same, where its line may come once more in this run, and is not told then: what it leads to later is counted
    /// on.
    pub fn take_up_for_good(&mut self, event: &Unfinished) {
        self.take_up(event);
        if let Some(known) = self.events.get_mut(&event.name) {
            known.is_ours = true;
        }
    }
}
