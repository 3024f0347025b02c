//! `duoke sessions record`: has a running host record pages.

use serde_json::Value;
use tokio::runtime::Handle;

use super::super::exit::Exit;
use super::super::output::{Output, one_line};
use super::super::signals::exit_when_interrupted;
use super::super::state::{Asker, StoreArguments};
use crate::host::desk::Request;

const EXAMPLES: &str = "\
Examples:
  duoke sessions record 快捷回复
  duoke sessions record 快捷回复 --user oGZ0k5vVhIBzCeHZVcnbNKQ0cGqA
  duoke sessions record 快捷回复 --stop
  duoke sessions record

Pages are recorded from their opening on: a customer whose page is open is from his next one. What is asked for holds until
it is stopped or the host ends; what `record` under [[plugin]] and [record] asks for is recorded besides. With no PLUGIN it
says what is asked for, a line each, and where recordings lie.";

/// Have a running host record the pages of a plugin.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// The plugin, by its name.
    #[arg(value_name = "PLUGIN")]
    plugin: Option<String>,
    /// Only the pages of this customer.
    #[arg(long, value_name = "OPENID", requires = "plugin")]
    user: Option<String>,
    /// No longer.
    #[arg(long, requires = "plugin")]
    stop: bool,
    #[command(flatten)]
    store: StoreArguments,
}

pub(super) fn record(arguments: &Arguments, runtime: &Handle, output: &mut Output) -> Result<Exit, Exit> {
    exit_when_interrupted(runtime);
    let mut asker = Asker::new(&arguments.store, runtime, output)?;
    let Arguments { plugin, user, stop, .. } = arguments;
    let request = Request::Record { plugin: plugin.clone(), openid: user.clone(), stop: *stop };
    let Some(answer) = asker.ask_one(&request)? else { return Ok(Exit::NothingMatched) };
    // Nobody reading it is fine.
    let _ = asker.output.data(&text(&answer));
    Ok(Exit::Fine)
}

fn text(answer: &Value) -> String {
    let word = |value: &Value| one_line(value.as_str().unwrap_or_default());
    let mut text = format!("recordings lie in {}\n", word(&answer["folder"]));
    for asked in answer["asked_for"].as_array().into_iter().flatten() {
        let user = asked["user"].as_str().map(|user| format!(" of {}", one_line(user))).unwrap_or_default();
        text.push_str(&format!("pages of {}{user} are recorded\n", word(&asked["plugin"])));
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn for_a_person() {
        let asked = json!([{"plugin": "a", "user": null}, {"plugin": "b", "user": "oA"}]);
        let answer = json!({"folder": "state/recordings", "asked_for": asked});
        let expected = "recordings lie in state/recordings\npages of a are recorded\npages of b of oA are recorded\n";
        assert_eq!(text(&answer), expected);
    }
}
