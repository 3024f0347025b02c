//! Replay (session-log.md, Replay): the same code as a run, with the answers taken from a recording. Virtual time, no
//! network, no real clock.
//!
//! `network` answers what pages ask, `ends` ends them where they ended.

mod ends;
mod launchers;
mod network;

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, PoisonError};

use serde_json::Value;

use self::ends::{Ending, News, ends};
pub use self::launchers::Launchers;
pub(super) use self::network::REFUSED;
use self::network::Replay;
use super::lines::Lines;
use super::plugin::{Names, Plugin, PluginError, is_address};
use super::processes::Processes;
use super::recorder::exchange::Exchange;
use super::rights::Rights;
use super::stage::{Happened, Stage};
use super::watch::Notice;
use crate::base::limits::SETTLE_MS_MAX;
use crate::base::limits::page::{Lifted, PageLimits};
use crate::config::LimitSettings;
use crate::config::plugin::PLUGIN_FILE;
use crate::dom::mirror::View;
use crate::event::stimulus::STIMULUS_PREFIX;
use crate::event::{Line, LocalStorage, Place, Stimulus};
use crate::net::Cookie;
use crate::page::{Driver, LoadError, Look, Looked, Moment, Pace, PageOptions};
use crate::record::Session;
use crate::record::session::{DIALOG, HTTP, Recording};

/// So much longer than it was a page may compute: a slow machine is no difference.
const PATIENCE: u64 = 3;

/// The pace of pages whose host kept the time: it woke them when it thought fit.
const HOSTED: &str = "hosted";

/// What a customer did.
const PUSH: &str = "stimulus.wechat.push";

/// What came of a replay.
#[derive(Debug, Default)]
pub struct Replayed {
    /// `effect.`, `fault.` and `console.` lines in order, as `run --all` gives them out.
    pub lines: Vec<Line>,
    /// Where the page made each of them, as far as that is known.
    pub places: Vec<Option<Place>>,
    /// Where the pages asked for something that was not recorded.
    pub divergences: Vec<Notice>,
    /// What else a person should know.
    pub notices: Vec<Notice>,
    /// Why there are no lines: a page does not load, or its recording is none.
    pub unloaded: Option<String>,
    /// Why the lines mean nothing: this machine ended a page that had not been ended.
    pub environment: Option<String>,
}

/// Makes the process of a recording's page.
pub type Make<'a> = dyn Fn(PageOptions, &Recording, &Plugin) -> Box<dyn Driver + Send> + 'a;

/// Replays one page.
#[must_use]
pub fn replay(recording: &Recording, plugin: &Plugin, processes: &Processes) -> Replayed {
    replay_all(&[(recording, plugin)], processes)
}

/// Replays the pages of one file, side by side as they ran.
#[must_use]
pub fn replay_all(pages: &[(&Recording, &Plugin)], processes: &Processes) -> Replayed {
    replay_by(pages, &processes.limits, &|options, _, _| processes.page(options))
}

/// The same with pages that come to be in this way, where the operator set these bounds.
#[must_use]
pub fn replay_by(pages: &[(&Recording, &Plugin)], limits: &LimitSettings, make: &Make<'_>) -> Replayed {
    perform(pages, limits, make).0
}

/// The same, with the pages as they are then.
fn perform(pages: &[(&Recording, &Plugin)], limits: &LimitSettings, make: &Make<'_>) -> (Replayed, Stage) {
    let mut replayed = Replayed::default();
    let settle_ms = pages.first().map_or(0, |(recording, _)| recording.header.settle_ms.clamp(0, SETTLE_MS_MAX));
    let mut show = Show { stage: Stage::new(settle_ms, false), lines: Lines::new(true), pages: Vec::new() };
    let rounds = rounds(pages);
    let mut loading = Vec::new();
    for (recording, plugin) in pages {
        match show.open(recording, plugin, (rounds.as_slice(), limits), make) {
            Ok((happened, notice)) => {
                loading.extend(happened);
                replayed.notices.extend(notice);
            }
            Err(error) => {
                replayed.unloaded = Some(error.text);
                return (replayed, show.stage);
            }
        }
    }
    loading.sort_by_key(|happened| happened.emission.time);
    show.give_out(&loading, &mut replayed);
    // Of a host that kept the time only what came before the next event is known.
    let is_hosted = pages.iter().any(|(recording, _)| recording.header.pace == HOSTED);
    show.stage.settle_within(if is_hosted { 0 } else { settle_ms });
    for Round { line, told, .. } in &rounds {
        let at = line.time.or(show.stage.now()).unwrap_or_default();
        let happened = show.stage.round(&Stimulus::from_line(line), told, at, &mut |_| ());
        show.give_out(&happened, &mut replayed);
    }
    let happened = if is_hosted {
        // What it did later nobody recorded.
        let last = pages.iter().filter_map(|(recording, _)| last_of(recording)).max();
        let passes = Stimulus::from_line(&Line::new("end", "duoke", "stimulus.end", Value::Null));
        show.stage.round(&passes, &[], last.unwrap_or_default(), &mut |_| ())
    } else {
        show.stage.settle_within(settle_ms);
        show.stage.settle(&mut |_| ())
    };
    show.give_out(&happened, &mut replayed);
    replayed.divergences = each_once(replayed.divergences);
    (replayed, show.stage)
}

/// The document of the page of a recording as it was after the turn of this stimulus.
///
/// # Errors
/// In words: the lines are no recording of it, or cannot be replayed.
pub fn document_after(
    mut lines: Vec<Line>,
    plugin: &Plugin,
    stimulus: &str,
    processes: &Processes,
) -> Result<(String, Option<View>), String> {
    let at = lines.iter().position(|line| line.type_.starts_with(STIMULUS_PREFIX) && line.id == stimulus);
    let at = at.ok_or_else(|| format!("{stimulus} is not in the recording"))?;
    let next = lines.iter().skip(at + 1).position(|line| line.type_.starts_with(STIMULUS_PREFIX));
    lines.truncate(next.map_or(lines.len(), |next| at + 1 + next));
    let session = Session::of_lines(lines);
    let recording = session.recordings.first().ok_or("the lines are no recording")?;
    let make = |options: PageOptions, _: &Recording, _: &Plugin| -> Box<dyn Driver + Send> { processes.page(options) };
    let (replayed, mut stage) = perform(&[(recording, plugin)], &processes.limits, &make);
    match replayed.unloaded.or(replayed.environment) {
        Some(reason) => Err(reason),
        None => {
            let page = stage.driver(0).ok_or("the recording has no page")?;
            let looked = page.look(Look::Changes(0));
            let view = if let Some(Looked::View(view)) = looked { Some(view) } else { None };
            Ok((page.document_html(), view))
        }
    }
}

/// What is said several times is said once, with how often.
fn each_once(notices: Vec<Notice>) -> Vec<Notice> {
    let mut all: Vec<(Notice, usize)> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for notice in notices {
        let at = *places.entry(notice.text.clone()).or_insert(all.len());
        match all.get_mut(at) {
            Some((_, count)) => *count += 1,
            None => all.push((notice, 1)),
        }
    }
    let counted = |(notice, count): (Notice, usize)| match count {
        1 => notice,
        _ => Notice { text: format!("{} ({count} times)", notice.text), ..notice },
    };
    all.into_iter().map(counted).collect()
}

/// Page time up to which a recording goes; of one that a crash cut off that of its last lines.
fn last_of(recording: &Recording) -> Option<i64> {
    let lines = [&recording.stimuli, &recording.world, &recording.expected];
    recording.ended_at.or_else(|| lines.into_iter().flatten().filter_map(|line| line.time).max())
}

/// The plugin that a recording names: seen from the recording's folder, and where that is gone, the one in whose
/// `sessions` it lies.
///
/// # Errors
/// [`PluginError`]
pub fn plugin_of(recording: &Recording, session: &Path, names: &mut Names) -> Result<Plugin, PluginError> {
    let page = &recording.header.page;
    if is_address(page) {
        return Plugin::resolve(page, names);
    }
    let folder = session.parent().filter(|parent| *parent != Path::new("")).unwrap_or(Path::new("."));
    let above = folder.join("..");
    let named = folder.join(page).to_string_lossy().into_owned();
    let is_there = !page.is_empty() && Path::new(named.split(['?', '#']).next().unwrap_or_default()).exists();
    if !is_there && above.join(PLUGIN_FILE).is_file() {
        return Plugin::resolve(&above.to_string_lossy(), names);
    }
    Plugin::resolve(&named, names)
}

/// One stimulus, and the pages it is told to; for the others time passes.
struct Round<'a> {
    line: &'a Line,
    told: Vec<usize>,
    /// Whose lines it is made of.
    plugins: Vec<Option<&'a str>>,
}

/// The stimuli of a file in order. One that was told to some pages of several stands there once for each.
fn rounds<'a>(pages: &[(&'a Recording, &Plugin)]) -> Vec<Round<'a>> {
    // A push is told to nobody: what was made of it is.
    let is_told = |line: &&Line| line.type_ != PUSH;
    let mut lines: Vec<&Line> = pages.iter().flat_map(|(recording, _)| &recording.stimuli).filter(is_told).collect();
    lines.sort_by_key(|line| line.seq);
    lines.dedup_by_key(|line| line.seq);
    let mut rounds: Vec<Round<'a>> = Vec::new();
    for line in lines {
        let is_for = |page: &usize| {
            let (recording, _) = pages[*page];
            // One that was opened later was not told.
            recording.is_told(line) && recording.stimuli.binary_search_by_key(&line.seq, |other| other.seq).is_ok()
        };
        let (told, plugin) = ((0..pages.len()).filter(is_for), line.plugin.as_deref());
        let is_same = |last: &&mut Round<'_>| {
            let is_one = last.line.id == line.id && last.line.time == line.time;
            is_one && plugin.is_some() && !last.plugins.contains(&None) && !last.plugins.contains(&plugin)
        };
        match rounds.last_mut().filter(is_same) {
            Some(last) => {
                last.told.extend(told);
                last.plugins.push(plugin);
            }
            None => rounds.push(Round { line, told: told.collect(), plugins: vec![plugin] }),
        }
    }
    rounds
}

/// The pages of a replay.
struct Show {
    stage: Stage,
    lines: Lines,
    pages: Vec<(Arc<Replay>, News)>,
}

impl Show {
    fn open(
        &mut self,
        recording: &Recording,
        plugin: &Plugin,
        (rounds, allowed): (&[Round<'_>], &LimitSettings),
        page: &Make<'_>,
    ) -> Result<(Vec<Happened>, Option<Notice>), Notice> {
        let name = &plugin.name;
        let wrong = |reason: String| Notice::error(format!("the recording of {name} cannot be replayed: {reason}"));
        let network = plugin.network(&Rights::default(), None, &recording.header.seat);
        let network = network.map_err(|error| wrong(error.to_string()))?;
        let http = recording.world.iter().filter(|line| line.type_ == HTTP);
        let exchanges = http.map(|line| {
            let exchange = Exchange::of_data(&line.data);
            let exchange = exchange.map_err(|reason| wrong(format!("line {}: {reason}", line.id)))?;
            Ok(if recording.header.pace == HOSTED { exchange.by_time() } else { exchange })
        });
        let network = Replay::new(network, exchanges.collect::<Result<_, Notice>>()?, recording.header.redacted);
        let mut options = options(recording, plugin, &network).map_err(wrong)?;
        // Where a page was parked the recording says.
        options.limits = PageLimits { deaths: PageLimits::DEFAULT.deaths, restart_pause_ms: 0, ..options.limits };
        let lifted = lifted(name, &options.limits.hold(|name| allowed.value(name)));
        options.limits.deaths = u64::MAX;
        let turn_of = |line: &Line| rounds.iter().take_while(|round| round.line.seq < line.seq).count();
        let (news, ends) = (News::default(), ends(recording, turn_of));
        if ends.is_empty() {
            // A page that runs away where it did is not waited for longer.
            options.limits.turn_soft_ms = options.limits.turn_soft_ms.saturating_mul(PATIENCE);
            options.limits.turn_hard_ms = options.limits.turn_hard_ms.saturating_mul(PATIENCE);
        }
        let all = (recording.header.pace == HOSTED).then_some(recording.expected.len());
        let make = |options: PageOptions| -> Box<dyn Driver + Send> {
            let storage = options.storage.clone();
            let page = page(options, recording, plugin);
            Box::new(Ending::new(page, (ends, all), storage, news.clone(), network.clone()))
        };
        let loaded = self.stage.open(plugin.clone(), options, make, &mut |_| ());
        let loaded = loaded.map_err(|error: LoadError| {
            Notice::error(format!("the page {name} does not load: {error}")).with_hint(error.hint())
        })?;
        self.pages.push((network, news));
        Ok((loaded, lifted))
    }

    fn give_out(&mut self, happened: &[Happened], replayed: &mut Replayed) {
        for Happened { page, emission, .. } in happened {
            let Some(line) = self.lines.emission(self.stage.plugin(*page), emission) else { continue };
            replayed.lines.push(line);
            replayed.places.push(emission.place.clone());
        }
        for (page, (network, news)) in self.pages.iter().enumerate() {
            let name = &self.stage.plugin(page).name;
            let hint = "a page that was changed asks for other things: record it anew where that is meant";
            let told = |text| Notice::warning(format!("{name}: {text}")).with_hint(Some(hint));
            replayed.divergences.extend(network.take_divergences().into_iter().map(told));
            for fault in news.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
                replayed.environment.get_or_insert(format!("{name}: {}: {}", fault.type_name(), fault.message()));
            }
        }
    }
}

/// How a page is opened again.
fn options(recording: &Recording, plugin: &Plugin, network: &Arc<Replay>) -> Result<PageOptions, String> {
    let header = &recording.header;
    let start = header.load_time.unwrap_or(header.start);
    let seed = header.load_seed.unwrap_or(header.seed);
    let resume = header.load_time.map(|_| Moment { at: header.start, seed: header.seed });
    let jar = network.network().cookies();
    let cookies: Vec<Cookie> = read("cookies", &header.cookies)?.unwrap_or_default();
    jar.restore(cookies, start);
    let storage: LocalStorage = read("storage", &header.storage)?.unwrap_or_default();
    let mut options = PageOptions {
        source: plugin.source_at(start, seed, header.user.as_deref()),
        start,
        seed,
        resume,
        pace: Pace::Recorded,
        storage,
        ..plugin.page_options(network.clone(), jar.clone())
    };
    options.settings =
        overlaid(&options.settings, &header.settings).map_err(|reason| format!("`settings`: {reason}"))?;
    options.settings.recorded_dialogs =
        recording.world.iter().filter(|line| line.type_ == DIALOG).filter_map(dialog).collect();
    options.limits = overlaid(&plugin.limits, &header.limits).map_err(|reason| format!("`limits`: {reason}"))?;
    Ok(options)
}

/// What a person is told of bounds that a recording has and that do not hold.
fn lifted(name: &str, lifted: &[Lifted]) -> Option<Notice> {
    let each = |it: &Lifted| format!("`{}` is {} there and {} here", it.name, it.recorded, it.held);
    let all: Vec<String> = lifted.iter().map(each).collect();
    let text = format!("{name}: the recording has bounds that do not hold in a replay: {}", all.join(", "));
    let hint = "where it is to have more, say so in `[limits]` of duoke.toml";
    (!all.is_empty()).then(|| Notice::warning(text).with_hint(Some(hint)))
}

fn read<T: serde::de::DeserializeOwned>(name: &str, value: &Value) -> Result<Option<T>, String> {
    let value = Some(value).filter(|value| !value.is_null()).cloned();
    value.map(serde_json::from_value).transpose().map_err(|error| format!("`{name}`: {error}"))
}

/// What was recorded over what is so today: a later release may have more of it.
fn overlaid<T: serde::Serialize + serde::de::DeserializeOwned>(today: &T, recorded: &Value) -> Result<T, String> {
    let mut value = serde_json::to_value(today).map_err(|error| error.to_string())?;
    if let (Some(members), Some(recorded)) = (value.as_object_mut(), recorded.as_object()) {
        let known = recorded.iter().filter(|(name, _)| members.contains_key(*name));
        let known: Vec<_> = known.map(|(name, value)| (name.clone(), value.clone())).collect();
        members.extend(known);
    }
    serde_json::from_value(value).map_err(|error| error.to_string())
}

/// A dialog's kind and answer.
fn dialog(line: &Line) -> Option<(String, Option<String>)> {
    let kind = line.data.get("kind")?.as_str()?.to_owned();
    let answer = match line.data.get("answer") {
        Some(Value::Bool(answer)) => Some(answer.to_string()),
        Some(Value::String(answer)) => Some(answer.clone()),
        _ => None,
    };
    Some((kind, answer))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_several_times_is_said_once() {
        let said = ["a", "b", "a", "a"].map(|text| Notice::warning(text.to_owned()));
        let texts: Vec<String> = each_once(said.to_vec()).into_iter().map(|notice| notice.text).collect();
        assert_eq!(texts, ["a (3 times)", "b"]);
    }
}
