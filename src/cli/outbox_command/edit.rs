//! `duoke outbox edit`

use tokio::runtime::Handle;

use crate::cli::exit::Exit;
use crate::cli::format::Format;
use crate::cli::output::{Output, one_line};
use crate::cli::state::{Asker, StoreArguments};
use crate::host::desk::Request;

const EXAMPLES: &str = "\
Examples:
  duoke outbox edit 7/quick-reply/0 您好,您的订单明天到
  duoke outbox edit 7/quick-reply/0 \"$(cat answer.txt)\" && duoke outbox retry 7/quick-reply/0

Only a text that is held for a person can be worded anew; `retry` then sends it, `drop` does not.

JSON, one object: the members of `duoke outbox list`.";

/// Give a text that waits for a person another wording.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// The message's key.
    #[arg(value_name = "KEY")]
    key: String,
    /// What it is to say.
    #[arg(value_name = "TEXT")]
    text: String,
    /// How to print it.
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    format: Format,
    #[command(flatten)]
    store: StoreArguments,
}

pub(super) fn edit(arguments: &Arguments, runtime: &Handle, output: &mut Output) -> Result<Exit, Exit> {
    let mut asker = Asker::new(&arguments.store, runtime, output)?;
    let request = Request::Edit { key: arguments.key.clone(), text: arguments.text.clone() };
    let Some(item) = asker.ask_one(&request)? else { return Ok(Exit::NothingMatched) };
    let text = match arguments.format {
        Format::Human => format!("{}  held  {}\n", one_line(&arguments.key), one_line(&arguments.text)),
        Format::Json => format!("{item:#}\n"),
        Format::Jsonl => format!("{item}\n"),
    };
    // Nobody reading it is fine.
    let _ = asker.output.data(&text);
    Ok(Exit::Fine)
}
