//! What somebody sees of the pages at seats while they are served, and does with them: the state of a workbench, for whoever
//! shows it. Nothing waits for who looks: what changes is counted, and who is behind asks for what he missed.
//!
//! `log` is the interaction log, `sessions` what was recorded of each page, `desk` what is asked of the host.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{oneshot, watch};
use url::Url;

use super::craft::{Host, Work};
use super::crew::{Foreman, Whose};
use super::house::Resident;
use super::place::Place;
use super::tab::seed;
use super::witness::{Turned, Visit};
use crate::base::clock::system_now_ms;
use crate::engine::event_loop::{Emission, Output};
use crate::event::{Effect, Line};
use crate::host::desk::{Desk, Trouble, TroubleKind};
use crate::host::messages::Taken;
use crate::net::{Destination, NetError, Network as _, Request, Response};
use crate::outbox::Delivery;
use crate::page::Driver;
use crate::store::{AccountId, Store};

mod log;
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

/// What somebody sees. Cheap to clone.
#[derive(Clone)]
pub struct Workbench(Arc<Shared>);

struct Shared {
    /// What tells this host from another at the same address.
    run: String,
    changes: watch::Sender<Changes>,
    log: Mutex<Log>,
    sessions: Mutex<Sessions>,
    /// By seat and plugin.
    pages: Mutex<BTreeMap<(String, String), PageState>>,
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

impl Default for Workbench {
    fn default() -> Self {
        Self(Arc::new(Shared {
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
                let state = |plugin: &str| pages.get(&(name.clone(), plugin.to_owned())).cloned().unwrap_or_default();
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

    /// A seat's place.
    fn whose(&self, seat: &str) -> Result<(Foreman<Host>, Whose), Trouble> {
        let running = lock(&self.0.running);
        let Running { crew, accounts, .. } = running.as_ref().ok_or_else(not_serving)?;
        let house = crew.craft(Host::house).ok_or_else(not_serving)?;
        let is_one = accounts.len() == 1;
        for (number, (app_id, _)) in accounts.iter().enumerate() {
            if let Some(found) = house.seats().iter().find(|one| label(&one.name, app_id, is_one) == seat) {
                return Ok((crew.clone(), (number, Place::Seat(found.name.clone()))));
            }
        }
        Err(Trouble::new(TroubleKind::NotFound, format!("there is no seat {seat}")))
    }

    /// Does something with the page of a plugin at a seat, between its turns.
    ///
    /// # Errors
    /// There is no such page, or it is not open.
    pub async fn look<R: Send + 'static>(
        &self,
        seat: &str,
        plugin: &str,
        look: impl FnOnce(&mut dyn Driver) -> R + Send + 'static,
    ) -> Result<R, Trouble> {
        let (crew, whose) = self.whose(seat)?;
        let closed = || Trouble::new(TroubleKind::NotFound, format!("the page {plugin} at {seat} is not open"));
        let (answer, answered) = oneshot::channel();
        let name = plugin.to_owned();
        let work = Work::Look(Box::new(move |conversation| {
            if let Some(driver) = conversation.and_then(|conversation| conversation.driver(&name)) {
                // Who asked may be gone.
                let _ = answer.send(look(driver));
            }
        }));
        if !crew.submit(&whose, work).await {
            return Err(not_serving());
        }
        answered.await.map_err(|_| closed())
    }

    /// What the page of a plugin at a seat could have by this address: its own files and what it may reach, as anybody gets it, without
    /// its cookies.
    ///
    /// # Errors
    /// There is no such page, or the address may not be had, or is not answered.
    pub async fn fetch(&self, seat: &str, plugin: &str, url: Url) -> Result<Response, Trouble> {
        let (crew, (_, place)) = self.whose(seat)?;
        let house = crew.craft(Host::house).ok_or_else(not_serving)?;
        let nobody = || Trouble::new(TroubleKind::NotFound, format!("there is no plugin {plugin} at {seat}"));
        let is_it = |resident: &&Resident| resident.plugin.name == plugin && house.is_at(resident, &place);
        let resident = house.residents.iter().find(is_it).ok_or_else(nobody)?;
        let failed = |error: NetError| {
            let trouble = Trouble::new(TroubleKind::NotFound, error.to_string());
            error.hint().into_iter().fold(trouble, Trouble::with_hint)
        };
        let network = house.network(resident, "").map_err(failed)?;
        let page = resident.plugin.source_at(0, 0, None).document_url().clone();
        let work = move || {
            let get = |url: &Url, destination| {
                network.fetch(Request { credentials: false, ..Request::get(url.clone(), destination, 0) })
            };
            match get(&url, Destination::Xhr) {
                // A style sheet that the page's HTML names may be had though nobody named its origin.
                Err(NetError::NotAllowed { .. }) => {
                    get(&page, Destination::Document).and_then(|_| get(&url, Destination::Style))
                }
                answer => answer,
            }
        };
        // A page's network blocks: not on the runtime's own threads.
        let answer = tokio::task::spawn_blocking(work).await;
        answer.map_err(|_| not_serving())?.map_err(failed)
    }

    /// A page was looked at: it does not want to be any more.
    pub fn seen(&self, seat: &str, plugin: &str) {
        if let Some(page) = lock(&self.0.pages).get_mut(&(seat.to_owned(), plugin.to_owned())) {
            page.has_notice = false;
        }
        self.note(|changes| changes.state += 1);
    }

    fn page(&self, seat: String, plugin: &str, change: impl FnOnce(&mut PageState)) {
        change(lock(&self.0.pages).entry((seat, plugin.to_owned())).or_default());
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

    /// A page was opened, or could not be.
    pub(super) fn opened(&self, visit: Visit<'_>, standing: Standing) {
        let Some(seat) = self.seat_of(visit) else { return };
        let plugin = &visit.resident.plugin.name;
        self.page(seat, plugin, |page| *page = PageState { standing, has_notice: page.has_notice, faults: 0 });
        self.note(|changes| changes.turns += 1);
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

    /// A page is recorded from now on.
    pub(super) fn recorded(&self, id: u64, seat: &str, session: Session) {
        lock(&self.0.sessions).begin(id, seat, session);
    }

    /// What a recorded page did in a turn, as lines.
    pub(super) fn did(&self, id: u64, seat: &Arc<str>, lines: &[Line], took: Duration) {
        for line in lines.iter().filter(|line| is_shown(&line.type_)) {
            let is_stimulus = line.type_.starts_with("stimulus.");
            let (seat, took) = (Some(seat.clone()), is_stimulus.then_some(took));
            let number = self.put(line, &Beside { seat, took });
            if is_stimulus {
                lock(&self.0.sessions).note(id, number, &line.id);
            }
        }
    }
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

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
