//! The workbench, as it is served: its page, its API (API.md), its streams.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, Method, Response, StatusCode, header};
use serde_json::{Value, json};
use tokio::sync::Semaphore;

use super::api;
use super::assets::asset;
use super::development::Development;
use super::door::{Credentials, Door, Refused};
use crate::base::limits::{CONSOLE_BODY_BYTES_MAX, CONSOLE_STREAMS_MAX};
use crate::host::desk::{Trouble, TroubleKind};
use crate::host::serve::Workbench;

/// Where the API begins.
const API: &str = "/api/1/";
/// Nothing runs but the workbench's own scripts; frames are its own, and the sandbox's of this machine.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
    font-src 'self'; frame-src 'self' http://127.0.0.1:* http://localhost:*; base-uri 'none'; form-action 'none'; \
    frame-ancestors 'none'";

/// What it is for.
pub struct Setting {
    /// What is shown.
    pub workbench: Workbench,
    /// Who may use it.
    pub credentials: Credentials,
    /// Under `duoke dev`: what only development has.
    pub development: Option<Arc<dyn Development>>,
    /// Where the sandbox's phones are, where there is one.
    pub sandbox: Option<String>,
    /// The account's app id and server.
    pub account: (String, String),
    /// Whether messages wait for a person: `review`, or go out: `auto`.
    pub send: &'static str,
}

/// It.
pub(super) struct Served {
    pub(super) setting: Setting,
    pub(super) door: Door,
    pub(super) streams: Arc<Semaphore>,
}

/// What is answered: an answer, or trouble.
pub(super) type Answered = Result<Response<Body>, Trouble>;

impl Served {
    pub(super) fn new(setting: Setting, is_loopback: bool) -> Self {
        let door = Door::new(is_loopback, setting.credentials.clone());
        Self { setting, door, streams: Arc::new(Semaphore::new(CONSOLE_STREAMS_MAX)) }
    }

    /// Answers whatever is not asked of the host's health.
    pub(super) async fn answer(self: Arc<Self>, request: Request) -> Response<Body> {
        let (parts, body) = request.into_parts();
        if let Err(refused) = self.door.admit(&parts.method, &parts.headers) {
            return guarded(refusal(refused));
        }
        let path = parts.uri.path();
        let Some(call) = path.strip_prefix(API).map(str::to_owned) else {
            let is_read = matches!(parts.method, Method::GET | Method::HEAD);
            return guarded(match asset(path).filter(|_| is_read) {
                Some((content_type, text)) => response(StatusCode::OK, content_type, text),
                None => trouble(&not_found("there is no such page")),
            });
        };
        let needs_no_sign_in = call == "session";
        if !needs_no_sign_in && !self.door.knows(&parts.headers) {
            return guarded(refusal(Refused::SignIn));
        }
        let is_json = parts.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let is_json = is_json.is_some_and(|value| value.split(';').next() == Some("application/json"));
        let body = match (&parts.method, is_json) {
            (&Method::GET | &Method::HEAD, _) => Value::Null,
            (&Method::POST, true) => match read(body).await {
                Ok(value) => value,
                Err(error) => return guarded(trouble(&error)),
            },
            _ => return guarded(trouble(&wrong("a call that changes something is a POST of application/json"))),
        };
        let answered = api::answer(&self, &parts, &call, body).await;
        guarded(answered.unwrap_or_else(|error| trouble(&error)))
    }
}

async fn read(body: Body) -> Result<Value, Trouble> {
    let bytes: Bytes = to_bytes(body, CONSOLE_BODY_BYTES_MAX)
        .await
        .map_err(|_| wrong(format!("the body is broken, or larger than {CONSOLE_BODY_BYTES_MAX} bytes")))?;
    serde_json::from_slice(&bytes).map_err(|error| wrong(format!("the body is no JSON: {error}")))
}

/// What was asked is not right.
pub(super) fn wrong(text: impl Into<String>) -> Trouble {
    Trouble::new(TroubleKind::Request, text)
}

/// There is nothing like that.
pub(super) fn not_found(text: impl Into<String>) -> Trouble {
    Trouble::new(TroubleKind::NotFound, text).with_hint("see API.md for the calls there are")
}

pub(super) fn refusal(refused: Refused) -> Response<Body> {
    let status = match refused {
        Refused::SignIn => StatusCode::UNAUTHORIZED,
        Refused::TooMany => StatusCode::TOO_MANY_REQUESTS,
        Refused::Host | Refused::Origin | Refused::Token => StatusCode::FORBIDDEN,
    };
    let body = json!({"error": {"kind": "forbidden", "text": refused.text(), "hint": null}});
    response(status, "application/json", body.to_string())
}

fn trouble(trouble: &Trouble) -> Response<Body> {
    let status = match trouble.kind {
        TroubleKind::Request | TroubleKind::Version => StatusCode::BAD_REQUEST,
        TroubleKind::NotFound => StatusCode::NOT_FOUND,
        TroubleKind::Store => StatusCode::SERVICE_UNAVAILABLE,
        TroubleKind::Wechat => StatusCode::BAD_GATEWAY,
    };
    response(status, "application/json", json!({ "error": trouble }).to_string())
}

/// An answer of this text.
pub(super) fn response(status: StatusCode, content_type: &'static str, body: impl Into<Body>) -> Response<Body> {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

/// What was asked for.
pub(super) fn told(value: &Value) -> Answered {
    Ok(response(StatusCode::OK, "application/json", value.to_string()))
}

/// A browser takes it for nothing else, keeps nothing of it, and runs nothing but the workbench's own. What says more for
/// itself stays.
fn guarded(mut response: Response<Body>) -> Response<Body> {
    let guards = [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    ];
    for (name, value) in guards {
        response.headers_mut().entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}

/// A stream of server-sent events that `next` makes, until it makes none.
pub(super) fn stream<S, F>(served: &Arc<Served>, state: S, next: impl Fn(S) -> F + Send + 'static) -> Answered
where
    S: Send + 'static,
    F: Future<Output = Option<(Bytes, S)>> + Send + 'static,
{
    let Ok(place) = served.streams.clone().try_acquire_owned() else {
        return Err(wrong("too many streams are open").with_hint("close a workbench that nobody looks at"));
    };
    let pieces = futures_util::stream::unfold((state, place), move |(state, place)| {
        let next = next(state);
        async move { next.await.map(|(piece, state)| (Ok::<_, Infallible>(piece), (state, place))) }
    });
    Ok(response(StatusCode::OK, "text/event-stream", Body::from_stream(pieces)))
}

/// A comment of a stream, which says that it is alive.
pub(super) const BEAT: Bytes = Bytes::from_static(b": \n\n");

/// What a browser waits before it asks again for a stream that was cut.
pub(super) const RETRY: Duration = Duration::from_secs(1);
