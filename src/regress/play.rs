//! Recordings through the host's replay.

use url::Url;

use super::case::Case;
use super::run::{Played, Player, Trouble};
use crate::event::Place;
use crate::host::code;
use crate::host::replay::{Launchers, Replayed, plugin_of, replay_by};
use crate::host::{Names, Notice, Plugin, Processes};
use crate::record::session::Session;

/// Replays recordings in page processes. Pages whose loads depend on the same are forked from one template.
pub struct Replays {
    launchers: Launchers,
}

impl Replays {
    /// Nothing runs yet.
    #[must_use]
    pub fn new(processes: Processes) -> Self {
        Self { launchers: Launchers::new(processes) }
    }
}

impl Player for Replays {
    fn play(&self, case: &Case) -> Vec<Played> {
        let session = Session::of_lines(case.lines.iter().map(|(_, line)| line.clone()));
        let mut names = Names::default();
        let plugins = session.recordings.iter().map(|recording| plugin_of(recording, &case.path, &mut names));
        let plugins = match plugins.collect::<Result<Vec<Plugin>, _>>() {
            Ok(plugins) => plugins,
            Err(error) => {
                let text = with_hint(&error.to_string(), error.hint().as_deref());
                return case.plugins.iter().map(|plugin| fails(plugin, Trouble::Page(text.clone()))).collect();
            }
        };
        let pages: Vec<_> = session.recordings.iter().zip(&plugins).collect();
        let make = |options, recording: &_, plugin: &_| self.launchers.page(options, recording, plugin);
        let replayed = replay_by(&pages, &make);
        let names = case.plugins.iter().zip(plugins.iter().map(|plugin| plugin.name.as_str()));
        names.map(|(recorded, now)| of_page(&replayed, recorded, now)).collect()
    }

    fn frame(&self, case: &Case, plugin: &str, place: &Place) -> Option<String> {
        let session = Session::of_lines(case.lines.iter().map(|(_, line)| line.clone()));
        let recording = session.recordings.iter().find(|recording| recording.header.plugin == plugin)?;
        let plugin = plugin_of(recording, &case.path, &mut Names::default()).ok()?;
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
    let warnings = replayed.divergences.iter().filter(of_others).map(|notice| notice.text.clone()).collect();
    Played { plugin: recorded.to_owned(), lines, places, warnings, trouble }
}

fn fails(plugin: &str, trouble: Trouble) -> Played {
    Played { plugin: plugin.to_owned(), trouble: Some(trouble), ..Played::default() }
}

fn with_hint(text: &str, hint: Option<&str>) -> String {
    hint.map_or_else(|| text.to_owned(), |hint| format!("{text} ({hint})"))
}
