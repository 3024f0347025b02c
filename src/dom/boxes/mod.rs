//! Boxes without a layout engine: an estimate that is the same on every machine.
//!
//! Enough for what pages of the time ask: is it visible, how wide is the column, how tall has the list grown. The rules:
//!
//! - What is not rendered has no box. Sizes that the style states in px, em, % and the like hold, with padding and
//!   borders by `box-sizing`, and so do `width` and `height` attributes of images, tables, cells and frames.
//! - A block takes its parent's width; the page is [`PAGE_WIDTH_PX`](super::css::PAGE_WIDTH_PX) wide. Cells of a row share
//!   it by content, without regard to other rows; tables, floats, inline blocks and what is positioned are as wide as
//!   their content.
//! - Text is half an em a character, one em a wide one (CJK), 1.25 em a line: 8, 16 and 20 px at the default size. It
//!   breaks anywhere.
//! - Blocks stand below each other, margins are added up and never collapse, a float is an inline block. The browser's
//!   own margins and paddings (of `body`, `p`, `ul`) are 0.
//! - Form controls have the sizes of a Windows browser of 2014; an image of unknown size is 16 × 16.
//!
//! Sizes are of connected elements; the others have none.
//!
//! `measure` has widths and heights, `flow` puts children into their parent, `intrinsic` is what has a size of its
//! own, `place` where a box is on the page.

mod flow;
mod intrinsic;
mod measure;
mod place;
mod style;

pub use measure::{content_size, font_px, is_inline, is_rendered, reach, size};
pub use place::{inset_px, offset_parent, rect};
pub use style::{Edges, edges};

/// A width and a height, in CSS pixels.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Size {
    /// The width.
    pub width: f64,
    /// The height.
    pub height: f64,
}

/// A border box on the page, in CSS pixels.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Rect {
    /// From the left edge of the page.
    pub x: f64,
    /// From the top edge of the page.
    pub y: f64,
    /// Its width.
    pub width: f64,
    /// Its height.
    pub height: f64,
}

#[cfg(test)]
mod tests;
