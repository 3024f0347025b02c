//! `duoke outbox retry` and `duoke outbox drop`

use serde_json::Value;
use tokio::runtime::Handle;

use super::text::{self, text as member};
use super::which::{Missing, Which};
use crate::cli::exit::Exit;
use crate::cli::format::{Format, List};
use crate::cli::output::{Output, one_line};
use crate::cli::state::{Asker, StoreArguments};
use crate::host::desk::Request;
use crate::host::{Notice, Watch as _};
use crate::store::{Change, State};

const RETRY_EXAMPLES: &str = "\
Examples:
  duoke outbox retry 7/quick-reply/0
  duoke outbox retry --state parked --dry-run
  duoke outbox retry --state dead --plugin order-lookup --before 2h

Where neither keys nor states are named, messages that are parked or held are sent. What was given
up (dead) and what may have arrived (unknown) is sent again only where that state or its key is
named. What waits behind another message of its customer goes after that one.

JSON, an array of objects (with jsonl a line each):
  key, account, openid
  before       its state before
  state        its state now, or with --dry-run what it would be
  changed      whether it does not stay as it is
  note         why it stays, or what to know

The exit is 4 where nothing matches, 120 where a message whose key is named stays as it is, or
where none of those that match could be changed.";

const DROP_EXAMPLES: &str = "\
Examples:
  duoke outbox drop 7/quick-reply/0
  duoke outbox drop --openid oA
  duoke outbox drop --state dead --before 1d

Where neither keys nor states are named, messages that are pending, parked, held or unknown are
dropped. They are kept as dead for 30 days. Dropping a dead one says that it is known: `duoke
outbox check` no longer counts it.

JSON, an array of objects (with jsonl a line each):
  key, account, openid
  before       its state before
  state        its state now, or with --dry-run what it would be
  changed      whether it does not stay as it is
  note         why it stays, or what to know

The exit is 4 where nothing matches, 120 where a message whose key is named stays as it is, or
where none of those that match could be changed.";

/// Send messages that wait for somebody, or send them again.
#[derive(Debug, clap::Args)]
#[command(after_help = RETRY_EXAMPLES)]
pub(super) struct RetryArguments {
    #[command(flatten)]
    pub(super) change: Arguments,
}

/// Give messages up.
#[derive(Debug, clap::Args)]
#[command(after_help = DROP_EXAMPLES)]
pub(super) struct DropArguments {
    #[command(flatten)]
    pub(super) change: Arguments,
}

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    which: Which,
    /// All messages; needed where nothing else says which.
    #[arg(long, conflicts_with = "keys")]
    all: bool,
    /// Only say what would become of them.
    #[arg(long)]
    dry_run: bool,
    /// How to print it.
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    format: Format,
    #[command(flatten)]
    store: StoreArguments,
}

/// What is changed where nobody names a state.
fn usual_states(change: Change) -> Vec<State> {
    match change {
        Change::Retry => vec![State::Parked, State::Held],
        Change::Drop => vec![State::Pending, State::Unknown, State::Parked, State::Held],
    }
}

pub(super) fn change(
    change: Change,
    arguments: &Arguments,
    runtime: &Handle,
    output: &mut Output,
) -> Result<Exit, Exit> {
    let mut which = arguments.which.clone();
    if which.is_empty() && !arguments.all {
        let hint = "name keys or a filter, such as --state parked; --all is for all of them";
        output.say(Notice::error("it is not said which messages").with_hint(Some(hint)));
        return Err(Exit::Usage);
    }
    if which.keys.is_empty() && which.states.is_empty() {
        which.states = usual_states(change);
    }
    let mut asker = Asker::new(&arguments.store, runtime, output)?;
    let (mut list, mut tally, mut missing) = (List::new(arguments.format), Tally::default(), Missing::new(&which));
    for filter in which.filters() {
        let mut after = Some(0);
        while let Some(from) = after {
            let dry_run = arguments.dry_run;
            let Some(answer) = asker.ask(&Request::Change { change, filter: filter.clone(), after: from, dry_run })?
            else {
                asker.no_state();
                list.end(asker.output);
                return Ok(Exit::NothingMatched);
            };
            missing.found(&answer.items);
            tally.count(&answer.items);
            after = answer.next;
            // What is to be done is done, whether or not somebody reads of it.
            let _ = list.add(&answer.items, lines, asker.output);
        }
    }
    list.end(asker.output);
    tally.say(change, arguments.dry_run, &mut asker);
    let missing = missing.said(&mut asker);
    Ok(missing.unwrap_or_else(|| tally.exit(!which.keys.is_empty())))
}

/// A line each.
fn lines(items: &[Value], output: &Output) -> String {
    let line = |item: &Value| {
        let (before, state) = (member(item, "before"), member(item, "state"));
        let became = match item["changed"].as_bool() {
            Some(true) if before != state => format!("{before} -> {}", text::state(state, output)),
            Some(true) => format!("{}, dropped", text::state(state, output)),
            _ => format!("{} still", text::state(state, output)),
        };
        let note = member(item, "note");
        let note = if note.is_empty() { String::new() } else { format!(": {}", one_line(note)) };
        format!("{}  {}  {became}{note}\n", one_line(member(item, "key")), one_line(member(item, "openid")))
    };
    items.iter().map(line).collect()
}

/// What became of how many.
#[derive(Default)]
struct Tally {
    changed: usize,
    /// They go after another one.
    behind: usize,
    stay: usize,
}

impl Tally {
    fn count(&mut self, items: &[Value]) {
        for item in items {
            let is_behind = member(item, "note").starts_with("it waits behind ");
            match (item["changed"].as_bool(), is_behind) {
                (Some(true), _) => self.changed += 1,
                (_, true) => self.behind += 1,
                _ => self.stay += 1,
            }
        }
    }

    fn say(&self, change: Change, dry_run: bool, asker: &mut Asker<'_>) {
        let Self { changed, behind, stay } = *self;
        if changed + behind + stay == 0 {
            asker.output.say(Notice::note("no message matches"));
            return;
        }
        let what = match (change, dry_run) {
            (Change::Retry, false) => "to be sent",
            (Change::Retry, true) => "would be sent",
            (Change::Drop, false) => "dropped",
            (Change::Drop, true) => "would be dropped",
        };
        let parts = [(changed, what), (behind, "after others of their customers"), (stay, "as before")];
        let parts: Vec<String> =
            parts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
        let hint = match (change, dry_run) {
            (_, true) => Some("nothing was changed; without --dry-run it is"),
            (Change::Retry, _) if changed > 0 && !asker.host_runs() => {
                Some("no host runs here: they go out when one does, with `duoke run … --forward`")
            }
            _ => None,
        };
        asker.output.say(Notice::note(format!("messages: {}", parts.join(", "))).with_hint(hint));
    }

    fn exit(&self, by_key: bool) -> Exit {
        let Self { changed, behind, stay } = *self;
        match (changed, behind + stay) {
            (0, 0) => Exit::NothingMatched,
            (0, _) => Exit::Messages,
            (_, 1..) if by_key => Exit::Messages,
            _ => Exit::Fine,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exits() {
        let exit = |changed, behind, stay, by_key| Tally { changed, behind, stay }.exit(by_key);
        assert_eq!(exit(0, 0, 0, false), Exit::NothingMatched);
        assert_eq!(exit(1, 5, 5, false), Exit::Fine);
        assert_eq!(exit(1, 0, 1, true), Exit::Messages);
        assert_eq!(exit(1, 0, 0, true), Exit::Fine);
        assert_eq!(exit(0, 0, 1, false), Exit::Messages);
    }
}
