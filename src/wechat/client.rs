//! The wire: one account's calls, with its token and the bounds on every answer.

use std::{
    fmt::{self, Write as _},
    sync::Arc,
};

use reqwest::{
    RequestBuilder, Response,
    header::{CONTENT_DISPOSITION, CONTENT_TYPE},
    redirect,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::{Semaphore, SemaphorePermit};
use url::Url;

use super::{
    call::Call,
    config::{BoxFuture, ClientConfig, TokenApi, Unwatched, Wire},
    error::WechatError,
    learned::Learned,
    media::{Fingerprint, MediaIds},
    memory::{Memory, Remembered},
    secret::Secret,
    tls::install_tls,
    token::{Fetch, Fetched, GivenUp, TokenCell},
    turns::UploadTurns,
};
use crate::base::{
    clock::TimestampMs,
    limits::{MEDIA_UNDER_WAY_MAX, QUOTED_CHARS_MAX, WECHAT_ANSWER_BYTES_MAX, WECHAT_RECORDS_BYTES_MAX},
    loopback::is_loopback,
};

/// The codes that say the token, not the request, is at fault, and that none came (wechat-api.md §2).
const TOKEN_REFUSED: [i64; 4] = [40001, 40014, 42001, 41001];

/// WeChat's answer to a call that succeeded.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer(pub Value);

impl Answer {
    /// A member that is a string, `""` where it is missing.
    #[must_use]
    pub fn text(&self, member: &str) -> &str {
        self.0.get(member).and_then(Value::as_str).unwrap_or_default()
    }
}

/// What [`Client::typing`] shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Typing {
    /// Somebody types.
    Typing,
    /// No longer.
    #[serde(rename = "CancelTyping")]
    Cancel,
}

impl Typing {
    /// WeChat's name for it.
    #[must_use]
    pub fn command(self) -> &'static str {
        match self {
            Self::Typing => "Typing",
            Self::Cancel => "CancelTyping",
        }
    }
}

/// The client of one official account. Cloning it shares the token and the media ids.
#[derive(Debug, Clone)]
pub struct Client {
    inner: Arc<Inner>,
}

/// Shows nothing of its HTTP client, which knows the proxy and its password.
struct Inner {
    http: reqwest::Client,
    config: ClientConfig,
    tokens: TokenCell,
    media: MediaIds,
    uploads: UploadTurns,
    files: Semaphore,
    memory: Memory,
    learned: Learned,
}

impl Client {
    /// A client that has called nobody yet. Redirects are not followed: WeChat sends none, and the token is in the
    /// address. A loopback server is called without any proxy; others by the configuration's or else the environment's
    /// (`HTTPS_PROXY`, `ALL_PROXY`, `NO_PROXY`).
    pub fn new(config: ClientConfig) -> Result<Self, WechatError> {
        Self::recalling(config, Memory::default())
    }

    /// A client that knows something from before.
    pub fn recalling(config: ClientConfig, mut memory: Memory) -> Result<Self, WechatError> {
        install_tls();
        let setup = |error| WechatError::Setup { base: base(&config), reason: reason(error) };
        let mut builder = reqwest::Client::builder()
            .redirect(redirect::Policy::none())
            .connect_timeout(config.connect_timeout)
            .timeout(config.call_timeout);
        if is_loopback(&config.base_url) {
            builder = builder.no_proxy();
        } else if let Some(proxy) = &config.proxy {
            // The environment's do not count beside it.
            builder = builder.proxy(reqwest::Proxy::all(proxy.expose()).map_err(setup)?);
        }
        let http = builder.build().map_err(setup)?;
        let tokens = TokenCell::recall(memory.token.take());
        let media = MediaIds::recall(std::mem::take(&mut memory.media));
        let (uploads, files) = (UploadTurns::default(), Semaphore::new(MEDIA_UNDER_WAY_MAX));
        let inner = Inner { http, config, tokens, media, uploads, files, memory, learned: Learned::default() };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// The configuration the client was made with.
    #[must_use]
    pub fn config(&self) -> &ClientConfig {
        &self.inner.config
    }

    /// The access token, fetched where needed by the call that the configuration names, by default `stable_token`; one fetch
    /// at a time (wechat-api.md §1).
    pub async fn stable_token(&self) -> Result<Secret, WechatError> {
        self.inner.tokens.get(self.now(), &*self.inner).await
    }

    /// How many access tokens it has fetched.
    #[must_use]
    pub fn tokens_fetched(&self) -> u64 {
        self.inner.tokens.fetched()
    }

    /// `message/custom/send` with a whole body, which goes out as UTF-8 without any escape it does not need. `wire` is
    /// asked when all is ready: the next thing is the request.
    pub async fn send(&self, body: &Value, wire: &dyn Wire) -> Result<Answer, WechatError> {
        let bytes = body.to_string().into_bytes();
        let fill = |request: RequestBuilder| Ok(request.header(CONTENT_TYPE, "application/json").body(bytes.clone()));
        self.authorized(Call::Send, &[], fill, wire).await
    }

    /// `message/custom/typing`: shows the user for 15 s that somebody types, or shows it no more. WeChat refuses it where
    /// nobody wrote within 30 s (45080) or it is shown already (45081).
    pub async fn typing(&self, openid: &str, typing: Typing) -> Result<(), WechatError> {
        self.typing_watched(openid, typing, &Unwatched).await.map(drop)
    }

    /// The same; `wire` is asked when all is ready.
    pub(super) async fn typing_watched(
        &self,
        openid: &str,
        typing: Typing,
        wire: &dyn Wire,
    ) -> Result<Answer, WechatError> {
        let bytes = json!({"touser": openid, "command": typing.command()}).to_string().into_bytes();
        let fill = |request: RequestBuilder| Ok(request.header(CONTENT_TYPE, "application/json").body(bytes.clone()));
        self.authorized(Call::Typing, &[], fill, wire).await
    }

    /// Posts JSON that needs no watch.
    pub(super) async fn post_json(
        &self,
        call: Call,
        query: &[(&str, &str)],
        body: &Value,
    ) -> Result<Answer, WechatError> {
        let bytes = body.to_string().into_bytes();
        let fill = |request: RequestBuilder| Ok(request.header(CONTENT_TYPE, "application/json").body(bytes.clone()));
        self.authorized(call, query, fill, &Unwatched).await
    }

    /// What the answer to a GET holds, whole; JSON with an errcode is a refusal.
    pub(super) async fn bytes(&self, call: Call, query: &[(&str, &str)], bytes_max: usize) -> Result<Raw, WechatError> {
        let read = |raw: Raw, token: &Secret| self.inner.bytes(call, raw, bytes_max, token);
        self.with_token(call, query, Ok, &Unwatched, bytes_max, read).await
    }

    /// Gets JSON.
    pub(super) async fn get_json(&self, call: Call, query: &[(&str, &str)]) -> Result<Answer, WechatError> {
        self.authorized(call, query, Ok, &Unwatched).await
    }

    pub(super) fn setup(&self, error: reqwest::Error) -> WechatError {
        self.inner.setup(error)
    }

    pub(super) fn not_json(&self, call: Call, answer: &Answer) -> WechatError {
        self.inner.not_json(call, &answer.0.to_string())
    }

    pub(super) fn known_media(&self, key: &Fingerprint) -> Option<(String, Option<Vec<String>>)> {
        self.inner.media.get(key, self.now())
    }

    pub(super) fn remember_media(&self, key: Fingerprint, media_id: String, notes: Vec<String>) {
        let good_until = self.inner.media.put(key, media_id.clone(), notes, self.now());
        self.inner.memory.tell(|| Remembered::Media(key, Some((media_id, good_until))));
    }

    pub(super) fn forget_media(&self, key: &Fingerprint, media_id: &str) {
        if self.inner.media.forget(key, media_id) {
            self.inner.memory.tell(|| Remembered::Media(*key, None));
        }
    }

    pub(super) fn upload_turns(&self) -> &UploadTurns {
        &self.inner.uploads
    }

    /// Waits until one more message may have its files in memory; for as long as what comes back is kept.
    pub(super) async fn room_for_files(&self) -> Option<SemaphorePermit<'_>> {
        // It is never closed.
        self.inner.files.acquire().await.ok()
    }

    pub(super) fn learned(&self) -> &Learned {
        &self.inner.learned
    }

    pub(super) fn now(&self) -> TimestampMs {
        self.inner.config.clock.now_ms()
    }

    /// Calls with the token and reads JSON.
    pub(super) async fn authorized(
        &self,
        call: Call,
        query: &[(&str, &str)],
        fill: impl Fn(RequestBuilder) -> Result<RequestBuilder, WechatError> + Sync,
        wire: &dyn Wire,
    ) -> Result<Answer, WechatError> {
        let read = |raw: Raw, token: &Secret| self.inner.answer(call, &raw, Some(token));
        let bytes_max = if call == Call::Records { WECHAT_RECORDS_BYTES_MAX } else { WECHAT_ANSWER_BYTES_MAX };
        self.with_token(call, query, fill, wire, bytes_max, read).await
    }

    /// Calls with the token; once more with a new one where WeChat says the token was at fault.
    async fn with_token<T>(
        &self,
        call: Call,
        query: &[(&str, &str)],
        fill: impl Fn(RequestBuilder) -> Result<RequestBuilder, WechatError> + Sync,
        wire: &dyn Wire,
        bytes_max: usize,
        read: impl Fn(Raw, &Secret) -> Result<T, WechatError> + Sync,
    ) -> Result<T, WechatError> {
        let token = self.stable_token().await?;
        if !wire.begins().await {
            return Err(WechatError::Withdrawn { call });
        }
        let request = fill(self.inner.request(call, query, &token))?;
        match self.inner.exchange(call, request, bytes_max).await.and_then(|raw| read(raw, &token)) {
            Err(error) if error.errcode().is_some_and(|code| TOKEN_REFUSED.contains(&code)) => {
                match self.inner.tokens.invalidate(&token, self.now()).await {
                    GivenUp::Yes => self.inner.memory.tell(|| Remembered::Token(None)),
                    GivenUp::Replaced => {}
                    GivenUp::No => return Err(error),
                }
                let token = self.stable_token().await?;
                let request = fill(self.inner.request(call, query, &token))?;
                self.inner.exchange(call, request, bytes_max).await.and_then(|raw| read(raw, &token))
            }
            outcome => outcome,
        }
    }
}

/// An answer as it came.
#[derive(Debug)]
pub(super) struct Raw {
    status: u16,
    /// Whether `bytes` is all of it.
    whole: bool,
    pub(super) content_type: String,
    pub(super) disposition: String,
    pub(super) bytes: Vec<u8>,
}

impl Inner {
    /// `token` hands out a new one with each call; `stable_token` the same one, unless it is made to refresh it.
    async fn fetch_token(&self, force_refresh: bool) -> Result<Fetched, WechatError> {
        let config = &self.config;
        let (grant_type, secret) = ("client_credential", config.app_secret.expose());
        let call = config.token_api.call();
        let request = match config.token_api {
            TokenApi::StableToken => {
                let body = json!({
                    "grant_type": grant_type,
                    "appid": config.app_id,
                    "secret": secret,
                    "force_refresh": force_refresh,
                });
                let request = self.http.post(self.address(call, &[]));
                request.header(CONTENT_TYPE, "application/json").body(body.to_string())
            }
            TokenApi::Token => {
                let query = [("grant_type", grant_type), ("appid", &*config.app_id), ("secret", secret)];
                self.http.get(self.address(call, &query))
            }
        };
        let raw = self.exchange(call, request, WECHAT_ANSWER_BYTES_MAX).await?;
        let answer = self.answer(call, &raw, None)?;
        let expires_in_s = answer.0.get("expires_in").and_then(Value::as_i64).filter(|seconds| *seconds > 0);
        match (answer.text("access_token"), expires_in_s) {
            ("", _) | (_, None) => Err(self.not_json(call, "no access_token with an expires_in")),
            (token, Some(seconds)) => {
                Ok(Fetched { token: Secret::new(token), expires_in_ms: seconds.saturating_mul(1000) })
            }
        }
    }

    fn request(&self, call: Call, query: &[(&str, &str)], token: &Secret) -> RequestBuilder {
        let mut pairs = vec![("access_token", token.expose())];
        pairs.extend_from_slice(query);
        let address = self.address(call, &pairs);
        if call.is_get() { self.http.get(address) } else { self.http.post(address) }
    }

    fn address(&self, call: Call, query: &[(&str, &str)]) -> Url {
        let mut url = self.config.base_url.clone();
        let path = format!("{}{}", url.path().trim_end_matches('/'), call.path());
        url.set_path(&path);
        url.set_query(None);
        url.set_fragment(None);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        url
    }

    async fn exchange(&self, call: Call, request: RequestBuilder, bytes_max: usize) -> Result<Raw, WechatError> {
        let response = request.send().await.map_err(|error| self.transport(call, error))?;
        let header = |name| response.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let (content_type, disposition) = (header(CONTENT_TYPE).to_owned(), header(CONTENT_DISPOSITION).to_owned());
        let status = response.status().as_u16();
        let (bytes, whole) = read_bounded(response, bytes_max).await.map_err(|error| self.transport(call, error))?;
        Ok(Raw { status, whole, content_type, disposition, bytes })
    }

    /// WeChat's JSON.
    fn answer(&self, call: Call, raw: &Raw, token: Option<&Secret>) -> Result<Answer, WechatError> {
        let quote = || match String::from_utf8_lossy(&raw.bytes) {
            // What a token call answers may be a token, whatever its status.
            text if call.is_token() && text.contains("access_token") => "an access_token".to_owned(),
            text => self.quote(&text, token),
        };
        if raw.status != 200 {
            return Err(WechatError::Status { call, base: self.base(), status: raw.status, answer: quote() });
        }
        let Ok(value @ Value::Object(_)) = serde_json::from_slice::<Value>(&raw.bytes) else {
            return Err(self.not_json(call, &quote()));
        };
        match value.get("errcode").map(|code| code.as_i64()) {
            // A send is always answered with one; what has none is not WeChat's.
            None if call == Call::Send => Err(self.not_json(call, &quote())),
            None | Some(Some(0)) => Ok(Answer(value)),
            Some(Some(code)) => {
                let errmsg = value.get("errmsg").and_then(Value::as_str).unwrap_or_default();
                Err(WechatError::refused(call, code, self.quote(errmsg, token)))
            }
            Some(None) => Err(self.not_json(call, &quote())),
        }
    }

    /// A file, unless it is JSON with an errcode.
    fn bytes(&self, call: Call, raw: Raw, limit: usize, token: &Secret) -> Result<Raw, WechatError> {
        let refusal = raw.bytes.len() <= WECHAT_ANSWER_BYTES_MAX
            && raw.bytes.first() == Some(&b'{')
            && serde_json::from_slice::<Value>(&raw.bytes).is_ok_and(|value| value.get("errcode").is_some());
        if refusal || raw.status != 200 {
            let answer = self.answer(call, &raw, Some(token))?;
            return Err(self.not_json(call, &answer.0.to_string()));
        }
        if raw.whole { Ok(raw) } else { Err(WechatError::TooLarge { call, base: self.base(), limit }) }
    }

    fn transport(&self, call: Call, error: reqwest::Error) -> WechatError {
        let base = self.base();
        if error.is_builder() {
            return self.setup(error);
        }
        if error.is_connect() {
            return WechatError::Unreachable { call, base, reason: reason(error) };
        }
        WechatError::NoAnswer { call, base, timed_out: error.is_timeout(), reason: reason(error) }
    }

    fn setup(&self, error: reqwest::Error) -> WechatError {
        WechatError::Setup { base: self.base(), reason: reason(error) }
    }

    fn not_json(&self, call: Call, answer: &str) -> WechatError {
        WechatError::NotJson { call, base: self.base(), answer: self.quote(answer, None) }
    }

    fn base(&self) -> String {
        base(&self.config)
    }

    /// The beginning of a server's words, without the token and the secret in case it echoes them.
    fn quote(&self, text: &str, token: Option<&Secret>) -> String {
        let mut text = text.to_owned();
        for secret in token.into_iter().chain([&self.config.app_secret]).filter(|secret| secret.is_set()) {
            text = text.replace(secret.expose(), "***");
        }
        text.chars().take(QUOTED_CHARS_MAX).map(|c| if c.is_control() { ' ' } else { c }).collect()
    }
}

impl fmt::Debug for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inner").field("config", &self.config).field("tokens", &self.tokens).finish_non_exhaustive()
    }
}

impl Fetch for Inner {
    fn fetch(&self, force: bool) -> BoxFuture<'_, Result<Fetched, WechatError>> {
        Box::pin(self.fetch_token(force))
    }

    fn fetched(&self, token: &Secret, expires: TimestampMs) {
        self.memory.tell(|| Remembered::Token(Some((token.clone(), expires))));
    }
}

/// Where the API is, for messages: without what may be secret in an address.
fn base(config: &ClientConfig) -> String {
    let mut url = config.base_url.clone();
    // Refused only by addresses that hold none of these.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.set_query(None);
    url.set_fragment(None);
    url.as_str().trim_end_matches('/').to_owned()
}

/// The whole answer, or its first `bytes_max` bytes, and whether it is whole. JSON that is not does not parse.
async fn read_bounded(mut response: Response, bytes_max: usize) -> Result<(Vec<u8>, bool), reqwest::Error> {
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        let room = bytes_max - bytes.len();
        bytes.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if chunk.len() > room {
            return Ok((bytes, false));
        }
    }
    Ok((bytes, true))
}

/// An error and its causes without the address, whose query holds the token.
pub(super) fn reason(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(&error);
    while let Some(inner) = cause {
        // Writing to a string does not fail.
        let _ = write!(text, ": {inner}");
        cause = inner.source();
    }
    text
}
