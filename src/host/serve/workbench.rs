//! What somebody sees of the pages at seats while they are served, and does with them: the state of a workbench, for whoever
//! shows it. Nothing waits for who looks: what changes is counted, and who is behind asks for what he missed.
//!
//! `log` is the interaction log, `sessions` what was recorded of each page, `pages` what is done with pages, `desk` what is asked of
//! the host.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;
use tokio::sync::watch;

use super::craft::Host;
use super::crew::Foreman;
use super::place::Place;
use super::tab::seed;
use super::witness::{Turned, Visit};
use crate::base::clock::system_now_ms;
use crate::base::sync::lock;
use crate::engine::event_loop::{Emission, Output};
use crate::event::{Effect, Line};
use crate::host::desk::{Desk, Trouble, TroubleKind};
use crate::host::messages::Taken;
use crate::outbox::Delivery;
use crate::record::session::HTTP;
use crate::store::{AccountId, Store};

mod log;
mod pages;
mod sessions;

use log::Log;
pub use log::{Beside, Shown};
pub use sessions::Session;
use sessions::Sessions;

/// How often what is shown has changed, by what it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// The number of the last line of the log.
    pub line: u64,
    /// Seats, plugins and their pages.
    pub state: u64,
    /// Customers.
    pub customers: u64,
    /// Messages.
    pub outbox: u64,
    /// What only development has.
    pub development: u64,
    /// What pages did: their documents may look otherwise.
    pub turns: u64,
}

/// How a page stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Standing {
    /// It is not open: it is opened when it is to be told something.
    #[default]
    Closed,
    /// It is open.
    Open,
    /// It does not load.
    Broken,
}

impl Standing {
    /// The word for it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Open => "open",
            Self::Broken => "broken",
        }
    }
}

/// A page at a seat.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PageState {
    /// How it stands.
    pub standing: Standing,
    /// It wants to be looked at (`Notice`), and was not.
    pub has_notice: bool,
    /// Faults of the page that is open.
    pub faults: u64,
}

/// A seat with its pages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SeatState {
    /// Its name, with `@APPID` where the host has several accounts.
    pub name: String,
    /// The app id of the account.
    pub app_id: String,
    /// Its customer-service account.
    pub kf_account: String,
    /// The customer whose turn it is.
    pub current: Option<String>,
    /// The pages, by plugin, in the order in which they are told.
    pub pages: Vec<(String, PageState)>,
}

/// So many pages there were.
static PAGES: AtomicU64 = AtomicU64::new(1);

/// What somebody sees. Cheap to clone.
#[derive(Clone)]
pub struct Workbench(Arc<Shared>);

struct Shared {
    /// What tells this host from another at the same address.
    run: String,
    changes: watch::Sender<Changes>,
    log: Mutex<Log>,
    sessions: Mutex<Sessions>,
    /// By seat and plugin; with the number of the page that is open.
    pages: Mutex<BTreeMap<(String, String), (u64, PageState)>>,
    /// Whether recordings of pages are kept.
    keeps_sessions: bool,
    /// Whose turn it is, by seat.
    turns: Mutex<BTreeMap<String, String>>,
    running: Mutex<Option<Running>>,
}

/// Whom to ask while it runs.
struct Running {
    crew: Foreman<Host>,
    desk: Desk,
    /// App ids.
    accounts: Vec<(String, AccountId)>,
    store: Arc<dyn Store>,
}

impl std::fmt::Debug for Workbench {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Workbench").finish_non_exhaustive()
    }
}

impl Workbench {
    /// One of a host that serves customers.
    #[must_use]
    pub fn new() -> Self {
        Self::keeping(false)
    }

    /// One that can go back to what its pages did: recordings of them are in memory.
    #[must_use]
    pub fn of_development() -> Self {
        Self::keeping(true)
    }

    fn keeping(keeps_sessions: bool) -> Self {
        Self(Arc::new(Shared {
            keeps_sessions,
            run: format!("{:016x}", seed()),
            changes: watch::Sender::new(Changes::default()),
            log: Mutex::default(),
            sessions: Mutex::default(),
            pages: Mutex::default(),
            turns: Mutex::default(),
            running: Mutex::default(),
        }))
    }
}

impl Default for Workbench {
    fn default() -> Self {
        Self::new()
    }
}

/// What a host does not do any more, or not yet.
fn not_serving() -> Trouble {
    Trouble::new(TroubleKind::NotFound, "the host does not serve").with_hint("it is starting or ending; try again")
}

impl Workbench {
    /// Hears of changes: the counts as they are, and when they are others.
    #[must_use]
    pub fn changes(&self) -> watch::Receiver<Changes> {
        self.0.changes.subscribe()
    }

    /// What tells this host's log from that of another at the same address.
    #[must_use]
    pub fn run(&self) -> &str {
        &self.0.run
    }

    /// Something of development changed.
    pub fn note_development(&self) {
        self.note(|changes| changes.development += 1);
    }

    fn note(&self, change: impl FnOnce(&mut Changes)) {
        self.0.changes.send_modify(change);
    }

    /// Lines of the log behind `after` and before `before`: the first so many, or the last where `after` is not given.
    #[must_use]
    pub fn lines(&self, after: Option<u64>, before: Option<u64>, limit: usize) -> Vec<Shown> {
        lock(&self.0.log).lines(after, before.unwrap_or(u64::MAX), limit)
    }

    /// The numbers of the first line that is kept and of the last one.
    #[must_use]
    pub fn span(&self) -> (u64, u64) {
        let log = lock(&self.0.log);
        (log.first(), log.last())
    }

    /// Puts a line into the log; its number.
    pub fn put(&self, line: &Line, beside: &Beside) -> u64 {
        let number = lock(&self.0.log).put(line, beside);
        self.note(|changes| changes.line = changes.line.max(number));
        number
    }

    /// The recorded page in whose recording the stimulus of this line is, with the stimulus's id there.
    #[must_use]
    pub fn session_of(&self, line: u64) -> Option<(Session, String)> {
        lock(&self.0.sessions).of_line(line)
    }

    /// What was recorded of the page of a plugin at a seat, the one that is open or was last.
    #[must_use]
    pub fn session(&self, seat: &str, plugin: &str) -> Option<Session> {
        lock(&self.0.sessions).last(seat, plugin)
    }

    /// The host serves.
    pub(super) fn serving(
        &self,
        crew: Foreman<Host>,
        desk: Desk,
        (accounts, store): (Vec<(String, AccountId)>, Arc<dyn Store>),
    ) {
        *lock(&self.0.running) = Some(Running { crew, desk, accounts, store });
        self.note(|changes| changes.state += 1);
    }

    /// It has ended.
    pub(super) fn ended(&self) {
        *lock(&self.0.running) = None;
        self.note(|changes| changes.state += 1);
    }

    /// Other plugins are in force.
    pub(super) fn moved(&self) {
        self.note(|changes| changes.state += 1);
    }

    /// What the control protocol answers.
    ///
    /// # Errors
    /// The host does not serve.
    pub fn desk(&self) -> Result<Desk, Trouble> {
        lock(&self.0.running).as_ref().map(|running| running.desk.clone()).ok_or_else(not_serving)
    }

    /// The store, with an account in it: that of a seat, else the first.
    ///
    /// # Errors
    /// The host does not serve.
    pub fn account(&self, app_id: Option<&str>) -> Result<(Arc<dyn Store>, AccountId), Trouble> {
        let running = lock(&self.0.running);
        let running = running.as_ref().ok_or_else(not_serving)?;
        let mut accounts = running.accounts.iter();
        let account = accounts.find(|(name, _)| app_id.is_none_or(|app_id| app_id == name));
        account.map(|(_, account)| (running.store.clone(), *account)).ok_or_else(not_serving)
    }

    /// The seats with their pages; empty where the host does not serve.
    #[must_use]
    pub fn seats(&self) -> Vec<SeatState> {
        let running = lock(&self.0.running);
        let Some(Running { crew, accounts, .. }) = running.as_ref() else { return Vec::new() };
        let Some(house) = crew.craft(Host::house) else { return Vec::new() };
        let (pages, turns) = (lock(&self.0.pages), lock(&self.0.turns));
        let mut seats = Vec::new();
        for (app_id, _) in accounts {
            for seat in house.seats() {
                let name = label(&seat.name, app_id, accounts.len() == 1);
                let place = Place::Seat(seat.name.clone());
                let here = house.residents.iter().filter(|resident| house.is_at(resident, &place));
                let state = |plugin: &str| {
                    pages.get(&(name.clone(), plugin.to_owned())).map(|(_, page)| page.clone()).unwrap_or_default()
                };
                let pages = here.map(|resident| (resident.plugin.name.clone(), state(&resident.plugin.name)));
                seats.push(SeatState {
                    app_id: app_id.clone(),
                    kf_account: seat.kf_account.clone(),
                    current: turns.get(&name).cloned(),
                    pages: pages.collect(),
                    name,
                });
            }
        }
        seats
    }

    /// The customer whose turn it is at a seat.
    #[must_use]
    pub fn current(&self, seat: &str) -> Option<String> {
        lock(&self.0.turns).get(seat).cloned()
    }

    /// A page was looked at: it does not want to be any more.
    pub fn seen(&self, seat: &str, plugin: &str) {
        if let Some((_, page)) = lock(&self.0.pages).get_mut(&(seat.to_owned(), plugin.to_owned())) {
            page.has_notice = false;
        }
        self.note(|changes| changes.state += 1);
    }

    fn page(&self, seat: String, plugin: &str, change: impl FnOnce(&mut PageState)) {
        change(&mut lock(&self.0.pages).entry((seat, plugin.to_owned())).or_default().1);
        self.note(|changes| changes.state += 1);
    }

    /// The name of the seat that a page is at, where it is at one.
    pub(super) fn seat_of(&self, visit: Visit<'_>) -> Option<String> {
        let Place::Seat(name) = visit.place else { return None };
        let is_one = lock(&self.0.running).as_ref().is_none_or(|running| running.accounts.len() == 1);
        Some(label(name, visit.app_id, is_one))
    }

    /// A page gave something out.
    pub(super) fn emission(&self, visit: Visit<'_>, emission: &Emission, taken: &Taken) {
        if !taken.rows.is_empty() {
            self.note(|changes| changes.outbox += 1);
        }
        let Some(seat) = self.seat_of(visit) else { return };
        let plugin = &visit.resident.plugin.name;
        match &emission.output {
            Output::Effect(Effect::Notice { .. }) => self.page(seat, plugin, |page| page.has_notice = true),
            Output::Fault(_) => self.page(seat, plugin, |page| page.faults += 1),
            _ => {}
        }
    }

    /// A turn ended.
    pub(super) fn turn(&self, visit: Visit<'_>, turned: Turned<'_>) {
        let Some(seat) = self.seat_of(visit) else { return };
        let is_news = turned.told.is_some()
            && lock(&self.0.turns).insert(seat, visit.openid.to_owned()).as_deref() != Some(visit.openid);
        self.note(|changes| {
            changes.turns += 1;
            changes.state += u64::from(is_news);
        });
    }

    /// A page was opened, or could not be; its number.
    pub(super) fn opened(&self, visit: Visit<'_>, standing: Standing) -> u64 {
        let number = PAGES.fetch_add(1, Ordering::Relaxed);
        let Some(seat) = self.seat_of(visit) else { return number };
        let key = (seat, visit.resident.plugin.name.clone());
        let mut pages = lock(&self.0.pages);
        let (open, page) = pages.entry(key).or_default();
        *open = number;
        *page = PageState { standing, has_notice: page.has_notice, faults: 0 };
        drop(pages);
        self.note(|changes| (changes.state, changes.turns) = (changes.state + 1, changes.turns + 1));
        number
    }

    /// The page of this number is no more.
    pub(super) fn closed(&self, number: u64) {
        let mut pages = lock(&self.0.pages);
        // Another one may have taken its place.
        let Some((_, page)) = pages.values_mut().find(|(open, _)| *open == number) else { return };
        page.standing = Standing::Closed;
        drop(pages);
        self.note(|changes| (changes.state, changes.turns) = (changes.state + 1, changes.turns + 1));
    }

    /// Something came for an account.
    pub(super) fn came(&self) {
        self.note(|changes| changes.customers += 1);
    }

    /// A try to send a message ended.
    pub(super) fn delivered(&self, delivery: &Delivery) {
        let line = Line::new(delivery.key.to_string(), "duoke", delivery.outcome.log_type(), delivery.data());
        let (subject, cause) = (Some(delivery.openid.clone()), Some(delivery.cause.clone()));
        let plugin = Some(delivery.key.plugin.clone());
        let time = Some(system_now_ms());
        self.put(&Line { time, subject, cause, plugin, ..line }, &Beside::default());
        self.note(|changes| {
            changes.outbox += 1;
            changes.customers += 1;
        });
    }

    /// Messages are others because of what somebody did.
    pub fn note_outbox(&self) {
        self.note(|changes| changes.outbox += 1);
    }

    /// Whether recordings of pages are kept, besides their lines.
    pub(super) fn keeps_sessions(&self) -> bool {
        self.0.keeps_sessions
    }

    /// A page is recorded from now on.
    pub(super) fn recorded(&self, id: u64, seat: &str, session: Session) {
        lock(&self.0.sessions).begin(id, seat, session);
    }

    /// It is not any more.
    pub(super) fn recorded_all(&self, id: u64) {
        lock(&self.0.sessions).end(id);
    }

    /// What a recorded page did in a turn, as lines.
    pub(super) fn did(&self, id: u64, seat: &Arc<str>, lines: &[Line], took: Duration) {
        for line in lines.iter().filter(|line| is_shown(&line.type_)) {
            let is_stimulus = line.type_.starts_with("stimulus.");
            let (seat, took) = (Some(seat.clone()), is_stimulus.then_some(took));
            let number = match line.type_ == HTTP {
                true => self.put(&without_secrets(line), &Beside { seat, took }),
                false => self.put(line, &Beside { seat, took }),
            };
            if is_stimulus && self.0.keeps_sessions {
                lock(&self.0.sessions).note(id, number, &line.id);
            }
        }
    }
}

/// Headers that let whoever has them be somebody else.
const SECRET_HEADERS: [&str; 5] = ["authorization", "cookie", "proxy-authorization", "set-cookie", "set-cookie2"];

/// A request as people may see it: what keeps cookies and passwords from scripts keeps them from browsers too.
fn without_secrets(line: &Line) -> Line {
    let mut line = line.clone();
    for part in ["request", "response"] {
        let headers = line.data.get_mut(part).and_then(|part| part.get_mut("headers")).and_then(Value::as_array_mut);
        for header in headers.into_iter().flatten() {
            let is_secret =
                header[0].as_str().is_some_and(|name| SECRET_HEADERS.contains(&&*name.to_ascii_lowercase()));
            if is_secret {
                header[1] = "…".into();
            }
        }
    }
    for cookie in line.data.get_mut("cookies").and_then(Value::as_array_mut).into_iter().flatten() {
        cookie["value"] = "…".into();
    }
    line
}

/// What the recording says of itself is no interaction.
fn is_shown(type_: &str) -> bool {
    ["stimulus.", "effect.", "fault.", "console.", "world.http", "world.dialog"]
        .iter()
        .any(|start| type_.starts_with(start))
}

fn label(seat: &str, app_id: &str, is_one: bool) -> String {
    if is_one { seat.to_owned() } else { format!("{seat}@{app_id}") }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_scripts_may_not_see_no_browser_sees() {
        let data = json!({
            "request": {"method": "GET", "headers": [["Authorization", "Bearer s3cret"], ["Accept", "*/*"]]},
            "response": {"status": 200, "headers": [["set-cookie", "id=s3cret; HttpOnly"], ["content-type", "text/plain"]]},
            "cookies": [{"name": "id", "value": "s3cret"}],
        });
        let shown = without_secrets(&Line::new("1", "duoke", HTTP, data)).data;
        assert!(!shown.to_string().contains("s3cret"), "{shown}");
        assert!(shown.to_string().contains("text/plain") && shown["request"]["headers"][1][1] == "*/*");
        assert_eq!(without_secrets(&Line::new("1", "duoke", HTTP, json!({}))).data, json!({}));
    }
}
