//! Who may use the workbench: programs and its own page. A web page that somebody reads must not drive it by a request across
//! origins, nor its own pages by a name that leads here (DNS rebinding). Where it asks for a sign-in, a call has the cookie of
//! one, the token, or what a reverse proxy says of whom it let in.

use std::collections::HashMap;
use std::fmt;
use std::sync::Mutex;
use std::time::Duration;

use axum::http::{HeaderMap, Method, header};
use ring::rand::{SecureRandom as _, SystemRandom};
use subtle::ConstantTimeEq as _;

use crate::base::clock::Stopwatch;
use crate::base::hex::hex;
use crate::base::limits::{SIGN_IN_TIME, SIGN_INS_FAILED_MAX, SIGN_INS_FAILED_TIME, SIGN_INS_MAX};
use crate::base::loopback::is_loopback_host;
use crate::base::sync::lock;

/// The cookie of who signed in.
pub const COOKIE: &str = "duoke_session";
/// The header of a browser that says whose page asks (Fetch Metadata).
const FETCH_SITE: &str = "sec-fetch-site";
/// The one that says what for.
const FETCH_MODE: &str = "sec-fetch-mode";
/// From so many bytes on a token is none that could be guessed.
const TOKEN_BYTES_LONG: usize = 16;

/// What whoever asks must show.
#[derive(Clone, Default)]
pub struct Credentials {
    /// The token; none: nobody can sign in by one.
    pub token: Option<String>,
    /// The header in which a reverse proxy names whom it let in; it must keep those of others away.
    pub identity_header: Option<String>,
    /// The origin under which browsers reach it, where that is not what `Host` says: `https://desk.example.com`.
    pub origin: Option<String>,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let token = self.token.as_ref().map(|_| "set");
        f.debug_struct("Credentials").field("token", &token).field("origin", &self.origin).finish_non_exhaustive()
    }
}

impl Credentials {
    /// Whether there is a way to sign in.
    #[must_use]
    pub fn is_any(&self) -> bool {
        self.token.is_some() || self.identity_header.is_some()
    }
}

/// Why somebody is not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// `Host` names another machine.
    Host,
    /// A page of another origin.
    Origin,
    /// He has not signed in.
    SignIn,
    /// The token is wrong.
    Token,
    /// Too many wrong ones.
    TooMany,
}

impl Refused {
    /// What to say.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Self::Host => "the name in Host is not this console's: use the address that it was started with",
            Self::Origin => "pages of other origins may not do this",
            Self::SignIn => "sign in first",
            Self::Token => "the token is wrong",
            Self::TooMany => "too many wrong tokens; wait a minute",
        }
    }
}

/// The door of a console.
#[derive(Debug)]
pub struct Door {
    /// Whether it listens on this machine's own addresses alone.
    is_loopback: bool,
    credentials: Credentials,
    signed_in: Mutex<HashMap<String, Stopwatch>>,
    /// Wrong tokens since then.
    failed: Mutex<Option<(Stopwatch, u32)>>,
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).map(|value| value.to_str().unwrap_or_default())
}

impl Door {
    /// With credentials nobody comes in without; without any everybody does, where it listens to this machine alone.
    #[must_use]
    pub fn new(is_loopback: bool, credentials: Credentials) -> Self {
        Self { is_loopback, credentials, signed_in: Mutex::default(), failed: Mutex::default() }
    }

    /// Whether a sign-in is asked for.
    #[must_use]
    pub fn needs_sign_in(&self) -> bool {
        self.credentials.is_any() || !self.is_loopback
    }

    /// Whether a request is its own page's or a program's, or a person opens its page (`is_page`) from wherever.
    ///
    /// # Errors
    /// Why not.
    pub fn admit(&self, method: &Method, headers: &HeaderMap, is_page: bool) -> Result<(), Refused> {
        let host = text(headers, header::HOST.as_str()).unwrap_or_default();
        let named = self.credentials.origin.as_deref();
        let is_named =
            named.and_then(|origin| origin.split_once("://")).is_some_and(|(_, name)| name.eq_ignore_ascii_case(host));
        if self.is_loopback && !host.is_empty() && !is_loopback_host(host) && !is_named {
            return Err(Refused::Host);
        }
        let is_safe = matches!(*method, Method::GET | Method::HEAD);
        // After a sign-in at somebody else's, or by a link. The page says nothing of what is here, and is in nobody's frame.
        let is_opened = is_page && is_safe && text(headers, FETCH_MODE) == Some("navigate");
        if matches!(text(headers, FETCH_SITE), Some("cross-site" | "same-site")) && !is_opened {
            return Err(Refused::Origin);
        }
        let is_own = |origin: &str| {
            let is_here =
                ["http", "https"].iter().any(|scheme| origin.eq_ignore_ascii_case(&format!("{scheme}://{host}")));
            is_here || named.is_some_and(|named| origin.eq_ignore_ascii_case(named))
        };
        match text(headers, header::ORIGIN.as_str()) {
            Some(origin) if !is_safe && !is_own(origin) => Err(Refused::Origin),
            _ => Ok(()),
        }
    }

    /// Whether whoever asks has signed in, where that is asked for.
    #[must_use]
    pub fn knows(&self, headers: &HeaderMap) -> bool {
        if !self.needs_sign_in() {
            return true;
        }
        let identity = self.credentials.identity_header.as_deref().and_then(|name| text(headers, name));
        if identity.is_some_and(|identity| !identity.is_empty()) {
            return true;
        }
        let bearer = text(headers, header::AUTHORIZATION.as_str()).and_then(|value| value.strip_prefix("Bearer "));
        bearer.is_some_and(|token| self.sign_in_by(token).is_ok())
            || cookie(headers).is_some_and(|cookie| self.is_signed_in(cookie))
    }

    fn is_signed_in(&self, cookie: &str) -> bool {
        let mut signed_in = lock(&self.signed_in);
        signed_in.retain(|_, since| since.elapsed() < SIGN_IN_TIME);
        signed_in.contains_key(cookie)
    }

    fn sign_in_by(&self, token: &str) -> Result<(), Refused> {
        let mut failed = lock(&self.failed);
        if failed.as_ref().is_some_and(|(since, _)| since.elapsed() >= SIGN_INS_FAILED_TIME) {
            *failed = None;
        }
        let is_guessed = failed.as_ref().is_some_and(|(_, count)| *count >= SIGN_INS_FAILED_MAX);
        // Nobody guesses a long one, and whoever tries shall not keep those out who know it.
        if is_guessed && self.credentials.token.as_ref().is_none_or(|token| token.len() < TOKEN_BYTES_LONG) {
            return Err(Refused::TooMany);
        }
        let is_right = |expected: &String| bool::from(expected.as_bytes().ct_eq(token.as_bytes()));
        if self.credentials.token.as_ref().is_some_and(is_right) {
            return Ok(());
        }
        if is_guessed {
            return Err(Refused::TooMany);
        }
        failed.get_or_insert_with(|| (Stopwatch::start(), 0)).1 += 1;
        Err(Refused::Token)
    }

    /// Signs in: the value of the cookie for it.
    ///
    /// # Errors
    /// Why not.
    pub fn sign_in(&self, token: &str) -> Result<String, Refused> {
        self.sign_in_by(token)?;
        let mut bytes = [0; 32];
        SystemRandom::new().fill(&mut bytes).map_err(|_| Refused::TooMany)?;
        let cookie = hex(&bytes);
        let mut signed_in = lock(&self.signed_in);
        signed_in.retain(|_, since| since.elapsed() < SIGN_IN_TIME);
        if signed_in.len() >= SIGN_INS_MAX {
            return Err(Refused::TooMany);
        }
        signed_in.insert(cookie.clone(), Stopwatch::start());
        Ok(cookie)
    }

    /// Signs out.
    pub fn sign_out(&self, headers: &HeaderMap) {
        if let Some(cookie) = cookie(headers) {
            lock(&self.signed_in).remove(cookie);
        }
    }

    /// The cookie as it is set, for as long as a sign-in is good; an empty value takes it away.
    #[must_use]
    pub fn set_cookie(&self, value: &str, headers: &HeaderMap) -> String {
        let time = if value.is_empty() { Duration::ZERO } else { SIGN_IN_TIME };
        let is_secure = text(headers, header::ORIGIN.as_str()).is_some_and(|origin| origin.starts_with("https:"));
        let secure = if is_secure { "; Secure" } else { "" };
        format!("{COOKIE}={value}; Path=/; HttpOnly; SameSite=Strict; Max-Age={}{secure}", time.as_secs())
    }
}

fn cookie(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    cookies.flat_map(|value| value.split(';')).find_map(|pair| pair.trim().strip_prefix(COOKIE)?.strip_prefix('='))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderName;

    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let header = |(name, value): &(&'static str, &str)| (HeaderName::from_static(name), value.parse().unwrap());
        pairs.iter().map(header).collect()
    }

    #[test]
    fn who_is_let_in() {
        let door =
            Door::new(true, Credentials { origin: Some("https://desk.test".to_owned()), ..Credentials::default() });
        let here = "127.0.0.1:8081";
        let post = |pairs: &[(&'static str, &str)]| door.admit(&Method::POST, &headers(pairs), true);
        assert_eq!(post(&[]), Ok(()), "a program of HTTP/1.0");
        assert_eq!(post(&[("host", here)]), Ok(()), "a program");
        assert_eq!(
            post(&[("host", here), ("origin", "http://127.0.0.1:8081"), ("sec-fetch-site", "same-origin")]),
            Ok(())
        );
        assert_eq!(post(&[("host", "desk.test"), ("origin", "https://desk.test")]), Ok(()));
        assert_eq!(post(&[("host", here), ("origin", "https://desk.test")]), Ok(()), "behind a proxy");
        for origin in ["http://evil.test", "null", "http://127.0.0.1:8082", ""] {
            assert_eq!(post(&[("host", here), ("origin", origin)]), Err(Refused::Origin), "{origin}");
        }
        let get = |pairs: &[(&'static str, &str)]| door.admit(&Method::GET, &headers(pairs), false);
        assert_eq!(get(&[("host", "evil.test")]), Err(Refused::Host));
        assert_eq!(get(&[("host", here), ("sec-fetch-site", "cross-site")]), Err(Refused::Origin));
        assert_eq!(get(&[("host", here), ("sec-fetch-site", "none")]), Ok(()), "typed by a person");
        let link = headers(&[("host", here), ("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate")]);
        assert_eq!(door.admit(&Method::GET, &link, true), Ok(()), "a link to the page");
        assert_eq!(door.admit(&Method::GET, &link, false), Err(Refused::Origin), "but not to what is here");
        assert_eq!(door.admit(&Method::POST, &link, true), Err(Refused::Origin));
        assert!(door.knows(&headers(&[])), "this machine alone, and no token");
    }

    #[test]
    fn signing_in() {
        let credentials = Credentials {
            token: Some("secret".to_owned()),
            identity_header: Some("x-forwarded-user".to_owned()),
            origin: None,
        };
        let door = Door::new(false, credentials);
        assert!(!format!("{door:?}").contains("secret"));
        assert!(!door.knows(&headers(&[])));
        assert!(door.knows(&headers(&[("authorization", "Bearer secret")])));
        assert!(door.knows(&headers(&[("x-forwarded-user", "li")])));
        assert!(!door.knows(&headers(&[("x-forwarded-user", "")])));
        let cookie = door.sign_in("secret").unwrap();
        let with = format!("a=b; {COOKIE}={cookie}");
        assert!(door.knows(&headers(&[("cookie", &with)])));
        assert!(!door.knows(&headers(&[("cookie", "duoke_session=x")])));
        door.sign_out(&headers(&[("cookie", &with)]));
        assert!(!door.knows(&headers(&[("cookie", &with)])));
        for _ in 0..SIGN_INS_FAILED_MAX {
            assert_eq!(door.sign_in("wrong"), Err(Refused::Token));
        }
        assert_eq!(door.sign_in("secret"), Err(Refused::TooMany), "whoever guesses is kept out");
        let token = Some("0123456789abcdef".to_owned());
        let door = Door::new(false, Credentials { token, ..Credentials::default() });
        for _ in 0..=SIGN_INS_FAILED_MAX {
            assert!(door.sign_in("wrong").is_err());
        }
        assert_eq!(door.sign_in("wrong"), Err(Refused::TooMany));
        assert!(door.sign_in("0123456789abcdef").is_ok(), "whoever guesses keeps nobody out who knows a long one");
        assert!(Door::new(false, Credentials::default()).needs_sign_in(), "not of this machine alone: nobody comes in");
    }

    #[test]
    fn a_cookie_is_for_this_page_alone() {
        let door = Door::new(true, Credentials::default());
        let set = door.set_cookie("v", &headers(&[("origin", "https://desk.test")]));
        assert!(
            set.starts_with("duoke_session=v; Path=/; HttpOnly; SameSite=Strict; Max-Age=")
                && set.ends_with("; Secure")
        );
        assert!(!door.set_cookie("", &headers(&[])).contains("Secure"));
    }
}
