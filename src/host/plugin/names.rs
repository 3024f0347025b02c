//! What plugins are called.

use std::collections::BTreeSet;
use std::path::Path;

use url::Url;

/// The names in use.
#[derive(Debug, Default)]
pub struct Names(BTreeSet<String>);

impl Names {
    /// The name itself, or with the first free number behind it.
    pub(super) fn take(&mut self, wanted: &str) -> String {
        let numbered = (2_u32..).map(|number| format!("{wanted}-{number}"));
        let name = std::iter::once(wanted.to_owned()).chain(numbered).find(|name| !self.0.contains(name));
        let name = name.unwrap_or_default();
        self.0.insert(name.clone());
        name
    }
}

pub(super) fn stem(file: &str) -> String {
    Path::new(file).file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

/// A folder's own name, also where it is given as `.`.
pub(super) fn folder_name(folder: &Path) -> String {
    let real = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    real.file_name().map_or_else(|| "plugin".to_owned(), |name| name.to_string_lossy().into_owned())
}

/// The stem of an address's file, or its host.
pub(super) fn address_name(url: &Url) -> String {
    let file = url.path_segments().and_then(|mut segments| segments.next_back()).map(stem).unwrap_or_default();
    if file.is_empty() { url.host_str().unwrap_or("plugin").to_owned() } else { file }
}
