//! Builtins that boa lacks or that hurt real pages, replaced natively.
//!
//! - [`array_sort`]: `sort` that survives a comparator which contradicts itself
//! - [`date_parse`]: `Date.parse` and `new Date(text)` for the forms browsers accept
//! - [`json_parse`]: `JSON.parse` that is fast, keeps nothing and takes any nesting
//! - [`math_random`]: `Math.random` from a seed
//! - [`regexp_statics`]: `RegExp.$1` and the like
//! - [`install_all`]: the whole set

pub mod array_sort;
pub mod date_parse;
mod install;
pub mod json_parse;
pub mod math_random;
mod native;
pub mod regexp_statics;
#[cfg(test)]
mod testing;

pub use install::install_all;
