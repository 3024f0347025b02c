//! `duoke test`

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use tokio::runtime::Handle;

use super::bundle;
use super::exit::Exit;
use super::output::{Output, safe};
use super::plugins::{fail, said};
use super::settings;
use super::signals::exit_when_interrupted;
use crate::config::DuokeConfig;
use crate::host::{Notice, Processes, Watch as _, is_address};
use crate::regress::bundle::Unpacked;
use crate::regress::case::LogFile;
use crate::regress::filter::Facts;
use crate::regress::play::{Against, Replays};
use crate::regress::report::human::{self, Style};
use crate::regress::report::{Counts, Report, Reporter, github, json, junit};
use crate::regress::select::{self, Found};
use crate::regress::{Case, Filter, Options, Remembered, Shard, Strictness, Tested, run};

const EXAMPLES: &str = "\
Examples:
  duoke test
  duoke test sample-plugins/quick-reply --update
  duoke test --filter 'plugin(quick-*) & type(effect.mcs.*) & !user(oTest*)' --shard 1/4
  duoke test --reporter github --reporter junit=report.xml
  duoke test quick-reply/sessions --against ../next/quick-reply
  duoke test it.tar.zst

Effects and faults are compared in order, each plugin's by itself: effects by type, customer and
data, faults by type and message. Of a message `head.random` does not count; nor do ids, times
and console lines, unless --strict is given. What differs is replayed once more: what is not the
same twice is a bug of duoke (exit code 1).

Filters: path(P), plugin(P), type(P) (of any line), user(P), last-failed, never-run and all, with
!, &, | and parentheses. In a pattern * is anything, ? one character, \\ takes the next as it is.

What failed, and what was ever run, is remembered in .duoke/test.json in this folder; of a run
with --against nothing is.

JSON, one object:
  recordings[]  path, plugins[], verdict (same, different, updated, flaky, unreadable, not_loaded,
                environment), compared: lines; reasons[], warnings[],
                differences[] {plugin, kind (changed, other_customer, missing, extra, order,
                replaced), what, recorded_at: line, stimulus {id, type, line, data},
                place {url, file, line, column, frame}, expected, actual, diff,
                conversation {customer, before, after}}
  summary       run, same, different, updated, flaky, unreadable, not_loaded, environment, deselected
  against       the PAGE of --against, else null
  never_run[], unreferenced[], logs[]: recordings that no run has compared yet, recordings of no
                plugin of the project, and logs that nobody recorded";

/// Replay recordings and compare what their pages do with what was recorded.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// Recordings (.jsonl, .jsonl.zst), folders with recordings, or bundles (.tar.zst). Without any, those in `sessions` of the
    /// project's plugins: of `[[plugin]]` in duoke.toml, else of each folder below with plugin.toml.
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Take what differs over into the recordings.
    #[arg(long, conflicts_with = "against")]
    update: bool,
    /// Replay another version of the plugin: a folder, or a file. Of a recording of several pages it stands in for the
    /// one of its name, else for the only one. Without PATH, recordings of its name are taken.
    #[arg(long, value_name = "PAGE")]
    against: Option<String>,
    /// How many recordings are replayed at the same time; by default as many as there are cores.
    #[arg(long, value_name = "N")]
    jobs: Option<NonZeroUsize>,
    /// Only the I-th of N parts of the recordings: for machines that share them.
    #[arg(long, value_name = "I/N")]
    shard: Option<Shard>,
    /// How it is reported: human, junit, json or github; NAME=FILE writes to a file. May be given several times.
    #[arg(long, value_name = "NAME[=FILE]", value_parser = reporter)]
    reporter: Vec<(Reporter, Option<PathBuf>)>,
    /// Only recordings that match.
    #[arg(long, value_name = "EXPR")]
    filter: Option<String>,
    /// Only recordings that failed when they were run last.
    #[arg(long)]
    last_failed: bool,
    /// Replay each recording so often: what is not the same each time is a bug of duoke.
    #[arg(long, value_name = "N", default_value = "1")]
    repeat: NonZeroUsize,
    /// Compare ids, times, `head.random`, places of faults and console lines too.
    #[arg(long)]
    strict: bool,
}

fn reporter(text: &str) -> Result<(Reporter, Option<PathBuf>), String> {
    let (name, file) = text.split_once('=').map_or((text, None), |(name, file)| (name, Some(PathBuf::from(file))));
    Ok((name.parse()?, file))
}

pub(super) fn test(arguments: &Arguments, runtime: &Handle, output: &mut Output) -> Exit {
    exit_when_interrupted(runtime);
    let config = match settings::load(&|_| None) {
        Ok(config) => config,
        Err(error) => return fail(output, settings::notice(&error), Exit::Configuration),
    };
    let against = match arguments.against.as_deref().map(|page| against(page, output)).transpose() {
        Ok(against) => against,
        Err(exit) => return exit,
    };
    let mut remembered = Remembered::read(Path::new(""));
    let chosen = match choose(arguments, &config, &remembered, against.as_ref(), output) {
        Ok(chosen) => chosen,
        Err(exit) => return exit,
    };
    let reporters = match reporters(arguments, output) {
        Ok(reporters) => reporters,
        Err(exit) => return exit,
    };
    if chosen.files.is_empty() {
        return nothing(&chosen, output);
    }
    let jobs = arguments.jobs.or(std::thread::available_parallelism().ok()).map_or(1, NonZeroUsize::get);
    let strictness = if arguments.strict { Strictness::All } else { Strictness::Meaning };
    let options = Options { strictness, repeat: arguments.repeat.get(), update: arguments.update, jobs };
    let tells_at_once = reporters.contains(&(Reporter::Human, None));
    let (mut done, all) = (0, chosen.files.len());
    let replays = Replays::new(Processes::of(&config)).against(against);
    let tested = run(&chosen.files, &replays, options, &mut |tested| {
        done += 1;
        remembered.note(&tested.name, !tested.verdict.is_fine());
        output.progress("");
        if tells_at_once {
            let text = human::tested(tested, &|text, style| paint(output, text, style));
            // Nobody reading it is fine.
            let _ = output.data(&text);
        }
        output.progress(&format!("{done}/{all} {}", tested.name));
    });
    output.progress("");
    let never_run = chosen.all.iter().filter(|name| !remembered.was_run(name)).cloned().collect();
    let (deselected, Chosen { strays, logs, bundles: _bundles, .. }) = (chosen.all.len() - all, chosen);
    let report = Report { tested, deselected, strays, never_run, logs, against: arguments.against.clone() };
    if arguments.against.is_none()
        && let Err(error) = remembered.write(Path::new(""))
    {
        let text = format!("what failed is not remembered: .duoke/test.json cannot be written: {error}");
        output.say(Notice::warning(text));
    }
    match write(&report, &reporters, output) {
        Ok(()) => exit_of(report.counts()),
        Err(exit) => exit,
    }
}

/// The version that stands in for a recorded plugin.
fn against(page: &str, output: &mut Output) -> Result<Against, Exit> {
    if is_address(page) {
        let notice = Notice::error(format!("--against {page}: a page at an address is answered by the recordings"));
        return Err(fail(
            output,
            notice.with_hint(Some("give a folder or a file with the other version")),
            Exit::Usage,
        ));
    }
    Against::resolve(page).map_err(|error| said(&error, output))
}

/// What there is, and what of it is run.
#[derive(Default)]
struct Chosen {
    /// What is run.
    files: Vec<LogFile>,
    /// Recordings in whose pages' place the other version cannot stand.
    others: usize,
    /// All recordings that were found, as they are shown.
    all: Vec<String>,
    /// Recordings of no plugin of the project.
    strays: Vec<String>,
    /// Logs that nobody recorded.
    logs: Vec<String>,
    /// Where bundles are unpacked until all is done.
    bundles: Vec<Unpacked>,
}

fn choose(
    arguments: &Arguments,
    config: &DuokeConfig,
    remembered: &Remembered,
    against: Option<&Against>,
    output: &mut Output,
) -> Result<Chosen, Exit> {
    let filter = arguments.filter.as_deref().map(Filter::parse).transpose().map_err(|error| {
        let notice = Notice::error(error.to_string()).with_frame(Some(error.frame())).with_hint(Some(error.hint()));
        fail(output, notice, Exit::Usage)
    })?;
    let (bundles, paths) = bundles(arguments, output)?;
    let found = found(&paths, arguments, config).map_err(|(path, error)| {
        let notice = Notice::error(format!("{}: cannot be read: {error}", path.display()));
        fail(output, notice.with_hint(Some("name recordings, or folders with recordings")), Exit::NothingMatched)
    })?;
    let is_recording = |path: &PathBuf| Case::read(path).is_recording();
    let strays = found.strays.iter().filter(|path| is_recording(path)).map(|path| select::shown(path)).collect();
    let mut chosen = Chosen { strays, ..Chosen::default() };
    let logs =
        bundles.iter().flat_map(|bundle| bundle.recordings.clone()).chain(found.logs.into_iter().map(LogFile::at));
    for file in logs {
        let case = Case::of(&file);
        if !case.is_recording() && !case.is_unreadable() {
            chosen.logs.extend((!is_recorded(&file.path)).then_some(case.name));
            continue;
        }
        let (last_failed, never_run) = (remembered.failed(&case.name), !remembered.was_run(&case.name));
        let facts = Facts { last_failed, never_run, ..case.facts() };
        let is_wanted = (!arguments.last_failed || last_failed)
            && arguments.shard.is_none_or(|shard| shard.has(&case.name))
            && filter.as_ref().is_none_or(|filter| filter.matches(&facts));
        let stands_in = case.is_unreadable() || against.is_none_or(|against| stands_in(against, &case, arguments));
        if is_wanted && stands_in {
            chosen.files.push(file);
        }
        if let Some(against) = against.filter(|_| is_wanted && !stands_in) {
            chosen.others += 1;
            if !arguments.paths.is_empty() {
                let (name, pages) = (&case.name, case.plugins.join(", "));
                let text = format!("{name} is left out: of its pages ({pages}) none is called {}", against.name);
                output.say(Notice::note(text));
            }
        }
        chosen.all.push(case.name);
    }
    chosen.bundles = bundles;
    Ok(chosen)
}

/// Unpacks the bundles among the paths; the other paths.
fn bundles(arguments: &Arguments, output: &mut Output) -> Result<(Vec<Unpacked>, Vec<PathBuf>), Exit> {
    let (bundles, paths): (Vec<PathBuf>, Vec<PathBuf>) =
        arguments.paths.iter().cloned().partition(|path| bundle::is_one(path));
    if arguments.update && !bundles.is_empty() {
        let notice = Notice::error("--update: a bundle is not changed");
        let hint = "`duoke sessions import BUNDLE -o FOLDER` unpacks it, then `duoke test FOLDER --update`";
        return Err(fail(output, notice.with_hint(Some(hint)), Exit::Usage));
    }
    let bundles: Result<Vec<Unpacked>, Exit> = bundles.iter().map(|path| bundle::open(path, output)).collect();
    Ok((bundles?, paths))
}

/// Whether the other version has a place in a recording; in one that was not named only under its own name.
fn stands_in(against: &Against, case: &Case, arguments: &Arguments) -> bool {
    match arguments.paths.is_empty() {
        true => case.plugins.contains(&against.name),
        false => against.replaced(&case.plugins).is_some(),
    }
}

fn found(paths: &[PathBuf], arguments: &Arguments, config: &DuokeConfig) -> Result<Found, (PathBuf, std::io::Error)> {
    if !arguments.paths.is_empty() {
        return select::below(paths);
    }
    // Pages that are files or addresses have no sessions.
    let folders = config.plugins.iter().map(|entry| PathBuf::from(entry.page())).filter(|path| path.is_dir());
    select::of_project(Path::new(""), &folders.collect::<Vec<_>>())
}

/// Whether a log of a plugin's `events` has a recording of its name in the `sessions` beside them.
fn is_recorded(log: &Path) -> bool {
    let events = log.parent().filter(|folder| folder.file_name().is_some_and(|name| name == "events"));
    let plugin = events.and_then(Path::parent);
    plugin.zip(log.file_name()).is_some_and(|(plugin, name)| plugin.join("sessions").join(name).is_file())
}

/// Nothing is run: says why.
fn nothing(chosen: &Chosen, output: &mut Output) -> Exit {
    let (text, hint) = match (chosen.all.is_empty(), chosen.logs.is_empty()) {
        (false, _) if chosen.others > 0 => (
            format!("none of {} recordings is of a page that the other version could stand in for", chosen.all.len()),
            "name the recordings of its plugin, or give it that plugin's `name` in plugin.toml",
        ),
        (false, _) => (
            format!("none of {} recordings matches", chosen.all.len()),
            "--filter, --shard and --last-failed choose among them",
        ),
        (true, false) => (
            format!("there are no recordings; {} logs here were recorded by nobody", chosen.logs.len()),
            "`duoke run PAGE --events LOG --record FILE` records what a page does with a log",
        ),
        (true, true) => (
            "there are no recordings".to_owned(),
            "`duoke run PAGE --events LOG --record FILE` makes one; `sessions` in a plugin's folder is looked into",
        ),
    };
    for stray in &chosen.strays {
        output.say(Notice::note(format!("{stray} is of no plugin of this project")));
    }
    fail(output, Notice::error(text).with_hint(Some(hint)), Exit::NothingMatched)
}

/// The reporters that were asked for; only one of them can have standard output.
fn reporters(arguments: &Arguments, output: &mut Output) -> Result<Vec<(Reporter, Option<PathBuf>)>, Exit> {
    let mut reporters = arguments.reporter.clone();
    match reporters.iter().filter(|(_, file)| file.is_none()).count() {
        0 => reporters.push((Reporter::Human, None)),
        1 => {}
        _ => {
            let notice = Notice::error("two reporters cannot share standard output");
            let notice = notice.with_hint(Some("--reporter junit=FILE writes to a file"));
            return Err(fail(output, notice, Exit::Usage));
        }
    }
    Ok(reporters)
}

fn write(report: &Report, reporters: &[(Reporter, Option<PathBuf>)], output: &mut Output) -> Result<(), Exit> {
    for (reporter, file) in reporters {
        let plain = |text: &str, _: Style| safe(text);
        let text = match (reporter, file) {
            // The rest of it was told as it came.
            (Reporter::Human, None) => human::summary(report, &|text, style| paint(output, text, style)),
            (Reporter::Human, Some(_)) => {
                let each = |tested: &Tested| human::tested(tested, &plain);
                report.tested.iter().map(each).collect::<String>() + &human::summary(report, &plain)
            }
            (Reporter::Json, _) => json::render(report),
            (Reporter::Github, _) => safe(&github::render(report)),
            (Reporter::Junit, _) => junit::render(report).map_err(|reason| {
                fail(output, Notice::error(format!("the report cannot be written as XML: {reason}")), Exit::Bug)
            })?,
        };
        match file {
            Some(file) => std::fs::write(file, text).map_err(|error| {
                let notice = Notice::error(format!("{}: cannot be written: {error}", file.display()));
                fail(output, notice, Exit::Environment)
            })?,
            // Nobody reading it is fine.
            None => drop(output.data(&text)),
        }
    }
    Ok(())
}

pub(super) fn paint(output: &Output, text: &str, style: Style) -> String {
    let text = safe(text);
    match style {
        Style::Plain => text,
        Style::Good => output.painted(&text, "1;32"),
        Style::Bad => output.painted(&text, "1;31"),
        Style::Removed => output.painted(&text, "31"),
        Style::Added => output.painted(&text, "32"),
        Style::Label => output.painted(&text, "1"),
    }
}

/// Of several troubles the one that says most about the others.
fn exit_of(counts: Counts) -> Exit {
    let table = [
        (counts.flaky, Exit::Bug),
        (counts.not_loaded, Exit::Page),
        (counts.unreadable, Exit::Log),
        (counts.different, Exit::Different),
        (counts.environment, Exit::Environment),
    ];
    table.into_iter().find(|(count, _)| *count > 0).map_or(Exit::Fine, |(_, exit)| exit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_several_troubles_one_code() {
        let mut counts = Counts { run: 9, same: 3, updated: 1, ..Counts::default() };
        assert_eq!(exit_of(counts), Exit::Fine);
        type Step = (fn(&mut Counts), Exit);
        let steps: [Step; 5] = [
            (|counts| counts.environment = 1, Exit::Environment),
            (|counts| counts.different = 1, Exit::Different),
            (|counts| counts.unreadable = 1, Exit::Log),
            (|counts| counts.not_loaded = 1, Exit::Page),
            (|counts| counts.flaky = 1, Exit::Bug),
        ];
        for (step, exit) in steps {
            step(&mut counts);
            assert_eq!(exit_of(counts), exit);
        }
    }

    #[test]
    fn reporters_by_name() {
        assert_eq!(reporter("junit=a=b.xml"), Ok((Reporter::Junit, Some(PathBuf::from("a=b.xml")))));
        assert_eq!(reporter("human"), Ok((Reporter::Human, None)));
        assert!(reporter("html").unwrap_err().contains("human, junit, json, github"));
    }
}
