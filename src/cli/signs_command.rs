//! `duoke signs`

use clap::ArgAction;
use serde_json::Value;
use tokio::runtime::Handle;

use super::exit::Exit;
use super::format::{Format, List};
use super::output::{Output, one_line};
use super::signals::exit_when_interrupted;
use super::state::{Asker, StoreArguments};
use crate::host::desk::Request;
use crate::host::{Notice, Watch as _};

const EXAMPLES: &str = "\
Examples:
  duoke signs
  duoke signs --sign 1 --format jsonl
  duoke signs oGZ0k5vVhIBzCeHZVcnbNKQ0cGqA

JSON, an array of objects (with jsonl a line each), in the order in which conversations got their first sign:
  openid           the customer
  account, server  the official account
  sign             0 or 1
  plugin           the plugin whose page put it
  cause            id of the event that led to it
  at               when it was put

A sign is put by pages of EChat (`echatSDK.setVisitorChatSign`) while messages are forwarded; the last one counts. It
is kept for 180 days. The exit is 0 also where there is none, 4 where OPENID has none.";

/// Show the signs that pages put on conversations.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// This customer's only.
    #[arg(value_name = "OPENID")]
    openid: Option<String>,
    /// Only conversations with this sign.
    #[arg(long, value_name = "SIGN", value_parser = clap::value_parser!(u8).range(0..=1), action = ArgAction::Set)]
    sign: Option<u8>,
    /// How to print it.
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    format: Format,
    #[command(flatten)]
    store: StoreArguments,
}

pub(super) fn signs(arguments: &Arguments, runtime: &Handle, output: &mut Output) -> Exit {
    exit_when_interrupted(runtime);
    list(arguments, runtime, output).unwrap_or_else(|exit| exit)
}

fn list(arguments: &Arguments, runtime: &Handle, output: &mut Output) -> Result<Exit, Exit> {
    let mut asker = Asker::new(&arguments.store, runtime, output)?;
    let mut list = List::new(arguments.format);
    let mut after = Some(0);
    while let Some(from) = after {
        let request = Request::Signs { openid: arguments.openid.clone(), sign: arguments.sign, after: from };
        let Some(answer) = asker.ask(&request)? else {
            asker.no_state();
            break;
        };
        after = answer.next;
        let human = |items: &[Value], _: &Output| items.iter().map(text).collect();
        if list.add(&answer.items, human, asker.output).is_err() {
            return Ok(Exit::Fine);
        }
    }
    list.end(asker.output);
    if !list.is_empty() {
        return Ok(Exit::Fine);
    }
    if arguments.format == Format::Human {
        asker.output.say(Notice::note("no conversation has such a sign"));
    }
    Ok(if arguments.openid.is_some() { Exit::NothingMatched } else { Exit::Fine })
}

fn text(item: &Value) -> String {
    let word = |member: &str| one_line(item[member].as_str().unwrap_or_default());
    let (openid, sign) = (word("openid"), &item["sign"]);
    format!("{sign}  {openid}  {}  by {} ({})\n", word("at"), word("plugin"), word("cause"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn for_a_person() {
        let item = json!({"openid": "oA", "account": "wx", "server": "http://a", "sign": 1, "plugin": "客户\n资料",
            "cause": "7", "at": "2026-11-29T08:00:00.000Z"});
        assert_eq!(text(&item), "1  oA  2026-11-29T08:00:00.000Z  by 客户 资料 (7)\n");
    }
}
