//! The calls of customer-service accounts and sessions (wechat-api.md §1).

use serde_json::{Map, Value, json};

use super::{
    answer::{Answer, Refusal},
    api::Incoming,
    desk::{Kf, Wrong},
    world::World,
};
use crate::{
    base::{
        clock::TimestampMs,
        limits::{KF_AVATAR_BYTES_MAX, SANDBOX_WAITING_LISTED},
    },
    wechat::PictureFormat,
};

type Answered = Result<Answer, Refusal>;

fn text<'a>(body: &'a Value, name: &str) -> &'a str {
    body.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// `POST kfaccount/add`. The password of the manual of 2017 is not looked at.
pub(super) fn add(world: &mut World, incoming: &Incoming) -> Answered {
    let body = incoming.object()?;
    let (account, nickname, profile) = (text(&body, "kf_account"), text(&body, "nickname"), world.config.profile);
    if account.is_empty() {
        return Err(Wrong::Parameter.by(&profile));
    }
    let added = world.desk.add(account, nickname, &world.config.wechat_id, &profile);
    added.map(|()| Answer::ok()).map_err(|wrong| wrong.by(&profile))
}

/// `POST kfaccount/update`
pub(super) fn update(world: &mut World, incoming: &Incoming) -> Answered {
    let (body, profile) = (incoming.object()?, world.config.profile);
    let renamed = world.desk.rename(text(&body, "kf_account"), text(&body, "nickname"), &profile);
    renamed.map(|()| Answer::ok()).map_err(|wrong| wrong.by(&profile))
}

/// `kfaccount/del`, the account in the address, as the old manual has it and most clients do, or in a body.
pub(super) fn delete(world: &mut World, incoming: &Incoming) -> Answered {
    let profile = world.config.profile;
    let account = match incoming.param("kf_account") {
        Some(account) => account.to_owned(),
        None if incoming.body.is_empty() => return Err(Wrong::Parameter.by(&profile)),
        None => text(&incoming.object()?, "kf_account").to_owned(),
    };
    world.desk.remove(&account).map(|()| Answer::ok()).map_err(|wrong| wrong.by(&profile))
}

/// `POST kfaccount/uploadheadimg`: 61457 no JPEG, 40009 too large.
pub(super) fn avatar(world: &mut World, incoming: &Incoming) -> Answered {
    let profile = world.config.profile;
    let account = incoming.param("kf_account").ok_or(Wrong::Parameter.by(&profile))?;
    let kf = world.desk.accounts.get_mut(account).ok_or(Wrong::Unknown.by(&profile))?;
    let file = incoming.file.as_ref().ok_or(Refusal(41005))?;
    match PictureFormat::sniff(&file.bytes) {
        _ if file.bytes.is_empty() => Err(Refusal(44001)),
        Some(PictureFormat::Jpeg) if file.bytes.len() > KF_AVATAR_BYTES_MAX => Err(Refusal(40009)),
        Some(PictureFormat::Jpeg) => {
            kf.avatars += 1;
            Ok(Answer::ok())
        }
        _ => Err(Refusal(61457)),
    }
}

/// `POST kfaccount/inviteworker`
pub(super) fn invite(world: &mut World, incoming: &Incoming) -> Answered {
    let (body, now) = (incoming.object()?, world.now());
    world.desk.invite(text(&body, "kf_account"), text(&body, "invite_wx"), now)?;
    Ok(Answer::ok())
}

/// `GET getkflist`
pub(super) fn list(world: &mut World, _: &Incoming) -> Answered {
    let now = world.now();
    let accounts: Vec<Value> = world.desk.accounts.iter().map(|(name, kf)| account(name, kf, now)).collect();
    Ok(Answer::Json(json!({"kf_list": accounts})))
}

fn account(name: &str, kf: &Kf, now: TimestampMs) -> Value {
    let mut account = json!({
        "kf_account": name,
        "kf_nick": kf.nickname,
        "kf_id": kf.id.to_string(),
        "kf_headimgurl": format!("http://mmbiz.qpic.cn/mmbiz/{}_{}/300", kf.id, kf.avatars),
    });
    if let Some(wx) = &kf.wx {
        account["kf_wx"] = json!(wx);
    } else if let Some(invite) = &kf.invite {
        account["invite_wx"] = json!(invite.wx);
        account["invite_expire_time"] = json!(invite.until / 1000);
        account["invite_status"] = json!(if now < invite.until { "waiting" } else { "expired" });
    }
    account
}

/// `GET getonlinekflist`
pub(super) fn online(world: &mut World, _: &Incoming) -> Answered {
    let desk = &world.desk;
    let online = desk.accounts.iter().filter(|(_, kf)| kf.online).map(|(name, kf)| {
        json!({"kf_account": name, "status": 1, "kf_id": kf.id.to_string(), "accepted_case": desk.served(name)})
    });
    Ok(Answer::Json(json!({"kf_online_list": online.collect::<Vec<_>>()})))
}

/// `POST kfsession/create`
pub(super) fn create_session(world: &mut World, incoming: &Incoming) -> Answered {
    let (body, now) = (incoming.object()?, world.now());
    world.user(text(&body, "openid"))?;
    world.desk.open(text(&body, "kf_account"), text(&body, "openid"), now)?;
    Ok(Answer::ok())
}

/// `POST kfsession/close`
pub(super) fn close_session(world: &mut World, incoming: &Incoming) -> Answered {
    let body = incoming.object()?;
    world.user(text(&body, "openid"))?;
    world.desk.close(text(&body, "kf_account"), text(&body, "openid"))?;
    Ok(Answer::ok())
}

/// `GET kfsession/getsession`
pub(super) fn session_of_user(world: &mut World, incoming: &Incoming) -> Answered {
    let openid = incoming.param("openid").ok_or(Refusal(40003))?;
    world.user(openid)?;
    let session = world.desk.sessions.get(openid);
    let (since, account) = session.map_or((0, ""), |session| (session.since, session.kf_account.as_str()));
    Ok(Answer::Json(json!({"createtime": since / 1000, "kf_account": account})))
}

/// `GET kfsession/getsessionlist`
pub(super) fn sessions_of_account(world: &mut World, incoming: &Incoming) -> Answered {
    let account = incoming.param("kf_account").filter(|name| world.desk.accounts.contains_key(*name));
    let account = account.ok_or(Refusal(65401))?;
    let of_account = world.desk.sessions.iter().filter(|(_, session)| session.kf_account == account);
    let sessions = of_account.map(|(openid, session)| json!({"createtime": session.since / 1000, "openid": openid}));
    Ok(Answer::Json(json!({"sessionlist": sessions.collect::<Vec<_>>()})))
}

/// `GET kfsession/getwaitcase`
pub(super) fn waiting(world: &mut World, _: &Incoming) -> Answered {
    let waiting = &world.desk.waiting;
    let listed = waiting.iter().take(SANDBOX_WAITING_LISTED);
    let listed: Vec<Value> =
        listed.map(|(openid, latest)| json!({"latest_time": latest / 1000, "openid": openid})).collect();
    Ok(Answer::Json(json!({"count": waiting.len(), "waitcaselist": listed})))
}

/// What a message or a push reads like in a record: a text as it is, anything else as `[type]`.
pub(super) fn spoken(kind: &str, content: Option<&Value>) -> String {
    match content.and_then(Value::as_str) {
        Some(content) if kind == "text" => content.to_owned(),
        _ => format!("[{kind}]"),
    }
}

/// The account in whose name a message was sent, `""` where none is named.
pub(super) fn agent(body: &Value) -> &str {
    body.get("customservice").map_or("", |agent| text(agent, "kf_account"))
}

/// What a user said, where a push is a message.
pub(super) fn said(push: &Map<String, Value>) -> Option<String> {
    let kind = push.get("MsgType").and_then(Value::as_str).filter(|kind| *kind != "event")?;
    Some(spoken(kind, push.get("Content")))
}
