//! All replaced builtins at once.

use boa_engine::{Context, JsResult};

use super::math_random::Random;

/// Replaces every builtin of this module, before any script of the page has run.
///
/// # Errors
/// Where the page's globals refuse a property; a fresh context's do not.
pub fn install_all(context: &mut Context, random: &Random) -> JsResult<()> {
    super::array_sort::install(context)?;
    super::date_parse::install(context)?;
    super::json_parse::install(context)?;
    super::regexp_statics::install(context)?;
    super::math_random::install(context, random)
}
