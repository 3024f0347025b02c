//! `duoke outbox show`

use tokio::runtime::Handle;

use crate::cli::exit::Exit;
use crate::cli::explain_command;
use crate::cli::format::{Format, List};
use crate::cli::output::Output;
use crate::cli::state::{Asker, StoreArguments};
use crate::host::desk::Request;

const EXAMPLES: &str = "\
Examples:
  duoke outbox show 7/quick-reply/0
  duoke outbox show 7/quick-reply/0 7/quick-reply/1 --format jsonl

JSON, an array of objects (with jsonl a line each): the members of `duoke outbox list`, and
  server       the server it is for
  kf_account   in whose name it goes out; null: the official account's
  plugin       whose page put it
  messages_done  of the messages that it becomes, how many are done
  doubtful[]   of those, which went out without an answer
  waits_for    what sends it, or would; null: nothing is to come
  tries[]      started, finished, message {number, of}, outcome, errcode, reason, hint, media_id";

/// Show messages with their tries.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// The key of a message, or the beginning of it where no other begins so.
    #[arg(value_name = "KEY", required = true)]
    keys: Vec<String>,
    /// How to print it.
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    format: Format,
    #[command(flatten)]
    store: StoreArguments,
}

pub(super) fn show(arguments: &Arguments, runtime: &Handle, output: &mut Output) -> Result<Exit, Exit> {
    let mut asker = Asker::new(&arguments.store, runtime, output)?;
    let (mut list, mut exit) = (List::new(arguments.format), Exit::Fine);
    for key in &arguments.keys {
        let mut shown = match asker.ask_one(&Request::Explain { message: key.clone() }) {
            Ok(Some(shown)) => shown,
            Ok(None) => {
                list.end(asker.output);
                return Ok(Exit::NothingMatched);
            }
            Err(Exit::NothingMatched) => {
                exit = Exit::NothingMatched;
                continue;
            }
            Err(exit) => return Err(exit),
        };
        if let Some(members) = shown.as_object_mut() {
            // Those are for `duoke explain`.
            ["event", "accepted", "turn", "effect"].iter().for_each(|member| drop(members.shift_remove(*member)));
        }
        let before = if list.is_empty() { "" } else { "\n" };
        let human = |items: &[_], output: &Output| {
            before.to_owned() + &items.iter().map(|item| explain_command::message(item, output)).collect::<String>()
        };
        if list.add(&[shown], human, asker.output).is_err() {
            return Ok(exit);
        }
    }
    list.end(asker.output);
    Ok(exit)
}
