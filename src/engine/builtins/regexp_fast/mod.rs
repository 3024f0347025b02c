//! `RegExp.prototype.exec`, `test` and the methods behind `replace`, `match` and `split`, without the detours.
//!
//! The specification has these call `exec` for every match and read the answer back, property by property; a page
//! can watch that only by putting something of its own in the way. While nothing is in the way the matches are
//! collected in one go. Anything else — a patched `exec` or flag, a subclass, a frozen expression, an odd
//! `lastIndex` — goes to the function that was there before.
//!
//! - `program`: compiled expressions, kept by source and flags
//! - `plain`: whether nothing is in the way
//! - `exec`: `exec` and `test`
//! - `replace`, `template`, `units`: `replace`, its `$1` and the text it builds
//! - `lists`: `match` and `split`
//! - `install`: puts them in their place

mod exec;
mod install;
mod lists;
mod plain;
mod program;
mod replace;
mod template;
#[cfg(test)]
mod tests;
mod units;

pub use install::install;
