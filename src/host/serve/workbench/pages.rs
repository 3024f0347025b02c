//! What is done with the pages at seats: looking at them, having what they have, telling them something.

use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::Value;
use tokio::sync::oneshot;
use url::Url;

use super::super::conversation::turned_to;
use super::super::craft::{Host, Work};
use super::super::crew::{Foreman, Whose};
use super::super::house::Resident;
use super::super::intake::{Fired, agent_of};
use super::super::place::Place;
use super::{Running, SeatState, Workbench, label, lock, not_serving};
use crate::base::clock::system_now_ms;
use crate::config::Dialect;
use crate::event::{Line, parse_line};
use crate::host::desk::{Trouble, TroubleKind};
use crate::host::feed::Triggers as _;
use crate::net::{Credentials, Destination, NetError, Network as _, Request, Response};
use crate::page::Driver;

/// So many events were fired.
static FIRED: AtomicU64 = AtomicU64::new(1);

/// The id of one more.
fn new_id(kind: &str) -> String {
    format!("{kind}-{}-{}", system_now_ms(), FIRED.fetch_add(1, Ordering::Relaxed))
}

/// The source of events that are fired at a workbench.
const SOURCE: &str = "duoke console";

impl Workbench {
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
        crew.submit_aside(
            &whose,
            Work::Look(Box::new(move |conversation| {
                if let Some(driver) = conversation.driver(&name) {
                    // Who asked may be gone.
                    let _ = answer.send(look(driver));
                }
            })),
        );
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
        let network = house.viewed(resident).map_err(failed)?;
        let page = resident.plugin.source_at(0, 0, None).document_url().clone();
        let work = move || {
            let get = |url: &Url, destination| {
                network.fetch(Request { credentials: Credentials::Omit, ..Request::get(url.clone(), destination, 0) })
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

    /// The seat at which a customer is served, by the account of this seat, or the first one.
    ///
    /// # Errors
    /// No page at a seat is his.
    pub async fn seat_for(&self, openid: &str, beside: Option<&str>) -> Result<SeatState, Trouble> {
        let (crew, (is_one, id), store, app_id) = {
            let number = beside.map(|seat| self.whose(seat)).transpose()?.map_or(0, |(_, (number, _))| number);
            let running = lock(&self.0.running);
            let Running { crew, accounts, store, .. } = running.as_ref().ok_or_else(not_serving)?;
            let (app_id, id) = accounts.get(number).ok_or_else(not_serving)?;
            (crew.clone(), (accounts.len() == 1, *id), store.clone(), app_id.clone())
        };
        let house = crew.craft(Host::house).ok_or_else(not_serving)?;
        let agent = agent_of(&store, id, openid).await?;
        let mut places = house.places(openid, agent.as_deref(), None).into_iter();
        let name = places.find_map(|place| match place {
            Place::Seat(name) => Some(label(&name, &app_id, is_one)),
            Place::Customer(_) => None,
        });
        let found = self.seats().into_iter().find(|seat| Some(&seat.name) == name.as_ref());
        found.ok_or_else(|| {
            Trouble::new(TroubleKind::NotFound, "no page waits for a person's hand: none is at a seat")
                .with_hint("plugins with send = \"review\" are, where there are seats")
        })
    }

    /// Tells the pages of a customer's seat that it is his turn, in the words of each dialect that they hear.
    ///
    /// # Errors
    /// As of [`Self::seat_for`] and [`Self::fire`].
    pub async fn choose(&self, openid: &str, beside: Option<&str>) -> Result<SeatState, Trouble> {
        let seat = self.seat_for(openid, beside).await?;
        let id = new_id("choose");
        let (crew, _) = self.whose(&seat.name)?;
        let house = crew.craft(Host::house).ok_or_else(not_serving)?;
        for (at, (plugin, _)) in seat.pages.iter().enumerate() {
            let resident = house.residents.iter().find(|resident| resident.plugin.name == *plugin);
            let hears = |dialect: &Dialect| resident.is_some_and(|resident| resident.plugin.hears(*dialect));
            for dialect in [Dialect::Mcs, Dialect::Echat].into_iter().filter(hears) {
                let line = turned_to(dialect, openid, SOURCE, &format!("{id}-{at}"));
                self.fire(&seat.name, &Line { plugin: Some(plugin.clone()), ..line }).await?;
            }
        }
        Ok(seat)
    }

    /// A person does something to what a selector finds in the page of a plugin, which was turned to this customer as he saw it;
    /// the id of what the page is told.
    ///
    /// # Errors
    /// As of [`Self::fire`].
    pub async fn act(
        &self,
        (seat, plugin, openid): (&str, &str, Option<&str>),
        kind: &str,
        data: Value,
    ) -> Result<String, Trouble> {
        let id = new_id("ui");
        let (plugin, subject) = (Some(plugin.to_owned()), openid.map(str::to_owned));
        let line = Line::new(id.clone(), SOURCE, format!("stimulus.ui.{kind}"), data);
        self.fire(seat, &Line { plugin, subject, ..line }).await?;
        Ok(id)
    }

    /// Tells the pages of a seat's account an event: a line of a session log.
    ///
    /// # Errors
    /// There is no such seat, or the line is none, or it cannot be kept.
    pub async fn fire(&self, seat: &str, line: &Line) -> Result<(), Trouble> {
        let (crew, (account, _)) = self.whose(seat)?;
        let parsed = parse_line(&line.to_json(), 1, SOURCE);
        let parsed = parsed.map_err(|error| Trouble::new(TroubleKind::Request, error.to_string()))?;
        let line = parsed.ok_or_else(|| Trouble::new(TroubleKind::Request, "the line is empty"))?;
        let inbox = crew.craft(|host| host.inbox(account)).ok_or_else(not_serving)?;
        Fired(inbox).fire(line).await.map(drop)
    }
}
