//! `duoke replay`

use std::path::{Path, PathBuf};

use tokio::runtime::Handle;

use super::bundle;
use super::exit::Exit;
use super::output::Output;
use super::plugins::{fail, said};
use super::settings;
use super::signals::exit_when_interrupted;
use crate::host::{Names, Notice, Plugin, PluginError, Processes, Watch as _, plugin_of, replay_all};
use crate::record::{Recording, Session};
use crate::regress::bundle::Unpacked;

const EXAMPLES: &str = "\
Examples:
  duoke replay quick-reply/sessions/it.jsonl
  duoke replay it.jsonl.zst --page quick-reply --all
  duoke replay it.tar.zst";

/// Have a recording happen again, print what the pages do as JSON Lines.
///
/// No network is used and no time passes: requests, dialogs, storage and cookies are answered as they were recorded. What
/// nobody recorded is refused and told, and the exit is 100.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// The recording (.jsonl or .jsonl.zst), as `duoke run --record` writes it, or a bundle of one (.tar.zst).
    #[arg(value_name = "SESSION")]
    session: PathBuf,
    /// The page in place of the recorded one: of a recording of several pages, once for each, in their order.
    #[arg(long, value_name = "PAGE")]
    page: Vec<String>,
    /// Print the console too.
    #[arg(long)]
    all: bool,
}

pub(super) fn replay(arguments: &Arguments, runtime: &Handle, output: &mut Output) -> Exit {
    exit_when_interrupted(runtime);
    let config = match settings::load(&|_| None) {
        Ok(config) => config,
        Err(error) => return fail(output, settings::notice(&error), Exit::Configuration),
    };
    let bundle = match bundle(&arguments.session, output) {
        Ok(bundle) => bundle,
        Err(exit) => return exit,
    };
    let only = bundle.as_ref().and_then(|bundle| bundle.recordings.first());
    let path = only.map_or(arguments.session.as_path(), |file| file.path.as_path());
    let session = match read(path, output) {
        Ok(session) => session,
        Err(exit) => return exit,
    };
    let plugins = match plugins(&session, path, arguments, output) {
        Ok(plugins) => plugins,
        Err(exit) => return exit,
    };
    let pages: Vec<_> = session.recordings.iter().zip(&plugins).collect();
    let replayed = replay_all(&pages, &Processes::of(&config));
    if let Some(reason) = replayed.unloaded {
        let hint = "name the page with --page where it lies elsewhere now";
        return fail(output, Notice::error(reason).with_hint(Some(hint)), Exit::Page);
    }
    let mut seq = 0;
    for mut line in replayed.lines {
        if !arguments.all && line.type_.starts_with("console.") {
            continue;
        }
        seq += 1;
        line.seq = Some(seq);
        if output.line(&line).is_err() {
            break;
        }
    }
    replayed.notices.into_iter().for_each(|notice| output.say(notice));
    let diverges = !replayed.divergences.is_empty();
    replayed.divergences.into_iter().for_each(|notice| output.say(notice));
    let is_unread = session.troubles.iter().any(|error| !error.is_warning());
    if let Some(reason) = replayed.environment {
        let hint = "this machine ended a page that went on when it was recorded: what it did here says nothing";
        return fail(output, Notice::error(reason).with_hint(Some(hint)), Exit::Environment);
    }
    match (diverges, is_unread) {
        (_, true) => Exit::Log,
        (true, false) => Exit::Different,
        (false, false) => Exit::Fine,
    }
}

/// Unpacks a bundle, where the session is one; it has one recording.
fn bundle(session: &Path, output: &mut Output) -> Result<Option<Unpacked>, Exit> {
    if !bundle::is_one(session) {
        return Ok(None);
    }
    let bundle = bundle::open(session, output)?;
    if bundle.recordings.len() == 1 {
        return Ok(Some(bundle));
    }
    let names: Vec<_> = bundle.recordings.iter().map(|file| file.name.as_str()).collect();
    let notice = Notice::error(format!("{}: has several recordings: {}", session.display(), names.join(", ")));
    let hint = "`duoke sessions import BUNDLE -o FOLDER` unpacks it; `duoke test` takes it as it is";
    Err(fail(output, notice.with_hint(Some(hint)), Exit::Usage))
}

/// Reads a recording, and says what of it cannot be read.
fn read(path: &Path, output: &mut Output) -> Result<Session, Exit> {
    let session = Session::read(path)
        .map_err(|error| fail(output, Notice::error(error.to_string()).with_hint(error.hint()), Exit::Log))?;
    for error in &session.troubles {
        let notice =
            if error.is_warning() { Notice::warning(error.to_string()) } else { Notice::error(error.to_string()) };
        output.say(notice.with_hint(error.hint()));
    }
    if session.recordings.is_empty() {
        let text = format!("{}: is no recording: it does not say what page it is of", path.display());
        let hint = "play a log with `duoke run PAGE --events LOG`, and record that with --record";
        return Err(fail(output, Notice::error(text).with_hint(Some(hint)), Exit::Log));
    }
    Ok(session)
}

/// The plugins of a recording's pages.
fn plugins(session: &Session, path: &Path, arguments: &Arguments, output: &mut Output) -> Result<Vec<Plugin>, Exit> {
    let (given, recorded) = (arguments.page.len(), session.recordings.len());
    if given > 0 && given != recorded {
        let text = format!("{} is of {recorded} pages, --page names {given}", arguments.session.display());
        let names: Vec<_> = session.recordings.iter().map(|recording| recording.header.plugin.as_str()).collect();
        let hint = format!("its pages are, in this order: {}", names.join(", "));
        return Err(fail(output, Notice::error(text).with_hint(Some(hint)), Exit::Usage));
    }
    let mut names = Names::default();
    let mut resolve = |(at, recording): (usize, &Recording)| -> Result<Plugin, PluginError> {
        match arguments.page.get(at) {
            Some(page) => Plugin::resolve(page, &mut names),
            None => plugin_of(recording, path, &mut names),
        }
    };
    let resolved: Result<Vec<_>, _> = session.recordings.iter().enumerate().map(&mut resolve).collect();
    resolved.map_err(|error| said(&error, output))
}
