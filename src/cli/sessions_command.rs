//! `duoke sessions`: looking at recordings and logs; `shrink`, `export` and `import` make others.

mod export;
mod import;
mod shrink;

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tokio::runtime::Handle;

use super::exit::Exit;
use super::format::{Format, List};
use super::output::{Output, one_line, safe};
use super::plugins::fail;
use crate::base::clock::format_rfc3339;
use crate::event::Line;
use crate::host::conversation::render;
use crate::host::{Notice, Watch as _};
use crate::regress::compare::is_expected;
use crate::regress::diff::Side;
use crate::regress::{Case, Strictness, chat, select, timeline};

mod record;

const EXAMPLES: &str = "\
Examples:
  duoke sessions list
  duoke sessions show sessions/welcome.jsonl
  duoke sessions diff yesterday.jsonl today.jsonl
  duoke sessions shrink sessions/fails.jsonl
  duoke sessions export sessions/fails.jsonl -o fails.tar.zst
  duoke sessions import crm.har --page crm -o crm/sessions/crm.jsonl";

/// Look at recordings and logs, and make others of them.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    List(ListArguments),
    Show(ShowArguments),
    Diff(DiffArguments),
    Record(record::Arguments),
    Shrink(shrink::Arguments),
    Export(export::Arguments),
    Import(import::Arguments),
}

/// What recordings there are.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  duoke sessions list sample-plugins --format jsonl")]
struct ListArguments {
    /// Files, or folders with sessions; by default this one.
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// How to print it.
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    format: Format,
}

/// One session: what its customers saw, or all that happened.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  duoke sessions show sessions/welcome.jsonl\n  duoke sessions show crash.jsonl.zst --timeline"
)]
struct ShowArguments {
    /// The session.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Everything, one line each: page time, id, type, customer, cause, data.
    #[arg(long)]
    timeline: bool,
    /// Only this customer's conversation.
    #[arg(long, value_name = "OPENID", conflicts_with = "timeline")]
    user: Option<String>,
}

/// What the pages of one session did and those of another did not.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  duoke sessions diff yesterday.jsonl today.jsonl")]
struct DiffArguments {
    /// One session.
    #[arg(value_name = "A")]
    one: PathBuf,
    /// The other.
    #[arg(value_name = "B")]
    other: PathBuf,
    /// Compare `head.random` and console lines too.
    #[arg(long)]
    strict: bool,
}

pub(super) fn sessions(arguments: &Arguments, runtime: &Handle, output: &mut Output) -> Exit {
    let ended = match &arguments.command {
        Command::List(arguments) => list(arguments, output),
        Command::Show(arguments) => show(arguments, output),
        Command::Diff(arguments) => diff(arguments, output),
        Command::Record(arguments) => record::record(arguments, runtime, output),
        Command::Shrink(arguments) => shrink::shrink(arguments, runtime, output),
        Command::Export(arguments) => export::export(arguments, runtime, output),
        Command::Import(arguments) => import::import(arguments, runtime, output),
    };
    ended.unwrap_or_else(|exit| exit)
}

/// Reads a session and says what of it cannot be read; the exit of that, where it is no use.
fn read(path: &Path, output: &mut Output) -> Result<(Case, Exit), Exit> {
    let case = Case::read(path);
    for trouble in &case.troubles {
        let text = trouble.to_string();
        let notice = if trouble.is_warning() { Notice::warning(text) } else { Notice::error(text) };
        output.say(notice.with_hint(trouble.hint()));
    }
    match (case.is_unreadable(), case.lines.is_empty()) {
        (true, true) => Err(Exit::Log),
        (true, false) => Ok((case, Exit::Log)),
        (false, _) => Ok((case, Exit::Fine)),
    }
}

fn list(arguments: &ListArguments, output: &mut Output) -> Result<Exit, Exit> {
    let here = [PathBuf::from(".")];
    let paths = if arguments.paths.is_empty() { &here[..] } else { &arguments.paths };
    let found = select::below(paths).map_err(|(path, error)| {
        let notice = Notice::error(format!("{}: cannot be read: {error}", path.display()));
        fail(output, notice, Exit::NothingMatched)
    })?;
    let (mut list, mut exit) = (List::new(arguments.format), Exit::Fine);
    for path in found.logs {
        // What cannot be read at all was said; the others follow.
        let Ok((case, ended)) = read(&path, output) else {
            exit = Exit::Log;
            continue;
        };
        exit = if ended == Exit::Fine { exit } else { ended };
        let item = summary(&case);
        if list.add(std::slice::from_ref(&item), |items, _| items.iter().map(row).collect(), output).is_err() {
            break;
        }
    }
    list.end(output);
    if list.is_empty() && exit == Exit::Fine {
        let notice = Notice::error("there are no sessions");
        return Err(fail(output, notice.with_hint(Some("sessions are *.jsonl and *.jsonl.zst")), Exit::NothingMatched));
    }
    Ok(exit)
}

fn summary(case: &Case) -> Value {
    let lines = || case.lines.iter().map(|(_, line)| line);
    let count = |prefix: &str| lines().filter(|line| line.type_.starts_with(prefix)).count();
    let times = || lines().filter_map(|line| line.time);
    let start = times().min();
    json!({
        "path": case.name,
        "recorded": case.is_recording(),
        "plugins": case.plugins,
        "customers": case.facts().users,
        "stimuli": count("stimulus."),
        "effects": count("effect."),
        "faults": count("fault."),
        "start": start.map(format_rfc3339),
        "ms": start.zip(times().max()).map(|(start, end)| end - start),
    })
}

fn row(item: &Value) -> String {
    let count = |name: &str, one: &str| {
        let number = item[name].as_u64().unwrap_or_default();
        format!("{number} {}", if number == 1 { one } else { name })
    };
    let customers = item["customers"].as_array().map_or(0, Vec::len);
    let kind = if item["recorded"] == true { "" } else { ", not recorded" };
    let path = one_line(item["path"].as_str().unwrap_or_default());
    let (stimuli, effects, faults) =
        (count("stimuli", "stimulus"), count("effects", "effect"), count("faults", "fault"));
    let noun = if customers == 1 { "customer" } else { "customers" };
    format!("{path}  {customers} {noun}, {stimuli}, {effects}, {faults}{kind}\n")
}

fn show(arguments: &ShowArguments, output: &mut Output) -> Result<Exit, Exit> {
    let (case, exit) = read(&arguments.file, output)?;
    let lines: Vec<&Line> = case.lines.iter().map(|(_, line)| line).collect();
    let text = if arguments.timeline {
        timeline::timeline(&lines)
    } else {
        let effects: Vec<&Line> = lines.iter().copied().filter(|line| is_expected(line)).collect();
        let customers = chat::customers(&case.stimuli(), &effects);
        let wanted = customers.iter().filter(|customer| arguments.user.as_ref().is_none_or(|user| user == *customer));
        let of = |customer: &String| render(customer, &chat::conversation(customer, &case.stimuli(), &effects));
        wanted.map(of).collect::<Vec<_>>().join("\n")
    };
    if text.is_empty() {
        let text = format!("{}: nobody was told or sent anything", case.name);
        let hint = "--timeline shows all that happened";
        return Err(fail(output, Notice::error(text).with_hint(Some(hint)), Exit::NothingMatched));
    }
    // Nobody reading it is fine.
    let _ = output.data(&safe(&text));
    Ok(exit)
}

fn diff(arguments: &DiffArguments, output: &mut Output) -> Result<Exit, Exit> {
    let strictness = if arguments.strict { Strictness::All } else { Strictness::Meaning };
    let mut exit = Exit::Fine;
    let mut lines = |path: &Path| -> Result<Vec<Line>, Exit> {
        let (case, ended) = read(path, output)?;
        exit = if ended == Exit::Fine { exit } else { ended };
        Ok(case.lines.into_iter().map(|(_, line)| line).collect())
    };
    let (one, other) = (lines(&arguments.one)?, lines(&arguments.other)?);
    let mut differs = false;
    for plugin in plugins(&[one.as_slice(), other.as_slice()]) {
        let of = |lines: &[Line]| -> Vec<Line> { lines.iter().filter(|line| line.plugin == plugin).cloned().collect() };
        let found = timeline::diff(&of(&one), &of(&other), strictness);
        if found.is_empty() {
            continue;
        }
        differs = true;
        let mut text = plugin.map(|name| format!("{}\n", safe(&name))).unwrap_or_default();
        for line in found {
            let row = safe(&format!("{} {}", line.side.mark(), line.text));
            let row = match line.side {
                Side::Expected => output.painted(&row, "31"),
                Side::Actual => output.painted(&row, "32"),
                Side::Both | Side::Gap => row,
            };
            text.push_str(&format!("{row}\n"));
        }
        // Nobody reading it is fine.
        let _ = output.data(&text);
    }
    Ok(if exit == Exit::Fine && differs { Exit::Different } else { exit })
}

/// The plugins of these sessions, in the order in which they come up.
fn plugins(sessions: &[&[Line]]) -> Vec<Option<String>> {
    let mut plugins: Vec<Option<String>> = Vec::new();
    for line in sessions.iter().copied().flatten().filter(|line| !line.type_.starts_with("stimulus.")) {
        if !plugins.contains(&line.plugin) {
            plugins.push(line.plugin.clone());
        }
    }
    plugins
}
