//! The recorder (session-log.md, Recording): whoever runs pages tells it what they were opened with, told, answered, and
//! what they did. It writes each line whole as it happens. Its own trouble stops nobody: it is told, and nothing more is
//! written.
//!
//! `exchange` is an HTTP exchange as a line, `network` notes them, `closing` is what is done once all is written.

mod closing;
pub mod exchange;
mod network;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};

use self::exchange::{Exchange, cookies_data};
use self::network::{Recorded, Shared};
use super::lines::Lines;
use super::plugin::Plugin;
use super::watch::Notice;
use crate::base::clock::TimestampMs;
use crate::base::redact::Redactor;
use crate::config::Dialect;
use crate::engine::event_loop::Emission;
use crate::event::{Line, Stimulus};
use crate::net::{Network, PluginNetwork, ScriptCookies};
use crate::page::{Pace, PageOptions};
use crate::record::session::{DIALOG, END, HTTP, START};
use crate::record::{Header, WriteError, Writer};

pub use closing::{Closing, page_from};

/// How to record.
#[derive(Debug)]
pub struct RecordOptions {
    /// The file, compressed where its name ends in `.zst`.
    pub path: PathBuf,
    /// What must not be written; none: everything is written as it is.
    pub redactor: Option<Redactor>,
    /// The customer-service account of the pages' seat.
    pub account: String,
    /// The limits of WeChat in force, where something is forwarded.
    pub profile: Option<String>,
}

/// Writes one recording; all who have a clone write the same.
#[derive(Clone)]
pub struct Recorder(Arc<Mutex<State>>);

struct State {
    /// None: it failed, or has ended.
    writer: Option<Writer>,
    options: RecordOptions,
    pages: Vec<Page>,
    lines: Lines,
    seq: u64,
    /// Lines of `world.` and `session.` so far.
    numbered: u64,
    turns: u64,
    faults: u64,
    has_failed: bool,
    trouble: Option<Notice>,
}

/// A page that is recorded.
struct Page {
    plugin: Plugin,
    network: Arc<Recorded>,
}

impl std::fmt::Debug for Recorder {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Recorder").finish_non_exhaustive()
    }
}

impl Recorder {
    /// Begins the file.
    ///
    /// # Errors
    /// One that cannot be created.
    pub fn create(options: RecordOptions) -> Result<Self, WriteError> {
        let writer = Writer::create(&options.path)?;
        Ok(Self(Arc::new(Mutex::new(State {
            writer: Some(writer),
            options,
            pages: Vec::new(),
            lines: Lines::new(true),
            seq: 0,
            numbered: 0,
            turns: 0,
            faults: 0,
            has_failed: false,
            trouble: None,
        }))))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A page is about to be opened with these options, `page` of those that load; the network and cookies that it is
    /// to have in place of those of `network`. `user` is the customer it is opened for.
    #[must_use]
    pub fn open(
        &self,
        page: usize,
        plugin: &Plugin,
        options: &PageOptions,
        (settle_ms, user): (i64, Option<&str>),
        network: &Arc<PluginNetwork>,
    ) -> (Arc<dyn Network>, Arc<dyn ScriptCookies>) {
        let recorded = Recorded::new(network.clone(), self.clone(), page);
        let mut state = self.state();
        state.pages.push(Page { plugin: plugin.clone(), network: recorded.clone() });
        state.start(plugin, options, settle_ms, user, network);
        let shared = Arc::new(Shared(recorded));
        (shared.clone(), shared)
    }

    /// The page opened last did not load: there is nothing to replay.
    pub fn failed_to_load(&self) {
        let mut state = self.state();
        let Some(page) = state.pages.pop() else { return };
        let line = Line::new(state.id(), "duoke", END, json!({ "loaded": false }));
        state.write(Line { plugin: Some(page.plugin.name), ..line });
    }

    /// A stimulus is told to these of so many pages, at a page time.
    pub fn told(&self, line: &Line, stimulus: &Stimulus, pages: &[usize], at: TimestampMs) {
        let mut state = self.state();
        state.turns += 1;
        if let (Some(redactor), Some(user)) = (&mut state.options.redactor, stimulus.user()) {
            redactor.learn_user(user);
        }
        let source = Path::new(&line.source).file_name().map(|name| name.to_string_lossy().into_owned());
        let source = source.unwrap_or_else(|| line.source.clone());
        let line = Line { id: stimulus.id.clone(), source, time: Some(at), ..line.clone() };
        if pages.len() == state.pages.len() {
            // Also one that is for a plugin of this name: there is no other.
            let plugin = state.pages.first().filter(|_| pages.len() == 1).map(|page| page.plugin.name.clone());
            return state.write(Line { plugin, ..line });
        }
        for page in pages {
            let plugin = state.pages.get(*page).map(|page| page.plugin.name.clone());
            state.write(Line { plugin, ..line.clone() });
        }
    }

    /// A page did something.
    pub fn did(&self, page: usize, emissions: &[Emission]) {
        let mut state = self.state();
        for emission in emissions {
            let State { pages, lines, .. } = &mut *state;
            let line = pages.get(page).and_then(|page| lines.emission(&page.plugin, emission));
            let Some(line) = line else { continue };
            state.faults += u64::from(line.type_.starts_with("fault."));
            state.write(line);
        }
    }

    /// A plugin says this itself.
    fn said_itself(&self, text: &[u8]) {
        self.state().options.redactor.iter_mut().for_each(|redactor| redactor.leave(text));
    }

    /// A page asked somebody, and was answered or not.
    fn exchange(&self, page: usize, exchange: &Exchange) {
        let mut state = self.state();
        let data = exchange.data(state.options.redactor.as_mut());
        state.world(page, HTTP, data, exchange.finished().unwrap_or(exchange.request.now_ms));
    }

    /// A dialog was answered.
    fn dialog(&self, page: usize, kind: &str, answer: Option<&str>, at: TimestampMs) {
        let answer = match (kind, answer) {
            ("confirm", Some(answer)) => Value::Bool(answer == "true"),
            (_, answer) => json!(answer),
        };
        let mut state = self.state();
        let data = json!({ "kind": kind, "answer": answer });
        let data = state.options.redactor.as_mut().map(|redactor| redactor.json(&data)).unwrap_or(data);
        state.world(page, DIALOG, data, at);
    }

    /// Trouble since the last call, where there was some.
    #[must_use]
    pub fn take_trouble(&self) -> Option<Notice> {
        self.state().trouble.take()
    }

    /// All has been told: the file is ended. What is to be done with it then.
    #[must_use]
    pub fn end(&self) -> Closing {
        let networks: Vec<_> = self.state().pages.iter().map(|page| page.network.clone()).collect();
        networks.iter().for_each(|network| network.flush());
        let mut state = self.state();
        let data = json!({ "turns": state.turns, "faults": state.faults });
        let line = Line::new(state.id(), "duoke", END, data);
        state.write(line);
        let finished = state.writer.take().map(Writer::finish);
        if let Some(Err(error)) = finished {
            state.fail(&error);
        }
        Closing {
            path: state.options.path.clone(),
            has_failed: state.has_failed,
            redactor: state.options.redactor.take(),
            plugins: state.pages.drain(..).map(|page| page.plugin).collect(),
            trouble: state.trouble.take(),
        }
    }
}

impl State {
    fn id(&mut self) -> String {
        self.numbered += 1;
        format!("w{}", self.numbered)
    }

    fn start(
        &mut self,
        plugin: &Plugin,
        options: &PageOptions,
        settle_ms: i64,
        user: Option<&str>,
        network: &PluginNetwork,
    ) {
        let cookies = network.cookies().cookies(TimestampMs::MIN);
        let settings = &options.settings;
        let resume = options.resume;
        let mut header = Header {
            plugin: plugin.name.clone(),
            page: page_from(&plugin.argument, &self.options.path),
            seat: self.options.account.clone(),
            seed: resume.map_or(options.seed, |moment| moment.seed),
            start: resume.map_or(options.start, |moment| moment.at),
            load_time: resume.map(|_| options.start),
            load_seed: resume.map(|_| options.seed),
            pace: pace_name(options.pace).to_owned(),
            settle_ms,
            dialects: [(Dialect::Mcs, "mcs"), (Dialect::Echat, "echat")]
                .into_iter()
                .filter(|(dialect, _)| plugin.speaks(*dialect))
                .map(|(_, name)| name.to_owned())
                .collect(),
            profile: self.options.profile.clone(),
            user: user.map(str::to_owned),
            // What EChat's SDK is given has a secret; it comes from the plugin again.
            settings: json!({
                "user_agent": settings.user_agent, "language": settings.language,
                "zone_offset_s": settings.zone_offset_s, "confirm": settings.confirm, "prompt": settings.prompt,
            }),
            limits: json!(options.limits),
            storage: json!(options.storage),
            redacted: self.options.redactor.is_some(),
            ..Header::default()
        };
        if let Some(redactor) = &mut self.options.redactor {
            user.iter().for_each(|user| redactor.learn_user(user));
            header.user = header.user.map(|user| redactor.text(&user));
            header.storage = redactor.json(&header.storage);
        }
        header.cookies = cookies_data(&cookies, self.options.redactor.as_mut());
        // A header is texts, numbers, and what was JSON before.
        let data = serde_json::to_value(&header).unwrap_or_default();
        let line = Line::new(self.id(), "duoke", START, data);
        self.put(Line { time: Some(header.start), plugin: Some(plugin.name.clone()), ..line });
    }

    /// What the world answered a page; redacted already.
    fn world(&mut self, page: usize, type_: &str, data: Value, at: TimestampMs) {
        let Some(plugin) = self.pages.get(page).map(|page| page.plugin.clone()) else { return };
        let line = Line::new(self.id(), plugin.base.as_str(), type_, data);
        self.put(Line { time: Some(at), plugin: Some(plugin.name), ..line });
    }

    fn write(&mut self, line: Line) {
        let line = match &mut self.options.redactor {
            Some(redactor) => closing::redacted(&line, redactor),
            None => line,
        };
        self.put(line);
    }

    fn put(&mut self, line: Line) {
        let Some(writer) = &mut self.writer else { return };
        self.seq += 1;
        if let Err(error) = writer.write(&Line { seq: Some(self.seq), ..line }) {
            self.fail(&error);
        }
    }

    fn fail(&mut self, error: &WriteError) {
        (self.writer, self.has_failed) = (None, true);
        let notice = Notice::warning(format!("{error}; the recording ends here, the pages go on"));
        self.trouble = Some(notice.with_hint(Some("make room on the disk, or record to another place")));
    }
}

fn pace_name(pace: Pace) -> &'static str {
    match pace {
        Pace::Virtual | Pace::Recorded => "virtual",
        Pace::Real => "real",
        Pace::Hosted => "hosted",
    }
}
