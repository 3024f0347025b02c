//! `document.styleSheets`, CSSStyleSheet and CSS rules ([CSSOM §6](https://drafts.csswg.org/cssom/#css-object-model)).
//!
//! A sheet is a view of the text of its `<style>` or `<link>`: what script changes of a rule, inserts or deletes changes
//! that text. The objects of rules stay what they are meanwhile; where the text changes by itself they are made anew, and
//! the old ones are rules of nothing. The rule of an `@import` has no sheet of its own to look at. Lists of rules are
//! arrays in all but name.
//!
//! - `sheet`: sheets and lists of them
//! - `rule`: what all rules have, and how a change of one becomes one of the text
//! - `kinds`: style rules, those that hold others, `@page`, `@import`, …
//! - `media_list`: MediaList

mod kinds;
mod media_list;
mod rule;
mod sheet;
#[cfg(test)]
mod tests;

use boa_engine::{Context, JsResult};

pub use self::sheet::style_sheets;
pub(super) use self::{rule::declared, sheet::sheets_under};

/// Installs sheets and rules.
///
/// # Errors
/// What boa says; a bug.
pub fn install(context: &mut Context) -> JsResult<()> {
    sheet::install(context)?;
    rule::install(context)?;
    kinds::install(context)?;
    media_list::install(context)
}
