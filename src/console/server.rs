//! Listening, and what is answered.

use std::{io, net::SocketAddr, sync::Arc};

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    http::{HeaderValue, Method, Response, StatusCode, header},
};
use serde_json::{Value, json};
use tokio::{sync::oneshot, task::JoinHandle, time::timeout};

use super::served::{Served, Setting};
use crate::base::connections::{self, Connections};
use crate::base::limits::{CONSOLE_CONNECTION_TIME, CONSOLE_CONNECTIONS_MAX, CONSOLE_STOP_TIME};
use crate::base::loopback::is_loopback_host;
use crate::host::serve::{METRICS_TYPE, Operations};

/// Why nothing listens.
#[derive(Debug, thiserror::Error)]
#[error("{address} cannot be listened on: {source}")]
pub struct ConsoleError {
    /// The address.
    pub address: SocketAddr,
    /// The system's reason.
    pub source: io::Error,
}

impl ConsoleError {
    /// The next step.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        "another program may listen there; `--console ADDR` or `[console] listen` names another address, `off` none"
    }
}

struct Shared {
    operations: Arc<Operations>,
    is_loopback: bool,
    /// The workbench, where there is one.
    served: Option<Arc<Served>>,
}

/// Answers how a host is doing.
#[derive(Debug)]
pub struct Console;

impl Console {
    /// Listens and answers until the handle is stopped or dropped; port 0 takes a free one. `beside`: where the host from
    /// which this one takes over listens too. `workbench`: what else it serves.
    ///
    /// # Errors
    /// [`ConsoleError`].
    pub async fn start(
        listen: SocketAddr,
        beside: bool,
        operations: Arc<Operations>,
        workbench: Option<Setting>,
    ) -> Result<Running, ConsoleError> {
        let failed = |source| ConsoleError { address: listen, source };
        let listener = connections::bind(listen, beside).and_then(connections::listen).map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let is_loopback = address.ip().is_loopback();
        let served = workbench.map(|setting| Arc::new(Served::new(setting, is_loopback)));
        let shared = Arc::new(Shared { operations, is_loopback, served });
        let service = Router::new().fallback(handle).with_state(shared);
        let connections = Connections::new(listener, CONSOLE_CONNECTIONS_MAX, CONSOLE_CONNECTION_TIME);
        let (stop, stopped) = oneshot::channel::<()>();
        let server = tokio::spawn(async move {
            let until = async {
                // Also when the handle is gone.
                let _ = stopped.await;
            };
            // Serving ends only by the signal; a listener's troubles are its own to retry.
            let _ = axum::serve(connections, service).with_graceful_shutdown(until).await;
        });
        Ok(Running { address, stop: Some(stop), server })
    }
}

/// A console that listens. Dropping it stops it.
#[derive(Debug)]
pub struct Running {
    /// Where it listens.
    pub address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    server: JoinHandle<()>,
}

impl Running {
    /// Stops listening and waits a moment for answers under way.
    pub async fn shutdown(mut self) {
        drop(self.stop.take());
        // Whoever is still connected then is cut off.
        if timeout(CONSOLE_STOP_TIME, &mut self.server).await.is_err() {
            self.server.abort();
        }
    }
}

/// Bodies are not read: whoever sends one is answered, and the connection ends.
async fn handle(State(shared): State<Arc<Shared>>, request: Request) -> Response<Body> {
    let is_known = matches!(request.uri().path(), "/healthz" | "/readyz" | "/metrics");
    if let Some(served) = shared.served.clone().filter(|_| !is_known) {
        return served.answer(request).await;
    }
    if shared.is_loopback && !names_this_machine(&request) {
        return told(
            StatusCode::FORBIDDEN,
            &json!({"error": "the name in Host is not this machine's: use 127.0.0.1 or localhost"}),
        );
    }
    if is_known && !matches!(*request.method(), Method::GET | Method::HEAD) {
        let mut response = told(StatusCode::METHOD_NOT_ALLOWED, &json!({"error": "this is only read"}));
        response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
        return response;
    }
    match request.uri().path() {
        "/healthz" => told(StatusCode::OK, &json!({"alive": true})),
        "/readyz" => match shared.operations.ready().await {
            Ok(()) => told(StatusCode::OK, &json!({"ready": true})),
            Err(reason) => told(StatusCode::SERVICE_UNAVAILABLE, &json!({"ready": false, "reason": reason})),
        },
        "/metrics" => response(StatusCode::OK, METRICS_TYPE, shared.operations.metrics().await),
        _ => told(StatusCode::NOT_FOUND, &json!({"error": "there is nothing here: /healthz, /readyz, /metrics"})),
    }
}

/// A request without a `Host` is a program's, of HTTP/1.0.
fn names_this_machine(request: &Request) -> bool {
    let host = request.headers().get(header::HOST);
    host.is_none_or(|host| is_loopback_host(host.to_str().unwrap_or_default()))
}

fn told(status: StatusCode, body: &Value) -> Response<Body> {
    response(status, "application/json", format!("{body}\n"))
}

/// A browser that is led here must not take it for a page, nor keep it.
fn response(status: StatusCode, content_type: &'static str, body: String) -> Response<Body> {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
