//! WeChat's paths, and the checks that come before each call's own (wechat-api.md §1).

use std::{collections::HashMap, net::IpAddr};

use axum::{body::Bytes, http::Method};
use serde_json::{Value, json};

use super::{
    answer::{Answer, Refusal},
    kf,
    media::{self, File},
    quota::{Metered, clear_quota},
    records, send,
    typing::{of_mini_programs, typing},
    whitelist,
    world::World,
};

/// A request, read whole.
#[derive(Debug)]
pub(super) struct Incoming {
    pub(super) method: Method,
    /// Whence it came.
    pub(super) from: IpAddr,
    pub(super) path: String,
    pub(super) query: HashMap<String, String>,
    pub(super) body: Bytes,
    /// The multipart field `media`, where there is one with a file name.
    pub(super) file: Option<File>,
}

impl Incoming {
    /// A query parameter that is there and not empty.
    pub(super) fn param(&self, name: &str) -> Option<&str> {
        self.query.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// The body as a JSON object: 44002 empty, 47001 anything else.
    pub(super) fn object(&self) -> Result<Value, Refusal> {
        if self.body.is_empty() {
            return Err(Refusal(44002));
        }
        match serde_json::from_slice(&self.body) {
            Ok(value @ Value::Object(_)) => Ok(value),
            _ => Err(Refusal(47001)),
        }
    }

    /// The user a body speaks of: 41009 where it names none. The manual's `toUser` of 2017 names none.
    pub(super) fn touser(&self, body: &Value) -> Result<String, Refusal> {
        match body.get("touser") {
            None => Err(Refusal(41009)),
            Some(Value::String(openid)) if openid.is_empty() => Err(Refusal(41009)),
            Some(Value::String(openid)) => Ok(openid.clone()),
            Some(_) => Err(Refusal(40003)),
        }
    }
}

type Play = fn(&mut World, &Incoming) -> Result<Answer, Refusal>;

/// How a call is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Get,
    Post,
    /// Either: the manuals differ.
    Any,
    /// Without a token.
    GetToken,
    /// Without a token.
    PostToken,
}

/// The paths whose bodies the server reads as multipart.
const WITH_FILE: [&str; 2] = ["/cgi-bin/media/upload", "/customservice/kfaccount/uploadheadimg"];

/// Whether a call of this path carries a file.
pub(super) fn takes_file(path: &str) -> bool {
    WITH_FILE.contains(&path)
}

const ENDPOINTS: &[(&str, Way, Play)] = &[
    ("/cgi-bin/token", Way::GetToken, token),
    ("/cgi-bin/stable_token", Way::PostToken, stable_token),
    ("/cgi-bin/clear_quota", Way::Post, clear_quota),
    ("/cgi-bin/media/upload", Way::Post, media::upload),
    ("/cgi-bin/media/get", Way::Get, media::get),
    ("/cgi-bin/message/custom/send", Way::Post, send::send),
    ("/cgi-bin/message/custom/typing", Way::Post, typing),
    ("/cgi-bin/message/custom/business/send", Way::Post, of_mini_programs),
    ("/cgi-bin/message/custom/business/typing", Way::Post, of_mini_programs),
    ("/customservice/kfaccount/add", Way::Post, kf::add),
    ("/customservice/kfaccount/update", Way::Post, kf::update),
    ("/customservice/kfaccount/del", Way::Any, kf::delete),
    ("/customservice/kfaccount/uploadheadimg", Way::Post, kf::avatar),
    ("/customservice/kfaccount/inviteworker", Way::Post, kf::invite),
    ("/cgi-bin/customservice/getkflist", Way::Get, kf::list),
    // Not documented; wechatpy 2 calls it.
    ("/customservice/getkflist", Way::Get, kf::list),
    ("/cgi-bin/customservice/getonlinekflist", Way::Get, kf::online),
    ("/customservice/kfsession/create", Way::Post, kf::create_session),
    ("/customservice/kfsession/close", Way::Post, kf::close_session),
    ("/customservice/kfsession/getsession", Way::Get, kf::session_of_user),
    ("/customservice/kfsession/getsessionlist", Way::Get, kf::sessions_of_account),
    ("/customservice/kfsession/getwaitcase", Way::Get, kf::waiting),
    ("/customservice/msgrecord/getmsglist", Way::Post, records::records),
];

/// Answers a call of WeChat's API.
pub(super) fn answer(world: &mut World, incoming: &Incoming) -> Answer {
    let Some((_, way, play)) = ENDPOINTS.iter().find(|(path, ..)| *path == incoming.path) else {
        return world.refuse(Refusal(40066));
    };
    let answered = admit(*way, world, incoming)
        .and_then(|()| metered(&incoming.path).map_or(Ok(()), |call| world.count_quota(call)))
        .and_then(|()| play(world, incoming));
    answered.unwrap_or_else(|refusal| world.refuse(refusal))
}

/// Whether a call of this path counts against a quota, whatever is answered; the tokens' calls count what they hand out.
fn metered(path: &str) -> Option<Metered> {
    match path {
        "/cgi-bin/message/custom/send" => Some(Metered::Send),
        "/cgi-bin/media/upload" => Some(Metered::Upload),
        "/cgi-bin/media/get" => Some(Metered::Download),
        _ => None,
    }
}

/// The token comes first, then the method.
fn admit(way: Way, world: &World, incoming: &Incoming) -> Result<(), Refusal> {
    if matches!(way, Way::Get | Way::Post | Way::Any) {
        let token = incoming.param("access_token").ok_or(Refusal(41001))?;
        world.tokens.check(token, world.now())?;
    }
    match way {
        Way::Get | Way::GetToken if incoming.method != Method::GET => Err(Refusal(43001)),
        Way::Post | Way::PostToken if incoming.method != Method::POST => Err(Refusal(43002)),
        Way::Any if ![Method::GET, Method::POST].contains(&incoming.method) => Err(Refusal(43002)),
        _ => Ok(()),
    }
}

fn token(world: &mut World, incoming: &Incoming) -> Result<Answer, Refusal> {
    let [grant, app_id, secret] = ["grant_type", "appid", "secret"].map(|name| incoming.param(name));
    admit_account(world, grant, app_id, secret)?;
    if let Some(refused) = whitelist::refused(world, incoming.from) {
        return Ok(refused);
    }
    world.count_quota(Metered::Token)?;
    let now = world.now();
    Ok(token_answer(world.tokens.plain(now)))
}

fn stable_token(world: &mut World, incoming: &Incoming) -> Result<Answer, Refusal> {
    let body = incoming.object()?;
    let text = |name: &str| body.get(name).and_then(Value::as_str).filter(|value| !value.is_empty());
    admit_account(world, text("grant_type"), text("appid"), text("secret"))?;
    if let Some(refused) = whitelist::refused(world, incoming.from) {
        return Ok(refused);
    }
    world.count_quota(Metered::StableToken)?;
    let force = body.get("force_refresh").and_then(Value::as_bool).unwrap_or(false);
    let now = world.now();
    world.tokens.stable(now, force).map(token_answer)
}

fn admit_account(
    world: &World,
    grant: Option<&str>,
    app_id: Option<&str>,
    secret: Option<&str>,
) -> Result<(), Refusal> {
    if grant != Some("client_credential") {
        return Err(Refusal(40002));
    }
    if app_id.ok_or(Refusal(41002))? != world.config.app_id {
        return Err(Refusal(40013));
    }
    if secret.ok_or(Refusal(41004))? != world.config.app_secret.expose() {
        return Err(Refusal(40125));
    }
    Ok(())
}

fn token_answer((value, expires_in): (String, i64)) -> Answer {
    Answer::Json(json!({"access_token": value, "expires_in": expires_in}))
}
