//! `duoke outbox list`

use tokio::runtime::Handle;

use super::text::Columns;
use super::which::{Missing, Which};
use crate::base::limits::OUTBOX_PAGE_ROWS;
use crate::cli::exit::Exit;
use crate::cli::format::{Format, List};
use crate::cli::output::Output;
use crate::cli::state::{Asker, StoreArguments};
use crate::host::desk::Request;
use crate::host::{Notice, Watch as _};

const EXAMPLES: &str = "\
Examples:
  duoke outbox list
  duoke outbox list --state parked --state unknown --before 1h
  duoke outbox list --openid oA --format jsonl

JSON, an array of objects (with jsonl a line each), in the order in which they came:
  key          by which the other commands name it
  state        pending, sending, sent, unknown, parked, held, dead
  account      the official account, by its app id
  openid       the customer
  msgtype      text, image, voice, video, news and WeChat's others; file
  body         what it says
  cause        id of the event that led to it
  attempts     how often it was sent
  created      when it came
  next         when it is due again; null where nothing but its turn is waited for
  reason       why it is where it is

The exit is 0 even where nothing matches, 4 where a key that is named does not.";

/// List messages as they stand, in the order in which they came.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    #[command(flatten)]
    which: Which,
    /// At most so many.
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// How to print it.
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    format: Format,
    #[command(flatten)]
    store: StoreArguments,
}

pub(super) fn list(arguments: &Arguments, runtime: &Handle, output: &mut Output) -> Result<Exit, Exit> {
    let mut asker = Asker::new(&arguments.store, runtime, output)?;
    let (mut list, mut columns) = (List::new(arguments.format), Columns::default());
    let mut missing = Missing::new(&arguments.which);
    let mut left = arguments.limit.unwrap_or(usize::MAX);
    for filter in arguments.which.filters() {
        let mut after = Some(0);
        while let (Some(from), 1..) = (after, left) {
            let limit = Some(left.min(OUTBOX_PAGE_ROWS));
            let Some(answer) = asker.ask(&Request::List { filter: filter.clone(), after: from, limit })? else {
                asker.no_state();
                list.end(asker.output);
                return Ok(if arguments.which.keys.is_empty() { Exit::Fine } else { Exit::NothingMatched });
            };
            missing.found(&answer.items);
            left -= answer.items.len().min(left);
            after = answer.next;
            let human = |items: &[_], output: &Output| columns.lines(items, output);
            if list.add(&answer.items, human, asker.output).is_err() {
                return Ok(Exit::Fine);
            }
        }
    }
    list.end(asker.output);
    if left == 0 {
        return Ok(Exit::Fine);
    }
    if list.is_empty() && arguments.format == Format::Human && arguments.which.keys.is_empty() {
        asker.output.say(Notice::note("no message matches"));
    }
    Ok(missing.said(&mut asker).unwrap_or(Exit::Fine))
}
