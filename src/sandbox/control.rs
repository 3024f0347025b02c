//! `/_sandbox/`: the sandbox's own API (cli.md, "The sandbox's own API"). JSON in and out; what is wrong with a request
//! is told in `error` with an HTTP status of its own.

use std::sync::Arc;

use axum::http::{Method, StatusCode};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value, json};
use tokio::sync::oneshot::{self, error::TryRecvError};

use super::{
    answer::Answer,
    api::Incoming,
    callback::{Callback, Registration},
    desk::SeedKf,
    fault::Fault,
    shared::{Delivery, Shared},
    world::World,
};
use crate::{
    base::{clock::format_rfc3339, limits::PUSH_BODY_BYTES_MAX},
    wechat::MediaType,
};

/// Where the sandbox's own API begins.
pub(super) const PREFIX: &str = "/_sandbox/";

type Outcome = Result<Value, (StatusCode, String)>;

/// Answers a call of the control API.
pub(super) async fn answer(shared: &Shared, incoming: &Incoming) -> Answer {
    let rest = incoming.path.strip_prefix(PREFIX).unwrap_or_default();
    let outcome = match rest.strip_prefix("users/").map(segments) {
        None if rest == "callback" => async { post(incoming).map(|()| callback(shared, incoming))?.await }.await,
        None if rest == "messages" => get(incoming).map(|()| messages(shared, incoming)),
        None => shared.with(|world| route(world, rest, incoming)),
        Some(parts) => match post(incoming).and(parts) {
            Ok(parts) => user_does(shared, &parts, incoming).await,
            Err(error) => Err(error),
        },
    };
    match outcome {
        Ok(value) => Answer::Own(StatusCode::OK, value),
        Err((status, message)) => Answer::own_error(status, message),
    }
}

/// The parts of a path between its slashes, decoded.
fn segments(path: &str) -> Result<Vec<String>, (StatusCode, String)> {
    let decoded = |segment: &str| {
        String::from_utf8(percent_decoded(segment)).map_err(|_| bad(format!("{segment:?} in the path is not UTF-8")))
    };
    path.split('/').map(decoded).collect()
}

/// A percent sign without two hexadecimal digits stands for itself, as in the URL standard.
fn percent_decoded(text: &str) -> Vec<u8> {
    let (bytes, mut decoded, mut at) = (text.as_bytes(), Vec::with_capacity(text.len()), 0);
    let digit = |at: usize| bytes.get(at).and_then(|byte| char::from(*byte).to_digit(16));
    while let Some(byte) = bytes.get(at) {
        match (byte, digit(at + 1), digit(at + 2)) {
            (b'%', Some(high), Some(low)) => {
                decoded.push((high * 16 + low) as u8);
                at += 3;
            }
            _ => {
                decoded.push(*byte);
                at += 1;
            }
        }
    }
    decoded
}

fn route(world: &mut World, rest: &str, incoming: &Incoming) -> Outcome {
    match rest {
        "stats" => get(incoming).map(|()| world.stats()),
        "faults" => post(incoming).and_then(|()| faults(world, incoming)),
        "clock" => post(incoming).and_then(|()| clock(world, incoming)),
        "seed" => post(incoming).and_then(|()| seed(world, incoming)),
        "expire-token" => post(incoming).map(|()| {
            let now = world.now();
            json!({"expired": world.tokens.expire(now)})
        }),
        "quotas" => post(incoming).and_then(|()| quotas(world, incoming)),
        "session" => post(incoming).and_then(|()| session(world, incoming)),
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

async fn user_does(shared: &Shared, parts: &[String], incoming: &Incoming) -> Outcome {
    match parts.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [openid, "send"] if !openid.is_empty() => user_sends(shared, openid, incoming).await,
        [openid, "picture"] if !openid.is_empty() => user_snaps(shared, openid, incoming).await,
        _ => Err(bad("the path is users/{openid}/send or users/{openid}/picture")),
    }
}

/// What a user does, and what became of its push; the world is not held while that is under way.
async fn user_sends(shared: &Shared, openid: &str, incoming: &Incoming) -> Outcome {
    if incoming.body.len() > PUSH_BODY_BYTES_MAX {
        return Err((StatusCode::PAYLOAD_TOO_LARGE, "no push of WeChat's is so large".to_owned()));
    }
    let push: Map<String, Value> = read(incoming)?;
    let receiver = shared.with(|world| world.act(openid, &push)).map_err(bad)?;
    Ok(answered(receiver, incoming).await)
}

/// A picture from a user's phone: the body is its bytes.
async fn user_snaps(shared: &Shared, openid: &str, incoming: &Incoming) -> Outcome {
    let receiver = shared.with(|world| {
        let (now, bytes) = (world.now(), incoming.body.to_vec());
        if bytes.len() > world.config.profile.image_bytes_max {
            return Err(bad("the picture is larger than WeChat takes"));
        }
        let id = world.media.snap(bytes, now).ok_or_else(|| bad("the body is no PNG, JPEG or GIF"))?;
        let address = format!("http://{}/_sandbox/media/{id}", world.config.listen);
        let push = Map::from_iter([
            ("MsgType".to_owned(), json!("image")),
            ("PicUrl".to_owned(), json!(address)),
            ("MediaId".to_owned(), json!(id)),
        ]);
        world.act(openid, &push).map_err(bad)
    })?;
    Ok(answered(receiver, incoming).await)
}

/// What became of a push; with `wait=0` only whether there is one under way. A browser has six connections: its page must
/// not lose them to a callback that does not answer.
async fn answered(receiver: Option<oneshot::Receiver<Delivery>>, incoming: &Incoming) -> Value {
    if incoming.param("wait") == Some("0") {
        let is_queued = receiver.is_some_and(|mut receiver| receiver.try_recv() != Err(TryRecvError::Closed));
        return json!({"queued": is_queued});
    }
    let delivery = match receiver {
        // Too much waited, or the sandbox ends.
        Some(receiver) => receiver.await.unwrap_or_default(),
        None => Delivery::default(),
    };
    delivery.to_json()
}

/// Where pushes go from now on, once it has answered the echostr; without an address they go nowhere.
async fn callback(shared: &Shared, incoming: &Incoming) -> Outcome {
    let settings: Map<String, Value> = read(incoming)?;
    if settings.get("url") == Some(&Value::Null) {
        shared.with(|world| world.callback = None);
        return Ok(json!({"registered": false}));
    }
    let registration: Registration = read(incoming)?;
    let (app_id, clock, patience) = shared.with(|world| {
        let config = &world.config;
        (config.app_id.clone(), config.clock.clone(), config.push_time)
    });
    let callback = Callback::new(registration, &app_id, clock, patience).map_err(bad)?;
    callback.verify().await.map_err(bad)?;
    shared.with(|world| world.callback = Some(Arc::new(callback)));
    Ok(json!({"registered": true}))
}

/// How often calls may be made from now on; what is not named is as at WeChat.
fn quotas(world: &mut World, incoming: &Incoming) -> Outcome {
    world.config.quotas = read(incoming)?;
    Ok(json!(world.config.quotas))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Handed {
    openid: String,
    kf_account: Option<String>,
}

/// What an agent does in a client of WeChat's own: takes a user, also one whom another serves, or ends the session.
fn session(world: &mut World, incoming: &Incoming) -> Outcome {
    let Handed { openid, kf_account } = read(incoming)?;
    let now = world.now();
    world.user(&openid).map_err(|_| bad(format!("there is no user {openid:?}")))?;
    match kf_account {
        None => world.desk.end(&openid),
        Some(account) if world.desk.bound(&account).is_ok() => world.desk.begin(&account, &openid, now),
        Some(account) => return Err(bad(format!("nobody works as {account:?}"))),
    }
    Ok(json!({"ok": true}))
}

/// Written without the world: there may be many.
fn messages(shared: &Shared, incoming: &Incoming) -> Value {
    let received = shared.with(|world| world.received(incoming.param("openid")));
    received.iter().map(|received| received.to_json()).collect()
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
