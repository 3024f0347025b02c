//! html5ever's sink, and the two ways to parse: a document that pauses at scripts, and a fragment.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::LazyLock;

use html5ever::interface::{ElementFlags, NodeOrText, QuirksMode, TreeSink};
use html5ever::tendril::StrTendril;
use html5ever::tokenizer::{BufferQueue, Tokenizer, TokenizerOpts};
use html5ever::tree_builder::{TreeBuilder, TreeBuilderOpts};
use html5ever::{QualName, TokenizerResult, local_name, ns};

use super::attributes::Attribute;
use super::custom::{self, Definition};
use super::node::{Doctype, Node, NodeKind, NodeRef, get, same};
use super::tree;
use super::xml::{PageReader, XmlError};
use crate::base::interrupt;

/// Builds our nodes for html5ever.
struct Sink {
    /// Where the top of the parsed tree goes.
    root: NodeRef,
    /// The document that new nodes belong to.
    owner: NodeRef,
    /// Fragments: scripts are marked as already started.
    fragment: bool,
    /// Elements that a definition was found for, since they were last taken.
    met: RefCell<Vec<MetElement>>,
    /// Line the tokenizer is at, from 1.
    line: Cell<u64>,
    quirks: Cell<QuirksMode>,
}

impl Sink {
    fn new(root: NodeRef, owner: NodeRef, fragment: bool) -> Self {
        let met = RefCell::default();
        Self { root, owner, fragment, met, line: Cell::new(1), quirks: Cell::new(QuirksMode::NoQuirks) }
    }

    fn insert(&self, parent: &NodeRef, child: NodeOrText<NodeRef>, before: Option<&NodeRef>) {
        match child {
            NodeOrText::AppendNode(node) => tree::insert(parent, &node, before),
            NodeOrText::AppendText(text) => {
                let previous = match before {
                    Some(node) => node.previous_sibling(),
                    None => parent.last_child(),
                };
                if let Some(previous) = previous.filter(|p| matches!(p.kind(), NodeKind::Text(_))) {
                    return super::text::append(&previous, &text);
                }
                tree::insert(parent, &Node::text(&self.owner, text.to_string()), before);
            }
        }
    }
}

fn attributes(list: Vec<html5ever::Attribute>) -> Vec<Attribute> {
    list.into_iter().map(|a| Attribute::new(a.name, a.value.to_string())).collect()
}

/// What is no element has no name.
static NO_NAME: LazyLock<QualName> = LazyLock::new(|| QualName::new(None, ns!(), local_name!("")));

impl TreeSink for Sink {
    type Handle = NodeRef;
    type Output = ();
    type ElemName<'a> = html5ever::ExpandedName<'a>;

    fn finish(self) {}

    fn parse_error(&self, _message: Cow<'static, str>) {}

    fn get_document(&self) -> NodeRef {
        self.root.clone()
    }

    fn elem_name<'a>(&'a self, target: &'a NodeRef) -> html5ever::ExpandedName<'a> {
        match target.as_element() {
            Some(element) => element.name.expanded(),
            None => NO_NAME.expanded(),
        }
    }

    fn create_element(&self, name: QualName, list: Vec<html5ever::Attribute>, _flags: ElementFlags) -> NodeRef {
        let is_script = name.local == local_name!("script");
        let node = Node::element(&self.owner, name, attributes(list));
        if is_script {
            node.set_parser_inserted(!self.fragment);
            node.set_script_started(self.fragment);
        }
        self.met.borrow_mut().extend(custom::note_parsed(&node, &self.owner, self.fragment));
        node
    }

    fn create_comment(&self, text: StrTendril) -> NodeRef {
        Node::comment(&self.owner, text.to_string())
    }

    fn create_pi(&self, target: StrTendril, data: StrTendril) -> NodeRef {
        Node::processing_instruction(&self.owner, &target, data.to_string())
    }

    fn append(&self, parent: &NodeRef, child: NodeOrText<NodeRef>) {
        self.insert(parent, child, None);
    }

    fn append_based_on_parent_node(&self, element: &NodeRef, previous: &NodeRef, child: NodeOrText<NodeRef>) {
        match element.parent() {
            Some(parent) => self.insert(&parent, child, Some(element)),
            None => self.insert(previous, child, None),
        }
    }

    fn append_doctype_to_document(&self, name: StrTendril, public_id: StrTendril, system_id: StrTendril) {
        let doctype =
            Doctype { name: name.to_string(), public_id: public_id.to_string(), system_id: system_id.to_string() };
        tree::append(&self.root, &Node::doctype(&self.owner, doctype));
    }

    fn mark_script_already_started(&self, node: &NodeRef) {
        node.set_script_started(true);
    }

    fn get_template_contents(&self, target: &NodeRef) -> NodeRef {
        target.as_element().and_then(|e| get(&e.template)).unwrap_or_else(|| target.clone())
    }

    fn same_node(&self, x: &NodeRef, y: &NodeRef) -> bool {
        same(x, y)
    }

    fn set_quirks_mode(&self, mode: QuirksMode) {
        self.quirks.set(mode);
        if let Some(document) = self.root.as_document() {
            document.quirks.set(mode);
        }
    }

    fn append_before_sibling(&self, sibling: &NodeRef, child: NodeOrText<NodeRef>) {
        if let Some(parent) = sibling.parent() {
            self.insert(&parent, child, Some(sibling));
        }
    }

    fn add_attrs_if_missing(&self, target: &NodeRef, list: Vec<html5ever::Attribute>) {
        for attribute in list {
            let there = target
                .as_element()
                .is_some_and(|e| e.with_attr_ns(&attribute.name.ns, &attribute.name.local, |a| a.is_some()));
            if !there {
                super::attributes::set_named(target, attribute.name, attribute.value.to_string());
            }
        }
    }

    fn associate_with_form(&self, target: &NodeRef, form: &NodeRef, _nodes: (&NodeRef, Option<&NodeRef>)) {
        if let Some(element) = target.as_element() {
            element.parser_form.set(Some(form.clone()));
        }
    }

    fn remove_from_parent(&self, target: &NodeRef) {
        tree::remove(target);
    }

    fn reparent_children(&self, node: &NodeRef, new_parent: &NodeRef) {
        while let Some(child) = node.first_child() {
            tree::append(new_parent, &child);
        }
    }

    fn is_mathml_annotation_xml_integration_point(&self, target: &NodeRef) -> bool {
        target.as_element().is_some_and(|element| {
            element.with_attr("encoding", |encoding| {
                let is = |name: &str| encoding.is_some_and(|encoding| encoding.eq_ignore_ascii_case(name));
                is("text/html") || is("application/xhtml+xml")
            })
        })
    }

    fn set_current_line(&self, line: u64) {
        self.line.set(line);
    }
}

type HtmlTokenizer = Tokenizer<TreeBuilder<NodeRef, Sink>>;

/// Of a document that may have no scripts, `<noscript>` holds markup.
fn options(quirks: QuirksMode, document: &NodeRef) -> TreeBuilderOpts {
    let scripting_enabled = document.as_document().is_none_or(|data| !data.is_still.get());
    TreeBuilderOpts { scripting_enabled, quirks_mode: quirks, ..TreeBuilderOpts::default() }
}

/// Where a script's text starts in its file; both count from 1, the column in UTF-16 code units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// Line.
    pub line: u32,
    /// Column.
    pub column: u32,
}

/// A `</script>` was read.
pub struct ParsedScript {
    /// The element.
    pub element: NodeRef,
    /// Where its text starts in the file, unless another script wrote it.
    pub position: Option<Position>,
}

/// The start tag of an element was read that is to be a custom element (HTML §13.2.6.1, "create an element for the
/// token"). It is in its place, without its attributes.
pub struct MetElement {
    /// The element.
    pub element: NodeRef,
    /// What its start tag says.
    pub attributes: Vec<Attribute>,
    /// What it is to be.
    pub definition: Rc<Definition>,
}

/// What the parser waits for.
pub enum Met {
    /// A script.
    Script(ParsedScript),
    /// Elements that are to be constructed.
    Elements(Vec<MetElement>),
}

/// Parses one document, pausing at each script (HTML §13.2.3).
///
/// Input comes in levels: the file at the bottom, above it what each running script has written. The insertion point is
/// the end of the topmost level, so that text written by a nested script is read before the rest of what wrote it.
pub struct DocumentParser {
    reader: Reader,
    source: String,
    levels: RefCell<Vec<BufferQueue>>,
    ended: Cell<bool>,
}

/// What reads the text.
enum Reader {
    Html(Box<HtmlTokenizer>),
    /// Of a page that is XML: nothing is written into it.
    Xml(Box<PageReader>),
}

impl DocumentParser {
    /// A parser that fills `document` from `source`, as what the document is.
    #[must_use]
    pub fn new(document: &NodeRef, source: String) -> Self {
        if document.as_document().is_some_and(|data| !data.is_html) {
            let reader = Reader::Xml(Box::new(PageReader::new(document, &source)));
            return Self { reader, source, levels: RefCell::default(), ended: Cell::new(false) };
        }
        let sink = Sink::new(document.clone(), document.clone(), false);
        let builder = TreeBuilder::new(sink, options(QuirksMode::NoQuirks, document));
        let file = BufferQueue::default();
        push(&file, &source);
        Self {
            reader: Reader::Html(Box::new(Tokenizer::new(builder, TokenizerOpts::default()))),
            source,
            levels: RefCell::new(vec![file]),
            ended: Cell::new(false),
        }
    }

    /// A script starts to run: what it writes goes to a level of its own, whose number is returned.
    pub fn enter_script(&self) -> usize {
        let mut levels = self.levels.borrow_mut();
        levels.push(BufferQueue::default());
        levels.len() - 1
    }

    /// What is wrong with a document that is to be XML, once.
    pub fn take_error(&self) -> Option<XmlError> {
        match &self.reader {
            Reader::Xml(reader) => reader.take_error(),
            Reader::Html(_) => None,
        }
    }

    /// Adds text at the insertion point; [`Self::read`] reads it.
    pub fn write(&self, text: &str) {
        if let Some(level) = self.levels.borrow().last() {
            push(level, text);
        }
    }

    /// Reads on in `level` and those above to the next script; `None` when they are used up. Of a document whose window
    /// has no custom elements.
    pub fn read(&self, level: usize) -> Option<ParsedScript> {
        loop {
            if let Met::Script(script) = self.read_on(level)? {
                return Some(script);
            }
        }
    }

    /// Reads on in `level` and those above to the next thing that it has to wait for; `None` when they are used up.
    pub fn read_on(&self, level: usize) -> Option<Met> {
        let tokenizer = match &self.reader {
            Reader::Html(tokenizer) => tokenizer,
            Reader::Xml(reader) => {
                // Scripts have levels of their own here too, which stay empty.
                self.levels.borrow_mut().clear();
                return reader.read_on();
            }
        };
        loop {
            let (queue, at) = {
                let mut levels = self.levels.borrow_mut();
                let at = levels.len() - 1;
                (std::mem::take(levels.last_mut()?), at)
            };
            let fed = feed(tokenizer, &queue, true);
            let left = if matches!(fed, Fed::Script(_)) { queue_len(&queue) } else { 0 };
            self.levels.borrow_mut()[at] = queue;
            match fed {
                Fed::Script(element) => {
                    let end = self.source.len().saturating_sub(left);
                    let position = (at == 0).then(|| script_position(&self.source, end, &element));
                    return Some(Met::Script(ParsedScript { element, position }));
                }
                Fed::Elements(elements) => return Some(Met::Elements(elements)),
                Fed::All => {}
            }
            if at <= level {
                return None;
            }
            self.levels.borrow_mut().pop();
        }
    }

    /// Tells the tree builder that there is no more input.
    pub fn end(&self) {
        if let Reader::Html(tokenizer) = &self.reader
            && !self.ended.replace(true)
        {
            tokenizer.end();
        }
    }
}

/// Input is read in parts of so many bytes, so that a turn that is cut short can stop between them.
const PART_BYTES: usize = 16 * 1024;

fn push(input: &BufferQueue, text: &str) {
    let mut rest = StrTendril::from_slice(text);
    while rest.len() > PART_BYTES {
        let at = rest.floor_char_boundary(PART_BYTES);
        let at = u32::try_from(at).expect("a part is small");
        input.push_back(rest.subtendril(0, at));
        rest.pop_front(at);
    }
    input.push_back(rest);
}

/// How far the tokenizer came.
enum Fed {
    Script(NodeRef),
    Elements(Vec<MetElement>),
    All,
}

/// Reads to the next script or custom element, or to the end; what is left of a turn that is cut short stays unread.
fn feed(tokenizer: &HtmlTokenizer, input: &BufferQueue, is_document: bool) -> Fed {
    let part = BufferQueue::default();
    loop {
        match tokenizer.feed(&part) {
            TokenizerResult::Script(node) => {
                if let Some(rest) = part.pop_front() {
                    input.push_front(rest);
                }
                return Fed::Script(node);
            }
            TokenizerResult::EncodingIndicator(_) => {}
            TokenizerResult::Done if interrupt::is_raised() => return Fed::All,
            TokenizerResult::Done => {
                let met = std::mem::take(&mut *tokenizer.sink.sink.met.borrow_mut());
                if !met.is_empty() {
                    return Fed::Elements(met);
                }
                let Some(next) = input.pop_front() else { return Fed::All };
                part.push_back(if is_document && custom::is_used() { to_tag_end(next, input) } else { next });
            }
        }
    }
}

/// The input to the end of the next tag; the rest goes back.
fn to_tag_end(mut next: StrTendril, input: &BufferQueue) -> StrTendril {
    if let Some(at) = next.find('>').map(|at| at + 1).filter(|at| *at < next.len()) {
        let at = u32::try_from(at).expect("a part is small");
        let part = next.subtendril(0, at);
        next.pop_front(at);
        input.push_front(next);
        return part;
    }
    next
}

fn queue_len(queue: &BufferQueue) -> usize {
    let mut parts = Vec::new();
    while let Some(part) = queue.pop_front() {
        parts.push(part);
    }
    let length = parts.iter().map(|part| part.len()).sum();
    for part in parts.into_iter().rev() {
        queue.push_front(part);
    }
    length
}

/// The start of the text of the script whose end tag ends at byte `end` of `source`.
fn script_position(source: &str, end: usize, script: &NodeRef) -> Position {
    let tag = source[..end].rfind("</").unwrap_or(end);
    let text = super::text::child_text(script);
    let breaks = text.matches('\n').count();
    let before = &source[..tag];
    let line_of_tag = before.matches('\n').count();
    let first_line = text.split('\n').next().unwrap_or("");
    let line = line_of_tag.saturating_sub(breaks);
    let start_line = before.split('\n').nth(line).unwrap_or("").trim_end_matches('\r');
    let column = super::text::utf16_len(start_line).saturating_sub(super::text::utf16_len(first_line));
    Position { line: u32::try_from(line + 1).unwrap_or(u32::MAX), column: u32::try_from(column + 1).unwrap_or(1) }
}

/// Parses `markup` as the content of `context` (HTML §13.4) into a fragment of `context`'s document.
#[must_use]
pub fn fragment(context: &NodeRef, markup: &str) -> NodeRef {
    let owner = tree::document_of(context).unwrap_or_else(|| context.clone());
    let result = Node::fragment(&owner);
    if !markup.contains(['<', '&', '\r', '\0']) && !needs_tree_builder(context.html_name()) {
        if !markup.is_empty() {
            tree::append(&result, &Node::text(&owner, markup.to_owned()));
        }
        return result;
    }
    let quirks = owner.as_document().map_or(QuirksMode::NoQuirks, |d| d.quirks.get());
    let context = if context.as_element().is_some() { context.clone() } else { Node::html_element(&owner, "body") };
    let may_have_custom = custom::is_used() && !context.is_html("template") && !custom::is_inert(&context);
    let root = Node::fragment(&owner);
    let form = std::iter::once(context.clone()).chain(tree::ancestors(&context)).find(|n| n.is_html("form"));
    let options = options(quirks, &owner);
    let has_scripts = options.scripting_enabled;
    let builder = TreeBuilder::new_for_fragment(Sink::new(root.clone(), owner, true), context, form, options);
    let initial_state = Some(builder.tokenizer_state_for_context_elem(has_scripts));
    let tokenizer = Tokenizer::new(builder, TokenizerOpts { initial_state, ..TokenizerOpts::default() });
    let input = BufferQueue::default();
    push(&input, markup);
    while !matches!(feed(&tokenizer, &input, false), Fed::All) {}
    tokenizer.end();
    if let Some(html) = tree::element_children(&root).next() {
        while let Some(child) = html.first_child() {
            tree::append(&result, &child);
        }
    }
    if may_have_custom {
        // Its elements become custom ones where they are, in a document or not ("create an element for a token").
        tree::descendants(&result).filter(|node| node.as_element().is_some()).for_each(|it| custom::try_upgrade(&it));
    }
    result
}

/// Contexts in which plain text is not simply a text node.
fn needs_tree_builder(context: &str) -> bool {
    matches!(
        context,
        "table"
            | "tbody"
            | "thead"
            | "tfoot"
            | "tr"
            | "colgroup"
            | "html"
            | "head"
            | "frameset"
            | "select"
            | "template"
            | "pre"
            | "textarea"
            | "listing"
    )
}
