//! What the crew does with a conversation.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use ring::rand::{SecureRandom as _, SystemRandom};
use tokio::runtime::Handle;

use super::conversation::Conversation;
use super::crew::{Craft, Whose};
use super::house::House;
use super::scheduler::Wake;
use super::witness::Witness;
use crate::base::clock::{Clock, TimestampMs};
use crate::event::Line;
use crate::host::inbox::Inbox;
use crate::host::ledger::Ledger;
use crate::outbox::Outbox;
use crate::page::Moment;
use crate::store::{EventId, StoreError, Unfinished};

/// An event that is on disk, and what it is about.
pub struct Handling {
    /// Its number.
    pub event: EventId,
    /// The line.
    pub line: Line,
    /// The customer.
    pub openid: Arc<str>,
    /// At how many places it is still to be told.
    pub left: AtomicUsize,
}

/// A piece of work for a conversation.
pub enum Work {
    /// An event that came.
    Event(Arc<Handling>),
    /// One that an earlier host had begun, and the customer it is about.
    TakeUp(Box<(Unfinished, Line)>, Arc<str>),
}

impl Work {
    fn openid(&self) -> &Arc<str> {
        match self {
            Self::Event(handling) => &handling.openid,
            Self::TakeUp(_, openid) => openid,
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
    /// By which a thread of the crew waits.
    runtime: Handle,
    house: RwLock<Arc<House>>,
    accounts: Vec<Account>,
    witness: Arc<dyn Witness>,
    opened: AtomicU64,
}

impl Host {
    /// The host of these accounts.
    pub fn new(
        (clock, runtime): (Clock, Handle),
        house: House,
        accounts: Vec<Account>,
        witness: Arc<dyn Witness>,
    ) -> Self {
        Self { clock, runtime, house: RwLock::new(Arc::new(house)), accounts, witness, opened: AtomicU64::new(0) }
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
    pub fn move_to(&self, house: House) {
        *self.house.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(house);
    }

    /// Waits until then; the time.
    fn wait(&self, at: TimestampMs) -> TimestampMs {
        self.runtime.block_on(self.clock.until(at));
        self.now()
    }

    /// Opens the pages of a place, for a customer.
    fn open(&self, (account, place): &Whose, openid: &Arc<str>, house: Arc<House>) -> Result<Conversation, StoreError> {
        let Account { app_id, outbox, .. } = &self.accounts[*account];
        let store = (outbox.store().clone(), self.clock.clone());
        let ledger = Ledger::of_conversation(store, (outbox.account(), app_id), house.sender(place).cloned());
        let now = self.now();
        let opening = format!("open-{openid}-{now}-{}", self.opened.fetch_add(1, Ordering::Relaxed));
        let moment = Moment { at: now, seed: seed() };
        Conversation::open(house, ledger, (app_id, place, openid, &opening), self.witness.clone(), moment)
    }
}

/// Pages of different customers do not draw the same numbers.
fn seed() -> u64 {
    let mut bytes = [0; 8];
    // Without randomness all have the same seed, which is no harm.
    let _ = SystemRandom::new().fill(&mut bytes);
    u64::from_le_bytes(bytes)
}

impl Craft for Host {
    type Open = Conversation;
    type Work = Work;

    fn work(
        &self,
        whose: &Whose,
        open: Option<Conversation>,
        work: Option<Work>,
    ) -> Result<(Option<Conversation>, Wake), StoreError> {
        let house = self.house();
        let here = open.filter(|conversation| work.is_none() || conversation.is_in(&house));
        let mut conversation = match (here, &work) {
            (Some(conversation), _) => conversation,
            (None, Some(work)) => self.open(whose, work.openid(), house)?,
            // It had something to do, and is gone.
            (None, None) => return Ok((None, Wake::Never)),
        };
        let Account { inbox, outbox, .. } = &self.accounts[whose.0];
        match work {
            Some(Work::Event(handling)) => {
                let Handling { event, line, openid, left } = &*handling;
                conversation.rest_before(openid, self.now(), &|at| self.wait(at))?;
                conversation.handle(line, openid, self.now())?;
                if left.fetch_sub(1, Ordering::AcqRel) == 1 {
                    inbox.handled(*event, line)?;
                }
            }
            Some(Work::TakeUp(begun, openid)) => {
                conversation.rest_before(&openid, self.now(), &|at| self.wait(at))?;
                conversation.take_up(&begun.0, &begun.1, &openid, self.now())?;
            }
            None => conversation.wake(self.now())?,
        }
        outbox.wake();
        let due = conversation.due(self.now());
        Ok((Some(conversation), due))
    }

    fn now(&self) -> TimestampMs {
        self.clock.now_ms()
    }
}
