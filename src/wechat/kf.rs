//! Customer-service accounts, their sessions and what was said in them (wechat-api.md §1, kf and session calls).

use serde::{Deserialize, Deserializer, Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::{
    call::Call,
    client::{Answer, Client},
    error::WechatError,
    secret::Secret,
};
use crate::base::limits::RECORDS_PAGE_MAX;

/// A customer-service account (`getkflist`). What WeChat leaves out is empty.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct KfAccount {
    /// `prefix@wechat-id`
    pub kf_account: String,
    /// The nickname.
    #[serde(default)]
    pub kf_nick: String,
    /// Its number: WeChat writes it as text or as a number.
    #[serde(default, deserialize_with = "text_or_number")]
    pub kf_id: String,
    /// The picture's address.
    #[serde(default)]
    pub kf_headimgurl: String,
    /// The WeChat id of the person it is bound to.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub kf_wx: String,
    /// The WeChat id of the person who is invited.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub invite_wx: String,
    /// When the invitation ends, in seconds since the epoch.
    #[serde(default, deserialize_with = "text_or_number", skip_serializing_if = "String::is_empty")]
    pub invite_expire_time: String,
    /// `waiting`, `rejected` or `expired`
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub invite_status: String,
}

/// An account that is online (`getonlinekflist`).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct KfOnline {
    /// `prefix@wechat-id`
    pub kf_account: String,
    /// 1 online, 0 not.
    #[serde(default)]
    pub status: i64,
    /// Its number.
    #[serde(default, deserialize_with = "text_or_number")]
    pub kf_id: String,
    /// Customers it serves.
    #[serde(default)]
    pub accepted_case: i64,
}

/// Who serves a user (`getsession`).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct UserSession {
    /// The account; empty where the user has no session.
    #[serde(default)]
    pub kf_account: String,
    /// Since when, in seconds since the epoch.
    #[serde(default)]
    pub createtime: i64,
}

/// Whom an account serves (`getsessionlist`).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct AccountSession {
    /// The user.
    pub openid: String,
    /// Since when, in seconds since the epoch.
    #[serde(default)]
    pub createtime: i64,
}

/// Users who wait for an account (`getwaitcase`).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct Waiting {
    /// How many there are.
    pub count: i64,
    /// The 100 who have waited longest, longest first.
    #[serde(default)]
    pub waitcaselist: Vec<WaitCase>,
}

/// A user who waits.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct WaitCase {
    /// The user.
    pub openid: String,
    /// When he last wrote, in seconds since the epoch.
    #[serde(default)]
    pub latest_time: i64,
}

/// One message that was said (`getmsglist`). A media is shown as `[image]` and the like.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct Record {
    /// The user.
    pub openid: String,
    /// 2002: an account spoke; 2003: the user did.
    pub opercode: i64,
    /// What was said.
    #[serde(default)]
    pub text: String,
    /// When, in seconds since the epoch.
    pub time: i64,
    /// The account.
    #[serde(default)]
    pub worker: String,
}

#[derive(Deserialize)]
struct RecordsPage {
    #[serde(default)]
    recordlist: Vec<Record>,
    #[serde(default)]
    msgid: u64,
}

/// The records of a span of time, a page at a time.
#[derive(Debug)]
pub struct Records {
    client: Client,
    span_s: (i64, i64),
    page: usize,
    /// Where the next page begins; `None` after the last one.
    msgid: Option<u64>,
}

impl Records {
    /// With pages of so many records, at most [`RECORDS_PAGE_MAX`].
    #[must_use]
    pub fn by(mut self, page: usize) -> Self {
        self.page = page.clamp(1, RECORDS_PAGE_MAX);
        self
    }

    /// The next page; `None` after the last one.
    pub async fn next(&mut self) -> Result<Option<Vec<Record>>, WechatError> {
        let Some(msgid) = self.msgid else { return Ok(None) };
        let (starttime, endtime) = self.span_s;
        let body = json!({"starttime": starttime, "endtime": endtime, "msgid": msgid, "number": self.page});
        let answer = self.client.post_json(Call::Records, &[], &body).await?;
        let page: RecordsPage = self.client.read(Call::Records, &answer.0)?;
        // A server that names no later place would answer the same for ever.
        let goes_on = page.recordlist.len() >= self.page && page.msgid > msgid;
        self.msgid = goes_on.then_some(page.msgid);
        Ok(Some(page.recordlist))
    }
}

impl Client {
    /// `kfaccount/add`. The password is the MD5 of one, as the manual of 2017 wants it; today WeChat wants none.
    pub async fn kf_add(
        &self,
        kf_account: &str,
        nickname: &str,
        password_md5: Option<&Secret>,
    ) -> Result<(), WechatError> {
        self.kf_write(Call::KfAdd, kf_account, nickname, password_md5).await
    }

    /// `kfaccount/update`: another nickname.
    pub async fn kf_update(
        &self,
        kf_account: &str,
        nickname: &str,
        password_md5: Option<&Secret>,
    ) -> Result<(), WechatError> {
        self.kf_write(Call::KfUpdate, kf_account, nickname, password_md5).await
    }

    async fn kf_write(
        &self,
        call: Call,
        kf_account: &str,
        nickname: &str,
        password_md5: Option<&Secret>,
    ) -> Result<(), WechatError> {
        let mut body = json!({"kf_account": kf_account, "nickname": nickname});
        if let Some(password) = password_md5 {
            body["password"] = Value::from(password.expose());
        }
        self.post_json(call, &[], &body).await.map(drop)
    }

    /// `kfaccount/del`. The account stands in the address too, where the manual of old has it.
    pub async fn kf_delete(&self, kf_account: &str) -> Result<(), WechatError> {
        let query = [("kf_account", kf_account)];
        self.post_json(Call::KfDelete, &query, &json!({"kf_account": kf_account})).await.map(drop)
    }

    /// `kfaccount/inviteworker`: asks a person to work as this account.
    pub async fn kf_invite(&self, kf_account: &str, invite_wx: &str) -> Result<(), WechatError> {
        let body = json!({"kf_account": kf_account, "invite_wx": invite_wx});
        self.post_json(Call::KfInvite, &[], &body).await.map(drop)
    }

    /// `getkflist`
    pub async fn kf_list(&self) -> Result<Vec<KfAccount>, WechatError> {
        self.get_list(Call::KfList, &[], "kf_list").await
    }

    /// `getonlinekflist`
    pub async fn kf_online(&self) -> Result<Vec<KfOnline>, WechatError> {
        self.get_list(Call::KfOnline, &[], "kf_online_list").await
    }

    /// `kfsession/create`: the account serves the user; again for the same two it changes nothing.
    pub async fn session_create(&self, kf_account: &str, openid: &str) -> Result<(), WechatError> {
        let body = json!({"kf_account": kf_account, "openid": openid});
        self.post_json(Call::SessionCreate, &[], &body).await.map(drop)
    }

    /// `kfsession/close`
    pub async fn session_close(&self, kf_account: &str, openid: &str) -> Result<(), WechatError> {
        let body = json!({"kf_account": kf_account, "openid": openid});
        self.post_json(Call::SessionClose, &[], &body).await.map(drop)
    }

    /// `kfsession/getsession`
    pub async fn session_of_user(&self, openid: &str) -> Result<UserSession, WechatError> {
        let answer = self.get_json(Call::SessionOfUser, &[("openid", openid)]).await?;
        self.read(Call::SessionOfUser, &answer.0)
    }

    /// `kfsession/getsessionlist`
    pub async fn sessions_of_account(&self, kf_account: &str) -> Result<Vec<AccountSession>, WechatError> {
        self.get_list(Call::SessionsOfAccount, &[("kf_account", kf_account)], "sessionlist").await
    }

    /// `kfsession/getwaitcase`
    pub async fn waiting(&self) -> Result<Waiting, WechatError> {
        let answer = self.get_json(Call::Waiting, &[]).await?;
        self.read(Call::Waiting, &answer.0)
    }

    /// `msgrecord/getmsglist`: what was said between two times, in seconds since the epoch, at most 24 hours apart.
    #[must_use]
    pub fn records(&self, starttime_s: i64, endtime_s: i64) -> Records {
        Records { client: self.clone(), span_s: (starttime_s, endtime_s), page: RECORDS_PAGE_MAX, msgid: Some(1) }
    }

    async fn get_list<T: DeserializeOwned>(
        &self,
        call: Call,
        query: &[(&str, &str)],
        member: &str,
    ) -> Result<Vec<T>, WechatError> {
        let answer = self.get_json(call, query).await?;
        self.read(call, answer.0.get(member).unwrap_or(&Value::Null))
    }

    fn read<T: DeserializeOwned>(&self, call: Call, value: &Value) -> Result<T, WechatError> {
        T::deserialize(value).map_err(|_| self.not_json(call, &Answer(value.clone())))
    }
}

fn text_or_number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::String(text) => Ok(text),
        Value::Number(number) => Ok(number.to_string()),
        Value::Null => Ok(String::new()),
        other => Err(serde::de::Error::custom(format!("a text or a number, not {other}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_as_text_and_as_numbers() {
        for (kf_id, expected) in [(json!("1001"), "1001"), (json!(1001), "1001"), (Value::Null, "")] {
            let read = json!({"kf_account": "kf1@x", "kf_id": kf_id, "invite_expire_time": kf_id});
            let account: KfAccount = serde_json::from_value(read).unwrap();
            assert_eq!((account.kf_id.as_str(), account.invite_expire_time.as_str()), (expected, expected));
        }
        assert!(serde_json::from_value::<KfAccount>(json!({"kf_account": "kf1@x", "kf_id": []})).is_err());
    }
}
