//! The reader: from text to a tree, step by step, so that what reads a page can stop where a script ends.

use html5ever::{LocalName, Namespace, Prefix, QualName, ns};

use super::entities;
use crate::base::interrupt;
use crate::dom::attributes::Attribute;
use crate::dom::node::{Doctype, Node, NodeRef, get};
use crate::dom::parse::MetElement;
use crate::dom::{custom, names, tree};

/// The prefixes that elements declare, innermost last: prefix, namespace; the empty prefix is the default.
pub(super) type Scope = Vec<(String, Namespace)>;

/// An element that is open: its name as written, how many prefixes were known outside it, and where its content starts.
pub(super) struct Open {
    element: NodeRef,
    name: String,
    outer: usize,
    content: usize,
}

/// What a text is read for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// A document that only holds data.
    Data,
    /// The content of an element (`innerHTML`).
    Content,
    /// A page, whose scripts run.
    Page,
}

/// What the reader met that a page has to wait for.
pub(super) enum Stop {
    /// The end of a script, whose text starts at this byte.
    Script(NodeRef, usize),
    /// Elements that are to be constructed.
    Elements(Vec<MetElement>),
    /// The end.
    End,
    /// The turn is cut short.
    Cut,
}

/// Where reading stands, between steps.
pub(super) struct State {
    /// In bytes.
    pub(super) at: usize,
    document: NodeRef,
    /// Where the top of the tree goes.
    top: NodeRef,
    open: Vec<Open>,
    scope: Scope,
    purpose: Purpose,
    /// Whether the document type brings the entities of HTML.
    has_entities: bool,
    /// Elements that a definition was found for.
    met: Vec<MetElement>,
    /// A script that has just ended.
    script: Option<(NodeRef, usize)>,
}

/// The prefixes that need no declaration.
pub(super) fn known_prefixes() -> Scope {
    vec![(String::new(), ns!()), ("xml".to_owned(), ns!(xml)), ("xmlns".to_owned(), ns!(xmlns))]
}

impl State {
    /// At the beginning of a text whose tree goes to `top`, a document or a fragment of one.
    pub(super) fn new(top: &NodeRef, scope: Scope, purpose: Purpose) -> Self {
        Self {
            at: 0,
            document: tree::document_of(top).unwrap_or_else(|| top.clone()),
            top: top.clone(),
            open: Vec::new(),
            scope,
            purpose,
            has_entities: false,
            met: Vec::new(),
            script: None,
        }
    }

    /// Reads on to the next thing that has to be waited for, or to the end.
    pub(super) fn read(&mut self, text: &str) -> Result<Stop, String> {
        let mut reader = Reader { text, state: self };
        if reader.state.at == 0 && reader.state.purpose != Purpose::Content {
            reader.declaration()?;
        }
        while !reader.rest().is_empty() {
            if interrupt::is_raised() {
                return Ok(Stop::Cut);
            }
            reader.next()?;
            if let Some((script, content)) = reader.state.script.take() {
                return Ok(Stop::Script(script, content));
            }
            if !reader.state.met.is_empty() {
                return Ok(Stop::Elements(std::mem::take(&mut reader.state.met)));
            }
        }
        match reader.state.open.last() {
            Some(open) => Err(format!("the element '{}' is not closed", open.name)),
            None if reader.state.is_before_root() => Err("the document is empty".to_owned()),
            None => Ok(Stop::End),
        }
    }

    /// Whether a document's root is still to come.
    fn is_before_root(&self) -> bool {
        self.purpose != Purpose::Content && tree::document_element(&self.top).is_none()
    }

    /// Whether a document's root element is behind.
    fn is_behind_root(&self) -> bool {
        self.purpose != Purpose::Content && self.open.is_empty() && tree::document_element(&self.top).is_some()
    }

    /// Whether what comes is outside a document's root.
    fn is_outside(&self) -> bool {
        self.open.is_empty() && self.purpose != Purpose::Content
    }

    /// Where the next node goes: into the contents of a template, not into itself (HTML §14.2).
    fn parent(&self) -> NodeRef {
        let Some(open) = self.open.last() else { return self.top.clone() };
        let contents = open.element.as_element().and_then(|element| get(&element.template));
        contents.unwrap_or_else(|| open.element.clone())
    }
}

struct Reader<'a, 's> {
    text: &'a str,
    state: &'s mut State,
}

fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n')
}

/// XML 1.0 §2.2, Char.
fn is_allowed(c: char) -> bool {
    c >= ' ' && !matches!(c, '\u{fffe}' | '\u{ffff}') || is_space(c)
}

impl<'a> Reader<'a, '_> {
    fn rest(&self) -> &'a str {
        &self.text[self.state.at..]
    }

    fn take(&mut self, expected: &str) -> bool {
        let found = self.rest().starts_with(expected);
        if found {
            self.state.at += expected.len();
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
        self.state.at += length + end.len();
        Ok(&rest[..length])
    }

    fn spaces(&mut self) -> bool {
        let rest = self.rest();
        self.state.at += rest.len() - rest.trim_start_matches(is_space).len();
        self.rest().len() < rest.len()
    }

    fn name(&mut self) -> Result<&'a str, String> {
        let rest = self.rest();
        let end = rest.find(|c| !names::is_part(c)).unwrap_or(rest.len());
        if !rest.starts_with(names::is_start) {
            return Err("a name is missing".to_owned());
        }
        self.state.at += end;
        Ok(&rest[..end])
    }

    fn declaration(&mut self) -> Result<(), String> {
        if self.take("<?xml") && !self.rest().starts_with(names::is_part) {
            self.until("?>", "the XML declaration")?;
        } else {
            self.state.at = 0;
        }
        Ok(())
    }

    fn add(&self, node: &NodeRef) {
        tree::append(&self.state.parent(), node);
    }

    fn next(&mut self) -> Result<(), String> {
        if self.take("<!--") {
            let text = self.until("--", "a comment")?;
            self.expect(">")?;
            self.add(&Node::comment(&self.state.document, text.to_owned()));
        } else if self.take("<![CDATA[") {
            let text = self.until("]]>", "a CDATA section")?;
            if self.state.is_outside() {
                return Err("a CDATA section outside the root element".to_owned());
            }
            self.add(&Node::cdata(&self.state.document, text.to_owned()));
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
        self.add(&Node::processing_instruction(&self.state.document, target, data));
        Ok(())
    }

    fn doctype(&mut self) -> Result<(), String> {
        let is_out_of_place = !self.state.is_outside() || self.state.is_behind_root();
        if is_out_of_place || !self.spaces() {
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
        self.state.has_entities = entities::has_entities(&public_id);
        self.add(&Node::doctype(&self.state.document, Doctype { name, public_id, system_id }));
        Ok(())
    }

    fn quoted(&mut self) -> Result<&'a str, String> {
        match self.rest().chars().next() {
            Some('"') => self.state.at += 1,
            Some('\'') => {
                self.state.at += 1;
                return self.until("'", "a value");
            }
            _ => return Err("a value must stand in quotes".to_owned()),
        }
        self.until("\"", "a value")
    }

    fn character_data(&mut self) -> Result<(), String> {
        let rest = self.rest();
        let raw = &rest[..rest.find('<').unwrap_or(rest.len())];
        if self.state.is_outside() {
            if raw.trim_matches(is_space).is_empty() {
                self.state.at += raw.len();
                return Ok(());
            }
            self.spaces();
            return Err(if self.state.is_behind_root() {
                "extra content at the end of the document"
            } else {
                "'<' is missing"
            }
            .to_owned());
        }
        if let Some(at) = raw.find("]]>") {
            self.state.at += at;
            return Err("']]>' is not allowed in text".to_owned());
        }
        let text = self.resolved(raw, |c| c)?;
        self.add(&Node::text(&self.state.document, text));
        Ok(())
    }

    /// A piece of the text with its references replaced, read up to its end.
    fn resolved(&mut self, raw: &'a str, normal: impl Fn(char) -> char) -> Result<String, String> {
        let end = self.state.at + raw.len();
        let mut out = String::with_capacity(raw.len());
        while self.state.at < end {
            let Some(c) = self.rest().chars().next() else { break };
            if !is_allowed(c) {
                return Err(format!("the character U+{:04X} is not allowed", u32::from(c)));
            }
            if c != '&' {
                self.state.at += c.len_utf8();
                out.push(normal(c));
                continue;
            }
            let reference = self.rest()[1..end - self.state.at].split_once(';').map(|(reference, _)| reference);
            let reference = reference.ok_or("a reference lacks its ';'")?;
            match entities::character(reference, is_allowed) {
                Some(character) => out.push(character),
                None if self.state.has_entities && entities::push_named(reference, &mut out) => {}
                None => return Err(format!("the entity '{reference}' is not defined")),
            }
            self.state.at += reference.len() + 2;
        }
        Ok(out)
    }

    fn start_tag(&mut self) -> Result<(), String> {
        if self.state.is_behind_root() {
            return Err("extra content at the end of the document".to_owned());
        }
        let name = self.name()?;
        let (outer, mut written): (usize, Vec<(&str, String)>) = (self.state.scope.len(), Vec::new());
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
                self.state.scope.push((prefix.to_owned(), Namespace::from(value.as_str())));
            }
        }
        let mut attributes = Vec::with_capacity(written.len());
        for (name, value) in written {
            attributes.push(Attribute::new(self.qualified(name, true)?, value));
        }
        let element = Node::element(&self.state.document, self.qualified(name, false)?, attributes);
        self.begin(&element);
        if is_empty {
            self.state.scope.truncate(outer);
            self.end(element, self.state.at);
        } else {
            let content = self.state.at;
            self.state.open.push(Open { element, name: name.to_owned(), outer, content });
        }
        Ok(())
    }

    /// The start tag of an element was read.
    fn begin(&mut self, element: &NodeRef) {
        if is_script(element) {
            element.set_parser_inserted(self.state.purpose == Purpose::Page);
            element.set_script_started(self.state.purpose == Purpose::Content);
        }
        self.add(element);
        self.state.met.extend(custom::note_parsed(element, &self.state.document, self.state.purpose != Purpose::Page));
    }

    /// An element was read to its end.
    fn end(&mut self, element: NodeRef, content: usize) {
        if self.state.purpose == Purpose::Page && is_script(&element) {
            self.state.script = Some((element, content));
        }
    }

    fn attribute(&mut self) -> Result<(&'a str, String), String> {
        let name = self.name()?;
        self.spaces();
        if !self.take("=") {
            return Err(format!("the attribute '{name}' has no value"));
        }
        self.spaces();
        let start = self.state.at + 1;
        let raw = self.quoted()?;
        let end = self.state.at;
        self.state.at = start;
        if raw.contains('<') {
            return Err(format!("'<' is not allowed in the value of '{name}'"));
        }
        let value = self.resolved(raw, |c| if is_space(c) { ' ' } else { c })?;
        self.state.at = end;
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
        let bound = self.state.scope.iter().rev().find(|(known, _)| known == prefix);
        let (_, namespace) = bound.ok_or_else(|| format!("the prefix '{prefix}' of '{name}' is not defined"))?;
        let prefix = (!prefix.is_empty()).then(|| Prefix::from(prefix));
        Ok(QualName::new(prefix, namespace.clone(), LocalName::from(local)))
    }

    fn end_tag(&mut self) -> Result<(), String> {
        let start = self.state.at;
        let name = self.name()?;
        self.spaces();
        match self.state.open.pop() {
            Some(open) if open.name == name => {
                self.expect(">")?;
                self.state.scope.truncate(open.outer);
                self.end(open.element, open.content);
                Ok(())
            }
            open => {
                self.state.at = start;
                let open = open.map_or("nothing".to_owned(), |open| format!("'{}'", open.name));
                Err(format!("opening and ending tag mismatch: {open} is open, '{name}' ends"))
            }
        }
    }
}

/// Whether an element is a script, of HTML or of SVG.
fn is_script(element: &NodeRef) -> bool {
    element
        .as_element()
        .is_some_and(|data| &*data.name.local == "script" && matches!(data.name.ns, ns!(html) | ns!(svg)))
}
