//! `--state`: what pages keep from one run to the next, `localStorage` and cookies.

use std::mem;
use std::sync::Arc;

use serde_json::Value;

use super::plugin::Plugin;
use crate::base::clock::TimestampMs;
use crate::engine::event_loop::{Emission, Output};
use crate::event::{Effect, LocalStorage, StorageArea, StorageChange};
use crate::net::{Cookie, PluginNetwork};
use crate::store::{Commit, Store, StoreError};

/// What changed, ready to be written.
#[derive(Clone, Debug, Default)]
pub(super) struct Changes {
    /// In `localStorage`: plugin, origin, and how.
    pub(super) storage: Vec<(String, String, StorageChange)>,
    /// All cookies of plugins of which some changed.
    pub(super) cookies: Vec<(String, Value)>,
}

struct Page {
    /// The name of its plugin in the store.
    name: String,
    network: Arc<PluginNetwork>,
    /// The cookies that are on disk.
    kept: Vec<Cookie>,
}

/// The keeping of a run.
pub(super) struct Keeping {
    store: Arc<dyn Store>,
    pages: Vec<Page>,
}

impl Keeping {
    pub(super) fn new(store: Arc<dyn Store>) -> Self {
        Self { store, pages: Vec::new() }
    }

    /// What a page is opened with; its cookies are in its jar then. `start` is the page time at which it opens.
    pub(super) fn recall(
        &self,
        plugin: &Plugin,
        network: &PluginNetwork,
        start: TimestampMs,
    ) -> Result<LocalStorage, StoreError> {
        let name = self.store.plugin(&plugin.name, &plugin.identity).wait()?;
        let state = self.store.plugin_state(&name).wait()?;
        let mut storage = LocalStorage::default();
        state.storage.iter().for_each(|(origin, key, value)| storage.set(origin, key, value));
        // We wrote them ourselves; none are in a store without any.
        let cookies: Vec<Cookie> = serde_json::from_value(state.cookies).unwrap_or_default();
        network.cookies().restore(cookies, start);
        Ok(storage)
    }

    /// A page is open, the next in their order.
    pub(super) fn opened(&mut self, plugin: &Plugin, network: &Arc<PluginNetwork>) -> Result<(), StoreError> {
        let name = self.store.plugin(&plugin.name, &plugin.identity).wait()?;
        self.pages.push(Page { name, network: network.clone(), kept: Vec::new() });
        Ok(())
    }

    /// What tasks of a page changed.
    pub(super) fn changes(&mut self, page: usize, emissions: &[Emission]) -> Changes {
        let Page { name, network, kept } = &mut self.pages[page];
        let local = |emission: &Emission| match &emission.output {
            Output::Effect(Effect::Storage { origin, area: StorageArea::Local, change }) => {
                Some((name.clone(), origin.clone(), change.clone()))
            }
            _ => None,
        };
        let storage = emissions.iter().filter_map(local).collect();
        // Those that have ended go when they are read again: what the time is then, nobody knows yet.
        let now = network.cookies().cookies(TimestampMs::MIN);
        let cookies = match mem::replace(kept, now) == *kept {
            true => Vec::new(),
            false => vec![(name.clone(), serde_json::json!(kept))],
        };
        Changes { storage, cookies }
    }

    /// Writes changes where nothing else is written with them.
    pub(super) fn write(&self, changes: Changes) -> Result<(), StoreError> {
        let Changes { storage, cookies } = changes;
        let commit = Commit { storage, cookies, ..Commit::default() };
        if commit.is_empty() { Ok(()) } else { self.store.commit(commit).wait().map(drop) }
    }

    /// Ends in order.
    pub(super) fn close(&self) {
        self.store.close();
    }
}
