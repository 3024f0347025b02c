//! One page's cookies, shared by its requests and `document.cookie`
//! ([RFC 6265](https://www.rfc-editor.org/rfc/rfc6265)).
//!
//! Time is the page's and comes with every call. Against the RFC: no public suffix list (a jar serves one page, whose
//! origins the operator named; a `Domain` without a dot is refused all the same), and no `SameSite`.

use std::fmt;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use url::Url;

use super::cookie_date;
use crate::base::clock::TimestampMs;
use crate::base::limits::{COOKIE_BYTES_MAX, COOKIES_MAX};

/// A cookie jar; its methods take page time in ms since the epoch.
#[derive(Debug, Default)]
pub struct CookieJar {
    /// In order of creation.
    cookies: Mutex<Vec<Cookie>>,
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
}

impl fmt::Debug for Cookie {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} for {}{}", self.name, self.domain, self.path)
    }
}

/// Who reads or writes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Party {
    /// A request or its answer.
    Http,
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

    /// The value of a request's `Cookie` header; `None` for none.
    #[must_use]
    pub fn header_for(&self, url: &Url, now_ms: TimestampMs) -> Option<String> {
        Some(self.text_for(url, now_ms, Party::Http)).filter(|text| !text.is_empty())
    }

    /// Takes the `set-cookie` headers of an answer from `url`; their text is one character a byte, as answers have it.
    pub fn store_response(&self, url: &Url, headers: &[(String, String)], now_ms: TimestampMs) {
        for (_, value) in headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("set-cookie")) {
            let bytes: Result<Vec<u8>, _> = value.chars().map(|character| u8::try_from(u32::from(character))).collect();
            let text = bytes.ok().and_then(|bytes| String::from_utf8(bytes).ok());
            self.store(url, text.as_deref().unwrap_or(value), now_ms, Party::Http);
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
        if party == Party::Script && cookie.is_http_only {
            return;
        }
        let mut cookies = self.lock();
        cookies.retain(|held| !held.is_over(now_ms));
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
        let is_wide = domain.contains('.') && domain.parse::<IpAddr>().is_err();
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
            && (!self.is_http_only || party == Party::Http)
            && !self.is_over(now_ms)
    }

    /// Whether it is the cookie that another one replaces.
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
    let (is_secure, is_http_only) = (false, false);
    let path = default_path(url).to_owned();
    let mut cookie =
        Cookie { name, value, domain, is_host_only: true, path, expires_ms: None, is_secure, is_http_only };
    let mut max_age = None;
    for part in parts {
        let (key, value) = part.split_once('=').unwrap_or((part, ""));
        let value = value.trim();
        match key.trim().to_ascii_lowercase().as_str() {
            "expires" => cookie.expires_ms = cookie_date::parse(value).or(cookie.expires_ms),
            "max-age" => max_age = value.parse::<i64>().ok().or(max_age),
            "domain" => cookie.set_domain(value)?,
            "path" if value.starts_with('/') => value.clone_into(&mut cookie.path),
            "path" => default_path(url).clone_into(&mut cookie.path),
            "secure" => cookie.is_secure = true,
            "httponly" => cookie.is_http_only = true,
            _ => {}
        }
    }
    if let Some(seconds) = max_age {
        let lifetime_ms = if seconds <= 0 { 0 } else { seconds.saturating_mul(1000) };
        cookie.expires_ms = Some(now_ms.saturating_add(lifetime_ms));
    }
    // A cookie of a secure origin must come over one.
    (!cookie.is_secure || url.scheme() == "https").then_some(cookie)
}

impl Cookie {
    /// Widens the cookie to a domain that its host lies in; `None` for a domain it may not name.
    fn set_domain(&mut self, attribute: &str) -> Option<()> {
        let domain = attribute.trim_start_matches('.').to_ascii_lowercase();
        if domain.is_empty() {
            return Some(());
        }
        if domain == self.domain && !domain.contains('.') || self.domain.parse::<IpAddr>().is_ok() {
            return (domain == self.domain).then_some(());
        }
        if !domain.contains('.') || !domain_matches(&self.domain, &domain) {
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
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    fn respond(jar: &CookieJar, from: &str, cookie: &str, now_ms: TimestampMs) {
        jar.store_response(&url(from), &[("Set-Cookie".to_owned(), cookie.to_owned())], now_ms);
    }

    #[test]
    fn scripts_set_replace_and_remove() {
        let jar = CookieJar::new();
        let page = url("http://demo.plugin.invalid/page/index.html");
        for text in ["a=1; path=/", "b=2", "c=您好;path=/page", "a=3; path=/", "flag"] {
            jar.set_from_script(&page, text, 0);
        }
        assert_eq!(jar.get_for_script(&page, 0), "b=2; c=您好; flag; a=3");
        assert_eq!(jar.get_for_script(&url("http://demo.plugin.invalid/pages"), 0), "a=3");
        jar.set_from_script(&page, "b=; expires=Thu, 01 Jan 1970 00:00:00 GMT", 10);
        jar.set_from_script(&page, "c=; max-age=0", 10);
        assert_eq!(jar.get_for_script(&page, 10), "flag; a=3");
        assert_eq!(jar.get_for_script(&url("http://other.test/page/"), 10), "");
    }

    #[test]
    fn cookies_end_by_page_time() {
        let jar = CookieJar::new();
        let page = url("http://a.test/");
        jar.set_from_script(&page, "a=1; max-age=60; expires=Thu, 01 Jan 1970 00:00:00 GMT", 1_000);
        jar.set_from_script(&page, "b=1; expires=Thu, 01 Jan 1970 00:00:30 GMT", 1_000);
        assert_eq!(jar.get_for_script(&page, 29_999), "a=1; b=1");
        assert_eq!(jar.get_for_script(&page, 30_000), "a=1");
        assert_eq!(jar.get_for_script(&page, 61_000), "");
    }

    #[test]
    fn http_only_cookies_are_out_of_a_script_s_reach() {
        let jar = CookieJar::new();
        respond(&jar, "http://a.test/login", "sid=1; HttpOnly; Path=/", 0);
        let page = url("http://a.test/");
        jar.set_from_script(&page, "sid=2; path=/", 0);
        jar.set_from_script(&page, "mine=1; httponly", 0);
        assert_eq!(jar.get_for_script(&page, 0), "");
        assert_eq!(jar.header_for(&page, 0).as_deref(), Some("sid=1"));
    }

    #[test]
    fn domains() {
        let jar = CookieJar::new();
        respond(&jar, "http://www.shop.test/", "wide=1; domain=.shop.test", 0);
        respond(&jar, "http://www.shop.test/", "host=1", 0);
        for foreign in
            ["x=1; domain=other.test", "x=1; domain=test", "x=1; domain=op.test", "x=1; domain=a.www.shop.test"]
        {
            respond(&jar, "http://www.shop.test/", foreign, 0);
        }
        respond(&jar, "http://127.0.0.1/", "x=1; domain=0.0.1", 0);
        respond(&jar, "http://localhost/", "local=1; domain=localhost", 0);
        let header = |text: &str| jar.header_for(&url(text), 0);
        assert_eq!(header("http://www.shop.test/").as_deref(), Some("wide=1; host=1"));
        assert_eq!(header("http://m.shop.test/").as_deref(), Some("wide=1"));
        assert_eq!(header("http://workshop.test/"), None);
        assert_eq!(header("http://127.0.0.1/"), None);
        assert_eq!(header("http://localhost/").as_deref(), Some("local=1"));
    }

    #[test]
    fn secure_cookies_stay_on_https() {
        let jar = CookieJar::new();
        respond(&jar, "https://a.test/", "s=1; Secure", 0);
        respond(&jar, "http://a.test/", "t=1; Secure", 0);
        assert_eq!(jar.header_for(&url("https://a.test/"), 0).as_deref(), Some("s=1"));
        assert_eq!(jar.header_for(&url("http://a.test/"), 0), None);
    }

    #[test]
    fn kept_ones_are_there_again() {
        let jar = CookieJar::new();
        let page = url("https://www.shop.test/page/");
        respond(&jar, "https://www.shop.test/", "sid=1; HttpOnly; Secure; Path=/; domain=shop.test", 0);
        for text in ["a=1; max-age=60", "session=您 好; path=/", "b=1; max-age=30", "flag"] {
            jar.set_from_script(&page, text, 0);
        }
        let (script, header) = (jar.get_for_script(&page, 30_000), jar.header_for(&page, 30_000));
        let kept = serde_json::to_string(&jar.cookies(30_000)).unwrap();
        assert!(!kept.contains(r#""b""#) && !format!("{jar:?}").contains("您"), "{kept}");
        let other = CookieJar::new();
        other.set_from_script(&page, "here=before", 0);
        other.restore(serde_json::from_str(&kept).unwrap(), 30_000);
        assert_eq!((other.get_for_script(&page, 30_000), other.header_for(&page, 30_000)), (script, header));
        assert_eq!(other.header_for(&url("http://m.shop.test/"), 30_000), None, "it is for https only");
        assert_eq!(other.cookies(60_000).len(), 3);
        other.restore(serde_json::from_str(&kept).unwrap(), 60_000);
        assert_eq!(other.get_for_script(&page, 30_000), "flag; session=您 好");
    }

    #[test]
    fn kept_ones_that_nobody_could_have_set_are_left_out() {
        let jar = CookieJar::new();
        jar.set_from_script(&url("http://a.test/"), "a=1", 0);
        let good = jar.cookies(0).remove(0);
        let spoilt: [fn(&mut Cookie); 10] = [
            |cookie| cookie.path = "/x".repeat(COOKIE_BYTES_MAX),
            |cookie| (cookie.domain, cookie.is_host_only) = ("test".to_owned(), false),
            |cookie| cookie.name = "a\r\nb".to_owned(),
            |cookie| cookie.value = "1\r\nX: y".to_owned(),
            |cookie| cookie.value = "1; b=2".to_owned(),
            |cookie| cookie.value = "x".repeat(COOKIE_BYTES_MAX),
            |cookie| (cookie.name, cookie.value) = Default::default(),
            |cookie| cookie.name = "b=".to_owned(),
            |cookie| cookie.domain = String::new(),
            |cookie| cookie.path = "page".to_owned(),
        ];
        for spoil in spoilt {
            let mut cookie = good.clone();
            spoil(&mut cookie);
            jar.restore(vec![cookie.clone()], 0);
            assert_eq!(jar.cookies(0), [], "{:?}", cookie.value);
        }
        let many = (0..=COOKIES_MAX).map(|number| Cookie { name: format!("n{number}"), ..good.clone() });
        jar.restore(many.chain([Cookie { value: "2".to_owned(), ..good.clone() }]).collect(), 0);
        assert_eq!(jar.cookies(0).len(), COOKIES_MAX);
        jar.restore(vec![good.clone(), Cookie { value: "2".to_owned(), ..good }], 0);
        assert_eq!(jar.get_for_script(&url("http://a.test/"), 0), "a=2");
    }

    #[test]
    fn bounds_and_malformed_ones() {
        let jar = CookieJar::new();
        let page = url("http://a.test/");
        for text in ["", ";", "=", "a=\r\nb", &format!("a={}", "x".repeat(COOKIE_BYTES_MAX))] {
            jar.set_from_script(&page, text, 0);
        }
        assert_eq!(jar.get_for_script(&page, 0), "");
        for number in 0..=COOKIES_MAX {
            jar.set_from_script(&page, &format!("n{number}=1"), 0);
        }
        let text = jar.get_for_script(&page, 0);
        assert_eq!(text.split("; ").count(), COOKIES_MAX);
        assert!(text.starts_with("n1=1; "), "the oldest goes first");
    }

    #[test]
    fn utf_8_from_the_wire_is_read_as_such() {
        let jar = CookieJar::new();
        let wire: String = "名=值".bytes().map(char::from).collect();
        respond(&jar, "http://a.test/", &wire, 0);
        assert_eq!(jar.get_for_script(&url("http://a.test/"), 0), "名=值");
    }
}
