//! What is in force: the plugins, and how pages of theirs come to be.

use std::sync::Arc;

use super::setup::Residence;
use crate::base::clock::TimestampMs;
use crate::host::plugin::Plugin;
use crate::host::processes::Processes;
use crate::host::rights::Rights;
use crate::host::run::SEED_DEFAULT;
use crate::net::{Live, NetError, PluginNetwork};
use crate::page::{Driver, Moment, Pace, PageOptions};
use crate::process::{Launcher, Served};

/// A plugin that customers are served by.
pub struct Resident {
    /// The plugin.
    pub plugin: Plugin,
    /// Its name in keys.
    pub name: String,
    /// What starts its pages.
    launcher: Arc<dyn Launcher>,
    /// Page time at which its pages are loaded, so that one load stands for all.
    loaded_at: TimestampMs,
}

/// What holds for every conversation that is opened now. Another configuration is another house.
pub struct House {
    /// The plugins, in the order in which they are told.
    pub residents: Vec<Resident>,
    /// The customer-service account that messages go out as, and that pages are told.
    pub kf_account: Option<String>,
    /// What pages may reach, besides what their plugins name.
    rights: Rights,
    live: Option<Live>,
    processes: Processes,
    /// What the ticket service answers.
    account: String,
}

impl House {
    /// A house of plugins, which have these names in keys, and whose pages are loaded as of `now`.
    pub fn new(
        Residence { plugins, rights, live, kf_account, seat_account, processes, .. }: Residence,
        names: Vec<String>,
        now: TimestampMs,
    ) -> Self {
        let resident = |(plugin, name)| Resident { plugin, name, launcher: processes.launcher(), loaded_at: now };
        let residents = plugins.into_iter().zip(names).map(resident).collect();
        Self { residents, kf_account, rights, live, processes, account: seat_account }
    }

    /// The networks that pictures of messages come by, with the plugins' names in keys.
    ///
    /// # Errors
    /// Rights that are none; they were checked.
    pub fn networks(&self) -> Result<Vec<(String, Arc<PluginNetwork>)>, NetError> {
        let network = |resident: &Resident| Ok((resident.name.clone(), Arc::new(self.network(resident)?)));
        self.residents.iter().map(network).collect()
    }

    fn network(&self, resident: &Resident) -> Result<PluginNetwork, NetError> {
        resident.plugin.network(&self.rights, self.live.as_ref(), &self.account)
    }

    /// A page of a resident's own for a customer, not opened yet. Its storage and its cookies are nobody else's.
    ///
    /// # Errors
    /// Rights that are none; they were checked.
    pub fn page(&self, resident: &Resident, openid: &str, moment: Moment) -> Result<Box<dyn Driver + Send>, NetError> {
        let network = Arc::new(self.network(resident)?);
        let options = PageOptions {
            source: resident.plugin.source_at(resident.loaded_at, SEED_DEFAULT, Some(openid)),
            start: resident.loaded_at,
            seed: SEED_DEFAULT,
            resume: Some(moment),
            pace: Pace::Hosted,
            ..resident.plugin.page_options(network.clone(), network.cookies().clone())
        };
        Ok(Box::new(self.processes.process(options, resident.launcher.clone())))
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
