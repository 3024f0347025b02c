//! The page runs and is told a made-up user and place, in virtual time. Its messages go nowhere.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::recorder::Recorder;
use crate::base::limits::{CLOCK_START_MS, SETTLE_MS_DEFAULT};
use crate::engine::event_loop::Output;
use crate::event::{Console, ConsoleLevel, Fault, Stimulus, parse_line};
use crate::host::plugin::Plugin;
use crate::host::stage::{Happened, Stage};
use crate::page::{Driver, LoadError, PageOptions};

/// What the page is told, in the client's own words (plugin-apis.md §1.4).
const TOLD: [(&str, &str); 2] = [
    ("OnUserChange", r#"{"event":"OnUserChange","channeltype":"1","useraccount":"oCoverage0000000000000000001"}"#),
    (
        "OnMapMsgClick",
        r#"{"event":"OnMapMsgClick","latitude":23.1,"longitude":113.3,"location":"广州市海珠区新港中路397号","scale":16}"#,
    ),
];

/// What a page of EChat is told beside that (plugin-apis.md §2).
const TOLD_ECHAT: [(&str, &str); 3] = [
    (
        "onSelectVisitor",
        r#"{"type":"stimulus.echat.onSelectVisitor","subject":"oCoverage0000000000000000001","data":{"chatStatus":1}}"#,
    ),
    (
        "onReceiveMsg",
        r#"{"type":"stimulus.echat.onReceiveMsg","subject":"oCoverage0000000000000000001","data":{"msgType":1,"content":"您好"}}"#,
    ),
    (
        "onCrmUpdate",
        r#"{"type":"stimulus.echat.onCrmUpdate","subject":"oCoverage0000000000000000001","data":{"name":"张三","gender":0}}"#,
    ),
];

/// A fault, and how often it came.
#[derive(Clone, Debug)]
pub struct Seen {
    /// The fault.
    pub fault: Fault,
    /// How often.
    pub count: usize,
}

/// What came of it.
#[derive(Clone, Debug, Default)]
pub struct Trial {
    /// Why there was no page, and what to do about it.
    pub not_loaded: Option<(String, Option<String>)>,
    /// Whether that is because the system does not confine it as required.
    pub unconfined: bool,
    /// The events that the page was told.
    pub told: Vec<&'static str>,
    /// Whether the page's thread ended.
    pub ended: bool,
    /// How often the page had which effect, by its type in logs.
    pub effects: BTreeMap<String, usize>,
    /// What went wrong.
    pub faults: Vec<Seen>,
    /// What the console warned of, each once.
    pub warnings: Vec<String>,
}

/// How a page that is to be tried comes to be.
pub type Make = dyn Fn(PageOptions) -> Box<dyn Driver + Send>;

/// Runs a page.
#[must_use]
pub fn run(plugin: Plugin, recorder: &Arc<Recorder>, make: &Make) -> Trial {
    let more = if plugin.is_opened_for_echat() { &TOLD_ECHAT[..] } else { &[] };
    let options = plugin.page_options(recorder.clone(), recorder.cookies().clone());
    let mut stage = Stage::new(SETTLE_MS_DEFAULT, false);
    let mut trial = Trial::default();
    match stage.open(plugin, options, make, &mut |_| ()) {
        Ok(happened) => trial.take(happened),
        Err(error) => {
            trial.unconfined = matches!(error, LoadError::Unconfined(_));
            trial.not_loaded = Some((error.to_string(), error.hint()));
            return trial;
        }
    }
    for (name, line) in TOLD.iter().chain(more) {
        trial.told.push(name);
        let Ok(Some(line)) = parse_line(line, 1, "coverage") else { continue };
        let at = stage.now().unwrap_or(CLOCK_START_MS);
        trial.take(stage.round(&Stimulus::from_line(&line), &[0], at, &mut |_| ()));
    }
    trial.take(stage.settle(&mut |_| ()));
    trial.ended = stage.parked() > 0;
    trial
}

impl Trial {
    fn take(&mut self, happened: Vec<Happened>) {
        for happened in happened {
            match happened.emission.output {
                Output::Effect(effect) => *self.effects.entry(effect.type_name()).or_default() += 1,
                Output::Fault(fault) => match self.faults.iter_mut().find(|seen| seen.fault == fault) {
                    Some(seen) => seen.count += 1,
                    None => self.faults.push(Seen { fault, count: 1 }),
                },
                Output::Console(Console { level: ConsoleLevel::Warn, text }) => {
                    if !self.warnings.contains(&text) {
                        self.warnings.push(text);
                    }
                }
                Output::Console(_) => {}
            }
        }
    }
}
