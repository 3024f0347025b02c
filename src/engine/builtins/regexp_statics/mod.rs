//! `RegExp.$1` … `$9`, `lastMatch`, `lastParen`, `leftContext`, `rightContext`, `input` and their short names:
//! the TC39 proposal "Legacy RegExp features", which every browser has and old pages lean on.
//!
//! Only `RegExp.prototype.exec` is replaced here: `test`, `match`, `matchAll`, `replace`, `search` and `split` all go
//! through it, or report to [`Statics`] where `regexp_fast` answers them (`RegExpExec`, ECMA-262 §22.2.7.1). It calls the engine's own and remembers which expression matched
//! which text; the groups are worked out when a page asks, by matching once more.
//!
//! - `last`: the last match
//! - `wide`: long texts matched many times over
//! - `install`: the methods and accessors

mod install;
mod last;
#[cfg(test)]
mod tests;
mod wide;

pub use install::{Statics, install};
