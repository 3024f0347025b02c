//! Which account the sandbox plays, and where.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    time::Duration,
};

use serde::Serialize;

use super::quota::Quotas;
use crate::{
    base::{clock::Clock, limits::SANDBOX_PUSH_TIME},
    wechat::{Profile, Secret},
};

/// The app id where `DUOKE_APP_ID` names none: as long as a real one.
const APP_ID_DEFAULT: &str = "wxduokesandbox0001";
/// The app secret where `DUOKE_APP_SECRET` names none: no secret, it opens nothing but a sandbox on loopback.
const APP_SECRET_DEFAULT: &str = "0123456789abcdef0123456789abcdef";
/// The account's WeChat id, the part of a customer-service account after the `@` (cli.md: `kf0001@duoke`).
const WECHAT_ID_DEFAULT: &str = "duoke";

/// What a sandbox needs to know.
#[derive(Debug, Clone)]
pub struct SandboxConfig {
    /// Where to listen: a loopback address; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The account's app id.
    pub app_id: String,
    /// The account's app secret.
    pub app_secret: Secret,
    /// The account's WeChat id.
    pub wechat_id: String,
    /// Whether the account is verified (认证): others may not send menus.
    pub verified: bool,
    /// The account's IP whitelist: whence its secret may be used. `None`: from everywhere.
    pub whitelist: Option<Vec<IpAddr>>,
    /// The limits in force.
    pub profile: Profile,
    /// How often each call may be made.
    pub quotas: Quotas,
    /// How long each of the three attempts to push waits for its answer: WeChat's 5 s, less in tests.
    pub push_time: Duration,
    /// The clock that `POST /_sandbox/clock` moves ahead of.
    pub clock: Clock,
}

impl Default for SandboxConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0),
            app_id: APP_ID_DEFAULT.to_owned(),
            app_secret: Secret::new(APP_SECRET_DEFAULT),
            wechat_id: WECHAT_ID_DEFAULT.to_owned(),
            verified: true,
            whitelist: None,
            profile: Profile::y2017(),
            quotas: Quotas::default(),
            push_time: SANDBOX_PUSH_TIME,
            clock: Clock::system(),
        }
    }
}

/// The line `duoke sandbox` prints when it is ready (cli.md).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Ready {
    /// `http://127.0.0.1:PORT`
    pub listening: String,
    /// The account's app id.
    pub app_id: String,
    /// The account's app secret: shown, so that a script can use it; it opens nothing but this sandbox.
    pub app_secret: String,
    /// The account's WeChat id.
    pub wechat_id: String,
}

/// A sandbox that did not start.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// Not a loopback address.
    #[error("the sandbox listens on loopback only, not on {0}")]
    NotLoopback(SocketAddr),
    /// The address cannot be listened on.
    #[error("the sandbox cannot listen on {address}: {source}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
}

impl SandboxError {
    /// The next step, for a `hint:` line.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::NotLoopback(_) => "use --listen 127.0.0.1:PORT: anybody who reaches the sandbox controls it",
            Self::Listen { .. } => "use --listen 127.0.0.1:0 for a free port",
        }
    }
}
