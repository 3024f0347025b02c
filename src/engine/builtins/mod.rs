//! Builtins that boa lacks or that hurt real pages, replaced natively.
//!
//! - [`array_sort`]: `sort` that survives a comparator which contradicts itself
//! - [`date_parse`]: `Date.parse` and `new Date(text)` for the forms browsers accept
//! - [`error`]: `Error.captureStackTrace`, and a `stack` that names its error
//! - [`function`]: `f.caller` and `f.arguments` that do not throw
//! - [`json_parse`]: `JSON.parse` that is fast, keeps nothing and takes any nesting
//! - [`locale`]: `Intl`, `toLocaleString` and `localeCompare`
//! - [`math_random`]: `Math.random` from a seed
//! - [`regexp_fast`]: `replace`, `test`, `exec`, `match` and `split` without the detours of the specification
//! - [`regexp_source`]: `source` that makes the same expression again
//! - [`regexp_statics`]: `RegExp.$1` and the like
//! - [`removed`]: globals that would make a page unrepeatable
//! - [`install_all`]: the whole set

pub mod array_sort;
pub mod date_parse;
pub mod error;
pub mod function;
mod install;
pub mod json_parse;
pub mod locale;
pub mod math_random;
pub(super) mod native;
pub mod regexp_fast;
pub mod regexp_source;
pub mod regexp_statics;
pub mod removed;
#[cfg(test)]
mod testing;

pub use install::install_all;
