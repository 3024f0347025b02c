//! Entry lists as bytes: `application/x-www-form-urlencoded`, `multipart/form-data`, `text/plain`.
//!
//! XHR, `fetch()`, URLSearchParams and form submission share them.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::rc::Rc;

use encoding_rs::{Encoding, UTF_8};
use url::form_urlencoded;

/// What boundaries of multipart bodies start with; a number follows.
const BOUNDARY_PREFIX: &str = "----duokeFormBoundary";

/// What an entry of a multipart body holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// A text.
    Text(String),
    /// A file: its bytes go as they are.
    File {
        /// Its name.
        name: String,
        /// Its type; empty: `application/octet-stream`.
        kind: String,
        /// Its bytes.
        bytes: Rc<[u8]>,
    },
}

impl Value {
    /// A file that nobody chose.
    #[must_use]
    pub fn no_file() -> Self {
        Self::File { name: String::new(), kind: String::new(), bytes: Rc::default() }
    }
}

/// The [urlencoded serializer](https://url.spec.whatwg.org/#urlencoded-serializing) in UTF-8, values as they are.
#[must_use]
pub fn urlencode(entries: &[(String, String)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(entries).finish()
}

/// The body of a form submission in the document's encoding, line breaks normalised
/// ([HTML §4.10.22.6](https://html.spec.whatwg.org/#url-encoded-form-data)). A character that the encoding lacks
/// becomes a numeric reference; an encoding nobody knows is UTF-8.
#[must_use]
pub fn urlencode_in(entries: &[(String, String)], encoding: &str) -> String {
    let encode = encoder(encoding);
    let mut serializer = form_urlencoded::Serializer::new(String::new());
    serializer.encoding_override(Some(&encode));
    for (name, value) in entries {
        serializer.append_pair(&with_crlf(name), &with_crlf(value));
    }
    serializer.finish()
}

/// The [urlencoded parser](https://url.spec.whatwg.org/#urlencoded-parsing).
#[must_use]
pub fn urldecode(text: &str) -> Vec<(String, String)> {
    form_urlencoded::parse(text.as_bytes()).map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
}

/// A [multipart/form-data](https://html.spec.whatwg.org/#multipart-form-data) body: its content type with the boundary,
/// and its bytes. The boundary is the first of a fixed series that the body does not contain: the same entries give the
/// same bytes.
#[must_use]
pub fn multipart(entries: &[(String, Value)], encoding: &str) -> (String, Vec<u8>) {
    let encoding = output_encoding(encoding);
    let quoted = |name: &str| {
        let name = name.replace('\r', "%0D").replace('\n', "%0A").replace('"', "%22");
        encoding.encode(&name).0.into_owned()
    };
    let parts: Vec<(Vec<u8>, Cow<'_, [u8]>)> = entries
        .iter()
        .map(|(name, value)| {
            let mut head = b"Content-Disposition: form-data; name=\"".to_vec();
            head.extend_from_slice(&quoted(&with_crlf(name)));
            head.push(b'"');
            let content = match value {
                Value::Text(text) => Cow::Owned(encoding.encode(&with_crlf(text)).0.into_owned()),
                Value::File { name, kind, bytes } => {
                    let kind = if kind.is_empty() { "application/octet-stream" } else { kind };
                    head.extend_from_slice(b"; filename=\"");
                    head.extend_from_slice(&quoted(name));
                    head.extend_from_slice(format!("\"\r\nContent-Type: {kind}").as_bytes());
                    Cow::Borrowed(&**bytes)
                }
            };
            (head, content)
        })
        .collect();
    let boundary = boundary_for(&parts);
    let mut body = Vec::new();
    for (head, content) in &parts {
        body.extend_from_slice(format!("--{boundary}\r\n").as_bytes());
        body.extend_from_slice(head);
        body.extend_from_slice(b"\r\n\r\n");
        body.extend_from_slice(content);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    (format!("multipart/form-data; boundary={boundary}"), body)
}

/// The body of a form with `enctype=text/plain`
/// ([HTML §4.10.22.8](https://html.spec.whatwg.org/#plain-text-form-data)).
#[must_use]
pub fn plain(entries: &[(String, String)], encoding: &str) -> Vec<u8> {
    let lines = entries.iter().map(|(name, value)| format!("{}={}\r\n", with_crlf(name), with_crlf(value)));
    output_encoding(encoding).encode(&lines.collect::<String>()).0.into_owned()
}

fn boundary_for(parts: &[(Vec<u8>, Cow<'_, [u8]>)]) -> String {
    let texts = parts.iter().flat_map(|(head, content)| [head.as_slice(), &**content]);
    let taken: BTreeSet<&[u8]> = texts.flat_map(numbers_after_prefix).collect();
    let mut numbers = (0_u64..).map(|number| format!("{number:016x}"));
    let free = numbers.find(|number| !taken.contains(number.as_bytes()));
    format!("{BOUNDARY_PREFIX}{}", free.unwrap_or_default())
}

/// What follows the prefix of a boundary wherever it stands in a text.
fn numbers_after_prefix(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let (prefix, length) = (BOUNDARY_PREFIX.len(), BOUNDARY_PREFIX.len() + 16);
    text.windows(length).filter(move |w| w.starts_with(BOUNDARY_PREFIX.as_bytes())).map(move |w| &w[prefix..])
}

fn output_encoding(label: &str) -> &'static Encoding {
    Encoding::for_label(label.as_bytes()).unwrap_or(UTF_8).output_encoding()
}

/// From text to bytes in an encoding, as forms and the queries of a document's addresses want it: a character that the
/// encoding lacks becomes a numeric reference.
pub fn encoder(encoding: &str) -> impl for<'a> Fn(&'a str) -> Cow<'a, [u8]> + use<> {
    let encoding = output_encoding(encoding);
    move |text| encoding.encode(text).0
}

/// Every line break as CRLF.
#[must_use]
pub fn with_crlf(text: &str) -> String {
    if !text.contains(['\r', '\n']) {
        return text.to_owned();
    }
    text.replace("\r\n", "\n").replace('\r', "\n").replace('\n', "\r\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(list: &[(&str, &str)]) -> Vec<(String, String)> {
        list.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn urlencoded_both_ways() {
        let list = entries(&[("a b", "1&2"), ("您", "~*-._"), ("", "\n")]);
        assert_eq!(urlencode(&list), "a+b=1%262&%E6%82%A8=%7E*-._&=%0A");
        assert_eq!(urldecode(&urlencode(&list)), list);
        assert_eq!(urldecode("a&&b=%zz+%E6"), entries(&[("a", ""), ("b", "%zz \u{fffd}")]));
    }

    #[test]
    fn a_gbk_page_submits_gbk() {
        assert_eq!(urlencode_in(&entries(&[("q", "您好")]), "GBK"), "q=%C4%FA%BA%C3");
        assert_eq!(urlencode_in(&entries(&[("q", "a\nb")]), "UTF-8"), "q=a%0D%0Ab");
        assert_eq!(urlencode_in(&entries(&[("q", "\u{e4}")]), "big5"), "q=%26%23228%3B");
        assert_eq!(plain(&entries(&[("a", "1"), ("b", "x\ry")]), "utf-8"), b"a=1\r\nb=x\r\ny\r\n");
    }

    #[test]
    fn a_boundary_is_never_in_the_body() {
        let list = [("a\"\n".to_owned(), Value::Text("----duokeFormBoundary0000000000000000".to_owned()))];
        let (kind, body) = multipart(&list, "UTF-8");
        assert_eq!(kind, "multipart/form-data; boundary=----duokeFormBoundary0000000000000001");
        let text = String::from_utf8(body).unwrap();
        let expected = "------duokeFormBoundary0000000000000001\r\n\
             Content-Disposition: form-data; name=\"a%22%0D%0A\"\r\n\r\n\
             ----duokeFormBoundary0000000000000000\r\n\
             ------duokeFormBoundary0000000000000001--\r\n";
        assert_eq!(text, expected);
    }
}
