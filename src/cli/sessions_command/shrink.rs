//! `duoke sessions shrink`

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use tokio::runtime::Handle;

use super::read;
use crate::cli::exit::Exit;
use crate::cli::output::{Output, safe};
use crate::cli::plugins::{fail, said};
use crate::cli::settings;
use crate::cli::signals::exit_when_interrupted;
use crate::config::DuokeConfig;
use crate::host::{Names, Notice, Processes, page_from, plugin_of};
use crate::record::{Session, write_all};
use crate::regress::play::{Against, Replays};
use crate::regress::reduce::{self, Shrinking, Shrunk, Unshrinkable};
use crate::regress::{Case, Options, Strictness, Verdict, run};

const EXAMPLES: &str = "\
Examples:
  duoke sessions shrink quick-reply/sessions/fails.jsonl
  duoke sessions shrink fails.jsonl.zst -o small.jsonl --good ../last-release/quick-reply

A part fails in the same way where its replay first differs at the same plugin, because of the
same stimulus, in the same kind of difference, with the same line recorded and the same line come
(as `duoke test` compares them). The file that is written has the stimuli that are left, and what
was recorded because of them; a page that remembers what it was told may need all of them.

With --good each part is replayed with a version of the plugin that is right too: both have to
differ by lines of the same types in the same members, and what that version does is what the
file that is written expects. So it passes once the plugin is as good.";

/// The fewest stimuli of a failing recording that still fail in the same way.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// A recording that `duoke test` finds different.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Where the smaller one goes; by default beside it, with `.shrunk` in its name.
    #[arg(short, long, value_name = "OUT")]
    output: Option<PathBuf>,
    /// A version of the plugin that does what it should: a folder, or a file.
    #[arg(long, value_name = "PAGE")]
    good: Option<String>,
    /// Replace what is there, also the recording itself.
    #[arg(long)]
    force: bool,
    /// How many parts are replayed at the same time; by default as many as there are cores.
    #[arg(long, value_name = "N")]
    jobs: Option<NonZeroUsize>,
}

pub(super) fn shrink(arguments: &Arguments, runtime: &Handle, output: &mut Output) -> Result<Exit, Exit> {
    exit_when_interrupted(runtime);
    let config = settings::load(&|_| None);
    let config = config.map_err(|error| fail(output, settings::notice(&error), Exit::Configuration))?;
    let good = arguments.good.as_deref().map(Against::resolve).transpose().map_err(|error| said(&error, output))?;
    let to = arguments.output.clone().unwrap_or_else(|| beside(&arguments.file));
    is_free(&to, arguments.force, output)?;
    let (case, exit) = read(&arguments.file, output)?;
    if exit != Exit::Fine {
        return Err(exit);
    }
    if !case.is_recording() {
        let text = format!("{}: is no recording: it does not say what page it is of", case.name);
        let hint = "play a log with `duoke run PAGE --events LOG`, and record that with --record";
        return Err(fail(output, Notice::error(text).with_hint(Some(hint)), Exit::Log));
    }
    let now = Replays::new(Processes::of(&config));
    let good = good.map(|good| Replays::new(Processes::of(&config)).against(Some(good)));
    let jobs = arguments.jobs.or(std::thread::available_parallelism().ok()).map_or(1, NonZeroUsize::get);
    let mut progress =
        |left: usize, replays: usize| output.progress(&format!("{left} stimuli left, {replays} replays"));
    let shrinking = Shrinking { now: &now, good: good.as_ref().map(|good| good as _), jobs, progress: &mut progress };
    let shrunk = reduce::shrink(&case, shrinking);
    output.progress("");
    let mut shrunk = shrunk.map_err(|reason| unshrinkable(&case, &reason, output))?;
    name_pages(&mut shrunk, &case, &to);
    write_all(&to, &shrunk.lines).map_err(|error| {
        let notice = Notice::error(error.to_string()).with_hint(Some("name another place with -o"));
        fail(output, notice, Exit::Environment)
    })?;
    let Shrunk { left, of, replays, difference, .. } = &shrunk;
    let noun = if *of == 1 { "stimulus" } else { "stimuli" };
    let text = format!("{}: {left} of {of} {noun} left, after {replays} replays: {}", to.display(), difference.what());
    // Nobody reading it is fine.
    let _ = output.data(&format!("{}\n", safe(&text)));
    check(&to, &config, output)
}

/// `fails.jsonl.zst` is shrunk to `fails.shrunk.jsonl.zst`.
fn beside(file: &Path) -> PathBuf {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let ending = [".jsonl.zst", ".jsonl"].into_iter().find(|ending| name.ends_with(ending));
    let stem = ending.and_then(|ending| name.strip_suffix(ending)).unwrap_or(&name);
    file.with_file_name(format!("{stem}.shrunk{}", ending.unwrap_or(".jsonl")))
}

/// Nothing is replaced that nobody wants replaced.
pub(super) fn is_free(to: &Path, force: bool, output: &mut Output) -> Result<(), Exit> {
    if force || !to.exists() {
        return Ok(());
    }
    let text = format!("{}: is there already", to.display());
    let hint = "name another place with -o, or replace it with --force";
    Err(fail(output, Notice::error(text).with_hint(Some(hint)), Exit::Usage))
}

/// The pages are named as seen from where the new recording lies.
fn name_pages(shrunk: &mut Shrunk, case: &Case, to: &Path) {
    let session = Session::of_lines(case.lines.iter().map(|(_, line)| line.clone()));
    let mut names = Names::default();
    let mut recordings = session.recordings.iter();
    reduce::with_pages(&mut shrunk.lines, |_| {
        let plugin = plugin_of(recordings.next()?, &case.path, &mut names).ok()?;
        Some(page_from(&plugin.argument, to))
    });
}

/// What was written fails as it should.
fn check(to: &Path, config: &DuokeConfig, output: &mut Output) -> Result<Exit, Exit> {
    let options = Options { strictness: Strictness::Meaning, repeat: 1, update: false, jobs: 1 };
    let file = crate::regress::case::LogFile::at(to.to_owned());
    let tested = run(&[file], &Replays::new(Processes::of(config)), options, &mut |_| ());
    match tested.first().map(|tested| &tested.verdict) {
        Some(Verdict::Different(_)) => Ok(Exit::Fine),
        verdict => {
            let word = verdict.map_or("gone", Verdict::as_str);
            let text = format!("{}: was to fail, and is {word} when it is tested", to.display());
            let hint = "please report it, with the recording";
            Err(fail(output, Notice::error(text).with_hint(Some(hint)), Exit::Bug))
        }
    }
}

fn unshrinkable(case: &Case, reason: &Unshrinkable, output: &mut Output) -> Exit {
    let name = &case.name;
    let (text, hint, exit) = match reason {
        Unshrinkable::Fine => (
            format!("{name}: does not fail: its pages do what was recorded"),
            "`duoke test` tells which recordings fail",
            Exit::NothingMatched,
        ),
        Unshrinkable::Alike => (
            format!("{name}: does not fail: both versions do the same"),
            "--good names a version that does what the plugin does not",
            Exit::NothingMatched,
        ),
        Unshrinkable::Page(reason) => {
            (format!("{name}: {reason}"), "a page that does not load fails whatever it is told", Exit::Page)
        }
        Unshrinkable::Environment(reason) => (
            format!("{name}: {reason}"),
            "this machine ended a page that went on when it was recorded: that is no failure of the page",
            Exit::Environment,
        ),
    };
    fail(output, Notice::error(text).with_hint(Some(hint)), exit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_it_goes() {
        let names =
            [("a/b.jsonl", "a/b.shrunk.jsonl"), ("b.jsonl.zst", "b.shrunk.jsonl.zst"), ("log", "log.shrunk.jsonl")];
        for (file, to) in names {
            assert_eq!(beside(Path::new(file)), Path::new(to));
        }
    }
}
