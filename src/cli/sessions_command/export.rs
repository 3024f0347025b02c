//! `duoke sessions export`

use std::path::PathBuf;

use tokio::runtime::Handle;

use super::read;
use super::shrink::is_free;
use crate::cli::exit::Exit;
use crate::cli::output::{Output, safe};
use crate::cli::plugins::fail;
use crate::cli::signals::exit_when_interrupted;
use crate::cli::{bundle, settings};
use crate::config::DuokeConfig;
use crate::host::{Notice, Processes, Watch as _};
use crate::regress::Case;
use crate::regress::bundle::{Packed, Packing, differing};

const EXAMPLES: &str = "\
Examples:
  duoke sessions export quick-reply/sessions/fails.jsonl -o fails.tar.zst
  duoke test fails.tar.zst
  duoke sessions import fails.tar.zst -o fails

A bundle is one file: the recordings, and of their plugins what the pages ask for when they are
replayed, with plugin.toml. Nothing else of the plugins' folders enters it, and never duoke.toml,
files whose names begin with a dot, the token of plugin.toml, or a file in which a secret of this
configuration stands; what was left out is said. Then it is unpacked and replayed: that
it does the same there is what the exit tells (0, or 100 where it does not).";

/// Names that are listed at most; the rest is counted.
const LISTED_MAX: usize = 20;

/// One file with recordings and their plugins, to replay elsewhere.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// The recordings.
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// The bundle: a tar archive, compressed by Zstandard.
    #[arg(short, long, value_name = "BUNDLE.tar.zst")]
    output: PathBuf,
    /// Replace what is there.
    #[arg(long)]
    force: bool,
}

pub(super) fn export(arguments: &Arguments, runtime: &Handle, output: &mut Output) -> Result<Exit, Exit> {
    exit_when_interrupted(runtime);
    let config = settings::load(&|_| None);
    let config = config.map_err(|error| fail(output, settings::notice(&error), Exit::Configuration))?;
    is_free(&arguments.output, arguments.force, output)?;
    let (processes, mut packing) = (Processes::of(&config), Packing::new(secrets(&config)));
    let mut cases = Vec::new();
    for path in &arguments.files {
        let (case, exit) = read(path, output)?;
        if exit != Exit::Fine {
            return Err(exit);
        }
        if !case.is_recording() {
            let text = format!("{}: is no recording: it does not say what page it is of", case.name);
            let hint = "play a log with `duoke run PAGE --events LOG`, and record that with --record";
            return Err(fail(output, Notice::error(text).with_hint(Some(hint)), Exit::Log));
        }
        say_open(&case, output);
        packing.add(&case, &processes).map_err(|error| bundle::failed(&error, output))?;
        cases.push(case);
    }
    let packed = packing.write(&arguments.output).map_err(|error| bundle::failed(&error, output))?;
    let (to, count) = (arguments.output.display(), cases.len());
    let noun = if count == 1 { "recording" } else { "recordings" };
    let text = format!("{to}: {count} {noun}, {} files, {} bytes\n", packed.files, packed.bytes);
    // Nobody reading it is fine.
    let _ = output.data(&safe(&text));
    say_left_out(&packed, output);
    let differing = differing(&arguments.output, &packed, &cases, &processes);
    let differing = differing.map_err(|error| bundle::failed(&error, output))?;
    for name in &differing {
        let text = format!("{name}: does something else out of the bundle than here");
        let hint = "what its page needs lies outside of the plugin's folder, or was left out of the bundle";
        output.say(Notice::warning(text).with_hint(Some(hint)));
    }
    Ok(if differing.is_empty() { Exit::Fine } else { Exit::Different })
}

/// Everything secret that this program was told.
fn secrets(config: &DuokeConfig) -> impl Iterator<Item = String> {
    super::super::recording::secrets(config).map(str::to_owned).collect::<Vec<_>>().into_iter()
}

/// Somebody else will read it.
fn say_open(case: &Case, output: &mut Output) {
    let mut starts = case.lines.iter().map(|(_, line)| line).filter(|line| line.type_ == "session.start");
    if starts.any(|line| line.data["redacted"] != true) {
        let text = format!("{}: what is personal or secret stands in it as it is: it was not redacted", case.name);
        let hint = "share it only with those who may read it; `duoke run --record` redacts unless told not to";
        output.say(Notice::warning(text).with_hint(Some(hint)));
    }
}

fn say_left_out(packed: &Packed, output: &mut Output) {
    for file in &packed.withheld {
        output.say(Notice::warning(format!("left out though a page asks for it: {file}")));
    }
    if packed.left_out.is_empty() {
        return;
    }
    let listed = packed.left_out.iter().take(LISTED_MAX).cloned().collect::<Vec<_>>().join(", ");
    let more = packed.left_out.len().saturating_sub(LISTED_MAX);
    let more = if more > 0 { format!(", and {more} more") } else { String::new() };
    output.say(Notice::note(format!("left out, since no page asked for it: {listed}{more}")));
}
