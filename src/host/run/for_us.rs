//! Which lines of a log pages can be told, and as what.

use super::Run;
use crate::config::Dialect;
use crate::event::{ECHAT_EVENTS, Line, Stimulus, StimulusKind};
use crate::host::derived::{Derived, Whom};
use crate::host::watch::Notice;

impl Run<'_> {
    /// Whether a page here can be told; complains once of each kind of line that none can.
    pub(super) fn is_for_us(&mut self, line: &Line, stimulus: &Stimulus) -> bool {
        let (key, text, hint) = match (&stimulus.plugin, &stimulus.kind) {
            (Some(plugin), _) if !self.stage.has(plugin) => (
                plugin.clone(),
                format!("{}: line {} is for the plugin {plugin}, which is not open", self.log_name, line.id),
                "the names are those of plugin.toml, else of the file",
            ),
            (_, StimulusKind::Mcs { .. } | StimulusKind::Ui(_) | StimulusKind::Reload) => return true,
            // Pages are told what is derived from it.
            (_, StimulusKind::WechatPush(_)) => return false,
            (_, StimulusKind::Echat { event, .. }) if ECHAT_EVENTS.contains(&event.as_str()) => return true,
            _ => (
                line.type_.clone(),
                format!(
                    "{}: line {} is {}, which this release does not tell pages",
                    self.log_name, line.id, line.type_
                ),
                "such lines are skipped",
            ),
        };
        if self.complaints.insert(key) {
            self.watch.say(Notice::warning(text).with_hint(Some(hint)));
        }
        false
    }

    /// Takes note of the visitor that pages are turned to.
    pub(super) fn note_selected(&mut self, stimulus: &Stimulus, pages: &[usize]) {
        if stimulus.turns_away() {
            self.selected.retain(|page, _| !pages.contains(page));
        }
        let Some(user) = stimulus.turns_to() else { return };
        for page in pages {
            match stimulus.kind {
                StimulusKind::Echat { .. } => drop(self.selected.insert(*page, user.to_owned())),
                // An agent turned to him; nobody selected him.
                _ if self.selected.get(page).is_some_and(|selected| selected != user) => {
                    self.selected.remove(page);
                }
                _ => {}
            }
        }
    }

    /// The pages that a stimulus is for: those of its plugin, of the dialect that it speaks.
    pub(super) fn pages_for(&self, stimulus: &Stimulus) -> Vec<usize> {
        let is_for = |page: &usize| {
            let plugin = self.stage.plugin(*page);
            let speaks = match &stimulus.kind {
                StimulusKind::Mcs { .. } => plugin.speaks(Dialect::Mcs),
                StimulusKind::Echat { .. } => plugin.speaks(Dialect::Echat),
                _ => true,
            };
            speaks && stimulus.plugin.as_ref().is_none_or(|name| *name == plugin.name)
        };
        (0..self.stage.len()).filter(is_for).collect()
    }

    /// What pages are told because of a push, with the pages. Of those of 一洽 only such as were opened for it; whoever
    /// writes is the visitor that they are turned to.
    pub(super) fn derived(&mut self, line: &Line, stimulus: &Stimulus) -> Vec<(Line, Vec<usize>)> {
        let mut told = Vec::new();
        for Derived { line, dialect, whom } in self.deriving.of(line, stimulus) {
            let mut pages = self.pages_for(&Stimulus { plugin: stimulus.plugin.clone(), ..Stimulus::from_line(&line) });
            let is_elsewhere = |page: &usize| self.selected.get(page).map(String::as_str) != line.subject.as_deref();
            pages.retain(|page| dialect == Dialect::Mcs || self.stage.plugin(*page).is_opened_for_echat());
            pages.retain(|page| match whom {
                Whom::All => true,
                Whom::TurnedElsewhere => is_elsewhere(page),
                Whom::Extra => self.stage.plugin(*page).extra_events,
            });
            if !pages.is_empty() {
                told.push((line, pages));
            }
        }
        told
    }
}
