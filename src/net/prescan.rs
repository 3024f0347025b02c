//! A document's own word for its encoding, before it is parsed
//! ([prescan a byte stream](https://html.spec.whatwg.org/#prescan-a-byte-stream-to-determine-its-encoding)).

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252, X_USER_DEFINED};

use crate::base::limits::CHARSET_PRESCAN_BYTES;

/// The encoding that a `<meta>` among the first bytes names, else that of an XML declaration before them.
pub(super) fn prescan(bytes: &[u8]) -> Option<&'static Encoding> {
    if bytes.starts_with(b"<\0?\0x\0") {
        return Some(UTF_16LE);
    }
    if bytes.starts_with(b"\0<\0?\0x") {
        return Some(UTF_16BE);
    }
    let bytes = &bytes[..bytes.len().min(CHARSET_PRESCAN_BYTES)];
    in_meta(bytes).or_else(|| in_xml_declaration(bytes))
}

/// The encoding of `<?xml … encoding="…"?>` at the start
/// ([get an XML encoding](https://html.spec.whatwg.org/#concept-get-xml-encoding-when-sniffing)).
fn in_xml_declaration(bytes: &[u8]) -> Option<&'static Encoding> {
    let declaration = bytes.strip_prefix(b"<?xml")?;
    let declaration = &declaration[..declaration.iter().position(|byte| *byte == b'>')?];
    let at = declaration.windows(b"encoding".len()).position(|name| name == b"encoding")?;
    let is_control = |byte: &u8| *byte <= b' ';
    let rest = skip(&declaration[at + b"encoding".len()..], is_control).strip_prefix(b"=")?;
    let [quote @ (b'"' | b'\''), label @ ..] = skip(rest, is_control) else { return None };
    let label = &label[..label.iter().position(|byte| byte == quote)?];
    if label.iter().any(is_control) {
        return None;
    }
    Encoding::for_label(label).map(|encoding| if is_utf_16(encoding) { UTF_8 } else { encoding })
}

/// The bytes from the first that is no `blank`.
fn skip(bytes: &[u8], blank: impl Fn(&u8) -> bool) -> &[u8] {
    &bytes[bytes.iter().position(|byte| !blank(byte)).unwrap_or(bytes.len())..]
}

fn in_meta(bytes: &[u8]) -> Option<&'static Encoding> {
    let mut scanner = Scanner { bytes, at: 0 };
    while scanner.at < scanner.bytes.len() {
        if scanner.is_at(b"<!--") {
            scanner.at += 2;
            scanner.skip_past(b"-->");
        } else if scanner.is_at(b"<meta") && scanner.peek(5).is_some_and(|byte| is_blank(byte) || byte == b'/') {
            scanner.at += 6;
            if let Some(encoding) = scanner.meta() {
                return Some(encoding);
            }
        } else if scanner.is_tag() {
            scanner.skip_until(|byte| is_blank(byte) || byte == b'>');
            while scanner.attribute().is_some() {}
        } else if scanner.is_at(b"<!") || scanner.is_at(b"</") || scanner.is_at(b"<?") {
            scanner.skip_past(b">");
        } else {
            scanner.at += 1;
        }
    }
    None
}

/// An HTML blank.
fn is_blank(byte: u8) -> bool {
    matches!(byte, b'\t' | b'\n' | 0x0c | b'\r' | b' ')
}

/// Where the scan is.
struct Scanner<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Scanner<'_> {
    fn peek(&self, ahead: usize) -> Option<u8> {
        self.bytes.get(self.at + ahead).copied()
    }

    /// Whether these characters come next, in any case.
    fn is_at(&self, text: &[u8]) -> bool {
        self.bytes[self.at..].get(..text.len()).is_some_and(|next| next.eq_ignore_ascii_case(text))
    }

    /// Whether a start or end tag comes next.
    fn is_tag(&self) -> bool {
        let letter = if self.peek(1) == Some(b'/') { self.peek(2) } else { self.peek(1) };
        self.peek(0) == Some(b'<') && letter.is_some_and(|byte| byte.is_ascii_alphabetic())
    }

    fn skip_past(&mut self, text: &[u8]) {
        while self.at < self.bytes.len() && !self.is_at(text) {
            self.at += 1;
        }
        self.at = (self.at + text.len()).min(self.bytes.len());
    }

    fn skip_until(&mut self, ends: impl Fn(u8) -> bool) {
        while self.peek(0).is_some_and(|byte| !ends(byte)) {
            self.at += 1;
        }
    }

    /// The encoding of the `<meta>` whose attributes come next, if it names one that is known.
    fn meta(&mut self) -> Option<&'static Encoding> {
        let (mut got_pragma, mut need_pragma, mut charset) = (false, None, None);
        let mut seen: Vec<String> = Vec::new();
        while let Some((name, value)) = self.attribute() {
            if seen.contains(&name) {
                continue;
            }
            match name.as_str() {
                "http-equiv" => got_pragma |= value == "content-type",
                "content" if charset.is_none() => {
                    charset = charset_in_content(&value);
                    need_pragma = charset.map(|_| true).or(need_pragma);
                }
                "charset" => {
                    charset = Encoding::for_label(value.as_bytes());
                    need_pragma = Some(false);
                }
                _ => {}
            }
            seen.push(name);
        }
        let is_meant = need_pragma.is_some_and(|needed| !needed || got_pragma);
        charset.filter(|_| is_meant).map(as_meta)
    }

    /// [Get an attribute](https://html.spec.whatwg.org/#concept-get-attributes-when-sniffing): name and value in lower
    /// case; `None` at the end of the tag or of the bytes.
    fn attribute(&mut self) -> Option<(String, String)> {
        self.skip_until(|byte| !is_blank(byte) && byte != b'/');
        if self.peek(0)? == b'>' {
            return None;
        }
        let start = self.at;
        self.at += 1;
        self.skip_until(|byte| is_blank(byte) || matches!(byte, b'/' | b'>' | b'='));
        let name = lower_case(&self.bytes[start..self.at]);
        self.skip_until(|byte| !is_blank(byte));
        if self.peek(0) != Some(b'=') {
            return Some((name, String::new()));
        }
        self.at += 1;
        self.skip_until(|byte| !is_blank(byte));
        let quote = self.peek(0)?;
        if !matches!(quote, b'"' | b'\'') {
            let start = self.at;
            self.skip_until(|byte| is_blank(byte) || byte == b'>');
            let value = lower_case(&self.bytes[start..self.at]);
            return self.peek(0).map(|_| (name, value));
        }
        self.at += 1;
        let start = self.at;
        self.skip_until(|byte| byte == quote);
        let value = lower_case(&self.bytes[start..self.at]);
        self.peek(0)?;
        self.at += 1;
        Some((name, value))
    }
}

/// The encoding in a `content` attribute ([extract a character encoding](https://html.spec.whatwg.org/#extracting-character-encodings-from-meta-elements)).
pub(super) fn charset_in_content(content: &str) -> Option<&'static Encoding> {
    let mut rest = content;
    loop {
        rest = &rest[rest.find("charset")? + "charset".len()..];
        let Some(value) = rest.trim_start().strip_prefix('=') else { continue };
        let value = value.trim_start();
        let label = match value.chars().next()? {
            quote @ ('"' | '\'') => value[1..].split_once(quote)?.0,
            _ => value.split([';', ' ', '\t', '\n', '\r', '\u{c}']).next()?,
        };
        return Encoding::for_label(label.as_bytes());
    }
}

fn is_utf_16(encoding: &'static Encoding) -> bool {
    encoding == UTF_16BE || encoding == UTF_16LE
}

/// What an encoding means in a `<meta>`, which was read as ASCII after all.
pub(super) fn as_meta(encoding: &'static Encoding) -> &'static Encoding {
    if is_utf_16(encoding) {
        UTF_8
    } else if encoding == X_USER_DEFINED {
        WINDOWS_1252
    } else {
        encoding
    }
}

fn lower_case(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(html: &str, encoding: Option<&str>) {
        assert_eq!(prescan(html.as_bytes()).map(Encoding::name), encoding, "{html}");
    }

    #[test]
    fn both_forms_in_any_spelling() {
        check("<meta charset=gbk>", Some("GBK"));
        check("<META CHARSET='GB2312'/>", Some("GBK"));
        check("<!DOCTYPE html><html><head><meta charset=\"utf-8\">", Some("UTF-8"));
        check("<meta http-equiv=\"Content-Type\" content=\"text/html; charset=gb2312\" />", Some("GBK"));
        check("<meta content=\"text/html;charset = 'big5'\" http-equiv=content-type>", Some("Big5"));
        check("<meta name=x><meta/charset=gb18030>", Some("gb18030"));
        check("<meta charset=utf-16>", Some("UTF-8"));
        check("<meta charset=x-user-defined>", Some("windows-1252"));
    }

    #[test]
    fn what_is_no_declaration() {
        check("", None);
        check("<meta content=\"text/html; charset=gbk\">", None);
        check("<!-- <meta charset=gbk> -->", None);
        check("<!--><meta charset=gbk>", Some("GBK"));
        check("<p title=\"<meta charset=gbk>\">", None);
        check("<metadata charset=gbk>", None);
        check("<meta charset=nonsense><meta charset=gbk>", Some("GBK"));
        check("<meta charset=gbk", None);
        check("<meta charset=\"gbk", None);
        check("<?xml <meta charset=gbk>", None);
        check(&format!("{}<meta charset=gbk>", " ".repeat(1024)), None);
    }

    #[test]
    fn xml_declarations_count_where_no_meta_does() {
        check("<?xml version='1.0' encoding='gb2312'?><p>", Some("GBK"));
        check("<?xml encoding = \"utf-16\"?>", Some("UTF-8"));
        check("<?xml encoding='gbk'?><meta charset=big5>", Some("Big5"));
        check("<\0?\0x\0", Some("UTF-16LE"));
        check("\0<\0?\0x", Some("UTF-16BE"));
        let none = [
            " <?xml encoding='gbk'?>",
            "<?xml encoding='gbk'",
            "<?xml encoding='gbk?>",
            "<?xml encoding gbk?>",
            "<?xml encoding=' gbk'?>",
            "<?xml ?> encoding='gbk'>",
            "<?XML encoding='gbk'?>",
        ];
        for xml in none {
            check(xml, None);
        }
    }

    #[test]
    fn no_input_breaks_it() {
        for html in [
            "<",
            "</",
            "<!",
            "<!--",
            "<meta",
            "<meta ",
            "<meta =",
            "<a b=",
            "<a b='",
            "<meta content=charset>",
            "<?xml",
            "<?xml>",
            "<?xml encoding>",
            "<?xml encoding=>",
            "<?xml encoding='>",
        ] {
            prescan(html.as_bytes());
        }
    }
}
