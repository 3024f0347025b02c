//! WeChat's error codes as one table: code, action, phrase, meaning, next step (wechat-api.md §2).
//!
//! The table is the text file beside this one; the sandbox answers with its phrases, the client acts and explains by it.

use std::{str::FromStr, sync::LazyLock};

/// What the client or the outbox does about a code (wechat-api.md §2, column "action").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// Try again with a growing pause, then park.
    Retry,
    /// Fetch a new access token and try once more, then park the account.
    Refresh,
    /// The configuration is wrong: stop all calls, never loop.
    Configuration,
    /// This machine's address is refused: park the account, look again slowly.
    Whitelist,
    /// The account itself is closed: park everything.
    Account,
    /// This call is closed to the account: park everything that needs it.
    Api,
    /// Park until the next day begins in UTC+8.
    NextDay,
    /// Wait for the next minute, then try again.
    NextMinute,
    /// Park until this user's next action.
    Window,
    /// Park until this user follows the account.
    Subscribe,
    /// Park this user's messages for a person to look at.
    ParkUser,
    /// Upload the media again and try once more, then drop.
    Reupload,
    /// The media is not acceptable: drop.
    Media,
    /// Too long: shorten or drop.
    Shorten,
    /// Too many articles: split or drop.
    Split,
    /// This message cannot reach this user: drop.
    Drop,
    /// Our request is wrong: drop and report.
    Bug,
    /// Typing is best effort: ignore.
    Typing,
    /// An administration call was refused: no retry.
    Admin,
    /// A code of another API.
    NotOurs,
}

/// The actions, their names in the table, and what an operator does where a row says nothing of its own.
const ACTIONS: &[(&str, Action, &str)] = &[
    ("retry", Action::Retry, "wait a little; the message is tried again by itself"),
    ("refresh", Action::Refresh, "a new access token is fetched by itself"),
    ("configuration", Action::Configuration, "check DUOKE_APP_ID and DUOKE_APP_SECRET"),
    ("whitelist", Action::Whitelist, "add this machine's address on mp.weixin.qq.com, 基本配置, IP白名单"),
    ("account", Action::Account, "see the notices of the account on mp.weixin.qq.com"),
    ("api", Action::Api, "see the notices of the account on mp.weixin.qq.com"),
    ("next_day", Action::NextDay, "the quota is full again at 00:00, China time"),
    ("next_minute", Action::NextMinute, "the message is tried again in the next minute by itself"),
    ("window", Action::Window, "the message can go out after the user's next message or menu click"),
    ("subscribe", Action::Subscribe, "the message can go out when the user follows the account again"),
    ("park_user", Action::ParkUser, "look at the row with `duoke outbox show`"),
    ("reupload", Action::Reupload, "the media is uploaded again by itself where its source is known"),
    ("media", Action::Media, "use a file of a kind and size that WeChat takes"),
    ("shorten", Action::Shorten, "shorten the message"),
    ("split", Action::Split, "set wechat.profile to the account's year, so that news messages are split"),
    ("drop", Action::Drop, "nothing to do: this message cannot reach this user"),
    ("bug", Action::Bug, "report this with the whole line: duoke's request was wrong"),
    ("typing", Action::Typing, "nothing to do: the typing state is best effort"),
    ("admin", Action::Admin, "correct the call's arguments"),
    ("not_ours", Action::NotOurs, "report this with the whole line: the code belongs to another API"),
];

/// One row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Errcode {
    /// WeChat's `errcode`.
    pub code: i64,
    /// What is done about it.
    pub action: Action,
    /// WeChat's fixed English phrase, the beginning of `errmsg`.
    pub phrase: &'static str,
    /// Our sentence of what it means.
    pub meaning: &'static str,
    /// What an operator does next.
    pub next: &'static str,
}

static TABLE: LazyLock<Vec<Errcode>> = LazyLock::new(|| {
    let lines = include_str!("errcodes.txt").lines();
    lines.filter(|line| !line.starts_with('#') && !line.trim().is_empty()).map(read_row).collect()
});

/// Reads one line; the table is part of the program, so a bad line is our bug.
fn read_row(line: &'static str) -> Errcode {
    let mut cells = line.split('|').map(str::trim);
    let mut cell = || cells.next().unwrap_or_else(|| panic!("errcodes.txt: too few cells in {line:?}"));
    let (code, action, phrase, meaning, next) = (cell(), cell(), cell(), cell(), cell());
    let code = i64::from_str(code).unwrap_or_else(|_| panic!("errcodes.txt: no code in {line:?}"));
    let Some((_, action, usual)) = ACTIONS.iter().find(|(name, ..)| *name == action) else {
        panic!("errcodes.txt: unknown action in {line:?}");
    };
    Errcode { code, action: *action, phrase, meaning, next: if next.is_empty() { usual } else { next } }
}

/// Every row, in the order of the file.
#[must_use]
pub fn all() -> &'static [Errcode] {
    &TABLE
}

/// The row of a code; `None` for a code WeChat has added since.
#[must_use]
pub fn lookup(code: i64) -> Option<&'static Errcode> {
    TABLE.iter().find(|row| row.code == code)
}

/// The phrase WeChat's `errmsg` begins with; a general one for a code that is not in the table.
#[must_use]
pub fn phrase(code: i64) -> &'static str {
    match code {
        0 => "ok",
        _ => lookup(code).map_or("unknown error", |row| row.phrase),
    }
}

/// The action for a code that is in the table or not: an unknown refusal drops the message, as nothing says it would
/// ever be taken.
#[must_use]
pub fn action(code: i64) -> Action {
    lookup(code).map_or(Action::Drop, |row| row.action)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_whole_and_single() {
        for (index, row) in all().iter().enumerate() {
            assert!(!row.phrase.is_empty() && !row.meaning.is_empty() && !row.next.is_empty(), "{row:?}");
            assert!(all()[..index].iter().all(|other| other.code != row.code), "{} twice", row.code);
        }
        assert!(all().len() > 100);
    }

    #[test]
    fn every_action_has_a_row() {
        for (name, action, _) in ACTIONS {
            assert!(all().iter().any(|row| row.action == *action), "{name} is used by no row");
        }
    }

    #[test]
    fn the_contract_s_classes() {
        let table = [
            (-1, Action::Retry),
            (40001, Action::Refresh),
            (40014, Action::Refresh),
            (42001, Action::Refresh),
            (40125, Action::Configuration),
            (40164, Action::Whitelist),
            (40003, Action::Drop),
            (43004, Action::Subscribe),
            (45015, Action::Window),
            (45047, Action::Window),
            (45009, Action::NextDay),
            (45011, Action::NextMinute),
            (40007, Action::Reupload),
            (45001, Action::Media),
            (45002, Action::Shorten),
            (45008, Action::Split),
            (45081, Action::Typing),
            (48001, Action::Api),
            (65401, Action::Admin),
            (47002, Action::Bug),
            (45157, Action::NotOurs),
            (99999, Action::Drop),
        ];
        for (code, expected) in table {
            assert_eq!(action(code), expected, "{code}");
        }
    }

    #[test]
    fn phrases_are_wechat_s() {
        assert_eq!(phrase(0), "ok");
        assert_eq!(phrase(45015), "response out of time limit or subscription is canceled");
        assert!(phrase(47002).contains(r"(\uxxxx\uxxxx)"));
        assert_eq!(phrase(12345), "unknown error");
    }
}
