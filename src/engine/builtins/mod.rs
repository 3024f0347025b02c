//! Builtins that boa lacks or that hurt real pages, replaced natively.
//!
//! - [`json_parse`]: `JSON.parse` that is fast, keeps nothing and takes any nesting
//! - [`math_random`]: `Math.random` from a seed
//! - [`install_all`]: the whole set

mod install;
pub mod json_parse;
pub mod math_random;
mod native;
#[cfg(test)]
mod testing;

pub use install::install_all;
