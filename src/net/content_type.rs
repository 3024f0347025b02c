//! Content types by file extension, for files served from disk.

use std::path::Path;

/// Extension, type. None names a charset: that is the file's own business (`<meta charset>`, a byte-order mark), and
/// old plugin folders mix GBK and UTF-8.
const TYPES: &[(&str, &str)] = &[
    ("css", "text/css"),
    ("gif", "image/gif"),
    ("htm", "text/html"),
    ("html", "text/html"),
    ("ico", "image/x-icon"),
    ("jpeg", "image/jpeg"),
    ("jpg", "image/jpeg"),
    ("js", "text/javascript"),
    ("json", "application/json"),
    ("mjs", "text/javascript"),
    ("mp3", "audio/mpeg"),
    ("mp4", "video/mp4"),
    ("png", "image/png"),
    ("svg", "image/svg+xml"),
    ("tpl", "text/html"),
    ("txt", "text/plain"),
    ("wav", "audio/wav"),
    ("webp", "image/webp"),
    ("xht", "application/xhtml+xml"),
    ("xhtml", "application/xhtml+xml"),
    ("xml", "text/xml"),
];

/// The content type of a file by its extension, in any case; `application/octet-stream` for others.
#[must_use]
pub fn content_type_of(path: &Path) -> &'static str {
    let extension = path.extension().and_then(|text| text.to_str()).unwrap_or("").to_ascii_lowercase();
    let found = TYPES.iter().find(|(name, _)| *name == extension);
    found.map_or("application/octet-stream", |(_, kind)| kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_extension_in_any_case() {
        assert_eq!(content_type_of(Path::new("a/INDEX.HTM")), "text/html");
        assert_eq!(content_type_of(Path::new("data/orders.json")), "application/json");
        assert_eq!(content_type_of(Path::new("README")), "application/octet-stream");
    }
}
