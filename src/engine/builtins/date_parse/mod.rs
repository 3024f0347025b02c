//! `Date.parse` and `new Date(text)` (ECMA-262 §21.4.3.2) for every form browsers accept.
//!
//! The engine reads ISO 8601 and its own `toString` only. The standard leaves the rest to the implementation; pages
//! write what Chrome accepts, `2014/01/02 03:04` above all, so this follows the rules of V8's parser:
//!
//! - An ISO date-time wins: a date alone is UTC, a date with a time and no zone is local.
//! - Otherwise numbers followed by `:` are a time, other numbers are a date, words are months, zones, AM or PM;
//!   words before the first number, text in parentheses and punctuation are skipped.
//!
//! - `scan`: numbers, words and signs out of the text
//! - `iso` and `legacy`: the two grammars
//! - `fields`: what they collect, and its time value
//! - `zone`: local time to UTC
//! - `install`: the constructor

mod fields;
mod install;
mod iso;
mod legacy;
mod scan;
#[cfg(test)]
mod tests;
mod zone;

pub use install::{install, parse};
