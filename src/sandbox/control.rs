//! `/_sandbox/`: the sandbox's own API (cli.md, "The sandbox's own API"). JSON in and out; what is wrong with a request
//! is told in `error` with an HTTP status of its own.

use axum::http::{Method, StatusCode};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value, json};

use super::{
    answer::Answer,
    api::Incoming,
    desk::SeedKf,
    fault::Fault,
    world::{Received, World},
};
use crate::{base::clock::format_rfc3339, wechat::MediaType};

/// Where the sandbox's own API begins.
pub(super) const PREFIX: &str = "/_sandbox/";

type Outcome = Result<Value, (StatusCode, String)>;

/// Answers a call of the control API.
pub(super) fn answer(world: &mut World, incoming: &Incoming) -> Answer {
    match route(world, incoming) {
        Ok(value) => Answer::Own(StatusCode::OK, value),
        Err((status, message)) => Answer::own_error(status, message),
    }
}

fn route(world: &mut World, incoming: &Incoming) -> Outcome {
    let rest = incoming.path.strip_prefix(PREFIX).unwrap_or_default();
    if let Some(openid) = rest.strip_prefix("users/").and_then(|rest| rest.strip_suffix("/send")) {
        return post(incoming).and_then(|()| user_sends(world, openid, incoming));
    }
    match rest {
        "messages" => get(incoming).map(|()| messages(world, incoming)),
        "stats" => get(incoming).map(|()| world.stats()),
        "faults" => post(incoming).and_then(|()| faults(world, incoming)),
        "clock" => post(incoming).and_then(|()| clock(world, incoming)),
        "seed" => post(incoming).and_then(|()| seed(world, incoming)),
        "expire-token" => post(incoming).map(|()| {
            let now = world.now();
            json!({"expired": world.tokens.expire(now)})
        }),
        "callback" => Err((StatusCode::NOT_IMPLEMENTED, "the sandbox does not push to a callback yet".to_owned())),
        _ => Err((StatusCode::NOT_FOUND, format!("the sandbox has no call {}", incoming.path))),
    }
}

fn get(incoming: &Incoming) -> Result<(), (StatusCode, String)> {
    expect(incoming, &Method::GET)
}

fn post(incoming: &Incoming) -> Result<(), (StatusCode, String)> {
    expect(incoming, &Method::POST)
}

fn expect(incoming: &Incoming, method: &Method) -> Result<(), (StatusCode, String)> {
    if incoming.method == *method {
        return Ok(());
    }
    Err((StatusCode::METHOD_NOT_ALLOWED, format!("{} wants {method}", incoming.path)))
}

fn bad(message: impl Into<String>) -> (StatusCode, String) {
    (StatusCode::BAD_REQUEST, message.into())
}

fn read<T: DeserializeOwned>(incoming: &Incoming) -> Result<T, (StatusCode, String)> {
    serde_json::from_slice(&incoming.body).map_err(|error| bad(format!("the body is not as expected: {error}")))
}

fn user_sends(world: &mut World, openid: &str, incoming: &Incoming) -> Outcome {
    if openid.is_empty() || openid.contains('/') {
        return Err(bad("the path is users/{openid}/send"));
    }
    let push: Map<String, Value> = read(incoming)?;
    world.act(openid, &push).map_err(bad)?;
    // No callback can be registered yet, so nothing is pushed.
    Ok(json!({"delivered": false, "attempts": 0}))
}

fn messages(world: &World, incoming: &Incoming) -> Value {
    world.received(incoming.param("openid")).map(Received::to_json).collect()
}

fn faults(world: &mut World, incoming: &Incoming) -> Outcome {
    let fault: Fault = read(incoming)?;
    if let Some(objection) = fault.objection() {
        return Err(bad(objection));
    }
    world.faults.plant(fault);
    Ok(json!({"faults": world.faults.left()}))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    advance_seconds: f64,
}

/// Time goes forward only: tokens and windows remember when they end.
fn clock(world: &mut World, incoming: &Incoming) -> Outcome {
    let Advance { advance_seconds } = read(incoming)?;
    let year_limit = 1e10;
    if !(0.0..=year_limit).contains(&advance_seconds) {
        return Err(bad("advance_seconds must be a number of seconds, 0 or more"));
    }
    world.advance((advance_seconds * 1000.0).round() as i64);
    Ok(json!({"now": format_rfc3339(world.now())}))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Seed {
    #[serde(default)]
    mpnews: Vec<SeedMpnews>,
    #[serde(default)]
    articles: Vec<String>,
    #[serde(default)]
    cards: Vec<String>,
    #[serde(default)]
    media: Vec<SeedMedia>,
    #[serde(default)]
    kf: Vec<SeedKf>,
    /// Users who wait for an account, by openid: nothing else brings one there yet.
    #[serde(default)]
    waiting: Vec<String>,
}

/// An mpnews media of one article, or of several.
#[derive(Deserialize)]
#[serde(untagged)]
enum SeedMpnews {
    One(String),
    Of { media_id: String, articles: usize },
}

/// A media id of any kind, or of one.
#[derive(Deserialize)]
#[serde(untagged)]
enum SeedMedia {
    Any(String),
    Of {
        media_id: String,
        #[serde(rename = "type")]
        kind: String,
    },
}

fn seed(world: &mut World, incoming: &Incoming) -> Outcome {
    let seed: Seed = read(incoming)?;
    let mut media = Vec::new();
    for one in &seed.media {
        media.push(match one {
            SeedMedia::Any(media_id) => (media_id, None),
            SeedMedia::Of { media_id, kind: name } => {
                let kind = MediaType::from_name(name);
                (media_id, Some(kind.ok_or_else(|| bad(format!("there is no media type {name:?}")))?))
            }
        });
    }
    for (media_id, kind) in media {
        world.media.seed(media_id, kind);
    }
    world.seeds.mpnews.extend(seed.mpnews.into_iter().map(|one| match one {
        SeedMpnews::One(media_id) => (media_id, 1),
        SeedMpnews::Of { media_id, articles } => (media_id, articles),
    }));
    world.seeds.articles.extend(seed.articles);
    world.seeds.cards.extend(seed.cards);
    for kf in seed.kf {
        world.desk.seed(kf);
    }
    let now = world.now();
    for openid in seed.waiting {
        world.desk.waiting.entry(openid).or_insert(now);
    }
    Ok(json!({"ok": true}))
}
