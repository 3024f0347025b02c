//! The configuration is read again while the host serves.

use std::sync::Arc;

use tokio::sync::oneshot;

use super::super::conversation::{Problem, Renewed};
use super::super::craft::{Host, Renewal, Work};
use super::super::crew::{Crew, Whose};
use super::super::operations::Operations;
use super::super::place::Place;
use super::super::setup::{Again, Reread, Residence, ServeError};
use super::super::workbench::Workbench;
use super::{Background, house};
use crate::host::watch::{Notice, Watch};
use crate::store::Store;

impl Background {
    /// What was read is in force, or is tried; what is wrong with it keeps the old one in force.
    pub(super) async fn come_again(
        &self,
        again: Again,
        read: Result<(Residence, Reread), Notice>,
        (crew, store, operations): (&Crew<Host>, &Arc<dyn Store>, &Operations),
        watch: &mut dyn Watch,
    ) -> Result<(), ServeError> {
        match (read, again) {
            (Ok(read), Again::Move) => return self.move_to(read, (crew, store, operations), watch).await,
            (Ok((residence, _)), Again::Try { openid, renewed }) => {
                return self.try_out(residence, (openid, renewed), (crew, store)).await;
            }
            (Err(notice), Again::Move) => {
                watch.say(notice);
                watch.say(Notice::warning("the configuration in force stays"));
            }
            (Err(Notice { text, frame, .. }), Again::Try { renewed, .. }) => {
                let problems = vec![Problem { plugin: String::new(), text, frame }];
                // Who asked may be gone.
                let _ = renewed.send(Renewed { has_taken_over: false, problems });
            }
        }
        Ok(())
    }

    /// Other plugins or bounds are in force: for each customer from his next event on.
    async fn move_to(
        &self,
        (residence, Reread { changed, later }): (Residence, Reread),
        (crew, store, operations): (&Crew<Host>, &Arc<dyn Store>, &Operations),
        watch: &mut dyn Watch,
    ) -> Result<(), ServeError> {
        let room = residence.room;
        let house = house(residence, store, (&self.clock, &self.recordings, &self.workbench)).await?;
        let networks = house.networks()?;
        self.origins.iter().for_each(|origins| origins.set(&networks));
        let names: Vec<&str> = house.residents.iter().map(|resident| &*resident.plugin.name).collect();
        house.idle().for_each(|notice| watch.say(notice));
        let changed = if changed.is_empty() { String::new() } else { format!("; changed: {}", changed.join(", ")) };
        watch.say(Notice::note(format!("the configuration was read again; plugins: {}{changed}", names.join(", "))));
        if !later.is_empty() {
            let text = format!("changed as well, and in force from the next start on: {}", later.join(", "));
            watch.say(Notice::warning(text).with_hint(Some("restart the host, or start one with --takeover")));
        }
        crew.craft().move_to(Arc::new(house));
        operations.moved();
        self.workbench.iter().for_each(Workbench::moved);
        crew.set_room(room);
        Ok(())
    }

    /// Other plugins are in force where their pages at seats load as well as those that are open; nobody waits for that.
    async fn try_out(
        &self,
        residence: Residence,
        (openid, renewed): (Arc<str>, oneshot::Sender<Renewed>),
        (crew, store): (&Crew<Host>, &Arc<dyn Store>),
    ) -> Result<(), ServeError> {
        let house = house(residence, store, (&self.clock, &self.recordings, &self.workbench)).await?;
        let house = house.compiled_by(&crew.craft().house());
        let networks = house.networks()?;
        self.origins.iter().for_each(|origins| origins.set(&networks));
        let (house, crew, workbench) = (Arc::new(house), crew.foreman(), self.workbench.clone());
        let seats = house.seats().iter().map(|seat| Place::Seat(seat.name.clone()));
        let accounts = 0..self.outboxes.len();
        let places: Vec<Whose> =
            seats.flat_map(|seat| accounts.clone().map(move |account| (account, seat.clone()))).collect();
        tokio::spawn(async move {
            let mut all = Renewed { has_taken_over: true, problems: Vec::new() };
            for whose in &places {
                let (renewed, one) = oneshot::channel();
                let renewal = Renewal { house: house.clone(), openid: openid.clone(), renewed };
                crew.submit(whose, Work::Renew(renewal)).await;
                // The host ends.
                let Ok(one) = one.await else { return };
                all.has_taken_over &= one.has_taken_over;
                all.problems.extend(one.problems);
            }
            if places.is_empty() {
                crew.craft(|host| host.move_to(house));
            }
            workbench.iter().for_each(Workbench::moved);
            // Who asked may be gone.
            let _ = renewed.send(all);
        });
        Ok(())
    }
}
