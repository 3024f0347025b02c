//! Serialising XML ([DOM Parsing §2](https://w3c.github.io/DOM-Parsing/#xml-serialization)): `XMLSerializer`, and the
//! markup of nodes of XML documents.

use std::rc::Rc;

use html5ever::{Namespace, ns};

use super::attributes::Attribute;
use super::node::{ElementData, NodeKind, NodeRef, get};
use super::tree;

/// The XML of a node.
#[must_use]
pub fn outer_xml(node: &NodeRef) -> String {
    write([node.clone()])
}

/// The XML of a node's children.
#[must_use]
pub fn inner_xml(node: &NodeRef) -> String {
    write(tree::children(node))
}

/// The prefixes that stand for each namespace, in the order in which they were declared.
#[derive(Debug, Clone)]
struct Prefixes(Vec<(Namespace, String)>);

impl Prefixes {
    /// The one to write for a namespace: that of the node itself if it stands for it, else the last declared.
    fn preferred(&self, prefix: Option<&str>, namespace: &Namespace) -> Option<String> {
        let of_it = || self.0.iter().filter(|(own, _)| own == namespace).map(|(_, prefix)| prefix);
        of_it().find(|own| Some(own.as_str()) == prefix).or_else(|| of_it().next_back()).cloned()
    }

    fn has(&self, prefix: &str, namespace: &Namespace) -> bool {
        self.0.iter().any(|(own, known)| own == namespace && known == prefix)
    }
}

/// What is still to be written.
enum Step {
    /// A node: the namespace that is the default there, and the prefixes.
    Node(NodeRef, Namespace, Rc<Prefixes>),
    /// An end tag.
    End(String),
}

struct Writer {
    out: String,
    /// The number of the next prefix that is made up.
    generated: usize,
    steps: Vec<Step>,
}

fn write(nodes: impl IntoIterator<Item = NodeRef>) -> String {
    let prefixes = Rc::new(Prefixes(vec![(ns!(xml), "xml".to_owned())]));
    let mut writer = Writer { out: String::new(), generated: 1, steps: Vec::new() };
    writer.later(nodes, &ns!(), &prefixes);
    while let Some(step) = writer.steps.pop() {
        match step {
            Step::Node(node, namespace, prefixes) => writer.node(&node, namespace, prefixes),
            Step::End(name) => writer.out.push_str(&format!("</{name}>")),
        }
    }
    writer.out
}

/// What an element itself declares.
struct Declared {
    /// `xmlns`.
    default: Option<Namespace>,
    /// `xmlns:…`, with the namespace.
    prefixes: Vec<(String, Namespace)>,
}

impl Declared {
    /// Notes them, the new ones in `known` too ("record the namespace information").
    fn read(attributes: &[Attribute], known: &mut Rc<Prefixes>) -> Self {
        let mut declared = Self { default: None, prefixes: Vec::new() };
        for attribute in attributes.iter().filter(|attribute| attribute.name.ns == ns!(xmlns)) {
            let namespace = Namespace::from(attribute.value.as_str());
            if attribute.name.prefix.is_none() {
                declared.default = Some(namespace);
            } else if namespace != ns!(xml) && !known.has(&attribute.name.local, &namespace) {
                let prefix = attribute.name.local.to_string();
                Rc::make_mut(known).0.push((namespace.clone(), prefix.clone()));
                declared.prefixes.push((prefix, namespace));
            }
        }
        declared
    }

    fn find(&self, prefix: &str) -> Option<&Namespace> {
        self.prefixes.iter().find(|(own, _)| own == prefix).map(|(_, namespace)| namespace)
    }
}

impl Writer {
    fn later(&mut self, nodes: impl IntoIterator<Item = NodeRef>, namespace: &Namespace, prefixes: &Rc<Prefixes>) {
        let from = self.steps.len();
        self.steps.extend(nodes.into_iter().map(|node| Step::Node(node, namespace.clone(), prefixes.clone())));
        self.steps[from..].reverse();
    }

    fn node(&mut self, node: &NodeRef, namespace: Namespace, prefixes: Rc<Prefixes>) {
        match node.kind() {
            NodeKind::Element(data) => self.element(node, data, namespace, prefixes),
            NodeKind::Text(data) => escape(&data.0.borrow(), false, &mut self.out),
            NodeKind::CData(data) => self.out.push_str(&format!("<![CDATA[{}]]>", data.0.borrow())),
            NodeKind::Comment(data) => self.out.push_str(&format!("<!--{}-->", data.0.borrow())),
            NodeKind::ProcessingInstruction(target, data) => {
                self.out.push_str(&format!("<?{target} {}?>", data.0.borrow()));
            }
            NodeKind::Doctype(doctype) => {
                let (public, system) = (&doctype.public_id, &doctype.system_id);
                let ids = match (public.is_empty(), system.is_empty()) {
                    (true, true) => String::new(),
                    (true, false) => format!(" SYSTEM \"{system}\""),
                    (false, true) => format!(" PUBLIC \"{public}\""),
                    (false, false) => format!(" PUBLIC \"{public}\" \"{system}\""),
                };
                self.out.push_str(&format!("<!DOCTYPE {}{ids}>", doctype.name));
            }
            NodeKind::Document(_) | NodeKind::Fragment | NodeKind::Shadow(_) => {
                self.later(tree::children(node), &namespace, &prefixes);
            }
            NodeKind::Attr(_) => {}
        }
    }

    fn element(&mut self, node: &NodeRef, data: &ElementData, outer: Namespace, mut prefixes: Rc<Prefixes>) {
        data.with_attributes(|attributes| {
            let declared = Declared::read(attributes, &mut prefixes);
            self.out.push('<');
            let (name, inner, without_default) = self.start(data, outer, &declared, &mut prefixes);
            self.attributes(attributes, &declared, &mut prefixes, without_default);
            let is_html = data.name.ns == ns!(html);
            // In HTML an empty element must not look like an open one; of the void ones a space tells them from nothing.
            let contents = get(&data.template);
            let inside = contents.as_ref().unwrap_or(node);
            if inside.first_child().is_none() && (!is_html || super::serialize::is_void(&data.name.local)) {
                return self.out.push_str(if is_html { " />" } else { "/>" });
            }
            self.out.push('>');
            self.steps.push(Step::End(name));
            self.later(tree::children(inside), &inner, &prefixes);
        });
    }

    /// Writes the name and what must be declared for it. Gives the name, the default namespace inside, and whether the
    /// element's own `xmlns` is left out.
    fn start(
        &mut self,
        data: &ElementData,
        outer: Namespace,
        declared: &Declared,
        prefixes: &mut Rc<Prefixes>,
    ) -> (String, Namespace, bool) {
        let (namespace, local) = (&data.name.ns, &data.name.local);
        if outer == *namespace {
            let name = if *namespace == ns!(xml) { format!("xml:{local}") } else { local.to_string() };
            self.out.push_str(&name);
            return (name, outer, declared.default.is_some());
        }
        let own = data.name.prefix.as_deref();
        let known = if own == Some("xmlns") { own.map(str::to_owned) } else { prefixes.preferred(own, namespace) };
        let default = declared.default.as_ref();
        if let Some(prefix) = known {
            let name = format!("{prefix}:{local}");
            self.out.push_str(&name);
            return (name, default.filter(|default| **default != ns!(xml)).cloned().unwrap_or(outer), false);
        }
        if let Some(prefix) = own {
            let prefix = if declared.find(prefix).is_some() {
                self.generate(namespace, prefixes)
            } else {
                Rc::make_mut(prefixes).0.push((namespace.clone(), prefix.to_owned()));
                prefix.to_owned()
            };
            let name = format!("{prefix}:{local}");
            self.out.push_str(&name);
            self.declare(&format!("xmlns:{prefix}"), namespace);
            return (name, default.cloned().unwrap_or(outer), false);
        }
        self.out.push_str(local);
        let is_declared = default == Some(namespace);
        if !is_declared {
            self.declare("xmlns", namespace);
        }
        (local.to_string(), namespace.clone(), !is_declared)
    }

    fn attributes(
        &mut self,
        attributes: &[Attribute],
        declared: &Declared,
        prefixes: &mut Rc<Prefixes>,
        without_default: bool,
    ) {
        for attribute in attributes {
            let (namespace, local) = (&attribute.name.ns, &*attribute.name.local);
            let prefix = if *namespace == ns!() {
                None
            } else if *namespace == ns!(xmlns) {
                let value = Namespace::from(attribute.value.as_str());
                let is_known = || declared.find(local) != Some(&value) && prefixes.has(local, &value);
                match attribute.name.prefix.is_some() {
                    _ if value == ns!(xml) => continue,
                    false if without_default => continue,
                    true if is_known() => continue,
                    is_prefixed => is_prefixed.then(|| "xmlns".to_owned()),
                }
            } else {
                let known = prefixes.preferred(attribute.name.prefix.as_deref(), namespace);
                Some(known.unwrap_or_else(|| {
                    let prefix = self.generate(namespace, prefixes);
                    self.declare(&format!("xmlns:{prefix}"), namespace);
                    prefix
                }))
            };
            let name = prefix.map_or_else(|| local.to_owned(), |prefix| format!("{prefix}:{local}"));
            self.declare(&name, &attribute.value);
        }
    }

    /// A prefix that is made up for a namespace.
    fn generate(&mut self, namespace: &Namespace, prefixes: &mut Rc<Prefixes>) -> String {
        let prefix = format!("ns{}", self.generated);
        self.generated += 1;
        Rc::make_mut(prefixes).0.push((namespace.clone(), prefix.clone()));
        prefix
    }

    /// Writes an attribute.
    fn declare(&mut self, name: &str, value: &str) {
        self.out.push_str(&format!(" {name}=\""));
        escape(value, true, &mut self.out);
        self.out.push('"');
    }
}

fn escape(text: &str, in_attribute: bool, out: &mut String) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' if in_attribute => out.push_str("&quot;"),
            '\t' if in_attribute => out.push_str("&#9;"),
            '\n' if in_attribute => out.push_str("&#10;"),
            '\r' => out.push_str("&#13;"),
            _ => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dom::parse::fragment;
    use crate::dom::{Node, QualName, document::DocumentData};

    #[test]
    fn html_as_xml() {
        let document = Node::document(DocumentData::new("text/html"));
        let markup = "<p class=a>1<br>&nbsp;&lt;<b></b></p>";
        let nodes = fragment(&Node::html_element(&document, "div"), markup);
        let expected = "<p xmlns=\"http://www.w3.org/1999/xhtml\" class=\"a\">1<br />\u{a0}&lt;<b></b></p>";
        assert_eq!(outer_xml(&nodes), expected);
    }

    #[test]
    fn names_that_script_made() {
        let document = Node::document(DocumentData::new("application/xml"));
        let name = |prefix: Option<&str>, ns: &str, local: &str| {
            QualName::new(prefix.map(Into::into), Namespace::from(ns), local.into())
        };
        let root = Node::element(&document, name(None, "u:a", "a"), Vec::new());
        let child = Node::element(&document, name(Some("x"), "u:x", "b"), Vec::new());
        tree::append(&root, &child);
        tree::append(&child, &Node::element(&document, name(Some("x"), "u:x", "c"), Vec::new()));
        tree::append(&root, &Node::element(&document, name(None, "", "d"), Vec::new()));
        let expected = "<a xmlns=\"u:a\"><x:b xmlns:x=\"u:x\"><x:c/></x:b><d xmlns=\"\"/></a>";
        assert_eq!(outer_xml(&root), expected);
    }

    #[test]
    fn prefixes_that_are_taken_or_missing() {
        let check = |xml: &str, expected: &str| {
            let document = crate::dom::xml::parse(xml, "application/xml").unwrap();
            assert_eq!(outer_xml(&document), expected, "{xml}");
        };
        check("<r xmlns=''><c xmlns=''/></r>", "<r><c/></r>");
        check("<r xmlns='u1'><p:c xmlns:p='u1'/></r>", "<r xmlns=\"u1\"><c xmlns:p=\"u1\"/></r>");
        check("<r xmlns:x='u'><table xmlns='u'/></r>", "<r xmlns:x=\"u\"><x:table xmlns=\"u\"/></r>");
        check("<a xml:lang='zh' b=\"'&quot;\"/>", "<a xml:lang=\"zh\" b=\"'&quot;\"/>");
    }
}
