//! What the crew does with a conversation.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use super::conversation::Conversation;
use super::crew::{Craft, Whose};
use super::house::House;
use super::scheduler::Wake;
use super::tab::{InHand, seed};
use super::witness::Witness;
use crate::base::clock::{TimestampMs, system_now_ms};
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
    /// At how many places it is still to be told.
    pub left: AtomicUsize,
}

/// A piece of work for a conversation.
pub enum Work {
    /// An event that came.
    Event(Arc<Handling>),
    /// Something waits for pages of this customer's that an earlier host had begun.
    TakeUp(Arc<str>),
}

impl Work {
    fn openid(&self) -> &Arc<str> {
        match self {
            Self::Event(handling) => &handling.openid,
            Self::TakeUp(openid) => openid,
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
    house: RwLock<Arc<House>>,
    accounts: Vec<Account>,
    witness: Arc<dyn Witness>,
    in_hand: InHand,
}

impl Host {
    /// The host of these accounts.
    pub fn new(house: House, accounts: Vec<Account>, witness: Arc<dyn Witness>) -> Self {
        Self { house: RwLock::new(Arc::new(house)), accounts, witness, in_hand: InHand::default() }
    }

    /// What is in force.
    pub fn house(&self) -> Arc<House> {
        self.house.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Another configuration is in force. Whoever has a conversation in the old one gets fresh pages with his next event.
    pub fn move_to(&self, house: House) {
        *self.house.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(house);
    }

    /// Opens the pages of a place, for a customer.
    fn open(&self, (account, place): &Whose, openid: &Arc<str>, house: Arc<House>) -> Result<Conversation, StoreError> {
        let Account { app_id, outbox, .. } = &self.accounts[*account];
        let ledger =
            Ledger::of_conversation(outbox.store().clone(), (outbox.account(), app_id), house.sender(place).cloned());
        // It stays in keys when everything about the customer is deleted.
        let opening = format!("open-{}-{:016x}", self.now(), seed());
        let shared = (self.in_hand.clone(), self.witness.clone());
        Conversation::new(house, ledger, (app_id, place, openid, &opening), shared)
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
    ) -> Result<(Option<Conversation>, Wake), StoreError> {
        let house = self.house();
        let (here, gone) = match open {
            Some(open) if work.is_some() && !open.is_in(&house) => (None, Some(open)),
            open => (open, None),
        };
        gone.map_or(Ok(()), Conversation::close)?;
        let Account { inbox, outbox, .. } = &self.accounts[whose.0];
        let mut conversation = match (here, &work) {
            (Some(conversation), _) => conversation,
            (None, Some(work)) => self.open(whose, work.openid(), house)?,
            (None, None) => {
                let kept_in = (outbox.store().clone(), outbox.account());
                match Conversation::awaited(&house, &kept_in, &whose.1)? {
                    Some(openid) => self.open(whose, &openid, house)?,
                    None => return Ok((None, Wake::NEVER)),
                }
            }
        };
        conversation.restore(&|| self.now())?;
        match work {
            Some(Work::Event(handling)) => {
                let Handling { event, line, openid, left } = &*handling;
                conversation.rest_before(openid, &|| self.now())?;
                conversation.handle(line, openid, self.now())?;
                if left.fetch_sub(1, Ordering::AcqRel) == 1 {
                    inbox.handled(*event, line)?;
                }
            }
            // It was told what waits as its pages were opened.
            Some(Work::TakeUp(_)) => {}
            None => conversation.wake(self.now())?,
        }
        outbox.wake();
        let due = conversation.due(self.now());
        Ok((Some(conversation), due))
    }

    fn close(&self, conversation: Conversation) -> Result<(), StoreError> {
        conversation.close()
    }

    fn now(&self) -> TimestampMs {
        system_now_ms()
    }
}
