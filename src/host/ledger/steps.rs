//! What tasks of a page did, as its host hears it.

use super::super::keeping::Changes;
use super::super::messages::{Sender, Taken};
use super::super::stage::Step;
use super::Ledger;

impl Ledger {
    /// Keeps what tasks of a page did; `told`: the stimulus of its turn. Of what only repeats nothing but the changes of
    /// what the page itself keeps. For each emission what became of it.
    pub(in super::super) fn step(
        &mut self,
        sender: Sender<'_>,
        step: &Step<'_>,
        told: Option<&str>,
        repeats: bool,
        changes: Changes,
    ) -> Vec<Taken> {
        if !step.repeated && !repeats {
            let ended = step.ended.map(|ended| (told, ended));
            return self.task(sender, step.emissions, ended, changes);
        }
        if step.repeated && step.emissions.is_empty() {
            self.refresh(sender.name);
        }
        self.count(sender.name, step.emissions);
        self.task(sender, &[], None, changes);
        step.emissions.iter().map(|_| Taken::default()).collect()
    }
}
