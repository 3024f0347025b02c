//! `duoke serve`

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use serde_json::json;
use tokio::runtime::Handle;
use tokio::sync::mpsc::{Receiver, channel};
use tokio::sync::oneshot;

use super::console::console;
use super::exit::Exit;
use super::log::Log;
use super::output::{ColorWhen, Output};
use super::plugins::{self, ACCOUNT_DEFAULT, fail, live};
use super::state::{self, Ears};
use super::{settings, signals};
use crate::base::clock::Clock;
use crate::config::duoke::{LOGS, SINKS};
use crate::config::{DuokeConfig, PluginEntry, SeatEntry, Setting};
use crate::host::control::take;
use crate::host::doctor::pages::try_page;
use crate::host::serve::{
    Again, Doors, Operations, Ready, Residence, Room, Seat, ServeError, Setup, serve as serve_until,
};
use crate::host::{About, Names, Notice, Plugin, Processes, Rights, Watch as _};
use crate::record::Reader;
use crate::store::{Retention, Store};

mod accounts;
mod record;
mod reread;
mod takeover;
mod traces;
mod workbench;

use accounts::SINK_LOG;
use takeover::take_over;

/// Conversations that are worked on at the same time, for each core.
const WORKERS_PER_CORE: usize = 8;

const EXAMPLES: &str = "\
Examples:
  duoke serve
  duoke serve sample-plugins/quick-reply --wechat-base http://127.0.0.1:8090

Everything is in duoke.toml and the environment: the account, WeChat's callback, the plugins, the state. Each customer is
served by pages of his own, which have only ever been told about him. What WeChat pushes is on disk before WeChat is
answered; what pages say goes out through the outbox. Once it serves, one JSON line on standard output says where:
{\"callbacks\":[{\"app_id\",\"address\"}],\"console\"}; with --sink log \"sink\" too, and a line for each message follows:
{\"type\":\"delivery.sent\",\"subject\",\"cause\",\"plugin\",\"data\":{\"key\",\"sink\":\"log\",\"account\",\"body\"}}. Ctrl-C or
SIGTERM ends it in order, a second one at once (130); whatever is not done then, the next one does.

The console says how it is doing: GET /healthz (the process answers), /readyz (200 while it serves and its store works,
else 503 with the reason), /metrics (Prometheus). With `[console] token` or `identity_header` it has a workbench for agents, who
sign in, see the pages of their seats, and send what waits for them. Standard error is its log: a line of JSON has time, level, message and,
where there is one, event, account, plugin, customer, cause, key. A customer is shown by the first 12 digits of
`printf %s OPENID | sha256sum`, and nothing that was said is, without --log-text.

SIGHUP has plugins, seats, bounds and [serve] read again, without a restart; what is wrong with them keeps the old ones in
force.";

/// Serve customers: WeChat's pushes in, pages, messages out.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// Plugins to serve with instead of those of duoke.toml: folders with plugin.toml, page files, addresses.
    #[arg(value_name = "PAGE")]
    pages: Vec<String>,
    /// Where WeChat's pushes come, an address and a port; port 0 takes a free one [env: DUOKE_CALLBACK_LISTEN].
    #[arg(long, value_name = "ADDR")]
    listen: Option<String>,
    /// The folder of the durable state, by default `state` [env: DUOKE_STORE_PATH].
    #[arg(long, visible_alias = "store", value_name = "DIR")]
    state: Option<PathBuf>,
    /// The server that speaks WeChat's API [env: DUOKE_WECHAT_BASE_URL].
    #[arg(long, value_name = "URL")]
    wechat_base: Option<String>,
    /// The customer-service account that messages go out as, and that pages are told.
    #[arg(long, value_name = "KF_ACCOUNT")]
    account: Option<String>,
    /// Where /healthz, /readyz and /metrics are answered, an address and a port, or `off` [env: DUOKE_CONSOLE_LISTEN].
    #[arg(long, value_name = "ADDR")]
    console: Option<String>,
    /// Take over from the host that has this state: it ends in order, and this one listens where it did without a pause.
    #[arg(long)]
    takeover: bool,
    /// Where messages go: `wechat`, or `log`, standard output, a line of JSON for each: nothing is sent then, for trying a
    /// configuration out [env: DUOKE_SINK].
    #[arg(long, value_name = "SINK", value_parser = SINKS)]
    sink: Option<String>,
    /// How standard error is written: `human`, what a person should know; `verbose`, what goes on as well; `json`, all of
    /// it as JSON Lines [env: DUOKE_LOG].
    #[arg(long, value_name = "FORMAT", value_parser = LOGS)]
    log: Option<String>,
    /// Show customers' openids and what was said in the log [env: DUOKE_LOG_TEXT=show].
    #[arg(long)]
    log_text: bool,
    /// Let the pages talk to this origin too.
    #[arg(long, value_name = "ORIGIN")]
    allow: Vec<String>,
    /// Answer an address from a file: for CDNs that are gone.
    #[arg(long, value_name = "URL=FILE")]
    replace: Vec<String>,
    /// Take events from a session log as well, `-` for standard input; each line goes to whom it names.
    #[arg(long, value_name = "LOG")]
    events: Option<PathBuf>,
}

pub(super) fn serve(arguments: &Arguments, runtime: &Handle, output: &mut Output) -> Exit {
    try_serve(arguments, runtime, output).unwrap_or_else(|exit| exit)
}

fn try_serve(arguments: &Arguments, runtime: &Handle, output: &mut Output) -> Result<Exit, Exit> {
    // What is wrong with the configuration is in the log that the flags name.
    output.set_log(Log::named(arguments.log.as_deref().unwrap_or_default(), arguments.log_text));
    let config = load(arguments).map_err(|notice| fail(output, notice, Exit::Configuration))?;
    let log = Log::of(&config);
    output.set_log(log);
    let setup = setup(arguments, &config, runtime).map_err(|(notice, exit)| fail(output, notice, exit))?;
    let setup = Setup { traces: traces::traces(&config, output)?, ..setup };
    check_confinement(&setup, output)?;
    let workbench = workbench::workbench(&config, &setup);
    let setup = Setup { workbench: workbench.as_ref().map(|served| served.workbench.clone()), ..setup };
    let served = (&setup.operations, workbench);
    let console = console(&config.console_listen, served, arguments.takeover, runtime, output)?;
    let console_address = console.as_ref().map(|console| console.address);
    let folder = PathBuf::from(&config.store_path.value);
    let (taken, listeners) = match arguments.takeover {
        false => (take(&folder), Vec::new()),
        true => {
            let (taken, listeners) = take_over(&folder, &setup.accounts, runtime, output)?;
            (Ok(taken), listeners)
        }
    };
    let setup = Setup { listeners, ..setup };
    let store: Arc<dyn Store> = Arc::new(state::open_taken(taken, Retention::default(), output)?);
    let mut begun = |ready: &Ready, desk| -> Box<dyn std::any::Any + Send> {
        let mut output = Output::new(ColorWhen::default());
        output.set_log(log);
        let mut line = line(ready, console_address);
        if config.serve.sink.value == SINK_LOG {
            line["sink"] = json!(SINK_LOG);
            let notice = Notice::warning("nothing is sent to WeChat: messages are written to standard output");
            output.say(
                notice.with_hint(Some("`--sink wechat`, or no `[serve] sink`, sends them; these are not sent then")),
            );
        }
        // Nobody reading it is fine.
        let _ = output.data(&format!("{line}\n"));
        Box::new(Ears::of_desk(&folder, desk, runtime, &mut output))
    };
    let mut in_force = config.clone();
    let mut read = || {
        let read = load(arguments)?;
        let residence = residence(arguments, &read, runtime).map_err(|(notice, _)| notice)?;
        let again = reread::differences((&config, &in_force), &read);
        in_force = read;
        Ok((residence, again))
    };
    let (again, stop) = signals(runtime, log);
    let doors = Doors { begun: &mut begun, again, read: &mut read };
    let served = serve_until(setup, &store, runtime, doors, stop, output);
    if let Some(console) = console {
        runtime.block_on(console.shutdown());
    }
    match served {
        Ok(()) => Ok(Exit::Fine),
        Err(error) => {
            let exit = match &error {
                ServeError::Net(_) => Exit::Page,
                ServeError::Died(_) => Exit::Bug,
                _ => Exit::Environment,
            };
            Err(fail(output, Notice::error(error.to_string()).with_hint(error.hint()), exit))
        }
    }
}

/// Where pages run confined or not at all, none runs where the system does not confine them: nothing is served then.
fn check_confinement(setup: &Setup, output: &mut Output) -> Result<(), Exit> {
    let processes = &setup.residence.processes;
    if !processes.confinement_required {
        return Ok(());
    }
    try_page(processes).map_err(|error| {
        let hint = "`duoke doctor` names what is missing; `confinement = \"warn\"` under [process] does without";
        fail(output, Notice::error(format!("no page can be opened: {error}")).with_hint(Some(hint)), Exit::Environment)
    })
}

/// Each time that the configuration is to be read again, and the end. Told to end a second time, the process does at once.
fn signals(runtime: &Handle, log: Log) -> (Receiver<Again>, impl Future<Output = ()>) {
    let _inside = runtime.enter();
    let (interrupted, terminated, mut hung_up) = (signals::interrupted(), signals::terminated(), signals::hung_up());
    let (sender, again) = channel(1);
    runtime.spawn(async move {
        loop {
            hung_up.await;
            hung_up = signals::hung_up();
            // One that is not yet heard is enough.
            let _ = sender.try_send(Again::Move);
        }
    });
    let (end, ends) = oneshot::channel();
    runtime.spawn(async move {
        tokio::select! {
            () = interrupted => {}
            () = terminated => {}
        }
        // From now on: who listens already hears the first one.
        let (interrupted, terminated) = (signals::interrupted(), signals::terminated());
        let mut output = Output::new(ColorWhen::default());
        output.set_log(log);
        let notice = Notice::info("the host ends in order; told so once more, it ends at once");
        output.say(notice.about(About::new("host.stopping")));
        // Where the host has ended by itself nobody waits for it.
        let _ = end.send(());
        tokio::select! {
            () = interrupted => {}
            () = terminated => {}
        }
        std::process::exit(Exit::Interrupted.code().into());
    });
    (again, async { drop(ends.await) })
}

/// What whoever started it may want to know.
fn line(ready: &Ready, console: Option<SocketAddr>) -> serde_json::Value {
    let callback = |(app_id, address, path): &(String, SocketAddr, String)| json!({"app_id": app_id, "address": format!("http://{address}{path}")});
    let mut line = json!({"callbacks": ready.callbacks.iter().map(callback).collect::<Vec<_>>()});
    if let Some(address) = console {
        line["console"] = json!(format!("http://{address}"));
    }
    line
}

fn load(arguments: &Arguments) -> Result<DuokeConfig, Notice> {
    let flag = |path: &str| match path {
        "wechat.base_url" => arguments.wechat_base.clone(),
        "wechat.callback.listen" => arguments.listen.clone(),
        "console.listen" => arguments.console.clone(),
        "serve.log" => arguments.log.clone(),
        "serve.sink" => arguments.sink.clone(),
        "serve.log_text" => arguments.log_text.then(|| "show".to_owned()),
        "store.path" => arguments.state.as_ref().map(|path| path.to_string_lossy().into_owned()),
        _ => None,
    };
    settings::load(&flag).map_err(|error| settings::notice(&error))
}

fn setup(arguments: &Arguments, config: &DuokeConfig, runtime: &Handle) -> Result<Setup, (Notice, Exit)> {
    let accounts = accounts::accounts(arguments, config).map_err(|notice| (notice, Exit::Configuration))?;
    let log = arguments.events.as_deref().map(Reader::open).transpose();
    let log = log.map_err(|error| (Notice::error(error.to_string()).with_hint(error.hint()), Exit::Log))?;
    Ok(Setup {
        accounts,
        listeners: Vec::new(),
        residence: residence(arguments, config, runtime)?,
        log,
        threads: config.serve.workers.as_ref().map_or_else(workers_default, number),
        clock: Clock::system(),
        operations: Arc::new(Operations::new(Log::of(config).is_detailed())),
        traces: None,
        workbench: None,
    })
}

/// What customers are served with.
fn residence(arguments: &Arguments, config: &DuokeConfig, runtime: &Handle) -> Result<Residence, (Notice, Exit)> {
    let pages: Vec<String> = match arguments.pages.as_slice() {
        [] => config.plugins.iter().map(PluginEntry::page).collect(),
        pages => pages.to_vec(),
    };
    if pages.is_empty() {
        let hint = "name one under [[plugin]] in duoke.toml, or on the command line";
        let notice = Notice::error("there is no plugin to serve with").with_hint(Some(hint));
        return Err((notice, Exit::Configuration));
    }
    let (mut names, mut plugins) = (Names::default(), Vec::new());
    for page in pages {
        let plugin =
            Plugin::resolve(&page, &mut names).and_then(|plugin| Ok(plugin.look_for_page().map(|()| plugin)?));
        let mut plugin = plugin.map_err(|error| (plugins::notice(&error), plugins::exit(&error)))?;
        plugin.hold_to(&config.limits);
        plugins.push(plugin);
    }
    let record = record::policy(arguments, config, &plugins)?;
    let rights = Rights::new(arguments.allow.clone(), arguments.replace.clone());
    Ok(Residence {
        plugins,
        rights: rights.map_err(|error| (Notice::error(error.to_string()), Exit::Usage))?,
        live: Some(live(runtime)),
        seats: config.seats.iter().map(seat).collect(),
        kf_account: arguments.account.clone(),
        seat_account: arguments.account.clone().unwrap_or_else(|| ACCOUNT_DEFAULT.to_owned()),
        processes: Processes::of(config),
        room: Room {
            open_max: number(&config.serve.conversations_max),
            quiet_ms_max: i64::try_from(number(&config.serve.quiet_s) * 1000).unwrap_or(i64::MAX),
        },
        record,
    })
}

fn seat(entry: &SeatEntry) -> Seat {
    Seat { name: Arc::from(entry.name.as_str()), kf_account: entry.kf_account.clone() }
}

/// They mostly wait for the disk.
fn workers_default() -> usize {
    WORKERS_PER_CORE * std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// They were checked.
fn number(setting: &Setting<String>) -> usize {
    setting.value.parse().unwrap_or(1)
}
