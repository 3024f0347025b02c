//! `JSON.parse` (ECMA-262 §25.5.1), parsed natively.
//!
//! The engine's own validates the text and then compiles it as a script, which keeps every distinct text for
//! as long as the page lives, refuses nesting over 127 and lone surrogates, and takes ten times as long.
//!
//! - `reader`: tokens of the JSON grammar out of Latin-1 or UTF-16 code units
//! - `tree`: values built from them, without recursion
//! - `reviver`: `InternalizeJSONProperty`, without recursion
//! - `install`: putting it in place

mod install;
mod reader;
mod reviver;
#[cfg(test)]
mod tests;
mod tree;

pub use install::{install, parse};
