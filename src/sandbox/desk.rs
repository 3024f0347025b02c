//! Customer-service accounts and sessions: what there is and what is refused (wechat-api.md §1, Limits; §2).

use indexmap::IndexMap;
use serde::Deserialize;
use serde_json::{Value, json};

use super::answer::Refusal;
use crate::{
    base::{
        clock::TimestampMs,
        limits::{SANDBOX_INVITE_LIFE_MS, SANDBOX_SESSION_MS},
    },
    wechat::{KfRefusals, Profile},
};

/// Characters before the `@`.
const PREFIX_CHARS_MAX: usize = 10;
/// Characters of the whole.
const ACCOUNT_CHARS_MAX: usize = 30;
/// The number of the first account, as in WeChat's samples.
const FIRST_ID: u64 = 1001;

/// What is wrong with an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wrong {
    /// A field of the request.
    Parameter,
    /// There is no such account.
    Unknown,
    /// It exists already.
    Exists,
    /// Its name is too long.
    Length,
    /// Its name holds what it may not.
    Characters,
    /// It is not one of this official account's.
    Foreign,
    /// There are as many as there may be.
    Count,
    /// The nickname.
    Nickname,
}

impl Wrong {
    /// The refusal in the words of a year.
    pub(super) fn by(self, profile: &Profile) -> Refusal {
        let (old, new) = match self {
            Self::Parameter => (61451, 61451),
            Self::Unknown => (61452, 65401),
            Self::Foreign => (61452, 65404),
            Self::Exists => (61453, 65406),
            Self::Length => (61454, 65404),
            Self::Characters => (61455, 65404),
            Self::Count => (61456, 65405),
            Self::Nickname => (61451, 65403),
        };
        Refusal(if profile.kf_refusals == KfRefusals::Old { old } else { new })
    }
}

/// An account as `POST /_sandbox/seed` gives it (cli.md).
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SeedKf {
    pub(super) kf_account: String,
    #[serde(default)]
    pub(super) nickname: String,
    #[serde(default = "yes")]
    pub(super) bound: bool,
    #[serde(default = "yes")]
    pub(super) online: bool,
}

impl SeedKf {
    /// Bound and online.
    pub(super) fn online(kf_account: &str) -> Self {
        Self { kf_account: kf_account.to_owned(), nickname: String::new(), bound: true, online: true }
    }
}

fn yes() -> bool {
    true
}

/// A customer-service account.
#[derive(Debug, Clone)]
pub(super) struct Kf {
    pub(super) id: u64,
    pub(super) nickname: String,
    /// Whom it is bound to.
    pub(super) wx: Option<String>,
    pub(super) online: bool,
    pub(super) invite: Option<Invite>,
    /// Pictures it has had.
    pub(super) avatars: u32,
}

/// An invitation that waits for its answer.
#[derive(Debug, Clone)]
pub(super) struct Invite {
    pub(super) wx: String,
    pub(super) until: TimestampMs,
}

/// Who serves a user.
#[derive(Debug, Clone)]
pub(super) struct Session {
    pub(super) kf_account: String,
    pub(super) since: TimestampMs,
}

/// Accounts in the order in which they came, sessions and waiting users by openid.
#[derive(Debug, Default)]
pub(super) struct Desk {
    pub(super) accounts: IndexMap<String, Kf>,
    pub(super) sessions: IndexMap<String, Session>,
    /// When each last wrote; the one who has waited longest first.
    pub(super) waiting: IndexMap<String, TimestampMs>,
    count: u64,
    /// What is to be pushed.
    changes: Vec<Change>,
}

/// A session that began, ended or went to another account, as the push that tells of it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Change {
    pub(super) openid: String,
    /// The fields of the event.
    pub(super) fields: Value,
}

impl Desk {
    pub(super) fn seed(&mut self, seed: SeedKf) {
        let known = self.accounts.get(&seed.kf_account).map(|kf| kf.id);
        let id = known.unwrap_or_else(|| self.next_id());
        let wx = seed.bound.then(|| format!("wx_{id}"));
        let kf = Kf { id, nickname: seed.nickname, wx, online: seed.bound && seed.online, invite: None, avatars: 0 };
        self.accounts.insert(seed.kf_account, kf);
    }

    pub(super) fn add(
        &mut self,
        kf_account: &str,
        nickname: &str,
        wechat_id: &str,
        profile: &Profile,
    ) -> Result<(), Wrong> {
        check_name(kf_account, wechat_id)?;
        if self.accounts.contains_key(kf_account) {
            return Err(Wrong::Exists);
        }
        if !profile.kf_nickname.takes(nickname) {
            return Err(Wrong::Nickname);
        }
        if self.accounts.len() >= profile.kf_accounts_max {
            return Err(Wrong::Count);
        }
        let (id, nickname) = (self.next_id(), nickname.to_owned());
        let kf = Kf { id, nickname, wx: None, online: false, invite: None, avatars: 0 };
        self.accounts.insert(kf_account.to_owned(), kf);
        Ok(())
    }

    pub(super) fn rename(&mut self, kf_account: &str, nickname: &str, profile: &Profile) -> Result<(), Wrong> {
        let kf = self.accounts.get_mut(kf_account).ok_or(Wrong::Unknown)?;
        if !profile.kf_nickname.takes(nickname) {
            return Err(Wrong::Nickname);
        }
        nickname.clone_into(&mut kf.nickname);
        Ok(())
    }

    /// Its sessions end with it.
    pub(super) fn remove(&mut self, kf_account: &str) -> Result<(), Wrong> {
        self.accounts.shift_remove(kf_account).ok_or(Wrong::Unknown)?;
        let served: Vec<String> = self.of(kf_account).cloned().collect();
        served.iter().for_each(|openid| self.end(openid));
        Ok(())
    }

    /// 65407 to 65412, without 65410: the sandbox plays one official account.
    pub(super) fn invite(&mut self, kf_account: &str, wx: &str, now: TimestampMs) -> Result<(), Refusal> {
        let is_live = |kf: &Kf| kf.invite.as_ref().is_some_and(|invite| now < invite.until);
        let kf = self.accounts.get(kf_account).ok_or(Refusal(65401))?;
        let refusals = [
            (!is_wechat_id(wx), 65409),
            (kf.wx.is_some(), 65412),
            (is_live(kf), 65411),
            (self.accounts.values().any(|kf| kf.wx.as_deref() == Some(wx)), 65407),
            (self.accounts.values().any(|kf| is_live(kf) && kf.invite.as_ref().is_some_and(|i| i.wx == wx)), 65408),
        ];
        if let Some((_, code)) = refusals.into_iter().find(|(is_so, _)| *is_so) {
            return Err(Refusal(code));
        }
        if let Some(kf) = self.accounts.get_mut(kf_account) {
            kf.invite = Some(Invite { wx: wx.to_owned(), until: now + SANDBOX_INVITE_LIFE_MS });
        }
        Ok(())
    }

    /// 65401 unknown, 65402 not bound, 65414 somebody else serves the user, 65415 not online.
    pub(super) fn open(&mut self, kf_account: &str, openid: &str, now: TimestampMs) -> Result<(), Refusal> {
        let kf = self.bound(kf_account)?;
        match self.sessions.get(openid) {
            Some(session) if session.kf_account == kf_account => return Ok(()),
            Some(_) => return Err(Refusal(65414)),
            None if !kf.online => return Err(Refusal(65415)),
            None => {}
        }
        self.begin(kf_account, openid, now);
        Ok(())
    }

    /// 65401 unknown, 65413 no session, 65414 somebody else's.
    pub(super) fn close(&mut self, kf_account: &str, openid: &str) -> Result<(), Refusal> {
        if !self.accounts.contains_key(kf_account) {
            return Err(Refusal(65401));
        }
        match self.sessions.get(openid) {
            None => Err(Refusal(65413)),
            Some(session) if session.kf_account != kf_account => Err(Refusal(65414)),
            Some(_) => {
                self.end(openid);
                Ok(())
            }
        }
    }

    /// An account that a person works as: 65401 unknown, 65402 not bound.
    pub(super) fn bound(&self, kf_account: &str) -> Result<&Kf, Refusal> {
        let kf = self.accounts.get(kf_account).ok_or(Refusal(65401))?;
        if kf.wx.is_some() { Ok(kf) } else { Err(Refusal(65402)) }
    }

    /// Users whom an account serves.
    pub(super) fn served(&self, kf_account: &str) -> usize {
        self.of(kf_account).count()
    }

    fn of<'a>(&'a self, kf_account: &'a str) -> impl Iterator<Item = &'a String> {
        self.sessions.iter().filter(move |(_, session)| session.kf_account == kf_account).map(|(openid, _)| openid)
    }

    /// Whether a user's messages go to customer service and not to the callback: for the 30 minutes after which WeChat
    /// takes a session for forgotten (guide/product/kf/forwarding).
    pub(super) fn is_served(&self, openid: &str, now: TimestampMs) -> bool {
        self.sessions.get(openid).is_some_and(|session| now - session.since < SANDBOX_SESSION_MS)
    }

    /// The callback hands a user over: to the account it names, also where nobody is online, or into the waiting queue.
    /// An account that is not there, or nobody's, is no account.
    pub(super) fn hand_over(&mut self, openid: &str, kf_account: Option<&str>, now: TimestampMs) {
        match kf_account.filter(|account| self.bound(account).is_ok()) {
            Some(account) => self.begin(account, openid, now),
            // A session that WeChat took for forgotten goes on.
            None => match self.sessions.get_mut(openid) {
                Some(session) => session.since = now,
                None => drop(self.waiting.entry(openid.to_owned()).or_insert(now)),
            },
        }
    }

    /// An account has a user from now on, whoever had him before.
    pub(super) fn begin(&mut self, kf_account: &str, openid: &str, now: TimestampMs) {
        self.waiting.shift_remove(openid);
        let session = Session { kf_account: kf_account.to_owned(), since: now };
        let fields = match self.sessions.insert(openid.to_owned(), session) {
            Some(before) if before.kf_account == kf_account => return,
            Some(before) => json!({
                "MsgType": "event",
                "Event": "kf_switch_session",
                "FromKfAccount": before.kf_account,
                "ToKfAccount": kf_account,
            }),
            None => json!({"MsgType": "event", "Event": "kf_create_session", "KfAccount": kf_account}),
        };
        self.changes.push(Change { openid: openid.to_owned(), fields });
    }

    /// A session ends, where there is one.
    pub(super) fn end(&mut self, openid: &str) {
        if let Some(session) = self.sessions.shift_remove(openid) {
            let fields = json!({"MsgType": "event", "Event": "kf_close_session", "KfAccount": session.kf_account});
            self.changes.push(Change { openid: openid.to_owned(), fields });
        }
    }

    /// What changed since this was asked last.
    pub(super) fn changes(&mut self) -> Vec<Change> {
        std::mem::take(&mut self.changes)
    }

    fn next_id(&mut self) -> u64 {
        self.count += 1;
        FIRST_ID + self.count - 1
    }
}

fn check_name(kf_account: &str, wechat_id: &str) -> Result<(), Wrong> {
    let (prefix, suffix) = kf_account.split_once('@').ok_or(Wrong::Foreign)?;
    if suffix != wechat_id {
        return Err(Wrong::Foreign);
    }
    if prefix.is_empty() || !prefix.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
        return Err(Wrong::Characters);
    }
    let is_long = prefix.len() > PREFIX_CHARS_MAX || kf_account.chars().count() > ACCOUNT_CHARS_MAX;
    if is_long { Err(Wrong::Length) } else { Ok(()) }
}

/// Whether a text could be a person's WeChat id: a letter, then letters, digits, `_` and `-`, 6 to 20 in all.
fn is_wechat_id(text: &str) -> bool {
    let is_inner = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    (6..=20).contains(&text.len()) && text.starts_with(|c: char| c.is_ascii_alphabetic()) && text.chars().all(is_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        let table = [
            ("kf_01@duoke", Ok(())),
            ("abcdefghij@duoke", Ok(())),
            ("abcdefghijk@duoke", Err(Wrong::Length)),
            ("kf-1@duoke", Err(Wrong::Characters)),
            ("客服@duoke", Err(Wrong::Characters)),
            ("@duoke", Err(Wrong::Characters)),
            ("kf1@other", Err(Wrong::Foreign)),
            ("kf1", Err(Wrong::Foreign)),
        ];
        for (name, expected) in table {
            assert_eq!(check_name(name, "duoke"), expected, "{name}");
        }
        let long = "a".repeat(24);
        assert_eq!(check_name(&format!("kf001@{long}"), &long), Ok(()));
        assert_eq!(check_name(&format!("kf0001@{long}"), &long), Err(Wrong::Length));
    }

    #[test]
    fn whom_a_user_is_handed_to() {
        let mut desk = Desk::default();
        let account = |bound| SeedKf { kf_account: "kf1@duoke".into(), nickname: String::new(), bound, online: false };
        desk.seed(account(false));
        desk.hand_over("oA", Some("kf1@duoke"), 1);
        assert_eq!(desk.waiting.get("oA"), Some(&1), "nobody works as that account");
        desk.seed(account(true));
        desk.hand_over("oA", Some("kf1@duoke"), 2);
        assert!(desk.waiting.is_empty() && desk.is_served("oA", 2 + SANDBOX_SESSION_MS - 1));
        assert!(!desk.is_served("oA", 2 + SANDBOX_SESSION_MS));
        desk.hand_over("oA", None, 2 + SANDBOX_SESSION_MS);
        assert!(desk.is_served("oA", 2 + SANDBOX_SESSION_MS) && desk.waiting.is_empty());
        assert_eq!(desk.changes().len(), 1, "one session began");
    }

    #[test]
    fn as_many_accounts_as_the_profile_has() {
        for profile in Profile::ALL {
            let mut desk = Desk::default();
            let mut add = |n: usize| desk.add(&format!("kf{n}@duoke"), "n", "duoke", &profile);
            for n in 0..profile.kf_accounts_max {
                assert_eq!(add(n), Ok(()));
            }
            assert_eq!(add(0), Err(Wrong::Exists));
            assert_eq!(add(profile.kf_accounts_max), Err(Wrong::Count), "{}", profile.name);
            desk.remove("kf0@duoke").unwrap();
            assert_eq!(desk.add("kf0@duoke", "n", "duoke", &profile), Ok(()));
        }
    }
}
