//! `toLocaleString` and its kin, in the one locale a page gets: zh-CN, as Chrome writes it.
//!
//! The engine without its locale data writes `1234567.891` and `Thu Jan 02 2014 …`. Whatever locale a page asks for,
//! it gets zh-CN; of the options of ECMA-402 those below are read, the rest is ignored, and there is no `Intl`.
//!
//! - `number`: grouping, fraction digits, percent, currency
//! - `date`: the numeric forms, 年月日, weekdays, twelve hours
//! - `options`: reading the options object

mod date;
mod number;
mod options;
#[cfg(test)]
mod tests;

use boa_engine::{Context, JsResult};

/// Replaces the methods of `Number`, `BigInt` and `Date`. Those of `String` need no locale in Chinese.
///
/// # Errors
/// Where a prototype refuses a property.
pub fn install(context: &mut Context) -> JsResult<()> {
    number::install(context)?;
    date::install(context)
}
