//! Sites ([same site](https://html.spec.whatwg.org/#same-site)), by which cookies are sent and set.
//!
//! *Choice*: there is no list of public suffixes. A registrable domain is the last two labels of a name, or three where a
//! country's domain has one of the usual second levels before it (`com.cn`, `co.uk`). So two tenants of a hoster
//! (`a.github.io`, `b.github.io`) count as one site, which matters only where the operator allowed both.

use std::net::IpAddr;

use url::{Host, Url};

use super::is_plugin_host;

/// Labels under which names are registered, in the domain of a country.
const SECOND_LEVELS: [&str; 13] =
    ["ac", "co", "com", "edu", "go", "gob", "gov", "mil", "ne", "net", "nom", "or", "org"];

/// How a request stands to the site of the document that makes it
/// ([RFC 6265bis §5.2](https://datatracker.ietf.org/doc/html/draft-ietf-httpbis-rfc6265bis#section-5.2)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sites {
    /// It stays on it, or nobody's document asks.
    Same,
    /// It opens a document elsewhere, by a method that changes nothing.
    Opens,
    /// It opens a document elsewhere, by another method.
    Posts,
    /// It goes elsewhere.
    Cross,
}

/// How many labels a registrable domain under this one has.
fn labels_wanted(domain: &str) -> usize {
    let mut labels = domain.rsplit('.');
    let (top, second) = (labels.next().unwrap_or_default(), labels.next().unwrap_or_default());
    if top.len() == 2 && SECOND_LEVELS.contains(&second) { 3 } else { 2 }
}

/// Whether names are registered directly under this domain, so that it is nobody's.
pub(super) fn is_public_suffix(domain: &str) -> bool {
    domain.split('.').count() < labels_wanted(domain)
}

/// What of a host its owner registered; a host without one is its own.
fn registrable(host: &str) -> &str {
    let host = host.strip_suffix('.').unwrap_or(host);
    if host.parse::<IpAddr>().is_ok() {
        return host;
    }
    let dots = host.rmatch_indices('.');
    dots.map(|(at, _)| at + 1).nth(labels_wanted(host) - 1).map_or(host, |start| &host[start..])
}

/// Whether two addresses are of one site, scheme included.
pub(super) fn is_same_site(one: &Url, other: &Url) -> bool {
    let site = |url: &Url| match url.host() {
        Some(Host::Domain(name)) => registrable(name).to_owned(),
        host => host.map(|host| host.to_string()).unwrap_or_default(),
    };
    one.scheme() == other.scheme() && site(one) == site(other)
}

/// Whether a document has a place on the web: one of a plugin's folder has none.
pub(super) fn is_of_the_web(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https") && !url.host_str().is_some_and(is_plugin_host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_somebody_registered() {
        let table = [
            ("www.shop.test", "shop.test"),
            ("shop.test", "shop.test"),
            ("a.b.example.com.cn", "example.com.cn"),
            ("example.com.cn", "example.com.cn"),
            ("www.example.cn", "example.cn"),
            ("com.cn", "com.cn"),
            ("localhost", "localhost"),
            ("127.0.0.1", "127.0.0.1"),
            ("www.shop.test.", "shop.test"),
            ("a.com.test", "com.test"),
        ];
        for (host, expected) in table {
            assert_eq!(registrable(host), expected, "{host}");
        }
        for (domain, expected) in [("com", true), ("com.cn", true), ("shop.cn", false), ("com.test", false)] {
            assert_eq!(is_public_suffix(domain), expected, "{domain}");
        }
    }

    #[test]
    fn a_site_has_a_scheme_and_no_port() {
        let table = [
            ("https://a.shop.test/", "https://b.shop.test:8443/x", true),
            ("https://shop.test/", "http://shop.test/", false),
            ("https://shop.com.cn/", "https://other.com.cn/", false),
            ("http://127.0.0.1:1/", "http://127.0.0.1:2/", true),
            ("http://127.0.0.1/", "http://128.0.0.1/", false),
            ("http://[::1]:1/", "http://[::1]:2/", true),
        ];
        for (one, other, expected) in table {
            let (one, other) = (Url::parse(one).unwrap(), Url::parse(other).unwrap());
            assert_eq!(is_same_site(&one, &other), expected, "{one} {other}");
        }
    }
}
