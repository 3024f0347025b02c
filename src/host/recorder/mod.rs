//! The recorder (session-log.md, Recording): whoever runs pages tells it what they were opened with, told, answered, and
//! what they did. It writes each line whole as it happens. Its own trouble stops nobody: it is told, and nothing more is
//! written.
//!
//! `exchange` is an HTTP exchange as a line, `network` notes them, `closing` is what is done once all is written; `item` is
//! what a page does one by one, for who hands it to another thread and has it written there turn by turn.

mod closing;
pub mod exchange;
mod item;
mod network;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};

use self::exchange::cookies_data;
use self::network::{Recorded, Shared};
use super::lines::Lines;
use super::plugin::{Plugin, is_address};
use super::watch::Notice;
use crate::base::clock::TimestampMs;
use crate::base::redact::Redactor;
use crate::config::Dialect;
use crate::engine::event_loop::Emission;
use crate::event::{Line, Stimulus};
use crate::net::{Cookie, Network, PluginNetwork, ScriptCookies};
use crate::page::{Pace, PageOptions};
use crate::record::session::{END, START};
use crate::record::{Header, WriteError, Writer};

pub use closing::{Closing, changed, page_from, redact_session};
pub use item::{Item, Notes, Noting, Opened, create_private};

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
    writer: Option<Target>,
    /// Lines that are not written yet.
    held: Option<Vec<Line>>,
    options: RecordOptions,
    pages: Vec<Page>,
    lines: Lines,
    seq: u64,
    /// Lines of `world.` and `session.` so far.
    numbered: u64,
    turns: u64,
    faults: u64,
    /// Turns and faults of what was written, where lines are held.
    committed: (u64, u64),
    /// Whether a page set cookies.
    has_cookies: bool,
    has_failed: bool,
    trouble: Option<Notice>,
}

/// Where lines go.
enum Target {
    File(Writer),
    Memory(Vec<Line>),
}

/// A page that is recorded.
struct Page {
    plugin: Plugin,
    /// None: whoever has the page notes what goes over it.
    network: Option<Arc<Recorded>>,
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
        Ok(Self::into(options, Target::File(writer)))
    }

    fn into(options: RecordOptions, target: Target) -> Self {
        Self(Arc::new(Mutex::new(State {
            writer: Some(target),
            held: None,
            options,
            pages: Vec::new(),
            lines: Lines::new(true),
            seq: 0,
            numbered: 0,
            turns: 0,
            faults: 0,
            committed: (0, 0),
            has_cookies: false,
            has_failed: false,
            trouble: None,
        })))
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
        let recorded = Recorded::new(network.clone(), Arc::new(self.clone()), page);
        let mut state = self.state();
        // The header may have what the plugin says itself, in cookies that it set before.
        let State { options: RecordOptions { redactor, .. }, .. } = &mut *state;
        redactor.iter_mut().for_each(|redactor| plugin.own_texts().iter().for_each(|text| redactor.leave(text)));
        state.pages.push(Page { plugin: plugin.clone(), network: Some(recorded.clone()) });
        state.start(plugin, options, settle_ms, user, &network.cookies().cookies(TimestampMs::MIN));
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

    /// Trouble since the last call, where there was some.
    #[must_use]
    pub fn take_trouble(&self) -> Option<Notice> {
        self.state().trouble.take()
    }

    /// All has been told: the file is ended. What is to be done with it then.
    #[must_use]
    pub fn end(&self) -> Closing {
        let networks: Vec<_> = self.state().pages.iter().filter_map(|page| page.network.clone()).collect();
        networks.iter().for_each(|network| network.flush());
        let mut state = self.state();
        let data = json!({ "turns": state.turns, "faults": state.faults });
        let line = Line::new(state.id(), "duoke", END, data);
        state.write(line);
        drop(state);
        self.close_file()
    }

    fn close_file(&self) -> Closing {
        let mut state = self.state();
        state.finish();
        Closing {
            path: state.options.path.clone(),
            has_cookies: state.has_cookies,
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
        cookies: &[Cookie],
    ) {
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
            header.settings = redactor.json(&header.settings);
            header.page = redacted_page(&header.page, redactor);
        }
        header.cookies = cookies_data(cookies, self.options.redactor.as_mut());
        // A header is texts, numbers, and what was JSON before.
        let data = serde_json::to_value(&header).unwrap_or_default();
        let line = Line::new(self.id(), "duoke", START, data);
        self.put(Line { time: Some(header.start), plugin: Some(plugin.name.clone()), ..line });
    }

    /// What the world answered a page; redacted already.
    fn world(&mut self, page: usize, type_: &str, data: Value, at: TimestampMs) {
        let Some(plugin) = self.pages.get(page).map(|page| page.plugin.clone()) else { return };
        let redactor = self.options.redactor.as_mut();
        let source = redactor.map_or_else(|| plugin.base.to_string(), |redactor| redactor.text(plugin.base.as_str()));
        let line = Line::new(self.id(), source, type_, data);
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
        self.seq += 1;
        self.has_cookies |= line.type_ == closing::SET_COOKIE;
        let line = Line { seq: Some(self.seq), ..line };
        match &mut self.held {
            Some(held) => held.push(line),
            None => self.put_out(line),
        }
    }

    fn put_out(&mut self, line: Line) {
        let written = match &mut self.writer {
            Some(Target::File(writer)) => writer.write(&line),
            Some(Target::Memory(lines)) => {
                lines.push(line);
                Ok(())
            }
            None => Ok(()),
        };
        if let Err(error) = written {
            self.fail(&error);
        }
    }

    fn finish(&mut self) {
        if let Some(Target::File(writer)) = self.writer.take()
            && let Err(error) = writer.finish()
        {
            self.fail(&error);
        }
    }

    fn fail(&mut self, error: &WriteError) {
        (self.writer, self.has_failed) = (None, true);
        let notice = Notice::warning(format!("{error}; the recording ends here, the pages go on"));
        self.trouble = Some(notice.with_hint(Some("make room on the disk, or record to another place")));
    }
}

/// A PAGE argument: an address, or of a path the query alone, since the rest is where the page is found.
fn redacted_page(page: &str, redactor: &mut Redactor) -> String {
    let path = if is_address(page) { 0 } else { page.find(['?', '#']).unwrap_or(page.len()) };
    format!("{}{}", &page[..path], redactor.text(&page[path..]))
}

fn pace_name(pace: Pace) -> &'static str {
    match pace {
        Pace::Virtual | Pace::Recorded => "virtual",
        Pace::Real => "real",
        Pace::Hosted => "hosted",
    }
}
