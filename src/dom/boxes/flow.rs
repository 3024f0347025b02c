//! Children put into their parent: lines of text and inline boxes, blocks below each other, cells in a row.

use rustc_hash::FxHashMap;

use super::super::node::{Node, NodeRef};
use super::super::shadow;
use super::intrinsic::{keeps_lines, text_width};
use super::measure::{content_width, font_px, line_px, outer_content, own_height, width};
use super::style::{Level, edges, key, style};

/// The children of a box, put in their places.
#[derive(Debug, Default)]
pub(super) struct Flow {
    /// The border boxes' corners, from the content box's.
    pub(super) places: FxHashMap<*const Node, (f64, f64)>,
    /// How far it reaches to the right.
    pub(super) width: f64,
    /// How far it reaches down.
    pub(super) height: f64,
}

/// Lays out the children of an element.
pub(super) fn lay_out(element: &NodeRef) -> Flow {
    let mut lines = Lines {
        flow: Flow::default(),
        room: content_width(element),
        em: font_px(element),
        line: line_px(element),
        x: 0.0,
        y: 0.0,
        line_height: 0.0,
        is_row: style(element).is_row,
    };
    let keeps_lines = keeps_lines(element);
    for child in shadow::flat_children(element) {
        if let Some(data) = child.character_data().filter(|_| child.is_text()) {
            lines.text(&data.borrow(), keeps_lines);
        } else if child.as_element().is_some() {
            lines.element(&child);
        }
    }
    lines.finish();
    lines.flow.height = lines.y;
    lines.flow
}

struct Lines {
    flow: Flow,
    room: f64,
    em: f64,
    /// The least height of a line with something in it.
    line: f64,
    x: f64,
    y: f64,
    /// The height of the line so far; 0 where nothing is in it.
    line_height: f64,
    is_row: bool,
}

impl Lines {
    fn text(&mut self, text: &str, keeps_lines: bool) {
        if !keeps_lines {
            return self.run(text_width(text, self.em), self.line);
        }
        for (at, one) in text.split('\n').enumerate() {
            if at > 0 {
                self.line_height = self.line_height.max(self.line);
                self.finish();
            }
            self.run(text_width(one, self.em), self.line);
        }
    }

    /// Something that breaks anywhere.
    fn run(&mut self, width: f64, line: f64) {
        if width <= 0.0 {
            return;
        }
        self.line_height = self.line_height.max(line);
        self.x += width;
        while self.x > self.room && self.room > 0.0 && !self.is_row {
            let over = self.x - self.room;
            self.x = self.room;
            self.finish();
            self.x = over;
            self.line_height = line;
        }
    }

    fn element(&mut self, child: &NodeRef) {
        let style = style(child);
        if style.level == Level::None {
            return;
        }
        if child.is_html("br") {
            self.flow.places.insert(key(child), (self.x, self.y));
            self.line_height = self.line_height.max(self.line);
            return self.finish();
        }
        let (margin, ..) = edges(child);
        if style.is_absolute {
            self.flow.places.insert(key(child), (self.x + margin.left, self.y + margin.top));
            return;
        }
        if style.level == Level::Block && !self.is_row {
            self.finish();
            self.flow.places.insert(key(child), (margin.left, self.y + margin.top));
            self.flow.width = self.flow.width.max(width(child) + margin.across());
            self.y += own_height(child) + margin.down();
            return;
        }
        let (outer_width, outer_height) = (width(child) + margin.across(), own_height(child) + margin.down());
        if style.level == Level::Inline && !self.is_row {
            return self.inline(child, margin.left);
        }
        if self.x > 0.0 && self.x + outer_width > self.room && !self.is_row {
            self.finish();
        }
        self.flow.places.insert(key(child), (self.x + margin.left, self.y + margin.top));
        self.x += outer_width;
        self.line_height = self.line_height.max(outer_height);
    }

    /// An inline box: in one piece where it fits, else broken like the text it is.
    fn inline(&mut self, child: &NodeRef, left: f64) {
        let (natural, tall) = (outer_content(child), own_height(child));
        let lines = if self.room > 0.0 { (natural / self.room).ceil().max(1.0) } else { 1.0 };
        let line = line_px(child).max(self.line);
        let fits = self.x + natural <= self.room;
        let is_text = tall <= lines * line + 0.5;
        if self.x > 0.0 && !fits && !is_text {
            self.finish();
        }
        self.flow.places.insert(key(child), (self.x + left, self.y));
        if fits || !is_text {
            self.x += natural.min(self.room);
            self.line_height = self.line_height.max(tall);
        } else {
            self.run(natural, line);
        }
    }

    /// Ends the line.
    fn finish(&mut self) {
        self.flow.width = self.flow.width.max(self.x);
        self.y += self.line_height;
        self.x = 0.0;
        self.line_height = 0.0;
    }
}
