//! Where documents are written.

use std::path::{Path, PathBuf};

/// `out.html` for the page `orders` is `out.orders.html`.
pub(super) fn named(path: &Path, name: &str) -> PathBuf {
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
