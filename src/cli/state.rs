//! The durable state, as commands get to it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use super::exit::Exit;
use super::output::Output;
use super::plugins::fail;
use super::settings;
use super::signals::stop_when_interrupted;
use crate::config::{Origin, PluginEntry};
use crate::host::control::{Control, Door, is_heard, take};
use crate::host::desk::{Answer, Desk, Request, Trouble, TroubleKind};
use crate::host::{Forwarder, Notice, Triggers, Watch as _};
use crate::store::{OnUnknown, OpenOptions, Retention, SqliteStore, StateFolder, Store, StoreError};

/// Where the state of a command is.
#[derive(Debug, clap::Args)]
pub(super) struct StoreArguments {
    /// The folder of the durable state, by default `state` [env: DUOKE_STORE_PATH].
    #[arg(long, value_name = "DIR")]
    store: Option<PathBuf>,
}

/// The folder of `duoke dev`, emptied at each start.
pub(super) const DEV_FOLDER: &str = ".duoke/dev";

/// Takes the state folder and opens its store; the error is said.
pub(super) fn open(path: &Path, retention: Retention, output: &mut Output) -> Result<SqliteStore, Exit> {
    open_taken(take(path), retention, output)
}

/// The same, of a folder that was taken, or could not be.
pub(super) fn open_taken(
    taken: Result<StateFolder, StoreError>,
    retention: Retention,
    output: &mut Output,
) -> Result<SqliteStore, Exit> {
    let options = OpenOptions { retention, ..OpenOptions::default() };
    let store = taken.and_then(|folder| SqliteStore::open(folder, &options));
    store.map_err(|error| fail(output, notice(&error), Exit::Environment))
}

/// Hears commands and signals while a host runs. Dropped before the store is to be closed: they have it.
pub(super) struct Ears {
    control: Option<Control>,
    interrupts: Option<JoinHandle<()>>,
    runtime: Handle,
}

impl Ears {
    /// Those of a host that delivers.
    pub(super) fn of_host(
        folder: &Path,
        forwarder: &Forwarder,
        triggers: Option<Arc<dyn Triggers>>,
        runtime: &Handle,
        output: &mut Output,
    ) -> Self {
        let control = listen(folder, forwarder.desk().firing(triggers), runtime, output);
        let interrupts = Some(stop_when_interrupted(runtime, forwarder.outbox().clone()));
        Self { control, interrupts, runtime: runtime.clone() }
    }

    /// Those of a host that hears signals by itself.
    pub(super) fn of_desk(folder: &Path, desk: Desk, runtime: &Handle, output: &mut Output) -> Self {
        Self { control: listen(folder, desk, runtime, output), interrupts: None, runtime: runtime.clone() }
    }

    /// Those of a host that only has the store.
    pub(super) fn of_store(
        folder: &Path,
        store: &Arc<dyn Store>,
        triggers: Option<Arc<dyn Triggers>>,
        policy: OnUnknown,
        runtime: &Handle,
        output: &mut Output,
    ) -> Result<Self, Exit> {
        let desk = runtime.block_on(Desk::alone(store.clone(), policy));
        let (desk, notices) = desk.map_err(|error| fail(output, notice(&error), Exit::Environment))?;
        notices.into_iter().for_each(|notice| output.say(notice));
        let control = listen(folder, desk.in_host().firing(triggers), runtime, output);
        Ok(Self { control, interrupts: None, runtime: runtime.clone() })
    }
}

/// Where commands cannot be heard a host runs without.
fn listen(folder: &Path, desk: Desk, runtime: &Handle, output: &mut Output) -> Option<Control> {
    let control = Control::open(folder, desk, runtime).map_err(|error| {
        let text = format!("{}: commands will not reach this host: {error}", folder.display());
        output.say(Notice::warning(text).with_hint(Some("put the state on a disk of this machine")));
    });
    control.ok()
}

impl Drop for Ears {
    fn drop(&mut self) {
        if let Some(control) = self.control.take() {
            control.close();
        }
        if let Some(interrupts) = self.interrupts.take() {
            interrupts.abort();
            // It was cut off.
            let _ = self.runtime.block_on(interrupts);
        }
    }
}

/// What is wrong with a store.
pub(super) fn notice(error: &StoreError) -> Notice {
    Notice::error(error.to_string()).with_hint(Some(error.hint()))
}

/// Says what the trouble is; how the command ends.
pub(super) fn say(trouble: Trouble, output: &mut Output) -> Exit {
    let Trouble { kind, text, hint } = trouble;
    let exit = match kind {
        TroubleKind::Request => Exit::Usage,
        TroubleKind::NotFound => Exit::NothingMatched,
        TroubleKind::Version | TroubleKind::Store => Exit::Environment,
        TroubleKind::Wechat => Exit::Messages,
    };
    fail(output, Notice::error(text).with_hint(hint), exit)
}

/// What a look found.
pub(super) enum Found {
    Item(Value),
    Nothing(Trouble),
    NoState,
}

/// The way to the state, and what is said on it.
pub(super) struct Asker<'a> {
    door: Door,
    pub(super) output: &'a mut Output,
    folder: PathBuf,
    /// The limits that the configuration names.
    pub(super) profile: String,
    /// What the plugins of the configuration are opened from.
    pub(super) pages: Vec<String>,
    /// The accounts of the configuration, by app id.
    pub(super) accounts: Vec<String>,
}

impl<'a> Asker<'a> {
    /// The way to the state that flags and configuration name; what is wrong with them is said.
    pub(super) fn new(arguments: &StoreArguments, runtime: &Handle, output: &'a mut Output) -> Result<Self, Exit> {
        Self::choosing(arguments, runtime, output, |_, folder| folder)
    }

    /// The same for what only a running host can do: where no folder is named and no host is heard, `duoke dev` may be.
    pub(super) fn of_host(arguments: &StoreArguments, runtime: &Handle, output: &'a mut Output) -> Result<Self, Exit> {
        Self::choosing(arguments, runtime, output, |is_named, folder| {
            let is_dev = !is_named && !is_heard(&folder) && is_heard(Path::new(DEV_FOLDER));
            if is_dev { PathBuf::from(DEV_FOLDER) } else { folder }
        })
    }

    /// `choose` is told whether a folder is named, and which.
    fn choosing(
        arguments: &StoreArguments,
        runtime: &Handle,
        output: &'a mut Output,
        choose: impl FnOnce(bool, PathBuf) -> PathBuf,
    ) -> Result<Self, Exit> {
        let flag = |path: &str| match path {
            "store.path" => arguments.store.as_ref().map(|path| path.to_string_lossy().into_owned()),
            _ => None,
        };
        let config =
            settings::load(&flag).map_err(|error| fail(output, settings::notice(&error), Exit::Configuration))?;
        let is_named = config.store_path.origin != Origin::Default;
        let folder = choose(is_named, PathBuf::from(&config.store_path.value));
        let door = Door::new(folder.clone(), settings::on_unknown(&config), runtime);
        let profile = config.wechat.profile.value.clone();
        let first = config.wechat.app_id.iter().map(|app_id| app_id.value.clone());
        let accounts = first.chain(config.accounts.iter().map(|entry| entry.app_id.value.clone())).collect();
        let pages = config.plugins.iter().map(PluginEntry::page).collect();
        Ok(Self { door, output, folder, profile, pages, accounts })
    }

    /// Whether a running host gave the last answer.
    pub(super) fn host_runs(&self) -> bool {
        self.door.host_runs()
    }

    /// Asks; `None`: there is no state. Trouble is said.
    pub(super) fn ask(&mut self, request: &Request) -> Result<Option<Answer>, Exit> {
        let asked = self.door.ask(request, &mut |notice| self.output.say(notice));
        asked.map_err(|trouble| say(trouble, self.output))
    }

    /// Asks for one thing; `None`: there is no state, which is said.
    pub(super) fn ask_one(&mut self, request: &Request) -> Result<Option<Value>, Exit> {
        match self.ask(request)? {
            Some(answer) => Ok(answer.items.into_iter().next()),
            None => {
                self.no_state();
                Ok(None)
            }
        }
    }

    /// Looks for something, here or in a folder of the state's; other trouble than that there is none is said.
    pub(super) fn find(&mut self, request: &Request, within: Option<&str>) -> Result<Found, Exit> {
        let mut within = within.map(|name| self.door.within(name));
        let door = within.as_mut().unwrap_or(&mut self.door);
        match door.ask(request, &mut |notice| self.output.say(notice)) {
            Ok(answer) => {
                Ok(answer.and_then(|answer| answer.items.into_iter().next()).map_or(Found::NoState, Found::Item))
            }
            Err(trouble) if trouble.kind == TroubleKind::NotFound => Ok(Found::Nothing(trouble)),
            Err(trouble) => Err(say(trouble, self.output)),
        }
    }

    /// There is no state: says where.
    pub(super) fn no_state(&mut self) {
        let text = format!("{}: there is no state, so there are no messages", self.folder.display());
        let hint = "`duoke run --forward` makes it; --store or `[store] path` names another folder";
        self.output.say(Notice::note(text).with_hint(Some(hint)));
    }
}
