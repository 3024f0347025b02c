//! One customer's own pages: they have only ever been told about him (plugin-apis.md §3, a page per conversation).

use std::collections::HashSet;
use std::sync::Arc;

use serde_json::json;

use super::house::{House, Resident};
use super::place::Place;
use super::scheduler::Wake;
use super::tab::{Held, InHand, Open, Stand, Tab};
use super::witness::{Turned, Visit, Witness};
use crate::base::clock::{Stopwatch, TimestampMs};
use crate::base::limits::{SETTLE_MS_DEFAULT, WAKE_MS_MIN};
use crate::config::{Dialect, UserChange};
use crate::engine::event_loop::Emission;
use crate::event::{Line, Stimulus, StimulusKind};
use crate::host::derived::{Derived, Deriving, Whom};
use crate::host::keeping::Changes;
use crate::host::ledger::Ledger;
use crate::host::messages::Sender;
use crate::host::stage::{Ended, Step};
use crate::host::watch::{About, Notice};
use crate::page::{CutShort, Driver, TurnInput};
use crate::store::StoreError;

mod recovery;
mod renewal;

pub use renewal::{Problem, Renewed};

/// The pages of a place: of a customer's own, or of a seat, where they are told one customer after another.
pub struct Conversation {
    /// The account, by app id.
    app_id: Arc<str>,
    place: Place,
    /// The customer for whom it was opened.
    openid: Arc<str>,
    house: Arc<House>,
    ledger: Ledger,
    /// In the order of the house's residents.
    tabs: Vec<Stand>,
    in_hand: InHand,
    /// Events that a page was told when it was lost, and another one is told.
    retold: HashSet<String>,
    witness: Arc<dyn Witness>,
}

impl Conversation {
    /// The pages of a place, for a customer, none of them open yet. `id` names this opening in the keys of what pages do
    /// without having been told anything.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn new(
        house: Arc<House>,
        mut ledger: Ledger,
        (app_id, place, openid, id): (&str, &Place, &Arc<str>, &str),
        (in_hand, witness): (InHand, Arc<dyn Witness>),
    ) -> Result<Self, StoreError> {
        ledger.accept_load(Some(id))?;
        let stand = |resident| if house.is_at(resident, place) { Stand::CLOSED } else { Stand::Elsewhere };
        let tabs = house.residents.iter().map(stand).collect();
        let (app_id, place, openid) = (Arc::from(app_id), place.clone(), openid.clone());
        Ok(Self { app_id, place, openid, house, ledger, tabs, in_hand, retold: HashSet::new(), witness })
    }

    /// Whether it was opened in this house.
    pub fn is_in(&self, house: &Arc<House>) -> bool {
        Arc::ptr_eq(&self.house, house)
    }

    /// Whether it was opened in this house or a later one.
    pub fn serves(&self, house: &Arc<House>) -> bool {
        self.is_in(house) || self.house.is_after(house)
    }

    /// The page of a plugin, where it is open.
    pub fn driver(&mut self, plugin: &str) -> Option<&mut dyn Driver> {
        let at = self.house.residents.iter().position(|resident| resident.plugin.name == plugin)?;
        Some(&mut *self.tabs[at].up_mut()?.driver)
    }

    /// What a line leads to. On disk when this returns.
    ///
    /// # Errors
    /// [`StoreError`]: the host is to stop.
    pub fn handle(&mut self, line: &Line, openid: &Arc<str>, now: TimestampMs) -> Result<(), StoreError> {
        let stimulus = Stimulus::from_line(line);
        if let StimulusKind::WechatPush(_) = stimulus.kind {
            for tab in self.up() {
                tab.tape.iter().for_each(|tape| tape.heard(line, now.max(tab.now)));
            }
            for derived in Deriving::default().of(line, &stimulus) {
                let whom = self.whom(&derived, &stimulus, openid)?;
                self.accept(&derived.line, whom, openid, now)?;
            }
            return Ok(());
        }
        let whom = self.speaking(&stimulus);
        self.accept(line, whom, openid, now)
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
        if let Some(tab) = self.tabs[at].up()
            && tab.turned_to.as_deref() == Some(openid)
            && tab.knows_by.contains(&derived.dialect)
        {
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
        let whom = self.meant_for(line, whom, openid);
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

    /// Those of these pages that a line may be told: what an agent does in one was meant for the customer whom he saw there,
    /// and is nobody else's.
    fn meant_for(&self, line: &Line, whom: Vec<usize>, openid: &str) -> Vec<usize> {
        if !matches!(Stimulus::from_line(line).kind, StimulusKind::Ui(_)) {
            return whom;
        }
        let is_others = |at: &usize| {
            self.tabs[*at].up().and_then(|tab| tab.turned_to.as_deref()).is_some_and(|turned_to| turned_to != openid)
        };
        let (others, own): (Vec<usize>, Vec<usize>) = whom.into_iter().partition(is_others);
        for at in others {
            let name = &self.house.residents[at].plugin.name;
            let text = format!("{name}: {} is not told: the page is turned to another customer by now", line.type_);
            let about = About::new("event.untold").account(&self.app_id).plugin(name).openid(openid).cause(&line.id);
            self.witness.say(Notice::warning(text).about(about));
        }
        own
    }

    /// Tells a line, by the name of its event, to those that are not being told it.
    pub(super) fn tell_all(
        &mut self,
        line: &Line,
        whom: &[usize],
        openid: &Arc<str>,
        now: TimestampMs,
    ) -> Result<(), StoreError> {
        let Some(event) = self.ledger.event_of(&line.id) else { return Ok(()) };
        let hold = |at: &usize| Some((*at, self.in_hand.hold(event, &self.house.residents[*at].name)?));
        let held: Vec<(usize, Held)> = whom.iter().filter_map(hold).collect();
        for (at, held) in held {
            self.introduce(at, line, openid, now)?;
            self.tell(at, Some((line, Some(held))), now)?;
        }
        Ok(())
    }

    /// A page that has not been told anybody is told whose turn it is before anything else; what that leads to was done when
    /// it was news.
    fn introduce(&mut self, at: usize, line: &Line, openid: &Arc<str>, now: TimestampMs) -> Result<(), StoreError> {
        let Some(tab) = self.tabs[at].up_mut() else { return Ok(()) };
        let is_another = tab.turned_to.as_ref().is_some_and(|turned_to| turned_to != openid);
        let turns = Stimulus::from_line(line).turns_to().is_some();
        if is_another && !turns && line.cause.is_none() {
            // At a seat: what is about others than the one that it is turned to does not turn it, unless it came of a push,
            // which had turned it.
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
        let knows_by = &mut tab.knows_by;
        let untold: Vec<Dialect> =
            spoken.into_iter().filter(|dialect| plugin.hears(*dialect) && !knows_by.contains(dialect)).collect();
        knows_by.extend(&untold);
        let again = |dialect| turned_to(dialect, openid, &line.source, &format!("{}/again", line.id));
        let lines: Vec<Line> = untold.into_iter().filter(|_| !turns).map(again).collect();
        self.repeat(at, &lines, now)
    }

    /// Tells a page what leads to nothing that was not done before.
    fn repeat(&mut self, at: usize, lines: &[Line], now: TimestampMs) -> Result<(), StoreError> {
        if let Some(tab) = self.tabs[at].up_mut() {
            tab.repetitions.extend(lines.iter().map(|line| line.id.clone()));
        }
        lines.iter().try_for_each(|line| self.tell(at, Some((line, None)), now))
    }

    /// One turn of a page: it is told a line, or does what is due. A line of which none is held only repeats.
    fn tell(&mut self, at: usize, told: Option<(&Line, Option<Held>)>, now: TimestampMs) -> Result<(), StoreError> {
        let Self { app_id, place, openid, house, ledger, tabs, witness, .. } = self;
        let (line, held) = told.map_or((None, None), |(line, held)| (Some(line), held));
        let repeats = line.is_some() && held.is_none();
        if !repeats && line.is_some() {
            tabs[at].owe();
        }
        let (resident, Some(tab)) = (&house.residents[at], tabs[at].up_mut()) else { return Ok(()) };
        let openid = tab.turned_to.clone().unwrap_or_else(|| openid.clone());
        let visit = Visit { app_id, place, openid: &openid, resident };
        let stimulus = line.map(Stimulus::from_line);
        let id = line.map(|line| line.id.as_str());
        let sender = Sender { name: &resident.name, policy: resident.plugin.policy };
        let page_now = now.max(tab.now);
        let repetitions = &tab.repetitions;
        let is_repetition = |emission: &Emission| {
            let stimulus = emission.cause.as_ref().map_or("", |cause| &*cause.stimulus);
            repetitions.iter().any(|repetition| repetition == stimulus)
        };
        let mut keep = |emissions: &[Emission], repeated: bool, ended: Option<Ended>| {
            let mut keep = |emissions: &[Emission], repeats: bool| {
                let step = Step { page: at, emissions, repeated, ended };
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
        let tape = tab.tape.as_ref();
        tape.zip(line).into_iter().for_each(|(tape, line)| tape.told(line, page_now));
        let (begun, input) = (Stopwatch::start(), TurnInput { stimulus, at: page_now, settle_ms: SETTLE_MS_DEFAULT });
        let turn = tab.driver.turn(input, &mut |emissions, repeated| {
            tape.into_iter().for_each(|tape| tape.did(&emissions));
            keep(&emissions, repeated, None);
        });
        tape.into_iter().for_each(|tape| tape.did(&turn.emissions));
        let (is_untold, is_lost) = (id.is_some() && turn.cut == Some(CutShort::Telling), tab.driver.is_lost());
        let ended = match (tab.driver.is_parked() || is_untold, turn.idle) {
            (true, _) => Ended::Parked,
            (false, true) => Ended::Idle,
            (false, false) => Ended::Busy,
        };
        let is_told = id.is_some() && !repeats && ended != Ended::Parked;
        // That it has done with what it was told is on disk with what that led to.
        let is_done = is_told && ended == Ended::Idle && !is_lost && repetitions.is_empty();
        keep(&turn.emissions, false, is_done.then_some(ended));
        witness.turn(visit, Turned { told: id, took: begun.elapsed() });
        tab.note(&turn);
        tab.tape.iter().for_each(|tape| tape.turned(turn.now, begun.elapsed()));
        if is_told {
            tab.told_at = page_now;
        }
        if let Some(id) = id.filter(|_| is_told && !is_done) {
            tab.open.push(Open { id: id.to_owned(), until: page_now + SETTLE_MS_DEFAULT, _held: held });
        }
        if is_lost {
            self.lose(at, now);
            return self.ledger.failure().cloned().map_or(Ok(()), Err);
        }
        tab.end(ledger, sender, ended);
        if ended == Ended::Parked {
            self.put_down(at, true, now);
        }
        self.ledger.failure().cloned().map_or(Ok(()), Err)
    }

    /// What pages have to do by themselves by now.
    ///
    /// # Errors
    /// [`StoreError`]: the host is to stop.
    pub fn wake(&mut self, now: TimestampMs) -> Result<(), StoreError> {
        for at in 0..self.tabs.len() {
            if self.tabs[at].up().and_then(Tab::wake).is_some_and(|due| due <= now) {
                self.tell(at, None, now)?;
            }
        }
        Ok(())
    }

    /// Whether it may be turned to a customer: a seat is turned to another one when its pages have done with those before, or
    /// their time is up.
    pub fn may_turn_to(&self, openid: &str, now: TimestampMs) -> bool {
        let mut others = self.up().filter(|tab| tab.turned_to.as_deref().is_some_and(|turned_to| turned_to != openid));
        !others.any(|tab| tab.rests_at().is_some_and(|until| until > now))
    }

    /// Whether its pages have done with what they were told, or their time is up.
    pub fn rests(&self, now: TimestampMs) -> bool {
        !self.up().any(|tab| tab.rests_at().is_some_and(|until| until > now))
    }

    /// When there is something to do though nothing comes.
    pub fn due(&self, now: TimestampMs) -> Wake {
        let soon = |due: TimestampMs| due.max(now + WAKE_MS_MIN);
        Wake {
            due: self.up().filter_map(Tab::wake).min().map(soon),
            is_owing: self.up().any(|tab| tab.is_owing(now)),
            again: self.tabs.iter().filter_map(Stand::again).min().map(soon),
        }
    }

    /// Its pages are closed in order. What they are still busy with will not be done, and no later host is to wonder.
    ///
    /// # Errors
    /// [`StoreError`]: the host is to stop.
    pub fn close(mut self) -> Result<(), StoreError> {
        let busy = self.ledger.busy();
        if busy == 0 {
            return Ok(());
        }
        self.ledger.close(false);
        let text =
            format!("pages were closed that were still busy after {busy} events: what they were yet to do is not done");
        let about = About::new("conversation.closed").account(&self.app_id).openid(&self.openid).with("busy", busy);
        self.witness.say(Notice::info(text).about(about));
        self.ledger.failure().cloned().map_or(Ok(()), Err)
    }

    fn up(&self) -> impl Iterator<Item = &Tab> {
        self.tabs.iter().filter_map(Stand::up)
    }
}

/// That it is a customer's turn, in the words of a dialect.
pub fn turned_to(dialect: Dialect, openid: &str, source: &str, id: &str) -> Line {
    let (id, type_, data) = match dialect {
        Dialect::Mcs => {
            let user = json!({"channeltype": "1", "useraccount": openid, "userid": openid});
            (id.to_owned(), "stimulus.mcs.OnUserChange", user)
        }
        Dialect::Echat => {
            let visitor = json!({"chatStatus": 1, "visitorData": {"visitorId": openid}});
            (format!("{id}-select"), "stimulus.echat.onSelectVisitor", visitor)
        }
    };
    Line { subject: Some(openid.to_owned()), ..Line::new(id, source, type_, data) }
}
