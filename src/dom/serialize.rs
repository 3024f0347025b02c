//! Serialising HTML fragments (HTML §13.3).

use html5ever::{Namespace, ns};

use super::node::{ElementData, NodeKind, NodeRef, get, same};
use super::{custom, shadow, tree, xml_serialize};

/// The markup inside a node (`innerHTML`): XML in an XML document.
#[must_use]
pub fn inner_html(node: &NodeRef) -> String {
    if is_xml(node) {
        return xml_serialize::inner_xml(node);
    }
    html(node, &ShadowChoice::default())
}

/// Which shadow roots are written, as templates at the beginning of their hosts (`getHTML`).
#[derive(Default)]
pub struct ShadowChoice {
    /// All that are serializable.
    pub with_serializable: bool,
    /// These, whatever they are.
    pub roots: Vec<NodeRef>,
}

impl ShadowChoice {
    /// The root of a host, if it is written.
    fn of(&self, host: &NodeRef) -> Option<NodeRef> {
        shadow::root_at(host).filter(|root| {
            let is_serializable = shadow::data(root).is_some_and(|data| data.init.is_serializable);
            self.with_serializable && is_serializable || self.roots.iter().any(|one| same(one, root))
        })
    }
}

/// The markup inside a node, with some of its shadow roots.
#[must_use]
pub fn html(node: &NodeRef, choice: &ShadowChoice) -> String {
    let mut steps = Vec::new();
    open_children(node, choice, &mut steps);
    write(steps, choice)
}

/// The markup of a node (`outerHTML`): XML in an XML document.
#[must_use]
pub fn outer_html(node: &NodeRef) -> String {
    if is_xml(node) {
        return xml_serialize::outer_xml(node);
    }
    write(vec![Step::Open(node.clone())], &ShadowChoice::default())
}

fn is_xml(node: &NodeRef) -> bool {
    tree::document_of(node).is_some_and(|document| document.as_document().is_some_and(|data| !data.is_html))
}

/// What is still to be written, last first: a page may nest deeper than a stack of calls would bear.
enum Step {
    /// A node with all that is in it.
    Open(NodeRef),
    /// A shadow root as a template.
    Shadow(NodeRef),
    /// The end tag of an element.
    Close(NodeRef),
    /// The end tag of such a template.
    CloseShadow,
}

fn write(mut steps: Vec<Step>, choice: &ShadowChoice) -> String {
    let mut out = String::new();
    while let Some(step) = steps.pop() {
        match step {
            Step::Open(node) => one(&node, choice, &mut steps, &mut out),
            Step::Shadow(root) => open_shadow(&root, choice, &mut steps, &mut out),
            Step::CloseShadow => out.push_str("</template>"),
            Step::Close(node) => {
                if let Some(data) = node.as_element() {
                    out.push_str("</");
                    out.push_str(&super::attributes::qualified(&data.name));
                    out.push('>');
                }
            }
        }
    }
    out
}

fn open_children(node: &NodeRef, choice: &ShadowChoice, steps: &mut Vec<Step>) {
    let contents = node.as_element().and_then(|e| get(&e.template));
    let last = contents.as_ref().unwrap_or(node).last_child();
    steps.extend(std::iter::successors(last, |child| child.previous_sibling()).map(Step::Open));
    steps.extend(choice.of(node).map(Step::Shadow));
}

fn open_shadow(root: &NodeRef, choice: &ShadowChoice, steps: &mut Vec<Step>, out: &mut String) {
    let Some(init) = shadow::data(root).map(|data| data.init) else { return };
    out.push_str("<template shadowrootmode=\"");
    out.push_str(if init.is_open { "open\"" } else { "closed\"" });
    let flags = [
        (init.delegates_focus, "delegatesfocus"),
        (init.is_serializable, "serializable"),
        (init.is_manual, "slotassignment"),
        (init.is_clonable, "clonable"),
    ];
    for (_, flag) in flags.into_iter().filter(|(is_on, _)| *is_on) {
        let value = if flag == "slotassignment" { "manual" } else { "" };
        out.push_str(&format!(" shadowroot{flag}=\"{value}\""));
    }
    out.push('>');
    steps.push(Step::CloseShadow);
    open_children(root, choice, steps);
}

fn one(node: &NodeRef, choice: &ShadowChoice, steps: &mut Vec<Step>, out: &mut String) {
    match node.kind() {
        NodeKind::Element(data) => element(node, data, choice, steps, out),
        NodeKind::Text(data) => {
            let raw = node.parent().is_some_and(|parent| is_raw_text(&parent));
            if raw { out.push_str(&data.0.borrow()) } else { escape(&data.0.borrow(), false, out) }
        }
        NodeKind::CData(data) => {
            out.push_str("<![CDATA[");
            out.push_str(&data.0.borrow());
            out.push_str("]]>");
        }
        NodeKind::Comment(data) => {
            out.push_str("<!--");
            out.push_str(&data.0.borrow());
            out.push_str("-->");
        }
        NodeKind::ProcessingInstruction(target, data) => {
            out.push_str("<?");
            out.push_str(target);
            out.push(' ');
            out.push_str(&data.0.borrow());
            out.push('>');
        }
        NodeKind::Doctype(doctype) => {
            out.push_str("<!DOCTYPE ");
            out.push_str(&doctype.name);
            out.push('>');
        }
        NodeKind::Document(_) | NodeKind::Fragment | NodeKind::Shadow(_) => open_children(node, choice, steps),
        NodeKind::Attr(_) => {}
    }
}

fn element(node: &NodeRef, data: &ElementData, choice: &ShadowChoice, steps: &mut Vec<Step>, out: &mut String) {
    let name = super::attributes::qualified(&data.name);
    out.push('<');
    out.push_str(&name);
    if let Some(is) = custom::is_value(node).filter(|_| !data.has_attr("is")) {
        out.push_str(" is=\"");
        escape(&is, true, out);
        out.push('"');
    }
    data.with_attributes(|attributes| {
        for attribute in attributes {
            out.push(' ');
            match attribute_prefix(&attribute.name.ns) {
                Some(prefix) if !(prefix == "xmlns:" && &*attribute.name.local == "xmlns") => {
                    out.push_str(prefix);
                    out.push_str(&attribute.name.local);
                }
                Some(_) => out.push_str("xmlns"),
                None => out.push_str(&attribute.qualified_name()),
            }
            out.push_str("=\"");
            escape(&attribute.value, true, out);
            out.push('"');
        }
    });
    out.push('>');
    if data.name.ns == ns!(html) && is_void(&data.name.local) {
        return;
    }
    steps.push(Step::Close(node.clone()));
    open_children(node, choice, steps);
}

fn attribute_prefix(ns: &Namespace) -> Option<&'static str> {
    match *ns {
        ns!(xml) => Some("xml:"),
        ns!(xmlns) => Some("xmlns:"),
        ns!(xlink) => Some("xlink:"),
        _ => None,
    }
}

fn escape(text: &str, in_attribute: bool, out: &mut String) {
    let mut from = 0;
    for (at, c) in text.char_indices() {
        let replacement = match c {
            '&' => "&amp;",
            '\u{a0}' => "&nbsp;",
            '"' if in_attribute => "&quot;",
            '<' => "&lt;",
            '>' => "&gt;",
            _ => continue,
        };
        out.push_str(&text[from..at]);
        out.push_str(replacement);
        from = at + c.len_utf8();
    }
    out.push_str(&text[from..]);
}

/// Elements that have no end tag.
#[must_use]
pub fn is_void(name: &str) -> bool {
    matches!(
        name,
        "area"
            | "base"
            | "basefont"
            | "bgsound"
            | "br"
            | "col"
            | "embed"
            | "frame"
            | "hr"
            | "img"
            | "input"
            | "keygen"
            | "link"
            | "meta"
            | "param"
            | "source"
            | "track"
            | "wbr"
    )
}

/// Whether the text in an element is written as it is.
fn is_raw_text(element: &NodeRef) -> bool {
    match element.html_name() {
        "style" | "script" | "xmp" | "iframe" | "noembed" | "noframes" | "plaintext" => true,
        "noscript" => {
            let document = element.owner_document();
            document.is_none_or(|document| document.as_document().is_none_or(|data| !data.is_still.get()))
        }
        _ => false,
    }
}
