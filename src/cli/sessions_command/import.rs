//! `duoke sessions import`

use std::path::{Path, PathBuf};

use tokio::runtime::Handle;

use super::shrink::is_free;
use crate::base::limits::SETTLE_MS_DEFAULT;
use crate::cli::exit::Exit;
use crate::cli::output::Output;
use crate::cli::plugins::{ACCOUNT_DEFAULT, fail, said};
use crate::cli::recording::{Redaction, recorder};
use crate::cli::signals::exit_when_interrupted;
use crate::cli::{bundle, duration, settings};
use crate::event::Line;
use crate::host::har::{Har, HarNetwork};
use crate::host::{
    self, Closed, Hosted, Lasting, Log, Names, Notice, Plugin, Processes, Rights, RunOptions, SEED_DEFAULT, Source,
    Tally, Watch,
};
use crate::record::Reader;

const EXAMPLES: &str = "\
Examples:
  duoke sessions import crm.har --page crm --events log.jsonl -o crm/sessions/crm.jsonl
  duoke sessions import crm.har --page 'http://crm.example.com/plugin/?id=7' -o crm.jsonl
  duoke sessions import crm.tar.zst -o crm-of-wang

From a HAR (HTTP Archive 1.2) a recording is made: the page is opened, is told the log, and what
it asks the network for is answered from the HAR and from nowhere else. `duoke test` replays it.
Used of an entry: method, address and posted body; status, headers, cookies and body; how long it
took; redirects to their end, a 304 with the body the browser had. Not used: the request's headers
and cookies, the phases of `time`, pages, caches, sockets, and entries without their body. Each
answer is given once, in order; jQuery's `_` and callback names do not matter, and of the page's
own address the query does not. Page time begins with the log's first line, else with the HAR.
Pseudonyms stand for what is personal or secret, as in any recording.

From a bundle (`duoke sessions export`) its recordings and plugins are unpacked into a new folder.";

/// Make a recording with the responses of a HAR, or unpack a bundle.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// A HAR as the developer tools of Chrome or Firefox export it, or a bundle (.tar.zst).
    #[arg(value_name = "HAR or BUNDLE")]
    file: PathBuf,
    /// The recording that is made (`.zst` compresses it), or the folder for a bundle.
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// The page: as for `duoke run`. May be given several times.
    #[arg(long, value_name = "PAGE")]
    page: Vec<String>,
    /// What the pages are told (.jsonl or .jsonl.zst). Without it they only load.
    #[arg(long, value_name = "LOG")]
    events: Option<PathBuf>,
    /// Record customers' ids, phone numbers, tokens and cookies as they are.
    #[arg(long)]
    no_redact: bool,
    /// Replace what is there.
    #[arg(long)]
    force: bool,
    /// Longest wait for a page to become idle, in page time, by default 10s: 10, 10s, 500ms.
    #[arg(long, value_name = "DURATION", value_parser = duration::parse, default_value_t = SETTLE_MS_DEFAULT,
          hide_default_value = true)]
    settle: i64,
}

pub(super) fn import(arguments: &Arguments, runtime: &Handle, output: &mut Output) -> Result<Exit, Exit> {
    exit_when_interrupted(runtime);
    if bundle::is_one(&arguments.file) {
        return unpack(arguments, output);
    }
    let config = settings::load(&|_| None);
    let config = config.map_err(|error| fail(output, settings::notice(&error), Exit::Configuration))?;
    if arguments.page.is_empty() {
        let hint = "--page says of what: a folder with plugin.toml, a file, or the address that the browser was at";
        let notice = Notice::error("a HAR makes the recording of a page, and none is named").with_hint(Some(hint));
        return Err(fail(output, notice, Exit::Usage));
    }
    is_free(&arguments.output, arguments.force, output)?;
    let har = read(&arguments.file, output)?;
    let (start, of) = (har.start, har.len());
    let network = HarNetwork::new(har);
    let (pages, patterns) = pages(&arguments.page, &network, output)?;
    let log = arguments.events.as_deref().map(|path| log(path, output)).transpose()?;
    let beside = beside(&arguments.output);
    let redaction = if arguments.no_redact { Redaction::None } else { Redaction::With(patterns) };
    let record = Some(recorder(&beside, redaction, (ACCOUNT_DEFAULT, None), &config, output)?);
    let options = RunOptions {
        settle_ms: arguments.settle,
        stands_in: true,
        start,
        seed: SEED_DEFAULT,
        processes: Processes::of(&config),
        ..RunOptions::default()
    };
    let mut quiet = Quiet { output, happened: 0 };
    let outcome = host::run(pages, log, Lasting { record, ..Lasting::default() }, options, &mut quiet);
    let happened = quiet.happened;
    let exit = Exit::of(&outcome);
    if exit != Exit::Fine {
        // Half of it is of no use.
        let _ = std::fs::remove_file(&beside);
        return Err(exit);
    }
    std::fs::rename(&beside, &arguments.output).map_err(|error| {
        let _ = std::fs::remove_file(&beside);
        let notice = Notice::error(format!("{}: cannot be written: {error}", arguments.output.display()));
        fail(output, notice, Exit::Environment)
    })?;
    tell(arguments, &network, (of, happened), output);
    Ok(Exit::Fine)
}

/// What came of it.
fn tell(arguments: &Arguments, network: &HarNetwork, (of, happened): (usize, usize), output: &mut Output) {
    let unanswered = network.unanswered();
    for asked in &unanswered {
        let hint = "it was recorded as a refused connection; export the HAR of a session in which the page asks for it";
        output.say(Notice::warning(format!("the HAR has no answer: {asked}")).with_hint(Some(hint)));
    }
    let (to, used) = (arguments.output.display(), of.saturating_sub(network.left()));
    let text =
        format!("{to}: {used} of {of} answers used, {} not found; {happened} effects and faults\n", unanswered.len());
    // Nobody reading it is fine.
    let _ = output.data(&crate::cli::output::safe(&text));
}

fn read(path: &Path, output: &mut Output) -> Result<Har, Exit> {
    let har = Har::read(path)
        .map_err(|error| fail(output, Notice::error(error.to_string()).with_hint(error.hint()), Exit::Log))?;
    for (why, count) in &har.left_out {
        let text = format!("{}: {count} entries are left out: {why}", path.display());
        output.say(Notice::note(text));
    }
    if har.is_empty() {
        let text = format!("{}: there is no answer in it that a page could be given", path.display());
        let hint = "export it with content, and record with the developer tools open before the page is loaded";
        return Err(fail(output, Notice::error(text).with_hint(Some(hint)), Exit::NothingMatched));
    }
    Ok(har)
}

/// The pages, and what their plugins want to have replaced in recordings.
fn pages(
    pages: &[String],
    network: &std::sync::Arc<HarNetwork>,
    output: &mut Output,
) -> Result<(Vec<Hosted>, Vec<String>), Exit> {
    let (mut names, mut hosted, mut patterns) = (Names::default(), Vec::new(), Vec::new());
    for page in pages {
        let plugin = Plugin::resolve(page, &mut names).map_err(|error| said(&error, output))?;
        let own = plugin.network(&Rights::default(), None, ACCOUNT_DEFAULT);
        let own = own.map_err(|error| said(&error.into(), output))?;
        patterns.extend(plugin.redact.iter().cloned());
        hosted.push(Hosted { plugin, network: own.with_stand_in(network.clone()).into() });
    }
    Ok((hosted, patterns))
}

fn log(path: &Path, output: &mut Output) -> Result<Log, Exit> {
    let reader = Reader::open(path)
        .map_err(|error| fail(output, Notice::error(error.to_string()).with_hint(error.hint()), Exit::Log))?;
    let identity = path.canonicalize().ok().map(|path| path.to_string_lossy().into_owned());
    let source = Source { name: reader.name().to_owned(), identity };
    Ok(Log { lines: Box::new(reader), source, tally: Tally::default() })
}

/// A file of the same kind in the same folder, from which pages are seen alike.
fn beside(to: &Path) -> PathBuf {
    let name = to.file_name().unwrap_or_default().to_string_lossy();
    let ending = if name.ends_with(".zst") { "new.zst" } else { "new" };
    to.with_file_name(format!(".{name}.{}.{ending}", std::process::id()))
}

fn unpack(arguments: &Arguments, output: &mut Output) -> Result<Exit, Exit> {
    if !arguments.page.is_empty() || arguments.events.is_some() {
        let notice = Notice::error(format!("{}: is a bundle, which has its pages", arguments.file.display()));
        let hint = "--page and --events are for a HAR; `duoke test FOLDER --against PAGE` replays it with another page";
        return Err(fail(output, notice.with_hint(Some(hint)), Exit::Usage));
    }
    is_free(&arguments.output, false, output)?;
    let recordings = bundle::unpack(&arguments.file, &arguments.output, output)?;
    let text: String = recordings.iter().map(|path| format!("{}\n", arguments.output.join(path).display())).collect();
    // Nobody reading it is fine.
    let _ = output.data(&crate::cli::output::safe(&text));
    Ok(Exit::Fine)
}

/// Prints no lines, counts them.
struct Quiet<'a> {
    output: &'a mut Output,
    happened: usize,
}

impl Watch for Quiet<'_> {
    fn line(&mut self, _: &Line) -> Result<(), Closed> {
        self.happened += 1;
        Ok(())
    }

    fn say(&mut self, notice: Notice) {
        self.output.say(notice);
    }
}
