//! `duoke kf list`, `add`, `update`, `remove`, `avatar`, `online`, `invite`

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::desk::Desk;
use crate::base::limits::KF_AVATAR_BYTES_MAX;
use crate::cli::exit::Exit;
use crate::cli::format::Format;
use crate::cli::output::one_line;
use crate::cli::plugins::fail;
use crate::cli::settings::environment;
use crate::host::Notice;
use crate::wechat::{KfAccount, KfOnline, Secret};

/// The MD5 of an account's password, which WeChat wanted until it dropped passwords.
const PASSWORD_VARIABLE: &str = "DUOKE_KF_PASSWORD_MD5";

const LIST_EXAMPLES: &str = "\
Examples:
  duoke kf list
  duoke kf list --format json

JSON, an array of objects (with jsonl a line each), members as WeChat names them:
  kf_account, kf_nick, kf_id, kf_headimgurl
  kf_wx               whom it is bound to, where it is
  invite_wx, invite_expire_time, invite_status  whom it was offered to, where it was";

/// List the customer-service accounts.
#[derive(Debug, clap::Args)]
#[command(after_help = LIST_EXAMPLES)]
pub(super) struct ListArguments {
    /// How to print it.
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    format: Format,
}

pub(super) fn list(arguments: &ListArguments, desk: &mut Desk<'_>) -> Result<(), Exit> {
    let client = desk.client.clone();
    let accounts = desk.ask(client.kf_list())?;
    desk.list(&accounts, arguments.format, account, "there is no account; `duoke kf add` adds one");
    Ok(())
}

fn account(account: &KfAccount) -> String {
    let whose = match (account.kf_wx.as_str(), account.invite_wx.as_str()) {
        ("", "") => "bound to nobody".to_owned(),
        ("", invited) => format!("{invited} is invited ({})", account.invite_status),
        (bound, _) => format!("bound to {bound}"),
    };
    one_line(&format!("{} {} {} {whose}", account.kf_account, account.kf_id, account.kf_nick))
}

const ADD_EXAMPLES: &str = "\
Example:
  duoke kf add kf1@gh_1234 --nickname 小王

The account is PREFIX@WECHAT_ID: up to 10 letters, digits and _, and the official account's WeChat
id. It can be used once a person took it, see `duoke kf invite`. Where WeChat still wants a
password, its MD5 is read from DUOKE_KF_PASSWORD_MD5.";

/// Add a customer-service account.
#[derive(Debug, clap::Args)]
#[command(after_help = ADD_EXAMPLES)]
pub(super) struct AddArguments {
    #[command(flatten)]
    named: Named,
}

const UPDATE_EXAMPLES: &str = "\
Example:
  duoke kf update kf1@gh_1234 --nickname 小李";

/// Give a customer-service account another nickname.
#[derive(Debug, clap::Args)]
#[command(after_help = UPDATE_EXAMPLES)]
pub(super) struct UpdateArguments {
    #[command(flatten)]
    named: Named,
}

#[derive(Debug, clap::Args)]
struct Named {
    /// The account, `PREFIX@WECHAT_ID`.
    #[arg(value_name = "KF_ACCOUNT")]
    account: String,
    /// What customers see, up to 16 characters.
    #[arg(long, value_name = "NAME")]
    nickname: String,
}

fn password() -> Option<Secret> {
    environment(PASSWORD_VARIABLE).filter(|password| !password.is_empty()).map(Secret::new)
}

pub(super) fn add(AddArguments { named }: &AddArguments, desk: &mut Desk<'_>) -> Result<(), Exit> {
    let client = desk.client.clone();
    desk.ask(client.kf_add(&named.account, &named.nickname, password().as_ref()))?;
    desk.done(&format!("{} is added; `duoke kf invite` offers it to a person", named.account));
    Ok(())
}

pub(super) fn update(UpdateArguments { named }: &UpdateArguments, desk: &mut Desk<'_>) -> Result<(), Exit> {
    let client = desk.client.clone();
    desk.ask(client.kf_update(&named.account, &named.nickname, password().as_ref()))?;
    desk.done(&format!("{} is called {} now", named.account, named.nickname));
    Ok(())
}

const REMOVE_EXAMPLES: &str = "\
Example:
  duoke kf remove kf1@gh_1234";

/// Remove a customer-service account; its sessions end.
#[derive(Debug, clap::Args)]
#[command(after_help = REMOVE_EXAMPLES)]
pub(super) struct RemoveArguments {
    /// The account.
    #[arg(value_name = "KF_ACCOUNT")]
    account: String,
}

pub(super) fn remove(arguments: &RemoveArguments, desk: &mut Desk<'_>) -> Result<(), Exit> {
    let client = desk.client.clone();
    desk.ask(client.kf_delete(&arguments.account))?;
    desk.done(&format!("{} is removed", arguments.account));
    Ok(())
}

const AVATAR_EXAMPLES: &str = "\
Example:
  duoke kf avatar kf1@gh_1234 portrait.jpg";

/// Give a customer-service account a picture.
#[derive(Debug, clap::Args)]
#[command(after_help = AVATAR_EXAMPLES)]
pub(super) struct AvatarArguments {
    /// The account.
    #[arg(value_name = "KF_ACCOUNT")]
    account: String,
    /// A JPEG, up to 5 MiB; 640 × 640 is best.
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

pub(super) fn avatar(arguments: &AvatarArguments, desk: &mut Desk<'_>) -> Result<(), Exit> {
    let bytes = read(&arguments.file).map_err(|error| {
        let text = format!("{} cannot be read: {error}", arguments.file.display());
        fail(desk.output, Notice::error(text), Exit::Usage)
    })?;
    let client = desk.client.clone();
    desk.upload(client.kf_avatar(&arguments.account, &bytes))?;
    desk.done(&format!("{} has a new picture", arguments.account));
    Ok(())
}

/// A file, no further than to see that it is too large.
fn read(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(KF_AVATAR_BYTES_MAX as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

const ONLINE_EXAMPLES: &str = "\
Examples:
  duoke kf online
  duoke kf online --format jsonl

JSON, an array of objects (with jsonl a line each): kf_account, status (1 is online), kf_id,
accepted_case (customers it serves)";

/// List the customer-service accounts that are online, and how many customers each serves.
#[derive(Debug, clap::Args)]
#[command(after_help = ONLINE_EXAMPLES)]
pub(super) struct OnlineArguments {
    /// How to print it.
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    format: Format,
}

pub(super) fn online(arguments: &OnlineArguments, desk: &mut Desk<'_>) -> Result<(), Exit> {
    let client = desk.client.clone();
    let accounts = desk.ask(client.kf_online())?;
    let line = |one: &KfOnline| one_line(&format!("{} {} serves {}", one.kf_account, one.kf_id, one.accepted_case));
    desk.list(&accounts, arguments.format, line, "no account is online");
    Ok(())
}

const INVITE_EXAMPLES: &str = "\
Example:
  duoke kf invite kf1@gh_1234 wang_xiao";

/// Offer a customer-service account to a person, who accepts it in WeChat.
#[derive(Debug, clap::Args)]
#[command(after_help = INVITE_EXAMPLES)]
pub(super) struct InviteArguments {
    /// The account.
    #[arg(value_name = "KF_ACCOUNT")]
    account: String,
    /// The person's WeChat id.
    #[arg(value_name = "WECHAT_ID")]
    wechat_id: String,
}

pub(super) fn invite(arguments: &InviteArguments, desk: &mut Desk<'_>) -> Result<(), Exit> {
    let client = desk.client.clone();
    desk.ask(client.kf_invite(&arguments.account, &arguments.wechat_id))?;
    desk.done(&format!("{} is invited to work as {}", arguments.wechat_id, arguments.account));
    Ok(())
}
