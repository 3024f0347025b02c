//! Reading requests, applying faults, writing answers.

use std::{
    collections::HashMap,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    extract::{ConnectInfo, DefaultBodyLimit, FromRequest, Multipart, Request, State},
    http::{HeaderMap, Method, Response, StatusCode, request::Parts},
};
use serde_json::{Map, Value};
use tokio::{
    net::TcpListener,
    sync::watch,
    task::JoinHandle,
    time::{sleep, timeout},
};
use url::form_urlencoded;

use super::{
    answer::{Answer, Refusal},
    api::{self, Incoming},
    callback::{Callback, Registration},
    config::{Ready, SandboxConfig, SandboxError},
    control,
    desk::SeedKf,
    door,
    fault::{Cut, Fault},
    kept::Received,
    listener::{CutListener, Line},
    media::File,
    phone,
    shared::Shared,
    world::World,
};
use crate::base::limits::{SANDBOX_BODY_BYTES_MAX, SANDBOX_STOP_TIMEOUT};

/// The WeChat emulator.
#[derive(Debug)]
pub struct Sandbox;

impl Sandbox {
    /// Listens and serves until the handle is stopped or dropped.
    pub async fn start(config: SandboxConfig) -> Result<Running, SandboxError> {
        let listen = config.listen;
        if !listen.ip().is_loopback() {
            return Err(SandboxError::NotLoopback(listen));
        }
        let failed = |source| SandboxError::Listen { address: listen, source };
        let listener = TcpListener::bind(listen).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let ready = Ready {
            listening: format!("http://{address}"),
            app_id: config.app_id.clone(),
            app_secret: config.app_secret.expose().to_owned(),
            wechat_id: config.wechat_id.clone(),
        };
        let (stop, mut stopped) = watch::channel(());
        let shared = Shared::new(SandboxConfig { listen: address, ..config }, stopped.clone());
        let service = Router::new()
            .fallback(handle)
            .layer(DefaultBodyLimit::disable())
            .with_state(shared.clone())
            .into_make_service_with_connect_info::<Line>();
        let server = tokio::spawn(async move {
            let until = async move {
                // Nothing is sent: it ends when the handle is gone.
                let _ = stopped.changed().await;
            };
            // Serving ends only by the signal; a listener's troubles are its own to retry.
            let _ = axum::serve(CutListener(listener), service).with_graceful_shutdown(until).await;
        });
        Ok(Running { address, ready, shared, stop: Some(stop), server })
    }
}

/// A sandbox that listens. Dropping it stops it.
#[derive(Debug)]
pub struct Running {
    /// Where it listens.
    pub address: SocketAddr,
    ready: Ready,
    shared: Shared,
    stop: Option<watch::Sender<()>>,
    server: JoinHandle<()>,
}

impl Running {
    /// The line that says so.
    #[must_use]
    pub fn ready(&self) -> &Ready {
        &self.ready
    }

    /// A user does something, in WeChat's own field names: `POST /_sandbox/users/{openid}/send` without the wire.
    /// Where there is a callback it is pushed, which this does not wait for. `Err` says what is wrong with it.
    pub fn user_sends(&self, openid: &str, push: &Map<String, Value>) -> Result<(), String> {
        self.shared.with(|world| world.act(openid, push)).map(drop)
    }

    /// What one user received, or everybody: `GET /_sandbox/messages` without the wire.
    #[must_use]
    pub fn messages(&self, openid: Option<&str>) -> Vec<Received> {
        let received = self.shared.with(|world| world.received(openid));
        received.into_iter().map(Arc::unwrap_or_clone).collect()
    }

    /// A customer-service account that is there, bound and online: `POST /_sandbox/seed` without the wire.
    pub fn employ(&self, kf_account: &str) {
        self.shared.with(|world| world.desk.seed(SeedKf::online(kf_account)));
    }

    /// Pushes go to this address from now on, once it has answered the echostr, as they are: `POST /_sandbox/callback` without the
    /// wire. `Err` says why not.
    pub async fn call_back(&self, url: &str, token: &str) -> Result<(), String> {
        let (app_id, clock, patience) = self.shared.with(|world| {
            let config = &world.config;
            (config.app_id.clone(), config.clock.clone(), config.push_time)
        });
        let callback = Callback::new(Registration::plain(url, token), &app_id, clock, patience)?;
        callback.verify().await?;
        self.shared.with(|world| world.callback = Some(Arc::new(callback)));
        Ok(())
    }

    /// `GET /_sandbox/stats` without the wire.
    #[must_use]
    pub fn stats(&self) -> Value {
        self.shared.with(|world| world.stats())
    }

    /// Stops listening and waits a moment for calls under way.
    pub async fn shutdown(mut self) {
        drop(self.stop.take());
        // Whoever is still connected then is cut off with the runtime.
        if timeout(SANDBOX_STOP_TIMEOUT, &mut self.server).await.is_err() {
            self.server.abort();
        }
    }
}

async fn handle(
    State(shared): State<Shared>,
    ConnectInfo(line): ConnectInfo<Line>,
    request: Request,
) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, SANDBOX_BODY_BYTES_MAX).await else {
        return Answer::own_error(StatusCode::PAYLOAD_TOO_LARGE, "the body is too large or broken").into_response();
    };
    let headers = parts.headers.clone();
    let incoming = read(parts, body, line.peer).await;
    if incoming.path == "/" || incoming.path.starts_with(control::PREFIX) {
        return own(&shared, &incoming, &headers).await;
    }
    if let Err(refused) = door::admit_wechat(&headers) {
        return refused.into_response();
    }
    let fault = shared.with(|world| world.faults.take(&incoming.path));
    if let Some(delay_ms) = fault.as_ref().and_then(|fault| fault.delay_ms) {
        sleep(Duration::from_millis(delay_ms)).await;
    }
    let answer = shared.with(|world| {
        let answer = planted(world, fault.as_ref()).unwrap_or_else(|| api::answer(world, &incoming));
        world.count(&incoming.path, &answer);
        answer
    });
    if fault.is_some_and(|fault| fault.drop.is_some()) {
        line.cut();
    }
    answer.into_response()
}

/// What is the sandbox's and not WeChat's.
async fn own(shared: &Shared, incoming: &Incoming, headers: &HeaderMap) -> Response<Body> {
    if let Err(refused) = door::admit(&incoming.method, headers) {
        return refused.into_response();
    }
    if incoming.method == Method::GET
        && let Some(response) = phone::answer(shared, incoming, headers)
    {
        return response;
    }
    control::answer(shared, incoming).await.into_response()
}

/// What a fault answers in place of the call; `None` where the call goes on.
fn planted(world: &mut World, fault: Option<&Fault>) -> Option<Answer> {
    let fault = fault?;
    if fault.drop == Some(Cut::Before) {
        return Some(Answer::Status(StatusCode::OK));
    }
    if let Some(status) = fault.status.and_then(|status| StatusCode::from_u16(status).ok()) {
        return Some(Answer::Status(status));
    }
    fault.errcode.map(|code| world.refuse(Refusal(code)))
}

async fn read(parts: Parts, body: Bytes, from: IpAddr) -> Incoming {
    let method = parts.method.clone();
    let path = parts.uri.path().to_owned();
    let query: HashMap<String, String> =
        form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes()).into_owned().collect();
    let file = if api::takes_file(&path) { media_field(parts, body.clone()).await } else { None };
    Incoming { method, from, path, query, body, file }
}

/// The multipart field `media` with a file name; WeChat takes one without for no file at all (41005).
async fn media_field(parts: Parts, body: Bytes) -> Option<File> {
    let mut form = Multipart::from_request(Request::from_parts(parts, Body::from(body)), &()).await.ok()?;
    while let Some(field) = form.next_field().await.ok()? {
        if field.name() == Some("media") {
            let name = field.file_name().filter(|name| !name.is_empty())?.to_owned();
            let bytes = field.bytes().await.ok()?.to_vec();
            return Some(File { name, bytes });
        }
    }
    None
}
