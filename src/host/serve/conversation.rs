//! One customer's own pages: they have only ever been told about him (plugin-apis.md §3, a page per conversation).

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use serde_json::json;

use super::house::{House, Resident};
use super::place::Place;
use super::scheduler::Wake;
use super::witness::{Turned, Visit, Witness};
use crate::base::clock::{Stopwatch, TimestampMs};
use crate::base::limits::{SETTLE_MS_DEFAULT, WAKE_MS_MIN};
use crate::config::{Dialect, UserChange};
use crate::engine::event_loop::{Emission, Output};
use crate::event::{Line, Stimulus, StimulusKind};
use crate::host::derived::{Derived, Deriving, Whom};
use crate::host::keeping::Changes;
use crate::host::ledger::Ledger;
use crate::host::messages::{Sender, Taken};
use crate::host::stage::{Ended, Step};
use crate::host::watch::{About, Notice};
use crate::page::{CutShort, Driver, LoadError, Moment, TurnInput};
use crate::store::{StoreError, Unfinished};

/// A page, and how far it is.
struct Tab {
    /// Until it is given up.
    alive: Option<Alive>,
    driver: Box<dyn Driver + Send>,
    now: TimestampMs,
    due: Option<TimestampMs>,
    /// The customer whom it was told last, and the APIs by which it was.
    turned_to: Option<Arc<str>>,
    knows_by: Vec<Dialect>,
    /// By what it was told so again: what it does because of these it has done before.
    repetitions: Vec<String>,
    /// What it has not done with, and until when it may take its time.
    open: Vec<(String, TimestampMs)>,
}

/// A page that is open, until this is dropped.
struct Alive(Arc<dyn Witness>);

impl Alive {
    fn new(witness: Arc<dyn Witness>, plugin: &str) -> Self {
        witness.opened(plugin);
        Self(witness)
    }
}

impl Drop for Alive {
    fn drop(&mut self) {
        self.0.closed();
    }
}

/// The pages of a place: of a customer's own, or of a seat, where they are told one customer after another.
pub struct Conversation {
    /// The account, by app id.
    app_id: Arc<str>,
    place: Place,
    /// The customer for whom it was opened.
    openid: Arc<str>,
    house: Arc<House>,
    ledger: Ledger,
    /// In the order of the house's residents; none: it is not at this place, or does not load.
    tabs: Vec<Option<Tab>>,
    witness: Arc<dyn Witness>,
}

impl Conversation {
    /// Opens the pages of a place, for a customer. `id` names this opening in the keys of what pages do without having been
    /// told anything.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn open(
        house: Arc<House>,
        mut ledger: Ledger,
        (app_id, place, openid, id): (&str, &Place, &Arc<str>, &str),
        witness: Arc<dyn Witness>,
        moment: Moment,
    ) -> Result<Self, StoreError> {
        ledger.accept_load(Some(id))?;
        let tabs = Vec::new();
        let (app_id, place) = (Arc::<str>::from(app_id), place.clone());
        let mut conversation = Self { app_id, place, openid: openid.clone(), house, ledger, tabs, witness };
        let house = conversation.house.clone();
        for resident in &house.residents {
            if !house.is_at(resident, &conversation.place) {
                conversation.tabs.push(None);
                continue;
            }
            let tab = conversation.tab(resident, openid, moment);
            let tab = tab.map_err(|error| {
                conversation.witness.not_opened(&resident.name);
                let notice = Notice::error(format!("the page {} does not load: {error}", resident.plugin.name));
                let about =
                    About::new("page.unloadable").account(&conversation.app_id).plugin(&resident.name).openid(openid);
                conversation.witness.say(notice.with_hint(error.hint()).about(about));
            });
            conversation.tabs.push(tab.ok());
        }
        Ok(conversation)
    }

    /// Whether it was opened in this house.
    pub fn is_in(&self, house: &Arc<House>) -> bool {
        Arc::ptr_eq(&self.house, house)
    }

    fn tab(&mut self, resident: &Resident, openid: &str, moment: Moment) -> Result<Tab, LoadError> {
        let mut driver = self.house.page(resident, &self.place, openid, moment)?;
        let mut loading = Vec::new();
        let mut turn = driver.open(SETTLE_MS_DEFAULT, &mut |emissions, _| loading.extend(emissions))?;
        loading.append(&mut turn.emissions);
        // What a page does while it loads is for nobody; what goes wrong is worth knowing.
        for emission in loading.iter().filter(|emission| matches!(emission.output, Output::Fault(_))) {
            let visit = Visit { app_id: &self.app_id, openid: &self.openid, resident };
            self.witness.emission(visit, emission, &Taken::default());
        }
        Ok(Tab {
            alive: Some(Alive::new(self.witness.clone(), &resident.name)),
            driver,
            now: turn.now,
            due: turn.due,
            turned_to: None,
            knows_by: Vec::new(),
            repetitions: Vec::new(),
            open: Vec::new(),
        })
    }

    /// What a line leads to. On disk when this returns.
    ///
    /// # Errors
    /// [`StoreError`]: the host is to stop.
    pub fn handle(&mut self, line: &Line, openid: &Arc<str>, now: TimestampMs) -> Result<(), StoreError> {
        let stimulus = Stimulus::from_line(line);
        if let StimulusKind::WechatPush(_) = stimulus.kind {
            for derived in Deriving::default().of(line, &stimulus) {
                let whom = self.whom(&derived, &stimulus, openid)?;
                self.accept(&derived.line, whom, openid, now)?;
            }
            return Ok(());
        }
        let whom = self.speaking(&stimulus);
        self.accept(line, whom, openid, now)
    }

    /// Goes on with what an earlier host had not finished.
    ///
    /// # Errors
    /// [`StoreError`]: the host is to stop.
    pub fn take_up(
        &mut self,
        event: &Unfinished,
        line: &Line,
        openid: &Arc<str>,
        now: TimestampMs,
    ) -> Result<(), StoreError> {
        self.ledger.take_up_for_good(event);
        let line = Line { id: event.name.clone(), ..line.clone() };
        let whom = self.residents(|resident| event.plugins.contains(&resident.name));
        self.tell_all(&line, &whom, openid, now)
    }

    /// Those at this place.
    fn residents(&self, is_one: impl Fn(&Resident) -> bool) -> Vec<usize> {
        let residents = self.house.residents.iter().enumerate();
        let here = residents.filter(|(_, resident)| self.house.is_at(resident, &self.place) && is_one(resident));
        here.map(|(at, _)| at).collect()
    }

    /// The pages that a stimulus is for: those of its plugin, of the dialect that it speaks.
    fn speaking(&self, stimulus: &Stimulus) -> Vec<usize> {
        let dialect = match &stimulus.kind {
            StimulusKind::Mcs { .. } => Some(Dialect::Mcs),
            StimulusKind::Echat { .. } => Some(Dialect::Echat),
            _ => None,
        };
        self.residents(|resident| {
            let is_named = stimulus.plugin.as_ref().is_none_or(|name| *name == resident.plugin.name);
            is_named && dialect.is_none_or(|dialect| resident.plugin.speaks(dialect))
        })
    }

    /// The pages that are told what follows from a push.
    fn whom(&self, derived: &Derived, push: &Stimulus, openid: &str) -> Result<Vec<usize>, StoreError> {
        let stimulus = Stimulus { plugin: push.plugin.clone(), ..Stimulus::from_line(&derived.line) };
        let mut whom = Vec::new();
        for at in self.speaking(&stimulus) {
            let plugin = &self.house.residents[at].plugin;
            let is_for = match (derived.dialect, derived.whom) {
                (Dialect::Mcs, Whom::Extra) => plugin.extra_events,
                (Dialect::Mcs, _) if stimulus.turns_to().is_some() => {
                    plugin.user_change == UserChange::Message || self.is_news(at, derived, openid)?
                }
                (Dialect::Mcs, _) => true,
                (Dialect::Echat, Whom::TurnedElsewhere) => {
                    plugin.is_opened_for_echat() && self.is_news(at, derived, openid)?
                }
                (Dialect::Echat, _) => plugin.is_opened_for_echat(),
            };
            if is_for {
                whom.push(at);
            }
        }
        Ok(whom)
    }

    /// Whether whose turn it is is news to a page, and of a customer's own was to those before it.
    fn is_news(&self, at: usize, derived: &Derived, openid: &str) -> Result<bool, StoreError> {
        let Some(tab) = &self.tabs[at] else { return Ok(false) };
        if tab.turned_to.as_deref() == Some(openid) && tab.knows_by.contains(&derived.dialect) {
            return Ok(false);
        }
        match self.place {
            Place::Seat(_) => Ok(true),
            Place::Customer(_) => {
                let name = &self.house.residents[at].name;
                self.ledger.was_turned(name, openid, &derived.line.type_).map(|was_turned| !was_turned)
            }
        }
    }

    /// Takes an event in for these pages, and tells those that have not done with it.
    fn accept(&mut self, line: &Line, whom: Vec<usize>, openid: &Arc<str>, now: TimestampMs) -> Result<(), StoreError> {
        if whom.is_empty() {
            return Ok(());
        }
        let names: Vec<String> = whom.iter().map(|at| self.house.residents[*at].name.clone()).collect();
        let accepted = self.ledger.accept(line, names)?;
        if accepted.forgotten {
            return Ok(());
        }
        let id = accepted.renamed.unwrap_or_else(|| line.id.clone());
        let line = Line { id, ..line.clone() };
        let is_open = |at: &usize| accepted.open.contains(&self.house.residents[*at].name);
        let whom: Vec<usize> = whom.into_iter().filter(is_open).collect();
        self.tell_all(&line, &whom, openid, now)
    }

    fn tell_all(&mut self, line: &Line, whom: &[usize], openid: &Arc<str>, now: TimestampMs) -> Result<(), StoreError> {
        for at in whom {
            self.introduce(*at, line, openid, now)?;
            self.tell(*at, Some(line), false, now)?;
        }
        Ok(())
    }

    /// A page that has not been told anybody is told whose turn it is before anything else; what that leads to was done when
    /// it was news.
    fn introduce(&mut self, at: usize, line: &Line, openid: &Arc<str>, now: TimestampMs) -> Result<(), StoreError> {
        let Some(tab) = &mut self.tabs[at] else { return Ok(()) };
        let is_another = tab.turned_to.as_ref().is_some_and(|turned_to| turned_to != openid);
        let turns = Stimulus::from_line(line).turns_to().is_some();
        if is_another && !turns {
            // At a seat: what is about others than the one that it is turned to does not turn it.
            return Ok(());
        }
        if is_another {
            tab.knows_by.clear();
        }
        tab.turned_to = Some(openid.clone());
        let (plugin, stimulus) = (&self.house.residents[at].plugin, Stimulus::from_line(line));
        let spoken = match &stimulus.kind {
            StimulusKind::Mcs { .. } => vec![Dialect::Mcs],
            StimulusKind::Echat { .. } => vec![Dialect::Echat],
            _ => vec![Dialect::Mcs, Dialect::Echat],
        };
        let speaks = |dialect| match dialect {
            Dialect::Mcs => plugin.speaks(Dialect::Mcs),
            Dialect::Echat => plugin.is_opened_for_echat(),
        };
        let knows_by = &mut tab.knows_by;
        let untold: Vec<Dialect> =
            spoken.into_iter().filter(|dialect| speaks(*dialect) && !knows_by.contains(dialect)).collect();
        knows_by.extend(&untold);
        let openid = &**openid;
        let user = json!({"channeltype": "1", "useraccount": openid, "userid": openid});
        let visitor = json!({"chatStatus": 1, "visitorData": {"visitorId": openid}});
        let of = |name: &str, type_: &str, data| Line {
            subject: Some(openid.to_owned()),
            ..Line::new(format!("{}/{name}", line.id), &line.source, type_, data)
        };
        let again = |dialect| match dialect {
            Dialect::Mcs => of("again", "stimulus.mcs.OnUserChange", user.clone()),
            Dialect::Echat => of("again-select", "stimulus.echat.onSelectVisitor", visitor.clone()),
        };
        let lines: Vec<Line> = untold.into_iter().filter(|_| !turns).map(again).collect();
        tab.repetitions.extend(lines.iter().map(|line| line.id.clone()));
        lines.iter().try_for_each(|line| self.tell(at, Some(line), true, now))
    }

    /// One turn of a page: it is told a line, or does what is due.
    fn tell(&mut self, at: usize, line: Option<&Line>, repeats: bool, now: TimestampMs) -> Result<(), StoreError> {
        let Self { app_id, openid, house, ledger, tabs, witness, .. } = self;
        let (resident, Some(tab)) = (&house.residents[at], &mut tabs[at]) else { return Ok(()) };
        let openid = tab.turned_to.clone().unwrap_or_else(|| openid.clone());
        let visit = Visit { app_id, openid: &openid, resident };
        let stimulus = line.map(Stimulus::from_line);
        let id = line.map(|line| line.id.as_str());
        if id.is_some_and(|id| tab.open.iter().any(|(open, _)| open == id)) {
            return Ok(());
        }
        let sender = Sender { name: &resident.name, policy: resident.plugin.policy };
        let page_now = now.max(tab.now);
        let repetitions = &tab.repetitions;
        let is_repetition = |emission: &Emission| {
            let stimulus = emission.cause.as_ref().map_or("", |cause| &*cause.stimulus);
            repetitions.iter().any(|repetition| repetition == stimulus)
        };
        let mut keep = |emissions: &[Emission], repeated: bool| {
            let mut keep = |emissions: &[Emission], repeats: bool| {
                let step = Step { page: at, emissions, repeated, ended: None };
                let taken = ledger.step(sender, &step, id, repeats, Changes::default());
                // What only repeats was told when it was news.
                let news = emissions.iter().zip(&taken).filter(|_| !repeated);
                news.for_each(|(emission, taken)| witness.emission(visit, emission, taken));
            };
            match emissions {
                // That a page begins anew is told by nothing.
                [] => keep(emissions, repeats),
                _ => emissions
                    .chunk_by(|one, next| is_repetition(one) == is_repetition(next))
                    .for_each(|emissions| keep(emissions, repeats || is_repetition(&emissions[0]))),
            }
        };
        let (begun, input) = (Stopwatch::start(), TurnInput { stimulus, at: page_now, settle_ms: SETTLE_MS_DEFAULT });
        let turn = tab.driver.turn(input, &mut |emissions, repeated| keep(&emissions, repeated));
        keep(&turn.emissions, false);
        witness.turn(visit, Turned { told: id, took: begun.elapsed() });
        (tab.now, tab.due) = (turn.now, turn.due);
        let is_untold = id.is_some() && turn.cut == Some(CutShort::Telling);
        let ended = match (tab.driver.is_parked() || is_untold, turn.idle) {
            (true, _) => Ended::Parked,
            (false, true) => Ended::Idle,
            (false, false) => Ended::Busy,
        };
        if let (Some(id), false, false) = (id, repeats, ended == Ended::Parked) {
            tab.open.push((id.to_owned(), page_now + SETTLE_MS_DEFAULT));
        }
        tab.end(ledger, sender, ended);
        ledger.failure().cloned().map_or(Ok(()), Err)
    }

    /// What pages have to do by themselves by now.
    ///
    /// # Errors
    /// [`StoreError`]: the host is to stop.
    pub fn wake(&mut self, now: TimestampMs) -> Result<(), StoreError> {
        for at in 0..self.tabs.len() {
            let is_due = |tab: &Tab| tab.wake().is_some_and(|due| due <= now);
            if self.tabs[at].as_ref().is_some_and(is_due) {
                self.tell(at, None, false, now)?;
            }
        }
        Ok(())
    }

    /// A seat turns to another customer when its pages are idle, or their time is up.
    ///
    /// # Errors
    /// [`StoreError`]: the host is to stop.
    pub fn rest_before(&mut self, openid: &str, now: &dyn Fn() -> TimestampMs) -> Result<(), StoreError> {
        loop {
            let tabs = self.tabs.iter().flatten();
            let others = tabs.filter(|tab| tab.turned_to.as_deref().is_some_and(|turned_to| turned_to != openid));
            let Some(until) = others.flat_map(|tab| tab.open.iter().map(|(_, until)| *until)).max() else {
                return Ok(());
            };
            let due = self.tabs.iter().flatten().filter_map(Tab::wake).min();
            let since = now();
            if since >= until {
                return Ok(());
            }
            let wait = (due.map_or(until, |due| due.min(until)) - since).max(WAKE_MS_MIN);
            thread::sleep(Duration::from_millis(u64::try_from(wait).unwrap_or(0)));
            self.wake(now())?;
        }
    }

    /// When a page has something to do by itself.
    pub fn due(&self, now: TimestampMs) -> Wake {
        let tabs = || self.tabs.iter().flatten();
        match tabs().filter_map(Tab::wake).min().map(|due| due.max(now + WAKE_MS_MIN)) {
            None => Wake::Never,
            Some(due) if tabs().all(|tab| tab.open.is_empty()) => Wake::At(due),
            Some(due) => Wake::Owing(due),
        }
    }
}

impl Tab {
    /// When it has something to do by itself, or has had its time for what it was told.
    fn wake(&self) -> Option<TimestampMs> {
        self.due.into_iter().chain(self.open.iter().map(|(_, until)| *until)).min()
    }

    /// What it has done with at the end of a turn. What it could not be told it has not done with: the next host tells it.
    fn end(&mut self, ledger: &mut Ledger, sender: Sender<'_>, ended: Ended) {
        if self.driver.is_parked() {
            self.open.clear();
            (self.due, self.alive) = (None, None);
        }
        if ended == Ended::Parked {
            return;
        }
        let is_over = |until: TimestampMs| ended == Ended::Idle || until <= self.now;
        let (over, open): (Vec<_>, _) =
            std::mem::take(&mut self.open).into_iter().partition(|(_, until)| is_over(*until));
        self.open = open;
        let mut end = |id: Option<&str>| {
            let step = Step { page: 0, emissions: &[], repeated: false, ended: Some(ended) };
            ledger.step(sender, &step, id, false, Changes::default());
        };
        over.iter().for_each(|(id, _)| end(Some(id)));
        if over.is_empty() && ended == Ended::Idle {
            // Those whose time was up.
            end(None);
        }
    }
}
