//! What becomes of the addresses in a page.

use url::Url;

use crate::base::limits::mirror::MIRROR_DATA_URL_BYTES_MAX;

/// Longest address that a picture may have, in bytes.
const ADDRESS_BYTES_MAX: usize = 8 * 1024;
/// Pictures that a browser decodes and that can hold nothing else.
const RASTER_TYPES: [&str; 8] =
    ["image/png", "image/jpeg", "image/jpg", "image/gif", "image/webp", "image/bmp", "image/avif", "image/x-icon"];

/// Where resources are had, and what their addresses are relative to.
#[derive(Clone, Copy)]
pub(super) struct Addresses<'a> {
    pub(super) base: Option<&'a Url>,
    pub(super) resource: &'a dyn Fn(&Url) -> String,
}

impl Addresses<'_> {
    /// Where a browser may get what a page names so; `None`: nowhere.
    pub(super) fn of(&self, written: &str) -> Option<String> {
        let written = written.trim();
        if written.is_empty() {
            return None;
        }
        if written.get(..5).is_some_and(|start| start.eq_ignore_ascii_case("data:")) {
            return is_raster(written).then(|| written.to_owned());
        }
        if written.len() > ADDRESS_BYTES_MAX {
            return None;
        }
        let url = match self.base {
            Some(base) => base.join(written),
            None => Url::parse(written),
        };
        url.ok().filter(|url| matches!(url.scheme(), "http" | "https")).map(|url| (self.resource)(&url))
    }

    /// The same of each picture of a `srcset` (HTML §4.8.4.2.2); `data:` ones are left out.
    pub(super) fn of_set(&self, written: &str) -> Option<String> {
        let mut found = Vec::new();
        let mut rest = written;
        loop {
            rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == ',');
            let end = rest.find(|c: char| c.is_ascii_whitespace()).unwrap_or(rest.len());
            let (address, behind) = rest.split_at(end);
            if address.is_empty() {
                break;
            }
            let (descriptor, behind) = match address.ends_with(',') {
                true => ("", behind),
                false => behind.split_once(',').unwrap_or((behind, "")),
            };
            rest = behind;
            let (address, descriptor) = (address.trim_end_matches(','), descriptor.trim());
            let is_plain = |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | ' '));
            let rewritten = self.of(address).filter(|address| !address.contains([',', ' ', '\t', '\n']));
            if let Some(address) = rewritten.filter(|_| is_plain(descriptor)) {
                found.push(format!("{address} {descriptor}").trim_end().to_owned());
            }
        }
        (!found.is_empty()).then(|| found.join(", "))
    }
}

/// Whether a `data:` address is a picture that can hold nothing else, and not too large.
fn is_raster(address: &str) -> bool {
    let kind = address[5..].split([',', ';']).next().unwrap_or_default().trim();
    address.len() <= MIRROR_DATA_URL_BYTES_MAX && RASTER_TYPES.iter().any(|known| known.eq_ignore_ascii_case(kind))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resource(url: &Url) -> String {
        format!("/r?{}", url.as_str().replace(',', "%2C"))
    }

    #[test]
    fn where_addresses_lead() {
        let base = Url::parse("http://demo.test/page/").unwrap();
        let addresses = Addresses { base: Some(&base), resource: &resource };
        let table = [
            ("a.png", Some("/r?http://demo.test/page/a.png")),
            (" //other.test/a.png ", Some("/r?http://other.test/a.png")),
            ("data:image/png;base64,AA", Some("data:image/png;base64,AA")),
            ("DATA:image/PNG,A", Some("DATA:image/PNG,A")),
            ("data:image/svg+xml,<svg>", None),
            ("data:text/html,x", None),
            ("data:,image/png", None),
            ("javascript:alert(1)", None),
            ("java\nscript:alert(1)", None),
            ("file:///etc/passwd", None),
            ("blob:http://demo.test/1", None),
            ("", None),
        ];
        for (written, expected) in table {
            assert_eq!(addresses.of(written).as_deref(), expected, "{written}");
        }
        let long = format!("data:image/png;base64,{}", "A".repeat(MIRROR_DATA_URL_BYTES_MAX));
        assert_eq!(addresses.of(&long), None);
        assert_eq!(Addresses { base: None, resource: &resource }.of("a.png"), None);
    }

    #[test]
    fn sets_of_pictures() {
        let base = Url::parse("http://demo.test/").unwrap();
        let addresses = Addresses { base: Some(&base), resource: &resource };
        let table = [
            ("a.png 1x, b.png 2x", Some("/r?http://demo.test/a.png 1x, /r?http://demo.test/b.png 2x")),
            ("a.png,, b.png", Some("/r?http://demo.test/a.png, /r?http://demo.test/b.png")),
            ("a,b.png 2x", Some("/r?http://demo.test/a%2Cb.png 2x")),
            ("data:image/png;base64,AA 1x, a.png", Some("/r?http://demo.test/a.png")),
            ("javascript:1 1x", None),
            ("a.png <b>", None),
            (" , ", None),
        ];
        for (written, expected) in table {
            assert_eq!(addresses.of_set(written).as_deref(), expected, "{written}");
        }
    }
}
