//! Recordings (session-log.md, Recording and Replay): a session log that begins with what each page was opened with, and
//! has all that it was told and answered, and what it did.

use std::collections::HashMap;
use std::path::Path;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use super::format::FORMAT;
use super::reader::{ReadError, Reader};
use crate::base::clock::{TimestampMs, format_rfc3339, parse_rfc3339};
use crate::base::limits::{CLOCK_START_MS, RECORDING_BYTES_MAX, SETTLE_MS_DEFAULT};
use crate::event::{Line, stimulus::STIMULUS_PREFIX};

/// The type of the line that a page's recording begins with.
pub const START: &str = "session.start";
/// The type of the line that a file ends with which was closed in order.
pub const END: &str = "session.end";
/// An HTTP exchange.
pub const HTTP: &str = "world.http";
/// An answered dialog.
pub const DIALOG: &str = "world.dialog";
/// The element that the stimulus in `cause` was for.
pub const ELEMENT: &str = "world.element";
/// Parameters of addresses whose values jQuery makes up: a replay does not compare them.
pub const CALLBACKS: [&str; 4] = ["callback", "jsonp", "jsoncallback", "jsonpcallback"];
/// The parameter by which jQuery gets round caches; it is not compared either.
pub const CACHE_BUSTER: &str = "_";
/// The engine's version.
pub const BOA: &str = "0.22.0";

/// What a page was opened with: the data of `session.start`. Members that are not there have the defaults of a `run`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Header {
    /// The format's version.
    pub format: String,
    /// The plugin's name.
    pub plugin: String,
    /// The PAGE argument: an address, or a path as seen from the recording's folder.
    pub page: String,
    /// The customer-service account whose seat the page is open in.
    pub seat: String,
    /// The seed of the page's random numbers; of a page forked from a loaded one from the fork on.
    pub seed: u64,
    /// Page time at the start; of a forked page at the fork.
    #[serde(serialize_with = "write_time", deserialize_with = "read_time")]
    pub start: TimestampMs,
    /// Of a forked page: when it was loaded.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "write_some", deserialize_with = "read_some")]
    pub load_time: Option<TimestampMs>,
    /// Of a forked page: with which seed it was loaded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub load_seed: Option<u64>,
    /// How page time passed: `virtual`, `real` or `hosted`.
    pub pace: String,
    /// Longest wait for idleness, in ms of page time.
    pub settle_ms: i64,
    /// The APIs that the page is offered: `mcs`, `echat`.
    pub dialects: Vec<String>,
    /// The limits of WeChat in force, where something was forwarded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile: Option<String>,
    /// The customer that the page was opened for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// The page's surroundings: time zone, language, user agent, dialogs.
    pub settings: Value,
    /// The bounds that the page was held to.
    pub limits: Value,
    /// `localStorage` at the start: origin, then keys and values.
    pub storage: Value,
    /// Cookies at the start.
    pub cookies: Value,
    /// Whether pseudonyms stand for what is personal or secret.
    pub redacted: bool,
    /// The release of duoke that wrote it.
    pub host: String,
    /// The engine's version.
    pub boa: String,
}

impl Default for Header {
    fn default() -> Self {
        Self {
            format: FORMAT.to_owned(),
            plugin: String::new(),
            page: String::new(),
            seat: String::new(),
            seed: 1,
            start: CLOCK_START_MS,
            load_time: None,
            load_seed: None,
            pace: "virtual".to_owned(),
            settle_ms: SETTLE_MS_DEFAULT,
            dialects: Vec::new(),
            profile: None,
            user: None,
            settings: Value::Null,
            limits: Value::Null,
            storage: Value::Null,
            cookies: Value::Null,
            redacted: false,
            host: env!("CARGO_PKG_VERSION").to_owned(),
            boa: BOA.to_owned(),
        }
    }
}

/// Whether a line that begins a page's recording can be understood; other lines are fine.
///
/// # Errors
/// A member that is of another kind, in words.
pub fn check_header(line: &Line) -> Result<(), String> {
    if line.type_ != START || line.data.is_null() {
        return Ok(());
    }
    Header::deserialize(&line.data).map(drop).map_err(|error| format!("`data` of {START}: {error}"))
}

fn write_time<S: Serializer>(time: &TimestampMs, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&format_rfc3339(*time))
}

fn write_some<S: Serializer>(time: &Option<TimestampMs>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&format_rfc3339(time.unwrap_or_default()))
}

fn read_time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<TimestampMs, D::Error> {
    let text = String::deserialize(deserializer)?;
    parse_rfc3339(&text).ok_or_else(|| serde::de::Error::custom(format!("`{text}` is no time")))
}

fn read_some<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<TimestampMs>, D::Error> {
    read_time(deserializer).map(Some)
}

/// What one page was opened with, told and answered, and what it did.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Recording {
    /// What it was opened with.
    pub header: Header,
    /// What was told, in order, with its page time: that of other plugins' pages as well, since time passed here then.
    pub stimuli: Vec<Line>,
    /// What it was answered: `world.` lines, in order.
    pub world: Vec<Line>,
    /// What it did: `effect.`, `fault.` and `console.` lines, in order. `seq` puts them between the stimuli.
    pub expected: Vec<Line>,
    /// Page time at the end, where that is known.
    pub ended_at: Option<TimestampMs>,
}

/// The line of a recording's end at a page time.
#[must_use]
pub fn end_line(at: TimestampMs) -> Line {
    Line { time: Some(at), ..Line::new("end", "duoke", END, Value::Null) }
}

impl Recording {
    /// Whether a stimulus was told to this page.
    #[must_use]
    pub fn is_told(&self, stimulus: &Line) -> bool {
        stimulus.plugin.as_ref().is_none_or(|plugin| *plugin == self.header.plugin)
    }
}

/// A file: the recordings of its pages, in the order in which they were opened.
#[derive(Debug, Default)]
pub struct Session {
    /// One of each page. None: the file is a log that nobody recorded.
    pub recordings: Vec<Recording>,
    /// Whether it was closed in order.
    pub is_ended: bool,
    /// What could not be read.
    pub troubles: Vec<ReadError>,
}

impl Session {
    /// Reads a file, `.jsonl` or `.jsonl.zst`. Lines that cannot be read are among the troubles.
    ///
    /// # Errors
    /// A file that cannot be read at all, is too long, or of a newer format.
    pub fn read(path: &Path) -> Result<Self, ReadError> {
        let (mut lines, mut troubles) = (Vec::new(), Vec::new());
        for item in Reader::open(path)?.within(RECORDING_BYTES_MAX) {
            match item {
                Ok(line) => lines.push(line),
                Err(error @ (ReadError::Format { .. } | ReadError::Io { .. } | ReadError::TooLong { .. })) => {
                    return Err(error);
                }
                Err(error) => troubles.push(error),
            }
        }
        Ok(Self { troubles, ..Self::of_lines(lines) })
    }

    /// Of the lines of a file. Each gets the number of its place where it has no `seq`; one that names no plugin is of a
    /// file's only page.
    #[must_use]
    pub fn of_lines(lines: impl IntoIterator<Item = Line>) -> Self {
        let mut session = Self::default();
        let mut pages: HashMap<String, usize> = HashMap::new();
        for (number, mut line) in (1..).zip(lines) {
            line.seq = Some(line.seq.unwrap_or(number));
            let plugin = line.plugin.clone().unwrap_or_default();
            match line.type_.as_str() {
                START => {
                    // Of a file it can be understood, or is not there.
                    let mut header: Header = serde_json::from_value(line.data).unwrap_or_default();
                    if header.plugin.is_empty() {
                        header.plugin = plugin;
                    }
                    pages.insert(header.plugin.clone(), session.recordings.len());
                    session.recordings.push(Recording { header, ..Recording::default() });
                }
                // It did not load.
                END if line.plugin.is_some() => {
                    if let Some(page) = pages.remove(&plugin) {
                        session.recordings.remove(page);
                        pages.values_mut().filter(|other| **other > page).for_each(|other| *other -= 1);
                    }
                }
                END => {
                    session.is_ended = true;
                    session.recordings.iter_mut().for_each(|recording| recording.ended_at = line.time);
                }
                type_ if type_.starts_with(STIMULUS_PREFIX) => {
                    pages.values().for_each(|page| session.recordings[*page].stimuli.push(line.clone()));
                }
                ELEMENT => {
                    session.recordings.iter_mut().for_each(|recording| matches(&mut recording.stimuli, &line));
                }
                type_ => {
                    // Where there is one page, a line that names none is of that.
                    let only = || pages.values().next().filter(|_| line.plugin.is_none() && pages.len() == 1);
                    let Some(page) = pages.get(&plugin).or_else(only) else { continue };
                    let recording = &mut session.recordings[*page];
                    if type_.starts_with("world.") {
                        recording.world.push(line);
                    } else if ["effect.", "fault.", "console."].iter().any(|prefix| type_.starts_with(prefix)) {
                        recording.expected.push(line);
                    }
                }
            }
        }
        session
    }
}

/// What a stimulus was for stands with it, as if its log had said so.
fn matches(told: &mut [Line], element: &Line) {
    // Of several pages each does it before more is told.
    let stimulus = told.last_mut().filter(|told| element.cause.as_ref() == Some(&told.id));
    if let Some(data) = stimulus.and_then(|stimulus| stimulus.data.as_object_mut()) {
        data.entry("matched").or_insert_with(|| element.data.clone());
    }
}

/// The plugin whose recording a `session.start` begins; empty where it names none.
#[must_use]
pub fn plugin_of_start(line: &Line) -> String {
    let named = line.data.get("plugin").and_then(Value::as_str).filter(|name| !name.is_empty());
    named.or(line.plugin.as_deref()).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_engine_s_version_is_the_one_that_is_used() {
        let locked = format!("name = \"boa_engine\"\nversion = \"{BOA}\"\n");
        assert!(include_str!("../../Cargo.lock").contains(&locked), "{locked}");
    }

    #[test]
    fn a_header_is_read_as_it_was_written_and_an_older_one_has_defaults() {
        let header = Header { plugin: "a".to_owned(), load_time: Some(5), load_seed: Some(2), ..Header::default() };
        let written = serde_json::to_value(&header).expect("a header is JSON");
        assert_eq!(written["start"], "2020-01-01T00:00:00.000Z");
        assert_eq!(serde_json::from_value::<Header>(written).expect("it reads"), header);
        let old: Header = serde_json::from_value(json!({ "format": "1.0", "later": 1 })).expect("it reads");
        assert_eq!(old, Header::default());
    }

    #[test]
    fn lines_that_name_no_page_are_the_only_one_s() {
        let start = |plugin: &str| Line::new("1", "s", START, json!({ "plugin": plugin }));
        let line = |type_: &str| Line::new("2", "s", type_, json!({}));
        let session = Session::of_lines([start("a"), line(HTTP), line("fault.load"), start("b"), line(HTTP)]);
        let counts = |it: &Recording| (it.world.len(), it.expected.len());
        assert_eq!(session.recordings.iter().map(counts).collect::<Vec<_>>(), [(1, 1), (0, 0)]);
    }

    #[test]
    fn each_page_has_its_own_and_sees_the_others_time_pass() {
        let line = |type_: &str, plugin: Option<&str>| {
            let data = if type_ == START { json!({ "plugin": plugin }) } else { json!({}) };
            Line { plugin: plugin.map(str::to_owned), ..Line::new("1", "s", type_, data) }
        };
        let session = Session::of_lines([
            line("effect.title", Some("a")),
            line(START, Some("a")),
            line(START, Some("b")),
            line("stimulus.mcs.OnUserChange", None),
            line("effect.title", Some("a")),
            line("stimulus.ui.click", Some("b")),
            line(HTTP, Some("b")),
            Line { cause: Some("1".to_owned()), ..line(ELEMENT, Some("b")) },
            line("fault.load", Some("b")),
            line("delivery.sent", Some("b")),
            line("later.thing", Some("b")),
            line(START, Some("c")),
            line(END, Some("c")),
            line(END, None),
        ]);
        let counts = |it: &Recording| (it.stimuli.len(), it.world.len(), it.expected.len());
        assert_eq!(session.recordings.iter().map(counts).collect::<Vec<_>>(), [(2, 0, 1), (2, 1, 1)]);
        let told = |it: &Recording| it.stimuli.iter().map(|line| it.is_told(line)).collect::<Vec<_>>();
        assert_eq!(session.recordings.iter().map(told).collect::<Vec<_>>(), [[true, false], [true, true]]);
        assert!(session.is_ended && session.recordings[1].expected[0].seq == Some(9));
        let matched =
            |it: &Recording| it.stimuli.iter().map(|line| line.data["matched"].is_object()).collect::<Vec<_>>();
        assert_eq!(session.recordings.iter().map(matched).collect::<Vec<_>>(), [[false, true], [false, true]]);
    }
}
