//! Downloading the picture, voice or video a plugin names (plugin-apis.md §4: guarded, size-capped).

use std::{net::IpAddr, time::Duration};

use reqwest::{
    Response,
    header::{CONTENT_TYPE, LOCATION},
    redirect,
};
use tokio::time::timeout;
use url::Url;

use super::{client::reason, config::BoxFuture, fit::FitError, tls::install_tls};
use crate::{
    base::limits::{PICTURE_BYTES_MAX, PICTURE_REDIRECTS_MAX, PICTURE_TIMEOUT},
    net::{Reach, RefusedAddress, refused_address},
};

/// A downloaded picture, or other file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// What the server says it is, `""` where it says nothing; not to be trusted.
    pub content_type: String,
}

/// A picture, or other file, that could not be had, or that WeChat does not take.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PictureError {
    /// Not http or https, also after a redirect.
    #[error("the file's address is not http or https: {url}")]
    Scheme {
        /// The address.
        url: String,
    },
    /// It leads to an address that is not of the public internet, also after a redirect.
    #[error("the file's address {url} leads to {address}, {what}")]
    Private {
        /// The address.
        url: String,
        /// The address in numbers that it leads to.
        address: IpAddr,
        /// What that is.
        what: String,
    },
    /// The server cannot be reached, or the connection broke.
    #[error("the file {url} cannot be downloaded: {reason}")]
    Network {
        /// The address.
        url: String,
        /// What the connection says.
        reason: String,
    },
    /// The time was up.
    #[error("the file {url} did not arrive within {} s", .limit.as_secs())]
    Timeout {
        /// The address.
        url: String,
        /// The bound.
        limit: Duration,
    },
    /// An HTTP status other than 200.
    #[error("the server answered the file {url} with HTTP status {status}")]
    Status {
        /// The address.
        url: String,
        /// The status.
        status: u16,
    },
    /// It lies in the folder of a plugin that is not open, or where only that plugin may look.
    #[error("{url} is a file that only its plugin may show, which is not open here")]
    PluginAbsent {
        /// The address.
        url: String,
    },
    /// More redirects than are followed.
    #[error("the file {url} was redirected more than {PICTURE_REDIRECTS_MAX} times")]
    Redirects {
        /// The first address.
        url: String,
    },
    /// Over the limit.
    #[error("the file {url} is larger than {limit} bytes")]
    TooLarge {
        /// The address.
        url: String,
        /// The limit in force.
        limit: usize,
    },
    /// WeChat takes no such picture, and none can be made of it.
    #[error("the picture {url} cannot be sent: {error}")]
    Unfit {
        /// The address.
        url: String,
        /// Why not.
        error: FitError,
    },
    /// WeChat takes no such voice or video, and its address would lead the customer nowhere.
    #[error("{url} cannot be sent, and as a link it would lead nowhere: {reason}")]
    NoLink {
        /// The address.
        url: String,
        /// Why it cannot be sent.
        reason: String,
    },
}

impl PictureError {
    fn private(url: &Url, refused: &RefusedAddress) -> Self {
        Self::Private { url: url.to_string(), address: refused.address, what: refused.what.name().to_owned() }
    }

    /// Whether trying again may help.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Network { .. } | Self::Timeout { .. } => true,
            Self::Status { status, .. } => *status >= 500 || *status == 429,
            _ => false,
        }
    }

    /// The next step, for a `hint:` line.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Scheme { .. } => "correct the address in the plugin",
            Self::Private { .. } => "put the file on a public server, or name its origin under `allow` in plugin.toml",
            Self::PluginAbsent { .. } => "run the plugin's page with --forward, and `duoke outbox retry` the message",
            Self::Network { .. } | Self::Timeout { .. } => "check the file's server",
            Self::Status { .. } | Self::Redirects { .. } => "open the address in a browser to see what it answers",
            Self::TooLarge { .. } => "make the file smaller",
            Self::Unfit { error, .. } => error.hint(),
            Self::NoLink { .. } => "use a file WeChat takes, or put it on a public server",
        }
    }
}

/// Where pictures, and the files of voices and videos, come from.
pub trait PictureSource: Send + Sync {
    /// What is at an address.
    fn fetch<'a>(&'a self, url: &'a Url) -> BoxFuture<'a, Result<Picture, PictureError>>;
}

/// Pictures from the network, within bounds of size and time, from http(s) only, and from public addresses only.
#[derive(Debug, Clone)]
pub struct LivePictures {
    http: reqwest::Client,
    allow_private: bool,
    bytes_max: usize,
    timeout: Duration,
}

impl LivePictures {
    /// The usual bounds. With `allow_private` addresses of private networks and of this machine are fetched too: for
    /// tests, the sandbox and intranets.
    pub fn new(allow_private: bool) -> Result<Self, PictureError> {
        install_tls();
        // A proxy would resolve the name again, behind the guard's back.
        let mut builder = reqwest::Client::builder().redirect(redirect::Policy::none()).no_proxy();
        if !allow_private {
            builder = builder.dns_resolver(Reach::Public);
        }
        let http =
            builder.build().map_err(|error| PictureError::Network { url: String::new(), reason: reason(error) })?;
        Ok(Self { http, allow_private, bytes_max: PICTURE_BYTES_MAX, timeout: PICTURE_TIMEOUT })
    }

    /// With another bound of size, in bytes.
    #[must_use]
    pub fn with_bytes_max(mut self, bytes_max: usize) -> Self {
        self.bytes_max = bytes_max;
        self
    }

    async fn follow(&self, first: &Url) -> Result<Picture, PictureError> {
        let mut url = first.clone();
        for _ in 0..=PICTURE_REDIRECTS_MAX {
            self.check(&url)?;
            let response = self.http.get(url.clone()).send().await.map_err(|error| network(&url, error))?;
            let Some(next) = redirect_target(&url, &response) else {
                return self.read(&url, response).await;
            };
            url = next;
        }
        Err(PictureError::Redirects { url: first.to_string() })
    }

    /// Names are checked when they are resolved; addresses written as numbers are never resolved.
    fn check(&self, url: &Url) -> Result<(), PictureError> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(PictureError::Scheme { url: url.to_string() });
        }
        if self.allow_private {
            return Ok(());
        }
        Reach::Public.check_number(url).map_err(|refused| PictureError::private(url, &refused))
    }

    async fn read(&self, url: &Url, mut response: Response) -> Result<Picture, PictureError> {
        let status = response.status().as_u16();
        if status != 200 {
            return Err(PictureError::Status { url: url.to_string(), status });
        }
        let content_type = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let content_type = content_type.unwrap_or_default().to_owned();
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| network(url, error))? {
            if bytes.len() + chunk.len() > self.bytes_max {
                return Err(PictureError::TooLarge { url: url.to_string(), limit: self.bytes_max });
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(Picture { bytes, content_type })
    }
}

impl PictureSource for LivePictures {
    fn fetch<'a>(&'a self, url: &'a Url) -> BoxFuture<'a, Result<Picture, PictureError>> {
        Box::pin(async move {
            let late = |_| PictureError::Timeout { url: url.to_string(), limit: self.timeout };
            timeout(self.timeout, self.follow(url)).await.map_err(late)?
        })
    }
}

fn redirect_target(url: &Url, response: &Response) -> Option<Url> {
    if !matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    url.join(response.headers().get(LOCATION)?.to_str().ok()?).ok()
}

fn network(url: &Url, error: reqwest::Error) -> PictureError {
    match refused_address(&error) {
        Some(refused) => PictureError::private(url, refused),
        None => PictureError::Network { url: url.to_string(), reason: reason(error) },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn refusal(address: &str) -> PictureError {
        let url = Url::parse(address).unwrap();
        LivePictures::new(false).unwrap().fetch(&url).await.unwrap_err()
    }

    #[tokio::test]
    async fn private_addresses_are_refused() {
        for address in [
            "http://127.0.0.1:1/a.png",
            "http://[::1]:1/a.png",
            "http://localhost:1/a.png",
            "http://2130706433/a.png",
            "http://169.254.169.254/latest/meta-data",
            "http://[::ffff:10.0.0.1]/a.png",
        ] {
            assert!(matches!(refusal(address).await, PictureError::Private { .. }), "{address}");
        }
    }

    #[tokio::test]
    async fn other_schemes_are_refused() {
        assert!(matches!(refusal("file:///etc/hosts").await, PictureError::Scheme { .. }));
        assert!(matches!(refusal("ftp://example.com/a.png").await, PictureError::Scheme { .. }));
    }

    #[test]
    fn what_may_help() {
        let url = String::new();
        assert!(PictureError::Status { url: url.clone(), status: 503 }.is_transient());
        assert!(!PictureError::Status { url: url.clone(), status: 404 }.is_transient());
        assert!(!PictureError::TooLarge { url, limit: 1 }.is_transient());
    }
}
