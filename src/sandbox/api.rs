//! WeChat's paths, and the checks that come before each call's own (wechat-api.md §1).

use std::collections::HashMap;

use axum::{
    body::Bytes,
    http::{Method, StatusCode},
};
use serde_json::{Value, json};

use super::{
    answer::{Answer, Refusal},
    media::{self, File},
    send,
    typing::{of_mini_programs, typing},
    world::World,
};

/// A request, read whole.
#[derive(Debug)]
pub(super) struct Incoming {
    pub(super) method: Method,
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

struct Endpoint {
    path: &'static str,
    method: Method,
    needs_token: bool,
    answer: fn(&mut World, &Incoming) -> Result<Answer, Refusal>,
}

/// The path of `media/upload`, whose body the server reads as multipart.
pub(super) const UPLOAD: &str = "/cgi-bin/media/upload";

const ENDPOINTS: &[Endpoint] = &[
    Endpoint { path: "/cgi-bin/token", method: Method::GET, needs_token: false, answer: token },
    Endpoint { path: "/cgi-bin/stable_token", method: Method::POST, needs_token: false, answer: stable_token },
    Endpoint { path: UPLOAD, method: Method::POST, needs_token: true, answer: media::upload },
    Endpoint { path: "/cgi-bin/media/get", method: Method::GET, needs_token: true, answer: media::get },
    Endpoint { path: "/cgi-bin/message/custom/send", method: Method::POST, needs_token: true, answer: send::send },
    Endpoint { path: "/cgi-bin/message/custom/typing", method: Method::POST, needs_token: true, answer: typing },
    Endpoint {
        path: "/cgi-bin/message/custom/business/send",
        method: Method::POST,
        needs_token: true,
        answer: of_mini_programs,
    },
    Endpoint {
        path: "/cgi-bin/message/custom/business/typing",
        method: Method::POST,
        needs_token: true,
        answer: of_mini_programs,
    },
];

/// Calls WeChat has and the sandbox does not play.
const ABSENT: &[&str] = &["/customservice/", "/cgi-bin/customservice/"];

/// Answers a call of WeChat's API.
pub(super) fn answer(world: &mut World, incoming: &Incoming) -> Answer {
    let Some(endpoint) = ENDPOINTS.iter().find(|endpoint| endpoint.path == incoming.path) else {
        if ABSENT.iter().any(|absent| incoming.path.starts_with(absent)) {
            let message = format!("the sandbox does not play {} yet", incoming.path);
            return Answer::own_error(StatusCode::NOT_IMPLEMENTED, message);
        }
        return world.refuse(Refusal(40066));
    };
    let answered = endpoint.admit(world, incoming).and_then(|()| (endpoint.answer)(world, incoming));
    answered.unwrap_or_else(|refusal| world.refuse(refusal))
}

impl Endpoint {
    /// The token comes first, then the method.
    fn admit(&self, world: &World, incoming: &Incoming) -> Result<(), Refusal> {
        if self.needs_token {
            let token = incoming.param("access_token").ok_or(Refusal(41001))?;
            world.tokens.check(token, world.now())?;
        }
        match self.method {
            _ if incoming.method == self.method => Ok(()),
            Method::GET => Err(Refusal(43001)),
            _ => Err(Refusal(43002)),
        }
    }
}

fn token(world: &mut World, incoming: &Incoming) -> Result<Answer, Refusal> {
    let [grant, app_id, secret] = ["grant_type", "appid", "secret"].map(|name| incoming.param(name));
    admit_account(world, grant, app_id, secret)?;
    let now = world.now();
    Ok(token_answer(world.tokens.plain(now)))
}

fn stable_token(world: &mut World, incoming: &Incoming) -> Result<Answer, Refusal> {
    let body = incoming.object()?;
    let text = |name: &str| body.get(name).and_then(Value::as_str).filter(|value| !value.is_empty());
    admit_account(world, text("grant_type"), text("appid"), text("secret"))?;
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
