//! Where documents are written.

use std::fs;
use std::path::{Path, PathBuf};

use super::Run;
use crate::host::watch::Notice;

impl Run<'_> {
    /// Writes them, where that is wanted.
    pub(super) fn write_documents(&mut self) {
        let Some(path) = self.options.dom.clone() else { return };
        for (name, html) in self.stage.documents() {
            let path = if self.options.dom_by_name { named(&path, &name) } else { path.clone() };
            if let Err(error) = fs::write(&path, html) {
                self.outcome.dom_failed = true;
                self.watch.say(Notice::error(format!("{}: cannot be written: {error}", path.display())));
            }
        }
    }
}

/// `out.html` for the page `orders` is `out.orders.html`.
fn named(path: &Path, name: &str) -> PathBuf {
    let name: String = name.chars().map(|c| if c.is_control() || "/\\:".contains(c) { '-' } else { c }).collect();
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let file = match path.extension() {
        Some(extension) => format!("{stem}.{name}.{}", extension.to_string_lossy()),
        None => format!("{stem}.{name}"),
    };
    path.with_file_name(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_page_s_document_has_a_file() {
        assert_eq!(named(Path::new("a/out.html"), "快捷/回复"), Path::new("a/out.快捷-回复.html"));
        assert_eq!(named(Path::new("out"), "map"), Path::new("out.map"));
    }
}
