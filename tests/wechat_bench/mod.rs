//! A sandbox, clients of it, and a server of pictures.
#![allow(dead_code, reason = "each test binary uses its part")]

use std::sync::Arc;

use axum::{
    Router,
    http::{StatusCode, header},
    response::IntoResponse,
    routing::get,
};
use duoke::{
    sandbox::{Running, Sandbox, SandboxConfig},
    wechat::{Call, Client, ClientConfig, Courier, LivePictures, Profile, Secret, install_tls},
};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    sync::oneshot,
};
use url::Url;

pub struct Bench {
    pub running: Running,
    http: reqwest::Client,
}

impl Bench {
    pub async fn start(profile: Profile) -> Self {
        Self::start_with(SandboxConfig { profile, ..SandboxConfig::default() }).await
    }

    pub async fn start_with(config: SandboxConfig) -> Self {
        install_tls();
        let running = Sandbox::start(config).await.unwrap();
        Self { running, http: reqwest::Client::builder().no_proxy().build().unwrap() }
    }

    pub fn app_id(&self) -> &str {
        &self.running.ready().app_id
    }

    pub fn base_url(&self) -> Url {
        Url::parse(&self.running.ready().listening).unwrap()
    }

    pub fn client_config(&self) -> ClientConfig {
        let ready = self.running.ready();
        let mut config = ClientConfig::new(self.base_url(), &ready.app_id, Secret::new(&ready.app_secret));
        config.profile = Profile::y2017();
        config
    }

    pub fn client(&self) -> Client {
        Client::new(self.client_config()).unwrap()
    }

    /// A courier with a client of its own, by the limits of 2017, that may fetch pictures from loopback.
    pub fn courier(&self) -> Courier {
        Courier::new(self.client(), Arc::new(LivePictures::new(true).unwrap()))
    }

    /// The user writes, which opens the window.
    pub fn speaks(&self, openid: &str) {
        let push = json!({"MsgType": "text", "Content": "hi"});
        self.running.user_sends(openid, push.as_object().unwrap()).unwrap();
    }

    pub async fn raw(&self, method: &str, path: &str, body: &[u8]) -> (u16, String, Vec<u8>) {
        let url = format!("{}{path}", self.running.ready().listening);
        let request = self.http.request(method.parse().unwrap(), url).body(body.to_vec());
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        let headers = format!("{:?}", response.headers());
        (status, headers, response.bytes().await.unwrap().to_vec())
    }

    pub async fn get(&self, path: &str) -> Value {
        let (status, _, bytes) = self.raw("GET", path, b"").await;
        assert_eq!(status, 200, "{path}");
        serde_json::from_slice(&bytes).unwrap()
    }

    pub async fn post(&self, path: &str, body: &Value) -> Value {
        let (status, _, bytes) = self.raw("POST", path, body.to_string().as_bytes()).await;
        assert_eq!(status, 200, "{path}: {}", String::from_utf8_lossy(&bytes));
        serde_json::from_slice(&bytes).unwrap()
    }

    pub async fn fault(&self, fault: Value) {
        self.post("/_sandbox/faults", &fault).await;
    }

    pub async fn calls(&self, call: Call) -> u64 {
        self.get("/_sandbox/stats").await["calls"][call.path()].as_u64().unwrap_or(0)
    }

    pub async fn token(&self) -> String {
        self.client().stable_token().await.unwrap().expose().to_owned()
    }

    pub async fn media(&self, media_id: &str) -> (String, Vec<u8>) {
        let path = format!("/cgi-bin/media/get?access_token={}&media_id={media_id}", self.token().await);
        let (_, headers, bytes) = self.raw("GET", &path, b"").await;
        (headers, bytes)
    }

    /// Uploads one multipart field; the answer.
    pub async fn upload(&self, query: &str, field: &str, file_name: Option<&str>, bytes: &[u8]) -> Value {
        let mut part = reqwest::multipart::Part::bytes(bytes.to_vec());
        if let Some(name) = file_name {
            part = part.file_name(name.to_owned());
        }
        let form = reqwest::multipart::Form::new().part(field.to_owned(), part);
        let url = format!("{}/cgi-bin/media/upload?{query}", self.running.ready().listening);
        let response = self.http.post(url).multipart(form).send().await.unwrap();
        serde_json::from_slice(&response.bytes().await.unwrap()).unwrap()
    }
}

pub struct PictureServer {
    base: String,
}

impl PictureServer {
    pub const PNG: &[u8] = b"\x89PNG\r\n\x1a\nnot much of a picture";

    pub async fn start() -> Self {
        let to = |location: &'static str| (StatusCode::FOUND, [(header::LOCATION, location)]).into_response();
        let large = || async {
            let mut bytes = Self::PNG.to_vec();
            bytes.resize(2 * 1024 * 1024 + 1, 0);
            bytes
        };
        let router = Router::new()
            .route("/a.png", get(|| async { ([(header::CONTENT_TYPE, "image/jpeg")], Self::PNG) }))
            .route("/page", get(|| async { "<html>" }))
            .route("/large", get(large))
            .route("/moved", get(move || async move { to("/a.png") }))
            .route("/loop", get(move || async move { to("/loop") }))
            .route("/to-file", get(move || async move { to("file:///a.png") }));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { base }
    }

    pub fn address(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }
}

/// A server that gives these answers, one a connection, and then hands over the bytes of all requests.
pub async fn capture(answers: &'static [&'static str]) -> (String, oneshot::Receiver<Vec<Vec<u8>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let (sender, receiver) = oneshot::channel();
    tokio::spawn(async move {
        let mut requests = Vec::new();
        for answer in answers {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = Vec::new();
            while !is_whole(&request) {
                stream.read_buf(&mut request).await.unwrap();
            }
            requests.push(request);
            let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", answer.len());
            stream.write_all(format!("{head}{answer}").as_bytes()).await.unwrap();
        }
        sender.send(requests).unwrap();
    });
    (address, receiver)
}

fn is_whole(request: &[u8]) -> bool {
    let Some(head) = request.windows(4).position(|four| four == b"\r\n\r\n") else { return false };
    let lower = String::from_utf8_lossy(&request[..head]).to_ascii_lowercase();
    let length = lower.lines().find_map(|line| line.strip_prefix("content-length: "));
    request.len() >= head + 4 + length.map_or(0, |length| length.trim().parse().unwrap())
}
