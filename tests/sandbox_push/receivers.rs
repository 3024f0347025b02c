//! Receivers of what the sandbox pushes: duoke's own, and one that says what it is told to.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    body::Bytes,
    extract::{RawQuery, State},
    http::{HeaderMap, Method, StatusCode},
    response::IntoResponse,
};
use duoke::{
    base::clock::Clock,
    sandbox::SandboxConfig,
    wechat::{
        BoxFuture, Secret,
        callback::{Callback, CallbackSettings, Mode, NotAccepted, Receiver, Refusal, Running},
        crypt::{AesKey, Crypt},
        push::Push,
    },
};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::wechat_bench::Bench;

pub const TOKEN: &str = "AAAAA";
pub const MODES: [&str; 3] = ["plain", "compat", "secure"];

pub fn aes_key() -> String {
    "k".repeat(43)
}

pub fn crypt(app_id: &str) -> Crypt {
    Crypt::new(app_id, AesKey::parse(&Secret::new(aes_key())).unwrap(), None)
}

/// Remembers what came.
#[derive(Default)]
pub struct Heard {
    pushes: Mutex<Vec<Push>>,
    pub refusals: Mutex<Vec<Refusal>>,
}

impl Receiver for Heard {
    fn accept(&self, push: Push) -> BoxFuture<'_, Result<(), NotAccepted>> {
        self.pushes.lock().unwrap().push(push);
        Box::pin(async { Ok(()) })
    }

    fn refused(&self, refusal: &Refusal) {
        self.refusals.lock().unwrap().push(refusal.clone());
    }
}

/// duoke's receiver, and the sandbox that pushes to it.
pub struct Pair {
    pub bench: Bench,
    pub heard: Arc<Heard>,
    receiver: Running,
}

impl Pair {
    pub async fn start(mode: &str, format: &str, transfer: Option<&str>) -> Self {
        let pair = Self::apart(mode, transfer).await;
        let settings = pair.settings(mode, format);
        assert_eq!(pair.bench.post("/_sandbox/callback", &settings).await, json!({"registered": true}));
        pair
    }

    pub async fn apart(mode: &str, transfer: Option<&str>) -> Self {
        let bench = Bench::start_with(SandboxConfig::default()).await;
        let crypt = crypt(bench.app_id());
        let mode = match mode {
            "plain" => Mode::Plain,
            "compat" => Mode::Compat(crypt),
            _ => Mode::Secure(crypt),
        };
        let settings = CallbackSettings {
            listen: "127.0.0.1:0".parse().unwrap(),
            path: "/wechat".to_owned(),
            token: Secret::new(TOKEN),
            mode,
            transfer: transfer.map(|text| text.parse().unwrap()),
            clock: Clock::system(),
        };
        let heard = Arc::new(Heard::default());
        let receiver = Callback::start(settings, heard.clone()).await.unwrap();
        Self { bench, heard, receiver }
    }

    pub fn settings(&self, mode: &str, format: &str) -> Value {
        let url = format!("http://{}/wechat", self.receiver.address);
        json!({"url": url, "token": TOKEN, "encoding_aes_key": aes_key(), "mode": mode, "format": format})
    }

    pub fn pushes(&self) -> Vec<Push> {
        assert_eq!(*self.heard.refusals.lock().unwrap(), []);
        self.heard.pushes.lock().unwrap().clone()
    }
}

pub async fn sends(bench: &Bench, openid: &str, push: &Value) -> Value {
    bench.post(&format!("/_sandbox/users/{openid}/send"), push).await
}

pub fn text(content: &str) -> Value {
    json!({"MsgType": "text", "Content": content})
}

pub fn arrived() -> Value {
    json!({"delivered": true, "attempts": 1})
}

/// What a receiver says to a push.
#[derive(Clone, Copy)]
pub enum Say {
    Body(&'static str),
    Status(u16),
    /// Nothing, until the other side no longer waits.
    Nothing,
}

/// One request, as it came.
#[derive(Clone)]
pub struct Came {
    pub query: Vec<(String, String)>,
    pub headers: HeaderMap,
    pub body: String,
}

/// A receiver that verifies and then says these things in turn, the last one for ever.
pub struct Scripted {
    pub address: String,
    came: Arc<Mutex<Vec<Came>>>,
}

#[derive(Clone)]
struct Script {
    says: Arc<[Say]>,
    came: Arc<Mutex<Vec<Came>>>,
    hears: Arc<dyn Fn(&Came) + Send + Sync>,
}

impl Scripted {
    pub async fn start(says: &[Say], hears: impl Fn(&Came) + Send + Sync + 'static) -> Self {
        let script = Script { says: says.into(), came: Arc::default(), hears: Arc::new(hears) };
        let came = script.came.clone();
        let router = Router::new().fallback(answer).with_state(script);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}/wechat?kept=1", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address, came }
    }

    pub fn came(&self) -> Vec<Came> {
        self.came.lock().unwrap().clone()
    }
}

async fn answer(
    State(script): State<Script>,
    method: Method,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> axum::response::Response {
    let query: Vec<_> = url::form_urlencoded::parse(query.unwrap_or_default().as_bytes()).into_owned().collect();
    let echostr = query.iter().find(|(name, _)| name == "echostr").map(|(_, value)| value.clone());
    if let (Method::GET, Some(echostr), false) = (method, echostr, matches!(script.says[0], Say::Body("<b>hello</b>")))
    {
        return echostr.into_response();
    }
    let came = Came { query, headers, body: String::from_utf8(body.to_vec()).unwrap() };
    (script.hears)(&came);
    let count = {
        let mut all = script.came.lock().unwrap();
        all.push(came);
        all.len()
    };
    match script.says[count.min(script.says.len()) - 1] {
        Say::Body(body) => body.into_response(),
        Say::Status(status) => StatusCode::from_u16(status).unwrap().into_response(),
        Say::Nothing => std::future::pending().await,
    }
}

pub async fn sandbox(says: &[Say], mode: &str) -> (Bench, Scripted) {
    // Soon over only where the time is waited out: elsewhere a slow machine may take it.
    let is_silent = says.iter().any(|say| matches!(say, Say::Nothing));
    let push_time = if is_silent { Duration::from_millis(200) } else { Duration::from_secs(30) };
    let config = SandboxConfig { push_time, ..SandboxConfig::default() };
    let bench = Bench::start_with(config).await;
    let receiver = Scripted::start(says, |_| {}).await;
    register(&bench, &receiver, mode).await;
    (bench, receiver)
}

pub async fn register(bench: &Bench, receiver: &Scripted, mode: &str) {
    let settings = json!({"url": receiver.address, "token": TOKEN, "encoding_aes_key": aes_key(), "mode": mode});
    bench.post("/_sandbox/callback", &settings).await;
}
