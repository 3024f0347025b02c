//! What somebody who looks at a document is shown: all of it once, then what has changed.
//!
//! - [`Mirror`] remembers what one viewer was shown, and says at each look what is new ([`View`])
//! - `read` says what of a node is shown, within the bounds; `order` which children stay where they are
//! - [`Shape`] follows views where they are received, and tells those that no mirror makes
//!
//! Shown is the flat tree: of a host its shadow tree, of a slot what it is given. A style sheet of a shadow tree is not
//! shown, since it would apply to everything there.
//!
//! Shown are elements and text. Comments are not, nor are scripts' texts, the contents of `<template>`, and what a
//! browser with scripts would not show: the insides of `<noscript>`, `<iframe>` and the like. The text of a `<style>` is
//! part of the element, because it only means something as a whole; where a script has rewritten the sheet of a `<link>`,
//! the link is shown as a `<style>` with that text. Each node has a number for as long as it is shown; 0 is the document.
//! A view is a list of changes, to be made in order:
//!
//! 1. what has changed in nodes that stay, 2. nodes that come or move, so that each finds its parent and the sibling that
//!    it stands before in place, 3. nodes that go, with what is still in them.

mod mirrored;
mod order;
mod read;
mod shape;
#[cfg(test)]
mod tests;
mod view;

pub use mirrored::Mirror;
pub use shape::Shape;
pub use view::{Change, Content, Element, Origin, Space, State, View};
