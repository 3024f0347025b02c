//! What may keep a page from its answer, in words for the operator.

use std::net::IpAddr;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use thiserror::Error;
use url::Url;

use super::{Reach, RefusedAddress};

/// Why a request has no answer. The text says what, where and why; [`NetError::hint`] the next step.
#[derive(Clone, Debug, PartialEq, Eq, Error, Serialize, Deserialize)]
pub enum NetError {
    /// The egress guard does not let the page talk to this origin.
    #[error("{url} was refused: this page may not talk to {origin}")]
    NotAllowed {
        /// The address asked for.
        url: String,
        /// Its origin, as `allow` lists spell it.
        origin: String,
    },
    /// The address guard does not let the page connect there: it is not of the public internet.
    #[error("{url} was refused: it leads to {address}, {what}")]
    RefusedAddress {
        /// The address asked for.
        url: String,
        /// The address in numbers that it leads to.
        address: IpAddr,
        /// What that is, in words.
        what: String,
        /// The origin that `allow` must name for it.
        origin: String,
    },
    /// A plugin's folder, and not the page's own.
    #[error("{url} was refused: {host} is no server but stands for a plugin's folder, and not for this page's own")]
    OtherFolder {
        /// The address asked for.
        url: String,
        /// Its host.
        host: String,
    },
    /// A script or style sheet of the original HTML that was fetched so often that the page may mean something else by it.
    #[error("{url} was not fetched again: what a page's HTML names may be fetched {times_max} times")]
    FetchedTooOften {
        /// The address asked for.
        url: String,
        /// The bound that was in force.
        times_max: usize,
        /// Its origin, as `allow` lists spell it.
        origin: String,
    },
    /// [`NetError::Unreachable`] without the environment's proxy, which serves only origins that the operator named.
    #[error("{url} could not be reached without the environment's proxy: {reason}")]
    Unproxied {
        /// The address asked for.
        url: String,
        /// The operating system's or the TLS library's words.
        reason: String,
        /// Its origin, as `allow` lists spell it.
        origin: String,
    },
    /// No connection: name not found, refused, no route, TLS refused, no network at all.
    #[error("{url} could not be reached: {reason}")]
    Unreachable {
        /// The address asked for.
        url: String,
        /// The operating system's or the TLS library's words.
        reason: String,
    },
    /// The answer was not complete in time.
    #[error("{url} did not answer within {timeout_ms} ms")]
    TimedOut {
        /// The address asked for.
        url: String,
        /// The bound that was in force, in milliseconds.
        timeout_ms: u64,
    },
    /// The page's requests that are under way are too large.
    #[error("{url} was not fetched: a page's requests under way may have {bytes_max} bytes")]
    TooMuchInFlight {
        /// The address asked for, or its beginning.
        url: String,
        /// The bound that was in force, in bytes of addresses, headers and bodies.
        bytes_max: usize,
    },
    /// The page made too many requests in one turn.
    #[error("{url} was not fetched: a page may make {requests_max} requests in one turn")]
    TooManyInTurn {
        /// The address asked for, or its beginning.
        url: String,
        /// The bound that was in force.
        requests_max: usize,
    },
    /// The page has too many answers that go on.
    #[error("{url} was not opened: a page may have {streams_max} streams open at once")]
    TooManyStreams {
        /// The address asked for.
        url: String,
        /// The bound that was in force.
        streams_max: usize,
    },
    /// The page has too many sockets.
    #[error("{url} was not connected: a page may have {sockets_max} sockets open at once")]
    TooManySockets {
        /// The address asked for.
        url: String,
        /// The bound that was in force.
        sockets_max: usize,
    },
    /// A port at which no socket is connected: what listens there may take what a page sends for its own protocol
    /// ([bad port](https://fetch.spec.whatwg.org/#bad-port)).
    #[error("{url} was refused: port {port} is one of those that pages may not talk to")]
    BadPort {
        /// The address asked for.
        url: String,
        /// Its port.
        port: u16,
    },
    /// The page has waited for requests too long in one turn.
    #[error("{url} was not fetched: a page may wait {time_max_s} s for synchronous requests in one turn")]
    WaitedTooLong {
        /// The address asked for, or its beginning.
        url: String,
        /// The bound, in seconds.
        time_max_s: u64,
    },
    /// The answer is larger than a page may have.
    #[error("the answer of {url} is larger than {bytes_max} bytes")]
    TooLarge {
        /// The address asked for.
        url: String,
        /// The bound that was in force, in bytes.
        bytes_max: usize,
    },
    /// An address of the plugin's folder, or of a replacement, without a file behind it.
    #[error("{url} has no file: {} does not exist", path.display())]
    FileNotFound {
        /// The address asked for.
        url: String,
        /// The file that was looked for.
        path: PathBuf,
        /// A file beside it whose name is nearly the same.
        similar: Option<String>,
    },
    /// A file that is there and cannot be read.
    #[error("{url} cannot be read from {}: {reason}", path.display())]
    FileUnreadable {
        /// The address asked for.
        url: String,
        /// The file.
        path: PathBuf,
        /// The operating system's words.
        reason: String,
    },
    /// An address that leads out of the plugin's folder, by `..` or by a link.
    #[error("{url} leads out of the plugin's folder {}", folder.display())]
    OutsideFolder {
        /// The address asked for.
        url: String,
        /// The plugin's folder.
        folder: PathBuf,
    },
    /// An address that cannot be fetched at all.
    #[error("{url} cannot be fetched: {reason}")]
    BadUrl {
        /// The address as it was given.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A document or script answered with an error status.
    #[error("{url} was answered with {status} {status_text}")]
    Status {
        /// The final address.
        url: String,
        /// The status code.
        status: u16,
        /// Its standard reason.
        status_text: String,
    },
    /// A redirect that the page did not want.
    #[error("{url} was redirected to {target}, which the page's request does not allow")]
    Redirected {
        /// The address asked for.
        url: String,
        /// Where it leads.
        target: String,
    },
    /// An address of another origin, for a request that the page keeps to its own.
    #[error("{url} is of another origin, which the page's request does not allow")]
    OtherOrigin {
        /// The address asked for, or redirected to.
        url: String,
    },
    /// A script whose server says that it is something else ([`super::Response::as_script`]).
    #[error("{url} may not run: its server says that it is {}{}", if kind.is_empty() { "of no type" } else { kind.as_str() },
        if *is_nosniff { ", and not to be taken for anything else (nosniff)" } else { "" })]
    NotScript {
        /// The final address.
        url: String,
        /// The content type, without parameters.
        kind: String,
        /// Whether it would do without `X-Content-Type-Options: nosniff`.
        is_nosniff: bool,
    },
    /// A script that is not the one its `integrity` names.
    #[error("{url} is not taken: it is not what the page's `integrity` says")]
    Integrity {
        /// The final address.
        url: String,
    },
    /// The server broke the protocol: malformed answer, broken body, redirects without end.
    #[error("{url} was answered badly: {reason}")]
    Protocol {
        /// The address asked for.
        url: String,
        /// What was wrong.
        reason: String,
    },
    /// The HTTP client itself cannot be set up.
    #[error("the HTTP client cannot be set up: {reason}")]
    NoClient {
        /// The TLS library's words.
        reason: String,
    },
    /// A document that is not text (see [`super::looks_binary`]).
    #[error("{url} is not a page: its content is binary data")]
    NotText {
        /// The final address.
        url: String,
    },
}

impl NetError {
    /// Whether asking again would only lead to the same.
    #[must_use]
    pub fn is_certain(&self) -> bool {
        matches!(
            self,
            Self::NotAllowed { .. }
                | Self::OtherFolder { .. }
                | Self::FileNotFound { .. }
                | Self::OutsideFolder { .. }
                | Self::BadUrl { .. }
                | Self::BadPort { .. }
        )
    }

    /// An address refused by a guard of this reach. Where the operator named a name, it is the number he must name.
    pub(super) fn refused_address(url: &Url, reach: Reach, refused: &RefusedAddress) -> Self {
        let mut named = url.clone();
        if reach == Reach::Named {
            // An http address has a host, and may have this one.
            let _ = named.set_ip_host(refused.address);
        }
        Self::RefusedAddress {
            url: url.to_string(),
            address: refused.address,
            what: refused.what.name().to_owned(),
            origin: named.origin().ascii_serialization(),
        }
    }

    /// The address the error is about; empty for [`NetError::NoClient`].
    #[must_use]
    pub fn url(&self) -> &str {
        match self {
            NetError::NotAllowed { url, .. }
            | NetError::RefusedAddress { url, .. }
            | NetError::OtherFolder { url, .. }
            | NetError::FetchedTooOften { url, .. }
            | NetError::Unproxied { url, .. }
            | NetError::Unreachable { url, .. }
            | NetError::TimedOut { url, .. }
            | NetError::TooMuchInFlight { url, .. }
            | NetError::TooManyInTurn { url, .. }
            | NetError::TooManyStreams { url, .. }
            | NetError::TooManySockets { url, .. }
            | NetError::BadPort { url, .. }
            | NetError::WaitedTooLong { url, .. }
            | NetError::TooLarge { url, .. }
            | NetError::FileNotFound { url, .. }
            | NetError::FileUnreadable { url, .. }
            | NetError::OutsideFolder { url, .. }
            | NetError::BadUrl { url, .. }
            | NetError::Status { url, .. }
            | NetError::Redirected { url, .. }
            | NetError::OtherOrigin { url }
            | NetError::NotScript { url, .. }
            | NetError::Integrity { url }
            | NetError::Protocol { url, .. }
            | NetError::NotText { url } => url,
            NetError::NoClient { .. } => "",
        }
    }

    /// The same about another address: a socket's is `ws:`, and asked as `http:`.
    #[must_use]
    pub(super) fn about(mut self, address: &Url) -> Self {
        match &mut self {
            NetError::NotAllowed { url, .. }
            | NetError::RefusedAddress { url, .. }
            | NetError::OtherFolder { url, .. }
            | NetError::Unproxied { url, .. }
            | NetError::Unreachable { url, .. }
            | NetError::TimedOut { url, .. }
            | NetError::BadUrl { url, .. }
            | NetError::Status { url, .. }
            | NetError::Redirected { url, .. }
            | NetError::Protocol { url, .. } => *url = address.to_string(),
            _ => {}
        }
        self
    }

    /// The next step, where there is one: text for a `hint:` line.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let replace = |url: &str| {
            format!("answer the address from a file with `--replace {url}=FILE` or [replace] in plugin.toml")
        };
        let allow =
            |origin: &str| format!("allow it with `--allow {origin}` or `allow = [\"{origin}\"]` in plugin.toml");
        match self {
            NetError::NotAllowed { url, origin } if is_socket(url) => Some(allow(origin)),
            NetError::Status { url, .. } if is_socket(url) => {
                Some("the server opened no socket: check the address, and what listens there".to_owned())
            }
            NetError::Unreachable { url, .. } | NetError::TimedOut { url, .. } | NetError::Protocol { url, .. }
                if is_socket(url) =>
            {
                None
            }
            NetError::BadPort { .. } => Some("let the server listen at another port, as browsers want it".to_owned()),
            NetError::NotAllowed { url, origin } | NetError::FetchedTooOften { url, origin, .. } => {
                Some(format!("{}, or {}", allow(origin), replace(url)))
            }
            NetError::RefusedAddress { origin, .. } => Some(format!("if the page may talk to it, {}", allow(origin))),
            NetError::Unproxied { url, origin, .. } => Some(format!(
                "the proxy is used only for origins that are allowed: {}; if the server is gone, {}",
                allow(origin),
                replace(url)
            )),
            NetError::OtherFolder { .. } => Some("copy the file into the page's own folder".to_owned()),
            NetError::Unreachable { url, .. }
            | NetError::TimedOut { url, .. }
            | NetError::Status { url, .. }
            | NetError::Protocol { url, .. } => Some(format!("if the server is gone, {}", replace(url))),
            NetError::FileNotFound { similar: Some(name), .. } => {
                Some(format!("there is `{name}`: upper and lower case and spelling must be the same"))
            }
            NetError::FileNotFound { .. } => {
                Some("check the path, and that the file lies in the plugin's folder".to_owned())
            }
            NetError::OutsideFolder { .. } => {
                Some("copy the file into the plugin's folder; links out of it are not followed".to_owned())
            }
            NetError::BadUrl { .. } => Some("pages may fetch http, https and data addresses".to_owned()),
            NetError::NotText { .. } => Some("give the HTML file of the page, not an archive or a picture".to_owned()),
            NetError::NoClient { .. } => {
                Some("install the system's CA certificates (Debian: ca-certificates)".to_owned())
            }
            NetError::TooMuchInFlight { .. } | NetError::TooManyInTurn { .. } => {
                Some("let the page wait for answers before it asks for more".to_owned())
            }
            NetError::TooManyStreams { .. } | NetError::TooManySockets { .. } => Some("close those that are not needed any more".to_owned()),
            NetError::WaitedTooLong { .. } => {
                Some("find the server that answers slowly; an asynchronous request holds nobody up".to_owned())
            }
            NetError::Redirected { .. } | NetError::OtherOrigin { .. } => {
                Some("let `fetch` follow it: without `redirect: \"error\"` and `mode: \"same-origin\"`".to_owned())
            }
            NetError::NotScript { url, .. } => {
                Some(format!("have its server say `Content-Type: text/javascript`, or {}", replace(url)))
            }
            NetError::Integrity { .. } => Some(
                "if another version stands in for it on purpose, take `integrity` out of the page or put the new hash there"
                    .to_owned(),
            ),
            NetError::TooLarge { .. } | NetError::FileUnreadable { .. } => None,
        }
    }
}

/// Whether an address is that of a socket.
fn is_socket(url: &str) -> bool {
    url.starts_with("ws:") || url.starts_with("wss:")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::Special;

    #[test]
    fn a_refusal_names_the_origin_and_both_ways_to_allow_it() {
        let error = NetError::NotAllowed { url: "https://a.test/x?y".into(), origin: "https://a.test".into() };
        assert!(error.to_string().contains("https://a.test/x?y"));
        let hint = error.hint().unwrap();
        assert!(hint.contains("--allow https://a.test") && hint.contains("plugin.toml"), "{hint}");
    }

    #[test]
    fn a_refused_address_is_named_with_what_to_write() {
        let url = Url::parse("https://crm.test:8443/x").unwrap();
        let refused = RefusedAddress { address: "169.254.169.254".parse().unwrap(), what: Special::LinkLocal };
        let error = NetError::refused_address(&url, Reach::Public, &refused);
        assert_eq!(
            error.to_string(),
            "https://crm.test:8443/x was refused: it leads to 169.254.169.254, a link-local address"
        );
        assert!(error.hint().unwrap().contains("--allow https://crm.test:8443`"));
        let error = NetError::refused_address(&url, Reach::Named, &refused);
        assert!(error.hint().unwrap().contains("--allow https://169.254.169.254:8443`"));
    }

    #[test]
    fn where_only_a_proxy_leads_out_the_hint_says_how_it_is_used() {
        let error = NetError::Unproxied {
            url: "http://cdn.test/j.js".into(),
            reason: "refused".into(),
            origin: "http://cdn.test".into(),
        };
        let hint = error.hint().unwrap();
        assert!(hint.contains("`--allow http://cdn.test`") && hint.contains("--replace"), "{hint}");
    }

    #[test]
    fn a_dead_server_s_hint_names_replace() {
        let error = NetError::Unreachable { url: "http://cdn.test/j.js".into(), reason: "refused".into() };
        assert!(error.hint().unwrap().contains("--replace http://cdn.test/j.js=FILE"));
    }
}
