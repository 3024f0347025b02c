//! The events of a run, as far as pages may still have something to do because of them.

use std::collections::{HashMap, VecDeque};

use crate::base::limits::{EFFECTS_KEPT_MAX, EVENTS_REMEMBERED};
use crate::event::Effect;
use crate::page::LOAD_CAUSE;
use crate::store::EventId;

/// An event and the first part of its messages' keys.
#[derive(Clone, Debug)]
pub(super) struct Known {
    pub(super) id: EventId,
    pub(super) name: String,
    /// Whether a line of this run's log has it; else it is of an earlier run.
    pub(super) is_ours: bool,
    /// How many effects there were, by plugin: the last part of a row's key.
    pub(super) effects: HashMap<String, u32>,
    /// How many of them were no messages, by plugin, fresh pages' as well.
    pub(super) asides: HashMap<String, u32>,
    /// How many there had been when the plugin's page became a fresh one: what that one does is counted anew, and what it
    /// had not done before comes behind these.
    pub(super) earlier: HashMap<String, u32>,
}

impl Known {
    /// Whether an effect of a plugin's page is kept.
    pub(super) fn keeps(&mut self, plugin: &str, effect: &Effect) -> bool {
        effect.is_message_call() || {
            let asides = self.asides.entry(plugin.to_owned()).or_default();
            *asides = asides.saturating_add(1);
            *asides <= EFFECTS_KEPT_MAX
        }
    }
}

/// Events by the ids that they were told by; past a bound the oldest go.
#[derive(Debug, Default)]
pub(super) struct Events {
    pub(super) known: HashMap<String, Known>,
    order: VecDeque<String>,
}

impl Events {
    pub(super) fn get(&self, id: &str) -> Option<&Known> {
        self.known.get(id)
    }

    pub(super) fn get_mut(&mut self, id: &str) -> Option<&mut Known> {
        self.known.get_mut(id)
    }

    /// An event of an earlier run, by its name; one that is there stays.
    pub(super) fn recall(&mut self, event: EventId, name: &str) {
        if self.get(name).is_none_or(|known| known.id != event) {
            self.insert(name.to_owned(), event, name.to_owned(), false);
        }
    }

    pub(super) fn insert(&mut self, id: String, event: EventId, name: String, is_ours: bool) {
        let (effects, asides, earlier) = (HashMap::new(), HashMap::new(), HashMap::new());
        let known = Known { id: event, name, is_ours, effects, asides, earlier };
        let is_new = self.known.insert(id.clone(), known).is_none();
        // What a page began to do when it was loaded it may do for ever.
        if is_new && id != LOAD_CAUSE {
            self.order.push_back(id);
        }
        if self.order.len() > EVENTS_REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
        }
    }
}
