//! What a recorded page does, one by one: handed over by whoever has the page, and written elsewhere, turn by turn, so that no
//! page waits for a disk. A turn is written wholly or not at all.

use std::fs::{self, OpenOptions};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::Arc;

use serde_json::{Value, json};

use super::exchange::Exchange;
use super::network::{Recorded, Shared};
use super::{Closing, Page, RecordOptions, Recorder, Target};
use crate::base::clock::TimestampMs;
use crate::engine::event_loop::Emission;
use crate::event::{Line, Stimulus};
use crate::host::plugin::Plugin;
use crate::net::{Cookie, Element, Network, PluginNetwork, ScriptCookies};
use crate::page::PageOptions;
use crate::record::session::{DIALOG, ELEMENT, END, HTTP};
use crate::record::{WriteError, Writer};

/// What the trailer and its line end take at most, in bytes.
const TRAILER_BYTES_MAX: u64 = 512;
/// For this user only.
const FILE_MODE: u32 = 0o600;

/// Hears what a page's network sees.
pub trait Notes: Send + Sync {
    /// A plugin says this itself.
    fn said_itself(&self, text: &[u8]);
    /// A page asked somebody, and was answered or not.
    fn exchange(&self, page: usize, exchange: &Exchange);
    /// A dialog was answered.
    fn dialog(&self, page: usize, kind: &str, answer: Option<&str>, at: TimestampMs);
    /// A stimulus was for this element.
    fn element(&self, page: usize, stimulus: &str, element: &Element, at: TimestampMs);
}

/// One thing that happened to a page.
#[derive(Clone, Debug)]
pub enum Item {
    /// What a customer did, of which the page is told something or nothing; page time.
    Heard(Box<Line>, TimestampMs),
    /// What it was told; page time.
    Told(Box<Line>, TimestampMs),
    /// What it did.
    Did(Vec<Emission>),
    /// What its plugin says itself.
    Itself(Vec<u8>),
    /// What it asked.
    Exchange(Box<Exchange>),
    /// A dialog: kind, answer, page time.
    Dialog(String, Option<String>, TimestampMs),
    /// What a stimulus was for; page time.
    Element(String, Box<Element>, TimestampMs),
}

/// How a page was opened.
#[derive(Clone)]
pub struct Opened {
    /// Its plugin.
    pub plugin: Plugin,
    /// With what.
    pub options: PageOptions,
    /// Longest wait for idleness, in ms of page time.
    pub settle_ms: i64,
    /// The customer that it is opened for.
    pub user: String,
    /// Cookies at the start.
    pub cookies: Vec<Cookie>,
}

/// Has a page's network noted: what it is to have in place of its own, and what to call when nobody takes answers any more.
pub struct Noting(Arc<Recorded>);

impl Noting {
    /// Of a page that is about to be opened.
    #[must_use]
    pub fn of(network: &Arc<PluginNetwork>, notes: Arc<dyn Notes>) -> Self {
        Self(Recorded::new(network.clone(), notes, 0))
    }

    /// The page's network and cookies.
    #[must_use]
    pub fn doors(&self) -> (Arc<dyn Network>, Arc<dyn ScriptCookies>) {
        let shared = Arc::new(Shared(self.0.clone()));
        (shared.clone(), shared)
    }

    /// Notes what was asked for and whose answers nobody took.
    pub fn flush(&self) {
        self.0.flush();
    }
}

impl Notes for Recorder {
    fn said_itself(&self, text: &[u8]) {
        self.state().options.redactor.iter_mut().for_each(|redactor| redactor.leave(text));
    }

    fn exchange(&self, page: usize, exchange: &Exchange) {
        let mut state = self.state();
        let data = exchange.data(state.options.redactor.as_mut());
        state.world(page, HTTP, data, exchange.finished().unwrap_or(exchange.request.now_ms));
    }

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

    fn element(&self, page: usize, stimulus: &str, element: &Element, at: TimestampMs) {
        let mut state = self.state();
        let data = json!(element);
        let (data, cause) = match &mut state.options.redactor {
            Some(redactor) => (redactor.json(&data), redactor.text(stimulus)),
            None => (data, stimulus.to_owned()),
        };
        let Some(plugin) = state.pages.get(page).map(|page| page.plugin.clone()) else { return };
        let line = Line::new(state.id(), plugin.base.as_str(), ELEMENT, data);
        state.put(Line { time: Some(at), cause: Some(cause), plugin: Some(plugin.name), ..line });
    }
}

impl Recorder {
    /// Begins a recording of one page that is handed over; nothing is written before the first [`Recorder::commit`], and a file
    /// is this user's only. `is_file`: else it stays in memory.
    ///
    /// # Errors
    /// A file that is there already or cannot be created.
    pub fn handed_over(options: RecordOptions, opened: &Opened, is_file: bool) -> Result<Self, WriteError> {
        let target = match is_file {
            true => Target::File(create_private(&options.path)?),
            false => Target::Memory(Vec::new()),
        };
        let recorder = Self::into(options, target);
        let mut state = recorder.state();
        state.held = Some(Vec::new());
        state.pages.push(Page { plugin: opened.plugin.clone(), network: None });
        state.start(&opened.plugin, &opened.options, opened.settle_ms, Some(&opened.user), &opened.cookies);
        drop(state);
        Ok(recorder)
    }

    /// One more thing that happened to its page.
    pub fn take(&self, item: &Item) {
        match item {
            Item::Heard(line, at) | Item::Told(line, at) => {
                let is_told = matches!(item, Item::Told(..));
                let mut state = self.state();
                let sender = line.data.get("FromUserName").and_then(Value::as_str).filter(|_| !is_told);
                if let (Some(redactor), Some(sender)) = (&mut state.options.redactor, sender) {
                    redactor.learn_user(sender);
                }
                drop(state);
                self.told(line, &Stimulus::from_line(line), &[0], *at);
                self.state().turns -= u64::from(!is_told);
            }
            Item::Did(emissions) => self.did(0, emissions),
            Item::Itself(text) => self.said_itself(text),
            Item::Exchange(exchange) => self.exchange(0, exchange),
            Item::Dialog(kind, answer, at) => self.dialog(0, kind, answer.as_deref(), *at),
            Item::Element(stimulus, element, at) => self.element(0, stimulus, element, *at),
        }
    }

    /// Writes what was taken since the last time, if all of it stays within so many bytes, of which `written` are used; so many
    /// are used then. `None`: it does not, and none of it is written.
    pub fn commit(&self, written: u64, bytes_max: u64) -> Option<u64> {
        let mut state = self.state();
        let held = state.held.replace(Vec::new()).unwrap_or_default();
        let bytes = |line: &Line| line.to_json().len() as u64 + 1;
        let all = held.iter().map(bytes).fold(written, u64::saturating_add);
        if all.saturating_add(TRAILER_BYTES_MAX) > bytes_max {
            return None;
        }
        held.into_iter().for_each(|line| state.put_out(line));
        if state.has_failed {
            // What is left of the turn would be one in which the page did less.
            cut_back(&state.options.path, written);
        }
        state.committed = (state.turns, state.faults);
        Some(all)
    }

    /// What was taken since the last [`Recorder::commit`].
    #[must_use]
    pub fn held(&self) -> Vec<Line> {
        self.state().held.clone().unwrap_or_default()
    }

    /// The recording ends at this page time, for this reason; what was not committed is not in it.
    #[must_use]
    pub fn end_at(&self, at: TimestampMs, why: &str) -> Closing {
        let mut state = self.state();
        state.held = None;
        let (turns, faults) = state.committed;
        let line = Line::new(state.id(), "duoke", END, json!({ "turns": turns, "faults": faults, "reason": why }));
        state.write(Line { time: Some(at), ..line });
        drop(state);
        self.close_file()
    }

    /// Whether it could not be written any further.
    #[must_use]
    pub fn has_failed(&self) -> bool {
        self.state().has_failed
    }

    /// The lines so far, of one in memory.
    #[must_use]
    pub fn lines(&self) -> Vec<Line> {
        match &self.state().writer {
            Some(Target::Memory(lines)) => lines.clone(),
            _ => Vec::new(),
        }
    }
}

/// Takes back what was written beyond so many bytes, on a disk that takes no more; where that does not work either, it stays.
fn cut_back(path: &Path, bytes: u64) {
    let _ = match bytes {
        0 => fs::remove_file(path),
        _ => OpenOptions::new().write(true).open(path).and_then(|file| file.set_len(bytes)),
    };
}

/// A new file, this user's only.
///
/// # Errors
/// One that is there already or cannot be created.
pub fn create_private(path: &Path) -> Result<Writer, WriteError> {
    let name = path.display().to_string();
    let file = OpenOptions::new().write(true).create_new(true).mode(FILE_MODE).open(path);
    Ok(Writer::plain(file.map_err(|error| WriteError { file: name.clone(), error })?, &name))
}
