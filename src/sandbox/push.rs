//! The wire to a callback: one request, one answer, within a time.

use std::time::Duration;

use reqwest::{
    RequestBuilder,
    header::{ACCEPT, CONTENT_TYPE, PRAGMA, USER_AGENT},
    redirect,
};
use url::Url;

use crate::base::limits::{QUOTED_CHARS_MAX, SANDBOX_PUSH_ANSWER_BYTES_MAX};
use crate::wechat::install_tls;

/// What WeChat calls itself.
const AGENT: &str = "Mozilla/4.0";

/// Why there is no answer that counts.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unanswered {
    #[error("there was no answer within {0:?}")]
    Late(Duration),
    #[error("no connection: {0}")]
    Lost(String),
    #[error("it answered {status}: {quoted:?}")]
    Status { status: u16, quoted: String },
}

/// The client of a callback.
#[derive(Debug)]
pub(super) struct Wire {
    http: reqwest::Client,
    patience: Duration,
}

impl Wire {
    /// A wire on which an answer is waited for so long. Redirects are not followed, connections not kept.
    pub(super) fn new(patience: Duration) -> Result<Self, String> {
        install_tls();
        let builder =
            reqwest::Client::builder().redirect(redirect::Policy::none()).no_proxy().pool_max_idle_per_host(0);
        let http = builder.timeout(patience).build().map_err(|error| reason(&error))?;
        Ok(Self { http, patience })
    }

    pub(super) async fn get(&self, url: Url) -> Result<Vec<u8>, Unanswered> {
        self.answer(self.http.get(url)).await
    }

    pub(super) async fn post(
        &self,
        url: Url,
        content_type: &'static str,
        body: Vec<u8>,
    ) -> Result<Vec<u8>, Unanswered> {
        self.answer(self.http.post(url).header(CONTENT_TYPE, content_type).body(body)).await
    }

    async fn answer(&self, request: RequestBuilder) -> Result<Vec<u8>, Unanswered> {
        let request = request.header(USER_AGENT, AGENT).header(ACCEPT, "*/*").header(PRAGMA, "no-cache");
        let failed = |error: reqwest::Error| {
            if error.is_timeout() { Unanswered::Late(self.patience) } else { Unanswered::Lost(reason(&error)) }
        };
        let mut response = request.send().await.map_err(failed)?;
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            if body.len() + chunk.len() > SANDBOX_PUSH_ANSWER_BYTES_MAX {
                return Err(Unanswered::Lost("the answer is too large".to_owned()));
            }
            body.extend_from_slice(&chunk);
        }
        if response.status() == reqwest::StatusCode::OK {
            return Ok(body);
        }
        Err(Unanswered::Status { status: response.status().as_u16(), quoted: quoted(&body) })
    }
}

/// The beginning of a foreign server's answer.
pub(super) fn quoted(body: &[u8]) -> String {
    String::from_utf8_lossy(body).chars().take(QUOTED_CHARS_MAX).collect()
}

/// The innermost reason, without the address: its query is signed.
fn reason(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}
