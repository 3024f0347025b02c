//! What pages were still busy with when they ended.

use std::collections::BTreeMap;

use super::Ledger;
use crate::host::watch::{About, Notice};
use crate::store::{Commit, StoreError, TurnEnd, TurnState};

impl Ledger {
    /// What pages were yet to do when an earlier run ended, as warnings.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn lost(&mut self, plugins: &[String]) -> Result<Vec<Notice>, StoreError> {
        let lost = self.store.lost(self.account, plugins.to_vec(), self.clock.now_ms()).wait()?;
        Ok(lost.into_iter().map(lost_notice).collect())
    }

    /// After how many events pages are still busy, their time being up.
    #[must_use]
    pub fn busy(&self) -> usize {
        self.busy.values().map(Vec::len).sum()
    }

    /// The run ends in order: what pages are still busy with will not be done, and nobody is to wonder about it. A log
    /// that was not played to its end goes on with the next run.
    pub fn close(&mut self, log_ended: bool) {
        let mut commit = Commit { account: Some(self.account), now: self.clock.now_ms(), ..Commit::default() };
        for (plugin, busy) in self.busy.drain() {
            let turn_end = |event| TurnEnd { event, plugin: plugin.clone(), state: TurnState::Done };
            commit.ended.extend(busy.into_iter().map(turn_end));
        }
        if self.failure.is_some() {
            return;
        }
        let mut ended = self.store.commit(commit).wait().map(drop);
        if log_ended {
            let identity = if self.is_file { &self.log.1 } else { &self.log.0 };
            ended = ended.and_then(|()| self.store.end_log(self.account, identity).wait());
        }
        if let Err(error) = ended {
            self.fail(error);
        }
    }
}

/// What a plugin's page was yet to do because of an event, when an earlier host ended.
fn lost_notice((event, plugin): (String, String)) -> Notice {
    let text = format!(
        "{plugin}: the host ended while the page was still busy after {event}: what it was yet to send is lost"
    );
    Notice::warning(text).with_hint(Some("look at the conversation; the page is loaded afresh"))
}

/// The same of a host that served: events of one plugin are counted, since pages that never rest have many.
pub(in super::super) fn lost_notices(lost: Vec<(String, String)>) -> impl Iterator<Item = Notice> {
    let mut counts = BTreeMap::<String, usize>::new();
    lost.into_iter().for_each(|(_, plugin)| *counts.entry(plugin).or_default() += 1);
    counts.into_iter().map(|(plugin, count)| {
        let text = format!(
            "{plugin}: the host was ended while pages were still busy after {count} events: what they were yet to send is lost"
        );
        let about = About::new("events.lost").plugin(&plugin).with("count", count);
        Notice::warning(text).with_hint(Some("its customers' pages are loaded afresh")).about(about)
    })
}
