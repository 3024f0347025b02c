//! `duoke dev`

use std::fs;
use std::io::IsTerminal as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ring::rand::{SecureRandom as _, SystemRandom};
use serde_json::json;
use tokio::runtime::Handle;
use tokio::sync::mpsc::{Sender, channel};

use super::exit::Exit;
use super::output::{ColorWhen, Output};
use super::plugins::{self, ACCOUNT_DEFAULT, fail, live};
use super::state::{self, DEV_FOLDER, Ears};
use super::test_command::paint;
use super::{recording, settings, signals};
use crate::base::clock::Clock;
use crate::base::hex::hex;
use crate::config::DuokeConfig;
use crate::console::{Console, Credentials, Setting as Served};
use crate::dev::{Development, Files, Remote, Setting, Shelf};
use crate::event::Line;
use crate::host::control::take;
use crate::host::serve::{
    AccountSetup, Again, Doors, Operations, Ready, RecordPolicy, Reread, Residence, Room, Seat, ServeError, Setup,
    Workbench, serve,
};
use crate::host::{Closed, Names, Notice, Plugin, Processes, Rights, Severity, Target, Watch, is_address};
use crate::regress::Tested;
use crate::regress::report::human;
use crate::sandbox::{Running as Sandboxed, Sandbox, SandboxConfig};
use crate::session::SendPolicy;
use crate::store::{LOCK_FILE, OnUnknown, Retention, StateFolder, Store};
use crate::wechat::callback::{CallbackSettings, Mode};
use crate::wechat::{ClientConfig, Profile, Secret};

/// The customer who writes first.
const FIRST: &str = "oCustomer1";
/// What he writes.
const HELLO: &str = "你好，请问有人吗？";
/// Places that are worked on at the same time: there is one seat.
const THREADS: usize = 1;

const EXAMPLES: &str = "\
Examples:
  duoke dev sample-plugins/quick-reply
  duoke dev page.html --replace http://libs.baidu.com/jquery/1.8.3/jquery.min.js=vendor/jquery.js
  duoke dev https://crm.example.com/plugin/ --console 127.0.0.1:0

Opens the page at a seat, with a WeChat of its own (the sandbox), and a workbench in the browser: customers and their phones, the
page as the agent sees it, the messages that it wants to send, all that it was told and did. Each save reloads the page, beside
the one that is open, which goes on where the new one does not load; then the plugin's recordings (`sessions`, else the
session so far) are replayed, and what differs is shown. Messages wait in the workbench until they are sent.
Nothing leaves this machine but what the page asks of origins that were allowed.

At a terminal `a` and Enter accepts what differs: the recordings have what the page does now; `i` and Enter has it not shown again.

One JSON line on standard output says where all of it is: {\"console\",\"sandbox\",\"state\"}. Ctrl-C ends it.";

/// Develop plugins: a workbench in the browser, hot reload, recordings replayed at each save.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// The pages: folders with plugin.toml, page files, addresses.
    #[arg(value_name = "PAGE", required = true)]
    pages: Vec<String>,
    /// Where the workbench is, an address of this machine and a port; port 0 takes a free one.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8081")]
    console: SocketAddr,
    /// The customer-service account of the seat.
    #[arg(long, value_name = "KF_ACCOUNT", default_value = ACCOUNT_DEFAULT)]
    account: String,
    /// The limits of WeChat in force: 2017, 2021 or 2025.
    #[arg(long, value_name = "YEAR", default_value = "2025")]
    profile: Profile,
    /// Let the pages talk to this origin too.
    #[arg(long, value_name = "ORIGIN")]
    allow: Vec<String>,
    /// Answer an address from a file: for CDNs that are gone.
    #[arg(long, value_name = "URL=FILE")]
    replace: Vec<String>,
    /// Save sessions as they are, without pseudonyms for customers, phone numbers and secrets.
    #[arg(long)]
    no_redact: bool,
    /// Where what it keeps lies; emptied at each start.
    #[arg(long, value_name = "DIR", default_value = DEV_FOLDER)]
    state: PathBuf,
}

impl Arguments {
    /// Of these pages.
    pub(super) fn of(pages: Vec<String>, console: SocketAddr, profile: Profile, state: PathBuf) -> Self {
        let (account, allow, replace) = (ACCOUNT_DEFAULT.to_owned(), Vec::new(), Vec::new());
        Self { pages, console, account, profile, allow, replace, no_redact: false, state }
    }
}

/// What is there before a page is opened: a sandbox, and who writes in it and what.
pub(super) struct Opening {
    pub(super) sandbox: Arc<Sandboxed>,
    pub(super) hellos: &'static [(&'static str, &'static str)],
}

pub(super) fn dev(arguments: &Arguments, runtime: &Handle, output: &mut Output) -> Exit {
    let config = SandboxConfig { profile: arguments.profile, ..SandboxConfig::default() };
    let opening = match runtime.block_on(Sandbox::start(config)) {
        Ok(sandbox) => Opening { sandbox: Arc::new(sandbox), hellos: &[(FIRST, HELLO)] },
        Err(error) => {
            let notice = Notice::error(error.to_string()).with_hint(Some(error.hint()));
            return fail(output, notice, Exit::Environment);
        }
    };
    develop(arguments, opening, runtime, output)
}

/// Until it is interrupted.
pub(super) fn develop(arguments: &Arguments, opening: Opening, runtime: &Handle, output: &mut Output) -> Exit {
    try_develop(arguments, opening, runtime, output).unwrap_or_else(|exit| exit)
}

fn try_develop(
    arguments: &Arguments,
    Opening { sandbox, hellos }: Opening,
    runtime: &Handle,
    output: &mut Output,
) -> Result<Exit, Exit> {
    let config =
        settings::load(&|_| None).map_err(|error| fail(output, settings::notice(&error), Exit::Configuration))?;
    if !arguments.console.ip().is_loopback() {
        let notice = Notice::error(format!("--console {}: not an address of this machine alone", arguments.console));
        let hint = "whoever reaches the workbench drives the pages; `duoke serve` has one with a sign-in";
        return Err(fail(output, notice.with_hint(Some(hint)), Exit::Usage));
    }
    let first = residence(arguments, &config, runtime).map_err(|(notice, exit)| fail(output, notice, exit))?;
    let shelves: Result<Vec<_>, _> = first.plugins.iter().map(|plugin| shelf(plugin, arguments, &config)).collect();
    let shelves = shelves.map_err(|(notice, exit)| fail(output, notice, exit))?;
    let watched = Watched::of(&first, arguments).map_err(|notice| fail(output, notice, Exit::Page))?;
    let folder = empty(&arguments.state).map_err(|notice| fail(output, notice, Exit::Environment))?;
    sandbox.employ(&arguments.account);
    let (token, workbench, operations) = (token(), Workbench::of_development(), Arc::new(Operations::new(false)));
    let (again, comes_again) = channel(1);
    let setup = Setup {
        accounts: vec![account(&sandbox, arguments, &token)],
        listeners: Vec::new(),
        residence: first,
        log: None,
        threads: THREADS,
        clock: Clock::system(),
        operations: operations.clone(),
        traces: None,
        workbench: Some(workbench.clone()),
    };
    let setting = Setting {
        workbench: workbench.clone(),
        seat: seat(arguments).name.to_string(),
        shelves,
        processes: Processes::of(&config),
        again: again.clone(),
        openid: Arc::from(hellos.first().map_or(FIRST, |(openid, _)| openid)),
        watching: watched.places(),
        folder: arguments.state.join("sessions"),
        tell: Arc::new(tell),
    };
    let development = Development::begin(setting, runtime);
    let served = served(&sandbox, workbench, &development);
    let console = runtime.block_on(Console::start(arguments.console, false, operations, Some(served)));
    let console = console.map_err(|error| {
        let hint = "`--console 127.0.0.1:0` takes a free port";
        fail(output, Notice::error(format!("the workbench: {error}")).with_hint(Some(hint)), Exit::Environment)
    })?;
    let store: Arc<dyn Store> = Arc::new(state::open_taken(Ok(folder), Retention::default(), output)?);
    let where_ = json!({
        "console": format!("http://{}", console.address), "sandbox": format!("http://{}", sandbox.address),
        "state": arguments.state,
    });
    let _watching =
        watched.watch(&development, &arguments.state).map_err(|notice| fail(output, notice, Exit::Environment))?;
    let mut begun = |ready: &Ready, desk| -> Box<dyn std::any::Any + Send> {
        let mut output = Output::new(ColorWhen::default());
        // Nobody reading it is fine.
        let _ = output.data(&format!("{where_}\n"));
        output.say(Notice::note(format!("the workbench is at {}", where_["console"].as_str().unwrap_or_default())));
        runtime.spawn(greet(sandbox.clone(), callback_of(ready), token.clone(), hellos));
        Box::new(Ears::of_desk(&arguments.state, desk, runtime, &mut output))
    };
    let mut read = || {
        let residence = residence(arguments, &config, runtime).map_err(|(notice, _)| notice)?;
        Ok((residence, Reread::default()))
    };
    hear(development);
    let doors = Doors { begun: &mut begun, again: comes_again, read: &mut read };
    let served = serve(setup, &store, runtime, doors, stop(runtime, again), &mut AtTerminal(output));
    runtime.block_on(console.shutdown());
    served.map(|()| Exit::Fine).map_err(|error| {
        let exit = if matches!(error, ServeError::Died(_)) { Exit::Bug } else { Exit::Environment };
        fail(output, Notice::error(error.to_string()).with_hint(error.hint()), exit)
    })
}

/// What a person at the terminal hears of the host: not of each message that waits, which the workbench shows.
struct AtTerminal<'a>(&'a mut Output);

impl Watch for AtTerminal<'_> {
    fn line(&mut self, line: &Line) -> Result<(), Closed> {
        self.0.line(line)
    }

    fn say(&mut self, notice: Notice) {
        let waits = notice.about.as_ref().is_some_and(|about| about.event == "message.notice");
        if !waits || notice.severity != Severity::Note {
            self.0.say(notice);
        }
    }
}

/// What a person at the terminal hears of a save.
fn tell(notice: Notice, tested: &[Tested]) {
    let mut output = Output::new(ColorWhen::default());
    output.say(notice);
    for tested in tested.iter().filter(|tested| !tested.verdict.is_fine()) {
        let text = human::tested(tested, &|text, style| paint(&output, text, style));
        output.tell(&text);
    }
}

/// What a person at the terminal says to what differs.
fn hear(development: Development) {
    if !std::io::stdin().is_terminal() {
        return;
    }
    std::thread::spawn(move || {
        for line in std::io::stdin().lines().map_while(Result::ok) {
            let is_right = match line.trim() {
                "a" => true,
                "i" => false,
                "" => continue,
                _ => {
                    Output::new(ColorWhen::default()).say(Notice::note("`a` accepts what differs, `i` ignores it"));
                    continue;
                }
            };
            let notice = match development.settle(is_right) {
                Ok(names) if names.is_empty() => Notice::note("nothing differs"),
                Ok(names) => {
                    Notice::note(format!("{}: {}", if is_right { "accepted" } else { "ignored" }, names.join(", ")))
                }
                Err(trouble) => Notice::error(trouble.text).with_hint(trouble.hint),
            };
            Output::new(ColorWhen::default()).say(notice);
        }
    });
}

/// The workbench.
fn served(sandbox: &Sandboxed, workbench: Workbench, development: &Development) -> Served {
    let address = format!("http://{}", sandbox.address);
    Served {
        workbench,
        credentials: Credentials::default(),
        development: Some(Arc::new(development.clone())),
        sandbox: Some(address.clone()),
        account: (sandbox.ready().app_id.clone(), address),
        send: "review",
    }
}

/// Ctrl-C or SIGTERM.
fn stop(runtime: &Handle, again: Sender<Again>) -> impl Future<Output = ()> {
    let _inside = runtime.enter();
    let (interrupted, terminated) = (signals::interrupted(), signals::terminated());
    async move {
        tokio::select! {
            () = interrupted => {}
            () = terminated => {}
        }
        drop(again);
    }
}

fn callback_of(ready: &Ready) -> String {
    ready.callbacks.first().map(|(_, address, path)| format!("http://{address}{path}")).unwrap_or_default()
}

/// The sandbox pushes to this host from now on, and customers write.
async fn greet(
    sandbox: Arc<Sandboxed>,
    callback: String,
    token: String,
    hellos: &'static [(&'static str, &'static str)],
) {
    let mut output = Output::new(ColorWhen::default());
    if let Err(reason) = sandbox.call_back(&callback, &token).await {
        let text = format!("what customers do in the sandbox does not come: {reason}");
        return output.say(Notice::error(text));
    }
    for (openid, text) in hellos {
        let push = json!({"MsgType": "text", "Content": text});
        if let Some(Err(reason)) = push.as_object().map(|push| sandbox.user_sends(openid, push)) {
            output.say(Notice::warning(format!("{openid} could not write: {reason}")));
        }
    }
}

/// A new one each time: nobody else pushes.
fn token() -> String {
    let mut bytes = [0; 16];
    // Without randomness it is guessed by who is on this machine alone.
    let _ = SystemRandom::new().fill(&mut bytes);
    hex(&bytes)
}

fn account(sandbox: &Sandboxed, arguments: &Arguments, token: &str) -> AccountSetup {
    let ready = sandbox.ready();
    let base = format!("http://{}", sandbox.address);
    let base = base.parse().unwrap_or_else(|error| panic!("a socket's address is a host and a port, {base}: {error}"));
    let profile = arguments.profile;
    let client = ClientConfig { profile, ..ClientConfig::new(base, &ready.app_id, Secret::new(&ready.app_secret)) };
    let callback = CallbackSettings {
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        path: "/wechat".to_owned(),
        token: Secret::new(token),
        mode: Mode::Plain,
        transfer: None,
        clock: Clock::system(),
    };
    let target = Target { client, kf_account: None, on_unknown: OnUnknown::Hold };
    AccountSetup { target, callback: Some(callback), sink: None }
}

fn seat(arguments: &Arguments) -> Seat {
    let name = arguments.account.split('@').next().unwrap_or(&arguments.account);
    Seat { name: Arc::from(name), kf_account: arguments.account.clone() }
}

/// What is served: the plugins as they are now.
fn residence(arguments: &Arguments, config: &DuokeConfig, runtime: &Handle) -> Result<Residence, (Notice, Exit)> {
    let (mut names, mut plugins) = (Names::default(), Vec::new());
    for page in &arguments.pages {
        let plugin =
            Plugin::resolve(page, &mut names).and_then(|plugin| Ok(plugin.look_for_page().map(|()| plugin)?));
        let mut plugin = plugin.map_err(|error| (plugins::notice(&error), plugins::exit(&error)))?;
        plugin.hold_to(&config.limits);
        plugin.policy.send = SendPolicy::Review;
        plugins.push(plugin);
    }
    let rights = Rights::new(arguments.allow.clone(), arguments.replace.clone());
    Ok(Residence {
        plugins,
        rights: rights.map_err(|error| (Notice::error(error.to_string()), Exit::Usage))?,
        live: Some(live(runtime)),
        seats: vec![seat(arguments)],
        kf_account: None,
        seat_account: arguments.account.clone(),
        processes: Processes::of(config),
        room: Room { open_max: 1, quiet_ms_max: i64::MAX },
        record: RecordPolicy::default(),
    })
}

/// Where a plugin's recordings are: beside its plugin.toml, or its page.
fn shelf(plugin: &Plugin, arguments: &Arguments, config: &DuokeConfig) -> Result<Shelf, (Notice, Exit)> {
    let redactor = match arguments.no_redact {
        true => None,
        false => Some(recording::redactor(&recording::key(config)?, plugin.redact.clone(), config)?),
    };
    Ok(Shelf::of(&plugin.name, &plugin.argument, plugin.root().unwrap_or(Path::new(".")), redactor))
}

/// What is looked at for saves.
struct Watched {
    folders: Vec<PathBuf>,
    pages: Vec<(url::Url, Arc<crate::net::PluginNetwork>)>,
}

impl Watched {
    fn of(residence: &Residence, arguments: &Arguments) -> Result<Self, Notice> {
        let mut watched = Self { folders: Vec::new(), pages: Vec::new() };
        for plugin in &residence.plugins {
            watched.folders.extend(plugin.root().map(Path::to_owned));
            if is_address(&plugin.argument) || plugin.root().is_none() {
                let network = plugin.network(&residence.rights, residence.live.as_ref(), ACCOUNT_DEFAULT);
                let network = network.map_err(|error| Notice::error(error.to_string()).with_hint(error.hint()))?;
                watched.pages.push((plugin.base.clone(), Arc::new(network)));
            }
        }
        let replaced = arguments.replace.iter().filter_map(|replace| Path::new(replace.rsplit_once('=')?.1).parent());
        watched.folders.extend(
            replaced.map(|folder| if folder == Path::new("") { PathBuf::from(".") } else { folder.to_owned() }),
        );
        Ok(watched)
    }

    fn places(&self) -> Vec<PathBuf> {
        let pages = self.pages.iter().map(|(url, _)| PathBuf::from(url.as_str()));
        self.folders.iter().cloned().chain(pages).collect()
    }

    /// As long as what is returned is kept.
    fn watch(self, development: &Development, own: &Path) -> Result<(Option<Files>, Option<Remote>), Notice> {
        let saved = |development: Development| move |files| development.saved(files);
        let files = match self.folders.as_slice() {
            [] => None,
            folders => Some(
                Files::watch(folders, own, saved(development.clone()))
                    .map_err(|error| Notice::error(error.to_string()).with_hint(Some(error.hint())))?,
            ),
        };
        let remote = (!self.pages.is_empty()).then(|| Remote::watch(self.pages, saved(development.clone())));
        Ok((files, remote))
    }
}

/// Says of a folder that it is one of ours, whose state nobody misses.
const MARK: &str = "duoke-dev";

/// Takes the folder of the state; what an earlier one left there goes.
fn empty(folder: &Path) -> Result<StateFolder, Notice> {
    let failed = |error: &dyn std::fmt::Display| Notice::error(format!("--state {}: {error}", folder.display()));
    let is_empty = fs::read_dir(folder).map_or(true, |mut entries| entries.next().is_none());
    if !is_empty && !folder.join(MARK).is_file() {
        let notice = failed(&"there is something in it that is not ours");
        return Err(notice.with_hint(Some("name a folder that is empty, or not there")));
    }
    // Before anything goes: another one may run.
    let taken = take(folder).map_err(|error| failed(&error).with_hint(Some(error.hint())))?;
    fs::write(folder.join(MARK), "").map_err(|error| failed(&error))?;
    for entry in fs::read_dir(folder).map_err(|error| failed(&error))?.flatten() {
        let name = entry.file_name();
        if name == MARK || name == LOCK_FILE {
            continue;
        }
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        let gone = if is_folder { fs::remove_dir_all(entry.path()) } else { fs::remove_file(entry.path()) };
        gone.map_err(|error| failed(&error))?;
    }
    Ok(taken)
}
