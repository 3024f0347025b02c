//! The egress guard: which origins a page may talk to.
//!
//! A page runs with the operator's network around it, so everything is refused that the operator did not name: the
//! origin of an address he gave, `allow` in plugin.toml, `--allow`. The exception are the scripts of the page's original
//! HTML, which may come from the public internet.

use std::collections::BTreeSet;

use url::Url;

use super::{NetError, Reach, is_plugin_host};

/// The allowed origins of one page. Starts empty; the plugin's own folder needs no entry.
#[derive(Clone, Debug, Default)]
pub struct Guard {
    origins: BTreeSet<String>,
    /// The origin the page itself comes from, where that is an address.
    own: Option<String>,
}

impl Guard {
    /// A guard that refuses everything.
    #[must_use]
    pub fn new() -> Self {
        Guard::default()
    }

    /// Allows the origin of the page's own address, which the operator gave.
    pub fn allow_url(&mut self, url: &Url) {
        if is_http(url) {
            let origin = url.origin().ascii_serialization();
            self.origins.insert(origin.clone());
            self.own = Some(origin);
        }
    }

    /// Whether an address is of the origin the page itself comes from.
    #[must_use]
    pub fn is_own(&self, url: &Url) -> bool {
        self.own.as_deref().is_some_and(|own| own == url.origin().ascii_serialization())
    }

    /// Allows an entry of an `allow` list: `https://crm.example.com` or `http://127.0.0.1:8080`.
    ///
    /// # Errors
    /// [`NetError::BadUrl`] where it is not an origin, saying what to write instead.
    pub fn allow(&mut self, entry: &str) -> Result<(), NetError> {
        let bad = |reason: String| NetError::BadUrl { url: entry.to_owned(), reason };
        let text = entry.trim();
        if !text.contains("://") {
            return Err(bad(format!("an origin has a scheme: write `https://{text}`")));
        }
        let url = Url::parse(text).map_err(|error| bad(format!("it is no origin: {error}")))?;
        let origin = url.origin().ascii_serialization();
        if matches!(url.scheme(), "ws" | "wss") {
            let origin = origin.replacen("ws", "http", 1);
            return Err(bad(format!("sockets are allowed with the origin that they are at: write `{origin}`")));
        }
        if !is_http(&url) {
            return Err(bad("only http and https origins can be allowed".to_owned()));
        }
        let is_bare =
            url.path() == "/" && url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
        if !is_bare {
            return Err(bad(format!("an origin has no path: write `{origin}`")));
        }
        self.origins.insert(origin);
        Ok(())
    }

    /// Whether a page may fetch this address.
    ///
    /// # Errors
    /// [`NetError::NotAllowed`] for an origin that nobody named, [`NetError::BadUrl`] for another scheme.
    pub fn check(&self, url: &Url) -> Result<(), NetError> {
        if !is_http(url) {
            let reason = format!("the scheme `{}` is not fetched", url.scheme());
            return Err(NetError::BadUrl { url: url.to_string(), reason });
        }
        let origin = url.origin().ascii_serialization();
        if self.origins.contains(&origin) { Ok(()) } else { Err(NetError::NotAllowed { url: url.to_string(), origin }) }
    }

    /// How far a page's request may lead; `is_original` where it is for a script of the page's original HTML.
    ///
    /// # Errors
    /// Those of [`Guard::check`], [`NetError::RefusedAddress`], and [`NetError::OtherFolder`]: nobody is asked where a
    /// plugin's folder might be.
    pub fn reach(&self, url: &Url, is_original: bool) -> Result<Reach, NetError> {
        if let Some(host) = url.host_str().filter(|host| is_plugin_host(host)) {
            return Err(NetError::OtherFolder { url: url.to_string(), host: host.to_owned() });
        }
        let reach = match self.check(url) {
            Ok(()) => Reach::Named,
            Err(NetError::NotAllowed { .. }) if is_original => Reach::Public,
            Err(refused) => return Err(refused),
        };
        reach.check_number(url).map_err(|refused| NetError::refused_address(url, reach, &refused))?;
        Ok(reach)
    }

    /// The allowed origins, sorted.
    pub fn origins(&self) -> impl Iterator<Item = &str> {
        self.origins.iter().map(String::as_str)
    }
}

/// Whether an address is fetched over HTTP.
fn is_http(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        let mut guard = Guard::new();
        guard.allow("https://CRM.example.com").unwrap();
        guard.allow_url(&url("http://127.0.0.1:8080/page.html?x=1"));
        assert!(guard.check(&url("https://crm.example.com:443/any/path?q")).is_ok());
        assert!(guard.check(&url("http://127.0.0.1:8080/other")).is_ok());
        for other in [
            "http://crm.example.com/",
            "https://crm.example.com:444/",
            "http://127.0.0.1/",
            "https://a.crm.example.com/",
        ] {
            assert!(matches!(guard.check(&url(other)), Err(NetError::NotAllowed { .. })), "{other}");
        }
        assert_eq!(guard.origins().collect::<Vec<_>>(), ["http://127.0.0.1:8080", "https://crm.example.com"]);
    }

    /// An address, and what the guard says of it to any request and to one for a script of the original HTML.
    const REACHES: &[(&str, Said, Said)] = &[
        ("http://10.0.0.1:8080/x", Said::Named, Said::Named),
        ("http://169.254.169.254/x", Said::Named, Said::Named),
        ("http://10.0.0.1/x", Said::NotAllowed, Said::RefusedAddress),
        ("http://10.0.0.2:8080/x", Said::NotAllowed, Said::RefusedAddress),
        ("http://[::ffff:7f00:1]/x", Said::NotAllowed, Said::RefusedAddress),
        ("http://2130706433/x", Said::NotAllowed, Said::RefusedAddress),
        ("http://cdn.test/x", Said::NotAllowed, Said::Public),
        ("https://8.8.8.8/x", Said::NotAllowed, Said::Public),
        ("ftp://cdn.test/x", Said::BadUrl, Said::BadUrl),
        ("file:///etc/passwd", Said::BadUrl, Said::BadUrl),
        ("http://other.plugin.invalid/x", Said::OtherFolder, Said::OtherFolder),
        ("https://a.other.plugin.invalid./x", Said::OtherFolder, Said::OtherFolder),
        ("http://named.plugin.invalid/x", Said::OtherFolder, Said::OtherFolder),
        ("http://other.invalid/x", Said::NotAllowed, Said::Public),
    ];

    #[derive(Clone, Copy, Debug, PartialEq)]
    enum Said {
        Named,
        Public,
        NotAllowed,
        RefusedAddress,
        OtherFolder,
        BadUrl,
    }

    fn said(reach: Result<Reach, NetError>) -> Said {
        match reach {
            Ok(Reach::Named) => Said::Named,
            Ok(Reach::Public) => Said::Public,
            Err(NetError::NotAllowed { .. }) => Said::NotAllowed,
            Err(NetError::RefusedAddress { .. }) => Said::RefusedAddress,
            Err(NetError::OtherFolder { .. }) => Said::OtherFolder,
            Err(NetError::BadUrl { .. }) => Said::BadUrl,
            Err(other) => panic!("{other}"),
        }
    }

    #[test]
    fn how_far_a_request_may_lead() {
        let mut guard = Guard::new();
        guard.allow("http://10.0.0.1:8080").unwrap();
        guard.allow("http://named.plugin.invalid").unwrap();
        guard.allow_url(&url("http://169.254.169.254/latest"));
        for (address, ordinary, original) in REACHES {
            let address = url(address);
            assert_eq!(said(guard.reach(&address, false)), *ordinary, "{address}");
            assert_eq!(said(guard.reach(&address, true)), *original, "{address}");
        }
        assert!(guard.is_own(&url("http://169.254.169.254/x")) && !guard.is_own(&url("http://10.0.0.1:8080/")));
    }

    #[test]
    fn other_schemes_are_not_fetched() {
        for other in ["file:///etc/passwd", "ftp://a.test/", "blob:http://a.test/1", "javascript:1"] {
            assert!(matches!(Guard::new().check(&url(other)), Err(NetError::BadUrl { .. })), "{other}");
        }
    }

    #[test]
    fn an_entry_that_is_no_origin_says_what_to_write() {
        let mut guard = Guard::new();
        let message = |entry: &str, guard: &mut Guard| guard.allow(entry).unwrap_err().to_string();
        assert!(message("crm.example.com", &mut guard).contains("`https://crm.example.com`"));
        assert!(message("https://crm.example.com/api", &mut guard).contains("`https://crm.example.com`"));
        assert!(message("file:///a", &mut guard).contains("http and https"));
        assert!(message("wss://crm.example.com:8443", &mut guard).contains("`https://crm.example.com:8443`"));
        assert_eq!(guard.origins().count(), 0);
    }
}
