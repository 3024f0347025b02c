//! `[replace]` and `--replace URL=FILE`: addresses answered from files, for CDNs that are gone.

use std::path::{Path, PathBuf};

use url::Url;

use super::content_type::content_type_of;
use super::{NetError, Request, Response, disk};

/// One address and its file.
#[derive(Clone, Debug)]
struct Entry {
    url: Url,
    /// Written without a scheme (`//cdn…`): stands for http and https.
    is_any_scheme: bool,
    file: PathBuf,
}

/// The replacements of one plugin. The last entry for an address wins, so that a flag beats the file.
#[derive(Clone, Debug, Default)]
pub struct Replacements {
    entries: Vec<Entry>,
}

impl Replacements {
    /// No replacements.
    #[must_use]
    pub fn new() -> Self {
        Replacements::default()
    }

    /// Answers `address` from `file`. Without a query the address stands for every query; `//cdn…` for both schemes.
    ///
    /// # Errors
    /// [`NetError::BadUrl`] where the address is not an absolute http(s) one.
    pub fn add(&mut self, address: &str, file: PathBuf) -> Result<(), NetError> {
        let bad = |reason: String| NetError::BadUrl { url: address.to_owned(), reason };
        let is_any_scheme = address.starts_with("//");
        let text = if is_any_scheme { format!("http:{address}") } else { address.to_owned() };
        let mut url = Url::parse(&text).map_err(|error| bad(format!("it is no absolute address: {error}")))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(bad("only http and https addresses can be replaced".to_owned()));
        }
        url.set_fragment(None);
        self.entries.push(Entry { url, is_any_scheme, file });
        Ok(())
    }

    /// Adds a `URL=FILE` flag; the last `=` divides, since queries have some.
    ///
    /// # Errors
    /// [`NetError::BadUrl`] as [`Replacements::add`], or without a file.
    pub fn add_flag(&mut self, flag: &str) -> Result<(), NetError> {
        match flag.rsplit_once('=') {
            Some((address, file)) if !file.is_empty() => self.add(address, PathBuf::from(file)),
            _ => Err(NetError::BadUrl { url: flag.to_owned(), reason: "it is not of the form URL=FILE".to_owned() }),
        }
    }

    /// The files that answer.
    pub fn files(&self) -> impl Iterator<Item = &Path> {
        self.entries.iter().map(|entry| entry.file.as_path())
    }

    /// The file for an address: an entry with the same query first, then one without a query.
    #[must_use]
    pub fn find(&self, url: &Url) -> Option<&Path> {
        let with_query = |entry: &&Entry| entry.url.query() == url.query();
        let without = |entry: &&Entry| entry.url.query().is_none();
        let mut same_path = self.entries.iter().rev().filter(|entry| entry.is_same_path(url));
        let exact = same_path.clone().find(with_query);
        exact.or_else(|| same_path.find(without)).map(|entry| entry.file.as_path())
    }

    /// Answers a request whose address is replaced; `None` for others. `folder` is the plugin's, for the file's name.
    pub(super) fn answer(
        &self,
        request: &Request,
        folder: Option<&Path>,
        bytes_max: usize,
    ) -> Option<Result<Response, NetError>> {
        let file = self.find(&request.url)?;
        Some(disk::read(file, request.url.as_str(), bytes_max).map(|body| {
            let mut response = Response::made(request.url.clone(), 200, content_type_of(file), body);
            let inside = folder.and_then(|folder| file.strip_prefix(folder).ok());
            response.file = Some(inside.unwrap_or(file).to_owned());
            response
        }))
    }
}

impl Entry {
    /// Whether scheme, host, port and path agree.
    fn is_same_path(&self, url: &Url) -> bool {
        let is_same_scheme = self.url.scheme() == url.scheme();
        let is_other_scheme = self.is_any_scheme && url.scheme() == "https";
        (is_same_scheme || is_other_scheme)
            && self.url.host() == url.host()
            && self.url.port() == url.port()
            && self.url.path() == url.path()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::Destination;

    #[track_caller]
    fn check(configured: &str, asked: &str, matches: bool) {
        let mut replacements = Replacements::new();
        replacements.add(configured, "file.js".into()).unwrap();
        let found = replacements.find(&Url::parse(asked).unwrap());
        assert_eq!(found.is_some(), matches, "{configured} for {asked}");
    }

    #[test]
    fn an_address_matches_exactly_but_for_fragment_query_and_scheme() {
        check(
            "http://libs.baidu.com/jquery/1.8.3/jquery.min.js",
            "http://libs.baidu.com/jquery/1.8.3/jquery.min.js",
            true,
        );
        check("http://cdn.test/a.js", "http://cdn.test/a.js#x", true);
        check("http://cdn.test/a.js#x", "http://cdn.test/a.js", true);
        check("http://cdn.test/a.js", "http://cdn.test/a.js?v=2", true);
        check("http://cdn.test/a.js?v=2", "http://cdn.test/a.js?v=2", true);
        check("http://cdn.test/a.js?v=2", "http://cdn.test/a.js?v=3", false);
        check("http://cdn.test/a.js?v=2", "http://cdn.test/a.js", false);
        check("http://cdn.test/a.js", "https://cdn.test/a.js", false);
        check("//cdn.test/a.js", "http://cdn.test/a.js", true);
        check("//cdn.test/a.js", "https://cdn.test/a.js", true);
        check("http://CDN.test:80/a.js", "http://cdn.test/a.js", true);
        check("http://cdn.test/a.js", "http://cdn.test/b.js", false);
    }

    #[test]
    fn the_query_s_own_entry_first_and_the_last_of_equals() {
        let mut replacements = Replacements::new();
        replacements.add("http://cdn.test/a.js?v=1", "one.js".into()).unwrap();
        replacements.add("http://cdn.test/a.js", "any.js".into()).unwrap();
        replacements.add_flag("http://cdn.test/a.js=flag.js").unwrap();
        let find = |text: &str| replacements.find(&Url::parse(text).unwrap()).unwrap().to_str().unwrap().to_owned();
        assert_eq!(find("http://cdn.test/a.js?v=1"), "one.js");
        assert_eq!(find("http://cdn.test/a.js?v=9"), "flag.js");
    }

    #[test]
    fn flags_and_addresses_that_cannot_be() {
        let mut replacements = Replacements::new();
        replacements.add_flag("http://cdn.test/a.js?v=1=b.js").unwrap();
        assert!(replacements.find(&Url::parse("http://cdn.test/a.js?v=1").unwrap()).is_some());
        for flag in ["http://cdn.test/a.js", "js/a.js=b.js", "file:///a.js=b.js", "http://cdn.test/a.js="] {
            assert!(replacements.add_flag(flag).is_err(), "{flag}");
        }
    }

    #[test]
    fn answered_from_the_file_which_is_named_from_the_plugin_s_folder() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("vendor")).unwrap();
        std::fs::write(folder.path().join("vendor/j.js"), "1").unwrap();
        let mut replacements = Replacements::new();
        replacements.add("http://cdn.test/a", folder.path().join("vendor/j.js")).unwrap();
        replacements.add("http://cdn.test/b", folder.path().join("vendor/none.js")).unwrap();
        let ask = |address: &str| {
            let request = Request::get(Url::parse(address).unwrap(), Destination::Script, 0);
            replacements.answer(&request, Some(folder.path()), 100).unwrap()
        };
        let response = ask("http://cdn.test/a?x#y").unwrap();
        assert_eq!(response.url.as_str(), "http://cdn.test/a?x#y");
        assert_eq!(response.header("content-type"), Some("text/javascript"));
        assert_eq!(response.file.as_deref(), Some(Path::new("vendor/j.js")));
        assert!(matches!(ask("http://cdn.test/b"), Err(NetError::FileNotFound { .. })));
    }
}
