//! `duoke window`

use serde_json::{Value, json};
use tokio::runtime::Handle;

use super::exit::Exit;
use super::format::{Format, List};
use super::output::{Output, one_line};
use super::signals::exit_when_interrupted;
use super::state::{Asker, StoreArguments};
use crate::host::desk::Request;

const EXAMPLES: &str = "\
Examples:
  duoke window oGZ0k5vVhIBzCeHZVcnbNKQ0cGqA
  duoke window oGZ0k5vVhIBzCeHZVcnbNKQ0cGqA --format json

WeChat lets an account write to a user for a time after he did something, and so many messages. This
shows what is known of that: from WeChat's pushes, from what was sent, and from what WeChat refused.
What would be refused is parked before WeChat is asked, and goes out after the user's next action.
WeChat pushes neither payments nor what he says to an agent: `duoke outbox retry` asks it all the same.

JSON, an array of objects (with jsonl a line each), one for each official account that knows him:
  openid, account, server
  profile      the limits in force
  state        open, closed, or unknown: then WeChat is asked
  left         messages that may be sent; null: any number, or it is not known
  until        until when at the longest; null where it is closed or not known
  reason       why it is closed
  errcode      what WeChat would answer, or answered: 45015, 45047
  actions[]    trigger (message, menu, subscribe, scan, payment), at, until, sends (null: any number), sent, left
  typing       why a typing state would not be shown; null: it would, or it is not known
  waiting      messages to him that are to be sent
  chat_sign    what an EChat page marked the conversation with: sign (0, 1), at, plugin; null where none did";

/// Show what may still be sent to a user, until when, and why.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// The user.
    #[arg(value_name = "OPENID")]
    openid: String,
    /// How to print it.
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    format: Format,
    #[command(flatten)]
    store: StoreArguments,
}

pub(super) fn window(arguments: &Arguments, runtime: &Handle, output: &mut Output) -> Exit {
    exit_when_interrupted(runtime);
    match ask(arguments, runtime, output) {
        Ok(()) => Exit::Fine,
        Err(exit) => exit,
    }
}

fn ask(arguments: &Arguments, runtime: &Handle, output: &mut Output) -> Result<(), Exit> {
    let mut asker = Asker::new(&arguments.store, runtime, output)?;
    let (openid, profile) = (arguments.openid.clone(), asker.profile.clone());
    let answer = asker.ask(&Request::Window { openid, profile })?;
    let mut items = answer.map(|answer| answer.items).unwrap_or_default();
    if items.is_empty() {
        items.push(nothing(&arguments.openid, &asker.profile));
    }
    let mut list = List::new(arguments.format);
    let human = |items: &[Value], _: &Output| items.iter().map(text).collect();
    // Nobody reading it is fine.
    let _ = list.add(&items, human, asker.output);
    list.end(asker.output);
    Ok(())
}

/// A user of whom no account knows anything.
fn nothing(openid: &str, profile: &str) -> Value {
    json!({
        "openid": openid, "account": null, "server": null, "profile": profile, "state": "unknown", "left": null,
        "until": null, "reason": null, "errcode": null, "actions": [], "typing": null, "waiting": 0,
        "chat_sign": null,
    })
}

fn text(item: &Value) -> String {
    let word = |member: &str| item[member].as_str().unwrap_or_default();
    let mut text = one_line(word("openid"));
    if let Some(account) = item["account"].as_str() {
        text.push_str(&format!(" and {}", one_line(&format!("{account} at {}", word("server")))));
    }
    text.push_str(&format!(", limits of {}\n", word("profile")));
    let stands = match word("state") {
        "open" => format!("may be sent {} until {}", messages(&item["left"]), word("until")),
        "closed" => format!("nothing may be sent: {}", word("reason")),
        _ => "it is not known what he did last: WeChat is asked".to_owned(),
    };
    text.push_str(&format!("  {}\n", one_line(&stands)));
    for action in item["actions"].as_array().into_iter().flatten() {
        let word = |member: &str| action[member].as_str().unwrap_or_default();
        let allows = match action["sends"].as_u64() {
            Some(sends) => format!("{} of {sends} sent", action["sent"]),
            None => format!("{} sent", action["sent"]),
        };
        let line = format!("{} at {}: {allows}, until {}", word("trigger"), word("at"), word("until"));
        text.push_str(&format!("    {}\n", one_line(&line)));
    }
    if let Some(sign) = item["chat_sign"].as_object() {
        let word = |member: &str| sign[member].as_str().unwrap_or_default();
        let line = format!("marked {} by {} at {}", sign["sign"], word("plugin"), word("at"));
        text.push_str(&format!("  {}\n", one_line(&line)));
    }
    match item["waiting"].as_u64().unwrap_or(0) {
        0 => {}
        1 => text.push_str("  1 message to him waits\n"),
        waiting => text.push_str(&format!("  {waiting} messages to him wait\n")),
    }
    text
}

fn messages(left: &Value) -> String {
    match left.as_u64() {
        Some(1) => "1 message".to_owned(),
        Some(left) => format!("{left} messages"),
        None => "any number of messages".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn for_a_person() {
        let action = json!({"trigger": "message", "at": "T1", "until": "T2", "sends": 5, "sent": 2, "left": 3});
        let mut item = json!({
            "openid": "oA", "account": "wx1", "server": "http://a", "profile": "2025", "state": "open", "left": 3,
            "until": "T2", "reason": null, "errcode": null, "actions": [action], "typing": null, "waiting": 2,
            "chat_sign": {"sign": 1, "at": "T3", "plugin": "p"},
        });
        let shown = "oA and wx1 at http://a, limits of 2025\n  may be sent 3 messages until T2\n    \
                     message at T1: 2 of 5 sent, until T2\n  marked 1 by p at T3\n  2 messages to him wait\n";
        assert_eq!(text(&item), shown);
        item["chat_sign"] = Value::Null;
        (item["state"], item["reason"], item["actions"], item["waiting"]) =
            (json!("closed"), json!("over"), json!([]), json!(1));
        let shown = "oA and wx1 at http://a, limits of 2025\n  nothing may be sent: over\n  1 message to him waits\n";
        assert_eq!(text(&item), shown);
        let shown = "oB, limits of 2017\n  it is not known what he did last: WeChat is asked\n";
        assert_eq!(text(&nothing("oB", "2017")), shown);
    }
}
