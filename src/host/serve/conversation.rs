//! One customer's own pages: they have only ever been told about him (plugin-apis.md §3, a page per conversation).

use std::sync::Arc;

use serde_json::json;

use super::house::{House, Resident};
use crate::base::clock::TimestampMs;
use crate::base::limits::{SETTLE_MS_DEFAULT, WAKE_MS_MIN};
use crate::config::{Dialect, UserChange};
use crate::engine::event_loop::{Emission, Output};
use crate::event::{Line, Stimulus, StimulusKind};
use crate::host::derived::{Derived, Deriving, Whom};
use crate::host::keeping::Changes;
use crate::host::ledger::Ledger;
use crate::host::messages::{Sender, Taken};
use crate::host::stage::{Ended, Step};
use crate::host::watch::Notice;
use crate::page::{CutShort, Driver, LoadError, Moment, TurnInput};
use crate::store::{StoreError, Unfinished};

/// Hears what pages do.
pub trait Witness: Send + Sync {
    /// Something a page gave out, and what became of it.
    fn emission(&self, resident: &Resident, emission: &Emission, taken: &Taken);
    /// A turn ended.
    fn turn(&self, resident: &Resident);
    /// Worth a person's while.
    fn say(&self, notice: Notice);
}

/// A page, and how far it is.
struct Tab {
    driver: Box<dyn Driver + Send>,
    now: TimestampMs,
    due: Option<TimestampMs>,
    /// It knows whose it is.
    is_introduced: bool,
    /// What it has not done with, and until when it may take its time.
    open: Vec<(String, TimestampMs)>,
}

/// A customer, and the pages that are his.
pub struct Conversation {
    openid: Arc<str>,
    house: Arc<House>,
    ledger: Ledger,
    /// In the order of the house's residents; none: it does not load.
    tabs: Vec<Option<Tab>>,
    witness: Arc<dyn Witness>,
}

impl Conversation {
    /// Opens his pages. `id` names this opening in the keys of what pages do without having been told anything.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn open(
        house: Arc<House>,
        mut ledger: Ledger,
        (openid, id): (&Arc<str>, &str),
        witness: Arc<dyn Witness>,
        moment: Moment,
    ) -> Result<Self, StoreError> {
        ledger.accept_load(Some(id))?;
        let mut conversation = Self { openid: openid.clone(), house, ledger, tabs: Vec::new(), witness };
        let house = conversation.house.clone();
        for resident in &house.residents {
            let tab = conversation.tab(resident, moment);
            let tab = tab.map_err(|error| {
                let notice = Notice::error(format!("the page {} does not load: {error}", resident.plugin.name));
                conversation.witness.say(notice.with_hint(error.hint()));
            });
            conversation.tabs.push(tab.ok());
        }
        Ok(conversation)
    }

    /// Whether it was opened in this house.
    pub fn is_in(&self, house: &Arc<House>) -> bool {
        Arc::ptr_eq(&self.house, house)
    }

    fn tab(&mut self, resident: &Resident, moment: Moment) -> Result<Tab, LoadError> {
        let mut driver = self.house.page(resident, &self.openid, moment)?;
        let mut loading = Vec::new();
        let mut turn = driver.open(SETTLE_MS_DEFAULT, &mut |emissions, _| loading.extend(emissions))?;
        loading.append(&mut turn.emissions);
        // What a page does while it loads is for nobody; what goes wrong is worth knowing.
        for emission in loading.iter().filter(|emission| matches!(emission.output, Output::Fault(_))) {
            self.witness.emission(resident, emission, &Taken::default());
        }
        Ok(Tab { driver, now: turn.now, due: turn.due, is_introduced: false, open: Vec::new() })
    }

    /// What a line leads to. On disk when this returns.
    ///
    /// # Errors
    /// [`StoreError`]: the host is to stop.
    pub fn handle(&mut self, line: &Line, now: TimestampMs) -> Result<(), StoreError> {
        let stimulus = Stimulus::from_line(line);
        if let StimulusKind::WechatPush(_) = stimulus.kind {
            // A fresh page of both dialects is told by both whose it is: who is fresh is asked before anybody is told.
            let derived = Deriving::default().of(line, &stimulus);
            let told: Vec<_> = derived.into_iter().map(|one| (self.whom(&one, &stimulus), one.line)).collect();
            return told.into_iter().try_for_each(|(whom, line)| self.accept(&line, whom, now));
        }
        let whom = self.speaking(&stimulus);
        self.accept(line, whom, now)
    }

    /// Goes on with what an earlier host had not finished.
    ///
    /// # Errors
    /// [`StoreError`]: the host is to stop.
    pub fn take_up(&mut self, event: &Unfinished, line: &Line, now: TimestampMs) -> Result<(), StoreError> {
        self.ledger.take_up(event);
        let line = Line { id: event.name.clone(), ..line.clone() };
        let whom = self.residents(|resident| event.plugins.contains(&resident.name));
        self.tell_all(&line, &whom, now)
    }

    fn residents(&self, is_one: impl Fn(&Resident) -> bool) -> Vec<usize> {
        (0..self.tabs.len()).filter(|at| is_one(&self.house.residents[*at])).collect()
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
    fn whom(&self, derived: &Derived, push: &Stimulus) -> Vec<usize> {
        let stimulus = Stimulus { plugin: push.plugin.clone(), ..Stimulus::from_line(&derived.line) };
        let mut whom = self.speaking(&stimulus);
        let is_fresh = |at: usize| self.tabs[at].as_ref().is_some_and(|tab| !tab.is_introduced);
        whom.retain(|at| {
            let plugin = &self.house.residents[*at].plugin;
            match (derived.dialect, derived.whom) {
                (Dialect::Mcs, Whom::Extra) => plugin.extra_events,
                (Dialect::Mcs, _) if stimulus.turns_to().is_some() => {
                    plugin.user_change == UserChange::Message || is_fresh(*at)
                }
                (Dialect::Mcs, _) => true,
                (Dialect::Echat, Whom::TurnedElsewhere) => plugin.is_opened_for_echat() && is_fresh(*at),
                (Dialect::Echat, _) => plugin.is_opened_for_echat(),
            }
        });
        whom
    }

    /// Takes an event in for these pages, and tells those that have not done with it.
    fn accept(&mut self, line: &Line, whom: Vec<usize>, now: TimestampMs) -> Result<(), StoreError> {
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
        self.tell_all(&line, &whom, now)
    }

    fn tell_all(&mut self, line: &Line, whom: &[usize], now: TimestampMs) -> Result<(), StoreError> {
        for at in whom {
            self.introduce(*at, line, now)?;
            self.tell(*at, Some(line), false, now)?;
        }
        Ok(())
    }

    /// A page that does not know whose it is is told before anything else; what that leads to was done when it was news.
    fn introduce(&mut self, at: usize, line: &Line, now: TimestampMs) -> Result<(), StoreError> {
        let Some(tab) = &mut self.tabs[at] else { return Ok(()) };
        if std::mem::replace(&mut tab.is_introduced, true) || Stimulus::from_line(line).turns_to().is_some() {
            return Ok(());
        }
        let plugin = &self.house.residents[at].plugin;
        let openid = &*self.openid;
        let user = json!({"channeltype": "1", "useraccount": openid, "userid": openid});
        let visitor = json!({"chatStatus": 1, "visitorData": {"visitorId": openid}});
        let of = |name: &str, type_: &str, data| Line {
            subject: Some(openid.to_owned()),
            ..Line::new(format!("{}/{name}", line.id), &line.source, type_, data)
        };
        let mut lines = Vec::new();
        if plugin.speaks(Dialect::Mcs) {
            lines.push(of("again", "stimulus.mcs.OnUserChange", user));
        }
        if plugin.is_opened_for_echat() {
            lines.push(of("again-select", "stimulus.echat.onSelectVisitor", visitor));
        }
        lines.iter().try_for_each(|line| self.tell(at, Some(line), true, now))
    }

    /// One turn of a page: it is told a line, or does what is due.
    fn tell(&mut self, at: usize, line: Option<&Line>, repeats: bool, now: TimestampMs) -> Result<(), StoreError> {
        let Self { house, ledger, tabs, witness, .. } = self;
        let (resident, Some(tab)) = (&house.residents[at], &mut tabs[at]) else { return Ok(()) };
        let stimulus = line.map(Stimulus::from_line);
        let id = line.map(|line| line.id.as_str());
        if id.is_some_and(|id| tab.open.iter().any(|(open, _)| open == id)) {
            return Ok(());
        }
        let sender = Sender { name: &resident.name, policy: resident.plugin.policy };
        let page_now = now.max(tab.now);
        let mut keep = |emissions: &[Emission], repeated: bool| {
            let step = Step { page: at, emissions, repeated, ended: None };
            let taken = ledger.step(sender, &step, id, repeats, Changes::default());
            emissions.iter().zip(&taken).for_each(|(emission, taken)| witness.emission(resident, emission, taken));
        };
        let input = TurnInput { stimulus, at: page_now, settle_ms: SETTLE_MS_DEFAULT };
        let turn = tab.driver.turn(input, &mut |emissions, repeated| keep(&emissions, repeated));
        keep(&turn.emissions, false);
        witness.turn(resident);
        (tab.now, tab.due) = (turn.now, turn.due);
        if let (Some(id), false) = (id, repeats) {
            tab.open.push((id.to_owned(), page_now + SETTLE_MS_DEFAULT));
        }
        let ended = match (tab.driver.is_parked() || turn.cut == Some(CutShort::Telling), turn.idle) {
            (true, _) => Ended::Parked,
            (false, true) => Ended::Idle,
            (false, false) => Ended::Busy,
        };
        tab.end(ledger, sender, ended);
        ledger.failure().cloned().map_or(Ok(()), Err)
    }

    /// What pages have to do by themselves by now.
    ///
    /// # Errors
    /// [`StoreError`]: the host is to stop.
    pub fn wake(&mut self, now: TimestampMs) -> Result<(), StoreError> {
        for at in 0..self.tabs.len() {
            let is_due = |tab: &Tab| tab.due.is_some_and(|due| due <= now);
            if self.tabs[at].as_ref().is_some_and(is_due) {
                self.tell(at, None, false, now)?;
            }
        }
        Ok(())
    }

    /// When a page has something to do by itself.
    pub fn due(&self, now: TimestampMs) -> Option<TimestampMs> {
        let due = self.tabs.iter().flatten().filter_map(|tab| tab.due).min();
        due.map(|due| due.max(now + WAKE_MS_MIN))
    }
}

impl Tab {
    /// What it has done with at the end of a turn. What it could not be told it has not done with: the next host tells it.
    fn end(&mut self, ledger: &mut Ledger, sender: Sender<'_>, ended: Ended) {
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
