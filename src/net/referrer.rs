//! What a request says of the document that makes it ([Referrer Policy](https://w3c.github.io/webappsec-referrer-policy/)).

use serde::{Deserialize, Serialize};
use url::Url;

use crate::base::limits::REFERRER_BYTES_MAX;
use crate::base::loopback::is_loopback;

/// How much a request says of where it comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum ReferrerPolicy {
    /// Nothing.
    NoReferrer,
    /// The address, but from https nothing to http.
    NoReferrerWhenDowngrade,
    /// The address, to its own origin only.
    SameOrigin,
    /// The origin.
    Origin,
    /// The origin, but from https nothing to http.
    StrictOrigin,
    /// The address to its own origin, the origin to others.
    OriginWhenCrossOrigin,
    /// The same, but from https nothing to http.
    #[default]
    StrictOriginWhenCrossOrigin,
    /// The address.
    UnsafeUrl,
}

const NAMES: [(&str, ReferrerPolicy); 8] = [
    ("no-referrer", ReferrerPolicy::NoReferrer),
    ("no-referrer-when-downgrade", ReferrerPolicy::NoReferrerWhenDowngrade),
    ("same-origin", ReferrerPolicy::SameOrigin),
    ("origin", ReferrerPolicy::Origin),
    ("strict-origin", ReferrerPolicy::StrictOrigin),
    ("origin-when-cross-origin", ReferrerPolicy::OriginWhenCrossOrigin),
    ("strict-origin-when-cross-origin", ReferrerPolicy::StrictOriginWhenCrossOrigin),
    ("unsafe-url", ReferrerPolicy::UnsafeUrl),
];

impl ReferrerPolicy {
    /// The policy of this name, in any case.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        NAMES.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, policy)| *policy)
    }

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        NAMES.iter().find(|(_, policy)| *policy == self).map_or("", |(name, _)| name)
    }

    /// What a `Referrer-Policy` header says: the last policy in it that is known.
    #[must_use]
    pub fn of_header(value: &str) -> Option<Self> {
        value.split(',').filter_map(|name| Self::named(name.trim())).next_back()
    }

    /// What `<meta name=referrer>` says, old names included (HTML §4.2.5.1).
    #[must_use]
    pub fn of_meta(content: &str) -> Option<Self> {
        match content.trim().to_ascii_lowercase().as_str() {
            "never" => Some(Self::NoReferrer),
            "default" => Some(Self::default()),
            "always" => Some(Self::UnsafeUrl),
            "origin-when-crossorigin" => Some(Self::OriginWhenCrossOrigin),
            name => Self::named(name),
        }
    }

    /// What a request from a document says to `to`
    /// ([determine request's referrer](https://w3c.github.io/webappsec-referrer-policy/#determine-requests-referrer)).
    #[must_use]
    pub fn referrer(self, from: &Url, to: &Url) -> Option<String> {
        if !matches!(from.scheme(), "http" | "https") {
            return None;
        }
        let origin = || Some(format!("{}/", from.origin().ascii_serialization()));
        let whole = || Some(stripped(from)).filter(|url| url.len() <= REFERRER_BYTES_MAX).or_else(origin);
        let is_same = from.origin() == to.origin();
        let is_downgrade = is_trustworthy(from) && !is_trustworthy(to);
        match self {
            Self::NoReferrer => None,
            Self::UnsafeUrl => whole(),
            Self::Origin => origin(),
            Self::StrictOrigin | Self::NoReferrerWhenDowngrade if is_downgrade => None,
            Self::StrictOrigin => origin(),
            Self::NoReferrerWhenDowngrade => whole(),
            Self::SameOrigin => whole().filter(|_| is_same),
            Self::OriginWhenCrossOrigin | Self::StrictOriginWhenCrossOrigin if is_same => whole(),
            Self::StrictOriginWhenCrossOrigin if is_downgrade => None,
            Self::OriginWhenCrossOrigin | Self::StrictOriginWhenCrossOrigin => origin(),
        }
    }

    /// Whether a request that is no CORS request says its origin
    /// ([append a request `Origin` header](https://fetch.spec.whatwg.org/#append-a-request-origin-header)).
    pub(super) fn says_origin(self, from: &Url, to: &Url) -> bool {
        match self {
            Self::NoReferrer => false,
            Self::NoReferrerWhenDowngrade | Self::StrictOrigin | Self::StrictOriginWhenCrossOrigin => {
                from.scheme() != "https" || to.scheme() == "https"
            }
            Self::SameOrigin => from.origin() == to.origin(),
            Self::Origin | Self::OriginWhenCrossOrigin | Self::UnsafeUrl => true,
        }
    }
}

/// Whether nobody on the way can read along ([potentially trustworthy](https://w3c.github.io/webappsec-secure-contexts/#is-url-trustworthy)).
fn is_trustworthy(url: &Url) -> bool {
    url.scheme() == "https" || is_loopback(url)
}

/// An address without its fragment, user and password.
fn stripped(url: &Url) -> String {
    let mut url = url.clone();
    url.set_fragment(None);
    // Refused only by addresses that can have none.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_each_policy_says() {
        let (page, own) = ("https://u:p@a.test/p?q#f", "https://a.test/x");
        let (whole, origin) = ("https://a.test/p?q", "https://a.test/");
        // To its own origin, to another one, to one in the clear.
        let table = [
            ("no-referrer", ["", "", ""]),
            ("no-referrer-when-downgrade", [whole, whole, ""]),
            ("same-origin", [whole, "", ""]),
            ("origin", [origin, origin, origin]),
            ("strict-origin", [origin, origin, ""]),
            ("origin-when-cross-origin", [whole, origin, origin]),
            ("strict-origin-when-cross-origin", [whole, origin, ""]),
            ("unsafe-url", [whole, whole, whole]),
        ];
        for (name, expected) in table {
            let policy = ReferrerPolicy::named(name).unwrap();
            for (to, expected) in [own, "https://b.test/", "http://b.test/"].iter().zip(expected) {
                let said = policy.referrer(&Url::parse(page).unwrap(), &Url::parse(to).unwrap());
                assert_eq!(said.unwrap_or_default(), expected, "{name} to {to}");
            }
            assert_eq!(policy.name(), name);
        }
    }

    #[test]
    fn a_long_address_is_its_origin_and_a_document_of_no_origin_says_nothing() {
        let (long, own) =
            (format!("http://a.test/{}", "x".repeat(REFERRER_BYTES_MAX)), Url::parse("http://a.test/").unwrap());
        let said = |from: &str| ReferrerPolicy::default().referrer(&Url::parse(from).unwrap(), &own);
        assert_eq!(said(&long).as_deref(), Some("http://a.test/"));
        assert_eq!(said("data:text/html,x"), None);
    }

    #[test]
    fn headers_and_elements() {
        assert_eq!(ReferrerPolicy::of_header("no-referrer, new-word, Origin"), Some(ReferrerPolicy::Origin));
        assert_eq!(ReferrerPolicy::of_header("new-word"), None);
        assert_eq!(ReferrerPolicy::of_meta(" Never "), Some(ReferrerPolicy::NoReferrer));
        assert_eq!(ReferrerPolicy::of_meta("origin"), Some(ReferrerPolicy::Origin));
    }
}
