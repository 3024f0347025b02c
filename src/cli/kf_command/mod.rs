//! `duoke kf`: customer-service accounts, their sessions and what was said in them (wechat-api.md §1).
//!
//! - `desk` is the client and how its answers are said; `accounts`, `sessions` and `records` are the commands

mod accounts;
mod desk;
mod records;
mod sessions;

use clap::Subcommand;
use tokio::runtime::Handle;

use super::exit::Exit;
use super::output::Output;
use super::signals::exit_when_interrupted;
use desk::Desk;

const EXAMPLES: &str = "\
Examples:
  duoke kf list
  duoke kf add kf1@gh_1234 --nickname 小王
  duoke kf session create kf1@gh_1234 oA
  duoke kf records --since 2h --format jsonl

The account is the one in DUOKE_APP_ID and DUOKE_APP_SECRET. The exit is 0 where WeChat did what was
asked, 120 where it refused or no answer came to a change, 96 where it cannot be reached, 3 where it
does not take the account.";

/// Look at customer-service accounts and sessions, and change them.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// The server that speaks WeChat's API [env: DUOKE_WECHAT_BASE_URL].
    #[arg(long, global = true, value_name = "URL")]
    wechat_base: Option<String>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    List(accounts::ListArguments),
    Add(accounts::AddArguments),
    Update(accounts::UpdateArguments),
    Remove(accounts::RemoveArguments),
    Avatar(accounts::AvatarArguments),
    Online(accounts::OnlineArguments),
    Invite(accounts::InviteArguments),
    Session(sessions::Arguments),
    Waiting(sessions::WaitingArguments),
    Records(records::Arguments),
}

pub(super) fn kf(arguments: &Arguments, runtime: &Handle, output: &mut Output) -> Exit {
    exit_when_interrupted(runtime);
    let ended =
        Desk::new(arguments.wechat_base.as_deref(), runtime, output).and_then(|mut desk| match &arguments.command {
            Command::List(arguments) => accounts::list(arguments, &mut desk),
            Command::Add(arguments) => accounts::add(arguments, &mut desk),
            Command::Update(arguments) => accounts::update(arguments, &mut desk),
            Command::Remove(arguments) => accounts::remove(arguments, &mut desk),
            Command::Avatar(arguments) => accounts::avatar(arguments, &mut desk),
            Command::Online(arguments) => accounts::online(arguments, &mut desk),
            Command::Invite(arguments) => accounts::invite(arguments, &mut desk),
            Command::Session(arguments) => sessions::session(arguments, &mut desk),
            Command::Waiting(arguments) => sessions::waiting(arguments, &mut desk),
            Command::Records(arguments) => records::records(arguments, &mut desk),
        });
    ended.map_or_else(|exit| exit, |()| Exit::Fine)
}
