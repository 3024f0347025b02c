//! The text of an element as a person would see it (HTML §3.2.7, "get the text steps").
//!
//! `display`, `visibility`, `white-space` and `text-transform` are obeyed as far as [`super::css`] knows them; what floats or is placed
//! absolutely counts as what its `display` says.

use super::node::{NodeRef, same};
use super::{css, shadow, slots, text, tree};

/// How white space is kept.
#[derive(Clone, Copy, PartialEq, Eq)]
enum White {
    Collapse,
    /// Line breaks are kept, the rest collapses.
    Lines,
    Keep,
}

/// What text inherits.
#[derive(Clone, Copy)]
struct Style {
    white: White,
    is_visible: bool,
    transform: Option<Transform>,
}

#[derive(Clone, Copy)]
enum Transform {
    Upper,
    Lower,
    Capital,
}

fn white_of(value: &str) -> White {
    match value {
        "pre" | "pre-wrap" | "break-spaces" => White::Keep,
        "pre-line" => White::Lines,
        _ => White::Collapse,
    }
}

fn transform_of(value: &str) -> Option<Transform> {
    match value {
        "uppercase" => Some(Transform::Upper),
        "lowercase" => Some(Transform::Lower),
        "capitalize" => Some(Transform::Capital),
        _ => None,
    }
}

impl Style {
    fn of_root(element: &NodeRef) -> Self {
        let is_pre = |n: &NodeRef| matches!(n.html_name(), "pre" | "listing" | "xmp" | "plaintext");
        let said = css::computed(element, "white-space");
        let is_in_pre =
            said == "normal" && std::iter::once(element.clone()).chain(tree::ancestors(element)).any(|n| is_pre(&n));
        Self {
            white: if is_in_pre { White::Keep } else { white_of(&said) },
            is_visible: css::computed(element, "visibility") == "visible",
            transform: transform_of(&css::computed(element, "text-transform")),
        }
    }

    /// The style of a child element of this one.
    fn inherited_by(self, element: &NodeRef) -> Self {
        let said = |property: &str| css::cascaded(element, property).filter(|v| v != "inherit" && v != "unset");
        let white = match said("white-space") {
            Some(value) => white_of(&value),
            None if element.is_html("pre") => White::Keep,
            None => self.white,
        };
        Self {
            white,
            is_visible: said("visibility").map_or(self.is_visible, |value| value == "visible" || value == "initial"),
            transform: said("text-transform").map_or(self.transform, |value| transform_of(&value)),
        }
    }
}

/// The text so far, with the white space that is still undecided.
#[derive(Default)]
struct Collector {
    out: String,
    /// Line breaks that are needed before the next text, if there is text before them.
    breaks: usize,
    /// Collapsed white space that shows if text follows on the line.
    space: bool,
    /// Whether the line has something on it that lets white space show.
    has_line: bool,
}

impl Collector {
    fn require(&mut self, breaks: usize) {
        self.breaks = self.breaks.max(breaks);
        self.end_line();
    }

    fn end_line(&mut self) {
        self.space = false;
        self.has_line = false;
    }

    fn flush_breaks(&mut self) {
        if !self.out.is_empty() {
            self.out.extend(std::iter::repeat_n('\n', self.breaks));
        }
        self.breaks = 0;
    }

    /// A line break or tab of its own.
    fn mark(&mut self, mark: char) {
        self.flush_breaks();
        self.out.push(mark);
        self.end_line();
    }

    fn visible(&mut self, c: char) {
        self.flush_breaks();
        if std::mem::take(&mut self.space) {
            self.out.push(' ');
        }
        self.out.push(c);
        self.has_line = true;
    }

    /// A picture or control: nothing to read, but white space shows beside it.
    fn object(&mut self) {
        if self.space {
            self.flush_breaks();
            self.out.push(' ');
            self.space = false;
        }
        self.has_line = true;
    }

    fn text(&mut self, data: &str, white: White) {
        for c in data.chars() {
            match c {
                '\n' if white != White::Collapse => self.mark('\n'),
                ' ' | '\t' | '\n' | '\r' | '\x0c' if white != White::Keep => self.space |= self.has_line,
                c => self.visible(c),
            }
        }
    }
}

/// What is still to be read of a tree, last first.
enum Step {
    Enter(NodeRef, Style),
    Leave(usize),
}

/// innerText's getter.
#[must_use]
pub fn inner_text(element: &NodeRef) -> String {
    if !css::is_rendered(element) || has_hidden_content(element) {
        return text::descendant_text(element);
    }
    let mut collector = Collector::default();
    let mut left = Vec::new();
    push_children(element, Style::of_root(element), &mut left);
    while let Some(step) = left.pop() {
        match step {
            Step::Enter(node, style) => enter(&node, style, &mut collector, &mut left),
            Step::Leave(breaks) => collector.require(breaks),
        }
    }
    std::mem::take(&mut collector.out)
}

fn push_children(node: &NodeRef, style: Style, left: &mut Vec<Step>) {
    // What has no place in the flat tree is not rendered: children of a host that no slot takes, those of a filled slot.
    let is_host = shadow::root_at(node).is_some();
    if !is_host && shadow::is_filled_slot(node) {
        return;
    }
    let children = std::iter::successors(node.last_child(), |n| n.previous_sibling());
    let shown = children.filter(|child| !is_host || slots::assigned_slot(child).is_some());
    left.extend(shown.map(|child| Step::Enter(child, style)));
}

fn enter(node: &NodeRef, style: Style, collector: &mut Collector, left: &mut Vec<Step>) {
    if is_folded(node) {
        return;
    }
    if node.is_text() {
        if style.is_visible
            && let Some(data) = node.character_data()
        {
            collector.text(&transformed(&data.borrow(), style.transform), style.white);
        }
        return;
    }
    if node.as_element().is_none() {
        return;
    }
    let display = css::display(node);
    if display == "none" {
        return;
    }
    if node.is_html("br") {
        return collector.mark('\n');
    }
    match display.as_str() {
        "table-cell" if follows_in(node, "tr", |n| n.is_html("td") || n.is_html("th")) => collector.mark('\t'),
        "table-row" if follows_in(node, "table", |n| n.is_html("tr")) => collector.mark('\n'),
        _ => {}
    }
    let breaks = if node.is_html("p") { 2 } else { usize::from(is_block(&display)) };
    if breaks > 0 {
        collector.require(breaks);
        left.push(Step::Leave(breaks));
    }
    if has_hidden_content(node) {
        collector.object();
    } else {
        push_children(node, style.inherited_by(node), left);
    }
}

fn transformed(data: &str, transform: Option<Transform>) -> String {
    match transform {
        None => data.to_owned(),
        Some(Transform::Upper) => data.to_uppercase(),
        Some(Transform::Lower) => data.to_lowercase(),
        Some(Transform::Capital) => {
            let mut starts = true;
            let mut out = String::with_capacity(data.len());
            for c in data.chars() {
                if starts {
                    out.extend(c.to_uppercase());
                } else {
                    out.push(c);
                }
                starts = !c.is_alphanumeric();
            }
            out
        }
    }
}

/// Whether something like `node` comes before it inside the nearest ancestor of this name.
fn follows_in(node: &NodeRef, ancestor: &str, is_like: impl Fn(&NodeRef) -> bool) -> bool {
    let within = tree::ancestors(node).find(|above| above.is_html(ancestor));
    within.and_then(|within| tree::descendants(&within).find(is_like)).is_some_and(|first| !same(&first, node))
}

/// Elements in whose place something else is shown than their content.
fn has_hidden_content(node: &NodeRef) -> bool {
    matches!(
        node.html_name(),
        "textarea"
            | "input"
            | "img"
            | "audio"
            | "video"
            | "canvas"
            | "iframe"
            | "object"
            | "embed"
            | "progress"
            | "meter"
    )
}

/// In closed details, all but the summary.
fn is_folded(node: &NodeRef) -> bool {
    let is_closed = |parent: &NodeRef| parent.is_html("details") && !super::form::has_flag(parent, "open");
    !node.is_html("summary") && node.parent().is_some_and(|parent| is_closed(&parent))
}

fn is_block(display: &str) -> bool {
    !display.starts_with("inline")
        && !matches!(
            display,
            "contents"
                | "table-cell"
                | "table-row"
                | "table-row-group"
                | "table-header-group"
                | "table-footer-group"
                | "table-column"
                | "table-column-group"
        )
}
