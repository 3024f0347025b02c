//! Pictures, fonts and style sheets of a page, as a browser is given them.

use url::Url;

use super::address::Addresses;
use super::css;
use crate::base::limits::mirror::MIRROR_RESOURCE_BYTES_MAX;

/// What the browser is told of everything that comes from a page: a picture is no document, and nothing in it is asked for.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; sandbox";

/// A resource that may go to a browser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resource {
    /// Its content type: one of a list, whatever its server says.
    pub content_type: &'static str,
    /// The bytes.
    pub body: Vec<u8>,
}

/// Why a resource does not go to a browser.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotShown {
    /// It is none of what a mirror shows.
    #[error("it is neither a picture nor a font nor a style sheet")]
    Kind,
    /// There is too much of it.
    #[error("it is larger than {MIRROR_RESOURCE_BYTES_MAX} bytes")]
    TooLarge,
}

/// Types of pictures and fonts, as servers call them and as they are called here.
const TYPES: [(&str, &str); 28] = [
    ("image/png", "image/png"),
    ("image/x-png", "image/png"),
    ("image/apng", "image/apng"),
    ("image/jpeg", "image/jpeg"),
    ("image/jpg", "image/jpeg"),
    ("image/pjpeg", "image/jpeg"),
    ("image/gif", "image/gif"),
    ("image/webp", "image/webp"),
    ("image/avif", "image/avif"),
    ("image/bmp", "image/bmp"),
    ("image/x-ms-bmp", "image/bmp"),
    ("image/x-icon", "image/x-icon"),
    ("image/vnd.microsoft.icon", "image/x-icon"),
    ("image/svg+xml", "image/svg+xml"),
    ("font/woff", "font/woff"),
    ("font/woff2", "font/woff2"),
    ("font/ttf", "font/ttf"),
    ("font/otf", "font/otf"),
    ("font/sfnt", "font/ttf"),
    ("application/font-woff", "font/woff"),
    ("application/font-woff2", "font/woff2"),
    ("application/x-font-woff", "font/woff"),
    ("application/x-font-ttf", "font/ttf"),
    ("application/x-font-truetype", "font/ttf"),
    ("application/x-font-otf", "font/otf"),
    ("application/x-font-opentype", "font/otf"),
    ("application/font-sfnt", "font/ttf"),
    ("application/vnd.ms-opentype", "font/otf"),
];

/// How files begin of which a server says nothing (MIME Sniffing standard §6.1, §6.3).
const BEGINNINGS: [(&[u8], &str); 10] = [
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"BM", "image/bmp"),
    (b"\0\0\x01\0", "image/x-icon"),
    (b"wOFF", "font/woff"),
    (b"wOF2", "font/woff2"),
    (b"\0\x01\0\0", "font/ttf"),
    (b"OTTO", "font/otf"),
];

impl Resource {
    /// What a server answered at an address, where a browser may have it. `body` of a style sheet is UTF-8; the addresses in
    /// it become those that `resource` says.
    ///
    /// # Errors
    /// [`NotShown`].
    pub fn of(
        url: &Url,
        content_type: &str,
        body: Vec<u8>,
        resource: &dyn Fn(&Url) -> String,
    ) -> Result<Self, NotShown> {
        if body.len() > MIRROR_RESOURCE_BYTES_MAX {
            return Err(NotShown::TooLarge);
        }
        let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        if essence == "text/css" {
            let rewritten = css::rewrite(&String::from_utf8_lossy(&body), Addresses { base: Some(url), resource });
            return Ok(Self { content_type: "text/css; charset=utf-8", body: rewritten.into_bytes() });
        }
        let said = TYPES.iter().find(|(known, _)| *known == essence).map(|(_, ours)| *ours);
        let is_silent = matches!(&*essence, "" | "application/octet-stream" | "binary/octet-stream");
        let content_type = said.or_else(|| begins(&body).filter(|_| is_silent)).ok_or(NotShown::Kind)?;
        Ok(Self { content_type, body })
    }

    /// The headers that go with it, all of them needed.
    #[must_use]
    pub fn headers(&self) -> [(&'static str, &'static str); 4] {
        [
            ("content-type", self.content_type),
            ("x-content-type-options", "nosniff"),
            ("content-security-policy", POLICY),
            ("cross-origin-resource-policy", "same-origin"),
        ]
    }
}

fn begins(body: &[u8]) -> Option<&'static str> {
    if body.starts_with(b"RIFF") && body.get(8..12) == Some(b"WEBP") {
        return Some("image/webp");
    }
    BEGINNINGS.iter().find(|(beginning, _)| body.starts_with(beginning)).map(|(_, kind)| *kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_passes() {
        let url = Url::parse("http://demo.test/css/a.css").unwrap();
        let of = |kind: &str, body: &[u8]| {
            let resource = |url: &Url| format!("/r?{url}");
            Resource::of(&url, kind, body.to_vec(), &resource).map(|resource| resource.content_type)
        };
        let table = [
            ("image/png", &b"x"[..], Ok("image/png")),
            ("IMAGE/PNG; a=b", b"x", Ok("image/png")),
            ("image/svg+xml", b"<svg/>", Ok("image/svg+xml")),
            ("application/x-font-woff", b"x", Ok("font/woff")),
            ("text/css", b"a{}", Ok("text/css; charset=utf-8")),
            ("", b"GIF89a", Ok("image/gif")),
            ("application/octet-stream", b"RIFF1234WEBP", Ok("image/webp")),
            ("text/html", b"GIF89a", Err(NotShown::Kind)),
            ("text/javascript", b"x", Err(NotShown::Kind)),
            ("application/octet-stream", b"<html>", Err(NotShown::Kind)),
            ("application/pdf", b"%PDF", Err(NotShown::Kind)),
            ("text/plain", b"a{}", Err(NotShown::Kind)),
            ("image/svg+xml, text/html", b"x", Err(NotShown::Kind)),
        ];
        for (kind, body, expected) in table {
            assert_eq!(of(kind, body), expected, "{kind}");
        }
        assert_eq!(of("image/png", &vec![0; MIRROR_RESOURCE_BYTES_MAX + 1]), Err(NotShown::TooLarge));
        let sheet = Resource::of(&url, "text/css", b"a{b:url(c.png)}".to_vec(), &|url| format!("/r?{url}")).unwrap();
        assert_eq!(String::from_utf8(sheet.body).unwrap(), "a{b:url(\"/r?http://demo.test/css/c.png\")}");
    }
}
