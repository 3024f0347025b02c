//! What may run as a script, by what its server says of it, and by what the page says that it must be
//! ([fetch a classic script](https://html.spec.whatwg.org/#fetch-a-classic-script),
//! [Subresource Integrity](https://w3c.github.io/webappsec-subresource-integrity/)).

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use ring::digest::{Algorithm, SHA256, SHA384, SHA512, digest};

use super::{NetError, Response};

/// [JavaScript MIME type essences](https://mimesniff.spec.whatwg.org/#javascript-mime-type).
pub const SCRIPT_TYPES: [&str; 16] = [
    "application/ecmascript",
    "application/javascript",
    "application/x-ecmascript",
    "application/x-javascript",
    "text/ecmascript",
    "text/javascript",
    "text/javascript1.0",
    "text/javascript1.1",
    "text/javascript1.2",
    "text/javascript1.3",
    "text/javascript1.4",
    "text/javascript1.5",
    "text/jscript",
    "text/livescript",
    "text/x-ecmascript",
    "text/x-javascript",
];

/// Hashes of `integrity`, the stronger ones last.
const HASHES: [(&str, &Algorithm); 3] = [("sha256", &SHA256), ("sha384", &SHA384), ("sha512", &SHA512)];

impl Response {
    /// The content type without its parameters, in lower case; empty where none is given.
    #[must_use]
    pub fn essence(&self) -> String {
        let kind = self.header("content-type").unwrap_or_default();
        kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
    }

    /// Whether the server forbids to take it for anything but what it says
    /// ([determine nosniff](https://fetch.spec.whatwg.org/#determine-nosniff)).
    #[must_use]
    pub fn is_nosniff(&self) -> bool {
        let value = self.header("x-content-type-options").unwrap_or_default();
        value.split(',').next().is_some_and(|first| first.trim().eq_ignore_ascii_case("nosniff"))
    }

    /// The answer as a classic script with this `integrity`: one with a success status that may be one, and is what it must
    /// be.
    ///
    /// # Errors
    /// [`NetError::Status`], [`NetError::NotScript`], [`NetError::Integrity`].
    pub fn as_script(self, integrity: Option<&str>) -> Result<Response, NetError> {
        let response = self.loaded()?;
        let (kind, is_nosniff) = (response.essence(), response.is_nosniff());
        let is_other = ["audio/", "image/", "video/"].iter().any(|start| kind.starts_with(start)) || kind == "text/csv";
        if is_other || is_nosniff && !SCRIPT_TYPES.contains(&kind.as_str()) {
            return Err(NetError::NotScript { url: response.url.into(), kind, is_nosniff });
        }
        match integrity {
            Some(integrity) if !has_integrity(&response.body, integrity) => {
                Err(NetError::Integrity { url: response.url.into() })
            }
            _ => Ok(response),
        }
    }
}

/// Whether bytes are what `integrity` says: have one of the hashes of its strongest kind. One without a hash that is known
/// says nothing ([do bytes match metadataList](https://w3c.github.io/webappsec-subresource-integrity/#does-response-match-metadatalist)).
#[must_use]
pub fn has_integrity(bytes: &[u8], integrity: &str) -> bool {
    let parsed = integrity.split_ascii_whitespace().filter_map(|word| {
        let (name, rest) = word.split_once('-')?;
        let kind = HASHES.iter().position(|(known, _)| known.eq_ignore_ascii_case(name))?;
        Some((kind, rest.split('?').next().unwrap_or_default()))
    });
    let parsed: Vec<(usize, &str)> = parsed.collect();
    let Some(strongest) = parsed.iter().map(|(kind, _)| *kind).max() else { return true };
    let actual = digest(HASHES[strongest].1, bytes);
    let decoded = |text: &str| STANDARD.decode(text).or_else(|_| URL_SAFE.decode(text)).ok();
    parsed.iter().any(|(kind, text)| *kind == strongest && decoded(text).is_some_and(|hash| hash == actual.as_ref()))
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::*;

    #[test]
    fn what_may_run() {
        let script = |kind: &str, options: &str| {
            let mut response = Response::made(Url::parse("http://a.test/x").unwrap(), 200, kind, Vec::new());
            response.headers.push(("x-content-type-options".to_owned(), options.to_owned()));
            response.as_script(None)
        };
        for kind in ["image/png", "Audio/mpeg", "video/mp4; x=y", "text/csv"] {
            assert!(matches!(script(kind, ""), Err(NetError::NotScript { is_nosniff: false, .. })), "{kind}");
        }
        for kind in ["text/html", "text/plain", "application/json", "", "application/octet-stream"] {
            assert!(script(kind, "").is_ok(), "{kind}");
            assert!(script(kind, "sniff, nosniff").is_ok(), "{kind}");
            let error = script(kind, "NoSniff, x").unwrap_err();
            assert!(matches!(error, NetError::NotScript { is_nosniff: true, .. }), "{kind}");
            assert!(error.hint().unwrap().contains("text/javascript"), "{error}");
        }
        for kind in ["text/javascript; charset=gbk", "Application/X-JavaScript", "text/jscript"] {
            assert!(script(kind, "nosniff").is_ok(), "{kind}");
        }
    }

    #[test]
    fn what_a_script_must_be() {
        const SHA_256: &str = "sha256-a4ayc/80/OGda4BO/1o/V0etpOqiLx1JwB5S3beHW0s=";
        // Of `alert('Hello, world.');`, the specification's example.
        const SHA_384: &str = "sha384-H8BRh8j48O9oYatfu5AZzq6A9RINhZO5H16dQZngK7T62em8MUt1FLm52t+eX6xO";
        let table = [
            ("", true),
            ("md5-x nonsense", true),
            (SHA_384, true),
            ("sha384-H8BRh8j48O9oYatfu5AZzq6A9RINhZO5H16dQZngK7T62em8MUt1FLm52t-eX6xO?x", true),
            ("SHA384-AAAA", false),
            ("sha384-%%", false),
        ];
        for (integrity, expected) in table {
            assert_eq!(has_integrity(b"alert('Hello, world.');", integrity), expected, "{integrity}");
        }
        // The strongest counts, and of those any.
        assert!(has_integrity(b"1", SHA_256));
        assert!(!has_integrity(b"1", &format!("{SHA_256} {SHA_384}")));
        assert!(has_integrity(b"alert('Hello, world.');", &format!("sha256-AAAA {SHA_384} sha384-AAAA")));
    }
}
