//! Parsing XML ([XML 1.0](https://www.w3.org/TR/xml/), [Namespaces](https://www.w3.org/TR/xml-names/)): what pages
//! fetch as `responseXML` or give to `DOMParser`. A document type is read over: no page fetches data with its own
//! entities, and nobody validates.

use html5ever::{LocalName, Namespace, Prefix, QualName, ns};
use thiserror::Error;

use super::attributes::Attribute;
use super::document::DocumentData;
use super::node::{Doctype, Node, NodeRef};
use super::{names, tree};

/// Why a text is no XML, and where.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("error on line {line} at column {column}: {message}")]
pub struct XmlError {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    message: String,
}

/// The prefixes that elements declare, innermost last: prefix, namespace; the empty prefix is the default.
type Scope = Vec<(String, Namespace)>;

/// An element that is open: its name as written, and how many prefixes were known outside it.
struct Open {
    element: NodeRef,
    name: String,
    outer: usize,
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    document: NodeRef,
    open: Vec<Open>,
    scope: Scope,
}

/// Parses a whole document.
///
/// # Errors
/// Where the text is not well-formed.
pub fn parse(text: &str, content_type: &'static str) -> Result<NodeRef, XmlError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text).replace("\r\n", "\n").replace('\r', "\n");
    let document = Node::document(DocumentData::new(content_type));
    let scope = vec![(String::new(), ns!()), ("xml".to_owned(), ns!(xml)), ("xmlns".to_owned(), ns!(xmlns))];
    let mut parser = Parser { text: &text, at: 0, document: document.clone(), open: Vec::new(), scope };
    match parser.document() {
        Ok(()) => Ok(document),
        Err(message) => Err(parser.error(message)),
    }
}

/// What `DOMParser` gives for a text that is no XML: a document that says so (HTML §8.5.1).
#[must_use]
pub fn error_document(error: &XmlError, content_type: &'static str) -> NodeRef {
    let document = Node::document(DocumentData::new(content_type));
    let namespace = Namespace::from("http://www.mozilla.org/newlayout/xml/parsererror.xml");
    let root = Node::element(&document, QualName::new(None, namespace, LocalName::from("parsererror")), Vec::new());
    tree::append(&document, &root);
    tree::append(&root, &Node::text(&document, error.to_string()));
    document
}

fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n')
}

/// XML 1.0 §2.2, Char.
fn is_allowed(c: char) -> bool {
    c >= ' ' && !matches!(c, '\u{fffe}' | '\u{ffff}') || is_space(c)
}

impl<'a> Parser<'a> {
    fn error(&self, message: String) -> XmlError {
        let before = &self.text[..self.at];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let (line, column) = (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1);
        XmlError { line, column, message }
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn take(&mut self, expected: &str) -> bool {
        let found = self.rest().starts_with(expected);
        if found {
            self.at += expected.len();
        }
        found
    }

    fn expect(&mut self, expected: &str) -> Result<(), String> {
        if self.take(expected) { Ok(()) } else { Err(format!("expected '{expected}'")) }
    }

    /// What is before `end`, which is read too.
    fn until(&mut self, end: &str, what: &str) -> Result<&'a str, String> {
        let rest = self.rest();
        let length = rest.find(end).ok_or_else(|| format!("{what} is not finished"))?;
        self.at += length + end.len();
        Ok(&rest[..length])
    }

    fn spaces(&mut self) -> bool {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start_matches(is_space).len();
        self.rest().len() < rest.len()
    }

    fn name(&mut self) -> Result<&'a str, String> {
        let rest = self.rest();
        let end = rest.find(|c| !names::is_part(c)).unwrap_or(rest.len());
        if !rest.starts_with(names::is_start) {
            return Err("a name is missing".to_owned());
        }
        self.at += end;
        Ok(&rest[..end])
    }

    fn document(&mut self) -> Result<(), String> {
        if self.take("<?xml") && !self.rest().starts_with(names::is_part) {
            self.until("?>", "the XML declaration")?;
        } else {
            self.at = 0;
        }
        while !self.rest().is_empty() {
            self.next()?;
        }
        match self.open.last() {
            Some(open) => Err(format!("the element '{}' is not closed", open.name)),
            None if tree::document_element(&self.document).is_none() => Err("the document is empty".to_owned()),
            None => Ok(()),
        }
    }

    fn parent(&self) -> NodeRef {
        self.open.last().map_or_else(|| self.document.clone(), |open| open.element.clone())
    }

    fn add(&self, node: &NodeRef) {
        tree::append(&self.parent(), node);
    }

    fn next(&mut self) -> Result<(), String> {
        if self.take("<!--") {
            let text = self.until("--", "a comment")?;
            self.expect(">")?;
            self.add(&Node::comment(&self.document, text.to_owned()));
        } else if self.take("<![CDATA[") {
            let text = self.until("]]>", "a CDATA section")?;
            if self.open.is_empty() {
                return Err("a CDATA section outside the root element".to_owned());
            }
            self.add(&Node::cdata(&self.document, text.to_owned()));
        } else if self.take("<!DOCTYPE") {
            self.doctype()?;
        } else if self.take("<?") {
            self.processing_instruction()?;
        } else if self.take("</") {
            self.end_tag()?;
        } else if self.take("<") {
            self.start_tag()?;
        } else {
            self.character_data()?;
        }
        Ok(())
    }

    fn processing_instruction(&mut self) -> Result<(), String> {
        let target = self.name()?;
        if target.eq_ignore_ascii_case("xml") {
            return Err("the XML declaration is allowed only at the start of the document".to_owned());
        }
        let data = self.until("?>", "a processing instruction")?;
        if data.starts_with(|c| !is_space(c)) {
            return Err("a space is missing in a processing instruction".to_owned());
        }
        let data = data.trim_start_matches(is_space).to_owned();
        self.add(&Node::processing_instruction(&self.document, target, data));
        Ok(())
    }

    fn doctype(&mut self) -> Result<(), String> {
        let has_root = tree::document_element(&self.document).is_some();
        if has_root || !self.spaces() {
            return Err("a document type is not expected here".to_owned());
        }
        let name = self.name()?.to_owned();
        let mut ids = [String::new(), String::new()];
        self.spaces();
        let wanted = if self.take("PUBLIC") {
            0..2
        } else if self.take("SYSTEM") {
            1..2
        } else {
            0..0
        };
        for id in &mut ids[wanted] {
            self.spaces();
            self.quoted()?.clone_into(id);
        }
        self.spaces();
        if self.take("[") {
            self.until("]", "the document type")?;
            self.spaces();
        }
        self.expect(">")?;
        let [public_id, system_id] = ids;
        self.add(&Node::doctype(&self.document, Doctype { name, public_id, system_id }));
        Ok(())
    }

    fn quoted(&mut self) -> Result<&'a str, String> {
        match self.rest().chars().next() {
            Some('"') => self.at += 1,
            Some('\'') => {
                self.at += 1;
                return self.until("'", "a value");
            }
            _ => return Err("a value must stand in quotes".to_owned()),
        }
        self.until("\"", "a value")
    }

    fn character_data(&mut self) -> Result<(), String> {
        let rest = self.rest();
        let raw = &rest[..rest.find('<').unwrap_or(rest.len())];
        if self.open.is_empty() {
            if raw.trim_matches(is_space).is_empty() {
                self.at += raw.len();
                return Ok(());
            }
            self.spaces();
            let is_after = tree::document_element(&self.document).is_some();
            return Err(if is_after { "extra content at the end of the document" } else { "'<' is missing" }.to_owned());
        }
        if let Some(at) = raw.find("]]>") {
            self.at += at;
            return Err("']]>' is not allowed in text".to_owned());
        }
        let text = self.resolved(raw, |c| c)?;
        self.add(&Node::text(&self.document, text));
        Ok(())
    }

    /// A piece of the text with its references replaced, read up to its end.
    fn resolved(&mut self, raw: &'a str, normal: impl Fn(char) -> char) -> Result<String, String> {
        let end = self.at + raw.len();
        let mut out = String::with_capacity(raw.len());
        while self.at < end {
            let Some(c) = self.rest().chars().next() else { break };
            if !is_allowed(c) {
                return Err(format!("the character U+{:04X} is not allowed", u32::from(c)));
            }
            if c != '&' {
                self.at += c.len_utf8();
                out.push(normal(c));
                continue;
            }
            let reference = self.rest()[1..end - self.at].split_once(';').map(|(reference, _)| reference);
            let reference = reference.ok_or("a reference lacks its ';'")?;
            out.push(character(reference).ok_or_else(|| format!("the entity '{reference}' is not defined"))?);
            self.at += reference.len() + 2;
        }
        Ok(out)
    }

    fn start_tag(&mut self) -> Result<(), String> {
        if self.open.is_empty() && tree::document_element(&self.document).is_some() {
            return Err("extra content at the end of the document".to_owned());
        }
        let name = self.name()?;
        let (outer, mut written): (usize, Vec<(&str, String)>) = (self.scope.len(), Vec::new());
        let is_empty = loop {
            let spaced = self.spaces();
            if self.take("/>") {
                break true;
            }
            if self.take(">") {
                break false;
            }
            if !spaced {
                return Err(format!("the start tag of '{name}' is not finished"));
            }
            let attribute = self.attribute()?;
            if written.iter().any(|(name, _)| *name == attribute.0) {
                return Err(format!("the attribute '{}' stands there twice", attribute.0));
            }
            written.push(attribute);
        };
        for (name, value) in &written {
            let prefix = if *name == "xmlns" { Some("") } else { name.strip_prefix("xmlns:") };
            if let Some(prefix) = prefix {
                self.scope.push((prefix.to_owned(), Namespace::from(value.as_str())));
            }
        }
        let mut attributes = Vec::with_capacity(written.len());
        for (name, value) in written {
            attributes.push(Attribute::new(self.qualified(name, true)?, value));
        }
        let element = Node::element(&self.document, self.qualified(name, false)?, attributes);
        self.add(&element);
        if is_empty {
            self.scope.truncate(outer);
        } else {
            self.open.push(Open { element, name: name.to_owned(), outer });
        }
        Ok(())
    }

    fn attribute(&mut self) -> Result<(&'a str, String), String> {
        let name = self.name()?;
        self.spaces();
        if !self.take("=") {
            return Err(format!("the attribute '{name}' has no value"));
        }
        self.spaces();
        let start = self.at + 1;
        let raw = self.quoted()?;
        let end = self.at;
        self.at = start;
        if raw.contains('<') {
            return Err(format!("'<' is not allowed in the value of '{name}'"));
        }
        let value = self.resolved(raw, |c| if is_space(c) { ' ' } else { c })?;
        self.at = end;
        Ok((name, value))
    }

    fn qualified(&self, name: &str, is_attribute: bool) -> Result<QualName, String> {
        let (prefix, local) = name.split_once(':').map_or(("", name), |(prefix, local)| (prefix, local));
        if name == "xmlns" {
            return Ok(QualName::new(None, ns!(xmlns), LocalName::from("xmlns")));
        }
        if is_attribute && prefix.is_empty() {
            return Ok(QualName::new(None, ns!(), LocalName::from(local)));
        }
        let bound = self.scope.iter().rev().find(|(known, _)| known == prefix);
        let (_, namespace) = bound.ok_or_else(|| format!("the prefix '{prefix}' of '{name}' is not defined"))?;
        let prefix = (!prefix.is_empty()).then(|| Prefix::from(prefix));
        Ok(QualName::new(prefix, namespace.clone(), LocalName::from(local)))
    }

    fn end_tag(&mut self) -> Result<(), String> {
        let start = self.at;
        let name = self.name()?;
        self.spaces();
        match self.open.pop() {
            Some(open) if open.name == name => {
                self.expect(">")?;
                self.scope.truncate(open.outer);
                Ok(())
            }
            open => {
                self.at = start;
                let open = open.map_or("nothing".to_owned(), |open| format!("'{}'", open.name));
                Err(format!("opening and ending tag mismatch: {open} is open, '{name}' ends"))
            }
        }
    }
}

/// The character that `&…;` stands for.
fn character(reference: &str) -> Option<char> {
    match reference {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => {
            let number = reference.strip_prefix('#')?;
            let code = match number.strip_prefix('x') {
                Some(hex) => u32::from_str_radix(hex, 16),
                None => number.parse(),
            };
            char::from_u32(code.ok()?).filter(|c| is_allowed(*c))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dom::serialize::outer_html;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let found = match parse(text, "application/xml") {
            Ok(document) => outer_html(&document),
            Err(error) => error.to_string(),
        };
        assert_eq!(found, expected);
    }

    #[test]
    fn documents() {
        check("\u{feff}<?xml version='1.0'?>\r\n<a/>\n", "<a/>");
        check("<A b='1' C = \"2\"><B>x</B>\n<c></c ></A>", "<A b=\"1\" C=\"2\"><B>x</B>\n<c/></A>");
        check("<a>&lt;&amp;&#65;&#x4e2d;<![CDATA[<b>]]></a>", "<a>&lt;&amp;A中<![CDATA[<b>]]></a>");
        check("<a b='&quot;&apos;\n\t<'/>", "error on line 1 at column 7: '<' is not allowed in the value of 'b'");
        check("<a b='&quot;&apos;\n1'/>", "<a b=\"&quot;' 1\"/>");
        check("<!-- c --><?x y z?><a><?p?><!----></a>", "<!-- c --><?x y z?><a><?p ?><!----></a>");
        check("<!DOCTYPE a SYSTEM 'x' [<!ELEMENT a ANY>]><a/>", "<!DOCTYPE a SYSTEM \"x\"><a/>");
        check("<名 属='值'>文</名>", "<名 属=\"值\">文</名>");
    }

    #[test]
    fn namespaces() {
        let feed = "<f xmlns=\"u:f\" xmlns:x=\"u:x\"><x:i x:a=\"1\" b=\"2\"/><g xmlns=\"\"/></f>";
        check(feed, feed);
        let document = parse(feed, "text/xml").unwrap();
        let item = tree::descendants(&document).nth(1).unwrap();
        let name = &item.as_element().unwrap().name;
        assert_eq!((&*name.ns, &*name.local, name.prefix.as_deref()), ("u:x", "i", Some("x")));
        check("<x:a/>", "error on line 1 at column 7: the prefix 'x' of 'x:a' is not defined");
        check("<a xml:lang='zh'/>", "<a xml:lang=\"zh\"/>");
    }

    #[test]
    fn what_is_not_well_formed() {
        check("", "error on line 1 at column 1: the document is empty");
        check("text", "error on line 1 at column 1: '<' is missing");
        check("<a>\n<b></a>", "error on line 2 at column 6: opening and ending tag mismatch: 'b' is open, 'a' ends");
        check("<a>", "error on line 1 at column 4: the element 'a' is not closed");
        check("<a/><b/>", "error on line 1 at column 6: extra content at the end of the document");
        check("<a/>x", "error on line 1 at column 5: extra content at the end of the document");
        check("<a>&nbsp;</a>", "error on line 1 at column 4: the entity 'nbsp' is not defined");
        check("<a>& b</a>", "error on line 1 at column 4: a reference lacks its ';'");
        check("<a b=c/>", "error on line 1 at column 6: a value must stand in quotes");
        check("<a b/>", "error on line 1 at column 5: the attribute 'b' has no value");
        check("<a b='1' b='2'/>", "error on line 1 at column 15: the attribute 'b' stands there twice");
        check("<a b='1'c='2'/>", "error on line 1 at column 9: the start tag of 'a' is not finished");
        check("<a>\u{1}</a>", "error on line 1 at column 4: the character U+0001 is not allowed");
        check("<a><!-- -- --></a>", "error on line 1 at column 11: expected '>'");
        check(
            " <?xml version='1.0'?><a/>",
            "error on line 1 at column 7: the XML declaration is allowed only at the start of the document",
        );
        check("<a>]]></a>", "error on line 1 at column 4: ']]>' is not allowed in text");
        check("<a></b>", "error on line 1 at column 6: opening and ending tag mismatch: 'a' is open, 'b' ends");
        check("<1/>", "error on line 1 at column 2: a name is missing");
    }

    #[test]
    fn an_error_is_a_document() {
        let Err(error) = parse("<a>", "text/xml") else { panic!("it is not closed") };
        let document = error_document(&error, "text/xml");
        let shown = outer_html(&document);
        assert!(shown.starts_with("<parsererror xmlns=\"http://www.mozilla.org/newlayout"), "{shown}");
    }
}
