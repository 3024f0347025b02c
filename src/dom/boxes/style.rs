//! The style of an element as far as its box depends on it, and the memory of what was measured.

use std::cell::RefCell;
use std::rc::Rc;

use rustc_hash::FxHashMap;

use super::super::css;
use super::super::css_values::{Reference, to_px};
use super::super::document::mutation_count;
use super::super::node::{Node, NodeRef};
use super::flow::Flow;
use super::measure::{available, font_px};

/// How an element takes part in its parent's flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Level {
    /// No box.
    None,
    /// Part of a line, broken like text.
    Inline,
    /// Part of a line, in one piece.
    InlineBlock,
    /// Below each other.
    Block,
}

/// What is remembered of an element until the tree changes.
#[derive(Debug)]
pub(super) struct Style {
    pub(super) display: String,
    pub(super) level: Level,
    pub(super) is_absolute: bool,
    pub(super) is_fixed: bool,
    pub(super) is_relative: bool,
    /// Its children stand beside each other.
    pub(super) is_row: bool,
}

#[derive(Default)]
pub(super) struct Memory {
    /// The mutation count it holds for.
    count: u64,
    styles: FxHashMap<*const Node, Rc<Style>>,
    pub(super) widths: FxHashMap<*const Node, f64>,
    pub(super) contents: FxHashMap<*const Node, f64>,
    pub(super) flows: FxHashMap<*const Node, Rc<Flow>>,
}

thread_local! {
    static MEMORY: RefCell<Memory> = RefCell::default();
}

/// Runs `f` on what is remembered of the trees as they are now. Nodes are known by their address: one that is connected
/// cannot go, nor another come, without a mutation.
pub(super) fn remembered<R>(f: impl FnOnce(&mut Memory) -> R) -> R {
    MEMORY.with_borrow_mut(|memory| {
        if memory.count != mutation_count() {
            *memory = Memory { count: mutation_count(), ..Memory::default() };
        }
        f(memory)
    })
}

pub(super) fn key(node: &NodeRef) -> *const Node {
    &raw const **node
}

/// The style of a connected element.
pub(super) fn style(element: &NodeRef) -> Rc<Style> {
    if let Some(found) = remembered(|memory| memory.styles.get(&key(element)).cloned()) {
        return found;
    }
    let made = Rc::new(read(element));
    remembered(|memory| memory.styles.insert(key(element), made.clone()));
    made
}

fn read(element: &NodeRef) -> Style {
    let display = css::display(element);
    let position = css::computed(element, "position");
    let is_fixed = position == "fixed";
    let is_absolute = is_fixed || position == "absolute";
    let is_float = !is_absolute && matches!(css::computed(element, "float").as_str(), "left" | "right");
    let is_row = match display.as_str() {
        "table-row" => true,
        "flex" | "inline-flex" | "-webkit-flex" | "-webkit-inline-flex" | "-ms-flexbox" => {
            !css::computed(element, "flex-direction").starts_with("column")
        }
        "box" | "-webkit-box" | "inline-box" | "-webkit-inline-box" => {
            css::computed(element, "-webkit-box-orient") != "vertical"
        }
        _ => false,
    };
    let level = match display.as_str() {
        "none" => Level::None,
        _ if is_float || is_absolute => Level::InlineBlock,
        "inline" | "contents" | "ruby" => Level::Inline,
        "table-cell" => Level::InlineBlock,
        other if other.starts_with("inline-") || other.starts_with("-webkit-inline") => Level::InlineBlock,
        _ => Level::Block,
    };
    let level =
        if level == Level::Inline && super::intrinsic::is_replaced(element) { Level::InlineBlock } else { level };
    Style { display, level, is_absolute, is_fixed, is_relative: position == "relative", is_row }
}

/// Widths on the four sides of a box, in CSS pixels.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Edges {
    /// Top.
    pub top: f64,
    /// Right.
    pub right: f64,
    /// Bottom.
    pub bottom: f64,
    /// Left.
    pub left: f64,
}

impl Edges {
    /// Left and right.
    #[must_use]
    pub fn across(self) -> f64 {
        self.left + self.right
    }

    /// Top and bottom.
    #[must_use]
    pub fn down(self) -> f64 {
        self.top + self.bottom
    }
}

const SIDES: [&str; 4] = ["top", "right", "bottom", "left"];

/// Margin, border and padding of an element; `auto` margins are 0.
#[must_use]
pub fn edges(element: &NodeRef) -> (Edges, Edges, Edges) {
    let em = font_px(element);
    let px = |property: String| {
        let value = css::cascaded(element, &property)?;
        let whole = value.contains('%').then(|| available(element));
        to_px(&value, Reference { em, whole })
    };
    let margin = four(|side| px(format!("margin-{side}")).unwrap_or_default());
    let padding = four(|side| px(format!("padding-{side}")).unwrap_or_default());
    let border = four(|side| {
        let line = css::cascaded(element, &format!("border-{side}-style")).unwrap_or_default();
        if matches!(line.as_str(), "" | "none" | "hidden" | "initial" | "unset") {
            return 0.0;
        }
        match css::cascaded(element, &format!("border-{side}-width")).as_deref() {
            Some("thin") => 1.0,
            Some("thick") => 5.0,
            Some(width) => to_px(width, Reference { em, whole: None }).unwrap_or(3.0),
            None => 3.0,
        }
    });
    (margin, border, padding)
}

fn four(of: impl Fn(&str) -> f64) -> Edges {
    let [top, right, bottom, left] = SIDES.map(of);
    Edges { top, right, bottom, left }
}
