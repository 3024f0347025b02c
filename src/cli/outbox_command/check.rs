//! `duoke outbox check`

use serde_json::Value;
use tokio::runtime::Handle;

use super::text::{self, text as member, to_the_second};
use crate::cli::exit::Exit;
use crate::cli::format::Format;
use crate::cli::output::{Output, safe};
use crate::cli::state::{Asker, StoreArguments};
use crate::host::desk::Request;
use crate::store::State;

const EXAMPLES: &str = "\
Examples:
  duoke outbox check
  duoke outbox check --whole --format json

Beside a running host the store is not looked at for damage, unless that is asked for: the host takes nothing in and sends
nothing meanwhile, about a second for each GiB. Where no host runs it always is.

The exit is 96 where the store is damaged or cannot be had, 120 where messages are parked, given up
or without an answer, 4 where there is no state, 0 otherwise. Dead messages that a person dropped
do not count.

JSON, one object:
  damage[]     what is wrong with the store, a sentence each; empty where it is whole
  looked_at    whether all of it was looked at for that
  messages     how many there are, by state
  dropped      of the dead ones, how many a person dropped
  oldest_waiting  when the oldest of those came that are to be sent; null where there is none
  closed[]     account, what, until, reason: what is closed between here and WeChat; configured is
               false where the configuration does not name the account
  events_open  events that plugins have not done with
  bytes        size of the store
  advice[]     what to do, most urgent first";

/// Say whether the store is whole, what waits and for whom.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// Look at all of the store for damage, though a host runs, which does nothing else meanwhile.
    #[arg(long)]
    whole: bool,
    /// How to print it.
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    format: Format,
    #[command(flatten)]
    store: StoreArguments,
}

pub(super) fn check(arguments: &Arguments, runtime: &Handle, output: &mut Output) -> Result<Exit, Exit> {
    let mut asker = Asker::new(&arguments.store, runtime, output)?;
    let Some(mut found) = asker.ask_one(&Request::Check { whole: arguments.whole })? else {
        return Ok(Exit::NothingMatched);
    };
    name_absent(&mut found, &asker.accounts);
    let text = match arguments.format {
        Format::Human => render(&found, asker.output),
        Format::Json => format!("{found:#}\n"),
        Format::Jsonl => format!("{found}\n"),
    };
    // Nobody reading it is fine.
    let _ = asker.output.data(&text);
    Ok(exit(&found))
}

/// Closed ways of accounts that the configuration does not name any more: nobody opens them. Where it names none nothing
/// is known of that.
fn name_absent(found: &mut Value, accounts: &[String]) {
    let mut absent = Vec::new();
    for way in found["closed"].as_array_mut().into_iter().flatten() {
        let account = member(way, "account").to_owned();
        if !accounts.is_empty() && !accounts.contains(&account) {
            way["configured"] = false.into();
            absent.push(account);
        }
    }
    absent.dedup();
    let step = |account: String| {
        format!(
            "{account} is not configured any more: `duoke outbox drop --account {account} --state parked` gives its messages up"
        )
    };
    if let Some(advice) = found["advice"].as_array_mut() {
        advice.extend(absent.into_iter().map(step).map(Value::from));
    }
}

fn count(found: &Value, state: State) -> u64 {
    found["messages"][state.name()].as_u64().unwrap_or(0)
}

fn exit(found: &Value) -> Exit {
    let dead = count(found, State::Dead).saturating_sub(found["dropped"].as_u64().unwrap_or(0));
    let waiting = count(found, State::Parked) + count(found, State::Unknown) + dead;
    match (items(found, "damage").is_empty(), waiting) {
        (false, _) => Exit::Environment,
        (true, 0) => Exit::Fine,
        (true, _) => Exit::Messages,
    }
}

fn items<'a>(found: &'a Value, member: &str) -> &'a [Value] {
    found[member].as_array().map(Vec::as_slice).unwrap_or_default()
}

fn render(found: &Value, output: &Output) -> String {
    let mut lines = vec![format!("store         {}", size(found["bytes"].as_u64().unwrap_or(0)))];
    match items(found, "damage") {
        [] if found["looked_at"] == true => lines[0].push_str(", whole"),
        [] => lines[0].push_str(", not looked at for damage: `duoke outbox check --whole` does"),
        damage => {
            let damage = damage.iter().filter_map(Value::as_str);
            lines.extend(damage.map(|what| format!("{}        {}", output.painted("damage", "1;31"), safe(what))));
        }
    }
    for state in State::ALL {
        let number = count(found, state);
        let blanks = " ".repeat(14 - state.name().len());
        let more = match state {
            State::Dead if number > 0 => format!(", {} dropped by a person", found["dropped"].as_u64().unwrap_or(0)),
            State::Pending if number > 0 => {
                format!(", the oldest since {}", to_the_second(member(found, "oldest_waiting")))
            }
            _ => String::new(),
        };
        let name = if number > 0 { text::state(state.name(), output) } else { state.name().to_owned() };
        lines.push(format!("{name}{blanks}{number}{more}"));
    }
    for way in items(found, "closed") {
        let until = match member(way, "until") {
            "" => "until somebody mends it".to_owned(),
            until => format!("until {}", to_the_second(until)),
        };
        let [account, what, reason] = ["account", "what", "reason"].map(|name| safe(member(way, name)));
        let absent = if way["configured"] == false { " (not configured any more)" } else { "" };
        lines.push(format!("{}        {account}{absent}: {what}, {until}: {reason}", output.painted("closed", "33")));
    }
    lines.push(format!("events open   {}", found["events_open"].as_u64().unwrap_or(0)));
    let advice = items(found, "advice").iter().filter_map(Value::as_str);
    lines.extend(advice.map(|step| format!("{}          {}", output.painted("hint", "1;36"), safe(step))));
    lines.join("\n") + "\n"
}

/// `17.3 MiB`
fn size(bytes: u64) -> String {
    let units = [("GiB", 1_u64 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];
    match units.into_iter().find(|(_, unit)| bytes >= *unit) {
        Some((name, unit)) => format!("{:.1} {name}", bytes as f64 / unit as f64),
        None => format!("{bytes} bytes"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn damage_comes_first_and_what_was_dropped_does_not_count() {
        let found = |damage: &[&str], dead, dropped, held| {
            exit(&json!({"damage": damage, "messages": {"dead": dead, "held": held}, "dropped": dropped}))
        };
        assert_eq!(found(&[], 0, 0, 3), Exit::Fine);
        assert_eq!(found(&[], 2, 2, 0), Exit::Fine);
        assert_eq!(found(&[], 2, 1, 0), Exit::Messages);
        assert_eq!(found(&["x"], 2, 1, 0), Exit::Environment);
    }

    #[test]
    fn accounts_that_are_gone_are_named() {
        let found = || json!({"closed": [{"account": "wx1"}, {"account": "wx2"}], "advice": ["x"]});
        let named = |accounts: &[&str]| {
            let (mut found, accounts) =
                (found(), accounts.iter().map(|&account| account.to_owned()).collect::<Vec<_>>());
            name_absent(&mut found, &accounts);
            found
        };
        assert_eq!(named(&[]), found());
        let found = named(&["wx1"]);
        assert_eq!(found["closed"], json!([{"account": "wx1"}, {"account": "wx2", "configured": false}]));
        assert!(found["advice"][1].as_str().unwrap().contains("--account wx2"), "{found}");
    }

    #[test]
    fn sizes() {
        assert_eq!([size(12), size(4096), size(17 << 20)], ["12 bytes", "4.0 KiB", "17.0 MiB"]);
    }
}
