//! Builtins that boa lacks or that hurt real pages, replaced natively.
//!
//! - [`json_parse`]: `JSON.parse` that is fast, keeps nothing and takes any nesting

pub mod json_parse;
mod native;
#[cfg(test)]
mod testing;
