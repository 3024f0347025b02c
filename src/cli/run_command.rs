//! `duoke run`

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::runtime::Handle;

use super::exit::Exit;
use super::output::Output;
use super::plugins::{ACCOUNT_DEFAULT, fail, live, rights, said};
use super::recording::{Redaction, recorder};
use super::signals::exit_when_interrupted;
use super::state::Ears;
use super::{duration, settings, state};
use crate::config::DuokeConfig;
use crate::host::{
    self, Feed, Forwarder, Hosted, Lasting, Log, Names, Notice, Outcome, Plugin, Processes, RunOptions, SEED_DEFAULT,
    Source, Target, Triggers, Watch,
};
use crate::record::Reader;
use crate::store::{Retention, Store};

const EXAMPLES: &str = "\
Examples:
  duoke run plugin.html --events session.jsonl
  duoke run quick-reply order-lookup --events session.jsonl --forward
  duoke run quick-reply --events session.jsonl --record quick-reply/sessions/it.jsonl
  echo '{\"event\":\"OnUserChange\",\"useraccount\":\"oA\"}' | duoke run plugin.js --events -";

/// Load plugin pages, play a session log to them, print what they do as JSON Lines.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// An HTML file, a folder with plugin.toml, a .js file, or an http(s) address; `page.html?id=7` for a query.
    #[arg(value_name = "PAGE", required = true)]
    pages: Vec<String>,
    /// The session log (.jsonl or .jsonl.zst); `-` reads standard input as it grows. Without it the pages only load.
    /// Page time begins with the first line's; without one a file begins in 2020, and what is followed now.
    #[arg(long, value_name = "LOG")]
    events: Option<PathBuf>,
    /// Deliver the messages to WeChat, to the account in DUOKE_APP_ID and DUOKE_APP_SECRET.
    #[arg(long)]
    forward: bool,
    /// The server that speaks WeChat's API [env: DUOKE_WECHAT_BASE_URL].
    #[arg(long, value_name = "URL")]
    wechat_base: Option<String>,
    /// The folder of the durable state, by default `state`; given, it also keeps the pages' storage and cookies
    /// [env: DUOKE_STORE_PATH].
    #[arg(long, visible_alias = "store", value_name = "DIR")]
    state: Option<PathBuf>,
    /// The customer-service account whose seat the pages are open in; given, it also signs what is forwarded.
    #[arg(long, value_name = "KF_ACCOUNT")]
    account: Option<String>,
    /// Let the pages talk to this origin too.
    #[arg(long, value_name = "ORIGIN")]
    allow: Vec<String>,
    /// Answer an address from a file: for CDNs that are gone.
    #[arg(long, value_name = "URL=FILE")]
    replace: Vec<String>,
    /// Longest wait for a page to become idle, in page time, by default 10s: 10, 10s, 500ms.
    #[arg(long, value_name = "DURATION", value_parser = duration::parse, default_value = "10s", hide_default_value = true)]
    settle: i64,
    /// Keep the log's pace instead of virtual time.
    #[arg(long)]
    realtime: bool,
    /// Write all that the pages are told, answered, and do to this file, from which `duoke replay` has it happen again;
    /// `.zst` compresses it. A file that has something in it is not replaced.
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,
    /// Record customers' ids, phone numbers, tokens and cookies as they are.
    #[arg(long, requires = "record")]
    no_redact: bool,
    /// Stop at the first line of the log that cannot be read.
    #[arg(long)]
    strict: bool,
    /// Print stimuli, console and deliveries too.
    #[arg(long)]
    all: bool,
    /// The seed of the pages' random numbers.
    #[arg(long, value_name = "N", default_value_t = SEED_DEFAULT)]
    seed: u64,
    /// Write the document to this file at the end; of several pages each gets its name into the file's.
    #[arg(long, value_name = "FILE")]
    dom: Option<PathBuf>,
}

pub(super) fn run(arguments: Arguments, runtime: &Handle, output: &mut Output) -> Exit {
    if !arguments.forward {
        exit_when_interrupted(runtime);
    }
    match prepare(&arguments, runtime, output) {
        Ok(Prepared { pages, failed, log, lasting, ears: _ears, processes }) => {
            let options = RunOptions {
                settle_ms: arguments.settle,
                realtime: arguments.realtime,
                strict: arguments.strict,
                all: arguments.all,
                seed: arguments.seed,
                processes,
                dom_by_name: arguments.pages.len() > 1,
                dom: arguments.dom,
                ..RunOptions::default()
            };
            let mut outcome = host::run(pages, log, lasting, options, output);
            outcome.pages_failed += failed;
            Exit::of(&outcome)
        }
        Err(exit) => exit,
    }
}

/// Everything a run needs; nothing has run yet.
struct Prepared {
    pages: Vec<Hosted>,
    /// Pages that are none.
    failed: usize,
    log: Option<Log>,
    lasting: Lasting,
    /// Open until the run has ended.
    ears: Option<Ears>,
    processes: Processes,
}

fn prepare(arguments: &Arguments, runtime: &Handle, output: &mut Output) -> Result<Prepared, Exit> {
    let flag = |path: &str| match path {
        "wechat.base_url" => arguments.wechat_base.clone(),
        "store.path" => arguments.state.as_ref().map(|path| path.to_string_lossy().into_owned()),
        _ => None,
    };
    let config = settings::load(&flag).map_err(|error| fail(output, settings::notice(&error), Exit::Configuration))?;
    let (triggers, feed) = arguments.events.as_deref().filter(|path| !is_file(path)).map(|_| Feed::new()).unzip();
    let (mut lasting, ears) = lasting(arguments, &config, triggers, runtime, output)?;
    let rights = rights(&arguments.allow, &arguments.replace, output)?;
    let live = live(runtime);
    let account = arguments.account.as_deref().unwrap_or(ACCOUNT_DEFAULT);
    let (mut names, mut pages, mut failed) = (Names::default(), Vec::new(), 0);
    for page in &arguments.pages {
        let hosted = Plugin::resolve(page, &mut names).and_then(|mut plugin| {
            plugin.hold_to(&config.limits);
            let network = plugin.network(&rights, Some(&live), account)?;
            Ok(Hosted { plugin, network: network.into() })
        });
        match hosted {
            Ok(hosted) => {
                say_renamed(&hosted.plugin, output);
                hosted.plugin.idle().into_iter().for_each(|notice| output.say(notice));
                pages.push(hosted);
            }
            Err(error) => match said(&error, output) {
                Exit::Page => failed += 1,
                exit => return Err(exit),
            },
        }
    }
    if let Some(path) = &arguments.record {
        let patterns = pages.iter().flat_map(|hosted: &Hosted| &hosted.plugin.redact).cloned().collect();
        let redaction = if arguments.no_redact { Redaction::None } else { Redaction::With(patterns) };
        let profile = arguments.forward.then(|| config.wechat.profile.value.clone());
        lasting.record = Some(recorder(path, redaction, (account, profile), &config, output)?);
    }
    let log = arguments.events.as_deref().map(|path| open_log(path, feed, failed, output)).transpose()?;
    Ok(Prepared { pages, failed, log, lasting, ears, processes: Processes::of(&config) })
}

/// What goes on disk, and who hears commands meanwhile; where messages are to be forwarded and there is no account
/// nothing runs.
fn lasting(
    arguments: &Arguments,
    config: &DuokeConfig,
    triggers: Option<Arc<dyn Triggers>>,
    runtime: &Handle,
    output: &mut Output,
) -> Result<(Lasting, Option<Ears>), Exit> {
    let target = target(arguments, config, output)?;
    if target.is_none() && arguments.state.is_none() {
        return Ok((Lasting::default(), None));
    }
    let folder = Path::new(&config.store_path.value);
    let store: Arc<dyn Store> = Arc::new(state::open(folder, Retention::default(), output)?);
    let keep = arguments.state.is_some().then(|| store.clone());
    let Some(target) = target else {
        let ears = Ears::of_store(folder, &store, triggers, settings::on_unknown(config), runtime, output)?;
        return Ok((Lasting { keep, ..Lasting::default() }, Some(ears)));
    };
    let forwarder = Forwarder::new(target, store, runtime.clone())
        .map_err(|error| fail(output, Notice::error(error.to_string()).with_hint(error.hint()), Exit::Environment))?;
    let ears = Ears::of_host(folder, &forwarder, triggers, runtime, output);
    Ok((Lasting { forward: Some(forwarder), keep, record: None }, Some(ears)))
}

/// Where messages go, where they are to be forwarded.
fn target(arguments: &Arguments, config: &DuokeConfig, output: &mut Output) -> Result<Option<Target>, Exit> {
    if !arguments.forward {
        return Ok(None);
    }
    let client = settings::client(config).map_err(|notice| fail(output, notice, Exit::Configuration))?;
    let on_unknown = settings::on_unknown(config);
    Ok(Some(Target { client, kf_account: arguments.account.clone(), on_unknown }))
}

fn say_renamed(plugin: &Plugin, output: &mut Output) {
    if let Some(wanted) = &plugin.wanted_name {
        let text = format!("another page is called {wanted}; this one is {} here", plugin.name);
        output.say(Notice::warning(text).with_hint(Some("give them names of their own in plugin.toml")));
    }
}

/// Standard input may be a file too.
fn real(path: &Path) -> &Path {
    if path.as_os_str() == "-" { Path::new("/dev/stdin") } else { path }
}

/// Only a file is the same log the next time, by whatever name; anything else is followed as it comes, and events can be
/// fired in between. One that is not there is told when it is opened.
fn is_file(path: &Path) -> bool {
    real(path).metadata().is_ok_and(|metadata| metadata.is_file())
}

fn open_log(path: &Path, feed: Option<Feed>, pages_failed: usize, output: &mut Output) -> Result<Log, Exit> {
    match Reader::open(path) {
        Ok(reader) => {
            let name = reader.name().to_owned();
            let identity = is_file(path).then(|| real(path).canonicalize().ok()).flatten();
            let identity = identity.map(|path| path.to_string_lossy().into_owned());
            let tally = feed.as_ref().map(Feed::tally).unwrap_or_default();
            let lines: Box<dyn Iterator<Item = _>> = match feed {
                Some(feed) => Box::new(feed.follow(reader)),
                None => Box::new(reader),
            };
            Ok(Log { lines, source: Source { name, identity }, tally })
        }
        Err(error) => {
            let notice = Notice::error(error.to_string()).with_hint(error.hint());
            let outcome = Outcome { pages_failed, log_failed: true, ..Outcome::default() };
            Err(fail(output, notice, Exit::of(&outcome)))
        }
    }
}
