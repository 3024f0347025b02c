//! What a client needs to know.

use std::{future::Future, pin::Pin, time::Duration};

use url::Url;

use super::{
    call::Call,
    outgoing::{NewsPolicy, TextPolicy, TrimPolicy},
    profile::Profile,
    secret::Secret,
};
use crate::base::{
    clock::Clock,
    limits::{WECHAT_CALL_TIMEOUT, WECHAT_CONNECT_TIMEOUT},
};

/// A future behind a pointer, as the traits of this module return it.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Is asked before a message goes on the wire, when nothing stands before it any more but the request.
pub trait Wire: Send + Sync {
    /// Whether it may go; it may be asked again for the same message.
    fn begins(&self) -> BoxFuture<'_, bool>;
}

/// Lets everything go.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unwatched;

impl Wire for Unwatched {
    fn begins(&self) -> BoxFuture<'_, bool> {
        Box::pin(std::future::ready(true))
    }
}

/// Which call hands out the access token (wechat-api.md §1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TokenApi {
    /// `stable_token`: programs of the same account do not put each other's token out of use.
    #[default]
    StableToken,
    /// `token`: each one puts the one before out of use after five minutes.
    Token,
}

impl TokenApi {
    pub(super) fn call(self) -> Call {
        match self {
            Self::StableToken => Call::StableToken,
            Self::Token => Call::Token,
        }
    }
}

/// One official account and where its API is.
#[derive(Debug, Clone)]
pub struct ClientConfig {
    /// Where the API is: `https://api.weixin.qq.com` or a server that speaks it; its path is kept as a prefix.
    pub base_url: Url,
    /// The account's app id.
    pub app_id: String,
    /// The account's app secret.
    pub app_secret: Secret,
    /// Which call hands out the access token.
    pub token_api: TokenApi,
    /// The proxy by which the API is called, an address of http, https, socks5 or socks5h, which may hold a password; a
    /// server on this machine is called without.
    pub proxy: Option<Secret>,
    /// The limits in force.
    pub profile: Profile,
    /// What happens to more articles than the account takes in a message.
    pub news: NewsPolicy,
    /// What happens to a text over the limit.
    pub text: TextPolicy,
    /// What happens to a title or a description over the limit.
    pub trim: TrimPolicy,
    /// Longest the connection may take to open.
    pub connect_timeout: Duration,
    /// Longest a call may take.
    pub call_timeout: Duration,
    /// Where the time comes from.
    pub clock: Clock,
}

impl ClientConfig {
    /// A configuration with today's limits, the usual policies and bounds, and the system's clock.
    #[must_use]
    pub fn new(base_url: Url, app_id: impl Into<String>, app_secret: Secret) -> Self {
        Self {
            base_url,
            app_id: app_id.into(),
            app_secret,
            token_api: TokenApi::default(),
            proxy: None,
            profile: Profile::y2025(),
            news: NewsPolicy::default(),
            text: TextPolicy::default(),
            trim: TrimPolicy::default(),
            connect_timeout: WECHAT_CONNECT_TIMEOUT,
            call_timeout: WECHAT_CALL_TIMEOUT,
            clock: Clock::system(),
        }
    }

    /// The server as an origin, by which an account's state is kept; what has none is named whole.
    #[must_use]
    pub fn server(&self) -> String {
        match self.base_url.origin() {
            origin if origin.is_tuple() => origin.ascii_serialization(),
            _ => self.base_url.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_holds_no_secret() {
        let url = Url::parse("http://127.0.0.1:1/").unwrap();
        let mut config = ClientConfig::new(url, "wx1", Secret::new("hush-hush"));
        config.proxy = Some(Secret::new("http://user:hush@proxy:1"));
        let shown = format!("{config:?}");
        assert!(!shown.contains("hush") && shown.contains("app_secret: set"), "{shown}");
    }
}
