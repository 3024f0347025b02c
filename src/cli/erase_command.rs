//! `duoke erase`

use serde_json::Value;
use tokio::runtime::Handle;

use super::exit::Exit;
use super::format::Format;
use super::listen_command::PUSHES;
use super::output::{Output, safe};
use super::signals::exit_when_interrupted;
use super::state::{Asker, Found, StoreArguments, say};
use crate::host::desk::Request;
use crate::host::{Notice, Watch as _};

const EXAMPLES: &str = "\
Examples:
  duoke erase oGZ0k5vVhIBzCeHZVcnbNKQ0cGqA --dry-run
  duoke erase oGZ0k5vVhIBzCeHZVcnbNKQ0cGqA

What his events said, what pages did because of them, his messages with their tries, the signs on
his conversations, and what plugins' storage and cookies say of him is overwritten in the store. That his events were handled
stays, without what they said, so that nothing is sent twice. Messages that were not sent never are.

JSON, one object:
  openid
  erased       whether it was done; false with --dry-run
  events, effects, messages   how many
  unsent       of the messages, how many had not been sent
  signs        signs on his conversations
  windows      accounts that knew what he may be sent
  plugins[]    whose storage or cookies named him
  backups[]    older states that may still hold something: delete them yourself
  host_runs    a host runs: its open pages may know of him until it ends

The exit is 4 where nothing is known of him.";

/// Delete everything about a customer.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// The customer, whole.
    #[arg(value_name = "OPENID", value_parser = openid)]
    openid: String,
    /// Only say what would be deleted.
    #[arg(long)]
    dry_run: bool,
    /// How to print it.
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    format: Format,
    #[command(flatten)]
    store: StoreArguments,
}

fn openid(text: &str) -> Result<String, String> {
    match text.trim().is_empty() {
        true => Err("an openid is not empty".to_owned()),
        false => Ok(text.to_owned()),
    }
}

pub(super) fn erase(arguments: &Arguments, runtime: &Handle, output: &mut Output) -> Exit {
    exit_when_interrupted(runtime);
    ask(arguments, runtime, output).unwrap_or_else(|exit| exit)
}

fn ask(arguments: &Arguments, runtime: &Handle, output: &mut Output) -> Result<Exit, Exit> {
    let mut asker = Asker::new(&arguments.store, runtime, output)?;
    let request = Request::Erase { openid: arguments.openid.clone(), dry_run: arguments.dry_run };
    let here = asker.find(&request, None)?;
    // What `duoke listen` has on disk lies in a folder of its own.
    let pushes = asker.find(&request, Some(PUSHES))?;
    let erased = match (here, pushes) {
        (Found::Item(here), Found::Item(pushes)) => sum(here, &pushes),
        (Found::Item(erased), _) | (_, Found::Item(erased)) => erased,
        (Found::Nothing(trouble), _) | (_, Found::Nothing(trouble)) => return Err(say(trouble, asker.output)),
        (Found::NoState, Found::NoState) => {
            asker.no_state();
            return Ok(Exit::NothingMatched);
        }
    };
    let text = match arguments.format {
        Format::Human => render(&erased),
        Format::Json => format!("{erased:#}\n"),
        Format::Jsonl => format!("{erased}\n"),
    };
    // Nobody reading it is fine.
    let _ = asker.output.data(&text);
    say_what_is_left(&erased, asker.output);
    Ok(Exit::Fine)
}

/// What both folders held.
fn sum(mut one: Value, other: &Value) -> Value {
    for count in ["events", "effects", "messages", "unsent", "signs", "windows"] {
        one[count] = (one[count].as_u64().unwrap_or(0) + other[count].as_u64().unwrap_or(0)).into();
    }
    for list in ["plugins", "backups"] {
        if let (Some(items), Some(more)) = (one[list].as_array_mut(), other[list].as_array()) {
            items.extend(more.iter().cloned());
        }
    }
    one
}

fn render(erased: &Value) -> String {
    let count = |member: &str| erased[member].as_u64().unwrap_or(0);
    let counted = |member: &str, what: &str| match count(member) {
        1 => format!("1 {what}"),
        count => format!("{count} {what}s"),
    };
    let unsent = if count("unsent") > 0 { format!(" ({} not sent yet)", count("unsent")) } else { String::new() };
    let done = if erased["erased"] == true { "erased" } else { "would be erased" };
    let more = [("signs", "sign"), ("windows", "window")].into_iter().filter(|(member, _)| count(member) > 0);
    let more: String = more.map(|(member, what)| format!(", {}", counted(member, what))).collect();
    let mut text = format!(
        "{}: {}, {}, {}{unsent}{more} {done}\n",
        safe(erased["openid"].as_str().unwrap_or_default()),
        counted("events", "event"),
        counted("effects", "effect"),
        counted("messages", "message"),
    );
    let plugins: Vec<String> = names(erased, "plugins");
    if !plugins.is_empty() {
        let done = if erased["erased"] == true { "emptied" } else { "would be emptied" };
        text.push_str(&format!("what storage and cookies say of him {done}: {}\n", plugins.join(", ")));
    }
    text
}

fn names(erased: &Value, member: &str) -> Vec<String> {
    let names = erased[member].as_array().map(Vec::as_slice).unwrap_or_default();
    names.iter().filter_map(Value::as_str).map(safe).collect()
}

/// What this command does not reach.
fn say_what_is_left(erased: &Value, output: &mut Output) {
    let backups = names(erased, "backups");
    if !backups.is_empty() {
        let text = format!("backups of the state may still hold something: {}", backups.join(", "));
        output.say(Notice::warning(text).with_hint(Some("delete those that are no longer needed")));
    }
    if erased["host_runs"] == true {
        let text = "a host runs: what its open pages know of him they know until it ends";
        output.say(
            Notice::note(text).with_hint(Some("start the host again, and erase once more if pages keep such things")),
        );
    }
    output.say(Notice::note("session logs, recordings and copies that you keep elsewhere are not touched"));
}
