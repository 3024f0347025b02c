//! From bytes to text: documents, scripts, XHR answers.
//!
//! Labels, decoders and the order of evidence are the standards'; one choice is ours: a document that says nothing is
//! UTF-8 where it is valid UTF-8, else GBK, since these pages are Chinese and the client they were written for took the
//! system's encoding.

use encoding_rs::{Encoding, GBK, UTF_8, UTF_16BE, UTF_16LE};

use super::late_meta::late_meta;
use super::prescan::prescan;
use crate::base::limits::BINARY_SNIFF_BYTES;

/// First bytes of files that are no pages: what an operator gives by mistake.
const SIGNATURES: &[&[u8]] = &[
    b"%PDF-",
    b"\x89PNG\r\n",
    b"GIF8",
    b"\xff\xd8\xff",
    b"PK\x03\x04",
    b"Rar!\x1a",
    b"\x1f\x8b",
    b"\x7fELF",
    b"MZ\x90",
    b"\xd0\xcf\x11\xe0",
    b"\x28\xb5\x2f\xfd",
    b"RIFF",
];

/// Bytes of XML in which its declaration is looked for.
const XML_DECLARATION_BYTES: usize = 256;

/// Control characters that make binary data of text: more than one in this many …
const CONTROLS_RARE: usize = 32;
/// … and at least this many, so that a stray one in a short page does no harm.
const CONTROLS_MIN: usize = 4;

/// A document's text and encoding ([encoding sniffing algorithm](https://html.spec.whatwg.org/#encoding-sniffing-algorithm)):
/// byte-order mark, `Content-Type`, `<meta charset>` in the first 1024 bytes or later, then UTF-8 if valid, else GBK.
#[must_use]
pub fn decode_html(bytes: &[u8], content_type: Option<&str>) -> (String, &'static Encoding) {
    let declared = || charset_parameter(content_type).or_else(|| prescan(bytes)).or_else(|| late_meta(bytes));
    decode(bytes, || declared().unwrap_or(if is_utf_8(bytes) { UTF_8 } else { GBK }))
}

/// A script's text ([fetch a classic script](https://html.spec.whatwg.org/#fetch-a-classic-script)): byte-order mark,
/// `Content-Type`, the element's `charset` attribute, the document's encoding.
#[must_use]
pub fn decode_script(
    bytes: &[u8],
    content_type: Option<&str>,
    charset_attr: Option<&str>,
    document_encoding: &'static Encoding,
) -> String {
    let attribute = || charset_attr.and_then(|label| Encoding::for_label(label.as_bytes()));
    decode(bytes, || charset_parameter(content_type).or_else(attribute).unwrap_or(document_encoding)).0
}

/// An XHR's `responseText` ([get a text response](https://xhr.spec.whatwg.org/#text-response)): byte-order mark, the
/// charset of the (perhaps overridden) `Content-Type`, UTF-8.
#[must_use]
pub fn decode_xhr(bytes: &[u8], content_type: Option<&str>) -> String {
    decode(bytes, || charset_parameter(content_type).unwrap_or(UTF_8)).0
}

/// The text and encoding of XML ([XML 1.0 §F](https://www.w3.org/TR/xml/#sec-guessing)): byte-order mark, `Content-Type`, the
/// document's own declaration, UTF-8.
#[must_use]
pub fn decode_xml(bytes: &[u8], content_type: Option<&str>) -> (String, &'static Encoding) {
    decode(bytes, || charset_parameter(content_type).or_else(|| declared_in_xml(bytes)).unwrap_or(UTF_8))
}

/// The encoding that an XML declaration names; one that could be read has no wide characters.
fn declared_in_xml(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(XML_DECLARATION_BYTES)]);
    let declaration = head.strip_prefix("<?xml")?.split_once("?>")?.0;
    let value = declaration.split_once("encoding")?.1.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    let named = Encoding::for_label(value[1..].split(quote).next()?.as_bytes())?;
    Some(if named == UTF_16BE || named == UTF_16LE { UTF_8 } else { named })
}

/// Whether a document is binary data rather than a page: a known file signature, or control characters as only binary
/// data has them ([binary data bytes](https://mimesniff.spec.whatwg.org/#binary-data-byte)) in its first 1445 bytes. Text in
/// UTF-16 has them too: it is text where a byte-order mark or the content type says so.
#[must_use]
pub fn looks_binary(bytes: &[u8], content_type: Option<&str>) -> bool {
    let is_wide = |encoding: &'static Encoding| encoding == UTF_16BE || encoding == UTF_16LE;
    if Encoding::for_bom(bytes).is_some() || charset_parameter(content_type).is_some_and(is_wide) {
        return false;
    }
    let head = &bytes[..bytes.len().min(BINARY_SNIFF_BYTES)];
    let is_control = |byte: &&u8| matches!(**byte, 0..=8 | 0x0b | 0x0e..=0x1a | 0x1c..=0x1f);
    let controls = head.iter().filter(is_control).count();
    let is_signed = SIGNATURES.iter().any(|signature| head.starts_with(signature));
    is_signed || controls >= CONTROLS_MIN && controls * CONTROLS_RARE > head.len()
}

/// Decodes by the byte-order mark, which beats everything, else by `otherwise`.
fn decode(bytes: &[u8], otherwise: impl FnOnce() -> &'static Encoding) -> (String, &'static Encoding) {
    let (encoding, mark_bytes) = Encoding::for_bom(bytes).unwrap_or_else(|| (otherwise(), 0));
    (encoding.decode_without_bom_handling(&bytes[mark_bytes..]).0.into_owned(), encoding)
}

/// The encoding that a `Content-Type` names.
fn charset_parameter(content_type: Option<&str>) -> Option<&'static Encoding> {
    content_type?.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        let label = value.trim().trim_matches(['"', '\'']);
        if name.trim().eq_ignore_ascii_case("charset") { Encoding::for_label(label.as_bytes()) } else { None }
    })
}

/// Whether the bytes are UTF-8, but for a character cut off at the end.
fn is_utf_8(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).map_or_else(|error| error.error_len().is_none(), |_| true)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `您好` in GBK.
    const GREETING_GBK: &[u8] = b"\xc4\xfa\xba\xc3";

    #[track_caller]
    fn check_html(bytes: &[u8], content_type: Option<&str>, text_has: &str, encoding: &str) {
        let (text, found) = decode_html(bytes, content_type);
        assert!(text.contains(text_has), "{text}");
        assert_eq!(found.name(), encoding);
    }

    #[test]
    fn documents_in_the_standard_s_order_of_evidence() {
        let meta_gbk = [b"<meta charset=gb2312><p>".as_slice(), GREETING_GBK].concat();
        check_html(&meta_gbk, None, "您好", "GBK");
        check_html("\u{feff}<meta charset=gbk>您好".as_bytes(), Some("text/html; charset=gbk"), "您好", "UTF-8");
        check_html("<meta charset=gbk>您好".as_bytes(), Some("text/html;charset=\"UTF-8\""), "您好", "UTF-8");
        check_html(&meta_gbk, Some("text/html; charset=nonsense"), "您好", "GBK");
        check_html("您好".as_bytes(), None, "您好", "UTF-8");
        check_html(GREETING_GBK, Some("text/html"), "您好", "GBK");
        check_html(&"您好".as_bytes()[..5], None, "您", "UTF-8");
        check_html(b"\xff\xfe<\0p\0", None, "<p", "UTF-16LE");
        check_html(b"", None, "", "UTF-8");
        check_html(b"\0<\0p", Some("text/html; charset=utf-16be"), "<p", "UTF-16BE");
        let late = [" ".repeat(2000).as_bytes(), b"<meta charset=big5>", b"\xb1\x7a\xa6\x6e"].concat();
        check_html(&late, None, "您好", "Big5");
        check_html(&late, Some("text/html; charset=gbk"), "<meta", "GBK");
    }

    #[test]
    fn a_byte_order_mark_is_no_text() {
        assert_eq!(decode_html("\u{feff}<p>".as_bytes(), None).0, "<p>");
        assert_eq!(decode_xhr("\u{feff}{}".as_bytes(), None), "{}");
    }

    #[test]
    fn scripts_take_the_document_s_encoding_last() {
        let script = |content_type, attr, document| decode_script(GREETING_GBK, content_type, attr, document);
        assert_eq!(script(None, None, GBK), "您好");
        assert_eq!(script(None, Some("gbk"), UTF_8), "您好");
        assert_eq!(script(Some("text/javascript; charset=GB18030"), Some("utf-8"), UTF_8), "您好");
        assert_ne!(script(None, None, UTF_8), "您好");
    }

    #[test]
    fn xhr_answers_are_utf_8_unless_they_say_otherwise() {
        assert_eq!(decode_xhr("您好".as_bytes(), Some("application/json")), "您好");
        assert_eq!(decode_xhr(GREETING_GBK, Some("text/html; Charset=gb2312")), "您好");
    }

    #[test]
    fn binary_data_is_told_from_text() {
        for text in ["", "a\0", "<p>您好</p>", "if (/[\u{1}-\u{1f}]/.test(x)) {}", "\u{feff}x"] {
            assert!(!looks_binary(text.as_bytes(), None), "{text}");
        }
        assert!(!looks_binary(GREETING_GBK, None));
        assert!(!looks_binary(b"\xff\xfe<\0p\0>\0a\0b\0", None));
        let wide = b"\0<\0p\0>\0a\0b\0";
        assert!(looks_binary(wide, Some("text/html")) && !looks_binary(wide, Some("text/html;charset=UTF-16BE")));
        assert!(looks_binary(b"%PDF-1.4\n", None));
        assert!(looks_binary(b"\x89PNG\r\n\x1a\n", None));
        let noise: Vec<u8> = (0..2000_u32).map(|index| ((index * 7919) >> 3) as u8).collect();
        assert!(looks_binary(&noise, None));
    }
}
