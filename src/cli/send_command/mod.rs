//! `duoke send`

mod media;
mod types;
mod way;

use std::path::{Path, PathBuf};

use serde_json::Value;
use tokio::runtime::Handle;

use super::exit::Exit;
use super::format::Format;
use super::new_id::new_id;
use super::output::{Output, one_line};
use super::plugins::fail;
use super::settings;
use crate::host::desk::{Letter, fate};
use crate::host::{Notice, Target, Watch as _};
use crate::store::State;
use way::Way;

const EXAMPLES: &str = "\
Examples:
  duoke send text oGZ0k5vVhIBzCeHZVcnbNKQ0cGqA 您的订单已发货
  duoke send image oGZ0k5vVhIBzCeHZVcnbNKQ0cGqA receipt.png
  duoke send typing oGZ0k5vVhIBzCeHZVcnbNKQ0cGqA

A message goes through the same outbox as those of pages: behind those that wait for the same
customer, within what WeChat lets the account send him, on disk before it is sent. Where a host
runs on the state folder, it sends; else this command does, and before it what waits for the same
customer. A file is uploaded at once; WeChat keeps it for 3 days.

JSON, one object: the members of `duoke outbox list`, and
  notes[]      what was sent otherwise than it came: cut, converted
The exit is 0 where WeChat took the message,
and 120 where it is parked, given up, without an answer, or still tried after 30 s.";

/// Send a customer one message of any type, or show him that somebody types.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    #[command(subcommand)]
    message: types::MessageArguments,
}

/// To whom, in whose name, and by which way.
#[derive(Debug, clap::Args)]
struct To {
    /// The customer.
    #[arg(value_name = "OPENID", value_parser = openid)]
    openid: String,
    /// Send it in the name of this customer-service account.
    #[arg(long, value_name = "KF_ACCOUNT")]
    account: Option<String>,
    /// What makes it the same message: sent again with the same id, it goes out once. By default each is another one.
    #[arg(long, value_name = "ID", value_parser = id)]
    id: Option<String>,
    /// How to print what became of it.
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    format: Format,
    /// The folder of the durable state, by default `state` [env: DUOKE_STORE_PATH].
    #[arg(long, value_name = "DIR")]
    store: Option<PathBuf>,
    /// The server that speaks WeChat's API [env: DUOKE_WECHAT_BASE_URL].
    #[arg(long, value_name = "URL")]
    wechat_base: Option<String>,
}

fn openid(text: &str) -> Result<String, String> {
    let is_one = !text.is_empty() && !text.contains(char::is_whitespace);
    if is_one { Ok(text.to_owned()) } else { Err("an openid is one word".to_owned()) }
}

fn id(text: &str) -> Result<String, String> {
    if text.trim().is_empty() { Err("an id is not empty".to_owned()) } else { Ok(text.to_owned()) }
}

pub(super) fn send(arguments: &Arguments, runtime: &Handle, output: &mut Output) -> Exit {
    try_send(arguments, runtime, output).unwrap_or_else(|exit| exit)
}

fn try_send(arguments: &Arguments, runtime: &Handle, output: &mut Output) -> Result<Exit, Exit> {
    let to = arguments.message.to();
    let flag = |path: &str| match path {
        "wechat.base_url" => to.wechat_base.clone(),
        "store.path" => to.store.as_ref().map(|path| path.to_string_lossy().into_owned()),
        _ => None,
    };
    let config = settings::load(&flag).map_err(|error| fail(output, settings::notice(&error), Exit::Configuration))?;
    let client = settings::client(&config).map_err(|notice| fail(output, notice, Exit::Configuration))?;
    let (account, server) = (client.app_id.clone(), client.server());
    let target = Target { client, kf_account: None, on_unknown: settings::on_unknown(&config) };
    let mut way = Way { folder: Path::new(&config.store_path.value), target, runtime, output };
    let letter = Letter {
        id: to.id.clone().unwrap_or_else(|| new_id("send")),
        account,
        server,
        openid: to.openid.clone(),
        kf_account: to.account.clone(),
        content: arguments.message.content(&mut way)?,
    };
    let answer = way.send(letter)?;
    let Some(row) = answer.items.first() else { return Err(Exit::Bug) };
    Ok(tell(row, to.format, output))
}

/// Prints what became of it.
fn tell(row: &Value, format: Format, output: &mut Output) -> Exit {
    let key = row["key"].as_str().unwrap_or_default();
    let text = match format {
        Format::Human => format!("{}  {}\n", one_line(key), fate(row)),
        Format::Json => format!("{row:#}\n"),
        Format::Jsonl => format!("{row}\n"),
    };
    // Nobody reading it is fine.
    let _ = output.data(&text);
    for note in row["notes"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        output.say(Notice::warning(format!("it was sent otherwise than it came: {note}")));
    }
    let is_sent = row["state"] == State::Sent.name();
    if !is_sent {
        let reason = row["reason"].as_str().unwrap_or("WeChat has not answered yet");
        let hint = format!("`duoke explain {key}` says more");
        output.say(Notice::error(format!("{}: {reason}", fate(row))).with_hint(Some(hint)));
    }
    if is_sent { Exit::Fine } else { Exit::Messages }
}
