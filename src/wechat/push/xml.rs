//! The XML data format: elements with text in them, nothing else. A document type ends the reading before anything of it
//! is looked at, so there is nothing that an entity could expand to.

use quick_xml::{
    Reader,
    events::{BytesRef, Event},
};
use serde_json::{Map, Value};

use super::fields::{Count, Fields, NoPush, add};

/// An element that is open.
struct Open {
    name: String,
    text: String,
    fields: Map<String, Value>,
}

impl Open {
    fn new(name: &str) -> Self {
        Self { name: name.to_owned(), text: String::new(), fields: Map::new() }
    }

    /// What the element is worth: its fields, or its text. Blanks between fields are layout; other text between them has
    /// no meaning in WeChat's format.
    fn value(self) -> Result<Value, NoPush> {
        match (self.fields.is_empty(), self.text.trim().is_empty()) {
            (true, _) => Ok(Value::String(self.text)),
            (false, true) => Ok(Value::Object(self.fields)),
            (false, false) => Err(NoPush::Xml),
        }
    }
}

/// Reads a body of the XML data format: the fields of its one element.
///
/// # Errors
/// [`NoPush`].
pub fn parse_xml(body: &[u8]) -> Result<Fields, NoPush> {
    let text = std::str::from_utf8(body).map_err(|_| NoPush::Encoding)?;
    let mut reader = Reader::from_str(text.trim_start_matches('\u{feff}'));
    let (mut open, mut count, mut root): (Vec<Open>, _, Option<Value>) = (Vec::new(), Count::default(), None);
    loop {
        match reader.read_event().map_err(|_| NoPush::Xml)? {
            Event::Start(start) => {
                match open.len() {
                    0 if root.is_some() => return Err(NoPush::Xml),
                    0 => {}
                    depth => count.field(depth)?,
                }
                open.push(Open::new(start.name().as_ref()));
            }
            Event::End(_) => {
                let element = open.pop().ok_or(NoPush::Xml)?;
                let name = element.name.clone();
                let value = element.value()?;
                match open.last_mut() {
                    Some(parent) => add(&mut parent.fields, name, value),
                    None => root = Some(value),
                }
            }
            Event::Empty(element) => {
                count.field(open.len())?;
                let parent = open.last_mut().ok_or(NoPush::Xml)?;
                add(&mut parent.fields, element.name().as_ref().to_owned(), Value::from(""));
            }
            Event::Text(text) => write(&mut open, &text.xml10_content())?,
            Event::CData(text) => write(&mut open, &text.xml10_content())?,
            Event::GeneralRef(reference) => write(&mut open, predefined(&reference)?.encode_utf8(&mut [0; 4]))?,
            Event::DocType(_) => return Err(NoPush::Entity),
            Event::Decl(_) | Event::PI(_) | Event::Comment(_) => {}
            Event::Eof => break,
        }
    }
    match root {
        Some(Value::Object(fields)) if open.is_empty() => Ok(Fields(fields)),
        _ => Err(NoPush::Xml),
    }
}

/// Text belongs to an element; around the root only blanks may stand.
fn write(open: &mut [Open], text: &str) -> Result<(), NoPush> {
    match open.last_mut() {
        Some(element) => element.text.push_str(text),
        None if text.trim().is_empty() => {}
        None => return Err(NoPush::Xml),
    }
    Ok(())
}

/// The character of a numeric reference or of one of XML's own five entities (XML 1.0 §4.6).
fn predefined(reference: &BytesRef<'_>) -> Result<char, NoPush> {
    if let Some(character) = reference.resolve_char_ref().map_err(|_| NoPush::Xml)? {
        return Ok(character);
    }
    match &**reference {
        "amp" => Ok('&'),
        "lt" => Ok('<'),
        "gt" => Ok('>'),
        "quot" => Ok('"'),
        "apos" => Ok('\''),
        _ => Err(NoPush::Entity),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::base::limits::{PUSH_DEPTH_MAX, PUSH_FIELDS_MAX};

    #[track_caller]
    fn check(body: &str, expected: &Value) {
        let fields = parse_xml(body.as_bytes()).unwrap_or_else(|error| panic!("{error}: {body}"));
        assert_eq!(Value::Object(fields.0), *expected, "{body}");
    }

    #[test]
    fn fields_are_texts() {
        check("<xml><A><![CDATA[ 你好 <b>&amp; ]]></A><B>1</B></xml>", &json!({"A": " 你好 <b>&amp; ", "B": "1"}));
        check("\u{feff}<?xml version='1.0'?>\n<xml>\n <A>a &lt;&#x4f60;&amp;b</A>\n</xml>\n", &json!({"A": "a <你&b"}));
        check("<xml><A/><B></B><C>a<![CDATA[b]]>c</C></xml>", &json!({"A": "", "B": "", "C": "abc"}));
        check("<xml><A><B>1</B>\n<C>2</C></A></xml>", &json!({"A": {"B": "1", "C": "2"}}));
        check("<xml><L><i>1</i><i>2</i><i>3</i></L></xml>", &json!({"L": {"i": ["1", "2", "3"]}}));
        check("<xml a='1'><A b=\"&x;\">1</A><!-- c --></xml>", &json!({"A": "1"}));
    }

    #[test]
    fn what_is_no_xml_is_refused() {
        let wrong = ["", "x", "<xml>", "<xml></xml>", "<xml><A></B></xml>", "<xml><A>1</A></xml><xml/>", "{\"A\":1}"];
        for body in wrong.into_iter().chain(["<xml>x<A>1</A></xml>", "<xml><A>1</A></xml>x", "<xml><A>&#0;</A></xml>"])
        {
            assert_eq!(parse_xml(body.as_bytes()), Err(NoPush::Xml), "{body}");
        }
        assert_eq!(parse_xml(b"<xml><A>\xff</A></xml>"), Err(NoPush::Encoding));
    }

    #[test]
    fn entities_are_refused() {
        let bomb = "<!DOCTYPE x [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;\">]><xml><A>&b;</A></xml>";
        let file = "<!DOCTYPE x [<!ENTITY a SYSTEM \"file:///etc/passwd\">]><xml><A>&a;</A></xml>";
        for body in [bomb, file, "<!DOCTYPE xml><xml><A>1</A></xml>", "<xml><A>&nbsp;</A></xml>"] {
            assert_eq!(parse_xml(body.as_bytes()), Err(NoPush::Entity), "{body}");
        }
    }

    #[test]
    fn bounds() {
        let nested = |depth: usize| format!("<xml>{}1{}</xml>", "<a>".repeat(depth), "</a>".repeat(depth));
        assert!(parse_xml(nested(PUSH_DEPTH_MAX).as_bytes()).is_ok());
        assert_eq!(parse_xml(nested(PUSH_DEPTH_MAX + 1).as_bytes()), Err(NoPush::TooDeep));
        let wide = |count: usize| format!("<xml>{}</xml>", "<a>1</a>".repeat(count));
        assert!(parse_xml(wide(PUSH_FIELDS_MAX).as_bytes()).is_ok());
        assert_eq!(parse_xml(wide(PUSH_FIELDS_MAX + 1).as_bytes()), Err(NoPush::TooMany));
    }
}
