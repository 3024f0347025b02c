//! `duoke doctor`

use clap::ValueEnum;
use tokio::runtime::Handle;

use super::exit::Exit;
use super::output::{Output, safe};
use super::settings;
use super::signals::exit_when_interrupted;
use crate::host::doctor::{About, Check, Diagnosis, State, doctor as look};

const EXAMPLES: &str = "\
Examples:
  duoke doctor
  duoke doctor --format json

Page processes are really started, and try what they could still do. Nothing beyond this machine is
asked. The exit is 96 where this machine is not ready, 3 where only the configuration is wrong, 0
where there is nothing worse than a warning.

JSON, one object:
  ready        whether nothing failed
  checks[]     name; state: ok, warning, failed; found; hint, where it is not ok
               names: system, memory, stack, open_files, loopback, page_start,
               confinement_spawned, confinement_compiled, confinement_loaded,
               configuration, limits, account, secret_files, plugins, accounts, callbacks, seats,
               serve, console
  served       spawned, compiled, loaded: how many pages were opened, by the way they came to be:
               started and loaded afresh, forked with their scripts compiled, forked loaded
  open_ms      the same names: how long they took to open, median; null where there were none";

/// `--format`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For a person
    #[default]
    Human,
    /// One JSON object
    Json,
}

/// Say whether this machine can run plugin pages, how well, and what to do about it.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// How to print it.
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    format: Format,
}

pub(super) fn doctor(arguments: &Arguments, runtime: &Handle, output: &mut Output) -> Exit {
    exit_when_interrupted(runtime);
    let diagnosis = look(&settings::files(), &settings::environment);
    let text = match arguments.format {
        Format::Human => render(&diagnosis, &|word, style| output.painted(word, style)),
        Format::Json => format!("{:#}\n", diagnosis.json()),
    };
    // Nobody reading it is fine.
    let _ = output.data(&text);
    if diagnosis.has_failed(About::Machine) {
        Exit::Environment
    } else if diagnosis.has_failed(About::Configuration) {
        Exit::Configuration
    } else {
        Exit::Fine
    }
}

/// A line for each check, and a sentence.
fn render(diagnosis: &Diagnosis, paint: &dyn Fn(&str, &str) -> String) -> String {
    let width = diagnosis.checks.iter().map(|check| check.name.len()).max().unwrap_or(0);
    let mut text: String = diagnosis.checks.iter().map(|check| lines(check, width, paint)).collect();
    text.push_str(&format!("\n{}\n", sentence(diagnosis)));
    text
}

fn lines(check: &Check, width: usize, paint: &dyn Fn(&str, &str) -> String) -> String {
    let (word, style) = match check.state {
        State::Ok => ("ok     ", "1;32"),
        State::Warning => ("warning", "1;33"),
        State::Failed => ("failed ", "1;31"),
    };
    let margin = " ".repeat(word.len() + 1 + width + 2);
    let text = |text: &str| safe(text).replace('\n', &format!("\n{margin}"));
    let mut line = format!("{} {:width$}  {}\n", paint(word, style), check.name.replace('_', " "), text(&check.found));
    if let Some(hint) = &check.hint {
        line.push_str(&format!("{margin}{}: {}\n", paint("hint", "1;36"), text(hint)));
    }
    line
}

fn sentence(diagnosis: &Diagnosis) -> String {
    let counted = |count: usize, what: &str| if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") };
    let failed = counted(diagnosis.count(State::Failed), "failed check");
    match (diagnosis.has_failed(About::Machine), diagnosis.has_failed(About::Configuration)) {
        (true, _) => format!("This machine is not ready to run plugin pages: {failed}."),
        (false, true) => format!("This machine can run plugin pages, but the configuration is wrong: {failed}."),
        (false, false) => match diagnosis.count(State::Warning) {
            0 => "This machine is ready to run plugin pages.".to_owned(),
            warnings => format!("This machine is ready to run plugin pages, with {}.", counted(warnings, "warning")),
        },
    }
}
