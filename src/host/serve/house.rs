//! What is in force: the plugins, and how pages of theirs come to be.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::place::{Place, Seat, seat_of};
use super::recording::{RecordPolicy, Recordings, Tape};
use super::setup::Residence;
use super::trouble::Trouble;
use super::witness::Visit;
use super::workbench::Workbench;
use crate::base::clock::TimestampMs;
use crate::host::plugin::Plugin;
use crate::host::processes::Processes;
use crate::host::rights::Rights;
use crate::host::run::SEED_DEFAULT;
use crate::host::watch::Notice;
use crate::net::{Live, NetError, PluginNetwork};
use crate::page::{Driver, Moment, Pace, PageOptions};
use crate::process::{Launcher, Served};
use crate::session::SendPolicy;

/// A plugin that customers are served by.
pub struct Resident {
    /// The plugin.
    pub plugin: Plugin,
    /// Its name in keys.
    pub name: String,
    /// What starts its pages.
    launcher: Arc<dyn Launcher>,
    /// Page time at which its pages are loaded, so that one load stands for all.
    loaded_at: Mutex<TimestampMs>,
    trouble: Mutex<Trouble>,
    /// What its pages may reach, for whoever looks at one: it knows what a document names once that was had.
    viewed: OnceLock<Arc<PluginNetwork>>,
}

impl Resident {
    /// Page time at which a page is loaded that is opened now: another one before the signature in its address is too
    /// old for whoever checks it.
    fn loaded_at(&self, now: TimestampMs) -> TimestampMs {
        let mut loaded_at = self.loaded_at.lock().unwrap_or_else(PoisonError::into_inner);
        if self.plugin.signature_ttl_ms().is_some_and(|ttl| now - *loaded_at >= ttl / 4) {
            *loaded_at = now;
        }
        *loaded_at
    }

    /// Whether a page of it may be loaded: where none loads, one is tried for all.
    ///
    /// # Errors
    /// When one may be again.
    pub fn may_load(&self, now: TimestampMs) -> Result<(), TimestampMs> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner).may_load(now)
    }

    /// One was.
    pub fn note_load(&self, did_load: bool, now: TimestampMs) {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner).note(did_load, now);
    }
}

/// How many there were.
static HOUSES: AtomicU64 = AtomicU64::new(0);

/// What holds for every conversation that is opened now. Another configuration is another house.
pub struct House {
    /// One that came later has a greater number.
    number: u64,
    /// The plugins, in the order in which they are told.
    pub residents: Vec<Resident>,
    /// The customer-service account that messages go out as, and that pages are told.
    kf_account: Option<String>,
    seats: Vec<Seat>,
    /// What pages may reach, besides what their plugins name.
    rights: Rights,
    live: Option<Live>,
    processes: Processes,
    /// What the ticket service answers.
    account: String,
    record: Arc<RecordPolicy>,
    recordings: Option<Recordings>,
    workbench: Option<Workbench>,
}

impl House {
    /// A house of plugins, which have these names in keys, and whose pages are loaded as of `now`.
    pub fn new(
        Residence { plugins, rights, live, seats, kf_account, seat_account, processes, record, .. }: Residence,
        names: Vec<String>,
        now: TimestampMs,
    ) -> Self {
        let resident = |(plugin, name)| Resident {
            plugin,
            name,
            launcher: processes.launcher(),
            loaded_at: now.into(),
            trouble: Mutex::default(),
            viewed: OnceLock::new(),
        };
        let residents = plugins.into_iter().zip(names).map(resident).collect();
        let (account, record) = (seat_account, Arc::new(record));
        let number = HOUSES.fetch_add(1, Ordering::Relaxed);
        let (recordings, workbench) = (None, None);
        let live = live.map(Live::reloaded);
        Self { number, residents, kf_account, seats, rights, live, processes, account, record, recordings, workbench }
    }

    /// Its pages at seats are shown at a workbench from now on.
    #[must_use]
    pub fn shown_at(self, workbench: Option<Workbench>) -> Self {
        Self { workbench, ..self }
    }

    /// Its pages are forked from what is compiled for those of an earlier house, whose plugins may have changed since.
    #[must_use]
    pub fn compiled_by(mut self, before: &Self) -> Self {
        for resident in &mut self.residents {
            let is_it = |other: &&Resident| other.plugin.name == resident.plugin.name;
            if let Some(before) = before.residents.iter().find(is_it) {
                before.launcher.changed();
                resident.launcher = before.launcher.clone();
            }
        }
        self
    }

    /// Whether it is another one that came later.
    pub fn is_after(&self, other: &Self) -> bool {
        self.number > other.number
    }

    /// The seats.
    pub fn seats(&self) -> &[Seat] {
        &self.seats
    }

    /// Its pages may be recorded from now on.
    #[must_use]
    pub fn recorded_by(self, recordings: &Recordings) -> Self {
        let names = self.residents.iter().map(|resident| resident.plugin.name.clone()).collect();
        recordings.move_to(names, self.record.clone());
        Self { recordings: Some(recordings.clone()), ..self }
    }

    /// The networks that pictures of messages come by, with the plugins' names in keys.
    ///
    /// # Errors
    /// Rights that are none; they were checked.
    pub fn networks(&self) -> Result<Vec<(String, Arc<PluginNetwork>)>, NetError> {
        let network =
            |resident: &Resident| Ok((resident.name.clone(), Arc::new(self.network(resident, &self.account)?)));
        self.residents.iter().map(network).collect()
    }

    /// What in the plugins' configurations means nothing, or cannot be done.
    pub fn idle(&self) -> impl Iterator<Item = Notice> {
        let whole = self.record.writes_plainly().into_iter().chain(self.record.notices.iter().cloned());
        self.residents.iter().filter_map(|resident| resident.plugin.idle()).chain(whole)
    }

    /// What pages of a resident may reach; `account`: the customer-service account that they are told.
    ///
    /// # Errors
    /// Rights that are none; they were checked.
    pub fn network(&self, resident: &Resident, account: &str) -> Result<PluginNetwork, NetError> {
        resident.plugin.network(&self.rights, self.live.as_ref(), account)
    }

    /// What whoever looks at pages of a resident may have: the same for all of them, without a cookie of any.
    ///
    /// # Errors
    /// Rights that are none; they were checked.
    pub fn viewed(&self, resident: &Resident) -> Result<Arc<PluginNetwork>, NetError> {
        if let Some(network) = resident.viewed.get() {
            return Ok(network.clone());
        }
        let network = Arc::new(self.network(resident, "")?);
        Ok(resident.viewed.get_or_init(|| network).clone())
    }

    /// Where an event about a customer, whom this agent serves by WeChat's choice, is told, for all plugins or for the one of this name.
    pub fn places(&self, openid: &str, agent: Option<&str>, plugin: Option<&str>) -> Vec<Place> {
        let is_asked = |resident: &&Resident| plugin.is_none_or(|name| name == resident.plugin.name);
        let mut places = Vec::new();
        for resident in self.residents.iter().filter(is_asked) {
            let place = self.place(resident, openid, agent);
            if !places.contains(&place) {
                places.push(place);
            }
        }
        places
    }

    /// Whether it matters which agent serves a customer.
    pub fn has_seats(&self) -> bool {
        !self.seats.is_empty()
    }

    fn place(&self, resident: &Resident, openid: &str, agent: Option<&str>) -> Place {
        match seat_of(&self.seats, openid, agent).filter(|_| resident.plugin.policy.send == SendPolicy::Review) {
            Some(seat) => Place::Seat(seat.name.clone()),
            None => Place::Customer(Arc::from(openid)),
        }
    }

    /// Whether pages of a resident are at such a place.
    pub fn is_at(&self, resident: &Resident, place: &Place) -> bool {
        let is_reviewed = resident.plugin.policy.send == SendPolicy::Review && !self.seats.is_empty();
        matches!(place, Place::Seat(_)) == is_reviewed
    }

    fn seat(&self, place: &Place) -> Option<&Seat> {
        match place {
            Place::Customer(_) => None,
            Place::Seat(name) => self.seats.iter().find(|seat| seat.name == *name),
        }
    }

    /// The customer-service account that messages from a place go out as.
    pub fn sender(&self, place: &Place) -> Option<&String> {
        self.seat(place).map(|seat| &seat.kf_account).or(self.kf_account.as_ref())
    }

    /// A page of a resident's at a place, not opened yet; `openid`: the customer whom it is opened for. Its storage and its
    /// cookies are nobody else's. Where it is recorded, who is to hear what it is told and does.
    ///
    /// # Errors
    /// Rights that are none; they were checked.
    pub fn page(&self, visit: Visit<'_>, moment: Moment) -> Result<(Box<dyn Driver + Send>, Option<Tape>), NetError> {
        let Visit { place, openid, resident, .. } = visit;
        let account = self.seat(place).map_or(&self.account, |seat| &seat.kf_account);
        let network = Arc::new(self.network(resident, account)?);
        let loaded_at = resident.loaded_at(moment.at);
        let mut options = PageOptions {
            source: resident.plugin.source_at(loaded_at, SEED_DEFAULT, Some(openid)),
            start: loaded_at,
            seed: SEED_DEFAULT,
            resume: Some(moment),
            pace: Pace::Hosted,
            ..resident.plugin.page_options(network.clone(), network.cookies().clone())
        };
        let at = self.residents.iter().position(|other| std::ptr::eq(other, resident)).unwrap_or_default();
        let tape = self.recordings.as_ref().and_then(|recordings| {
            let workbench = self.workbench.as_ref();
            let shown = workbench.and_then(|workbench| Some((workbench.clone(), workbench.seat_of(visit)?.into())));
            let (plugin, place) = ((&resident.plugin, account.as_str()), (place, openid, shown));
            recordings.tape((&self.record, at), plugin, place, &network, &mut options)
        });
        Ok((Box::new(self.processes.process(options, resident.launcher.clone())), tape))
    }

    /// How pages came to be, over all plugins.
    pub fn served(&self) -> Served {
        let add = |sum: Served, resident: &Resident| {
            let Served { spawned, compiled, loaded } = resident.launcher.served();
            Served { spawned: sum.spawned + spawned, compiled: sum.compiled + compiled, loaded: sum.loaded + loaded }
        };
        self.residents.iter().fold(Served::default(), add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::plugin::Names;
    use crate::host::samples::SAMPLES;

    #[test]
    fn an_old_signature_is_made_anew() {
        let resident = |more: &str| {
            let toml = format!("page = \"index.html\"\n{more}");
            let plugin = Plugin::bundled(&toml, SAMPLES[3].files, &mut Names::default()).unwrap();
            let launcher = Processes::default().launcher();
            Resident {
                plugin,
                name: "p".to_owned(),
                launcher,
                loaded_at: 0.into(),
                trouble: Mutex::default(),
                viewed: OnceLock::new(),
            }
        };
        let signed = resident("[echat]\nsignature_ttl_s = 4\n");
        assert_eq!([0, 999, 1_000, 1_500, 2_500].map(|now| signed.loaded_at(now)), [0, 0, 1_000, 1_000, 2_500]);
        let unsigned = resident("dialects = [\"mcs\"]\n");
        assert_eq!(unsigned.loaded_at(9_000_000), 0);
    }
}
