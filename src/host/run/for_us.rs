//! Which lines of a log pages can be told, and as what.

use super::Run;
use crate::event::{ECHAT_EVENTS, Line, Stimulus, StimulusKind};
use crate::host::echat_push;
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
            (_, StimulusKind::Echat { event, .. }) if ECHAT_EVENTS.contains(&event.as_str()) => return true,
            _ => (
                line.type_.clone(),
                format!(
                    "{}: line {} is {}, which this release does not tell pages",
                    self.log_name, line.id, line.type_
                ),
                match &stimulus.kind {
                    StimulusKind::WechatPush(_) if self.durable.is_some() => {
                        "it counts for what the customer may be sent"
                    }
                    _ => "such lines are skipped",
                },
            ),
        };
        if self.complaints.insert(key) {
            self.watch.say(Notice::warning(text).with_hint(Some(hint)));
        }
        false
    }

    /// Takes note of the visitor that pages are turned to.
    pub(super) fn note_selected(&mut self, stimulus: &Stimulus, pages: &[usize]) {
        if let Some(user) = stimulus.turns_to() {
            self.selected.extend(pages.iter().map(|page| (*page, user.to_owned())));
        }
    }

    /// What EChat pages are told of a push, with the pages: whoever writes is the visitor that they are turned to.
    pub(super) fn derived(&self, stimulus: &Stimulus, line: &Line) -> Vec<(Line, Vec<usize>)> {
        let StimulusKind::WechatPush(push) = &stimulus.kind else { return Vec::new() };
        let Some(lines) = echat_push::lines(push, line) else { return Vec::new() };
        let is_for = |page: &usize| {
            let plugin = self.stage.plugin(*page);
            plugin.is_opened_for_echat() && stimulus.plugin.as_ref().is_none_or(|name| *name == plugin.name)
        };
        let pages: Vec<usize> = (0..self.stage.len()).filter(is_for).collect();
        let is_elsewhere =
            |page: &usize| self.selected.get(page).map(String::as_str) != lines.select.subject.as_deref();
        let turned = pages.iter().copied().filter(is_elsewhere).collect();
        let told = [(lines.select, turned), (lines.message, pages)];
        told.into_iter().filter(|(_, pages): &(Line, Vec<usize>)| !pages.is_empty()).collect()
    }
}
