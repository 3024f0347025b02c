//! What plugins are called.

use std::collections::BTreeSet;
use std::path::Path;

use url::Url;

/// The names in use.
#[derive(Debug, Default)]
pub struct Names {
    taken: BTreeSet<String>,
    /// What the next one is called, whatever it wants to be called.
    given: Option<String>,
}

impl Names {
    /// Names of which the first that is taken is this one: for a plugin that stands in for another, whose page's address,
    /// and with it storage and cookies, are to be its own.
    #[must_use]
    pub fn called(name: &str) -> Self {
        Self { given: Some(name.to_owned()), ..Self::default() }
    }

    /// The name itself, or with the first free number behind it.
    pub(super) fn take(&mut self, wanted: &str) -> String {
        let wanted = self.given.take().unwrap_or_else(|| wanted.to_owned());
        let numbered = (2_u32..).map(|number| format!("{wanted}-{number}"));
        let name = std::iter::once(wanted.clone()).chain(numbered).find(|name| !self.taken.contains(name));
        let name = name.unwrap_or_default();
        self.taken.insert(name.clone());
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
