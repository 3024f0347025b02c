//! `duoke outbox`: the durable queue, beside a running host or without one.
//!
//! - `which` is how messages are chosen; `list`, `show`, `change` (`retry` and `drop`), `edit` and `check` are the
//!   commands
//! - `text` is how a person sees messages; `duoke explain` uses it too

mod change;
mod check;
mod edit;
mod list;
mod show;
pub(super) mod text;
mod which;

use clap::Subcommand;
use tokio::runtime::Handle;

use super::exit::Exit;
use super::output::Output;
use super::signals::exit_when_interrupted;
use crate::store::Change;

const EXAMPLES: &str = "\
Examples:
  duoke outbox list --state parked --state dead
  duoke outbox retry --state parked --dry-run
  duoke outbox check

A message is pending (to be sent), sending, sent, unknown (sent, and no answer came), parked (it
waits for its customer, the quota, the account), held (it waits for a person) or dead (given up).
The commands work beside a running host, and without one.";

/// Look at the messages that are on their way, send them again, or drop them.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    List(list::Arguments),
    Show(show::Arguments),
    Retry(change::RetryArguments),
    Drop(change::DropArguments),
    Edit(edit::Arguments),
    Check(check::Arguments),
}

pub(super) fn outbox(arguments: &Arguments, runtime: &Handle, output: &mut Output) -> Exit {
    exit_when_interrupted(runtime);
    let ended = match &arguments.command {
        Command::List(arguments) => list::list(arguments, runtime, output),
        Command::Show(arguments) => show::show(arguments, runtime, output),
        Command::Retry(arguments) => change::change(Change::Retry, &arguments.change, runtime, output),
        Command::Drop(arguments) => change::change(Change::Drop, &arguments.change, runtime, output),
        Command::Edit(arguments) => edit::edit(arguments, runtime, output),
        Command::Check(arguments) => check::check(arguments, runtime, output),
    };
    ended.unwrap_or_else(|exit| exit)
}
