//! `Intl`, `toLocaleString` and its kin, and `localeCompare` (ECMA-402), as Chrome has them.
//!
//! Texts are compared by CLDR's data (`icu_collator`, which has it for every language; 1.2 MB of the program, shared by
//! all pages). Numbers and dates are written by our own code in Chinese as on the mainland and in English as in the
//! United States, since ICU's data for those is larger than the rest of the engine; any other locale gets the page's
//! own, zh-CN, and `resolvedOptions` says so. Time zones are those of the program's own copy of the IANA database,
//! whatever the machine has, so that a replay writes what was recorded.
//!
//! Read past: other calendars and numbering systems, eras, `dayPeriod`, `formatMatcher`. There are no units
//! (`style: "unit"`), no scientific notation, no `formatRange`, `Segmenter`, `DisplayNames` and `Intl.Locale`.
//! Otherwise than in ICU: in Chinese there is a space between a zone's name or a day of the week and 上午 or 下午, and a
//! digit more in hours before ten beside a month or a zone; in English no comma between a day of the week and an hour of
//! 24; a currency's code is apart from `NaN` and `∞`; `usage: "search"` with `sensitivity: "base"` is as `"sort"` but for
//! the tailoring; `resolvedOptions().locale` leaves out `-u-` extensions, and rounding defaults of compact currencies differ.
//!
//! - `number`: `NumberFormat`, over `digits` and `currency`
//! - `date`: `DateTimeFormat`, over `date_write` and `zone`
//! - `collator`, `plural`, `list`, `relative`: the other services
//! - `service`: what all of them have in common; `intl`: the object
//! - `tags`, `options`, `parts`: locales and options as they are given, and results in parts

mod collator;
mod currency;
mod date;
mod date_write;
mod digits;
mod intl;
mod list;
mod number;
mod options;
mod parts;
mod plural;
mod relative;
mod service;
mod tags;
#[cfg(test)]
mod tests;
mod zone;

use boa_engine::{Context, JsResult};

/// Defines `Intl` and replaces the methods of `Number`, `BigInt`, `Date` and `String`.
///
/// # Errors
/// Where a prototype refuses a property.
pub fn install(context: &mut Context) -> JsResult<()> {
    number::install(context)?;
    date::install(context)?;
    collator::install(context)?;
    intl::install(context)
}
