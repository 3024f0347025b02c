//! What the crew does with a conversation.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use tokio::sync::oneshot;

use super::conversation::{Conversation, Renewed};
use super::crew::{Craft, Outcome, Whose};
use super::house::House;
use super::place::Place;
use super::scheduler::Wake;
use super::tab::{InHand, seed};
use super::witness::Witness;
use crate::base::clock::{Clock, TimestampMs};
use crate::base::limits::CLOSED_LOOK_MS;
use crate::event::Line;
use crate::host::inbox::Inbox;
use crate::host::ledger::Ledger;
use crate::outbox::Outbox;
use crate::store::{EventId, StoreError};

/// An event that is on disk, and what it is about.
pub struct Handling {
    /// Its number.
    pub event: EventId,
    /// The line.
    pub line: Line,
    /// The customer.
    pub openid: Arc<str>,
    /// In which configuration it is handled.
    pub house: Arc<House>,
    /// At how many places it is still to be told.
    pub left: AtomicUsize,
    /// Until it is.
    pub _under_way: UnderWay,
}

/// Something that somebody does with pages that are open.
pub type Look = Box<dyn FnOnce(&mut Conversation) + Send>;

/// A piece of work for a conversation.
pub enum Work {
    /// An event that came.
    Event(Arc<Handling>),
    /// Something waits for pages of this customer's that an earlier host had begun.
    TakeUp(Arc<str>, Arc<House>),
    /// Somebody does something with the pages that are open, between their turns.
    Look(Look),
    /// Pages of another version are to take the place of those that are open.
    Renew(Renewal),
}

/// Pages of another version, for a customer where they are told nobody.
pub struct Renewal {
    /// It.
    pub house: Arc<House>,
    /// The customer.
    pub openid: Arc<str>,
    /// Hears what became of it.
    pub renewed: oneshot::Sender<Renewed>,
}

/// A piece of work that is about a customer.
#[derive(Clone, Copy)]
struct Errand<'a> {
    openid: &'a Arc<str>,
    house: &'a Arc<House>,
}

impl Work {
    fn errand(&self) -> Option<Errand<'_>> {
        match self {
            Self::Event(handling) => Some(Errand { openid: &handling.openid, house: &handling.house }),
            Self::TakeUp(openid, house) => Some(Errand { openid, house }),
            Self::Look(_) | Self::Renew(_) => None,
        }
    }
}

/// The places at which a customer's events are handled, and how many are; by account.
type Errands = HashMap<(usize, Arc<str>), (Vec<Place>, usize)>;

/// An event of a customer's is handled, until this is dropped.
pub struct UnderWay(Arc<Mutex<Errands>>, (usize, Arc<str>));

impl Drop for UnderWay {
    fn drop(&mut self) {
        let mut errands = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, count)) = errands.get_mut(&self.1) {
            *count -= 1;
            if *count == 0 {
                errands.remove(&self.1);
            }
        }
    }
}

/// An account, as conversations see it.
pub struct Account {
    /// Its app id.
    pub app_id: String,
    /// What comes.
    pub inbox: Arc<Inbox>,
    /// What goes.
    pub outbox: Outbox,
}

/// Opens conversations, has them told, keeps what comes of it.
pub struct Host {
    clock: Clock,
    house: RwLock<Arc<House>>,
    accounts: Vec<Account>,
    witness: Arc<dyn Witness>,
    in_hand: InHand,
    errands: Arc<Mutex<Errands>>,
}

impl Host {
    /// The host of these accounts.
    pub fn new(clock: Clock, house: House, accounts: Vec<Account>, witness: Arc<dyn Witness>) -> Self {
        Self {
            clock,
            house: RwLock::new(Arc::new(house)),
            accounts,
            witness,
            in_hand: InHand::default(),
            errands: Arc::default(),
        }
    }

    /// What comes for an account.
    pub fn inbox(&self, account: usize) -> Arc<Inbox> {
        self.accounts[account].inbox.clone()
    }

    /// What is in force.
    pub fn house(&self) -> Arc<House> {
        self.house.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Something came for an account: its delivery looks for what may go now. What is in force.
    pub fn woken(&self, account: usize) -> Arc<House> {
        self.accounts[account].outbox.wake();
        self.house()
    }

    /// Another configuration is in force. Whoever has a conversation in the old one gets fresh pages with his next event.
    pub fn move_to(&self, house: Arc<House>) {
        *self.house.write().unwrap_or_else(PoisonError::into_inner) = house;
    }

    /// An event of a customer's is handled at these places, where it [may be](Self::may_handle).
    pub fn under_way(&self, account: usize, openid: &Arc<str>, places: &[Place]) -> UnderWay {
        let key = (account, openid.clone());
        self.errands().entry(key.clone()).or_insert_with(|| (places.to_vec(), 0)).1 += 1;
        UnderWay(self.errands.clone(), key)
    }

    /// Whether an event of a customer's may be handled at these places: not before those are that are handled elsewhere, so
    /// that what he is answered comes in order.
    pub fn may_handle(&self, account: usize, openid: &Arc<str>, places: &[Place]) -> bool {
        self.errands().get(&(account, openid.clone())).is_none_or(|(at, _)| at == places)
    }

    fn errands(&self) -> MutexGuard<'_, Errands> {
        self.errands.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Opens the pages of a place, for a customer.
    fn open(&self, (account, place): &Whose, openid: &Arc<str>, house: Arc<House>) -> Result<Conversation, StoreError> {
        let Account { app_id, outbox, .. } = &self.accounts[*account];
        let store = (outbox.store().clone(), self.clock.clone());
        let ledger = Ledger::of_conversation(store, (outbox.account(), app_id), house.sender(place).cloned());
        // It stays in keys when everything about the customer is deleted.
        let opening = format!("open-{}-{:016x}", self.now(), seed());
        let shared = (self.in_hand.clone(), self.witness.clone());
        Conversation::new(house, ledger, (app_id, place, openid, &opening), shared)
    }
}

impl Host {
    fn outcome(&self, conversation: Conversation) -> Outcome<Conversation, Work> {
        let wake = conversation.due(self.now());
        Outcome { open: Some(conversation), back: None, wake }
    }

    /// A place at which no page is open: it is opened again where something waits.
    fn closed(&self, (account, place): &Whose) -> Result<Outcome<Conversation, Work>, StoreError> {
        let Account { outbox, .. } = &self.accounts[*account];
        let kept_in = (outbox.store().clone(), outbox.account());
        let awaited = Conversation::awaited(&self.house(), &kept_in, place)?;
        let again = awaited.map(|_| self.now() + CLOSED_LOOK_MS);
        Ok(Outcome { wake: Wake { again, ..Wake::NEVER }, ..Outcome::GONE })
    }

    /// Pages of another version take the place of those that are open, and its house is in force, where they load as well.
    fn renew(
        &self,
        whose: &Whose,
        open: Option<Conversation>,
        Renewal { house, openid, renewed }: Renewal,
    ) -> Result<Outcome<Conversation, Work>, StoreError> {
        let customer = open.as_ref().map_or(openid, Conversation::customer);
        let mut fresh = self.open(whose, &customer, house.clone())?;
        let found = fresh.load_all(open.as_ref(), &|| self.now());
        let is_worse = found.iter().any(|(_, is_new)| *is_new);
        let problems = found.into_iter().map(|(problem, _)| problem).collect();
        let has_taken_over = !is_worse || !open.as_ref().is_some_and(Conversation::has_pages);
        if !has_taken_over {
            // Who asked may be gone.
            let _ = renewed.send(Renewed { has_taken_over, problems });
            fresh.close()?;
            return open.map_or_else(|| self.closed(whose), |open| Ok(self.outcome(open)));
        }
        self.move_to(house);
        fresh.take_over();
        if let Some(open) = &open {
            fresh.tell_again(open, &format!("reload-{:016x}", seed()), self.now())?;
        }
        // Nobody waits for the end of the pages before.
        let _ = renewed.send(Renewed { has_taken_over, problems });
        open.map_or(Ok(()), Conversation::close)?;
        // Those that did not load are tried again, those that did are told what waits for them.
        fresh.restore(&|| self.now())?;
        Ok(self.outcome(fresh))
    }
}

impl Craft for Host {
    type Open = Conversation;
    type Work = Work;

    fn work(
        &self,
        whose: &Whose,
        open: Option<Conversation>,
        work: Option<Work>,
    ) -> Result<Outcome<Conversation, Work>, StoreError> {
        let Account { inbox, outbox, .. } = &self.accounts[whose.0];
        let work = match work {
            Some(Work::Look(look)) => {
                // It is handed in for those that are open alone.
                let Some(mut open) = open else { return self.closed(whose) };
                look(&mut open);
                return Ok(self.outcome(open));
            }
            Some(Work::Renew(renewal)) => return self.renew(whose, open, renewal),
            work => work,
        };
        let errand = work.as_ref().and_then(Work::errand);
        let later = |conversation: Conversation, back| {
            let wake = conversation.due(self.now());
            Ok(Outcome { open: Some(conversation), back, wake })
        };
        // One that waits for a page to load is opened as it would be now.
        let is_outdated = |conversation: &Conversation| {
            work.is_none() && conversation.awaits_page(self.now()) && !conversation.is_in(&self.house())
        };
        let (here, gone) = match (open, errand) {
            (Some(conversation), None) if is_outdated(&conversation) => (None, Some(conversation)),
            (Some(conversation), Some(_)) if errand.is_some_and(|errand| !conversation.serves(errand.house)) => {
                (None, Some(conversation))
            }
            (open, _) => (open, None),
        };
        // Of another configuration: what its pages were told they finish.
        match gone {
            Some(gone) if !gone.rests(self.now()) => return later(gone, work),
            gone => gone.map_or(Ok(()), Conversation::close)?,
        }
        let mut conversation = match (here, errand) {
            (Some(conversation), _) => conversation,
            (None, Some(errand)) => self.open(whose, errand.openid, errand.house.clone())?,
            (None, None) => {
                let (house, kept_in) = (self.house(), (outbox.store().clone(), outbox.account()));
                match Conversation::awaited(&house, &kept_in, &whose.1)? {
                    Some(openid) => self.open(whose, &openid, house)?,
                    None => return Ok(Outcome::GONE),
                }
            }
        };
        let is_up_to_date = conversation.restore(&|| self.now())?;
        match &work {
            Some(Work::Event(handling)) => {
                let Handling { event, line, openid, left, .. } = &**handling;
                if !is_up_to_date || !conversation.may_turn_to(openid, self.now()) {
                    return later(conversation, work);
                }
                conversation.handle(line, openid, self.now())?;
                if left.fetch_sub(1, Ordering::AcqRel) == 1 {
                    inbox.handled(*event, line);
                }
            }
            // It was told what waits as its pages were opened.
            Some(_) => {}
            None => conversation.wake(self.now())?,
        }
        outbox.wake();
        later(conversation, None)
    }

    fn close(&self, conversation: Conversation) -> Result<(), StoreError> {
        conversation.close()
    }

    fn now(&self) -> TimestampMs {
        self.clock.now_ms()
    }
}
