//! One customer's phone and the account's calls, at a time that stands still.

use duoke::{
    base::clock::Clock,
    sandbox::SandboxConfig,
    wechat::{MediaType, Profile, errcode},
};
use serde_json::{Value, json};

use crate::wechat_bench::Bench;

/// When it all happens: 2025-06-01T00:00:00Z, in ms.
pub const NOW_MS: i64 = 1_748_736_000_000;

/// What a call was answered.
#[derive(Debug)]
pub struct Answer {
    pub body: Value,
}

impl Answer {
    /// It was taken: `{errcode 0, errmsg ok}`, or without an errcode where the call gives something back.
    #[track_caller]
    pub fn taken(&self) {
        let is_ok = self.body.get("errcode").is_none_or(|code| *code == 0 && self.body["errmsg"] == "ok");
        assert!(is_ok, "{}", self.body);
    }

    /// It was refused with this code, in its words, with the id of a request.
    #[track_caller]
    pub fn refused(&self, code: i64) {
        assert_eq!(self.body["errcode"], code, "{}", self.body);
        let (words, rid) = self.body["errmsg"].as_str().unwrap().split_once(" rid: ").unwrap();
        assert_eq!(words, errcode::phrase(code));
        assert_eq!(rid.split('-').map(str::len).collect::<Vec<_>>(), [8, 8, 8]);
    }
}

pub struct StableToken {
    pub token: String,
    pub expires_in: i64,
}

pub struct Phone {
    pub bench: Bench,
}

impl Phone {
    pub async fn of(profile: Profile) -> Self {
        Self::start(SandboxConfig { profile, ..SandboxConfig::default() }).await
    }

    pub async fn start(config: SandboxConfig) -> Self {
        let clock = Clock::stopped(NOW_MS);
        Self { bench: Bench::start_with(SandboxConfig { clock, ..config }).await }
    }

    /// A does something.
    pub async fn acts(&self, push: &str) {
        let push: Value = serde_json::from_str(push).unwrap();
        self.bench.post("/_sandbox/users/oA/send", &push).await;
    }

    pub async fn wait(&self, ms: i64) {
        self.bench.post("/_sandbox/clock", &json!({"advance_seconds": ms as f64 / 1_000.0})).await;
    }

    /// Messages that A has.
    pub fn received(&self) -> usize {
        self.bench.running.messages(Some("oA")).len()
    }

    /// Sends A a message.
    pub async fn send(&self, body: &Value) -> Answer {
        let mut body = body.clone();
        body["touser"] = json!("oA");
        self.call("/cgi-bin/message/custom/send", &body).await
    }

    /// A call with a token that is good.
    pub async fn call(&self, path: &str, body: &Value) -> Answer {
        let token = self.stable_token(false).await.token;
        self.raw("POST", &format!("{path}?access_token={token}"), body.to_string().as_bytes()).await
    }

    pub async fn get(&self, path: &str) -> Answer {
        let token = self.stable_token(false).await.token;
        self.raw("GET", &format!("{path}?access_token={token}"), b"").await
    }

    pub async fn upload(&self, kind: MediaType, bytes: &[u8]) -> Answer {
        let token = self.stable_token(false).await.token;
        let name = match kind {
            MediaType::Image => "a.png",
            MediaType::Voice if bytes.starts_with(b"#!AMR") => "a.amr",
            MediaType::Voice => "a.mp3",
            MediaType::Video => "a.mp4",
            MediaType::Thumb => "a.jpg",
        };
        let query = format!("access_token={token}&type={}", kind.name());
        Answer { body: self.bench.upload(&query, "media", Some(name), bytes).await }
    }

    pub async fn ask_plain(&self) -> Answer {
        let ready = self.bench.running.ready();
        let account = format!("appid={}&secret={}", ready.app_id, ready.app_secret);
        self.raw("GET", &format!("/cgi-bin/token?grant_type=client_credential&{account}"), b"").await
    }

    pub async fn plain_token(&self) -> String {
        self.ask_plain().await.body["access_token"].as_str().unwrap().to_owned()
    }

    pub async fn ask_stable(&self, force_refresh: bool) -> Answer {
        let ready = self.bench.running.ready();
        let body = json!({"grant_type": "client_credential", "appid": ready.app_id, "secret": ready.app_secret,
            "force_refresh": force_refresh});
        self.raw("POST", "/cgi-bin/stable_token", body.to_string().as_bytes()).await
    }

    pub async fn stable_token(&self, force_refresh: bool) -> StableToken {
        let body = self.ask_stable(force_refresh).await.body;
        let token = body["access_token"].as_str().unwrap().to_owned();
        StableToken { token, expires_in: body["expires_in"].as_i64().unwrap() }
    }

    /// A call with this token.
    pub async fn with(&self, token: &str) -> Answer {
        self.raw("GET", &format!("/cgi-bin/customservice/getkflist?access_token={token}"), b"").await
    }

    async fn raw(&self, method: &str, path: &str, body: &[u8]) -> Answer {
        let (status, _, bytes) = self.bench.raw(method, path, body).await;
        assert_eq!(status, 200);
        Answer { body: serde_json::from_slice(&bytes).unwrap() }
    }
}

/// A file of this kind and size, in bytes, that plays no time to speak of.
pub fn media(kind: MediaType, bytes: usize) -> Vec<u8> {
    let head: &[u8] = match kind {
        MediaType::Image => b"\x89PNG\r\n\x1a\n",
        MediaType::Voice => b"ID3",
        MediaType::Video => b"\x00\x00\x00\x18ftypmp42",
        MediaType::Thumb => b"\xff\xd8\xff\xe0",
    };
    let mut file = head.to_vec();
    file.resize(bytes, 0);
    file
}
