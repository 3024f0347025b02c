//! The workbench, as it is served: its page, its API (API.md), its streams.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, header};
use serde_json::{Value, json};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::api;
use super::assets::asset;
use super::development::Development;
use super::door::{Credentials, Door, Refused};
use crate::base::limits::mirror::MIRROR_VIEWERS_MAX;
use crate::base::limits::{CONSOLE_BODY_BYTES_MAX, CONSOLE_STREAMS_MAX};
use crate::host::desk::{Trouble, TroubleKind};
use crate::host::serve::Workbench;

/// Where the API begins.
const API: &str = "/api/1/";
/// Nothing runs but the workbench's own scripts; frames are its own, and the sandbox's where there is one.
fn policy(sandbox: Option<&str>) -> String {
    format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
         font-src 'self'; frame-src 'self' {}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        sandbox.unwrap_or_default()
    )
}

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
    policy: HeaderValue,
    /// Places for mirrors, of pages of which one is open.
    mirrors: Mutex<HashMap<String, Arc<Semaphore>>>,
}

/// What is answered: an answer, or trouble.
pub(super) type Answered = Result<Response<Body>, Trouble>;

impl Served {
    pub(super) fn new(setting: Setting, is_loopback: bool) -> Self {
        let door = Door::new(is_loopback, setting.credentials.clone());
        // Of an address that is none of a header's nothing is framed.
        let policy = HeaderValue::from_str(&policy(setting.sandbox.as_deref()));
        let policy = policy.unwrap_or(HeaderValue::from_static("default-src 'none'"));
        let streams = Arc::new(Semaphore::new(CONSOLE_STREAMS_MAX));
        Self { setting, door, streams, policy, mirrors: Mutex::default() }
    }

    /// The place of one more mirror of a page.
    ///
    /// # Errors
    /// So many are open that the page would forget what each was shown, and show all of it again and again.
    pub(super) fn mirror_place(&self, seat: &str, plugin: &str) -> Result<OwnedSemaphorePermit, Trouble> {
        let mut mirrors = self.mirrors.lock().unwrap_or_else(PoisonError::into_inner);
        mirrors.retain(|_, places| places.available_permits() < MIRROR_VIEWERS_MAX);
        let places =
            mirrors.entry(format!("{seat}/{plugin}")).or_insert_with(|| Arc::new(Semaphore::new(MIRROR_VIEWERS_MAX)));
        places.clone().try_acquire_owned().map_err(|_| {
            wrong(format!("{MIRROR_VIEWERS_MAX} mirrors of this page are open"))
                .with_hint("close a workbench that nobody looks at")
        })
    }

    /// Answers whatever is not asked of the host's health.
    pub(super) async fn answer(self: Arc<Self>, request: Request) -> Response<Body> {
        let response = self.respond(request).await;
        self.guarded(response)
    }

    async fn respond(self: &Arc<Self>, request: Request) -> Response<Body> {
        let (parts, body) = request.into_parts();
        let path = parts.uri.path();
        let call = path.strip_prefix(API).map(str::to_owned);
        if let Err(refused) = self.door.admit(&parts.method, &parts.headers, call.is_none()) {
            return refusal(refused);
        }
        let Some(call) = call else {
            let is_read = matches!(parts.method, Method::GET | Method::HEAD);
            return match asset(path).filter(|_| is_read) {
                Some((content_type, text)) => response(StatusCode::OK, content_type, text),
                None => trouble(&not_found("there is no such page")),
            };
        };
        let needs_no_sign_in = call == "session";
        if !needs_no_sign_in && !self.door.knows(&parts.headers) {
            return refusal(Refused::SignIn);
        }
        let is_json = parts.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let is_json = is_json.is_some_and(|value| value.split(';').next() == Some("application/json"));
        let body = match (&parts.method, is_json) {
            (&Method::GET | &Method::HEAD, _) => Value::Null,
            (&Method::POST, true) => match read(body).await {
                Ok(value) => value,
                Err(error) => return trouble(&error),
            },
            _ => return trouble(&wrong("a call that changes something is a POST of application/json")),
        };
        api::answer(self, &parts, &call, body).await.unwrap_or_else(|error| trouble(&error))
    }

    /// A browser takes it for nothing else, keeps nothing of it, and runs nothing but the workbench's own. What says more for
    /// itself stays.
    fn guarded(&self, mut response: Response<Body>) -> Response<Body> {
        let guards = [
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (header::REFERRER_POLICY, "no-referrer"),
            (header::CACHE_CONTROL, "no-store"),
            (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
            (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        ];
        let guards = guards.into_iter().map(|(name, value)| (name, HeaderValue::from_static(value)));
        for (name, value) in guards.chain([(header::CONTENT_SECURITY_POLICY, self.policy.clone())]) {
            response.headers_mut().entry(name).or_insert(value);
        }
        response
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

/// It was right, and is not any more.
pub(super) fn conflict(trouble: &Trouble) -> Response<Body> {
    response(StatusCode::CONFLICT, "application/json", json!({ "error": trouble }).to_string())
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

/// A stream of server-sent events that `next` makes, until it makes none.
/// It ends as well where who asked for it with these headers is not signed in any more.
pub(super) fn stream<S, F>(
    (served, headers): (&Arc<Served>, &HeaderMap),
    state: S,
    next: impl Fn(S) -> F + Send + 'static,
) -> Answered
where
    S: Send + 'static,
    F: Future<Output = Option<(Bytes, S)>> + Send + 'static,
{
    let Ok(place) = served.streams.clone().try_acquire_owned() else {
        return Err(wrong("too many streams are open").with_hint("close a workbench that nobody looks at"));
    };
    let (served, headers) = (served.clone(), headers.clone());
    let pieces = futures_util::stream::unfold((state, place), move |(state, place)| {
        let next = served.door.knows(&headers).then(|| next(state));
        async move { next?.await.map(|(piece, state)| (Ok::<_, Infallible>(piece), (state, place))) }
    });
    Ok(response(StatusCode::OK, "text/event-stream", Body::from_stream(pieces)))
}

/// A comment of a stream, which says that it is alive.
pub(super) const BEAT: Bytes = Bytes::from_static(b": \n\n");

/// What a browser waits before it asks again for a stream that was cut.
pub(super) const RETRY: Duration = Duration::from_secs(1);
