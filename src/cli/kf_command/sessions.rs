//! `duoke kf session`, `duoke kf waiting`

use clap::Subcommand;
use serde_json::json;

use super::desk::Desk;
use crate::base::clock::format_rfc3339;
use crate::cli::exit::Exit;
use crate::cli::format::Format;
use crate::cli::output::one_line;
use crate::wechat::{AccountSession, WaitCase};

const EXAMPLES: &str = "\
Examples:
  duoke kf session create kf1@gh_1234 oA
  duoke kf session show oA";

/// Open and close customers' sessions with customer-service accounts, and look at them.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Create(CreateArguments),
    Close(CloseArguments),
    Show(ShowArguments),
    List(ListArguments),
}

pub(super) fn session(arguments: &Arguments, desk: &mut Desk<'_>) -> Result<(), Exit> {
    match &arguments.command {
        Command::Create(CreateArguments { pair }) => create(pair, desk),
        Command::Close(CloseArguments { pair }) => close(pair, desk),
        Command::Show(arguments) => show(arguments, desk),
        Command::List(arguments) => list(arguments, desk),
    }
}

#[derive(Debug, clap::Args)]
struct Pair {
    /// The account.
    #[arg(value_name = "KF_ACCOUNT")]
    account: String,
    /// The customer.
    #[arg(value_name = "OPENID")]
    openid: String,
}

const CREATE_EXAMPLES: &str = "\
Example:
  duoke kf session create kf1@gh_1234 oA

The account must be bound to a person and online. Where it serves the customer already nothing
changes.";

/// Let an account serve a customer.
#[derive(Debug, clap::Args)]
#[command(after_help = CREATE_EXAMPLES)]
struct CreateArguments {
    #[command(flatten)]
    pair: Pair,
}

fn create(pair: &Pair, desk: &mut Desk<'_>) -> Result<(), Exit> {
    let client = desk.client.clone();
    desk.ask(client.session_create(&pair.account, &pair.openid))?;
    desk.done(&format!("{} serves {} now", pair.account, pair.openid));
    Ok(())
}

const CLOSE_EXAMPLES: &str = "\
Example:
  duoke kf session close kf1@gh_1234 oA";

/// End the session of a customer with an account.
#[derive(Debug, clap::Args)]
#[command(after_help = CLOSE_EXAMPLES)]
struct CloseArguments {
    #[command(flatten)]
    pair: Pair,
}

fn close(pair: &Pair, desk: &mut Desk<'_>) -> Result<(), Exit> {
    let client = desk.client.clone();
    desk.ask(client.session_close(&pair.account, &pair.openid))?;
    desk.done(&format!("{} no longer serves {}", pair.account, pair.openid));
    Ok(())
}

const SHOW_EXAMPLES: &str = "\
Examples:
  duoke kf session show oA
  duoke kf session show oA --format json

JSON, one object: openid, kf_account (empty where nobody serves the customer), createtime (seconds
since 1970). The exit is 4 where nobody does.";

/// Say which account serves a customer, and since when.
#[derive(Debug, clap::Args)]
#[command(after_help = SHOW_EXAMPLES)]
struct ShowArguments {
    /// The customer.
    #[arg(value_name = "OPENID")]
    openid: String,
    /// How to print it.
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    format: Format,
}

fn show(arguments: &ShowArguments, desk: &mut Desk<'_>) -> Result<(), Exit> {
    let (client, openid) = (desk.client.clone(), &arguments.openid);
    let session = desk.ask(client.session_of_user(openid))?;
    let is_served = !session.kf_account.is_empty();
    let value = json!({"openid": openid, "kf_account": session.kf_account, "createtime": session.createtime});
    let text = match arguments.format {
        Format::Human if is_served => {
            let line = format!("{} serves {openid} since {}", session.kf_account, moment(session.createtime));
            format!("{}\n", one_line(&line))
        }
        Format::Human => format!("{}\n", one_line(&format!("nobody serves {openid}"))),
        Format::Json => format!("{value:#}\n"),
        Format::Jsonl => format!("{value}\n"),
    };
    // Nobody reading it is fine.
    let _ = desk.output.data(&text);
    if is_served { Ok(()) } else { Err(Exit::NothingMatched) }
}

const LIST_EXAMPLES: &str = "\
Examples:
  duoke kf session list kf1@gh_1234
  duoke kf session list kf1@gh_1234 --format jsonl

JSON, an array of objects (with jsonl a line each): openid, createtime (seconds since 1970)";

/// List the customers whom an account serves.
#[derive(Debug, clap::Args)]
#[command(after_help = LIST_EXAMPLES)]
struct ListArguments {
    /// The account.
    #[arg(value_name = "KF_ACCOUNT")]
    account: String,
    /// How to print it.
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    format: Format,
}

fn list(arguments: &ListArguments, desk: &mut Desk<'_>) -> Result<(), Exit> {
    let client = desk.client.clone();
    let sessions = desk.ask(client.sessions_of_account(&arguments.account))?;
    let line = |one: &AccountSession| one_line(&format!("{} since {}", one.openid, moment(one.createtime)));
    desk.list(&sessions, arguments.format, line, &format!("{} serves nobody", arguments.account));
    Ok(())
}

const WAITING_EXAMPLES: &str = "\
Examples:
  duoke kf waiting
  duoke kf waiting --format json

JSON, an array of objects (with jsonl a line each): openid, latest_time (seconds since 1970). WeChat
names the 100 who have waited longest.";

/// List the customers who wait for an account, the one who has waited longest first.
#[derive(Debug, clap::Args)]
#[command(after_help = WAITING_EXAMPLES)]
pub(super) struct WaitingArguments {
    /// How to print it.
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    format: Format,
}

pub(super) fn waiting(arguments: &WaitingArguments, desk: &mut Desk<'_>) -> Result<(), Exit> {
    let client = desk.client.clone();
    let waiting = desk.ask(client.waiting())?;
    let line = |one: &WaitCase| one_line(&format!("{} wrote {}", one.openid, moment(one.latest_time)));
    desk.list(&waiting.waitcaselist, arguments.format, line, "nobody waits");
    let more = waiting.count - i64::try_from(waiting.waitcaselist.len()).unwrap_or(i64::MAX);
    if more > 0 {
        desk.done(&format!("{more} more wait"));
    }
    Ok(())
}

/// Seconds since the epoch as a time.
pub(super) fn moment(seconds: i64) -> String {
    format_rfc3339(seconds.saturating_mul(1000))
}
