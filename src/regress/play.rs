//! Recordings through the host's replay.

use url::Url;

use super::case::Case;
use super::run::{Played, Player, Trouble};
use crate::event::Place;
use crate::host::code;
use crate::host::replay::{Launchers, Replayed, plugin_of, replay_by};
use crate::host::{Names, Notice, Plugin, PluginError, Processes};
use crate::record::session::Session;

/// Replays recordings in page processes. Pages whose loads depend on the same are forked from one template.
pub struct Replays {
    launchers: Launchers,
    against: Option<Against>,
}

/// Another version of a plugin, which stands in for the recorded one.
#[derive(Clone, Debug)]
pub struct Against {
    /// The PAGE argument.
    pub page: String,
    /// What the plugin calls itself.
    pub name: String,
}

impl Against {
    /// The version that a PAGE argument means.
    ///
    /// # Errors
    /// [`PluginError`]
    pub fn resolve(page: &str) -> Result<Self, PluginError> {
        let plugin = Plugin::resolve(page, &mut Names::default())?;
        Ok(Self { page: page.to_owned(), name: plugin.name })
    }

    /// Which of the plugins of a recording it stands in for: the one of its name, or the only one.
    #[must_use]
    pub fn replaced<'a>(&self, plugins: &'a [String]) -> Option<&'a str> {
        let named = plugins.iter().find(|plugin| **plugin == self.name);
        let only = plugins.first().filter(|_| plugins.len() == 1);
        named.or(only).map(String::as_str)
    }

    /// It is opened as the recorded one was: under its name, which is in its page's address, and with its page's query.
    fn open(&self, recorded: &str, recorded_page: &str) -> Result<Plugin, PluginError> {
        let query = recorded_page.find(['?', '#']).map_or("", |at| &recorded_page[at..]);
        let query = if self.page.contains(['?', '#']) { "" } else { query };
        Plugin::resolve(&format!("{}{query}", self.page), &mut Names::called(recorded))
    }
}

impl Replays {
    /// Nothing runs yet.
    #[must_use]
    pub fn new(processes: Processes) -> Self {
        Self { launchers: Launchers::new(processes), against: None }
    }

    /// With another version of a plugin.
    #[must_use]
    pub fn against(self, against: Option<Against>) -> Self {
        Self { against, ..self }
    }

    /// The plugins of a recording's pages.
    fn plugins(&self, case: &Case, session: &Session) -> Result<Vec<Plugin>, PluginError> {
        let mut names = Names::default();
        let replaced = self.against.as_ref().and_then(|against| Some((against, against.replaced(&case.plugins)?)));
        let recordings = session.recordings.iter();
        let plugin = recordings.map(|recording| match replaced {
            Some((against, name)) if name == recording.header.plugin => against.open(name, &recording.header.page),
            _ => plugin_of(recording, &case.path, &mut names),
        });
        plugin.collect()
    }
}

impl Player for Replays {
    fn play(&self, case: &Case) -> Vec<Played> {
        let session = Session::of_lines(case.lines.iter().map(|(_, line)| line.clone()));
        let plugins = match self.plugins(case, &session) {
            Ok(plugins) => plugins,
            Err(error) => {
                let text = with_hint(&error.to_string(), error.hint().as_deref());
                return case.plugins.iter().map(|plugin| fails(plugin, Trouble::Page(text.clone()))).collect();
            }
        };
        let pages: Vec<_> = session.recordings.iter().zip(&plugins).collect();
        let make = |options, recording: &_, plugin: &_| self.launchers.page(options, recording, plugin);
        let replayed = replay_by(&pages, self.launchers.limits(), &make);
        let names = pages.iter().map(|(recording, plugin)| (recording.header.plugin.as_str(), plugin.name.as_str()));
        names.map(|(recorded, now)| of_page(&replayed, recorded, now)).collect()
    }

    fn frame(&self, case: &Case, plugin: &str, place: &Place) -> Option<String> {
        let session = Session::of_lines(case.lines.iter().map(|(_, line)| line.clone()));
        let at = session.recordings.iter().position(|recording| recording.header.plugin == plugin)?;
        let plugin = self.plugins(case, &session).ok()?.into_iter().nth(at)?;
        code::frame_of(&plugin, &Url::parse(&place.url).ok()?, (place.line, place.column))
    }
}

/// What one page did of what all of a file did; `now` is what its plugin is called now.
fn of_page(replayed: &Replayed, recorded: &str, now: &str) -> Played {
    let unloaded = replayed.unloaded.clone().map(Trouble::Page);
    let trouble = unloaded.or_else(|| replayed.environment.clone().map(Trouble::Environment));
    let lines = replayed.lines.iter().zip(&replayed.places);
    let his = lines.filter(|(line, _)| line.plugin.as_deref() == Some(now));
    let (lines, places) = his.map(|(line, place)| (line.clone(), place.clone())).unzip();
    let of_others = |notice: &&Notice| notice.text.starts_with(&format!("{now}: "));
    let warnings = replayed
        .notices
        .iter()
        .chain(&replayed.divergences)
        .filter(of_others)
        .map(|notice| notice.text.clone())
        .collect();
    Played { plugin: recorded.to_owned(), lines, places, warnings, trouble }
}

fn fails(plugin: &str, trouble: Trouble) -> Played {
    Played { plugin: plugin.to_owned(), trouble: Some(trouble), ..Played::default() }
}

fn with_hint(text: &str, hint: Option<&str>) -> String {
    hint.map_or_else(|| text.to_owned(), |hint| format!("{text} ({hint})"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whom_another_version_stands_in_for() {
        let against = Against { page: "b-2".to_owned(), name: "b".to_owned() };
        let of = |plugins: &[&str]| {
            let plugins: Vec<String> = plugins.iter().map(|name| (*name).to_owned()).collect();
            against.replaced(&plugins).map(str::to_owned)
        };
        assert_eq!(of(&["a", "b"]).as_deref(), Some("b"));
        assert_eq!(of(&["a"]).as_deref(), Some("a"));
        assert_eq!((of(&["a", "c"]), of(&[])), (None, None));
    }
}
