//! Listening, and the time within which WeChat is answered.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use axum::{
    Router,
    body::{Body, Bytes, HttpBody as _, to_bytes},
    extract::{DefaultBodyLimit, Request, State},
    http::{HeaderValue, Method, Response, StatusCode, header},
};
use tokio::{
    net::{TcpListener, TcpSocket},
    sync::{OwnedSemaphorePermit, Semaphore, oneshot},
    task::JoinHandle,
    time::timeout,
};

use super::{
    NotAccepted, Receiver, answer,
    letter::{self, Letter, Query},
    recent::Recent,
    refusal::Refusal,
    settings::{CallbackError, CallbackSettings},
};
use crate::base::connections::{self, Connections};
use crate::base::limits::{
    CALLBACK_CONNECTION_TIME, CALLBACK_CONNECTIONS_MAX, CALLBACK_STOP_TIME, PUSH_ANSWER_TIME, PUSH_BODY_BYTES_MAX,
    PUSH_BODY_TIME, PUSHES_UNDER_WAY_MAX,
};

struct Shared {
    settings: CallbackSettings,
    receiver: Arc<dyn Receiver>,
    recent: Recent,
    places: Arc<Semaphore>,
}

/// Those that are called at one address.
type Accounts = Arc<[Arc<Shared>]>;

/// Named where nobody is called.
const ANYWHERE: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0);

/// The receiver's side of WeChat's push.
#[derive(Debug)]
pub struct Callback;

impl Callback {
    /// Listens and serves until the handle is stopped or dropped.
    ///
    /// # Errors
    /// [`CallbackError`].
    pub async fn start(settings: CallbackSettings, receiver: Arc<dyn Receiver>) -> Result<Running, CallbackError> {
        let listener = Self::listen(settings.listen, Self::bind(settings.listen, false)?)?;
        Self::start_on(listener, vec![(settings, receiver)])
    }

    /// Takes an address, `beside` another host where that is wanted; nobody listens yet. To be called inside of a runtime.
    ///
    /// # Errors
    /// [`CallbackError`].
    pub fn bind(address: SocketAddr, beside: bool) -> Result<TcpSocket, CallbackError> {
        connections::bind(address, beside).map_err(|source| CallbackError { address, source })
    }

    /// Listens there; who calls waits until somebody serves. To be called inside of a runtime.
    ///
    /// # Errors
    /// [`CallbackError`].
    pub fn listen(address: SocketAddr, socket: TcpSocket) -> Result<TcpListener, CallbackError> {
        connections::listen(socket).map_err(|source| CallbackError { address, source })
    }

    /// Serves accounts that are called at one address, each by its own path.
    ///
    /// # Errors
    /// [`CallbackError`].
    pub fn start_on(
        listener: TcpListener,
        accounts: Vec<(CallbackSettings, Arc<dyn Receiver>)>,
    ) -> Result<Running, CallbackError> {
        let listen = accounts.first().map_or(ANYWHERE, |(settings, _)| settings.listen);
        let address = listener.local_addr().map_err(|source| CallbackError { address: listen, source })?;
        let places = Arc::new(Semaphore::new(PUSHES_UNDER_WAY_MAX));
        let shared = |(settings, receiver)| {
            Arc::new(Shared { settings, receiver, recent: Recent::default(), places: places.clone() })
        };
        let accounts: Accounts = accounts.into_iter().map(shared).collect();
        let service = Router::new().fallback(handle).layer(DefaultBodyLimit::disable()).with_state(accounts);
        let (stop, stopped) = oneshot::channel::<()>();
        let server = tokio::spawn(async move {
            let until = async {
                // Also when the handle is gone.
                let _ = stopped.await;
            };
            // Serving ends only by the signal; a listener's troubles are its own to retry.
            let connections = Connections::new(listener, CALLBACK_CONNECTIONS_MAX, CALLBACK_CONNECTION_TIME);
            let _ = axum::serve(connections, service).with_graceful_shutdown(until).await;
        });
        Ok(Running { address, stop: Some(stop), server })
    }
}

/// A receiver that listens. Dropping it stops it.
#[derive(Debug)]
pub struct Running {
    /// Where it listens.
    pub address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    server: JoinHandle<()>,
}

impl Running {
    /// Whether it has ended by itself; else `cx` is woken when it has.
    pub fn poll_ended(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        Pin::new(&mut self.server).poll(cx).map(drop)
    }

    /// Stops listening and waits a moment for pushes under way.
    pub async fn shutdown(mut self) {
        drop(self.stop.take());
        // Whoever is still connected then is cut off with the runtime.
        if !self.server.is_finished() && timeout(CALLBACK_STOP_TIME, &mut self.server).await.is_err() {
            self.server.abort();
        }
    }
}

async fn handle(State(accounts): State<Accounts>, request: Request) -> Response<Body> {
    let Some(shared) = accounts.iter().find(|account| account.settings.path == request.uri().path()) else {
        return answer::text(StatusCode::NOT_FOUND, "");
    };
    let query = Query::parse(request.uri().query().unwrap_or_default());
    let answered = match *request.method() {
        Method::GET => verify(shared, &query),
        Method::POST => match timeout(PUSH_ANSWER_TIME, push(shared, &query, request.into_body())).await {
            Ok(answered) => answered,
            Err(_) => Err(Refusal::TooLate),
        },
        _ => {
            let mut response = answer::text(StatusCode::METHOD_NOT_ALLOWED, "");
            response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET, POST"));
            return response;
        }
    };
    answered.unwrap_or_else(|refusal| {
        shared.receiver.refused(&refusal);
        answer::text(refusal.status(), "")
    })
}

/// The check when the address is entered on WeChat's settings page: the account's token is known here.
fn verify(shared: &Shared, query: &Query) -> Result<Response<Body>, Refusal> {
    query.check_time(shared.settings.clock.now_ms())?;
    query.check_signature(&shared.settings)?;
    Ok(answer::text(StatusCode::OK, query.echostr.clone().unwrap_or_default()))
}

async fn push(shared: &Arc<Shared>, query: &Query, body: Body) -> Result<Response<Body>, Refusal> {
    let settings = &shared.settings;
    query.check_time(settings.clock.now_ms())?;
    letter::crypt_of(settings, query)?;
    let place = shared.places.clone().try_acquire_owned().map_err(|_| Refusal::Busy)?;
    let body = read(body).await?;
    let letter = letter::open(settings, query, &body)?;
    accept(shared, &letter, place).await?;
    Ok(answer::of(settings, &letter, &query.nonce)?)
}

async fn read(body: Body) -> Result<Bytes, Refusal> {
    let announced = body.size_hint().lower();
    if announced > PUSH_BODY_BYTES_MAX as u64 {
        return Err(Refusal::TooLarge);
    }
    match timeout(PUSH_BODY_TIME, to_bytes(body, PUSH_BODY_BYTES_MAX)).await {
        Ok(Ok(body)) => Ok(body),
        Ok(Err(_)) => Err(Refusal::TooLarge),
        Err(_) => Err(Refusal::Slow),
    }
}

/// Has a push taken in, once. What is under way goes on when WeChat no longer waits, so that its next attempt finds it
/// done.
async fn accept(shared: &Arc<Shared>, letter: &Letter<'_>, place: OwnedSemaphorePermit) -> Result<(), Refusal> {
    let fate = shared.recent.fate(letter.push.key(), shared.settings.clock.now_ms());
    if fate.initialized() {
        return Ok(());
    }
    let (receiver, push) = (shared.receiver.clone(), letter.push.clone());
    let taken = tokio::spawn(async move {
        let taken = fate.get_or_try_init(|| receiver.accept(push)).await.map(drop);
        drop(place);
        taken
    });
    let taken = taken.await.unwrap_or_else(|_| Err(NotAccepted("the receiver panicked".to_owned())));
    taken.map_err(Refusal::NotAccepted)
}
