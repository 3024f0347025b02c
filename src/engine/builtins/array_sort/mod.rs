//! `sort` and `toSorted` of arrays (ECMA-262 §23.1.3.30, §23.1.3.34) and typed arrays (§23.2.3.29, §23.2.3.33).
//!
//! The engine's own hands the page's comparator to a sort that panics when the comparator contradicts itself,
//! as the shuffle `sort(function () { return Math.random() - 0.5; })` does.
//!
//! - `merge`: a stable merge sort that takes any comparator, even one that fails
//! - `compare`: `SortCompare` with and without the page's comparator
//! - `array` and `typed_array`: the methods

mod array;
mod compare;
mod merge;
#[cfg(test)]
mod tests;
mod typed_array;

use boa_engine::{Context, JsResult};

/// Replaces the four methods.
///
/// # Errors
/// Where a prototype refuses a property.
pub fn install(context: &mut Context) -> JsResult<()> {
    array::install(context)?;
    typed_array::install(context)
}
