//! A seat and what its pages have been told (plugin-apis.md §3).

use std::mem::discriminant;
use std::sync::Arc;

use crate::event::{Cause, Stimulus, StimulusKind};

/// One agent's workplace, where customers share pages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seat {
    /// The customer-service account, which the ticket service answers (plugin-apis.md §1.1).
    pub account: Arc<str>,
    /// The customer the agent has turned to.
    pub current_user: Option<Arc<str>>,
}

/// What one page has been told about users. It outlives the page's documents: a navigation does not forget it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    user: Option<Arc<str>>,
    several: bool,
}

impl Seat {
    /// A seat that has turned to nobody yet.
    #[must_use]
    pub fn new(account: &str) -> Self {
        Self { account: Arc::from(account), current_user: None }
    }

    /// Turns to the stimulus's customer, where it is one that does so. Says whether the customer has changed.
    pub fn turn(&mut self, stimulus: &Stimulus) -> bool {
        let Some(user) = stimulus.turns_to() else { return false };
        if self.current_user.as_deref() == Some(user) {
            return false;
        }
        self.current_user = Some(Arc::from(user));
        true
    }
}

impl Told {
    /// The user the page was last told.
    #[must_use]
    pub fn user(&self) -> Option<&Arc<str>> {
        self.user.as_ref()
    }

    /// Whether the page has been told more than one user.
    #[must_use]
    pub fn several(&self) -> bool {
        self.several
    }

    /// Takes note of a stimulus on its way to the page and makes the cause of what it leads to. A stimulus without a
    /// user gets the one the page knows now: what comes of it later is not for whoever is current then.
    pub fn hear(&mut self, stimulus: &Stimulus) -> Cause {
        if let Some(user) = stimulus.turns_to() {
            self.tell(user);
        } else if stimulus.turns_away() {
            // What nobody is behind may be meant for whoever was there.
            self.several |= self.user.take().is_some();
        }
        let user = match (stimulus.user(), &self.user) {
            (Some(user), Some(told)) if **told == *user => Some(told.clone()),
            (Some(user), _) => Some(Arc::from(user)),
            (None, told) => told.clone(),
        };
        Cause { stimulus: Arc::from(stimulus.id.as_str()), user }
    }

    /// Takes note that the page is told this user, for instance again after a restart.
    pub fn tell(&mut self, user: &str) {
        match &self.user {
            Some(told) if **told == *user => {}
            told => {
                self.several |= told.is_some();
                self.user = Some(Arc::from(user));
            }
        }
    }

    /// Whether a shared page gets this stimulus: EChat's messages and updates of other visitors than the selected one
    /// do not reach it (plugin-apis.md §2).
    #[must_use]
    pub fn reaches(&self, stimulus: &Stimulus) -> bool {
        match (&stimulus.kind, stimulus.turns_to(), stimulus.user()) {
            (StimulusKind::Echat { .. }, None, Some(user)) => self.user.as_deref() == Some(user),
            _ => true,
        }
    }
}

/// What turned a page to its user, the last of each dialect, in the order in which it was told: a page that is loaded
/// again is told it again (plugin-apis.md §3).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Turned(Vec<Stimulus>);

impl Turned {
    /// Takes note of a stimulus that the page was told.
    pub fn note(&mut self, stimulus: &Stimulus) {
        if stimulus.turns_away() {
            self.0.clear();
        }
        let Some(user) = stimulus.turns_to() else { return };
        let dialect = |stimulus: &Stimulus| discriminant(&stimulus.kind);
        self.0.retain(|earlier| earlier.turns_to() == Some(user) && dialect(earlier) != dialect(stimulus));
        self.0.push(stimulus.clone());
    }

    /// What it is told again.
    #[must_use]
    pub fn stimuli(&self) -> &[Stimulus] {
        &self.0
    }
}

#[cfg(test)]
mod tests;
