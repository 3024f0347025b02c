//! One page's cookies, shared by its requests and `document.cookie`
//! ([RFC 6265](https://www.rfc-editor.org/rfc/rfc6265)).
//!
//! `SameSite` and the prefixes of names are those of its successor
//! ([RFC 6265bis](https://datatracker.ietf.org/doc/html/draft-ietf-httpbis-rfc6265bis)). Time is the page's and comes with
//! every call. What stands in for a list of public suffixes says [`super::site`].

use std::fmt;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use url::Url;

use super::site::is_public_suffix;
use super::{Sites, cookie_date};
use crate::base::clock::TimestampMs;
use crate::base::limits::{COOKIE_BYTES_MAX, COOKIES_MAX};

/// A cookie jar; its methods take page time in ms since the epoch.
#[derive(Debug, Default)]
pub struct CookieJar {
    /// In order of creation.
    cookies: Mutex<Vec<Cookie>>,
}

/// Whether a cookie goes along where another site's document asks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum SameSite {
    /// It does.
    None,
    /// Only where that opens a document, by a method that changes nothing: what a cookie is that says nothing.
    #[default]
    Lax,
    /// It does not.
    Strict,
}

impl SameSite {
    // serde hands a reference.
    fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// Whether a cookie goes along.
    fn lets_go(self, sites: Sites) -> bool {
        match self {
            Self::None => true,
            Self::Lax => matches!(sites, Sites::Same | Sites::Opens),
            Self::Strict => sites == Sites::Same,
        }
    }

    /// Whether an answer may set a cookie.
    fn lets_set(self, sites: Sites) -> bool {
        self == Self::None || sites != Sites::Cross
    }
}

/// A stored cookie ([RFC 6265 §5.3](https://www.rfc-editor.org/rfc/rfc6265#section-5.3)).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cookie {
    /// Its name; may be empty.
    pub name: String,
    /// Its value: a secret.
    pub value: String,
    /// The domain it is for, in lower case.
    pub domain: String,
    /// Whether it is for that host alone, and not for those below it.
    #[serde(rename = "host_only")]
    pub is_host_only: bool,
    /// The path it is for.
    pub path: String,
    /// Page time it ends at; `None` with the page.
    pub expires_ms: Option<TimestampMs>,
    /// Whether it goes over https only.
    #[serde(rename = "secure")]
    pub is_secure: bool,
    /// Whether scripts do not see it.
    #[serde(rename = "http_only")]
    pub is_http_only: bool,
    /// Where it goes along.
    #[serde(default, skip_serializing_if = "SameSite::is_default")]
    pub same_site: SameSite,
}

impl fmt::Debug for Cookie {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} for {}{}", self.name, self.domain, self.path)
    }
}

/// Who reads or writes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Party {
    /// A request or its answer, which stands so to the document's site.
    Http(Sites),
    /// `document.cookie`.
    Script,
}

impl CookieJar {
    /// An empty jar.
    #[must_use]
    pub fn new() -> Self {
        CookieJar::default()
    }

    /// What `document.cookie` reads: `a=1; b=2`, without `HttpOnly` ones.
    #[must_use]
    pub fn get_for_script(&self, url: &Url, now_ms: TimestampMs) -> String {
        self.text_for(url, now_ms, Party::Script)
    }

    /// What `document.cookie = text` does: sets, replaces or (expired) removes one cookie. A script can neither set an
    /// `HttpOnly` cookie nor touch one.
    pub fn set_from_script(&self, url: &Url, text: &str, now_ms: TimestampMs) {
        self.store(url, text, now_ms, Party::Script);
    }

    /// The value of the `Cookie` header of a request that stands so to its document's site; `None` for none.
    #[must_use]
    pub fn header_for(&self, url: &Url, sites: Sites, now_ms: TimestampMs) -> Option<String> {
        Some(self.text_for(url, now_ms, Party::Http(sites))).filter(|text| !text.is_empty())
    }

    /// Takes the `set-cookie` headers of an answer from `url` to such a request; their text is one character a byte, as
    /// answers have it.
    pub fn store_response(&self, url: &Url, sites: Sites, headers: &[(String, String)], now_ms: TimestampMs) {
        for (_, value) in headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("set-cookie")) {
            let bytes: Result<Vec<u8>, _> = value.chars().map(|character| u8::try_from(u32::from(character))).collect();
            let text = bytes.ok().and_then(|bytes| String::from_utf8(bytes).ok());
            self.store(url, text.as_deref().unwrap_or(value), now_ms, Party::Http(sites));
        }
    }

    /// The cookies that have not ended, in order of creation: for whoever keeps them beyond the page. Those that end
    /// with the page are among them.
    #[must_use]
    pub fn cookies(&self, now_ms: TimestampMs) -> Vec<Cookie> {
        self.lock().iter().filter(|cookie| !cookie.is_over(now_ms)).cloned().collect()
    }

    /// Takes cookies that were kept, in the place of all that are here. Those that have ended meanwhile, and such as no
    /// page or server could have set, are left out.
    pub fn restore(&self, kept: Vec<Cookie>, now_ms: TimestampMs) {
        let mut cookies = self.lock();
        cookies.clear();
        for cookie in kept.into_iter().filter(|cookie| cookie.is_sound() && !cookie.is_over(now_ms)) {
            put(&mut cookies, cookie);
        }
    }

    /// Takes cookies that were recorded, each in the place of the one it is; one that has ended takes that with it.
    pub fn take_in(&self, recorded: Vec<Cookie>) {
        let mut cookies = self.lock();
        for cookie in recorded.into_iter().filter(Cookie::is_sound) {
            if cookie.is_over(0) {
                cookies.retain(|held| !held.is_same(&cookie));
            } else {
                put(&mut cookies, cookie);
            }
        }
    }

    /// The matching cookies, longer paths first, then older ones
    /// ([RFC 6265 §5.4](https://www.rfc-editor.org/rfc/rfc6265#section-5.4)).
    fn text_for(&self, url: &Url, now_ms: TimestampMs, party: Party) -> String {
        let cookies = self.lock();
        let mut found: Vec<&Cookie> = cookies.iter().filter(|cookie| cookie.is_for(url, now_ms, party)).collect();
        found.sort_by_key(|cookie| std::cmp::Reverse(cookie.path.len()));
        let pairs: Vec<String> = found.iter().map(|cookie| cookie.pair()).collect();
        pairs.join("; ")
    }

    /// Stores one cookie, as far as this party may.
    fn store(&self, url: &Url, text: &str, now_ms: TimestampMs, party: Party) {
        let Some(cookie) = parse(url, text, now_ms) else { return };
        let may_set = match party {
            Party::Script => !cookie.is_http_only,
            Party::Http(sites) => cookie.same_site.lets_set(sites),
        };
        let mut cookies = self.lock();
        cookies.retain(|held| !held.is_over(now_ms));
        let is_shadowed = url.scheme() != "https" && cookies.iter().any(|held| held.is_secure_twin(&cookie));
        if !may_set || is_shadowed {
            return;
        }
        match cookies.iter().position(|held| held.is_same(&cookie)) {
            Some(index) if party == Party::Script && cookies[index].is_http_only => {}
            Some(index) if cookie.is_over(now_ms) => drop(cookies.remove(index)),
            None if cookie.is_over(now_ms) => {}
            _ => put(&mut cookies, cookie),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Cookie>> {
        self.cookies.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Adds a cookie, or replaces it in its old place: it keeps its time of creation.
fn put(cookies: &mut Vec<Cookie>, cookie: Cookie) {
    if let Some(held) = cookies.iter_mut().find(|held| held.is_same(&cookie)) {
        *held = cookie;
        return;
    }
    if cookies.len() >= COOKIES_MAX {
        cookies.remove(0);
    }
    cookies.push(cookie);
}

impl Cookie {
    /// Whether it is one that [`parse`] could have read, of an address that is not too long.
    fn is_sound(&self) -> bool {
        let Cookie { name, value, domain, path, .. } = self;
        let texts = [name, value, domain, path];
        let is_control = |character: char| character.is_ascii_control() && character != '\t';
        let is_wide = !is_public_suffix(domain) && domain.parse::<IpAddr>().is_err();
        let flaws = [
            texts.iter().any(|text| text.chars().any(is_control)),
            name.contains(['=', ';']) || value.contains(';'),
            name.is_empty() && value.is_empty(),
            name.len() + value.len() > COOKIE_BYTES_MAX || domain.len() + path.len() > COOKIE_BYTES_MAX,
            domain.is_empty() || !self.is_host_only && !is_wide,
            !path.starts_with('/'),
        ];
        !flaws.contains(&true)
    }

    /// Whether it goes to this address now.
    fn is_for(&self, url: &Url, now_ms: TimestampMs, party: Party) -> bool {
        let host = url.host_str().unwrap_or("");
        let is_domain = if self.is_host_only { host == self.domain } else { domain_matches(host, &self.domain) };
        is_domain
            && path_matches(url.path(), &self.path)
            && (!self.is_secure || url.scheme() == "https")
            && match party {
                Party::Script => !self.is_http_only,
                Party::Http(sites) => self.same_site.lets_go(sites),
            }
            && !self.is_over(now_ms)
    }

    /// Whether it is a secure one that a like one from an origin in the clear must not hide (RFC 6265bis §5.7).
    fn is_secure_twin(&self, other: &Cookie) -> bool {
        self.is_secure
            && self.name == other.name
            && (domain_matches(&self.domain, &other.domain) || domain_matches(&other.domain, &self.domain))
            && path_matches(&other.path, &self.path)
    }

    /// Whether it takes the other one's place.
    #[must_use]
    pub fn is_same(&self, other: &Cookie) -> bool {
        (&self.name, &self.domain, &self.path, self.is_host_only)
            == (&other.name, &other.domain, &other.path, other.is_host_only)
    }

    fn is_over(&self, now_ms: TimestampMs) -> bool {
        self.expires_ms.is_some_and(|expires_ms| expires_ms <= now_ms)
    }

    /// `name=value`; a nameless cookie is its value, as browsers write it.
    fn pair(&self) -> String {
        if self.name.is_empty() { self.value.clone() } else { format!("{}={}", self.name, self.value) }
    }
}

/// Reads a `Set-Cookie` text for an address ([RFC 6265 §5.2](https://www.rfc-editor.org/rfc/rfc6265#section-5.2));
/// `None` where it is to be ignored.
fn parse(url: &Url, text: &str, now_ms: TimestampMs) -> Option<Cookie> {
    let has_controls = text.chars().any(|character| character.is_ascii_control() && character != '\t');
    if has_controls || text.len() > COOKIE_BYTES_MAX || !matches!(url.scheme(), "http" | "https") {
        return None;
    }
    let mut parts = text.split(';');
    let pair = parts.next().unwrap_or("");
    let (name, value) = pair.split_once('=').unwrap_or(("", pair));
    let (name, value) = (name.trim().to_owned(), value.trim().to_owned());
    if name.is_empty() && value.is_empty() {
        return None;
    }
    let domain = url.host_str()?.to_owned();
    let mut cookie = Cookie {
        name,
        value,
        domain,
        is_host_only: true,
        path: default_path(url).to_owned(),
        expires_ms: None,
        is_secure: false,
        is_http_only: false,
        same_site: SameSite::default(),
    };
    let (mut max_age, mut has_path) = (None, false);
    for part in parts {
        let (key, value) = part.split_once('=').unwrap_or((part, ""));
        let value = value.trim();
        match key.trim().to_ascii_lowercase().as_str() {
            "expires" => cookie.expires_ms = cookie_date::parse(value).or(cookie.expires_ms),
            "max-age" => max_age = value.parse::<i64>().ok().or(max_age),
            "domain" => cookie.set_domain(value)?,
            "path" => {
                has_path = value.starts_with('/');
                let path = if has_path { value } else { default_path(url) };
                path.clone_into(&mut cookie.path);
            }
            "samesite" => cookie.same_site = same_site(value),
            "secure" => cookie.is_secure = true,
            "httponly" => cookie.is_http_only = true,
            _ => {}
        }
    }
    if let Some(seconds) = max_age {
        let lifetime_ms = if seconds <= 0 { 0 } else { seconds.saturating_mul(1000) };
        cookie.expires_ms = Some(now_ms.saturating_add(lifetime_ms));
    }
    // A cookie of a secure origin must come over one; one for all sites must be of one.
    let is_secure = !cookie.is_secure || url.scheme() == "https";
    let is_safe = cookie.same_site != SameSite::None || cookie.is_secure;
    (is_secure && is_safe && cookie.keeps_promise(has_path)).then_some(cookie)
}

/// What a `SameSite` attribute says.
fn same_site(value: &str) -> SameSite {
    match value.to_ascii_lowercase().as_str() {
        "none" => SameSite::None,
        "strict" => SameSite::Strict,
        _ => SameSite::Lax,
    }
}

impl Cookie {
    /// Whether it is what the prefix of its name says; one without a name must not look as if it had one (RFC 6265bis §4.1.3).
    fn keeps_promise(&self, has_path: bool) -> bool {
        let starts =
            |text: &str, prefix: &str| text.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix));
        let is_named = |prefix: &str| starts(if self.name.is_empty() { &self.value } else { &self.name }, prefix);
        let is_bound = self.is_host_only && has_path && self.path == "/";
        match (is_named("__Host-"), is_named("__Secure-")) {
            (false, false) => true,
            _ if self.name.is_empty() => false,
            (true, _) => self.is_secure && is_bound,
            (false, true) => self.is_secure,
        }
    }

    /// Widens the cookie to a domain that its host lies in; `None` for a domain it may not name.
    fn set_domain(&mut self, attribute: &str) -> Option<()> {
        let domain = attribute.trim_start_matches('.').to_ascii_lowercase();
        if domain.is_empty() {
            return Some(());
        }
        if is_public_suffix(&domain) || self.domain.parse::<IpAddr>().is_ok() {
            return (domain == self.domain).then_some(());
        }
        if !domain_matches(&self.domain, &domain) {
            return None;
        }
        self.is_host_only = false;
        self.domain = domain;
        Some(())
    }
}

/// [RFC 6265 §5.1.3](https://www.rfc-editor.org/rfc/rfc6265#section-5.1.3).
fn domain_matches(host: &str, domain: &str) -> bool {
    host == domain || host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'))
}

/// [RFC 6265 §5.1.4](https://www.rfc-editor.org/rfc/rfc6265#section-5.1.4).
fn path_matches(path: &str, cookie_path: &str) -> bool {
    path.strip_prefix(cookie_path)
        .is_some_and(|rest| rest.is_empty() || cookie_path.ends_with('/') || rest.starts_with('/'))
}

/// An address's directory.
fn default_path(url: &Url) -> &str {
    match url.path().rfind('/') {
        Some(0) | None => "/",
        Some(index) => &url.path()[..index],
    }
}

#[cfg(test)]
mod tests;
