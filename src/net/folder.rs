//! A plugin's own files, served at `http://<name>.plugin.invalid/` from its folder only.
//!
//! Nothing leads out of the folder: no `..`, no link. Inside it two things are not for pages: `plugin.toml`, which may
//! hold the EChat token, and names with a leading dot; both are as if they were not there.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use url::Url;

use super::content_type::content_type_of;
use super::data_url::percent_decode;
use super::plugin_host::plugin_url;
use super::{Destination, NetError, Request, Response, disk};

/// Files compiled into the program: relative path with `/`, content.
pub type EmbeddedFiles = &'static [(&'static str, &'static [u8])];

/// What a directory's address is answered with, first found.
const INDEX_FILES: [&str; 2] = ["index.html", "index.htm"];

/// Where the files lie.
#[derive(Clone, Debug)]
enum Source {
    /// A folder, canonical.
    Disk(PathBuf),
    /// Files in memory.
    Memory(EmbeddedFiles),
}

/// Which files of a folder were given out, relative to it.
#[derive(Clone, Debug, Default)]
pub struct GivenOut(Arc<Mutex<BTreeSet<PathBuf>>>);

impl GivenOut {
    /// Them, in order.
    #[must_use]
    pub fn files(&self) -> BTreeSet<PathBuf> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn note(&self, file: &Path) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(file.to_owned());
    }
}

/// A plugin's files and their address.
#[derive(Clone, Debug)]
pub struct Folder {
    base: Url,
    source: Source,
    given_out: Option<GivenOut>,
}

/// A file that was found: its path relative to the folder and whether the address named its directory.
struct Found {
    relative: PathBuf,
    is_index: bool,
}

impl Folder {
    /// The folder `root` of the plugin `name`.
    ///
    /// # Errors
    /// Where the folder is not there or cannot be looked at.
    pub fn open(name: &str, root: &Path) -> Result<Self, NetError> {
        let base = plugin_url(name);
        let root = fs::canonicalize(root).map_err(|error| disk::missing_or(root, base.as_str(), &error))?;
        if !root.is_dir() {
            let reason = "it is no folder".to_owned();
            return Err(NetError::FileUnreadable { url: base.into(), path: root, reason });
        }
        Ok(Folder { base, source: Source::Disk(root), given_out: None })
    }

    /// Bundled files as the folder of the plugin `name`.
    #[must_use]
    pub fn embedded(name: &str, files: EmbeddedFiles) -> Self {
        Folder { base: plugin_url(name), source: Source::Memory(files), given_out: None }
    }

    /// From now on it is noted which files are given out, by clones as well.
    pub fn note_files(&mut self) -> GivenOut {
        self.given_out.get_or_insert_default().clone()
    }

    /// The folder's address, with a slash at the end.
    #[must_use]
    pub fn base_url(&self) -> &Url {
        &self.base
    }

    /// The folder on disk, canonical; `None` for bundled files.
    #[must_use]
    pub fn root(&self) -> Option<&Path> {
        match &self.source {
            Source::Disk(root) => Some(root),
            Source::Memory(_) => None,
        }
    }

    /// The address of a file by its path relative to the folder, a query included: `page/index.html?public_id=7`.
    ///
    /// # Errors
    /// [`NetError::BadUrl`] where the path is none, or leads to another origin.
    pub fn url_of(&self, path: &str) -> Result<Url, NetError> {
        let bad = |reason: String| NetError::BadUrl { url: path.to_owned(), reason };
        let url = self.base.join(path).map_err(|error| bad(error.to_string()))?;
        if self.owns(&url) { Ok(url) } else { Err(bad("it is no path in the plugin's folder".to_owned())) }
    }

    /// Whether an address lies in this folder.
    #[must_use]
    pub fn owns(&self, url: &Url) -> bool {
        url.origin() == self.base.origin()
    }

    /// Answers a request for an address in this folder. A missing file is a 404 for an XHR and an error for a document
    /// or a script, since only the error can name the real path.
    ///
    /// # Errors
    /// [`NetError`]'s variants about files.
    pub fn answer(&self, request: &Request, bytes_max: usize) -> Result<Response, NetError> {
        if !matches!(request.method.as_str(), "GET" | "HEAD") {
            return Ok(Response::made(request.url.clone(), 405, "text/plain", b"Method Not Allowed".to_vec()));
        }
        let found = match self.find(&request.url) {
            Err(NetError::FileNotFound { .. }) if request.destination == Destination::Xhr => {
                return Ok(Response::made(request.url.clone(), 404, "text/plain", b"Not Found".to_vec()));
            }
            found => found?,
        };
        let mut url = request.url.clone();
        if found.is_index && !url.path().ends_with('/') {
            // As after the redirect a web server would answer with, so that relative addresses work.
            url.set_path(&format!("{}/", url.path()));
        }
        let body = self.read(&found.relative, &request.url, bytes_max)?;
        self.given_out.iter().for_each(|given_out| given_out.note(&found.relative));
        let mut response = Response::made(url, 200, content_type_of(&found.relative), body);
        if request.method == "HEAD" {
            response.body.clear();
        }
        response.file = Some(found.relative);
        Ok(response)
    }

    /// The file behind an address.
    fn find(&self, url: &Url) -> Result<Found, NetError> {
        let relative = self.relative_path(url)?;
        let found = match &self.source {
            Source::Disk(root) => find_on_disk(root, &relative, url)?,
            Source::Memory(files) => find_in_memory(files, &relative),
        };
        found.filter(|found| !is_private(&found.relative)).ok_or_else(|| NetError::FileNotFound {
            url: url.to_string(),
            path: self.root().unwrap_or(Path::new("")).join(&relative),
            similar: None,
        })
    }

    /// An address's path, decoded: no segment may hold a separator.
    fn relative_path(&self, url: &Url) -> Result<PathBuf, NetError> {
        let outside = || NetError::OutsideFolder {
            url: url.to_string(),
            folder: self.root().unwrap_or(Path::new("(bundled files)")).to_owned(),
        };
        let mut relative = PathBuf::new();
        for segment in url.path().split('/').filter(|segment| !segment.is_empty()) {
            let name = String::from_utf8(percent_decode(segment))
                .map_err(|_| NetError::BadUrl { url: url.to_string(), reason: "its path is not UTF-8".to_owned() })?;
            if name == ".." || name.contains(['/', '\\', '\0']) {
                return Err(outside());
            }
            if name != "." {
                relative.push(name);
            }
        }
        Ok(relative)
    }

    /// Reads a file that was found.
    fn read(&self, relative: &Path, url: &Url, bytes_max: usize) -> Result<Vec<u8>, NetError> {
        match &self.source {
            Source::Disk(root) => disk::read(&root.join(relative), url.as_str(), bytes_max),
            Source::Memory(files) => Ok(memory_file(files, relative).unwrap_or_default().to_vec()),
        }
    }
}

/// Finds a file on disk and resolves its links: what counts is where it really lies.
fn find_on_disk(root: &Path, relative: &Path, url: &Url) -> Result<Option<Found>, NetError> {
    let resolve = |path: &Path| -> Result<PathBuf, NetError> {
        let real = fs::canonicalize(path).map_err(|error| disk::missing_or(path, url.as_str(), &error))?;
        match real.strip_prefix(root) {
            Ok(inside) => Ok(inside.to_owned()),
            Err(_) => Err(NetError::OutsideFolder { url: url.to_string(), folder: root.to_owned() }),
        }
    };
    let inside = resolve(&root.join(relative))?;
    if !root.join(&inside).is_dir() {
        return Ok(Some(Found { relative: inside, is_index: false }));
    }
    for index in INDEX_FILES {
        let path = root.join(&inside).join(index);
        if path.exists() {
            return Ok(Some(Found { relative: resolve(&path)?, is_index: true }));
        }
    }
    Ok(None)
}

/// Finds a bundled file.
fn find_in_memory(files: EmbeddedFiles, relative: &Path) -> Option<Found> {
    if memory_file(files, relative).is_some() {
        return Some(Found { relative: relative.to_owned(), is_index: false });
    }
    let index = INDEX_FILES.iter().map(|name| relative.join(name)).find(|path| memory_file(files, path).is_some())?;
    Some(Found { relative: index, is_index: true })
}

/// A bundled file's content.
fn memory_file(files: EmbeddedFiles, relative: &Path) -> Option<&'static [u8]> {
    files.iter().find(|(name, _)| Path::new(name) == relative).map(|(_, content)| *content)
}

/// Whether a file is none of the page's business.
fn is_private(relative: &Path) -> bool {
    let is_hidden = relative.iter().any(|part| part.to_string_lossy().starts_with('.'));
    is_hidden || relative.to_string_lossy().eq_ignore_ascii_case("plugin.toml")
}

#[cfg(test)]
mod tests {
    use super::*;
    const ANSWER_BYTES_MAX: usize = 16 * 1024 * 1024;

    fn folder() -> (tempfile::TempDir, Folder) {
        let outer = tempfile::tempdir().unwrap();
        let root = outer.path().join("plugin");
        fs::create_dir_all(root.join("page/数据")).unwrap();
        for (name, text) in [
            ("plugin.toml", "secret"),
            ("page/index.html", "<p>index</p>"),
            ("page/a b+c.js", "1"),
            ("page/数据/订单.json", "{}"),
            (".env", "secret"),
            ("../outside.txt", "secret"),
        ] {
            fs::write(root.join(name), text).unwrap();
        }
        let folder = Folder::open("demo", &root).unwrap();
        (outer, folder)
    }

    fn get(folder: &Folder, path: &str, destination: Destination) -> Result<Response, NetError> {
        let url = Url::parse(&format!("http://demo.plugin.invalid/{path}")).unwrap();
        folder.answer(&Request::get(url, destination, 0), ANSWER_BYTES_MAX)
    }

    #[test]
    fn files_with_type_real_name_and_ignored_query() {
        let (_outer, folder) = folder();
        let response = get(&folder, "page/a%20b+c.js?v=1.2", Destination::Script).unwrap();
        assert_eq!((response.status, response.body.as_slice()), (200, b"1".as_slice()));
        assert_eq!(response.header("Content-Type"), Some("text/javascript"));
        assert_eq!(response.file.as_deref(), Some(Path::new("page/a b+c.js")));
        let chinese = get(&folder, "page/数据/%E8%AE%A2%E5%8D%95.json", Destination::Xhr).unwrap();
        assert_eq!(chinese.body, b"{}");
    }

    #[test]
    fn a_directory_is_its_index_file() {
        let (_outer, folder) = folder();
        for path in ["page", "page/"] {
            let response = get(&folder, path, Destination::Document).unwrap();
            assert_eq!(response.url.as_str(), "http://demo.plugin.invalid/page/");
            assert_eq!(response.file.as_deref(), Some(Path::new("page/index.html")));
        }
        assert!(matches!(get(&folder, "page/数据", Destination::Document), Err(NetError::FileNotFound { .. })));
    }

    #[test]
    fn a_missing_file_is_404_for_an_xhr_and_an_error_with_the_real_path_otherwise() {
        let (_outer, folder) = folder();
        assert_eq!(get(&folder, "page/none.json", Destination::Xhr).unwrap().status, 404);
        let error = get(&folder, "page/Index.html", Destination::Document).unwrap_err();
        assert!(error.to_string().contains("page/Index.html does not exist"), "{error}");
        assert!(error.hint().unwrap().contains("`index.html`"));
    }

    #[test]
    fn no_way_out_of_the_folder() {
        let (_outer, folder) = folder();
        for path in ["..%2Foutside.txt", "page/..%2f..%2foutside.txt", "..%5Coutside.txt", "page/%00"] {
            let error = get(&folder, path, Destination::Xhr).unwrap_err();
            assert!(matches!(error, NetError::OutsideFolder { .. }), "{path}: {error}");
        }
        // The URL parser itself resolves these inside the folder.
        assert_eq!(get(&folder, "../outside.txt", Destination::Xhr).unwrap().status, 404);
        assert_eq!(get(&folder, "%2e%2e/outside.txt", Destination::Xhr).unwrap().status, 404);
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed_inside_the_folder_only() {
        use std::os::unix::fs::symlink;
        let (outer, folder) = folder();
        let root = folder.root().unwrap().to_owned();
        symlink(outer.path().join("outside.txt"), root.join("page/out.txt")).unwrap();
        symlink(outer.path(), root.join("page/up")).unwrap();
        symlink("index.html", root.join("page/home.html")).unwrap();
        symlink("../plugin.toml", root.join("page/config.txt")).unwrap();
        for path in ["page/out.txt", "page/up/outside.txt", "page/up"] {
            let error = get(&folder, path, Destination::Xhr).unwrap_err();
            assert!(matches!(error, NetError::OutsideFolder { .. }), "{path}: {error}");
        }
        let inside = get(&folder, "page/home.html", Destination::Document).unwrap();
        assert_eq!(inside.file.as_deref(), Some(Path::new("page/index.html")));
        assert_eq!(get(&folder, "page/config.txt", Destination::Xhr).unwrap().status, 404);
    }

    #[test]
    fn plugin_toml_and_hidden_files_are_not_for_pages() {
        let (_outer, folder) = folder();
        for path in ["plugin.toml", ".env"] {
            assert_eq!(get(&folder, path, Destination::Xhr).unwrap().status, 404, "{path}");
        }
    }

    #[test]
    fn files_cannot_be_written() {
        let (_outer, folder) = folder();
        let url = folder.url_of("page/index.html").unwrap();
        let request = Request { method: "POST".into(), ..Request::get(url, Destination::Xhr, 0) };
        assert_eq!(folder.answer(&request, ANSWER_BYTES_MAX).unwrap().status, 405);
    }

    #[test]
    fn bundled_files_are_served_alike() {
        static FILES: EmbeddedFiles = &[("page/index.html", b"<p>"), ("plugin.toml", b"secret")];
        let folder = Folder::embedded("demo", FILES);
        let response = get(&folder, "page", Destination::Document).unwrap();
        assert_eq!((response.url.path(), response.body.as_slice()), ("/page/", b"<p>".as_slice()));
        assert_eq!(get(&folder, "plugin.toml", Destination::Xhr).unwrap().status, 404);
        assert_eq!(get(&folder, "other", Destination::Xhr).unwrap().status, 404);
    }

    #[test]
    fn addresses_of_files() {
        let (_outer, folder) = folder();
        let url = folder.url_of("page/index.html?public_id=7").unwrap();
        assert_eq!(url.as_str(), "http://demo.plugin.invalid/page/index.html?public_id=7");
        assert!(folder.url_of("http://other.test/").is_err());
        assert!(Folder::open("x", Path::new("/nonexistent/folder")).is_err());
    }
}
